/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From settings to the expression that xend.domain.create takes. */
#include "vars.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int oom(struct ut_err *err)
{
    return ut_err_set(err, UT_ENOMEM, "out of memory");
}

static const char *text_of(const struct xm_domcfg *dc, const char *name)
{
    return xm_domcfg_get(dc, name)->s;
}

static int64_t int_of(const struct xm_domcfg *dc, const char *name)
{
    return xm_domcfg_get(dc, name)->i;
}

/* Behind a complaint: where the variable is set. Returns the code of the complaint. */
static int say_where(const struct xm_domcfg *dc, const struct xm_setting *s, struct ut_err *err)
{
    char where[120];

    if (!err) return UT_EFORMAT;
    if (s->pos.line) {
        snprintf(where, sizeof(where), " (%.90s:%u:%u)", dc->file, s->pos.line, s->pos.col);
        if (strlen(err->text) + strlen(where) < sizeof(err->text)) strcat(err->text, where);
    }
    return err->code;
}

/* (KEY VALUE) as the row's type wants it. */
static int add_setting(struct ut_sxp *sx, const struct xm_var *var, const struct xm_setting *s)
{
    const char *key = var->key ? var->key : var->name;
    struct ut_sxp *pair, *list;

    if (var->type == XM_V_INT || var->type == XM_V_BOOL) return ut_sxp_add_int(sx, key, s->i);
    if (!s->is_list) return ut_sxp_add_str(sx, key, s->s);
    pair = ut_sxp_new_list(key);
    list = ut_sxp_new_list(NULL);
    for (size_t i = 0; list && i < s->nr_items; i++)
        ut_sxp_add(list, ut_sxp_new_str(s->item[i]));
    if (!pair) ut_sxp_free(list);
    else ut_sxp_add(pair, list);
    return ut_sxp_add(sx, pair);
}

static bool is_full(const struct xm_var *var, const struct xm_setting *s)
{
    if (var->type == XM_V_INT || var->type == XM_V_BOOL) return s->i != 0;
    return s->is_list ? s->nr_items > 0 : s->s[0] != '\0';
}

/* ---- files ----------------------------------------------------------------------------------- */

static bool exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* Absolute path of `name`: relative to the current directory, else to that of the file. */
static int absolute(const struct xm_domcfg *dc, const char *name, const char *what,
                    struct ut_buf *out, struct ut_err *err)
{
    char cwd[PATH_MAX];
    const char *slash = strrchr(dc->file, '/');
    char *real;

    if (!exists(name) && name[0] != '/' && slash) {
        ut_buf_add(out, dc->file, (size_t)(slash + 1 - dc->file));
        ut_buf_adds(out, name);
        real = exists(ut_buf_str(out)) ? realpath(ut_buf_str(out), NULL) : NULL;
        ut_buf_reset(out);
        if (real) {
            ut_buf_adds(out, real);
            free(real);
            return out->oom ? oom(err) : UT_OK;
        }
    }
    if (!getcwd(cwd, sizeof(cwd))) return ut_err_sys(err, UT_ESYS, "current directory");
    if (!exists(name))
        return ut_err_set(err, UT_ENOENT, name[0] == '/' ? "Cannot find %s \"%.150s\""
                              : "Cannot find %s \"%.150s\" (a relative path starts at %.150s)",
                          what, name, cwd);
    if (name[0] != '/') ut_buf_addf(out, "%s/", cwd);
    while (!strncmp(name, "./", 2))
        name += 2;
    ut_buf_adds(out, name);
    return out->oom ? oom(err) : UT_OK;
}

static int resolve_file(struct xm_domcfg *dc, const char *name, struct ut_err *err)
{
    struct xm_setting *s = &dc->setting[xm_var_index(name)];
    struct ut_buf path = UT_BUF_INIT;
    int rc;

    if (!s->s[0]) return UT_OK;
    rc = absolute(dc, s->s, name, &path, err);
    if (rc == UT_OK) {
        free(s->s);
        s->s = ut_buf_take(&path);
        if (!s->s) rc = oom(err);
    }
    ut_buf_fini(&path);
    return rc ? say_where(dc, s, err) : UT_OK;
}

/* ---- image ----------------------------------------------------------------------------------- */

/* ip=IP:SERVER:GATEWAY:NETMASK:HOSTNAME:INTERFACE:DHCP, when there is an address or dhcp. */
static int add_ip(const struct xm_domcfg *dc, struct ut_sxp *image)
{
    const char *server = text_of(dc, "nfs_server");
    struct ut_buf b = UT_BUF_INIT;
    int rc;

    if (!text_of(dc, "ip")[0] && !strcmp(text_of(dc, "dhcp"), "off")) return UT_OK;
    ut_buf_addf(&b, "%s:%s:%s:%s:%s:%s:%s", text_of(dc, "ip"),
                server[0] ? server : "127.0.255.255", text_of(dc, "gateway"),
                text_of(dc, "netmask"), text_of(dc, "hostname"), text_of(dc, "interface"),
                text_of(dc, "dhcp"));
    rc = b.oom ? UT_ENOMEM : ut_sxp_add_str(image, "ip", ut_buf_str(&b));
    ut_buf_fini(&b);
    return rc;
}

static int add_root(const struct xm_domcfg *dc, struct ut_sxp *image)
{
    const char *root = text_of(dc, "root");

    if (!strncmp(root, "root=", 5)) root += 5;
    return root[0] ? ut_sxp_add_str(image, "root", root) : UT_OK;
}

static int add_args(const struct xm_domcfg *dc, struct ut_sxp *image)
{
    struct ut_buf b = UT_BUF_INIT;
    int rc = UT_OK;

    if (text_of(dc, "nfs_root")[0])
        ut_buf_addf(&b, "nfsroot=%s:%s%s", text_of(dc, "nfs_server"), text_of(dc, "nfs_root"),
                    text_of(dc, "extra")[0] ? " " : "");
    ut_buf_adds(&b, text_of(dc, "extra"));
    if (b.oom) rc = UT_ENOMEM;
    else if (b.len) rc = ut_sxp_add_str(image, "args", ut_buf_str(&b));
    ut_buf_fini(&b);
    return rc;
}

/* Pieces that are put together from several variables, behind the row they follow. */
static int add_composed(const struct xm_domcfg *dc, const struct xm_var *row, struct ut_sxp *image)
{
    if (!strcmp(row->name, "ip")) return add_ip(dc, image);
    if (!strcmp(row->name, "root")) return add_root(dc, image);
    if (!strcmp(row->name, "extra")) return add_args(dc, image);
    return UT_OK;
}

/* First what only the image has, then what it shares with the domain. */
static struct ut_sxp *make_image(const struct xm_domcfg *dc)
{
    struct ut_sxp *outer = ut_sxp_new_list("image");
    struct ut_sxp *image = ut_sxp_new_list(text_of(dc, "builder"));
    const unsigned both = XM_P_TOP | XM_P_TOP_SET | XM_P_TOP_FULL;
    const struct xm_var *var;
    int rc = outer && image ? UT_OK : UT_ENOMEM;

    for (unsigned pass = 0; pass < 2; pass++)
        for (size_t i = 0; rc == UT_OK && (var = xm_var_at(i)); i++) {
            const struct xm_setting *s = &dc->setting[i];

            if (pass == 0) rc = add_composed(dc, var, image);
            if (rc || ((var->place & both) != 0) != (pass == 1)) continue;
            if ((var->place & XM_P_IMAGE) || ((var->place & XM_P_IMAGE_FULL) && is_full(var, s)))
                rc = add_setting(image, var, s);
        }
    if (rc == UT_OK) {
        rc = ut_sxp_add(outer, image);
        image = NULL;
    }
    if (rc == UT_OK) return outer;
    ut_sxp_free(image);
    ut_sxp_free(outer);
    return NULL;
}

/* ---- devices --------------------------------------------------------------------------------- */

/* Next field of a comma list without blanks around it; *p becomes NULL behind the last. */
static char *next_field(char **p)
{
    char *field = *p, *end = strchr(field, ',');

    *p = end ? end + 1 : NULL;
    if (!end) end = field + strlen(field);
    while (*field == ' ' || *field == '\t')
        field++;
    while (end > field && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = '\0';
    return field;
}

static int wrap_device(struct ut_sxp *domain, struct ut_sxp *dev, struct ut_err *err)
{
    struct ut_sxp *outer = ut_sxp_new_list("device");

    if (!outer) {
        ut_sxp_free(dev);
        return oom(err);
    }
    if (ut_sxp_add(outer, dev)) {
        ut_sxp_free(outer);
        return oom(err);
    }
    return ut_sxp_add(domain, outer) ? oom(err) : UT_OK;
}

static int add_disk(struct ut_sxp *domain, char *text, struct ut_err *err)
{
    static const char *const keys[] = { "uname", "dev", "mode", "backend", "protocol" };
    static const char *const modes[] = { "r", "ro", "w", "rw", "w!", "rw!" };
    char copy[200], *field[5];
    struct ut_sxp *dev;
    size_t n = 0, i;

    snprintf(copy, sizeof(copy), "%s", text);
    for (char *p = text; p; n++) {
        char *f = next_field(&p);

        if (n < 5) field[n] = f;
    }
    if (n < 3 || n > 5) return ut_err_set(err, UT_EFORMAT, "Invalid disk specifier: %s", copy);
    for (i = 0; i < ARRAY_SIZE(modes) && strcmp(modes[i], field[2]) != 0;)
        i++;
    if (i == ARRAY_SIZE(modes))
        return ut_err_set(err, UT_EFORMAT, "Invalid mode '%.20s' of disk '%s': r, w or w!",
                          field[2], copy);
    dev = ut_sxp_new_list(!strncmp(field[0], "tap2:", 5)  ? "tap2"
                          : !strncmp(field[0], "tap:", 4) ? "tap"
                                                          : "vbd");
    for (i = 0; dev && i < n; i++)
        if (field[i][0] || i < 3) ut_sxp_add_str(dev, keys[i], field[i]);
    return wrap_device(domain, dev, err);
}

static int add_vif(struct ut_sxp *domain, char *text, struct ut_err *err)
{
    static const char *const keys[] = {
        "accel", "backend", "bridge", "ip",   "label",  "mac",
        "model", "policy",  "rate",   "script", "type", "vifname",
    };
    const char *value[ARRAY_SIZE(keys)] = { NULL };
    struct ut_sxp *dev;
    size_t k;

    for (char *p = text; p;) {
        char *f = next_field(&p);
        char *eq = strchr(f, '=');

        if (!*f) continue;
        if (!eq)
            return ut_err_set(err, UT_EFORMAT,
                              "%.100s of a vif should be a pair, separated by an equals sign.", f);
        *eq = '\0';
        for (k = 0; k < ARRAY_SIZE(keys) && strcmp(keys[k], f) != 0;)
            k++;
        if (k == ARRAY_SIZE(keys))
            return ut_err_set(err, UT_EFORMAT, "Invalid vif option: %.100s", f);
        value[k] = eq + 1;
    }
    dev = ut_sxp_new_list("vif");
    for (k = 0; dev && k < ARRAY_SIZE(keys); k++)
        if (value[k]) ut_sxp_add_str(dev, keys[k], value[k]);
    return wrap_device(domain, dev, err);
}

static int add_irq(struct ut_sxp *domain, char *text, struct ut_err *err)
{
    struct ut_sxp *dev = ut_sxp_new_list("irq");

    if (dev) ut_sxp_add_str(dev, "irq", text);
    return wrap_device(domain, dev, err);
}

static int add_ioports(struct ut_sxp *domain, char *text, struct ut_err *err)
{
    struct ut_sxp *dev;
    char *to = strchr(text, '-');

    if (to) *to++ = '\0';
    dev = ut_sxp_new_list("ioports");
    if (dev) ut_sxp_add_str(dev, "from", text);
    if (dev) ut_sxp_add_str(dev, "to", to ? to : text);
    return wrap_device(domain, dev, err);
}

static const struct {
    const char *name;
    int (*add)(struct ut_sxp *domain, char *text, struct ut_err *err);
} devices[] = {
    { "disk", add_disk }, { "ioports", add_ioports }, { "irq", add_irq }, { "vif", add_vif },
};

static int add_devices(const struct xm_domcfg *dc, struct ut_sxp *domain, struct ut_err *err)
{
    for (size_t d = 0; d < ARRAY_SIZE(devices); d++) {
        const struct xm_setting *s = xm_domcfg_get(dc, devices[d].name);

        for (size_t i = 0; i < s->nr_items; i++) {
            char *text = strdup(s->item[i]);        /* is cut into fields */
            int rc = text ? devices[d].add(domain, text, err) : oom(err);

            free(text);
            if (rc) return say_where(dc, s, err);
        }
    }
    return UT_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* maxvcpus: as many vcpus, of which the first `vcpus` are online. */
static int fix_vcpus(struct xm_domcfg *dc, struct ut_err *err)
{
    struct xm_setting *max = &dc->setting[xm_var_index("maxvcpus")];
    struct xm_setting *avail = &dc->setting[xm_var_index("vcpu_avail")];
    struct xm_setting *n = &dc->setting[xm_var_index("vcpus")];
    const struct xm_setting *cpus = xm_domcfg_get(dc, "cpus");

    if (n->i < 1 || n->i > 64 || (max->set && (max->i < n->i || max->i > 64))) {
        ut_err_set(err, UT_EFORMAT, "vcpus must be 1 to 64, and maxvcpus not less: %lld, %lld",
                   (long long)n->i, (long long)(max->set ? max->i : n->i));
        return say_where(dc, max->set ? max : n, err);
    }
    if (max->set) {
        avail->i = n->i == 64 ? -1 : (int64_t)(((uint64_t)1 << n->i) - 1);
        avail->set = true;
        n->i = max->i;
    }
    if (!cpus->is_list || (int64_t)cpus->nr_items == n->i) return UT_OK;
    ut_err_set(err, UT_EFORMAT, "vcpus and the item number of cpus are not same: %lld and %zu",
               (long long)n->i, cpus->nr_items);
    return say_where(dc, cpus, err);
}

static int check(struct xm_domcfg *dc, struct ut_err *err)
{
    static const char *const builders[] = { "linux", "hpsim", "efi" };
    const char *builder = text_of(dc, "builder");
    size_t i;
    int rc;

    for (i = 0; i < ARRAY_SIZE(builders) && strcmp(builders[i], builder) != 0;)
        i++;
    if (i == ARRAY_SIZE(builders)) {
        ut_err_set(err, UT_EFORMAT, "unknown image type: %.60s; builder is linux, hpsim or efi",
                   builder);
        return say_where(dc, xm_domcfg_get(dc, "builder"), err);
    }
    if (text_of(dc, "nfs_root")[0] && !text_of(dc, "nfs_server")[0])
        return ut_err_set(err, UT_EFORMAT, "Must set nfs root and nfs server");
    if (!text_of(dc, "kernel")[0] && !text_of(dc, "bootloader")[0])
        return ut_err_set(err, UT_EFORMAT,
                          "%.200s%sthere is no kernel: set kernel = \"PATH\" (kernel=PATH on the "
                          "command line)", dc->file, dc->file[0] ? ": " : "");
    rc = fix_vcpus(dc, err);
    if (rc || text_of(dc, "bootloader")[0]) return rc;
    rc = resolve_file(dc, "kernel", err);
    return rc ? rc : resolve_file(dc, "ramdisk", err);
}

static int add_backend(const struct xm_domcfg *dc, struct ut_sxp *domain)
{
    static const char *const kinds[] = { "blkif", "netif" };
    int rc = UT_OK;

    for (size_t i = 0; rc == UT_OK && i < ARRAY_SIZE(kinds); i++) {
        struct ut_sxp *pair;

        if (!int_of(dc, kinds[i])) continue;
        pair = ut_sxp_new_list("backend");
        if (pair) ut_sxp_add(pair, ut_sxp_new_list(kinds[i]));
        rc = ut_sxp_add(domain, pair);
    }
    return rc;
}

int xm_domcfg_sxp(struct xm_domcfg *dc, struct ut_sxp **sx_out, struct ut_err *err)
{
    struct ut_sxp *sx;
    const struct xm_var *var;
    int rc = check(dc, err);

    if (rc) return rc;
    sx = ut_sxp_new_list("vm");
    rc = sx ? UT_OK : UT_ENOMEM;
    for (size_t i = 0; rc == UT_OK && (var = xm_var_at(i)); i++) {
        const struct xm_setting *s = &dc->setting[i];

        if ((var->place & XM_P_TOP) || ((var->place & XM_P_TOP_SET) && s->set) ||
            ((var->place & XM_P_TOP_FULL) && is_full(var, s)))
            rc = add_setting(sx, var, s);
        if (rc == UT_OK && !strcmp(var->name, "netif")) rc = add_backend(dc, sx);
    }
    if (rc == UT_OK) rc = ut_sxp_add(sx, make_image(dc));
    if (rc == UT_OK && int_of(dc, "s3_integrity"))
        rc = ut_sxp_add_int(sx, "s3_integrity", int_of(dc, "s3_integrity"));
    if (rc) ut_err_set(err, rc, "out of memory");
    if (rc == UT_OK) rc = add_devices(dc, sx, err);
    if (rc) ut_sxp_free(sx);
    else *sx_out = sx;
    return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* S-expression to configuration: generic values, conversion through the table, checks. */
#include "domain/xd_attr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BYTES_PER_MIB (INT64_C(1) << 20)

struct reader {
    struct xd_domcfg *cfg;
    const struct ut_sxp *sx, *image;        /* the expression and its (KIND ...), NULL if none */
    xd_attr_warn_fn *warn;
    void *arg;
    struct ut_err *err;
};

/* ---- one value ------------------------------------------------------------------------------- */

static bool to_number(const char *s, int64_t *v_out)
{
    long long v;
    char *end;

    if (strcasecmp(s, "true") == 0 || strcasecmp(s, "false") == 0) {
        *v_out = s[0] == 't' || s[0] == 'T';
        return true;
    }
    errno = 0;
    v = strtoll(s, &end, 10);
    if (strcmp(end, ".0") == 0) end += 2;           /* a whole number that went through a double */
    if (errno || end == s || *end) return false;
    *v_out = v;
    return true;
}

/* "coredump_and_restart" of the Xen-API is "coredump-restart" here. */
static bool same_word(const char *word, const char *s)
{
    for (; *word; word++, s++) {
        if (*word == '-' && strncmp(s, "_and_", 5) == 0) s += 4;
        else if (*word == '-' && (*s == '_' || *s == '-')) continue;
        else if (*word != *s) return false;
    }
    return *s == '\0';
}

static bool to_word(const char *const *words, const char *s, int64_t *v_out)
{
    for (int64_t i = 0; words[i]; i++) {
        if (!same_word(words[i], s)) continue;
        *v_out = i;
        return true;
    }
    return false;
}

/* What a bad value of a strict attribute leads to. */
static int refuse(struct reader *r, const struct xd_attr *a, const char *s)
{
    char text[300];

    if (a->type == XD_ATTR_WORD && a->flags & XD_ATTR_STRICT)
        return ut_err_set(r->err, UT_EARG, "Invalid event handling mode: %s (%s = %.100s)", a->name,
                          a->var, s);
    if (a->type == XD_ATTR_UUID)
        return ut_err_set(r->err, UT_EARG, "uuid = %.100s: not a UUID", s);
    if (a->type == XD_ATTR_INT || a->type == XD_ATTR_MIB)
        snprintf(text, sizeof(text), "%s = %.100s: not a number between %lld and %lld", a->var, s,
                 (long long)a->min, (long long)a->max);
    else
        snprintf(text, sizeof(text), "%s = %.100s: not a value it can have", a->var, s);
    if (a->flags & XD_ATTR_STRICT) return ut_err_set(r->err, UT_EARG, "%s", text);
    if (r->warn) r->warn(r->arg, text);
    return UT_OK;
}

static int convert(struct reader *r, const struct xd_attr *a, const char *s, bool from_api)
{
    void *to = (char *)r->cfg + a->offset;
    int64_t v;

    switch (a->type) {
    case XD_ATTR_STR:
        return xd_str_set(to, s, r->err);
    case XD_ATTR_UUID:
        if (!xd_uuid_parse(s, to)) return refuse(r, a, s);
        r->cfg->has_uuid = true;
        return UT_OK;
    case XD_ATTR_WORD:
        if (!to_word(a->words, s, to)) return refuse(r, a, s);
        return UT_OK;
    case XD_ATTR_INT:
    case XD_ATTR_MIB:
        break;
    }
    if (!to_number(s, &v)) return refuse(r, a, s);
    if (a->type == XD_ATTR_MIB && from_api) v /= BYTES_PER_MIB;
    if (v < a->min || v > a->max) return refuse(r, a, s);
    *(int64_t *)to = v;
    return UT_OK;
}

/* ---- all values ------------------------------------------------------------------------------ */

static int read_attr(struct reader *r, const struct xd_attr *a)
{
    const char *slash = strchr(a->path, '/');
    const struct ut_sxp *where = slash ? r->image : r->sx;
    const char *s = where ? ut_sxp_get(where, slash ? slash + 1 : a->path, NULL) : NULL;

    if (s) return convert(r, a, s, false);
    s = a->api ? ut_sxp_get(r->sx, a->api, NULL) : NULL;
    return s ? convert(r, a, s, true) : UT_OK;
}

static int read_image(struct reader *r)
{
    const struct ut_sxp *image = ut_sxp_child(r->sx, "image");
    enum xci_builder builder;

    if (!image || image->nr_items < 2) return UT_OK;
    r->image = image->item[1];
    if (xci_builder_parse(ut_sxp_head(r->image), &builder, NULL) < 0)
        return ut_err_set(r->err, UT_EARG, "unknown image type: %.100s", ut_sxp_head(r->image));
    r->cfg->builder = builder;
    return UT_OK;
}

/* The old (restart WORD) sets all three policies; on_* given beside it win. */
static int read_restart(struct reader *r)
{
    static const struct { const char *word; enum xd_action poweroff, reboot, crash; } old[] = {
        { "onreboot", XD_ACT_DESTROY, XD_ACT_RESTART, XD_ACT_DESTROY },
        { "always",   XD_ACT_RESTART, XD_ACT_RESTART, XD_ACT_RESTART },
        { "never",    XD_ACT_DESTROY, XD_ACT_DESTROY, XD_ACT_DESTROY },
    };
    const char *word = ut_sxp_get(r->sx, "restart", NULL);

    if (!word) return UT_OK;
    for (size_t i = 0; i < ARRAY_SIZE(old); i++) {
        if (strcmp(word, old[i].word) != 0) continue;
        r->cfg->on_poweroff = old[i].poweroff;
        r->cfg->on_reboot = old[i].reboot;
        r->cfg->on_crash = old[i].crash;
        return UT_OK;
    }
    return ut_err_set(r->err, UT_EARG, "Invalid event handling mode: restart = %.100s", word);
}

/* root=ROOT ip=... ARGS, as guests saw it; what ARGS has already is not put in front again. */
static int join_args(struct reader *r)
{
    static const struct { const char *child, *prefix; } parts[] = { { "root", "root=" },
                                                                    { "ip", "ip=" } };
    struct ut_buf line = UT_BUF_INIT;
    int rc;

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        const char *s = r->image ? ut_sxp_get(r->image, parts[i].child, NULL) : NULL;

        if (!s || strstr(r->cfg->args, parts[i].prefix)) continue;
        if (strncmp(s, parts[i].prefix, strlen(parts[i].prefix)) == 0) s += strlen(parts[i].prefix);
        ut_buf_addf(&line, "%s%s ", parts[i].prefix, s);
    }
    if (!line.len) return UT_OK;
    ut_buf_adds(&line, r->cfg->args);
    if (!r->cfg->args[0] && line.len) line.data[line.len - 1] = '\0';
    rc = line.oom ? ut_err_set(r->err, UT_ENOMEM, "out of memory")
                  : xd_str_set(&r->cfg->args, ut_buf_str(&line), r->err);
    ut_buf_fini(&line);
    return rc;
}

static int read_devices(struct reader *r)
{
    static const char *const classes[] = { "vbd", "tap", "tap2", "vif", "vif2", "vfb", "vkbd",
        "console", "irq", "ioports", "pci", "vscsi", "vusb", "vtpm" };

    for (size_t i = 0; i < r->sx->nr_items; i++) {
        const struct ut_sxp *d = r->sx->item[i];
        const char *class;
        bool known = false;

        if (strcmp(ut_sxp_head(d), "device") != 0 || d->nr_items < 2) continue;
        class = ut_sxp_head(d->item[1]);
        for (size_t k = 0; k < ARRAY_SIZE(classes); k++) known |= strcmp(class, classes[k]) == 0;
        if (!known)
            return ut_err_set(r->err, UT_EARG, "%.100s is not a valid device type", class);
        /* a domain that starts without its disk or network would be a lie */
        if (strcmp(class, "console") != 0)
            return ut_err_set(r->err, UT_EUNSUP, "device class %s is not available yet", class);
        if (ut_sxp_add(r->cfg->devices, ut_sxp_dup(d)) < 0)
            return ut_err_set(r->err, UT_ENOMEM, "out of memory");
    }
    return UT_OK;
}

/* ---- checks across attributes ---------------------------------------------------------------- */

int xd_name_check(const char *name, struct ut_err *err)
{
    static const char ok[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:+-";

    if (!*name) return ut_err_set(err, UT_EARG, "Missing VM Name");
    if (name[strspn(name, ok)] || strlen(name) > 255)
        return ut_err_set(err, UT_EARG, "Invalid VM Name");
    return UT_OK;
}

static int check(struct xd_domcfg *cfg, struct ut_err *err)
{
    int rc = xd_name_check(cfg->name, err);

    if (rc < 0) return rc;
    if (!cfg->memory_mib) cfg->memory_mib = cfg->maxmem_mib;
    if (!cfg->memory_mib)
        return ut_err_set(err, UT_EARG, "memory_dynamic_max and memory_static_max must be greater "
                          "than 0 (memory = 0)");
    if (!cfg->maxmem_mib) cfg->maxmem_mib = cfg->memory_mib;
    if (cfg->maxmem_mib < cfg->memory_mib)
        return ut_err_set(err, UT_EARG, "memory_dynamic_max (memory = %lld) must not be greater "
                          "than memory_static_max (maxmem = %lld)", (long long)cfg->memory_mib,
                          (long long)cfg->maxmem_mib);
    if (!cfg->has_uuid) xd_uuid_random(cfg->uuid);
    return UT_OK;
}

int xd_domcfg_check_boot(const struct xd_domcfg *cfg, struct ut_err *err)
{
    if (cfg->kernel[0]) return UT_OK;
    if (cfg->bootloader[0])
        return ut_err_set(err, UT_EUNSUP, "boot loaders are not available yet: name a kernel");
    return ut_err_set(err, UT_EARG, "no kernel given (kernel = ...)");
}

int xd_domcfg_parse(struct xd_domcfg *cfg, const struct ut_sxp *sx, xd_attr_warn_fn *warn,
                    void *arg, struct ut_err *err)
{
    struct reader r = { .cfg = cfg, .sx = sx, .warn = warn, .arg = arg, .err = err };
    int rc;

    if (!sx || sx->kind != UT_SXP_LIST || !sx->nr_items) {
        memset(cfg, 0, sizeof(*cfg));
        return ut_err_set(err, UT_EARG, "the configuration is not an S-expression");
    }
    rc = xd_domcfg_init(cfg, err);
    if (rc < 0) return rc;
    rc = read_restart(&r);
    if (rc == UT_OK) rc = read_image(&r);
    for (size_t i = 0; rc == UT_OK && i < xd_nr_attrs; i++) rc = read_attr(&r, &xd_attrs[i]);
    if (rc == UT_OK) rc = join_args(&r);
    if (rc == UT_OK) rc = read_devices(&r);
    if (rc == UT_OK) rc = check(cfg, err);
    if (rc < 0) xd_domcfg_fini(cfg);
    return rc;
}

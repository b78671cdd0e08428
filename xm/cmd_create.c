/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xm create: evaluate a configuration, have xend build the domain, start it. */
#include "cmd.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ut_io.h"
#include "vars.h"

struct create_args {
    const char *defconfig, *path, *sxp_file;
    bool help_config, quiet, paused, dryrun, console;
    bool refused[5];                /* options of the historic xm that cannot be here */
};

static const char *const refused_names[5] = { "xmldryrun", "skipdtd", "vncviewer",
                                              "vncviewer-autopass", NULL };

/* ---- the configuration ----------------------------------------------------------------------- */

/* `name` as given, else in each directory of `dirs` (separated by colons). */
static bool search(const char *name, const char *dirs, char path[PATH_MAX])
{
    if (strlen(name) >= PATH_MAX) return false;
    memcpy(path, name, strlen(name) + 1);
    if (access(path, R_OK) == 0) return true;
    if (name[0] == '/') return false;
    while (*dirs) {
        size_t len = strcspn(dirs, ":");

        if (len && len < PATH_MAX &&
            snprintf(path, PATH_MAX, "%.*s/%s", (int)len, dirs, name) < PATH_MAX &&
            access(path, R_OK) == 0)
            return true;
        dirs += len + (dirs[len] == ':');
    }
    return false;
}

static int find_file(const char *name, const char *dirs, char path[PATH_MAX], struct ut_err *err)
{
    struct ut_buf dflt = UT_BUF_INIT;
    struct ut_paths *p = NULL;
    int rc = UT_OK;

    if (!dirs) {
        p = calloc(1, sizeof(*p));
        ut_buf_adds(&dflt, ".");
        if (p && ut_paths_init(p, NULL) == UT_OK)
            ut_buf_addf(&dflt, ":%s%s%s", p->config[0], p->config[1][0] ? ":" : "", p->config[1]);
        dirs = ut_buf_str(&dflt);
    }
    if (!search(name, dirs, path))
        rc = ut_err_set(err, UT_EARG, "Unable to open config file: %.100s (searched: %.300s)", name,
                        dirs);
    free(p);
    ut_buf_fini(&dflt);
    return rc;
}

/* The message of a failed evaluation with its place, in front the sentence of the historic xm. */
static int cfg_error(const struct xm_cfg *cfg, int rc, struct ut_err *err)
{
    struct ut_err cause = *err;
    bool syntax;
    struct xm_pos pos = xm_cfg_error_pos(cfg, &syntax);
    size_t len, shown, lead;
    const char *line = xm_cfg_line(cfg, pos.line, &len);
    size_t col = pos.col ? pos.col - 1 : 0;
    char caret[80], text[80];

    if (!pos.line) return ut_err_set(err, rc, "%.100s: %s", xm_cfg_file(cfg), cause.text);
    lead = col > 60 ? col - 60 : 0;         /* of a long line the part around the place */
    line += lead < len ? lead : len;
    len -= lead < len ? lead : len;
    shown = len > 76 ? 76 : len;
    for (size_t i = 0; i < col - lead; i++)
        caret[i] = i < len && line[i] == '\t' ? '\t' : ' ';
    memcpy(caret + (col - lead), "^", 2);
    for (size_t i = 0; i < shown; i++)      /* one column for each byte, as the position counts */
        text[i] = line[i] == '\t' || (line[i] >= ' ' && line[i] < 127) ? line[i] : '?';
    if (syntax)
        return ut_err_set(err, rc,
                          "Errors were found at line %u while processing %.80s:\n\n"
                          "%.80s:%u:%u: %s\n    %.*s\n    %s", pos.line, xm_cfg_file(cfg),
                          xm_cfg_file(cfg), pos.line, pos.col, cause.text, (int)shown, text, caret);
    return ut_err_set(err, rc, "%s\n%.80s:%u:%u: here:\n    %.*s\n    %s", cause.text,
                      xm_cfg_file(cfg), pos.line, pos.col, (int)shown, text, caret);
}

/* Sort the words of the command line: the file is the last one without '='. */
static int take_words(struct xm_domcfg *dc, struct xm_cfg *cfg, char *const *operand,
                      struct ut_err *err)
{
    char name[64];

    for (; *operand; operand++) {
        const char *eq = strchr(*operand, '=');
        size_t index;
        int rc;

        if (!eq) continue;
        if (eq == *operand || (size_t)(eq - *operand) >= sizeof(name))
            return ut_err_set(err, UT_EARG, "'%.100s' is not NAME=VALUE", *operand);
        memcpy(name, *operand, (size_t)(eq - *operand));
        name[eq - *operand] = '\0';
        index = xm_var_index(name);
        rc = index == SIZE_MAX ? xm_cfg_define(cfg, name, eq + 1, err)
                               : xm_domcfg_override(dc, index, eq + 1, err);
        if (rc) return rc;
    }
    return UT_OK;
}

/* `name` defaults to the base name of the file. */
static int default_name(struct xm_domcfg *dc, const char *path, struct ut_err *err)
{
    const char *slash = strrchr(path, '/');
    size_t index = xm_var_index("name");

    if (dc->setting[index].s && dc->setting[index].s[0]) return UT_OK;
    return xm_domcfg_override(dc, index, slash ? slash + 1 : path, err);
}

static int evaluate(struct xm_ctx *cx, const char *path, char *const *operand,
                    struct ut_sxp **sx_out, struct ut_err *err)
{
    struct xm_cfg *cfg = xm_cfg_new(path);
    struct xm_domcfg dc = { NULL, NULL };
    struct ut_buf text = UT_BUF_INIT;
    int rc;

    if (!cfg) return ut_err_set(err, UT_ENOMEM, "out of memory");
    rc = xm_domcfg_init(&dc, path, err);
    if (rc == UT_OK) rc = take_words(&dc, cfg, operand, err);
    if (rc == UT_OK) rc = ut_io_read_file(path, XM_CFG_MAX_FILE_BYTES, &text, err);
    if (rc == UT_OK && text.len && text.data[0] == '<')
        rc = ut_err_set(err, UT_EUNSUP, "%.200s: XML definitions are not supported; write NAME = "
                                        "VALUE lines", path);
    if (rc == UT_OK) {
        rc = xm_cfg_run(cfg, ut_buf_str(&text), text.len, err);
        if (rc) cfg_error(cfg, rc, err);
    }
    if (rc == UT_OK) rc = xm_domcfg_take(&dc, cfg, cx->err, err);
    if (rc == UT_OK) rc = default_name(&dc, path, err);
    if (rc == UT_OK) rc = xm_domcfg_sxp(&dc, sx_out, err);
    xm_domcfg_fini(&dc);
    xm_cfg_free(cfg);
    ut_buf_fini(&text);
    return rc;
}

/* -F FILE: the expression itself. */
static int read_sxp(const char *path, struct ut_sxp **sx_out, struct ut_err *err)
{
    struct ut_buf text = UT_BUF_INIT;
    int rc = ut_io_read_file(path, XM_CFG_MAX_FILE_BYTES, &text, err);

    if (rc == UT_OK) {
        rc = ut_sxp_parse(ut_buf_str(&text), text.len, sx_out, NULL, err);
        if (rc) ut_err_prefix(err, "%.200s", path);
    }
    if (rc == UT_OK && (*sx_out)->kind != UT_SXP_LIST) {
        ut_sxp_free(*sx_out);
        rc = ut_err_set(err, UT_EFORMAT, "%.200s: there is no (vm ...) in it", path);
    }
    ut_buf_fini(&text);
    return rc;
}

static int load(struct xm_ctx *cx, const struct create_args *a, char *const *operand,
                struct ut_sxp **sx_out, struct ut_err *err)
{
    const char *name = a->defconfig;
    char path[PATH_MAX];
    int rc;

    if (a->sxp_file) return read_sxp(a->sxp_file, sx_out, err);
    for (size_t i = 0; operand[i]; i++)
        if (!strchr(operand[i], '=')) name = operand[i];
    rc = find_file(name ? name : "xmdefconfig", a->path, path, err);
    if (rc) return rc;
    if (!a->quiet) fprintf(cx->out, "Using config file \"%s\".\n", path);
    fflush(cx->out);
    return evaluate(cx, path, operand, sx_out, err);
}

/* ---- the domain ------------------------------------------------------------------------------ */

static int print_sxp(struct xm_ctx *cx, const struct ut_sxp *sx, struct ut_err *err)
{
    struct ut_buf b = UT_BUF_INIT;
    int rc = UT_OK;

    ut_sxp_print_pretty(sx, XM_SXP_WIDTH, &b);
    if (b.oom) rc = ut_err_set(err, UT_ENOMEM, "out of memory");
    else fprintf(cx->out, "%s\n", ut_buf_str(&b));
    ut_buf_fini(&b);
    return rc;
}

/* Whatever fails after the domain exists: take it away again, and keep the reason. */
static int abandon(struct xm_ctx *cx, const char *dom, int rc, struct ut_err *err)
{
    const char *shown = cx->dom;

    xm_rpc(cx, NULL, NULL, "xend.domain.destroy", "d", dom);
    cx->dom = shown;
    if (rc == UT_ENODOM)            /* it was there a moment ago: not "does not exist" */
        rc = ut_err_set(err, UT_ESTATE, "Domain '%s' ended while it was being started", dom);
    return rc;
}

static int attach(struct xm_ctx *cx, const char *dom, int *sock_out, struct ut_err *err)
{
    char *path = NULL;
    int rc = xm_console_lookup(cx, dom, &path, err);

    if (rc == UT_OK) rc = xm_console_connect(path, sock_out, err);
    if (rc && rc != UT_ENOMEM) ut_err_prefix(err, "Could not start console");
    free(path);
    return rc;
}

/* The console is attached before the domain runs, so that nothing of it is lost. */
static int start(struct xm_ctx *cx, const struct create_args *a, const struct xm_dom *d,
                 struct ut_err *err)
{
    struct xm_console_opts o = { .quiet = a->quiet };
    int sock = -1;
    int rc;

    rc = xm_rpc(cx, NULL, err, "xend.domain.waitForDevices", "d", d->domid);
    if (rc == UT_OK && a->console) rc = attach(cx, d->domid, &sock, err);
    if (rc == UT_OK && !a->paused) rc = xm_rpc(cx, NULL, err, "xend.domain.unpause", "d", d->domid);
    if (rc) {
        if (sock >= 0) close(sock);
        return abandon(cx, d->domid, rc, err);
    }
    if (!a->quiet) fprintf(cx->out, "Started domain %s (id=%s)\n", d->name, d->domid);
    if (sock < 0) return UT_OK;
    fflush(cx->out);
    return xm_console_run(cx, sock, &o, err);
}

static int create(struct xm_ctx *cx, const struct create_args *a, const struct ut_sxp *sx,
                  struct ut_err *err)
{
    struct xr_value *param = xr_from_sxp(sx);
    struct ut_sxp *made = NULL;
    struct xm_dom d;
    int rc;

    if (!param) return ut_err_set(err, UT_ENOMEM, "out of memory");
    rc = xm_rpc_sxp(cx, &made, err, "xend.domain.create", "v", param);
    if (rc == UT_OK) rc = xm_dom_read(made, &d, err);
    if (rc == UT_OK && !d.domid[0])
        rc = ut_err_set(err, UT_EPROTO, "xend created domain '%s' without an id", d.name);
    if (rc == UT_OK) rc = start(cx, a, &d, err);
    if (cx->dom && made && rc == UT_ENODOM) cx->dom = NULL;     /* it points into `made` */
    ut_sxp_free(made);
    return rc;
}

static int create_run(struct xm_ctx *cx, const void *vargs, char *const *operand,
                      struct ut_err *err)
{
    const struct create_args *a = vargs;
    struct ut_sxp *sx = NULL;
    int rc;

    for (size_t i = 0; refused_names[i]; i++)
        if (a->refused[i])
            return ut_err_set(err, UT_EUNSUP,
                              "option --%s is not available: there is no Xen-API mode and no "
                              "framebuffer for ia64 PV domains", refused_names[i]);
    if (a->help_config) {
        xm_var_print_help(cx->out);
        return UT_OK;
    }
    rc = load(cx, a, operand, &sx, err);
    if (rc) return rc;
    rc = a->dryrun ? print_sxp(cx, sx, err) : create(cx, a, sx, err);
    ut_sxp_free(sx);
    return rc;
}

static const struct xm_opt create_opts[] = {
    XM_OPT_FLAG('c', "console_autoconnect", struct create_args, console,
                "attach to the console before the domain starts"),
    XM_OPT_FLAG('p', "paused", struct create_args, paused, "leave the domain paused"),
    XM_OPT_FLAG('q', "quiet", struct create_args, quiet, "print nothing but errors and warnings"),
    XM_OPT_FLAG('n', "dryrun", struct create_args, dryrun,
                "print the S-expression of the domain and do nothing; needs no xend"),
    XM_OPT_STR('f', "defconfig", struct create_args, defconfig, "FILE", "the configuration file"),
    XM_OPT_STR('F', "config", struct create_args, sxp_file, "FILE",
               "a file with the S-expression instead"),
    XM_OPT_STR(0, "path", struct create_args, path, "DIRS",
               "where to look for the file, separated by colons"),
    XM_OPT_FLAG(0, "help_config", struct create_args, help_config,
                "list the variables of configuration files"),
    XM_OPT_FLAG('x', "xmldryrun", struct create_args, refused[0], "refused: Xen-API"),
    XM_OPT_FLAG('s', "skipdtd", struct create_args, refused[1], "refused: Xen-API"),
    XM_OPT_FLAG(0, "vncviewer", struct create_args, refused[2], "refused: no framebuffer"),
    XM_OPT_FLAG(0, "vncviewer-autopass", struct create_args, refused[3],
                "refused: no framebuffer"),
};
const struct xm_cmd xm_cmd_create = {
    .name = "create", .operands = "CONFIG [options] [VAR=VAL ...]", .max = XM_ANY, .common = true,
    .help = "Create a domain from a configuration file and start it", .opts = create_opts,
    .nopts = ARRAY_SIZE(create_opts), .args_size = sizeof(struct create_args), .run = create_run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about the host: info, dmesg, log; and help. */
#include "cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ut_io.h"

#define MAX_CONFIG_BYTES (1u << 20)

struct info_args {
    bool config, numa, json;
};

/* ((key value) ...) as lines; what is missing is "(none)". */
static void print_pairs(FILE *out, const struct ut_sxp *list, int width)
{
    for (size_t i = 0; i < list->nr_items; i++) {
        const struct ut_sxp *pair = list->item[i];
        const struct ut_sxp *value = pair->nr_items > 1 ? pair->item[1] : NULL;
        struct ut_buf text = UT_BUF_INIT;

        if (pair->kind != UT_SXP_LIST || !ut_sxp_head(pair)[0]) continue;
        if (value && value->kind == UT_SXP_LIST) ut_sxp_print(value, &text);
        else if (value && value->kind != UT_SXP_NONE) ut_buf_adds(&text, value->text);
        fprintf(out, "%-*s: %s\n", width, ut_sxp_head(pair),
                value && value->kind != UT_SXP_NONE ? ut_buf_str(&text) : "(none)");
        ut_buf_fini(&text);
    }
}

/* The daemon's configuration is a file; there is no call for it. */
static int find_config(char path[PATH_MAX], struct ut_err *err)
{
    const char *env = getenv("XEND_CONFIG");
    struct ut_paths *p;
    int rc;

    if (env && *env) {
        if (strlen(env) >= PATH_MAX) return ut_err_set(err, UT_ELIMIT, "XEND_CONFIG is too long");
        memcpy(path, env, strlen(env) + 1);
        return UT_OK;
    }
    p = calloc(1, sizeof(*p));
    if (!p) return ut_err_set(err, UT_ENOMEM, "out of memory");
    rc = ut_paths_init(p, err);
    for (int i = 0; rc == UT_OK && i < 2; i++) {
        if (!p->config[i][0]) continue;
        rc = ut_path_join(path, p->config[i], "xend-config.sxp", err);
        if (rc == UT_OK && access(path, R_OK) == 0) goto out;
    }
    if (rc == UT_OK)
        rc = ut_err_set(err, UT_ENOENT,
                        "there is no xend-config.sxp in %.150s%s%.150s: all options of xend have "
                        "their defaults", p->config[0], p->config[1][0] ? " or " : "",
                        p->config[1]);
out:
    free(p);
    return rc;
}

static int print_config(struct xm_ctx *cx, struct ut_err *err)
{
    struct ut_buf text = UT_BUF_INIT;
    struct ut_sxp *list = NULL;
    char path[PATH_MAX];
    int rc = find_config(path, err);

    if (rc == UT_OK) rc = ut_io_read_file(path, MAX_CONFIG_BYTES, &text, err);
    if (rc == UT_OK) {
        rc = ut_sxp_parse_all(ut_buf_str(&text), text.len, &list, err);
        if (rc) ut_err_prefix(err, "%s", path);
    }
    if (rc == UT_OK) print_pairs(cx->out, list, 38);
    ut_sxp_free(list);
    ut_buf_fini(&text);
    return rc;
}

static int info_run(struct xm_ctx *cx, const void *vargs, char *const *operand, struct ut_err *err)
{
    const struct info_args *a = vargs;
    struct ut_sxp *info = NULL;
    int rc;

    (void)operand;
    if (a->config) return print_config(cx, err);
    rc = xm_rpc_sxp(cx, &info, err, "xend.node.info", "b", (int)a->numa);
    if (rc) return rc;
    if (a->json) {
        rc = xm_json_print(info, cx->out);
        fputc('\n', cx->out);
    } else {
        print_pairs(cx->out, info, 23);
    }
    ut_sxp_free(info);
    return rc;
}

static const struct xm_opt info_opts[] = {
    XM_OPT_FLAG('c', "config", struct info_args, config, "what xend's configuration file says"),
    XM_OPT_FLAG('n', "numa", struct info_args, numa, "also the topology"),
    XM_OPT_FLAG(0, "json", struct info_args, json, "print one object for programs"),
};
const struct xm_cmd xm_cmd_info = {
    .name = "info", .operands = "[options]", .common = true,
    .help = "Show information about the host", .opts = info_opts, .nopts = ARRAY_SIZE(info_opts),
    .args_size = sizeof(struct info_args), .run = info_run,
};

struct dmesg_args {
    bool clear;
};

static int print_text(struct xm_ctx *cx, const char *method, struct ut_err *err)
{
    char *text = NULL;
    int rc = xm_rpc_text(cx, &text, err, method);
    size_t len = text ? strlen(text) : 0;

    if (rc == UT_OK && len) {
        fwrite(text, 1, len, cx->out);
        if (text[len - 1] != '\n') fputc('\n', cx->out);
    }
    free(text);
    return rc;
}

static int dmesg_run(struct xm_ctx *cx, const void *vargs, char *const *operand, struct ut_err *err)
{
    const struct dmesg_args *a = vargs;
    int rc = print_text(cx, "xend.node.dmesg.info", err);

    (void)operand;
    if (rc || !a->clear) return rc;
    return xm_rpc(cx, NULL, err, "xend.node.dmesg.clear", "");
}

static const struct xm_opt dmesg_opts[] = {
    XM_OPT_FLAG('c', "clear", struct dmesg_args, clear, "empty the buffer afterwards"),
};
const struct xm_cmd xm_cmd_dmesg = {
    .name = "dmesg", .operands = "[-c]", .common = true,
    .help = "Show the messages of the hypervisor", .opts = dmesg_opts,
    .nopts = ARRAY_SIZE(dmesg_opts), .args_size = sizeof(struct dmesg_args), .run = dmesg_run,
};

static int log_run(struct xm_ctx *cx, const void *vargs, char *const *operand, struct ut_err *err)
{
    (void)vargs, (void)operand;
    return print_text(cx, "xend.node.log", err);
}

const struct xm_cmd xm_cmd_log = {
    .name = "log", .operands = "", .common = true, .help = "Show the log of xend", .run = log_run,
};

struct help_args {
    bool full;
};

/* The list always; behind it, where the eye is, the command that was asked for. */
static int help_run(struct xm_ctx *cx, const void *vargs, char *const *operand, struct ut_err *err)
{
    const struct xm_cmd *cmd = operand[0] ? xm_cmd_find(operand[0]) : NULL;

    (void)vargs, (void)err;
    xm_help_full(cx->out);
    if (cmd) {
        fputc('\n', cx->out);
        xm_help_cmd(cmd, cx->out);
    }
    return UT_OK;
}

static const struct xm_opt help_opts[] = {
    XM_OPT_FLAG('l', "long", struct help_args, full, "the complete list (always so)"),
};
const struct xm_cmd xm_cmd_help = {
    .name = "help", .operands = "[--long] [COMMAND]", .max = XM_ANY, .common = true,
    .help = "List all commands", .opts = help_opts, .nopts = ARRAY_SIZE(help_opts),
    .args_size = sizeof(struct help_args), .run = help_run,
};

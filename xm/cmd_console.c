/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xm console. */
#include "cmd.h"

#include <stdlib.h>
#include <string.h>

struct console_args {
    struct xm_console_opts o;
    struct xm_opt_u64 num;
};

int xm_console_lookup(struct xm_ctx *cx, const char *dom, char **path_out, struct ut_err *err)
{
    struct xr_value *v = NULL;
    const struct xr_value *sock;
    int rc = xm_rpc(cx, &v, err, "xend.domain.console", "d", dom);

    if (rc) return rc;
    sock = xr_get(v, "socket");
    if (v->type != XR_STRUCT || !sock || sock->type != XR_STRING || !sock->s)
        rc = ut_err_set(err, UT_EPROTO, "xend.domain.console did not name a socket");
    else if (!sock->s[0])
        rc = ut_err_set(err, UT_ESTATE, "Domain '%s' is not started", dom);
    else if (!(*path_out = strdup(sock->s)))
        rc = ut_err_set(err, UT_ENOMEM, "out of memory");
    xr_free(v);
    return rc;
}

static int console_run(struct xm_ctx *cx, const void *vargs, char *const *operand,
                       struct ut_err *err)
{
    const struct console_args *a = vargs;
    char *path = NULL;
    int sock = -1;
    int rc;

    if (a->num.set && a->num.v != 0)
        return ut_err_set(err, UT_ENOENT, "Domain '%s' has no console %llu: only 0", operand[0],
                          (unsigned long long)a->num.v);
    rc = xm_console_lookup(cx, operand[0], &path, err);
    if (rc == UT_OK) rc = xm_console_connect(path, &sock, err);
    free(path);
    if (rc && a->o.quiet && rc != UT_ENODOM) return XM_EXIT_ERROR;
    if (rc) return rc;
    return xm_console_run(cx, sock, &a->o, err);
}

static const struct xm_opt console_opts[] = {
    XM_OPT_FLAG('q', "quiet", struct console_args, o.quiet, "no hint and no messages"),
    XM_OPT_U64('n', "num", struct console_args, num, "N", "number of the console (only 0 is)"),
    XM_OPT_STR('u', "until", struct console_args, o.until, "REGEX",
               "leave with exit status 0 when a line of the console matches; 5 if the domain ends "
               "first"),
    XM_OPT_U64('t', "timeout", struct console_args, o.timeout_s, "SECONDS",
               "leave after this time: exit status 4 with --until, else 0"),
    XM_OPT_U64('i', "idle", struct console_args, o.idle_s, "SECONDS",
               "leave when input has ended and the console has been silent for this long"),
    XM_OPT_FLAG(0, "new", struct console_args, o.only_new,
                "do not show or match what the console said before"),
};
const struct xm_cmd xm_cmd_console = {
    .name = "console", .operands = "[options] DOMAIN", .min = 1, .max = 1, .common = true,
    .help = "Attach to the console of a domain; Ctrl-] leaves", .opts = console_opts,
    .nopts = ARRAY_SIZE(console_opts), .args_size = sizeof(struct console_args),
    .run = console_run,
};

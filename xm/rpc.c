/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls to xend. */
#include "xm.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* XM_SERVER=httpu:///PATH, or where the paths say. */
static int find_socket(struct xm_ctx *cx, struct ut_err *err)
{
    const char *server = getenv("XM_SERVER");
    struct ut_paths *paths;
    int rc;

    if (server && *server) {
        if (!strncmp(server, "httpu://", 8)) server += 8;
        else if (strstr(server, "://"))
            return ut_err_set(err, UT_EUNSUP,
                              "XM_SERVER=%s: only httpu:///PATH (a unix socket) is supported",
                              server);
        if (strlen(server) >= sizeof(cx->sock))
            return ut_err_set(err, UT_ELIMIT, "XM_SERVER is too long");
        memcpy(cx->sock, server, strlen(server) + 1);
        return UT_OK;
    }
    paths = calloc(1, sizeof(*paths));
    if (!paths) return ut_err_set(err, UT_ENOMEM, "out of memory");
    rc = ut_paths_init(paths, err);
    if (rc == UT_OK) memcpy(cx->sock, paths->xmlrpc_sock, sizeof(cx->sock));
    free(paths);
    return rc;
}

/* The historic sentence first, since scripts look for it; then what to do. */
static int unreachable(struct xm_ctx *cx, struct ut_err *err)
{
    char reason[160];

    snprintf(reason, sizeof(reason), "%.150s",
             err->sys_errno ? strerror(err->sys_errno) : "it hung up");
    if (geteuid() == 0 || err->sys_errno == 0)
        return ut_err_set(err, UT_ECONN,
                          "Unable to connect to xend: %s. Is xend running?\n"
                          "It was looked for at %.200s; 'xend start' starts it.", reason, cx->sock);
    return ut_err_set(err, UT_ECONN,
                      "Most commands need root access. Please try again as root.\n"
                      "Or run a xend of your own: 'xend start' (there is none at %.200s: %s).",
                      cx->sock, reason);
}

static int connect_once(struct xm_ctx *cx, struct ut_err *err)
{
    int rc;

    if (cx->client) return UT_OK;
    rc = find_socket(cx, err);
    if (rc) return rc;
    rc = xr_client_new(cx->sock, &cx->client, err);
    return rc == UT_ECONN || rc == UT_ESYS ? unreachable(cx, err) : rc;
}

static struct xr_value *argument(struct xm_ctx *cx, char kind, va_list *ap)
{
    const char *s;

    switch (kind) {
    case 'd':
    case 's':
        s = va_arg(*ap, const char *);
        if (kind == 'd') cx->dom = s;
        return xr_string(s);
    case 'i': return xr_int(va_arg(*ap, int64_t));
    case 'b': return xr_bool(va_arg(*ap, int) != 0);
    case 'v': return va_arg(*ap, struct xr_value *);
    default: return xr_nil();
    }
}

static int call(struct xm_ctx *cx, struct xr_value **value_out, struct ut_err *err,
                const char *method, struct xr_value *params)
{
    struct xr_value *value = NULL;
    struct ut_err unused = UT_ERR_INIT;
    int rc;

    if (!err) err = &unused;
    rc = connect_once(cx, err);

    if (rc == UT_OK) rc = xr_call(cx->client, method, params, 0, &value, err);
    if (rc == UT_ECONN && cx->client) {     /* it was there and went away */
        xr_client_free(cx->client);
        cx->client = NULL;
        rc = unreachable(cx, err);
    }
    if (rc == UT_OK && value && value->type == XR_STRUCT && xr_get(value, "ErrorDescription"))
        rc = ut_err_set(err, UT_EREMOTE, "xend does not know the method %s: it is older than xm",
                        method);
    if (rc == UT_OK && value_out) {
        *value_out = value;
        value = NULL;
    }
    xr_free(value);
    return rc;
}

static int vcall(struct xm_ctx *cx, struct xr_value **value_out, struct ut_err *err,
                 const char *method, const char *format, va_list *ap)
{
    struct xr_value *params = xr_array();
    bool ok = params != NULL;
    int rc;

    if (err) *err = (struct ut_err)UT_ERR_INIT;
    for (; *format; format++) {
        struct xr_value *v = argument(cx, *format, ap);

        if (!ok || !v) xr_free(v);
        else if (xr_add(params, v) == UT_OK) continue;
        ok = false;
    }
    rc = ok ? call(cx, value_out, err, method, params)
            : ut_err_set(err, UT_ENOMEM, "out of memory");
    xr_free(params);
    return rc;
}

int xm_rpc(struct xm_ctx *cx, struct xr_value **value_out, struct ut_err *err, const char *method,
           const char *format, ...)
{
    va_list ap;
    int rc;

    va_start(ap, format);
    rc = vcall(cx, value_out, err, method, format, &ap);
    va_end(ap);
    return rc;
}

int xm_rpc_sxp(struct xm_ctx *cx, struct ut_sxp **sx_out, struct ut_err *err, const char *method,
               const char *format, ...)
{
    struct xr_value *value = NULL;
    va_list ap;
    int rc;

    va_start(ap, format);
    rc = vcall(cx, &value, err, method, format, &ap);
    va_end(ap);
    if (rc) return rc;
    *sx_out = value->type == XR_ARRAY ? xr_to_sxp(value) : NULL;
    xr_free(value);
    return *sx_out ? UT_OK : ut_err_set(err, UT_EPROTO, "%s did not return a list", method);
}

static int hex_digit(char ch)
{
    if (ch >= '0' && ch <= '9') return ch - '0';
    if ((ch | 32) >= 'a' && (ch | 32) <= 'f') return (ch | 32) - 'a' + 10;
    return -1;
}

/* Top-level strings of the legacy server arrive with backslash escapes, \xHH among them. A text
 * with a real end of line in it was not escaped. */
static void unescape(char *s)
{
    static const char from[] = "nrt\\'\"", to[] = "\n\r\t\\'\"";
    char *out = s;
    int hi, lo;

    if (strchr(s, '\n')) return;
    while (*s) {
        const char *hit = s[0] == '\\' && s[1] ? strchr(from, s[1]) : NULL;

        hi = s[0] == '\\' && s[1] == 'x' ? hex_digit(s[2]) : -1;
        lo = hi >= 0 ? hex_digit(s[3]) : -1;
        if (hit) {
            *out++ = to[hit - from];
            s += 2;
        } else if (lo >= 0 && hi + lo > 0) {
            *out++ = (char)(hi * 16 + lo);
            s += 4;
        } else {
            *out++ = *s++;
        }
    }
    *out = '\0';
}

int xm_rpc_text(struct xm_ctx *cx, char **text_out, struct ut_err *err, const char *method)
{
    struct xr_value *value = NULL;
    int rc = xm_rpc(cx, &value, err, method, "");

    if (rc) return rc;
    if (value->type != XR_STRING || !value->s) {
        rc = ut_err_set(err, UT_EPROTO, "%s did not return a text", method);
    } else {
        *text_out = strdup(value->s);
        if (!*text_out) rc = ut_err_set(err, UT_ENOMEM, "out of memory");
        else unescape(*text_out);
    }
    xr_free(value);
    return rc;
}

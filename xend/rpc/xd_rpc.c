/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rpc/xd_rpc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "domain/xd_dom.h"
#include "xd.h"

/* ---- arguments ------------------------------------------------------------------------------- */

const struct xr_value *xd_arg(const struct xd_call *call, size_t i)
{
    if (i >= call->params->nr_items || call->params->item[i]->type == XR_NIL) return NULL;
    return call->params->item[i];
}

const char *xd_arg_str(const struct xd_call *call, size_t i, const char *dflt)
{
    const struct xr_value *v = xd_arg(call, i);

    return v && v->s ? v->s : dflt;
}

static bool to_bool(const struct xr_value *v, bool *b_out)
{
    static const struct { const char *word; bool b; } words[] = {
        { "true", true }, { "1", true }, { "yes", true },
        { "false", false }, { "0", false }, { "no", false }, { "", false },
    };

    if (v->type == XR_BOOL || v->type == XR_INT) {
        *b_out = v->i != 0;
        return true;
    }
    for (size_t i = 0; v->type == XR_STRING && i < ARRAY_SIZE(words); i++) {
        if (strcasecmp(v->s, words[i].word) != 0) continue;
        *b_out = words[i].b;
        return true;
    }
    return false;
}

static bool to_int(const struct xr_value *v, int64_t *i_out)
{
    long long i;
    char *end;

    if (v->type == XR_INT || v->type == XR_BOOL) {
        *i_out = v->i;
        return true;
    }
    if (v->type != XR_STRING) return false;
    errno = 0;
    i = strtoll(v->s, &end, 10);
    if (errno || end == v->s || *end) return false;
    *i_out = i;
    return true;
}

bool xd_arg_bool(const struct xd_call *call, size_t i, bool dflt)
{
    const struct xr_value *v = xd_arg(call, i);
    bool b;

    return v && to_bool(v, &b) ? b : dflt;
}

int64_t xd_arg_int(const struct xd_call *call, size_t i, int64_t dflt)
{
    const struct xr_value *v = xd_arg(call, i);
    int64_t n;

    return v && to_int(v, &n) ? n : dflt;
}

static bool fits(char kind, const struct xr_value *v)
{
    int64_t n;
    bool b;

    switch (kind) {
    case 'd': return v->type == XR_STRING || v->type == XR_INT;
    case 's': return v->type == XR_STRING;
    case 'i': return to_int(v, &n);
    case 'b': return to_bool(v, &b);
    case 'x': return v->type == XR_ARRAY;
    default:  return true;
    }
}

static const char *kind_name(char kind)
{
    switch (kind) {
    case 'd': return "a domain's name, id or uuid";
    case 's': return "a string";
    case 'i': return "an integer";
    case 'b': return "a boolean";
    case 'x': return "an S-expression";
    default:  return "a value";
    }
}

static int check_args(const struct xd_method *m, const struct xr_value *params, struct ut_err *err)
{
    bool optional = false;
    size_t i = 0, min = 0;

    for (const char *k = m->args; *k; k++) {
        if (*k == '|') {
            optional = true;
            continue;
        }
        min += !optional;
        if (i < params->nr_items && !(optional && params->item[i]->type == XR_NIL) &&
            !fits(*k, params->item[i]))
            return ut_err_set(err, UT_EARG, "%s: argument %zu must be %s", m->name, i + 1,
                              kind_name(*k));
        i++;
    }
    if (params->nr_items < min || params->nr_items > i)
        return ut_err_set(err, UT_EARG, "%s takes %zu to %zu arguments, not %zu", m->name, min, i,
                          params->nr_items);
    return UT_OK;
}

/* ---- answers --------------------------------------------------------------------------------- */

static void call_free(struct xd_call *call)
{
    free(call->method);
    xr_free(call->params);
    free(call);
}

/* The legacy server sent top-level strings the way Python escapes them in source; its clients undo
 * that. */
static struct xr_value *escaped(struct xr_value *v)
{
    struct ut_buf out = UT_BUF_INIT;
    struct xr_value *e;

    for (const char *s = v->s; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '\\' || c == '\'') ut_buf_addf(&out, "\\%c", c);
        else if (c == '\n') ut_buf_adds(&out, "\\n");
        else if (c == '\r') ut_buf_adds(&out, "\\r");
        else if (c == '\t') ut_buf_adds(&out, "\\t");
        else if (c < 0x20 || c >= 0x7f) ut_buf_addf(&out, "\\x%02x", c);
        else ut_buf_addc(&out, (char)c);
    }
    e = out.oom ? NULL : xr_string(ut_buf_str(&out));
    ut_buf_fini(&out);
    xr_free(v);
    return e;
}

static void send_fault(void (*send)(void *, const struct ut_buf *), void *arg, int fault,
                       const char *text)
{
    struct ut_buf xml = UT_BUF_INIT;

    xr_emit_fault(fault, text, &xml);
    send(arg, &xml);
    ut_buf_fini(&xml);
}

void xd_call_reply(struct xd_call *call, int rc, struct xr_value *value, const struct ut_err *err)
{
    struct ut_buf xml = UT_BUF_INIT;

    if (rc < 0) {
        const char *text = err && err->text[0] ? err->text : ut_err_str(rc);

        xd_info(call->xd, UT_NO_DOMID, "%s: fault %d: %s", call->method, ut_err_fault(rc), text);
        send_fault(call->send, call->arg, ut_err_fault(rc), text);
    } else {
        if (value && value->type == XR_STRING && strncmp(call->method, "xend.", 5) == 0)
            value = escaped(value);
        if (xr_emit_response(value, &xml) == UT_OK) call->send(call->arg, &xml);
        else send_fault(call->send, call->arg, ut_err_fault(UT_ENOMEM), ut_err_str(UT_ENOMEM));
    }
    ut_buf_fini(&xml);
    xr_free(value);
    call_free(call);
}

/* Not a fault, for an unknown method: that is how the legacy server answered. */
static struct xr_value *unknown_method(const char *name)
{
    struct xr_value *st = xr_struct(), *list = xr_array();

    xr_set(st, "Status", xr_string("Failure"));
    xr_add(list, xr_string("MESSAGE_METHOD_UNKNOWN"));
    xr_add(list, xr_string(name));
    xr_set(st, "ErrorDescription", list);
    return st;
}

/* ---- dispatch -------------------------------------------------------------------------------- */

const struct xd_method *xd_method_find(const char *name)
{
    for (size_t t = 0; xd_methods[t]; t++)
        for (size_t i = 0; i < xd_nr_methods_in(t); i++)
            if (strcmp(xd_methods[t][i].name, name) == 0) return &xd_methods[t][i];
    return NULL;
}

static int find_domain(struct xd_call *call, struct xd_dom **dom_out, struct ut_err *err)
{
    const struct xr_value *ref = call->params->item[0];
    char digits[24];
    const char *name = ref->s;

    if (ref->type == XR_INT) {
        snprintf(digits, sizeof(digits), "%" PRId64, ref->i);
        name = digits;
    }
    *dom_out = xd_dom_find(call->xd, name);
    /* the fault's text is the name as given: clients make the sentence */
    return *dom_out ? UT_OK : ut_err_set(err, UT_ENODOM, "%s", name);
}

static int check_domain(const struct xd_method *m, const struct xd_dom *d, struct ut_err *err)
{
    if (m->flags & XD_M_NOT_DOM0 && d->is_dom0) return ut_err_set(err, UT_EPERM, "%s", m->dom0);
    if (!m->states || m->states & XD_S(d->state)) return UT_OK;
    if (m->wrong_state && strstr(m->wrong_state, "%s")) {
        const char *at = strstr(m->wrong_state, "%s");

        return ut_err_set(err, UT_ESTATE, "%.*s%s%s", (int)(at - m->wrong_state), m->wrong_state,
                          d->cfg.name, at + 2);
    }
    if (m->wrong_state) return ut_err_set(err, UT_ESTATE, "%s", m->wrong_state);
    return ut_err_set(err, UT_ESTATE, "Domain '%s' is %s: %s is not possible", d->cfg.name,
                      xd_state_name(d->state), m->name);
}

static int check_peer(const struct xd_call *call, struct ut_err *err)
{
    if (!(call->m->flags & XD_M_CHANGES)) return UT_OK;
    if (!call->privileged) return ut_err_set(err, UT_EPERM, "%s: not permitted", call->method);
    if (call->xd->stopping) return ut_err_set(err, UT_ESTATE, "xend is stopping");
    return UT_OK;
}

static void wait_behind(struct xd_dom *d, struct xd_call *call)
{
    struct xd_call **p = &d->waiters;

    while (*p) p = &(*p)->next;
    *p = call;
}

void xd_rpc_dispatch(struct xd *xd, struct xd_call *call)
{
    struct ut_err err = UT_ERR_INIT;
    struct xr_value *value = NULL;
    struct xd_dom *d = NULL;
    int rc;

    (void)xd;
    call->m = xd_method_find(call->method);
    if (!call->m) {
        xd_call_reply(call, UT_OK, unknown_method(call->method), NULL);
        return;
    }
    rc = check_peer(call, &err);
    if (rc == UT_OK) rc = check_args(call->m, call->params, &err);
    if (rc == UT_OK && call->m->args[0] == 'd') rc = find_domain(call, &d, &err);
    if (rc == UT_OK && d && call->m->flags & XD_M_CHANGES && d->busy) {
        wait_behind(d, call);
        return;
    }
    if (rc == UT_OK && d) rc = check_domain(call->m, d, &err);
    if (rc == UT_OK) rc = call->m->handler(call, d, &value, &err);
    if (rc != XD_DEFERRED) xd_call_reply(call, rc, value, &err);
}

void xd_rpc_receive(struct xd *xd, const char *body, size_t len, bool privileged,
                    void (*send)(void *arg, const struct ut_buf *xml), void *arg)
{
    struct ut_err err = UT_ERR_INIT;
    struct xd_call *call = calloc(1, sizeof(*call));
    int rc;

    if (!call) {
        send_fault(send, arg, ut_err_fault(UT_ENOMEM), ut_err_str(UT_ENOMEM));
        return;
    }
    call->xd = xd;
    call->privileged = privileged;
    call->send = send;
    call->arg = arg;
    rc = xr_parse_call(body, len, &call->method, &call->params, &err);
    if (rc < 0) {
        xd_warn(xd, UT_NO_DOMID, "unreadable call: %s", err.text);
        send_fault(send, arg, 1, err.text);
        call_free(call);
        return;
    }
    xd_debug(xd, UT_NO_DOMID, "call %s", call->method);
    xd_rpc_dispatch(xd, call);
}

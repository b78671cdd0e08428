/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xd_rpc: calls and their dispatch. Loop's thread only.
 *
 * A method is a row: name, arguments, privilege, states its domain must be in, handler, help. The
 * dispatcher checks all of that once, so handlers start with arguments they can trust. A handler
 * answers at once or returns XD_DEFERRED and leaves the call with an operation, which answers
 * later by xd_call_reply. Calls that change a domain wait while an operation on it is in flight.
 */
#ifndef XEND_RPC_XD_RPC_H
#define XEND_RPC_XD_RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/xd_life.h"
#include "ut_buf.h"
#include "ut_err.h"
#include "xr_value.h"

#define XD_DEFERRED 1

struct xd;
struct xd_dom;
struct xd_call;

#define XD_M_CHANGES   1u           /* for privileged peers only; its domain must not be busy */
#define XD_M_NOT_DOM0  2u           /* refused for domain 0 with text `dom0` */
#define XD_S(state)    (1u << (state))

typedef int xd_handler_fn(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                          struct ut_err *err);

struct xd_method {
    const char *name;
    /* One letter per argument: d domain (name, id or uuid), s string, i integer, b boolean,
       x S-expression, v anything; behind '|' optional. */
    const char *args;
    const char *result;             /* XML-RPC type, for system.methodSignature */
    unsigned flags;
    unsigned states;                /* XD_S() bits; 0 = any */
    const char *wrong_state;        /* fault text with one %s for the name; NULL = a general one */
    const char *dom0;               /* fault text */
    xd_handler_fn *handler;
    const char *help;
};

struct xd_call {
    struct xd *xd;
    char *method;
    struct xr_value *params;
    bool privileged;                /* the peer may change domains */
    const struct xd_method *m;
    struct xr_value *(*make_result)(struct xd_dom *d);  /* of a deferred call; NULL = nil */
    /** Takes the answer; called exactly once, then the call is released. */
    void (*send)(void *arg, const struct ut_buf *xml);
    void *arg;
    struct xd_call *next;
};

/** All methods, in the order of system.listMethods. */
extern const struct xd_method *const xd_methods[];      /* NULL-terminated list of tables ... */
size_t xd_nr_methods_in(size_t table);                   /* ... and their lengths */
const struct xd_method *xd_method_find(const char *name);

/** A request body has come. `send` is called now or later. */
void xd_rpc_receive(struct xd *xd, const char *body, size_t len, bool privileged,
                    void (*send)(void *arg, const struct ut_buf *xml), void *arg);
/** Run a call, or queue it behind the operation in flight. */
void xd_rpc_dispatch(struct xd *xd, struct xd_call *call);
/** Answer and release. `value` is handed over; NULL = nil. `err` only with rc < 0. */
void xd_call_reply(struct xd_call *call, int rc, struct xr_value *value, const struct ut_err *err);

/* Arguments by position, after the dispatcher has checked them. Absent or nil gives `dflt`. */
const char *xd_arg_str(const struct xd_call *call, size_t i, const char *dflt);
bool xd_arg_bool(const struct xd_call *call, size_t i, bool dflt);
int64_t xd_arg_int(const struct xd_call *call, size_t i, int64_t dflt);
const struct xr_value *xd_arg(const struct xd_call *call, size_t i);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xd_life: the life cycle of a domain, as one table of (state, event) -> (action, next state).
 *
 * Events are what operators ask for, what operations end with, and what guests do. Actions start
 * operations (domain/xd_ops.h), of which a domain has at most one in flight.
 */
#ifndef XEND_DOMAIN_XD_LIFE_H
#define XEND_DOMAIN_XD_LIFE_H

#include <stdbool.h>

#include "ut_err.h"

struct xd_dom;

#define XD_STATE_LIST(X)                                                      \
    X(XD_NEW,        "new")         /* registered */                          \
    X(XD_BUILDING,   "building")    /* first build in flight */               \
    X(XD_PAUSED,     "paused")                                                \
    X(XD_RUNNING,    "running")                                               \
    X(XD_RESTARTING, "restarting")  /* old one being destroyed */             \
    X(XD_REBUILDING, "rebuilding")  /* new one being built */                 \
    X(XD_DEAD,       "dead")        /* stopped and kept, or not destroyable */ \
    X(XD_ENDING,     "ending")      /* being destroyed */                     \
    X(XD_GONE,       "gone")        /* only until it is forgotten */

enum xd_state {
#define XD_STATE_ENUM(name, text) name,
    XD_STATE_LIST(XD_STATE_ENUM)
#undef XD_STATE_ENUM
    XD_NR_STATES
};

#define XD_EVENT_LIST(X)                                                      \
    X(XD_EV_CREATE,      "create")      /* operators */                       \
    X(XD_EV_PAUSE,       "pause")                                             \
    X(XD_EV_UNPAUSE,     "unpause")                                           \
    X(XD_EV_REQUEST,     "shutdown")    /* ask the guest to stop */           \
    X(XD_EV_DESTROY,     "destroy")                                           \
    X(XD_EV_RESET,       "reset")                                             \
    X(XD_EV_BUILT,       "built")       /* ends of operations */              \
    X(XD_EV_DID_PAUSE,   "did pause")                                         \
    X(XD_EV_DID_UNPAUSE, "did unpause")                                       \
    X(XD_EV_DID_REQUEST, "did request")                                       \
    X(XD_EV_DESTROYED,   "destroyed")                                         \
    X(XD_EV_FAILED,      "failed")                                            \
    X(XD_EV_END_DESTROY, "end: destroy")    /* the guest has stopped: policy */ \
    X(XD_EV_END_RESTART, "end: restart")                                      \
    X(XD_EV_END_PRESERVE, "end: preserve")                                    \
    X(XD_EV_END_RENAME,  "end: rename-restart")                               \
    X(XD_EV_VANISHED,    "vanished")    /* a dead one's process went away */

enum xd_event {
#define XD_EVENT_ENUM(name, text) name,
    XD_EVENT_LIST(XD_EVENT_ENUM)
#undef XD_EVENT_ENUM
    XD_NR_EVENTS
};

struct xd_step {
    enum xd_state from;
    enum xd_event ev;
    enum xd_state to;               /* entered only if act() returns UT_OK */
    int (*act)(struct xd_dom *d, struct ut_err *err);   /* NULL = nothing to do */
};

const char *xd_state_name(enum xd_state state);
const char *xd_event_name(enum xd_event ev);
/** The row, or NULL: the event is an error in this state. */
const struct xd_step *xd_life_step(enum xd_state from, enum xd_event ev);
/**
 * Let an event happen. UT_ESTATE without a row; else what the action says. A domain that reaches
 * XD_GONE is forgotten by xd_op_run_waiters, which callers outside operations call themselves.
 */
int xd_life_post(struct xd_dom *d, enum xd_event ev, struct ut_err *err);
/**
 * The guest has stopped (or its process is gone: vanished). Applies the policy at once, or when
 * the operation in flight has ended. Logged.
 */
void xd_life_guest_stopped(struct xd_dom *d, int reason, bool vanished);
/** Act on what xd_life_guest_stopped noted while an operation was in flight. */
void xd_life_settle(struct xd_dom *d);

#endif

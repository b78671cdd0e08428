/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xd: the daemon's context.
 *
 * One struct xd lives in main (or in a test) and is handed to everything. The loop's thread owns
 * it with all that hangs on it: registry, domains, calls. Worker threads see only their job, which
 * holds copies. So nothing here is locked, and reading never waits for what is being built.
 */
#ifndef XEND_XD_H
#define XEND_XD_H

#include <stdbool.h>
#include <event2/event.h>

#include "ut_err.h"
#include "ut_log.h"
#include "ut_path.h"
#include "xd_config.h"
#include "xci.h"

struct xd_pool;
struct xd_registry;
struct xd_http;
struct xd_store;

struct xd {
    struct ut_paths paths;
    struct xd_config cfg;
    struct ut_log *log;
    struct event_base *base;        /* NULL in tests that need no loop */
    struct xci *xc;
    struct xd_store *store;
    struct xd_pool *ops;            /* what takes long, one job per domain at a time */
    struct xd_pool *disk;           /* one thread: records are written in order */
    struct xd_registry *reg;
    struct xd_http *http;
    struct event *hv_event;         /* the hypervisor's event descriptor */
    struct event *signals[4];
    struct event *quit_timer;
    unsigned nr_running_ops;
    bool stopping;                  /* no new calls; leave the loop when nr_running_ops is 0 */
    bool abandoned;                 /* an operation never ended: do not wait for its thread */
};

/**
 * Make everything but the RPC server: logger, pools, hypervisor handle, registry with what already
 * runs. xd_fini undoes it (idempotent, also after a failed init) and leaves domains running.
 * @foreground  the log goes to stderr
 */
int xd_init(struct xd *xd, bool foreground, struct ut_err *err);
/** Open the RPC server. */
int xd_serve(struct xd *xd, struct ut_err *err);
/** Run the loop until SIGTERM, SIGINT or xd_stop. */
void xd_run(struct xd *xd);
/** Leave the loop as soon as running operations are done. */
void xd_stop(struct xd *xd);
/** SIGHUP: read the configuration again, open log and server again. */
void xd_reload(struct xd *xd);
void xd_fini(struct xd *xd);
/** An operation ended: look whether xd_stop waits for it. */
void xd_op_ended(struct xd *xd);

#define xd_debug(xd, domid, ...) ut_log_msg((xd)->log, UT_LOG_DEBUG, domid, __VA_ARGS__)
#define xd_info(xd, domid, ...)  ut_log_msg((xd)->log, UT_LOG_INFO, domid, __VA_ARGS__)
#define xd_warn(xd, domid, ...)  ut_log_msg((xd)->log, UT_LOG_WARNING, domid, __VA_ARGS__)
#define xd_error(xd, domid, ...) ut_log_msg((xd)->log, UT_LOG_ERROR, domid, __VA_ARGS__)

#endif

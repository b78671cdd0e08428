/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xd_work: worker threads for what takes long.
 *
 * A job's run() happens in a worker and may touch nothing but the job; its done() happens later in
 * the loop's thread, in the order the jobs finished, and owns the job from then on. A pool with one
 * thread runs its jobs in the order they came.
 */
#ifndef XEND_XD_WORK_H
#define XEND_XD_WORK_H

#include <event2/event.h>
#include "ut_err.h"

struct xd_pool;

struct xd_job {
    void (*run)(struct xd_job *job);
    void (*done)(struct xd_job *job);
    struct xd_job *next;            /* the pool's */
};

/** @base  loop that runs the done() callbacks; NULL = the caller calls xd_pool_poll itself */
int xd_pool_new(struct event_base *base, unsigned nr_threads, struct xd_pool **pool_out,
                struct ut_err *err);
/** Run everything that is queued to its end, done() callbacks included, then release. */
void xd_pool_free(struct xd_pool *pool);
void xd_pool_submit(struct xd_pool *pool, struct xd_job *job);
/** Run the done() callbacks that are due; returns how many. For tests and xd_pool_free. */
unsigned xd_pool_poll(struct xd_pool *pool);
/** Block until no job is queued or running (their done() may still be due). */
void xd_pool_drain(struct xd_pool *pool);

#endif

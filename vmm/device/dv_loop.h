/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dv_loop: the event loop of a domain's main thread, and how other threads wake it.
 *
 * Ownership: watches and wakers are embedded in their owner, who closes descriptors itself.
 * Threads: everything belongs to the loop's thread but dv_waker_poke, which any thread may call.
 * Errors: UT_ESYS. Nothing here logs. Nothing wakes up periodically.
 */
#ifndef VMM_DEVICE_DV_LOOP_H
#define VMM_DEVICE_DV_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include "ut_err.h"

struct dv_loop;

/** A descriptor to look after. Zero is not valid: use DV_WATCH_INIT. */
struct dv_watch {
    int fd;                         /* -1 = not watched */
    uint32_t events;                /* EPOLLIN, EPOLLOUT; 0 = only errors */
    void (*fn)(void *ctx, uint32_t events);
    void *ctx;
};
#define DV_WATCH_INIT { -1, 0, NULL, NULL }

int dv_loop_new(struct dv_loop **loop_out, struct ut_err *err);
void dv_loop_free(struct dv_loop *loop);
/** Watch `fd`; `w` must stay where it is until dv_loop_del. */
int dv_loop_add(struct dv_loop *loop, struct dv_watch *w, int fd, uint32_t events,
                void (*fn)(void *ctx, uint32_t events), void *ctx, struct ut_err *err);
/** Change the events; cheap when they are the same. */
void dv_loop_mod(struct dv_loop *loop, struct dv_watch *w, uint32_t events);
/** Stop watching; the descriptor stays open. Safe from any callback, for any watch. */
void dv_loop_del(struct dv_loop *loop, struct dv_watch *w);
/** Wait for events and run their callbacks. @timeout_ms -1 = for ever, 0 = only what is there. */
int dv_loop_step(struct dv_loop *loop, int timeout_ms, struct ut_err *err);

/** Wakes the loop from other threads: `fn` runs in the loop's thread once for any number of
 *  pokes. */
struct dv_waker {
    struct dv_watch watch;
    struct dv_loop *loop;
    _Atomic bool poked;
    void (*fn)(void *ctx);
    void *ctx;
};
#define DV_WAKER_INIT { .watch = DV_WATCH_INIT }

int dv_waker_init(struct dv_waker *wk, struct dv_loop *loop, void (*fn)(void *ctx), void *ctx,
                  struct ut_err *err);
void dv_waker_fini(struct dv_waker *wk);
/** Any thread; async-signal-safe. A system call only for the first poke. */
void dv_waker_poke(struct dv_waker *wk);

#endif

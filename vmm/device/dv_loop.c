/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dv_loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BATCH 32

struct dv_loop {
    int epoll_fd;
    struct epoll_event batch[BATCH];    /* being delivered; dv_loop_del blanks entries */
    int nr_batch;
};

int dv_loop_new(struct dv_loop **loop_out, struct ut_err *err)
{
    struct dv_loop *loop = calloc(1, sizeof(*loop));

    if (!loop) return ut_err_set(err, UT_ENOMEM, "event loop");
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0) {
        free(loop);
        return ut_err_sys(err, UT_ESYS, "epoll");
    }
    *loop_out = loop;
    return UT_OK;
}

void dv_loop_free(struct dv_loop *loop)
{
    if (!loop) return;
    close(loop->epoll_fd);
    free(loop);
}

int dv_loop_add(struct dv_loop *loop, struct dv_watch *w, int fd, uint32_t events,
                void (*fn)(void *ctx, uint32_t events), void *ctx, struct ut_err *err)
{
    struct epoll_event ev = { .events = events, .data.ptr = w };

    w->fd = -1;
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0)
        return ut_err_sys(err, UT_ESYS, "cannot watch descriptor %d", fd);
    w->fd = fd;
    w->events = events;
    w->fn = fn;
    w->ctx = ctx;
    return UT_OK;
}

void dv_loop_mod(struct dv_loop *loop, struct dv_watch *w, uint32_t events)
{
    struct epoll_event ev = { .events = events, .data.ptr = w };

    if (w->fd < 0 || w->events == events) return;
    /* cannot fail: the descriptor is in the set and nothing is allocated */
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, w->fd, &ev);
    w->events = events;
}

void dv_loop_del(struct dv_loop *loop, struct dv_watch *w)
{
    if (w->fd < 0) return;
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
    w->fd = -1;
    for (int i = 0; i < loop->nr_batch; i++)
        if (loop->batch[i].data.ptr == w) loop->batch[i].data.ptr = NULL;
}

int dv_loop_step(struct dv_loop *loop, int timeout_ms, struct ut_err *err)
{
    int n = epoll_wait(loop->epoll_fd, loop->batch, BATCH, timeout_ms);

    if (n < 0 && errno == EINTR) return UT_OK;
    if (n < 0) return ut_err_sys(err, UT_ESYS, "epoll_wait");
    loop->nr_batch = n;
    for (int i = 0; i < n; i++) {
        struct dv_watch *w = loop->batch[i].data.ptr;

        if (w) w->fn(w->ctx, loop->batch[i].events);
    }
    loop->nr_batch = 0;
    return UT_OK;
}

static void waker_ready(void *ctx, uint32_t events)
{
    struct dv_waker *wk = ctx;
    uint64_t count;

    (void)events;
    (void)!read(wk->watch.fd, &count, sizeof(count));
    /* before fn: a poke from now on is about something fn may not see */
    atomic_store(&wk->poked, false);
    wk->fn(wk->ctx);
}

int dv_waker_init(struct dv_waker *wk, struct dv_loop *loop, void (*fn)(void *ctx), void *ctx,
                  struct ut_err *err)
{
    int rc, fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    wk->watch.fd = -1;
    wk->loop = loop;
    wk->fn = fn;
    wk->ctx = ctx;
    atomic_store(&wk->poked, false);
    if (fd < 0) return ut_err_sys(err, UT_ESYS, "eventfd");
    rc = dv_loop_add(loop, &wk->watch, fd, EPOLLIN, waker_ready, wk, err);
    if (rc < 0) close(fd);
    return rc;
}

void dv_waker_fini(struct dv_waker *wk)
{
    int fd = wk->watch.fd;

    if (fd < 0) return;
    dv_loop_del(wk->loop, &wk->watch);
    close(fd);
}

void dv_waker_poke(struct dv_waker *wk)
{
    const uint64_t one = 1;

    if (atomic_exchange(&wk->poked, true)) return;
    (void)!write(wk->watch.fd, &one, sizeof(one));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dv_xsring.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "xs_wire.h"

static_assert(offsetof(struct xs_ring, req_cons) == 0x800, "XenStore ring layout");

/** A message on its way; the header is its first part. */
struct packet {
    char data[XS_MESSAGE_MAX];
    size_t have;                    /* bytes of it that are here */
    size_t done;                    /* bytes that have gone on */
};

struct dv_xsring {
    struct dv_loop *loop;
    struct xs_ring *page;
    void (*notify)(void *ctx);
    void *ctx;
    struct dv_waker waker;
    struct dv_watch watch;          /* of fd */
    int fd;                         /* -1 = XenStore is away */
    struct packet req, rsp;
    bool broken;                    /* the guest broke the protocol: nothing is served any more */
};

static uint32_t load(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* Bytes that a packet has in all as far as we know: its header's until that is here. */
static size_t size_of(const struct packet *p)
{
    struct xs_hdr h;

    if (p->have < sizeof(h)) return sizeof(h);
    memcpy(&h, p->data, sizeof(h));
    return sizeof(h) + h.len;
}

static bool whole(const struct packet *p)
{
    return p->have >= sizeof(struct xs_hdr) && p->have == size_of(p);
}

static void hang_up(struct dv_xsring *r)
{
    if (r->fd < 0) return;
    dv_loop_del(r->loop, &r->watch);
    close(r->fd);
    r->fd = -1;
    r->req.done = 0;                        /* to be sent again */
    if (!whole(&r->rsp)) r->rsp.have = 0;
}

/* ---- the guest's side ----------------------------------------------------------------------- */

/* Bytes of a request out of the ring. True if any moved. */
static bool take_request(struct dv_xsring *r)
{
    uint32_t prod = load(&r->page->req_prod), cons = load(&r->page->req_cons), start = cons;
    struct packet *p = &r->req;

    if (prod - cons > XS_RING_BYTES) {
        r->broken = true;
        return false;
    }
    while (cons != prod && p->have < size_of(p)) {
        if (size_of(p) > sizeof(p->data)) {
            r->broken = true;
            break;
        }
        p->data[p->have++] = r->page->req[cons++ % XS_RING_BYTES];
    }
    if (p->have >= sizeof(struct xs_hdr) && size_of(p) > sizeof(p->data)) r->broken = true;
    store(&r->page->req_cons, cons);
    return cons != start;
}

/* Bytes of an answer or event into the ring. True if any moved. */
static bool give_response(struct dv_xsring *r)
{
    uint32_t prod = load(&r->page->rsp_prod), cons = load(&r->page->rsp_cons), start = prod;
    struct packet *p = &r->rsp;

    if (prod - cons > XS_RING_BYTES) {
        r->broken = true;
        return false;
    }
    while (prod - cons < XS_RING_BYTES && p->done < p->have)
        r->page->rsp[prod++ % XS_RING_BYTES] = p->data[p->done++];
    store(&r->page->rsp_prod, prod);
    return prod != start;
}

/* ---- XenStore's side ------------------------------------------------------------------------ */

static bool send_request(struct dv_xsring *r)
{
    struct packet *p = &r->req;
    bool moved = false;

    while (r->fd >= 0 && whole(p) && p->done < p->have) {
        ssize_t n = send(r->fd, p->data + p->done, p->have - p->done, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n <= 0) {
            hang_up(r);
            break;
        }
        p->done += (size_t)n;
        moved = true;
    }
    return moved;
}

static bool receive_response(struct dv_xsring *r)
{
    struct packet *p = &r->rsp;
    bool moved = false;

    while (r->fd >= 0 && !whole(p)) {
        ssize_t n = recv(r->fd, p->data + p->have, size_of(p) - p->have, MSG_DONTWAIT);

        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n <= 0) {
            hang_up(r);
            break;
        }
        p->have += (size_t)n;
        moved = true;
        if (size_of(p) > sizeof(p->data)) hang_up(r);
    }
    return moved;
}

/* A response is in the ring: make room for the next; after an answer, for the next request too. */
static void finish_response(struct dv_xsring *r)
{
    struct xs_hdr h;

    if (!whole(&r->rsp) || r->rsp.done < r->rsp.have) return;
    memcpy(&h, r->rsp.data, sizeof(h));
    r->rsp.have = r->rsp.done = 0;
    if (h.type != XS_WATCH_EVENT) r->req.have = r->req.done = 0;
}

static void pump(struct dv_xsring *r)
{
    bool moved, told = false;

    do {
        moved = !r->broken && !whole(&r->req) && take_request(r);
        told |= moved;
        moved |= send_request(r);
        moved |= receive_response(r);
        if (!r->broken && whole(&r->rsp) && give_response(r)) told = moved = true;
        finish_response(r);
    } while (moved && !r->broken);
    if (r->broken) hang_up(r);
    if (r->fd >= 0)
        dv_loop_mod(r->loop, &r->watch,
                    (whole(&r->rsp) ? 0 : (uint32_t)EPOLLIN) |
                    (whole(&r->req) && r->req.done < r->req.have ? (uint32_t)EPOLLOUT : 0));
    if (told) r->notify(r->ctx);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void on_poke(void *ctx)
{
    pump(ctx);
}

static void on_socket(void *ctx, uint32_t events)
{
    struct dv_xsring *r = ctx;

    /* without EPOLLIN asked for, only the end can be told */
    if (events & (EPOLLHUP | EPOLLERR) && whole(&r->rsp)) hang_up(r);
    pump(r);
}

int dv_xsring_connect(struct dv_xsring *r, int fd, struct ut_err *err)
{
    int rc;

    hang_up(r);
    rc = dv_loop_add(r->loop, &r->watch, fd, EPOLLIN, on_socket, r, err);
    if (rc < 0) {
        close(fd);
        return rc;
    }
    r->fd = fd;
    pump(r);
    return UT_OK;
}

void dv_xsring_poke(struct dv_xsring *r)
{
    dv_waker_poke(&r->waker);
}

int dv_xsring_new(struct dv_loop *loop, void *page, void (*notify)(void *ctx), void *ctx,
                  struct dv_xsring **ring_out, struct ut_err *err)
{
    struct dv_xsring *r = calloc(1, sizeof(*r));
    int rc;

    if (!r) return ut_err_set(err, UT_ENOMEM, "XenStore ring");
    r->loop = loop;
    r->page = page;
    r->notify = notify;
    r->ctx = ctx;
    r->fd = r->watch.fd = -1;
    rc = dv_waker_init(&r->waker, loop, on_poke, r, err);
    if (rc < 0) {
        free(r);
        return rc;
    }
    *ring_out = r;
    return UT_OK;
}

void dv_xsring_free(struct dv_xsring *r)
{
    if (!r) return;
    hang_up(r);
    dv_waker_fini(&r->waker);
    free(r);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's line to XenStore: a page of ours for the guest, a socket pair for the store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "dv_xsring.h"
#include "xs_wire.h"

struct world {
    struct dv_loop *loop;
    struct dv_xsring *ring;
    struct xs_ring *page;
    int store;                          /* the store's end, -1 = none */
    unsigned notified;
};

static void notify(void *ctx)
{
    struct world *w = ctx;

    w->notified++;
}

static void settle(struct world *w)
{
    dv_xsring_poke(w->ring);
    for (int i = 0; i < 4; i++) assert_int_equal(dv_loop_step(w->loop, 0, NULL), UT_OK);
}

static void connect_store(struct world *w)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(dv_xsring_connect(w->ring, pair[0], NULL), UT_OK);
    w->store = pair[1];
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    w->page = calloc(1, 16384);
    assert_non_null(w->page);
    w->store = -1;
    assert_int_equal(dv_loop_new(&w->loop, NULL), UT_OK);
    assert_int_equal(dv_xsring_new(w->loop, w->page, notify, w, &w->ring, NULL), UT_OK);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    dv_xsring_free(w->ring);
    dv_loop_free(w->loop);
    if (w->store >= 0) close(w->store);
    free(w->page);
    free(w);
    return 0;
}

/* The guest puts a request in its ring, as far as there is room; the rest must wait. */
static size_t guest_puts(struct world *w, const void *data, size_t len)
{
    const char *p = data;
    size_t n = 0;

    while (n < len && w->page->req_prod - w->page->req_cons < XS_RING_BYTES)
        w->page->req[w->page->req_prod++ % XS_RING_BYTES] = p[n++];
    return n;
}

static size_t make(char *out, uint32_t type, uint32_t id, size_t len)
{
    struct xs_hdr h = { type, id, 0, (uint32_t)len };

    memcpy(out, &h, sizeof(h));
    for (size_t i = 0; i < len; i++) out[sizeof(h) + i] = (char)('a' + i % 26);
    return sizeof(h) + len;
}

static void guest_asks(struct world *w, uint32_t id, size_t len)
{
    char text[XS_MESSAGE_MAX];
    size_t all = make(text, XS_READ, id, len), done = 0;

    while (done < all) {
        done += guest_puts(w, text + done, all - done);
        settle(w);
    }
}

/* What the store got: the id of the one request there, 0 if there is none. */
static uint32_t store_gets(struct world *w, size_t len)
{
    char text[XS_MESSAGE_MAX + 1], expected[XS_MESSAGE_MAX];
    ssize_t n = recv(w->store, text, sizeof(text), MSG_DONTWAIT);
    struct xs_hdr h;

    if (n < 0) return 0;
    memcpy(&h, text, sizeof(h));
    assert_int_equal(n, make(expected, XS_READ, h.req_id, len));
    assert_memory_equal(text, expected, (size_t)n);
    return h.req_id;
}

static void store_says(struct world *w, uint32_t type, uint32_t id, size_t len)
{
    char text[XS_MESSAGE_MAX];
    size_t all = make(text, type, id, len);

    assert_int_equal(send(w->store, text, all, 0), all);
    settle(w);
}

/* The guest reads a whole message; its id, 0 if there is none. */
static uint32_t guest_gets(struct world *w, size_t len)
{
    char text[XS_MESSAGE_MAX], expected[XS_MESSAGE_MAX];
    size_t all = sizeof(struct xs_hdr) + len, n = 0;
    struct xs_hdr h;

    while (n < all) {
        if (w->page->rsp_cons == w->page->rsp_prod) settle(w);
        if (w->page->rsp_cons == w->page->rsp_prod) break;
        text[n++] = w->page->rsp[w->page->rsp_cons++ % XS_RING_BYTES];
    }
    if (!n) return 0;
    assert_int_equal(n, all);
    memcpy(&h, text, sizeof(h));
    make(expected, h.type, h.req_id, len);
    assert_memory_equal(text, expected, all);
    return h.req_id;
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void carries_both_ways(void **state)
{
    static const size_t sizes[] = { 0, 1, 100, 1000, 1008, 1009, 3000, XS_PAYLOAD_MAX };
    struct world *w = *state;

    connect_store(w);
    for (uint32_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        guest_asks(w, i + 1, sizes[i]);
        assert_int_equal(store_gets(w, sizes[i]), i + 1);
        w->notified = 0;
        store_says(w, XS_READ, i + 1, sizes[i]);
        assert_true(w->notified > 0);
        assert_int_equal(guest_gets(w, sizes[i]), i + 1);
    }
}

static void one_request_at_a_time(void **state)
{
    struct world *w = *state;

    connect_store(w);
    guest_asks(w, 1, 10);
    guest_asks(w, 2, 10);
    assert_int_equal(store_gets(w, 10), 1);
    assert_int_equal(store_gets(w, 10), 0);
    store_says(w, XS_WATCH_EVENT, 9, 5);        /* an event is no answer */
    assert_int_equal(guest_gets(w, 5), 9);
    assert_int_equal(store_gets(w, 10), 0);
    store_says(w, XS_ERROR, 1, 7);
    assert_int_equal(store_gets(w, 10), 2);
    assert_int_equal(guest_gets(w, 7), 1);
}

static void request_waits_for_a_store(void **state)
{
    struct world *w = *state;

    guest_asks(w, 1, 20);
    connect_store(w);
    assert_int_equal(store_gets(w, 20), 1);
}

static void request_is_sent_again(void **state)
{
    struct world *w = *state;
    char part[8] = "";

    connect_store(w);
    guest_asks(w, 1, 20);
    assert_int_equal(store_gets(w, 20), 1);
    assert_int_equal(send(w->store, part, sizeof(part), 0), sizeof(part));  /* half a header */
    settle(w);
    close(w->store);
    settle(w);
    connect_store(w);
    assert_int_equal(store_gets(w, 20), 1);
    store_says(w, XS_READ, 1, 3);
    assert_int_equal(guest_gets(w, 3), 1);
    close(w->store);
    settle(w);
    connect_store(w);
    assert_int_equal(store_gets(w, 20), 0);     /* it had its answer */
}

static void guest_that_reads_nothing(void **state)
{
    struct world *w = *state;
    char text[XS_MESSAGE_MAX];
    size_t all = make(text, XS_WATCH_EVENT, 0, 1000), sent = 0;

    connect_store(w);
    for (int i = 0; i < 10000; i++) {
        ssize_t n = send(w->store, text, all, MSG_DONTWAIT);

        settle(w);
        if (n != (ssize_t)all) break;
        sent++;
    }
    assert_true(sent < 10000);                  /* the line is full, and nobody has grown */
    assert_int_equal(w->page->rsp_prod - w->page->rsp_cons, XS_RING_BYTES);
}

static void hostile_rings(void **state)
{
    static const struct { uint32_t req_cons, req_prod, rsp_cons, rsp_prod, len; } cases[] = {
        { 0, XS_RING_BYTES + 1, 0, 0, 0 },
        { 5, 4, 0, 0, 0 },
        { 0, 0xffffffff, 0, 0, 0 },
        { 0, 0, 7, 6, 0 },
        { 0, 16, 0, 0, XS_PAYLOAD_MAX + 1 },
        { 0, 16, 0, 0, 0xffffffff },
        { 0xfffffff8, 8, 0, 0, 0xfffffff0 },
    };
    struct world *w = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct xs_hdr h = { XS_READ, 1, 0, cases[i].len };
        char text[64];
        ssize_t n;

        dv_xsring_free(w->ring);
        assert_int_equal(dv_xsring_new(w->loop, w->page, notify, w, &w->ring, NULL), UT_OK);
        memset(w->page, 0, sizeof(*w->page));
        connect_store(w);
        for (size_t k = 0; k < sizeof(h); k++)
            w->page->req[(cases[i].req_cons + k) % XS_RING_BYTES] = ((const char *)&h)[k];
        w->page->req_cons = cases[i].req_cons;
        w->page->req_prod = cases[i].req_prod;
        w->page->rsp_cons = cases[i].rsp_cons;
        w->page->rsp_prod = cases[i].rsp_prod;
        assert_int_equal(send(w->store, &(struct xs_hdr){ XS_READ, 1, 0, 0 }, 16, 0), 16);
        settle(w);
        n = recv(w->store, text, sizeof(text), MSG_DONTWAIT);
        assert_true(n <= 0);                    /* nothing was passed on */
        close(w->store);
        w->store = -1;
    }
}

static void hostile_store(void **state)
{
    struct world *w = *state;
    struct xs_hdr h = { XS_READ, 1, 0, XS_PAYLOAD_MAX + 1 };
    char c;

    connect_store(w);
    assert_int_equal(send(w->store, &h, sizeof(h), 0), sizeof(h));
    settle(w);
    assert_int_equal(recv(w->store, &c, 1, MSG_DONTWAIT), 0);       /* hung up */
    assert_int_equal(w->page->rsp_prod, 0);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(carries_both_ways), T(one_request_at_a_time), T(request_waits_for_a_store),
        T(request_is_sent_again), T(guest_that_reads_nothing), T(hostile_rings), T(hostile_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

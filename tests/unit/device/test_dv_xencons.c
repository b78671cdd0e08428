/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dv_xencons.h"

/* The guest's side of the ring, from the guest ABI, not from the implementation. */
#define IN_CONS  0xc00
#define IN_PROD  0xc04
#define OUT_CONS 0xc08
#define OUT_PROD 0xc0c
#define OUT_DATA 0x400

static uint8_t page[16384] __attribute__((aligned(16384)));
static unsigned nr_notified;

static uint32_t get32(unsigned off)
{
    uint32_t v;

    memcpy(&v, page + off, 4);
    return v;
}

static void put32(unsigned off, uint32_t v)
{
    memcpy(page + off, &v, 4);
}

static void notified(void *ctx)
{
    (void)ctx;
    nr_notified++;
}

struct fixture {
    struct dv_loop *loop;
    struct dv_console *con;
    struct dv_xencons *xc;
    int stdio;
};

static void open_all(struct fixture *f)
{
    struct dv_console_config cfg = { .listen_fd = -1, .log_fd = -1, .pty_fd = -1 };
    int pair[2];

    memset(page, 0, sizeof(page));
    nr_notified = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    cfg.stdio_fd = pair[0];
    f->stdio = pair[1];
    assert_int_equal(dv_loop_new(&f->loop, NULL), UT_OK);
    assert_int_equal(dv_console_new(f->loop, &cfg, &f->con, NULL), UT_OK);
    assert_int_equal(dv_xencons_new(f->con, page, notified, NULL, &f->xc, NULL), UT_OK);
}

static void close_all(struct fixture *f)
{
    dv_xencons_free(f->xc);
    dv_console_free(f->con);
    dv_loop_free(f->loop);
    close(f->stdio);
}

static void settle(struct fixture *f)
{
    for (int i = 0; i < 8; i++) dv_loop_step(f->loop, 2, NULL);
}

static size_t drain(struct fixture *f, char *text, size_t size)
{
    ssize_t n = read(f->stdio, text, size);

    return n > 0 ? (size_t)n : 0;
}

static void test_output(void **state)
{
    struct fixture f;
    char got[4096];

    (void)state;
    open_all(&f);
    /* indices near the top of 32 bits, data over the end of the ring */
    put32(OUT_CONS, 0xfffffff8u);
    put32(OUT_PROD, 4);
    for (unsigned i = 0; i < 12; i++)
        page[OUT_DATA + (0xfffffff8u + i) % 2048] = (uint8_t)('a' + i);
    dv_xencons_sync(f.xc);
    settle(&f);
    assert_int_equal(drain(&f, got, sizeof(got)), 12);
    assert_memory_equal(got, "abcdefghijkl", 12);
    assert_int_equal(get32(OUT_CONS), 4);
    assert_int_equal(nr_notified, 1);
    dv_xencons_sync(f.xc);                  /* nothing new: nobody is disturbed */
    assert_int_equal(nr_notified, 1);
    close_all(&f);
}

static void test_input(void **state)
{
    struct fixture f;
    char big[3000];

    (void)state;
    open_all(&f);
    memset(big, 'k', sizeof(big));
    assert_int_equal(write(f.stdio, big, sizeof(big)), sizeof(big));
    settle(&f);
    dv_xencons_sync(f.xc);
    assert_int_equal(get32(IN_PROD), 1024);     /* full, not overrun */
    assert_int_equal(page[0], 'k');
    put32(IN_CONS, 1000);
    dv_xencons_sync(f.xc);
    assert_int_equal(get32(IN_PROD), 2024);
    assert_int_equal(nr_notified, 2);
    close_all(&f);
}

static void test_hostile_indices(void **state)
{
    struct fixture f;
    char got[4096];
    unsigned seed = 7;

    (void)state;
    open_all(&f);
    put32(OUT_PROD, 2049);                      /* more than the ring holds */
    dv_xencons_sync(f.xc);
    settle(&f);
    assert_int_equal(drain(&f, got, sizeof(got)), 0);
    assert_int_equal(get32(OUT_CONS), 2049);    /* taken as empty, usable again */
    put32(IN_CONS, 5);                          /* in_prod - in_cons is enormous */
    assert_int_equal(write(f.stdio, "x", 1), 1);
    settle(&f);
    dv_xencons_sync(f.xc);
    assert_int_equal(get32(IN_PROD), 0);
    for (int i = 0; i < 2000; i++) {
        for (unsigned off = IN_CONS; off <= OUT_PROD; off += 4) put32(off, (uint32_t)rand_r(&seed));
        dv_xencons_sync(f.xc);
    }
    for (size_t i = 0xc10; i < sizeof(page); i++) assert_int_equal(page[i], 0);
    close_all(&f);
}

static void test_held_input_stays_in_the_queue(void **state)
{
    struct fixture f;
    char c = 0;

    (void)state;
    open_all(&f);
    dv_xencons_hold_input(f.xc, true);
    assert_int_equal(write(f.stdio, "q", 1), 1);
    settle(&f);
    dv_xencons_sync(f.xc);
    assert_int_equal(get32(IN_PROD), 0);
    assert_int_equal(dv_console_get(f.con, &c, 1), 1);
    assert_int_equal(c, 'q');
    close_all(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_input),
        cmocka_unit_test(test_hostile_indices),
        cmocka_unit_test(test_held_input_stays_in_the_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

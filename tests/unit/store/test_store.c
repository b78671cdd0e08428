/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store from its messages: a server in this process, spoken to through its dispatcher; answers
 * are read from the connections' buffers, so nothing here waits for anything.
 */
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

#include "xs_server.h"

#define S(text) (text), sizeof(text) - 1

struct world {
    struct xs_server *s;
    struct xs_conn *tool, *guest;       /* domain 0, domain 7 */
    int far[2];                         /* the other ends */
    char text[XS_PAYLOAD_MAX + 1];      /* of the last answer */
    uint32_t len;
};

static struct xs_conn *connect_one(struct world *w, int *far)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    *far = pair[1];
    return xs_conn_new(w->s, pair[0]);
}

static int set_up(void **state)
{
    struct xs_config cfg = { .first_fd = -1 };
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    assert_int_equal(xs_server_new(&cfg, &w->s, NULL), UT_OK);
    w->tool = connect_one(w, &w->far[0]);
    w->guest = connect_one(w, &w->far[1]);
    w->guest->guest = true;
    w->guest->who = (struct xs_who){ 7, XS_NO_DOMID, false };
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    xs_server_free(w->s);
    close(w->far[0]);
    close(w->far[1]);
    free(w);
    return 0;
}

/* Take the next message out of a connection's buffer; its type, or -1. */
static int take(struct world *w, struct xs_conn *c)
{
    struct xs_hdr h;

    if (c->out.len < sizeof(h)) return -1;
    memcpy(&h, c->out.data, sizeof(h));
    memcpy(w->text, c->out.data + sizeof(h), h.len);
    w->text[h.len] = '\0';
    w->len = h.len;
    ut_buf_consume(&c->out, sizeof(h) + h.len);
    return (int)h.type;
}

/* Send and return the answer's type; events before it are dropped. */
static int call_tx(struct world *w, struct xs_conn *c, uint32_t type, uint32_t tx, const char *data,
                   size_t len)
{
    struct xs_hdr h = { type, 42, tx, (uint32_t)len };
    char text[XS_PAYLOAD_MAX + 1];
    int got;

    memcpy(text, data, len);
    text[len] = '\0';
    xs_dispatch(c, &h, text);
    do got = take(w, c);
    while (got == XS_WATCH_EVENT);
    return got;
}

static int call(struct world *w, struct xs_conn *c, uint32_t type, const char *data, size_t len)
{
    return call_tx(w, c, type, 0, data, len);
}

static void expect_refusal(struct world *w, struct xs_conn *c, uint32_t type, const char *data,
                         size_t len, const char *name)
{
    assert_int_equal(call(w, c, type, data, len), XS_ERROR);
    assert_string_equal(w->text, name);
}

static void expect_ok(struct world *w, struct xs_conn *c, uint32_t type, const char *data,
                      size_t len)
{
    int got = call(w, c, type, data, len);

    if (got != (int)type) print_error("%u: %s\n", type, w->text);
    assert_int_equal(got, (int)type);
}

static void expect_read(struct world *w, struct xs_conn *c, const char *path, const char *value)
{
    expect_ok(w, c, XS_READ, path, strlen(path) + 1);
    assert_string_equal(w->text, value);
    assert_int_equal(w->len, strlen(value));
}

/* A home that domain 7 may read and partly write, as xend makes it. */
static void make_home(struct world *w)
{
    expect_ok(w, w->tool, XS_WRITE, S("/local/domain/7\0"));
    expect_ok(w, w->tool, XS_SET_PERMS, S("/local/domain/7\0n0\0r7\0"));
    expect_ok(w, w->tool, XS_WRITE, S("/local/domain/7/name\0seven"));
    expect_ok(w, w->tool, XS_MKDIR, S("/local/domain/7/data\0"));
    expect_ok(w, w->tool, XS_SET_PERMS, S("/local/domain/7/data\0n7\0"));
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void writes_make_parents(void **state)
{
    struct world *w = *state;

    expect_ok(w, w->tool, XS_WRITE, S("/a/b/c\0value"));
    assert_string_equal(w->text, "OK");
    assert_int_equal(w->len, 3);
    expect_read(w, w->tool, "/a/b/c", "value");
    expect_read(w, w->tool, "/a/b", "");
    expect_ok(w, w->tool, XS_WRITE, S("/a/b/a\0"));
    expect_ok(w, w->tool, XS_DIRECTORY, S("/a/b\0"));
    assert_int_equal(w->len, 4);
    assert_memory_equal(w->text, "a\0c\0", 4);
    expect_ok(w, w->tool, XS_DIRECTORY, S("/a/b/c\0"));
    assert_int_equal(w->len, 0);
}

static void removal_rules(void **state)
{
    struct world *w = *state;

    expect_ok(w, w->tool, XS_WRITE, S("/a/b/c\0value"));
    expect_ok(w, w->tool, XS_RM, S("/a/missing\0"));
    expect_refusal(w, w->tool, XS_RM, S("/x/y/z\0"), "ENOENT");
    expect_refusal(w, w->tool, XS_RM, S("/\0"), "EINVAL");
    expect_ok(w, w->tool, XS_RM, S("/a\0"));
    expect_refusal(w, w->tool, XS_READ, S("/a/b/c\0"), "ENOENT");
    expect_ok(w, w->tool, XS_MKDIR, S("/m\0"));
    expect_ok(w, w->tool, XS_MKDIR, S("/m\0"));
}

static void bad_requests(void **state)
{
    static const struct {
        uint32_t type;
        const char *data;
        size_t len;
        const char *error;
    } cases[] = {
        { XS_READ,  S(""),                      "EINVAL" },     /* nothing at all */
        { XS_READ,  S("/a"),                    "EINVAL" },     /* no NUL */
        { XS_READ,  S("//a\0"),                 "EINVAL" },
        { XS_READ,  S("/a/\0"),                 "EINVAL" },
        { XS_READ,  S("/a b\0"),                "EINVAL" },
        { XS_READ,  S("\0"),                    "EINVAL" },     /* empty relative path */
        { XS_WRITE, S("/novalue"),              "EINVAL" },
        { XS_WATCH, S("/a\0"),                  "EINVAL" },     /* no token */
        { XS_SET_PERMS, S("/local\0"),          "EINVAL" },     /* no permission */
        { XS_SET_PERMS, S("/local\0x0\0"),      "EINVAL" },
        { XS_SET_PERMS, S("/local\0r99999\0"),  "EINVAL" },
        { XS_TRANSACTION_END, S("X\0"),         "EINVAL" },
        { XS_TRANSACTION_END, S("T\0"),         "ENOENT" },     /* in none */
        { XS_INTRODUCE, S("9\0" "1\0" "1\0"),   "EINVAL" },     /* no line with it */
        { XS_RELEASE, S("9\0"),                 "ENOENT" },
        { XS_WATCH_EVENT, S("/a\0"),            "ENOSYS" },
        { 9999, S(""),                          "ENOSYS" },
    };
    struct world *w = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        expect_refusal(w, w->tool, cases[i].type, cases[i].data, cases[i].len, cases[i].error);
}

static void guests_see_their_own(void **state)
{
    struct world *w = *state;

    make_home(w);
    expect_ok(w, w->tool, XS_WRITE, S("/local/domain/8/secret\0x"));
    expect_read(w, w->guest, "name", "seven");
    expect_read(w, w->guest, "/local/domain/7/name", "seven");
    expect_refusal(w, w->guest, XS_WRITE, S("name\0eight"), "EACCES");
    expect_refusal(w, w->guest, XS_RM, S("name\0"), "EACCES");
    expect_refusal(w, w->guest, XS_READ, S("/local/domain/8/secret\0"), "EACCES");
    expect_refusal(w, w->guest, XS_READ, S("/local/domain/8/nothing\0"), "EACCES");
    expect_refusal(w, w->guest, XS_DIRECTORY, S("/\0"), "EACCES");
    expect_refusal(w, w->guest, XS_READ, S("missing\0"), "ENOENT");
    expect_ok(w, w->guest, XS_WRITE, S("data/x/y\0mine"));
    expect_ok(w, w->guest, XS_GET_PERMS, S("data/x/y\0"));
    assert_string_equal(w->text, "n7");
    expect_refusal(w, w->guest, XS_SET_PERMS, S("data/x\0n8\0"), "EINVAL");
    expect_ok(w, w->guest, XS_SET_PERMS, S("data/x\0n7\0r0\0"));
    expect_refusal(w, w->guest, XS_SET_PERMS, S("name\0n7\0"), "EACCES");
    expect_refusal(w, w->guest, XS_INTRODUCE, S("8\0" "1\0" "1\0"), "EACCES");
    expect_refusal(w, w->guest, XS_WATCH, S("@releaseDomain\0t\0"), "EACCES");
}

static void quotas_bind_guests(void **state)
{
    static char big[XS_QUOTA_NODE_BYTES + 8];
    struct world *w = *state;
    char text[64];
    int n, got = 0, nr;

    make_home(w);
    memcpy(big, "data/b", 7);
    memset(big + 7, 'x', sizeof(big) - 7);
    expect_refusal(w, w->guest, XS_WRITE, big, sizeof(big), "ENOSPC");
    for (nr = 0; nr < 2000; nr++) {
        n = snprintf(text, sizeof(text), "data/%d/n%d", nr / 100, nr);
        got = call(w, w->guest, XS_WRITE, text, (size_t)n + 1);
        if (got == XS_ERROR) break;
    }
    assert_int_equal(got, XS_ERROR);
    assert_string_equal(w->text, "ENOSPC");
    assert_int_equal(w->s->owned[7], XS_QUOTA_NODES);
    expect_ok(w, w->tool, XS_RM, S("/local/domain/7/data/0\0"));
    assert_int_equal(w->s->owned[7], XS_QUOTA_NODES - 101);
    for (nr = 0; nr < 200; nr++) {
        n = snprintf(text, sizeof(text), "data%ctoken%d", 0, nr);
        got = call(w, w->guest, XS_WATCH, text, (size_t)n + 1);
        if (got == XS_ERROR) break;
    }
    assert_int_equal(nr, XS_QUOTA_WATCHES);
    for (nr = 0; nr < 20 && call(w, w->guest, XS_TRANSACTION_START, S("\0")) != XS_ERROR; nr++) {}
    assert_int_equal(nr, XS_QUOTA_TRANSACTIONS);
}

static void watches_fire(void **state)
{
    struct world *w = *state;

    make_home(w);
    expect_ok(w, w->guest, XS_WATCH, S("data\0tok\0"));
    w->guest->out.len = 0;
    expect_refusal(w, w->guest, XS_WATCH, S("data\0tok\0"), "EEXIST");
    expect_ok(w, w->tool, XS_WRITE, S("/local/domain/7/data/x\0" "1"));
    assert_int_equal(take(w, w->guest), XS_WATCH_EVENT);
    assert_int_equal(w->len, sizeof("data/x\0tok"));
    assert_memory_equal(w->text, "data/x\0tok", w->len);
    assert_int_equal(take(w, w->guest), -1);
    expect_ok(w, w->tool, XS_RM, S("/local/domain/7\0"));
    assert_int_equal(take(w, w->guest), XS_WATCH_EVENT);
    assert_string_equal(w->text, "data");
    expect_ok(w, w->guest, XS_UNWATCH, S("data\0tok\0"));
    expect_refusal(w, w->guest, XS_UNWATCH, S("data\0tok\0"), "ENOENT");
}

static void first_event_follows_the_answer(void **state)
{
    struct xs_hdr h = { XS_WATCH, 1, 0, 10 };
    struct world *w = *state;

    xs_dispatch(w->tool, &h, "/not/here\0t");
    h.len = 12;
    w->tool->out.len = 0;
    xs_dispatch(w->tool, &h, "/not/here\0t");
    assert_int_equal(take(w, w->tool), XS_WATCH);
    assert_int_equal(take(w, w->tool), XS_WATCH_EVENT);
    assert_string_equal(w->text, "/not/here");
    expect_ok(w, w->tool, XS_WATCH, S("/\0root\0"));
    w->tool->out.len = 0;
    expect_ok(w, w->guest, XS_TRANSACTION_START, S("\0"));
    xs_watch_fire(w->s, "/some/where");
    assert_int_equal(take(w, w->tool), XS_WATCH_EVENT);
    assert_string_equal(w->text, "/some/where");
}

static void events_hide_what_cannot_be_read(void **state)
{
    struct world *w = *state;

    make_home(w);
    expect_ok(w, w->guest, XS_WATCH, S("/local/domain\0spy\0"));
    w->guest->out.len = 0;
    expect_ok(w, w->tool, XS_WRITE, S("/local/domain/8/secret\0x"));
    expect_ok(w, w->tool, XS_RM, S("/local/domain/8\0"));
    assert_int_equal(take(w, w->guest), -1);
    expect_ok(w, w->tool, XS_WRITE, S("/local/domain/7/name\0x"));
    assert_int_equal(take(w, w->guest), XS_WATCH_EVENT);
}

static uint32_t start(struct world *w, struct xs_conn *c)
{
    expect_ok(w, c, XS_TRANSACTION_START, S("\0"));
    return (uint32_t)strtoul(w->text, NULL, 10);
}

static void transactions_are_private_until_commit(void **state)
{
    struct world *w = *state;
    uint32_t tx = start(w, w->tool);

    assert_int_equal(call_tx(w, w->tool, XS_WRITE, tx, S("/t/x\0new")), XS_WRITE);
    assert_int_equal(call_tx(w, w->tool, XS_READ, tx, S("/t/x\0")), XS_READ);
    assert_string_equal(w->text, "new");
    expect_refusal(w, w->tool, XS_READ, S("/t/x\0"), "ENOENT");
    assert_int_equal(call_tx(w, w->guest, XS_READ, tx, S("data\0")), XS_ERROR);
    assert_string_equal(w->text, "ENOENT");         /* another's transaction */
    assert_int_equal(call_tx(w, w->tool, XS_TRANSACTION_END, tx, S("T\0")), XS_TRANSACTION_END);
    expect_read(w, w->tool, "/t/x", "new");
    tx = start(w, w->tool);
    assert_int_equal(call_tx(w, w->tool, XS_RM, tx, S("/t\0")), XS_RM);
    assert_int_equal(call_tx(w, w->tool, XS_TRANSACTION_END, tx, S("F\0")), XS_TRANSACTION_END);
    expect_read(w, w->tool, "/t/x", "new");
    assert_int_equal(w->s->owned[7], 0);
}

static void conflicts_ask_again(void **state)
{
    static const struct { uint32_t type; const char *data; size_t len; bool conflict; } cases[] = {
        { XS_WRITE, S("/t/x\0other"),    true },    /* what it read */
        { XS_RM,    S("/t\0"),           true },
        { XS_WRITE, S("/t/y\0other"),    true },    /* what it wrote */
        { XS_WRITE, S("/elsewhere\0z"),  false },
    };
    struct world *w = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint32_t tx;
        int got;

        expect_ok(w, w->tool, XS_WRITE, S("/t/x\0" "1"));
        tx = start(w, w->tool);
        assert_int_equal(call_tx(w, w->tool, XS_READ, tx, S("/t/x\0")), XS_READ);
        assert_int_equal(call_tx(w, w->tool, XS_WRITE, tx, S("/t/y\0" "2")), XS_WRITE);
        expect_ok(w, w->tool, cases[i].type, cases[i].data, cases[i].len);
        got = call_tx(w, w->tool, XS_TRANSACTION_END, tx, S("T\0"));
        assert_int_equal(got == XS_ERROR, cases[i].conflict);
        if (cases[i].conflict) assert_string_equal(w->text, "EAGAIN");
        expect_ok(w, w->tool, XS_RM, S("/t\0"));
    }
}

static void restriction_is_for_good(void **state)
{
    struct world *w = *state;

    make_home(w);
    expect_ok(w, w->tool, XS_RESTRICT, S("7\0"));
    expect_read(w, w->tool, "name", "seven");
    expect_refusal(w, w->tool, XS_WRITE, S("name\0x"), "EACCES");
    expect_refusal(w, w->tool, XS_RESTRICT, S("0\0"), "EACCES");
}

static void read_only_connections(void **state)
{
    struct world *w = *state;

    w->tool->readonly = true;
    expect_refusal(w, w->tool, XS_WRITE, S("/a\0x"), "EROFS");
    expect_ok(w, w->tool, XS_READ, S("/local/domain/0/name\0"));
}

static void long_listings_come_in_parts(void **state)
{
    struct world *w = *state;
    char text[64];
    unsigned long offset = 0, nr = 0;
    bool last = false;
    int n;

    for (int i = 0; i < 700; i++) {
        n = snprintf(text, sizeof(text), "/list/entry-%d", i);
        expect_ok(w, w->tool, XS_MKDIR, text, (size_t)n + 1);
    }
    expect_refusal(w, w->tool, XS_DIRECTORY, S("/list\0"), "E2BIG");
    while (!last) {
        n = snprintf(text, sizeof(text), "/list%c%lu", 0, offset);
        expect_ok(w, w->tool, XS_DIRECTORY_PART, text, (size_t)n + 1);
        for (uint32_t i = (uint32_t)strlen(w->text) + 1; i < w->len; i++) {
            size_t len = strlen(w->text + i);

            last = len == 0;
            if (!last) nr++, offset += len + 1;
            i += (uint32_t)len;
        }
    }
    assert_int_equal(nr, 700);
}

static void deaf_guests_lose_events_only(void **state)
{
    struct world *w = *state;

    make_home(w);
    expect_ok(w, w->guest, XS_WATCH, S("data\0tok\0"));
    for (int i = 0; i < 100000; i++) xs_watch_fire(w->s, "/local/domain/7/data");
    assert_true(w->guest->out.len <= XS_OUT_MAX_GUEST);
    assert_false(w->guest->doomed);
    expect_read(w, w->tool, "/local/domain/7/name", "seven");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(writes_make_parents), T(removal_rules), T(bad_requests), T(guests_see_their_own),
        T(quotas_bind_guests), T(watches_fire), T(first_event_follows_the_answer),
        T(events_hide_what_cannot_be_read), T(transactions_are_private_until_commit),
        T(conflicts_ask_again), T(restriction_is_for_good), T(read_only_connections),
        T(long_listings_come_in_parts), T(deaf_guests_lose_events_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

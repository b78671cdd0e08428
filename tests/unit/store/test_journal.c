/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A store that is started again knows what the one before knew, however that one ended. */
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

#include "ut_io.h"
#include "xs_server.h"

#define S(text) (text), sizeof(text) - 1

struct world {
    char dir[64];
    struct xs_server *s;
};

static struct xs_server *open_store(const char *dir)
{
    struct xs_config cfg = { .dir = dir, .first_fd = -1 };
    struct xs_server *s = NULL;
    struct ut_err err = UT_ERR_INIT;

    if (xs_server_new(&cfg, &s, &err) < 0) print_error("%s\n", err.text);
    assert_non_null(s);
    return s;
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    strcpy(w->dir, "/tmp/test-journal-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    w->s = open_store(w->dir);
    *state = w;
    return 0;
}

static void remove_all(const char *dir)
{
    static const char *const names[] = { "journal", "socket", "socket_ro" };
    char path[128];

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(dir);
}

static int tear_down(void **state)
{
    struct world *w = *state;

    xs_server_free(w->s);
    remove_all(w->dir);
    free(w);
    return 0;
}

static void say(struct xs_conn *c, uint32_t type, const char *data, size_t len)
{
    struct xs_hdr h = { type, 1, 0, (uint32_t)len }, answer;
    char text[XS_PAYLOAD_MAX + 1];

    memcpy(text, data, len);
    text[len] = '\0';
    c->out.len = 0;
    xs_dispatch(c, &h, text);
    memcpy(&answer, c->out.data, sizeof(answer));
    assert_int_equal(answer.type, type);
}

/* Some of everything: nodes, a removal, permissions, a guest with a watch. */
static void live(struct xs_server *s)
{
    struct xs_conn *tool = xs_conn_new(s, -1), *guest = xs_conn_new(s, -1);
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(xs_conn_reopen(tool, pair[0]), 0);
    guest->guest = true;
    guest->who = (struct xs_who){ 3, XS_NO_DOMID, false };
    xs_journal_domain(s, guest, true);
    say(tool, XS_WRITE, S("/a/b\0one"));
    say(tool, XS_WRITE, S("/a/b\0two"));
    say(tool, XS_WRITE, S("/a/gone/x\0x"));
    say(tool, XS_RM, S("/a/gone\0"));
    say(tool, XS_SET_PERMS, S("/a/b\0n3\0r4\0"));
    assert_int_equal(xs_watch_add(guest, "/a/b", "token", false), 0);
    assert_int_equal(xs_watch_add(guest, "/a/c", "token", false), 0);
    assert_int_equal(xs_watch_del(guest, "/a/c", "token"), 0);
    xs_journal_flush(s);
    close(pair[1]);
}

static void check(struct xs_server *s)
{
    const struct xs_node *n = xs_tree_find(&s->view.tree, "/a/b");
    struct xs_conn *guest = xs_conn_guest(s, 3);

    assert_non_null(n);
    assert_string_equal(n->value, "two");
    assert_int_equal(n->nr_perms, 2);
    assert_int_equal(n->perms[0].domid, 3);
    assert_null(xs_tree_find(&s->view.tree, "/a/gone"));
    assert_int_equal(s->owned[3], 1);
    assert_non_null(guest);
    assert_int_equal(guest->fd, -1);
    assert_int_equal(guest->nr_watches, 1);
    assert_true(xs_watch_covers(guest, "/a/b/c"));
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void after_an_end(void **state)
{
    struct world *w = *state;

    live(w->s);
    xs_server_free(w->s);
    w->s = open_store(w->dir);
    check(w->s);
    xs_server_free(w->s);               /* and again, from what was written anew */
    w->s = open_store(w->dir);
    check(w->s);
}

/* The file as a kill at any moment leaves it: every prefix is readable. */
static void after_any_cut(void **state)
{
    struct world *w = *state;
    struct ut_buf file = UT_BUF_INIT;
    char path[128];

    live(w->s);
    snprintf(path, sizeof(path), "%s/journal", w->dir);
    assert_int_equal(ut_io_read_file(path, 1 << 20, &file, NULL), UT_OK);
    for (size_t len = 0; len <= file.len; len++) {
        struct xs_config cfg = { .first_fd = -1 };
        struct xs_server *s = NULL;
        char *exact = malloc(len ? len : 1);    /* so that a sanitizer sees reads beyond */

        assert_non_null(exact);
        memcpy(exact, file.data, len);
        assert_int_equal(xs_server_new(&cfg, &s, NULL), UT_OK);
        assert_true(xs_journal_load(s, exact, len) <= len);
        if (len == file.len) check(s);
        xs_server_free(s);
        free(exact);
    }
    ut_buf_fini(&file);
}

static void old_transactions_are_to_be_repeated(void **state)
{
    struct world *w = *state;
    struct xs_hdr h = { XS_TRANSACTION_END, 1, 0, 2 }, answer;
    struct xs_conn *c = xs_conn_new(w->s, -1);
    uint32_t id;
    int pair[2];

    assert_int_equal(xs_txn_start(c, &id), 0);
    xs_server_free(w->s);
    w->s = open_store(w->dir);
    c = xs_conn_new(w->s, -1);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(xs_conn_reopen(c, pair[0]), 0);
    h.tx_id = id;
    xs_dispatch(c, &h, "T\0");
    memcpy(&answer, c->out.data, sizeof(answer));
    assert_int_equal(answer.type, XS_ERROR);
    assert_string_equal(c->out.data + sizeof(answer), "EAGAIN");
    close(pair[1]);
}

static void file_does_not_grow_for_ever(void **state)
{
    struct world *w = *state;
    static const struct xs_who root = { 0, XS_NO_DOMID, true };
    char value[1024];

    memset(value, 'x', sizeof(value));
    for (int i = 0; i < 5000; i++) {
        assert_int_equal(xs_op_write(&w->s->view, &root, "/same", value, sizeof(value)), 0);
        xs_journal_flush(w->s);
    }
    assert_true(w->s->journal_bytes < 3u << 20);
    xs_server_free(w->s);
    w->s = open_store(w->dir);
    assert_int_equal(xs_tree_find(&w->s->view.tree, "/same")->value_len, sizeof(value));
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(after_an_end), T(after_any_cut), T(old_transactions_are_to_be_repeated),
        T(file_does_not_grow_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

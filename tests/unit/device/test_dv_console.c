/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "dv_console.h"
#include "ut_io.h"

struct fixture {
    struct dv_loop *loop;
    struct dv_console *con;
    char dir[64], sock_path[128];
    int log_fd;                     /* our view of the log */
    int stdio;                      /* our end */
    unsigned nr_input, nr_drained, nr_gone;
};

static void count_input(void *ctx) { ((struct fixture *)ctx)->nr_input++; }
static void count_drained(void *ctx) { ((struct fixture *)ctx)->nr_drained++; }
static void count_gone(void *ctx) { ((struct fixture *)ctx)->nr_gone++; }

static void open_console(struct fixture *f, bool with_log, bool with_stdio)
{
    struct dv_console_config cfg = { .log_fd = -1, .pty_fd = -1, .stdio_fd = -1,
                                     .owner_uid = getuid(), .ctx = f, .input_ready = count_input,
                                     .drained = count_drained, .stdio_gone = count_gone };
    struct ut_err err = UT_ERR_INIT;
    int pair[2];

    memset(f, 0, sizeof(*f));
    f->log_fd = f->stdio = -1;
    snprintf(f->dir, sizeof(f->dir), "/tmp/dvcon-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->sock_path, sizeof(f->sock_path), "%s/s", f->dir);
    assert_int_equal(ut_io_unix_listen(f->sock_path, 0600, &cfg.listen_fd, &err), UT_OK);
    if (with_log) {
        cfg.log_fd = memfd_create("log", MFD_CLOEXEC);
        f->log_fd = dup(cfg.log_fd);
        (void)fcntl(cfg.log_fd, F_SETFL, O_APPEND);
    }
    if (with_stdio) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        cfg.stdio_fd = pair[0];
        f->stdio = pair[1];
    }
    assert_int_equal(dv_loop_new(&f->loop, &err), UT_OK);
    assert_int_equal(dv_console_new(f->loop, &cfg, &f->con, &err), UT_OK);
}

static void close_console(struct fixture *f)
{
    dv_console_free(f->con);
    dv_loop_free(f->loop);
    if (f->log_fd >= 0) close(f->log_fd);
    if (f->stdio >= 0) close(f->stdio);
    unlink(f->sock_path);
    rmdir(f->dir);
}

/* Run the loop until nothing has happened for a while. */
static void settle(struct fixture *f)
{
    for (int i = 0; i < 12; i++) assert_int_equal(dv_loop_step(f->loop, 2, NULL), UT_OK);
}

static int view(struct fixture *f)
{
    struct ut_err err = UT_ERR_INIT;
    int fd;

    assert_int_equal(ut_io_unix_connect(f->sock_path, &fd, &err), UT_OK);
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    settle(f);
    return fd;
}

static size_t read_all(int fd, char *text, size_t size)
{
    size_t len = 0;
    ssize_t n;

    while (len < size && (n = read(fd, text + len, size - len)) > 0) len += (size_t)n;
    return len;
}

static void expect_text(int fd, const char *want)
{
    char got[4096];
    size_t len = read_all(fd, got, sizeof(got) - 1);

    got[len] = '\0';
    assert_string_equal(got, want);
}

static size_t log_size(const struct fixture *f)
{
    return (size_t)lseek(f->log_fd, 0, SEEK_END);
}

static void test_everyone_sees_output(void **state)
{
    struct fixture f;
    char got[64] = "";
    int a, b;

    (void)state;
    open_console(&f, true, true);
    a = view(&f);
    b = view(&f);
    assert_int_equal(dv_console_put(f.con, "hello\n", 6), 6);
    settle(&f);
    expect_text(a, "hello\n");
    expect_text(b, "hello\n");
    expect_text(f.stdio, "hello\n");
    assert_int_equal(pread(f.log_fd, got, sizeof(got), 0), 6);
    assert_string_equal(got, "hello\n");
    close(a);
    close(b);
    close_console(&f);
}

static void test_replay(void **state)
{
    struct fixture f;
    char *got = malloc(2 * DV_CONSOLE_RING_BYTES), line[24];
    size_t len;
    int a;

    (void)state;
    assert_non_null(got);
    open_console(&f, false, false);
    for (int i = 0; i < 10000; i++) {       /* 100,000 bytes: more than the ring */
        snprintf(line, sizeof(line), "line %04d\n", i);
        assert_int_equal(dv_console_put(f.con, line, 10), 10);
    }
    a = view(&f);
    len = 0;
    for (int i = 0; i < 20; i++) {
        len += read_all(a, got + len, 2 * DV_CONSOLE_RING_BYTES - len);
        settle(&f);
    }
    assert_int_equal(len, DV_CONSOLE_RING_BYTES);
    assert_memory_equal(got + len - 10, "line 9999\n", 10);
    close(a);
    close_console(&f);
    free(got);
}

static void test_stuck_viewer_harms_nobody(void **state)
{
    struct fixture f;
    char block[1024];
    size_t total = 0;
    int stuck;

    (void)state;
    memset(block, 'x', sizeof(block));
    open_console(&f, true, false);
    stuck = view(&f);                       /* never reads */
    for (int i = 0; i < 2000; i++) {        /* 2 MB: beyond any socket buffer */
        size_t n = dv_console_put(f.con, block, sizeof(block));

        total += n;
        if (n < sizeof(block)) settle(&f);
        else if (i % 16 == 0) dv_loop_step(f.loop, 0, NULL);
    }
    settle(&f);
    assert_int_equal(log_size(&f), total);  /* the log has all that was taken */
    assert_true(total > 1900u * 1024);
    close(stuck);
    settle(&f);
    close_console(&f);
}

static void test_reliable_listener_holds_the_guest(void **state)
{
    struct fixture f;
    char block[4096], *got = malloc(4u << 20);
    size_t put = 0, have = 0, n;

    (void)state;
    assert_non_null(got);
    open_console(&f, false, true);
    for (size_t i = 0; i < sizeof(block); i++) block[i] = (char)('a' + i % 26);
    do {                                    /* nobody reads: it must come to a stop */
        n = dv_console_put(f.con, block, sizeof(block));
        put += n;
        settle(&f);
    } while (n == sizeof(block) && put < (2u << 20));
    assert_true(n < sizeof(block));
    assert_int_equal(f.nr_drained, 0);
    for (int i = 0; i < 20; i++) {
        have += read_all(f.stdio, got + have, (4u << 20) - have);
        settle(&f);
    }
    assert_int_equal(have, put);            /* nothing was lost */
    assert_true(f.nr_drained > 0);          /* and the guest was told to go on */
    for (size_t i = 0; i < have; i += 997) assert_int_equal(got[i], 'a' + (i % 4096) % 26);
    assert_int_equal(dv_console_put(f.con, block, 10), 10);
    close_console(&f);
    free(got);
}

static void *put_much(void *arg)
{
    struct dv_console *con = arg;
    static char block[1u << 20];

    dv_console_put_wait(con, block, sizeof(block));
    return NULL;
}

static void test_interrupt_frees_a_waiting_guest(void **state)
{
    struct fixture f;
    pthread_t t;

    (void)state;
    open_console(&f, false, true);
    assert_int_equal(pthread_create(&t, NULL, put_much, f.con), 0);
    settle(&f);
    dv_console_interrupt(f.con, true);
    assert_int_equal(pthread_join(t, NULL), 0);     /* hangs if it does not work */
    close_console(&f);
}

static void test_input_is_bounded_and_complete(void **state)
{
    struct fixture f;
    char block[1000], got[512];
    size_t sent = 0, have = 0, n;
    ssize_t w;
    int a;

    (void)state;
    open_console(&f, false, false);
    a = view(&f);
    for (size_t i = 0; i < sizeof(block); i++) block[i] = (char)('A' + i % 23);
    for (int i = 0; i < 20; i++) {          /* 20,000 bytes into a queue of 4,096 */
        w = write(a, block, sizeof(block));
        assert_int_equal(w, (ssize_t)sizeof(block));
        sent += (size_t)w;
    }
    settle(&f);
    assert_true(f.nr_input > 0);
    for (int i = 0; i < 200 && have < sent; i++) {
        while ((n = dv_console_get(f.con, got, sizeof(got)))) {
            for (size_t k = 0; k < n; k++)
                assert_int_equal(got[k], 'A' + ((have + k) % 1000) % 23);
            have += n;
        }
        settle(&f);
    }
    assert_int_equal(have, sent);
    close(a);
    close_console(&f);
}

static void test_viewers_come_and_go(void **state)
{
    struct fixture f;
    int fd[DV_CONSOLE_MAX_VIEWERS + 4];
    char c;

    (void)state;
    open_console(&f, false, false);
    for (size_t i = 0; i < ARRAY_SIZE(fd); i++) fd[i] = view(&f);
    /* those beyond the limit are sent away, not left hanging */
    assert_int_equal(read(fd[DV_CONSOLE_MAX_VIEWERS], &c, 1), 0);
    for (size_t i = 0; i < ARRAY_SIZE(fd); i++) close(fd[i]);
    settle(&f);
    fd[0] = view(&f);
    dv_console_put(f.con, "again", 5);
    settle(&f);
    expect_text(fd[0], "again");
    close(fd[0]);
    close_console(&f);
}

static void test_stdio_hangup_is_told(void **state)
{
    struct fixture f;

    (void)state;
    open_console(&f, false, true);
    close(f.stdio);
    f.stdio = -1;
    settle(&f);
    assert_int_equal(f.nr_gone, 1);
    assert_int_equal(dv_console_put(f.con, "x", 1), 1);
    close_console(&f);
}

static void test_pty(void **state)
{
    struct dv_console_config cfg = { .listen_fd = -1, .log_fd = -1, .stdio_fd = -1 };
    struct termios tio;
    struct fixture f = { .log_fd = -1, .stdio = -1 };
    char block[1000], got[4096];
    int slave;

    (void)state;
    if (openpty(&cfg.pty_fd, &slave, NULL, NULL, NULL) < 0) skip();
    assert_int_equal(tcgetattr(slave, &tio), 0);
    cfmakeraw(&tio);
    assert_int_equal(tcsetattr(slave, TCSANOW, &tio), 0);
    (void)fcntl(slave, F_SETFL, O_NONBLOCK);
    assert_int_equal(dv_loop_new(&f.loop, NULL), UT_OK);
    assert_int_equal(dv_console_new(f.loop, &cfg, &f.con, NULL), UT_OK);
    dv_console_put(f.con, "login: ", 7);
    settle(&f);
    expect_text(slave, "login: ");
    assert_int_equal(write(slave, "root\r", 5), 5);
    settle(&f);
    assert_int_equal(dv_console_get(f.con, got, sizeof(got)), 5);
    assert_memory_equal(got, "root\r", 5);
    memset(block, 'y', sizeof(block));      /* nobody reads: nothing blocks, the newest stays */
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(dv_console_put(f.con, block, sizeof(block)), sizeof(block));
        if (i % 50 == 0) dv_loop_step(f.loop, 0, NULL);
    }
    dv_console_put(f.con, "the end", 7);
    for (int i = 0; i < 100 && !memmem(got, sizeof(got), "the end", 7); i++) {
        settle(&f);
        while (read_all(slave, got, sizeof(got)) == sizeof(got)) {}
    }
    assert_non_null(memmem(got, sizeof(got), "the end", 7));
    close_console(&f);
    close(slave);
}

static void test_end_of_input_keeps_viewer(void **state)
{
    struct fixture f;
    int a;

    (void)state;
    open_console(&f, false, false);
    a = view(&f);
    shutdown(a, SHUT_WR);
    settle(&f);
    dv_console_put(f.con, "still here", 10);
    settle(&f);
    expect_text(a, "still here");
    close(a);
    close_console(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everyone_sees_output),
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_stuck_viewer_harms_nobody),
        cmocka_unit_test(test_reliable_listener_holds_the_guest),
        cmocka_unit_test(test_interrupt_frees_a_waiting_guest),
        cmocka_unit_test(test_input_is_bounded_and_complete),
        cmocka_unit_test(test_viewers_come_and_go),
        cmocka_unit_test(test_stdio_hangup_is_told),
        cmocka_unit_test(test_pty),
        cmocka_unit_test(test_end_of_input_keeps_viewer),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

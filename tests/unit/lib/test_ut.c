/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ut_err, ut_buf, ut_log, ut_path, ut_io. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ut_buf.h"
#include "ut_err.h"
#include "ut_io.h"
#include "ut_log.h"
#include "ut_path.h"

static int make_dir(void **state)
{
    char *dir = strdup("/tmp/ut-test-XXXXXX");

    *state = dir ? mkdtemp(dir) : NULL;
    return *state ? 0 : -1;
}

static int remove_dir(void **state)
{
    char cmd[PATH_MAX];

    snprintf(cmd, sizeof(cmd), "rm -rf '%s'", (char *)*state);
    free(*state);
    return system(cmd);
}

static void test_err(void **state)
{
    struct ut_err err = UT_ERR_INIT;

    (void)state;
    assert_int_equal(ut_err_set(&err, UT_EARG, "n is %d", 3), UT_EARG);
    assert_string_equal(err.text, "n is 3");
    ut_err_prefix(&err, "domain %s", "x");
    assert_string_equal(err.text, "domain x: n is 3");
    errno = ENOENT;
    assert_int_equal(ut_err_sys(&err, UT_ESYS, "open %s", "f"), UT_ESYS);
    assert_string_equal(err.text, "open f: No such file or directory");
    assert_int_equal(err.sys_errno, ENOENT);
    assert_int_equal(ut_err_set(NULL, UT_EPERM, "x"), UT_EPERM);
    assert_int_equal(ut_err_prefix(NULL, "x"), UT_EINTERNAL);
    assert_int_equal(ut_err_fault(UT_ENODOM), 3);
    assert_int_equal(ut_err_fault(UT_EARG), 2);
    assert_int_equal(ut_err_fault(UT_EINTERNAL), 1);
    assert_string_equal(ut_err_str(UT_ETIMEOUT), "timed out");
    assert_non_null(ut_err_str(12345));
    for (int i = 0; i < 60; i++) ut_err_prefix(&err, "0123456789");
    assert_true(strlen(err.text) < UT_ERR_TEXT_BYTES);
}

static void test_buf(void **state)
{
    struct ut_buf b = UT_BUF_INIT;
    char *s;

    (void)state;
    assert_string_equal(ut_buf_str(&b), "");
    ut_buf_adds(&b, "abc");
    ut_buf_addf(&b, "%05d", 42);
    ut_buf_addc(&b, '!');
    assert_string_equal(ut_buf_str(&b), "abc00042!");
    ut_buf_consume(&b, 3);
    assert_string_equal(ut_buf_str(&b), "00042!");
    ut_buf_consume(&b, 99);
    assert_int_equal(b.len, 0);
    for (int i = 0; i < 1000; i++) ut_buf_addf(&b, "%d,", i);
    assert_int_equal(strlen(b.data), b.len);
    s = ut_buf_take(&b);
    assert_int_equal(strncmp(s, "0,1,2,", 6), 0);
    free(s);
    s = ut_buf_take(&b);
    assert_string_equal(s, "");
    free(s);
    assert_null(ut_buf_reserve(&b, SIZE_MAX - 8));
    assert_true(b.oom);
    ut_buf_adds(&b, "x");
    assert_null(ut_buf_take(&b));
    ut_buf_fini(&b);
    ut_buf_fini(&b);
}

static void test_log(void **state)
{
    struct ut_log *log, *child;
    struct ut_err err = UT_ERR_INIT;
    struct ut_buf b = UT_BUF_INIT;
    char path[PATH_MAX], old[PATH_MAX];

    snprintf(path, sizeof(path), "%s/x.log", (char *)*state);
    snprintf(old, sizeof(old), "%s/x.log.1", (char *)*state);
    assert_int_equal(ut_log_open(path, "xend", UT_LOG_INFO, 400, &log, &err), UT_OK);
    assert_int_equal(ut_log_child(log, "rpc", &child), UT_OK);
    errno = EXDEV;
    ut_log_msg(log, UT_LOG_INFO, UT_NO_DOMID, "hello %d\n\x1b", 1);
    assert_int_equal(errno, EXDEV);
    ut_log_msg(log, UT_LOG_DEBUG, UT_NO_DOMID, "hidden");
    ut_log_msg(child, UT_LOG_ERROR, 7, "bad");
    ut_log_msg(NULL, UT_LOG_ERROR, 7, "nobody");
    assert_int_equal(ut_io_read_file(path, 1000, &b, &err), UT_OK);
    assert_non_null(strstr(b.data, "] INFO (xend) hello 1\\n\\x1b\n["));
    assert_non_null(strstr(b.data, "] ERROR (rpc:d7) bad\n"));
    assert_null(strstr(b.data, "hidden"));
    assert_null(strstr(b.data, "nobody"));
    assert_int_equal(b.data[0], '[');
    for (int i = 0; i < 10; i++) ut_log_msg(log, UT_LOG_INFO, UT_NO_DOMID, "fill the file");
    assert_int_equal(access(old, F_OK), 0);
    ut_log_free(child);
    ut_log_free(log);
    ut_buf_fini(&b);
    assert_int_equal(ut_log_open("/nonexistent/x", "c", UT_LOG_INFO, 0, &log, &err), UT_ESYS);
    assert_non_null(strstr(err.text, "/nonexistent/x"));
}

static void test_paths(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    struct ut_paths p;
    char want[PATH_MAX];

    setenv("XEND_ROOT", *state, 1);
    setenv("XEN_IA64_LIBEXEC", "/some/where", 1);
    assert_int_equal(ut_paths_init(&p, &err), UT_OK);
    snprintf(want, sizeof(want), "%s/run/xmlrpc.sock", (char *)*state);
    assert_string_equal(p.xmlrpc_sock, want);
    snprintf(want, sizeof(want), "%s/lib", (char *)*state);
    assert_string_equal(p.state, want);
    snprintf(want, sizeof(want), "%s/etc", (char *)*state);
    assert_string_equal(p.config[0], want);
    assert_string_equal(p.config[1], "/etc/xen");
    assert_string_equal(p.libexec, "/some/where");
    setenv("XEND_ROOT", "rel/", 1);
    assert_int_equal(ut_paths_init(&p, &err), UT_OK);
    assert_int_equal(p.run[0], '/');
    assert_non_null(strstr(p.run, "/rel/run"));
    unsetenv("XEND_ROOT");
    unsetenv("XEN_IA64_LIBEXEC");
    assert_int_equal(ut_paths_init(&p, &err), UT_OK);
    if (geteuid() == 0) assert_string_equal(p.run, "/run/xend");
}

static void test_mkdirs(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    char path[PATH_MAX];
    struct stat st;

    snprintf(path, sizeof(path), "%s/a/b/c", (char *)*state);
    assert_int_equal(ut_path_mkdirs(path, 0700, &err), UT_OK);
    assert_int_equal(ut_path_mkdirs(path, 0700, &err), UT_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    snprintf(path, sizeof(path), "%s/a/f", (char *)*state);
    assert_int_equal(ut_io_replace_file(path, "x", 1, 0600, &err), UT_OK);
    assert_int_equal(ut_path_mkdirs(path, 0700, &err), UT_ESYS);
}

static void test_files(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    struct ut_buf b = UT_BUF_INIT;
    char path[PATH_MAX];
    struct stat st;

    snprintf(path, sizeof(path), "%s/file", (char *)*state);
    assert_int_equal(ut_io_read_file(path, 10, &b, &err), UT_ENOENT);
    assert_int_equal(ut_io_replace_file(path, "first", 5, 0640, &err), UT_OK);
    assert_int_equal(ut_io_replace_file(path, "second", 6, 0600, &err), UT_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(ut_io_read_file(path, 6, &b, &err), UT_OK);
    assert_string_equal(ut_buf_str(&b), "second");
    ut_buf_reset(&b);
    assert_int_equal(ut_io_read_file(path, 5, &b, &err), UT_ELIMIT);
    assert_non_null(strstr(err.text, path));
    snprintf(path, sizeof(path), "%s/none/file", (char *)*state);
    assert_int_equal(ut_io_replace_file(path, "x", 1, 0600, &err), UT_ESYS);
    ut_buf_fini(&b);
}

static void check_socket(const char *path)
{
    struct ut_err err = UT_ERR_INIT;
    int listener, second, client;
    struct stat st;

    assert_int_equal(ut_io_unix_connect(path, &client, &err), UT_ECONN);
    assert_int_not_equal(err.sys_errno, 0);
    assert_int_equal(ut_io_unix_listen(path, 0600, &listener, &err), UT_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(ut_io_unix_listen(path, 0600, &second, &err), UT_EBUSY);
    assert_int_equal(ut_io_unix_connect(path, &client, &err), UT_OK);
    close(client);
    close(listener);
    assert_int_equal(ut_io_unix_connect(path, &client, &err), UT_ECONN);
    assert_int_equal(ut_io_unix_listen(path, 0600, &listener, &err), UT_OK);
    close(listener);
}

static void test_sockets(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    char path[PATH_MAX];
    int fd;

    snprintf(path, sizeof(path), "%s/s", (char *)*state);
    check_socket(path);
    snprintf(path, sizeof(path), "%s/%0150d", (char *)*state, 0);
    assert_int_equal(ut_path_mkdirs(path, 0700, &err), UT_OK);
    strcat(path, "/s");
    check_socket(path);
    snprintf(path, sizeof(path), "%s/plain", (char *)*state);
    assert_int_equal(ut_io_replace_file(path, "x", 1, 0600, &err), UT_OK);
    assert_int_equal(ut_io_unix_listen(path, 0600, &fd, &err), UT_EEXIST);
}

static void test_fds(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    int sv[2], fds[2], got[2], more[1];
    unsigned nr = 2;
    char buf[8];
    size_t len;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(ut_io_send_fds(sv[0], "hi", 2, fds, 2, &err), UT_OK);
    assert_int_equal(ut_io_recv_fds(sv[1], buf, sizeof(buf), &len, got, &nr, &err), UT_OK);
    assert_int_equal(len, 2);
    assert_int_equal(nr, 2);
    assert_int_equal(fcntl(got[0], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(ut_io_write_all(got[1], "z", 1, &err), UT_OK);
    assert_int_equal(ut_io_read_full(fds[0], buf, 1, &err), UT_OK);
    assert_int_equal(buf[0], 'z');
    assert_int_equal(ut_io_send_fds(sv[0], "hi", 2, fds, 2, &err), UT_OK);
    nr = 1;
    assert_int_equal(ut_io_recv_fds(sv[1], buf, sizeof(buf), &len, more, &nr, &err), UT_EPROTO);
    assert_int_equal(nr, 0);
    close(sv[0]);
    assert_int_equal(ut_io_recv_fds(sv[1], buf, sizeof(buf), &len, got, &nr, &err), UT_OK);
    assert_int_equal(len, 0);
    assert_int_equal(ut_io_read_full(sv[1], buf, 1, &err), UT_EFORMAT);
    close(sv[1]);
    for (int i = 0; i < 2; i++) {
        close(fds[i]);
        close(got[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err),    cmocka_unit_test(test_buf),
        cmocka_unit_test_setup_teardown(test_log, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_paths, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_mkdirs, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_files, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_sockets, make_dir, remove_dir),
        cmocka_unit_test(test_fds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The RPC server on its socket: good clients, rude clients, reload, stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "fake_xci.h"

#include "ut_io.h"
#include "xd.h"
#include "xr_client.h"

static char root[64], sock[128];
static struct xd xd;
static pthread_t loop;

static void *run_loop(void *arg)
{
    xd_run(arg);
    return NULL;
}

static int set_up(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    sigset_t signals;

    (void)state;
    snprintf(root, sizeof(root), "/tmp/xd-test-XXXXXX");
    if (!mkdtemp(root)) return -1;
    setenv("XEND_ROOT", root, 1);
    snprintf(sock, sizeof(sock), "%s/run/xmlrpc.sock", root);
    fake_reset();
    if (xd_init(&xd, false, &err) < 0 || xd_serve(&xd, &err) < 0) return -1;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    if (pthread_create(&loop, NULL, run_loop, &xd)) return -1;
    return pthread_sigmask(SIG_BLOCK, &signals, NULL);      /* they are for the loop's thread */
}

static int tear_down(void **state)
{
    char cmd[128];

    (void)state;
    kill(getpid(), SIGTERM);
    pthread_join(loop, NULL);
    xd_fini(&xd);
    snprintf(cmd, sizeof(cmd), "rm -rf '%s'", root);
    return system(cmd);
}

static int call(const char *method, const char *arg, struct ut_err *err)
{
    struct xr_value *params = xr_array(), *v;
    struct xr_client *c;
    int rc = xr_client_new(sock, &c, err);

    if (rc == UT_OK) {
        if (arg) xr_add(params, xr_string(arg));
        rc = xr_call(c, method, params, 20, &v, err);
        xr_free(v);
        xr_client_free(c);
    }
    xr_free(params);
    return rc;
}

static void alive(void)
{
    struct ut_err err = UT_ERR_INIT;

    if (call("xend.domains", NULL, &err) < 0) fail_msg("%s", err.text);
}

static int connect_raw(void)
{
    struct timeval tv = { .tv_sec = 20 };
    struct ut_err err = UT_ERR_INIT;
    int fd;

    assert_int_equal(ut_io_unix_connect(sock, &fd, &err), UT_OK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
    return fd;
}

/* Send bytes, return what comes until the server closes. */
static void talk(const char *data, size_t len, char *out, size_t size)
{
    int fd = connect_raw();
    size_t got = 0;
    ssize_t n;

    for (size_t sent = 0; sent < len; sent += (size_t)n) {
        n = send(fd, data + sent, len - sent, MSG_NOSIGNAL);
        if (n <= 0) break;
    }
    shutdown(fd, SHUT_WR);
    while (got + 1 < size && (n = read(fd, out + got, size - 1 - got)) > 0) got += (size_t)n;
    out[got] = '\0';
    close(fd);
}

static void test_permissions(void **state)
{
    struct stat st;
    char dir[128];

    (void)state;
    snprintf(dir, sizeof(dir), "%s/run", root);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(sock, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    alive();
}

static void test_keep_alive(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    struct xr_client *c;
    struct xr_value *v;

    (void)state;
    assert_int_equal(xr_client_new(sock, &c, &err), UT_OK);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(xr_call(c, "xend.domains", NULL, 20, &v, &err), UT_OK);
        xr_free(v);
    }
    xr_client_free(c);
    assert_int_equal(call("xend.domain", "nobody", &err), UT_ENODOM);
    assert_string_equal(err.text, "nobody");
}

static void test_other_methods(void **state)
{
    static const char get[] = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    static const char junk[] = "\xff\xfe\r\n\r\n";
    char answer[4096];

    (void)state;
    talk(get, strlen(get), answer, sizeof(answer));
    assert_non_null(strstr(answer, "405"));
    talk(junk, strlen(junk), answer, sizeof(answer));
    alive();
}

static void test_too_large(void **state)
{
    static const char announced[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n"
                                    "Connection: close\r\n\r\nx";
    char answer[4096], *big;
    size_t len = XR_MAX_BODY_BYTES + 100u;
    int n;

    (void)state;
    talk(announced, strlen(announced), answer, sizeof(answer));
    assert_true(!*answer || strstr(answer, "413"));
    big = malloc(len + 200);
    assert_non_null(big);
    memset(big, 'x', len + 200);
    n = sprintf(big, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", len);
    big[n] = 'x';
    talk(big, len + (size_t)n, answer, sizeof(answer));
    assert_non_null(strstr(answer, "413"));
    free(big);
    alive();
}

static void test_hang_ups(void **state)
{
    static const char body[] = "<methodCall><methodName>xend.domains</methodName></methodCall>";
    char whole[512];
    int len = snprintf(whole, sizeof(whole), "POST /RPC2 HTTP/1.1\r\nHost: x\r\n"
                       "Content-Length: %zu\r\n\r\n%s", strlen(body), body);

    (void)state;
    for (int cut = 0; cut <= len; cut += 7) {
        int fd = connect_raw();

        if (cut) assert_int_equal(send(fd, whole, (size_t)cut, MSG_NOSIGNAL), cut);
        close(fd);
    }
    alive();
}

/* The client goes while its domain is being built: the domain comes all the same. */
static void test_gone_before_the_answer(void **state)
{
    static const char body[] =
        "<methodCall><methodName>xend.domain.create</methodName><params><param><value><array><data>"
        "<value>vm</value><value><array><data><value>name</value><value>web</value></data></array>"
        "</value><value><array><data><value>PV_kernel</value><value>/k</value></data></array>"
        "</value><value><array><data><value>memory</value><value><int>64</int></value></data>"
        "</array></value></data></array></value></param></params></methodCall>";
    char whole[1024];
    int fd, len = snprintf(whole, sizeof(whole), "POST /RPC2 HTTP/1.1\r\nHost: x\r\n"
                           "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
    struct ut_err err = UT_ERR_INIT;

    (void)state;
    fake.create_delay_us = 100000;
    fd = connect_raw();
    assert_int_equal(send(fd, whole, (size_t)len, MSG_NOSIGNAL), len);
    usleep(20000);
    close(fd);
    alive();
    usleep(200000);
    if (call("xend.domain.unpause", "web", &err) < 0) fail_msg("%s", err.text);
}

static void test_reload(void **state)
{
    (void)state;
    alive();
    kill(getpid(), SIGHUP);
    alive();
    unlink(sock);
    kill(getpid(), SIGHUP);
    for (int i = 0; i < 200 && access(sock, F_OK) < 0; i++) usleep(10000);
    alive();
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_permissions), T(test_keep_alive), T(test_other_methods), T(test_too_large),
        T(test_hang_ups), T(test_gone_before_the_answer), T(test_reload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

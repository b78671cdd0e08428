/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client against a server that plays back canned answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ut_io.h"
#include "xr_client.h"

#define OK_BODY "<methodResponse><params><param><value>ok</value></param></params></methodResponse>"
#define OK_LEN "82"

struct server {
    char dir[64], path[128];
    int fd;
    const char *const *answers;     /* one per connection, NULL-terminated; "" = hang up */
    bool stall;                     /* keep the connection open without an answer */
    pthread_t thread;
};

/* Read one request: head and the body its Content-Length announces. */
static void read_request(int fd)
{
    char buf[4096];
    size_t len = 0, want = 0;

    for (;;) {
        ssize_t n = read(fd, buf + len, sizeof(buf) - 1 - len);
        char *end, *field;

        if (n <= 0) return;
        len += (size_t)n;
        buf[len] = '\0';
        end = strstr(buf, "\r\n\r\n");
        field = strstr(buf, "Content-Length: ");
        if (!end || !field) continue;
        want = (size_t)(end + 4 - buf) + (size_t)atoi(field + 16);
        if (len >= want) return;
    }
}

static void *serve(void *arg)
{
    struct server *s = arg;

    for (const char *const *a = s->answers; *a; a++) {
        int c = accept(s->fd, NULL, NULL);
        char byte;

        if (c < 0) return NULL;
        read_request(c);
        if (s->stall) while (read(c, &byte, 1) > 0) continue;
        ut_io_write_all(c, *a, strlen(*a), NULL);
        close(c);
    }
    return NULL;
}

static void start(struct server *s, const char *const *answers, bool stall)
{
    struct ut_err err = UT_ERR_INIT;

    memset(s, 0, sizeof(*s));
    snprintf(s->dir, sizeof(s->dir), "/tmp/xr-test-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->path, sizeof(s->path), "%s/s", s->dir);
    s->answers = answers;
    s->stall = stall;
    assert_int_equal(ut_io_unix_listen(s->path, 0600, &s->fd, &err), UT_OK);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void stop(struct server *s)
{
    pthread_join(s->thread, NULL);
    close(s->fd);
    unlink(s->path);
    rmdir(s->dir);
}

static const struct { const char *answer; int rc; const char *says; } cases[] = {
    { "HTTP/1.1 200 OK\r\nContent-Length: " OK_LEN "\r\n\r\n" OK_BODY, UT_OK, "ok" },
    { "HTTP/1.0 200 OK\r\n\r\n" OK_BODY, UT_OK, "ok" },
    { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:" OK_LEN "\r\n\r\n" OK_BODY,
      UT_OK, "ok" },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n<methodResponse>\r\n"
      "42;x\r\n<params><param><value>ok</value></param></params></methodResponse>\r\n0\r\n\r\n",
      UT_OK, "ok" },
    { "", UT_ECONN, "closed" },
    { "SSH-2.0-x\r\n\r\n", UT_EPROTO, "unreadable head" },
    { "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" OK_BODY, UT_EPROTO, "cut off" },
    { "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", UT_EPROTO, "unreadable head" },
    { "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", UT_EPROTO, "unreadable head" },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", UT_EPROTO, "chunk size" },
    { "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", UT_EPROTO, "500" },
    { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", UT_EPROTO, "well-formed" },
    { "HTTP/1.1 200 OK\r\n\r\n<methodResponse><fault><value><struct><member><name>faultCode</name>"
      "<value><int>3</int></value></member><member><name>faultString</name><value>web</value>"
      "</member></struct></value></fault></methodResponse>", UT_ENODOM, "web" },
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *const answers[] = { cases[i].answer, NULL };
        struct ut_err err = UT_ERR_INIT;
        struct xr_client *c;
        struct xr_value *v;
        struct server s;
        int rc;

        start(&s, answers, false);
        assert_int_equal(xr_client_new(s.path, &c, &err), UT_OK);
        rc = xr_call(c, "m", NULL, 10, &v, &err);
        if (rc != cases[i].rc) fail_msg("case %zu: %d %s", i, rc, err.text);
        if (rc == UT_OK) assert_string_equal(v->s, cases[i].says);
        else if (!strstr(err.text, cases[i].says)) fail_msg("case %zu: %s", i, err.text);
        xr_free(v);
        xr_client_free(c);
        stop(&s);
    }
}

/* The second call finds the first connection closed and makes a new one. */
static void test_reconnect(void **state)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: " OK_LEN "\r\n\r\n" OK_BODY;
    const char *const answers[] = { answer, answer, NULL };
    struct ut_err err = UT_ERR_INIT;
    struct xr_client *c;
    struct server s;

    (void)state;
    start(&s, answers, false);
    assert_int_equal(xr_client_new(s.path, &c, &err), UT_OK);
    for (int i = 0; i < 2; i++) {
        struct xr_value *v;

        assert_int_equal(xr_call(c, "m", NULL, 10, &v, &err), UT_OK);
        xr_free(v);
        usleep(20000);              /* let the server's close arrive */
    }
    xr_client_free(c);
    stop(&s);
}

static void test_timeout(void **state)
{
    const char *const answers[] = { "", NULL };
    struct ut_err err = UT_ERR_INIT;
    struct xr_client *c;
    struct xr_value *v;
    struct server s;

    (void)state;
    start(&s, answers, true);
    assert_int_equal(xr_client_new(s.path, &c, &err), UT_OK);
    assert_int_equal(xr_call(c, "m", NULL, 1, &v, &err), UT_ETIMEOUT);
    assert_null(v);
    xr_client_free(c);
    stop(&s);
    assert_int_equal(xr_client_new("/nonexistent/s", &c, &err), UT_ECONN);
    assert_null(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers), cmocka_unit_test(test_reconnect),
        cmocka_unit_test(test_timeout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

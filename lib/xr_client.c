/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xr_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ut_io.h"

#define MAX_HEAD_BYTES (64u << 10)
#define READ_BYTES 16384u

struct xr_client {
    char *path;
    int fd;
    struct ut_buf in;               /* received, not consumed yet */
    uint64_t deadline_ns;           /* of the current call; 0 = none */
};

/* What the head of an answer says about its body. */
struct head {
    unsigned status;
    bool has_length, chunked, close;
    size_t length;
};

int xr_client_new(const char *sock_path, struct xr_client **client_out, struct ut_err *err)
{
    struct xr_client *c = calloc(1, sizeof(*c));
    int rc;

    *client_out = NULL;
    if (!c) return ut_err_set(err, UT_ENOMEM, "client");
    c->fd = -1;
    c->path = strdup(sock_path);
    rc = c->path ? ut_io_unix_connect(sock_path, &c->fd, err)
                 : ut_err_set(err, UT_ENOMEM, "client");
    if (rc < 0) {
        xr_client_free(c);
        return rc;
    }
    *client_out = c;
    return UT_OK;
}

static void disconnect(struct xr_client *c)
{
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
    ut_buf_reset(&c->in);
}

void xr_client_free(struct xr_client *c)
{
    if (!c) return;
    disconnect(c);
    ut_buf_fini(&c->in);
    free(c->path);
    free(c);
}

/* Wait until the socket is ready or the call's time is over. */
static int wait_for(struct xr_client *c, short events, struct ut_err *err)
{
    struct pollfd pfd = { .fd = c->fd, .events = events };

    for (;;) {
        int timeout_ms = -1, r;

        if (c->deadline_ns) {
            uint64_t now_ns = ut_now_ns();

            if (now_ns >= c->deadline_ns) return ut_err_set(err, UT_ETIMEOUT, "no answer in time");
            timeout_ms = (int)((c->deadline_ns - now_ns) / 1000000u) + 1;
        }
        r = poll(&pfd, 1, timeout_ms);
        if (r > 0) return UT_OK;
        if (r < 0 && errno != EINTR) return ut_err_sys(err, UT_ECONN, "poll");
    }
}

/* A server may have closed the idle connection since the last call: nothing is lost by connecting
 * again as long as the request was not sent yet. */
static int ensure_connected(struct xr_client *c, struct ut_err *err)
{
    char byte;
    ssize_t n;

    if (c->fd >= 0) {
        n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return UT_OK;
        disconnect(c);
    }
    return ut_io_unix_connect(c->path, &c->fd, err);
}

static int send_all(struct xr_client *c, const char *data, size_t len, struct ut_err *err)
{
    while (len) {
        ssize_t n = send(c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        int rc;

        if (n >= 0) {
            data += n;
            len -= (size_t)n;
            continue;
        }
        if (errno == EINTR) continue;
        if (errno == EPIPE || errno == ECONNRESET) return UT_OK;   /* an early answer may wait */
        if (errno != EAGAIN) return ut_err_sys(err, UT_ECONN, "send");
        rc = wait_for(c, POLLOUT, err);
        if (rc < 0) return rc;
    }
    return UT_OK;
}

/* Read some more. *eof_out tells the end of the stream. */
static int receive(struct xr_client *c, bool *eof_out, struct ut_err *err)
{
    ssize_t n;
    char *p;
    int rc = wait_for(c, POLLIN, err);

    *eof_out = false;
    if (rc < 0) return rc;
    p = ut_buf_reserve(&c->in, READ_BYTES);
    if (!p) return ut_err_set(err, UT_ENOMEM, "answer");
    do n = recv(c->fd, p, READ_BYTES, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0) return ut_err_sys(err, UT_ECONN, "receive");
    c->in.len += (size_t)n;
    c->in.data[c->in.len] = '\0';
    *eof_out = n == 0;
    return UT_OK;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static int parse_size(const char *s, int base, size_t *size_out)
{
    unsigned long long v;
    char *end;

    errno = 0;
    v = strtoull(s, &end, base);
    if (errno || end == s || *s == '-' || v > XR_MAX_BODY_BYTES) return UT_EPROTO;
    *size_out = (size_t)v;
    return UT_OK;
}

/* One "Name: value" line, NUL-terminated. */
static int parse_header_line(const char *line, struct head *h)
{
    const char *colon = strchr(line, ':'), *value;
    size_t len;

    if (!colon) return UT_EPROTO;
    len = (size_t)(colon - line);
    value = colon + 1 + strspn(colon + 1, " \t");
    if (len == 14 && strncasecmp(line, "Content-Length", len) == 0) {
        h->has_length = true;
        return parse_size(value, 10, &h->length);
    }
    if (len == 17 && strncasecmp(line, "Transfer-Encoding", len) == 0)
        h->chunked = strcasestr(value, "chunked") != NULL;
    if (len == 10 && strncasecmp(line, "Connection", len) == 0)
        h->close = strcasestr(value, "close") != NULL;
    return UT_OK;
}

static int parse_head(char *text, struct head *h)
{
    char *line, *rest = text;
    unsigned minor;

    memset(h, 0, sizeof(*h));
    line = strsep(&rest, "\n");
    if (sscanf(line, "HTTP/1.%u %u", &minor, &h->status) != 2) return UT_EPROTO;
    if (minor == 0) h->close = true;
    while (rest && (line = strsep(&rest, "\n"))) {
        line[strcspn(line, "\r")] = '\0';
        if (!*line) break;
        if (parse_header_line(line, h) < 0) return UT_EPROTO;
    }
    return UT_OK;
}

static int bad_peer(struct ut_err *err, const char *what)
{
    return ut_err_set(err, UT_EPROTO, "bad HTTP answer: %s", what);
}

/* The head up to the empty line, consumed. */
static int read_head(struct xr_client *c, struct head *h, struct ut_err *err)
{
    size_t len;
    char *end;
    bool eof;
    int rc;

    for (;;) {
        end = c->in.len ? strstr(c->in.data, "\r\n\r\n") : NULL;
        if (end) break;
        if (c->in.len > MAX_HEAD_BYTES) return bad_peer(err, "head too long");
        rc = receive(c, &eof, err);
        if (rc < 0) return rc;
        if (eof && !c->in.len) return ut_err_set(err, UT_ECONN, "connection closed by the server");
        if (eof) return bad_peer(err, "cut off");
    }
    len = (size_t)(end - c->in.data) + 4;
    end[2] = '\0';
    if (parse_head(c->in.data, h) < 0) return bad_peer(err, "unreadable head");
    ut_buf_consume(&c->in, len);
    return UT_OK;
}

/* Make at least `len` bytes available. */
static int need(struct xr_client *c, size_t len, struct ut_err *err)
{
    bool eof;
    int rc;

    while (c->in.len < len) {
        rc = receive(c, &eof, err);
        if (rc < 0) return rc;
        if (eof) return bad_peer(err, "cut off");
    }
    return UT_OK;
}

static int read_chunk_size(struct xr_client *c, size_t *size_out, struct ut_err *err)
{
    char *eol;
    int rc;

    while (!(eol = c->in.len ? strstr(c->in.data, "\r\n") : NULL)) {
        if (c->in.len > 1024) return bad_peer(err, "chunk size");
        rc = need(c, c->in.len + 1, err);
        if (rc < 0) return rc;
    }
    *eol = '\0';
    if (parse_size(c->in.data, 16, size_out) < 0) return bad_peer(err, "chunk size");
    ut_buf_consume(&c->in, (size_t)(eol - c->in.data) + 2);
    return UT_OK;
}

static int read_chunked(struct xr_client *c, struct ut_buf *body, struct ut_err *err)
{
    size_t size = 0;
    int rc;

    for (;;) {
        rc = read_chunk_size(c, &size, err);
        if (rc < 0) return rc;
        if (body->len + size > XR_MAX_BODY_BYTES) return bad_peer(err, "too large");
        rc = need(c, size + 2, err);
        if (rc < 0) return rc;
        ut_buf_add(body, c->in.data, size);
        ut_buf_consume(&c->in, size + 2);
        if (!size) return UT_OK;
    }
}

static int read_body(struct xr_client *c, const struct head *h, struct ut_buf *body,
                     struct ut_err *err)
{
    bool eof = false;
    int rc;

    if (h->chunked) return read_chunked(c, body, err);
    if (h->has_length) {
        rc = need(c, h->length, err);
        if (rc < 0) return rc;
        ut_buf_add(body, ut_buf_str(&c->in), h->length);
        ut_buf_consume(&c->in, h->length);
        return UT_OK;
    }
    while (!eof) {                  /* the end of the connection ends the body */
        rc = receive(c, &eof, err);
        if (rc < 0) return rc;
        if (c->in.len > XR_MAX_BODY_BYTES) return bad_peer(err, "too large");
    }
    ut_buf_add(body, ut_buf_str(&c->in), c->in.len);
    return UT_OK;
}

static int exchange(struct xr_client *c, const struct ut_buf *request, struct ut_buf *body,
                    struct ut_err *err)
{
    struct ut_buf head = UT_BUF_INIT;
    struct head h;
    int rc;

    ut_buf_addf(&head, "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
                       "Content-Length: %zu\r\n\r\n", request->len);
    ut_buf_add(&head, request->data, request->len);
    rc = head.oom ? ut_err_set(err, UT_ENOMEM, "request") : send_all(c, head.data, head.len, err);
    ut_buf_fini(&head);
    if (rc < 0) return rc;
    do rc = read_head(c, &h, err);
    while (rc == UT_OK && h.status / 100 == 1);     /* interim answers */
    if (rc == UT_OK) rc = read_body(c, &h, body, err);
    if (rc < 0) return rc;
    if (body->oom) return ut_err_set(err, UT_ENOMEM, "answer");
    if (h.close || (!h.has_length && !h.chunked)) disconnect(c);
    if (h.status != 200)
        return ut_err_set(err, UT_EPROTO, "HTTP status %u instead of an answer", h.status);
    return UT_OK;
}

int xr_call(struct xr_client *c, const char *method, const struct xr_value *params,
            unsigned timeout_s, struct xr_value **value_out, struct ut_err *err)
{
    struct ut_buf request = UT_BUF_INIT, body = UT_BUF_INIT;
    int rc;

    *value_out = NULL;
    c->deadline_ns = timeout_s ? ut_now_ns() + timeout_s * UINT64_C(1000000000) : 0;
    rc = xr_emit_call(method, params, &request);
    if (rc < 0) {
        ut_err_set(err, rc, "request");
        goto out;
    }
    rc = ensure_connected(c, err);
    if (rc < 0) goto out;
    rc = exchange(c, &request, &body, err);
    if (rc < 0) {
        disconnect(c);              /* what else comes on this connection cannot be trusted */
        goto out;
    }
    rc = xr_parse_response(ut_buf_str(&body), body.len, value_out, err);
    if (rc == UT_EFORMAT || rc == UT_ELIMIT) {
        rc = UT_EPROTO;
        if (err) err->code = rc;
    }
out:
    ut_buf_fini(&request);
    ut_buf_fini(&body);
    return rc;
}

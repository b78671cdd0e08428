/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rpc/xd_http.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>

#include "rpc/xd_rpc.h"
#include "ut_io.h"
#include "xd.h"
#include "xr_value.h"

#define MAX_HEADER_BYTES (64 << 10)
#define IDLE_TIMEOUT_S 60           /* a connection that sends nothing, or half a request */

struct xd_http {
    struct xd *xd;
    struct evhttp *ev;
    char path[PATH_MAX];
};

static void answer(struct evhttp_request *req, int status, const char *reason, const char *type,
                   const void *body, size_t len)
{
    struct evbuffer *out = evbuffer_new();

    if (out) evbuffer_add(out, body, len);
    evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", type);
    /* frees the request when its connection has gone meanwhile */
    evhttp_send_reply(req, status, reason, out);
    if (out) evbuffer_free(out);
}

static void send_xml(void *arg, const struct ut_buf *xml)
{
    answer(arg, HTTP_OK, "OK", "text/xml", ut_buf_str(xml), xml->len);
}

/* Root and the user the daemon runs as; the directory's mode keeps all others out already. */
static bool privileged(struct evhttp_request *req)
{
    struct evhttp_connection *con = evhttp_request_get_connection(req);
    struct bufferevent *bev = con ? evhttp_connection_get_bufferevent(con) : NULL;
    struct ucred peer;
    socklen_t len = sizeof(peer);

    if (!bev || getsockopt(bufferevent_getfd(bev), SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return false;
    return peer.uid == 0 || peer.uid == geteuid();
}

static void on_request(struct evhttp_request *req, void *arg)
{
    static const char hint[] = "This is xend. It takes XML-RPC calls as POST.\n";
    struct xd_http *http = arg;
    struct evbuffer *in = evhttp_request_get_input_buffer(req);
    size_t len = evbuffer_get_length(in);
    const char *body;

    if (evhttp_request_get_command(req) != EVHTTP_REQ_POST) {
        evhttp_add_header(evhttp_request_get_output_headers(req), "Allow", "POST");
        answer(req, 405, "Method Not Allowed", "text/plain", hint, strlen(hint));
        return;
    }
    body = len ? (const char *)evbuffer_pullup(in, -1) : "";
    if (!body) {
        answer(req, 500, "Out of memory", "text/plain", "", 0);
        return;
    }
    xd_rpc_receive(http->xd, body, len, privileged(req), send_xml, req);
}

static int listen_on(struct xd_http *http, struct ut_err *err)
{
    int fd, rc = ut_io_unix_listen(http->path, 0600, &fd, err);

    if (rc < 0) return rc;
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || !evhttp_accept_socket_with_handle(http->ev, fd)) {
        close(fd);
        return ut_err_set(err, UT_ENOMEM, "RPC server");
    }
    return UT_OK;
}

int xd_http_new(struct xd *xd, const char *sock_path, struct xd_http **http_out,
                struct ut_err *err)
{
    struct xd_http *http = calloc(1, sizeof(*http));
    int rc;

    *http_out = NULL;
    if (!http) return ut_err_set(err, UT_ENOMEM, "RPC server");
    http->xd = xd;
    snprintf(http->path, sizeof(http->path), "%s", sock_path);
    http->ev = evhttp_new(xd->base);
    if (!http->ev) {
        free(http);
        return ut_err_set(err, UT_ENOMEM, "RPC server");
    }
    evhttp_set_max_body_size(http->ev, XR_MAX_BODY_BYTES);
    evhttp_set_max_headers_size(http->ev, MAX_HEADER_BYTES);
    evhttp_set_timeout(http->ev, IDLE_TIMEOUT_S);
    evhttp_set_allowed_methods(http->ev, EVHTTP_REQ_POST | EVHTTP_REQ_GET | EVHTTP_REQ_HEAD |
                               EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS);
    /* a client that sends too much shall still read why it is refused */
    evhttp_set_flags(http->ev, EVHTTP_SERVER_LINGERING_CLOSE);
    evhttp_set_gencb(http->ev, on_request, http);
    rc = listen_on(http, err);
    if (rc < 0) {
        evhttp_free(http->ev);
        free(http);
        return rc;
    }
    *http_out = http;
    return UT_OK;
}

void xd_http_free(struct xd_http *http)
{
    if (!http) return;
    evhttp_free(http->ev);
    unlink(http->path);
    free(http);
}

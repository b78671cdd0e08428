/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "xs_server.h"

#define CHUNK_BYTES 16384u              /* read per turn: nobody has the loop for long */

/* ---- life ------------------------------------------------------------------------------------ */

static int watch_fd(struct xs_conn *c, int op, uint32_t events)
{
    struct epoll_event ev = { .events = events, .data.ptr = c };

    c->events = events;
    return epoll_ctl(c->srv->epoll_fd, op, c->fd, &ev);
}

struct xs_conn *xs_conn_new(struct xs_server *s, int fd)
{
    struct xs_conn *c = calloc(1, sizeof(*c));

    if (!c) {
        if (fd >= 0) close(fd);
        return NULL;
    }
    c->srv = s;
    c->fd = fd;
    c->passed_fd = -1;
    c->who = (struct xs_who){ 0, XS_NO_DOMID, true };
    if (fd >= 0 && watch_fd(c, EPOLL_CTL_ADD, EPOLLIN) < 0) {
        close(fd);
        free(c);
        return NULL;
    }
    c->next = s->conns;
    c->pnext = &s->conns;
    if (c->next) c->next->pnext = &c->next;
    s->conns = c;
    return c;
}

static void close_fds(struct xs_conn *c)
{
    if (c->fd >= 0) close(c->fd);
    if (c->passed_fd >= 0) close(c->passed_fd);
    c->fd = c->passed_fd = -1;
}

void xs_conn_free(struct xs_conn *c)
{
    while (c->txns) (void)xs_txn_end(c, c->txns, false);
    xs_watch_reset(c);
    close_fds(c);
    if (c->srv->owner == c) {
        c->srv->owner = NULL;
        c->srv->quit = true;
    }
    *c->pnext = c->next;
    if (c->next) c->next->pnext = c->pnext;
    ut_buf_fini(&c->in);
    ut_buf_fini(&c->out);
    free(c);
}

int xs_conn_reopen(struct xs_conn *c, int fd)
{
    close_fds(c);
    ut_buf_reset(&c->in);
    ut_buf_reset(&c->out);
    while (c->txns) (void)xs_txn_end(c, c->txns, false);
    c->doomed = c->overrun = false;
    c->fd = fd;
    if (watch_fd(c, EPOLL_CTL_ADD, EPOLLIN) == 0) return 0;
    close_fds(c);
    return ENOMEM;
}

struct xs_conn *xs_conn_guest(struct xs_server *s, uint32_t domid)
{
    for (struct xs_conn *c = s->conns; c; c = c->next)
        if (c->guest && c->who.domid == domid) return c;
    return NULL;
}

/* The line is dead. A guest's connection waits for a new one, or for RELEASE. */
static void hang_up(struct xs_conn *c)
{
    if (!c->guest) {
        xs_conn_free(c);
        return;
    }
    close_fds(c);
    c->doomed = false;
    ut_buf_fini(&c->in);
    ut_buf_fini(&c->out);
    while (c->txns) (void)xs_txn_end(c, c->txns, false);
    xs_watch_fire(c->srv, "@releaseDomain");
}

/* ---- out ------------------------------------------------------------------------------------- */

void xs_conn_send(struct xs_conn *c, const struct xs_hdr *req, uint32_t type, const void *data,
                  size_t len)
{
    struct xs_hdr h = { type, req->req_id, req->tx_id, (uint32_t)len };
    size_t max = c->who.privileged ? XS_OUT_MAX_HOST : XS_OUT_MAX_GUEST;

    if (c->fd < 0 || c->doomed) return;
    if (c->out.len + sizeof(h) + len > max && type == XS_WATCH_EVENT && !c->who.privileged) {
        if (!c->overrun)
            ut_log_msg(c->srv->log, UT_LOG_WARNING, (int)c->who.domid,
                       "the guest does not read its events: they are dropped");
        c->overrun = true;
        return;
    }
    ut_buf_add(&c->out, &h, sizeof(h));
    ut_buf_add(&c->out, data, len);
    if (c->out.oom || c->out.len > XS_OUT_MAX_HOST) c->doomed = true;
}

static void write_out(struct xs_conn *c)
{
    size_t done = 0;

    c->blocked = false;
    while (done < c->out.len && !c->doomed) {
        ssize_t n = send(c->fd, c->out.data + done, c->out.len - done,
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) {
            c->blocked = true;
            break;
        }
        if (n <= 0) c->doomed = true;
        else done += (size_t)n;
    }
    ut_buf_consume(&c->out, done);
    if (!c->out.len) c->overrun = false;
}

/* ---- in -------------------------------------------------------------------------------------- */

/* Keep the last descriptor that came along; only tools may send any. */
static void take_fds(struct xs_conn *c, struct msghdr *mh)
{
    for (struct cmsghdr *cm = CMSG_FIRSTHDR(mh); cm; cm = CMSG_NXTHDR(mh, cm)) {
        size_t nr = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS) continue;
        for (size_t i = 0; i < nr; i++) {
            if (c->passed_fd >= 0) close(c->passed_fd);
            memcpy(&c->passed_fd, CMSG_DATA(cm) + i * sizeof(int), sizeof(int));
        }
    }
}

static void read_in(struct xs_conn *c)
{
    union { struct cmsghdr align; char space[CMSG_SPACE(4 * sizeof(int))]; } ctl;
    struct iovec iov = { ut_buf_reserve(&c->in, CHUNK_BYTES), CHUNK_BYTES };
    struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
    ssize_t n;

    if (!iov.iov_base) {
        c->doomed = true;
        return;
    }
    if (c->who.privileged) {
        mh.msg_control = ctl.space;
        mh.msg_controllen = sizeof(ctl.space);
    }
    do n = recvmsg(c->fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
        c->doomed = true;
        return;
    }
    if (c->who.privileged) take_fds(c, &mh);
    c->in.len += (size_t)n;
    c->in.data[c->in.len] = '\0';
}

/* Handle whole messages, as long as the peer reads its answers. */
static void handle(struct xs_conn *c)
{
    char text[XS_PAYLOAD_MAX + 1];
    size_t done = 0;
    struct xs_hdr h;

    while (!c->doomed && c->out.len < XS_OUT_HIGH && c->in.len - done >= sizeof(h)) {
        memcpy(&h, c->in.data + done, sizeof(h));
        if (h.len > XS_PAYLOAD_MAX) {
            ut_log_msg(c->srv->log, UT_LOG_WARNING, (int)c->who.domid,
                       "message of %u bytes: connection closed", h.len);
            c->doomed = true;
            break;
        }
        if (c->in.len - done < sizeof(h) + h.len) break;
        memcpy(text, c->in.data + done + sizeof(h), h.len);
        text[h.len] = '\0';
        done += sizeof(h) + h.len;
        xs_dispatch(c, &h, text);
    }
    ut_buf_consume(&c->in, done);
}

void xs_conn_ready(struct xs_conn *c, uint32_t events)
{
    if (events & ~(uint32_t)EPOLLOUT && c->out.len < XS_OUT_HIGH) read_in(c);
    else if (events & (EPOLLHUP | EPOLLERR)) c->doomed = true;
    handle(c);
}

/* Answers out, then requests that waited for that, until one of them has to wait for the peer. */
static void pump(struct xs_conn *c)
{
    bool waited;

    do {
        waited = c->out.len >= XS_OUT_HIGH;
        write_out(c);
        if (waited && !c->doomed && c->out.len < XS_OUT_HIGH) {
            handle(c);
            xs_journal_flush(c->srv);
        }
    } while (waited && !c->doomed && c->out.len && !c->blocked);
}

bool xs_conn_settle(struct xs_conn *c)
{
    uint32_t events;

    if (c->released) {
        xs_conn_free(c);
        return false;
    }
    if (c->fd < 0) return false;
    if (c->out.len || c->doomed) pump(c);
    if (c->doomed) {
        hang_up(c);
        return true;
    }
    events = (c->out.len ? (uint32_t)EPOLLOUT : 0) |
             (c->out.len < XS_OUT_HIGH ? (uint32_t)EPOLLIN : 0);
    if (events != c->events) (void)watch_fd(c, EPOLL_CTL_MOD, events);
    return false;
}

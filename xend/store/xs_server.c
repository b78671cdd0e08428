/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xs_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "ut_io.h"
#include "ut_path.h"

#define MAX_EVENTS 64

static const struct { const char *name; mode_t mode; bool readonly; } sockets[2] = {
    { "socket", 0600, false }, { "socket_ro", 0660, true },
};

static void note_set(void *ctx, const char *path, const struct xs_node *n)
{
    xs_journal_set(ctx, path, n);
}

static void note_removed(void *ctx, const char *path)
{
    xs_journal_removed(ctx, path);
}

static int listen_on(struct xs_server *s, const char *dir, struct ut_err *err)
{
    char path[PATH_MAX];
    int rc = UT_OK;

    for (size_t i = 0; rc == UT_OK && i < ARRAY_SIZE(sockets); i++) {
        struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &s->listen_fd[i] };

        rc = ut_path_join(path, dir, sockets[i].name, err);
        if (rc == UT_OK) rc = ut_io_unix_listen(path, sockets[i].mode, &s->listen_fd[i], err);
        if (rc == UT_OK && epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->listen_fd[i], &ev) < 0)
            rc = ut_err_sys(err, UT_ESYS, "epoll");
    }
    return rc;
}

/* What the start scripts of old wrote, and tools expect. */
static int first_nodes(struct xs_server *s, struct ut_err *err)
{
    static const struct { const char *path, *value; } nodes[] = {
        { "/tool/xenstored", "" }, { "/local/domain/0/name", "Domain-0" },
        { "/local/domain/0/domid", "0" },
    };
    static const struct xs_who root = { 0, XS_NO_DOMID, true };

    for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
        if (xs_op_write(&s->view, &root, nodes[i].path, nodes[i].value, strlen(nodes[i].value)))
            return ut_err_set(err, UT_ENOMEM, "store");
    return UT_OK;
}

int xs_server_new(const struct xs_config *cfg, struct xs_server **srv_out, struct ut_err *err)
{
    struct xs_server *s = calloc(1, sizeof(*s));
    struct xs_conn *c;
    int rc = UT_OK;

    if (!s) return ut_err_set(err, UT_ENOMEM, "store");
    s->log = cfg->log;
    s->journal_fd = s->listen_fd[0] = s->listen_fd[1] = -1;
    s->view.owned = s->owned;
    s->view.ctx = s;
    s->next_txn = s->first_txn = 1;
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll_fd < 0) rc = ut_err_sys(err, UT_ESYS, "epoll");
    else if (xs_tree_init(&s->view.tree)) rc = ut_err_set(err, UT_ENOMEM, "store");
    s->owned[0] = 1;
    if (rc == UT_OK && cfg->dir) rc = xs_journal_open(s, cfg->dir, err);
    s->view.set = note_set;             /* from now on: not while the journal was read */
    s->view.removed = note_removed;
    if (rc == UT_OK) rc = first_nodes(s, err);
    if (rc == UT_OK && cfg->dir) rc = listen_on(s, cfg->dir, err);
    if (rc == UT_OK && cfg->first_fd >= 0) {
        c = xs_conn_new(s, cfg->first_fd);
        if (!c) rc = ut_err_set(err, UT_ENOMEM, "first connection");
        else if (cfg->end_with_first) s->owner = c;
    }
    if (rc < 0) {
        xs_server_free(s);
        return rc;
    }
    xs_journal_flush(s);
    *srv_out = s;
    return UT_OK;
}

void xs_server_free(struct xs_server *s)
{
    if (!s) return;
    xs_journal_flush(s);
    if (s->journal_fd >= 0) close(s->journal_fd);
    s->journal_fd = -1;                 /* connections end, but nothing they had does */
    while (s->conns) xs_conn_free(s->conns);
    for (size_t i = 0; i < ARRAY_SIZE(s->listen_fd); i++)
        if (s->listen_fd[i] >= 0) close(s->listen_fd[i]);
    if (s->epoll_fd >= 0) close(s->epoll_fd);
    xs_tree_fini(&s->view.tree);
    ut_buf_fini(&s->journal);
    free(s);
}

/* Only root and the user the store runs as; the read-only socket's mode says who else. */
static bool welcome(int fd, bool readonly)
{
    struct ucred cred;
    socklen_t len = sizeof(cred);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0) return false;
    return readonly || cred.uid == 0 || cred.uid == geteuid();
}

static void accept_one(struct xs_server *s, size_t which)
{
    int fd = accept4(s->listen_fd[which], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct xs_conn *c;

    if (fd < 0) return;
    if (!welcome(fd, sockets[which].readonly)) {
        close(fd);
        return;
    }
    c = xs_conn_new(s, fd);
    if (c) c->readonly = sockets[which].readonly;
}

/* Once somebody has been here: nobody is, neither tools nor guests. */
static bool alone(struct xs_server *s)
{
    for (const struct xs_conn *c = s->conns; c; c = c->next)
        if (c->fd >= 0) return !(s->had_company = true);
    return s->had_company;
}

static void settle_all(struct xs_server *s)
{
    bool again;

    xs_journal_flush(s);
    do {
        struct xs_conn *next;

        again = false;
        for (struct xs_conn *c = s->conns; c; c = next) {
            next = c->next;
            again |= xs_conn_settle(c);
        }
        xs_journal_flush(s);
    } while (again);
}

int xs_server_step(struct xs_server *s, int timeout_ms, struct ut_err *err)
{
    struct epoll_event ev[MAX_EVENTS];
    int n = epoll_wait(s->epoll_fd, ev, MAX_EVENTS, timeout_ms);

    if (n < 0 && errno != EINTR) return ut_err_sys(err, UT_ESYS, "epoll");
    for (int i = 0; i < n; i++) {
        int *lp = ev[i].data.ptr;

        if (lp == &s->listen_fd[0] || lp == &s->listen_fd[1])
            accept_one(s, (size_t)(lp - s->listen_fd));
        else
            xs_conn_ready(ev[i].data.ptr, ev[i].events);
    }
    settle_all(s);
    s->quit |= alone(s);
    return UT_OK;
}

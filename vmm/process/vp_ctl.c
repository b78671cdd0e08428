/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vp_ctl.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct conn {
    struct vp_ctl *ctl;
    int fd;                         /* -1 = free */
    struct dv_watch watch;
    bool subscribed;
};

struct vp_ctl {
    struct vp_domain *dom;
    struct dv_watch listener;
    struct conn conn[VP_CTL_MAX_CONNS];
};

static void drop(struct conn *c)
{
    if (c->fd < 0) return;
    dv_loop_del(c->ctl->dom->loop, &c->watch);
    close(c->fd);
    c->fd = -1;
    c->subscribed = false;
}

/* ---- requests ------------------------------------------------------------------------------ */

static int do_subscribe(struct conn *c, struct vmctl_msg *m, struct ut_err *err)
{
    (void)m;
    (void)err;
    c->subscribed = true;
    return UT_OK;
}

static int do_pause(struct conn *c, struct vmctl_msg *m, struct ut_err *err)
{
    (void)m;
    return vp_domain_event(c->ctl->dom, VP_EV_PAUSE, err);
}

static int do_unpause(struct conn *c, struct vmctl_msg *m, struct ut_err *err)
{
    (void)m;
    return vp_domain_event(c->ctl->dom, VP_EV_UNPAUSE, err);
}

static int do_destroy(struct conn *c, struct vmctl_msg *m, struct ut_err *err)
{
    (void)m;
    return vp_domain_event(c->ctl->dom, VP_EV_DESTROY, err);
}

/* The guest's line to XenStore: a new one when that has been started again. */
static int do_store(struct conn *c, struct vmctl_msg *m, struct ut_err *err)
{
    struct vp_domain *d = c->ctl->dom;
    int fd = m->fd[0];

    if (!d->xsring)
        return ut_err_set(err, UT_EUNSUP, "a guest of builder %s has no XenStore", d->kind->name);
    m->fd[0] = -1;
    return dv_xsring_connect(d->xsring, fd, err);
}

static int do_request(struct conn *c, struct vmctl_msg *m, struct ut_err *err)
{
    struct vp_domain *d = c->ctl->dom;

    if (m->u.reason.reason != VMCTL_POWEROFF && m->u.reason.reason != VMCTL_REBOOT)
        return ut_err_set(err, UT_EARG, "a guest can be asked for power-off and reboot only");
    if (!d->kind->request)
        return ut_err_set(err, UT_EUNSUP, "a guest of builder %s cannot be asked to stop",
                          d->kind->name);
    return d->kind->request(d, (enum vmctl_reason)m->u.reason.reason, err);
}

static int do_sysrq(struct conn *c, struct vmctl_msg *m, struct ut_err *err)
{
    (void)c;
    (void)m;
    return ut_err_set(err, UT_EUNSUP, "this guest has no sysrq of the hypervisor's");
}

static const struct handler {
    enum vmctl_type type;
    int (*fn)(struct conn *c, struct vmctl_msg *m, struct ut_err *err);
} handlers[] = {
    { VMCTL_SUBSCRIBE, do_subscribe },
    { VMCTL_PAUSE,     do_pause },
    { VMCTL_UNPAUSE,   do_unpause },
    { VMCTL_DESTROY,   do_destroy },
    { VMCTL_REQUEST,   do_request },
    { VMCTL_SYSRQ,     do_sysrq },
    { VMCTL_STORE,     do_store },
};

static void answer(struct conn *c, uint32_t id, int code, const struct ut_err *err)
{
    struct vmctl_msg m;

    vmctl_init(&m, VMCTL_REPLY, id);
    m.u.reply.code = code;
    if (code < 0)
        for (size_t i = 0; i + 1 < sizeof(m.u.reply.text) && err->text[i]; i++)
            m.u.reply.text[i] = err->text[i];
    if (vmctl_send(c->fd, &m, NULL) < 0) drop(c);
}

static void conn_ready(void *ctx, uint32_t events)
{
    struct conn *c = ctx;
    struct ut_err err = UT_ERR_INIT;
    struct vmctl_msg m;
    int rc = vmctl_recv(c->fd, VMCTL_FROM_CLIENT, &m, &err);

    (void)events;
    if (rc == UT_EBUSY) return;
    if (rc <= 0) {
        if (rc < 0) vp_log(c->ctl->dom, UT_LOG_WARNING, "control peer dropped: %s", err.text);
        drop(c);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(handlers); i++) {
        if (handlers[i].type != m.hdr.type) continue;
        rc = handlers[i].fn(c, &m, &err);
        vmctl_close_fds(&m);            /* what was not taken */
        answer(c, m.hdr.id, rc, &err);
        return;
    }
    vmctl_close_fds(&m);
    vp_log(c->ctl->dom, UT_LOG_WARNING, "control peer dropped: unexpected %s",
           vmctl_type_name(m.hdr.type));
    drop(c);
}

void vp_ctl_push_shutdown(struct vp_ctl *ctl, enum vmctl_reason reason)
{
    struct vmctl_msg m;

    for (unsigned i = 0; ctl && i < VP_CTL_MAX_CONNS; i++) {
        struct conn *c = &ctl->conn[i];

        if (c->fd < 0 || !c->subscribed) continue;
        vmctl_init(&m, VMCTL_SHUTDOWN, 0);
        m.u.reason.reason = reason;
        if (vmctl_send(c->fd, &m, NULL) < 0) drop(c);
    }
}

/* ---- connections --------------------------------------------------------------------------- */

static bool allowed(const struct vp_ctl *ctl, int fd)
{
    struct ucred cred;
    socklen_t len = sizeof(cred);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0) return false;
    return cred.uid == 0 || cred.uid == ctl->dom->cfg.owner_uid;
}

static struct conn *add(struct vp_ctl *ctl, int fd)
{
    for (unsigned i = 0; i < VP_CTL_MAX_CONNS; i++) {
        struct conn *c = &ctl->conn[i];

        if (c->fd >= 0) continue;
        if (dv_loop_add(ctl->dom->loop, &c->watch, fd, EPOLLIN, conn_ready, c, NULL) < 0) break;
        c->fd = fd;
        c->subscribed = false;
        return c;
    }
    close(fd);
    return NULL;
}

static void greet(struct conn *c)
{
    struct vmctl_msg m;

    vmctl_init(&m, VMCTL_HELLO, 0);
    m.u.hello.domid = c->ctl->dom->cfg.domid;
    m.fd[0] = c->ctl->dom->fd[VMCTL_FD_STATUS];
    m.nr_fds = 1;
    if (vmctl_send(c->fd, &m, NULL) < 0) drop(c);
}

static void peer_waits(void *ctx, uint32_t events)
{
    struct vp_ctl *ctl = ctx;
    int fd = accept4(ctl->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct conn *c;

    (void)events;
    if (fd < 0) return;
    if (!allowed(ctl, fd)) {
        close(fd);
        return;
    }
    c = add(ctl, fd);
    if (c) greet(c);
}

int vp_ctl_new(struct vp_domain *d, int start_sock, struct vp_ctl **ctl_out, struct ut_err *err)
{
    struct vp_ctl *ctl = calloc(1, sizeof(*ctl));
    struct conn *c;
    int rc;

    if (!ctl) {
        if (start_sock >= 0) close(start_sock);
        return ut_err_set(err, UT_ENOMEM, "control connections");
    }
    ctl->dom = d;
    ctl->listener.fd = -1;
    for (unsigned i = 0; i < VP_CTL_MAX_CONNS; i++) {
        ctl->conn[i].ctl = ctl;
        ctl->conn[i].fd = ctl->conn[i].watch.fd = -1;
    }
    rc = UT_OK;
    if (start_sock >= 0) {
        (void)fcntl(start_sock, F_SETFL, fcntl(start_sock, F_GETFL) | O_NONBLOCK);
        c = add(ctl, start_sock);
        if (c) c->subscribed = true;
        else rc = ut_err_set(err, UT_ESYS, "cannot watch the creator's connection");
    }
    if (rc == UT_OK)
        rc = dv_loop_add(d->loop, &ctl->listener, d->fd[VMCTL_FD_CTL], EPOLLIN, peer_waits, ctl,
                         err);
    if (rc < 0) {
        vp_ctl_free(ctl);
        return rc;
    }
    *ctl_out = ctl;
    return UT_OK;
}

void vp_ctl_free(struct vp_ctl *ctl)
{
    if (!ctl) return;
    for (unsigned i = 0; i < VP_CTL_MAX_CONNS; i++) drop(&ctl->conn[i]);
    dv_loop_del(ctl->dom->loop, &ctl->listener);
    free(ctl);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vmctl.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct row {
    const char *name;
    enum vmctl_side from;
    uint32_t body_bytes;
    unsigned min_fds, max_fds;
} rows[VMCTL_NR_TYPES] = {
#define VMCTL_ROW(name, value, from, body, min_fds, max_fds) \
    [value] = { #name, from, sizeof(body), min_fds, max_fds },
    VMCTL_LIST(VMCTL_ROW)
#undef VMCTL_ROW
};

void vmctl_init(struct vmctl_msg *m, enum vmctl_type type, uint32_t id)
{
    memset(m, 0, sizeof(*m));
    m->hdr.version = VMCTL_VERSION;
    m->hdr.type = (uint16_t)type;
    m->hdr.body_bytes = rows[type].body_bytes;
    m->hdr.id = id;
    for (unsigned i = 0; i < VMCTL_MAX_FDS; i++) m->fd[i] = -1;
}

const char *vmctl_type_name(unsigned type)
{
    return type < VMCTL_NR_TYPES && rows[type].name ? rows[type].name : "?";
}

int vmctl_check(const struct vmctl_msg *m, size_t len_bytes, unsigned nr_fds, enum vmctl_side from,
                struct ut_err *err)
{
    const struct row *row;

    if (len_bytes < sizeof(m->hdr))
        return ut_err_set(err, UT_EPROTO, "message of %zu bytes has no header", len_bytes);
    if (m->hdr.version != VMCTL_VERSION)
        return ut_err_set(err, UT_EPROTO, "protocol version %u, this side speaks %u",
                          m->hdr.version, VMCTL_VERSION);
    if (m->hdr.type >= VMCTL_NR_TYPES || !rows[m->hdr.type].name)
        return ut_err_set(err, UT_EPROTO, "unknown message type %u", m->hdr.type);
    row = &rows[m->hdr.type];
    if (row->from != from)
        return ut_err_set(err, UT_EPROTO, "%s is not for this side", row->name);
    if (m->hdr.body_bytes != row->body_bytes || len_bytes != sizeof(m->hdr) + row->body_bytes)
        return ut_err_set(err, UT_EPROTO, "%s has %zu bytes, not %zu", row->name,
                          len_bytes, sizeof(m->hdr) + row->body_bytes);
    if (nr_fds < row->min_fds || nr_fds > row->max_fds)
        return ut_err_set(err, UT_EPROTO, "%s with %u descriptors", row->name, nr_fds);
    return UT_OK;
}

void vmctl_close_fds(struct vmctl_msg *m)
{
    for (unsigned i = 0; i < VMCTL_MAX_FDS; i++) {
        if (m->fd[i] >= 0) close(m->fd[i]);
        m->fd[i] = -1;
    }
    m->nr_fds = 0;
}

int vmctl_send(int sock, struct vmctl_msg *m, struct ut_err *err)
{
    union { struct cmsghdr align; char space[CMSG_SPACE(VMCTL_MAX_FDS * sizeof(int))]; } ctl;
    struct iovec iov[2] = { { &m->hdr, sizeof(m->hdr) }, { &m->u, m->hdr.body_bytes } };
    struct msghdr mh = { .msg_iov = iov, .msg_iovlen = 2 };
    struct cmsghdr *cm;
    ssize_t n;

    if (m->nr_fds) {
        memset(&ctl, 0, sizeof(ctl));
        mh.msg_control = ctl.space;
        mh.msg_controllen = CMSG_SPACE(m->nr_fds * sizeof(int));
        cm = CMSG_FIRSTHDR(&mh);
        cm->cmsg_level = SOL_SOCKET;
        cm->cmsg_type = SCM_RIGHTS;
        cm->cmsg_len = CMSG_LEN(m->nr_fds * sizeof(int));
        memcpy(CMSG_DATA(cm), m->fd, m->nr_fds * sizeof(int));
    }
    do n = sendmsg(sock, &mh, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n >= 0) return UT_OK;
    if (errno == EAGAIN) return ut_err_sys(err, UT_EBUSY, "send %s", rows[m->hdr.type].name);
    return ut_err_sys(err, UT_ECONN, "send %s", rows[m->hdr.type].name);
}

/* The control buffer has room for credentials too, so more descriptors than a message may have can
   arrive: they are closed, and counted so that the check fails. */
static void take_fds(struct vmctl_msg *m, const unsigned char *data, size_t nr)
{
    for (size_t i = 0; i < nr; i++) {
        int fd;

        memcpy(&fd, data + i * sizeof(fd), sizeof(fd));
        if (m->nr_fds < VMCTL_MAX_FDS) m->fd[m->nr_fds] = fd;
        else close(fd);
        m->nr_fds++;
    }
}

/* Take descriptors and the sender's process id out of the control data. */
static void take_control(struct msghdr *mh, struct vmctl_msg *m)
{
    for (struct cmsghdr *cm = CMSG_FIRSTHDR(mh); cm; cm = CMSG_NXTHDR(mh, cm)) {
        size_t bytes = cm->cmsg_len - CMSG_LEN(0);
        struct ucred cred;

        if (cm->cmsg_level != SOL_SOCKET) continue;
        if (cm->cmsg_type == SCM_RIGHTS) {
            take_fds(m, CMSG_DATA(cm), bytes / sizeof(int));
        } else if (cm->cmsg_type == SCM_CREDENTIALS && bytes == sizeof(cred)) {
            memcpy(&cred, CMSG_DATA(cm), sizeof(cred));
            m->sender_pid = cred.pid;
        }
    }
}

int vmctl_recv(int sock, enum vmctl_side from, struct vmctl_msg *m, struct ut_err *err)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(VMCTL_MAX_FDS * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
    } ctl;
    struct iovec iov[2] = { { &m->hdr, sizeof(m->hdr) }, { &m->u, sizeof(m->u) } };
    struct msghdr mh = { .msg_iov = iov, .msg_iovlen = 2, .msg_control = ctl.space };
    ssize_t n;
    int rc;

    memset(m, 0, sizeof(*m));
    for (unsigned i = 0; i < VMCTL_MAX_FDS; i++) m->fd[i] = -1;
    mh.msg_controllen = sizeof(ctl.space);
    do n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        struct timeval tv = { 0, 0 };
        socklen_t len = sizeof(tv);

        if (!getsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &tv, &len) && (tv.tv_sec || tv.tv_usec))
            return ut_err_set(err, UT_ETIMEOUT, "no answer in %ld s", (long)tv.tv_sec);
        return ut_err_set(err, UT_EBUSY, "nothing to receive");
    }
    if (n < 0 && errno == ECONNRESET) return 0;
    if (n < 0) return ut_err_sys(err, UT_ECONN, "receive");
    take_control(&mh, m);
    if (n == 0) {
        vmctl_close_fds(m);
        return 0;
    }
    if (mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
        rc = ut_err_set(err, UT_EPROTO, "message too long");
    else
        rc = vmctl_check(m, (size_t)n, m->nr_fds, from, err);
    if (rc < 0) {
        vmctl_close_fds(m);
        return rc;
    }
    return 1;
}

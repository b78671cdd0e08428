/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backend/vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int set_options(int sock, struct ut_err *err)
{
    const struct timeval tv = { XCI__VMM_CTL_TIMEOUT_S, 0 };
    const int on = 1;

    /* credentials: the process id of whoever really sends, not of whoever once called listen() */
    if (setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) < 0 ||
        setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) < 0 ||
        setsockopt(sock, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
        return ut_err_sys(err, UT_ESYS, "control socket");
    return UT_OK;
}

static int no_domain(struct ut_err *err, xci_domid_t domid)
{
    return ut_err_set(err, UT_ENODOM, "there is no domain with the id %u", domid);
}

static int dial(struct xci__vmm *vm, xci_domid_t domid, int *sock_out, struct ut_err *err)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    int r, rc, sock, dir_fd = open(vm->dom_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (dir_fd < 0) return no_domain(err, domid);
    snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/%u/ctl.sock", dir_fd, domid);
    sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (sock < 0) {
        close(dir_fd);
        return ut_err_sys(err, UT_ESYS, "socket");
    }
    rc = set_options(sock, err);
    if (rc == UT_OK) {
        do r = connect(sock, (struct sockaddr *)&sa, sizeof(sa));
        while (r < 0 && errno == EINTR);
        if (r < 0 && (errno == ENOENT || errno == ECONNREFUSED)) rc = no_domain(err, domid);
        else if (r < 0) rc = ut_err_sys(err, UT_ECONN, "control socket of domain %u", domid);
    }
    close(dir_fd);
    if (rc < 0) close(sock);
    else *sock_out = sock;
    return rc;
}

int xci__vmm_connect(struct xci__vmm *vm, xci_domid_t domid, int *sock_out, int *status_fd_out,
                     pid_t *pid_out, struct ut_err *err)
{
    struct vmctl_msg m;
    int sock = -1, rc = dial(vm, domid, &sock, err);

    if (rc < 0) return rc;
    rc = vmctl_recv(sock, VMCTL_FROM_DOMAIN, &m, err);
    if (rc == 0) rc = no_domain(err, domid);
    else if (rc == 1 && (m.hdr.type != VMCTL_HELLO || m.u.hello.domid != domid))
        rc = ut_err_set(err, UT_EPROTO, "domain %u does not greet as it should", domid);
    if (rc < 0) {
        if (rc != UT_ENODOM) vmctl_close_fds(&m);
        close(sock);
        return rc;
    }
    if (status_fd_out) {
        *status_fd_out = m.fd[0];
        m.fd[0] = -1;
    }
    if (pid_out) *pid_out = m.sender_pid;
    vmctl_close_fds(&m);
    *sock_out = sock;
    return UT_OK;
}

int xci__vmm_call(int sock, struct vmctl_msg *m, struct ut_err *err)
{
    uint32_t id = m->hdr.id;
    int rc = vmctl_send(sock, m, err);

    if (rc < 0) return rc;
    do {
        rc = vmctl_recv(sock, VMCTL_FROM_DOMAIN, m, err);
        if (rc == 1) vmctl_close_fds(m);
    } while (rc == 1 && m->hdr.type == VMCTL_SHUTDOWN);
    if (rc == 0) return ut_err_set(err, UT_ECONN, "the domain ended instead of answering");
    if (rc < 0) return rc;
    if (m->hdr.type != VMCTL_REPLY || m->hdr.id != id)
        return ut_err_set(err, UT_EPROTO, "%s instead of an answer", vmctl_type_name(m->hdr.type));
    if (m->u.reply.code >= 0) return UT_OK;
    m->u.reply.text[sizeof(m->u.reply.text) - 1] = '\0';
    return ut_err_set(err, m->u.reply.code, "%s", m->u.reply.text);
}

int xci__vmm_command(struct xci__vmm *vm, xci_domid_t domid, struct vmctl_msg *m,
                     struct ut_err *err)
{
    int sock = -1, rc = xci__vmm_connect(vm, domid, &sock, NULL, NULL, err);

    if (rc < 0) return rc;
    rc = xci__vmm_call(sock, m, err);
    close(sock);
    return rc;
}

/* Wait for the end of the stream. UT_ETIMEOUT. */
static int wait_end(int sock, struct ut_err *err)
{
    struct vmctl_msg m;
    int rc;

    do {
        rc = vmctl_recv(sock, VMCTL_FROM_DOMAIN, &m, err);
        if (rc == 1) vmctl_close_fds(&m);
    } while (rc == 1);
    return rc == UT_ECONN ? 0 : rc;
}

int xci__vmm_end(struct xci__vmm *vm, xci_domid_t domid, struct ut_err *err)
{
    struct vmctl_msg m;
    pid_t pid = 0;
    int sock = -1, rc = xci__vmm_connect(vm, domid, &sock, NULL, &pid, err);

    if (rc < 0) return rc;
    vmctl_init(&m, VMCTL_DESTROY, 1);
    rc = vmctl_send(sock, &m, err);
    if (rc == UT_OK || rc == UT_ECONN) rc = wait_end(sock, err);
    if (rc < 0 && pid > 1) {
        /* the connection is still open, so the process is, and the id cannot be another's */
        (void)kill(pid, SIGKILL);
        rc = wait_end(sock, err);
    }
    close(sock);
    return rc < 0 ? rc : UT_OK;
}

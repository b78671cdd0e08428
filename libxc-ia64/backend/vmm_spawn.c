/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backend/vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_FD 3                      /* where xen-vmm finds its socket */

extern char **environ;

/* Nothing inherited but the start socket and, as stderr, the log. */
static int file_actions(posix_spawn_file_actions_t *fa, int sock, int log_fd)
{
    int r = posix_spawn_file_actions_adddup2(fa, sock, START_FD);

    if (!r) r = posix_spawn_file_actions_addopen(fa, 0, "/dev/null", O_RDONLY, 0);
    if (!r) r = posix_spawn_file_actions_addopen(fa, 1, "/dev/null", O_WRONLY, 0);
    if (!r && log_fd >= 0) r = posix_spawn_file_actions_adddup2(fa, log_fd, 2);
    if (!r && log_fd < 0) r = posix_spawn_file_actions_addopen(fa, 2, "/dev/null", O_WRONLY, 0);
    if (!r) r = posix_spawn_file_actions_addclosefrom_np(fa, START_FD + 1);
    return r;
}

static int attributes(posix_spawnattr_t *at)
{
    /* what a program may have ignored; handlers do not survive exec anyway */
    static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGCHLD,
                                   SIGUSR1, SIGUSR2 };
    sigset_t none, dfl;
    int r;

    sigemptyset(&none);
    sigemptyset(&dfl);
    for (size_t i = 0; i < ARRAY_SIZE(ignored); i++) sigaddset(&dfl, ignored[i]);
    r = posix_spawnattr_setsigmask(at, &none);
    if (!r) r = posix_spawnattr_setsigdefault(at, &dfl);
    if (!r)
        r = posix_spawnattr_setflags(at, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                     POSIX_SPAWN_SETSIGDEF);
    return r;
}

/* An errno, as posix_spawn gives it. */
static int spawn(const char *path, const char *name, int sock, int log_fd, pid_t *pid_out)
{
    char *argv[] = { (char *)"xen-vmm", (char *)(name && *name ? name : "-"), NULL };
    posix_spawn_file_actions_t fa;
    posix_spawnattr_t at;
    int r;

    r = posix_spawn_file_actions_init(&fa);
    if (r) return r;
    r = posix_spawnattr_init(&at);
    if (!r) {
        r = file_actions(&fa, sock, log_fd);
        if (!r) r = attributes(&at);
        if (!r) r = posix_spawn(pid_out, path, &fa, &at, argv, environ);
        posix_spawnattr_destroy(&at);
    }
    posix_spawn_file_actions_destroy(&fa);
    return r;
}

void xci__vmm_reap(pid_t pid)
{
    /* somebody else in this program may have done so already */
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
}

int xci__vmm_spawn(struct xci__vmm *vm, const char *name, int log_fd, int *sock_out,
                   pid_t *first_out, struct ut_err *err)
{
    const struct timeval tv = { XCI__VMM_START_TIMEOUT_S, 0 };
    const int on = 1;
    int r, pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return ut_err_sys(err, UT_ESYS, "start socket");
    (void)setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
    (void)setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
    r = spawn(vm->vmm_path, name, pair[1], log_fd, first_out);
    close(pair[1]);
    if (r) {
        *first_out = 0;
        close(pair[0]);
        errno = r;
        return ut_err_sys(err, UT_ESYS, "cannot start %s", vm->vmm_path);
    }
    *sock_out = pair[0];
    return UT_OK;
}

int xci__vmm_start(int sock, struct vmctl_start *start, const int fds[VMCTL_NR_FDS],
                   pid_t *pid_out, struct ut_err *err)
{
    struct vmctl_msg m;
    int rc;

    vmctl_init(&m, VMCTL_START, 1);
    m.u.start = *start;
    for (unsigned i = 0; i < VMCTL_NR_FDS; i++) {
        if (fds[i] < 0) continue;
        m.u.start.fd_mask |= 1u << i;
        m.fd[m.nr_fds++] = fds[i];
    }
    rc = vmctl_send(sock, &m, err);
    if (rc < 0) return ut_err_prefix(err, "xen-vmm");
    rc = vmctl_recv(sock, VMCTL_FROM_DOMAIN, &m, err);
    if (rc == 0) return ut_err_set(err, UT_ECONN, "xen-vmm ended while it was starting");
    if (rc < 0) return ut_err_prefix(err, "xen-vmm");
    vmctl_close_fds(&m);
    if (m.hdr.type == VMCTL_FAILED) {
        m.u.failed.text[sizeof(m.u.failed.text) - 1] = '\0';
        return ut_err_set(err, m.u.failed.code < 0 ? m.u.failed.code : UT_EREMOTE, "xen-vmm: %s",
                          m.u.failed.text);
    }
    if (m.hdr.type != VMCTL_READY)
        return ut_err_set(err, UT_EPROTO, "xen-vmm: %s instead of READY",
                          vmctl_type_name(m.hdr.type));
    *pid_out = m.sender_pid;
    return UT_OK;
}

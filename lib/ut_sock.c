/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The socket half of ut_io.h. */
#include "ut_io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTEN_BACKLOG 128

/* Fill in the address; a path that does not fit goes through /proc/self/fd of its directory, whose
 * descriptor comes back in *dir_fd_out (-1 = none needed) and must stay open during the call. */
static int unix_address(const char *path, struct sockaddr_un *sa, int *dir_fd_out,
                        struct ut_err *err)
{
    const char *slash = strrchr(path, '/');
    char dir[PATH_MAX];
    size_t len = strlen(path);
    int n;

    *dir_fd_out = -1;
    memset(sa, 0, sizeof(*sa));
    sa->sun_family = AF_UNIX;
    if (!len) return ut_err_set(err, UT_EARG, "empty socket path");
    if (len < sizeof(sa->sun_path)) {
        memcpy(sa->sun_path, path, len + 1);
        return UT_OK;
    }
    if (!slash || slash == path || (size_t)(slash - path) >= sizeof(dir))
        return ut_err_set(err, UT_ELIMIT, "socket path too long: %.300s", path);
    memcpy(dir, path, (size_t)(slash - path));
    dir[slash - path] = '\0';
    *dir_fd_out = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*dir_fd_out < 0) return ut_err_sys(err, UT_ESYS, "%s", dir);
    n = snprintf(sa->sun_path, sizeof(sa->sun_path), "/proc/self/fd/%d/%.*s", *dir_fd_out,
                 (int)sizeof(sa->sun_path), slash + 1);
    if (n < 0 || (size_t)n >= sizeof(sa->sun_path)) {
        close(*dir_fd_out);
        *dir_fd_out = -1;
        return ut_err_set(err, UT_ELIMIT, "socket name too long: %.300s", slash + 1);
    }
    return UT_OK;
}

int ut_io_unix_connect(const char *path, int *fd_out, struct ut_err *err)
{
    struct sockaddr_un sa;
    int dir_fd, fd, rc;

    *fd_out = -1;
    rc = unix_address(path, &sa, &dir_fd, err);
    if (rc < 0) {
        if (err && err->sys_errno) err->code = rc = UT_ECONN;
        return rc;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        rc = ut_err_sys(err, UT_ESYS, "socket");
        goto out;
    }
    while (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0) {
        if (errno == EINTR) continue;
        rc = ut_err_sys(err, UT_ECONN, "%s", path);
        close(fd);
        goto out;
    }
    *fd_out = fd;
    rc = UT_OK;
out:
    if (dir_fd >= 0) close(dir_fd);
    return rc;
}

/* Remove a socket nobody listens on. UT_EBUSY if somebody does. */
static int remove_stale(const char *path, struct ut_err *err)
{
    struct ut_err why = UT_ERR_INIT;
    struct stat st;
    int fd;

    if (lstat(path, &st) < 0) return UT_OK;
    if (!S_ISSOCK(st.st_mode))
        return ut_err_set(err, UT_EEXIST, "%s exists and is not a socket", path);
    if (ut_io_unix_connect(path, &fd, &why) == UT_OK) {
        close(fd);
        return ut_err_set(err, UT_EBUSY, "%s: another process listens there", path);
    }
    if (unlink(path) < 0 && errno != ENOENT)
        return ut_err_sys(err, UT_ESYS, "cannot remove the old socket %s", path);
    return UT_OK;
}

int ut_io_unix_listen(const char *path, mode_t mode, int *fd_out, struct ut_err *err)
{
    struct sockaddr_un sa;
    int dir_fd, fd, rc;

    *fd_out = -1;
    rc = remove_stale(path, err);
    if (rc < 0) return rc;
    rc = unix_address(path, &sa, &dir_fd, err);
    if (rc < 0) return rc;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* fchmod before bind: the file never exists with wider permissions */
    if (fd < 0 || fchmod(fd, mode) < 0 ||
        bind(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0 || chmod(sa.sun_path, mode) < 0 ||
        listen(fd, LISTEN_BACKLOG) < 0) {
        rc = ut_err_sys(err, UT_ESYS, "cannot listen on %s", path);
        if (fd >= 0) close(fd);
        goto out;
    }
    *fd_out = fd;
    rc = UT_OK;
out:
    if (dir_fd >= 0) close(dir_fd);
    return rc;
}

int ut_io_send_fds(int sock, const void *data, size_t len, const int *fds, unsigned nr_fds,
                   struct ut_err *err)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(UT_IO_MAX_FDS * sizeof(int))];
    } control;
    struct iovec iov = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
    ssize_t n;

    if (nr_fds > UT_IO_MAX_FDS || !len)
        return ut_err_set(err, UT_EARG, "a message needs data and at most %d descriptors",
                          UT_IO_MAX_FDS);
    if (nr_fds) {
        struct cmsghdr *c;

        memset(&control, 0, sizeof(control));
        msg.msg_control = control.bytes;
        msg.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
        c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
        memcpy(CMSG_DATA(c), fds, nr_fds * sizeof(int));
    }
    do n = sendmsg(sock, &msg, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0) return ut_err_sys(err, UT_ESYS, "send");
    /* descriptors went with the first byte; a stream may take the rest later */
    return (size_t)n < len ? ut_io_write_all(sock, (const char *)data + n, len - (size_t)n, err)
                           : UT_OK;
}

int ut_io_recv_fds(int sock, void *data, size_t len, size_t *len_out, int *fds,
                   unsigned *nr_fds_inout, struct ut_err *err)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(UT_IO_MAX_FDS * sizeof(int))];
    } control;
    struct iovec iov = { .iov_base = data, .iov_len = len };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
                          .msg_controllen = sizeof(control.bytes) };
    unsigned want = *nr_fds_inout, got = 0, surplus = 0;
    struct cmsghdr *c;
    ssize_t n;

    *nr_fds_inout = 0;
    do n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0) return ut_err_sys(err, UT_ESYS, "receive");
    for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
        size_t nr;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        nr = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < nr; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
            if (got < want) {
                fds[got++] = fd;
            } else {
                close(fd);
                surplus++;
            }
        }
    }
    *nr_fds_inout = got;
    *len_out = (size_t)n;
    if (surplus || (msg.msg_flags & MSG_CTRUNC)) {
        while (got) close(fds[--got]);
        *nr_fds_inout = 0;
        return ut_err_set(err, UT_EPROTO, "more descriptors than expected");
    }
    return UT_OK;
}

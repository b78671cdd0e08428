/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ut_io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define READ_CHUNK_BYTES 65536u

int ut_io_write_all(int fd, const void *data, size_t len, struct ut_err *err)
{
    const char *p = data;

    while (len) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return ut_err_sys(err, UT_ESYS, "write");
        p += n;
        len -= (size_t)n;
    }
    return UT_OK;
}

int ut_io_read_full(int fd, void *data, size_t len, struct ut_err *err)
{
    char *p = data;

    while (len) {
        ssize_t n = read(fd, p, len);

        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return ut_err_sys(err, UT_ESYS, "read");
        if (n == 0) return ut_err_set(err, UT_EFORMAT, "unexpected end of data");
        p += n;
        len -= (size_t)n;
    }
    return UT_OK;
}

/* Everything up to the end of `fd`, which is closed. */
static int read_all(int fd, const char *path, size_t max_bytes, struct ut_buf *out,
                    struct ut_err *err)
{
    size_t total = 0;
    int rc = UT_OK;

    for (;;) {
        char *p = ut_buf_reserve(out, READ_CHUNK_BYTES);
        ssize_t n;

        if (!p) {
            rc = ut_err_set(err, UT_ENOMEM, "%s: out of memory", path);
            break;
        }
        n = read(fd, p, READ_CHUNK_BYTES);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) rc = ut_err_sys(err, UT_ESYS, "%s", path);
        if (n <= 0) break;
        total += (size_t)n;
        out->len += (size_t)n;
        if (total > max_bytes) {
            rc = ut_err_set(err, UT_ELIMIT, "%s: larger than %zu bytes", path, max_bytes);
            break;
        }
    }
    if (out->data) out->data[out->len] = '\0';
    close(fd);
    return rc;
}

int ut_io_read_file(const char *path, size_t max_bytes, struct ut_buf *out, struct ut_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0) return ut_err_sys(err, errno == ENOENT ? UT_ENOENT : UT_ESYS, "%s", path);
    return read_all(fd, path, max_bytes, out, err);
}

int ut_io_read_regular(const char *path, size_t max_bytes, struct ut_buf *out, struct ut_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;

    if (fd < 0) return ut_err_sys(err, errno == ENOENT ? UT_ENOENT : UT_ESYS, "%s", path);
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return ut_err_set(err, UT_EARG, "%s: not a regular file", path);
    }
    return read_all(fd, path, max_bytes, out, err);
}

/* Directory part of `path` into `dir` (PATH_MAX bytes); returns the file's name. */
static const char *split_dir(const char *path, char *dir)
{
    const char *slash = strrchr(path, '/');
    size_t len;

    if (!slash) {
        memcpy(dir, ".", 2);
        return path;
    }
    len = slash == path ? 1 : (size_t)(slash - path);
    if (len >= PATH_MAX) len = PATH_MAX - 1;
    memcpy(dir, path, len);
    dir[len] = '\0';
    return slash + 1;
}

static int sync_dir(const char *dir, struct ut_err *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = UT_OK;

    if (fd < 0) return ut_err_sys(err, UT_ESYS, "%s", dir);
    /* file systems that cannot sync a directory say EINVAL: nothing to be done there */
    if (fsync(fd) < 0 && errno != EINVAL) rc = ut_err_sys(err, UT_ESYS, "cannot sync %s", dir);
    close(fd);
    return rc;
}

int ut_io_replace_file(const char *path, const void *data, size_t len, mode_t mode,
                       struct ut_err *err)
{
    char dir[PATH_MAX], tmp[PATH_MAX];
    int fd, rc;

    split_dir(path, dir);
    if ((size_t)snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path) >= sizeof(tmp))
        return ut_err_set(err, UT_ELIMIT, "path too long: %.300s", path);
    fd = mkostemp(tmp, O_CLOEXEC);
    if (fd < 0) return ut_err_sys(err, UT_ESYS, "cannot create a file in %s", dir);
    rc = ut_io_write_all(fd, data, len, err);
    if (rc < 0) ut_err_prefix(err, "%s", path);
    if (rc == UT_OK && fchmod(fd, mode) < 0) rc = ut_err_sys(err, UT_ESYS, "%s", tmp);
    if (rc == UT_OK && fsync(fd) < 0) rc = ut_err_sys(err, UT_ESYS, "cannot sync %s", tmp);
    if (close(fd) < 0 && rc == UT_OK) rc = ut_err_sys(err, UT_ESYS, "%s", tmp);
    if (rc == UT_OK && rename(tmp, path) < 0)
        rc = ut_err_sys(err, UT_ESYS, "cannot replace %s", path);
    if (rc < 0) {
        unlink(tmp);
        return rc;
    }
    return sync_dir(dir, err);
}

uint64_t ut_now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

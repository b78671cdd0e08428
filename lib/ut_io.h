/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ut_io: whole reads and writes, atomic files, descriptors over sockets.
 * Every descriptor made here is close-on-exec. EINTR is retried.
 */
#ifndef LIB_UT_IO_H
#define LIB_UT_IO_H

#include <stdint.h>
#include <sys/types.h>
#include "ut_buf.h"
#include "ut_err.h"

/** Write everything or fail (UT_ESYS). */
int ut_io_write_all(int fd, const void *data, size_t len, struct ut_err *err);
/** Read exactly len bytes; UT_EFORMAT on early end of file. */
int ut_io_read_full(int fd, void *data, size_t len, struct ut_err *err);
/** Whole file into `out`; UT_ELIMIT above max_bytes, error texts name the path. */
int ut_io_read_file(const char *path, size_t max_bytes, struct ut_buf *out, struct ut_err *err);
/** The same, but UT_EARG for what is no regular file: a daemon must not wait for a fifo's
 *  writer. */
int ut_io_read_regular(const char *path, size_t max_bytes, struct ut_buf *out, struct ut_err *err);
/** Replace `path` so that after a power loss either the old or the new contents are there
 *  (temporary file in the same directory, fsync, rename, fsync of the directory). */
int ut_io_replace_file(const char *path, const void *data, size_t len, mode_t mode,
                       struct ut_err *err);

/** Listening AF_UNIX stream socket at `path` (an unused old one is removed), mode as given.
 *  Paths longer than sun_path are reached through /proc/self/fd of their directory. */
int ut_io_unix_listen(const char *path, mode_t mode, int *fd_out, struct ut_err *err);
/** UT_ECONN when nobody listens (sys_errno says why). */
int ut_io_unix_connect(const char *path, int *fd_out, struct ut_err *err);

#define UT_IO_MAX_FDS 8
/** One message with descriptors attached (SCM_RIGHTS). */
int ut_io_send_fds(int sock, const void *data, size_t len, const int *fds, unsigned nr_fds,
                   struct ut_err *err);
/** Receive at most len bytes and up to *nr_fds_inout descriptors; *len_out 0 = end of stream. */
int ut_io_recv_fds(int sock, void *data, size_t len, size_t *len_out, int *fds,
                   unsigned *nr_fds_inout, struct ut_err *err);

/** Monotonic clock in nanoseconds. */
uint64_t ut_now_ns(void);

#endif

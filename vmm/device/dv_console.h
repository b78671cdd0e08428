/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dv_console: the hub between a guest's console and everyone who looks at it.
 *
 * The guest's output goes into one ring of DV_CONSOLE_RING_BYTES; every listener has its own place
 * in it. Three kinds of listeners, one policy each:
 *   log, stdio    reliable: nothing is overwritten before they have it; dv_console_put then takes
 *                 less than offered, and the guest waits.
 *   viewers       connections to the console socket, at most DV_CONSOLE_MAX_VIEWERS. A new one gets
 *                 the ring's contents first (replay). One that does not read loses the oldest
 *                 bytes; it never holds up the guest or the others.
 *   pty           the same, without replay beyond what the terminal buffers.
 * Input from stdio, viewers and pty is merged into a small queue; when it is full nobody is read
 * until the guest has taken some of it.
 *
 * Ownership: descriptors given in the configuration are closed by dv_console_free.
 * Threads: put, get and interrupt may be called from any thread, the rest from the loop's thread.
 * Errors: a listener that fails is dropped; a full disk under the log loses that output. The
 *   process must ignore SIGPIPE.
 */
#ifndef VMM_DEVICE_DV_CONSOLE_H
#define VMM_DEVICE_DV_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "dv_loop.h"
#include "ut_err.h"

#define DV_CONSOLE_RING_BYTES  65536u
#define DV_CONSOLE_INPUT_BYTES 4096u
#define DV_CONSOLE_MAX_VIEWERS 32u

struct dv_console;

/** Descriptors are -1 where there is none. Hooks may be NULL; they run in the loop's thread with no
 *  lock held. */
struct dv_console_config {
    int listen_fd;                  /* viewers connect here */
    int log_fd;                     /* regular file, append mode */
    int pty_fd;                     /* master */
    int stdio_fd;                   /* a stream socket or terminal, in and out */
    uid_t owner_uid;                /* viewers: this user and root */
    void *ctx;
    void (*input_ready)(void *ctx); /* input was queued */
    void (*drained)(void *ctx);     /* after a put that took less than offered: there is room now */
    void (*stdio_gone)(void *ctx);
};

int dv_console_new(struct dv_loop *loop, const struct dv_console_config *cfg,
                   struct dv_console **con_out, struct ut_err *err);
void dv_console_free(struct dv_console *con);

/** Guest output. Returns the bytes taken, fewer than `len` when a reliable listener is behind. */
size_t dv_console_put(struct dv_console *con, const char *text, size_t len);
/** The same, but waits until all is taken or dv_console_interrupt. Not for the loop's thread. */
void dv_console_put_wait(struct dv_console *con, const char *text, size_t len);
/** True: puts stop waiting, and overwrite what reliable listeners have not read (the guest's
 *  processors are being stopped). False: back to normal. */
void dv_console_interrupt(struct dv_console *con, bool on);
/** Take queued input. Returns bytes, 0 if there is none. */
size_t dv_console_get(struct dv_console *con, char *text, size_t size_bytes);
/** Hand out what is in the ring now; wait up to `timeout_ms` for stdio. */
void dv_console_flush(struct dv_console *con, int timeout_ms);

#endif

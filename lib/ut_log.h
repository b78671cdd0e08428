/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ut_log: a logger as an object.
 *
 * Ownership: ut_log_open allocates, ut_log_free releases; children borrow their parent's file.
 * Threads: ut_log_msg may be called from any thread. errno is preserved. Control characters in the
 * text are escaped. A NULL logger swallows messages. After fork the child keeps the descriptor.
 * Line format: [DATE TIME PID] LEVEL (component[:dDOMID]) TEXT, as xend.log always had it.
 */
#ifndef LIB_UT_LOG_H
#define LIB_UT_LOG_H

#include <stdarg.h>
#include "ut_err.h"

enum ut_level { UT_LOG_DEBUG, UT_LOG_INFO, UT_LOG_WARNING, UT_LOG_ERROR };

struct ut_log;

#define UT_NO_DOMID (-1)

/**
 * Open a logger appending to `path` ("-" = stderr).
 * @rotate_bytes  rename to PATH.1 .. PATH.5 when larger; 0 = never
 */
int ut_log_open(const char *path, const char *component, enum ut_level level, size_t rotate_bytes,
                struct ut_log **log_out, struct ut_err *err);
/** A logger on an already open descriptor (not closed by ut_log_free). */
int ut_log_open_fd(int fd, const char *component, enum ut_level level, struct ut_log **log_out);
/** A logger with another component name that writes to its parent's file; free it before the
 *  parent. A NULL parent gives a NULL logger. */
int ut_log_child(struct ut_log *parent, const char *component, struct ut_log **log_out);
void ut_log_free(struct ut_log *log);

void ut_log_set_level(struct ut_log *log, enum ut_level level);
/** @domid  domain the message is about, or UT_NO_DOMID */
void ut_log_msg(struct ut_log *log, enum ut_level level, int domid, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void ut_log_vmsg(struct ut_log *log, enum ut_level level, int domid, const char *fmt, va_list ap);
int ut_log_fd(const struct ut_log *log);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ut_err: the one error idiom of the project.
 *
 * Every function that can fail returns 0 (UT_OK) or a negative code from the list below and, where
 * the caller passes a struct ut_err, writes there what happened in words a user can act on. errno
 * is read at the place of failure and never used as transport. Nothing here allocates or logs.
 */
#ifndef LIB_UT_ERR_H
#define LIB_UT_ERR_H

#include <stddef.h>

/*    code          value  xml-rpc fault  text */
#define UT_ERR_LIST(X)                                                \
    X(UT_OK,            0, 0, "success")                              \
    X(UT_ESYS,         -1, 2, "system call failed")                   \
    X(UT_ENOMEM,       -2, 2, "out of memory")                        \
    X(UT_EARG,         -3, 2, "invalid argument")                     \
    X(UT_EFORMAT,      -4, 2, "malformed data")                       \
    X(UT_ENOENT,       -5, 2, "not found")                            \
    X(UT_EEXIST,       -6, 2, "already exists")                       \
    X(UT_ESTATE,       -7, 2, "not possible in this state")           \
    X(UT_EPERM,        -8, 2, "not permitted")                        \
    X(UT_ETIMEOUT,     -9, 2, "timed out")                            \
    X(UT_EPROTO,      -10, 2, "protocol violation")                   \
    X(UT_ELIMIT,      -11, 2, "limit exceeded")                       \
    X(UT_EUNSUP,      -12, 2, "not supported")                        \
    X(UT_EBUSY,       -13, 2, "busy")                                 \
    X(UT_ECONN,       -14, 2, "connection failed")                    \
    X(UT_EREMOTE,     -15, 2, "the peer reported an error")           \
    X(UT_ENODOM,      -16, 3, "no such domain")                       \
    X(UT_EINTERNAL,   -17, 1, "internal error")

enum ut_code {
#define UT_ERR_ENUM(code, value, fault, text) code = (value),
    UT_ERR_LIST(UT_ERR_ENUM)
#undef UT_ERR_ENUM
};

#define UT_ERR_TEXT_BYTES 512

/** What went wrong, owned by the caller; `text` is always NUL-terminated. */
struct ut_err {
    int code;                       /* enum ut_code */
    int sys_errno;                  /* errno of the failing system call, or 0 */
    int fault;                      /* XML-RPC fault code if it came from a peer, or 0 */
    char text[UT_ERR_TEXT_BYTES];
};

#define UT_ERR_INIT { 0, 0, 0, "" }

/** Record `code` with a formatted text. `err` may be NULL. Returns `code`. */
int ut_err_set(struct ut_err *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/** The same, with ": " and the text of the current errno appended. Returns `code`. */
int ut_err_sys(struct ut_err *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/** Put "TEXT: " in front of what `err` already says. Returns err->code (UT_EINTERNAL if NULL). */
int ut_err_prefix(struct ut_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Static text of a code. Never NULL. */
const char *ut_err_str(int code);

/** XML-RPC fault number that the code travels as. */
int ut_err_fault(int code);

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

#endif

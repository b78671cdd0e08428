/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ut_buf: a growable byte buffer, always NUL-terminated behind its contents.
 *
 * Embedded object: UT_BUF_INIT or ut_buf_init, then ut_buf_fini (idempotent). Errors are sticky:
 * after a failed append `oom` is set, further appends do nothing, so callers check once at the end.
 */
#ifndef LIB_UT_BUF_H
#define LIB_UT_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct ut_buf {
    char *data;                     /* NULL until the first append */
    size_t len;                     /* bytes of contents */
    size_t cap;
    bool oom;
};

#define UT_BUF_INIT { NULL, 0, 0, false }

void ut_buf_init(struct ut_buf *b);
void ut_buf_fini(struct ut_buf *b);
void ut_buf_reset(struct ut_buf *b);                      /* len = 0, memory kept */
void ut_buf_add(struct ut_buf *b, const void *data, size_t len);
void ut_buf_adds(struct ut_buf *b, const char *s);
void ut_buf_addc(struct ut_buf *b, char c);
void ut_buf_addf(struct ut_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ut_buf_vaddf(struct ut_buf *b, const char *fmt, va_list ap);
/** Drop `len` bytes from the front. */
void ut_buf_consume(struct ut_buf *b, size_t len);
/** Make room for `len` more bytes and return where they go (NULL = out of memory); the caller then
 *  adds what it wrote to b->len. */
void *ut_buf_reserve(struct ut_buf *b, size_t len);
/** Contents as a C string ("" when empty); valid until the next change. */
const char *ut_buf_str(const struct ut_buf *b);
/** Hand the contents over to the caller (free()), leaving the buffer empty. NULL on oom. */
char *ut_buf_take(struct ut_buf *b);

#endif

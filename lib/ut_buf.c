/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ut_buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIN_CAP_BYTES 64

void ut_buf_init(struct ut_buf *b)
{
    *b = (struct ut_buf)UT_BUF_INIT;
}

void ut_buf_fini(struct ut_buf *b)
{
    free(b->data);
    ut_buf_init(b);
}

void ut_buf_reset(struct ut_buf *b)
{
    b->len = 0;
    b->oom = false;
    if (b->data) b->data[0] = '\0';
}

void *ut_buf_reserve(struct ut_buf *b, size_t len)
{
    size_t need, cap;
    char *p;

    if (b->oom) return NULL;
    if (len > SIZE_MAX / 2 - b->len - 1) {
        b->oom = true;
        return NULL;
    }
    need = b->len + len + 1;
    if (need > b->cap) {
        cap = b->cap ? b->cap : MIN_CAP_BYTES;
        while (cap < need) cap *= 2;
        p = realloc(b->data, cap);
        if (!p) {
            b->oom = true;
            return NULL;
        }
        b->data = p;
        b->cap = cap;
    }
    b->data[b->len] = '\0';        /* terminated now and after the caller has filled the room */
    b->data[b->len + len] = '\0';
    return b->data + b->len;
}

void ut_buf_add(struct ut_buf *b, const void *data, size_t len)
{
    char *p = ut_buf_reserve(b, len);

    if (!p) return;
    if (len) memcpy(p, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void ut_buf_adds(struct ut_buf *b, const char *s)
{
    ut_buf_add(b, s, strlen(s));
}

void ut_buf_addc(struct ut_buf *b, char c)
{
    ut_buf_add(b, &c, 1);
}

void ut_buf_vaddf(struct ut_buf *b, const char *fmt, va_list ap)
{
    va_list again;
    char *p;
    int n;

    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0) {
        b->oom = true;
        return;
    }
    p = ut_buf_reserve(b, (size_t)n);
    if (!p) return;
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    b->len += (size_t)n;
}

void ut_buf_addf(struct ut_buf *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    ut_buf_vaddf(b, fmt, ap);
    va_end(ap);
}

void ut_buf_consume(struct ut_buf *b, size_t len)
{
    if (len > b->len) len = b->len;
    if (!len) return;
    memmove(b->data, b->data + len, b->len - len);
    b->len -= len;
    b->data[b->len] = '\0';
}

const char *ut_buf_str(const struct ut_buf *b)
{
    return b->data ? b->data : "";
}

char *ut_buf_take(struct ut_buf *b)
{
    char *p;

    if (!b->data && !b->oom) ut_buf_reserve(b, 0);
    if (b->oom) {
        ut_buf_fini(b);
        return NULL;
    }
    p = b->data;
    ut_buf_init(b);
    return p;
}

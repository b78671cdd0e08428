/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gunzip.c: one gzip member from memory to memory, with a limit. Source: RFC 1952. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "build_int.h"

#define GZIP_MIN_BYTES 18u          /* header and trailer */
#define FIRST_GUESS_MIN ((size_t)64 << 10)
#define INFLATE_GZIP_ONLY (15 + 16) /* windowBits: 32 KiB window, gzip wrapper required */

bool xci__is_gzip(const void *data, size_t len)
{
    const uint8_t *p = data;

    return len >= 3 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

/* The size in the trailer is only a guess: it is modulo 2^32, behind it may follow padding, and it
 * may lie. It is never trusted beyond the 1:1032 that deflate can reach. */
static size_t first_guess(const uint8_t *p, size_t len, size_t max_bytes)
{
    size_t isize = (size_t)p[len - 4] | (size_t)p[len - 3] << 8 | (size_t)p[len - 2] << 16 |
                   (size_t)p[len - 1] << 24;
    size_t reachable = len > max_bytes / 1032 ? max_bytes : len * 1032;

    if (isize > reachable)
        isize = reachable;
    return isize < FIRST_GUESS_MIN ? FIRST_GUESS_MIN : isize;
}

/* Inflate until the end of the member, growing the buffer up to max_bytes + 1. */
static int inflate_all(z_stream *z, uint8_t **buf, size_t *cap, size_t max_bytes,
                       struct ut_err *err)
{
    for (;;) {
        size_t have = z->total_out, room = *cap - have;
        uint8_t *bigger;
        int r;

        z->next_out = *buf + have;
        z->avail_out = room > UINT_MAX ? UINT_MAX : (uInt)room;
        r = inflate(z, Z_NO_FLUSH);
        if (z->total_out > max_bytes)
            return ut_err_set(err, UT_ELIMIT, "gzip: unpacks to more than %zu bytes", max_bytes);
        if (r == Z_STREAM_END) return UT_OK;
        if (r == Z_MEM_ERROR) return ut_err_set(err, UT_ENOMEM, "gzip: no memory to unpack");
        if (r != Z_OK && !(r == Z_BUF_ERROR && z->avail_out == 0))
            return ut_err_set(err, UT_EFORMAT, "gzip: %s after %lu of %zu compressed bytes",
                              z->msg ? z->msg : "data ends too early", z->total_in,
                              (size_t)z->total_in + z->avail_in);
        if (z->avail_out) continue;
        *cap = *cap > max_bytes / 2 ? max_bytes + 1 : *cap * 2;
        bigger = realloc(*buf, *cap);
        if (!bigger) return ut_err_set(err, UT_ENOMEM, "gzip: no memory for %zu bytes", *cap);
        *buf = bigger;
    }
}

int xci__gunzip(const void *data, size_t len, size_t max_bytes, uint8_t **out, size_t *out_len,
                struct ut_err *err)
{
    z_stream z = { 0 };
    uint8_t *buf = NULL;
    size_t cap;
    int rc;

    if (len < GZIP_MIN_BYTES || len > UINT_MAX)
        return ut_err_set(err, UT_EFORMAT, "gzip: %zu bytes cannot be a gzip file", len);
    cap = first_guess(data, len, max_bytes) + 1;
    buf = malloc(cap);
    if (!buf) return ut_err_set(err, UT_ENOMEM, "gzip: no memory for %zu bytes", cap);
    z.next_in = (z_const Bytef *)data;
    z.avail_in = (uInt)len;
    if (inflateInit2(&z, INFLATE_GZIP_ONLY) != Z_OK) {
        rc = ut_err_set(err, UT_ENOMEM, "gzip: no memory to unpack");
        goto out;
    }
    rc = inflate_all(&z, &buf, &cap, max_bytes, err);
    *out_len = z.total_out;
    inflateEnd(&z);
    if (rc < 0) goto out;
    *out = buf;
    buf = NULL;                     /* handed over */
out:
    free(buf);
    return rc;
}

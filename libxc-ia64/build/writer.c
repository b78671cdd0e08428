/* SPDX-License-Identifier: GPL-2.0-or-later */
/* writer.c: little-endian bytes into a bounded window of guest memory. */
#include <string.h>
#include "build_int.h"

static void put(struct xci__w *w, uint64_t v, unsigned size_bytes)
{
    if (w->overflow || w->end - w->gpa < size_bytes) {
        w->overflow = true;
        return;
    }
    for (unsigned i = 0; i < size_bytes; i++)
        w->ram[w->gpa++] = (uint8_t)(v >> (8 * i));
}

void xci__w_u8(struct xci__w *w, uint8_t v)
{
    put(w, v, 1);
}

void xci__w_u16(struct xci__w *w, uint16_t v)
{
    put(w, v, 2);
}

void xci__w_u32(struct xci__w *w, uint32_t v)
{
    put(w, v, 4);
}

void xci__w_u64(struct xci__w *w, uint64_t v)
{
    put(w, v, 8);
}

void xci__w_text(struct xci__w *w, const char *s, size_t len, char pad)
{
    size_t have = strnlen(s, len);

    for (size_t i = 0; i < len; i++)
        xci__w_u8(w, (uint8_t)(i < have ? s[i] : pad));
}

void xci__w_seek(struct xci__w *w, uint64_t gpa)
{
    if (gpa < w->gpa || gpa > w->end)
        w->overflow = true;
    else
        w->gpa = gpa;
}

void xci__w_align(struct xci__w *w, uint64_t align)
{
    xci__w_seek(w, (w->gpa + align - 1) & ~(align - 1));
}

void xci__w_checksum(struct xci__w *w, uint64_t from, uint64_t to, uint64_t at)
{
    uint8_t sum = 0;

    if (w->overflow || from > to || to > w->end || at < from || at >= to) {
        w->overflow = true;
        return;
    }
    w->ram[at] = 0;
    for (uint64_t i = from; i < to; i++)
        sum = (uint8_t)(sum + w->ram[i]);
    w->ram[at] = (uint8_t)-sum;
}

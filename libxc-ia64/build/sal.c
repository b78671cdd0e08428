/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sal.c: the SAL system table. Source: guest ABI 2.3; Itanium SAL specification, chapter 3. */
#include "build_int.h"

#define SST_HEADER_BYTES 0x60u
#define SST_CHECKSUM_AT  12u
#define AP_WAKEUP_VECTOR 0xf3u

enum { SST_ENTRY_POINT = 0, SST_AP_WAKEUP = 5, AP_WAKEUP_EXTERNAL_INTERRUPT = 0 };

static void header(struct xci__w *w, uint16_t nr_entries)
{
    xci__w_text(w, "SST_", 4, '\0');
    xci__w_u32(w, SST_HEADER_BYTES);        /* of the header alone: guests rely on that */
    xci__w_u8(w, 1);                        /* specification revision, minor then major */
    xci__w_u8(w, 0);
    xci__w_u16(w, nr_entries);
    xci__w_u8(w, 0);                        /* checksum, below */
    xci__w_text(w, "", 7, '\0');
    xci__w_text(w, "", 4, '\0');            /* SAL_A and SAL_B revisions */
    xci__w_text(w, "Xen/ia64", 32, '\0');   /* OEM */
    xci__w_text(w, "Xen/ia64", 32, '\0');   /* product */
    xci__w_text(w, "", 8, '\0');
}

uint64_t xci__sal_write(struct xci__w *w)
{
    uint64_t table;

    xci__w_align(w, 16);
    table = w->gpa;
    header(w, 2);

    xci__w_u8(w, SST_ENTRY_POINT);
    xci__w_text(w, "", 7, '\0');
    xci__w_u64(w, XCI__GPA_PAL_PROC);
    xci__w_u64(w, XCI__GPA_SAL_PROC);
    xci__w_u64(w, 0);                       /* gp */
    xci__w_text(w, "", 16, '\0');

    xci__w_u8(w, SST_AP_WAKEUP);
    xci__w_u8(w, AP_WAKEUP_EXTERNAL_INTERRUPT);
    xci__w_text(w, "", 6, '\0');
    xci__w_u64(w, AP_WAKEUP_VECTOR);

    xci__w_checksum(w, table, w->gpa, table + SST_CHECKSUM_AT);
    return table;
}

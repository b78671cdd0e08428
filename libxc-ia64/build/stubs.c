/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stubs.c: the firmware entry points in page 0: real bundles that load a number into r2 and break
 * into the hypervisor. Source: guest ABI 2.1; encodings: SDM vol. 3, formats A5, A6, I19, M37,
 * B4 and the bundle templates.
 */
#include "build_int.h"

#define STUB_BYTES 16u
#define STUB_EFI_FIRST 0x10u        /* index; address is index * 16 */
#define BREAK_HYPERCALL 0x1000u
#define NR_EFI_FIRST 0x300u
#define NR_PAL 0x1000u
#define NR_SAL 0x1100u
#define NR_SAL_RETURN 0x1200u
#define PAL_STACKED_FIRST 256u      /* PAL procedures from here on use the stacked convention */

enum template { T_MI_I_ = 0x03, T_MIB_ = 0x11, T_MBB_ = 0x13 };     /* _ marks a stop */
enum { RP = 0, NR_REG = 2, R9 = 9, R28 = 28, P7 = 7, P8 = 8 };

/* A5: addl r1 = imm22, r0 (imm 0 .. 0xffff here) */
static uint64_t addl(unsigned r1, uint64_t imm)
{
    return UINT64_C(9) << 37 | (imm >> 7 & 0x1ff) << 27 | (imm >> 16 & 0x1f) << 22 |
           (imm & 0x7f) << 13 | (uint64_t)r1 << 6;
}

/* A6: cmp.ltu p1, p2 = r2, r3 */
static uint64_t cmp_ltu(unsigned p1, unsigned p2, unsigned r2, unsigned r3)
{
    return UINT64_C(0xd) << 37 | (uint64_t)p2 << 27 | (uint64_t)r3 << 20 | (uint64_t)r2 << 13 |
           (uint64_t)p1 << 6;
}

/* I19 and M37: break.i and break.m have the same encoding */
static uint64_t break_(uint64_t imm)
{
    return (imm & 0xfffff) << 6;
}

/* B4: br.ret.sptk / br.cond.sptk through a branch register */
static uint64_t br_ret(unsigned qp, unsigned b, unsigned many)
{
    return UINT64_C(0x21) << 27 | (uint64_t)b << 13 | (uint64_t)many << 12 | 4u << 6 | qp;
}

static uint64_t br_cond(unsigned qp, unsigned b, unsigned many)
{
    return UINT64_C(0x20) << 27 | (uint64_t)b << 13 | (uint64_t)many << 12 | qp;
}

static void bundle(struct xci__w *w, enum template t, uint64_t s0, uint64_t s1, uint64_t s2)
{
    xci__w_u64(w, (uint64_t)t | s0 << 5 | s1 << 46);
    xci__w_u64(w, s1 >> 18 | s2 << 23);
}

static void plain_stub(struct xci__w *w, uint64_t gpa, uint64_t number)
{
    xci__w_seek(w, gpa);
    bundle(w, T_MIB_, addl(NR_REG, number), break_(BREAK_HYPERCALL), br_ret(0, RP, 1));
}

/* PAL has two calling conventions: static procedures are branched to, stacked ones called. */
static void pal_stub(struct xci__w *w)
{
    xci__w_seek(w, XCI__GPA_PAL_PROC);
    bundle(w, T_MI_I_, addl(NR_REG, NR_PAL), addl(R9, PAL_STACKED_FIRST),
           cmp_ltu(P7, P8, R28, R9));
    bundle(w, T_MBB_, break_(BREAK_HYPERCALL), br_cond(P7, RP, 0), br_ret(P8, RP, 0));
}

/* A processor started by the boot rendezvous returns here: a jump, no frame to restore. */
static void sal_return_stub(struct xci__w *w)
{
    xci__w_seek(w, XCI__GPA_SAL_RETURN);
    bundle(w, T_MIB_, addl(NR_REG, NR_SAL_RETURN), break_(BREAK_HYPERCALL), br_cond(0, RP, 1));
}

uint64_t xci__stub_efi(unsigned service)
{
    return (uint64_t)(STUB_EFI_FIRST + service) * STUB_BYTES;
}

void xci__stubs_write(uint8_t *ram)
{
    struct xci__w w = { .ram = ram, .gpa = 0, .end = XCI__GPA_ACPI };

    for (unsigned i = 0; i < XCI__NR_EFI_STUBS; i++)
        plain_stub(&w, xci__stub_efi(i), NR_EFI_FIRST + i);
    pal_stub(&w);
    plain_stub(&w, XCI__GPA_SAL_PROC, NR_SAL);
    sal_return_stub(&w);
}

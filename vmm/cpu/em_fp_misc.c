/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_fp_misc: merges, selections, logic and integer multiplication; no exceptions. */
#include "em_fp_impl.h"

#define HI(x) ((uint32_t)((x) >> 32))
#define LO(x) ((uint32_t)(x))
#define SIGNS UINT64_C(0x8000000080000000)
#define SIGN_EXPS UINT64_C(0xff800000ff800000)

static uint64_t pair(uint32_t hi, uint32_t lo)
{
    return (uint64_t)hi << 32 | lo;
}

static uint64_t bits_of(uint64_t mask, uint64_t from, uint64_t others)
{
    return (from & mask) | (others & ~mask);
}

struct em_freg em_fp_merge(enum em_fp_merge kind, struct em_freg f2, struct em_freg f3)
{
    static const uint64_t flip[] = { [EM_FP_MERGE_NS] = EM_FP_SIGN, [EM_FP_MERGE_SE] = 0 };
    static const uint64_t mask[] = { EM_FP_SIGN, EM_FP_SIGN, EM_FP_SIGN | EM_FP_EXP };
    struct em_freg r = { f3.sig, bits_of(mask[kind], f2.se ^ flip[kind], f3.se) };

    if (em_fp_is_natval(f2) || em_fp_is_natval(f3))
        return em_fpi_natval();
    return r;
}

struct em_freg em_fp_fpmerge(enum em_fp_merge kind, struct em_freg f2, struct em_freg f3)
{
    static const uint64_t flip[] = { [EM_FP_MERGE_NS] = SIGNS, [EM_FP_MERGE_SE] = 0 };
    static const uint64_t mask[] = { SIGNS, SIGNS, SIGN_EXPS };

    if (em_fp_is_natval(f2) || em_fp_is_natval(f3))
        return em_fpi_natval();
    return em_fpi_int(bits_of(mask[kind], f2.sig ^ flip[kind], f3.sig));
}

static uint32_t fill_of(uint32_t x)
{
    return x >> 31 ? UINT32_MAX : 0;
}

struct em_freg em_fp_sel(enum em_fp_sel op, struct em_freg f2, struct em_freg f3)
{
    uint64_t a = f2.sig, b = f3.sig, r = 0;

    if (em_fp_is_natval(f2) || em_fp_is_natval(f3))
        return em_fpi_natval();
    switch (op) {
    case EM_FP_MIX_L:   r = pair(HI(a), HI(b)); break;
    case EM_FP_MIX_R:   r = pair(LO(a), LO(b)); break;
    case EM_FP_MIX_LR:  r = pair(HI(a), LO(b)); break;
    case EM_FP_SXT_L:   r = pair(fill_of(HI(a)), HI(b)); break;
    case EM_FP_SXT_R:   r = pair(fill_of(LO(a)), LO(b)); break;
    case EM_FP_SWAP:    r = pair(LO(b), HI(a)); break;
    case EM_FP_SWAP_NL: r = pair(LO(b) ^ UINT32_C(0x80000000), HI(a)); break;
    case EM_FP_SWAP_NR: r = pair(LO(b), HI(a) ^ UINT32_C(0x80000000)); break;
    case EM_FP_PACK:    r = pair(em_fp_to_single(f2), em_fp_to_single(f3)); break;
    case EM_FP_AND:     r = a & b; break;
    case EM_FP_ANDCM:   r = a & ~b; break;
    case EM_FP_OR:      r = a | b; break;
    case EM_FP_XOR:     r = a ^ b; break;
    }
    return em_fpi_int(r);
}

struct em_freg em_fp_select(struct em_freg f3, struct em_freg f4, struct em_freg f2)
{
    if (em_fp_is_natval(f2) || em_fp_is_natval(f3) || em_fp_is_natval(f4))
        return em_fpi_natval();
    return em_fpi_int(bits_of(f2.sig, f3.sig, f4.sig));
}

struct em_freg em_fp_xma(enum em_fp_xma op, struct em_freg f3, struct em_freg f4, struct em_freg f2)
{
    em_fpi_u128 sum = (em_fpi_u128)f3.sig * f4.sig + f2.sig;
    uint64_t high = (uint64_t)(sum >> 64);

    if (em_fp_is_natval(f2) || em_fp_is_natval(f3) || em_fp_is_natval(f4))
        return em_fpi_natval();
    if (op == EM_FP_XMA_L)
        return em_fpi_int((uint64_t)sum);
    if (op == EM_FP_XMA_H)          /* the signed product, from the unsigned one */
        high -= (f3.sig >> 63 ? f4.sig : 0) + (f4.sig >> 63 ? f3.sig : 0);
    return em_fpi_int(high);
}

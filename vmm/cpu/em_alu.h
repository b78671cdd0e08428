/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_alu.h: what integer operations compute, once for the plain functions and the handlers. With a
 * constant `op` the compiler keeps one line of the switch.
 */
#ifndef VMM_CPU_EM_ALU_H
#define VMM_CPU_EM_ALU_H

#include "em_cpu.h"
#include "em_par.h"

#define EM_INLINE static inline __attribute__((always_inline))

/** Address arithmetic of addp4 and shladdp4: 32-bit sum, region bits from b. */
static inline uint64_t em__p4(uint64_t sum, uint64_t b)
{
    return (uint32_t)sum | ((b & UINT64_C(0xc0000000)) << 31);
}

static inline uint64_t em__mask(unsigned len)
{
    return len >= 64 ? ~UINT64_C(0) : EM_BIT(len) - 1;
}

static inline uint64_t em__extr(uint64_t v, unsigned pos, unsigned len)
{
    if (pos + len > 64) len = 64 - pos;
    return (uint64_t)((int64_t)(v << (64 - pos - len)) >> (64 - len));
}

static inline uint64_t em__extr_u(uint64_t v, unsigned pos, unsigned len)
{
    return (v >> pos) & em__mask(len);
}

/** len bits of v go to pos of base. */
static inline uint64_t em__dep(uint64_t v, uint64_t base, unsigned pos, unsigned len)
{
    uint64_t m = em__mask(len) << pos;

    return (base & ~m) | ((v << pos) & m);
}

static inline uint64_t em__shl(uint64_t v, uint64_t n) { return n > 63 ? 0 : v << n; }
static inline uint64_t em__shr_u(uint64_t v, uint64_t n) { return n > 63 ? 0 : v >> n; }
static inline uint64_t em__shr(uint64_t v, uint64_t n)
{
    return (uint64_t)((int64_t)v >> (n > 63 ? 63 : n));
}

static inline uint64_t em__shrp(uint64_t a, uint64_t b, unsigned n)
{
    return n ? (a << (64 - n)) | (b >> n) : b;
}

/**
 * Result of an integer operation without side effects.
 * @a r2, @b r3, @imm the immediate, @c shift count or position, @e length
 */
EM_INLINE uint64_t em__alu(unsigned op, uint64_t a, uint64_t b, uint64_t imm, unsigned c,
                               unsigned e)
{
    switch (op) {
    case IA_OP_ADD: return a + b;
    case IA_OP_ADD_1: return a + b + 1;
    case IA_OP_SUB: return a - b;
    case IA_OP_SUB_1: return a - b - 1;
    case IA_OP_ADDP4: return em__p4(a + b, b);
    case IA_OP_AND: return a & b;
    case IA_OP_ANDCM: return a & ~b;
    case IA_OP_OR: return a | b;
    case IA_OP_XOR: return a ^ b;
    case IA_OP_SHLADD: return (a << c) + b;
    case IA_OP_SHLADDP4: return em__p4((a << c) + b, b);
    case IA_OP_SHL: return em__shl(a, b);
    case IA_OP_SHR: return em__shr(b, a);
    case IA_OP_SHR_U: return em__shr_u(b, a);
    case IA_OP_SHRP: return em__shrp(a, b, c);
    case IA_OP_DEP: return em__dep(a, b, c, e);
    case IA_OP_DEP_IMM: return em__dep(imm, b, c, e);
    case IA_OP_DEP_Z: return em__dep(a, 0, c, e);
    case IA_OP_DEP_Z_IMM: return em__dep(imm, 0, c, e);
    case IA_OP_EXTR: return em__extr(b, c, e);
    case IA_OP_EXTR_U: return em__extr_u(b, c, e);
    case IA_OP_SUB_IMM: return imm - b;
    case IA_OP_AND_IMM: return imm & b;
    case IA_OP_ANDCM_IMM: return imm & ~b;
    case IA_OP_OR_IMM: return imm | b;
    case IA_OP_XOR_IMM: return imm ^ b;
    case IA_OP_ADDS:
    case IA_OP_ADDL: return imm + b;
    case IA_OP_ADDP4_IMM: return em__p4(imm + b, b);
    case IA_OP_MOVL: return imm;
    case IA_OP_SXT1: return (uint64_t)(int8_t)b;
    case IA_OP_SXT2: return (uint64_t)(int16_t)b;
    case IA_OP_SXT4: return (uint64_t)(int32_t)b;
    case IA_OP_ZXT1: return (uint8_t)b;
    case IA_OP_ZXT2: return (uint16_t)b;
    case IA_OP_ZXT4: return (uint32_t)b;
    case IA_OP_POPCNT: return (uint64_t)__builtin_popcountll(b);
    case IA_OP_CLZ: return b ? (uint64_t)__builtin_clzll(b) : 64;
    case IA_OP_MPY4: return (a & 0xffffffff) * (b & 0xffffffff);
    case IA_OP_MPYSHL4: return ((a >> 32) * (b & 0xffffffff)) << 32;
    case IA_OP_CZX1_L: return em__par_czx(b, 8, 1);
    case IA_OP_CZX1_R: return em__par_czx(b, 8, 0);
    case IA_OP_CZX2_L: return em__par_czx(b, 16, 1);
    case IA_OP_CZX2_R: return em__par_czx(b, 16, 0);
    }
    return 0;
}

enum em_rel { EM_REL_EQ, EM_REL_NE, EM_REL_LT, EM_REL_LE, EM_REL_GT, EM_REL_GE, EM_REL_LTU,
              EM_REL_BIT0, EM_REL_BIT1 };
enum em_ctype { EM_CT_NONE, EM_CT_UNC, EM_CT_AND, EM_CT_OR, EM_CT_ORANDCM };

/** a REL b on the low `bytes` (4 or 8); BIT0 and BIT1: bit b of a. */
EM_INLINE bool em__rel(enum em_rel rel, unsigned bytes, uint64_t a, uint64_t b)
{
    if (bytes == 4) {
        a = (uint64_t)(int32_t)a;       /* sign extension keeps unsigned order as well */
        b = (uint64_t)(int32_t)b;
    }
    switch (rel) {
    case EM_REL_EQ: return a == b;
    case EM_REL_NE: return a != b;
    case EM_REL_LT: return (int64_t)a < (int64_t)b;
    case EM_REL_LE: return (int64_t)a <= (int64_t)b;
    case EM_REL_GT: return (int64_t)a > (int64_t)b;
    case EM_REL_GE: return (int64_t)a >= (int64_t)b;
    case EM_REL_LTU: return a < b;
    case EM_REL_BIT0: return !((a >> b) & 1);
    case EM_REL_BIT1: return (a >> b) & 1;
    }
    return false;
}

/** Predicate file after a compare of type `ct` with a true qualifying predicate. */
EM_INLINE uint64_t em__cmp_pr(enum em_ctype ct, uint64_t pr, bool r, unsigned p1, unsigned p2)
{
    switch (ct) {
    case EM_CT_NONE:
    case EM_CT_UNC:
        return (pr & ~(EM_BIT(p1) | EM_BIT(p2))) | EM_BIT(r ? p1 : p2) | 1;
    case EM_CT_AND:
        return r ? pr : (pr & ~(EM_BIT(p1) | EM_BIT(p2))) | 1;
    case EM_CT_OR:
        return r ? pr | EM_BIT(p1) | EM_BIT(p2) : pr;
    case EM_CT_ORANDCM:
        return r ? ((pr | EM_BIT(p1)) & ~EM_BIT(p2)) | 1 : pr;
    }
    return pr;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_x_mem.c: handlers of loads and stores that hit the software TLB.
 *
 * A tag equals the masked address only if page, permission and alignment are right; everything
 * else is done by the plain function. Loads acquire and stores release: that costs nothing on
 * hosts with strong ordering and makes .acq and .rel the same handlers. There is no ALAT, so check
 * loads are loads; uncacheable memory never hits, so advanced loads are loads, too.
 */
#include "em_trace.h"
#include "em_ops.h"

#define GET_s(cpu, st, r) ((cpu)->gr[r])
#define GET_k(cpu, st, r) ((st)[r])

#define HANDLER(name) \
    static const struct em_xi *name(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st)
#define USUAL(cpu, xi) EM_LIKELY((xi)->chk < (cpu)->lim)

static inline const struct em_tlbe *entry_of(const struct em_cpu *cpu, uint64_t va)
{
    return &cpu->dtlb[(va >> 12) & (EM_TLB_SLOTS - 1)];
}

static inline uint64_t tag_of(uint64_t va, unsigned bytes)
{
    return va & (EM_PAGE_MASK | (bytes - 1));
}

#define LOAD(bits, host) __atomic_load_n((const uint##bits##_t *)(host), __ATOMIC_ACQUIRE)
#define STORE(bits, host, v) __atomic_store_n((uint##bits##_t *)(host), (uint##bits##_t)(v), \
                                              __ATOMIC_RELEASE)

/* increment: n none, i by immediate, r by r2 (kind A) */
#define INC_n(cpu, st, xi, A)
#define INC_i(cpu, st, xi, A) + (uint64_t)(xi)->u.imm
#define INC_r(cpu, st, xi, A) + GET_##A(cpu, st, (xi)->a)
#define UPD_n(cpu, st, xi, B, va, A)
#define UPD_i(cpu, st, xi, B, va, A) GET_##B(cpu, st, (xi)->b) = va INC_i(cpu, st, xi, A);
#define UPD_r(cpu, st, xi, B, va, A) GET_##B(cpu, st, (xi)->b) = va INC_r(cpu, st, xi, A);

#define LD_1(bits, inc, D, A, B)                                                                  \
    HANDLER(x_ld##bits##inc##_##D##A##B)                                                          \
    {                                                                                             \
        uint64_t va = GET_##B(cpu, st, xi->b), v;                                                 \
        const struct em_tlbe *e = entry_of(cpu, va);                                              \
        if (!USUAL(cpu, xi) || EM_UNLIKELY(e->tag_r != tag_of(va, bits / 8)))                     \
            return em__x_slow(cpu, xi, st);                                                       \
        v = LOAD(bits, va + e->addend);                                                           \
        UPD_##inc(cpu, st, xi, B, va, A)                                                          \
        GET_##D(cpu, st, xi->d) = v;                                                              \
        return em__next(cpu, xi + 1, st);                                                         \
    }
#define LD_A(bits, inc, A)                                                                        \
    LD_1(bits, inc, s, A, s) LD_1(bits, inc, k, A, s) LD_1(bits, inc, s, A, k)                    \
    LD_1(bits, inc, k, A, k)
#define LD(bits)                                                                                  \
    LD_A(bits, n, s) LD_A(bits, i, s) LD_A(bits, r, s) LD_A(bits, r, k)
/* by [kind of r1] + 2 [r2] + 4 [r3] */
#define LD_FNS(bits, inc, A)                                                                      \
    { x_ld##bits##inc##_sss, x_ld##bits##inc##_kss, x_ld##bits##inc##_s##A##s,                    \
      x_ld##bits##inc##_k##A##s, x_ld##bits##inc##_ssk, x_ld##bits##inc##_ksk,                    \
      x_ld##bits##inc##_s##A##k, x_ld##bits##inc##_k##A##k }
#define LD_ROW(bits) { LD_FNS(bits, n, s), LD_FNS(bits, i, s), LD_FNS(bits, r, k) },

#define ST_1(bits, inc, A, B)                                                                     \
    HANDLER(x_st##bits##inc##_##A##B)                                                             \
    {                                                                                             \
        uint64_t va = GET_##B(cpu, st, xi->b);                                                    \
        const struct em_tlbe *e = entry_of(cpu, va);                                              \
        if (!USUAL(cpu, xi) || EM_UNLIKELY(e->tag_w != tag_of(va, bits / 8)))                     \
            return em__x_slow(cpu, xi, st);                                                       \
        STORE(bits, va + e->addend, GET_##A(cpu, st, xi->a));                                     \
        UPD_##inc(cpu, st, xi, B, va, A)                                                          \
        return em__next(cpu, xi + 1, st);                                                         \
    }
#define ST_INC(bits, inc)                                                                         \
    ST_1(bits, inc, s, s) ST_1(bits, inc, k, s) ST_1(bits, inc, s, k) ST_1(bits, inc, k, k)
#define ST(bits) ST_INC(bits, n) ST_INC(bits, i)
/* by [kind of r2] + 2 [r3] */
#define ST_FNS(bits, inc)                                                                         \
    { x_st##bits##inc##_ss, x_st##bits##inc##_ks, x_st##bits##inc##_sk, x_st##bits##inc##_kk }
#define ST_ROW(bits) { ST_FNS(bits, n), ST_FNS(bits, i) },

#define SIZES(X) X(8) X(16) X(32) X(64)

SIZES(LD)
SIZES(ST)

enum { INC_NONE, INC_IMM, INC_REG };

static const em_exec_fn ld_rows[4][3][8] = { SIZES(LD_ROW) };
static const em_exec_fn st_rows[4][2][4] = { SIZES(ST_ROW) };

/* ld8.fill and st8.spill: usual means there is no NaT, so only the bit in UNAT matters */
#define FILL_1(D, B)                                                                              \
    HANDLER(x_fill_##D##B)                                                                        \
    {                                                                                             \
        uint64_t va = GET_##B(cpu, st, xi->b), v;                                                 \
        const struct em_tlbe *e = entry_of(cpu, va);                                              \
        if (!USUAL(cpu, xi) || EM_UNLIKELY(e->tag_r != tag_of(va, 8)) ||                          \
            EM_UNLIKELY((cpu->unat >> ((va >> 3) & 63)) & 1))                                     \
            return em__x_slow(cpu, xi, st);                                                       \
        v = LOAD(64, va + e->addend);                                                             \
        if (xi->c) GET_##B(cpu, st, xi->b) = va + (uint64_t)xi->u.imm;                            \
        GET_##D(cpu, st, xi->d) = v;                                                              \
        return em__next(cpu, xi + 1, st);                                                         \
    }
#define SPILL_1(A, B)                                                                             \
    HANDLER(x_spill_##A##B)                                                                       \
    {                                                                                             \
        uint64_t va = GET_##B(cpu, st, xi->b);                                                    \
        const struct em_tlbe *e = entry_of(cpu, va);                                              \
        if (!USUAL(cpu, xi) || EM_UNLIKELY(e->tag_w != tag_of(va, 8)))                            \
            return em__x_slow(cpu, xi, st);                                                       \
        STORE(64, va + e->addend, GET_##A(cpu, st, xi->a));                                       \
        cpu->unat &= ~EM_BIT((va >> 3) & 63);                                                     \
        if (xi->c) GET_##B(cpu, st, xi->b) = va + (uint64_t)xi->u.imm;                            \
        return em__next(cpu, xi + 1, st);                                                         \
    }

FILL_1(s, s) FILL_1(k, s) FILL_1(s, k) FILL_1(k, k)
SPILL_1(s, s) SPILL_1(k, s) SPILL_1(s, k) SPILL_1(k, k)

static const em_exec_fn fill_row[4] = { x_fill_ss, x_fill_ks, x_fill_sk, x_fill_kk };
static const em_exec_fn spill_row[4] = { x_spill_ss, x_spill_ks, x_spill_sk, x_spill_kk };

/* ---- picking ----------------------------------------------------------------------------------*/

static unsigned log2_bytes(unsigned bytes)
{
    return bytes == 8 ? 3 : bytes == 4 ? 2 : bytes == 2 ? 1 : 0;
}

static uint8_t max8(uint8_t a, uint8_t b) { return a > b ? a : b; }

bool em__pick_mem(const struct ia_insn *in, struct em_xi *xi)
{
    const struct em_op *op = &em__optab[in->op];
    uint32_t t = ia_op_traits(in->op);
    unsigned k1 = in->r1 >= 32, k2 = in->r2 >= 32, k3 = in->r3 >= 32;
    unsigned inc = !(t & IA_T_POSTINC) ? INC_NONE : op->c ? INC_REG : INC_IMM;

    if (t & IA_T_SPEC) return false;
    if (op->fn == em__op_ld) {
        xi->fn = ld_rows[log2_bytes(op->a)][inc][k1 + 2 * (inc == INC_REG ? k2 : 0) + 4 * k3];
    } else if (op->fn == em__op_st) {
        xi->fn = st_rows[log2_bytes(op->a)][inc][k2 + 2 * k3];
    } else if (op->fn == em__op_fill && inc != INC_REG) {
        xi->fn = fill_row[k1 + 2 * k3];
    } else if (op->fn == em__op_spill) {
        xi->fn = spill_row[k2 + 2 * k3];
    } else {
        return false;
    }
    xi->d = in->r1;
    xi->a = in->r2;
    xi->b = in->r3;
    xi->u.imm = in->imm;
    xi->c = inc != INC_NONE;
    xi->chk = max8(t & IA_T_W_R1 ? in->r1 : 0, t & IA_T_W_R3 ? in->r3 : 0);
    return true;
}

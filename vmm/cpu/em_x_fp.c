/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_x_fp.c: handlers of frequent floating-point operations. What is not usual (a disabled part of
 * the file, NaTs, a software TLB miss, an FP fault or trap) is done again by the plain function;
 * nothing has been written by then.
 */
#include "em_trace.h"
#include "em_ops.h"
#include "em_optab.h"

#define HANDLER(name) \
    static const struct em_xi *name(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st)

static inline bool usual(const struct em_cpu *cpu, const struct em_xi *xi)
{
    return EM_LIKELY(xi->chk < cpu->lim && !(cpu->psr & (EM_PSR_DFL | EM_PSR_DFH)));
}

static inline uint64_t gr(const struct em_cpu *cpu, const uint64_t *st, unsigned r)
{
    return r < 32 ? cpu->gr[r] : st[r];
}

static inline void set_gr(struct em_cpu *cpu, uint64_t *st, unsigned r, uint64_t v)
{
    if (r < 32) cpu->gr[r] = v;
    else st[r] = v;
}

static inline void set_fr(struct em_cpu *cpu, unsigned f, struct em_freg v)
{
    *em__frp(cpu, f) = v;
    cpu->psr |= f < 32 ? EM_PSR_MFL : EM_PSR_MFH;
}

/* ---- memory: d = FR, b = base, u.imm = increment or 0, c = 1 with increment -------------------*/

static inline const struct em_tlbe *entry_of(const struct em_cpu *cpu, uint64_t va)
{
    return &cpu->dtlb[(va >> 12) & (EM_TLB_SLOTS - 1)];
}

static inline uint64_t tag_of(uint64_t va, unsigned bytes)
{
    return va & (EM_PAGE_MASK | (bytes - 1));
}

/* Aligned, as the tag said; other processors may be at the same place. */
static inline uint32_t load32(const uint8_t *p)
{
    return __atomic_load_n((const uint32_t *)(const void *)p, __ATOMIC_ACQUIRE);
}

static inline void store32(uint8_t *p, uint32_t v)
{
    __atomic_store_n((uint32_t *)(void *)p, v, __ATOMIC_RELEASE);
}

static inline void store64(uint8_t *p, uint64_t v)
{
    __atomic_store_n((uint64_t *)(void *)p, v, __ATOMIC_RELEASE);
}

static inline struct em_freg get_single(const uint8_t *p)
{
    return em_fp_from_single(load32(p));
}

static inline struct em_freg get_double(const uint8_t *p)
{
    return em_fp_from_double(em__load64(p));
}

static inline struct em_freg get_int8(const uint8_t *p)
{
    return (struct em_freg){ em__load64(p), EM_FP_INT_EXP };
}

static inline struct em_freg get_fill(const uint8_t *p)
{
    return (struct em_freg){ em__load64(p), em__load64(p + 8) & (EM_FP_SIGN | EM_FP_EXP) };
}

#define LDF(name, bytes)                                                                          \
    HANDLER(x_ldf_##name)                                                                         \
    {                                                                                             \
        uint64_t va = gr(cpu, st, xi->b);                                                         \
        const struct em_tlbe *e = entry_of(cpu, va);                                              \
        if (!usual(cpu, xi) || EM_UNLIKELY(e->tag_r != tag_of(va, bytes)))                        \
            return em__x_slow(cpu, xi, st);                                                       \
        set_fr(cpu, xi->d, get_##name((const uint8_t *)(va + e->addend)));                        \
        if (xi->c) set_gr(cpu, st, xi->b, va + (uint64_t)xi->u.imm);                              \
        return em__next(cpu, xi + 1, st);                                                         \
    }

static inline bool put_single(uint8_t *p, struct em_freg f)
{
    uint32_t v = em_fp_to_single(f);

    if (EM_UNLIKELY(em_fp_is_natval(f))) return false;
    store32(p, v);
    return true;
}

static inline bool put_double(uint8_t *p, struct em_freg f)
{
    uint64_t v = em_fp_to_double(f);

    if (EM_UNLIKELY(em_fp_is_natval(f))) return false;
    store64(p, v);
    return true;
}

static inline bool put_int8(uint8_t *p, struct em_freg f)
{
    if (EM_UNLIKELY(em_fp_is_natval(f))) return false;
    store64(p, f.sig);
    return true;
}

static inline bool put_fill(uint8_t *p, struct em_freg f)
{
    store64(p, f.sig);
    store64(p + 8, f.se);
    return true;
}

#define STF(name, bytes)                                                                          \
    HANDLER(x_stf_##name)                                                                         \
    {                                                                                             \
        uint64_t va = gr(cpu, st, xi->b);                                                         \
        const struct em_tlbe *e = entry_of(cpu, va);                                              \
        if (!usual(cpu, xi) || EM_UNLIKELY(e->tag_w != tag_of(va, bytes)) ||                      \
            !put_##name((uint8_t *)(va + e->addend), *em__frp(cpu, xi->d)))                       \
            return em__x_slow(cpu, xi, st);                                                       \
        if (xi->c) set_gr(cpu, st, xi->b, va + (uint64_t)xi->u.imm);                              \
        return em__next(cpu, xi + 1, st);                                                         \
    }

LDF(single, 4) LDF(double, 8) LDF(int8, 8) LDF(fill, 16)
STF(single, 4) STF(double, 8) STF(int8, 8) STF(fill, 16)

static const em_exec_fn ldf_rows[] = {
    [EM_FMT_SINGLE] = x_ldf_single, [EM_FMT_DOUBLE] = x_ldf_double, [EM_FMT_INT8] = x_ldf_int8,
    [EM_FMT_FILL] = x_ldf_fill,
};
static const em_exec_fn stf_rows[] = {
    [EM_FMT_SINGLE] = x_stf_single, [EM_FMT_DOUBLE] = x_stf_double, [EM_FMT_INT8] = x_stf_int8,
    [EM_FMT_FILL] = x_stf_fill,
};

/* ---- moves ------------------------------------------------------------------------------------*/

HANDLER(x_setf_sig)
{
    struct em_freg f = { gr(cpu, st, xi->a), EM_FP_INT_EXP };

    if (!usual(cpu, xi)) return em__x_slow(cpu, xi, st);
    set_fr(cpu, xi->d, f);
    return em__next(cpu, xi + 1, st);
}

HANDLER(x_setf_d)
{
    if (!usual(cpu, xi)) return em__x_slow(cpu, xi, st);
    set_fr(cpu, xi->d, em_fp_from_double(gr(cpu, st, xi->a)));
    return em__next(cpu, xi + 1, st);
}

HANDLER(x_getf_sig)
{
    struct em_freg f = *em__frp(cpu, xi->a);

    if (!usual(cpu, xi) || EM_UNLIKELY(em_fp_is_natval(f))) return em__x_slow(cpu, xi, st);
    set_gr(cpu, st, xi->d, f.sig);
    return em__next(cpu, xi + 1, st);
}

HANDLER(x_getf_d)
{
    struct em_freg f = *em__frp(cpu, xi->a);

    if (!usual(cpu, xi) || EM_UNLIKELY(em_fp_is_natval(f))) return em__x_slow(cpu, xi, st);
    set_gr(cpu, st, xi->d, em_fp_to_double(f));
    return em__next(cpu, xi + 1, st);
}

/* ---- arithmetic: a = f3, b = f4, c = f2 -------------------------------------------------------*/

HANDLER(x_xma_l)
{
    struct em_freg x = *em__frp(cpu, xi->a), y = *em__frp(cpu, xi->b), z = *em__frp(cpu, xi->c), v;

    if (!usual(cpu, xi)) return em__x_slow(cpu, xi, st);
    v = (struct em_freg){ x.sig * y.sig + z.sig, EM_FP_INT_EXP };
    if (EM_UNLIKELY(em_fp_is_natval(x) || em_fp_is_natval(y) || em_fp_is_natval(z)))
        v = (struct em_freg){ 0, EM_FP_NATVAL_EXP };
    set_fr(cpu, xi->d, v);
    return em__next(cpu, xi + 1, st);
}

HANDLER(x_xma_hu)
{
    if (!usual(cpu, xi)) return em__x_slow(cpu, xi, st);
    set_fr(cpu, xi->d, em_fp_xma(EM_FP_XMA_HU, *em__frp(cpu, xi->a), *em__frp(cpu, xi->b),
                                 *em__frp(cpu, xi->c)));
    return em__next(cpu, xi + 1, st);
}

/* What a status field says: sf in e. */
static inline struct em_fp_env env_of(const struct em_cpu *cpu, unsigned sf)
{
    uint64_t field = cpu->fpsr >> (6 + 13 * sf);
    struct em_fp_env e = { .traps = (uint8_t)(cpu->fpsr & 63), .controls = (uint8_t)(field & 127) };

    e.known = (uint8_t)((field >> 7) & 63);
    return e;
}

/* Not inlined: its environment's address is taken, which would spoil the tail call. */
static __attribute__((noinline)) bool multiply_add(struct em_cpu *cpu, const struct em_xi *xi,
                                                   enum em_fp_mul kind, enum em_fp_pc pc)
{
    struct em_fp_env e = env_of(cpu, xi->e);
    struct em_freg v = em_fp_fma(kind, pc, *em__frp(cpu, xi->a), *em__frp(cpu, xi->b),
                                 *em__frp(cpu, xi->c), xi->c == 0, &e);

    if (EM_UNLIKELY(e.fault | e.trap)) return false;
    set_fr(cpu, xi->d, v);
    cpu->fpsr |= (uint64_t)e.flags << (13 + 13 * xi->e);
    return true;
}

HANDLER(x_fma)
{
    if (!usual(cpu, xi) ||
        !multiply_add(cpu, xi, (enum em_fp_mul)xi->p1, (enum em_fp_pc)xi->p2))
        return em__x_slow(cpu, xi, st);
    return em__next(cpu, xi + 1, st);
}

static __attribute__((noinline)) bool compare(struct em_cpu *cpu, const struct em_xi *xi)
{
    struct em_fp_env e = env_of(cpu, xi->e);
    bool nat = false, r;

    r = em_fp_cmp((enum em_fp_rel)xi->d, *em__frp(cpu, xi->a), *em__frp(cpu, xi->b), &nat, &e);
    if (EM_UNLIKELY(e.fault || nat)) return false;
    cpu->pr = (cpu->pr & ~(EM_BIT(xi->p1) | EM_BIT(xi->p2))) | EM_BIT(r ? xi->p1 : xi->p2) | 1;
    cpu->fpsr |= (uint64_t)e.flags << (13 + 13 * xi->e);
    return true;
}

HANDLER(x_fcmp)
{
    if (!usual(cpu, xi) || !compare(cpu, xi)) return em__x_slow(cpu, xi, st);
    return em__next(cpu, xi + 1, st);
}

/* ---- picking ----------------------------------------------------------------------------------*/

static bool pick_memory(const struct ia_insn *in, const struct em_op *op, uint32_t t,
                        struct em_xi *xi)
{
    bool load = op->fn == em__op_ldf;

    if (op->a == EM_FMT_EXT || (t & IA_T_SPEC) || op->c) return false;
    xi->fn = load ? ldf_rows[op->a] : stf_rows[op->a];
    xi->d = load ? in->f1 : in->f2;
    xi->b = in->r3;
    xi->c = (t & IA_T_POSTINC) != 0;
    xi->chk = t & IA_T_POSTINC ? in->r3 : 0;
    xi->u.imm = in->imm;
    return true;
}

static bool pick_arith(const struct ia_insn *in, const struct em_op *op, struct em_xi *xi)
{
    xi->a = in->f3;
    xi->b = in->f4;
    xi->c = in->f2;
    xi->d = in->f1;
    xi->e = in->sf;
    if (op->fn == em__op_xma && op->a == EM_FP_XMA_L) { xi->fn = x_xma_l; return true; }
    if (op->fn == em__op_xma && op->a == EM_FP_XMA_HU) { xi->fn = x_xma_hu; return true; }
    if (op->fn == em__op_fma && !op->c) {
        xi->fn = x_fma;
        xi->p1 = op->a;
        xi->p2 = op->b;
        return true;
    }
    if (op->fn == em__op_fcmp) {
        xi->fn = x_fcmp;
        xi->d = op->a;
        xi->a = in->f2;
        xi->b = in->f3;
        xi->p1 = in->p1;
        xi->p2 = in->p2;
        return true;
    }
    return false;
}

static bool pick_move(const struct ia_insn *in, struct em_xi *xi)
{
    switch (in->op) {
    case IA_OP_SETF_SIG: xi->fn = x_setf_sig; break;
    case IA_OP_SETF_D: xi->fn = x_setf_d; break;
    case IA_OP_GETF_SIG: xi->fn = x_getf_sig; break;
    case IA_OP_GETF_D: xi->fn = x_getf_d; break;
    default: return false;
    }
    if (in->op == IA_OP_SETF_SIG || in->op == IA_OP_SETF_D) {
        xi->a = in->r2;
        xi->d = in->f1;
    } else {
        xi->a = in->f2;
        xi->d = xi->chk = in->r1;
    }
    return true;
}

bool em__pick_fp(const struct ia_insn *in, struct em_xi *xi)
{
    const struct em_op *op = &em__optab[in->op];
    uint32_t t = ia_op_traits(in->op);

    if ((t & IA_T_W_F1) && in->f1 < 2) return false;
    if (op->fn == em__op_ldf || op->fn == em__op_stf) return pick_memory(in, op, t, xi);
    return pick_move(in, xi) || pick_arith(in, op, xi);
}

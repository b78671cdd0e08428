/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_x_alu.c: handlers of frequent integer operations and compares.
 *
 * Each exists once per combination of register kinds (s: static, k: stacked), so that an operand
 * is one load. The first test covers all that is out of the ordinary (see em_cpu.lim): then the
 * plain function does it.
 */
#include "em_alu.h"
#include "em_trace.h"
#include "em_ops.h"

#define GET_s(cpu, st, r) ((cpu)->gr[r])
#define GET_k(cpu, st, r) ((st)[r])

#define HANDLER(name) \
    static const struct em_xi *name(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st)
#define USUAL(cpu, xi) EM_LIKELY((xi)->chk < (cpu)->lim)

/* r1 = op(r2, r3) */
#define RR_1(op, D, A, B)                                                                         \
    HANDLER(x_##op##_##D##A##B)                                                                   \
    {                                                                                             \
        if (!USUAL(cpu, xi)) return em__x_slow(cpu, xi, st);                                      \
        GET_##D(cpu, st, xi->d) = em__alu(IA_OP_##op, GET_##A(cpu, st, xi->a),                    \
                                          GET_##B(cpu, st, xi->b), 0, xi->c, xi->e);              \
        return em__next(cpu, xi + 1, st);                                                         \
    }
#define RR(op)                                                                                    \
    RR_1(op, s, s, s) RR_1(op, k, s, s) RR_1(op, s, k, s) RR_1(op, k, k, s)                       \
    RR_1(op, s, s, k) RR_1(op, k, s, k) RR_1(op, s, k, k) RR_1(op, k, k, k)
#define RR_ROW(op)                                                                                \
    [IA_OP_##op] = { { x_##op##_sss, x_##op##_kss, x_##op##_sks, x_##op##_kks,                    \
                       x_##op##_ssk, x_##op##_ksk, x_##op##_skk, x_##op##_kkk } },

/* r1 = op(imm, r3) and op(r3): one register source, read as r3 */
#define R3_1(op, D, B)                                                                            \
    HANDLER(x_##op##_##D##B)                                                                      \
    {                                                                                             \
        if (!USUAL(cpu, xi)) return em__x_slow(cpu, xi, st);                                      \
        GET_##D(cpu, st, xi->d) = em__alu(IA_OP_##op, 0, GET_##B(cpu, st, xi->b),                 \
                                          (uint64_t)xi->u.imm, xi->c, xi->e);                     \
        return em__next(cpu, xi + 1, st);                                                         \
    }
#define R3(op) R3_1(op, s, s) R3_1(op, k, s) R3_1(op, s, k) R3_1(op, k, k)
#define R3_ROW(op)                                                                                \
    [IA_OP_##op] = { { x_##op##_ss, x_##op##_ks, x_##op##_ss, x_##op##_ks,                        \
                       x_##op##_sk, x_##op##_kk, x_##op##_sk, x_##op##_kk } },

/* r1 = op(r2) */
#define R2_1(op, D, A)                                                                            \
    HANDLER(x_##op##_##D##A)                                                                      \
    {                                                                                             \
        if (!USUAL(cpu, xi)) return em__x_slow(cpu, xi, st);                                      \
        GET_##D(cpu, st, xi->d) = em__alu(IA_OP_##op, GET_##A(cpu, st, xi->a), 0,                 \
                                          (uint64_t)xi->u.imm, xi->c, xi->e);                     \
        return em__next(cpu, xi + 1, st);                                                         \
    }
#define R2(op) R2_1(op, s, s) R2_1(op, k, s) R2_1(op, s, k) R2_1(op, k, k)
#define R2_ROW(op)                                                                                \
    [IA_OP_##op] = { { x_##op##_ss, x_##op##_ks, x_##op##_sk, x_##op##_kk,                        \
                       x_##op##_ss, x_##op##_ks, x_##op##_sk, x_##op##_kk } },

#define OPS_RR(X)                                                                                 \
    X(ADD) X(ADD_1) X(SUB) X(SUB_1) X(AND) X(ANDCM) X(OR) X(XOR) X(SHLADD) X(SHL) X(SHR)          \
    X(SHR_U) X(SHRP) X(DEP) X(ADDP4)
#define OPS_R3(X)                                                                                 \
    X(ADDS) X(SUB_IMM) X(AND_IMM) X(ANDCM_IMM) X(OR_IMM) X(XOR_IMM) X(EXTR) X(EXTR_U)             \
    X(DEP_IMM) X(SXT1) X(SXT2) X(SXT4) X(ZXT1) X(ZXT2) X(ZXT4) X(MOVL)
#define OPS_R2(X) X(DEP_Z)

OPS_RR(RR)
OPS_R3(R3)
OPS_R2(R2)

/* handlers by [kind of r1] + 2 [kind of r2] + 4 [kind of r3], 0 static */
static const struct {
    em_exec_fn fn[8];
} alu_rows[IA_OP_COUNT] = {
    OPS_RR(RR_ROW)
    OPS_R3(R3_ROW)
    OPS_R2(R2_ROW)
};

/* The same computation under another name. */
static unsigned alu_row_of(const struct ia_insn *in)
{
    return in->op == IA_OP_ADDL ? IA_OP_ADDS : in->op;
}

bool em__pick_alu(const struct ia_insn *in, struct em_xi *xi)
{
    unsigned kinds = (in->r1 >= 32 ? 1u : 0) | (in->r2 >= 32 ? 2u : 0) | (in->r3 >= 32 ? 4u : 0);
    em_exec_fn fn = alu_rows[alu_row_of(in)].fn[kinds];

    if (!fn) return false;
    xi->fn = fn;
    xi->d = xi->chk = in->r1;
    xi->a = in->r2;
    xi->b = in->r3;
    xi->u.imm = in->imm;
    xi->c = em__optab[in->op].a ? in->pos : in->cnt;
    xi->e = in->len;
    return true;
}

/* ---- compares ---------------------------------------------------------------------------------*/

/* p1, p2 = r2 rel r3; type and width fixed. A kind: s, k registers, i immediate. */
#define GET_A_s(cpu, st, xi) ((cpu)->gr[(xi)->a])
#define GET_A_k(cpu, st, xi) ((st)[(xi)->a])
#define GET_A_i(cpu, st, xi) ((uint64_t)(xi)->u.imm)

#define CMP_1(rel, bytes, ct, A, B)                                                               \
    HANDLER(x_cmp_##rel##_##bytes##_##ct##_##A##B)                                                \
    {                                                                                             \
        bool r;                                                                                   \
        if (!USUAL(cpu, xi)) return em__x_slow(cpu, xi, st);                                      \
        r = em__rel(EM_REL_##rel, bytes, GET_A_##A(cpu, st, xi), GET_##B(cpu, st, xi->b));        \
        cpu->pr = em__cmp_pr(EM_CT_##ct, cpu->pr, r, xi->p1, xi->p2);                             \
        return em__next(cpu, xi + 1, st);                                                         \
    }
#define CMP(rel, bytes, ct)                                                                       \
    CMP_1(rel, bytes, ct, s, s) CMP_1(rel, bytes, ct, k, s) CMP_1(rel, bytes, ct, s, k)           \
    CMP_1(rel, bytes, ct, k, k) CMP_1(rel, bytes, ct, i, s) CMP_1(rel, bytes, ct, i, k)
#define CMP_ROW(rel, bytes, ct)                                                                   \
    { EM_REL_##rel, bytes, EM_CT_##ct,                                                            \
      { x_cmp_##rel##_##bytes##_##ct##_ss, x_cmp_##rel##_##bytes##_##ct##_ks,                     \
        x_cmp_##rel##_##bytes##_##ct##_sk, x_cmp_##rel##_##bytes##_##ct##_kk,                     \
        x_cmp_##rel##_##bytes##_##ct##_is, x_cmp_##rel##_##bytes##_##ct##_is,                     \
        x_cmp_##rel##_##bytes##_##ct##_ik, x_cmp_##rel##_##bytes##_##ct##_ik } },

#define CMP_BYTES(X, bytes)                                                                       \
    X(EQ, bytes, NONE) X(LT, bytes, NONE) X(LTU, bytes, NONE)                                     \
    X(EQ, bytes, AND) X(NE, bytes, AND) X(EQ, bytes, OR) X(NE, bytes, OR)                         \
    X(EQ, bytes, ORANDCM) X(NE, bytes, ORANDCM)                                                   \
    X(GT, bytes, AND) X(GE, bytes, AND) X(LT, bytes, AND) X(LE, bytes, AND)                       \
    X(GT, bytes, OR) X(GE, bytes, OR) X(LT, bytes, OR) X(LE, bytes, OR)
#define CMPS(X) CMP_BYTES(X, 4) CMP_BYTES(X, 8)

CMPS(CMP)

/* tbit: the bit number is the "immediate" second operand */
#define TBIT_1(rel, ct, B)                                                                        \
    HANDLER(x_tbit_##rel##_##ct##_##B)                                                            \
    {                                                                                             \
        bool r;                                                                                   \
        if (!USUAL(cpu, xi)) return em__x_slow(cpu, xi, st);                                      \
        r = em__rel(EM_REL_##rel, 8, GET_##B(cpu, st, xi->b), xi->c);                             \
        cpu->pr = em__cmp_pr(EM_CT_##ct, cpu->pr, r, xi->p1, xi->p2);                             \
        return em__next(cpu, xi + 1, st);                                                         \
    }
#define TBIT(rel, ct) TBIT_1(rel, ct, s) TBIT_1(rel, ct, k)
#define TBIT_ROW(rel, ct)                                                                         \
    { EM_REL_##rel, 0, EM_CT_##ct,                                                                \
      { x_tbit_##rel##_##ct##_s, x_tbit_##rel##_##ct##_s, x_tbit_##rel##_##ct##_k,                \
        x_tbit_##rel##_##ct##_k, NULL, NULL, NULL, NULL } },
#define TBITS(X) X(BIT0, NONE) X(BIT0, AND) X(BIT1, AND) X(BIT0, OR) X(BIT1, OR)

TBITS(TBIT)

/* handlers by [kind of r2] + 2 [kind of r3] + 4 [immediate form]; bytes 0 is tbit */
static const struct {
    uint8_t rel, bytes, ct;
    em_exec_fn fn[8];
} cmp_rows[] = {
    CMPS(CMP_ROW)
    TBITS(TBIT_ROW)
};

static const em_exec_fn *cmp_row(unsigned rel, unsigned bytes, unsigned ct)
{
    if (ct == EM_CT_UNC) ct = EM_CT_NONE;       /* differs with a false predicate only */
    for (unsigned i = 0; i < sizeof(cmp_rows) / sizeof(cmp_rows[0]); i++)
        if (cmp_rows[i].rel == rel && cmp_rows[i].bytes == bytes && cmp_rows[i].ct == ct)
            return cmp_rows[i].fn;
    return NULL;
}

bool em__pick_cmp(const struct ia_insn *in, struct em_xi *xi)
{
    const struct em_op *op = &em__optab[in->op];
    bool reg = op->fn == em__op_cmp, imm = op->fn == em__op_cmp_imm, bit = op->fn == em__op_tbit;
    unsigned kinds = (reg && in->r2 >= 32 ? 1u : 0) | (in->r3 >= 32 ? 2u : 0) | (imm ? 4u : 0);
    const em_exec_fn *fn;

    if (!reg && !imm && !bit) return false;
    fn = cmp_row(op->a, bit ? 0 : op->c, op->b);
    if (!fn || !fn[kinds]) return false;
    xi->fn = fn[kinds];
    xi->a = in->r2;
    xi->b = in->r3;
    xi->u.imm = in->imm;
    xi->c = in->pos;
    xi->p1 = in->p1;
    xi->p2 = in->p2;
    return true;
}

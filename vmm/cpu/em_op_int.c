/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_op_int.c: integer, parallel integer and compare instructions (SDM vol. 3). */
#include "em_ops.h"
#include "em_alu.h"

enum em_res em__op_illegal(struct em_cpu *cpu, const struct ia_insn *in)
{
    (void)in;
    return em__illegal(cpu);
}

enum em_res em__op_nop(struct em_cpu *cpu, const struct ia_insn *in)
{
    (void)cpu;
    (void)in;
    return EM_OK;
}

static bool sources_nat(const struct em_cpu *cpu, const struct ia_insn *in)
{
    uint32_t t;

    if (!cpu->nat_count) return false;
    t = ia_op_traits(in->op);
    return ((t & IA_T_R_R2) && em__nat(cpu, in->r2)) || ((t & IA_T_R_R3) && em__nat(cpu, in->r3));
}

static enum em_res done(struct em_cpu *cpu, const struct ia_insn *in, uint64_t value)
{
    em__set_r(cpu, in->r1, value, sources_nat(cpu, in));
    return EM_OK;
}

/* row: a = which field is the shift count or position: 0 cnt, 1 pos */
enum em_res em__op_alu(struct em_cpu *cpu, const struct ia_insn *in)
{
    unsigned c = em__optab[in->op].a ? in->pos : in->cnt;

    return done(cpu, in, em__alu(in->op, em__r(cpu, in->r2), em__r(cpu, in->r3),
                                 (uint64_t)in->imm, c, in->len));
}

/* row: a = bits per lane, b = enum em_sat */
enum em_res em__op_par_add(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];

    return done(cpu, in, em__par_add(em__r(cpu, in->r2), em__r(cpu, in->r3), op->a,
                                     (enum em_sat)op->b));
}

enum em_res em__op_par_sub(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];

    return done(cpu, in, em__par_sub(em__r(cpu, in->r2), em__r(cpu, in->r3), op->a,
                                     (enum em_sat)op->b));
}

/* row: a = bits per lane, b = what the function wants */
enum em_res em__op_par_misc(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    uint64_t a = em__r(cpu, in->r2), b = em__r(cpu, in->r3), v = 0;

    switch (op->c) {
    case 0: v = em__par_avg(a, b, op->a, op->b); break;
    case 1: v = em__par_avgsub(a, b, op->a); break;
    case 2: v = em__par_cmp(a, b, op->a, op->b); break;
    case 3: v = em__par_minmax(a, b, op->a, op->b); break;
    case 4: v = em__par_mpy(a, b, op->b); break;
    case 5: v = em__par_mpyshr(a, b, in->cnt, op->b); break;
    case 6: v = em__par_sad(a, b); break;
    case 7: v = em__par_shladd(a, b, in->cnt); break;
    case 8: v = em__par_shradd(a, b, in->cnt); break;
    case 9: v = em__par_mix(a, b, op->a, op->b); break;
    case 10: v = em__par_unpack(a, b, op->a, op->b); break;
    case 11: v = em__par_pack(a, b, op->a, op->b); break;
    }
    return done(cpu, in, v);
}

/* row: a = bits per lane, b = 0 left, 1 right signed, 2 right unsigned; c = immediate count */
enum em_res em__op_par_shift(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    uint64_t r2 = em__r(cpu, in->r2), r3 = em__r(cpu, in->r3), v;

    if (op->b == 0) v = em__par_shl(r2, op->c ? in->cnt : r3, op->a);
    else v = em__par_shr(r3, op->c ? in->cnt : r2, op->a, op->b == 2);
    return done(cpu, in, v);
}

/* row: a = 1 mux1, 2 mux2 */
enum em_res em__op_par_perm(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t a = em__r(cpu, in->r2);

    if (em__optab[in->op].a == 2) return done(cpu, in, em__par_mux2(a, in->cnt));
    if (in->cnt != 0 && (in->cnt < 8 || in->cnt > 11)) return em__illegal(cpu);
    return done(cpu, in, em__par_mux1(a, in->cnt));
}

/* ---- compares ---------------------------------------------------------------------------------*/

/* SDM vol. 3, table "Comparison types": NaT sources clear, but leave or-types alone */
static enum em_res finish_cmp(struct em_cpu *cpu, const struct ia_insn *in, enum em_ctype ct,
                              bool r, bool nat)
{
    bool off = in->qp && !em__p(cpu, in->qp);

    if (off || (nat && ct != EM_CT_OR && ct != EM_CT_ORANDCM)) {
        cpu->pr = (cpu->pr & ~(EM_BIT(in->p1) | EM_BIT(in->p2))) | 1;
        return EM_OK;
    }
    if (!nat) cpu->pr = em__cmp_pr(ct, cpu->pr, r, in->p1, in->p2);
    return EM_OK;
}

/* row: a = enum em_rel, b = enum em_ctype, c = bytes compared */
enum em_res em__op_cmp(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    bool r = em__rel((enum em_rel)op->a, op->c, em__r(cpu, in->r2), em__r(cpu, in->r3));

    return finish_cmp(cpu, in, (enum em_ctype)op->b, r,
                      em__nat(cpu, in->r2) || em__nat(cpu, in->r3));
}

enum em_res em__op_cmp_imm(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    bool r = em__rel((enum em_rel)op->a, op->c, (uint64_t)in->imm, em__r(cpu, in->r3));

    return finish_cmp(cpu, in, (enum em_ctype)op->b, r, em__nat(cpu, in->r3));
}

enum em_res em__op_tbit(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    bool r = em__rel((enum em_rel)op->a, 8, em__r(cpu, in->r3), in->pos);

    return finish_cmp(cpu, in, (enum em_ctype)op->b, r, em__nat(cpu, in->r3));
}

enum em_res em__op_tnat(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    bool r = em__rel((enum em_rel)op->a, 8, em__nat(cpu, in->r3), 0);

    return finish_cmp(cpu, in, (enum em_ctype)op->b, r, false);
}

enum em_res em__op_tf(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    uint64_t features = em_ind(cpu, EM_IND_CPUID, 4);
    bool r = em__rel((enum em_rel)op->a, 8, features, (uint64_t)in->imm & 63);

    return finish_cmp(cpu, in, (enum em_ctype)op->b, r, false);
}

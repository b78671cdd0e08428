/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_op_br.c: branches, register stack and rfi (SDM vol. 3). */
#include "em_ops.h"

static enum em_res branch(struct em_cpu *cpu, uint64_t target)
{
    cpu->nip = target & ~UINT64_C(15);
    return EM_BRANCH;
}

/* row: a = 1: target in b2 */
static uint64_t target_of(const struct em_cpu *cpu, const struct ia_insn *in)
{
    return em__optab[in->op].a ? cpu->br[in->b2] : cpu->ip + (uint64_t)in->imm;
}

enum em_res em__op_br_cond(struct em_cpu *cpu, const struct ia_insn *in)
{
    return branch(cpu, target_of(cpu, in));
}

enum em_res em__op_br_call(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t target = target_of(cpu, in);

    em__call_frame(cpu);
    cpu->br[in->b1] = cpu->ip + 16;
    return branch(cpu, target);
}

/* Privilege can only be lowered: PFS.ppl below cpl is ignored. */
enum em_res em__op_br_ret(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t pfs = cpu->pfs, ppl = pfs >> 62;

    cpu->nip = cpu->br[in->b2] & ~UINT64_C(15);
    cpu->ec = (pfs >> 52) & 63;
    em__return_frame(cpu, pfs & EM_CFM_MASK, em__cfm_sol(pfs));
    if (cpu->cfle) em__attn(cpu, EM_ATTN_SELF);
    if (ppl > em__cpl(cpu))
        em__set_psr(cpu, (cpu->psr & ~EM_PSR_CPL) | ppl << EM_PSR_CPL_SHIFT);
    return EM_BRANCH;
}

/* br.cloop, br.ctop, br.cexit: row: b = 0 cloop, 1 ctop, 2 cexit. SDM vol. 3, br */
enum em_res em__op_br_loop(struct em_cpu *cpu, const struct ia_insn *in)
{
    unsigned kind = em__optab[in->op].b;
    bool more = true;

    if (kind == 0) {
        if (!cpu->lc) return EM_OK;
        cpu->lc--;
        return branch(cpu, cpu->ip + (uint64_t)in->imm);
    }
    if (cpu->lc) {
        cpu->lc--;
        cpu->pr |= EM_BIT(63);
        em__rotate(cpu);
    } else {
        more = cpu->ec > 1;
        cpu->pr &= ~EM_BIT(63);
        if (cpu->ec) {
            cpu->ec--;
            em__rotate(cpu);
        }
    }
    return more == (kind == 1) ? branch(cpu, cpu->ip + (uint64_t)in->imm) : EM_OK;
}

/* br.wtop, br.wexit: row: b = 1 wtop, 2 wexit */
enum em_res em__op_br_wloop(struct em_cpu *cpu, const struct ia_insn *in)
{
    bool qp = em__p(cpu, in->qp), more = qp || cpu->ec > 1;

    cpu->pr &= ~EM_BIT(63);
    if (qp) {
        em__rotate(cpu);
    } else if (cpu->ec) {
        cpu->ec--;
        em__rotate(cpu);
    }
    return more == (em__optab[in->op].b == 1) ? branch(cpu, cpu->ip + (uint64_t)in->imm) : EM_OK;
}

/* row: a = 1: break.b, whose immediate IIM does not show; 2: break.x, low 21 bits */
enum em_res em__op_brk(struct em_cpu *cpu, const struct ia_insn *in)
{
    unsigned kind = em__optab[in->op].a;
    uint64_t imm = (uint64_t)in->imm;
    enum em_reply reply = EM_R_DELIVER;

    if (cpu->m->ops.brk) {
        em__outside(cpu);           /* it may wait: for room on the console, say */
        reply = cpu->m->ops.brk(cpu, cpu->m->cfg.ctx, imm);
        em__inside(cpu);
    }
    if (reply == EM_R_DELIVER) {
        em__fault(cpu, EM_VEC_BREAK, 0);
        cpu->in.has_iim = true;
        cpu->in.iim = kind == 1 ? 0 : imm & 0x1fffff;
        return EM_FAULT;
    }
    em__reply(cpu, reply, in->nr_slots);
    return EM_LEAVE;
}

/* IFS is written only while interruption collection is off (SDM vol. 3, cover). */
enum em_res em__op_cover(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t old = em__cover(cpu);

    (void)in;
    if (!(cpu->psr & EM_PSR_IC)) cpu->cr[EM_CR_IFS] = EM_IFS_V | old;
    return EM_OK;
}

/* row: a = 1: rrb.pr only. What was rrb-renamed keeps its physical place. */
enum em_res em__op_clrrrb(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t cfm = cpu->cfm;

    if (em__optab[in->op].a) cfm &= ~(UINT64_C(0x3f) << 32);
    else cfm &= ~EM_CFM_RRB;
    em__set_cfm(cpu, cfm);
    return EM_OK;
}

/* row: a = bank */
enum em_res em__op_bsw(struct em_cpu *cpu, const struct ia_insn *in)
{
    em__bank(cpu, em__optab[in->op].a);
    return EM_OK;
}

/* SDM vol. 3, epc: promotion by an execute-only page, or to 0 where nothing is translated */
enum em_res em__op_epc(struct em_cpu *cpu, const struct ia_insn *in)
{
    struct em_ref ref = { .va = cpu->ip, .size_bytes = 16, .side = EM_INST };
    uint64_t cpl = em__cpl(cpu);

    (void)in;
    if (cpu->pfs >> 62 < cpl) return em__illegal(cpu);
    if (!(cpu->psr & EM_PSR_IT)) {
        cpl = 0;
    } else {
        ref.cpl = (uint8_t)cpl;
        ref.flags = EM_RF_NOKEYS | EM_RF_NOBITS | EM_RF_NORIGHTS;
        if (em__translate(cpu, &ref) == EM_F_NONE && ref.ar == 7 && ref.pl < cpl) cpl = ref.pl;
    }
    em__set_psr(cpu, (cpu->psr & ~EM_PSR_CPL) | cpl << EM_PSR_CPL_SHIFT);
    return EM_EXIT;
}

enum em_res em__op_rfi(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t ipsr = cpu->cr[EM_CR_IPSR], ifs = cpu->cr[EM_CR_IFS];
    /* IIPA changes only where interruption collection was on before the instruction */
    uint64_t from = cpu->psr & EM_PSR_IC ? cpu->ip : cpu->cr[EM_CR_IIPA];

    (void)in;
    em__set_psr(cpu, ipsr);
    em_set_ip(cpu, cpu->cr[EM_CR_IIP], (unsigned)((ipsr & EM_PSR_RI) >> EM_PSR_RI_SHIFT));
    cpu->br_from = from;
    cpu->br_to = cpu->ip | cpu->ri;
    if (ifs & EM_IFS_V) em_rse_restore(cpu, ifs);
    cpu->cfle = cpu->ndirty < 0;
    em__attn(cpu, EM_ATTN_IRQ);
    return EM_LEAVE;
}

/* in: len = sof, pos = sol, cnt = sor */
enum em_res em__op_alloc(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t pfs = cpu->pfs;
    enum em_res res;

    if (in->len > EM_NR_STACKED || in->pos > in->len || in->cnt > in->len || in->r1 == 0 ||
        in->r1 >= 32u + in->len)
        return em__illegal(cpu);
    if (in->cnt != em__cfm_sor(cpu->cfm) && cpu->rotating) return em__ge(cpu, EM_GE_RESERVED_FIELD);
    res = em__rse_alloc(cpu, in->len, in->pos, in->cnt);
    if (res != EM_OK) return res;
    em__set_r(cpu, in->r1, pfs, false);
    return EM_OK;
}

enum em_res em__op_flushrs(struct em_cpu *cpu, const struct ia_insn *in)
{
    (void)in;
    return em__rse_flush(cpu);
}

enum em_res em__op_loadrs(struct em_cpu *cpu, const struct ia_insn *in)
{
    (void)in;
    if ((cpu->rsc & 3) || (((cpu->rsc >> 16) & 0x3ff8) && em__sof(cpu))) return em__illegal(cpu);
    return em__rse_loadrs(cpu);
}

/* There is no IA-32 engine, as on later parts. */
enum em_res em__op_br_ia(struct em_cpu *cpu, const struct ia_insn *in)
{
    if (in->qp || !(cpu->psr & EM_PSR_DI) || cpu->bspstore != em__bsp(cpu))
        return em__illegal(cpu);
    return em__ge(cpu, EM_GE_DISABLED_ISA);
}

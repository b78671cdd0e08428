/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_op_tlb.c: inserting, purging and asking for translations (SDM vol. 3). */
#include "em_ops.h"

/* Fields of PTE and ITIR checked at insertion (SDM vol. 2, "Translation insertion format"). */
static bool insert_reserved(uint64_t pte, uint64_t itir)
{
    unsigned ps = EM_ITIR_PS(itir), ma = (unsigned)(pte >> EM_PTE_MA_SHIFT) & 7;

    if ((itir & 3) || ps < 12 || ps > 32) return true;
    if (!(pte & EM_PTE_P)) return false;
    return (pte & (EM_BIT(1) | UINT64_C(3) << 50)) || (ma >= 1 && ma <= 3) || itir >> 32;
}

/* row: a = enum em_side */
enum em_res em__op_itc(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t pte = em__r(cpu, in->r2), itir = cpu->cr[EM_CR_ITIR], va = cpu->cr[EM_CR_IFA];

    if (cpu->psr & EM_PSR_IC) return em__illegal(cpu);
    if (em__nat(cpu, in->r2)) return em__nat_consumption(cpu, 0);
    if (insert_reserved(pte, itir)) return em__ge(cpu, EM_GE_RESERVED_FIELD);
    em_tc_insert(cpu, (enum em_side)em__optab[in->op].a, va, pte, itir,
                 EM_RR_RID(cpu->rr[va >> 61]));
    return EM_OK;
}

enum em_res em__op_itr(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t pte = em__r(cpu, in->r2), itir = cpu->cr[EM_CR_ITIR], va = cpu->cr[EM_CR_IFA];
    unsigned slot = (unsigned)em__r(cpu, in->r3) & 0xff;

    if (cpu->psr & EM_PSR_IC) return em__illegal(cpu);
    if (em__nat(cpu, in->r2) || em__nat(cpu, in->r3)) return em__nat_consumption(cpu, 0);
    if (slot >= EM_NR_TR || insert_reserved(pte, itir)) return em__ge(cpu, EM_GE_RESERVED_FIELD);
    em_tr_insert(cpu, (enum em_side)em__optab[in->op].a, slot, va, pte, itir,
                 EM_RR_RID(cpu->rr[va >> 61]));
    return EM_OK;
}

static bool purge_operands(struct em_cpu *cpu, const struct ia_insn *in, em_gva_t *va, unsigned *ps)
{
    *va = em__r(cpu, in->r3);
    *ps = (unsigned)(em__r(cpu, in->r2) >> 2) & 0x3f;
    return !em__nat(cpu, in->r2) && !em__nat(cpu, in->r3);
}

/* ptc.l; row: a = 1: ptc.g and ptc.ga, other processors too */
enum em_res em__op_ptc(struct em_cpu *cpu, const struct ia_insn *in)
{
    em_gva_t va;
    unsigned ps;

    if (!purge_operands(cpu, in, &va, &ps)) return em__nat_consumption(cpu, 0);
    if (em__optab[in->op].a) em_tc_purge_global(cpu, va, ps, EM_RR_RID(cpu->rr[va >> 61]));
    else em_tc_purge(cpu, va, ps, EM_RR_RID(cpu->rr[va >> 61]));
    return EM_EXIT;
}

enum em_res em__op_ptc_e(struct em_cpu *cpu, const struct ia_insn *in)
{
    if (em__nat(cpu, in->r3)) return em__nat_consumption(cpu, 0);
    em_tc_purge_all(cpu);
    return EM_EXIT;
}

enum em_res em__op_ptr(struct em_cpu *cpu, const struct ia_insn *in)
{
    em_gva_t va;
    unsigned ps;

    if (!purge_operands(cpu, in, &va, &ps)) return em__nat_consumption(cpu, 0);
    em_tr_purge(cpu, (enum em_side)em__optab[in->op].a, va, ps, EM_RR_RID(cpu->rr[va >> 61]));
    return EM_EXIT;
}

enum em_res em__op_tpa(struct em_cpu *cpu, const struct ia_insn *in)
{
    struct em_ref ref = em__ref(cpu, em__r(cpu, in->r3), 1, 0);
    enum em_flt f;

    ref.isr = EM_ISR_NA;
    if (em__nat(cpu, in->r3)) return em__nat_consumption(cpu, ref.isr);
    ref.flags = EM_RF_NOKEYS | EM_RF_NORIGHTS | EM_RF_NOBITS | EM_RF_FORCE_DT;
    f = em__translate(cpu, &ref);
    if (f != EM_F_NONE) return em__ref_fault(cpu, &ref, f);
    em__set_r(cpu, in->r1, ref.gpa, false);
    return EM_OK;
}

enum em_res em__op_tak(struct em_cpu *cpu, const struct ia_insn *in)
{
    struct em_ref ref = em__ref(cpu, em__r(cpu, in->r3), 1, 0);
    enum em_flt f;

    ref.isr = EM_ISR_NA | 3;
    if (em__nat(cpu, in->r3)) return em__nat_consumption(cpu, ref.isr);
    ref.flags = EM_RF_NOKEYS | EM_RF_NORIGHTS | EM_RF_NOBITS | EM_RF_FORCE_DT;
    if (!(cpu->psr & EM_PSR_DT)) ref.flags |= EM_RF_NOWALK;
    f = em__translate(cpu, &ref);
    em__set_r(cpu, in->r1, (f == EM_F_NONE || f == EM_F_NATPAGE) && ref.has_key
                               ? (uint64_t)ref.key << 8 : 1, false);
    return EM_OK;
}

enum em_res em__op_thash(struct em_cpu *cpu, const struct ia_insn *in)
{
    em__set_r(cpu, in->r1, em__thash(cpu, em__r(cpu, in->r3)), em__nat(cpu, in->r3));
    return EM_OK;
}

enum em_res em__op_ttag(struct em_cpu *cpu, const struct ia_insn *in)
{
    em__set_r(cpu, in->r1, em__ttag(cpu, em__r(cpu, in->r3)), em__nat(cpu, in->r3));
    return EM_OK;
}

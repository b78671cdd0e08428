/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_op_reg.c: moves to and from branch, predicate, application, control, status and indirect
 * registers. Reserved and ignored fields are rows (SDM vol. 1 chapter 3, vol. 2 chapter 3).
 */
#include "em_ops.h"

/* ---- branch, predicate, ip --------------------------------------------------------------------*/

enum em_res em__op_mov_from_br(struct em_cpu *cpu, const struct ia_insn *in)
{
    em__set_r(cpu, in->r1, cpu->br[in->b2], false);
    return EM_OK;
}

enum em_res em__op_mov_to_br(struct em_cpu *cpu, const struct ia_insn *in)
{
    if (em__nat(cpu, in->r2)) return em__nat_consumption(cpu, 0);
    cpu->br[in->b1] = em__r(cpu, in->r2);
    return EM_OK;
}

/* Predicates as a whole are named physically: rotation undone. */
static uint64_t rot48(uint64_t pr, unsigned by)
{
    uint64_t rot = pr >> 16, mask = EM_BIT(48) - 1;

    if (by) rot = ((rot << by) | (rot >> (48 - by))) & mask;
    return (pr & 0xffff) | rot << 16;
}

uint64_t em_pr(const struct em_cpu *cpu)
{
    return rot48(cpu->pr, em__cfm_rrb_pr(cpu->cfm));
}

void em_set_pr(struct em_cpu *cpu, uint64_t value)
{
    unsigned rrb = em__cfm_rrb_pr(cpu->cfm);

    cpu->pr = rot48(value, rrb ? 48 - rrb : 0) | 1;
}

enum em_res em__op_mov_from_pr(struct em_cpu *cpu, const struct ia_insn *in)
{
    em__set_r(cpu, in->r1, em_pr(cpu), false);
    return EM_OK;
}

enum em_res em__op_mov_to_pr(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t mask = (uint64_t)in->imm;

    if (em__nat(cpu, in->r2)) return em__nat_consumption(cpu, 0);
    em_set_pr(cpu, (em_pr(cpu) & ~mask) | (em__r(cpu, in->r2) & mask));
    return EM_OK;
}

enum em_res em__op_mov_to_pr_rot(struct em_cpu *cpu, const struct ia_insn *in)
{
    em_set_pr(cpu, (em_pr(cpu) & 0xffff) | ((uint64_t)in->imm & ~UINT64_C(0xffff)));
    return EM_OK;
}

enum em_res em__op_mov_from_ip(struct em_cpu *cpu, const struct ia_insn *in)
{
    em__set_r(cpu, in->r1, cpu->ip, false);
    return EM_OK;
}

/* ---- application registers --------------------------------------------------------------------*/

static bool ar_ignored(unsigned ar) { return (ar >= 48 && ar < 64) || ar >= 112; }

/* row: a = 0 M unit, 1 I unit */
static bool ar_exists(const struct em_cpu *cpu, unsigned ar, unsigned unit)
{
    static const uint64_t m_unit = UINT64_C(0x000011117f2f00ff);

    if (ar_ignored(ar)) return true;
    if ((ar >= 64) != unit) return false;
    if (unit) return ar <= EM_AR_EC;
    if ((ar == EM_AR_BSPSTORE || ar == EM_AR_RNAT) && (cpu->rsc & 3)) return false;
    return (m_unit >> ar) & 1;
}

uint64_t em_ar(const struct em_cpu *cpu, unsigned ar)
{
    switch (ar) {
    case EM_AR_RSC: return cpu->rsc;
    case EM_AR_BSP: return em__bsp(cpu);
    case EM_AR_BSPSTORE: return cpu->bspstore;
    case EM_AR_RNAT: return cpu->rnat;
    case EM_AR_CCV: return cpu->ccv;
    case EM_AR_UNAT: return cpu->unat;
    case EM_AR_FPSR: return cpu->fpsr;
    case EM_AR_ITC: return em__itc((struct em_cpu *)(uintptr_t)cpu);
    case EM_AR_PFS: return cpu->pfs;
    case EM_AR_LC: return cpu->lc;
    case EM_AR_EC: return cpu->ec;
    default: return ar < 48 ? cpu->ar[ar] : 0;
    }
}

void em_set_ar(struct em_cpu *cpu, unsigned ar, uint64_t value)
{
    switch (ar) {
    case EM_AR_RSC: cpu->rsc = value; break;
    case EM_AR_BSP: break;
    case EM_AR_BSPSTORE: em__set_bspstore(cpu, value); break;
    case EM_AR_RNAT: cpu->rnat = value & ~EM_BIT(63); break;
    case EM_AR_CCV: cpu->ccv = value; break;
    case EM_AR_UNAT: cpu->unat = value; break;
    case EM_AR_FPSR: cpu->fpsr = value; break;
    case EM_AR_ITC: em__itc_write(cpu, value); break;
    case EM_AR_PFS: cpu->pfs = value; break;
    case EM_AR_LC: cpu->lc = value; break;
    case EM_AR_EC: cpu->ec = value & 63; break;
    default: if (ar < 48) cpu->ar[ar] = value; break;
    }
}

/* Reserved fields of the registers that check them. */
static bool ar_reserved(unsigned ar, uint64_t v)
{
    switch (ar) {
    case EM_AR_RSC: return v & ~UINT64_C(0x3fff001f);
    case EM_AR_PFS: return (v & UINT64_C(0x3c0fffc000000000)) || !em__frame_ok(v & EM_CFM_MASK);
    case EM_AR_FPSR:
        if (v >> 58 || (v & EM_BIT(12))) return true;
        for (unsigned sf = 0; sf < 4; sf++)
            if (((v >> (8 + 13 * sf)) & 3) == 1) return true;
        return false;
    }
    return false;
}

enum em_res em__op_mov_from_ar(struct em_cpu *cpu, const struct ia_insn *in)
{
    if (!ar_exists(cpu, in->ar, em__optab[in->op].a)) return em__illegal(cpu);
    if (in->ar == EM_AR_ITC && (cpu->psr & EM_PSR_SI) && em__cpl(cpu))
        return em__ge(cpu, EM_GE_PRIVILEGED_REG);
    em__set_r(cpu, in->r1, em_ar(cpu, in->ar), false);
    return EM_OK;
}

/* row: a = unit, b = 1: immediate */
enum em_res em__op_mov_to_ar(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    uint64_t v = op->b ? (uint64_t)in->imm : em__r(cpu, in->r2), cpl = em__cpl(cpu);

    if (!ar_exists(cpu, in->ar, op->a) || in->ar == EM_AR_BSP) return em__illegal(cpu);
    if (!op->b && em__nat(cpu, in->r2)) return em__nat_consumption(cpu, 0);
    if (ar_reserved(in->ar, v)) return em__ge(cpu, EM_GE_RESERVED_FIELD);
    if ((in->ar < 8 || in->ar == EM_AR_ITC) && cpl) return em__ge(cpu, EM_GE_PRIVILEGED_REG);
    if (in->ar == EM_AR_RSC && ((v >> 2) & 3) < cpl) v = (v & ~UINT64_C(12)) | cpl << 2;
    em_set_ar(cpu, in->ar, v);
    return EM_OK;
}

/* ---- control registers ------------------------------------------------------------------------*/

static bool cr_exists(unsigned cr)
{
    return cr <= 2 || cr == 8 || cr == 16 || cr == 17 || (cr >= 19 && cr <= 25) ||
           (cr >= 64 && cr <= 74) || cr == 80 || cr == 81;
}

static bool cr_illegal(const struct em_cpu *cpu, unsigned cr, bool write)
{
    if (!cr_exists(cr)) return true;
    if (cr >= 16 && cr <= 27 && (cpu->psr & EM_PSR_IC)) return true;
    return write && cr >= EM_CR_IVR && cr <= EM_CR_IRR3 && cr != EM_CR_TPR && cr != EM_CR_EOI;
}

/* reserved bits (nonzero: fault), kept bits (the others are ignored) */
static const struct {
    uint64_t reserved, kept;
} cr_rows[128] = {
    [EM_CR_DCR] = { ~UINT64_C(0x7f07), UINT64_C(0x7f07) },
    [EM_CR_ITM] = { 0, ~UINT64_C(0) },
    [EM_CR_IVA] = { 0, ~UINT64_C(0x7fff) },
    [EM_CR_PTA] = { UINT64_C(0x7e02), ~UINT64_C(0) },
    [EM_CR_IPSR] = { UINT64_C(0xffffc000f0011fc1), ~UINT64_C(0) },
    [EM_CR_ISR] = { UINT64_C(0xfffff000ff000000), ~UINT64_C(0) },
    [EM_CR_IIP] = { 0, ~UINT64_C(0) },
    [EM_CR_IFA] = { 0, ~UINT64_C(0) },
    [EM_CR_ITIR] = { 0, ~UINT64_C(3) },
    [EM_CR_IIPA] = { 0, ~UINT64_C(15) },
    [EM_CR_IFS] = { UINT64_C(0x7fffffc000000000), ~UINT64_C(0) },
    [EM_CR_IIM] = { 0, ~UINT64_C(0) },
    [EM_CR_IHA] = { 0, ~UINT64_C(3) },
    [EM_CR_LID] = { 0xffff, UINT64_C(0xffff0000) },
    [EM_CR_TPR] = { 0xff00, 0x100f0 },
    [EM_CR_ITV] = { 0xef00, 0x100ff },
    [EM_CR_PMV] = { 0xef00, 0x100ff },
    [EM_CR_CMCV] = { 0xef00, 0x100ff },
    [EM_CR_LRR0] = { 0x4800, 0x1a7ff },
    [EM_CR_LRR1] = { 0x4800, 0x1a7ff },
};

static bool cr_reserved(unsigned cr, uint64_t v)
{
    unsigned dm = (unsigned)(v >> 8) & 7, size = (unsigned)(v >> 2) & 0x3f;

    if (v & cr_rows[cr].reserved) return true;
    switch (cr) {
    case EM_CR_PTA: return size < 15 || size > 61;
    case EM_CR_IPSR: return (v & EM_PSR_RI) == EM_PSR_RI;
    case EM_CR_ISR: return (v & EM_PSR_RI) == EM_PSR_RI;
    case EM_CR_IFS: return (v & EM_IFS_V) && !em__frame_ok(v & EM_CFM_MASK);
    case EM_CR_LRR0:
    case EM_CR_LRR1: return dm == 1 || dm == 3 || dm == 6;
    }
    return false;
}

uint64_t em_cr(const struct em_cpu *cpu, unsigned cr)
{
    if (cr >= EM_CR_IRR0 && cr <= EM_CR_IRR3) return atomic_load(&cpu->irr[cr - EM_CR_IRR0]);
    return cr < 128 ? cpu->cr[cr] : 0;
}

void em_set_cr(struct em_cpu *cpu, unsigned cr, uint64_t value)
{
    switch (cr) {
    case EM_CR_ITM: em__itm_write(cpu, value); return;
    case EM_CR_EOI: em__eoi(cpu); return;
    case EM_CR_IRR0:
    case EM_CR_IRR1:
    case EM_CR_IRR2:
    case EM_CR_IRR3: atomic_store(&cpu->irr[cr - EM_CR_IRR0], value); break;
    case EM_CR_PTA: em__tlb_flush_virtual(cpu); break;
    }
    if (cr >= 128) return;
    cpu->cr[cr] = value;
    if (cr == EM_CR_TPR || cr == EM_CR_ITV) em__attn(cpu, EM_ATTN_IRQ);
}

enum em_res em__op_mov_from_cr(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t v;

    if (cr_illegal(cpu, in->cr, false)) return em__illegal(cpu);
    v = em_cr(cpu, in->cr);
    if (in->cr == EM_CR_IVR) v = em__ivr_read(cpu);
    if (in->cr == EM_CR_EOI) v = 0;
    em__set_r(cpu, in->r1, v, false);
    return EM_OK;
}

enum em_res em__op_mov_to_cr(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t v = em__r(cpu, in->r2);

    if (cr_illegal(cpu, in->cr, true)) return em__illegal(cpu);
    if (em__nat(cpu, in->r2)) return em__nat_consumption(cpu, 0);
    if (cr_reserved(in->cr, v)) return em__ge(cpu, EM_GE_RESERVED_FIELD);
    if (in->cr != EM_CR_EOI) v &= cr_rows[in->cr].kept;
    em_set_cr(cpu, in->cr, v);
    return EM_EXIT;
}

/* ---- psr --------------------------------------------------------------------------------------*/

#define PSR_UM      UINT64_C(0x3e)
#define PSR_SYSTEM  (PSR_UM | UINT64_C(0xe000) | UINT64_C(0xfe0000))
#define PSR_LOW     (PSR_SYSTEM | UINT64_C(0xf000000))

/* Bits of the user mask that this processor state lets a program change. */
static uint64_t um_mask(const struct em_cpu *cpu)
{
    return PSR_UM & ~(cpu->psr & EM_PSR_SP ? EM_PSR_UP : 0);
}

static enum em_res set_bits(struct em_cpu *cpu, uint64_t set, uint64_t clear)
{
    em__set_psr(cpu, (cpu->psr & ~clear) | set);
    return EM_EXIT;
}

enum em_res em__op_mov_from_psr(struct em_cpu *cpu, const struct ia_insn *in)
{
    em__set_r(cpu, in->r1, cpu->psr & (UINT64_C(0xffffffff) | EM_PSR_MC | EM_PSR_IT), false);
    return EM_OK;
}

/* The upper half of the source is ignored: Linux writes back a whole saved psr. */
enum em_res em__op_mov_to_psr(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t v = em__r(cpu, in->r2) & UINT64_C(0xffffffff);

    if (em__nat(cpu, in->r2)) return em__nat_consumption(cpu, 0);
    if (v & ~PSR_LOW) return em__ge(cpu, EM_GE_RESERVED_FIELD);
    return set_bits(cpu, v, PSR_LOW);
}

enum em_res em__op_mov_from_um(struct em_cpu *cpu, const struct ia_insn *in)
{
    em__set_r(cpu, in->r1, cpu->psr & PSR_UM, false);
    return EM_OK;
}

enum em_res em__op_mov_to_um(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t v = em__r(cpu, in->r2), mask = um_mask(cpu);

    if (em__nat(cpu, in->r2)) return em__nat_consumption(cpu, 0);
    if (v & ~PSR_UM) return em__ge(cpu, EM_GE_RESERVED_FIELD);
    return set_bits(cpu, v & mask, mask);
}

enum em_res em__op_ssm(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t v = (uint64_t)in->imm;

    if (v & ~PSR_SYSTEM) return em__ge(cpu, EM_GE_RESERVED_FIELD);
    return set_bits(cpu, v, 0);
}

enum em_res em__op_rsm(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t v = (uint64_t)in->imm;

    if (v & ~PSR_SYSTEM) return em__ge(cpu, EM_GE_RESERVED_FIELD);
    return set_bits(cpu, 0, v);
}

enum em_res em__op_sum(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t v = (uint64_t)in->imm;

    if (v & ~PSR_UM) return em__ge(cpu, EM_GE_RESERVED_FIELD);
    return set_bits(cpu, v & um_mask(cpu), 0);
}

enum em_res em__op_rum(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t v = (uint64_t)in->imm;

    if (v & ~PSR_UM) return em__ge(cpu, EM_GE_RESERVED_FIELD);
    return set_bits(cpu, 0, v & um_mask(cpu));
}

enum em_res em__op_srlz(struct em_cpu *cpu, const struct ia_insn *in)
{
    (void)cpu;
    (void)in;
    return EM_EXIT;
}

/* ---- indirect files ---------------------------------------------------------------------------*/

static bool rr_reserved(uint64_t v)
{
    unsigned ps = EM_RR_PS(v);

    return (v >> 32) || (v & 2) || ps < 12 || ps > 32;
}

enum em_res em__op_mov_from_rr(struct em_cpu *cpu, const struct ia_insn *in)
{
    if (em__nat(cpu, in->r3)) return em__nat_consumption(cpu, 0);
    em__set_r(cpu, in->r1, cpu->rr[em__r(cpu, in->r3) >> 61], false);
    return EM_OK;
}

enum em_res em__op_mov_to_rr(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t v = em__r(cpu, in->r2);

    if (em__nat(cpu, in->r3) || em__nat(cpu, in->r2)) return em__nat_consumption(cpu, 0);
    if (rr_reserved(v)) return em__ge(cpu, EM_GE_RESERVED_FIELD);
    em_set_rr(cpu, (unsigned)(em__r(cpu, in->r3) >> 61), v);
    return EM_EXIT;
}

/* entries per file, 0 = unimplemented ones read as zero; reserved bits of a value */
static const struct {
    unsigned count;
    uint64_t reserved;
} ind_rows[] = {
    [EM_IND_PKR] = { EM_NR_PKR, UINT64_C(0xffffffff000000f0) },
    [EM_IND_DBR] = { EM_NR_DBR, 0 },
    [EM_IND_IBR] = { EM_NR_DBR, 0 },
    [EM_IND_PMC] = { 0, 0 },
    [EM_IND_PMD] = { 0, 0 },
    [EM_IND_CPUID] = { EM_NR_CPUID, 0 },
};

/* row: a = enum em_ind_file */
enum em_res em__op_mov_from_ind(struct em_cpu *cpu, const struct ia_insn *in)
{
    unsigned file = em__optab[in->op].a;
    unsigned index = (unsigned)em__r(cpu, in->r3) & 0xff;
    uint64_t v;

    if (em__nat(cpu, in->r3)) return em__nat_consumption(cpu, 0);
    if (ind_rows[file].count && index >= ind_rows[file].count)
        return em__ge(cpu, EM_GE_RESERVED_FIELD);
    v = em_ind(cpu, (enum em_ind_file)file, index);
    if (file == EM_IND_PMD && em__cpl(cpu) &&
        ((cpu->psr & EM_PSR_SP) || (em_ind(cpu, EM_IND_PMC, index) & 64)))
        v = 0;
    em__set_r(cpu, in->r1, v, false);
    return EM_OK;
}

enum em_res em__op_mov_to_ind(struct em_cpu *cpu, const struct ia_insn *in)
{
    unsigned file = em__optab[in->op].a;
    unsigned index = (unsigned)em__r(cpu, in->r3) & 0xff;
    uint64_t v = em__r(cpu, in->r2);

    if (em__nat(cpu, in->r3) || em__nat(cpu, in->r2)) return em__nat_consumption(cpu, 0);
    if (ind_rows[file].count && index >= ind_rows[file].count)
        return em__ge(cpu, EM_GE_RESERVED_FIELD);
    if (v & ind_rows[file].reserved) return em__ge(cpu, EM_GE_RESERVED_FIELD);
    em_set_ind(cpu, (enum em_ind_file)file, index, v);
    return EM_EXIT;
}

/* Model-specific registers: none; reads give 0. row: a = 1: read */
enum em_res em__op_mov_msr(struct em_cpu *cpu, const struct ia_insn *in)
{
    if (em__nat(cpu, in->r3)) return em__nat_consumption(cpu, 0);
    if (em__optab[in->op].a) em__set_r(cpu, in->r1, 0, false);
    else if (em__nat(cpu, in->r2)) return em__nat_consumption(cpu, 0);
    return EM_OK;
}

/* SDM vol. 2, priorities: these are Illegal Operation even where the privilege lacks. */
enum em_res em__op_privileged(struct em_cpu *cpu, const struct ia_insn *in)
{
    bool illegal = false;

    switch (in->op) {
    case IA_OP_MOV_FROM_CR: illegal = cr_illegal(cpu, in->cr, false); break;
    case IA_OP_MOV_TO_CR: illegal = cr_illegal(cpu, in->cr, true); break;
    case IA_OP_ITC_D:
    case IA_OP_ITC_I:
    case IA_OP_ITR_D:
    case IA_OP_ITR_I: illegal = cpu->psr & EM_PSR_IC; break;
    case IA_OP_VMSW_0:
    case IA_OP_VMSW_1: illegal = true; break;
    case IA_OP_TPA: return em__fault(cpu, EM_VEC_GENERAL, EM_GE_PRIVILEGED_OP | EM_ISR_NA);
    case IA_OP_TAK: return em__fault(cpu, EM_VEC_GENERAL, EM_GE_PRIVILEGED_OP | EM_ISR_NA | 3);
    }
    return illegal ? em__illegal(cpu) : em__priv(cpu);
}

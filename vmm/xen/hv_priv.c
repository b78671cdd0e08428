/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Privileged instructions of the guest's kernel: trapped and emulated.
 * Source: docs/guest-abi.md, 5.1, 5.2.
 */
#include "hv_int.h"

enum end {
    END_NEXT,                       /* done: behind the instruction */
    END_DONE,                       /* ip is where it goes on (rfi, reflected) */
    END_ILLEGAL,                    /* nothing done: the fault with that code */
    END_RESERVED,
    END_NAT,
};

typedef enum end (*priv_fn)(struct hv_vcpu *v, const struct ia_insn *in);

/* ---- control registers: a table over the register number ----------------------------------- */

struct cr_row {
    uint16_t offset;                /* in hv_mapped_regs; 0 = none */
    uint64_t reserved;              /* bits that give a reserved field fault on write */
    uint64_t (*read)(struct hv_vcpu *v, unsigned cr);       /* NULL: the mapped register */
    enum end (*write)(struct hv_vcpu *v, unsigned cr, uint64_t value);
};

static uint64_t *mapped(struct hv_vcpu *v, unsigned offset)
{
    return (uint64_t *)((uint8_t *)v->mr + offset);
}

static uint64_t read_zero(struct hv_vcpu *v, unsigned cr) { (void)v; (void)cr; return 0; }
static uint64_t read_dcr(struct hv_vcpu *v, unsigned cr) { (void)cr; return v->dcr; }
static uint64_t read_iva(struct hv_vcpu *v, unsigned cr) { (void)cr; return v->iva; }
static uint64_t read_pta(struct hv_vcpu *v, unsigned cr) { (void)cr; return v->pta; }
static uint64_t read_itv(struct hv_vcpu *v, unsigned cr) { (void)cr; return v->itv; }
static uint64_t read_pmv(struct hv_vcpu *v, unsigned cr) { (void)cr; return v->pmv; }
static uint64_t read_cmcv(struct hv_vcpu *v, unsigned cr) { (void)cr; return v->cmcv; }
static uint64_t read_lid(struct hv_vcpu *v, unsigned cr) { (void)cr; return (uint64_t)v->id << 24; }
static uint64_t read_ivr(struct hv_vcpu *v, unsigned cr) { (void)cr; return hv__ivr_read(v); }
static uint64_t read_irr(struct hv_vcpu *v, unsigned cr)
{
    return atomic_load(&v->irr[cr - EM_CR_IRR0]);
}
static uint64_t read_lrr(struct hv_vcpu *v, unsigned cr) { return v->lrr[cr - EM_CR_LRR0]; }

static enum end write_illegal(struct hv_vcpu *v, unsigned cr, uint64_t value)
{
    (void)v; (void)cr; (void)value;
    return END_ILLEGAL;
}

static enum end write_dcr(struct hv_vcpu *v, unsigned cr, uint64_t value)
{
    (void)cr;
    v->dcr = v->mr->dcr = value;
    return END_NEXT;
}

static enum end write_itm(struct hv_vcpu *v, unsigned cr, uint64_t value)
{
    (void)cr;
    hv__set_itm(v, value);
    return END_NEXT;
}

static enum end write_iva(struct hv_vcpu *v, unsigned cr, uint64_t value)
{
    (void)cr;
    v->iva = value & ~UINT64_C(0x7fff);
    return END_NEXT;
}

static enum end write_pta(struct hv_vcpu *v, unsigned cr, uint64_t value)
{
    const unsigned size = (unsigned)((value >> 2) & 0x3f);

    (void)cr;
    if (size < 15 || size > 60) return END_RESERVED;
    v->pta = v->mr->pta = value;
    em_set_cr(v->cpu, EM_CR_PTA, value & ~UINT64_C(1));     /* for thash; the walker stays off */
    return END_NEXT;
}

static enum end write_itv(struct hv_vcpu *v, unsigned cr, uint64_t value)
{
    (void)cr;
    v->itv = v->mr->itv = value & 0x100ff;
    hv__timer(v);
    return END_NEXT;
}

static enum end write_pmv(struct hv_vcpu *v, unsigned cr, uint64_t value)
{
    (void)cr;
    v->pmv = v->mr->pmv = value & 0x100ff;
    return END_NEXT;
}

static enum end write_cmcv(struct hv_vcpu *v, unsigned cr, uint64_t value)
{
    (void)cr;
    v->cmcv = v->mr->cmcv = value & 0x100ff;
    return END_NEXT;
}

static enum end write_eoi(struct hv_vcpu *v, unsigned cr, uint64_t value)
{
    (void)cr; (void)value;
    hv__eoi(v);
    return END_NEXT;
}

/** No pins: only "masked" is accepted. */
static enum end write_lrr(struct hv_vcpu *v, unsigned cr, uint64_t value)
{
    if (!(value & 0x10000)) return END_ILLEGAL;
    v->lrr[cr - EM_CR_LRR0] = v->mr->lrr[cr - EM_CR_LRR0] = 0x10000;
    return END_NEXT;
}

#define MAPPED(field) (uint16_t)offsetof(struct hv_mapped_regs, field)
static const struct cr_row cr_rows[128] = {
    [EM_CR_DCR]  = { 0, 0, read_dcr, write_dcr },
    [EM_CR_ITM]  = { 0, 0, read_zero, write_itm },          /* reading is unsupported by Xen too */
    [EM_CR_IVA]  = { 0, 0, read_iva, write_iva },
    [EM_CR_PTA]  = { 0, UINT64_C(0x7e02), read_pta, write_pta },
    [EM_CR_IPSR] = { MAPPED(ipsr), 0, NULL, NULL },
    [EM_CR_ISR]  = { MAPPED(isr), 0, NULL, NULL },
    [EM_CR_IIP]  = { MAPPED(iip), 0, NULL, NULL },
    [EM_CR_IFA]  = { MAPPED(ifa), 0, NULL, NULL },
    [EM_CR_ITIR] = { MAPPED(itir), 0, NULL, NULL },
    [EM_CR_IIPA] = { MAPPED(iipa), 0, NULL, NULL },
    [EM_CR_IFS]  = { MAPPED(ifs), 0, NULL, NULL },
    [EM_CR_IIM]  = { MAPPED(iim), 0, NULL, NULL },
    [EM_CR_IHA]  = { MAPPED(iha), 0, NULL, NULL },
    [EM_CR_LID]  = { 0, 0, read_lid, write_illegal },
    [EM_CR_IVR]  = { 0, 0, read_ivr, write_illegal },
    [EM_CR_TPR]  = { MAPPED(tpr), UINT64_C(0xff00), NULL, NULL },
    [EM_CR_EOI]  = { 0, 0, read_zero, write_eoi },
    [EM_CR_IRR0] = { 0, 0, read_irr, write_illegal },
    [EM_CR_IRR1] = { 0, 0, read_irr, write_illegal },
    [EM_CR_IRR2] = { 0, 0, read_irr, write_illegal },
    [EM_CR_IRR3] = { 0, 0, read_irr, write_illegal },
    [EM_CR_ITV]  = { 0, UINT64_C(0xef00), read_itv, write_itv },
    [EM_CR_PMV]  = { 0, UINT64_C(0xef00), read_pmv, write_pmv },
    [EM_CR_CMCV] = { 0, UINT64_C(0xef00), read_cmcv, write_cmcv },
    [EM_CR_LRR0] = { 0, 0, read_lrr, write_lrr },
    [EM_CR_LRR1] = { 0, 0, read_lrr, write_lrr },
};

static enum end i_mov_to_cr(struct hv_vcpu *v, const struct ia_insn *in)
{
    const struct cr_row *row = &cr_rows[in->cr & 127];
    const uint64_t value = hv__gr(v, in->r2);

    if (!row->offset && !row->write) return END_ILLEGAL;
    if (em_gr_nat(v->cpu, in->r2)) return END_NAT;
    if (value & row->reserved) return END_RESERVED;
    if (row->write) return row->write(v, in->cr, value);
    *mapped(v, row->offset) = value;
    return END_NEXT;
}

static enum end i_mov_from_cr(struct hv_vcpu *v, const struct ia_insn *in)
{
    const struct cr_row *row = &cr_rows[in->cr & 127];

    if (!row->offset && !row->read) return END_ILLEGAL;
    hv__set_gr(v, in->r1, row->read ? row->read(v, in->cr) : *mapped(v, row->offset));
    return END_NEXT;
}

/* ---- psr, banks, rfi ----------------------------------------------------------------------- */

static enum end i_ssm(struct hv_vcpu *v, const struct ia_insn *in)
{
    return hv__ssm(v, (uint64_t)in->imm) ? END_NEXT : END_ILLEGAL;
}

static enum end i_rsm(struct hv_vcpu *v, const struct ia_insn *in)
{
    return hv__rsm(v, (uint64_t)in->imm) ? END_NEXT : END_ILLEGAL;
}

static enum end i_mov_to_psr_l(struct hv_vcpu *v, const struct ia_insn *in)
{
    if (em_gr_nat(v->cpu, in->r2)) return END_NAT;
    hv__set_psr_l(v, hv__gr(v, in->r2));
    return END_NEXT;
}

static enum end i_mov_from_psr(struct hv_vcpu *v, const struct ia_insn *in)
{
    hv__set_gr(v, in->r1, hv__vpsr(v) & (UINT64_C(0xffffffff) | EM_PSR_MC | EM_PSR_IT));
    return END_NEXT;
}

static enum end i_rfi(struct hv_vcpu *v, const struct ia_insn *in)
{
    (void)in;
    hv__rfi(v);
    return END_DONE;
}

static enum end i_bsw_0(struct hv_vcpu *v, const struct ia_insn *in)
{
    (void)in;
    hv__bank_save(v);
    return END_NEXT;
}

static enum end i_bsw_1(struct hv_vcpu *v, const struct ia_insn *in)
{
    (void)in;
    hv__bank_load(v);
    return END_NEXT;
}

/* ---- translation --------------------------------------------------------------------------- */

static enum end i_itc_d(struct hv_vcpu *v, const struct ia_insn *in)
{
    if (em_gr_nat(v->cpu, in->r2)) return END_NAT;
    return hv__itc(v, EM_DATA, hv__gr(v, in->r2)) ? END_NEXT : END_RESERVED;
}

static enum end i_itc_i(struct hv_vcpu *v, const struct ia_insn *in)
{
    if (em_gr_nat(v->cpu, in->r2)) return END_NAT;
    return hv__itc(v, EM_INST, hv__gr(v, in->r2)) ? END_NEXT : END_RESERVED;
}

static enum end itr(struct hv_vcpu *v, const struct ia_insn *in, enum em_side side)
{
    if (em_gr_nat(v->cpu, in->r2) || em_gr_nat(v->cpu, in->r3)) return END_NAT;
    return hv__itr(v, side, hv__gr(v, in->r3), hv__gr(v, in->r2)) ? END_NEXT : END_RESERVED;
}

static enum end i_itr_d(struct hv_vcpu *v, const struct ia_insn *in) { return itr(v, in, EM_DATA); }
static enum end i_itr_i(struct hv_vcpu *v, const struct ia_insn *in) { return itr(v, in, EM_INST); }

static unsigned size_operand(struct hv_vcpu *v, const struct ia_insn *in)
{
    return (unsigned)((hv__gr(v, in->r2) >> 2) & 0x3f);
}

static bool purge_nat(struct hv_vcpu *v, const struct ia_insn *in)
{
    return em_gr_nat(v->cpu, in->r2) || em_gr_nat(v->cpu, in->r3);
}

static enum end i_ptc_l(struct hv_vcpu *v, const struct ia_insn *in)
{
    if (purge_nat(v, in)) return END_NAT;
    hv__ptc_l(v, hv__gr(v, in->r3), size_operand(v, in));
    return END_NEXT;
}

static enum end i_ptc_ga(struct hv_vcpu *v, const struct ia_insn *in)
{
    if (purge_nat(v, in)) return END_NAT;
    hv__ptc_ga(v, hv__gr(v, in->r3), size_operand(v, in));
    return END_NEXT;
}

static enum end i_ptr_d(struct hv_vcpu *v, const struct ia_insn *in)
{
    if (purge_nat(v, in)) return END_NAT;
    hv__ptr(v, EM_DATA, hv__gr(v, in->r3), size_operand(v, in));
    return END_NEXT;
}

static enum end i_ptr_i(struct hv_vcpu *v, const struct ia_insn *in)
{
    if (purge_nat(v, in)) return END_NAT;
    hv__ptr(v, EM_INST, hv__gr(v, in->r3), size_operand(v, in));
    return END_NEXT;
}

static enum end i_ptc_e(struct hv_vcpu *v, const struct ia_insn *in)
{
    (void)in;
    hv__ptc_e(v);
    return END_NEXT;
}

static enum end i_tpa(struct hv_vcpu *v, const struct ia_insn *in)
{
    const uint64_t va = hv__gr(v, in->r3);
    const unsigned ri = (unsigned)((em_psr(v->cpu) & EM_PSR_RI) >> EM_PSR_RI_SHIFT);
    struct em_interruption out;
    struct hv_walk w;
    uint64_t gpa;

    if (em_gr_nat(v->cpu, in->r3)) return END_NAT;
    if (hv__tpa(v, va, &gpa, &w)) {
        hv__set_gr(v, in->r1, gpa);
        return END_NEXT;
    }
    out = (struct em_interruption){
        .vector = w.vector, .isr = EM_ISR_NA | ((uint64_t)ri << EM_ISR_EI_SHIFT), .ifa = va,
        .iha = w.iha, .ip = em_ip(v->cpu), .ri = ri,
    };
    if (!v->mr->ic && (v->mr->ipsr & EM_PSR_DT) && w.vector != EM_VEC_PAGE_NOT_PRESENT)
        hv__reflect_nested_dtlb(v);
    else
        hv__reflect(v, &out);
    return END_DONE;
}

static enum end i_tak(struct hv_vcpu *v, const struct ia_insn *in)
{
    struct hv_walk w;
    uint64_t gpa;

    if (em_gr_nat(v->cpu, in->r3)) return END_NAT;
    hv__set_gr(v, in->r1, hv__tpa(v, hv__gr(v, in->r3), &gpa, &w) ? w.key : 1);
    return END_NEXT;
}

/* ---- register files ------------------------------------------------------------------------ */

static enum end i_mov_to_rr(struct hv_vcpu *v, const struct ia_insn *in)
{
    if (purge_nat(v, in)) return END_NAT;
    return hv__set_rr(v, (unsigned)(hv__gr(v, in->r3) >> 61), hv__gr(v, in->r2)) ? END_NEXT
                                                                                : END_RESERVED;
}

static enum end i_mov_from_rr(struct hv_vcpu *v, const struct ia_insn *in)
{
    if (em_gr_nat(v->cpu, in->r3)) return END_NAT;
    hv__set_gr(v, in->r1, v->rr[hv__gr(v, in->r3) >> 61]);
    return END_NEXT;
}

static const struct { uint16_t to, from; enum em_ind_file file; unsigned nr; } files[] = {
    { IA_OP_MOV_TO_PKR, IA_OP_MOV_FROM_PKR, EM_IND_PKR, 16 },
    { IA_OP_MOV_TO_DBR, IA_OP_MOV_FROM_DBR, EM_IND_DBR, 16 },
    { IA_OP_MOV_TO_IBR, IA_OP_MOV_FROM_IBR, EM_IND_IBR, 16 },
    { IA_OP_MOV_TO_PMC, IA_OP_MOV_FROM_PMC, EM_IND_PMC, 256 },
    { IA_OP_MOV_TO_PMD, IA_OP_MOV_FROM_PMD, EM_IND_PMD, 256 },
};

static enum end i_mov_ind(struct hv_vcpu *v, const struct ia_insn *in)
{
    const unsigned index = (unsigned)(hv__gr(v, in->r3) & 0xff);
    const bool nat = em_gr_nat(v->cpu, in->r3);
    size_t i;

    for (i = 0; i < ARRAY_SIZE(files); i++) {
        if (in->op != files[i].to && in->op != files[i].from) continue;
        if (nat || (in->op == files[i].to && em_gr_nat(v->cpu, in->r2))) return END_NAT;
        if (index >= files[i].nr) return END_RESERVED;
        if (in->op == files[i].to) em_set_ind(v->cpu, files[i].file, index, hv__gr(v, in->r2));
        else hv__set_gr(v, in->r1, em_ind(v->cpu, files[i].file, index));
        return END_NEXT;
    }
    return END_ILLEGAL;
}

/** Kernel registers are written; writes to the ITC are accepted and ignored. */
static enum end mov_to_ar(struct hv_vcpu *v, unsigned ar, uint64_t value)
{
    if (ar == EM_AR_ITC) return END_NEXT;
    if (ar > EM_AR_K7) return END_ILLEGAL;
    v->mr->krs[ar] = value;
    em_set_ar(v->cpu, ar, value);
    return END_NEXT;
}

static enum end i_mov_to_ar(struct hv_vcpu *v, const struct ia_insn *in)
{
    if (em_gr_nat(v->cpu, in->r2)) return END_NAT;
    return mov_to_ar(v, in->ar, hv__gr(v, in->r2));
}

static enum end i_mov_to_ar_imm(struct hv_vcpu *v, const struct ia_insn *in)
{
    return mov_to_ar(v, in->ar, (uint64_t)in->imm);
}

/* ---- dispatch ------------------------------------------------------------------------------ */

static const struct { uint16_t op; bool target; priv_fn fn; } rows[] = {
    { IA_OP_SSM,               false, i_ssm },
    { IA_OP_RSM,               false, i_rsm },
    { IA_OP_MOV_TO_CR,         false, i_mov_to_cr },
    { IA_OP_MOV_FROM_CR,       true,  i_mov_from_cr },
    { IA_OP_MOV_TO_PSR_L,      false, i_mov_to_psr_l },
    { IA_OP_MOV_FROM_PSR,      true,  i_mov_from_psr },
    { IA_OP_RFI,               false, i_rfi },
    { IA_OP_BSW_0,             false, i_bsw_0 },
    { IA_OP_BSW_1,             false, i_bsw_1 },
    { IA_OP_ITC_D,             false, i_itc_d },
    { IA_OP_ITC_I,             false, i_itc_i },
    { IA_OP_ITR_D,             false, i_itr_d },
    { IA_OP_ITR_I,             false, i_itr_i },
    { IA_OP_PTC_L,             false, i_ptc_l },
    { IA_OP_PTC_GA,            false, i_ptc_ga },
    { IA_OP_PTC_E,             false, i_ptc_e },
    { IA_OP_PTR_D,             false, i_ptr_d },
    { IA_OP_PTR_I,             false, i_ptr_i },
    { IA_OP_TPA,               true,  i_tpa },
    { IA_OP_TAK,               true,  i_tak },
    { IA_OP_MOV_TO_RR,         false, i_mov_to_rr },
    { IA_OP_MOV_FROM_RR,       true,  i_mov_from_rr },
    { IA_OP_MOV_TO_PKR,        false, i_mov_ind },
    { IA_OP_MOV_FROM_PKR,      true,  i_mov_ind },
    { IA_OP_MOV_TO_DBR,        false, i_mov_ind },
    { IA_OP_MOV_FROM_DBR,      true,  i_mov_ind },
    { IA_OP_MOV_TO_IBR,        false, i_mov_ind },
    { IA_OP_MOV_FROM_IBR,      true,  i_mov_ind },
    { IA_OP_MOV_TO_PMC,        false, i_mov_ind },
    { IA_OP_MOV_FROM_PMC,      true,  i_mov_ind },
    { IA_OP_MOV_TO_PMD,        false, i_mov_ind },
    { IA_OP_MOV_TO_AR_M,       false, i_mov_to_ar },
    { IA_OP_MOV_TO_AR_M_IMM,   false, i_mov_to_ar_imm },
};

/** r0 and registers outside the frame are no targets: that is an illegal operation at any level. */
static bool bad_target(struct hv_vcpu *v, unsigned r)
{
    return r == 0 || r >= 32 + (em_cfm(v->cpu) & 0x7f);
}

bool hv__privileged(struct hv_vcpu *v, enum em_reply *reply_out)
{
    struct em_interruption nat;
    struct ia_insn in;
    enum end end;
    uint64_t ri;
    size_t i;

    if (!em_current_insn(v->cpu, &in)) {
        /* its translation went after it was fetched: get it back and meet the instruction again */
        const struct em_interruption miss = {
            .vector = EM_VEC_ALT_ITLB, .isr = EM_ISR_X, .ifa = em_ip(v->cpu), .ip = em_ip(v->cpu),
            .ri = (unsigned)((em_psr(v->cpu) & EM_PSR_RI) >> EM_PSR_RI_SHIFT),
        };
        struct em_xlat x;

        if (em_xlat_find(v->cpu, EM_INST, miss.ifa, &x)) return false;     /* reserved encoding */
        *reply_out = hv__miss(v, &miss);
        return true;
    }
    for (i = 0; i < ARRAY_SIZE(rows) && rows[i].op != in.op; i++) continue;
    if (i == ARRAY_SIZE(rows) || (rows[i].target && bad_target(v, in.r1))) return false;
    end = rows[i].fn(v, &in);
    switch (end) {
    case END_NEXT:
        hv__advance(v, in.nr_slots);
        break;
    case END_DONE:
        break;
    case END_ILLEGAL:
        return false;               /* reflected with the processor's own code */
    case END_RESERVED:
        hv__reflect_general(v, EM_GE_RESERVED_FIELD);
        break;
    case END_NAT:
        ri = (em_psr(v->cpu) & EM_PSR_RI) >> EM_PSR_RI_SHIFT;
        nat = (struct em_interruption){
            .vector = EM_VEC_NAT_CONSUMPTION, .isr = 0x10 | (ri << EM_ISR_EI_SHIFT),
            .ip = em_ip(v->cpu), .ri = (unsigned)ri, .ifa = v->mr->ifa,
        };
        hv__reflect(v, &nat);
        break;
    }
    *reply_out = hv__exit(v);
    return true;
}

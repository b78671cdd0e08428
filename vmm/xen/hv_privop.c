/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hyperprivops: break 0x1..0x1a at CPL 1. Source: docs/guest-abi.md, 4.3.
 */
#include "hv_int.h"

enum op_end {
    OP_NEXT,                        /* done: behind the break, then events */
    OP_RESERVED,                    /* nothing done: reserved register/field fault */
    OP_RETURN,                      /* rfi */
};

typedef enum op_end (*op_fn)(struct hv_vcpu *v);

static enum op_end op_rfi(struct hv_vcpu *v) { (void)v; return OP_RETURN; }
static enum op_end op_rsm_dt(struct hv_vcpu *v) { hv__set_meta(v, true); return OP_NEXT; }
static enum op_end op_ssm_dt(struct hv_vcpu *v) { hv__set_meta(v, false); return OP_NEXT; }
static enum op_end op_cover(struct hv_vcpu *v) { hv__cover(v); return OP_NEXT; }

static enum op_end op_itc_d(struct hv_vcpu *v)
{
    return hv__itc(v, EM_DATA, hv__gr(v, 8)) ? OP_NEXT : OP_RESERVED;
}

static enum op_end op_itc_i(struct hv_vcpu *v)
{
    return hv__itc(v, EM_INST, hv__gr(v, 8)) ? OP_NEXT : OP_RESERVED;
}

static enum op_end op_ssm_i(struct hv_vcpu *v)
{
    hv__mask(v, false);
    v->mr->ic = 1;
    return OP_NEXT;
}

static enum op_end op_get_ivr(struct hv_vcpu *v)
{
    hv__set_gr(v, 8, hv__ivr_read(v));
    return OP_NEXT;
}

static enum op_end op_get_tpr(struct hv_vcpu *v)
{
    hv__set_gr(v, 8, v->mr->tpr);
    return OP_NEXT;
}

static enum op_end op_set_tpr(struct hv_vcpu *v)
{
    if (hv__gr(v, 8) & 0xff00) return OP_RESERVED;
    v->mr->tpr = hv__gr(v, 8);
    return OP_NEXT;
}

static enum op_end op_eoi(struct hv_vcpu *v) { hv__eoi(v); return OP_NEXT; }

static enum op_end op_set_itm(struct hv_vcpu *v)
{
    hv__set_itm(v, hv__gr(v, 8));
    return OP_NEXT;
}

static enum op_end op_thash(struct hv_vcpu *v)
{
    hv__set_gr(v, 8, hv__thash(v, hv__gr(v, 8)));
    return OP_NEXT;
}

static enum op_end op_ptc_ga(struct hv_vcpu *v)
{
    hv__ptc_ga(v, hv__gr(v, 8), (unsigned)((hv__gr(v, 9) >> 2) & 0x3f));
    return OP_NEXT;
}

static enum op_end op_itr_d(struct hv_vcpu *v)
{
    return hv__itr(v, EM_DATA, hv__gr(v, 8), hv__gr(v, 9)) ? OP_NEXT : OP_RESERVED;
}

static enum op_end op_get_rr(struct hv_vcpu *v)
{
    hv__set_gr(v, 8, v->rr[hv__gr(v, 8) >> 61]);
    return OP_NEXT;
}

/** Reserved fields are silently ignored here, unlike by mov to rr. */
static enum op_end op_set_rr(struct hv_vcpu *v)
{
    (void)hv__set_rr(v, (unsigned)(hv__gr(v, 8) >> 61), hv__gr(v, 9));
    return OP_NEXT;
}

static enum op_end op_set_kr(struct hv_vcpu *v)
{
    const uint64_t index = hv__gr(v, 8);

    if (index > 7) return OP_RESERVED;
    v->mr->krs[index] = hv__gr(v, 9);
    em_set_ar(v->cpu, EM_AR_K0 + (unsigned)index, hv__gr(v, 9));
    return OP_NEXT;
}

static enum op_end op_fc(struct hv_vcpu *v) { hv__fc(v, hv__gr(v, 8)); return OP_NEXT; }

static enum op_end op_get_cpuid(struct hv_vcpu *v)
{
    static const uint64_t own[3] = { UINT64_C(0x343661692f6e6558), 0, 0 };      /* "Xen/ia64" */
    const uint64_t index = hv__gr(v, 8);

    if (index < ARRAY_SIZE(own)) hv__set_gr(v, 8, own[index]);
    else hv__set_gr(v, 8, index <= 4 ? em_ind(v->cpu, EM_IND_CPUID, (unsigned)index) : 0);
    return OP_NEXT;
}

static enum op_end op_get_pmd(struct hv_vcpu *v)
{
    hv__set_gr(v, 8, em_ind(v->cpu, EM_IND_PMD, (unsigned)(hv__gr(v, 8) & 0xff)));
    return OP_NEXT;
}

static enum op_end op_get_eflag(struct hv_vcpu *v) { hv__set_gr(v, 8, 0); return OP_NEXT; }
static enum op_end op_set_eflag(struct hv_vcpu *v) { (void)v; return OP_NEXT; }

static enum op_end op_rsm_be(struct hv_vcpu *v)
{
    em_set_psr(v->cpu, em_psr(v->cpu) & ~EM_PSR_BE);
    return OP_NEXT;
}

static enum op_end op_get_psr(struct hv_vcpu *v)
{
    hv__set_gr(v, 8, hv__vpsr(v) & (UINT64_C(0xffffffff) | EM_PSR_MC | EM_PSR_IT));
    return OP_NEXT;
}

static enum op_end op_set_rr0_to_rr4(struct hv_vcpu *v)
{
    static const unsigned reg[5] = { 8, 9, 10, 11, 14 };
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(reg); i++) (void)hv__set_rr(v, i, hv__gr(v, reg[i]));
    return OP_NEXT;
}

/* imm is the index */
static const struct { const char *name; op_fn fn; } ops[] = {
    [0x01] = { "RFI",        op_rfi },
    [0x02] = { "RSM_DT",     op_rsm_dt },
    [0x03] = { "SSM_DT",     op_ssm_dt },
    [0x04] = { "COVER",      op_cover },
    [0x05] = { "ITC_D",      op_itc_d },
    [0x06] = { "ITC_I",      op_itc_i },
    [0x07] = { "SSM_I",      op_ssm_i },
    [0x08] = { "GET_IVR",    op_get_ivr },
    [0x09] = { "GET_TPR",    op_get_tpr },
    [0x0a] = { "SET_TPR",    op_set_tpr },
    [0x0b] = { "EOI",        op_eoi },
    [0x0c] = { "SET_ITM",    op_set_itm },
    [0x0d] = { "THASH",      op_thash },
    [0x0e] = { "PTC_GA",     op_ptc_ga },
    [0x0f] = { "ITR_D",      op_itr_d },
    [0x10] = { "GET_RR",     op_get_rr },
    [0x11] = { "SET_RR",     op_set_rr },
    [0x12] = { "SET_KR",     op_set_kr },
    [0x13] = { "FC",         op_fc },
    [0x14] = { "GET_CPUID",  op_get_cpuid },
    [0x15] = { "GET_PMD",    op_get_pmd },
    [0x16] = { "GET_EFLAG",  op_get_eflag },
    [0x17] = { "SET_EFLAG",  op_set_eflag },
    [0x18] = { "RSM_BE",     op_rsm_be },
    [0x19] = { "GET_PSR",    op_get_psr },
    [0x1a] = { "SET_RR0_TO_RR4", op_set_rr0_to_rr4 },
};

enum em_reply hv__hyperprivop(struct hv_vcpu *v, unsigned imm)
{
    if (imm >= ARRAY_SIZE(ops) || !ops[imm].fn) return EM_R_DELIVER;
    switch (ops[imm].fn(v)) {
    case OP_NEXT:
        hv__advance(v, 1);
        break;
    case OP_RETURN:
        hv__rfi(v);
        break;
    case OP_RESERVED:
        hv__log_guest(v, "hyperprivop %s with a reserved value, r8 %#llx r9 %#llx", ops[imm].name,
                      (unsigned long long)hv__gr(v, 8), (unsigned long long)hv__gr(v, 9));
        hv__reflect_general(v, EM_GE_RESERVED_FIELD);
        break;
    }
    return hv__exit(v);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interruptions of the guest: resolved here, or given to its kernel (reflection); events.
 * Source: docs/guest-abi.md, 5.5 to 5.8.
 */
#include "hv_int.h"

enum { SET_IFA = 1, SET_ITIR = 2, SET_IHA = 4, SET_IIM = 8,
       LAZY_COVER = 16 };           /* an RSE fault of a handler (vpsr.ic = 0) covers and retries */

struct vector_row {
    uint16_t vector;
    uint16_t flags;
    const char *name;
    /** Tried first. False: reflect. */
    bool (*resolve)(struct hv_vcpu *v, const struct em_interruption *in, enum em_reply *reply_out);
};

/* ---- what is resolved without the guest's knowledge ---------------------------------------- */

static bool resolve_miss(struct hv_vcpu *v, const struct em_interruption *in,
                         enum em_reply *reply_out)
{
    *reply_out = hv__miss(v, in);
    return true;
}

static bool resolve_general(struct hv_vcpu *v, const struct em_interruption *in,
                            enum em_reply *reply_out)
{
    const uint64_t code = in->isr & 0xf0;       /* low bits: what kind of non-access instruction */

    /* Illegal operation too: with the real psr.ic = 1 that is what itc or mov to cr.ifa give. */
    if (hv__cpl(v) != 1 || code > EM_GE_PRIVILEGED_REG) return false;
    return hv__privileged(v, reply_out);
}

/** First use of f32..f127 since the start: Xen would load the registers now (lazy FP). */
static bool resolve_disabled_fp(struct hv_vcpu *v, const struct em_interruption *in,
                                enum em_reply *reply_out)
{
    if (v->mr->vpsr_dfh || !(in->isr & 2) || !v->mr->hpsr_dfh) return false;
    v->mr->hpsr_dfh = 0;
    v->mr->hpsr_mfh = 1;
    em_set_psr(v->cpu, em_psr(v->cpu) & ~EM_PSR_DFH);
    *reply_out = EM_R_RESUME;
    return true;
}

#define TLB   (SET_IFA | SET_ITIR | SET_IHA | LAZY_COVER)
#define PAGE  (SET_IFA | SET_ITIR)
static const struct vector_row rows[] = {
    { EM_VEC_VHPT,             TLB,               "VHPT translation",      resolve_miss },
    { EM_VEC_ITLB,             TLB,               "instruction TLB",       resolve_miss },
    { EM_VEC_DTLB,             TLB,               "data TLB",              resolve_miss },
    { EM_VEC_ALT_ITLB,         TLB,               "alternate instruction TLB", resolve_miss },
    { EM_VEC_ALT_DTLB,         TLB,               "alternate data TLB",    resolve_miss },
    { EM_VEC_NESTED_DTLB,      TLB,               "nested data TLB",       resolve_miss },
    { EM_VEC_IKEY_MISS,        PAGE,              "instruction key miss",  NULL },
    { EM_VEC_DKEY_MISS,        PAGE,              "data key miss",         NULL },
    { EM_VEC_DIRTY,            PAGE,              "dirty bit",             NULL },
    { EM_VEC_IACCESS,          PAGE,              "instruction access bit", NULL },
    { EM_VEC_DACCESS,          PAGE | LAZY_COVER, "data access bit",       NULL },
    { EM_VEC_BREAK,            SET_IIM,           "break",                 NULL },
    { EM_VEC_PAGE_NOT_PRESENT, PAGE | LAZY_COVER, "page not present",      NULL },
    { EM_VEC_KEY_PERMISSION,   PAGE,              "key permission",        NULL },
    { EM_VEC_IACCESS_RIGHTS,   PAGE,              "instruction access rights", NULL },
    { EM_VEC_DACCESS_RIGHTS,   PAGE | LAZY_COVER, "data access rights",    NULL },
    { EM_VEC_GENERAL,          SET_IFA,           "general exception",     resolve_general },
    { EM_VEC_DISABLED_FP,      0,                 "disabled FP register",  resolve_disabled_fp },
    { EM_VEC_NAT_CONSUMPTION,  SET_IFA,           "NaT consumption",       NULL },
    { EM_VEC_SPECULATION,      SET_IIM,           "speculation",           NULL },
    { EM_VEC_DEBUG,            SET_IFA,           "debug",                 NULL },
    { EM_VEC_UNALIGNED,        SET_IFA,           "unaligned reference",   NULL },
    { EM_VEC_UNSUPPORTED_DATA, SET_IFA,           "unsupported data reference", NULL },
    { EM_VEC_FP_FAULT,         0,                 "floating-point fault",  NULL },
    { EM_VEC_FP_TRAP,          0,                 "floating-point trap",   NULL },
    { EM_VEC_LOWER_PRIV,       0,                 "lower-privilege transfer", NULL },
    { EM_VEC_TAKEN_BRANCH,     0,                 "taken branch",          NULL },
    { EM_VEC_SINGLE_STEP,      0,                 "single step",           NULL },
};

static const struct vector_row *find_row(uint32_t vector)
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].vector == vector) return &rows[i];
    return NULL;
}

/* ---- delivery ------------------------------------------------------------------------------ */

/** The processor status a handler of the guest's kernel starts with (guest ABI, 5.6 step 6). */
static void enter_handler(struct hv_vcpu *v, uint64_t ip)
{
    const uint64_t clear = EM_PSR_BE | EM_PSR_AC | EM_PSR_DFL | EM_PSR_DFH | EM_PSR_SP | EM_PSR_DI
                           | EM_PSR_SI | EM_PSR_DB | EM_PSR_LP | EM_PSR_TB | EM_PSR_CPL | EM_PSR_MC
                           | EM_PSR_IS | EM_PSR_ID | EM_PSR_DA | EM_PSR_DD | EM_PSR_SS | EM_PSR_RI
                           | EM_PSR_ED | EM_PSR_IA;
    const uint64_t set = EM_PSR_IC | EM_PSR_I | EM_PSR_DT | EM_PSR_RT | EM_PSR_IT | EM_PSR_BN
                         | (UINT64_C(1) << EM_PSR_CPL_SHIFT);
    const struct em_interruption dummy = { .vector = EM_VEC_NESTED_DTLB };
    uint64_t psr = (em_psr(v->cpu) & ~clear) | set;

    if (v->dcr & EM_PSR_BE) psr |= EM_PSR_BE;       /* dcr.be is bit 1 as well */
    if (v->mr->hpsr_dfh) psr |= EM_PSR_DFH;
    v->mr->vpsr_dfh = 0;
    /* A frame whose mandatory loads are outstanding must not be completed in front of the handler's
     * first instruction: the processor stops loading when it takes an interruption itself. */
    if (em_rse_incomplete(v->cpu)) em_deliver(v->cpu, &dummy);
    em_set_psr(v->cpu, psr);
    em_set_ip(v->cpu, ip, 0);
}

/** Virtual CRs and bank as at any interruption that is collected. */
static void collect(struct hv_vcpu *v, uint64_t ip, unsigned ri, uint64_t isr)
{
    uint64_t vpsr = hv__vpsr(v) & ~(EM_PSR_RI | EM_PSR_BN);

    v->mr->unat = em_ar(v->cpu, EM_AR_UNAT);
    v->mr->precover_ifs = EM_IFS_V | (em_cfm(v->cpu) & EM_CFM_MASK);
    v->mr->ipsr = vpsr | ((uint64_t)ri << EM_PSR_RI_SHIFT);
    v->mr->isr = isr;
    v->mr->iip = ip;
    v->mr->ifs = 0;
    hv__bank_save(v);
    hv__mask(v, true);
    v->mr->ic = 0;
}

static void nested(struct hv_vcpu *v, const struct em_interruption *in, const char *name)
{
    hv__crash(v, "nested interruption: %s (vector %#x) while vpsr.ic = 0, ip %#llx slot %u "
              "isr %#llx ifa %#llx iim %#llx", name, in->vector, (unsigned long long)in->ip, in->ri,
              (unsigned long long)in->isr, (unsigned long long)in->ifa,
              (unsigned long long)in->iim);
}

void hv__reflect(struct hv_vcpu *v, const struct em_interruption *in)
{
    const struct vector_row *row = find_row(in->vector);

    if (!v->mr->ic || !row) {
        nested(v, in, row ? row->name : "unexpected");
        return;
    }
    collect(v, in->ip, in->ri, in->isr);
    if (row->flags & SET_IFA) v->mr->ifa = in->ifa;
    if (row->flags & SET_ITIR) v->mr->itir = hv__miss_itir(v, in->ifa);
    if (row->flags & SET_IHA) v->mr->iha = in->iha;
    if (row->flags & SET_IIM) v->mr->iim = in->iim;
    enter_handler(v, (v->iva + in->vector) & ~UINT64_C(0xff));
}

void hv__reflect_nested_dtlb(struct hv_vcpu *v)
{
    enter_handler(v, (v->iva + EM_VEC_NESTED_DTLB) & ~UINT64_C(0xff));
}

void hv__reflect_general(struct hv_vcpu *v, uint64_t code)
{
    uint64_t ri = (em_psr(v->cpu) & EM_PSR_RI) >> EM_PSR_RI_SHIFT;
    const struct em_interruption in = {
        .vector = EM_VEC_GENERAL, .isr = code | (ri << EM_ISR_EI_SHIFT), .ip = em_ip(v->cpu),
        .ri = (unsigned)ri, .ifa = v->mr->ifa,
    };

    hv__reflect(v, &in);
}

void hv__deliver_event(struct hv_vcpu *v)
{
    uint64_t ri = (em_psr(v->cpu) & EM_PSR_RI) >> EM_PSR_RI_SHIFT;

    collect(v, em_ip(v->cpu), (unsigned)ri, ri << EM_PSR_RI_SHIFT);
    enter_handler(v, v->callback_ip & ~UINT64_C(15));
}

/* ---- the hook ------------------------------------------------------------------------------ */

enum em_reply hv__interruption(struct em_cpu *cpu, void *ctx, const struct em_interruption *in)
{
    struct hv_vcpu *v = hv__vcpu(cpu);
    const struct vector_row *row = find_row(in->vector);
    enum em_reply reply;

    (void)ctx;
    if (!row) {
        hv__crash(v, "unexpected interruption, vector %#x isr %#llx", in->vector,
                  (unsigned long long)in->isr);
        return hv__exit(v);
    }
    if (row->resolve && row->resolve(v, in, &reply)) return reply;
    if ((row->flags & LAZY_COVER) && (in->isr & EM_ISR_IR) && !v->mr->ic) {
        hv__cover(v);
        return EM_R_RESUME;
    }
    hv__reflect(v, in);
    return hv__exit(v);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translation: the search behind the processor's TLB, inserts, purges, region registers.
 * Source: docs/guest-abi.md, 5.3 to 5.5.
 *
 * The processor's own VHPT walker stays off, since a guest's page tables say privilege level 0
 * where its kernel really runs at 1: every miss comes here and what is inserted is corrected.
 */
#include "hv_int.h"

#define PS_MIN 12u
#define PS_MAX 32u
#define PHYS_BITS 44u                           /* as PAL_VM_SUMMARY answers */
#define PTA_VE UINT64_C(1)
#define PTA_VF (UINT64_C(1) << 8)
#define RR_FIELDS UINT64_C(0xfffffffc)          /* rid and ps */
#define PTE_PL_MASK (UINT64_C(3) << EM_PTE_PL_SHIFT)
#define PTE_MA_MASK (UINT64_C(7) << EM_PTE_MA_SHIFT)
#define PTE_RWX     (UINT64_C(3) << EM_PTE_AR_SHIFT)
#define REGION_BITS (UINT64_C(7) << 61)

static unsigned region_of(uint64_t va) { return (unsigned)(va >> 61); }

bool hv__ps_ok(unsigned ps)
{
    /* 4K 8K 16K 64K 256K 1M 4M 16M 64M 256M 1G 4G */
    const uint64_t sizes = 0x155557000;

    return ps <= PS_MAX && ((sizes >> ps) & 1);
}

/** A guest's PTE as it goes into the real TLB: kernel pages at level 1, RAM cacheable. */
static uint64_t machine_pte(uint64_t pte)
{
    uint64_t pl = (pte & PTE_PL_MASK) >> EM_PTE_PL_SHIFT;
    uint64_t ma = (pte & PTE_MA_MASK) >> EM_PTE_MA_SHIFT;
    const uint64_t keep = EM_PTE_P | EM_PTE_A | EM_PTE_D | (UINT64_C(7) << EM_PTE_AR_SHIFT)
                          | EM_PTE_PPN | EM_PTE_ED;

    if (pl == 0) pl = 1;
    if (ma != EM_MA_NATPAGE) ma = EM_MA_WB;
    return (pte & keep) | (pl << EM_PTE_PL_SHIFT) | (ma << EM_PTE_MA_SHIFT);
}

uint64_t hv__miss_itir(const struct hv_vcpu *v, uint64_t va)
{
    return v->rr[region_of(va)] & RR_FIELDS;
}

/* ---- region registers ---------------------------------------------------------------------- */

void hv__machine_rr(struct hv_vcpu *v, unsigned region)
{
    if (region == 0 && v->meta)
        em_set_rr(v->cpu, 0, ((uint64_t)HV_RID_META << 8) | (HV_META_PS << 2));
    else
        em_set_rr(v->cpu, region, v->rr[region] & ~EM_RR_VE);
}

bool hv__set_rr(struct hv_vcpu *v, unsigned region, uint64_t value)
{
    const uint64_t reserved = ~(RR_FIELDS | EM_RR_VE);

    if ((value & reserved) || EM_RR_RID(value) >= HV_RID_META || !hv__ps_ok(EM_RR_PS(value)))
        return false;
    if (v->rr[region] == value) return true;
    v->rr[region] = value;
    v->mr->rrs[region] = value;
    hv__machine_rr(v, region);
    return true;
}

uint64_t hv__thash(const struct hv_vcpu *v, uint64_t va)
{
    const unsigned size = (unsigned)((v->pta >> 2) & 0x3f);
    const unsigned ps = EM_RR_PS(v->rr[region_of(va)]);
    const uint64_t low46 = (UINT64_C(1) << 46) - 1;
    const uint64_t mask = (((size < 63 ? UINT64_C(1) << size : 0) - 1) >> 15) & low46;
    const uint64_t off = (va >> ps) << 3;

    return (va & (UINT64_C(7) << 61)) + (((((v->pta >> 15) & low46) & ~mask)
                                          + ((off >> 15) & mask)) << 15) + (off & 0x7fff);
}

/* ---- the search ---------------------------------------------------------------------------- */

static bool in_page(uint64_t va, uint64_t page_va, unsigned ps)
{
    return ((va ^ page_va) >> ps) == 0;
}

static uint64_t pte_gpa(uint64_t pte, unsigned ps, uint64_t va)
{
    const uint64_t in = (UINT64_C(1) << ps) - 1;

    return (pte & EM_PTE_PPN & ~in) | (va & in);
}

/** What the processor has for data at va, instruction TRs included. */
static bool find_data(struct hv_vcpu *v, uint64_t va, struct em_xlat *x_out)
{
    if (em_xlat_find(v->cpu, EM_DATA, va, x_out)) return true;
    return em_xlat_find(v->cpu, EM_INST, va, x_out) && x_out->is_tr;
}

/** Entry of the guest's VHPT (short format) for w->va, or which vector is due. */
static void walk_vhpt(struct hv_vcpu *v, enum em_side side, struct hv_walk *w)
{
    const uint16_t tlb_vector = side == EM_INST ? EM_VEC_ITLB : EM_VEC_DTLB;
    const unsigned size = (unsigned)((v->pta >> 2) & 0x3f);
    struct em_xlat x;
    const void *p;

    w->vector = tlb_vector;
    if (v->pta & PTA_VF) return;
    /* the table's own pages are not looked up in the table, whatever the region */
    if (size > 60 || (((w->va ^ v->pta) << 3) >> size) >> 3 == 0) return;
    if (!find_data(v, w->iha, &x)) {
        w->vector = EM_VEC_VHPT;
        return;
    }
    if (!(x.pte & EM_PTE_P)) return;
    p = em_ram(v->hv->m, pte_gpa(x.pte, x.ps, w->iha), sizeof(w->pte));
    if (!p) return;
    memcpy(&w->pte, p, sizeof(w->pte));
    if (!(w->pte & EM_PTE_P)) return;
    w->pte = machine_pte(w->pte);
    w->ps = (uint8_t)EM_RR_PS(v->rr[region_of(w->va)]);
    w->result = HV_WALK_FOUND;
}

/** Alternate miss: the identity mapping of opt_feature, or the vector. */
static void walk_alternate(struct hv_vcpu *v, enum em_side side, struct hv_walk *w)
{
    struct hv_ident id;

    w->vector = side == EM_INST ? EM_VEC_ALT_ITLB : EM_VEC_ALT_DTLB;
    if (hv__cpl(v) != 1) return;
    /* what names no physical address is the guest's: pv_ops keep per-cpu data at the region's
     * end */
    if ((w->va & ~REGION_BITS) >> PHYS_BITS) return;
    pthread_mutex_lock(&v->hv->lock);
    id = v->hv->ident[region_of(w->va)];
    pthread_mutex_unlock(&v->hv->lock);
    if (!id.on) return;
    w->pte = machine_pte((w->va & EM_PTE_PPN) | (id.pgprot & ~EM_PTE_PPN));
    w->key = id.key & RR_FIELDS & ~UINT64_C(0xff);
    w->ps = (uint8_t)EM_RR_PS(v->rr[region_of(w->va)]);
    w->result = HV_WALK_FOUND;
}

void hv__walk(struct hv_vcpu *v, enum em_side side, uint64_t va, struct hv_walk *w_out)
{
    const unsigned region = region_of(va);
    struct hv_walk *w = w_out;
    struct em_xlat x;

    memset(w, 0, sizeof(*w));
    w->result = HV_WALK_MISS;
    w->va = va;
    w->rid = EM_RR_RID(v->rr[region]);
    if (v->meta && region == 0) {
        w->rid = HV_RID_META;
        w->pte = machine_pte((va & EM_PTE_PPN) | PTE_RWX | EM_PTE_P | EM_PTE_A | EM_PTE_D);
        w->ps = HV_META_PS;
        w->result = HV_WALK_FOUND;
        return;
    }
    if (em_xlat_find(v->cpu, EM_INST, va, &x) && x.is_tr) {
        w->pte = x.pte;
        w->ps = x.ps;
        w->key = (uint64_t)x.key << 8;
        w->result = HV_WALK_FOUND;
        return;
    }
    if (v->last_itc.valid && v->last_itc.purges == em_cpu_purges(v->cpu)
        && v->last_itc.rid == w->rid
        && in_page(va, v->last_itc.va, v->last_itc.ps)) {
        w->pte = v->last_itc.pte;
        w->ps = v->last_itc.ps;
        w->result = HV_WALK_FOUND;
        return;
    }
    w->iha = hv__thash(v, va);
    if (!(v->rr[region] & EM_RR_VE) || !(v->pta & PTA_VE)) walk_alternate(v, side, w);
    else walk_vhpt(v, side, w);
}

/** A miss nobody resolved while a handler runs with vpsr.ic = 0 (guest ABI, 5.8). */
static enum em_reply miss_nested(struct hv_vcpu *v, const struct em_interruption *in,
                                 enum em_side side)
{
    if (in->isr & EM_ISR_IR) {
        hv__cover(v);
        return EM_R_RESUME;
    }
    if (side == EM_DATA && (v->mr->ipsr & EM_PSR_DT)) {
        hv__reflect_nested_dtlb(v);
        return EM_R_RESUME;
    }
    hv__reflect(v, in);             /* ends the domain */
    return hv__exit(v);
}

enum em_reply hv__miss(struct hv_vcpu *v, const struct em_interruption *in)
{
    const enum em_side side = in->isr & EM_ISR_X ? EM_INST : EM_DATA;
    struct em_interruption out = *in;
    struct hv_walk w;

    hv__walk(v, side, in->ifa, &w);
    if (w.result == HV_WALK_FOUND) {
        em_tc_insert(v->cpu, side, in->ifa, w.pte, w.key | ((uint64_t)w.ps << 2), w.rid);
        return EM_R_RESUME;
    }
    /* ld.s then gets its NaT, lfetch becomes a no-op; guests never see those misses */
    if ((in->isr & EM_ISR_SP) || ((in->isr & EM_ISR_NA) && (in->isr & 0xf) == 4)) {
        em_set_psr(v->cpu, em_psr(v->cpu) | EM_PSR_ED);
        return EM_R_RESUME;
    }
    out.vector = w.vector;
    out.iha = w.iha;
    if (!v->mr->ic) return miss_nested(v, &out, side);
    hv__reflect(v, &out);
    return hv__exit(v);
}

bool hv__tpa(struct hv_vcpu *v, uint64_t va, uint64_t *gpa_out, struct hv_walk *w_out)
{
    struct em_xlat x;

    memset(w_out, 0, sizeof(*w_out));
    if (!(v->meta && region_of(va) == 0) && find_data(v, va, &x)) {
        w_out->pte = x.pte;
        w_out->ps = x.ps;
        w_out->key = (uint64_t)x.key << 8;
    } else {
        hv__walk(v, EM_DATA, va, w_out);
        if (w_out->result != HV_WALK_FOUND) return false;
    }
    w_out->vector = EM_VEC_PAGE_NOT_PRESENT;
    if (!(w_out->pte & EM_PTE_P)) return false;
    *gpa_out = pte_gpa(w_out->pte, w_out->ps, va);
    return true;
}

void hv__fc(struct hv_vcpu *v, uint64_t va)
{
    struct hv_walk w;
    uint64_t gpa;

    if (hv__tpa(v, va, &gpa, &w)) em_machine_touched(v->hv->m, gpa & ~UINT64_C(127), 128);
}

/* ---- inserts ------------------------------------------------------------------------------- */

bool hv__itc(struct hv_vcpu *v, enum em_side side, uint64_t pte)
{
    const uint64_t ifa = v->mr->ifa, itir = v->mr->itir;
    const unsigned ps = EM_ITIR_PS(itir);
    const uint32_t rid = EM_RR_RID(v->rr[region_of(ifa)]);

    if (!hv__ps_ok(ps)) return false;
    pte = machine_pte(pte);
    em_tc_insert(v->cpu, side, ifa, pte, itir & RR_FIELDS, rid);
    if (side == EM_DATA) {
        v->last_itc.valid = true;
        v->last_itc.ps = (uint8_t)ps;
        v->last_itc.rid = rid;
        v->last_itc.purges = em_cpu_purges(v->cpu);
        v->last_itc.va = ifa;
        v->last_itc.pte = pte;
    }
    return true;
}

bool hv__itr(struct hv_vcpu *v, enum em_side side, uint64_t slot, uint64_t pte)
{
    const uint64_t ifa = v->mr->ifa, itir = v->mr->itir;

    slot &= 0xff;
    if (slot >= HV_NR_TRS || !hv__ps_ok(EM_ITIR_PS(itir))) return false;
    em_tr_insert(v->cpu, side, (unsigned)slot, ifa, machine_pte(pte), itir & RR_FIELDS,
                 EM_RR_RID(v->rr[region_of(ifa)]));
    v->last_itc.valid = false;
    return true;
}

/* ---- purges -------------------------------------------------------------------------------- */

static unsigned purge_ps(unsigned ps)
{
    return ps < PS_MIN ? PS_MIN : ps;
}

static void purge_here(struct hv_vcpu *v, uint64_t va, unsigned ps, uint32_t rid)
{
    v->last_itc.valid = false;
    if (ps >= 61) em_tc_purge_all(v->cpu);
    else em_tc_purge(v->cpu, va, ps, rid);
}

void hv__ptc_l(struct hv_vcpu *v, uint64_t va, unsigned ps)
{
    purge_here(v, va, purge_ps(ps), EM_RR_RID(v->rr[region_of(va)]));
}

void hv__ptc_e(struct hv_vcpu *v)
{
    v->last_itc.valid = false;
    em_tc_purge_all(v->cpu);
}

void hv__ptr(struct hv_vcpu *v, enum em_side side, uint64_t va, unsigned ps)
{
    const uint32_t rid = EM_RR_RID(v->rr[region_of(va)]);

    ps = purge_ps(ps);
    if (ps > 60) ps = 60;           /* half a region: no TR of ours is larger */
    em_tr_purge(v->cpu, side, va, ps, rid);
    /* instruction TRs have served data accesses as data TC entries */
    purge_here(v, va, ps, rid);
}

void hv__ptc_ga(struct hv_vcpu *v, uint64_t va, unsigned ps)
{
    ps = purge_ps(ps);
    v->last_itc.valid = false;
    em_tc_purge_global(v->cpu, va, ps, EM_RR_RID(v->rr[region_of(va)]));
}

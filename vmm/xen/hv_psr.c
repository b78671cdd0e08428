/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual processor status register and what changes it. Source: docs/guest-abi.md, 4.3, 4.4,
 * 5.1.
 *
 * The guest's kernel really runs at CPL 1 with ic, i, dt, rt, it and bn on; the virtual bits are
 * kept in its mapped registers and in the event mask byte.
 */
#include "hv_int.h"

/* virtual bits that are the real ones */
#define PSR_NATIVE (EM_PSR_BE | EM_PSR_UP | EM_PSR_AC | EM_PSR_MFL | EM_PSR_MFH | EM_PSR_PK \
                    | EM_PSR_DFL | EM_PSR_SP | EM_PSR_DB | EM_PSR_LP | EM_PSR_TB | EM_PSR_ID \
                    | EM_PSR_DA | EM_PSR_DD | EM_PSR_SS | EM_PSR_RI | EM_PSR_ED | EM_PSR_IA)
/* real bits that are always on while the guest runs */
#define PSR_ALWAYS (EM_PSR_DI | EM_PSR_I | EM_PSR_IC | EM_PSR_DT | EM_PSR_RT | EM_PSR_IT \
                    | EM_PSR_BN)
#define PSR_UM     (EM_PSR_BE | EM_PSR_UP | EM_PSR_AC | EM_PSR_MFL | EM_PSR_MFH)
/* of what ssm and rsm name, the bits that simply are the real ones */
#define PSR_SM     (PSR_UM | EM_PSR_SP | EM_PSR_DFL | EM_PSR_PK)
#define PSR_ALL_T  (EM_PSR_DT | EM_PSR_RT | EM_PSR_IT)

uint64_t hv__vpsr(const struct hv_vcpu *v)
{
    uint64_t real = em_psr(v->cpu);
    uint64_t psr = (real & PSR_NATIVE) | EM_PSR_DI;

    if (!hv__masked(v)) psr |= EM_PSR_I;
    if (v->mr->ic) psr |= EM_PSR_IC;
    if (!v->meta) psr |= PSR_ALL_T;
    if (v->mr->banknum) psr |= EM_PSR_BN;
    if (v->mr->vpsr_dfh) psr |= EM_PSR_DFH;
    if (v->mr->vpsr_pp) psr |= EM_PSR_PP;
    if (((real & EM_PSR_CPL) >> EM_PSR_CPL_SHIFT) > 1) psr |= real & EM_PSR_CPL;
    return psr;
}

void hv__set_meta(struct hv_vcpu *v, bool meta)
{
    v->mr->metaphysical_mode = meta;
    if (v->meta == meta) return;
    v->meta = meta;
    hv__machine_rr(v, 0);
}

/** Real dfh follows the virtual one, or stays on until the first use of f32..f127 (lazy FP). */
static uint64_t real_dfh(const struct hv_vcpu *v)
{
    return v->mr->vpsr_dfh || v->mr->hpsr_dfh ? EM_PSR_DFH : 0;
}

/* ---- banks: r16..r31 of the bank not in use lie in the mapped registers -------------------- */

void hv__bank_save(struct hv_vcpu *v)
{
    uint64_t nat = 0;
    unsigned i;

    if (!v->mr->banknum) return;
    for (i = 0; i < 16; i++) {
        v->mr->bank1_regs[i] = em_gr(v->cpu, 16 + i);
        if (em_gr_nat(v->cpu, 16 + i)) nat |= UINT64_C(1) << i;
    }
    v->mr->vnat = nat;
    v->mr->banknum = 0;
}

void hv__bank_load(struct hv_vcpu *v)
{
    uint64_t nat = v->mr->vnat;
    unsigned i;

    if (v->mr->banknum) return;
    for (i = 0; i < 16; i++)
        em_set_gr(v->cpu, 16 + i, v->mr->bank1_regs[i], (nat >> i) & 1);
    v->mr->banknum = 1;
}

/* ---- cover and rfi ------------------------------------------------------------------------- */

void hv__cover(struct hv_vcpu *v)
{
    v->mr->ifs = EM_IFS_V | (em_rse_cover(v->cpu) & EM_CFM_MASK);
}

/** What the processor itself demands of a frame marker (SDM vol. 2, reserved fields of PFS). */
static bool frame_ok(uint64_t cfm)
{
    unsigned sof = cfm & 0x7f, sol = (cfm >> 7) & 0x7f, sor = ((cfm >> 14) & 0xf) * 8;
    unsigned rrb_gr = (cfm >> 18) & 0x7f, rrb_fr = (cfm >> 25) & 0x7f, rrb_pr = (cfm >> 32) & 0x3f;

    return sof <= 96 && sol <= sof && sor <= sof && (rrb_gr < sor || rrb_gr == 0) && rrb_fr < 96
           && rrb_pr < 48;
}

void hv__rfi(struct hv_vcpu *v)
{
    const uint64_t to = v->mr->ipsr, iip = v->mr->iip, ifs = v->mr->ifs;
    uint64_t psr, cpl = (to & EM_PSR_CPL) >> EM_PSR_CPL_SHIFT;
    unsigned ri = (unsigned)((to & EM_PSR_RI) >> EM_PSR_RI_SHIFT);

    if (ri > 2 || ((ifs & EM_IFS_V) && !frame_ok(ifs & EM_CFM_MASK))) {
        hv__crash(v, "rfi with impossible ipsr.ri or ifs: ipsr %#llx ifs %#llx",
                  (unsigned long long)to, (unsigned long long)ifs);
        return;
    }
    if (cpl == 0) cpl = 1;
    hv__mask(v, !(to & EM_PSR_I));
    v->mr->ic = (to & EM_PSR_IC) != 0;
    hv__set_meta(v, (to & PSR_ALL_T) != PSR_ALL_T);
    v->mr->vpsr_dfh = (to & EM_PSR_DFH) != 0;
    v->mr->vpsr_pp = (to & EM_PSR_PP) != 0;
    psr = (to & PSR_NATIVE) | PSR_ALWAYS | (em_psr(v->cpu) & EM_PSR_PP) | real_dfh(v)
          | (cpl << EM_PSR_CPL_SHIFT);
    em_set_psr(v->cpu, psr);
    hv__bank_load(v);
    em_set_ip(v->cpu, iip & ~UINT64_C(15), ri);
    if (ifs & EM_IFS_V) em_rse_restore(v->cpu, ifs & EM_CFM_MASK);
    else if (em_rse_incomplete(v->cpu))     /* rfi from a TLB handler: go on loading the frame */
        em_rse_restore(v->cpu, em_rse_cover(v->cpu) & EM_CFM_MASK);
}

/* ---- ssm, rsm, mov psr.l ------------------------------------------------------------------- */

bool hv__ssm(struct hv_vcpu *v, uint64_t imm)
{
    const uint64_t allowed = PSR_SM | EM_PSR_PP | EM_PSR_I | EM_PSR_IC | EM_PSR_DT | EM_PSR_DFH;

    if (imm & ~allowed) return false;
    if (imm & EM_PSR_DFH) v->mr->vpsr_dfh = 1;
    if (imm & EM_PSR_PP) v->mr->vpsr_pp = 1;
    em_set_psr(v->cpu, em_psr(v->cpu) | (imm & PSR_SM) | real_dfh(v));
    if (imm & EM_PSR_DT) hv__set_meta(v, false);
    if (imm & EM_PSR_IC) v->mr->ic = 1;
    if (imm & EM_PSR_I) {
        hv__mask(v, false);
        if (hv__event_pending(v)) v->mr->pending_interruption = 1;
    }
    return true;
}

bool hv__rsm(struct hv_vcpu *v, uint64_t imm)
{
    const uint64_t allowed = PSR_SM | EM_PSR_PP | EM_PSR_I | EM_PSR_IC | EM_PSR_DT | EM_PSR_DFH;

    if (imm & ~allowed) return false;
    if (imm & EM_PSR_DFH) v->mr->vpsr_dfh = 0;
    if (imm & EM_PSR_PP) v->mr->vpsr_pp = 0;
    em_set_psr(v->cpu, (em_psr(v->cpu) & ~(imm & PSR_SM) & ~EM_PSR_DFH) | real_dfh(v));
    if (imm & EM_PSR_DT) hv__set_meta(v, true);
    if (imm & EM_PSR_IC) v->mr->ic = 0;
    if (imm & EM_PSR_I) hv__mask(v, true);
    return true;
}

void hv__set_psr_l(struct hv_vcpu *v, uint64_t value)
{
    v->mr->vpsr_dfh = (value & EM_PSR_DFH) != 0;
    v->mr->vpsr_pp = (value & EM_PSR_PP) != 0;
    v->mr->ic = (value & EM_PSR_IC) != 0;
    em_set_psr(v->cpu, (em_psr(v->cpu) & ~PSR_SM & ~EM_PSR_DFH) | (value & PSR_SM) | real_dfh(v));
    hv__set_meta(v, !(value & EM_PSR_DT) || !(value & EM_PSR_RT));
    hv__mask(v, !(value & EM_PSR_I));
}

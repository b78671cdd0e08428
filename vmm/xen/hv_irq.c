/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual interrupt registers and the interval timer. Source: docs/guest-abi.md, 5.10, 5.11.
 *
 * Vectors can be seen (irr, ivr) only until the guest registers its event callback; after that all
 * interrupts are events. None is ever delivered at 0x3000.
 */
#include "hv_int.h"

#define SPURIOUS   15u
#define VEC_MASKED UINT64_C(0x10000)            /* itv.m, tpr.mmi */

bool hv__irq_post(struct hv_vcpu *v, unsigned vector)
{
    vector &= 0xff;
    if (v->callback_ip) return false;
    atomic_fetch_or(&v->irr[vector / 64], UINT64_C(1) << (vector % 64));
    v->mr->pending_interruption = 1;
    return true;
}

static int highest(const uint64_t word[4])
{
    int i;

    for (i = 3; i >= 0; i--)
        if (word[i]) return i * 64 + 63 - __builtin_clzll(word[i]);
    return -1;
}

/** The vector that reading ivr would return, or SPURIOUS. */
static unsigned deliverable(struct hv_vcpu *v)
{
    const uint64_t tpr = v->mr->tpr;
    const unsigned timer = v->itv & 0xff;
    uint64_t irr[4];
    int vec, i;

    if (v->callback_ip) return SPURIOUS;
    /* a timer that was set anew meanwhile is not due any more */
    if (v->itm > em_ar(v->cpu, EM_AR_ITC))
        atomic_fetch_and(&v->irr[timer / 64], ~(UINT64_C(1) << (timer % 64)));
    for (i = 0; i < 4; i++) irr[i] = atomic_load(&v->irr[i]);
    vec = highest(irr);
    if (vec < 0 || vec <= highest(v->insvc)) return SPURIOUS;
    if ((tpr & VEC_MASKED) || (int)(tpr & 0xf0) + 15 >= vec) return SPURIOUS;
    return (unsigned)vec;
}

bool hv__irq_deliverable(struct hv_vcpu *v)
{
    return deliverable(v) != SPURIOUS;
}

uint64_t hv__ivr_read(struct hv_vcpu *v)
{
    const unsigned vec = deliverable(v);

    if (vec == SPURIOUS) {
        v->mr->pending_interruption = 0;
        return SPURIOUS;
    }
    atomic_fetch_and(&v->irr[vec / 64], ~(UINT64_C(1) << (vec % 64)));
    v->insvc[vec / 64] |= UINT64_C(1) << (vec % 64);
    if (vec == (v->itv & 0xff)) v->last_itm = v->itm;
    return vec;
}

void hv__eoi(struct hv_vcpu *v)
{
    const int vec = highest(v->insvc);

    if (vec >= 0) v->insvc[vec / 64] &= ~(UINT64_C(1) << (vec % 64));
}

void hv__set_itm(struct hv_vcpu *v, uint64_t itm)
{
    v->itm = itm;
    v->armed = false;
    hv__timer(v);
}

void hv__timer(struct hv_vcpu *v)
{
    struct hv_host *host = &v->hv->cfg.host;
    const unsigned vector = v->itv & 0xff;

    if (v->itm == 0 || v->itv == 0 || (v->itv & VEC_MASKED) || v->itm == v->last_itm) return;
    if (em_ar(v->cpu, EM_AR_ITC) < v->itm) {
        if (v->armed && v->armed_itc == v->itm) return;
        v->armed = true;
        v->armed_itc = v->itm;
        if (host->arm_timer) host->arm_timer(host->ctx, v->cpu, v->itm);
        return;
    }
    if (v->callback_ip) {
        /* not bound: stays unreported and is tried again at the next look */
        if (hv__virq(v, HV_VIRQ_ITC)) v->last_itm = v->itm;
        return;
    }
    atomic_fetch_or(&v->irr[vector / 64], UINT64_C(1) << (vector % 64));
    v->mr->pending_interruption = 1;
}

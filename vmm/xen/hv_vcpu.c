/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual processors coming, going and waiting. Source: docs/guest-abi.md, 1.8, 2.8, 3.8, 6.
 */
#include "hv_int.h"

#define FPSR_INIT UINT64_C(0x9804c0270033f)
#define ITV_MASKED UINT64_C(0x10000)
#define HOUR_NS    UINT64_C(3600000000000)

/* ---- reset --------------------------------------------------------------------------------- */

void hv__xsi_map(struct hv_vcpu *v)
{
    uint64_t base = atomic_load(&v->hv->xsi_base);

    em_window_set(v->cpu, 0, base, HV_SHARED_INFO_GPA, HV_PAGE_SIZE, 1);
    em_window_set(v->cpu, 1, base + HV_XSI_REGS, HV_SHARED_INFO_GPA + (1 + v->id) * HV_PAGE_SIZE,
                  HV_XSI_REGS_BYTES, 1);
    v->mr->interrupt_mask_addr = base + sizeof(struct hv_vcpu_info) * v->id
                                 + offsetof(struct hv_vcpu_info, upcall_mask);
}

static void reset_virtual(struct hv_vcpu *v)
{
    unsigned i;

    v->meta = true;
    v->mr->metaphysical_mode = 1;
    v->mr->banknum = 1;
    v->mr->hpsr_dfh = 1;
    v->mr->hpsr_mfh = 0;
    v->mr->vpsr_dfh = 0;
    v->mr->vpsr_pp = 0;
    v->mr->tpr = 0;
    v->mr->dcr = v->dcr = 0;
    v->mr->pta = v->pta = 15u << 2;
    v->mr->itv = v->itv = ITV_MASKED;
    v->mr->pmv = v->pmv = ITV_MASKED;
    v->mr->cmcv = v->cmcv = ITV_MASKED;
    v->lrr[0] = v->lrr[1] = ITV_MASKED;
    v->itm = 0;
    v->last_itm = UINT64_MAX;
    v->last_itc.valid = false;
    memset(v->insvc, 0, sizeof(v->insvc));
    for (i = 0; i < 4; i++) atomic_store(&v->irr[i], 0);
    for (i = 0; i < 8; i++) {
        v->rr[i] = v->mr->rrs[i] = (14u << 2) | (i < 6 ? EM_RR_VE : 0);
        v->mr->krs[i] = 0;
        hv__machine_rr(v, i);
    }
    /* any nonzero value says psr.i = 0 */
    __atomic_store_n(&v->info->upcall_mask, 0xff, __ATOMIC_SEQ_CST);
    /* Events of before the reset: with the selector set no later one would raise the upcall. */
    __atomic_store_n(&v->info->upcall_pending,
                     __atomic_load_n(&v->info->pending_sel, __ATOMIC_SEQ_CST) != 0,
                     __ATOMIC_SEQ_CST);
}

void hv__vcpu_reset(struct hv_vcpu *v, uint64_t ip)
{
    em_cpu_reset(v->cpu);
    em_set_psr(v->cpu, EM_PSR_AC | EM_PSR_IC | EM_PSR_I | EM_PSR_DT | EM_PSR_RT | EM_PSR_IT
                       | EM_PSR_DFH | EM_PSR_DI | EM_PSR_BN | (UINT64_C(1) << EM_PSR_CPL_SHIFT));
    reset_virtual(v);
    em_set_cr(v->cpu, EM_CR_PTA, v->pta);
    em_set_cr(v->cpu, EM_CR_ITV, ITV_MASKED);
    em_set_ar(v->cpu, EM_AR_FPSR, FPSR_INIT);
    em_set_ar(v->cpu, EM_AR_RSC, UINT64_C(1) << 2);         /* rsc.pl: how guests detect Xen */
    hv__xsi_map(v);
    em_set_ip(v->cpu, ip & ~UINT64_C(15), 0);
}

/* ---- up and down --------------------------------------------------------------------------- */

void hv__vcpu_down(struct hv_vcpu *v)
{
    atomic_store(&v->online, false);
    v->wait = HV_WAIT_NONE;
    hv__runstate(v, HV_RUN_OFFLINE);
}

bool hv__vcpu_boot(struct hv_vcpu *v, uint64_t ip, uint64_t gp)
{
    if (atomic_load(&v->online)) return false;
    v->boot_ip = ip;
    v->boot_gp = gp;
    atomic_store(&v->boot_wanted, true);
    atomic_store(&v->initialised, true);
    atomic_store(&v->online, true);
    hv__kick(v);
    return true;
}

/** In the processor's own thread: nobody else may touch its state while it could be running. */
static void boot_now(struct hv_vcpu *v)
{
    atomic_store(&v->boot_wanted, false);
    hv__vcpu_reset(v, v->boot_ip);
    hv__set_gr(v, 1, v->boot_gp);
    em_set_br(v->cpu, 0, 0x840);            /* SAL return stub: takes the processor down again */
    hv__runstate(v, HV_RUN_RUNNING);
}

/* ---- waiting ------------------------------------------------------------------------------- */

void hv__runstate(struct hv_vcpu *v, uint32_t state)
{
    uint64_t now = hv__now_ns(v->hv);

    if (v->run.state < 4 && now > v->run.entry_ns)
        v->run.time_ns[v->run.state] += now - v->run.entry_ns;
    v->run.state = state;
    v->run.entry_ns = now;
    /* A failing copy is the guest's loss; pv_ops kernels register areas that are too short. */
    if (v->runstate_handle)
        (void)hv__copy_to(v->hv, v->runstate_handle, 0, &v->run, sizeof(v->run));
}

static bool poll_done(struct hv_vcpu *v)
{
    uint32_t i;

    if (hv__event_pending(v) && !hv__masked(v)) return true;
    for (i = 0; i < v->nr_poll; i++)
        if (hv__evtchn_pending(v->hv, v->poll_ports[i])) return true;
    return v->poll_timeout_ns && hv__now_ns(v->hv) >= v->poll_timeout_ns;
}

static bool wait_done(struct hv_vcpu *v)
{
    switch (v->wait) {
    case HV_WAIT_BLOCK:      return hv__event_pending(v);
    case HV_WAIT_HALT_LIGHT: return hv__event_pending(v) || hv__irq_deliverable(v);
    case HV_WAIT_POLL:       return poll_done(v);
    case HV_WAIT_NONE:       break;
    }
    return true;
}

static void wait_end(struct hv_vcpu *v)
{
    switch (v->wait) {
    case HV_WAIT_HALT_LIGHT:
        hv__mask(v, true);          /* PAL's caller has psr.i = 0 and finds it so */
        v->mr->pending_interruption = 1;
        break;
    case HV_WAIT_POLL:
        atomic_store(&v->polling, false);
        break;
    case HV_WAIT_BLOCK:
    case HV_WAIT_NONE:
        break;
    }
    v->wait = HV_WAIT_NONE;
    if (v->run.state != HV_RUN_RUNNING) hv__runstate(v, HV_RUN_RUNNING);
}

/** The host's timer serves the guest's ITM and a poll's time-out, whichever comes first. */
static void arm_poll_timeout(struct hv_vcpu *v)
{
    const uint64_t hz = v->hv->cfg.itc_hz ? v->hv->cfg.itc_hz : 100000000u;
    uint64_t now_ns = hv__now_ns(v->hv);
    uint64_t wait_ns, itc;

    if (v->wait != HV_WAIT_POLL || !v->poll_timeout_ns || v->poll_timeout_ns <= now_ns) return;
    wait_ns = v->poll_timeout_ns - now_ns;
    if (wait_ns > HOUR_NS) wait_ns = HOUR_NS;       /* looked at again then */
    itc = em_ar(v->cpu, EM_AR_ITC)
          + (uint64_t)((unsigned __int128)wait_ns * hz / 1000000000u) + 1;
    if (v->armed && v->armed_itc <= itc) return;
    v->armed = true;
    v->armed_itc = itc;
    if (v->hv->cfg.host.arm_timer) v->hv->cfg.host.arm_timer(v->hv->cfg.host.ctx, v->cpu, itc);
}

enum em_reply hv__wait(struct hv_vcpu *v)
{
    hv__timer(v);
    if (v->stop || wait_done(v)) {
        wait_end(v);
        return hv__exit(v);
    }
    arm_poll_timeout(v);
    if (v->run.state != HV_RUN_BLOCKED) hv__runstate(v, HV_RUN_BLOCKED);
    return EM_R_HALT;
}

/* ---- attention ----------------------------------------------------------------------------- */

enum em_reply hv__attention(struct em_cpu *cpu, void *ctx)
{
    struct hv_vcpu *v = hv__vcpu(cpu);
    struct hv_host *host = &v->hv->cfg.host;

    (void)ctx;
    if (host->must_stop && host->must_stop(host->ctx, cpu)) return EM_R_STOP;
    if (!atomic_load(&v->online)) return EM_R_HALT;
    if (atomic_load(&v->boot_wanted)) boot_now(v);
    if (v->run.state == HV_RUN_OFFLINE) hv__runstate(v, HV_RUN_RUNNING);
    v->armed = false;               /* the kick may have been the timer's */
    if (v->wait != HV_WAIT_NONE) return hv__wait(v);
    hv__timer(v);
    return hv__exit(v);
}

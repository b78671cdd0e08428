/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls: break 0x1000 at CPL 1, number in r2. Source: docs/guest-abi.md, 3.
 */
#include "hv_int.h"

#define MULTICALL_MAX 4096u

/* ---- class 0: the Xen table ---------------------------------------------------------------- */

static int64_t do_ni(struct hv_vcpu *v, const uint64_t arg[5])
{
    (void)v;
    (void)arg;
    return HV_ENOSYS;
}

static int64_t do_privileged(struct hv_vcpu *v, const uint64_t arg[5])
{
    (void)v;
    (void)arg;
    return HV_EPERM;
}

/* number is the index; nr_args: how many of r32.. are looked at */
static const struct { const char *name; uint8_t nr_args; hv_call_fn fn; } calls[64] = {
    [1]  = { "mmu_update", 4, do_ni },
    [6]  = { "sched_op_compat", 2, hv__do_sched_op_compat },
    [7]  = { "platform_op", 1, do_privileged },
    [12] = { "memory_op", 2, hv__do_memory_op },
    [13] = { "multicall", 2, hv__do_multicall },
    [14] = { "update_va_mapping", 3, do_ni },
    [17] = { "xen_version", 2, hv__do_xen_version },
    [18] = { "console_io", 3, hv__do_console_io },
    [20] = { "grant_table_op", 3, hv__do_grant_table_op },
    [24] = { "vcpu_op", 3, hv__do_vcpu_op },
    [29] = { "sched_op", 2, hv__do_sched_op },
    [30] = { "callback_op", 2, hv__do_callback_op },
    [31] = { "xenoprof_op", 2, do_ni },
    [32] = { "event_channel_op", 2, hv__do_event_channel_op },
    [33] = { "physdev_op", 2, hv__do_physdev_op },
    [34] = { "hvm_op", 2, do_ni },
    [35] = { "sysctl", 1, do_privileged },
    [36] = { "domctl", 1, do_privileged },
    [37] = { "kexec_op", 2, do_privileged },
    [48] = { "ia64_dom0vp_op", 5, hv__do_dom0vp_op },
    [49] = { "ia64_fast_eoi", 1, do_ni },
    [50] = { "ia64_debug_op", 2, do_privileged },
};

const char *hv__call_name(uint64_t number)
{
    return number < ARRAY_SIZE(calls) && calls[number].name ? calls[number].name : "unknown";
}

int64_t hv__call(struct hv_vcpu *v, uint64_t number, const uint64_t arg[5])
{
    if (number >= ARRAY_SIZE(calls) || !calls[number].fn) return HV_ENOSYS;
    return calls[number].fn(v, arg);
}

struct multicall { uint64_t op; int64_t result; uint64_t arg[6]; };
_Static_assert(sizeof(struct multicall) == 64, "multicall");

int64_t hv__do_multicall(struct hv_vcpu *v, const uint64_t arg[5])
{
    const uint64_t handle = arg[0], count = arg[1];
    struct multicall mc;
    uint64_t i;

    if (count > MULTICALL_MAX) return HV_EINVAL;
    for (i = 0; i < count && !v->stop && v->wait == HV_WAIT_NONE; i++) {
        if (hv__copy_from(v->hv, &mc, handle, i * sizeof(mc), sizeof(mc))) return HV_EFAULT;
        /* no multicall in a multicall */
        mc.result = mc.op == 13 ? HV_EINVAL : hv__call(v, mc.op, mc.arg);
        if (hv__copy_to(v->hv, handle, i * sizeof(mc) + offsetof(struct multicall, result),
                        &mc.result, sizeof(mc.result))) return HV_EFAULT;
    }
    return 0;
}

static enum em_reply class_xen(struct hv_vcpu *v, uint64_t number)
{
    const unsigned nr_in_frame = (unsigned)(em_cfm(v->cpu) & 0x7f);
    uint64_t arg[5] = { 0, 0, 0, 0, 0 };
    unsigned i, nr = number < ARRAY_SIZE(calls) ? calls[number].nr_args : 0;
    int64_t result;

    for (i = 0; i < nr && i < nr_in_frame; i++) arg[i] = hv__gr(v, 32 + i);
    result = hv__call(v, number, arg);
    hv__set_gr(v, 8, (uint64_t)result);
    hv__advance(v, 1);
    if (v->wait != HV_WAIT_NONE) return hv__wait(v);
    if (!atomic_load(&v->online)) return EM_R_HALT;     /* vcpu_op(down) on itself */
    return hv__exit(v);
}

/* ---- the other classes --------------------------------------------------------------------- */

static enum em_reply finish(struct hv_vcpu *v, int64_t result)
{
    hv__set_gr(v, 8, (uint64_t)result);
    hv__advance(v, 1);
    return hv__exit(v);
}

static enum em_reply class_ni(struct hv_vcpu *v, uint64_t number)
{
    hv__log_guest(v, "unknown hypercall %#llx", (unsigned long long)number);
    return finish(v, HV_ENOSYS);
}

static enum em_reply class_ipi(struct hv_vcpu *v, uint64_t number)
{
    (void)number;
    hv__ipi(v, hv__gr(v, 14), hv__gr(v, 15));
    hv__advance(v, 1);
    return hv__exit(v);
}

static enum em_reply class_xsi(struct hv_vcpu *v, uint64_t number)
{
    const uint64_t base = hv__gr(v, 28);

    (void)number;
    if (base >> 61 != 7 || (base & 0xffff) || (base >= HV_VIRT_START && base < HV_VIRT_END)) {
        hv__crash(v, "SET_SHARED_INFO_VA with a bad address %#llx", (unsigned long long)base);
        return hv__exit(v);
    }
    atomic_store(&v->hv->xsi_base, base);
    hv__xsi_map(v);
    return finish(v, 0);
}

static enum em_reply class_opt_feature(struct hv_vcpu *v, uint64_t number)
{
    (void)number;
    return finish(v, (em_cfm(v->cpu) & 0x7f) ? hv__opt_feature(v, hv__gr(v, 32)) : HV_EFAULT);
}

static enum em_reply go_down(struct hv_vcpu *v)
{
    hv__advance(v, 1);
    hv__vcpu_down(v);
    return EM_R_HALT;
}

static enum em_reply class_sal_return(struct hv_vcpu *v, uint64_t number)
{
    (void)number;
    return go_down(v);
}

/** A pointer of the guest did not translate: do as if the access had been the guest's own. */
static enum em_reply firmware_miss(struct hv_vcpu *v)
{
    const uint64_t ri = (em_psr(v->cpu) & EM_PSR_RI) >> EM_PSR_RI_SHIFT;
    const struct em_interruption in = {
        .vector = (uint32_t)em_cr(v->cpu, EM_CR_IIM),
        .isr = em_cr(v->cpu, EM_CR_ISR) | (ri << EM_ISR_EI_SHIFT),
        .ifa = em_cr(v->cpu, EM_CR_IFA), .has_ifa = true, .has_itir = true,
        .ip = em_ip(v->cpu), .ri = (unsigned)ri,
    };

    return hv__interruption(v->cpu, v->hv, &in);
}

static enum em_reply class_firmware(struct hv_vcpu *v, uint64_t number)
{
    const struct hv_host *host = &v->hv->cfg.host;

    if (!host->firmware) return class_ni(v, number);
    if (number == 0x1000 && (hv__gr(v, 28) & 0xffffffff) == 28) return go_down(v);    /* PAL_HALT */
    switch (host->firmware(host->ctx, v->cpu, number)) {
    case EM_R_NEXT:
        hv__advance(v, 1);
        return hv__exit(v);
    case EM_R_RESUME:
        return hv__exit(v);
    case EM_R_HALT:                 /* PAL_HALT_LIGHT */
        v->wait = HV_WAIT_HALT_LIGHT;
        return hv__wait(v);
    case EM_R_STOP:
        return EM_R_STOP;
    case EM_R_DELIVER:
        break;
    }
    return firmware_miss(v);
}

static const struct {
    uint32_t class;                 /* number & ~0xff */
    const char *name;
    enum em_reply (*fn)(struct hv_vcpu *v, uint64_t number);
} classes[] = {
    { 0x0000, "xen",                class_xen },
    { 0x0300, "efi",                class_firmware },
    { 0x0400, "ipi",                class_ipi },
    { 0x0500, "fpswa",              class_firmware },
    { 0x0600, "set_shared_info_va", class_xsi },
    { 0x0700, "opt_feature",        class_opt_feature },
    { 0x1000, "pal",                class_firmware },
    { 0x1100, "sal",                class_firmware },
    { 0x1200, "sal_return",         class_sal_return },
};

enum em_reply hv__hypercall(struct hv_vcpu *v)
{
    const uint64_t number = hv__gr(v, 2);
    size_t i;

    for (i = 0; i < ARRAY_SIZE(classes); i++)
        if (classes[i].class == (number & ~UINT64_C(0xff))) return classes[i].fn(v, number);
    return class_ni(v, number);
}

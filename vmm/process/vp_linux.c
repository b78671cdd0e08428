/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builder linux: a paravirtualized guest. Wires hypervisor, firmware and console ring together. */
#include <stdio.h>
#include <sys/mman.h>
#include "fw.h"
#include "hv.h"
#include "vp_crash.h"
#include "vp_domain.h"
#include "vp_firmware.h"
#include "vp_trace.h"
#include "vp_vcpu.h"

/* ---- what the hypervisor asks -------------------------------------------------------------- */

static enum em_reply host_firmware(void *ctx, struct em_cpu *cpu, uint64_t number)
{
    struct vp_domain *d = ctx;

    return fw_call(d->fw, cpu, number);
}

static enum em_reply host_ssc(void *ctx, struct em_cpu *cpu)
{
    struct vp_domain *d = ctx;

    return fw_ssc(d->fw, cpu);
}

static bool host_boot_rendezvous(void *ctx, uint64_t *ip_out, uint64_t *gp_out)
{
    struct vp_domain *d = ctx;

    return fw_boot_rendezvous(d->fw, ip_out, gp_out);
}

static void host_arm_timer(void *ctx, struct em_cpu *cpu, uint64_t itc)
{
    vp_vcpu_arm(vp_vcpu_of(ctx, cpu), itc);
}

static void host_shutdown(void *ctx, enum hv_shutdown reason)
{
    static const enum vmctl_reason reasons[] = {
        [HV_POWEROFF] = VMCTL_POWEROFF, [HV_REBOOT] = VMCTL_REBOOT, [HV_SUSPEND] = VMCTL_SUSPEND,
        [HV_CRASH] = VMCTL_CRASH,       [HV_WATCHDOG] = VMCTL_CRASH,
    };
    struct vp_domain *d = ctx;
    struct vp_vcpu *self = vp_domain_self(d);
    enum vmctl_reason r = (size_t)reason < ARRAY_SIZE(reasons) ? reasons[reason] : VMCTL_CRASH;

    if (r == VMCTL_CRASH && self && atomic_load(&d->stop_reason) == VP_NO_REASON)
        vp_crash_dump(self);
    vp_domain_guest_stop(d, r);
}

static void host_wake(void *ctx, struct em_cpu *cpu)
{
    struct vp_domain *d = ctx;

    if (d->vcpu) vp_vcpu_kick(vp_vcpu_of(d, cpu));
}

static bool host_must_stop(void *ctx, struct em_cpu *cpu)
{
    struct vp_domain *d = ctx;

    (void)cpu;
    return atomic_load(&d->stop);
}

static void host_console_io(void *ctx, const char *text, size_t len)
{
    struct vp_domain *d = ctx;

    dv_console_put_wait(d->console, text, len);
}

static uint64_t host_system_time(void *ctx)
{
    (void)ctx;
    return vp_time_ns();
}

static void host_release_pages(void *ctx, uint64_t pfn, uint64_t nr_pfn)
{
    struct vp_domain *d = ctx;

    if (pfn >= d->cfg.nr_pages || nr_pfn > d->cfg.nr_pages - pfn) return;
    /* best effort: what cannot be given back stays allocated */
    (void)madvise(d->ram + pfn * VMCTL_PAGE_BYTES, nr_pfn * VMCTL_PAGE_BYTES, MADV_REMOVE);
    atomic_store_explicit(&d->status->nr_pages, hv_nr_pages(d->hv), memory_order_relaxed);
}

static void host_log(void *ctx, int level, const char *text)
{
    vp_log_guest(ctx, level, text);
}

/* ---- console ------------------------------------------------------------------------------- */

static void guest_sent(void *ctx, unsigned port)
{
    struct vp_domain *d = ctx;

    (void)port;
    dv_xencons_sync(d->xencons);
}

static void notify_guest(void *ctx)
{
    struct vp_domain *d = ctx;

    hv_port_notify(d->hv, hv_console_port(d->hv));
}

static void console_changed(struct vp_domain *d)
{
    if (d->xencons) dv_xencons_sync(d->xencons);
}

static int console_init(struct vp_domain *d, struct ut_err *err)
{
    void *page = em_ram(d->machine, d->cfg.console_pfn * VMCTL_PAGE_BYTES, VMCTL_PAGE_BYTES);
    int rc;

    if (!page) return ut_err_set(err, UT_EPROTO, "console page outside memory");
    rc = dv_xencons_new(d->console, page, notify_guest, d, &d->xencons, err);
    if (rc < 0) return rc;
    return hv_port_bind(d->hv, hv_console_port(d->hv), guest_sent, d, err);
}

/* ---- XenStore ------------------------------------------------------------------------------ */

static void guest_asks_store(void *ctx, unsigned port)
{
    struct vp_domain *d = ctx;

    (void)port;
    dv_xsring_poke(d->xsring);
}

static void notify_store_port(void *ctx)
{
    struct vp_domain *d = ctx;

    hv_port_notify(d->hv, hv_store_port(d->hv));
}

static int store_init(struct vp_domain *d, struct ut_err *err)
{
    void *page = em_ram(d->machine, d->cfg.store_pfn * VMCTL_PAGE_BYTES, VMCTL_PAGE_BYTES);
    int rc;

    if (!page) return ut_err_set(err, UT_EPROTO, "XenStore page outside memory");
    rc = dv_xsring_new(d->loop, page, notify_store_port, d, &d->xsring, err);
    if (rc < 0) return rc;
    return hv_port_bind(d->hv, hv_store_port(d->hv), guest_asks_store, d, err);
}

/* ---- life ---------------------------------------------------------------------------------- */

static int check_ports(struct vp_domain *d, struct ut_err *err)
{
    if (hv_store_port(d->hv) == d->cfg.store_port && hv_console_port(d->hv) == d->cfg.console_port)
        return UT_OK;
    return ut_err_set(err, UT_EINTERNAL, "event channels are %u and %u, start_info says %u and %u",
                      hv_store_port(d->hv), hv_console_port(d->hv), d->cfg.store_port,
                      d->cfg.console_port);
}

static int make_hv(struct vp_domain *d, struct ut_err *err)
{
    struct hv_config cfg = {
        .nr_pages = d->cfg.nr_pages,
        .max_pages = d->cfg.max_pages,
        .start_info_pfn = d->cfg.start_info_pfn,
        .memmap_pfn = d->cfg.memmap_pfn,
        .store_pfn = d->cfg.store_pfn,
        .console_pfn = d->cfg.console_pfn,
        .domid = (uint16_t)d->cfg.domid,
        .itc_hz = VMCTL_ITC_HZ,
        .extra = d->ram + d->cfg.ram_bytes,
        .host = {
            .ctx = d,
            .firmware = host_firmware,
            .ssc = host_ssc,
            .boot_rendezvous = host_boot_rendezvous,
            .arm_timer = host_arm_timer,
            .shutdown = host_shutdown,
            .wake = host_wake,
            .must_stop = host_must_stop,
            .console_io = host_console_io,
            .system_time_ns = host_system_time,
            .release_pages = host_release_pages,
            .log = host_log,
        },
    };

    if (hv_extra_bytes() > VMCTL_TAIL_BYTES)
        return ut_err_set(err, UT_EINTERNAL, "the hypervisor needs %llu bytes behind memory",
                          (unsigned long long)hv_extra_bytes());
    return hv_new(&cfg, &d->hv, err);
}

static int linux_init(struct vp_domain *d, struct ut_err *err)
{
    struct em_config cfg = {
        .nr_cpus = d->cfg.nr_vcpus,
        .ram = d->ram,
        .ram_bytes = d->cfg.ram_bytes,
        .ops = vp_trace_wrap(d, &hv_em_ops),
        .itc_hz = VMCTL_ITC_HZ,
    };
    int rc;

    if (d->cfg.flags & VMCTL_START_BIG_ENDIAN)
        return ut_err_set(err, UT_EUNSUP, "big-endian guests are not supported");
    rc = make_hv(d, err);
    if (rc < 0) return rc;
    cfg.ctx = d->hv;
    rc = em_machine_new(&cfg, &d->machine, err);
    if (rc == UT_OK) rc = vp_firmware_new(d, true, err);
    if (rc == UT_OK) rc = hv_attach(d->hv, d->machine, d->cfg.entry_gpa, d->cfg.r28, err);
    if (rc == UT_OK) rc = check_ports(d, err);
    if (rc == UT_OK) rc = console_init(d, err);
    if (rc == UT_OK) rc = store_init(d, err);
    return rc;
}

static void linux_fini(struct vp_domain *d)
{
    fw_free(d->fw);
    hv_free(d->hv);
    d->fw = NULL;
    d->hv = NULL;
}

static bool linux_online(const struct vp_vcpu *v)
{
    return hv_cpu_online(v->dom->hv, v->cpu);
}

/* everything that ends a wait comes with a kick */
static bool linux_pending(const struct vp_vcpu *v)
{
    (void)v;
    return false;
}

static int linux_request(struct vp_domain *d, enum vmctl_reason reason, struct ut_err *err)
{
    return hv_trigger(d->hv, reason == VMCTL_REBOOT ? 1 : 0, err);
}

static size_t linux_dump(struct vp_vcpu *v, char *text, size_t size_bytes)
{
    return hv_dump(v->dom->hv, v->cpu, text, size_bytes);
}

const struct vp_kind vp_kind_linux = {
    .name = "linux",
    .tail = true,
    .init = linux_init,
    .fini = linux_fini,
    .online = linux_online,
    .pending = linux_pending,
    .request = linux_request,
    .dump = linux_dump,
    .console_input = console_changed,
    .console_room = console_changed,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vp_firmware.h"

#include <time.h>
#include "fw.h"
#include "vp_crash.h"

static void console_put(void *ctx, char c)
{
    struct vp_domain *d = ctx;

    dv_console_put_wait(d->console, &c, 1);
}

static int console_get(void *ctx)
{
    struct vp_domain *d = ctx;
    unsigned char c;

    /* a guest that asks this way does not look at its ring */
    if (d->xencons) dv_xencons_hold_input(d->xencons, true);
    return dv_console_get(d->console, (char *)&c, 1) ? c : -1;
}

static void console_irq(void *ctx, int vector)
{
    struct vp_domain *d = ctx;

    atomic_store(&d->console_irq, vector);
}

static uint64_t wallclock_ns(void *ctx)
{
    struct timespec ts;

    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void shutdown(void *ctx, enum fw_shutdown reason, int status)
{
    static const enum vmctl_reason reasons[] = {
        [FW_POWEROFF] = VMCTL_POWEROFF, [FW_REBOOT] = VMCTL_REBOOT, [FW_SUSPEND] = VMCTL_SUSPEND,
        [FW_CRASH] = VMCTL_CRASH,       [FW_HALT] = VMCTL_HALT,
    };
    struct vp_domain *d = ctx;
    struct vp_vcpu *self = vp_domain_self(d);
    enum vmctl_reason r = (size_t)reason < ARRAY_SIZE(reasons) ? reasons[reason] : VMCTL_CRASH;

    atomic_store(&d->status->exit_status, status);
    /* how a kernel on the simulator says that it gave up: on_crash decides, not on_poweroff */
    if (r == VMCTL_POWEROFF && status && self)
        vp_crash(self, "the guest ended with status %d", status);
    else if (r == VMCTL_CRASH && self)
        vp_crash(self, "the guest asked its firmware to stop as crashed");
    else vp_domain_guest_stop(d, r);
}

static void host_log(void *ctx, int level, const char *text)
{
    vp_log_guest(ctx, level, text);
}

int vp_firmware_new(struct vp_domain *d, bool paravirtual, struct ut_err *err)
{
    struct fw_config cfg = {
        .paravirtual = paravirtual,
        .cmdline = d->cfg.cmdline,
        .itc_hz = VMCTL_ITC_HZ,
        .host = {
            .ctx = d,
            .console_put = console_put,
            .console_get = console_get,
            .console_irq = console_irq,
            .wallclock_ns = wallclock_ns,
            .shutdown = shutdown,
            .log = host_log,
        },
    };

    return fw_new(d->machine, &cfg, &d->fw, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sched_op, vcpu_op and inter-processor interrupts. Source: docs/guest-abi.md, 3.8, 3.9, 6.
 *
 * What waits only records it here; the hypercall's way out (hv_call.c) then goes to sleep with the
 * instruction pointer behind the break.
 */
#include "hv_int.h"

#include <sched.h>

/* ---- sched_op ------------------------------------------------------------------------------ */

static int64_t op_yield(struct hv_vcpu *v, uint64_t handle)
{
    (void)v;
    (void)handle;
    sched_yield();
    return 0;
}

static int64_t op_block(struct hv_vcpu *v, uint64_t handle)
{
    (void)handle;
    hv__mask(v, false);
    if (!hv__event_pending(v)) v->wait = HV_WAIT_BLOCK;
    return 0;
}

static int64_t shut_down(struct hv_vcpu *v, uint32_t reason)
{
    static const char *const names[] = { "poweroff", "reboot", "suspend", "crash", "watchdog" };

    if (reason >= ARRAY_SIZE(names)) return HV_EINVAL;
    hv__log(v->hv, reason == HV_CRASH ? UT_LOG_ERROR : UT_LOG_INFO, "guest shut down: %s",
            names[reason]);
    hv__shutdown(v, (enum hv_shutdown)reason);
    return 0;
}

static int64_t op_shutdown(struct hv_vcpu *v, uint64_t handle)
{
    uint32_t reason;

    if (hv__copy_from(v->hv, &reason, handle, 0, sizeof(reason))) return HV_EFAULT;
    return shut_down(v, reason);
}

static int64_t op_poll(struct hv_vcpu *v, uint64_t handle)
{
    struct { uint64_t ports; uint32_t nr_ports, pad; uint64_t timeout_ns; } p;
    uint32_t i, port;

    if (hv__copy_from(v->hv, &p, handle, 0, sizeof(p))) return HV_EFAULT;
    if (p.nr_ports > HV_POLL_MAX) return HV_EINVAL;
    for (i = 0; i < p.nr_ports; i++) {
        if (hv__copy_from(v->hv, &port, p.ports, UINT64_C(4) * i, sizeof(port))) return HV_EFAULT;
        if (port >= HV_NR_PORTS) return HV_EINVAL;
        v->poll_ports[i] = (uint16_t)port;
    }
    v->nr_poll = p.nr_ports;
    v->poll_timeout_ns = p.timeout_ns;
    v->wait = HV_WAIT_POLL;
    atomic_store(&v->polling, true);        /* before hv__wait looks at the ports */
    return 0;
}

static const struct { const char *name; int64_t (*fn)(struct hv_vcpu *v, uint64_t handle); }
sched_ops[] = {
    [0] = { "yield", op_yield },
    [1] = { "block", op_block },
    [2] = { "shutdown", op_shutdown },
    [3] = { "poll", op_poll },
};

int64_t hv__do_sched_op(struct hv_vcpu *v, const uint64_t arg[5])
{
    if (arg[0] == 4) return HV_EPERM;       /* remote_shutdown */
    if (arg[0] >= ARRAY_SIZE(sched_ops)) return HV_ENOSYS;
    return sched_ops[arg[0]].fn(v, arg[1]);
}

/** The old form passes the reason itself. */
int64_t hv__do_sched_op_compat(struct hv_vcpu *v, const uint64_t arg[5])
{
    if (arg[0] == 2) return shut_down(v, (uint32_t)(arg[1] & 0xffffffff));
    return arg[0] < 2 ? sched_ops[arg[0]].fn(v, 0) : HV_ENOSYS;
}

/* ---- vcpu_op ------------------------------------------------------------------------------- */

static int64_t op_initialise(struct hv_vcpu *v, struct hv_vcpu *t, uint64_t handle)
{
    (void)v;
    (void)handle;
    /* ia64 guests start processors by IPI; a context given here is for save and restore only */
    return atomic_load(&t->initialised) ? HV_EEXIST : HV_EINVAL;
}

static int64_t op_up(struct hv_vcpu *v, struct hv_vcpu *t, uint64_t handle)
{
    (void)v;
    (void)handle;
    if (!atomic_load(&t->initialised)) return HV_EINVAL;
    if (!atomic_exchange(&t->online, true)) hv__kick(t);
    return 0;
}

static int64_t op_down(struct hv_vcpu *v, struct hv_vcpu *t, uint64_t handle)
{
    (void)handle;
    if (t == v) hv__vcpu_down(v);
    else if (atomic_exchange(&t->online, false)) hv__kick(t);
    return 0;
}

static int64_t op_is_up(struct hv_vcpu *v, struct hv_vcpu *t, uint64_t handle)
{
    (void)v;
    (void)handle;
    return atomic_load(&t->online);
}

static int64_t op_get_runstate(struct hv_vcpu *v, struct hv_vcpu *t, uint64_t handle)
{
    /* another processor's numbers may be half updated: statistics, never used by us */
    return hv__copy_to(v->hv, handle, 0, &t->run, sizeof(t->run));
}

static int64_t op_register_runstate(struct hv_vcpu *v, struct hv_vcpu *t, uint64_t handle)
{
    uint64_t area;

    if (hv__copy_from(v->hv, &area, handle, 0, sizeof(area))) return HV_EFAULT;
    t->runstate_handle = area;
    (void)hv__copy_to(v->hv, area, 0, &t->run, sizeof(t->run));
    return 0;
}

static const struct {
    const char *name;
    int64_t (*fn)(struct hv_vcpu *v, struct hv_vcpu *t, uint64_t handle);
} vcpu_ops[] = {
    [0] = { "initialise", op_initialise },
    [1] = { "up", op_up },
    [2] = { "down", op_down },
    [3] = { "is_up", op_is_up },
    [4] = { "get_runstate_info", op_get_runstate },
    [5] = { "register_runstate_memory_area", op_register_runstate },
};

int64_t hv__do_vcpu_op(struct hv_vcpu *v, const uint64_t arg[5])
{
    if (arg[1] >= HV_MAX_VCPUS) return HV_EINVAL;
    if (arg[1] >= v->hv->nr_vcpus) return HV_ENOENT;
    if (arg[0] >= ARRAY_SIZE(vcpu_ops)) return HV_ENOSYS;
    return vcpu_ops[arg[0]].fn(v, &v->hv->vcpu[arg[1]], arg[2]);
}

/* ---- IPI (hypercall 0x400) ----------------------------------------------------------------- */

void hv__ipi(struct hv_vcpu *v, uint64_t target, uint64_t vector)
{
    struct hv *hv = v->hv;
    const struct hv_host *host = &hv->cfg.host;
    struct hv_vcpu *t;
    uint64_t ip, gp;

    if (target >= hv->nr_vcpus) {
        hv__log_guest(v, "IPI to vcpu %llu, which does not exist", (unsigned long long)target);
        return;
    }
    t = &hv->vcpu[target];
    if (atomic_load(&t->online)) {
        if (hv__irq_post(t, (unsigned)(vector & 0xff))) hv__kick(t);
        else hv__log_guest(v, "IPI vector %#llx to vcpu %u ignored: it has an event callback",
                           (unsigned long long)vector, t->id);
        return;
    }
    if (!host->boot_rendezvous || !host->boot_rendezvous(host->ctx, &ip, &gp)) {
        hv__log_guest(v, "IPI to vcpu %llu, but no boot entry was given to SAL_SET_VECTORS",
                      (unsigned long long)target);
        return;
    }
    hv__vcpu_boot(t, ip, gp);
}

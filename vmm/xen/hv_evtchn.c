/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels. Source: docs/guest-abi.md, 3.5.
 *
 * The bitmaps are the guest's; which port is what is ours alone (hv->port). All of hv->port and
 * virq_port is under hv->lock; backends are called without it.
 */
#include "hv_int.h"

#include <stdlib.h>

#define MAX_PIRQ 256u

/* ---- bitmaps ------------------------------------------------------------------------------- */

static bool bit_set(uint64_t *words, unsigned bit)
{
    const uint64_t m = UINT64_C(1) << (bit % 64);

    return __atomic_fetch_or(&words[bit / 64], m, __ATOMIC_SEQ_CST) & m;
}

static bool bit_clear(uint64_t *words, unsigned bit)
{
    const uint64_t m = UINT64_C(1) << (bit % 64);

    return __atomic_fetch_and(&words[bit / 64], ~m, __ATOMIC_SEQ_CST) & m;
}

static bool bit_test(const uint64_t *words, unsigned bit)
{
    return (__atomic_load_n(&words[bit / 64], __ATOMIC_SEQ_CST) >> (bit % 64)) & 1;
}

bool hv__evtchn_pending(const struct hv *hv, unsigned port)
{
    return port < HV_NR_PORTS && bit_test(hv->shared->evtchn_pending, port);
}

/** The second half of delivery: selector and upcall byte of the vcpu. */
static void raise_upcall(struct hv *hv, unsigned port)
{
    struct hv_vcpu *v = &hv->vcpu[hv->port[port].vcpu];

    if (bit_set(&v->info->pending_sel, port / 64)) return;
    if (!__atomic_exchange_n(&v->info->upcall_pending, 1, __ATOMIC_SEQ_CST)) hv__kick(v);
}

static void wake_pollers(struct hv *hv)
{
    unsigned i;

    for (i = 0; i < hv->nr_vcpus; i++)
        if (atomic_load(&hv->vcpu[i].polling)) hv__kick(&hv->vcpu[i]);
}

void hv__evtchn_pend(struct hv *hv, unsigned port)
{
    if (hv->port[port].vcpu >= hv->nr_vcpus) return;
    if (bit_set(hv->shared->evtchn_pending, port)) return;
    if (!bit_test(hv->shared->evtchn_mask, port)) raise_upcall(hv, port);
    wake_pollers(hv);
}

/* ---- allocation ---------------------------------------------------------------------------- */

int hv__evtchn_init(struct hv *hv)
{
    hv->port = calloc(HV_NR_PORTS, sizeof(*hv->port));
    if (!hv->port) return UT_ENOMEM;
    hv->port[0].state = HV_PORT_RESERVED;
    return UT_OK;
}

/** Lowest free port, or HV_ENOSPC. */
static int alloc_port(struct hv *hv)
{
    unsigned i;

    for (i = 1; i < HV_NR_PORTS; i++) {
        if (hv->port[i].state != HV_PORT_FREE || hv->port[i].busy) continue;
        memset(&hv->port[i], 0, sizeof(hv->port[i]));
        return (int)i;
    }
    return HV_ENOSPC;
}

static struct hv_port *in_use(struct hv *hv, uint32_t port)
{
    if (port >= HV_NR_PORTS || hv->port[port].state == HV_PORT_FREE
        || hv->port[port].state == HV_PORT_RESERVED) return NULL;
    return &hv->port[port];
}

int hv__evtchn_alloc_unbound(struct hv *hv, uint16_t remote_dom, unsigned *port_out)
{
    int port = alloc_port(hv);

    if (port < 0) return port;
    hv->port[port].state = HV_PORT_UNBOUND;
    hv->port[port].remote_dom = remote_dom;
    *port_out = (unsigned)port;
    return 0;
}

static bool is_self(const struct hv *hv, uint16_t dom)
{
    return dom == HV_DOMID_SELF || dom == hv->cfg.domid;
}

/** Is the VIRQ one per vcpu? Global ones are kept with vcpu 0. */
static bool virq_per_vcpu(unsigned virq)
{
    static const uint32_t map = 1u << HV_VIRQ_TIMER | 1u << HV_VIRQ_DEBUG | 1u << HV_VIRQ_XENOPROF
                                | 1u << HV_VIRQ_ITC | 1u << HV_VIRQ_MCA_CMC | 1u << HV_VIRQ_MCA_CPE;

    return (map >> virq) & 1;
}

bool hv__virq(struct hv_vcpu *v, unsigned virq)
{
    unsigned port;

    pthread_mutex_lock(&v->hv->lock);
    port = v->virq_port[virq];
    if (port) hv__evtchn_pend(v->hv, port);
    pthread_mutex_unlock(&v->hv->lock);
    return port != 0;
}

static void close_port(struct hv *hv, unsigned port)
{
    struct hv_port *p = &hv->port[port];
    unsigned i;

    if (p->state == HV_PORT_INTERDOMAIN && !p->fn && p->remote_port) {
        struct hv_port *peer = &hv->port[p->remote_port];

        peer->state = HV_PORT_UNBOUND;
        peer->remote_dom = hv->cfg.domid;
        peer->remote_port = 0;
    }
    if (p->state == HV_PORT_VIRQ)
        for (i = 0; i < hv->nr_vcpus; i++)
            if (hv->vcpu[i].virq_port[p->virq] == port) hv->vcpu[i].virq_port[p->virq] = 0;
    bit_clear(hv->shared->evtchn_pending, port);
    p->state = HV_PORT_FREE;
    p->fn = NULL;
    p->fn_ctx = NULL;
}

/* ---- operations, one function each --------------------------------------------------------- */
/* All run with hv->lock held, on a copy of the guest's structure that is written back if it has
 * results. */

struct bind_interdomain { uint16_t remote_dom, pad; uint32_t remote_port, local_port; };
struct bind_virq { uint32_t virq, vcpu, port; };
struct bind_pirq { uint32_t pirq, flags, port; };
struct port_only { uint32_t port; };
struct status { uint16_t dom, pad; uint32_t port, status, vcpu, u[2]; };
struct alloc_unbound { uint16_t dom, remote_dom; uint32_t port; };
struct bind_ipi { uint32_t vcpu, port; };
struct bind_vcpu { uint32_t port, vcpu; };
struct reset { uint16_t dom; };

union args {
    struct bind_interdomain bind_interdomain;
    struct bind_virq bind_virq;
    struct bind_pirq bind_pirq;
    struct port_only port_only;
    struct status status;
    struct alloc_unbound alloc_unbound;
    struct bind_ipi bind_ipi;
    struct bind_vcpu bind_vcpu;
    struct reset reset;
};

/** Only loopback: the ports of other domains' backends are bound from their side (hv_port_bind). */
static int op_bind_interdomain(struct hv_vcpu *v, union args *a)
{
    struct hv *hv = v->hv;
    struct hv_port *peer;
    int port;

    if (!is_self(hv, a->bind_interdomain.remote_dom)) return HV_ESRCH;
    peer = in_use(hv, a->bind_interdomain.remote_port);
    if (!peer || peer->state != HV_PORT_UNBOUND || peer->remote_dom != hv->cfg.domid)
        return HV_EINVAL;
    port = alloc_port(hv);
    if (port < 0) return port;
    hv->port[port].state = HV_PORT_INTERDOMAIN;
    hv->port[port].remote_dom = hv->cfg.domid;
    hv->port[port].remote_port = (uint16_t)a->bind_interdomain.remote_port;
    peer->state = HV_PORT_INTERDOMAIN;
    peer->remote_port = (uint16_t)port;
    a->bind_interdomain.local_port = (uint32_t)port;
    hv__evtchn_pend(hv, (unsigned)port);        /* events sent before the binding are not lost */
    return 0;
}

static int op_bind_virq(struct hv_vcpu *v, union args *a)
{
    struct hv *hv = v->hv;
    const uint32_t virq = a->bind_virq.virq, vcpu = a->bind_virq.vcpu;
    int port;

    if (virq >= HV_NR_VIRQS || (!virq_per_vcpu(virq) && vcpu != 0)) return HV_EINVAL;
    if (vcpu >= hv->nr_vcpus) return HV_ENOENT;
    if (hv->vcpu[vcpu].virq_port[virq]) return HV_EEXIST;
    port = alloc_port(hv);
    if (port < 0) return port;
    hv->port[port].state = HV_PORT_VIRQ;
    hv->port[port].virq = (uint8_t)virq;
    hv->port[port].vcpu = (uint16_t)vcpu;
    hv->vcpu[vcpu].virq_port[virq] = (uint16_t)port;
    a->bind_virq.port = (uint32_t)port;
    if (virq == HV_VIRQ_ITC) hv__kick(&hv->vcpu[vcpu]);     /* its timer may be overdue */
    return 0;
}

static int op_bind_pirq(struct hv_vcpu *v, union args *a)
{
    (void)v;
    return a->bind_pirq.pirq < MAX_PIRQ ? HV_EPERM : HV_EINVAL;
}

static int op_close(struct hv_vcpu *v, union args *a)
{
    if (!in_use(v->hv, a->port_only.port)) return HV_EINVAL;
    close_port(v->hv, a->port_only.port);
    return 0;
}

static int op_status(struct hv_vcpu *v, union args *a)
{
    struct hv *hv = v->hv;
    struct hv_port *p;

    if (!is_self(hv, a->status.dom)) return HV_EPERM;
    if (a->status.port >= HV_NR_PORTS) return HV_EINVAL;
    p = &hv->port[a->status.port];
    a->status.status = p->state == HV_PORT_RESERVED ? HV_PORT_FREE : p->state;
    a->status.vcpu = p->vcpu;
    a->status.u[0] = a->status.u[1] = 0;
    if (p->state == HV_PORT_UNBOUND) a->status.u[0] = p->remote_dom;
    if (p->state == HV_PORT_VIRQ) a->status.u[0] = p->virq;
    if (p->state == HV_PORT_INTERDOMAIN) {
        a->status.u[0] = p->remote_dom;
        a->status.u[1] = p->remote_port;
    }
    return 0;
}

static int op_alloc_unbound(struct hv_vcpu *v, union args *a)
{
    struct hv *hv = v->hv;
    uint16_t remote = a->alloc_unbound.remote_dom;
    unsigned port;
    int rc;

    if (!is_self(hv, a->alloc_unbound.dom)) return HV_EPERM;
    rc = hv__evtchn_alloc_unbound(hv, is_self(hv, remote) ? hv->cfg.domid : remote, &port);
    if (rc == 0) a->alloc_unbound.port = port;
    return rc;
}

static int op_bind_ipi(struct hv_vcpu *v, union args *a)
{
    struct hv *hv = v->hv;
    int port;

    if (a->bind_ipi.vcpu >= hv->nr_vcpus) return HV_ENOENT;
    port = alloc_port(hv);
    if (port < 0) return port;
    hv->port[port].state = HV_PORT_IPI;
    hv->port[port].vcpu = (uint16_t)a->bind_ipi.vcpu;
    a->bind_ipi.port = (uint32_t)port;
    return 0;
}

static int op_bind_vcpu(struct hv_vcpu *v, union args *a)
{
    struct hv *hv = v->hv;
    struct hv_port *p;

    if (a->bind_vcpu.vcpu >= hv->nr_vcpus) return HV_ENOENT;
    p = in_use(hv, a->bind_vcpu.port);
    if (!p || p->state == HV_PORT_IPI || (p->state == HV_PORT_VIRQ && virq_per_vcpu(p->virq)))
        return HV_EINVAL;
    p->vcpu = (uint16_t)a->bind_vcpu.vcpu;
    return 0;
}

static int op_unmask(struct hv_vcpu *v, union args *a)
{
    struct hv *hv = v->hv;

    if (!in_use(hv, a->port_only.port)) return HV_EINVAL;
    if (bit_clear(hv->shared->evtchn_mask, a->port_only.port)
        && bit_test(hv->shared->evtchn_pending, a->port_only.port)
        && hv->port[a->port_only.port].vcpu < hv->nr_vcpus)
        raise_upcall(hv, a->port_only.port);
    return 0;
}

static int op_reset(struct hv_vcpu *v, union args *a)
{
    unsigned i;

    if (!is_self(v->hv, a->reset.dom)) return HV_EPERM;
    for (i = 1; i < HV_NR_PORTS; i++)
        if (in_use(v->hv, i)) close_port(v->hv, i);
    return 0;
}

/** Calls the backend without the lock; close and unbind wait by means of `busy`. */
static int op_send(struct hv_vcpu *v, union args *a)
{
    struct hv *hv = v->hv;
    const uint32_t port = a->port_only.port;
    struct hv_port *p = in_use(hv, port);
    hv_port_fn fn;
    void *ctx;

    if (!p) return HV_EINVAL;
    switch ((enum hv_port_state)p->state) {
    case HV_PORT_UNBOUND:
        return 0;                   /* dropped */
    case HV_PORT_IPI:
        hv__evtchn_pend(hv, port);
        return 0;
    case HV_PORT_INTERDOMAIN:
        break;
    default:
        return HV_EINVAL;
    }
    if (!p->fn) {
        if (p->remote_port) hv__evtchn_pend(hv, p->remote_port);
        return 0;
    }
    fn = p->fn;
    ctx = p->fn_ctx;
    p->busy++;
    pthread_mutex_unlock(&hv->lock);
    fn(ctx, port);
    pthread_mutex_lock(&hv->lock);
    p->busy--;
    pthread_cond_broadcast(&hv->port_idle);
    return 0;
}

static const struct {
    const char *name;
    uint8_t size_bytes;             /* of the argument structure */
    bool writes_back;
    int (*fn)(struct hv_vcpu *v, union args *a);
} ops[] = {
    [0]  = { "bind_interdomain", 12, true,  op_bind_interdomain },
    [1]  = { "bind_virq",        12, true,  op_bind_virq },
    [2]  = { "bind_pirq",        12, true,  op_bind_pirq },
    [3]  = { "close",             4, false, op_close },
    [4]  = { "send",              4, false, op_send },
    [5]  = { "status",           24, true,  op_status },
    [6]  = { "alloc_unbound",     8, true,  op_alloc_unbound },
    [7]  = { "bind_ipi",          8, true,  op_bind_ipi },
    [8]  = { "bind_vcpu",         8, false, op_bind_vcpu },
    [9]  = { "unmask",            4, false, op_unmask },
    [10] = { "reset",             2, false, op_reset },
};

int64_t hv__do_event_channel_op(struct hv_vcpu *v, const uint64_t arg[5])
{
    const uint64_t cmd = arg[0], handle = arg[1];
    union args a;
    int rc;

    if (cmd >= ARRAY_SIZE(ops)) return HV_ENOSYS;
    memset(&a, 0, sizeof(a));
    rc = hv__copy_from(v->hv, &a, handle, 0, ops[cmd].size_bytes);
    if (rc) return rc;
    pthread_mutex_lock(&v->hv->lock);
    rc = ops[cmd].fn(v, &a);
    pthread_mutex_unlock(&v->hv->lock);
    if (rc == 0 && ops[cmd].writes_back)
        rc = hv__copy_to(v->hv, handle, 0, &a, ops[cmd].size_bytes);
    return rc;
}

/* ---- backends ------------------------------------------------------------------------------ */

int hv_port_bind(struct hv *hv, unsigned port, hv_port_fn fn, void *ctx, struct ut_err *err)
{
    struct hv_port *p;
    int rc = UT_OK;

    pthread_mutex_lock(&hv->lock);
    p = in_use(hv, port);
    if (!fn || !p || p->state != HV_PORT_UNBOUND || p->remote_dom != 0) {
        rc = ut_err_set(err, UT_ENOENT, "event channel %u is not unbound for domain 0", port);
    } else {
        p->state = HV_PORT_INTERDOMAIN;
        p->fn = fn;
        p->fn_ctx = ctx;
    }
    pthread_mutex_unlock(&hv->lock);
    return rc;
}

void hv_port_unbind(struct hv *hv, unsigned port)
{
    struct hv_port *p;

    if (port >= HV_NR_PORTS) return;
    pthread_mutex_lock(&hv->lock);
    p = &hv->port[port];
    if (p->state == HV_PORT_INTERDOMAIN && p->fn) {
        p->state = HV_PORT_UNBOUND;
        p->remote_dom = 0;
        p->fn = NULL;
        p->fn_ctx = NULL;
    }
    while (p->busy) pthread_cond_wait(&hv->port_idle, &hv->lock);
    pthread_mutex_unlock(&hv->lock);
}

void hv_port_notify(struct hv *hv, unsigned port)
{
    pthread_mutex_lock(&hv->lock);
    if (port < HV_NR_PORTS && hv->port[port].state == HV_PORT_INTERDOMAIN && hv->port[port].fn)
        hv__evtchn_pend(hv, port);
    pthread_mutex_unlock(&hv->lock);
}

int hv_trigger(struct hv *hv, uint32_t code, struct ut_err *err)
{
    unsigned port;

    pthread_mutex_lock(&hv->lock);
    port = hv->vcpu ? hv->vcpu[0].virq_port[HV_VIRQ_TRIGGER] : 0;
    if (port) {
        __atomic_store_n(&hv->shared->trigger, code, __ATOMIC_SEQ_CST);
        hv__evtchn_pend(hv, port);
    }
    pthread_mutex_unlock(&hv->lock);
    if (!port) return ut_err_set(err, UT_EUNSUP, "the guest does not listen to such requests");
    return UT_OK;
}

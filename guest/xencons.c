/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xencons.c: the console ring shared with the control domain. Source: guest ABI 7.2. */
#include "xen.h"

static struct console_ring *ring;
static uint32_t port;

static void notify(void)
{
    static struct { uint32_t port; } op;

    op.port = port;
    xen_event_op(EVTCHNOP_SEND, &op);
}

static void nothing(void)
{
    /* whoever waits for input or room looks at the ring */
}

void xencons_init(void)
{
    const struct start_info *si = xen_start_info();

    ring = va(si->console_pfn << 14);
    port = si->console_port;
    xen_port_handler(port, nothing);
}

/* The ring is full: sleep until the other side has read something. It says so with an event. */
static void wait_for_room(void)
{
    static struct { uint64_t ports; uint32_t nr_ports, pad; uint64_t timeout_ns; } poll;

    while (ring->out_prod - ring->out_cons >= sizeof(ring->out)) {
        __atomic_and_fetch(&shared_info->pending[port / 64], ~(UINT64_C(1) << port % 64),
                           __ATOMIC_SEQ_CST);
        notify();
        if (ring->out_prod - ring->out_cons < sizeof(ring->out)) break;
        poll.ports = handle(&port);
        poll.nr_ports = 1;
        hypercall(SCHEDOP_POLL, handle(&poll), 0, 0, 0, HYPERVISOR_SCHED_OP);
    }
}

void xencons_putc(char c)
{
    if (!ring) {                                /* too early: the simulator's call always works */
        ssc((uint8_t)c, 0, 0, 0, SSC_PUTCHAR);
        return;
    }
    wait_for_room();
    ring->out[ring->out_prod % sizeof(ring->out)] = c;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    ring->out_prod++;
}

void xencons_flush(void)
{
    if (ring && ring->out_prod != ring->out_cons) notify();
}

int xencons_getc(void)
{
    uint8_t c;

    if (!ring || ring->in_cons == ring->in_prod) return -1;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    c = (uint8_t)ring->in[ring->in_cons % sizeof(ring->in)];
    __atomic_thread_fence(__ATOMIC_RELEASE);
    ring->in_cons++;
    if (ring->in_prod - ring->in_cons >= sizeof(ring->in) - 1) notify();    /* it was full */
    return c;
}

void xencons_smash(void)
{
    static const uint32_t wrong[] = { 0x80000000, 0xffffffff, 4097, 2049 };

    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
        uint32_t prod = ring->out_prod, cons = ring->in_cons;

        ring->out_prod = ring->out_cons + wrong[i];
        ring->in_cons = ring->in_prod + wrong[i];
        notify();
        ring->out_prod = prod;
        ring->in_cons = cons;
        notify();
    }
}

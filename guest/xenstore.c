/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenstore.c: a client of XenStore through the ring shared with it. Source: guest ABI 7.1, 7.6.
 *
 * One request at a time. At boot we wait for answers, but not for long: not every host has a store.
 * Later everything happens in the port's handler: control/shutdown changes, we read it, empty it as
 * acknowledgement, and stop.
 */
#include "xen.h"

#define RING_BYTES 1024
#define WAIT_US    50000                        /* for all answers at boot */
#define TOKEN      "shutdown"
#define SHUTDOWN   "control/shutdown"

enum { XS_READ = 2, XS_WATCH = 4, XS_WRITE = 11, XS_WATCH_EVENT = 15, XS_ERROR = 16 };

struct xs_ring {
    char req[RING_BYTES], rsp[RING_BYTES];
    volatile uint32_t req_cons, req_prod, rsp_cons, rsp_prod;
};
struct xs_hdr { uint32_t type, id, tx, len; };

static struct xs_ring *ring;
static uint32_t port, last_id;
static bool asked, answered, watching;          /* a request is under way; its answer is here */
static struct { struct xs_hdr hdr; char text[4096 + 1]; } in;
static uint32_t nr_in;                          /* bytes of it */
static char wanted[16];                         /* what control/shutdown says */

static void put(const void *data, size_t len)
{
    const char *p = data;

    for (size_t i = 0; i < len; i++)
        ring->req[(ring->req_prod + i) % RING_BYTES] = p[i];
    __atomic_thread_fence(__ATOMIC_RELEASE);
    ring->req_prod += (uint32_t)len;
}

/* Requests are short and one at a time, so there is room. */
static void ask(uint32_t type, const char *first, const char *second, size_t second_len)
{
    static struct { uint32_t port; } op;
    struct xs_hdr h = { type, ++last_id, 0, 0 };

    h.len = (uint32_t)(strlen(first) + 1 + second_len);
    put(&h, sizeof(h));
    put(first, strlen(first) + 1);
    put(second, second_len);
    asked = true;
    answered = false;
    op.port = port;
    xen_event_op(EVTCHNOP_SEND, &op);
}

/* Bytes of the next message; true when it is whole. */
static bool receive(void)
{
    uint32_t cons = ring->rsp_cons, prod = ring->rsp_prod, size = sizeof(in.hdr);
    static struct { uint32_t port; } op;

    if (nr_in == 0 && cons == prod) return false;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    while (cons != prod) {
        if (nr_in >= sizeof(in.hdr)) size = (uint32_t)sizeof(in.hdr) + in.hdr.len;
        if (size > sizeof(in) - 1 || nr_in == size) break;
        ((char *)&in)[nr_in++] = ring->rsp[cons++ % RING_BYTES];
    }
    if (nr_in >= sizeof(in.hdr)) size = (uint32_t)sizeof(in.hdr) + in.hdr.len;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    ring->rsp_cons = cons;
    op.port = port;
    xen_event_op(EVTCHNOP_SEND, &op);
    if (size > sizeof(in) - 1 || nr_in != size) return false;
    in.text[in.hdr.len] = '\0';
    nr_in = 0;
    return true;
}

/* ---- control/shutdown ------------------------------------------------------------------------ */

static void act(void)
{
    bool reboot = strcmp(wanted, "reboot") == 0;

    printf("\nmini-ia64: %s requested by the control stack\n", reboot ? "reboot" : "power-off");
    pv->shutdown(reboot ? SHUTDOWN_REBOOT : SHUTDOWN_POWEROFF);
}

static void look_for_shutdown(void)
{
    if (watching && !asked && !wanted[0]) ask(XS_READ, SHUTDOWN, "", 0);
}

/* An answer to a request of the handler's. */
static void take_answer(void)
{
    asked = false;
    if (in.hdr.type == XS_WRITE && wanted[0]) act();
    if (in.hdr.type != XS_READ || !in.hdr.len || in.hdr.len >= sizeof(wanted)) return;
    if (strcmp(in.text, "poweroff") != 0 && strcmp(in.text, "halt") != 0 &&
        strcmp(in.text, "reboot") != 0)
        return;
    memcpy(wanted, in.text, in.hdr.len + 1);
    ask(XS_WRITE, SHUTDOWN, "", 0);
}

static void on_event(void)
{
    while (receive()) {
        if (in.hdr.type == XS_WATCH_EVENT) look_for_shutdown();
        else if (in.hdr.id == last_id) take_answer();
    }
}

/* ---- at boot --------------------------------------------------------------------------------- */

/* With interrupts off: look until the answer is there. */
static bool wait_answer(uint64_t until_us)
{
    while (uptime_us() < until_us) {
        while (receive()) {
            if (in.hdr.type == XS_WATCH_EVENT || in.hdr.id != last_id) continue;
            asked = false;
            return in.hdr.type != XS_ERROR;
        }
        hypercall(SCHEDOP_YIELD, 0, 0, 0, 0, HYPERVISOR_SCHED_OP);
    }
    return false;
}

void xenstore_init(void)
{
    static const char watch[] = TOKEN;
    const struct start_info *si = xen_start_info();
    uint64_t until_us = uptime_us() + WAIT_US;

    pv->irq_off();                              /* the handler is not to meet us below */
    ring = va(si->store_pfn << 14);
    port = si->store_port;
    ask(XS_READ, "name", "", 0);
    if (!wait_answer(until_us)) {
        printf("xenstore: no answer\n");
        return;
    }
    printf("xenstore: name %s", in.text);
    ask(XS_READ, "memory/target", "", 0);
    if (wait_answer(until_us)) printf(", memory target %s KiB", in.text);
    ask(XS_WATCH, SHUTDOWN, watch, sizeof(watch));
    watching = wait_answer(until_us);
    printf("%s\n", watching ? ", watching " SHUTDOWN : "");
    xen_port_handler(port, on_event);
    /* a port that is pending from when it was masked would never tell us again */
    __atomic_and_fetch(&shared_info->pending[port / 64], ~(UINT64_C(1) << port % 64),
                       __ATOMIC_SEQ_CST);
    look_for_shutdown();                        /* it may have been there before us */
    on_event();
}

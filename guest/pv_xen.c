/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pv_xen.c: paravirtualized on Xen: interruption state is in the mapped registers, privileged
 * instructions are hyperprivops, interrupts are events. Source: guest ABI sections 3 to 5.
 */
#include "xen.h"

extern const uint8_t event_callback_entry[];

/* ---- hyperprivops ---------------------------------------------------------------------------- */

/* One function per number: the break's immediate is part of the instruction. */
#define HYPERPRIVOP(name, number)                                                            \
    static inline uint64_t name(uint64_t a, uint64_t b)                                      \
    {                                                                                        \
        register uint64_t r8 __asm__("r8") = a;                                              \
        register uint64_t r9 __asm__("r9") = b;                                              \
        __asm__ volatile("break %2" : "+r"(r8), "+r"(r9) : "i"(number) : "memory");          \
        return r8;                                                                           \
    }
HYPERPRIVOP(hp_itc_d, HP_ITC_D)
HYPERPRIVOP(hp_itc_i, HP_ITC_I)
HYPERPRIVOP(hp_ssm_i, HP_SSM_I)
HYPERPRIVOP(hp_set_itm, HP_SET_ITM)
HYPERPRIVOP(hp_thash, HP_THASH)
HYPERPRIVOP(hp_get_rr, HP_GET_RR)
HYPERPRIVOP(hp_set_kr, HP_SET_KR)
HYPERPRIVOP(hp_get_cpuid, HP_GET_CPUID)
HYPERPRIVOP(hp_get_psr, HP_GET_PSR)

static volatile uint64_t *xsi(int64_t address)
{
    return (volatile uint64_t *)address;
}

/* ---- interrupts are a byte in shared memory -------------------------------------------------- */

static volatile uint8_t *mask_byte(void)
{
    return (volatile uint8_t *)*xsi(XSI_MASK_ADDR);
}

static void xen_irq_off(void)
{
    *mask_byte() = 1;
    __asm__ volatile("" ::: "memory");
}

static void xen_irq_on(void)
{
    volatile uint8_t *mask = mask_byte();

    __asm__ volatile("" ::: "memory");
    *mask = 0;
    if (mask[-1]) hp_ssm_i(0, 0);               /* an event came meanwhile: have it delivered */
}

/* ---- event channels -------------------------------------------------------------------------- */

static void (*port_handler[NR_PORTS])(void);

long xen_event_op(unsigned cmd, void *arg)
{
    return hypercall(cmd, handle(arg), 0, 0, 0, HYPERVISOR_EVENT_CHANNEL_OP);
}

void xen_port_handler(uint32_t port, void (*fn)(void))
{
    if (port >= NR_PORTS) panic("event channel port %u is beyond our table", port);
    port_handler[port] = fn;
    __atomic_and_fetch(&shared_info->mask[0], ~(UINT64_C(1) << port), __ATOMIC_SEQ_CST);
}

uint32_t xen_bind_virq(uint32_t virq, void (*fn)(void))
{
    static struct { uint32_t virq, vcpu, port; } op;
    long rc;

    op.virq = virq;
    rc = xen_event_op(EVTCHNOP_BIND_VIRQ, &op);
    if (rc) panic("cannot bind VIRQ %u: %ld", virq, rc);
    xen_port_handler(op.port, fn);
    return op.port;
}

static void word_of_events(unsigned word)
{
    uint64_t bits = shared_info->pending[word] & ~shared_info->mask[word];

    for (unsigned i = 0; bits; i++, bits >>= 1) {
        unsigned port = word * 64 + i;

        if (!(bits & 1)) continue;
        __atomic_and_fetch(&shared_info->pending[word], ~(UINT64_C(1) << i), __ATOMIC_SEQ_CST);
        if (port < NR_PORTS && port_handler[port]) port_handler[port]();
    }
}

static void xen_irq_dispatch(void)
{
    while (shared_info->vcpu[0].pending) {
        uint64_t words;

        shared_info->vcpu[0].pending = 0;
        words = __atomic_exchange_n(&shared_info->vcpu[0].pending_sel, 0, __ATOMIC_SEQ_CST);
        for (unsigned w = 0; words; w++, words >>= 1)
            if (words & 1) word_of_events(w);
    }
}

/* ---- start and stop -------------------------------------------------------------------------- */

static __attribute__((noreturn)) void xen_shutdown(enum shutdown_reason reason)
{
    static struct { uint32_t reason; } op;

    op.reason = reason;
    for (;;)
        hypercall(SCHEDOP_SHUTDOWN, handle(&op), 0, 0, 0, HYPERVISOR_SCHED_OP);
}

static void shutdown_requested(void)
{
    bool reboot = shared_info->shutdown_request == 1;

    printf("\nmini-ia64: %s requested by the control stack\n", reboot ? "reboot" : "power-off");
    xen_shutdown(reboot ? SHUTDOWN_REBOOT : SHUTDOWN_POWEROFF);
}

static void xen_init(void)
{
    static struct { uint16_t type, flags; uint32_t pad; uint64_t address; } callback;
    static struct { uint32_t virq, vcpu, port; } op;
    long rc;

    for (unsigned w = 0; w < 64; w++)
        shared_info->mask[w] = ~UINT64_C(0);
    callback.type = CALLBACKTYPE_EVENT;
    callback.address = (uint64_t)event_callback_entry;
    rc = hypercall(CALLBACKOP_REGISTER, handle(&callback), 0, 0, 0, HYPERVISOR_CALLBACK_OP);
    if (rc) panic("cannot register the event callback: %ld", rc);
    xencons_init();
    __asm__ volatile("mov cr.itv = %0" :: "r"((uint64_t)IRQ_TIMER));    /* Xen emulates it */
    xen_bind_virq(VIRQ_ITC, timer_interrupt);

    op.virq = VIRQ_SHUTDOWN;                    /* not every Xen has it */
    if (xen_event_op(EVTCHNOP_BIND_VIRQ, &op) == 0) xen_port_handler(op.port, shutdown_requested);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void xen_set_itm(uint64_t at)
{
    hp_set_itm(at, 0);
}

static void xen_set_kr(unsigned n, uint64_t v)
{
    hp_set_kr(n, v);
}

static void xen_insert(enum insert_side side, uint64_t addr, uint64_t pte)
{
    volatile uint32_t *collect = (volatile uint32_t *)xsi(XSI_IC);

    *collect = 0;
    *xsi(XSI_IFA) = addr;
    *xsi(XSI_ITIR) = USER_PS << 2;
    if (side == INSERT_DATA)
        hp_itc_d(pte, 0);
    else
        hp_itc_i(pte, 0);
    *collect = 1;
}

static uint64_t xen_get_rr(uint64_t addr)
{
    return hp_get_rr(addr, 0);
}

static uint64_t xen_get_psr(void)
{
    return hp_get_psr(0, 0);
}

static uint64_t xen_cpuid(unsigned n)
{
    return hp_get_cpuid(n, 0);
}

static uint64_t xen_thash(uint64_t addr)
{
    return hp_thash(addr, 0);
}

const struct start_info *xen_start_info(void)
{
    return va(shared_info->start_info_pfn << 14);
}

void xen_describe(void)
{
    static char extra[16], caps[1024];
    static struct { uint32_t index, map; } features;
    long v = hypercall(XENVER_VERSION, 0, 0, 0, 0, HYPERVISOR_XEN_VERSION);

    hypercall(XENVER_EXTRAVERSION, handle(extra), 0, 0, 0, HYPERVISOR_XEN_VERSION);
    hypercall(XENVER_CAPABILITIES, handle(caps), 0, 0, 0, HYPERVISOR_XEN_VERSION);
    hypercall(XENVER_FEATURES, handle(&features), 0, 0, 0, HYPERVISOR_XEN_VERSION);
    printf("paravirtualized on Xen %ld.%ld%s (%s), kernel privilege level %u, features 0x%x\n",
           v >> 16, v & 0xffff, extra, xen_start_info()->magic, privilege_level, features.map);
}

const struct pv_ops pv_xen = {
    .world = "paravirtualized on Xen",
    .init = xen_init,
    .irq_off = xen_irq_off,
    .irq_on = xen_irq_on,
    .irq_dispatch = xen_irq_dispatch,
    .set_itm = xen_set_itm,
    .set_kr = xen_set_kr,
    .insert = xen_insert,
    .get_rr = xen_get_rr,
    .get_psr = xen_get_psr,
    .cpuid = xen_cpuid,
    .thash = xen_thash,
    .putc = xencons_putc,
    .flush = xencons_flush,
    .getc = xencons_getc,
    .shutdown = xen_shutdown,
};

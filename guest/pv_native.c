/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pv_native.c: the bare processor under the HP simulator's conventions: privileged instructions,
 * external interrupts by vector, console and exit through simulator calls.
 */
#include "mini.h"

static void native_irq_off(void)
{
    __asm__ volatile("rsm psr.i" ::: "memory");
}

static void native_irq_on(void)
{
    __asm__ volatile("ssm psr.i ;; srlz.d" ::: "memory");
}

/* The keyboard only has to wake us: whoever waits for a character asks for it. */
static void native_irq_dispatch(void)
{
    uint64_t vector;

    for (;;) {
        __asm__ volatile("mov %0 = cr.ivr ;; srlz.d ;;" : "=r"(vector) :: "memory");
        if (vector == IRQ_SPURIOUS) break;
        __asm__ volatile("mov cr.eoi = r0 ;; srlz.d ;;" ::: "memory");
        if (vector == IRQ_TIMER) timer_interrupt();
    }
}

static void native_init(void)
{
    __asm__ volatile("mov cr.tpr = r0 ;; srlz.d");
    __asm__ volatile("mov cr.lrr0 = %0 ;; mov cr.lrr1 = %0" :: "r"(UINT64_C(0x10000)));
    __asm__ volatile("mov cr.pmv = %0 ;; mov cr.cmcv = %0" :: "r"(UINT64_C(0x10000)));
    native_irq_dispatch();                      /* what firmware left behind */
    __asm__ volatile("mov cr.itv = %0 ;; srlz.d" :: "r"((uint64_t)IRQ_TIMER));
    ssc(SSC_SOURCE_KEYBOARD, IRQ_KEYBOARD, 0, 0, SSC_CONNECT_INTERRUPT);
}

static void native_set_itm(uint64_t at)
{
    __asm__ volatile("mov cr.itm = %0 ;; srlz.d" :: "r"(at));
}

static void native_set_kr(unsigned n, uint64_t v)
{
    if (n == 6)
        __asm__ volatile("mov ar.k6 = %0" :: "r"(v));
    else
        __asm__ volatile("mov ar.k7 = %0" :: "r"(v));
}

static void native_insert(enum insert_side side, uint64_t addr, uint64_t pte)
{
    insert_native(side, addr, pte, USER_PS << 2);
}

static uint64_t native_get_rr(uint64_t addr)
{
    uint64_t v;

    __asm__ volatile("mov %0 = rr[%1]" : "=r"(v) : "r"(addr));
    return v;
}

static uint64_t native_get_psr(void)
{
    uint64_t v;

    __asm__ volatile("mov %0 = psr" : "=r"(v));
    return v;
}

static uint64_t native_cpuid(unsigned n)
{
    uint64_t v;

    __asm__ volatile("mov %0 = cpuid[%1]" : "=r"(v) : "r"((uint64_t)n));
    return v;
}

static uint64_t native_thash(uint64_t addr)
{
    uint64_t v;

    __asm__ volatile("thash %0 = %1" : "=r"(v) : "r"(addr));
    return v;
}

static void native_putc(char c)
{
    ssc((uint8_t)c, 0, 0, 0, SSC_PUTCHAR);
}

static int native_getc(void)
{
    long c = ssc(0, 0, 0, 0, SSC_GETCHAR) & 0xff;

    return c ? (int)c : -1;
}

static __attribute__((noreturn)) void native_shutdown(enum shutdown_reason reason)
{
    if (reason == SHUTDOWN_REBOOT) firmware_reset(reason);
    for (;;)
        ssc(reason, 0, 0, 0, SSC_EXIT);
}

const struct pv_ops pv_native = {
    .world = "on the bare processor (HP simulator conventions)",
    .init = native_init,
    .irq_off = native_irq_off,
    .irq_on = native_irq_on,
    .irq_dispatch = native_irq_dispatch,
    .set_itm = native_set_itm,
    .set_kr = native_set_kr,
    .insert = native_insert,
    .get_rr = native_get_rr,
    .get_psr = native_get_psr,
    .cpuid = native_cpuid,
    .thash = native_thash,
    .putc = native_putc,
    .getc = native_getc,
    .shutdown = native_shutdown,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* time.c: the interval timer, without a tick: it is armed only while somebody waits for a time. */
#include "mini.h"

#define PAL_HALT_LIGHT 29

static uint64_t boot_itc;
static uint64_t storm_ticks;                    /* longest gap between interrupts; 0: no storm */
static volatile uint64_t nr_interrupts;

void time_init(void)
{
    boot_itc = itc();
}

uint64_t uptime_us(void)
{
    uint64_t ticks = itc() - boot_itc, hz = itc_hz();

    return ticks / hz * 1000000 + ticks % hz * 1000000 / hz;
}

static uint64_t itc_at(uint64_t us)
{
    uint64_t hz = itc_hz();

    return boot_itc + us / 1000000 * hz + us % 1000000 * hz / 1000000;
}

void wait_event(uint64_t deadline_us)
{
    uint64_t at = itc_at(deadline_us);

    if (deadline_us) pv->set_itm(at);
    /* an interruption that comes from here on is pending, and then the processor does not halt */
    if ((!deadline_us || itc() < at) && firmware_present()) pal(PAL_HALT_LIGHT, 0, 0, 0);
    pv->irq_on();
    pv->irq_off();
}

/* On the bare processor a time that has passed when it is set never comes. */
static void next_of_storm(void)
{
    uint64_t at;

    do {
        at = itc() + random_u64() % storm_ticks + 1;
        pv->set_itm(at);
    } while (itc() >= at);
}

/* Usually it only has to wake us: whoever waits looks at the clock again. */
void timer_interrupt(void)
{
    nr_interrupts++;
    if (storm_ticks) next_of_storm();
}

uint64_t timer_storm(uint64_t most_us)
{
    uint64_t n = nr_interrupts;

    storm_ticks = most_us * itc_hz() / 1000000;
    nr_interrupts = 0;
    if (storm_ticks) next_of_storm();
    return n;
}

void sleep_us(uint64_t us)
{
    uint64_t until = uptime_us() + us;

    pv->irq_off();
    while (uptime_us() < until)
        wait_event(until);
    pv->irq_on();
}

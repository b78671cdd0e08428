/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_irq.c: external interrupts and the interval timer (SDM vol. 2, "External interrupts"). */
#include <time.h>
#include "em_cpu.h"

#define SPURIOUS 15u

uint64_t em__itc(struct em_cpu *cpu)
{
    struct timespec ts;
    unsigned __int128 ns;

    if (cpu->m->ops.itc) return cpu->m->ops.itc(cpu, cpu->m->cfg.ctx) + cpu->itc_offset;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    ns = (unsigned __int128)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
    return (uint64_t)(ns * cpu->m->cfg.itc_hz / 1000000000u) + cpu->itc_offset;
}

static void arm(struct em_cpu *cpu)
{
    uint64_t at = cpu->itm_armed ? cpu->cr[EM_CR_ITM] - cpu->itc_offset : UINT64_MAX;

    if (cpu->m->ops.arm_timer) cpu->m->ops.arm_timer(cpu, cpu->m->cfg.ctx, at);
}

/* A match in the past fires only after the counter wrapped, so: never (SDM, ITM). */
void em__itm_write(struct em_cpu *cpu, uint64_t value)
{
    cpu->cr[EM_CR_ITM] = value;
    cpu->itm_armed = (int64_t)(value - em__itc(cpu)) >= 0;
    arm(cpu);
    em__attn(cpu, EM_ATTN_IRQ);
}

void em__itc_write(struct em_cpu *cpu, uint64_t value)
{
    cpu->itc_offset += value - em__itc(cpu);
    em__itm_write(cpu, cpu->cr[EM_CR_ITM]);
}

void em__itm_check(struct em_cpu *cpu)
{
    uint64_t itv = cpu->cr[EM_CR_ITV];
    unsigned v = (unsigned)(itv & 0xff);

    if (!cpu->itm_armed) return;
    if ((int64_t)(em__itc(cpu) - cpu->cr[EM_CR_ITM]) < 0) return;
    cpu->itm_armed = false;
    if (!(itv & EM_BIT(16)) && (v >= 16 || v == 0 || v == 2))
        atomic_fetch_or(&cpu->irr[v / 64], EM_BIT(v % 64));
}

/* NMI above ExtINT above 255..16 */
static unsigned rank(unsigned v) { return v == 2 ? 257 : v == 0 ? 256 : v; }

static int highest(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    if (w0 & 4) return 2;
    if (w0 & 1) return 0;
    if (w3) return 255 - __builtin_clzll(w3);
    if (w2) return 191 - __builtin_clzll(w2);
    if (w1) return 127 - __builtin_clzll(w1);
    if (w0) return 63 - __builtin_clzll(w0);
    return -1;
}

unsigned em__irq_deliverable(struct em_cpu *cpu)
{
    uint64_t tpr = cpu->cr[EM_CR_TPR];
    const uint64_t *s = cpu->isr_inservice;
    int v = highest(atomic_load(&cpu->irr[0]), atomic_load(&cpu->irr[1]),
                    atomic_load(&cpu->irr[2]), atomic_load(&cpu->irr[3]));
    int busy = highest(s[0], s[1], s[2], s[3]);

    if (v < 0) return SPURIOUS;
    if (busy >= 0 && rank((unsigned)v) <= rank((unsigned)busy)) return SPURIOUS;
    if (v == 2) return 2;
    if (tpr & EM_BIT(16)) return SPURIOUS;
    if (v != 0 && ((unsigned)v >> 4) <= ((tpr >> 4) & 15)) return SPURIOUS;
    return (unsigned)v;
}

uint64_t em__ivr_read(struct em_cpu *cpu)
{
    unsigned v;

    em__itm_check(cpu);
    v = em__irq_deliverable(cpu);
    if (v == SPURIOUS) return v;
    atomic_fetch_and(&cpu->irr[v / 64], ~EM_BIT(v % 64));
    cpu->isr_inservice[v / 64] |= EM_BIT(v % 64);
    return v;
}

void em__eoi(struct em_cpu *cpu)
{
    uint64_t *s = cpu->isr_inservice;
    int v = highest(s[0], s[1], s[2], s[3]);

    if (v >= 0) s[v / 64] &= ~EM_BIT(v % 64);
    em__attn(cpu, EM_ATTN_IRQ);
}

void em_cpu_post_irq(struct em_cpu *cpu, uint8_t vector)
{
    if (vector == 1 || (vector >= 3 && vector < 16)) return;    /* not vectors: dropped */
    atomic_fetch_or(&cpu->irr[vector / 64], EM_BIT(vector % 64));
    em__attn(cpu, EM_ATTN_IRQ | EM_ATTN_KICK);
}

bool em_cpu_irq_pending(struct em_cpu *cpu)
{
    em__itm_check(cpu);
    return em__irq_deliverable(cpu) != SPURIOUS;
}

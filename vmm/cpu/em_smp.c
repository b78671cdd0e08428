/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_smp.c: what processors tell each other: purges of translations.
 *
 * A purge for all processors (ptc.g, ptc.ga) is complete before the instruction that follows it:
 * the issuer leaves it in every other mailbox and waits until each has emptied it or is outside,
 * that is, executes no guest instruction and empties the mailbox before it does so again. Whoever
 * waits empties its own mailbox all the time, so any number may issue at once. Nobody is inside for
 * long without looking at its mailbox: traces do at every taken branch and end of page, and hooks
 * that may sleep run outside.
 *
 * Why a processor cannot slip through: the issuer writes mailbox and attn, then reads `inside`; the
 * other writes `inside`, then reads attn, both sequentially consistent.
 */
#include <sched.h>
#include <string.h>
#include <time.h>
#include "em_cpu.h"

#define SPINS   1000u               /* the other one is likely in the middle of a short trace */
#define YIELDS  20u                 /* its thread may wait for this core */
#define NAP_NS  50000u
#define NAPS    100000u             /* 5 s: a thread the host has stopped for good */

void em__inside(struct em_cpu *cpu)
{
    atomic_store(&cpu->inside, true);
    if (atomic_load(&cpu->attn) & EM_ATTN_PURGE) em__purge_mail(cpu);
}

void em__outside(struct em_cpu *cpu)
{
    atomic_store_explicit(&cpu->inside, false, memory_order_release);
}

void em__purge_mail(struct em_cpu *cpu)
{
    struct em_purge purge[EM_MAILBOX_PURGES];
    uint64_t posted;
    unsigned n;

    pthread_mutex_lock(&cpu->m->lock);
    n = cpu->nr_purge;
    posted = atomic_load(&cpu->purges_posted);
    memcpy(purge, cpu->purge, sizeof(purge));
    cpu->nr_purge = 0;
    pthread_mutex_unlock(&cpu->m->lock);
    if (n > EM_MAILBOX_PURGES) em_tc_purge_all(cpu);
    else
        for (unsigned i = 0; i < n; i++) em_tc_purge(cpu, purge[i].va, purge[i].ps, purge[i].rid);
    atomic_store(&cpu->purges_done, posted);
}

uint64_t em_cpu_purges(const struct em_cpu *cpu)
{
    return atomic_load_explicit(&cpu->purges_done, memory_order_relaxed);
}

/* Returns what purges_done will be when it is done. */
static uint64_t post(struct em_cpu *other, const struct em_purge *p)
{
    uint64_t ticket;

    pthread_mutex_lock(&other->m->lock);
    if (other->nr_purge < EM_MAILBOX_PURGES) other->purge[other->nr_purge] = *p;
    if (other->nr_purge <= EM_MAILBOX_PURGES) other->nr_purge++;
    ticket = atomic_fetch_add(&other->purges_posted, 1) + 1;
    pthread_mutex_unlock(&other->m->lock);
    em__attn(other, EM_ATTN_PURGE);
    return ticket;
}

static bool purged(struct em_cpu *other, uint64_t ticket)
{
    return !atomic_load(&other->inside) || atomic_load(&other->purges_done) >= ticket;
}

static void pause_a_little(unsigned round)
{
    const struct timespec nap = { 0, NAP_NS };

    if (round < SPINS) return;
    if (round < SPINS + YIELDS) (void)sched_yield();
    else (void)nanosleep(&nap, NULL);
}

static void await(struct em_cpu *cpu, struct em_cpu *other, uint64_t ticket)
{
    for (unsigned round = 0; !purged(other, ticket) && round < SPINS + YIELDS + NAPS; round++) {
        if (atomic_load(&cpu->purges_done) != atomic_load(&cpu->purges_posted))
            em__purge_mail(cpu);
        pause_a_little(round);
    }
}

void em_tc_purge_global(struct em_cpu *cpu, em_gva_t va, unsigned ps, uint32_t rid)
{
    const struct em_purge p = { va, rid, (uint8_t)ps };
    struct em_machine *m = cpu->m;
    uint64_t ticket[EM_MAX_CPUS];

    em_tc_purge(cpu, va, ps, rid);
    for (unsigned i = 0; i < m->cfg.nr_cpus; i++)
        if (m->cpu[i] != cpu) ticket[i] = post(m->cpu[i], &p);
    for (unsigned i = 0; i < m->cfg.nr_cpus; i++)
        if (m->cpu[i] != cpu) await(cpu, m->cpu[i], ticket[i]);
}

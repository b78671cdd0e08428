/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_exec.c: handlers that connect traces with each other and with the plain functions. */
#include "em_trace.h"

/* Advance; positions start anew behind the last bundle of the page. */
static void step_over(struct em_cpu *cpu, unsigned nr_slots)
{
    em__advance(cpu, nr_slots);
    if (em__pos(cpu->ip, cpu->ri) == 0) em__count(cpu, EM_CHUNK_SLOTS);
}

/* The plain function did something else than complete. ip and ri are those of xi. */
static EM_COLD const struct em_xi *leave(struct em_cpu *cpu, const struct em_xi *xi,
                                         const struct ia_insn *in, enum em_res res)
{
    switch (res) {
    case EM_OK:
    case EM_EXIT:
        step_over(cpu, in->nr_slots);
        return NULL;
    case EM_TRAP:
        cpu->in.is_trap = true;
        cpu->in.iim = cpu->ip;
        cpu->in.isr |= (uint64_t)cpu->ri << EM_ISR_EI_SHIFT;
        step_over(cpu, in->nr_slots);
        cpu->pending = true;
        return NULL;
    case EM_FAULT:
        cpu->pending = true;
        return NULL;
    case EM_LEAVE:
        em__count(cpu, xi->pos + (uint64_t)in->nr_slots - em__pos(cpu->ip, cpu->ri));
        cpu->lastbr = NULL;
        return NULL;
    case EM_BRANCH:
        break;
    }
    return NULL;
}

static inline const struct em_xi *plain(struct em_cpu *cpu, const struct em_xi *xi,
                                        const struct ia_insn *in)
{
    enum em_res res;

    cpu->ip = em__xi_va(cpu, xi);
    cpu->ri = xi->pos % 3u;
    res = em__execute(cpu, in);
    if (EM_LIKELY(res == EM_OK)) return em__next(cpu, xi + 1, cpu->st);
    if (res == EM_BRANCH) return em__jump(cpu, xi, cpu->nip);
    return leave(cpu, xi, in, res);
}

const struct em_xi *em__x_plain(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st)
{
    (void)st;
    return plain(cpu, xi, xi->u.in);
}

const struct em_xi *em__x_slow(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st)
{
    (void)st;
    return plain(cpu, xi, em__insn(cpu, xi));
}

const struct em_xi *em__x_qp(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st)
{
    return em__next(cpu, xi + 2 - ((cpu->pr >> xi->qp) & 1), st);
}

const struct em_xi *em__x_goto(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st)
{
    return em__next(cpu, xi->u.to, st);
}

/* Behind the last bundle of a trace: only reached by entries into the middle of that bundle. */
const struct em_xi *em__x_more(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st)
{
    const struct em_xi *x = em__trace(cpu, cpu->chunk, xi->pos / 3u, 0);

    return x ? em__next(cpu, x, st) : em__leave_at(cpu, xi);
}

/* Enter the page of `va`; icount and branch record are up to date. */
static inline const struct em_xi *enter(struct em_cpu *cpu, em_gva_t va)
{
    const struct em_itlbe *e = &cpu->itlb[(va >> 12) & (EM_ITLB_SLOTS - 1)];
    const struct em_xi *x;

    if (EM_UNLIKELY(e->tag != (va & EM_PAGE_MASK) ||
                    atomic_load_explicit(&cpu->attn, memory_order_relaxed)))
        goto out;
    x = e->chunk->entry[(va >> 4) & 255];
    if (EM_UNLIKELY(!x)) x = em__trace(cpu, e->chunk, (unsigned)(va >> 4) & 255, 0);
    if (EM_UNLIKELY(!x)) goto out;
    cpu->chunk = e->chunk;
    cpu->chunk_va = va & EM_PAGE_MASK;
    cpu->code_ed = e->ed;
    return em__next(cpu, x, cpu->st);
out:
    cpu->ip = va & ~UINT64_C(15);
    cpu->ri = 0;
    return NULL;
}

const struct em_xi *em__jump(struct em_cpu *cpu, const struct em_xi *xi, em_gva_t va)
{
    em__count(cpu, (uint64_t)xi->pos + xi->nr_slots - em__pos(va, 0));
    cpu->br_from = em__xi_va(cpu, xi);
    cpu->br_to = va & ~UINT64_C(15);
    cpu->lastbr = NULL;
    return enter(cpu, va);
}

/* Ran over the end of the page. */
const struct em_xi *em__x_end(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st)
{
    (void)xi;
    (void)st;
    em__count(cpu, EM_CHUNK_SLOTS);
    cpu->lastbr = NULL;
    cpu->br_to = 3;                 /* no slot: the next one was not branched to */
    return enter(cpu, cpu->chunk_va + EM_PAGE_BYTES);
}

/* Stop before `to` in this chunk. */
const struct em_xi *em__leave_at(struct em_cpu *cpu, const struct em_xi *to)
{
    cpu->ip = em__xi_va(cpu, to);
    cpu->ri = to->pos % 3u;
    return NULL;
}

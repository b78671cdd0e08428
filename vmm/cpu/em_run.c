/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_run.c: the loop around traces, single stepping, and what all operations have in common.
 *
 * Order of checks: SDM vol. 2, "Interruption priorities": illegal operation, privileged operation,
 * disabled floating point; NaT consumption and later ones are in the operations.
 */
#include "em_cpu.h"
#include "em_trace.h"
#include "em_ops.h"

/* ---- one instruction --------------------------------------------------------------------------*/

static bool bad_operands(const struct em_cpu *cpu, const struct ia_insn *in, uint32_t t)
{
    if ((t & IA_T_SLOT2) && cpu->ri != 2) return true;
    if (em__bad_form(in, t)) return true;
    if ((t & IA_T_W_R1) && em__bad_target(cpu, in->r1) && in->op != IA_OP_ALLOC) return true;
    if (t & IA_T_W_R3) {
        if (em__bad_target(cpu, in->r3)) return true;
        if ((t & IA_T_W_R1) && in->r1 == in->r3) return true;
    }
    if ((t & IA_T_W_F1) && in->f1 < 2) return true;
    if ((t & IA_T_W_F2) && in->f2 < 2) return true;
    return (t & IA_T_W_P1) && (t & IA_T_W_P2) && in->p1 == in->p2;
}

static unsigned fp_part(unsigned f) { return f < 2 ? 0 : f < 32 ? 1 : 2; }

/* Parts of the floating-point file an instruction names: bit 0 f2-f31, bit 1 f32-f127. */
static unsigned fp_parts(const struct ia_insn *in, uint32_t t)
{
    return (t & IA_T_W_F1 ? fp_part(in->f1) : 0) |
           (t & (IA_T_W_F2 | IA_T_R_F2) ? fp_part(in->f2) : 0) |
           (t & IA_T_R_F3 ? fp_part(in->f3) : 0) | (t & IA_T_R_F4 ? fp_part(in->f4) : 0);
}

static enum em_res check_fp(struct em_cpu *cpu, const struct ia_insn *in, uint32_t t)
{
    unsigned off = (cpu->psr & EM_PSR_DFL ? 1 : 0) | (cpu->psr & EM_PSR_DFH ? 2 : 0);
    unsigned hit = off ? fp_parts(in, t) & off : 0;

    if (!hit) return EM_OK;
    return em__fault(cpu, EM_VEC_DISABLED_FP, hit | (t & IA_T_LOAD ? EM_ISR_R : 0) |
                                                  (t & IA_T_STORE ? EM_ISR_W : 0));
}

/** An instruction whose qualifying predicate counts; ip and ri are set. */
enum em_res em__execute(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    uint32_t t = ia_op_traits(in->op);
    bool off = in->qp && !em__p(cpu, in->qp);
    enum em_res res;

    if (off && !(t & IA_T_ALWAYS)) return EM_OK;
    if (EM_UNLIKELY(!op->fn)) return em__unimplemented(cpu, in);
    if (EM_UNLIKELY(bad_operands(cpu, in, t))) {
        /* equal predicate targets fault whatever qp says, the rest only if it is true */
        bool equal = (t & IA_T_W_P1) && (t & IA_T_W_P2) && in->p1 == in->p2;
        if (!off || equal) return em__illegal(cpu);
    }
    if ((t & IA_T_PRIV) && em__cpl(cpu)) return em__op_privileged(cpu, in);
    if ((t & IA_T_FP) && !off) {
        res = check_fp(cpu, in, t);
        if (res != EM_OK) return res;
    }
    return op->fn(cpu, in);
}

static void trap_at(struct em_cpu *cpu, uint32_t vector, uint64_t code, uint64_t iipa, unsigned ei)
{
    em__fault(cpu, vector, code | (uint64_t)ei << EM_ISR_EI_SHIFT);
    cpu->in.is_trap = true;
    cpu->in.iim = iipa;
}

/** Act on the result of the instruction at ip/ri; outside traces. */
void em__finish(struct em_cpu *cpu, const struct ia_insn *in, enum em_res res)
{
    uint64_t iipa = cpu->ip;
    unsigned ei = cpu->ri;

    switch (res) {
    case EM_OK:
    case EM_EXIT:
        em__advance(cpu, in->nr_slots);
        break;
    case EM_BRANCH:
        cpu->lastbr = NULL;
        cpu->br_from = cpu->ip;
        cpu->br_to = cpu->nip;
        cpu->ip = cpu->nip;
        cpu->ri = 0;
        break;
    case EM_TRAP:
        em__advance(cpu, in->nr_slots);
        cpu->in.is_trap = true;
        cpu->in.iim = iipa;
        cpu->in.isr |= (uint64_t)ei << EM_ISR_EI_SHIFT;
        em__interrupt(cpu);
        break;
    case EM_FAULT:
        em__interrupt(cpu);
        break;
    case EM_LEAVE:
        break;
    }
}

/* ---- single stepping --------------------------------------------------------------------------*/

#define ONE_SHOT (EM_PSR_ID | EM_PSR_DA | EM_PSR_DD | EM_PSR_IA | EM_PSR_ED)

/* SDM vol. 2, "Single stepping": traps of one instruction are collected into one. */
static void collect_traps(struct em_cpu *cpu, uint64_t before, bool branched, uint64_t from,
                          unsigned ei)
{
    uint64_t code = 0;
    uint32_t vector = 0;

    if (before & EM_PSR_SS) { code |= 8; vector = EM_VEC_SINGLE_STEP; }
    if ((before & EM_PSR_TB) && branched) { code |= 4; vector = EM_VEC_TAKEN_BRANCH; }
    if ((before & EM_PSR_LP) && branched &&
        em__cpl(cpu) > ((before >> EM_PSR_CPL_SHIFT) & 3)) {
        code |= 2;
        vector = EM_VEC_LOWER_PRIV;
    }
    if (cpu->in.is_trap && cpu->in.vector == EM_VEC_FP_TRAP) {
        cpu->in.isr |= code;
    } else {
        if (!code) return;
        trap_at(cpu, vector, code, from, ei);
    }
    em__interrupt(cpu);
}

static void step_done(struct em_cpu *cpu, const struct ia_insn *in, enum em_res res,
                      uint64_t before)
{
    uint64_t from = cpu->ip, old = cpu->psr;
    unsigned ei = cpu->ri;

    if (res == EM_FAULT || res == EM_LEAVE) { em__finish(cpu, in, res); return; }
    cpu->psr &= ~(before & ONE_SHOT);
    em__psr_changed(cpu, old);
    if (res == EM_TRAP) {
        em__advance(cpu, in->nr_slots);
        cpu->in.is_trap = true;
        cpu->in.iim = from;
        cpu->in.isr |= (uint64_t)ei << EM_ISR_EI_SHIFT;
    } else {
        cpu->in.is_trap = false;
        em__finish(cpu, in, res);
    }
    if (!cpu->stop) collect_traps(cpu, before, res == EM_BRANCH, from, ei);
}

/** Execute one instruction by its plain function; every check is made anew. */
void em__step(struct em_cpu *cpu)
{
    struct ia_insn in;
    uint64_t before = cpu->psr;
    struct em_chunk *c = em__fetch(cpu, cpu->ip);
    enum em_res res;

    if (!c) { em__interrupt(cpu); return; }
    cpu->chunk = NULL;
    cpu->lastbr = NULL;
    em__decode_insn(c, em__pos(cpu->ip, cpu->ri), &in);
    /* there is no IA-32 engine to go on with */
    res = cpu->psr & EM_PSR_IS ? em__illegal(cpu) : em__execute(cpu, &in);
    if (res != EM_FAULT) em__count(cpu, in.nr_slots);
    step_done(cpu, &in, res, before);
}

/* ---- traces -----------------------------------------------------------------------------------*/

static void run_trace(struct em_cpu *cpu, const struct em_xi *xi)
{
#if EM_THREADED
    xi->fn(cpu, xi, cpu->st);
#else
    while (xi) xi = xi->fn(cpu, xi, cpu->st);
#endif
}

static void run_from_here(struct em_cpu *cpu)
{
    struct em_chunk *c = em__fetch(cpu, cpu->ip);
    const struct em_xi *xi;

    if (!c) { em__interrupt(cpu); return; }
    cpu->chunk = c;
    cpu->chunk_va = cpu->ip & EM_PAGE_MASK;
    cpu->lastbr = NULL;
    xi = em__trace(cpu, c, (unsigned)(cpu->ip >> 4) & 255, cpu->ri);
    if (!xi) { em__step(cpu); return; }
    em__count(cpu, 0u - (uint64_t)em__pos(cpu->ip, cpu->ri));
    cpu->in_trace = true;
    run_trace(cpu, xi);
    cpu->in_trace = false;
    em__count(cpu, em__pos(cpu->ip, cpu->ri));
    if (cpu->lastbr) {              /* positions in the chunk mean nothing from here on */
        cpu->br_from = em__xi_va(cpu, cpu->lastbr);
        cpu->br_to = cpu->chunk_va + cpu->lastbr->to_pos / 3u * 16u;
        cpu->lastbr = NULL;
    }
    if (cpu->pending) {
        cpu->pending = false;
        em__interrupt(cpu);
    }
}

/* ---- attention --------------------------------------------------------------------------------*/

static void external_interrupt(struct em_cpu *cpu)
{
    if (!(cpu->psr & EM_PSR_I)) return;
    em__itm_check(cpu);
    if (em__irq_deliverable(cpu) == 15) return;
    em__fault(cpu, EM_VEC_EXTINT, 0);
    em__interrupt(cpu);
}

static void attend(struct em_cpu *cpu)
{
    uint32_t a = atomic_exchange_explicit(&cpu->attn, 0, memory_order_acquire);

    if (a & EM_ATTN_CODE) em__code_mail(cpu);
    if (a & EM_ATTN_PURGE) em__purge_mail(cpu);
    if (a & (EM_ATTN_IRQ | EM_ATTN_KICK)) {
        em__itm_check(cpu);
        external_interrupt(cpu);
    }
    /* a kick that comes while the processor stops, to halt say, is for the next run: the owner asks
       em_cpu_kicked before it sleeps, and would sleep over what the kick was about */
    if ((a & EM_ATTN_KICK) && cpu->stop) {
        atomic_fetch_or_explicit(&cpu->attn, EM_ATTN_KICK, memory_order_release);
    } else if ((a & EM_ATTN_KICK) && cpu->m->ops.attention) {
        em__outside(cpu);
        em__reply(cpu, cpu->m->ops.attention(cpu, cpu->m->cfg.ctx), 0);
        em__inside(cpu);
    }
}

static enum em_exit run(struct em_cpu *cpu)
{
    for (;;) {
        if (atomic_load_explicit(&cpu->attn, memory_order_relaxed)) attend(cpu);
        em__code_reap(cpu);
        if (cpu->stop) return (enum em_exit)(cpu->stop - 1);
        if (cpu->cfle && em__rse_fill(cpu) != EM_OK) {
            em__interrupt(cpu);
            continue;
        }
        if (cpu->slow) em__step(cpu);
        else run_from_here(cpu);
    }
}

enum em_exit em_cpu_run(struct em_cpu *cpu)
{
    enum em_exit why;

    cpu->stop = 0;
    em__inside(cpu);
    why = run(cpu);
    em__outside(cpu);
    return why;
}

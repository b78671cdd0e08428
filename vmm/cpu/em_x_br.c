/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_x_br.c: handlers of branches. Every taken branch looks at cpu->attn.
 *
 * A branch within the page starts as x_near_first, which finds or decodes the target and turns the
 * em_xi into x_near for good: targets in a chunk never move.
 */
#include "em_trace.h"
#include "em_ops.h"

#define HANDLER(name) \
    static const struct em_xi *name(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st)

static inline bool attention(const struct em_cpu *cpu)
{
    return EM_UNLIKELY(atomic_load_explicit(&cpu->attn, memory_order_relaxed) != 0);
}

/* Take a resolved branch within the page. */
static inline const struct em_xi *near(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st)
{
    em__count(cpu, (uint64_t)(int64_t)((int)xi->pos + xi->nr_slots - (int)xi->to_pos));
    cpu->lastbr = xi;
    if (attention(cpu)) {
        cpu->ip = cpu->chunk_va + xi->to_pos / 3u * 16u;
        cpu->ri = 0;
        return NULL;
    }
    return em__next(cpu, xi->u.to, st);
}

static inline em_gva_t target_of(const struct em_cpu *cpu, const struct em_xi *xi)
{
    return em__xi_va(cpu, xi) + (uint64_t)xi->u.imm;
}

/* ---- br.cond ----------------------------------------------------------------------------------*/

HANDLER(x_near)
{
    if (!((cpu->pr >> xi->qp) & 1)) return em__next(cpu, xi + 1, st);
    return near(cpu, xi, st);
}

static const struct em_xi *resolve(struct em_cpu *cpu, const struct em_xi *xi)
{
    return em__trace(cpu, cpu->chunk, xi->to_pos / 3u, 0);
}

HANDLER(x_near_first)
{
    struct em_xi *own = (struct em_xi *)(uintptr_t)xi;
    const struct em_xi *to;

    if (!((cpu->pr >> xi->qp) & 1)) return em__next(cpu, xi + 1, st);
    to = resolve(cpu, xi);
    if (!to) return em__x_slow(cpu, xi, st);
    own->u.to = to;
    own->fn = x_near;
    return x_near(cpu, xi, st);
}

HANDLER(x_far)
{
    if (!((cpu->pr >> xi->qp) & 1)) return em__next(cpu, xi + 1, st);
    return em__jump(cpu, xi, target_of(cpu, xi));
}

HANDLER(x_ind)
{
    if (!((cpu->pr >> xi->qp) & 1)) return em__next(cpu, xi + 1, st);
    return em__jump(cpu, xi, cpu->br[xi->a]);
}

/* ---- counted loop -----------------------------------------------------------------------------*/

HANDLER(x_cloop)
{
    if (!cpu->lc) return em__next(cpu, xi + 1, st);
    cpu->lc--;
    return near(cpu, xi, st);
}

HANDLER(x_cloop_first)
{
    struct em_xi *own = (struct em_xi *)(uintptr_t)xi;
    const struct em_xi *to = resolve(cpu, xi);

    if (!to) return em__x_slow(cpu, xi, st);
    own->u.to = to;
    own->fn = x_cloop;
    return x_cloop(cpu, xi, st);
}

/* ---- modulo-scheduled loop --------------------------------------------------------------------*/

HANDLER(x_ctop)
{
    bool more = true;

    if (EM_LIKELY(cpu->lc)) {
        cpu->lc--;
        cpu->pr |= EM_BIT(63);
        em__rotate(cpu);
    } else {
        more = cpu->ec > 1;
        cpu->pr &= ~EM_BIT(63);
        if (cpu->ec) {
            cpu->ec--;
            em__rotate(cpu);
        }
    }
    return more ? near(cpu, xi, st) : em__next(cpu, xi + 1, st);
}

HANDLER(x_ctop_first)
{
    struct em_xi *own = (struct em_xi *)(uintptr_t)xi;
    const struct em_xi *to = resolve(cpu, xi);

    if (!to) return em__x_slow(cpu, xi, st);
    own->u.to = to;
    own->fn = x_ctop;
    return x_ctop(cpu, xi, st);
}

/* ---- calls and returns ------------------------------------------------------------------------*/

static inline void call(struct em_cpu *cpu, const struct em_xi *xi)
{
    uint64_t cfm = cpu->cfm;
    unsigned sol = em__cfm_sol(cfm), sof = em__cfm_sof(cfm);

    cpu->br[xi->d] = em__xi_va(cpu, xi) + 16;
    if (EM_UNLIKELY(cpu->rotating | (cpu->lim == 0))) {
        em__call_frame(cpu);
        return;
    }
    cpu->pfs = cfm | cpu->ec << 52 | (uint64_t)em__cpl(cpu) << 62;
    cpu->st += sol;
    cpu->ndirty += (int)sol;
    cpu->cfm = sof - sol;
    cpu->lim = (uint8_t)(32 + sof - sol);
    em__keep_room(cpu);
}

HANDLER(x_call)
{
    em_gva_t to;

    if (!((cpu->pr >> xi->qp) & 1)) return em__next(cpu, xi + 1, st);
    to = target_of(cpu, xi);
    call(cpu, xi);
    return em__jump(cpu, xi, to);
}

HANDLER(x_call_ind)
{
    em_gva_t to;

    if (!((cpu->pr >> xi->qp) & 1)) return em__next(cpu, xi + 1, st);
    to = cpu->br[xi->a];
    call(cpu, xi);
    return em__jump(cpu, xi, to);
}

/* The usual return: same privilege, nothing to load, a frame that can be. */
HANDLER(x_ret)
{
    uint64_t pfs = cpu->pfs;
    unsigned sol = em__cfm_sol(pfs), sof = em__cfm_sof(pfs);

    if (!((cpu->pr >> xi->qp) & 1)) return em__next(cpu, xi + 1, st);
    if (EM_UNLIKELY((pfs & EM_CFM_RRB) | cpu->rotating | (cpu->lim == 0)) ||
        EM_UNLIKELY(pfs >> 62 > em__cpl(cpu) || (int)sol > cpu->ndirty || sol > sof ||
                    em__cfm_sor(pfs) > sof || (int)(sof - sol) + cpu->ndirty > (int)EM_NR_STACKED))
        return em__x_slow(cpu, xi, st);
    cpu->st -= sol;
    cpu->ndirty -= (int)sol;
    cpu->cfm = pfs & EM_CFM_MASK;
    cpu->ec = (pfs >> 52) & 63;
    cpu->lim = (uint8_t)(32 + sof);
    em__keep_room(cpu);
    return em__jump(cpu, xi, cpu->br[xi->a]);
}

/* ---- picking ----------------------------------------------------------------------------------*/

/* Position of the target if it lies in the same page, else -1. */
static int near_pos(const struct ia_insn *in, const struct em_xi *xi)
{
    int64_t at = xi->pos / 3 * 16 + in->imm;

    return at >= 0 && at < (int64_t)EM_PAGE_BYTES ? (int)(at / 16 * 3) : -1;
}

static bool pick_near(em_exec_fn fn, em_exec_fn far, const struct ia_insn *in, struct em_xi *xi)
{
    int pos = near_pos(in, xi);

    xi->u.imm = in->imm;
    xi->fn = pos >= 0 ? fn : far;
    if (pos >= 0) xi->to_pos = (uint16_t)pos;
    return xi->fn != NULL;
}

bool em__pick_br(const struct ia_insn *in, struct em_xi *xi)
{
    bool slot2 = xi->pos % 3 == 2;

    xi->qp = in->qp;
    xi->a = in->b2;
    xi->d = in->b1;
    xi->u.imm = in->imm;
    switch (in->op) {
    case IA_OP_CHK_A_CLR:           /* without an ALAT they always branch */
    case IA_OP_CHK_A_NC:
    case IA_OP_BR_COND:
    case IA_OP_BRL_COND: return pick_near(x_near_first, x_far, in, xi);
    case IA_OP_BR_COND_IND: xi->fn = x_ind; return true;
    case IA_OP_BR_CALL:
    case IA_OP_BRL_CALL: xi->fn = x_call; return true;
    case IA_OP_BR_CALL_IND: xi->fn = x_call_ind; return true;
    case IA_OP_BR_RET: xi->fn = x_ret; return true;
    case IA_OP_BR_CLOOP: return slot2 && pick_near(x_cloop_first, NULL, in, xi);
    case IA_OP_BR_CTOP: return slot2 && pick_near(x_ctop_first, NULL, in, xi);
    default: return false;
    }
}

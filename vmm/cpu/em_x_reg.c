/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_x_reg.c: handlers of alloc and of the register moves that every function has. */
#include "em_trace.h"
#include "em_ops.h"

#define HANDLER(name) \
    static const struct em_xi *name(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st)
#define USUAL(cpu, xi) EM_LIKELY((xi)->chk < (cpu)->lim)

static inline uint64_t gr(const struct em_cpu *cpu, const uint64_t *st, unsigned r)
{
    return r < 32 ? cpu->gr[r] : st[r];
}

static inline void set_gr(struct em_cpu *cpu, uint64_t *st, unsigned r, uint64_t v)
{
    if (r < 32) cpu->gr[r] = v;
    else st[r] = v;
}

/* u.imm = new CFM, e = sof: legal as far as the encoding goes. The usual one stores nothing. */
HANDLER(x_alloc)
{
    if (EM_UNLIKELY(cpu->lim == 0 || cpu->rotating ||
                    xi->e + cpu->ndirty > (int)EM_NR_STACKED))
        return em__x_slow(cpu, xi, st);
    cpu->cfm = (uint64_t)xi->u.imm;
    cpu->lim = (uint8_t)(32 + xi->e);
    set_gr(cpu, st, xi->d, cpu->pfs);
    return em__next(cpu, xi + 1, st);
}

#define FROM(name, value)                                                                         \
    HANDLER(x_from_##name)                                                                        \
    {                                                                                             \
        if (!USUAL(cpu, xi)) return em__x_slow(cpu, xi, st);                                      \
        set_gr(cpu, st, xi->d, value);                                                            \
        return em__next(cpu, xi + 1, st);                                                         \
    }

FROM(br, cpu->br[xi->a])
FROM(pfs, cpu->pfs)
FROM(lc, cpu->lc)
FROM(unat, cpu->unat)
FROM(ip, em__xi_va(cpu, xi))

HANDLER(x_from_pr)
{
    if (!USUAL(cpu, xi) || cpu->rotating) return em__x_slow(cpu, xi, st);
    set_gr(cpu, st, xi->d, cpu->pr);
    return em__next(cpu, xi + 1, st);
}

HANDLER(x_to_br)
{
    if (!USUAL(cpu, xi)) return em__x_slow(cpu, xi, st);
    cpu->br[xi->d] = gr(cpu, st, xi->a);
    return em__next(cpu, xi + 1, st);
}

HANDLER(x_to_pr)
{
    uint64_t mask = (uint64_t)xi->u.imm;

    if (!USUAL(cpu, xi) || cpu->rotating) return em__x_slow(cpu, xi, st);
    cpu->pr = (cpu->pr & ~mask) | (gr(cpu, st, xi->a) & mask) | 1;
    return em__next(cpu, xi + 1, st);
}

/* Reserved bits or an impossible frame: the plain function faults. */
HANDLER(x_to_pfs)
{
    uint64_t v = gr(cpu, st, xi->a);

    if (!USUAL(cpu, xi) ||
        EM_UNLIKELY((v & UINT64_C(0x3c0fffc000000000)) || !em__frame_ok(v & EM_CFM_MASK)))
        return em__x_slow(cpu, xi, st);
    cpu->pfs = v;
    return em__next(cpu, xi + 1, st);
}

HANDLER(x_to_lc)
{
    if (!USUAL(cpu, xi)) return em__x_slow(cpu, xi, st);
    cpu->lc = gr(cpu, st, xi->a);
    return em__next(cpu, xi + 1, st);
}

HANDLER(x_to_lc_imm)
{
    cpu->lc = (uint64_t)xi->u.imm;
    return em__next(cpu, xi + 1, st);
}

/* Usual means that there is no NaT. */
HANDLER(x_chk_s)
{
    if (!USUAL(cpu, xi)) return em__x_slow(cpu, xi, st);
    return em__next(cpu, xi + 1, st);
}

HANDLER(x_to_ccv)
{
    if (!USUAL(cpu, xi)) return em__x_slow(cpu, xi, st);
    cpu->ccv = gr(cpu, st, xi->a);
    return em__next(cpu, xi + 1, st);
}

HANDLER(x_to_unat)
{
    if (!USUAL(cpu, xi)) return em__x_slow(cpu, xi, st);
    cpu->unat = gr(cpu, st, xi->a);
    return em__next(cpu, xi + 1, st);
}

static bool pick_alloc(const struct ia_insn *in, struct em_xi *xi)
{
    if (in->len > EM_NR_STACKED || in->pos > in->len || in->cnt > in->len ||
        in->r1 >= 32u + in->len)
        return false;
    xi->fn = x_alloc;
    xi->u.imm = in->len | in->pos << 7 | in->cnt / 8 << 14;
    xi->e = in->len;
    return true;
}

static em_exec_fn pick_ar(const struct ia_insn *in)
{
    switch (in->op) {
    case IA_OP_MOV_FROM_AR_I:
        return in->ar == EM_AR_PFS ? x_from_pfs : in->ar == EM_AR_LC ? x_from_lc : NULL;
    case IA_OP_MOV_TO_AR_I:
        return in->ar == EM_AR_PFS ? x_to_pfs : in->ar == EM_AR_LC ? x_to_lc : NULL;
    case IA_OP_MOV_TO_AR_I_IMM: return in->ar == EM_AR_LC ? x_to_lc_imm : NULL;
    case IA_OP_MOV_FROM_AR_M: return in->ar == EM_AR_UNAT ? x_from_unat : NULL;
    case IA_OP_MOV_TO_AR_M:
        return in->ar == EM_AR_UNAT ? x_to_unat : in->ar == EM_AR_CCV ? x_to_ccv : NULL;
    default: return NULL;
    }
}

bool em__pick_reg(const struct ia_insn *in, struct em_xi *xi)
{
    bool to = false;

    xi->d = in->r1;
    xi->u.imm = in->imm;
    switch (in->op) {
    case IA_OP_ALLOC: return pick_alloc(in, xi);
    case IA_OP_MOV_FROM_BR: xi->fn = x_from_br; xi->a = in->b2; break;
    case IA_OP_MOV_FROM_PR: xi->fn = x_from_pr; break;
    case IA_OP_MOV_FROM_IP: xi->fn = x_from_ip; break;
    case IA_OP_MOV_TO_BR: xi->fn = x_to_br; xi->d = in->b1; to = true; break;
    case IA_OP_CHK_S_M:
    case IA_OP_CHK_S_I: xi->fn = x_chk_s; to = true; break;
    case IA_OP_MOV_TO_PR: xi->fn = x_to_pr; to = true; break;
    default:
        xi->fn = pick_ar(in);
        to = in->op == IA_OP_MOV_TO_AR_I || in->op == IA_OP_MOV_TO_AR_M;
        break;
    }
    if (to) xi->a = in->r2;
    else xi->chk = in->r1;
    return xi->fn != NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_decode.c: from bundles to traces; the form is described in em_trace.h. */
#include <stdlib.h>
#include <string.h>
#include "em_trace.h"

/* ---- room -------------------------------------------------------------------------------------*/

static struct em_xi *next_slot(struct em_chunk *c)
{
    return &c->segs->xi[c->nr_xi];
}

/* Make room for a bundle (three predicated instructions and a goto); links segments. */
static bool ensure_room(struct em_chunk *c, unsigned pos)
{
    struct em_seg *s;

    if (c->segs && c->nr_xi + 8 <= EM_SEG_XI) return true;
    s = malloc(sizeof(*s));
    if (!s) return false;
    if (c->segs) {
        struct em_xi *x = next_slot(c);
        memset(x, 0, sizeof(*x));
        x->fn = em__x_goto;
        x->pos = (uint16_t)pos;
        x->u.to = s->xi;
    }
    s->next = c->segs;
    c->segs = s;
    c->nr_xi = 0;
    return true;
}

static struct ia_insn *new_insn(struct em_chunk *c)
{
    if (!c->isegs || c->nr_in == EM_ISEG_INSN) {
        struct em_iseg *s = malloc(sizeof(*s));
        if (!s) return NULL;
        s->next = c->isegs;
        c->isegs = s;
        c->nr_in = 0;
    }
    return &c->isegs->in[c->nr_in++];
}

static struct em_xi *emit(struct em_chunk *c, em_exec_fn fn, unsigned pos)
{
    struct em_xi *x = next_slot(c);

    c->nr_xi++;
    memset(x, 0, sizeof(*x));
    x->fn = fn;
    x->pos = (uint16_t)pos;
    x->nr_slots = 1;
    return x;
}

/* ---- one instruction --------------------------------------------------------------------------*/

void em__decode_insn(const struct em_chunk *c, unsigned pos, struct ia_insn *in)
{
    uint64_t bundle[2];
    unsigned slot = pos % 3;
    const struct ia_template *t;

    bundle[0] = em__load64(c->host + pos / 3u * 16u);
    bundle[1] = em__load64(c->host + pos / 3u * 16u + 8);
    t = ia_template((unsigned)bundle[0] & 31);
    if (!t->reserved && !(slot == 2 && t->unit[1] == IA_UNIT_NONE)) {
        ia_decode(bundle, slot, in);
        /* SDM vol. 3, rfi: Illegal Operation unless a stop follows at once */
        if (in->op != IA_OP_RFI || (t->stop_mask >> slot & 1)) return;
    }
    memset(in, 0, sizeof(*in));     /* faults whatever the predicate says */
    in->op = IA_OP_RESERVED;
    in->nr_slots = 1;
}

const struct ia_insn *em__insn(struct em_cpu *cpu, const struct em_xi *xi)
{
    struct em_insn_slot *s = &cpu->insn[((uintptr_t)xi / sizeof(*xi)) & (EM_INSN_SLOTS - 1)];

    if (s->xi != xi) {
        s->xi = xi;
        em__decode_insn(cpu->chunk, xi->pos, &s->in);
    }
    return &s->in;
}

static bool is_nop(const struct ia_insn *in)
{
    switch (in->op) {
    case IA_OP_NOP_M: case IA_OP_NOP_I: case IA_OP_NOP_B: case IA_OP_NOP_F: case IA_OP_NOP_X:
    case IA_OP_HINT_M: case IA_OP_HINT_I: case IA_OP_HINT_B: case IA_OP_HINT_F: case IA_OP_HINT_X:
    case IA_OP_BRP: case IA_OP_BRP_IND: case IA_OP_LFETCH: case IA_OP_LFETCH_COUNT:
        return true;
    default:
        return false;
    }
}

static bool ends_trace(const struct ia_insn *in)
{
    if (in->qp) return false;
    switch (in->op) {
    case IA_OP_BR_COND: case IA_OP_BR_COND_IND: case IA_OP_BR_RET: case IA_OP_BR_CALL:
    case IA_OP_BR_CALL_IND: case IA_OP_BRL_COND: case IA_OP_BRL_CALL: case IA_OP_RFI:
        return true;
    default:
        return false;
    }
}

/* Checks the handlers leave to the decoder: what can never execute goes to the plain function. */
static bool always_bad(const struct ia_insn *in)
{
    uint32_t t = ia_op_traits(in->op);

    return ((t & IA_T_W_R1) && in->r1 == 0) || ((t & IA_T_W_R3) && in->r3 == 0) ||
           ((t & IA_T_W_R1) && (t & IA_T_W_R3) && in->r1 == in->r3) ||
           ((t & IA_T_W_P1) && (t & IA_T_W_P2) && in->p1 == in->p2) || em__bad_form(in, t);
}

static bool add_plain(struct em_chunk *c, unsigned pos, const struct ia_insn *in)
{
    struct ia_insn *copy = new_insn(c);
    struct em_xi *x;

    if (!copy) return false;
    *copy = *in;
    x = emit(c, em__x_plain, pos);
    x->u.in = copy;
    x->op = in->op;
    x->qp = in->qp;
    x->nr_slots = in->nr_slots;
    return true;
}

static bool add_insn(struct em_chunk *c, unsigned pos, const struct ia_insn *in)
{
    struct em_xi x = { .pos = (uint16_t)pos, .op = in->op, .qp = in->qp,
                       .nr_slots = in->nr_slots };
    bool always = (ia_op_traits(in->op) & IA_T_ALWAYS) != 0;

    if (is_nop(in)) return true;
    if (always_bad(in)) return add_plain(c, pos, in);
    if (em__pick_br(in, &x)) {      /* branches look at qp themselves */
        *emit(c, x.fn, pos) = x;
        return true;
    }
    if (in->qp && always) return add_plain(c, pos, in);
    if (!em__pick_alu(in, &x) && !em__pick_cmp(in, &x) && !em__pick_mem(in, &x) &&
        !em__pick_reg(in, &x) && !em__pick_fp(in, &x))
        return add_plain(c, pos, in);
    if (in->qp) emit(c, em__x_qp, pos)->qp = in->qp;
    *emit(c, x.fn, pos) = x;
    return true;
}

/* ---- traces -----------------------------------------------------------------------------------*/

static bool add_bundle(struct em_chunk *c, unsigned bundle, bool *ends_out)
{
    struct ia_insn in;

    for (unsigned slot = 0; slot < 3; slot += in.nr_slots) {
        em__decode_insn(c, bundle * 3 + slot, &in);
        if (in.nr_slots < 1 || in.nr_slots > 2) in.nr_slots = 1;
        if (!add_insn(c, bundle * 3 + slot, &in)) return false;
        if (ends_trace(&in)) *ends_out = true;
    }
    return true;
}

static const struct em_xi *decode_from(struct em_cpu *cpu, struct em_chunk *c, unsigned first)
{
    bool ends = false;
    unsigned b;

    for (b = first; b < EM_CHUNK_BUNDLES && !ends; b++) {
        if (!ensure_room(c, b * 3)) return NULL;
        if (c->entry[b]) {
            emit(c, em__x_goto, b * 3)->u.to = c->entry[b];
            return c->entry[first];
        }
        if (!c->is_void && !em__code_mark(cpu, c->gpa, b)) return NULL;
        c->entry[b] = next_slot(c);
        if (!add_bundle(c, b, &ends)) { c->entry[b] = NULL; return NULL; }
    }
    if (!ensure_room(c, b * 3)) return NULL;
    emit(c, b < EM_CHUNK_BUNDLES ? em__x_more : em__x_end, b * 3);
    return c->entry[first];
}

static bool middle_of_long(const struct em_chunk *c, unsigned bundle, unsigned ri)
{
    return ri == 2 && ia_template(c->host[bundle * 16u] & 31)->unit[1] == IA_UNIT_NONE;
}

const struct em_xi *em__trace(struct em_cpu *cpu, struct em_chunk *c, unsigned bundle, unsigned ri)
{
    const struct em_xi *xi = c->entry[bundle];

    if (!xi) xi = decode_from(cpu, c, bundle);
    if (!xi || (ri && middle_of_long(c, bundle, ri))) return NULL;
    while (xi->pos < bundle * 3 + ri) xi = xi->fn == em__x_goto ? xi->u.to : xi + 1;
    return xi;
}

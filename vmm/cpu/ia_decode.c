/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decoder: from the bits of a slot to struct ia_insn, by the tables made from ia64.tab.
 */
#include "ia_table.h"

#include <string.h>

#include "ia_table.gen.inc"

#define SLOT_MASK ((UINT64_C(1) << 41) - 1)
#define QP_MASK 0x3fu

enum {
    M = IA_UNIT_M, I = IA_UNIT_I, B = IA_UNIT_B, F = IA_UNIT_F, X = IA_UNIT_X, L = IA_UNIT_NONE,
};
/* SDM vol. 3, "Instruction encoding overview": units and stops by template */
#define TEMPLATE(a, b, c, inner) { { a, b, c }, inner, false }, { { a, b, c }, (inner) | 4, false }
#define RESERVED { { IA_UNIT_NONE, IA_UNIT_NONE, IA_UNIT_NONE }, 0, true }
static const struct ia_template templates[32] = {
    TEMPLATE(M, I, I, 0), TEMPLATE(M, I, I, 2), TEMPLATE(M, L, X, 0), RESERVED, RESERVED,
    TEMPLATE(M, M, I, 0), TEMPLATE(M, M, I, 1), TEMPLATE(M, F, I, 0), TEMPLATE(M, M, F, 0),
    TEMPLATE(M, I, B, 0), TEMPLATE(M, B, B, 0), RESERVED, RESERVED, TEMPLATE(B, B, B, 0),
    TEMPLATE(M, M, B, 0), RESERVED, RESERVED, TEMPLATE(M, F, B, 0), RESERVED, RESERVED,
};

const struct ia_template *ia_template(unsigned number)
{
    return &templates[number & 31];
}

uint64_t ia_slot_bits(const uint64_t bundle[2], unsigned slot)
{
    switch (slot) {
    case 0:  return bundle[0] >> 5 & SLOT_MASK;
    case 1:  return (bundle[0] >> 46 | bundle[1] << 18) & SLOT_MASK;
    default: return bundle[1] >> 23;
    }
}

const struct ia_row *ia_find_row(enum ia_unit unit, uint64_t word)
{
    if (unit >= IA_UNIT_NONE)
        return NULL;
    unsigned node = roots[unit];
    for (;;) {
        unsigned shift = tree[node], width = tree[node + 1];
        unsigned cell = tree[node + 2 + (word >> shift & ((1u << width) - 1))];
        if (cell == 0)
            return NULL;
        if (cell < TREE_LEAF_LIMIT) {
            const struct ia_row *row = &ia_rows[cell - 1];
            return (word & row->mask) == row->match ? row : NULL;
        }
        node = cell - TREE_LEAF_LIMIT;
    }
}

/** The operand's bits put together, by its value rule. */
static int64_t operand_value(const struct ia_operand *o, uint64_t word, uint64_t l_word)
{
    uint64_t raw = 0;
    unsigned width = 0;

    for (unsigned i = 0; i < o->nr_chunks; i++) {
        unsigned w = o->chunk[i].width, pos = o->chunk[i].pos;
        uint64_t bits = (pos < 64 ? word >> pos : l_word >> (pos - 64)) & ((UINT64_C(1) << w) - 1);
        raw |= bits << width;
        width += w;
    }
    switch ((enum ia_value)o->value) {
    case IA_VALUE_S:
        raw = (uint64_t)((int64_t)(raw << (64 - width)) >> (64 - width));
        return (int64_t)(raw << o->shift);
    case IA_VALUE_U:     return (int64_t)((raw << o->shift) + o->k);
    case IA_VALUE_SUB:   return (int64_t)(o->k - raw);
    case IA_VALUE_CONST: return o->k;
    case IA_VALUE_MAP:   return ia_maps[o->k + raw];
    case IA_VALUE_NONE:  break;
    }
    return 0;
}

static void decode_operands(const struct ia_row *row, uint64_t word, uint64_t l_word,
                            struct ia_insn *insn)
{
    for (unsigned i = 0; i < row->nr_operands; i++) {
        const struct ia_operand *o = &ia_operands[row->operand[i]];
        if (o->size == 0)
            continue;
        int64_t value = operand_value(o, word, l_word);
        if (o->size == 1)
            ((uint8_t *)insn)[o->offset] = (uint8_t)value;
        else if (o->size == 2)
            insn->tag = (int16_t)value;
        else
            insn->imm = value;
    }
}

/** The spelling that objdump prefers for these operands. */
static const struct ia_row *spelling(const struct ia_row *row, uint64_t word,
                                     const struct ia_insn *insn)
{
    for (unsigned i = 0; i < row->nr_aliases; i++) {
        const struct ia_row *alias = &ia_rows[row->alias + i];
        if ((word & alias->mask) != alias->match)
            continue;
        if ((alias->cond == IA_COND_REST && insn->len != 64 - insn->pos) ||
            (alias->cond == IA_COND_F2_EQ_F3 && insn->f2 != insn->f3))
            continue;
        return alias;
    }
    return row;
}

bool ia_decode(const uint64_t bundle[2], unsigned slot, struct ia_insn *insn_out)
{
    const struct ia_template *t = &templates[bundle[0] & 31];
    uint64_t l_word = 0;

    memset(insn_out, 0, sizeof(*insn_out));
    if (t->unit[2] == IA_UNIT_X && slot != 0) {
        l_word = ia_slot_bits(bundle, 1);
        slot = 2;
    }
    uint64_t word = ia_slot_bits(bundle, slot);
    insn_out->unit = t->unit[slot > 2 ? 2 : slot];
    insn_out->nr_slots = insn_out->unit == IA_UNIT_X ? 2 : 1;
    insn_out->qp = word & QP_MASK;

    const struct ia_row *row = ia_find_row((enum ia_unit)insn_out->unit, word);
    if (row == NULL) {
        insn_out->op = IA_OP_RESERVED;
        insn_out->imm = (int64_t)word;
        return false;
    }
    insn_out->op = row->op;
    insn_out->sf = row->sf;
    decode_operands(row, word, l_word, insn_out);
    if (op_traits[row->op] & IA_T_NO_PRED) {
        insn_out->p1 = insn_out->qp;
        insn_out->qp = 0;
    }
    insn_out->row = (uint16_t)(spelling(row, word, insn_out) - ia_rows);
    return true;
}

const char *ia_op_name(unsigned op)
{
    return op_names[op < IA_OP_COUNT ? op : IA_OP_RESERVED];
}

uint32_t ia_op_traits(unsigned op)
{
    return op_traits[op < IA_OP_COUNT ? op : IA_OP_RESERVED];
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ia_table: what ia_gen.py makes from ia64.tab, shared by decoder, disassembler and their tests.
 * Constant data, defined in ia_decode.c; nobody outside these files needs it.
 */
#ifndef VMM_CPU_IA_TABLE_H
#define VMM_CPU_IA_TABLE_H

#include <stdint.h>
#include "ia.h"

#define IA_MAX_OPERANDS 5u
#define IA_MAX_CHUNKS 6u

enum ia_value {
    IA_VALUE_NONE, IA_VALUE_U, IA_VALUE_S, IA_VALUE_SUB, IA_VALUE_CONST, IA_VALUE_MAP,
};

enum ia_print {
    IA_PRINT_TEXT, IA_PRINT_INDIRECT, IA_PRINT_REG_R, IA_PRINT_REG_F, IA_PRINT_REG_P,
    IA_PRINT_REG_B, IA_PRINT_AR, IA_PRINT_CR, IA_PRINT_DAHR, IA_PRINT_DEC, IA_PRINT_HEX,
    IA_PRINT_TARGET, IA_PRINT_MUX,
};

/** How one kind of operand is decoded and printed. */
struct ia_operand {
    const char *text;               /* IA_PRINT_TEXT, IA_PRINT_INDIRECT */
    uint8_t print;                  /* enum ia_print */
    uint8_t value;                  /* enum ia_value */
    uint8_t shift;                  /* the value is shifted left by so many bits */
    uint8_t k;                      /* addend, minuend, constant or index into ia_maps */
    uint8_t size;                   /* bytes of the field: 0 none, 1, 2 (tag), 8 (imm) */
    uint8_t nr_chunks;
    uint8_t offset;                 /* of the field in struct ia_insn */
    struct {
        uint8_t width, pos;         /* pos 64 and up: in the L slot */
    } chunk[IA_MAX_CHUNKS];         /* lowest part first */
};

/** An encoding, or one more spelling of a part of an encoding. */
struct ia_row {
    const char *mnemonic;
    uint64_t match, mask;
    uint16_t op;                    /* enum ia_op */
    uint16_t alias;                 /* first of its other spellings in ia_rows */
    uint8_t nr_aliases;
    uint8_t cond;                   /* enum ia_cond: when this spelling is used */
    uint8_t nr_operands, nr_targets;
    uint8_t sf;
    uint8_t operand[IA_MAX_OPERANDS];   /* index into ia_operands */
};

enum ia_cond { IA_COND_NONE, IA_COND_REST, IA_COND_F2_EQ_F3 };

extern const struct ia_operand ia_operands[];
extern const int8_t ia_maps[];
/** IA_NR_ROWS encodings, then their other spellings, IA_NR_SPELLINGS in all. */
extern const struct ia_row ia_rows[IA_NR_SPELLINGS];

/** The encoding that matches a slot's 41 bits in a unit, or NULL. */
const struct ia_row *ia_find_row(enum ia_unit unit, uint64_t word);

#endif

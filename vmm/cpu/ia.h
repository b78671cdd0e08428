/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ia: the Itanium instruction set as data. Decoder, disassembler and operand descriptions are made
 * from one table, vmm/cpu/ia64.tab, by vmm/cpu/ia_gen.py (output in build/gen/, not committed).
 *
 * No state, no allocation, no logging; every function is pure and thread-safe.
 * Source: SDM vol. 3, "Instruction formats"; the table's columns are explained at its top.
 */
#ifndef VMM_CPU_IA_H
#define VMM_CPU_IA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ia_ops.gen.h"             /* enum ia_op: one value per distinct semantics, IA_OP_* */

enum ia_unit { IA_UNIT_M, IA_UNIT_I, IA_UNIT_B, IA_UNIT_F, IA_UNIT_X, IA_UNIT_NONE };

/** What the operands of one instruction can be. Register fields hold encoded (unrotated) numbers. */
struct ia_insn {
    uint16_t op;                    /* enum ia_op: what is executed; hints do not count */
    uint16_t row;                   /* row of the table: exact mnemonic and operand syntax */
    uint8_t unit;                   /* enum ia_unit of the slot it was decoded for */
    uint8_t qp;                     /* qualifying predicate; 0 where the form has none */
    uint8_t nr_slots;               /* 1, or 2 for L+X */
    uint8_t r1, r2, r3;             /* GR operands; r1 is a target where there is one */
    uint8_t f1, f2, f3, f4;         /* FR operands */
    uint8_t p1, p2;                 /* predicate targets */
    uint8_t b1, b2;                 /* branch registers: b1 target, b2 source */
    uint8_t ar, cr;                 /* application and control register numbers */
    uint8_t pos, len, cnt;          /* bit position, length, shift or other count, final values */
    uint8_t sf;                     /* FP status field, or the completer's small number */
    int64_t imm;                    /* immediate, sign-extended or not as the form says; for branches
                                       the byte displacement from the bundle; post-increments too */
};

/** Units of the three slots of a template and where its stops are. */
struct ia_template {
    uint8_t unit[3];                /* enum ia_unit; L slot is IA_UNIT_NONE and X follows */
    uint8_t stop_mask;              /* bit s: stop after slot s */
    bool reserved;
};
const struct ia_template *ia_template(unsigned number);    /* 0..31 */

/** Slot bits (41) of a bundle: word 0 holds bits 63..0. */
uint64_t ia_slot_bits(const uint64_t bundle[2], unsigned slot);

/**
 * Decode one instruction of a bundle.
 * @slot  0..2; for MLX bundles slot 1 (or 2) is the whole L+X instruction
 * False if the encoding is reserved; *insn_out then has unit, qp and nr_slots, op IA_OP_RESERVED.
 */
bool ia_decode(const uint64_t bundle[2], unsigned slot, struct ia_insn *insn_out);

/** Disassemble as GNU objdump prints it. @ip bundle address for branch targets. Returns length. */
size_t ia_disasm(const struct ia_insn *insn, uint64_t ip, char *text, size_t size_bytes);

const char *ia_op_name(unsigned op);

#endif

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

/** What the operands of an instruction can be. Register fields hold encoded (unrotated) numbers. */
struct ia_insn {
    uint16_t op;                    /* enum ia_op: what is executed; hints do not count */
    uint16_t row;                   /* row of the table: exact mnemonic and operand syntax */
    uint8_t unit;                   /* enum ia_unit of the slot it was decoded for */
    uint8_t qp;                     /* qualifying predicate; 0 where the form has none: then p1 has
                                       the bits of the field, which alloc and loop branches check */
    uint8_t nr_slots;               /* 1, or 2 for L+X */
    uint8_t r1, r2, r3;             /* GR operands; r1 is a target where there is one */
    uint8_t f1, f2, f3, f4;         /* FR operands */
    uint8_t p1, p2;                 /* predicate targets */
    uint8_t b1, b2;                 /* branch registers: b1 target, b2 source */
    uint8_t ar, cr;                 /* application and control register numbers */
    uint8_t pos, len, cnt;          /* bit position, length, shift or other count, final values;
                                       alloc: sol, sof, sor in registers; fsetc: omask, amask;
                                       mux: the permutation */
    uint8_t sf;                     /* FP status field */
    int16_t tag;                    /* branch prediction tag, bytes from the bundle: no effect */
    int64_t imm;                    /* immediate, sign-extended or not as the form says; branches:
                                       byte displacement from the bundle; post-increments too
                                       (ldfp pairs: 8 or 16); compares with r0 have r2 = 0 */
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
 * False if reserved; *insn_out then has unit, qp and nr_slots, op IA_OP_RESERVED and
 * the slot's bits in imm.
 */
bool ia_decode(const uint64_t bundle[2], unsigned slot, struct ia_insn *insn_out);

/** Disassemble as GNU objdump prints it; what is reserved as "data8 0x...". @ip bundle address for
 *  branch targets. Returns the length as snprintf does; text is always terminated. */
size_t ia_disasm(const struct ia_insn *insn, uint64_t ip, char *text, size_t size_bytes);

/** Name as in the table: "ld8_acq_i". "reserved" for what is no operation. */
const char *ia_op_name(unsigned op);

/** What an operation is: a set of these, the same for all rows of an operation. */
enum ia_trait {
    IA_T_PRIV    = 1 << 0,          /* privileged operation at cpl != 0 */
    IA_T_NO_PRED = 1 << 1,          /* not predicated: executed whatever its qp field says */
    IA_T_FIRST   = 1 << 2,          /* must be first in its group */
    IA_T_LAST    = 1 << 3,          /* must be last in its group */
    IA_T_SLOT2   = 1 << 4,          /* illegal outside slot 2 */
    IA_T_RRB     = 1 << 5,          /* may change the rename bases */
    IA_T_ALWAYS  = 1 << 6,          /* does something even if its qualifying predicate is false */
    IA_T_BRANCH  = 1 << 7,          /* may change ip */
    IA_T_LOAD    = 1 << 8,          /* semaphores are LOAD and STORE */
    IA_T_STORE   = 1 << 9,
    IA_T_POSTINC = 1 << 10,         /* writes r3, too */
    IA_T_SPEC    = 1 << 11,         /* control-speculative load: .s .sa */
    IA_T_ADV     = 1 << 12,         /* advanced load: .a .sa */
    IA_T_CHECK   = 1 << 13,         /* check load: .c */
    IA_T_ACQ     = 1 << 14,
    IA_T_REL     = 1 << 15,
    IA_T_FP      = 1 << 16,         /* has FR operands: subject to psr.dfl and dfh */
    IA_T_W_R1    = 1 << 17,         /* targets; IA_T_W_R3 is the base of a post-increment */
    IA_T_W_R3    = 1 << 18,
    IA_T_W_F1    = 1 << 19,
    IA_T_W_F2    = 1 << 20,
    IA_T_W_P1    = 1 << 21,
    IA_T_W_P2    = 1 << 22,
    IA_T_R_R2    = 1 << 23,         /* sources */
    IA_T_R_R3    = 1 << 24,
    IA_T_R_F2    = 1 << 25,
    IA_T_R_F3    = 1 << 26,
    IA_T_R_F4    = 1 << 27,
};
uint32_t ia_op_traits(unsigned op);

#endif

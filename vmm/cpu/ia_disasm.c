/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disassembler: prints as GNU objdump does, spelling by spelling. A target is printed as
 * "0x...", what objdump does where it knows no symbol.
 */
#include "ia_table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* numbers without a name are printed as ar45 or cr5 */
static const char *const ar_names[128] = {
    [0] = "k0", [1] = "k1", [2] = "k2", [3] = "k3", [4] = "k4", [5] = "k5", [6] = "k6", [7] = "k7",
    [16] = "rsc", [17] = "bsp", [18] = "bspstore", [19] = "rnat", [21] = "fcr", [24] = "eflag",
    [25] = "csd", [26] = "ssd", [27] = "cflg", [28] = "fsr", [29] = "fir", [30] = "fdr",
    [32] = "ccv", [36] = "unat", [40] = "fpsr", [44] = "itc", [45] = "ruc", [64] = "pfs",
    [65] = "lc", [66] = "ec",
};
static const char *const cr_names[128] = {
    [0] = "dcr", [1] = "itm", [2] = "iva", [8] = "pta", [16] = "ipsr", [17] = "isr", [19] = "iip",
    [20] = "ifa", [21] = "itir", [22] = "iipa", [23] = "ifs", [24] = "iim", [25] = "iha",
    [26] = "iib0", [27] = "iib1", [64] = "lid", [65] = "ivr", [66] = "tpr", [67] = "eoi",
    [68] = "irr0", [69] = "irr1", [70] = "irr2", [71] = "irr3", [72] = "itv", [73] = "pmv",
    [74] = "cmcv", [80] = "lrr0", [81] = "lrr1",
};
static const char *const mux_names[16] = {
    [0] = "@brcst", [8] = "@mix", [9] = "@shuf", [10] = "@alt", [11] = "@rev",
};

/** Text of bounded size; `length` goes on counting as snprintf does. */
struct text {
    char *at;
    size_t size, length;
};

__attribute__((format(printf, 2, 3)))
static void put(struct text *t, const char *format, ...)
{
    va_list args;
    size_t room = t->length < t->size ? t->size - t->length : 0;

    va_start(args, format);
    int n = vsnprintf(room ? t->at + t->length : NULL, room, format, args);
    va_end(args);
    if (n > 0)
        t->length += (size_t)n;
}

static void put_named(struct text *t, const char *file, const char *const names[128], unsigned nr)
{
    if (names[nr & 127])
        put(t, "%s.%s", file, names[nr & 127]);
    else
        put(t, "%s%u", file, nr);
}

static int64_t field(const struct ia_operand *o, const struct ia_insn *insn)
{
    switch (o->size) {
    case 1:  return ((const uint8_t *)insn)[o->offset];
    case 2:  return insn->tag;
    case 8:  return insn->imm;
    default: return 0;
    }
}

static void put_operand(struct text *t, const struct ia_operand *o, const struct ia_insn *insn,
                        uint64_t ip)
{
    int64_t value = field(o, insn);
    unsigned nr = (unsigned)value;

    switch ((enum ia_print)o->print) {
    case IA_PRINT_TEXT:     put(t, "%s", o->text); break;
    case IA_PRINT_INDIRECT: put(t, "%s[r%u]", o->text, nr); break;
    case IA_PRINT_REG_R:    put(t, "r%u", nr); break;
    case IA_PRINT_REG_F:    put(t, "f%u", nr); break;
    case IA_PRINT_REG_P:    put(t, "p%u", nr); break;
    case IA_PRINT_REG_B:    put(t, "b%u", nr); break;
    case IA_PRINT_AR:       put_named(t, "ar", ar_names, nr); break;
    case IA_PRINT_CR:       put_named(t, "cr", cr_names, nr); break;
    case IA_PRINT_DAHR:     put(t, "dahr%u", nr); break;
    case IA_PRINT_DEC:      put(t, "%" PRId64, value); break;
    case IA_PRINT_HEX:      put(t, "0x%" PRIx64, (uint64_t)value); break;
    case IA_PRINT_TARGET:   put(t, "0x%" PRIx64, ip + (uint64_t)value); break;
    case IA_PRINT_MUX:
        if (mux_names[nr & 15])
            put(t, "%s", mux_names[nr & 15]);
        else
            put(t, "0x%x", nr);
        break;
    }
}

size_t ia_disasm(const struct ia_insn *insn, uint64_t ip, char *text, size_t size_bytes)
{
    struct text t = { text, size_bytes, 0 };

    if (size_bytes > 0)
        text[0] = '\0';
    if (insn->op == IA_OP_RESERVED || insn->row >= IA_NR_SPELLINGS) {
        put(&t, "data8 %#011" PRIx64, (uint64_t)insn->imm);
        return t.length;
    }
    const struct ia_row *row = &ia_rows[insn->row];
    if (insn->qp)
        put(&t, "(p%02u) ", insn->qp);
    put(&t, "%s", row->mnemonic);
    for (unsigned i = 0; i < row->nr_operands; i++) {
        put(&t, "%s", i == 0 ? " " : i == row->nr_targets ? "=" : ",");
        put_operand(&t, &ia_operands[row->operand[i]], insn, ip);
    }
    return t.length;
}

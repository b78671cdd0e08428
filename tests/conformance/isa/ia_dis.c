/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ia_dis: what test_ia_disasm.py drives.
 *
 *   ia_dis list             stdin: records of address (8 bytes) and bundle (16), little-endian;
 *                           stdout: a line per bundle, instructions separated by tabs
 *   ia_dis rows COUNT       stdout: bundles that hold every encoding of the table COUNT times, the
 *                           bits that it leaves open all clear, all set, then random
 *   ia_dis random COUNT     stdout: COUNT bundles with a random slot, half of them near an
 *                           encoding, and some that are random altogether
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ia_table.h"

#define SLOT_MASK ((UINT64_C(1) << 41) - 1)

static uint64_t seed = 1;

static uint64_t random64(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * UINT64_C(0x2545f4914f6cdd1d);
}

static void put_bundle(unsigned template, const uint64_t slot[3])
{
    uint64_t b[2] = { template | slot[0] << 5 | slot[1] << 46, slot[1] >> 18 | slot[2] << 23 };
    fwrite(b, sizeof(b), 1, stdout);
}

/** A bundle with `word` in a slot of its unit, nops around it. */
static void put_word(unsigned unit, uint64_t word, uint64_t l_word)
{
    static const struct { unsigned template, slot; } place[] = {
        [IA_UNIT_M] = { 0x00, 0 }, [IA_UNIT_I] = { 0x00, 1 }, [IA_UNIT_B] = { 0x10, 2 },
        [IA_UNIT_F] = { 0x0c, 1 }, [IA_UNIT_X] = { 0x04, 2 },
    };
    const uint64_t nop = UINT64_C(1) << 27, nop_b = UINT64_C(2) << 37;
    uint64_t slot[3] = { nop, nop, unit == IA_UNIT_B ? nop_b : nop };

    if (unit == IA_UNIT_X)
        slot[1] = l_word & SLOT_MASK;
    slot[place[unit].slot] = word;
    put_bundle(place[unit].template, slot);
}

static unsigned unit_of(const struct ia_row *row)
{
    for (unsigned unit = 0; unit < IA_UNIT_NONE; unit++) {
        if (ia_find_row((enum ia_unit)unit, row->match) == row)
            return unit;
    }
    abort();
}

static void put_rows(unsigned count)
{
    for (unsigned r = 0; r < IA_NR_SPELLINGS; r++) {
        const struct ia_row *row = &ia_rows[r];
        const struct ia_row *parent = row;
        for (unsigned p = 0; r >= IA_NR_ROWS && p < IA_NR_ROWS; p++) {
            if (ia_rows[p].alias <= r && r < ia_rows[p].alias + ia_rows[p].nr_aliases)
                parent = &ia_rows[p];
        }
        unsigned unit = unit_of(parent);
        for (unsigned i = 0; i < count; i++) {
            uint64_t fill = i == 0 ? 0 : i == 1 ? UINT64_MAX : random64();
            if (i % 3 == 2)
                fill &= random64();
            uint64_t word = (row->match | (fill & ~row->mask)) & SLOT_MASK;
            put_word(unit, word, i == 0 ? 0 : random64());
            if (unit == IA_UNIT_M && ia_find_row(IA_UNIT_I, row->match) == parent)
                put_word(IA_UNIT_I, word, 0);
        }
    }
}

static void put_random(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t word = random64();
        unsigned unit = (unsigned)(random64() % IA_UNIT_NONE);
        if (i & 1) {                /* a few bits away from something that exists */
            const struct ia_row *row = &ia_rows[random64() % IA_NR_ROWS];
            word = row->match | (word & ~row->mask);
            for (uint64_t n = random64() % 4; n > 0; n--)
                word ^= UINT64_C(1) << random64() % 41;
        }
        put_word(unit, word & SLOT_MASK, random64());
        if (i % 16 == 0) {          /* any template, reserved ones, too */
            uint64_t slot[3];
            for (unsigned k = 0; k < 3; k++)
                slot[k] = random64() & SLOT_MASK & (i & 16 ? UINT64_C(0x1e00fffffff) : SLOT_MASK);
            put_bundle(random64() & 31, slot);
        }
    }
}

static int list(void)
{
    uint64_t record[3];

    while (fread(record, sizeof(record), 1, stdin) == 1) {
        for (unsigned slot = 0; slot < 3; slot++) {
            struct ia_insn insn;
            char text[160];
            ia_decode(record + 1, slot, &insn);
            ia_disasm(&insn, record[0], text, sizeof(text));
            printf("%s%s", slot ? "\t" : "", text);
            if (insn.nr_slots == 2)
                break;
        }
        putchar('\n');
    }
    return ferror(stdout) ? 1 : 0;
}

int main(int argc, char **argv)
{
    unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 0;

    if (argc > 1 && strcmp(argv[1], "list") == 0)
        return list();
    if (argc > 2 && strcmp(argv[1], "rows") == 0)
        put_rows(count);
    else if (argc > 2 && strcmp(argv[1], "random") == 0)
        put_random(count);
    else
        return 2;
    return ferror(stdout) ? 1 : 0;
}

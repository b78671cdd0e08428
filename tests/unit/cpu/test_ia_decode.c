/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decoder: the table against itself, and the values it makes of what GNU as encoded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ia_table.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define SLOT_MASK ((UINT64_C(1) << 41) - 1)

static uint64_t seed = 12345;

static uint64_t random64(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * UINT64_C(0x2545f4914f6cdd1d);
}

static bool in_unit(const struct ia_row *row, enum ia_unit unit)
{
    return ia_find_row(unit, row->match) == row;
}

static void test_each_row_decodes_to_itself(void **state)
{
    (void)state;
    for (unsigned r = 0; r < IA_NR_ROWS; r++) {
        const struct ia_row *row = &ia_rows[r];
        unsigned units = 0;
        for (unsigned u = 0; u < IA_UNIT_NONE; u++) {
            if (!in_unit(row, (enum ia_unit)u))
                continue;
            units++;
            for (unsigned i = 0; i < 50; i++) {
                uint64_t word = row->match | (random64() & ~row->mask & SLOT_MASK);
                if (ia_find_row((enum ia_unit)u, word) != row)
                    fail_msg("row %u (%s): %011llx", r, row->mnemonic, (unsigned long long)word);
            }
        }
        if (units != 1 && units != 2)
            fail_msg("row %u (%s) is found in %u units", r, row->mnemonic, units);
    }
}

static void test_no_two_rows_match(void **state)
{
    (void)state;
    for (unsigned u = 0; u < IA_UNIT_NONE; u++) {
        for (unsigned i = 0; i < IA_NR_ROWS; i++) {
            const struct ia_row *a = &ia_rows[i];
            if (!in_unit(a, (enum ia_unit)u))
                continue;
            for (unsigned j = i + 1; j < IA_NR_ROWS; j++) {
                const struct ia_row *b = &ia_rows[j];
                if (((a->match ^ b->match) & a->mask & b->mask) == 0 &&
                    in_unit(b, (enum ia_unit)u))
                    fail_msg("%s (row %u) and %s (row %u)", a->mnemonic, i, b->mnemonic, j);
            }
        }
    }
}

/** The tree finds exactly what a search through the whole table finds. */
static void test_tree_is_the_table(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        uint64_t word = random64() & SLOT_MASK;
        if (i & 1)
            word ^= (word ^ ia_rows[random64() % IA_NR_ROWS].match) & (random64() | random64());
        for (unsigned u = 0; u < IA_UNIT_NONE; u++) {
            const struct ia_row *want = NULL;
            for (unsigned r = 0; r < IA_NR_ROWS && want == NULL; r++) {
                if ((word & ia_rows[r].mask) == ia_rows[r].match &&
                    in_unit(&ia_rows[r], (enum ia_unit)u))
                    want = &ia_rows[r];
            }
            assert_ptr_equal(ia_find_row((enum ia_unit)u, word), want);
        }
    }
}

static void test_random_bundles(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t bundle[2] = { random64(), random64() };
        for (unsigned slot = 0; slot < 3; slot++) {
            struct ia_insn insn;
            char text[100];
            bool ok = ia_decode(bundle, slot, &insn);
            assert_int_equal(ok, insn.op != IA_OP_RESERVED);
            assert_true(insn.op < IA_OP_COUNT && insn.row < IA_NR_SPELLINGS);
            assert_true(insn.r1 < 128 && insn.r2 < 128 && insn.r3 < 128 && insn.f1 < 128);
            assert_true(insn.f2 < 128 && insn.f3 < 128 && insn.f4 < 128 && insn.b1 < 8);
            assert_true(insn.p1 < 64 && insn.p2 < 64 && insn.b2 < 8 && insn.sf < 4);
            assert_true(insn.ar < 128 && insn.cr < 128 && insn.qp < 64 && insn.pos < 128);
            assert_true(ia_disasm(&insn, 0x4000, text, sizeof(text)) < sizeof(text));
        }
    }
}

/* Bundles as GNU as 2.40 made them; what the fields must be. */
static const struct {
    uint64_t bundle[2];
    unsigned slot;
    const char *text;
    struct ia_insn want;            /* row, unit, nr_slots are not compared */
} cases[] = {
#define B0 { 0x1211a0000a1018a0, 0x80111a2423c0028d }
    { B0, 0, "add r3=r4,r5", { .op = IA_OP_ADD, .qp = 5, .r1 = 3, .r2 = 4, .r3 = 5 } },
    { B0, 1, "add r33=r34,r35,1", { .op = IA_OP_ADD_1, .qp = 6, .r1 = 33, .r2 = 34, .r3 = 35 } },
    { B0, 2, "sub r33=r34,r35,1", { .op = IA_OP_SUB_1, .qp = 7, .r1 = 33, .r2 = 34, .r3 = 35 } },
#define B1 { 0x101023001a006000, 0x889450012040260c }
    { B1, 0, "adds", { .op = IA_OP_ADDS, .r1 = 12, .r3 = 13, .imm = -8192 } },
    { B1, 1, "shladd r1=r2,4,r3",
      { .op = IA_OP_SHLADD, .r1 = 1, .r2 = 2, .r3 = 3, .cnt = 4 } },
    { B1, 2, "sub r9=-128,r10", { .op = IA_OP_SUB_IMM, .r1 = 9, .r3 = 10, .imm = -128 } },
#define B2 { 0x4460260006007000, 0xef2457b100680e24 }
    { B2, 0, "addl", { .op = IA_OP_ADDL, .r1 = 14, .r3 = 3, .imm = -2097152 } },
    { B2, 1, "cmp.ltu.unc p6,p7=r8,r9",
      { .op = IA_OP_CMP_LTU_UNC, .p1 = 6, .p2 = 7, .r2 = 8, .r3 = 9 } },
    { B2, 2, "cmp4.eq.or.andcm p8,p9=-5,r10",
      { .op = IA_OP_CMP4_EQ_OR_ANDCM_IMM, .p1 = 8, .p2 = 9, .r3 = 10, .imm = -5 } },
#define B3 { 0xd880320b16005000, 0x52fc480100292624 }
    { B3, 0, "cmp.gt.and p10,p11=r0,r11",
      { .op = IA_OP_CMP_GT_AND, .p1 = 10, .p2 = 11, .r3 = 11 } },
    { B3, 1, "extr r8=r9,13,20", { .op = IA_OP_EXTR, .r1 = 8, .r3 = 9, .pos = 13, .len = 20 } },
    { B3, 2, "extr.u r8=r9,0,64", { .op = IA_OP_EXTR_U, .r1 = 8, .r3 = 9, .len = 64 } },
#define B4 { 0x488002017ffff800, 0x5f5c4ae1002996e0 }
    { B4, 0, "nop.m 0x1fffff", { .op = IA_OP_NOP_M, .imm = 0x1fffff } },
    { B4, 1, "dep.z r8=r9,7,12", { .op = IA_OP_DEP_Z, .r1 = 8, .r2 = 9, .pos = 7, .len = 12 } },
    { B4, 2, "dep r8=-1,r9,40,24",
      { .op = IA_OP_DEP_IMM, .r1 = 8, .r3 = 9, .pos = 40, .len = 24, .imm = -1 } },
#define B5 { 0x4880000100000000, 0x5b23e3310023de28 }
    { B5, 1, "dep r8=r9,r10,33,16",
      { .op = IA_OP_DEP, .r1 = 8, .r2 = 9, .r3 = 10, .pos = 33, .len = 16 } },
    { B5, 2, "dep.z r8=-77,3,9",
      { .op = IA_OP_DEP_Z_IMM, .r1 = 8, .pos = 3, .len = 9, .imm = -77 } },
#define B6 { 0x4880000100000000, 0x71585091002b7e28 }
    { B6, 1, "shrp", { .op = IA_OP_SHRP, .r1 = 8, .r2 = 9, .r3 = 10, .cnt = 63 } },
    { B6, 2, "pmpyshr2", { .op = IA_OP_PMPYSHR2, .r1 = 8, .r2 = 9, .r3 = 10, .cnt = 15 } },
#define B7 { 0x4880000100000000, 0x7750d891003b2828 }
    { B7, 1, "mux1 r8=r9,@alt", { .op = IA_OP_MUX1, .r1 = 8, .r2 = 9, .cnt = 10 } },
    { B7, 2, "mux2 r8=r9,0x1b", { .op = IA_OP_MUX2, .r1 = 8, .r2 = 9, .cnt = 0x1b } },
#define B8 { 0x4880161812004000, 0x5810a7e8603b9448 }
    { B8, 0, "ld8 r8=[r9],-256", { .op = IA_OP_LD8_I, .r1 = 8, .r3 = 9, .imm = -256 } },
    { B8, 1, "pshl2 r8=r9,13", { .op = IA_OP_PSHL2_IMM, .r1 = 8, .r2 = 9, .cnt = 13 } },
    { B8, 2, "tbit.nz.and p3,p4=r20,63",
      { .op = IA_OP_TBIT_NZ_AND, .p1 = 3, .p2 = 4, .r3 = 20, .pos = 63 } },
#define B9 { 0x4ff015b1122bf800, 0x020001ffe00187c0 }
    { B9, 0, "st4.rel [r9]=r10,255", { .op = IA_OP_ST4_REL_I, .r2 = 10, .r3 = 9, .imm = 255 } },
    { B9, 1, "mov pr=r9,0x1ffe", { .op = IA_OP_MOV_TO_PR, .r2 = 9, .imm = 0x1ffe } },
    { B9, 2, "mov pr.rot=0xfff0000", { .op = IA_OP_MOV_TO_PR_ROT, .imm = 0xfff0000 } },
#define B10 { 0x4860109912104001, 0x00aa08a000038004 }
    { B10, 0, "fetchadd8.acq r8=[r9],-16",
      { .op = IA_OP_FETCHADD8_ACQ, .r1 = 8, .r3 = 9, .imm = -16 } },
    { B10, 1, "mov b6=r9", { .op = IA_OP_MOV_TO_BR, .b1 = 6, .r2 = 9 } },
    { B10, 2, "mov ar.lc=r10", { .op = IA_OP_MOV_TO_AR_I, .ar = 65, .r2 = 10 } },
#define B11 { 0xa00005821e490008, 0x082a17d000085850 }
    { B11, 0, "alloc r32=ar.pfs,5,10,3,16",
      { .op = IA_OP_ALLOC, .r1 = 32, .len = 18, .pos = 15, .cnt = 16 } },
    { B11, 1, "mov cr.ifa=r20", { .op = IA_OP_MOV_TO_CR, .cr = 20, .r2 = 20 } },
    { B11, 2, "mov ar.ec=-3", { .op = IA_OP_MOV_TO_AR_I_IMM, .ar = 66, .imm = -3 } },
#define B12 { 0x60001a1914244008, 0x00040000a036f02c }
    { B12, 0, "ldfpd f8,f9=[r10],16",
      { .op = IA_OP_LDFPD_I, .f1 = 8, .f2 = 9, .r3 = 10, .imm = 16 } },
    { B12, 1, "lfetch.fault.excl [r11],r12", { .op = IA_OP_LFETCH_FAULT_R, .r2 = 12, .r3 = 11 } },
#define B13 { 0x486040060300000c, 0x00ca0000604a101c }
    { B13, 0, "ssm 0x6000", { .op = IA_OP_SSM, .imm = 0x6000 } },
    { B13, 1, "fma.d.s2 f6=f7,f8,f9",
      { .op = IA_OP_FMA_D, .qp = 1, .sf = 2, .f1 = 6, .f3 = 7, .f4 = 8, .f2 = 9 } },
    { B13, 2, "mov r3=ar.pfs", { .op = IA_OP_MOV_FROM_AR_I, .r1 = 3, .ar = 64 } },
#define B14 { 0xf80004170800180c, 0x0004000000030903 }
    { B14, 0, "mov r3=cpuid[r4]", { .op = IA_OP_MOV_FROM_CPUID, .r1 = 3, .r3 = 4 } },
    { B14, 1, "fsetc.s3 0x7f,0x40", { .op = IA_OP_FSETC, .sf = 3, .len = 0x7f, .pos = 0x40 } },
#define B15 { 0x58a0040f0a18000c, 0x0004000000018c30 }
    { B15, 0, "itr.i itr[r5]=r6", { .op = IA_OP_ITR_I, .r2 = 6, .r3 = 5 } },
    { B15, 1, "frcpa.s1 f10,p6=f11,f12",
      { .op = IA_OP_FRCPA, .sf = 1, .f1 = 10, .p2 = 6, .f2 = 11, .f3 = 12 } },
#define B16 { 0x446000010000001c, 0x0084003880250e24 }
    { B16, 1, "fcmp.lt.unc.s1 p6,p7=f8,f9",
      { .op = IA_OP_FCMP_LT_UNC, .sf = 1, .p1 = 6, .p2 = 7, .f2 = 8, .f3 = 9 } },
    { B16, 2, "br.ret.sptk.many b3", { .op = IA_OP_BR_RET, .b2 = 3 } },
#define B17 { 0x406000010000001c, 0x1080002020298ffc }
    { B17, 1, "fclass.m p6,p7=f8,0x1ff",
      { .op = IA_OP_FCLASS_M, .p1 = 6, .p2 = 7, .f2 = 8, .imm = 0x1ff } },
    { B17, 2, "br.call b1=b2", { .op = IA_OP_BR_CALL_IND, .b1 = 1, .b2 = 2 } },
#define B18 { 0x0000020000000010, 0x48ffffe0a0000200 }
    { B18, 0, "break.m 0x100000", { .op = IA_OP_BREAK_M, .imm = 0x100000 } },
    { B18, 2, "br.cloop .-32", { .op = IA_OP_BR_CLOOP, .imm = -32 } },
#define B19 { 0x6789800100000004, 0x6e6d76f100012345 }
    { B19, 1, "movl", { .op = IA_OP_MOVL, .r1 = 8, .imm = (int64_t)0x8123456789abcdef } },
    { B19, 2, "movl", { .op = IA_OP_MOVL, .r1 = 8, .imm = (int64_t)0x8123456789abcdef } },
#define B20 { 0x3fff000100000004, 0xd0fffff8e1800000 }
    { B20, 1, "brl.call", { .op = IA_OP_BRL_CALL, .qp = 3, .b1 = 7, .imm = 0x3ffffffff0 } },
#define B21 { 0xffffc00100000004, 0x0801ffffe07fffff }
    { B21, 1, "break.x", { .op = IA_OP_BREAK_X, .imm = 0x3fffffffffffffff } },
#define B22 { 0x57b00140000c4810, 0x430000100004fffc }
    { B22, 0, "chk.a.clr r9", { .op = IA_OP_CHK_A_CLR, .r1 = 9, .imm = 0x30 } },
    { B22, 1, "chk.s.i r10", { .op = IA_OP_CHK_S_I, .r2 = 10, .imm = -0x50 } },
    { B22, 2, "br.cond .+16", { .op = IA_OP_BR_COND, .imm = 16 } },
#define B23 { 0xbcd0080000001816, 0x008000302010001a }
    { B23, 1, "nop.b 0x1abcd", { .op = IA_OP_NOP_B, .imm = 0x1abcd } },
    { B23, 2, "br.ia b3", { .op = IA_OP_BR_IA, .b2 = 3 } },
#define B24 { 0x4880112112284000, 0x0074480100401028 }
    { B24, 0, "cmp8xchg16.rel", { .op = IA_OP_CMP8XCHG16_REL, .r1 = 8, .r2 = 10, .r3 = 9 } },
    { B24, 1, "addp4", { .op = IA_OP_ADDP4, .r1 = 8, .r2 = 9, .r3 = 10 } },
    { B24, 2, "czx2.r", { .op = IA_OP_CZX2_R, .r1 = 8, .r3 = 9 } },
#define B25 { 0x1800116112004009, 0x0058480100086620 }
    { B25, 0, "ld16.acq", { .op = IA_OP_LD16_ACQ, .r1 = 8, .r3 = 9 } },
    { B25, 1, "probe.w.fault r8,3", { .op = IA_OP_PROBE_W_FAULT, .r3 = 8, .imm = 3 } },
};

static void test_values(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ia_insn got, want = cases[i].want;
        if (!ia_decode(cases[i].bundle, cases[i].slot, &got))
            fail_msg("%s: reserved", cases[i].text);
        want.row = got.row;
        want.unit = got.unit;
        want.nr_slots = got.nr_slots;
#define SAME(f) if (got.f != want.f) \
        fail_msg("%s: " #f " is %lld", cases[i].text, (long long)got.f)
        SAME(op); SAME(qp); SAME(r1); SAME(r2); SAME(r3); SAME(f1); SAME(f2); SAME(f3); SAME(f4);
        SAME(p1); SAME(p2); SAME(b1); SAME(b2); SAME(ar); SAME(cr); SAME(pos); SAME(len);
        SAME(cnt); SAME(sf); SAME(imm); SAME(tag);
#undef SAME
    }
}

static void test_templates(void **state)
{
    static const char units[] = "MIBFXL";
    static const struct { unsigned number; const char *units; unsigned stops; } rows[] = {
        { 0x00, "MII", 0 }, { 0x01, "MII", 4 }, { 0x02, "MII", 2 }, { 0x03, "MII", 6 },
        { 0x04, "MLX", 0 }, { 0x05, "MLX", 4 }, { 0x08, "MMI", 0 }, { 0x09, "MMI", 4 },
        { 0x0a, "MMI", 1 }, { 0x0b, "MMI", 5 }, { 0x0c, "MFI", 0 }, { 0x0d, "MFI", 4 },
        { 0x0e, "MMF", 0 }, { 0x0f, "MMF", 4 }, { 0x10, "MIB", 0 }, { 0x11, "MIB", 4 },
        { 0x12, "MBB", 0 }, { 0x13, "MBB", 4 }, { 0x16, "BBB", 0 }, { 0x17, "BBB", 4 },
        { 0x18, "MMB", 0 }, { 0x19, "MMB", 4 }, { 0x1c, "MFB", 0 }, { 0x1d, "MFB", 4 },
    };
    unsigned seen = 0;

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct ia_template *t = ia_template(rows[i].number);
        assert_false(t->reserved);
        assert_int_equal(t->stop_mask, rows[i].stops);
        for (unsigned s = 0; s < 3; s++)
            assert_int_equal(units[t->unit[s]], rows[i].units[s]);
        seen |= 1u << rows[i].number;
    }
    for (unsigned n = 0; n < 32; n++) {
        if (seen >> n & 1)
            continue;
        assert_true(ia_template(n)->reserved);
        const uint64_t bundle[2] = { n | UINT64_C(1) << 32, 0 };
        struct ia_insn insn;
        assert_false(ia_decode(bundle, 0, &insn));
        assert_int_equal(insn.unit, IA_UNIT_NONE);
    }
}

static void test_slot_bits(void **state)
{
    const uint64_t bundle[2] = { 0x123456789abcdef0, 0xfedcba9876543210 };

    (void)state;
    assert_int_equal(ia_slot_bits(bundle, 0), 0x123456789abcdef0 >> 5 & SLOT_MASK);
    assert_int_equal(ia_slot_bits(bundle, 1), (0x123456789abcdef0 >> 46 |
                                               0xfedcba9876543210 << 18) & SLOT_MASK);
    assert_int_equal(ia_slot_bits(bundle, 2), 0xfedcba9876543210 >> 23);
}

static void test_unpredicated_forms(void **state)
{
    const uint64_t alloc[2] = { 0xa00005821e490008 | 7 << 5, 0x082a17d000085850 };
    struct ia_insn insn;

    (void)state;
    assert_true(ia_decode(alloc, 0, &insn));
    assert_int_equal(insn.op, IA_OP_ALLOC);
    assert_int_equal(insn.qp, 0);
    assert_int_equal(insn.p1, 7);   /* so that the processor can refuse it */
}

static void test_traits(void **state)
{
    static const struct { unsigned op; uint32_t traits; } rows[] = {
        { IA_OP_ADD, IA_T_W_R1 | IA_T_R_R2 | IA_T_R_R3 },
        { IA_OP_RFI, IA_T_PRIV | IA_T_NO_PRED | IA_T_LAST | IA_T_RRB | IA_T_BRANCH },
        { IA_OP_LD8_SA_I, IA_T_LOAD | IA_T_POSTINC | IA_T_SPEC | IA_T_ADV | IA_T_W_R1 |
                          IA_T_W_R3 | IA_T_R_R3 },
        { IA_OP_CMPXCHG4_REL, IA_T_LOAD | IA_T_STORE | IA_T_REL | IA_T_W_R1 | IA_T_R_R2 |
                              IA_T_R_R3 },
        { IA_OP_STF_SPILL, IA_T_STORE | IA_T_FP | IA_T_R_F2 | IA_T_R_R3 },
        { IA_OP_CMP_EQ_UNC, IA_T_ALWAYS | IA_T_W_P1 | IA_T_W_P2 | IA_T_R_R2 | IA_T_R_R3 },
        { IA_OP_LDFPS_C_NC_I, IA_T_LOAD | IA_T_CHECK | IA_T_FP | IA_T_POSTINC | IA_T_W_R3 |
                              IA_T_R_R3 | IA_T_W_F1 | IA_T_W_F2 },
        { IA_OP_BR_CTOP, IA_T_NO_PRED | IA_T_SLOT2 | IA_T_RRB | IA_T_BRANCH },
        { IA_OP_ALLOC, IA_T_NO_PRED | IA_T_FIRST | IA_T_RRB | IA_T_W_R1 },
        { IA_OP_RESERVED, 0 },
        { IA_OP_COUNT, 0 },
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        if (ia_op_traits(rows[i].op) != rows[i].traits)
            fail_msg("%s: %08x", ia_op_name(rows[i].op), ia_op_traits(rows[i].op));
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(ia_op_name(IA_OP_RESERVED), "reserved");
    assert_string_equal(ia_op_name(IA_OP_LD8_C_CLR_ACQ_I), "ld8_c_clr_acq_i");
    assert_string_equal(ia_op_name(IA_OP_COUNT), "reserved");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_row_decodes_to_itself),
        cmocka_unit_test(test_no_two_rows_match),
        cmocka_unit_test(test_tree_is_the_table),
        cmocka_unit_test(test_random_bundles),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_templates),
        cmocka_unit_test(test_slot_bits),
        cmocka_unit_test(test_unpredicated_forms),
        cmocka_unit_test(test_traits),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disassembler: golden lines of GNU objdump; tests/conformance/isa compares everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "ia.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
    uint64_t bundle[2], ip;
    const char *text[3];
} cases[] = {
    { { 0x1211a0000a1018a0, 0x80111a2423c0028d }, 0,
      { "(p05) add r3=r4,r5", "(p06) add r33=r34,r35,1", "(p07) sub r33=r34,r35,1" } },
    { { 0xd880320b16005000, 0x52fc480100292624 }, 0x30,
      { "cmp.gt.and p10,p11=r0,r11", "extr r8=r9,13,20", "shr.u r8=r9,0" } },
    { { 0x4880000100000000, 0x7750d891003b2828 }, 0x70,
      { "nop.m 0x0", "mux1 r8=r9,@alt", "mux2 r8=r9,0x1b" } },
    { { 0x4ff015b1122bf800, 0x020001ffe00187c0 }, 0x90,
      { "st4.rel [r9]=r10,255", "mov pr=r9,0x1ffe", "mov pr.rot=0xfff0000" } },
    { { 0x60001a1914244008, 0x00040000a036f02c }, 0xc0,
      { "ldfpd f8,f9=[r10],16", "lfetch.fault.excl [r11],r12", "nop.i 0x5" } },
    { { 0x58a0040f0a18000c, 0x0004000000018c30 }, 0xf0,
      { "itr.i itr[r5]=r6", "frcpa.s1 f10,p6=f11,f12", "nop.i 0x0" } },
    { { 0x0000020000000010, 0x48ffffe0a0000200 }, 0x120,
      { "break.m 0x100000", "nop.i 0x0", "br.cloop.sptk.few 0x100" } },
    { { 0x6789800100000004, 0x6e6d76f100012345 }, 0x130,
      { "nop.m 0x0", "movl r8=0x8123456789abcdef", NULL } },
    { { 0x3fff000100000004, 0xd0fffff8e1800000 }, 0x140,
      { "nop.m 0x0", "(p03) brl.call.sptk.many b7=0x4000000130", NULL } },
    { { 0x57b00140000c4810, 0x430000100004fffc }, 0x160,
      { "chk.a.clr r9,0x190", "chk.s.i r10,0x110", "br.cond.dpnt.few 0x170" } },
    { { 0x4880112112284000, 0x0074480100401028 }, 0,
      { "cmp8xchg16.rel r8=[r9],r10,ar.csd,ar.ccv", "addp4 r8=r9,r10", "czx2.r r8=r9" } },
    { { 0x0000000000000006, 0 }, 0,
      { "data8 00000000000", "data8 00000000000", "data8 00000000000" } },
};

static void test_golden(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        for (unsigned slot = 0; slot < 3 && cases[i].text[slot]; slot++) {
            struct ia_insn insn;
            char text[100];
            (void)ia_decode(cases[i].bundle, slot, &insn);
            size_t length = ia_disasm(&insn, cases[i].ip, text, sizeof(text));
            assert_string_equal(text, cases[i].text[slot]);
            assert_int_equal(length, strlen(text));
        }
    }
}

static void test_short_buffers(void **state)
{
    struct ia_insn insn;
    char text[40];

    (void)state;
    assert_true(ia_decode(cases[0].bundle, 1, &insn));
    for (size_t size = 0; size < sizeof(text); size++) {
        memset(text, '#', sizeof(text));
        assert_int_equal(ia_disasm(&insn, 0, text, size), strlen(cases[0].text[1]));
        for (size_t i = size; i < sizeof(text); i++)
            assert_int_equal(text[i], '#');
        if (size > 0) {
            assert_true(strlen(text) < size);
            assert_memory_equal(text, cases[0].text[1], strlen(text));
        }
    }
}

static void test_garbage(void **state)
{
    struct ia_insn insn;
    char text[200];

    (void)state;
    memset(&insn, 0xff, sizeof(insn));
    assert_in_range(ia_disasm(&insn, UINT64_MAX, text, sizeof(text)), 1, sizeof(text) - 1);
    for (unsigned row = 0; row < IA_NR_SPELLINGS; row++) {
        insn.row = (uint16_t)row;
        insn.op = 1;
        assert_in_range(ia_disasm(&insn, UINT64_MAX, text, sizeof(text)), 1, sizeof(text) - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_short_buffers),
        cmocka_unit_test(test_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interruptions and what they leave in control registers; traps, speculation, changing code. */
#include "em_test.h"

#define VA UINT64_C(0x2000000000200000)
#define RID UINT32_C(0x111)
#define PAD (EM_PTE_P | EM_PTE_A | EM_PTE_D)

/* What a handler's first instruction sees: every vector stops at once. */
static void stop_at_vectors(struct box *b)
{
    for (uint64_t a = 0; a < 0x8000; a += 16)
        put_bundle(b->ram + IVA_AT + a, 1, BREAK_STOP, BREAK_STOP, BREAK_STOP);
}

static void intr_box(struct box *b)
{
    box_new(b);
    stop_at_vectors(b);
    em_set_psr(b->cpu, EM_PSR_IC | EM_PSR_BN);
}

static void expect(struct box *b, uint32_t vector, uint64_t ip, unsigned ri)
{
    assert_int_equal(em_ip(b->cpu), IVA_AT + vector);
    assert_int_equal(em_cr(b->cpu, EM_CR_IIP), ip);
    assert_int_equal((em_cr(b->cpu, EM_CR_IPSR) & EM_PSR_RI) >> EM_PSR_RI_SHIFT, ri);
}

static void test_illegal_and_break(void **state)
{
    struct box b;

    (void)state;
    intr_box(&b);
    put_bundle(b.ram + CODE_AT, 1, NOP_M, i_adds(33, 1, 0), NOP_I);     /* no frame */
    run_box(&b);
    expect(&b, EM_VEC_GENERAL, CODE_AT, 1);
    assert_int_equal(em_cr(b.cpu, EM_CR_ISR), UINT64_C(1) << EM_ISR_EI_SHIFT);
    assert_int_equal(em_cr(b.cpu, EM_CR_IIPA), CODE_AT);
    assert_int_equal(em_psr(b.cpu), 0);
    /* break in slot 2, reached by a branch from elsewhere */
    em_set_psr(b.cpu, EM_PSR_IC | EM_PSR_BN);
    em_set_ip(b.cpu, CODE_AT + 0x100, 0);
    put_bundle(b.ram + CODE_AT + 0x100, 0x11, NOP_M, NOP_I,
               enc(IA_OP_BR_COND) | disp25(0x100));
    put_bundle(b.ram + CODE_AT + 0x200, 0x01, fld(0x1234, 6), NOP_I, NOP_I);
    em_machine_touched(b.m, CODE_AT, 4096);
    run_box(&b);
    expect(&b, EM_VEC_BREAK, CODE_AT + 0x200, 0);
    assert_int_equal(em_cr(b.cpu, EM_CR_IIM), 0x1234);
    assert_int_equal(em_cr(b.cpu, EM_CR_IIPA), CODE_AT + 0x100);
    box_free(&b);
}

static void test_reserved_template_and_mlx_slot2(void **state)
{
    struct box b;

    (void)state;
    intr_box(&b);
    put_bundle(b.ram + CODE_AT, 0x06, NOP_M, NOP_I, NOP_I);
    run_box(&b);
    expect(&b, EM_VEC_GENERAL, CODE_AT, 0);
    em_set_psr(b.cpu, EM_PSR_IC | EM_PSR_BN);
    em_set_ip(b.cpu, CODE_AT + 16, 2);
    put_bundle(b.ram + CODE_AT + 16, 0x05, NOP_M, 0, enc(IA_OP_MOVL) | R1(8));
    em_machine_touched(b.m, CODE_AT, 4096);
    run_box(&b);
    expect(&b, EM_VEC_GENERAL, CODE_AT + 16, 2);
    /* from slot 1 it is one instruction */
    em_set_psr(b.cpu, EM_PSR_IC | EM_PSR_BN);
    em_set_ip(b.cpu, CODE_AT + 16, 1);
    em_set_gr(b.cpu, 8, 77, false);
    put_bundle(b.ram + CODE_AT + 32, 1, BREAK_STOP, NOP_I, NOP_I);
    em_machine_touched(b.m, CODE_AT, 4096);
    run_box(&b);
    assert_int_equal(em_gr(b.cpu, 8), 0);
    assert_int_equal(em_ip(b.cpu), CODE_AT + 32);
    box_free(&b);
}

static void test_banks(void **state)
{
    struct box b;

    (void)state;
    intr_box(&b);
    em_set_gr(b.cpu, 20, 1111, true);
    em_set_gr_other_bank(b.cpu, 20, 2222, false);
    put_bundle(b.ram + CODE_AT, 1, 0, NOP_I, NOP_I);            /* break 0 */
    put_bundle(b.ram + IVA_AT + EM_VEC_BREAK, 0x17, enc(IA_OP_RFI), NOP_B, NOP_B);
    em_set_cr(b.cpu, EM_CR_IVA, IVA_AT);
    b.stop_at_interruption = false;
    put_m(&(struct prog){ b.ram + IVA_AT + EM_VEC_BREAK }, BREAK_STOP);
    run_box(&b);
    assert_int_equal(em_gr(b.cpu, 20), 2222);
    assert_false(em_gr_nat(b.cpu, 20));
    em_set_psr(b.cpu, em_psr(b.cpu) | EM_PSR_BN);
    assert_int_equal(em_gr(b.cpu, 20), 1111);
    assert_true(em_gr_nat(b.cpu, 20));
    box_free(&b);
}

/* The trap names the instruction behind; ISR.ei and IIPA the stepped one. */
static void test_single_step(void **state)
{
    static const struct { unsigned ri, next_ri, ei; uint64_t next; } cases[] = {
        { 0, 1, 0, CODE_AT }, { 1, 2, 1, CODE_AT }, { 2, 0, 2, CODE_AT + 16 },
    };
    struct box b;

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        intr_box(&b);
        put_bundle(b.ram + CODE_AT, 1, i_adds(8, 1, 8), i_adds(8, 1, 8), i_adds(8, 1, 8));
        em_set_ip(b.cpu, CODE_AT, cases[i].ri);
        em_set_psr(b.cpu, EM_PSR_IC | EM_PSR_BN | EM_PSR_SS |
                              (uint64_t)cases[i].ri << EM_PSR_RI_SHIFT);
        run_box(&b);
        expect(&b, EM_VEC_SINGLE_STEP, cases[i].next, cases[i].next_ri);
        assert_int_equal(em_gr(b.cpu, 8), 1);
        assert_int_equal(em_cr(b.cpu, EM_CR_ISR),
                         8 | (uint64_t)cases[i].ei << EM_ISR_EI_SHIFT);
        assert_int_equal(em_cr(b.cpu, EM_CR_IIPA), CODE_AT);
        assert_true(em_cr(b.cpu, EM_CR_IPSR) & EM_PSR_SS);
        box_free(&b);
    }
}

static void test_lower_privilege_trap_collects_all(void **state)
{
    struct box b;

    (void)state;
    intr_box(&b);
    put_bundle(b.ram + CODE_AT, 0x11, NOP_M, NOP_I, enc(IA_OP_BR_RET) | fld(1, 13));
    em_set_br(b.cpu, 1, CODE_AT + 0x400);
    em_set_ar(b.cpu, EM_AR_PFS, UINT64_C(3) << 62);
    em_set_psr(b.cpu, EM_PSR_IC | EM_PSR_BN | EM_PSR_SS | EM_PSR_TB | EM_PSR_LP |
                          UINT64_C(2) << EM_PSR_RI_SHIFT);
    run_box(&b);
    expect(&b, EM_VEC_LOWER_PRIV, CODE_AT + 0x400, 0);
    assert_int_equal(em_cr(b.cpu, EM_CR_ISR), 14 | UINT64_C(2) << EM_ISR_EI_SHIFT);
    assert_int_equal((em_cr(b.cpu, EM_CR_IPSR) & EM_PSR_CPL) >> EM_PSR_CPL_SHIFT, 3);
    box_free(&b);
}

static void translate_data(struct box *b, uint64_t pte_bits, uint64_t psr)
{
    for (unsigned r = 0; r < 8; r++) em_set_rr(b->cpu, r, (RID + r - 1) << 8 | 14 << 2);
    em_tc_purge_all(b->cpu);
    if (pte_bits) em_tc_insert(b->cpu, EM_DATA, VA, DATA_AT | pte_bits, 14 << 2, RID);
    em_set_psr(b->cpu, EM_PSR_IC | EM_PSR_BN | EM_PSR_DT | psr);
}

/* psr.da lasts until one instruction completed */
static void test_one_shot_bits(void **state)
{
    struct box b;

    (void)state;
    intr_box(&b);
    put_bundle(b.ram + CODE_AT, 0x09, enc(IA_OP_LD8) | R1(8) | R3(9),
               enc(IA_OP_LD8) | R1(10) | R3(9), NOP_I);
    em_set_gr(b.cpu, 9, VA, false);
    translate_data(&b, EM_PTE_P | 2 << EM_PTE_AR_SHIFT, EM_PSR_DA);
    run_box(&b);
    expect(&b, EM_VEC_DACCESS, CODE_AT, 1);
    assert_false(em_cr(b.cpu, EM_CR_IPSR) & EM_PSR_DA);
    assert_int_equal(em_cr(b.cpu, EM_CR_IFA), VA);
    assert_int_equal(em_cr(b.cpu, EM_CR_ITIR), RID << 8 | 14 << 2);
    box_free(&b);
}

static void test_speculation(void **state)
{
    static const struct {
        const char *what;
        uint64_t pte, psr, dcr;
        bool nat;                   /* deferred */
        uint32_t vector;            /* or this fault */
    } cases[] = {
        { "present", PAD | 2 << EM_PTE_AR_SHIFT, 0, 0, false, 0 },
        { "missing", 0, 0, 0x7f00, false, EM_VEC_ALT_DTLB },    /* code page without ed */
        { "missing, psr.ed", 0, EM_PSR_ED, 0, true, 0 },
        { "NaT page", PAD | 7 << EM_PTE_MA_SHIFT, 0, 0, true, 0 },
        { "uncacheable", PAD | 2 << EM_PTE_AR_SHIFT | 4 << EM_PTE_MA_SHIFT, 0, 0, true, 0 },
        { "not present", UINT64_C(1) << 60, 0, 0, false, EM_VEC_PAGE_NOT_PRESENT },
    };
    struct box b;

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        intr_box(&b);
        put_bundle(b.ram + CODE_AT, 1, enc(IA_OP_LD8_S_I) | R1(8) | R3(9) | fld(8, 13), NOP_I,
                   NOP_I);
        put_bundle(b.ram + CODE_AT + 16, 1, BREAK_STOP, NOP_I, NOP_I);
        b.ram[DATA_AT] = 42;
        em_set_gr(b.cpu, 9, VA, false);
        translate_data(&b, cases[i].pte, cases[i].psr);
        em_set_cr(b.cpu, EM_CR_DCR, cases[i].dcr);
        run_box(&b);
        assert_int_equal(b.nr_interruptions ? b.last.vector : 0, cases[i].vector);
        if (cases[i].vector) {
            assert_true(em_cr(b.cpu, EM_CR_ISR) & EM_ISR_SP);
            assert_int_equal(em_gr(b.cpu, 9), VA);
        } else {
            assert_int_equal(em_gr_nat(b.cpu, 8), cases[i].nat);
            assert_int_equal(em_gr(b.cpu, 9), VA + 8);
            if (!cases[i].nat) assert_int_equal(em_gr(b.cpu, 8), 42);
        }
        box_free(&b);
    }
}

static void test_nat_consumption(void **state)
{
    struct box b;

    (void)state;
    intr_box(&b);
    put_bundle(b.ram + CODE_AT, 1, enc(IA_OP_ST8) | R2(8) | R3(9), NOP_I, NOP_I);
    em_set_gr(b.cpu, 8, 1, true);
    em_set_gr(b.cpu, 9, DATA_AT, false);
    em_set_cr(b.cpu, EM_CR_IFA, 7);
    run_box(&b);
    expect(&b, EM_VEC_NAT_CONSUMPTION, CODE_AT, 0);
    assert_int_equal(em_cr(b.cpu, EM_CR_ISR), EM_ISR_W | 0x10);
    assert_int_equal(em_cr(b.cpu, EM_CR_IFA), 7);
    box_free(&b);
}

/* cmpxchg4 compares all of CCV; one that fails needs write permission all the same */
static void test_cmpxchg(void **state)
{
    struct box b;

    (void)state;
    intr_box(&b);
    memset(b.ram + DATA_AT, 0xff, 8);
    put_bundle(b.ram + CODE_AT, 1, enc(IA_OP_CMPXCHG4_ACQ) | R1(8) | R2(10) | R3(9), NOP_I, NOP_I);
    put_bundle(b.ram + CODE_AT + 16, 1, BREAK_STOP, NOP_I, NOP_I);
    em_set_gr(b.cpu, 9, DATA_AT, false);
    em_set_gr(b.cpu, 10, 5, false);
    em_set_ar(b.cpu, EM_AR_CCV, ~UINT64_C(0));
    run_box(&b);
    assert_int_equal(em_gr(b.cpu, 8), 0xffffffff);
    assert_int_equal(b.ram[DATA_AT], 0xff);
    em_set_ip(b.cpu, CODE_AT, 0);
    em_set_ar(b.cpu, EM_AR_CCV, 0xffffffff);
    run_box(&b);
    assert_int_equal(b.ram[DATA_AT], 5);
    em_set_ip(b.cpu, CODE_AT, 0);
    em_set_gr(b.cpu, 9, VA, false);
    translate_data(&b, EM_PTE_P | EM_PTE_A | 2 << EM_PTE_AR_SHIFT, 0);
    run_box(&b);
    expect(&b, EM_VEC_DIRTY, CODE_AT, 0);
    assert_int_equal(em_cr(b.cpu, EM_CR_ISR), EM_ISR_R | EM_ISR_W);
    box_free(&b);
}

/* A program that overwrites the instruction it executes next; and its owner that does. */
static void test_code_changes(void **state)
{
    struct box b;
    uint8_t fresh[16];
    uint64_t w[2];

    (void)state;
    intr_box(&b);
    put_bundle(b.ram + CODE_AT, 1, enc(IA_OP_ST8_I) | R2(8) | R3(10) | fld(8, 6), NOP_I, NOP_I);
    put_bundle(b.ram + CODE_AT + 16, 1, enc(IA_OP_ST8) | R2(9) | R3(10), NOP_I, NOP_I);
    put_bundle(b.ram + CODE_AT + 32, 1, i_adds(11, 1, 0), NOP_I, NOP_I);
    put_bundle(b.ram + CODE_AT + 48, 1, BREAK_STOP, NOP_I, NOP_I);
    put_bundle(fresh, 1, i_adds(11, 99, 0), NOP_I, NOP_I);
    memcpy(w, fresh, 16);
    em_set_gr(b.cpu, 8, w[0], false);
    em_set_gr(b.cpu, 9, w[1], false);
    em_set_gr(b.cpu, 10, CODE_AT + 32, false);
    run_box(&b);
    assert_int_equal(em_gr(b.cpu, 11), 99);
    put_bundle(b.ram + CODE_AT + 32, 1, i_adds(11, 7, 0), NOP_I, NOP_I);
    em_machine_touched(b.m, CODE_AT + 32, 16);
    em_set_ip(b.cpu, CODE_AT + 32, 0);
    run_box(&b);
    assert_int_equal(em_gr(b.cpu, 11), 7);
    box_free(&b);
}

static void test_external_interrupts(void **state)
{
    struct box b;

    (void)state;
    intr_box(&b);
    em_set_cr(b.cpu, EM_CR_TPR, 0);
    em_cpu_post_irq(b.cpu, 0x31);
    em_cpu_post_irq(b.cpu, 0x52);
    em_cpu_post_irq(b.cpu, 7);                                  /* not a vector */
    assert_int_equal(em__irq_deliverable(b.cpu), 0x52);
    assert_int_equal(em__ivr_read(b.cpu), 0x52);
    assert_int_equal(em__ivr_read(b.cpu), 15);                  /* 0x31 is lower */
    em_cpu_post_irq(b.cpu, 0x52);
    assert_int_equal(em__ivr_read(b.cpu), 15);                  /* equal is not enough */
    em_cpu_post_irq(b.cpu, 2);
    em_set_cr(b.cpu, EM_CR_TPR, EM_BIT(16));
    assert_int_equal(em__ivr_read(b.cpu), 2);                   /* NMI passes everything */
    em_set_cr(b.cpu, EM_CR_TPR, 0x30);
    em__eoi(b.cpu);
    em__eoi(b.cpu);
    assert_int_equal(em__ivr_read(b.cpu), 0x52);
    em__eoi(b.cpu);
    assert_int_equal(em__ivr_read(b.cpu), 15);                  /* class 3 masked */
    em_set_cr(b.cpu, EM_CR_TPR, 0x20);
    em_set_psr(b.cpu, EM_PSR_IC | EM_PSR_I | EM_PSR_BN);
    put_bundle(b.ram + CODE_AT, 1, NOP_M, NOP_I, NOP_I);
    em_set_ip(b.cpu, CODE_AT, 1);
    run_box(&b);
    expect(&b, EM_VEC_EXTINT, CODE_AT, 1);
    assert_int_equal(em_cr(b.cpu, EM_CR_ISR), UINT64_C(1) << EM_ISR_EI_SHIFT);
    box_free(&b);
}

static void test_timer(void **state)
{
    struct box b;

    (void)state;
    intr_box(&b);
    em_set_cr(b.cpu, EM_CR_TPR, 0);
    em_set_cr(b.cpu, EM_CR_ITV, 0xef);
    em_set_cr(b.cpu, EM_CR_ITM, b.itc - 1);
    b.itc += 100;
    assert_false(em_cpu_irq_pending(b.cpu));                    /* in the past: not before a wrap */
    em_set_cr(b.cpu, EM_CR_ITM, b.itc + 50);
    assert_false(em_cpu_irq_pending(b.cpu));
    b.itc += 50;
    assert_true(em_cpu_irq_pending(b.cpu));
    assert_int_equal(em__ivr_read(b.cpu), 0xef);
    em__eoi(b.cpu);
    b.itc += 1000;
    assert_false(em_cpu_irq_pending(b.cpu));                    /* once */
    em_set_cr(b.cpu, EM_CR_ITV, EM_BIT(16) | 0xef);
    em_set_cr(b.cpu, EM_CR_ITM, b.itc + 5);
    b.itc += 10;
    assert_false(em_cpu_irq_pending(b.cpu));
    em_set_cr(b.cpu, EM_CR_ITV, 0xef);
    assert_false(em_cpu_irq_pending(b.cpu));                    /* the masked event is gone */
    box_free(&b);
}

/* br.ret to a frame whose backing store is not mapped: state is that of the target, ISR.ir set */
static void test_incomplete_frame(void **state)
{
    struct box b;

    (void)state;
    intr_box(&b);
    for (unsigned r = 0; r < 8; r++) em_set_rr(b.cpu, r, (RID + r - 1) << 8 | 14 << 2);
    put_bundle(b.ram + CODE_AT, 0x11, NOP_M, NOP_I, enc(IA_OP_BR_RET) | fld(1, 13));
    put_bundle(b.ram + CODE_AT + 0x300, 1, BREAK_STOP, NOP_I, NOP_I);
    em_set_br(b.cpu, 1, CODE_AT + 0x300);
    em_set_ar(b.cpu, EM_AR_BSPSTORE, VA + 0x100);
    em_set_ar(b.cpu, EM_AR_PFS, 10 | 10 << 7);
    em_set_psr(b.cpu, EM_PSR_IC | EM_PSR_BN | EM_PSR_RT);
    run_box(&b);
    expect(&b, EM_VEC_ALT_DTLB, CODE_AT + 0x300, 0);
    assert_int_equal(em_cr(b.cpu, EM_CR_ISR), EM_ISR_IR | EM_ISR_RS | EM_ISR_R);
    assert_int_equal(em_cr(b.cpu, EM_CR_IFA), VA + 0xf8);
    assert_int_equal(em_cr(b.cpu, EM_CR_IIPA), CODE_AT);
    assert_true(em_rse_incomplete(b.cpu));
    /* the handler covers, maps and returns by rfi: the loads are done then */
    em_set_cr(b.cpu, EM_CR_IFS, EM_IFS_V | em_rse_cover(b.cpu));
    assert_false(em_rse_incomplete(b.cpu));
    em_tc_insert(b.cpu, EM_DATA, VA, DATA_AT | PAD | 2 << EM_PTE_AR_SHIFT, 14 << 2, RID);
    for (unsigned i = 0; i < 10; i++) b.ram[DATA_AT + 0x100 - 80 + 8 * i] = (uint8_t)(i + 1);
    put_bundle(b.ram + CODE_AT + 0x800, 0x11, NOP_M, NOP_I, enc(IA_OP_RFI));
    em_set_ip(b.cpu, CODE_AT + 0x800, 0);
    em_set_psr(b.cpu, em_psr(b.cpu) & ~EM_PSR_IC);
    run_box(&b);
    assert_int_equal(em_ip(b.cpu), CODE_AT + 0x300);
    assert_int_equal(b.last_break, 0x7777);
    for (unsigned i = 0; i < 10; i++) assert_int_equal(em_gr(b.cpu, 32 + i), i + 1);
    box_free(&b);
}

static void test_unimplemented_physical_address(void **state)
{
    struct box b;

    (void)state;
    intr_box(&b);
    put_bundle(b.ram + CODE_AT, 1, enc(IA_OP_LD8) | R1(8) | R3(9), NOP_I, NOP_I);
    put_bundle(b.ram + CODE_AT + 16, 1, BREAK_STOP, NOP_I, NOP_I);
    em_set_gr(b.cpu, 9, EM_BIT(50), false);
    run_box(&b);
    expect(&b, EM_VEC_GENERAL, CODE_AT, 0);
    assert_int_equal(em_cr(b.cpu, EM_CR_ISR), EM_ISR_R | EM_GE_RESERVED_FIELD);
    assert_int_equal(em_cr(b.cpu, EM_CR_IFA), EM_BIT(50));
    /* bit 63 only says uncacheable; no memory there reads as ones */
    em_set_psr(b.cpu, EM_PSR_IC | EM_PSR_BN);
    em_set_ip(b.cpu, CODE_AT, 0);
    em_set_gr(b.cpu, 9, EM_BIT(63) | UINT64_C(0xfee00000), false);
    run_box(&b);
    assert_int_equal(em_gr(b.cpu, 8), ~UINT64_C(0));
    box_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_illegal_and_break),
        cmocka_unit_test(test_reserved_template_and_mlx_slot2),
        cmocka_unit_test(test_banks),
        cmocka_unit_test(test_single_step),
        cmocka_unit_test(test_lower_privilege_trap_collects_all),
        cmocka_unit_test(test_one_shot_bits),
        cmocka_unit_test(test_speculation),
        cmocka_unit_test(test_nat_consumption),
        cmocka_unit_test(test_cmpxchg),
        cmocka_unit_test(test_code_changes),
        cmocka_unit_test(test_external_interrupts),
        cmocka_unit_test(test_timer),
        cmocka_unit_test(test_incomplete_frame),
        cmocka_unit_test(test_unimplemented_physical_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

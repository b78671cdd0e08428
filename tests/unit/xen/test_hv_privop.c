/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hyperprivops, one test each where the effect is more than a register. */
#include "hvt.h"

static int setup(void **state) { *state = hvt_new(2); return 0; }
static int teardown(void **state) { hvt_free(*state); return 0; }

/* ---- those that only set r8 ---------------------------------------------------------------- */

static const struct { const char *what; unsigned imm; uint64_t r8, r9, want; } plain[] = {
    { "GET_IVR: spurious", 0x08, 0, 0, 15 },
    { "GET_TPR", 0x09, 77, 0, 0 },
    { "EOI leaves r8", 0x0b, 5, 0, 5 },
    { "THASH: base 0, size 32 KiB, 16 KiB pages", 0x0d, UINT64_C(0x2000000000004000), 0,
      UINT64_C(0x2000000000000008) },
    { "GET_RR 5", 0x10, UINT64_C(5) << 61, 0, 14u << 2 | 1 },
    { "GET_RR 7: no walker", 0x10, UINT64_C(7) << 61, 0, 14u << 2 },
    { "FC leaves r8", 0x13, T_DATA, 0, T_DATA },
    { "CPUID 0 is Xen/ia64", 0x14, 0, 0, UINT64_C(0x343661692f6e6558) },
    { "CPUID 1", 0x14, 1, 0, 0 },
    { "CPUID far away", 0x14, 99, 0, 0 },
    { "GET_PMD 200", 0x15, 200, 0, 0 },
    { "GET_EFLAG", 0x16, 7, 0, 0 },
    { "SET_EFLAG leaves r8", 0x17, 7, 0, 7 },
    { "GET_PSR: ac, ic, di", 0x19, 0, 0, EM_PSR_AC | EM_PSR_IC | EM_PSR_DI },
};

static void test_plain(void **state)
{
    struct hvt *t = *state;

    for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
        hvt_gr(t, 8, plain[i].r8);
        hvt_gr(t, 9, plain[i].r9);
        assert_int_equal(hvt_break(t, plain[i].imm), EM_R_RESUME);
        if (em_gr(t->cpu, 8) != plain[i].want)
            fail_msg("%s: %#llx, not %#llx", plain[i].what,
                     (unsigned long long)em_gr(t->cpu, 8), (unsigned long long)plain[i].want);
        assert_behind(t);
    }
    assert_int_equal(hvt_break(t, 0x1b), EM_R_DELIVER);
    assert_int_equal(hvt_break(t, 0), EM_R_DELIVER);
}

static void test_thash_formula(void **state)
{
    struct hvt *t = *state;
    const uint64_t ptas[] = { 15u << 2, UINT64_C(0x1ffffe00000000) | 40u << 2 | 1,
                              UINT64_C(0x7ff000000000) | 20u << 2 };
    const uint64_t vas[] = { 0, UINT64_C(0xa000000100004000), UINT64_C(0x1fffffffffffffff),
                             UINT64_C(0x123456789abcdef) };

    for (size_t i = 0; i < ARRAY_SIZE(ptas); i++)
        for (size_t k = 0; k < ARRAY_SIZE(vas); k++) {
            hvt_gr(t, 8, ptas[i]);
            hvt_privileged(t, UINT64_C(0x2160000000) | 8u << 20 | 8u << 13, false, 0x10);
            hvt_gr(t, 8, vas[k]);
            hvt_break(t, 0xd);
            assert_true(em_gr(t->cpu, 8) == em_thash(ptas[i], 14u << 2, vas[k]));
        }
}

/* ---- translation mode ---------------------------------------------------------------------- */

static void test_metaphysical(void **state)
{
    struct hvt *t = *state;
    const uint64_t rr0 = UINT64_C(0x12345) << 8 | 14u << 2 | 1;

    assert_int_equal(hvt_mr(t, 0)->metaphysical_mode, 1);
    hvt_gr(t, 8, 0);
    hvt_gr(t, 9, rr0);
    hvt_break(t, 0x11);                                 /* SET_RR 0 while metaphysical */
    assert_int_equal(EM_RR_RID(em_rr(t->cpu, 0)), 1u << 18);
    hvt_break(t, 3);                                    /* SSM_DT */
    assert_int_equal(EM_RR_RID(em_rr(t->cpu, 0)), 0x12345);
    assert_int_equal(em_rr(t->cpu, 0) & EM_RR_VE, 0);   /* the processor's own walker stays off */
    assert_int_equal(hvt_mr(t, 0)->metaphysical_mode, 0);
    hvt_break(t, 0x19);
    assert_true(em_gr(t->cpu, 8) & EM_PSR_IT && em_gr(t->cpu, 8) & EM_PSR_DT);
    hvt_break(t, 2);                                    /* RSM_DT */
    assert_int_equal(EM_RR_RID(em_rr(t->cpu, 0)), 1u << 18);
    hvt_gr(t, 8, 0);
    hvt_break(t, 0x10);
    assert_true(em_gr(t->cpu, 8) == rr0);               /* the guest sees what it wrote */
}

static void test_set_rr(void **state)
{
    struct hvt *t = *state;
    const uint64_t bad[] = { UINT64_C(1) << 26 | 14u << 2,      /* rid of 19 bits */
                             14u << 2 | 2, 13u << 2 | UINT64_C(1) << 32, 63u << 2, 15u << 2 };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        hvt_gr(t, 8, UINT64_C(3) << 61);
        hvt_gr(t, 9, bad[i]);
        assert_int_equal(hvt_break(t, 0x11), EM_R_RESUME);      /* ignored */
        assert_behind(t);
        hvt_break(t, 0x10);
        assert_int_equal(em_gr(t->cpu, 8), 14u << 2 | 1);
    }
}

static void test_set_rr0_to_rr4(void **state)
{
    struct hvt *t = *state;
    const unsigned reg[] = { 8, 9, 10, 11, 14 };

    for (unsigned i = 0; i < 5; i++) hvt_gr(t, reg[i], UINT64_C(0x100) * (i + 1) | 14u << 2 | 1);
    assert_int_equal(hvt_break(t, 0x1a), EM_R_RESUME);
    for (unsigned i = 1; i < 5; i++) assert_int_equal(EM_RR_RID(em_rr(t->cpu, i)), i + 1);
}

static void test_itc_itr_ptc(void **state)
{
    struct hvt *t = *state;
    const uint64_t va = UINT64_C(0xa000000100000000);
    struct em_xlat x;

    hvt_mr(t, 0)->ifa = va;
    hvt_mr(t, 0)->itir = 14u << 2;
    hvt_gr(t, 8, UINT64_C(0x200000) | 0x661);           /* PL 0 */
    assert_int_equal(hvt_break(t, 5), EM_R_RESUME);
    assert_true(em_xlat_find(t->cpu, EM_DATA, va, &x));
    assert_false(em_xlat_find(t->cpu, EM_INST, va, &x));
    em_xlat_find(t->cpu, EM_DATA, va, &x);
    assert_int_equal(x.pte >> EM_PTE_PL_SHIFT & 3, 1);  /* where the guest's kernel really runs */
    hvt_break(t, 6);
    assert_true(em_xlat_find(t->cpu, EM_INST, va, &x));
    hvt_gr(t, 8, va);
    hvt_gr(t, 9, 14u << 2);
    hvt_break(t, 0xe);
    assert_false(em_xlat_find(t->cpu, EM_DATA, va, &x));
    assert_false(em_xlat_find(t->cpu, EM_INST, va, &x));

    hvt_mr(t, 0)->itir = 26u << 2;
    hvt_gr(t, 8, 11);
    hvt_gr(t, 9, 0x4000661);
    hvt_break(t, 0xf);
    assert_true(em_tr_get(t->cpu, EM_DATA, 11, &x));
    assert_true(x.va == va && x.ps == 26);
    hvt_gr(t, 8, 12);
    assert_int_equal(hvt_break(t, 0xf), EM_R_RESUME);   /* no such slot: reserved register fault */
    assert_int_equal(hvt_mr(t, 0)->isr & 0xff, EM_GE_RESERVED_FIELD);
    assert_int_equal(em_ip(t->cpu), EM_VEC_GENERAL);
}

static void test_bad_page_size_is_reflected(void **state)
{
    struct hvt *t = *state;

    for (unsigned ps = 0; ps < 64; ps++) {
        const uint64_t sizes = UINT64_C(0x155557000);

        hvt_mr(t, 0)->ic = 1;
        hvt_mr(t, 0)->itir = (uint64_t)ps << 2;
        hvt_gr(t, 8, 0x661);
        assert_int_equal(hvt_break(t, 5), EM_R_RESUME);
        assert_int_equal(em_ip(t->cpu) == EM_VEC_GENERAL, !(sizes >> ps & 1));
    }
}

static void test_ptc_ga_reaches_others(void **state)
{
    struct hvt *t = *state;
    struct em_cpu *ap = em_machine_cpu(t->m, 1);
    const uint64_t va = UINT64_C(0x2000000000000000);
    struct em_xlat x;
    em_gpa_t gpa;

    t->has_rendezvous = true;
    hvt_gr(t, 2, 0x400);
    hvt_gr(t, 14, 1);
    hvt_break(t, HV_BREAK_HYPERCALL);
    hv_em_ops.attention(ap, t->hv);                     /* boots */
    em_tc_insert(ap, EM_DATA, va, 0x661, 14u << 2, 0);
    em_set_gr(ap, 2, 29, false);                        /* and blocks */
    em_rse_restore(ap, 6 | 6 << 7);
    em_set_gr(ap, 32, 1, false);
    assert_int_equal(hvt_break_on(t, ap, HV_BREAK_HYPERCALL), EM_R_HALT);
    hvt_gr(t, 8, va);
    hvt_gr(t, 9, 14u << 2);
    hvt_break(t, 0xe);                                  /* does not wait for who is not running */
    assert_true(em_xlat_find(ap, EM_DATA, va, &x));
    assert_false(em_translate(ap, EM_DATA, va, EM_READ, 0, &gpa, NULL));    /* before any use */
    assert_false(em_xlat_find(ap, EM_DATA, va, &x));
}

/* ---- interrupts ---------------------------------------------------------------------------- */

static void test_check_sal_cache_flush(void **state)
{
    struct hvt *t = *state;

    hvt_gr(t, 2, 0x400);                                /* IPI to itself, before any callback */
    hvt_gr(t, 14, 0);
    hvt_gr(t, 15, 0xef);
    hvt_break(t, HV_BREAK_HYPERCALL);
    hvt_privileged(t, UINT64_C(0x2120000000) | 71u << 20 | 9u << 6, false, 0x10);
    assert_true(em_gr(t->cpu, 9) == UINT64_C(1) << (0xef - 192));
    hvt_break(t, 8);
    assert_int_equal(em_gr(t->cpu, 8), 0xef);
    hvt_break(t, 8);
    assert_int_equal(em_gr(t->cpu, 8), 15);             /* in service: not again */
    hvt_gr(t, 15, 0x80);
    hvt_break(t, HV_BREAK_HYPERCALL);
    hvt_break(t, 8);
    assert_int_equal(em_gr(t->cpu, 8), 15);             /* lower than the one in service */
    hvt_break(t, 0xb);
    hvt_gr(t, 8, 0x80);
    hvt_break(t, 0xa);                                  /* tpr masks up to 0x8f */
    hvt_break(t, 8);
    assert_int_equal(em_gr(t->cpu, 8), 15);
    hvt_gr(t, 8, 0);
    hvt_break(t, 0xa);
    hvt_break(t, 8);
    assert_int_equal(em_gr(t->cpu, 8), 0x80);
}

static void test_set_tpr_reserved(void **state)
{
    struct hvt *t = *state;

    hvt_gr(t, 8, 0x100);
    assert_int_equal(hvt_break(t, 0xa), EM_R_RESUME);
    assert_int_equal(em_ip(t->cpu), EM_VEC_GENERAL);
    assert_int_equal(hvt_mr(t, 0)->iip, T_CODE);        /* the break itself */
    assert_int_equal(hvt_mr(t, 0)->ipsr >> 41 & 3, 0);
}

static void test_set_kr(void **state)
{
    struct hvt *t = *state;

    hvt_gr(t, 8, 6);
    hvt_gr(t, 9, 0x1234);
    hvt_break(t, 0x12);
    assert_int_equal(em_ar(t->cpu, EM_AR_K6), 0x1234);
    assert_int_equal(hvt_mr(t, 0)->krs[6], 0x1234);
}

/* ---- cover, rfi ---------------------------------------------------------------------------- */

static void test_cover_and_rfi(void **state)
{
    struct hvt *t = *state;
    struct hv_mapped_regs *mr = hvt_mr(t, 0);

    em_rse_restore(t->cpu, 5 | 3 << 7);
    em_set_gr(t->cpu, 33, 0x3333, false);
    hvt_break(t, 4);
    assert_true(mr->ifs == (EM_IFS_V | 5 | 3 << 7));
    assert_int_equal(em_cfm(t->cpu), 0);
    mr->iip = T_CODE + 0x100;
    mr->ipsr = EM_PSR_IC | EM_PSR_I | EM_PSR_DT | EM_PSR_RT | EM_PSR_IT | EM_PSR_UP
               | UINT64_C(2) << EM_PSR_RI_SHIFT;
    assert_int_equal(hvt_break(t, 1), EM_R_RESUME);
    assert_int_equal(em_cfm(t->cpu), 5 | 3 << 7);
    assert_int_equal(em_gr(t->cpu, 33), 0x3333);
    assert_int_equal(em_ip(t->cpu), T_CODE + 0x100);
    assert_int_equal(hvt_ri(t->cpu), 2);
    assert_int_equal(mr->ic, 1);
    assert_int_equal(mr->metaphysical_mode, 0);
    assert_int_equal(t->si->vcpu[0].upcall_mask, 0);
    assert_true((em_psr(t->cpu) & EM_PSR_CPL) == T_CPL1);           /* 0 becomes 1 */
    assert_true(em_psr(t->cpu) & EM_PSR_UP);
    assert_false(em_psr(t->cpu) & EM_PSR_AC);
}

static void test_rfi_to_user(void **state)
{
    struct hvt *t = *state;
    struct hv_mapped_regs *mr = hvt_mr(t, 0);

    mr->iip = T_CODE;
    mr->ifs = 0;
    mr->ipsr = EM_PSR_IC | EM_PSR_I | EM_PSR_DT | EM_PSR_RT | EM_PSR_IT | EM_PSR_CPL;
    hvt_break(t, 1);
    assert_true((em_psr(t->cpu) & EM_PSR_CPL) == EM_PSR_CPL);
}

static void test_rfi_bank(void **state)
{
    struct hvt *t = *state;
    struct hv_mapped_regs *mr = hvt_mr(t, 0);

    mr->banknum = 0;
    mr->vnat = 2;
    for (unsigned i = 0; i < 16; i++) mr->bank1_regs[i] = 100 + i;
    mr->iip = T_CODE;
    mr->ifs = 0;
    mr->ipsr = 0;                                       /* bn = 0, as fast reflection stores it */
    hvt_break(t, 1);
    assert_int_equal(mr->banknum, 1);
    assert_int_equal(em_gr(t->cpu, 16), 100);
    assert_true(em_gr_nat(t->cpu, 17));
    assert_int_equal(em_gr(t->cpu, 31), 115);
    assert_int_equal(mr->metaphysical_mode, 1);
}

static void test_rfi_nonsense_ends_the_domain(void **state)
{
    struct hvt *t = *state;

    hvt_mr(t, 0)->ifs = EM_IFS_V | 127;                 /* sof 127 */
    assert_int_equal(hvt_break(t, 1), EM_R_STOP);
    assert_int_equal(t->shutdown, HV_CRASH);
    assert_non_null(strstr(t->last_log, "rfi"));
}

static void test_rfi_delivers_events(void **state)
{
    struct hvt *t = *state;
    struct hv_mapped_regs *mr = hvt_mr(t, 0);

    hvt_enable_events(t);
    t->si->vcpu[0].upcall_mask = 1;
    t->si->vcpu[0].upcall_pending = 1;
    mr->iip = T_CODE + 0x200;
    mr->ifs = 0;
    mr->ipsr = EM_PSR_IC | EM_PSR_I;
    hvt_break(t, 1);
    assert_int_equal(em_ip(t->cpu), T_CALLBACK);
    assert_int_equal(mr->iip, T_CODE + 0x200);
    assert_true(mr->ipsr & EM_PSR_I);
}

static void test_ssm_i_without_event(void **state)
{
    struct hvt *t = *state;

    hvt_enable_events(t);
    t->si->vcpu[0].upcall_mask = 1;
    hvt_mr(t, 0)->ic = 0;
    hvt_break(t, 7);
    assert_behind(t);
    assert_int_equal(t->si->vcpu[0].upcall_mask, 0);
    assert_int_equal(hvt_mr(t, 0)->ic, 1);
}

static void test_rsm_be(void **state)
{
    struct hvt *t = *state;

    em_set_psr(t->cpu, em_psr(t->cpu) | EM_PSR_BE);
    hvt_break(t, 0x18);
    assert_false(em_psr(t->cpu) & EM_PSR_BE);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_plain), T(test_thash_formula), T(test_metaphysical), T(test_set_rr),
        T(test_set_rr0_to_rr4), T(test_itc_itr_ptc), T(test_bad_page_size_is_reflected),
        T(test_ptc_ga_reaches_others), T(test_check_sal_cache_flush), T(test_set_tpr_reserved),
        T(test_set_kr), T(test_cover_and_rfi), T(test_rfi_to_user), T(test_rfi_bank),
        T(test_rfi_nonsense_ends_the_domain), T(test_rfi_delivers_events),
        T(test_ssm_i_without_event), T(test_rsm_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

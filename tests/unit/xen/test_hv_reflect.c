/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reflection, nested misses, lazy cover, the translation search. */
#include "hvt.h"

#define VA   UINT64_C(0x2000000000008000)
#define TABLE_VA UINT64_C(0x3ffff00000000000)     /* region 1's VHPT */

static int setup(void **state)
{
    struct hvt *t = hvt_new(1);

    hvt_gr(t, 8, T_IVA);
    hvt_privileged(t, UINT64_C(0x2160000000) | 2u << 20 | 8u << 13, false, 0x10);   /* iva */
    hvt_break(t, 3);                                    /* leave metaphysical mode */
    hvt_gr(t, 8, UINT64_C(1) << 61);
    hvt_gr(t, 9, UINT64_C(0x77) << 8 | 14u << 2 | 1);
    hvt_break(t, 0x11);                                 /* rr1 */
    hvt_mr(t, 0)->ic = 1;
    t->si->vcpu[0].upcall_mask = 0;
    em_set_ip(t->cpu, T_CODE, 1);
    *state = t;
    return 0;
}
static int teardown(void **state) { hvt_free(*state); return 0; }

static enum em_reply interrupt(struct hvt *t, uint32_t vector, uint64_t isr, uint64_t ifa)
{
    struct em_interruption in = { .vector = vector, .isr = isr, .ifa = ifa, .iim = 0x4242,
                                  .ip = T_CODE, .ri = 1 };

    return hv_em_ops.interruption(t->cpu, t->hv, &in);
}

static void set_pta(struct hvt *t, uint64_t pta)
{
    hvt_gr(t, 8, pta);
    hvt_privileged(t, UINT64_C(0x2160000000) | 8u << 20 | 8u << 13, false, 0x10);
    em_set_ip(t->cpu, T_CODE, 1);
}

/* ---- vectors ------------------------------------------------------------------------------- */

static const struct { uint32_t vector; bool ifa, itir, iim; } vectors[] = {
    { EM_VEC_IKEY_MISS, true, true, false },        { EM_VEC_DKEY_MISS, true, true, false },
    { EM_VEC_DIRTY, true, true, false },            { EM_VEC_IACCESS, true, true, false },
    { EM_VEC_DACCESS, true, true, false },          { EM_VEC_BREAK, false, false, true },
    { EM_VEC_PAGE_NOT_PRESENT, true, true, false }, { EM_VEC_KEY_PERMISSION, true, true, false },
    { EM_VEC_IACCESS_RIGHTS, true, true, false },   { EM_VEC_DACCESS_RIGHTS, true, true, false },
    { EM_VEC_NAT_CONSUMPTION, true, false, false }, { EM_VEC_SPECULATION, false, false, true },
    { EM_VEC_DEBUG, true, false, false },           { EM_VEC_UNALIGNED, true, false, false },
    { EM_VEC_UNSUPPORTED_DATA, true, false, false }, { EM_VEC_FP_FAULT, false, false, false },
    { EM_VEC_FP_TRAP, false, false, false },        { EM_VEC_LOWER_PRIV, false, false, false },
    { EM_VEC_TAKEN_BRANCH, false, false, false },   { EM_VEC_SINGLE_STEP, false, false, false },
};

static void test_vectors(void **state)
{
    struct hvt *t = *state;
    struct hv_mapped_regs *mr = hvt_mr(t, 0);

    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        mr->ic = 1;
        mr->ifa = mr->itir = mr->iim = mr->iha = 1;
        t->si->vcpu[0].upcall_mask = 0;
        em_set_psr(t->cpu, em_psr(t->cpu) | EM_PSR_UP | EM_PSR_MFL | EM_PSR_AC | EM_PSR_CPL);
        assert_int_equal(interrupt(t, vectors[i].vector, 0x123, VA), EM_R_RESUME);
        assert_int_equal(em_ip(t->cpu), T_IVA + vectors[i].vector);
        assert_int_equal(hvt_ri(t->cpu), 0);
        assert_int_equal(mr->isr, 0x123);
        assert_int_equal(mr->iip, T_CODE);
        assert_int_equal(mr->ipsr >> EM_PSR_RI_SHIFT & 3, 1);
        assert_int_equal(mr->ipsr >> EM_PSR_CPL_SHIFT & 3, 3);
        assert_true(mr->ipsr & EM_PSR_AC && mr->ipsr & EM_PSR_I && mr->ipsr & EM_PSR_IC);
        assert_int_equal(mr->ic, 0);
        assert_int_equal(t->si->vcpu[0].upcall_mask, 1);
        assert_true(mr->ifa == (vectors[i].ifa ? VA : 1));
        assert_true(mr->itir == (vectors[i].itir ? (UINT64_C(0x77) << 8 | 14u << 2) : 1));
        assert_true(mr->iim == (vectors[i].iim ? 0x4242 : 1));
        assert_int_equal(mr->iha, 1);
        assert_true((em_psr(t->cpu) & EM_PSR_CPL) == T_CPL1);
        assert_false(em_psr(t->cpu) & EM_PSR_AC);
        assert_true(em_psr(t->cpu) & EM_PSR_UP && em_psr(t->cpu) & EM_PSR_MFL);
    }
}

static void test_banks(void **state)
{
    struct hvt *t = *state;
    struct hv_mapped_regs *mr = hvt_mr(t, 0);

    for (unsigned r = 16; r < 32; r++) em_set_gr(t->cpu, r, 1000 + r, r == 20);
    interrupt(t, EM_VEC_BREAK, 0, 0);
    assert_int_equal(mr->bank1_regs[0], 1016);
    assert_int_equal(mr->bank1_regs[15], 1031);
    assert_int_equal(mr->vnat, 1u << 4);
    assert_int_equal(mr->banknum, 0);
    assert_true(em_psr(t->cpu) & EM_PSR_BN);            /* the real bank stays 1 */
}

static void test_nested_kills(void **state)
{
    struct hvt *t = *state;

    hvt_mr(t, 0)->ic = 0;
    assert_int_equal(interrupt(t, EM_VEC_BREAK, 0, 0), EM_R_STOP);
    assert_int_equal(t->shutdown, HV_CRASH);
    assert_non_null(strstr(t->last_log, "nested interruption: break"));
    assert_int_equal(interrupt(t, EM_VEC_BREAK, 0, 0), EM_R_STOP);
    assert_int_equal(t->nr_shutdown, 1);                /* one crash is enough */
}

/* ---- TLB misses ---------------------------------------------------------------------------- */

static void test_metaphysical_identity(void **state)
{
    struct hvt *t = *state;
    struct em_xlat x;

    hvt_break(t, 2);
    em_set_ip(t->cpu, T_CODE, 1);
    assert_int_equal(interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_R, 0x123458), EM_R_RESUME);
    assert_int_equal(em_ip(t->cpu), T_CODE);            /* retried, nothing reflected */
    assert_true(em_xlat_find(t->cpu, EM_DATA, 0x123458, &x));
    assert_int_equal(x.pte & EM_PTE_PPN & ~UINT64_C(0x3fff), 0x120000);
    interrupt(t, EM_VEC_ALT_ITLB, EM_ISR_X, T_CODE);
    assert_true(em_xlat_find(t->cpu, EM_INST, T_CODE, &x));
    hvt_break(t, 3);                                    /* gone from view with translation on */
    assert_false(em_xlat_find(t->cpu, EM_DATA, 0x123458, &x));
}

static void test_alternate_miss(void **state)
{
    struct hvt *t = *state;
    struct hv_mapped_regs *mr = hvt_mr(t, 0);

    interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_R, VA);        /* pta.ve = 0 */
    assert_int_equal(em_ip(t->cpu), T_IVA + EM_VEC_ALT_DTLB);
    assert_true(mr->ifa == VA);
    assert_true(mr->itir == (UINT64_C(0x77) << 8 | 14u << 2));
    assert_true(mr->iha == em_thash(15u << 2, UINT64_C(0x77) << 8 | 14u << 2, VA));
    mr->ic = 1;
    interrupt(t, EM_VEC_ALT_ITLB, EM_ISR_X, VA);
    assert_int_equal(em_ip(t->cpu), T_IVA + EM_VEC_ALT_ITLB);
}

static void test_instruction_tr_serves_data(void **state)
{
    struct hvt *t = *state;
    struct em_xlat x;

    em_tr_insert(t->cpu, EM_INST, 0, VA & ~UINT64_C(0xffff), 0x200000 | 0x6e1, 16u << 2, 0x77);
    interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_R, VA);
    assert_int_equal(em_ip(t->cpu), T_CODE);
    assert_true(em_xlat_find(t->cpu, EM_DATA, VA, &x));
    assert_int_equal(x.ps, 16);
}

static void test_vhpt_walk(void **state)
{
    struct hvt *t = *state;
    struct hv_mapped_regs *mr = hvt_mr(t, 0);
    const uint64_t pta = (TABLE_VA & ~(UINT64_C(7) << 61)) | 44u << 2 | 1;
    uint64_t iha, pte = 0x300000 | 0x661;
    struct em_xlat x;

    set_pta(t, pta);
    iha = em_thash(pta, 14u << 2, VA);
    interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_R, VA);
    assert_int_equal(em_ip(t->cpu), T_IVA + EM_VEC_VHPT);       /* the table's page misses */
    assert_true(mr->iha == iha);
    em_tc_insert(t->cpu, EM_DATA, iha, 0x200000 | 0x661, 14u << 2, 0x77);
    mr->ic = 1;
    em_set_ip(t->cpu, T_CODE, 1);
    interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_R, VA);
    assert_int_equal(em_ip(t->cpu), T_IVA + EM_VEC_DTLB);       /* entry not present */
    memcpy(t->mem + 0x200000 + (iha & 0x3fff), &pte, sizeof(pte));
    mr->ic = 1;
    em_set_ip(t->cpu, T_CODE, 1);
    interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_R, VA);
    assert_int_equal(em_ip(t->cpu), T_CODE);                    /* found */
    assert_true(em_xlat_find(t->cpu, EM_DATA, VA, &x));
    assert_int_equal(x.pte & EM_PTE_PPN, 0x300000);
    interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_R, TABLE_VA + 0x10000);
    assert_int_equal(em_ip(t->cpu), T_IVA + EM_VEC_DTLB);       /* no recursion into the table */
    mr->ic = 1;
    set_pta(t, pta | 1 << 8);                                   /* long format: not walked */
    interrupt(t, EM_VEC_ALT_ITLB, EM_ISR_X, VA + 0x10000000);
    assert_int_equal(em_ip(t->cpu), T_IVA + EM_VEC_ITLB);
}

static void test_one_entry_memory(void **state)
{
    struct hvt *t = *state;
    struct em_xlat x;

    hvt_mr(t, 0)->ifa = VA;
    hvt_mr(t, 0)->itir = 14u << 2;
    hvt_gr(t, 8, 0x300661);
    hvt_break(t, 5);
    em_tc_purge_all(t->cpu);                            /* as if evicted */
    em_set_ip(t->cpu, T_CODE, 1);
    interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_R, VA + 8);
    assert_int_equal(em_ip(t->cpu), T_CODE);
    assert_true(em_xlat_find(t->cpu, EM_DATA, VA, &x));
    hvt_gr(t, 8, VA);
    hvt_gr(t, 9, 14u << 2);
    hvt_break(t, 0xe);                                  /* the guest's purge forgets it as well */
    em_set_ip(t->cpu, T_CODE, 1);
    interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_R, VA + 8);
    assert_int_equal(em_ip(t->cpu), T_IVA + EM_VEC_ALT_DTLB);
}

static void test_speculative_misses_never_reflect(void **state)
{
    struct hvt *t = *state;

    interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_R | EM_ISR_SP, VA);
    assert_int_equal(em_ip(t->cpu), T_CODE);
    assert_true(em_psr(t->cpu) & EM_PSR_ED);
    em_set_psr(t->cpu, em_psr(t->cpu) & ~EM_PSR_ED);
    interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_R | EM_ISR_NA | 4, VA);        /* lfetch */
    assert_true(em_psr(t->cpu) & EM_PSR_ED);
    em_set_psr(t->cpu, em_psr(t->cpu) & ~EM_PSR_ED);
    interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_NA | 2, VA);                   /* probe does */
    assert_int_equal(em_ip(t->cpu), T_IVA + EM_VEC_ALT_DTLB);
}

static void test_nested_dtlb(void **state)
{
    struct hvt *t = *state;
    struct hv_mapped_regs *mr = hvt_mr(t, 0);

    mr->ic = 0;
    mr->ipsr = EM_PSR_DT;
    mr->ifa = 0x1111;
    mr->iip = 0x2220;
    mr->banknum = 0;
    em_set_gr(t->cpu, 17, 0x1717, false);
    interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_R, VA);
    assert_int_equal(em_ip(t->cpu), T_IVA + EM_VEC_NESTED_DTLB);
    assert_int_equal(mr->ifa, 0x1111);
    assert_int_equal(mr->iip, 0x2220);
    assert_int_equal(em_gr(t->cpu, 17), 0x1717);
    mr->ipsr = 0;
    assert_int_equal(interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_R, VA), EM_R_STOP);
}

static void test_nested_instruction_miss_kills(void **state)
{
    struct hvt *t = *state;

    hvt_mr(t, 0)->ic = 0;
    hvt_mr(t, 0)->ipsr = EM_PSR_DT;
    assert_int_equal(interrupt(t, EM_VEC_ALT_ITLB, EM_ISR_X, VA), EM_R_STOP);
    assert_int_equal(t->shutdown, HV_CRASH);
}

static void test_lazy_cover(void **state)
{
    struct hvt *t = *state;
    struct hv_mapped_regs *mr = hvt_mr(t, 0);
    const uint32_t also[] = { EM_VEC_DACCESS, EM_VEC_PAGE_NOT_PRESENT, EM_VEC_DACCESS_RIGHTS };

    mr->ic = 0;
    em_rse_restore(t->cpu, 4 | 2 << 7);
    em_set_ip(t->cpu, T_CODE, 1);
    assert_int_equal(interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_R | EM_ISR_RS | EM_ISR_IR, VA),
                     EM_R_RESUME);
    assert_int_equal(em_cfm(t->cpu), 0);
    assert_true(mr->ifs == (EM_IFS_V | 4 | 2 << 7));
    assert_int_equal(em_ip(t->cpu), T_CODE);
    for (size_t i = 0; i < ARRAY_SIZE(also); i++)
        assert_int_equal(interrupt(t, also[i], EM_ISR_R | EM_ISR_RS | EM_ISR_IR, VA), EM_R_RESUME);
    assert_int_equal(t->nr_shutdown, 0);
}

static void test_identity_feature(void **state)
{
    struct hvt *t = *state;
    struct { uint64_t cmd; uint8_t on, pad[7]; uint64_t pgprot, key; } f = {
        1, 1, { 0 }, 0x661, 0 };
    const uint64_t va = UINT64_C(0xe000000000300010);
    struct em_xlat x;

    memcpy(t->mem + T_DATA, &f, sizeof(f));
    em_rse_restore(t->cpu, 1 | 1 << 7);
    hvt_gr(t, 2, 0x700);
    hvt_gr(t, 32, T_INLINE(T_DATA));
    hvt_break(t, HV_BREAK_HYPERCALL);
    assert_int_equal(em_gr(t->cpu, 8), 0);
    em_set_ip(t->cpu, T_CODE, 1);
    interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_R, va);
    assert_int_equal(em_ip(t->cpu), T_CODE);
    assert_true(em_xlat_find(t->cpu, EM_DATA, va, &x));
    assert_int_equal(x.pte & EM_PTE_PPN, 0x300000);
    em_set_psr(t->cpu, em_psr(t->cpu) | EM_PSR_CPL);            /* not for user code */
    interrupt(t, EM_VEC_ALT_DTLB, EM_ISR_R, va + 0x100000);
    assert_int_equal(em_ip(t->cpu), T_IVA + EM_VEC_ALT_DTLB);
    f.cmd = 9;
    memcpy(t->mem + T_DATA, &f, sizeof(f));
    em_set_psr(t->cpu, (em_psr(t->cpu) & ~EM_PSR_CPL) | T_CPL1);
    hvt_break(t, HV_BREAK_HYPERCALL);
    assert_int_equal((int64_t)em_gr(t->cpu, 8), HV_ENOSYS);
}

/* ---- lazy floating point ------------------------------------------------------------------- */

static void test_disabled_fp(void **state)
{
    struct hvt *t = *state;

    assert_true(em_psr(t->cpu) & EM_PSR_DFH);
    interrupt(t, EM_VEC_DISABLED_FP, 2, 0);
    assert_int_equal(em_ip(t->cpu), T_CODE);                    /* ours: enabled and retried */
    assert_false(em_psr(t->cpu) & EM_PSR_DFH);
    interrupt(t, EM_VEC_DISABLED_FP, 1, 0);                     /* dfl is always the guest's */
    assert_int_equal(em_ip(t->cpu), T_IVA + EM_VEC_DISABLED_FP);
}

static void test_disabled_fp_by_guest(void **state)
{
    struct hvt *t = *state;

    /* ssm psr.dfh: bit 19; imm24 = 21 bits at 6, 2 at 31, 1 at 36 */
    hvt_privileged(t, UINT64_C(0x30000000) | UINT64_C(0x80000) << 6, false, 0x10);
    assert_int_equal(hvt_mr(t, 0)->vpsr_dfh, 1);
    interrupt(t, EM_VEC_DISABLED_FP, 2, 0);
    assert_int_equal(em_ip(t->cpu), T_IVA + EM_VEC_DISABLED_FP);
    assert_true(hvt_mr(t, 0)->ipsr & EM_PSR_DFH);
    assert_int_equal(hvt_mr(t, 0)->vpsr_dfh, 0);
}

static void test_unimplemented_ends_the_domain(void **state)
{
    struct hvt *t = *state;

    hv_em_ops.unimplemented(t->cpu, t->hv, "frob r1=r2");
    assert_int_equal(t->shutdown, HV_CRASH);
    assert_non_null(strstr(t->last_log, "frob r1=r2"));
}

static void test_nothing_there(void **state)
{
    struct hvt *t = *state;

    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(hv_em_ops.mmio_read(t->cpu, t->hv, UINT64_C(1) << 45, 8), 0);
    hv_em_ops.mmio_write(t->cpu, t->hv, UINT64_C(1) << 45, 8, 1);
    assert_non_null(strstr(t->last_log, "dropped"));            /* the log is not flooded */
}

static void test_dump(void **state)
{
    struct hvt *t = *state;
    char text[200], big[65536];

    for (size_t n = 1; n < sizeof(text); n += 13)
        assert_true(hv_dump(t->hv, t->cpu, text, n) < n);
    hv_dump(t->hv, t->cpu, big, sizeof(big));
    assert_non_null(strstr(big, "vpsr"));
    assert_non_null(strstr(big, "port 2: unbound"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_vectors), T(test_banks), T(test_nested_kills), T(test_metaphysical_identity),
        T(test_alternate_miss), T(test_instruction_tr_serves_data), T(test_vhpt_walk),
        T(test_one_entry_memory), T(test_speculative_misses_never_reflect), T(test_nested_dtlb),
        T(test_nested_instruction_miss_kills), T(test_lazy_cover), T(test_identity_feature),
        T(test_disabled_fp), T(test_disabled_fp_by_guest), T(test_unimplemented_ends_the_domain),
        T(test_nothing_there), T(test_dump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

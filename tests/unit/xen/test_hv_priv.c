/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Privileged instructions of the guest's kernel: one row per register and instruction. */
#include "hvt.h"

static int setup(void **state) { *state = hvt_new(1); return 0; }
static int teardown(void **state) { hvt_free(*state); return 0; }

/* encodings with r8 as source or target and r9 as index */
#define TO_CR(n)    (UINT64_C(0x2160000000) | (uint64_t)(n) << 20 | 8u << 13)
#define FROM_CR(n)  (UINT64_C(0x2120000000) | (uint64_t)(n) << 20 | 8u << 6)
#define M_R3_R2(x6) (UINT64_C(0x2000000000) | (uint64_t)(x6) << 27 | 9u << 20 | 8u << 13)
#define M_R1_R3(x6) (UINT64_C(0x2000000000) | (uint64_t)(x6) << 27 | 9u << 20 | 8u << 6)
#define SM(x4, imm) ((uint64_t)(x4) << 27 | ((uint64_t)(imm) & 0x1fffff) << 6 \
                     | ((uint64_t)(imm) >> 21 & 3) << 31 | ((uint64_t)(imm) >> 23 & 1) << 36)
#define SSM(imm)    SM(6, imm)
#define RSM(imm)    SM(7, imm)
#define TO_PSR_L    (UINT64_C(0x2000000000) | UINT64_C(0x2d) << 27 | 8u << 13)
#define FROM_PSR    (UINT64_C(0x2000000000) | UINT64_C(0x25) << 27 | 8u << 6)
#define PTC_E       (UINT64_C(0x2000000000) | UINT64_C(0x34) << 27 | 9u << 20)
#define TO_AR_M(n)  (UINT64_C(0x2000000000) | UINT64_C(0x2a) << 27 | (uint64_t)(n) << 20 | 8u << 13)
#define RFI         (UINT64_C(0x08) << 27)
#define BSW_0       (UINT64_C(0x0c) << 27)
#define BSW_1       (UINT64_C(0x0d) << 27)
#define VMSW_0      (UINT64_C(0x18) << 27)

enum { GE_RESERVED = EM_GE_RESERVED_FIELD, GE_NONE = -1 };

/** Runs the instruction; the code of the general exception the guest got, or GE_NONE. */
static int run(struct hvt *t, uint64_t insn, bool branch_unit)
{
    hvt_mr(t, 0)->ic = 1;
    hvt_mr(t, 0)->banknum = 1;
    hvt_privileged(t, insn, branch_unit, EM_GE_PRIVILEGED_OP);
    if ((em_ip(t->cpu) & 0x7fff) == EM_VEC_GENERAL) return (int)(hvt_mr(t, 0)->isr & 0xff);
    return GE_NONE;
}
static int run_m(struct hvt *t, uint64_t insn) { return run(t, insn, false); }

/* ---- control registers --------------------------------------------------------------------- */

static const struct { unsigned cr; uint64_t write; int fault; uint64_t read; } crs[] = {
    { EM_CR_DCR,  0x7f00, GE_NONE, 0x7f00 },
    { EM_CR_IVA,  UINT64_C(0xa000000100007fff), GE_NONE, UINT64_C(0xa000000100000000) },
    { EM_CR_IPSR, UINT64_C(0x123456789abcdef), GE_NONE, UINT64_C(0x123456789abcdef) },
    { EM_CR_ISR,  5, GE_NONE, 5 },     { EM_CR_IIP,  0x1230, GE_NONE, 0x1230 },
    { EM_CR_IFA,  6, GE_NONE, 6 },     { EM_CR_ITIR, 7, GE_NONE, 7 },
    { EM_CR_IIPA, 8, GE_NONE, 8 },     { EM_CR_IFS,  9, GE_NONE, 9 },
    { EM_CR_IIM,  10, GE_NONE, 10 },   { EM_CR_IHA,  11, GE_NONE, 11 },
    { EM_CR_PTA,  15u << 2 | 1, GE_NONE, 15u << 2 | 1 },
    { EM_CR_PTA,  14u << 2, GE_RESERVED, 15u << 2 | 1 },
    { EM_CR_PTA,  61u << 2, GE_RESERVED, 15u << 2 | 1 },
    { EM_CR_PTA,  15u << 2 | 0x200, GE_RESERVED, 15u << 2 | 1 },
    { EM_CR_TPR,  0x100f0, GE_NONE, 0x100f0 },
    { EM_CR_TPR,  0x100, GE_RESERVED, 0x100f0 },
    { EM_CR_ITV,  0x100ef, GE_NONE, 0x100ef },
    { EM_CR_ITV,  0xe00, GE_RESERVED, 0x100ef },
    { EM_CR_PMV,  0x100ee, GE_NONE, 0x100ee },
    { EM_CR_CMCV, 0x1001f, GE_NONE, 0x1001f },
    { EM_CR_LRR0, 0x10000, GE_NONE, 0x10000 },
    { EM_CR_LRR1, 0x10000, GE_NONE, 0x10000 },
    { EM_CR_EOI,  0, GE_NONE, 0 },
};

static void test_crs(void **state)
{
    struct hvt *t = *state;

    for (size_t i = 0; i < ARRAY_SIZE(crs); i++) {
        hvt_gr(t, 8, crs[i].write);
        if (run_m(t, TO_CR(crs[i].cr)) != crs[i].fault) fail_msg("write of cr%u", crs[i].cr);
        if (crs[i].fault == GE_NONE) assert_behind(t);
        if (crs[i].cr >= EM_CR_IPSR && crs[i].cr <= EM_CR_IHA) {
            hvt_gr(t, 8, 0);
            assert_int_equal(run_m(t, FROM_CR(crs[i].cr)), GE_NONE);
        } else {
            assert_int_equal(run_m(t, FROM_CR(crs[i].cr)), GE_NONE);
        }
        if (em_gr(t->cpu, 8) != crs[i].read)
            fail_msg("cr%u reads %#llx", crs[i].cr, (unsigned long long)em_gr(t->cpu, 8));
    }
}

static void test_crs_read_only_or_missing(void **state)
{
    struct hvt *t = *state;
    const unsigned read_only[] = { EM_CR_LID, EM_CR_IVR, EM_CR_IRR0, EM_CR_IRR3 };
    const unsigned missing[] = { 3, 9, 18, 26, 63, 75, 82, 127 };

    hvt_gr(t, 8, 0);
    for (size_t i = 0; i < ARRAY_SIZE(read_only); i++)
        assert_int_equal(run_m(t, TO_CR(read_only[i])), EM_GE_PRIVILEGED_OP);
    for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
        assert_int_equal(run_m(t, TO_CR(missing[i])), EM_GE_PRIVILEGED_OP);
        assert_int_equal(run_m(t, FROM_CR(missing[i])), EM_GE_PRIVILEGED_OP);
    }
    hvt_gr(t, 8, 0xef);                         /* lrr: only masked pins exist */
    assert_int_equal(run_m(t, TO_CR(EM_CR_LRR0)), EM_GE_PRIVILEGED_OP);
}

static void test_nat_operand(void **state)
{
    struct hvt *t = *state;

    em_set_gr(t->cpu, 8, 1, true);
    assert_int_equal(run_m(t, TO_CR(EM_CR_DCR)), GE_NONE);
    assert_int_equal(em_ip(t->cpu), EM_VEC_NAT_CONSUMPTION);
    assert_int_equal(hvt_mr(t, 0)->dcr, 0);
}

static void test_bad_target(void **state)
{
    struct hvt *t = *state;
    const uint64_t to_r0 = FROM_PSR & ~(UINT64_C(0x7f) << 6);
    const uint64_t to_r127 = to_r0 | UINT64_C(127) << 6;

    assert_int_equal(run_m(t, to_r0), EM_GE_PRIVILEGED_OP);
    assert_int_equal(run_m(t, to_r127), EM_GE_PRIVILEGED_OP);
}

/* ---- psr ----------------------------------------------------------------------------------- */

static void test_psr(void **state)
{
    struct hvt *t = *state;
    struct hv_mapped_regs *mr = hvt_mr(t, 0);

    assert_int_equal(run_m(t, SSM(EM_PSR_DT | EM_PSR_IC | EM_PSR_I)), GE_NONE);
    assert_int_equal(mr->metaphysical_mode, 0);
    assert_int_equal(t->si->vcpu[0].upcall_mask, 0);
    assert_int_equal(run_m(t, FROM_PSR), GE_NONE);
    assert_true((em_gr(t->cpu, 8) & (EM_PSR_DT | EM_PSR_IC | EM_PSR_I | EM_PSR_IT))
                == (EM_PSR_DT | EM_PSR_IC | EM_PSR_I | EM_PSR_IT));
    assert_int_equal(em_gr(t->cpu, 8) & EM_PSR_CPL, 0);
    assert_int_equal(run_m(t, RSM(EM_PSR_I)), GE_NONE);
    assert_int_equal(t->si->vcpu[0].upcall_mask, 1);
    assert_int_equal(run_m(t, SSM(EM_PSR_SI)), EM_GE_PRIVILEGED_OP);    /* may not be named */
    assert_int_equal(run_m(t, RSM(EM_PSR_SI)), EM_GE_PRIVILEGED_OP);
    run_m(t, SSM(EM_PSR_PP | EM_PSR_DFH | EM_PSR_SP));
    assert_int_equal(mr->vpsr_pp, 1);
    assert_int_equal(mr->vpsr_dfh, 1);
    run_m(t, RSM(EM_PSR_PP | EM_PSR_DFH | EM_PSR_AC));
    assert_int_equal(mr->vpsr_pp, 0);
    assert_int_equal(mr->vpsr_dfh, 0);
    assert_false(em_psr(t->cpu) & EM_PSR_AC);
    assert_true(em_psr(t->cpu) & EM_PSR_SP);
    hvt_gr(t, 8, EM_PSR_IC | EM_PSR_DT | EM_PSR_RT | EM_PSR_MFL | UINT64_C(0xf) << 32);
    assert_int_equal(run_m(t, TO_PSR_L), GE_NONE);
    assert_int_equal(mr->metaphysical_mode, 0);
    assert_true(em_psr(t->cpu) & EM_PSR_MFL);
    assert_false(em_psr(t->cpu) & EM_PSR_SP);
    assert_true((em_psr(t->cpu) & EM_PSR_CPL) == T_CPL1);       /* upper half is ignored */
    hvt_gr(t, 8, EM_PSR_DT);
    run_m(t, TO_PSR_L);
    assert_int_equal(mr->metaphysical_mode, 1);
    assert_int_equal(mr->ic, 0);
}

static void test_bsw(void **state)
{
    struct hvt *t = *state;

    hvt_gr(t, 20, 0x2020);
    assert_int_equal(run(t, BSW_0, true), GE_NONE);
    assert_int_equal(hvt_mr(t, 0)->banknum, 0);
    assert_int_equal(hvt_mr(t, 0)->bank1_regs[4], 0x2020);
    hvt_gr(t, 20, 1);
    em_set_ip(t->cpu, T_CODE, 0);
    hvt_privileged(t, BSW_1, true, EM_GE_PRIVILEGED_OP);
    assert_int_equal(em_gr(t->cpu, 20), 0x2020);
}

static void test_rfi(void **state)
{
    struct hvt *t = *state;

    hvt_mr(t, 0)->iip = T_CODE + 0x1000;
    hvt_mr(t, 0)->ipsr = EM_PSR_IC | UINT64_C(1) << EM_PSR_RI_SHIFT;
    hvt_mr(t, 0)->ifs = EM_IFS_V | 3;
    assert_int_equal(run(t, RFI, true), GE_NONE);
    assert_int_equal(em_ip(t->cpu), T_CODE + 0x1000);
    assert_int_equal(hvt_ri(t->cpu), 1);
    assert_int_equal(em_cfm(t->cpu), 3);
    assert_int_equal(run(t, VMSW_0, true), EM_GE_PRIVILEGED_OP);
}

/* ---- translation --------------------------------------------------------------------------- */

static void test_inserts_and_purges(void **state)
{
    struct hvt *t = *state;
    const uint64_t va = UINT64_C(0xa000000100000000);
    const unsigned itc[2] = { 0x2e, 0x2f }, itr[2] = { 0x0e, 0x0f }, ptr[2] = { 0x0c, 0x0d };
    struct em_xlat x;

    hvt_mr(t, 0)->ifa = va;
    hvt_mr(t, 0)->itir = 14u << 2;
    for (unsigned side = EM_DATA; side <= EM_INST; side++) {
        hvt_mr(t, 0)->itir = 14u << 2;
        hvt_gr(t, 8, 0x300661);
        assert_int_equal(run_m(t, M_R3_R2(itc[side])), GE_NONE);
        assert_true(em_xlat_find(t->cpu, (enum em_side)side, va, &x));
        hvt_gr(t, 9, va);
        hvt_gr(t, 8, 14u << 2);
        assert_int_equal(run_m(t, M_R3_R2(0x09)), GE_NONE);             /* ptc.l */
        assert_false(em_xlat_find(t->cpu, (enum em_side)side, va, &x));
        hvt_mr(t, 0)->itir = 26u << 2;
        hvt_gr(t, 8, 0x4000661);
        hvt_gr(t, 9, 2);
        assert_int_equal(run_m(t, M_R3_R2(itr[side])), GE_NONE);
        assert_true(em_tr_get(t->cpu, (enum em_side)side, 2, &x));
        hvt_gr(t, 9, 12);
        assert_int_equal(run_m(t, M_R3_R2(itr[side])), GE_RESERVED);
        hvt_gr(t, 9, va);
        hvt_gr(t, 8, 26u << 2);
        assert_int_equal(run_m(t, M_R3_R2(ptr[side])), GE_NONE);
        assert_false(em_tr_get(t->cpu, (enum em_side)side, 2, &x));
    }
    hvt_mr(t, 0)->itir = 14u << 2;
    hvt_gr(t, 8, 0x300661);
    run_m(t, M_R3_R2(0x2e));
    assert_int_equal(run_m(t, PTC_E), GE_NONE);
    assert_false(em_xlat_find(t->cpu, EM_DATA, va, &x));
    assert_int_equal(run_m(t, M_R3_R2(0x0a)), EM_GE_PRIVILEGED_OP);     /* ptc.g is not offered */
    assert_int_equal(run_m(t, M_R3_R2(0x0b)), GE_NONE);                 /* ptc.ga is */
}

static void test_tpa_tak(void **state)
{
    struct hvt *t = *state;
    const uint64_t va = UINT64_C(0x2000000000000000);

    hvt_gr(t, 9, 0x123456);                             /* metaphysical: itself */
    assert_int_equal(run_m(t, M_R1_R3(0x1e)), GE_NONE);
    assert_int_equal(em_gr(t->cpu, 8), 0x123456);
    hvt_break(t, 3);
    hvt_gr(t, 9, va + 0x123);
    hvt_mr(t, 0)->ipsr = 0;
    run_m(t, M_R1_R3(0x1e));                            /* misses: the guest's alternate miss */
    assert_int_equal(em_ip(t->cpu), EM_VEC_ALT_DTLB);
    assert_true(hvt_mr(t, 0)->ifa == va + 0x123);
    assert_int_equal(run_m(t, M_R1_R3(0x1f)), GE_NONE);
    assert_int_equal(em_gr(t->cpu, 8), 1);              /* tak: no translation */
    em_tc_insert(t->cpu, EM_DATA, va, 0x3006e1, 14u << 2 | 0x55 << 8, 0);
    assert_int_equal(run_m(t, M_R1_R3(0x1e)), GE_NONE);
    assert_int_equal(em_gr(t->cpu, 8), 0x300123);
    run_m(t, M_R1_R3(0x1f));
    assert_int_equal(em_gr(t->cpu, 8), 0x55 << 8);
}

static void test_register_files(void **state)
{
    struct hvt *t = *state;
    const struct { unsigned to, from, index; uint64_t value; } file[] = {
        { 0x03, 0x13, 3, 0x12300 | 1 },                 /* pkr */
        { 0x01, 0x11, 4, UINT64_C(0x123456789) },       /* dbr */
        { 0x02, 0x12, 4, UINT64_C(0x123456780) },       /* ibr */
    };

    for (size_t i = 0; i < ARRAY_SIZE(file); i++) {
        hvt_gr(t, 9, file[i].index);
        hvt_gr(t, 8, file[i].value);
        assert_int_equal(run_m(t, M_R3_R2(file[i].to)), GE_NONE);
        hvt_gr(t, 8, 0);
        assert_int_equal(run_m(t, M_R1_R3(file[i].from)), GE_NONE);
        assert_true(em_gr(t->cpu, 8) == file[i].value);
        hvt_gr(t, 9, 16);
        assert_int_equal(run_m(t, M_R3_R2(file[i].to)), GE_RESERVED);
    }
    hvt_gr(t, 9, UINT64_C(3) << 61);                    /* rr */
    hvt_gr(t, 8, 0x4200 | 14u << 2);
    assert_int_equal(run_m(t, M_R3_R2(0x00)), GE_NONE);
    hvt_gr(t, 8, 0);
    assert_int_equal(run_m(t, M_R1_R3(0x10)), GE_NONE);
    assert_int_equal(em_gr(t->cpu, 8), 0x4200 | 14u << 2);
    hvt_gr(t, 8, UINT64_C(1) << 26 | 14u << 2);
    assert_int_equal(run_m(t, M_R3_R2(0x00)), GE_RESERVED);
}

static void test_ars(void **state)
{
    struct hvt *t = *state;

    hvt_gr(t, 8, 0x77);
    assert_int_equal(run_m(t, TO_AR_M(EM_AR_K3)), GE_NONE);
    assert_int_equal(em_ar(t->cpu, EM_AR_K3), 0x77);
    assert_int_equal(run_m(t, TO_AR_M(EM_AR_ITC)), GE_NONE);            /* ignored */
    assert_true(em_ar(t->cpu, EM_AR_ITC) > 0x10000);
    assert_int_equal(run_m(t, TO_AR_M(EM_AR_BSP)), EM_GE_PRIVILEGED_OP);
}

static void test_user_is_reflected(void **state)
{
    struct hvt *t = *state;

    em_set_psr(t->cpu, em_psr(t->cpu) | EM_PSR_CPL);
    assert_int_equal(run_m(t, SSM(EM_PSR_I)), EM_GE_PRIVILEGED_OP);
    assert_int_not_equal(t->si->vcpu[0].upcall_mask, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_crs), T(test_crs_read_only_or_missing), T(test_nat_operand), T(test_bad_target),
        T(test_psr), T(test_bsw), T(test_rfi), T(test_inserts_and_purges), T(test_tpa_tak),
        T(test_register_files), T(test_ars), T(test_user_is_reflected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

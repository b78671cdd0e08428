/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Translation: rights, priorities of faults, inserts and purges, VHPT walks, windows, keys. */
#include "em_test.h"

#define VA   UINT64_C(0x2000000000200000)       /* region 1, on DATA_AT */
#define RID  UINT32_C(0x111)

#define PTE(ar, pl, ma, bits) \
    (DATA_AT | (uint64_t)(ar) << 9 | (uint64_t)(pl) << 7 | (uint64_t)(ma) << 2 | (bits))
#define PAD   (EM_PTE_P | EM_PTE_A | EM_PTE_D)
#define ITIR(ps, key) ((uint64_t)(ps) << 2 | (uint64_t)(key) << 8)

static void virtual_box(struct box *b)
{
    box_new(b);
    for (unsigned r = 0; r < 8; r++) em_set_rr(b->cpu, r, (RID + r - 1) << 8 | 14 << 2);
    em_set_psr(b->cpu, EM_PSR_DT | EM_PSR_RT | EM_PSR_IC | EM_PSR_BN);
}

static uint32_t vector_of(struct box *b, em_gva_t va, enum em_access acc, unsigned cpl)
{
    struct em_interruption in;
    em_gpa_t gpa = 0;

    if (em_translate(b->cpu, EM_DATA, va, acc, cpl, &gpa, &in)) {
        assert_int_equal(gpa, DATA_AT + (va & 0xffff));
        return 0;
    }
    return in.vector;
}

/* SDM vol. 2, "Page access rights", written out for CPL 0..3: R W X */
static const char *const rights[8][4] = {
    /* by ar and pl; one group per cpl */
    { "r-- --- --- ---", "r-- r-- --- ---", "r-- r-- r-- ---", "r-- r-- r-- r--" },
    { "r-x --- --- ---", "r-x r-x --- ---", "r-x r-x r-x ---", "r-x r-x r-x r-x" },
    { "rw- --- --- ---", "rw- rw- --- ---", "rw- rw- rw- ---", "rw- rw- rw- rw-" },
    { "rwx --- --- ---", "rwx rwx --- ---", "rwx rwx rwx ---", "rwx rwx rwx rwx" },
    { "rw- --- --- ---", "rw- r-- --- ---", "rw- rw- r-- ---", "rw- rw- rw- r--" },
    { "rwx --- --- ---", "rwx r-x --- ---", "rwx r-x r-x ---", "rwx r-x r-x r-x" },
    { "rw- --- --- ---", "rw- rwx --- ---", "rw- rw- rwx ---", "rw- rw- rw- rwx" },
    { "r-x --x --x --x", "r-x --x --x --x", "r-x --x --x --x", "r-x --x --x --x" },
};

static void test_access_rights(void **state)
{
    (void)state;
    for (unsigned ar = 0; ar < 8; ar++)
        for (unsigned pl = 0; pl < 4; pl++)
            for (unsigned cpl = 0; cpl < 4; cpl++) {
                const char *row = rights[ar][pl] + 4 * cpl;
                assert_int_equal(em__rights(ar, pl, cpl, EM_READ), row[0] == 'r');
                assert_int_equal(em__rights(ar, pl, cpl, EM_WRITE), row[1] == 'w');
                assert_int_equal(em__rights(ar, pl, cpl, EM_EXEC), row[2] == 'x');
            }
}

/* One translation with everything wrong; each step repairs what the fault before was about. */
static void test_fault_priorities(void **state)
{
    static const struct { uint64_t pte; unsigned pkr; uint32_t vector; } steps[] = {
        { PTE(0, 0, 7, 0), 0, EM_VEC_PAGE_NOT_PRESENT },
        { PTE(0, 0, 7, EM_PTE_P), 0, EM_VEC_NAT_CONSUMPTION },
        { PTE(0, 0, 0, EM_PTE_P), 0, EM_VEC_DKEY_MISS },
        { PTE(0, 0, 0, EM_PTE_P), 3, EM_VEC_KEY_PERMISSION },
        { PTE(0, 0, 0, EM_PTE_P), 1, EM_VEC_DACCESS_RIGHTS },
        { PTE(2, 0, 0, EM_PTE_P), 1, EM_VEC_DIRTY },
        { PTE(2, 0, 0, EM_PTE_P | EM_PTE_D), 1, EM_VEC_DACCESS },
        { PTE(2, 0, 0, PAD), 1, 0 },
    };
    struct box b;

    (void)state;
    virtual_box(&b);
    em_set_psr(b.cpu, em_psr(b.cpu) | EM_PSR_PK);
    assert_int_equal(vector_of(&b, VA, EM_WRITE, 0), EM_VEC_ALT_DTLB);
    for (unsigned i = 0; i < ARRAY_SIZE(steps); i++) {
        em_tc_insert(b.cpu, EM_DATA, VA, steps[i].pte, ITIR(14, 0x55), RID);
        em_set_ind(b.cpu, EM_IND_PKR, 0, UINT64_C(0x5500) | steps[i].pkr);
        assert_int_equal(vector_of(&b, VA, EM_WRITE, 0), steps[i].vector);
    }
    box_free(&b);
}

static void test_overlaps_and_purges(void **state)
{
    struct box b;

    (void)state;
    virtual_box(&b);
    em_tc_insert(b.cpu, EM_DATA, VA, PTE(2, 3, 0, PAD), ITIR(16, 0), RID);
    assert_int_equal(vector_of(&b, VA + 0xf000, EM_READ, 0), 0);
    /* a smaller page inside: the large one must be gone as a whole */
    em_tc_insert(b.cpu, EM_DATA, VA + 0x4000, PTE(2, 3, 0, PAD) + 0x4000, ITIR(12, 0), RID);
    assert_int_equal(vector_of(&b, VA + 0xf000, EM_READ, 0), EM_VEC_ALT_DTLB);
    assert_int_equal(vector_of(&b, VA + 0x4000, EM_READ, 0), 0);
    /* sides are separate */
    assert_null(em__lookup(b.cpu, EM_INST, VA + 0x4000, RID));
    /* another rid in the region register hides it, the old one shows it again */
    em_set_rr(b.cpu, 1, 0x99900 | 14 << 2);
    assert_int_equal(vector_of(&b, VA + 0x4000, EM_READ, 0), EM_VEC_ALT_DTLB);
    em_set_rr(b.cpu, 1, RID << 8 | 14 << 2);
    assert_int_equal(vector_of(&b, VA + 0x4000, EM_READ, 0), 0);
    /* a purge with another rid does nothing; with the right one and a large size it does */
    em_tc_purge(b.cpu, VA, 28, RID + 1);
    assert_int_equal(vector_of(&b, VA + 0x4000, EM_READ, 0), 0);
    em_tc_purge(b.cpu, VA, 28, RID);
    assert_int_equal(vector_of(&b, VA + 0x4000, EM_READ, 0), EM_VEC_ALT_DTLB);
    /* TRs survive ptc, not ptr */
    em_tr_insert(b.cpu, EM_DATA, 5, VA, PTE(2, 3, 0, PAD), ITIR(16, 0), RID);
    em_tc_purge_all(b.cpu);
    em_tc_purge(b.cpu, VA, 16, RID);
    assert_int_equal(vector_of(&b, VA, EM_READ, 0), 0);
    em_tr_purge(b.cpu, EM_DATA, VA, 12, RID);
    assert_int_equal(vector_of(&b, VA, EM_READ, 0), EM_VEC_ALT_DTLB);
    box_free(&b);
}

/* The software TLB must follow each change at once: the same load again and again. */
static void test_loads_see_changes(void **state)
{
    struct box b;
    struct prog p;
    uint64_t one = 1, two = 2;

    (void)state;
    virtual_box(&b);
    p.at = b.ram + CODE_AT;
    put_m(&p, enc(IA_OP_LD8) | R1(8) | R3(9));
    put_m(&p, BREAK_STOP);
    memcpy(b.ram + DATA_AT, &one, 8);
    memcpy(b.ram + DATA_AT + 0x1000, &two, 8);
    em_set_gr(b.cpu, 9, VA, false);
    b.stop_at_interruption = true;
    for (unsigned i = 0; i < 6; i++) {
        em_set_ip(b.cpu, CODE_AT, 0);
        if (i == 1) em_tc_insert(b.cpu, EM_DATA, VA, PTE(2, 0, 0, PAD), ITIR(12, 0), RID);
        if (i == 2) em_tc_insert(b.cpu, EM_DATA, VA, PTE(2, 0, 0, PAD) + 0x1000, ITIR(12, 0), RID);
        if (i == 3) em_set_psr(b.cpu, em_psr(b.cpu) | UINT64_C(3) << EM_PSR_CPL_SHIFT);
        if (i == 4) em_set_psr(b.cpu, em_psr(b.cpu) & ~EM_PSR_CPL);
        if (i == 5) em_tc_purge(b.cpu, VA, 12, RID);
        b.last.vector = 0;
        run_box(&b);
        switch (i) {
        case 0:
        case 5: assert_int_equal(b.last.vector, EM_VEC_ALT_DTLB); break;
        case 1: assert_int_equal(em_gr(b.cpu, 8), 1); break;
        case 3: assert_int_equal(b.last.vector, EM_VEC_DACCESS_RIGHTS); break;
        default: assert_int_equal(em_gr(b.cpu, 8), 2); break;
        }
    }
    box_free(&b);
}

static void test_vhpt_short(void **state)
{
    struct em_interruption in;
    struct box b;
    em_gpa_t gpa;
    uint64_t pte = PTE(2, 0, 0, PAD), hash;

    (void)state;
    virtual_box(&b);
    em_set_rr(b.cpu, 1, RID << 8 | 14 << 2 | EM_RR_VE);
    em_set_cr(b.cpu, EM_CR_PTA, UINT64_C(0x1ffffffff0000000) | 16 << 2 | 1);
    hash = em_thash(em_cr(b.cpu, EM_CR_PTA), em_rr(b.cpu, 1), VA);
    assert_int_equal(hash, (VA & UINT64_C(7) << 61) | UINT64_C(0x1ffffffff0000000) |
                               ((VA & (EM_BIT(61) - 1)) >> 14 << 3 & 0xffff));
    /* the table's page is missing */
    assert_false(em_translate(b.cpu, EM_DATA, VA, EM_READ, 0, &gpa, &in));
    assert_int_equal(in.vector, EM_VEC_VHPT);
    assert_int_equal(in.ifa, VA);
    assert_int_equal(in.iha, hash);
    assert_int_equal(in.itir, em_rr(b.cpu, 1) & 0xfffffffc);
    /* it is there, the entry is not present */
    em_tr_insert(b.cpu, EM_DATA, 0, hash & ~UINT64_C(0xffff), 0x210000 | PTE(2, 0, 0, PAD),
                 ITIR(16, 0), RID);
    memset(b.ram + 0x210000, 0, 0x10000);
    assert_false(em_translate(b.cpu, EM_DATA, VA, EM_READ, 0, &gpa, &in));
    assert_int_equal(in.vector, EM_VEC_PAGE_NOT_PRESENT);
    em_tc_purge_all(b.cpu);
    memcpy(b.ram + 0x210000 + (hash & 0xffff), &pte, 8);
    assert_true(em_translate(b.cpu, EM_DATA, VA + 0x123, EM_READ, 0, &gpa, &in));
    assert_int_equal(gpa, DATA_AT + 0x123);
    /* an entry with reserved bits makes the walker give up */
    pte |= 2;
    memcpy(b.ram + 0x210000 + (hash & 0xffff), &pte, 8);
    em_tc_purge_all(b.cpu);
    assert_false(em_translate(b.cpu, EM_DATA, VA, EM_READ, 0, &gpa, &in));
    assert_int_equal(in.vector, EM_VEC_DTLB);
    /* without interruption collection a miss is nested */
    em_set_psr(b.cpu, em_psr(b.cpu) & ~EM_PSR_IC);
    assert_false(em_translate(b.cpu, EM_DATA, VA, EM_READ, 0, &gpa, &in));
    assert_int_equal(in.vector, EM_VEC_NESTED_DTLB);
    box_free(&b);
}

static void test_vhpt_long(void **state)
{
    struct em_interruption in;
    struct box b;
    em_gpa_t gpa;
    uint64_t e[4] = { PTE(2, 0, 0, PAD), ITIR(12, 7), 0, 0 };
    uint64_t hash;

    (void)state;
    virtual_box(&b);
    em_set_rr(b.cpu, 1, RID << 8 | 14 << 2 | EM_RR_VE);
    em_set_cr(b.cpu, EM_CR_PTA, UINT64_C(0xe000000000210000) | 16 << 2 | EM_BIT(8) | 1);
    em_tr_insert(b.cpu, EM_DATA, 0, UINT64_C(0xe000000000210000), 0x210000 | PTE(2, 0, 0, PAD),
                 ITIR(16, 0), EM_RR_RID(em_rr(b.cpu, 7)));
    hash = em__thash(b.cpu, VA);
    assert_int_equal(hash >> 16, UINT64_C(0xe00000000021));
    e[2] = em__ttag(b.cpu, VA) ^ 1;
    memcpy(b.ram + 0x210000 + (hash & 0xffff), e, 32);
    assert_false(em_translate(b.cpu, EM_DATA, VA, EM_READ, 0, &gpa, &in));
    assert_int_equal(in.vector, EM_VEC_DTLB);
    e[2] ^= 1;
    memcpy(b.ram + 0x210000 + (hash & 0xffff), e, 32);
    assert_true(em_translate(b.cpu, EM_DATA, VA + 8, EM_READ, 0, &gpa, &in));
    assert_int_equal(gpa, DATA_AT + 8);
    assert_int_equal(em__lookup(b.cpu, EM_DATA, VA, RID)->ps, 12);
    assert_int_equal(em__lookup(b.cpu, EM_DATA, VA, RID)->key, 7);
    box_free(&b);
}

static void test_windows(void **state)
{
    struct em_interruption in;
    struct box b;
    em_gpa_t gpa;
    const em_gva_t va = UINT64_C(0xfffffffffff00000);

    (void)state;
    virtual_box(&b);
    em_window_set(b.cpu, 0, va, DATA_AT, 0x8000, 1);
    assert_true(em_translate(b.cpu, EM_DATA, va + 0x7ff8, EM_WRITE, 1, &gpa, &in));
    assert_int_equal(gpa, DATA_AT + 0x7ff8);
    assert_false(em_translate(b.cpu, EM_DATA, va, EM_READ, 3, &gpa, &in));
    assert_int_equal(in.vector, EM_VEC_DACCESS_RIGHTS);
    em_set_psr(b.cpu, em_psr(b.cpu) & ~EM_PSR_DT);
    assert_true(em_translate(b.cpu, EM_DATA, va, EM_READ, 0, &gpa, &in));
    em_set_psr(b.cpu, em_psr(b.cpu) | EM_PSR_DT);
    em_window_set(b.cpu, 0, 0, 0, 0, 0);
    assert_false(em_translate(b.cpu, EM_DATA, va, EM_READ, 0, &gpa, &in));
    box_free(&b);
}

/* More translations than fit, in random sizes: what the TC still has must be what was inserted. */
static void test_tc_random(void **state)
{
    struct box b;
    uint64_t seed = 99;
    unsigned hits = 0;

    (void)state;
    virtual_box(&b);
    for (unsigned i = 0; i < 20000; i++) {
        unsigned ps = 12 + 2 * (unsigned)(rnd(&seed) % 4);
        em_gva_t va = (rnd(&seed) % 0x4000000) & ~(EM_BIT(ps) - 1);
        em_gva_t probe = rnd(&seed) % 0x4000000;
        const struct em_xlat *x;
        /* the translation adds 1 GiB: any hit can be checked */
        em_tc_insert(b.cpu, EM_DATA, va, (va + EM_BIT(30)) | PTE(2, 0, 0, PAD) % 4096,
                     ITIR(ps, 0), RID);
        assert_non_null(em__lookup(b.cpu, EM_DATA, va, RID));
        x = em__lookup(b.cpu, EM_DATA, probe, RID);
        if (!x) continue;
        hits++;
        assert_true(probe - x->va < EM_BIT(x->ps));
        assert_int_equal(x->pte & EM_PTE_PPN, x->va + EM_BIT(30));
        if (i % 5 == 0) {
            em_tc_purge(b.cpu, probe, 12, RID);
            assert_null(em__lookup(b.cpu, EM_DATA, probe, RID));
        }
    }
    assert_true(hits > 100);
    box_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_access_rights),
        cmocka_unit_test(test_fault_priorities),
        cmocka_unit_test(test_overlaps_and_purges),
        cmocka_unit_test(test_loads_see_changes),
        cmocka_unit_test(test_vhpt_short),
        cmocka_unit_test(test_vhpt_long),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_tc_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

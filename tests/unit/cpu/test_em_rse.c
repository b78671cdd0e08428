/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register stack engine against a straightforward model: an endless array of registers, each
 * with the address where the backing store has it. Random calls, returns, allocs, covers, restores,
 * flushes, partial loads and rotations, starting at every position within a NaT collection.
 */
#include "em_test.h"

#define NR_REGS   60000u
#define NR_OPS    400u
#define MAX_DEPTH 200u

struct model {
    uint64_t value[NR_REGS];
    uint8_t nat[NR_REGS];
    uint8_t defined[NR_REGS];
    unsigned base;                  /* index of the frame's first physical register */
    unsigned sof, sol, sor, rrb;
    uint64_t start;                 /* address of register 0 */
    unsigned depth;
    struct { uint64_t cfm; bool covered; } saved[MAX_DEPTH];
};

static struct model m;
static uint64_t seed;

static uint64_t address(unsigned index)
{
    uint64_t words = m.start / 8;

    /* one word a register, plus the collection words passed */
    for (unsigned i = 0; i < index; i++) {
        words++;
        if (words % 64 == 63) words++;
    }
    return words * 8;
}

static unsigned physical(unsigned r)
{
    unsigned i = r - 32;

    return m.base + (i < m.sor ? (i + m.rrb) % m.sor : i);
}

static void check(struct box *b, const char *after)
{
    assert_int_equal(em__sof(b->cpu), m.sof);
    for (unsigned r = 32; r < 32 + m.sof; r++) {
        unsigned p = physical(r);
        if (!m.defined[p]) continue;
        if (em_gr(b->cpu, r) != m.value[p] || em_gr_nat(b->cpu, r) != m.nat[p])
            fail_msg("after %s: r%u is %llx nat %d, expected %llx nat %d", after, r,
                     (unsigned long long)em_gr(b->cpu, r), em_gr_nat(b->cpu, r),
                     (unsigned long long)m.value[p], m.nat[p]);
    }
    if (em_ar(b->cpu, EM_AR_BSP) != address(m.base))
        fail_msg("after %s: BSP %llx, expected %llx", after,
                 (unsigned long long)em_ar(b->cpu, EM_AR_BSP),
                 (unsigned long long)address(m.base));
}

static void undefine_above(void)
{
    memset(m.defined + m.base + m.sof, 0, 128);
}

static void write_some(struct box *b)
{
    for (unsigned r = 32; r < 32 + m.sof; r++) {
        unsigned p = physical(r);
        if (rnd(&seed) % 2) continue;
        m.value[p] = rnd(&seed);
        m.nat[p] = rnd(&seed) % 8 == 0;
        m.defined[p] = 1;
        em_set_gr(b->cpu, r, m.value[p], m.nat[p]);
    }
}

static void do_alloc(struct box *b)
{
    unsigned sof = (unsigned)(rnd(&seed) % 97), sol = (unsigned)(rnd(&seed) % (sof + 1));
    unsigned sor = (unsigned)(rnd(&seed) % 3) * 8;

    if (m.rrb || m.base + 300 > NR_REGS) return;
    if (sor > sof) sor = 0;
    assert_int_equal(em__rse_alloc(b->cpu, sof, sol, sor), EM_OK);
    m.sof = sof;
    m.sol = sol;
    m.sor = sor;
    undefine_above();
}

static uint64_t model_cfm(void)
{
    return m.sof | (uint64_t)m.sol << 7 | (uint64_t)(m.sor / 8) << 14 | (uint64_t)m.rrb << 18;
}

/* the rename bases of FRs and PRs rotate along with those of GRs */
static uint64_t frame_bits(uint64_t cfm) { return cfm & ((UINT64_C(1) << 25) - 1); }

static void enter_frame(bool covered, uint64_t cfm)
{
    m.saved[m.depth].cfm = cfm;
    m.saved[m.depth].covered = covered;
    m.depth++;
    m.base += covered ? m.sof : m.sol;
    m.sof = covered ? 0 : m.sof - m.sol;
    m.sol = m.sor = m.rrb = 0;
}

static void do_call(struct box *b)
{
    if (m.depth == MAX_DEPTH || m.base + 300 > NR_REGS) return;
    assert_int_equal(frame_bits(b->cpu->cfm), model_cfm());
    em__call_frame(b->cpu);
    enter_frame(false, b->cpu->pfs & EM_CFM_MASK);
}

static void do_cover(struct box *b)
{
    uint64_t cfm;

    if (m.depth == MAX_DEPTH || m.base + 300 > NR_REGS) return;
    cfm = em_rse_cover(b->cpu);
    assert_int_equal(frame_bits(cfm), model_cfm());
    enter_frame(true, cfm);
}

/* Everything below the frame must be in memory, NaTs in the collections or RNAT. */
static void do_flush(struct box *b)
{
    uint64_t rnat, bsp;

    assert_int_equal(em__rse_flush(b->cpu), EM_OK);
    bsp = em_ar(b->cpu, EM_AR_BSP);
    assert_int_equal(em_ar(b->cpu, EM_AR_BSPSTORE), bsp);
    for (unsigned p = m.base > 150 ? m.base - 150 : 0; p < m.base; p++) {
        uint64_t a = address(p), word, collection = a | 0x1f8;
        if (!m.defined[p]) continue;
        memcpy(&word, b->ram + a, 8);
        assert_int_equal(word, m.value[p]);
        if (collection < bsp) memcpy(&rnat, b->ram + collection, 8);
        else rnat = em_ar(b->cpu, EM_AR_RNAT);
        assert_int_equal((rnat >> ((a >> 3) & 63)) & 1, m.nat[p]);
    }
}

static void do_return(struct box *b)
{
    uint64_t cfm;
    unsigned old_end = m.base + m.sof;

    if (!m.depth) return;
    cfm = m.saved[--m.depth].cfm;
    /* after a loadrs the frame may not fit above what is dirty: that would be a bad PFS */
    if (!m.saved[m.depth].covered &&
        em__cfm_sof(cfm) - em__cfm_sol(cfm) + (unsigned)b->cpu->ndirty > EM_NR_STACKED)
        do_flush(b);
    if (m.saved[m.depth].covered) em_rse_restore(b->cpu, cfm);
    else em__return_frame(b->cpu, cfm, em__cfm_sol(cfm));
    m.base -= m.saved[m.depth].covered ? em__cfm_sof(cfm) : em__cfm_sol(cfm);
    m.sof = em__cfm_sof(cfm);
    m.sol = em__cfm_sol(cfm);
    m.sor = em__cfm_sor(cfm);
    m.rrb = em__cfm_rrb_gr(cfm);
    if (old_end < m.base + m.sof) memset(m.defined + old_end, 0, m.base + m.sof - old_end);
    undefine_above();
    assert_int_equal(em__rse_fill(b->cpu), EM_OK);
}

static void do_rotate(struct box *b)
{
    em__rotate(b->cpu);
    if (m.sor) m.rrb = m.rrb ? m.rrb - 1 : m.sor - 1;
}

static void do_clear_rrb(struct box *b)
{
    em__set_cfm(b->cpu, b->cpu->cfm & ~EM_CFM_RRB);
    m.rrb = 0;
}

/* As a kernel's exit does: in an empty frame, bring back part of the dirty registers. */
static void do_loadrs(struct box *b)
{
    unsigned n = (unsigned)(rnd(&seed) % 97);

    do_cover(b);
    if (m.sof) return;
    if (rnd(&seed) % 2) do_flush(b);
    if (n > m.base) n = m.base;
    b->cpu->rsc = (address(m.base) - address(m.base - n)) << 16;
    /* what was dirty and is below is lost, and NaTs that were collected but not yet stored */
    for (unsigned p = m.base > 200 ? m.base - 200 : 0; p < m.base - n; p++)
        if (address(p) >= (b->cpu->bspstore & ~UINT64_C(511))) m.defined[p] = 0;
    assert_int_equal(em__rse_loadrs(b->cpu), EM_OK);
    assert_int_equal(b->cpu->ndirty, n);
    b->cpu->rsc = 0;
}

static const struct {
    const char *name;
    void (*fn)(struct box *b);
    unsigned weight;
} ops[] = {
    { "alloc", do_alloc, 5 }, { "call", do_call, 8 }, { "return", do_return, 8 },
    { "cover", do_cover, 2 }, { "rotate", do_rotate, 3 }, { "clrrrb", do_clear_rrb, 2 },
    { "flush", do_flush, 1 }, { "loadrs", do_loadrs, 1 }, { "write", write_some, 6 },
};

static void one_op(struct box *b)
{
    unsigned total = 0, pick, i;

    for (i = 0; i < ARRAY_SIZE(ops); i++) total += ops[i].weight;
    pick = (unsigned)(rnd(&seed) % total);
    for (i = 0; pick >= ops[i].weight; i++) pick -= ops[i].weight;
    ops[i].fn(b);
    check(b, ops[i].name);
    assert_true(b->cpu->ndirty >= 0 && (unsigned)b->cpu->ndirty + m.sof <= EM_NR_STACKED);
}

static void test_random_traces(void **state)
{
    (void)state;
    for (unsigned slot = 0; slot < 63; slot++) {
        struct box b;
        memset(&m, 0, sizeof(m));
        seed = slot * 7919 + 1;
        m.start = STACK_AT + slot * 8;
        box_new(&b);
        em_set_ar(b.cpu, EM_AR_BSPSTORE, m.start);
        for (unsigned i = 0; i < NR_OPS; i++) one_op(&b);
        while (m.depth) { do_return(&b); check(&b, "return at the end"); }
        box_free(&b);
    }
}

static void test_no_nats_left_behind(void **state)
{
    struct box b;

    (void)state;
    box_new(&b);
    em__rse_alloc(b.cpu, 90, 80, 0);
    for (unsigned r = 32; r < 122; r++) em_set_gr(b.cpu, r, r, true);
    em__call_frame(b.cpu);
    em__rse_alloc(b.cpu, 96, 0, 0);
    assert_int_equal(b.cpu->lim, 0);
    for (unsigned r = 32; r < 128; r++) em_set_gr(b.cpu, r, r, false);
    assert_int_equal(b.cpu->nat_count, 0);      /* the caller's are in memory */
    assert_int_equal(b.cpu->lim, 128);
    em__return_frame(b.cpu, 90 | 80 << 7, 80);
    assert_int_equal(em__rse_fill(b.cpu), EM_OK);
    assert_int_equal(b.cpu->nat_count, 80);
    em__rse_alloc(b.cpu, 0, 0, 0);
    assert_int_equal(b.cpu->nat_count, 0);
    for (unsigned i = 0; i < EM_STK_WORDS; i++) assert_int_equal(b.cpu->snat[i], 0);
    box_free(&b);
}

/* SDM vol. 2: BSP after a write of BSPSTORE with dirty registers, all (dirty, slot) pairs */
static void test_bspstore_write(void **state)
{
    struct box b;

    (void)state;
    box_new(&b);
    for (unsigned slot = 0; slot < 63; slot++) {
        for (unsigned n = 0; n <= 96; n++) {
            memset(&m, 0, sizeof(m));
            m.start = STACK_AT + slot * 8;
            em_cpu_reset(b.cpu);
            em_set_ar(b.cpu, EM_AR_BSPSTORE, STACK_AT + 0x4000);
            em__rse_alloc(b.cpu, n, n, 0);
            em__call_frame(b.cpu);
            em_set_ar(b.cpu, EM_AR_BSPSTORE, m.start);
            assert_int_equal(em_ar(b.cpu, EM_AR_BSP), address(n));
            assert_int_equal(em_ar(b.cpu, EM_AR_BSPSTORE), m.start);
        }
    }
    box_free(&b);
}

static void test_bad_pfs_gives_empty_frame(void **state)
{
    struct box b;

    (void)state;
    box_new(&b);
    em__rse_alloc(b.cpu, 90, 90, 0);
    em__call_frame(b.cpu);
    em__return_frame(b.cpu, 96 | 10 << 7, 10);          /* 86 new registers over 80 dirty ones */
    assert_int_equal(b.cpu->cfm, 0);
    assert_int_equal(b.cpu->ndirty, 80);
    box_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_traces),
        cmocka_unit_test(test_no_nats_left_behind),
        cmocka_unit_test(test_bspstore_write),
        cmocka_unit_test(test_bad_pfs_gives_empty_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

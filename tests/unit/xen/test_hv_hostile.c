/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that means harm: random hypercalls, hyperprivops, privileged instructions,
 * interruptions and
 * a random shared page. Whatever happens may end the domain, never the process; run with
 * sanitizers.
 * HV_HOSTILE_ROUNDS=N does more than the default.
 */
#include "hvt.h"

#define DEFAULT_ROUNDS 60000u

static uint64_t rng_state = 0x9e3779b97f4a7c15;
static uint64_t rnd(void)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state;
}

/** Numbers that are likely to matter: small, at limits, addresses of all kinds, and anything. */
static uint64_t value(void)
{
    static const uint64_t special[] = {
        0, 1, UINT64_MAX, UINT64_C(1) << 63, T_RAM, T_RAM - 1, T_RAM - 8, HV_SHARED_INFO_GPA,
        HV_GNT_FRAME_PFN, HV_GNT_FRAME_PFN << 14, HV_XSI_BASE_DEFAULT, UINT64_C(0xfffffffffff00000),
        HV_DOMID_SELF, INT64_MAX, UINT32_MAX, UINT64_C(1) << 32, UINT64_C(1) << 61 };

    switch (rnd() % 6) {
    case 0: return rnd() % 80;
    case 1: return special[rnd() % ARRAY_SIZE(special)] + rnd() % 3 - 1;
    case 2: return T_INLINE(rnd() % (T_RAM + 65536));
    case 3: return rnd() % T_RAM & ~UINT64_C(7);
    case 4: return rnd() >> (rnd() % 64);
    default: return rnd();
    }
}

/** Descriptors and structures that are nearly right do more than noise. */
static void scribble(struct hvt *t)
{
    const uint64_t at = rnd() % (T_RAM - 256) & ~UINT64_C(7);
    const uint64_t header = UINT64_C(0x58434f4d) | (rnd() % 8) << 32;
    uint64_t v;

    memcpy(t->mem + at, &header, sizeof(header));
    for (unsigned i = 1; i < 12; i++) {
        v = rnd() % 4 ? value() : HV_DOMID_SELF | value() << 32;
        memcpy(t->mem + at + 8 * i, &v, sizeof(v));
    }
    if (rnd() % 16 == 0) {                      /* the pages that we share */
        const uint64_t n = rnd() % (hv_extra_bytes() / 8);

        v = value();
        memcpy(t->mem + T_RAM + 8 * n, &v, sizeof(v));
    }
    if (rnd() % 4 == 0) {
        uint64_t *field = (uint64_t *)(void *)hvt_mr(t, 0) + rnd() % 512;

        *field = value();
    }
}

static void random_registers(struct hvt *t)
{
    em_rse_restore(t->cpu, rnd() % 8 ? 6 | 6 << 7 : 0);
    for (unsigned r = 2; r < 32; r++) em_set_gr(t->cpu, r, value(), rnd() % 64 == 0);
    if (em_cfm(t->cpu))
        for (unsigned r = 32; r < 38; r++) em_set_gr(t->cpu, r, value(), rnd() % 64 == 0);
}

static enum em_reply hypercall(struct hvt *t)
{
    static const uint64_t classes[] = { 0, 0, 0, 0, 0x300, 0x400, 0x500, 0x600, 0x700, 0x1000,
                                        0x1100, 0x1200, 0x200, 0x9900 };
    static const uint64_t common[] = { 12, 13, 17, 18, 20, 24, 29, 30, 32, 48 };
    const uint64_t class = classes[rnd() % ARRAY_SIZE(classes)];

    hvt_gr(t, 2, rnd() % 4 && class == 0 ? common[rnd() % ARRAY_SIZE(common)]
                                         : class + rnd() % 70);
    if (em_cfm(t->cpu) && rnd() % 2) {
        hvt_gr(t, 32, rnd() % 16);
        hvt_gr(t, 33, T_INLINE(rnd() % T_RAM));
        hvt_gr(t, 34, rnd() % 4);
    }
    return hvt_break(t, HV_BREAK_HYPERCALL);
}

static enum em_reply interruption(struct hvt *t)
{
    static const uint32_t vectors[] = { 0, 0x400, 0x800, 0xc00, 0x1000, 0x1400, 0x2000, 0x2800,
                                        0x2c00, 0x5000, 0x5300, 0x5400, 0x5500, 0x5600, 0x7777 };
    struct em_interruption in = {
        .vector = vectors[rnd() % ARRAY_SIZE(vectors)], .isr = rnd() & UINT64_C(0x7ff00000033),
        .ifa = value(), .iim = rnd(), .ip = em_ip(t->cpu), .ri = (unsigned)(rnd() % 3) };

    return hv_em_ops.interruption(t->cpu, t->hv, &in);
}

/** A random M-unit system instruction or B-unit one at privilege level 1. */
static enum em_reply privileged(struct hvt *t)
{
    const bool branch = rnd() % 8 == 0;
    const uint64_t major = branch ? 0 : rnd() % 2;
    const uint64_t fields = branch ? UINT64_C(0x7ffffffc0) : UINT64_C(0x1fffffffc0);
    const uint64_t insn = major << 37 | (rnd() & fields);

    return hvt_privileged(t, insn, branch, rnd() % 3 * 16);
}

static void one(struct hvt *t)
{
    if (rnd() % 3 == 0) scribble(t);
    random_registers(t);
    t->firmware_reply = (enum em_reply)(rnd() % 5);
    switch (rnd() % 8) {
    case 0: case 1: case 2: hypercall(t); break;
    case 3: hvt_break(t, 1 + rnd() % 0x1a); break;
    case 4: privileged(t); break;
    case 5: interruption(t); break;
    case 6: hv_em_ops.attention(t->cpu, t->hv); break;
    default:
        hv_port_notify(t->hv, (unsigned)(rnd() % 5000));
        hv_grant_unmap(t->hv, (uint32_t)(rnd() % 70000));
        (void)hv_grant_map(t->hv, (uint32_t)(rnd() % 70000), rnd() & 1);
        t->now_ns += rnd() % 1000000000;
        break;
    }
    em_set_psr(t->cpu, (em_psr(t->cpu) & ~EM_PSR_CPL) | T_CPL1);
}

/** A domain that died is replaced; with a hundred at least, otherwise the test tests one thing. */
static void test_random(void **state)
{
    const char *env = getenv("HV_HOSTILE_ROUNDS");
    const unsigned long rounds = env ? strtoul(env, NULL, 0) : DEFAULT_ROUNDS;
    struct hvt *t = hvt_new(2);
    unsigned long i, died = 0, calls = 0;

    (void)state;
    for (i = 0; i < rounds; i++) {
        one(t);
        calls++;
        if (t->nr_shutdown == 0 && calls < 2000) continue;
        died += t->nr_shutdown != 0;
        assert_true(hv_nr_pages(t->hv) <= T_PAGES);
        hvt_free(t);
        t = hvt_new(1 + (unsigned)(rnd() % 4));
        calls = 0;
    }
    hvt_free(t);
    assert_true(died > 0);
}

/* ---- written down: arguments that once were, or might be, wrong ---------------------------- */

static void test_lengths_and_counts(void **state)
{
    struct hvt *t = hvt_new(1);
    struct { uint64_t list, nr; uint32_t order, flags; uint16_t domid; uint8_t pad[6]; } r = {
        T_INLINE(T_RAM - 16), UINT64_MAX, 0, 0, HV_DOMID_SELF, { 0 } };
    struct { uint32_t magic, nr; uint64_t gpa[2]; } d = {
        0x58434f4d, UINT32_MAX, { 16383, 16383 } };

    (void)state;
    assert_int_equal(hvt_op(t, 12, 1, &r, sizeof(r)), 1);           /* pfn 0, then 0 again: stops */
    r.list = UINT64_MAX;
    assert_int_equal(hvt_op(t, 12, 6, &r, sizeof(r)), 0);
    assert_int_equal(hvt_call(t, 13, T_INLINE(T_RAM - 32), 4096, 0), HV_EFAULT);
    assert_int_equal(hvt_call(t, 18, 0, UINT64_MAX, T_INLINE(T_RAM - 100)), HV_EFAULT);
    assert_int_equal(hvt_call(t, 20, 5, T_INLINE(T_RAM - 20), 65536), HV_EFAULT);
    memcpy(t->mem + T_RAM - 24, &d, sizeof(d));
    assert_int_equal(hvt_call(t, 17, 3, T_RAM - 24, 0), HV_EFAULT);  /* list runs out of memory */
    assert_int_equal(hvt_call(t, 17, 1, UINT64_C(0x07fffffffffffff8), 0), HV_EFAULT);
    assert_int_equal(hvt_call(t, 17, 1, UINT64_C(0x87fffffffffffff8), 0), HV_EFAULT);
    assert_int_equal(t->nr_shutdown, 0);
    hvt_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths_and_counts), cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

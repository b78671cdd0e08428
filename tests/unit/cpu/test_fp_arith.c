/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random multiply-adds, comparisons, minima and classes against mpfr. FP_CASES=n for more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "fp_oracle.h"

static const enum em_fp_mul muls[] = { EM_FP_MA, EM_FP_MS, EM_FP_NMA };

static void one_fma(long i, struct em_freg f3, struct em_freg f4, struct em_freg f2)
{
    enum em_fp_pc pc = (enum em_fp_pc)below(3);
    enum em_fp_mul op = muls[below(3)];
    bool mpy = below(6) == 0;
    struct em_fp_env env = env_of(i, 7);
    struct outcome want = oracle_fma(op, format_of(pc, env.controls), false, f3, f4, f2, mpy, &env);
    struct em_freg r = em_fp_fma(op, pc, f3, f4, mpy ? image(false, 0, 0) : f2, mpy, &env);

    if (same_outcome(&want, r, &env))
        return;
    report("fma", &want, r, &env);
    report_operand("f3", f3);
    report_operand("f4", f4);
    report_operand("f2", f2);
    fail_msg("fma kind %d pc %d f2_is_f0 %d, case %ld", op, pc, mpy, i);
}

static void test_fma_numbers(void **state)
{
    (void)state;
    for (long i = 0, n = cases(30000); i < n; i++) {
        struct em_freg a = rnd_normal(), b = rnd_normal();
        one_fma(i, a, b, rnd_addend(a, b));
    }
}

static void test_fma_anything(void **state)
{
    (void)state;
    for (long i = 0, n = cases(30000); i < n; i++)
        one_fma(i, rnd_any(), rnd_any(), rnd_any());
}

/** Operands of one format, as compiled programs have them. */
static void test_fma_doubles(void **state)
{
    (void)state;
    for (long i = 0, n = cases(30000); i < n; i++) {
        struct em_freg f[3];
        for (int k = 0; k < 3; k++) {
            uint64_t e = below(3) ? 960 + below(128) : below(2048);
            uint64_t m = rnd64() << below(64) & UINT64_C(0xfffffffffffff);
            f[k] = below(2) ? em_fp_from_double((rnd64() & TOP) | e << 52 | m)
                            : em_fp_from_single(rnd_single());
        }
        one_fma(i, f[0], f[1], f[2]);
    }
}

/** Results around the least number of each range, where tininess and its rounding are decided. */
static void test_fma_tiny(void **state)
{
    static const uint64_t emin[] = { 0xff81, 0xfc01, 0xc001, 1 };
    (void)state;
    for (long i = 0, n = cases(30000); i < n; i++) {
        struct em_freg a = image(below(2), 0, rnd_sig() | TOP);
        struct em_freg b = image(below(2), 0, rnd_sig() | TOP);
        int64_t e = (int64_t)emin[below(4)] - 68 + below(72);   /* exponent of the product */
        a.se |= (uint64_t)(1 + below((unsigned)(e + BIAS > 0x1fffe ? 0x1fffe : e + BIAS - 1)));
        e = e + BIAS - (int64_t)(a.se & 0x1ffff);
        b.se |= (uint64_t)(e < 1 ? 1 : e > 0x1fffe ? 0x1fffe : e);
        one_fma(i, a, b, below(2) ? image(below(2), 0, 0) : rnd_addend(a, b));
    }
}

/** x with x * odd = 1 modulo 2^64. */
static uint64_t inverse(uint64_t odd)
{
    uint64_t x = odd;
    for (int i = 0; i < 5; i++)
        x *= 2 - odd * x;
    return x;
}

/**
 * Products of all 128 bits against addends one exponent away: what needs a 129th bit, and sticky
 * bits that stand alone below a tie.
 */
static void test_fma_last_bit(void **state)
{
    static const uint64_t low[] = { 1, UINT64_MAX, TOP | 1, TOP - 1, TOP | 3, 3 };
    (void)state;
    for (long i = 0, n = cases(30000); i < n; i++) {
        uint64_t s = rnd64() | TOP | 1, t = inverse(s) * low[below(6)] | TOP;
        uint64_t e = (uint64_t)(BIAS - 60 + (int)below(120));
        struct em_freg a, b, c;

        if (below(2)) {             /* just below a power of two: all but cancelled by c */
            unsigned k = below(2) ? 61 : below(64);
            s = UINT64_MAX - (rnd64() >> k >> 1);
            t = UINT64_MAX - (rnd64() >> k >> 1);
        }
        a = image(below(2), BIAS, s);
        b = image(below(2), e, t);
        c = image(!(sign_of(a) ^ sign_of(b)) ^ (below(4) == 0), e + 1 + below(3),
                  below(2) ? TOP + (rnd64() >> (40 + below(24)) >> 1) : rnd_sig() | TOP);
        one_fma(i, a, b, c);
    }
}

static struct outcome join(struct outcome high, struct outcome low)
{
    struct outcome o = { .flags = high.flags | low.flags, .fault = high.fault | low.fault << 4,
                         .trap = high.trap | low.trap >> 4 };
    if (o.fault)
        o.flags = o.trap = 0;
    o.r = integer((uint64_t)em_fp_to_single(high.r) << 32 | em_fp_to_single(low.r));
    return o;
}

static struct em_freg half(struct em_freg f, int high)
{
    return em_fp_from_single((uint32_t)(f.sig >> (high ? 32 : 0)));
}

static struct em_freg rnd_parallel(void)
{
    uint64_t s = (uint64_t)rnd_single() << 32 | rnd_single();
    switch (below(30)) {
    case 0: return natval();
    case 1: return image(below(2), rnd_exp(), s);   /* only the significand counts */
    default: return integer(s);
    }
}

static void test_fpma(void **state)
{
    const struct format single = { 24, 8 };
    (void)state;
    for (long i = 0, n = cases(30000); i < n; i++) {
        struct em_freg f3 = rnd_parallel(), f4 = rnd_parallel(), f2 = rnd_parallel(), r;
        enum em_fp_mul op = muls[below(3)];
        bool mpy = below(6) == 0;
        struct em_fp_env env = env_of(i, 7);
        struct outcome h[2], want = { .r = natval() };

        if (mpy)
            f2 = image(false, 0, 0);
        for (int k = 0; k < 2; k++)
            h[k] = oracle_fma(op, single, true, half(f3, k), half(f4, k), half(f2, k), mpy, &env);
        if (!any_of(NATVAL, kind_of(f3), kind_of(f4), kind_of(f2)))
            want = join(h[1], h[0]);
        r = em_fp_fpma(op, f3, f4, f2, mpy, &env);
        if (same_outcome(&want, r, &env))
            continue;
        report("fpma", &want, r, &env);
        report_operand("f3", f3);
        report_operand("f4", f4);
        report_operand("f2", f2);
        fail_msg("fpma kind %d f2_is_f0 %d, case %ld", op, mpy, i);
    }
}

/* ---- comparisons ------------------------------------------------------------------------- */

/** -1, 0, 1, by mpfr; operands are no NaN and not unsupported. */
static int compare(struct em_freg a, struct em_freg b, bool magnitudes)
{
    struct em_freg f[2] = { a, b };
    mpfr_t v[2];
    int c;

    for (int i = 0; i < 2; i++) {
        mpfr_init2(v[i], 64);
        if (kind_of(f[i]) == INFINITE)
            mpfr_set_inf(v[i], sign_of(f[i]) ? -1 : 1);
        else
            value_of(v[i], f[i]);
    }
    c = magnitudes ? mpfr_cmpabs(v[0], v[1]) : mpfr_cmp(v[0], v[1]);
    mpfr_clear(v[0]);
    mpfr_clear(v[1]);
    return c < 0 ? -1 : c > 0;
}

/** A partner for a: often equal in value, or all but. */
static struct em_freg rnd_partner(struct em_freg a)
{
    struct em_freg b = a;
    switch (below(6)) {
    case 0: return a;
    case 1: b.se ^= 1 << 17; return b;
    case 2: b.sig += below(3) - 1u; return b;
    case 3:                                     /* the same value, unnormal */
        if ((a.se & 0x1ffff) > 0x1fff0 || (a.se & 0x1ffff) == 0 || (a.sig & 0xff))
            return rnd_any();
        b.sig >>= 8;
        b.se += 8;
        return b;
    default: return rnd_any();
    }
}

static bool bad_kind(enum kind k) { return k == SIGNALLING || k == UNSUPPORTED; }

static struct outcome oracle_cmp(enum em_fp_rel rel, struct em_freg f2, struct em_freg f3,
                                 const struct em_fp_env *env)
{
    enum kind a = kind_of(f2), b = kind_of(f3);
    bool loud = rel == EM_FP_LT || rel == EM_FP_LE || rel == EM_FP_NLT || rel == EM_FP_NLE;
    struct outcome o = { .flags = 0 };

    if (a == NATVAL || b == NATVAL)
        return o;
    if (nan_kind(a) || nan_kind(b) || a == UNSUPPORTED || b == UNSUPPORTED) {
        o.p = rel >= EM_FP_UNORD && rel <= EM_FP_NLE;
        if (loud || bad_kind(a) || bad_kind(b))
            raised(&o, env, F_V);
        return o;
    }
    if ((d_kind(a) || d_kind(b)) && raised(&o, env, F_D))
        return o;
    int c = compare(f2, f3, false);
    switch (rel) {
    case EM_FP_EQ:    o.p = c == 0; break;
    case EM_FP_LT:    o.p = c < 0; break;
    case EM_FP_LE:    o.p = c <= 0; break;
    case EM_FP_UNORD: o.p = false; break;
    case EM_FP_NEQ:   o.p = c != 0; break;
    case EM_FP_NLT:   o.p = c >= 0; break;
    case EM_FP_NLE:   o.p = c > 0; break;
    case EM_FP_ORD:   o.p = true; break;
    }
    return o;
}

static void test_cmp(void **state)
{
    (void)state;
    for (long i = 0, n = cases(30000); i < n; i++) {
        struct em_freg a = rnd_any(), b = rnd_partner(a);
        enum em_fp_rel rel = (enum em_fp_rel)below(8);
        struct em_fp_env env = env_of(i, 3);
        struct outcome want = oracle_cmp(rel, a, b, &env);
        bool nat = false, p = em_fp_cmp(rel, a, b, &nat, &env);

        if (same_outcome(&want, want.r, &env) && (want.fault || p == want.p) &&
            nat == (kind_of(a) == NATVAL || kind_of(b) == NATVAL))
            continue;
        report("fcmp", &want, a, &env);
        report_operand("f2", a);
        report_operand("f3", b);
        fail_msg("fcmp relation %d gave %d natval %d, case %ld", rel, p, nat, i);
    }
}

static void test_fpcmp(void **state)
{
    (void)state;
    for (long i = 0, n = cases(30000); i < n; i++) {
        struct em_freg a = rnd_parallel(), b = below(3) ? rnd_parallel() : a;
        enum em_fp_rel rel = (enum em_fp_rel)below(8);
        struct em_fp_env env = env_of(i, 3);
        struct outcome h[2], want = { .r = natval() };
        struct em_freg r;

        for (int k = 0; k < 2; k++)
            h[k] = oracle_cmp(rel, half(a, k), half(b, k), &env);
        if (a.se != natval().se && b.se != natval().se) {
            want = join(h[1], h[0]);
            want.r = integer((h[1].p ? UINT64_MAX << 32 : 0) | (h[0].p ? UINT32_MAX : 0));
        } else if (kind_of(a) != NATVAL && kind_of(b) != NATVAL) {
            continue;
        }
        r = em_fp_fpcmp(rel, a, b, &env);
        if (same_outcome(&want, r, &env))
            continue;
        report("fpcmp", &want, r, &env);
        report_operand("f2", a);
        report_operand("f3", b);
        fail_msg("fpcmp relation %d, case %ld", rel, i);
    }
}

static struct outcome oracle_minmax(enum em_fp_minmax op, struct em_freg f2, struct em_freg f3,
                                    const struct em_fp_env *env)
{
    enum kind a = kind_of(f2), b = kind_of(f3);
    struct outcome o = { .r = f3 };

    if (a == NATVAL || b == NATVAL)
        return (struct outcome){ .r = natval() };
    if (nan_kind(a) || nan_kind(b) || a == UNSUPPORTED || b == UNSUPPORTED)
        return invalid(o, env, f3);
    if ((d_kind(a) || d_kind(b)) && raised(&o, env, F_D))
        return o;
    int c = compare(f2, f3, op == EM_FP_AMIN || op == EM_FP_AMAX);
    if (op == EM_FP_MIN || op == EM_FP_AMIN)
        o.r = c < 0 ? f2 : f3;
    else
        o.r = c > 0 ? f2 : f3;
    return o;
}

static void test_minmax(void **state)
{
    (void)state;
    for (long i = 0, n = cases(30000); i < n; i++) {
        struct em_freg a = rnd_any(), b = rnd_partner(a);
        enum em_fp_minmax op = (enum em_fp_minmax)below(4);
        struct em_fp_env env = env_of(i, 3);
        struct outcome want = oracle_minmax(op, a, b, &env);
        struct em_freg r = em_fp_minmax(op, a, b, &env);

        if (same_outcome(&want, r, &env))
            continue;
        report("fmin", &want, r, &env);
        report_operand("f2", a);
        report_operand("f3", b);
        fail_msg("min/max %d, case %ld", op, i);
    }
}

static void test_fpminmax(void **state)
{
    (void)state;
    for (long i = 0, n = cases(30000); i < n; i++) {
        struct em_freg a = rnd_parallel(), b = below(3) ? rnd_parallel() : a;
        enum em_fp_minmax op = (enum em_fp_minmax)below(4);
        struct em_fp_env env = env_of(i, 3);
        struct outcome h[2], want = { .r = natval() };

        for (int k = 0; k < 2; k++)
            h[k] = oracle_minmax(op, half(a, k), half(b, k), &env);
        if (kind_of(a) != NATVAL && kind_of(b) != NATVAL)
            want = join(h[1], h[0]);
        struct em_freg r = em_fp_fpminmax(op, a, b, &env);
        if (same_outcome(&want, r, &env))
            continue;
        report("fpmin", &want, r, &env);
        report_operand("f2", a);
        report_operand("f3", b);
        fail_msg("parallel min/max %d, case %ld", op, i);
    }
}

/* ---- classes ----------------------------------------------------------------------------- */

static void test_class(void **state)
{
    static const unsigned bit[] = {
        [ZERO] = 4, [PSEUDO_ZERO] = 8, [NUMBER] = 16, [UNNORMAL] = 8, [INFINITE] = 32,
        [SIGNALLING] = 64, [QUIET] = 128, [UNSUPPORTED] = 0, [NATVAL] = 256,
    };
    (void)state;
    for (long i = 0, n = cases(60000); i < n; i++) {
        struct em_freg a = i % 50 ? rnd_any() : natval();
        unsigned fclass9 = below(512);
        enum kind k = kind_of(a);
        bool nan_or_nat = nan_kind(k) || k == NATVAL, nat = true;
        bool want = (fclass9 & bit[k]) && (nan_or_nat || (fclass9 & (sign_of(a) ? 2 : 1)));

        assert_int_equal(em_fp_class(a, fclass9, &nat), want);
        assert_int_equal(nat, k == NATVAL && !want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fma_numbers), cmocka_unit_test(test_fma_anything),
        cmocka_unit_test(test_fma_doubles), cmocka_unit_test(test_fma_tiny),
        cmocka_unit_test(test_fma_last_bit), cmocka_unit_test(test_fpma),
        cmocka_unit_test(test_cmp),
        cmocka_unit_test(test_fpcmp),       cmocka_unit_test(test_minmax),
        cmocka_unit_test(test_fpminmax),    cmocka_unit_test(test_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

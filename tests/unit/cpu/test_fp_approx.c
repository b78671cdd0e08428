/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frcpa, frsqrta and their parallel forms: tables, limits, specials. FP_CASES=n for more. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "fp_oracle.h"

/* The tables by their closed forms; the implementation has the published entries. */
static uint64_t recip_entry(unsigned i)
{
    unsigned d = 513 + 2 * i, e = ((1u << 21) + d) / (2 * d);
    return (uint64_t)(e > 0x7fc ? 0x7fc : e) << 53;
}

static uint64_t rsqrt_entry(unsigned i)
{
    double e = round(32768 / sqrt((257 + 2 * (i & 127)) * (i < 128 ? 2.0 : 1.0)));
    return (uint64_t)(e > 0x7fc ? 0x7fc : e) << 53;
}

static struct em_fp_env quiet_env(void)
{
    struct em_fp_env env = { .traps = 0x3f, .controls = 0x0c };
    return env;
}

static void test_tables(void **state)
{
    struct em_freg one = image(false, BIAS, TOP);
    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        struct em_fp_env env = quiet_env();
        bool p = false;
        struct em_freg den = image(true, 0x10005, TOP | (uint64_t)i << 55 | 12345);
        struct em_freg r = em_fp_rcpa(one, den, &p, &env);
        assert_true(p);
        assert_int_equal(r.sig, recip_entry(i));
        assert_int_equal(r.se, 0x20000 | (0x1fffd - 0x10005));
        assert_int_equal(env.flags | env.fault | env.trap, 0);

        p = false;
        r = em_fp_rsqrta(image(false, 0x10004 | i >> 7, TOP | (uint64_t)(i & 127) << 56 | 99), &p,
                         &env);
        assert_true(p);
        assert_int_equal(r.sig, rsqrt_entry(i));
        assert_int_equal(r.se, 0xfffe - (((0x10004 | (int)(i >> 7)) - 0xffff) >> 1));
        assert_int_equal(env.flags | env.fault | env.trap, 0);
    }
}

/** Exponent after normalisation. */
static long exp_of(struct em_freg f)
{
    long e = (long)(f.se & 0x1ffff);
    return (e ? e : 0xc001) - __builtin_clzll(f.sig);
}

static uint64_t norm_sig(struct em_freg f)
{
    return f.sig << __builtin_clzll(f.sig);
}

/** Everything that is no quotient of finite nonzero numbers. True: o is complete. */
static bool rcpa_special(struct outcome *o, struct em_freg f2, struct em_freg f3,
                         const struct em_fp_env *env)
{
    enum kind a = kind_of(f2), b = kind_of(f3);
    bool neg = sign_of(f2) ^ sign_of(f3);

    o->r = indefinite();
    if ((a == INFINITE && b == INFINITE) || (zero_kind(a) && zero_kind(b)))
        return raised(o, env, F_V), true;
    if (a == UNSUPPORTED || b == UNSUPPORTED)
        return raised(o, env, F_V), true;
    if (nan_kind(a) || nan_kind(b)) {
        o->r = quieted(nan_kind(a) ? f2 : f3);
        if (a == SIGNALLING || b == SIGNALLING)
            raised(o, env, F_V);
        return true;
    }
    if (zero_kind(b) && a != INFINITE) {
        o->r = infinite(neg);
        return raised(o, env, F_Z), true;
    }
    if ((d_kind(a) || d_kind(b)) && raised(o, env, F_D))
        return true;
    if (a == INFINITE || zero_kind(a) || b == INFINITE) {
        o->r = a == INFINITE ? infinite(neg) : image(neg, 0, 0);
        return true;
    }
    return false;
}

static struct outcome oracle_rcpa(struct em_freg f2, struct em_freg f3,
                                  const struct em_fp_env *env)
{
    struct outcome o = { .flags = 0 };
    long ea, eb;

    if (kind_of(f2) == NATVAL || kind_of(f3) == NATVAL)
        return (struct outcome){ .r = natval() };
    if (rcpa_special(&o, f2, f3, env))
        return o;
    ea = exp_of(f2);
    eb = exp_of(f3);
    if (eb <= 0 || eb >= 0x1fffc || ea - eb >= 0xffff || ea - eb <= 2 - 0xffff || ea <= 64) {
        struct exact q = { .op = DIV };
        exact_init(&q);
        value_of(q.x, f2);
        value_of(q.y, f3);
        round_exact(&o, &q, format_of(EM_FP_PC_DYNAMIC, env->controls), false, env);
        exact_clear(&q);
        return o;
    }
    o.p = true;
    o.r = image(sign_of(f3), (uint64_t)(0x1fffd - eb), recip_entry(norm_sig(f3) >> 55 & 255));
    return o;
}

static void check_approx(const char *name, const struct outcome *want, struct em_freg r, bool p,
                         const struct em_fp_env *env, struct em_freg f2, struct em_freg f3)
{
    if (same_outcome(want, r, env) && (want->fault || p == want->p))
        return;
    report(name, want, r, env);
    report_operand("f2", f2);
    report_operand("f3", f3);
    fail_msg("%s: p2 %d", name, p);
}

/** Pairs whose exponents or difference sit at a limit. */
static void rnd_pair(struct em_freg *a, struct em_freg *b)
{
    *a = rnd_any();
    *b = rnd_any();
    if (below(3) == 0) {
        uint64_t e = 1 + below(0xfffe), d = below(2) ? 0xffff : 0xfffd;
        uint64_t far = e + d - 2 + below(5);
        *a = image(below(2), below(2) ? e : far, rnd_sig() | TOP);
        *b = image(below(2), (a->se & 0x1ffff) == e ? far : e, rnd_sig() | TOP);
    }
    if (below(8) == 0)
        a->se = (a->se & 1 << 17) | (62 + below(5));
    if (below(8) == 0)
        b->se = (b->se & 1 << 17) | (0x1fffa + below(5));
}

static void test_rcpa(void **state)
{
    (void)state;
    for (long i = 0, n = cases(60000); i < n; i++) {
        struct em_freg a, b, r;
        struct em_fp_env env = env_of(i, 7);
        struct outcome want;
        bool p = true;

        rnd_pair(&a, &b);
        want = oracle_rcpa(a, b, &env);
        r = em_fp_rcpa(a, b, &p, &env);
        check_approx("frcpa", &want, r, p, &env, a, b);
    }
}

static struct outcome oracle_rsqrta(struct em_freg f3, const struct em_fp_env *env)
{
    struct outcome o = { .r = indefinite() };
    enum kind k = kind_of(f3);
    long e;

    if (k == NATVAL)
        return (struct outcome){ .r = natval() };
    if (k == UNSUPPORTED || (sign_of(f3) && !nan_kind(k) && !zero_kind(k)))
        return invalid(o, env, indefinite());
    if (nan_kind(k)) {
        o.r = quieted(f3);
        return k == SIGNALLING ? invalid(o, env, o.r) : o;
    }
    o.r = k == INFINITE ? infinite(false) : image(sign_of(f3), 0, 0);
    if ((d_kind(k) && raised(&o, env, F_D)) || k == INFINITE || zero_kind(k))
        return o;
    e = exp_of(f3);
    if (e <= 64) {
        struct exact q = { .op = SQRT };
        exact_init(&q);
        value_of(q.x, f3);
        round_exact(&o, &q, format_of(EM_FP_PC_DYNAMIC, env->controls), false, env);
        exact_clear(&q);
        return o;
    }
    o.p = true;
    o.r = image(false, (uint64_t)(0xfffe - ((e - 0xffff) >> 1)),
                rsqrt_entry((unsigned)(e & 1) << 7 | (norm_sig(f3) >> 56 & 127)));
    return o;
}

static void test_rsqrta(void **state)
{
    (void)state;
    for (long i = 0, n = cases(60000); i < n; i++) {
        struct em_freg f = rnd_any(), r;
        struct em_fp_env env = env_of(i, 7);
        struct outcome want;
        bool p = true;

        if (below(3) == 0)
            f = image(below(8) == 0, 1 + below(68), rnd_sig());
        want = oracle_rsqrta(f, &env);
        r = em_fp_rsqrta(f, &p, &env);
        check_approx("frsqrta", &want, r, p, &env, f, f);
    }
}

/* ---- parallel forms ---------------------------------------------------------------------- */

static struct outcome oracle_rcpa_half(struct em_freg f2, struct em_freg f3,
                                       const struct em_fp_env *env)
{
    struct outcome o = { .flags = 0 };
    long ea, eb;

    if (rcpa_special(&o, f2, f3, env))
        return o;
    ea = exp_of(f2) - BIAS;
    eb = exp_of(f3) - BIAS;
    if (eb < -126) {
        o.r = infinite(sign_of(f3));
    } else if (eb >= 125) {
        o.r = image(sign_of(f3), 0, 0);
    } else {
        o.p = ea - eb < 127 && ea - eb > -125 && ea > -103;
        o.r = image(sign_of(f3), (uint64_t)(0x1fffd - BIAS - eb),
                    recip_entry(norm_sig(f3) >> 55 & 255));
    }
    return o;
}

static struct outcome oracle_rsqrta_half(struct em_freg f3, const struct em_fp_env *env)
{
    struct outcome o = { .r = indefinite() };
    enum kind k = kind_of(f3);
    long e;

    if (nan_kind(k) || (sign_of(f3) && !zero_kind(k)))
        return oracle_rsqrta(f3, env);
    if (k == INFINITE || k == ZERO) {
        o.r = k == ZERO ? infinite(sign_of(f3)) : image(false, 0, 0);
        return o;
    }
    if (d_kind(k) && raised(&o, env, F_D))
        return o;
    e = exp_of(f3);
    o.p = e - BIAS > -103;
    o.r = image(false, (uint64_t)(0xfffe - ((e - 0xffff) >> 1)),
                rsqrt_entry((unsigned)(e & 1) << 7 | (norm_sig(f3) >> 56 & 127)));
    return o;
}

static struct outcome join(struct outcome high, struct outcome low)
{
    struct outcome o = { .flags = high.flags | low.flags, .fault = high.fault | low.fault << 4,
                         .p = high.p && low.p };
    o.r = integer((uint64_t)em_fp_to_single(high.r) << 32 | em_fp_to_single(low.r));
    return o;
}

static void test_parallel(void **state)
{
    (void)state;
    for (long i = 0, n = cases(60000); i < n; i++) {
        uint32_t s[4] = { rnd_single(), rnd_single(), rnd_single(), rnd_single() };
        struct em_freg a = integer((uint64_t)s[1] << 32 | s[0]), r;
        struct em_freg b = integer((uint64_t)s[3] << 32 | s[2]);
        struct em_fp_env env = env_of(i, 7);
        struct outcome want;
        bool p = true;

        want = join(oracle_rcpa_half(em_fp_from_single(s[1]), em_fp_from_single(s[3]), &env),
                    oracle_rcpa_half(em_fp_from_single(s[0]), em_fp_from_single(s[2]), &env));
        r = em_fp_fprcpa(a, b, &p, &env);
        check_approx("fprcpa", &want, r, p, &env, a, b);

        p = true;
        want = join(oracle_rsqrta_half(em_fp_from_single(s[1]), &env),
                    oracle_rsqrta_half(em_fp_from_single(s[0]), &env));
        r = em_fp_fprsqrta(a, &p, &env);
        check_approx("fprsqrta", &want, r, p, &env, a, a);
    }
}

static void test_natval(void **state)
{
    struct em_freg one = image(false, BIAS, TOP);
    struct em_fp_env env = { .traps = 0 };
    bool p;

    (void)state;
    p = true;
    assert_true(em_fp_is_natval(em_fp_rcpa(one, natval(), &p, &env)) && !p);
    p = true;
    assert_true(em_fp_is_natval(em_fp_fprcpa(natval(), one, &p, &env)) && !p);
    p = true;
    assert_true(em_fp_is_natval(em_fp_rsqrta(natval(), &p, &env)) && !p);
    p = true;
    assert_true(em_fp_is_natval(em_fp_fprsqrta(natval(), &p, &env)) && !p);
    assert_int_equal(env.flags | env.fault | env.trap, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),   cmocka_unit_test(test_rcpa),
        cmocka_unit_test(test_rsqrta),   cmocka_unit_test(test_parallel),
        cmocka_unit_test(test_natval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

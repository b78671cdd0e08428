/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conversions between registers, integers and memory images. FP_CASES=n for more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "fp_oracle.h"

/** fcvt.fx and relatives of one scalar or half: the integer is in o.r.sig. */
static struct outcome oracle_to_int(struct em_freg f, unsigned bits, bool is_unsigned, bool trunc,
                                    const struct em_fp_env *env)
{
    enum kind k = kind_of(f);
    struct em_freg bad = integer(TOP >> (64 - bits));
    struct outcome o = { .r = integer(0) };
    bool ok = false, neg = false;
    uint64_t mag = 0;
    int t = 0;

    if (k == NATVAL)
        return (struct outcome){ .r = natval() };
    if (k > UNNORMAL)
        return invalid(o, env, bad);
    if (!zero_kind(k)) {
        mpfr_t v, i;
        mpfr_inits2(128, v, i, (mpfr_ptr)NULL);
        value_of(v, f);
        /* past 2^65 nothing is in range, and mpfr_rint would not round there anyway */
        t = mpfr_rint(i, v, trunc ? MPFR_RNDZ : rnd_of(env->controls));
        t = t > 0 ? 1 : t < 0 ? -1 : 0;
        neg = mpfr_signbit(v) != 0;
        mpfr_abs(i, i, MPFR_RNDN);
        if (is_unsigned)
            ok = neg ? mpfr_zero_p(i) : mpfr_cmp_ui_2exp(i, 1, (long)bits) < 0;
        else
            ok = mpfr_cmp_ui_2exp(i, 1, (long)bits - 1) < neg;
        if (ok)
            mag = mpfr_get_uj(i, MPFR_RNDN);
        mpfr_clears(v, i, (mpfr_ptr)NULL);
        if (!ok)
            return invalid(o, env, bad);
    }
    if (d_kind(k) && raised(&o, env, F_D))
        return o;
    o.r = integer((neg ? -mag : mag) & (UINT64_MAX >> (64 - bits)));
    if (t != 0)
        inexact_trap(&o, env, neg ? t < 0 : t > 0);
    return o;
}

/** Numbers whose integer part is at an edge of the target, or anything. */
static struct em_freg rnd_convertible(unsigned bits)
{
    bool neg = below(2);
    uint64_t near = (uint64_t)(BIAS + (int)bits - 3 + (int)below(5));
    switch (below(8)) {
    case 0: return rnd_any();
    case 1: return image(neg, near, TOP);
    case 2: return image(neg, near, UINT64_MAX << below(64));
    case 3: return image(neg, near, rnd_sig() | TOP);
    case 4: return image(neg, BIAS - 3 + below(4), rnd_sig() | TOP);
    case 5: return image(neg, BIAS + below(70), rnd_sig());
    default: return image(neg, BIAS + below(70), rnd_sig() | TOP);
    }
}

static void test_cvt_fx(void **state)
{
    (void)state;
    for (long i = 0, n = cases(60000); i < n; i++) {
        struct em_freg f = rnd_convertible(64);
        bool uns = below(2), trunc = below(2);
        struct em_fp_env env = env_of(i, 3);
        struct outcome want = oracle_to_int(f, 64, uns, trunc, &env);
        struct em_freg r = em_fp_cvt_fx(f, uns, trunc, &env);

        if (same_outcome(&want, r, &env))
            continue;
        report("fcvt.fx", &want, r, &env);
        report_operand("f2", f);
        fail_msg("fcvt.fx unsigned %d trunc %d, case %ld", uns, trunc, i);
    }
}

static void test_fpcvt_fx(void **state)
{
    (void)state;
    for (long i = 0, n = cases(60000); i < n; i++) {
        uint32_t half[2];
        for (int k = 0; k < 2; k++)
            half[k] = below(3) ? em_fp_to_single(rnd_convertible(32)) : rnd_single();
        struct em_freg f = integer((uint64_t)half[1] << 32 | half[0]), r;
        bool uns = below(2), trunc = below(2);
        struct em_fp_env env = env_of(i, 3);
        struct outcome hi = oracle_to_int(em_fp_from_single(half[1]), 32, uns, trunc, &env);
        struct outcome lo = oracle_to_int(em_fp_from_single(half[0]), 32, uns, trunc, &env);
        struct outcome want = { .flags = hi.flags | lo.flags, .fault = hi.fault | lo.fault << 4,
                                .trap = hi.trap | lo.trap >> 4 };

        want.r = integer(hi.r.sig << 32 | lo.r.sig);
        r = em_fp_fpcvt_fx(f, uns, trunc, &env);
        if (same_outcome(&want, r, &env))
            continue;
        report("fpcvt.fx", &want, r, &env);
        report_operand("f2", f);
        fail_msg("fpcvt.fx unsigned %d trunc %d, case %ld", uns, trunc, i);
    }
    struct em_fp_env env = env_of(0, 0);
    assert_true(em_fp_is_natval(em_fp_fpcvt_fx(natval(), false, false, &env)));
    assert_int_equal(env.flags | env.fault | env.trap, 0);
}

static void test_cvt_xf(void **state)
{
    (void)state;
    for (long i = 0, n = cases(60000); i < n; i++) {
        int64_t v = (int64_t)(rnd64() >> below(64)) * (below(2) ? 1 : -1);
        struct em_freg r = em_fp_cvt_xf(image(below(2), 1 + below(0x1fffd), (uint64_t)v));
        mpfr_t got;

        mpfr_init2(got, 64);
        value_of(got, r);
        assert_int_equal(mpfr_cmp_si(got, v), 0);
        assert_int_equal(kind_of(r), v ? NUMBER : ZERO);
        assert_int_equal(sign_of(r), v < 0);
        mpfr_clear(got);
    }
    assert_int_equal(em_fp_cvt_xf(integer(TOP)).se, 0x3003e);
    assert_true(em_fp_is_natval(em_fp_cvt_xf(natval())));
}

/** The host's formats are IEEE's: load, compare values; store again, compare images. */
static void test_images(void **state)
{
    (void)state;
    for (long i = 0, n = cases(60000); i < n; i++) {
        uint64_t d = rnd64(), sig = 0;
        uint32_t s = (uint32_t)rnd64();
        uint16_t se = 0;
        double dv;
        float sv;
        mpfr_t v;

        if (below(4) == 0)
            d &= ~(UINT64_C(0x7ff) << 52);
        if (below(4) == 0)
            s &= ~(UINT32_C(0xff) << 23);
        memcpy(&dv, &d, sizeof dv);
        memcpy(&sv, &s, sizeof sv);
        mpfr_init2(v, 64);
        if ((d >> 52 & 0x7ff) != 0x7ff) {
            value_of(v, em_fp_from_double(d));
            assert_true(mpfr_get_d(v, MPFR_RNDN) == dv);
        }
        if ((s >> 23 & 0xff) != 0xff) {
            value_of(v, em_fp_from_single(s));
            assert_true(mpfr_get_flt(v, MPFR_RNDN) == sv);
        }
        mpfr_clear(v);
        assert_int_equal(em_fp_to_double(em_fp_from_double(d)), d);
        assert_int_equal(em_fp_to_single(em_fp_from_single(s)), s);
        em_fp_to_ext(em_fp_from_ext(d, (uint16_t)s), &sig, &se);
        assert_int_equal(sig, d);
        assert_int_equal(se, (uint16_t)s);
    }
}

/** Images that the facts give in bits. SDM vol. 1, tables 5-7 to 5-9. */
static void test_image_bits(void **state)
{
    static const struct { uint64_t in; struct em_freg reg; } doubles[] = {
        { 0x3ff0000000000000, { 0x8000000000000000, 0x0ffff } },
        { 0xbff8000000000000, { 0xc000000000000000, 0x2ffff } },
        { 0x0000000000000001, { 0x0000000000000800, 0x0fc01 } },     /* stays unnormal */
        { 0x8000000000000000, { 0, 0x20000 } },
        { 0x7ff0000000000000, { 0x8000000000000000, 0x1ffff } },
        { 0x7ff0000000000001, { 0x8000000000000800, 0x1ffff } },
        { 0x7fefffffffffffff, { 0xfffffffffffff800, 0x103fe } },
    };
    static const struct { uint32_t in; struct em_freg reg; } singles[] = {
        { 0x00000001, { UINT64_C(1) << 40, 0x0ff81 } },
        { 0x00800000, { 0x8000000000000000, 0x0ff81 } },
        { 0xffc00000, { 0xc000000000000000, 0x3ffff } },
        { 0x7f7fffff, { 0xffffff0000000000, 0x1007e } },
    };
    static const struct { uint64_t sig; uint16_t se; struct em_freg reg; } exts[] = {
        { 1, 0x0000, { 1, 0 } },                                     /* an x87 denormal */
        { 0x8000000000000000, 0x8000, { 0x8000000000000000, 0x20000 } },
        { 0x8000000000000000, 0x3fff, { 0x8000000000000000, 0x0ffff } },
        { 0x8000000000000000, 0x7fff, { 0x8000000000000000, 0x1ffff } },
        { 0xc000000000000000, 0xfffe, { 0xc000000000000000, 0x33ffe } },
    };
    uint64_t sig = 0;
    uint16_t se = 0;

    (void)state;
    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
        struct em_freg r = em_fp_from_double(doubles[i].in);
        assert_memory_equal(&r, &doubles[i].reg, sizeof r);
    }
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++) {
        struct em_freg r = em_fp_from_single(singles[i].in);
        assert_memory_equal(&r, &singles[i].reg, sizeof r);
    }
    for (size_t i = 0; i < sizeof exts / sizeof *exts; i++) {
        struct em_freg r = em_fp_from_ext(exts[i].sig, exts[i].se);
        assert_memory_equal(&r, &exts[i].reg, sizeof r);
    }
    /* what does not fit loses its upper exponent bits, silently */
    assert_int_equal(em_fp_to_single(image(false, 0x0ffff - 128, TOP)), 0x3f800000);
    assert_int_equal(em_fp_to_double(image(true, 0x0ffff, TOP >> 1)), 0x8008000000000000);
    em_fp_to_ext(image(true, 0x1fffe, TOP), &sig, &se);
    assert_int_equal(se, 0xfffe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cvt_fx), cmocka_unit_test(test_fpcvt_fx),
        cmocka_unit_test(test_cvt_xf), cmocka_unit_test(test_images),
        cmocka_unit_test(test_image_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

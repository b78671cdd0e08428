/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Multiply-adds on host hardware against the integer path, which mpfr has checked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "fp_oracle.h"

static struct em_freg rnd_double(void)
{
    static const unsigned around[] = { 1, 2, 54, 1023, 1023, 1023, 1500, 2046 };
    unsigned e = around[below(8)] + below(60) - 30;
    uint64_t m = rnd64() & UINT64_C(0xfffffffffffff);

    if (below(3) == 0)
        m &= ~UINT64_C(0) << below(53);
    if (below(40) == 0)
        return rnd_any();                       /* also more bits than a double has */
    return em_fp_from_double((rnd64() & TOP) | (uint64_t)(e & 0x7ff) << 52 | m);
}

static struct em_freg rnd_operand(enum em_fp_pc pc)
{
    return pc == EM_FP_PC_S && below(8) ? em_fp_from_single(rnd_single()) : rnd_double();
}

static void test_host_fma(void **state)
{
    long same = 0;
    (void)state;
    for (long i = 0, n = cases(200000); i < n; i++) {
        enum em_fp_pc pc = (enum em_fp_pc)below(3);
        enum em_fp_mul op = (enum em_fp_mul)below(3);
        struct em_freg f3 = rnd_operand(pc), f4 = rnd_operand(pc), f2 = rnd_operand(pc);
        struct em_fp_env plain = env_of(i, 7), host;
        bool f0 = below(6) == 0;

        if (below(4)) {                         /* what programs run with */
            plain.traps = 0x3f;
            plain.controls &= 0x41;
        }
        if (below(4) == 0)                      /* cancelling: f2 near -f3 * f4 */
            f2 = em_fp_fma(EM_FP_NMA, pc, f3, f4, image(false, 0, 0), true, &plain);
        if (f0)
            f2 = image(false, 0, 0);
        host = plain;
        plain.known = 0;
        host.known = (uint8_t)(rnd64() & 0x3f);
        struct em_freg want = em_fp_fma(op, pc, f3, f4, f2, f0, &plain);
        struct em_freg got = em_fp_fma(op, pc, f3, f4, f2, f0, &host);

        same += plain.flags == host.flags;
        if (plain.fault == host.fault && plain.trap == host.trap &&
            (plain.fault || ((plain.flags | host.known) == (host.flags | host.known) &&
                             want.sig == got.sig && want.se == got.se)))
            continue;
        struct outcome o = { want, plain.flags, plain.fault, plain.trap, false };
        report("host fma", &o, got, &host);
        report_operand("f3", f3);
        report_operand("f4", f4);
        report_operand("f2", f2);
        fail_msg("kind %d pc %d f2_is_f0 %d known %02x, case %ld", op, pc, f0, host.known, i);
    }
    if (!__builtin_cpu_supports("fma"))
        skip();                                 /* both were the integer path */
    assert_true(same < cases(200000));          /* the host path was taken, and told no flags */
}

/** Tiny, yet rounded to the least normal number: U must be told, I known or not. */
static void test_tiny_least_normal(void **state)
{
    struct em_fp_env env = { .traps = 0x3f, .controls = 0x0c, .known = F_I };
    struct em_freg r;

    (void)state;
    r = em_fp_fma(EM_FP_MA, EM_FP_PC_D, em_fp_from_double(UINT64_C(0x3fefffffffffffff)),
                  em_fp_from_double(UINT64_C(0x0010000000000000)), image(false, 0, 0), true, &env);
    assert_int_equal(em_fp_to_double(r), UINT64_C(0x0010000000000000));
    assert_int_equal(env.flags, F_U | F_I);
    r = em_fp_fma(EM_FP_MA, EM_FP_PC_S, em_fp_from_single(0x3f7fffff),
                  em_fp_from_single(0x00800000), image(false, 0, 0), true, &env);
    assert_int_equal(em_fp_to_single(r), 0x00800000);
    assert_int_equal(env.flags, F_U | F_I);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_fma), cmocka_unit_test(test_tiny_least_normal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Floating-point cases with their answers written down: traps, flags, signs, special operands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "fp_oracle.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* operands */
#define P0   { 0, 0 }
#define N0   { 0, 0x20000 }
#define ONE  { 0x8000000000000000, 0x0ffff }
#define MONE { 0x8000000000000000, 0x2ffff }
#define INFP { 0x8000000000000000, 0x1ffff }
#define INFN { 0x8000000000000000, 0x3ffff }
#define QN(x)  { 0xc000000000000000 | (x), 0x1ffff }
#define QNN(x) { 0xc000000000000000 | (x), 0x3ffff }
#define SN(x)  { 0x8000000000000000 | (x), 0x1ffff }
#define UNS  { 0x4000000000000000, 0x1ffff }
#define NATV { 0, 0x1fffe }
#define PSZ  { 0, 0x0ffff }
#define IND  { 0xc000000000000000, 0x3ffff }
#define UNN  { 0x4000000000000000, 0x10000 }        /* 1.0, not normalised */
#define X(e, s) { s, e }

/* controls: rc << 4 | pc << 2 | wre << 1 | ftz */
#define EXT 0x0c
#define RD  0x10
#define RU  0x20
#define RZ  0x30
#define WRE 0x02
#define FTZ 0x01
#define TD  0x40
#define ALL 0x3f

static const struct {
    const char *what;
    enum em_fp_mul op;
    enum em_fp_pc pc;
    bool f2_is_f0;
    struct em_freg f3, f4, f2;
    uint8_t traps, controls;
    struct em_freg want;
    unsigned flags, fault, trap;
} mul_cases[] = {
#define MA EM_FP_MA
#define MS EM_FP_MS
#define NMA EM_FP_NMA
#define DYN EM_FP_PC_DYNAMIC
#define S EM_FP_PC_S
#define D EM_FP_PC_D
    /* NaNs: priority f4, f2, f3; quieted; sign and payload stay, also in fms and fnma */
    { "nan f4 first", MA, DYN, 0, QN(3), QN(4), QN(2), ALL, EXT, QN(4), 0, 0, 0 },
    { "nan f2 second", MA, DYN, 0, QN(3), ONE, QN(2), ALL, EXT, QN(2), 0, 0, 0 },
    { "nan f3 last", MA, DYN, 0, QN(3), ONE, ONE, ALL, EXT, QN(3), 0, 0, 0 },
    { "fms keeps a nan's sign", MS, DYN, 0, ONE, ONE, QN(2), ALL, EXT, QN(2), 0, 0, 0 },
    { "fnma keeps a nan's sign", NMA, DYN, 0, QNN(3), ONE, ONE, ALL, EXT, QNN(3), 0, 0, 0 },
    { "quiet f4 wins over signalling f3", MA, DYN, 0, SN(3), QN(4), ONE, ALL, EXT, QN(4), 1, 0, 0 },
    { "snan quieted", MA, S, 0, ONE, SN(5), ONE, ALL, EXT, QN(5), 1, 0, 0 },
    { "snan faults", MA, S, 0, ONE, SN(5), ONE, ALL & ~1, EXT, QN(5), 0, 1, 0 },
    { "no denormal flag beside a nan", MA, DYN, 0, UNN, QN(1), ONE, ALL & ~2, EXT, QN(1), 0, 0, 0 },
    { "unsupported beats nan", MA, DYN, 0, UNS, QN(1), ONE, ALL, EXT, IND, 1, 0, 0 },
    { "natval beats all, quietly", MA, DYN, 0, UNS, SN(1), NATV, 0, EXT, NATV, 0, 0, 0 },
    { "inf * 0", MA, DYN, 0, INFP, P0, ONE, ALL, EXT, IND, 1, 0, 0 },
    { "inf * 0 + nan: the nan", MA, DYN, 0, INFP, P0, QN(2), ALL, EXT, QN(2), 0, 0, 0 },
    { "inf * pseudo-zero", MA, DYN, 0, INFN, PSZ, ONE, ALL, EXT, INFN, 2, 0, 0 },
    { "inf - inf", MA, DYN, 0, INFP, ONE, INFN, ALL, EXT, IND, 1, 0, 0 },
    { "inf - inf by fms", MS, DYN, 0, INFP, ONE, INFP, ALL, EXT, IND, 1, 0, 0 },
    { "inf + inf", NMA, DYN, 0, INFN, ONE, INFP, ALL, EXT, INFP, 0, 0, 0 },
    { "inf with unnormal", MA, DYN, 0, INFP, UNN, ONE, ALL, EXT, INFP, 2, 0, 0 },
    { "inf with unnormal faults", MA, DYN, 0, INFP, UNN, ONE, ALL & ~2, EXT, INFP, 0, 2, 0 },
    /* td disables what FPSR.traps enables */
    { "td", MA, DYN, 0, INFP, P0, ONE, 0, EXT | TD, IND, 1, 0, 0 },
    /* zeros: fmpy keeps the product's sign, fma adds +0 */
    { "fmpy -1 * 0", MA, DYN, 1, MONE, P0, P0, ALL, EXT, N0, 0, 0, 0 },
    { "fma -1 * 0 + 0", MA, DYN, 0, MONE, P0, P0, ALL, EXT, P0, 0, 0, 0 },
    { "fma -1 * 0 + 0 down", MA, DYN, 0, MONE, P0, P0, ALL, EXT | RD, N0, 0, 0, 0 },
    { "fma -1 * 0 + -0", MA, DYN, 0, MONE, P0, N0, ALL, EXT, N0, 0, 0, 0 },
    { "fnmpy 1 * 0", NMA, DYN, 1, ONE, P0, P0, ALL, EXT, N0, 0, 0, 0 },
    { "fms 0 - 0", MS, DYN, 0, P0, ONE, P0, ALL, EXT, P0, 0, 0, 0 },
    { "1 - 1", MS, DYN, 0, ONE, ONE, ONE, ALL, EXT, P0, 0, 0, 0 },
    { "1 - 1 down", MS, DYN, 0, ONE, ONE, ONE, ALL, EXT | RD, N0, 0, 0, 0 },
    { "pseudo-zero + pseudo-zero", MA, DYN, 0, PSZ, ONE, PSZ, ALL, EXT, P0, 2, 0, 0 },
    /* operands that are not normalised have their true value and raise D */
    { "unnormal one + one", MA, DYN, 0, UNN, ONE, ONE, ALL, EXT, X(0x10000, TOP), 2, 0, 0 },
    { "denormal fault", MA, DYN, 0, UNN, ONE, ONE, ALL & ~2, EXT, ONE, 0, 2, 0 },
    { "exponent 0 is 0xc001",
      MA, DYN, 1, X(0, 1), ONE, P0, ALL, EXT | WRE, X(0xbfc2, TOP), 2, 0, 0 },
    { "pseudo-denormal", MA, DYN, 1, X(0, TOP), ONE, P0, ALL, EXT, X(0xc001, TOP), 2, 0, 0 },
    /* ranges: dynamic precision without wre has 15 bits of exponent */
    { "2^16000 squared",
      MA, DYN, 1, X(0x13e7f, TOP), X(0x13e7f, TOP), P0, ALL, EXT, INFP, 0x28, 0, 0 },
    { "2^16000 squared, wre", MA, DYN, 1, X(0x13e7f, TOP), X(0x13e7f, TOP), P0, ALL, EXT | WRE,
      X(0x17cff, TOP), 0, 0, 0 },
    { "single with wre keeps the range",
      MA, S, 1, X(0x1007e, TOP), X(0x1007e, TOP), P0, ALL, EXT | WRE,
      X(0x100fd, TOP), 0, 0, 0 },
    { "single precision, 15 bits", MA, DYN, 1, X(0x1007e, TOP), X(0x1007e, TOP), P0, ALL, 0,
      X(0x100fd, TOP), 0, 0, 0 },
    { "overflow toward zero", MA, D, 1, X(0x103fe, TOP), X(0x10000, TOP), P0, ALL, EXT | RZ,
      X(0x103fe, 0xfffffffffffff800), 0x28, 0, 0 },
    { "overflow down, positive", MA, S, 1, X(0x1007e, TOP), X(0x10000, TOP), P0, ALL, EXT | RD,
      X(0x1007e, 0xffffff0000000000), 0x28, 0, 0 },
    { "overflow up, negative", MA, S, 1, X(0x3007e, TOP), X(0x10000, TOP), P0, ALL, EXT | RU,
      X(0x3007e, 0xffffff0000000000), 0x28, 0, 0 },
    { "rounding overflows", MA, S, 1, X(0x1007e, 0xffffff8000000000), ONE, P0, ALL, EXT, INFP,
      0x28, 0, 0 },
    { "overflow, inexact trap: infinity is larger", MA, S, 1, X(0x1007e, TOP), X(0x10000, TOP), P0,
      ALL & ~F_I, EXT, INFP, 0x28, 0, T_I | T_FPA },
    { "overflow, inexact trap: largest is smaller", MA, S, 1, X(0x1007e, TOP), X(0x10000, TOP), P0,
      ALL & ~F_I, EXT | RZ, X(0x1007e, 0xffffff0000000000), 0x28, 0, T_I },
    { "overflow trap, exact", MA, S, 1, X(0x1007e, TOP), X(0x10000, TOP), P0, ALL & ~F_O, EXT,
      X(0x1007f, TOP), F_O, 0, T_O },
    { "overflow trap, rounded up",
      MA, S, 1, X(0x1007e, 0xffffff8000000000), ONE, P0, ALL & ~F_O, EXT,
      X(0x1007f, TOP), F_O | F_I, 0, T_O | T_I | T_FPA },
    { "overflow trap wraps 17 bits", MA, DYN, 1, X(0x1fffe, TOP), X(0x1fffe, TOP), P0, ALL & ~F_O,
      EXT | WRE, X(0x0fffd, TOP), F_O, 0, T_O },
    /* underflow: tininess after rounding; exact denormals do not signal */
    { "exact denormal", MA, S, 1, X(0xff81, TOP), X(0xfffe, TOP), P0, ALL, EXT, X(0xff81, TOP >> 1),
      0, 0, 0 },
    { "exact denormal traps if enabled",
      MA, S, 1, X(0xff81, TOP), X(0xfffe, TOP), P0, ALL & ~F_U, EXT,
      X(0xff80, TOP), F_U, 0, T_U },
    { "flush to zero",
      MA, S, 1, X(0x2ff81, TOP), X(0xfffe, TOP), P0, ALL, EXT | FTZ, N0, 0x30, 0, 0 },
    { "flush to zero, inexact trap", MA, S, 1, X(0x2ff81, TOP), X(0xfffe, TOP), P0, ALL & ~F_I,
      EXT | FTZ, N0, 0x30, 0, T_I },
    { "enabled underflow ignores ftz", MA, S, 1, X(0xff81, TOP), X(0xfffe, TOP), P0, ALL & ~F_U,
      EXT | FTZ, X(0xff80, TOP), F_U, 0, T_U },
    { "not tiny after rounding", MA, S, 1, X(0xff80, 0xffffffc000000000), ONE, P0, ALL, EXT,
      X(0xff81, TOP), 0x20, 0, 0 },
    { "tiny, but denormal rounding reaches the least normal",
      MA, S, 1, X(0xff80, 0xffffff0000000000),
      ONE, P0, ALL, EXT, X(0xff81, TOP), 0x30, 0, 0 },
    { "15-bit denormal has exponent 0", MA, DYN, 1, X(0xc001, TOP), X(0xfffe, TOP), P0, ALL, EXT,
      X(0, TOP >> 1), 0, 0, 0 },
    { "17-bit denormal", MA, DYN, 1, X(1, TOP), X(0xfffe, TOP), P0, ALL, EXT | WRE,
      X(1, TOP >> 1), 0, 0, 0 },
    { "half the least denormal is even", MA, D, 1, X(0xfc01 - 53, TOP), ONE, P0, ALL, EXT, P0,
      0x30, 0, 0 },
    { "more than half of it",
      MA, D, 1, X(0xfc01 - 53, TOP + 1), ONE, P0, ALL, EXT, X(0xfc01, 0x800),
      0x30, 0, 0 },
    { "least denormal, upward", MA, D, 1, X(1, TOP), X(0xf000, TOP), P0, ALL, EXT | RU,
      X(0xfc01, 0x800), 0x30, 0, 0 },
    /* inexact */
    { "inexact trap, up",
      MA, S, 1, X(0xffff, 0x8000010000000001 | 0x8000000000), ONE, P0, ALL & ~F_I,
      EXT, X(0xffff, 0x8000020000000000), F_I, 0, T_I | T_FPA },
    { "inexact trap, down", MA, S, 1, X(0xffff, 0x8000010000000001), ONE, P0, ALL & ~F_I, EXT,
      X(0xffff, 0x8000010000000000), F_I, 0, T_I },
    { "tie to even",
      MA, S, 1, X(0xffff, 0x8000008000000000), ONE, P0, ALL, EXT, X(0xffff, TOP), F_I,
      0, 0 },
    { "far smaller addend", MA, DYN, 0, ONE, ONE, X(1, TOP), ALL, EXT | RU, X(0xffff, TOP + 1), F_I,
      0, 0 },
    { "far smaller subtrahend",
      MS, DYN, 0, ONE, ONE, X(1, TOP), ALL, EXT | RZ, X(0xfffe, UINT64_MAX),
      F_I, 0, 0 },
};

static void test_mul_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(mul_cases); i++) {
        struct em_fp_env env = { .traps = mul_cases[i].traps, .controls = mul_cases[i].controls };
        struct em_freg r = em_fp_fma(mul_cases[i].op, mul_cases[i].pc, mul_cases[i].f3,
                                     mul_cases[i].f4, mul_cases[i].f2, mul_cases[i].f2_is_f0, &env);
        struct outcome want = { mul_cases[i].want, mul_cases[i].flags, mul_cases[i].fault,
                                mul_cases[i].trap, false };
        if (same_outcome(&want, r, &env))
            continue;
        report(mul_cases[i].what, &want, r, &env);
        fail_msg("%s", mul_cases[i].what);
    }
}

/* Parallel multiply-add: both halves' ISR codes; a fault in one withdraws the other. */
static const struct {
    const char *what;
    uint64_t f3, f4, f2;
    uint8_t traps, controls;
    uint64_t want;
    unsigned flags, fault, trap;
} par_cases[] = {
#define P(h, l) (UINT64_C(h) << 32 | UINT64_C(l))
    { "both exact", P(0x3f800000, 0x40000000), P(0x40000000, 0x40400000), P(0x3f800000, 0xbf800000),
      0, EXT, P(0x40400000, 0x40a00000), 0, 0, 0 },
    { "pc and wre do not count", P(0x7f000000, 0x3f800000), P(0x7f000000, 0x3f800000), 0, ALL,
      EXT | WRE, P(0x7f800000, 0x3f800000), 0x28, 0, 0 },
    { "invalid high", P(0x7f800000, 0x3f800000), P(0, 0x3f800000), 0, ALL & ~1, EXT, 0, 0, 1, 0 },
    { "invalid low", P(0x3f800000, 0x7f800000), P(0x3f800000, 0), 0, ALL & ~1, EXT, 0, 0, 0x10, 0 },
    { "invalid high, denormal low", P(0x7f800000, 1), P(0, 0x3f800000), 0, 0, EXT, 0, 0, 0x21, 0 },
    { "fault withdraws the other half's trap", P(0x7f000000, 1), P(0x7f000000, 0x3f800000), 0,
      ALL & ~(F_D | F_O), EXT, 0, 0, 0x20, 0 },
    { "overflow trap high, wrapped modulo 256",
      P(0x7f000000, 0x3f800000), P(0x7f000000, 0x3f800000), 0,
      ALL & ~F_O, EXT, P(0x3e800000, 0x3f800000), F_O, 0, T_O },
    { "overflow trap low", P(0x3f800000, 0x7f000000), P(0x3f800000, 0x7f000000), 0,
      ALL & ~F_O, EXT, P(0x3f800000, 0x3e800000), F_O, 0, T_O >> 4 },
    { "underflow trap low, wrapped", P(0x3f800000, 0x00800000), P(0x3f800000, 0x3f000000), 0,
      ALL & ~F_U, EXT, P(0x3f800000, 0), F_U, 0, T_U >> 4 },
    { "denormal result", P(0x00800000, 0x80800000), P(0x3f000000, 0x3f000000), 0, ALL, EXT,
      P(0x00400000, 0x80400000), 0, 0, 0 },
    { "inexact traps in both", P(0x3f800001, 0x3f800001), P(0x3f800001, 0xbf800001), 0, ALL & ~F_I,
      EXT | RU, P(0x3f800003, 0xbf800002), F_I, 0, T_I | T_FPA | T_I >> 4 },
    { "nan", P(0x7f800001, 0x3f800000), P(0x3f800000, 0xffc00001), 0, ALL, EXT,
      P(0x7fc00001, 0xffc00001), F_V, 0, 0 },
};

static void test_par_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(par_cases); i++) {
        struct em_fp_env env = { .traps = par_cases[i].traps, .controls = par_cases[i].controls };
        struct em_freg r = em_fp_fpma(EM_FP_MA, integer(par_cases[i].f3), integer(par_cases[i].f4),
                                      integer(par_cases[i].f2), par_cases[i].f2 == 0, &env);
        struct outcome want = { integer(par_cases[i].want), par_cases[i].flags, par_cases[i].fault,
                                par_cases[i].trap, false };
        if (same_outcome(&want, r, &env))
            continue;
        report(par_cases[i].what, &want, r, &env);
        fail_msg("%s", par_cases[i].what);
    }
}

/* fmin and fmax return f3 for NaNs and equals, V even for quiet ones, and never normalise. */
static const struct {
    enum em_fp_minmax op;
    struct em_freg f2, f3, want;
    unsigned flags;
} minmax_cases[] = {
    { EM_FP_MIN, QN(2), ONE, ONE, F_V },     { EM_FP_MAX, ONE, QN(3), QN(3), F_V },
    { EM_FP_MIN, P0, N0, N0, 0 },            { EM_FP_MAX, N0, P0, P0, 0 },
    { EM_FP_MAX, UNN, MONE, UNN, F_D },      { EM_FP_MIN, UNN, ONE, ONE, F_D },
    { EM_FP_AMAX, INFN, ONE, INFN, 0 },      { EM_FP_AMIN, MONE, INFP, MONE, 0 },
    { EM_FP_AMIN, ONE, MONE, MONE, 0 },      { EM_FP_MIN, UNS, ONE, ONE, F_V },
    { EM_FP_MIN, ONE, NATV, NATV, 0 },       { EM_FP_MAX, PSZ, MONE, PSZ, F_D },
};

static void test_minmax_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(minmax_cases); i++) {
        struct em_fp_env env = { .traps = ALL };
        struct em_freg r = em_fp_minmax(minmax_cases[i].op, minmax_cases[i].f2, minmax_cases[i].f3,
                                        &env);
        struct outcome want = { minmax_cases[i].want, minmax_cases[i].flags, 0, 0, false };
        if (same_outcome(&want, r, &env))
            continue;
        report("min/max", &want, r, &env);
        fail_msg("row %zu", i);
    }
}

/* ---- no exceptions ----------------------------------------------------------------------- */

static void test_merge(void **state)
{
    struct em_freg a = { 0x123, 0x2abcd }, b = { 0xfedcba9876543210, 0x01234 }, r;
    struct em_freg p = integer(0x8123456700abcdef), q = integer(0x7fffffff80000000);

    (void)state;
    r = em_fp_merge(EM_FP_MERGE_S, a, b);
    assert_true(r.se == 0x21234 && r.sig == b.sig);
    r = em_fp_merge(EM_FP_MERGE_NS, a, b);
    assert_true(r.se == 0x01234 && r.sig == b.sig);
    r = em_fp_merge(EM_FP_MERGE_SE, a, b);
    assert_true(r.se == 0x2abcd && r.sig == b.sig);
    assert_int_equal(em_fp_fpmerge(EM_FP_MERGE_S, p, q).sig, 0xffffffff00000000);
    assert_int_equal(em_fp_fpmerge(EM_FP_MERGE_NS, p, q).sig, 0x7fffffff80000000);
    assert_int_equal(em_fp_fpmerge(EM_FP_MERGE_SE, p, q).sig, 0x817fffff00800000);
    assert_int_equal(em_fp_fpmerge(EM_FP_MERGE_S, a, b).se, 0x1003e);
}

static void test_sel(void **state)
{
    static const struct { enum em_fp_sel op; uint64_t want; } rows[] = {
        { EM_FP_MIX_L, 0x89abcdef76543210 },   { EM_FP_MIX_R, 0x01234567fedcba98 },
        { EM_FP_MIX_LR, 0x89abcdeffedcba98 },  { EM_FP_SXT_L, 0xffffffff76543210 },
        { EM_FP_SXT_R, 0x00000000fedcba98 },   { EM_FP_SWAP, 0xfedcba9889abcdef },
        { EM_FP_SWAP_NL, 0x7edcba9889abcdef }, { EM_FP_SWAP_NR, 0xfedcba9809abcdef },
        { EM_FP_AND, 0x89abcdef01234567 & 0x76543210fedcba98 },
        { EM_FP_ANDCM, 0x89abcdef01234567 & ~UINT64_C(0x76543210fedcba98) },
        { EM_FP_OR, 0x89abcdef01234567 | 0x76543210fedcba98 },
        { EM_FP_XOR, 0x89abcdef01234567 ^ 0x76543210fedcba98 },
    };
    struct em_freg a = image(true, 5, 0x89abcdef01234567), b = image(true, 7, 0x76543210fedcba98);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct em_freg r = em_fp_sel(rows[i].op, a, b);
        if (r.sig != rows[i].want || r.se != 0x1003e)
            fail_msg("selection %d: %016" PRIx64, rows[i].op, r.sig);
        assert_true(em_fp_is_natval(em_fp_sel(rows[i].op, natval(), b)));
        assert_true(em_fp_is_natval(em_fp_sel(rows[i].op, a, natval())));
    }
    struct em_freg one = ONE, two = { TOP, 0x30000 };
    assert_int_equal(em_fp_sel(EM_FP_PACK, one, two).sig, 0x3f800000c0000000);
    assert_int_equal(em_fp_select(integer(0xaaaa), integer(0x5555), integer(0xff00)).sig, 0xaa55);
}

static void test_xma(void **state)
{
    static const uint64_t v[] = { 0, 1, 2, UINT64_MAX, TOP, TOP - 1, TOP + 1, 0x123456789abcdef0 };
    (void)state;
    for (size_t i = 0; i < COUNT(v) * COUNT(v) * COUNT(v); i++) {
        uint64_t a = v[i % 8], b = v[i / 8 % 8], c = v[i / 64];
        __extension__ unsigned __int128 u = (unsigned __int128)a * b + c;
        __extension__ __int128 s = (__int128)(int64_t)a * (int64_t)b + c;

        assert_int_equal(em_fp_xma(EM_FP_XMA_L, integer(a), integer(b), integer(c)).sig,
                         (uint64_t)u);
        assert_int_equal(em_fp_xma(EM_FP_XMA_HU, integer(a), integer(b), integer(c)).sig,
                         (uint64_t)(u >> 64));
        assert_int_equal(em_fp_xma(EM_FP_XMA_H, integer(a), integer(b), integer(c)).sig,
                         (uint64_t)(s >> 64));
    }
    assert_int_equal(em_fp_xma(EM_FP_XMA_L, image(true, 3, 2), integer(3), integer(4)).se, 0x1003e);
}

/** NaTVal in any place of any of these gives NaTVal, whatever else there is. */
static void test_natval(void **state)
{
    struct em_fp_env env = { .traps = 0 };
    (void)state;
    for (int place = 0; place < 3; place++) {
        struct em_freg f[3] = { UNS, UNS, UNS };
        f[place] = natval();
        assert_true(em_fp_is_natval(em_fp_select(f[0], f[1], f[2])));
        assert_true(em_fp_is_natval(em_fp_xma(EM_FP_XMA_H, f[0], f[1], f[2])));
        assert_true(em_fp_is_natval(em_fp_fma(EM_FP_MS, EM_FP_PC_S, f[0], f[1], f[2], false,
                                              &env)));
        assert_true(em_fp_is_natval(em_fp_fpma(EM_FP_NMA, f[0], f[1], f[2], false, &env)));
        if (place == 2)
            break;
        for (int k = EM_FP_MERGE_S; k <= EM_FP_MERGE_SE; k++) {
            assert_true(em_fp_is_natval(em_fp_merge((enum em_fp_merge)k, f[0], f[1])));
            assert_true(em_fp_is_natval(em_fp_fpmerge((enum em_fp_merge)k, f[0], f[1])));
        }
        assert_true(em_fp_is_natval(em_fp_fpcmp(EM_FP_LT, f[0], f[1], &env)));
        assert_true(em_fp_is_natval(em_fp_fpminmax(EM_FP_MIN, f[0], f[1], &env)));
    }
    assert_int_equal(env.flags | env.fault | env.trap, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mul_cases), cmocka_unit_test(test_par_cases),
        cmocka_unit_test(test_minmax_cases), cmocka_unit_test(test_merge),
        cmocka_unit_test(test_sel),       cmocka_unit_test(test_xma),
        cmocka_unit_test(test_natval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

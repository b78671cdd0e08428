/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_fp_core: memory images, unpacking, and the one rounding every result goes through. */
#include "em_fp_impl.h"

#define DOUBLE_EXP 0xfc00u          /* register exponent of exponent field 0, were it normal */
#define EXT_EXP    0xc000u

/* ranges: emin and emax of an IEEE format are bias +- (2^(w-1) - 2 and - 1) */
#define RANGE8   0xff81, 0x1007e, 0xff81
#define RANGE11  0xfc01, 0x103fe, 0xfc01
#define RANGE15  0xc001, 0x13ffe, 0         /* denormals look as ldfe would load them */
#define RANGE17  0x0001, 0x1fffe, 1
#define ROWS(prec, range) \
    { prec, 17, range }, { prec, 17, RANGE17 }, { prec, 17, range }, { prec, 17, RANGE17 }, \
    { prec, 17, range }, { prec, 17, RANGE17 }, { prec, 17, range }, { prec, 17, RANGE17 }

/* SDM vol. 1, table 5-6. pc = 1 is reserved and cannot get into FPSR; it acts as pc = 3. */
const struct em_fpi_fmt em_fpi_fmts[24] = {
    { 24, 17, RANGE15 }, { 24, 17, RANGE17 }, { 64, 17, RANGE15 }, { 64, 17, RANGE17 },
    { 53, 17, RANGE15 }, { 53, 17, RANGE17 }, { 64, 17, RANGE15 }, { 64, 17, RANGE17 },
    ROWS(24, RANGE8),
    ROWS(53, RANGE11),
};
const struct em_fpi_fmt em_fpi_fmt_par = { 24, 8, RANGE8 };

struct em_freg em_fp_from_single(uint32_t image)
{
    return em_fpi_from_single(image);
}

struct em_freg em_fp_from_double(uint64_t image)
{
    bool neg = image >> 63;
    uint64_t e = (image >> 52) & 0x7ff, frac = (image & ((UINT64_C(1) << 52) - 1)) << 11;
    if (e == 0)
        return em_fpi_make(neg, frac ? DOUBLE_EXP + 1 : 0, frac);
    return em_fpi_make(neg, e == 0x7ff ? EM_FPI_EXP_SPECIAL : e + DOUBLE_EXP,
                       EM_FPI_INT_BIT | frac);
}

struct em_freg em_fp_from_ext(uint64_t sig, uint16_t se)
{
    uint64_t e = se & 0x7fff;
    if (e == 0x7fff)
        e = EM_FPI_EXP_SPECIAL;
    else if (e != 0)
        e += EXT_EXP;
    return em_fpi_make(se >> 15, e, sig);
}

uint32_t em_fp_to_single(struct em_freg a)
{
    return em_fpi_to_single(a);
}

uint64_t em_fp_to_double(struct em_freg a)
{
    uint64_t e = (a.se >> 6 & 0x400) | (a.se & 0x3ff);
    if (!(a.sig & EM_FPI_INT_BIT))
        e = 0;
    return ((a.se & EM_FP_SIGN) << 46) | e << 52 | ((a.sig >> 11) & ((UINT64_C(1) << 52) - 1));
}

void em_fp_to_ext(struct em_freg a, uint64_t *sig_out, uint16_t *se_out)
{
    *sig_out = a.sig;
    *se_out = (uint16_t)((a.se >> 2 & 0x8000) | (a.se >> 2 & 0x4000) | (a.se & 0x3fff));
}

static uint8_t class_special(uint64_t sig)
{
    if (!(sig & EM_FPI_INT_BIT))
        return EM_FPI_UNSUP;
    if (sig == EM_FPI_INT_BIT)
        return EM_FPI_INF;
    return (sig & EM_FPI_QUIET_BIT) ? EM_FPI_QNAN : EM_FPI_SNAN;
}

struct em_fpi_num em_fpi_unpack(struct em_freg a)
{
    uint32_t e = (uint32_t)(a.se & EM_FP_EXP);
    struct em_fpi_num n = { a.sig, (int32_t)e, EM_FPI_FINITE, em_fpi_neg(a), false };

    if (em_fpi_is_normal(a))
        return n;
    if (e == EM_FPI_EXP_SPECIAL) {
        n.cls = class_special(a.sig);
    } else if (a.sig == 0) {
        n.cls = em_fp_is_natval(a) ? EM_FPI_NATVAL : EM_FPI_ZERO;
        n.unorm = e != 0;
    } else {
        int lz = __builtin_clzll(a.sig);
        n.unorm = true;
        n.sig <<= lz;
        n.exp = (e == 0 ? EM_FPI_EXP_DENORM : (int32_t)e) - lz;
    }
    return n;
}

/** The result of an enabled O or U trap: exponent modulo the field, ISR says if inexact and how. */
static struct em_freg trap_wrapped(const struct em_fpi_fmt *fmt, bool neg, int32_t exp,
                                   struct em_fpi_rounded r, unsigned trap, struct em_fp_env *env)
{
    uint32_t base = fmt->wrap_bits == 8 ? EM_FPI_SINGLE_EXP : 0;
    uint32_t e = (((uint32_t)exp - base) & ((1u << fmt->wrap_bits) - 1)) + base;
    if (r.inexact) {
        env->flags |= EM_FPI_I;
        trap |= EM_FPI_TRAP_I;
    }
    if (r.up)
        trap |= EM_FPI_TRAP_FPA;
    env->trap = (uint16_t)(env->trap | trap);
    return em_fpi_make(neg, e, r.sig);
}

static struct em_freg overflow(const struct em_fpi_fmt *fmt, bool neg, int32_t exp,
                               struct em_fpi_rounded r, struct em_fp_env *env)
{
    enum em_fpi_rc rc = em_fpi_rc_of(env);
    bool inf = rc == EM_FPI_NEAREST || rc == (neg ? EM_FPI_DOWN : EM_FPI_UP);

    env->flags |= EM_FPI_O;
    if (!(em_fpi_disabled(env) & EM_FPI_O))
        return trap_wrapped(fmt, neg, exp, r, EM_FPI_TRAP_O, env);
    em_fpi_raise_inexact(env, inf);
    if (inf)
        return em_fpi_inf(neg);
    return em_fpi_make(neg, (uint64_t)fmt->emax, ~UINT64_C(0) << (64 - fmt->prec));
}

/** The rounded value is tiny; `sig` and `exp` are still the exact one's. */
static struct em_freg underflow(const struct em_fpi_fmt *fmt, bool neg, int32_t exp,
                                em_fpi_u128 sig, struct em_fpi_rounded r, struct em_fp_env *env)
{
    if (!(em_fpi_disabled(env) & EM_FPI_U)) {
        env->flags |= EM_FPI_U;
        return trap_wrapped(fmt, neg, exp + r.carry, r, EM_FPI_TRAP_U, env);
    }
    if (env->controls & EM_FPI_FTZ) {
        env->flags |= EM_FPI_U;
        em_fpi_raise_inexact(env, false);
        return em_fpi_zero(neg);
    }
    sig = em_fpi_shr_sticky(sig, (uint32_t)(fmt->emin - exp));
    r = em_fpi_round_sig(fmt->prec, em_fpi_rc_of(env), neg, sig);
    if (r.inexact) {
        env->flags |= EM_FPI_U;
        em_fpi_raise_inexact(env, r.up);
    }
    if (r.sig == 0)
        return em_fpi_zero(neg);
    if (r.sig & EM_FPI_INT_BIT)
        return em_fpi_make(neg, (uint64_t)fmt->emin, r.sig);
    return em_fpi_make(neg, fmt->denorm_exp, r.sig);
}

struct em_freg em_fpi_out_of_range(const struct em_fpi_fmt *fmt, bool neg, int32_t exp,
                                   em_fpi_u128 sig, struct em_fp_env *env)
{
    struct em_fpi_rounded r = em_fpi_round_sig(fmt->prec, em_fpi_rc_of(env), neg, sig);

    r.sig |= (uint64_t)r.carry << 63;
    if (exp + r.carry > fmt->emax)
        return overflow(fmt, neg, exp + r.carry, r, env);
    return underflow(fmt, neg, exp, sig, r, env);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_fp_conv: between floating point and integers. */
#include "em_fp_impl.h"

/** The integer part of a magnitude below 2^64, and the fraction in units of 2^-128. */
static uint64_t split(const struct em_fpi_num *n, em_fpi_u128 *frac_out)
{
    int32_t shift = EM_FPI_BIAS + 63 - n->exp;
    em_fpi_u128 v = em_fpi_shr_sticky((em_fpi_u128)n->sig << 64, (uint32_t)shift);
    *frac_out = v << 64;
    return (uint64_t)(v >> 64);
}

uint64_t em_fpi_to_int(const struct em_fpi_num *n, unsigned bits, bool is_unsigned, bool trunc,
                       struct em_fp_env *env)
{
    const uint64_t indefinite = UINT64_C(1) << (bits - 1);
    const uint64_t all = UINT64_MAX >> (64 - bits);
    const uint64_t limit = is_unsigned ? (n->neg ? 0 : all) : indefinite - !n->neg;
    enum em_fpi_rc rc = trunc ? EM_FPI_TRUNC : em_fpi_rc_of(env);
    em_fpi_u128 frac = 0;
    uint64_t whole = 0;
    bool up = false, big = n->cls > EM_FPI_FINITE;

    if (n->cls == EM_FPI_FINITE && n->exp > EM_FPI_BIAS + 63) {
        big = true;
    } else if (n->cls == EM_FPI_FINITE) {
        whole = split(n, &frac);
        up = em_fpi_round_up(rc, n->neg, whole & 1, frac);
        big = whole > limit || (up && whole == limit);
    }
    if (big) {
        em_fpi_raise(env, EM_FPI_V);
        return indefinite;
    }
    if (n->unorm && em_fpi_raise(env, EM_FPI_D))
        return indefinite;
    if (frac != 0)
        em_fpi_raise_inexact(env, up);
    whole += up;
    return (n->neg ? -whole : whole) & all;
}

/** The usual conversion: a number from 1 up to 2^63, truncated or an integer already. */
static inline bool cvt_plain(struct em_freg f2, bool is_unsigned, bool trunc, uint64_t *int_out,
                             struct em_fp_env *env)
{
    uint64_t shift = EM_FPI_BIAS + 63 - (f2.se & EM_FP_EXP), whole;
    bool neg = em_fpi_neg(f2), inexact;

    if (shift - 1 >= 63 || !(f2.sig & EM_FPI_INT_BIT) || (neg && is_unsigned))
        return false;
    whole = f2.sig >> shift;
    inexact = whole << shift != f2.sig;
    if (inexact && !trunc)
        return false;
    if (inexact)
        em_fpi_raise_inexact(env, false);
    *int_out = neg ? -whole : whole;
    return true;
}

struct em_freg em_fp_cvt_fx(struct em_freg f2, bool is_unsigned, bool trunc, struct em_fp_env *env)
{
    struct em_fpi_num n;
    uint64_t plain;

    em_fpi_start(env);
    if (cvt_plain(f2, is_unsigned, trunc, &plain, env))
        return em_fpi_int(plain);
    n = em_fpi_unpack(f2);
    if (n.cls == EM_FPI_NATVAL)
        return em_fpi_natval();
    return em_fpi_int(em_fpi_to_int(&n, 64, is_unsigned, trunc, env));
}

struct em_freg em_fp_cvt_xf(struct em_freg f2)
{
    bool neg = f2.sig >> 63;
    uint64_t mag = neg ? -f2.sig : f2.sig;
    int lz;

    if (em_fp_is_natval(f2))
        return em_fpi_natval();
    if (mag == 0)
        return em_fpi_zero(false);
    lz = __builtin_clzll(mag);
    return em_fpi_make(neg, (uint64_t)(EM_FP_INT_EXP - (unsigned)lz), mag << lz);
}

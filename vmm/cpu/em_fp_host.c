/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_fp_host: multiply-add on host hardware where that is bit exact: operands and result normal
 * single or double precision numbers, rounding to nearest (the host's mode is never changed).
 * em_fp_arith.c is the oracle; tests/unit/cpu/test_fp_host.c compares them. For doubles 11 ns where
 * the integers take 18 ns.
 */
#include <string.h>

#include "em_fp_impl.h"

#if defined(__x86_64__)

#define HOST_FMA __attribute__((target("fma")))
#define DOUBLE_EXP 0xfc00u

static EM_FPI_INLINE bool to_double(uint64_t sig, uint64_t se, double *out)
{
    uint64_t e = (se & EM_FP_EXP) - DOUBLE_EXP, bits;

    if (e - 1 >= 0x7fe || (sig & 0x7ff) || !(sig & EM_FPI_INT_BIT))
        return false;
    bits = (se & EM_FP_SIGN) << 46 | e << 52 | (sig << 1) >> 12;
    memcpy(out, &bits, sizeof bits);
    return true;
}

static EM_FPI_INLINE bool to_single(uint64_t sig, uint64_t se, float *out)
{
    uint64_t e = (se & EM_FP_EXP) - EM_FPI_SINGLE_EXP;
    uint32_t bits;

    if (e - 1 >= 0xfe || sig << 24 || !(sig & EM_FPI_INT_BIT))
        return false;
    bits = (uint32_t)((se & EM_FP_SIGN) << 14 | e << 23 | (sig << 1) >> 41);
    memcpy(out, &bits, sizeof bits);
    return true;
}

/* The least normal exponent is left to the integers, too: what rounds to it may have been tiny. */
static HOST_FMA bool fma_double(enum em_fp_mul kind, struct em_freg f3, struct em_freg f4,
                                uint64_t f2_sig, uint64_t f2_se, bool f2_is_f0, struct em_freg *out)
{
    double a, b, c = 0, r;
    uint64_t bits, e;

    if (!to_double(f3.sig, f3.se, &a) || !to_double(f4.sig, f4.se, &b) ||
        (!f2_is_f0 && !to_double(f2_sig, f2_se, &c)))
        return false;
    r = __builtin_fma(kind == EM_FP_NMA ? -a : a, b, kind == EM_FP_MS ? -c : c);
    memcpy(&bits, &r, sizeof bits);
    e = bits >> 52 & 0x7ff;
    if (e - 2 >= 0x7fd)
        return false;
    *out = em_fpi_make(bits >> 63, e + DOUBLE_EXP, EM_FPI_INT_BIT | bits << 11);
    return true;
}

static HOST_FMA bool fma_single(enum em_fp_mul kind, struct em_freg f3, struct em_freg f4,
                                uint64_t f2_sig, uint64_t f2_se, bool f2_is_f0, struct em_freg *out)
{
    float a, b, c = 0, r;
    uint32_t bits, e;

    if (!to_single(f3.sig, f3.se, &a) || !to_single(f4.sig, f4.se, &b) ||
        (!f2_is_f0 && !to_single(f2_sig, f2_se, &c)))
        return false;
    r = __builtin_fmaf(kind == EM_FP_NMA ? -a : a, b, kind == EM_FP_MS ? -c : c);
    memcpy(&bits, &r, sizeof bits);
    e = bits >> 23 & 0xff;
    if (e - 2 >= 0xfd)
        return false;
    *out = em_fpi_make(bits >> 31, e + EM_FPI_SINGLE_EXP, EM_FPI_INT_BIT | (uint64_t)bits << 40);
    return true;
}

bool em_fpi_host_fma(enum em_fp_mul kind, enum em_fp_pc pc, struct em_freg f3, struct em_freg f4,
                     uint64_t f2_sig, uint64_t f2_se, bool f2_is_f0, struct em_freg *result_out)
{
    if (!__builtin_cpu_supports("fma"))
        return false;
    if (pc == EM_FP_PC_D)
        return fma_double(kind, f3, f4, f2_sig, f2_se, f2_is_f0, result_out);
    return pc == EM_FP_PC_S && fma_single(kind, f3, f4, f2_sig, f2_se, f2_is_f0, result_out);
}

#else

bool em_fpi_host_fma(enum em_fp_mul kind, enum em_fp_pc pc, struct em_freg f3, struct em_freg f4,
                     uint64_t f2_sig, uint64_t f2_se, bool f2_is_f0, struct em_freg *result_out)
{
    (void)kind, (void)pc, (void)f3, (void)f4, (void)f2_sig, (void)f2_se, (void)f2_is_f0;
    (void)result_out;
    return false;
}

#endif

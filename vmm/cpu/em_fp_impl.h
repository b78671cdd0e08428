/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_fp_impl: what the em_fp_*.c files share. Nobody else includes this.
 *
 * An operand is unpacked into class, sign, exponent and a normalised significand; a result comes
 * back as sign, exponent and a 128-bit significand whose lowest bit is sticky, and is rounded once.
 */
#ifndef VMM_CPU_EM_FP_IMPL_H
#define VMM_CPU_EM_FP_IMPL_H

#include "em_fp.h"

__extension__ typedef unsigned __int128 em_fpi_u128;

/* the path of every operation: calls would cost as much as the work */
#define EM_FPI_INLINE inline __attribute__((always_inline))

#define EM_FPI_INT_BIT   (UINT64_C(1) << 63)
#define EM_FPI_QUIET_BIT (UINT64_C(1) << 62)
#define EM_FPI_BIAS      0xffff
#define EM_FPI_EXP_SPECIAL 0x1ffff              /* infinities, NaNs, unsupported */
#define EM_FPI_EXP_DENORM  0xc001               /* what exponent field 0 stands for */

/* flags, which are also the bits of FPSR.traps, and of ISR.code for faults */
enum { EM_FPI_V = 1, EM_FPI_D = 2, EM_FPI_Z = 4, EM_FPI_O = 8, EM_FPI_U = 16, EM_FPI_I = 32 };
/* ISR.code of traps, scalar or high half; the low half's are four bits lower */
enum { EM_FPI_TRAP_O = 1 << 11, EM_FPI_TRAP_U = 1 << 12, EM_FPI_TRAP_I = 1 << 13,
       EM_FPI_TRAP_FPA = 1 << 14, EM_FPI_LOW_TRAP_SHIFT = 4, EM_FPI_LOW_FAULT_SHIFT = 4 };
/* fields of em_fp_env.controls */
enum { EM_FPI_FTZ = 1, EM_FPI_WRE = 2, EM_FPI_RC = 0x30, EM_FPI_TD = 0x40 };
enum em_fpi_rc { EM_FPI_NEAREST, EM_FPI_DOWN, EM_FPI_UP, EM_FPI_TRUNC };

enum em_fpi_cls { EM_FPI_ZERO, EM_FPI_FINITE, EM_FPI_INF, EM_FPI_QNAN, EM_FPI_SNAN, EM_FPI_UNSUP,
                  EM_FPI_NATVAL };

struct em_fpi_num {
    uint64_t sig;                   /* FINITE: bit 63 is set */
    int32_t exp;                    /* FINITE: register bias, below 1 for what was unnormal */
    uint8_t cls;                    /* enum em_fpi_cls */
    bool neg;
    bool unorm;                     /* raises D: unnormal, denormal, pseudo-denormal, pseudo-zero */
};

/** Precision and exponent range of a result. Exponents carry the register's bias. */
struct em_fpi_fmt {
    uint8_t prec;                   /* bits of significand, 24, 53 or 64 */
    uint8_t wrap_bits;              /* exponents of trapped results wrap modulo 2^wrap_bits */
    int32_t emin, emax;
    uint32_t denorm_exp;            /* exponent field of a denormal result */
};

extern const struct em_fpi_fmt em_fpi_fmts[24];     /* by completer * 8 + pc * 2 + wre */
extern const struct em_fpi_fmt em_fpi_fmt_par;

static inline const struct em_fpi_fmt *em_fpi_fmt_of(enum em_fp_pc pc, uint8_t controls)
{
    return &em_fpi_fmts[(unsigned)pc * 8 + ((controls >> 1) & 7)];
}

static inline enum em_fpi_rc em_fpi_rc_of(const struct em_fp_env *env)
{
    return (enum em_fpi_rc)((env->controls >> 4) & 3);
}

/** The exceptions (EM_FPI_*) whose trap or fault is disabled, td included. */
static inline unsigned em_fpi_disabled(const struct em_fp_env *env)
{
    return (env->controls & EM_FPI_TD) ? 0x3f : env->traps & 0x3f;
}

static inline void em_fpi_start(struct em_fp_env *env)
{
    env->flags = 0;
    env->fault = 0;
    env->trap = 0;
}

/**
 * Raises V, D or Z: the flag if disabled, else the fault, which withdraws every flag.
 * Returns true for a fault: the caller's result does not matter then.
 */
static inline bool em_fpi_raise(struct em_fp_env *env, unsigned which)
{
    if (em_fpi_disabled(env) & which) {
        env->flags = (uint8_t)(env->flags | which);
        return false;
    }
    env->flags = 0;
    env->fault = (uint16_t)which;
    return true;
}

static inline struct em_freg em_fpi_make(bool neg, uint64_t exp, uint64_t sig)
{
    struct em_freg r = { sig, exp | (neg ? EM_FP_SIGN : 0) };
    return r;
}
static inline struct em_freg em_fpi_int(uint64_t sig)
{
    return em_fpi_make(false, EM_FP_INT_EXP, sig);
}
static inline struct em_freg em_fpi_zero(bool neg) { return em_fpi_make(neg, 0, 0); }
static inline struct em_freg em_fpi_inf(bool neg)
{
    return em_fpi_make(neg, EM_FPI_EXP_SPECIAL, EM_FPI_INT_BIT);
}
static inline struct em_freg em_fpi_indefinite(void)
{
    return em_fpi_make(true, EM_FPI_EXP_SPECIAL, EM_FPI_INT_BIT | EM_FPI_QUIET_BIT);
}
static inline struct em_freg em_fpi_natval(void)
{
    return em_fpi_make(false, EM_FP_NATVAL_EXP, 0);
}
static inline struct em_freg em_fpi_quiet(struct em_freg a)
{
    a.sig |= EM_FPI_QUIET_BIT;
    return a;
}
static inline bool em_fpi_neg(struct em_freg a) { return (a.se & EM_FP_SIGN) != 0; }

/** A normal number: the case every fast path is about. */
static inline bool em_fpi_is_normal(struct em_freg a)
{
    return (a.se & EM_FP_EXP) - 1 < EM_FPI_EXP_SPECIAL - 1 && (a.sig & EM_FPI_INT_BIT);
}

static inline bool em_fpi_is_nan(const struct em_fpi_num *n)
{
    return n->cls == EM_FPI_QNAN || n->cls == EM_FPI_SNAN;
}

/** Whether rounding a magnitude moves it up; `frac`: the part dropped, in units of 2^-128. */
static inline bool em_fpi_round_up(enum em_fpi_rc rc, bool neg, bool odd, em_fpi_u128 frac)
{
    const em_fpi_u128 half = (em_fpi_u128)1 << 127;
    if (rc == EM_FPI_NEAREST)
        return frac > half || (frac == half && odd);
    return frac != 0 && (rc == EM_FPI_DOWN ? neg : rc == EM_FPI_UP && !neg);
}

/** Shift right, keeping what is lost in the lowest bit. */
static inline em_fpi_u128 em_fpi_shr_sticky(em_fpi_u128 v, uint32_t n)
{
    if (n == 0)
        return v;
    if (n >= 128)
        return v != 0;
    return v >> n | ((v << (128 - n)) != 0);
}

struct em_fpi_num em_fpi_unpack(struct em_freg a);

#define EM_FPI_SINGLE_EXP 0xff80u   /* register exponent of a single's exponent field 0 */

/** em_fp_from_single and em_fp_to_single where calls would cost more than the work. */
static inline struct em_freg em_fpi_from_single(uint32_t image)
{
    bool neg = image >> 31;
    uint64_t e = (image >> 23) & 0xff, frac = (uint64_t)(image & 0x7fffff) << 40;
    if (e == 0)
        return em_fpi_make(neg, frac ? EM_FPI_SINGLE_EXP + 1 : 0, frac);
    return em_fpi_make(neg, e == 0xff ? EM_FPI_EXP_SPECIAL : e + EM_FPI_SINGLE_EXP,
                       EM_FPI_INT_BIT | frac);
}

static inline uint32_t em_fpi_to_single(struct em_freg a)
{
    uint64_t e = (a.se >> 9 & 0x80) | (a.se & 0x7f);
    if (!(a.sig & EM_FPI_INT_BIT))
        e = 0;
    return (uint32_t)(((a.se & EM_FP_SIGN) << 14) | e << 23 | ((a.sig >> 40) & 0x7fffff));
}

/** A rounded significand, and what the rounding did. */
struct em_fpi_rounded { uint64_t sig; bool carry, up, inexact; };

static EM_FPI_INLINE struct em_fpi_rounded em_fpi_round_sig(unsigned prec, enum em_fpi_rc rc,
                                                            bool neg, em_fpi_u128 sig)
{
    uint64_t hi = (uint64_t)(sig >> 64), lo = (uint64_t)sig;
    unsigned drop = 64 - prec;
    uint64_t ulp = UINT64_C(1) << drop, half = drop ? ulp >> 1 : EM_FPI_INT_BIT;
    uint64_t rest = drop ? (hi | (lo != 0)) & (ulp - 1) : lo;       /* below the last place */
    uint64_t kept = hi & -ulp;
    struct em_fpi_rounded r = { .inexact = rest != 0 };

    if (rc == EM_FPI_NEAREST)
        r.up = rest > half - ((hi >> drop) & 1);                    /* ties go to even */
    else
        r.up = r.inexact && rc == (neg ? EM_FPI_DOWN : EM_FPI_UP);
    r.sig = kept + (ulp & -(uint64_t)r.up);
    r.carry = r.sig < kept;
    return r;
}

/** Flag I, and its trap; `up`: the delivered magnitude exceeds the exact one. */
static EM_FPI_INLINE void em_fpi_raise_inexact(struct em_fp_env *env, bool up)
{
    env->flags |= EM_FPI_I;
    if (!(em_fpi_disabled(env) & EM_FPI_I))
        env->trap = (uint16_t)(env->trap | EM_FPI_TRAP_I | (up ? EM_FPI_TRAP_FPA : 0));
}

/** A value whose rounding leaves the format's range; exp and sig are those before rounding. */
struct em_freg em_fpi_out_of_range(const struct em_fpi_fmt *fmt, bool neg, int32_t exp,
                                   em_fpi_u128 sig, struct em_fp_env *env);

/**
 * One rounding of (-1)^neg * sig * 2^(exp - bias - 127) into `fmt`, sig's bit 127 set, its bit 0
 * sticky; ORs flags and trap codes into env. Controls: rc and ftz.
 */
static EM_FPI_INLINE struct em_freg em_fpi_round(const struct em_fpi_fmt *fmt, bool neg,
                                                 int32_t exp, em_fpi_u128 sig,
                                                 struct em_fp_env *env)
{
    struct em_fpi_rounded r = em_fpi_round_sig(fmt->prec, em_fpi_rc_of(env), neg, sig);
    int32_t rexp = exp + r.carry;

    if (__builtin_expect(rexp > fmt->emax || rexp < fmt->emin, 0))
        return em_fpi_out_of_range(fmt, neg, exp, sig, env);
    if (r.inexact)
        em_fpi_raise_inexact(env, r.up);
    return em_fpi_make(neg, (uint64_t)rexp, r.sig | (uint64_t)r.carry << 63);
}

/** Product and sum into any format, without a completer: scalar and parallel forms. */
struct em_freg em_fpi_fma(enum em_fp_mul kind, const struct em_fpi_fmt *fmt, struct em_freg f3,
                          struct em_freg f4, struct em_freg f2, bool f2_is_f0,
                          struct em_fp_env *env);
/**
 * f3 * f4 + f2 by the host's own multiply-add, rounded to nearest, no flags told: false if operands
 * or result are not safely normal numbers of the format (EM_FP_PC_S or EM_FP_PC_D), or the host has
 * no such instruction. f2 comes in parts to stay in registers.
 */
bool em_fpi_host_fma(enum em_fp_mul kind, enum em_fp_pc pc, struct em_freg f3, struct em_freg f4,
                     uint64_t f2_sig, uint64_t f2_se, bool f2_is_f0, struct em_freg *result_out);

/** True and signed relation of numbers that are no NaN: -1, 0 or 1. */
int em_fpi_order(const struct em_fpi_num *a, const struct em_fpi_num *b);

/** fcvt to an integer of `bits` (32 or 64) bits: the value, not yet a register. */
uint64_t em_fpi_to_int(const struct em_fpi_num *n, unsigned bits, bool is_unsigned, bool trunc,
                       struct em_fp_env *env);

/** Table values of 1/n and 1/sqrt(n), no limits considered. n is finite. */
struct em_freg em_fpi_recip(const struct em_fpi_num *n);
struct em_freg em_fpi_rsqrt(const struct em_fpi_num *n);
/** All but finite/finite of a reciprocal of f2/f3, and D. True: the result is *result_out. */
bool em_fpi_rcpa_special(const struct em_fpi_num *a, const struct em_fpi_num *b, struct em_freg f2,
                         struct em_freg f3, struct em_freg *result_out, struct em_fp_env *env);
/** NaNs and negative numbers under a root. True: the result is *result_out. */
bool em_fpi_rsqrta_invalid(const struct em_fpi_num *n, struct em_freg f3,
                           struct em_freg *result_out, struct em_fp_env *env);

/** Two halves' environments into one, SDM vol. 2 ISR.code: high half's codes in scalar position. */
void em_fpi_join(struct em_fp_env *env, const struct em_fp_env *high, const struct em_fp_env *low);

#endif

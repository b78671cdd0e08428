/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fp_oracle: a model of Itanium floating point on libmpfr, and operands to try it with.
 *
 * It shares nothing with the implementation: operands become exact mpfr numbers, every rounding is
 * mpfr's own (one operation straight into the target precision), and flags follow from its ternary
 * values. Slow and plain on purpose. Included by the test_fp_*.c programs.
 */
#ifndef TESTS_UNIT_CPU_FP_ORACLE_H
#define TESTS_UNIT_CPU_FP_ORACLE_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mpfr.h>

#include "em_fp.h"

enum { F_V = 1, F_D = 2, F_Z = 4, F_O = 8, F_U = 16, F_I = 32 };
enum { T_O = 0x0800, T_U = 0x1000, T_I = 0x2000, T_FPA = 0x4000 };
enum { BIAS = 0xffff };
#define TOP (UINT64_C(1) << 63)
#define INDEF64 TOP

/* ---- operands ---------------------------------------------------------------------------- */

enum kind { ZERO, PSEUDO_ZERO, NUMBER, UNNORMAL, INFINITE, QUIET, SIGNALLING, UNSUPPORTED, NATVAL };

static inline enum kind kind_of(struct em_freg f)
{
    uint64_t e = f.se & 0x1ffff;
    if (e == 0x1ffff) {
        if (!(f.sig & TOP))
            return UNSUPPORTED;
        return f.sig == TOP ? INFINITE : f.sig >= UINT64_C(0xc000000000000000) ? QUIET : SIGNALLING;
    }
    if (f.sig == 0) {
        if (e == 0x1fffe && !(f.se >> 17))
            return NATVAL;
        return e == 0 ? ZERO : PSEUDO_ZERO;
    }
    return e != 0 && (f.sig & TOP) ? NUMBER : UNNORMAL;
}

static inline bool zero_kind(enum kind k) { return k == ZERO || k == PSEUDO_ZERO; }
static inline bool nan_kind(enum kind k) { return k == QUIET || k == SIGNALLING; }
static inline bool d_kind(enum kind k) { return k == UNNORMAL || k == PSEUDO_ZERO; }
static inline bool sign_of(struct em_freg f) { return f.se >> 17 & 1; }

static inline struct em_freg image(bool neg, uint64_t e, uint64_t sig)
{
    struct em_freg f = { sig, e | (uint64_t)neg << 17 };
    return f;
}
static inline struct em_freg quieted(struct em_freg f)
{
    f.sig |= UINT64_C(1) << 62;
    return f;
}
static inline struct em_freg indefinite(void)
{
    return image(true, 0x1ffff, UINT64_C(0xc000000000000000));
}
static inline struct em_freg natval(void) { return image(false, 0x1fffe, 0); }
static inline struct em_freg integer(uint64_t sig) { return image(false, 0x1003e, sig); }
static inline struct em_freg infinite(bool neg) { return image(neg, 0x1ffff, TOP); }

/** The exact value of a finite operand; x has 64 bits of precision. */
static inline void value_of(mpfr_t x, struct em_freg f)
{
    long e = (long)(f.se & 0x1ffff);
    if (e == 0)
        e = 0xc001;
    mpfr_set_uj_2exp(x, f.sig, (intmax_t)(e - BIAS - 63), MPFR_RNDN);
    if (sign_of(f))
        mpfr_neg(x, x, MPFR_RNDN);
}

/* ---- results ----------------------------------------------------------------------------- */

struct outcome { struct em_freg r; unsigned flags, fault, trap; bool p; };

/** An exact quantity to be rounded: x*y+z, x*y, x/y, sqrt(x). */
struct exact { enum { MUL_ADD, MUL, DIV, SQRT } op; mpfr_t x, y, z; };

static inline void exact_init(struct exact *q)
{
    mpfr_inits2(64, q->x, q->y, q->z, (mpfr_ptr)NULL);
}
static inline void exact_clear(struct exact *q)
{
    mpfr_clears(q->x, q->y, q->z, (mpfr_ptr)NULL);
}

static inline int evaluate(mpfr_t r, const struct exact *q, mpfr_prec_t prec, mpfr_rnd_t rnd)
{
    mpfr_set_prec(r, prec);
    switch (q->op) {
    case MUL_ADD: return mpfr_fma(r, q->x, q->y, q->z, rnd);
    case MUL:     return mpfr_mul(r, q->x, q->y, rnd);
    case DIV:     return mpfr_div(r, q->x, q->y, rnd);
    case SQRT:    return mpfr_sqrt(r, q->x, rnd);
    }
    return 0;
}

struct format { int prec, width; };        /* width of the exponent in bits: 8, 11, 15, 17 */

static inline struct format format_of(enum em_fp_pc pc, unsigned controls)
{
    static const int dynamic[4] = { 24, 64, 53, 64 };
    bool wre = controls & 2;
    struct format f = { dynamic[controls >> 2 & 3], wre ? 17 : 15 };
    if (pc == EM_FP_PC_S)
        f = (struct format){ 24, wre ? 17 : 8 };
    else if (pc == EM_FP_PC_D)
        f = (struct format){ 53, wre ? 17 : 11 };
    return f;
}

static inline mpfr_rnd_t rnd_of(unsigned controls)
{
    static const mpfr_rnd_t rnd[4] = { MPFR_RNDN, MPFR_RNDD, MPFR_RNDU, MPFR_RNDZ };
    return rnd[controls >> 4 & 3];
}

static inline bool enabled(const struct em_fp_env *env, unsigned which)
{
    return !(env->controls & 0x40) && !(env->traps & which);
}

/** Magnitude of r as significand and unbiased exponent. */
static inline uint64_t scaled_sig(mpfr_t r, long *exp_out)
{
    mpfr_t t;
    uint64_t sig;
    *exp_out = (long)mpfr_get_exp(r) - 1;
    mpfr_init2(t, 64);
    mpfr_abs(t, r, MPFR_RNDN);
    mpfr_mul_2si(t, t, 63 - *exp_out, MPFR_RNDN);
    sig = mpfr_get_uj(t, MPFR_RNDN);
    mpfr_clear(t);
    return sig;
}

static inline bool grown(mpfr_t r, int ternary, bool neg)
{
    (void)r;
    return neg ? ternary < 0 : ternary > 0;
}

static inline void inexact_trap(struct outcome *o, const struct em_fp_env *env, bool up)
{
    o->flags |= F_I;
    if (enabled(env, F_I))
        o->trap |= T_I | (up ? T_FPA : 0u);
}

/** A tiny result without a trap: rounded at the format's last place. */
static inline void denormalise(struct outcome *o, const struct exact *q, struct format f, long emin,
                               bool neg, const struct em_fp_env *env)
{
    mpfr_rnd_t rnd = rnd_of(env->controls);
    bool away = (rnd == MPFR_RNDD && neg) || (rnd == MPFR_RNDU && !neg);
    uint64_t sig = 0;
    bool inexact = true, up = false;
    long e, bits;
    mpfr_t r;

    mpfr_init2(r, 64);
    evaluate(r, q, 64, MPFR_RNDZ);
    bits = f.prec - (emin - ((long)mpfr_get_exp(r) - 1));
    if (bits >= 1) {
        int t = evaluate(r, q, bits, rnd);
        sig = scaled_sig(r, &e);
        sig >>= emin - e;           /* rounding may reach emin, not more */
        inexact = t != 0;
        up = grown(r, t, neg);
    } else {                        /* below the smallest denormal: it or zero */
        bool above_half = bits == 0 && evaluate(r, q, 1, MPFR_RNDZ) != 0;
        up = away || (rnd == MPFR_RNDN && above_half);
        sig = up ? UINT64_C(1) << (64 - f.prec) : 0;
    }
    mpfr_clear(r);
    if (inexact) {
        o->flags |= F_U;
        inexact_trap(o, env, up);
    }
    if (sig == 0)
        o->r = image(neg, 0, 0);
    else if (sig & TOP)
        o->r = image(neg, (uint64_t)(emin + BIAS), sig);
    else
        o->r = image(neg, f.width == 15 ? 0 : (uint64_t)(emin + BIAS), sig);
}

static inline struct em_freg wrapped(bool neg, long e, uint64_t sig, bool par)
{
    if (par)
        return image(neg, ((uint64_t)(e + 127) & 0xff) + 0xff80, sig);
    return image(neg, (uint64_t)(e + BIAS) & 0x1ffff, sig);
}

/** Rounds a nonzero quantity as SDM vol. 1, 5.4 says. */
static inline void round_exact(struct outcome *o, const struct exact *q, struct format f, bool par,
                               const struct em_fp_env *env)
{
    long b = (1L << (f.width - 1)) - 1, emin = 1 - b, emax = b, e;
    mpfr_rnd_t rnd = rnd_of(env->controls);
    unsigned trap = 0;
    mpfr_t r;
    int t;

    mpfr_init2(r, 64);
    t = evaluate(r, q, f.prec, rnd);
    bool neg = mpfr_signbit(r) != 0, up = grown(r, t, neg);
    uint64_t sig = scaled_sig(r, &e);
    mpfr_clear(r);

    if (e > emax) {
        bool inf = rnd == MPFR_RNDN || rnd == (neg ? MPFR_RNDD : MPFR_RNDU);
        o->flags |= F_O;
        if (enabled(env, F_O)) {
            trap = T_O;
        } else {
            uint64_t largest = -(TOP >> (f.prec - 1));
            o->r = inf ? infinite(neg) : image(neg, (uint64_t)(emax + BIAS), largest);
            inexact_trap(o, env, inf);
            return;
        }
    } else if (e < emin) {
        if (enabled(env, F_U)) {
            o->flags |= F_U;
            trap = T_U;
        } else if (env->controls & 1) {
            o->flags |= F_U;
            o->r = image(neg, 0, 0);
            inexact_trap(o, env, false);
            return;
        } else {
            denormalise(o, q, f, emin, neg, env);
            return;
        }
    }
    if (trap) {
        if (t != 0) {
            o->flags |= F_I;
            trap |= T_I | (up ? T_FPA : 0u);
        }
        o->trap = trap;
        o->r = wrapped(neg, e, sig, par);
        return;
    }
    o->r = image(neg, (uint64_t)(e + BIAS), sig);
    if (t != 0)
        inexact_trap(o, env, up);
}

/** Raises V, D or Z; true if that is a fault. */
static inline bool raised(struct outcome *o, const struct em_fp_env *env, unsigned which)
{
    if (enabled(env, which)) {
        o->fault = which;
        o->flags = 0;
        return true;
    }
    o->flags |= which;
    return false;
}

static inline struct outcome invalid(struct outcome o, const struct em_fp_env *env,
                                     struct em_freg r)
{
    raised(&o, env, F_V);
    o.r = r;
    return o;
}

static inline bool any_of(enum kind k, enum kind a, enum kind b, enum kind c)
{
    return a == k || b == k || c == k;
}

/** fma, fms, fnma and, for one half, fpma, fpms, fpnma. */
static inline struct outcome oracle_fma(enum em_fp_mul op, struct format fmt, bool par,
                                        struct em_freg f3, struct em_freg f4, struct em_freg f2,
                                        bool ieee_multiply, const struct em_fp_env *env)
{
    struct outcome o = { .flags = 0 };
    enum kind k3 = kind_of(f3), k4 = kind_of(f4), k2 = ieee_multiply ? ZERO : kind_of(f2);
    bool ps = sign_of(f3) ^ sign_of(f4) ^ (op == EM_FP_NMA), cs = sign_of(f2) ^ (op == EM_FP_MS);
    bool inf_product = k3 == INFINITE || k4 == INFINITE;
    struct exact q;

    if (any_of(NATVAL, k3, k4, k2))
        return (struct outcome){ .r = natval() };
    if (any_of(UNSUPPORTED, k3, k4, k2))
        return invalid(o, env, indefinite());
    if (nan_kind(k3) || nan_kind(k4) || nan_kind(k2)) {
        struct em_freg n = quieted(nan_kind(k4) ? f4 : nan_kind(k2) ? f2 : f3);
        if (any_of(SIGNALLING, k3, k4, k2))
            return invalid(o, env, n);
        o.r = n;
        return o;
    }
    if (inf_product && (k3 == ZERO || k4 == ZERO || (k2 == INFINITE && ps != cs)))
        return invalid(o, env, indefinite());
    if ((d_kind(k3) || d_kind(k4) || d_kind(k2)) && raised(&o, env, F_D))
        return o;
    if (inf_product || k2 == INFINITE) {
        o.r = infinite(inf_product ? ps : cs);
        return o;
    }
    if (zero_kind(k3) || zero_kind(k4)) {
        if (ieee_multiply) {
            o.r = image(ps, 0, 0);
            return o;
        }
        if (zero_kind(k2)) {
            o.r = image(ps == cs ? ps : (env->controls >> 4 & 3) == 1, 0, 0);
            return o;
        }
    }
    exact_init(&q);
    value_of(q.x, f3);
    value_of(q.y, f4);
    q.op = ieee_multiply || zero_kind(k2) ? MUL : MUL_ADD;
    if (op == EM_FP_NMA)
        mpfr_neg(q.x, q.x, MPFR_RNDN);
    if (q.op == MUL_ADD) {
        value_of(q.z, f2);
        if (op == EM_FP_MS)
            mpfr_neg(q.z, q.z, MPFR_RNDN);
    }
    mpfr_t probe;
    mpfr_init2(probe, 64);
    evaluate(probe, &q, 64, MPFR_RNDZ);
    if (mpfr_zero_p(probe))
        o.r = image((env->controls >> 4 & 3) == 1, 0, 0);
    else
        round_exact(&o, &q, fmt, par, env);
    mpfr_clear(probe);
    exact_clear(&q);
    return o;
}

/* ---- comparing and reporting ------------------------------------------------------------- */

static inline bool same_outcome(const struct outcome *want, struct em_freg r,
                                const struct em_fp_env *env)
{
    if (want->fault || env->fault)
        return want->fault == env->fault && env->flags == 0 && env->trap == 0;
    return want->r.sig == r.sig && want->r.se == r.se && want->flags == env->flags &&
           want->trap == env->trap;
}

static inline void report(const char *what, const struct outcome *want, struct em_freg r,
                          const struct em_fp_env *env)
{
    fprintf(stderr,
            "%s traps %02x controls %02x\n"
            "  want %05" PRIx64 ".%016" PRIx64 " flags %02x fault %02x trap %04x p %d\n"
            "  got  %05" PRIx64 ".%016" PRIx64 " flags %02x fault %02x trap %04x\n",
            what, env->traps, env->controls, want->r.se, want->r.sig, want->flags, want->fault,
            want->trap, want->p, r.se, r.sig, env->flags, env->fault, env->trap);
}

static inline void report_operand(const char *name, struct em_freg f)
{
    fprintf(stderr, "  %s   %05" PRIx64 ".%016" PRIx64 "\n", name, f.se, f.sig);
}

/* ---- random operands --------------------------------------------------------------------- */

static uint64_t rng_state = UINT64_C(0x9e3779b97f4a7c15);

static inline uint64_t rnd64(void)
{
    uint64_t z = rng_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}
static inline unsigned below(unsigned n) { return (unsigned)(rnd64() >> 33) % n; }

/** Number of random cases: FP_CASES if set, else n. FP_SEED chooses another sequence. */
static inline long cases(long n)
{
    const char *c = getenv("FP_CASES"), *s = getenv("FP_SEED");
    rng_state = s ? strtoull(s, NULL, 0) : UINT64_C(0x9e3779b97f4a7c15);
    return c ? strtol(c, NULL, 0) : n;
}

/** Significands with the patterns that rounding depends on. */
static inline uint64_t rnd_sig(void)
{
    uint64_t s = rnd64();
    switch (below(10)) {
    case 0: return TOP;
    case 1: return UINT64_MAX;
    case 2: return TOP | UINT64_C(1) << below(63);
    case 3: return TOP | (s & ~UINT64_C(0) << 40);              /* a single */
    case 4: return TOP | (s & ~UINT64_C(0) << 11);              /* a double */
    case 5: return (TOP | s) & ~UINT64_C(0) << below(64);
    case 6: return TOP | s | (UINT64_MAX >> below(63));         /* ends in ones */
    case 7: return ~UINT64_C(0) << below(64);
    case 8: return TOP | (s & ~UINT64_C(0) << 39) | (UINT64_C(1) << 10);  /* near ties */
    default: return TOP | s;
    }
}

/** A register exponent: around one, at the edges of the four ranges, or anywhere. */
static inline uint64_t rnd_exp(void)
{
    static const uint32_t edges[] = { 0xff81, 0x1007e, 0xfc01, 0x103fe, 0xc001, 0x13ffe, 1, 0x1fffe,
                                      64, 0x1fffc, 0x1003e, 0x1001e };
    uint32_t e;
    switch (below(4)) {
    case 0:
    case 1: e = BIAS - 80 + below(160); break;
    case 2: e = edges[below(12)] - 70 + below(140); break;
    default: e = below(0x1ffff);
    }
    if (e - 1 >= 0x1fffe)
        e = e > 0x20000 ? 1 : 0x1fffe;
    return e;
}

static inline struct em_freg rnd_normal(void)
{
    return image(rnd64() & 1, rnd_exp(), rnd_sig());
}

/** Anything a register can hold; mostly numbers. */
static inline struct em_freg rnd_any(void)
{
    bool neg = rnd64() & 1;
    switch (below(24)) {
    case 0: return image(neg, 0, 0);
    case 1: return image(neg, 1 + below(0x1fffd), 0);                       /* pseudo-zero */
    case 2: return image(neg, rnd_exp(), rnd_sig() >> (1 + below(63)));     /* unnormal */
    case 3: return image(neg, 0, rnd_sig() >> (1 + below(63)));             /* denormal */
    case 4: return image(neg, 0, rnd_sig());                                /* pseudo-denormal */
    case 5: return infinite(neg);
    case 6: return image(neg, 0x1ffff, rnd64() | TOP | TOP >> 1);
    case 7: return image(neg, 0x1ffff, (rnd64() & ~(TOP >> 1)) | TOP | 1);
    case 8: return image(neg, 0x1ffff, rnd64() >> 1);                       /* unsupported */
    case 9: return below(4) ? rnd_normal() : natval();
    case 10: return image(neg, 0xffff, TOP);
    default: return rnd_normal();
    }
}

/** An addend that meets the product where it matters: aligned, overlapping, or cancelling it. */
static inline struct em_freg rnd_addend(struct em_freg a, struct em_freg b)
{
    __extension__ unsigned __int128 p = (unsigned __int128)a.sig * b.sig;
    int64_t e = (int64_t)((a.se & 0x1ffff) + (b.se & 0x1ffff)) - BIAS + 1;
    bool neg = !(sign_of(a) ^ sign_of(b));
    uint64_t sig;

    if (!(p >> 127)) {
        p <<= 1;
        e--;
    }
    sig = (uint64_t)(p >> 64) | TOP;
    switch (below(6)) {
    case 0: break;
    case 1: sig += below(2) ? 1 : UINT64_MAX; break;
    case 2: e += (int)below(5) - 2; break;
    case 3: e += (int)below(260) - 130; sig = rnd_sig(); break;
    case 4: e += (int)below(5) - 2; sig = rnd_sig(); break;
    default: return rnd_any();
    }
    if (e < 1 || e > 0x1fffe || !(sig & TOP))
        return rnd_any();
    return image(below(4) ? neg : !neg, (uint64_t)e, sig);
}

/** Single-precision halves with all classes. */
static inline uint32_t rnd_single(void)
{
    uint32_t s = (uint32_t)(rnd64() & 1) << 31, f = (uint32_t)rnd64() & 0x7fffff;
    if (below(4) == 0)
        f &= ~UINT32_C(0) << below(24);
    switch (below(12)) {
    case 0: return s;
    case 1: return s | f;                                       /* denormal or zero */
    case 2: return s | 0x7f800000;
    case 3: return s | 0x7f800000 | f | 1;
    case 4: return s | (1 + below(60)) << 23 | f;
    case 5: return s | (200 + below(55)) << 23 | f;
    default: return s | (100 + below(54)) << 23 | f;
    }
}

/**
 * Environment number i: walks through every combination of traps, ftz, wre, pc, rc and td, so that
 * 12288 consecutive numbers are all of them. Faults are the more often disabled the larger `calm`.
 */
static inline struct em_fp_env env_of(long i, unsigned calm)
{
    static const unsigned pcs[4] = { 0, 2, 3, 3 };
    unsigned n = (unsigned)(i % 12288), pc = n / 64 % 3;
    struct em_fp_env env = {
        .traps = (uint8_t)(n % 64),
        .controls = (uint8_t)(n / 192 % 4 | pcs[pc] << 2 | n / 768 % 4 << 4 |
                              n / 3072 % 4 / 3 << 6),
        .flags = 0xff, .fault = 0xffff, .trap = 0xffff,         /* must be overwritten */
    };
    if (below(calm + 1))
        env.traps |= F_V | F_D | F_Z;
    return env;
}

#endif

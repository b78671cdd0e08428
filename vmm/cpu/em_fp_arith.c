/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_fp_arith: the multiply-add family, comparisons, minimum and maximum, classes. */
#include "em_fp_impl.h"

/** A finite nonzero magnitude on its way to rounding: sig's bit 127 is set. */
struct wide { em_fpi_u128 sig; int32_t exp; bool neg; };

static inline struct wide multiply(uint64_t sig3, uint64_t sig4, int32_t exp_sum, bool neg)
{
    struct wide p = { (em_fpi_u128)sig3 * sig4, exp_sum - EM_FPI_BIAS + 1, neg };
    if (!(p.sig >> 127)) {
        p.sig <<= 1;
        p.exp--;
    }
    return p;
}

static inline struct wide normalise(struct wide w)
{
    uint64_t hi = (uint64_t)(w.sig >> 64);
    int lz = hi ? __builtin_clzll(hi) : 64 + __builtin_clzll((uint64_t)w.sig);
    w.sig <<= lz;
    w.exp -= lz;
    return w;
}

/** big - small with big.exp == small.exp + 1: exact, which needs 129 bits. */
static struct wide subtract_next(struct wide big, em_fpi_u128 small)
{
    em_fpi_u128 twice = big.sig << 1;           /* bit 128 is implied */
    if (twice >= small) {
        em_fpi_u128 d = twice - small;
        big.sig = (em_fpi_u128)1 << 127 | d >> 1 | (d & 1);
        return big;
    }
    big.sig = twice - small;
    big.exp--;
    return normalise(big);
}

/**
 * big + small, big.exp >= small.exp, both nonzero. The sum's low bit is sticky; 0: they cancel.
 *
 * Bits are lost only where the exponents differ by two or more, so that at most one bit of the
 * difference cancels and the sticky bit stays below the rounding position.
 */
static inline struct wide add_ordered(struct wide big, struct wide small)
{
    uint32_t d = (uint32_t)(big.exp - small.exp);
    em_fpi_u128 aligned = d < 128 ? small.sig >> d : 0;
    bool lost = d >= 128 || aligned << d != small.sig;

    if (big.neg == small.neg) {
        big.sig += aligned;
        if (big.sig < aligned) {
            big.sig = (em_fpi_u128)1 << 127 | big.sig >> 1 | (big.sig & 1);
            big.exp++;
        }
        big.sig |= lost;
        return big;
    }
    if (lost && d == 1)
        return subtract_next(big, small.sig);
    if (d == 0 && big.sig < aligned) {
        small.sig -= big.sig;
        return normalise(small);
    }
    big.sig -= aligned + lost;
    big.sig |= lost;
    return big.sig ? normalise(big) : big;
}

static inline struct wide add(struct wide p, struct wide c)
{
    return p.exp >= c.exp ? add_ordered(p, c) : add_ordered(c, p);
}

/** NaTVal, unsupported, NaNs and infinities. f2's sign is already that of the addend. */
static struct em_freg fma_special(const struct em_fpi_num *a, const struct em_fpi_num *b,
                                  const struct em_fpi_num *c, bool pneg, bool cneg,
                                  const struct em_freg reg[3], struct em_fp_env *env)
{
    bool inf_product = a->cls == EM_FPI_INF || b->cls == EM_FPI_INF;
    bool snan = a->cls == EM_FPI_SNAN || b->cls == EM_FPI_SNAN || c->cls == EM_FPI_SNAN;

    if (a->cls == EM_FPI_NATVAL || b->cls == EM_FPI_NATVAL || c->cls == EM_FPI_NATVAL)
        return em_fpi_natval();
    if (a->cls == EM_FPI_UNSUP || b->cls == EM_FPI_UNSUP || c->cls == EM_FPI_UNSUP) {
        em_fpi_raise(env, EM_FPI_V);
        return em_fpi_indefinite();
    }
    if (snan && em_fpi_raise(env, EM_FPI_V))
        return em_fpi_indefinite();
    if (em_fpi_is_nan(b))           /* priority: f4, f2, f3 */
        return em_fpi_quiet(reg[1]);
    if (em_fpi_is_nan(c))
        return em_fpi_quiet(reg[2]);
    if (em_fpi_is_nan(a))
        return em_fpi_quiet(reg[0]);
    /* a pseudo-zero does not make infinity times zero */
    if (inf_product && ((a->cls == EM_FPI_ZERO && !a->unorm) ||
                        (b->cls == EM_FPI_ZERO && !b->unorm) ||
                        (c->cls == EM_FPI_INF && pneg != cneg))) {
        em_fpi_raise(env, EM_FPI_V);
        return em_fpi_indefinite();
    }
    if (a->unorm || b->unorm || c->unorm)
        em_fpi_raise(env, EM_FPI_D);
    return em_fpi_inf(inf_product ? pneg : cneg);
}

/**
 * Everything but three normal numbers. Out of line and with f2 in parts: else the fast path would
 * copy whole registers through memory, which costs more than its arithmetic.
 */
static __attribute__((noinline, cold)) struct em_freg
fma_slow(enum em_fp_mul kind, const struct em_fpi_fmt *fmt, struct em_freg f3, struct em_freg f4,
         uint64_t f2_sig, uint64_t f2_se, bool f2_is_f0, struct em_fp_env *env)
{
    const struct em_freg f2 = { f2_sig, f2_se };
    const struct em_freg reg[3] = { f3, f4, f2_is_f0 ? em_fpi_zero(false) : f2 };
    struct em_fpi_num a = em_fpi_unpack(reg[0]), b = em_fpi_unpack(reg[1]);
    struct em_fpi_num c = em_fpi_unpack(reg[2]);
    bool pneg = a.neg ^ b.neg ^ (kind == EM_FP_NMA), cneg = c.neg ^ (kind == EM_FP_MS);
    struct wide sum, addend = { (em_fpi_u128)c.sig << 64, c.exp, cneg };

    if (a.cls > EM_FPI_FINITE || b.cls > EM_FPI_FINITE || c.cls > EM_FPI_FINITE)
        return fma_special(&a, &b, &c, pneg, cneg, reg, env);
    if ((a.unorm || b.unorm || c.unorm) && em_fpi_raise(env, EM_FPI_D))
        return em_fpi_indefinite();
    if (a.cls == EM_FPI_ZERO || b.cls == EM_FPI_ZERO) {
        if (f2_is_f0)               /* an IEEE multiplication: nothing is added */
            return em_fpi_zero(pneg);
        if (c.cls == EM_FPI_ZERO)
            return em_fpi_zero(pneg == cneg ? pneg : em_fpi_rc_of(env) == EM_FPI_DOWN);
        return em_fpi_round(fmt, addend.neg, addend.exp, addend.sig, env);
    }
    sum = multiply(a.sig, b.sig, a.exp + b.exp, pneg);
    if (c.cls != EM_FPI_ZERO)
        sum = add(sum, addend);
    if (sum.sig == 0)
        return em_fpi_zero(em_fpi_rc_of(env) == EM_FPI_DOWN);
    return em_fpi_round(fmt, sum.neg, sum.exp, sum.sig, env);
}

/**
 * Three normal numbers, or two and f2_is_f0: the case programs are made of. The same steps as in
 * multiply and add, but in scalars, and exponents further apart than the words are left to those.
 */
static EM_FPI_INLINE struct em_freg
fma_normal(enum em_fp_mul kind, const struct em_fpi_fmt *fmt, struct em_freg f3, struct em_freg f4,
           struct em_freg f2, bool f2_is_f0, struct em_fp_env *env)
{
    em_fpi_u128 p = (em_fpi_u128)f3.sig * f4.sig, c = (em_fpi_u128)f2.sig << 64;
    int32_t exp = (int32_t)((f3.se & EM_FP_EXP) + (f4.se & EM_FP_EXP)) - EM_FPI_BIAS + 1;
    bool neg = em_fpi_neg(f3) ^ em_fpi_neg(f4) ^ (kind == EM_FP_NMA);
    bool cneg = em_fpi_neg(f2) ^ (kind == EM_FP_MS), half = !(p >> 127), lost = false;
    int32_t d;

    p <<= half;
    exp -= half;
    if (f2_is_f0)
        return em_fpi_round(fmt, neg, exp, p, env);
    d = exp - (int32_t)(f2.se & EM_FP_EXP);
    if (__builtin_expect((uint32_t)(d + 64) > 128, 0))
        return fma_slow(kind, fmt, f3, f4, f2.sig, f2.se, false, env);
    if (d >= 0) {
        c >>= d;
    } else {
        em_fpi_u128 small = p >> -d;
        lost = (uint64_t)p << (64 + d) != 0;
        if (__builtin_expect(lost && d == -1 && neg != cneg, 0))
            return fma_slow(kind, fmt, f3, f4, f2.sig, f2.se, false, env);
        p = c;
        c = small;
        exp -= d;
    }
    if (neg == cneg) {
        bool carry = __builtin_add_overflow(p, c, &p);
        p = p >> carry | (p & carry) | (em_fpi_u128)carry << 127 | lost;
        return em_fpi_round(fmt, neg, exp + carry, p, env);
    }
    neg ^= d < 0;
    if (p < c) {                    /* only with equal exponents: nothing is lost then */
        p = c - p;
        neg = !neg;
    } else {
        p = (p - c - lost) | lost;
    }
    if (__builtin_expect(p == 0, 0))
        return em_fpi_zero(em_fpi_rc_of(env) == EM_FPI_DOWN);
    uint64_t hi = (uint64_t)(p >> 64);
    int lz = hi ? __builtin_clzll(hi) : 64 + __builtin_clzll((uint64_t)p);
    return em_fpi_round(fmt, neg, exp - lz, p << lz, env);
}

struct em_freg em_fpi_fma(enum em_fp_mul kind, const struct em_fpi_fmt *fmt, struct em_freg f3,
                          struct em_freg f4, struct em_freg f2, bool f2_is_f0,
                          struct em_fp_env *env)
{
    em_fpi_start(env);
    if (__builtin_expect(em_fpi_is_normal(f3) && em_fpi_is_normal(f4) &&
                         (f2_is_f0 || em_fpi_is_normal(f2)), 1))
        return fma_normal(kind, fmt, f3, f4, f2, f2_is_f0, env);
    return fma_slow(kind, fmt, f3, f4, f2.sig, f2.se, f2_is_f0, env);
}

/**
 * Nothing but the result matters: rounding to nearest in the IEEE range, O, U and I disabled, and
 * I, the only flag of a normal result, already set.
 */
static inline bool host_will_do(enum em_fp_pc pc, const struct em_fp_env *env)
{
    const unsigned results = EM_FPI_O | EM_FPI_U | EM_FPI_I;
    return pc != EM_FP_PC_DYNAMIC && (env->known & EM_FPI_I) &&
           !(env->controls & (EM_FPI_RC | EM_FPI_WRE)) &&
           (em_fpi_disabled(env) & results) == results;
}

struct em_freg em_fp_fma(enum em_fp_mul kind, enum em_fp_pc pc, struct em_freg f3,
                         struct em_freg f4, struct em_freg f2, bool f2_is_f0,
                         struct em_fp_env *env)
{
    struct em_freg r;

    if (host_will_do(pc, env) &&
        em_fpi_host_fma(kind, pc, f3, f4, f2.sig, f2.se, f2_is_f0, &r)) {
        em_fpi_start(env);
        return r;
    }
    return em_fpi_fma(kind, em_fpi_fmt_of(pc, env->controls), f3, f4, f2, f2_is_f0, env);
}

static int order_magnitude(const struct em_fpi_num *a, const struct em_fpi_num *b)
{
    if (a->cls != b->cls)           /* ZERO < FINITE < INF */
        return a->cls < b->cls ? -1 : 1;
    if (a->cls != EM_FPI_FINITE)
        return 0;
    if (a->exp != b->exp)
        return a->exp < b->exp ? -1 : 1;
    return a->sig < b->sig ? -1 : a->sig > b->sig;
}

int em_fpi_order(const struct em_fpi_num *a, const struct em_fpi_num *b)
{
    if (a->cls == EM_FPI_ZERO && b->cls == EM_FPI_ZERO)
        return 0;
    if (a->neg != b->neg)
        return a->neg ? -1 : 1;
    return a->neg ? order_magnitude(b, a) : order_magnitude(a, b);
}

struct em_freg em_fp_minmax(enum em_fp_minmax op, struct em_freg f2, struct em_freg f3,
                            struct em_fp_env *env)
{
    struct em_fpi_num a = em_fpi_unpack(f2), b = em_fpi_unpack(f3);
    bool want_less = op == EM_FP_MIN || op == EM_FP_AMIN;

    em_fpi_start(env);
    if (a.cls == EM_FPI_NATVAL || b.cls == EM_FPI_NATVAL)
        return em_fpi_natval();
    if (a.cls > EM_FPI_INF || b.cls > EM_FPI_INF) {
        em_fpi_raise(env, EM_FPI_V);            /* quiet NaNs too */
        return f3;
    }
    if ((a.unorm || b.unorm) && em_fpi_raise(env, EM_FPI_D))
        return f3;
    if (op == EM_FP_AMIN || op == EM_FP_AMAX)
        a.neg = b.neg = false;
    return em_fpi_order(&a, &b) == (want_less ? -1 : 1) ? f2 : f3;
}

/** What each relation holds for, and whether it signals on quiet NaNs. */
static const struct relation { bool less, equal, greater, unordered, signals; } relations[] = {
    [EM_FP_EQ]    = { .equal = true },
    [EM_FP_LT]    = { .less = true, .signals = true },
    [EM_FP_LE]    = { .less = true, .equal = true, .signals = true },
    [EM_FP_UNORD] = { .unordered = true },
    [EM_FP_NEQ]   = { .less = true, .greater = true, .unordered = true },
    [EM_FP_NLT]   = { .equal = true, .greater = true, .unordered = true, .signals = true },
    [EM_FP_NLE]   = { .greater = true, .unordered = true, .signals = true },
    [EM_FP_ORD]   = { .less = true, .equal = true, .greater = true },
};

static inline bool holds(const struct relation *r, int order)
{
    return order < 0 ? r->less : order > 0 ? r->greater : r->equal;
}

/** As em_fpi_order, of normal numbers. */
static inline int order_normal(struct em_freg f2, struct em_freg f3)
{
    em_fpi_u128 a = (em_fpi_u128)(f2.se & EM_FP_EXP) << 64 | f2.sig;
    em_fpi_u128 b = (em_fpi_u128)(f3.se & EM_FP_EXP) << 64 | f3.sig;
    int order = (a > b) - (a < b);

    if (em_fpi_neg(f2) != em_fpi_neg(f3))
        return em_fpi_neg(f2) ? -1 : 1;
    return em_fpi_neg(f2) ? -order : order;
}

static __attribute__((noinline)) bool cmp_slow(const struct relation *r, struct em_freg f2,
                                               struct em_freg f3, bool *natval_out,
                                               struct em_fp_env *env)
{
    struct em_fpi_num a = em_fpi_unpack(f2), b = em_fpi_unpack(f3);
    bool unsup = a.cls == EM_FPI_UNSUP || b.cls == EM_FPI_UNSUP;

    *natval_out = a.cls == EM_FPI_NATVAL || b.cls == EM_FPI_NATVAL;
    if (*natval_out)
        return false;
    if (unsup || em_fpi_is_nan(&a) || em_fpi_is_nan(&b)) {
        if (unsup || a.cls == EM_FPI_SNAN || b.cls == EM_FPI_SNAN || r->signals)
            em_fpi_raise(env, EM_FPI_V);
        return r->unordered;
    }
    if ((a.unorm || b.unorm) && em_fpi_raise(env, EM_FPI_D))
        return false;
    return holds(r, em_fpi_order(&a, &b));
}

bool em_fp_cmp(enum em_fp_rel rel, struct em_freg f2, struct em_freg f3, bool *natval_out,
               struct em_fp_env *env)
{
    const struct relation *r = &relations[rel];

    em_fpi_start(env);
    *natval_out = false;
    if (em_fpi_is_normal(f2) && em_fpi_is_normal(f3))
        return holds(r, order_normal(f2, f3));
    return cmp_slow(r, f2, f3, natval_out, env);
}

bool em_fp_class(struct em_freg f2, unsigned fclass9, bool *natval_out)
{
    enum { POS = 1, NEG = 2, ZERO = 4, UNORM = 8, NORM = 16, INF = 32, SNAN = 64, QNAN = 128,
           NATVAL = 256 };
    static const uint16_t of_class[] = {
        [EM_FPI_ZERO] = ZERO, [EM_FPI_FINITE] = NORM, [EM_FPI_INF] = INF, [EM_FPI_QNAN] = QNAN,
        [EM_FPI_SNAN] = SNAN, [EM_FPI_UNSUP] = 0, [EM_FPI_NATVAL] = NATVAL,
    };
    struct em_fpi_num n = em_fpi_unpack(f2);
    unsigned member = fclass9 & (n.unorm && n.cls < EM_FPI_INF ? UNORM : of_class[n.cls]);

    *natval_out = n.cls == EM_FPI_NATVAL && !member;
    if (n.cls <= EM_FPI_INF && !(fclass9 & (n.neg ? NEG : POS)))
        return false;
    return member != 0;
}

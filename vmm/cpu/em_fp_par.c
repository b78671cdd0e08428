/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_fp_par: the parallel forms, two single-precision operations in one significand. */
#include "em_fp_impl.h"

/** One half of a parallel operand as a register image. */
static inline struct em_freg half_of(struct em_freg f, bool high)
{
    return em_fpi_from_single((uint32_t)(high ? f.sig >> 32 : f.sig));
}

/** What a half starts from. By fields: copied whole it would wait for the caller's byte stores. */
static inline struct em_fp_env half_env(const struct em_fp_env *env)
{
    struct em_fp_env e = { .traps = env->traps, .controls = env->controls };
    return e;
}

static inline uint64_t pair(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

void em_fpi_join(struct em_fp_env *env, const struct em_fp_env *high, const struct em_fp_env *low)
{
    em_fpi_start(env);
    env->fault = (uint16_t)(high->fault | low->fault << EM_FPI_LOW_FAULT_SHIFT);
    if (env->fault)                 /* a fault in either half withdraws both */
        return;
    env->flags = high->flags | low->flags;
    env->trap = (uint16_t)(high->trap | low->trap >> EM_FPI_LOW_TRAP_SHIFT);
}

struct em_freg em_fp_fpma(enum em_fp_mul kind, struct em_freg f3, struct em_freg f4,
                          struct em_freg f2, bool f2_is_f0, struct em_fp_env *env)
{
    struct em_fp_env e[2] = { half_env(env), half_env(env) };
    uint32_t r[2];

    em_fpi_start(env);
    if (em_fp_is_natval(f2) || em_fp_is_natval(f3) || em_fp_is_natval(f4))
        return em_fpi_natval();
    for (int i = 0; i < 2; i++)
        r[i] = em_fpi_to_single(em_fpi_fma(kind, &em_fpi_fmt_par, half_of(f3, i), half_of(f4, i),
                                          half_of(f2, i), f2_is_f0, &e[i]));
    em_fpi_join(env, &e[1], &e[0]);
    return em_fpi_int(pair(r[1], r[0]));
}

struct em_freg em_fp_fpminmax(enum em_fp_minmax op, struct em_freg f2, struct em_freg f3,
                              struct em_fp_env *env)
{
    struct em_fp_env e[2] = { half_env(env), half_env(env) };
    uint32_t r[2];

    em_fpi_start(env);
    if (em_fp_is_natval(f2) || em_fp_is_natval(f3))
        return em_fpi_natval();
    for (int i = 0; i < 2; i++)
        r[i] = em_fpi_to_single(em_fp_minmax(op, half_of(f2, i), half_of(f3, i), &e[i]));
    em_fpi_join(env, &e[1], &e[0]);
    return em_fpi_int(pair(r[1], r[0]));
}

struct em_freg em_fp_fpcmp(enum em_fp_rel rel, struct em_freg f2, struct em_freg f3,
                           struct em_fp_env *env)
{
    struct em_fp_env e[2] = { half_env(env), half_env(env) };
    bool unused;
    uint32_t r[2];

    em_fpi_start(env);
    if (em_fp_is_natval(f2) || em_fp_is_natval(f3))
        return em_fpi_natval();
    for (int i = 0; i < 2; i++)
        r[i] = em_fp_cmp(rel, half_of(f2, i), half_of(f3, i), &unused, &e[i]) ? UINT32_MAX : 0;
    em_fpi_join(env, &e[1], &e[0]);
    return em_fpi_int(pair(r[1], r[0]));
}

struct em_freg em_fp_fpcvt_fx(struct em_freg f2, bool is_unsigned, bool trunc,
                              struct em_fp_env *env)
{
    struct em_fp_env e[2] = { half_env(env), half_env(env) };
    uint32_t r[2];

    em_fpi_start(env);
    if (em_fp_is_natval(f2))
        return em_fpi_natval();
    for (int i = 0; i < 2; i++) {
        struct em_fpi_num n = em_fpi_unpack(half_of(f2, i));
        em_fpi_start(&e[i]);
        r[i] = (uint32_t)em_fpi_to_int(&n, 32, is_unsigned, trunc, &e[i]);
    }
    em_fpi_join(env, &e[1], &e[0]);
    return em_fpi_int(pair(r[1], r[0]));
}

/*
 * Limits of the parallel approximations, as unbiased exponents: outside them Newton iterations in
 * single range could overflow or underflow, so p2 is cleared and software divides by scalar means.
 */
enum { PAR_DEN_MAX = 125, PAR_QUOTIENT_MAX = 127, PAR_QUOTIENT_MIN = -125, PAR_SMALL = -103 };

static uint32_t rcpa_half(struct em_freg f2, struct em_freg f3, bool *p_out, struct em_fp_env *env)
{
    struct em_fpi_num a = em_fpi_unpack(f2), b = em_fpi_unpack(f3);
    struct em_freg r;
    int32_t est;

    *p_out = false;
    em_fpi_start(env);
    if (em_fpi_rcpa_special(&a, &b, f2, f3, &r, env))
        return em_fpi_to_single(r);
    if (b.unorm)                    /* the reciprocal of a denormal: these give 1/x, not a/x */
        return em_fpi_to_single(em_fpi_inf(b.neg));
    if (b.exp - EM_FPI_BIAS >= PAR_DEN_MAX)
        return em_fpi_to_single(em_fpi_zero(b.neg));
    est = a.exp - b.exp;
    *p_out = est < PAR_QUOTIENT_MAX && est > PAR_QUOTIENT_MIN && a.exp - EM_FPI_BIAS > PAR_SMALL;
    return em_fpi_to_single(em_fpi_recip(&b));
}

struct em_freg em_fp_fprcpa(struct em_freg f2, struct em_freg f3, bool *p2_out,
                            struct em_fp_env *env)
{
    struct em_fp_env e[2] = { half_env(env), half_env(env) };
    bool p[2];
    uint32_t r[2];

    em_fpi_start(env);
    *p2_out = false;
    if (em_fp_is_natval(f2) || em_fp_is_natval(f3))
        return em_fpi_natval();
    for (int i = 0; i < 2; i++)
        r[i] = rcpa_half(half_of(f2, i), half_of(f3, i), &p[i], &e[i]);
    em_fpi_join(env, &e[1], &e[0]);
    *p2_out = p[0] && p[1];
    return em_fpi_int(pair(r[1], r[0]));
}

static uint32_t rsqrta_half(struct em_freg f3, bool *p_out, struct em_fp_env *env)
{
    struct em_fpi_num n = em_fpi_unpack(f3);
    struct em_freg r;

    *p_out = false;
    em_fpi_start(env);
    if (em_fpi_rsqrta_invalid(&n, f3, &r, env))
        return em_fpi_to_single(r);
    if (n.cls == EM_FPI_INF)        /* 1/sqrt(x), unlike the scalar form */
        return 0;
    if (n.unorm && em_fpi_raise(env, EM_FPI_D))
        return 0;
    if (n.cls == EM_FPI_ZERO)
        return em_fpi_to_single(em_fpi_inf(n.neg));
    *p_out = n.exp - EM_FPI_BIAS > PAR_SMALL;
    return em_fpi_to_single(em_fpi_rsqrt(&n));
}

struct em_freg em_fp_fprsqrta(struct em_freg f3, bool *p2_out, struct em_fp_env *env)
{
    struct em_fp_env e[2] = { half_env(env), half_env(env) };
    bool p[2];
    uint32_t r[2];

    em_fpi_start(env);
    *p2_out = false;
    if (em_fp_is_natval(f3))
        return em_fpi_natval();
    for (int i = 0; i < 2; i++)
        r[i] = rsqrta_half(half_of(f3, i), &p[i], &e[i]);
    em_fpi_join(env, &e[1], &e[0]);
    *p2_out = p[0] && p[1];
    return em_fpi_int(pair(r[1], r[0]));
}

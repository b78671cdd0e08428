/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_fp: Itanium floating point as pure functions on 82-bit register images.
 *
 * No processor state: what FPSR says comes in as the six trap-disable bits and the status field's
 * controls, what happens goes out as flags and fault or trap codes. NaTVal is handled here; the
 * caller checks disabled FP, writes targets, flags (FPSR) and mfl/mfh, and delivers interruptions.
 * Results are IEEE results computed directly: no software assist is ever asked for.
 * Source: SDM vol. 1 chapter 5; SDM vol. 3; the tables of frcpa and frsqrta.
 */
#ifndef VMM_CPU_EM_FP_H
#define VMM_CPU_EM_FP_H

#include <stdbool.h>
#include <stdint.h>

/** Register image: stf.spill layout. se bits 16..0 exponent (bias 0xffff), bit 17 sign. */
struct em_freg { uint64_t sig; uint64_t se; };

#define EM_FP_SIGN   (UINT64_C(1) << 17)
#define EM_FP_EXP    UINT64_C(0x1ffff)
#define EM_FP_INT_EXP UINT64_C(0x1003e)         /* exponent of integers and parallel values */
#define EM_FP_NATVAL_EXP UINT64_C(0x1fffe)

/** Precision completer of the opcode. */
enum em_fp_pc { EM_FP_PC_DYNAMIC, EM_FP_PC_S, EM_FP_PC_D };

/** What one status field says, and what came of the operation. */
struct em_fp_env {
    /* in */
    uint8_t traps;                  /* FPSR bits 5..0: vd dd zd od ud id; 1 = disabled */
    uint8_t controls;               /* the field's ftz 0, wre 1, pc 3:2, rc 5:4, td 6 */
    uint8_t known;                  /* flags the field has already: flags may leave them out.
                                       0 is always right; with i set host arithmetic is used */
    /* out */
    uint8_t flags;                  /* to OR into the field: v 1 d 2 z 4 o 8 u 16 i 32 */
    uint16_t fault;                 /* ISR.code of an FP fault: then nothing may be written */
    uint16_t trap;                  /* ISR.code bits 14..7 of an FP trap: result and flags first */
};

static inline bool em_fp_is_natval(struct em_freg a)
{
    return a.sig == 0 && a.se == EM_FP_NATVAL_EXP;
}

/* memory and GR images: SDM vol. 1, 5.3 (bit exact, no rounding, no faults) */
struct em_freg em_fp_from_single(uint32_t image);
struct em_freg em_fp_from_double(uint64_t image);
struct em_freg em_fp_from_ext(uint64_t sig, uint16_t se);
uint32_t em_fp_to_single(struct em_freg a);
uint64_t em_fp_to_double(struct em_freg a);
void em_fp_to_ext(struct em_freg a, uint64_t *sig_out, uint16_t *se_out);

/* arithmetic: f1 = f3 * f4 + f2 and relatives. `f2_is_f0`: the encoded register is f0 (fmpy). */
enum em_fp_mul { EM_FP_MA, EM_FP_MS, EM_FP_NMA };
struct em_freg em_fp_fma(enum em_fp_mul kind, enum em_fp_pc pc, struct em_freg f3,
                         struct em_freg f4, struct em_freg f2, bool f2_is_f0,
                         struct em_fp_env *env);
struct em_freg em_fp_fpma(enum em_fp_mul kind, struct em_freg f3, struct em_freg f4,
                          struct em_freg f2, bool f2_is_f0, struct em_fp_env *env);

enum em_fp_minmax { EM_FP_MIN, EM_FP_MAX, EM_FP_AMIN, EM_FP_AMAX };
struct em_freg em_fp_minmax(enum em_fp_minmax op, struct em_freg f2, struct em_freg f3,
                            struct em_fp_env *env);
struct em_freg em_fp_fpminmax(enum em_fp_minmax op, struct em_freg f2, struct em_freg f3,
                              struct em_fp_env *env);

enum em_fp_rel { EM_FP_EQ, EM_FP_LT, EM_FP_LE, EM_FP_UNORD, EM_FP_NEQ, EM_FP_NLT, EM_FP_NLE,
                 EM_FP_ORD };
/** *natval_out: an operand is NaTVal (both predicates become 0). */
bool em_fp_cmp(enum em_fp_rel rel, struct em_freg f2, struct em_freg f3, bool *natval_out,
               struct em_fp_env *env);
struct em_freg em_fp_fpcmp(enum em_fp_rel rel, struct em_freg f2, struct em_freg f3,
                           struct em_fp_env *env);
bool em_fp_class(struct em_freg f2, unsigned fclass9, bool *natval_out);

/* approximations: *p2_out is the predicate; the result is written in either case */
struct em_freg em_fp_rcpa(struct em_freg f2, struct em_freg f3, bool *p2_out,
                          struct em_fp_env *env);
struct em_freg em_fp_rsqrta(struct em_freg f3, bool *p2_out, struct em_fp_env *env);
struct em_freg em_fp_fprcpa(struct em_freg f2, struct em_freg f3, bool *p2_out,
                            struct em_fp_env *env);
struct em_freg em_fp_fprsqrta(struct em_freg f3, bool *p2_out, struct em_fp_env *env);

/* conversions */
struct em_freg em_fp_cvt_fx(struct em_freg f2, bool is_unsigned, bool trunc, struct em_fp_env *env);
struct em_freg em_fp_cvt_xf(struct em_freg f2);
struct em_freg em_fp_fpcvt_fx(struct em_freg f2, bool is_unsigned, bool trunc,
                              struct em_fp_env *env);

/* no exceptions */
enum em_fp_merge { EM_FP_MERGE_S, EM_FP_MERGE_NS, EM_FP_MERGE_SE };
struct em_freg em_fp_merge(enum em_fp_merge kind, struct em_freg f2, struct em_freg f3);
struct em_freg em_fp_fpmerge(enum em_fp_merge kind, struct em_freg f2, struct em_freg f3);
enum em_fp_sel { EM_FP_MIX_L, EM_FP_MIX_R, EM_FP_MIX_LR, EM_FP_SXT_L, EM_FP_SXT_R, EM_FP_SWAP,
                 EM_FP_SWAP_NL, EM_FP_SWAP_NR, EM_FP_PACK, EM_FP_AND, EM_FP_ANDCM, EM_FP_OR,
                 EM_FP_XOR };
struct em_freg em_fp_sel(enum em_fp_sel op, struct em_freg f2, struct em_freg f3);
struct em_freg em_fp_select(struct em_freg f3, struct em_freg f4, struct em_freg f2);
enum em_fp_xma { EM_FP_XMA_L, EM_FP_XMA_H, EM_FP_XMA_HU };
struct em_freg em_fp_xma(enum em_fp_xma op, struct em_freg f3, struct em_freg f4,
                         struct em_freg f2);

#endif

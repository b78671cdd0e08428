/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_op_fp.c: floating-point moves, loads and stores, and the F unit over em_fp.h (SDM vol. 3). */
#include <string.h>
#include "em_ops.h"
#include "em_optab.h"

static const struct em_freg natval = { 0, EM_FP_NATVAL_EXP };

static struct em_freg fr(struct em_cpu *cpu, unsigned f) { return *em__frp(cpu, f); }

static void set_fr(struct em_cpu *cpu, unsigned f, struct em_freg v)
{
    *em__frp(cpu, f) = v;
    cpu->psr |= f < 32 ? EM_PSR_MFL : EM_PSR_MFH;
}

void em_fr(const struct em_cpu *cpu, unsigned f, uint64_t image_out[2])
{
    struct em_freg v = fr((struct em_cpu *)(uintptr_t)cpu, f & 127);

    image_out[0] = v.sig;
    image_out[1] = v.se;
}

void em_set_fr(struct em_cpu *cpu, unsigned f, const uint64_t image[2])
{
    if (f < 2 || f > 127) return;
    *em__frp(cpu, f) = (struct em_freg){ image[0], image[1] & (EM_FP_SIGN | EM_FP_EXP) };
}

/* ---- memory -----------------------------------------------------------------------------------*/

static const uint8_t format_bytes[] = {
    [EM_FMT_SINGLE] = 4, [EM_FMT_DOUBLE] = 8, [EM_FMT_EXT] = 10, [EM_FMT_INT8] = 8,
    [EM_FMT_FILL] = 16,
};

static void reverse(uint8_t *p, unsigned n)
{
    for (unsigned i = 0; i < n / 2; i++) {
        uint8_t t = p[i];
        p[i] = p[n - 1 - i];
        p[n - 1 - i] = t;
    }
}

static struct em_freg unpack(const uint8_t *p, unsigned format)
{
    uint64_t lo = 0, hi = 0;

    memcpy(&lo, p, format_bytes[format] < 8 ? format_bytes[format] : 8);
    if (format == EM_FMT_EXT) memcpy(&hi, p + 8, 2);
    if (format == EM_FMT_FILL) memcpy(&hi, p + 8, 8);
    switch (format) {
    case EM_FMT_SINGLE: return em_fp_from_single((uint32_t)lo);
    case EM_FMT_DOUBLE: return em_fp_from_double(lo);
    case EM_FMT_EXT: return em_fp_from_ext(lo, (uint16_t)hi);
    case EM_FMT_INT8: return (struct em_freg){ lo, EM_FP_INT_EXP };
    default: return (struct em_freg){ lo, hi & (EM_FP_SIGN | EM_FP_EXP) };
    }
}

static void pack(struct em_freg v, unsigned format, uint8_t *p)
{
    uint64_t lo = v.sig, hi = v.se;
    uint16_t se = 0;

    if (format == EM_FMT_SINGLE) lo = em_fp_to_single(v);
    if (format == EM_FMT_DOUBLE) lo = em_fp_to_double(v);
    if (format == EM_FMT_EXT) { em_fp_to_ext(v, &lo, &se); hi = se; }
    memcpy(p, &lo, 8);
    memcpy(p + 8, &hi, 8);
}

static void increment(struct em_cpu *cpu, const struct ia_insn *in, bool base_nat)
{
    uint64_t by = (uint64_t)in->imm;
    bool nat = base_nat;

    if (!(ia_op_traits(in->op) & IA_T_POSTINC)) return;
    if (em__optab[in->op].c == 1) {
        by = em__r(cpu, in->r2);
        nat = nat || em__nat(cpu, in->r2);
    }
    em__set_r(cpu, in->r3, em__r(cpu, in->r3) + by, nat);
}

/* Read for a load of any kind. *defer_out: NaTVal; *zero_out: advanced load of uncached memory. */
static enum em_res load(struct em_cpu *cpu, const struct ia_insn *in, unsigned bytes,
                        uint8_t *data, bool *defer_out)
{
    struct em_ref ref = em__ref(cpu, em__r(cpu, in->r3), bytes, EM_READ);
    uint32_t t = ia_op_traits(in->op);
    enum em_res res;

    *defer_out = false;
    memset(data, 0, 16);
    if (bytes == 10) ref.flags = EM_RF_CACHED_ONLY;
    if (t & IA_T_SPEC) {
        *defer_out = true;
        if (em__nat(cpu, in->r3)) return EM_OK;
        res = em__spec_check(cpu, &ref, defer_out);
        if (res != EM_OK || *defer_out) return res;
    } else {
        if (em__nat(cpu, in->r3)) return em__nat_consumption(cpu, EM_ISR_R);
        res = em__check(cpu, &ref);
        if (res != EM_OK) return res;
    }
    if ((t & IA_T_ADV) && (ref.ma == EM_MA_UC || ref.ma == EM_MA_UCE)) return EM_OK;
    return em__read_bytes(cpu, &ref, data);
}

/* row: a = format, c = 1: increment by register */
enum em_res em__op_ldf(struct em_cpu *cpu, const struct ia_insn *in)
{
    unsigned format = em__optab[in->op].a, bytes = format_bytes[format];
    bool base_nat = em__nat(cpu, in->r3), defer;
    uint8_t data[16];
    enum em_res res = load(cpu, in, bytes, data, &defer);

    if (res != EM_OK) return res;
    if (cpu->psr & EM_PSR_BE) reverse(data, bytes);
    increment(cpu, in, base_nat);
    set_fr(cpu, in->f1, defer ? natval : unpack(data, format));
    return EM_OK;
}

/* Both targets must lie in different halves of the file (SDM vol. 3, ldfp). */
static bool pair_ok(const struct em_cpu *cpu, const struct ia_insn *in)
{
    unsigned rrb = em__cfm_rrb_fr(cpu->cfm);
    unsigned a = in->f1 ^ (in->f1 < 32 ? 0 : rrb), b = in->f2 ^ (in->f2 < 32 ? 0 : rrb);

    return ((a ^ b) & 1) != 0;
}

enum em_res em__op_ldfp(struct em_cpu *cpu, const struct ia_insn *in)
{
    unsigned format = em__optab[in->op].a, bytes = format_bytes[format];
    bool base_nat = em__nat(cpu, in->r3), defer;
    uint8_t data[16];
    enum em_res res;

    if (!pair_ok(cpu, in)) return em__illegal(cpu);
    res = load(cpu, in, 2 * bytes, data, &defer);
    if (res != EM_OK) return res;
    if (cpu->psr & EM_PSR_BE) { reverse(data, bytes); reverse(data + bytes, bytes); }
    increment(cpu, in, base_nat);
    set_fr(cpu, in->f1, defer ? natval : unpack(data, format));
    set_fr(cpu, in->f2, defer ? natval : unpack(data + bytes, format));
    return EM_OK;
}

enum em_res em__op_stf(struct em_cpu *cpu, const struct ia_insn *in)
{
    unsigned format = em__optab[in->op].a, bytes = format_bytes[format];
    struct em_ref ref = em__ref(cpu, em__r(cpu, in->r3), bytes, EM_WRITE);
    struct em_freg v = fr(cpu, in->f2);
    uint8_t data[16];
    enum em_res res;

    if (em__nat(cpu, in->r3) || (format != EM_FMT_FILL && em_fp_is_natval(v)))
        return em__nat_consumption(cpu, EM_ISR_W);
    if (bytes == 10) ref.flags = EM_RF_CACHED_ONLY;
    pack(v, format, data);
    if (cpu->psr & EM_PSR_BE) reverse(data, bytes);
    res = em__write_bytes(cpu, &ref, data);
    if (res != EM_OK && res != EM_EXIT) return res;
    increment(cpu, in, false);
    return res;
}

/* ---- moves to and from general registers: row a = 0 sig, 1 exp, 2 single, 3 double ------------*/

enum em_res em__op_setf(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t v = em__r(cpu, in->r2);
    struct em_freg f = { v, EM_FP_INT_EXP };

    switch (em__optab[in->op].a) {
    case 1: f = (struct em_freg){ EM_BIT(63), v & (EM_FP_SIGN | EM_FP_EXP) }; break;
    case 2: f = em_fp_from_single((uint32_t)v); break;
    case 3: f = em_fp_from_double(v); break;
    }
    set_fr(cpu, in->f1, em__nat(cpu, in->r2) ? natval : f);
    return EM_OK;
}

enum em_res em__op_getf(struct em_cpu *cpu, const struct ia_insn *in)
{
    struct em_freg f = fr(cpu, in->f2);
    uint64_t v = f.sig;

    switch (em__optab[in->op].a) {
    case 1: v = f.se; break;
    case 2: v = em_fp_to_single(f); break;
    case 3: v = em_fp_to_double(f); break;
    }
    em__set_r(cpu, in->r1, v, em_fp_is_natval(f));
    return EM_OK;
}

/* ---- arithmetic -------------------------------------------------------------------------------*/

static struct em_fp_env env_of(const struct em_cpu *cpu, unsigned sf)
{
    struct em_fp_env e = { .traps = (uint8_t)(cpu->fpsr & 63) };

    e.controls = (uint8_t)((cpu->fpsr >> (6 + 13 * sf)) & 127);
    e.known = (uint8_t)((cpu->fpsr >> (13 + 13 * sf)) & 63);
    return e;
}

static enum em_res fp_fault(struct em_cpu *cpu, const struct em_fp_env *e)
{
    return em__fault(cpu, EM_VEC_FP_FAULT, e->fault);
}

/* Flags and traps of an operation whose result is written. */
static enum em_res fp_done(struct em_cpu *cpu, unsigned sf, const struct em_fp_env *e)
{
    cpu->fpsr |= (uint64_t)e->flags << (13 + 13 * sf);
    if (!e->trap) return EM_OK;
    em__fault(cpu, EM_VEC_FP_TRAP, e->trap | 1u);   /* SDM vol. 2, ISR.code: bit 0 = FP trap */
    return EM_TRAP;
}

static enum em_res fp_write(struct em_cpu *cpu, const struct ia_insn *in, struct em_freg v,
                            const struct em_fp_env *e)
{
    if (e->fault) return fp_fault(cpu, e);
    set_fr(cpu, in->f1, v);
    return fp_done(cpu, in->sf, e);
}

/* row: a = enum em_fp_mul, b = enum em_fp_pc, c = 1: parallel */
enum em_res em__op_fma(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    struct em_fp_env e = env_of(cpu, in->sf);
    struct em_freg a = fr(cpu, in->f3), b = fr(cpu, in->f4), c = fr(cpu, in->f2), v;

    if (op->c) v = em_fp_fpma((enum em_fp_mul)op->a, a, b, c, in->f2 == 0, &e);
    else v = em_fp_fma((enum em_fp_mul)op->a, (enum em_fp_pc)op->b, a, b, c, in->f2 == 0, &e);
    return fp_write(cpu, in, v, &e);
}

/* row: a = enum em_fp_minmax, c = 1: parallel */
enum em_res em__op_fminmax(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    struct em_fp_env e = env_of(cpu, in->sf);
    struct em_freg a = fr(cpu, in->f2), b = fr(cpu, in->f3), v;

    v = op->c ? em_fp_fpminmax((enum em_fp_minmax)op->a, a, b, &e)
              : em_fp_minmax((enum em_fp_minmax)op->a, a, b, &e);
    return fp_write(cpu, in, v, &e);
}

static void write_pair(struct em_cpu *cpu, const struct ia_insn *in, bool p1, bool p2)
{
    cpu->pr &= ~(EM_BIT(in->p1) | EM_BIT(in->p2));
    cpu->pr |= (uint64_t)p1 << in->p1 | (uint64_t)p2 << in->p2 | 1;
}

/* row: a = enum em_fp_rel, b = 1: unc */
enum em_res em__op_fcmp(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    struct em_fp_env e = env_of(cpu, in->sf);
    bool nat = false, r;

    if (in->qp && !em__p(cpu, in->qp)) { write_pair(cpu, in, false, false); return EM_OK; }
    r = em_fp_cmp((enum em_fp_rel)op->a, fr(cpu, in->f2), fr(cpu, in->f3), &nat, &e);
    if (e.fault) return fp_fault(cpu, &e);
    write_pair(cpu, in, !nat && r, !nat && !r);
    return fp_done(cpu, in->sf, &e);
}

enum em_res em__op_fclass(struct em_cpu *cpu, const struct ia_insn *in)
{
    bool nat = false, r;

    if (in->qp && !em__p(cpu, in->qp)) { write_pair(cpu, in, false, false); return EM_OK; }
    r = em_fp_class(fr(cpu, in->f2), (unsigned)in->imm, &nat);
    write_pair(cpu, in, !nat && r, !nat && !r);
    return EM_OK;
}

enum em_res em__op_fpcmp(struct em_cpu *cpu, const struct ia_insn *in)
{
    struct em_fp_env e = env_of(cpu, in->sf);
    struct em_freg v;

    v = em_fp_fpcmp((enum em_fp_rel)em__optab[in->op].a, fr(cpu, in->f2), fr(cpu, in->f3), &e);
    return fp_write(cpu, in, v, &e);
}

/* row: a = 0 frcpa, 1 frsqrta; c = 1: parallel. A false qp clears p2. */
enum em_res em__op_frcpa(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    struct em_fp_env e = env_of(cpu, in->sf);
    struct em_freg a = fr(cpu, in->f2), b = fr(cpu, in->f3), v;
    bool p2 = false;

    if (in->qp && !em__p(cpu, in->qp)) { em__set_p(cpu, in->p2, false); return EM_OK; }
    if (op->a == 0) v = op->c ? em_fp_fprcpa(a, b, &p2, &e) : em_fp_rcpa(a, b, &p2, &e);
    else v = op->c ? em_fp_fprsqrta(b, &p2, &e) : em_fp_rsqrta(b, &p2, &e);
    if (e.fault) return fp_fault(cpu, &e);
    em__set_p(cpu, in->p2, p2);
    return fp_write(cpu, in, v, &e);
}

/* row: a = 1: unsigned, b = 1: trunc, c = 1: parallel */
enum em_res em__op_fcvt(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    struct em_fp_env e = env_of(cpu, in->sf);
    struct em_freg a = fr(cpu, in->f2), v;

    v = op->c ? em_fp_fpcvt_fx(a, op->a, op->b, &e) : em_fp_cvt_fx(a, op->a, op->b, &e);
    return fp_write(cpu, in, v, &e);
}

enum em_res em__op_fcvt_xf(struct em_cpu *cpu, const struct ia_insn *in)
{
    set_fr(cpu, in->f1, em_fp_cvt_xf(fr(cpu, in->f2)));
    return EM_OK;
}

/* row: a = enum em_fp_merge, c = 1: parallel */
enum em_res em__op_fmerge(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    struct em_freg a = fr(cpu, in->f2), b = fr(cpu, in->f3);

    set_fr(cpu, in->f1, op->c ? em_fp_fpmerge((enum em_fp_merge)op->a, a, b)
                              : em_fp_merge((enum em_fp_merge)op->a, a, b));
    return EM_OK;
}

enum em_res em__op_fsel(struct em_cpu *cpu, const struct ia_insn *in)
{
    set_fr(cpu, in->f1, em_fp_sel((enum em_fp_sel)em__optab[in->op].a, fr(cpu, in->f2),
                                  fr(cpu, in->f3)));
    return EM_OK;
}

enum em_res em__op_fselect(struct em_cpu *cpu, const struct ia_insn *in)
{
    set_fr(cpu, in->f1, em_fp_select(fr(cpu, in->f3), fr(cpu, in->f4), fr(cpu, in->f2)));
    return EM_OK;
}

enum em_res em__op_xma(struct em_cpu *cpu, const struct ia_insn *in)
{
    set_fr(cpu, in->f1, em_fp_xma((enum em_fp_xma)em__optab[in->op].a, fr(cpu, in->f3),
                                  fr(cpu, in->f4), fr(cpu, in->f2)));
    return EM_OK;
}

/* ---- status fields ----------------------------------------------------------------------------*/

/* len = and mask, pos = or mask; the base is always sf0 (SDM vol. 3, fsetc) */
enum em_res em__op_fsetc(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t c = ((cpu->fpsr >> 6) & 127 & in->len) | in->pos;
    unsigned shift = 6 + 13u * in->sf;

    if (((c >> 2) & 3) == 1 || (in->sf == 0 && (c & 64))) return em__ge(cpu, EM_GE_RESERVED_FIELD);
    cpu->fpsr = (cpu->fpsr & ~(UINT64_C(127) << shift)) | c << shift;
    return EM_OK;
}

enum em_res em__op_fclrf(struct em_cpu *cpu, const struct ia_insn *in)
{
    cpu->fpsr &= ~(UINT64_C(63) << (13 + 13 * in->sf));
    return EM_OK;
}

enum em_res em__op_fchkf(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t flags = (cpu->fpsr >> (13 + 13 * in->sf)) & 63;
    uint64_t traps = cpu->fpsr & 63, sf0 = (cpu->fpsr >> 13) & 63;

    if (!(flags & ~traps) && !(flags & ~sf0)) return EM_OK;
    cpu->nip = cpu->ip + (uint64_t)in->imm;
    return EM_BRANCH;
}

enum em_res em__op_chk_s_f(struct em_cpu *cpu, const struct ia_insn *in)
{
    if (!em_fp_is_natval(fr(cpu, in->f2))) return EM_OK;
    cpu->nip = cpu->ip + (uint64_t)in->imm;
    return EM_BRANCH;
}

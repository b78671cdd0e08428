/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_op_mem.c: loads, stores, semaphores, speculation and cache instructions on general registers.
 *
 * There is no ALAT: entries may vanish at any time (SDM vol. 2, "Data speculation"), so every
 * check load loads and every chk.a branches.
 */
#include <string.h>
#include "em_ops.h"

/* What an operation does to its base register besides the access. */
static enum em_res nat_base(struct em_cpu *cpu, unsigned acc)
{
    return em__nat_consumption(cpu, (acc & EM_READ ? EM_ISR_R : 0) |
                                        (acc & EM_WRITE ? EM_ISR_W : 0));
}

static void increment(struct em_cpu *cpu, const struct ia_insn *in, bool base_nat)
{
    uint32_t t = ia_op_traits(in->op);
    uint64_t by = (uint64_t)in->imm;
    bool nat = base_nat;

    if (!(t & IA_T_POSTINC)) return;
    if (em__optab[in->op].c == 1) {             /* register form; a store has an immediate */
        by = em__r(cpu, in->r2);
        nat = nat || em__nat(cpu, in->r2);
    }
    em__set_r(cpu, in->r3, em__r(cpu, in->r3) + by, nat);
}

static enum em_res speculative(struct em_cpu *cpu, const struct ia_insn *in, struct em_ref *ref)
{
    bool base_nat = em__nat(cpu, in->r3), defer = true;
    uint64_t value = 0;
    enum em_res res = EM_OK;

    if (!base_nat) res = em__spec_check(cpu, ref, &defer);
    if (res != EM_OK) return res;
    if (!defer) value = em__read_at(cpu, ref);
    increment(cpu, in, base_nat);
    em__set_r(cpu, in->r1, value, defer);
    return EM_OK;
}

/* An advanced load from memory that must not be speculated returns 0 (SDM vol. 3, ld). */
static bool advanced_zero(const struct ia_insn *in, const struct em_ref *ref)
{
    return (ia_op_traits(in->op) & IA_T_ADV) && (ref->ma == EM_MA_UC || ref->ma == EM_MA_UCE);
}

/* row: a = bytes, c = 1: increment by register */
enum em_res em__op_ld(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    struct em_ref ref = em__ref(cpu, em__r(cpu, in->r3), op->a, EM_READ);
    uint64_t value;
    enum em_res res;

    if (ia_op_traits(in->op) & IA_T_SPEC) return speculative(cpu, in, &ref);
    if (em__nat(cpu, in->r3)) return nat_base(cpu, EM_READ);
    res = em__check(cpu, &ref);
    if (res != EM_OK) return res;
    value = advanced_zero(in, &ref) ? 0 : em__read_at(cpu, &ref);
    increment(cpu, in, false);
    em__set_r(cpu, in->r1, value, false);
    return EM_OK;
}

enum em_res em__op_st(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    struct em_ref ref = em__ref(cpu, em__r(cpu, in->r3), op->a, EM_WRITE);
    enum em_res res;

    if (em__nat(cpu, in->r3) || em__nat(cpu, in->r2)) return nat_base(cpu, EM_WRITE);
    res = em__write(cpu, &ref, em__r(cpu, in->r2));
    if (res != EM_OK && res != EM_EXIT) return res;
    increment(cpu, in, false);
    return res;
}

enum em_res em__op_fill(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t va = em__r(cpu, in->r3), value;
    struct em_ref ref = em__ref(cpu, va, 8, EM_READ);
    enum em_res res;

    if (em__nat(cpu, in->r3)) return nat_base(cpu, EM_READ);
    res = em__read(cpu, &ref, &value);
    if (res != EM_OK) return res;
    increment(cpu, in, false);
    em__set_r(cpu, in->r1, value, (cpu->unat >> ((va >> 3) & 63)) & 1);
    return EM_OK;
}

enum em_res em__op_spill(struct em_cpu *cpu, const struct ia_insn *in)
{
    uint64_t va = em__r(cpu, in->r3);
    struct em_ref ref = em__ref(cpu, va, 8, EM_WRITE);
    unsigned bit = (unsigned)(va >> 3) & 63;
    bool nat = em__nat(cpu, in->r2);
    enum em_res res;

    if (em__nat(cpu, in->r3)) return nat_base(cpu, EM_WRITE);
    res = em__write(cpu, &ref, em__r(cpu, in->r2));
    if (res != EM_OK && res != EM_EXIT) return res;
    cpu->unat = (cpu->unat & ~EM_BIT(bit)) | ((uint64_t)nat << bit);
    increment(cpu, in, false);
    return res;
}

static uint64_t swap_be(const struct em_cpu *cpu, uint64_t v)
{
    return cpu->psr & EM_PSR_BE ? __builtin_bswap64(v) : v;
}

enum em_res em__op_ld16(struct em_cpu *cpu, const struct ia_insn *in)
{
    struct em_ref ref = em__ref(cpu, em__r(cpu, in->r3), 16, EM_READ);
    uint64_t words[2];
    enum em_res res;

    if (em__nat(cpu, in->r3)) return nat_base(cpu, EM_READ);
    ref.flags = EM_RF_ALIGNED | EM_RF_CACHED_ONLY;
    res = em__read_bytes(cpu, &ref, (uint8_t *)words);
    if (res != EM_OK) return res;
    em__set_r(cpu, in->r1, swap_be(cpu, words[0]), false);
    cpu->ar[EM_AR_CSD] = swap_be(cpu, words[1]);
    return EM_OK;
}

enum em_res em__op_st16(struct em_cpu *cpu, const struct ia_insn *in)
{
    struct em_ref ref = em__ref(cpu, em__r(cpu, in->r3), 16, EM_WRITE);
    uint64_t words[2];

    if (em__nat(cpu, in->r3) || em__nat(cpu, in->r2)) return nat_base(cpu, EM_WRITE);
    ref.flags = EM_RF_ALIGNED | EM_RF_CACHED_ONLY;
    words[0] = swap_be(cpu, em__r(cpu, in->r2));
    words[1] = swap_be(cpu, cpu->ar[EM_AR_CSD]);
    return em__write_bytes(cpu, &ref, (const uint8_t *)words);
}

/* gpa of a semaphore that need not look for overwritten code */
#define EM_NO_CODE (~UINT64_C(0))

/* ---- semaphores -------------------------------------------------------------------------------*/

/* A hit for reading and writing is all a semaphore asks for, and such a page holds no code. */
static bool sema_hit(const struct em_cpu *cpu, const struct em_ref *ref, uint8_t **host_out)
{
    const struct em_tlbe *e = &cpu->dtlb[(ref->va >> 12) & (EM_TLB_SLOTS - 1)];
    uint64_t tag = ref->va & (EM_PAGE_MASK | (ref->size_bytes - 1u));

    if (e->tag_r != tag || e->tag_w != tag) return false;
    *host_out = (uint8_t *)(ref->va + e->addend);
    return true;
}

/* Resolve a semaphore; *host_out NULL: no memory there, reads as ones, writes are lost. */
static enum em_res sema(struct em_cpu *cpu, const struct ia_insn *in, struct em_ref *ref,
                        unsigned flags, uint8_t **host_out)
{
    enum em_res res;

    if (em__nat(cpu, in->r3)) return nat_base(cpu, EM_READ | EM_WRITE);
    if (EM_LIKELY(sema_hit(cpu, ref, host_out))) {
        ref->gpa = EM_NO_CODE;
        return EM_OK;
    }
    ref->flags = (uint16_t)(EM_RF_SEMA | flags);
    res = em__check(cpu, ref);
    if (res != EM_OK) return res;
    *host_out = em__host(cpu->m, ref->gpa, ref->size_bytes);
    return EM_OK;
}

static uint64_t order(const struct em_cpu *cpu, uint64_t v, unsigned bytes)
{
    return cpu->psr & EM_PSR_BE ? __builtin_bswap64(v) >> (64 - 8 * bytes) : v;
}

static uint64_t xchg_host(uint8_t *p, unsigned bytes, uint64_t v)
{
    switch (bytes) {
    case 1: return __atomic_exchange_n(p, (uint8_t)v, __ATOMIC_SEQ_CST);
    case 2: return __atomic_exchange_n((uint16_t *)(void *)p, (uint16_t)v, __ATOMIC_SEQ_CST);
    case 4: return __atomic_exchange_n((uint32_t *)(void *)p, (uint32_t)v, __ATOMIC_SEQ_CST);
    default: return __atomic_exchange_n((uint64_t *)(void *)p, v, __ATOMIC_SEQ_CST);
    }
}

#define CAS(type) \
    do { \
        type old = (type)expected; \
        __atomic_compare_exchange_n((type *)(void *)p, &old, (type)v, false, __ATOMIC_SEQ_CST, \
                                    __ATOMIC_SEQ_CST); \
        return old; \
    } while (0)

static uint64_t cas_host(uint8_t *p, unsigned bytes, uint64_t expected, uint64_t v)
{
    switch (bytes) {
    case 1: CAS(uint8_t);
    case 2: CAS(uint16_t);
    case 4: CAS(uint32_t);
    default: CAS(uint64_t);
    }
}

static uint64_t read_sema(const uint8_t *p, unsigned bytes)
{
    switch (bytes) {
    case 1: return __atomic_load_n(p, __ATOMIC_SEQ_CST);
    case 2: return __atomic_load_n((const uint16_t *)(const void *)p, __ATOMIC_SEQ_CST);
    case 4: return __atomic_load_n((const uint32_t *)(const void *)p, __ATOMIC_SEQ_CST);
    default: return __atomic_load_n((const uint64_t *)(const void *)p, __ATOMIC_SEQ_CST);
    }
}

static enum em_res sema_done(struct em_cpu *cpu, const struct ia_insn *in,
                             const struct em_ref *ref, uint64_t old)
{
    em__set_r(cpu, in->r1, old, false);
    if (ref->gpa == EM_NO_CODE) return EM_OK;
    return em__code_written(cpu, ref->gpa, ref->size_bytes) ? EM_EXIT : EM_OK;
}

/* row: a = bytes */
enum em_res em__op_xchg(struct em_cpu *cpu, const struct ia_insn *in)
{
    unsigned bytes = em__optab[in->op].a;
    struct em_ref ref = em__ref(cpu, em__r(cpu, in->r3), bytes, EM_READ | EM_WRITE);
    uint64_t old = em__mask64(bytes);
    uint8_t *host;
    enum em_res res;

    if (em__nat(cpu, in->r2)) return nat_base(cpu, EM_READ | EM_WRITE);
    res = sema(cpu, in, &ref, 0, &host);
    if (res != EM_OK) return res;
    if (host)
        old = order(cpu, xchg_host(host, bytes, order(cpu, em__r(cpu, in->r2), bytes)), bytes);
    return sema_done(cpu, in, &ref, old);
}

/* All 64 bits of CCV count: a value that does not fit never matches (SDM vol. 3, cmpxchg). */
enum em_res em__op_cmpxchg(struct em_cpu *cpu, const struct ia_insn *in)
{
    unsigned bytes = em__optab[in->op].a;
    struct em_ref ref = em__ref(cpu, em__r(cpu, in->r3), bytes, EM_READ | EM_WRITE);
    uint64_t old = em__mask64(bytes), ones = em__mask64(bytes);
    uint8_t *host;
    enum em_res res;

    if (em__nat(cpu, in->r2)) return nat_base(cpu, EM_READ | EM_WRITE);
    res = sema(cpu, in, &ref, 0, &host);
    if (res != EM_OK) return res;
    if (host && (cpu->ccv & ~ones)) {
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        old = order(cpu, read_sema(host, bytes), bytes);
    } else if (host) {
        old = order(cpu, cas_host(host, bytes, order(cpu, cpu->ccv, bytes),
                                  order(cpu, em__r(cpu, in->r2), bytes)), bytes);
    }
    return sema_done(cpu, in, &ref, old);
}

/* row: a = bytes */
enum em_res em__op_fetchadd(struct em_cpu *cpu, const struct ia_insn *in)
{
    unsigned bytes = em__optab[in->op].a;
    struct em_ref ref = em__ref(cpu, em__r(cpu, in->r3), bytes, EM_READ | EM_WRITE);
    uint64_t old = em__mask64(bytes), seen;
    uint8_t *host;
    enum em_res res = sema(cpu, in, &ref, EM_RF_FETCHADD, &host);

    if (res != EM_OK) return res;
    while (host) {
        seen = read_sema(host, bytes);
        old = order(cpu, seen, bytes);
        if (cas_host(host, bytes, seen, order(cpu, old + (uint64_t)in->imm, bytes)) == seen) break;
    }
    return sema_done(cpu, in, &ref, old);
}

/* Compare 8 bytes, store the 16 they are in (SDM vol. 3) */
enum em_res em__op_cmp8xchg16(struct em_cpu *cpu, const struct ia_insn *in)
{
    struct em_ref ref = em__ref(cpu, em__r(cpu, in->r3), 8, EM_READ | EM_WRITE);
    uint64_t old = ~UINT64_C(0), value[2];
    uint8_t *host;
    enum em_res res;

    if (em__nat(cpu, in->r2)) return nat_base(cpu, EM_READ | EM_WRITE);
    res = sema(cpu, in, &ref, 0, &host);
    if (res != EM_OK) return res;
    if (host) {
        value[0] = order(cpu, em__r(cpu, in->r2), 8);
        value[1] = order(cpu, cpu->ar[EM_AR_CSD], 8);
        old = order(cpu, em__cas8_16(cpu->m, host, order(cpu, cpu->ccv, 8), value), 8);
    }
    return sema_done(cpu, in, &ref, old);
}

/* ---- cache, fences, speculation checks --------------------------------------------------------*/

/* row: a = 1: .fault; c = 1: increment by register */
enum em_res em__op_lfetch(struct em_cpu *cpu, const struct ia_insn *in)
{
    struct em_ref ref = em__ref(cpu, em__r(cpu, in->r3), 1, EM_READ);
    bool nat = em__nat(cpu, in->r3);
    enum em_res res;

    if (em__optab[in->op].a && !(cpu->psr & EM_PSR_ED)) {
        if (nat) return em__nat_consumption(cpu, EM_ISR_R | EM_ISR_NA | 4);
        ref.isr |= EM_ISR_NA | 4;
        res = em__check(cpu, &ref);
        if (res != EM_OK) return res;
    }
    increment(cpu, in, nat);
    return EM_OK;
}

/* Software that changed code runs this on each line before fetching it. */
enum em_res em__op_fc(struct em_cpu *cpu, const struct ia_insn *in)
{
    struct em_ref ref = em__ref(cpu, em__r(cpu, in->r3) & ~UINT64_C(31), 1, EM_READ);
    enum em_res res;

    ref.isr |= EM_ISR_NA | 1;
    if (em__nat(cpu, in->r3)) return em__nat_consumption(cpu, EM_ISR_R | EM_ISR_NA | 1);
    ref.va = em__r(cpu, in->r3);
    ref.flags = EM_RF_NOKEYS | EM_RF_NOBITS;
    res = em__check(cpu, &ref);
    if (res != EM_OK) return res;
    /* the stores before it are visible before it is looked up who has decoded the line: one that
     * decodes says so, then reads */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return em__code_written(cpu, ref.gpa & ~UINT64_C(31), 32) ? EM_EXIT : EM_OK;
}

enum em_res em__op_fence(struct em_cpu *cpu, const struct ia_insn *in)
{
    (void)cpu;
    (void)in;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return EM_OK;
}

enum em_res em__op_invala(struct em_cpu *cpu, const struct ia_insn *in)
{
    (void)cpu;
    (void)in;
    return EM_OK;
}

enum em_res em__op_chk_s(struct em_cpu *cpu, const struct ia_insn *in)
{
    if (!em__nat(cpu, in->r2)) return EM_OK;
    cpu->nip = cpu->ip + (uint64_t)in->imm;
    return EM_BRANCH;
}

enum em_res em__op_chk_a(struct em_cpu *cpu, const struct ia_insn *in)
{
    cpu->nip = cpu->ip + (uint64_t)in->imm;
    return EM_BRANCH;
}

/* ---- probe ------------------------------------------------------------------------------------*/

/* row: a = enum em_access, b = 1: level in the immediate */
enum em_res em__op_probe(struct em_cpu *cpu, const struct ia_insn *in)
{
    const struct em_op *op = &em__optab[in->op];
    struct em_ref ref = em__ref(cpu, em__r(cpu, in->r3), 1, op->a);
    uint64_t level = (op->b ? (uint64_t)in->imm : em__r(cpu, in->r2)) & 3;
    enum em_flt f;

    ref.isr |= EM_ISR_NA | 2;
    if (em__nat(cpu, in->r3) || (!op->b && em__nat(cpu, in->r2)))
        return em__nat_consumption(cpu, ref.isr);
    if (level > ref.cpl) ref.cpl = (uint8_t)level;
    ref.flags = EM_RF_NOBITS | EM_RF_FORCE_DT;
    if (!(cpu->psr & EM_PSR_DT)) ref.flags |= EM_RF_NOWALK;
    f = em__translate(cpu, &ref);
    if (f != EM_F_NONE && f != EM_F_UNIMPL && f != EM_F_KEY_PERM && f != EM_F_RIGHTS)
        return em__ref_fault(cpu, &ref, f);
    em__set_r(cpu, in->r1, f == EM_F_NONE, false);
    return EM_OK;
}

/* row: a = enum em_access bits */
enum em_res em__op_probe_fault(struct em_cpu *cpu, const struct ia_insn *in)
{
    struct em_ref ref = em__ref(cpu, em__r(cpu, in->r3), 1, em__optab[in->op].a);
    uint64_t level = (uint64_t)in->imm & 3;
    enum em_flt f;

    ref.isr |= EM_ISR_NA | 5;
    if (em__nat(cpu, in->r3)) return em__nat_consumption(cpu, ref.isr);
    if (level > ref.cpl) ref.cpl = (uint8_t)level;
    f = em__translate(cpu, &ref);
    return f == EM_F_NONE ? EM_OK : em__ref_fault(cpu, &ref, f);
}

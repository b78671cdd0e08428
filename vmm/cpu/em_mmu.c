/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_mmu.c: translating one reference: windows, TRs and TC, VHPT walk, and the checks of a present
 * translation in the order of SDM vol. 2, "Interruption priorities".
 */
#include <string.h>
#include "em_cpu.h"

#define OFFSET_MASK (EM_BIT(61) - 1)

/* ---- VHPT -------------------------------------------------------------------------------------*/

/* SDM vol. 2, "VHPT hashing": short format */
uint64_t em_thash(uint64_t pta, uint64_t rr, em_gva_t va)
{
    unsigned size = (unsigned)(pta >> 2) & 0x3f;
    uint64_t mask = size >= 61 ? OFFSET_MASK : EM_BIT(size) - 1;
    uint64_t off = ((va & OFFSET_MASK) >> EM_RR_PS(rr)) << 3;
    uint64_t base = pta & OFFSET_MASK & ~UINT64_C(0x7fff);

    mask |= 0x7fff;
    return (va & ~OFFSET_MASK) | (base & ~mask) | (off & mask & OFFSET_MASK);
}

/* Long format: the hash is the processor's choice; with the tag it identifies rid and page. */
static uint64_t thash_long(uint64_t pta, uint64_t rr, em_gva_t va)
{
    unsigned size = (unsigned)(pta >> 2) & 0x3f;
    uint64_t mask = size >= 61 ? OFFSET_MASK : EM_BIT(size) - 1;
    uint64_t off = (((va & OFFSET_MASK) >> EM_RR_PS(rr)) ^ EM_RR_RID(rr)) << 5;

    mask |= 0x7fff;
    return (pta & ~UINT64_C(0x7fff) & ~mask) | (off & mask);
}

uint64_t em__ttag(const struct em_cpu *cpu, em_gva_t va)
{
    uint64_t rr = cpu->rr[va >> 61];

    return (((va & OFFSET_MASK) >> EM_RR_PS(rr)) ^ ((uint64_t)EM_RR_RID(rr) << 39)) & ~EM_BIT(63);
}

uint64_t em__thash(const struct em_cpu *cpu, em_gva_t va)
{
    uint64_t pta = cpu->cr[EM_CR_PTA], rr = cpu->rr[va >> 61];

    return pta & EM_BIT(8) ? thash_long(pta, rr, va) : em_thash(pta, rr, va);
}

static bool walker_on(const struct em_cpu *cpu, const struct em_ref *ref)
{
    if ((ref->flags & EM_RF_NOWALK) || !(cpu->cr[EM_CR_PTA] & 1)) return false;
    if (!(cpu->rr[ref->va >> 61] & EM_RR_VE)) return false;
    if (ref->side == EM_RSE) return cpu->psr & EM_PSR_RT;
    if (ref->side == EM_DATA) return cpu->psr & EM_PSR_DT;
    return (cpu->psr & EM_PSR_DT) && (cpu->psr & EM_PSR_IT) && (cpu->psr & EM_PSR_IC);
}

static bool key_allows(const struct em_cpu *cpu, uint32_t key, unsigned acc, bool *miss_out)
{
    for (unsigned i = 0; i < EM_NR_PKR; i++) {
        uint64_t pkr = cpu->pkr[i];
        if (!(pkr & 1) || (uint32_t)(pkr >> 8) != key) continue;
        *miss_out = false;
        if ((acc & EM_WRITE) && (pkr & 2)) return false;
        if ((acc & EM_READ) && (pkr & 4)) return false;
        return !((acc & EM_EXEC) && (pkr & 8));
    }
    *miss_out = true;
    return false;
}

/* Read the table as the walker does: privilege 0, byte order of DCR.be, no walk for it. */
static enum em_flt read_table(struct em_cpu *cpu, uint64_t addr, unsigned nr_words, uint64_t *words)
{
    const struct em_window *w = em__window(cpu, addr);
    const struct em_xlat *x = NULL;
    em_gpa_t gpa;
    uint8_t *host;
    bool miss;

    if (w) {
        gpa = w->gpa + (addr - w->va);
    } else {
        x = em__lookup(cpu, EM_DATA, addr, EM_RR_RID(cpu->rr[addr >> 61]));
        if (!x) return EM_F_VHPT;
        if (!(x->pte & EM_PTE_P) || !(x->pte & EM_PTE_A) || ((x->pte >> 2) & 7) != EM_MA_WB)
            return EM_F_TLB;
        if ((cpu->psr & EM_PSR_PK) && !key_allows(cpu, x->key, EM_READ, &miss)) return EM_F_TLB;
        gpa = (x->pte & EM_PTE_PPN & ~(EM_BIT(x->ps) - 1)) | (addr & (EM_BIT(x->ps) - 1));
    }
    host = em__host(cpu->m, gpa, 8 * nr_words);
    if (!host) return EM_F_TLB;
    for (unsigned i = 0; i < nr_words; i++) words[i] = em__load64(host + 8 * i);
    for (unsigned i = 0; i < nr_words && (cpu->cr[EM_CR_DCR] & 2); i++)
        words[i] = __builtin_bswap64(words[i]);
    return EM_F_NONE;
}

/* Reserved bits of an entry make the walker give up. */
static bool pte_ok(uint64_t pte)
{
    unsigned ma = (unsigned)(pte >> EM_PTE_MA_SHIFT) & 7;

    return !(pte & EM_PTE_P) || (!(pte & (EM_BIT(1) | UINT64_C(3) << 50)) && (ma == 0 || ma > 3));
}

/** Walk the VHPT; a hit is inserted into the TC. EM_F_NONE: look again. */
static enum em_flt walk(struct em_cpu *cpu, struct em_ref *ref)
{
    uint64_t words[4], itir, rr = cpu->rr[ref->va >> 61];
    enum em_flt f;

    ref->iha = em__thash(cpu, ref->va);
    if (cpu->cr[EM_CR_PTA] & EM_BIT(8)) {
        f = read_table(cpu, ref->iha, 4, words);
        if (f != EM_F_NONE) return f;
        itir = words[1];
        if (words[2] != em__ttag(cpu, ref->va)) return EM_F_TLB;
        if ((itir & 3) || EM_ITIR_PS(itir) < 12 || EM_ITIR_PS(itir) > 32) return EM_F_TLB;
    } else {
        f = read_table(cpu, ref->iha, 1, words);
        if (f != EM_F_NONE) return f;
        itir = rr & UINT64_C(0xfffffffc);
        if (EM_RR_PS(rr) < 12) return EM_F_TLB;
    }
    if (!pte_ok(words[0])) return EM_F_TLB;
    em_tc_insert(cpu, ref->side == EM_INST ? EM_INST : EM_DATA, ref->va, words[0], itir,
                 EM_RR_RID(rr));
    return EM_F_NONE;
}

/* ---- checks of a translation ------------------------------------------------------------------*/

/* SDM vol. 2, "Page access rights"; R W X by (ar, pl) for one privilege level */
bool em__rights(unsigned ar, unsigned pl, unsigned cpl, unsigned acc)
{
    unsigned have = 0;

    if (ar == 7) {
        have = EM_EXEC | (cpl == 0 ? EM_READ : 0);
        return (acc & ~have) == 0;
    }
    if (cpl > pl) return acc == 0;
    switch (ar) {
    case 0: have = EM_READ; break;
    case 1: have = EM_READ | EM_EXEC; break;
    case 2: have = EM_READ | EM_WRITE; break;
    case 3: have = EM_READ | EM_WRITE | EM_EXEC; break;
    case 4: have = EM_READ | (cpl < pl || cpl == 0 ? EM_WRITE : 0); break;
    case 5: have = EM_READ | EM_EXEC | (cpl == 0 ? EM_WRITE : 0); break;
    case 6: have = EM_READ | EM_WRITE | (cpl == pl && cpl != 0 ? EM_EXEC : 0); break;
    }
    return (acc & ~have) == 0;
}

static bool debug_match(const struct em_cpu *cpu, const struct em_ref *ref)
{
    const uint64_t *reg = ref->side == EM_INST ? cpu->ibr : cpu->dbr;

    if (!(cpu->psr & EM_PSR_DB)) return false;
    if (cpu->psr & (ref->side == EM_INST ? EM_PSR_ID : EM_PSR_DD)) return false;
    for (unsigned i = 0; i < EM_NR_DBR; i += 2) {
        uint64_t mask = (reg[i + 1] & (EM_BIT(56) - 1)) | UINT64_C(0xff) << 56;
        bool on = ref->side == EM_INST ? reg[i + 1] & EM_BIT(63)
                                       : (ref->acc & EM_READ && reg[i + 1] & EM_BIT(63)) ||
                                         (ref->acc & EM_WRITE && reg[i + 1] & EM_BIT(62));
        if (!on || !(reg[i + 1] & EM_BIT(56 + ref->cpl))) continue;
        if (ref->side == EM_INST) mask &= ~UINT64_C(15);
        for (unsigned b = 0; b < ref->size_bytes; b++)
            if ((((ref->va + b) ^ reg[i]) & mask) == 0) return true;
    }
    return false;
}

static bool wants(const struct em_ref *ref, enum em_flt f) { return !(ref->skip & (1u << f)); }

static enum em_flt check_keys(const struct em_cpu *cpu, const struct em_ref *ref, uint32_t key)
{
    bool miss;

    if (!(cpu->psr & EM_PSR_PK) || (ref->flags & EM_RF_NOKEYS)) return EM_F_NONE;
    if (key_allows(cpu, key, ref->acc, &miss)) return EM_F_NONE;
    if (miss) return wants(ref, EM_F_KEY_MISS) ? EM_F_KEY_MISS : EM_F_NONE;
    return wants(ref, EM_F_KEY_PERM) ? EM_F_KEY_PERM : EM_F_NONE;
}

static enum em_flt check_xlat(const struct em_cpu *cpu, struct em_ref *ref,
                              const struct em_xlat *x)
{
    uint64_t no_a = ref->side == EM_INST ? EM_PSR_IA : EM_PSR_DA;
    enum em_flt f;

    ref->key = x->key;
    ref->has_key = true;
    if (!(x->pte & EM_PTE_P)) return EM_F_NOT_PRESENT;
    ref->ma = (uint8_t)((x->pte >> EM_PTE_MA_SHIFT) & 7);
    ref->ar = (uint8_t)((x->pte >> EM_PTE_AR_SHIFT) & 7);
    ref->pl = (uint8_t)((x->pte >> EM_PTE_PL_SHIFT) & 3);
    ref->ed = (x->pte & EM_PTE_ED) != 0;
    ref->gpa = (x->pte & EM_PTE_PPN & ~(EM_BIT(x->ps) - 1)) | (ref->va & (EM_BIT(x->ps) - 1));
    if (ref->ma == EM_MA_NATPAGE) return EM_F_NATPAGE;
    f = check_keys(cpu, ref, x->key);
    if (f != EM_F_NONE) return f;
    if (!(ref->flags & EM_RF_NORIGHTS) && wants(ref, EM_F_RIGHTS) &&
        !em__rights(ref->ar, ref->pl, ref->cpl, ref->acc))
        return EM_F_RIGHTS;
    if (ref->flags & EM_RF_NOBITS) return EM_F_NONE;
    if ((ref->acc & EM_WRITE) && !(x->pte & EM_PTE_D) && !(cpu->psr & EM_PSR_DA))
        return EM_F_DIRTY;
    if (!(x->pte & EM_PTE_A) && !(cpu->psr & no_a) && wants(ref, EM_F_ACCESS)) return EM_F_ACCESS;
    return EM_F_NONE;
}

static enum em_flt missing(struct em_cpu *cpu, struct em_ref *ref)
{
    bool nested = ref->side != EM_INST && !(cpu->psr & EM_PSR_IC) && !(ref->isr & EM_ISR_SP);
    enum em_flt f = EM_F_ALT;

    if (walker_on(cpu, ref)) f = walk(cpu, ref);
    if (f == EM_F_NONE) return f;
    return nested ? EM_F_NESTED : f;
}

static enum em_flt check_late(const struct em_cpu *cpu, const struct em_ref *ref)
{
    if (!(ref->flags & EM_RF_NOBITS) && wants(ref, EM_F_DEBUG) && debug_match(cpu, ref))
        return EM_F_DEBUG;
    return EM_F_NONE;
}

static enum em_flt translate_off(const struct em_cpu *cpu, struct em_ref *ref)
{
    ref->gpa = ref->va & ~EM_PHYS_UC;
    ref->ma = ref->va & EM_PHYS_UC ? EM_MA_UC : EM_MA_WB;
    ref->ed = false;
    if (ref->gpa >> EM_PHYS_BITS) return EM_F_UNIMPL;
    return check_late(cpu, ref);
}

static enum em_flt in_window(const struct em_cpu *cpu, struct em_ref *ref,
                             const struct em_window *w)
{
    ref->gpa = w->gpa + (ref->va - w->va);
    ref->ma = EM_MA_WB;
    ref->ar = 3;
    ref->pl = w->pl;
    ref->ed = false;
    if (!(ref->flags & EM_RF_NORIGHTS) && wants(ref, EM_F_RIGHTS) && ref->cpl > w->pl)
        return EM_F_RIGHTS;
    return check_late(cpu, ref);
}

/** Find and check the translation of a reference that lies in one page. Fills ref. */
enum em_flt em__translate(struct em_cpu *cpu, struct em_ref *ref)
{
    static const uint64_t mode_bit[] = { [EM_DATA] = EM_PSR_DT, [EM_INST] = EM_PSR_IT,
                                         [EM_RSE] = EM_PSR_RT };
    bool on = (cpu->psr & mode_bit[ref->side]) || (ref->flags & EM_RF_FORCE_DT);
    const struct em_window *w = em__window(cpu, ref->va);
    const struct em_xlat *x;
    enum em_flt f;

    ref->has_key = false;
    if (w && (on || (ref->side != EM_INST && ref->va >> 61))) return in_window(cpu, ref, w);
    if (!on) return translate_off(cpu, ref);
    x = em__lookup(cpu, ref->side, ref->va, EM_RR_RID(cpu->rr[ref->va >> 61]));
    if (!x) {
        f = missing(cpu, ref);
        if (f != EM_F_NONE) return f;
        x = em__lookup(cpu, ref->side, ref->va, EM_RR_RID(cpu->rr[ref->va >> 61]));
        if (!x) return EM_F_TLB;
    }
    f = check_xlat(cpu, ref, x);
    return f != EM_F_NONE ? f : check_late(cpu, ref);
}

bool em_translate(struct em_cpu *cpu, enum em_side side, em_gva_t va, enum em_access access,
                  unsigned cpl, em_gpa_t *gpa_out, struct em_interruption *in_out)
{
    struct em_ref ref = { .va = va, .size_bytes = 1, .acc = (uint8_t)access,
                          .side = (uint8_t)side };
    enum em_flt f;

    if (atomic_load(&cpu->attn) & EM_ATTN_PURGE) em__purge_mail(cpu);
    ref.cpl = (uint8_t)(cpl & 3);
    ref.isr = (access & EM_READ ? EM_ISR_R : 0) | (access & EM_WRITE ? EM_ISR_W : 0) |
              (access & EM_EXEC ? EM_ISR_X : 0) | (side == EM_RSE ? EM_ISR_RS : 0);
    if (side == EM_INST) ref.size_bytes = 16;
    f = em__translate(cpu, &ref);
    if (f == EM_F_NONE) { *gpa_out = ref.gpa; return true; }
    if (in_out) {
        em__ref_interruption(cpu, &ref, f, in_out);
        in_out->ip = cpu->ip;
        in_out->ri = cpu->ri;
    }
    return false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_tlb.c: translation registers, translation cache, and the software TLBs in front of them.
 *
 * The TC is hashed by region identifier, page number and page size; sizes in use are remembered so
 * that a look-up probes only those. A reference matches by rid and offset, not by region number,
 * which the architecture leaves open (SDM vol. 2, "Region registers").
 */
#include <string.h>
#include "em_cpu.h"
#include "em_trace.h"

#define OFFSET_MASK (EM_BIT(61) - 1)

static uint64_t page_mask(unsigned ps)
{
    return ps >= 61 ? 0 : OFFSET_MASK & ~(EM_BIT(ps) - 1);
}

static bool covers(const struct em_xlat *x, em_gva_t va, uint32_t rid)
{
    return x->rid == rid && ((x->va ^ va) & page_mask(x->ps)) == 0;
}

static bool overlaps(const struct em_xlat *x, em_gva_t va, unsigned ps, uint32_t rid)
{
    unsigned coarse = ps > x->ps ? ps : x->ps;

    return x->rid == rid && ((x->va ^ va) & page_mask(coarse)) == 0;
}

static unsigned tc_set(em_gva_t va, unsigned ps, uint32_t rid)
{
    uint64_t vpn = (va & OFFSET_MASK) >> ps;

    vpn ^= (vpn >> 8) ^ rid * UINT64_C(0x9e3779b1) ^ ps * 29u;
    return (unsigned)vpn & (EM_TC_SETS - 1);
}

static const struct em_xlat *find_tr(const struct em_xlats *xl, em_gva_t va, uint32_t rid)
{
    for (uint64_t left = xl->tr_valid; left; left &= left - 1) {
        const struct em_xlat *x = &xl->tr[__builtin_ctzll(left)];
        if (covers(x, va, rid)) return x;
    }
    return NULL;
}

static const struct em_xlat *find_tc(const struct em_xlats *xl, em_gva_t va, uint32_t rid)
{
    for (uint64_t left = xl->tc_sizes; left; left &= left - 1) {
        unsigned set = tc_set(va, (unsigned)__builtin_ctzll(left), rid);
        for (unsigned valid = xl->valid[set]; valid; valid &= valid - 1) {
            const struct em_xlat *x = &xl->tc[set][__builtin_ctz(valid)];
            if (covers(x, va, rid)) return x;
        }
    }
    return NULL;
}

const struct em_xlat *em__lookup(const struct em_cpu *cpu, enum em_side side, em_gva_t va,
                                 uint32_t rid)
{
    const struct em_xlats *xl = &cpu->xl[side == EM_INST];
    const struct em_xlat *x = find_tr(xl, va, rid);

    return x ? x : find_tc(xl, va, rid);
}

const struct em_window *em__window(const struct em_cpu *cpu, em_gva_t va)
{
    for (unsigned i = 0; i < EM_NR_WINDOWS && cpu->nr_win; i++)
        if (va - cpu->win[i].va < cpu->win[i].size_bytes) return &cpu->win[i];
    return NULL;
}

/* ---- purging ----------------------------------------------------------------------------------*/

static void purge_set(struct em_xlats *xl, unsigned set, em_gva_t va, unsigned ps, uint32_t rid)
{
    for (unsigned valid = xl->valid[set]; valid; valid &= valid - 1) {
        unsigned way = (unsigned)__builtin_ctz(valid);
        if (overlaps(&xl->tc[set][way], va, ps, rid)) xl->valid[set] &= (uint8_t)~(1u << way);
    }
}

/* Probe the sets where an overlapping entry can be, or all of them if that is less work. */
static void purge_tc(struct em_xlats *xl, em_gva_t va, unsigned ps, uint32_t rid)
{
    for (uint64_t left = xl->tc_sizes; left; left &= left - 1) {
        unsigned eps = (unsigned)__builtin_ctzll(left);
        em_gva_t base = va & ~(ps >= 61 ? OFFSET_MASK : EM_BIT(ps) - 1);

        if (ps > eps + 6) {
            for (unsigned set = 0; set < EM_TC_SETS; set++) purge_set(xl, set, va, ps, rid);
            return;
        }
        if (ps <= eps) {
            purge_set(xl, tc_set(va, eps, rid), va, ps, rid);
            continue;
        }
        for (uint64_t off = 0; off < EM_BIT(ps); off += EM_BIT(eps))
            purge_set(xl, tc_set(base + off, eps, rid), va, ps, rid);
    }
}

/* Software TLB entries of a range that was purged or inserted, in every region with that rid. */
static void forget(struct em_cpu *cpu, em_gva_t va, unsigned ps, uint32_t rid, bool code)
{
    uint64_t len = ps >= 61 ? EM_BIT(61) : EM_BIT(ps);
    em_gva_t base = va & OFFSET_MASK & ~(len - 1);

    for (unsigned r = 0; r < 8; r++)
        if (EM_RR_RID(cpu->rr[r]) == rid)
            em__tlb_flush_range(cpu, (uint64_t)r << 61 | base, len, code);
}

void em_tc_purge(struct em_cpu *cpu, em_gva_t va, unsigned ps, uint32_t rid)
{
    if (ps < 12) ps = 12;
    purge_tc(&cpu->xl[0], va, ps, rid);
    purge_tc(&cpu->xl[1], va, ps, rid);
    forget(cpu, va, ps, rid, true);
}

void em_tc_purge_all(struct em_cpu *cpu)
{
    for (unsigned side = 0; side < 2; side++) {
        memset(cpu->xl[side].valid, 0, sizeof(cpu->xl[side].valid));
        cpu->xl[side].tc_sizes = 0;
    }
    em__tlb_flush_virtual(cpu);
}

void em_tr_purge(struct em_cpu *cpu, enum em_side side, em_gva_t va, unsigned ps, uint32_t rid)
{
    struct em_xlats *xl = &cpu->xl[side == EM_INST];

    if (ps < 12) ps = 12;
    for (uint64_t left = xl->tr_valid; left; left &= left - 1) {
        unsigned slot = (unsigned)__builtin_ctzll(left);
        if (!overlaps(&xl->tr[slot], va, ps, rid)) continue;
        xl->tr_valid &= ~EM_BIT(slot);
        forget(cpu, xl->tr[slot].va, xl->tr[slot].ps, rid, side == EM_INST);
    }
    purge_tc(xl, va, ps, rid);
    forget(cpu, va, ps, rid, side == EM_INST);
}

/* ---- inserting --------------------------------------------------------------------------------*/

static struct em_xlat make(em_gva_t va, uint64_t pte, uint64_t itir, uint32_t rid)
{
    struct em_xlat x = { .pte = pte, .rid = rid, .key = EM_ITIR_KEY(itir) };

    x.ps = (uint8_t)EM_ITIR_PS(itir);
    if (x.ps < 12) x.ps = 12;
    if (x.ps > 60) x.ps = 60;
    x.va = va & ~(EM_BIT(x.ps) - 1);
    return x;
}

void em_tr_insert(struct em_cpu *cpu, enum em_side side, unsigned slot, em_gva_t va, uint64_t pte,
                  uint64_t itir, uint32_t rid)
{
    struct em_xlats *xl = &cpu->xl[side == EM_INST];
    struct em_xlat x = make(va, pte, itir, rid);

    if (slot >= EM_NR_TR) return;
    if (xl->tr_valid & EM_BIT(slot))
        forget(cpu, xl->tr[slot].va, xl->tr[slot].ps, xl->tr[slot].rid, side == EM_INST);
    x.is_tr = true;
    x.slot = (uint8_t)slot;
    purge_tc(xl, va, x.ps, rid);
    xl->tr[slot] = x;
    xl->tr_valid |= EM_BIT(slot);
    forget(cpu, va, x.ps, rid, side == EM_INST);
}

void em_tc_insert(struct em_cpu *cpu, enum em_side side, em_gva_t va, uint64_t pte, uint64_t itir,
                  uint32_t rid)
{
    struct em_xlats *xl = &cpu->xl[side == EM_INST];
    struct em_xlat x = make(va, pte, itir, rid);
    unsigned set = tc_set(va, x.ps, rid), way;

    purge_tc(xl, va, x.ps, rid);
    if (xl->valid[set] != 15) {
        way = (unsigned)__builtin_ctz(~(unsigned)xl->valid[set]);
    } else {
        way = xl->victim[set]++ % EM_TC_WAYS;
        forget(cpu, xl->tc[set][way].va, xl->tc[set][way].ps, xl->tc[set][way].rid,
               side == EM_INST);
    }
    xl->tc[set][way] = x;
    xl->valid[set] |= (uint8_t)(1u << way);
    xl->tc_sizes |= EM_BIT(x.ps);
    forget(cpu, va, x.ps, rid, side == EM_INST);
}

bool em_tr_get(const struct em_cpu *cpu, enum em_side side, unsigned slot, struct em_xlat *x_out)
{
    const struct em_xlats *xl = &cpu->xl[side == EM_INST];

    if (slot >= EM_NR_TR || !(xl->tr_valid & EM_BIT(slot))) return false;
    *x_out = xl->tr[slot];
    return true;
}

bool em_xlat_find(const struct em_cpu *cpu, enum em_side side, em_gva_t va, struct em_xlat *x_out)
{
    const struct em_xlat *x = em__lookup(cpu, side, va, EM_RR_RID(cpu->rr[va >> 61]));

    if (!x) return false;
    *x_out = *x;
    return true;
}

void em_window_set(struct em_cpu *cpu, unsigned index, em_gva_t va, em_gpa_t gpa,
                   uint64_t size_bytes, unsigned pl)
{
    if (index >= EM_NR_WINDOWS) return;
    cpu->win[index] = (struct em_window){ va, gpa, size_bytes, (uint8_t)(pl & 3) };
    cpu->nr_win = 0;
    for (unsigned i = 0; i < EM_NR_WINDOWS; i++) cpu->nr_win += cpu->win[i].size_bytes != 0;
    em__tlb_flush(cpu);
}

uint64_t em_rr(const struct em_cpu *cpu, unsigned region) { return cpu->rr[region & 7]; }

void em_set_rr(struct em_cpu *cpu, unsigned region, uint64_t value)
{
    region &= 7;
    if (cpu->rr[region] == value) return;
    cpu->rr[region] = value;
    em__tlb_flush_region(cpu, region);
}

/* ---- software TLBs ----------------------------------------------------------------------------*/

static void clear_mode(struct em_cpu *cpu, unsigned mode)
{
    for (unsigned i = 0; i < EM_TLB_SLOTS; i++)
        cpu->tlb[mode][i].tag_r = cpu->tlb[mode][i].tag_w = EM_TAG_NONE;
    cpu->tlb_regions[mode] = 0;
}

static void clear_imode(struct em_cpu *cpu, unsigned mode)
{
    for (unsigned i = 0; i < EM_ITLB_SLOTS; i++) cpu->itlbs[mode][i].tag = EM_TAG_NONE;
}

void em__tlb_flush(struct em_cpu *cpu)
{
    for (unsigned m = 0; m < EM_TLB_MODES; m++) {
        clear_mode(cpu, m);
        clear_imode(cpu, m);
    }
    em__attn(cpu, EM_ATTN_SELF);
}

void em__tlb_flush_virtual(struct em_cpu *cpu)
{
    for (unsigned m = 1; m < EM_TLB_MODES; m++) {
        if (cpu->tlb_regions[m]) clear_mode(cpu, m);
        clear_imode(cpu, m);
    }
    em__attn(cpu, EM_ATTN_SELF);
}

void em__tlb_flush_region(struct em_cpu *cpu, unsigned region)
{
    for (unsigned m = 1; m < EM_TLB_MODES; m++) {
        for (unsigned i = 0; i < EM_ITLB_SLOTS; i++)
            if (cpu->itlbs[m][i].tag >> 61 == region) cpu->itlbs[m][i].tag = EM_TAG_NONE;
        if (!(cpu->tlb_regions[m] & (1u << region))) continue;
        for (unsigned i = 0; i < EM_TLB_SLOTS; i++) {
            struct em_tlbe *e = &cpu->tlb[m][i];
            if (e->tag_r >> 61 == region) e->tag_r = EM_TAG_NONE;
            if (e->tag_w >> 61 == region) e->tag_w = EM_TAG_NONE;
        }
        cpu->tlb_regions[m] &= ~(1u << region);
    }
    em__attn(cpu, EM_ATTN_SELF);
}

static void flush_data_range(struct em_tlbe *tlb, em_gva_t va, uint64_t len)
{
    uint64_t pages = len / EM_PAGE_BYTES;
    bool all = pages >= EM_TLB_SLOTS;

    for (uint64_t k = 0; k < (all ? EM_TLB_SLOTS : pages); k++) {
        struct em_tlbe *e = &tlb[((va >> 12) + k) & (EM_TLB_SLOTS - 1)];
        if (e->tag_r - va < len) e->tag_r = EM_TAG_NONE;
        if (e->tag_w - va < len) e->tag_w = EM_TAG_NONE;
    }
}

/* va and len_bytes are multiples of the page size. */
void em__tlb_flush_range(struct em_cpu *cpu, em_gva_t va, uint64_t len_bytes, bool code)
{
    for (unsigned m = 1; m < EM_TLB_MODES; m++) {
        if (cpu->tlb_regions[m] & (1u << (va >> 61))) flush_data_range(cpu->tlb[m], va, len_bytes);
        for (unsigned i = 0; code && i < EM_ITLB_SLOTS; i++)
            if (cpu->itlbs[m][i].tag - va < len_bytes) cpu->itlbs[m][i].tag = EM_TAG_NONE;
    }
    if (code && cpu->chunk_va - va < len_bytes) em__attn(cpu, EM_ATTN_SELF);
}

/* Remember a successful reference. @acc EM_READ and/or EM_WRITE: what was permitted. */
void em__tlb_fill(struct em_cpu *cpu, unsigned mode, em_gva_t va, em_gpa_t gpa, unsigned acc)
{
    struct em_tlbe *e = &cpu->tlb[mode][(va >> 12) & (EM_TLB_SLOTS - 1)];
    em_gva_t page = va & EM_PAGE_MASK;
    uint8_t *host = em__host(cpu->m, gpa & EM_PAGE_MASK, EM_PAGE_BYTES);

    if (!host) return;
    if (e->tag_r != page) e->tag_r = EM_TAG_NONE;
    if (e->tag_w != page) e->tag_w = EM_TAG_NONE;
    e->addend = (uintptr_t)host - page;
    e->gpa = gpa & EM_PAGE_MASK;
    if (acc & EM_READ) e->tag_r = page;
    if ((acc & EM_WRITE) && !em__code_at(cpu->m, gpa)) e->tag_w = page;
    cpu->tlb_regions[mode] |= 1u << (va >> 61);
}

/* The page is decoded now: stores must take the long way. */
void em__tlb_unwrite(struct em_cpu *cpu, em_gpa_t page)
{
    for (unsigned m = 0; m < EM_TLB_MODES; m++) {
        if (!cpu->tlb_regions[m]) continue;
        for (unsigned i = 0; i < EM_TLB_SLOTS; i++)
            if (cpu->tlb[m][i].gpa == page) cpu->tlb[m][i].tag_w = EM_TAG_NONE;
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_code.c: decoded pages: finding them, dropping them when their memory changes.
 *
 * Each processor has its own chunks. Which bundles of a page are decoded anywhere is kept per
 * machine, so that a store to such a page (which never has a write tag in a software TLB) costs
 * little unless it hits code. Other processors learn of it by mail; that is later than the store,
 * which the architecture allows until they serialize (SDM vol. 2, "Self-modifying code").
 */
#include <stdlib.h>
#include <string.h>
#include "em_cpu.h"
#include "em_trace.h"

/* ---- what is decoded, per machine -------------------------------------------------------------*/

static _Atomic(struct em_codemap *) *map_slot(struct em_machine *m, em_gpa_t gpa)
{
    struct em_area *a = em__area(m, gpa);

    return a ? &a->code[(gpa - a->gpa) / EM_PAGE_BYTES] : NULL;
}

static bool any_bits(struct em_codemap *map)
{
    uint64_t any = 0;

    for (unsigned i = 0; i < 4; i++)
        any |= atomic_load_explicit(&map->bundle[i], memory_order_relaxed);
    return any != 0;
}

bool em__code_at(struct em_machine *m, em_gpa_t gpa)
{
    _Atomic(struct em_codemap *) *slot = map_slot(m, gpa);
    struct em_codemap *map = slot ? atomic_load(slot) : NULL;

    return map && any_bits(map);
}

/* Mail to all processors but `except`: page | 1 = stores must be seen, page = code changed. */
static void post(struct em_machine *m, const struct em_cpu *except, em_gpa_t what)
{
    pthread_mutex_lock(&m->lock);
    for (unsigned i = 0; i < m->cfg.nr_cpus; i++) {
        struct em_cpu *cpu = m->cpu[i];
        if (!cpu || cpu == except) continue;
        if (cpu->nr_mail < EM_MAILBOX_PAGES) cpu->mail[cpu->nr_mail++] = what;
        else cpu->nr_mail = EM_MAILBOX_PAGES + 1;
        em__attn(cpu, EM_ATTN_CODE);
    }
    pthread_mutex_unlock(&m->lock);
}

/* Returns false if there is no memory for the map (the bundle is then not cached). */
static bool mark(struct em_cpu *cpu, em_gpa_t page, unsigned bundle)
{
    _Atomic(struct em_codemap *) *slot = map_slot(cpu->m, page);
    struct em_codemap *map, *none = NULL;
    uint64_t old;

    if (!slot) return true;
    map = atomic_load(slot);
    if (!map) {
        struct em_codemap *fresh = calloc(1, sizeof(*fresh));
        if (!fresh) return false;
        if (atomic_compare_exchange_strong(slot, &none, fresh)) map = fresh;
        else { free(fresh); map = none; }
    }
    if (!any_bits(map)) {
        em__tlb_unwrite(cpu, page);
        post(cpu->m, cpu, page | 1);
    }
    old = atomic_fetch_or(&map->bundle[bundle / 64], EM_BIT(bundle % 64));
    (void)old;
    atomic_thread_fence(memory_order_seq_cst);      /* then the bundle is read; see em__op_fc */
    return true;
}

static bool overwritten(struct em_codemap *map, unsigned first, unsigned last)
{
    for (unsigned b = first; b <= last; b++)
        if (atomic_load_explicit(&map->bundle[b / 64], memory_order_relaxed) & EM_BIT(b % 64))
            return true;
    return false;
}

/** Memory [gpa, gpa + len) changed. True if that was code on this processor (NULL: none). */
bool em__code_written(struct em_cpu *cpu, em_gpa_t gpa, uint64_t len_bytes)
{
    _Atomic(struct em_codemap *) *slot = map_slot(cpu->m, gpa);
    struct em_codemap *map = slot ? atomic_load(slot) : NULL;
    em_gpa_t page = gpa & EM_PAGE_MASK;
    uint64_t last = (gpa & 4095) + len_bytes - 1;

    if (EM_LIKELY(!map)) return false;
    if (last > 4095) last = 4095;
    if (!overwritten(map, (unsigned)(gpa & 4095) / 16, (unsigned)last / 16)) return false;
    for (unsigned i = 0; i < 4; i++) atomic_store(&map->bundle[i], 0);
    em__code_drop(cpu, page);
    post(cpu->m, cpu, page);
    return true;
}

void em_machine_touched(struct em_machine *m, em_gpa_t gpa, uint64_t len_bytes)
{
    atomic_thread_fence(memory_order_seq_cst);      /* as in em__op_fc */
    while (len_bytes) {
        uint64_t part = EM_PAGE_BYTES - (gpa & 4095);
        _Atomic(struct em_codemap *) *slot = map_slot(m, gpa);
        struct em_codemap *map = slot ? atomic_load(slot) : NULL;

        if (part > len_bytes) part = len_bytes;
        if (map && overwritten(map, (unsigned)(gpa & 4095) / 16,
                               (unsigned)((gpa & 4095) + part - 1) / 16)) {
            for (unsigned i = 0; i < 4; i++) atomic_store(&map->bundle[i], 0);
            post(m, NULL, gpa & EM_PAGE_MASK);
        }
        gpa += part;
        len_bytes -= part;
    }
}

/* ---- chunks of one processor ------------------------------------------------------------------*/

static unsigned bucket_of(em_gpa_t page)
{
    return (unsigned)((page >> 12) ^ (page >> 21)) & (EM_CHUNK_BUCKETS - 1);
}

static void free_chunk(struct em_chunk *c)
{
    struct em_seg *s, *snext;
    struct em_iseg *i, *inext;

    for (s = c->segs; s; s = snext) { snext = s->next; free(s); }
    for (i = c->isegs; i; i = inext) { inext = i->next; free(i); }
    free(c);
}

static void forget_itlb(struct em_cpu *cpu, const struct em_chunk *c)
{
    for (unsigned m = 0; m < EM_TLB_MODES; m++)
        for (unsigned i = 0; i < EM_ITLB_SLOTS; i++)
            if (cpu->itlbs[m][i].chunk == c) {
                cpu->itlbs[m][i].tag = EM_TAG_NONE;
                cpu->itlbs[m][i].chunk = NULL;
            }
}

static void forget_insns(struct em_cpu *cpu)
{
    for (unsigned i = 0; i < EM_INSN_SLOTS; i++) cpu->insn[i].xi = NULL;
}

void em__code_drop(struct em_cpu *cpu, em_gpa_t page)
{
    struct em_chunk **link = &cpu->bucket[bucket_of(page)], *c;

    while (*link && (*link)->gpa != page) link = &(*link)->next;
    c = *link;
    if (!c) return;
    *link = c->next;
    c->next = cpu->dead;
    cpu->dead = c;
    cpu->nr_chunks--;
    forget_itlb(cpu, c);
    forget_insns(cpu);
    em__attn(cpu, EM_ATTN_SELF);
}

void em__code_drop_all(struct em_cpu *cpu)
{
    for (unsigned b = 0; b < EM_CHUNK_BUCKETS; b++)
        while (cpu->bucket[b]) em__code_drop(cpu, cpu->bucket[b]->gpa);
}

/** Free dropped chunks. Only while no trace runs. */
void em__code_reap(struct em_cpu *cpu)
{
    while (cpu->dead) {
        struct em_chunk *c = cpu->dead;
        cpu->dead = c->next;
        if (cpu->chunk == c) { cpu->chunk = NULL; cpu->lastbr = NULL; }
        free_chunk(c);
    }
}

void em__code_mail(struct em_cpu *cpu)
{
    em_gpa_t mail[EM_MAILBOX_PAGES];
    unsigned n;

    pthread_mutex_lock(&cpu->m->lock);
    n = cpu->nr_mail;
    memcpy(mail, cpu->mail, sizeof(mail));
    cpu->nr_mail = 0;
    pthread_mutex_unlock(&cpu->m->lock);
    if (n > EM_MAILBOX_PAGES) {
        em__code_drop_all(cpu);
        em__tlb_flush(cpu);
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        if (mail[i] & 1) em__tlb_unwrite(cpu, mail[i] & EM_PAGE_MASK);
        else em__code_drop(cpu, mail[i]);
    }
}

static struct em_chunk *chunk_get(struct em_cpu *cpu, em_gpa_t page)
{
    struct em_chunk *c;
    uint8_t *host;

    for (c = cpu->bucket[bucket_of(page)]; c; c = c->next)
        if (c->gpa == page) return c;
    if (cpu->nr_chunks >= EM_CHUNKS_MAX) em__code_drop_all(cpu);
    c = calloc(1, sizeof(*c));
    if (!c) return NULL;
    host = em__host(cpu->m, page, EM_PAGE_BYTES);
    c->gpa = page;
    c->is_void = !host;
    c->host = host ? host : cpu->m->void_page;
    c->next = cpu->bucket[bucket_of(page)];
    cpu->bucket[bucket_of(page)] = c;
    cpu->nr_chunks++;
    return c;
}

bool em__code_mark(struct em_cpu *cpu, em_gpa_t page, unsigned bundle)
{
    return mark(cpu, page, bundle);
}

static struct em_ref fetch_ref(const struct em_cpu *cpu, em_gva_t va)
{
    struct em_ref ref = { .va = va & ~UINT64_C(15), .size_bytes = 16, .acc = EM_EXEC,
                          .side = EM_INST, .isr = EM_ISR_X };

    ref.cpl = (uint8_t)em__cpl(cpu);
    return ref;
}

struct em_chunk *em__fetch(struct em_cpu *cpu, em_gva_t va)
{
    struct em_itlbe *e = &cpu->itlb[(va >> 12) & (EM_ITLB_SLOTS - 1)];
    struct em_ref ref;
    enum em_flt f;

    if (!cpu->slow && e->tag == (va & EM_PAGE_MASK)) {
        cpu->code_ed = e->ed;
        return e->chunk;
    }
    ref = fetch_ref(cpu, va);
    f = em__translate(cpu, &ref);
    if (f != EM_F_NONE) {
        em__ref_fault(cpu, &ref, f);
        return NULL;
    }
    struct em_chunk *c = chunk_get(cpu, ref.gpa & EM_PAGE_MASK);
    if (!c) {                       /* host out of memory: nothing better than to stop here */
        em__illegal(cpu);
        return NULL;
    }
    cpu->code_ed = ref.ed;
    if (cpu->slow) return c;
    *e = (struct em_itlbe){ va & EM_PAGE_MASK, c, ref.ed };
    return c;
}

bool em_fetch_bundle(struct em_cpu *cpu, em_gva_t va, uint64_t bundle_out[2])
{
    struct em_ref ref = fetch_ref(cpu, va);
    uint8_t *host;

    if (em__translate(cpu, &ref) != EM_F_NONE) return false;
    host = em__host(cpu->m, ref.gpa, 16);
    if (!host) return false;
    bundle_out[0] = em__load64(host);
    bundle_out[1] = em__load64(host + 8);
    return true;
}

bool em_current_insn(struct em_cpu *cpu, struct ia_insn *insn_out)
{
    uint64_t bundle[2];

    return em_fetch_bundle(cpu, cpu->ip, bundle) && ia_decode(bundle, cpu->ri, insn_out);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_machine.c: machines and processors: making, memory areas, reset, mailboxes between threads. */
#include <stdlib.h>
#include <string.h>
#include "em_cpu.h"
#include "em_trace.h"

/* SDM vol. 1, "Processor identification registers": a Madison, but with 16-byte atomic
 * operations (bit 2 of CPUID[4]), which its successor has and which are all implemented here */
static const uint64_t cpuid_values[EM_NR_CPUID] = {
    UINT64_C(0x49656e69756e6547), UINT64_C(0x000000006c65746e), 0, UINT64_C(0x1f010504), 5,
};

static int check_config(const struct em_config *cfg, struct ut_err *err)
{
    if (cfg->nr_cpus < 1 || cfg->nr_cpus > EM_MAX_CPUS)
        return ut_err_set(err, UT_EARG, "%u processors (1 to %u are possible)", cfg->nr_cpus,
                          EM_MAX_CPUS);
    if (cfg->ram_bytes % EM_PAGE_BYTES || (uintptr_t)cfg->ram % EM_PAGE_BYTES)
        return ut_err_set(err, UT_EARG, "memory of the machine is not page aligned");
    if (cfg->ram_bytes && !cfg->ram) return ut_err_set(err, UT_EARG, "no memory given");
    if (cfg->ram_bytes > EM_BIT(EM_PHYS_BITS - 1))
        return ut_err_set(err, UT_ELIMIT, "more memory than the processor can address");
    return UT_OK;
}

int em_machine_new(const struct em_config *cfg, struct em_machine **machine_out,
                   struct ut_err *err)
{
    struct em_machine *m = NULL;
    int rc = check_config(cfg, err);

    if (rc) return rc;
    m = calloc(1, sizeof(*m));
    if (!m) return ut_err_set(err, UT_ENOMEM, "machine");
    pthread_mutex_init(&m->lock, NULL);
    m->cfg = *cfg;
    if (cfg->ops) m->ops = *cfg->ops;
    if (!m->cfg.itc_hz) m->cfg.itc_hz = UINT64_C(1000000000);
    m->void_page = aligned_alloc(EM_PAGE_BYTES, EM_PAGE_BYTES);
    if (!m->void_page) { rc = ut_err_set(err, UT_ENOMEM, "machine"); goto out; }
    memset(m->void_page, 0xff, EM_PAGE_BYTES);
    if (cfg->ram_bytes) {
        rc = em_machine_add_memory(m, 0, cfg->ram, cfg->ram_bytes, err);
        if (rc) goto out;
    }
    for (unsigned i = 0; i < cfg->nr_cpus; i++) {
        m->cpu[i] = calloc(1, sizeof(*m->cpu[i]));
        if (!m->cpu[i]) { rc = ut_err_set(err, UT_ENOMEM, "processor %u", i); goto out; }
        m->cpu[i]->m = m;
        m->cpu[i]->index = i;
        em_cpu_reset(m->cpu[i]);
    }
    *machine_out = m;
    m = NULL;
    rc = UT_OK;
out:
    em_machine_free(m);
    return rc;
}

static void free_area(struct em_area *a)
{
    for (uint64_t i = 0; a->code && i < a->size_bytes / EM_PAGE_BYTES; i++) {
        struct em_codemap *map = atomic_load_explicit(&a->code[i], memory_order_relaxed);
        if (map) free(map);
    }
    free((void *)a->code);
}

void em_machine_free(struct em_machine *m)
{
    if (!m) return;
    for (unsigned i = 0; i < m->cfg.nr_cpus; i++) {
        if (!m->cpu[i]) continue;
        em__code_drop_all(m->cpu[i]);
        em__code_reap(m->cpu[i]);
        free(m->cpu[i]);
    }
    for (unsigned i = 0; i < m->nr_areas; i++) free_area(&m->area[i]);
    free(m->void_page);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

int em_machine_add_memory(struct em_machine *m, em_gpa_t gpa, void *host, uint64_t size_bytes,
                          struct ut_err *err)
{
    struct em_area *a = &m->area[m->nr_areas];

    if (m->nr_areas >= EM_NR_AREAS)
        return ut_err_set(err, UT_ELIMIT, "more than %u memory areas", EM_NR_AREAS - 1);
    if (gpa % EM_PAGE_BYTES || size_bytes % EM_PAGE_BYTES || (uintptr_t)host % EM_PAGE_BYTES ||
        !size_bytes || gpa > EM_BIT(EM_PHYS_BITS) - size_bytes || size_bytes > EM_BIT(EM_PHYS_BITS))
        return ut_err_set(err, UT_EARG, "memory area at 0x%llx", (unsigned long long)gpa);
    for (unsigned i = 0; i < m->nr_areas; i++) {
        const struct em_area *b = &m->area[i];
        if (gpa < b->gpa + b->size_bytes && b->gpa < gpa + size_bytes)
            return ut_err_set(err, UT_EEXIST, "memory areas overlap at 0x%llx",
                              (unsigned long long)gpa);
    }
    a->code = calloc(size_bytes / EM_PAGE_BYTES, sizeof(a->code[0]));
    if (!a->code) return ut_err_set(err, UT_ENOMEM, "map of decoded pages");
    a->gpa = gpa;
    a->host = host;
    a->size_bytes = size_bytes;
    m->nr_areas++;
    for (unsigned i = 0; i < m->cfg.nr_cpus; i++)
        if (m->cpu[i]) { em__tlb_flush(m->cpu[i]); em__code_drop_all(m->cpu[i]); }
    return UT_OK;
}

struct em_area *em__area(struct em_machine *m, em_gpa_t gpa)
{
    for (unsigned i = 0; i < m->nr_areas; i++) {
        struct em_area *a = &m->area[i];
        if (gpa - a->gpa < a->size_bytes) return a;
    }
    return NULL;
}

uint8_t *em__host(struct em_machine *m, em_gpa_t gpa, uint64_t len_bytes)
{
    const struct em_area *a = em__area(m, gpa);

    if (!a || len_bytes > a->size_bytes - (gpa - a->gpa)) return NULL;
    return a->host + (gpa - a->gpa);
}

void *em_ram(struct em_machine *m, em_gpa_t gpa, uint64_t len_bytes)
{
    return em__host(m, gpa, len_bytes);
}

struct em_cpu *em_machine_cpu(struct em_machine *m, unsigned index)
{
    return index < m->cfg.nr_cpus ? m->cpu[index] : NULL;
}

unsigned em_machine_nr_cpus(const struct em_machine *m) { return m->cfg.nr_cpus; }
unsigned em_cpu_index(const struct em_cpu *cpu) { return cpu->index; }
void *em_cpu_owner(const struct em_cpu *cpu) { return cpu->m->cfg.ctx; }
struct em_machine *em_cpu_machine(const struct em_cpu *cpu) { return cpu->m; }

static void clear_tlbs(struct em_cpu *cpu)
{
    memset(cpu->xl, 0, sizeof(cpu->xl));
    memset(cpu->win, 0, sizeof(cpu->win));
    cpu->nr_win = 0;
    for (unsigned m = 0; m <= EM_TLB_MODES; m++)
        for (unsigned i = 0; i < EM_TLB_SLOTS; i++)
            cpu->tlb[m][i].tag_r = cpu->tlb[m][i].tag_w = EM_TAG_NONE;
    em__tlb_flush(cpu);
}

static void reset_registers(struct em_cpu *cpu)
{
    memset(cpu->gr, 0, sizeof(cpu->gr));
    memset(cpu->gr_other, 0, sizeof(cpu->gr_other));
    memset(cpu->stk, 0, sizeof(cpu->stk));
    memset(cpu->snat, 0, sizeof(cpu->snat));
    memset(cpu->br, 0, sizeof(cpu->br));
    memset(cpu->fr, 0, sizeof(cpu->fr));
    memset(cpu->frbuf, 0, sizeof(cpu->frbuf));
    memset(cpu->ar, 0, sizeof(cpu->ar));
    memset(cpu->cr, 0, sizeof(cpu->cr));
    memset(cpu->rr, 0, sizeof(cpu->rr));
    memset(cpu->pkr, 0, sizeof(cpu->pkr));
    memset(cpu->dbr, 0, sizeof(cpu->dbr));
    memset(cpu->ibr, 0, sizeof(cpu->ibr));
    memset(cpu->pmc, 0, sizeof(cpu->pmc));
    memset(cpu->pmd, 0, sizeof(cpu->pmd));
    cpu->pr = 1;
    cpu->gnat = cpu->gnat_other = 0;
    cpu->nat_count = 0;
    cpu->cfm = cpu->pfs = cpu->lc = cpu->ec = 0;
    cpu->unat = cpu->ccv = cpu->bspstore = cpu->rnat = cpu->rsc = 0;
    cpu->ndirty = 0;
    cpu->cfle = false;
    cpu->rotating = 0;
    cpu->st = cpu->stk + EM_STK_MARGIN;
    cpu->fr_window = 0;
    cpu->fr[1].se = 0xffff;
    cpu->fr[1].sig = UINT64_C(1) << 63;
}

void em_cpu_reset(struct em_cpu *cpu)
{
    reset_registers(cpu);
    cpu->fpsr = UINT64_C(0x0009804c0270033f);       /* what every runtime sets up */
    cpu->rsc = 0;
    cpu->cr[EM_CR_TPR] = EM_BIT(16);
    cpu->cr[EM_CR_ITV] = cpu->cr[EM_CR_PMV] = cpu->cr[EM_CR_CMCV] = EM_BIT(16);
    cpu->cr[EM_CR_LRR0] = cpu->cr[EM_CR_LRR1] = EM_BIT(16);
    cpu->cr[EM_CR_LID] = (uint64_t)cpu->index << 24;
    cpu->pmc[0] = 1;
    for (unsigned i = 0; i < 4; i++) {
        atomic_store(&cpu->irr[i], 0);
        cpu->isr_inservice[i] = 0;
    }
    cpu->itc_offset = 0;
    cpu->itm_armed = false;
    cpu->psr = 0;
    cpu->ip = cpu->nip = 0;
    cpu->ri = 0;
    cpu->br_from = cpu->br_to = 0;
    cpu->lastbr = NULL;
    cpu->stop = 0;
    cpu->chunk = NULL;
    em__code_drop_all(cpu);
    clear_tlbs(cpu);
    em__psr_changed(cpu, 0);
    em__attn(cpu, EM_ATTN_SELF);
}

uint64_t em_ind(const struct em_cpu *cpu, enum em_ind_file file, unsigned index)
{
    switch (file) {
    case EM_IND_PKR: return index < EM_NR_PKR ? cpu->pkr[index] : 0;
    case EM_IND_DBR: return index < EM_NR_DBR ? cpu->dbr[index] : 0;
    case EM_IND_IBR: return index < EM_NR_DBR ? cpu->ibr[index] : 0;
    case EM_IND_PMC: return index < EM_NR_PM ? cpu->pmc[index] : 0;
    case EM_IND_PMD: return index < EM_NR_PM ? cpu->pmd[index] : 0;
    case EM_IND_CPUID: return index < EM_NR_CPUID ? cpuid_values[index] : 0;
    }
    return 0;
}

static void set_pkr(struct em_cpu *cpu, unsigned index, uint64_t value)
{
    for (unsigned i = 0; i < EM_NR_PKR && (value & 1); i++)
        if (cpu->pkr[i] >> 8 == value >> 8) cpu->pkr[i] &= ~UINT64_C(1);
    cpu->pkr[index] = value;
    em__tlb_flush_virtual(cpu);
}

/* SDM vol. 2, "Debug registers": ignored bits of the odd registers read as zero */
static uint64_t dbr_mask(unsigned index, bool data)
{
    if (!(index & 1)) return ~UINT64_C(0);
    return UINT64_C(0x0fffffffffffffff) | EM_BIT(63) | (data ? EM_BIT(62) : 0);
}

void em_set_ind(struct em_cpu *cpu, enum em_ind_file file, unsigned index, uint64_t value)
{
    switch (file) {
    case EM_IND_PKR: if (index < EM_NR_PKR) set_pkr(cpu, index, value); break;
    case EM_IND_DBR: if (index < EM_NR_DBR) cpu->dbr[index] = value & dbr_mask(index, true); break;
    case EM_IND_IBR: if (index < EM_NR_DBR) cpu->ibr[index] = value & dbr_mask(index, false); break;
    case EM_IND_PMC: if (index < EM_NR_PM) cpu->pmc[index] = value; break;
    case EM_IND_PMD: if (index < EM_NR_PM) cpu->pmd[index] = value; break;
    case EM_IND_CPUID: break;
    }
}

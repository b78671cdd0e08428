/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hv_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define GUEST_MSGS_MAX 100u         /* log lines a guest may cause by its mistakes */

uint64_t hv_extra_bytes(void)
{
    return (1 + HV_MAX_VCPUS + HV_GNT_FRAMES) * HV_PAGE_SIZE;
}

/* ---- log and crash ------------------------------------------------------------------------- */

void hv__log(struct hv *hv, int level, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    if (!hv->cfg.host.log) return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    hv->cfg.host.log(hv->cfg.host.ctx, level, text);
}

void hv__log_guest(struct hv_vcpu *v, const char *fmt, ...)
{
    struct hv *hv = v->hv;
    char text[400];
    unsigned n;
    va_list ap;

    n = atomic_fetch_add(&hv->nr_guest_msgs, 1);
    if (n > GUEST_MSGS_MAX) {
        atomic_store(&hv->nr_guest_msgs, GUEST_MSGS_MAX + 1);
        return;
    }
    if (n == GUEST_MSGS_MAX) {
        hv__log(hv, UT_LOG_WARNING, "further messages about this guest's mistakes are dropped");
        return;
    }
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    hv__log(hv, UT_LOG_WARNING, "vcpu %u at %#llx: %s", v->id,
            (unsigned long long)em_ip(v->cpu), text);
}

void hv__crash(struct hv_vcpu *v, const char *fmt, ...)
{
    struct hv *hv = v->hv;
    char text[400];
    va_list ap;

    v->stop = true;
    if (atomic_exchange(&hv->crashed, true)) return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    hv__log(hv, UT_LOG_ERROR, "domain crashed on vcpu %u: %s", v->id, text);
    hv__shutdown(v, HV_CRASH);
}

void hv__shutdown(struct hv_vcpu *v, enum hv_shutdown reason)
{
    v->stop = true;
    if (v->hv->cfg.host.shutdown) v->hv->cfg.host.shutdown(v->hv->cfg.host.ctx, reason);
}

/* ---- the way back into the guest ----------------------------------------------------------- */

struct hv_vcpu *hv__vcpu(struct em_cpu *cpu)
{
    struct hv *hv = em_cpu_owner(cpu);

    return &hv->vcpu[em_cpu_index(cpu)];
}

enum em_reply hv__exit(struct hv_vcpu *v)
{
    if (v->stop) {                  /* the process stops the others by must_stop */
        v->stop = false;
        return EM_R_STOP;
    }
    /* With vpsr.ic = 0 delivery would destroy the guest's first interruption; guests keep i = 0
     * there. Without a callback nothing is ever delivered (guest ABI, 5.7). */
    if (hv__event_pending(v) && !hv__masked(v) && v->callback_ip && v->mr->ic)
        hv__deliver_event(v);
    return EM_R_RESUME;
}

void hv__advance(struct hv_vcpu *v, unsigned nr_slots)
{
    const uint64_t one_shot = EM_PSR_ID | EM_PSR_DA | EM_PSR_DD | EM_PSR_ED | EM_PSR_IA;
    uint64_t psr = em_psr(v->cpu);
    uint64_t ip = em_ip(v->cpu);
    unsigned ri = (unsigned)((psr & EM_PSR_RI) >> EM_PSR_RI_SHIFT) + nr_slots;

    if (ri > 2) {
        ri = 0;
        ip += 16;
    }
    if (psr & one_shot) em_set_psr(v->cpu, psr & ~one_shot);
    em_set_ip(v->cpu, ip, ri);
}

void hv__kick(struct hv_vcpu *v)
{
    em_cpu_kick(v->cpu);
    if (v->hv->cfg.host.wake) v->hv->cfg.host.wake(v->hv->cfg.host.ctx, v->cpu);
}

uint64_t hv__now_ns(struct hv *hv)
{
    return hv->cfg.host.system_time_ns ? hv->cfg.host.system_time_ns(hv->cfg.host.ctx) : 0;
}

/* ---- hooks --------------------------------------------------------------------------------- */

static enum em_reply on_break(struct em_cpu *cpu, void *ctx, uint64_t imm)
{
    struct hv_vcpu *v = hv__vcpu(cpu);
    enum em_reply reply;

    (void)ctx;
    if (hv__cpl(v) != 1) return EM_R_DELIVER;       /* user code: an ordinary break fault */
    if (imm >= 1 && imm <= 0x1a) return hv__hyperprivop(v, (unsigned)imm);
    if (imm == HV_BREAK_HYPERCALL) return hv__hypercall(v);
    if ((imm != HV_BREAK_SSC && imm != HV_BREAK_SSC2) || !v->hv->cfg.host.ssc) return EM_R_DELIVER;
    reply = v->hv->cfg.host.ssc(v->hv->cfg.host.ctx, cpu);
    if (reply == EM_R_NEXT) {
        hv__advance(v, 1);
        return hv__exit(v);
    }
    return reply;
}

/** Nothing is there: Xen substitutes a scratch page; reads give 0, writes vanish (guest ABI,
 *  1.1). */
static uint64_t on_mmio_read(struct em_cpu *cpu, void *ctx, em_gpa_t gpa, unsigned size_bytes)
{
    (void)ctx;
    hv__log_guest(hv__vcpu(cpu), "reads %u bytes at gpa %#llx, where there is no memory",
                  size_bytes, (unsigned long long)gpa);
    return 0;
}

static void on_mmio_write(struct em_cpu *cpu, void *ctx, em_gpa_t gpa, unsigned size_bytes,
                          uint64_t value)
{
    (void)ctx;
    (void)value;
    hv__log_guest(hv__vcpu(cpu), "writes %u bytes at gpa %#llx, where there is no memory",
                  size_bytes, (unsigned long long)gpa);
}

static void on_unimplemented(struct em_cpu *cpu, void *ctx, const char *text)
{
    (void)ctx;
    hv__crash(hv__vcpu(cpu), "instruction not implemented: %s", text);
}

const struct em_ops hv_em_ops = {
    .interruption = hv__interruption,
    .brk = on_break,
    .attention = hv__attention,
    .mmio_read = on_mmio_read,
    .mmio_write = on_mmio_write,
    .unimplemented = on_unimplemented,
};

/* ---- life ---------------------------------------------------------------------------------- */

int hv_new(const struct hv_config *cfg, struct hv **hv_out, struct ut_err *err)
{
    struct hv *hv;
    uint64_t pfn;

    if (!cfg->extra || cfg->nr_pages < 4 || cfg->nr_pages > HV_GNT_FRAME_PFN / 2)
        return ut_err_set(err, UT_EARG, "hypervisor: bad memory size or no extra pages");
    hv = calloc(1, sizeof(*hv));
    if (!hv) return ut_err_set(err, UT_ENOMEM, "hypervisor state");
    hv->cfg = *cfg;
    if (hv->cfg.max_pages < cfg->nr_pages) hv->cfg.max_pages = cfg->nr_pages;
    if (hv->cfg.max_pages > HV_GNT_FRAME_PFN / 2) hv->cfg.max_pages = HV_GNT_FRAME_PFN / 2;
    pthread_mutex_init(&hv->lock, NULL);
    pthread_cond_init(&hv->port_idle, NULL);
    hv->nr_p2m = hv->cfg.max_pages;
    hv->p2m = calloc((hv->nr_p2m + 63) / 64, sizeof(*hv->p2m));
    hv->gnt_maps = calloc(HV_GNT_FRAMES * HV_GNT_PER_FRAME, sizeof(*hv->gnt_maps));
    if (!hv->p2m || !hv->gnt_maps || hv__evtchn_init(hv) != UT_OK) {
        hv_free(hv);
        return ut_err_set(err, UT_ENOMEM, "hypervisor tables");
    }
    for (pfn = 0; pfn < cfg->nr_pages; pfn++) hv->p2m[pfn / 64] |= UINT64_C(1) << (pfn % 64);
    atomic_store(&hv->nr_pages, cfg->nr_pages);
    atomic_store(&hv->xsi_base, HV_XSI_BASE_DEFAULT);
    hv->shared = cfg->extra;
    hv->gnt = (uint8_t *)cfg->extra + (1 + HV_MAX_VCPUS) * HV_PAGE_SIZE;
    hv->nr_gnt_frames = 1;
    *hv_out = hv;
    return UT_OK;
}

void hv_free(struct hv *hv)
{
    if (!hv) return;
    free(hv->vcpu);
    free(hv->port);
    free(hv->p2m);
    free(hv->gnt_maps);
    pthread_cond_destroy(&hv->port_idle);
    pthread_mutex_destroy(&hv->lock);
    free(hv);
}

static void init_shared_info(struct hv *hv)
{
    unsigned i;

    for (i = 0; i < HV_MAX_VCPUS; i++) hv->shared->vcpu[i].upcall_mask = 1;
    hv->shared->start_info_pfn = hv->cfg.start_info_pfn;
    hv->shared->memmap_nr_pages = 1;
    hv->shared->memmap_pfn = hv->cfg.memmap_pfn;
}

int hv_attach(struct hv *hv, struct em_machine *m, uint64_t entry_gpa, uint64_t r28,
              struct ut_err *err)
{
    unsigned i;
    int rc;

    if (hv->m) return ut_err_set(err, UT_ESTATE, "hypervisor: a machine is attached already");
    rc = em_machine_add_memory(m, HV_SHARED_INFO_GPA, hv->cfg.extra, hv_extra_bytes(), err);
    if (rc != UT_OK) return rc;
    hv->vcpu = calloc(em_machine_nr_cpus(m), sizeof(*hv->vcpu));
    if (!hv->vcpu) return ut_err_set(err, UT_ENOMEM, "virtual processors");
    hv->m = m;
    hv->nr_vcpus = em_machine_nr_cpus(m);
    init_shared_info(hv);
    for (i = 0; i < hv->nr_vcpus; i++) {
        struct hv_vcpu *v = &hv->vcpu[i];

        v->hv = hv;
        v->id = i;
        v->cpu = em_machine_cpu(m, i);
        v->mr = (struct hv_mapped_regs *)((uint8_t *)hv->cfg.extra + (1 + i) * HV_PAGE_SIZE);
        v->info = &hv->shared->vcpu[i];
        v->run.state = HV_RUN_OFFLINE;
        v->run.entry_ns = hv__now_ns(hv);
    }
    if (hv__evtchn_alloc_unbound(hv, 0, &hv->store_port) != 0
        || hv__evtchn_alloc_unbound(hv, 0, &hv->console_port) != 0)
        return ut_err_set(err, UT_EINTERNAL, "no event channel for store and console");
    hv__vcpu_reset(&hv->vcpu[0], entry_gpa);
    hv->vcpu[0].mr->ic = 1;
    hv__set_gr(&hv->vcpu[0], 28, r28);
    atomic_store(&hv->vcpu[0].initialised, true);
    atomic_store(&hv->vcpu[0].online, true);
    return UT_OK;
}

unsigned hv_store_port(const struct hv *hv) { return hv->store_port; }
unsigned hv_console_port(const struct hv *hv) { return hv->console_port; }

bool hv_cpu_online(const struct hv *hv, const struct em_cpu *cpu)
{
    return atomic_load(&hv->vcpu[em_cpu_index(cpu)].online);
}

uint64_t hv_nr_pages(const struct hv *hv)
{
    return atomic_load(&hv->nr_pages);
}

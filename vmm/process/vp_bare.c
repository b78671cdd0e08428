/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources: docs/guest-abi.md section 2; SDM vol. 2, "Processor interrupt block". */
#include "vp_bare.h"

#include "dv_iosapic.h"
#include "fw.h"
#include "vp_crash.h"
#include "vp_firmware.h"
#include "vp_trace.h"
#include "vp_vcpu.h"

#define BREAK_FIRMWARE   0x1000u        /* in the stubs of the firmware page; number in r2 */
#define NUMBER_SAL_RETURN 0x1200u
#define FIRMWARE_BYTES   0x1000u        /* gpa 0: where those stubs are */
#define SAL_RETURN_GPA   0x840u         /* where an application processor's b0 points */
#define IO_PORT_BASE     UINT64_C(0xffffc000000)
#define FPSR_AT_BOOT     UINT64_C(0x9804c0270033f)
#define IPI_BASE         UINT64_C(0xfee00000)
#define IPI_BYTES        UINT64_C(0x100000)
#define NESTED_SLOTS     16u            /* fewer slots than that between two are no work */
#define NESTED_MAX       10000u
#define WAKEUP_VECTOR    0xf3u          /* what the SAL system table names */
#define VECTOR_NMI       2u
#define VECTOR_EXTINT    0u

/* ---- hooks --------------------------------------------------------------------------------- */

/* Address of an instruction in the guest's memory. False if it cannot be fetched. */
static bool fetch_gpa(struct em_cpu *cpu, uint64_t ip, em_gpa_t *gpa_out)
{
    struct em_interruption in;
    unsigned cpl = (unsigned)((em_psr(cpu) & EM_PSR_CPL) >> EM_PSR_CPL_SHIFT);

    if (!(em_psr(cpu) & EM_PSR_IT)) {
        *gpa_out = ip & ~EM_BIT(63);
        return true;
    }
    return em_translate(cpu, EM_INST, ip, EM_EXEC, cpl, gpa_out, &in);
}

enum em_reply vp_bare_break(struct em_cpu *cpu, void *ctx, uint64_t imm)
{
    struct vp_domain *d = ctx;
    struct vp_vcpu *v = vp_vcpu_of(d, cpu);
    em_gpa_t gpa;

    if (imm != BREAK_FIRMWARE || !fetch_gpa(cpu, em_ip(cpu), &gpa) || gpa >= FIRMWARE_BYTES)
        return EM_R_DELIVER;
    if (em_gr(cpu, 2) != NUMBER_SAL_RETURN || v->index == 0)
        return fw_call(d->fw, cpu, em_gr(cpu, 2));
    /* an application processor goes back into firmware's care until the next wake-up */
    atomic_store(&v->up, false);
    atomic_store(&v->booting, false);
    return EM_R_STOP;
}

/*
 * A handler that is interrupted at its very first instructions, again and again, will never get
 * anywhere. Real ones take nested TLB misses, but do some work between two of them.
 */
static bool runs_in_circles(struct vp_vcpu *v)
{
    uint64_t now = em_cpu_instructions(v->cpu);

    v->nr_nested = now - v->nested_at < NESTED_SLOTS ? v->nr_nested + 1 : 0;
    v->nested_at = now;
    return v->nr_nested > NESTED_MAX;
}

/*
 * An interruption whose handler cannot be fetched would repeat for ever. Looked at when the table
 * is a new one, and whenever an interruption hits an interruption handler.
 */
enum em_reply vp_bare_interruption(struct em_cpu *cpu, void *ctx,
                                     const struct em_interruption *in)
{
    struct vp_domain *d = ctx;
    struct vp_vcpu *v = vp_vcpu_of(ctx, cpu);
    uint64_t iva = em_cr(cpu, EM_CR_IVA) & ~UINT64_C(0x7fff);
    bool nested = !(em_psr(cpu) & EM_PSR_IC);
    em_gpa_t gpa;

    if (iva == v->verified_iva && !nested) return EM_R_DELIVER;
    if (nested && runs_in_circles(v)) {
        vp_crash(v, "the handler of interruption %#x interrupts itself for ever (isr %#llx)",
                 in->vector, (unsigned long long)in->isr);
        return EM_R_STOP;
    }
    if (iva && fetch_gpa(cpu, iva + in->vector, &gpa) && em_ram(d->machine, gpa, 16)) {
        v->verified_iva = iva;
        return EM_R_DELIVER;
    }
    vp_crash(v, "interruption %#x at ip %#llx slot %u (isr %#llx, ifa %#llx, iim %#llx): "
             "no handler can be fetched with iva %#llx", in->vector, (unsigned long long)in->ip,
             in->ri, (unsigned long long)in->isr, (unsigned long long)in->ifa,
             (unsigned long long)in->iim, (unsigned long long)iva);
    return EM_R_STOP;
}

enum em_reply vp_bare_attention(struct em_cpu *cpu, void *ctx)
{
    struct vp_domain *d = ctx;

    (void)cpu;
    return atomic_load(&d->stop) ? EM_R_STOP : EM_R_RESUME;
}

/* Reads of nothing give all ones, as an open bus does. */
uint64_t vp_bare_mmio_read(struct em_cpu *cpu, void *ctx, em_gpa_t gpa, unsigned size_bytes)
{
    (void)cpu;
    (void)ctx;
    (void)gpa;
    return size_bytes >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * size_bytes)) - 1;
}

/* SAL's boot rendezvous: the first wake-up vector starts a processor that is in firmware's care. */
static bool boot_processor(struct vp_domain *d, struct vp_vcpu *v)
{
    uint64_t ip, gp;

    if (!fw_boot_rendezvous(d->fw, &ip, &gp)) return false;
    em_set_ip(v->cpu, ip, 0);
    em_set_gr(v->cpu, 1, gp, false);
    em_set_br(v->cpu, 0, SAL_RETURN_GPA);
    return true;
}

static bool start_processor(struct vp_domain *d, struct vp_vcpu *v, uint8_t vector)
{
    if (atomic_load(&v->up)) return false;
    if (vector != WAKEUP_VECTOR || atomic_exchange(&v->booting, true)) return true;
    if (boot_processor(d, v)) atomic_store(&v->up, true);
    else atomic_store(&v->booting, false);
    return true;
}

void vp_bare_interrupt(struct vp_domain *d, unsigned id, unsigned eid, unsigned mode,
                       uint8_t vector)
{
    struct vp_vcpu *v;

    if (!d->vcpu || id >= d->nr_vcpus || eid) return;
    if (mode == DV_DELIVER_NMI) vector = VECTOR_NMI;
    else if (mode == DV_DELIVER_EXTINT) vector = VECTOR_EXTINT;
    else if (mode != DV_DELIVER_INT && mode != DV_DELIVER_LOWEST) return;
    v = &d->vcpu[id];
    if (!start_processor(d, v, vector)) em_cpu_post_irq(v->cpu, vector);
    vp_vcpu_kick(v);
}

void vp_bare_mmio_write(struct em_cpu *cpu, void *ctx, em_gpa_t gpa, unsigned size_bytes,
                        uint64_t value)
{
    uint64_t at = gpa - IPI_BASE;       /* id in bits 19..12, eid in 11..4 */

    (void)cpu;
    if (gpa < IPI_BASE || at >= IPI_BYTES || size_bytes != 8 || gpa & 7) return;
    vp_bare_interrupt(ctx, (unsigned)(at >> 12), (unsigned)(at >> 4) & 0xff,
                      (unsigned)(value >> 8) & 7, (uint8_t)value);
}

void vp_bare_arm_timer(struct em_cpu *cpu, void *ctx, uint64_t itc)
{
    struct vp_domain *d = ctx;

    if (d->vcpu) vp_vcpu_arm(vp_vcpu_of(d, cpu), itc);
}

void vp_bare_unimplemented(struct em_cpu *cpu, void *ctx, const char *text)
{
    vp_crash(vp_vcpu_of(ctx, cpu), "instruction not implemented: %s", text);
}

/* ---- life ---------------------------------------------------------------------------------- */

static void at_boot(struct em_cpu *cpu)
{
    em_set_psr(cpu, EM_PSR_BN | EM_PSR_IC);
    em_set_ar(cpu, EM_AR_K0, IO_PORT_BASE);
    em_set_ar(cpu, EM_AR_FPSR, FPSR_AT_BOOT);
}

int vp_bare_init(struct vp_domain *d, const struct em_ops *ops, uint64_t low_bytes,
                 struct ut_err *err)
{
    struct em_config cfg = {
        .nr_cpus = d->cfg.nr_vcpus,
        .ram = d->ram,
        .ram_bytes = low_bytes,
        .ops = vp_trace_wrap(d, ops),
        .ctx = d,
        .itc_hz = VMCTL_ITC_HZ,
    };
    struct em_cpu *boot;
    int rc;

    rc = em_machine_new(&cfg, &d->machine, err);
    if (rc < 0) return rc;
    for (unsigned i = 0; i < d->cfg.nr_vcpus; i++) {
        at_boot(em_machine_cpu(d->machine, i));
        em_set_cr(em_machine_cpu(d->machine, i), EM_CR_LID, (uint64_t)i << 24);
    }
    boot = em_machine_cpu(d->machine, 0);
    em_set_ip(boot, d->cfg.entry_gpa, 0);
    em_set_gr(boot, 28, d->cfg.r28, false);
    return vp_firmware_new(d, false, err);
}

void vp_bare_fini(struct vp_domain *d)
{
    fw_free(d->fw);
    d->fw = NULL;
}

bool vp_bare_online(const struct vp_vcpu *v)
{
    return atomic_load(&v->up);
}

bool vp_bare_pending(const struct vp_vcpu *v)
{
    return em_cpu_irq_pending(v->cpu);
}

/* processors wait for room themselves */
void vp_bare_room(struct vp_domain *d)
{
    (void)d;
}

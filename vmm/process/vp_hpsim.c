/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builder hpsim: a guest with full privilege under the HP simulator's conventions. Sources:
 * docs/guest-abi.md sections 2 and 8; SDM vol. 2, "Processor interrupt block".
 */
#include "fw.h"
#include "vp_crash.h"
#include "vp_domain.h"
#include "vp_firmware.h"
#include "vp_trace.h"
#include "vp_vcpu.h"

#define BREAK_FIRMWARE   0x1000u        /* in the stubs of the firmware page; number in r2 */
#define BREAK_SSC        0x80001u
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

static struct vp_vcpu *self_of(void *ctx, struct em_cpu *cpu)
{
    return vp_vcpu_of(ctx, cpu);
}

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

static enum em_reply on_break(struct em_cpu *cpu, void *ctx, uint64_t imm)
{
    struct vp_domain *d = ctx;
    struct vp_vcpu *v = self_of(ctx, cpu);
    em_gpa_t gpa;

    if (imm == BREAK_SSC) return fw_ssc(d->fw, cpu);
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
static enum em_reply on_interruption(struct em_cpu *cpu, void *ctx,
                                     const struct em_interruption *in)
{
    struct vp_domain *d = ctx;
    struct vp_vcpu *v = self_of(ctx, cpu);
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

static enum em_reply on_attention(struct em_cpu *cpu, void *ctx)
{
    struct vp_domain *d = ctx;

    (void)cpu;
    return atomic_load(&d->stop) ? EM_R_STOP : EM_R_RESUME;
}

/* Reads of nothing give all ones, as an open bus does. */
static uint64_t on_mmio_read(struct em_cpu *cpu, void *ctx, em_gpa_t gpa, unsigned size_bytes)
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

static void on_mmio_write(struct em_cpu *cpu, void *ctx, em_gpa_t gpa, unsigned size_bytes,
                          uint64_t value)
{
    struct vp_domain *d = ctx;
    unsigned target = (unsigned)(gpa - IPI_BASE) >> 12;     /* id in bits 19..12, eid 0 */
    uint8_t vector = (uint8_t)value;
    struct vp_vcpu *v;

    (void)cpu;
    if (gpa < IPI_BASE || gpa - IPI_BASE >= IPI_BYTES || size_bytes != 8 || gpa & 7) return;
    if (target >= d->nr_vcpus) return;
    v = &d->vcpu[target];
    if (!atomic_load(&v->up)) {
        if (vector != WAKEUP_VECTOR || atomic_exchange(&v->booting, true)) return;
        if (boot_processor(d, v)) atomic_store(&v->up, true);
        else atomic_store(&v->booting, false);
    } else {
        em_cpu_post_irq(v->cpu, vector);
    }
    vp_vcpu_kick(v);
}

static void on_arm_timer(struct em_cpu *cpu, void *ctx, uint64_t itc)
{
    struct vp_domain *d = ctx;

    if (d->vcpu) vp_vcpu_arm(vp_vcpu_of(d, cpu), itc);
}

static void on_unimplemented(struct em_cpu *cpu, void *ctx, const char *text)
{
    vp_crash(self_of(ctx, cpu), "instruction not implemented: %s", text);
}

static const struct em_ops hpsim_ops = {
    .interruption = on_interruption,
    .brk = on_break,
    .attention = on_attention,
    .mmio_read = on_mmio_read,
    .mmio_write = on_mmio_write,
    .arm_timer = on_arm_timer,
    .unimplemented = on_unimplemented,
};

/* ---- life ---------------------------------------------------------------------------------- */

static void at_boot(struct em_cpu *cpu)
{
    em_set_psr(cpu, EM_PSR_BN | EM_PSR_IC);
    em_set_ar(cpu, EM_AR_K0, IO_PORT_BASE);
    em_set_ar(cpu, EM_AR_FPSR, FPSR_AT_BOOT);
}

static int hpsim_init(struct vp_domain *d, struct ut_err *err)
{
    struct em_config cfg = {
        .nr_cpus = d->cfg.nr_vcpus,
        .ram = d->ram,
        .ram_bytes = d->cfg.ram_bytes,
        .ops = vp_trace_wrap(d, &hpsim_ops),
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

static void hpsim_fini(struct vp_domain *d)
{
    fw_free(d->fw);
    d->fw = NULL;
}

static bool hpsim_online(const struct vp_vcpu *v)
{
    return atomic_load(&v->up);
}

static bool hpsim_pending(const struct vp_vcpu *v)
{
    return em_cpu_irq_pending(v->cpu);
}

static void hpsim_input(struct vp_domain *d)
{
    int vector = atomic_load(&d->console_irq);

    if (vector <= 0 || !d->vcpu) return;
    em_cpu_post_irq(d->vcpu[0].cpu, (uint8_t)vector);
    vp_vcpu_kick(&d->vcpu[0]);
}

/* processors wait for room themselves */
static void hpsim_room(struct vp_domain *d)
{
    (void)d;
}

const struct vp_kind vp_kind_hpsim = {
    .name = "hpsim",
    .tail = false,
    .init = hpsim_init,
    .fini = hpsim_fini,
    .online = hpsim_online,
    .pending = hpsim_pending,
    .console_input = hpsim_input,
    .console_room = hpsim_room,
};

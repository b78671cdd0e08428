/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builder hpsim: a guest with full privilege under the HP simulator's conventions. Source:
 * docs/guest-abi.md section 8.
 */
#include "fw.h"
#include "vp_bare.h"
#include "vp_vcpu.h"

#define BREAK_SSC 0x80001u

static enum em_reply on_break(struct em_cpu *cpu, void *ctx, uint64_t imm)
{
    struct vp_domain *d = ctx;

    return imm == BREAK_SSC ? fw_ssc(d->fw, cpu) : vp_bare_break(cpu, ctx, imm);
}

static const struct em_ops hpsim_ops = {
    .interruption = vp_bare_interruption,
    .brk = on_break,
    .attention = vp_bare_attention,
    .mmio_read = vp_bare_mmio_read,
    .mmio_write = vp_bare_mmio_write,
    .arm_timer = vp_bare_arm_timer,
    .unimplemented = vp_bare_unimplemented,
};

static int hpsim_init(struct vp_domain *d, struct ut_err *err)
{
    return vp_bare_init(d, &hpsim_ops, d->cfg.ram_bytes, err);
}

static void hpsim_input(struct vp_domain *d)
{
    int vector = atomic_load(&d->console_irq);

    if (vector <= 0 || !d->vcpu) return;
    em_cpu_post_irq(d->vcpu[0].cpu, (uint8_t)vector);
    vp_vcpu_kick(&d->vcpu[0]);
}

const struct vp_kind vp_kind_hpsim = {
    .name = "hpsim",
    .tail = false,
    .init = hpsim_init,
    .fini = vp_bare_fini,
    .online = vp_bare_online,
    .pending = vp_bare_pending,
    .console_input = hpsim_input,
    .console_room = vp_bare_room,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vp_bare: what guests with full privilege have in common (builders hpsim and efi): firmware calls
 * through the stubs of the firmware page, the processor interrupt block, application processors
 * that wait in firmware's care, and guests that can no longer handle an interruption.
 *
 * A kind puts these hooks into its struct em_ops, in front of or behind its own.
 * Threads: hooks as struct em_ops says; the rest as said.
 */
#ifndef VMM_PROCESS_VP_BARE_H
#define VMM_PROCESS_VP_BARE_H

#include "vp_domain.h"

/** Machine with RAM [0, low_bytes), processors in boot state, firmware. */
int vp_bare_init(struct vp_domain *d, const struct em_ops *ops, uint64_t low_bytes,
                 struct ut_err *err);
void vp_bare_fini(struct vp_domain *d);

enum em_reply vp_bare_interruption(struct em_cpu *cpu, void *ctx,
                                   const struct em_interruption *in);
enum em_reply vp_bare_break(struct em_cpu *cpu, void *ctx, uint64_t imm);
enum em_reply vp_bare_attention(struct em_cpu *cpu, void *ctx);
uint64_t vp_bare_mmio_read(struct em_cpu *cpu, void *ctx, em_gpa_t gpa, unsigned size_bytes);
void vp_bare_mmio_write(struct em_cpu *cpu, void *ctx, em_gpa_t gpa, unsigned size_bytes,
                        uint64_t value);
void vp_bare_arm_timer(struct em_cpu *cpu, void *ctx, uint64_t itc);
void vp_bare_unimplemented(struct em_cpu *cpu, void *ctx, const char *text);

/** An interrupt message to processor id/eid; mode: enum dv_delivery. Any thread. */
void vp_bare_interrupt(struct vp_domain *d, unsigned id, unsigned eid, unsigned mode,
                       uint8_t vector);

/* rows of struct vp_kind */
bool vp_bare_online(const struct vp_vcpu *v);
bool vp_bare_pending(const struct vp_vcpu *v);
void vp_bare_room(struct vp_domain *d);

#endif

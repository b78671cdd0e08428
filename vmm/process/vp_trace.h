/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vp_trace: what a guest does, as text in the domain's log. Costs nothing unless asked for.
 *
 *   insn       every instruction, disassembled
 *   irq        every interruption before it is delivered or reflected
 *   hypercall  every break instruction, with the registers that say what is wanted
 *   tlb        misses and faults of translation
 *
 * The processor's hooks are wrapped. Instructions are seen through the attention hook: a kick makes
 * the processor come back after the next taken branch, and the number of instructions executed
 * since says how far it went in a straight line.
 *
 * Threads: each vcpu writes from its own thread through a buffer of its own.
 */
#ifndef VMM_PROCESS_VP_TRACE_H
#define VMM_PROCESS_VP_TRACE_H

#include "vp_domain.h"

struct vp_trace;

/** The hooks to give the machine: `ops` itself, or a wrapped copy that lives in `d`. */
const struct em_ops *vp_trace_wrap(struct vp_domain *d, const struct em_ops *ops);
/** Per vcpu; *trace_out is NULL if the domain is not traced. */
int vp_trace_new(struct vp_vcpu *v, struct vp_trace **trace_out, struct ut_err *err);
void vp_trace_free(struct vp_trace *t);
/** Around em_cpu_run, in the vcpu's thread. `t` may be NULL. */
void vp_trace_enter(struct vp_trace *t);
void vp_trace_leave(struct vp_trace *t);

#endif

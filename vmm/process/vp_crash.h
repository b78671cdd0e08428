/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vp_crash: the end of a guest that did something impossible, and of a process that did.
 */
#ifndef VMM_PROCESS_VP_CRASH_H
#define VMM_PROCESS_VP_CRASH_H

#include "vp_domain.h"

/** Write why and all registers to the log and end the domain as crashed. The vcpu's own thread, in
 *  a hook, state precise; the hook then returns EM_R_STOP. */
void vp_crash(struct vp_vcpu *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** The registers only (crashes that hv has already explained in its own words). */
void vp_crash_dump(struct vp_vcpu *v);
/** One line to the log when this process itself faults; then it dies of the signal. */
int vp_crash_handlers(struct vp_domain *d, struct ut_err *err);

#endif

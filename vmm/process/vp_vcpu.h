/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vp_vcpu: a thread for each virtual processor.
 *
 * A thread is in em_cpu_run, or asleep in a futex: parked (domain paused or stopped, processor
 * offline) or halted. Everything that should make it look around goes through vp_vcpu_kick. Its
 * interval timer is a POSIX timer that signals this very thread, whether it runs or sleeps: one
 * wake-up for a guest's tick, none for an idle guest.
 *
 * Threads: as said at each function.
 */
#ifndef VMM_PROCESS_VP_VCPU_H
#define VMM_PROCESS_VP_VCPU_H

#include "vp_domain.h"

/** Start the threads of all vcpus, parked; returns when each is set up. d->stop must be set. */
int vp_vcpus_start(struct vp_domain *d, struct ut_err *err);
/** Tell all to leave the guest, without waiting. Any thread. */
void vp_vcpus_halt(struct vp_domain *d);
/** The same, and wait until no thread touches guest state any more. Main thread. */
void vp_vcpus_park(struct vp_domain *d);
/** Let them run. Main thread. */
void vp_vcpus_release(struct vp_domain *d);
/** End and join the threads. Main thread. */
void vp_vcpus_end(struct vp_domain *d);

/** Make the processor look at its events. Any thread; async-signal-safe. */
void vp_vcpu_kick(struct vp_vcpu *v);
/** Kick it when its ITC reaches `itc` (UINT64_MAX = never). Own thread, or while it is parked. */
void vp_vcpu_arm(struct vp_vcpu *v, uint64_t itc);
/** The vcpu of a processor. */
struct vp_vcpu *vp_vcpu_of(struct vp_domain *d, const struct em_cpu *cpu);

#endif

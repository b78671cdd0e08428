/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vp_sandbox: what the process gives up before the first guest instruction runs. Two steps, because
 * threads must be started in between: privileges first, system calls last.
 *
 * Kept: the descriptors that were passed in, and what vp_sandbox.c's table says, each with its
 * reason.
 */
#ifndef VMM_PROCESS_VP_SANDBOX_H
#define VMM_PROCESS_VP_SANDBOX_H

#include "ut_err.h"

/** Limits, no new privileges, and as root another user: one per domain where the system lets us,
 *  else nobody. Before any thread is started. */
int vp_sandbox_privileges(unsigned domid, struct ut_err *err);
/** System call allow-list, for all threads. Anything that would open a file fails with EPERM. */
int vp_sandbox_syscalls(struct ut_err *err);

#endif

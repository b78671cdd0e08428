/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vp_ctl: the domain's end of the control protocol (lib/vmctl.h): the connection it was started
 * over and those accepted from ctl.sock.
 *
 * Only root and the user who started the domain are let in. A peer that breaks the protocol, or
 * does not read what it subscribed to, is dropped.
 * Threads: main thread only.
 */
#ifndef VMM_PROCESS_VP_CTL_H
#define VMM_PROCESS_VP_CTL_H

#include "vp_domain.h"

#define VP_CTL_MAX_CONNS 64u

struct vp_ctl;

/** @start_sock  becomes the first connection, subscribed; taken also on failure (-1 = none) */
int vp_ctl_new(struct vp_domain *d, int start_sock, struct vp_ctl **ctl_out, struct ut_err *err);
void vp_ctl_free(struct vp_ctl *ctl);
/** Tell every subscriber that the guest has stopped. */
void vp_ctl_push_shutdown(struct vp_ctl *ctl, enum vmctl_reason reason);

#endif

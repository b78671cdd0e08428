/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vp_firmware: the firmware's view of the process, the same for every kind of guest: console
 * characters, wall clock, shutdown, log.
 */
#ifndef VMM_PROCESS_VP_FIRMWARE_H
#define VMM_PROCESS_VP_FIRMWARE_H

#include "vp_domain.h"

/** Make d->fw. @paravirtual  firmware answers as Xen's */
int vp_firmware_new(struct vp_domain *d, bool paravirtual, struct ut_err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xd_dom0: domain 0 is the host itself; where no hypervisor runs below it, this says what it is.
 */
#ifndef XEND_DOMAIN_XD_DOM0_H
#define XEND_DOMAIN_XD_DOM0_H

#include "xci.h"

struct xd;

/** Memory and processors of the host, its busy time since boot, its boot time. Never fails: what
 *  cannot be found out stays 0. */
void xd_dom0_info(struct xd *xd, struct xci_domain_info *info_out);

#endif

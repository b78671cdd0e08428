/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xd_adopt: what runs already, and what appears or ends without our doing.
 */
#ifndef XEND_DOMAIN_XD_ADOPT_H
#define XEND_DOMAIN_XD_ADOPT_H

#include "ut_err.h"

struct xd;

/** At start: match the hypervisor's domains with the records, go on with what was interrupted,
 *  apply exit policies to those that ended meanwhile, remove stale records. What was done is
 *  logged. */
int xd_adopt_all(struct xd *xd, struct ut_err *err);
/** Handle the hypervisor's events that wait. */
void xd_hv_events(struct xd *xd);

#endif

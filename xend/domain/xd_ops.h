/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xd_ops: operations on domains that take long, run by worker threads.
 *
 * A domain has at most one in flight. Its end is an event of the life cycle (XD_EV_BUILT and so on,
 * or XD_EV_FAILED); then the call that asked for it is answered and calls that waited run.
 */
#ifndef XEND_DOMAIN_XD_OPS_H
#define XEND_DOMAIN_XD_OPS_H

#include <stdbool.h>

#include "ut_err.h"
#include "xci.h"

struct xd_dom;
struct xd_call;

enum xd_op_kind { XD_OP_BUILD, XD_OP_PAUSE, XD_OP_UNPAUSE, XD_OP_REQUEST, XD_OP_DESTROY };

/** @reason  XD_OP_REQUEST only. UT_EBUSY, UT_ENOMEM. */
int xd_op_start(struct xd_dom *d, enum xd_op_kind kind, enum xci_shutdown reason,
                struct ut_err *err);
/**
 * Let `call` be answered by the operation in flight.
 * @chain  not by the first one but when the domain has come to rest (a restart)
 */
void xd_op_attach(struct xd_dom *d, struct xd_call *call, bool chain);
/** Run calls that waited for `d` as long as it is free; `d` may be gone afterwards. */
void xd_op_run_waiters(struct xd_dom *d);

#endif

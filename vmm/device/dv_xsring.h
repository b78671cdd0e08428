/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dv_xsring: the guest's line to XenStore: carries messages between the ring page it shares with us
 * and a stream socket whose other end XenStore has.
 *
 * One request is under way at a time: whatever the guest floods waits in its own ring, and a guest
 * that reads no answers gets no further ones. A request whose answer has not come when the socket
 * ends is sent again over the next one, so a restart of XenStore is a delay and nothing else.
 * The page is the guest's: its indices may be anything at any moment. A request longer than the
 * protocol allows ends the service.
 *
 * Ownership: page and loop are borrowed; dv_xsring_connect takes the descriptor.
 * Threads: the loop's, but for dv_xsring_poke.
 * Source: docs/guest-abi.md 7.1.
 */
#ifndef VMM_DEVICE_DV_XSRING_H
#define VMM_DEVICE_DV_XSRING_H

#include "dv_loop.h"

struct dv_xsring;

/** @notify  send to the guest's port */
int dv_xsring_new(struct dv_loop *loop, void *page, void (*notify)(void *ctx), void *ctx,
                  struct dv_xsring **ring_out, struct ut_err *err);
void dv_xsring_free(struct dv_xsring *r);
/** Use `fd` from now on, in place of an earlier one. Taken, also on failure. */
int dv_xsring_connect(struct dv_xsring *r, int fd, struct ut_err *err);
/** The guest has sent to the port. Any thread. */
void dv_xsring_poke(struct dv_xsring *r);

#endif

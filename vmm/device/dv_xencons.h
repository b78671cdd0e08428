/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dv_xencons: the paravirtual console, a page with two rings that the guest shares with its
 * backend. Moves bytes between it and a dv_console.
 *
 * The page is the guest's: its indices may be anything at any moment. They are read once each,
 * masked, and a ring whose indices make no sense is taken as empty.
 *
 * Ownership: page and console are borrowed until dv_xencons_free.
 * Threads: dv_xencons_sync may be called from any thread.
 * Source: docs/guest-abi.md 7.2; Xen public header io/console.h.
 */
#ifndef VMM_DEVICE_DV_XENCONS_H
#define VMM_DEVICE_DV_XENCONS_H

#include "dv_console.h"

#define DV_XENCONS_IN_BYTES  1024u
#define DV_XENCONS_OUT_BYTES 2048u

struct dv_xencons;

/** @notify  send to the guest's port; called with no lock held, from the thread in sync */
int dv_xencons_new(struct dv_console *con, void *page, void (*notify)(void *ctx), void *ctx,
                   struct dv_xencons **xc_out, struct ut_err *err);
void dv_xencons_free(struct dv_xencons *xc);
/** Something changed on either side: move what can be moved, notify the guest if anything was. */
void dv_xencons_sync(struct dv_xencons *xc);
/** True: leave input in the console's queue (the guest reads it through simulator calls). */
void dv_xencons_hold_input(struct dv_xencons *xc, bool on);

#endif

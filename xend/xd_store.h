/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xd_store: the daemon as a client of XenStore: keeps it running, gives each domain its tree and
 * its line, and takes them away.
 *
 * XenStore is a process of its own that outlives the daemon; one that runs is used. When it dies it
 * is started again, finds its journal, and every domain gets a new line. A daemon that cannot have
 * one goes on without, and says so: guests that need XenStore then wait for it.
 * Threads: any, but xd_store_new, xd_store_free and the _later functions: the loop's.
 * Errors: logged where nothing is returned.
 */
#ifndef XEND_XD_STORE_H
#define XEND_XD_STORE_H

#include <stdint.h>

#include "ut_err.h"
#include "xci.h"

struct xd;
struct xd_store;

/** Connect or start one, and bring its tree in line with the domains that run. */
int xd_store_new(struct xd *xd, struct xd_store **store_out, struct ut_err *err);
/** XenStore goes on. */
void xd_store_free(struct xd_store *st);

/** A domain was built and is still paused. @tty  "" = none */
void xd_store_add(struct xd_store *st, xci_domid_t domid, const char *name, const uint8_t uuid[16],
                  const char *tty);
/** A domain is no more. */
void xd_store_remove(struct xd_store *st, xci_domid_t domid, const uint8_t uuid[16]);
/** The same from the loop: a worker does it. */
void xd_store_remove_later(struct xd_store *st, xci_domid_t domid, const uint8_t uuid[16]);
/** Tell the tree that a domain has a new name. */
void xd_store_rename_later(struct xd_store *st, xci_domid_t domid, const uint8_t uuid[16],
                           const char *name);

enum xd_audience { XD_NOBODY, XD_CONNECTED, XD_WATCHES };
/** Whether the guest would see a change of a node of its tree. */
enum xd_audience xd_store_audience(struct xd_store *st, xci_domid_t domid, const char *node);
int xd_store_write(struct xd_store *st, xci_domid_t domid, const char *node, const char *value,
                   struct ut_err *err);

#endif

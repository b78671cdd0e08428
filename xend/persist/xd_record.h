/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xd_record: what the hypervisor cannot be asked about running domains, on disk.
 *
 * One file per domain, STATE/running/UUID.sxp, replaced atomically by the pool with one thread, so
 * that a domain's records are written in order and the loop never waits for a disk.
 */
#ifndef XEND_PERSIST_XD_RECORD_H
#define XEND_PERSIST_XD_RECORD_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "domain/xd_dom.h"
#include "ut_err.h"
#include "xr_value.h"

struct xd_record {
    struct xd_domcfg cfg;
    enum xd_state phase;
    bool has_domid;
    xci_domid_t domid;
    uint8_t hv_uuid[XD_UUID_BYTES];
    char boot_id[40];               /* of the host's boot in which it ran */
    int64_t started_s;
    unsigned restart_count;
    bool admin_paused, unpause_after_build;
    char last_error[XD_LAST_ERROR_BYTES];
    char console_log[PATH_MAX];
    bool used;                      /* the reader's: found its domain */
    struct xd_record *next;
};

/** Write (in the background). Failures are logged. Not for domain 0. */
void xd_record_save(struct xd_dom *d);
void xd_record_remove(struct xd_dom *d);
void xd_record_remove_uuid(struct xd *xd, const uint8_t uuid[XD_UUID_BYTES]);
/** Answer `call` with `value` (handed over) when all that was saved before is on disk. */
void xd_record_barrier(struct xd *xd, struct xd_call *call, struct xr_value *value);

/** Read all records. Unreadable ones are logged and skipped, not removed. */
void xd_records_load(struct xd *xd, struct xd_record **list_out);
void xd_records_free(struct xd_record *list);
/** This boot of the host; "" where it cannot be told. */
void xd_boot_id(char id_out[40]);

#endif

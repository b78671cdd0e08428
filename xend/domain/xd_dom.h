/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xd_dom: domains and the registry of them. Loop's thread only.
 *
 * A domain is in the registry from the moment its creation begins until its life cycle says
 * forget; a pointer to one stays good while it is there, and an operation in flight keeps it there.
 */
#ifndef XEND_DOMAIN_XD_DOM_H
#define XEND_DOMAIN_XD_DOM_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/xd_attr.h"
#include "domain/xd_life.h"
#include "ut_err.h"
#include "xci.h"

#define XD_LAST_ERROR_BYTES 256
#define XD_DOM0_NAME "Domain-0"
#define XD_DOM0_MAXMEM_MIB 16777215             /* printed for "no limit" */

struct xd;
struct xd_call;

/** xd_dom.status as the S-expressions have it. */
enum xd_status { XD_ST_HALTED, XD_ST_PAUSED, XD_ST_RUNNING, XD_ST_SUSPENDED, XD_ST_SHUTDOWN,
                 XD_ST_CRASHED, XD_ST_UNKNOWN };

struct xd_dom {
    struct xd *xd;
    struct xd_domcfg cfg;
    enum xd_state state;
    bool is_dom0;
    bool live;                      /* domid and hv_uuid name a domain of the hypervisor */
    xci_domid_t domid;
    uint8_t hv_uuid[XD_UUID_BYTES]; /* differs from cfg.uuid after a rename-restart */
    struct xci_domain_info info;    /* as last seen; shown while the hypervisor has no answer */
    struct xci_console console;     /* "" while not known */
    char console_log[PATH_MAX];
    bool admin_paused;
    unsigned restart_count;
    int64_t started_s;              /* Unix time of the last build; for the restart limit */
    char last_error[XD_LAST_ERROR_BYTES];

    bool busy;                      /* an operation is in flight */
    struct xd_call *op_call;        /* is answered when it ends */
    bool op_chain;                  /* ... when the domain has come to rest */
    enum xci_shutdown request;      /* what the operator asks the guest for */
    bool unpause_after_build;       /* a restart: nobody will come and unpause it */
    bool stop_seen;                 /* the guest has stopped; not yet acted on */
    enum xci_shutdown stop_reason;
    bool vanished;                  /* its process is gone */
    struct event *patience;         /* runs while a shutdown request waits for its effect */
    struct xd_call *waiters;        /* calls that wait for the operation in flight */
    struct xd_dom *next;
};

struct xd_registry;

int xd_registry_new(struct xd *xd, struct xd_registry **reg_out, struct ut_err *err);
void xd_registry_free(struct xd_registry *reg);

/** New domain, taking over `cfg` (emptied), in state XD_NEW. */
int xd_dom_new(struct xd *xd, struct xd_domcfg *cfg, struct xd_dom **dom_out, struct ut_err *err);
/** Remove and release. Calls that wait for it get "no such domain". */
void xd_dom_forget(struct xd_dom *d);

/** Domain 0 first, then in the order they came. */
struct xd_dom *xd_dom_first(struct xd *xd);
/** By name, domain id in digits, or UUID, in this order. NULL = none. */
struct xd_dom *xd_dom_find(struct xd *xd, const char *ref);
struct xd_dom *xd_dom_by_domid(struct xd *xd, xci_domid_t domid);
struct xd_dom *xd_dom_by_name(struct xd *xd, const char *name);
struct xd_dom *xd_dom_by_uuid(struct xd *xd, const uint8_t uuid[XD_UUID_BYTES]);
/** Refuse a configuration whose name or UUID is taken, with the texts clients know. */
int xd_dom_check_unique(struct xd *xd, const struct xd_domcfg *cfg, struct ut_err *err);

/** Ask the hypervisor again, where it can answer. */
void xd_dom_refresh(struct xd_dom *d);
/** Shown in lists: has an id (also while it is between two lives). */
bool xd_dom_listed(const struct xd_dom *d);
enum xd_status xd_dom_status(const struct xd_dom *d);
/** Six letters. */
void xd_dom_letters(const struct xd_dom *d, char letters_out[7]);
/** The (domain ...) expression; refreshes first. NULL = out of memory. */
struct ut_sxp *xd_dom_sxp(struct xd_dom *d);
/** domid, or UT_NO_DOMID; for the log. */
int xd_dom_logid(const struct xd_dom *d);
void __attribute__((format(printf, 2, 3))) xd_dom_set_error(struct xd_dom *d, const char *fmt, ...);
/** Last error of a domain that is there, or of one of the last few that ended; NULL = nothing. */
const char *xd_last_error(struct xd *xd, const char *ref);

#endif

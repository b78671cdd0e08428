/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xci_backend: what a hypervisor must offer to the library. One table per backend, one file per
 * operation family; control/ checks arguments once and calls through here.
 *
 * Errors, threads: as xci.h says for the function of the same name. NULL = UT_EUNSUP.
 */
#ifndef XCI_BACKEND_H
#define XCI_BACKEND_H

#include "xci.h"

struct xci__backend {
    const char *name;
    int (*open)(struct xci *xc, const struct xci_config *cfg, struct ut_err *err);
    void (*close)(struct xci *xc);                  /* also after a failed open */
    int (*host_info)(struct xci *xc, struct xci_host_info *info, struct ut_err *err);
    int (*host_dmesg)(struct xci *xc, bool clear, char **text_out, struct ut_err *err);
    int (*create)(struct xci *xc, const struct xci_domain_config *cfg, xci_domid_t *domid_out,
                  struct ut_err *err);
    int (*pause)(struct xci *xc, xci_domid_t domid, struct ut_err *err);
    int (*unpause)(struct xci *xc, xci_domid_t domid, struct ut_err *err);
    int (*destroy)(struct xci *xc, xci_domid_t domid, struct ut_err *err);
    int (*request)(struct xci *xc, xci_domid_t domid, enum xci_shutdown reason,
                   struct ut_err *err);
    int (*sysrq)(struct xci *xc, xci_domid_t domid, char key, struct ut_err *err);
    int (*store)(struct xci *xc, xci_domid_t domid, int fd, struct ut_err *err);
    int (*info)(struct xci *xc, xci_domid_t domid, struct xci_domain_info *info,
                struct ut_err *err);
    int (*list)(struct xci *xc, struct xci_domain_info **infos_out, size_t *nr_out,
                struct ut_err *err);
    int (*vcpu_info)(struct xci *xc, xci_domid_t domid, unsigned vcpu, struct xci_vcpu_info *info,
                     struct ut_err *err);
    int (*console)(struct xci *xc, xci_domid_t domid, struct xci_console *con, struct ut_err *err);
    int (*event_fd)(struct xci *xc);
    int (*event_next)(struct xci *xc, struct xci_event *ev, struct ut_err *err);
};

extern const struct xci__backend xci__backend_vmm;
extern const struct xci__backend xci__backend_xen;

struct xci {
    const struct xci__backend *ops;
    struct ut_log *log;             /* borrowed, may be NULL */
    void *priv;                     /* the backend's */
};

#endif

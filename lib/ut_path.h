/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ut_path: where run-time files live (docs/architecture.md, "Run-time paths").
 *
 * XEND_ROOT=D puts everything below D; root uses /run/xend, /var/lib/xend, /var/log/xen, /etc/xen;
 * an ordinary user the XDG directories. Nothing is created here except by ut_path_mkdirs.
 */
#ifndef LIB_UT_PATH_H
#define LIB_UT_PATH_H

#include <limits.h>
#include <sys/types.h>
#include "ut_err.h"

struct ut_paths {
    char run[PATH_MAX];             /* sockets, pid file, one folder per domain: RUN/dom/DOMID */
    char state[PATH_MAX];
    char log[PATH_MAX];
    char config[2][PATH_MAX];       /* in search order; the second may be "" */
    char xenstored[PATH_MAX];       /* XenStore: RUN/xenstored; root: /run/xenstored */
    char xmlrpc_sock[PATH_MAX];     /* RUN/xmlrpc.sock */
    char libexec[PATH_MAX];         /* where xen-vmm lies: XEN_IA64_LIBEXEC, or beside the running
                                       program, or ../lib/xen-ia64 from there, or as installed */
};

/** Fill in all paths from the environment. UT_EARG if a path would be too long or HOME is unset. */
int ut_paths_init(struct ut_paths *p, struct ut_err *err);
/** mkdir -p with `mode` for the directories created. */
int ut_path_mkdirs(const char *path, mode_t mode, struct ut_err *err);
/** Join into `out` (PATH_MAX bytes). UT_ELIMIT if too long. */
int ut_path_join(char *out, const char *dir, const char *name, struct ut_err *err);

#endif

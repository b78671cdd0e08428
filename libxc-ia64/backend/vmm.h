/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmm: the backend that runs each domain in a xen-vmm process of its own. Shared by its files:
 *
 *   vmm.c         the operations table, open and close, what the status page answers
 *   vmm_create.c  from a configuration to a paused domain
 *   vmm_spawn.c   the process and its START message
 *   vmm_ctl.c     the client's end of the control protocol
 *   vmm_dir.c     RUN/dom: one folder per domain, allocation of ids, removal of what is left
 *   vmm_table.c   the domains this handle knows, and events
 *   vmm_host.c    what the host says about itself
 *
 * RUN/dom/DOMID/ has `pid` (locked as long as the domain's process lives), `ctl.sock` and
 * `console.sock`. A folder is made as .new-XXXXXX and renamed when the domain is ready, so whatever
 * has a number is complete. RUN/dom/.lock serialises the allocation of ids and the removal of
 * folders between processes; RUN/dom/.next is the id to try next.
 */
#ifndef XCI_BACKEND_VMM_H
#define XCI_BACKEND_VMM_H

#include <limits.h>
#include <pthread.h>
#include "backend/xci_backend.h"
#include "ut_buf.h"
#include "vmctl.h"

/* epoll data: a domain's id, or one of these */
enum { XCI__VMM_KEY_QUEUE = 1 << 30, XCI__VMM_KEY_INOTIFY };

#define XCI__VMM_CTL_TIMEOUT_S   5      /* answer to a request */
#define XCI__VMM_START_TIMEOUT_S 20     /* READY */

/** A domain this handle knows. Under xci__vmm.lock. */
struct xci__vmm_dom {
    xci_domid_t domid;
    int sock;                       /* subscribed connection; its end is the domain's */
    const struct vmctl_status *status;
    pid_t pid;                      /* as the kernel told us */
    bool stopped;                   /* SHUTDOWN was seen */
};

struct xci__vmm {
    char dom_dir[PATH_MAX];         /* RUN/dom */
    char dmesg_path[PATH_MAX];
    char vmm_path[PATH_MAX];
    int epoll_fd;                   /* xci_event_fd: everything below, and each domain's socket */
    int queue_fd;                   /* eventfd: readable while events wait */
    int inotify_fd;                 /* domains that others make; -1 = host without inotify */

    pthread_mutex_t lock;           /* what follows */
    struct xci__vmm_dom **dom;      /* ascending ids */
    size_t nr_doms, cap_doms;
    struct xci_event *queue;
    size_t queue_head, nr_queued, cap_queue;
    bool opened;                    /* domains found from now on are news */
};

/* ---- vmm_dir.c ----------------------------------------------------------------------------- */

/** A folder in the making. */
struct xci__vmm_dir {
    char path[PATH_MAX];            /* "" = none */
    int lock_fd;                    /* `pid`, locked */
    int ctl_fd, console_fd;         /* listening */
};
#define XCI__VMM_DIR_INIT { .path = "", .lock_fd = -1, .ctl_fd = -1, .console_fd = -1 }

/** Make RUN/dom and take away what dead creators left. */
int xci__vmm_dir_init(struct xci__vmm *vm, struct ut_err *err);
/** Allocate an id (`wanted` may be XCI_DOMID_ANY; UT_EEXIST) and make the folder with its
 *  sockets. */
int xci__vmm_dir_new(struct xci__vmm *vm, xci_domid_t wanted, struct xci__vmm_dir *dir,
                     xci_domid_t *domid_out, struct ut_err *err);
/** Give it its number. UT_EEXIST. */
int xci__vmm_dir_publish(struct xci__vmm *vm, struct xci__vmm_dir *dir, xci_domid_t domid,
                         pid_t pid, struct ut_err *err);
/** Close descriptors; remove the folder if it was not published. Idempotent. */
void xci__vmm_dir_fini(struct xci__vmm *vm, struct xci__vmm_dir *dir);
/** Remove the folder of a domain whose process has ended; waits `wait_ms` for that. False: it has
 *  not. */
bool xci__vmm_dir_remove(struct xci__vmm *vm, xci_domid_t domid, unsigned wait_ms);
/** Ids of all folders, ascending, malloc'd. */
int xci__vmm_dir_scan(struct xci__vmm *vm, xci_domid_t **ids_out, size_t *nr_out,
                      struct ut_err *err);

/* ---- vmm_ctl.c ----------------------------------------------------------------------------- */

/** Connect to a domain and take its HELLO. UT_ENODOM if there is none. *status_fd_out is the
 *  caller's (NULL = not wanted), *pid_out the process as the kernel knows it. */
int xci__vmm_connect(struct xci__vmm *vm, xci_domid_t domid, int *sock_out, int *status_fd_out,
                     pid_t *pid_out, struct ut_err *err);
/** Send `m` and wait for its REPLY. A refusal is returned with the domain's text. */
int xci__vmm_call(int sock, struct vmctl_msg *m, struct ut_err *err);
/** The same on a connection of its own. */
int xci__vmm_command(struct xci__vmm *vm, xci_domid_t domid, struct vmctl_msg *m,
                     struct ut_err *err);
/** DESTROY and wait for the end of the process, with force if need be. */
int xci__vmm_end(struct xci__vmm *vm, xci_domid_t domid, struct ut_err *err);

/* ---- vmm_spawn.c --------------------------------------------------------------------------- */

/** Start xen-vmm; it waits for START on the other end of *sock_out.
 *  @log_fd     its stderr, -1 = /dev/null
 *  @first_out  a process that only makes the real one nobody's child; for xci__vmm_reap */
int xci__vmm_spawn(struct xci__vmm *vm, const char *name, int log_fd, int *sock_out,
                   pid_t *first_out, struct ut_err *err);
/** Wait for that first process; it has ended long ago. 0 = none. */
void xci__vmm_reap(pid_t first);
/** Send START and wait for READY. @fds  by enum vmctl_fd, -1 = none; sets fd_mask from them */
int xci__vmm_start(int sock, struct vmctl_start *start, const int fds[VMCTL_NR_FDS],
                   pid_t *pid_out, struct ut_err *err);

/* ---- vmm_create.c, vmm_host.c -------------------------------------------------------------- */

int xci__vmm_create(struct xci *xc, const struct xci_domain_config *cfg, xci_domid_t *domid_out,
                    struct ut_err *err);
int xci__vmm_host_info(struct xci *xc, struct xci_host_info *info, struct ut_err *err);
int xci__vmm_host_dmesg(struct xci *xc, bool clear, char **text_out, struct ut_err *err);

/* ---- vmm_table.c --------------------------------------------------------------------------- */

/** Put a domain into the table; takes `sock` and `status_fd`, also on failure. */
int xci__vmm_table_add(struct xci__vmm *vm, xci_domid_t domid, int sock, int status_fd, pid_t pid,
                       struct ut_err *err);
/** Find a live domain, meeting it first if need be. Lock held on return if UT_OK. UT_ENODOM. */
int xci__vmm_table_get(struct xci__vmm *vm, xci_domid_t domid, struct xci__vmm_dom **dom_out,
                       struct ut_err *err);
/** Meet all domains there are, forget those that are gone. Lock held on return, always. */
int xci__vmm_table_refresh(struct xci__vmm *vm, struct ut_err *err);
/** The domain has ended: forget it, tell, remove its folder. No lock held. */
void xci__vmm_table_gone(struct xci__vmm *vm, xci_domid_t domid);
void xci__vmm_table_fini(struct xci__vmm *vm);
int xci__vmm_event_next(struct xci *xc, struct xci_event *ev, struct ut_err *err);

#endif

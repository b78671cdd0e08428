/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xci.h: the public interface of libxc-ia64, the library that builds and controls ia64 domains.
 *
 * One handle (struct xci) drives one hypervisor through a backend: "vmm", the embedded one (one
 * sandboxed process per domain), or "xen", a real Xen through libxenctrl. Nothing in this header
 * depends on which.
 *
 * Ownership: objects come from _open/_new and go with _close/_free, which accept NULL. Strings and
 *   structs passed in are borrowed for the call.
 * Threads: calls on different domains of one handle may run in different threads at the same time;
 *   calls on one domain are serialised inside. The event functions belong to one thread.
 * Errors: 0 or a negative enum ut_code, detail in the optional struct ut_err. Nothing here prints,
 *   exits or aborts. Messages go to the logger given at open.
 * Fork and exec: every descriptor is close-on-exec; a handle must not be used after fork.
 */
#ifndef XCI_H
#define XCI_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "ut_err.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#pragma GCC visibility push(default)        /* exported, however the library is compiled */
#endif

struct xci;
struct ut_log;

typedef uint32_t xci_domid_t;

#define XCI_PAGE_SIZE      16384u               /* ia64 Xen page */
#define XCI_MAX_VCPUS      64u
#define XCI_DOMID_FIRST    1u
#define XCI_DOMID_MAX      0x7fefu              /* DOMID_FIRST_RESERVED - 1 */
#define XCI_DOMID_ANY      UINT32_MAX           /* let the hypervisor choose */
#define XCI_CMDLINE_MAX    1023u                /* bytes without the NUL */

enum xci_builder { XCI_BUILDER_LINUX, XCI_BUILDER_HPSIM, XCI_BUILDER_EFI };
/** "linux", "hpsim", "efi" to its number; UT_EARG with a text naming the choices. */
int xci_builder_parse(const char *name, enum xci_builder *builder_out, struct ut_err *err);
const char *xci_builder_name(enum xci_builder builder);

/* ---- handle ------------------------------------------------------------------------------- */

struct xci_config {
    const char *backend;            /* "vmm", "xen"; NULL = xen where /dev/xen/privcmd exists */
    const char *run_dir;            /* vmm: one folder per domain below it: RUN/dom/DOMID */
    const char *vmm_path;           /* vmm: the xen-vmm program */
    struct ut_log *log;             /* may be NULL */
};

int xci_open(const struct xci_config *cfg, struct xci **xci_out, struct ut_err *err);
void xci_close(struct xci *xc);     /* running domains go on */

/* ---- the host ----------------------------------------------------------------------------- */

struct xci_host_info {
    unsigned nr_cpus, nr_nodes, cores_per_socket, threads_per_core;
    uint32_t cpu_khz;
    uint64_t total_kib, free_kib;
    unsigned xen_major, xen_minor;
    char xen_extra[16];             /* ".6" */
    char caps[256];                 /* "xen-3.0-ia64 xen-3.0-ia64be" */
    char scheduler[16];             /* "credit" */
    uint32_t pagesize;              /* 16384 */
    char platform_params[64];       /* "virt_start=0x..." */
    char changeset[64], commandline[256];
    char cc_compiler[128], cc_compile_by[64], cc_compile_domain[64], cc_compile_date[64];
    char machine[16];               /* "ia64" */
    char hw_caps[96];               /* eight 8-digit hex words joined by ':' */
    char virt_caps[64];
};
int xci_host_info(struct xci *xc, struct xci_host_info *info_out, struct ut_err *err);
/** The hypervisor's log, lines start "(XEN) ". *text_out is malloc'd. */
int xci_host_dmesg(struct xci *xc, bool clear, char **text_out, struct ut_err *err);

/* ---- life ---------------------------------------------------------------------------------- */

struct xci_domain_config {
    xci_domid_t domid;              /* XCI_DOMID_ANY or the wanted one */
    uint8_t uuid[16];
    const char *name;               /* for the log and the process title; may be NULL */
    enum xci_builder builder;
    uint64_t memory_kib;            /* RAM at start, rounded up to 16 KiB pages */
    uint64_t max_memory_kib;        /* ceiling, >= memory_kib; 0 = memory_kib */
    unsigned nr_vcpus;              /* 1..64 */
    const char *kernel_path;        /* ELF64 ia64, plain or gzip */
    const char *ramdisk_path;       /* NULL = none */
    const char *cmdline;            /* NULL = "" */
    const char *console_log_path;   /* appended to by the domain itself; NULL = none */
    int console_fd;                 /* >= 0: console also in/out on this descriptor, a stream socket
                                       (borrowed); the domain ends when its other end is closed;
                                       else -1 */
    unsigned store_port_hint;       /* 0 = allocate (normally 1) */
    bool gdb_stub;                  /* RUN/dom/DOMID/gdb.sock; later issue */
    bool no_sandbox;                /* only for debuggers */
    const char *trace;              /* "insn,irq,hypercall,tlb" or NULL; to the domain's log */
};

/**
 * Create, build and leave paused. When it fails nothing is left behind.
 * Errors name what was wrong with kernel or ramdisk (UT_EFORMAT, UT_ELIMIT, UT_ENOENT).
 */
int xci_domain_create(struct xci *xc, const struct xci_domain_config *cfg,
                      xci_domid_t *domid_out, struct ut_err *err);
int xci_domain_pause(struct xci *xc, xci_domid_t domid, struct ut_err *err);
int xci_domain_unpause(struct xci *xc, xci_domid_t domid, struct ut_err *err);
/** End at once; returns when the domain is gone and its resources are free. */
int xci_domain_destroy(struct xci *xc, xci_domid_t domid, struct ut_err *err);

enum xci_shutdown { XCI_SHUTDOWN_POWEROFF = 0, XCI_SHUTDOWN_REBOOT = 1, XCI_SHUTDOWN_SUSPEND = 2,
                    XCI_SHUTDOWN_CRASH = 3, XCI_SHUTDOWN_HALT = 4 };
/**
 * Ask the guest's kernel to stop through what the hypervisor itself can send to such a guest
 * (poweroff, reboot; UT_EUNSUP where the builder has no such signal). Does not wait. Guests that
 * listen to XenStore are asked there instead, by xend.
 */
int xci_domain_request(struct xci *xc, xci_domid_t domid, enum xci_shutdown reason,
                       struct ut_err *err);
/** One character to the guest's sysrq handler. UT_EUNSUP as above. */
int xci_domain_sysrq(struct xci *xc, xci_domid_t domid, char key, struct ut_err *err);

/**
 * Give the domain its line to XenStore: one end of a stream socket whose other end XenStore serves
 * as that domain's connection; in place of an earlier one, whose request under way is sent again.
 * `fd` stays the caller's. UT_EUNSUP for guests without a store ring, and on hypervisors where
 * XenStore maps the ring itself.
 */
int xci_domain_store(struct xci *xc, xci_domid_t domid, int fd, struct ut_err *err);

/* ---- state --------------------------------------------------------------------------------- */

struct xci_domain_info {
    xci_domid_t domid;
    uint8_t uuid[16];
    bool running, blocked, paused, shutdown, crashed, dying;   /* the letters of xm list */
    enum xci_shutdown reason;       /* valid if shutdown or crashed */
    uint64_t memory_kib, max_memory_kib;
    unsigned nr_vcpus, nr_online;
    uint64_t cpu_time_ns;           /* sum over vcpus */
    uint64_t start_time_s;          /* Unix time */
    uint64_t instructions;          /* executed so far; 0 where the hypervisor cannot know */
    enum xci_builder builder;
    uint64_t store_pfn, console_pfn;
    unsigned store_port, console_port;
    pid_t pid;                      /* of the domain's process, 0 where there is none */
    int exit_status;                /* hpsim: argument of the simulator's EXIT call; else 0 */
};
/** UT_ENODOM if there is no such domain. Cheap: no message to the domain is needed. */
int xci_domain_info(struct xci *xc, xci_domid_t domid, struct xci_domain_info *info_out,
                    struct ut_err *err);
/** All domains in ascending order of id (domain 0 not included); *infos_out is malloc'd. */
int xci_domain_list(struct xci *xc, struct xci_domain_info **infos_out, size_t *nr_out,
                    struct ut_err *err);

struct xci_vcpu_info { bool online, blocked, running; uint64_t cpu_time_ns; int cpu; };
int xci_vcpu_info(struct xci *xc, xci_domid_t domid, unsigned vcpu,
                  struct xci_vcpu_info *info_out, struct ut_err *err);

/* ---- console --------------------------------------------------------------------------------*/

/** Where the console can be had: a unix socket (replays recent output, many viewers) and a pty. */
struct xci_console { char socket_path[4096]; char pty_path[64]; };
int xci_domain_console(struct xci *xc, xci_domid_t domid, struct xci_console *con_out,
                       struct ut_err *err);

/* ---- events -------------------------------------------------------------------------------- */

enum xci_event_type { XCI_EV_INTRODUCED, XCI_EV_SHUTDOWN, XCI_EV_GONE };
struct xci_event {
    enum xci_event_type type;
    xci_domid_t domid;
    enum xci_shutdown reason;       /* XCI_EV_SHUTDOWN; XCI_EV_GONE: CRASH if it died by itself */
};
/** Descriptor that polls readable while events wait. */
int xci_event_fd(struct xci *xc);
/** Next event; returns 1 with an event, 0 when none waits, < 0 on error. Never blocks. */
int xci_event_next(struct xci *xc, struct xci_event *ev_out, struct ut_err *err);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vp_domain: one domain in its process: what it is made of, its life cycle, and what the rest of
 * the process may ask of it. One object per process, made from a START message.
 *
 * Life cycle (vp_life.c): PAUSED -> RUNNING <-> PAUSED, any of them -> STOPPED when the guest stops
 *   or crashes, and DYING when the control side says so; the process ends then.
 * Ownership: vp_domain_new takes memory, descriptors and everything below; vp_domain_free gives it
 * back. Threads: the main thread runs the loop and owns the life cycle; each vcpu has a thread of
 *   its own (vp_vcpu.h). Functions say which thread may call them.
 */
#ifndef VMM_PROCESS_VP_DOMAIN_H
#define VMM_PROCESS_VP_DOMAIN_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include "dv_console.h"
#include "dv_loop.h"
#include "dv_xencons.h"
#include "dv_xsring.h"
#include "em.h"
#include "ut_log.h"
#include "vmctl.h"

struct fw;
struct hv;
struct vp_ctl;
struct vp_domain;
struct vp_efi;
struct vp_trace;

/** One virtual processor and its thread; see vp_vcpu.h. */
struct vp_vcpu {
    struct vp_domain *dom;
    struct em_cpu *cpu;
    unsigned index;
    pthread_t thread;
    bool has_thread, has_timer;
    clockid_t cpu_clock;            /* of the thread */
    timer_t timer;                  /* signals the thread at its deadline */
    uint64_t armed_ns;              /* CLOCK_MONOTONIC deadline, 0 = none; own thread */
    uint64_t verified_iva;          /* bare: the last interruption table found to be in RAM */
    uint64_t nested_at;             /* bare: instructions at the last nested interruption */
    unsigned nr_nested;             /* bare: such in a row, with next to nothing in between */
    bool halted;                    /* own thread */
    _Atomic bool booting, up;       /* bare: out of firmware's care */
    _Atomic uint32_t wake;          /* futex, enum in vp_vcpu.c */
    _Atomic bool in_run;            /* the thread may be touching guest state */
    void *alt_stack;
    struct vp_trace *trace;         /* NULL = none */
};

/** What differs between the kinds of guests. */
struct vp_kind {
    const char *name;
    bool tail;                      /* memory file has VMCTL_TAIL_BYTES behind RAM */
    /** Machine, firmware, vcpu 0 ready to run. Console and log exist already. */
    int (*init)(struct vp_domain *d, struct ut_err *err);
    void (*fini)(struct vp_domain *d);
    /** May this processor run? Own thread. */
    bool (*online)(const struct vp_vcpu *v);
    /** A halted processor must go on although nobody kicked it. Own thread. */
    bool (*pending)(const struct vp_vcpu *v);
    /** Ask the guest to stop; NULL = it cannot be asked. Main thread. */
    int (*request)(struct vp_domain *d, enum vmctl_reason reason, struct ut_err *err);
    /** More for the crash report; may be NULL. */
    size_t (*dump)(struct vp_vcpu *v, char *text, size_t size_bytes);
    void (*console_input)(struct vp_domain *d);     /* input was queued. Main thread */
    void (*console_room)(struct vp_domain *d);      /* output can be taken again. Main thread */
};
extern const struct vp_kind vp_kind_linux, vp_kind_hpsim, vp_kind_efi;

enum vp_state { VP_PAUSED, VP_RUNNING, VP_STOPPED, VP_DYING, VP_NR_STATES };
enum vp_event { VP_EV_PAUSE, VP_EV_UNPAUSE, VP_EV_GUEST_STOP, VP_EV_DESTROY, VP_NR_EVENTS };

#define VP_NO_REASON (-1)

struct vp_domain {
    struct vmctl_start cfg;
    const struct vp_kind *kind;
    int fd[VMCTL_NR_FDS];           /* -1 where none, or handed over */
    struct vmctl_status *status;
    uint8_t *ram;                   /* cfg.ram_bytes, then the tail */
    uint64_t map_bytes;

    struct dv_loop *loop;
    struct dv_console *console;
    struct dv_xencons *xencons;
    struct dv_xsring *xsring;       /* builder linux: the line to XenStore */
    struct dv_waker guest_stopped;
    struct dv_watch tick;           /* refreshes the status page while anything runs */
    _Atomic bool tick_armed;
    struct vp_ctl *ctl;
    struct ut_log *log;
    uint64_t log_window_s;          /* guest-triggered messages: second, and how many in it */
    unsigned log_in_window;
    pthread_mutex_t log_lock;

    struct em_machine *machine;
    struct em_ops em_ops;           /* wrapped for tracing */
    const struct em_ops *traced_ops;
    struct hv *hv;
    struct fw *fw;
    struct vp_efi *efi;             /* builder efi: its devices */
    _Atomic int console_irq;        /* hpsim: vector of the keyboard, 0 = none */

    struct vp_vcpu *vcpu;           /* cfg.nr_vcpus */
    unsigned nr_vcpus;              /* initialised ones */
    _Atomic bool stop;              /* vcpus shall leave em_cpu_run and stay out */
    _Atomic bool exiting;           /* and their threads end */
    _Atomic int stop_reason;        /* enum vmctl_reason the guest gave, or VP_NO_REASON */
    pthread_mutex_t park_lock;
    pthread_cond_t parked;

    enum vp_state state;            /* main thread */
    bool done;                      /* main thread: leave the loop */
};

/** Check a START message: ranges, which descriptors there are. UT_EPROTO or UT_EUNSUP. */
int vp_start_check(const struct vmctl_msg *m, struct ut_err *err);
/** Make the domain, paused, without threads. Takes the descriptors of `m`, also when it fails. */
int vp_domain_new(struct vmctl_msg *m, struct vp_domain **dom_out, struct ut_err *err);
void vp_domain_free(struct vp_domain *d);

/** Apply an event to the life cycle. UT_ESTATE if it is not possible now. Main thread. */
int vp_domain_event(struct vp_domain *d, enum vp_event ev, struct ut_err *err);
/** What an event does in a state, without doing it; for tests. False if there is no such row. */
bool vp_life_next(enum vp_state from, enum vp_event ev, enum vp_state *to_out);

/**
 * The guest stops (any vcpu thread, in a hook): all vcpus are told to stop, the main thread does
 * the rest. Only the first reason counts. A crash is reported with registers, see vp_crash.h.
 */
void vp_domain_guest_stop(struct vp_domain *d, enum vmctl_reason reason);
/** The vcpu whose thread this is, or NULL. */
struct vp_vcpu *vp_domain_self(struct vp_domain *d);
/** CLOCK_MONOTONIC in nanoseconds: a domain's ITC (at VMCTL_ITC_HZ) and system time. Any thread. */
uint64_t vp_time_ns(void);
/** Write what changes all the time (cpu time, instructions, pages) to the status page. Main thread,
 *  or a vcpu's for itself. */
void vp_status_vcpu(struct vp_vcpu *v);
void vp_status_flags(struct vp_domain *d);
/** Have the status page refreshed from now on, as long as anything runs. Any thread. */
void vp_status_tick(struct vp_domain *d);

/** A message to the log and the host's hypervisor log. Any thread; rate-limited when the guest can
 *  cause it. @level enum ut_level */
void vp_log(struct vp_domain *d, int level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void vp_log_guest(struct vp_domain *d, int level, const char *text);

#endif

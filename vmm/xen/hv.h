/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hv: the Xen/ia64 hypervisor as one paravirtualized domain sees it: virtual privilege,
 * hyperprivops,
 * hypercalls, event channels, grant table, shared info, virtual interrupts and timer.
 *
 * Ownership: hv_new / hv_free. Guest memory, the processors and the firmware belong to the caller.
 * Threads: the em hooks run in each processor's thread; everything a hypercall changes for the
 * whole
 *   domain is under one lock inside. hv_port_* may be called from any thread.
 * Errors: a guest's mistake is a negative errno in r8 or that domain's crash, never ours.
 * Source: docs/guest-abi.md (the Xen/ia64 guest ABI), sections named there.
 */
#ifndef VMM_XEN_HV_H
#define VMM_XEN_HV_H

#include <stdbool.h>
#include <stdint.h>
#include "em.h"

enum hv_shutdown { HV_POWEROFF = 0, HV_REBOOT = 1, HV_SUSPEND = 2, HV_CRASH = 3, HV_WATCHDOG = 4 };

/** What the hypervisor needs from the process around it; any processor's thread may call. */
struct hv_host {
    void *ctx;
    /** Firmware stubs (hypercall classes 0x300, 0x500, 0x1000, 0x1100, 0x1200). */
    enum em_reply (*firmware)(void *ctx, struct em_cpu *cpu, uint64_t number);  /* see fw_call */
    enum em_reply (*ssc)(void *ctx, struct em_cpu *cpu);
    bool (*boot_rendezvous)(void *ctx, uint64_t *ip_out, uint64_t *gp_out);
    /** Kick `cpu` when its ITC reaches `itc` (UINT64_MAX = disarm). */
    void (*arm_timer)(void *ctx, struct em_cpu *cpu, uint64_t itc);
    /** The domain asks to be shut down (or crashed: the reason has been logged, registers have
     *  not).
     *  Called in the vcpu's thread. The hook returns; hv then stops the vcpu. */
    void (*shutdown)(void *ctx, enum hv_shutdown reason);
    /** Wake a processor that is halted or has never run. hv has called em_cpu_kick before. May be
     *  called with hv's lock held: must not call back into hv. */
    void (*wake)(void *ctx, struct em_cpu *cpu);
    /** True if the processor shall leave em_cpu_run (pause, destroy...). Asked after every kick,
     *  so:
     *  set the condition, then em_cpu_kick. NULL = never. */
    bool (*must_stop)(void *ctx, struct em_cpu *cpu);
    void (*console_io)(void *ctx, const char *text, size_t len);    /* console_io write */
    uint64_t (*system_time_ns)(void *ctx);
    /** Balloon: pages given back to, or taken from, the host. */
    void (*release_pages)(void *ctx, uint64_t pfn, uint64_t nr_pfn);
    void (*log)(void *ctx, int level, const char *text);            /* level: enum ut_level */
};

struct hv_config {
    uint64_t nr_pages;              /* RAM, 16 KiB pages */
    uint64_t max_pages;
    uint64_t start_info_pfn, memmap_pfn, store_pfn, console_pfn;
    uint16_t domid;
    uint64_t itc_hz;                /* as in em_config: time-outs of sched_op(poll) need it */
    /** Host memory of the pages outside RAM: hv_extra_bytes() bytes, zeroed, page aligned. */
    void *extra;
    struct hv_host host;
};

struct hv;

/** Bytes behind RAM (in the same memfd) for shared_info, 64 mapped_regs pages and grant frames.
 *  Layout: shared_info at 0, mapped_regs of vcpu n at (1 + n) * 16384, grant frames from 65 *
 * 16384. */
uint64_t hv_extra_bytes(void);

/** The hooks to give em_machine_new for a paravirtualized domain; ctx must be the struct hv *. */
extern const struct em_ops hv_em_ops;

/** Allocate; then em_machine_new with hv_em_ops and this as ctx; then hv_attach. */
int hv_new(const struct hv_config *cfg, struct hv **hv_out, struct ut_err *err);
void hv_free(struct hv *hv);
/** Add the extra memory to the machine, fill shared_info, allocate the store and console ports
 *  (unbound, for the backend), set up vcpu 0 (entry, r28, metaphysical mode) and park the others.
 * */
int hv_attach(struct hv *hv, struct em_machine *m, uint64_t entry_gpa, uint64_t r28,
              struct ut_err *err);
unsigned hv_store_port(const struct hv *hv);
unsigned hv_console_port(const struct hv *hv);
/** True if this processor may run (up), false while it waits for its boot IPI or is offline. */
bool hv_cpu_online(const struct hv *hv, const struct em_cpu *cpu);

/* backends: the other end of interdomain ports */
typedef void (*hv_port_fn)(void *ctx, unsigned port);
/** Bind the backend's end of an unbound guest port; `fn` is called (in a processor's thread, with
 *  no
 *  lock held) whenever the guest sends. UT_ENOENT if the port is not unbound for domain 0. */
int hv_port_bind(struct hv *hv, unsigned port, hv_port_fn fn, void *ctx, struct ut_err *err);
/** Waits for a call of `fn` in progress, so it must not be called from `fn` itself. */
void hv_port_unbind(struct hv *hv, unsigned port);
/** Send to the guest's port. Any thread. */
void hv_port_notify(struct hv *hv, unsigned port);
/** Host address of a granted page for domain 0's use; marks it in use. NULL if not granted so. */
void *hv_grant_map(struct hv *hv, uint32_t ref, bool writable);
void hv_grant_unmap(struct hv *hv, uint32_t ref);

/**
 * Ask a guest that has no XenStore to stop: writes `code` (0 poweroff, 1 reboot) to shared_info
 * offset 0x1100 and sends the global VIRQ_ARCH_3 (number 19). UT_EUNSUP if the guest bound no port
 * to that VIRQ. Any thread. Our extension, see docs/guest-abi.md.
 */
int hv_trigger(struct hv *hv, uint32_t code, struct ut_err *err);

/** Pages the domain has now. */
uint64_t hv_nr_pages(const struct hv *hv);
/** Virtual state (vpsr, mapped registers, ports) as text, for crash reports; see em_dump. */
size_t hv_dump(struct hv *hv, struct em_cpu *cpu, char *text, size_t size_bytes);

#endif

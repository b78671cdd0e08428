/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hv_int.h: what the files of vmm/xen share with each other.
 *
 * Locking: hv->lock protects ports, virqs, the grant table's bookkeeping, the balloon bitmap and
 *   opt_feature. A vcpu's own fields belong to its thread, except the ones marked "any thread".
 * Replies: functions that continue the guest return enum em_reply as the em hooks do; hv__exit is
 *   where every path back into the guest ends (crash, stop and event delivery are decided there).
 * The guest may write mapped_regs and shared_info at any moment, also from another processor: what
 *   is read from there is read once and checked before it is used as a size or an index.
 */
#ifndef VMM_XEN_HV_INT_H
#define VMM_XEN_HV_INT_H

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include "hv.h"
#include "hv_abi.h"
#include "ia.h"
#include "ut_log.h"

/* rid of the identity translations of metaphysical mode; guests cannot name it (18-bit rids) */
#define HV_RID_META         (1u << HV_RID_BITS)
#define HV_META_PS          14u

enum hv_port_state {
    HV_PORT_FREE = 0, HV_PORT_UNBOUND = 1, HV_PORT_INTERDOMAIN = 2, HV_PORT_PIRQ = 3,
    HV_PORT_VIRQ = 4, HV_PORT_IPI = 5, HV_PORT_RESERVED,            /* port 0 */
};

struct hv_port {
    uint8_t state;                  /* enum hv_port_state, numbers of EVTCHNSTAT_* */
    uint8_t virq;
    uint16_t vcpu;                  /* who is notified */
    uint16_t remote_dom;            /* UNBOUND: who may bind; INTERDOMAIN: who is there */
    uint16_t remote_port;           /* INTERDOMAIN within the domain */
    uint32_t busy;                  /* calls of fn in progress */
    hv_port_fn fn;                  /* backend's end; NULL = none */
    void *fn_ctx;
};

enum hv_wait { HV_WAIT_NONE, HV_WAIT_BLOCK, HV_WAIT_HALT_LIGHT, HV_WAIT_POLL };

enum { HV_RUN_RUNNING, HV_RUN_RUNNABLE, HV_RUN_BLOCKED, HV_RUN_OFFLINE };

struct hv_runstate { uint32_t state, pad; uint64_t entry_ns, time_ns[4]; };
_Static_assert(sizeof(struct hv_runstate) == 48, "runstate");

#define HV_POLL_MAX  128u

struct hv_vcpu {
    struct hv *hv;
    struct em_cpu *cpu;
    unsigned id;
    struct hv_mapped_regs *mr;      /* guest-writable */
    struct hv_vcpu_info *info;      /* guest-writable */
    bool stop;                      /* leave em_cpu_run at the next hv__exit */

    /* virtual registers that the guest cannot reach through its page */
    uint64_t rr[8], pta, dcr, iva, itm, last_itm, itv, pmv, cmcv, lrr[2];
    uint64_t insvc[4];
    _Atomic uint64_t irr[4];        /* any thread */
    bool meta;                      /* metaphysical mode */
    _Atomic uint64_t callback_ip;   /* written by its own thread */
    uint64_t failsafe_ip;
    bool armed;                     /* host timer armed for armed_itc */
    uint64_t armed_itc;

    struct { bool valid; uint8_t ps; uint32_t rid; uint64_t va, pte, purges; } last_itc;

    /* waiting */
    enum hv_wait wait;
    uint64_t poll_timeout_ns;       /* absolute, 0 = none */
    uint32_t nr_poll;
    uint16_t poll_ports[HV_POLL_MAX];
    atomic_bool polling;            /* any thread: kick it when a port becomes pending */
    struct hv_runstate run;
    uint64_t runstate_handle;       /* 0 = not registered */

    /* being brought up and down; any thread */
    atomic_bool online;
    atomic_bool initialised;
    atomic_bool boot_wanted;        /* reset in its own thread, at its next attention */
    uint64_t boot_ip, boot_gp;      /* valid while boot_wanted */

    uint16_t virq_port[HV_NR_VIRQS];/* hv->lock; 0 = not bound; global ones are in vcpu 0's */
};

struct hv_ident { bool on; uint64_t pgprot, key; };

struct hv {
    struct hv_config cfg;
    struct em_machine *m;
    unsigned nr_vcpus;
    struct hv_vcpu *vcpu;           /* nr_vcpus of them */
    struct hv_shared_info *shared;
    uint8_t *gnt;                   /* grant frames */

    pthread_mutex_t lock;
    pthread_cond_t port_idle;
    struct hv_port *port;           /* HV_NR_PORTS */
    unsigned store_port, console_port;
    uint32_t nr_gnt_frames;
    uint32_t *gnt_maps;             /* uses of each ref by backends */
    uint64_t *p2m;                  /* bit per pfn: RAM is there */
    uint64_t nr_p2m;                /* pfns the bitmap covers */
    _Atomic uint64_t nr_pages;
    struct hv_ident ident[8];
    _Atomic uint64_t xsi_base;
    atomic_bool crashed;
    atomic_uint nr_guest_msgs;      /* rate limit of what guests can make us log */
};

/* ---- hv.c: log, crash, the way back into the guest ------------------------------------------*/
void hv__log(struct hv *hv, int level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/** For what a guest can cause as often as it likes: at most a hundred lines in a domain's life. */
void hv__log_guest(struct hv_vcpu *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** End the domain as crashed; the log gets the reason, and through the host the registers. */
void hv__crash(struct hv_vcpu *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void hv__shutdown(struct hv_vcpu *v, enum hv_shutdown reason);
/** Deliver a pending event if the guest accepts it, or stop: what every hook returns with. */
enum em_reply hv__exit(struct hv_vcpu *v);
/** Put the processor behind the instruction it is at (nr_slots: 2 for L+X). */
void hv__advance(struct hv_vcpu *v, unsigned nr_slots);
struct hv_vcpu *hv__vcpu(struct em_cpu *cpu);
void hv__kick(struct hv_vcpu *v);
uint64_t hv__now_ns(struct hv *hv);

/* ---- hv_vcpu.c: reset, up and down, waiting -------------------------------------------------*/
void hv__vcpu_reset(struct hv_vcpu *v, uint64_t ip);
void hv__vcpu_down(struct hv_vcpu *v);
/** Boot (or reboot) a processor that is down. False if it is up. */
bool hv__vcpu_boot(struct hv_vcpu *v, uint64_t ip, uint64_t gp);
enum em_reply hv__attention(struct em_cpu *cpu, void *ctx);
/** Go to sleep as v->wait says; the state must be advanced already. */
enum em_reply hv__wait(struct hv_vcpu *v);
void hv__runstate(struct hv_vcpu *v, uint32_t state);
void hv__xsi_map(struct hv_vcpu *v);

/* ---- hv_psr.c -------------------------------------------------------------------------------*/
uint64_t hv__vpsr(const struct hv_vcpu *v);
void hv__set_meta(struct hv_vcpu *v, bool meta);
void hv__rfi(struct hv_vcpu *v);
/** Virtual ssm/rsm/mov psr.l. False: bits that may not be named (illegal operation). */
bool hv__ssm(struct hv_vcpu *v, uint64_t imm);
bool hv__rsm(struct hv_vcpu *v, uint64_t imm);
void hv__set_psr_l(struct hv_vcpu *v, uint64_t value);
void hv__bank_save(struct hv_vcpu *v);          /* bsw.0 */
void hv__bank_load(struct hv_vcpu *v);          /* bsw.1 */
void hv__cover(struct hv_vcpu *v);

/* ---- hv_reflect.c ---------------------------------------------------------------------------*/
enum em_reply hv__interruption(struct em_cpu *cpu, void *ctx, const struct em_interruption *in);
/** Give the guest's kernel an interruption at ip/ri (reflection); crashes it if vpsr.ic = 0. */
void hv__reflect(struct hv_vcpu *v, const struct em_interruption *in);
/** General exception of the current instruction. */
void hv__reflect_general(struct hv_vcpu *v, uint64_t code);
void hv__reflect_nested_dtlb(struct hv_vcpu *v);
void hv__deliver_event(struct hv_vcpu *v);

/* ---- hv_xlat.c ------------------------------------------------------------------------------*/
struct hv_walk {
    enum { HV_WALK_FOUND, HV_WALK_MISS } result;
    uint16_t vector;                /* MISS: what to reflect */
    uint64_t va, pte, key;          /* FOUND: as to insert; va as asked for */
    uint32_t rid;
    uint8_t ps;
    uint64_t iha;
};
/** The search behind the processor's own TLB; nothing is inserted. */
void hv__walk(struct hv_vcpu *v, enum em_side side, uint64_t va, struct hv_walk *w_out);
/** Resolve a TLB miss or reflect it. `in` as from the processor. */
enum em_reply hv__miss(struct hv_vcpu *v, const struct em_interruption *in);
uint64_t hv__thash(const struct hv_vcpu *v, uint64_t va);
uint64_t hv__miss_itir(const struct hv_vcpu *v, uint64_t va);
/** Page size numbers that translations may have. */
bool hv__ps_ok(unsigned ps);
/** False: reserved fields, nothing done. */
bool hv__set_rr(struct hv_vcpu *v, unsigned region, uint64_t value);
void hv__machine_rr(struct hv_vcpu *v, unsigned region);
/** False: bad page size or slot in the mapped itir, nothing done. */
bool hv__itc(struct hv_vcpu *v, enum em_side side, uint64_t pte);
bool hv__itr(struct hv_vcpu *v, enum em_side side, uint64_t slot, uint64_t pte);
void hv__ptc_l(struct hv_vcpu *v, uint64_t va, unsigned ps);
void hv__ptc_ga(struct hv_vcpu *v, uint64_t va, unsigned ps);
void hv__ptr(struct hv_vcpu *v, enum em_side side, uint64_t va, unsigned ps);
void hv__ptc_e(struct hv_vcpu *v);
/** As tpa. False: the vector of *w_out is due. */
bool hv__tpa(struct hv_vcpu *v, uint64_t va, uint64_t *gpa_out, struct hv_walk *w_out);
void hv__fc(struct hv_vcpu *v, uint64_t va);

/* ---- hv_irq.c: virtual local SAPIC and timer ------------------------------------------------*/
/** Any thread. False: dropped, since the guest has an event callback. */
bool hv__irq_post(struct hv_vcpu *v, unsigned vector);
uint64_t hv__ivr_read(struct hv_vcpu *v);
void hv__eoi(struct hv_vcpu *v);
bool hv__irq_deliverable(struct hv_vcpu *v);
void hv__set_itm(struct hv_vcpu *v, uint64_t itm);
/** Fire or arm the virtual timer. */
void hv__timer(struct hv_vcpu *v);

/* ---- tables ---------------------------------------------------------------------------------*/
enum em_reply hv__hyperprivop(struct hv_vcpu *v, unsigned imm);
/** Emulate the privileged instruction at ip. False: it is none; reflect. */
bool hv__privileged(struct hv_vcpu *v, enum em_reply *reply_out);
enum em_reply hv__hypercall(struct hv_vcpu *v);

/* a class-0 hypercall; arguments as in r32..r36, result for r8 */
typedef int64_t (*hv_call_fn)(struct hv_vcpu *v, const uint64_t arg[5]);
int64_t hv__call(struct hv_vcpu *v, uint64_t number, const uint64_t arg[5]);
const char *hv__call_name(uint64_t number);
int64_t hv__do_sched_op(struct hv_vcpu *v, const uint64_t arg[5]);
int64_t hv__do_sched_op_compat(struct hv_vcpu *v, const uint64_t arg[5]);
int64_t hv__do_vcpu_op(struct hv_vcpu *v, const uint64_t arg[5]);
int64_t hv__do_event_channel_op(struct hv_vcpu *v, const uint64_t arg[5]);
int64_t hv__do_grant_table_op(struct hv_vcpu *v, const uint64_t arg[5]);
int64_t hv__do_memory_op(struct hv_vcpu *v, const uint64_t arg[5]);
int64_t hv__do_xen_version(struct hv_vcpu *v, const uint64_t arg[5]);
int64_t hv__do_console_io(struct hv_vcpu *v, const uint64_t arg[5]);
int64_t hv__do_callback_op(struct hv_vcpu *v, const uint64_t arg[5]);
int64_t hv__do_physdev_op(struct hv_vcpu *v, const uint64_t arg[5]);
int64_t hv__do_dom0vp_op(struct hv_vcpu *v, const uint64_t arg[5]);
int64_t hv__do_multicall(struct hv_vcpu *v, const uint64_t arg[5]);
int64_t hv__opt_feature(struct hv_vcpu *v, uint64_t handle);
void hv__ipi(struct hv_vcpu *v, uint64_t target, uint64_t vector);

/* ---- hv_copy.c: xencomm ---------------------------------------------------------------------*/
/** Copy between us and guest memory named by a xencomm handle, from byte `offset` of it.
 *  0 or HV_EFAULT; parts before the bad address may have been copied. */
int hv__copy_from(struct hv *hv, void *dst, uint64_t handle, uint64_t offset, size_t len);
int hv__copy_to(struct hv *hv, uint64_t handle, uint64_t offset, const void *src, size_t len);

/* ---- hv_evtchn.c ----------------------------------------------------------------------------*/
int hv__evtchn_init(struct hv *hv);
int hv__evtchn_alloc_unbound(struct hv *hv, uint16_t remote_dom, unsigned *port_out);
/** Sets the pending bit and tells the vcpu. hv->lock held. */
void hv__evtchn_pend(struct hv *hv, unsigned port);
/** Send a per-vcpu VIRQ. False if no port is bound. */
bool hv__virq(struct hv_vcpu *v, unsigned virq);
bool hv__evtchn_pending(const struct hv *hv, unsigned port);
static inline bool hv__event_pending(const struct hv_vcpu *v)
{
    return __atomic_load_n(&v->info->upcall_pending, __ATOMIC_ACQUIRE) != 0;
}

/* ---- hv_gnttab.c, hv_memory.c ---------------------------------------------------------------*/
/** True if `pfn` is RAM that the domain has now. hv->lock held. */
bool hv__pfn_present(const struct hv *hv, uint64_t pfn);

/* argument of a hyperprivop or firmware-class call */
static inline uint64_t hv__gr(const struct hv_vcpu *v, unsigned r) { return em_gr(v->cpu, r); }
static inline void hv__set_gr(struct hv_vcpu *v, unsigned r, uint64_t value)
{
    em_set_gr(v->cpu, r, value, false);
}
static inline unsigned hv__cpl(const struct hv_vcpu *v)
{
    return (unsigned)((em_psr(v->cpu) & EM_PSR_CPL) >> EM_PSR_CPL_SHIFT);
}
static inline void hv__mask(struct hv_vcpu *v, bool masked)
{
    __atomic_store_n(&v->info->upcall_mask, masked ? 1 : 0, __ATOMIC_SEQ_CST);
}
static inline bool hv__masked(const struct hv_vcpu *v)
{
    return __atomic_load_n(&v->info->upcall_mask, __ATOMIC_SEQ_CST) != 0;
}

#endif

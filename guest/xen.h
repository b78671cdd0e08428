/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xen.h: the hypercall interface as far as we use it. Source: guest ABI sections 1, 3 and 7. */
#ifndef MINI_XEN_H
#define MINI_XEN_H

#include "mini.h"

enum {
    HYPERVISOR_SCHED_OP_COMPAT = 6, HYPERVISOR_MEMORY_OP = 12, HYPERVISOR_MULTICALL = 13,
    HYPERVISOR_XEN_VERSION = 17, HYPERVISOR_CONSOLE_IO = 18, HYPERVISOR_VCPU_OP = 24,
    HYPERVISOR_SCHED_OP = 29, HYPERVISOR_CALLBACK_OP = 30, HYPERVISOR_EVENT_CHANNEL_OP = 32,
};
enum { XENVER_VERSION = 0, XENVER_EXTRAVERSION = 1, XENVER_CAPABILITIES = 3, XENVER_FEATURES = 6 };
enum { SCHEDOP_YIELD = 0, SCHEDOP_SHUTDOWN = 2, SCHEDOP_POLL = 3 };
enum { CALLBACKOP_REGISTER = 0, CALLBACKTYPE_EVENT = 0 };
enum {
    EVTCHNOP_BIND_INTERDOMAIN = 0, EVTCHNOP_BIND_VIRQ = 1, EVTCHNOP_CLOSE = 3, EVTCHNOP_SEND = 4,
    EVTCHNOP_ALLOC_UNBOUND = 6, EVTCHNOP_BIND_IPI = 7, EVTCHNOP_BIND_VCPU = 8,
    EVTCHNOP_RESET = 10,
};
enum { VIRQ_ITC = 16, VIRQ_SHUTDOWN = 19 };     /* the latter is an extension: VIRQ_ARCH_3 */
#define DOMID_SELF 0x7ff0
#define NR_PORTS 64                             /* that we use, of 4096 */

struct shared_info {
    struct {
        volatile uint8_t pending, mask;
        uint8_t pad[6];
        volatile uint64_t pending_sel;
        uint8_t time[32];
    } vcpu[64];
    volatile uint64_t pending[64], mask[64];
    uint32_t wc[4];
    uint64_t start_info_pfn;
    uint32_t evtchn_vector, memmap_pages;
    uint64_t memmap_pfn;
    uint8_t pad[0x1100 - 0x1028];
    volatile uint32_t shutdown_request;         /* extension: 0 power off, 1 reboot */
};
_Static_assert(offsetof(struct shared_info, start_info_pfn) == 0x1010, "shared_info layout");
_Static_assert(offsetof(struct shared_info, shutdown_request) == 0x1100, "shared_info layout");
#define shared_info ((struct shared_info *)(int64_t)XSI_BASE)

struct start_info {
    char magic[32];
    uint64_t nr_pages, shared_info_pa;
    uint32_t flags, pad0;
    uint64_t store_pfn;
    uint32_t store_port, pad1;
    uint64_t console_pfn;
    uint32_t console_port, pad2;
    uint64_t pt_base, nr_pt_frames, mfn_list, mod_start, mod_len;
    char cmdline[1024];
};

struct console_ring {
    char in[1024], out[2048];
    volatile uint32_t in_cons, in_prod, out_cons, out_prod;
};

/** Hypercalls take pointers as guest physical addresses with a mark. */
static inline uint64_t handle(const void *p)
{
    return pa(p) | UINT64_C(1) << 63;
}

/** A port and who hears of its events, with interrupts off. */
void xen_port_handler(uint32_t port, void (*fn)(void));
long xen_event_op(unsigned cmd, void *arg);
/** A VIRQ of vcpu 0; panics if it cannot be had. */
uint32_t xen_bind_virq(uint32_t virq, void (*fn)(void));
const struct start_info *xen_start_info(void);
/** Version, capabilities, features as text lines. */
void xen_describe(void);

/** Ask XenStore who we are, and from now on stop when control/shutdown says so. Interrupts are
 *  off. */
void xenstore_init(void);

void xencons_putc(char c);
void xencons_flush(void);
int xencons_getc(void);
void xencons_init(void);
/** Wrong indices in the ring for a moment, as a hostile guest would have them. */
void xencons_smash(void);

#endif

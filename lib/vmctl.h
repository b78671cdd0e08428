/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmctl: the control protocol between libxc-ia64 and one domain's xen-vmm process. The only thing
 * the two share.
 *
 * Transport: AF_UNIX SOCK_SEQPACKET, one message a packet: header, fixed body, descriptors
 *   attached. Two ways in: the socket pair over which a domain is started (START -> READY or
 *   FAILED, then it goes on as a connection like any other), and RUN/dom/DOMID/ctl.sock, where the
 *   domain speaks first (HELLO). A request is answered by REPLY with its id. Subscribers get
 *   SHUTDOWN pushed; the end of a domain is the end of the stream.
 * Trust: each side takes the other for hostile. vmctl_recv checks length, version, direction, size
 *   and number of descriptors from one table before anything else looks at a message.
 * Ownership: descriptors received belong to the caller; vmctl_close_fds drops what was not taken.
 * Threads: no state here; one thread per socket and direction.
 */
#ifndef LIB_VMCTL_H
#define LIB_VMCTL_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "ut_err.h"

#define VMCTL_VERSION      1u
#define VMCTL_MAX_FDS      12u
#define VMCTL_MAX_VCPUS    64u
#define VMCTL_PAGE_BYTES   16384u
#define VMCTL_CMDLINE_MAX  1024u        /* with the NUL */
#define VMCTL_ITC_HZ       UINT64_C(1000000000)
/** Behind RAM in the memory file, sparse: shared_info, 64 pages of mapped registers, grant frames.
 *  The hypervisor refuses to start if it needs more. Builder linux only. */
#define VMCTL_TAIL_BYTES   (UINT64_C(8) << 20)

enum vmctl_builder { VMCTL_BUILDER_LINUX, VMCTL_BUILDER_HPSIM, VMCTL_BUILDER_EFI,
                     VMCTL_NR_BUILDERS };
enum vmctl_reason { VMCTL_POWEROFF, VMCTL_REBOOT, VMCTL_SUSPEND, VMCTL_CRASH, VMCTL_HALT,
                    VMCTL_NR_REASONS };

/** What the descriptors attached to START are, in this order; start.fd_mask says which are
 *  there. */
enum vmctl_fd {
    VMCTL_FD_MEM,                   /* RAM and tail */
    VMCTL_FD_STATUS,                /* struct vmctl_status, one host page */
    VMCTL_FD_LOCK,                  /* flock()ed as long as the domain's process lives */
    VMCTL_FD_CTL,                   /* listening, SOCK_SEQPACKET */
    VMCTL_FD_CONSOLE,               /* listening, SOCK_STREAM: raw console bytes */
    VMCTL_FD_LOG,                   /* crash reports, errors (optional) */
    VMCTL_FD_DMESG,                 /* the host's hypervisor log, lines "(XEN) ..." (optional) */
    VMCTL_FD_CONSOLE_LOG,           /* everything the guest prints (optional) */
    VMCTL_FD_PTY,                   /* master (optional) */
    VMCTL_FD_PTY_SLAVE,             /* held open so that readers may come and go (optional) */
    VMCTL_FD_STDIO,                 /* console in and out; the domain ends with it (optional) */
    VMCTL_NR_FDS
};
static_assert(VMCTL_NR_FDS <= VMCTL_MAX_FDS, "descriptors of START must fit in one message");
#define VMCTL_FDS_REQUIRED ((1u << VMCTL_FD_MEM) | (1u << VMCTL_FD_STATUS) | \
                            (1u << VMCTL_FD_LOCK) | (1u << VMCTL_FD_CTL) | (1u << VMCTL_FD_CONSOLE))

/* ---- messages ------------------------------------------------------------------------------ */

struct vmctl_hdr {
    uint16_t version;               /* VMCTL_VERSION */
    uint16_t type;                  /* enum vmctl_type */
    uint32_t body_bytes;
    uint32_t id;                    /* of the request; its reply has the same */
};

enum vmctl_start_flag { VMCTL_START_NO_SANDBOX = 1u, VMCTL_START_BIG_ENDIAN = 2u };
enum vmctl_trace { VMCTL_TRACE_INSN = 1u, VMCTL_TRACE_IRQ = 2u, VMCTL_TRACE_HYPERCALL = 4u,
                   VMCTL_TRACE_TLB = 8u };

struct vmctl_start {
    uint32_t fd_mask;               /* 1 << enum vmctl_fd */
    uint32_t flags;                 /* enum vmctl_start_flag */
    uint32_t trace;                 /* enum vmctl_trace */
    uint32_t builder;               /* enum vmctl_builder */
    uint32_t domid;
    uint32_t nr_vcpus;
    uint32_t owner_uid;             /* who may control the domain, besides root */
    uint32_t pad;
    uint64_t ram_bytes;             /* multiple of VMCTL_PAGE_BYTES */
    uint64_t nr_pages, max_pages;   /* VMCTL_PAGE_BYTES each */
    uint64_t entry_gpa, r28;
    uint64_t start_info_pfn, memmap_pfn, store_pfn, console_pfn;
    uint32_t store_port, console_port;  /* what start_info promises */
    char name[64];
    char cmdline[VMCTL_CMDLINE_MAX];
};

struct vmctl_ready { uint32_t store_port, console_port; };
struct vmctl_failed { int32_t code; char text[UT_ERR_TEXT_BYTES]; };
struct vmctl_hello { uint32_t domid, pad; };            /* the status page is attached */
struct vmctl_empty { uint32_t pad; };
struct vmctl_reason_arg { uint32_t reason; };           /* enum vmctl_reason */
struct vmctl_sysrq { uint32_t key; };
struct vmctl_reply { int32_t code; char text[256]; };   /* code: enum ut_code */

enum vmctl_side { VMCTL_FROM_CLIENT = 1, VMCTL_FROM_DOMAIN = 2 };

/*    type        value  sender              body                     least and most descriptors */
#define VMCTL_LIST(X)                                                                      \
    X(START,        1,  VMCTL_FROM_CLIENT,  struct vmctl_start,      5, VMCTL_NR_FDS)      \
    X(READY,        2,  VMCTL_FROM_DOMAIN,  struct vmctl_ready,      0, 0)                 \
    X(FAILED,       3,  VMCTL_FROM_DOMAIN,  struct vmctl_failed,     0, 0)                 \
    X(HELLO,        4,  VMCTL_FROM_DOMAIN,  struct vmctl_hello,      1, 1)                 \
    X(SUBSCRIBE,    5,  VMCTL_FROM_CLIENT,  struct vmctl_empty,      0, 0)                 \
    X(PAUSE,        6,  VMCTL_FROM_CLIENT,  struct vmctl_empty,      0, 0)                 \
    X(UNPAUSE,      7,  VMCTL_FROM_CLIENT,  struct vmctl_empty,      0, 0)                 \
    X(DESTROY,      8,  VMCTL_FROM_CLIENT,  struct vmctl_empty,      0, 0)                 \
    X(REQUEST,      9,  VMCTL_FROM_CLIENT,  struct vmctl_reason_arg, 0, 0)                 \
    X(SYSRQ,       10,  VMCTL_FROM_CLIENT,  struct vmctl_sysrq,      0, 0)                 \
    X(REPLY,       11,  VMCTL_FROM_DOMAIN,  struct vmctl_reply,      0, 0)                 \
    X(SHUTDOWN,    12,  VMCTL_FROM_DOMAIN,  struct vmctl_reason_arg, 0, 0)                 \
    X(STORE,       13,  VMCTL_FROM_CLIENT,  struct vmctl_empty,      1, 1)

enum vmctl_type {
#define VMCTL_ENUM(name, value, from, body, min_fds, max_fds) VMCTL_##name = (value),
    VMCTL_LIST(VMCTL_ENUM)
#undef VMCTL_ENUM
    VMCTL_NR_TYPES
};

/** A message in memory. fd[] starts and ends as -1 where there is none. */
struct vmctl_msg {
    struct vmctl_hdr hdr;
    union {
        struct vmctl_start start;
        struct vmctl_ready ready;
        struct vmctl_failed failed;
        struct vmctl_hello hello;
        struct vmctl_empty empty;
        struct vmctl_reason_arg reason;
        struct vmctl_sysrq sysrq;
        struct vmctl_reply reply;
    } u;
    unsigned nr_fds;
    int fd[VMCTL_MAX_FDS];
    pid_t sender_pid;               /* received: as the kernel knows it; 0 without SO_PASSCRED */
};

/** Zero a message and give it its type and id. */
void vmctl_init(struct vmctl_msg *m, enum vmctl_type type, uint32_t id);
/** "pause", ... or "?" */
const char *vmctl_type_name(unsigned type);
/** Send; m->fd[0..nr_fds) stay the caller's. Never raises SIGPIPE. UT_ECONN if the peer is gone,
 *  UT_EBUSY if a non-blocking socket is full. */
int vmctl_send(int sock, struct vmctl_msg *m, struct ut_err *err);
/**
 * Receive one message of a peer that is `from`.
 * Returns 1, 0 at the end of the stream, UT_EBUSY if a non-blocking socket has nothing, UT_ETIMEOUT
 * (SO_RCVTIMEO), UT_ECONN, or UT_EPROTO: then nothing of the message is kept and the caller should
 * drop the peer.
 */
int vmctl_recv(int sock, enum vmctl_side from, struct vmctl_msg *m, struct ut_err *err);
/** Check a message of `len_bytes` with `nr_fds` descriptors against the table. UT_OK or
 *  UT_EPROTO. */
int vmctl_check(const struct vmctl_msg *m, size_t len_bytes, unsigned nr_fds, enum vmctl_side from,
                struct ut_err *err);
void vmctl_close_fds(struct vmctl_msg *m);

/* ---- status page --------------------------------------------------------------------------- */
/*
 * Written by the domain's process, mapped read-only by everyone else. What never changes after
 * READY is plain; every field that does is one aligned word of its own, so a reader needs no lock
 * and cannot be held up by a writer that died half-way. Readers check magic, version and ranges.
 */

#define VMCTL_STATUS_MAGIC   UINT32_C(0x53617476)
#define VMCTL_STATUS_BYTES   4096u

enum vmctl_flag {                   /* low byte of status.flags; bits 15..8: enum vmctl_reason */
    VMCTL_ST_PAUSED = 1u,
    VMCTL_ST_SHUTDOWN = 2u,         /* the guest has stopped; reason is valid */
    VMCTL_ST_DYING = 4u,            /* DESTROY was received: the end that follows is no accident */
};
#define VMCTL_ST_REASON_SHIFT 8

enum vmctl_vcpu_state { VMCTL_VCPU_OFFLINE, VMCTL_VCPU_RUNNABLE, VMCTL_VCPU_RUNNING,
                        VMCTL_VCPU_BLOCKED };

struct vmctl_vcpu {
    _Atomic uint64_t cpu_time_ns;   /* at most 100 ms old */
    _Atomic uint64_t instructions;
    _Atomic uint32_t state;         /* enum vmctl_vcpu_state */
    uint32_t pad;
};

struct vmctl_status {
    uint32_t magic, version;
    uint32_t domid, builder, nr_vcpus;
    uint32_t store_port, console_port, pad;
    uint8_t uuid[16];
    uint64_t start_time_s;          /* Unix time */
    uint64_t max_pages;
    uint64_t store_pfn, console_pfn;
    char pty_path[64];
    char name[64];
    _Atomic uint32_t flags;
    _Atomic int32_t exit_status;    /* argument of the simulator's EXIT call */
    _Atomic uint64_t nr_pages;
    struct vmctl_vcpu vcpu[VMCTL_MAX_VCPUS];
};
static_assert(sizeof(struct vmctl_status) <= VMCTL_STATUS_BYTES, "the status page is one page");

#endif

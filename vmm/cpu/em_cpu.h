/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_cpu.h: state of machine and processors, shared by the em_*.c files and nobody else.
 *
 * Two ways to execute, one set of semantics:
 *   - every operation has a plain function (em_op_fn) on a decoded struct ia_insn. em_step.c runs
 *     one instruction at a time with them; that is the oracle and what debug traps need.
 *   - em_decode.c turns physical pages into traces of struct em_xi (em_trace.h), whose frequent
 *     operations have handlers of their own and whose others call the plain function.
 *
 * Where the architected state lives while a trace runs: see the comments at the fields. ip and ri
 * are set before every plain function and at every exit from a trace, nowhere else.
 */
#ifndef VMM_CPU_EM_CPU_H
#define VMM_CPU_EM_CPU_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include "em.h"
#include "em_fp.h"
#include "ia.h"

#define EM_LIKELY(x)   __builtin_expect(!!(x), 1)
#define EM_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define EM_COLD        __attribute__((cold, noinline))

#define EM_PAGE_BYTES   4096u
#define EM_PAGE_MASK    (~UINT64_C(4095))
#define EM_PHYS_BITS    50u                     /* implemented physical address bits */
#define EM_PHYS_UC      EM_BIT(63)
#define EM_NR_STACKED   96u                     /* physical stacked registers */
#define EM_STK_WORDS    2048u                   /* room the frame slides in */
#define EM_STK_MARGIN   256u                    /* never let a frame start nearer to an end */
#define EM_NR_TR        64u
#define EM_NR_PKR       16u
#define EM_NR_DBR       16u
#define EM_NR_PM        64u                     /* pmc and pmd numbers kept */
#define EM_NR_CPUID     5u

/** What an operation tells the engine. */
enum em_res {
    EM_OK,              /* completed; next instruction follows */
    EM_EXIT,            /* completed; advance, then look at everything anew (mode, attention) */
    EM_BRANCH,          /* completed; go to cpu->nip, slot 0 */
    EM_FAULT,           /* nothing committed; cpu->in says what */
    EM_TRAP,            /* completed, advance, then cpu->in */
    EM_LEAVE,           /* ip, ri, psr are already those of the next instruction */
};

typedef enum em_res (*em_op_fn)(struct em_cpu *cpu, const struct ia_insn *in);

/** One row per enum ia_op. What a..c say depends on the family (em_optab.c). */
struct em_op {
    em_op_fn fn;                    /* NULL: not implemented */
    uint8_t a, b, c;
};
extern const struct em_op em__optab[];

/* ---- software TLB -----------------------------------------------------------------------------*/

/** 4 KiB granule. A tag is the page address, or EM_TAG_NONE, which equals no masked address. */
struct em_tlbe {
    uint64_t tag_r, tag_w;
    uintptr_t addend;               /* host = va + addend */
    em_gpa_t gpa;                   /* page */
};
#define EM_TAG_NONE   UINT64_C(0x800)
#define EM_TLB_SLOTS  512u
#define EM_TLB_MODES  5u            /* 0: physical, 1 + cpl: virtual */

struct em_chunk;
struct em_itlbe {
    uint64_t tag;                   /* page address or EM_TAG_NONE */
    struct em_chunk *chunk;
    uint8_t ed;                     /* ITLB.ed of the page */
};
#define EM_ITLB_SLOTS 128u

#define EM_TC_SETS 256u
#define EM_TC_WAYS 4u

/** Translations of one side: TRs, and the TC hashed by (rid, page number, page size). */
struct em_xlats {
    struct em_xlat tr[EM_NR_TR];
    uint64_t tr_valid;              /* bit per slot */
    uint64_t tc_sizes;              /* bit per page size that may be in the TC */
    uint64_t tr_sizes;
    uint8_t victim[EM_TC_SETS];
    uint8_t valid[EM_TC_SETS];      /* bit per way */
    struct em_xlat tc[EM_TC_SETS][EM_TC_WAYS];
};

struct em_window {
    em_gva_t va;
    em_gpa_t gpa;
    uint64_t size_bytes;
    uint8_t pl;
};
#define EM_NR_WINDOWS 4u

/* ---- faults of references ---------------------------------------------------------------------*/

/** In the order of their priority (SDM vol. 2, table of interruption priorities). */
enum em_flt {
    EM_F_NONE, EM_F_UNIMPL, EM_F_NESTED, EM_F_ALT, EM_F_VHPT, EM_F_TLB, EM_F_NOT_PRESENT,
    EM_F_NATPAGE, EM_F_KEY_MISS, EM_F_KEY_PERM, EM_F_RIGHTS, EM_F_DIRTY, EM_F_ACCESS, EM_F_DEBUG,
    EM_F_UNALIGNED, EM_F_UNSUPPORTED,
};

enum em_ref_flag {
    EM_RF_SPEC = 1,                 /* ld.s and ld.sa */
    EM_RF_SEMA = 2,                 /* semaphore: WB only, aligned always */
    EM_RF_ALIGNED = 4,              /* must be naturally aligned whatever psr.ac says */
    EM_RF_NOKEYS = 8,               /* fc, tpa */
    EM_RF_NORIGHTS = 16,            /* tpa */
    EM_RF_NOBITS = 32,              /* no A, D, debug: fc, tpa, probe */
    EM_RF_FETCHADD = 64,            /* UCE allowed */
    EM_RF_FORCE_DT = 128,           /* translate even with psr.dt = 0: tpa, probe */
    EM_RF_NOWALK = 256,
    EM_RF_CACHED_ONLY = 512,        /* ld16/st16, ldfe/stfe: unsupported on UC */
};

/** One reference to memory: what is asked, and where it went. */
struct em_ref {
    em_gva_t va;
    uint8_t size_bytes;             /* 1..16 */
    uint8_t acc;                    /* enum em_access bits; 0 for non-access */
    uint8_t cpl;
    uint8_t side;                   /* enum em_side */
    uint16_t flags;
    uint16_t skip;                  /* bit per enum em_flt: conditions already deferred */
    uint64_t isr;                   /* r, w, x, na, sp, rs and code bits */
    /* out */
    em_gpa_t gpa;
    uint64_t iha;
    uint32_t key;
    uint8_t ma;
    uint8_t ar, pl;
    bool ed;
    bool has_key;                   /* went through a translation */
};

/* ---- machine ----------------------------------------------------------------------------------*/

/** Which bundles of a physical page are decoded somewhere (bit per bundle). */
struct em_codemap { _Atomic uint64_t bundle[4]; };

struct em_area {
    em_gpa_t gpa;
    uint64_t size_bytes;
    uint8_t *host;
    _Atomic(struct em_codemap *) *code;     /* per page; NULL until code is decoded there */
};
#define EM_NR_AREAS 65u             /* main memory and 64 others */

struct em_machine {
    struct em_config cfg;
    struct em_ops ops;
    unsigned nr_areas;
    struct em_area area[EM_NR_AREAS];
    pthread_mutex_t lock;           /* allocation of code maps, mailboxes */
    struct em_cpu *cpu[EM_MAX_CPUS];
    uint8_t *void_page;             /* fetched where no memory is: all ones, a reserved template */
};

/* ---- processor --------------------------------------------------------------------------------*/

/** Bits of em_cpu.attn: why a taken branch must leave the trace. */
enum em_attn {
    EM_ATTN_KICK = 1,               /* call the attention hook */
    EM_ATTN_IRQ = 2,                /* look at IRR, ITM, psr.i */
    EM_ATTN_CODE = 4,               /* other threads wrote to decoded pages: see mailbox */
    EM_ATTN_SELF = 8,               /* just leave the trace once */
    EM_ATTN_PURGE = 16,             /* translations purged by other processors: see purge */
};

#define EM_MAILBOX_PAGES 16u
#define EM_MAILBOX_PURGES 16u

struct em_purge { em_gva_t va; uint32_t rid; uint8_t ps; };

struct em_insn_slot { const struct em_xi *xi; struct ia_insn in; };
#define EM_INSN_SLOTS 256u

#define EM_CHUNK_BUCKETS 512u
#define EM_CHUNKS_MAX    4096u

struct em_cpu {
    /* hot: what handlers touch */
    uint64_t gr[32];                /* static registers of the current bank; gr[0] is always 0 */
    uint64_t *st;                   /* stacked: st[r] is register r >= 32, rotation applied */
    uint64_t pr;                    /* logical (rotated) numbering; bit 0 is always 1 */
    struct em_tlbe *dtlb;           /* of the current mode; the empty one with psr.be */
    _Atomic uint32_t attn;          /* enum em_attn bits */
    uint8_t lim;                    /* 32 + sof; 0 while any NaT exists or instructions must be
                                       stepped: one compare finds all that is out of the ordinary */
    uint8_t code_ed;                /* ITLB.ed of the page running */
    uint8_t rotating;               /* some rrb is not zero */
    int32_t ndirty;                 /* registers below the frame not in memory; negative: registers
                                       of the frame that must still be loaded */
    _Atomic uint64_t icount;        /* instructions; in a trace: less the position in the chunk.
                                       Changed by em__count, read by any thread */
    uint64_t chunk_va;              /* of the chunk running */
    struct em_chunk *chunk;
    const struct em_xi *lastbr;     /* last taken branch, if it was inside the chunk */
    struct em_itlbe *itlb;          /* of the current mode */
    uint64_t cfm;
    uint64_t pfs, lc, ec;
    uint64_t br[8];
    uint64_t psr;                   /* without ri */
    uint64_t unat, ccv;
    int32_t nat_count;              /* NaT bits set anywhere in GRs (other bank, dirty ones too) */
    uint32_t gnat;                  /* static registers of the current bank */

    /* position; see the top of this file */
    uint64_t ip;
    uint64_t nip;
    uint32_t ri;
    bool in_trace;
    bool pending;                   /* the trace was left for cpu->in */
    bool cfle;                      /* complete the frame before the next instruction */
    bool slow;                      /* psr wants single stepping */
    uint8_t stop;                   /* 0, or 1 + enum em_exit */
    uint64_t br_from, br_to;        /* last arrival by branch or rfi from elsewhere, for IIPA; the
                                       slot that rfi went to is in the low bits of br_to */
    struct em_interruption in;      /* set with EM_FAULT and EM_TRAP */

    /* RSE. Backing store pointers follow from bspstore and ndirty. */
    uint64_t bspstore, rnat, rsc;

    /* other banked, application and control registers */
    uint64_t gr_other[16];
    uint32_t gnat_other;            /* bits 16..31 */
    uint64_t ar[48];                /* those without a field of their own; k0..k7, fcr, csd... */
    uint64_t fpsr;
    uint64_t cr[128];
    uint64_t rr[8];
    uint64_t pkr[EM_NR_PKR], dbr[EM_NR_DBR], ibr[EM_NR_DBR];
    uint64_t pmc[EM_NR_PM], pmd[EM_NR_PM];
    uint64_t itc_offset;
    bool itm_armed;
    _Atomic uint64_t irr[4];
    uint64_t isr_inservice[4];

    struct em_machine *m;
    unsigned index;
    struct em_window win[EM_NR_WINDOWS];
    unsigned nr_win;

    /* memory for code: chunks by physical page */
    struct em_chunk *bucket[EM_CHUNK_BUCKETS];
    struct em_chunk *dead;          /* freed when no trace runs */
    unsigned nr_chunks;
    em_gpa_t mail[EM_MAILBOX_PAGES];        /* under m->lock; pages touched by others */
    unsigned nr_mail;               /* more than EM_MAILBOX_PAGES: all */
    struct em_purge purge[EM_MAILBOX_PURGES];       /* under m->lock; see em_smp.c */
    unsigned nr_purge;              /* more than EM_MAILBOX_PURGES: all of the TC */
    _Atomic uint64_t purges_posted; /* written under m->lock */
    _Atomic uint64_t purges_done;   /* written by the processor's own thread */
    _Atomic bool inside;            /* guest instructions are or may be executed */

    uint64_t fr_window;             /* index in frbuf of f32 */
    struct em_freg fr[32];
    struct em_freg frbuf[96 + 160];
    uint8_t snat[EM_STK_WORDS];     /* NaT of stk[]; all zero outside the live registers */
    uint64_t stk[EM_STK_WORDS];

    struct em_xlats xl[2];          /* EM_DATA, EM_INST */
    uint32_t tlb_regions[EM_TLB_MODES];     /* bit per region with entries */
    struct em_tlbe tlb[EM_TLB_MODES + 1][EM_TLB_SLOTS];     /* the last one stays empty */
    struct em_itlbe itlbs[EM_TLB_MODES][EM_ITLB_SLOTS];
    struct em_insn_slot insn[EM_INSN_SLOTS];
};

/* ---- frame ------------------------------------------------------------------------------------*/

static inline unsigned em__sof(const struct em_cpu *cpu) { return (unsigned)(cpu->cfm & 0x7f); }
static inline unsigned em__cfm_sof(uint64_t cfm) { return (unsigned)(cfm & 0x7f); }
static inline unsigned em__cfm_sol(uint64_t cfm) { return (unsigned)((cfm >> 7) & 0x7f); }
static inline unsigned em__cfm_sor(uint64_t cfm) { return (unsigned)((cfm >> 14) & 0xf) * 8; }
static inline unsigned em__cfm_rrb_gr(uint64_t cfm) { return (unsigned)((cfm >> 18) & 0x7f); }
static inline unsigned em__cfm_rrb_fr(uint64_t cfm) { return (unsigned)((cfm >> 25) & 0x7f); }
static inline unsigned em__cfm_rrb_pr(uint64_t cfm) { return (unsigned)((cfm >> 32) & 0x3f); }
#define EM_CFM_RRB (UINT64_C(0xfffff) << 18)

static inline unsigned em__cpl(const struct em_cpu *cpu)
{
    return (unsigned)(cpu->psr >> EM_PSR_CPL_SHIFT) & 3;
}

/** Recompute cpu->lim after a change of sof, of the number of NaTs or of psr. */
static inline void em__set_lim(struct em_cpu *cpu)
{
    cpu->lim = (cpu->nat_count || cpu->slow) ? 0 : (uint8_t)(32 + em__sof(cpu));
}

/* ---- registers --------------------------------------------------------------------------------*/

static inline uint64_t em__r(const struct em_cpu *cpu, unsigned r)
{
    return r < 32 ? cpu->gr[r] : cpu->st[r];
}

static inline uint8_t *em__snat(const struct em_cpu *cpu, unsigned r)
{
    return (uint8_t *)cpu->snat + (cpu->st - cpu->stk) + r;
}

static inline bool em__nat(const struct em_cpu *cpu, unsigned r)
{
    if (!cpu->nat_count) return false;
    return r < 32 ? (cpu->gnat >> r) & 1 : *em__snat(cpu, r);
}

void em__set_nat(struct em_cpu *cpu, unsigned r, bool nat);

/** Write a register that was found legal as a target. */
static inline void em__set_r(struct em_cpu *cpu, unsigned r, uint64_t value, bool nat)
{
    if (r < 32) cpu->gr[r] = value;
    else cpu->st[r] = value;
    if (EM_UNLIKELY(nat || cpu->nat_count)) em__set_nat(cpu, r, nat);
}

/** r0 and registers outside the frame may not be targets: Illegal Operation. */
static inline bool em__bad_target(const struct em_cpu *cpu, unsigned r)
{
    return r == 0 || r >= 32 + em__sof(cpu);
}

static inline struct em_freg *em__frp(struct em_cpu *cpu, unsigned f)
{
    return f < 32 ? &cpu->fr[f] : &cpu->frbuf[cpu->fr_window + f - 32];
}

static inline bool em__p(const struct em_cpu *cpu, unsigned p) { return (cpu->pr >> p) & 1; }

/** alloc and counted loop branches may not be predicated (SDM vol. 3, alloc, br): their qp field,
 *  which the decoder leaves in p1, must be 0. The other unpredicated forms ignore it. */
static inline bool em__bad_form(const struct ia_insn *in, uint32_t traits)
{
    return in->p1 && (traits & IA_T_NO_PRED) && ((traits & IA_T_SLOT2) || in->op == IA_OP_ALLOC);
}

/** Write one predicate; p0 stays 1. */
static inline void em__set_p(struct em_cpu *cpu, unsigned p, bool value)
{
    cpu->pr = (cpu->pr & ~EM_BIT(p)) | ((uint64_t)value << p) | 1;
}

/** Count instructions; only this thread writes, so no locked operation. */
static inline void em__count(struct em_cpu *cpu, uint64_t n)
{
    uint64_t old = atomic_load_explicit(&cpu->icount, memory_order_relaxed);

    atomic_store_explicit(&cpu->icount, old + n, memory_order_relaxed);
}

/** All ones in the low `bytes`. */
static inline uint64_t em__mask64(unsigned bytes) { return ~UINT64_C(0) >> (64 - 8 * bytes); }

/* ---- em_intr.c: faults and delivery -----------------------------------------------------------*/

enum em_res em__fault(struct em_cpu *cpu, uint32_t vector, uint64_t isr);
enum em_res em__ge(struct em_cpu *cpu, unsigned code);          /* EM_GE_* */
enum em_res em__illegal(struct em_cpu *cpu);
enum em_res em__priv(struct em_cpu *cpu);
enum em_res em__nat_consumption(struct em_cpu *cpu, uint64_t isr);
enum em_res em__ref_fault(struct em_cpu *cpu, const struct em_ref *ref, enum em_flt f);
void em__ref_interruption(struct em_cpu *cpu, const struct em_ref *ref, enum em_flt f,
                          struct em_interruption *in);
/** Ask the owner about cpu->in, then deliver or do what it says. ip/ri are final afterwards. */
void em__interrupt(struct em_cpu *cpu);
/** Go behind the instruction at ip/ri. */
void em__advance(struct em_cpu *cpu, unsigned nr_slots);
void em__reply(struct em_cpu *cpu, enum em_reply reply, unsigned nr_slots);
enum em_res em__unimplemented(struct em_cpu *cpu, const struct ia_insn *in);
uint64_t em__iipa(const struct em_cpu *cpu);

/* ---- em_mode.c: psr and what hangs on it ------------------------------------------------------*/

void em__set_psr(struct em_cpu *cpu, uint64_t psr);             /* all but ri */
void em__psr_changed(struct em_cpu *cpu, uint64_t old);
void em__bank(struct em_cpu *cpu, unsigned bank);
void em__attn(struct em_cpu *cpu, uint32_t bits);

/* ---- em_rse.c ---------------------------------------------------------------------------------*/

uint64_t em__bsp(const struct em_cpu *cpu);
uint64_t em__bs_up(uint64_t addr, unsigned n);
uint64_t em__bs_down(uint64_t addr, unsigned n);
bool em__frame_ok(uint64_t cfm);
/** Rename registers after cfm changed (rotation undone before, redone after). */
void em__unrotate(struct em_cpu *cpu);
void em__set_cfm(struct em_cpu *cpu, uint64_t cfm);
void em__rotate(struct em_cpu *cpu);
void em__slide(struct em_cpu *cpu);
void em__call_frame(struct em_cpu *cpu);
void em__return_frame(struct em_cpu *cpu, uint64_t cfm, unsigned preserved);
uint64_t em__cover(struct em_cpu *cpu);
enum em_res em__rse_fill(struct em_cpu *cpu);
enum em_res em__rse_alloc(struct em_cpu *cpu, unsigned sof, unsigned sol, unsigned sor);
enum em_res em__rse_flush(struct em_cpu *cpu);
enum em_res em__rse_loadrs(struct em_cpu *cpu);
void em__set_bspstore(struct em_cpu *cpu, uint64_t value);

/** Move the frame pointer if the frame came too near to an end of the buffer. */
static inline void em__keep_room(struct em_cpu *cpu)
{
    size_t at = (size_t)(cpu->st - cpu->stk);
    if (EM_UNLIKELY(at - EM_STK_MARGIN > EM_STK_WORDS - 3 * EM_STK_MARGIN)) em__slide(cpu);
}

/* ---- em_mmu.c, em_tlb.c -----------------------------------------------------------------------*/

enum em_flt em__translate(struct em_cpu *cpu, struct em_ref *ref);
bool em__rights(unsigned ar, unsigned pl, unsigned cpl, unsigned acc);
const struct em_xlat *em__lookup(const struct em_cpu *cpu, enum em_side side, em_gva_t va,
                                 uint32_t rid);
const struct em_window *em__window(const struct em_cpu *cpu, em_gva_t va);
uint64_t em__ttag(const struct em_cpu *cpu, em_gva_t va);
uint64_t em__thash(const struct em_cpu *cpu, em_gva_t va);
void em__tlb_fill(struct em_cpu *cpu, unsigned mode, em_gva_t va, em_gpa_t gpa, unsigned acc);
void em__tlb_flush(struct em_cpu *cpu);                 /* soft TLBs, all modes */
void em__tlb_flush_virtual(struct em_cpu *cpu);
void em__tlb_flush_region(struct em_cpu *cpu, unsigned region);
void em__tlb_flush_range(struct em_cpu *cpu, em_gva_t va, uint64_t len_bytes, bool code);
void em__tlb_unwrite(struct em_cpu *cpu, em_gpa_t page);

static inline unsigned em__data_mode(const struct em_cpu *cpu)
{
    return (cpu->psr & EM_PSR_DT) ? 1 + em__cpl(cpu) : 0;
}

/* ---- em_smp.c ---------------------------------------------------------------------------------*/

/** Around everything that executes no guest instruction and may take long. Entering does the
 *  purges that came meanwhile. */
void em__inside(struct em_cpu *cpu);
void em__outside(struct em_cpu *cpu);
void em__purge_mail(struct em_cpu *cpu);

/* ---- em_atomic.c: host addresses, 16-byte aligned; bytes in memory order ----------------------*/

/** 8 aligned bytes of guest memory, in the order of the host. */
static inline uint64_t em__load64(const uint8_t *host)
{
    return __atomic_load_n((const uint64_t *)(const void *)host, __ATOMIC_ACQUIRE);
}

void em__load16(struct em_machine *m, uint8_t *host, uint8_t *bytes_out);
void em__store16(struct em_machine *m, uint8_t *host, const uint8_t *bytes);
/** Compare the 8 bytes at `host`, store the 16-byte block they are in; returns the 8 old bytes. */
uint64_t em__cas8_16(struct em_machine *m, uint8_t *host, uint64_t expected,
                     const uint64_t value[2]);

/* ---- em_mem.c: data references ----------------------------------------------------------------*/

/** Host address of a resolved reference; NULL if no memory is there. */
uint8_t *em__host(struct em_machine *m, em_gpa_t gpa, uint64_t len_bytes);
struct em_area *em__area(struct em_machine *m, em_gpa_t gpa);
/** Check a reference as the instruction's data access; fills ref. EM_OK or EM_FAULT. */
enum em_res em__check(struct em_cpu *cpu, struct em_ref *ref);
uint64_t em__read_at(struct em_cpu *cpu, const struct em_ref *ref);
enum em_res em__read(struct em_cpu *cpu, struct em_ref *ref, uint64_t *value_out);
enum em_res em__write(struct em_cpu *cpu, struct em_ref *ref, uint64_t value);
/** Bytes in memory order, up to 16, for the forms that are not one integer. */
enum em_res em__read_bytes(struct em_cpu *cpu, struct em_ref *ref, uint8_t *bytes);
enum em_res em__write_bytes(struct em_cpu *cpu, struct em_ref *ref, const uint8_t *bytes);
/** Decide about a speculative reference: EM_OK with *defer_out, or EM_FAULT. */
enum em_res em__spec_check(struct em_cpu *cpu, struct em_ref *ref, bool *defer_out);
struct em_ref em__ref(const struct em_cpu *cpu, em_gva_t va, unsigned size_bytes, unsigned acc);

/* ---- em_code.c: decoded pages -----------------------------------------------------------------*/

struct em_chunk *em__chunk_get(struct em_cpu *cpu, em_gpa_t gpa);
/** Chunk that holds `va` in the current fetch mode, or NULL and cpu->in. */
struct em_chunk *em__fetch(struct em_cpu *cpu, em_gva_t va);
void em__code_drop(struct em_cpu *cpu, em_gpa_t page);
void em__code_drop_all(struct em_cpu *cpu);
void em__code_reap(struct em_cpu *cpu);
void em__code_mail(struct em_cpu *cpu);
bool em__code_mark(struct em_cpu *cpu, em_gpa_t page, unsigned bundle);
bool em__code_at(struct em_machine *m, em_gpa_t gpa);
bool em__code_written(struct em_cpu *cpu, em_gpa_t gpa, uint64_t len_bytes);

/* ---- em_irq.c ---------------------------------------------------------------------------------*/

uint64_t em__itc(struct em_cpu *cpu);
void em__itc_write(struct em_cpu *cpu, uint64_t value);
void em__itm_write(struct em_cpu *cpu, uint64_t value);
void em__itm_check(struct em_cpu *cpu);
unsigned em__irq_deliverable(struct em_cpu *cpu);       /* vector, or 15 */
uint64_t em__ivr_read(struct em_cpu *cpu);
void em__eoi(struct em_cpu *cpu);

/* ---- em_run.c, em_step.c ----------------------------------------------------------------------*/

void em__step(struct em_cpu *cpu);
/** Run the operation; false qp and missing operations included. */
enum em_res em__execute(struct em_cpu *cpu, const struct ia_insn *in);
void em__advance(struct em_cpu *cpu, unsigned nr_slots);
void em__finish(struct em_cpu *cpu, const struct ia_insn *in, enum em_res res);

static inline unsigned em__pos(uint64_t ip, unsigned ri)
{
    return (unsigned)((ip >> 4) & 255) * 3 + ri;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em: the Itanium processor. State, memory, execution.
 *
 * A machine is RAM plus 1..64 processors; each processor runs in the host thread that calls
 * em_cpu_run on it. The processor knows no Xen, no firmware and no device: what happens outside it
 * (interruptions of a paravirtualized guest, break instructions, accesses to memory-mapped devices)
 * is given to its owner through struct em_ops, which answers with an enum em_reply.
 *
 * Ownership: em_machine_new allocates everything, em_machine_free releases it; RAM belongs to the
 *   caller. Pointers to struct em_cpu are valid as long as the machine.
 * Threads: a processor's state may be touched only by the thread in em_cpu_run (so: in the hooks),
 *   or by anyone while no thread is in em_cpu_run for it. em_cpu_kick and em_cpu_post_irq may be
 *   called from any thread at any time. em_ram is read-only after set-up.
 * Errors: guest faults are results, not errors. Nothing here logs or exits.
 * Sources: Intel Itanium Architecture Software Developer's Manual, volumes 1-3 ("SDM").
 */
#ifndef VMM_CPU_EM_H
#define VMM_CPU_EM_H

#include <stdbool.h>
#include <stdint.h>
#include "em_regs.h"
#include "ut_err.h"

typedef uint64_t em_gva_t;          /* guest virtual address, bytes */
typedef uint64_t em_gpa_t;          /* guest physical address, bytes, bit 63 stripped */

#define EM_MAX_CPUS 64u

struct em_machine;
struct em_cpu;
struct ia_insn;

/* ---- what the owner is asked ------------------------------------------------------------------*/

enum em_reply {
    EM_R_DELIVER,       /* take the architected interruption */
    EM_R_NEXT,          /* done: go on behind the instruction */
    EM_R_RESUME,        /* the owner changed ip/psr/cfm...: go on at em_ip(), em_psr() ri */
    EM_R_HALT,          /* as NEXT/RESUME (state already advanced), then em_cpu_run returns
                           EM_X_HALT */
    EM_R_STOP,          /* em_cpu_run returns EM_X_STOP; the state is what the owner left */
};

enum em_side { EM_DATA, EM_INST, EM_RSE };
enum em_access { EM_READ = 1, EM_WRITE = 2, EM_EXEC = 4 };

/** An interruption about to be taken. ip and ri are those of section "IIP" of the SDM: the faulting
 *  instruction for faults, the next one for traps and interrupts. */
struct em_interruption {
    uint32_t vector;                /* offset in the IVT: EM_VEC_* */
    bool is_trap;
    bool has_ifa, has_itir, has_iha, has_iim;
    uint64_t isr, ifa, itir, iha, iim;
    uint64_t ip;                    /* bundle address, virtual */
    unsigned ri;                    /* slot 0..2 */
};

/**
 * Hooks, all called in the processor's own thread with its state precise (em_ip, em_psr, em_gr...
 * are those of the architecture). Any of them may be NULL.
 */
struct em_ops {
    /** Every interruption, before delivery. NULL: always EM_R_DELIVER. NEXT skips the
     *  instruction. */
    enum em_reply (*interruption)(struct em_cpu *cpu, void *ctx, const struct em_interruption *in);
    /** A break instruction (m, i, b, f or x), before it becomes an interruption. */
    enum em_reply (*brk)(struct em_cpu *cpu, void *ctx, uint64_t imm);
    /** Someone called em_cpu_kick, or a timer set through arm_timer expired. Called between
     *  instructions, after the processor looked at its own interrupts. RESUME = just go on. */
    enum em_reply (*attention)(struct em_cpu *cpu, void *ctx);
    /** A load or store that hit no RAM: `gpa` with bit 63 stripped, size 1, 2, 4 or 8. */
    uint64_t (*mmio_read)(struct em_cpu *cpu, void *ctx, em_gpa_t gpa, unsigned size_bytes);
    void (*mmio_write)(struct em_cpu *cpu, void *ctx, em_gpa_t gpa, unsigned size_bytes,
                       uint64_t value);
    /** AR.ITC now, in ticks. Must never go backwards on one processor. */
    uint64_t (*itc)(struct em_cpu *cpu, void *ctx);
    /** Full-privilege guests: call em_cpu_kick when the ITC reaches `itc` (UINT64_MAX = disarm). */
    void (*arm_timer)(struct em_cpu *cpu, void *ctx, uint64_t itc);
    /** The instruction at em_ip/ri is not implemented; the domain will be ended by the owner. */
    void (*unimplemented)(struct em_cpu *cpu, void *ctx, const char *text);
};

/* ---- machine --------------------------------------------------------------------------------*/

struct em_config {
    unsigned nr_cpus;
    void *ram;                      /* host address of gpa 0, page aligned */
    uint64_t ram_bytes;             /* multiple of 4096 */
    const struct em_ops *ops;
    void *ctx;                      /* handed to every hook */
    uint64_t itc_hz;
};

int em_machine_new(const struct em_config *cfg, struct em_machine **machine_out,
                   struct ut_err *err);
void em_machine_free(struct em_machine *m);

/** More memory at another gpa (shared info, mapped registers, grant frames...). Sizes and addresses
 *  in multiples of 4096 bytes; at most 64 such areas; not while a processor runs. */
int em_machine_add_memory(struct em_machine *m, em_gpa_t gpa, void *host, uint64_t size_bytes,
                          struct ut_err *err);

/** Host address of [gpa, gpa + len) if that lies in one memory area, else NULL. */
void *em_ram(struct em_machine *m, em_gpa_t gpa, uint64_t len_bytes);
/** Tell the machine that somebody other than a processor is about to write there (or just has):
 *  decoded code of these pages is dropped on all processors. Any thread. */
void em_machine_touched(struct em_machine *m, em_gpa_t gpa, uint64_t len_bytes);

struct em_cpu *em_machine_cpu(struct em_machine *m, unsigned index);
unsigned em_machine_nr_cpus(const struct em_machine *m);
unsigned em_cpu_index(const struct em_cpu *cpu);
void *em_cpu_owner(const struct em_cpu *cpu);          /* em_config.ctx */
struct em_machine *em_cpu_machine(const struct em_cpu *cpu);

/* ---- execution ------------------------------------------------------------------------------*/

enum em_exit { EM_X_HALT, EM_X_STOP };

/** Run until a hook says HALT or STOP. Physical mode, psr 0, after em_machine_new or
 *  em_cpu_reset. */
enum em_exit em_cpu_run(struct em_cpu *cpu);
/** Power-on state (SDM vol. 2, "Processor state after reset"; all translations gone). */
void em_cpu_reset(struct em_cpu *cpu);
/** Make the processor call the attention hook soon. Any thread, async-signal-safe. */
void em_cpu_kick(struct em_cpu *cpu);
/** True between a kick and the attention it causes: a halted processor must then not sleep. */
bool em_cpu_kicked(const struct em_cpu *cpu);
/** Make external interrupt `vector` pending (IRR) and kick. Any thread. Full-privilege guests. */
void em_cpu_post_irq(struct em_cpu *cpu, uint8_t vector);
/** True if an unmasked external interrupt or an expired ITM waits, whatever psr.i says. */
bool em_cpu_irq_pending(struct em_cpu *cpu);
/** Instructions executed so far (slots, nops and predicated-off ones included). */
uint64_t em_cpu_instructions(const struct em_cpu *cpu);
/** The same, from any thread: off by a page of instructions at most. */
uint64_t em_cpu_instructions_about(const struct em_cpu *cpu);

/* ---- registers ------------------------------------------------------------------------------*/
/* Register numbers are architected names: r32 is the first of the current frame, rotation
 * applied. */

uint64_t em_gr(const struct em_cpu *cpu, unsigned r);
bool em_gr_nat(const struct em_cpu *cpu, unsigned r);
void em_set_gr(struct em_cpu *cpu, unsigned r, uint64_t value, bool nat);
/** r16..r31 of the bank that is not selected by psr.bn. */
uint64_t em_gr_other_bank(const struct em_cpu *cpu, unsigned r, bool *nat_out);
void em_set_gr_other_bank(struct em_cpu *cpu, unsigned r, uint64_t value, bool nat);
void em_fr(const struct em_cpu *cpu, unsigned f, uint64_t image_out[2]);    /* stf.spill image */
void em_set_fr(struct em_cpu *cpu, unsigned f, const uint64_t image[2]);
uint64_t em_br(const struct em_cpu *cpu, unsigned b);
void em_set_br(struct em_cpu *cpu, unsigned b, uint64_t value);
uint64_t em_pr(const struct em_cpu *cpu);              /* as mov r=pr: rotation undone */
void em_set_pr(struct em_cpu *cpu, uint64_t value);
uint64_t em_ip(const struct em_cpu *cpu);              /* bundle address; slot is psr.ri */
void em_set_ip(struct em_cpu *cpu, uint64_t ip, unsigned ri);
uint64_t em_psr(const struct em_cpu *cpu);
/** Sets all bits at once, bank switch and change of translation mode included. ri too. */
void em_set_psr(struct em_cpu *cpu, uint64_t psr);
uint64_t em_cfm(const struct em_cpu *cpu);
uint64_t em_ar(const struct em_cpu *cpu, unsigned ar);     /* raw value, no checks; itc included */
void em_set_ar(struct em_cpu *cpu, unsigned ar, uint64_t value);   /* with the side effects */
uint64_t em_cr(const struct em_cpu *cpu, unsigned cr);     /* raw: reading IVR here has no effect */
void em_set_cr(struct em_cpu *cpu, unsigned cr, uint64_t value);   /* with the side effects */
uint64_t em_rr(const struct em_cpu *cpu, unsigned region);
void em_set_rr(struct em_cpu *cpu, unsigned region, uint64_t value);
/** pkr, dbr, ibr, pmc, pmd, cpuid. Index out of range reads 0, writes nothing. */
uint64_t em_ind(const struct em_cpu *cpu, enum em_ind_file file, unsigned index);
void em_set_ind(struct em_cpu *cpu, enum em_ind_file file, unsigned index, uint64_t value);

/** Switch banks without touching psr otherwise (bsw). */
void em_set_bank(struct em_cpu *cpu, unsigned bank);

/* ---- register stack -------------------------------------------------------------------------*/

/** As the cover instruction, but without writing IFS. Returns the old CFM. */
uint64_t em_rse_cover(struct em_cpu *cpu);
/** As rfi with IFS.v = 1: the frame `ifs` (bits 37..0) becomes current, the current one is gone.
 *  Registers that are in memory are loaded before the next instruction executes. */
void em_rse_restore(struct em_cpu *cpu, uint64_t ifs);
/** True while the current frame is incomplete (a mandatory load is outstanding). */
bool em_rse_incomplete(const struct em_cpu *cpu);

/* ---- translation ----------------------------------------------------------------------------*/

/** A translation as inserted; identical for TR and TC. */
struct em_xlat {
    em_gva_t va;                    /* page base; region bits 63..61 kept */
    uint64_t pte;                   /* as inserted */
    uint32_t rid;
    uint32_t key;
    uint8_t ps;                     /* log2 of the page size */
    bool is_tr;
    uint8_t slot;                   /* TR slot */
};

/** Insert with explicit rid. Overlapping TC entries of the same side go. A reused TR slot is
 *  replaced. @side EM_DATA or EM_INST. */
void em_tr_insert(struct em_cpu *cpu, enum em_side side, unsigned slot, em_gva_t va, uint64_t pte,
                  uint64_t itir, uint32_t rid);
void em_tc_insert(struct em_cpu *cpu, enum em_side side, em_gva_t va, uint64_t pte, uint64_t itir,
                  uint32_t rid);
/** ptc.l / ptc.ga on this processor: both sides' TC entries overlapping [va, va + 2^ps). */
void em_tc_purge(struct em_cpu *cpu, em_gva_t va, unsigned ps, uint32_t rid);
void em_tc_purge_all(struct em_cpu *cpu);
/** ptc.g and ptc.ga: em_tc_purge on every processor of the machine. On return each has done it, or
 *  executes no guest instruction and does it before the next one. Does purges of others for this
 *  processor while it waits. The processor's own thread only; hold no lock that a hook may take. */
void em_tc_purge_global(struct em_cpu *cpu, em_gva_t va, unsigned ps, uint32_t rid);
/** Changes whenever this processor did purges that others asked for: for owners that remember
 *  translations. */
uint64_t em_cpu_purges(const struct em_cpu *cpu);
/** ptr: TRs of that side matching, and its overlapping TC entries. */
void em_tr_purge(struct em_cpu *cpu, enum em_side side, em_gva_t va, unsigned ps, uint32_t rid);
/** TR slot content. False if empty. */
bool em_tr_get(const struct em_cpu *cpu, enum em_side side, unsigned slot, struct em_xlat *x_out);
/** Look up TRs, then TC, by the current rr. No permission check, no walk, no side effect. */
bool em_xlat_find(const struct em_cpu *cpu, enum em_side side, em_gva_t va, struct em_xlat *x_out);

/**
 * A window of addresses that always translates, before TRs and TC, with any rid, also with
 * psr.dt = 0 (data and RSE references, region bits nonzero): the XSI pages of a Xen guest.
 * @pl  least privileged level that may access; accesses from above get an access rights fault
 * size_bytes 0 removes window `index` (0..3).
 */
void em_window_set(struct em_cpu *cpu, unsigned index, em_gva_t va, em_gpa_t gpa,
                   uint64_t size_bytes, unsigned pl);

/** Short-format VHPT hash of SDM vol. 2 for these PTA and RR values. */
uint64_t em_thash(uint64_t pta, uint64_t rr, em_gva_t va);

/**
 * Translate for the owner with the processor's current mode and privilege `cpl`; walks the VHPT
 * where enabled. Returns true and the gpa, or false and the interruption the access would take.
 */
bool em_translate(struct em_cpu *cpu, enum em_side side, em_gva_t va, enum em_access access,
                  unsigned cpl, em_gpa_t *gpa_out, struct em_interruption *in_out);

/* ---- looking at the guest -------------------------------------------------------------------*/

/** The 16 bytes of the bundle at `va` in the current fetch mode. False if it cannot be fetched. */
bool em_fetch_bundle(struct em_cpu *cpu, em_gva_t va, uint64_t bundle_out[2]);
/** Decode the instruction at em_ip / psr.ri. False if not fetchable or reserved. */
bool em_current_insn(struct em_cpu *cpu, struct ia_insn *insn_out);
/** Qualifying predicate of that instruction. */
bool em_qp_true(const struct em_cpu *cpu, unsigned qp);

/** Deliver an architected interruption now (full-privilege firmware emulation, tests). */
void em_deliver(struct em_cpu *cpu, const struct em_interruption *in);
/** Registers as text for a crash report: ip, psr, cfm, GRs of the frame with NaTs, BRs, PRs, ARs,
 *  CRs, RRs, TRs. Lines end in \n. Returns bytes written (cut at size). */
size_t em_dump(struct em_cpu *cpu, char *text, size_t size_bytes);

#endif

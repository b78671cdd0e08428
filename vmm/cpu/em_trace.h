/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_trace.h: the decoded form of code.
 *
 * Code is decoded by physical page (4 KiB: a chunk of 256 bundles, 768 slots), so it stays valid
 * whatever happens to translations. A chunk holds traces: from the bundle where execution entered,
 * struct em_xi follow one another in program order to the end of the chunk or behind an
 * unconditional branch. Instructions without effect (nop, hint, brp, lfetch without increment) are
 * left out. Every decoded bundle is entered in chunk->entry[]; a trace that runs into such a bundle
 * ends with a goto. An entry into the middle of a bundle is found by scanning for its position.
 *
 * One em_xi is one instruction with everything resolved that encodings say: operand numbers and
 * register kinds (static or stacked; they choose the handler), final immediates, branch targets
 * within the chunk. What depends on machine state (frame size, NaTs, privilege) is left to the
 * handler. The first one of a predicated instruction without a predicate in its handler is a `qp`
 * pseudo-instruction that skips one em_xi. Nothing here says how handlers are run: `fn` is what an
 * interpreter calls; a translator to host code reads op, the operands and pos instead.
 *
 * Positions: pos = bundle * 3 + slot. The virtual address of an instruction is that of the chunk
 * (which the processor knows) plus pos / 3 * 16. Instructions are counted by differences of
 * positions at taken branches, so nops and predicated-off ones count.
 */
#ifndef VMM_CPU_EM_TRACE_H
#define VMM_CPU_EM_TRACE_H

#include "em_cpu.h"

/* Threaded: a handler ends in a tail call of the next one. Otherwise it returns the next one to a
 * loop, because without sibling-call optimisation the stack would grow. */
#ifndef EM_THREADED
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define EM_THREADED 1
#else
#define EM_THREADED 0
#endif
#endif

struct em_xi;

/**
 * A handler. @st equals cpu->st and travels in a register. Returns what to run next (not threaded)
 * or NULL: the trace was left, ip and ri are set.
 */
typedef const struct em_xi *(*em_exec_fn)(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st);

struct em_xi {
    em_exec_fn fn;
    union {
        int64_t imm;
        const struct em_xi *to;     /* target within the chunk, once resolved */
        const struct ia_insn *in;   /* operations without a handler of their own */
    } u;
    uint16_t pos;
    uint16_t to_pos;                /* branches within the chunk */
    uint8_t chk;                    /* highest numbered target register: checked against cpu->lim */
    uint8_t d, a, b;                /* GR target and sources */
    uint8_t p1, p2, qp;
    uint8_t c, e;                   /* shift count, length, branch register... */
    uint8_t nr_slots;
    uint16_t op;                    /* enum ia_op */
};

#define EM_CHUNK_BUNDLES 256u
#define EM_CHUNK_SLOTS   768u
#define EM_SEG_XI        126u

/** Room for em_xi; a trace continues in the next one by a goto. */
struct em_seg {
    struct em_seg *next;
    struct em_xi xi[EM_SEG_XI];
};

#define EM_ISEG_INSN 32u
struct em_iseg {
    struct em_iseg *next;
    struct ia_insn in[EM_ISEG_INSN];
};

struct em_chunk {
    struct em_chunk *next;
    em_gpa_t gpa;
    const uint8_t *host;            /* of the page; the void page where no memory is */
    bool is_void;
    struct em_seg *segs;            /* newest first */
    struct em_iseg *isegs;
    unsigned nr_xi, nr_in;          /* used in the newest */
    const struct em_xi *entry[EM_CHUNK_BUNDLES];
};

/** Trace from slot `ri` of bundle `bundle` on, decoded if need be. NULL: out of memory. */
const struct em_xi *em__trace(struct em_cpu *cpu, struct em_chunk *c, unsigned bundle, unsigned ri);
void em__decode_insn(const struct em_chunk *c, unsigned pos, struct ia_insn *in);

/** The instruction's full description, for the plain function; cached. */
const struct ia_insn *em__insn(struct em_cpu *cpu, const struct em_xi *xi);

/* handlers shared between files */
const struct em_xi *em__x_slow(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st);
const struct em_xi *em__x_plain(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st);
const struct em_xi *em__x_goto(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st);
const struct em_xi *em__x_end(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st);
const struct em_xi *em__x_more(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st);
const struct em_xi *em__x_qp(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st);
/** Leave the chunk for `va` (counted as reached from xi), or the trace if attention is due. */
const struct em_xi *em__jump(struct em_cpu *cpu, const struct em_xi *xi, em_gva_t va);
const struct em_xi *em__leave_at(struct em_cpu *cpu, const struct em_xi *to);

/** What the decoder asks the handler files: the handler for an instruction, operands filled in. */
bool em__pick_alu(const struct ia_insn *in, struct em_xi *xi);
bool em__pick_cmp(const struct ia_insn *in, struct em_xi *xi);
bool em__pick_mem(const struct ia_insn *in, struct em_xi *xi);
bool em__pick_fp(const struct ia_insn *in, struct em_xi *xi);
bool em__pick_reg(const struct ia_insn *in, struct em_xi *xi);
bool em__pick_br(const struct ia_insn *in, struct em_xi *xi);

static inline const struct em_xi *em__next(struct em_cpu *cpu, const struct em_xi *xi, uint64_t *st)
{
#if EM_THREADED
    return xi->fn(cpu, xi, st);
#else
    (void)cpu;
    (void)st;
    return xi;
#endif
}

static inline em_gva_t em__xi_va(const struct em_cpu *cpu, const struct em_xi *xi)
{
    return cpu->chunk_va + xi->pos / 3u * 16u;
}

#endif

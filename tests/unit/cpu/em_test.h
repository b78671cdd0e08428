/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_test.h: small machines for the processor's tests. Bundles are put together from encoded slots
 * or from bytes of GNU as. Each test program includes this once; nothing is shared.
 */
#ifndef TESTS_UNIT_CPU_EM_TEST_H
#define TESTS_UNIT_CPU_EM_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "em_cpu.h"
#include "ia_table.h"

#define RAM_BYTES   (UINT64_C(4) << 20)
#define CODE_AT     UINT64_C(0x100000)
#define DATA_AT     UINT64_C(0x200000)
#define STACK_AT    UINT64_C(0x300000)      /* backing store */
#define IVA_AT      UINT64_C(0x80000)

struct box {
    struct em_machine *m;
    struct em_cpu *cpu;
    uint8_t *ram;
    struct em_interruption last;    /* last interruption */
    unsigned nr_interruptions;
    bool stop_at_interruption;
    uint64_t last_break;
    uint64_t itc;
};

static inline enum em_reply box_brk(struct em_cpu *cpu, void *ctx, uint64_t imm)
{
    struct box *b = ctx;

    (void)cpu;
    b->last_break = imm;
    return imm == 0x7777 ? EM_R_STOP : EM_R_DELIVER;
}

static inline enum em_reply box_interruption(struct em_cpu *cpu, void *ctx,
                                             const struct em_interruption *in)
{
    struct box *b = ctx;

    (void)cpu;
    b->last = *in;
    b->nr_interruptions++;
    return b->stop_at_interruption ? EM_R_STOP : EM_R_DELIVER;
}

static inline uint64_t box_itc(struct em_cpu *cpu, void *ctx)
{
    (void)cpu;
    return ((struct box *)ctx)->itc;
}

static inline void box_new(struct box *b)
{
    struct em_ops ops = { .brk = box_brk, .interruption = box_interruption, .itc = box_itc };
    struct em_config cfg = { .nr_cpus = 1, .ram_bytes = RAM_BYTES, .ops = &ops, .ctx = b };
    struct ut_err err;

    memset(b, 0, sizeof(*b));
    b->ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(b->ram != MAP_FAILED);
    cfg.ram = b->ram;
    assert_int_equal(em_machine_new(&cfg, &b->m, &err), 0);
    b->cpu = em_machine_cpu(b->m, 0);
    b->itc = 1000;
    em_set_ar(b->cpu, EM_AR_BSPSTORE, STACK_AT);
    em_set_cr(b->cpu, EM_CR_IVA, IVA_AT);
    em_set_ip(b->cpu, CODE_AT, 0);
}

static inline void box_free(struct box *b)
{
    em_machine_free(b->m);
    munmap(b->ram, RAM_BYTES);
}

/* ---- code -------------------------------------------------------------------------------------*/

#define SLOT_MASK   ((UINT64_C(1) << 41) - 1)
#define NOP_M       UINT64_C(0x00008000000)
#define NOP_I       UINT64_C(0x00008000000)
#define NOP_B       UINT64_C(0x04000000000)
#define BREAK_STOP  (UINT64_C(0x7777) << 6)     /* break.m 0x7777: ends the test program */

static inline void put_bundle(uint8_t *at, unsigned tmpl, uint64_t s0, uint64_t s1, uint64_t s2)
{
    uint64_t w[2];

    w[0] = tmpl | (s0 & SLOT_MASK) << 5 | s1 << 46;
    w[1] = (s1 & SLOT_MASK) >> 18 | s2 << 23;
    memcpy(at, w, 16);
}

/** Encoding of the first row of an operation in the table, all operands 0. */
static inline uint64_t enc(unsigned op)
{
    for (unsigned i = 0; i < IA_NR_ROWS; i++)
        if (ia_rows[i].op == op) return ia_rows[i].match;
    fail_msg("no row for operation %u", op);
    return 0;
}

/** Set a field of a slot. */
static inline uint64_t fld(uint64_t v, unsigned pos) { return v << pos; }
#define R1(r) fld(r, 6)
#define R2(r) fld(r, 13)
#define R3(r) fld(r, 20)
#define QP(p) fld(p, 0)

/** A program: M-unit instructions, one per bundle (MII with nops), ended by the stop break. */
struct prog { uint8_t *at; };

static inline void put_m(struct prog *p, uint64_t insn)
{
    put_bundle(p->at, 0x01, insn, NOP_I, NOP_I);
    p->at += 16;
}

static inline void put_i(struct prog *p, uint64_t insn)
{
    put_bundle(p->at, 0x01, NOP_M, insn, NOP_I);
    p->at += 16;
}

static inline void put_b(struct prog *p, uint64_t insn)
{
    put_bundle(p->at, 0x11, NOP_M, NOP_I, insn);
    p->at += 16;
}

static inline void put_f(struct prog *p, uint64_t insn)
{
    put_bundle(p->at, 0x0d, NOP_M, insn, NOP_I);
    p->at += 16;
}

static inline uint64_t i_adds(unsigned r1, int64_t imm, unsigned r3)
{
    uint64_t u = (uint64_t)imm;

    return enc(IA_OP_ADDS) | R1(r1) | R3(r3) | fld(u & 127, 13) | fld((u >> 7) & 63, 27) |
           fld((u >> 13) & 1, 36);
}

static inline uint64_t i_alloc(unsigned r1, unsigned sof, unsigned sol, unsigned sor8)
{
    return enc(IA_OP_ALLOC) | R1(r1) | fld(sof, 13) | fld(sol, 20) | fld(sor8, 27);
}

/** Branches to a bundle displacement. */
static inline uint64_t disp25(int64_t bytes)
{
    uint64_t d = (uint64_t)(bytes >> 4);

    return fld(d & 0xfffff, 13) | fld((d >> 20) & 1, 36);
}

static inline void run_box(struct box *b)
{
    assert_int_equal(em_cpu_run(b->cpu), EM_X_STOP);
}

static inline uint64_t rnd(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed * UINT64_C(0x2545f4914f6cdd1d);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvt.h: a small machine with the hypervisor on it, for the tests of vmm/xen. The hooks are called
 * directly, as the processor would; hv's requests to its host are recorded.
 */
#ifndef TESTS_UNIT_XEN_HVT_H
#define TESTS_UNIT_XEN_HVT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include "hv.h"
#include "hv_abi.h"
#include "ia.h"

#define T_PAGES    1024u
#define T_RAM      ((uint64_t)T_PAGES * 16384)
#define T_CODE     0x40000u         /* gpa of instructions; metaphysical, so also the va */
#define T_DATA     0x80000u         /* gpa for hypercall structures */
#define T_IVA      0x100000u
#define T_CALLBACK 0x120000u
#define T_INLINE(gpa) ((uint64_t)(gpa) | UINT64_C(1) << 63)
#define T_CPL1     (UINT64_C(1) << EM_PSR_CPL_SHIFT)

struct hvt {
    uint8_t *mem;
    struct em_machine *m;
    struct hv *hv;
    struct em_cpu *cpu;             /* vcpu 0 */
    struct hv_shared_info *si;
    /* what the host was asked */
    int shutdown;                   /* reason, -1 = none */
    unsigned nr_shutdown, nr_wake, nr_firmware;
    uint64_t armed_itc, now_ns;
    enum em_reply firmware_reply;
    bool must_stop, has_rendezvous;
    char console[256], last_log[512];
    size_t console_len;
    uint64_t released_pfn, nr_released;
};

static enum em_reply hvt_firmware(void *ctx, struct em_cpu *cpu, uint64_t number)
{
    struct hvt *t = ctx;

    (void)cpu;
    (void)number;
    t->nr_firmware++;
    if (t->firmware_reply == EM_R_HALT) em_set_ip(cpu, em_ip(cpu) + 16, 0);     /* state advanced */
    return t->firmware_reply;
}
static bool hvt_rendezvous(void *ctx, uint64_t *ip_out, uint64_t *gp_out)
{
    *ip_out = 0x5550;
    *gp_out = 0x7770;
    return ((struct hvt *)ctx)->has_rendezvous;
}
static void hvt_arm(void *ctx, struct em_cpu *cpu, uint64_t itc)
{
    (void)cpu;
    ((struct hvt *)ctx)->armed_itc = itc;
}
static void hvt_shutdown(void *ctx, enum hv_shutdown reason)
{
    ((struct hvt *)ctx)->shutdown = (int)reason;
    ((struct hvt *)ctx)->nr_shutdown++;
}
static void hvt_wake(void *ctx, struct em_cpu *cpu)
{
    (void)cpu;
    ((struct hvt *)ctx)->nr_wake++;
}
static bool hvt_must_stop(void *ctx, struct em_cpu *cpu)
{
    (void)cpu;
    return ((struct hvt *)ctx)->must_stop;
}
static void hvt_console(void *ctx, const char *text, size_t len)
{
    struct hvt *t = ctx;

    if (len > sizeof(t->console) - t->console_len) len = sizeof(t->console) - t->console_len;
    memcpy(t->console + t->console_len, text, len);
    t->console_len += len;
}
static uint64_t hvt_now(void *ctx) { return ((struct hvt *)ctx)->now_ns; }
static void hvt_release(void *ctx, uint64_t pfn, uint64_t nr)
{
    ((struct hvt *)ctx)->released_pfn = pfn;
    ((struct hvt *)ctx)->nr_released += nr;
}
static void hvt_log(void *ctx, int level, const char *text)
{
    (void)level;
    snprintf(((struct hvt *)ctx)->last_log, sizeof(((struct hvt *)ctx)->last_log), "%s", text);
}

static inline struct hvt *hvt_new(unsigned nr_cpus)
{
    struct hvt *t = calloc(1, sizeof(*t));
    struct ut_err err = UT_ERR_INIT;
    struct hv_config cfg = { .nr_pages = T_PAGES, .max_pages = T_PAGES, .start_info_pfn = 1021,
                             .memmap_pfn = 1020, .store_pfn = 1022, .console_pfn = 1023,
                             .domid = 7, .itc_hz = 1000000000 };
    struct em_config ecfg = { .nr_cpus = nr_cpus, .ram_bytes = T_RAM, .ops = &hv_em_ops,
                              .itc_hz = 1000000000 };
    size_t bytes = T_RAM + hv_extra_bytes();

    assert_non_null(t);
    t->shutdown = -1;
    t->firmware_reply = EM_R_NEXT;
    t->mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(t->mem != MAP_FAILED);
    cfg.extra = t->mem + T_RAM;
    cfg.host = (struct hv_host){
        .ctx = t, .firmware = hvt_firmware, .boot_rendezvous = hvt_rendezvous, .arm_timer = hvt_arm,
        .shutdown = hvt_shutdown, .wake = hvt_wake, .must_stop = hvt_must_stop,
        .console_io = hvt_console, .system_time_ns = hvt_now, .release_pages = hvt_release,
        .log = hvt_log };
    assert_int_equal(hv_new(&cfg, &t->hv, &err), UT_OK);
    ecfg.ram = t->mem;
    ecfg.ctx = t->hv;
    assert_int_equal(em_machine_new(&ecfg, &t->m, &err), UT_OK);
    assert_int_equal(hv_attach(t->hv, t->m, T_CODE, 0xb00, &err), UT_OK);
    t->cpu = em_machine_cpu(t->m, 0);
    t->si = (struct hv_shared_info *)(void *)(t->mem + T_RAM);
    return t;
}

static inline void hvt_free(struct hvt *t)
{
    em_machine_free(t->m);
    hv_free(t->hv);
    munmap(t->mem, T_RAM + hv_extra_bytes());
    free(t);
}

static inline struct hv_mapped_regs *hvt_mr(struct hvt *t, unsigned vcpu)
{
    return (struct hv_mapped_regs *)(void *)(t->mem + T_RAM + (1 + vcpu) * HV_PAGE_SIZE);
}

/** A break at T_CODE slot 0, as the processor reports it. */
static inline enum em_reply hvt_break_on(struct hvt *t, struct em_cpu *cpu, uint64_t imm)
{
    em_set_ip(cpu, T_CODE, 0);
    return hv_em_ops.brk(cpu, t->hv, imm);
}
static inline enum em_reply hvt_break(struct hvt *t, uint64_t imm)
{
    return hvt_break_on(t, t->cpu, imm);
}
static inline void hvt_gr(struct hvt *t, unsigned r, uint64_t value)
{
    em_set_gr(t->cpu, r, value, false);
}

/** Class-0 hypercall; result from r8. */
static inline int64_t hvt_call_on(struct hvt *t, struct em_cpu *cpu, uint64_t nr, uint64_t a0,
                                  uint64_t a1, uint64_t a2)
{
    em_rse_restore(cpu, 6 | 6 << 7);
    em_set_gr(cpu, 2, nr, false);
    em_set_gr(cpu, 32, a0, false);
    em_set_gr(cpu, 33, a1, false);
    em_set_gr(cpu, 34, a2, false);
    hvt_break_on(t, cpu, HV_BREAK_HYPERCALL);
    return (int64_t)em_gr(cpu, 8);
}
static inline int64_t hvt_call(struct hvt *t, uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
    return hvt_call_on(t, t->cpu, nr, a0, a1, a2);
}
/** The same with one structure argument, copied in and out. */
static inline int64_t hvt_op(struct hvt *t, uint64_t nr, uint64_t cmd, void *arg, size_t size)
{
    int64_t rc;

    memcpy(t->mem + T_DATA, arg, size);
    rc = hvt_call(t, nr, cmd, T_INLINE(T_DATA), 1);
    memcpy(arg, t->mem + T_DATA, size);
    return rc;
}

/** Register the event callback and let events in. */
static inline void hvt_enable_events(struct hvt *t)
{
    struct { uint16_t type, flags; uint32_t pad; uint64_t ip; } cb = { 0, 0, 0, T_CALLBACK };

    assert_int_equal(hvt_op(t, 30, 0, &cb, sizeof(cb)), 0);
    t->si->vcpu[0].upcall_mask = 0;
}

/** Put one instruction (41 bits) in slot 0 of an MII or BBB bundle at gpa. */
static inline void hvt_put(struct hvt *t, uint64_t gpa, uint64_t insn, bool branch_unit)
{
    const uint64_t nop = branch_unit ? UINT64_C(0x4000000000) : UINT64_C(0x8000000);
    const uint64_t tmpl = branch_unit ? 0x17 : 0x01;
    uint64_t w[2];

    w[0] = tmpl | insn << 5 | nop << 46;
    w[1] = nop >> 18 | nop << 23;
    memcpy(t->mem + gpa, w, sizeof(w));
    em_machine_touched(t->m, gpa, sizeof(w));
    /* executable, as it would be had it just been fetched */
    em_tc_insert(t->cpu, EM_INST, gpa, gpa | 0x6e1, 14u << 2, EM_RR_RID(em_rr(t->cpu, 0)));
}

/** The processor refuses the instruction at T_CODE slot 0 with a general exception. */
static inline enum em_reply hvt_privileged(struct hvt *t, uint64_t insn, bool branch_unit,
                                           uint64_t code)
{
    struct em_interruption in = { .vector = EM_VEC_GENERAL, .isr = code, .ip = T_CODE };

    hvt_put(t, T_CODE, insn, branch_unit);
    em_set_ip(t->cpu, T_CODE, 0);
    return hv_em_ops.interruption(t->cpu, t->hv, &in);
}

static inline unsigned hvt_ri(struct em_cpu *cpu)
{
    return (unsigned)((em_psr(cpu) & EM_PSR_RI) >> EM_PSR_RI_SHIFT);
}
#define assert_behind(t) do { assert_int_equal(em_ip((t)->cpu), T_CODE); \
                              assert_int_equal(hvt_ri((t)->cpu), 1); } while (0)

#endif

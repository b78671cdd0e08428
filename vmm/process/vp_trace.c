/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vp_trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ia.h"
#include "ut_io.h"

#define BUFFER_BYTES 16384u
#define LINE_BYTES   256u
#define RUN_MAX      192u               /* instructions looked at ahead of time */

struct vp_trace {
    struct vp_vcpu *v;
    uint32_t what;                      /* enum vmctl_trace */
    const struct em_ops *inner;
    size_t len;
    char buffer[BUFFER_BYTES];

    /* the straight line that is being executed */
    uint64_t icount;                    /* at its start */
    unsigned nr_run, nr_printed;
    struct { uint64_t ip; unsigned slot; struct ia_insn insn; bool ok; } run[RUN_MAX];
};

/* Hooks get the context of whoever owns the machine, which is not ours: the thread tells the
   vcpu. */
static _Thread_local struct vp_trace *current;

/* ---- text ---------------------------------------------------------------------------------- */

static void flush(struct vp_trace *t)
{
    int fd = t->v->dom->fd[VMCTL_FD_LOG];

    if (fd >= 0 && t->len) (void)ut_io_write_all(fd, t->buffer, t->len, NULL);
    t->len = 0;
}

static void line(struct vp_trace *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void line(struct vp_trace *t, const char *fmt, ...)
{
    va_list ap;
    int n;

    if (BUFFER_BYTES - t->len < LINE_BYTES) flush(t);
    va_start(ap, fmt);
    n = vsnprintf(t->buffer + t->len, LINE_BYTES - 1, fmt, ap);
    va_end(ap);
    if (n < 0) return;
    t->len += (size_t)n < LINE_BYTES - 1 ? (size_t)n : LINE_BYTES - 2;
    t->buffer[t->len++] = '\n';
}

/* ---- instructions -------------------------------------------------------------------------- */

/* Print the line that was looked at when it began up to entry `end`. */
static void print_to(struct vp_trace *t, unsigned end)
{
    for (; t->nr_printed < end; t->nr_printed++) {
        unsigned i = t->nr_printed;
        char text[128];

        ia_disasm(&t->run[i].insn, t->run[i].ip, text, sizeof(text));
        line(t, "%u insn %016llx.%u %s", t->v->index, (unsigned long long)t->run[i].ip,
             t->run[i].slot, t->run[i].ok ? text : "(reserved)");
    }
}

/* Print what was executed of it: its first `nr_slots` slots. */
static void print_run(struct vp_trace *t, uint64_t nr_slots)
{
    uint64_t done = 0;
    unsigned end = 0;

    for (; end < t->nr_run && done < nr_slots; end++)
        done += t->run[end].insn.nr_slots ? t->run[end].insn.nr_slots : 1;
    print_to(t, end);
    if (done < nr_slots)
        line(t, "%u insn ... %llu more", t->v->index, (unsigned long long)(nr_slots - done));
}

/* An event in the middle of the line: what came before it is printed before it. */
static void print_before(struct vp_trace *t, uint64_t ip, unsigned slot)
{
    for (unsigned i = t->nr_printed; i < t->nr_run; i++) {
        if (t->run[i].ip != ip || t->run[i].slot != slot) continue;
        print_to(t, i);
        return;
    }
}

/* Decode ahead from here: after a branch the translation may be another one. */
static void look_ahead(struct vp_trace *t)
{
    struct em_cpu *cpu = t->v->cpu;
    uint64_t ip = em_ip(cpu), bundle[2];
    unsigned slot = (unsigned)((em_psr(cpu) & EM_PSR_RI) >> EM_PSR_RI_SHIFT);

    t->nr_run = t->nr_printed = 0;
    t->icount = em_cpu_instructions(cpu);
    while (t->nr_run + 3 <= RUN_MAX && em_fetch_bundle(cpu, ip, bundle)) {
        while (slot < 3) {
            unsigned i = t->nr_run++;

            t->run[i].ip = ip;
            t->run[i].slot = slot;
            t->run[i].ok = ia_decode(bundle, slot, &t->run[i].insn);
            slot += t->run[i].insn.nr_slots ? t->run[i].insn.nr_slots : 1;
        }
        slot = 0;
        ip += 16;
    }
}

static void close_run(struct vp_trace *t)
{
    uint64_t now = em_cpu_instructions(t->v->cpu);

    if (t->what & VMCTL_TRACE_INSN && now > t->icount) print_run(t, now - t->icount);
    t->icount = now;
    t->nr_run = t->nr_printed = 0;
}

/* ---- hooks --------------------------------------------------------------------------------- */

static enum em_reply on_attention(struct em_cpu *cpu, void *ctx)
{
    struct vp_trace *t = current;
    enum em_reply reply;

    close_run(t);
    reply = t->inner->attention ? t->inner->attention(cpu, ctx) : EM_R_RESUME;
    if (t->what & VMCTL_TRACE_INSN && reply == EM_R_RESUME) {
        look_ahead(t);
        em_cpu_kick(cpu);
    }
    return reply;
}

static bool is_translation(uint32_t vector)
{
    return vector <= EM_VEC_DACCESS || vector == EM_VEC_PAGE_NOT_PRESENT;
}

static enum em_reply on_interruption(struct em_cpu *cpu, void *ctx,
                                     const struct em_interruption *in)
{
    struct vp_trace *t = current;
    bool wanted = t->what & VMCTL_TRACE_IRQ ||
                  (t->what & VMCTL_TRACE_TLB && is_translation(in->vector));

    print_before(t, in->ip, in->ri);
    if (wanted)
        line(t, "%u %s %04x ip %016llx.%u isr %llx ifa %llx iim %llx psr %llx", t->v->index,
             is_translation(in->vector) ? "tlb" : "irq", in->vector, (unsigned long long)in->ip,
             in->ri, (unsigned long long)in->isr, in->has_ifa ? (unsigned long long)in->ifa : 0,
             in->has_iim ? (unsigned long long)in->iim : 0, (unsigned long long)em_psr(cpu));
    return t->inner->interruption ? t->inner->interruption(cpu, ctx, in) : EM_R_DELIVER;
}

static enum em_reply on_break(struct em_cpu *cpu, void *ctx, uint64_t imm)
{
    struct vp_trace *t = current;

    print_before(t, em_ip(cpu), (unsigned)((em_psr(cpu) & EM_PSR_RI) >> EM_PSR_RI_SHIFT));
    if (t->what & VMCTL_TRACE_HYPERCALL)
        line(t, "%u break %llx ip %016llx r2 %llx r8 %llx r14 %llx r15 %llx r16 %llx r28 %llx",
             t->v->index, (unsigned long long)imm, (unsigned long long)em_ip(cpu),
             (unsigned long long)em_gr(cpu, 2), (unsigned long long)em_gr(cpu, 8),
             (unsigned long long)em_gr(cpu, 14), (unsigned long long)em_gr(cpu, 15),
             (unsigned long long)em_gr(cpu, 16), (unsigned long long)em_gr(cpu, 28));
    return t->inner->brk ? t->inner->brk(cpu, ctx, imm) : EM_R_DELIVER;
}

/* ---- life ---------------------------------------------------------------------------------- */

const struct em_ops *vp_trace_wrap(struct vp_domain *d, const struct em_ops *ops)
{
    d->traced_ops = ops;
    if (!d->cfg.trace) return ops;
    d->em_ops = *ops;
    d->em_ops.attention = on_attention;
    d->em_ops.interruption = on_interruption;
    d->em_ops.brk = on_break;
    return &d->em_ops;
}

int vp_trace_new(struct vp_vcpu *v, struct vp_trace **trace_out, struct ut_err *err)
{
    struct vp_trace *t;

    *trace_out = NULL;
    if (!v->dom->cfg.trace) return UT_OK;
    t = calloc(1, sizeof(*t));
    if (!t) return ut_err_set(err, UT_ENOMEM, "trace");
    t->v = v;
    t->what = v->dom->cfg.trace;
    t->inner = v->dom->traced_ops;
    *trace_out = t;
    return UT_OK;
}

void vp_trace_free(struct vp_trace *t)
{
    free(t);
}

void vp_trace_enter(struct vp_trace *t)
{
    if (!t) return;
    current = t;
    t->icount = em_cpu_instructions(t->v->cpu);
    if (t->what & VMCTL_TRACE_INSN) em_cpu_kick(t->v->cpu);
}

void vp_trace_leave(struct vp_trace *t)
{
    if (!t) return;
    close_run(t);
    flush(t);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trap.c: every interruption comes here from the vector table; what nobody serves is the end. */
#include "mini.h"

#define ISR_X (UINT64_C(1) << 32)
#define PSR_RI_SHIFT 41
#define PSR_RI (UINT64_C(3) << PSR_RI_SHIFT)

void nested_miss_panic(void);

static bool from_user(const struct frame *f)
{
    return (f->ipsr >> 32 & 3) != 0;
}

static bool serve_miss(struct frame *f)
{
    return user_fault(f->ifa, f->isr & ISR_X ? INSERT_INST : INSERT_DATA);
}

/* Interrupted code goes on behind the break. */
static void skip_instruction(struct frame *f)
{
    uint64_t slot = (f->ipsr & PSR_RI) >> PSR_RI_SHIFT;

    f->ipsr &= ~PSR_RI;
    if (slot == 2)
        f->iip += 16;
    else
        f->ipsr |= (slot + 1) << PSR_RI_SHIFT;
}

static bool serve_break(struct frame *f)
{
    if (f->iim != BREAK_SYSCALL || !from_user(f)) return false;
    skip_instruction(f);
    user_syscall(f);
    return true;
}

static bool serve_interrupt(struct frame *f)
{
    (void)f;
    pv->irq_dispatch();
    return true;
}

static const struct vector {
    uint64_t offset;
    const char *name;
    bool (*serve)(struct frame *f);             /* NULL: unexpected */
} vectors[] = {
    { VEC_VHPT, "VHPT translation", serve_miss },
    { VEC_ITLB, "instruction TLB miss", serve_miss },
    { VEC_DTLB, "data TLB miss", serve_miss },
    { VEC_ALT_ITLB, "alternate instruction TLB miss", serve_miss },
    { VEC_ALT_DTLB, "alternate data TLB miss", serve_miss },
    { VEC_NESTED, "nested data TLB miss", NULL },
    { 0x1800, "instruction key miss", NULL },
    { 0x1c00, "data key miss", NULL },
    { 0x2000, "dirty bit", NULL },
    { 0x2400, "instruction access bit", NULL },
    { 0x2800, "data access bit", NULL },
    { VEC_BREAK, "break", serve_break },
    { VEC_INTERRUPT, "external interrupt", serve_interrupt },
    { 0x5000, "page not present", NULL },
    { 0x5100, "key permission", NULL },
    { 0x5200, "instruction access rights", NULL },
    { 0x5300, "data access rights", NULL },
    { VEC_GENERAL, "general exception", NULL },
    { 0x5500, "disabled floating point", NULL },
    { 0x5600, "NaT consumption", NULL },
    { 0x5700, "speculative operation", NULL },
    { 0x5900, "debug", NULL },
    { 0x5a00, "unaligned reference", NULL },
    { 0x5b00, "unsupported reference", NULL },
    { 0x5c00, "floating point fault", NULL },
    { 0x5d00, "floating point trap", NULL },
    { 0x5e00, "lower-privilege transfer", NULL },
    { 0x5f00, "taken branch", NULL },
    { 0x6000, "single step", NULL },
};

static const struct vector *find_vector(uint64_t offset)
{
    static const struct vector unknown = { 0, "unknown interruption", NULL };

    for (unsigned i = 0; i < ARRAY_SIZE(vectors); i++)
        if (vectors[i].offset == offset) return &vectors[i];
    return &unknown;
}

static void dump(const struct frame *f)
{
    printf("ip   %016lx  psr  %016lx  isr  %016lx  ifa  %016lx\n", f->iip, f->ipsr, f->isr, f->ifa);
    printf("ifs  %016lx  pfs  %016lx  rsc  %016lx  iim  %016lx\n", f->ifs, f->pfs, f->rsc, f->iim);
    printf("b0   %016lx  b6   %016lx  b7   %016lx  pr   %016lx\n", f->b0, f->b6, f->b7, f->pr);
    for (unsigned i = 1; i < 32; i++)
        printf("r%-3u %016lx%s", i, f->r[i], i % 4 == 0 || i == 31 ? "\n" : "  ");
}

void panic(const char *fmt, ...)
{
    va_list ap;

    pv->irq_off();
    console_mute(false);
    printf("\nmini-ia64: panic: ");
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\n");
    pv->shutdown(SHUTDOWN_CRASH);
}

void trap(struct frame *f)
{
    const struct vector *v = find_vector(f->vector);

    if (v->serve && v->serve(f)) return;
    if (from_user(f)) user_leave(-(long)f->vector);
    console_mute(false);
    printf("\nmini-ia64: unexpected %s (vector 0x%lx)\n", v->name, f->vector);
    dump(f);
    panic("%s at 0x%lx", v->name, f->iip);
}

void nested_miss_panic(void)
{
    console_emergency();
    printf("\nmini-ia64: panic: data TLB miss inside an interruption handler\n");
    pv->shutdown(SHUTDOWN_CRASH);
}

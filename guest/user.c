/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * user.c: two small programs at privilege level 3, to see that system calls, page faults, register
 * stack switches and privilege work. Their pages are mapped on demand, like anybody's.
 */
#include "mini.h"

#define PAGE_BYTES (1u << USER_PS)
#define CODE_VA    (USER_BASE + 0x10000)
#define STACK_VA   (USER_BASE + 0x20000)        /* memory stack at the end, backing store below */
#define SUM_TO_60  1830

extern uint8_t user_code[], user_code_end[], user_sum[], user_privileged[];

static uint8_t code_page[PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));
static uint8_t stack_page[PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));
static uint64_t kernel_rbs[512] __attribute__((aligned(512)));
static uint64_t kernel_stack[1024] __attribute__((aligned(16)));
static unsigned nr_syscalls, nr_faults;

static const struct page {
    uint64_t va;
    uint8_t *memory;
    uint64_t rights;
} pages[] = {
    { CODE_VA, code_page, PTE_RX },
    { STACK_VA, stack_page, PTE_RW },
};

bool user_fault(uint64_t addr, enum insert_side side)
{
    for (unsigned i = 0; i < ARRAY_SIZE(pages); i++) {
        if (addr - pages[i].va >= PAGE_BYTES) continue;
        nr_faults++;
        pv->insert(side, pages[i].va, pa(pages[i].memory) | PTE_FLAGS | PTE_USER | pages[i].rights);
        return true;
    }
    return false;
}

void user_syscall(struct frame *f)
{
    nr_syscalls++;
    switch (f->r[15]) {
    case SYS_EXIT:
        user_leave((long)f->r[14]);
    case SYS_NOP:
        f->r[8] = 0;
        break;
    case SYS_PUTC:
        printf("%c", (char)f->r[14]);
        f->r[8] = 0;
        break;
    default:
        f->r[8] = (uint64_t)-1;
    }
}

void user_init(void)
{
    memcpy(code_page, user_code, (size_t)(user_code_end - user_code));
    for (unsigned i = 0; i < PAGE_BYTES; i += 32)
        __asm__ volatile("fc %0" :: "r"(code_page + i) : "memory");
    __asm__ volatile(";; sync.i ;; srlz.i ;;" ::: "memory");
    /* one stack for interruptions from user level; its content dies with each */
    pv->set_kr(7, (uint64_t)(kernel_stack + ARRAY_SIZE(kernel_stack) - 2));
    pv->set_kr(6, (uint64_t)kernel_rbs);
}

static long run(const uint8_t *program)
{
    long value;

    pv->irq_off();
    value = user_enter(CODE_VA + (uint64_t)(program - user_code), STACK_VA + PAGE_BYTES - 16,
                       STACK_VA);
    pv->irq_on();
    return value;
}

bool user_run_sum(void)
{
    return run(user_sum) == SUM_TO_60;
}

void user_test(void)
{
    long sum, privileged;

    nr_syscalls = nr_faults = 0;
    sum = run(user_sum);
    privileged = run(user_privileged);
    printf("user: %u system calls, %u page faults, privileged instruction refused: %s\n",
           nr_syscalls, nr_faults,
           sum == SUM_TO_60 && privileged == -VEC_GENERAL ? "ok" : "FAILED");
}

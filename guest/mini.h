/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mini.h: everything the kernel's files offer each other, one section per file.
 *
 * One processor, no threads. Interruption handlers run with interrupts off on the stack of what
 * they interrupted, and mostly do nothing but wake: whoever waits looks again.
 */
#ifndef MINI_H
#define MINI_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "abi.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MINI_VERSION "1.0"

/* ---- addresses ------------------------------------------------------------------------------- */

/** Physical address of anything in the kernel's page or in region 7. */
static inline uint64_t pa(const void *p)
{
    return (uint64_t)p & ~(UINT64_C(7) << 61);
}

/** Physical memory through region 7. */
static inline void *va(uint64_t gpa)
{
    return (void *)(gpa | IDENTITY_BASE);
}

/* ---- lib.c ----------------------------------------------------------------------------------- */

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *p, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
/** Decimal or 0x...; `dflt` if s is NULL, empty or no number. */
uint64_t parse_u64(const char *s, uint64_t dflt);
/** A word of the command line: "" for WORD, the text behind '=' for WORD=TEXT or WORD="TEXT", NULL
 *  if it is not there. Valid until the next call. */
const char *cmdline_word(const char *cmdline, const char *word);
void random_seed(uint64_t seed);
uint64_t random_u64(void);
/** %d %u %x %s %c %%, with l, a width, 0 and -. */
void vformat(void (*put)(char), const char *fmt, va_list ap);

/* ---- console.c ------------------------------------------------------------------------------- */

void printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void vprintf(const char *fmt, va_list ap);
/** Say nothing until unmuted. */
void console_mute(bool on);
/** Next character typed, or -1. */
int console_poll(void);
/** From now on print by simulator calls only: they need no memory and no event channel. */
void console_emergency(void);

/* ---- pv.h: the two worlds -------------------------------------------------------------------- */

enum shutdown_reason { SHUTDOWN_POWEROFF = 0, SHUTDOWN_REBOOT = 1, SHUTDOWN_CRASH = 3 };
enum insert_side { INSERT_INST = 0, INSERT_DATA = 1 };

/** What differs between the bare processor (pv_native.c) and Xen (pv_xen.c). */
struct pv_ops {
    const char *world;
    void (*init)(void);                         /* interrupts, timer, events; they stay off */
    void (*irq_off)(void);
    void (*irq_on)(void);
    void (*irq_dispatch)(void);                 /* external interrupt or event callback */
    void (*set_itm)(uint64_t itc);              /* timer interrupt when ar.itc gets there */
    void (*set_kr)(unsigned n, uint64_t v);     /* ar.k6 and ar.k7 */
    /** Translation cache entry of one 16 KiB page. */
    void (*insert)(enum insert_side side, uint64_t va, uint64_t pte);
    uint64_t (*get_rr)(uint64_t va);
    uint64_t (*get_psr)(void);
    uint64_t (*cpuid)(unsigned n);
    uint64_t (*thash)(uint64_t va);
    void (*putc)(char c);
    void (*flush)(void);                        /* after some putc; may be NULL */
    int (*getc)(void);                          /* -1: nothing there */
    void (*shutdown)(enum shutdown_reason reason) __attribute__((noreturn));
};
extern const struct pv_ops pv_native, pv_xen;
extern const struct pv_ops *pv;

/** Physical address of struct boot_param, 0 if there is none (bare simulator). */
extern uint64_t boot_param_pa;
extern unsigned privilege_level;    /* what stands in for level 0: 1 or 2 under Xen */

/* ---- asm.S ----------------------------------------------------------------------------------- */

struct fw_result { int64_t status; uint64_t v0, v1, v2; };

long hypercall(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t number);
long ssc(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t number);
struct fw_result pal_call(uint64_t entry, uint64_t index, uint64_t a1, uint64_t a2, uint64_t a3);
struct fw_result call_virtual(uint64_t ip, uint64_t gp, uint64_t a0, uint64_t a1, uint64_t a2,
                              uint64_t a3, uint64_t a4, uint64_t a5);
struct fw_result call_physical(uint64_t ip, uint64_t gp, uint64_t a0, uint64_t a1, uint64_t a2,
                               uint64_t a3);
long user_enter(uint64_t ip, uint64_t sp, uint64_t bsp);
void user_leave(long value) __attribute__((noreturn));
void insert_native(enum insert_side side, uint64_t va, uint64_t pte, uint64_t itir);
void insert_itr(unsigned slot, uint64_t va, uint64_t pte, uint64_t itir);

/* ---- trap.c ---------------------------------------------------------------------------------- */

/** Registers of interrupted code; layout as F_* in abi.h. */
struct frame {
    uint64_t pr, ipsr, iip, ifs, isr, ifa, iim, itir, rsc, pfs, unat, rnat, bspstore, loadrs;
    uint64_t b0, b6, b7, ccv, fpsr, nat_low, nat_high, vector;
    uint64_t r[32];
    uint64_t f6_f11[12];
};
_Static_assert(offsetof(struct frame, vector) == F_VECTOR && offsetof(struct frame, r) == F_R0 &&
               offsetof(struct frame, f6_f11) == F_F6 && sizeof(struct frame) == FRAME_BYTES,
               "struct frame and abi.h differ");

void trap(struct frame *f);
void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* ---- firmware.c ------------------------------------------------------------------------------ */

struct efi_desc { uint32_t type, pad; uint64_t gpa, virt, pages, attr; };
#define EFI_CONVENTIONAL 7
#define EFI_PAGE_BYTES 4096

struct efi_time { uint16_t year; uint8_t month, day, hour, minute, second, pad; uint32_t ns;
                  int16_t tz; uint8_t daylight, pad2; };

/** Look for boot parameters and the EFI system table: then the command line can be read. */
void firmware_find(void);
/** Walk and check everything the firmware left; prints one line per table. */
void firmware_init(void);
bool firmware_present(void);
const char *firmware_cmdline(void);
/** i-th memory descriptor, NULL behind the last. */
const struct efi_desc *firmware_memory(unsigned i);
const char *efi_type_name(uint32_t type);
unsigned firmware_vcpus(void);
void firmware_ramdisk(uint64_t *gpa_out, uint64_t *bytes_out);
bool firmware_get_time(struct efi_time *t_out);
void firmware_reset(enum shutdown_reason reason);   /* returns if EFI cannot */
struct fw_result pal(uint64_t index, uint64_t a1, uint64_t a2, uint64_t a3);
struct fw_result sal(uint64_t index, uint64_t a1);
uint64_t itc_hz(void);
/** Write over the page of stubs and tables. */
void firmware_smash(void);

/* ---- time.c ---------------------------------------------------------------------------------- */

static inline uint64_t itc(void)
{
    uint64_t v;

    __asm__ volatile("mov %0 = ar.itc" : "=r"(v));
    return v;
}
void time_init(void);
uint64_t uptime_us(void);
/** Sleep until an interruption, or until uptime_us() reaches `deadline_us` (0: no deadline).
 *  Interrupts are off on entry and on return, but those that wait are served in between. */
void wait_event(uint64_t deadline_us);
void sleep_us(uint64_t us);
void timer_interrupt(void);
/** From now on an interruption at random moments, at most `most_us` apart; 0 ends that. Returns how
 *  many there were since the last call. */
uint64_t timer_storm(uint64_t most_us);

/* ---- memory.c -------------------------------------------------------------------------------- */

void memory_init(void);
uint64_t memory_total(void);        /* bytes of conventional memory */
uint64_t memory_free(void);         /* bytes behind the kernel that nobody uses */
/** Fill `bytes` more with a pattern; false if there is no room. */
bool memory_alloc(uint64_t bytes);
void memory_release(void);
uint64_t memory_used(void);
/** Words that lost the pattern; the sum of all goes to *sum_out. */
uint64_t memory_check(uint64_t *sum_out);
/** Write once to `bytes` of memory behind the allocated part, a word per 4 KiB, round robin. */
void memory_touch(uint64_t bytes);

/* ---- user.c, shell.c, commands.c ------------------------------------------------------------- */

void user_init(void);
/** Both programs at privilege level 3; prints what came out. */
void user_test(void);
/** The first of them once; false if its result is wrong. */
bool user_run_sum(void);
/** Serve a miss on a user page; false if there is none. */
bool user_fault(uint64_t addr, enum insert_side side);
/** Break 0x100000 from user level. */
void user_syscall(struct frame *f);

void shell(void) __attribute__((noreturn));
/** Run "command;command". */
void shell_run(const char *line);

struct command {
    const char *name, *args, *help;
    void (*run)(int argc, char **argv);
};
extern const struct command commands[];
extern const unsigned nr_commands;

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fw: PAL, SAL, EFI runtime services and the simulator's system calls, as the stubs in the guest's
 * firmware page (libxc-ia64/build) ask for them. Knows the processor, no Xen and no device: what
 * leaves the processor goes through struct fw_host.
 *
 * Threads: fw_call and fw_ssc run in the calling processor's thread, several at a time; shared
 *   state is locked inside.
 * Sources: SDM vol. 2 chapter 11 (PAL); Itanium SAL specification; UEFI 2.x chapter 8;
 *   docs/guest-abi.md for the stub numbers.
 */
#ifndef VMM_FIRMWARE_FW_H
#define VMM_FIRMWARE_FW_H

#include <stdbool.h>
#include <stdint.h>
#include "em.h"

enum fw_shutdown { FW_POWEROFF = 0, FW_REBOOT = 1, FW_SUSPEND = 2, FW_CRASH = 3, FW_HALT = 4 };

/** What firmware needs from the process around it. Every hook may be called from any processor's
 *  thread. */
struct fw_host {
    void *ctx;
    void (*console_put)(void *ctx, char c);             /* simulator console */
    int (*console_get)(void *ctx);                      /* a character, or -1 */
    void (*console_irq)(void *ctx, int vector);         /* simulator CONNECT_INTERRUPT(keyboard) */
    uint64_t (*wallclock_ns)(void *ctx);                /* Unix time */
    void (*shutdown)(void *ctx, enum fw_shutdown reason, int status);   /* returns; stop the cpu */
    /** A processor in firmware's care gets going at ip with gp in r1 (SAL boot rendezvous). */
    void (*log)(void *ctx, int level, const char *text);    /* level: enum ut_level */
};

struct fw;

struct fw_config {
    bool paravirtual;               /* answers as Xen gives them to a domU */
    const char *cmdline;            /* simulator GET_ARGS */
    uint64_t itc_hz;
    struct fw_host host;
};

int fw_new(struct em_machine *m, const struct fw_config *cfg, struct fw **fw_out,
           struct ut_err *err);
void fw_free(struct fw *fw);

/**
 * One firmware call: number as in r2 of the stubs (0x300.. EFI, 0x500/0x501 FPSWA, 0x1000 PAL,
 * 0x1100 SAL, 0x1200 SAL return); arguments and results in the registers the guest ABI names.
 * Returns NEXT, HALT (PAL_HALT_LIGHT: state advanced), STOP (shutdown), RESUME (the state was
 * changed,
 * also when a pointer argument did not translate and the architected fault was delivered).
 * Paravirtual guests only: DELIVER = a pointer argument did not translate; cr.ifa has its address,
 * cr.isr the access (EM_ISR_R or EM_ISR_W): resolve or reflect the miss, then repeat the call.
 */
enum em_reply fw_call(struct fw *fw, struct em_cpu *cpu, uint64_t number);

/** Simulator call (break 0x80001): number in r15, arguments in r32..r35, result in r8. */
enum em_reply fw_ssc(struct fw *fw, struct em_cpu *cpu);

/** OS_BOOT_RENDEZ as set by SAL_SET_VECTORS. False if never set. */
bool fw_boot_rendezvous(const struct fw *fw, uint64_t *ip_out, uint64_t *gp_out);

#endif

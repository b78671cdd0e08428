/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fw_int.h: what the files of vmm/firmware share. A service is a row of a table: number, name,
 * handler. Handlers get their arguments in struct fw_frame and leave results there.
 */
#ifndef VMM_FIRMWARE_FW_INT_H
#define VMM_FIRMWARE_FW_INT_H

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include "fw.h"
#include "ut_log.h"

struct fw {
    struct em_machine *m;
    struct fw_config cfg;
    char *cmdline;
    pthread_mutex_t lock;
    bool rendezvous_set;            /* the three under lock */
    uint64_t rendezvous_ip, rendezvous_gp;
    bool virtual_map_set;
    atomic_uint nr_guest_msgs;      /* rate limit */
};

struct fw_frame {
    struct fw *fw;
    struct em_cpu *cpu;
    uint64_t arg[8];
    uint64_t ret[4];                /* r8..r11 */
};

/** NEXT: results to r8..r11, go on. Others: as fw_call. */
typedef enum em_reply (*fw_fn)(struct fw_frame *f);

struct fw_row {
    uint32_t number;
    const char *name;
    fw_fn fn;                       /* full privilege; NULL = not implemented */
    fw_fn fn_pv;                    /* paravirtual */
};

/** Argument i of the current frame (r32 + i), 0 if the frame is shorter. */
uint64_t fw__arg(const struct em_cpu *cpu, unsigned i);
/** Go behind the break at ip. */
void fw__advance(struct em_cpu *cpu);
void fw__log_guest(struct fw *fw, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** Find the row and call it; `missing` is r8 for what is not there. */
enum em_reply fw__dispatch(struct fw_frame *f, const struct fw_row *rows, size_t nr_rows,
                           uint64_t number, int64_t missing);

/**
 * Copy to or from the guest at a virtual (or, in physical mode, physical) address.
 * False: the address did not translate; *reply_out is what the service must return.
 */
bool fw__copy_out(struct fw_frame *f, uint64_t va, const void *src, size_t len,
                  enum em_reply *reply_out);
bool fw__copy_in(struct fw_frame *f, void *dst, uint64_t va, size_t len, enum em_reply *reply_out);

enum em_reply fw__efi(struct fw *fw, struct em_cpu *cpu, uint64_t service);
enum em_reply fw__pal(struct fw *fw, struct em_cpu *cpu);
enum em_reply fw__sal(struct fw *fw, struct em_cpu *cpu);

/* halting until an interrupt, state advanced; or NEXT if one is there */
enum em_reply fw__halt_light(struct fw_frame *f);

#endif

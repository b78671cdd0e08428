/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dv_iosapic: an I/O SAPIC: interrupt lines of devices in, interrupt messages to processors out.
 *
 * Registers, by offset from its address: 0 register select, 0x10 window, 0x40 end of interrupt. The
 * window shows: 0 id, 1 version, 0x10 + 2n and 0x11 + 2n the redirection entry of input n.
 *
 * Ownership: none passed. Threads: any thread may call anything; `deliver` runs in the caller's
 * thread with the lock held and must not call back.
 * Source: Intel 460GX chipset software developer's manual, I/O SAPIC; SDM vol. 2, "SAPIC".
 */
#ifndef VMM_DEVICE_DV_IOSAPIC_H
#define VMM_DEVICE_DV_IOSAPIC_H

#include <stdbool.h>
#include <stdint.h>
#include "ut_err.h"

#define DV_IOSAPIC_BYTES      0x100u
#define DV_IOSAPIC_MAX_INPUTS 64u

/** Delivery modes of interrupt messages, from I/O SAPICs and between processors alike. */
enum dv_delivery { DV_DELIVER_INT = 0, DV_DELIVER_LOWEST = 1, DV_DELIVER_PMI = 2,
                   DV_DELIVER_NMI = 4, DV_DELIVER_INIT = 5, DV_DELIVER_EXTINT = 7 };

struct dv_iosapic_config {
    unsigned nr_inputs;             /* 1..DV_IOSAPIC_MAX_INPUTS */
    void *ctx;
    void (*deliver)(void *ctx, unsigned id, unsigned eid, unsigned mode, uint8_t vector);
};

struct dv_iosapic;

int dv_iosapic_new(const struct dv_iosapic_config *cfg, struct dv_iosapic **ios_out,
                   struct ut_err *err);
void dv_iosapic_free(struct dv_iosapic *ios);

/** Registers; accesses that make no sense read 0 and write nothing. */
uint64_t dv_iosapic_read(struct dv_iosapic *ios, uint64_t offset, unsigned size_bytes);
void dv_iosapic_write(struct dv_iosapic *ios, uint64_t offset, unsigned size_bytes,
                      uint64_t value);
/** The line of input `input` is (not) asserted; polarity is the device's business. */
void dv_iosapic_set(struct dv_iosapic *ios, unsigned input, bool asserted);

#endif

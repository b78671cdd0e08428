/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dv_acpipm: the ACPI fixed hardware a machine cannot do without: PM1 event and control registers
 * (power button, power-off) and the power management timer.
 *
 * Registers, by offset: 0 PM1 status (2 bytes), 2 PM1 enable (2), 4 PM1 control (2), 8 timer (4).
 *
 * Threads: any thread may call anything; `sci` and `sleep` run in the caller's thread with the lock
 * held and must not call back. Source: ACPI specification 2.0, 4.7.3.
 */
#ifndef VMM_DEVICE_DV_ACPIPM_H
#define VMM_DEVICE_DV_ACPIPM_H

#include <stdbool.h>
#include <stdint.h>
#include "ut_err.h"

#define DV_ACPIPM_BYTES 12u

struct dv_acpipm_config {
    void *ctx;
    void (*sci)(void *ctx, bool asserted);          /* the interrupt line of ACPI events */
    void (*sleep)(void *ctx, unsigned type);        /* SLP_TYP, when the guest sets SLP_EN */
    uint64_t (*now_ns)(void *ctx);
};

struct dv_acpipm;

int dv_acpipm_new(const struct dv_acpipm_config *cfg, struct dv_acpipm **pm_out,
                  struct ut_err *err);
void dv_acpipm_free(struct dv_acpipm *pm);
uint32_t dv_acpipm_read(struct dv_acpipm *pm, unsigned offset, unsigned size_bytes);
void dv_acpipm_write(struct dv_acpipm *pm, unsigned offset, unsigned size_bytes, uint32_t value);
/** Press the power button. False if the guest has not asked to be told. */
bool dv_acpipm_press(struct dv_acpipm *pm);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dv_acpipm.h"

#include <pthread.h>
#include <stdlib.h>

enum { STATUS = 0, ENABLE = 2, CONTROL = 4, TIMER = 8 };

#define POWER_BUTTON   (1u << 8)    /* status and enable */
#define EVENTS         0x0721u      /* bits of enable that exist */
#define SCI_ENABLED    1u           /* control: ACPI mode, always */
#define SLEEP_SHIFT    10
#define SLEEP_ENABLE   (1u << 13)   /* write-only */
#define CONTROL_BITS   0x1c00u      /* SLP_TYP */
#define TIMER_HZ       3579545u

struct dv_acpipm {
    struct dv_acpipm_config cfg;
    pthread_mutex_t lock;
    uint32_t status, enable, control;
};

int dv_acpipm_new(const struct dv_acpipm_config *cfg, struct dv_acpipm **pm_out,
                  struct ut_err *err)
{
    struct dv_acpipm *pm = calloc(1, sizeof(*pm));

    if (!pm) return ut_err_set(err, UT_ENOMEM, "ACPI registers");
    pm->cfg = *cfg;
    pthread_mutex_init(&pm->lock, NULL);
    *pm_out = pm;
    return UT_OK;
}

void dv_acpipm_free(struct dv_acpipm *pm)
{
    if (!pm) return;
    pthread_mutex_destroy(&pm->lock);
    free(pm);
}

/* Lock held. */
static void update(struct dv_acpipm *pm)
{
    pm->cfg.sci(pm->cfg.ctx, (pm->status & pm->enable) != 0);
}

static uint32_t timer(const struct dv_acpipm *pm)
{
    return (uint32_t)((unsigned __int128)pm->cfg.now_ns(pm->cfg.ctx) * TIMER_HZ / 1000000000u);
}

/* All registers as one little-endian array, so that any size at any offset is read alike. */
uint32_t dv_acpipm_read(struct dv_acpipm *pm, unsigned offset, unsigned size_bytes)
{
    uint64_t low, value;

    if (offset >= DV_ACPIPM_BYTES || size_bytes > 4) return 0;
    pthread_mutex_lock(&pm->lock);
    low = pm->status | pm->enable << 16 | (uint64_t)(pm->control | SCI_ENABLED) << 32;
    pthread_mutex_unlock(&pm->lock);
    value = offset < TIMER ? low >> 8 * offset : (uint64_t)timer(pm) >> 8 * (offset - TIMER);
    return (uint32_t)(value & ((UINT64_C(1) << 8 * size_bytes) - 1));
}

static void control(struct dv_acpipm *pm, uint32_t value)
{
    pm->control = value & CONTROL_BITS;
    if (value & SLEEP_ENABLE) pm->cfg.sleep(pm->cfg.ctx, pm->control >> SLEEP_SHIFT);
}

/* Registers are written whole; four bytes at 0 are status and enable. */
void dv_acpipm_write(struct dv_acpipm *pm, unsigned offset, unsigned size_bytes, uint32_t value)
{
    pthread_mutex_lock(&pm->lock);
    if (offset == STATUS && size_bytes >= 2) pm->status &= ~(value & 0xffff);
    if (offset == STATUS && size_bytes == 4) pm->enable = value >> 16 & EVENTS;
    if (offset == ENABLE && size_bytes == 2) pm->enable = value & EVENTS;
    if (offset == CONTROL && size_bytes >= 2) control(pm, value & 0xffff);
    update(pm);
    pthread_mutex_unlock(&pm->lock);
}

bool dv_acpipm_press(struct dv_acpipm *pm)
{
    bool listens;

    pthread_mutex_lock(&pm->lock);
    listens = pm->enable & POWER_BUTTON;
    if (listens) pm->status |= POWER_BUTTON;
    update(pm);
    pthread_mutex_unlock(&pm->lock);
    return listens;
}

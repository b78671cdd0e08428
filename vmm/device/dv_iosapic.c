/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dv_iosapic.h"

#include <pthread.h>
#include <stdlib.h>

#define REG_SELECT 0x00u
#define REG_WINDOW 0x10u
#define REG_EOI    0x40u

#define WIN_VERSION 0x01u
#define WIN_ENTRY   0x10u
#define VERSION     0x20u           /* SAPIC; the number of the last input goes above it */

/* redirection entry, low word */
#define RTE_VECTOR     0xffu
#define RTE_MODE_SHIFT 8
#define RTE_IRR        (1u << 14)   /* level: delivered and not ended yet; read-only */
#define RTE_LEVEL      (1u << 15)
#define RTE_MASKED     (1u << 16)
#define RTE_WRITABLE   0x1a7ffu     /* vector, mode, polarity, trigger, mask */
/* high word */
#define RTE_HIGH_WRITABLE 0xffff0000u

struct input { uint32_t low, high; bool asserted; };

struct dv_iosapic {
    struct dv_iosapic_config cfg;
    pthread_mutex_t lock;
    uint8_t select;
    struct input input[DV_IOSAPIC_MAX_INPUTS];
};

int dv_iosapic_new(const struct dv_iosapic_config *cfg, struct dv_iosapic **ios_out,
                   struct ut_err *err)
{
    struct dv_iosapic *ios = calloc(1, sizeof(*ios));

    if (!ios) return ut_err_set(err, UT_ENOMEM, "I/O SAPIC");
    ios->cfg = *cfg;
    pthread_mutex_init(&ios->lock, NULL);
    for (unsigned i = 0; i < DV_IOSAPIC_MAX_INPUTS; i++) ios->input[i].low = RTE_MASKED;
    *ios_out = ios;
    return UT_OK;
}

void dv_iosapic_free(struct dv_iosapic *ios)
{
    if (!ios) return;
    pthread_mutex_destroy(&ios->lock);
    free(ios);
}

static void send(struct dv_iosapic *ios, const struct input *in)
{
    ios->cfg.deliver(ios->cfg.ctx, in->high >> 24, in->high >> 16 & 0xff,
                     in->low >> RTE_MODE_SHIFT & 7, (uint8_t)(in->low & RTE_VECTOR));
}

/* A level input that is asserted interrupts again and again, but not before the last one ended. */
static void look(struct dv_iosapic *ios, struct input *in)
{
    if (!(in->low & RTE_LEVEL) || !in->asserted || in->low & (RTE_MASKED | RTE_IRR)) return;
    in->low |= RTE_IRR;
    send(ios, in);
}

void dv_iosapic_set(struct dv_iosapic *ios, unsigned input, bool asserted)
{
    struct input *in;
    bool rises;

    if (input >= ios->cfg.nr_inputs) return;
    pthread_mutex_lock(&ios->lock);
    in = &ios->input[input];
    rises = asserted && !in->asserted;
    in->asserted = asserted;
    if (rises && !(in->low & (RTE_LEVEL | RTE_MASKED))) send(ios, in);
    look(ios, in);
    pthread_mutex_unlock(&ios->lock);
}

static uint32_t window_read(const struct dv_iosapic *ios)
{
    unsigned nr = (ios->select - WIN_ENTRY) / 2u;

    if (ios->select == WIN_VERSION) return VERSION | (ios->cfg.nr_inputs - 1) << 16;
    if (ios->select < WIN_ENTRY || nr >= ios->cfg.nr_inputs) return 0;
    return ios->select & 1 ? ios->input[nr].high : ios->input[nr].low;
}

static void window_write(struct dv_iosapic *ios, uint32_t value)
{
    unsigned nr = (ios->select - WIN_ENTRY) / 2u;
    struct input *in;

    if (ios->select < WIN_ENTRY || nr >= ios->cfg.nr_inputs) return;
    in = &ios->input[nr];
    if (ios->select & 1) {
        in->high = value & RTE_HIGH_WRITABLE;
        return;
    }
    in->low = (in->low & RTE_IRR) | (value & RTE_WRITABLE);
    if (!(in->low & RTE_LEVEL)) in->low &= ~RTE_IRR;
    look(ios, in);
}

static void end_of_interrupt(struct dv_iosapic *ios, uint8_t vector)
{
    for (unsigned i = 0; i < ios->cfg.nr_inputs; i++) {
        struct input *in = &ios->input[i];

        if ((in->low & RTE_VECTOR) != vector) continue;
        in->low &= ~RTE_IRR;
        look(ios, in);
    }
}

uint64_t dv_iosapic_read(struct dv_iosapic *ios, uint64_t offset, unsigned size_bytes)
{
    uint32_t value = 0;

    if (size_bytes > 4) return 0;
    pthread_mutex_lock(&ios->lock);
    if (offset == REG_SELECT) value = ios->select;
    if (offset == REG_WINDOW) value = window_read(ios);
    pthread_mutex_unlock(&ios->lock);
    return value;
}

void dv_iosapic_write(struct dv_iosapic *ios, uint64_t offset, unsigned size_bytes, uint64_t value)
{
    if (size_bytes > 4) return;
    pthread_mutex_lock(&ios->lock);
    if (offset == REG_SELECT) ios->select = (uint8_t)value;
    if (offset == REG_WINDOW) window_write(ios, (uint32_t)value);
    if (offset == REG_EOI) end_of_interrupt(ios, (uint8_t)value);
    pthread_mutex_unlock(&ios->lock);
}

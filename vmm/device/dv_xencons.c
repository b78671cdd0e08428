/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dv_xencons.h"

#include <assert.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Guest ABI 7.2 */
struct ring_page {
    char in[DV_XENCONS_IN_BYTES];
    char out[DV_XENCONS_OUT_BYTES];
    uint32_t in_cons, in_prod, out_cons, out_prod;
};
static_assert(offsetof(struct ring_page, in_cons) == 0xc00, "console ring layout");

struct dv_xencons {
    struct dv_console *con;
    struct ring_page *page;
    void (*notify)(void *ctx);
    void *ctx;
    pthread_mutex_t lock;           /* the backend's indices and data */
    _Atomic bool hold_input;
};

static uint32_t load(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* Guest to hub. Returns true if anything was consumed. */
static bool move_out(struct dv_xencons *xc)
{
    uint32_t prod = load(&xc->page->out_prod), cons = load(&xc->page->out_cons);
    uint32_t len = prod - cons;
    char text[DV_XENCONS_OUT_BYTES];
    size_t taken;

    if (len == 0) return false;
    if (len > DV_XENCONS_OUT_BYTES) {
        store(&xc->page->out_cons, prod);
        return false;
    }
    for (uint32_t i = 0; i < len; i++) text[i] = xc->page->out[(cons + i) % DV_XENCONS_OUT_BYTES];
    taken = dv_console_put(xc->con, text, len);
    store(&xc->page->out_cons, cons + (uint32_t)taken);
    return taken > 0;
}

/* Hub to guest. */
static bool move_in(struct dv_xencons *xc)
{
    uint32_t prod = load(&xc->page->in_prod), cons = load(&xc->page->in_cons);
    uint32_t used = prod - cons;
    char text[DV_XENCONS_IN_BYTES];
    size_t len;

    if (used >= DV_XENCONS_IN_BYTES) return false;
    len = dv_console_get(xc->con, text, DV_XENCONS_IN_BYTES - used);
    for (size_t i = 0; i < len; i++)
        xc->page->in[(prod + i) % DV_XENCONS_IN_BYTES] = text[i];
    if (len) store(&xc->page->in_prod, prod + (uint32_t)len);
    return len > 0;
}

void dv_xencons_sync(struct dv_xencons *xc)
{
    bool moved;

    pthread_mutex_lock(&xc->lock);
    moved = move_out(xc);
    if (!atomic_load(&xc->hold_input)) moved |= move_in(xc);
    pthread_mutex_unlock(&xc->lock);
    if (moved) xc->notify(xc->ctx);
}

void dv_xencons_hold_input(struct dv_xencons *xc, bool on)
{
    atomic_store(&xc->hold_input, on);
}

int dv_xencons_new(struct dv_console *con, void *page, void (*notify)(void *ctx), void *ctx,
                   struct dv_xencons **xc_out, struct ut_err *err)
{
    struct dv_xencons *xc = calloc(1, sizeof(*xc));

    if (!xc) return ut_err_set(err, UT_ENOMEM, "console ring");
    xc->con = con;
    xc->page = page;
    xc->notify = notify;
    xc->ctx = ctx;
    pthread_mutex_init(&xc->lock, NULL);
    *xc_out = xc;
    return UT_OK;
}

void dv_xencons_free(struct dv_xencons *xc)
{
    if (!xc) return;
    pthread_mutex_destroy(&xc->lock);
    free(xc);
}

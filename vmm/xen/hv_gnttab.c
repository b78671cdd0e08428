/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant table, version 1. Source: docs/guest-abi.md, 3.6.
 *
 * There is one other domain for a guest: domain 0, which is us. So mapping another domain's grants
 * and transferring pages to one are refused; copying within the domain works.
 */
#include "hv_int.h"

#define COUNT_MAX 65536u            /* operations in one call: the guest waits that long itself */

/* ---- entries ------------------------------------------------------------------------------- */

static struct hv_grant_entry *entry(struct hv *hv, uint32_t ref)
{
    if (ref >= hv->nr_gnt_frames * HV_GNT_PER_FRAME) return NULL;
    return &((struct hv_grant_entry *)(void *)hv->gnt)[ref];
}

/** flags and domid as the guest changes them: one 32-bit word. */
static uint32_t *entry_word(struct hv_grant_entry *e)
{
    return (uint32_t *)(void *)e;
}

/**
 * Check that `dom` may use the grant, mark it in use and return its frame's host address.
 * hv->lock held. @status_out  HV_GNT_*
 */
static uint8_t *use(struct hv *hv, uint32_t ref, uint16_t dom, bool writable, int16_t *status_out)
{
    struct hv_grant_entry *e = entry(hv, ref);
    const uint32_t mark = HV_GTF_READING | (writable ? HV_GTF_WRITING : 0);
    uint32_t old, pfn;

    *status_out = HV_GNT_BAD_REF;
    if (!e) return NULL;
    old = __atomic_load_n(entry_word(e), __ATOMIC_SEQ_CST);
    do {
        if ((old & HV_GTF_TYPE_MASK) != HV_GTF_PERMIT || old >> 16 != dom) return NULL;
        if (writable && (old & HV_GTF_READONLY)) {
            *status_out = HV_GNT_PERMISSION;
            return NULL;
        }
    } while (!__atomic_compare_exchange_n(entry_word(e), &old, old | mark, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    pfn = __atomic_load_n(&e->frame, __ATOMIC_SEQ_CST);
    hv->gnt_maps[ref]++;
    if (hv__pfn_present(hv, pfn)) {
        *status_out = HV_GNT_OKAY;
        return em_ram(hv->m, (uint64_t)pfn << HV_PAGE_SHIFT, HV_PAGE_SIZE);
    }
    *status_out = HV_GNT_BAD_PAGE;
    return NULL;
}

static void unuse(struct hv *hv, uint32_t ref)
{
    struct hv_grant_entry *e = entry(hv, ref);

    if (!e || hv->gnt_maps[ref] == 0 || --hv->gnt_maps[ref] > 0) return;
    __atomic_fetch_and(entry_word(e), ~(uint32_t)(HV_GTF_READING | HV_GTF_WRITING),
                       __ATOMIC_SEQ_CST);
}

void *hv_grant_map(struct hv *hv, uint32_t ref, bool writable)
{
    int16_t status;
    void *page;

    pthread_mutex_lock(&hv->lock);
    page = use(hv, ref, 0, writable, &status);
    if (!page && status == HV_GNT_BAD_PAGE) unuse(hv, ref);
    pthread_mutex_unlock(&hv->lock);
    return page;
}

void hv_grant_unmap(struct hv *hv, uint32_t ref)
{
    pthread_mutex_lock(&hv->lock);
    unuse(hv, ref);
    pthread_mutex_unlock(&hv->lock);
}

/* ---- operations on one element; hv->lock held ---------------------------------------------- */

struct map { uint64_t host_addr; uint32_t flags, ref; uint16_t dom; int16_t status; uint32_t handle;
             uint64_t dev_bus_addr; };
struct unmap { uint64_t host_addr, dev_bus_addr; uint32_t handle; int16_t status; uint16_t pad; };
struct setup { uint16_t dom, pad0; uint32_t nr_frames; int16_t status; uint16_t pad1[3];
               uint64_t frame_list; };
struct transfer { uint64_t mfn; uint16_t domid, pad; uint32_t ref; int16_t status;
                  uint16_t pad1[3]; };
struct copy_end { uint64_t u; uint16_t domid, offset, pad[2]; };
struct gnt_copy { struct copy_end src, dst; uint16_t len, flags; int16_t status; uint16_t pad; };
struct query { uint16_t dom, pad; uint32_t nr_frames, max_nr_frames; int16_t status;
               uint16_t pad1; };
_Static_assert(sizeof(struct map) == 32 && sizeof(struct unmap) == 24, "map");
_Static_assert(sizeof(struct setup) == 24 && sizeof(struct transfer) == 24, "setup");
_Static_assert(sizeof(struct gnt_copy) == 40 && sizeof(struct query) == 16, "copy");

union args {
    struct map map;
    struct unmap unmap;
    struct setup setup;
    struct transfer transfer;
    struct gnt_copy copy;
    struct query query;
};

static bool is_self(const struct hv *hv, uint16_t dom)
{
    return dom == HV_DOMID_SELF || dom == hv->cfg.domid;
}

static void op_map(struct hv *hv, union args *a)
{
    a->map.status = is_self(hv, a->map.dom) ? HV_GNT_GENERAL : HV_GNT_BAD_DOMAIN;
}

static void op_unmap(struct hv *hv, union args *a)
{
    (void)hv;
    a->unmap.status = HV_GNT_BAD_HANDLE;
}

static void op_setup(struct hv *hv, union args *a)
{
    uint32_t i;

    a->setup.status = HV_GNT_OKAY;
    if (!is_self(hv, a->setup.dom)) a->setup.status = HV_GNT_PERMISSION;
    else if (a->setup.nr_frames > HV_GNT_FRAMES) a->setup.status = HV_GNT_GENERAL;
    if (a->setup.status != HV_GNT_OKAY) return;
    if (a->setup.nr_frames > hv->nr_gnt_frames) hv->nr_gnt_frames = a->setup.nr_frames;
    for (i = 0; i < a->setup.nr_frames; i++) {
        uint64_t pfn = HV_GNT_FRAME_PFN + i;

        if (hv__copy_to(hv, a->setup.frame_list, i * sizeof(pfn), &pfn, sizeof(pfn))) {
            a->setup.status = HV_GNT_GENERAL;
            return;
        }
    }
}

static void op_transfer(struct hv *hv, union args *a)
{
    (void)hv;
    a->transfer.status = HV_GNT_BAD_DOMAIN;
}

/** Host address of one end of a copy; *ref_out is what must be given back, or UINT32_MAX. */
static uint8_t *copy_page(struct hv *hv, const struct copy_end *end, bool by_ref, bool writable,
                          uint32_t *ref_out, int16_t *status_out)
{
    uint8_t *page;

    *ref_out = UINT32_MAX;
    *status_out = HV_GNT_BAD_DOMAIN;
    if (!is_self(hv, end->domid)) return NULL;
    if (by_ref) {
        page = use(hv, (uint32_t)end->u, hv->cfg.domid, writable, status_out);
        if (page || *status_out == HV_GNT_BAD_PAGE) *ref_out = (uint32_t)end->u;
        return page;
    }
    *status_out = HV_GNT_BAD_PAGE;
    if (!hv__pfn_present(hv, end->u)) return NULL;
    *status_out = HV_GNT_OKAY;
    return em_ram(hv->m, end->u << HV_PAGE_SHIFT, HV_PAGE_SIZE);
}

static void op_copy(struct hv *hv, union args *a)
{
    const struct gnt_copy *c = &a->copy;
    uint32_t src_ref, dst_ref = UINT32_MAX;
    uint8_t *src, *dst = NULL;
    int16_t status;

    if ((uint64_t)c->src.offset + c->len > HV_PAGE_SIZE
        || (uint64_t)c->dst.offset + c->len > HV_PAGE_SIZE) {
        a->copy.status = HV_GNT_BAD_COPY;
        return;
    }
    src = copy_page(hv, &c->src, c->flags & 1, false, &src_ref, &status);
    if (src) dst = copy_page(hv, &c->dst, c->flags & 2, true, &dst_ref, &status);
    if (src && dst) {
        memmove(dst + c->dst.offset, src + c->src.offset, c->len);
        if (!(c->flags & 2))
            em_machine_touched(hv->m, (c->dst.u << HV_PAGE_SHIFT) + c->dst.offset, c->len);
    }
    if (src_ref != UINT32_MAX) unuse(hv, src_ref);
    if (dst_ref != UINT32_MAX) unuse(hv, dst_ref);
    a->copy.status = status;
}

static void op_query(struct hv *hv, union args *a)
{
    a->query.status = is_self(hv, a->query.dom) ? HV_GNT_OKAY : HV_GNT_PERMISSION;
    a->query.nr_frames = hv->nr_gnt_frames;
    a->query.max_nr_frames = HV_GNT_FRAMES;
}

static const struct {
    const char *name;
    uint8_t size_bytes;             /* of one element */
    bool single;                    /* count must be 1 */
    void (*fn)(struct hv *hv, union args *a);
} ops[] = {
    [0] = { "map_grant_ref",   32, false, op_map },
    [1] = { "unmap_grant_ref", 24, false, op_unmap },
    [2] = { "setup_table",     24, true,  op_setup },
    [4] = { "transfer",        24, false, op_transfer },
    [5] = { "copy",            40, false, op_copy },
    [6] = { "query_size",      16, true,  op_query },
};

int64_t hv__do_grant_table_op(struct hv_vcpu *v, const uint64_t arg[5])
{
    struct hv *hv = v->hv;
    const uint64_t cmd = arg[0], handle = arg[1], count = arg[2];
    union args a;
    uint64_t i;

    if (cmd >= ARRAY_SIZE(ops) || !ops[cmd].fn) return HV_ENOSYS;
    if (count > COUNT_MAX || (ops[cmd].single && count != 1)) return HV_EINVAL;
    for (i = 0; i < count; i++) {
        const size_t size = ops[cmd].size_bytes;

        memset(&a, 0, sizeof(a));
        if (hv__copy_from(hv, &a, handle, i * size, size)) return HV_EFAULT;
        pthread_mutex_lock(&hv->lock);
        ops[cmd].fn(hv, &a);
        pthread_mutex_unlock(&hv->lock);
        if (hv__copy_to(hv, handle, i * size, &a, size)) return HV_EFAULT;
    }
    return 0;
}

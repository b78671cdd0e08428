/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory_op: the balloon. Source: docs/guest-abi.md, 3.7.
 */
#include "hv_int.h"

#define ORDER_MAX 9u                /* as Xen allows ordinary domains */

struct reservation {
    uint64_t extent_start, nr_extents;
    uint32_t extent_order, mem_flags;
    uint16_t domid;
    uint8_t pad[6];
};
_Static_assert(sizeof(struct reservation) == 32, "reservation");

bool hv__pfn_present(const struct hv *hv, uint64_t pfn)
{
    return pfn < hv->nr_p2m && ((hv->p2m[pfn / 64] >> (pfn % 64)) & 1);
}

static bool is_self(const struct hv *hv, uint16_t dom)
{
    return dom == HV_DOMID_SELF || dom == hv->cfg.domid;
}

/** hv->lock held. Gives back `nr` pages if all of them are there. */
static bool release(struct hv *hv, uint64_t pfn, uint64_t nr)
{
    uint64_t i;

    if (pfn >= hv->nr_p2m || nr > hv->nr_p2m - pfn) return false;
    for (i = 0; i < nr; i++)
        if (!hv__pfn_present(hv, pfn + i)) return false;
    for (i = 0; i < nr; i++) hv->p2m[(pfn + i) / 64] &= ~(UINT64_C(1) << ((pfn + i) % 64));
    atomic_fetch_sub(&hv->nr_pages, nr);
    return true;
}

/** hv->lock held. Puts RAM at `nr` pfns if none of them has any and the domain may have it. */
static bool populate(struct hv *hv, uint64_t pfn, uint64_t nr)
{
    uint64_t i;

    if (pfn >= hv->nr_p2m || nr > hv->nr_p2m - pfn) return false;
    if (atomic_load(&hv->nr_pages) + nr > hv->cfg.max_pages) return false;
    if (!em_ram(hv->m, pfn << HV_PAGE_SHIFT, nr << HV_PAGE_SHIFT)) return false;
    for (i = 0; i < nr; i++)
        if (hv__pfn_present(hv, pfn + i)) return false;
    for (i = 0; i < nr; i++) hv->p2m[(pfn + i) / 64] |= UINT64_C(1) << ((pfn + i) % 64);
    atomic_fetch_add(&hv->nr_pages, nr);
    return true;
}

/** decrease_reservation and populate_physmap: extents done until the first that cannot be. */
static int64_t each_extent(struct hv_vcpu *v, uint64_t handle, bool (*fn)(struct hv *, uint64_t,
                                                                           uint64_t))
{
    struct hv *hv = v->hv;
    struct reservation r;
    uint64_t i, pfn, nr;
    bool ok;

    if (hv__copy_from(hv, &r, handle, 0, sizeof(r))) return HV_EFAULT;
    if (!is_self(hv, r.domid)) return HV_EPERM;
    if (r.extent_order > ORDER_MAX) return 0;
    nr = UINT64_C(1) << r.extent_order;
    for (i = 0; i < r.nr_extents; i++) {
        if (hv__copy_from(hv, &pfn, r.extent_start, i * sizeof(pfn), sizeof(pfn))) break;
        pthread_mutex_lock(&hv->lock);
        ok = fn(hv, pfn, nr);
        pthread_mutex_unlock(&hv->lock);
        if (!ok) break;
        if (fn != release) continue;
        em_machine_touched(hv->m, pfn << HV_PAGE_SHIFT, nr << HV_PAGE_SHIFT);
        if (hv->cfg.host.release_pages) hv->cfg.host.release_pages(hv->cfg.host.ctx, pfn, nr);
    }
    return (int64_t)i;
}

/** Frames without a place in the guest's physical memory: of no use on ia64, none are given. */
static int64_t op_increase(struct hv_vcpu *v, uint64_t handle)
{
    struct reservation r;

    return hv__copy_from(v->hv, &r, handle, 0, sizeof(r)) ? HV_EFAULT : 0;
}

static int64_t op_decrease(struct hv_vcpu *v, uint64_t handle)
{
    return each_extent(v, handle, release);
}

static int64_t op_populate(struct hv_vcpu *v, uint64_t handle)
{
    return each_extent(v, handle, populate);
}

static int64_t op_maximum_ram_page(struct hv_vcpu *v, uint64_t handle)
{
    (void)handle;
    return (int64_t)v->hv->cfg.max_pages - 1;
}

static int64_t read_domid(struct hv_vcpu *v, uint64_t handle)
{
    uint16_t dom;

    if (hv__copy_from(v->hv, &dom, handle, 0, sizeof(dom))) return HV_EFAULT;
    return is_self(v->hv, dom) ? 0 : HV_EPERM;
}

static int64_t op_current(struct hv_vcpu *v, uint64_t handle)
{
    int64_t rc = read_domid(v, handle);

    return rc ? rc : (int64_t)hv_nr_pages(v->hv);
}

static int64_t op_maximum(struct hv_vcpu *v, uint64_t handle)
{
    int64_t rc = read_domid(v, handle);

    return rc ? rc : (int64_t)v->hv->cfg.max_pages;
}

static int64_t op_maximum_gpfn(struct hv_vcpu *v, uint64_t handle)
{
    int64_t rc = read_domid(v, handle);

    return rc ? rc : (int64_t)v->hv->nr_p2m - 1;
}

static int64_t op_machine_map(struct hv_vcpu *v, uint64_t handle)
{
    (void)v;
    (void)handle;
    return HV_EPERM;
}

static const struct { const char *name; int64_t (*fn)(struct hv_vcpu *v, uint64_t handle); }
ops[] = {
    [0]  = { "increase_reservation", op_increase },
    [1]  = { "decrease_reservation", op_decrease },
    [2]  = { "maximum_ram_page", op_maximum_ram_page },
    [3]  = { "current_reservation", op_current },
    [4]  = { "maximum_reservation", op_maximum },
    [6]  = { "populate_physmap", op_populate },
    [10] = { "machine_memory_map", op_machine_map },
    [14] = { "maximum_gpfn", op_maximum_gpfn },
};

int64_t hv__do_memory_op(struct hv_vcpu *v, const uint64_t arg[5])
{
    /* the high bits are where Xen keeps its place in a preempted call */
    const uint64_t cmd = arg[0] & 0x3f;

    if (cmd >= ARRAY_SIZE(ops) || !ops[cmd].fn) return HV_ENOSYS;
    return ops[cmd].fn(v, arg[1]);
}

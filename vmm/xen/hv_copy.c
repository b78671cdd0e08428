/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xencomm: pointers that guests give to hypercalls. Source: docs/guest-abi.md, 3.3.
 */
#include "hv_int.h"

#define INLINE_MASK UINT64_C(0xf800000000000000)
#define INLINE_FLAG UINT64_C(0x8000000000000000)
#define MAGIC       0x58434f4du
#define HOLE        UINT64_MAX
#define GPA_END     (UINT64_C(1) << 50)

struct header { uint32_t magic, nr_addrs; };

/** One piece within a page. */
static int copy_piece(struct hv *hv, uint64_t gpa, uint8_t *buf, size_t len, bool to_guest)
{
    void *host;

    if (gpa >= GPA_END) return HV_EFAULT;
    host = em_ram(hv->m, gpa, len);
    if (!host) return HV_EFAULT;
    if (to_guest) {
        memcpy(host, buf, len);
        em_machine_touched(hv->m, gpa, len);
    } else {
        memcpy(buf, host, len);
    }
    return 0;
}

static int copy_inline(struct hv *hv, uint64_t gpa, uint8_t *buf, size_t len, bool to_guest)
{
    while (len > 0) {
        size_t n = HV_PAGE_SIZE - (gpa & (HV_PAGE_SIZE - 1));
        int rc;

        if (n > len) n = len;
        rc = copy_piece(hv, gpa, buf, n, to_guest);
        if (rc) return rc;
        gpa += n;
        buf += n;
        len -= n;
    }
    return 0;
}

/** Walk the address list; each entry reaches to the end of its page. */
static int copy_list(struct hv *hv, uint64_t desc, uint64_t offset, uint8_t *buf, size_t len,
                     bool to_guest)
{
    struct header h;
    uint64_t gpa;
    uint32_t i;
    int rc;

    /* the header may not cross a page, which 8-byte alignment guarantees */
    if (desc == 0 || (desc & 7)) return HV_EFAULT;
    rc = copy_piece(hv, desc, (uint8_t *)&h, sizeof(h), false);
    if (rc || h.magic != MAGIC) return HV_EFAULT;
    for (i = 0; len > 0; i++) {
        size_t n;

        if (i >= h.nr_addrs) return HV_EFAULT;
        rc = copy_piece(hv, desc + sizeof(h) + UINT64_C(8) * i, (uint8_t *)&gpa, sizeof(gpa),
                        false);
        if (rc) return rc;
        n = HV_PAGE_SIZE - (gpa & (HV_PAGE_SIZE - 1));
        if (offset >= n) {
            offset -= n;
            continue;
        }
        if (gpa == HOLE) return HV_EFAULT;
        gpa += offset;
        n -= offset;
        offset = 0;
        if (n > len) n = len;
        rc = copy_piece(hv, gpa, buf, n, to_guest);
        if (rc) return rc;
        buf += n;
        len -= n;
    }
    return 0;
}

static int copy(struct hv *hv, uint64_t handle, uint64_t offset, uint8_t *buf, size_t len,
                bool to_guest)
{
    if (len == 0) return 0;
    if (offset >= GPA_END) return HV_EFAULT;
    if ((handle & INLINE_MASK) == INLINE_FLAG) {
        if ((handle & ~INLINE_MASK) == 0) return HV_EFAULT;     /* how NULL is passed */
        return copy_inline(hv, (handle & ~INLINE_MASK) + offset, buf, len, to_guest);
    }
    return copy_list(hv, handle, offset, buf, len, to_guest);
}

int hv__copy_from(struct hv *hv, void *dst, uint64_t handle, uint64_t offset, size_t len)
{
    return copy(hv, handle, offset, dst, len, false);
}

int hv__copy_to(struct hv *hv, uint64_t handle, uint64_t offset, const void *src, size_t len)
{
    return copy(hv, handle, offset, (uint8_t *)(uintptr_t)src, len, true);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hv_abi.h: numbers and structures of the Xen/ia64 guest interface. Nothing but constants and
 * types.
 *
 * Source: docs/guest-abi.md; the layouts are Xen 4.1's public headers for ia64.
 */
#ifndef VMM_XEN_HV_ABI_H
#define VMM_XEN_HV_ABI_H

#include <stddef.h>
#include <stdint.h>

#define HV_PAGE_SHIFT       14u
#define HV_PAGE_SIZE        (UINT64_C(1) << HV_PAGE_SHIFT)
#define HV_MAX_VCPUS        64u
#define HV_NR_PORTS         4096u
#define HV_NR_VIRQS         24u
#define HV_GNT_FRAMES       32u
#define HV_GNT_PER_FRAME    2048u
#define HV_RID_BITS         18u
#define HV_NR_TRS           12u             /* itr and dtr slots of a domain */

#define HV_DOMID_SELF       0x7ff0u
#define HV_DOMID_FIRST_RESERVED 0x7ff0u

/* where the pages outside RAM are in guest-physical space */
#define HV_SHARED_INFO_GPA  (UINT64_C(1) << 40)
#define HV_GNT_FRAME_PFN    UINT64_C(0x4000041)

/* virtual addresses of shared_info and, HV_XSI_REGS behind, the mapped registers */
#define HV_XSI_BASE_DEFAULT UINT64_C(0xf500000000000000)
#define HV_XSI_REGS         UINT64_C(0x4000)
#define HV_XSI_REGS_BYTES   UINT64_C(0x1000)
#define HV_VIRT_START       UINT64_C(0xf000000000000000)
#define HV_VIRT_END         UINT64_C(0xf800000000000000)

/* break immediates */
#define HV_BREAK_HYPERCALL  0x1000u
#define HV_BREAK_SSC        0x80001u
#define HV_BREAK_SSC2       0x80002u

/* Linux error numbers, which is what guests expect in r8, whatever the host's are */
#define HV_EPERM   (-1)
#define HV_ENOENT  (-2)
#define HV_ESRCH   (-3)
#define HV_EFAULT  (-14)
#define HV_EBUSY   (-16)
#define HV_EEXIST  (-17)
#define HV_EINVAL  (-22)
#define HV_ENOSPC  (-28)
#define HV_ENOSYS  (-38)

enum hv_virq {
    HV_VIRQ_TIMER = 0, HV_VIRQ_DEBUG = 1, HV_VIRQ_XENOPROF = 7, HV_VIRQ_ITC = 16,
    HV_VIRQ_MCA_CMC = 17, HV_VIRQ_MCA_CPE = 18, HV_VIRQ_TRIGGER = 19,   /* ARCH_3: our extension */
};

/* grant status */
#define HV_GNT_OKAY         0
#define HV_GNT_GENERAL      (-1)
#define HV_GNT_BAD_DOMAIN   (-2)
#define HV_GNT_BAD_REF      (-3)
#define HV_GNT_BAD_HANDLE   (-4)
#define HV_GNT_PERMISSION   (-8)
#define HV_GNT_BAD_PAGE     (-9)
#define HV_GNT_BAD_COPY     (-10)

/* grant entry flags, version 1 */
#define HV_GTF_TYPE_MASK    3u
#define HV_GTF_PERMIT       1u
#define HV_GTF_READONLY     4u
#define HV_GTF_READING      8u
#define HV_GTF_WRITING      16u

struct hv_vcpu_info {
    uint8_t upcall_pending;
    uint8_t upcall_mask;            /* nonzero = virtual psr.i is 0 */
    uint8_t pad[6];
    uint64_t pending_sel;
    uint8_t time[32];               /* never filled on ia64 */
};

struct hv_shared_info {
    struct hv_vcpu_info vcpu[HV_MAX_VCPUS];
    uint64_t evtchn_pending[64];
    uint64_t evtchn_mask[64];
    uint32_t wc_version, wc_sec, wc_nsec, pad0;
    uint64_t start_info_pfn;
    uint32_t evtchn_vector;
    uint32_t memmap_nr_pages;
    uint64_t memmap_pfn;
    uint8_t pad1[0x1100 - 0x1028];
    uint32_t trigger;               /* our extension: reason of VIRQ_ARCH_3 */
};

struct hv_mapped_regs {
    uint8_t pad0[0x400];
    uint64_t bank1_regs[16];
    uint64_t bank0_regs[16];
    uint64_t vnat, vbnat;
    uint64_t vcpuid[5];
    uint8_t pad1[0x800 - 0x538];
    uint64_t dcr, itm, iva;
    uint64_t pad2[5];
    uint64_t pta;
    uint64_t pad3[7];
    uint64_t ipsr, isr, pad4, iip, ifa, itir, iipa, ifs, iim, iha;
    uint8_t pad5[0xa00 - 0x8d0];
    uint64_t lid, ivr, tpr, eoi, irr[4], itv, pmv, cmcv;
    uint64_t pad6[5];
    uint64_t lrr[2];
    uint8_t pad7[0xc00 - 0xa90];
    uint64_t precover_ifs, unat;
    uint32_t ic, pad8;              /* interrupt_collection_enabled */
    uint64_t interrupt_mask_addr;
    uint32_t pending_interruption;
    uint8_t vpsr_pp, vpsr_dfh, hpsr_dfh, hpsr_mfh;
    uint8_t pad9[0x20];
    uint32_t metaphysical_mode, banknum;
    uint64_t rrs[8], krs[8], tmp[16];
    uint64_t itc_offset, itc_last;
};

struct hv_grant_entry { uint16_t flags, domid; uint32_t frame; };

_Static_assert(sizeof(struct hv_vcpu_info) == 48, "vcpu_info");
_Static_assert(offsetof(struct hv_shared_info, evtchn_pending) == 0xc00, "evtchn_pending");
_Static_assert(offsetof(struct hv_shared_info, start_info_pfn) == 0x1010, "start_info_pfn");
_Static_assert(offsetof(struct hv_shared_info, memmap_pfn) == 0x1020, "memmap_pfn");
_Static_assert(offsetof(struct hv_shared_info, trigger) == 0x1100, "trigger");
_Static_assert(offsetof(struct hv_mapped_regs, vnat) == 0x500, "vnat");
_Static_assert(offsetof(struct hv_mapped_regs, dcr) == 0x800, "dcr");
_Static_assert(offsetof(struct hv_mapped_regs, pta) == 0x840, "pta");
_Static_assert(offsetof(struct hv_mapped_regs, ipsr) == 0x880, "ipsr");
_Static_assert(offsetof(struct hv_mapped_regs, iip) == 0x898, "iip");
_Static_assert(offsetof(struct hv_mapped_regs, ifs) == 0x8b8, "ifs");
_Static_assert(offsetof(struct hv_mapped_regs, iha) == 0x8c8, "iha");
_Static_assert(offsetof(struct hv_mapped_regs, tpr) == 0xa10, "tpr");
_Static_assert(offsetof(struct hv_mapped_regs, itv) == 0xa40, "itv");
_Static_assert(offsetof(struct hv_mapped_regs, lrr) == 0xa80, "lrr");
_Static_assert(offsetof(struct hv_mapped_regs, precover_ifs) == 0xc00, "precover_ifs");
_Static_assert(offsetof(struct hv_mapped_regs, ic) == 0xc10, "ic");
_Static_assert(offsetof(struct hv_mapped_regs, interrupt_mask_addr) == 0xc18, "mask address");
_Static_assert(offsetof(struct hv_mapped_regs, vpsr_pp) == 0xc24, "vpsr_pp");
_Static_assert(offsetof(struct hv_mapped_regs, metaphysical_mode) == 0xc48, "metaphysical_mode");
_Static_assert(offsetof(struct hv_mapped_regs, rrs) == 0xc50, "rrs");
_Static_assert(offsetof(struct hv_mapped_regs, itc_last) == 0xd58, "itc_last");

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xci_build: the pure domain builder. Bytes in, a memory image out; no hypervisor, no files.
 *
 * What it writes is the boot state of the guest ABI (docs/guest-abi.md, sections 1 and 2): kernel,
 * ramdisk, firmware stubs, EFI, SAL and ACPI tables, start_info, boot parameters, memory map.
 *
 * Ownership: everything passed in is borrowed for the call; nothing is kept afterwards.
 * Threads: no shared state; any number of calls at once.
 * Errors: UT_EFORMAT (not a kernel that can run), UT_ELIMIT (does not fit; texts give both
 *   numbers), UT_EARG (caller's mistake), UT_EUNSUP, UT_ENOMEM. After an error the image is
 *   undefined.
 */
#ifndef XCI_BUILD_H
#define XCI_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "xci.h"

/* Fixed places in the firmware page; the firmware finds the rest by following pointers. */
#define XCI__GPA_PAL_PROC    UINT64_C(0x0800)
#define XCI__GPA_SAL_PROC    UINT64_C(0x0820)
#define XCI__GPA_SAL_RETURN  UINT64_C(0x0840)
#define XCI__GPA_ACPI        UINT64_C(0x1000)   /* RSDP; builders linux and efi */
#define XCI__GPA_EFI_SYSTAB  UINT64_C(0x2000)
#define XCI__GPA_BOOT_PARAM  UINT64_C(0x3000)   /* parameters, command line; not linux */

/** What to build. `nr_pages` and `max_pages` count 16 KiB pages. */
struct xci__build_in {
    enum xci_builder builder;
    const void *kernel;             /* ELF64 ia64, plain or gzip */
    size_t kernel_bytes;
    const void *ramdisk;            /* NULL = none; copied as it is, compressed or not */
    size_t ramdisk_bytes;
    const char *cmdline;            /* NULL = "" */
    uint64_t nr_pages;              /* RAM, from gpa 0 */
    uint64_t max_pages;             /* ceiling for the balloon; 0 = nr_pages */
    unsigned nr_vcpus;              /* 1..64 */
    uint32_t store_port, console_port;  /* guest-local event channels; linux builder */
    uint64_t itc_hz;                /* reserved: the tables carry no clock rate */
};

/** Where things went. pfns are 0 where the builder makes no such page (hpsim). */
struct xci__build_out {
    uint64_t entry_gpa;             /* vcpu 0 starts here, bundle slot 0 */
    uint64_t r28;                   /* gpa of the boot parameters */
    uint64_t start_info_pfn, memmap_pfn, store_pfn, console_pfn;
    uint64_t ramdisk_gpa, ramdisk_bytes;    /* 0, 0 without a ramdisk */
    bool big_endian;                /* kernel's ELF data encoding */
};

/**
 * Build the memory image.
 * @ram        host address of gpa 0, zero-filled; only pages that get contents are touched
 * @ram_bytes  at least nr_pages * XCI_PAGE_SIZE
 * Returns UT_OK or an error whose text names what is wrong and where.
 */
int xci__build(const struct xci__build_in *in, void *ram, uint64_t ram_bytes,
               struct xci__build_out *out, struct ut_err *err);

/**
 * Fill in a zeroed shared_info page as a domain finds it at boot: every vcpu's event mask byte 1,
 * and where start_info and the memory map are. Source: guest ABI 1.7.
 */
void xci__build_shared_info(void *page, uint64_t start_info_pfn, uint64_t memmap_pfn);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * start_info.c: start_info, boot parameters, memmap_info, and the first image of shared_info.
 * Source: guest ABI 1.4 to 1.7.
 */
#include <string.h>
#include "build_int.h"

#define MAGIC_LE "xen-3.0-ia64"
#define MAGIC_BE "xen-3.0-ia64be"

/* start_info offsets */
#define SI_STORE    0x038u
#define SI_CONSOLE  0x048u
#define SI_MODULE   0x070u
#define SI_CMDLINE  0x080u
#define SI_CMDLINE_BYTES 1024u
#define SI_BYTES    0x490u          /* boot parameters follow */

#define BOOT_PARAM_BYTES 96u

/* shared_info offsets */
#define SH_VCPU_INFO_BYTES 48u
#define SH_UPCALL_MASK     1u
#define SH_START_INFO_PFN  0x1010u
#define SH_MEMMAP_PAGES    0x101cu
#define SH_MEMMAP_PFN      0x1020u
#define SH_BYTES           0x1120u

#define EFI_CONVENTIONAL 7u
#define EFI_ATTR_WB      8u

static uint64_t round_to_page(uint64_t bytes)
{
    return (bytes + XCI_PAGE_SIZE - 1) & ~(uint64_t)(XCI_PAGE_SIZE - 1);
}

/* Same as Linux' ia64_boot_param, with two words of the tool stack's behind it. */
static void boot_param(struct xci__w *w, struct xci__plan *plan, uint64_t cmdline,
                       uint64_t initrd_bytes)
{
    plan->boot_param = w->gpa;
    xci__w_u64(w, cmdline);
    xci__w_u64(w, XCI__GPA_EFI_SYSTAB);
    xci__w_u64(w, plan->efi_memmap);
    xci__w_u64(w, plan->efi_memmap_bytes);
    xci__w_u64(w, XCI__EFI_DESC_BYTES);
    xci__w_u32(w, 1);                       /* descriptor version */
    xci__w_u16(w, 80);                      /* console: columns, rows, x, y */
    xci__w_u16(w, 25);
    xci__w_u16(w, 0);
    xci__w_u16(w, 24);
    xci__w_align(w, 8);
    xci__w_u64(w, 0);                       /* no FPSWA: the processor does all of IEEE 754 */
    xci__w_u64(w, plan->ramdisk.gpa);
    xci__w_u64(w, initrd_bytes);
    xci__w_u64(w, 0);                       /* domain_start, domain_size */
    xci__w_u64(w, 0);
}

/* One conventional descriptor over all of RAM: for save and restore, not for the guest. */
static void memmap_info(struct xci__w *w, const struct xci__plan *plan)
{
    xci__w_u64(w, XCI__EFI_DESC_BYTES);     /* bytes of descriptors */
    xci__w_u64(w, XCI__EFI_DESC_BYTES);     /* bytes of one */
    xci__w_u32(w, 1);
    xci__w_u32(w, 0);
    xci__w_u32(w, EFI_CONVENTIONAL);
    xci__w_u32(w, 0);
    xci__w_u64(w, 0);
    xci__w_u64(w, 0);
    xci__w_u64(w, plan->ram_bytes / XCI__EFI_PAGE);
    xci__w_u64(w, EFI_ATTR_WB);
}

static void start_info(struct xci__w *w, struct xci__plan *plan)
{
    const struct xci__build_in *in = plan->in;
    uint64_t at = w->gpa, module_bytes = round_to_page(plan->ramdisk.bytes);

    xci__w_text(w, plan->big_endian ? MAGIC_BE : MAGIC_LE, 32, '\0');
    xci__w_u64(w, in->nr_pages);
    xci__w_seek(w, at + SI_STORE);
    xci__w_u64(w, plan->store_gpa >> XCI__PAGE_SHIFT);
    xci__w_u32(w, in->store_port);
    xci__w_seek(w, at + SI_CONSOLE);
    xci__w_u64(w, plan->console_gpa >> XCI__PAGE_SHIFT);
    xci__w_u32(w, in->console_port);
    xci__w_seek(w, at + SI_MODULE);
    xci__w_u64(w, plan->ramdisk.gpa);
    xci__w_u64(w, module_bytes);
    xci__w_text(w, in->cmdline ? in->cmdline : "", SI_CMDLINE_BYTES, '\0');
    xci__w_seek(w, at + SI_BYTES);
    boot_param(w, plan, at + SI_CMDLINE, module_bytes);
}

void xci__start_info_write(uint8_t *ram, struct xci__plan *plan)
{
    struct xci__w memmap = { .ram = ram, .gpa = plan->memmap_gpa,
                             .end = plan->memmap_gpa + XCI_PAGE_SIZE };
    struct xci__w info = { .ram = ram, .gpa = plan->start_info_gpa,
                           .end = plan->start_info_gpa + XCI_PAGE_SIZE };

    memmap_info(&memmap, plan);
    start_info(&info, plan);
}

void xci__boot_param_write(struct xci__w *w, struct xci__plan *plan)
{
    const char *cmdline = plan->in->cmdline ? plan->in->cmdline : "";
    uint64_t text = w->gpa + BOOT_PARAM_BYTES;

    boot_param(w, plan, text, plan->ramdisk.bytes);
    xci__w_text(w, cmdline, strlen(cmdline) + 1, '\0');
}

static void put(uint8_t *p, uint64_t v, unsigned size_bytes)
{
    for (unsigned i = 0; i < size_bytes; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

void xci__build_shared_info(void *page, uint64_t start_info_pfn, uint64_t memmap_pfn)
{
    uint8_t *p = page;

    for (unsigned v = 0; v < XCI_MAX_VCPUS; v++)
        p[v * SH_VCPU_INFO_BYTES + SH_UPCALL_MASK] = 1;
    put(p + SH_START_INFO_PFN, start_info_pfn, 8);
    put(p + SH_MEMMAP_PAGES, 1, 4);
    put(p + SH_MEMMAP_PFN, memmap_pfn, 8);
}

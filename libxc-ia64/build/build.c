/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * build.c: decide where everything goes, then write it. The order of a domain's memory is
 *
 *   firmware | free | kernel | ramdisk | free | memmap_info, start_info, XenStore, console
 *
 * and the last four pages exist only for a paravirtualized domain. Source: guest ABI 1.1.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "build_int.h"
#include "vmctl_efi.h"

#define NR_MAGIC_PAGES 4u
#define MIB(bytes) ((double)(bytes) / 1048576.0)

static int check_args(const struct xci__build_in *in, uint64_t ram_bytes, struct ut_err *err)
{
    if (in->builder != XCI_BUILDER_LINUX && in->builder != XCI_BUILDER_HPSIM &&
        in->builder != XCI_BUILDER_EFI)
        return ut_err_set(err, UT_EARG, "builder number %d is unknown", (int)in->builder);
    if (!in->kernel || in->kernel_bytes == 0)
        return ut_err_set(err, UT_EFORMAT, "kernel: the file is empty");
    if (in->ramdisk && in->ramdisk_bytes == 0)
        return ut_err_set(err, UT_EFORMAT, "ramdisk: the file is empty");
    if (in->nr_vcpus < 1 || in->nr_vcpus > XCI_MAX_VCPUS)
        return ut_err_set(err, UT_EARG, "%u vcpus, want 1 to %u", in->nr_vcpus, XCI_MAX_VCPUS);
    if (in->max_pages && in->max_pages < in->nr_pages)
        return ut_err_set(err, UT_EARG, "maximum of %" PRIu64 " pages is below the %" PRIu64
                          " at start", in->max_pages, in->nr_pages);
    if (in->nr_pages > XCI__RAM_LIMIT >> XCI__PAGE_SHIFT)
        return ut_err_set(err, UT_ELIMIT, "%" PRIu64 " pages of memory, at most %" PRIu64 " (1 "
                          "TiB) are possible", in->nr_pages, XCI__RAM_LIMIT >> XCI__PAGE_SHIFT);
    if (in->nr_pages <= NR_MAGIC_PAGES)
        return ut_err_set(err, UT_ELIMIT, "%" PRIu64 " pages of memory are too few for any kernel",
                          in->nr_pages);
    if (ram_bytes >> XCI__PAGE_SHIFT < in->nr_pages)
        return ut_err_set(err, UT_EARG, "0x%" PRIx64 " bytes of RAM given for %" PRIu64 " pages",
                          ram_bytes, in->nr_pages);
    if (in->cmdline && strlen(in->cmdline) > XCI_CMDLINE_MAX)
        return ut_err_set(err, UT_ELIMIT, "command line of %zu bytes, at most %u fit",
                          strlen(in->cmdline), XCI_CMDLINE_MAX);
    return UT_OK;
}

/* The magic pages in their order; a full-privilege kernel has none. */
static void place_magic(struct xci__plan *plan)
{
    plan->magic = plan->low_bytes;
    if (!plan->paravirtual) return;
    plan->magic -= NR_MAGIC_PAGES * XCI_PAGE_SIZE;
    plan->memmap_gpa = plan->magic;
    plan->start_info_gpa = plan->memmap_gpa + XCI_PAGE_SIZE;
    plan->store_gpa = plan->start_info_gpa + XCI_PAGE_SIZE;
    plan->console_gpa = plan->store_gpa + XCI_PAGE_SIZE;
}

static int place_kernel(struct xci__plan *plan, const struct xci__kernel *k, struct ut_err *err)
{
    if (k->lo < plan->fw_end)
        return ut_err_set(err, UT_EFORMAT, "kernel: its segments begin at 0x%" PRIx64 ", inside "
                          "the firmware area that ends at 0x%" PRIx64, k->lo, plan->fw_end);
    if (k->hi > plan->magic)
        return ut_err_set(err, UT_ELIMIT, "kernel: needs memory up to 0x%" PRIx64 " (%.1f MiB), "
                          "the domain's ends at 0x%" PRIx64 " (%.1f MiB of %.1f MiB are usable)",
                          k->hi, MIB(k->hi), plan->magic, MIB(plan->magic), MIB(plan->ram_bytes));
    plan->kernel = (struct xci__range){ k->lo, k->hi - k->lo };
    plan->big_endian = k->big_endian;
    return UT_OK;
}

/* Directly behind the kernel; where a high kernel leaves too little room there, in front of it. */
static int place_ramdisk(struct xci__plan *plan, struct ut_err *err)
{
    uint64_t bytes = plan->in->ramdisk_bytes, kernel_end = plan->kernel.gpa + plan->kernel.bytes;
    uint64_t after = plan->magic - kernel_end;
    uint64_t first = (plan->fw_end + XCI_PAGE_SIZE - 1) & ~(uint64_t)(XCI_PAGE_SIZE - 1);
    uint64_t before = plan->kernel.gpa > first ? plan->kernel.gpa - first : 0;
    uint64_t whole_pages = (bytes + XCI_PAGE_SIZE - 1) & ~(uint64_t)(XCI_PAGE_SIZE - 1);

    if (!plan->in->ramdisk) return UT_OK;
    if (whole_pages <= after)
        plan->ramdisk = (struct xci__range){ kernel_end, bytes };
    else if (whole_pages <= before)
        plan->ramdisk = (struct xci__range){ first, bytes };
    else
        return ut_err_set(err, UT_ELIMIT, "ramdisk: %.1f MiB find no room: %.1f MiB are free "
                          "behind the kernel and %.1f MiB before it", MIB(bytes), MIB(after),
                          MIB(before));
    return UT_OK;
}

static int write_tables(struct xci__plan *plan, uint8_t *ram, struct ut_err *err)
{
    struct xci__w acpi = { .ram = ram, .gpa = XCI__GPA_ACPI, .end = XCI__GPA_EFI_SYSTAB };
    struct xci__w efi = { .ram = ram, .gpa = XCI__GPA_EFI_SYSTAB, .end = XCI__GPA_BOOT_PARAM };
    struct xci__w boot = { .ram = ram, .gpa = XCI__GPA_BOOT_PARAM, .end = XCI_PAGE_SIZE };

    xci__stubs_write(ram);
    if (plan->in->builder == XCI_BUILDER_EFI)
        xci__acpi_efi_write(&acpi, plan->in->nr_vcpus);
    else if (plan->has_acpi)
        xci__acpi_write(&acpi, plan->in->nr_vcpus);
    xci__efi_write(&efi, plan);
    if (plan->paravirtual)
        xci__start_info_write(ram, plan);
    else
        xci__boot_param_write(&boot, plan);
    if (acpi.overflow || efi.overflow || boot.overflow)
        return ut_err_set(err, UT_EINTERNAL, "firmware tables outgrew their page");
    return UT_OK;
}

static int plan_and_write(const struct xci__build_in *in, const void *elf, size_t elf_bytes,
                          uint8_t *ram, struct xci__build_out *out, struct ut_err *err)
{
    bool paravirtual = in->builder == XCI_BUILDER_LINUX;
    struct xci__plan plan = {
        .in = in,
        .paravirtual = paravirtual,
        .has_acpi = in->builder != XCI_BUILDER_HPSIM,
        .ram_bytes = in->nr_pages << XCI__PAGE_SHIFT,
        .fw_end = paravirtual ? XCI__GPA_BOOT_PARAM : XCI_PAGE_SIZE,
    };
    struct xci__kernel k;
    int rc;

    plan.low_bytes = plan.ram_bytes;
    if (in->builder == XCI_BUILDER_EFI && plan.low_bytes > VMCTL_EFI_LOW_BYTES)
        plan.low_bytes = VMCTL_EFI_LOW_BYTES;
    rc = xci__elf_parse(elf, elf_bytes, paravirtual, &k, err);
    if (rc < 0) return rc;
    place_magic(&plan);
    rc = place_kernel(&plan, &k, err);
    if (rc < 0) return rc;
    rc = place_ramdisk(&plan, err);
    if (rc < 0) return rc;

    xci__elf_load(&k, ram);
    if (plan.ramdisk.bytes) memcpy(ram + plan.ramdisk.gpa, in->ramdisk, plan.ramdisk.bytes);
    rc = write_tables(&plan, ram, err);
    if (rc < 0) return rc;
    *out = (struct xci__build_out){
        .entry_gpa = k.entry_gpa,
        .r28 = plan.boot_param,
        .start_info_pfn = plan.start_info_gpa >> XCI__PAGE_SHIFT,
        .memmap_pfn = plan.memmap_gpa >> XCI__PAGE_SHIFT,
        .store_pfn = plan.store_gpa >> XCI__PAGE_SHIFT,
        .console_pfn = plan.console_gpa >> XCI__PAGE_SHIFT,
        .ramdisk_gpa = plan.ramdisk.gpa,
        .ramdisk_bytes = plan.ramdisk.bytes,
        .big_endian = plan.big_endian,
    };
    return UT_OK;
}

int xci__build(const struct xci__build_in *in, void *ram, uint64_t ram_bytes,
               struct xci__build_out *out, struct ut_err *err)
{
    uint8_t *unpacked = NULL;
    const void *elf = in->kernel;
    size_t elf_bytes = in->kernel_bytes;
    int rc;

    rc = check_args(in, ram_bytes, err);
    if (rc < 0) return rc;
    if (xci__is_gzip(elf, elf_bytes)) {
        rc = xci__gunzip(elf, elf_bytes, XCI__KERNEL_MAX_BYTES, &unpacked, &elf_bytes, err);
        if (rc < 0) {
            (void)ut_err_prefix(err, "kernel");
            return rc;
        }
        elf = unpacked;
    }
    rc = plan_and_write(in, elf, elf_bytes, ram, out, err);
    free(unpacked);
    return rc;
}

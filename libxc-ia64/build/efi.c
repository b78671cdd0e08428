/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * efi.c: EFI system table, runtime services, configuration table, function descriptors, memory map.
 * Source: guest ABI 2.2 and 2.4; UEFI specification 2.x, chapters 4 and 7.
 */
#include "build_int.h"
#include "vmctl_efi.h"

#define EFI_SYSTAB_SIGNATURE UINT64_C(0x5453595320494249)   /* "IBI SYST" */
#define EFI_RT_SIGNATURE     UINT64_C(0x56524553544e5552)   /* "RUNTSERV" */
#define EFI_REVISION         0x00010000u                    /* 1.00 */
#define EFI_HEADER_BYTES     24u
#define EFI_ATTR_UC          UINT64_C(0x1)
#define EFI_ATTR_WB          UINT64_C(0x8)
#define EFI_ATTR_RUNTIME     (UINT64_C(1) << 63)

enum efi_type {
    EFI_LOADER_DATA = 2, EFI_RUNTIME_SERVICES_DATA = 6, EFI_CONVENTIONAL = 7, EFI_ACPI_NVS = 10,
    EFI_MMIO = 11, EFI_IO_PORT_SPACE = 12, EFI_PAL_CODE = 13,
};

#define NO_STUB UINT32_MAX

/* Runtime services in the table's order, each with its stub; convert_pointer has none. */
static const uint32_t rt_services[] = { 0, 1, 2, 3, 4, NO_STUB, 5, 6, 7, 8, 9 };

struct guid { uint32_t a; uint16_t b, c; uint8_t d[8]; };
static const struct guid guid_sal = {
    0xeb9d2d32, 0x2d88, 0x11d3, { 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } };
static const struct guid guid_acpi20 = {
    0x8868e871, 0xe4f1, 0x11d3, { 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 } };
static const struct guid guid_none;

#define NR_CONFIG_ENTRIES 6u        /* SAL, ACPI and four empty ones, as Xen has them */

static void header(struct xci__w *w, uint64_t signature)
{
    xci__w_u64(w, signature);
    xci__w_u32(w, EFI_REVISION);
    xci__w_u32(w, EFI_HEADER_BYTES);
    xci__w_u32(w, 0);                       /* CRC: Xen leaves it 0, guests do not check */
    xci__w_u32(w, 0);
}

static void config_entry(struct xci__w *w, const struct guid *g, uint64_t table)
{
    xci__w_u32(w, g->a);
    xci__w_u16(w, g->b);
    xci__w_u16(w, g->c);
    for (unsigned i = 0; i < ARRAY_SIZE(g->d); i++)
        xci__w_u8(w, g->d[i]);
    xci__w_u64(w, table);
}

/* Function descriptors {ip, gp}; SetVirtualAddressMap rewrites the ips in place. */
static uint64_t descriptors(struct xci__w *w)
{
    uint64_t first;

    xci__w_align(w, 16);
    first = w->gpa;
    for (unsigned i = 0; i < XCI__NR_EFI_STUBS; i++) {
        xci__w_u64(w, xci__stub_efi(i));
        xci__w_u64(w, 0);
    }
    return first;
}

static uint64_t vendor_name(struct xci__w *w)
{
    const char *s = "Xen/ia64";
    uint64_t at = w->gpa;

    do
        xci__w_u16(w, (uint8_t)*s);         /* UTF-16 */
    while (*s++);
    return at;
}

static uint64_t runtime_services(struct xci__w *w, uint64_t first_descriptor)
{
    uint64_t at;

    xci__w_align(w, 8);
    at = w->gpa;
    header(w, EFI_RT_SIGNATURE);
    for (unsigned i = 0; i < ARRAY_SIZE(rt_services); i++)
        xci__w_u64(w, rt_services[i] == NO_STUB ? 0 : first_descriptor + 16u * rt_services[i]);
    return at;
}

static uint64_t config_table(struct xci__w *w, uint64_t sal, bool has_acpi)
{
    uint64_t at;

    xci__w_align(w, 8);
    at = w->gpa;
    config_entry(w, &guid_sal, sal);
    config_entry(w, has_acpi ? &guid_acpi20 : &guid_none, has_acpi ? XCI__GPA_ACPI : 0);
    for (unsigned i = 2; i < NR_CONFIG_ENTRIES; i++)
        config_entry(w, &guid_none, 0);
    return at;
}

static void system_table(struct xci__w *w, uint64_t vendor, uint64_t runtime, uint64_t config)
{
    header(w, EFI_SYSTAB_SIGNATURE);
    xci__w_u64(w, vendor);
    xci__w_u32(w, 1);                       /* firmware revision */
    xci__w_u32(w, 0);
    for (unsigned i = 0; i < 6; i++)
        xci__w_u64(w, 0);                   /* console handles and protocols */
    xci__w_u64(w, runtime);
    xci__w_u64(w, 0);                       /* boot services have ended */
    xci__w_u64(w, NR_CONFIG_ENTRIES);
    xci__w_u64(w, config);
}

static void descriptor(struct xci__w *w, enum efi_type type, uint64_t from, uint64_t to,
                       uint64_t attr)
{
    if (from >= to) return;
    xci__w_u32(w, type);
    xci__w_u32(w, 0);
    xci__w_u64(w, from);
    xci__w_u64(w, 0);                       /* virtual address: the guest's business */
    xci__w_u64(w, (to - from) / XCI__EFI_PAGE);
    xci__w_u64(w, attr);
}

/* Paravirtual and simulator kernels reserve themselves and their ramdisk. */
static void free_memory(struct xci__w *w, const struct xci__plan *plan)
{
    descriptor(w, EFI_CONVENTIONAL, plan->fw_end, plan->magic, EFI_ATTR_WB);
    descriptor(w, EFI_RUNTIME_SERVICES_DATA, plan->magic, plan->ram_bytes, EFI_ATTR_WB);
}

static uint64_t page_up(uint64_t gpa)
{
    return (gpa + XCI__EFI_PAGE - 1) & ~(XCI__EFI_PAGE - 1);
}

/* As a boot loader leaves it: what it loaded is its own, in ascending order. */
static void loaded_memory(struct xci__w *w, const struct xci__plan *plan)
{
    const struct xci__range *first = &plan->kernel, *second = &plan->ramdisk;
    uint64_t end;

    if (second->bytes && second->gpa < first->gpa) {
        first = &plan->ramdisk;
        second = &plan->kernel;
    }
    end = page_up(first->gpa + first->bytes);
    descriptor(w, EFI_CONVENTIONAL, plan->fw_end, first->gpa, EFI_ATTR_WB);
    descriptor(w, EFI_LOADER_DATA, first->gpa, end, EFI_ATTR_WB);
    if (second->bytes) {
        descriptor(w, EFI_CONVENTIONAL, end, second->gpa, EFI_ATTR_WB);
        end = page_up(second->gpa + second->bytes);
        descriptor(w, EFI_LOADER_DATA, second->gpa, end, EFI_ATTR_WB);
    }
    descriptor(w, EFI_CONVENTIONAL, end, plan->low_bytes, EFI_ATTR_WB);
    descriptor(w, EFI_MMIO, VMCTL_EFI_MMIO_GPA, VMCTL_EFI_MMIO_GPA + VMCTL_EFI_MMIO_BYTES,
               EFI_ATTR_UC);
    descriptor(w, EFI_CONVENTIONAL, VMCTL_EFI_HIGH_GPA,
               VMCTL_EFI_HIGH_GPA + plan->ram_bytes - plan->low_bytes, EFI_ATTR_WB);
}

static void memory_map(struct xci__w *w, struct xci__plan *plan)
{
    const uint64_t fw = EFI_ATTR_WB | EFI_ATTR_RUNTIME;

    xci__w_align(w, 16);
    plan->efi_memmap = w->gpa;
    descriptor(w, EFI_PAL_CODE, 0, XCI__GPA_ACPI, fw);
    descriptor(w, plan->has_acpi ? EFI_ACPI_NVS : EFI_RUNTIME_SERVICES_DATA, XCI__GPA_ACPI,
               XCI__GPA_EFI_SYSTAB, fw);
    descriptor(w, EFI_RUNTIME_SERVICES_DATA, XCI__GPA_EFI_SYSTAB, plan->fw_end, fw);
    if (plan->in->builder == XCI_BUILDER_EFI)
        loaded_memory(w, plan);
    else
        free_memory(w, plan);
    descriptor(w, EFI_IO_PORT_SPACE, VMCTL_EFI_PORTS_GPA,
               VMCTL_EFI_PORTS_GPA + VMCTL_EFI_PORTS_BYTES, EFI_ATTR_UC);
    plan->efi_memmap_bytes = w->gpa - plan->efi_memmap;
}

void xci__efi_write(struct xci__w *w, struct xci__plan *plan)
{
    struct xci__w systab = *w;              /* has a fixed place: written last, lies first */
    uint64_t sal, fds, runtime, config, vendor;

    xci__w_seek(w, w->gpa + 120);
    fds = descriptors(w);
    runtime = runtime_services(w, fds);
    sal = xci__sal_write(w);
    config = config_table(w, sal, plan->has_acpi);
    vendor = vendor_name(w);
    memory_map(w, plan);
    systab.end = systab.gpa + 120;
    system_table(&systab, vendor, runtime, config);
    w->overflow |= systab.overflow;
}

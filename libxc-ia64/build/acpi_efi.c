/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acpi_efi.c: the ACPI tables of a domain of builder efi: a machine with one I/O SAPIC, the fixed
 * hardware that power-off needs, and a UART (dsdt_efi.asl).
 * Source: ACPI specification 2.0, chapters 4 and 5; the machine is in lib/vmctl_efi.h.
 */
#include "build_int.h"
#include "dsdt_efi.h"
#include "vmctl_efi.h"

#define FADT_BYTES    244u
#define MADT_IOSAPIC  6u
#define IOSAPIC_BYTES 16u

enum { PM1_EVENT_BYTES = 4, PM1_CONTROL_BYTES = 2, PM_TIMER_BYTES = 4 };
enum { NO_C2_US = 101, NO_C3_US = 1001 };       /* latencies that mean "not there" */
enum {
    FADT_WBINVD = 1 << 0, FADT_PROC_C1 = 1 << 2, FADT_NO_FIXED_SLEEP_BUTTON = 1 << 5,
    FADT_TIMER_32_BITS = 1 << 8,
};

/* Not "XEN", which would make a kernel take this for a paravirtual domain. */
static const struct xci__acpi_id id_efi = { "IA64VM", "IA64EFI " };

static uint64_t dsdt(struct xci__w *w)
{
    uint64_t at = xci__acpi_start(w, "DSDT", 2, &id_efi);

    for (unsigned i = 0; i < sizeof(dsdt_efi_aml); i++)
        xci__w_u8(w, dsdt_efi_aml[i]);
    xci__acpi_finish(w, at);
    return at;
}

/* The 32-bit port numbers and the 64-bit addresses behind them say the same. */
static uint64_t fadt(struct xci__w *w, uint64_t facs_gpa, uint64_t dsdt_gpa)
{
    uint64_t at = xci__acpi_start(w, "FACP", 3, &id_efi);

    xci__w_u32(w, (uint32_t)facs_gpa);
    xci__w_u32(w, (uint32_t)dsdt_gpa);
    xci__w_u16(w, 0);                       /* profile unspecified */
    xci__w_u16(w, VMCTL_EFI_SCI_GSI);
    xci__w_u32(w, 0);                       /* no SMI command port: always in ACPI mode */
    xci__w_seek(w, at + 56);
    xci__w_u32(w, VMCTL_EFI_PM1_EVENT_PORT);
    xci__w_u32(w, 0);
    xci__w_u32(w, VMCTL_EFI_PM1_CTL_PORT);
    xci__w_seek(w, at + 76);
    xci__w_u32(w, VMCTL_EFI_PM_TIMER_PORT);
    xci__w_seek(w, at + 88);
    xci__w_u8(w, PM1_EVENT_BYTES);
    xci__w_u8(w, PM1_CONTROL_BYTES);
    xci__w_u8(w, 0);                        /* no PM2 control */
    xci__w_u8(w, PM_TIMER_BYTES);
    xci__w_seek(w, at + 96);
    xci__w_u16(w, NO_C2_US);
    xci__w_u16(w, NO_C3_US);
    xci__w_seek(w, at + 112);
    xci__w_u32(w, FADT_WBINVD | FADT_PROC_C1 | FADT_NO_FIXED_SLEEP_BUTTON | FADT_TIMER_32_BITS);
    xci__w_seek(w, at + 132);
    xci__w_u64(w, facs_gpa);
    xci__w_u64(w, dsdt_gpa);
    xci__acpi_gas(w, XCI__ACPI_IO, VMCTL_EFI_PM1_EVENT_PORT, PM1_EVENT_BYTES);
    xci__acpi_gas(w, XCI__ACPI_IO, 0, 0);
    xci__acpi_gas(w, XCI__ACPI_IO, VMCTL_EFI_PM1_CTL_PORT, PM1_CONTROL_BYTES);
    xci__acpi_gas(w, XCI__ACPI_IO, 0, 0);
    xci__acpi_gas(w, XCI__ACPI_IO, 0, 0);   /* PM2 control */
    xci__acpi_gas(w, XCI__ACPI_IO, VMCTL_EFI_PM_TIMER_PORT, PM_TIMER_BYTES);
    xci__w_seek(w, at + FADT_BYTES);
    xci__acpi_finish(w, at);
    return at;
}

static uint64_t madt(struct xci__w *w, unsigned nr_vcpus)
{
    uint64_t at = xci__acpi_start(w, "APIC", 2, &id_efi);

    xci__w_u32(w, (uint32_t)VMCTL_EFI_INTERRUPT_GPA);
    xci__w_u32(w, 0);                       /* no PC-AT interrupt controllers */
    xci__acpi_lsapics(w, nr_vcpus);
    xci__w_u8(w, MADT_IOSAPIC);
    xci__w_u8(w, IOSAPIC_BYTES);
    xci__w_u8(w, 0);                        /* id */
    xci__w_u8(w, 0);
    xci__w_u32(w, 0);                       /* its first global system interrupt */
    xci__w_u64(w, VMCTL_EFI_IOSAPIC_GPA);
    xci__acpi_finish(w, at);
    return at;
}

void xci__acpi_efi_write(struct xci__w *w, unsigned nr_vcpus)
{
    struct xci__w rsdp = *w;                /* comes first, points at what is written later */
    uint64_t facs_gpa, dsdt_gpa, fadt_gpa;

    xci__w_seek(w, w->gpa + XCI__ACPI_RSDP_ROOM);
    facs_gpa = xci__acpi_facs(w);
    dsdt_gpa = dsdt(w);
    fadt_gpa = fadt(w, facs_gpa, dsdt_gpa);
    xci__acpi_root(w, &rsdp, &id_efi, fadt_gpa, madt(w, nr_vcpus));
}

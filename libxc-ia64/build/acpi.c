/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acpi.c: the ACPI tables of a paravirtualized domain. Guests take from them the machine type
 * (XSDT oem id "XEN") and the processors (MADT).
 * Source: guest ABI 2.10; ACPI specification 2.0, chapter 5 and 17 (AML encoding).
 */
#include <string.h>
#include "build_int.h"

#define HEADER_BYTES 36u
#define LENGTH_AT    4u
#define CHECKSUM_AT  9u
#define RSDP_BYTES   36u
#define RSDP_V1_BYTES 20u
#define FADT_BYTES   244u
#define FACS_BYTES   64u
#define MADT_LSAPIC  7u
#define LSAPIC_BYTES 12u
#define LSAPIC_ENABLED 1u
#define DUMMY_REGISTERS 16u         /* bytes that PM1 event, PM1 control and PM timer point at */

enum { GAS_SYSTEM_MEMORY = 0, PM1_EVENT_BYTES = 4, PM1_CONTROL_BYTES = 2, PM_TIMER_BYTES = 4 };

static const char oem[] = "XEN";    /* ABI: this id selects the guests' "xen" machine vector */

/* AML: Scope (\_SB_) { Processor (CPU0, 0, 0, 0) {} ... CPU2 }. Three, whatever nr_vcpus is. */
static const uint8_t dsdt_aml[] = {
    0x10, 0x2d, '\\', '_', 'S', 'B', '_',
    0x5b, 0x83, 0x0b, 'C', 'P', 'U', '0', 0, 0, 0, 0, 0, 0,
    0x5b, 0x83, 0x0b, 'C', 'P', 'U', '1', 1, 0, 0, 0, 0, 0,
    0x5b, 0x83, 0x0b, 'C', 'P', 'U', '2', 2, 0, 0, 0, 0, 0,
};

/* Length and checksum are filled in by finish(). */
static uint64_t start(struct xci__w *w, const char *signature, uint8_t revision)
{
    uint64_t at;

    xci__w_align(w, 8);
    at = w->gpa;
    xci__w_text(w, signature, 4, ' ');
    xci__w_u32(w, 0);
    xci__w_u8(w, revision);
    xci__w_u8(w, 0);
    xci__w_text(w, oem, 6, '\0');
    xci__w_text(w, "Xen/ia64", 8, '\0');
    xci__w_u32(w, 1);                       /* OEM revision */
    xci__w_text(w, oem, 4, '\0');
    xci__w_u32(w, 1);                       /* creator revision */
    return at;
}

static void finish(struct xci__w *w, uint64_t table)
{
    struct xci__w len = *w;

    len.gpa = table + LENGTH_AT;
    xci__w_u32(&len, (uint32_t)(w->gpa - table));
    xci__w_checksum(w, table, w->gpa, table + CHECKSUM_AT);
}

/* Generic address structure of a register in memory */
static void gas(struct xci__w *w, uint64_t gpa, unsigned size_bytes)
{
    xci__w_u8(w, GAS_SYSTEM_MEMORY);
    xci__w_u8(w, (uint8_t)(8 * size_bytes)); /* bit width */
    xci__w_u8(w, 0);
    xci__w_u8(w, 0);
    xci__w_u64(w, gpa);
}

static uint64_t facs(struct xci__w *w)
{
    uint64_t at;

    xci__w_align(w, 64);
    at = w->gpa;
    xci__w_text(w, "FACS", 4, ' ');
    xci__w_u32(w, FACS_BYTES);
    xci__w_seek(w, at + 32);
    xci__w_u8(w, 1);                        /* version */
    xci__w_seek(w, at + FACS_BYTES);
    return at;
}

static uint64_t dsdt(struct xci__w *w)
{
    uint64_t at = start(w, "DSDT", 1);

    for (unsigned i = 0; i < sizeof(dsdt_aml); i++)
        xci__w_u8(w, dsdt_aml[i]);
    finish(w, at);
    return at;
}

/* `regs`: dummy bytes standing in for the fixed hardware, which a domain does not have. Widths are
 * those ACPI demands; Xen's tables had 8 bits everywhere, which guests' parsers complain of. */
static uint64_t fadt(struct xci__w *w, uint64_t facs_gpa, uint64_t dsdt_gpa, uint64_t regs)
{
    uint64_t at = start(w, "FACP", 3);

    xci__w_u32(w, (uint32_t)facs_gpa);
    xci__w_u32(w, (uint32_t)dsdt_gpa);
    xci__w_seek(w, at + 88);
    xci__w_u8(w, PM1_EVENT_BYTES);
    xci__w_u8(w, PM1_CONTROL_BYTES);
    xci__w_u8(w, 0);                        /* no PM2 control */
    xci__w_u8(w, PM_TIMER_BYTES);
    xci__w_seek(w, at + 132);
    xci__w_u64(w, facs_gpa);
    xci__w_u64(w, dsdt_gpa);
    gas(w, regs, PM1_EVENT_BYTES);          /* PM1a event, PM1b event */
    gas(w, 0, 0);
    gas(w, regs + 4, PM1_CONTROL_BYTES);    /* PM1a control, PM1b control */
    gas(w, 0, 0);
    gas(w, 0, 0);                           /* PM2 control */
    gas(w, regs + 8, PM_TIMER_BYTES);
    xci__w_seek(w, at + FADT_BYTES);
    finish(w, at);
    return at;
}

static uint64_t madt(struct xci__w *w, unsigned nr_vcpus)
{
    uint64_t at = start(w, "APIC", 2);

    xci__w_u32(w, 0);                       /* local APIC address: none */
    xci__w_u32(w, 0);
    for (unsigned i = 0; i < nr_vcpus; i++) {
        xci__w_u8(w, MADT_LSAPIC);
        xci__w_u8(w, LSAPIC_BYTES);
        xci__w_u8(w, (uint8_t)i);           /* ACPI id */
        xci__w_u8(w, (uint8_t)i);           /* id, as in cr.lid */
        xci__w_u8(w, 0);                    /* eid */
        xci__w_text(w, "", 3, '\0');
        xci__w_u32(w, LSAPIC_ENABLED);
    }
    finish(w, at);
    return at;
}

static uint64_t xsdt(struct xci__w *w, uint64_t fadt_gpa, uint64_t madt_gpa)
{
    uint64_t at = start(w, "XSDT", 1);

    xci__w_u64(w, fadt_gpa);
    xci__w_u64(w, madt_gpa);
    finish(w, at);
    return at;
}

static void rsdp(struct xci__w *w, uint64_t xsdt_gpa)
{
    uint64_t at = w->gpa;

    xci__w_text(w, "RSD PTR ", 8, '\0');
    xci__w_u8(w, 0);                        /* checksum of the first 20 bytes */
    xci__w_text(w, oem, 6, '\0');
    xci__w_u8(w, 2);                        /* revision: ACPI 2.0 */
    xci__w_u32(w, 0);                       /* no RSDT */
    xci__w_u32(w, RSDP_BYTES);
    xci__w_u64(w, xsdt_gpa);
    xci__w_u8(w, 0);                        /* checksum of all */
    xci__w_text(w, "", 3, '\0');
    xci__w_checksum(w, at, at + RSDP_V1_BYTES, at + 8);
    xci__w_checksum(w, at, at + RSDP_BYTES, at + 32);
}

void xci__acpi_write(struct xci__w *w, unsigned nr_vcpus)
{
    struct xci__w rsdp_w = *w;              /* comes first, points at what is written later */
    uint64_t regs, facs_gpa, dsdt_gpa, fadt_gpa, madt_gpa;

    xci__w_seek(w, w->gpa + 48);
    regs = w->gpa;
    xci__w_seek(w, regs + DUMMY_REGISTERS);
    facs_gpa = facs(w);
    dsdt_gpa = dsdt(w);
    fadt_gpa = fadt(w, facs_gpa, dsdt_gpa, regs);
    madt_gpa = madt(w, nr_vcpus);
    rsdp(&rsdp_w, xsdt(w, fadt_gpa, madt_gpa));
    w->overflow |= rsdp_w.overflow;
}

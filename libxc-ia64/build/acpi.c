/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acpi.c: the ACPI tables of a paravirtualized domain, and what all kinds of domains have in
 * common. Guests take from them the machine type (XSDT oem id "XEN") and the processors (MADT).
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

enum { PM1_EVENT_BYTES = 4, PM1_CONTROL_BYTES = 2, PM_TIMER_BYTES = 4 };

/* ABI: the id "XEN" selects the guests' "xen" machine vector */
static const struct xci__acpi_id id_xen = { "XEN", "Xen/ia64" };

/* AML: Scope (\_SB_) { Processor (CPU0, 0, 0, 0) {} ... CPU2 }. Three, whatever nr_vcpus is. */
static const uint8_t dsdt_aml[] = {
    0x10, 0x2d, '\\', '_', 'S', 'B', '_',
    0x5b, 0x83, 0x0b, 'C', 'P', 'U', '0', 0, 0, 0, 0, 0, 0,
    0x5b, 0x83, 0x0b, 'C', 'P', 'U', '1', 1, 0, 0, 0, 0, 0,
    0x5b, 0x83, 0x0b, 'C', 'P', 'U', '2', 2, 0, 0, 0, 0, 0,
};

uint64_t xci__acpi_start(struct xci__w *w, const char *signature, uint8_t revision,
                         const struct xci__acpi_id *id)
{
    uint64_t at;

    xci__w_align(w, 8);
    at = w->gpa;
    xci__w_text(w, signature, 4, ' ');
    xci__w_u32(w, 0);
    xci__w_u8(w, revision);
    xci__w_u8(w, 0);
    xci__w_text(w, id->oem, 6, '\0');
    xci__w_text(w, id->table, 8, '\0');
    xci__w_u32(w, 1);                       /* OEM revision */
    xci__w_text(w, id->oem, 4, '\0');
    xci__w_u32(w, 1);                       /* creator revision */
    return at;
}

void xci__acpi_finish(struct xci__w *w, uint64_t table)
{
    struct xci__w len = *w;

    len.gpa = table + LENGTH_AT;
    xci__w_u32(&len, (uint32_t)(w->gpa - table));
    xci__w_checksum(w, table, w->gpa, table + CHECKSUM_AT);
}

void xci__acpi_gas(struct xci__w *w, enum xci__acpi_space space, uint64_t address,
                   unsigned size_bytes)
{
    xci__w_u8(w, (uint8_t)space);
    xci__w_u8(w, (uint8_t)(8 * size_bytes)); /* bit width */
    xci__w_u8(w, 0);
    xci__w_u8(w, 0);
    xci__w_u64(w, address);
}

uint64_t xci__acpi_facs(struct xci__w *w)
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
    uint64_t at = xci__acpi_start(w, "DSDT", 1, &id_xen);

    for (unsigned i = 0; i < sizeof(dsdt_aml); i++)
        xci__w_u8(w, dsdt_aml[i]);
    xci__acpi_finish(w, at);
    return at;
}

/* `regs`: dummy bytes standing in for the fixed hardware, which a domain does not have. Widths are
 * those ACPI demands; Xen's tables had 8 bits everywhere, which guests' parsers complain of. */
static uint64_t fadt(struct xci__w *w, uint64_t facs_gpa, uint64_t dsdt_gpa, uint64_t regs)
{
    uint64_t at = xci__acpi_start(w, "FACP", 3, &id_xen);

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
    xci__acpi_gas(w, XCI__ACPI_MEMORY, regs, PM1_EVENT_BYTES);          /* PM1a event, PM1b event */
    xci__acpi_gas(w, XCI__ACPI_MEMORY, 0, 0);
    /* PM1a control, PM1b control */
    xci__acpi_gas(w, XCI__ACPI_MEMORY, regs + 4, PM1_CONTROL_BYTES);
    xci__acpi_gas(w, XCI__ACPI_MEMORY, 0, 0);
    xci__acpi_gas(w, XCI__ACPI_MEMORY, 0, 0);                           /* PM2 control */
    xci__acpi_gas(w, XCI__ACPI_MEMORY, regs + 8, PM_TIMER_BYTES);
    xci__w_seek(w, at + FADT_BYTES);
    xci__acpi_finish(w, at);
    return at;
}

void xci__acpi_lsapics(struct xci__w *w, unsigned nr_vcpus)
{
    for (unsigned i = 0; i < nr_vcpus; i++) {
        xci__w_u8(w, MADT_LSAPIC);
        xci__w_u8(w, LSAPIC_BYTES);
        xci__w_u8(w, (uint8_t)i);           /* ACPI id */
        xci__w_u8(w, (uint8_t)i);           /* id, as in cr.lid */
        xci__w_u8(w, 0);                    /* eid */
        xci__w_text(w, "", 3, '\0');
        xci__w_u32(w, LSAPIC_ENABLED);
    }
}

static uint64_t madt(struct xci__w *w, unsigned nr_vcpus)
{
    uint64_t at = xci__acpi_start(w, "APIC", 2, &id_xen);

    xci__w_u32(w, 0);                       /* local APIC address: none */
    xci__w_u32(w, 0);
    xci__acpi_lsapics(w, nr_vcpus);
    xci__acpi_finish(w, at);
    return at;
}

static uint64_t xsdt(struct xci__w *w, const struct xci__acpi_id *id, uint64_t fadt_gpa,
                     uint64_t madt_gpa)
{
    uint64_t at = xci__acpi_start(w, "XSDT", 1, id);

    xci__w_u64(w, fadt_gpa);
    xci__w_u64(w, madt_gpa);
    xci__acpi_finish(w, at);
    return at;
}

void xci__acpi_root(struct xci__w *w, struct xci__w *rsdp, const struct xci__acpi_id *id,
                    uint64_t fadt_gpa, uint64_t madt_gpa)
{
    uint64_t at = rsdp->gpa, table = xsdt(w, id, fadt_gpa, madt_gpa);

    xci__w_text(rsdp, "RSD PTR ", 8, '\0');
    xci__w_u8(rsdp, 0);                     /* checksum of the first 20 bytes */
    xci__w_text(rsdp, id->oem, 6, '\0');
    xci__w_u8(rsdp, 2);                     /* revision: ACPI 2.0 */
    xci__w_u32(rsdp, 0);                    /* no RSDT */
    xci__w_u32(rsdp, RSDP_BYTES);
    xci__w_u64(rsdp, table);
    xci__w_u8(rsdp, 0);                     /* checksum of all */
    xci__w_text(rsdp, "", 3, '\0');
    xci__w_checksum(rsdp, at, at + RSDP_V1_BYTES, at + 8);
    xci__w_checksum(rsdp, at, at + RSDP_BYTES, at + 32);
    w->overflow |= rsdp->overflow;
}

void xci__acpi_write(struct xci__w *w, unsigned nr_vcpus)
{
    struct xci__w rsdp = *w;                /* comes first, points at what is written later */
    uint64_t regs, facs_gpa, dsdt_gpa, fadt_gpa;

    xci__w_seek(w, w->gpa + XCI__ACPI_RSDP_ROOM);
    regs = w->gpa;
    xci__w_seek(w, regs + DUMMY_REGISTERS);
    facs_gpa = xci__acpi_facs(w);
    dsdt_gpa = dsdt(w);
    fadt_gpa = fadt(w, facs_gpa, dsdt_gpa, regs);
    xci__acpi_root(w, &rsdp, &id_xen, fadt_gpa, madt(w, nr_vcpus));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builder efi: a guest with full privilege on a machine that an unmodified kernel knows: PAL, SAL
 * and EFI, an I/O SAPIC, a UART and ACPI's fixed hardware. Which address is what:
 * lib/vmctl_efi.h; documentation: docs/efi.md.
 */
#include <stdlib.h>
#include "dv_acpipm.h"
#include "dv_iosapic.h"
#include "dv_uart.h"
#include "vmctl_efi.h"
#include "vp_bare.h"

struct vp_efi {
    struct dv_iosapic *iosapic;
    struct dv_uart *uart;
    struct dv_acpipm *pm;
};

/* ---- devices to the outside ------------------------------------------------------------------ */

static void deliver(void *ctx, unsigned id, unsigned eid, unsigned mode, uint8_t vector)
{
    vp_bare_interrupt(ctx, id, eid, mode, vector);
}

static void uart_irq(void *ctx, bool asserted)
{
    struct vp_domain *d = ctx;

    dv_iosapic_set(d->efi->iosapic, VMCTL_EFI_UART_GSI, asserted);
}

static void sci(void *ctx, bool asserted)
{
    struct vp_domain *d = ctx;

    dv_iosapic_set(d->efi->iosapic, VMCTL_EFI_SCI_GSI, asserted);
}

static void sleep_state(void *ctx, unsigned type)
{
    if (type == VMCTL_EFI_SLEEP_TYPE_S5) vp_domain_guest_stop(ctx, VMCTL_POWEROFF);
}

static uint64_t now_ns(void *ctx)
{
    (void)ctx;
    return vp_time_ns();
}

/* ---- the guest to the devices ---------------------------------------------------------------- */

static uint64_t uart_read(struct vp_efi *e, uint64_t offset, unsigned size_bytes)
{
    return size_bytes == 1 ? dv_uart_read(e->uart, (unsigned)offset) : UINT64_MAX;
}

static void uart_write(struct vp_efi *e, uint64_t offset, unsigned size_bytes, uint64_t value)
{
    if (size_bytes == 1) dv_uart_write(e->uart, (unsigned)offset, (uint8_t)value);
}

static uint64_t pm_read(struct vp_efi *e, uint64_t offset, unsigned size_bytes)
{
    return dv_acpipm_read(e->pm, (unsigned)offset, size_bytes);
}

static void pm_write(struct vp_efi *e, uint64_t offset, unsigned size_bytes, uint64_t value)
{
    dv_acpipm_write(e->pm, (unsigned)offset, size_bytes, (uint32_t)value);
}

static uint64_t iosapic_read(struct vp_efi *e, uint64_t offset, unsigned size_bytes)
{
    return dv_iosapic_read(e->iosapic, offset, size_bytes);
}

static void iosapic_write(struct vp_efi *e, uint64_t offset, unsigned size_bytes, uint64_t value)
{
    dv_iosapic_write(e->iosapic, offset, size_bytes, value);
}

struct range {
    uint64_t at, bytes;
    uint64_t (*read)(struct vp_efi *e, uint64_t offset, unsigned size_bytes);
    void (*write)(struct vp_efi *e, uint64_t offset, unsigned size_bytes, uint64_t value);
};

static const struct range memory[] = {
    { VMCTL_EFI_IOSAPIC_GPA, DV_IOSAPIC_BYTES, iosapic_read, iosapic_write },
};

static const struct range ports[] = {
    { VMCTL_EFI_UART_PORT, DV_UART_REGISTERS, uart_read, uart_write },
    { VMCTL_EFI_PM1_EVENT_PORT, DV_ACPIPM_BYTES, pm_read, pm_write },
};

/* Who answers at an address, and the offset in it; NULL = nobody. */
static const struct range *find(em_gpa_t gpa, uint64_t *offset_out)
{
    const struct range *table = memory;
    size_t nr = ARRAY_SIZE(memory);
    uint64_t at = gpa;

    if (gpa >= VMCTL_EFI_PORTS_GPA && gpa - VMCTL_EFI_PORTS_GPA < VMCTL_EFI_PORTS_BYTES) {
        at = gpa - VMCTL_EFI_PORTS_GPA;
        at = at >> 12 << 2 | (at & 3);      /* sparse encoding: four ports a page */
        table = ports;
        nr = ARRAY_SIZE(ports);
    }
    for (size_t i = 0; i < nr; i++) {
        *offset_out = at - table[i].at;
        if (at >= table[i].at && *offset_out < table[i].bytes) return &table[i];
    }
    return NULL;
}

static uint64_t on_mmio_read(struct em_cpu *cpu, void *ctx, em_gpa_t gpa, unsigned size_bytes)
{
    struct vp_domain *d = ctx;
    uint64_t offset;
    const struct range *r = find(gpa, &offset);

    return r ? r->read(d->efi, offset, size_bytes) : vp_bare_mmio_read(cpu, ctx, gpa, size_bytes);
}

static void on_mmio_write(struct em_cpu *cpu, void *ctx, em_gpa_t gpa, unsigned size_bytes,
                          uint64_t value)
{
    struct vp_domain *d = ctx;
    uint64_t offset;
    const struct range *r = find(gpa, &offset);

    if (r) r->write(d->efi, offset, size_bytes, value);
    else vp_bare_mmio_write(cpu, ctx, gpa, size_bytes, value);
}

static const struct em_ops efi_ops = {
    .interruption = vp_bare_interruption,
    .brk = vp_bare_break,
    .attention = vp_bare_attention,
    .mmio_read = on_mmio_read,
    .mmio_write = on_mmio_write,
    .arm_timer = vp_bare_arm_timer,
    .unimplemented = vp_bare_unimplemented,
};

/* ---- life ---------------------------------------------------------------------------------- */

static int devices_init(struct vp_domain *d, struct ut_err *err)
{
    struct dv_iosapic_config ios = { .nr_inputs = VMCTL_EFI_NR_GSI, .ctx = d, .deliver = deliver };
    struct dv_acpipm_config pm = { .ctx = d, .sci = sci, .sleep = sleep_state, .now_ns = now_ns };
    int rc;

    d->efi = calloc(1, sizeof(*d->efi));
    if (!d->efi) return ut_err_set(err, UT_ENOMEM, "devices");
    rc = dv_iosapic_new(&ios, &d->efi->iosapic, err);
    if (rc == UT_OK) rc = dv_uart_new(d->console, uart_irq, d, &d->efi->uart, err);
    if (rc == UT_OK) rc = dv_acpipm_new(&pm, &d->efi->pm, err);
    return rc;
}

static int efi_init(struct vp_domain *d, struct ut_err *err)
{
    uint64_t low = d->cfg.ram_bytes, high = 0;
    int rc;

    if (low > VMCTL_EFI_LOW_BYTES) {
        low = VMCTL_EFI_LOW_BYTES;
        high = d->cfg.ram_bytes - low;
    }
    rc = devices_init(d, err);
    if (rc == UT_OK) rc = vp_bare_init(d, &efi_ops, low, err);
    if (rc == UT_OK && high)
        rc = em_machine_add_memory(d->machine, VMCTL_EFI_HIGH_GPA, d->ram + low, high, err);
    return rc;
}

static void efi_fini(struct vp_domain *d)
{
    vp_bare_fini(d);
    if (!d->efi) return;
    dv_acpipm_free(d->efi->pm);
    dv_uart_free(d->efi->uart);
    dv_iosapic_free(d->efi->iosapic);
    free(d->efi);
    d->efi = NULL;
}

static int efi_request(struct vp_domain *d, enum vmctl_reason reason, struct ut_err *err)
{
    if (reason != VMCTL_POWEROFF)
        return ut_err_set(err, UT_EUNSUP, "such a guest can only be asked to power off");
    if (!dv_acpipm_press(d->efi->pm))
        return ut_err_set(err, UT_EUNSUP, "the guest does not listen to its power button");
    return UT_OK;
}

static void efi_input(struct vp_domain *d)
{
    dv_uart_input(d->efi->uart);
}

const struct vp_kind vp_kind_efi = {
    .name = "efi",
    .tail = false,
    .init = efi_init,
    .fini = efi_fini,
    .online = vp_bare_online,
    .pending = vp_bare_pending,
    .request = efi_request,
    .console_input = efi_input,
    .console_room = vp_bare_room,
};

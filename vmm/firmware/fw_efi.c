/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI runtime services. Sources: UEFI specification 2.x, chapter 8; docs/guest-abi.md, 2.2, 2.5,
 * 2.6.
 */
#include "fw_int.h"

#include <time.h>

#define EFI_ERROR(n)          (UINT64_C(0x8000000000000000) | (n))
#define EFI_INVALID_PARAMETER EFI_ERROR(2)
#define EFI_UNSUPPORTED       EFI_ERROR(3)
#define EFI_DESC_BYTES 40u
#define EFI_PAGE_SHIFT 12u
#define EFI_PAL_CODE   13u
#define EFI_MAP_MAX    4096u        /* descriptors: far above what any guest has */
#define EFI_RESET_SHUTDOWN 2u

/* the system table's place and the fields followed from it */
#define SYSTAB_GPA      UINT64_C(0x2000)
#define SYSTAB_RUNTIME  88u
#define RUNTIME_FIRST   24u
#define NR_SERVICES     11u

struct efi_time {
    uint16_t year;
    uint8_t month, day, hour, minute, second, pad1;
    uint32_t ns;
    int16_t timezone;
    uint8_t daylight, pad2;
};
_Static_assert(sizeof(struct efi_time) == 16, "EFI_TIME");

struct efi_desc { uint32_t type, pad; uint64_t phys, virt, nr_pages, attr; };
_Static_assert(sizeof(struct efi_desc) == EFI_DESC_BYTES, "memory descriptor");

static enum em_reply status(struct fw_frame *f, uint64_t r8)
{
    f->ret[0] = r8;
    return EM_R_NEXT;
}

static enum em_reply e_unsupported(struct fw_frame *f) { return status(f, EFI_UNSUPPORTED); }

/* ---- time ---------------------------------------------------------------------------------- */

static enum em_reply e_get_time(struct fw_frame *f)
{
    const struct fw_host *host = &f->fw->cfg.host;
    const uint64_t now_ns = host->wallclock_ns ? host->wallclock_ns(host->ctx) : 0;
    const time_t now_s = (time_t)(now_ns / 1000000000u);
    /* what the clock can do: 1 Hz resolution, 50 ppm, time is not lost on a set */
    const struct { uint32_t resolution, accuracy; uint8_t sets_to_zero, pad[3]; } caps = {
        1, 50000000, 0, { 0, 0, 0 } };
    struct efi_time t;
    enum em_reply reply;
    struct tm tm;

    if (f->arg[0] == 0) return status(f, EFI_INVALID_PARAMETER);
    memset(&t, 0, sizeof(t));
    memset(&tm, 0, sizeof(tm));
    gmtime_r(&now_s, &tm);
    t.year = (uint16_t)(tm.tm_year + 1900);
    t.month = (uint8_t)(tm.tm_mon + 1);
    t.day = (uint8_t)tm.tm_mday;
    t.hour = (uint8_t)tm.tm_hour;
    t.minute = (uint8_t)tm.tm_min;
    t.second = (uint8_t)tm.tm_sec;
    t.ns = (uint32_t)(now_ns % 1000000000u);
    if (!fw__copy_out(f, f->arg[0], &t, sizeof(t), &reply)) return reply;
    if (f->arg[1] && !fw__copy_out(f, f->arg[1], &caps, sizeof(caps), &reply)) return reply;
    return status(f, 0);
}

/* ---- SetVirtualAddressMap ------------------------------------------------------------------ */

/** A 64-bit word of the tables; false if the guest's pointers lead outside its memory. */
static uint64_t *table_word(struct fw *fw, uint64_t gpa)
{
    if (gpa & 7) return NULL;
    return em_ram(fw->m, gpa, sizeof(uint64_t));
}

/** Entry points of all services from physical to where the PAL code area was mapped. */
static void rewrite_descriptors(struct fw *fw, const struct efi_desc *pal)
{
    const uint64_t *runtime = table_word(fw, SYSTAB_GPA + SYSTAB_RUNTIME), *slot;
    uint64_t *entry;
    unsigned i;

    if (!runtime) return;
    for (i = 0; i < NR_SERVICES; i++) {
        slot = table_word(fw, *runtime + RUNTIME_FIRST + UINT64_C(8) * i);
        if (!slot || *slot == 0) continue;
        entry = table_word(fw, *slot);
        if (!entry || *entry < pal->phys
            || *entry - pal->phys >= pal->nr_pages << EFI_PAGE_SHIFT) continue;
        *entry += pal->virt - pal->phys;
        em_machine_touched(fw->m, *slot, sizeof(*entry));
    }
}

static enum em_reply e_set_virtual_address_map(struct fw_frame *f)
{
    const uint64_t size = f->arg[0], desc_size = f->arg[1], version = f->arg[2], map = f->arg[3];
    struct efi_desc d, pal = { .type = 0 };
    enum em_reply reply;
    uint64_t i;
    bool again;

    if (desc_size != EFI_DESC_BYTES || version != 1 || size == 0 || size % desc_size
        || size / desc_size > EFI_MAP_MAX) return status(f, EFI_INVALID_PARAMETER);
    for (i = 0; i < size / desc_size; i++) {
        if (!fw__copy_in(f, &d, map + i * desc_size, sizeof(d), &reply)) return reply;
        if (d.type == EFI_PAL_CODE) pal = d;
    }
    if (pal.type != EFI_PAL_CODE || pal.nr_pages > UINT64_C(1) << 30)
        return status(f, EFI_INVALID_PARAMETER);
    pthread_mutex_lock(&f->fw->lock);
    again = f->fw->virtual_map_set;
    f->fw->virtual_map_set = true;
    pthread_mutex_unlock(&f->fw->lock);
    if (again) return status(f, EFI_UNSUPPORTED);
    rewrite_descriptors(f->fw, &pal);
    return status(f, 0);
}

/* ---- reset --------------------------------------------------------------------------------- */

static enum em_reply e_reset_system(struct fw_frame *f)
{
    const struct fw_host *host = &f->fw->cfg.host;

    if (host->shutdown)
        host->shutdown(host->ctx, f->arg[0] == EFI_RESET_SHUTDOWN ? FW_POWEROFF : FW_REBOOT, 0);
    return EM_R_STOP;
}

static const struct fw_row rows[] = {
    { 0, "GetTime",                   e_get_time,                e_get_time },
    { 1, "SetTime",                   e_unsupported,             e_unsupported },
    { 2, "GetWakeupTime",             e_unsupported,             e_unsupported },
    { 3, "SetWakeupTime",             e_unsupported,             e_unsupported },
    { 4, "SetVirtualAddressMap",      e_set_virtual_address_map, e_set_virtual_address_map },
    { 5, "GetVariable",               e_unsupported,             e_unsupported },
    { 6, "GetNextVariableName",       e_unsupported,             e_unsupported },
    { 7, "SetVariable",               e_unsupported,             e_unsupported },
    { 8, "GetNextHighMonotonicCount", e_unsupported,             e_unsupported },
    { 9, "ResetSystem",               e_reset_system,            e_reset_system },
};

enum em_reply fw__efi(struct fw *fw, struct em_cpu *cpu, uint64_t service)
{
    struct fw_frame f = { .fw = fw, .cpu = cpu };
    unsigned i;

    for (i = 0; i < 8; i++) f.arg[i] = fw__arg(cpu, i);
    return fw__dispatch(&f, rows, ARRAY_SIZE(rows), service, (int64_t)EFI_UNSUPPORTED);
}

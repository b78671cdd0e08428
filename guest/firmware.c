/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * firmware.c: boot parameters, EFI, SAL, PAL and ACPI, read with suspicion: whatever is wrong is
 * said so. Sources: guest ABI section 2; UEFI 2.x; SAL and ACPI specifications; SDM vol. 2.
 */
#include "mini.h"

/* ---- what the tables look like --------------------------------------------------------------- */

struct boot_param {
    uint64_t cmdline, systab, memmap, memmap_bytes, desc_bytes;
    uint32_t desc_version;
    uint16_t cols, rows, x, y;
    uint64_t fpswa, initrd, initrd_bytes;
};

struct efi_header { uint64_t signature; uint32_t revision, bytes, crc, reserved; };
struct efi_systab {
    struct efi_header h;
    uint64_t vendor;
    uint32_t revision, pad;
    uint64_t console[6], runtime, boottime, nr_tables, tables;
};
enum efi_service { EFI_GET_TIME = 0, EFI_SET_VIRTUAL_MAP = 4, EFI_RESET = 10, NR_EFI_SERVICES };
struct efi_runtime { struct efi_header h; uint64_t service[NR_EFI_SERVICES]; };
struct efi_config { uint8_t guid[16]; uint64_t table; };
struct descriptor { uint64_t ip, gp; };

struct sal_systab {
    char signature[4];
    uint32_t bytes;
    uint16_t revision, nr_entries;
    uint8_t checksum, reserved[7];
    uint16_t a_revision, b_revision;
    char oem[32], product[32];
    uint8_t reserved2[8];
};

#define EFI_SYSTAB_SIGNATURE UINT64_C(0x5453595320494249)
#define EFI_RUNTIME_ATTR (UINT64_C(1) << 63)
#define EFI_WB_ATTR 8
#define EFI_RESET_COLD 0
#define MAX_GPA (UINT64_C(1) << 44)

enum { PAL_VM_SUMMARY = 8, PAL_FREQ_RATIOS = 14, PAL_RSE_INFO = 19, PAL_HALT_LIGHT = 29 };
enum { SAL_FREQ_BASE = 0x01000012 };

static const uint8_t guid_sal[16] = { 0x32, 0x2d, 0x9d, 0xeb, 0x88, 0x2d, 0xd3, 0x11,
                                      0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d };
static const uint8_t guid_acpi[16] = { 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11,
                                       0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 };

static const struct boot_param *bp;             /* NULL: there is no firmware */
static const struct efi_systab *systab;
static struct descriptor pal_proc, sal_proc;
static uint64_t hz = 10000000;                  /* what Ski makes of a second, about */
static unsigned nr_vcpus = 1;
static bool virtual_map;

bool firmware_present(void)
{
    return bp != NULL;
}

const char *firmware_cmdline(void)
{
    return bp && bp->cmdline ? va(bp->cmdline) : "";
}

unsigned firmware_vcpus(void)
{
    return nr_vcpus;
}

uint64_t itc_hz(void)
{
    return hz;
}

void firmware_ramdisk(uint64_t *gpa_out, uint64_t *bytes_out)
{
    *gpa_out = bp ? bp->initrd : 0;
    *bytes_out = bp ? bp->initrd_bytes : 0;
}

static uint8_t byte_sum(const void *p, size_t bytes)
{
    const uint8_t *b = p;
    uint8_t sum = 0;

    while (bytes--)
        sum = (uint8_t)(sum + *b++);
    return sum;
}

/* ---- EFI ------------------------------------------------------------------------------------- */

static bool plausible(uint64_t gpa)
{
    return gpa && gpa < MAX_GPA && gpa % 8 == 0;
}

void firmware_find(void)
{
    const struct boot_param *p = va(boot_param_pa);

    if (!plausible(boot_param_pa) || !plausible(p->systab)) return;
    systab = va(p->systab);
    if (systab->h.signature == EFI_SYSTAB_SIGNATURE) bp = p;
}

static const void *config_table(const uint8_t guid[16])
{
    const struct efi_config *c = va(systab->tables);

    for (uint64_t i = 0; i < systab->nr_tables && i < 64; i++)
        if (memcmp(c[i].guid, guid, 16) == 0) return va(c[i].table);
    return NULL;
}

const struct efi_desc *firmware_memory(unsigned i)
{
    if (!bp || (i + 1) * bp->desc_bytes > bp->memmap_bytes) return NULL;
    return va(bp->memmap + i * bp->desc_bytes);
}

const char *efi_type_name(uint32_t type)
{
    static const char *const names[] = {
        "reserved", "loader code", "loader data", "boot code", "boot data", "runtime code",
        "runtime data", "conventional", "unusable", "ACPI reclaim", "ACPI NVS", "MMIO",
        "I/O ports", "PAL code",
    };

    return type < ARRAY_SIZE(names) ? names[type] : "unknown";
}

static void check_memory_map(void)
{
    const struct efi_desc *d;
    uint64_t end = 0, conventional = 0;
    const char *fault = NULL;
    unsigned n;

    for (n = 0; (d = firmware_memory(n)) != NULL; n++) {
        if (d->gpa % EFI_PAGE_BYTES || d->pages == 0) fault = "odd descriptor";
        if (d->gpa < end) fault = "not sorted, or overlapping";
        end = d->gpa + d->pages * EFI_PAGE_BYTES;
        if (d->type == EFI_CONVENTIONAL) conventional += d->pages * EFI_PAGE_BYTES;
    }
    if (bp->desc_bytes < sizeof(*d) || bp->desc_version != 1) fault = "unknown format";
    if (conventional == 0) fault = "no memory";
    /* rounded: the pages that firmware and tool stack keep are not worth a fraction */
    printf("efi: %u descriptors, %lu MiB conventional: %s\n", n,
           (conventional + (UINT64_C(1) << 19)) >> 20, fault ? fault : "ok");
}

static struct descriptor service(enum efi_service which)
{
    const struct efi_runtime *rt = va(systab->runtime);
    const struct descriptor *d = va(rt->service[which]);

    return *d;
}

static int64_t set_virtual_map(void)
{
    struct descriptor d = service(EFI_SET_VIRTUAL_MAP);
    int64_t status;

    for (unsigned i = 0; firmware_memory(i); i++) {
        struct efi_desc *m = (struct efi_desc *)firmware_memory(i);

        if ((m->attr & EFI_RUNTIME_ATTR) && (m->attr & EFI_WB_ATTR))
            m->virt = m->gpa | IDENTITY_BASE;
    }
    pv->irq_off();
    status = call_physical(d.ip, d.gp, bp->memmap_bytes, bp->desc_bytes, bp->desc_version,
                           bp->memmap).status;
    virtual_map = status == 0 && service(EFI_GET_TIME).ip >> 61 == 7;
    return status;
}

/* Pointers in a0, a1 are into the kernel's page; firmware wants them in its own mode. */
static int64_t efi(enum efi_service which, const void *a0, const void *a1, uint64_t a2)
{
    struct descriptor d = service(which);

    if (virtual_map)
        return call_virtual(d.ip, d.gp, (uint64_t)a0, (uint64_t)a1, a2, 0, 0, 0).status;
    return call_physical(d.ip, d.gp, pa(a0), pa(a1), a2, 0).status;
}

bool firmware_get_time(struct efi_time *t_out)
{
    static struct efi_time t;

    if (!bp || efi(EFI_GET_TIME, &t, NULL, 0) != 0) return false;
    *t_out = t;
    return t.year >= 1970 && t.month >= 1 && t.month <= 12 && t.day >= 1 && t.day <= 31 &&
           t.hour < 24 && t.minute < 60 && t.second < 60;
}

void firmware_reset(enum shutdown_reason reason)
{
    if (bp && reason == SHUTDOWN_REBOOT) efi(EFI_RESET, (void *)EFI_RESET_COLD, NULL, 0);
}

static void check_efi(void)
{
    const uint16_t *vendor = va(systab->vendor);
    char name[17];
    unsigned i;
    int64_t status;

    for (i = 0; i < 16 && vendor[i]; i++)
        name[i] = (char)vendor[i];
    name[i] = '\0';
    printf("efi: %u.%02u by %s, %lu tables\n", systab->h.revision >> 16,
           systab->h.revision & 0xffff, name, systab->nr_tables);
    check_memory_map();
    status = set_virtual_map();
    printf("efi: set virtual address map: %s\n",
           virtual_map ? "ok" : status ? "refused, calls stay physical" : "not carried out");
}

/* ---- SAL, PAL -------------------------------------------------------------------------------- */

static size_t sal_entry_bytes(uint8_t type)
{
    static const uint8_t bytes[] = { 48, 32, 16, 32, 16, 16 };

    return type < ARRAY_SIZE(bytes) ? bytes[type] : 0;
}

static void check_sal(void)
{
    const struct sal_systab *t = config_table(guid_sal);
    const uint8_t *p = (const uint8_t *)(t + 1);
    const char *fault = "ok";

    if (!t || memcmp(t->signature, "SST_", 4) != 0) {
        printf("sal: no system table\n");
        return;
    }
    for (unsigned i = 0; i < t->nr_entries; i++) {
        size_t bytes = sal_entry_bytes(*p);

        if (!bytes) {
            fault = "unknown entry";
            break;
        }
        if (*p == 0) {                          /* entry point: PAL_PROC, SAL_PROC, gp */
            memcpy(&pal_proc.ip, p + 8, 8);
            memcpy(&sal_proc.ip, p + 16, 8);
            memcpy(&sal_proc.gp, p + 24, 8);
        }
        p += bytes;
    }
    if (byte_sum(t, (size_t)(p - (const uint8_t *)t)) != 0) fault = "wrong checksum";
    printf("sal: %u entries, PAL at 0x%lx, SAL at 0x%lx: %s\n", t->nr_entries, pal_proc.ip,
           sal_proc.ip, fault);
}

struct fw_result pal(uint64_t index, uint64_t a1, uint64_t a2, uint64_t a3)
{
    if (!pal_proc.ip) return (struct fw_result){ .status = -1 };
    return pal_call(pal_proc.ip | IDENTITY_BASE, index, a1, a2, a3);
}

struct fw_result sal(uint64_t index, uint64_t a1)
{
    if (!sal_proc.ip) return (struct fw_result){ .status = -1 };
    return call_virtual(sal_proc.ip | IDENTITY_BASE, sal_proc.gp | IDENTITY_BASE, index, a1, 0, 0,
                        0, 0);
}

/* Firmware code is reached through region 7: one translation register over its granule. */
static void map_firmware_code(void)
{
    uint64_t granule = pal_proc.ip >> IDENTITY_PS << IDENTITY_PS;

    insert_itr(1, granule | IDENTITY_BASE, granule | PTE_FLAGS | PTE_RWX, IDENTITY_PS << 2);
}

static void check_pal(void)
{
    struct fw_result vm = pal(PAL_VM_SUMMARY, 0, 0, 0), ratios = pal(PAL_FREQ_RATIOS, 0, 0, 0);
    struct fw_result rse = pal(PAL_RSE_INFO, 0, 0, 0), base = sal(SAL_FREQ_BASE, 0);
    uint64_t num = ratios.v2 >> 32, den = ratios.v2 & 0xffffffff;

    if (vm.status == 0)
        printf("pal: %lu-bit virtual, %lu-bit physical addresses, %lu rid bits, %lu+%lu "
               "translation registers\n", (vm.v1 & 0xff) + 1, vm.v0 >> 1 & 0x7f,
               vm.v1 >> 8 & 0xff, (vm.v0 >> 40 & 0xff) + 1, (vm.v0 >> 32 & 0xff) + 1);
    if (rse.status == 0) printf("pal: %lu stacked registers\n", rse.v0);
    if (ratios.status || base.status || !num || !den) {
        printf("pal: no clock rates, guessing\n");
        return;
    }
    hz = base.v0 * num / den;
    printf("sal: platform %lu MHz, interval timer %lu MHz\n", base.v0 / 1000000, hz / 1000000);
}

/* ---- ACPI ------------------------------------------------------------------------------------ */

static const uint8_t *acpi_table(const uint8_t *xsdt, const char *signature)
{
    uint32_t bytes;
    uint64_t gpa;

    memcpy(&bytes, xsdt + 4, 4);
    for (uint32_t at = 36; at + 8 <= bytes; at += 8) {
        memcpy(&gpa, xsdt + at, 8);
        if (memcmp(va(gpa), signature, 4) == 0) return va(gpa);
    }
    return NULL;
}

static unsigned count_processors(const uint8_t *madt, uint32_t bytes)
{
    unsigned n = 0;

    for (uint32_t at = 44; at + 12 <= bytes && madt[at + 1]; at += madt[at + 1])
        if (madt[at] == 7 && (madt[at + 8] & 1)) n++;
    return n;
}

static void check_acpi(void)
{
    const uint8_t *rsdp = config_table(guid_acpi), *xsdt, *madt;
    const char *fault = "ok";
    uint32_t bytes;
    uint64_t gpa;

    if (!rsdp) return;
    if (memcmp(rsdp, "RSD PTR ", 8) != 0 || byte_sum(rsdp, 20) || byte_sum(rsdp, 36)) {
        printf("acpi: no valid root pointer\n");
        return;
    }
    memcpy(&gpa, rsdp + 24, 8);
    xsdt = va(gpa);
    madt = acpi_table(xsdt, "APIC");
    memcpy(&bytes, xsdt + 4, 4);
    if (byte_sum(xsdt, bytes)) fault = "wrong checksum of XSDT";
    if (madt) {
        memcpy(&bytes, madt + 4, 4);
        if (byte_sum(madt, bytes)) fault = "wrong checksum of MADT";
        nr_vcpus = count_processors(madt, bytes);
    }
    printf("acpi: %u processor%s: %s\n", nr_vcpus, nr_vcpus == 1 ? "" : "s", fault);
}

/* ---- all of it ------------------------------------------------------------------------------- */

void firmware_init(void)
{
    if (!bp) {
        printf("firmware: none (no boot parameters)\n");
        return;
    }
    check_sal();
    map_firmware_code();
    check_efi();
    check_acpi();
    check_pal();
}

void firmware_smash(void)
{
    memset(va(0), 0xff, 16384);
}

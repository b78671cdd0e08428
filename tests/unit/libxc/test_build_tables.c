/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_build_tables.c: every table the builder writes, read back the way a guest or firmware finds
 * it: by following pointers from r28, with the offsets of the specifications written down again.
 */
#include "build_fixture.h"

static const uint8_t guid_acpi20[16] = { 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11,
                                         0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 };
static const uint8_t guid_sal[16] = { 0x32, 0x2d, 0x9d, 0xeb, 0x88, 0x2d, 0xd3, 0x11,
                                      0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d };

static struct dom built(enum xci_builder builder)
{
    struct elf e = good_elf();
    struct dom d = new_dom(&e, builder, 64);

    if (build(&d) != UT_OK) fail_msg("%s", d.err.text);
    d.in.kernel = NULL;             /* was on the stack here */
    return d;
}

/* gpa that the configuration table gives for `guid`; 0 if it is not there. */
static uint64_t config_table(const struct dom *d, const uint8_t guid[16])
{
    uint64_t systab = at(d, d->out.r28 + 8, 8);
    uint64_t nr = at(d, systab + 104, 8), tables = at(d, systab + 112, 8);

    assert_in_range(nr, 1, 64);
    for (uint64_t i = 0; i < nr; i++)
        if (memcmp(d->ram + tables + 24 * i, guid, 16) == 0) return at(d, tables + 24 * i + 16, 8);
    return 0;
}

/* ---- stubs ----------------------------------------------------------------------------------- */

/* What the GNU assembler makes of the stubs in the guest ABI document. */
static void stubs_are_the_assemblers(void **state)
{
    static const struct { uint64_t gpa, lo, hi; } want[] = {
        { 0x130, UINT64_C(0x00002406000c1011), UINT64_C(0x0084000880000001) },
        { 0x800, UINT64_C(0x0090242000001003), UINT64_C(0xd02049c0e0480400) },
        { 0x810, UINT64_C(0x0001c00000800013), UINT64_C(0x0084000084004000) },
        { 0x840, UINT64_C(0x0000242400001011), UINT64_C(0x0080000800000001) },
    };
    struct dom d = built(XCI_BUILDER_LINUX);

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
        assert_int_equal(at(&d, want[i].gpa, 8), want[i].lo);
        assert_int_equal(at(&d, want[i].gpa + 8, 8), want[i].hi);
    }
    free_dom(&d);
}

/* r2 of a plain stub: MIB with a stop, addl r2 = N, r0; break 0x1000; br.ret b0. */
static uint64_t stub_number(const struct dom *d, uint64_t gpa)
{
    uint64_t lo = at(d, gpa, 8), hi = at(d, gpa + 8, 8);
    uint64_t s0 = lo >> 5 & ((UINT64_C(1) << 41) - 1);
    uint64_t s1 = (lo >> 46 | hi << 18) & ((UINT64_C(1) << 41) - 1);

    assert_int_equal(lo & 0x1f, 0x11);
    assert_int_equal(s0 >> 37, 9);
    assert_int_equal(s0 >> 6 & 0x7f, 2);
    assert_int_equal(s1, UINT64_C(0x1000) << 6);
    assert_int_equal(hi >> 23, UINT64_C(0x00108001100));
    return (s0 >> 13 & 0x7f) | (s0 >> 27 & 0x1ff) << 7 | (s0 >> 22 & 0x1f) << 16;
}

static void every_stub_number(void **state)
{
    struct dom d = built(XCI_BUILDER_HPSIM);

    (void)state;
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(stub_number(&d, 0x100 + 16 * i), 0x300 + i);
    assert_int_equal(stub_number(&d, 0x820), 0x1100);
    free_dom(&d);
}

/* ---- boot parameters and start_info ---------------------------------------------------------- */

static void start_info_page(void **state)
{
    struct dom d = built(XCI_BUILDER_LINUX);
    uint64_t pages = (64 << 20) / 16384, si = d.out.start_info_pfn << 14;

    (void)state;
    assert_int_equal(d.out.memmap_pfn, pages - 4);
    assert_int_equal(d.out.start_info_pfn, pages - 3);
    assert_int_equal(d.out.store_pfn, pages - 2);
    assert_int_equal(d.out.console_pfn, pages - 1);
    assert_string_equal((char *)d.ram + si, "xen-3.0-ia64");
    assert_int_equal(at(&d, si + 0x20, 8), pages);
    assert_int_equal(at(&d, si + 0x28, 8), 0);
    assert_int_equal(at(&d, si + 0x30, 4), 0);
    assert_int_equal(at(&d, si + 0x38, 8), d.out.store_pfn);
    assert_int_equal(at(&d, si + 0x40, 4), 1);
    assert_int_equal(at(&d, si + 0x48, 8), d.out.console_pfn);
    assert_int_equal(at(&d, si + 0x50, 4), 2);
    assert_int_equal(at(&d, si + 0x70, 8), 0);
    assert_string_equal((char *)d.ram + si + 0x80, "console=hvc0 quiet");
    assert_int_equal(d.out.r28, si + 0x490);
    free_dom(&d);
}

static void boot_parameters(const struct dom *d, uint64_t initrd, uint64_t initrd_bytes)
{
    uint64_t bp = d->out.r28;

    assert_string_equal((char *)d->ram + at(d, bp, 8), "console=hvc0 quiet");
    assert_int_equal(at(d, bp + 0x08, 8), XCI__GPA_EFI_SYSTAB);
    assert_int_equal(at(d, bp + 0x20, 8), 40);
    assert_int_equal(at(d, bp + 0x28, 4), 1);
    assert_int_equal(at(d, bp + 0x2c, 2), 80);
    assert_int_equal(at(d, bp + 0x2e, 2), 25);
    assert_int_equal(at(d, bp + 0x30, 2), 0);
    assert_int_equal(at(d, bp + 0x32, 2), 24);
    assert_int_equal(at(d, bp + 0x38, 8), 0);
    assert_int_equal(at(d, bp + 0x40, 8), initrd);
    assert_int_equal(at(d, bp + 0x48, 8), initrd_bytes);
    assert_int_equal(at(d, bp + 0x50, 8), 0);
    assert_int_equal(at(d, bp + 0x58, 8), 0);
}

static void boot_parameters_of_all(void **state)
{
    static const enum xci_builder builders[] = { XCI_BUILDER_LINUX, XCI_BUILDER_HPSIM,
                                                XCI_BUILDER_EFI };
    uint8_t ramdisk[20000];

    (void)state;
    memset(ramdisk, 0x77, sizeof(ramdisk));
    for (size_t i = 0; i < ARRAY_SIZE(builders); i++) {
        struct elf e = good_elf();
        struct dom d = new_dom(&e, builders[i], 64);

        assert_int_equal(build(&d), UT_OK);
        boot_parameters(&d, 0, 0);
        d.in.ramdisk = ramdisk;
        d.in.ramdisk_bytes = sizeof(ramdisk);
        assert_int_equal(build(&d), UT_OK);
        /* a paravirtualized guest is given whole pages */
        boot_parameters(&d, d.out.ramdisk_gpa,
                        builders[i] == XCI_BUILDER_LINUX ? 32768 : sizeof(ramdisk));
        free_dom(&d);
    }
}

static void memmap_info_page(void **state)
{
    struct dom d = built(XCI_BUILDER_LINUX);
    uint64_t mm = d.out.memmap_pfn << 14;

    (void)state;
    assert_int_equal(at(&d, mm, 8), 40);
    assert_int_equal(at(&d, mm + 8, 8), 40);
    assert_int_equal(at(&d, mm + 16, 4), 1);
    assert_int_equal(at(&d, mm + 24, 4), 7);
    assert_int_equal(at(&d, mm + 32, 8), 0);
    assert_int_equal(at(&d, mm + 40, 8), 0);
    assert_int_equal(at(&d, mm + 48, 8), (64 << 20) / 4096);
    assert_int_equal(at(&d, mm + 56, 8), 8);
    free_dom(&d);
}

static void shared_info(void **state)
{
    uint8_t page[XCI_PAGE_SIZE] = { 0 };
    unsigned nonzero = 0;

    (void)state;
    xci__build_shared_info(page, 0x123456789, 0x123456788);
    for (unsigned v = 0; v < 64; v++) {
        assert_int_equal(page[48 * v], 0);
        assert_int_equal(page[48 * v + 1], 1);
    }
    assert_int_equal(peek(page + 0x1010, 8), 0x123456789);
    assert_int_equal(peek(page + 0x1018, 4), 0);
    assert_int_equal(peek(page + 0x101c, 4), 1);
    assert_int_equal(peek(page + 0x1020, 8), 0x123456788);
    for (unsigned i = 0; i < sizeof(page); i++)
        nonzero += page[i] != 0;
    assert_int_equal(nonzero, 64 + 5 + 1 + 5);
}

/* ---- EFI ------------------------------------------------------------------------------------- */

static void efi_tables(void **state)
{
    static const enum xci_builder builders[] = { XCI_BUILDER_LINUX, XCI_BUILDER_HPSIM,
                                                XCI_BUILDER_EFI };
    static const int service[] = { 0, 1, 2, 3, 4, -1, 5, 6, 7, 8, 9 };

    (void)state;
    for (size_t b = 0; b < ARRAY_SIZE(builders); b++) {
        struct dom d = built(builders[b]);
        uint64_t systab = at(&d, d.out.r28 + 8, 8), vendor = at(&d, systab + 24, 8);
        uint64_t rt = at(&d, systab + 88, 8);

        assert_memory_equal(d.ram + systab, "IBI SYST", 8);
        assert_int_equal(at(&d, systab + 8, 4), 0x10000);
        for (unsigned i = 0; i < 9; i++)
            assert_int_equal(at(&d, vendor + 2 * i, 2), (uint8_t)"Xen/ia64"[i]);
        assert_int_equal(at(&d, rt, 8), UINT64_C(0x56524553544e5552));
        for (unsigned i = 0; i < ARRAY_SIZE(service); i++) {
            uint64_t fd = at(&d, rt + 24 + 8 * i, 8);

            if (service[i] < 0) {
                assert_int_equal(fd, 0);
                continue;
            }
            assert_int_equal(fd & 7, 0);
            assert_int_equal(at(&d, fd, 8), 0x100 + 16 * (unsigned)service[i]);
            assert_int_equal(at(&d, fd + 8, 8), 0);
        }
        assert_true(config_table(&d, guid_sal) != 0);
        assert_int_equal(config_table(&d, guid_acpi20),
                         builders[b] == XCI_BUILDER_HPSIM ? 0 : 0x1000);
        free_dom(&d);
    }
}

struct region { uint32_t type; uint64_t from, to, attr; };

static void check_map(const struct dom *d, const struct region *want, size_t nr)
{
    uint64_t map = at(d, d->out.r28 + 0x10, 8), bytes = at(d, d->out.r28 + 0x18, 8), end = 0;

    assert_int_equal(bytes, 40 * nr);
    for (size_t i = 0; i < nr; i++) {
        uint64_t p = map + 40 * i, from = at(d, p + 8, 8);

        assert_int_equal(at(d, p, 4), want[i].type);
        assert_int_equal(from, want[i].from);
        assert_int_equal(at(d, p + 16, 8), 0);
        assert_int_equal(from + 4096 * at(d, p + 24, 8), want[i].to);
        assert_int_equal(at(d, p + 32, 8), want[i].attr);
        assert_true(from >= end);           /* sorted, no overlap */
        end = want[i].to;
    }
}

static void memory_map(enum xci_builder builder, const struct region *want, size_t nr)
{
    struct dom d = built(builder);

    check_map(&d, want, nr);
    free_dom(&d);
}

#define FW (UINT64_C(1) << 63 | 8)
#define IO UINT64_C(0xffffc000000)

static void efi_memory_map(void **state)
{
    static const struct region linux_map[] = {
        { 13, 0, 0x1000, FW }, { 10, 0x1000, 0x2000, FW }, { 6, 0x2000, 0x3000, FW },
        { 7, 0x3000, (64 << 20) - 0x10000, 8 }, { 6, (64 << 20) - 0x10000, 64 << 20, 8 },
        { 12, IO, IO + (64 << 20), 1 },
    };
    static const struct region hpsim_map[] = {
        { 13, 0, 0x1000, FW }, { 6, 0x1000, 0x2000, FW }, { 6, 0x2000, 0x4000, FW },
        { 7, 0x4000, 64 << 20, 8 }, { 12, IO, IO + (64 << 20), 1 },
    };

    static const struct region efi_map[] = {
        { 13, 0, 0x1000, FW }, { 10, 0x1000, 0x2000, FW }, { 6, 0x2000, 0x4000, FW },
        { 7, 0x4000, 0x100000, 8 }, { 2, 0x100000, 0x108000, 8 }, { 7, 0x108000, 64 << 20, 8 },
        { 11, 0xfec00000, 0xff000000, 1 }, { 12, IO, IO + (64 << 20), 1 },
    };

    (void)state;
    memory_map(XCI_BUILDER_LINUX, linux_map, ARRAY_SIZE(linux_map));
    memory_map(XCI_BUILDER_HPSIM, hpsim_map, ARRAY_SIZE(hpsim_map));
    memory_map(XCI_BUILDER_EFI, efi_map, ARRAY_SIZE(efi_map));
}

/* What a kernel's boot loader would leave, and memory that goes on above 4 GB. */
static void efi_memory_map_with_ramdisk_and_high_memory(void **state)
{
    static const struct region want[] = {
        { 13, 0, 0x1000, FW }, { 10, 0x1000, 0x2000, FW }, { 6, 0x2000, 0x4000, FW },
        { 7, 0x4000, 0x100000, 8 }, { 2, 0x100000, 0x108000, 8 },   /* kernel, ramdisk */
        { 2, 0x108000, 0x10d000, 8 }, { 7, 0x10d000, 0xf0000000, 8 },
        { 11, 0xfec00000, 0xff000000, 1 },
        { 7, UINT64_C(0x100000000), UINT64_C(0x150000000), 8 },     /* 5120 MiB less 3840 */
        { 12, IO, IO + (64 << 20), 1 },
    };
    static uint8_t ramdisk[20000];
    struct elf e = good_elf();
    struct dom d = new_dom(&e, XCI_BUILDER_EFI, 5120);

    (void)state;
    d.in.ramdisk = ramdisk;
    d.in.ramdisk_bytes = sizeof(ramdisk);
    assert_int_equal(build(&d), UT_OK);
    check_map(&d, want, ARRAY_SIZE(want));
    assert_int_equal(d.out.ramdisk_gpa, 0x108000);
    free_dom(&d);
}

/* ---- SAL ------------------------------------------------------------------------------------- */

static void sal_system_table(void **state)
{
    struct dom d = built(XCI_BUILDER_LINUX);
    uint64_t sst = config_table(&d, guid_sal), p = sst + 96;
    bool entry_point = false, wakeup = false;

    (void)state;
    assert_memory_equal(d.ram + sst, "SST_", 4);
    assert_int_equal(at(&d, sst + 4, 4), 0x60);
    assert_int_equal(at(&d, sst + 10, 2), 2);
    assert_string_equal((char *)d.ram + sst + 24, "Xen/ia64");
    assert_string_equal((char *)d.ram + sst + 56, "Xen/ia64");
    for (unsigned i = 0; i < 2; i++) {
        unsigned type = (unsigned)at(&d, p, 1);

        if (type == 0) {
            assert_int_equal(at(&d, p + 8, 8), 0x800);
            assert_int_equal(at(&d, p + 16, 8), 0x820);
            entry_point = true;
            p += 48;
        } else {
            assert_int_equal(type, 5);
            assert_int_equal(at(&d, p + 1, 1), 0);
            assert_int_equal(at(&d, p + 8, 8), 0xf3);
            wakeup = true;
            p += 16;
        }
    }
    assert_true(entry_point && wakeup);
    assert_int_equal(byte_sum(&d, sst, p - sst), 0);
    free_dom(&d);
}

/* ---- ACPI ------------------------------------------------------------------------------------ */

/* A table with the common header: signature, length inside the ACPI page, checksum, oem id. */
static uint64_t acpi_table(const struct dom *d, uint64_t gpa, const char *signature)
{
    const char *oem = d->in.builder == XCI_BUILDER_EFI ? "IA64VM" : "XEN\0\0\0";
    uint64_t len = at(d, gpa + 4, 4);

    assert_memory_equal(d->ram + gpa, signature, 4);
    assert_in_range(gpa, 0x1000, 0x1fff);
    assert_in_range(len, 36, 0x2000 - gpa);
    assert_int_equal(byte_sum(d, gpa, len), 0);
    assert_memory_equal(d->ram + gpa + 10, oem, 6);
    return len;
}

static void acpi_tables(void **state)
{
    struct dom d = built(XCI_BUILDER_LINUX);
    uint64_t rsdp = config_table(&d, guid_acpi20), xsdt = at(&d, rsdp + 24, 8);
    uint64_t fadt = at(&d, xsdt + 36, 8), madt = at(&d, xsdt + 44, 8), facs, len;

    (void)state;
    assert_memory_equal(d.ram + rsdp, "RSD PTR ", 8);
    assert_int_equal(at(&d, rsdp + 15, 1), 2);
    assert_int_equal(at(&d, rsdp + 20, 4), 36);
    assert_int_equal(byte_sum(&d, rsdp, 20), 0);
    assert_int_equal(byte_sum(&d, rsdp, 36), 0);

    assert_int_equal(acpi_table(&d, xsdt, "XSDT"), 36 + 2 * 8);
    assert_int_equal(acpi_table(&d, fadt, "FACP"), 244);
    assert_int_equal(at(&d, fadt + 8, 1), 3);
    facs = at(&d, fadt + 132, 8);
    assert_memory_equal(d.ram + facs, "FACS", 4);
    assert_int_equal(at(&d, facs + 4, 4), 64);
    assert_int_equal(facs & 63, 0);
    (void)acpi_table(&d, at(&d, fadt + 140, 8), "DSDT");

    len = acpi_table(&d, madt, "APIC");
    assert_int_equal(len, 44 + 3 * 12);
    for (unsigned i = 0; i < 3; i++) {
        const uint8_t want[12] = { 7, 12, (uint8_t)i, (uint8_t)i, 0, 0, 0, 0, 1, 0, 0, 0 };

        assert_memory_equal(d.ram + madt + 44 + 12 * i, want, 12);
    }
    free_dom(&d);
}

/* The machine of builder efi: no SMI, SCI at 9, ports 0x600.., one I/O SAPIC behind the vcpus. */
static void acpi_tables_of_efi(void **state)
{
    static const uint8_t iosapic[16] = { 6, 16, 0, 0, 0, 0, 0, 0, 0x00, 0x00, 0xc0, 0xfe };
    struct dom d = built(XCI_BUILDER_EFI);
    uint64_t xsdt = at(&d, config_table(&d, guid_acpi20) + 24, 8);
    uint64_t fadt = at(&d, xsdt + 36, 8), madt = at(&d, xsdt + 44, 8);

    (void)state;
    assert_int_equal(acpi_table(&d, xsdt, "XSDT"), 36 + 2 * 8);
    assert_int_equal(acpi_table(&d, fadt, "FACP"), 244);
    assert_int_equal(at(&d, fadt + 8, 1), 3);
    assert_int_equal(at(&d, fadt + 46, 2), 9);
    assert_int_equal(at(&d, fadt + 48, 4), 0);
    assert_int_equal(at(&d, fadt + 56, 4), 0x600);
    assert_int_equal(at(&d, fadt + 64, 4), 0x604);
    assert_int_equal(at(&d, fadt + 76, 4), 0x608);
    assert_int_equal(at(&d, fadt + 88, 4), 0x04000204);
    assert_int_equal(at(&d, fadt + 148, 4), 0x00002001);    /* ports, 32 bits */
    assert_int_equal(at(&d, fadt + 152, 8), 0x600);
    assert_int_equal(at(&d, fadt + 176, 8), 0x604);
    assert_int_equal(at(&d, fadt + 212, 8), 0x608);
    (void)acpi_table(&d, at(&d, fadt + 140, 8), "DSDT");
    assert_int_equal(acpi_table(&d, madt, "APIC"), 44 + 3 * 12 + 16);
    assert_int_equal(at(&d, madt + 36, 4), 0xfee00000);
    assert_int_equal(at(&d, madt + 40, 4), 0);
    assert_memory_equal(d.ram + madt + 44 + 3 * 12, iosapic, 16);
    free_dom(&d);
}

static void acpi_with_64_vcpus(void **state)
{
    static const enum xci_builder builders[] = { XCI_BUILDER_LINUX, XCI_BUILDER_EFI };
    uint64_t madt;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(builders); i++) {
        struct elf e = good_elf();
        struct dom d = new_dom(&e, builders[i], 64);

        d.in.nr_vcpus = 64;
        assert_int_equal(build(&d), UT_OK);
        madt = at(&d, at(&d, config_table(&d, guid_acpi20) + 24, 8) + 44, 8);
        assert_int_equal(acpi_table(&d, madt, "APIC"), 44 + 64 * 12 + 16 * i);
        free_dom(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stubs_are_the_assemblers),
        cmocka_unit_test(every_stub_number),
        cmocka_unit_test(start_info_page),
        cmocka_unit_test(boot_parameters_of_all),
        cmocka_unit_test(memmap_info_page),
        cmocka_unit_test(shared_info),
        cmocka_unit_test(efi_tables),
        cmocka_unit_test(efi_memory_map),
        cmocka_unit_test(efi_memory_map_with_ramdisk_and_high_memory),
        cmocka_unit_test(sal_system_table),
        cmocka_unit_test(acpi_tables),
        cmocka_unit_test(acpi_tables_of_efi),
        cmocka_unit_test(acpi_with_64_vcpus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_build_elf.c: which kernels are accepted, where they go, and how every hostile one fails. */
#include "build_fixture.h"
#include <zlib.h>

/* ---- hostile headers: one change to a good kernel, one error that names it ------------------- */

static const struct {
    const char *name;
    unsigned offset, size_bytes;
    uint64_t value;
    int rc;
    const char *text;               /* must be part of the message */
} bad[] = {
    { "not ELF", 0, 1, 0x7e, UT_EFORMAT, "neither ELF nor gzip" },
    { "32-bit", 4, 1, 1, UT_EFORMAT, "ELF class 1" },
    { "unknown encoding", 5, 1, 3, UT_EFORMAT, "data encoding 3" },
    { "ident version", 6, 1, 2, UT_EFORMAT, "version" },
    { "file version", 20, 4, 9, UT_EFORMAT, "version" },
    { "x86-64", 18, 2, 62, UT_EFORMAT, "machine 62, want 50 (ia64)" },
    { "relocatable", 16, 2, 1, UT_EFORMAT, "type 1" },
    { "shared object", 16, 2, 3, UT_EFORMAT, "type 3" },
    { "no program headers", 56, 2, 0, UT_EFORMAT, "0 program headers" },
    { "too many program headers", 56, 2, 65535, UT_EFORMAT, "65535 program headers" },
    { "program header size", 54, 2, 32, UT_EFORMAT, "program headers of 32 bytes" },
    { "program headers outside", 32, 8, KERNEL_FILE - 55, UT_EFORMAT, "program headers at 0x3fc9" },
    { "program headers wrap", 32, 8, UINT64_MAX - 8, UT_EFORMAT, "program headers at" },
    { "no PT_LOAD", PH(0), 4, 4, UT_EFORMAT, "no loadable segment" },
    { "no rights", PH(0) + 4, 4, 0, UT_EFORMAT, "no loadable segment" },
    { "offset outside", PH(0) + 8, 8, KERNEL_FILE, UT_EFORMAT, "segment 0 (file offset 0x4000" },
    { "offset wraps", PH(0) + 8, 8, UINT64_MAX - 15, UT_EFORMAT, "lies outside the file" },
    { "truncated", PH(0) + 32, 8, TEXT_BYTES + 1, UT_EFORMAT, "truncated" },
    { "memory size below file size", PH(0) + 40, 8, TEXT_BYTES - 1, UT_EFORMAT, "in memory" },
    { "address wraps", PH(0) + 24, 8, UINT64_MAX - 0xfff, UT_EFORMAT, "beyond any memory" },
    { "virtual address as physical", PH(0) + 24, 8, UINT64_C(0xa000000100000000), UT_EFORMAT,
      "beyond any memory" },
    { "memory size wraps", PH(0) + 40, 8, UINT64_MAX, UT_EFORMAT, "beyond any memory" },
    { "too large", PH(0) + 40, 8, 64 << 20, UT_ELIMIT, "65.0 MiB" },
    { "over the magic pages", PH(0) + 40, 8, (15 << 20) - 3 * XCI_PAGE_SIZE, UT_ELIMIT,
      "15.9 MiB of 16.0 MiB" },
    { "entry outside", 24, 8, 0x200000, UT_EFORMAT, "entry point 0x200000 is in no segment" },
    { "entry virtual", 24, 8, UINT64_C(0xa000000100000040), UT_EFORMAT, "physical address" },
    { "entry inside a bundle", 24, 8, KERNEL_GPA + 8, UT_EFORMAT, "not the address of a bundle" },
};

static void hostile_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct elf e = good_elf();
        struct dom d = new_dom(&e, XCI_BUILDER_LINUX, 16);
        int rc;

        poke(e.b + bad[i].offset, bad[i].value, bad[i].size_bytes);
        rc = build(&d);
        if (rc != bad[i].rc || !strstr(d.err.text, bad[i].text) || d.err.code != rc)
            fail_msg("%s: %d \"%s\"", bad[i].name, rc, d.err.text);
        free_dom(&d);
    }
}

/* Cut anywhere, a kernel is refused and never read beyond its end (the sanitizers watch). */
static void every_truncation(void **state)
{
    struct elf e = good_elf();

    (void)state;
    for (size_t len = 0; len < KERNEL_FILE; len += len < 256 ? 1 : 509) {
        struct dom d = new_dom(NULL, XCI_BUILDER_LINUX, 16);
        uint8_t *exact = malloc(len ? len : 1);

        assert_non_null(exact);
        memcpy(exact, e.b, len);
        d.in.kernel = exact;
        d.in.kernel_bytes = len;
        if (build(&d) != UT_EFORMAT) fail_msg("%zu bytes accepted", len);
        assert_true(d.err.text[0] != '\0');
        free(exact);
        free_dom(&d);
    }
}

static void overlapping_segments(void **state)
{
    struct elf e = good_elf();
    struct dom d = new_dom(&e, XCI_BUILDER_LINUX, 16);

    (void)state;
    poke(e.b + 56, 3, 2);
    set_phdr(&e, 1, 0x70000001, 4, 0, 0, 16, 16);           /* unwind table: not loaded */
    set_phdr(&e, 2, 1, 6, TEXT_AT, KERNEL_GPA + 2 * TEXT_BYTES - 1, 16, 16);
    assert_int_equal(build(&d), UT_EFORMAT);
    assert_non_null(strstr(d.err.text, "segments 0 and 2 overlap at physical address 0x105fff"));
    set_phdr(&e, 2, 1, 6, TEXT_AT, KERNEL_GPA + 2 * TEXT_BYTES, 16, 16);
    assert_int_equal(build(&d), UT_OK);
    free_dom(&d);
}

static void over_the_firmware(void **state)
{
    static const uint64_t gpas[] = { 0, 0x1000, 0x2ff0, 0x3ff0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(gpas); i++) {
        struct elf e = good_elf();
        struct dom d = new_dom(&e, XCI_BUILDER_LINUX, 16);

        poke(e.b + 24, gpas[i], 8);
        poke(e.b + PH(0) + 24, gpas[i], 8);
        assert_int_equal(build(&d), UT_EFORMAT);
        assert_non_null(strstr(d.err.text, "begin at 0x0, inside the firmware area"));
        free_dom(&d);
    }
}

static void too_many_segments(void **state)
{
    struct elf e = good_elf();
    struct dom d = new_dom(&e, XCI_BUILDER_LINUX, 16);

    (void)state;
    poke(e.b + 32, TEXT_AT, 8);                             /* headers where there is room */
    poke(e.b + 56, 65, 2);
    for (unsigned i = 0; i < 65; i++) {
        struct elf one = good_elf();

        set_phdr(&one, 0, 1, 7, 0, KERNEL_GPA + i * UINT64_C(0x4000), 16, 16);
        memcpy(e.b + TEXT_AT + 56 * i, one.b + PH(0), 56);
    }
    assert_int_equal(build(&d), UT_ELIMIT);
    assert_non_null(strstr(d.err.text, "more than 64 segments"));
    free_dom(&d);
}

/* ---- what a good one becomes ----------------------------------------------------------------- */

static void segment_is_copied(void **state)
{
    struct elf e = good_elf();
    struct dom d = new_dom(&e, XCI_BUILDER_LINUX, 16);

    (void)state;
    assert_int_equal(build(&d), UT_OK);
    assert_memory_equal(d.ram + KERNEL_GPA, e.b + TEXT_AT, TEXT_BYTES);
    for (unsigned i = 0; i < TEXT_BYTES; i++)
        assert_int_equal(d.ram[KERNEL_GPA + TEXT_BYTES + i], 0);
    assert_int_equal(d.out.entry_gpa, KERNEL_GPA + 0x40);
    assert_false(d.out.big_endian);
    assert_int_equal(d.out.ramdisk_gpa, 0);
    free_dom(&d);
}

static void only_needed_pages_are_touched(void **state)
{
    struct elf e = good_elf();
    struct dom d = new_dom(&e, XCI_BUILDER_LINUX, 256);

    (void)state;
    assert_int_equal(build(&d), UT_OK);
    /* stubs, ACPI, EFI; three of text, none of .bss; memmap_info, start_info */
    assert_in_range(touched_pages(&d), 1, 8);
    free_dom(&d);
}

static void ramdisk_placement(void **state)
{
    struct elf e = good_elf();
    struct dom d = new_dom(&e, XCI_BUILDER_LINUX, 16);
    size_t bytes = 100001;
    uint8_t *ramdisk = malloc(16 << 20);

    (void)state;
    assert_non_null(ramdisk);
    memset(ramdisk, 0x5a, 16 << 20);
    d.in.ramdisk = ramdisk;
    d.in.ramdisk_bytes = bytes;
    assert_int_equal(build(&d), UT_OK);
    assert_int_equal(d.out.ramdisk_gpa, KERNEL_GPA + 2 * XCI_PAGE_SIZE);    /* next whole page */
    assert_int_equal(d.out.ramdisk_bytes, bytes);
    assert_memory_equal(d.ram + d.out.ramdisk_gpa, ramdisk, bytes);
    assert_int_equal(d.ram[d.out.ramdisk_gpa + bytes], 0);

    d.in.ramdisk_bytes = (16 << 20) - KERNEL_GPA;
    assert_int_equal(build(&d), UT_ELIMIT);
    assert_non_null(strstr(d.err.text, "ramdisk: 15.0 MiB find no room: 14.9 MiB are free"));

    d.in.ramdisk_bytes = 0;
    assert_int_equal(build(&d), UT_EFORMAT);
    free(ramdisk);
    free_dom(&d);
}

/* A kernel linked near the end of memory: the ramdisk goes in front of it. */
static void ramdisk_in_front(void **state)
{
    struct elf e = good_elf();
    struct dom d = new_dom(&e, XCI_BUILDER_LINUX, 16);
    uint8_t *ramdisk = calloc(1, 2 << 20);
    uint64_t gpa = 15 << 20;

    (void)state;
    assert_non_null(ramdisk);
    poke(e.b + 24, gpa, 8);
    poke(e.b + PH(0) + 24, gpa, 8);
    d.in.ramdisk = ramdisk;
    d.in.ramdisk_bytes = 2 << 20;
    assert_int_equal(build(&d), UT_OK);
    assert_int_equal(d.out.ramdisk_gpa, XCI_PAGE_SIZE);
    free(ramdisk);
    free_dom(&d);
}

static void big_endian_kernel(void **state)
{
    struct elf e = good_elf();
    struct dom d = new_dom(&e, XCI_BUILDER_LINUX, 16);
    static const struct { unsigned at, size; } field[] = {
        { 16, 2 }, { 18, 2 }, { 20, 4 }, { 24, 8 }, { 32, 8 }, { 54, 2 }, { 56, 2 },
        { PH(0), 4 }, { PH(0) + 4, 4 }, { PH(0) + 8, 8 }, { PH(0) + 24, 8 }, { PH(0) + 32, 8 },
        { PH(0) + 40, 8 },
    };

    (void)state;
    e.b[5] = 2;
    for (size_t i = 0; i < ARRAY_SIZE(field); i++)
        for (unsigned n = 0; n < field[i].size / 2; n++) {
            uint8_t *p = e.b + field[i].at + n, *q = e.b + field[i].at + field[i].size - 1 - n;
            uint8_t swap = *p;

            *p = *q;
            *q = swap;
        }
    assert_int_equal(build(&d), UT_OK);
    assert_true(d.out.big_endian);
    assert_int_equal(d.out.entry_gpa, KERNEL_GPA + 0x40);
    assert_string_equal((char *)d.ram + d.out.start_info_pfn * XCI_PAGE_SIZE, "xen-3.0-ia64be");
    free_dom(&d);
}

/* ---- gzip ------------------------------------------------------------------------------------ */

static size_t gzip(const void *in, size_t len, uint8_t *out, size_t cap)
{
    z_stream z = { 0 };
    size_t n;

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (z_const Bytef *)in;
    z.avail_in = (uInt)len;
    z.next_out = out;
    z.avail_out = (uInt)cap;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    n = z.total_out;
    deflateEnd(&z);
    return n;
}

static void gzip_kernel(void **state)
{
    struct elf e = good_elf();
    struct dom d = new_dom(NULL, XCI_BUILDER_LINUX, 16);
    uint8_t gz[2 * KERNEL_FILE];
    size_t len = gzip(e.b, e.len, gz, sizeof(gz));

    (void)state;
    d.in.kernel = gz;
    d.in.kernel_bytes = len;
    assert_int_equal(build(&d), UT_OK);
    assert_memory_equal(d.ram + KERNEL_GPA, e.b + TEXT_AT, TEXT_BYTES);

    memset(gz + len, 0, 64);                                /* padding behind the member is fine */
    d.in.kernel_bytes = len + 64;
    assert_int_equal(build(&d), UT_OK);

    for (size_t cut = 3; cut < len; cut += 97) {
        d.in.kernel_bytes = cut;
        if (build(&d) != UT_EFORMAT || strncmp(d.err.text, "kernel: gzip: ", 14) != 0)
            fail_msg("cut at %zu: \"%s\"", cut, d.err.text);
    }
    d.in.kernel_bytes = len;
    gz[len - 8] ^= 1;                                       /* CRC */
    assert_int_equal(build(&d), UT_EFORMAT);
    assert_non_null(strstr(d.err.text, "incorrect data check"));
    free_dom(&d);
}

/* 513 MiB of zeros in a few: refused by the limit, not by the host running out of memory. */
static void gzip_bomb(void **state)
{
    struct dom d = new_dom(NULL, XCI_BUILDER_LINUX, 16);
    static uint8_t zeros[1 << 20], gz[4 << 20];
    z_stream z = { 0 };

    (void)state;
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = gz;
    z.avail_out = sizeof(gz);
    for (unsigned mib = 0; mib < 513; mib++) {
        z.next_in = zeros;
        z.avail_in = sizeof(zeros);
        assert_int_equal(deflate(&z, mib == 512 ? Z_FINISH : Z_NO_FLUSH),
                         mib == 512 ? Z_STREAM_END : Z_OK);
    }
    d.in.kernel = gz;
    d.in.kernel_bytes = z.total_out;
    deflateEnd(&z);
    assert_int_equal(build(&d), UT_ELIMIT);
    assert_non_null(strstr(d.err.text, "more than 536870912 bytes"));
    free_dom(&d);
}

/* ---- arguments ------------------------------------------------------------------------------- */

static void bad_arguments(void **state)
{
    struct elf e = good_elf();
    struct dom good = new_dom(&e, XCI_BUILDER_LINUX, 16);
    char cmdline[XCI_CMDLINE_MAX + 2];
    struct dom d;

    (void)state;
    memset(cmdline, 'x', sizeof(cmdline));
    cmdline[XCI_CMDLINE_MAX] = '\0';
    d = good, d.in.cmdline = cmdline;
    assert_int_equal(build(&d), UT_OK);
    cmdline[XCI_CMDLINE_MAX] = 'x', cmdline[XCI_CMDLINE_MAX + 1] = '\0';
    assert_int_equal(build(&d), UT_ELIMIT);
    assert_non_null(strstr(d.err.text, "1024 bytes, at most 1023"));
    d = good, d.in.builder = (enum xci_builder)3;
    assert_int_equal(build(&d), UT_EARG);
    d = good, d.in.nr_vcpus = 0;
    assert_int_equal(build(&d), UT_EARG);
    d = good, d.in.nr_vcpus = 65;
    assert_int_equal(build(&d), UT_EARG);
    d = good, d.in.nr_pages = 4;
    assert_int_equal(build(&d), UT_ELIMIT);
    d = good, d.in.nr_pages = UINT64_MAX;
    assert_int_equal(build(&d), UT_ELIMIT);
    d = good, d.in.nr_pages++;
    assert_int_equal(build(&d), UT_EARG);
    d = good, d.in.max_pages = d.in.nr_pages - 1;
    assert_int_equal(build(&d), UT_EARG);
    d = good, d.in.cmdline = NULL;
    assert_int_equal(build(&d), UT_OK);
    free_dom(&good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_headers),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(overlapping_segments),
        cmocka_unit_test(over_the_firmware),
        cmocka_unit_test(too_many_segments),
        cmocka_unit_test(segment_is_copied),
        cmocka_unit_test(only_needed_pages_are_touched),
        cmocka_unit_test(ramdisk_placement),
        cmocka_unit_test(ramdisk_in_front),
        cmocka_unit_test(big_endian_kernel),
        cmocka_unit_test(gzip_kernel),
        cmocka_unit_test(gzip_bomb),
        cmocka_unit_test(bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

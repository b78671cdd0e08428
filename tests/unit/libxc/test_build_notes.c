/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_build_notes.c: Xen's ELF notes and the __xen_guest section. */
#include "build_fixture.h"

#define NOTES_AT 0x200u             /* file offset where the tests put notes or section text */

/* Append one note; returns the offset behind it. */
static unsigned note(struct elf *e, unsigned off, const char *owner, uint32_t type,
                     const void *desc, uint32_t desc_bytes)
{
    uint32_t owner_bytes = (uint32_t)strlen(owner) + 1;

    poke(e->b + off, owner_bytes, 4);
    poke(e->b + off + 4, desc_bytes, 4);
    poke(e->b + off + 8, type, 4);
    memcpy(e->b + off + 12, owner, owner_bytes);
    off += 12 + ((owner_bytes + 3) & ~3u);
    memcpy(e->b + off, desc, desc_bytes);
    return off + ((desc_bytes + 3) & ~3u);
}

static unsigned text_note(struct elf *e, unsigned off, uint32_t type, const char *text)
{
    return note(e, off, "Xen", type, text, (uint32_t)strlen(text) + 1);
}

static unsigned entry_note(struct elf *e, unsigned off, uint64_t entry, uint32_t bytes)
{
    uint8_t desc[8];

    poke(desc, entry, 8);
    return note(e, off, "Xen", 1, desc, bytes);
}

static void as_segment(struct elf *e, unsigned end)
{
    poke(e->b + 56, 2, 2);
    set_phdr(e, 1, 4, 4, NOTES_AT, 0, end - NOTES_AT, end - NOTES_AT);
}

/* Two sections: the one under test, and the names. */
static void as_section(struct elf *e, const char *name, uint32_t type, unsigned bytes)
{
    const unsigned sh = 0x400, names = 0x600;

    poke(e->b + 40, sh, 8);
    poke(e->b + 58, 64, 2);
    poke(e->b + 60, 2, 2);
    poke(e->b + 62, 1, 2);
    memcpy(e->b + names, name, strlen(name) + 1);
    poke(e->b + sh + 4, type, 4);
    poke(e->b + sh + 24, NOTES_AT, 8);
    poke(e->b + sh + 32, bytes, 8);
    poke(e->b + sh + 64, 40, 4);                /* its own name is the empty string */
    poke(e->b + sh + 64 + 24, names, 8);
    poke(e->b + sh + 64 + 32, 64, 8);
}

static int result(struct elf *e, enum xci_builder builder, uint64_t *entry_out, char *text_out)
{
    struct dom d = new_dom(e, builder, 16);
    int rc = build(&d);

    *entry_out = d.out.entry_gpa;
    memcpy(text_out, d.err.text, sizeof(d.err.text));
    free_dom(&d);
    return rc;
}

static void expect(struct elf *e, int want_rc, uint64_t want_entry, const char *want_text)
{
    char text[UT_ERR_TEXT_BYTES];
    uint64_t entry;
    int rc = result(e, XCI_BUILDER_LINUX, &entry, text);

    if (rc != want_rc || !strstr(text, want_text)) fail_msg("%d \"%s\"", rc, text);
    if (rc == UT_OK) assert_int_equal(entry, want_entry);
}

static void pvops_notes(void **state)
{
    struct elf e = good_elf();
    unsigned off = note(&e, NOTES_AT, "GNU", 3, "build-id", 8);
    char text[UT_ERR_TEXT_BYTES];
    uint64_t entry;

    (void)state;
    off = text_note(&e, off, 6, "linux");
    off = text_note(&e, off, 7, "2.6");
    off = text_note(&e, off, 5, "xen-3.0");
    off = entry_note(&e, off, KERNEL_GPA + 0x100, 8);
    as_segment(&e, off);
    expect(&e, UT_OK, KERNEL_GPA + 0x100, "");

    /* the same kernel with full privilege starts at its ordinary entry point */
    assert_int_equal(result(&e, XCI_BUILDER_HPSIM, &entry, text), UT_OK);
    assert_int_equal(entry, KERNEL_GPA + 0x40);
}

static void foreign_notes_alone_demand_nothing(void **state)
{
    struct elf e = good_elf();

    (void)state;
    as_segment(&e, note(&e, NOTES_AT, "GNU", 3, "build-id", 8));
    expect(&e, UT_OK, KERNEL_GPA + 0x40, "");
}

static void notes_that_do_not_fit_us(void **state)
{
    struct elf e = good_elf();
    unsigned off = text_note(&e, NOTES_AT, 6, "netbsd");

    (void)state;
    as_segment(&e, off);
    expect(&e, UT_EFORMAT, 0, "neither LOADER \"generic\" nor GUEST_OS \"linux\"");
    off = text_note(&e, off, 8, "generic");
    as_segment(&e, off);
    expect(&e, UT_OK, KERNEL_GPA + 0x40, "");
    off = text_note(&e, off, 5, "xen-4.0");
    as_segment(&e, off);
    expect(&e, UT_EFORMAT, 0, "made for \"xen-4.0\"");
}

static void entry_note_is_checked(void **state)
{
    static const struct { uint64_t entry; uint32_t bytes; const char *text; } cases[] = {
        { 0x40, 8, "entry point 0x40 is in no segment" },
        { KERNEL_GPA + 1, 8, "not the address of a bundle" },
        { KERNEL_GPA, 2, "note ENTRY has 2 bytes" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct elf e = good_elf();
        unsigned off = text_note(&e, NOTES_AT, 6, "linux");

        as_segment(&e, entry_note(&e, off, cases[i].entry, cases[i].bytes));
        expect(&e, UT_EFORMAT, 0, cases[i].text);
    }
}

static void hostile_notes(void **state)
{
    static const struct { unsigned field; uint64_t value; const char *text; } cases[] = {
        { 0, 0xffffffff, "note at file offset 0x200 runs over the end" },
        { 4, 0xffffffff, "note at file offset 0x200 runs over the end" },
        { 4, 0x7ffffffc, "runs over the end of its segment" },
    };
    static const uint64_t too_long[] = { KERNEL_FILE - NOTES_AT + 1, UINT64_MAX };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct elf e = good_elf();

        as_segment(&e, text_note(&e, NOTES_AT, 6, "linux"));
        poke(e.b + NOTES_AT + cases[i].field, cases[i].value, 4);
        expect(&e, UT_EFORMAT, 0, cases[i].text);
    }
    for (size_t i = 0; i < ARRAY_SIZE(too_long); i++) {
        struct elf e = good_elf();

        as_segment(&e, NOTES_AT);
        poke(e.b + PH(1) + 32, too_long[i], 8);
        expect(&e, UT_EFORMAT, 0, "note segment 1 (offset 0x200");
    }
}

static void note_section(void **state)
{
    struct elf e = good_elf();
    unsigned off = text_note(&e, NOTES_AT, 6, "linux");

    (void)state;
    off = entry_note(&e, off, KERNEL_GPA + 0x200, 8);
    as_section(&e, ".notes", 7, off - NOTES_AT);
    expect(&e, UT_OK, KERNEL_GPA + 0x200, "");
    as_section(&e, ".notes", 7, KERNEL_FILE);
    expect(&e, UT_EFORMAT, 0, "note section 0 (offset 0x200");
}

static void guest_section(void **state)
{
    static const struct { const char *words; int rc; uint64_t entry; const char *text; } cases[] = {
        { "GUEST_OS=linux,GUEST_VER=2.6,XEN_VER=xen-3.0,VIRT_ENTRY=0x100300,LOADER=generic",
          UT_OK, 0x100300, "" },
        { "LOADER=generic", UT_OK, KERNEL_GPA + 0x40, "" },
        { "LOADER=generic,,=,VIRT_BASE=,x", UT_OK, KERNEL_GPA + 0x40, "" },
        { "", UT_EFORMAT, 0, "neither LOADER" },
        { "LOADER=generic,XEN_VER=xen-2.0", UT_EFORMAT, 0, "made for \"xen-2.0\"" },
        { "LOADER=generic,VIRT_ENTRY=0x999990", UT_EFORMAT, 0, "in no segment" },
        { "LOADER=generic,VIRT_ENTRY=0123456789012345678901234567890123456789012345678901234567890"
          "12345678901234567890", UT_EFORMAT, 0, "entry point" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct elf e = good_elf();
        unsigned bytes = (unsigned)strlen(cases[i].words);

        memcpy(e.b + NOTES_AT, cases[i].words, bytes);
        as_section(&e, "__xen_guest", 1, bytes);
        expect(&e, cases[i].rc, cases[i].entry, cases[i].text);
    }
}

/* A broken section table is no reason to refuse a kernel: it is not needed to load one. */
static void odd_section_tables(void **state)
{
    static const struct { unsigned off, size; uint64_t value; } cases[] = {
        { 40, 8, UINT64_MAX }, { 60, 2, 0xffff }, { 62, 2, 9 }, { 58, 2, 40 },
        { 0x400 + 64 + 24, 8, UINT64_MAX }, { 0x400, 4, 0xffffffff },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct elf e = good_elf();

        as_section(&e, "__xen_guest", 1, 4);
        poke(e.b + cases[i].off, cases[i].value, cases[i].size);
        expect(&e, UT_OK, KERNEL_GPA + 0x40, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pvops_notes),
        cmocka_unit_test(foreign_notes_alone_demand_nothing),
        cmocka_unit_test(notes_that_do_not_fit_us),
        cmocka_unit_test(entry_note_is_checked),
        cmocka_unit_test(hostile_notes),
        cmocka_unit_test(note_section),
        cmocka_unit_test(guest_section),
        cmocka_unit_test(odd_section_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elf_notes.c: what a kernel says about itself: ELF notes of owner "Xen", else a __xen_guest
 * section of KEY=VALUE words. A kernel with neither is accepted. Source: guest ABI 1.3.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "build_int.h"

enum {
    PT_NOTE = 4, SHT_NOTE = 7, PHDR_BYTES = 56, SHDR_BYTES = 64, MAX_SECTIONS = 4096,
    NOTE_ENTRY = 1, NOTE_XEN_VERSION = 5, NOTE_GUEST_OS = 6, NOTE_LOADER = 8,
    TEXT_BYTES = 64,
};

/** What was found; texts are cut to a size no known value reaches. */
struct demands {
    bool any;
    bool has_entry;
    uint64_t entry_gpa;
    char xen_version[TEXT_BYTES], guest_os[TEXT_BYTES], loader[TEXT_BYTES];
};

/* The same facts, as note numbers and as keys of __xen_guest. ENTRY has no text. */
static const struct fact { unsigned note; const char *key; size_t text_offset; } facts[] = {
    { NOTE_ENTRY,       "VIRT_ENTRY", SIZE_MAX },
    { NOTE_XEN_VERSION, "XEN_VER",    offsetof(struct demands, xen_version) },
    { NOTE_GUEST_OS,    "GUEST_OS",   offsetof(struct demands, guest_os) },
    { NOTE_LOADER,      "LOADER",     offsetof(struct demands, loader) },
};

static void copy_text(char text[TEXT_BYTES], const uint8_t *s, uint64_t len)
{
    size_t n = len < TEXT_BYTES - 1 ? (size_t)len : TEXT_BYTES - 1;

    memcpy(text, s, n);
    text[n] = '\0';
}

static int one_note(const struct xci__kernel *k, struct demands *d, unsigned type, uint64_t desc,
                    uint64_t desc_bytes, struct ut_err *err)
{
    d->any = true;
    for (unsigned i = 0; i < ARRAY_SIZE(facts); i++) {
        const struct fact *f = &facts[i];

        if (f->note != type) continue;
        if (f->text_offset != SIZE_MAX) {
            copy_text((char *)d + f->text_offset, k->file + desc, desc_bytes);
        } else if (desc_bytes == 8 || desc_bytes == 4) {
            d->entry_gpa = xci__elf_get(k, desc, (unsigned)desc_bytes);
            d->has_entry = true;
        } else {
            return ut_err_set(err, UT_EFORMAT, "kernel: Xen note ENTRY has %" PRIu64 " bytes, want "
                              "8", desc_bytes);
        }
    }
    return UT_OK;
}

/* Notes are {u32 name size, u32 desc size, u32 type}, name and desc padded to 4 bytes each. */
static int note_area(const struct xci__kernel *k, struct demands *d, const char *what, unsigned n,
                     uint64_t at, uint64_t bytes, struct ut_err *err)
{
    uint64_t end = at + bytes;
    int rc;

    if (!xci__elf_has(k, at, bytes))
        return ut_err_set(err, UT_EFORMAT, "kernel: note %s %u (offset 0x%" PRIx64 ", 0x%" PRIx64
                          " bytes) lies outside the file", what, n, at, bytes);
    while (end - at >= 12) {
        uint64_t name_bytes = xci__elf_get(k, at, 4), desc_bytes = xci__elf_get(k, at + 4, 4);
        uint64_t name = at + 12, desc = name + ((name_bytes + 3) & ~UINT64_C(3));
        uint64_t next = desc + ((desc_bytes + 3) & ~UINT64_C(3));
        unsigned type = (unsigned)xci__elf_get(k, at + 8, 4);

        if (desc > end || desc + desc_bytes > end)
            return ut_err_set(err, UT_EFORMAT, "kernel: note at file offset 0x%" PRIx64 " runs "
                              "over the end of its %s", at, what);
        if (name_bytes == 4 && memcmp(k->file + name, "Xen", 4) == 0) {
            rc = one_note(k, d, type, desc, desc_bytes, err);
            if (rc < 0) return rc;
        }
        if (next >= end) break;
        at = next;
    }
    return UT_OK;
}

/* One KEY=VALUE of __xen_guest; unknown keys are ignored, as Xen does. */
static void one_word(struct demands *d, const uint8_t *word, size_t len)
{
    const uint8_t *eq = memchr(word, '=', len);
    size_t key_len = eq ? (size_t)(eq - word) : len;

    for (unsigned i = 0; eq && i < ARRAY_SIZE(facts); i++) {
        const struct fact *f = &facts[i];
        char number[TEXT_BYTES] = "";

        if (strlen(f->key) != key_len || memcmp(f->key, word, key_len) != 0) continue;
        if (f->text_offset != SIZE_MAX) {
            copy_text((char *)d + f->text_offset, eq + 1, len - key_len - 1);
        } else {
            copy_text(number, eq + 1, len - key_len - 1);
            d->entry_gpa = strtoull(number, NULL, 0);
            d->has_entry = true;
        }
    }
}

static int guest_section(const struct xci__kernel *k, struct demands *d, uint64_t at,
                         uint64_t bytes, struct ut_err *err)
{
    const uint8_t *p, *end;

    if (!xci__elf_has(k, at, bytes))
        return ut_err_set(err, UT_EFORMAT, "kernel: section __xen_guest lies outside the file");
    d->any = true;
    p = k->file + at;
    end = p + strnlen((const char *)p, bytes);
    while (p < end) {
        const uint8_t *comma = memchr(p, ',', (size_t)(end - p)), *stop = comma ? comma : end;

        one_word(d, p, (size_t)(stop - p));
        p = comma ? comma + 1 : end;
    }
    return UT_OK;
}

static int from_segments(const struct xci__kernel *k, struct demands *d, struct ut_err *err)
{
    uint64_t phoff = xci__elf_get(k, 32, 8), phnum = xci__elf_get(k, 56, 2);

    for (unsigned i = 0; i < phnum; i++) {
        uint64_t ph = phoff + (uint64_t)i * PHDR_BYTES, offset = xci__elf_get(k, ph + 8, 8);
        int rc;

        if (xci__elf_get(k, ph, 4) != PT_NOTE || offset == 0) continue;
        rc = note_area(k, d, "segment", i, offset, xci__elf_get(k, ph + 32, 8), err);
        if (rc < 0) return rc;
    }
    return UT_OK;
}

static bool section_is(const struct xci__kernel *k, uint64_t strtab, uint64_t sh, const char *name)
{
    uint64_t at = strtab + xci__elf_get(k, sh, 4), len = strlen(name) + 1;

    return xci__elf_has(k, at, len) && memcmp(k->file + at, name, len) == 0;
}

/* Sections matter only if there is a usable table; a stripped or odd one is not an error. */
static int from_sections(const struct xci__kernel *k, struct demands *d, struct ut_err *err)
{
    uint64_t shoff = xci__elf_get(k, 40, 8), shnum = xci__elf_get(k, 60, 2);
    uint64_t shstrndx = xci__elf_get(k, 62, 2), strtab;
    bool had_notes = d->any;

    if (shnum == 0 || shnum > MAX_SECTIONS || xci__elf_get(k, 58, 2) != SHDR_BYTES) return UT_OK;
    if (shstrndx >= shnum || !xci__elf_has(k, shoff, shnum * SHDR_BYTES)) return UT_OK;
    strtab = xci__elf_get(k, shoff + shstrndx * SHDR_BYTES + 24, 8);
    if (strtab >= k->file_bytes) return UT_OK;
    for (unsigned i = 0; i < shnum && !had_notes; i++) {
        uint64_t sh = shoff + (uint64_t)i * SHDR_BYTES;
        uint64_t at = xci__elf_get(k, sh + 24, 8), bytes = xci__elf_get(k, sh + 32, 8);
        int rc = UT_OK;

        if (xci__elf_get(k, sh + 4, 4) == SHT_NOTE)
            rc = note_area(k, d, "section", i, at, bytes, err);
        else if (section_is(k, strtab, sh, "__xen_guest"))
            rc = guest_section(k, d, at, bytes, err);
        if (rc < 0) return rc;
    }
    return UT_OK;
}

int xci__elf_notes(struct xci__kernel *k, struct ut_err *err)
{
    struct demands d = { 0 };
    int rc;

    rc = from_segments(k, &d, err);
    if (rc < 0) return rc;
    rc = from_sections(k, &d, err);
    if (rc < 0) return rc;
    if (!d.any) return UT_OK;
    if (d.xen_version[0] && strncmp(d.xen_version, "xen-3.0", 7) != 0)
        return ut_err_set(err, UT_EFORMAT, "kernel: made for \"%s\", want \"xen-3.0\"",
                          d.xen_version);
    if (strncmp(d.loader, "generic", 7) != 0 && strncmp(d.guest_os, "linux", 5) != 0)
        return ut_err_set(err, UT_EFORMAT, "kernel: Xen notes name neither LOADER \"generic\" nor "
                          "GUEST_OS \"linux\" (loader \"%s\", guest \"%s\")", d.loader, d.guest_os);
    if (d.has_entry) k->entry_gpa = d.entry_gpa;
    return UT_OK;
}

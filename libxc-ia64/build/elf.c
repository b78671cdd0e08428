/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elf.c: read an ELF64 ia64 kernel. Every number in the file is hostile until checked here.
 * Source: System V ABI chapter 4 and 5; Itanium psABI (EM_IA_64 = 50); guest ABI 1.2.
 */
#include <inttypes.h>
#include <string.h>
#include "build_int.h"

enum {
    EI_CLASS = 4, EI_DATA = 5, EI_VERSION = 6, ELFCLASS64 = 2, ELFDATA_LSB = 1, ELFDATA_MSB = 2,
    ET_EXEC = 2, EM_IA_64 = 50, PT_LOAD = 1, PF_RWX = 7,
    EHDR_BYTES = 64, PHDR_BYTES = 56, MAX_PHDRS = 1024,
};

/* ELF64 file header fields: offset and size */
#define EH_TYPE      16, 2
#define EH_MACHINE   18, 2
#define EH_VERSION   20, 4
#define EH_ENTRY     24, 8
#define EH_PHOFF     32, 8
#define EH_PHENTSIZE 54, 2
#define EH_PHNUM     56, 2

uint64_t xci__elf_get(const struct xci__kernel *k, uint64_t offset, unsigned size_bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < size_bytes; i++) {
        unsigned at = k->big_endian ? i : size_bytes - 1 - i;

        v = v << 8 | k->file[offset + at];
    }
    return v;
}

bool xci__elf_has(const struct xci__kernel *k, uint64_t offset, uint64_t len)
{
    return offset <= k->file_bytes && len <= k->file_bytes - offset;
}

static int check_ident(struct xci__kernel *k, struct ut_err *err)
{
    const uint8_t *id = k->file;
    uint64_t v;

    if (k->file_bytes < EHDR_BYTES)
        return ut_err_set(err, UT_EFORMAT, "kernel: %zu bytes are too short for an ELF header",
                          k->file_bytes);
    if (memcmp(id, "\177ELF", 4) != 0)
        return ut_err_set(err, UT_EFORMAT, "kernel: neither ELF nor gzip (starts %02x %02x %02x "
                          "%02x)", id[0], id[1], id[2], id[3]);
    if (id[EI_CLASS] != ELFCLASS64)
        return ut_err_set(err, UT_EFORMAT, "kernel: ELF class %u, want 2 (64-bit)", id[EI_CLASS]);
    if (id[EI_DATA] != ELFDATA_LSB && id[EI_DATA] != ELFDATA_MSB)
        return ut_err_set(err, UT_EFORMAT, "kernel: ELF data encoding %u is unknown", id[EI_DATA]);
    k->big_endian = id[EI_DATA] == ELFDATA_MSB;
    if ((v = xci__elf_get(k, EH_MACHINE)) != EM_IA_64)
        return ut_err_set(err, UT_EFORMAT, "kernel: ELF machine %" PRIu64 ", want 50 (ia64)", v);
    if ((v = xci__elf_get(k, EH_TYPE)) != ET_EXEC)
        return ut_err_set(err, UT_EFORMAT, "kernel: ELF type %" PRIu64 ", want 2 (executable)", v);
    if (id[EI_VERSION] != 1 || (v = xci__elf_get(k, EH_VERSION)) != 1)
        return ut_err_set(err, UT_EFORMAT, "kernel: ELF version is not 1");
    return UT_OK;
}

/* One PT_LOAD header: bounds in the file and no wrap in memory. */
static int add_segment(struct xci__kernel *k, unsigned i, uint64_t ph, struct ut_err *err)
{
    struct xci__segment s = {
        .index = i,
        .offset = xci__elf_get(k, ph + 8, 8),
        .gpa = xci__elf_get(k, ph + 24, 8),
        .file_bytes = xci__elf_get(k, ph + 32, 8),
        .mem_bytes = xci__elf_get(k, ph + 40, 8),
    };

    if (s.mem_bytes < s.file_bytes)
        return ut_err_set(err, UT_EFORMAT, "kernel: segment %u has 0x%" PRIx64 " bytes in the file "
                          "but 0x%" PRIx64 " in memory", i, s.file_bytes, s.mem_bytes);
    if (s.mem_bytes == 0) return UT_OK;
    if (!xci__elf_has(k, s.offset, s.file_bytes))
        return ut_err_set(err, UT_EFORMAT, "kernel: segment %u (file offset 0x%" PRIx64 ", 0x%"
                          PRIx64 " bytes) lies outside the file of 0x%zx bytes: truncated?", i,
                          s.offset, s.file_bytes, k->file_bytes);
    if (s.gpa + s.mem_bytes < s.gpa || s.gpa + s.mem_bytes > XCI__RAM_LIMIT)
        return ut_err_set(err, UT_EFORMAT, "kernel: segment %u at physical address 0x%" PRIx64
                          ", 0x%" PRIx64 " bytes, is beyond any memory", i, s.gpa, s.mem_bytes);
    if (k->nr_segs == XCI__MAX_SEGMENTS)
        return ut_err_set(err, UT_ELIMIT, "kernel: more than %u segments", XCI__MAX_SEGMENTS);
    for (unsigned n = 0; n < k->nr_segs; n++) {
        const struct xci__segment *o = &k->seg[n];

        if (s.gpa < o->gpa + o->mem_bytes && o->gpa < s.gpa + s.mem_bytes)
            return ut_err_set(err, UT_EFORMAT, "kernel: segments %u and %u overlap at physical "
                              "address 0x%" PRIx64, o->index, i, s.gpa > o->gpa ? s.gpa : o->gpa);
    }
    k->seg[k->nr_segs++] = s;
    return UT_OK;
}

static int read_segments(struct xci__kernel *k, struct ut_err *err)
{
    uint64_t phoff = xci__elf_get(k, EH_PHOFF), phnum = xci__elf_get(k, EH_PHNUM);
    uint64_t phentsize = xci__elf_get(k, EH_PHENTSIZE);
    int rc;

    if (phnum == 0 || phnum > MAX_PHDRS)
        return ut_err_set(err, UT_EFORMAT, "kernel: %" PRIu64 " program headers, want 1 to %u",
                          phnum, (unsigned)MAX_PHDRS);
    if (phentsize != PHDR_BYTES)
        return ut_err_set(err, UT_EFORMAT, "kernel: program headers of %" PRIu64 " bytes, want %u",
                          phentsize, (unsigned)PHDR_BYTES);
    if (!xci__elf_has(k, phoff, phnum * PHDR_BYTES))
        return ut_err_set(err, UT_EFORMAT, "kernel: program headers at 0x%" PRIx64 " lie outside "
                          "the file of 0x%zx bytes", phoff, k->file_bytes);
    for (unsigned i = 0; i < phnum; i++) {
        uint64_t ph = phoff + (uint64_t)i * PHDR_BYTES;

        if (xci__elf_get(k, ph, 4) != PT_LOAD || !(xci__elf_get(k, ph + 4, 4) & PF_RWX)) continue;
        rc = add_segment(k, i, ph, err);
        if (rc < 0) return rc;
    }
    if (k->nr_segs == 0)
        return ut_err_set(err, UT_EFORMAT, "kernel: no loadable segment");
    return UT_OK;
}

static int check_entry(const struct xci__kernel *k, struct ut_err *err)
{
    if (k->entry_gpa & 15)
        return ut_err_set(err, UT_EFORMAT, "kernel: entry point 0x%" PRIx64 " is not the address "
                          "of a bundle", k->entry_gpa);
    for (unsigned n = 0; n < k->nr_segs; n++) {
        const struct xci__segment *s = &k->seg[n];

        if (k->entry_gpa >= s->gpa && k->entry_gpa - s->gpa < s->mem_bytes) return UT_OK;
    }
    return ut_err_set(err, UT_EFORMAT, "kernel: entry point 0x%" PRIx64 " is in no segment "
                      "(it must be a physical address)", k->entry_gpa);
}

int xci__elf_parse(const void *file, size_t file_bytes, bool paravirtual,
                   struct xci__kernel *k_out, struct ut_err *err)
{
    struct xci__kernel *k = k_out;
    int rc;

    *k = (struct xci__kernel){ .file = file, .file_bytes = file_bytes, .lo = UINT64_MAX };
    rc = check_ident(k, err);
    if (rc < 0) return rc;
    rc = read_segments(k, err);
    if (rc < 0) return rc;
    for (unsigned n = 0; n < k->nr_segs; n++) {
        const struct xci__segment *s = &k->seg[n];

        if (s->gpa < k->lo) k->lo = s->gpa;
        if (s->gpa + s->mem_bytes > k->hi) k->hi = s->gpa + s->mem_bytes;
    }
    k->lo &= ~(uint64_t)(XCI_PAGE_SIZE - 1);
    k->hi = (k->hi + XCI_PAGE_SIZE - 1) & ~(uint64_t)(XCI_PAGE_SIZE - 1);
    k->entry_gpa = xci__elf_get(k, EH_ENTRY);
    if (paravirtual) {
        rc = xci__elf_notes(k, err);
        if (rc < 0) return rc;
    }
    return check_entry(k, err);
}

void xci__elf_load(const struct xci__kernel *k, uint8_t *ram)
{
    for (unsigned n = 0; n < k->nr_segs; n++) {
        const struct xci__segment *s = &k->seg[n];

        memcpy(ram + s->gpa, k->file + s->offset, s->file_bytes);
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build_fixture.h: make ELF kernels byte by byte, build domains from them, read what came out. */
#ifndef BUILD_FIXTURE_H
#define BUILD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include "build/xci_build.h"

#define KERNEL_GPA  UINT64_C(0x100000)
#define KERNEL_FILE 0x4000u             /* bytes of the test kernel's file */
#define TEXT_AT     0x1000u             /* file offset of its segment */
#define TEXT_BYTES  0x3000u
#define PH(n)       (64u + 56u * (n))   /* file offset of program header n */

/** A kernel image in the making. */
struct elf {
    uint8_t b[KERNEL_FILE];
    size_t len;
};

/** Domain under construction: input, memory and result. */
struct dom {
    struct xci__build_in in;
    uint8_t *ram;
    uint64_t ram_bytes;
    struct xci__build_out out;
    struct ut_err err;
};

static inline void poke(uint8_t *p, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static inline uint64_t peek(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;

    for (unsigned i = n; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

static inline void set_phdr(struct elf *e, unsigned n, uint32_t type, uint32_t flags, uint64_t off,
                            uint64_t gpa, uint64_t filesz, uint64_t memsz)
{
    uint8_t *p = e->b + PH(n);

    poke(p, type, 4);
    poke(p + 4, flags, 4);
    poke(p + 8, off, 8);
    poke(p + 16, gpa, 8);
    poke(p + 24, gpa, 8);
    poke(p + 32, filesz, 8);
    poke(p + 40, memsz, 8);
    poke(p + 48, 0x4000, 8);
}

/** One segment of TEXT_BYTES and as much .bss at KERNEL_GPA; contents are their own offsets. */
static inline struct elf good_elf(void)
{
    struct elf e = { .len = KERNEL_FILE };

    memcpy(e.b, "\177ELF\2\1\1", 7);
    poke(e.b + 16, 2, 2);               /* ET_EXEC */
    poke(e.b + 18, 50, 2);              /* EM_IA_64 */
    poke(e.b + 20, 1, 4);
    poke(e.b + 24, KERNEL_GPA + 0x40, 8);
    poke(e.b + 32, 64, 8);
    poke(e.b + 52, 64, 2);
    poke(e.b + 54, 56, 2);
    poke(e.b + 56, 1, 2);
    for (unsigned i = TEXT_AT; i < KERNEL_FILE; i++)
        e.b[i] = (uint8_t)(i ^ i >> 8);
    set_phdr(&e, 0, 1, 7, TEXT_AT, KERNEL_GPA, TEXT_BYTES, 2 * TEXT_BYTES);
    return e;
}

static inline struct dom new_dom(const struct elf *e, enum xci_builder builder, uint64_t mib)
{
    struct dom d = { .ram_bytes = mib << 20 };

    d.in = (struct xci__build_in){
        .builder = builder, .kernel = e ? e->b : NULL, .kernel_bytes = e ? e->len : 0,
        .cmdline = "console=hvc0 quiet", .nr_pages = d.ram_bytes / XCI_PAGE_SIZE, .nr_vcpus = 3,
        .store_port = 1, .console_port = 2, .itc_hz = 1000000000,
    };
    d.ram = mmap(NULL, d.ram_bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(d.ram != MAP_FAILED);
    return d;
}

static inline int build(struct dom *d)
{
    return xci__build(&d->in, d->ram, d->ram_bytes, &d->out, &d->err);
}

static inline void free_dom(struct dom *d)
{
    munmap(d->ram, d->ram_bytes);
}

/** Host bytes needed: 4 KiB pages of the mapping that were touched. */
static inline size_t touched_pages(const struct dom *d)
{
    size_t nr = (size_t)(d->ram_bytes / 4096), count = 0;
    unsigned char *in_core = malloc(nr);

    assert_non_null(in_core);
    assert_int_equal(mincore(d->ram, d->ram_bytes, in_core), 0);
    for (size_t i = 0; i < nr; i++)
        count += in_core[i] & 1;
    free(in_core);
    return count;
}

static inline uint64_t at(const struct dom *d, uint64_t gpa, unsigned size_bytes)
{
    assert_true(gpa < d->ram_bytes && size_bytes <= d->ram_bytes - gpa);
    return peek(d->ram + gpa, size_bytes);
}

static inline unsigned byte_sum(const struct dom *d, uint64_t gpa, uint64_t bytes)
{
    unsigned sum = 0;

    assert_true(gpa < d->ram_bytes && bytes <= d->ram_bytes - gpa);
    for (uint64_t i = 0; i < bytes; i++)
        sum += d->ram[gpa + i];
    return sum & 0xff;
}

#endif

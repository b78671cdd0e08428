/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * build_int: what the builder's files share. One file per kind of table; build.c joins them.
 *
 * Every writer below appends to a struct xci__w: a window of guest memory that is never written
 * beyond its end. An overflow is sticky and checked once, by build.c.
 */
#ifndef XCI_BUILD_INT_H
#define XCI_BUILD_INT_H

#include "xci_build.h"

#define XCI__PAGE_SHIFT 14
#define XCI__EFI_PAGE   UINT64_C(4096)
#define XCI__RAM_LIMIT  (UINT64_C(1) << 40)     /* shared_info lives there (guest ABI 1.1) */

/* ---- byte writer (writer.c) ---------------------------------------------------------------- */

/** Little-endian writer into guest memory at `gpa`. */
struct xci__w {
    uint8_t *ram;                   /* host address of gpa 0 */
    uint64_t gpa;                   /* next byte */
    uint64_t end;                   /* first gpa that may not be written */
    bool overflow;
};

void xci__w_u8(struct xci__w *w, uint8_t v);
void xci__w_u16(struct xci__w *w, uint16_t v);
void xci__w_u32(struct xci__w *w, uint32_t v);
void xci__w_u64(struct xci__w *w, uint64_t v);
/** `len` bytes of `s`, padded with `pad` behind its NUL; s is cut if it is longer. */
void xci__w_text(struct xci__w *w, const char *s, size_t len, char pad);
/** Skip to offset `gpa`, leaving zeros. */
void xci__w_seek(struct xci__w *w, uint64_t gpa);
void xci__w_align(struct xci__w *w, uint64_t align);
/** Set the byte at `at` so that [from, to) sums to 0 modulo 256. */
void xci__w_checksum(struct xci__w *w, uint64_t from, uint64_t to, uint64_t at);

/* ---- kernel (elf.c, elf_notes.c, gunzip.c) ------------------------------------------------- */

#define XCI__KERNEL_MAX_BYTES ((size_t)512 << 20)   /* of the ELF file, after gunzip */
#define XCI__MAX_SEGMENTS 64u

struct xci__segment {
    unsigned index;                 /* program header number, for messages */
    uint64_t offset, file_bytes;    /* in the file */
    uint64_t gpa, mem_bytes;
};

struct xci__kernel {
    const uint8_t *file;            /* borrowed */
    size_t file_bytes;
    bool big_endian;
    uint64_t entry_gpa;
    uint64_t lo, hi;                /* [lo, hi): whole pages that the segments cover */
    struct xci__segment seg[XCI__MAX_SEGMENTS];
    unsigned nr_segs;
};

/** A field of the file in its own byte order. The caller has checked the bounds. */
uint64_t xci__elf_get(const struct xci__kernel *k, uint64_t offset, unsigned size_bytes);
/** True if [offset, offset + len) lies inside the file. */
bool xci__elf_has(const struct xci__kernel *k, uint64_t offset, uint64_t len);

/** Parse and check headers, segments and, if paravirtual, notes. `file` stays borrowed. */
int xci__elf_parse(const void *file, size_t file_bytes, bool paravirtual,
                   struct xci__kernel *k_out, struct ut_err *err);
/** Copy the segments to RAM (which is zero, so nothing is written for .bss). */
void xci__elf_load(const struct xci__kernel *k, uint8_t *ram);
/** Xen's ELF notes or the __xen_guest section: what the kernel demands, and its entry point. */
int xci__elf_notes(struct xci__kernel *k, struct ut_err *err);

bool xci__is_gzip(const void *data, size_t len);
/** Inflate one gzip member. *out is malloc'd. UT_ELIMIT above max_bytes. */
int xci__gunzip(const void *data, size_t len, size_t max_bytes, uint8_t **out, size_t *out_len,
                struct ut_err *err);

/* ---- layout and tables --------------------------------------------------------------------- */

struct xci__range { uint64_t gpa, bytes; };

/** Everything decided before the first byte is written. */
struct xci__plan {
    const struct xci__build_in *in;
    bool paravirtual;               /* builder linux */
    bool has_acpi;                  /* linux and efi */
    uint64_t ram_bytes;             /* nr_pages in bytes */
    struct xci__range kernel, ramdisk;
    uint64_t fw_end;                /* firmware area is [0, fw_end) */
    uint64_t low_bytes;             /* RAM from gpa 0; efi: the rest is elsewhere */
    uint64_t magic;                 /* gpa of the first magic page; low_bytes if there is none */
    uint64_t memmap_gpa, start_info_gpa, store_gpa, console_gpa;    /* 0 if there is none */
    bool big_endian;
    /* results of the table writers */
    uint64_t efi_memmap, efi_memmap_bytes;
    uint64_t boot_param;
};

#define XCI__EFI_DESC_BYTES 40u

/** Hypercall stubs: EFI services, PAL, SAL (stubs.c). gpa of the stub of EFI service i. */
void xci__stubs_write(uint8_t *ram);
uint64_t xci__stub_efi(unsigned service);
#define XCI__NR_EFI_STUBS 10u

/** RSDP, XSDT, FADT, FACS, DSDT, MADT from w->gpa on (acpi.c; acpi_efi.c for builder efi). */
void xci__acpi_write(struct xci__w *w, unsigned nr_vcpus);
void xci__acpi_efi_write(struct xci__w *w, unsigned nr_vcpus);

/* What the tables of both have in common (acpi.c). */
struct xci__acpi_id { const char *oem, *table; };   /* 6 and 8 characters at most */
enum xci__acpi_space { XCI__ACPI_MEMORY = 0, XCI__ACPI_IO = 1 };
#define XCI__ACPI_RSDP_ROOM 48u
/** A table's header; returns its gpa. xci__acpi_finish fills in length and checksum. */
uint64_t xci__acpi_start(struct xci__w *w, const char *signature, uint8_t revision,
                         const struct xci__acpi_id *id);
void xci__acpi_finish(struct xci__w *w, uint64_t table);
/** Generic address structure of a register. */
void xci__acpi_gas(struct xci__w *w, enum xci__acpi_space space, uint64_t address,
                   unsigned size_bytes);
uint64_t xci__acpi_facs(struct xci__w *w);
/** The processors, as entries of a MADT. */
void xci__acpi_lsapics(struct xci__w *w, unsigned nr_vcpus);
/** XSDT at `w`, RSDP at `rsdp`, which lies before it. */
void xci__acpi_root(struct xci__w *w, struct xci__w *rsdp, const struct xci__acpi_id *id,
                    uint64_t fadt_gpa, uint64_t madt_gpa);
/** SAL system table; returns its gpa (sal.c). */
uint64_t xci__sal_write(struct xci__w *w);
/** EFI system table and what hangs on it, memory map included; fills in plan (efi.c). */
void xci__efi_write(struct xci__w *w, struct xci__plan *plan);
/** start_info, boot parameters and memmap_info (start_info.c); fills in plan->boot_param. */
void xci__start_info_write(uint8_t *ram, struct xci__plan *plan);
/** Boot parameters and command line alone, in the firmware page. */
void xci__boot_param_write(struct xci__w *w, struct xci__plan *plan);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_elf.c: libFuzzer target for the domain builder: kernels from strangers, plain and gzip.
 * The first input byte picks builder and ramdisk; the rest is the kernel file.
 *
 *   clang -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Ilib -Ilibxc-ia64 \
 *       -Ilibxc-ia64/include tests/fuzz/fuzz_elf.c libxc-ia64/build/[a-z]*.c lib/ut_err.c -lz \
 *       -o fuzz_elf
 *   ./fuzz_elf -max_len=65536 tests/fuzz/corpus/elf
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "build/xci_build.h"

#define RAM_BYTES ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t ramdisk[5000] = { 1 };
    struct ut_err err = UT_ERR_INIT;
    struct xci__build_out out;
    struct xci__build_in in = {
        .cmdline = "fuzz", .nr_pages = RAM_BYTES / XCI_PAGE_SIZE, .nr_vcpus = 1,
        .store_port = 1, .console_port = 2,
    };
    void *ram;
    int rc;

    if (size < 1) return 0;
    in.builder = data[0] & 4   ? XCI_BUILDER_EFI
                 : data[0] & 1 ? XCI_BUILDER_HPSIM
                               : XCI_BUILDER_LINUX;
    in.ramdisk = data[0] & 2 ? ramdisk : NULL;
    in.ramdisk_bytes = sizeof(ramdisk);
    in.kernel = data + 1;
    in.kernel_bytes = size - 1;
    ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (ram == MAP_FAILED) return 0;
    rc = xci__build(&in, ram, RAM_BYTES, &out, &err);
    if (rc == UT_OK && (out.entry_gpa >= RAM_BYTES || out.r28 >= RAM_BYTES)) abort();
    if (rc < 0 && (err.code != rc || err.text[0] == '\0')) abort();
    munmap(ram, RAM_BYTES);
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dump_firmware KERNEL NR_VCPUS: build a 64 MiB paravirtualized domain and write its firmware page
 * (16 KiB from guest physical address 0) to stdout. For tests that read the tables with other
 * tools.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "build/xci_build.h"

#define RAM_BYTES ((size_t)64 << 20)

int main(int argc, char **argv)
{
    static unsigned char kernel[16 << 20];
    struct ut_err err = UT_ERR_INIT;
    struct xci__build_out out;
    struct xci__build_in in = { .kernel = kernel,
                                .nr_pages = RAM_BYTES / XCI_PAGE_SIZE };
    FILE *f = argc == 4 ? fopen(argv[1], "rb") : NULL;
    void *ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (!f || ram == MAP_FAILED) {
        fprintf(stderr, "usage: dump_firmware KERNEL NR_VCPUS linux|efi\n");
        return 2;
    }
    in.builder = strcmp(argv[3], "efi") ? XCI_BUILDER_LINUX : XCI_BUILDER_EFI;
    in.nr_vcpus = (unsigned)strtoul(argv[2], NULL, 0);
    in.kernel_bytes = fread(kernel, 1, sizeof(kernel), f);
    if (xci__build(&in, ram, RAM_BYTES, &out, &err) < 0) {
        fprintf(stderr, "dump_firmware: %s\n", err.text);
        return 1;
    }
    return fwrite(ram, 1, XCI_PAGE_SIZE, stdout) == XCI_PAGE_SIZE ? 0 : 1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replays files through a fuzzer's entry point: the seed corpus is a regression test wherever
 * libFuzzer is not at hand. `make fuzz` links the same entry points with libFuzzer instead.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data;
    size_t len;

    if (!f) {
        perror(path);
        return 1;
    }
    data = malloc(1u << 20);
    if (!data) {
        fclose(f);
        return 1;
    }
    len = fread(data, 1, 1u << 20, f);
    fclose(f);
    LLVMFuzzerTestOneInput(data, len);
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    int bad = 0;

    for (int i = 1; i < argc; i++) bad |= replay(argv[i]);
    printf("%d inputs\n", argc - 1);
    return bad;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory.c: the memory behind the kernel, one block growing upwards. What is allocated holds a
 * pattern made of its own addresses, so that lost or exchanged pages show.
 */
#include "mini.h"

#define PATTERN UINT64_C(0x5bd1e9955bd1e995)
#define ASSUMED_END (UINT64_C(64) << 20)        /* without a memory map: the bare simulator */

extern const uint8_t _end[];

static uint64_t start, used_end, end;           /* gpas: [start, used_end) is allocated */
static uint64_t total, touch_at;

static uint64_t align_up(uint64_t v, uint64_t to)
{
    return (v + to - 1) & ~(to - 1);
}

void memory_init(void)
{
    uint64_t kernel_end = align_up(pa(_end), 16384), ramdisk, ramdisk_bytes;
    const struct efi_desc *d;

    firmware_ramdisk(&ramdisk, &ramdisk_bytes);
    if (ramdisk >= kernel_end) kernel_end = align_up(ramdisk + ramdisk_bytes, 16384);
    start = kernel_end;
    end = firmware_present() ? start : ASSUMED_END;
    total = firmware_present() ? 0 : ASSUMED_END;
    for (unsigned i = 0; (d = firmware_memory(i)) != NULL; i++) {
        uint64_t d_end = d->gpa + d->pages * EFI_PAGE_BYTES;

        if (d->type != EFI_CONVENTIONAL) continue;
        total += d_end - d->gpa;
        if (d->gpa <= start && d_end > start) end = d_end;
    }
    used_end = touch_at = start;
}

uint64_t memory_total(void)
{
    return total;
}

uint64_t memory_free(void)
{
    return end - used_end;
}

uint64_t memory_used(void)
{
    return used_end - start;
}

bool memory_alloc(uint64_t bytes)
{
    uint64_t *p = va(used_end);

    if (bytes > end - used_end) return false;
    for (uint64_t i = 0; i < bytes / 8; i++)
        p[i] = (uint64_t)(p + i) ^ PATTERN;
    used_end += bytes;
    return true;
}

void memory_release(void)
{
    used_end = start;
}

uint64_t memory_check(uint64_t *sum_out)
{
    const uint64_t *p = va(start);
    uint64_t wrong = 0, sum = 0;

    for (uint64_t i = 0; i < memory_used() / 8; i++) {
        wrong += p[i] != ((uint64_t)(p + i) ^ PATTERN);
        sum += p[i];
    }
    *sum_out = sum;
    return wrong;
}

void memory_touch(uint64_t bytes)
{
    for (uint64_t n = 0; n < bytes; n += EFI_PAGE_BYTES) {
        if (touch_at < used_end || touch_at + EFI_PAGE_BYTES > end) touch_at = used_end;
        if (touch_at + EFI_PAGE_BYTES > end) return;
        *(volatile uint64_t *)va(touch_at) = itc();
        touch_at += EFI_PAGE_BYTES;
    }
}

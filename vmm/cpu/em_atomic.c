/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_atomic.c: 16 bytes at once: ld16, st16, cmp8xchg16 (SDM vol. 3: each is atomic).
 *
 * x86-64: cmpxchg16b (every such processor since 2006), and plain SSE moves where AVX is there,
 * since makers of those promise that aligned ones are atomic: loads then need no write access.
 * Other hosts: the compiler's 16-byte compare and swap, or, where there is none, the machine's
 * lock, which makes the three atomic among themselves only.
 * The host must be multi-copy atomic as x86, ARMv8 and RISC-V are: release stores become visible to
 * all others at once (SDM vol. 2, "Memory ordering").
 */
#include <string.h>
#include "em_cpu.h"

typedef unsigned __int128 u128;

#if defined(__x86_64__)

/* Returns what was there; *p is `value` now if that was `expected`. */
static u128 cas(u128 *p, u128 expected, u128 value)
{
    uint64_t lo = (uint64_t)expected, hi = (uint64_t)(expected >> 64);

    __asm__ volatile("lock cmpxchg16b %0"
                     : "+m"(*p), "+a"(lo), "+d"(hi)
                     : "b"((uint64_t)value), "c"((uint64_t)(value >> 64))
                     : "cc", "memory");
    return (u128)hi << 64 | lo;
}

static bool load_at_once(const u128 *p, u128 *value_out)
{
    typedef long long vec __attribute__((vector_size(16)));
    vec v;

    if (!__builtin_cpu_supports("avx")) return false;
    __asm__ volatile("movdqa %1, %0" : "=x"(v) : "m"(*p) : "memory");
    memcpy(value_out, &v, sizeof(v));
    return true;
}

static bool store_at_once(u128 *p, u128 value)
{
    typedef long long vec __attribute__((vector_size(16)));
    vec v;

    if (!__builtin_cpu_supports("avx")) return false;
    memcpy(&v, &value, sizeof(v));
    __asm__ volatile("movdqa %1, %0" : "=m"(*p) : "x"(v) : "memory");
    return true;
}

static void enter(struct em_machine *m) { (void)m; }
static void leave(struct em_machine *m) { (void)m; }

#else

static bool load_at_once(const u128 *p, u128 *value_out) { (void)p, (void)value_out; return false; }
static bool store_at_once(u128 *p, u128 value) { (void)p, (void)value; return false; }

#if defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_16)

static u128 cas(u128 *p, u128 expected, u128 value)
{
    return __sync_val_compare_and_swap(p, expected, value);
}

static void enter(struct em_machine *m) { (void)m; }
static void leave(struct em_machine *m) { (void)m; }

#else

static u128 cas(u128 *p, u128 expected, u128 value)
{
    u128 old;

    memcpy(&old, p, sizeof(old));
    if (old == expected) memcpy(p, &value, sizeof(value));
    return old;
}

static void enter(struct em_machine *m) { pthread_mutex_lock(&m->lock); }
static void leave(struct em_machine *m) { pthread_mutex_unlock(&m->lock); }

#endif
#endif

static u128 load(struct em_machine *m, u128 *p)
{
    u128 v;

    if (load_at_once(p, &v)) return v;
    enter(m);
    v = cas(p, 0, 0);
    leave(m);
    return v;
}

void em__load16(struct em_machine *m, uint8_t *host, uint8_t *bytes_out)
{
    u128 v = load(m, (u128 *)(void *)host);

    memcpy(bytes_out, &v, sizeof(v));
}

void em__store16(struct em_machine *m, uint8_t *host, const uint8_t *bytes)
{
    u128 *p = (u128 *)(void *)host, v, seen = 0, old;

    memcpy(&v, bytes, sizeof(v));
    if (store_at_once(p, v)) return;
    enter(m);
    while ((old = cas(p, seen, v)) != seen) seen = old;
    leave(m);
}

uint64_t em__cas8_16(struct em_machine *m, uint8_t *host, uint64_t expected,
                     const uint64_t value[2])
{
    u128 *p = (u128 *)(void *)(host - ((uintptr_t)host & 8)), v, block;
    uint64_t old[2];

    memcpy(&v, value, sizeof(v));
    for (block = load(m, p);;) {
        u128 now;

        memcpy(old, &block, sizeof(block));
        if (old[((uintptr_t)host >> 3) & 1] != expected) break;
        enter(m);
        now = cas(p, block, v);
        leave(m);
        if (now == block) break;
        block = now;
    }
    return old[((uintptr_t)host >> 3) & 1];
}

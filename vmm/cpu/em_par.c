/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_par.c: parallel integer arithmetic. One loop over lanes each; none of it is frequent. */
#include "em_par.h"

static uint64_t lane_mask(unsigned bits) { return ~UINT64_C(0) >> (64 - bits); }

static uint64_t get(uint64_t v, unsigned i, unsigned bits)
{
    return (v >> (i * bits)) & lane_mask(bits);
}

static int64_t gets(uint64_t v, unsigned i, unsigned bits)
{
    return (int64_t)(get(v, i, bits) << (64 - bits)) >> (64 - bits);
}

static uint64_t put(uint64_t v, unsigned i, unsigned bits)
{
    return (v & lane_mask(bits)) << (i * bits);
}

static int64_t clamp(int64_t v, int64_t lo, int64_t hi) { return v < lo ? lo : v > hi ? hi : v; }

static int64_t smax(unsigned bits) { return (int64_t)(lane_mask(bits) >> 1); }

static int64_t saturate(int64_t v, unsigned bits, enum em_sat sat)
{
    if (sat == EM_SAT_SSS) return clamp(v, -smax(bits) - 1, smax(bits));
    if (sat != EM_SAT_NONE) return clamp(v, 0, (int64_t)lane_mask(bits));
    return v;
}

static int64_t arg(uint64_t v, unsigned i, unsigned bits, int is_signed)
{
    return is_signed ? gets(v, i, bits) : (int64_t)get(v, i, bits);
}

uint64_t em__par_add(uint64_t a, uint64_t b, unsigned bits, enum em_sat sat)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < 64 / bits; i++) {
        int64_t x = arg(a, i, bits, sat == EM_SAT_SSS);
        int64_t y = arg(b, i, bits, sat == EM_SAT_SSS || sat == EM_SAT_UUS);
        r |= put((uint64_t)saturate(x + y, bits, sat), i, bits);
    }
    return r;
}

uint64_t em__par_sub(uint64_t a, uint64_t b, unsigned bits, enum em_sat sat)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < 64 / bits; i++) {
        int64_t x = arg(a, i, bits, sat == EM_SAT_SSS);
        int64_t y = arg(b, i, bits, sat == EM_SAT_SSS || sat == EM_SAT_UUS);
        r |= put((uint64_t)saturate(x - y, bits, sat), i, bits);
    }
    return r;
}

uint64_t em__par_avg(uint64_t a, uint64_t b, unsigned bits, unsigned raz)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < 64 / bits; i++) {
        uint64_t s = get(a, i, bits) + get(b, i, bits);
        r |= put(raz ? (s + 1) >> 1 : (s >> 1) | (s & 1), i, bits);
    }
    return r;
}

uint64_t em__par_avgsub(uint64_t a, uint64_t b, unsigned bits)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < 64 / bits; i++) {
        int64_t d = (int64_t)get(a, i, bits) - (int64_t)get(b, i, bits);
        r |= put((uint64_t)((d >> 1) | (d & 1)), i, bits);
    }
    return r;
}

uint64_t em__par_cmp(uint64_t a, uint64_t b, unsigned bits, unsigned greater)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < 64 / bits; i++) {
        int64_t x = gets(a, i, bits), y = gets(b, i, bits);
        if (greater ? x > y : x == y) r |= put(~UINT64_C(0), i, bits);
    }
    return r;
}

/* bytes are unsigned, halfwords signed */
uint64_t em__par_minmax(uint64_t a, uint64_t b, unsigned bits, unsigned max)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < 64 / bits; i++) {
        int64_t x = arg(a, i, bits, bits == 16), y = arg(b, i, bits, bits == 16);
        int64_t low = x < y ? x : y, high = x < y ? y : x;
        r |= put((uint64_t)(max ? high : low), i, bits);
    }
    return r;
}

uint64_t em__par_mpy(uint64_t a, uint64_t b, unsigned left)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < 2; i++)
        r |= put((uint64_t)(gets(a, 2 * i + left, 16) * gets(b, 2 * i + left, 16)), i, 32);
    return r;
}

uint64_t em__par_mpyshr(uint64_t a, uint64_t b, unsigned count, unsigned is_unsigned)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < 4; i++) {
        int64_t p = arg(a, i, 16, !is_unsigned) * arg(b, i, 16, !is_unsigned);
        r |= put((uint64_t)(p >> count), i, 16);
    }
    return r;
}

uint64_t em__par_sad(uint64_t a, uint64_t b)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < 8; i++) {
        uint64_t x = get(a, i, 8), y = get(b, i, 8);
        r += x > y ? x - y : y - x;
    }
    return r;
}

uint64_t em__par_shl(uint64_t a, uint64_t count, unsigned bits)
{
    uint64_t r = 0;

    if (count >= bits) return 0;
    for (unsigned i = 0; i < 64 / bits; i++) r |= put(get(a, i, bits) << count, i, bits);
    return r;
}

uint64_t em__par_shr(uint64_t a, uint64_t count, unsigned bits, unsigned is_unsigned)
{
    uint64_t r = 0;

    if (count >= bits) count = is_unsigned ? bits : bits - 1;
    for (unsigned i = 0; i < 64 / bits; i++)
        r |= put((uint64_t)(arg(a, i, bits, !is_unsigned) >> count), i, bits);
    return r;
}

/* An overflow of the shift saturates at once; b is then not added (SDM vol. 3, pshladd2). */
uint64_t em__par_shladd(uint64_t a, uint64_t b, unsigned count)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < 4; i++) {
        int64_t s = gets(a, i, 16) * (INT64_C(1) << count), c = clamp(s, -32768, 32767);
        if (c == s) c = clamp(s + gets(b, i, 16), -32768, 32767);
        r |= put((uint64_t)c, i, 16);
    }
    return r;
}

uint64_t em__par_shradd(uint64_t a, uint64_t b, unsigned count)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < 4; i++)
        r |= put((uint64_t)clamp((gets(a, i, 16) >> count) + gets(b, i, 16), -32768, 32767), i, 16);
    return r;
}

uint64_t em__par_mix(uint64_t a, uint64_t b, unsigned bits, unsigned left)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < 64 / bits; i += 2) {
        r |= put(get(a, i + left, bits), i + 1, bits);
        r |= put(get(b, i + left, bits), i, bits);
    }
    return r;
}

uint64_t em__par_unpack(uint64_t a, uint64_t b, unsigned bits, unsigned high)
{
    unsigned n = 64 / bits, base = high ? n / 2 : 0;
    uint64_t r = 0;

    for (unsigned i = 0; i < n / 2; i++) {
        r |= put(get(a, base + i, bits), 2 * i + 1, bits);
        r |= put(get(b, base + i, bits), 2 * i, bits);
    }
    return r;
}

/* `bits` of the source lanes; a gives the low half of the result */
uint64_t em__par_pack(uint64_t a, uint64_t b, unsigned bits, unsigned to_unsigned)
{
    unsigned n = 64 / bits, half = bits / 2;
    int64_t hi = to_unsigned ? (int64_t)lane_mask(half) : smax(half);
    int64_t lo = to_unsigned ? 0 : -smax(half) - 1;
    uint64_t r = 0;

    for (unsigned i = 0; i < n; i++) {
        r |= put((uint64_t)clamp(gets(a, i, bits), lo, hi), i, half);
        r |= put((uint64_t)clamp(gets(b, i, bits), lo, hi), n + i, half);
    }
    return r;
}

uint64_t em__par_mux1(uint64_t a, unsigned type)
{
    /* source byte of result bytes 0..7 (SDM vol. 3, mux1) */
    static const uint8_t order[16][8] = {
        [0x0] = { 0, 0, 0, 0, 0, 0, 0, 0 },     /* @brcst */
        [0x8] = { 0, 4, 2, 6, 1, 5, 3, 7 },     /* @mix */
        [0x9] = { 0, 4, 1, 5, 2, 6, 3, 7 },     /* @shuf */
        [0xa] = { 0, 2, 4, 6, 1, 3, 5, 7 },     /* @alt */
        [0xb] = { 7, 6, 5, 4, 3, 2, 1, 0 },     /* @rev */
    };
    uint64_t r = 0;

    for (unsigned i = 0; i < 8; i++) r |= put(get(a, order[type & 15][i], 8), i, 8);
    return r;
}

uint64_t em__par_mux2(uint64_t a, unsigned order)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < 4; i++) r |= put(get(a, (order >> (2 * i)) & 3, 16), i, 16);
    return r;
}

uint64_t em__par_czx(uint64_t a, unsigned bits, unsigned left)
{
    unsigned n = 64 / bits;

    for (unsigned i = 0; i < n; i++)
        if (get(a, left ? n - 1 - i : i, bits) == 0) return i;
    return n;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib.c: the bits of a C library that a kernel needs, and the division GCC calls out for. */
#include "mini.h"

void *memcpy(void *to, const void *from, size_t n)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    while (n--)
        *t++ = *f++;
    return to;
}

void *memset(void *p, int c, size_t n)
{
    uint8_t *t = p;

    while (n--)
        *t++ = (uint8_t)c;
    return p;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *p = a, *q = b;

    for (; n--; p++, q++)
        if (*p != *q) return *p - *q;
    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    return n;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n--; a++, b++)
        if (*a != *b || !*a) return (uint8_t)*a - (uint8_t)*b;
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return 99;
}

uint64_t parse_u64(const char *s, uint64_t dflt)
{
    uint64_t v = 0;
    int base = 10;

    if (!s || !*s) return dflt;
    if (s[0] == '0' && s[1] == 'x' && s[2]) {
        base = 16;
        s += 2;
    }
    for (; *s; s++) {
        if (digit(*s) >= base) return dflt;
        v = v * (uint64_t)base + (uint64_t)digit(*s);
    }
    return v;
}

const char *cmdline_word(const char *cmdline, const char *word)
{
    static char text[512];
    size_t len = strlen(word), n = 0;
    const char *p = cmdline;

    while (*p) {
        bool quoted = false, here = strncmp(p, word, len) == 0;
        const char *q = p + len;

        if (here && (*q == '\0' || *q == ' ')) return "";
        if (here && *q == '=') {
            for (q++; *q && (quoted || *q != ' ') && n + 1 < sizeof(text); q++) {
                if (*q == '"')
                    quoted = !quoted;
                else
                    text[n++] = *q;
            }
            text[n] = '\0';
            return text;
        }
        for (; *p && (quoted || *p != ' '); p++)
            if (*p == '"') quoted = !quoted;
        while (*p == ' ')
            p++;
    }
    return NULL;
}

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators" (2016) */
static uint64_t random_state = 1;

void random_seed(uint64_t seed)
{
    random_state = seed ? seed : 1;
}

uint64_t random_u64(void)
{
    uint64_t x = random_state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    random_state = x;
    return x * 0x2545f4914f6cdd1d;
}

/* ---- division: the processor has none; GCC is told to call these ----------------------------- */

static uint64_t divide(uint64_t n, uint64_t d, uint64_t *rest)
{
    uint64_t q = 0, r = 0;
    int top = n >> 32 ? 63 : n >> 16 ? 31 : 15;     /* most numbers are small */

    for (int i = top; i >= 0; i--) {
        uint64_t carry = r >> 63;

        r = r << 1 | (n >> i & 1);
        if (carry || r >= d) {
            r -= d;
            q |= UINT64_C(1) << i;
        }
    }
    *rest = r;
    return q;
}

uint64_t __udivdi3(uint64_t n, uint64_t d);
uint64_t __umoddi3(uint64_t n, uint64_t d);
int64_t __divdi3(int64_t n, int64_t d);
int64_t __moddi3(int64_t n, int64_t d);
uint32_t __udivsi3(uint32_t n, uint32_t d);
uint32_t __umodsi3(uint32_t n, uint32_t d);
int32_t __divsi3(int32_t n, int32_t d);
int32_t __modsi3(int32_t n, int32_t d);

uint64_t __udivdi3(uint64_t n, uint64_t d)
{
    uint64_t r;

    return divide(n, d, &r);
}

uint64_t __umoddi3(uint64_t n, uint64_t d)
{
    uint64_t r;

    divide(n, d, &r);
    return r;
}

static uint64_t magnitude(int64_t v)
{
    return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

int64_t __divdi3(int64_t n, int64_t d)
{
    uint64_t r, q = divide(magnitude(n), magnitude(d), &r);

    return (int64_t)((n < 0) != (d < 0) ? -q : q);
}

int64_t __moddi3(int64_t n, int64_t d)
{
    uint64_t r;

    divide(magnitude(n), magnitude(d), &r);
    return (int64_t)(n < 0 ? -r : r);
}

uint32_t __udivsi3(uint32_t n, uint32_t d)
{
    return (uint32_t)__udivdi3(n, d);
}

uint32_t __umodsi3(uint32_t n, uint32_t d)
{
    return (uint32_t)__umoddi3(n, d);
}

int32_t __divsi3(int32_t n, int32_t d)
{
    return (int32_t)__divdi3(n, d);
}

int32_t __modsi3(int32_t n, int32_t d)
{
    return (int32_t)__moddi3(n, d);
}

/* ---- formatted output ------------------------------------------------------------------------ */

struct spec { bool left, zero; unsigned width, nr_long; };

static const char *parse_spec(const char *fmt, struct spec *s)
{
    *s = (struct spec){ 0 };
    for (;; fmt++) {
        if (*fmt == '-')
            s->left = true;
        else if (*fmt == '0')
            s->zero = true;
        else
            break;
    }
    for (; *fmt >= '0' && *fmt <= '9'; fmt++)
        s->width = s->width * 10 + (unsigned)(*fmt - '0');
    for (; *fmt == 'l' || *fmt == 'z'; fmt++)
        s->nr_long++;
    return fmt;
}

static void put_padded(void (*put)(char), const struct spec *s, const char *text, size_t len,
                       char fill)
{
    size_t pad = len < s->width ? s->width - len : 0;

    if (!s->left)
        while (pad) {
            put(fill);
            pad--;
        }
    for (size_t i = 0; i < len; i++)
        put(text[i]);
    while (pad) {
        put(' ');
        pad--;
    }
}

static void put_number(void (*put)(char), const struct spec *s, uint64_t v, unsigned base,
                       bool negative)
{
    char text[24], *p = text + sizeof(text);

    do {
        uint64_t q = base == 16 ? v >> 4 : v / base;

        *--p = "0123456789abcdef"[v - q * base];
        v = q;
    } while (v);
    if (negative) *--p = '-';
    put_padded(put, s, p, (size_t)(text + sizeof(text) - p), s->zero && !s->left ? '0' : ' ');
}

void vformat(void (*put)(char), const char *fmt, va_list ap)
{
    for (; *fmt; fmt++) {
        struct spec s;
        const char *text;
        int64_t n;
        char c;

        if (*fmt != '%') {
            put(*fmt);
            continue;
        }
        fmt = parse_spec(fmt + 1, &s);
        switch (*fmt) {
        case 'd':
            n = s.nr_long ? va_arg(ap, long) : va_arg(ap, int);
            put_number(put, &s, magnitude(n), 10, n < 0);
            break;
        case 'u':
        case 'x':
            put_number(put, &s, s.nr_long ? va_arg(ap, unsigned long) : va_arg(ap, unsigned),
                       *fmt == 'u' ? 10 : 16, false);
            break;
        case 's':
            text = va_arg(ap, const char *);
            put_padded(put, &s, text, strlen(text), ' ');
            break;
        case 'c':
            c = (char)va_arg(ap, int);
            put_padded(put, &s, &c, 1, ' ');
            break;
        default:
            put(*fmt);
        }
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rt: what a bare C program needs of a C library: ending, memory, strings, formatted output.
 *
 * Everything a test might define itself is weak. Compiled with -fno-builtin, or the compiler would
 * turn the loops below into calls of themselves.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEAK __attribute__((weak))

enum { SSC_PUTCHAR = 31, SSC_EXIT = 66, ABORTED = 134, HEAP_BYTES = 32 << 20 };

long rt_ssc(long arg0, long arg1, long arg2, long arg3, long number);
int main(int argc, char **argv);
void rt_main(void);

static void put(char c)
{
    rt_ssc(c, 0, 0, 0, SSC_PUTCHAR);
}

static void put_text(const char *s)
{
    while (*s)
        put(*s++);
}

/* ---- ending: the status also goes to the console, where every loader can see it ---------- */

static void (*at_exit[32])(void);
static int nr_at_exit;

WEAK int atexit(void (*f)(void))
{
    if (nr_at_exit == 32)
        return -1;
    at_exit[nr_at_exit++] = f;
    return 0;
}

WEAK __attribute__((noreturn)) void _exit(int status)
{
    char digits[12];
    int n = 0;
    unsigned v = (unsigned)status;

    put_text("\n[exit ");
    do
        digits[n++] = (char)('0' + v % 10);
    while (v /= 10);
    while (n)
        put(digits[--n]);
    put_text("]\n");
    rt_ssc(status, 0, 0, 0, SSC_EXIT);
    for (;;)
        ;
}

WEAK __attribute__((noreturn)) void exit(int status)
{
    while (nr_at_exit)
        at_exit[--nr_at_exit]();
    _exit(status);
}

WEAK __attribute__((noreturn)) void abort(void)
{
    _exit(ABORTED);
}

void rt_main(void)
{
    extern void (*rt_init_start[])(void), (*rt_init_end[])(void);
    static char name[] = "torture";
    static char *argv[] = { name, NULL };

    for (void (**f)(void) = rt_init_start; f < rt_init_end; f++)
        (*f)();
    exit(main(1, argv));
}

/** Faults end the program (crt0.S): handlers are accepted and never called. */
WEAK void (*signal(int number, void (*handler)(int)))(int)
{
    (void)number;
    (void)handler;
    return NULL;
}

WEAK void __assert_fail(const char *what, const char *file, unsigned line, const char *func)
{
    printf("%s:%u: %s: assertion %s\n", file, line, func, what);
    abort();
}

static int rt_errno;
WEAK int *__errno_location(void) { return &rt_errno; }

/* ---- what the others build on: a test may define memcpy itself to see who calls it ----------- */

static void *copy(void *to, const void *from, size_t n)
{
    char *t = to;
    const char *f = from;
    while (n--)
        *t++ = *f++;
    return to;
}

static void *fill(void *to, int c, size_t n)
{
    char *t = to;
    while (n--)
        *t++ = (char)c;
    return to;
}

static size_t length(const char *s, size_t max)
{
    size_t n = 0;
    while (n < max && s[n])
        n++;
    return n;
}

static void *allocate(size_t size)
{
    extern char rt_heap[];
    static size_t used;
    size_t need = ((size + 15) & ~(size_t)15) + 16;
    char *p;

    if (need < size || need > HEAP_BYTES - used)
        return NULL;
    p = rt_heap + used;
    used += need;
    copy(p, &size, sizeof size);
    return p + 16;
}

static int compare(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++)
        if (*a != *b || !*a)
            return (unsigned char)*a - (unsigned char)*b;
    return 0;
}

static char *find(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c)
            return (char *)(uintptr_t)s;
        if (!*s)
            return NULL;
    }
}

/* ---- memory: freed blocks are not used again, but sizes are known for realloc ------------ */

WEAK void *malloc(size_t size) { return allocate(size); }

WEAK void free(void *p) { (void)p; }

WEAK void *calloc(size_t n, size_t size)
{
    void *p;

    if (size && n > SIZE_MAX / size)
        return NULL;
    p = allocate(n * size);
    return p ? fill(p, 0, n * size) : NULL;
}

WEAK void *realloc(void *old, size_t size)
{
    size_t had = 0;
    void *p = allocate(size);

    if (!p || !old)
        return p;
    copy(&had, (char *)old - 16, sizeof had);
    return copy(p, old, had < size ? had : size);
}

/* ---- strings ----------------------------------------------------------------------------- */

WEAK void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    return copy(to, from, n);
}

WEAK void *mempcpy(void *restrict to, const void *restrict from, size_t n)
{
    return (char *)copy(to, from, n) + n;
}

WEAK void *memmove(void *to, const void *from, size_t n)
{
    char *t = to;
    const char *f = from;
    if (t <= f)
        while (n--)
            *t++ = *f++;
    else
        while (n--)
            t[n] = f[n];
    return to;
}

WEAK void *memset(void *to, int c, size_t n) { return fill(to, c, n); }

WEAK void bzero(void *to, size_t n) { fill(to, 0, n); }
WEAK void bcopy(const void *from, void *to, size_t n) { memmove(to, from, n); }

WEAK int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;
    for (; n; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

WEAK int bcmp(const void *a, const void *b, size_t n) { return memcmp(a, b, n); }

WEAK void *memchr(const void *s, int c, size_t n)
{
    const unsigned char *p = s;
    for (; n; n--, p++)
        if (*p == (unsigned char)c)
            return (void *)(uintptr_t)p;
    return NULL;
}

WEAK size_t strlen(const char *s) { return length(s, SIZE_MAX); }

WEAK size_t strnlen(const char *s, size_t max) { return length(s, max); }

WEAK int strncmp(const char *a, const char *b, size_t n) { return compare(a, b, n); }

WEAK int strcmp(const char *a, const char *b) { return compare(a, b, SIZE_MAX); }

WEAK char *strncpy(char *restrict to, const char *restrict from, size_t n)
{
    size_t len = length(from, n);
    copy(to, from, len);
    fill(to + len, 0, n - len);
    return to;
}

WEAK char *stpcpy(char *restrict to, const char *restrict from)
{
    size_t n = length(from, SIZE_MAX);
    return (char *)copy(to, from, n + 1) + n;
}

WEAK char *stpncpy(char *restrict to, const char *restrict from, size_t n)
{
    size_t len = length(from, n);
    copy(to, from, len);
    fill(to + len, 0, n - len);
    return to + len;
}

WEAK char *strcpy(char *restrict to, const char *restrict from)
{
    return copy(to, from, length(from, SIZE_MAX) + 1);
}

WEAK char *strcat(char *restrict to, const char *restrict from)
{
    copy(to + length(to, SIZE_MAX), from, length(from, SIZE_MAX) + 1);
    return to;
}

WEAK char *strncat(char *restrict to, const char *restrict from, size_t n)
{
    char *end = to + length(to, SIZE_MAX);
    size_t len = length(from, n);
    copy(end, from, len);
    end[len] = 0;
    return to;
}

WEAK char *strchr(const char *s, int c) { return find(s, c); }

WEAK char *index(const char *s, int c) { return find(s, c); }

WEAK char *strrchr(const char *s, int c)
{
    const char *last = NULL;
    for (;; s++) {
        if (*s == (char)c)
            last = s;
        if (!*s)
            return (char *)(uintptr_t)last;
    }
}

WEAK char *rindex(const char *s, int c) { return strrchr(s, c); }

WEAK char *strstr(const char *s, const char *what)
{
    size_t n = length(what, SIZE_MAX);
    for (;; s++) {
        if (compare(s, what, n) == 0)
            return (char *)(uintptr_t)s;
        if (!*s)
            return NULL;
    }
}

WEAK size_t strspn(const char *s, const char *set)
{
    size_t n = 0;
    while (s[n] && find(set, s[n]))
        n++;
    return n;
}

WEAK size_t strcspn(const char *s, const char *set)
{
    size_t n = 0;
    while (s[n] && !find(set, s[n]))
        n++;
    return n;
}

WEAK char *strpbrk(const char *s, const char *set)
{
    while (*s && !find(set, *s))
        s++;
    return *s ? (char *)(uintptr_t)s : NULL;
}

WEAK char *strdup(const char *s)
{
    size_t n = length(s, SIZE_MAX) + 1;
    char *p = allocate(n);
    return p ? copy(p, s, n) : NULL;
}

/* ---- numbers ----------------------------------------------------------------------------- */

WEAK int abs(int x) { return x < 0 ? -x : x; }
WEAK long labs(long x) { return x < 0 ? -x : x; }
WEAK long long llabs(long long x) { return x < 0 ? -x : x; }
WEAK intmax_t imaxabs(intmax_t x) { return x < 0 ? -x : x; }

WEAK long strtol(const char *restrict s, char **restrict end, int base)
{
    bool neg = false;
    long v = 0;

    while (*s == ' ')
        s++;
    if (*s == '-' || *s == '+')
        neg = *s++ == '-';
    if (base == 0)
        base = 10;
    for (; *s >= '0' && *s < '0' + base; s++)
        v = v * base + (*s - '0');
    if (end)
        *end = (char *)(uintptr_t)s;
    return neg ? -v : v;
}

WEAK int atoi(const char *s) { return (int)strtol(s, NULL, 10); }

static unsigned random_state = 1;
WEAK void srand(unsigned seed) { random_state = seed; }
WEAK int rand(void)
{
    random_state = random_state * 1103515245u + 12345u;
    return (int)(random_state >> 1 & RAND_MAX);
}

WEAK void qsort(void *base, size_t n, size_t size, int (*order)(const void *, const void *))
{
    char *a = base;
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && order(a + (j - 1) * size, a + j * size) > 0; j--)
            for (size_t k = 0; k < size; k++) {
                char t = a[j * size + k];
                a[j * size + k] = a[(j - 1) * size + k];
                a[(j - 1) * size + k] = t;
            }
}

/* ---- formatted output -------------------------------------------------------------------- */

struct sink { char *to; size_t room, count; bool console; };

static void emit(struct sink *s, char c)
{
    s->count++;
    if (s->console)
        put(c);
    else if (s->room > 1) {
        *s->to++ = c;
        s->room--;
    }
}

struct spec { bool left, plus, space, alt, zero; int width, prec, bytes; };

static void emit_field(struct sink *s, const struct spec *f, const char *prefix, const char *body,
                       int len, bool zero_fill)
{
    int fill = f->width - len - (int)length(prefix, SIZE_MAX);

    if (!f->left && !zero_fill)
        for (; fill > 0; fill--)
            emit(s, ' ');
    while (*prefix)
        emit(s, *prefix++);
    if (zero_fill)
        for (; fill > 0; fill--)
            emit(s, '0');
    for (int i = 0; i < len; i++)
        emit(s, body[i]);
    for (; fill > 0; fill--)
        emit(s, ' ');
}

static void emit_number(struct sink *s, const struct spec *f, unsigned long v, const char *prefix,
                        unsigned base, bool upper)
{
    char digits[96], *p = digits + sizeof digits;
    int prec = f->prec < 0 ? 1 : f->prec > 80 ? 80 : f->prec;

    while (v || digits + sizeof digits - p < prec) {
        *--p = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[v % base];
        v /= base;
    }
    if (f->alt && base == 8 && *p != '0')
        *--p = '0';
    emit_field(s, f, prefix, p, (int)(digits + sizeof digits - p),
               f->zero && !f->left && f->prec < 0);
}

/** Fixed point only, as far as 64 bits go; enough for what tests print. `trim`: as %g does. */
static void emit_fixed(struct sink *s, const struct spec *f, double v, bool trim)
{
    char body[64], *p = body + sizeof body;
    int prec = f->prec < 0 ? 6 : f->prec > 9 ? 9 : f->prec, len;
    bool neg = __builtin_signbit(v) != 0;
    unsigned long scale = 1, n;

    for (int i = 0; i < prec; i++)
        scale *= 10;
    n = (unsigned long)((neg ? -v : v) * (double)scale + 0.5);
    for (; trim && prec && n % 10 == 0; prec--)
        n /= 10;
    for (int i = 0; i < prec; i++, n /= 10)
        *--p = (char)('0' + n % 10);
    if (prec)
        *--p = '.';
    do
        *--p = (char)('0' + n % 10);
    while (n /= 10);
    len = (int)(body + sizeof body - p);
    emit_field(s, f, neg ? "-" : f->plus ? "+" : "", p, len, f->zero && !f->left);
}

static const char *parse(const char *p, struct spec *f, va_list *ap)
{
    *f = (struct spec){ .prec = -1, .bytes = 4 };
    for (;; p++) {
        if (*p == '-') f->left = true;
        else if (*p == '+') f->plus = true;
        else if (*p == ' ') f->space = true;
        else if (*p == '#') f->alt = true;
        else if (*p == '0') f->zero = true;
        else break;
    }
    if (*p == '*') {
        f->width = va_arg(*ap, int);
        if (f->width < 0) {
            f->left = true;
            f->width = -f->width;
        }
        p++;
    }
    for (; *p >= '0' && *p <= '9'; p++)
        f->width = f->width * 10 + (*p - '0');
    if (*p == '.') {
        f->prec = 0;
        if (*++p == '*') {
            f->prec = va_arg(*ap, int);
            p++;
        }
        for (; *p >= '0' && *p <= '9'; p++)
            f->prec = f->prec * 10 + (*p - '0');
    }
    for (;; p++) {
        if (*p == 'l' || *p == 'j' || *p == 'z' || *p == 't') f->bytes = 8;
        else if (*p == 'h') f->bytes = f->bytes == 2 ? 1 : 2;
        else if (*p != 'L') return p;
    }
}

static unsigned long unsigned_arg(const struct spec *f, va_list *ap)
{
    unsigned long v = f->bytes == 8 ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned);
    return f->bytes < 4 ? v & ((1ul << 8 * f->bytes) - 1) : v;
}

static long signed_arg(const struct spec *f, va_list *ap)
{
    long v = f->bytes == 8 ? va_arg(*ap, long) : va_arg(*ap, int);
    return f->bytes == 2 ? (short)v : f->bytes == 1 ? (signed char)v : v;
}

static void convert(struct sink *s, char c, const struct spec *f, va_list *ap)
{
    char one[2] = { 0, 0 };
    const char *text;
    long n;

    switch (c) {
    case 'd':
    case 'i':
        n = signed_arg(f, ap);
        emit_number(s, f, n < 0 ? -(unsigned long)n : (unsigned long)n,
                    n < 0 ? "-" : f->plus ? "+" : f->space ? " " : "", 10, false);
        break;
    case 'u': emit_number(s, f, unsigned_arg(f, ap), "", 10, false); break;
    case 'o': emit_number(s, f, unsigned_arg(f, ap), "", 8, false); break;
    case 'x':
    case 'X':
        n = (long)unsigned_arg(f, ap);
        emit_number(s, f, (unsigned long)n, !f->alt || !n ? "" : c == 'x' ? "0x" : "0X", 16,
                    c == 'X');
        break;
    case 'p': emit_number(s, f, (unsigned long)va_arg(*ap, void *), "0x", 16, false); break;
    case 'c':
        one[0] = (char)va_arg(*ap, int);
        emit_field(s, f, "", one, 1, false);
        break;
    case 's':
        text = va_arg(*ap, const char *);
        if (!text)
            text = "(null)";
        n = (long)length(text, f->prec < 0 ? SIZE_MAX : (size_t)f->prec);
        emit_field(s, f, "", text, (int)n, false);
        break;
    case 'e':
    case 'f':
    case 'g': emit_fixed(s, f, va_arg(*ap, double), c == 'g'); break;
    case 'n': *va_arg(*ap, int *) = (int)s->count; break;
    default: emit(s, c);
    }
}

static int format(struct sink *s, const char *p, va_list args)
{
    struct spec f;
    va_list ap;

    va_copy(ap, args);
    for (; *p; p++) {
        if (*p != '%') {
            emit(s, *p);
            continue;
        }
        p = parse(p + 1, &f, &ap);
        convert(s, *p, &f, &ap);
    }
    va_end(ap);
    if (!s->console && s->room)
        *s->to = 0;
    return (int)s->count;
}

static char stdout_mark, stderr_mark;
WEAK FILE *stdout = (FILE *)&stdout_mark, *stderr = (FILE *)&stderr_mark;

static int format_string(char *to, size_t room, const char *p, va_list ap)
{
    struct sink s = { .to = to, .room = room };
    return format(&s, p, ap);
}

static int format_console(const char *p, va_list ap)
{
    struct sink s = { .console = true };
    return format(&s, p, ap);
}

WEAK int vsnprintf(char *to, size_t room, const char *p, va_list ap)
{
    return format_string(to, room, p, ap);
}

WEAK int vsprintf(char *to, const char *p, va_list ap)
{
    return format_string(to, SIZE_MAX, p, ap);
}

WEAK int vprintf(const char *p, va_list ap) { return format_console(p, ap); }

WEAK int vfprintf(FILE *f, const char *p, va_list ap)
{
    (void)f;
    return format_console(p, ap);
}

#define FORWARD(call)       \
    va_list ap;             \
    int n;                  \
    va_start(ap, p);        \
    n = call;               \
    va_end(ap);             \
    return n;

WEAK int printf(const char *p, ...) { FORWARD(format_console(p, ap)) }
WEAK int fprintf(FILE *f, const char *p, ...) { (void)f; FORWARD(format_console(p, ap)) }
WEAK int sprintf(char *to, const char *p, ...) { FORWARD(format_string(to, SIZE_MAX, p, ap)) }
WEAK int snprintf(char *to, size_t room, const char *p, ...)
{
    FORWARD(format_string(to, room, p, ap))
}

WEAK int putchar(int c)
{
    put((char)c);
    return (unsigned char)c;
}

WEAK int fputc(int c, FILE *f)
{
    (void)f;
    put((char)c);
    return (unsigned char)c;
}

WEAK int putc(int c, FILE *f)
{
    (void)f;
    put((char)c);
    return (unsigned char)c;
}

WEAK int fputs(const char *s, FILE *f)
{
    (void)f;
    put_text(s);
    return 0;
}

WEAK int puts(const char *s)
{
    put_text(s);
    put('\n');
    return 0;
}

WEAK size_t fwrite(const void *p, size_t size, size_t n, FILE *f)
{
    (void)f;
    for (size_t i = 0; i < size * n; i++)
        put(((const char *)p)[i]);
    return n;
}

WEAK int fflush(FILE *f)
{
    (void)f;
    return 0;
}

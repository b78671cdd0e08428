/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'text %s' % value and 'text {0}'.format(value). */
#include "cfg_int.h"

#include <stdio.h>
#include <string.h>

#define MAX_WIDTH 4096

struct spec {
    char flags[8];
    int width;                      /* -1 = none */
    int prec;                       /* -1 = none */
    char conv;
};

struct fmt {
    struct xm_cfg *c;
    struct xm_pos pos;
    const char *p, *end;
    struct xm_val *arg;             /* value, tuple or dict right of % */
    size_t next;                    /* of a tuple */
    bool used;
    struct ut_buf out;
};

static bool pad(struct fmt *f, const struct spec *s, const char *text, size_t len)
{
    size_t fill = s->width > 0 && (size_t)s->width > len ? (size_t)s->width - len : 0;
    bool left = strchr(s->flags, '-') != NULL;

    for (size_t i = 0; !left && i < fill; i++)
        ut_buf_addc(&f->out, ' ');
    ut_buf_add(&f->out, text, len);
    for (size_t i = 0; left && i < fill; i++)
        ut_buf_addc(&f->out, ' ');
    if (f->out.len > XM_CFG_MAX_STR_BYTES) {
        xm__fail_limit(f->c, f->pos, "a string would be larger than %u KiB",
                       XM_CFG_MAX_STR_BYTES >> 10);
        return false;
    }
    return xm__work(f->c, f->pos, 1 + (len + fill) / 16);
}

static bool need_number(struct fmt *f, const struct spec *s, const struct xm_val *v, int64_t *i_out,
                        double *d_out)
{
    if (v->type != XM_INT && v->type != XM_BOOL && v->type != XM_FLOAT) {
        xm__fail(f->c, f->pos, "%%%c format: a number is required, not %s", s->conv,
                 xm_type_name(v->type));
        return false;
    }
    *d_out = v->type == XM_FLOAT ? v->u.f : (double)v->u.i;
    if (v->type != XM_FLOAT) {
        *i_out = v->u.i;
    } else if (*d_out >= -9e18 && *d_out <= 9e18) {
        *i_out = (int64_t)*d_out;
    } else if (strchr("diuoxX", s->conv)) {
        xm__fail(f->c, f->pos, "the number is too large (64 bits)");
        return false;
    }
    return true;
}

/* d i u o x X e E f F g G through printf, whose rules for flags Python shares. */
static bool put_number(struct fmt *f, const struct spec *s, const struct xm_val *v)
{
    bool is_int = strchr("diuoxX", s->conv) != NULL;
    char text[MAX_WIDTH + 512], pattern[64];
    int64_t i = 0;
    double d = 0;
    int n;

    if (!need_number(f, s, v, &i, &d)) return false;
    if (s->prec > 100) {
        xm__fail(f->c, f->pos, "a precision of %d digits is too much (100)", s->prec);
        return false;
    }
    n = snprintf(pattern, sizeof(pattern), "%%%s", s->flags);
    if (s->width >= 0) n += snprintf(pattern + n, sizeof(pattern) - (size_t)n, "%d", s->width);
    if (s->prec >= 0) n += snprintf(pattern + n, sizeof(pattern) - (size_t)n, ".%d", s->prec);
    /* a negative number in base 8 or 16 has a sign in Python, so it is printed apart */
    snprintf(pattern + n, sizeof(pattern) - (size_t)n, is_int ? "ll%c" : "%c",
             s->conv == 'u' || s->conv == 'i' ? 'd' : s->conv);
    if (is_int && i < 0 && strchr("oxX", s->conv)) {
        xm__fail(f->c, f->pos, "%%%c of a negative number is not supported", s->conv);
        return false;
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    n = is_int ? snprintf(text, sizeof(text), pattern, (long long)i)
               : snprintf(text, sizeof(text), pattern, d);
#pragma GCC diagnostic pop
    if (n < 0 || (size_t)n >= sizeof(text)) {
        xm__fail(f->c, f->pos, "the formatted number is too long");
        return false;
    }
    ut_buf_add(&f->out, text, (size_t)n);
    return xm__work(f->c, f->pos, 1 + (uint64_t)n / 16);
}

static bool put_text(struct fmt *f, const struct spec *s, const struct xm_val *v)
{
    struct ut_buf b = UT_BUF_INIT;
    bool ok = s->conv == 's' ? xm__add_str(f->c, f->pos, v, &b) : xm__add_repr(f->c, f->pos, v, &b);
    size_t len = s->prec >= 0 && (size_t)s->prec < b.len ? (size_t)s->prec : b.len;

    ok = ok && pad(f, s, ut_buf_str(&b), len);
    ut_buf_fini(&b);
    return ok;
}

static bool put_char(struct fmt *f, const struct spec *s, const struct xm_val *v)
{
    char ch;

    if (v->type == XM_STR && v->u.str.len == 1) return pad(f, s, v->u.str.s, 1);
    if (v->type != XM_INT || v->u.i < 1 || v->u.i > 127) {
        xm__fail(f->c, f->pos, "%%c needs one character or a code from 1 to 127");
        return false;
    }
    ch = (char)v->u.i;
    return pad(f, s, &ch, 1);
}

static bool put(struct fmt *f, const struct spec *s, const struct xm_val *v)
{
    if (!v) return false;
    if (strchr("diuoxXeEfFgG", s->conv)) return put_number(f, s, v);
    if (s->conv == 's' || s->conv == 'r') return put_text(f, s, v);
    if (s->conv == 'c') return put_char(f, s, v);
    xm__fail(f->c, f->pos, "unsupported format character '%c'", s->conv);
    return false;
}

static struct xm_val *next_arg(struct fmt *f)
{
    if (f->arg->type == XM_TUPLE) {
        if (f->next < f->arg->u.seq.nr) return f->arg->u.seq.item[f->next++];
    } else if (!f->used) {
        f->used = true;
        return f->arg;
    }
    return xm__fail(f->c, f->pos, "not enough arguments for format string");
}

/* %(NAME)s: f->p is behind the bracket. */
static struct xm_val *named_arg(struct fmt *f)
{
    const char *close = memchr(f->p, ')', (size_t)(f->end - f->p));
    struct xm_val *key, *found = NULL;

    if (!close) return xm__fail(f->c, f->pos, "incomplete format key");
    if (f->arg->type != XM_DICT) return xm__fail(f->c, f->pos, "format requires a mapping");
    key = xm__str(f->c, f->pos, f->p, (size_t)(close - f->p));
    f->p = close + 1;
    f->used = true;
    if (!key || !xm__dict_get(f->c, f->pos, f->arg, key, &found)) return NULL;
    if (!found) return xm__fail(f->c, f->pos, "there is no key '%.80s'", key->u.str.s);
    return found;
}

/* Digits or a star; *v_out stays when there are none. */
static bool read_number(struct fmt *f, int *v_out)
{
    struct xm_val *v;

    if (f->p < f->end && *f->p == '*') {
        f->p++;
        v = next_arg(f);
        if (!v) return false;
        if (v->type != XM_INT || v->u.i < 0 || v->u.i > MAX_WIDTH) {
            xm__fail(f->c, f->pos, "* wants an integer from 0 to %d", MAX_WIDTH);
            return false;
        }
        *v_out = (int)v->u.i;
        return true;
    }
    while (f->p < f->end && *f->p >= '0' && *f->p <= '9') {
        *v_out = (*v_out < 0 ? 0 : *v_out) * 10 + (*f->p++ - '0');
        if (*v_out > MAX_WIDTH) {
            xm__fail(f->c, f->pos, "a width of more than %d in a format", MAX_WIDTH);
            return false;
        }
    }
    return true;
}

static bool one_percent(struct fmt *f)
{
    struct spec s = { .width = -1, .prec = -1 };
    struct xm_val *v = NULL;
    size_t n = 0;

    if (f->p < f->end && *f->p == '(') {
        f->p++;
        v = named_arg(f);
        if (!v) return false;
    }
    for (; f->p < f->end && strchr("-+ #0", *f->p); f->p++)
        if (!strchr(s.flags, *f->p)) s.flags[n++] = *f->p;
    if (!read_number(f, &s.width)) return false;
    if (f->p < f->end && *f->p == '.') {
        f->p++;
        s.prec = 0;
        if (!read_number(f, &s.prec)) return false;
    }
    while (f->p < f->end && strchr("hlL", *f->p))
        f->p++;
    if (f->p == f->end) {
        xm__fail(f->c, f->pos, "incomplete format");
        return false;
    }
    s.conv = *f->p++;
    if (s.conv == '%') {
        ut_buf_addc(&f->out, '%');
        return true;
    }
    return put(f, &s, v ? v : next_arg(f));
}

struct xm_val *xm__format_percent(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *fmt,
                                  struct xm_val *arg)
{
    struct fmt f = { .c = c, .pos = pos, .p = fmt->u.str.s, .arg = arg, .out = UT_BUF_INIT };
    bool ok = true;

    f.end = f.p + fmt->u.str.len;
    while (ok && f.p < f.end) {
        const char *q = memchr(f.p, '%', (size_t)(f.end - f.p));

        if (!q) q = f.end;
        ut_buf_add(&f.out, f.p, (size_t)(q - f.p));
        f.p = q + (q < f.end);
        if (q < f.end) ok = one_percent(&f);
    }
    if (ok && arg->type == XM_TUPLE) ok = f.next == arg->u.seq.nr;
    else if (ok && arg->type != XM_DICT) ok = f.used;
    if (ok) return xm__str_buf(c, pos, &f.out);
    ut_buf_fini(&f.out);
    return xm__fail(c, pos, "not all arguments converted during string formatting");
}

/* {N:SPEC}: the text between the braces is [p, end). */
static bool one_brace(struct fmt *f, const struct xm_val *args, const char *p, const char *end)
{
    struct spec s = { .width = -1, .prec = -1, .conv = 's' };
    struct fmt spec = { .c = f->c, .pos = f->pos, .end = end };
    size_t i = 0;
    bool numbered = p < end && *p >= '0' && *p <= '9';

    for (; p < end && *p >= '0' && *p <= '9' && i < XM_CFG_MAX_ITEMS; p++)
        i = i * 10 + (size_t)(*p - '0');
    if (!numbered) i = f->next++;
    if (p < end && *p != ':') {
        xm__fail(f->c, f->pos, "only {} and {NUMBER} are supported in format()");
        return false;
    }
    if (i >= args->u.seq.nr) {
        xm__fail(f->c, f->pos, "not enough arguments for format string");
        return false;
    }
    spec.p = p < end ? p + 1 : p;
    if (spec.p < end && *spec.p == '0') s.flags[0] = *spec.p++;
    if (!read_number(&spec, &s.width)) return false;
    if (spec.p < end && *spec.p == '.') {
        spec.p++;
        s.prec = 0;
        if (!read_number(&spec, &s.prec)) return false;
    }
    if (spec.p < end) s.conv = *spec.p++;
    else if (args->u.seq.item[i]->type == XM_INT) s.conv = 'd';
    else if (args->u.seq.item[i]->type == XM_STR) s.flags[0] = '-';
    if (spec.p != end || !strchr("sdxXofFeEgG", s.conv)) {
        xm__fail(f->c, f->pos, "unsupported format specification");
        return false;
    }
    return put(f, &s, args->u.seq.item[i]);
}

struct xm_val *xm__format_braces(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *fmt,
                                 const struct xm_val *args)
{
    struct fmt f = { .c = c, .pos = pos, .p = fmt->u.str.s, .out = UT_BUF_INIT };
    const char *close;
    bool ok = true;

    f.end = f.p + fmt->u.str.len;
    while (ok && f.p < f.end) {
        char ch = *f.p;

        if (ch != '{' && ch != '}') {
            ut_buf_addc(&f.out, ch);
            f.p++;
        } else if (f.end - f.p > 1 && f.p[1] == ch) {
            ut_buf_addc(&f.out, ch);
            f.p += 2;
        } else {
            close = ch == '{' ? memchr(f.p, '}', (size_t)(f.end - f.p)) : NULL;
            if (!close) xm__fail(c, pos, "single '%c' in format()", ch);
            ok = close && one_brace(&f, args, f.p + 1, close);
            if (close) f.p = close + 1;
        }
    }
    if (ok) return xm__str_buf(c, pos, &f.out);
    ut_buf_fini(&f.out);
    return NULL;
}

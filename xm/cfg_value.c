/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values: making them, comparing them, their text. */
#include "cfg_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *xm_type_name(enum xm_type type)
{
    static const char *const names[] = {
        [XM_NONE] = "NoneType", [XM_BOOL] = "bool",   [XM_INT] = "int",   [XM_FLOAT] = "float",
        [XM_STR] = "str",       [XM_LIST] = "list",   [XM_TUPLE] = "tuple", [XM_DICT] = "dict",
        [XM_FN] = "function",   [XM_MODULE] = "module",
    };

    return names[type];
}

static struct xm_val *new_val(struct xm_cfg *c, enum xm_type type)
{
    struct xm_val *v = xm__alloc(c, sizeof(*v));

    if (v) v->type = type;
    return v;
}

struct xm_val *xm__none(struct xm_cfg *c)
{
    return new_val(c, XM_NONE);
}

struct xm_val *xm__bool(struct xm_cfg *c, bool b)
{
    struct xm_val *v = new_val(c, XM_BOOL);

    if (v) v->u.i = b;
    return v;
}

struct xm_val *xm__int(struct xm_cfg *c, int64_t i)
{
    struct xm_val *v = new_val(c, XM_INT);

    if (v) v->u.i = i;
    return v;
}

struct xm_val *xm__float(struct xm_cfg *c, double f)
{
    struct xm_val *v = new_val(c, XM_FLOAT);

    if (v) v->u.f = f;
    return v;
}

struct xm_val *xm__str(struct xm_cfg *c, struct xm_pos pos, const char *s, size_t len)
{
    struct xm_val *v;

    if (len > XM_CFG_MAX_STR_BYTES)
        return xm__fail_limit(c, pos, "a string would be larger than %u KiB",
                              XM_CFG_MAX_STR_BYTES >> 10);
    if (!xm__work(c, pos, len / 16)) return NULL;
    v = new_val(c, XM_STR);
    if (!v) return NULL;
    v->u.str.s = xm__strndup(c, s, len);
    v->u.str.len = len;
    return v->u.str.s ? v : NULL;
}

struct xm_val *xm__str_buf(struct xm_cfg *c, struct xm_pos pos, struct ut_buf *b)
{
    struct xm_val *v = NULL;

    if (b->oom) xm__fail_limit(c, pos, "out of memory");
    else v = xm__str(c, pos, ut_buf_str(b), b->len);
    ut_buf_fini(b);
    return v;
}

struct xm_val *xm__seq(struct xm_cfg *c, enum xm_type type)
{
    return new_val(c, type);
}

bool xm__seq_add(struct xm_cfg *c, struct xm_pos pos, struct xm_val *seq, struct xm_val *item)
{
    struct xm_val **grown;

    if (!item || !xm__work(c, pos, 1)) return false;
    if (seq->u.seq.nr == XM_CFG_MAX_ITEMS) {
        xm__fail_limit(c, pos, "a %s would have more than %u items", xm_type_name(seq->type),
                       XM_CFG_MAX_ITEMS);
        return false;
    }
    if (seq->u.seq.nr == seq->u.seq.cap) {
        seq->u.seq.cap = seq->u.seq.cap ? 2 * seq->u.seq.cap : 4;
        grown = xm__alloc(c, seq->u.seq.cap * sizeof(*grown));
        if (!grown) return false;
        if (seq->u.seq.nr) memcpy(grown, seq->u.seq.item, seq->u.seq.nr * sizeof(*grown));
        seq->u.seq.item = grown;
    }
    seq->u.seq.item[seq->u.seq.nr++] = item;
    return true;
}

static bool hashable(const struct xm_val *v)
{
    return v->type != XM_LIST && v->type != XM_DICT;
}

static bool dict_find(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *dict,
                      const struct xm_val *key, size_t *index_out)
{
    bool eq = false;
    size_t i;

    if (!hashable(key)) {
        xm__fail(c, pos, "unhashable type: '%s'", xm_type_name(key->type));
        return false;
    }
    for (i = 0; i < dict->u.seq.nr; i += 2) {
        if (!xm__equal(c, pos, dict->u.seq.item[i], key, &eq)) return false;
        if (eq) break;
    }
    *index_out = i;
    return true;
}

bool xm__dict_set(struct xm_cfg *c, struct xm_pos pos, struct xm_val *dict, struct xm_val *kv[2])
{
    size_t i;

    if (!kv[0] || !kv[1] || !dict_find(c, pos, dict, kv[0], &i)) return false;
    if (i < dict->u.seq.nr) {
        dict->u.seq.item[i + 1] = kv[1];
        return true;
    }
    return xm__seq_add(c, pos, dict, kv[0]) && xm__seq_add(c, pos, dict, kv[1]);
}

bool xm__dict_get(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *dict,
                  const struct xm_val *key, struct xm_val **found_out)
{
    size_t i;

    if (!dict_find(c, pos, dict, key, &i)) return false;
    *found_out = i < dict->u.seq.nr ? dict->u.seq.item[i + 1] : NULL;
    return true;
}

bool xm__truth(const struct xm_val *v)
{
    switch (v->type) {
    case XM_NONE: return false;
    case XM_BOOL:
    case XM_INT: return v->u.i != 0;
    case XM_FLOAT: return v->u.f < 0 || v->u.f > 0;
    case XM_STR: return v->u.str.len > 0;
    case XM_LIST:
    case XM_TUPLE:
    case XM_DICT: return v->u.seq.nr > 0;
    case XM_FN:
    case XM_MODULE: break;
    }
    return true;
}

static bool is_number(const struct xm_val *v)
{
    return v->type == XM_INT || v->type == XM_BOOL || v->type == XM_FLOAT;
}

static int number_cmp(const struct xm_val *a, const struct xm_val *b)
{
    double x, y;

    if (a->type != XM_FLOAT && b->type != XM_FLOAT) return (a->u.i > b->u.i) - (a->u.i < b->u.i);
    x = a->type == XM_FLOAT ? a->u.f : (double)a->u.i;
    y = b->type == XM_FLOAT ? b->u.f : (double)b->u.i;
    return (x > y) - (x < y);
}

static int str_cmp(const struct xm_val *a, const struct xm_val *b)
{
    size_t n = a->u.str.len < b->u.str.len ? a->u.str.len : b->u.str.len;
    int r = n ? memcmp(a->u.str.s, b->u.str.s, n) : 0;

    if (r) return r < 0 ? -1 : 1;
    return (a->u.str.len > b->u.str.len) - (a->u.str.len < b->u.str.len);
}

/* How deep a walk through nested values is; a list can contain itself. */
struct walk {
    struct xm_cfg *c;
    struct xm_pos pos;
    unsigned depth;
};

static bool walk_enter(struct walk *w)
{
    if (!xm__work(w->c, w->pos, 1)) return false;
    if (w->depth++ < XM_CFG_MAX_NESTING) return true;
    xm__fail_limit(w->c, w->pos, "values are nested more than %d deep", XM_CFG_MAX_NESTING);
    return false;
}

static bool equal(struct walk *w, const struct xm_val *a, const struct xm_val *b, bool *eq);

static bool equal_dict(struct walk *w, const struct xm_val *a, const struct xm_val *b, bool *eq)
{
    *eq = a->u.seq.nr == b->u.seq.nr;
    for (size_t i = 0; *eq && i < a->u.seq.nr; i += 2) {
        struct xm_val *other;

        if (!xm__dict_get(w->c, w->pos, b, a->u.seq.item[i], &other)) return false;
        *eq = other != NULL;
        if (other && !equal(w, a->u.seq.item[i + 1], other, eq)) return false;
    }
    return true;
}

static bool equal_seq(struct walk *w, const struct xm_val *a, const struct xm_val *b, bool *eq)
{
    *eq = a->u.seq.nr == b->u.seq.nr;
    for (size_t i = 0; *eq && i < a->u.seq.nr; i++)
        if (!equal(w, a->u.seq.item[i], b->u.seq.item[i], eq)) return false;
    return true;
}

static bool equal(struct walk *w, const struct xm_val *a, const struct xm_val *b, bool *eq)
{
    bool ok = true;

    *eq = a == b;
    if (*eq) return xm__work(w->c, w->pos, 1);
    if (is_number(a) && is_number(b)) {
        *eq = number_cmp(a, b) == 0;
        return xm__work(w->c, w->pos, 1);
    }
    if (a->type != b->type) return xm__work(w->c, w->pos, 1);
    if (!walk_enter(w)) return false;
    switch (a->type) {
    case XM_NONE: *eq = true; break;
    case XM_STR:
        *eq = str_cmp(a, b) == 0;
        ok = xm__work(w->c, w->pos, a->u.str.len / 16);
        break;
    case XM_LIST:
    case XM_TUPLE: ok = equal_seq(w, a, b, eq); break;
    case XM_DICT: ok = equal_dict(w, a, b, eq); break;
    case XM_FN: *eq = a->u.fn.row == b->u.fn.row && a->u.fn.self == b->u.fn.self; break;
    case XM_MODULE: *eq = !strcmp(a->u.str.s, b->u.str.s); break;
    case XM_BOOL:
    case XM_INT:
    case XM_FLOAT: break;           /* numbers were handled above */
    }
    w->depth--;
    return ok;
}

bool xm__equal(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *a, const struct xm_val *b,
               bool *eq_out)
{
    struct walk w = { c, pos, 0 };

    return equal(&w, a, b, eq_out);
}

static bool order(struct walk *w, const struct xm_val *a, const struct xm_val *b, int *cmp)
{
    size_t n;

    if (!walk_enter(w)) return false;
    *cmp = 0;
    if (is_number(a) && is_number(b)) {
        *cmp = number_cmp(a, b);
    } else if (a->type == XM_STR && b->type == XM_STR) {
        *cmp = str_cmp(a, b);
        if (!xm__work(w->c, w->pos, a->u.str.len / 16)) return false;
    } else if (a->type == b->type && (a->type == XM_LIST || a->type == XM_TUPLE)) {
        n = a->u.seq.nr < b->u.seq.nr ? a->u.seq.nr : b->u.seq.nr;
        for (size_t i = 0; *cmp == 0 && i < n; i++)
            if (!order(w, a->u.seq.item[i], b->u.seq.item[i], cmp)) return false;
        if (*cmp == 0) *cmp = (a->u.seq.nr > b->u.seq.nr) - (a->u.seq.nr < b->u.seq.nr);
    } else {
        xm__fail(w->c, w->pos, "'%s' and '%s' cannot be ordered", xm_type_name(a->type),
                 xm_type_name(b->type));
        return false;
    }
    w->depth--;
    return true;
}

bool xm__order(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *a, const struct xm_val *b,
               int *cmp_out)
{
    struct walk w = { c, pos, 0 };

    return order(&w, a, b, cmp_out);
}

#define STR_DIGITS  12
#define REPR_DIGITS 15                  /* at least; more where that does not read back */

/* As Python prints floats, always with a point or an exponent. */
static void add_float(struct ut_buf *out, double f, int digits)
{
    char text[64];
    double back;

    for (int d = digits; d <= 17; d++) {        /* repr() goes on until it reads back */
        snprintf(text, sizeof(text), "%.*g", d, f);
        back = strtod(text, NULL);
        if (digits == STR_DIGITS || (back >= f && back <= f)) break;
    }
    ut_buf_adds(out, text);
    if (!strpbrk(text, ".en")) ut_buf_adds(out, ".0");
}

static void repr_str(const struct xm_val *v, struct ut_buf *out)
{
    bool single = memchr(v->u.str.s, '\'', v->u.str.len) != NULL;
    char quote = single && !memchr(v->u.str.s, '"', v->u.str.len) ? '"' : '\'';

    ut_buf_addc(out, quote);
    for (size_t i = 0; i < v->u.str.len; i++) {
        unsigned char ch = (unsigned char)v->u.str.s[i];

        if (ch == (unsigned char)quote || ch == '\\') ut_buf_addf(out, "\\%c", ch);
        else if (ch == '\n') ut_buf_adds(out, "\\n");
        else if (ch == '\r') ut_buf_adds(out, "\\r");
        else if (ch == '\t') ut_buf_adds(out, "\\t");
        else if (ch < 32 || ch > 126) ut_buf_addf(out, "\\x%02x", ch);
        else ut_buf_addc(out, (char)ch);
    }
    ut_buf_addc(out, quote);
}

static bool repr(struct walk *w, const struct xm_val *v, struct ut_buf *out);

static bool repr_seq(struct walk *w, const struct xm_val *v, struct ut_buf *out)
{
    const char *brackets = v->type == XM_LIST ? "[]" : v->type == XM_TUPLE ? "()" : "{}";

    ut_buf_addc(out, brackets[0]);
    for (size_t i = 0; i < v->u.seq.nr; i++) {
        if (i) ut_buf_adds(out, v->type == XM_DICT && i % 2 ? ": " : ", ");
        if (!repr(w, v->u.seq.item[i], out)) return false;
    }
    if (v->type == XM_TUPLE && v->u.seq.nr == 1) ut_buf_addc(out, ',');
    ut_buf_addc(out, brackets[1]);
    return true;
}

static bool repr(struct walk *w, const struct xm_val *v, struct ut_buf *out)
{
    bool ok = true;

    if (!walk_enter(w)) return false;
    switch (v->type) {
    case XM_NONE: ut_buf_adds(out, "None"); break;
    case XM_BOOL: ut_buf_adds(out, v->u.i ? "True" : "False"); break;
    case XM_INT: ut_buf_addf(out, "%lld", (long long)v->u.i); break;
    case XM_FLOAT: add_float(out, v->u.f, REPR_DIGITS); break;
    case XM_STR:
        repr_str(v, out);
        ok = xm__work(w->c, w->pos, v->u.str.len / 8);
        break;
    case XM_LIST:
    case XM_TUPLE:
    case XM_DICT: ok = repr_seq(w, v, out); break;
    case XM_FN: ut_buf_addf(out, "<function %s>", v->u.fn.row->name); break;
    case XM_MODULE: ut_buf_addf(out, "<module '%s'>", v->u.str.s); break;
    }
    w->depth--;
    if (ok && out->len > 4 * XM_CFG_MAX_STR_BYTES) {
        xm__fail_limit(w->c, w->pos, "a string would be larger than %u KiB",
                       XM_CFG_MAX_STR_BYTES >> 10);
        return false;
    }
    return ok;
}

bool xm__add_repr(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *v, struct ut_buf *out)
{
    struct walk w = { c, pos, 0 };

    return repr(&w, v, out);
}

bool xm__add_str(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *v, struct ut_buf *out)
{
    if (v->type == XM_STR) {
        ut_buf_add(out, v->u.str.s, v->u.str.len);
        return xm__work(c, pos, v->u.str.len / 16);
    }
    if (v->type == XM_FLOAT) {
        add_float(out, v->u.f, STR_DIGITS);
        return true;
    }
    return xm__add_repr(c, pos, v, out);
}

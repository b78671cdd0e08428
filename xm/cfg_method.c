/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Methods of strings, lists and dicts. */
#include "cfg_int.h"

#include <stdlib.h>
#include <string.h>

/* What one more search in a text costs; under sanitizers each looks at the whole rest first. */
#define HIT_WORK 8

static bool is_str(const struct xm_args *a, size_t i)
{
    if (i >= a->nr || a->arg[i]->type == XM_STR) return true;
    xm__fail(a->c, a->pos, "argument %zu must be a string, not %s", i + 1,
             xm_type_name(a->arg[i]->type));
    return false;
}

static bool is_seq(const struct xm_val *v)
{
    return v->type == XM_LIST || v->type == XM_TUPLE;
}

static struct xm_val *join(const struct xm_args *a, const struct xm_val *sep, struct xm_val *list)
{
    struct ut_buf b = UT_BUF_INIT;

    if (!is_seq(list))
        return xm__fail(a->c, a->pos, "join() needs a list, not %s", xm_type_name(list->type));
    for (size_t i = 0; i < list->u.seq.nr; i++) {
        const struct xm_val *v = list->u.seq.item[i];

        if (v->type != XM_STR) {
            ut_buf_fini(&b);
            return xm__fail(a->c, a->pos, "join(): item %zu is not a string but %s", i,
                            xm_type_name(v->type));
        }
        if (b.len > XM_CFG_MAX_STR_BYTES) break;    /* xm__str_buf refuses it */
        if (i) ut_buf_add(&b, sep->u.str.s, sep->u.str.len);
        ut_buf_add(&b, v->u.str.s, v->u.str.len);
    }
    return xm__str_buf(a->c, a->pos, &b);
}

static struct xm_val *str_join(const struct xm_args *a)
{
    return join(a, a->self, a->arg[0]);
}

/* string.join(list, sep=' ') */
static struct xm_val *string_join(const struct xm_args *a)
{
    struct xm_val *sep = a->nr > 1 ? a->arg[1] : xm__str(a->c, a->pos, " ", 1);

    if (!sep || !is_str(a, 1)) return NULL;
    return join(a, sep, a->arg[0]);
}

static bool is_blank(char ch)
{
    return ch == ' ' || (ch >= '\t' && ch <= '\r');
}

static struct xm_val *split_blanks(const struct xm_args *a, int64_t max)
{
    struct xm_val *list = xm__seq(a->c, XM_LIST);
    const char *p = a->self->u.str.s, *end = p + a->self->u.str.len, *q;

    while (list) {
        while (p < end && is_blank(*p))
            p++;
        if (p == end) break;
        for (q = p; q < end && !is_blank(*q);)
            q++;
        if (max-- == 0) q = end;
        if (!xm__seq_add(a->c, a->pos, list, xm__str(a->c, a->pos, p, (size_t)(q - p))))
            return NULL;
        p = q;
    }
    return list;
}

static struct xm_val *str_split(const struct xm_args *a)
{
    const char *p = a->self->u.str.s, *end = p + a->self->u.str.len, *q;
    const struct xm_val *sep = a->nr && a->arg[0]->type != XM_NONE ? a->arg[0] : NULL;
    struct xm_val *list = xm__seq(a->c, XM_LIST);
    int64_t max = -1;

    if (a->nr > 1) {
        if (a->arg[1]->type != XM_INT) return xm__fail(a->c, a->pos, "argument 2 must be an int");
        max = a->arg[1]->u.i;
    }
    if (!sep) return split_blanks(a, max);
    if (!is_str(a, 0)) return NULL;
    if (!sep->u.str.len) return xm__fail(a->c, a->pos, "empty separator");
    while (list) {
        q = max == 0 ? NULL : memmem(p, (size_t)(end - p), sep->u.str.s, sep->u.str.len);
        if (max > 0) max--;
        if (!xm__work(a->c, a->pos, HIT_WORK)) return NULL;
        if (!xm__seq_add(a->c, a->pos, list,
                         xm__str(a->c, a->pos, p, (size_t)((q ? q : end) - p))))
            return NULL;
        if (!q) break;
        p = q + sep->u.str.len;
    }
    return list;
}

static bool strips(const struct xm_args *a, char ch)
{
    if (!a->nr || a->arg[0]->type == XM_NONE) return is_blank(ch);
    return memchr(a->arg[0]->u.str.s, ch, a->arg[0]->u.str.len) != NULL;
}

static struct xm_val *strip(const struct xm_args *a, bool left, bool right)
{
    const char *p = a->self->u.str.s, *end = p + a->self->u.str.len;

    if (a->nr && a->arg[0]->type != XM_NONE && !is_str(a, 0)) return NULL;
    if (!xm__work(a->c, a->pos, a->self->u.str.len / 8)) return NULL;
    while (left && p < end && strips(a, *p))
        p++;
    while (right && end > p && strips(a, end[-1]))
        end--;
    return xm__str(a->c, a->pos, p, (size_t)(end - p));
}

static struct xm_val *str_strip(const struct xm_args *a)
{
    return strip(a, true, true);
}

static struct xm_val *str_lstrip(const struct xm_args *a)
{
    return strip(a, true, false);
}

static struct xm_val *str_rstrip(const struct xm_args *a)
{
    return strip(a, false, true);
}

enum change { LOWER, UPPER, CAPITALIZE };

static struct xm_val *change_case(const struct xm_args *a, enum change how)
{
    struct xm_val *v = xm__str(a->c, a->pos, a->self->u.str.s, a->self->u.str.len);
    char *s = v ? xm__strndup(a->c, v->u.str.s, v->u.str.len) : NULL;

    if (!s) return NULL;
    for (size_t i = 0; i < v->u.str.len; i++) {
        bool up = how == UPPER || (how == CAPITALIZE && i == 0);

        if (up && s[i] >= 'a' && s[i] <= 'z') s[i] = (char)(s[i] - 32);
        if (!up && s[i] >= 'A' && s[i] <= 'Z') s[i] = (char)(s[i] + 32);
    }
    v->u.str.s = s;
    return v;
}

static struct xm_val *str_lower(const struct xm_args *a)
{
    return change_case(a, LOWER);
}

static struct xm_val *str_upper(const struct xm_args *a)
{
    return change_case(a, UPPER);
}

static struct xm_val *str_capitalize(const struct xm_args *a)
{
    return change_case(a, CAPITALIZE);
}

static struct xm_val *str_replace(const struct xm_args *a)
{
    const char *p = a->self->u.str.s, *end = p + a->self->u.str.len, *q;
    struct ut_buf b = UT_BUF_INIT;

    if (!is_str(a, 0) || !is_str(a, 1)) return NULL;
    if (!a->arg[0]->u.str.len)
        return xm__fail(a->c, a->pos, "replace(): the text to replace is empty");
    if (!xm__work(a->c, a->pos, a->self->u.str.len / 8)) return NULL;
    while (b.len <= XM_CFG_MAX_STR_BYTES) {
        q = memmem(p, (size_t)(end - p), a->arg[0]->u.str.s, a->arg[0]->u.str.len);
        ut_buf_add(&b, p, (size_t)((q ? q : end) - p));
        if (!q) break;
        if (!xm__work(a->c, a->pos, HIT_WORK)) {
            ut_buf_fini(&b);
            return NULL;
        }
        ut_buf_add(&b, a->arg[1]->u.str.s, a->arg[1]->u.str.len);
        p = q + a->arg[0]->u.str.len;
    }
    return xm__str_buf(a->c, a->pos, &b);
}

static struct xm_val *str_format(const struct xm_args *a)
{
    struct xm_val args = { .type = XM_LIST };

    args.u.seq.item = a->arg;
    args.u.seq.nr = a->nr;
    return xm__format_braces(a->c, a->pos, a->self, &args);
}

static struct xm_val *str_startswith(const struct xm_args *a)
{
    if (!is_str(a, 0)) return NULL;
    return xm__bool(a->c, a->arg[0]->u.str.len <= a->self->u.str.len &&
                              !memcmp(a->self->u.str.s, a->arg[0]->u.str.s, a->arg[0]->u.str.len));
}

static struct xm_val *str_endswith(const struct xm_args *a)
{
    size_t n, len = a->self->u.str.len;

    if (!is_str(a, 0)) return NULL;
    n = a->arg[0]->u.str.len;
    return xm__bool(a->c, n <= len && !memcmp(a->self->u.str.s + len - n, a->arg[0]->u.str.s, n));
}

static struct xm_val *str_find(const struct xm_args *a)
{
    const char *hit;

    if (!is_str(a, 0) || !xm__work(a->c, a->pos, a->self->u.str.len / 8)) return NULL;
    hit = memmem(a->self->u.str.s, a->self->u.str.len, a->arg[0]->u.str.s, a->arg[0]->u.str.len);
    return xm__int(a->c, hit ? (int64_t)(hit - a->self->u.str.s) : -1);
}

static struct xm_val *str_count(const struct xm_args *a)
{
    const char *p = a->self->u.str.s, *end = p + a->self->u.str.len;
    int64_t n = 0;

    if (!is_str(a, 0) || !xm__work(a->c, a->pos, a->self->u.str.len / 8)) return NULL;
    if (!a->arg[0]->u.str.len) return xm__fail(a->c, a->pos, "count(): the text is empty");
    while ((p = memmem(p, (size_t)(end - p), a->arg[0]->u.str.s, a->arg[0]->u.str.len))) {
        p += a->arg[0]->u.str.len;
        n++;
        if (!xm__work(a->c, a->pos, HIT_WORK)) return NULL;
    }
    return xm__int(a->c, n);
}

static struct xm_val *str_isdigit(const struct xm_args *a)
{
    size_t n = strspn(a->self->u.str.s, "0123456789");

    return xm__bool(a->c, n > 0 && n == a->self->u.str.len);
}

static struct xm_val *just(const struct xm_args *a, char fill, bool left)
{
    struct ut_buf b = UT_BUF_INIT;
    size_t len = a->self->u.str.len, n = 0;

    if (a->arg[0]->type != XM_INT) return xm__fail(a->c, a->pos, "argument 1 must be an int");
    if (a->arg[0]->u.i > 65536) return xm__fail_limit(a->c, a->pos, "widths end at 65536");
    if (a->arg[0]->u.i > (int64_t)len) n = (size_t)a->arg[0]->u.i - len;
    if (left) ut_buf_add(&b, a->self->u.str.s, len);
    for (; n; n--)
        ut_buf_addc(&b, fill);
    if (!left) ut_buf_add(&b, a->self->u.str.s, len);
    return xm__str_buf(a->c, a->pos, &b);
}

static struct xm_val *str_ljust(const struct xm_args *a)
{
    return just(a, ' ', true);
}

static struct xm_val *str_rjust(const struct xm_args *a)
{
    return just(a, ' ', false);
}

static struct xm_val *str_zfill(const struct xm_args *a)
{
    return just(a, '0', false);
}

/* ---- lists ----------------------------------------------------------------------------------- */

static struct xm_val *list_append(const struct xm_args *a)
{
    return xm__seq_add(a->c, a->pos, a->self, a->arg[0]) ? xm__none(a->c) : NULL;
}

static struct xm_val *list_extend(const struct xm_args *a)
{
    size_t nr;

    if (!is_seq(a->arg[0]))
        return xm__fail(a->c, a->pos, "extend() needs a list, not %s",
                        xm_type_name(a->arg[0]->type));
    nr = a->arg[0]->u.seq.nr;       /* fixed first: it may be the list itself */
    for (size_t i = 0; i < nr; i++)
        if (!xm__seq_add(a->c, a->pos, a->self, a->arg[0]->u.seq.item[i])) return NULL;
    return xm__none(a->c);
}

static struct xm_val *list_insert(const struct xm_args *a)
{
    size_t n = a->self->u.seq.nr, at;
    int64_t i;

    if (a->arg[0]->type != XM_INT) return xm__fail(a->c, a->pos, "argument 1 must be an int");
    i = a->arg[0]->u.i < 0 ? a->arg[0]->u.i + (int64_t)n : a->arg[0]->u.i;
    at = i < 0 ? 0 : i > (int64_t)n ? n : (size_t)i;
    if (!xm__work(a->c, a->pos, n / 4) || !xm__seq_add(a->c, a->pos, a->self, a->arg[1]))
        return NULL;
    memmove(a->self->u.seq.item + at + 1, a->self->u.seq.item + at,
            (n - at) * sizeof(*a->self->u.seq.item));
    a->self->u.seq.item[at] = a->arg[1];
    return xm__none(a->c);
}

static struct xm_val *list_pop(const struct xm_args *a)
{
    struct xm_val *key = a->nr ? a->arg[0] : xm__int(a->c, -1);
    struct xm_val *v = key ? xm__index(a->c, a->pos, a->self, key) : NULL;

    return v && xm__del_item(a->c, a->pos, a->self, key) ? v : NULL;
}

/* Position of an equal item, or nr; false = failure. */
static bool list_find(const struct xm_args *a, size_t *index_out)
{
    bool eq = false;
    size_t i;

    for (i = 0; i < a->self->u.seq.nr; i++) {
        if (!xm__equal(a->c, a->pos, a->self->u.seq.item[i], a->arg[0], &eq)) return false;
        if (eq) break;
    }
    *index_out = i;
    return true;
}

static struct xm_val *list_index(const struct xm_args *a)
{
    size_t i;

    if (!list_find(a, &i)) return NULL;
    if (i == a->self->u.seq.nr) return xm__fail(a->c, a->pos, "the value is not in the list");
    return xm__int(a->c, (int64_t)i);
}

static struct xm_val *list_remove(const struct xm_args *a)
{
    struct xm_val *i = list_index(a);

    return i && xm__del_item(a->c, a->pos, a->self, i) ? xm__none(a->c) : NULL;
}

static struct xm_val *list_reverse(const struct xm_args *a)
{
    struct xm_val **item = a->self->u.seq.item;
    size_t n = a->self->u.seq.nr;

    if (!xm__work(a->c, a->pos, n / 2)) return NULL;
    for (size_t i = 0; i < n / 2; i++) {
        struct xm_val *t = item[i];

        item[i] = item[n - 1 - i];
        item[n - 1 - i] = t;
    }
    return xm__none(a->c);
}

/* Insertion sort by halves: stable, few comparisons, and the budget bounds the moves. */
static struct xm_val *list_sort(const struct xm_args *a)
{
    struct xm_val **item = a->self->u.seq.item;
    int cmp;

    for (size_t i = 1; i < a->self->u.seq.nr; i++) {
        struct xm_val *v = item[i];
        size_t lo = 0, hi = i;

        while (lo < hi) {
            size_t mid = (lo + hi) / 2;

            if (!xm__order(a->c, a->pos, v, item[mid], &cmp)) return NULL;
            if (cmp < 0) hi = mid;
            else lo = mid + 1;
        }
        if (!xm__work(a->c, a->pos, 1 + (i - lo) / 16)) return NULL;
        memmove(item + lo + 1, item + lo, (i - lo) * sizeof(*item));
        item[lo] = v;
    }
    return xm__none(a->c);
}

/* ---- dicts ----------------------------------------------------------------------------------- */

static struct xm_val *dict_get(const struct xm_args *a)
{
    struct xm_val *found;

    if (!xm__dict_get(a->c, a->pos, a->self, a->arg[0], &found)) return NULL;
    if (found) return found;
    return a->nr > 1 ? a->arg[1] : xm__none(a->c);
}

static struct xm_val *dict_has_key(const struct xm_args *a)
{
    struct xm_val *found;

    return xm__dict_get(a->c, a->pos, a->self, a->arg[0], &found)
               ? xm__bool(a->c, found != NULL)
               : NULL;
}

static struct xm_val *every_second(const struct xm_args *a, size_t first)
{
    struct xm_val *list = xm__seq(a->c, XM_LIST);

    for (size_t i = first; list && i < a->self->u.seq.nr; i += 2)
        if (!xm__seq_add(a->c, a->pos, list, a->self->u.seq.item[i])) return NULL;
    return list;
}

static struct xm_val *dict_keys(const struct xm_args *a)
{
    return every_second(a, 0);
}

static struct xm_val *dict_values(const struct xm_args *a)
{
    return every_second(a, 1);
}

static const struct xm_fn methods[] = {
    { "str", "capitalize", 0, 0, str_capitalize },
    { "str", "count", 1, 1, str_count },
    { "str", "endswith", 1, 1, str_endswith },
    { "str", "find", 1, 1, str_find },
    { "str", "format", 0, 1000, str_format },
    { "str", "isdigit", 0, 0, str_isdigit },
    { "str", "join", 1, 1, str_join },
    { "str", "ljust", 1, 1, str_ljust },
    { "str", "lower", 0, 0, str_lower },
    { "str", "lstrip", 0, 1, str_lstrip },
    { "str", "replace", 2, 2, str_replace },
    { "str", "rjust", 1, 1, str_rjust },
    { "str", "rstrip", 0, 1, str_rstrip },
    { "str", "split", 0, 2, str_split },
    { "str", "startswith", 1, 1, str_startswith },
    { "str", "strip", 0, 1, str_strip },
    { "str", "upper", 0, 0, str_upper },
    { "str", "zfill", 1, 1, str_zfill },
    { "string", "join", 1, 2, string_join },
    { "list", "append", 1, 1, list_append },
    { "list", "extend", 1, 1, list_extend },
    { "list", "index", 1, 1, list_index },
    { "list", "insert", 2, 2, list_insert },
    { "list", "pop", 0, 1, list_pop },
    { "list", "remove", 1, 1, list_remove },
    { "list", "reverse", 0, 0, list_reverse },
    { "list", "sort", 0, 0, list_sort },
    { "tuple", "index", 1, 1, list_index },
    { "dict", "get", 1, 2, dict_get },
    { "dict", "has_key", 1, 1, dict_has_key },
    { "dict", "keys", 0, 0, dict_keys },
    { "dict", "values", 0, 0, dict_values },
};

const struct xm_fn *xm__method_find(const char *owner, const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
        if (!strcmp(methods[i].owner, owner) && !strcmp(methods[i].name, name))
            return &methods[i];
    return NULL;
}

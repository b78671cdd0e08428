/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operators, indexing and slicing, with the meaning Python 2 gives them. */
#include "cfg_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const op_text[] = {
    [XM_OP_ADD] = "+", [XM_OP_SUB] = "-",       [XM_OP_MUL] = "*", [XM_OP_DIV] = "/",
    [XM_OP_MOD] = "%", [XM_OP_FLOORDIV] = "//", [XM_OP_POW] = "**", [XM_OP_OR] = "|",
    [XM_OP_XOR] = "^", [XM_OP_AND] = "&",       [XM_OP_SHL] = "<<", [XM_OP_SHR] = ">>",
};

static bool is_int(const struct xm_val *v)
{
    return v->type == XM_INT || v->type == XM_BOOL;
}

static bool is_number(const struct xm_val *v)
{
    return is_int(v) || v->type == XM_FLOAT;
}

static void *too_large(struct xm_cfg *c, struct xm_pos pos)
{
    return xm__fail(c, pos, "the result is too large (64 bits)");
}

static struct xm_val *int_pow(struct xm_cfg *c, struct xm_pos pos, int64_t a, int64_t b)
{
    int64_t r = 1;

    if (b < 0) return xm__fail(c, pos, "negative powers of integers are not supported");
    if (a == 0 || a == 1) return xm__int(c, b == 0 ? 1 : a);
    if (a == -1) return xm__int(c, b % 2 ? -1 : 1);
    for (; b > 0; b--)              /* at most 63 rounds before it overflows */
        if (__builtin_mul_overflow(r, a, &r)) return too_large(c, pos);
    return xm__int(c, r);
}

static struct xm_val *int_shift(struct xm_cfg *c, struct xm_pos pos, enum xm_op op,
                                const int64_t ab[2])
{
    int64_t r;

    if (ab[1] < 0) return xm__fail(c, pos, "negative shift count");
    if (op == XM_OP_SHR) {
        /* spelt out: right shifts of negative numbers are up to the compiler */
        int64_t n = ab[1] > 63 ? 63 : ab[1];

        return xm__int(c, ab[0] >= 0 ? ab[0] >> n : ~(~ab[0] >> n));
    }
    if (ab[0] == 0) return xm__int(c, 0);
    if (ab[1] > 62 || __builtin_mul_overflow(ab[0], (int64_t)1 << ab[1], &r))
        return too_large(c, pos);
    return xm__int(c, r);
}

/* Floor division and its remainder. */
static struct xm_val *int_div(struct xm_cfg *c, struct xm_pos pos, enum xm_op op,
                              const int64_t ab[2])
{
    int64_t q, r;

    if (ab[1] == 0) return xm__fail(c, pos, "integer division or modulo by zero");
    if (ab[0] == INT64_MIN && ab[1] == -1)
        return op == XM_OP_MOD ? xm__int(c, 0) : too_large(c, pos);
    q = ab[0] / ab[1];
    r = ab[0] % ab[1];
    if (r != 0 && (r < 0) != (ab[1] < 0)) {
        q--;
        r += ab[1];
    }
    return xm__int(c, op == XM_OP_MOD ? r : q);
}

static struct xm_val *int_op(struct xm_cfg *c, struct xm_pos pos, enum xm_op op,
                             const int64_t ab[2])
{
    bool overflow = false;
    int64_t r = 0;

    switch (op) {
    case XM_OP_ADD: overflow = __builtin_add_overflow(ab[0], ab[1], &r); break;
    case XM_OP_SUB: overflow = __builtin_sub_overflow(ab[0], ab[1], &r); break;
    case XM_OP_MUL: overflow = __builtin_mul_overflow(ab[0], ab[1], &r); break;
    case XM_OP_OR: r = ab[0] | ab[1]; break;
    case XM_OP_XOR: r = ab[0] ^ ab[1]; break;
    case XM_OP_AND: r = ab[0] & ab[1]; break;
    case XM_OP_SHL:
    case XM_OP_SHR: return int_shift(c, pos, op, ab);
    case XM_OP_POW: return int_pow(c, pos, ab[0], ab[1]);
    default: return int_div(c, pos, op, ab);
    }
    return overflow ? too_large(c, pos) : xm__int(c, r);
}

static struct xm_val *float_op(struct xm_cfg *c, struct xm_pos pos, enum xm_op op,
                               const double ab[2])
{
    double r;

    if ((op == XM_OP_DIV || op == XM_OP_FLOORDIV || op == XM_OP_MOD) && !(ab[1] < 0 || ab[1] > 0))
        return xm__fail(c, pos, "float division by zero");
    switch (op) {
    case XM_OP_ADD: r = ab[0] + ab[1]; break;
    case XM_OP_SUB: r = ab[0] - ab[1]; break;
    case XM_OP_MUL: r = ab[0] * ab[1]; break;
    case XM_OP_DIV: r = ab[0] / ab[1]; break;
    case XM_OP_FLOORDIV: r = floor(ab[0] / ab[1]); break;
    case XM_OP_MOD: r = ab[0] - ab[1] * floor(ab[0] / ab[1]); break;
    case XM_OP_POW: r = pow(ab[0], ab[1]); break;
    default:
        return xm__fail(c, pos, "unsupported operand type(s) for %s: 'float'", op_text[op]);
    }
    if (!isfinite(r)) return xm__fail(c, pos, "the result is not a finite number");
    return xm__float(c, r);
}

static struct xm_val *concat(struct xm_cfg *c, struct xm_pos pos, struct xm_val *a,
                             struct xm_val *b)
{
    struct ut_buf buf = UT_BUF_INIT;
    struct xm_val *v;

    if (a->type == XM_STR) {
        if (a->u.str.len + b->u.str.len <= XM_CFG_MAX_STR_BYTES) {
            ut_buf_add(&buf, a->u.str.s, a->u.str.len);
            ut_buf_add(&buf, b->u.str.s, b->u.str.len);
            return xm__str_buf(c, pos, &buf);
        }
        return xm__fail_limit(c, pos, "a string would be larger than %u KiB",
                              XM_CFG_MAX_STR_BYTES >> 10);
    }
    v = xm__seq(c, a->type);
    for (size_t i = 0; v && i < a->u.seq.nr; i++)
        if (!xm__seq_add(c, pos, v, a->u.seq.item[i])) return NULL;
    for (size_t i = 0; v && i < b->u.seq.nr; i++)
        if (!xm__seq_add(c, pos, v, b->u.seq.item[i])) return NULL;
    return v;
}

static struct xm_val *repeat(struct xm_cfg *c, struct xm_pos pos, struct xm_val *a, int64_t times)
{
    struct ut_buf buf = UT_BUF_INIT;
    struct xm_val *v;
    size_t unit = a->type == XM_STR ? a->u.str.len : a->u.seq.nr;
    size_t max = a->type == XM_STR ? XM_CFG_MAX_STR_BYTES : XM_CFG_MAX_ITEMS;
    size_t n = times > 0 && unit ? (size_t)times : 0;

    if (n && n > max / unit) {
        return xm__fail_limit(c, pos, "the repeated %s would be larger than %zu %s",
                              xm_type_name(a->type), max, a->type == XM_STR ? "bytes" : "items");
    }
    if (!xm__work(c, pos, n)) return NULL;
    if (a->type == XM_STR) {
        for (size_t i = 0; i < n; i++)
            ut_buf_add(&buf, a->u.str.s, unit);
        return xm__str_buf(c, pos, &buf);
    }
    v = xm__seq(c, a->type);
    for (size_t i = 0; v && i < n * unit; i++)
        if (!xm__seq_add(c, pos, v, a->u.seq.item[i % unit])) return NULL;
    return v;
}

static bool is_repeatable(const struct xm_val *v)
{
    return v->type == XM_STR || v->type == XM_LIST || v->type == XM_TUPLE;
}

struct xm_val *xm__binary(struct xm_cfg *c, struct xm_pos pos, enum xm_op op, struct xm_val *a,
                          struct xm_val *b)
{
    if (!xm__work(c, pos, 1)) return NULL;
    if (is_int(a) && is_int(b)) return int_op(c, pos, op, (int64_t[2]){ a->u.i, b->u.i });
    if (is_number(a) && is_number(b)) {
        double ab[2] = { a->type == XM_FLOAT ? a->u.f : (double)a->u.i,
                         b->type == XM_FLOAT ? b->u.f : (double)b->u.i };
        return float_op(c, pos, op, ab);
    }
    if (op == XM_OP_MOD && a->type == XM_STR) return xm__format_percent(c, pos, a, b);
    if (op == XM_OP_ADD && a->type == b->type && is_repeatable(a)) return concat(c, pos, a, b);
    if (op == XM_OP_MUL && is_repeatable(a) && is_int(b)) return repeat(c, pos, a, b->u.i);
    if (op == XM_OP_MUL && is_int(a) && is_repeatable(b)) return repeat(c, pos, b, a->u.i);
    if (op == XM_OP_ADD && (a->type == XM_STR || b->type == XM_STR) &&
        (is_number(a) || is_number(b)))
        return xm__fail(c, pos,
                        "unsupported operand type(s) for +: '%s' and '%s'; "
                        "write str(NUMBER) to make text of a number",
                        xm_type_name(a->type), xm_type_name(b->type));
    return xm__fail(c, pos, "unsupported operand type(s) for %s: '%s' and '%s'", op_text[op],
                    xm_type_name(a->type), xm_type_name(b->type));
}

struct xm_val *xm__unary(struct xm_cfg *c, struct xm_pos pos, enum xm_op op, struct xm_val *a)
{
    if (op == XM_OP_NOT) return xm__bool(c, !xm__truth(a));
    if (a->type == XM_FLOAT && op != XM_OP_INVERT)
        return xm__float(c, op == XM_OP_NEG ? -a->u.f : a->u.f);
    if (!is_int(a))
        return xm__fail(c, pos, "bad operand type for unary %s: '%s'",
                        op == XM_OP_NEG ? "-" : op == XM_OP_POS ? "+" : "~", xm_type_name(a->type));
    if (op == XM_OP_POS) return xm__int(c, a->u.i);
    if (op == XM_OP_INVERT) return xm__int(c, ~a->u.i);
    return a->u.i == INT64_MIN ? too_large(c, pos) : xm__int(c, -a->u.i);
}

static bool contains(struct xm_cfg *c, struct xm_pos pos, struct xm_val *box, struct xm_val *item,
                     bool *res_out)
{
    struct xm_val *found;
    bool eq = false;

    switch (box->type) {
    case XM_STR:
        if (item->type != XM_STR) {
            xm__fail(c, pos, "'in <string>' requires string as left operand, not %s",
                     xm_type_name(item->type));
            return false;
        }
        *res_out = memmem(box->u.str.s, box->u.str.len, item->u.str.s, item->u.str.len) != NULL;
        return xm__work(c, pos, (box->u.str.len + item->u.str.len) / 8);
    case XM_DICT:
        if (!xm__dict_get(c, pos, box, item, &found)) return false;
        *res_out = found != NULL;
        return true;
    case XM_LIST:
    case XM_TUPLE:
        for (size_t i = 0; !eq && i < box->u.seq.nr; i++)
            if (!xm__equal(c, pos, box->u.seq.item[i], item, &eq)) return false;
        *res_out = eq;
        return true;
    default: break;
    }
    xm__fail(c, pos, "argument of type '%s' is not iterable", xm_type_name(box->type));
    return false;
}

static bool identical(const struct xm_val *a, const struct xm_val *b)
{
    if (a == b || (a->type == XM_NONE && b->type == XM_NONE)) return true;
    return a->type == b->type && is_int(a) && a->u.i == b->u.i;
}

bool xm__compare(struct xm_cfg *c, const struct xm_node *link, struct xm_val *a, struct xm_val *b,
                 bool *res_out)
{
    bool eq;
    int cmp;

    switch (link->op) {
    case XM_OP_EQ:
    case XM_OP_NE:
        if (!xm__equal(c, link->pos, a, b, &eq)) return false;
        *res_out = eq == (link->op == XM_OP_EQ);
        return true;
    case XM_OP_IN:
    case XM_OP_NOT_IN:
        if (!contains(c, link->pos, b, a, &eq)) return false;
        *res_out = eq == (link->op == XM_OP_IN);
        return true;
    case XM_OP_IS:
    case XM_OP_IS_NOT: *res_out = identical(a, b) == (link->op == XM_OP_IS); return true;
    default: break;
    }
    if (!xm__order(c, link->pos, a, b, &cmp)) return false;
    *res_out = link->op == XM_OP_LT   ? cmp < 0
               : link->op == XM_OP_GT ? cmp > 0
               : link->op == XM_OP_LE ? cmp <= 0
                                      : cmp >= 0;
    return true;
}

static size_t length(const struct xm_val *v)
{
    return v->type == XM_STR ? v->u.str.len : v->u.seq.nr;
}

/* An index of a sequence, counted from the end when negative. */
static bool locate(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *v,
                   const struct xm_val *key, size_t *index_out)
{
    int64_t n = (int64_t)length(v);
    int64_t i;

    if (!is_int(key)) {
        xm__fail(c, pos, "%s indices must be integers, not %s", xm_type_name(v->type),
                 xm_type_name(key->type));
        return false;
    }
    i = key->u.i < 0 ? key->u.i + n : key->u.i;
    if (i < 0 || i >= n) {
        xm__fail(c, pos, "%s index out of range: %lld of %lld items", xm_type_name(v->type),
                 (long long)key->u.i, (long long)n);
        return false;
    }
    *index_out = (size_t)i;
    return true;
}

static void *key_error(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *key)
{
    struct ut_buf b = UT_BUF_INIT;

    if (xm__add_repr(c, pos, key, &b)) xm__fail(c, pos, "there is no key %.80s", ut_buf_str(&b));
    ut_buf_fini(&b);
    return NULL;
}

struct xm_val *xm__index(struct xm_cfg *c, struct xm_pos pos, struct xm_val *v, struct xm_val *key)
{
    struct xm_val *found;
    const char *text;
    size_t i;

    switch (v->type) {
    case XM_STR: return locate(c, pos, v, key, &i) ? xm__str(c, pos, v->u.str.s + i, 1) : NULL;
    case XM_LIST:
    case XM_TUPLE: return locate(c, pos, v, key, &i) ? v->u.seq.item[i] : NULL;
    case XM_DICT:
        if (!xm__dict_get(c, pos, v, key, &found)) return NULL;
        return found ? found : key_error(c, pos, key);
    case XM_MODULE:
        if (strcmp(v->u.str.s, "os.environ") != 0 || key->type != XM_STR) break;
        text = getenv(key->u.str.s);
        return text ? xm__str(c, pos, text, strlen(text)) : key_error(c, pos, key);
    default: break;
    }
    return xm__fail(c, pos, "'%s' has no items", xm_type_name(v->type));
}

/* One bound of a slice, clamped as Python does. */
static bool bound_value(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *b,
                        const int64_t lim[2], int64_t *v_out)
{
    int64_t n = lim[1] - lim[0];

    if (b->type == XM_NONE) return true;
    if (!is_int(b)) {
        xm__fail(c, pos, "slice bounds must be integers, not %s", xm_type_name(b->type));
        return false;
    }
    *v_out = b->u.i < 0 ? b->u.i + n : b->u.i;
    if (*v_out < lim[0]) *v_out = lim[0];
    if (*v_out > lim[1]) *v_out = lim[1];
    return true;
}

struct xm_val *xm__slice(struct xm_cfg *c, struct xm_pos pos, struct xm_val *v,
                         struct xm_val *bound[3])
{
    struct ut_buf b = UT_BUF_INIT;
    struct xm_val *r = NULL;
    int64_t n, step = 1, lim[2], from, to;

    if (!is_repeatable(v)) return xm__fail(c, pos, "'%s' cannot be sliced", xm_type_name(v->type));
    n = (int64_t)length(v);
    if (bound[2] && bound[2]->type != XM_NONE) {
        if (!is_int(bound[2]) || bound[2]->u.i == 0 || bound[2]->u.i > INT32_MAX ||
            bound[2]->u.i < -INT32_MAX)
            return xm__fail(c, pos, "the step of a slice must be an integer other than 0");
        step = bound[2]->u.i;
    }
    lim[0] = step > 0 ? 0 : -1;     /* n = lim[1] - lim[0] either way */
    lim[1] = step > 0 ? n : n - 1;
    from = step > 0 ? lim[0] : lim[1];
    to = step > 0 ? lim[1] : lim[0];
    if (bound[0] && !bound_value(c, pos, bound[0], lim, &from)) return NULL;
    if (bound[1] && !bound_value(c, pos, bound[1], lim, &to)) return NULL;
    if (v->type != XM_STR) r = xm__seq(c, v->type);
    for (int64_t i = from; step > 0 ? i < to : i > to; i += step) {
        if (v->type == XM_STR) ut_buf_addc(&b, v->u.str.s[i]);
        else if (!r || !xm__seq_add(c, pos, r, v->u.seq.item[i])) return NULL;
    }
    return v->type == XM_STR ? xm__str_buf(c, pos, &b) : r;
}

bool xm__set_item(struct xm_cfg *c, struct xm_pos pos, struct xm_val *target, struct xm_val *kv[2])
{
    size_t i;

    if (target->type == XM_DICT) return xm__dict_set(c, pos, target, kv);
    if (target->type == XM_LIST) {
        if (!locate(c, pos, target, kv[0], &i)) return false;
        target->u.seq.item[i] = kv[1];
        return true;
    }
    xm__fail(c, pos, "'%s' object does not support item assignment", xm_type_name(target->type));
    return false;
}

bool xm__del_item(struct xm_cfg *c, struct xm_pos pos, struct xm_val *target, struct xm_val *key)
{
    size_t width = target->type == XM_DICT ? 2 : 1;
    struct xm_val **item = target->u.seq.item;
    bool eq = false;
    size_t i = 0;

    if (target->type == XM_LIST) {
        if (!locate(c, pos, target, key, &i)) return false;
    } else if (target->type == XM_DICT) {
        for (; i < target->u.seq.nr; i += 2) {
            if (!xm__equal(c, pos, item[i], key, &eq)) return false;
            if (eq) break;
        }
        if (!eq) return key_error(c, pos, key) != NULL;
    } else {
        xm__fail(c, pos, "'%s' object does not support item deletion", xm_type_name(target->type));
        return false;
    }
    if (!xm__work(c, pos, (target->u.seq.nr - i) / 4)) return false;
    memmove(item + i, item + i + width, (target->u.seq.nr - i - width) * sizeof(*item));
    target->u.seq.nr -= width;
    return true;
}

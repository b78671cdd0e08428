/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The value tree. Reading XML is in xr_parse.c, writing it in xr_emit.c. */
#include "xr_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct xr_value *new_value(enum xr_type type)
{
    struct xr_value *v = calloc(1, sizeof(*v));

    if (v) v->type = type;
    return v;
}

struct xr_value *xr_nil(void)
{
    return new_value(XR_NIL);
}

struct xr_value *xr_bool(bool b)
{
    struct xr_value *v = new_value(XR_BOOL);

    if (v) v->i = b;
    return v;
}

struct xr_value *xr_int(int64_t i)
{
    struct xr_value *v = new_value(XR_INT);

    if (v) v->i = i;
    return v;
}

struct xr_value *xr_double(double d)
{
    struct xr_value *v = new_value(XR_DOUBLE);

    if (v) v->d = d;
    return v;
}

static struct xr_value *new_bytes(enum xr_type type, const char *s, size_t len)
{
    struct xr_value *v = new_value(type);

    if (!v) return NULL;
    v->s = malloc(len + 1);
    if (!v->s) {
        free(v);
        return NULL;
    }
    if (len) memcpy(v->s, s, len);
    v->s[len] = '\0';
    v->s_len = len;
    return v;
}

struct xr_value *xr_string(const char *s)
{
    return s ? new_bytes(XR_STRING, s, strlen(s)) : NULL;
}

struct xr_value *xr_array(void)
{
    return new_value(XR_ARRAY);
}

struct xr_value *xr_struct(void)
{
    return new_value(XR_STRUCT);
}

void xr_free(struct xr_value *v)
{
    if (!v) return;
    for (size_t i = 0; i < v->nr_items; i++) {
        xr_free(v->item[i]);
        if (v->key) free(v->key[i]);
    }
    free(v->item);
    free(v->key);
    free(v->s);
    free(v);
}

/* Room for one more item (and key). */
static int grow(struct xr_value *v)
{
    size_t cap = v->cap ? v->cap * 2 : 4;
    struct xr_value **item;
    char **key;

    if (v->nr_items < v->cap) return UT_OK;
    item = realloc(v->item, cap * sizeof(struct xr_value *));
    if (!item) return UT_ENOMEM;
    v->item = item;
    if (v->type == XR_STRUCT) {
        key = realloc(v->key, cap * sizeof(char *));
        if (!key) return UT_ENOMEM;
        v->key = key;
    }
    v->cap = cap;
    return UT_OK;
}

int xr_add(struct xr_value *array, struct xr_value *child)
{
    if (!array || !child || array->type != XR_ARRAY || grow(array) < 0) {
        xr_free(child);
        return UT_ENOMEM;
    }
    array->item[array->nr_items++] = child;
    return UT_OK;
}

int xr_set(struct xr_value *st, const char *key, struct xr_value *child)
{
    char *name;

    if (!st || !child || st->type != XR_STRUCT) goto fail;
    for (size_t i = 0; i < st->nr_items; i++) {
        if (strcmp(st->key[i], key) != 0) continue;
        xr_free(st->item[i]);
        st->item[i] = child;
        return UT_OK;
    }
    name = strdup(key);
    if (!name || grow(st) < 0) {
        free(name);
        goto fail;
    }
    st->key[st->nr_items] = name;
    st->item[st->nr_items++] = child;
    return UT_OK;
fail:
    xr_free(child);
    return UT_ENOMEM;
}

const struct xr_value *xr_get(const struct xr_value *st, const char *key)
{
    if (!st || st->type != XR_STRUCT) return NULL;
    for (size_t i = 0; i < st->nr_items; i++)
        if (strcmp(st->key[i], key) == 0) return st->item[i];
    return NULL;
}

static int dup_items(struct xr_value *copy, const struct xr_value *v)
{
    int rc = UT_OK;

    for (size_t i = 0; rc == UT_OK && i < v->nr_items; i++) {
        struct xr_value *child = xr_dup(v->item[i]);

        rc = v->type == XR_STRUCT ? xr_set(copy, v->key[i], child) : xr_add(copy, child);
    }
    return rc;
}

struct xr_value *xr_dup(const struct xr_value *v)
{
    struct xr_value *copy;

    if (!v) return NULL;
    if (v->s) return new_bytes(v->type, v->s, v->s_len);
    copy = new_value(v->type);
    if (!copy) return NULL;
    copy->i = v->i;
    copy->d = v->d;
    if (dup_items(copy, v) < 0) {
        xr_free(copy);
        return NULL;
    }
    return copy;
}

static struct xr_value *from_atom(const struct ut_sxp *sx)
{
    switch (sx->kind) {
    case UT_SXP_INT:   return xr_int(strtoll(sx->text, NULL, 10));
    case UT_SXP_FLOAT: return xr_double(strtod(sx->text, NULL));
    case UT_SXP_BOOL:  return xr_bool(sx->text[0] == 'T');
    case UT_SXP_NONE:  return xr_nil();
    case UT_SXP_STR:
    case UT_SXP_LIST:  break;
    }
    return xr_string(sx->text);
}

struct xr_value *xr_from_sxp(const struct ut_sxp *sx)
{
    struct xr_value *v;

    if (!sx) return NULL;
    if (sx->kind != UT_SXP_LIST) return from_atom(sx);
    v = xr_array();
    for (size_t i = 0; v && i < sx->nr_items; i++) {
        if (xr_add(v, xr_from_sxp(sx->item[i])) < 0) {
            xr_free(v);
            return NULL;
        }
    }
    return v;
}

/* A struct becomes ((key value) ...). */
static struct ut_sxp *to_list(const struct xr_value *v)
{
    struct ut_sxp *list = ut_sxp_new_list(NULL), *pair;

    for (size_t i = 0; list && i < v->nr_items; i++) {
        struct ut_sxp *child = xr_to_sxp(v->item[i]);

        if (v->type == XR_STRUCT) {
            pair = ut_sxp_new_list(v->key[i]);
            if (ut_sxp_add(pair, child) < 0) {
                ut_sxp_free(pair);
                pair = NULL;
            }
            child = pair;
        }
        if (ut_sxp_add(list, child) < 0) {
            ut_sxp_free(list);
            return NULL;
        }
    }
    return list;
}

struct ut_sxp *xr_to_sxp(const struct xr_value *v)
{
    if (!v) return NULL;
    switch (v->type) {
    case XR_NIL:    return ut_sxp_new_none();
    case XR_BOOL:   return ut_sxp_new_bool(v->i != 0);
    case XR_INT:    return ut_sxp_new_int(v->i);
    case XR_DOUBLE: return ut_sxp_new_float(v->d);
    case XR_STRING:
    case XR_DATETIME:
    case XR_BASE64: return ut_sxp_new_str(v->s);
    case XR_ARRAY:
    case XR_STRUCT: break;
    }
    return to_list(v);
}

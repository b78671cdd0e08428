/* SPDX-License-Identifier: GPL-2.0-or-later */
/* S-expressions as JSON. */
#include "xm.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *to_json(const struct ut_sxp *sx);

static json_t *atom(const struct ut_sxp *sx)
{
    switch (sx->kind) {
    case UT_SXP_INT: return json_integer(strtoll(sx->text, NULL, 10));
    case UT_SXP_FLOAT: return json_real(strtod(sx->text, NULL));
    case UT_SXP_BOOL: return json_boolean(!strcmp(sx->text, "True"));
    case UT_SXP_NONE: return json_null();
    case UT_SXP_STR:
    case UT_SXP_LIST: break;
    }
    return json_string(sx->text);
}

/* (key value): a list of at least one item whose first is a word. */
static bool is_pair(const struct ut_sxp *sx)
{
    return sx->kind == UT_SXP_LIST && sx->nr_items >= 1 && sx->item[0]->kind == UT_SXP_STR;
}

static bool all_pairs(const struct ut_sxp *sx, size_t from)
{
    for (size_t i = from; i < sx->nr_items; i++)
        if (!is_pair(sx->item[i])) return false;
    return sx->nr_items > from;
}

/* Add key: value; a key that comes again makes an array of its values. */
static int add_member(json_t *obj, const char *key, json_t *value)
{
    json_t *old = json_object_get(obj, key);
    json_t *array;

    if (!old) return json_object_set_new(obj, key, value);
    if (json_is_array(old) && json_array_size(old) &&
        json_is_object(json_array_get(old, 0)))
        return json_array_append_new(old, value);
    array = json_array();
    json_array_append(array, old);
    json_array_append_new(array, value);
    return json_object_set_new(obj, key, array);
}

static json_t *members(const struct ut_sxp *sx, size_t from)
{
    json_t *obj = json_object();

    for (size_t i = from; i < sx->nr_items; i++) {
        const struct ut_sxp *pair = sx->item[i];
        const char *key = pair->item[0]->text;
        json_t *value;

        if (pair->nr_items == 1) value = json_null();
        else if (pair->nr_items == 2 && !is_pair(pair->item[1])) value = to_json(pair->item[1]);
        else if (all_pairs(pair, 1)) value = members(pair, 1);
        else {
            value = json_array();
            for (size_t k = 1; k < pair->nr_items; k++)
                json_array_append_new(value, to_json(pair->item[k]));
        }
        add_member(obj, key, value);
    }
    return obj;
}

static json_t *to_json(const struct ut_sxp *sx)
{
    json_t *array;

    if (sx->kind != UT_SXP_LIST) return atom(sx);
    if (is_pair(sx) && all_pairs(sx, 1)) return members(sx, 1);     /* (domain (k v) ...) */
    if (all_pairs(sx, 0) && !is_pair(sx->item[0]->item[0])) return members(sx, 0);
    array = json_array();
    for (size_t i = 0; i < sx->nr_items; i++)
        json_array_append_new(array, to_json(sx->item[i]));
    return array;
}

int xm_json_print(const struct ut_sxp *sx, FILE *out)
{
    json_t *j = to_json(sx);
    int rc = j ? json_dumpf(j, out, JSON_INDENT(4) | JSON_REAL_PRECISION(15)) : -1;

    json_decref(j);
    return rc ? UT_ENOMEM : UT_OK;
}

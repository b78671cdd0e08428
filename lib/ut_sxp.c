/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree: making, changing and asking. The text forms are in ut_sxp_parse.c, ut_sxp_print.c. */
#include "ut_sxp.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ut_sxp *new_atom(enum ut_sxp_kind kind, const char *text)
{
    struct ut_sxp *sx = text ? calloc(1, sizeof(*sx)) : NULL;

    if (!sx) return NULL;
    sx->kind = kind;
    sx->text = strdup(text);
    if (!sx->text) {
        free(sx);
        return NULL;
    }
    return sx;
}

struct ut_sxp *ut_sxp_new_str(const char *s)
{
    return new_atom(UT_SXP_STR, s);
}

struct ut_sxp *ut_sxp_new_int(int64_t v)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, v);
    return new_atom(UT_SXP_INT, text);
}

/* str() of the Python that wrote these files: twelve significant digits, and a whole number keeps
 * a ".0" so that readers see a float. */
struct ut_sxp *ut_sxp_new_float(double v)
{
    char text[40];

    snprintf(text, sizeof(text), "%.12g", v);
    if (isfinite(v) && !strpbrk(text, ".e")) strcat(text, ".0");
    return new_atom(UT_SXP_FLOAT, text);
}

struct ut_sxp *ut_sxp_new_bool(bool v)
{
    return new_atom(UT_SXP_BOOL, v ? "True" : "False");
}

struct ut_sxp *ut_sxp_new_none(void)
{
    return new_atom(UT_SXP_NONE, "None");
}

struct ut_sxp *ut_sxp_new_list(const char *head)
{
    struct ut_sxp *sx = calloc(1, sizeof(*sx));

    if (!sx) return NULL;
    sx->kind = UT_SXP_LIST;
    if (head && ut_sxp_add(sx, ut_sxp_new_str(head)) < 0) {
        ut_sxp_free(sx);
        return NULL;
    }
    return sx;
}

struct ut_sxp *ut_sxp_dup(const struct ut_sxp *sx)
{
    struct ut_sxp *copy;

    if (!sx) return NULL;
    if (sx->kind != UT_SXP_LIST) return new_atom(sx->kind, sx->text);
    copy = ut_sxp_new_list(NULL);
    for (size_t i = 0; copy && i < sx->nr_items; i++) {
        if (ut_sxp_add(copy, ut_sxp_dup(sx->item[i])) < 0) {
            ut_sxp_free(copy);
            return NULL;
        }
    }
    return copy;
}

void ut_sxp_free(struct ut_sxp *sx)
{
    if (!sx) return;
    for (size_t i = 0; i < sx->nr_items; i++) ut_sxp_free(sx->item[i]);
    free(sx->item);
    free(sx->text);
    free(sx);
}

int ut_sxp_add(struct ut_sxp *list, struct ut_sxp *child)
{
    if (!list || !child || list->kind != UT_SXP_LIST) goto fail;
    if (list->nr_items == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 4;
        struct ut_sxp **p = realloc(list->item, cap * sizeof(struct ut_sxp *));

        if (!p) goto fail;
        list->item = p;
        list->cap = cap;
    }
    list->item[list->nr_items++] = child;
    return UT_OK;
fail:
    ut_sxp_free(child);
    return UT_ENOMEM;
}

/* (name atom) onto `list`, taking the atom. */
static int add_pair(struct ut_sxp *list, const char *name, struct ut_sxp *atom)
{
    struct ut_sxp *pair = ut_sxp_new_list(name);

    if (!pair) {
        ut_sxp_free(atom);
        return UT_ENOMEM;
    }
    if (ut_sxp_add(pair, atom) < 0) {
        ut_sxp_free(pair);
        return UT_ENOMEM;
    }
    return ut_sxp_add(list, pair);
}

int ut_sxp_add_str(struct ut_sxp *list, const char *name, const char *value)
{
    return add_pair(list, name, ut_sxp_new_str(value));
}

int ut_sxp_add_int(struct ut_sxp *list, const char *name, int64_t value)
{
    return add_pair(list, name, ut_sxp_new_int(value));
}

int ut_sxp_add_float(struct ut_sxp *list, const char *name, double value)
{
    return add_pair(list, name, ut_sxp_new_float(value));
}

const char *ut_sxp_head(const struct ut_sxp *sx)
{
    if (!sx || sx->kind != UT_SXP_LIST || !sx->nr_items) return "";
    return sx->item[0]->kind == UT_SXP_LIST ? "" : sx->item[0]->text;
}

const struct ut_sxp *ut_sxp_child(const struct ut_sxp *sx, const char *name)
{
    if (!sx || sx->kind != UT_SXP_LIST) return NULL;
    for (size_t i = 0; i < sx->nr_items; i++) {
        const struct ut_sxp *c = sx->item[i];

        if (c->kind == UT_SXP_LIST && c->nr_items && c->item[0]->kind != UT_SXP_LIST &&
            strcmp(c->item[0]->text, name) == 0)
            return c;
    }
    return NULL;
}

const char *ut_sxp_get(const struct ut_sxp *sx, const char *name, const char *dflt)
{
    const struct ut_sxp *c = ut_sxp_child(sx, name);

    if (!c || c->nr_items < 2 || c->item[1]->kind == UT_SXP_LIST || !c->item[1]->text[0])
        return dflt;
    return c->item[1]->text;
}

int ut_sxp_get_int(const struct ut_sxp *sx, const char *name, int64_t *v_out)
{
    const char *s = ut_sxp_get(sx, name, NULL);
    long long v;
    char *end;

    if (!s) return UT_ENOENT;
    errno = 0;
    v = strtoll(s, &end, 10);
    if (errno || end == s || *end) return UT_EFORMAT;
    *v_out = v;
    return UT_OK;
}

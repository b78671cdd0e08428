/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walk the tree. Recursion is as deep as the tree, which the parser bounds. */
#include "cfg_int.h"

#include <string.h>

static struct xm_val *eval(struct xm_cfg *c, const struct xm_node *n);

static struct xm_val *eval_name(struct xm_cfg *c, const struct xm_node *n)
{
    struct xm_cfg_var *var;

    if (!xm__work(c, n->pos, 1 + c->nr_vars / 32)) return NULL;
    var = xm__var_find(c, n->name);
    if (!var || !var->value) return xm__builtin(c, n->pos, n->name);
    var->read = true;
    return var->value;
}

static struct xm_val *eval_seq(struct xm_cfg *c, const struct xm_node *n)
{
    struct xm_val *v = xm__seq(c, n->kind == XM_N_TUPLE ? XM_TUPLE : XM_LIST);

    for (size_t i = 0; v && i < n->nr_kids; i++) {
        struct xm_val *item = eval(c, n->kid[i]);

        if (!item || !xm__seq_add(c, n->pos, v, item)) return NULL;
    }
    return v;
}

static struct xm_val *eval_dict(struct xm_cfg *c, const struct xm_node *n)
{
    struct xm_val *v = xm__seq(c, XM_DICT);

    for (size_t i = 0; v && i + 1 < n->nr_kids; i += 2) {
        struct xm_val *kv[2];

        kv[0] = eval(c, n->kid[i]);
        kv[1] = kv[0] ? eval(c, n->kid[i + 1]) : NULL;
        if (!kv[1] || !xm__dict_set(c, n->kid[i]->pos, v, kv)) return NULL;
    }
    return v;
}

static struct xm_val *eval_binary(struct xm_cfg *c, const struct xm_node *n)
{
    struct xm_val *v = eval(c, n->kid[0]);

    for (size_t i = 1; v && i < n->nr_kids; i++) {
        struct xm_val *other = eval(c, n->kid[i]->kid[0]);

        v = other ? xm__binary(c, n->kid[i]->pos, n->kid[i]->op, v, other) : NULL;
    }
    return v;
}

/* a < b < c: true while each neighbouring pair compares so. */
static struct xm_val *eval_compare(struct xm_cfg *c, const struct xm_node *n)
{
    struct xm_val *left = eval(c, n->kid[0]);
    bool res = true;

    for (size_t i = 1; left && res && i < n->nr_kids; i++) {
        struct xm_val *right = eval(c, n->kid[i]->kid[0]);

        if (!right || !xm__compare(c, n->kid[i], left, right, &res)) return NULL;
        left = right;
    }
    return left ? xm__bool(c, res) : NULL;
}

static struct xm_val *eval_logic(struct xm_cfg *c, const struct xm_node *n)
{
    struct xm_val *v = eval(c, n->kid[0]);

    for (size_t i = 1; v && i < n->nr_kids; i++) {
        if (xm__truth(v) == (n->kind == XM_N_OR)) break;
        v = eval(c, n->kid[i]);
    }
    return v;
}

static struct xm_val *eval_call(struct xm_cfg *c, const struct xm_node *link, struct xm_val *fn)
{
    struct xm_val *args = xm__seq(c, XM_LIST);

    for (size_t i = 0; args && i < link->nr_kids; i++) {
        struct xm_val *arg = eval(c, link->kid[i]);

        if (!arg || !xm__seq_add(c, link->pos, args, arg)) return NULL;
    }
    return args ? xm__call(c, link->pos, fn, args) : NULL;
}

static struct xm_val *eval_slice(struct xm_cfg *c, const struct xm_node *link, struct xm_val *v)
{
    struct xm_val *bound[3] = { NULL, NULL, NULL };

    for (size_t i = 0; i < 3; i++) {
        if (!link->kid[i]) continue;
        bound[i] = eval(c, link->kid[i]);
        if (!bound[i]) return NULL;
    }
    return xm__slice(c, link->pos, v, bound);
}

static struct xm_val *eval_link(struct xm_cfg *c, const struct xm_node *link, struct xm_val *v)
{
    struct xm_val *key;

    if (!xm__work(c, link->pos, 1)) return NULL;
    switch (link->kind) {
    case XM_N_ATTR: return xm__attr(c, link->pos, v, link->name);
    case XM_N_CALL: return eval_call(c, link, v);
    case XM_N_SLICE: return eval_slice(c, link, v);
    default: break;
    }
    key = eval(c, link->kid[0]);
    return key ? xm__index(c, link->pos, v, key) : NULL;
}

/* Everything of NAME.a[b](c)... but the last `skip` links. */
static struct xm_val *eval_trail(struct xm_cfg *c, const struct xm_node *n, size_t skip)
{
    struct xm_val *v = eval(c, n->kid[0]);

    for (size_t i = 1; v && i + skip < n->nr_kids; i++)
        v = eval_link(c, n->kid[i], v);
    return v;
}

static struct xm_val *eval_cond(struct xm_cfg *c, const struct xm_node *n)
{
    struct xm_val *cond = eval(c, n->kid[0]);

    return cond ? eval(c, n->kid[xm__truth(cond) ? 1 : 2]) : NULL;
}

static struct xm_val *eval_unary(struct xm_cfg *c, const struct xm_node *n)
{
    struct xm_val *v = eval(c, n->kid[0]);

    return v ? xm__unary(c, n->pos, n->op, v) : NULL;
}

static struct xm_val *eval(struct xm_cfg *c, const struct xm_node *n)
{
    if (!xm__work(c, n->pos, 1)) return NULL;
    switch (n->kind) {
    case XM_N_CONST: return n->value;
    case XM_N_NAME: return eval_name(c, n);
    case XM_N_LIST:
    case XM_N_TUPLE: return eval_seq(c, n);
    case XM_N_DICT: return eval_dict(c, n);
    case XM_N_UNARY: return eval_unary(c, n);
    case XM_N_COND: return eval_cond(c, n);
    case XM_N_BINARY: return eval_binary(c, n);
    case XM_N_COMPARE: return eval_compare(c, n);
    case XM_N_AND:
    case XM_N_OR: return eval_logic(c, n);
    case XM_N_TRAIL: return eval_trail(c, n, 0);
    default: break;
    }
    return xm__fail(c, n->pos, "not an expression");
}

static bool assign(struct xm_cfg *c, const struct xm_node *target, struct xm_val *v);

static bool assign_many(struct xm_cfg *c, const struct xm_node *target, struct xm_val *v)
{
    if (v->type != XM_TUPLE && v->type != XM_LIST) {
        xm__fail(c, target->pos, "'%s' cannot be unpacked into several variables",
                 xm_type_name(v->type));
        return false;
    }
    if (v->u.seq.nr != target->nr_kids) {
        xm__fail(c, target->pos, "%zu values for %zu variables", v->u.seq.nr, target->nr_kids);
        return false;
    }
    for (size_t i = 0; i < target->nr_kids; i++)
        if (!assign(c, target->kid[i], v->u.seq.item[i])) return false;
    return true;
}

static bool assign(struct xm_cfg *c, const struct xm_node *target, struct xm_val *v)
{
    struct xm_val *box, *kv[2];

    if (!xm__work(c, target->pos, 1 + c->nr_vars / 32)) return false;
    if (target->kind == XM_N_NAME) return xm__var_set(c, target->name, v, target->pos);
    if (target->kind != XM_N_TRAIL) return assign_many(c, target, v);
    box = eval_trail(c, target, 1);
    kv[0] = box ? eval(c, target->kid[target->nr_kids - 1]->kid[0]) : NULL;
    kv[1] = v;
    return kv[0] && xm__set_item(c, target->pos, box, kv);
}

static bool exec_assign(struct xm_cfg *c, const struct xm_node *n)
{
    struct xm_val *v = eval(c, n->kid[n->nr_kids - 1]);

    for (size_t i = 0; v && i + 1 < n->nr_kids; i++)
        if (!assign(c, n->kid[i], v)) return false;
    return v != NULL;
}

/* x += y. Lists grow in place, so that another name of the same list sees it. */
static bool exec_augment(struct xm_cfg *c, const struct xm_node *n)
{
    const struct xm_node *target = n->kid[0];
    struct xm_cfg_var *var = target->kind == XM_N_NAME ? xm__var_find(c, target->name) : NULL;
    bool was_read = var && var->read;
    struct xm_val *old = eval(c, target);
    struct xm_val *v = old ? eval(c, n->kid[1]) : NULL;
    size_t nr;

    if (!v) return false;
    if (var) var->read = was_read;  /* adding to a variable is not a use of it */
    if (n->op != XM_OP_ADD || old->type != XM_LIST ||
        (v->type != XM_LIST && v->type != XM_TUPLE)) {
        v = xm__binary(c, n->pos, n->op, old, v);
        return v && assign(c, target, v);
    }
    nr = v->u.seq.nr;               /* fixed first: v may be old itself */
    for (size_t i = 0; i < nr; i++)
        if (!xm__seq_add(c, n->pos, old, v->u.seq.item[i])) return false;
    return assign(c, target, old);
}

static bool del(struct xm_cfg *c, const struct xm_node *target)
{
    struct xm_cfg_var *var;
    struct xm_val *box, *key;

    if (target->kind == XM_N_NAME) {
        var = xm__var_find(c, target->name);
        if (!var || !var->value) {
            xm__fail(c, target->pos, "name '%.80s' is not defined", target->name);
            return false;
        }
        var->value = NULL;
        return true;
    }
    if (target->kind != XM_N_TRAIL) {
        for (size_t i = 0; i < target->nr_kids; i++)
            if (!del(c, target->kid[i])) return false;
        return true;
    }
    box = eval_trail(c, target, 1);
    key = box ? eval(c, target->kid[target->nr_kids - 1]->kid[0]) : NULL;
    return key && xm__del_item(c, target->pos, box, key);
}

static bool exec_if(struct xm_cfg *c, const struct xm_node *n)
{
    size_t i;

    for (i = 0; i + 1 < n->nr_kids; i += 2) {
        struct xm_val *cond = eval(c, n->kid[i]);

        if (!cond) return false;
        if (xm__truth(cond)) return xm__exec(c, n->kid[i + 1]);
    }
    return i == n->nr_kids || xm__exec(c, n->kid[i]);
}

/* import os: whatever the file called os before is hidden again. */
static bool exec_import(struct xm_cfg *c, const struct xm_node *n)
{
    for (size_t i = 0; i < n->nr_kids; i++) {
        struct xm_cfg_var *var = xm__var_find(c, n->kid[i]->name);

        if (var) var->value = NULL;
    }
    return true;
}

static bool exec_stmt(struct xm_cfg *c, const struct xm_node *n)
{
    if (!xm__work(c, n->pos, 1)) return false;
    switch (n->kind) {
    case XM_N_EXPR: return eval(c, n->kid[0]) != NULL;
    case XM_N_ASSIGN: return exec_assign(c, n);
    case XM_N_AUGMENT: return exec_augment(c, n);
    case XM_N_DEL: return del(c, n->kid[0]);
    case XM_N_IF: return exec_if(c, n);
    case XM_N_IMPORT: return exec_import(c, n);
    default: break;
    }
    return true;                    /* pass */
}

bool xm__exec(struct xm_cfg *c, const struct xm_node *block)
{
    for (size_t i = 0; i < block->nr_kids; i++)
        if (!exec_stmt(c, block->kid[i])) return false;
    return true;
}

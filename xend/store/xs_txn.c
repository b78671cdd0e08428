/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transactions. One works on a copy of the store, which costs nothing to make. Its commit fails
 * with EAGAIN if anything it looked at or changed has changed meanwhile; finer than the historic
 * store, where any change anywhere did, so that one busy guest cannot keep others from committing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "xs_server.h"

#define MAX_BYTES_GUEST (256u << 10)    /* of what a guest's transaction remembers */
#define MAX_BYTES_HOST  (64u << 20)

static void free_txn(struct xs_txn *t)
{
    while (t->ops) {
        struct xs_logged *op = t->ops;

        t->ops = op->next;
        free(op->path);
        free(op->data);
        free(op);
    }
    while (t->seen) {
        struct xs_seen *seen = t->seen;

        t->seen = seen->next;
        free(seen->path);
        free(seen);
    }
    xs_tree_fini(&t->base);
    xs_tree_fini(&t->view.tree);
    free(t);
}

struct xs_txn *xs_txn_find(struct xs_conn *c, uint32_t id)
{
    for (struct xs_txn *t = c->txns; t; t = t->next)
        if (t->id == id) return t;
    return NULL;
}

int xs_txn_start(struct xs_conn *c, uint32_t *id_out)
{
    struct xs_server *s = c->srv;
    struct xs_txn *t;

    if (!c->who.privileged && c->nr_txns >= XS_QUOTA_TRANSACTIONS) return ENOSPC;
    t = calloc(1, sizeof(*t));
    if (!t) return ENOMEM;
    do t->id = s->next_txn++;
    while (!t->id || xs_txn_find(c, t->id));
    xs_tree_copy(&t->base, &s->view.tree);
    xs_tree_copy(&t->view.tree, &s->view.tree);
    t->view.base_owned = s->owned;
    t->ops_end = &t->ops;
    t->next = c->txns;
    c->txns = t;
    c->nr_txns++;
    *id_out = t->id;
    return 0;
}

/* ---- what it remembers ----------------------------------------------------------------------- */

static bool remember(struct xs_conn *c, struct xs_txn *t, size_t bytes)
{
    t->bytes += bytes + 64;
    if (t->bytes > (c->who.privileged ? MAX_BYTES_HOST : MAX_BYTES_GUEST)) t->error = ENOSPC;
    return !t->error;
}

void xs_txn_saw(struct xs_conn *c, struct xs_txn *t, const char *path)
{
    struct xs_seen *seen;

    if (t->seen && !strcmp(t->seen->path, path)) return;
    if (!remember(c, t, strlen(path))) return;
    seen = calloc(1, sizeof(*seen));
    if (seen) seen->path = strdup(path);
    if (!seen || !seen->path) {
        free(seen);
        t->error = ENOMEM;
        return;
    }
    seen->next = t->seen;
    t->seen = seen;
}

static int keep_op(struct xs_conn *c, struct xs_txn *t, uint32_t type, const char *path,
                   const void *data, size_t len)
{
    struct xs_logged *op;

    if (!remember(c, t, strlen(path) + len)) return t->error;
    op = calloc(1, sizeof(*op));
    if (op) {
        op->type = type;
        op->path = strdup(path);
        op->data = malloc(len + 1);
        op->len = len;
    }
    if (!op || !op->path || !op->data) {
        if (op) {
            free(op->path);
            free(op->data);
        }
        free(op);
        return t->error = ENOMEM;
    }
    if (len) memcpy(op->data, data, len);
    *t->ops_end = op;
    t->ops_end = &op->next;
    return 0;
}

/* ---- doing ----------------------------------------------------------------------------------- */

static int apply(struct xs_view *v, const struct xs_who *who, uint32_t type, const char *path,
                 const void *data, size_t len)
{
    switch (type) {
    case XS_WRITE:     return xs_op_write(v, who, path, data, len);
    case XS_MKDIR:     return xs_op_mkdir(v, who, path);
    case XS_RM:        return xs_op_rm(v, who, path);
    case XS_SET_PERMS: return xs_op_set_perms(v, who, path, data, len / sizeof(struct xs_perm));
    default:           return EINVAL;
    }
}

/* To the store itself, with everybody told. */
static int apply_for_all(struct xs_conn *c, uint32_t type, const char *path, const void *data,
                         size_t len)
{
    struct xs_server *s = c->srv;
    const struct xs_node *n = xs_tree_find(&s->view.tree, path);
    int e;

    if (type == XS_MKDIR && n) return apply(&s->view, &c->who, type, path, data, len);
    if (type == XS_RM) {
        /* told before: afterwards nobody knows who could read what was there */
        if (n && path[1] && xs_access_of(&c->who, n) & XS_PERM_WRITE)
            xs_watch_fire_removal(s, path);
        return apply(&s->view, &c->who, type, path, data, len);
    }
    e = apply(&s->view, &c->who, type, path, data, len);
    if (!e) xs_watch_fire(s, path);
    return e;
}

int xs_change(struct xs_conn *c, struct xs_txn *t, uint32_t type, const char *path,
              const void *data, size_t len)
{
    int e;

    if (!t) return apply_for_all(c, type, path, data, len);
    if (t->error) return t->error;
    xs_txn_saw(c, t, path);
    e = apply(&t->view, &c->who, type, path, data, len);
    return e ? e : keep_op(c, t, type, path, data, len);
}

/* ---- the end --------------------------------------------------------------------------------- */

static bool outdated(const struct xs_server *s, const struct xs_txn *t)
{
    for (const struct xs_seen *seen = t->seen; seen; seen = seen->next) {
        const struct xs_node *then = xs_tree_find(&t->base, seen->path);
        const struct xs_node *now = xs_tree_find(&s->view.tree, seen->path);

        if (!then != !now || (then && then->gen != now->gen)) return true;
    }
    return false;
}

/* Everything again on a fresh copy: what somebody else did may stand in the way. */
static bool would_work(struct xs_conn *c, const struct xs_txn *t)
{
    struct xs_view trial = { .base_owned = c->srv->owned };
    int e = 0;

    xs_tree_copy(&trial.tree, &c->srv->view.tree);
    for (const struct xs_logged *op = t->ops; op && !e; op = op->next)
        e = apply(&trial, &c->who, op->type, op->path, op->data, op->len);
    xs_tree_fini(&trial.tree);
    return !e;
}

static int commit(struct xs_conn *c, struct xs_txn *t)
{
    struct xs_server *s = c->srv;
    int e = t->error;

    if (!e && t->base.gen != s->view.tree.gen && (outdated(s, t) || !would_work(c, t))) e = EAGAIN;
    for (const struct xs_logged *op = t->ops; op && !e; op = op->next)
        e = apply_for_all(c, op->type, op->path, op->data, op->len);
    return e;
}

int xs_txn_end(struct xs_conn *c, struct xs_txn *t, bool do_commit)
{
    struct xs_txn **p = &c->txns;
    int e = do_commit ? commit(c, t) : 0;

    while (*p != t) p = &(*p)->next;
    *p = t->next;
    c->nr_txns--;
    free_txn(t);
    return e;
}

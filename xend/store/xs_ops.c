/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xs_ops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "xs_wire.h"

/* ---- permissions ----------------------------------------------------------------------------- */

static const struct { char letter; uint32_t access; } letters[] = {
    { 'n', XS_PERM_NONE }, { 'r', XS_PERM_READ }, { 'w', XS_PERM_WRITE },
    { 'b', XS_PERM_READ | XS_PERM_WRITE },
};

bool xs_perm_parse(const char *text, struct xs_perm *out)
{
    char *end;
    unsigned long v;

    if (text[0] == '\0' || text[1] < '0' || text[1] > '9') return false;
    v = strtoul(text + 1, &end, 10);
    if (*end || v > XS_DOMID_MAX) return false;
    out->domid = (uint32_t)v;
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        if (letters[i].letter != text[0]) continue;
        out->access = letters[i].access;
        return true;
    }
    return false;
}

char xs_perm_letter(const struct xs_perm *p)
{
    return letters[p->access & 3].letter;
}

static bool is(const struct xs_who *who, uint32_t domid)
{
    return domid == who->domid || domid == who->target;
}

unsigned xs_access_of(const struct xs_who *who, const struct xs_node *n)
{
    if (who->privileged || is(who, n->perms[0].domid)) return XS_PERM_READ | XS_PERM_WRITE;
    for (uint32_t i = 1; i < n->nr_perms; i++)
        if (is(who, n->perms[i].domid)) return n->perms[i].access;
    return n->perms[0].access;
}

int xs_op_get(const struct xs_view *v, const struct xs_who *who, const char *path, unsigned access,
              const struct xs_node **node_out)
{
    size_t len;
    const struct xs_node *n = xs_tree_nearest(&v->tree, path, &len);

    *node_out = NULL;
    /* whoever may not look at the parent shall not learn what is missing there */
    if (path[len]) return xs_access_of(who, n) & XS_PERM_READ ? ENOENT : EACCES;
    if ((xs_access_of(who, n) & access) != access) return EACCES;
    *node_out = n;
    return 0;
}

/* ---- quotas ---------------------------------------------------------------------------------- */

static void count(struct xs_view *v, const struct xs_who *who, uint32_t owner, int64_t by)
{
    if (v->owned) v->owned[owner] = (uint32_t)(v->owned[owner] + by);
    else if (who && owner == who->domid) v->delta += by;
}

static bool may_add_node(const struct xs_view *v, const struct xs_who *who)
{
    int64_t nr;

    if (who->privileged) return true;
    nr = v->owned ? v->owned[who->domid] : v->base_owned[who->domid] + v->delta;
    return nr < XS_QUOTA_NODES;
}

static bool fits(const struct xs_who *who, const struct xs_node *n, size_t value_len,
                 size_t nr_perms, size_t more_names)
{
    size_t bytes = value_len + nr_perms * sizeof(struct xs_perm) + more_names;

    if (who->privileged) return true;
    for (uint32_t i = 0; n && i < n->nr_children; i++) bytes += strlen(n->child[i]->name) + 1;
    return bytes <= XS_QUOTA_NODE_BYTES;
}

/* Nodes of a subtree belong to nobody any more. */
static void uncount(struct xs_view *v, const struct xs_who *who, const struct xs_node *n)
{
    count(v, who, n->perms[0].domid, -1);
    for (uint32_t i = 0; i < n->nr_children; i++) uncount(v, who, n->child[i]);
}

/* ---- changes --------------------------------------------------------------------------------- */

static void tell_set(struct xs_view *v, const char *path)
{
    if (v->set) v->set(v->ctx, path, xs_tree_find(&v->tree, path));
}

/* Add the node at the first `len` bytes of `path`, below a parent that exists. */
static int add_one(struct xs_view *v, const struct xs_who *who, const char *path, size_t len)
{
    char at[XS_ABS_PATH_MAX + 1], up[XS_ABS_PATH_MAX + 1];
    const struct xs_node *parent;
    struct xs_perm *perms;
    size_t nr_perms;
    int e;

    memcpy(at, path, len);
    at[len] = '\0';
    memcpy(up, path, xs_path_parent(at));
    up[xs_path_parent(at)] = '\0';
    parent = xs_tree_find(&v->tree, up);
    if (!may_add_node(v, who)) return ENOSPC;
    if (!fits(who, parent, parent->value_len, parent->nr_perms, strlen(strrchr(at, '/')) + 1))
        return ENOSPC;
    nr_perms = parent->nr_perms;
    perms = malloc(nr_perms * sizeof(*perms));
    if (!perms) return ENOMEM;
    memcpy(perms, parent->perms, nr_perms * sizeof(*perms));
    if (!who->privileged) perms[0].domid = who->domid;
    e = xs_tree_add(&v->tree, at, perms, nr_perms);
    if (!e) count(v, who, perms[0].domid, 1);
    free(perms);
    if (!e) tell_set(v, at);
    return e;
}

/* Create a missing node with its missing parents. */
static int create(struct xs_view *v, const struct xs_who *who, const char *path)
{
    size_t len;
    const struct xs_node *n = xs_tree_nearest(&v->tree, path, &len);
    int e;

    if (!(xs_access_of(who, n) & XS_PERM_WRITE)) return EACCES;
    while (path[len]) {
        if (path[len] == '/') len++;
        len += strcspn(path + len, "/");
        e = add_one(v, who, path, len);
        if (e) return e;
    }
    return 0;
}

int xs_op_write(struct xs_view *v, const struct xs_who *who, const char *path, const void *value,
                size_t len)
{
    const struct xs_node *n = xs_tree_find(&v->tree, path);
    int e = 0;

    if (n && !(xs_access_of(who, n) & XS_PERM_WRITE)) return EACCES;
    if (!fits(who, n, len, n ? n->nr_perms : 1, 0)) return ENOSPC;
    if (!n) e = create(v, who, path);
    if (!e) e = xs_tree_set_value(&v->tree, path, value, len);
    if (!e) tell_set(v, path);
    return e;
}

int xs_op_mkdir(struct xs_view *v, const struct xs_who *who, const char *path)
{
    const struct xs_node *n = xs_tree_find(&v->tree, path);

    if (!n) return create(v, who, path);
    return xs_access_of(who, n) & XS_PERM_WRITE ? 0 : EACCES;
}

int xs_op_rm(struct xs_view *v, const struct xs_who *who, const char *path)
{
    const struct xs_node *n;
    char up[XS_ABS_PATH_MAX + 1];
    int e;

    if (!path[1]) return EINVAL;
    e = xs_op_get(v, who, path, XS_PERM_WRITE, &n);
    if (e == ENOENT) {
        memcpy(up, path, xs_path_parent(path));
        up[xs_path_parent(path)] = '\0';
        return xs_tree_find(&v->tree, up) ? 0 : ENOENT;
    }
    if (e) return e;
    uncount(v, who, n);
    e = xs_tree_remove(&v->tree, path);
    if (!e && v->removed) v->removed(v->ctx, path);
    return e;
}

int xs_op_set_perms(struct xs_view *v, const struct xs_who *who, const char *path,
                    const struct xs_perm *perms, size_t nr_perms)
{
    const struct xs_node *n;
    uint32_t old_owner;
    int e = xs_op_get(v, who, path, 0, &n);

    if (e) return e;
    if (!who->privileged && !is(who, n->perms[0].domid)) return EACCES;
    if (!who->privileged && perms[0].domid != n->perms[0].domid) return EPERM;
    if (!fits(who, n, n->value_len, nr_perms, 0)) return ENOSPC;
    old_owner = n->perms[0].domid;
    e = xs_tree_set_perms(&v->tree, path, perms, nr_perms);
    if (e) return e;
    count(v, who, old_owner, -1);
    count(v, who, perms[0].domid, 1);
    tell_set(v, path);
    return 0;
}

int xs_op_load(struct xs_view *v, const char *path, const struct xs_perm *perms, size_t nr_perms,
               const void *value, size_t len)
{
    const struct xs_node *n = xs_tree_find(&v->tree, path);
    char up[XS_ABS_PATH_MAX + 1];
    int e = 0;

    if (n) {
        count(v, NULL, n->perms[0].domid, -1);
        e = xs_tree_set_perms(&v->tree, path, perms, nr_perms);
    } else {
        memcpy(up, path, xs_path_parent(path));
        up[xs_path_parent(path)] = '\0';
        if (!xs_tree_find(&v->tree, up)) return ENOENT;
        e = xs_tree_add(&v->tree, path, perms, nr_perms);
    }
    if (e) return e;
    count(v, NULL, perms[0].domid, 1);
    return xs_tree_set_value(&v->tree, path, value, len);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xs_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "xs_wire.h"

/* ---- paths ----------------------------------------------------------------------------------- */

bool xs_path_valid(const char *path)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-/_@";
    size_t len = strlen(path);

    if (path[0] != '/' || len > XS_ABS_PATH_MAX) return false;
    if (len > 1 && path[len - 1] == '/') return false;
    return strspn(path, letters) == len && !strstr(path, "//");
}

bool xs_path_below(const char *path, const char *top)
{
    size_t len = strlen(top);

    if (len == 1 && top[0] == '/') return path[0] == '/';
    return !strncmp(path, top, len) && (path[len] == '\0' || path[len] == '/');
}

size_t xs_path_parent(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash && slash > path ? (size_t)(slash - path) : 1;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static void unref(struct xs_node *n)
{
    if (!n || --n->refs) return;
    for (uint32_t i = 0; i < n->nr_children; i++) unref(n->child[i]);
    free(n->child);
    free(n->name);
    free(n->value);
    free(n->perms);
    free(n);
}

static struct xs_node *new_node(const char *name, size_t name_len, const struct xs_perm *perms,
                                size_t nr_perms)
{
    struct xs_node *n = calloc(1, sizeof(*n));

    if (!n) return NULL;
    n->refs = 1;
    n->name = strndup(name, name_len);
    n->value = calloc(1, 1);
    n->perms = malloc(nr_perms * sizeof(*perms));
    if (!n->name || !n->value || !n->perms) {
        unref(n);
        return NULL;
    }
    memcpy(n->perms, perms, nr_perms * sizeof(*perms));
    n->nr_perms = (uint32_t)nr_perms;
    return n;
}

static char *dup_value(const void *value, size_t len)
{
    char *v = malloc(len + 1);

    if (!v) return NULL;
    if (len) memcpy(v, value, len);
    v[len] = '\0';
    return v;
}

/* Make the node in `slot` this tree's alone, so that it may be changed. */
static struct xs_node *own(struct xs_node **slot)
{
    struct xs_node *old = *slot, *n;

    if (old->refs == 1) return old;
    n = new_node(old->name, strlen(old->name), old->perms, old->nr_perms);
    if (!n) return NULL;
    free(n->value);
    n->value = dup_value(old->value, old->value_len);
    n->child = malloc((old->nr_children + 1) * sizeof(*n->child));
    if (!n->value || !n->child) {
        unref(n);
        return NULL;
    }
    n->value_len = old->value_len;
    n->gen = old->gen;
    n->cap_children = old->nr_children + 1;
    n->nr_children = old->nr_children;
    for (uint32_t i = 0; i < old->nr_children; i++) {
        n->child[i] = old->child[i];
        n->child[i]->refs++;
    }
    old->refs--;
    *slot = n;
    return n;
}

static int compare(const char *name, const char *part, size_t len)
{
    int r = strncmp(name, part, len);

    return r ? r : name[len] != '\0';
}

/* Where the child is, or would be. */
static bool find_child(const struct xs_node *n, const char *part, size_t len, uint32_t *at_out)
{
    uint32_t lo = 0, hi = n->nr_children;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int r = compare(n->child[mid]->name, part, len);

        if (!r) {
            *at_out = mid;
            return true;
        }
        if (r < 0) lo = mid + 1;
        else hi = mid;
    }
    *at_out = lo;
    return false;
}

/* Step over slashes to the next part of a path; its length, 0 at the end. */
static size_t next_part(const char **p)
{
    while (**p == '/') (*p)++;
    return strcspn(*p, "/");
}

/* ---- trees ----------------------------------------------------------------------------------- */

int xs_tree_init(struct xs_tree *t)
{
    static const struct xs_perm private = { 0, XS_PERM_NONE };

    t->gen = 1;
    t->root = new_node("", 0, &private, 1);
    return t->root ? 0 : ENOMEM;
}

void xs_tree_fini(struct xs_tree *t)
{
    unref(t->root);
    t->root = NULL;
}

void xs_tree_copy(struct xs_tree *to, const struct xs_tree *from)
{
    *to = *from;
    to->root->refs++;
}

const struct xs_node *xs_tree_nearest(const struct xs_tree *t, const char *path, size_t *len_out)
{
    const struct xs_node *n = t->root;
    const char *p = path, *reached = path + 1;
    uint32_t at;
    size_t len;

    while ((len = next_part(&p)) && find_child(n, p, len, &at)) {
        n = n->child[at];
        p += len;
        reached = p;
    }
    *len_out = (size_t)(reached - path);
    return n;
}

const struct xs_node *xs_tree_find(const struct xs_tree *t, const char *path)
{
    size_t len;
    const struct xs_node *n = xs_tree_nearest(t, path, &len);

    return path[len] ? NULL : n;
}

/* The node at the first `len` bytes of an existing path, ready to be changed. NULL = no memory. */
static struct xs_node *edit(struct xs_tree *t, const char *path, size_t len)
{
    struct xs_node *n = own(&t->root);
    const char *p = path, *end = path + len;
    uint32_t at;
    size_t part;

    while (n && (part = next_part(&p)) && p < end) {
        if (!find_child(n, p, part, &at)) return NULL;
        n = own(&n->child[at]);
        p += part;
    }
    if (n) n->gen = ++t->gen;
    return n;
}

int xs_tree_set_value(struct xs_tree *t, const char *path, const void *value, size_t len)
{
    char *copy = dup_value(value, len);
    struct xs_node *n = copy ? edit(t, path, strlen(path)) : NULL;

    if (!n) {
        free(copy);
        return ENOMEM;
    }
    free(n->value);
    n->value = copy;
    n->value_len = (uint32_t)len;
    return 0;
}

int xs_tree_set_perms(struct xs_tree *t, const char *path, const struct xs_perm *perms,
                      size_t nr_perms)
{
    struct xs_perm *copy = malloc(nr_perms * sizeof(*perms));
    struct xs_node *n = copy ? edit(t, path, strlen(path)) : NULL;

    if (!n) {
        free(copy);
        return ENOMEM;
    }
    memcpy(copy, perms, nr_perms * sizeof(*perms));
    free(n->perms);
    n->perms = copy;
    n->nr_perms = (uint32_t)nr_perms;
    return 0;
}

static bool grow(struct xs_node *n)
{
    uint32_t cap = n->cap_children ? n->cap_children * 2 : 4;
    struct xs_node **p;

    if (n->nr_children < n->cap_children) return true;
    p = realloc(n->child, cap * sizeof(*p));
    if (!p) return false;
    n->child = p;
    n->cap_children = cap;
    return true;
}

int xs_tree_add(struct xs_tree *t, const char *path, const struct xs_perm *perms, size_t nr_perms)
{
    const char *name = strrchr(path, '/') + 1;
    size_t len = strlen(name);
    struct xs_node *n = new_node(name, len, perms, nr_perms);
    struct xs_node *parent = n ? edit(t, path, xs_path_parent(path)) : NULL;
    uint32_t at;

    if (!parent || !grow(parent)) {
        unref(n);
        return ENOMEM;
    }
    if (find_child(parent, name, len, &at)) {
        unref(n);
        return EEXIST;
    }
    memmove(parent->child + at + 1, parent->child + at,
            (parent->nr_children - at) * sizeof(*parent->child));
    parent->child[at] = n;
    parent->nr_children++;
    n->gen = t->gen;
    return 0;
}

int xs_tree_remove(struct xs_tree *t, const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    struct xs_node *parent;
    uint32_t at;

    if (!*name) return EINVAL;
    parent = edit(t, path, xs_path_parent(path));
    if (!parent) return ENOMEM;
    if (!find_child(parent, name, strlen(name), &at)) return ENOENT;
    unref(parent->child[at]);
    parent->nr_children--;
    memmove(parent->child + at, parent->child + at + 1,
            (parent->nr_children - at) * sizeof(*parent->child));
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xs_tree: XenStore's tree as a value. A copy costs one reference: nodes are shared between copies
 * and cloned on the way to a change, so a transaction's snapshot is free until somebody writes.
 *
 * Ownership: a tree holds a reference on its root. Nodes found are borrowed until the next change
 *   of that tree.
 * Threads: none; reference counts are plain numbers.
 * Errors: 0 or an errno, which is what travels to the client. Paths passed in are absolute and
 *   valid (xs_path_valid); "/" is the root.
 */
#ifndef XEND_STORE_XS_TREE_H
#define XEND_STORE_XS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XS_DOMID_MAX 0x7fffu

enum xs_access { XS_PERM_NONE = 0, XS_PERM_READ = 1, XS_PERM_WRITE = 2 };

/** The first of a node's list names the owner and what all others may do. */
struct xs_perm { uint32_t domid, access; };

struct xs_node {
    unsigned refs;
    uint32_t nr_children, cap_children, nr_perms, value_len;
    uint64_t gen;                   /* of the last change of value, permissions, or children */
    char *name;                     /* last part of the path; "" for the root */
    char *value;                    /* NUL behind it */
    struct xs_perm *perms;          /* at least one */
    struct xs_node **child;         /* ascending names */
};

struct xs_tree {
    struct xs_node *root;
    uint64_t gen;                   /* counts changes */
};

/** A root that is domain 0's alone. */
int xs_tree_init(struct xs_tree *t);
void xs_tree_fini(struct xs_tree *t);
void xs_tree_copy(struct xs_tree *to, const struct xs_tree *from);

/** NULL if there is none. */
const struct xs_node *xs_tree_find(const struct xs_tree *t, const char *path);
/** The deepest node on the way that exists, and how many bytes of `path` lead there. */
const struct xs_node *xs_tree_nearest(const struct xs_tree *t, const char *path, size_t *len_out);
/** Change an existing node. */
int xs_tree_set_value(struct xs_tree *t, const char *path, const void *value, size_t len);
int xs_tree_set_perms(struct xs_tree *t, const char *path, const struct xs_perm *perms,
                      size_t nr_perms);
/** Add an empty node below an existing parent; `perms` are copied. */
int xs_tree_add(struct xs_tree *t, const char *path, const struct xs_perm *perms, size_t nr_perms);
/** Remove an existing node (not the root) and all below it. */
int xs_tree_remove(struct xs_tree *t, const char *path);

/** Characters, slashes, length of an absolute path. */
bool xs_path_valid(const char *path);
/** True if `path` is `top` or below it. */
bool xs_path_below(const char *path, const char *top);
/** Bytes of the parent's path: 1 for "/a". */
size_t xs_path_parent(const char *path);

#endif

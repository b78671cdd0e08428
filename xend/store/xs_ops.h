/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xs_ops: what a client may do to a tree: permissions, inheritance, quotas.
 *
 * The same operations work on the store itself and on a transaction's copy; a view says which.
 * Errors: 0 or an errno for the client.
 */
#ifndef XEND_STORE_XS_OPS_H
#define XEND_STORE_XS_OPS_H

#include "xs_tree.h"

/* What a guest may have. Source: facts of the historic store. */
#define XS_QUOTA_NODES        1000u
#define XS_QUOTA_NODE_BYTES   2048u
#define XS_QUOTA_WATCHES      128u
#define XS_QUOTA_TRANSACTIONS 10u

#define XS_NO_DOMID UINT32_MAX

/** On whose behalf something is done. */
struct xs_who {
    uint32_t domid;
    uint32_t target;                /* a domain it acts for, or XS_NO_DOMID */
    bool privileged;                /* domain 0 and tools */
};

/** A tree and what must know about its changes. */
struct xs_view {
    struct xs_tree tree;
    uint32_t *owned;                /* the store: nodes by owner, XS_DOMID_MAX + 1 of them */
    const uint32_t *base_owned;     /* a transaction: those of the store */
    int64_t delta;                  /* a transaction: what it adds to its own */
    void *ctx;
    /** The store: a node has been created or changed, a subtree removed. NULL in transactions. */
    void (*set)(void *ctx, const char *path, const struct xs_node *n);
    void (*removed)(void *ctx, const char *path);
};

/** enum xs_access bits that `who` has on a node. */
unsigned xs_access_of(const struct xs_who *who, const struct xs_node *n);
/** Find a node one of whose accesses is needed: EACCES, ENOENT (only if its absence may be
 *  seen). */
int xs_op_get(const struct xs_view *v, const struct xs_who *who, const char *path, unsigned access,
              const struct xs_node **node_out);
/** Missing parents are created. */
int xs_op_write(struct xs_view *v, const struct xs_who *who, const char *path, const void *value,
                size_t len);
int xs_op_mkdir(struct xs_view *v, const struct xs_who *who, const char *path);
int xs_op_rm(struct xs_view *v, const struct xs_who *who, const char *path);
int xs_op_set_perms(struct xs_view *v, const struct xs_who *who, const char *path,
                    const struct xs_perm *perms, size_t nr_perms);

/** Take a node as it is (from the journal): no checks, but counted. Parents must exist. */
int xs_op_load(struct xs_view *v, const char *path, const struct xs_perm *perms, size_t nr_perms,
               const void *value, size_t len);

/** One permission as text, "r5", and back. */
bool xs_perm_parse(const char *text, struct xs_perm *out);
char xs_perm_letter(const struct xs_perm *p);

#endif

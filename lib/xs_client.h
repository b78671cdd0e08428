/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xs_client: a client of XenStore over a unix socket, blocking, and the tree of a domain.
 *
 * Changes can be queued and sent together: one round trip for a whole domain. Watch events that
 * arrive meanwhile are dropped: nothing here watches.
 * Ownership: xs_open or xs_attach, then xs_close (NULL is fine).
 * Threads: one at a time.
 * Errors: UT_ECONN when the store is gone or breaks the protocol (the client is of no use then),
 *   UT_ETIMEOUT likewise; UT_ENOENT, UT_EPERM, UT_EEXIST, UT_EBUSY (EAGAIN), UT_ELIMIT, UT_EARG are
 *   what the store answered.
 */
#ifndef LIB_XS_CLIENT_H
#define LIB_XS_CLIENT_H

#include <stdbool.h>
#include "ut_buf.h"
#include "ut_err.h"
#include "xs_wire.h"

struct xs_client;

/** Connect. UT_ECONN if no store listens there. */
int xs_open(const char *socket_path, struct xs_client **client_out, struct ut_err *err);
/** Use a connected socket; taken, also on failure. */
int xs_attach(int fd, struct xs_client **client_out, struct ut_err *err);
void xs_close(struct xs_client *c);
int xs_fd(const struct xs_client *c);

/** One request and its answer. `reply` may be NULL. */
int xs_call(struct xs_client *c, enum xs_type type, const void *payload, size_t len,
            struct ut_buf *reply, struct ut_err *err);
/** Node's value, NUL-terminated in `value`. */
int xs_read(struct xs_client *c, const char *path, struct ut_buf *value, struct ut_err *err);
int xs_rm(struct xs_client *c, const char *path, struct ut_err *err);

/** Queue changes, then send them all; the first error counts, later changes are made anyway. */
void xs_queue_write(struct xs_client *c, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/** @perms  as on the wire but with ',' between, "n0,r5" */
void xs_queue_perms(struct xs_client *c, const char *path, const char *perms);
void xs_queue_rm(struct xs_client *c, const char *path);
int xs_flush(struct xs_client *c, struct ut_err *err);

/** Hand over a guest's line. The descriptor stays the caller's. */
int xs_introduce(struct xs_client *c, unsigned domid, uint64_t pfn, unsigned port, int fd,
                 struct ut_err *err);

/* ---- domains (xs_domain.c) ------------------------------------------------------------------ */

/** What a domain's tree says at its start. */
struct xs_domain {
    unsigned domid;
    const char *name, *uuid;        /* uuid as text */
    const char *tty;                /* console; "" = none */
    uint64_t memory_kib;
    unsigned nr_vcpus;
    uint64_t store_pfn, console_pfn;
    unsigned store_port, console_port;
};

/** Queue the tree of a new domain (facts 6.2). What its id had before is removed. */
void xs_domain_queue(struct xs_client *c, const struct xs_domain *d);
/** Queue the removal of its tree, and of /vm/UUID if `uuid` is not NULL. */
void xs_domain_queue_rm(struct xs_client *c, unsigned domid, const char *uuid);

/* ---- a store of one's own (xs_spawn.c) ------------------------------------------------------ */

/**
 * Start xen-store, which is nobody's child, and connect to it.
 * @dir, @log_path  as xen-store takes them; both NULL = a private one that ends with the client
 */
int xs_spawn(const char *program, const char *dir, const char *log_path,
             struct xs_client **client_out, struct ut_err *err);

#endif

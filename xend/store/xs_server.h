/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xs_server: XenStore as a process: who is connected, what they watch, and the store itself.
 *
 *   xs_conn.c     connections: bytes in, whole messages to the dispatcher, bytes out
 *   xs_req.c      the table of messages and what each does to the tree
 *   xs_req_dom.c  messages about domains
 *   xs_watch.c    who is told of a change
 *   xs_txn.c      transactions
 *   xs_journal.c  what a restart finds again
 *   xs_server.c   set-up, loop, end
 *
 * A guest's connection stays as long as the domain is introduced, with or without a descriptor: so
 * its watches survive a restart of this process, whose journal has them, and of the domain's end of
 * the line. Every peer is hostile; what a guest sends costs bounded memory, and what it does not
 * read stops its own requests only.
 * Threads: one.
 */
#ifndef XEND_STORE_XS_SERVER_H
#define XEND_STORE_XS_SERVER_H

#include "ut_buf.h"
#include "ut_err.h"
#include "ut_log.h"
#include "xs_ops.h"
#include "xs_wire.h"

#define XS_NR_BUCKETS     4096u
#define XS_OUT_HIGH       (64u << 10)   /* unread bytes at which requests wait */
#define XS_OUT_MAX_GUEST  (512u << 10)  /* beyond: events of a guest that does not read are lost */
#define XS_OUT_MAX_HOST   (16u << 20)   /* beyond: the connection is closed */

struct xs_server;
struct xs_conn;

struct xs_watch {
    struct xs_watch *next;              /* of the connection */
    struct xs_watch *chain, **pchain;   /* of the bucket */
    struct xs_conn *conn;
    bool relative;                      /* events carry relative paths */
    char *path, *token;
};

/** Something a transaction did, to be done again at its commit. */
struct xs_logged { uint32_t type; char *path; void *data; size_t len; struct xs_logged *next; };
struct xs_seen { char *path; struct xs_seen *next; };

struct xs_txn {
    struct xs_txn *next;
    uint32_t id;
    struct xs_tree base;                /* the store when it began */
    struct xs_view view;                /* what it made of it */
    struct xs_logged *ops, **ops_end;
    struct xs_seen *seen;               /* paths its outcome depends on */
    size_t bytes;                       /* of both lists */
    int error;                          /* it cannot be committed any more */
};

struct xs_conn {
    struct xs_server *srv;
    struct xs_conn *next, **pnext;
    int fd;                             /* -1 = none */
    struct xs_who who;
    bool guest, readonly;
    bool doomed;                        /* the line is to be closed */
    bool released;                      /* a guest's: the connection is to be freed */
    bool blocked;                       /* the peer's end was full at the last write */
    bool overrun;                       /* events were lost; said so */
    bool late;                          /* restored: owes its guest an event for every watch */
    uint32_t events;                    /* epoll */
    int passed_fd;                      /* descriptor that came with the last bytes */
    struct ut_buf in, out;
    struct xs_watch *watches;
    unsigned nr_watches, nr_txns;
    struct xs_txn *txns;
};

struct xs_server {
    struct xs_view view;
    uint32_t owned[XS_DOMID_MAX + 1];
    struct xs_watch *bucket[XS_NR_BUCKETS];
    struct xs_conn *conns;
    struct ut_log *log;
    int epoll_fd, listen_fd[2];         /* socket, socket_ro; -1 = none */
    struct xs_conn *owner;              /* the process ends with this one; NULL = it does not */
    uint32_t next_txn, first_txn;       /* ids below first are a former process's */
    bool quit, had_company;

    char journal_path[4096];            /* "" = none */
    int journal_fd;
    struct ut_buf journal;              /* not written yet */
    uint64_t journal_bytes, journal_base;   /* of the file now and when it was written anew */
};

struct xs_config {
    const char *dir;                    /* sockets and journal; NULL = none, only `first_fd` */
    int first_fd;                       /* a connection from the start, or -1 */
    bool end_with_first;                /* else: when nobody is connected any more; a store that
                                           is started again goes on from its journal */
    struct ut_log *log;                 /* borrowed */
};

int xs_server_new(const struct xs_config *cfg, struct xs_server **srv_out, struct ut_err *err);
void xs_server_free(struct xs_server *s);
/** One turn of the loop. @timeout_ms as in epoll_wait */
int xs_server_step(struct xs_server *s, int timeout_ms, struct ut_err *err);

/* ---- xs_conn.c ------------------------------------------------------------------------------- */

/** Takes fd (-1 = a guest not connected now). NULL = no memory; fd is closed then. */
struct xs_conn *xs_conn_new(struct xs_server *s, int fd);
void xs_conn_free(struct xs_conn *c);
/** Give a guest's connection a new descriptor; what was in flight is forgotten. */
int xs_conn_reopen(struct xs_conn *c, int fd);
struct xs_conn *xs_conn_guest(struct xs_server *s, uint32_t domid);
void xs_conn_ready(struct xs_conn *c, uint32_t events);
/** Write what can be written, handle what waited for that, free the connection if it is over. True:
 *  it hung up, and others have been told. */
bool xs_conn_settle(struct xs_conn *c);
void xs_conn_send(struct xs_conn *c, const struct xs_hdr *req, uint32_t type, const void *data,
                  size_t len);

/* ---- xs_req.c, xs_req_dom.c ------------------------------------------------------------------ */

/** A request being handled. `data` has a NUL behind its `len` bytes that does not count. */
struct xs_req {
    struct xs_conn *c;
    struct xs_hdr hdr;
    const char *data;
    size_t len;
    struct xs_txn *txn;                 /* NULL = none */
    bool relative;                      /* the path was */
    char path[XS_ABS_PATH_MAX + 1];     /* absolute form of the first string, where it is a path */
    struct ut_buf reply;                /* empty: "OK" */
    bool raw;                           /* the reply may be empty */
};

/** Handle one message and queue the answer. `data` must have a NUL behind its `len` bytes. */
void xs_dispatch(struct xs_conn *c, const struct xs_hdr *hdr, const char *data);
/** The string behind the one that ends first; NULL if there is none. */
const char *xs_req_next(const struct xs_req *r, const char *s);
/** A domain's id in decimal, 0 .. XS_DOMID_MAX. */
bool xs_parse_domid(const char *text, uint32_t *domid_out);
int xs_do_introduce(struct xs_req *r);
int xs_do_release(struct xs_req *r);
int xs_do_domain_path(struct xs_req *r);
int xs_do_is_introduced(struct xs_req *r);
int xs_do_resume(struct xs_req *r);
int xs_do_set_target(struct xs_req *r);
int xs_do_restrict(struct xs_req *r);
int xs_do_debug(struct xs_req *r);

/* ---- xs_watch.c ------------------------------------------------------------------------------ */

/** EEXIST, ENOSPC, ENOMEM. */
int xs_watch_add(struct xs_conn *c, const char *path, const char *token, bool relative);
int xs_watch_del(struct xs_conn *c, const char *path, const char *token);
void xs_watch_reset(struct xs_conn *c);
/** Tell who watches `path` or above, and may read it. */
void xs_watch_fire(struct xs_server *s, const char *path);
/** The same, and all who watch something below that exists: call before it is removed. */
void xs_watch_fire_removal(struct xs_server *s, const char *path);
/** A first event. */
void xs_watch_event(struct xs_watch *w, const char *path);
/** True if the connection has a watch that a change of `path` fires. */
bool xs_watch_covers(const struct xs_conn *c, const char *path);

/* ---- xs_txn.c -------------------------------------------------------------------------------- */

int xs_txn_start(struct xs_conn *c, uint32_t *id_out);
struct xs_txn *xs_txn_find(struct xs_conn *c, uint32_t id);
int xs_txn_end(struct xs_conn *c, struct xs_txn *t, bool commit);
/** The outcome depends on what is at `path`. */
void xs_txn_saw(struct xs_conn *c, struct xs_txn *t, const char *path);
/** Do something in the transaction, or in the store with its watches (NULL). */
int xs_change(struct xs_conn *c, struct xs_txn *t, uint32_t type, const char *path,
              const void *data, size_t len);

/* ---- xs_journal.c ---------------------------------------------------------------------------- */

int xs_journal_open(struct xs_server *s, const char *dir, struct ut_err *err);
/** Everything that was noted is in the file when this returns; before answers are sent. */
void xs_journal_flush(struct xs_server *s);
void xs_journal_set(struct xs_server *s, const char *path, const struct xs_node *n);
void xs_journal_removed(struct xs_server *s, const char *path);
void xs_journal_domain(struct xs_server *s, const struct xs_conn *guest, bool known);
void xs_journal_watch(struct xs_server *s, const struct xs_watch *w, bool known);
/** Apply a journal to an empty store; stops at the first record that is not whole. Returns bytes
 *  understood. */
size_t xs_journal_load(struct xs_server *s, const char *data, size_t len);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal: RUN/xenstored/journal, a sequence of records that make the store when applied to an
 * empty one. It grows by what changes and is written anew, atomically, when it has doubled. It lies
 * among the run-time files because domains do not outlive the host either, so nothing is synced.
 *
 * A record: kind, three zeros, u32 bytes that follow; then
 *   N  path, permissions, an empty string, value      a node is so
 *   R  path                                           and its subtree are gone
 *   D  domid, target or ""                            a domain is introduced
 *   d  domid                                          and released, with its watches
 *   W  domid, path, token, "r" or ""                  it watches
 *   w  domid, path, token                             and no longer
 *   T  number                                         transactions begin with this id
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ut_io.h"
#include "ut_path.h"
#include "xs_server.h"

#define RECORD_HDR    8u
#define RECORD_MAX    (1u << 20)
#define FILE_MAX      ((size_t)1 << 30)
#define REWRITE_MIN   (1u << 20)
#define TXN_STEP      0x1000000u        /* ids a process may use up before it is asked to note */

/* ---- writing --------------------------------------------------------------------------------- */

static size_t begin(struct ut_buf *b, char kind)
{
    const char hdr[RECORD_HDR] = { kind };

    ut_buf_add(b, hdr, sizeof(hdr));
    return b->len;
}

static void end(struct ut_buf *b, size_t start)
{
    uint32_t len = (uint32_t)(b->len - start);

    if (!b->oom) memcpy(b->data + start - sizeof(len), &len, sizeof(len));
}

static void add_text(struct ut_buf *b, const char *s)
{
    ut_buf_add(b, s, strlen(s) + 1);
}

static void add_number(struct ut_buf *b, uint32_t v)
{
    ut_buf_addf(b, "%u", v);
    ut_buf_addc(b, '\0');
}

static void put_node(struct ut_buf *b, const char *path, const struct xs_node *n)
{
    size_t at = begin(b, 'N');

    add_text(b, path);
    for (uint32_t i = 0; i < n->nr_perms; i++) {
        ut_buf_addf(b, "%c%u", xs_perm_letter(&n->perms[i]), n->perms[i].domid);
        ut_buf_addc(b, '\0');
    }
    ut_buf_addc(b, '\0');
    ut_buf_add(b, n->value, n->value_len);
    end(b, at);
}

static void put_watch(struct ut_buf *b, const struct xs_watch *w, bool known)
{
    size_t at = begin(b, known ? 'W' : 'w');

    add_number(b, w->conn->who.domid);
    add_text(b, w->path);
    add_text(b, w->token);
    if (known) add_text(b, w->relative ? "r" : "");
    end(b, at);
}

static void put_domain(struct ut_buf *b, const struct xs_conn *guest, bool known)
{
    size_t at = begin(b, known ? 'D' : 'd');

    add_number(b, guest->who.domid);
    if (known && guest->who.target != XS_NO_DOMID) add_number(b, guest->who.target);
    else if (known) add_text(b, "");
    end(b, at);
}

void xs_journal_set(struct xs_server *s, const char *path, const struct xs_node *n)
{
    if (s->journal_fd >= 0 && n) put_node(&s->journal, path, n);
}

void xs_journal_removed(struct xs_server *s, const char *path)
{
    size_t at;

    if (s->journal_fd < 0) return;
    at = begin(&s->journal, 'R');
    add_text(&s->journal, path);
    end(&s->journal, at);
}

void xs_journal_domain(struct xs_server *s, const struct xs_conn *guest, bool known)
{
    if (s->journal_fd >= 0) put_domain(&s->journal, guest, known);
}

void xs_journal_watch(struct xs_server *s, const struct xs_watch *w, bool known)
{
    if (s->journal_fd >= 0) put_watch(&s->journal, w, known);
}

/* ---- the file -------------------------------------------------------------------------------- */

/* `path` has room for the longest; `len` bytes of it are used. */
static void put_tree(struct ut_buf *b, char *path, size_t len, const struct xs_node *n)
{
    size_t add = strlen(n->name) + 1;

    if (n->name[0]) {
        if (len + add > XS_ABS_PATH_MAX) return;
        path[len] = '/';
        memcpy(path + len + 1, n->name, add);
        len += add;
        put_node(b, path, n);
    } else {
        put_node(b, "/", n);
    }
    for (uint32_t i = 0; i < n->nr_children; i++) put_tree(b, path, len, n->child[i]);
}

static int write_anew(struct xs_server *s, struct ut_err *err)
{
    struct ut_buf all = UT_BUF_INIT;
    char path[XS_ABS_PATH_MAX + 2] = "";
    size_t at = begin(&all, 'T');
    int rc, fd;

    add_number(&all, s->first_txn + TXN_STEP);
    end(&all, at);
    put_tree(&all, path, 0, s->view.tree.root);
    for (const struct xs_conn *c = s->conns; c; c = c->next) {
        if (!c->guest) continue;
        put_domain(&all, c, true);
        for (const struct xs_watch *w = c->watches; w; w = w->next) put_watch(&all, w, true);
    }
    rc = all.oom ? ut_err_set(err, UT_ENOMEM, "journal")
                 : ut_io_replace_file(s->journal_path, all.data, all.len, 0600, err);
    if (rc == UT_OK) {
        fd = open(s->journal_path, O_WRONLY | O_APPEND | O_CLOEXEC);
        if (fd < 0) rc = ut_err_sys(err, UT_ESYS, "%s", s->journal_path);
        else {
            if (s->journal_fd >= 0) close(s->journal_fd);
            s->journal_fd = fd;
            s->journal_base = s->journal_bytes = all.len;
            ut_buf_fini(&s->journal);
        }
    }
    ut_buf_fini(&all);
    return rc;
}

void xs_journal_flush(struct xs_server *s)
{
    struct ut_err err = UT_ERR_INIT;
    bool failed;

    if (s->journal_fd < 0 || (!s->journal.len && !s->journal.oom)) return;
    failed = s->journal.oom ||
             ut_io_write_all(s->journal_fd, s->journal.data, s->journal.len, &err) < 0;
    s->journal_bytes += s->journal.len;
    ut_buf_reset(&s->journal);
    /* half a record makes what follows unreadable: only a new file helps */
    if (failed || s->journal_bytes > 2 * s->journal_base + REWRITE_MIN) {
        if (write_anew(s, &err) == UT_OK) return;
        ut_log_msg(s->log, UT_LOG_ERROR, UT_NO_DOMID, "journal: %s", err.text);
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Take a string off the front; NULL if none ends there. */
static const char *cut(const char **p, const char *stop)
{
    const char *s = *p, *nul = s < stop ? memchr(s, '\0', (size_t)(stop - s)) : NULL;

    if (!nul) return NULL;
    *p = nul + 1;
    return s;
}

static bool load_node(struct xs_server *s, const char *p, const char *stop)
{
    const char *path = cut(&p, stop), *text;
    struct xs_perm perms[XS_PAYLOAD_MAX / 3];
    size_t nr = 0;

    if (!path || !xs_path_valid(path)) return false;
    while ((text = cut(&p, stop)) && *text) {
        if (nr == ARRAY_SIZE(perms) || !xs_perm_parse(text, &perms[nr])) return false;
        nr++;
    }
    return text && nr && !xs_op_load(&s->view, path, perms, nr, p, (size_t)(stop - p));
}

static bool load_removal(struct xs_server *s, const char *p, const char *stop)
{
    static const struct xs_who root = { 0, XS_NO_DOMID, true };
    const char *path = cut(&p, stop);

    return path && xs_path_valid(path) && !xs_op_rm(&s->view, &root, path);
}

static bool load_domain(struct xs_server *s, char kind, const char *p, const char *stop)
{
    const char *id = cut(&p, stop), *target = kind == 'D' ? cut(&p, stop) : NULL;
    struct xs_conn *c;
    uint32_t domid;

    if (!id || !xs_parse_domid(id, &domid) || !domid || (kind == 'D' && !target)) return false;
    c = xs_conn_guest(s, domid);
    if (kind == 'd') {
        if (c) xs_conn_free(c);
        return c != NULL;
    }
    if (!c) c = xs_conn_new(s, -1);
    if (!c) return false;
    c->guest = c->late = true;
    c->who = (struct xs_who){ domid, XS_NO_DOMID, false };
    return !*target || xs_parse_domid(target, &c->who.target);
}

static bool load_watch(struct xs_server *s, char kind, const char *p, const char *stop)
{
    const char *id = cut(&p, stop), *path = cut(&p, stop), *token = cut(&p, stop);
    const char *relative = kind == 'W' ? cut(&p, stop) : "";
    struct xs_conn *c;
    uint32_t domid;

    if (!id || !path || !token || !relative || !xs_parse_domid(id, &domid)) return false;
    if (!xs_path_valid(path)) return false;
    c = xs_conn_guest(s, domid);
    if (!c) return false;
    return !(kind == 'W' ? xs_watch_add(c, path, token, *relative) : xs_watch_del(c, path, token));
}

static bool load_record(struct xs_server *s, char kind, const char *p, size_t len)
{
    const char *stop = p + len, *text;

    switch (kind) {
    case 'N': return load_node(s, p, stop);
    case 'R': return load_removal(s, p, stop);
    case 'D':
    case 'd': return load_domain(s, kind, p, stop);
    case 'W':
    case 'w': return load_watch(s, kind, p, stop);
    case 'T':
        text = cut(&p, stop);
        if (text) s->next_txn = s->first_txn = (uint32_t)strtoul(text, NULL, 10) & 0x7fffffffu;
        return text != NULL;
    default: return false;
    }
}

size_t xs_journal_load(struct xs_server *s, const char *data, size_t len)
{
    size_t done = 0;
    uint32_t bytes;

    while (len - done >= RECORD_HDR) {
        memcpy(&bytes, data + done + 4, sizeof(bytes));
        if (bytes > RECORD_MAX || bytes > len - done - RECORD_HDR) break;
        if (!load_record(s, data[done], data + done + RECORD_HDR, bytes)) break;
        done += RECORD_HDR + bytes;
    }
    if (!s->next_txn) s->next_txn = s->first_txn = 1;
    return done;
}

int xs_journal_open(struct xs_server *s, const char *dir, struct ut_err *err)
{
    struct ut_buf old = UT_BUF_INIT;
    size_t done;
    int rc;

    rc = ut_path_join(s->journal_path, dir, "journal", err);
    if (rc < 0) return rc;
    if (ut_io_read_file(s->journal_path, FILE_MAX, &old, NULL) == UT_OK && old.len) {
        done = xs_journal_load(s, old.data, old.len);
        ut_log_msg(s->log, done == old.len ? UT_LOG_INFO : UT_LOG_WARNING, UT_NO_DOMID,
                   "%zu of %zu bytes of the journal taken up", done, old.len);
    }
    ut_buf_fini(&old);
    return write_anew(s, err);
}

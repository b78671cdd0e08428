/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xs_server.h"

/* ---- what a request says --------------------------------------------------------------------- */

const char *xs_req_next(const struct xs_req *r, const char *s)
{
    const char *next = s + strlen(s) + 1;

    return next < r->data + r->len ? next : NULL;
}

/* The first string as an absolute, valid path. */
static int take_path(struct xs_req *r, bool special)
{
    size_t len = strlen(r->data);
    int n = -1;

    r->relative = false;
    if (special && (!strcmp(r->data, "@introduceDomain") || !strcmp(r->data, "@releaseDomain"))) {
        /* about other domains: not for guests */
        if (!r->c->who.privileged) return EACCES;
        memcpy(r->path, r->data, len + 1);
        return 0;
    }
    if (r->data[0] == '/') {
        if (len <= XS_ABS_PATH_MAX) n = snprintf(r->path, sizeof(r->path), "%s", r->data);
    } else if (len && len <= XS_REL_PATH_MAX) {
        r->relative = true;
        n = snprintf(r->path, sizeof(r->path), "/local/domain/%u/%s", r->c->who.domid, r->data);
    }
    return n > 0 && (size_t)n < sizeof(r->path) && xs_path_valid(r->path) ? 0 : EINVAL;
}

static const struct xs_view *view_of(const struct xs_req *r)
{
    return r->txn ? &r->txn->view : &r->c->srv->view;
}

static int get(struct xs_req *r, unsigned access, const struct xs_node **n_out)
{
    if (r->txn) xs_txn_saw(r->c, r->txn, r->path);
    return xs_op_get(view_of(r), &r->c->who, r->path, access, n_out);
}

/* ---- reading --------------------------------------------------------------------------------- */

static int do_directory(struct xs_req *r)
{
    const struct xs_node *n;
    int e = get(r, XS_PERM_READ, &n);

    for (uint32_t i = 0; !e && i < n->nr_children; i++) {
        ut_buf_add(&r->reply, n->child[i]->name, strlen(n->child[i]->name) + 1);
        if (r->reply.len > XS_PAYLOAD_MAX) return E2BIG;
    }
    r->raw = true;
    return e;
}

/* From a byte of the listing on: its generation, names, and an empty one at the end. */
static int do_directory_part(struct xs_req *r)
{
    const char *at = xs_req_next(r, r->data);
    unsigned long offset, seen = 0;
    const struct xs_node *n;
    uint32_t i;
    int e;

    if (!at || at[0] < '0' || at[0] > '9') return EINVAL;
    offset = strtoul(at, NULL, 10);
    e = get(r, XS_PERM_READ, &n);
    if (e) return e;
    ut_buf_addf(&r->reply, "%" PRIu64, n->gen);
    ut_buf_addc(&r->reply, '\0');
    for (i = 0; i < n->nr_children; i++) {
        size_t len = strlen(n->child[i]->name) + 1;

        if (seen >= offset) {
            if (r->reply.len + len + 1 > XS_PAYLOAD_MAX) break;
            ut_buf_add(&r->reply, n->child[i]->name, len);
        }
        seen += len;
    }
    if (i == n->nr_children) ut_buf_addc(&r->reply, '\0');
    return 0;
}

static int do_read(struct xs_req *r)
{
    const struct xs_node *n;
    int e = get(r, XS_PERM_READ, &n);

    if (!e) ut_buf_add(&r->reply, n->value, n->value_len);
    r->raw = true;
    return e;
}

static int do_get_perms(struct xs_req *r)
{
    const struct xs_node *n;
    int e = get(r, XS_PERM_READ, &n);

    for (uint32_t i = 0; !e && i < n->nr_perms; i++) {
        ut_buf_addf(&r->reply, "%c%u", xs_perm_letter(&n->perms[i]), n->perms[i].domid);
        ut_buf_addc(&r->reply, '\0');
    }
    return e || r->reply.len <= XS_PAYLOAD_MAX ? e : E2BIG;
}

/* ---- changing -------------------------------------------------------------------------------- */

static int do_write(struct xs_req *r)
{
    const char *value = r->data + strlen(r->data) + 1;

    if (value > r->data + r->len) return EINVAL;        /* no NUL behind the path */
    return xs_change(r->c, r->txn, XS_WRITE, r->path, value, (size_t)(r->data + r->len - value));
}

static int do_mkdir(struct xs_req *r)
{
    return xs_change(r->c, r->txn, XS_MKDIR, r->path, NULL, 0);
}

static int do_rm(struct xs_req *r)
{
    return xs_change(r->c, r->txn, XS_RM, r->path, NULL, 0);
}

static int do_set_perms(struct xs_req *r)
{
    struct xs_perm perms[XS_PAYLOAD_MAX / 3];
    size_t nr = 0;

    for (const char *s = xs_req_next(r, r->data); s; s = xs_req_next(r, s)) {
        if (nr == sizeof(perms) / sizeof(perms[0]) || !xs_perm_parse(s, &perms[nr])) return EINVAL;
        nr++;
    }
    if (!nr) return EINVAL;
    return xs_change(r->c, r->txn, XS_SET_PERMS, r->path, perms, nr * sizeof(perms[0]));
}

/* ---- watches, transactions ------------------------------------------------------------------- */

static void answer(struct xs_req *r, int e)
{
    const char *name;

    if (!e && r->reply.oom) e = ENOMEM;
    if (e) {
        name = xs_error_name(e);
        xs_conn_send(r->c, &r->hdr, XS_ERROR, name, strlen(name) + 1);
    } else if (r->reply.len || r->raw) {
        xs_conn_send(r->c, &r->hdr, r->hdr.type, ut_buf_str(&r->reply), r->reply.len);
    } else {
        xs_conn_send(r->c, &r->hdr, r->hdr.type, "OK", 3);
    }
    r->hdr.type = XS_NR_TYPES;          /* answered */
}

static int do_watch(struct xs_req *r)
{
    const char *token = xs_req_next(r, r->data);
    int e;

    if (!token) return EINVAL;
    e = xs_watch_add(r->c, r->path, token, r->relative);
    if (e) return e;
    answer(r, 0);
    xs_watch_event(r->c->watches, r->path);     /* the newest is the first */
    return 0;
}

static int do_unwatch(struct xs_req *r)
{
    const char *token = xs_req_next(r, r->data);

    return token ? xs_watch_del(r->c, r->path, token) : EINVAL;
}

static int do_reset_watches(struct xs_req *r)
{
    while (r->c->txns) (void)xs_txn_end(r->c, r->c->txns, false);
    r->txn = NULL;
    xs_watch_reset(r->c);
    return 0;
}

static int do_transaction_start(struct xs_req *r)
{
    uint32_t id;
    int e;

    if (r->txn) return EBUSY;
    e = xs_txn_start(r->c, &id);
    if (e) return e;
    ut_buf_addf(&r->reply, "%u", id);
    ut_buf_addc(&r->reply, '\0');
    return 0;
}

static int do_transaction_end(struct xs_req *r)
{
    struct xs_txn *t = r->txn;

    if (strcmp(r->data, "T") != 0 && strcmp(r->data, "F") != 0) return EINVAL;
    if (!t) return ENOENT;
    r->txn = NULL;
    return xs_txn_end(r->c, t, r->data[0] == 'T');
}

/* ---- dispatch -------------------------------------------------------------------------------- */

enum flag { TOOLS = 1, CHANGES = 2, PATH = 4, SPECIAL = 8, ENDS_NUL = 16 };

static const struct {
    int (*fn)(struct xs_req *r);
    unsigned flags;
} handlers[XS_NR_TYPES] = {
    [XS_DEBUG]                = { xs_do_debug,         TOOLS | ENDS_NUL },
    [XS_DIRECTORY]            = { do_directory,        PATH | ENDS_NUL },
    [XS_DIRECTORY_PART]       = { do_directory_part,   PATH | ENDS_NUL },
    [XS_READ]                 = { do_read,             PATH | ENDS_NUL },
    [XS_GET_PERMS]            = { do_get_perms,        PATH | ENDS_NUL },
    [XS_WATCH]                = { do_watch,            PATH | SPECIAL | ENDS_NUL },
    [XS_UNWATCH]              = { do_unwatch,          PATH | SPECIAL | ENDS_NUL },
    [XS_RESET_WATCHES]        = { do_reset_watches,    0 },
    [XS_TRANSACTION_START]    = { do_transaction_start, ENDS_NUL },
    [XS_TRANSACTION_END]      = { do_transaction_end,  ENDS_NUL },
    [XS_INTRODUCE]            = { xs_do_introduce,     TOOLS | CHANGES | ENDS_NUL },
    [XS_RELEASE]              = { xs_do_release,       TOOLS | CHANGES | ENDS_NUL },
    [XS_GET_DOMAIN_PATH]      = { xs_do_domain_path,   ENDS_NUL },
    [XS_WRITE]                = { do_write,            PATH | CHANGES },
    [XS_MKDIR]                = { do_mkdir,            PATH | CHANGES | ENDS_NUL },
    [XS_RM]                   = { do_rm,               PATH | CHANGES | ENDS_NUL },
    [XS_SET_PERMS]            = { do_set_perms,        PATH | CHANGES | ENDS_NUL },
    [XS_IS_DOMAIN_INTRODUCED] = { xs_do_is_introduced, TOOLS | ENDS_NUL },
    [XS_RESUME]               = { xs_do_resume,        TOOLS | CHANGES | ENDS_NUL },
    [XS_SET_TARGET]           = { xs_do_set_target,    TOOLS | CHANGES | ENDS_NUL },
    [XS_RESTRICT]             = { xs_do_restrict,      TOOLS | ENDS_NUL },
};

static int run(struct xs_req *r)
{
    uint32_t type = r->hdr.type, flags;
    int e = 0;

    if (type >= XS_NR_TYPES || !handlers[type].fn) return ENOSYS;
    flags = handlers[type].flags;
    if (flags & TOOLS && !r->c->who.privileged) return EACCES;
    if (flags & CHANGES && r->c->readonly) return EROFS;
    if (flags & ENDS_NUL && (!r->len || r->data[r->len - 1])) return EINVAL;
    if (r->hdr.tx_id) {
        r->txn = xs_txn_find(r->c, r->hdr.tx_id);
        /* begun with a former process, before its restart: to be done again */
        if (!r->txn && r->hdr.tx_id < r->c->srv->first_txn) return EAGAIN;
        if (!r->txn) return ENOENT;
    }
    if (flags & PATH) e = take_path(r, flags & SPECIAL);
    return e ? e : handlers[type].fn(r);
}

void xs_dispatch(struct xs_conn *c, const struct xs_hdr *hdr, const char *data)
{
    struct xs_req r;
    int e;

    r.c = c;
    r.hdr = *hdr;
    r.data = data;
    r.len = hdr->len;
    r.txn = NULL;
    r.relative = r.raw = false;
    r.path[0] = '\0';
    ut_buf_init(&r.reply);
    e = run(&r);
    if (e || r.hdr.type != XS_NR_TYPES) answer(&r, e);
    ut_buf_fini(&r.reply);
}

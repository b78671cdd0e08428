/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages about domains. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "xs_server.h"

bool xs_parse_domid(const char *text, uint32_t *domid_out)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end || v > XS_DOMID_MAX) return false;
    *domid_out = (uint32_t)v;
    return true;
}

static void restored_events(struct xs_conn *c)
{
    if (!c->late) return;
    c->late = false;
    for (struct xs_watch *w = c->watches; w; w = w->next) xs_watch_event(w, w->path);
}

/*
 * The guest's line comes as a descriptor with the message: its own process serves the ring, so page
 * and port are its business. Without one an introduced domain stays as it is.
 */
int xs_do_introduce(struct xs_req *r)
{
    struct xs_server *s = r->c->srv;
    struct xs_conn *guest;
    uint32_t domid;
    int e, fd = r->c->passed_fd;

    if (!xs_parse_domid(r->data, &domid) || !domid || r->txn) return EINVAL;
    guest = xs_conn_guest(s, domid);
    r->c->passed_fd = -1;
    if (fd < 0) return guest && guest->fd >= 0 ? 0 : EINVAL;
    if (guest) {
        e = xs_conn_reopen(guest, fd);
        if (!e) restored_events(guest);
        return e;
    }
    guest = xs_conn_new(s, fd);
    if (!guest) return ENOMEM;
    guest->guest = true;
    guest->who = (struct xs_who){ domid, XS_NO_DOMID, false };
    xs_journal_domain(s, guest, true);
    xs_watch_fire(s, "@introduceDomain");
    return 0;
}

int xs_do_release(struct xs_req *r)
{
    struct xs_conn *guest;
    uint32_t domid;

    if (!xs_parse_domid(r->data, &domid) || !domid || r->txn) return EINVAL;
    guest = xs_conn_guest(r->c->srv, domid);
    if (!guest) return ENOENT;
    xs_journal_domain(r->c->srv, guest, false);
    guest->guest = false;
    guest->released = true;             /* freed when this turn of the loop is over */
    xs_watch_fire(r->c->srv, "@releaseDomain");
    return 0;
}

int xs_do_domain_path(struct xs_req *r)
{
    uint32_t domid;

    if (!xs_parse_domid(r->data, &domid)) return EINVAL;
    ut_buf_addf(&r->reply, "/local/domain/%u", domid);
    ut_buf_addc(&r->reply, '\0');
    return 0;
}

int xs_do_is_introduced(struct xs_req *r)
{
    struct xs_conn *guest;
    uint32_t domid;

    if (!xs_parse_domid(r->data, &domid)) return EINVAL;
    guest = xs_conn_guest(r->c->srv, domid);
    ut_buf_add(&r->reply, !domid || (guest && guest->fd >= 0) ? "T" : "F", 2);
    return 0;
}

int xs_do_resume(struct xs_req *r)
{
    uint32_t domid;

    if (!xs_parse_domid(r->data, &domid)) return EINVAL;
    return xs_conn_guest(r->c->srv, domid) ? 0 : ENOENT;
}

int xs_do_set_target(struct xs_req *r)
{
    const char *second = xs_req_next(r, r->data);
    struct xs_conn *guest;
    uint32_t domid, target;

    if (!second || !xs_parse_domid(r->data, &domid) || !xs_parse_domid(second, &target) || !target)
        return EINVAL;
    guest = xs_conn_guest(r->c->srv, domid);
    if (!guest) return ENOENT;
    guest->who.target = target;
    xs_journal_domain(r->c->srv, guest, true);
    return 0;
}

/* For good: nothing gives a connection its rights back. */
int xs_do_restrict(struct xs_req *r)
{
    uint32_t domid;

    if (!xs_parse_domid(r->data, &domid) || !domid) return EINVAL;
    r->c->who = (struct xs_who){ domid, XS_NO_DOMID, false };
    return 0;
}

/* Is somebody there who will see a change of that path? For xend: how to ask a guest to stop. */
static int say_who_watches(struct xs_req *r, const char *path)
{
    struct xs_conn *guest = NULL;
    uint32_t domid;
    const char *slash;
    char id[12];

    if (path && xs_path_valid(path) && !strncmp(path, "/local/domain/", 14)) {
        slash = strchr(path + 14, '/');
        if (slash && slash - path - 14 < (ptrdiff_t)sizeof(id)) {
            memcpy(id, path + 14, (size_t)(slash - path - 14));
            id[slash - path - 14] = '\0';
            if (xs_parse_domid(id, &domid)) guest = xs_conn_guest(r->c->srv, domid);
        }
    }
    if (!guest || guest->fd < 0) return ENOENT;
    ut_buf_adds(&r->reply, xs_watch_covers(guest, path) ? "watches" : "connected");
    ut_buf_addc(&r->reply, '\0');
    return 0;
}

int xs_do_debug(struct xs_req *r)
{
    const char *arg = xs_req_next(r, r->data);

    if (!strcmp(r->data, "print")) {
        ut_log_msg(r->c->srv->log, UT_LOG_INFO, UT_NO_DOMID, "%s", arg ? arg : "");
        return 0;
    }
    /* there is nothing to repair: the tree is whole or the process is not */
    if (!strcmp(r->data, "check")) return 0;
    if (!strcmp(r->data, "watched")) return say_who_watches(r, arg);
    return EINVAL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xd_store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "domain/xd_attr.h"
#include "domain/xd_dom.h"
#include "ut_path.h"
#include "xd.h"
#include "xd_work.h"
#include "xs_client.h"

#define PATH_BYTES 160
#define RETRY_S    5

struct xd_store {
    struct xd *xd;
    struct xci *xc;
    struct ut_log *log;
    char program[PATH_MAX], dir[PATH_MAX], socket[PATH_MAX], log_path[PATH_MAX];
    pthread_mutex_t lock;           /* the client */
    struct xs_client *client;       /* NULL = not connected */
    /* the loop's */
    struct xs_client *alarm;        /* says nothing; its end is XenStore's */
    struct event *alarm_event, *retry;
};

#define warn(st, domid, ...) ut_log_msg((st)->log, UT_LOG_WARNING, domid, __VA_ARGS__)

/* ---- a domain's line ------------------------------------------------------------------------ */

static int give_line(struct xd_store *st, struct xs_client *c, const struct xci_domain_info *info,
                     struct ut_err *err)
{
    int rc, pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return ut_err_sys(err, UT_ESYS, "XenStore");
    rc = xs_introduce(c, info->domid, info->store_pfn, info->store_port, pair[0], err);
    if (rc == UT_OK) rc = xci_domain_store(st->xc, info->domid, pair[1], err);
    close(pair[0]);
    close(pair[1]);
    return rc;
}

static bool has_line(struct xs_client *c, xci_domid_t domid)
{
    struct ut_buf reply = UT_BUF_INIT;
    char id[12];
    bool yes;
    int n = snprintf(id, sizeof(id), "%u", domid);

    yes = xs_call(c, XS_IS_DOMAIN_INTRODUCED, id, (size_t)n + 1, &reply, NULL) == UT_OK &&
          ut_buf_str(&reply)[0] == 'T';
    ut_buf_fini(&reply);
    return yes;
}

/* ---- connection ----------------------------------------------------------------------------- */

/* Every domain that runs gets a line, unless it has one. */
static void give_lines(struct xd_store *st, struct xs_client *c)
{
    struct xci_domain_info *infos = NULL;
    struct ut_err err = UT_ERR_INIT;
    size_t nr = 0;

    if (xci_domain_list(st->xc, &infos, &nr, &err) < 0) return;
    for (size_t i = 0; i < nr; i++) {
        if (infos[i].builder != XCI_BUILDER_LINUX || infos[i].dying) continue;
        if (!has_line(c, infos[i].domid) && give_line(st, c, &infos[i], &err) < 0)
            warn(st, (int)infos[i].domid, "no XenStore for the domain: %s", err.text);
    }
    free(infos);
}

/* With the lock held: the client, connected anew if need be. */
static int client(struct xd_store *st, struct xs_client **c_out, struct ut_err *err)
{
    int rc;

    *c_out = st->client;
    if (st->client) return UT_OK;
    rc = xs_open(st->socket, &st->client, err);
    if (rc < 0) {
        ut_log_msg(st->log, UT_LOG_INFO, UT_NO_DOMID, "starting %s", st->program);
        rc = xs_spawn(st->program, st->dir, st->log_path, &st->client, err);
        /* the first answer says that it is there */
        if (rc == UT_OK) rc = xs_call(st->client, XS_DEBUG, "check", 6, NULL, err);
    }
    if (rc < 0) {
        xs_close(st->client);
        st->client = NULL;
        return rc;
    }
    *c_out = st->client;
    give_lines(st, st->client);
    return UT_OK;
}

/* Let go of the lock; a client that failed is of no use any more. */
static void release(struct xd_store *st, int rc)
{
    if (rc == UT_ECONN || rc == UT_ETIMEOUT) {
        xs_close(st->client);
        st->client = NULL;
    }
    pthread_mutex_unlock(&st->lock);
}

/* Run `fn` with a client; once more if the connection turns out to be dead. */
static int with_client(struct xd_store *st,
                       int (*fn)(struct xd_store *st, struct xs_client *c, void *arg,
                                 struct ut_err *err),
                       void *arg, struct ut_err *err)
{
    struct xs_client *c;
    int rc = UT_ECONN;

    if (!st) return ut_err_set(err, UT_ECONN, "no XenStore");
    for (int tries = 0; tries < 2 && rc == UT_ECONN; tries++) {
        pthread_mutex_lock(&st->lock);
        rc = client(st, &c, err);
        if (rc == UT_OK) rc = fn(st, c, arg, err);
        release(st, rc);
    }
    return rc;
}

/* ---- what is asked of it -------------------------------------------------------------------- */

struct request {
    xci_domid_t domid;
    const char *name, *uuid, *tty, *node, *value;
    struct ut_buf reply;
};

static int do_add(struct xd_store *st, struct xs_client *c, void *arg, struct ut_err *err)
{
    const struct request *r = arg;
    struct xci_domain_info info;
    struct xs_domain d = { .domid = r->domid, .name = r->name, .uuid = r->uuid, .tty = r->tty };
    int rc = xci_domain_info(st->xc, r->domid, &info, err);

    if (rc < 0) return rc;
    d.memory_kib = info.memory_kib;
    d.nr_vcpus = info.nr_vcpus;
    d.store_pfn = info.store_pfn;
    d.console_pfn = info.console_pfn;
    d.store_port = info.store_port;
    d.console_port = info.console_port;
    xs_domain_queue(c, &d);
    rc = xs_flush(c, err);
    if (rc == UT_OK && info.builder == XCI_BUILDER_LINUX) rc = give_line(st, c, &info, err);
    return rc;
}

void xd_store_add(struct xd_store *st, xci_domid_t domid, const char *name, const uint8_t uuid[16],
                  const char *tty)
{
    char text[XD_UUID_TEXT_BYTES];
    struct request r = { .domid = domid, .name = name, .uuid = text, .tty = tty };
    struct ut_err err = UT_ERR_INIT;

    if (!st) return;
    xd_uuid_format(uuid, text);
    if (with_client(st, do_add, &r, &err) < 0)
        warn(st, (int)domid, "no XenStore for the domain: %s", err.text);
}

/* False if a new life of the same uuid has taken /vm/UUID over. */
static bool owns_vm(struct xs_client *c, const struct request *r)
{
    struct ut_buf domid = UT_BUF_INIT;
    char path[PATH_BYTES];
    bool yes;

    snprintf(path, sizeof(path), "/vm/%s/domid", r->uuid);
    yes = xs_read(c, path, &domid, NULL) < 0 ||
          strtoul(ut_buf_str(&domid), NULL, 10) == r->domid;
    ut_buf_fini(&domid);
    return yes;
}

static int do_remove(struct xd_store *st, struct xs_client *c, void *arg, struct ut_err *err)
{
    const struct request *r = arg;
    char id[12];
    int n = snprintf(id, sizeof(id), "%u", r->domid);
    int rc;

    (void)st;
    xs_domain_queue_rm(c, r->domid, owns_vm(c, r) ? r->uuid : NULL);
    rc = xs_flush(c, err);
    if (rc == UT_ECONN) return rc;
    rc = xs_call(c, XS_RELEASE, id, (size_t)n + 1, NULL, err);
    return rc == UT_ECONN ? rc : UT_OK;         /* it may never have been introduced */
}

void xd_store_remove(struct xd_store *st, xci_domid_t domid, const uint8_t uuid[16])
{
    char text[XD_UUID_TEXT_BYTES];
    struct request r = { .domid = domid, .uuid = text };
    struct ut_err err = UT_ERR_INIT;

    if (!st) return;
    xd_uuid_format(uuid, text);
    if (with_client(st, do_remove, &r, &err) < 0)
        warn(st, (int)domid, "removing the domain from XenStore: %s", err.text);
}

static int do_rename(struct xd_store *st, struct xs_client *c, void *arg, struct ut_err *err)
{
    const struct request *r = arg;
    char path[PATH_BYTES];

    (void)st;
    snprintf(path, sizeof(path), "/local/domain/%u/name", r->domid);
    xs_queue_write(c, path, "%s", r->name);
    snprintf(path, sizeof(path), "/vm/%s/name", r->uuid);
    xs_queue_write(c, path, "%s", r->name);
    return xs_flush(c, err);
}

static int do_watched(struct xd_store *st, struct xs_client *c, void *arg, struct ut_err *err)
{
    struct request *r = arg;
    char text[PATH_BYTES];
    int n = snprintf(text, sizeof(text), "watched%c/local/domain/%u/%s", 0, r->domid, r->node);

    (void)st;
    return xs_call(c, XS_DEBUG, text, (size_t)n + 1, &r->reply, err);
}

enum xd_audience xd_store_audience(struct xd_store *st, xci_domid_t domid, const char *node)
{
    struct request r = { .domid = domid, .node = node, .reply = UT_BUF_INIT };
    enum xd_audience who = XD_NOBODY;

    if (with_client(st, do_watched, &r, NULL) == UT_OK) {
        if (!strcmp(ut_buf_str(&r.reply), "watches")) who = XD_WATCHES;
        else if (!strcmp(ut_buf_str(&r.reply), "connected")) who = XD_CONNECTED;
    }
    ut_buf_fini(&r.reply);
    return who;
}

static int do_write(struct xd_store *st, struct xs_client *c, void *arg, struct ut_err *err)
{
    const struct request *r = arg;
    char path[PATH_BYTES];

    (void)st;
    snprintf(path, sizeof(path), "/local/domain/%u/%s", r->domid, r->node);
    xs_queue_write(c, path, "%s", r->value);
    return xs_flush(c, err);
}

int xd_store_write(struct xd_store *st, xci_domid_t domid, const char *node, const char *value,
                   struct ut_err *err)
{
    struct request r = { .domid = domid, .node = node, .value = value };

    return with_client(st, do_write, &r, err);
}

/* ---- from the loop -------------------------------------------------------------------------- */

struct chore {
    struct xd_job job;
    struct xd_store *st;
    xci_domid_t domid;
    uint8_t uuid[16];
    char *name;                     /* NULL = remove */
};

static void run_chore(struct xd_job *job)
{
    struct chore *ch = (struct chore *)job;
    char text[XD_UUID_TEXT_BYTES];
    struct request r = { .domid = ch->domid, .uuid = text, .name = ch->name };

    xd_uuid_format(ch->uuid, text);
    (void)with_client(ch->st, ch->name ? do_rename : do_remove, &r, NULL);
}

static void end_chore(struct xd_job *job)
{
    struct chore *ch = (struct chore *)job;

    free(ch->name);
    free(ch);
}

static void later(struct xd_store *st, xci_domid_t domid, const uint8_t uuid[16], const char *name)
{
    struct chore *ch = st ? calloc(1, sizeof(*ch)) : NULL;

    if (!ch) return;
    ch->job.run = run_chore;
    ch->job.done = end_chore;
    ch->st = st;
    ch->domid = domid;
    memcpy(ch->uuid, uuid, sizeof(ch->uuid));
    if (name) ch->name = strdup(name);
    if (name && !ch->name) free(ch);
    else xd_pool_submit(st->xd->ops, &ch->job);
}

void xd_store_remove_later(struct xd_store *st, xci_domid_t domid, const uint8_t uuid[16])
{
    later(st, domid, uuid, NULL);
}

void xd_store_rename_later(struct xd_store *st, xci_domid_t domid, const uint8_t uuid[16],
                           const char *name)
{
    later(st, domid, uuid, name);
}

/* ---- keeping it alive ----------------------------------------------------------------------- */

static int do_nothing(struct xd_store *st, struct xs_client *c, void *arg, struct ut_err *err)
{
    (void)st, (void)arg;
    return xs_call(c, XS_DEBUG, "check", 6, NULL, err);
}

static void run_revival(struct xd_job *job)
{
    struct chore *ch = (struct chore *)job;

    (void)with_client(ch->st, do_nothing, NULL, NULL);
}

static void set_alarm(struct xd_store *st);

static void end_revival(struct xd_job *job)
{
    struct chore *ch = (struct chore *)job;

    if (!ch->st->xd->stopping) set_alarm(ch->st);
    free(ch);
}

static void revive(struct xd_store *st)
{
    struct chore *ch = calloc(1, sizeof(*ch));

    if (!ch) return;
    ch->job.run = run_revival;
    ch->job.done = end_revival;
    ch->st = st;
    xd_pool_submit(st->xd->ops, &ch->job);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    revive(arg);
}

static void on_alarm(evutil_socket_t fd, short what, void *arg)
{
    struct xd_store *st = arg;
    char c;

    (void)what;
    if (recv((int)fd, &c, 1, MSG_DONTWAIT) > 0) return;
    warn(st, UT_NO_DOMID, "XenStore has ended; it is started again");
    event_free(st->alarm_event);
    st->alarm_event = NULL;
    xs_close(st->alarm);
    st->alarm = NULL;
    revive(st);
}

/* A connection whose end wakes us. */
static void set_alarm(struct xd_store *st)
{
    struct timeval tv = { .tv_sec = RETRY_S };

    if (st->alarm || !st->xd->base) return;
    if (xs_open(st->socket, &st->alarm, NULL) < 0) {
        if (!st->retry) st->retry = evtimer_new(st->xd->base, on_retry, st);
        if (st->retry) evtimer_add(st->retry, &tv);
        return;
    }
    st->alarm_event = event_new(st->xd->base, xs_fd(st->alarm), EV_READ | EV_PERSIST, on_alarm, st);
    if (st->alarm_event) event_add(st->alarm_event, NULL);
}

/* ---- start and end -------------------------------------------------------------------------- */

/* Trees of domains that ended while no daemon was there. */
static int do_tidy(struct xd_store *st, struct xs_client *c, void *arg, struct ut_err *err)
{
    struct ut_buf list = UT_BUF_INIT;
    struct xci_domain_info info;
    int rc = xs_call(c, XS_DIRECTORY, "/local/domain", 14, &list, err);

    (void)arg;
    for (const char *p = list.data; rc == UT_OK && p < list.data + list.len; p += strlen(p) + 1) {
        char path[PATH_BYTES];
        struct ut_buf vm = UT_BUF_INIT;
        unsigned domid = (unsigned)strtoul(p, NULL, 10);

        if (!domid || xci_domain_info(st->xc, domid, &info, NULL) != UT_ENODOM) continue;
        snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
        if (xs_read(c, path, &vm, NULL) == UT_OK && !strncmp(ut_buf_str(&vm), "/vm/", 4))
            xs_queue_rm(c, vm.data);
        ut_buf_fini(&vm);
        xs_domain_queue_rm(c, domid, NULL);
        (void)xs_flush(c, NULL);
        snprintf(path, sizeof(path), "%u", domid);
        (void)xs_call(c, XS_RELEASE, path, strlen(path) + 1, NULL, NULL);
    }
    ut_buf_fini(&list);
    return rc == UT_ECONN ? rc : UT_OK;
}

int xd_store_new(struct xd *xd, struct xd_store **store_out, struct ut_err *err)
{
    struct xd_store *st = calloc(1, sizeof(*st));
    struct ut_err why = UT_ERR_INIT;
    int rc;

    if (!st) return ut_err_set(err, UT_ENOMEM, "XenStore");
    st->xd = xd;
    st->xc = xd->xc;
    st->log = xd->log;
    pthread_mutex_init(&st->lock, NULL);
    memcpy(st->dir, xd->paths.xenstored, sizeof(st->dir));
    rc = ut_path_join(st->program, xd->paths.libexec, "xen-store", err);
    if (rc == UT_OK) rc = ut_path_join(st->socket, st->dir, "socket", err);
    if (rc == UT_OK) rc = ut_path_join(st->log_path, xd->paths.log, "xenstored.log", err);
    if (rc < 0) {
        xd_store_free(st);
        return rc;
    }
    *store_out = st;
    if (with_client(st, do_tidy, NULL, &why) < 0)
        warn(st, UT_NO_DOMID, "no XenStore: %s; guests that need one will wait", why.text);
    set_alarm(st);
    return UT_OK;
}

void xd_store_free(struct xd_store *st)
{
    if (!st) return;
    if (st->alarm_event) event_free(st->alarm_event);
    if (st->retry) event_free(st->retry);
    xs_close(st->alarm);
    xs_close(st->client);
    pthread_mutex_destroy(&st->lock);
    free(st);
}

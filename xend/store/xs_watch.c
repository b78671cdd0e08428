/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xs_server.h"

/* FNV-1a: a path's prefixes hash on the way. */
#define HASH_START 2166136261u

static uint32_t hash_step(uint32_t h, char c)
{
    return (h ^ (unsigned char)c) * 16777619u;
}

static uint32_t hash_path(const char *path)
{
    uint32_t h = HASH_START;

    while (*path) h = hash_step(h, *path++);
    return h;
}

static struct xs_watch *find(struct xs_conn *c, const char *path, const char *token)
{
    for (struct xs_watch *w = c->watches; w; w = w->next)
        if (!strcmp(w->path, path) && !strcmp(w->token, token)) return w;
    return NULL;
}

static void free_watch(struct xs_watch *w)
{
    if (!w) return;
    free(w->path);
    free(w->token);
    free(w);
}

int xs_watch_add(struct xs_conn *c, const char *path, const char *token, bool relative)
{
    struct xs_watch **bucket = &c->srv->bucket[hash_path(path) % XS_NR_BUCKETS];
    struct xs_watch *w;

    if (find(c, path, token)) return EEXIST;
    if (!c->who.privileged && c->nr_watches >= XS_QUOTA_WATCHES) return ENOSPC;
    w = calloc(1, sizeof(*w));
    if (!w) return ENOMEM;
    w->path = strdup(path);
    w->token = strdup(token);
    if (!w->path || !w->token) {
        free_watch(w);
        return ENOMEM;
    }
    w->conn = c;
    w->relative = relative;
    w->next = c->watches;
    c->watches = w;
    c->nr_watches++;
    w->chain = *bucket;
    w->pchain = bucket;
    if (w->chain) w->chain->pchain = &w->chain;
    *bucket = w;
    if (c->guest) xs_journal_watch(c->srv, w, true);
    return 0;
}

static void unlink_watch(struct xs_watch *w)
{
    *w->pchain = w->chain;
    if (w->chain) w->chain->pchain = w->pchain;
}

int xs_watch_del(struct xs_conn *c, const char *path, const char *token)
{
    for (struct xs_watch **p = &c->watches; *p; p = &(*p)->next) {
        struct xs_watch *w = *p;

        if (strcmp(w->path, path) != 0 || strcmp(w->token, token) != 0) continue;
        *p = w->next;
        c->nr_watches--;
        unlink_watch(w);
        if (c->guest) xs_journal_watch(c->srv, w, false);
        free_watch(w);
        return 0;
    }
    return ENOENT;
}

void xs_watch_reset(struct xs_conn *c)
{
    while (c->watches) {
        struct xs_watch *w = c->watches;

        c->watches = w->next;
        unlink_watch(w);
        if (c->guest) xs_journal_watch(c->srv, w, false);
        free_watch(w);
    }
    c->nr_watches = 0;
}

/* ---- telling --------------------------------------------------------------------------------- */

void xs_watch_event(struct xs_watch *w, const char *path)
{
    static const struct xs_hdr unasked = { XS_WATCH_EVENT, 0, 0, 0 };
    struct xs_conn *c = w->conn;
    char text[XS_PAYLOAD_MAX], home[40];
    size_t path_len, token_len = strlen(w->token) + 1;
    int n;

    if (w->relative && path[0] == '/') {
        n = snprintf(home, sizeof(home), "/local/domain/%u/", c->who.domid);
        if (n > 0 && !strncmp(path, home, (size_t)n)) path += n;
    }
    path_len = strlen(path) + 1;
    if (path_len + token_len > sizeof(text)) return;    /* no message can say that */
    memcpy(text, path, path_len);
    memcpy(text + path_len, w->token, token_len);
    xs_conn_send(c, &unasked, XS_WATCH_EVENT, text, path_len + token_len);
}

/* Events must not tell what a READ would not. */
static bool may_see(const struct xs_watch *w, const char *path)
{
    struct xs_server *s = w->conn->srv;
    size_t len;

    if (w->conn->who.privileged || path[0] != '/') return true;
    return xs_access_of(&w->conn->who, xs_tree_nearest(&s->view.tree, path, &len)) & XS_PERM_READ;
}

/* `path` changed: tell those who watch exactly its first `len` bytes. */
static void fire_at(struct xs_server *s, uint32_t hash, const char *path, size_t len)
{
    struct xs_watch *w = s->bucket[hash % XS_NR_BUCKETS], *next;

    for (; w; w = next) {
        next = w->chain;
        if (!strncmp(w->path, path, len) && !w->path[len] && may_see(w, path))
            xs_watch_event(w, path);
    }
}

void xs_watch_fire(struct xs_server *s, const char *path)
{
    uint32_t h = HASH_START;
    size_t i;

    if (path[0] == '/' && path[1]) fire_at(s, hash_path("/"), path, 1);
    for (i = 0; path[i]; i++) {
        if (i > 0 && path[i] == '/') fire_at(s, h, path, i);
        h = hash_step(h, path[i]);
    }
    fire_at(s, h, path, i);
}

void xs_watch_fire_removal(struct xs_server *s, const char *path)
{
    xs_watch_fire(s, path);
    for (struct xs_conn *c = s->conns; c; c = c->next)
        for (struct xs_watch *w = c->watches; w; w = w->next)
            if (xs_path_below(w->path, path) && strcmp(w->path, path) != 0 &&
                xs_tree_find(&s->view.tree, w->path) && may_see(w, w->path))
                xs_watch_event(w, w->path);
}

bool xs_watch_covers(const struct xs_conn *c, const char *path)
{
    for (const struct xs_watch *w = c->watches; w; w = w->next)
        if (xs_path_below(path, w->path)) return true;
    return false;
}

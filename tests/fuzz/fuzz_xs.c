/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XenStore: what a tool and a guest send, and journals. First byte: 0 a journal; else messages,
 * each from one of the two: a byte that says which (bit 0), a type, a transaction, a length, bytes.
 * Afterwards the counts of owned nodes must be right and a journal of the store must be readable.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "xs_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int ok)
{
    if (!ok) abort();
}

static void count_nodes(const struct xs_node *n, uint32_t *owned)
{
    must(n->nr_perms >= 1 && n->perms[0].domid <= XS_DOMID_MAX);
    owned[n->perms[0].domid]++;
    for (uint32_t i = 0; i < n->nr_children; i++) {
        must(i == 0 || strcmp(n->child[i - 1]->name, n->child[i]->name) < 0);
        count_nodes(n->child[i], owned);
    }
}

static void check(struct xs_server *s)
{
    static uint32_t owned[XS_DOMID_MAX + 1];

    memset(owned, 0, sizeof(owned));
    count_nodes(s->view.tree.root, owned);
    must(!memcmp(owned, s->owned, sizeof(owned)));
}

static void messages(struct xs_server *s, struct xs_conn *peer[2], const uint8_t *p, size_t size)
{
    char text[XS_PAYLOAD_MAX + 1];

    while (size >= 4) {
        struct xs_conn *c = peer[p[0] & 1];
        struct xs_hdr h = { p[1], 1, p[2], p[3] };
        size_t len = p[3] < size - 4 ? p[3] : size - 4;

        h.len = (uint32_t)len;
        memcpy(text, p + 4, len);
        text[len] = '\0';
        xs_dispatch(c, &h, text);
        c->out.len = 0;
        p += 4 + len;
        size -= 4 + len;
    }
    (void)s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xs_config cfg = { .first_fd = -1 };
    struct xs_server *s = NULL;
    struct xs_conn *peer[2];
    int far[2], pair[2];

    if (!size) return 0;
    must(xs_server_new(&cfg, &s, NULL) == UT_OK);
    if (data[0] == 0) {
        must(xs_journal_load(s, (const char *)data + 1, size - 1) <= size - 1);
        check(s);
        xs_server_free(s);
        return 0;
    }
    for (int i = 0; i < 2; i++) {
        must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
        far[i] = pair[1];
        peer[i] = xs_conn_new(s, pair[0]);
        must(peer[i] != NULL);
    }
    peer[1]->guest = true;
    peer[1]->who = (struct xs_who){ 1, XS_NO_DOMID, false };
    messages(s, peer, data + 1, size - 1);
    check(s);
    xs_server_free(s);
    close(far[0]);
    close(far[1]);
    return 0;
}

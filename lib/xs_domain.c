/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of a domain at its start. Source: facts of the historic tool stack, section 6.2. */
#include <stdarg.h>
#include <stdio.h>
#include "xs_client.h"

#define PATH_BYTES 128

/* One node below /local/domain/ID. */
__attribute__((format(printf, 4, 5)))
static void node(struct xs_client *c, const struct xs_domain *d, const char *name, const char *fmt,
                 ...)
{
    char path[PATH_BYTES];
    struct ut_buf value = UT_BUF_INIT;
    va_list ap;

    snprintf(path, sizeof(path), "/local/domain/%u/%s", d->domid, name);
    va_start(ap, fmt);
    ut_buf_vaddf(&value, fmt, ap);
    va_end(ap);
    xs_queue_write(c, path, "%s", ut_buf_str(&value));
    ut_buf_fini(&value);
}

static void rings(struct xs_client *c, const struct xs_domain *d)
{
    node(c, d, "console/ring-ref", "%llu", (unsigned long long)d->console_pfn);
    node(c, d, "console/port", "%u", d->console_port);
    node(c, d, "console/limit", "%u", 1048576u);
    node(c, d, "console/type", "xenconsoled");
    if (d->tty && d->tty[0]) node(c, d, "console/tty", "%s", d->tty);
    node(c, d, "store/ring-ref", "%llu", (unsigned long long)d->store_pfn);
    node(c, d, "store/port", "%u", d->store_port);
}

/* What belongs to the guest: it writes there as it likes. */
static void guests_own(struct xs_client *c, const struct xs_domain *d)
{
    static const char *const names[] = { "device", "control", "error", "memory", "guest", "hvmpv",
                                         "data" };
    char path[PATH_BYTES], perms[16];

    snprintf(perms, sizeof(perms), "n%u", d->domid);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        node(c, d, names[i], "%s", "");
        snprintf(path, sizeof(path), "/local/domain/%u/%s", d->domid, names[i]);
        xs_queue_perms(c, path, perms);
    }
}

static void vm(struct xs_client *c, const struct xs_domain *d)
{
    char path[PATH_BYTES], perms[24];

    snprintf(path, sizeof(path), "/vm/%s", d->uuid);
    snprintf(perms, sizeof(perms), "n0,r%u", d->domid);
    xs_queue_write(c, path, "%s", "");
    xs_queue_perms(c, path, perms);
    snprintf(path, sizeof(path), "/vm/%s/uuid", d->uuid);
    xs_queue_write(c, path, "%s", d->uuid);
    snprintf(path, sizeof(path), "/vm/%s/name", d->uuid);
    xs_queue_write(c, path, "%s", d->name);
    /* whose it is: a domain kept after its end and its heir have had the same uuid */
    snprintf(path, sizeof(path), "/vm/%s/domid", d->uuid);
    xs_queue_write(c, path, "%u", d->domid);
    snprintf(path, sizeof(path), "/vm/%s/memory", d->uuid);
    xs_queue_write(c, path, "%llu", (unsigned long long)(d->memory_kib / 1024));
    snprintf(path, sizeof(path), "/vm/%s/vcpus", d->uuid);
    xs_queue_write(c, path, "%u", d->nr_vcpus);
}

void xs_domain_queue(struct xs_client *c, const struct xs_domain *d)
{
    char path[PATH_BYTES], perms[24];

    xs_domain_queue_rm(c, d->domid, NULL);
    snprintf(path, sizeof(path), "/local/domain/%u", d->domid);
    snprintf(perms, sizeof(perms), "n0,r%u", d->domid);
    xs_queue_write(c, path, "%s", "");
    xs_queue_perms(c, path, perms);
    node(c, d, "domid", "%u", d->domid);
    node(c, d, "vm", "/vm/%s", d->uuid);
    node(c, d, "name", "%s", d->name);
    guests_own(c, d);
    node(c, d, "memory/target", "%llu", (unsigned long long)d->memory_kib);
    for (unsigned i = 0; i < d->nr_vcpus; i++) {
        char name[40];

        snprintf(name, sizeof(name), "cpu/%u/availability", i);
        node(c, d, name, "online");
    }
    rings(c, d);
    vm(c, d);
}

void xs_domain_queue_rm(struct xs_client *c, unsigned domid, const char *uuid)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof(path), "/local/domain/%u", domid);
    xs_queue_rm(c, path);
    if (!uuid) return;
    snprintf(path, sizeof(path), "/vm/%s", uuid);
    xs_queue_rm(c, path);
}

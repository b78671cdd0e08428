/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hypervisor of paper: implements xci.h in memory, so that the daemon is tested without one. It
 * outlives the handles opened on it, as a real one does.
 */
#ifndef TESTS_UNIT_XEND_FAKE_XCI_H
#define TESTS_UNIT_XEND_FAKE_XCI_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "xci.h"

#define FAKE_DOMAINS 128

struct fake_dom {
    bool live;
    struct xci_domain_info info;
    char name[64], cmdline[256], kernel[256];
};

static struct {
    pthread_mutex_t lock;
    struct fake_dom dom[FAKE_DOMAINS];
    unsigned next_domid;
    struct xci_event event[256];
    unsigned nr_events;
    int event_fd;
    const char *fail_create;        /* text of the next failure */
    bool fail_destroy;
    unsigned create_delay_us;
    unsigned nr_requests;
    enum xci_shutdown last_request;
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER, .next_domid = 1, .event_fd = -1 };

static inline void fake_reset(void)
{
    memset(fake.dom, 0, sizeof(fake.dom));
    fake.next_domid = 1;
    fake.nr_events = 0;
    fake.fail_create = NULL;
    fake.fail_destroy = false;
    fake.create_delay_us = 0;
    fake.nr_requests = 0;
}

static inline void fake_event(enum xci_event_type type, xci_domid_t domid, enum xci_shutdown reason)
{
    uint64_t one = 1;

    fake.event[fake.nr_events++] = (struct xci_event){ type, domid, reason };
    if (fake.event_fd >= 0 && write(fake.event_fd, &one, sizeof(one)) < 0) abort();
}

static inline struct fake_dom *fake_find(xci_domid_t domid)
{
    return domid && domid < FAKE_DOMAINS && fake.dom[domid].live ? &fake.dom[domid] : NULL;
}

/** The guest stops by itself. */
static inline void fake_stop(xci_domid_t domid, enum xci_shutdown reason)
{
    struct fake_dom *d;

    pthread_mutex_lock(&fake.lock);
    d = fake_find(domid);
    d->info.running = d->info.blocked = false;
    d->info.crashed = reason == XCI_SHUTDOWN_CRASH;
    d->info.shutdown = !d->info.crashed;
    d->info.reason = reason;
    fake_event(XCI_EV_SHUTDOWN, domid, reason);
    pthread_mutex_unlock(&fake.lock);
}

/** Its process is killed. */
static inline void fake_kill(xci_domid_t domid)
{
    pthread_mutex_lock(&fake.lock);
    fake.dom[domid].live = false;
    fake_event(XCI_EV_GONE, domid, XCI_SHUTDOWN_CRASH);
    pthread_mutex_unlock(&fake.lock);
}

int xci_open(const struct xci_config *cfg, struct xci **xci_out, struct ut_err *err)
{
    (void)cfg, (void)err;
    fake.event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    fake.nr_events = 0;
    *xci_out = (struct xci *)&fake;
    return UT_OK;
}

void xci_close(struct xci *xc)
{
    if (!xc) return;
    close(fake.event_fd);
    fake.event_fd = -1;
}

int xci_host_info(struct xci *xc, struct xci_host_info *i, struct ut_err *err)
{
    (void)xc, (void)err;
    memset(i, 0, sizeof(*i));
    i->nr_cpus = 2;
    i->total_kib = 4u << 20;
    i->free_kib = 1u << 20;
    i->cpu_khz = 1600000;
    i->pagesize = XCI_PAGE_SIZE;
    strcpy(i->machine, "ia64");
    return UT_OK;
}

int xci_host_dmesg(struct xci *xc, bool clear, char **text_out, struct ut_err *err)
{
    (void)xc, (void)clear, (void)err;
    *text_out = strdup("(XEN) one\n(XEN) t\\wo\n");
    return UT_OK;
}

int xci_domain_create(struct xci *xc, const struct xci_domain_config *cfg, xci_domid_t *domid_out,
                      struct ut_err *err)
{
    struct fake_dom *d;

    (void)xc;
    if (fake.create_delay_us) usleep(fake.create_delay_us);
    pthread_mutex_lock(&fake.lock);
    if (fake.fail_create) {
        const char *text = fake.fail_create;

        fake.fail_create = NULL;
        pthread_mutex_unlock(&fake.lock);
        return ut_err_set(err, UT_EFORMAT, "%s", text);
    }
    *domid_out = fake.next_domid++;
    d = &fake.dom[*domid_out];
    memset(d, 0, sizeof(*d));
    d->live = d->info.paused = true;
    d->info.domid = *domid_out;
    memcpy(d->info.uuid, cfg->uuid, sizeof(d->info.uuid));
    d->info.memory_kib = cfg->memory_kib;
    d->info.max_memory_kib = cfg->max_memory_kib;
    d->info.nr_vcpus = d->info.nr_online = cfg->nr_vcpus;
    d->info.builder = cfg->builder;
    d->info.start_time_s = 1262304000;
    snprintf(d->name, sizeof(d->name), "%s", cfg->name);
    snprintf(d->kernel, sizeof(d->kernel), "%s", cfg->kernel_path);
    snprintf(d->cmdline, sizeof(d->cmdline), "%s", cfg->cmdline ? cfg->cmdline : "");
    fake_event(XCI_EV_INTRODUCED, *domid_out, XCI_SHUTDOWN_POWEROFF);
    pthread_mutex_unlock(&fake.lock);
    return UT_OK;
}

static int fake_set_paused(xci_domid_t domid, bool paused, struct ut_err *err)
{
    struct fake_dom *d;

    pthread_mutex_lock(&fake.lock);
    d = fake_find(domid);
    if (d) {
        d->info.paused = paused;
        d->info.blocked = !paused;
    }
    pthread_mutex_unlock(&fake.lock);
    return d ? UT_OK : ut_err_set(err, UT_ENODOM, "no domain %u", domid);
}

int xci_domain_pause(struct xci *xc, xci_domid_t domid, struct ut_err *err)
{
    (void)xc;
    return fake_set_paused(domid, true, err);
}

int xci_domain_unpause(struct xci *xc, xci_domid_t domid, struct ut_err *err)
{
    (void)xc;
    return fake_set_paused(domid, false, err);
}

int xci_domain_destroy(struct xci *xc, xci_domid_t domid, struct ut_err *err)
{
    struct fake_dom *d;

    (void)xc;
    if (fake.fail_destroy) return ut_err_set(err, UT_ETIMEOUT, "will not go");
    pthread_mutex_lock(&fake.lock);
    d = fake_find(domid);
    if (d) {
        d->live = false;
        fake_event(XCI_EV_GONE, domid, XCI_SHUTDOWN_POWEROFF);
    }
    pthread_mutex_unlock(&fake.lock);
    return d ? UT_OK : ut_err_set(err, UT_ENODOM, "no domain %u", domid);
}

int xci_domain_store(struct xci *xc, xci_domid_t domid, int fd, struct ut_err *err)
{
    (void)xc, (void)domid, (void)fd;
    return ut_err_set(err, UT_EUNSUP, "no XenStore here");
}

int xci_domain_request(struct xci *xc, xci_domid_t domid, enum xci_shutdown reason,
                       struct ut_err *err)
{
    (void)xc, (void)domid;
    if (reason == XCI_SHUTDOWN_HALT) return ut_err_set(err, UT_EUNSUP, "no halt");
    fake.nr_requests++;
    fake.last_request = reason;
    return UT_OK;
}

int xci_domain_info(struct xci *xc, xci_domid_t domid, struct xci_domain_info *info_out,
                    struct ut_err *err)
{
    struct fake_dom *d;

    (void)xc;
    pthread_mutex_lock(&fake.lock);
    d = fake_find(domid);
    if (d) *info_out = d->info;
    pthread_mutex_unlock(&fake.lock);
    return d ? UT_OK : ut_err_set(err, UT_ENODOM, "no domain %u", domid);
}

int xci_domain_list(struct xci *xc, struct xci_domain_info **infos_out, size_t *nr_out,
                    struct ut_err *err)
{
    (void)xc, (void)err;
    *infos_out = calloc(FAKE_DOMAINS, sizeof(**infos_out));
    *nr_out = 0;
    for (unsigned i = 1; i < FAKE_DOMAINS; i++)
        if (fake.dom[i].live) (*infos_out)[(*nr_out)++] = fake.dom[i].info;
    return UT_OK;
}

int xci_vcpu_info(struct xci *xc, xci_domid_t domid, unsigned vcpu, struct xci_vcpu_info *info_out,
                  struct ut_err *err)
{
    (void)xc, (void)domid, (void)err;
    *info_out = (struct xci_vcpu_info){ .online = true, .blocked = true,
                                        .cpu_time_ns = 1500000000, .cpu = (int)vcpu };
    return UT_OK;
}

int xci_domain_console(struct xci *xc, xci_domid_t domid, struct xci_console *con_out,
                       struct ut_err *err)
{
    (void)xc, (void)err;
    memset(con_out, 0, sizeof(*con_out));
    snprintf(con_out->socket_path, sizeof(con_out->socket_path), "/fake/%u/console.sock", domid);
    snprintf(con_out->pty_path, sizeof(con_out->pty_path), "/dev/pts/%u", domid);
    return UT_OK;
}

int xci_event_fd(struct xci *xc)
{
    (void)xc;
    return fake.event_fd;
}

int xci_event_next(struct xci *xc, struct xci_event *ev_out, struct ut_err *err)
{
    uint64_t count;
    int r = 0;

    (void)xc, (void)err;
    pthread_mutex_lock(&fake.lock);
    if (fake.nr_events) {
        *ev_out = fake.event[0];
        memmove(fake.event, fake.event + 1, --fake.nr_events * sizeof(fake.event[0]));
        r = 1;
    } else if (read(fake.event_fd, &count, sizeof(count)) < 0) {
        r = 0;                      /* nothing was written since */
    }
    pthread_mutex_unlock(&fake.lock);
    return r;
}

#endif

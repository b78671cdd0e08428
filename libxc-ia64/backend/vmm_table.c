/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The domains this handle knows, and what it has to tell about them. */
#include "backend/vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOCK_WAIT_MS 200            /* between the end of a stream and the end of its process */

/* ---- events; lock held --------------------------------------------------------------------- */

static void push(struct xci__vmm *vm, enum xci_event_type type, xci_domid_t domid,
                 enum xci_shutdown reason)
{
    const uint64_t one = 1;

    if (vm->queue_head) {
        memmove(vm->queue, vm->queue + vm->queue_head, vm->nr_queued * sizeof(*vm->queue));
        vm->queue_head = 0;
    }
    if (vm->nr_queued == vm->cap_queue) {
        size_t cap = vm->cap_queue ? 2 * vm->cap_queue : 16;
        struct xci_event *q = realloc(vm->queue, cap * sizeof(*q));

        if (!q) return;             /* told late beats told never, but there is no memory to tell */
        vm->queue = q;
        vm->cap_queue = cap;
    }
    vm->queue[vm->nr_queued++] = (struct xci_event){ type, domid, reason };
    (void)!write(vm->queue_fd, &one, sizeof(one));
}

static bool pop(struct xci__vmm *vm, struct xci_event *ev)
{
    uint64_t count;

    if (!vm->nr_queued) return false;
    *ev = vm->queue[vm->queue_head++];
    if (!--vm->nr_queued) {
        vm->queue_head = 0;
        (void)!read(vm->queue_fd, &count, sizeof(count));
    }
    return true;
}

/* ---- table; lock held ---------------------------------------------------------------------- */

static struct xci__vmm_dom *find(const struct xci__vmm *vm, xci_domid_t domid)
{
    for (size_t i = 0; i < vm->nr_doms; i++)
        if (vm->dom[i]->domid == domid) return vm->dom[i];
    return NULL;
}

static void dom_free(struct xci__vmm_dom *dom)
{
    if (dom->sock >= 0) close(dom->sock);
    if (dom->status) munmap((void *)(uintptr_t)dom->status, VMCTL_STATUS_BYTES);
    free(dom);
}

static int insert(struct xci__vmm *vm, struct xci__vmm_dom *dom)
{
    size_t at = vm->nr_doms;

    if (vm->nr_doms == vm->cap_doms) {
        size_t cap = vm->cap_doms ? 2 * vm->cap_doms : 16;
        struct xci__vmm_dom **d = realloc(vm->dom, cap * sizeof(struct xci__vmm_dom *));

        if (!d) return UT_ENOMEM;
        vm->dom = d;
        vm->cap_doms = cap;
    }
    for (; at > 0 && vm->dom[at - 1]->domid > dom->domid; at--) vm->dom[at] = vm->dom[at - 1];
    vm->dom[at] = dom;
    vm->nr_doms++;
    return UT_OK;
}

/* Take a domain out of the table and queue its end. Was it there? */
static bool forget(struct xci__vmm *vm, xci_domid_t domid)
{
    struct xci__vmm_dom *dom;
    uint32_t flags;
    size_t at = 0;

    while (at < vm->nr_doms && vm->dom[at]->domid != domid) at++;
    if (at == vm->nr_doms) return false;
    dom = vm->dom[at];
    flags = atomic_load_explicit(&dom->status->flags, memory_order_acquire);
    memmove(vm->dom + at, vm->dom + at + 1, (vm->nr_doms - at - 1) * sizeof(struct xci__vmm_dom *));
    vm->nr_doms--;
    push(vm, XCI_EV_GONE, domid,
         flags & VMCTL_ST_DYING ? XCI_SHUTDOWN_POWEROFF : XCI_SHUTDOWN_CRASH);
    dom_free(dom);
    return true;
}

/* Read what a domain pushed. Returns false if its stream has ended. */
static bool drain(struct xci__vmm *vm, struct xci__vmm_dom *dom)
{
    struct vmctl_msg m;
    int rc;

    for (;;) {
        rc = vmctl_recv(dom->sock, VMCTL_FROM_DOMAIN, &m, NULL);
        if (rc == UT_EBUSY || rc == UT_ETIMEOUT) return true;
        if (rc <= 0) return false;
        vmctl_close_fds(&m);
        if (m.hdr.type != VMCTL_SHUTDOWN || m.u.reason.reason >= VMCTL_NR_REASONS) continue;
        if (!dom->stopped)
            push(vm, XCI_EV_SHUTDOWN, dom->domid, (enum xci_shutdown)m.u.reason.reason);
        dom->stopped = true;
    }
}

static bool status_valid(const struct vmctl_status *st, xci_domid_t domid)
{
    return st->magic == VMCTL_STATUS_MAGIC && st->version == VMCTL_VERSION &&
           st->domid == domid && st->builder < VMCTL_NR_BUILDERS && st->nr_vcpus &&
           st->nr_vcpus <= VMCTL_MAX_VCPUS;
}

static struct xci__vmm_dom *dom_new(xci_domid_t domid, int sock, int status_fd, pid_t pid,
                                    struct ut_err *err)
{
    struct xci__vmm_dom *dom = calloc(1, sizeof(*dom));
    void *page;

    if (!dom) {
        ut_err_set(err, UT_ENOMEM, "domain %u", domid);
        return NULL;
    }
    dom->sock = -1;
    page = mmap(NULL, VMCTL_STATUS_BYTES, PROT_READ, MAP_SHARED, status_fd, 0);
    if (page == MAP_FAILED) {
        ut_err_sys(err, UT_ENOMEM, "status page of domain %u", domid);
        dom_free(dom);
        return NULL;
    }
    dom->status = page;
    if (!status_valid(dom->status, domid)) {
        ut_err_set(err, UT_EPROTO, "the status page of domain %u makes no sense", domid);
        dom_free(dom);
        return NULL;
    }
    dom->domid = domid;
    dom->pid = pid;
    dom->sock = sock;
    return dom;
}

/* A short file is a trap: touching the page behind its end would kill us. */
static bool long_enough(int fd)
{
    int seals = fcntl(fd, F_GET_SEALS);

    return lseek(fd, 0, SEEK_END) >= (off_t)VMCTL_STATUS_BYTES && seals >= 0 &&
           (seals & F_SEAL_SHRINK);
}

int xci__vmm_table_add(struct xci__vmm *vm, xci_domid_t domid, int sock, int status_fd, pid_t pid,
                       struct ut_err *err)
{
    struct epoll_event ev = { .events = EPOLLIN, .data.u64 = domid };
    struct xci__vmm_dom *dom = NULL;
    int rc;

    if (long_enough(status_fd)) dom = dom_new(domid, sock, status_fd, pid, err);
    else ut_err_set(err, UT_EPROTO, "the status page of domain %u is no page", domid);
    close(status_fd);
    if (!dom) {
        close(sock);
        return err ? err->code : UT_EPROTO;
    }
    (void)fcntl(sock, F_SETFL, fcntl(sock, F_GETFL) | O_NONBLOCK);
    pthread_mutex_lock(&vm->lock);
    if (find(vm, domid)) {
        rc = UT_OK;                 /* another thread met it first */
        dom_free(dom);
    } else if (epoll_ctl(vm->epoll_fd, EPOLL_CTL_ADD, sock, &ev) < 0) {
        rc = ut_err_sys(err, UT_ESYS, "watch domain %u", domid);
        dom_free(dom);
    } else {
        rc = insert(vm, dom);
        if (rc < 0) dom_free(dom);
        else if (vm->opened) push(vm, XCI_EV_INTRODUCED, domid, XCI_SHUTDOWN_POWEROFF);
    }
    pthread_mutex_unlock(&vm->lock);
    return rc;
}

/* Meet a domain that has a folder: connect, subscribe, put it into the table. No lock held. */
static int meet(struct xci__vmm *vm, xci_domid_t domid, struct ut_err *err)
{
    struct vmctl_msg m;
    int sock = -1, status_fd = -1, rc;
    pid_t pid = 0;

    rc = xci__vmm_connect(vm, domid, &sock, &status_fd, &pid, err);
    if (rc == UT_ENODOM) (void)xci__vmm_dir_remove(vm, domid, 0);
    if (rc < 0) return rc;
    vmctl_init(&m, VMCTL_SUBSCRIBE, 1);
    rc = xci__vmm_call(sock, &m, err);
    if (rc < 0) {
        close(status_fd);
        close(sock);
        return rc;
    }
    return xci__vmm_table_add(vm, domid, sock, status_fd, pid, err);
}

/* ---- for the other files ------------------------------------------------------------------- */

void xci__vmm_table_gone(struct xci__vmm *vm, xci_domid_t domid)
{
    (void)xci__vmm_dir_remove(vm, domid, LOCK_WAIT_MS);
    pthread_mutex_lock(&vm->lock);
    (void)forget(vm, domid);
    pthread_mutex_unlock(&vm->lock);
}

int xci__vmm_table_get(struct xci__vmm *vm, xci_domid_t domid, struct xci__vmm_dom **dom_out,
                       struct ut_err *err)
{
    struct xci__vmm_dom *dom;
    bool alive;
    int rc;

    pthread_mutex_lock(&vm->lock);
    dom = find(vm, domid);
    alive = dom && drain(vm, dom);
    if (alive) {
        *dom_out = dom;
        return UT_OK;
    }
    pthread_mutex_unlock(&vm->lock);
    if (dom) {
        xci__vmm_table_gone(vm, domid);
        return ut_err_set(err, UT_ENODOM, "there is no domain with the id %u", domid);
    }
    rc = meet(vm, domid, err);
    if (rc < 0) return rc;
    pthread_mutex_lock(&vm->lock);
    *dom_out = find(vm, domid);
    if (*dom_out) return UT_OK;
    pthread_mutex_unlock(&vm->lock);
    return ut_err_set(err, UT_ENODOM, "there is no domain with the id %u", domid);
}

/* One id whose stream has ended, or 0. */
static xci_domid_t next_dead(struct xci__vmm *vm)
{
    xci_domid_t dead = 0;

    pthread_mutex_lock(&vm->lock);
    for (size_t i = 0; i < vm->nr_doms && !dead; i++)
        if (!drain(vm, vm->dom[i])) dead = vm->dom[i]->domid;
    pthread_mutex_unlock(&vm->lock);
    return dead;
}

int xci__vmm_table_refresh(struct xci__vmm *vm, struct ut_err *err)
{
    xci_domid_t *ids = NULL, dead;
    size_t nr = 0;
    bool known;
    int rc;

    while ((dead = next_dead(vm))) xci__vmm_table_gone(vm, dead);
    rc = xci__vmm_dir_scan(vm, &ids, &nr, err);
    for (size_t i = 0; rc == UT_OK && i < nr; i++) {
        pthread_mutex_lock(&vm->lock);
        known = find(vm, ids[i]) != NULL;
        pthread_mutex_unlock(&vm->lock);
        /* one that does not answer is left out; the others are still worth listing */
        if (!known) (void)meet(vm, ids[i], NULL);
    }
    free(ids);
    pthread_mutex_lock(&vm->lock);
    return rc;
}

void xci__vmm_table_fini(struct xci__vmm *vm)
{
    for (size_t i = 0; i < vm->nr_doms; i++) dom_free(vm->dom[i]);
    free(vm->dom);
    free(vm->queue);
    vm->dom = NULL;
    vm->queue = NULL;
    vm->nr_doms = vm->nr_queued = 0;
}

/* ---- events -------------------------------------------------------------------------------- */

static void handle_ready(struct xci__vmm *vm, uint64_t key)
{
    struct xci__vmm_dom *dom;
    char skip[4096];
    bool dead;

    if (key == XCI__VMM_KEY_QUEUE) return;
    if (key == XCI__VMM_KEY_INOTIFY) {
        while (read(vm->inotify_fd, skip, sizeof(skip)) > 0) {}
        (void)xci__vmm_table_refresh(vm, NULL);
        pthread_mutex_unlock(&vm->lock);
        return;
    }
    pthread_mutex_lock(&vm->lock);
    dom = find(vm, (xci_domid_t)key);
    dead = dom && !drain(vm, dom);
    pthread_mutex_unlock(&vm->lock);
    if (dead) xci__vmm_table_gone(vm, (xci_domid_t)key);
}

int xci__vmm_event_next(struct xci *xc, struct xci_event *ev, struct ut_err *err)
{
    struct xci__vmm *vm = xc->priv;
    struct epoll_event ready[16];
    bool got;
    int n;

    pthread_mutex_lock(&vm->lock);
    got = pop(vm, ev);
    pthread_mutex_unlock(&vm->lock);
    if (got) return 1;
    n = epoll_wait(vm->epoll_fd, ready, (int)ARRAY_SIZE(ready), 0);
    if (n < 0 && errno != EINTR) return ut_err_sys(err, UT_ESYS, "events");
    for (int i = 0; i < n; i++) handle_ready(vm, ready[i].data.u64);
    pthread_mutex_lock(&vm->lock);
    got = pop(vm, ev);
    pthread_mutex_unlock(&vm->lock);
    return got ? 1 : 0;
}

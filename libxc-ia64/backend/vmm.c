/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backend/vmm.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>
#include "ut_path.h"

/* ---- open and close ------------------------------------------------------------------------ */

static int copy_path(char *out, const char *path, struct ut_err *err)
{
    int n = snprintf(out, PATH_MAX, "%s", path);

    if (n >= 0 && n < PATH_MAX) return UT_OK;
    return ut_err_set(err, UT_ELIMIT, "path too long: %.200s", path);
}

static int set_paths(struct xci__vmm *vm, const struct xci_config *cfg, struct ut_err *err)
{
    struct ut_paths *p = NULL;
    const char *run = cfg->run_dir;
    int rc = UT_OK;

    if (!cfg->run_dir || !cfg->vmm_path) {
        p = malloc(sizeof(*p));
        if (!p) return ut_err_set(err, UT_ENOMEM, "paths");
        rc = ut_paths_init(p, err);
        if (!run) run = p->run;
    }
    if (rc == UT_OK) rc = ut_path_join(vm->dom_dir, run, "dom", err);
    if (rc == UT_OK) rc = ut_path_join(vm->dmesg_path, run, "dmesg", err);
    if (rc == UT_OK && cfg->vmm_path) rc = copy_path(vm->vmm_path, cfg->vmm_path, err);
    else if (rc == UT_OK) rc = ut_path_join(vm->vmm_path, p->libexec, "xen-vmm", err);
    free(p);
    return rc;
}

static int watch(struct xci__vmm *vm, int fd, uint64_t key, struct ut_err *err)
{
    struct epoll_event ev = { .events = EPOLLIN, .data.u64 = key };

    return epoll_ctl(vm->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? ut_err_sys(err, UT_ESYS, "epoll")
                                                              : UT_OK;
}

static int open_fds(struct xci__vmm *vm, struct ut_err *err)
{
    vm->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    vm->queue_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (vm->epoll_fd < 0 || vm->queue_fd < 0) return ut_err_sys(err, UT_ESYS, "event descriptor");
    vm->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (vm->inotify_fd >= 0 &&
        (inotify_add_watch(vm->inotify_fd, vm->dom_dir, IN_MOVED_TO | IN_ONLYDIR) < 0 ||
         watch(vm, vm->inotify_fd, XCI__VMM_KEY_INOTIFY, NULL) < 0)) {
        /* then domains of others are met when somebody asks, not at once */
        close(vm->inotify_fd);
        vm->inotify_fd = -1;
    }
    return watch(vm, vm->queue_fd, XCI__VMM_KEY_QUEUE, err);
}

static int vmm_open(struct xci *xc, const struct xci_config *cfg, struct ut_err *err)
{
    struct xci__vmm *vm = calloc(1, sizeof(*vm));
    int rc;

    if (!vm) return ut_err_set(err, UT_ENOMEM, "library handle");
    vm->epoll_fd = vm->queue_fd = vm->inotify_fd = -1;
    pthread_mutex_init(&vm->lock, NULL);
    xc->priv = vm;
    rc = set_paths(vm, cfg, err);
    if (rc == UT_OK) rc = xci__vmm_dir_init(vm, err);
    if (rc == UT_OK) rc = open_fds(vm, err);
    if (rc < 0) return rc;
    rc = xci__vmm_table_refresh(vm, err);
    vm->opened = true;
    pthread_mutex_unlock(&vm->lock);
    return rc;
}

static void vmm_close(struct xci *xc)
{
    struct xci__vmm *vm = xc->priv;

    if (!vm) return;
    xci__vmm_table_fini(vm);
    if (vm->inotify_fd >= 0) close(vm->inotify_fd);
    if (vm->queue_fd >= 0) close(vm->queue_fd);
    if (vm->epoll_fd >= 0) close(vm->epoll_fd);
    pthread_mutex_destroy(&vm->lock);
    free(vm);
    xc->priv = NULL;
}

/* ---- commands ------------------------------------------------------------------------------ */

static int simple(struct xci *xc, xci_domid_t domid, enum vmctl_type type, struct ut_err *err)
{
    struct vmctl_msg m;

    vmctl_init(&m, type, 1);
    return xci__vmm_command(xc->priv, domid, &m, err);
}

static int vmm_pause(struct xci *xc, xci_domid_t domid, struct ut_err *err)
{
    return simple(xc, domid, VMCTL_PAUSE, err);
}

static int vmm_unpause(struct xci *xc, xci_domid_t domid, struct ut_err *err)
{
    return simple(xc, domid, VMCTL_UNPAUSE, err);
}

/* A process that does not even greet: by its id, its own as long as it holds its folder. */
static int kill_hung(struct xci__vmm *vm, xci_domid_t domid, struct ut_err *err)
{
    struct xci__vmm_dom *dom;
    int rc = xci__vmm_table_get(vm, domid, &dom, err);

    if (rc < 0) return rc;
    if (dom->pid > 1) (void)kill(dom->pid, SIGKILL);
    pthread_mutex_unlock(&vm->lock);
    if (xci__vmm_dir_remove(vm, domid, XCI__VMM_CTL_TIMEOUT_S * 1000)) return UT_OK;
    return ut_err_set(err, UT_ETIMEOUT, "the process of domain %u does not end", domid);
}

static int vmm_destroy(struct xci *xc, xci_domid_t domid, struct ut_err *err)
{
    int rc = xci__vmm_end(xc->priv, domid, err);

    if (rc == UT_ETIMEOUT) rc = kill_hung(xc->priv, domid, err);
    if (rc != UT_OK && rc != UT_ENODOM) return rc;
    /* a large memory takes a while to be given back, on a busy host */
    (void)xci__vmm_dir_remove(xc->priv, domid, XCI__VMM_CTL_TIMEOUT_S * 1000);
    xci__vmm_table_gone(xc->priv, domid);
    return rc;
}

static int vmm_request(struct xci *xc, xci_domid_t domid, enum xci_shutdown reason,
                       struct ut_err *err)
{
    struct vmctl_msg m;

    vmctl_init(&m, VMCTL_REQUEST, 1);
    m.u.reason.reason = (uint32_t)reason;
    return xci__vmm_command(xc->priv, domid, &m, err);
}

static int vmm_sysrq(struct xci *xc, xci_domid_t domid, char key, struct ut_err *err)
{
    struct vmctl_msg m;

    vmctl_init(&m, VMCTL_SYSRQ, 1);
    m.u.sysrq.key = (unsigned char)key;
    return xci__vmm_command(xc->priv, domid, &m, err);
}

static int vmm_store(struct xci *xc, xci_domid_t domid, int fd, struct ut_err *err)
{
    struct vmctl_msg m;

    vmctl_init(&m, VMCTL_STORE, 1);
    m.fd[0] = fd;
    m.nr_fds = 1;
    return xci__vmm_command(xc->priv, domid, &m, err);
}

/* ---- what the status page answers ---------------------------------------------------------- */

static uint64_t load64(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static void sum_vcpus(const struct vmctl_status *st, struct xci_domain_info *info)
{
    unsigned nr_blocked = 0;

    for (unsigned i = 0; i < info->nr_vcpus; i++) {
        const struct vmctl_vcpu *v = &st->vcpu[i];
        uint32_t state = atomic_load_explicit(&v->state, memory_order_relaxed);

        info->cpu_time_ns += load64(&v->cpu_time_ns);
        info->instructions += load64(&v->instructions);
        if (state != VMCTL_VCPU_OFFLINE) info->nr_online++;
        if (state == VMCTL_VCPU_RUNNING) info->running = true;
        if (state == VMCTL_VCPU_BLOCKED) nr_blocked++;
    }
    info->blocked = nr_blocked && nr_blocked == info->nr_online;
}

static void fill_info(const struct xci__vmm_dom *dom, struct xci_domain_info *info)
{
    static const enum xci_builder builders[VMCTL_NR_BUILDERS] = {
        [VMCTL_BUILDER_LINUX] = XCI_BUILDER_LINUX, [VMCTL_BUILDER_HPSIM] = XCI_BUILDER_HPSIM,
        [VMCTL_BUILDER_EFI] = XCI_BUILDER_EFI,
    };
    const struct vmctl_status *st = dom->status;
    uint32_t flags = atomic_load_explicit(&st->flags, memory_order_acquire);
    uint32_t reason = flags >> VMCTL_ST_REASON_SHIFT & 0xff;

    memset(info, 0, sizeof(*info));
    info->domid = dom->domid;
    memcpy(info->uuid, st->uuid, sizeof(info->uuid));
    info->nr_vcpus = st->nr_vcpus <= VMCTL_MAX_VCPUS ? st->nr_vcpus : 0;
    sum_vcpus(st, info);
    info->paused = flags & VMCTL_ST_PAUSED;
    info->dying = flags & VMCTL_ST_DYING;
    if (flags & VMCTL_ST_SHUTDOWN) {
        info->reason = reason < VMCTL_NR_REASONS ? (enum xci_shutdown)reason : XCI_SHUTDOWN_CRASH;
        info->crashed = info->reason == XCI_SHUTDOWN_CRASH;
        info->shutdown = !info->crashed;
    }
    if (info->paused || info->shutdown || info->crashed || info->dying)
        info->running = info->blocked = false;
    info->memory_kib = load64(&st->nr_pages) * (XCI_PAGE_SIZE / 1024);
    info->max_memory_kib = st->max_pages * (XCI_PAGE_SIZE / 1024);
    info->start_time_s = st->start_time_s;
    info->builder = builders[st->builder < VMCTL_NR_BUILDERS ? st->builder : 0];
    info->store_pfn = st->store_pfn;
    info->console_pfn = st->console_pfn;
    info->store_port = st->store_port;
    info->console_port = st->console_port;
    info->pid = dom->pid;
    info->exit_status = atomic_load_explicit(&st->exit_status, memory_order_relaxed);
}

static int vmm_info(struct xci *xc, xci_domid_t domid, struct xci_domain_info *info,
                    struct ut_err *err)
{
    struct xci__vmm *vm = xc->priv;
    struct xci__vmm_dom *dom;
    int rc = xci__vmm_table_get(vm, domid, &dom, err);

    if (rc < 0) return rc;
    fill_info(dom, info);
    pthread_mutex_unlock(&vm->lock);
    return UT_OK;
}

static int vmm_list(struct xci *xc, struct xci_domain_info **infos_out, size_t *nr_out,
                    struct ut_err *err)
{
    struct xci__vmm *vm = xc->priv;
    struct xci_domain_info *infos;
    int rc = xci__vmm_table_refresh(vm, err);

    if (rc == UT_OK) {
        infos = calloc(vm->nr_doms + 1, sizeof(*infos));
        if (!infos) {
            rc = ut_err_set(err, UT_ENOMEM, "list of domains");
        } else {
            for (size_t i = 0; i < vm->nr_doms; i++) fill_info(vm->dom[i], &infos[i]);
            *nr_out = vm->nr_doms;
            *infos_out = infos;
        }
    }
    pthread_mutex_unlock(&vm->lock);
    return rc;
}

static int vmm_vcpu_info(struct xci *xc, xci_domid_t domid, unsigned vcpu,
                         struct xci_vcpu_info *info, struct ut_err *err)
{
    struct xci__vmm *vm = xc->priv;
    struct xci__vmm_dom *dom;
    const struct vmctl_vcpu *v;
    uint32_t state;
    int rc = xci__vmm_table_get(vm, domid, &dom, err);

    if (rc < 0) return rc;
    if (vcpu >= dom->status->nr_vcpus || vcpu >= VMCTL_MAX_VCPUS) {
        rc = ut_err_set(err, UT_ENOENT, "domain %u has %u vcpus", domid, dom->status->nr_vcpus);
    } else {
        v = &dom->status->vcpu[vcpu];
        state = atomic_load_explicit(&v->state, memory_order_relaxed);
        info->online = state != VMCTL_VCPU_OFFLINE;
        info->blocked = state == VMCTL_VCPU_BLOCKED;
        info->running = state == VMCTL_VCPU_RUNNING;
        info->cpu_time_ns = load64(&v->cpu_time_ns);
        info->cpu = info->cpu_time_ns ? 0 : -1;         /* the host moves it as it likes */
    }
    pthread_mutex_unlock(&vm->lock);
    return rc;
}

static int vmm_console(struct xci *xc, xci_domid_t domid, struct xci_console *con,
                       struct ut_err *err)
{
    struct xci__vmm *vm = xc->priv;
    struct xci__vmm_dom *dom;
    int n, rc = xci__vmm_table_get(vm, domid, &dom, err);

    if (rc < 0) return rc;
    snprintf(con->pty_path, sizeof(con->pty_path), "%.*s", (int)sizeof(con->pty_path) - 1,
             dom->status->pty_path);
    pthread_mutex_unlock(&vm->lock);
    n = snprintf(con->socket_path, sizeof(con->socket_path), "%s/%u/console.sock", vm->dom_dir,
                 domid);
    if (n < 0 || (size_t)n >= sizeof(con->socket_path))
        return ut_err_set(err, UT_ELIMIT, "the console's path is too long");
    return UT_OK;
}

static int vmm_event_fd(struct xci *xc)
{
    struct xci__vmm *vm = xc->priv;

    return vm->epoll_fd;
}

const struct xci__backend xci__backend_vmm = {
    .name = "vmm",
    .open = vmm_open,
    .close = vmm_close,
    .host_info = xci__vmm_host_info,
    .host_dmesg = xci__vmm_host_dmesg,
    .create = xci__vmm_create,
    .pause = vmm_pause,
    .unpause = vmm_unpause,
    .destroy = vmm_destroy,
    .request = vmm_request,
    .sysrq = vmm_sysrq,
    .store = vmm_store,
    .info = vmm_info,
    .list = vmm_list,
    .vcpu_info = vmm_vcpu_info,
    .console = vmm_console,
    .event_fd = vmm_event_fd,
    .event_next = xci__vmm_event_next,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vp_domain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "ut_io.h"
#include "vp_ctl.h"
#include "vp_trace.h"
#include "vp_vcpu.h"

#define TICK_NS             100000000L      /* age of what the status page says, while running */
#define GUEST_LINES_PER_S   50u

static const struct vp_kind *const kinds[VMCTL_NR_BUILDERS] = {
    [VMCTL_BUILDER_LINUX] = &vp_kind_linux,
    [VMCTL_BUILDER_HPSIM] = &vp_kind_hpsim,
    [VMCTL_BUILDER_EFI] = &vp_kind_efi,
};

uint64_t vp_time_ns(void)
{
    return ut_now_ns();
}

/* ---- status page --------------------------------------------------------------------------- */

void vp_status_vcpu(struct vp_vcpu *v)
{
    struct vmctl_vcpu *st = &v->dom->status->vcpu[v->index];
    struct timespec ts;

    atomic_store_explicit(&st->instructions, em_cpu_instructions_about(v->cpu),
                          memory_order_relaxed);
    if (v->has_thread && !clock_gettime(v->cpu_clock, &ts))
        atomic_store_explicit(&st->cpu_time_ns,
                              (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec,
                              memory_order_relaxed);
}

void vp_status_flags(struct vp_domain *d)
{
    int reason = atomic_load(&d->stop_reason);
    uint32_t flags = 0;

    if (d->state == VP_PAUSED) flags |= VMCTL_ST_PAUSED;
    if (d->state == VP_DYING) flags |= VMCTL_ST_DYING;
    if (d->state >= VP_STOPPED && reason != VP_NO_REASON)
        flags |= VMCTL_ST_SHUTDOWN | (uint32_t)reason << VMCTL_ST_REASON_SHIFT;
    for (unsigned i = 0; i < d->nr_vcpus; i++) vp_status_vcpu(&d->vcpu[i]);
    atomic_store_explicit(&d->status->flags, flags, memory_order_release);
}

void vp_status_tick(struct vp_domain *d)
{
    static const struct itimerspec once = { .it_value = { 0, TICK_NS } };

    if (!atomic_exchange(&d->tick_armed, true)) (void)timerfd_settime(d->tick.fd, 0, &once, NULL);
}

static void tick(void *ctx, uint32_t events)
{
    struct vp_domain *d = ctx;
    bool any = false;
    uint64_t count;

    (void)events;
    (void)!read(d->tick.fd, &count, sizeof(count));
    atomic_store(&d->tick_armed, false);
    for (unsigned i = 0; i < d->nr_vcpus; i++) {
        vp_status_vcpu(&d->vcpu[i]);
        any |= atomic_load(&d->vcpu[i].in_run);
    }
    if (any) vp_status_tick(d);
}

/* ---- messages ------------------------------------------------------------------------------ */

static void log_text(struct vp_domain *d, int level, const char *text)
{
    char line[640];
    int n;

    ut_log_msg(d->log, (enum ut_level)level, (int)d->cfg.domid, "%s", text);
    if (d->fd[VMCTL_FD_DMESG] < 0) return;
    n = snprintf(line, sizeof(line), "(XEN) d%u: %s\n", d->cfg.domid, text);
    if (n < 0) return;
    if ((size_t)n >= sizeof(line)) {
        n = (int)sizeof(line) - 1;
        line[n - 1] = '\n';
    }
    (void)!write(d->fd[VMCTL_FD_DMESG], line, (size_t)n);
}

void vp_log(struct vp_domain *d, int level, const char *fmt, ...)
{
    char text[UT_ERR_TEXT_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    log_text(d, level, text);
}

void vp_log_guest(struct vp_domain *d, int level, const char *text)
{
    uint64_t now_s = vp_time_ns() / 1000000000u;
    unsigned nr;

    pthread_mutex_lock(&d->log_lock);
    if (d->log_window_s != now_s) {
        d->log_window_s = now_s;
        d->log_in_window = 0;
    }
    nr = ++d->log_in_window;
    pthread_mutex_unlock(&d->log_lock);
    if (nr < GUEST_LINES_PER_S) log_text(d, level, text);
    if (nr == GUEST_LINES_PER_S) log_text(d, level, "further messages of this second suppressed");
}

/* ---- the guest stops ----------------------------------------------------------------------- */

struct vp_vcpu *vp_domain_self(struct vp_domain *d)
{
    for (unsigned i = 0; i < d->nr_vcpus; i++)
        if (d->vcpu[i].has_thread && pthread_equal(d->vcpu[i].thread, pthread_self()))
            return &d->vcpu[i];
    return NULL;
}

void vp_domain_guest_stop(struct vp_domain *d, enum vmctl_reason reason)
{
    int none = VP_NO_REASON;

    if (!atomic_compare_exchange_strong(&d->stop_reason, &none, (int)reason)) return;
    vp_vcpus_halt(d);
    dv_waker_poke(&d->guest_stopped);
}

static void on_guest_stopped(void *ctx)
{
    struct vp_domain *d = ctx;
    struct ut_err err = UT_ERR_INIT;

    if (vp_domain_event(d, VP_EV_GUEST_STOP, &err) < 0)
        vp_log(d, UT_LOG_ERROR, "guest stop: %s", err.text);
}

static void on_input(void *ctx)
{
    struct vp_domain *d = ctx;

    if (d->machine) d->kind->console_input(d);
}

static void on_room(void *ctx)
{
    struct vp_domain *d = ctx;

    if (d->machine) d->kind->console_room(d);
}

static void on_stdio_gone(void *ctx)
{
    struct vp_domain *d = ctx;

    /* whoever asked for its console on a descriptor is gone, and the domain with it */
    (void)vp_domain_event(d, VP_EV_DESTROY, NULL);
}

/* ---- set-up -------------------------------------------------------------------------------- */

int vp_start_check(const struct vmctl_msg *m, struct ut_err *err)
{
    const struct vmctl_start *s = &m->u.start;
    unsigned nr_fds = (unsigned)__builtin_popcount(s->fd_mask);

    if (s->fd_mask >> VMCTL_NR_FDS || nr_fds != m->nr_fds ||
        (s->fd_mask & VMCTL_FDS_REQUIRED) != VMCTL_FDS_REQUIRED)
        return ut_err_set(err, UT_EPROTO, "START: descriptors %#x, %u attached", s->fd_mask,
                          m->nr_fds);
    if (s->builder >= VMCTL_NR_BUILDERS)
        return ut_err_set(err, UT_EUNSUP, "START: builder %u", s->builder);
    if (!s->nr_vcpus || s->nr_vcpus > VMCTL_MAX_VCPUS)
        return ut_err_set(err, UT_EPROTO, "START: %u vcpus", s->nr_vcpus);
    if (!s->ram_bytes || s->ram_bytes % VMCTL_PAGE_BYTES || s->ram_bytes > UINT64_C(1) << 40 ||
        s->ram_bytes / VMCTL_PAGE_BYTES != s->nr_pages || s->max_pages < s->nr_pages)
        return ut_err_set(err, UT_EPROTO, "START: %llu bytes of memory, %llu pages",
                          (unsigned long long)s->ram_bytes, (unsigned long long)s->nr_pages);
    if (s->entry_gpa >= s->ram_bytes || s->console_pfn >= s->nr_pages ||
        s->store_pfn >= s->nr_pages)
        return ut_err_set(err, UT_EPROTO, "START: entry or pages outside memory");
    if (!memchr(s->name, 0, sizeof(s->name)) || !memchr(s->cmdline, 0, sizeof(s->cmdline)))
        return ut_err_set(err, UT_EPROTO, "START: unterminated text");
    return UT_OK;
}

/* Map the memory file and the status page, after checking that they are as large as promised. */
static int map_memory(struct vp_domain *d, struct ut_err *err)
{
    struct stat st;
    void *p;

    d->map_bytes = d->cfg.ram_bytes + (d->kind->tail ? VMCTL_TAIL_BYTES : 0);
    if (fstat(d->fd[VMCTL_FD_MEM], &st) < 0 || (uint64_t)st.st_size < d->map_bytes)
        return ut_err_set(err, UT_EPROTO, "the memory file is smaller than the domain");
    if (fstat(d->fd[VMCTL_FD_STATUS], &st) < 0 || st.st_size < (off_t)VMCTL_STATUS_BYTES)
        return ut_err_set(err, UT_EPROTO, "the status page is too small");
    p = mmap(NULL, d->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
             d->fd[VMCTL_FD_MEM], 0);
    if (p == MAP_FAILED) return ut_err_sys(err, UT_ENOMEM, "map %llu bytes of guest memory",
                                           (unsigned long long)d->map_bytes);
    d->ram = p;
    p = mmap(NULL, VMCTL_STATUS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
             d->fd[VMCTL_FD_STATUS], 0);
    if (p == MAP_FAILED) return ut_err_sys(err, UT_ENOMEM, "map the status page");
    d->status = p;
    return UT_OK;
}

static int console_init(struct vp_domain *d, struct ut_err *err)
{
    struct dv_console_config cfg = {
        .listen_fd = d->fd[VMCTL_FD_CONSOLE],
        .log_fd = d->fd[VMCTL_FD_CONSOLE_LOG],
        .pty_fd = d->fd[VMCTL_FD_PTY],
        .stdio_fd = d->fd[VMCTL_FD_STDIO],
        .owner_uid = d->cfg.owner_uid,
        .ctx = d,
        .input_ready = on_input,
        .drained = on_room,
        .stdio_gone = on_stdio_gone,
    };

    /* the console closes these, also when it cannot be made */
    d->fd[VMCTL_FD_CONSOLE] = d->fd[VMCTL_FD_CONSOLE_LOG] = -1;
    d->fd[VMCTL_FD_PTY] = d->fd[VMCTL_FD_STDIO] = -1;
    return dv_console_new(d->loop, &cfg, &d->console, err);
}

static int loop_init(struct vp_domain *d, struct ut_err *err)
{
    int rc, fd;

    rc = dv_loop_new(&d->loop, err);
    if (rc < 0) return rc;
    rc = dv_waker_init(&d->guest_stopped, d->loop, on_guest_stopped, d, err);
    if (rc < 0) return rc;
    fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd < 0) return ut_err_sys(err, UT_ESYS, "status timer");
    rc = dv_loop_add(d->loop, &d->tick, fd, EPOLLIN, tick, d, err);
    if (rc < 0) close(fd);
    return rc;
}

static int vcpus_init(struct vp_domain *d, struct ut_err *err)
{
    int rc;

    d->vcpu = calloc(d->cfg.nr_vcpus, sizeof(*d->vcpu));
    if (!d->vcpu) return ut_err_set(err, UT_ENOMEM, "%u vcpus", d->cfg.nr_vcpus);
    for (unsigned i = 0; i < d->cfg.nr_vcpus; i++) {
        d->vcpu[i].dom = d;
        d->vcpu[i].index = i;
        atomic_store(&d->vcpu[i].up, i == 0);
        d->vcpu[i].verified_iva = UINT64_MAX;
        d->vcpu[i].cpu = em_machine_cpu(d->machine, i);
        rc = vp_trace_new(&d->vcpu[i], &d->vcpu[i].trace, err);
        if (rc < 0) return rc;
    }
    d->nr_vcpus = d->cfg.nr_vcpus;
    return UT_OK;
}

static int init_all(struct vp_domain *d, struct ut_err *err)
{
    int rc;

    if (d->fd[VMCTL_FD_LOG] >= 0)
        /* the rest is in the host's hypervisor log */
        (void)ut_log_open_fd(d->fd[VMCTL_FD_LOG], "xen-vmm", UT_LOG_WARNING, &d->log);
    rc = map_memory(d, err);
    if (rc == UT_OK) rc = loop_init(d, err);
    if (rc == UT_OK) rc = console_init(d, err);
    if (rc == UT_OK) rc = d->kind->init(d, err);
    if (rc == UT_OK) rc = vcpus_init(d, err);
    return rc;
}

int vp_domain_new(struct vmctl_msg *m, struct vp_domain **dom_out, struct ut_err *err)
{
    struct vp_domain *d = calloc(1, sizeof(*d));
    unsigned next = 0;
    int rc;

    if (!d) {
        vmctl_close_fds(m);
        return ut_err_set(err, UT_ENOMEM, "domain");
    }
    d->cfg = m->u.start;
    d->kind = kinds[d->cfg.builder];
    d->state = VP_PAUSED;
    d->tick.fd = d->guest_stopped.watch.fd = -1;
    atomic_store(&d->stop, true);
    atomic_store(&d->stop_reason, VP_NO_REASON);
    pthread_mutex_init(&d->log_lock, NULL);
    pthread_mutex_init(&d->park_lock, NULL);
    pthread_cond_init(&d->parked, NULL);
    for (unsigned i = 0; i < VMCTL_NR_FDS; i++) {
        d->fd[i] = -1;
        if (!(d->cfg.fd_mask & 1u << i)) continue;
        d->fd[i] = m->fd[next];
        m->fd[next++] = -1;
    }
    m->nr_fds = 0;
    rc = init_all(d, err);
    if (rc < 0) {
        vp_domain_free(d);
        return rc;
    }
    *dom_out = d;
    return UT_OK;
}

void vp_domain_free(struct vp_domain *d)
{
    int tick_fd;

    if (!d) return;
    vp_vcpus_end(d);
    vp_ctl_free(d->ctl);
    d->kind->fini(d);
    dv_xencons_free(d->xencons);
    dv_xsring_free(d->xsring);
    dv_console_free(d->console);
    em_machine_free(d->machine);
    tick_fd = d->tick.fd;
    if (d->loop) {
        dv_waker_fini(&d->guest_stopped);
        dv_loop_del(d->loop, &d->tick);
        if (tick_fd >= 0) close(tick_fd);
    }
    dv_loop_free(d->loop);
    if (d->ram) munmap(d->ram, d->map_bytes);
    if (d->status) munmap(d->status, VMCTL_STATUS_BYTES);
    ut_log_free(d->log);
    for (unsigned i = 0; d->vcpu && i < d->cfg.nr_vcpus; i++) vp_trace_free(d->vcpu[i].trace);
    free(d->vcpu);
    for (unsigned i = 0; i < VMCTL_NR_FDS; i++)
        if (d->fd[i] >= 0) close(d->fd[i]);
    pthread_cond_destroy(&d->parked);
    pthread_mutex_destroy(&d->park_lock);
    pthread_mutex_destroy(&d->log_lock);
    free(d);
}

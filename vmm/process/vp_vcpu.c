/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vp_vcpu.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "vp_crash.h"
#include "vp_trace.h"

#define STACK_BYTES     (1u << 20)      /* reserved; only what is used costs memory */
#define ALT_STACK_BYTES 32768u

/* vp_vcpu.wake */
enum { AWAKE, TOKEN, ASLEEP };

#define TIMER_SIGNAL SIGRTMIN

static long futex(_Atomic uint32_t *word, int op, uint32_t value)
{
    return syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

/* Sleep until there is a token; one that came since the caller set AWAKE counts. A signal wakes
   too. */
static void sleep_for_token(struct vp_vcpu *v)
{
    uint32_t expected = AWAKE;

    if (atomic_compare_exchange_strong(&v->wake, &expected, ASLEEP))
        (void)futex(&v->wake, FUTEX_WAIT, ASLEEP);
}

void vp_vcpu_kick(struct vp_vcpu *v)
{
    em_cpu_kick(v->cpu);
    if (atomic_exchange(&v->wake, TOKEN) == ASLEEP) (void)futex(&v->wake, FUTEX_WAKE, 1);
}

struct vp_vcpu *vp_vcpu_of(struct vp_domain *d, const struct em_cpu *cpu)
{
    return &d->vcpu[em_cpu_index(cpu)];
}

/* ---- timer ----------------------------------------------------------------------------------- */

static void timer_fired(int sig, siginfo_t *si, void *uc)
{
    int saved = errno;

    (void)sig;
    (void)uc;
    /* anyone with our uid can queue a signal with any pointer: believe only the kernel's timers */
    if (si->si_code == SI_TIMER) vp_vcpu_kick(si->si_value.sival_ptr);
    errno = saved;
}

void vp_vcpu_arm(struct vp_vcpu *v, uint64_t itc)
{
    struct itimerspec it = { .it_interval = { 0, 0 } };
    uint64_t at_ns = 0;

    /* beyond 2^62 ns (146 years) is never */
    if (itc < UINT64_C(1) << 62) at_ns = itc ? itc : 1;
    if (at_ns == v->armed_ns) return;
    v->armed_ns = at_ns;
    it.it_value.tv_sec = (time_t)(at_ns / 1000000000u);
    it.it_value.tv_nsec = (long)(at_ns % 1000000000u);
    if (v->has_timer) (void)timer_settime(v->timer, TIMER_ABSTIME, &it, NULL);
}

static int timer_init(struct vp_vcpu *v, struct ut_err *err)
{
    struct sigevent sev;

    memset(&sev, 0, sizeof(sev));
    sev.sigev_notify = SIGEV_THREAD_ID;
    sev.sigev_signo = TIMER_SIGNAL;
    sev.sigev_value.sival_ptr = v;
    sev._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    if (timer_create(CLOCK_MONOTONIC, &sev, &v->timer) < 0)
        return ut_err_sys(err, UT_ESYS, "interval timer of vcpu %u", v->index);
    v->has_timer = true;
    return UT_OK;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void set_state(struct vp_vcpu *v, enum vmctl_vcpu_state state)
{
    atomic_store_explicit(&v->dom->status->vcpu[v->index].state, state, memory_order_relaxed);
}

/* Leave guest state alone from here on, and tell who waits for it. */
static void leave(struct vp_vcpu *v)
{
    struct vp_domain *d = v->dom;

    atomic_store(&v->in_run, false);
    if (!atomic_load(&d->stop)) return;
    pthread_mutex_lock(&d->park_lock);
    pthread_cond_broadcast(&d->parked);
    pthread_mutex_unlock(&d->park_lock);
}

/* True if it may enter the guest now; sets the state that others see. */
static bool may_run(struct vp_vcpu *v)
{
    struct vp_domain *d = v->dom;

    if (!d->kind->online(v)) {
        set_state(v, VMCTL_VCPU_OFFLINE);
        return false;
    }
    if (v->halted && !em_cpu_kicked(v->cpu) && !d->kind->pending(v)) {
        set_state(v, VMCTL_VCPU_BLOCKED);
        return false;
    }
    if (atomic_load(&d->stop)) {
        set_state(v, v->halted ? VMCTL_VCPU_BLOCKED : VMCTL_VCPU_RUNNABLE);
        return false;
    }
    return true;
}

static void *vcpu_main(void *arg)
{
    struct vp_vcpu *v = arg;
    struct vp_domain *d = v->dom;
    enum em_exit why;

    while (!atomic_load(&d->exiting)) {
        atomic_store(&v->wake, AWAKE);
        atomic_store(&v->in_run, true);
        if (atomic_load(&d->exiting) || !may_run(v)) {
            leave(v);
            if (!atomic_load(&d->exiting)) sleep_for_token(v);
            continue;
        }
        v->halted = false;
        set_state(v, VMCTL_VCPU_RUNNING);
        vp_status_tick(d);
        vp_trace_enter(v->trace);
        why = em_cpu_run(v->cpu);
        vp_trace_leave(v->trace);
        if (why == EM_X_HALT) v->halted = true;
        else if (!atomic_load(&d->stop) && d->kind->online(v))
            vp_crash(v, "the processor stopped and nobody said why");
        leave(v);
    }
    leave(v);
    return NULL;
}

struct starter {
    struct vp_vcpu *v;
    struct ut_err *err;
    int rc;
    bool ready;
};

/* Set up what only the thread itself can, report, go on. */
static void *vcpu_start(void *arg)
{
    struct starter *st = arg;
    struct vp_vcpu *v = st->v;
    struct vp_domain *d = v->dom;
    stack_t ss = { .ss_sp = v->alt_stack, .ss_size = ALT_STACK_BYTES };
    int rc;

    (void)sigaltstack(&ss, NULL);
    rc = timer_init(v, st->err);
    pthread_mutex_lock(&d->park_lock);
    st->rc = rc;
    st->ready = true;
    pthread_cond_broadcast(&d->parked);
    pthread_mutex_unlock(&d->park_lock);
    return rc < 0 ? NULL : vcpu_main(v);
}

static int start_one(struct vp_domain *d, struct vp_vcpu *v, pthread_attr_t *attr,
                     struct ut_err *err)
{
    struct starter st = { .v = v, .err = err };
    int r;

    v->alt_stack = mmap(NULL, ALT_STACK_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (v->alt_stack == MAP_FAILED) {
        v->alt_stack = NULL;
        return ut_err_sys(err, UT_ENOMEM, "signal stack");
    }
    r = pthread_create(&v->thread, attr, vcpu_start, &st);
    if (r) {
        errno = r;
        return ut_err_sys(err, UT_ESYS, "thread of vcpu %u", v->index);
    }
    v->has_thread = true;
    pthread_mutex_lock(&d->park_lock);
    while (!st.ready) pthread_cond_wait(&d->parked, &d->park_lock);
    pthread_mutex_unlock(&d->park_lock);
    if (st.rc == UT_OK) (void)pthread_getcpuclockid(v->thread, &v->cpu_clock);
    return st.rc;
}

int vp_vcpus_start(struct vp_domain *d, struct ut_err *err)
{
    struct sigaction sa = { .sa_sigaction = timer_fired, .sa_flags = SA_SIGINFO | SA_RESTART };
    pthread_attr_t attr;
    int rc = UT_OK;

    sigemptyset(&sa.sa_mask);
    if (sigaction(TIMER_SIGNAL, &sa, NULL) < 0) return ut_err_sys(err, UT_ESYS, "timer signal");
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    for (unsigned i = 0; i < d->nr_vcpus && rc == UT_OK; i++)
        rc = start_one(d, &d->vcpu[i], &attr, err);
    pthread_attr_destroy(&attr);
    return rc;
}

void vp_vcpus_halt(struct vp_domain *d)
{
    atomic_store(&d->stop, true);
    if (d->console) dv_console_interrupt(d->console, true);
    for (unsigned i = 0; i < d->nr_vcpus; i++) vp_vcpu_kick(&d->vcpu[i]);
}

void vp_vcpus_park(struct vp_domain *d)
{
    vp_vcpus_halt(d);
    pthread_mutex_lock(&d->park_lock);
    for (unsigned i = 0; i < d->nr_vcpus; i++)
        while (d->vcpu[i].has_thread && atomic_load(&d->vcpu[i].in_run))
            pthread_cond_wait(&d->parked, &d->park_lock);
    pthread_mutex_unlock(&d->park_lock);
    for (unsigned i = 0; i < d->nr_vcpus; i++) vp_status_vcpu(&d->vcpu[i]);
}

void vp_vcpus_release(struct vp_domain *d)
{
    dv_console_interrupt(d->console, false);
    atomic_store(&d->stop, false);
    for (unsigned i = 0; i < d->nr_vcpus; i++) vp_vcpu_kick(&d->vcpu[i]);
}

void vp_vcpus_end(struct vp_domain *d)
{
    atomic_store(&d->exiting, true);
    if (d->nr_vcpus) vp_vcpus_halt(d);
    for (unsigned i = 0; i < d->nr_vcpus; i++) {
        struct vp_vcpu *v = &d->vcpu[i];

        if (v->has_thread) pthread_join(v->thread, NULL);
        if (v->has_timer) timer_delete(v->timer);
        if (v->alt_stack) munmap(v->alt_stack, ALT_STACK_BYTES);
        v->has_thread = v->has_timer = false;
        v->alt_stack = NULL;
    }
}

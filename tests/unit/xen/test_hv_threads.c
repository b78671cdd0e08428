/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several processors and a device at once: purges on all processors, inter-processor events,
 * sleeping and waking. What is checked: it ends, and nobody misses a wake-up. Meant for the thread
 * sanitizer as well.
 */
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include "hvt.h"

#define NR_CPUS 4u
#define ROUNDS  1000u

struct worker {
    struct hvt *t;
    struct em_cpu *cpu;
    unsigned id, slept;
    uint32_t port;                  /* IPI to the next processor */
};

static struct worker workers[NR_CPUS];
static volatile unsigned running;

static uint64_t args(const struct worker *w) { return T_DATA + 4096u * w->id; }

/** Sleep like the process does: until kicked, then attention. */
static void sleep_until_woken(struct worker *w)
{
    do {
        while (!em_cpu_kicked(w->cpu)) {
            if (!__atomic_load_n(&running, __ATOMIC_SEQ_CST)) return;
            sched_yield();
        }
        em_set_ip(w->cpu, T_CODE, 0);
    } while (hv_em_ops.attention(w->cpu, w->t->hv) == EM_R_HALT);
    w->slept++;
}

static void *vcpu(void *arg)
{
    const struct timespec pause = { 0, 10000 };
    struct worker *w = arg;
    struct hvt *t = w->t;

    hv_em_ops.attention(w->cpu, t->hv);                 /* boots the others */
    for (unsigned i = 0; i < ROUNDS; i++) {
        em_set_gr(w->cpu, 8, UINT64_C(1) << 61 | (uint64_t)i << 14, false);
        em_set_gr(w->cpu, 9, 14u << 2, false);
        hvt_break_on(t, w->cpu, 0xe);                   /* PTC_GA */
        memcpy(t->mem + args(w), &w->port, sizeof(w->port));
        assert_int_equal(hvt_call_on(t, w->cpu, 32, 4, T_INLINE(args(w)), 0), 0);
        if (em_cpu_kicked(w->cpu)) hv_em_ops.attention(w->cpu, t->hv);
        if (i % 8 != w->id) continue;
        em_rse_restore(w->cpu, 6 | 6 << 7);
        em_set_gr(w->cpu, 2, 29, false);
        em_set_gr(w->cpu, 32, 1, false);
        if (hvt_break_on(t, w->cpu, HV_BREAK_HYPERCALL) == EM_R_HALT) sleep_until_woken(w);
        __atomic_store_n(&t->si->vcpu[w->id].upcall_pending, 0, __ATOMIC_SEQ_CST);
        __atomic_store_n(&t->si->vcpu[w->id].pending_sel, 0, __ATOMIC_SEQ_CST);
        __atomic_store_n(&t->si->evtchn_pending[0], 0, __ATOMIC_SEQ_CST);
    }
    __atomic_fetch_sub(&running, 1, __ATOMIC_SEQ_CST);
    /* still take part in purges until all are done */
    while (__atomic_load_n(&running, __ATOMIC_SEQ_CST)) {
        hv_em_ops.attention(w->cpu, t->hv);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/** The console's thread: keeps waking everybody, as IPIs from finished processors cease. */
static void *device(void *arg)
{
    const struct timespec pause = { 0, 100000 };
    struct hvt *t = arg;

    while (__atomic_load_n(&running, __ATOMIC_SEQ_CST)) {
        for (unsigned port = 2; port < 2 + NR_CPUS; port++) hv_port_notify(t->hv, port);
        nanosleep(&pause, NULL);    /* or it would keep the lock from everybody */
    }
    return NULL;
}

static void ignore(void *ctx, unsigned port)
{
    (void)ctx;
    (void)port;
}

static void test_threads(void **state)
{
    struct hvt *t = hvt_new(NR_CPUS);
    pthread_t thread[NR_CPUS], dev;
    struct ut_err err = UT_ERR_INIT;
    unsigned slept = 0;

    (void)state;
    t->has_rendezvous = true;
    running = NR_CPUS;
    for (unsigned i = 0; i < NR_CPUS; i++) {            /* a device's port for every processor */
        struct { uint16_t dom, remote; uint32_t port; } a = { HV_DOMID_SELF, 0, 0 };
        struct { uint32_t port, vcpu; } bind = { 2 + i, i };

        if (i) assert_int_equal(hvt_op(t, 32, 6, &a, sizeof(a)), 0);
        assert_int_equal(hv_port_bind(t->hv, 2 + i, ignore, NULL, &err), UT_OK);
        assert_int_equal(hvt_op(t, 32, 8, &bind, sizeof(bind)), 0);
    }
    for (unsigned i = 0; i < NR_CPUS; i++) {
        struct { uint32_t vcpu, port; } ipi = { (i + 1) % NR_CPUS, 0 };

        assert_int_equal(hvt_op(t, 32, 7, &ipi, sizeof(ipi)), 0);
        workers[i] = (struct worker){ t, em_machine_cpu(t->m, i), i, 0, ipi.port };
        hvt_gr(t, 2, 0x400);
        hvt_gr(t, 14, i);
        if (i) hvt_break(t, HV_BREAK_HYPERCALL);
    }
    for (unsigned i = 0; i < NR_CPUS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, vcpu, &workers[i]), 0);
    assert_int_equal(pthread_create(&dev, NULL, device, t), 0);
    for (unsigned i = 0; i < NR_CPUS; i++) pthread_join(thread[i], NULL);
    pthread_join(dev, NULL);
    for (unsigned i = 0; i < NR_CPUS; i++) slept += workers[i].slept;
    assert_true(slept > 0);
    assert_int_equal(t->nr_shutdown, 0);
    hvt_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_threads) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

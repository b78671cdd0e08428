/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two processors on one memory: semaphores, purges and code changes seen by the other, kicks. Runs
 * with the thread sanitizer, too.
 */
#include <pthread.h>
#include <sched.h>
#include "em_test.h"

#define COUNT 20000u

struct pair {
    struct em_machine *m;
    struct em_cpu *cpu[2];
    uint8_t *ram;
    unsigned attentions;
};

static enum em_reply stop_brk(struct em_cpu *cpu, void *ctx, uint64_t imm)
{
    (void)cpu, (void)ctx, (void)imm;
    return EM_R_STOP;
}

static enum em_reply stop_interruption(struct em_cpu *cpu, void *ctx,
                                       const struct em_interruption *in)
{
    (void)cpu, (void)ctx, (void)in;
    return EM_R_STOP;
}

static enum em_reply stop_attention(struct em_cpu *cpu, void *ctx)
{
    (void)cpu;
    ((struct pair *)ctx)->attentions++;
    return EM_R_STOP;
}

static void pair_new_with(struct pair *p,
                          enum em_reply (*brk)(struct em_cpu *, void *, uint64_t))
{
    struct em_ops ops = { .brk = brk, .interruption = stop_interruption,
                          .attention = stop_attention };
    struct em_config cfg = { .nr_cpus = 2, .ram_bytes = RAM_BYTES, .ops = &ops, .ctx = p };
    struct ut_err err;

    memset(p, 0, sizeof(*p));
    p->ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(p->ram != MAP_FAILED);
    cfg.ram = p->ram;
    assert_int_equal(em_machine_new(&cfg, &p->m, &err), 0);
    for (unsigned i = 0; i < 2; i++) {
        p->cpu[i] = em_machine_cpu(p->m, i);
        em_set_ip(p->cpu[i], CODE_AT, 0);
        em_set_psr(p->cpu[i], EM_PSR_IC | EM_PSR_BN);
        for (unsigned r = 0; r < 8; r++) em_set_rr(p->cpu[i], r, (r + 1) << 8 | 14 << 2);
    }
}

static void pair_new(struct pair *p) { pair_new_with(p, stop_brk); }

static void pair_free(struct pair *p)
{
    em_machine_free(p->m);
    munmap(p->ram, RAM_BYTES);
}

static void *thread(void *cpu)
{
    return (void *)(uintptr_t)em_cpu_run(cpu);
}

static void run_both(struct pair *p)
{
    pthread_t t[2];

    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&t[i], NULL, thread, p->cpu[i]), 0);
    for (unsigned i = 0; i < 2; i++) pthread_join(t[i], NULL);
}

static void test_fetchadd_counts(void **state)
{
    struct pair p;
    struct prog g;
    uint64_t sum;

    (void)state;
    pair_new(&p);
    g.at = p.ram + CODE_AT;
    put_m(&g, enc(IA_OP_FETCHADD8_ACQ) | R1(8) | R3(9) | fld(3, 13));       /* + 1 */
    put_b(&g, enc(IA_OP_BR_CLOOP) | disp25(-16));
    put_m(&g, BREAK_STOP);
    for (unsigned i = 0; i < 2; i++) {
        em_set_gr(p.cpu[i], 9, DATA_AT, false);
        em_set_ar(p.cpu[i], EM_AR_LC, COUNT - 1);
    }
    run_both(&p);
    memcpy(&sum, p.ram + DATA_AT, 8);
    assert_int_equal(sum, 2 * COUNT);
    pair_free(&p);
}

static void test_purge_reaches_the_other(void **state)
{
    struct pair p;
    struct prog g;
    const em_gva_t va = UINT64_C(0x2000000000200000);

    (void)state;
    pair_new(&p);
    g.at = p.ram + CODE_AT;
    put_m(&g, enc(IA_OP_PTC_GA) | R2(8) | R3(9));
    put_m(&g, BREAK_STOP);
    em_set_gr(p.cpu[0], 8, 14 << 2, false);
    em_set_gr(p.cpu[0], 9, va, false);
    for (unsigned i = 0; i < 2; i++)
        em_tc_insert(p.cpu[i], EM_DATA, va, DATA_AT | 0x461, 14 << 2, 2);
    em_cpu_run(p.cpu[0]);
    assert_null(em__lookup(p.cpu[0], EM_DATA, va, 2));
    em_set_ip(p.cpu[1], CODE_AT + 16, 0);
    em_cpu_run(p.cpu[1]);
    assert_null(em__lookup(p.cpu[1], EM_DATA, va, 2));
    pair_free(&p);
}

#define PAGE_VA UINT64_C(0x2000000000200000)
#define PAGE_PTE(gpa) ((gpa) | 0x661)
#define OTHER_AT UINT64_C(0x30000)              /* another page for PAGE_VA */

static void data_on(struct pair *p, unsigned i)
{
    em_set_psr(p->cpu[i], em_psr(p->cpu[i]) | EM_PSR_DT);
}

/* A processor that loads from the page for ever hits its software TLB only, until the purge: then
 * it faults (which stops it), and that is so when the purge returns. */
static void test_purge_stops_a_hit(void **state)
{
    struct pair p;
    struct prog g;
    pthread_t t;
    void *why;

    (void)state;
    pair_new(&p);
    g.at = p.ram + CODE_AT;
    put_m(&g, enc(IA_OP_LD8) | R1(8) | R3(9));
    put_m(&g, enc(IA_OP_FETCHADD8_ACQ) | R1(10) | R3(11) | fld(3, 13));     /* + 1 */
    put_b(&g, enc(IA_OP_BR_COND) | disp25(-32));
    data_on(&p, 1);
    em_tc_insert(p.cpu[1], EM_DATA, PAGE_VA, PAGE_PTE(DATA_AT), 14 << 2, 2);
    em_tr_insert(p.cpu[1], EM_DATA, 0, 0, PAGE_PTE(UINT64_C(0)), 24 << 2, 1);
    em_set_gr(p.cpu[1], 9, PAGE_VA, false);
    em_set_gr(p.cpu[1], 11, OTHER_AT, false);
    assert_int_equal(pthread_create(&t, NULL, thread, p.cpu[1]), 0);
    while (__atomic_load_n((uint64_t *)(void *)(p.ram + OTHER_AT), __ATOMIC_ACQUIRE) < 100)
        sched_yield();
    em_tc_purge_global(p.cpu[0], PAGE_VA, 14, 2);
    /* whatever it does now, it loads no more from there: fill the page and look at r8 */
    __atomic_store_n((uint64_t *)(void *)(p.ram + DATA_AT), 0x666, __ATOMIC_RELEASE);
    pthread_join(t, &why);
    assert_int_equal((uintptr_t)why, EM_X_STOP);
    assert_int_equal(em_gr(p.cpu[1], 8), 0);
    assert_int_equal(em_cpu_purges(p.cpu[1]), 1);
    pair_free(&p);
}

static enum em_reply purge_brk(struct em_cpu *cpu, void *ctx, uint64_t imm)
{
    (void)ctx;
    if (imm == 0x7777) return EM_R_STOP;
    em_tc_purge_global(cpu, PAGE_VA, 14, 2);            /* as a hypervisor does */
    return EM_R_NEXT;
}

/* Both purge at once, by instruction and out of a hook: nobody waits for ever. */
static void test_purges_cross(void **state)
{
    struct pair p;
    struct prog g;

    (void)state;
    pair_new_with(&p, purge_brk);
    g.at = p.ram + CODE_AT;
    put_m(&g, enc(IA_OP_PTC_GA) | R2(8) | R3(9));
    put_m(&g, UINT64_C(0x1234) << 6);                   /* break.m */
    put_m(&g, enc(IA_OP_PTC_G) | R2(8) | R3(9));
    put_b(&g, enc(IA_OP_BR_CLOOP) | disp25(-48));
    put_m(&g, BREAK_STOP);
    for (unsigned i = 0; i < 2; i++) {
        em_set_gr(p.cpu[i], 8, 14 << 2, false);
        em_set_gr(p.cpu[i], 9, PAGE_VA, false);
        em_set_ar(p.cpu[i], EM_AR_LC, 299);
    }
    run_both(&p);
    pair_free(&p);
}

static struct em_cpu *blocked;
static atomic_bool hook_entered, hook_may_go;

static enum em_reply block_brk(struct em_cpu *cpu, void *ctx, uint64_t imm)
{
    (void)ctx;
    if (imm == 0x7777 || cpu != blocked) return EM_R_STOP;
    atomic_store(&hook_entered, true);
    while (!atomic_load(&hook_may_go)) sched_yield();
    return EM_R_NEXT;
}

/* One that sleeps in a hook is not waited for; it purges before its next instruction. */
static void test_purge_and_a_sleeping_hook(void **state)
{
    struct pair p;
    struct prog g;
    pthread_t t;
    void *why;

    (void)state;
    pair_new_with(&p, block_brk);
    g.at = p.ram + CODE_AT;
    put_m(&g, UINT64_C(0x1234) << 6);                   /* break.m */
    put_m(&g, enc(IA_OP_LD8) | R1(8) | R3(9));
    put_m(&g, BREAK_STOP);
    data_on(&p, 1);
    blocked = p.cpu[1];
    atomic_store(&hook_entered, false);
    atomic_store(&hook_may_go, false);
    em_tc_insert(p.cpu[1], EM_DATA, PAGE_VA, PAGE_PTE(DATA_AT), 14 << 2, 2);
    em_set_gr(p.cpu[1], 9, PAGE_VA, false);
    em_set_gr(p.cpu[1], 8, 77, false);
    assert_int_equal(pthread_create(&t, NULL, thread, p.cpu[1]), 0);
    while (!atomic_load(&hook_entered)) sched_yield();
    em_tc_purge_global(p.cpu[0], PAGE_VA, 14, 2);
    atomic_store(&hook_may_go, true);
    pthread_join(t, &why);
    assert_int_equal(em_gr(p.cpu[1], 8), 77);           /* the load faulted */
    assert_int_equal(em_ip(p.cpu[1]), CODE_AT + 16);
    pair_free(&p);
}

/* More purges than a mailbox holds, for one that does not run. */
static void test_mailbox_overflows(void **state)
{
    struct pair p;
    struct em_xlat x;

    (void)state;
    pair_new(&p);
    put_bundle(p.ram + CODE_AT, 1, BREAK_STOP, NOP_I, NOP_I);
    for (unsigned i = 0; i < 40; i++)
        em_tc_insert(p.cpu[1], EM_DATA, PAGE_VA + ((uint64_t)i << 14), PAGE_PTE(DATA_AT), 14 << 2,
                     2);
    for (unsigned i = 0; i < 40; i++)
        em_tc_purge_global(p.cpu[0], PAGE_VA + ((uint64_t)i << 14), 14, 2);
    em_cpu_run(p.cpu[1]);
    for (unsigned i = 0; i < 40; i++)
        assert_false(em_xlat_find(p.cpu[1], EM_DATA, PAGE_VA + ((uint64_t)i << 14), &x));
    pair_free(&p);
}

/* st16 of {n, n} against ld16: never two halves of different stores. */
static void test_sixteen_bytes_at_once(void **state)
{
    struct pair p;
    uint64_t sum;

    (void)state;
    pair_new(&p);
    for (unsigned i = 0; i < 2; i++) {
        struct prog g = { .at = p.ram + CODE_AT + 0x1000 * i };

        em_set_ip(p.cpu[i], CODE_AT + 0x1000 * i, 0);
        em_set_gr(p.cpu[i], 9, DATA_AT, false);
        em_set_gr(p.cpu[i], 8, i, false);
        em_set_ar(p.cpu[i], EM_AR_LC, COUNT - 1);
        if (i == 0) {
            put_m(&g, i_adds(8, 1, 8));
            put_m(&g, enc(IA_OP_MOV_TO_AR_M) | R2(8) | fld(25, 20));        /* ar.csd */
            put_m(&g, enc(IA_OP_ST16) | R2(8) | R3(9));
            put_b(&g, enc(IA_OP_BR_CLOOP) | disp25(-48));
        } else {                                        /* r12 collects differences */
            put_m(&g, enc(IA_OP_LD16) | R1(10) | R3(9));
            put_m(&g, enc(IA_OP_MOV_FROM_AR_M) | R1(11) | fld(25, 20));
            put_m(&g, enc(IA_OP_XOR) | R1(10) | R2(10) | R3(11));
            put_m(&g, enc(IA_OP_OR) | R1(12) | R2(12) | R3(10));
            put_b(&g, enc(IA_OP_BR_CLOOP) | disp25(-64));
        }
        put_m(&g, BREAK_STOP);
    }
    run_both(&p);
    memcpy(&sum, p.ram + DATA_AT, 8);
    assert_int_equal(sum, COUNT);
    assert_int_equal(em_gr(p.cpu[1], 12), 0);
    pair_free(&p);
}

static void test_code_change_reaches_the_other(void **state)
{
    struct pair p;
    uint64_t w[2];

    (void)state;
    pair_new(&p);
    put_bundle(p.ram + CODE_AT, 1, i_adds(8, 1, 0), NOP_I, NOP_I);
    put_bundle(p.ram + CODE_AT + 16, 1, BREAK_STOP, NOP_I, NOP_I);
    em_cpu_run(p.cpu[1]);
    assert_int_equal(em_gr(p.cpu[1], 8), 1);
    /* the first processor rewrites the bundle with two stores */
    put_bundle((uint8_t *)w, 1, i_adds(8, 55, 0), NOP_I, NOP_I);
    put_bundle(p.ram + CODE_AT + 0x1000, 8, enc(IA_OP_ST8_I) | R2(10) | R3(9) | fld(8, 6),
               enc(IA_OP_ST8) | R2(11) | R3(9), NOP_I);
    put_bundle(p.ram + CODE_AT + 0x1010, 1, BREAK_STOP, NOP_I, NOP_I);
    em_set_gr(p.cpu[0], 9, CODE_AT, false);
    em_set_gr(p.cpu[0], 10, w[0], false);
    em_set_gr(p.cpu[0], 11, w[1], false);
    em_set_ip(p.cpu[0], CODE_AT + 0x1000, 0);
    em_cpu_run(p.cpu[0]);
    em_set_ip(p.cpu[1], CODE_AT, 0);
    em_cpu_run(p.cpu[1]);
    assert_int_equal(em_gr(p.cpu[1], 8), 55);
    pair_free(&p);
}

/* An endless loop is left when somebody kicks. */
static void test_kick(void **state)
{
    struct pair p;
    struct prog g;
    pthread_t t;

    (void)state;
    pair_new(&p);
    g.at = p.ram + CODE_AT;
    put_b(&g, enc(IA_OP_BR_COND) | disp25(0));
    assert_int_equal(pthread_create(&t, NULL, thread, p.cpu[0]), 0);
    em_cpu_kick(p.cpu[0]);
    pthread_join(t, NULL);
    assert_int_equal(p.attentions, 1);
    assert_false(em_cpu_kicked(p.cpu[0]));
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fetchadd_counts),
        cmocka_unit_test(test_purge_reaches_the_other),
        cmocka_unit_test(test_purge_stops_a_hit),
        cmocka_unit_test(test_purges_cross),
        cmocka_unit_test(test_purge_and_a_sleeping_hook),
        cmocka_unit_test(test_mailbox_overflows),
        cmocka_unit_test(test_sixteen_bytes_at_once),
        cmocka_unit_test(test_code_change_reaches_the_other),
        cmocka_unit_test(test_kick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

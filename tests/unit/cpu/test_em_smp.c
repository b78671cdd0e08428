/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two processors on one memory: semaphores, purges and code changes seen by the other, kicks. */
#include <pthread.h>
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

static void pair_new(struct pair *p)
{
    struct em_ops ops = { .brk = stop_brk, .interruption = stop_interruption,
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
        cmocka_unit_test(test_code_change_reaches_the_other),
        cmocka_unit_test(test_kick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

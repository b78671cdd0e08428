/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random instructions in a random state, twice: as traces and one by one with the plain functions.
 * All state must agree afterwards; with sanitizers this is also the test that nothing a guest can
 * execute harms the host. EM_RANDOM_CASES and EM_RANDOM_SEED change number and start.
 */
#include "em_test.h"

#define NR_BUNDLES 24u
#define MAX_STEPS  600u

/* Would this fault for reasons of encoding alone, or end the program? Then it should be rare. */
static bool dull(uint64_t word, enum ia_unit unit)
{
    static const uint8_t ars[] = { 16, 18, 19, 32, 36, 40, 44, 64, 65, 66, 0, 7, 17, 25, 50, 120 };
    uint64_t bundle[2] = { 0, 0 };
    struct ia_insn in;
    uint32_t t;
    bool ar_ok = false;

    put_bundle((uint8_t *)bundle, unit == IA_UNIT_B ? 0x16 : unit == IA_UNIT_F ? 0x0c : 0x00,
               word, word, word);
    if (!ia_decode(bundle, unit == IA_UNIT_M || unit == IA_UNIT_B ? 0 : 1, &in)) return true;
    t = ia_op_traits(in.op);
    for (unsigned i = 0; i < sizeof(ars); i++) ar_ok = ar_ok || in.ar == ars[i];
    if (!strncmp(ia_op_name(in.op), "mov_", 4) && strstr(ia_op_name(in.op), "_ar_") &&
        (!ar_ok || (unit == IA_UNIT_I) != (in.ar >= 64)))
        return true;
    if (in.op == IA_OP_ALLOC)
        return in.len > 96 || in.pos > in.len || in.cnt > in.len || in.len < 20 ||
               in.r1 >= 32 + in.len;
    return (t & IA_T_PRIV) || ((t & IA_T_W_F1) && in.f1 < 2) || ((t & IA_T_W_F2) && in.f2 < 2) ||
           ((t & IA_T_W_P1) && (t & IA_T_W_P2) && in.p1 == in.p2) || in.op == IA_OP_BREAK_M ||
           in.op == IA_OP_BREAK_I || in.op == IA_OP_BREAK_F || in.op == IA_OP_BREAK_B ||
           in.op == IA_OP_COVER || in.op == IA_OP_BR_IA || (t & IA_T_SLOT2) ||
           ((t & IA_T_W_R1) && (in.r1 == 0 || in.r1 > 50)) ||
           ((t & IA_T_W_R3) && (in.r3 == 0 || in.r3 > 50 || in.r3 == in.r1));
}

static uint64_t random_slot_once(uint64_t *seed, enum ia_unit unit)
{
    const struct ia_row *row;
    uint64_t word;

    if (rnd(seed) % 200 == 0) return rnd(seed) & SLOT_MASK;     /* anything */
    do {
        row = &ia_rows[rnd(seed) % IA_NR_ROWS];
        word = row->match | (rnd(seed) & ~row->mask & SLOT_MASK);
    } while (ia_find_row(unit, word) != row);
    /* mostly predicates that are true and registers that exist */
    if (rnd(seed) % 4) word &= ~(UINT64_C(0x3f) & ~row->mask);
    for (unsigned pos = 6; pos <= 20; pos += 7) {
        uint64_t m = UINT64_C(0x7f) << pos;
        if ((row->mask & m) || rnd(seed) % 4 == 0) continue;
        word = (word & ~m) | (1 + rnd(seed) % 45) << pos;
    }
    return word;
}

static uint64_t random_slot(uint64_t *seed, enum ia_unit unit)
{
    uint64_t word;

    do {
        word = random_slot_once(seed, unit);
    } while (dull(word, unit) && rnd(seed) % 40);
    return word;
}

static void random_bundle(uint64_t *seed, uint8_t *at)
{
    unsigned tmpl = (unsigned)(rnd(seed) % 32);
    const struct ia_template *t;
    uint64_t s[3];

    while (ia_template(tmpl)->reserved && rnd(seed) % 256) tmpl = (unsigned)(rnd(seed) % 32);
    t = ia_template(tmpl);
    for (unsigned i = 0; i < 3; i++)
        s[i] = t->reserved || t->unit[i] == IA_UNIT_NONE
                   ? rnd(seed) & SLOT_MASK : random_slot(seed, (enum ia_unit)t->unit[i]);
    put_bundle(at, tmpl, s[0], s[1], s[2]);
}

static uint64_t random_value(uint64_t *seed)
{
    switch (rnd(seed) % 6) {
    case 0: return rnd(seed) % 4 ? DATA_AT + rnd(seed) % 512 * 16 : rnd(seed);
    case 1: return rnd(seed) % 100;
    case 2: return DATA_AT + rnd(seed) % 65536;
    case 3: return CODE_AT + (rnd(seed) % NR_BUNDLES) * 16;
    default: return DATA_AT + (rnd(seed) % 8192) * 8;
    }
}

static void random_state(uint64_t *seed, struct box *b)
{
    struct em_cpu *cpu = b->cpu;
    uint64_t psr = EM_PSR_BN;

    em__rse_alloc(cpu, 20 + (unsigned)(rnd(seed) % 60), 0, 0);
    cpu->cfm = em__sof(cpu) | (rnd(seed) % (em__sof(cpu) + 1)) << 7;
    for (unsigned r = 1; r < 32 + em__sof(cpu); r++)
        em_set_gr(cpu, r, random_value(seed), rnd(seed) % 100 == 0 && (*seed & 1024));
    for (unsigned f = 2; f < 128; f++) {
        uint64_t image[2] = { rnd(seed), rnd(seed) & 0x3ffff };
        if (rnd(seed) % 2) image[1] = 0xffff + rnd(seed) % 60;
        em_set_fr(cpu, f, image);
    }
    for (unsigned i = 0; i < 8; i++) em_set_br(cpu, i, CODE_AT + (rnd(seed) % NR_BUNDLES) * 16);
    em_set_pr(cpu, rnd(seed));
    em_set_ar(cpu, EM_AR_LC, rnd(seed) % 4);
    em_set_ar(cpu, EM_AR_EC, rnd(seed) % 4);
    em_set_ar(cpu, EM_AR_UNAT, rnd(seed));
    em_set_ar(cpu, EM_AR_CCV, rnd(seed) % 2 ? 0 : rnd(seed));
    em_set_ar(cpu, EM_AR_PFS, rnd(seed) % 50);
    if (rnd(seed) % 4 == 0) psr |= EM_PSR_BE;
    if (rnd(seed) % 4 == 0) psr |= EM_PSR_AC;
    if (rnd(seed) % 2) psr |= EM_PSR_IC;
    if (rnd(seed) % 16 == 0) psr |= UINT64_C(3) << EM_PSR_CPL_SHIFT;
    if (rnd(seed) % 2) {
        /* virtual: a few translations that are the identity */
        for (unsigned r = 0; r < 8; r++) em_set_rr(cpu, r, (r + 1) << 8 | 14 << 2);
        for (unsigned k = 0; k < 2; k++) {
            uint64_t pte = 0x661 | (rnd(seed) % 16 == 0 ? 0 : 0x180);
            em_tr_insert(cpu, k ? EM_INST : EM_DATA, 0, 0, pte, 22 << 2, 1);
        }
        psr |= EM_PSR_DT | EM_PSR_IT | EM_PSR_RT;
        if (rnd(seed) % 16 == 0) psr |= EM_PSR_PK;
    }
    em_set_psr(cpu, psr);
    em_set_ip(cpu, CODE_AT, rnd(seed) % 8 == 0 ? (unsigned)(rnd(seed) % 3) : 0);
}

static void random_box(struct box *b, uint64_t seed)
{
    box_new(b);
    for (uint64_t a = DATA_AT; a < DATA_AT + 65536; a += 8) {
        uint64_t v = rnd(&seed);
        memcpy(b->ram + a, &v, 8);
    }
    for (unsigned i = 0; i < NR_BUNDLES; i++) random_bundle(&seed, b->ram + CODE_AT + i * 16);
    for (uint64_t a = CODE_AT + NR_BUNDLES * 16; a < CODE_AT + 8192; a += 16)
        put_bundle(b->ram + a, 1, BREAK_STOP, BREAK_STOP, BREAK_STOP);
    for (uint64_t a = IVA_AT; a < IVA_AT + 0x8000; a += 16)
        put_bundle(b->ram + a, 1, BREAK_STOP, BREAK_STOP, BREAK_STOP);
    random_state(&seed, b);
    b->stop_at_interruption = seed & 4096;
}

/* The same loop as em_cpu_run, but never a trace. False if it did not end. */
static bool run_stepping(struct em_cpu *cpu)
{
    cpu->stop = 0;
    for (unsigned i = 0; i < MAX_STEPS; i++) {
        if (cpu->stop) return true;
        if (cpu->cfle && em__rse_fill(cpu) != EM_OK) em__interrupt(cpu);
        else em__step(cpu);
    }
    return cpu->stop;
}

#define SAME(what, x, y)                                                                          \
    do {                                                                                          \
        unsigned long long sx = (unsigned long long)(x), sy = (unsigned long long)(y);            \
        if (sx != sy) fail_msg("case %llu: %s: trace %llx, stepping %llx", id, what, sx, sy);     \
    } while (0)

static void compare_registers(unsigned long long id, struct em_cpu *a, struct em_cpu *b)
{
    char name[32];

    for (unsigned r = 0; r < 32 + em__sof(a); r++) {
        snprintf(name, sizeof(name), "r%u", r);
        SAME(name, em_gr(a, r), em_gr(b, r));
        SAME(name, em_gr_nat(a, r), em_gr_nat(b, r));
    }
    for (unsigned f = 0; f < 128; f++) {
        snprintf(name, sizeof(name), "f%u", f);
        SAME(name, em__frp(a, f)->sig, em__frp(b, f)->sig);
        SAME(name, em__frp(a, f)->se, em__frp(b, f)->se);
    }
    for (unsigned i = 0; i < 8; i++) SAME("branch register", em_br(a, i), em_br(b, i));
    for (unsigned i = 0; i < 128; i++) {
        snprintf(name, sizeof(name), "ar%u", i);
        SAME(name, em_ar(a, i), em_ar(b, i));
        snprintf(name, sizeof(name), "cr%u", i);
        SAME(name, em_cr(a, i), em_cr(b, i));
    }
}

static void compare(unsigned long long id, struct box *x, struct box *y)
{
    struct em_cpu *a = x->cpu, *b = y->cpu;

    SAME("interruptions", x->nr_interruptions, y->nr_interruptions);
    SAME("vector", x->last.vector, y->last.vector);
    SAME("ip", em_ip(a), em_ip(b));
    SAME("psr", em_psr(a), em_psr(b));
    SAME("cfm", em_cfm(a), em_cfm(b));
    SAME("pr", em_pr(a), em_pr(b));
    SAME("number of NaTs", a->nat_count, b->nat_count);
    SAME("dirty registers", a->ndirty, b->ndirty);
    compare_registers(id, a, b);
    SAME("instructions", em_cpu_instructions(a), em_cpu_instructions(b));
    SAME("data", memcmp(x->ram + DATA_AT, y->ram + DATA_AT, 0x12000), 0);
    SAME("code", memcmp(x->ram + CODE_AT, y->ram + CODE_AT, 0x2000), 0);
    SAME("backing store",
         memcmp(x->ram + STACK_AT - 0x2000, y->ram + STACK_AT - 0x2000, 0x4000), 0);
}

static void test_traces_equal_stepping(void **state)
{
    const char *cases = getenv("EM_RANDOM_CASES"), *start = getenv("EM_RANDOM_SEED");
    unsigned long long n = cases ? strtoull(cases, NULL, 0) : 300, done = 0;
    unsigned long long first = start ? strtoull(start, NULL, 0) : 1;

    (void)state;
    for (unsigned long long id = first; id < first + n; id++) {
        struct box x, y;
        random_box(&y, id * UINT64_C(0x9e3779b97f4a7c15) + 1);
        if (run_stepping(y.cpu)) {
            random_box(&x, id * UINT64_C(0x9e3779b97f4a7c15) + 1);
            run_box(&x);
            compare(id, &x, &y);
            box_free(&x);
            done++;
        }
        box_free(&y);
    }
    assert_true(done * 2 > n);      /* most programs end */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traces_equal_stepping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

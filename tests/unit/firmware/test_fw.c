/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PAL, SAL, EFI and simulator calls, called as the owner of a processor does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include "fw.h"

#define RAM   (16u << 20)
#define CODE  0x40000u
#define DATA  0x80000u
#define ITC_HZ UINT64_C(1000000000)

struct rig {
    uint8_t *mem;
    struct em_machine *m;
    struct em_cpu *cpu;
    struct fw *fw;
    int shutdown, exit_status, irq_vector, in;
    char out[64];
    size_t nr_out, nr_log;
};

static void put(void *ctx, char c)
{
    struct rig *r = ctx;

    if (r->nr_out < sizeof(r->out)) r->out[r->nr_out++] = c;
}
static int get(void *ctx) { return ((struct rig *)ctx)->in; }
static void irq(void *ctx, int vector) { ((struct rig *)ctx)->irq_vector = vector; }
static uint64_t wallclock(void *ctx)
{
    (void)ctx;
    return UINT64_C(951782399123456789);        /* 2000-02-28 23:59:59.123456789 UTC */
}
static void shut(void *ctx, enum fw_shutdown reason, int status)
{
    ((struct rig *)ctx)->shutdown = (int)reason;
    ((struct rig *)ctx)->exit_status = status;
}
static void say(void *ctx, int level, const char *text)
{
    (void)level;
    (void)text;
    ((struct rig *)ctx)->nr_log++;
}

static struct rig *rig_new(bool paravirtual)
{
    struct rig *r = calloc(1, sizeof(*r));
    struct em_config ecfg = { .nr_cpus = 2, .ram_bytes = RAM, .itc_hz = ITC_HZ };
    struct fw_config cfg = { .paravirtual = paravirtual, .cmdline = "root=/dev/sda quiet",
                             .itc_hz = ITC_HZ };
    struct ut_err err = UT_ERR_INIT;

    assert_non_null(r);
    r->shutdown = -1;
    r->in = -1;
    r->mem = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(r->mem != MAP_FAILED);
    ecfg.ram = r->mem;
    assert_int_equal(em_machine_new(&ecfg, &r->m, &err), UT_OK);
    cfg.host = (struct fw_host){ .ctx = r, .console_put = put, .console_get = get,
                                 .console_irq = irq, .wallclock_ns = wallclock, .shutdown = shut,
                                 .log = say };
    assert_int_equal(fw_new(r->m, &cfg, &r->fw, &err), UT_OK);
    r->cpu = em_machine_cpu(r->m, 0);
    em_set_ip(r->cpu, CODE, 1);
    em_rse_restore(r->cpu, 8 | 8 << 7);
    return r;
}
static int setup(void **state) { *state = rig_new(false); return 0; }
static int setup_pv(void **state) { *state = rig_new(true); return 0; }
static int teardown(void **state)
{
    struct rig *r = *state;

    fw_free(r->fw);
    em_machine_free(r->m);
    munmap(r->mem, RAM);
    free(r);
    return 0;
}

static void set(struct rig *r, unsigned reg, uint64_t v) { em_set_gr(r->cpu, reg, v, false); }
static int64_t status(struct rig *r) { return (int64_t)em_gr(r->cpu, 8); }

static int64_t pal(struct rig *r, uint64_t index, uint64_t a, uint64_t b, uint64_t c)
{
    const unsigned first = index < 256 ? 29 : 33;

    set(r, 28, index);
    set(r, first, a);
    set(r, first + 1, b);
    set(r, first + 2, c);
    assert_int_equal(fw_call(r->fw, r->cpu, 0x1000), EM_R_NEXT);
    return status(r);
}
static int64_t sal(struct rig *r, uint64_t index, uint64_t a, uint64_t b, uint64_t c)
{
    for (unsigned i = 33; i < 40; i++) set(r, i, 0);
    set(r, 32, index);
    set(r, 33, a);
    set(r, 34, b);
    set(r, 35, c);
    assert_int_equal(fw_call(r->fw, r->cpu, 0x1100), EM_R_NEXT);
    return status(r);
}
static enum em_reply ssc(struct rig *r, uint64_t number, uint64_t a, uint64_t b)
{
    set(r, 15, number);
    set(r, 32, a);
    set(r, 33, b);
    return fw_ssc(r->fw, r->cpu);
}
static uint64_t bits(uint64_t v, unsigned lo, unsigned n)
{
    return v >> lo & ((UINT64_C(1) << n) - 1);
}

/* ---- PAL ----------------------------------------------------------------------------------- */

static void test_vm_summary(void **state)
{
    struct rig *r = *state;

    assert_int_equal(pal(r, 8, 0, 0, 0), 0);
    assert_int_equal(bits(em_gr(r->cpu, 9), 1, 7), 50);         /* physical bits */
    assert_int_equal(bits(em_gr(r->cpu, 9), 32, 8), 63);        /* last dtr */
    assert_int_equal(bits(em_gr(r->cpu, 9), 40, 8), 63);
    assert_int_equal(bits(em_gr(r->cpu, 10), 0, 8), 60);        /* Linux panics outside 50..60 */
    assert_int_equal(bits(em_gr(r->cpu, 10), 8, 8), 24);
}

static void test_vm_summary_pv(void **state)
{
    struct rig *r = *state;

    assert_int_equal(pal(r, 8, 0, 0, 0), 0);
    assert_int_equal(bits(em_gr(r->cpu, 9), 1, 7), 44);
    assert_int_equal(bits(em_gr(r->cpu, 9), 32, 8), 11);
    assert_int_equal(bits(em_gr(r->cpu, 9), 16, 8), 15);
    assert_int_equal(bits(em_gr(r->cpu, 10), 8, 8), 18);
    assert_int_equal(pal(r, 16, 0, 0, 0), -1);
    assert_int_equal(pal(r, 1, 0, 0, 1), -2);                   /* progress indicator */
    assert_int_equal(pal(r, 7, 0, 2, 0), 0);
    assert_int_equal(em_gr(r->cpu, 10), 16384);
    assert_int_equal(pal(r, 7, 0, 1, 0), -2);
}

static const struct { uint64_t index; int64_t status; uint64_t r9, r10, r11; } pals[] = {
    { 6, 0, 0, UINT64_C(0x100000001), 0 },          /* ptc.e once: zero counts are fatal to Linux */
    { 13, 0, ITC_HZ, 0, 0 },
    { 14, 0, UINT64_C(0x100000001), UINT64_C(0x100000001), UINT64_C(0x100000001) },
    { 19, 0, 96, 0, 0 },
    { 22, 0, 0, 0, 0 },
    { 34, 0, UINT64_C(0x155557000), UINT64_C(0x155557000), 0 },
    { 41, 1, 0, 0, 0 },
    { 42, -1, 0, 0, 0 }, { 43, -1, 0, 0, 0 }, { 262, -1, 0, 0, 0 }, { 9999, -1, 0, 0, 0 },
    { UINT64_MAX, -1, 0, 0, 0 },
};

static void test_pal_values(void **state)
{
    struct rig *r = *state;

    for (size_t i = 0; i < ARRAY_SIZE(pals); i++) {
        assert_int_equal(pal(r, pals[i].index, 0, 0, 0), pals[i].status);
        if (pals[i].status != 0) continue;
        assert_true(em_gr(r->cpu, 9) == pals[i].r9);
        assert_true(em_gr(r->cpu, 10) == pals[i].r10);
        assert_true(em_gr(r->cpu, 11) == pals[i].r11);
    }
}

static void test_caches(void **state)
{
    struct rig *r = *state;
    uint64_t levels;

    assert_int_equal(pal(r, 4, 0, 0, 0), 0);
    levels = em_gr(r->cpu, 9);
    assert_int_equal(em_gr(r->cpu, 10), 4);
    for (uint64_t level = 0; level < levels; level++) {
        assert_int_equal(pal(r, 2, level, 2, 0), 0);
        assert_true(bits(em_gr(r->cpu, 9), 24, 8) >= 5);        /* stride */
        assert_true(bits(em_gr(r->cpu, 10), 0, 32) >= 16384);
        assert_int_equal(pal(r, 2, level, 1, 0), level == 0 ? 0 : -2);
    }
    assert_int_equal(pal(r, 2, levels, 2, 0), -2);
}

static void test_pal_buffers(void **state)
{
    struct rig *r = *state;
    uint64_t w[4];

    assert_int_equal(pal(r, 274, 0, DATA, 0), 0);
    assert_non_null(strstr((char *)r->mem + DATA, "Itanium"));
    assert_int_equal(pal(r, 274, 1, DATA, 0), -2);
    assert_int_equal(pal(r, 15, DATA, 0, 0), 0);
    assert_int_equal(bits(em_gr(r->cpu, 9), 0, 8), 4);
    em_tr_insert(r->cpu, EM_DATA, 5, UINT64_C(0xa000000100000000), 0x4000661, 26u << 2, 7);
    assert_int_equal(pal(r, 261, 5, 1, DATA), 0);
    memcpy(w, r->mem + DATA, sizeof(w));
    assert_int_equal(w[0], 0x4000661);
    assert_true(w[2] == UINT64_C(0xa000000100000001));
    assert_int_equal(bits(w[3], 8, 24), 7);
    assert_int_equal(pal(r, 261, 64, 1, DATA), -2);
    assert_int_equal(pal(r, 274, 0, UINT64_C(1) << 45, 0), 0);  /* nothing there: nothing happens */
}

static void test_halt_light(void **state)
{
    struct rig *r = *state;

    set(r, 28, 29);
    assert_int_equal(fw_call(r->fw, r->cpu, 0x1000), EM_R_HALT);
    assert_int_equal((em_psr(r->cpu) & EM_PSR_RI) >> EM_PSR_RI_SHIFT, 2);   /* behind the break */
    em_set_cr(r->cpu, EM_CR_TPR, 0);
    em_cpu_post_irq(r->cpu, 0x80);
    em_set_ip(r->cpu, CODE, 1);
    assert_int_equal(fw_call(r->fw, r->cpu, 0x1000), EM_R_NEXT);
    assert_int_equal((em_psr(r->cpu) & EM_PSR_RI) >> EM_PSR_RI_SHIFT, 1);
}

/* ---- SAL ----------------------------------------------------------------------------------- */

static void test_sal(void **state)
{
    struct rig *r = *state;
    uint64_t ip, gp;

    assert_int_equal(sal(r, 0x01000012, 0, 0, 0), 0);
    assert_int_equal(em_gr(r->cpu, 9), ITC_HZ);
    assert_int_equal(sal(r, 0x01000012, 3, 0, 0), -2);
    assert_int_equal(sal(r, 0x01000001, 0, 0, 0), -5);
    assert_int_equal(sal(r, 0x01000002, 0, 0, 0), 0);
    assert_int_equal(sal(r, 0x01000005, 1, 1, 0xe8), 0);
    assert_int_equal(sal(r, 0x01000013, 0, 0, 0), -1);
    assert_int_equal(sal(r, 0x12345678, 0, 0, 0), -1);
    assert_false(fw_boot_rendezvous(r->fw, &ip, &gp));
    assert_int_equal(sal(r, 0x01000000, 0, 0x1000, 0x2000), 0);     /* MCA: accepted, not used */
    assert_int_equal(sal(r, 0x01000000, 3, 0x1000, 0x2000), -2);
    assert_false(fw_boot_rendezvous(r->fw, &ip, &gp));
    assert_int_equal(sal(r, 0x01000000, 2, 0x5550, 0x7770), 0);
    assert_true(fw_boot_rendezvous(r->fw, &ip, &gp));
    assert_int_equal(ip, 0x5550);
    assert_int_equal(gp, 0x7770);
    set(r, 36, 8);                                                  /* a length: not supported */
    assert_int_equal(fw_call(r->fw, r->cpu, 0x1100), EM_R_NEXT);
    assert_int_equal(status(r), -2);
    assert_int_equal(sal(r, 0x01000010, 0x1234, 2, 0), 0);
    assert_int_equal(em_gr(r->cpu, 9), 0xffff);                     /* no device */
    assert_int_equal(sal(r, 0x01000010, 0x1234, 3, 0), -2);
}

/* ---- EFI ----------------------------------------------------------------------------------- */

static void efi(struct rig *r, uint64_t service, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    set(r, 32, a);
    set(r, 33, b);
    set(r, 34, c);
    set(r, 35, d);
    assert_int_equal(fw_call(r->fw, r->cpu, 0x300 + service), EM_R_NEXT);
}

#define EFI_INVALID     UINT64_C(0x8000000000000002)
#define EFI_UNSUPPORTED UINT64_C(0x8000000000000003)

static void test_get_time(void **state)
{
    struct rig *r = *state;
    const uint8_t want[12] = { 0xd0, 0x07, 2, 28, 23, 59, 59, 0, 0x15, 0xcd, 0x5b, 0x07 };

    efi(r, 0, DATA, 0, 0, 0);
    assert_true(em_gr(r->cpu, 8) == 0);
    assert_memory_equal(r->mem + DATA, want, sizeof(want));
    efi(r, 0, 0, 0, 0, 0);
    assert_true(em_gr(r->cpu, 8) == EFI_INVALID);
    for (uint64_t s = 1; s < 12; s++) {
        if (s == 4 || s == 9) continue;
        efi(r, s, DATA, DATA, DATA, DATA);
        assert_true(em_gr(r->cpu, 8) == EFI_UNSUPPORTED);
    }
}

static void store(struct rig *r, uint64_t gpa, uint64_t v) { memcpy(r->mem + gpa, &v, sizeof(v)); }
static uint64_t load(struct rig *r, uint64_t gpa)
{
    uint64_t v;

    memcpy(&v, r->mem + gpa, sizeof(v));
    return v;
}

static void test_set_virtual_address_map(void **state)
{
    struct rig *r = *state;
    const uint64_t virt = UINT64_C(0xe000000000000000);

    store(r, 0x2000 + 88, 0x2100);                      /* system table -> runtime services */
    store(r, 0x2100 + 24, 0x2200);                      /* get_time -> descriptor {ip, gp} */
    store(r, 0x2100 + 32, UINT64_MAX - 7);              /* a pointer to nowhere */
    store(r, 0x2100 + 24 + 80, 0x2210);                 /* reset_system */
    store(r, 0x2200, 0x100);
    store(r, 0x2210, 0x190);
    store(r, DATA, 7);                                  /* conventional memory */
    store(r, DATA + 40, 13);                            /* PAL code: phys 0, 1 page */
    store(r, DATA + 48, 0);
    store(r, DATA + 56, virt);
    store(r, DATA + 64, 1);
    efi(r, 4, 80, 48, 1, DATA);
    assert_true(em_gr(r->cpu, 8) == EFI_INVALID);       /* descriptor size */
    efi(r, 4, 81, 40, 1, DATA);
    assert_true(em_gr(r->cpu, 8) == EFI_INVALID);
    efi(r, 4, UINT64_C(40) << 40, 40, 1, DATA);
    assert_true(em_gr(r->cpu, 8) == EFI_INVALID);
    efi(r, 4, 40, 40, 1, DATA);
    assert_true(em_gr(r->cpu, 8) == EFI_INVALID);       /* no PAL code in it */
    assert_true(load(r, 0x2200) == 0x100);
    efi(r, 4, 80, 40, 1, DATA);
    assert_true(em_gr(r->cpu, 8) == 0);
    assert_true(load(r, 0x2200) == virt + 0x100);
    assert_true(load(r, 0x2210) == virt + 0x190);
    efi(r, 4, 80, 40, 1, DATA);
    assert_true(em_gr(r->cpu, 8) == EFI_UNSUPPORTED);   /* only once */
    assert_true(load(r, 0x2200) == virt + 0x100);
}

static void test_reset(void **state)
{
    struct rig *r = *state;

    set(r, 32, 1);
    assert_int_equal(fw_call(r->fw, r->cpu, 0x309), EM_R_STOP);
    assert_int_equal(r->shutdown, FW_REBOOT);
    set(r, 32, 2);
    assert_int_equal(fw_call(r->fw, r->cpu, 0x309), EM_R_STOP);
    assert_int_equal(r->shutdown, FW_POWEROFF);
}

/** Full privilege: the guest takes the miss; paravirtual: the hypervisor is told. */
static void test_pointer_fault(void **state)
{
    struct rig *r = *state;

    em_set_psr(r->cpu, EM_PSR_DT | EM_PSR_IC | EM_PSR_BN);
    em_set_cr(r->cpu, EM_CR_IVA, 0x100000);
    em_set_ip(r->cpu, CODE, 1);
    set(r, 32, UINT64_C(0x2000000000000000));
    assert_int_equal(fw_call(r->fw, r->cpu, 0x300), EM_R_RESUME);
    assert_int_equal(em_ip(r->cpu), 0x100000 + EM_VEC_ALT_DTLB);
    assert_true(em_cr(r->cpu, EM_CR_IFA) == UINT64_C(0x2000000000000000));
    assert_int_equal(em_cr(r->cpu, EM_CR_IIP), CODE);
}

static void test_pointer_fault_pv(void **state)
{
    struct rig *r = *state;

    em_set_psr(r->cpu, EM_PSR_DT | EM_PSR_IC | EM_PSR_BN | UINT64_C(1) << EM_PSR_CPL_SHIFT);
    em_set_ip(r->cpu, CODE, 1);
    set(r, 32, UINT64_C(0x2000000000000000));
    assert_int_equal(fw_call(r->fw, r->cpu, 0x300), EM_R_DELIVER);
    assert_true(em_cr(r->cpu, EM_CR_IFA) == UINT64_C(0x2000000000000000));
    assert_true(em_cr(r->cpu, EM_CR_ISR) == EM_ISR_W);
    assert_int_equal(em_cr(r->cpu, EM_CR_IIM), EM_VEC_ALT_DTLB);
    assert_int_equal(em_ip(r->cpu), CODE);
}

/* ---- simulator ----------------------------------------------------------------------------- */

static void test_ssc(void **state)
{
    struct rig *r = *state;
    uint32_t tod[2];

    set(r, 8, 77);
    assert_int_equal(ssc(r, 31, 'x', 0), EM_R_NEXT);
    assert_int_equal(em_gr(r->cpu, 8), 77);             /* PUTCHAR leaves r8 */
    assert_int_equal(r->out[0], 'x');
    ssc(r, 21, 0, 0);
    assert_int_equal(status(r), 0);
    r->in = 'y';
    ssc(r, 21, 0, 0);
    assert_int_equal(status(r), 'y');
    ssc(r, 58, 3, 0x30);
    assert_int_equal(r->irq_vector, 0x30);
    ssc(r, 74, DATA, 0);
    memcpy(tod, r->mem + DATA, sizeof(tod));
    assert_int_equal(tod[0], 951782399);
    assert_int_equal(tod[1], 123456);
    ssc(r, 75, DATA, 64);
    assert_string_equal((char *)r->mem + DATA, "root=/dev/sda quiet");
    assert_int_equal(status(r), 19);
    memset(r->mem + DATA, 'z', 16);
    ssc(r, 75, DATA, 5);
    assert_memory_equal(r->mem + DATA, "root\0zz", 7);
    ssc(r, 75, DATA, 0);
    assert_int_equal(status(r), -1);
    ssc(r, 75, RAM - 4, 64);
    assert_int_equal(status(r), -1);
    ssc(r, 75, UINT64_MAX, UINT64_MAX);
    assert_int_equal(status(r), -1);
    ssc(r, 50, DATA, 1);
    assert_int_equal(status(r), -1);
    ssc(r, 12345, 0, 0);
    assert_int_equal(status(r), -1);
    assert_int_equal(r->nr_log, 1);
    assert_int_equal(ssc(r, 66, 3, 0), EM_R_STOP);
    assert_int_equal(r->shutdown, FW_POWEROFF);
    assert_int_equal(r->exit_status, 3);
}

/** Any number, any arguments: the process lives, and only the services that stop it stop it. */
static void test_random(void **state)
{
    struct rig *r = *state;
    static const uint64_t classes[] = { 0x300, 0x500, 0x1000, 0x1100, 0x9900 };
    uint64_t x = 88172645463325252;

    for (unsigned i = 0; i < 50000; i++) {
        for (unsigned reg = 8; reg < 40; reg++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            set(r, reg, x % 5 == 0 ? x % 300 : x % 5 == 1 ? x % RAM : x % 5 == 2 ? x >> x % 64 : x);
        }
        if (x & 1) set(r, 28, x >> 8 & 0x1ff);
        if (x & 2) set(r, 32, 0x01000000 + (x >> 8 & 0x3f));
        if (x & 4) (void)fw_ssc(r->fw, r->cpu);
        else (void)fw_call(r->fw, r->cpu,
                           classes[(x >> 20) % ARRAY_SIZE(classes)] + (x >> 30 & 15));
        em_set_ip(r->cpu, CODE, 1);
    }
    assert_true(r->nr_log <= 50);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TPV(name) cmocka_unit_test_setup_teardown(name, setup_pv, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_vm_summary), TPV(test_vm_summary_pv), T(test_pal_values), TPV(test_pal_values),
        T(test_caches), T(test_pal_buffers), T(test_halt_light), T(test_sal), T(test_get_time),
        T(test_set_virtual_address_map), T(test_reset), T(test_pointer_fault),
        TPV(test_pointer_fault_pv), T(test_ssc), T(test_random), TPV(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

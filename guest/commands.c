/* SPDX-License-Identifier: GPL-2.0-or-later */
/* commands.c: what the shell can do, one function per command and the table at the end. */
#include "xen.h"

#define MIB (UINT64_C(1) << 20)

static uint64_t arg(int argc, char **argv, int i, uint64_t dflt)
{
    return parse_u64(i < argc ? argv[i] : NULL, dflt);
}

static void cmd_help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (unsigned i = 0; i < nr_commands; i++)
        printf("%-8s %-28s %s\n", commands[i].name, commands[i].args, commands[i].help);
}

/* ---- looking --------------------------------------------------------------------------------- */

static void cmd_mem(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("memory: %lu KiB conventional, %lu KiB free, %lu KiB allocated\n", memory_total() >> 10,
           memory_free() >> 10, memory_used() >> 10);
}

static void cmd_map(int argc, char **argv)
{
    const struct efi_desc *d;

    (void)argc;
    (void)argv;
    for (unsigned i = 0; (d = firmware_memory(i)) != NULL; i++)
        printf("%012lx-%012lx  %-13s attr %016lx\n", d->gpa,
               d->gpa + d->pages * EFI_PAGE_BYTES - 1, efi_type_name(d->type), d->attr);
}

static void cmd_uptime(int argc, char **argv)
{
    uint64_t us = uptime_us();

    (void)argc;
    (void)argv;
    printf("up %lu.%06lu s\n", us / 1000000, us % 1000000);
}

static void cmd_time(int argc, char **argv)
{
    struct efi_time t;

    (void)argc;
    (void)argv;
    if (firmware_get_time(&t))
        printf("%04u-%02u-%02u %02u:%02u:%02u UTC\n", t.year, t.month, t.day, t.hour, t.minute,
               t.second);
    else
        printf("time: firmware cannot tell\n");
}

static void cmd_cpu(int argc, char **argv)
{
    uint64_t id[5];
    char vendor[17];

    (void)argc;
    (void)argv;
    for (unsigned i = 0; i < ARRAY_SIZE(id); i++)
        id[i] = pv->cpuid(i);
    memcpy(vendor, id, 16);
    vendor[16] = '\0';
    printf("cpu: %s, family 0x%lx model %lu revision %lu, features 0x%lx\n", vendor,
           id[3] >> 24 & 0xff, id[3] >> 16 & 0xff, id[3] >> 8 & 0xff, id[4]);
    printf("cpu: interval timer %lu MHz, %u processor%s\n", itc_hz() / 1000000, firmware_vcpus(),
           firmware_vcpus() == 1 ? "" : "s");
}

static void cmd_regs(int argc, char **argv)
{
    uint64_t pr, rsc, bsp, fpsr, sp;

    (void)argc;
    (void)argv;
    __asm__ volatile("mov %0 = pr" : "=r"(pr));
    __asm__ volatile("mov %0 = ar.rsc" : "=r"(rsc));
    __asm__ volatile("mov %0 = ar.bsp" : "=r"(bsp));
    __asm__ volatile("mov %0 = ar.fpsr" : "=r"(fpsr));
    __asm__ volatile("mov %0 = r12" : "=r"(sp));
    printf("psr  %016lx  pr   %016lx  rsc  %016lx\n", pv->get_psr(), pr, rsc);
    printf("sp   %016lx  bsp  %016lx  fpsr %016lx\n", sp, bsp, fpsr);
    for (uint64_t i = 0; i < 8; i++)
        printf("rr%lu  %016lx%s", i, pv->get_rr(i << 61), i % 3 == 2 || i == 7 ? "\n" : "  ");
    printf("itc  %016lx  hash of the kernel's base %016lx\n", itc(), pv->thash(KERNEL_BASE));
}

/* ---- ending ---------------------------------------------------------------------------------- */

static void cmd_halt(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("mini-ia64: power off\n");
    pv->shutdown(SHUTDOWN_POWEROFF);
}

static void cmd_reboot(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("mini-ia64: reboot\n");
    pv->shutdown(SHUTDOWN_REBOOT);
}

static void crash_null(void)
{
    __asm__ volatile("mov b6 = r0 ;; br.call.sptk.many b0 = b6" ::: "b0", "b6", "memory");
}

static void crash_panic(void)
{
    panic("asked for");
}

/* A bundle with a reserved template */
static void crash_illegal(void)
{
    static const uint64_t bundle[2] __attribute__((aligned(16))) = { 0x06, 0 };

    __asm__ volatile("mov b6 = %0 ;; br.call.sptk.many b0 = b6" :: "r"(bundle)
                     : "b0", "b6", "memory");
}

/* A data miss while no interruption state is collected */
static void crash_nested(void)
{
    __asm__ volatile("rsm psr.ic ;; srlz.i ;; ld8 r14 = [%0]" :: "r"(USER_BASE) : "r14", "memory");
}

static void cmd_crash(int argc, char **argv)
{
    static const struct { const char *name; void (*crash)(void); } ways[] = {
        { "null", crash_null }, { "panic", crash_panic }, { "illegal", crash_illegal },
        { "nested", crash_nested },
    };
    const char *how = argc > 1 ? argv[1] : "null";

    for (unsigned i = 0; i < ARRAY_SIZE(ways); i++)
        if (strcmp(how, ways[i].name) == 0) ways[i].crash();
    printf("crash: null, panic, illegal or nested\n");
}

/* ---- time and load --------------------------------------------------------------------------- */

static void cmd_spin(int argc, char **argv)
{
    uint64_t ms = arg(argc, argv, 1, 1000), until = uptime_us() + ms * 1000, turns = 0;

    while (uptime_us() < until)
        turns++;
    printf("spun %lu ms: %lu turns\n", ms, turns);
}

static void cmd_sleep(int argc, char **argv)
{
    uint64_t start = uptime_us();

    sleep_us(arg(argc, argv, 1, 1) * 1000000);
    printf("slept %lu ms\n", (uptime_us() - start) / 1000);
}

static void cmd_alloc(int argc, char **argv)
{
    uint64_t mib = arg(argc, argv, 1, 1);

    if (mib <= memory_free() / MIB && memory_alloc(mib * MIB))
        printf("allocated %lu MiB, %lu in all\n", mib, memory_used() / MIB);
    else
        printf("alloc: only %lu MiB are free\n", memory_free() / MIB);
}

static void cmd_free(int argc, char **argv)
{
    uint64_t bytes = memory_used();

    (void)argc;
    (void)argv;
    memory_release();
    printf("freed %lu MiB\n", bytes / MIB);
}

static void cmd_sum(int argc, char **argv)
{
    uint64_t sum, wrong = memory_check(&sum);

    (void)argc;
    (void)argv;
    printf("sum of %lu MiB: %016lx, %lu words wrong: %s\n", memory_used() / MIB, sum, wrong,
           wrong ? "FAILED" : "ok");
}

static void cmd_dirty(int argc, char **argv)
{
    uint64_t rate = arg(argc, argv, 1, 16), seconds = arg(argc, argv, 2, 10);

    for (uint64_t tenth = 0; tenth < seconds * 10; tenth++) {
        uint64_t start = uptime_us(), spent;

        memory_touch(rate * MIB / 10);
        spent = uptime_us() - start;
        if (spent < 100000) sleep_us(100000 - spent);
    }
    printf("dirtied %lu MiB/s for %lu s\n", rate, seconds);
}

/* ---- tests of what is below us --------------------------------------------------------------- */

static void cmd_echo(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        printf("%s%s", argv[i], i + 1 < argc ? " " : "");
    printf("\n");
}

static void cmd_user(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    user_test();
}

/* Registers must survive interruptions at any moment: in the kernel, at user level, in between. */
static void cmd_storm(int argc, char **argv)
{
    uint64_t until = uptime_us() + arg(argc, argv, 1, 1000) * 1000, runs = 0, wrong = 0, n;

    timer_storm(200);
    for (; uptime_us() < until; runs++) {
        uint64_t a = random_u64() >> 1, b = random_u64() >> 40 | 1;

        wrong += !user_run_sum();
        wrong += a / b * b + a % b != a;
    }
    n = timer_storm(0);
    printf("storm: %lu interrupts in %lu runs, %lu wrong: %s\n", n, runs, wrong,
           n && !wrong ? "ok" : "FAILED");
}

static bool on_xen(const char *what)
{
    if (privilege_level == 0) printf("%s: only on Xen\n", what);
    return privilege_level != 0;
}

static volatile unsigned nr_events;

static void count_event(void)
{
    nr_events++;
}

/* An interdomain channel with ourselves: what is sent into one end comes out of the other. */
static void cmd_event(int argc, char **argv)
{
    static struct { uint16_t dom, remote; uint32_t port; } unbound;
    static struct { uint16_t dom, pad; uint32_t remote_port, local_port; } bind;
    static struct { uint32_t port; } send, end;
    long rc;

    (void)argc;
    if (!on_xen(argv[0])) return;
    unbound.dom = unbound.remote = DOMID_SELF;
    rc = xen_event_op(EVTCHNOP_ALLOC_UNBOUND, &unbound);
    bind.dom = DOMID_SELF;
    bind.remote_port = unbound.port;
    if (rc == 0) rc = xen_event_op(EVTCHNOP_BIND_INTERDOMAIN, &bind);
    if (rc) {
        printf("event: cannot make a channel: %ld\n", rc);
        return;
    }
    xen_port_handler(unbound.port, count_event);
    nr_events = 0;
    send.port = bind.local_port;
    for (unsigned i = 0; i < 10; i++)
        xen_event_op(EVTCHNOP_SEND, &send);
    printf("event: ports %u and %u, 10 sent, %u received: %s\n", unbound.port, bind.local_port,
           nr_events, nr_events == 10 ? "ok" : "FAILED");
    end.port = bind.local_port;
    xen_event_op(EVTCHNOP_CLOSE, &end);
    end.port = unbound.port;
    xen_event_op(EVTCHNOP_CLOSE, &end);
}

static void cmd_ring(int argc, char **argv)
{
    (void)argc;
    if (!on_xen(argv[0])) return;
    xencons_smash();
    printf("ring: the console is still there\n");
}

/* Nothing that would really end us, cut the console off or fill it with rubbish. */
static bool harmless(uint64_t number, uint64_t cmd)
{
    static const struct { uint32_t number, deadly_cmds; } deadly[] = {
        { HYPERVISOR_SCHED_OP_COMPAT, ~0u },
        { HYPERVISOR_MEMORY_OP, 1u << 1 | 1u << 11 },           /* gives pages away */
        { HYPERVISOR_MULTICALL, ~0u },                          /* may contain any of these */
        { HYPERVISOR_CONSOLE_IO, ~0u },
        { HYPERVISOR_VCPU_OP, 1u << 0 | 1u << 1 | 1u << 2 },    /* initialise, up, down */
        { HYPERVISOR_SCHED_OP, ~1u },                           /* all but yield */
        { HYPERVISOR_CALLBACK_OP, 1u << CALLBACKOP_REGISTER },
        { HYPERVISOR_EVENT_CHANNEL_OP,
          1u << EVTCHNOP_CLOSE | 1u << EVTCHNOP_BIND_VCPU | 1u << EVTCHNOP_RESET },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(deadly); i++)
        if (number == deadly[i].number) return !(deadly[i].deadly_cmds >> cmd & 1);
    return true;
}

static uint64_t random_argument(uint64_t *scratch)
{
    uint64_t r = random_u64();

    switch (r >> 60) {
    case 0: case 1: case 2: case 3:
        return r & 0xf;
    case 4: case 5: case 6:
        return handle(scratch + (r & 0xf));
    case 7:
        return pa(scratch);                     /* as a descriptor */
    case 8:
        return r & 0xffffffffff8;
    case 9:
        return ~UINT64_C(0) >> (r & 63);
    default:
        return r;
    }
}

static void cmd_hcfuzz(int argc, char **argv)
{
    static uint64_t scratch[64];
    uint64_t n = arg(argc, argv, 1, 1000), failed = 0;

    if (!on_xen(argv[0])) return;
    random_seed(arg(argc, argv, 2, 1));
    for (uint64_t i = 0; i < n; i++) {
        uint64_t number = random_u64() % 64, cmd = random_u64() % 16, a[4];

        if (!harmless(number, cmd)) continue;
        for (unsigned k = 0; k < ARRAY_SIZE(scratch); k++)
            scratch[k] = random_argument(scratch);
        for (unsigned k = 0; k < ARRAY_SIZE(a); k++)
            a[k] = random_argument(scratch);
        failed += hypercall(cmd, a[0], a[1], a[2], a[3], number) < 0;
    }
    printf("hcfuzz: %lu calls, %lu refused, still here\n", n, failed);
}

static void cmd_fwsmash(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("fwsmash: the firmware page is gone, the next idle moment ends us\n");
    firmware_smash();
}

static void cmd_clear(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("\033[H\033[2J");
}

const struct command commands[] = {
    { "help", "", "this list", cmd_help },
    { "mem", "", "memory in use", cmd_mem },
    { "map", "", "the EFI memory map", cmd_map },
    { "uptime", "", "time since boot", cmd_uptime },
    { "time", "", "wall clock (EFI)", cmd_time },
    { "cpu", "", "what processor this is", cmd_cpu },
    { "regs", "", "some registers", cmd_regs },
    { "halt", "", "power off", cmd_halt },
    { "reboot", "", "start again", cmd_reboot },
    { "crash", "[null|panic|illegal|nested]", "fall over", cmd_crash },
    { "spin", "[MS]", "burn processor time", cmd_spin },
    { "sleep", "[S]", "wait", cmd_sleep },
    { "alloc", "[MIB]", "fill memory with a pattern", cmd_alloc },
    { "free", "", "give it back", cmd_free },
    { "sum", "", "check the pattern", cmd_sum },
    { "dirty", "[MIB/S [S]]", "write to free memory", cmd_dirty },
    { "echo", "[WORD...]", "print the words", cmd_echo },
    { "user", "", "run programs at user level", cmd_user },
    { "storm", "[MS]", "the same under many interruptions", cmd_storm },
    { "event", "", "send events to ourselves", cmd_event },
    { "ring", "", "corrupt the console ring a bit", cmd_ring },
    { "hcfuzz", "[N [SEED]]", "hypercalls with random arguments", cmd_hcfuzz },
    { "fwsmash", "", "overwrite our firmware", cmd_fwsmash },
    { "clear", "", "clear the screen", cmd_clear },
};
const unsigned nr_commands = ARRAY_SIZE(commands);

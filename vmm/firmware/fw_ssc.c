/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Simulator system calls, break 0x80001. Source: docs/guest-abi.md, 8. Pointers are physical.
 */
#include "fw_int.h"

#define INTERRUPT_KEYBOARD 3u

static enum em_reply result(struct fw_frame *f, int64_t r8)
{
    em_set_gr(f->cpu, 8, (uint64_t)r8, false);
    return EM_R_NEXT;
}

/** False: not in memory. */
static bool put_physical(struct fw *fw, uint64_t gpa, const void *src, size_t len)
{
    void *host;

    gpa &= ~EM_BIT(63);
    host = em_ram(fw->m, gpa, len);
    if (!host) return false;
    memcpy(host, src, len);
    em_machine_touched(fw->m, gpa, len);
    return true;
}

static enum em_reply stop(struct fw_frame *f, enum fw_shutdown reason, int status)
{
    const struct fw_host *host = &f->fw->cfg.host;

    if (host->shutdown) host->shutdown(host->ctx, reason, status);
    return EM_R_STOP;
}

static enum em_reply c_stop(struct fw_frame *f) { return stop(f, FW_HALT, 0); }

static enum em_reply c_exit(struct fw_frame *f)
{
    return stop(f, FW_POWEROFF, (int)(int32_t)(uint32_t)(f->arg[0] & 0xffffffff));
}

static enum em_reply c_ok(struct fw_frame *f) { return result(f, 0); }
static enum em_reply c_fail(struct fw_frame *f) { return result(f, -1); }

static enum em_reply c_getchar(struct fw_frame *f)
{
    const struct fw_host *host = &f->fw->cfg.host;
    const int c = host->console_get ? host->console_get(host->ctx) : -1;

    return result(f, c < 0 ? 0 : c & 0xff);
}

/** r8 stays as it is, as with Xen. */
static enum em_reply c_putchar(struct fw_frame *f)
{
    const struct fw_host *host = &f->fw->cfg.host;

    if (host->console_put) host->console_put(host->ctx, (char)(f->arg[0] & 0xff));
    return EM_R_NEXT;
}

static enum em_reply c_connect_interrupt(struct fw_frame *f)
{
    const struct fw_host *host = &f->fw->cfg.host;

    if (f->arg[0] == INTERRUPT_KEYBOARD && host->console_irq)
        host->console_irq(host->ctx, (int)(f->arg[1] & 0xff));
    return result(f, 0);
}

static enum em_reply c_generate_interrupt(struct fw_frame *f)
{
    em_cpu_post_irq(f->cpu, (uint8_t)(f->arg[0] & 0xff));
    return result(f, 0);
}

static uint64_t now_ns(struct fw *fw)
{
    return fw->cfg.host.wallclock_ns ? fw->cfg.host.wallclock_ns(fw->cfg.host.ctx) : 0;
}

static enum em_reply c_get_rtc(struct fw_frame *f)
{
    return result(f, (int64_t)(now_ns(f->fw) / 1000000000u));
}

static enum em_reply c_get_tod(struct fw_frame *f)
{
    const uint64_t ns = now_ns(f->fw);
    const struct { uint32_t sec, usec; } tod = {
        (uint32_t)(ns / 1000000000u), (uint32_t)(ns % 1000000000u / 1000u) };

    return result(f, put_physical(f->fw, f->arg[0], &tod, sizeof(tod)) ? 0 : -1);
}

/** Command line, cut at the buffer's size, always terminated. Returns its length. */
static enum em_reply c_get_args(struct fw_frame *f)
{
    size_t len = strlen(f->fw->cmdline);
    const uint64_t size = f->arg[1];

    if (size == 0) return result(f, -1);
    if (len >= size) len = (size_t)size - 1;
    if (!put_physical(f->fw, f->arg[0], f->fw->cmdline, len)) return result(f, -1);
    if (!put_physical(f->fw, f->arg[0] + len, "", 1)) return result(f, -1);
    return result(f, (int64_t)len);
}

static enum em_reply c_halt_light(struct fw_frame *f)
{
    return fw__halt_light(f);
}

/* fn: full privilege. fn_pv: what Xen's domains may call */
static const struct fw_row rows[] = {
    { 0,   "STOP",                c_stop,               NULL },
    { 19,  "HALT_LIGHT",          c_halt_light,         NULL },
    { 20,  "CONSOLE_INIT",        c_ok,                 c_ok },
    { 21,  "GETCHAR",             c_getchar,            c_getchar },
    { 31,  "PUTCHAR",             c_putchar,            c_putchar },
    { 50,  "OPEN",                c_fail,               c_fail },
    { 51,  "CLOSE",               c_fail,               c_fail },
    { 52,  "READ",                c_fail,               c_fail },
    { 53,  "WRITE",               c_fail,               c_fail },
    { 54,  "GET_COMPLETION",      c_fail,               c_fail },
    { 55,  "WAIT_COMPLETION",     c_fail,               c_fail },
    { 58,  "CONNECT_INTERRUPT",   c_connect_interrupt,  c_ok },
    { 59,  "GENERATE_INTERRUPT",  c_generate_interrupt, NULL },
    { 60,  "SET_PERIODIC_INTERRUPT", c_fail,            NULL },
    { 65,  "GET_RTC",             c_get_rtc,            c_get_rtc },
    { 66,  "EXIT",                c_exit,               c_exit },
    { 69,  "LOAD_SYMBOLS",        c_ok,                 c_ok },
    { 74,  "GET_TOD",             c_get_tod,            c_get_tod },
    { 75,  "GET_ARGS",            c_get_args,           c_get_args },
    { 76,  "CTL_TRACE",           c_ok,                 c_ok },
    { 77,  "GET_INITRAMFS",       c_fail,               c_fail },
    { 100, "NETDEV_PROBE",        c_fail,               c_fail },
    { 101, "NETDEV_SEND",         c_fail,               c_fail },
    { 102, "NETDEV_RECV",         c_fail,               c_fail },
    { 103, "NETDEV_ATTACH",       c_fail,               c_fail },
    { 104, "NETDEV_DETACH",       c_fail,               c_fail },
};

enum em_reply fw_ssc(struct fw *fw, struct em_cpu *cpu)
{
    const uint64_t number = em_gr(cpu, 15);
    struct fw_frame f = { .fw = fw, .cpu = cpu };
    unsigned i;

    for (i = 0; i < 4; i++) f.arg[i] = fw__arg(cpu, i);
    for (i = 0; i < ARRAY_SIZE(rows); i++) {
        const fw_fn fn = fw->cfg.paravirtual ? rows[i].fn_pv : rows[i].fn;

        if (rows[i].number == number && fn) return fn(&f);
    }
    fw__log_guest(fw, "unknown simulator call %llu at %#llx", (unsigned long long)number,
                  (unsigned long long)em_ip(cpu));
    return result(&f, -1);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xc-run: boot one kernel on the library alone, console on stdio. What a kernel's CI needs; see
 * man/xc-run.1 for options and exit status.
 *
 * The domain gets one end of a socket pair as its console; this program stands between the other
 * end and stdin, stdout. Everything lives in a private run directory that goes away with the
 * program, as does the private XenStore that a paravirtualized guest talks to.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#include "control/expect.h"
#include "ut_io.h"
#include "ut_log.h"
#include "ut_path.h"
#include "xci.h"
#include "xs_client.h"

enum {
    EXIT_OK = 0, EXIT_ERROR = 1, EXIT_REBOOT = 2, EXIT_CRASH = 3, EXIT_TIMEOUT = 124,
    EXIT_SIGNAL = 128,
    KEEP_GOING = -1,
};

#define QUIT_KEY       0x1d             /* Ctrl-] */
#define DFLT_MEMORY    256u             /* MiB */

struct options {
    const char *kernel, *ramdisk, *extra, *until, *log, *trace;
    enum xci_builder builder;
    uint64_t memory_mib, timeout_s;
    unsigned nr_vcpus;
    bool stats, no_sandbox;
};

struct run {
    struct options opt;
    char dir[PATH_MAX];                 /* private run directory, "" = none */
    struct ut_log *log;
    struct xci *xc;
    struct xs_client *store;            /* NULL = none */
    char store_path[PATH_MAX];          /* the program */
    xci_domid_t domid;                  /* 0 = none */
    struct xci__expect expect;
    int console_fd, signal_fd;
    bool stdin_open, console_open;
    bool raw;                           /* terminal to be put back */
    struct termios saved;
    uint64_t started_ns, ended_ns;
    char pending[4096];                 /* input the console has not taken */
    size_t nr_pending;
};

/* ---- options ------------------------------------------------------------------------------- */

enum { O_BUILDER = 256, O_MEMORY, O_VCPUS, O_RAMDISK, O_EXTRA, O_UNTIL, O_TIMEOUT, O_STATS, O_LOG,
       O_TRACE, O_NO_SANDBOX, O_HELP, O_VERSION };

/* One row an option: parser and usage read the same. */
static const struct row {
    const char *name;
    int id;
    const char *arg;                    /* NULL = flag */
    const char *help;
} rows[] = {
    { "builder",    O_BUILDER,    "linux|hpsim|efi",
      "paravirtualized (default), HP simulator, unmodified" },
    { "memory",     O_MEMORY,     "MIB",     "memory of the guest (default 256)" },
    { "vcpus",      O_VCPUS,      "N",       "virtual processors (default 1)" },
    { "ramdisk",    O_RAMDISK,    "FILE",    "initial ramdisk" },
    { "extra",      O_EXTRA,      "CMDLINE", "the kernel's command line" },
    { "until",      O_UNTIL,      "REGEX",   "end with status 0 when a console line matches" },
    { "timeout",    O_TIMEOUT,    "SECONDS", "end with status 124 after this time" },
    { "stats",      O_STATS,      NULL,      "print instructions, seconds and rate to stderr" },
    { "log",        O_LOG,        "FILE",    "append a copy of the console" },
    { "trace",      O_TRACE,      "WHAT",    "insn,irq,hypercall,tlb: trace these to stderr" },
    { "no-sandbox", O_NO_SANDBOX, NULL,      "leave the hypervisor's process open to debuggers" },
    { "help",       O_HELP,       NULL,      "this text" },
    { "version",    O_VERSION,    NULL,      "print the version" },
};

static void usage(FILE *out)
{
    fputs("usage: xc-run KERNEL [OPTION...]\n"
          "Boot an ia64 kernel, console on stdin and stdout; Ctrl-] quits.\n", out);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char head[40];

        snprintf(head, sizeof(head), "--%s%s%s", rows[i].name, rows[i].arg ? " " : "",
                 rows[i].arg ? rows[i].arg : "");
        fprintf(out, "  %-26s %s\n", head, rows[i].help);
    }
    fputs("status: 0 power-off or REGEX seen, 2 reboot, 3 crash, 124 timeout, 1 other errors\n",
          out);
}

static int number(const char *what, const char *text, uint64_t lo, uint64_t hi, uint64_t *v_out)
{
    char *end;

    errno = 0;
    *v_out = strtoull(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && !*end && !errno && *v_out >= lo && *v_out <= hi)
        return 0;
    fprintf(stderr, "xc-run: --%s %s: a number from %llu to %llu is needed\n", what, text,
            (unsigned long long)lo, (unsigned long long)hi);
    return -1;
}

/* size: table */
static int set_option(struct options *o, int id, const char *arg)
{
    struct ut_err err = UT_ERR_INIT;
    uint64_t v;

    switch (id) {
    case O_BUILDER:
        if (xci_builder_parse(arg, &o->builder, &err) == UT_OK) return 0;
        fprintf(stderr, "xc-run: %s\n", err.text);
        return -1;
    case O_MEMORY:  return number("memory", arg, 1, 1u << 20, &o->memory_mib);
    case O_TIMEOUT: return number("timeout", arg, 1, 1u << 30, &o->timeout_s);
    case O_VCPUS:
        if (number("vcpus", arg, 1, XCI_MAX_VCPUS, &v) < 0) return -1;
        o->nr_vcpus = (unsigned)v;
        return 0;
    case O_RAMDISK:    o->ramdisk = arg; return 0;
    case O_EXTRA:      o->extra = arg; return 0;
    case O_UNTIL:      o->until = arg; return 0;
    case O_LOG:        o->log = arg; return 0;
    case O_TRACE:      o->trace = arg; return 0;
    case O_STATS:      o->stats = true; return 0;
    case O_NO_SANDBOX: o->no_sandbox = true; return 0;
    default:           return -1;
    }
}

/* Returns KEEP_GOING or the exit status. */
static int parse_options(struct options *o, int argc, char **argv)
{
    struct option longs[ARRAY_SIZE(rows) + 1];
    int id;

    memset(longs, 0, sizeof(longs));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        longs[i] = (struct option){ rows[i].name, rows[i].arg ? required_argument : no_argument,
                                    NULL, rows[i].id };
    while ((id = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (id == O_HELP || id == 'h') {
            usage(stdout);
            return EXIT_OK;
        }
        if (id == O_VERSION) {
            puts("xc-run " XC_VERSION);
            return EXIT_OK;
        }
        if (id == '?' || set_option(o, id, optarg) < 0) return EXIT_ERROR;
    }
    if (argc - optind != 1) {
        usage(stderr);
        return EXIT_ERROR;
    }
    o->kernel = argv[optind];
    return KEEP_GOING;
}

/* ---- terminal ------------------------------------------------------------------------------ */

static void terminal_raw(struct run *r)
{
    struct termios tio;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &r->saved) < 0) return;
    tio = r->saved;
    cfmakeraw(&tio);
    tio.c_oflag |= OPOST | ONLCR;       /* our own messages stay readable, the guest's lines too */
    r->raw = tcsetattr(STDIN_FILENO, TCSANOW, &tio) == 0;
}

static void terminal_restore(struct run *r)
{
    if (r->raw) (void)tcsetattr(STDIN_FILENO, TCSANOW, &r->saved);
    r->raw = false;
}

/* ---- the conversation ---------------------------------------------------------------------- */

/* Console to stdout. Returns KEEP_GOING or the exit status. */
static int from_console(struct run *r)
{
    struct ut_err err = UT_ERR_INIT;
    char text[16384];
    ssize_t n = read(r->console_fd, text, sizeof(text));

    if (n < 0) return errno == EAGAIN || errno == EINTR ? KEEP_GOING : EXIT_ERROR;
    if (n == 0) {
        r->console_open = false;
        return KEEP_GOING;
    }
    if (ut_io_write_all(STDOUT_FILENO, text, (size_t)n, &err) < 0) {
        fprintf(stderr, "xc-run: stdout: %s\n", err.text);
        return EXIT_ERROR;
    }
    if (r->opt.until && xci__expect_feed(&r->expect, text, (size_t)n)) return EXIT_OK;
    return KEEP_GOING;
}

static int from_stdin(struct run *r)
{
    ssize_t n = read(STDIN_FILENO, r->pending, sizeof(r->pending));

    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return KEEP_GOING;
    if (n <= 0) {
        r->stdin_open = false;          /* the guest may well go on without us typing */
        return KEEP_GOING;
    }
    if (r->raw && memchr(r->pending, QUIT_KEY, (size_t)n)) {
        fputs("\nxc-run: quit\n", stderr);
        return EXIT_ERROR;
    }
    r->nr_pending = (size_t)n;
    return KEEP_GOING;
}

static void to_console(struct run *r)
{
    ssize_t n = send(r->console_fd, r->pending, r->nr_pending, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n < 0 && errno != EAGAIN && errno != EINTR) r->nr_pending = 0;
    if (n <= 0) return;
    r->nr_pending -= (size_t)n;
    memmove(r->pending, r->pending + n, r->nr_pending);
}

/* What the guest printed before it stopped was sent before its stop was told: it is here
   already. */
static int last_output(struct run *r, int status)
{
    struct pollfd p = { .fd = r->console_fd, .events = POLLIN };
    int end;

    while (r->console_open && poll(&p, 1, 0) > 0) {
        end = from_console(r);
        if (end == EXIT_OK) return EXIT_OK;
        if (end != KEEP_GOING) break;
    }
    return status;
}

static int after_stop(struct run *r, enum xci_shutdown reason)
{
    r->ended_ns = ut_now_ns();
    switch (reason) {
    case XCI_SHUTDOWN_REBOOT: return last_output(r, EXIT_REBOOT);
    case XCI_SHUTDOWN_CRASH:  return last_output(r, EXIT_CRASH);
    case XCI_SHUTDOWN_POWEROFF:
    case XCI_SHUTDOWN_HALT:
    case XCI_SHUTDOWN_SUSPEND:
        break;
    }
    return last_output(r, EXIT_OK);
}

static int from_events(struct run *r)
{
    struct ut_err err = UT_ERR_INIT;
    struct xci_event ev;
    int rc;

    while ((rc = xci_event_next(r->xc, &ev, &err)) > 0) {
        if (ev.domid != r->domid) continue;
        if (ev.type == XCI_EV_SHUTDOWN) return after_stop(r, ev.reason);
        if (ev.type == XCI_EV_GONE) {
            r->domid = 0;
            fputs("xc-run: the hypervisor's process ended unexpectedly\n", stderr);
            return last_output(r, EXIT_CRASH);
        }
    }
    if (rc == 0) return KEEP_GOING;
    fprintf(stderr, "xc-run: %s\n", err.text);
    return EXIT_ERROR;
}

static int from_signal(struct run *r)
{
    struct signalfd_siginfo si;

    if (read(r->signal_fd, &si, sizeof(si)) != (ssize_t)sizeof(si)) return KEEP_GOING;
    return EXIT_SIGNAL + (int)si.ssi_signo;
}

/* Milliseconds left, -1 = for ever. */
static int time_left(const struct run *r)
{
    uint64_t now = ut_now_ns(), end = r->started_ns + r->opt.timeout_s * 1000000000u;

    if (!r->opt.timeout_s) return -1;
    if (now >= end) return 0;
    return (end - now) / 1000000u > 1000000000u ? 1000000000 : (int)((end - now) / 1000000u) + 1;
}

static int converse(struct run *r)
{
    enum { CONSOLE, INPUT, EVENTS, SIGNALS, NR };
    struct pollfd p[NR] = {
        [EVENTS] = { xci_event_fd(r->xc), POLLIN, 0 }, [SIGNALS] = { r->signal_fd, POLLIN, 0 },
    };
    int n, end = KEEP_GOING;

    while (end == KEEP_GOING) {
        p[CONSOLE].fd = r->console_open ? r->console_fd : -1;
        p[CONSOLE].events = (short)(POLLIN | (r->nr_pending ? POLLOUT : 0));
        p[INPUT].fd = r->stdin_open && !r->nr_pending ? STDIN_FILENO : -1;
        p[INPUT].events = POLLIN;
        n = poll(p, NR, time_left(r));
        if (n < 0 && errno != EINTR) return EXIT_ERROR;
        if (n == 0 && !time_left(r)) {
            fprintf(stderr, "xc-run: no end after %llu s\n", (unsigned long long)r->opt.timeout_s);
            return EXIT_TIMEOUT;
        }
        if (n <= 0) continue;
        if (p[SIGNALS].revents) end = from_signal(r);
        if (end == KEEP_GOING && p[CONSOLE].revents & POLLOUT) to_console(r);
        if (end == KEEP_GOING && p[CONSOLE].revents & ~POLLOUT) end = from_console(r);
        if (end == KEEP_GOING && p[INPUT].revents) end = from_stdin(r);
        if (end == KEEP_GOING && p[EVENTS].revents) end = from_events(r);
    }
    return end;
}

/* ---- set-up and end ------------------------------------------------------------------------ */

static int make_run_dir(struct run *r, struct ut_err *err)
{
    const char *tmp = getenv("TMPDIR");
    char path[PATH_MAX];
    int rc = ut_path_join(path, tmp && *tmp ? tmp : "/tmp", "xc-run.XXXXXX", err);

    if (rc < 0) return rc;
    if (!mkdtemp(path)) return ut_err_sys(err, UT_ESYS, "%s", path);
    memcpy(r->dir, path, sizeof(path));
    return UT_OK;
}

/* The library's files in the run directory, then the directory. */
static void remove_run_dir(struct run *r)
{
    static const char *const names[] = { "dom/.lock", "dom/.next", "dmesg" };
    char path[PATH_MAX];

    if (!r->dir[0]) return;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (ut_path_join(path, r->dir, names[i], NULL) == UT_OK) (void)unlink(path);
    if (ut_path_join(path, r->dir, "dom", NULL) == UT_OK) (void)rmdir(path);
    (void)rmdir(r->dir);
}

static int catch_signals(struct run *r, struct ut_err *err)
{
    static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
    sigset_t set;

    (void)signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_SIZE(caught); i++) sigaddset(&set, caught[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) return ut_err_sys(err, UT_ESYS, "signals");
    r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return r->signal_fd < 0 ? ut_err_sys(err, UT_ESYS, "signals") : UT_OK;
}

static int open_library(struct run *r, struct ut_err *err)
{
    struct xci_config cfg = { .backend = "vmm", .run_dir = r->dir };
    struct ut_paths *paths = malloc(sizeof(*paths));
    char vmm[PATH_MAX];
    int rc;

    if (!paths) return ut_err_set(err, UT_ENOMEM, "paths");
    rc = ut_paths_init(paths, err);
    if (rc == UT_OK) rc = ut_path_join(vmm, paths->libexec, "xen-vmm", err);
    if (rc == UT_OK) rc = ut_path_join(r->store_path, paths->libexec, "xen-store", err);
    free(paths);
    if (rc == UT_OK) rc = ut_log_open("-", "xc-run", UT_LOG_DEBUG, 0, &r->log, err);
    if (rc < 0) return rc;
    cfg.vmm_path = vmm;
    cfg.log = r->log;
    return xci_open(&cfg, &r->xc, err);
}

static int create(struct run *r, struct ut_err *err)
{
    struct xci_domain_config cfg = {
        .domid = XCI_DOMID_ANY,
        .name = "xc-run",
        .builder = r->opt.builder,
        .memory_kib = r->opt.memory_mib * 1024,
        .nr_vcpus = r->opt.nr_vcpus,
        .kernel_path = r->opt.kernel,
        .ramdisk_path = r->opt.ramdisk,
        .cmdline = r->opt.extra,
        .console_log_path = r->opt.log,
        .no_sandbox = r->opt.no_sandbox,
        .trace = r->opt.trace,
    };
    int pair[2], rc;

    (void)!getrandom(cfg.uuid, sizeof(cfg.uuid), 0);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return ut_err_sys(err, UT_ESYS, "console");
    cfg.console_fd = pair[1];
    rc = xci_domain_create(r->xc, &cfg, &r->domid, err);
    close(pair[1]);
    r->console_fd = pair[0];
    r->console_open = true;
    (void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
    return rc;
}

/* Its tree, and a line to it. */
static int introduce(struct run *r, struct ut_err *err)
{
    struct xs_domain d = { .name = "xc-run", .uuid = "00000000-0000-0000-0000-000000000001",
                           .tty = "", .domid = r->domid, .nr_vcpus = r->opt.nr_vcpus,
                           .memory_kib = r->opt.memory_mib * 1024 };
    struct xci_domain_info info;
    int pair[2], rc = xci_domain_info(r->xc, r->domid, &info, err);

    if (rc < 0) return rc;
    d.store_pfn = info.store_pfn;
    d.console_pfn = info.console_pfn;
    d.store_port = info.store_port;
    d.console_port = info.console_port;
    xs_domain_queue(r->store, &d);
    rc = xs_flush(r->store, err);
    if (rc < 0) return rc;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return ut_err_sys(err, UT_ESYS, "XenStore");
    rc = xs_introduce(r->store, r->domid, d.store_pfn, d.store_port, pair[0], err);
    if (rc == UT_OK) rc = xci_domain_store(r->xc, r->domid, pair[1], err);
    close(pair[0]);
    close(pair[1]);
    return rc;
}

static void print_stats(struct run *r)
{
    struct xci_domain_info info;
    double s;

    if (!r->ended_ns) r->ended_ns = ut_now_ns();
    if (!r->domid) return;
    (void)xci_domain_pause(r->xc, r->domid, NULL);      /* the figures are exact then */
    if (xci_domain_info(r->xc, r->domid, &info, NULL) < 0) return;
    s = (double)(r->ended_ns - r->started_ns) / 1e9;
    fprintf(stderr, "%llu instructions, %.3f seconds, %.0f instructions/s\n",
            (unsigned long long)info.instructions, s, s > 0 ? (double)info.instructions / s : 0);
}

static int start(struct run *r, struct ut_err *err)
{
    int rc = UT_OK;

    if (r->opt.until) rc = xci__expect_init(&r->expect, r->opt.until, err);
    if (rc == UT_OK) rc = catch_signals(r, err);
    if (rc == UT_OK) rc = make_run_dir(r, err);
    if (rc == UT_OK) rc = open_library(r, err);
    if (rc == UT_OK && r->opt.builder == XCI_BUILDER_LINUX)
        rc = xs_spawn(r->store_path, NULL, NULL, &r->store, err);
    if (rc == UT_OK) rc = create(r, err);
    if (rc == UT_OK && r->store) rc = introduce(r, err);
    if (rc < 0) return rc;
    terminal_raw(r);
    r->started_ns = ut_now_ns();
    return xci_domain_unpause(r->xc, r->domid, err);
}

static void finish(struct run *r)
{
    if (r->domid) (void)xci_domain_destroy(r->xc, r->domid, NULL);
    xs_close(r->store);
    xci_close(r->xc);
    ut_log_free(r->log);
    terminal_restore(r);
    remove_run_dir(r);
    xci__expect_fini(&r->expect);
    if (r->console_fd >= 0) close(r->console_fd);
    if (r->signal_fd >= 0) close(r->signal_fd);
}

int main(int argc, char **argv)
{
    struct run r = { .console_fd = -1, .signal_fd = -1, .stdin_open = true,
                     .opt = { .memory_mib = DFLT_MEMORY, .nr_vcpus = 1,
                              .builder = XCI_BUILDER_LINUX } };
    struct ut_err err = UT_ERR_INIT;
    int status = parse_options(&r.opt, argc, argv);

    if (status != KEEP_GOING) return status;
    if (start(&r, &err) < 0) {
        terminal_restore(&r);
        fprintf(stderr, "xc-run: %s\n", err.text);
        status = EXIT_ERROR;
    } else {
        status = converse(&r);
        if (r.opt.stats) print_stats(&r);
    }
    finish(&r);
    return status;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A domain inside the test program: START checked, threads started, stopped, crashed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vp_ctl.h"
#include "vp_domain.h"
#include "vp_vcpu.h"

#define RAM_BYTES (UINT64_C(4) << 20)
#define ENTRY     UINT64_C(0x10000)

/* nop.m 0; nop.i 0; br.few self */
static const uint8_t spin[16] = { 0x11, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0x40 };

struct fixture {
    struct vmctl_msg m;
    struct vp_domain *d;
    int ctl, peer;                  /* start socket: our end, the domain's */
    int log_fd;
    uint8_t *ram;
    struct vmctl_status *status;
};

static int memory_file(uint64_t bytes)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
    return fd;
}

/* A START message that is right in every respect. */
static void make_start(struct fixture *f)
{
    struct vmctl_start *s = &f->m.u.start;
    int fds[VMCTL_NR_FDS], pair[2];

    memset(f, 0, sizeof(*f));
    vmctl_init(&f->m, VMCTL_START, 1);
    for (unsigned i = 0; i < VMCTL_NR_FDS; i++) fds[i] = -1;
    fds[VMCTL_FD_MEM] = memory_file(RAM_BYTES);
    fds[VMCTL_FD_STATUS] = memory_file(VMCTL_STATUS_BYTES);
    fds[VMCTL_FD_LOCK] = memory_file(1);
    fds[VMCTL_FD_CTL] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    fds[VMCTL_FD_CONSOLE] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fds[VMCTL_FD_LOG] = memory_file(0);
    f->log_fd = dup(fds[VMCTL_FD_LOG]);
    f->ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fds[VMCTL_FD_MEM], 0);
    f->status = mmap(NULL, VMCTL_STATUS_BYTES, PROT_READ, MAP_SHARED, fds[VMCTL_FD_STATUS], 0);
    assert_true(f->ram != MAP_FAILED && (void *)f->status != MAP_FAILED);
    for (unsigned i = 0; i < VMCTL_NR_FDS; i++) {
        if (fds[i] < 0) continue;
        s->fd_mask |= 1u << i;
        f->m.fd[f->m.nr_fds++] = fds[i];
    }
    s->builder = VMCTL_BUILDER_HPSIM;
    s->domid = 1;
    s->nr_vcpus = 1;
    s->ram_bytes = RAM_BYTES;
    s->nr_pages = s->max_pages = RAM_BYTES / VMCTL_PAGE_BYTES;
    s->entry_gpa = ENTRY;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
    f->ctl = pair[0];
    f->peer = pair[1];
}

static void start(struct fixture *f)
{
    struct ut_err err = UT_ERR_INIT;
    int sock = f->peer;

    if (vp_start_check(&f->m, &err) != UT_OK || vp_domain_new(&f->m, &f->d, &err) != UT_OK ||
        vp_vcpus_start(f->d, &err) != UT_OK || vp_ctl_new(f->d, sock, &f->d->ctl, &err) != UT_OK)
        fail_msg("%s", err.text);
}

static void finish(struct fixture *f)
{
    vp_domain_free(f->d);
    vmctl_close_fds(&f->m);
    munmap(f->ram, RAM_BYTES);
    munmap(f->status, VMCTL_STATUS_BYTES);
    close(f->log_fd);
    close(f->ctl);
}

static void step(struct fixture *f, int times)
{
    for (int i = 0; i < times; i++) assert_int_equal(dv_loop_step(f->d->loop, 2, NULL), UT_OK);
}

static uint64_t executed(struct fixture *f)
{
    return atomic_load(&f->status->vcpu[0].instructions);
}

/* ---- START --------------------------------------------------------------------------------- */

static void no_fd(struct vmctl_start *s) { s->fd_mask &= ~(1u << VMCTL_FD_MEM); }
static void fd_beyond(struct vmctl_start *s) { s->fd_mask |= 1u << VMCTL_NR_FDS; }
static void fd_more(struct vmctl_start *s) { s->fd_mask |= 1u << VMCTL_FD_PTY; }
static void builder(struct vmctl_start *s) { s->builder = 77; }
static void vcpus_none(struct vmctl_start *s) { s->nr_vcpus = 0; }
static void vcpus_many(struct vmctl_start *s) { s->nr_vcpus = 65; }
static void ram_none(struct vmctl_start *s) { s->ram_bytes = s->nr_pages = 0; }
static void ram_odd(struct vmctl_start *s) { s->ram_bytes += 1; }
static void ram_huge(struct vmctl_start *s) { s->ram_bytes = UINT64_C(1) << 60; }
static void ram_pages(struct vmctl_start *s) { s->nr_pages -= 1; }
static void max_less(struct vmctl_start *s) { s->max_pages = 1; }
static void entry(struct vmctl_start *s) { s->entry_gpa = s->ram_bytes; }
static void console(struct vmctl_start *s) { s->console_pfn = s->nr_pages; }
static void store(struct vmctl_start *s) { s->store_pfn = UINT64_MAX; }
static void name(struct vmctl_start *s) { memset(s->name, 'x', sizeof(s->name)); }
static void cmdline(struct vmctl_start *s) { memset(s->cmdline, 'x', sizeof(s->cmdline)); }

static const struct { const char *what; void (*spoil)(struct vmctl_start *s); } spoilers[] = {
    { "memory missing", no_fd }, { "unknown descriptor", fd_beyond },
    { "fewer descriptors than promised", fd_more }, { "builder", builder },
    { "no vcpu", vcpus_none }, { "65 vcpus", vcpus_many }, { "no memory", ram_none },
    { "odd memory", ram_odd }, { "huge memory", ram_huge }, { "pages do not agree", ram_pages },
    { "maximum below memory", max_less }, { "entry outside", entry },
    { "console outside", console }, { "store outside", store }, { "endless name", name },
    { "endless command line", cmdline },
};

static void test_start_is_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(spoilers); i++) {
        struct ut_err err = UT_ERR_INIT;
        struct fixture f;

        make_start(&f);
        assert_int_equal(vp_start_check(&f.m, &err), UT_OK);
        spoilers[i].spoil(&f.m.u.start);
        if (vp_start_check(&f.m, &err) >= 0 || !err.text[0]) fail_msg("%s", spoilers[i].what);
        close(f.peer);
        finish(&f);
    }
}

static void test_short_memory_file(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    struct fixture f;

    (void)state;
    make_start(&f);
    f.m.u.start.ram_bytes *= 2;     /* promises more than the file has */
    f.m.u.start.nr_pages *= 2;
    f.m.u.start.max_pages *= 2;
    assert_int_equal(vp_start_check(&f.m, &err), UT_OK);
    assert_int_equal(vp_domain_new(&f.m, &f.d, &err), UT_EPROTO);
    assert_non_null(strstr(err.text, "smaller"));
    close(f.peer);
    finish(&f);
}

/* ---- life ---------------------------------------------------------------------------------- */

static void test_pause_is_exact(void **state)
{
    struct fixture f;
    uint64_t before, after;
    int nr_idle = 0;

    (void)state;
    make_start(&f);
    memcpy(f.ram + ENTRY, spin, sizeof(spin));
    start(&f);
    assert_int_equal(executed(&f), 0);
    for (int i = 0; i < 30; i++) {
        before = executed(&f);
        assert_int_equal(vp_domain_event(f.d, VP_EV_UNPAUSE, NULL), UT_OK);
        for (int k = 0; k < 1000 && !atomic_load(&f.d->vcpu[0].in_run); k++) step(&f, 1);
        step(&f, 1);
        assert_int_equal(vp_domain_event(f.d, VP_EV_PAUSE, NULL), UT_OK);
        after = executed(&f);
        if (after <= before) nr_idle++;
        step(&f, 1);
        vp_status_vcpu(&f.d->vcpu[0]);
        assert_int_equal(executed(&f), after);      /* it stands still */
    }
    assert_true(nr_idle < 15);      /* a busy host may not have let it run each time */
    assert_true(atomic_load(&f.status->vcpu[0].cpu_time_ns) > 0);
    assert_int_equal(atomic_load(&f.status->flags) & 0xff, VMCTL_ST_PAUSED);
    finish(&f);
}

static void test_crash_is_told_and_logged(void **state)
{
    struct fixture f;
    struct vmctl_msg m;
    char log[16384];
    ssize_t len;

    (void)state;
    make_start(&f);                 /* memory is zero: break 0, and no interruption table */
    start(&f);
    assert_int_equal(vp_domain_event(f.d, VP_EV_UNPAUSE, NULL), UT_OK);
    /* by the clock: steps may be short, and a sanitizer makes a dump long */
    for (uint64_t end = vp_time_ns() + UINT64_C(10000000000);
         f.d->state != VP_STOPPED && vp_time_ns() < end;)
        step(&f, 1);
    assert_int_equal(f.d->state, VP_STOPPED);
    /* the creator is subscribed from the start */
    assert_int_equal(vmctl_recv(f.ctl, VMCTL_FROM_DOMAIN, &m, NULL), 1);
    assert_int_equal(m.hdr.type, VMCTL_SHUTDOWN);
    assert_int_equal(m.u.reason.reason, VMCTL_CRASH);
    assert_int_equal(atomic_load(&f.status->flags),
                     VMCTL_ST_SHUTDOWN | VMCTL_CRASH << VMCTL_ST_REASON_SHIFT);
    len = pread(f.log_fd, log, sizeof(log) - 1, 0);
    assert_true(len > 0);
    log[len] = '\0';
    assert_non_null(strstr(log, "vcpu 0 crashed: interruption 0x2c00 at ip 0x10000"));
    assert_non_null(strstr(log, "ar.fpsr"));
    finish(&f);
}

static void test_requests(void **state)
{
    static const struct { enum vmctl_type type; uint32_t arg; int code; } rows[] = {
        { VMCTL_PAUSE, 0, UT_OK },
        { VMCTL_UNPAUSE, 0, UT_OK },
        { VMCTL_UNPAUSE, 0, UT_OK },
        { VMCTL_PAUSE, 0, UT_OK },
        { VMCTL_REQUEST, VMCTL_POWEROFF, UT_EUNSUP },   /* hpsim cannot be asked */
        { VMCTL_REQUEST, 1234, UT_EARG },
        { VMCTL_SYSRQ, 'h', UT_EUNSUP },
        { VMCTL_SUBSCRIBE, 0, UT_OK },
        { VMCTL_DESTROY, 0, UT_OK },
    };
    struct fixture f;
    struct vmctl_msg m;

    (void)state;
    make_start(&f);
    memcpy(f.ram + ENTRY, spin, sizeof(spin));
    start(&f);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        vmctl_init(&m, rows[i].type, (uint32_t)i + 100);
        if (rows[i].type == VMCTL_REQUEST) m.u.reason.reason = rows[i].arg;
        assert_int_equal(vmctl_send(f.ctl, &m, NULL), UT_OK);
        step(&f, 2);
        assert_int_equal(vmctl_recv(f.ctl, VMCTL_FROM_DOMAIN, &m, NULL), 1);
        assert_int_equal(m.hdr.type, VMCTL_REPLY);
        assert_int_equal(m.hdr.id, i + 100);
        assert_int_equal(m.u.reply.code, rows[i].code);
        assert_true((m.u.reply.code < 0) == (m.u.reply.text[0] != 0));
    }
    assert_true(f.d->done);
    assert_true(atomic_load(&f.status->flags) & VMCTL_ST_DYING);
    finish(&f);
}

static void test_bad_peer_is_dropped(void **state)
{
    struct fixture f;
    struct vmctl_msg m;

    (void)state;
    make_start(&f);
    start(&f);
    assert_int_equal(send(f.ctl, "rubbish", 7, 0), 7);
    step(&f, 2);
    assert_int_equal(vmctl_recv(f.ctl, VMCTL_FROM_DOMAIN, &m, NULL), 0);
    assert_false(f.d->done);        /* the domain does not care */
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_is_checked),
        cmocka_unit_test(test_short_memory_file),
        cmocka_unit_test(test_pause_is_exact),
        cmocka_unit_test(test_crash_is_told_and_logged),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_bad_peer_is_dropped),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a configuration to a paused domain. When any step fails nothing is left behind. */
#include "backend/vmm.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "build/xci_build.h"
#include "ut_io.h"
#include "ut_log.h"

#define KERNEL_MAX_BYTES ((size_t)256 << 20)
#define DMESG_MAX_BYTES  (4 << 20)      /* the host's hypervisor log starts anew beyond that */

/* The event channels that a domain's hypervisor allocates first. */
#define STORE_PORT   1u
#define CONSOLE_PORT 2u

/* Everything a creation holds; fini gives back what was not handed over. */
struct creation {
    struct xci__vmm *vm;
    const struct xci_domain_config *cfg;
    struct xci__vmm_dir dir;
    struct vmctl_start start;
    xci_domid_t domid;
    uint64_t nr_pages, max_pages;
    int sock;                       /* to the new process */
    int fd[VMCTL_NR_FDS];           /* by enum vmctl_fd */
    bool borrowed[VMCTL_NR_FDS];    /* not ours to close */
    char pty_path[64];
    pid_t pid, first;               /* the domain's process; what it was forked from */
};

static const enum vmctl_builder to_vmctl[] = {
    [XCI_BUILDER_LINUX] = VMCTL_BUILDER_LINUX,
    [XCI_BUILDER_HPSIM] = VMCTL_BUILDER_HPSIM,
    [XCI_BUILDER_EFI] = VMCTL_BUILDER_EFI,
};

static int check(struct creation *c, struct ut_err *err)
{
    const struct xci_domain_config *cfg = c->cfg;
    const uint64_t page_kib = XCI_PAGE_SIZE / 1024;

    if ((size_t)cfg->builder >= ARRAY_SIZE(to_vmctl))
        return ut_err_set(err, UT_EUNSUP, "builder %s is not there yet",
                          xci_builder_name(cfg->builder));
    c->nr_pages = (cfg->memory_kib + page_kib - 1) / page_kib;
    c->max_pages = (cfg->max_memory_kib + page_kib - 1) / page_kib;
    if (c->max_pages < c->nr_pages) c->max_pages = c->nr_pages;
    return UT_OK;
}

/* ---- memory -------------------------------------------------------------------------------- */

static int make_memory_file(const char *name, uint64_t bytes, int *fd_out, struct ut_err *err)
{
    int rc, fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0) return ut_err_sys(err, UT_ESYS, "memory file");
    /* nobody it is handed to can make it shorter under the feet of the others */
    if (ftruncate(fd, (off_t)bytes) < 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0) {
        rc = ut_err_sys(err, UT_ENOMEM, "%llu bytes of guest memory", (unsigned long long)bytes);
        close(fd);
        return rc;
    }
    *fd_out = fd;
    return UT_OK;
}

static void fill_start(struct creation *c, const struct xci__build_out *out)
{
    struct vmctl_start *s = &c->start;

    s->builder = to_vmctl[c->cfg->builder];
    s->nr_vcpus = c->cfg->nr_vcpus;
    s->owner_uid = geteuid();
    s->ram_bytes = c->nr_pages * XCI_PAGE_SIZE;
    s->nr_pages = c->nr_pages;
    s->max_pages = c->max_pages;
    s->entry_gpa = out->entry_gpa;
    s->r28 = out->r28;
    s->start_info_pfn = out->start_info_pfn;
    s->memmap_pfn = out->memmap_pfn;
    s->store_pfn = out->store_pfn;
    s->console_pfn = out->console_pfn;
    s->store_port = STORE_PORT;
    s->console_port = CONSOLE_PORT;
    if (c->cfg->no_sandbox) s->flags |= VMCTL_START_NO_SANDBOX;
    if (out->big_endian) s->flags |= VMCTL_START_BIG_ENDIAN;
    snprintf(s->name, sizeof(s->name), "%s", c->cfg->name ? c->cfg->name : "");
    snprintf(s->cmdline, sizeof(s->cmdline), "%s", c->cfg->cmdline ? c->cfg->cmdline : "");
}

/* Write the image into the memory file: what foreign mapping is on Xen. */
static int build(struct creation *c, const struct ut_buf *kernel, const struct ut_buf *ramdisk,
                 struct ut_err *err)
{
    uint64_t ram_bytes = c->nr_pages * XCI_PAGE_SIZE;
    struct xci__build_in in = {
        .builder = c->cfg->builder,
        .kernel = kernel->data,
        .kernel_bytes = kernel->len,
        .ramdisk = c->cfg->ramdisk_path ? ramdisk->data : NULL,
        .ramdisk_bytes = ramdisk->len,
        .cmdline = c->cfg->cmdline,
        .nr_pages = c->nr_pages,
        .max_pages = c->max_pages,
        .nr_vcpus = c->cfg->nr_vcpus,
        .store_port = STORE_PORT,
        .console_port = CONSOLE_PORT,
        .itc_hz = VMCTL_ITC_HZ,
    };
    struct xci__build_out out;
    void *ram;
    int rc;

    ram = mmap(NULL, ram_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
               c->fd[VMCTL_FD_MEM], 0);
    if (ram == MAP_FAILED) return ut_err_sys(err, UT_ENOMEM, "map guest memory");
    rc = xci__build(&in, ram, ram_bytes, &out, err);
    munmap(ram, ram_bytes);
    if (rc == UT_OK) fill_start(c, &out);
    return rc;
}

static int build_memory(struct creation *c, struct ut_err *err)
{
    uint64_t ram_bytes = c->nr_pages * XCI_PAGE_SIZE;
    uint64_t tail = c->cfg->builder == XCI_BUILDER_LINUX ? VMCTL_TAIL_BYTES : 0;
    struct ut_buf kernel = UT_BUF_INIT, ramdisk = UT_BUF_INIT;
    int rc;

    rc = make_memory_file("ia64-ram", ram_bytes + tail, &c->fd[VMCTL_FD_MEM], err);
    if (rc < 0) return rc;
    rc = ut_io_read_regular(c->cfg->kernel_path, KERNEL_MAX_BYTES, &kernel, err);
    if (rc < 0) {
        ut_err_prefix(err, "kernel");
    } else if (c->cfg->ramdisk_path) {
        rc = ut_io_read_regular(c->cfg->ramdisk_path, (size_t)ram_bytes, &ramdisk, err);
        if (rc < 0) ut_err_prefix(err, "ramdisk");
    }
    if (rc == UT_OK) rc = build(c, &kernel, &ramdisk, err);
    ut_buf_fini(&kernel);
    ut_buf_fini(&ramdisk);
    return rc;
}

/* ---- console and log ----------------------------------------------------------------------- */

/* A pty whose slave is raw; the domain goes without one where the host has none. */
static void open_pty(struct creation *c)
{
    struct termios tio;
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;

    if (master < 0) return;
    if (grantpt(master) < 0 || unlockpt(master) < 0 ||
        ptsname_r(master, c->pty_path, sizeof(c->pty_path)) != 0) {
        close(master);
        return;
    }
    slave = open(c->pty_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0 || tcgetattr(slave, &tio) < 0) {
        if (slave >= 0) close(slave);
        close(master);
        return;
    }
    cfmakeraw(&tio);
    (void)tcsetattr(slave, TCSANOW, &tio);
    c->fd[VMCTL_FD_PTY] = master;
    c->fd[VMCTL_FD_PTY_SLAVE] = slave;
}

static int open_console(struct creation *c, struct ut_err *err)
{
    const char *path = c->cfg->console_log_path;

    if (path) {
        /* O_NONBLOCK: a fifo without reader is an error, not a daemon that hangs */
        c->fd[VMCTL_FD_CONSOLE_LOG] = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
                                           O_NOCTTY | O_NONBLOCK, 0640);
        if (c->fd[VMCTL_FD_CONSOLE_LOG] < 0)
            return ut_err_sys(err, UT_ESYS, "console log %s", path);
    }
    c->fd[VMCTL_FD_STDIO] = c->cfg->console_fd;
    c->borrowed[VMCTL_FD_STDIO] = true;
    if (c->cfg->console_fd < 0) open_pty(c);
    return UT_OK;
}

static void open_logs(struct creation *c, struct ut_log *log)
{
    struct stat st;

    c->fd[VMCTL_FD_LOG] = log ? ut_log_fd(log) : -1;
    c->borrowed[VMCTL_FD_LOG] = true;
    /* the host's log is a convenience: without it the domain's own has everything */
    c->fd[VMCTL_FD_DMESG] = open(c->vm->dmesg_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
                                 0600);
    if (c->fd[VMCTL_FD_DMESG] >= 0 && !fstat(c->fd[VMCTL_FD_DMESG], &st) &&
        st.st_size > DMESG_MAX_BYTES)
        (void)!ftruncate(c->fd[VMCTL_FD_DMESG], 0);
}

/* ---- status page --------------------------------------------------------------------------- */

static int make_status(struct creation *c, struct ut_err *err)
{
    struct vmctl_status *st;
    int rc;

    rc = make_memory_file("ia64-status", VMCTL_STATUS_BYTES, &c->fd[VMCTL_FD_STATUS], err);
    if (rc < 0) return rc;
    st = mmap(NULL, VMCTL_STATUS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
              c->fd[VMCTL_FD_STATUS], 0);
    if (st == MAP_FAILED) return ut_err_sys(err, UT_ENOMEM, "status page");
    st->magic = VMCTL_STATUS_MAGIC;
    st->version = VMCTL_VERSION;
    st->domid = c->domid;
    st->builder = c->start.builder;
    st->nr_vcpus = c->start.nr_vcpus;
    memcpy(st->uuid, c->cfg->uuid, sizeof(st->uuid));
    st->start_time_s = (uint64_t)time(NULL);
    st->max_pages = c->max_pages;
    st->store_pfn = c->start.store_pfn;
    st->console_pfn = c->start.console_pfn;
    memcpy(st->pty_path, c->pty_path, sizeof(st->pty_path));
    memcpy(st->name, c->start.name, sizeof(st->name));
    atomic_store(&st->nr_pages, c->nr_pages);
    munmap(st, VMCTL_STATUS_BYTES);
    return UT_OK;
}

/* ---- trace --------------------------------------------------------------------------------- */

static int parse_trace(struct creation *c, struct ut_err *err)
{
    static const struct { const char *word; uint32_t bit; } words[] = {
        { "insn", VMCTL_TRACE_INSN }, { "irq", VMCTL_TRACE_IRQ },
        { "hypercall", VMCTL_TRACE_HYPERCALL }, { "tlb", VMCTL_TRACE_TLB },
    };
    const char *p = c->cfg->trace;

    while (p && *p) {
        size_t i, len = strcspn(p, ",");

        for (i = 0; i < ARRAY_SIZE(words); i++)
            if (strlen(words[i].word) == len && !strncmp(p, words[i].word, len)) break;
        if (i == ARRAY_SIZE(words))
            return ut_err_set(err, UT_EARG, "unknown trace \"%.*s\"; there are insn, irq, "
                              "hypercall and tlb", (int)len, p);
        c->start.trace |= words[i].bit;
        p += len + (p[len] == ',');
    }
    return UT_OK;
}

/* ---- all together -------------------------------------------------------------------------- */

static int run_steps(struct creation *c, struct ut_log *log, struct ut_err *err)
{
    int rc;

    rc = check(c, err);
    if (rc == UT_OK) rc = parse_trace(c, err);
    if (rc < 0) return rc;
    open_logs(c, log);
    /* first, so that it gets going while we build */
    rc = xci__vmm_spawn(c->vm, c->cfg->name, c->fd[VMCTL_FD_LOG], &c->sock, &c->first, err);
    if (rc == UT_OK) rc = build_memory(c, err);
    if (rc == UT_OK) rc = open_console(c, err);
    if (rc == UT_OK) rc = xci__vmm_dir_new(c->vm, c->cfg->domid, &c->dir, &c->domid, err);
    if (rc == UT_OK) rc = make_status(c, err);
    if (rc < 0) return rc;
    c->start.domid = c->domid;
    c->fd[VMCTL_FD_LOCK] = c->dir.lock_fd;
    c->fd[VMCTL_FD_CTL] = c->dir.ctl_fd;
    c->fd[VMCTL_FD_CONSOLE] = c->dir.console_fd;
    return xci__vmm_start(c->sock, &c->start, c->fd, &c->pid, err);
}

static void creation_fini(struct creation *c)
{
    xci__vmm_dir_fini(c->vm, &c->dir);
    for (unsigned i = 0; i < VMCTL_NR_FDS; i++)
        if (c->fd[i] >= 0 && !c->borrowed[i]) close(c->fd[i]);
    if (c->sock >= 0) close(c->sock);
    xci__vmm_reap(c->first);
}

/* The domain is ready but could not be published. */
static void take_back(struct creation *c)
{
    struct vmctl_msg m;

    vmctl_init(&m, VMCTL_DESTROY, 2);
    if (vmctl_send(c->sock, &m, NULL) < 0) return;
    while (vmctl_recv(c->sock, VMCTL_FROM_DOMAIN, &m, NULL) == 1) vmctl_close_fds(&m);
}

int xci__vmm_create(struct xci *xc, const struct xci_domain_config *cfg, xci_domid_t *domid_out,
                    struct ut_err *err)
{
    struct creation c = { .vm = xc->priv, .cfg = cfg, .dir = XCI__VMM_DIR_INIT, .sock = -1 };
    int rc, status_fd, sock;

    for (unsigned i = 0; i < VMCTL_NR_FDS; i++) c.fd[i] = -1;
    c.borrowed[VMCTL_FD_LOCK] = c.borrowed[VMCTL_FD_CTL] = c.borrowed[VMCTL_FD_CONSOLE] = true;
    rc = run_steps(&c, xc->log, err);
    if (rc < 0) goto out;
    rc = xci__vmm_dir_publish(c.vm, &c.dir, c.domid, c.pid, err);
    if (rc < 0) {
        take_back(&c);
        goto out;
    }
    sock = c.sock;
    status_fd = c.fd[VMCTL_FD_STATUS];
    c.sock = c.fd[VMCTL_FD_STATUS] = -1;
    rc = xci__vmm_table_add(c.vm, c.domid, sock, status_fd, c.pid, err);
    if (rc < 0) {
        (void)xci__vmm_end(c.vm, c.domid, NULL);
        (void)xci__vmm_dir_remove(c.vm, c.domid, 1000);
        goto out;
    }
    *domid_out = c.domid;
out:
    creation_fini(&c);
    return rc;
}

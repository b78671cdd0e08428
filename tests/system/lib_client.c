/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A foreign client of libxc-ia64.so: what is in xci.h and nothing else. Prints one line for each
 * step; test_library.py compares and looks at processes and files from outside.
 *
 * usage: lib_client RUN_DIR XEN_VMM KERNEL NR_DOMAINS
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xci.h>

#define MAX_DOMAINS 64

static struct ut_err err = UT_ERR_INIT;

static void check(int rc, const char *what)
{
    if (rc >= 0) return;
    printf("%s: %s (%d)\n", what, err.text, rc);
    exit(1);
}

/* Wait for an event of this kind; others are skipped. */
static struct xci_event wait_event(struct xci *xc, enum xci_event_type type, xci_domid_t id)
{
    struct pollfd p = { xci_event_fd(xc), POLLIN, 0 };
    struct xci_event ev;
    int rc;

    for (;;) {
        while ((rc = xci_event_next(xc, &ev, &err)) > 0)
            if (ev.type == type && ev.domid == id) return ev;
        check(rc, "event");
        if (poll(&p, 1, 10000) <= 0) {
            printf("no event %d of domain %u\n", type, id);
            exit(1);
        }
    }
}

static struct xci_domain_info info_of(struct xci *xc, xci_domid_t id)
{
    struct xci_domain_info info;

    check(xci_domain_info(xc, id, &info, &err), "info");
    return info;
}

/* A viewer that reads until `text` was seen. */
static void see(const char *path, const char *text, const char *type)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    char seen[65537] = "";
    size_t len = 0;
    ssize_t n;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strncpy(sa.sun_path, path, sizeof(sa.sun_path) - 1);
    if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
        perror(path);
        exit(1);
    }
    if (type && write(fd, type, strlen(type)) < 0) perror("write");
    while (!strstr(seen, text)) {
        n = read(fd, seen + len, sizeof(seen) - 1 - len);
        if (n <= 0) {
            printf("\"%s\" was not seen in \"%s\"\n", text, seen);
            exit(1);
        }
        for (ssize_t i = 0; i < n; i++) if (!seen[len + (size_t)i]) seen[len + (size_t)i] = '?';
        len += (size_t)n;
        seen[len] = '\0';
    }
    close(fd);
}

static void create_all(struct xci *xc, const char *kernel, unsigned nr, xci_domid_t *id)
{
    struct xci_domain_config cfg = {
        .domid = XCI_DOMID_ANY, .name = "client", .builder = XCI_BUILDER_LINUX,
        .memory_kib = 65536, .nr_vcpus = 1, .kernel_path = kernel, .console_fd = -1,
    };

    for (unsigned i = 0; i < nr; i++) {
        cfg.uuid[0] = (uint8_t)i;
        check(xci_domain_create(xc, &cfg, &id[i], &err), "create");
        if (!info_of(xc, id[i]).paused) printf("domain %u is not paused\n", id[i]);
        check(xci_domain_unpause(xc, id[i], &err), "unpause");
    }
    printf("created %u\n", nr);
}

static void talk(struct xci *xc, xci_domid_t id)
{
    struct xci_console con;
    struct xci_vcpu_info v;

    check(xci_domain_console(xc, id, &con, &err), "console");
    see(con.socket_path, "mini> ", NULL);
    see(con.socket_path, "hello there", "echo hello there\n");
    if (strncmp(con.pty_path, "/dev/pts/", 9)) printf("pty is %s\n", con.pty_path);
    check(xci_vcpu_info(xc, id, 0, &v, &err), "vcpu");
    if (!v.online || !v.cpu_time_ns) printf("vcpu 0 has not run\n");
    if (xci_vcpu_info(xc, id, 1, &v, &err) != UT_ENOENT) printf("there is a vcpu 1\n");
}

static void stop(struct xci *xc, xci_domid_t id, enum xci_shutdown how)
{
    struct xci_event ev;

    check(xci_domain_request(xc, id, how, &err), "request");
    ev = wait_event(xc, XCI_EV_SHUTDOWN, id);
    if (ev.reason != how) printf("reason %d\n", ev.reason);
    if (!info_of(xc, id).shutdown) printf("not shut down\n");
    check(xci_domain_unpause(xc, id, &err), "unpause of a stopped domain");
    check(xci_domain_destroy(xc, id, &err), "destroy");
    ev = wait_event(xc, XCI_EV_GONE, id);
    if (ev.reason == XCI_SHUTDOWN_CRASH) printf("domain %u went by itself\n", id);
}

static void pause_and_look(struct xci *xc, xci_domid_t id)
{
    uint64_t before;

    check(xci_domain_pause(xc, id, &err), "pause");
    check(xci_domain_pause(xc, id, &err), "pause again");
    before = info_of(xc, id).instructions;
    usleep(50000);
    if (info_of(xc, id).instructions != before) printf("a paused domain runs\n");
    if (!info_of(xc, id).paused) printf("not paused\n");
    check(xci_domain_unpause(xc, id, &err), "unpause");
}

int main(int argc, char **argv)
{
    struct xci_config cfg = { .backend = "vmm" };
    struct xci_domain_info *list;
    struct xci *xc, *other;
    xci_domid_t id[MAX_DOMAINS];
    unsigned nr = argc == 5 ? (unsigned)atoi(argv[4]) : 0;
    size_t n;

    if (nr < 4 || nr > MAX_DOMAINS) return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    cfg.run_dir = argv[1];
    cfg.vmm_path = argv[2];
    check(xci_open(&cfg, &other, &err), "open");
    check(xci_open(&cfg, &xc, &err), "open");
    create_all(xc, argv[3], nr, id);
    wait_event(xc, XCI_EV_INTRODUCED, id[nr - 1]);
    wait_event(other, XCI_EV_INTRODUCED, id[nr - 1]);   /* by somebody else, and noticed */
    printf("introduced\n");
    check(xci_domain_list(other, &list, &n, &err), "list");
    for (size_t i = 0; i < n; i++)
        if (list[i].domid != id[i] || list[i].uuid[0] != i || list[i].memory_kib != 65536)
            printf("domain %zu of the list is %u\n", i, list[i].domid);
    printf("listed %zu\n", n);
    free(list);
    for (unsigned i = 0; i < nr; i++) talk(xc, id[i]);
    printf("talked\n");
    for (unsigned i = 0; i < nr; i++) pause_and_look(other, id[i]);
    printf("paused\n");
    stop(xc, id[0], XCI_SHUTDOWN_POWEROFF);
    stop(xc, id[1], XCI_SHUTDOWN_REBOOT);
    kill(info_of(xc, id[2]).pid, 9);
    if (wait_event(xc, XCI_EV_GONE, id[2]).reason != XCI_SHUTDOWN_CRASH) printf("no crash\n");
    if (xci_domain_info(other, id[2], list = calloc(1, sizeof(*list)), &err) != UT_ENODOM)
        printf("the dead live\n");
    free(list);
    printf("stopped\n");
    xci_close(xc);                                      /* domains go on without us */
    check(xci_open(&cfg, &xc, &err), "open");
    check(xci_domain_list(xc, &list, &n, &err), "list");
    printf("found again %zu\n", n);
    free(list);
    for (unsigned i = 3; i < nr; i++) check(xci_domain_destroy(xc, id[i], &err), "destroy");
    check(xci_domain_list(other, &list, &n, &err), "list");
    printf("left %zu\n", n);
    free(list);
    xci_close(xc);
    xci_close(other);
    return 0;
}

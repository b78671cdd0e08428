/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The library's control side without a hypervisor: arguments, folders, what a failure leaves
   behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/vmm.h"
#include "control/expect.h"
#include "ut_path.h"
#include "xci.h"

struct fixture {
    char run[64];
    struct xci *xc;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct xci_config cfg = { .backend = "vmm", .vmm_path = "/nonexistent/xen-vmm" };
    struct ut_err err = UT_ERR_INIT;

    assert_non_null(f);
    snprintf(f->run, sizeof(f->run), "/tmp/xci-test-XXXXXX");
    assert_non_null(mkdtemp(f->run));
    cfg.run_dir = f->run;
    assert_int_equal(xci_open(&cfg, &f->xc, &err), UT_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char cmd[128];

    xci_close(f->xc);
    snprintf(cmd, sizeof(cmd), "rm -rf %s", f->run);
    assert_int_equal(system(cmd), 0);
    free(f);
    return 0;
}

/* Folders in RUN/dom, finished or not. */
static unsigned nr_folders(const struct fixture *f)
{
    char path[128];
    unsigned n = 0;
    struct dirent *de;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/dom", f->run);
    dir = opendir(path);
    assert_non_null(dir);
    while ((de = readdir(dir)))
        if (de->d_type == DT_DIR && strcmp(de->d_name, ".") && strcmp(de->d_name, "..")) n++;
    closedir(dir);
    return n;
}

static const struct xci_domain_config good = {
    .domid = XCI_DOMID_ANY, .builder = XCI_BUILDER_LINUX, .memory_kib = 65536, .nr_vcpus = 1,
    .kernel_path = "/nonexistent/kernel", .console_fd = -1,
};

static char long_cmdline[XCI_CMDLINE_MAX + 2];

static void test_config_is_checked(void **state)
{
    struct fixture *f = *state;
    struct { const char *what; struct xci_domain_config cfg; int rc; const char *says; } rows[] = {
        { "no kernel", good, UT_EARG, "no kernel" },
        { "no vcpu", good, UT_EARG, "0 vcpus" },
        { "65 vcpus", good, UT_EARG, "65 vcpus" },
        { "no memory", good, UT_EARG, "0 KiB" },
        { "maximum below memory", good, UT_EARG, "maximum only 1024" },
        { "id 0", good, UT_EARG, "domain id 0" },
        { "id beyond", good, UT_EARG, "32752" },
        { "command line", good, UT_ELIMIT, "1024 bytes" },
        { "builder 3", good, UT_EUNSUP, "builder ?" },
        { "trace", good, UT_EARG, "unknown trace \"bogus\"" },
        /* any error: valgrind's posix_spawn cannot tell, and the kernel is not there either */
        { "no hypervisor", good, 0, "/nonexistent/" },
    };

    memset(long_cmdline, 'x', sizeof(long_cmdline) - 1);
    rows[0].cfg.kernel_path = NULL;
    rows[1].cfg.nr_vcpus = 0;
    rows[2].cfg.nr_vcpus = 65;
    rows[3].cfg.memory_kib = 0;
    rows[4].cfg.max_memory_kib = 1024;
    rows[5].cfg.domid = 0;
    rows[6].cfg.domid = XCI_DOMID_MAX + 1;
    rows[7].cfg.cmdline = long_cmdline;
    rows[8].cfg.builder = (enum xci_builder)3;
    rows[9].cfg.trace = "irq,bogus";
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct ut_err err = UT_ERR_INIT;
        xci_domid_t id = 77;
        int rc = xci_domain_create(f->xc, &rows[i].cfg, &id, &err);

        if (rc >= 0 || (rows[i].rc && rc != rows[i].rc) || !strstr(err.text, rows[i].says))
            fail_msg("%s: %d, \"%s\"", rows[i].what, rc, err.text);
        assert_int_equal(id, 77);
        assert_int_equal(nr_folders(f), 0);
    }
}

static void test_no_such_domain(void **state)
{
    struct fixture *f = *state;
    struct ut_err err = UT_ERR_INIT;
    struct xci_domain_info info, *infos;
    struct xci_vcpu_info vi;
    struct xci_console con;
    struct xci_event ev;
    struct pollfd p = { .fd = xci_event_fd(f->xc), .events = POLLIN };
    size_t nr = 99;

    assert_int_equal(xci_domain_pause(f->xc, 5, &err), UT_ENODOM);
    assert_int_equal(xci_domain_unpause(f->xc, 5, &err), UT_ENODOM);
    assert_int_equal(xci_domain_destroy(f->xc, 5, &err), UT_ENODOM);
    assert_int_equal(xci_domain_request(f->xc, 5, XCI_SHUTDOWN_POWEROFF, &err), UT_ENODOM);
    assert_int_equal(xci_domain_sysrq(f->xc, 5, 'h', &err), UT_ENODOM);
    assert_int_equal(xci_domain_info(f->xc, 5, &info, &err), UT_ENODOM);
    assert_int_equal(xci_domain_info(f->xc, 0, &info, &err), UT_ENODOM);
    assert_int_equal(xci_domain_info(f->xc, UINT32_MAX, &info, &err), UT_ENODOM);
    assert_int_equal(xci_vcpu_info(f->xc, 5, 0, &vi, &err), UT_ENODOM);
    assert_int_equal(xci_domain_console(f->xc, 5, &con, &err), UT_ENODOM);
    assert_int_equal(xci_domain_list(f->xc, &infos, &nr, &err), UT_OK);
    assert_int_equal(nr, 0);
    free(infos);
    assert_int_equal(poll(&p, 1, 0), 0);
    assert_int_equal(xci_event_next(f->xc, &ev, &err), 0);
}

static void test_ids_go_up(void **state)
{
    struct fixture *f = *state;
    struct xci__vmm *vm = f->xc->priv;
    struct xci__vmm_dir a = XCI__VMM_DIR_INIT, b = XCI__VMM_DIR_INIT, c = XCI__VMM_DIR_INIT;
    struct ut_err err = UT_ERR_INIT;
    xci_domid_t id;

    assert_int_equal(xci__vmm_dir_new(vm, XCI_DOMID_ANY, &a, &id, &err), UT_OK);
    assert_int_equal(id, 1);
    assert_int_equal(xci__vmm_dir_publish(vm, &a, id, 1, &err), UT_OK);
    assert_int_equal(xci__vmm_dir_new(vm, XCI_DOMID_ANY, &b, &id, &err), UT_OK);
    assert_int_equal(id, 2);
    assert_int_equal(xci__vmm_dir_publish(vm, &b, 1, 1, &err), UT_EEXIST);
    assert_int_equal(xci__vmm_dir_new(vm, 1, &c, &id, &err), UT_EEXIST);
    xci__vmm_dir_fini(vm, &b);              /* not published: it goes */
    assert_int_equal(nr_folders(f), 1);
    assert_false(xci__vmm_dir_remove(vm, 1, 0));    /* its lock is held */
    assert_int_equal(nr_folders(f), 1);
    xci__vmm_dir_fini(vm, &a);
    assert_true(xci__vmm_dir_remove(vm, 1, 0));
    assert_int_equal(nr_folders(f), 0);
    assert_int_equal(xci__vmm_dir_new(vm, XCI_DOMID_ANY, &c, &id, &err), UT_OK);
    assert_int_equal(id, 3);                /* not 1 again so soon */
    xci__vmm_dir_fini(vm, &c);
}

static void test_ids_come_round(void **state)
{
    struct fixture *f = *state;
    struct xci__vmm *vm = f->xc->priv;
    struct xci__vmm_dir a = XCI__VMM_DIR_INIT;
    struct ut_err err = UT_ERR_INIT;
    char path[128];
    xci_domid_t id;
    FILE *file;

    snprintf(path, sizeof(path), "%s/dom/.next", f->run);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%u\n", XCI_DOMID_MAX);
    fclose(file);
    assert_int_equal(xci__vmm_dir_new(vm, XCI_DOMID_ANY, &a, &id, &err), UT_OK);
    assert_int_equal(id, XCI_DOMID_MAX);
    xci__vmm_dir_fini(vm, &a);
    assert_int_equal(xci__vmm_dir_new(vm, XCI_DOMID_ANY, &a, &id, &err), UT_OK);
    assert_int_equal(id, 1);
    xci__vmm_dir_fini(vm, &a);
}

/* Folders of processes that died without anybody looking. */
static void test_stale_folders_go(void **state)
{
    struct fixture *f = *state;
    struct xci_config cfg = { .backend = "vmm", .vmm_path = "/x", .run_dir = f->run };
    struct ut_err err = UT_ERR_INIT;
    struct xci_domain_info *infos;
    struct xci *second;
    char path[128];
    size_t nr;
    int fd;

    snprintf(path, sizeof(path), "%s/dom/7", f->run);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/dom/7/pid", f->run);
    fd = open(path, O_CREAT | O_RDWR, 0600);
    assert_true(fd >= 0);
    snprintf(path, sizeof(path), "%s/dom/.new-abcdef", f->run);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(xci_domain_list(f->xc, &infos, &nr, &err), UT_OK);
    assert_int_equal(nr, 0);
    free(infos);
    assert_int_equal(nr_folders(f), 2);     /* locked: somebody is alive in there */
    close(fd);
    assert_int_equal(xci_domain_list(f->xc, &infos, &nr, &err), UT_OK);
    free(infos);
    assert_int_equal(nr_folders(f), 1);
    assert_int_equal(xci_open(&cfg, &second, &err), UT_OK);     /* unfinished ones at open */
    assert_int_equal(nr_folders(f), 0);
    xci_close(second);
}

static void test_very_long_run_dir(void **state)
{
    struct fixture *f = *state;
    struct xci_config cfg = { .backend = "vmm", .vmm_path = "/x" };
    struct xci__vmm_dir dir = XCI__VMM_DIR_INIT;
    struct ut_err err = UT_ERR_INIT;
    char path[1024];
    struct xci *xc;
    xci_domid_t id;
    int n = snprintf(path, sizeof(path), "%s", f->run);

    for (int i = 0; i < 20; i++)            /* far beyond what a socket address holds */
        n += snprintf(path + n, sizeof(path) - (size_t)n, "/a-rather-long-folder-name");
    assert_int_equal(ut_path_mkdirs(path, 0700, &err), UT_OK);
    cfg.run_dir = path;
    assert_int_equal(xci_open(&cfg, &xc, &err), UT_OK);
    assert_int_equal(xci__vmm_dir_new(xc->priv, XCI_DOMID_ANY, &dir, &id, &err), UT_OK);
    xci__vmm_dir_fini(xc->priv, &dir);
    xci_close(xc);
}

static void test_host(void **state)
{
    struct fixture *f = *state;
    struct ut_err err = UT_ERR_INIT;
    struct xci_host_info info;
    char path[128], *text;
    FILE *file;

    assert_int_equal(xci_host_info(f->xc, &info, &err), UT_OK);
    assert_true(info.nr_cpus >= 1 && info.total_kib > info.free_kib);
    assert_int_equal(info.pagesize, 16384);
    assert_string_equal(info.machine, "ia64");
    assert_int_equal(strlen(info.hw_caps), 8 * 9 - 1);
    assert_int_equal(xci_host_dmesg(f->xc, false, &text, &err), UT_OK);
    assert_string_equal(text, "");
    free(text);
    snprintf(path, sizeof(path), "%s/dmesg", f->run);
    file = fopen(path, "a");
    assert_non_null(file);
    fputs("(XEN) d1: hello\n", file);
    fclose(file);
    assert_int_equal(xci_host_dmesg(f->xc, true, &text, &err), UT_OK);
    assert_string_equal(text, "(XEN) d1: hello\n");
    free(text);
    assert_int_equal(xci_host_dmesg(f->xc, false, &text, &err), UT_OK);
    assert_string_equal(text, "");
    free(text);
}

static void test_names(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    enum xci_builder b;
    struct xci *xc;
    struct xci_config cfg = { .backend = "kvm" };

    (void)state;
    for (int i = XCI_BUILDER_LINUX; i <= XCI_BUILDER_EFI; i++) {
        assert_int_equal(xci_builder_parse(xci_builder_name((enum xci_builder)i), &b, &err), UT_OK);
        assert_int_equal(b, i);
    }
    assert_int_equal(xci_builder_parse("Linux", &b, &err), UT_EARG);
    assert_non_null(strstr(err.text, "linux, hpsim and efi"));
    assert_int_equal(xci_builder_parse(NULL, &b, &err), UT_EARG);
    assert_int_equal(xci_open(&cfg, &xc, &err), UT_EARG);
    cfg.backend = "xen";
    assert_int_equal(xci_open(&cfg, &xc, &err), UT_EUNSUP);
}

static const struct { const char *regex; const char *text[3]; int seen_at; } expects[] = {
    { "^mini> ", { "boot\r\nmi", "ni> ", NULL }, 1 },       /* a prompt, in two pieces */
    { "^ready$", { "not ready\n", "ready\n", NULL }, 1 },
    { "^ready$", { "ready", "ing\n", NULL }, 0 },           /* complete as far as one can see */
    { "a.*b", { "a\nb\n", "", NULL }, -1 },                 /* lines are matched one by one */
    { "x{3}", { "xx", "x", NULL }, 1 },
    { "end", { "e\0nd", "", NULL }, -1 },                   /* the text ends at the NUL here */
};

static void test_expect(void **state)
{
    struct xci__expect ex;
    struct ut_err err = UT_ERR_INIT;
    static char big[3 * XCI__EXPECT_LINE_MAX];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(expects); i++) {
        int seen = -1;

        assert_int_equal(xci__expect_init(&ex, expects[i].regex, &err), UT_OK);
        for (int k = 0; expects[i].text[k] && seen < 0; k++)
            if (xci__expect_feed(&ex, expects[i].text[k], strlen(expects[i].text[k]))) seen = k;
        if (seen != expects[i].seen_at) fail_msg("\"%s\": at %d", expects[i].regex, seen);
        xci__expect_fini(&ex);
        xci__expect_fini(&ex);
    }
    assert_int_equal(xci__expect_init(&ex, "a(", &err), UT_EARG);
    assert_non_null(strstr(err.text, "a("));
    assert_int_equal(xci__expect_init(&ex, "needle$", &err), UT_OK);
    memset(big, 'x', sizeof(big));          /* a line without end does not overrun */
    assert_false(xci__expect_feed(&ex, big, sizeof(big)));
    assert_true(xci__expect_feed(&ex, "\nneedle", 7));
    xci__expect_fini(&ex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_config_is_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_such_domain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ids_go_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ids_come_round, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stale_folders_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_very_long_run_dir, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_host, set_up, tear_down),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_expect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

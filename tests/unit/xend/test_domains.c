/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon without its server, on a hypervisor of paper: calls, policies, taking up again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <sys/stat.h>

#include "fake_xci.h"

#include "domain/xd_dom.h"
#include "persist/xd_record.h"
#include "rpc/xd_rpc.h"
#include "ut_io.h"
#include "xd.h"
#include "xd_work.h"

static char root[64];
static struct xd xd;

/* ---- harness ------------------------------------------------------------------------------- */

static void start(void)
{
    struct ut_err err = UT_ERR_INIT;

    if (xd_init(&xd, false, &err) < 0) fail_msg("%s", err.text);
}

/* As a kill -9 does: nothing is told to the hypervisor or the disk but what was told before. */
static void stop(void)
{
    xd_fini(&xd);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(root, sizeof(root), "/tmp/xd-test-XXXXXX");
    if (!mkdtemp(root)) return -1;
    setenv("XEND_ROOT", root, 1);
    fake_reset();
    start();
    return 0;
}

static int tear_down(void **state)
{
    char cmd[128];

    (void)state;
    stop();
    snprintf(cmd, sizeof(cmd), "rm -rf '%s'", root);
    return system(cmd);
}

struct reply {
    bool done;
    struct ut_buf xml;
};

static void on_reply(void *arg, const struct ut_buf *xml)
{
    struct reply *r = arg;

    assert_false(r->done);
    r->done = true;
    ut_buf_add(&r->xml, xml->data, xml->len);
}

static void send_call(const char *method, const char *args, struct reply *r)
{
    struct ut_err err = UT_ERR_INIT;
    struct ut_buf xml = UT_BUF_INIT;
    struct ut_sxp *sx;
    struct xr_value *params;

    memset(r, 0, sizeof(*r));
    assert_int_equal(ut_sxp_parse_all(args, strlen(args), &sx, &err), UT_OK);
    params = xr_from_sxp(sx);
    assert_int_equal(xr_emit_call(method, params, &xml), UT_OK);
    xd_rpc_receive(&xd, xml.data, xml.len, true, on_reply, r);
    ut_sxp_free(sx);
    xr_free(params);
    ut_buf_fini(&xml);
}

/* Answer as text; "fault N: TEXT" for faults. */
static void take_reply(struct reply *r, char *out, size_t size)
{
    struct ut_err err = UT_ERR_INIT;
    struct ut_buf text = UT_BUF_INIT;
    struct xr_value *v;

    if (xr_parse_response(r->xml.data, r->xml.len, &v, &err) < 0) {
        snprintf(out, size, "fault %d: %s", err.fault, err.text);
    } else {
        struct ut_sxp *sx = xr_to_sxp(v);

        ut_sxp_print(sx, &text);
        snprintf(out, size, "%s", ut_buf_str(&text));
        ut_sxp_free(sx);
        xr_free(v);
    }
    ut_buf_fini(&text);
    ut_buf_fini(&r->xml);
}

static char answer[65536];

static const char *call(const char *method, const char *args)
{
    struct reply r;

    send_call(method, args, &r);
    while (!r.done) event_base_loop(xd.base, EVLOOP_ONCE);
    take_reply(&r, answer, sizeof(answer));
    return answer;
}

/* Let everything that is on its way arrive. */
static void settle(void)
{
    for (int quiet = 0; quiet < 3;) {
        struct xd_dom *d;

        xd_pool_drain(xd.ops);
        xd_pool_drain(xd.disk);
        event_base_loop(xd.base, EVLOOP_NONBLOCK);
        quiet++;
        for (d = xd_dom_first(&xd); d; d = d->next)
            if (d->busy) quiet = 0;
    }
}

static const char *create(const char *name, const char *more)
{
    char args[512];

    snprintf(args, sizeof(args), "(vm (name %s) (memory 64) %s (image (linux (kernel /k))))", name,
             more);
    return call("xend.domain.create", args);
}

static void run_domain(const char *name, const char *more)
{
    assert_non_null(strstr(create(name, more), "(domid "));
    assert_string_equal(call("xend.domain.unpause", name), "'None'");
}

static void expect(const char *got, const char *part)
{
    if (!strstr(got, part)) fail_msg("'%s' is not in '%.2000s'", part, got);
}

static void expect_not(const char *got, const char *part)
{
    if (strstr(got, part)) fail_msg("'%s' is in '%.2000s'", part, got);
}

static unsigned nr_records(void)
{
    char path[128];
    unsigned nr = 0;
    struct dirent *e;
    DIR *d;

    settle();
    snprintf(path, sizeof(path), "%s/lib/running", root);
    d = opendir(path);
    while ((e = readdir(d))) nr += strstr(e->d_name, ".sxp") != NULL;
    closedir(d);
    return nr;
}

/* ---- tests --------------------------------------------------------------------------------- */

static void test_life(void **state)
{
    (void)state;
    expect(create("web", ""), "(domain (domid 1) ");
    expect(answer, "(name web)");
    expect(answer, "(status 1) (state --p---)");
    expect(answer, "(memory 64)");
    expect(call("xend.domains", "False"), "(Domain-0 web)");
    assert_string_equal(call("xend.domain.waitForDevices", "web"), "'None'");
    assert_string_equal(call("xend.domain.unpause", "1"), "'None'");
    expect(call("xend.domain", "web"), "(status 2) (state -b----)");
    assert_string_equal(call("xend.domain.pause", "web"), "'None'");
    assert_string_equal(call("xend.domain.pause", "web"), "'None'");
    assert_string_equal(call("xend.domain.getpauseflag", "web"), "False");
    assert_string_equal(call("xend.domain.pause", "web True"), "'None'");
    assert_string_equal(call("xend.domain.getpauseflag", "web"), "True");
    assert_string_equal(call("xend.domain.unpause", "web"), "'None'");
    assert_string_equal(call("xend.domain.getpauseflag", "web"), "False");
    assert_string_equal(call("xend.domain.destroy", "web"), "'None'");
    assert_string_equal(call("xend.domain", "web"), "fault 3: web");
    assert_int_equal(nr_records(), 0);
}

static void test_dom0(void **state)
{
    (void)state;
    expect(call("xend.domain", "0"), "(domain (domid 0) ");
    expect(answer, "(uuid 00000000-0000-0000-0000-000000000000)");
    expect(answer, "(name Domain-0)");
    expect(answer, "(maxmem 16777215) (memory 4096)");
    expect(answer, "(state r-----)");
    expect(answer, "(online_vcpus 2)");
    expect(call("xend.domain.pause", "0"), "fault 2: Cannot pause privileged domain 0");
    expect(call("xend.domain.destroy", "Domain-0"), "fault 2: Cannot destroy privileged domain");
    expect(call("xend.domain.shutdown", "0 poweroff"), "fault 2: Domain 0 cannot be shutdown");
    expect(call("xend.domain.setName", "0 x"), "fault 2: ");
    expect(call("xend.domain.getVCPUInfo", "0"), "(vcpu_count 2)");
}

static void test_faults(void **state)
{
    (void)state;
    expect(call("xend.domain", "6666"), "fault 3: 6666");
    expect(call("xend.domain.destroy", "nobody"), "fault 3: nobody");
    expect(call("no.such.method", "x"), "((Status Failure) (ErrorDescription "
           "(MESSAGE_METHOD_UNKNOWN no.such.method)))");
    expect(call("xend.domain", ""), "fault 2: xend.domain takes 1 to 2 arguments, not 0");
    expect(call("xend.domain", "()"), "fault 2: xend.domain: argument 1 must be");
    expect(call("xend.domain.create", "word"), "fault 2: ");
    expect(call("xend.domain.create", "(vm (memory 64))"), "fault 2: Missing VM Name");
    expect(call("xend.domain.create", "(vm (name x) (memory 8))"), "fault 2: no kernel");
    expect(create("huge", "(memory 1)"), "(memory 64)");   /* the first of a name wins */
    expect(call("xend.domain.create", "(vm (name y) (memory 1000000) (PV_kernel /k))"),
           "Not enough memory");
    expect(call("xend.domain.save", "huge /f"), "fault 2: xend.domain.save is not available yet");
    expect(call("xend.domain.configure", ""), "fault 2: ");
    expect(call("xend.domain.shutdown", "huge sideways"), "fault 2: Invalid reason: sideways");
    fake.fail_create = "/k: not an ia64 kernel";
    expect(create("bad", ""), "fault 2: /k: not an ia64 kernel");
    expect(call("xend.domain", "bad"), "fault 3: bad");
    expect(call("xend.domain.lastError", "bad"), "not an ia64 kernel");
    expect(call("xend.domain.lastError", "never"), "fault 3: never");
    assert_int_equal(nr_records(), 1);
}

static void test_privilege(void **state)
{
    struct reply r = { .done = false };
    static const char xml[] = "<methodCall><methodName>xend.domain.destroy</methodName><params>"
                              "<param><value>web</value></param></params></methodCall>";

    (void)state;
    run_domain("web", "");
    xd_rpc_receive(&xd, xml, strlen(xml), false, on_reply, &r);
    assert_true(r.done);
    take_reply(&r, answer, sizeof(answer));
    expect(answer, "fault 2: xend.domain.destroy: not permitted");
    memset(&r, 0, sizeof(r));
    xd_rpc_receive(&xd, "junk", 4, true, on_reply, &r);
    take_reply(&r, answer, sizeof(answer));
    expect(answer, "fault 1: ");
}

static void test_names(void **state)
{
    (void)state;
    run_domain("web", "(uuid 00000000-0000-0000-0000-0000000000aa)");
    expect(create("web", ""), "fault 2: Domain 'web' already exists with ID '1'");
    expect(create("web", "(uuid 00000000-0000-0000-0000-0000000000bb)"),
           "fault 2: VM name 'web' already exists as domain 1");
    expect(create("other", "(uuid 00000000-0000-0000-0000-0000000000aa)"),
           "fault 2: Domain 'web' already exists");
    expect(create("Domain-0", ""), "already exists with ID '0'");
    run_domain("7", "");
    expect(call("xend.domain", "00000000-0000-0000-0000-0000000000aa"), "(name web)");
    expect(call("xend.domain", "7"), "(domid 2)");
    assert_string_equal(call("xend.domain.setName", "web www"), "'None'");
    expect(call("xend.domain.setName", "www 7"), "fault 2: VM name '7' already exists");
    expect(call("xend.domain.setName", "www 'a b'"), "fault 2: Invalid VM Name");
    expect(call("xend.domain.setName", "www ''"), "fault 2: Missing VM Name");
    assert_string_equal(call("xend.domain.setName", "www www"), "'None'");
    expect(call("xend.domain", "1"), "(name www)");
    expect(call("xend.domain", "web"), "fault 3: web");
}

static void test_lists(void **state)
{
    (void)state;
    run_domain("a", "");
    create("b", "");
    run_domain("c", "(on_crash preserve)");
    fake_stop(3, XCI_SHUTDOWN_CRASH);
    settle();
    assert_string_equal(call("xend.domains_with_state", "False all"), "(Domain-0 a b c)");
    assert_string_equal(call("xend.domains_with_state", "False running"), "(Domain-0 a)");
    assert_string_equal(call("xend.domains_with_state", "False PAUSED"), "(b)");
    assert_string_equal(call("xend.domains_with_state", "False crashed"), "(c)");
    assert_string_equal(call("xend.domains_with_state", "False halted"), "()");
    assert_string_equal(call("xend.domains_with_state", "False nonsense"), "()");
    expect(call("xend.domains", "True"), "((domain (domid 0)");
    expect(call("xend.domain", "c"), "(status 5) (state ----c-) (last_error crashed)");
    expect(call("xend.domain.unpause", "c"), "fault 2: Domain 'c' is not started");
    assert_string_equal(call("xend.domain.pause", "c"), "'None'");
    assert_string_equal(call("xend.domain.destroy", "c"), "'None'");
    expect(call("xend.domain", "c"), "fault 3: c");
}

static void test_policies(void **state)
{
    (void)state;
    run_domain("off", "");
    fake_stop(1, XCI_SHUTDOWN_POWEROFF);
    settle();
    expect(call("xend.domain", "off"), "fault 3: off");
    assert_false(fake.dom[1].live);
    run_domain("again", "");
    xd_dom_find(&xd, "again")->started_s -= 100;
    fake_stop(2, XCI_SHUTDOWN_REBOOT);
    settle();
    expect(call("xend.domain", "again"), "(domid 3)");
    expect(answer, "(status 2)");
    assert_string_equal(call("xend.domain.getRestartCount", "again"), "1");
    assert_false(fake.dom[2].live);
    assert_false(fake.dom[3].info.paused);
    assert_memory_equal(fake.dom[2].info.uuid, fake.dom[3].info.uuid, 16);
    fake_stop(3, XCI_SHUTDOWN_REBOOT);              /* too fast this time */
    settle();
    expect(call("xend.domain", "again"), "fault 3: again");
    expect(call("xend.domain.lastError", "again"), "restarting too fast");
    expect(call("xend.node.log", ""), "restarting too fast");
    run_domain("dead", "(on_crash preserve)");
    fake_stop(4, XCI_SHUTDOWN_CRASH);
    settle();
    expect(call("xend.domain", "dead"), "(state ----c-)");
    fake_kill(4);                                   /* what was kept goes away */
    settle();
    expect(call("xend.domain", "dead"), "fault 3: dead");
    run_domain("killed", "(on_crash destroy)");
    fake_kill(5);
    settle();
    expect(call("xend.domain", "killed"), "fault 3: killed");
    assert_int_equal(nr_records(), 0);
}

static void test_rename_restart(void **state)
{
    struct xd_dom *d;

    (void)state;
    run_domain("web", "(on_crash rename-restart) (uuid 00000000-0000-0000-0000-0000000000aa)");
    d = xd_dom_find(&xd, "web");
    d->started_s -= 100;
    fake_stop(1, XCI_SHUTDOWN_CRASH);
    settle();
    expect(call("xend.domain", "web"), "(domid 2)");
    expect(answer, "(uuid 00000000-0000-0000-0000-0000000000aa)");
    expect(answer, "(status 2)");
    expect(call("xend.domain", "1"), "(name Domain-");
    expect(answer, "(status 5)");
    expect_not(answer, "00000000-0000-0000-0000-0000000000aa");
    /* two live ones with one uuid below: a new daemon tells them apart */
    stop();
    start();
    settle();
    expect(call("xend.domain", "web"), "(domid 2)");
    expect(call("xend.domain", "1"), "(name Domain-");
    expect(answer, "(status 5)");
}

static void test_reset(void **state)
{
    (void)state;
    run_domain("web", "");
    assert_string_equal(call("xend.domain.reset", "web"), "'None'");
    expect(call("xend.domain", "web"), "(domid 2)");
    expect(answer, "(status 2)");
    fake.fail_create = "no memory";
    expect(call("xend.domain.reset", "web"), "fault 2: no memory");
    expect(call("xend.domain", "web"), "fault 3: web");
}

static void test_requests(void **state)
{
    (void)state;
    run_domain("web", "");
    assert_string_equal(call("xend.domain.shutdown", "web reboot"), "'None'");
    assert_int_equal(fake.last_request, XCI_SHUTDOWN_REBOOT);
    assert_string_equal(call("xend.domain.shutdown", "web halt"), "'None'");
    assert_int_equal(fake.last_request, XCI_SHUTDOWN_POWEROFF);
    assert_int_equal(fake.nr_requests, 2);
    expect(call("xend.domain.shutdown", "web suspend"), "fault 2: ");
}

static void test_failing_destroy(void **state)
{
    (void)state;
    run_domain("web", "");
    fake.fail_destroy = true;
    expect(call("xend.domain.destroy", "web"), "fault 2: will not go");
    expect(call("xend.domain", "web"), "(last_error 'could not be destroyed: will not go')");
    fake.fail_destroy = false;
    assert_string_equal(call("xend.domain.destroy", "web"), "'None'");
    expect(call("xend.domain", "web"), "fault 3: web");
}

/* While a domain is being built lists go on, and what concerns it waits its turn. */
static void test_while_building(void **state)
{
    struct reply building, destroying, unpausing;

    (void)state;
    fake.create_delay_us = 100000;
    send_call("xend.domain.create", "(vm (name slow) (memory 64) (PV_kernel /k))", &building);
    assert_false(building.done);
    assert_string_equal(call("xend.domains", "False"), "(Domain-0)");
    assert_false(building.done);
    expect(create("slow", ""), "fault 2: Domain 'slow' already exists");
    send_call("xend.domain.unpause", "slow", &unpausing);
    send_call("xend.domain.destroy", "slow", &destroying);
    assert_false(destroying.done);
    settle();
    assert_true(building.done && unpausing.done && destroying.done);
    take_reply(&building, answer, sizeof(answer));
    expect(answer, "(domid 1)");
    take_reply(&unpausing, answer, sizeof(answer));
    assert_string_equal(answer, "'None'");
    take_reply(&destroying, answer, sizeof(answer));
    assert_string_equal(answer, "'None'");
    fake.create_delay_us = 20000;
    fake.fail_create = "broken";
    send_call("xend.domain.create", "(vm (name slow) (memory 64) (PV_kernel /k))", &building);
    send_call("xend.domain.destroy", "slow", &destroying);
    settle();
    take_reply(&building, answer, sizeof(answer));
    assert_string_equal(answer, "fault 2: broken");
    take_reply(&destroying, answer, sizeof(answer));
    assert_string_equal(answer, "fault 3: slow");
}

static void test_many(void **state)
{
    struct reply r[40];
    char args[100];

    (void)state;
    for (int i = 0; i < 40; i++) {
        snprintf(args, sizeof(args), "(vm (name n%d) (memory 4) (PV_kernel /k))", i);
        send_call("xend.domain.create", args, &r[i]);
    }
    settle();
    for (int i = 0; i < 40; i++) {
        assert_true(r[i].done);
        take_reply(&r[i], answer, sizeof(answer));
        expect(answer, "(domid ");
    }
    assert_int_equal(nr_records(), 40);
}

static char before[sizeof(answer)];

static void test_taking_up(void **state)
{
    (void)state;
    run_domain("one", "(on_crash preserve) (vcpus 2) (description 'x y')");
    create("two", "");
    call("xend.domain.setName", "one uno");
    call("xend.domain.pause", "two True");
    run_domain("off", "");
    run_domain("gone", "");
    run_domain("kept", "(on_poweroff preserve)");
    snprintf(before, sizeof(before), "%s", call("xend.domain", "uno"));
    stop();
    fake_stop(3, XCI_SHUTDOWN_POWEROFF);
    fake.dom[4].live = false;
    fake_stop(5, XCI_SHUTDOWN_POWEROFF);
    start();
    settle();
    assert_string_equal(call("xend.domain", "uno"), before);
    expect(call("xend.domain", "2"), "(name two)");
    assert_string_equal(call("xend.domain.getpauseflag", "two"), "True");
    expect(call("xend.domain", "off"), "fault 3: off");
    expect(call("xend.domain", "gone"), "fault 3: gone");
    expect(call("xend.domain", "kept"), "(state ---s--)");
    expect(call("xend.domain.console", "uno"), "(socket /fake/1/console.sock)");
    assert_int_equal(nr_records(), 3);
    stop();
    start();
    expect(call("xend.domain", "kept"), "(status 4)");
}

static void test_strangers(void **state)
{
    struct xci_domain_config c = { .name = "x", .memory_kib = 65536, .nr_vcpus = 1,
                                   .uuid = { 1, 2, 3 }, .kernel_path = "/k" };
    char path[128];
    xci_domid_t domid;

    (void)state;
    stop();
    xci_domain_create(NULL, &c, &domid, NULL);
    snprintf(path, sizeof(path), "%s/lib/running/junk.sxp", root);
    assert_int_equal(ut_io_replace_file(path, "(broken", 7, 0600, NULL), UT_OK);
    start();
    expect(call("xend.domain", "Domain-1"), "(domid 1)");
    expect(answer, "(memory 64)");
    c.uuid[0] = 9;
    xci_domain_create(NULL, &c, &domid, NULL);      /* appears while the daemon runs */
    settle();
    expect(call("xend.domain", "Domain-2"), "(domid 2)");
    expect(call("xend.node.log", ""), "junk.sxp is skipped");
}

/* The daemon died while a domain was between two lives. */
static void test_interrupted_restart(void **state)
{
    struct xd_dom *d;

    (void)state;
    run_domain("between", "");
    run_domain("before", "");
    settle();
    d = xd_dom_find(&xd, "between");
    d->state = XD_REBUILDING;
    d->live = false;
    xd_record_save(d);
    d = xd_dom_find(&xd, "before");
    d->state = XD_RESTARTING;
    xd_record_save(d);
    stop();
    fake.dom[1].live = false;
    start();
    settle();
    expect(call("xend.domain", "between"), "(status 2)");
    expect(call("xend.domain", "before"), "(status 2)");
    assert_false(fake.dom[2].live);
    assert_int_equal(nr_records(), 2);
}

static void test_node(void **state)
{
    (void)state;
    expect(call("xend.node.info", ""), "(machine ia64) (nr_cpus 2)");
    expect(answer, "(cpu_mhz 1600)");
    expect(answer, "(xend_config_format 4))");
    /* strings arrive escaped, as the legacy server sent them */
    assert_string_equal(call("xend.node.dmesg.info", ""),
                        "'(XEN) one\\\\n(XEN) t\\\\\\\\wo\\\\n'");
    assert_string_equal(call("xend.node.dmesg.clear", ""), "'None'");
    expect(call("system.listMethods", ""), "xend.domain.migrate");
    expect(call("system.methodHelp", "xend.domain.destroy"), "End a domain at once.");
    assert_string_equal(call("system.methodSignature", "xend.domain.pause"),
                        "((nil string) (nil string boolean))");
    run_domain("web", "(vcpus 2)");
    expect(call("xend.domain.getVCPUInfo", "web"), "(domain (domid 1) (name web) (vcpu_count 2) "
           "(vcpu (number 0) (online 1) (blocked 1) (running 0) (cpu_time 1.5) (cpu 0) "
           "(cpumap (0 1)))");
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_life), T(test_dom0), T(test_faults), T(test_privilege), T(test_names),
        T(test_lists), T(test_policies), T(test_rename_restart), T(test_reset), T(test_requests),
        T(test_failing_destroy), T(test_while_building), T(test_many), T(test_taking_up),
        T(test_strangers), T(test_interrupted_restart), T(test_node),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

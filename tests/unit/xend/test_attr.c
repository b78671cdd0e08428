/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of a domain's attributes: reading, checking, printing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/xd_attr.h"
#include "xd_config.h"

#define UUID "0f3b1c52-6a1e-4d0e-9a55-2b7f1d1c9e01"
#define IMAGE "(image (linux (kernel /k)))"

static char warning[512];

static void note(void *arg, const char *text)
{
    (void)arg;
    snprintf(warning, sizeof(warning), "%s", text);
}

static int parse(const char *text, struct xd_domcfg *cfg, struct ut_err *err)
{
    struct ut_sxp *sx;
    int rc = ut_sxp_parse(text, strlen(text), &sx, NULL, err);

    assert_int_equal(rc, UT_OK);
    warning[0] = '\0';
    rc = xd_domcfg_parse(cfg, sx, note, NULL, err);
    ut_sxp_free(sx);
    return rc;
}

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < xd_nr_attrs; i++) {
        assert_non_null(xd_attrs[i].name);
        assert_non_null(xd_attrs[i].var);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(xd_attrs[i].path, xd_attrs[k].path);
            assert_string_not_equal(xd_attrs[i].name, xd_attrs[k].name);
            assert_int_not_equal(xd_attrs[i].offset, xd_attrs[k].offset);
        }
    }
}

static void test_defaults(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    struct xd_domcfg c;

    (void)state;
    assert_int_equal(parse("(vm (name web) (memory 128) " IMAGE ")", &c, &err), UT_OK);
    assert_int_equal(c.memory_mib, 128);
    assert_int_equal(c.maxmem_mib, 128);
    assert_int_equal(c.vcpus, 1);
    assert_int_equal(c.cpu_weight, 256);
    assert_int_equal(c.on_poweroff, XD_ACT_DESTROY);
    assert_int_equal(c.on_reboot, XD_ACT_RESTART);
    assert_int_equal(c.on_crash, XD_ACT_RESTART);
    assert_int_equal(c.builder, XCI_BUILDER_LINUX);
    assert_string_equal(c.pool_name, "Pool-0");
    assert_false(c.has_uuid);
    assert_int_equal(c.uuid[6] >> 4, 4);
    xd_domcfg_fini(&c);
    xd_domcfg_fini(&c);
}

static void test_long_form(void **state)
{
    static const char text[] =
        "(domain (domid 7) (uuid " UUID ") (name web01) (memory 256) (maxmem 512) (vcpus 2)"
        " (on_crash coredump-restart) (on_poweroff preserve) (on_reboot rename-restart)"
        " (image (hpsim (kernel /boot/k) (ramdisk /r) (root '/dev/xvda ro') (ip 1.2.3.4::)"
        " (args '4 console=xvc0') (videoram 4) (superpages True)))"
        " (device (console (protocol vt100))) (unknown x) (bootloader))";
    static const char printed[] =
        "(vm (cpu_weight 256) (cpu_cap 0) (bootloader '') (on_crash coredump-restart) (uuid " UUID
        ") (bootloader_args '') (vcpus 2) (description '') (name web01) (on_reboot rename-restart)"
        " (on_poweroff preserve) (pool_name Pool-0) (maxmem 512) (memory 256) (shadow_memory 0)"
        " (features '') (on_xend_start ignore) (on_xend_stop ignore) (image (hpsim (kernel /boot/k)"
        " (ramdisk /r) (args 'root=/dev/xvda ro ip=1.2.3.4:: 4 console=xvc0') (superpages 1)"
        " (videoram 4) (nomigrate 0) (tsc_mode 0))) (device (console (protocol vt100))))";
    struct ut_err err = UT_ERR_INIT;
    struct xd_domcfg c, copy, again;
    struct ut_buf out = UT_BUF_INIT;
    struct ut_sxp *sx;

    (void)state;
    assert_int_equal(parse(text, &c, &err), UT_OK);
    assert_int_equal(xd_domcfg_copy(&copy, &c, &err), UT_OK);
    xd_domcfg_fini(&c);
    sx = xd_domcfg_sxp(&copy, "vm");
    ut_sxp_print(sx, &out);
    assert_string_equal(ut_buf_str(&out), printed);
    /* what is printed reads back as the same */
    assert_int_equal(xd_domcfg_parse(&again, sx, NULL, NULL, &err), UT_OK);
    ut_sxp_free(sx);
    sx = xd_domcfg_sxp(&again, "vm");
    ut_buf_reset(&out);
    ut_sxp_print(sx, &out);
    assert_string_equal(ut_buf_str(&out), printed);
    ut_sxp_free(sx);
    ut_buf_fini(&out);
    xd_domcfg_fini(&copy);
    xd_domcfg_fini(&again);
}

static void test_api_names(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    struct xd_domcfg c;

    (void)state;
    assert_int_equal(parse("(vm (name_label web) (memory_dynamic_max 134217728)"
                           " (memory_static_max 268435456) (VCPUs_max 3) (PV_kernel /k)"
                           " (actions_after_crash coredump_and_restart)"
                           " (actions_after_reboot rename_restart))", &c, &err), UT_OK);
    assert_string_equal(c.name, "web");
    assert_int_equal(c.memory_mib, 128);
    assert_int_equal(c.maxmem_mib, 256);
    assert_int_equal(c.vcpus, 3);
    assert_string_equal(c.kernel, "/k");
    assert_int_equal(c.on_crash, XD_ACT_COREDUMP_RESTART);
    assert_int_equal(c.on_reboot, XD_ACT_RENAME_RESTART);
    xd_domcfg_fini(&c);
}

static void test_restart_word(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    struct xd_domcfg c;

    (void)state;
    assert_int_equal(parse("(vm (name w) (memory 64) (restart onreboot))", &c, &err),
                     UT_OK);
    assert_int_equal(c.on_crash, XD_ACT_DESTROY);
    assert_int_equal(c.on_reboot, XD_ACT_RESTART);
    xd_domcfg_fini(&c);
    assert_int_equal(parse("(vm (name w) (memory 64) (restart always) (on_crash preserve))",
                           &c, &err), UT_OK);
    assert_int_equal(c.on_poweroff, XD_ACT_RESTART);
    assert_int_equal(c.on_crash, XD_ACT_PRESERVE);
    xd_domcfg_fini(&c);
}

static const struct { const char *text, *says; } bad[] = {
    { "()", "S-expression" },
    { "word", "S-expression" },
    { "(vm)", "Missing VM Name" },
    { "(vm (name ''))", "Missing VM Name" },
    { "(vm (name 'a b'))", "Invalid VM Name" },
    { "(vm (name ../x))", "Invalid VM Name" },
    { "(vm (name w) " IMAGE ")", "memory_static_max" },
    { "(vm (name w) (memory 0))", "memory_static_max" },
    { "(vm (name w) (memory -5))", "memory = -5" },
    { "(vm (name w) (memory 1099511627776))", "memory = 1099511627776" },
    { "(vm (name w) (memory lots))", "memory = lots" },
    { "(vm (name w) (memory 256) (maxmem 128))", "memory_static_max" },
    { "(vm (name w) (vcpus 0))", "vcpus = 0" },
    { "(vm (name w) (vcpus 65))", "vcpus = 65" },
    { "(vm (name w) (cpu_weight 0))", "cpu_weight" },
    { "(vm (name w) (uuid nonsense))", "uuid" },
    { "(vm (name w) (on_crash explode))", "Invalid event handling mode: crash" },
    { "(vm (name w) (on_poweroff x))", "Invalid event handling mode: shutdown" },
    { "(vm (name w) (on_reboot x))", "Invalid event handling mode: reboot" },
    { "(vm (name w) (restart never2))", "Invalid event handling mode" },
    { "(vm (name w) (image (hvm (kernel /k))))", "unknown image type: hvm" },
    { "(vm (name w) (device (toaster (x 1))))", "not a valid device type" },
    { "(vm (name w) (device (vbd (uname phy:x))))", "vbd is not available yet" },
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct ut_err err = UT_ERR_INIT;
        struct xd_domcfg c;

        if (parse(bad[i].text, &c, &err) == UT_OK) fail_msg("accepted: %s", bad[i].text);
        if (!strstr(err.text, bad[i].says)) fail_msg("%s: %s", bad[i].text, err.text);
    }
}

static void test_warnings(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    struct xd_domcfg c;

    (void)state;
    assert_int_equal(parse("(vm (name w) (memory 64) (image (linux (kernel /k) (tsc_mode 9))))",
                           &c, &err),
                     UT_OK);
    assert_int_equal(c.tsc_mode, 0);
    assert_non_null(strstr(warning, "tsc_mode = 9"));
    xd_domcfg_fini(&c);
    assert_int_equal(parse("(vm (name w) (memory 64))", &c, &err), UT_OK);
    assert_int_equal(xd_domcfg_check_boot(&c, &err), UT_EARG);
    xd_domcfg_fini(&c);
    assert_int_equal(parse("(vm (name w) (memory 64) (bootloader pygrub))", &c, &err), UT_OK);
    assert_int_equal(xd_domcfg_check_boot(&c, &err), UT_EUNSUP);
    xd_domcfg_fini(&c);
}

static void test_uuid(void **state)
{
    uint8_t a[16], b[16];
    char text[XD_UUID_TEXT_BYTES];

    (void)state;
    assert_true(xd_uuid_parse(UUID, a));
    xd_uuid_format(a, text);
    assert_string_equal(text, UUID);
    assert_false(xd_uuid_parse("0f3b1c52-6a1e-4d0e-9a55-2b7f1d1c9e0", b));
    assert_false(xd_uuid_parse("0f3b1c52-6a1e-4d0e-9a55-2b7f1d1c9e01x", b));
    assert_false(xd_uuid_parse("", b));
    xd_uuid_random(a);
    xd_uuid_random(b);
    assert_memory_not_equal(a, b, 16);
}

static void test_daemon_config(void **state)
{
    static const char text[] =
        "# comment (not parsed\n"
        "(loglevel INFO)\n"
        "(enable-dump yes)\n"
        "(restart-min-interval 5)\n"
        "(xend-relocation-hosts-allow '^localhost$')\n"
        "\n"
        "(no-such-key 1)\n";
    struct ut_err err = UT_ERR_INIT;
    struct xd_config c;

    (void)state;
    xd_config_defaults(&c);
    assert_int_equal(c.restart_min_interval_s, 60);
    assert_true(c.unix_xmlrpc_server);
    warning[0] = '\0';
    assert_int_equal(xd_config_parse(&c, "F", text, strlen(text), note, NULL, &err), UT_OK);
    assert_string_equal(warning, "F:7: unknown key no-such-key");
    assert_int_equal(c.loglevel, UT_LOG_INFO);
    assert_true(c.enable_dump);
    assert_int_equal(c.restart_min_interval_s, 5);
    assert_int_equal(xd_config_parse(&c, "F", "(console-limit x)", 17, note, NULL, &err), UT_OK);
    assert_non_null(strstr(warning, "F:1: bad value x for console-limit"));
    assert_int_equal(c.console_limit_kib, 1024);
    assert_int_equal(xd_config_parse(&c, "F", "\n\n(a", 4, note, NULL, &err), UT_EFORMAT);
    assert_non_null(strstr(err.text, "line 3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),     cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_long_form), cmocka_unit_test(test_api_names),
        cmocka_unit_test(test_restart_word), cmocka_unit_test(test_bad),
        cmocka_unit_test(test_warnings),  cmocka_unit_test(test_uuid),
        cmocka_unit_test(test_daemon_config),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

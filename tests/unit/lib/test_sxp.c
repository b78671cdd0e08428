/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ut_sxp.h"

static const struct { const char *in, *out; } round_trips[] = {
    { "(vm (name web) (memory 256))", "(vm (name web) (memory 256))" },
    { "atom", "atom" },
    { "()", "()" },
    { "(a ())", "(a ())" },
    { "(a '')", "(a '')" },
    { "(a \"\")", "(a '')" },
    { " ( a\t(b\n c ) ) rest", "(a (b c))" },
    { "# comment\n(a # more\n b)", "(a b)" },
    { "(a 'x y')", "(a 'x y')" },
    { "(a \"it's\")", "(a \"it's\")" },
    { "(a 'q\"')", "(a 'q\"')" },
    { "(a 'both\\'\"')", "(a 'both\\'\"')" },
    { "(a 'l1\\nl2\\t\\\\')", "(a 'l1\\nl2\\t\\\\')" },
    { "(a '\\x41\\102')", "(a AB)" },
    { "(a '\\x01')", "(a '\\x01')" },
    { "(a it's)", "(a \"it's\")" },       /* a quote inside an atom is literal */
    { "(a /dev/x:y~z_.-)", "(a /dev/x:y~z_.-)" },
    { "(a @ b)", "(a @ b)" },
    { "(a root=x)", "(a 'root=x')" },
    { "(a b<c)", "(a b '<c')" },
    { "(a)\x04(b)", "(a)" },
    { "(a \xc3\xa9)", "(a '\\xc3\\xa9')" },
};

static void test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(round_trips); i++) {
        struct ut_buf out = UT_BUF_INIT;
        struct ut_err err = UT_ERR_INIT;
        struct ut_sxp *sx;

        assert_int_equal(ut_sxp_parse(round_trips[i].in, strlen(round_trips[i].in), &sx, NULL,
                                      &err), UT_OK);
        ut_sxp_print(sx, &out);
        assert_string_equal(ut_buf_str(&out), round_trips[i].out);
        ut_sxp_free(sx);
        ut_buf_fini(&out);
    }
}

static const struct { const char *in; int rc; const char *says; } bad[] = {
    { "", UT_EFORMAT, "no expression" },
    { ")", UT_EFORMAT, "line 1, column 1" },
    { "(a\n (b", UT_EFORMAT, "unterminated list at line 2" },
    { "(a\n  'x", UT_EFORMAT, "unterminated string at line 2" },
    { "(a '\\q')", UT_EFORMAT, "escape" },
    { "(a '\\x0')", UT_EFORMAT, "escape" },
    { "(a '\\x00')", UT_EFORMAT, "NUL" },
    { "(a '\\400')", UT_EFORMAT, "octal" },
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct ut_err err = UT_ERR_INIT;
        struct ut_sxp *sx;

        assert_int_equal(ut_sxp_parse(bad[i].in, strlen(bad[i].in), &sx, NULL, &err), bad[i].rc);
        assert_null(sx);
        if (!strstr(err.text, bad[i].says)) fail_msg("'%s': %s", bad[i].in, err.text);
    }
}

static void test_depth(void **state)
{
    char text[2 * UT_SXP_MAX_DEPTH + 2];
    struct ut_err err = UT_ERR_INIT;
    struct ut_sxp *sx;

    (void)state;
    memset(text, '(', UT_SXP_MAX_DEPTH);
    memset(text + UT_SXP_MAX_DEPTH, ')', UT_SXP_MAX_DEPTH);
    assert_int_equal(ut_sxp_parse(text, 2 * UT_SXP_MAX_DEPTH, &sx, NULL, &err), UT_OK);
    ut_sxp_free(sx);
    memset(text, '(', sizeof(text));
    assert_int_equal(ut_sxp_parse(text, sizeof(text), &sx, NULL, &err), UT_ELIMIT);
}

static void test_parse_all(void **state)
{
    static const char text[] = "(a 1)\n# c\n(b 2) word";
    struct ut_err err = UT_ERR_INIT;
    struct ut_sxp *all;
    int64_t v;

    (void)state;
    assert_int_equal(ut_sxp_parse_all(text, strlen(text), &all, &err), UT_OK);
    assert_int_equal(all->nr_items, 3);
    assert_int_equal(ut_sxp_get_int(all, "b", &v), UT_OK);
    assert_int_equal(v, 2);
    ut_sxp_free(all);
    assert_int_equal(ut_sxp_parse_all("(a", 2, &all, &err), UT_EFORMAT);
    assert_null(all);
    assert_int_equal(ut_sxp_parse_all("", 0, &all, &err), UT_OK);
    assert_int_equal(all->nr_items, 0);
    ut_sxp_free(all);
}

static void test_access(void **state)
{
    static const char text[] = "(vm (name web) (empty) (none '') (n 12x) (m -7) (name other))";
    struct ut_err err = UT_ERR_INIT;
    struct ut_sxp *sx;
    int64_t v = 99;

    (void)state;
    assert_int_equal(ut_sxp_parse(text, strlen(text), &sx, NULL, &err), UT_OK);
    assert_string_equal(ut_sxp_head(sx), "vm");
    assert_string_equal(ut_sxp_get(sx, "name", "d"), "web");
    assert_string_equal(ut_sxp_get(sx, "empty", "d"), "d");
    assert_string_equal(ut_sxp_get(sx, "none", "d"), "d");
    assert_string_equal(ut_sxp_get(sx, "absent", "d"), "d");
    assert_int_equal(ut_sxp_get_int(sx, "absent", &v), UT_ENOENT);
    assert_int_equal(ut_sxp_get_int(sx, "empty", &v), UT_ENOENT);
    assert_int_equal(ut_sxp_get_int(sx, "n", &v), UT_EFORMAT);
    assert_int_equal(v, 99);
    assert_int_equal(ut_sxp_get_int(sx, "m", &v), UT_OK);
    assert_int_equal(v, -7);
    ut_sxp_free(sx);
}

static void test_kinds(void **state)
{
    struct ut_sxp *sx = ut_sxp_new_list("k"), *copy;
    struct ut_buf out = UT_BUF_INIT;

    (void)state;
    ut_sxp_add(sx, ut_sxp_new_int(-5));
    ut_sxp_add(sx, ut_sxp_new_float(12.5));
    ut_sxp_add(sx, ut_sxp_new_float(3));
    ut_sxp_add(sx, ut_sxp_new_float(1262304000.12));
    ut_sxp_add(sx, ut_sxp_new_float(1e16));
    ut_sxp_add(sx, ut_sxp_new_float(0.1));
    ut_sxp_add(sx, ut_sxp_new_bool(true));
    ut_sxp_add(sx, ut_sxp_new_none());
    copy = ut_sxp_dup(sx);
    ut_sxp_print(copy, &out);
    assert_string_equal(ut_buf_str(&out),
                        "(k -5 12.5 3.0 1262304000.12 1e+16 0.1 True 'None')");
    assert_int_equal(ut_sxp_add(sx, NULL), UT_ENOMEM);
    ut_buf_fini(&out);
    ut_sxp_free(copy);
    ut_sxp_free(sx);
}

static void test_pretty(void **state)
{
    static const char text[] =
        "(vm (name web03) (on_xend_stop ignore) (image (linux (kernel /boot/vmlinuz-2.6.18-xenU)"
        " (root '/dev/xvda ro') (videoram 4) (args '4 console=xvc0')))"
        " (device (vbd (uname phy:vg0/web03) (dev xvda) (mode w))))";
    static const char want[] =
        "(vm\n"
        "    (name web03)\n"
        "    (on_xend_stop ignore)\n"
        "    (image\n"
        "        (linux\n"
        "            (kernel /boot/vmlinuz-2.6.18-xenU)\n"
        "            (root '/dev/xvda ro')\n"
        "            (videoram 4)\n"
        "            (args '4 console=xvc0')\n"
        "        )\n"
        "    )\n"
        "    (device (vbd (uname phy:vg0/web03) (dev xvda) (mode w)))\n"
        ")";
    struct ut_err err = UT_ERR_INIT;
    struct ut_buf out = UT_BUF_INIT;
    struct ut_sxp *sx;

    (void)state;
    assert_int_equal(ut_sxp_parse(text, strlen(text), &sx, NULL, &err), UT_OK);
    ut_sxp_print_pretty(sx, 80, &out);
    assert_string_equal(ut_buf_str(&out), want);
    ut_buf_fini(&out);
    ut_sxp_free(sx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_bad),
        cmocka_unit_test(test_depth),      cmocka_unit_test(test_parse_all),
        cmocka_unit_test(test_access),     cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_pretty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

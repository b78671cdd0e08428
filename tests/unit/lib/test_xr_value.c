/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xr_value.h"

#define CALL(values) "<?xml version='1.0'?><methodCall><methodName>m</methodName><params>" values \
                     "</params></methodCall>"
#define P(value) "<param><value>" value "</value></param>"

/* A parameter list as text, to compare with. */
static void describe(const struct xr_value *v, struct ut_buf *out)
{
    switch (v->type) {
    case XR_NIL:      ut_buf_adds(out, "nil"); return;
    case XR_BOOL:     ut_buf_adds(out, v->i ? "true" : "false"); return;
    case XR_INT:      ut_buf_addf(out, "%lld", (long long)v->i); return;
    case XR_DOUBLE:   ut_buf_addf(out, "%gd", v->d); return;
    case XR_STRING:   ut_buf_addf(out, "'%s'", v->s); return;
    case XR_DATETIME: ut_buf_addf(out, "D%s", v->s); return;
    case XR_BASE64:   ut_buf_addf(out, "B%zu:%s", v->s_len, v->s); return;
    case XR_ARRAY:
    case XR_STRUCT:   break;
    }
    ut_buf_addc(out, v->type == XR_ARRAY ? '[' : '{');
    for (size_t i = 0; i < v->nr_items; i++) {
        if (i) ut_buf_addc(out, ' ');
        if (v->type == XR_STRUCT) ut_buf_addf(out, "%s=", v->key[i]);
        describe(v->item[i], out);
    }
    ut_buf_addc(out, v->type == XR_ARRAY ? ']' : '}');
}

static const struct { const char *xml, *want; } good[] = {
    { CALL(""), "[]" },
    { "<methodCall><methodName>m</methodName></methodCall>", "[]" },
    { CALL(P("text")), "['text']" },
    { CALL(P("")), "['']" },
    { CALL(P(" spaced ")), "[' spaced ']" },
    { CALL(P("<string>a&amp;b&#13;</string>")), "['a&b\r']" },
    { CALL(P("<string><![CDATA[<x>]]></string>")), "['<x>']" },
    { CALL(P("<int>7</int>") P("<i4>-8</i4>") P("<i8>4294967296</i8>")), "[7 -8 4294967296]" },
    { CALL(P("<ex:i8 xmlns:ex='urn:x'>5</ex:i8>") P("<ex:i8>6</ex:i8>")), "[5 6]" },
    { CALL(P("<boolean>1</boolean>") P("<boolean> 0 </boolean>")), "[true false]" },
    { CALL(P("<double>12.5</double>") P("<nil/>")), "[12.5d nil]" },
    { CALL(P("<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>")), "[D19980717T14:08:55]" },
    { CALL(P("<base64>aGVs\n bG8=</base64>")), "[B5:hello]" },
    { CALL(P("\n<array><data>\n<value><int>1</int></value> <value>x</value></data></array>\n")),
      "[[1 'x']]" },
    { CALL(P("<array><data/></array>") P("<struct/>")), "[[] {}]" },
    { CALL(P("<struct><member><name>a</name><value><int>1</int></value></member>"
             "<member><value>z</value><name>b</name></member></struct>")), "[{a=1 b='z'}]" },
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct ut_buf got = UT_BUF_INIT;
        struct ut_err err = UT_ERR_INIT;
        struct xr_value *params;
        char *method;

        if (xr_parse_call(good[i].xml, strlen(good[i].xml), &method, &params, &err) < 0)
            fail_msg("%s: %s", good[i].xml, err.text);
        assert_string_equal(method, "m");
        describe(params, &got);
        assert_string_equal(ut_buf_str(&got), good[i].want);
        ut_buf_fini(&got);
        xr_free(params);
        free(method);
    }
}

static const struct { const char *xml, *says; } bad[] = {
    { "", "empty" },
    { "hello", "not well-formed" },
    { "<methodCall>", "not well-formed" },
    { "<methodCall/>", "method name" },
    { "<methodCall><methodName> </methodName></methodCall>", "method name" },
    { "<html/>", "unknown element" },
    { "<value/>", "misplaced" },
    { CALL(P("<int>x</int>")), "bad integer" },
    { CALL(P("<int></int>")), "bad integer" },
    { CALL(P("<i8>99999999999999999999</i8>")), "bad integer" },
    { CALL(P("<boolean>2</boolean>")), "bad boolean" },
    { CALL(P("<double>one</double>")), "bad double" },
    { CALL(P("<nil>x</nil>")), "nil" },
    { CALL(P("<base64>a$</base64>")), "bad base64" },
    { CALL(P("<base64>abc</base64>")), "bad base64" },
    { CALL(P("<int>1</int><int>2</int>")), "misplaced" },
    { CALL(P("x<int>1</int>")), "text before" },
    { CALL(P("<int>1</int>x")), "text behind" },
    { CALL(P("<array><value/></array>")), "misplaced" },
    { CALL(P("<array>x<data/></array>")), "text outside" },
    { CALL(P("<struct><member><name>a</name></member></struct>")), "incomplete" },
    { CALL(P("<struct><member><value>a</value></member></struct>")), "incomplete" },
    { CALL("<param></param>"), "incomplete" },
    { CALL(P("&evil;")), "" },
    { "<!DOCTYPE x [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]>" CALL(P("&b;")), "" },
    { "<!DOCTYPE m><methodCall><methodName>m</methodName></methodCall>", "document types" },
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct ut_err err = UT_ERR_INIT;
        struct xr_value *params;
        char *method;

        if (xr_parse_call(bad[i].xml, strlen(bad[i].xml), &method, &params, &err) != UT_EFORMAT)
            fail_msg("accepted: %s", bad[i].xml);
        assert_null(method);
        assert_null(params);
        if (!*err.text || !strstr(err.text, bad[i].says))
            fail_msg("%s: %s", bad[i].xml, err.text);
    }
}

static void nested(struct ut_buf *b, int levels)
{
    ut_buf_adds(b, "<methodCall><methodName>m</methodName><params><param>");
    for (int i = 0; i < levels; i++) ut_buf_adds(b, "<value><array><data>");
    for (int i = 0; i < levels; i++) ut_buf_adds(b, "</data></array></value>");
    ut_buf_adds(b, "</param></params></methodCall>");
}

static void test_limits(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    struct ut_buf b = UT_BUF_INIT;
    struct xr_value *params;
    char *method;

    (void)state;
    nested(&b, XR_MAX_DEPTH);
    assert_int_equal(xr_parse_call(b.data, b.len, &method, &params, &err), UT_OK);
    xr_free(params);
    free(method);
    ut_buf_reset(&b);
    nested(&b, XR_MAX_DEPTH + 1);
    assert_int_equal(xr_parse_call(b.data, b.len, &method, &params, &err), UT_ELIMIT);
    ut_buf_reset(&b);
    ut_buf_adds(&b, "<methodCall><methodName>m</methodName><params><param><value><array><data>");
    for (int i = 0; i < 300000; i++) ut_buf_adds(&b, "<value/>");
    assert_int_equal(xr_parse_call(b.data, b.len, &method, &params, &err), UT_ELIMIT);
    assert_int_equal(xr_parse_call(b.data, XR_MAX_BODY_BYTES + 1u, &method, &params, &err),
                     UT_ELIMIT);
    ut_buf_fini(&b);
}

static void test_response(void **state)
{
    struct ut_buf b = UT_BUF_INIT, got = UT_BUF_INIT;
    struct xr_value *v = xr_array(), *back;
    struct ut_err err = UT_ERR_INIT;

    (void)state;
    xr_add(v, xr_int(INT32_MAX));
    xr_add(v, xr_int(INT64_C(1) << 31));
    xr_add(v, xr_double(0.1));
    xr_add(v, xr_double(3));
    xr_add(v, xr_string("a<&>\r\n\x01\xff\xc3\xa9"));
    xr_add(v, xr_nil());
    xr_add(v, xr_bool(false));
    assert_int_equal(xr_emit_response(v, &b), UT_OK);
    assert_int_equal(xr_parse_response(b.data, b.len, &back, &err), UT_OK);
    describe(back, &got);
    assert_string_equal(ut_buf_str(&got), "[2147483647 '2147483648' 0.1d 3d "
                        "'a<&>\r\n\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9' nil false]");
    xr_free(back);
    xr_free(v);
    ut_buf_fini(&got);
    ut_buf_reset(&b);
    assert_int_equal(xr_emit_response(NULL, &b), UT_OK);
    assert_int_equal(xr_parse_response(b.data, b.len, &back, &err), UT_OK);
    assert_int_equal(back->type, XR_NIL);
    xr_free(back);
    ut_buf_fini(&b);
}

static void test_fault(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    struct ut_buf b = UT_BUF_INIT;
    struct xr_value *v;

    (void)state;
    xr_emit_fault(3, "web<1>", &b);
    assert_int_equal(xr_parse_response(b.data, b.len, &v, &err), UT_ENODOM);
    assert_string_equal(err.text, "web<1>");
    assert_int_equal(err.fault, 3);
    ut_buf_reset(&b);
    xr_emit_fault(2, "no", &b);
    assert_int_equal(xr_parse_response(b.data, b.len, &v, &err), UT_EREMOTE);
    assert_int_equal(err.fault, 2);
    ut_buf_fini(&b);
}

static void test_emit_call(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    struct ut_buf b = UT_BUF_INIT, got = UT_BUF_INIT;
    struct xr_value *params = xr_array(), *st = xr_struct(), *back;
    char *method;

    (void)state;
    xr_set(st, "k<", xr_string("1"));
    xr_set(st, "k<", xr_string("2"));
    xr_add(params, st);
    assert_int_equal(xr_emit_call("a.b&", params, &b), UT_OK);
    assert_int_equal(xr_parse_call(b.data, b.len, &method, &back, &err), UT_OK);
    describe(back, &got);
    assert_string_equal(method, "a.b&");
    assert_string_equal(ut_buf_str(&got), "[{k<='2'}]");
    free(method);
    xr_free(back);
    xr_free(params);
    ut_buf_fini(&b);
    ut_buf_fini(&got);
}

static void test_sxp(void **state)
{
    struct ut_sxp *sx = ut_sxp_new_list("domain"), *back;
    struct ut_buf a = UT_BUF_INIT, b = UT_BUF_INIT;
    struct xr_value *v, *copy;

    (void)state;
    ut_sxp_add_int(sx, "domid", 7);
    ut_sxp_add_float(sx, "t", 12.5);
    ut_sxp_add_str(sx, "name", "x y");
    ut_sxp_add(sx, ut_sxp_new_none());
    ut_sxp_add(sx, ut_sxp_new_bool(true));
    v = xr_from_sxp(sx);
    copy = xr_dup(v);
    back = xr_to_sxp(copy);
    ut_sxp_print(sx, &a);
    ut_sxp_print(back, &b);
    assert_string_equal(ut_buf_str(&a), ut_buf_str(&b));
    ut_sxp_free(sx);
    ut_sxp_free(back);
    xr_free(v);
    xr_free(copy);
    ut_buf_fini(&a);
    ut_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),    cmocka_unit_test(test_bad),
        cmocka_unit_test(test_limits),   cmocka_unit_test(test_response),
        cmocka_unit_test(test_fault),    cmocka_unit_test(test_emit_call),
        cmocka_unit_test(test_sxp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

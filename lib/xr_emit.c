/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values to XML-RPC messages. */
#include "xr_value.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XML_HEAD "<?xml version='1.0'?>\n"
#define REPLACEMENT "\xef\xbf\xbd"   /* U+FFFD: what XML cannot carry becomes visible */

/* Length of the well-formed UTF-8 sequence at `s` that XML 1.0 allows as text, or 0. */
static size_t utf8_len(const unsigned char *s, size_t left)
{
    unsigned c = s[0];
    size_t n;

    if (c < 0x80) return c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
    n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4 || n > left) return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if ((c == 0xe0 && s[1] < 0xa0) || (c == 0xed && s[1] > 0x9f)) return 0;
    if ((c == 0xf0 && s[1] < 0x90) || (c == 0xf4 && s[1] > 0x8f)) return 0;
    if (c == 0xef && s[1] == 0xbf && s[2] >= 0xbe) return 0;   /* U+FFFE, U+FFFF */
    return n;
}

static void emit_text(const char *text, size_t len, struct ut_buf *out)
{
    const unsigned char *s = (const unsigned char *)text;

    for (size_t i = 0; i < len;) {
        size_t n = utf8_len(s + i, len - i);

        if (!n) ut_buf_adds(out, REPLACEMENT);
        else if (s[i] == '&') ut_buf_adds(out, "&amp;");
        else if (s[i] == '<') ut_buf_adds(out, "&lt;");
        else if (s[i] == '>') ut_buf_adds(out, "&gt;");
        else if (s[i] == '\r') ut_buf_adds(out, "&#13;");   /* else the reader drops it */
        else ut_buf_add(out, s + i, n);
        i += n ? n : 1;
    }
}

static void emit_base64(const char *data, size_t len, struct ut_buf *out)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *s = (const unsigned char *)data;

    for (size_t i = 0; i < len; i += 3) {
        unsigned v = (unsigned)s[i] << 16;

        if (i + 1 < len) v |= (unsigned)s[i + 1] << 8;
        if (i + 2 < len) v |= s[i + 2];
        ut_buf_addc(out, digit[v >> 18]);
        ut_buf_addc(out, digit[v >> 12 & 63]);
        ut_buf_addc(out, i + 1 < len ? digit[v >> 6 & 63] : '=');
        ut_buf_addc(out, i + 2 < len ? digit[v & 63] : '=');
    }
}

/* The shortest form that reads back as the same number. */
static void emit_double(double d, struct ut_buf *out)
{
    char text[40];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, d);
        if (strtod(text, NULL) == d) break;
    }
    if (isfinite(d) && !strpbrk(text, ".e")) strcat(text, ".0");
    ut_buf_adds(out, text);
}

static void emit_value(const struct xr_value *v, struct ut_buf *out);

static void emit_members(const struct xr_value *v, struct ut_buf *out)
{
    ut_buf_adds(out, "<struct>");
    for (size_t i = 0; i < v->nr_items; i++) {
        ut_buf_adds(out, "<member><name>");
        emit_text(v->key[i], strlen(v->key[i]), out);
        ut_buf_adds(out, "</name>");
        emit_value(v->item[i], out);
        ut_buf_adds(out, "</member>");
    }
    ut_buf_adds(out, "</struct>");
}

static void emit_array(const struct xr_value *v, struct ut_buf *out)
{
    ut_buf_adds(out, "<array><data>");
    for (size_t i = 0; i < v->nr_items; i++) emit_value(v->item[i], out);
    ut_buf_adds(out, "</data></array>");
}

/* XML-RPC has 32 bits only; readers convert a decimal string where they want a number. */
static void emit_int(int64_t i, struct ut_buf *out)
{
    bool fits = i >= INT32_MIN && i <= INT32_MAX;

    ut_buf_addf(out, fits ? "<int>%" PRId64 "</int>" : "<string>%" PRId64 "</string>", i);
}

static void emit_tagged(const char *tag, const struct xr_value *v, struct ut_buf *out)
{
    ut_buf_addf(out, "<%s>", tag);
    if (v->type == XR_DOUBLE) emit_double(v->d, out);
    else if (v->type == XR_BASE64) emit_base64(v->s, v->s_len, out);
    else emit_text(v->s, v->s_len, out);
    ut_buf_addf(out, "</%s>", tag);
}

static void emit_value(const struct xr_value *v, struct ut_buf *out)
{
    ut_buf_adds(out, "<value>");
    switch (v->type) {
    case XR_NIL:      ut_buf_adds(out, "<nil/>"); break;
    case XR_BOOL:     ut_buf_addf(out, "<boolean>%d</boolean>", v->i != 0); break;
    case XR_INT:      emit_int(v->i, out); break;
    case XR_DOUBLE:   emit_tagged("double", v, out); break;
    case XR_STRING:   emit_tagged("string", v, out); break;
    case XR_DATETIME: emit_tagged("dateTime.iso8601", v, out); break;
    case XR_BASE64:   emit_tagged("base64", v, out); break;
    case XR_ARRAY:    emit_array(v, out); break;
    case XR_STRUCT:   emit_members(v, out); break;
    }
    ut_buf_adds(out, "</value>");
}

int xr_emit_call(const char *method, const struct xr_value *params, struct ut_buf *out)
{
    ut_buf_adds(out, XML_HEAD "<methodCall>\n<methodName>");
    emit_text(method, strlen(method), out);
    ut_buf_adds(out, "</methodName>\n<params>\n");
    for (size_t i = 0; params && i < params->nr_items; i++) {
        ut_buf_adds(out, "<param>\n");
        emit_value(params->item[i], out);
        ut_buf_adds(out, "</param>\n");
    }
    ut_buf_adds(out, "</params>\n</methodCall>\n");
    return out->oom ? UT_ENOMEM : UT_OK;
}

int xr_emit_response(const struct xr_value *value, struct ut_buf *out)
{
    ut_buf_adds(out, XML_HEAD "<methodResponse>\n<params>\n<param>\n");
    if (value) emit_value(value, out);
    else ut_buf_adds(out, "<value><nil/></value>");
    ut_buf_adds(out, "</param>\n</params>\n</methodResponse>\n");
    return out->oom ? UT_ENOMEM : UT_OK;
}

int xr_emit_fault(int fault, const char *text, struct ut_buf *out)
{
    ut_buf_adds(out, XML_HEAD "<methodResponse>\n<fault>\n<value><struct>\n<member>"
                     "<name>faultCode</name><value>");
    ut_buf_addf(out, "<int>%d</int></value></member>\n<member>", fault);
    ut_buf_adds(out, "<name>faultString</name><value><string>");
    emit_text(text, strlen(text), out);
    ut_buf_adds(out, "</string></value></member>\n</struct></value>\n</fault>\n"
                     "</methodResponse>\n");
    return out->oom ? UT_ENOMEM : UT_OK;
}

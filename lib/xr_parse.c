/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XML-RPC messages to values. libxml2's SAX interface feeds a stack of frames, so a hostile body
 * costs at most its own size, MAX_VALUES values and XR_MAX_DEPTH frames; a document type
 * declaration (the way to entities) ends the parse at once.
 */
#include "xr_value.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#define MAX_VALUES (1u << 18)
#define MAX_FRAMES (XR_MAX_DEPTH * 4 + 8)   /* a value takes up to four; the envelope */

enum elem { E_DOC, E_CALL, E_RESPONSE, E_METHOD_NAME, E_PARAMS, E_PARAM, E_FAULT, E_VALUE, E_ARRAY,
            E_DATA, E_STRUCT, E_MEMBER, E_NAME, E_NIL, E_BOOL, E_INT, E_DOUBLE, E_STRING,
            E_DATETIME, E_BASE64 };

/* Elements by local name (a namespace prefix as in ex:i8 does not matter) with their parents. */
static const struct {
    const char *name;
    enum elem elem;
    unsigned parents;               /* bit set of enum elem */
    bool has_text;
} elems[] = {
    { "methodCall",       E_CALL,        1u << E_DOC,                     false },
    { "methodResponse",   E_RESPONSE,    1u << E_DOC,                     false },
    { "methodName",       E_METHOD_NAME, 1u << E_CALL,                    true },
    { "params",           E_PARAMS,      1u << E_CALL | 1u << E_RESPONSE, false },
    { "fault",            E_FAULT,       1u << E_RESPONSE,                false },
    { "param",            E_PARAM,       1u << E_PARAMS,                  false },
    { "value",            E_VALUE,       1u << E_PARAM | 1u << E_FAULT | 1u << E_DATA |
                                         1u << E_MEMBER,                  true },
    { "array",            E_ARRAY,       1u << E_VALUE,                   false },
    { "data",             E_DATA,        1u << E_ARRAY,                   false },
    { "struct",           E_STRUCT,      1u << E_VALUE,                   false },
    { "member",           E_MEMBER,      1u << E_STRUCT,                  false },
    { "name",             E_NAME,        1u << E_MEMBER,                  true },
    { "nil",              E_NIL,         1u << E_VALUE,                   true },
    { "boolean",          E_BOOL,        1u << E_VALUE,                   true },
    { "int",              E_INT,         1u << E_VALUE,                   true },
    { "i4",               E_INT,         1u << E_VALUE,                   true },
    { "i8",               E_INT,         1u << E_VALUE,                   true },
    { "double",           E_DOUBLE,      1u << E_VALUE,                   true },
    { "string",           E_STRING,      1u << E_VALUE,                   true },
    { "dateTime.iso8601", E_DATETIME,    1u << E_VALUE,                   true },
    { "base64",           E_BASE64,      1u << E_VALUE,                   true },
};

struct frame {
    enum elem elem;
    bool has_text;
    struct xr_value *v;             /* finished value, or the array/struct being filled */
    char *name;                     /* E_MEMBER */
};

struct parse {
    xmlParserCtxtPtr xml;
    struct ut_err *err;
    int rc;                         /* first failure */
    struct frame stack[MAX_FRAMES];
    unsigned depth, value_depth, nr_values;
    struct ut_buf text;
    bool is_call, is_fault;
    char *method;
    struct xr_value *params;        /* XR_ARRAY; NULL until <params> */
    struct xr_value *fault;
};

static void __attribute__((format(printf, 3, 4)))
fail(struct parse *p, int code, const char *fmt, ...)
{
    char what[160];
    va_list ap;

    if (p->rc < 0) return;
    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    p->rc = ut_err_set(p->err, code, "XML-RPC message, line %d: %s",
                       xmlSAX2GetLineNumber(p->xml), what);
    xmlStopParser(p->xml);
}

static struct frame *top(struct parse *p)
{
    return &p->stack[p->depth];
}

/* ---- text of an element to a value ----------------------------------------------------------- */

static const char *trimmed(struct parse *p)
{
    char *s = p->text.data;
    size_t len = p->text.len;

    if (!s) return "";
    while (len && strchr(" \t\r\n", s[len - 1])) s[--len] = '\0';
    return s + strspn(s, " \t\r\n");
}

static struct xr_value *bool_value(struct parse *p)
{
    const char *s = trimmed(p);

    if (strcmp(s, "0") == 0 || strcmp(s, "1") == 0) return xr_bool(*s == '1');
    fail(p, UT_EFORMAT, "bad boolean");
    return NULL;
}

static struct xr_value *int_value(struct parse *p)
{
    const char *s = trimmed(p);
    long long v;
    char *end;

    errno = 0;
    v = strtoll(s, &end, 10);
    if (!errno && end != s && !*end) return xr_int(v);
    fail(p, UT_EFORMAT, "bad integer");
    return NULL;
}

static struct xr_value *double_value(struct parse *p)
{
    const char *s = trimmed(p);
    double v;
    char *end;

    v = strtod(s, &end);
    if (end != s && !*end && s[strspn(s, "+-.0123456789eEinfa")] == '\0') return xr_double(v);
    fail(p, UT_EFORMAT, "bad double");
    return NULL;
}

static struct xr_value *text_value(struct parse *p, enum xr_type type)
{
    struct xr_value *v = xr_string(ut_buf_str(&p->text));

    if (v) v->type = type;
    return v;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decoded in place: the result is never longer than the text. */
static struct xr_value *base64_value(struct parse *p)
{
    struct xr_value *v = text_value(p, XR_BASE64);
    unsigned bits = 0, acc = 0, nr_digits = 0, nr_pad = 0;
    size_t n = 0;

    if (!v) return NULL;
    for (const char *s = v->s; *s; s++) {
        int digit = base64_digit(*s);

        if (strchr(" \t\r\n", *s)) continue;
        if (*s == '=') {
            nr_pad++;
            continue;
        }
        if (digit < 0 || nr_pad) goto bad;
        nr_digits++;
        acc = (acc << 6 | (unsigned)digit) & 0xffffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            v->s[n++] = (char)(acc >> bits & 0xff);
        }
    }
    if ((nr_digits + nr_pad) % 4 || nr_pad > 2) goto bad;
    v->s[n] = '\0';
    v->s_len = n;
    return v;
bad:
    xr_free(v);
    fail(p, UT_EFORMAT, "bad base64");
    return NULL;
}

static struct xr_value *nil_value(struct parse *p)
{
    if (!*trimmed(p)) return xr_nil();
    fail(p, UT_EFORMAT, "nil with contents");
    return NULL;
}

/* Value of a scalar element that ends now. */
static struct xr_value *scalar(struct parse *p, enum elem elem)
{
    switch (elem) {
    case E_NIL:      return nil_value(p);
    case E_BOOL:     return bool_value(p);
    case E_INT:      return int_value(p);
    case E_DOUBLE:   return double_value(p);
    case E_DATETIME: return text_value(p, XR_DATETIME);
    case E_BASE64:   return base64_value(p);
    default:         return text_value(p, XR_STRING);
    }
}

/* ---- start of an element --------------------------------------------------------------------- */

/* Only one content each: checked here so that the end of an element finds what it needs. */
static bool repeated(const struct parse *p, const struct frame *parent, enum elem elem)
{
    switch (parent->elem) {
    case E_VALUE:
    case E_PARAM:
    case E_FAULT:  return parent->v != NULL;
    case E_CALL:   return elem == E_METHOD_NAME ? p->method != NULL : p->params != NULL;
    case E_RESPONSE: return p->params || p->fault;
    case E_MEMBER: return elem == E_NAME ? parent->name != NULL : parent->v != NULL;
    default:       return false;
    }
}

/* Count values and make containers. */
static bool open_value(struct parse *p, struct frame *f)
{
    if (f->elem == E_VALUE && (++p->value_depth > XR_MAX_DEPTH || ++p->nr_values > MAX_VALUES)) {
        fail(p, UT_ELIMIT, p->value_depth > XR_MAX_DEPTH ? "values nested too deeply"
                                                         : "too many values");
        return false;
    }
    if (f->elem == E_ARRAY) f->v = xr_array();
    if (f->elem == E_STRUCT) f->v = xr_struct();
    if (f->elem == E_PARAMS) p->params = xr_array();
    if (((f->elem == E_ARRAY || f->elem == E_STRUCT) && !f->v) ||
        (f->elem == E_PARAMS && !p->params)) {
        fail(p, UT_ENOMEM, "out of memory");
        return false;
    }
    return true;
}

static void on_start(void *ctx, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri,
                     int nr_ns, const xmlChar **ns, int nr_attrs, int nr_dflt,
                     const xmlChar **attrs)
{
    struct parse *p = ((xmlParserCtxtPtr)ctx)->_private;
    struct frame *parent = top(p), *f;
    size_t i;

    (void)prefix, (void)uri, (void)nr_ns, (void)ns, (void)nr_attrs, (void)nr_dflt, (void)attrs;
    if (p->rc < 0) return;
    for (i = 0; i < ARRAY_SIZE(elems); i++)
        if (strcmp((const char *)local, elems[i].name) == 0) break;
    if (i == ARRAY_SIZE(elems)) {
        fail(p, UT_EFORMAT, "unknown element <%.40s>", (const char *)local);
        return;
    }
    if (!(elems[i].parents & 1u << parent->elem) || repeated(p, parent, elems[i].elem) ||
        p->depth + 1 >= MAX_FRAMES) {
        fail(p, UT_EFORMAT, "<%s> is misplaced", elems[i].name);
        return;
    }
    if (parent->elem == E_VALUE && *trimmed(p)) {
        fail(p, UT_EFORMAT, "text before <%s>", elems[i].name);
        return;
    }
    f = &p->stack[++p->depth];
    *f = (struct frame){ .elem = elems[i].elem, .has_text = elems[i].has_text };
    if (f->elem == E_CALL) p->is_call = true;
    if (f->elem == E_FAULT) p->is_fault = true;
    ut_buf_reset(&p->text);
    open_value(p, f);
}

/* ---- end of an element ----------------------------------------------------------------------- */

/* A finished <value>: hand it to what it belongs to. */
static int place(struct parse *p, struct frame *parent, struct xr_value *v)
{
    switch (parent->elem) {
    case E_DATA: return xr_add(p->stack[p->depth - 2].v, v);    /* the <array> around <data> */
    case E_PARAM:
    case E_MEMBER:
    case E_FAULT: parent->v = v; return UT_OK;
    default: xr_free(v); return UT_EINTERNAL;
    }
}

static int end_value(struct parse *p, struct frame *f)
{
    struct xr_value *v = f->v;

    p->value_depth--;
    f->v = NULL;
    if (!v) v = text_value(p, XR_STRING);       /* no type means string */
    else if (*trimmed(p)) fail(p, UT_EFORMAT, "text behind a typed value");
    if (!v) return UT_ENOMEM;
    return place(p, f - 1, v);
}

/* Result of the element on top; its frame is still there, its parent is below. */
static int end_elem(struct parse *p, struct frame *f)
{
    struct xr_value *v = f->v;
    int rc = UT_OK;

    switch (f->elem) {
    case E_DOC: case E_CALL: case E_RESPONSE: case E_PARAMS: case E_DATA:
        return UT_OK;
    case E_METHOD_NAME:
        p->method = strdup(trimmed(p));
        return p->method ? UT_OK : UT_ENOMEM;
    case E_NAME:
        f[-1].name = strdup(ut_buf_str(&p->text));
        return f[-1].name ? UT_OK : UT_ENOMEM;
    case E_VALUE:
        return end_value(p, f);
    case E_PARAM: case E_FAULT: case E_MEMBER:
        if (!v || (f->elem == E_MEMBER && !f->name)) {
            fail(p, UT_EFORMAT, "incomplete element");
            return UT_EFORMAT;
        }
        f->v = NULL;
        if (f->elem == E_FAULT) p->fault = v;
        else if (f->elem == E_PARAM) rc = xr_add(p->params, v);
        else rc = xr_set(f[-1].v, f->name, v);
        return rc;
    case E_ARRAY: case E_STRUCT:
        f->v = NULL;
        f[-1].v = v;
        return UT_OK;
    default:
        f[-1].v = scalar(p, f->elem);
        return f[-1].v ? UT_OK : UT_ENOMEM;
    }
}

static void frame_fini(struct frame *f)
{
    xr_free(f->v);
    free(f->name);
}

static void on_end(void *ctx, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
    struct parse *p = ((xmlParserCtxtPtr)ctx)->_private;

    (void)local, (void)prefix, (void)uri;
    if (p->rc < 0 || !p->depth) return;
    if (p->text.oom || end_elem(p, top(p)) < 0) fail(p, UT_ENOMEM, "out of memory");
    frame_fini(top(p));
    p->depth--;
    ut_buf_reset(&p->text);
}

static void on_text(void *ctx, const xmlChar *text, int len)
{
    struct parse *p = ((xmlParserCtxtPtr)ctx)->_private;
    const char *s = (const char *)text;

    if (p->rc < 0) return;
    if (top(p)->has_text) {
        ut_buf_add(&p->text, s, (size_t)len);
        return;
    }
    for (int i = 0; i < len; i++) {
        if (strchr(" \t\r\n", s[i])) continue;
        fail(p, UT_EFORMAT, "text outside a value");
        return;
    }
}

static void on_doctype(void *ctx, const xmlChar *name, const xmlChar *id, const xmlChar *system)
{
    (void)name, (void)id, (void)system;
    fail(((xmlParserCtxtPtr)ctx)->_private, UT_EFORMAT, "document types are not allowed");
}

static void on_reference(void *ctx, const xmlChar *name)
{
    fail(((xmlParserCtxtPtr)ctx)->_private, UT_EFORMAT, "entity &%.40s; is not allowed",
         (const char *)name);
}

static void ignore_error(void *ctx, xmlErrorPtr error)
{
    (void)ctx, (void)error;         /* the context keeps the last one; nothing goes to stderr */
}

/* ---- whole messages -------------------------------------------------------------------------- */

static void set_handlers(xmlSAXHandlerPtr sax)
{
    memset(sax, 0, sizeof(*sax));
    sax->initialized = XML_SAX2_MAGIC;
    sax->startElementNs = on_start;
    sax->endElementNs = on_end;
    sax->characters = on_text;
    sax->ignorableWhitespace = on_text;
    sax->cdataBlock = on_text;
    sax->internalSubset = on_doctype;
    sax->reference = on_reference;
    sax->serror = ignore_error;
}

static void xml_failure(struct parse *p)
{
    const xmlError *e = xmlCtxtGetLastError(p->xml);
    int len = e && e->message ? (int)strcspn(e->message, "\n") : 0;

    if (p->rc < 0) return;
    p->rc = ut_err_set(p->err, UT_EFORMAT, "not well-formed XML, line %d: %.*s", e ? e->line : 0,
                       len > 200 ? 200 : len, len ? e->message : "");
}

static void run(struct parse *p, const char *xml, size_t len)
{
    int r;

    if (len > XR_MAX_BODY_BYTES) {
        p->rc = ut_err_set(p->err, UT_ELIMIT, "XML-RPC message of %zu bytes (limit %u)", len,
                           XR_MAX_BODY_BYTES);
        return;
    }
    p->xml = len ? xmlCreateMemoryParserCtxt(xml, (int)len) : NULL;
    if (!p->xml) {
        p->rc = len ? ut_err_set(p->err, UT_ENOMEM, "out of memory")
                    : ut_err_set(p->err, UT_EFORMAT, "empty XML-RPC message");
        return;
    }
    xmlCtxtUseOptions(p->xml, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                              XML_PARSE_NOCDATA);
    set_handlers(p->xml->sax);
    p->xml->_private = p;
    r = xmlParseDocument(p->xml);
    if (r != 0 || !p->xml->wellFormed || p->depth) xml_failure(p);
    xmlFreeParserCtxt(p->xml);
}

static struct parse *parse_new(struct ut_err *err)
{
    struct parse *p = calloc(1, sizeof(*p));

    if (!p) {
        ut_err_set(err, UT_ENOMEM, "out of memory");
        return NULL;
    }
    p->err = err;
    p->stack[0].elem = E_DOC;
    return p;
}

static void parse_free(struct parse *p)
{
    if (!p) return;
    for (unsigned i = 0; i <= p->depth; i++) frame_fini(&p->stack[i]);
    ut_buf_fini(&p->text);
    free(p->method);
    xr_free(p->params);
    xr_free(p->fault);
    free(p);
}

int xr_parse_call(const char *xml, size_t len, char **method_out, struct xr_value **params_out,
                  struct ut_err *err)
{
    struct parse *p = parse_new(err);
    int rc;

    *method_out = NULL;
    *params_out = NULL;
    if (!p) return UT_ENOMEM;
    run(p, xml, len);
    rc = p->rc;
    if (rc == UT_OK && (!p->is_call || !p->method || !*p->method))
        rc = ut_err_set(err, UT_EFORMAT, "XML-RPC message without a method name");
    if (rc == UT_OK && !p->params) {
        p->params = xr_array();     /* <params> may be left out */
        if (!p->params) rc = ut_err_set(err, UT_ENOMEM, "out of memory");
    }
    if (rc == UT_OK) {
        *method_out = p->method;
        *params_out = p->params;
        p->method = NULL;
        p->params = NULL;
    }
    parse_free(p);
    return rc;
}

static int report_fault(const struct xr_value *fault, struct ut_err *err)
{
    const struct xr_value *code = xr_get(fault, "faultCode");
    const struct xr_value *text = xr_get(fault, "faultString");
    int number, rc;

    if (!code || code->type != XR_INT || code->i < INT32_MIN || code->i > INT32_MAX || !text ||
        text->type != XR_STRING)
        return ut_err_set(err, UT_EFORMAT, "XML-RPC fault without code and text");
    number = (int)code->i;
    rc = number == ut_err_fault(UT_ENODOM) ? UT_ENODOM : UT_EREMOTE;
    ut_err_set(err, rc, "%s", text->s);
    if (err) err->fault = number;
    return rc;
}

int xr_parse_response(const char *xml, size_t len, struct xr_value **value_out,
                      struct ut_err *err)
{
    struct parse *p = parse_new(err);
    int rc;

    *value_out = NULL;
    if (!p) return UT_ENOMEM;
    run(p, xml, len);
    rc = p->rc;
    if (rc == UT_OK && p->fault) {
        rc = report_fault(p->fault, err);
    } else if (rc == UT_OK && (p->is_call || !p->params || p->params->nr_items != 1)) {
        rc = ut_err_set(err, UT_EFORMAT, "XML-RPC response without exactly one value");
    } else if (rc == UT_OK) {
        *value_out = p->params->item[0];
        p->params->nr_items = 0;
    }
    parse_free(p);
    return rc;
}

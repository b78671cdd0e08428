/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text to tree, by the historic lexer's rules. */
#include "ut_sxp.h"

#include <string.h>

#define END_OF_TEXT '\x04'          /* Ctrl-D counts as the end of input */

struct lexer {
    const char *text;
    size_t len, pos;
    unsigned line;
    size_t line_start;              /* offset of the current line's first byte */
    struct ut_err *err;
};

static int fail(const struct lexer *lx, int code, const char *what)
{
    return ut_err_set(lx->err, code, "%s at line %u, column %zu", what, lx->line,
                      lx->pos - lx->line_start + 1);
}

static int peek(const struct lexer *lx)
{
    if (lx->pos >= lx->len || lx->text[lx->pos] == END_OF_TEXT) return -1;
    return (unsigned char)lx->text[lx->pos];
}

static void step(struct lexer *lx)
{
    if (lx->text[lx->pos++] == '\n') {
        lx->line++;
        lx->line_start = lx->pos;
    }
}

static bool is_space(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What ends an atom. A quote does not: it is literal inside one, and opens a string only where an
 * expression may start. */
static bool ends_atom(int c)
{
    return c < 0 || c == 0 || is_space(c) || strchr("{}()<>[];#", c) != NULL;
}

static void skip_space(struct lexer *lx)
{
    for (;;) {
        int c = peek(lx);

        if (c == '#') {
            while (peek(lx) >= 0 && peek(lx) != '\n') step(lx);
        } else if (c >= 0 && is_space(c)) {
            step(lx);
        } else {
            return;
        }
    }
}

static int hex_value(int c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static int parse_hex(struct lexer *lx, struct ut_buf *out)
{
    int value = 0;

    for (int i = 0; i < 2; i++) {
        int digit = hex_value(peek(lx));

        if (digit < 0) return fail(lx, UT_EFORMAT, "bad \\x escape");
        value = value * 16 + digit;
        step(lx);
    }
    if (!value) return fail(lx, UT_EFORMAT, "NUL in a string");
    ut_buf_addc(out, (char)value);
    return UT_OK;
}

static int parse_octal(struct lexer *lx, struct ut_buf *out)
{
    int value = 0;

    for (int i = 0; i < 3 && peek(lx) >= '0' && peek(lx) <= '7'; i++) {
        value = value * 8 + (peek(lx) - '0');
        step(lx);
    }
    if (!value || value > 255) return fail(lx, UT_EFORMAT, "bad octal escape");
    ut_buf_addc(out, (char)value);
    return UT_OK;
}

/* Behind the backslash. */
static int parse_escape(struct lexer *lx, struct ut_buf *out)
{
    static const char from[] = "abtnvfr\\'\"", to[] = "\a\b\t\n\v\f\r\\'\"";
    int c = peek(lx);
    const char *hit;

    if (c < 0) return fail(lx, UT_EFORMAT, "unterminated string");
    if (c >= '0' && c <= '7') return parse_octal(lx, out);
    step(lx);
    if (c == 'x') return parse_hex(lx, out);
    hit = c ? strchr(from, c) : NULL;
    if (!hit) return fail(lx, UT_EFORMAT, "unknown escape");
    ut_buf_addc(out, to[hit - from]);
    return UT_OK;
}

static int parse_string(struct lexer *lx, int quote, struct ut_buf *out)
{
    step(lx);
    for (;;) {
        int c = peek(lx), rc;

        if (c < 0) return fail(lx, UT_EFORMAT, "unterminated string");
        if (c == 0) return fail(lx, UT_EFORMAT, "NUL in a string");
        step(lx);
        if (c == quote) return UT_OK;
        if (c != '\\') {
            ut_buf_addc(out, (char)c);
            continue;
        }
        rc = parse_escape(lx, out);
        if (rc < 0) return rc;
    }
}

static int parse_atom(struct lexer *lx, struct ut_sxp **sx_out)
{
    struct ut_buf text = UT_BUF_INIT;
    int c = peek(lx), rc = UT_OK;

    if (c == 0) return fail(lx, UT_EFORMAT, "NUL byte");
    if (c == '\'' || c == '"') {
        rc = parse_string(lx, c, &text);
    } else {
        /* the first character may be one that ends other atoms, such as '<' */
        do {
            ut_buf_addc(&text, (char)peek(lx));
            step(lx);
        } while (!ends_atom(peek(lx)));
    }
    if (rc == UT_OK) {
        *sx_out = text.oom ? NULL : ut_sxp_new_str(ut_buf_str(&text));
        if (!*sx_out) rc = ut_err_set(lx->err, UT_ENOMEM, "out of memory");
    }
    ut_buf_fini(&text);
    return rc;
}

/* One expression; no white space is in front. Iterative: the stack is bounded by the depth limit,
 * and a list is linked into its parent at once, so that one free of the root cleans up. */
static int parse_list(struct lexer *lx, struct ut_sxp **sx_out)
{
    struct ut_sxp *stack[UT_SXP_MAX_DEPTH], *child = NULL;
    unsigned depth = 0;
    int rc = UT_OK, c;

    for (;;) {
        skip_space(lx);
        c = peek(lx);
        if (c < 0) {
            rc = fail(lx, UT_EFORMAT, "unterminated list");
            break;
        }
        if (c == ')') {
            step(lx);
            if (--depth == 0) {
                *sx_out = stack[0];
                return UT_OK;
            }
            continue;
        }
        if (c == '(' && depth == UT_SXP_MAX_DEPTH) {
            rc = fail(lx, UT_ELIMIT, "lists nested too deeply");
            break;
        }
        if (c == '(') {
            step(lx);
            child = ut_sxp_new_list(NULL);
        } else {
            child = NULL;
            rc = parse_atom(lx, &child);
            if (rc < 0) break;
        }
        if (!child || (depth && ut_sxp_add(stack[depth - 1], child) < 0)) {
            rc = ut_err_set(lx->err, UT_ENOMEM, "out of memory");
            break;
        }
        if (c == '(') stack[depth++] = child;
    }
    if (depth) ut_sxp_free(stack[0]);
    return rc;
}

static int parse_one(struct lexer *lx, struct ut_sxp **sx_out)
{
    int c = peek(lx);

    if (c < 0) return fail(lx, UT_EFORMAT, "no expression");
    if (c == ')') return fail(lx, UT_EFORMAT, "unexpected )");
    return c == '(' ? parse_list(lx, sx_out) : parse_atom(lx, sx_out);
}

int ut_sxp_parse(const char *text, size_t len, struct ut_sxp **sx_out, size_t *used_out,
                 struct ut_err *err)
{
    struct lexer lx = { .text = text, .len = len, .line = 1, .err = err };
    int rc;

    *sx_out = NULL;
    skip_space(&lx);
    rc = parse_one(&lx, sx_out);
    if (used_out) *used_out = lx.pos;
    return rc;
}

int ut_sxp_parse_all(const char *text, size_t len, struct ut_sxp **list_out, struct ut_err *err)
{
    struct lexer lx = { .text = text, .len = len, .line = 1, .err = err };
    struct ut_sxp *list = ut_sxp_new_list(NULL), *sx;
    int rc;

    *list_out = NULL;
    if (!list) return ut_err_set(err, UT_ENOMEM, "out of memory");
    for (;;) {
        skip_space(&lx);
        if (peek(&lx) < 0) break;
        sx = NULL;
        rc = parse_one(&lx, &sx);
        if (rc == UT_OK && ut_sxp_add(list, sx) < 0)
            rc = ut_err_set(err, UT_ENOMEM, "out of memory");
        if (rc < 0) {
            ut_sxp_free(list);
            return rc;
        }
    }
    *list_out = list;
    return UT_OK;
}

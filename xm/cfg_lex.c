/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cfg_lex.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_name_start(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_';
}

static bool is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}

static bool is_eol(char ch)
{
    return ch == '\n' || ch == '\r';
}

struct xm_pos xm__lex_pos(const struct xm_lex *lx, const char *p)
{
    return (struct xm_pos){ lx->line, (unsigned)(p - lx->line_start) + 1 };
}

void xm__lex_eol(struct xm_lex *lx)
{
    if (lx->p[0] == '\r' && lx->end - lx->p > 1 && lx->p[1] == '\n') lx->p++;
    lx->p++;
    lx->line++;
    lx->line_start = lx->p;
}

void xm__lex_init(struct xm_lex *lx, struct xm_cfg *c)
{
    memset(lx, 0, sizeof(*lx));
    lx->c = c;
    lx->p = c->src;
    lx->end = c->src + c->len;
    if (c->len >= 3 && !memcmp(c->src, "\xef\xbb\xbf", 3)) lx->p += 3;      /* UTF-8 mark */
    lx->line_start = lx->p;
    lx->line = 1;
    lx->nr_indents = 1;
    lx->at_line_start = true;
}

/* Blanks, comments and backslash-joined lines. */
static void skip_blanks(struct xm_lex *lx)
{
    while (lx->p < lx->end) {
        char ch = *lx->p;

        if (ch == ' ' || ch == '\t' || ch == '\f') {
            lx->p++;
        } else if (ch == '#') {
            while (lx->p < lx->end && !is_eol(*lx->p))
                lx->p++;
        } else if (ch == '\\' && lx->end - lx->p > 1 && is_eol(lx->p[1])) {
            lx->p++;
            xm__lex_eol(lx);
        } else if (lx->brackets && is_eol(ch)) {
            xm__lex_eol(lx);
        } else {
            return;
        }
    }
}

/* Indentation of a line with something on it; tabs go to the next multiple of 8. */
static unsigned measure_indent(struct xm_lex *lx)
{
    for (;;) {
        unsigned width = 0;

        for (; lx->p < lx->end; lx->p++) {
            if (*lx->p == ' ') width++;
            else if (*lx->p == '\t') width = (width / 8 + 1) * 8;
            else if (*lx->p == '\f') width = 0;
            else break;
        }
        if (lx->p < lx->end && *lx->p == '#') skip_blanks(lx);
        if (lx->p == lx->end) return 0;
        if (!is_eol(*lx->p)) return width;
        xm__lex_eol(lx);
    }
}

/* At the start of a logical line: INDENT, DEDENT or nothing (*done_out false). */
static bool line_start(struct xm_lex *lx, struct xm_tok *tok, bool *done_out)
{
    unsigned width = measure_indent(lx);
    unsigned n = lx->nr_indents;

    *done_out = true;
    tok->pos = xm__lex_pos(lx, lx->p);
    lx->at_line_start = false;
    if (width > lx->indent[n - 1]) {
        if (n > XM_CFG_MAX_NESTING) {
            xm__fail_limit(lx->c, tok->pos, "blocks are nested more than %d deep",
                           XM_CFG_MAX_NESTING);
            return false;
        }
        lx->indent[lx->nr_indents++] = width;
        tok->kind = XM_T_INDENT;
        return true;
    }
    while (width < lx->indent[n - 1])
        n--;
    if (width != lx->indent[n - 1]) {
        xm__fail(lx->c, tok->pos, "this line is indented like none of the blocks before it");
        return false;
    }
    if (n == lx->nr_indents) {
        *done_out = false;
        return true;
    }
    lx->pending_dedents = lx->nr_indents - n - 1;
    lx->nr_indents = n;
    tok->kind = XM_T_DEDENT;
    return true;
}

static bool parse_int(struct xm_lex *lx, struct xm_tok *tok, unsigned base, const char *digits)
{
    const char *end = tok->text + tok->len;
    uint64_t v = 0;

    if (digits == end) {
        xm__fail(lx->c, tok->pos, "malformed number");
        return false;
    }
    for (const char *p = digits; p < end; p++) {
        unsigned d = is_digit(*p) ? (unsigned)(*p - '0') : (unsigned)((*p | 32) - 'a') + 10;

        if (d >= base) {
            xm__fail(lx->c, tok->pos, "malformed number: '%c' is not a digit of base %u", *p, base);
            return false;
        }
        if (v > ((uint64_t)INT64_MAX - d) / base) {
            xm__fail(lx->c, tok->pos, "the number is too large (64 bits)");
            return false;
        }
        v = v * base + d;
    }
    tok->value = xm__int(lx->c, (int64_t)v);
    return tok->value != NULL;
}

static bool parse_float(struct xm_lex *lx, struct xm_tok *tok)
{
    char text[64], *end;
    double v;

    if (tok->len >= sizeof(text)) {
        xm__fail(lx->c, tok->pos, "the number has too many digits");
        return false;
    }
    memcpy(text, tok->text, tok->len);
    text[tok->len] = '\0';
    v = strtod(text, &end);
    if (*end || !(v <= 1.7e308)) {
        xm__fail(lx->c, tok->pos, "malformed number");
        return false;
    }
    tok->value = xm__float(lx->c, v);
    return tok->value != NULL;
}

static bool lex_number(struct xm_lex *lx, struct xm_tok *tok)
{
    const char *p = lx->p;
    bool hex = lx->end - p > 1 && p[0] == '0' && (p[1] | 32) == 'x';
    bool is_float = false;
    size_t len;

    tok->kind = XM_T_NUMBER;
    tok->text = p;
    for (; p < lx->end; p++) {
        bool exp_sign = !hex && p > tok->text && (*p == '+' || *p == '-') && (p[-1] | 32) == 'e';

        if (!is_name_start(*p) && !is_digit(*p) && *p != '.' && !exp_sign) break;
        if (*p == '.' || (!hex && (*p | 32) == 'e')) is_float = true;
    }
    lx->p = p;
    len = (size_t)(p - tok->text);
    if (len > 1 && (p[-1] | 32) == 'l' && !is_float) len--;     /* Python 2's long integers */
    tok->len = len;
    if (hex) return parse_int(lx, tok, 16, tok->text + 2);
    if (is_float) return parse_float(lx, tok);
    if (len > 1 && tok->text[0] == '0' && (tok->text[1] | 32) == 'o')
        return parse_int(lx, tok, 8, tok->text + 2);
    if (len > 1 && tok->text[0] == '0' && (tok->text[1] | 32) == 'b')
        return parse_int(lx, tok, 2, tok->text + 2);
    if (len > 1 && tok->text[0] == '0') return parse_int(lx, tok, 8, tok->text + 1);
    return parse_int(lx, tok, 10, tok->text);
}

static bool lex_name(struct xm_lex *lx, struct xm_tok *tok)
{
    const char *p = lx->p;

    while (p < lx->end && (is_name_start(*p) || is_digit(*p)))
        p++;
    tok->text = lx->p;
    tok->len = (size_t)(p - lx->p);
    lx->p = p;
    if (p < lx->end && (*p == '\'' || *p == '"') && tok->len <= 2)
        return xm__lex_string(lx, tok->text, tok->len, tok);
    tok->kind = XM_T_NAME;
    return true;
}

static bool open_bracket(struct xm_lex *lx, const struct xm_tok *tok)
{
    if (lx->brackets == XM_CFG_MAX_NESTING) {
        xm__fail_limit(lx->c, tok->pos, "brackets are nested more than %d deep",
                       XM_CFG_MAX_NESTING);
        return false;
    }
    lx->bracket[lx->brackets] = tok->text[0];
    lx->bracket_pos[lx->brackets++] = tok->pos;
    return true;
}

static bool close_bracket(struct xm_lex *lx, const struct xm_tok *tok)
{
    char want = tok->text[0] == ')' ? '(' : tok->text[0] == ']' ? '[' : '{';
    unsigned n = lx->brackets;

    if (n == 0) {
        xm__fail(lx->c, tok->pos, "'%c' closes nothing: there is no '%c' before it", tok->text[0],
                 want);
        return false;
    }
    if (lx->bracket[n - 1] != want) {
        xm__fail(lx->c, tok->pos, "'%c' does not close the '%c' of line %u, column %u",
                 tok->text[0], lx->bracket[n - 1], lx->bracket_pos[n - 1].line,
                 lx->bracket_pos[n - 1].col);
        return false;
    }
    lx->brackets--;
    return true;
}

static bool bad_char(struct xm_lex *lx, const struct xm_tok *tok)
{
    unsigned char ch = (unsigned char)*lx->p;

    if (ch == '\\') xm__fail(lx->c, tok->pos, "a backslash must be the last character of its line");
    else if (ch > 32 && ch < 127) xm__fail(lx->c, tok->pos, "unexpected character '%c'", ch);
    else xm__fail(lx->c, tok->pos, "unexpected character (byte 0x%02x) outside a string", ch);
    return false;
}

/* Longest first. */
static const char *const ops[] = {
    "**=", "//=", "<<=", ">>=", "**", "//", "<<", ">>", "<=", ">=", "==", "!=", "<>", "+=", "-=",
    "*=",  "/=",  "%=",  "|=",  "&=", "^=", ":=", "->", "+",  "-",  "*",  "/",  "%",  "|",  "&",
    "^",   "~",   "<",   ">",   "=",  "(",  ")",  "[",  "]",  "{",  "}",  ",",  ":",  ".",  ";",
    "@",   "`",   "!",
};

static bool lex_op(struct xm_lex *lx, struct xm_tok *tok)
{
    for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
        size_t n = strlen(ops[i]);

        if ((size_t)(lx->end - lx->p) < n || memcmp(lx->p, ops[i], n) != 0) continue;
        tok->kind = XM_T_OP;
        tok->text = lx->p;
        tok->len = n;
        if (strchr("([{", *lx->p) && !open_bracket(lx, tok)) return false;
        if (strchr(")]}", *lx->p) && !close_bracket(lx, tok)) return false;
        lx->p += n;
        return true;
    }
    return bad_char(lx, tok);
}

static bool lex_end(struct xm_lex *lx, struct xm_tok *tok)
{
    if (lx->brackets) {
        unsigned n = lx->brackets - 1;

        xm__fail(lx->c, lx->bracket_pos[n], "this '%c' is never closed", lx->bracket[n]);
        return false;
    }
    tok->text = lx->end;
    tok->len = 0;
    if (lx->any) {                  /* the last line has no end */
        lx->any = false;
        tok->kind = XM_T_NEWLINE;
        return true;
    }
    if (lx->nr_indents > 1) {
        lx->nr_indents--;
        tok->kind = XM_T_DEDENT;
        return true;
    }
    tok->kind = XM_T_END;
    return true;
}

bool xm__lex_next(struct xm_lex *lx, struct xm_tok *tok)
{
    bool done;

    memset(tok, 0, sizeof(*tok));
    tok->pos = xm__lex_pos(lx, lx->p);
    tok->text = lx->p;
    if (!xm__work(lx->c, tok->pos, 1)) return false;
    if (lx->pending_dedents) {
        lx->pending_dedents--;
        tok->kind = XM_T_DEDENT;
        return true;
    }
    if (lx->at_line_start) {
        if (!line_start(lx, tok, &done)) return false;
        if (done) return true;
    }
    skip_blanks(lx);
    tok->pos = xm__lex_pos(lx, lx->p);
    if (lx->p == lx->end) return lex_end(lx, tok);
    if (is_eol(*lx->p)) {
        tok->kind = XM_T_NEWLINE;
        xm__lex_eol(lx);
        lx->at_line_start = true;
        lx->any = false;
        return true;
    }
    lx->any = true;
    if (is_name_start(*lx->p)) return lex_name(lx, tok);
    if (is_digit(*lx->p) || (*lx->p == '.' && lx->end - lx->p > 1 && is_digit(lx->p[1])))
        return lex_number(lx, tok);
    if (*lx->p == '\'' || *lx->p == '"') return xm__lex_string(lx, lx->p, 0, tok);
    return lex_op(lx, tok);
}

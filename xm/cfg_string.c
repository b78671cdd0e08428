/* SPDX-License-Identifier: GPL-2.0-or-later */
/* String literals: prefixes, quotes, escapes. */
#include "cfg_lex.h"

#include <string.h>

struct literal {
    char quote;
    bool triple;
    bool raw;
    bool unicode;                   /* \u and \U are escapes */
    struct ut_buf text;
};

static bool read_prefix(struct xm_lex *lx, const char *prefix, size_t len, struct literal *lit)
{
    for (size_t i = 0; i < len; i++) {
        switch (prefix[i] | 32) {
        case 'r': lit->raw = true; break;
        case 'u': lit->unicode = true; break;
        case 'b': break;
        case 'f':
            xm__fail(lx->c, xm__lex_pos(lx, prefix),
                     "f-strings are not supported; use 'text %%s' %% value");
            return false;
        default:
            xm__fail(lx->c, xm__lex_pos(lx, prefix), "'%.*s' is not a string prefix", (int)len,
                     prefix);
            return false;
        }
    }
    return true;
}

static int hex_digit(char ch)
{
    if (ch >= '0' && ch <= '9') return ch - '0';
    if ((ch | 32) >= 'a' && (ch | 32) <= 'f') return (ch | 32) - 'a' + 10;
    return -1;
}

static void add_utf8(struct ut_buf *b, uint32_t cp)
{
    if (cp < 0x80) {
        ut_buf_addc(b, (char)cp);
        return;
    }
    if (cp < 0x800) {
        ut_buf_addc(b, (char)(0xc0 | cp >> 6));
    } else if (cp < 0x10000) {
        ut_buf_addc(b, (char)(0xe0 | cp >> 12));
        ut_buf_addc(b, (char)(0x80 | (cp >> 6 & 63)));
    } else {
        ut_buf_addc(b, (char)(0xf0 | cp >> 18));
        ut_buf_addc(b, (char)(0x80 | (cp >> 12 & 63)));
        ut_buf_addc(b, (char)(0x80 | (cp >> 6 & 63)));
    }
    ut_buf_addc(b, (char)(0x80 | (cp & 63)));
}

/* Exactly `digits` hexadecimal digits behind \x, \u or \U; lx->p is at the first. */
static bool hex_escape(struct xm_lex *lx, struct literal *lit, unsigned digits,
                       struct xm_pos pos)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < digits; i++, lx->p++) {
        int d = lx->p < lx->end ? hex_digit(*lx->p) : -1;

        if (d < 0) {
            xm__fail(lx->c, pos, "this escape needs %u hexadecimal digits", digits);
            return false;
        }
        v = v << 4 | (uint32_t)d;
    }
    if (v == 0) {
        xm__fail(lx->c, pos, "a string cannot contain the character with code 0");
        return false;
    }
    if (digits > 2 && (v > 0x10ffff || (v >= 0xd800 && v < 0xe000))) {
        xm__fail(lx->c, pos, "there is no character with code 0x%x", (unsigned)v);
        return false;
    }
    if (digits > 2) add_utf8(&lit->text, v);
    else ut_buf_addc(&lit->text, (char)v);
    return true;
}

static bool octal_escape(struct xm_lex *lx, struct literal *lit, struct xm_pos pos)
{
    unsigned v = 0;

    for (unsigned i = 0; i < 3 && lx->p < lx->end && *lx->p >= '0' && *lx->p <= '7'; i++)
        v = v * 8 + (unsigned)(*lx->p++ - '0');
    if (v == 0 || v > 255) {
        xm__fail(lx->c, pos, v ? "an octal escape ends at \\377"
                               : "a string cannot contain the character with code 0");
        return false;
    }
    ut_buf_addc(&lit->text, (char)v);
    return true;
}

static bool escape(struct xm_lex *lx, struct literal *lit)
{
    static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
    struct xm_pos pos = xm__lex_pos(lx, lx->p);
    const char *hit;
    char ch;

    lx->p++;
    if (lx->p == lx->end) return true;      /* the caller reports the missing quote */
    ch = *lx->p;
    if (lit->raw) {
        ut_buf_addc(&lit->text, '\\');
        if (ch == '\\' || ch == lit->quote) {
            ut_buf_addc(&lit->text, ch);
            lx->p++;
        }
        return true;
    }
    if (ch == '\n' || ch == '\r') {
        xm__lex_eol(lx);
        return true;
    }
    if (ch >= '0' && ch <= '7') return octal_escape(lx, lit, pos);
    lx->p++;
    if (ch == 'x') return hex_escape(lx, lit, 2, pos);
    if (lit->unicode && ch == 'u') return hex_escape(lx, lit, 4, pos);
    if (lit->unicode && ch == 'U') return hex_escape(lx, lit, 8, pos);
    hit = ch ? strchr(from, ch) : NULL;
    if (hit) {
        ut_buf_addc(&lit->text, to[hit - from]);
        return true;
    }
    ut_buf_addc(&lit->text, '\\');          /* unknown escapes stay as they are */
    lx->p--;
    return true;
}

static bool at_end_quote(const struct xm_lex *lx, const struct literal *lit)
{
    if (*lx->p != lit->quote) return false;
    return !lit->triple ||
           (lx->end - lx->p >= 3 && lx->p[1] == lit->quote && lx->p[2] == lit->quote);
}

/* From behind the opening quote to behind the closing one. */
static bool read_body(struct xm_lex *lx, struct literal *lit, struct xm_pos start)
{
    while (lx->p < lx->end && !at_end_quote(lx, lit)) {
        char ch = *lx->p;

        if (ch == '\\') {
            if (!escape(lx, lit)) return false;
        } else if (ch == '\n' || ch == '\r') {
            if (!lit->triple) break;
            xm__lex_eol(lx);
            ut_buf_addc(&lit->text, '\n');
        } else if (ch == '\0') {
            xm__fail(lx->c, xm__lex_pos(lx, lx->p), "the file contains a byte 0");
            return false;
        } else {
            ut_buf_addc(&lit->text, ch);
            lx->p++;
        }
    }
    if (lx->p == lx->end || !at_end_quote(lx, lit)) {
        xm__fail(lx->c, start, lit->triple
                     ? "the string that starts here is not closed before the end of the file"
                     : "the string that starts here is not closed on its line");
        return false;
    }
    lx->p += lit->triple ? 3 : 1;
    return true;
}

bool xm__lex_string(struct xm_lex *lx, const char *prefix, size_t prefix_len, struct xm_tok *tok)
{
    struct literal lit = { .quote = *lx->p, .text = UT_BUF_INIT };
    const char *q = lx->p;

    tok->kind = XM_T_STRING;
    tok->text = prefix;
    if (!read_prefix(lx, prefix, prefix_len, &lit)) return false;
    lit.triple = lx->end - q >= 3 && q[1] == *q && q[2] == *q;
    lx->p += lit.triple ? 3 : 1;
    if (!read_body(lx, &lit, tok->pos)) {
        ut_buf_fini(&lit.text);
        return false;
    }
    tok->len = (size_t)(lx->p - prefix);
    tok->value = xm__str_buf(lx->c, tok->pos, &lit.text);
    return tok->value != NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tree to text, one line or pretty. */
#include "ut_sxp.h"

#include <string.h>

#define INDENT 4u

static bool is_bare(const char *s)
{
    static const char ok[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:/~";

    if (strcmp(s, "@") == 0) return true;
    return *s && s[strspn(s, ok)] == '\0';
}

/* As Python quotes a byte string: double quotes only where that saves escaping. */
static void add_quoted(struct ut_buf *out, const char *s)
{
    char quote = strchr(s, '\'') && !strchr(s, '"') ? '"' : '\'';

    ut_buf_addc(out, quote);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '\\' || c == (unsigned char)quote) ut_buf_addf(out, "\\%c", c);
        else if (c == '\n') ut_buf_adds(out, "\\n");
        else if (c == '\r') ut_buf_adds(out, "\\r");
        else if (c == '\t') ut_buf_adds(out, "\\t");
        else if (c < 0x20 || c >= 0x7f) ut_buf_addf(out, "\\x%02x", c);
        else ut_buf_addc(out, (char)c);
    }
    ut_buf_addc(out, quote);
}

static void add_atom(const struct ut_sxp *sx, struct ut_buf *out)
{
    bool number = sx->kind == UT_SXP_INT || sx->kind == UT_SXP_FLOAT || sx->kind == UT_SXP_BOOL;

    /* none is the one word that is always quoted: readers took a bare None for text */
    if (sx->kind == UT_SXP_NONE || (!number && !is_bare(sx->text)))
        add_quoted(out, sx->text);
    else
        ut_buf_adds(out, sx->text);
}

void ut_sxp_print(const struct ut_sxp *sx, struct ut_buf *out)
{
    if (!sx) return;
    if (sx->kind != UT_SXP_LIST) {
        add_atom(sx, out);
        return;
    }
    ut_buf_addc(out, '(');
    for (size_t i = 0; i < sx->nr_items; i++) {
        if (i) ut_buf_addc(out, ' ');
        ut_sxp_print(sx->item[i], out);
    }
    ut_buf_addc(out, ')');
}

/* Print on one line if that takes at most `room` columns; else print nothing. Stops early, so that
 * a big tree is not printed once per level. */
static bool print_fitting(const struct ut_sxp *sx, size_t room, struct ut_buf *out)
{
    size_t start = out->len;

    if (sx->kind != UT_SXP_LIST) {
        add_atom(sx, out);
    } else {
        ut_buf_addc(out, '(');
        for (size_t i = 0; i < sx->nr_items; i++) {
            if (i) ut_buf_addc(out, ' ');
            if (out->len - start >= room ||
                !print_fitting(sx->item[i], room - (out->len - start), out))
                goto no;
        }
        ut_buf_addc(out, ')');
    }
    if (out->oom || out->len - start <= room) return true;
no:
    if (!out->oom) {
        out->len = start;
        out->data[start] = '\0';
    }
    return out->oom;
}

static void print_pretty(const struct ut_sxp *sx, size_t column, size_t width, struct ut_buf *out)
{
    if (sx->kind != UT_SXP_LIST) {
        add_atom(sx, out);
        return;
    }
    if (column < width && print_fitting(sx, width - column, out)) return;
    ut_buf_addc(out, '(');
    for (size_t i = 0; i < sx->nr_items; i++) {
        if (i == 0) {
            print_pretty(sx->item[0], column + 1, width, out);
            continue;
        }
        ut_buf_addf(out, "\n%*s", (int)(column + INDENT), "");
        print_pretty(sx->item[i], column + INDENT, width, out);
    }
    ut_buf_addf(out, "\n%*s)", (int)column, "");
}

void ut_sxp_print_pretty(const struct ut_sxp *sx, unsigned width, struct ut_buf *out)
{
    if (sx) print_pretty(sx, 0, width, out);
}

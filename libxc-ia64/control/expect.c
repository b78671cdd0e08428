/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/expect.h"

#include <string.h>

int xci__expect_init(struct xci__expect *ex, const char *regex, struct ut_err *err)
{
    char why[160];
    int r;

    memset(ex, 0, sizeof(*ex));
    r = regcomp(&ex->re, regex, REG_EXTENDED | REG_NOSUB);
    if (r) {
        regerror(r, &ex->re, why, sizeof(why));
        return ut_err_set(err, UT_EARG, "regular expression \"%.100s\": %s", regex, why);
    }
    ex->compiled = true;
    return UT_OK;
}

void xci__expect_fini(struct xci__expect *ex)
{
    if (ex->compiled) regfree(&ex->re);
    ex->compiled = false;
}

static bool matches(struct xci__expect *ex)
{
    ex->line[ex->len] = '\0';
    return !regexec(&ex->re, ex->line, 0, NULL, 0);
}

bool xci__expect_feed(struct xci__expect *ex, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (c == '\n' || ex->len == XCI__EXPECT_LINE_MAX) {
            if (matches(ex)) return true;
            ex->len = 0;
        }
        if (c != '\n' && c != '\r' && c != '\0') ex->line[ex->len++] = c;
    }
    return ex->len && matches(ex);
}

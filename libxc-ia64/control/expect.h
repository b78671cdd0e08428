/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expect: has a regular expression been seen in a stream of console output?
 *
 * POSIX extended syntax, matched against each line without its line end, complete or not: a prompt
 * counts as soon as it is there. A line longer than XCI__EXPECT_LINE_MAX is matched in pieces.
 * Ownership: embedded object; xci__expect_fini is idempotent. Threads: one.
 */
#ifndef XCI_EXPECT_H
#define XCI_EXPECT_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include "ut_err.h"

#define XCI__EXPECT_LINE_MAX 4096

struct xci__expect {
    regex_t re;
    bool compiled;
    size_t len;
    char line[XCI__EXPECT_LINE_MAX + 1];
};

/** UT_EARG with what regcomp says. */
int xci__expect_init(struct xci__expect *ex, const char *regex, struct ut_err *err);
void xci__expect_fini(struct xci__expect *ex);
/** More output. True once the expression has matched in it. */
bool xci__expect_feed(struct xci__expect *ex, const char *text, size_t len);

#endif

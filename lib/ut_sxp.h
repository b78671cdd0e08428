/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ut_sxp: S-expressions as xm and xend write them.
 *
 * A node is an atom (text plus a kind that only steers printing) or a list that owns its children.
 * Ownership: ut_sxp_free releases a whole tree; adding a node to a list hands it over, also when
 * adding fails (it is then freed). Accessors return borrowed pointers, valid while the tree lives.
 * Limits: depth 64, input size given by the caller. Source: the lexer, parser and printer rules of
 * the historic stack ("S-expressions" in docs/).
 */
#ifndef LIB_UT_SXP_H
#define LIB_UT_SXP_H

#include <stdbool.h>
#include <stdint.h>
#include "ut_buf.h"
#include "ut_err.h"

enum ut_sxp_kind { UT_SXP_STR, UT_SXP_INT, UT_SXP_FLOAT, UT_SXP_BOOL, UT_SXP_NONE, UT_SXP_LIST };

struct ut_sxp {
    enum ut_sxp_kind kind;
    char *text;                     /* atoms: the characters, NUL-terminated */
    struct ut_sxp **item;           /* lists */
    size_t nr_items;
    size_t cap;
};

#define UT_SXP_MAX_DEPTH 64

struct ut_sxp *ut_sxp_new_str(const char *s);
struct ut_sxp *ut_sxp_new_int(int64_t v);
struct ut_sxp *ut_sxp_new_float(double v);                /* printed as Python's str() does */
struct ut_sxp *ut_sxp_new_bool(bool v);
struct ut_sxp *ut_sxp_new_none(void);
struct ut_sxp *ut_sxp_new_list(const char *head);         /* (head); head NULL = () */
struct ut_sxp *ut_sxp_dup(const struct ut_sxp *sx);
void ut_sxp_free(struct ut_sxp *sx);

/** Append; `child` NULL (out of memory upstream) is refused. UT_OK or UT_ENOMEM. */
int ut_sxp_add(struct ut_sxp *list, struct ut_sxp *child);
/** Append (name value). */
int ut_sxp_add_str(struct ut_sxp *list, const char *name, const char *value);
int ut_sxp_add_int(struct ut_sxp *list, const char *name, int64_t value);
int ut_sxp_add_float(struct ut_sxp *list, const char *name, double value);

/** Parse the first expression of `text`; *used_out (may be NULL) = bytes consumed.
 *  Error texts name line and column. UT_EFORMAT, UT_ELIMIT (depth), UT_ENOMEM. */
int ut_sxp_parse(const char *text, size_t len, struct ut_sxp **sx_out, size_t *used_out,
                 struct ut_err *err);
/** Parse all expressions into one headless list. */
int ut_sxp_parse_all(const char *text, size_t len, struct ut_sxp **list_out, struct ut_err *err);

void ut_sxp_print(const struct ut_sxp *sx, struct ut_buf *out);                 /* one line */
/** Pretty form: width 80 for xm, 78 in state files; no newline at the end. */
void ut_sxp_print_pretty(const struct ut_sxp *sx, unsigned width, struct ut_buf *out);

/** First element's text if it is an atom, else "". */
const char *ut_sxp_head(const struct ut_sxp *sx);
/** First child list with this head, or NULL. */
const struct ut_sxp *ut_sxp_child(const struct ut_sxp *sx, const char *name);
/** Text of (name VALUE); absent, (name), (name '') all give `dflt`. */
const char *ut_sxp_get(const struct ut_sxp *sx, const char *name, const char *dflt);
/** Number of (name VALUE). UT_ENOENT if absent or empty, UT_EFORMAT if not a number. */
int ut_sxp_get_int(const struct ut_sxp *sx, const char *name, int64_t *v_out);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parser's two halves share this: statements (cfg_parse.c) and expressions (cfg_expr.c).
 * Errors are recorded in the struct xm_cfg; a NULL node means that one was.
 */
#ifndef XM_CFG_PARSE_H
#define XM_CFG_PARSE_H

#include "cfg_lex.h"

struct xm_parser {
    struct xm_cfg *c;
    struct xm_lex lex;
    struct xm_tok tok;              /* the next one, not yet taken */
    unsigned depth;                 /* of nested expressions */
};

bool xm__tok_is(const struct xm_tok *tok, const char *text);
/** Take the current token. */
bool xm__advance(struct xm_parser *ps);
/** Take it if it is this operator or keyword; false also on failure (then c->err.code is set). */
bool xm__accept(struct xm_parser *ps, const char *text);
bool xm__expect(struct xm_parser *ps, const char *text, const char *where);
/** "unexpected X", with the reason if X is a word of Python that is refused. */
void *xm__unexpected(struct xm_parser *ps, const char *wanted);

struct xm_node *xm__node(struct xm_parser *ps, enum xm_node_kind kind, struct xm_pos pos);
bool xm__node_add(struct xm_parser *ps, struct xm_node *n, struct xm_node *kid);

/** One expression without a comma at the top. */
struct xm_node *xm__parse_test(struct xm_parser *ps);
/** a, b, c makes a tuple. */
struct xm_node *xm__parse_tests(struct xm_parser *ps);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tokens of a configuration file: Python's, with indentation.
 *
 * Ends of line may be LF, CRLF or CR. Inside brackets ends of line and indentation mean nothing.
 * Errors are recorded in the struct xm_cfg.
 */
#ifndef XM_CFG_LEX_H
#define XM_CFG_LEX_H

#include "cfg_int.h"

enum xm_tok_kind { XM_T_END, XM_T_NEWLINE, XM_T_INDENT, XM_T_DEDENT, XM_T_NAME, XM_T_NUMBER,
                   XM_T_STRING, XM_T_OP };

struct xm_tok {
    enum xm_tok_kind kind;
    struct xm_pos pos;
    const char *text;               /* in the source */
    size_t len;
    struct xm_val *value;           /* NUMBER, STRING */
};

struct xm_lex {
    struct xm_cfg *c;
    const char *p;
    const char *end;
    const char *line_start;
    unsigned line;
    unsigned brackets;              /* how many are open */
    char bracket[XM_CFG_MAX_NESTING + 1];   /* which */
    struct xm_pos bracket_pos[XM_CFG_MAX_NESTING + 1];
    unsigned indent[XM_CFG_MAX_NESTING + 2];
    unsigned nr_indents;            /* >= 1: column 0 */
    unsigned pending_dedents;
    bool at_line_start;
    bool any;                       /* a token on this logical line */
};

void xm__lex_init(struct xm_lex *lx, struct xm_cfg *c);
/** Next token; false = failure recorded. */
bool xm__lex_next(struct xm_lex *lx, struct xm_tok *tok_out);
/** A string literal at lx->p, which is behind its prefix (cfg_string.c). */
bool xm__lex_string(struct xm_lex *lx, const char *prefix, size_t prefix_len, struct xm_tok *tok);
struct xm_pos xm__lex_pos(const struct xm_lex *lx, const char *p);
/** At an end of line: step over it (CRLF counts as one). */
void xm__lex_eol(struct xm_lex *lx);

#endif

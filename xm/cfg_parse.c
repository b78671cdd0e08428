/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statements. */
#include "cfg_parse.h"

#include <stdio.h>
#include <string.h>

#define NO_FUNCTIONS "write the value itself, or give it as NAME=VALUE on the command line"
#define NO_LOOPS     "write the list out"
#define NO_EFFECTS   "a configuration file only assigns values"

static const struct {
    const char *word;
    const char *why;
} refused[] = {
    { "def", NO_FUNCTIONS },      { "lambda", NO_FUNCTIONS },   { "class", NO_FUNCTIONS },
    { "return", NO_FUNCTIONS },   { "yield", NO_FUNCTIONS },    { "for", NO_LOOPS },
    { "while", NO_LOOPS },        { "break", NO_LOOPS },        { "continue", NO_LOOPS },
    { "exec", NO_EFFECTS },       { "print", NO_EFFECTS },      { "try", NO_EFFECTS },
    { "except", NO_EFFECTS },     { "finally", NO_EFFECTS },    { "raise", NO_EFFECTS },
    { "with", NO_EFFECTS },       { "global", NO_EFFECTS },     { "nonlocal", NO_EFFECTS },
    { "assert", NO_EFFECTS },     { "as", "import the module under its own name" },
    { "from", "write 'import MODULE' and then MODULE.NAME" },
    { "elif", "there is no 'if' that it belongs to" },
    { "else", "there is no 'if' that it belongs to" },
    { "@", NO_FUNCTIONS },        { "`", "use repr(VALUE)" },
    { ":=", "assign on a line of its own" },
};

bool xm__tok_is(const struct xm_tok *tok, const char *text)
{
    return (tok->kind == XM_T_OP || tok->kind == XM_T_NAME) && tok->len == strlen(text) &&
           !memcmp(tok->text, text, tok->len);
}

bool xm__advance(struct xm_parser *ps)
{
    return xm__lex_next(&ps->lex, &ps->tok);
}

bool xm__accept(struct xm_parser *ps, const char *text)
{
    return xm__tok_is(&ps->tok, text) && xm__advance(ps);
}

bool xm__expect(struct xm_parser *ps, const char *text, const char *where)
{
    if (ps->c->err.code) return false;
    if (xm__tok_is(&ps->tok, text)) return xm__advance(ps);
    xm__unexpected(ps, where);
    return false;
}

static int shown_len(const struct xm_tok *t)
{
    size_t n = 0;

    while (n < t->len && n < 40 && t->text[n] != '\n' && t->text[n] != '\r')
        n++;
    return (int)n;
}

/* A forgotten bracket is noticed lines later, so say which is open. */
static void *unexpected_token(struct xm_parser *ps, const char *wanted)
{
    const struct xm_tok *t = &ps->tok;
    const struct xm_lex *lx = &ps->lex;
    const char *quote = t->kind == XM_T_STRING ? "" : "'";
    char open[64] = "";

    if (lx->brackets && lx->bracket_pos[lx->brackets - 1].line != t->pos.line)
        snprintf(open, sizeof(open), " (the '%c' of line %u, column %u is open)",
                 lx->bracket[lx->brackets - 1], lx->bracket_pos[lx->brackets - 1].line,
                 lx->bracket_pos[lx->brackets - 1].col);
    return xm__fail(ps->c, t->pos, "unexpected %s%s%.*s%s: %s is expected here%s",
                    *quote ? "" : "string ", quote, shown_len(t), t->text, quote, wanted, open);
}

void *xm__unexpected(struct xm_parser *ps, const char *wanted)
{
    const struct xm_tok *t = &ps->tok;

    if (ps->c->err.code) return NULL;
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
        if (xm__tok_is(t, refused[i].word))
            return xm__fail(ps->c, t->pos, "'%s' is not supported here: %s", refused[i].word,
                            refused[i].why);
    switch (t->kind) {
    case XM_T_END: return xm__fail(ps->c, t->pos, "the file ends where %s is expected", wanted);
    case XM_T_NEWLINE: return xm__fail(ps->c, t->pos, "the line ends where %s is expected", wanted);
    case XM_T_INDENT: return xm__fail(ps->c, t->pos, "this line must not be indented");
    case XM_T_DEDENT: return xm__fail(ps->c, t->pos, "an indented line is expected here");
    default: break;
    }
    return unexpected_token(ps, wanted);
}

struct xm_node *xm__node(struct xm_parser *ps, enum xm_node_kind kind, struct xm_pos pos)
{
    struct xm_node *n = xm__alloc(ps->c, sizeof(*n));

    if (!n) return NULL;
    n->kind = kind;
    n->pos = pos;
    return n;
}

bool xm__node_add(struct xm_parser *ps, struct xm_node *n, struct xm_node *kid)
{
    struct xm_node **grown;

    if (n->nr_kids == n->cap) {
        n->cap = n->cap ? 2 * n->cap : 4;
        grown = xm__alloc(ps->c, n->cap * sizeof(*grown));
        if (!grown) return false;
        if (n->nr_kids) memcpy(grown, n->kid, n->nr_kids * sizeof(*grown));
        n->kid = grown;
    }
    n->kid[n->nr_kids++] = kid;
    return true;
}

/* Can this be assigned to? Tuples only of plain names and items, one level deep. */
static bool check_target(struct xm_parser *ps, const struct xm_node *n, bool nested)
{
    const struct xm_node *last;

    switch (n->kind) {
    case XM_N_NAME: return true;
    case XM_N_TRAIL:
        last = n->kid[n->nr_kids - 1];
        if (last->kind == XM_N_INDEX) return true;
        xm__fail(ps->c, n->pos, "only variables and items (NAME[KEY]) can be assigned to");
        return false;
    case XM_N_TUPLE:
    case XM_N_LIST:
        for (size_t i = 0; !nested && i < n->nr_kids; i++)
            if (!check_target(ps, n->kid[i], true)) return false;
        if (!nested) return true;
        break;
    default: break;
    }
    xm__fail(ps->c, n->pos, "this cannot be assigned to");
    return false;
}

static const struct {
    const char *text;
    enum xm_op op;
} augments[] = {
    { "+=", XM_OP_ADD },  { "-=", XM_OP_SUB },       { "*=", XM_OP_MUL },  { "/=", XM_OP_DIV },
    { "%=", XM_OP_MOD },  { "//=", XM_OP_FLOORDIV }, { "|=", XM_OP_OR },   { "&=", XM_OP_AND },
    { "^=", XM_OP_XOR },  { "<<=", XM_OP_SHL },      { ">>=", XM_OP_SHR }, { "**=", XM_OP_POW },
};

static struct xm_node *parse_augment(struct xm_parser *ps, struct xm_node *target, enum xm_op op)
{
    struct xm_node *n = xm__node(ps, XM_N_AUGMENT, ps->tok.pos);
    struct xm_node *value;

    if (!n) return NULL;
    n->op = op;
    if (target->kind == XM_N_TUPLE || target->kind == XM_N_LIST)
        return xm__fail(ps->c, target->pos, "this cannot be assigned to");
    if (!check_target(ps, target, false) || !xm__advance(ps)) return NULL;
    value = xm__parse_tests(ps);
    if (!value || !xm__node_add(ps, n, target) || !xm__node_add(ps, n, value)) return NULL;
    return n;
}

/* EXPR, TARGET = [TARGET =]... EXPR, TARGET op= EXPR. The value is the last kid. */
static struct xm_node *parse_expr_stmt(struct xm_parser *ps)
{
    struct xm_node *e = xm__parse_tests(ps);
    struct xm_node *n;

    if (!e) return NULL;
    for (size_t i = 0; i < ARRAY_SIZE(augments); i++)
        if (xm__tok_is(&ps->tok, augments[i].text)) return parse_augment(ps, e, augments[i].op);
    n = xm__node(ps, xm__tok_is(&ps->tok, "=") ? XM_N_ASSIGN : XM_N_EXPR, e->pos);
    if (!n || !xm__node_add(ps, n, e)) return NULL;
    while (xm__accept(ps, "=")) {
        if (!check_target(ps, n->kid[n->nr_kids - 1], false)) return NULL;
        e = xm__parse_tests(ps);
        if (!e || !xm__node_add(ps, n, e)) return NULL;
    }
    return ps->c->err.code ? NULL : n;
}

static struct xm_node *parse_del(struct xm_parser *ps)
{
    struct xm_node *n = xm__node(ps, XM_N_DEL, ps->tok.pos);
    struct xm_node *e;

    if (!n || !xm__advance(ps)) return NULL;
    e = xm__parse_tests(ps);
    if (!e || !check_target(ps, e, false) || !xm__node_add(ps, n, e)) return NULL;
    return n;
}

/* import A, B.C: the kids are names. */
static struct xm_node *parse_import(struct xm_parser *ps)
{
    struct xm_node *n = xm__node(ps, XM_N_IMPORT, ps->tok.pos);
    struct xm_node *m;
    const char *start, *end;

    if (!n || !xm__advance(ps)) return NULL;
    do {
        m = xm__node(ps, XM_N_NAME, ps->tok.pos);
        if (!m) return NULL;
        start = ps->tok.text;
        do {
            if (ps->tok.kind != XM_T_NAME) return xm__unexpected(ps, "the name of a module");
            end = ps->tok.text + ps->tok.len;
            if (!xm__advance(ps)) return NULL;
        } while (xm__accept(ps, "."));
        m->name = xm__strndup(ps->c, start, (size_t)(end - start));
        if (!m->name || !xm__node_add(ps, n, m)) return NULL;
        if (!xm__module_known(m->name))
            return xm__fail(ps->c, m->pos,
                            "module '%.60s' is not available; there are os, re, string and sys",
                            m->name);
    } while (xm__accept(ps, ","));
    return ps->c->err.code ? NULL : n;
}

static struct xm_node *parse_small(struct xm_parser *ps)
{
    struct xm_node *n;

    if (xm__tok_is(&ps->tok, "pass")) {
        n = xm__node(ps, XM_N_PASS, ps->tok.pos);
        return n && xm__advance(ps) ? n : NULL;
    }
    if (xm__tok_is(&ps->tok, "del")) return parse_del(ps);
    if (xm__tok_is(&ps->tok, "import")) return parse_import(ps);
    return parse_expr_stmt(ps);
}

/* small; small; ... NEWLINE, appended to `block`. */
static bool parse_line(struct xm_parser *ps, struct xm_node *block)
{
    for (;;) {
        struct xm_node *n = parse_small(ps);

        if (!n || !xm__node_add(ps, block, n)) return false;
        if (ps->tok.kind == XM_T_NEWLINE) return xm__advance(ps);
        if (!xm__expect(ps, ";", "the end of the line or an operator")) return false;
        if (ps->tok.kind == XM_T_NEWLINE) return xm__advance(ps);
    }
}

static bool parse_stmt(struct xm_parser *ps, struct xm_node *block);

static struct xm_node *parse_suite(struct xm_parser *ps)
{
    struct xm_node *block = xm__node(ps, XM_N_BLOCK, ps->tok.pos);

    if (!block || !xm__expect(ps, ":", "':'")) return NULL;
    if (ps->tok.kind != XM_T_NEWLINE) return parse_line(ps, block) ? block : NULL;
    if (!xm__advance(ps)) return NULL;
    if (ps->tok.kind != XM_T_INDENT)
        return xm__fail(ps->c, ps->tok.pos, "an indented line is expected after ':'");
    if (!xm__advance(ps)) return NULL;
    while (ps->tok.kind != XM_T_DEDENT)
        if (!parse_stmt(ps, block)) return NULL;
    return xm__advance(ps) ? block : NULL;
}

static struct xm_node *parse_if(struct xm_parser *ps)
{
    struct xm_node *n = xm__node(ps, XM_N_IF, ps->tok.pos);
    struct xm_node *cond, *block;

    if (!n) return NULL;
    while (xm__accept(ps, n->nr_kids ? "elif" : "if")) {
        cond = xm__parse_test(ps);
        block = cond ? parse_suite(ps) : NULL;
        if (!block || !xm__node_add(ps, n, cond) || !xm__node_add(ps, n, block)) return NULL;
    }
    if (xm__accept(ps, "else")) {
        block = parse_suite(ps);
        if (!block || !xm__node_add(ps, n, block)) return NULL;
    }
    return ps->c->err.code ? NULL : n;
}

static bool parse_stmt(struct xm_parser *ps, struct xm_node *block)
{
    struct xm_node *n;

    if (ps->tok.kind == XM_T_NEWLINE) return xm__advance(ps);
    if (!xm__tok_is(&ps->tok, "if")) return parse_line(ps, block);
    n = parse_if(ps);
    return n && xm__node_add(ps, block, n);
}

struct xm_node *xm__parse(struct xm_cfg *c)
{
    struct xm_parser ps = { .c = c };
    struct xm_node *block;

    xm__lex_init(&ps.lex, c);
    block = xm__node(&ps, XM_N_BLOCK, (struct xm_pos){ 1, 1 });
    if (!block || !xm__advance(&ps)) return NULL;
    while (ps.tok.kind != XM_T_END)
        if (!parse_stmt(&ps, block)) return NULL;
    return block;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expressions, by falling precedence from the bottom of the file to its top. */
#include "cfg_parse.h"

#include <string.h>

static struct xm_node *parse_or(struct xm_parser *ps);
static struct xm_node *parse_unary(struct xm_parser *ps);

static bool enter(struct xm_parser *ps)
{
    if (++ps->depth <= XM_CFG_MAX_NESTING + 2) return true;
    xm__fail_limit(ps->c, ps->tok.pos, "the expression is nested more than %d deep",
                   XM_CFG_MAX_NESTING);
    return false;
}

static struct xm_node *leave(struct xm_parser *ps, struct xm_node *n)
{
    ps->depth--;
    return ps->c->err.code ? NULL : n;
}

static struct xm_node *const_node(struct xm_parser *ps, struct xm_val *v)
{
    struct xm_node *n = v ? xm__node(ps, XM_N_CONST, ps->tok.pos) : NULL;

    if (n) n->value = v;
    return n;
}

/* 'a' "b" '''c''' are one string. */
static struct xm_node *parse_strings(struct xm_parser *ps)
{
    struct xm_node *n = const_node(ps, ps->tok.value);
    struct ut_buf b = UT_BUF_INIT;
    unsigned parts = 0;

    if (!n) return NULL;
    for (; ps->tok.kind == XM_T_STRING; parts++) {
        struct xm_val *v = ps->tok.value;

        if (parts == 1) ut_buf_add(&b, n->value->u.str.s, n->value->u.str.len);
        if (parts) ut_buf_add(&b, v->u.str.s, v->u.str.len);
        if (!xm__advance(ps)) break;
    }
    if (parts > 1 && !ps->c->err.code) n->value = xm__str_buf(ps->c, n->pos, &b);
    ut_buf_fini(&b);
    return ps->c->err.code ? NULL : n;
}

/* Up to `close`, which is taken: expressions with commas. *comma_out: was there one. */
static bool parse_items(struct xm_parser *ps, const char *close, struct xm_node *list,
                        bool *comma_out)
{
    *comma_out = false;
    while (!xm__tok_is(&ps->tok, close)) {
        struct xm_node *e;

        if (list->kind == XM_N_CALL && (xm__tok_is(&ps->tok, "*") || xm__tok_is(&ps->tok, "**"))) {
            xm__fail(ps->c, ps->tok.pos, "argument lists (*) are not supported");
            return false;
        }
        e = xm__parse_test(ps);
        if (!e || !xm__node_add(ps, list, e)) return false;
        if (list->kind == XM_N_CALL && xm__tok_is(&ps->tok, "=")) {
            xm__fail(ps->c, e->pos, "named arguments are not supported");
            return false;
        }
        if (xm__tok_is(&ps->tok, close)) break;
        if (!xm__expect(ps, ",", "',' or the closing bracket")) return false;
        *comma_out = true;
    }
    return xm__advance(ps);
}

static struct xm_node *parse_group(struct xm_parser *ps)
{
    struct xm_node *n = xm__node(ps, XM_N_TUPLE, ps->tok.pos);
    bool comma;

    if (!n || !xm__advance(ps) || !parse_items(ps, ")", n, &comma)) return NULL;
    return n->nr_kids == 1 && !comma ? n->kid[0] : n;
}

static struct xm_node *parse_list(struct xm_parser *ps)
{
    struct xm_node *n = xm__node(ps, XM_N_LIST, ps->tok.pos);
    bool comma;

    if (!n || !xm__advance(ps) || !parse_items(ps, "]", n, &comma)) return NULL;
    return n;
}

static struct xm_node *parse_dict(struct xm_parser *ps)
{
    struct xm_node *n = xm__node(ps, XM_N_DICT, ps->tok.pos);

    if (!n || !xm__advance(ps)) return NULL;
    while (!xm__tok_is(&ps->tok, "}")) {
        struct xm_node *key = xm__parse_test(ps);
        struct xm_node *value;

        if (!key) return NULL;
        if (xm__tok_is(&ps->tok, ",") || xm__tok_is(&ps->tok, "}"))
            return xm__fail(ps->c, n->pos, "sets are not supported; use a list: [ ... ]");
        if (!xm__expect(ps, ":", "':' between key and value")) return NULL;
        value = xm__parse_test(ps);
        if (!value || !xm__node_add(ps, n, key) || !xm__node_add(ps, n, value)) return NULL;
        if (xm__tok_is(&ps->tok, "}")) break;
        if (!xm__expect(ps, ",", "',' or '}'")) return NULL;
    }
    return xm__advance(ps) ? n : NULL;
}

static struct xm_node *parse_name(struct xm_parser *ps)
{
    static const char *const not_names[] = {
        "def", "lambda", "class", "return", "yield", "for", "while", "break", "continue", "exec",
        "print", "try", "except", "finally", "raise", "with", "global", "nonlocal", "assert", "as",
        "from", "elif", "else", "if", "and", "or", "not", "in", "is", "import", "del", "pass",
    };
    struct xm_node *n;

    for (size_t i = 0; i < ARRAY_SIZE(not_names); i++)
        if (xm__tok_is(&ps->tok, not_names[i])) return xm__unexpected(ps, "a value");
    if (xm__tok_is(&ps->tok, "None")) n = const_node(ps, xm__none(ps->c));
    else if (xm__tok_is(&ps->tok, "True")) n = const_node(ps, xm__bool(ps->c, true));
    else if (xm__tok_is(&ps->tok, "False")) n = const_node(ps, xm__bool(ps->c, false));
    else n = xm__node(ps, XM_N_NAME, ps->tok.pos);
    if (!n) return NULL;
    if (n->kind == XM_N_NAME) {
        n->name = xm__strndup(ps->c, ps->tok.text, ps->tok.len);
        if (!n->name) return NULL;
    }
    return xm__advance(ps) ? n : NULL;
}

static struct xm_node *parse_atom(struct xm_parser *ps)
{
    struct xm_node *n;

    switch (ps->tok.kind) {
    case XM_T_STRING: return parse_strings(ps);
    case XM_T_NUMBER:
        n = const_node(ps, ps->tok.value);
        return n && xm__advance(ps) ? n : NULL;
    case XM_T_NAME: return parse_name(ps);
    default: break;
    }
    if (xm__tok_is(&ps->tok, "(")) return parse_group(ps);
    if (xm__tok_is(&ps->tok, "[")) return parse_list(ps);
    if (xm__tok_is(&ps->tok, "{")) return parse_dict(ps);
    return xm__unexpected(ps, "a value");
}

/* [KEY] or [FROM:TO:STEP]; the bracket is the current token. */
static struct xm_node *parse_subscript(struct xm_parser *ps)
{
    struct xm_node *n = xm__node(ps, XM_N_INDEX, ps->tok.pos);
    struct xm_node *part[3] = { NULL, NULL, NULL };
    unsigned i = 0;

    if (!n || !xm__advance(ps)) return NULL;
    for (;;) {
        if (!xm__tok_is(&ps->tok, ":") && !xm__tok_is(&ps->tok, "]")) {
            part[i] = xm__parse_tests(ps);
            if (!part[i]) return NULL;
        }
        if (i == 2 || !xm__accept(ps, ":")) break;
        n->kind = XM_N_SLICE;
        i++;
    }
    if (n->kind == XM_N_INDEX && !part[0]) return xm__unexpected(ps, "an index");
    if (!xm__expect(ps, "]", "']'")) return NULL;
    for (unsigned k = 0; k < (n->kind == XM_N_SLICE ? 3u : 1u); k++)
        if (!xm__node_add(ps, n, part[k])) return NULL;
    return n;
}

static struct xm_node *parse_link(struct xm_parser *ps)
{
    struct xm_node *n;
    bool comma;

    if (xm__tok_is(&ps->tok, "[")) return parse_subscript(ps);
    n = xm__node(ps, xm__tok_is(&ps->tok, "(") ? XM_N_CALL : XM_N_ATTR, ps->tok.pos);
    if (!n || !xm__advance(ps)) return NULL;
    if (n->kind == XM_N_CALL) return parse_items(ps, ")", n, &comma) ? n : NULL;
    if (ps->tok.kind != XM_T_NAME) return xm__unexpected(ps, "a name");
    n->name = xm__strndup(ps->c, ps->tok.text, ps->tok.len);
    return n->name && xm__advance(ps) ? n : NULL;
}

static struct xm_node *parse_trail(struct xm_parser *ps)
{
    struct xm_node *first = parse_atom(ps);
    struct xm_node *n = NULL, *link;

    while (first && (xm__tok_is(&ps->tok, "[") || xm__tok_is(&ps->tok, "(") ||
                     xm__tok_is(&ps->tok, "."))) {
        if (!n) {
            n = xm__node(ps, XM_N_TRAIL, first->pos);
            if (!n || !xm__node_add(ps, n, first)) return NULL;
        }
        link = parse_link(ps);
        if (!link || !xm__node_add(ps, n, link)) return NULL;
    }
    if (ps->c->err.code) return NULL;
    return n ? n : first;
}

/* Append LINK(op, operand) to the chain `*n`, making the chain of `first` when there is none. */
static bool chain_add(struct xm_parser *ps, struct xm_node **n, struct xm_node *first,
                      struct xm_node *link)
{
    if (*n) return xm__node_add(ps, *n, link);
    *n = xm__node(ps, XM_N_BINARY, first->pos);
    return *n && xm__node_add(ps, *n, first) && xm__node_add(ps, *n, link);
}

static struct xm_node *parse_power(struct xm_parser *ps)
{
    struct xm_node *base = parse_trail(ps);
    struct xm_node *n = NULL, *link, *e;

    if (!base || !xm__tok_is(&ps->tok, "**")) return base;
    link = xm__node(ps, XM_N_LINK, ps->tok.pos);
    if (!link || !xm__advance(ps)) return NULL;
    link->op = XM_OP_POW;
    e = parse_unary(ps);
    if (!e || !xm__node_add(ps, link, e) || !chain_add(ps, &n, base, link)) return NULL;
    return n;
}

static struct xm_node *parse_unary_op(struct xm_parser *ps, enum xm_op op,
                                      struct xm_node *(*operand)(struct xm_parser *))
{
    struct xm_node *n = xm__node(ps, XM_N_UNARY, ps->tok.pos);
    struct xm_node *e;

    if (!n || !xm__advance(ps) || !enter(ps)) return NULL;
    n->op = op;
    e = operand(ps);
    if (!e || !xm__node_add(ps, n, e)) return NULL;
    return leave(ps, n);
}

static struct xm_node *parse_unary(struct xm_parser *ps)
{
    if (xm__tok_is(&ps->tok, "-")) return parse_unary_op(ps, XM_OP_NEG, parse_unary);
    if (xm__tok_is(&ps->tok, "+")) return parse_unary_op(ps, XM_OP_POS, parse_unary);
    if (xm__tok_is(&ps->tok, "~")) return parse_unary_op(ps, XM_OP_INVERT, parse_unary);
    return parse_power(ps);
}

#define NR_LEVELS 6

/* Binary operators; a level binds looser than the ones after it. */
static const struct {
    const char *text;
    enum xm_op op;
    unsigned level;
} binary_ops[] = {
    { "|", XM_OP_OR, 0 },   { "^", XM_OP_XOR, 1 },  { "&", XM_OP_AND, 2 }, { "<<", XM_OP_SHL, 3 },
    { ">>", XM_OP_SHR, 3 }, { "+", XM_OP_ADD, 4 },  { "-", XM_OP_SUB, 4 }, { "*", XM_OP_MUL, 5 },
    { "/", XM_OP_DIV, 5 },  { "%", XM_OP_MOD, 5 },  { "//", XM_OP_FLOORDIV, 5 },
};

static enum xm_op binary_op(const struct xm_tok *tok, unsigned level)
{
    for (size_t i = 0; i < ARRAY_SIZE(binary_ops); i++)
        if (binary_ops[i].level == level && xm__tok_is(tok, binary_ops[i].text))
            return binary_ops[i].op;
    return XM_OP_NONE;
}

static struct xm_node *parse_binary(struct xm_parser *ps, unsigned level)
{
    struct xm_node *first = level == NR_LEVELS ? parse_unary(ps) : parse_binary(ps, level + 1);
    struct xm_node *n = NULL, *link, *e;
    enum xm_op op;

    if (!first || level == NR_LEVELS) return first;
    while ((op = binary_op(&ps->tok, level)) != XM_OP_NONE) {
        link = xm__node(ps, XM_N_LINK, ps->tok.pos);
        if (!link || !xm__advance(ps)) return NULL;
        link->op = op;
        e = parse_binary(ps, level + 1);
        if (!e || !xm__node_add(ps, link, e) || !chain_add(ps, &n, first, link)) return NULL;
    }
    return n ? n : first;
}

/* The comparison at the current token, taken (two words for "not in" and "is not"). */
static bool take_comparison(struct xm_parser *ps, enum xm_op *op_out)
{
    static const struct {
        const char *text;
        enum xm_op op;
    } rows[] = {
        { "<", XM_OP_LT },  { ">", XM_OP_GT },  { "<=", XM_OP_LE }, { ">=", XM_OP_GE },
        { "==", XM_OP_EQ }, { "!=", XM_OP_NE }, { "<>", XM_OP_NE }, { "in", XM_OP_IN },
        { "is", XM_OP_IS }, { "not", XM_OP_NOT_IN },
    };

    *op_out = XM_OP_NONE;
    for (size_t i = 0; i < ARRAY_SIZE(rows) && *op_out == XM_OP_NONE; i++)
        if (xm__tok_is(&ps->tok, rows[i].text)) *op_out = rows[i].op;
    if (*op_out == XM_OP_NONE) return true;
    if (!xm__advance(ps)) return false;
    if (*op_out == XM_OP_NOT_IN) return xm__expect(ps, "in", "'in'");
    if (*op_out == XM_OP_IS && xm__accept(ps, "not")) *op_out = XM_OP_IS_NOT;
    return !ps->c->err.code;
}

static struct xm_node *parse_comparison(struct xm_parser *ps)
{
    struct xm_node *first = parse_binary(ps, 0);
    struct xm_node *n = NULL, *link, *e;
    struct xm_pos pos;
    enum xm_op op;

    while (first) {
        pos = ps->tok.pos;
        if (!take_comparison(ps, &op)) return NULL;
        if (op == XM_OP_NONE) break;
        link = xm__node(ps, XM_N_LINK, pos);
        e = parse_binary(ps, 0);
        if (!link || !e || !xm__node_add(ps, link, e) || !chain_add(ps, &n, first, link))
            return NULL;
        link->op = op;
        n->kind = XM_N_COMPARE;
    }
    return n ? n : first;
}

static struct xm_node *parse_not(struct xm_parser *ps)
{
    if (xm__tok_is(&ps->tok, "not")) return parse_unary_op(ps, XM_OP_NOT, parse_not);
    return parse_comparison(ps);
}

static struct xm_node *parse_logic(struct xm_parser *ps, const char *word, enum xm_node_kind kind,
                                   struct xm_node *(*operand)(struct xm_parser *))
{
    struct xm_node *first = operand(ps);
    struct xm_node *n = NULL, *e;

    if (!first || !xm__tok_is(&ps->tok, word)) return first;
    n = xm__node(ps, kind, first->pos);
    if (!n || !xm__node_add(ps, n, first)) return NULL;
    while (xm__accept(ps, word)) {
        e = operand(ps);
        if (!e || !xm__node_add(ps, n, e)) return NULL;
    }
    return ps->c->err.code ? NULL : n;
}

static struct xm_node *parse_and(struct xm_parser *ps)
{
    return parse_logic(ps, "and", XM_N_AND, parse_not);
}

static struct xm_node *parse_or(struct xm_parser *ps)
{
    return parse_logic(ps, "or", XM_N_OR, parse_and);
}

struct xm_node *xm__parse_test(struct xm_parser *ps)
{
    struct xm_node *value, *n, *cond, *other;

    if (!enter(ps)) return NULL;
    value = parse_or(ps);
    if (!value || !xm__tok_is(&ps->tok, "if")) return leave(ps, value);
    n = xm__node(ps, XM_N_COND, ps->tok.pos);
    if (!n || !xm__advance(ps)) return NULL;
    cond = parse_or(ps);
    if (!cond || !xm__expect(ps, "else", "'else'")) return NULL;
    other = xm__parse_test(ps);
    if (!other || !xm__node_add(ps, n, cond) || !xm__node_add(ps, n, value) ||
        !xm__node_add(ps, n, other))
        return NULL;
    return leave(ps, n);
}

struct xm_node *xm__parse_tests(struct xm_parser *ps)
{
    struct xm_node *e = xm__parse_test(ps);
    struct xm_node *n;

    if (!e || !xm__tok_is(&ps->tok, ",")) return e;
    n = xm__node(ps, XM_N_TUPLE, e->pos);
    if (!n || !xm__node_add(ps, n, e)) return NULL;
    while (xm__accept(ps, ",")) {
        if (ps->tok.kind == XM_T_NEWLINE || xm__tok_is(&ps->tok, "=") ||
            xm__tok_is(&ps->tok, ";") || xm__tok_is(&ps->tok, "]"))
            break;
        e = xm__parse_test(ps);
        if (!e || !xm__node_add(ps, n, e)) return NULL;
    }
    return ps->c->err.code ? NULL : n;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the configuration reader share: arena, syntax tree, evaluator state.
 *
 * Everything lives in the arena of struct xm_cfg and is freed with it, so no function here frees.
 * A function that fails records message and place with xm__fail and returns NULL (or false).
 * The first failure ends the run.
 */
#ifndef XM_CFG_INT_H
#define XM_CFG_INT_H

#include "cfg.h"
#include "ut_buf.h"

struct xm_arena_block;

struct xm_cfg {
    char *file;
    const char *src;
    size_t len;
    struct xm_arena_block *blocks;
    size_t used_bytes;
    uint64_t work_left;
    struct xm_cfg_var var[XM_CFG_MAX_VARS];
    size_t nr_vars;
    struct ut_err err;
    struct xm_pos err_pos;
    bool err_syntax;
    bool parsing;
};

/* ---- cfg.c ----------------------------------------------------------------------------------- */

/** Zeroed memory, or NULL after xm__fail. */
void *xm__alloc(struct xm_cfg *c, size_t size);
char *xm__strndup(struct xm_cfg *c, const char *s, size_t len);
/** Record the first failure; always returns NULL. */
void *xm__fail(struct xm_cfg *c, struct xm_pos pos, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void *xm__fail_limit(struct xm_cfg *c, struct xm_pos pos, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/** Spend `units` of the work budget; false = used up (recorded). */
bool xm__work(struct xm_cfg *c, struct xm_pos pos, uint64_t units);
struct xm_cfg_var *xm__var_find(struct xm_cfg *c, const char *name);
bool xm__var_set(struct xm_cfg *c, const char *name, struct xm_val *v, struct xm_pos pos);

/* ---- syntax tree (cfg_parse.c) --------------------------------------------------------------- */

enum xm_node_kind {
    /* expressions */
    XM_N_CONST, XM_N_NAME, XM_N_LIST, XM_N_TUPLE, XM_N_DICT, XM_N_UNARY, XM_N_COND,
    /* chains: kid[0] is the first operand, the others are links, evaluated in a loop so that a
       long sum is not a deep tree */
    XM_N_BINARY, XM_N_COMPARE, XM_N_AND, XM_N_OR, XM_N_TRAIL,
    /* links of chains */
    XM_N_LINK, XM_N_ATTR, XM_N_INDEX, XM_N_SLICE, XM_N_CALL,
    /* statements */
    XM_N_EXPR, XM_N_ASSIGN, XM_N_AUGMENT, XM_N_DEL, XM_N_PASS, XM_N_IF, XM_N_IMPORT, XM_N_BLOCK,
};

enum xm_op {
    XM_OP_NONE, XM_OP_ADD, XM_OP_SUB, XM_OP_MUL, XM_OP_DIV, XM_OP_FLOORDIV, XM_OP_MOD, XM_OP_POW,
    XM_OP_OR, XM_OP_XOR, XM_OP_AND, XM_OP_SHL, XM_OP_SHR,
    XM_OP_LT, XM_OP_GT, XM_OP_LE, XM_OP_GE, XM_OP_EQ, XM_OP_NE, XM_OP_IN, XM_OP_NOT_IN, XM_OP_IS,
    XM_OP_IS_NOT, XM_OP_NOT, XM_OP_NEG, XM_OP_POS, XM_OP_INVERT,
};

struct xm_node {
    enum xm_node_kind kind;
    enum xm_op op;
    struct xm_pos pos;
    const char *name;               /* NAME, ATTR, IMPORT */
    struct xm_val *value;           /* CONST */
    struct xm_node **kid;           /* SLICE: three or NULL; IF: cond, block, ..., [else] */
    size_t nr_kids;
    size_t cap;
};

/** The whole file as one XM_N_BLOCK. */
struct xm_node *xm__parse(struct xm_cfg *c);

/* ---- values (cfg_value.c) -------------------------------------------------------------------- */

struct xm_val *xm__none(struct xm_cfg *c);
struct xm_val *xm__bool(struct xm_cfg *c, bool v);
struct xm_val *xm__int(struct xm_cfg *c, int64_t v);
struct xm_val *xm__float(struct xm_cfg *c, double v);
/** Copies; over XM_CFG_MAX_STR_BYTES fails. */
struct xm_val *xm__str(struct xm_cfg *c, struct xm_pos pos, const char *s, size_t len);
/** Takes the contents of `b` and empties it, also on failure. */
struct xm_val *xm__str_buf(struct xm_cfg *c, struct xm_pos pos, struct ut_buf *b);
struct xm_val *xm__seq(struct xm_cfg *c, enum xm_type type);
bool xm__seq_add(struct xm_cfg *c, struct xm_pos pos, struct xm_val *seq, struct xm_val *item);
bool xm__dict_set(struct xm_cfg *c, struct xm_pos pos, struct xm_val *dict, struct xm_val *kv[2]);
/** *found_out = NULL when absent; false = failure. */
bool xm__dict_get(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *dict,
                  const struct xm_val *key, struct xm_val **found_out);
bool xm__truth(const struct xm_val *v);
/** Python's == ; false = failure (budget, depth). */
bool xm__equal(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *a, const struct xm_val *b,
               bool *eq_out);
/** Order of two values: *cmp_out <0, 0, >0. Fails for types without an order. */
bool xm__order(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *a, const struct xm_val *b,
               int *cmp_out);
/** Append str() or repr() of a value. */
bool xm__add_str(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *v, struct ut_buf *out);
bool xm__add_repr(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *v, struct ut_buf *out);

/* ---- operators (cfg_ops.c), formatting (cfg_format.c), functions (cfg_call.c) ---------------- */

struct xm_val *xm__binary(struct xm_cfg *c, struct xm_pos pos, enum xm_op op, struct xm_val *a,
                          struct xm_val *b);
struct xm_val *xm__unary(struct xm_cfg *c, struct xm_pos pos, enum xm_op op, struct xm_val *a);
/** One comparison (also in, not in, is, is not). */
bool xm__compare(struct xm_cfg *c, const struct xm_node *link, struct xm_val *a, struct xm_val *b,
                 bool *res_out);
struct xm_val *xm__index(struct xm_cfg *c, struct xm_pos pos, struct xm_val *v, struct xm_val *key);
/** Bounds as Python: NULL = absent. */
struct xm_val *xm__slice(struct xm_cfg *c, struct xm_pos pos, struct xm_val *v,
                         struct xm_val *bound[3]);
bool xm__set_item(struct xm_cfg *c, struct xm_pos pos, struct xm_val *target, struct xm_val *kv[2]);
bool xm__del_item(struct xm_cfg *c, struct xm_pos pos, struct xm_val *target, struct xm_val *key);

/** The % operator of strings. */
struct xm_val *xm__format_percent(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *fmt,
                                  struct xm_val *arg);
/** str.format with positional arguments (a list). */
struct xm_val *xm__format_braces(struct xm_cfg *c, struct xm_pos pos, const struct xm_val *fmt,
                                 const struct xm_val *args);

struct xm_args {
    struct xm_cfg *c;
    struct xm_pos pos;
    struct xm_val *self;
    struct xm_val **arg;
    size_t nr;
};

struct xm_fn {
    const char *owner;              /* type or module name; "" = plain function */
    const char *name;
    unsigned min, max;
    struct xm_val *(*call)(const struct xm_args *a);
};

/** Name outside the file's variables: functions and modules. NULL after xm__fail. */
struct xm_val *xm__builtin(struct xm_cfg *c, struct xm_pos pos, const char *name);
struct xm_val *xm__attr(struct xm_cfg *c, struct xm_pos pos, struct xm_val *v, const char *name);
struct xm_val *xm__call(struct xm_cfg *c, struct xm_pos pos, struct xm_val *fn,
                        const struct xm_val *args);
bool xm__module_known(const char *name);
/** Rows of the method tables (cfg_method.c). */
const struct xm_fn *xm__method_find(const char *owner, const char *name);

/* ---- evaluation (cfg_eval.c) ----------------------------------------------------------------- */

bool xm__exec(struct xm_cfg *c, const struct xm_node *block);

#endif

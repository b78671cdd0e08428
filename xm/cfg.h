/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xm_cfg: evaluate a domain configuration file.
 *
 * The file is written in a small, safe part of Python 2 (assignments, strings, numbers, lists,
 * tuples, dicts, operators, if/elif/else, a few pure functions). Nothing is ever executed, no file
 * is read and no process started; what is not in the subset is an error that names the place.
 *
 * Ownership: a struct xm_cfg owns everything that came out of its file; values and variables are
 * borrowed until xm_cfg_free. Threads: one at a time. Errors: UT_EFORMAT (the text is wrong),
 * UT_ELIMIT (too large, too deep, too much work), UT_ENOMEM; err->text has no position in it, see
 * xm_cfg_error_pos. Never logs, never prints.
 */
#ifndef XM_CFG_H
#define XM_CFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ut_err.h"

#define XM_CFG_MAX_FILE_BYTES (1u << 20)
#define XM_CFG_MAX_NESTING    64            /* brackets, blocks, unary operators, nested values */
#define XM_CFG_MAX_STR_BYTES  (1u << 20)
#define XM_CFG_MAX_ITEMS      65536u        /* of one list, tuple or dict */
#define XM_CFG_MAX_VARS       2048u
#define XM_CFG_MAX_MEM_BYTES  (64u << 20)   /* everything one file may make */
#define XM_CFG_MAX_WORK       2000000u      /* elementary steps */

enum xm_type { XM_NONE, XM_BOOL, XM_INT, XM_FLOAT, XM_STR, XM_LIST, XM_TUPLE, XM_DICT, XM_FN,
               XM_MODULE };

/** 1-based place in the file; line 0 = no place (command line). Columns count bytes. */
struct xm_pos {
    unsigned line;
    unsigned col;
};

struct xm_fn;

struct xm_val {
    enum xm_type type;
    union {
        int64_t i;                  /* XM_INT, XM_BOOL */
        double f;
        struct {
            const char *s;          /* XM_STR; XM_MODULE: its name. NUL-terminated */
            size_t len;
        } str;
        struct {
            struct xm_val **item;   /* XM_DICT: key, value, key, value, ... */
            size_t nr;              /* pointers in item */
            size_t cap;
        } seq;
        struct {
            const struct xm_fn *row;
            struct xm_val *self;    /* object of a method, or NULL */
        } fn;
    } u;
};

struct xm_cfg_var {
    const char *name;
    struct xm_val *value;           /* NULL after `del` */
    struct xm_pos pos;              /* of the last assignment */
    bool read;                      /* some expression of the file used it */
};

struct xm_cfg;

/** @file  name for messages, copied. NULL = out of memory. */
struct xm_cfg *xm_cfg_new(const char *file);
void xm_cfg_free(struct xm_cfg *cfg);

/** Define a string variable before the file runs (VAR=VAL of the command line). */
int xm_cfg_define(struct xm_cfg *cfg, const char *name, const char *value, struct ut_err *err);

/**
 * Parse the whole text, then evaluate it. To be called once.
 *
 * @text  any bytes, need not be NUL-terminated; borrowed until xm_cfg_free (for xm_cfg_line)
 * @len   bytes; more than XM_CFG_MAX_FILE_BYTES is UT_ELIMIT
 */
int xm_cfg_run(struct xm_cfg *cfg, const char *text, size_t len, struct ut_err *err);

/** Where the failure of xm_cfg_run is; *syntax_out (may be NULL) false = while evaluating. */
struct xm_pos xm_cfg_error_pos(const struct xm_cfg *cfg, bool *syntax_out);

/** Bytes of one source line without its end; *len_out = 0 and "" if there is no such line. */
const char *xm_cfg_line(const struct xm_cfg *cfg, unsigned line, size_t *len_out);

const char *xm_cfg_file(const struct xm_cfg *cfg);
size_t xm_cfg_nr_vars(const struct xm_cfg *cfg);
/** In order of first assignment; names predefined by the language are not among them. */
const struct xm_cfg_var *xm_cfg_var_at(const struct xm_cfg *cfg, size_t index);
const struct xm_cfg_var *xm_cfg_find(const struct xm_cfg *cfg, const char *name);

/** Name of a type as Python prints it: "int", "str", ... */
const char *xm_type_name(enum xm_type type);

#endif

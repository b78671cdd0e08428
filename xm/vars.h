/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xm_var: the variables of a domain configuration, one row each, in the order of the S-expression.
 *
 * xm_domcfg holds their values: taken over from an evaluated file, from the command line, or
 * defaults; then it is checked and written as the expression that xend.domain.create takes.
 * Ownership: a struct xm_domcfg owns copies of all values. Errors: UT_EFORMAT (a value that cannot
 * be what its row wants), UT_ENOENT (a file that is not there), UT_ENOMEM; texts name the place.
 */
#ifndef XM_VARS_H
#define XM_VARS_H

#include <stdio.h>
#include "cfg.h"
#include "ut_sxp.h"

enum xm_var_type { XM_V_STR, XM_V_INT, XM_V_BOOL, XM_V_LIST, XM_V_STR_OR_LIST };

/* Where a value goes. Flags, because tsc_mode and nomigrate go to two places. */
enum {
    XM_P_TOP_SET = 1,               /* (KEY VALUE) if the file or the command line set it */
    XM_P_TOP_FULL = 2,              /* ... unless empty or zero */
    XM_P_TOP = 4,                   /* ... always */
    XM_P_IMAGE_FULL = 8,            /* in the image, unless empty or zero */
    XM_P_IMAGE = 16,                /* in the image, always */
    XM_P_XM = 32,                   /* for xm itself, or put together with others */
    XM_P_DEVICE = 64,
    XM_P_NOWHERE = 128,             /* accepted for old files, without effect here: see why */
};

struct xm_var {
    const char *name;
    enum xm_var_type type;
    unsigned place;
    const char *key;                /* in the expression; NULL = the name */
    const char *dflt;               /* "" = none */
    const char *help;               /* or, with XM_P_NOWHERE, why it has no effect */
};

/** Rows in order; NULL behind the last. */
const struct xm_var *xm_var_at(size_t index);
size_t xm_var_count(void);
/** SIZE_MAX = there is no such variable. */
size_t xm_var_index(const char *name);
/** The variable that `name` may have been meant to be, or NULL. */
const struct xm_var *xm_var_similar(const char *name);
/** One line of help for each (--help_config). */
void xm_var_print_help(FILE *out);

struct xm_setting {
    bool set;                       /* by the file or the command line, not the default */
    bool fixed;                     /* by the command line, which wins */
    struct xm_pos pos;
    char *s;                        /* STR; numbers as text */
    int64_t i;                      /* INT, BOOL */
    char **item;                    /* LIST; also STR_OR_LIST when is_list */
    size_t nr_items;
    bool is_list;
};

struct xm_domcfg {
    struct xm_setting *setting;     /* one for each row */
    char *file;                     /* for messages and relative paths; "" = none */
};

int xm_domcfg_init(struct xm_domcfg *dc, const char *file, struct ut_err *err);
void xm_domcfg_fini(struct xm_domcfg *dc);
const struct xm_setting *xm_domcfg_get(const struct xm_domcfg *dc, const char *name);
/** OPTION=VALUE of the command line; lists grow with every further one. */
int xm_domcfg_override(struct xm_domcfg *dc, size_t index, const char *value, struct ut_err *err);
/** Take over what an evaluated file says; unknown and ineffective variables are named in `warn`. */
int xm_domcfg_take(struct xm_domcfg *dc, const struct xm_cfg *cfg, FILE *warn, struct ut_err *err);
/** Check across variables and build the expression (domsxp.c). */
int xm_domcfg_sxp(struct xm_domcfg *dc, struct ut_sxp **sx_out, struct ut_err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of a command, from its rows. Own code because getopt keeps its state in globals and the
 * texts of failures are part of the interface. */
#include "xm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int store(const struct xm_opt *o, const char *value, void *args, struct ut_err *err)
{
    void *field = (char *)args + o->offset;
    struct xm_opt_u64 *num = field;
    char *end;

    switch (o->kind) {
    case XM_FLAG: *(bool *)field = true; break;
    case XM_STRING: *(const char **)field = value; break;
    case XM_U64:
        errno = 0;
        num->v = strtoull(value, &end, 10);
        if (value[0] < '0' || value[0] > '9' || *end || errno)
            return ut_err_set(err, UT_EARG, "Invalid argument.");
        num->set = true;
        break;
    }
    return UT_OK;
}

/* Exact name or unique prefix. */
static int find_long(const struct xm_cmd *cmd, const char *name, size_t len,
                     const struct xm_opt **opt_out, struct ut_err *err)
{
    const struct xm_opt *hit = NULL;
    unsigned hits = 0;

    for (size_t i = 0; i < cmd->nopts; i++) {
        const struct xm_opt *o = &cmd->opts[i];

        if (!o->long_name || strncmp(o->long_name, name, len) != 0) continue;
        hit = o;
        hits++;
        if (strlen(o->long_name) == len) {
            hits = 1;
            break;
        }
    }
    if (hits == 1) {
        *opt_out = hit;
        return UT_OK;
    }
    return ut_err_set(err, UT_EARG, hits ? "option --%.*s not a unique prefix"
                                         : "option --%.*s not recognized", (int)len, name);
}

/* --name, --name=value, --name value; *next is the following word and is moved when used. */
static int parse_long(const struct xm_cmd *cmd, const char *word, char *const **next, void *args,
                      struct ut_err *err)
{
    size_t len = strcspn(word, "=");
    const char *value = word[len] ? word + len + 1 : NULL;
    const struct xm_opt *o = NULL;
    int rc = find_long(cmd, word, len, &o, err);

    if (rc) return rc;
    if (o->kind == XM_FLAG && value)
        return ut_err_set(err, UT_EARG, "option --%s must not have an argument", o->long_name);
    if (o->kind != XM_FLAG && !value) {
        value = **next;
        if (!value)
            return ut_err_set(err, UT_EARG, "option --%s requires argument", o->long_name);
        (*next)++;
    }
    return store(o, value, args, err);
}

/* -abc, -nVALUE, -n VALUE */
static int parse_short(const struct xm_cmd *cmd, const char *word, char *const **next, void *args,
                       struct ut_err *err)
{
    for (; *word; word++) {
        const struct xm_opt *o = NULL;
        int rc;

        for (size_t i = 0; i < cmd->nopts && !o; i++)
            if (cmd->opts[i].short_name == *word) o = &cmd->opts[i];
        if (!o) return ut_err_set(err, UT_EARG, "option -%c not recognized", *word);
        if (o->kind == XM_FLAG) {
            rc = store(o, NULL, args, err);
            if (rc) return rc;
            continue;
        }
        if (word[1]) return store(o, word + 1, args, err);
        if (!**next) return ut_err_set(err, UT_EARG, "option -%c requires argument", *word);
        return store(o, *(*next)++, args, err);
    }
    return UT_OK;
}

int xm_opt_parse(const struct xm_cmd *cmd, char *const *argv, void *args, char **operand,
                 struct ut_err *err)
{
    bool options = true;
    int n = 0, rc;

    while (*argv) {
        char *word = *argv++;

        if (options && !strcmp(word, "--")) {
            options = false;
        } else if (options && !strncmp(word, "--", 2)) {
            rc = parse_long(cmd, word + 2, &argv, args, err);
            if (rc) return rc;
        } else if (options && word[0] == '-' && word[1]) {
            rc = parse_short(cmd, word + 1, &argv, args, err);
            if (rc) return rc;
        } else {
            operand[n++] = word;
        }
    }
    operand[n] = NULL;
    return n;
}

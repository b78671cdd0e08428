/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cfg.h"
#include "cfg_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct xm_arena_block {
    struct xm_arena_block *next;
    size_t used;
    size_t cap;
    _Alignas(16) char data[];
};

#define BLOCK_BYTES 16384u

struct xm_cfg *xm_cfg_new(const char *file)
{
    struct xm_cfg *c = calloc(1, sizeof(*c));

    if (!c) return NULL;
    c->file = strdup(file);
    c->work_left = XM_CFG_MAX_WORK;
    c->src = "";
    if (!c->file) {
        free(c);
        return NULL;
    }
    return c;
}

void xm_cfg_free(struct xm_cfg *cfg)
{
    if (!cfg) return;
    while (cfg->blocks) {
        struct xm_arena_block *next = cfg->blocks->next;

        free(cfg->blocks);
        cfg->blocks = next;
    }
    free(cfg->file);
    free(cfg);
}

static void fail_va(struct xm_cfg *c, int code, struct xm_pos pos, const char *fmt, va_list ap)
{
    if (c->err.code) return;        /* the first failure is the cause */
    c->err.code = code;
    c->err_pos = pos;
    c->err_syntax = c->parsing;
    vsnprintf(c->err.text, sizeof(c->err.text), fmt, ap);
}

void *xm__fail(struct xm_cfg *c, struct xm_pos pos, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fail_va(c, UT_EFORMAT, pos, fmt, ap);
    va_end(ap);
    return NULL;
}

void *xm__fail_limit(struct xm_cfg *c, struct xm_pos pos, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fail_va(c, UT_ELIMIT, pos, fmt, ap);
    va_end(ap);
    return NULL;
}

void *xm__alloc(struct xm_cfg *c, size_t size)
{
    struct xm_arena_block *b = c->blocks;
    struct xm_pos nowhere = { 0, 0 };
    size_t cap;
    void *p;

    size = (size + 15) & ~(size_t)15;
    if (size > XM_CFG_MAX_MEM_BYTES - c->used_bytes) {
        return xm__fail_limit(c, nowhere, "the file needs more than %u MiB of memory to evaluate",
                              XM_CFG_MAX_MEM_BYTES >> 20);
    }
    if (!b || b->cap - b->used < size) {
        cap = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        b = calloc(1, sizeof(*b) + cap);
        if (!b) {
            if (!c->err.code) ut_err_set(&c->err, UT_ENOMEM, "out of memory");
            return NULL;
        }
        b->cap = cap;
        b->next = c->blocks;
        c->blocks = b;
    }
    p = b->data + b->used;
    b->used += size;
    c->used_bytes += size;
    return p;
}

char *xm__strndup(struct xm_cfg *c, const char *s, size_t len)
{
    char *p = xm__alloc(c, len + 1);

    if (p && len) memcpy(p, s, len);
    return p;
}

bool xm__work(struct xm_cfg *c, struct xm_pos pos, uint64_t units)
{
    if (units > c->work_left) {
        c->work_left = 0;
        xm__fail_limit(c, pos, "the file takes too long to evaluate (more than %u steps)",
                       XM_CFG_MAX_WORK);
        return false;
    }
    c->work_left -= units;
    return true;
}

struct xm_cfg_var *xm__var_find(struct xm_cfg *c, const char *name)
{
    for (size_t i = 0; i < c->nr_vars; i++)
        if (!strcmp(c->var[i].name, name)) return &c->var[i];
    return NULL;
}

bool xm__var_set(struct xm_cfg *c, const char *name, struct xm_val *v, struct xm_pos pos)
{
    struct xm_cfg_var *var = xm__var_find(c, name);

    if (!var) {
        if (c->nr_vars == XM_CFG_MAX_VARS) {
            xm__fail_limit(c, pos, "more than %u variables", XM_CFG_MAX_VARS);
            return false;
        }
        var = &c->var[c->nr_vars];
        var->name = xm__strndup(c, name, strlen(name));
        if (!var->name) return false;
        c->nr_vars++;
    }
    var->value = v;
    var->pos = pos;
    return true;
}

int xm_cfg_define(struct xm_cfg *cfg, const char *name, const char *value, struct ut_err *err)
{
    struct xm_pos nowhere = { 0, 0 };
    struct xm_val *v = xm__str(cfg, nowhere, value, strlen(value));

    if (v && xm__var_set(cfg, name, v, nowhere)) return UT_OK;
    return ut_err_set(err, cfg->err.code, "%s", cfg->err.text);
}

int xm_cfg_run(struct xm_cfg *cfg, const char *text, size_t len, struct ut_err *err)
{
    struct xm_node *block = NULL;

    cfg->src = text;
    cfg->len = len;
    cfg->parsing = true;
    if (len > XM_CFG_MAX_FILE_BYTES) {
        cfg->len = 0;
        xm__fail_limit(cfg, (struct xm_pos){ 1, 1 }, "the file is larger than %u KiB",
                       XM_CFG_MAX_FILE_BYTES >> 10);
    } else {
        block = xm__parse(cfg);
    }
    cfg->parsing = false;
    if (block && xm__exec(cfg, block)) return UT_OK;
    if (err) *err = cfg->err;
    return cfg->err.code ? cfg->err.code : UT_EINTERNAL;
}

struct xm_pos xm_cfg_error_pos(const struct xm_cfg *cfg, bool *syntax_out)
{
    if (syntax_out) *syntax_out = cfg->err_syntax;
    return cfg->err_pos;
}

const char *xm_cfg_line(const struct xm_cfg *cfg, unsigned line, size_t *len_out)
{
    const char *p = cfg->src, *end = cfg->src + cfg->len;
    const char *eol;

    *len_out = 0;
    if (line == 0) return "";
    for (unsigned n = 1; p < end; n++) {
        for (eol = p; eol < end && *eol != '\n' && *eol != '\r';) eol++;
        if (n == line) {
            *len_out = (size_t)(eol - p);
            return p;
        }
        p = eol + (end - eol > 1 && eol[0] == '\r' && eol[1] == '\n' ? 2 : 1);
    }
    return "";
}

const char *xm_cfg_file(const struct xm_cfg *cfg)
{
    return cfg->file;
}

size_t xm_cfg_nr_vars(const struct xm_cfg *cfg)
{
    return cfg->nr_vars;
}

const struct xm_cfg_var *xm_cfg_var_at(const struct xm_cfg *cfg, size_t index)
{
    return index < cfg->nr_vars ? &cfg->var[index] : NULL;
}

const struct xm_cfg_var *xm_cfg_find(const struct xm_cfg *cfg, const char *name)
{
    for (size_t i = 0; i < cfg->nr_vars; i++)
        if (!strcmp(cfg->var[i].name, name)) return &cfg->var[i];
    return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of variables: defaults, the file's, the command line's. */
#include "vars.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void setting_clear(struct xm_setting *s)
{
    for (size_t i = 0; i < s->nr_items; i++)
        free(s->item[i]);
    free(s->item);
    free(s->s);
    memset(s, 0, sizeof(*s));
}

int xm_domcfg_init(struct xm_domcfg *dc, const char *file, struct ut_err *err)
{
    dc->setting = calloc(xm_var_count(), sizeof(*dc->setting));
    dc->file = strdup(file);
    if (!dc->setting || !dc->file) goto oom;
    for (size_t i = 0; i < xm_var_count(); i++) {
        dc->setting[i].s = strdup(xm_var_at(i)->dflt);
        dc->setting[i].i = strtoll(xm_var_at(i)->dflt, NULL, 10);
        if (!dc->setting[i].s) goto oom;
    }
    return UT_OK;
oom:
    xm_domcfg_fini(dc);
    return ut_err_set(err, UT_ENOMEM, "out of memory");
}

void xm_domcfg_fini(struct xm_domcfg *dc)
{
    for (size_t i = 0; dc->setting && i < xm_var_count(); i++)
        setting_clear(&dc->setting[i]);
    free(dc->setting);
    free(dc->file);
    dc->setting = NULL;
    dc->file = NULL;
}

const struct xm_setting *xm_domcfg_get(const struct xm_domcfg *dc, const char *name)
{
    return &dc->setting[xm_var_index(name)];
}

static int add_item(struct xm_setting *s, const char *text, struct ut_err *err)
{
    char **grown = realloc(s->item, (s->nr_items + 1) * sizeof(*grown));

    if (!grown) return ut_err_set(err, UT_ENOMEM, "out of memory");
    s->item = grown;
    grown[s->nr_items] = strdup(text);
    if (!grown[s->nr_items]) return ut_err_set(err, UT_ENOMEM, "out of memory");
    s->nr_items++;
    s->is_list = true;
    return UT_OK;
}

static int set_text(struct xm_setting *s, const char *text, struct ut_err *err)
{
    free(s->s);
    s->s = strdup(text);
    return s->s ? UT_OK : ut_err_set(err, UT_ENOMEM, "out of memory");
}

static bool is_utf8(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;

    while (*p) {
        unsigned n = *p < 0x80 ? 0 : *p >= 0xc2 && *p < 0xe0 ? 1 : *p >= 0xe0 && *p < 0xf0 ? 2
                     : *p >= 0xf0 && *p < 0xf5                    ? 3
                                                                  : 9;

        if (n == 9) return false;
        for (p++; n; n--, p++)
            if ((*p & 0xc0) != 0x80) return false;
    }
    return true;
}

static bool parse_int(const char *text, int64_t *v_out)
{
    char *end;

    errno = 0;
    *v_out = strtoll(text, &end, 10);
    while (*end == ' ')
        end++;
    return end != text && !*end && !errno;
}

int xm_domcfg_override(struct xm_domcfg *dc, size_t index, const char *value, struct ut_err *err)
{
    static const struct {
        const char *word;
        int v;
    } bools[] = { { "yes", 1 }, { "y", 1 }, { "no", 0 }, { "n", 0 }, { "1", 1 }, { "0", 0 } };
    const struct xm_var *var = xm_var_at(index);
    struct xm_setting *s = &dc->setting[index];
    size_t i;

    s->set = s->fixed = true;
    if (!is_utf8(value)) return ut_err_set(err, UT_EFORMAT, "%s: the text is not UTF-8", var->name);
    switch (var->type) {
    case XM_V_LIST: return add_item(s, value, err);
    case XM_V_INT:
        if (!parse_int(value, &s->i)) break;
        return set_text(s, value, err);
    case XM_V_BOOL:
        for (i = 0; i < ARRAY_SIZE(bools) && strcmp(bools[i].word, value) != 0;)
            i++;
        if (i == ARRAY_SIZE(bools)) break;
        s->i = bools[i].v;
        return UT_OK;
    case XM_V_STR:
    case XM_V_STR_OR_LIST: return set_text(s, value, err);
    }
    return ut_err_set(err, UT_EFORMAT, "Invalid value: %.200s (%s=)", value, var->name);
}

static int bad_value(const struct xm_cfg *cfg, const struct xm_cfg_var *v, const char *wanted,
                     struct ut_err *err)
{
    return ut_err_set(err, UT_EFORMAT, "%.200s:%u:%u: %s must be %s, not a value of type %s",
                      xm_cfg_file(cfg), v->pos.line, v->pos.col, v->name, wanted,
                      xm_type_name(v->value->type));
}

/* Text of a plain value; false if it is none. Numbers print as they are. */
static bool plain_text(const struct xm_val *v, char num[32], const char **text_out)
{
    *text_out = num;
    switch (v->type) {
    case XM_STR: *text_out = v->u.str.s; return true;
    case XM_BOOL:
    case XM_INT: snprintf(num, 32, "%lld", (long long)v->u.i); return true;
    case XM_FLOAT: snprintf(num, 32, "%.12g", v->u.f); return true;
    default: break;
    }
    return false;
}

static int take_list(const struct xm_cfg *cfg, const struct xm_cfg_var *v, struct xm_setting *s,
                     struct ut_err *err)
{
    char num[32];
    const char *text;
    int rc = UT_OK;

    s->is_list = true;
    for (size_t i = 0; rc == UT_OK && i < v->value->u.seq.nr; i++) {
        if (!plain_text(v->value->u.seq.item[i], num, &text))
            return ut_err_set(err, UT_EFORMAT,
                              "%.200s:%u:%u: item %zu of %s must be a string, not of type %s",
                              xm_cfg_file(cfg), v->pos.line, v->pos.col, i + 1, v->name,
                              xm_type_name(v->value->u.seq.item[i]->type));
        if (!is_utf8(text))
            return ut_err_set(err, UT_EFORMAT, "%.200s:%u:%u: item %zu of %s is not UTF-8",
                              xm_cfg_file(cfg), v->pos.line, v->pos.col, i + 1, v->name);
        rc = add_item(s, text, err);
    }
    return rc;
}

static int take_int(const struct xm_cfg *cfg, const struct xm_cfg_var *v, struct xm_setting *s,
                    struct ut_err *err)
{
    char num[32];

    switch (v->value->type) {
    case XM_BOOL:
    case XM_INT: s->i = v->value->u.i; break;
    case XM_FLOAT:
        s->i = v->value->u.f > -1e15 && v->value->u.f < 1e15 ? (int64_t)v->value->u.f : 0;
        if ((double)s->i < v->value->u.f || (double)s->i > v->value->u.f)
            return bad_value(cfg, v, "a whole number", err);
        break;
    case XM_STR:
        if (parse_int(v->value->u.str.s, &s->i)) break;
        return ut_err_set(err, UT_EFORMAT, "%.200s:%u:%u: %s must be a whole number, not '%.60s'",
                          xm_cfg_file(cfg), v->pos.line, v->pos.col, v->name, v->value->u.str.s);
    default: return bad_value(cfg, v, "a whole number", err);
    }
    snprintf(num, sizeof(num), "%lld", (long long)s->i);
    return set_text(s, num, err);
}

static int take_bool(const struct xm_cfg *cfg, const struct xm_cfg_var *v, struct xm_setting *s,
                     struct ut_err *err)
{
    static const char *const yes[] = { "yes", "y", "on", "true", "1" };
    static const char *const no[] = { "no", "n", "off", "false", "0", "" };

    if (v->value->type != XM_STR) {
        int rc = take_int(cfg, v, s, err);

        s->i = s->i != 0;
        return rc;
    }
    for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
        if (!strcasecmp(yes[i], v->value->u.str.s)) s->i = 1;
    if (s->i) return UT_OK;
    for (size_t i = 0; i < ARRAY_SIZE(no); i++)
        if (!strcasecmp(no[i], v->value->u.str.s)) return UT_OK;
    return bad_value(cfg, v, "1, 0, True or False", err);
}

static int take_value(const struct xm_cfg *cfg, const struct xm_cfg_var *v,
                      const struct xm_var *var, struct xm_setting *s, struct ut_err *err)
{
    bool is_seq = v->value->type == XM_LIST || v->value->type == XM_TUPLE;
    const char *text;
    char num[32];

    if (var->type == XM_V_INT) return take_int(cfg, v, s, err);
    if (var->type == XM_V_BOOL) return take_bool(cfg, v, s, err);
    if (var->type != XM_V_STR && is_seq) return take_list(cfg, v, s, err);
    if (var->type == XM_V_LIST) {
        if (v->value->type == XM_STR && !v->value->u.str.len) return UT_OK;
        return bad_value(cfg, v, "a list: [ 'one', 'two' ]", err);
    }
    if (!plain_text(v->value, num, &text)) return bad_value(cfg, v, "a string", err);
    if (!is_utf8(text))
        return ut_err_set(err, UT_EFORMAT, "%.200s:%u:%u: %s is not UTF-8", xm_cfg_file(cfg),
                          v->pos.line, v->pos.col, v->name);
    return set_text(s, text, err);
}

static bool is_truthy(const struct xm_val *v)
{
    switch (v->type) {
    case XM_NONE: return false;
    case XM_BOOL:
    case XM_INT: return v->u.i != 0;
    case XM_STR: return v->u.str.len != 0;
    case XM_LIST:
    case XM_TUPLE:
    case XM_DICT: return v->u.seq.nr != 0;
    default: break;
    }
    return true;
}

static void warn_unknown(const struct xm_cfg *cfg, const struct xm_cfg_var *v, FILE *warn)
{
    const struct xm_var *near = xm_var_similar(v->name);

    if (v->read || v->value->type == XM_MODULE || v->value->type == XM_FN) return;
    if (!v->pos.line)
        fprintf(warn, "Warning: %s=... of the command line is neither an option nor used in %s",
                v->name, xm_cfg_file(cfg));
    else
        fprintf(warn, "Warning: %s:%u: unknown variable '%s' is ignored", xm_cfg_file(cfg),
                v->pos.line, v->name);
    if (near) fprintf(warn, "; did you mean '%s'?", near->name);
    fputc('\n', warn);
}

int xm_domcfg_take(struct xm_domcfg *dc, const struct xm_cfg *cfg, FILE *warn, struct ut_err *err)
{
    for (size_t i = 0; i < xm_cfg_nr_vars(cfg); i++) {
        const struct xm_cfg_var *v = xm_cfg_var_at(cfg, i);
        size_t index = xm_var_index(v->name);
        struct xm_setting *s;
        int rc;

        if (!v->value) continue;
        if (index == SIZE_MAX) {
            warn_unknown(cfg, v, warn);
            continue;
        }
        s = &dc->setting[index];
        if (xm_var_at(index)->place == XM_P_NOWHERE) {
            if (is_truthy(v->value) && !s->fixed)
                fprintf(warn, "Warning: %s:%u: '%s' has no effect: %s\n", xm_cfg_file(cfg),
                        v->pos.line, v->name, xm_var_at(index)->help);
            continue;
        }
        if (s->fixed || v->value->type == XM_NONE) continue;
        setting_clear(s);
        s->set = true;
        s->pos = v->pos;
        rc = take_value(cfg, v, xm_var_at(index), s, err);
        if (rc == UT_OK && !s->s) rc = set_text(s, "", err);
        if (rc) return rc;
    }
    return UT_OK;
}

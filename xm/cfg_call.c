/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plain functions and the few modules. Everything here is pure but for looking at the environment,
 * at the name of the machine and at whether a file exists. */
#include "cfg_int.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

static struct xm_val *wrong_type(const struct xm_args *a, size_t i, const char *wanted)
{
    return xm__fail(a->c, a->pos, "argument %zu must be %s, not %s", i + 1, wanted,
                    xm_type_name(a->arg[i]->type));
}

static struct xm_val *fn_str(const struct xm_args *a)
{
    struct ut_buf b = UT_BUF_INIT;

    if (!a->nr) return xm__str(a->c, a->pos, "", 0);
    if (xm__add_str(a->c, a->pos, a->arg[0], &b)) return xm__str_buf(a->c, a->pos, &b);
    ut_buf_fini(&b);
    return NULL;
}

static struct xm_val *fn_repr(const struct xm_args *a)
{
    struct ut_buf b = UT_BUF_INIT;

    if (xm__add_repr(a->c, a->pos, a->arg[0], &b)) return xm__str_buf(a->c, a->pos, &b);
    ut_buf_fini(&b);
    return NULL;
}

static struct xm_val *int_of_text(const struct xm_args *a, int base)
{
    const char *s = a->arg[0]->u.str.s;
    char *end;
    long long v;

    errno = 0;
    v = strtoll(s, &end, base);
    while (*end == ' ' || *end == '\t' || *end == '\n' || *end == '\r')
        end++;
    if (end == s || *end || errno)
        return xm__fail(a->c, a->pos, "invalid literal for int(): '%.60s'", s);
    return xm__int(a->c, v);
}

static struct xm_val *fn_int(const struct xm_args *a)
{
    int64_t base = 10;

    if (!a->nr) return xm__int(a->c, 0);
    if (a->nr == 2) {
        if (a->arg[1]->type != XM_INT) return wrong_type(a, 1, "an integer");
        base = a->arg[1]->u.i;
        if (base != 0 && (base < 2 || base > 36))
            return xm__fail(a->c, a->pos, "the base of int() must be 0 or 2 to 36");
        if (a->arg[0]->type != XM_STR) return wrong_type(a, 0, "a string");
    }
    switch (a->arg[0]->type) {
    case XM_BOOL:
    case XM_INT: return xm__int(a->c, a->arg[0]->u.i);
    case XM_FLOAT:
        if (a->arg[0]->u.f >= -9e18 && a->arg[0]->u.f <= 9e18)
            return xm__int(a->c, (int64_t)a->arg[0]->u.f);
        return xm__fail(a->c, a->pos, "the number is too large (64 bits)");
    case XM_STR: return int_of_text(a, (int)base);
    default: break;
    }
    return wrong_type(a, 0, "a string or a number");
}

static struct xm_val *fn_float(const struct xm_args *a)
{
    char *end;
    double v;

    switch (a->arg[0]->type) {
    case XM_BOOL:
    case XM_INT: return xm__float(a->c, (double)a->arg[0]->u.i);
    case XM_FLOAT: return a->arg[0];
    case XM_STR:
        v = strtod(a->arg[0]->u.str.s, &end);
        if (end != a->arg[0]->u.str.s && !*end && v >= -1.7e308 && v <= 1.7e308)
            return xm__float(a->c, v);
        return xm__fail(a->c, a->pos, "invalid literal for float(): '%.60s'",
                        a->arg[0]->u.str.s);
    default: break;
    }
    return wrong_type(a, 0, "a string or a number");
}

static struct xm_val *fn_bool(const struct xm_args *a)
{
    return xm__bool(a->c, xm__truth(a->arg[0]));
}

static struct xm_val *fn_len(const struct xm_args *a)
{
    const struct xm_val *v = a->arg[0];

    switch (v->type) {
    case XM_STR: return xm__int(a->c, (int64_t)v->u.str.len);
    case XM_LIST:
    case XM_TUPLE: return xm__int(a->c, (int64_t)v->u.seq.nr);
    case XM_DICT: return xm__int(a->c, (int64_t)v->u.seq.nr / 2);
    default: break;
    }
    return xm__fail(a->c, a->pos, "object of type '%s' has no len()", xm_type_name(v->type));
}

static struct xm_val *fn_range(const struct xm_args *a)
{
    int64_t v[3] = { 0, 0, 1 };     /* from, to, step */
    struct xm_val *list = xm__seq(a->c, XM_LIST);

    for (size_t i = 0; i < a->nr; i++) {
        if (a->arg[i]->type != XM_INT) return wrong_type(a, i, "an integer");
        v[a->nr == 1 ? 1 : i] = a->arg[i]->u.i;
    }
    if (v[2] == 0) return xm__fail(a->c, a->pos, "the step of range() must not be 0");
    while (list && (v[2] > 0 ? v[0] < v[1] : v[0] > v[1])) {
        if (!xm__seq_add(a->c, a->pos, list, xm__int(a->c, v[0]))) return NULL;
        if (__builtin_add_overflow(v[0], v[2], &v[0])) break;
    }
    return list;
}

/* list(x), tuple(x): of a string its characters, of a dict its keys. */
static struct xm_val *to_seq(const struct xm_args *a, enum xm_type type)
{
    struct xm_val *v = a->nr ? a->arg[0] : NULL;
    struct xm_val *r = xm__seq(a->c, type);
    size_t step = v && v->type == XM_DICT ? 2 : 1;

    if (!r || !v) return r;
    if (v->type == XM_STR) {
        for (size_t i = 0; i < v->u.str.len; i++)
            if (!xm__seq_add(a->c, a->pos, r, xm__str(a->c, a->pos, v->u.str.s + i, 1)))
                return NULL;
        return r;
    }
    if (v->type != XM_LIST && v->type != XM_TUPLE && v->type != XM_DICT)
        return wrong_type(a, 0, "a sequence");
    for (size_t i = 0; i < v->u.seq.nr; i += step)
        if (!xm__seq_add(a->c, a->pos, r, v->u.seq.item[i])) return NULL;
    return r;
}

static struct xm_val *fn_list(const struct xm_args *a)
{
    return to_seq(a, XM_LIST);
}

static struct xm_val *fn_tuple(const struct xm_args *a)
{
    return to_seq(a, XM_TUPLE);
}

static struct xm_val *fn_dict(const struct xm_args *a)
{
    return xm__seq(a->c, XM_DICT);
}

static struct xm_val *fn_abs(const struct xm_args *a)
{
    struct xm_val *v = a->arg[0];
    bool is_int = v->type == XM_INT || v->type == XM_BOOL;

    if (!is_int && v->type != XM_FLOAT) return wrong_type(a, 0, "a number");
    if (is_int ? v->u.i >= 0 : v->u.f >= 0) return v;
    return xm__unary(a->c, a->pos, XM_OP_NEG, v);
}

/* The smallest (sign -1) or largest of the arguments, or of the one list given. */
static struct xm_val *extreme(const struct xm_args *a, int sign)
{
    bool one = a->nr == 1 && (a->arg[0]->type == XM_LIST || a->arg[0]->type == XM_TUPLE);
    struct xm_val **item = one ? a->arg[0]->u.seq.item : a->arg;
    size_t nr = one ? a->arg[0]->u.seq.nr : a->nr;
    struct xm_val *best = nr ? item[0] : NULL;
    int cmp;

    if (!one && a->nr == 1) return wrong_type(a, 0, "a list");
    if (!best) return xm__fail(a->c, a->pos, "the list is empty");
    for (size_t i = 1; i < nr; i++) {
        if (!xm__order(a->c, a->pos, item[i], best, &cmp)) return NULL;
        if (cmp == sign) best = item[i];
    }
    return best;
}

static struct xm_val *fn_min(const struct xm_args *a)
{
    return extreme(a, -1);
}

static struct xm_val *fn_max(const struct xm_args *a)
{
    return extreme(a, 1);
}

static struct xm_val *fn_sum(const struct xm_args *a)
{
    struct xm_val *total = xm__int(a->c, 0);
    struct xm_val *v = a->arg[0];

    if (v->type != XM_LIST && v->type != XM_TUPLE) return wrong_type(a, 0, "a list");
    for (size_t i = 0; total && i < v->u.seq.nr; i++)
        total = xm__binary(a->c, a->pos, XM_OP_ADD, total, v->u.seq.item[i]);
    return total;
}

static struct xm_val *fn_hex(const struct xm_args *a)
{
    struct ut_buf b = UT_BUF_INIT;

    if (a->arg[0]->type != XM_INT || a->arg[0]->u.i < 0)
        return wrong_type(a, 0, "an integer of at least 0");
    ut_buf_addf(&b, "0x%llx", (unsigned long long)a->arg[0]->u.i);
    return xm__str_buf(a->c, a->pos, &b);
}

/* ---- os, re ---------------------------------------------------------------------------------- */

static struct xm_val *fn_uname(const struct xm_args *a)
{
    struct utsname u;
    struct xm_val *t = xm__seq(a->c, XM_TUPLE);
    const char *part[5] = { u.sysname, u.nodename, u.release, u.version, u.machine };

    if (uname(&u) < 0) return xm__fail(a->c, a->pos, "uname: %s", strerror(errno));
    for (size_t i = 0; t && i < ARRAY_SIZE(part); i++)
        if (!xm__seq_add(a->c, a->pos, t, xm__str(a->c, a->pos, part[i], strlen(part[i]))))
            return NULL;
    return t;
}

static struct xm_val *fn_getenv(const struct xm_args *a)
{
    const char *v;

    if (a->arg[0]->type != XM_STR) return wrong_type(a, 0, "a string");
    v = getenv(a->arg[0]->u.str.s);
    if (v) return xm__str(a->c, a->pos, v, strlen(v));
    return a->nr > 1 ? a->arg[1] : xm__none(a->c);
}

static struct xm_val *fn_basename(const struct xm_args *a)
{
    const char *slash;

    if (a->arg[0]->type != XM_STR) return wrong_type(a, 0, "a string");
    slash = strrchr(a->arg[0]->u.str.s, '/');
    if (!slash) return a->arg[0];
    return xm__str(a->c, a->pos, slash + 1, strlen(slash + 1));
}

static struct xm_val *fn_dirname(const struct xm_args *a)
{
    const char *s, *slash;

    if (a->arg[0]->type != XM_STR) return wrong_type(a, 0, "a string");
    s = a->arg[0]->u.str.s;
    slash = strrchr(s, '/');
    if (!slash) return xm__str(a->c, a->pos, "", 0);
    return xm__str(a->c, a->pos, s, slash == s ? 1 : (size_t)(slash - s));
}

static struct xm_val *fn_path_join(const struct xm_args *a)
{
    struct ut_buf b = UT_BUF_INIT;

    for (size_t i = 0; i < a->nr; i++) {
        const struct xm_val *v = a->arg[i];

        if (v->type != XM_STR) {
            ut_buf_fini(&b);
            return wrong_type(a, i, "a string");
        }
        if (v->u.str.s[0] == '/') ut_buf_reset(&b);
        else if (b.len && b.data[b.len - 1] != '/') ut_buf_addc(&b, '/');
        ut_buf_add(&b, v->u.str.s, v->u.str.len);
    }
    return xm__str_buf(a->c, a->pos, &b);
}

static struct xm_val *file_is(const struct xm_args *a, mode_t type)
{
    struct stat st;

    if (a->arg[0]->type != XM_STR) return wrong_type(a, 0, "a string");
    if (stat(a->arg[0]->u.str.s, &st) < 0) return xm__bool(a->c, false);
    return xm__bool(a->c, !type || (st.st_mode & S_IFMT) == type);
}

static struct xm_val *fn_exists(const struct xm_args *a)
{
    return file_is(a, 0);
}

static struct xm_val *fn_isfile(const struct xm_args *a)
{
    return file_is(a, S_IFREG);
}

static struct xm_val *fn_isdir(const struct xm_args *a)
{
    return file_is(a, S_IFDIR);
}

/* POSIX and Python agree on patterns without backslashes, counts and (? groups; counts are also
 * what could make a small pattern a huge automaton. */
static struct xm_val *search(const struct xm_args *a, const char *prefix)
{
    struct ut_buf b = UT_BUF_INIT;
    regex_t re;
    int rc;

    for (size_t i = 0; i < 2; i++)
        if (a->arg[i]->type != XM_STR) return wrong_type(a, i, "a string");
    if (a->arg[0]->u.str.len > 128 || a->arg[1]->u.str.len > 4096)
        return xm__fail_limit(a->c, a->pos, "re: patterns up to 128 and texts up to 4096 bytes");
    if (strpbrk(a->arg[0]->u.str.s, "\\{") || strstr(a->arg[0]->u.str.s, "(?") ||
        strstr(a->arg[0]->u.str.s, "*?") || strstr(a->arg[0]->u.str.s, "+?"))
        return xm__fail(a->c, a->pos,
                        "only simple patterns are supported: . [ ] * + ? | ( ) ^ $");
    if (!xm__work(a->c, a->pos, 2000 + a->arg[1]->u.str.len)) return NULL;
    ut_buf_adds(&b, prefix);
    ut_buf_adds(&b, a->arg[0]->u.str.s);
    if (*prefix) ut_buf_addc(&b, ')');
    rc = regcomp(&re, ut_buf_str(&b), REG_EXTENDED | REG_NOSUB);
    ut_buf_fini(&b);
    if (rc) return xm__fail(a->c, a->pos, "malformed pattern '%.60s'", a->arg[0]->u.str.s);
    rc = regexec(&re, a->arg[1]->u.str.s, 0, NULL, 0);
    regfree(&re);
    return rc == 0 ? xm__bool(a->c, true) : xm__none(a->c);
}

static struct xm_val *fn_search(const struct xm_args *a)
{
    return search(a, "");
}

static struct xm_val *fn_match(const struct xm_args *a)
{
    return search(a, "^(");
}

/* ---- tables ---------------------------------------------------------------------------------- */

static const struct xm_fn functions[] = {
    { "", "abs", 1, 1, fn_abs },
    { "", "bool", 1, 1, fn_bool },
    { "", "dict", 0, 0, fn_dict },
    { "", "float", 1, 1, fn_float },
    { "", "hex", 1, 1, fn_hex },
    { "", "int", 0, 2, fn_int },
    { "", "len", 1, 1, fn_len },
    { "", "list", 0, 1, fn_list },
    { "", "max", 1, 1000, fn_max },
    { "", "min", 1, 1000, fn_min },
    { "", "range", 1, 3, fn_range },
    { "", "repr", 1, 1, fn_repr },
    { "", "str", 0, 1, fn_str },
    { "", "sum", 1, 1, fn_sum },
    { "", "tuple", 0, 1, fn_tuple },
    { "os", "getenv", 1, 2, fn_getenv },
    { "os", "uname", 0, 0, fn_uname },
    { "os.environ", "get", 1, 2, fn_getenv },
    { "os.path", "basename", 1, 1, fn_basename },
    { "os.path", "dirname", 1, 1, fn_dirname },
    { "os.path", "exists", 1, 1, fn_exists },
    { "os.path", "isdir", 1, 1, fn_isdir },
    { "os.path", "isfile", 1, 1, fn_isfile },
    { "os.path", "join", 1, 16, fn_path_join },
    { "re", "match", 2, 2, fn_match },
    { "re", "search", 2, 2, fn_search },
};

/* `import`able, and what is an attribute of what. */
static const char *const modules[] = { "os", "os.path", "os.environ", "re", "string", "sys" };

/* Names that people may try, and why they fail. */
static const struct {
    const char *name;
    const char *why;
} absent[] = {
    { "open", "a configuration file cannot read files" },
    { "file", "a configuration file cannot read files" },
    { "execfile", "a configuration file cannot read files" },
    { "eval", "nothing can be executed" },
    { "input", "a configuration file cannot ask" },
    { "raw_input", "a configuration file cannot ask" },
    { "xm_vars", "give values as NAME=VALUE on the command line; they are string variables" },
    { "map", "write the list out" },
    { "filter", "write the list out" },
    { "set", "use a list" },
    { "get_current_ipaddr", "write the address out" },
    { "get_current_ipmask", "write the mask out" },
    { "get_current_ipgw", "write the address out" },
    { "get_defaultroute", "write the address out" },
    { "inet_aton", "write the address out" },
    { "inet_ntoa", "write the address out" },
    { "add_offset_to_ip", "write the address out" },
    { "check_subnet", "it is not needed" },
};

static const struct xm_fn *fn_find(const char *owner, const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
        if (!strcmp(functions[i].owner, owner) && !strcmp(functions[i].name, name))
            return &functions[i];
    return NULL;
}

static struct xm_val *fn_val(struct xm_cfg *c, const struct xm_fn *row, struct xm_val *self)
{
    struct xm_val *v = xm__seq(c, XM_FN);

    if (!v) return NULL;
    v->u.fn.row = row;
    v->u.fn.self = self;
    return v;
}

bool xm__module_known(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
        if (!strcmp(modules[i], name)) return true;
    return false;
}

static struct xm_val *module_val(struct xm_cfg *c, struct xm_pos pos, const char *name)
{
    struct xm_val *v = xm__str(c, pos, name, strlen(name));

    if (v) v->type = XM_MODULE;
    return v;
}

struct xm_val *xm__builtin(struct xm_cfg *c, struct xm_pos pos, const char *name)
{
    const struct xm_fn *row = fn_find("", name);

    if (row) return fn_val(c, row, NULL);
    if (!strchr(name, '.') && xm__module_known(name)) return module_val(c, pos, name);
    for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
        if (!strcmp(absent[i].name, name))
            return xm__fail(c, pos, "'%s' is not available here: %s", name, absent[i].why);
    return xm__fail(c, pos, "name '%.80s' is not defined", name);
}

static struct xm_val *module_attr(struct xm_cfg *c, struct xm_pos pos, struct xm_val *m,
                                  const char *name)
{
    const char *module = m->u.str.s;
    const struct xm_fn *row = fn_find(module, name);
    char full[64];

    if (row) return fn_val(c, row, NULL);
    if (!strcmp(module, "sys") && !strcmp(name, "platform")) return xm__str(c, pos, "linux2", 6);
    if (!strcmp(module, "string")) {        /* string.split(s) is s.split() */
        row = xm__method_find("string", name);
        if (!row) row = xm__method_find("str", name);
        if (row) return fn_val(c, row, NULL);
    }
    if (strlen(module) + strlen(name) + 2 <= sizeof(full)) {
        memcpy(full, module, strlen(module));
        full[strlen(module)] = '.';
        memcpy(full + strlen(module) + 1, name, strlen(name) + 1);
        if (xm__module_known(full)) return module_val(c, pos, full);
    }
    return xm__fail(c, pos, "'%s.%.60s' is not available in a configuration file", module, name);
}

struct xm_val *xm__attr(struct xm_cfg *c, struct xm_pos pos, struct xm_val *v, const char *name)
{
    const struct xm_fn *row;

    if (v->type == XM_MODULE) return module_attr(c, pos, v, name);
    row = xm__method_find(xm_type_name(v->type), name);
    if (row) return fn_val(c, row, v);
    return xm__fail(c, pos, "'%s' object has no attribute '%.60s' here", xm_type_name(v->type),
                    name);
}

struct xm_val *xm__call(struct xm_cfg *c, struct xm_pos pos, struct xm_val *fn,
                        const struct xm_val *args)
{
    struct xm_args a = { .c = c, .pos = pos, .arg = args->u.seq.item, .nr = args->u.seq.nr };
    const struct xm_fn *row;

    if (fn->type != XM_FN)
        return xm__fail(c, pos, "'%s' object is not callable", xm_type_name(fn->type));
    row = fn->u.fn.row;
    a.self = fn->u.fn.self;
    if (!a.self && !strcmp(row->owner, "str") && a.nr) {    /* string.split(s, ...) */
        a.self = a.arg[0];
        a.arg++;
        a.nr--;
        if (a.self->type != XM_STR) return xm__fail(c, pos, "%s() needs a string", row->name);
    }
    if (!a.self && !strcmp(row->owner, "str"))
        return xm__fail(c, pos, "%s() needs a string", row->name);
    if (a.nr < row->min || a.nr > row->max) {
        return xm__fail(c, pos, "%s() takes %u to %u arguments (%zu given)", row->name, row->min,
                        row->max, a.nr);
    }
    return row->call(&a);
}

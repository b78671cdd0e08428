/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of commands, options, aliases and variables, and the option parser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "vars.h"
#include "xm.h"

static void check_options(const struct xm_cmd *cmd)
{
    for (size_t i = 0; i < cmd->nopts; i++) {
        const struct xm_opt *a = &cmd->opts[i];

        assert_true(a->short_name || a->long_name);
        assert_true(a->help && a->help[0]);
        assert_true((a->kind == XM_FLAG) == (a->value_name == NULL));
        assert_true(a->offset < cmd->args_size);
        assert_int_not_equal(a->short_name, 'h');       /* -h is help everywhere */
        for (size_t k = 0; k < i; k++) {
            const struct xm_opt *b = &cmd->opts[k];

            if (a->short_name && a->short_name == b->short_name)
                fail_msg("%s: two options -%c", cmd->name, a->short_name);
            if (a->long_name && b->long_name && !strcmp(a->long_name, b->long_name))
                fail_msg("%s: two options --%s", cmd->name, a->long_name);
        }
    }
}

static void test_commands(void **state)
{
    const struct xm_cmd *cmd, *other;
    size_t n;

    (void)state;
    for (n = 0; (cmd = xm_cmd_at(n)); n++) {
        if (!cmd->run || !cmd->help || !cmd->operands || cmd->min > cmd->max)
            fail_msg("%s: incomplete row", cmd->name);
        if (cmd->help[strlen(cmd->help) - 1] == '.')
            fail_msg("%s: help ends with a dot", cmd->name);
        assert_ptr_equal(xm_cmd_find(cmd->name), cmd);
        check_options(cmd);
        for (size_t k = 0; (other = xm_cmd_at(k)) && k < n; k++)
            if (!strcmp(cmd->name, other->name)) fail_msg("two commands %s", cmd->name);
    }
    assert_true(n > 90);
}

static void test_aliases(void **state)
{
    const struct xm_alias *a;

    (void)state;
    for (size_t i = 0; (a = xm_alias_at(i)); i++) {
        const struct xm_cmd *cmd = xm_cmd_find(a->new_name);

        if (!cmd || strcmp(cmd->name, a->new_name) != 0) fail_msg("%s leads nowhere", a->old_name);
    }
}

static const struct {
    const char *word;
    const char *name;               /* NULL = unknown */
} prefixes[] = {
    { "list", "list" }, { "li", "list" }, { "l", NULL },   { "", NULL },      { "re", NULL },
    { "ren", "rename" }, { "shu", "shutdown" }, { "dom", NULL }, { "domst", "domstate" },
    { "listx", NULL },   { "con", "console" },  { "LIST", NULL },
};

static void test_prefixes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        const struct xm_cmd *cmd = xm_cmd_find(prefixes[i].word);
        const char *name = cmd ? cmd->name : "unknown";
        const char *want = prefixes[i].name ? prefixes[i].name : "unknown";

        if (strcmp(name, want) != 0) fail_msg("'%s' is %s, not %s", prefixes[i].word, name, want);
    }
}

/* ---- options --------------------------------------------------------------------------------- */

struct args {
    bool all, alpha;
    const char *name;
    struct xm_opt_u64 num;
};

static const struct xm_opt opts[] = {
    { 'a', "all", XM_FLAG, offsetof(struct args, all), NULL, "x" },
    { 0, "alpha", XM_FLAG, offsetof(struct args, alpha), NULL, "x" },
    { 'n', "name", XM_STRING, offsetof(struct args, name), "N", "x" },
    { 'u', NULL, XM_U64, offsetof(struct args, num), "N", "x" },
};
static const struct xm_cmd sample = {
    .name = "sample", .operands = "", .max = XM_ANY, .help = "x", .opts = opts,
    .nopts = ARRAY_SIZE(opts), .args_size = sizeof(struct args),
};

static const struct {
    const char *words;              /* separated by blanks; ~ stands for an empty word */
    const char *want;               /* flags, name, number, operands; or the message */
} lines[] = {
    { "", "-- - - :" },
    { "a b", "-- - - : a b" },
    { "-a x", "a- - - : x" },
    { "x -a", "a- - - : x" },
    { "--all", "a- - - :" },
    { "--alp", "-A - - :" },
    { "--al", "option --al not a unique prefix" },
    { "-n foo x", "-- foo - : x" },
    { "-nfoo x", "-- foo - : x" },
    { "--name=foo", "-- foo - :" },
    { "--name foo", "-- foo - :" },
    { "--na=", "--  - :" },
    { "-an foo", "a- foo - :" },
    { "-u 5", "-- - 5 :" },
    { "-u18446744073709551615", "-- - 18446744073709551615 :" },
    { "-u 18446744073709551616", "Invalid argument." },
    { "-u -5", "Invalid argument." },
    { "-u 5x", "Invalid argument." },
    { "-u ~", "Invalid argument." },
    { "-- -a", "-- - - : -a" },
    { "- x", "-- - - : - x" },
    { "-n --all", "-- --all - :" },
    { "-x", "option -x not recognized" },
    { "-ax", "option -x not recognized" },
    { "--nope", "option --nope not recognized" },
    { "--nope=3", "option --nope not recognized" },
    { "--all=3", "option --all must not have an argument" },
    { "-n", "option -n requires argument" },
    { "--name", "option --name requires argument" },
};

static void test_options(void **state)
{
    unsigned bad = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        struct ut_err err = UT_ERR_INIT;
        struct args a = { 0 };
        char copy[128], *argv[16] = { NULL }, *operand[17] = { NULL }, got[1024], *save = NULL;
        size_t n = 0, used;
        int rc;

        snprintf(copy, sizeof(copy), "%s", lines[i].words);
        for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
            if (*w == '~') *w = '\0';
            argv[n++] = w;
        }
        rc = xm_opt_parse(&sample, argv, &a, operand, &err);
        used = (size_t)snprintf(got, sizeof(got), "%c%c %s ", a.all ? 'a' : '-',
                                a.alpha ? 'A' : '-', a.name ? a.name : "-");
        used += (size_t)snprintf(got + used, sizeof(got) - used, a.num.set ? "%llu :" : "- :",
                                 (unsigned long long)a.num.v);
        for (int k = 0; k < rc; k++)
            used += (size_t)snprintf(got + used, sizeof(got) - used, " %s", operand[k]);
        if (rc < 0) snprintf(got, sizeof(got), "%s", err.text);
        if (!strcmp(got, lines[i].want)) continue;
        print_error("%s\n   gives %s\n   want  %s\n", lines[i].words, got, lines[i].want);
        bad++;
    }
    assert_int_equal(bad, 0);
}

/* ---- variables ------------------------------------------------------------------------------- */

static void test_variables(void **state)
{
    const struct xm_var *v;

    (void)state;
    for (size_t i = 0; (v = xm_var_at(i)); i++) {
        if (xm_var_index(v->name) != i) fail_msg("two variables %s", v->name);
        if (!v->help[0] || !v->place) fail_msg("%s: incomplete row", v->name);
        if (v->place == XM_P_NOWHERE && v->dflt[0]) fail_msg("%s: a default for nothing", v->name);
    }
    assert_true(xm_var_index("no_such") == SIZE_MAX);
}

static const struct {
    const char *word;
    const char *meant;              /* NULL = no idea */
} similar[] = {
    { "momory", "memory" }, { "kernal", "kernel" }, { "onreboot", "on_reboot" },
    { "disks", "disk" },
    { "Memory", "memory" }, { "vif0", "vif" },      { "xen_shell", NULL },        { "zzzz", NULL },
    { "a_very_long_name_that_nobody_would_ever_use_here", NULL },
};

static void test_similar(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(similar); i++) {
        const struct xm_var *v = xm_var_similar(similar[i].word);

        if ((v ? v->name : NULL) == similar[i].meant) continue;
        if (!v || !similar[i].meant || strcmp(v->name, similar[i].meant) != 0)
            fail_msg("%s: %s", similar[i].word, v ? v->name : "no idea");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands), cmocka_unit_test(test_aliases),
        cmocka_unit_test(test_prefixes), cmocka_unit_test(test_options),
        cmocka_unit_test(test_variables), cmocka_unit_test(test_similar),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

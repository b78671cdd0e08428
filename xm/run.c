/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Find the command, check its arguments, run it, report. */
#include "xm.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void xm_ctx_init(struct xm_ctx *cx, FILE *out, FILE *err)
{
    memset(cx, 0, sizeof(*cx));
    cx->out = out;
    cx->err = err;
    cx->in_fd = STDIN_FILENO;
    cx->out_fd = fileno(out);
}

void xm_ctx_fini(struct xm_ctx *cx)
{
    xr_client_free(cx->client);
    cx->client = NULL;
}

const struct xm_cmd *xm_cmd_find(const char *word)
{
    const struct xm_cmd *cmd, *hit = NULL;
    size_t len = strlen(word);
    unsigned hits = 0;

    for (size_t i = 0; (cmd = xm_cmd_at(i)); i++) {
        if (!strcmp(cmd->name, word)) return cmd;
        if (strncmp(cmd->name, word, len) != 0) continue;
        hit = cmd;
        hits++;
    }
    return len >= 2 && hits == 1 ? hit : NULL;
}

static const struct xm_alias *find_alias(const char *word)
{
    const struct xm_alias *a;

    for (size_t i = 0; (a = xm_alias_at(i)); i++)
        if (!strcmp(a->old_name, word)) return a;
    return NULL;
}

static const struct xm_cmd *lookup(struct xm_ctx *cx, const char *word)
{
    const struct xm_cmd *cmd = NULL;
    const struct xm_alias *a;

    for (size_t i = 0; (cmd = xm_cmd_at(i)); i++)
        if (!strcmp(cmd->name, word)) return cmd;
    a = find_alias(word);
    if (!a) return xm_cmd_find(word);
    fprintf(cx->err, "Command %s is deprecated.  Please use xm %s instead.\n", a->old_name,
            a->new_name);
    return xm_cmd_find(a->new_name);
}

static bool wants_help(char *const *argv)
{
    for (; *argv && strcmp(*argv, "--") != 0; argv++)
        if (!strcmp(*argv, "-h") || !strcmp(*argv, "--help")) return true;
    return false;
}

static int check_count(const struct xm_cmd *cmd, unsigned n, struct ut_err *err)
{
    if (n >= cmd->min && n <= cmd->max) return UT_OK;
    if (cmd->min == cmd->max)
        return ut_err_set(err, UT_EARG, "'xm %s' requires %u arguments.\n", cmd->name, cmd->min);
    if (cmd->max == XM_ANY)
        return ut_err_set(err, UT_EARG, "'xm %s' requires at least %u arguments.\n", cmd->name,
                          cmd->min);
    return ut_err_set(err, UT_EARG, "'xm %s' requires between %u and %u arguments.\n", cmd->name,
                      cmd->min, cmd->max);
}

/* Operands of a command whose options are not known here: with options, only "too few" is sure. */
static int count_absent(const struct xm_cmd *cmd, char *const *argv, char **operand)
{
    bool options = false;
    unsigned n = 0;

    for (; *argv; argv++) {
        if (**argv == '-') options = true;
        else operand[n++] = *argv;
    }
    return (int)(options && n > cmd->max ? cmd->max : n);
}

/* Words for a failure, and its exit status. Usage only follows mistakes in the command line. */
static int report(struct xm_ctx *cx, int rc, const struct ut_err *err)
{
    char text[UT_ERR_TEXT_BYTES];

    snprintf(text, sizeof(text), "%s", err->text[0] ? err->text : ut_err_str(rc));
    for (char *p = text; *p; p++)   /* the text may quote a file or a peer */
        if (((unsigned char)*p < ' ' && *p != '\n' && *p != '\t') || *p == 127) *p = '?';

    switch (rc) {
    case UT_ENODOM:
        fprintf(cx->err, "Error: Domain '%s' does not exist.\n", cx->dom ? cx->dom : text);
        return XM_EXIT_NO_DOMAIN;
    case UT_EPROTO:
        fprintf(cx->err, "Xend has probably crashed! Its answer makes no sense.\nError: %s\n",
                text);
        break;
    case UT_EARG:
        fprintf(cx->err, "Error: %s\n", text);
        xm_help_cmd(cx->cmd, cx->out);
        break;
    default: fprintf(cx->err, "Error: %s\n", text); break;
    }
    return XM_EXIT_ERROR;
}

static int run(struct xm_ctx *cx, const struct xm_cmd *cmd, int argc, char **argv)
{
    struct ut_err err = UT_ERR_INIT;
    void *args = calloc(1, cmd->args_size + 1);
    char **operand = calloc((size_t)argc + 1, sizeof(*operand));
    int rc;

    cx->cmd = cmd;
    cx->dom = NULL;
    if (!args || !operand) {
        rc = ut_err_set(&err, UT_ENOMEM, "out of memory");
        goto out;
    }
    if (wants_help(argv)) {
        xm_help_cmd(cmd, cx->out);
        rc = UT_OK;
        goto out;
    }
    rc = cmd->absent ? count_absent(cmd, argv, operand)
                     : xm_opt_parse(cmd, argv, args, operand, &err);
    if (rc >= 0) rc = check_count(cmd, (unsigned)rc, &err);
    if (rc == UT_OK) rc = cmd->run(cx, args, operand, &err);
out:
    if (rc < 0) rc = report(cx, rc, &err);
    free(operand);
    free(args);
    return rc;
}

int xm_main(struct xm_ctx *cx, int argc, char **argv)
{
    const struct xm_cmd *cmd;

    if (argc < 2) {
        xm_help_short(cx->out);
        return XM_EXIT_ERROR;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        xm_help_full(cx->out);
        return XM_EXIT_OK;
    }
    cmd = lookup(cx, argv[1]);
    if (!cmd) {
        fprintf(cx->err, "Error: Subcommand %s not found!\n", argv[1]);
        xm_help_short(cx->out);
        return XM_EXIT_ERROR;
    }
    return run(cx, cmd, argc - 2, argv + 2);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help texts, made from the table of commands. */
#include "xm.h"

#include <string.h>

/* Words of `text` in lines of at most `width`, the first behind what is printed already. */
static void wrapped(FILE *out, const char *text, size_t width, int indent)
{
    size_t col = 0;

    while (*text) {
        size_t len = strcspn(text, " ");

        if (col && col + 1 + len > width) {
            fprintf(out, "\n%*s", indent, "");
            col = 0;
        }
        fprintf(out, "%s%.*s", col ? " " : "", (int)len, text);
        col += len + (col != 0);
        text += len + (text[len] == ' ');
    }
    fputc('\n', out);
}

static void list_line(FILE *out, const struct xm_cmd *cmd)
{
    fprintf(out, " %-20s ", cmd->name);
    wrapped(out, cmd->help, 50, 22);
}

static const char footer[] =
    "\nDOMAIN is the name, the number or the UUID of a domain.\n"
    "'xm help' lists everything, 'xm COMMAND --help' explains one command;\n"
    "the manual pages are xm(1) and xmdomain.cfg(5).\n";

void xm_help_short(FILE *out)
{
    const struct xm_cmd *cmd;

    fputs("Usage: xm <subcommand> [args]\n\nControl, list, and manipulate Xen guest instances.\n\n"
          "Common 'xm' commands:\n\n", out);
    for (size_t i = 0; (cmd = xm_cmd_at(i)); i++)
        if (cmd->common) list_line(out, cmd);
    fputs(footer, out);
}

void xm_help_full(FILE *out)
{
    const struct xm_cmd *cmd;

    fputs("Usage: xm <subcommand> [args]\n\nControl, list, and manipulate Xen guest instances.\n\n"
          "xm full list of subcommands:\n\n", out);
    for (size_t i = 0; (cmd = xm_cmd_at(i)); i++)
        if (!cmd->absent) list_line(out, cmd);
    fputs("\nKnown by name, but refused:\n\n", out);
    for (size_t i = 0; (cmd = xm_cmd_at(i)); i++)
        if (cmd->absent) list_line(out, cmd);
    fputs(footer, out);
}

void xm_help_cmd(const struct xm_cmd *cmd, FILE *out)
{
    fprintf(out, "Usage: xm %s%s%s\n\n%s.\n", cmd->name, cmd->operands[0] ? " " : "",
            cmd->operands, cmd->help);
    if (cmd->nopts) fputc('\n', out);
    for (size_t i = 0; i < cmd->nopts; i++) {
        const struct xm_opt *o = &cmd->opts[i];
        char text[80];
        int n = 0;

        if (o->short_name) n = snprintf(text, sizeof(text), "-%c", o->short_name);
        if (o->long_name)
            n += snprintf(text + n, sizeof(text) - (size_t)n, "%s--%s", n ? ", " : "",
                          o->long_name);
        if (o->value_name)
            snprintf(text + n, sizeof(text) - (size_t)n, "%s%s", o->long_name ? "=" : " ",
                     o->value_name);
        fprintf(out, "  %-30s ", text);
        wrapped(out, o->help, 43, 33);
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xend: the daemon and the command that controls it. */
#include <stdio.h>
#include <string.h>

#include "ut_err.h"
#include "xd_control.h"

static const struct {
    const char *word;
    int (*run)(void);
    const char *help;
} commands[] = {
    { "start",        xd_control_start,      "start the daemon; returns when it answers" },
    { "stop",         xd_control_stop,       "stop the daemon; domains go on" },
    { "restart",      xd_control_restart,    "stop and start" },
    { "reload",       xd_control_reload,     "read the configuration again, open the log again" },
    { "status",       xd_control_status,     "exit status 0 running, 3 not running" },
    { "--foreground", xd_control_foreground, "run without detaching, log on stderr" },
};

static void usage(FILE *to)
{
    fprintf(to, "Usage: xend COMMAND\n\n");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        fprintf(to, "  %-14s %s\n", commands[i].word, commands[i].help);
    fprintf(to, "  %-14s %s\n", "--version", "print the version");
}

int main(int argc, char **argv)
{
    const char *word = argc == 2 ? argv[1] : "";

    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        usage(stdout);
        return XD_EXIT_OK;
    }
    if (strcmp(word, "--version") == 0) {
        printf("xend " XC_VERSION "\n");
        return XD_EXIT_OK;
    }
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (strcmp(word, commands[i].word) == 0) return commands[i].run();
    usage(stderr);
    return XD_EXIT_USAGE;
}

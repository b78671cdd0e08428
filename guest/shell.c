/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shell.c: a line, split into words, looked up in the table of commands. */
#include "mini.h"

#define LINE_BYTES 256
#define MAX_WORDS  16
#define BACKSPACE  8
#define DELETE     127
#define CTRL_C     3
#define CTRL_U     21
#define POLL_US    10000                        /* where no interrupt tells of a key */

static int wait_char(void)
{
    int c;

    pv->irq_off();
    while ((c = console_poll()) < 0)
        wait_event(firmware_present() ? 0 : uptime_us() + POLL_US);
    pv->irq_on();
    return c;
}

static void erase(size_t *len, size_t to)
{
    for (; *len > to; --*len)
        printf("\b \b");
}

static void read_line(char line[LINE_BYTES])
{
    size_t len = 0;

    for (;;) {
        int c = wait_char();

        if (c == '\r' || c == '\n') break;
        if (c == CTRL_U || c == CTRL_C) {
            erase(&len, 0);
        } else if (c == BACKSPACE || c == DELETE) {
            erase(&len, len ? len - 1 : 0);
        } else if (c >= ' ' && c < DELETE && len + 1 < LINE_BYTES) {
            line[len++] = (char)c;
            printf("%c", c);
        }
    }
    line[len] = '\0';
    printf("\n");
}

static int split(char *line, char **argv)
{
    int argc = 0;

    for (char *p = line; *p && argc < MAX_WORDS;) {
        while (*p == ' ')
            *p++ = '\0';
        if (!*p) break;
        argv[argc++] = p;
        while (*p && *p != ' ')
            p++;
    }
    return argc;
}

static void run_one(char *line)
{
    char *argv[MAX_WORDS];
    int argc = split(line, argv);

    if (argc == 0) return;
    for (unsigned i = 0; i < nr_commands; i++)
        if (strcmp(argv[0], commands[i].name) == 0) {
            commands[i].run(argc, argv);
            return;
        }
    printf("%s: no such command (try help)\n", argv[0]);
}

void shell_run(const char *script)
{
    char line[LINE_BYTES];

    while (*script) {
        size_t len = 0;

        for (; *script && *script != ';'; script++)
            if (len + 1 < sizeof(line)) line[len++] = *script;
        if (*script) script++;
        line[len] = '\0';
        run_one(line);
    }
}

void shell(void)
{
    char line[LINE_BYTES];

    for (;;) {
        printf("mini> ");
        read_line(line);
        run_one(line);
    }
}

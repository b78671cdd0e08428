/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xm: the command line. One table of commands; parser, usage, completion and manual page are made
 * from or checked against it.
 *
 * Ownership: struct xm_ctx belongs to main and lives as long as the process; a command keeps no
 * state in it but the connection to xend. Errors: run returns 0, a negative code with a text (the
 * dispatcher prints it and chooses the exit status), or an exit status > 0 of its own. Commands
 * print results to cx->out and warnings to cx->err, never to stdout or stderr. Threads: one.
 */
#ifndef XM_XM_H
#define XM_XM_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "ut_err.h"
#include "ut_path.h"
#include "ut_sxp.h"
#include "xr_client.h"

enum xm_exit { XM_EXIT_OK = 0, XM_EXIT_ERROR = 1, XM_EXIT_NO_DOMAIN = 3, XM_EXIT_TIMEOUT = 4,
               XM_EXIT_ENDED = 5 };

struct xm_cmd;

struct xm_ctx {
    FILE *out, *err;
    int in_fd;                      /* the console reads it */
    int out_fd;                     /* behind `out`: the console writes it */
    const struct xm_cmd *cmd;       /* the one that runs */
    const char *dom;                /* domain the last call was about, for "does not exist" */
    struct xr_client *client;       /* NULL until the first call */
    char sock[PATH_MAX];            /* where xend was looked for */
};

/** @in_fd, @out_fd  as in the structure; streams stay the caller's */
void xm_ctx_init(struct xm_ctx *cx, FILE *out, FILE *err);
void xm_ctx_fini(struct xm_ctx *cx);

/* ---- commands -------------------------------------------------------------------------------- */

enum xm_opt_kind { XM_FLAG, XM_U64, XM_STRING };

struct xm_opt {
    char short_name;                /* 0 = none */
    const char *long_name;          /* NULL = none */
    enum xm_opt_kind kind;
    size_t offset;                  /* of bool, struct xm_opt_u64 or const char * in the args */
    const char *value_name;         /* NULL for flags */
    const char *help;
};

/** An option with a number: was it given? */
struct xm_opt_u64 {
    bool set;
    uint64_t v;
};

#define XM_ANY UINT_MAX

struct xm_cmd {
    const char *name;
    const char *operands;           /* as the usage line shows them */
    unsigned min, max;              /* how many; max XM_ANY = no limit */
    const char *help;               /* one sentence */
    const struct xm_opt *opts;
    size_t nopts;
    size_t args_size;
    bool common;                    /* in the short help */
    const char *absent;             /* not NULL: refused, and this is why; no run then */
    /** @args zeroed and filled by the options; @operand NULL-terminated, count checked */
    int (*run)(struct xm_ctx *cx, const void *args, char *const *operand, struct ut_err *err);
};

/** All commands, in the order of the help text. NULL behind the last. */
const struct xm_cmd *xm_cmd_at(size_t index);

struct xm_alias {
    const char *old_name;
    const char *new_name;
};
const struct xm_alias *xm_alias_at(size_t index);

/** Exact name or unique prefix of at least two characters; NULL = unknown. */
const struct xm_cmd *xm_cmd_find(const char *word);

/** Run one command line (argv[0] = "xm"); returns the exit status. */
int xm_main(struct xm_ctx *cx, int argc, char **argv);

/**
 * Parse options anywhere among the operands (getopt style); "--" ends them.
 *
 * @args     zeroed memory of cmd->args_size bytes
 * @operand  room for argc + 1 pointers; NULL-terminated on return
 * Returns the number of operands, or UT_EARG.
 */
int xm_opt_parse(const struct xm_cmd *cmd, char *const *argv, void *args, char **operand,
                 struct ut_err *err);

void xm_help_short(FILE *out);
void xm_help_full(FILE *out);
/** Usage line, sentence and options of one command. */
void xm_help_cmd(const struct xm_cmd *cmd, FILE *out);

/* ---- xend ------------------------------------------------------------------------------------ */

/**
 * Call a method. `format` describes the arguments: s string, d the same and the domain that errors
 * are about, i int64_t, b int as boolean, n nil (no argument), v struct xr_value * (handed over).
 *
 * @value_out  may be NULL
 * Errors: those of xr_call with texts for users.
 */
int xm_rpc(struct xm_ctx *cx, struct xr_value **value_out, struct ut_err *err, const char *method,
           const char *format, ...);
/** A call whose result is an S-expression. UT_EPROTO if it is something else. */
int xm_rpc_sxp(struct xm_ctx *cx, struct ut_sxp **sx_out, struct ut_err *err, const char *method,
               const char *format, ...);
/** A call whose result is a text (freed by the caller). */
int xm_rpc_text(struct xm_ctx *cx, char **text_out, struct ut_err *err, const char *method);

/* ---- domains as xend describes them ---------------------------------------------------------- */

struct xm_dom {
    const char *name;               /* borrowed from the expression */
    const char *domid;              /* "" = not running */
    const char *state;              /* six letters, "" = not running */
    const char *uuid;
    int64_t memory_mib, maxmem_mib;
    int64_t vcpus, online_vcpus;
    int64_t status;
    double cpu_time_s, start_time_s;
};

/** UT_EPROTO if `sx` is not the description of a domain. */
int xm_dom_read(const struct ut_sxp *sx, struct xm_dom *dom_out, struct ut_err *err);
/** Descriptions of the named domains in that order, or of all by name (names[0] NULL). */
int xm_dom_fetch(struct xm_ctx *cx, char *const *names, const char *state, struct ut_sxp **list_out,
                 struct ut_err *err);

/** Print an S-expression as JSON, without an end of line: (k v) pairs become objects. */
int xm_json_print(const struct ut_sxp *sx, FILE *out);

/* ---- console --------------------------------------------------------------------------------- */

struct xm_console_opts {
    const char *until;              /* POSIX extended expression, or NULL */
    bool only_new;                  /* forget what the console showed before */
    bool quiet;
    struct xm_opt_u64 timeout_s;
    struct xm_opt_u64 idle_s;
};

/** Connect to the console socket at `path`. */
int xm_console_connect(const char *path, int *sock_out, struct ut_err *err);
/** Until detached, ended or done; closes `sock`. Returns an exit status >= 0 or an error. */
int xm_console_run(struct xm_ctx *cx, int sock, const struct xm_console_opts *o,
                   struct ut_err *err);
/** xend's console record of a domain: path of the socket (freed by the caller). */
int xm_console_lookup(struct xm_ctx *cx, const char *dom, char **path_out, struct ut_err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xd_config: xend-config.sxp, a sequence of (KEY VALUE) lists. Every key of the historic daemon is
 * known; those without a meaning here are accepted silently. An unknown key is a warning that
 * names file and line; an unreadable value too, and the default stays.
 */
#ifndef XEND_XD_CONFIG_H
#define XEND_XD_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "ut_err.h"
#include "ut_log.h"
#include "ut_path.h"

struct xd_config {
    char logfile[PATH_MAX];         /* "" = LOG/xend.log */
    int64_t loglevel;               /* enum ut_level */
    bool unix_xmlrpc_server;
    bool enable_dump;
    int64_t console_limit_kib;
    int64_t restart_min_interval_s;
    int64_t shutdown_patience_s;    /* then a guest that ignores a request is logged */
};

typedef void xd_config_warn_fn(void *arg, const char *text);

void xd_config_defaults(struct xd_config *cfg);
/** Apply the text of a configuration file; `name` is for the warnings. Warnings are no error;
 *  UT_EFORMAT if the text is no sequence of expressions (the defaults then stand). */
int xd_config_parse(struct xd_config *cfg, const char *name, const char *text, size_t len,
                    xd_config_warn_fn *warn, void *arg, struct ut_err *err);
/** Find and read the file: XEND_CONFIG, else xend-config.sxp in the configuration folders. None is
 *  fine. Problems go to `warn`. */
void xd_config_load(struct xd_config *cfg, const struct ut_paths *paths, xd_config_warn_fn *warn,
                    void *arg);

#endif

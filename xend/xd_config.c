/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xd_config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "ut_io.h"
#include "ut_sxp.h"

#define MAX_FILE_BYTES (1u << 20)

enum key_type { KEY_IGNORED, KEY_BOOL, KEY_NUMBER, KEY_PATH, KEY_LEVEL };

#define FIELD(f) offsetof(struct xd_config, f)

static const struct key {
    const char *name;
    enum key_type type;
    size_t offset;
    int64_t dflt, min, max;
} keys[] = {
    { "logfile",                  KEY_PATH,   FIELD(logfile), 0, 0, 0 },
    { "loglevel",                 KEY_LEVEL,  FIELD(loglevel), UT_LOG_DEBUG, 0, 0 },
    { "xend-unix-xmlrpc-server",  KEY_BOOL,   FIELD(unix_xmlrpc_server), true, 0, 1 },
    { "enable-dump",              KEY_BOOL,   FIELD(enable_dump), false, 0, 1 },
    { "console-limit",            KEY_NUMBER, FIELD(console_limit_kib), 1024, 1, 1 << 20 },
    { "restart-min-interval",     KEY_NUMBER, FIELD(restart_min_interval_s), 60, 0, 86400 },
    { "shutdown-patience",        KEY_NUMBER, FIELD(shutdown_patience_s), 300, 1, 86400 },
    /* known to the historic daemon, without effect here (yet) */
    { "xen-api-server",                        KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-http-server",                      KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-port",                             KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-address",                          KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-unix-server",                      KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-unix-path",                        KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-tcp-xmlrpc-server",                KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-tcp-xmlrpc-server-address",        KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-tcp-xmlrpc-server-port",           KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-tcp-xmlrpc-server-ssl-key-file",   KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-tcp-xmlrpc-server-ssl-cert-file",  KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-relocation-server",                KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-relocation-port",                  KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-relocation-address",               KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-relocation-hosts-allow",           KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-relocation-ssl-server",            KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-relocation-ssl-port",              KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-relocation-ssl",                   KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-relocation-server-ssl-key-file",   KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-relocation-server-ssl-cert-file",  KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-udev-event-server",                KEY_IGNORED, 0, 0, 0, 0 },
    { "network-script",                        KEY_IGNORED, 0, 0, 0, 0 },
    { "vif-script",                            KEY_IGNORED, 0, 0, 0, 0 },
    { "external-migration-tool",               KEY_IGNORED, 0, 0, 0, 0 },
    { "dom0-min-mem",                          KEY_IGNORED, 0, 0, 0, 0 },
    { "enable-dom0-ballooning",                KEY_IGNORED, 0, 0, 0, 0 },
    { "total_available_memory",                KEY_IGNORED, 0, 0, 0, 0 },
    { "dom0-cpus",                             KEY_IGNORED, 0, 0, 0, 0 },
    { "device-create-timeout",                 KEY_IGNORED, 0, 0, 0, 0 },
    { "device-destroy-timeout",                KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-domains-path",                     KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-state-path",                       KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-storage-path",                     KEY_IGNORED, 0, 0, 0, 0 },
    { "xend-security-path",                    KEY_IGNORED, 0, 0, 0, 0 },
    { "vnc-listen",                            KEY_IGNORED, 0, 0, 0, 0 },
    { "vncpasswd",                             KEY_IGNORED, 0, 0, 0, 0 },
    { "vnc-tls",                               KEY_IGNORED, 0, 0, 0, 0 },
    { "vnc-x509-cert-dir",                     KEY_IGNORED, 0, 0, 0, 0 },
    { "vnc-x509-verify",                       KEY_IGNORED, 0, 0, 0, 0 },
    { "keymap",                                KEY_IGNORED, 0, 0, 0, 0 },
    { "qemu-dm-logrotate-count",               KEY_IGNORED, 0, 0, 0, 0 },
    { "pci-passthrough-strict-check",          KEY_IGNORED, 0, 0, 0, 0 },
    { "pci-dev-assign-strict-check",           KEY_IGNORED, 0, 0, 0, 0 },
    { "pscsi-device-mask",                     KEY_IGNORED, 0, 0, 0, 0 },
    { "resource-label-change-script",          KEY_IGNORED, 0, 0, 0, 0 },
    { "xsm_module_name",                       KEY_IGNORED, 0, 0, 0, 0 },
};

static void *field(struct xd_config *cfg, const struct key *k)
{
    return (char *)cfg + k->offset;
}

void xd_config_defaults(struct xd_config *cfg)
{
    memset(cfg, 0, sizeof(*cfg));
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (keys[i].type == KEY_BOOL) *(bool *)field(cfg, &keys[i]) = keys[i].dflt != 0;
        if (keys[i].type == KEY_NUMBER || keys[i].type == KEY_LEVEL)
            *(int64_t *)field(cfg, &keys[i]) = keys[i].dflt;
    }
}

static bool is_true(const char *s)
{
    static const char *const words[] = { "yes", "y", "1", "on", "true", "t" };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (strcasecmp(s, words[i]) == 0) return true;
    return false;
}

static bool set_level(int64_t *level, const char *s)
{
    static const struct { const char *word; enum ut_level level; } levels[] = {
        { "DEBUG", UT_LOG_DEBUG },     { "INFO", UT_LOG_INFO },   { "WARNING", UT_LOG_WARNING },
        { "WARN", UT_LOG_WARNING },    { "ERROR", UT_LOG_ERROR }, { "CRITICAL", UT_LOG_ERROR },
    };

    for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
        if (strcasecmp(s, levels[i].word) != 0) continue;
        *level = levels[i].level;
        return true;
    }
    return false;
}

static bool set_number(int64_t *number, const char *s, const struct key *k)
{
    long long v;
    char *end;

    errno = 0;
    v = strtoll(s, &end, 10);
    if (errno || end == s || *end || v < k->min || v > k->max) return false;
    *number = v;
    return true;
}

static bool set_key(struct xd_config *cfg, const struct key *k, const char *s)
{
    switch (k->type) {
    case KEY_IGNORED: return true;
    case KEY_BOOL:    *(bool *)field(cfg, k) = is_true(s); return true;
    case KEY_LEVEL:   return set_level(field(cfg, k), s);
    case KEY_NUMBER:  return set_number(field(cfg, k), s, k);
    case KEY_PATH:    return (size_t)snprintf(field(cfg, k), PATH_MAX, "%s", s) < PATH_MAX;
    }
    return false;
}

struct reader {
    struct xd_config *cfg;
    const char *name;
    xd_config_warn_fn *warn;
    void *arg;
};

static void __attribute__((format(printf, 2, 3))) warn(const struct reader *r, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (r->warn) r->warn(r->arg, text);
}

static void apply(const struct reader *r, const struct ut_sxp *sx, unsigned line)
{
    const char *name = ut_sxp_head(sx), *value;
    size_t i;

    if (!*name) {
        warn(r, "%s:%u: expected (KEY VALUE)", r->name, line);
        return;
    }
    for (i = 0; i < ARRAY_SIZE(keys); i++)
        if (strcmp(keys[i].name, name) == 0) break;
    if (i == ARRAY_SIZE(keys)) {
        warn(r, "%s:%u: unknown key %.100s", r->name, line, name);
        return;
    }
    value = sx->nr_items > 1 && sx->item[1]->kind != UT_SXP_LIST ? sx->item[1]->text : "";
    if (*value && !set_key(r->cfg, &keys[i], value))
        warn(r, "%s:%u: bad value %.100s for %s, the default stays", r->name, line, value, name);
}

/* Where the next expression starts: white space and comments are skipped to name its line. */
static size_t skip_blank(const char *text, size_t len, size_t pos, unsigned *line)
{
    bool comment = false;

    for (; pos < len; pos++) {
        if (text[pos] == '\n') {
            (*line)++;
            comment = false;
        } else if (text[pos] == '#') {
            comment = true;
        } else if (!comment && !strchr(" \t\r\v\f", text[pos])) {
            break;
        }
    }
    return pos;
}

int xd_config_parse(struct xd_config *cfg, const char *name, const char *text, size_t len,
                    xd_config_warn_fn *warn_fn, void *arg, struct ut_err *err)
{
    struct reader r = { .cfg = cfg, .name = name, .warn = warn_fn, .arg = arg };
    unsigned line = 1;
    size_t pos = 0;

    for (;;) {
        struct ut_sxp *sx;
        size_t used;

        pos = skip_blank(text, len, pos, &line);
        if (pos == len) return UT_OK;
        if (ut_sxp_parse(text + pos, len - pos, &sx, &used, err) < 0) {
            ut_err_prefix(err, "%s, expression that starts in line %u", name, line);
            return UT_EFORMAT;
        }
        apply(&r, sx, line);
        ut_sxp_free(sx);
        for (size_t i = pos; i < pos + used; i++) line += text[i] == '\n';
        pos += used;
    }
}

static void load(struct xd_config *cfg, const char *path, xd_config_warn_fn *warn_fn, void *arg)
{
    struct ut_err err = UT_ERR_INIT;
    struct ut_buf text = UT_BUF_INIT;

    if (ut_io_read_file(path, MAX_FILE_BYTES, &text, &err) < 0 ||
        xd_config_parse(cfg, path, ut_buf_str(&text), text.len, warn_fn, arg, &err) < 0) {
        if (warn_fn) warn_fn(arg, err.text);
    }
    ut_buf_fini(&text);
}

void xd_config_load(struct xd_config *cfg, const struct ut_paths *paths,
                    xd_config_warn_fn *warn_fn, void *arg)
{
    const char *told = getenv("XEND_CONFIG");
    char path[PATH_MAX];

    if (told && *told) {
        load(cfg, told, warn_fn, arg);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(paths->config); i++) {
        if (!paths->config[i][0]) continue;
        if (ut_path_join(path, paths->config[i], "xend-config.sxp", NULL) < 0) continue;
        if (access(path, F_OK) < 0) continue;
        load(cfg, path, warn_fn, arg);
        return;
    }
}

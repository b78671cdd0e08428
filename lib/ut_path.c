/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ut_path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int ut_path_join(char *out, const char *dir, const char *name, struct ut_err *err)
{
    int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);

    if (n < 0 || n >= PATH_MAX)
        return ut_err_set(err, UT_ELIMIT, "path too long: %.200s/%.200s", dir, name);
    return UT_OK;
}

int ut_path_mkdirs(const char *path, mode_t mode, struct ut_err *err)
{
    char part[PATH_MAX];
    struct stat st;
    size_t len = strlen(path);

    if (!len || len >= sizeof(part)) return ut_err_set(err, UT_ELIMIT, "bad path length");
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != '\0') continue;
        part[i] = '\0';
        if (mkdir(part, mode) < 0) {
            /* a read-only or foreign parent is fine as long as it is there */
            if (stat(part, &st) < 0) return ut_err_sys(err, UT_ESYS, "cannot create %s", part);
            if (!S_ISDIR(st.st_mode)) {
                errno = ENOTDIR;
                return ut_err_sys(err, UT_ESYS, "cannot create %s", part);
            }
        }
        if (i < len) part[i] = '/';
    }
    return UT_OK;
}

static const char *env(const char *name)
{
    const char *v = getenv(name);

    return v && *v ? v : NULL;
}

/* A relative XEND_ROOT is made absolute at once: the daemon changes directory later. */
static int absolute(char *out, const char *path, struct ut_err *err)
{
    char cwd[PATH_MAX] = "";
    size_t len;

    if (path[0] != '/') {
        if (!getcwd(cwd, sizeof(cwd))) return ut_err_sys(err, UT_ESYS, "current directory");
        if (ut_path_join(out, cwd, path, err) < 0) return UT_EARG;
    } else if ((size_t)snprintf(out, PATH_MAX, "%s", path) >= PATH_MAX) {
        return ut_err_set(err, UT_EARG, "XEND_ROOT is too long");
    }
    len = strlen(out);
    while (len > 1 && out[len - 1] == '/') out[--len] = '\0';
    return UT_OK;
}

static int paths_below_root(struct ut_paths *p, const char *root, struct ut_err *err)
{
    char dir[PATH_MAX];

    if (absolute(dir, root, err) < 0 || ut_path_join(p->run, dir, "run", err) < 0 ||
        ut_path_join(p->state, dir, "lib", err) < 0 || ut_path_join(p->log, dir, "log", err) < 0 ||
        ut_path_join(p->config[0], dir, "etc", err) < 0)
        return UT_EARG;
    snprintf(p->config[1], PATH_MAX, "/etc/xen");
    return UT_OK;
}

static int paths_of_user(struct ut_paths *p, struct ut_err *err)
{
    const char *home = env("HOME"), *state = env("XDG_STATE_HOME");
    const char *run = env("XDG_RUNTIME_DIR"), *config = env("XDG_CONFIG_HOME");
    char buf[PATH_MAX];

    if (!home && (!state || !config)) return ut_err_set(err, UT_EARG, "HOME is not set");
    if (state ? ut_path_join(p->state, state, "xend", err)
              : ut_path_join(p->state, home, ".local/state/xend", err))
        return UT_EARG;
    if (ut_path_join(p->log, p->state, "log", err) < 0) return UT_EARG;
    if (config ? ut_path_join(p->config[0], config, "xen", err)
               : ut_path_join(p->config[0], home, ".config/xen", err))
        return UT_EARG;
    snprintf(p->config[1], PATH_MAX, "/etc/xen");
    if (run) return ut_path_join(p->run, run, "xend", err) ? UT_EARG : UT_OK;
    /* no login session: never below /tmp, where others could be there first */
    snprintf(buf, sizeof(buf), "/run/user/%u", (unsigned)geteuid());
    if (access(buf, W_OK) == 0) return ut_path_join(p->run, buf, "xend", err) ? UT_EARG : UT_OK;
    return ut_path_join(p->run, p->state, "run", err) ? UT_EARG : UT_OK;
}

static bool has_vmm(const char *dir)
{
    char vmm[PATH_MAX];

    return ut_path_join(vmm, dir, "xen-vmm", NULL) == UT_OK && access(vmm, X_OK) == 0;
}

/* Where xen-vmm lies: as told, beside the running program (a build tree), in ../lib from there (an
 * installation that was moved), or as installed. */
static void find_libexec(struct ut_paths *p)
{
    const char *told = env("XEN_IA64_LIBEXEC");
    char self[PATH_MAX];
    ssize_t n;
    char *slash;

    if (told) {
        snprintf(p->libexec, PATH_MAX, "%s", told);
        return;
    }
    n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n > 0) {
        self[n] = '\0';
        slash = strrchr(self, '/');
        if (slash) *slash = '\0';
        memcpy(p->libexec, self, sizeof(self));
        if (has_vmm(p->libexec)) return;
        if (ut_path_join(p->libexec, self, "../lib/xen-ia64", NULL) == UT_OK &&
            has_vmm(p->libexec))
            return;
    }
    snprintf(p->libexec, PATH_MAX, "%s", XC_LIBEXECDIR);
}

int ut_paths_init(struct ut_paths *p, struct ut_err *err)
{
    const char *root = env("XEND_ROOT");
    int rc = UT_OK;

    memset(p, 0, sizeof(*p));
    if (root) {
        rc = paths_below_root(p, root, err);
    } else if (geteuid() == 0) {
        snprintf(p->run, PATH_MAX, "/run/xend");
        snprintf(p->state, PATH_MAX, "/var/lib/xend");
        snprintf(p->log, PATH_MAX, "/var/log/xen");
        snprintf(p->config[0], PATH_MAX, "/etc/xen");
    } else {
        rc = paths_of_user(p, err);
    }
    if (rc < 0) return rc;
    if (ut_path_join(p->xmlrpc_sock, p->run, "xmlrpc.sock", err) < 0) return UT_EARG;
    if (!root && geteuid() == 0) snprintf(p->xenstored, PATH_MAX, "/run/xenstored");
    else if (ut_path_join(p->xenstored, p->run, "xenstored", err) < 0) return UT_EARG;
    find_libexec(p);
    return UT_OK;
}

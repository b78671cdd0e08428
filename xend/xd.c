/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xd.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>


#include "domain/xd_adopt.h"
#include "domain/xd_dom.h"
#include "rpc/xd_http.h"
#include "xd_store.h"
#include "xd_work.h"

#define NR_WORKERS 8
#define LOG_ROTATE_BYTES (1u << 20)
#define QUIT_PATIENCE_S 60          /* how long operations in flight may delay the end */

/* ---- start ----------------------------------------------------------------------------------- */

static int make_folders(struct xd *xd, struct ut_err *err)
{
    static const struct { const char *below; mode_t mode; } folders[] = {
        { "", 0700 }, { "dom", 0700 },
    };
    char path[PATH_MAX];
    int rc = UT_OK;

    /* the mode of RUN is what keeps other users from the sockets */
    for (size_t i = 0; rc == UT_OK && i < ARRAY_SIZE(folders); i++) {
        rc = ut_path_join(path, xd->paths.run, folders[i].below, err);
        if (rc == UT_OK) rc = ut_path_mkdirs(path, folders[i].mode, err);
    }
    if (rc == UT_OK) rc = ut_path_join(path, xd->paths.state, "running", err);
    if (rc == UT_OK) rc = ut_path_mkdirs(path, 0700, err);
    if (rc == UT_OK) rc = ut_path_join(path, xd->paths.log, "console", err);
    if (rc == UT_OK) rc = ut_path_mkdirs(path, 0750, err);
    return rc;
}

/* Warnings before there is a log wait here. */
static void keep_warning(void *arg, const char *text)
{
    struct ut_buf *kept = arg;

    ut_buf_addf(kept, "%s\n", text);
}

static int load_config(struct xd *xd, struct ut_buf *warnings, struct ut_err *err)
{
    xd_config_defaults(&xd->cfg);
    xd_config_load(&xd->cfg, &xd->paths, keep_warning, warnings);
    /* a private XEND_ROOT keeps its log inside, whatever a shared configuration says */
    if (!xd->cfg.logfile[0] || getenv("XEND_ROOT"))
        return ut_path_join(xd->cfg.logfile, xd->paths.log, "xend.log", err);
    return UT_OK;
}

static int open_log(struct xd *xd, bool foreground, struct ut_err *err)
{
    struct ut_buf warnings = UT_BUF_INIT;
    int rc = load_config(xd, &warnings, err);
    char *rest = warnings.data, *line;

    if (rc == UT_OK)
        rc = ut_log_open(foreground ? "-" : xd->cfg.logfile, "xend",
                         (enum ut_level)xd->cfg.loglevel, LOG_ROTATE_BYTES, &xd->log, err);
    while (rc == UT_OK && rest && (line = strsep(&rest, "\n")))
        if (*line) xd_warn(xd, UT_NO_DOMID, "%s", line);
    ut_buf_fini(&warnings);
    return rc;
}

static int open_hypervisor(struct xd *xd, struct ut_err *err)
{
    char vmm[PATH_MAX];
    struct xci_config cfg = { .run_dir = xd->paths.run, .vmm_path = vmm, .log = xd->log };
    int rc = ut_path_join(vmm, xd->paths.libexec, "xen-vmm", err);

    if (rc == UT_OK && access(vmm, X_OK) < 0)
        xd_warn(xd, UT_NO_DOMID, "%s is missing: domains of the embedded hypervisor cannot start",
                vmm);
    if (rc == UT_OK) rc = xci_open(&cfg, &xd->xc, err);
    if (rc < 0) ut_err_prefix(err, "cannot open the hypervisor");
    return rc;
}

static void on_hv_event(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    xd_hv_events(arg);
}

static int watch_hypervisor(struct xd *xd, struct ut_err *err)
{
    int fd = xci_event_fd(xd->xc);

    if (fd < 0) return ut_err_set(err, UT_EINTERNAL, "the hypervisor has no event descriptor");
    xd->hv_event = event_new(xd->base, fd, EV_READ | EV_PERSIST, on_hv_event, xd);
    if (!xd->hv_event || event_add(xd->hv_event, NULL) < 0)
        return ut_err_set(err, UT_ENOMEM, "event loop");
    return UT_OK;
}

/* A domain costs descriptors; the usual soft limit is for interactive programs. */
static void raise_limits(void)
{
    struct rlimit rl;

    if (getrlimit(RLIMIT_NOFILE, &rl) < 0) return;
    rl.rlim_cur = rl.rlim_max;
    setrlimit(RLIMIT_NOFILE, &rl);
}

int xd_init(struct xd *xd, bool foreground, struct ut_err *err)
{
    int rc;

    memset(xd, 0, sizeof(*xd));
    signal(SIGPIPE, SIG_IGN);
    raise_limits();
    rc = ut_paths_init(&xd->paths, err);
    if (rc == UT_OK) rc = make_folders(xd, err);
    if (rc == UT_OK) rc = open_log(xd, foreground, err);
    if (rc < 0) return rc;
    xd_info(xd, UT_NO_DOMID, "xend " XC_VERSION " starts; run %s, state %s", xd->paths.run,
            xd->paths.state);
    xd->base = event_base_new();
    if (!xd->base) return ut_err_set(err, UT_ENOMEM, "event loop");
    rc = xd_pool_new(xd->base, NR_WORKERS, &xd->ops, err);
    if (rc == UT_OK) rc = xd_pool_new(xd->base, 1, &xd->disk, err);
    if (rc == UT_OK) rc = open_hypervisor(xd, err);
    if (rc == UT_OK) rc = xd_registry_new(xd, &xd->reg, err);
    if (rc == UT_OK) rc = xd_store_new(xd, &xd->store, err);
    if (rc == UT_OK) rc = xd_adopt_all(xd, err);
    if (rc == UT_OK) rc = watch_hypervisor(xd, err);
    if (rc < 0) xd_error(xd, UT_NO_DOMID, "start failed: %s", err ? err->text : "");
    return rc;
}

/* ---- run ------------------------------------------------------------------------------------- */

static void on_signal(evutil_socket_t signum, short what, void *arg)
{
    struct xd *xd = arg;

    (void)what;
    xd_info(xd, UT_NO_DOMID, "signal %s", signum == SIGHUP ? "HUP: reload" : "to stop");
    if (signum == SIGHUP) xd_reload(xd);
    else xd_stop(xd);
}

int xd_serve(struct xd *xd, struct ut_err *err)
{
    static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
    int rc;

    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (xd->signals[i]) continue;
        xd->signals[i] = evsignal_new(xd->base, numbers[i], on_signal, xd);
        if (!xd->signals[i] || event_add(xd->signals[i], NULL) < 0)
            return ut_err_set(err, UT_ENOMEM, "event loop");
    }
    if (!xd->cfg.unix_xmlrpc_server) {
        xd_warn(xd, UT_NO_DOMID, "xend-unix-xmlrpc-server is off: xm cannot talk to this xend");
        return UT_OK;
    }
    rc = xd_http_new(xd, xd->paths.xmlrpc_sock, &xd->http, err);
    if (rc < 0) xd_error(xd, UT_NO_DOMID, "%s", err ? err->text : "RPC server");
    else xd_info(xd, UT_NO_DOMID, "ready on %s", xd->paths.xmlrpc_sock);
    return rc;
}

void xd_run(struct xd *xd)
{
    event_base_dispatch(xd->base);
}

static void on_quit_timer(evutil_socket_t fd, short what, void *arg)
{
    struct xd *xd = arg;

    (void)fd, (void)what;
    xd_error(xd, UT_NO_DOMID, "%u operations are still in flight: not waiting any longer",
             xd->nr_running_ops);
    xd->abandoned = true;
    event_base_loopbreak(xd->base);
}

void xd_stop(struct xd *xd)
{
    struct timeval tv = { .tv_sec = QUIT_PATIENCE_S };

    xd->stopping = true;
    if (!xd->nr_running_ops) {
        event_base_loopbreak(xd->base);
        return;
    }
    xd_info(xd, UT_NO_DOMID, "waiting for %u operations in flight", xd->nr_running_ops);
    if (!xd->quit_timer) xd->quit_timer = evtimer_new(xd->base, on_quit_timer, xd);
    if (xd->quit_timer) evtimer_add(xd->quit_timer, &tv);
}

void xd_op_ended(struct xd *xd)
{
    if (xd->stopping && !xd->nr_running_ops) event_base_loopbreak(xd->base);
}

void xd_reload(struct xd *xd)
{
    struct ut_err err = UT_ERR_INIT;
    struct ut_log *old = xd->log;
    bool to_stderr = ut_log_fd(old) == STDERR_FILENO;

    /* calls in flight keep their connection's old server alive no longer than an answer: so the
       socket is made anew only when it has been taken away */
    if (open_log(xd, to_stderr, &err) < 0) {
        xd->log = old;
        xd_error(xd, UT_NO_DOMID, "reload: %s", err.text);
        return;
    }
    /* the hypervisor's handle logs to the old one: it stays, with the descriptor of the new */
    if (!to_stderr) dup3(ut_log_fd(xd->log), ut_log_fd(old), O_CLOEXEC);
    ut_log_free(xd->log);
    xd->log = old;
    ut_log_set_level(xd->log, (enum ut_level)xd->cfg.loglevel);
    if (access(xd->paths.xmlrpc_sock, F_OK) < 0 || !xd->http) {
        xd_http_free(xd->http);
        xd->http = NULL;
        if (xd_serve(xd, &err) < 0) xd_error(xd, UT_NO_DOMID, "reload: %s", err.text);
    }
    xd_info(xd, UT_NO_DOMID, "configuration read again");
}

/* ---- end ------------------------------------------------------------------------------------- */

void xd_fini(struct xd *xd)
{
    xd->stopping = true;
    xd_pool_free(xd->ops);          /* runs what is queued to its end, and its answers */
    xd_pool_free(xd->disk);
    xd->ops = xd->disk = NULL;
    xd_http_free(xd->http);
    xd->http = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(xd->signals); i++)
        if (xd->signals[i]) event_free(xd->signals[i]);
    memset(xd->signals, 0, sizeof(xd->signals));
    if (xd->hv_event) event_free(xd->hv_event);
    if (xd->quit_timer) event_free(xd->quit_timer);
    xd->hv_event = xd->quit_timer = NULL;
    xd_store_free(xd->store);
    xd->store = NULL;
    xd_registry_free(xd->reg);
    xd->reg = NULL;
    xci_close(xd->xc);
    xd->xc = NULL;
    if (xd->base) event_base_free(xd->base);
    xd->base = NULL;
    if (xd->log) xd_info(xd, UT_NO_DOMID, "xend ends; domains go on");
    ut_log_free(xd->log);
    xd->log = NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that change the state of a domain: pause, unpause, destroy, rename, shutdown, reboot. */
#include "cmd.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int pause_run(struct xm_ctx *cx, const void *vargs, char *const *operand, struct ut_err *err)
{
    (void)vargs;
    return xm_rpc(cx, NULL, err, "xend.domain.pause", "db", operand[0], 1);
}

static int unpause_run(struct xm_ctx *cx, const void *vargs, char *const *operand,
                       struct ut_err *err)
{
    (void)vargs;
    return xm_rpc(cx, NULL, err, "xend.domain.unpause", "d", operand[0]);
}

static int destroy_run(struct xm_ctx *cx, const void *vargs, char *const *operand,
                       struct ut_err *err)
{
    (void)vargs;
    return xm_rpc(cx, NULL, err, "xend.domain.destroy", "d", operand[0]);
}

static int rename_run(struct xm_ctx *cx, const void *vargs, char *const *operand,
                      struct ut_err *err)
{
    (void)vargs;
    return xm_rpc(cx, NULL, err, "xend.domain.setName", "ds", operand[0], operand[1]);
}

const struct xm_cmd xm_cmd_pause = {
    .name = "pause", .operands = "DOMAIN", .min = 1, .max = 1, .common = true,
    .help = "Pause execution of a domain", .run = pause_run,
};
const struct xm_cmd xm_cmd_unpause = {
    .name = "unpause", .operands = "DOMAIN", .min = 1, .max = 1, .common = true,
    .help = "Unpause a paused domain", .run = unpause_run,
};
const struct xm_cmd xm_cmd_destroy = {
    .name = "destroy", .operands = "DOMAIN", .min = 1, .max = 1, .common = true,
    .help = "Terminate a domain immediately", .run = destroy_run,
};
const struct xm_cmd xm_cmd_rename = {
    .name = "rename", .operands = "DOMAIN NEWNAME", .min = 2, .max = 2,
    .help = "Rename a domain", .run = rename_run,
};

/* ---- shutdown, reboot ------------------------------------------------------------------------ */

struct shutdown_args {
    bool all, wait, halt, reboot;
    struct xm_opt_u64 timeout_s;
};

/* How long a restart may take, from its begin, before the domain counts as lost. */
#define ABSENT_S 30.0
#define POLL_MIN_NS 20000000L
#define POLL_MAX_NS 1000000000L

struct target {
    char *name;
    int64_t restarts;               /* restart counter before */
    char domid[16];                 /* before */
    double waiting_since_s;         /* for its new self to appear; 0 = not yet */
    bool done;
};

struct targets {
    struct target *t;
    size_t nr;
};

static double now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void targets_fini(struct targets *ts)
{
    for (size_t i = 0; i < ts->nr; i++)
        free(ts->t[i].name);
    free(ts->t);
}

static int target_add(struct targets *ts, const char *name, struct ut_err *err)
{
    struct target *grown = realloc(ts->t, (ts->nr + 1) * sizeof(*grown));

    if (!grown) return ut_err_set(err, UT_ENOMEM, "out of memory");
    ts->t = grown;
    memset(&grown[ts->nr], 0, sizeof(*grown));
    grown[ts->nr].name = strdup(name);
    if (!grown[ts->nr].name) return ut_err_set(err, UT_ENOMEM, "out of memory");
    ts->nr++;
    return UT_OK;
}

/* Every domain but domain 0 that is not dead already. */
static int add_all(struct xm_ctx *cx, struct targets *ts, struct ut_err *err)
{
    struct ut_sxp *list = NULL;
    int rc = xm_dom_fetch(cx, NULL, "all", &list, err);

    for (size_t i = 0; rc == UT_OK && i < list->nr_items; i++) {
        struct xm_dom d;

        rc = xm_dom_read(list->item[i], &d, err);
        if (rc || !d.domid[0] || !strcmp(d.domid, "0") || strpbrk(d.state, "scd")) continue;
        rc = target_add(ts, d.name, err);
    }
    ut_sxp_free(list);
    return rc;
}

/* The waiting is by name, which outlives a restart; the operand may be a number. */
static int add_named(struct xm_ctx *cx, struct targets *ts, const char *dom, struct ut_err *err)
{
    struct ut_sxp *sx = NULL;
    struct xm_dom d;
    int rc = xm_rpc_sxp(cx, &sx, err, "xend.domain", "d", dom);

    if (rc == UT_OK) rc = xm_dom_read(sx, &d, err);
    if (rc == UT_OK) rc = target_add(ts, d.name, err);
    ut_sxp_free(sx);
    return rc;
}

static int restart_count(struct xm_ctx *cx, const char *name, int64_t *count_out,
                         struct ut_err *err)
{
    struct xr_value *v = NULL;
    int rc = xm_rpc(cx, &v, err, "xend.domain.getRestartCount", "d", name);

    if (rc == UT_OK) *count_out = v->type == XR_INT ? v->i : 0;
    xr_free(v);
    return rc;
}

/* Is it gone, or dead and only kept to be looked at? */
static int poll_shutdown(struct xm_ctx *cx, struct target *t, struct ut_err *err)
{
    struct ut_sxp *sx = NULL;
    struct xm_dom d;
    int rc = xm_rpc_sxp(cx, &sx, err, "xend.domain", "d", t->name);

    if (rc == UT_OK) rc = xm_dom_read(sx, &d, err);
    if (rc == UT_OK) t->done = !d.domid[0] || strpbrk(d.state, "sc");
    if (rc == UT_ENODOM) {
        t->done = true;
        rc = UT_OK;
    }
    ut_sxp_free(sx);
    if (t->done) fprintf(cx->out, "Domain %s terminated\n", t->name);
    return rc;
}

/* Number of a domain as text, "" = it has none now. */
static int current_domid(struct xm_ctx *cx, const char *name, char domid[16], struct ut_err *err)
{
    struct ut_sxp *sx = NULL;
    struct xm_dom d;
    int rc = xm_rpc_sxp(cx, &sx, err, "xend.domain", "d", name);

    if (rc == UT_OK) rc = xm_dom_read(sx, &d, err);
    if (rc == UT_OK) snprintf(domid, 16, "%.15s", d.domid);
    ut_sxp_free(sx);
    return rc;
}

/* The counter moves when the restart begins; it is over when the domain has another number. A
 * server that keeps the number is believed after a while. */
static int poll_reboot(struct xm_ctx *cx, struct target *t, struct ut_err *err)
{
    int64_t count = t->restarts;
    char domid[16] = "";
    int rc = restart_count(cx, t->name, &count, err);

    if (rc == UT_OK && count == t->restarts) return UT_OK;
    if (rc == UT_OK) rc = current_domid(cx, t->name, domid, err);
    if (rc != UT_OK && rc != UT_ENODOM) return rc;
    if (t->waiting_since_s <= 0) t->waiting_since_s = now_s();
    t->done = now_s() - t->waiting_since_s > ABSENT_S;
    if (rc == UT_OK && domid[0] && (t->done || strcmp(domid, t->domid) != 0)) {
        t->done = true;
        fprintf(cx->out, "Domain %s rebooted\n", t->name);
    } else if (t->done) {
        fprintf(cx->out, "Domain %s destroyed for failing to reboot\n", t->name);
    }
    return UT_OK;
}

/* Poll until all are done; quick at first, once a second later. */
static int wait_all(struct xm_ctx *cx, struct targets *ts, const struct shutdown_args *a,
                    struct ut_err *err)
{
    struct timespec pause = { 0, POLL_MIN_NS };
    double start_s = now_s();
    size_t left = ts->nr;

    for (;;) {
        for (size_t i = 0; i < ts->nr; i++) {
            struct target *t = &ts->t[i];
            int rc;

            if (t->done) continue;
            rc = a->reboot ? poll_reboot(cx, t, err) : poll_shutdown(cx, t, err);
            if (rc) return rc;
            if (t->done) left--;
        }
        if (!left) break;
        if (a->timeout_s.set && now_s() - start_s >= (double)a->timeout_s.v) {
            fprintf(cx->err, "Error: %zu of %zu domains are still there after %llu seconds\n", left,
                    ts->nr, (unsigned long long)a->timeout_s.v);
            return XM_EXIT_TIMEOUT;
        }
        fflush(cx->out);
        nanosleep(&pause, NULL);
        pause.tv_nsec = pause.tv_nsec * 3 / 2;
        if (pause.tv_nsec >= POLL_MAX_NS) pause.tv_nsec = POLL_MAX_NS - 1;
    }
    fprintf(cx->out, "All domains %s\n", a->reboot ? "rebooted" : "terminated");
    return UT_OK;
}

static int shutdown_targets(struct xm_ctx *cx, struct targets *ts, const struct shutdown_args *a,
                            struct ut_err *err)
{
    const char *reason = a->reboot ? "reboot" : a->halt ? "halt" : "poweroff";
    int rc;

    for (size_t i = 0; i < ts->nr; i++) {
        struct target *t = &ts->t[i];

        rc = a->wait && a->reboot ? restart_count(cx, t->name, &t->restarts, err) : UT_OK;
        if (rc == UT_OK && a->wait && a->reboot) rc = current_domid(cx, t->name, t->domid, err);
        if (rc == UT_OK)
            rc = xm_rpc(cx, NULL, err, "xend.domain.shutdown", "ds", t->name, reason);
        if (rc == UT_ENODOM && a->all) {    /* it went by itself since we looked */
            t->done = true;
            continue;
        }
        if (rc) return rc;
    }
    return UT_OK;
}

static int do_shutdown(struct xm_ctx *cx, const struct shutdown_args *a, char *const *operand,
                       struct ut_err *err)
{
    struct targets ts = { NULL, 0 };
    int rc = UT_OK;

    if (a->halt && a->reboot) return ut_err_set(err, UT_EARG, "Can't specify halt and reboot");
    if (a->all == (operand[0] != NULL))
        return ut_err_set(err, UT_EARG, a->all ? "--all and the name of a domain exclude each other"
                                               : "'xm %s' requires 1 arguments.\n", cx->cmd->name);
    if (a->all) rc = add_all(cx, &ts, err);
    else if (a->wait) rc = add_named(cx, &ts, operand[0], err);
    else rc = target_add(&ts, operand[0], err);
    if (rc == UT_OK) rc = shutdown_targets(cx, &ts, a, err);
    if (rc == UT_OK && a->wait) rc = wait_all(cx, &ts, a, err);
    if (rc == UT_ENODOM && operand[0]) cx->dom = operand[0];        /* not a copy about to go */
    targets_fini(&ts);
    return rc;
}

static int shutdown_run(struct xm_ctx *cx, const void *vargs, char *const *operand,
                        struct ut_err *err)
{
    return do_shutdown(cx, vargs, operand, err);
}

static int reboot_run(struct xm_ctx *cx, const void *vargs, char *const *operand,
                      struct ut_err *err)
{
    struct shutdown_args a = *(const struct shutdown_args *)vargs;

    a.reboot = true;
    return do_shutdown(cx, &a, operand, err);
}

static const struct xm_opt shutdown_opts[] = {
    XM_OPT_FLAG('a', "all", struct shutdown_args, all, "all domains but domain 0"),
    XM_OPT_FLAG('w', "wait", struct shutdown_args, wait, "wait until it is done"),
    XM_OPT_FLAG('H', "halt", struct shutdown_args, halt, "halt instead of powering off"),
    XM_OPT_FLAG('R', "reboot", struct shutdown_args, reboot, "reboot instead of powering off"),
    XM_OPT_U64('t', "timeout", struct shutdown_args, timeout_s, "SECONDS",
               "with --wait: give up after this time with exit status 4"),
};
const struct xm_cmd xm_cmd_shutdown = {
    .name = "shutdown", .operands = "[options] DOMAIN|-a", .max = 1, .common = true,
    .help = "Shut a domain down", .opts = shutdown_opts, .nopts = ARRAY_SIZE(shutdown_opts),
    .args_size = sizeof(struct shutdown_args), .run = shutdown_run,
};
const struct xm_cmd xm_cmd_reboot = {
    .name = "reboot", .operands = "[options] DOMAIN|-a", .max = 1, .common = true,
    .help = "Reboot a domain", .opts = shutdown_opts, .nopts = ARRAY_SIZE(shutdown_opts),
    .args_size = sizeof(struct shutdown_args), .run = reboot_run,
};

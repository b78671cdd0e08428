/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/xd_ops.h"

#include <stdlib.h>
#include <string.h>

#include "domain/xd_dom.h"
#include "domain/xd_policy.h"
#include "persist/xd_record.h"
#include "rpc/xd_rpc.h"
#include "xd.h"
#include "xd_store.h"
#include "xd_work.h"

/* All a worker needs, copied, and what it found. */
struct op {
    struct xd_job job;
    struct xd *xd;
    struct xd_dom *dom;             /* for done(); workers do not look at it */
    struct xci *xc;
    struct xd_store *store;
    enum xd_op_kind kind;
    enum xci_shutdown reason;
    xci_domid_t domid;
    struct xd_domcfg cfg;           /* XD_OP_BUILD */
    uint8_t hv_uuid[XD_UUID_BYTES];
    char console_log[PATH_MAX];
    int rc;
    struct ut_err err;
    struct xci_domain_info info;
    bool has_info;
    struct xci_console console;
};

/* ---- in a worker ----------------------------------------------------------------------------- */

static const char *text_or_null(const char *s)
{
    return *s ? s : NULL;
}

static int run_build(struct op *op)
{
    struct xci_domain_config c = {
        .domid = XCI_DOMID_ANY,
        .name = op->cfg.name,
        .builder = (enum xci_builder)op->cfg.builder,
        .memory_kib = (uint64_t)op->cfg.memory_mib * 1024,
        .max_memory_kib = (uint64_t)op->cfg.maxmem_mib * 1024,
        .nr_vcpus = (unsigned)op->cfg.vcpus,
        .kernel_path = op->cfg.kernel,
        .ramdisk_path = text_or_null(op->cfg.ramdisk),
        .cmdline = text_or_null(op->cfg.args),
        .console_log_path = op->console_log,
        .console_fd = -1,
    };
    int rc;

    memcpy(c.uuid, op->hv_uuid, sizeof(c.uuid));
    rc = xci_domain_create(op->xc, &c, &op->domid, &op->err);
    if (rc < 0) return rc;
    /* without a console it is still a domain */
    if (xci_domain_console(op->xc, op->domid, &op->console, NULL) < 0)
        memset(&op->console, 0, sizeof(op->console));
    xd_store_add(op->store, op->domid, op->cfg.name, op->hv_uuid, op->console.pty_path);
    return UT_OK;
}

/*
 * Ask the guest to stop. This is the one place that knows how guests are asked: in XenStore where
 * they watch for it, else through what the hypervisor itself can send, else in XenStore again:
 * a guest that is still booting finds it there later.
 */
static int guest_request(struct op *op)
{
    static const char node[] = "control/shutdown";
    const char *word = xd_reason_name(op->reason);
    enum xd_audience who = xd_store_audience(op->store, op->domid, node);
    int rc;

    if (who == XD_WATCHES) return xd_store_write(op->store, op->domid, node, word, &op->err);
    rc = xci_domain_request(op->xc, op->domid, op->reason, &op->err);
    if (rc == UT_EUNSUP && who == XD_CONNECTED)
        return xd_store_write(op->store, op->domid, node, word, &op->err);
    /* guests that cannot halt without powering off do the latter */
    if (rc == UT_EUNSUP && op->reason == XCI_SHUTDOWN_HALT)
        rc = xci_domain_request(op->xc, op->domid, XCI_SHUTDOWN_POWEROFF, &op->err);
    return rc;
}

static int run_destroy(struct op *op)
{
    int rc;

    /* first: when the domain is gone for the hypervisor it is gone for everybody */
    xd_store_remove(op->store, op->domid, op->hv_uuid);
    rc = xci_domain_destroy(op->xc, op->domid, &op->err);
    return rc == UT_ENODOM ? UT_OK : rc;        /* gone by itself meanwhile */
}

static void run(struct xd_job *job)
{
    struct op *op = (struct op *)job;

    switch (op->kind) {
    case XD_OP_BUILD:   op->rc = run_build(op); break;
    case XD_OP_PAUSE:   op->rc = xci_domain_pause(op->xc, op->domid, &op->err); break;
    case XD_OP_UNPAUSE: op->rc = xci_domain_unpause(op->xc, op->domid, &op->err); break;
    case XD_OP_REQUEST: op->rc = guest_request(op); break;
    case XD_OP_DESTROY: op->rc = run_destroy(op); break;
    }
    if (op->rc == UT_OK && op->kind != XD_OP_DESTROY)
        op->has_info = xci_domain_info(op->xc, op->domid, &op->info, NULL) == UT_OK;
}

/* ---- back in the loop ------------------------------------------------------------------------ */

static const struct {
    const char *what;
    enum xd_event ok;
} kinds[] = {
    [XD_OP_BUILD]   = { "built",              XD_EV_BUILT },
    [XD_OP_PAUSE]   = { "paused",             XD_EV_DID_PAUSE },
    [XD_OP_UNPAUSE] = { "unpaused",           XD_EV_DID_UNPAUSE },
    [XD_OP_REQUEST] = { "asked to shut down", XD_EV_DID_REQUEST },
    [XD_OP_DESTROY] = { "destroyed",          XD_EV_DESTROYED },
};

/* What the operation found out goes into the domain. */
static void take_results(struct op *op, struct xd_dom *d)
{
    if (op->has_info) d->info = op->info;
    if (op->kind == XD_OP_BUILD) {
        d->live = true;
        d->domid = op->domid;
        d->console = op->console;
    } else if (op->kind == XD_OP_DESTROY) {
        d->live = false;
        memset(&d->console, 0, sizeof(d->console));
    }
}

static void report(struct op *op, struct xd_dom *d)
{
    if (op->rc == UT_OK) {
        xd_info(op->xd, (int)op->domid, "domain %s %s", d->cfg.name, kinds[op->kind].what);
        return;
    }
    if (!op->err.text[0]) ut_err_set(&op->err, op->rc, "%s", ut_err_str(op->rc));
    xd_error(op->xd, xd_dom_logid(d), "domain %s could not be %s: %s", d->cfg.name,
             kinds[op->kind].what, op->err.text);
    xd_dom_set_error(d, "could not be %s: %s", kinds[op->kind].what, op->err.text);
}

/* Answer after the records that are being written are on disk: what a client was told of must not
 * be forgotten when the daemon dies a moment later. */
static void answer(struct op *op, struct xd_dom *d, struct xd_call *call)
{
    struct ut_err err = op->err;
    struct xr_value *value = NULL;

    if (!call) return;
    if (op->rc == UT_ENODOM) op->rc = err.code = UT_ESTATE;     /* not the caller's mistake */
    if (op->rc == UT_OK && call->make_result) {
        value = call->make_result(d);
        if (!value) op->rc = ut_err_set(&err, UT_ENOMEM, "out of memory");
    }
    if (op->kind == XD_OP_BUILD && op->rc == UT_OK)
        xd_record_barrier(op->xd, call, value);
    else
        xd_call_reply(call, op->rc, value, &err);
}

static void done(struct xd_job *job)
{
    struct op *op = (struct op *)job;
    struct xd_dom *d = op->dom;
    struct xd *xd = op->xd;
    struct xd_call *call = d->op_call;
    struct ut_err err = UT_ERR_INIT;
    int rc;

    d->busy = false;
    d->op_call = NULL;
    xd->nr_running_ops--;
    if (op->rc == UT_OK) take_results(op, d);
    report(op, d);
    rc = xd_life_post(d, op->rc == UT_OK ? kinds[op->kind].ok : XD_EV_FAILED, &err);
    if (rc < 0) {
        xd_error(xd, xd_dom_logid(d), "domain %s: %s", d->cfg.name, err.text);
        if (op->rc == UT_OK) op->err = err, op->rc = rc;
    }
    if (call && d->op_chain && d->busy && op->rc == UT_OK) {
        d->op_call = call;          /* the next step of a restart is on its way */
        call = NULL;
    }
    answer(op, d, call);
    if (!d->busy) xd_life_settle(d);
    xd_op_run_waiters(d);
    if (op->kind == XD_OP_BUILD) xd_domcfg_fini(&op->cfg);
    free(op);
    xd_op_ended(xd);
}

int xd_op_start(struct xd_dom *d, enum xd_op_kind kind, enum xci_shutdown reason,
                struct ut_err *err)
{
    struct op *op;

    if (d->busy) return ut_err_set(err, UT_EBUSY, "Domain '%s' is busy", d->cfg.name);
    op = calloc(1, sizeof(*op));
    if (!op) return ut_err_set(err, UT_ENOMEM, "out of memory");
    if (kind == XD_OP_BUILD && xd_domcfg_copy(&op->cfg, &d->cfg, err) < 0) {
        free(op);
        return UT_ENOMEM;
    }
    op->job.run = run;
    op->job.done = done;
    op->xd = d->xd;
    op->dom = d;
    op->xc = d->xd->xc;
    op->store = d->xd->store;
    op->kind = kind;
    op->reason = reason;
    op->domid = d->domid;
    memcpy(op->hv_uuid, d->hv_uuid, sizeof(op->hv_uuid));
    memcpy(op->console_log, d->console_log, sizeof(op->console_log));
    d->busy = true;
    d->xd->nr_running_ops++;
    xd_pool_submit(d->xd->ops, &op->job);
    return UT_OK;
}

void xd_op_attach(struct xd_dom *d, struct xd_call *call, bool chain)
{
    d->op_call = call;
    d->op_chain = chain;
}

void xd_op_run_waiters(struct xd_dom *d)
{
    struct xd *xd = d->xd;

    for (;;) {
        struct xd_call *call = d->waiters;

        if (d->state == XD_GONE) {
            xd_dom_forget(d);       /* answers the waiters */
            return;
        }
        if (d->busy || !call) return;
        d->waiters = call->next;
        call->next = NULL;
        /* from the start: what it asked for may not be possible any more */
        xd_rpc_dispatch(xd, call);
    }
}

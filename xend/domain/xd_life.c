/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/xd_life.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "domain/xd_dom.h"
#include "domain/xd_ops.h"
#include "domain/xd_policy.h"
#include "persist/xd_record.h"
#include "xd.h"
#include "xd_store.h"

/* ---- actions, in the order of a life --------------------------------------------------------- */

static int start_build(struct xd_dom *d, struct ut_err *err)
{
    int rc = xd_op_start(d, XD_OP_BUILD, XCI_SHUTDOWN_POWEROFF, err);

    if (rc == UT_OK) d->started_s = (int64_t)time(NULL);
    return rc;
}

static int start_rebuild(struct xd_dom *d, struct ut_err *err)
{
    memcpy(d->hv_uuid, d->cfg.uuid, sizeof(d->hv_uuid));
    d->unpause_after_build = true;
    d->admin_paused = false;
    return start_build(d, err);
}

static int after_build(struct xd_dom *d, struct ut_err *err)
{
    d->stop_seen = d->vanished = false;
    if (!d->unpause_after_build) return UT_OK;
    return xd_op_start(d, XD_OP_UNPAUSE, XCI_SHUTDOWN_POWEROFF, err);
}

static int start_pause(struct xd_dom *d, struct ut_err *err)
{
    return xd_op_start(d, XD_OP_PAUSE, XCI_SHUTDOWN_POWEROFF, err);
}

static int start_unpause(struct xd_dom *d, struct ut_err *err)
{
    return xd_op_start(d, XD_OP_UNPAUSE, XCI_SHUTDOWN_POWEROFF, err);
}

static int did_unpause(struct xd_dom *d, struct ut_err *err)
{
    (void)err;
    d->unpause_after_build = false;
    d->admin_paused = false;
    return UT_OK;
}

/* Pausing, unpausing or asking failed: nothing has changed. */
static int stay_paused(struct xd_dom *d, struct ut_err *err)
{
    (void)err;
    d->unpause_after_build = false;
    return UT_OK;
}

static int start_request(struct xd_dom *d, struct ut_err *err)
{
    return xd_op_start(d, XD_OP_REQUEST, d->request, err);
}

static void on_patience(evutil_socket_t fd, short what, void *arg)
{
    struct xd_dom *d = arg;

    (void)fd, (void)what;
    xd_warn(d->xd, xd_dom_logid(d), "domain %s has not answered a %s request for %lld s",
            d->cfg.name, xd_reason_name(d->request), (long long)d->xd->cfg.shutdown_patience_s);
    xd_dom_set_error(d, "has not answered a %s request", xd_reason_name(d->request));
}

static int wait_for_effect(struct xd_dom *d, struct ut_err *err)
{
    struct timeval tv = { .tv_sec = (time_t)d->xd->cfg.shutdown_patience_s };

    (void)err;
    if (!d->xd->base) return UT_OK;
    if (!d->patience) d->patience = evtimer_new(d->xd->base, on_patience, d);
    if (d->patience) evtimer_add(d->patience, &tv);
    return UT_OK;
}

static int start_destroy(struct xd_dom *d, struct ut_err *err)
{
    return xd_op_start(d, XD_OP_DESTROY, XCI_SHUTDOWN_POWEROFF, err);
}

static int start_restart(struct xd_dom *d, struct ut_err *err)
{
    d->restart_count++;
    return start_destroy(d, err);
}

/* The dead one moves to a new name and uuid; a new domain takes over the old ones. */
static int rename_and_restart(struct xd_dom *d, struct ut_err *err)
{
    char uuid[XD_UUID_TEXT_BYTES], name[sizeof("Domain-") + XD_UUID_TEXT_BYTES];
    struct xd_domcfg cfg;
    struct xd_dom *heir;
    int rc = xd_domcfg_copy(&cfg, &d->cfg, err);

    if (rc < 0) return rc;
    xd_uuid_random(d->cfg.uuid);
    xd_uuid_format(d->cfg.uuid, uuid);
    snprintf(name, sizeof(name), "Domain-%s", uuid);
    rc = xd_str_set(&d->cfg.name, name, err);
    if (rc == UT_OK) rc = xd_dom_new(d->xd, &cfg, &heir, err);
    if (rc < 0) {
        xd_domcfg_fini(&cfg);
        return rc;
    }
    heir->restart_count = d->restart_count + 1;
    heir->unpause_after_build = true;
    xd_info(d->xd, xd_dom_logid(d), "domain %s is kept as %s", heir->cfg.name, name);
    rc = xd_life_post(heir, XD_EV_CREATE, err);
    if (rc < 0) xd_dom_forget(heir);
    return rc;
}

/* Nobody will destroy what has gone by itself, so what XenStore has of it goes here. */
static int tidy_up(struct xd_dom *d, struct ut_err *err)
{
    (void)err;
    xd_store_remove_later(d->xd->store, d->domid, d->hv_uuid);
    return UT_OK;
}

/* ---- the table ------------------------------------------------------------------------------- */

static const struct xd_step steps[] = {
    { XD_NEW,        XD_EV_CREATE,       XD_BUILDING,   start_build },
    { XD_BUILDING,   XD_EV_BUILT,        XD_PAUSED,     after_build },
    { XD_BUILDING,   XD_EV_FAILED,       XD_GONE,       NULL },

    { XD_PAUSED,     XD_EV_PAUSE,        XD_PAUSED,     start_pause },
    { XD_PAUSED,     XD_EV_UNPAUSE,      XD_PAUSED,     start_unpause },
    { XD_PAUSED,     XD_EV_REQUEST,      XD_PAUSED,     start_request },
    { XD_PAUSED,     XD_EV_DESTROY,      XD_ENDING,     start_destroy },
    { XD_PAUSED,     XD_EV_RESET,        XD_RESTARTING, start_destroy },
    { XD_PAUSED,     XD_EV_DID_PAUSE,    XD_PAUSED,     NULL },
    { XD_PAUSED,     XD_EV_DID_UNPAUSE,  XD_RUNNING,    did_unpause },
    { XD_PAUSED,     XD_EV_DID_REQUEST,  XD_PAUSED,     wait_for_effect },
    { XD_PAUSED,     XD_EV_FAILED,       XD_PAUSED,     stay_paused },
    { XD_PAUSED,     XD_EV_END_DESTROY,  XD_ENDING,     start_destroy },
    { XD_PAUSED,     XD_EV_END_RESTART,  XD_RESTARTING, start_restart },
    { XD_PAUSED,     XD_EV_END_PRESERVE, XD_DEAD,       NULL },
    { XD_PAUSED,     XD_EV_END_RENAME,   XD_DEAD,       rename_and_restart },

    { XD_RUNNING,    XD_EV_PAUSE,        XD_RUNNING,    start_pause },
    { XD_RUNNING,    XD_EV_UNPAUSE,      XD_RUNNING,    start_unpause },
    { XD_RUNNING,    XD_EV_REQUEST,      XD_RUNNING,    start_request },
    { XD_RUNNING,    XD_EV_DESTROY,      XD_ENDING,     start_destroy },
    { XD_RUNNING,    XD_EV_RESET,        XD_RESTARTING, start_destroy },
    { XD_RUNNING,    XD_EV_DID_PAUSE,    XD_PAUSED,     NULL },
    { XD_RUNNING,    XD_EV_DID_UNPAUSE,  XD_RUNNING,    did_unpause },
    { XD_RUNNING,    XD_EV_DID_REQUEST,  XD_RUNNING,    wait_for_effect },
    { XD_RUNNING,    XD_EV_FAILED,       XD_RUNNING,    NULL },
    { XD_RUNNING,    XD_EV_END_DESTROY,  XD_ENDING,     start_destroy },
    { XD_RUNNING,    XD_EV_END_RESTART,  XD_RESTARTING, start_restart },
    { XD_RUNNING,    XD_EV_END_PRESERVE, XD_DEAD,       NULL },
    { XD_RUNNING,    XD_EV_END_RENAME,   XD_DEAD,       rename_and_restart },

    { XD_RESTARTING, XD_EV_DESTROYED,    XD_REBUILDING, start_rebuild },
    { XD_RESTARTING, XD_EV_FAILED,       XD_DEAD,       NULL },
    { XD_REBUILDING, XD_EV_BUILT,        XD_PAUSED,     after_build },
    { XD_REBUILDING, XD_EV_FAILED,       XD_GONE,       NULL },

    { XD_DEAD,       XD_EV_PAUSE,        XD_DEAD,       NULL },   /* harmless, and scripts do it */
    { XD_DEAD,       XD_EV_DESTROY,      XD_ENDING,     start_destroy },
    { XD_DEAD,       XD_EV_VANISHED,     XD_GONE,       tidy_up },

    { XD_ENDING,     XD_EV_DESTROYED,    XD_GONE,       NULL },
    { XD_ENDING,     XD_EV_FAILED,       XD_DEAD,       NULL },
};

const char *xd_state_name(enum xd_state state)
{
    static const char *const names[] = {
#define XD_STATE_TEXT(name, text) [name] = text,
        XD_STATE_LIST(XD_STATE_TEXT)
#undef XD_STATE_TEXT
    };

    return names[state];
}

const char *xd_event_name(enum xd_event ev)
{
    static const char *const names[] = {
#define XD_EVENT_TEXT(name, text) [name] = text,
        XD_EVENT_LIST(XD_EVENT_TEXT)
#undef XD_EVENT_TEXT
    };

    return names[ev];
}

const struct xd_step *xd_life_step(enum xd_state from, enum xd_event ev)
{
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
        if (steps[i].from == from && steps[i].ev == ev) return &steps[i];
    return NULL;
}

int xd_life_post(struct xd_dom *d, enum xd_event ev, struct ut_err *err)
{
    const struct xd_step *step = xd_life_step(d->state, ev);
    enum xd_state from = d->state;
    int rc;

    if (!step)
        return ut_err_set(err, UT_ESTATE, "Domain '%s' is %s: %s is not possible", d->cfg.name,
                          xd_state_name(d->state), xd_event_name(ev));
    rc = step->act ? step->act(d, err) : UT_OK;
    if (rc < 0) return rc;
    d->state = step->to;
    if (from != d->state) {
        xd_debug(d->xd, xd_dom_logid(d), "domain %s: %s -> %s (%s)", d->cfg.name,
                 xd_state_name(from), xd_state_name(d->state), xd_event_name(ev));
        if (d->state == XD_GONE) xd_record_remove(d);
        else if (d->state != XD_PAUSED || from != XD_BUILDING) xd_record_save(d);
    }
    return UT_OK;
}

/* ---- guests that stop ------------------------------------------------------------------------ */

static void log_verdict(struct xd_dom *d, struct xd_verdict v, int64_t lived_s)
{
    const char *reason = xd_reason_name(d->stop_reason);

    xd_info(d->xd, xd_dom_logid(d), "domain %s has stopped%s (%s): %s", d->cfg.name,
            d->vanished ? ", its process is gone" : "", reason, xd_event_name(v.ev));
    if (v.dump)
        xd_warn(d->xd, xd_dom_logid(d), "domain %s: core dumps are not available yet, none taken",
                d->cfg.name);
    if (!v.too_fast) return;
    xd_error(d->xd, xd_dom_logid(d),
             "domain %s is restarting too fast: it ended (%s) %lld s after its start, restarts "
             "need %lld s (restart-min-interval); it is destroyed", d->cfg.name, reason,
             (long long)lived_s, (long long)d->xd->cfg.restart_min_interval_s);
    xd_dom_set_error(d, "restarting too fast (%s %lld s after its start): not restarted", reason,
                     (long long)lived_s);
}

static void apply_policy(struct xd_dom *d)
{
    int64_t lived_s = (int64_t)time(NULL) - d->started_s;
    struct ut_err err = UT_ERR_INIT;
    struct xd_verdict v;

    if (lived_s < 0) lived_s = 0;   /* the clock was set back */
    if (d->patience) evtimer_del(d->patience);
    xd_dom_refresh(d);
    v = xd_policy_decide(&d->cfg, d->stop_reason, d->vanished, d->xd->cfg.enable_dump, lived_s,
                         d->xd->cfg.restart_min_interval_s);
    log_verdict(d, v, lived_s);
    if (d->stop_reason == XCI_SHUTDOWN_CRASH && !v.too_fast)
        xd_dom_set_error(d, "crashed%s", d->vanished ? ": its process is gone" : "");
    if (xd_life_post(d, v.ev, &err) < 0)
        xd_error(d->xd, xd_dom_logid(d), "domain %s: %s", d->cfg.name, err.text);
}

void xd_life_settle(struct xd_dom *d)
{
    if (d->busy || !d->stop_seen) return;
    d->stop_seen = false;
    if (d->state == XD_PAUSED || d->state == XD_RUNNING) apply_policy(d);
    else if (d->state == XD_DEAD && d->vanished) xd_life_post(d, XD_EV_VANISHED, NULL);
}

void xd_life_guest_stopped(struct xd_dom *d, int reason, bool vanished)
{
    if (d->is_dom0) return;
    if (!d->stop_seen) d->stop_reason = (enum xci_shutdown)reason;
    d->stop_seen = true;
    d->vanished |= vanished;
    xd_life_settle(d);
}

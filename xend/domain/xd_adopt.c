/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/xd_adopt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "domain/xd_dom.h"
#include "domain/xd_ops.h"
#include "persist/xd_record.h"
#include "xd.h"

/* ---- one domain ------------------------------------------------------------------------------ */

/* Nothing is known but what the hypervisor says: name it after its id. */
static int config_of_stranger(struct xd *xd, const struct xci_domain_info *info,
                              struct xd_domcfg *cfg, struct ut_err *err)
{
    char name[32];
    int rc = xd_domcfg_init(cfg, err);

    if (rc < 0) return rc;
    snprintf(name, sizeof(name), "Domain-%u", info->domid);
    rc = xd_str_set(&cfg->name, name, err);
    memcpy(cfg->uuid, info->uuid, sizeof(cfg->uuid));
    /* a second domain with a known uuid: both cannot have it here */
    if (xd_dom_by_uuid(xd, cfg->uuid)) xd_uuid_random(cfg->uuid);
    cfg->memory_mib = (int64_t)(info->memory_kib / 1024);
    cfg->maxmem_mib = (int64_t)(info->max_memory_kib / 1024);
    cfg->vcpus = info->nr_vcpus;
    cfg->builder = info->builder;
    return rc;
}

static void take_record(struct xd_dom *d, const struct xd_record *r)
{
    d->started_s = r->started_s;
    d->restart_count = r->restart_count;
    d->admin_paused = r->admin_paused;
    d->unpause_after_build = r->unpause_after_build;
    snprintf(d->last_error, sizeof(d->last_error), "%s", r->last_error);
    if (r->console_log[0]) snprintf(d->console_log, sizeof(d->console_log), "%s", r->console_log);
}

/* Register a live domain. Its state is what the hypervisor sees. */
static int adopt(struct xd *xd, const struct xci_domain_info *info, struct xd_record *r,
                 struct xd_dom **dom_out, struct ut_err *err)
{
    struct xd_domcfg cfg;
    struct xd_dom *d;
    int rc = r ? xd_domcfg_copy(&cfg, &r->cfg, err) : config_of_stranger(xd, info, &cfg, err);

    *dom_out = NULL;
    if (rc == UT_OK && xd_dom_by_name(xd, cfg.name))
        rc = ut_err_set(err, UT_EEXIST, "the name %s is taken", cfg.name);
    if (rc == UT_OK) rc = xd_dom_new(xd, &cfg, &d, err);
    if (rc < 0) {
        xd_domcfg_fini(&cfg);
        return rc;
    }
    d->live = true;
    d->domid = info->domid;
    d->info = *info;
    memcpy(d->hv_uuid, info->uuid, sizeof(d->hv_uuid));
    d->started_s = (int64_t)info->start_time_s;
    if (r) take_record(d, r);
    d->state = info->paused ? XD_PAUSED : XD_RUNNING;
    if (xci_domain_console(xd->xc, d->domid, &d->console, NULL) < 0)
        memset(&d->console, 0, sizeof(d->console));
    xd_info(xd, xd_dom_logid(d), "domain %s taken up again%s", d->cfg.name,
            r ? "" : " (nothing is known about it)");
    *dom_out = d;
    return UT_OK;
}

/* Go on where the last daemon stopped. */
static void resume_phase(struct xd_dom *d, enum xd_state phase)
{
    struct ut_err err = UT_ERR_INIT;
    int rc = UT_OK;

    if (phase == XD_DEAD) {
        d->state = XD_DEAD;
    } else if (phase == XD_ENDING) {
        xd_info(d->xd, xd_dom_logid(d), "domain %s: going on with its end", d->cfg.name);
        rc = xd_life_post(d, XD_EV_DESTROY, &err);
    } else if (phase == XD_RESTARTING || phase == XD_REBUILDING) {
        xd_info(d->xd, xd_dom_logid(d), "domain %s: going on with its restart", d->cfg.name);
        rc = xd_life_post(d, XD_EV_RESET, &err);
    } else if (d->info.crashed || d->info.shutdown) {
        xd_life_guest_stopped(d, (int)d->info.reason, false);
    } else if (phase == XD_PAUSED && d->unpause_after_build) {
        rc = xd_life_post(d, XD_EV_UNPAUSE, &err);
    }
    if (rc < 0) xd_error(d->xd, xd_dom_logid(d), "domain %s: %s", d->cfg.name, err.text);
}

/* ---- all of them, at start ------------------------------------------------------------------- */

/* A record is a domain's if id and uuid fit; one from a build that was not reported yet has no
 * id. */
static struct xd_record *match(struct xd_record *list, const struct xci_domain_info *info)
{
    struct xd_record *without_id = NULL;

    for (struct xd_record *r = list; r; r = r->next) {
        if (r->used || memcmp(r->hv_uuid, info->uuid, XD_UUID_BYTES) != 0) continue;
        if (r->has_domid && r->domid == info->domid) return r;
        if (!r->has_domid) without_id = r;
    }
    return without_id;
}

/* The restart of a domain was interrupted between two lives: go on, in this boot of the host. */
static bool revive(struct xd *xd, struct xd_record *r)
{
    struct ut_err err = UT_ERR_INIT;
    struct xd_domcfg cfg;
    char boot_id[40];
    struct xd_dom *d;

    xd_boot_id(boot_id);
    if ((r->phase != XD_REBUILDING && r->phase != XD_RESTARTING) ||
        strcmp(r->boot_id, boot_id) != 0 || xd_dom_by_name(xd, r->cfg.name))
        return false;
    if (xd_domcfg_copy(&cfg, &r->cfg, &err) < 0 || xd_dom_new(xd, &cfg, &d, &err) < 0) {
        xd_error(xd, UT_NO_DOMID, "domain %s: %s", r->cfg.name, err.text);
        return false;
    }
    take_record(d, r);
    d->unpause_after_build = true;
    xd_info(xd, UT_NO_DOMID, "domain %s: its restart was interrupted, it is built again",
            d->cfg.name);
    if (xd_life_post(d, XD_EV_CREATE, &err) == UT_OK) return true;
    xd_error(xd, UT_NO_DOMID, "domain %s: %s", d->cfg.name, err.text);
    xd_dom_forget(d);
    return false;
}

static void tidy_record(struct xd *xd, struct xd_record *r)
{
    struct xd_dom *d;

    if (r->used || revive(xd, r)) return;
    d = xd_dom_by_uuid(xd, r->cfg.uuid);
    xd_info(xd, UT_NO_DOMID, "domain %s ended while no xend was there; its record is removed",
            r->cfg.name);
    if (!d) xd_record_remove_uuid(xd, r->cfg.uuid);
}

int xd_adopt_all(struct xd *xd, struct ut_err *err)
{
    struct xci_domain_info *infos = NULL;
    struct xd_record *records = NULL;
    struct ut_err why = UT_ERR_INIT;
    size_t nr = 0;
    int rc = xci_domain_list(xd->xc, &infos, &nr, err);

    if (rc < 0) return rc;
    xd_records_load(xd, &records);
    for (size_t i = 0; i < nr; i++) {
        struct xd_record *r = match(records, &infos[i]);
        struct xd_dom *d;

        if (infos[i].dying) continue;
        if (r) r->used = true;
        if (adopt(xd, &infos[i], r, &d, &why) < 0) {
            xd_error(xd, (int)infos[i].domid, "cannot take up the domain: %s", why.text);
            continue;
        }
        resume_phase(d, r ? r->phase : XD_RUNNING);
        if (!d->busy) xd_record_save(d);
    }
    for (struct xd_record *r = records; r; r = r->next) tidy_record(xd, r);
    xd_records_free(records);
    free(infos);
    return UT_OK;
}

/* ---- events ---------------------------------------------------------------------------------- */

/* Somebody else's domain, or one of ours whose build is being reported just now. */
static void introduced(struct xd *xd, xci_domid_t domid)
{
    struct ut_err err = UT_ERR_INIT;
    struct xci_domain_info info;
    struct xd_dom *d;

    if (xd_dom_by_domid(xd, domid) || xci_domain_info(xd->xc, domid, &info, NULL) < 0) return;
    for (d = xd_dom_first(xd); d; d = d->next)
        if (!d->live && memcmp(d->hv_uuid, info.uuid, XD_UUID_BYTES) == 0) return;
    if (adopt(xd, &info, NULL, &d, &err) < 0)
        xd_error(xd, (int)domid, "cannot take up the domain: %s", err.text);
    else
        xd_record_save(d);
}

void xd_hv_events(struct xd *xd)
{
    struct ut_err err = UT_ERR_INIT;
    struct xci_event ev;
    struct xd_dom *d;
    int r;

    while ((r = xci_event_next(xd->xc, &ev, &err)) > 0) {
        if (ev.type == XCI_EV_INTRODUCED) {
            introduced(xd, ev.domid);
            continue;
        }
        d = xd_dom_by_domid(xd, ev.domid);
        if (!d || d->is_dom0) continue;
        xd_life_guest_stopped(d, (int)ev.reason, ev.type == XCI_EV_GONE);
        xd_op_run_waiters(d);
    }
    if (r < 0) xd_error(xd, UT_NO_DOMID, "events of the hypervisor: %s", err.text);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/xd_dom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/xd_dom0.h"
#include "rpc/xd_rpc.h"
#include "xd.h"

#define NR_ENDED 32

struct xd_registry {
    struct xd_dom *first, **last;
    /* why the last few domains ended: a restart that was refused must be seen by somebody */
    struct { char *name; char error[XD_LAST_ERROR_BYTES]; } ended[NR_ENDED];
    unsigned nr_ended;
};

/* ---- making and forgetting ------------------------------------------------------------------- */

static struct xd_dom *dom_alloc(struct xd *xd)
{
    struct xd_dom *d = calloc(1, sizeof(*d));

    if (d) d->xd = xd;
    return d;
}

static void dom_free(struct xd_dom *d)
{
    if (!d) return;
    if (d->patience) event_free(d->patience);
    xd_domcfg_fini(&d->cfg);
    free(d);
}

static void append(struct xd_registry *reg, struct xd_dom *d)
{
    d->next = NULL;
    *reg->last = d;
    reg->last = &d->next;
}

static int add_dom0(struct xd *xd, struct xd_registry *reg, struct ut_err *err)
{
    struct xd_dom *d = dom_alloc(xd);
    int rc;

    if (!d) return ut_err_set(err, UT_ENOMEM, "out of memory");
    rc = xd_domcfg_init(&d->cfg, err);
    if (rc == UT_OK) rc = xd_str_set(&d->cfg.name, XD_DOM0_NAME, err);
    if (rc < 0) {
        dom_free(d);
        return rc;
    }
    d->is_dom0 = d->live = true;
    d->state = XD_RUNNING;
    d->cfg.maxmem_mib = XD_DOM0_MAXMEM_MIB;
    append(reg, d);
    xd_dom_refresh(d);
    d->cfg.vcpus = d->info.nr_vcpus;
    d->cfg.memory_mib = (int64_t)(d->info.memory_kib / 1024);
    return UT_OK;
}

int xd_registry_new(struct xd *xd, struct xd_registry **reg_out, struct ut_err *err)
{
    struct xd_registry *reg = calloc(1, sizeof(*reg));
    int rc;

    *reg_out = NULL;
    if (!reg) return ut_err_set(err, UT_ENOMEM, "out of memory");
    reg->last = &reg->first;
    rc = add_dom0(xd, reg, err);
    if (rc < 0) {
        xd_registry_free(reg);
        return rc;
    }
    *reg_out = reg;
    return UT_OK;
}

void xd_registry_free(struct xd_registry *reg)
{
    if (!reg) return;
    while (reg->first) {
        struct xd_dom *d = reg->first;

        reg->first = d->next;
        dom_free(d);
    }
    for (size_t i = 0; i < NR_ENDED; i++) free(reg->ended[i].name);
    free(reg);
}

int xd_dom_new(struct xd *xd, struct xd_domcfg *cfg, struct xd_dom **dom_out, struct ut_err *err)
{
    struct xd_dom *d = dom_alloc(xd);
    int n;

    *dom_out = NULL;
    if (!d) return ut_err_set(err, UT_ENOMEM, "out of memory");
    n = snprintf(d->console_log, sizeof(d->console_log), "%s/console/guest-%s.log", xd->paths.log,
                 cfg->name);
    if (n < 0 || (size_t)n >= sizeof(d->console_log)) {
        dom_free(d);
        return ut_err_set(err, UT_ELIMIT, "the path of the console log is too long");
    }
    d->cfg = *cfg;
    memset(cfg, 0, sizeof(*cfg));
    memcpy(d->hv_uuid, d->cfg.uuid, sizeof(d->hv_uuid));
    d->info.memory_kib = (uint64_t)d->cfg.memory_mib * 1024;
    d->info.nr_vcpus = d->info.nr_online = (unsigned)d->cfg.vcpus;
    append(xd->reg, d);
    *dom_out = d;
    return UT_OK;
}

static void remember_end(struct xd_registry *reg, const struct xd_dom *d)
{
    unsigned i = reg->nr_ended % NR_ENDED;

    if (!d->last_error[0]) return;
    free(reg->ended[i].name);
    reg->ended[i].name = strdup(d->cfg.name);
    memcpy(reg->ended[i].error, d->last_error, sizeof(d->last_error));
    reg->nr_ended++;
}

void xd_dom_forget(struct xd_dom *d)
{
    struct xd_registry *reg = d->xd->reg;
    struct xd_call *call = d->waiters;
    struct xd_dom **p = &reg->first;
    struct xd *xd = d->xd;

    while (*p != d) p = &(*p)->next;
    *p = d->next;
    if (reg->last == &d->next) reg->last = p;
    remember_end(reg, d);
    dom_free(d);
    while (call) {
        struct xd_call *next = call->next;

        call->next = NULL;
        xd_rpc_dispatch(xd, call);  /* finds that it is gone, or another of that name */
        call = next;
    }
}

/* ---- finding --------------------------------------------------------------------------------- */

struct xd_dom *xd_dom_first(struct xd *xd)
{
    return xd->reg->first;
}

struct xd_dom *xd_dom_by_domid(struct xd *xd, xci_domid_t domid)
{
    for (struct xd_dom *d = xd->reg->first; d; d = d->next)
        if (d->live && d->domid == domid) return d;
    return NULL;
}

struct xd_dom *xd_dom_by_name(struct xd *xd, const char *name)
{
    for (struct xd_dom *d = xd->reg->first; d; d = d->next)
        if (strcmp(d->cfg.name, name) == 0) return d;
    return NULL;
}

struct xd_dom *xd_dom_by_uuid(struct xd *xd, const uint8_t uuid[XD_UUID_BYTES])
{
    for (struct xd_dom *d = xd->reg->first; d; d = d->next)
        if (memcmp(d->cfg.uuid, uuid, XD_UUID_BYTES) == 0) return d;
    return NULL;
}

struct xd_dom *xd_dom_find(struct xd *xd, const char *ref)
{
    struct xd_dom *d = xd_dom_by_name(xd, ref);
    uint8_t uuid[XD_UUID_BYTES];

    if (d) return d;
    if (*ref && strlen(ref) < 10 && ref[strspn(ref, "0123456789")] == '\0') {
        d = xd_dom_by_domid(xd, (xci_domid_t)strtoul(ref, NULL, 10));
        if (d) return d;
    }
    return xd_uuid_parse(ref, uuid) ? xd_dom_by_uuid(xd, uuid) : NULL;
}

int xd_dom_check_unique(struct xd *xd, const struct xd_domcfg *cfg, struct ut_err *err)
{
    const struct xd_dom *d = xd_dom_by_name(xd, cfg->name);
    bool other_uuid;

    if (d && !xd_dom_listed(d))
        return ut_err_set(err, UT_EEXIST, "Domain '%s' already exists: it is being built",
                          cfg->name);
    if (d) {
        other_uuid = cfg->has_uuid && memcmp(cfg->uuid, d->cfg.uuid, XD_UUID_BYTES) != 0;
        if (!other_uuid)
            return ut_err_set(err, UT_EEXIST, "Domain '%s' already exists with ID '%u'", cfg->name,
                              d->domid);
        return ut_err_set(err, UT_EEXIST, "VM name '%s' already exists as domain %u", cfg->name,
                          d->domid);
    }
    d = xd_dom_by_uuid(xd, cfg->uuid);
    if (d)
        return ut_err_set(err, UT_EEXIST, "Domain '%s' already exists with ID '%u' and this UUID",
                          d->cfg.name, d->domid);
    return UT_OK;
}

/* ---- looking --------------------------------------------------------------------------------- */

int xd_dom_logid(const struct xd_dom *d)
{
    return d->live ? (int)d->domid : UT_NO_DOMID;
}

void xd_dom_set_error(struct xd_dom *d, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(d->last_error, sizeof(d->last_error), fmt, ap);
    va_end(ap);
}

const char *xd_last_error(struct xd *xd, const char *ref)
{
    const struct xd_dom *d = xd_dom_find(xd, ref);
    const struct xd_registry *reg = xd->reg;

    if (d) return d->last_error;
    for (unsigned k = 1; k <= NR_ENDED && k <= reg->nr_ended; k++) {
        unsigned i = (reg->nr_ended - k) % NR_ENDED;

        if (reg->ended[i].name && strcmp(reg->ended[i].name, ref) == 0) return reg->ended[i].error;
    }
    return NULL;
}

void xd_dom_refresh(struct xd_dom *d)
{
    struct xci_domain_info info;

    if (d->is_dom0) {
        xd_dom0_info(d->xd, &d->info);
    } else if (d->live && d->state != XD_ENDING && d->state != XD_RESTARTING) {
        if (xci_domain_info(d->xd->xc, d->domid, &info, NULL) == UT_OK) d->info = info;
    }
}

bool xd_dom_listed(const struct xd_dom *d)
{
    return d->live || d->state == XD_RESTARTING || d->state == XD_REBUILDING;
}

enum xd_status xd_dom_status(const struct xd_dom *d)
{
    switch (d->state) {
    case XD_NEW:
    case XD_BUILDING:   return XD_ST_PAUSED;
    case XD_PAUSED:     return d->unpause_after_build ? XD_ST_RUNNING : XD_ST_PAUSED;
    /* clusters take a missing or stopped domain for dead and start it elsewhere */
    case XD_RESTARTING:
    case XD_REBUILDING:
    case XD_RUNNING:    return XD_ST_RUNNING;
    case XD_DEAD:       return d->info.crashed ? XD_ST_CRASHED : XD_ST_SHUTDOWN;
    case XD_ENDING:     return XD_ST_SHUTDOWN;
    case XD_GONE:
    case XD_NR_STATES:  break;
    }
    return XD_ST_UNKNOWN;
}

void xd_dom_letters(const struct xd_dom *d, char letters_out[7])
{
    const struct xci_domain_info *i = &d->info;

    memcpy(letters_out, "------", 7);
    if (d->state == XD_RESTARTING || d->state == XD_REBUILDING) return;
    if (d->state == XD_ENDING || i->dying) letters_out[5] = 'd';
    else if (i->crashed) letters_out[4] = 'c';
    else if (i->shutdown) letters_out[3] = 's';
    else if (i->paused) letters_out[2] = 'p';
    else if (i->running) letters_out[0] = 'r';
    else if (i->blocked) letters_out[1] = 'b';
}

/* What only a running domain has, before and behind the image. */
static int add_running(const struct xd_dom *d, struct ut_sxp *sx)
{
    int rc = ut_sxp_add_float(sx, "start_time", (double)d->info.start_time_s);

    if (rc == UT_OK) rc = ut_sxp_add_float(sx, "cpu_time", (double)d->info.cpu_time_ns / 1e9);
    if (rc == UT_OK) rc = ut_sxp_add_int(sx, "online_vcpus", d->info.nr_online);
    return rc;
}

static int add_state(const struct xd_dom *d, struct ut_sxp *sx)
{
    char letters[7];
    int rc = ut_sxp_add_int(sx, "status", xd_dom_status(d));

    xd_dom_letters(d, letters);
    if (rc == UT_OK && xd_dom_listed(d)) rc = ut_sxp_add_str(sx, "state", letters);
    if (rc == UT_OK && d->last_error[0]) rc = ut_sxp_add_str(sx, "last_error", d->last_error);
    if (rc < 0 || d->is_dom0 || !d->live) return rc;
    rc = ut_sxp_add_int(sx, "store_mfn", (int64_t)d->info.store_pfn);
    return rc < 0 ? rc : ut_sxp_add_int(sx, "console_mfn", (int64_t)d->info.console_pfn);
}

/* (cpus (() ...)): affinity per vcpu, () = any. */
static int add_cpus(const struct xd_dom *d, struct ut_sxp *sx)
{
    struct ut_sxp *cpus = ut_sxp_new_list("cpus"), *all = ut_sxp_new_list(NULL);
    int rc = UT_OK;

    for (int64_t i = 0; rc == UT_OK && i < d->cfg.vcpus; i++)
        rc = ut_sxp_add(all, ut_sxp_new_list(NULL));
    if (rc == UT_OK) {
        rc = ut_sxp_add(cpus, all);
        all = NULL;
    }
    if (rc == UT_OK) {
        rc = ut_sxp_add(sx, cpus);
        cpus = NULL;
    }
    ut_sxp_free(all);
    ut_sxp_free(cpus);
    return rc;
}

struct ut_sxp *xd_dom_sxp(struct xd_dom *d)
{
    struct ut_sxp *sx = ut_sxp_new_list("domain");
    struct xd_domcfg cfg = d->cfg;  /* borrowed strings; the current sizes are put in */
    int rc = sx ? UT_OK : UT_ENOMEM;

    xd_dom_refresh(d);
    if (d->live) cfg.memory_mib = (int64_t)((d->info.memory_kib + 1023) / 1024);
    if (rc == UT_OK && xd_dom_listed(d)) rc = ut_sxp_add_int(sx, "domid", d->domid);
    if (rc == UT_OK) rc = xd_domcfg_add_plain(&cfg, sx);
    if (rc == UT_OK) rc = add_cpus(d, sx);
    if (rc == UT_OK && xd_dom_listed(d)) rc = add_running(d, sx);
    if (rc == UT_OK) rc = xd_domcfg_add_image(&cfg, sx);
    if (rc == UT_OK) rc = add_state(d, sx);
    if (rc == UT_OK) rc = xd_domcfg_add_devices(&cfg, sx);
    if (rc == UT_OK) return sx;
    ut_sxp_free(sx);
    return NULL;
}

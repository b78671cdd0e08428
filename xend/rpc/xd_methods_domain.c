/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xend.domains* and xend.domain*. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "domain/xd_dom.h"
#include "domain/xd_ops.h"
#include "domain/xd_policy.h"
#include "persist/xd_record.h"
#include "rpc/xd_methods.h"
#include "xd.h"
#include "xd_store.h"

static int oom(struct ut_err *err)
{
    return ut_err_set(err, UT_ENOMEM, "out of memory");
}

static struct xr_value *domain_value(struct xd_dom *d)
{
    struct ut_sxp *sx = xd_dom_sxp(d);
    struct xr_value *v = xr_from_sxp(sx);

    ut_sxp_free(sx);
    return v;
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* `state` NULL = those that run. */
static int list(struct xd_call *call, bool detail, const char *state, struct xr_value **value_out,
                struct ut_err *err)
{
    static const char *const words[] = { "halted", "paused", "running", "suspended", "shutdown",
                                         "crashed", "unknown" };
    struct xr_value *all = xr_array();
    int rc = all ? UT_OK : UT_ENOMEM;

    for (struct xd_dom *d = xd_dom_first(call->xd); rc == UT_OK && d; d = d->next) {
        if (!xd_dom_listed(d)) continue;
        if (state && strcasecmp(state, "all") != 0 &&
            strcasecmp(state, words[xd_dom_status(d)]) != 0)
            continue;
        rc = xr_add(all, detail ? domain_value(d) : xr_string(d->cfg.name));
    }
    if (rc == UT_OK) {
        *value_out = all;
        return UT_OK;
    }
    xr_free(all);
    return oom(err);
}

static int domains(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                   struct ut_err *err)
{
    (void)d;
    return list(call, xd_arg_bool(call, 0, true), NULL, value_out, err);
}

static int domains_with_state(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                              struct ut_err *err)
{
    (void)d;
    return list(call, xd_arg_bool(call, 0, true), xd_arg_str(call, 1, "all"), value_out, err);
}

static int domain(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                  struct ut_err *err)
{
    (void)call;
    *value_out = domain_value(d);
    return *value_out ? UT_OK : oom(err);
}

/* ---- life ------------------------------------------------------------------------------------ */

/* Post an event; the operation it starts answers the call. */
static int post(struct xd_call *call, struct xd_dom *d, enum xd_event ev, bool chain,
                struct ut_err *err)
{
    int rc = xd_life_post(d, ev, err);

    if (rc < 0 || !d->busy) return rc;
    xd_op_attach(d, call, chain);
    return XD_DEFERRED;
}

static void warn_config(void *arg, const char *text)
{
    xd_warn((struct xd *)arg, UT_NO_DOMID, "domain configuration: %s", text);
}

static int check_memory(struct xd *xd, const struct xd_domcfg *cfg, struct ut_err *err)
{
    struct xci_host_info host;

    if (xci_host_info(xd->xc, &host, NULL) < 0) return UT_OK;
    if ((uint64_t)cfg->memory_mib * 1024 <= host.total_kib) return UT_OK;
    return ut_err_set(err, UT_ELIMIT, "Not enough memory is available: the domain needs memory of "
                      "%lld KiB, the host has %llu KiB", (long long)cfg->memory_mib * 1024,
                      (unsigned long long)host.total_kib);
}

static int create(struct xd_call *call, struct xd_dom *none, struct xr_value **value_out,
                  struct ut_err *err)
{
    struct ut_sxp *sx = xr_to_sxp(xd_arg(call, 0));
    struct xd_domcfg cfg;
    struct xd_dom *d;
    int rc;

    (void)none, (void)value_out;
    if (!sx) return oom(err);
    rc = xd_domcfg_parse(&cfg, sx, warn_config, call->xd, err);
    ut_sxp_free(sx);
    if (rc < 0) return rc;
    rc = xd_dom_check_unique(call->xd, &cfg, err);
    if (rc == UT_OK) rc = xd_domcfg_check_boot(&cfg, err);
    if (rc == UT_OK) rc = check_memory(call->xd, &cfg, err);
    if (rc == UT_OK) rc = xd_dom_new(call->xd, &cfg, &d, err);
    if (rc < 0) {
        xd_domcfg_fini(&cfg);
        return rc;
    }
    call->make_result = domain_value;
    rc = post(call, d, XD_EV_CREATE, false, err);
    if (rc < 0) xd_dom_forget(d);
    return rc;
}

static int do_pause(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                    struct ut_err *err)
{
    int rc = post(call, d, XD_EV_PAUSE, false, err);

    (void)value_out;
    if (rc >= 0 && xd_arg_bool(call, 1, false) && !d->admin_paused) {
        d->admin_paused = true;
        xd_record_save(d);
    }
    return rc;
}

static int unpause(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                   struct ut_err *err)
{
    (void)value_out;
    return post(call, d, XD_EV_UNPAUSE, false, err);
}

static int destroy(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                   struct ut_err *err)
{
    (void)value_out;
    return post(call, d, XD_EV_DESTROY, false, err);
}

static int reset(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                 struct ut_err *err)
{
    (void)value_out;
    return post(call, d, XD_EV_RESET, true, err);
}

static int do_shutdown(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                       struct ut_err *err)
{
    const char *word = xd_arg_str(call, 1, "poweroff");

    (void)value_out;
    if (!xd_reason_parse(word, &d->request))
        return ut_err_set(err, UT_EARG, "Invalid reason: %.100s", word);
    if (d->request == XCI_SHUTDOWN_SUSPEND || d->request == XCI_SHUTDOWN_CRASH)
        return ut_err_set(err, UT_EUNSUP, "shutdown with reason %s is not available yet", word);
    return post(call, d, XD_EV_REQUEST, false, err);
}

static int set_name(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                    struct ut_err *err)
{
    const char *name = xd_arg_str(call, 1, "");
    const struct xd_dom *other = xd_dom_by_name(call->xd, name);
    int rc = xd_name_check(name, err);

    (void)value_out;
    if (rc < 0 || other == d) return rc;
    if (other)
        return ut_err_set(err, UT_EEXIST, "VM name '%s' already exists as domain %u", name,
                          other->domid);
    xd_info(call->xd, xd_dom_logid(d), "domain %s renamed to %s", d->cfg.name, name);
    rc = xd_str_set(&d->cfg.name, name, err);
    if (rc < 0) return rc;
    if (d->live) xd_store_rename_later(call->xd->store, d->domid, d->hv_uuid, d->cfg.name);
    xd_record_save(d);
    xd_record_barrier(call->xd, call, NULL);
    return XD_DEFERRED;
}

/* No device classes yet, so nothing to wait for. */
static int wait_for_devices(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                            struct ut_err *err)
{
    (void)call, (void)d, (void)value_out, (void)err;
    return UT_OK;
}

static int device_sxprs(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                        struct ut_err *err)
{
    (void)call, (void)d;
    *value_out = xr_array();
    return *value_out ? UT_OK : oom(err);
}

static int set_pause_flag(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                          struct ut_err *err)
{
    (void)value_out, (void)err;
    d->admin_paused = xd_arg_bool(call, 1, false);
    xd_record_save(d);
    return UT_OK;
}

/* ---- looking --------------------------------------------------------------------------------- */

static int get_pause_flag(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                          struct ut_err *err)
{
    (void)call;
    *value_out = xr_bool(d->admin_paused);
    return *value_out ? UT_OK : oom(err);
}

static int restart_count(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                         struct ut_err *err)
{
    (void)call;
    *value_out = xr_int(d->restart_count);
    return *value_out ? UT_OK : oom(err);
}

static int last_error(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                      struct ut_err *err)
{
    const char *ref = xd_arg_str(call, 0, ""), *text = xd_last_error(call->xd, ref);

    (void)d;
    if (!text) return ut_err_set(err, UT_ENODOM, "%s", ref);
    *value_out = xr_string(text);
    return *value_out ? UT_OK : oom(err);
}

/* [key, value] onto a list. */
static int add_pair(struct xr_value *list, const char *key, struct xr_value *v)
{
    struct xr_value *pair = xr_array();
    int rc = xr_add(pair, xr_string(key));

    if (rc < 0 || xr_add(pair, v) < 0) {
        if (rc < 0) xr_free(v);
        xr_free(pair);
        return UT_ENOMEM;
    }
    return xr_add(list, pair);
}

static struct xr_value *cpu_map(unsigned nr_cpus)
{
    struct xr_value *map = xr_array();

    for (unsigned i = 0; i < nr_cpus; i++) xr_add(map, xr_int(i));
    return map;
}

static struct xr_value *vcpu_value(struct xd_dom *d, unsigned number, unsigned nr_cpus)
{
    struct xci_vcpu_info v = { .online = true, .cpu = -1 };
    struct xr_value *out = xr_array();

    if (d->is_dom0) {
        v.running = true;
        v.cpu = (int)number;
        v.cpu_time_ns = d->info.nr_vcpus ? d->info.cpu_time_ns / d->info.nr_vcpus : 0;
    } else if (d->live && !d->busy) {
        xci_vcpu_info(d->xd->xc, d->domid, number, &v, NULL);
    }
    xr_add(out, xr_string("vcpu"));
    add_pair(out, "number", xr_int(number));
    add_pair(out, "online", xr_int(v.online));
    add_pair(out, "blocked", xr_int(v.blocked));
    add_pair(out, "running", xr_int(v.running));
    add_pair(out, "cpu_time", xr_double((double)v.cpu_time_ns / 1e9));
    add_pair(out, "cpu", xr_int(v.cpu));
    add_pair(out, "cpumap", cpu_map(nr_cpus));
    return out;
}

static int vcpu_info(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                     struct ut_err *err)
{
    unsigned nr_cpus = xd_dom_first(call->xd)->info.nr_vcpus, nr_vcpus;
    struct xr_value *out = xr_array();

    xd_dom_refresh(d);
    nr_vcpus = d->is_dom0 ? d->info.nr_vcpus : (unsigned)d->cfg.vcpus;
    xr_add(out, xr_string("domain"));
    if (xd_dom_listed(d)) add_pair(out, "domid", xr_int(d->domid));
    add_pair(out, "name", xr_string(d->cfg.name));
    add_pair(out, "vcpu_count", xr_int(nr_vcpus));
    for (unsigned i = 0; i < nr_vcpus; i++) xr_add(out, vcpu_value(d, i, nr_cpus));
    *value_out = out;
    return out ? UT_OK : oom(err);
}

static int console(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                   struct ut_err *err)
{
    struct xr_value *st = xr_struct();

    if (d->live && !d->console.socket_path[0] && !d->busy)
        xci_domain_console(call->xd->xc, d->domid, &d->console, NULL);
    xr_set(st, "socket", xr_string(d->console.socket_path));
    xr_set(st, "pty", xr_string(d->console.pty_path));
    xr_set(st, "log", xr_string(d->console_log));
    xr_set(st, "domid", xr_int(d->domid));
    xr_set(st, "name", xr_string(d->cfg.name));
    *value_out = st;
    return st ? UT_OK : oom(err);
}

/* ---- the table ------------------------------------------------------------------------------- */

#define LIVE (XD_S(XD_PAUSED) | XD_S(XD_RUNNING) | XD_S(XD_DEAD))
#define UP   (XD_S(XD_PAUSED) | XD_S(XD_RUNNING))
#define CHANGES (XD_M_CHANGES | XD_M_NOT_DOM0)

const struct xd_method xd_domain_methods[] = {
    { "xend.domains", "|bb", "array", 0, 0, NULL, NULL, domains,
      "Running domains: S-expressions, or names if the first argument is false." },
    { "xend.domains_with_state", "|bsb", "array", 0, 0, NULL, NULL, domains_with_state,
      "The same, of one state: all halted paused running suspended crashed unknown." },
    { "xend.domain", "d|b", "array", 0, 0, NULL, NULL, domain,
      "S-expression of a domain." },
    { "xend.domain.create", "x", "array", XD_M_CHANGES, 0, NULL, NULL, create,
      "Build a domain and leave it paused; its S-expression." },
    { "xend.domain.pause", "d|b", "nil", CHANGES, LIVE, "Domain '%s' is not started",
      "Cannot pause privileged domain 0", do_pause,
      "Pause; a true second argument notes that an administrator did." },
    { "xend.domain.unpause", "d", "nil", CHANGES, UP, "Domain '%s' is not started",
      "Cannot unpause privileged domain 0", unpause, "Let a paused domain run." },
    { "xend.domain.destroy", "d", "nil", CHANGES, LIVE, NULL,
      "Cannot destroy privileged domain 0", destroy, "End a domain at once." },
    { "xend.domain.reset", "d", "nil", CHANGES, UP, "Domain '%s' is not started",
      "Cannot reset privileged domain 0", reset,
      "Destroy and start again from the remembered configuration." },
    { "xend.domain.shutdown", "d|s", "nil", CHANGES, UP, "Domain cannot be shutdown",
      "Domain 0 cannot be shutdown", do_shutdown,
      "Ask the guest to stop: poweroff reboot halt suspend crash." },
    { "xend.domain.setName", "ds", "nil", CHANGES, 0, NULL,
      "Cannot rename privileged domain 0", set_name, "Rename." },
    { "xend.domain.waitForDevices", "d", "nil", 0, 0, NULL, NULL, wait_for_devices,
      "Wait until all devices are connected." },
    { "xend.domain.getDeviceSxprs", "ds", "array", 0, 0, NULL, NULL, device_sxprs,
      "Devices of a class." },
    { "xend.domain.setpauseflag", "d|b", "nil", CHANGES, 0, NULL,
      "Cannot pause privileged domain 0", set_pause_flag, "Note that an administrator paused." },
    { "xend.domain.getpauseflag", "d", "boolean", 0, 0, NULL, NULL, get_pause_flag,
      "Whether an administrator paused." },
    { "xend.domain.getRestartCount", "d", "int", 0, 0, NULL, NULL, restart_count,
      "How often the domain was restarted." },
    { "xend.domain.getVCPUInfo", "d", "array", 0, 0, NULL, NULL, vcpu_info,
      "S-expression of the vcpus." },
    { "xend.domain.console", "d", "struct", 0, 0, NULL, NULL, console,
      "Where the console is: socket, pty, log, domid, name." },
    { "xend.domain.lastError", "s", "string", 0, 0, NULL, NULL, last_error,
      "What last went wrong with a domain, also one that has just ended." },
};
const size_t xd_nr_domain_methods = ARRAY_SIZE(xd_domain_methods);

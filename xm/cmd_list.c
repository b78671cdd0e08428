/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that show domains: list, vcpu-list, uptime, domid, domname, domstate. */
#include "cmd.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- list ------------------------------------------------------------------------------------ */

struct list_args {
    bool full, json, label, vcpus;
    const char *state;
    const char *pool;
};

static void print_row(FILE *out, const struct xm_dom *d)
{
    bool running = d->domid[0] != '\0';

    fprintf(out, "%-40s %5s %5lld %5lld %10s %8.1f\n", d->name, d->domid, (long long)d->memory_mib,
            (long long)(running ? d->online_vcpus : d->vcpus), running ? d->state : "",
            d->cpu_time_s);
}

/* Stable fields for scripts: absent numbers are null, none of them is a text. */
static struct ut_sxp *json_row(const struct xm_dom *d, const struct ut_sxp *full)
{
    struct ut_sxp *o = ut_sxp_new_list("domain");
    struct ut_sxp *id;
    bool running = d->domid[0] != '\0';

    if (!o) return NULL;
    ut_sxp_add_str(o, "name", d->name);
    id = ut_sxp_new_list("domid");
    if (id) ut_sxp_add(id, running ? ut_sxp_new_int(strtoll(d->domid, NULL, 10))
                                   : ut_sxp_new_none());
    ut_sxp_add(o, id);
    ut_sxp_add_str(o, "uuid", d->uuid);
    ut_sxp_add_int(o, "memory", d->memory_mib);
    ut_sxp_add_int(o, "maxmem", d->maxmem_mib);
    ut_sxp_add_int(o, "vcpus", d->vcpus);
    ut_sxp_add_int(o, "online_vcpus", running ? d->online_vcpus : 0);
    ut_sxp_add_str(o, "state", running ? d->state : "");
    ut_sxp_add_int(o, "status", d->status);
    ut_sxp_add_float(o, "cpu_time", d->cpu_time_s);
    ut_sxp_add_float(o, "start_time", d->start_time_s);
    if (full) {
        struct ut_sxp *config = ut_sxp_new_list("config");

        for (size_t i = 1; config && i < full->nr_items; i++)
            ut_sxp_add(config, ut_sxp_dup(full->item[i]));
        ut_sxp_add(o, config);
    }
    return o;
}

static int print_json(struct xm_ctx *cx, const struct list_args *a, const struct ut_sxp *list,
                      struct ut_err *err)
{
    fputs("[", cx->out);
    for (size_t i = 0; i < list->nr_items; i++) {
        struct xm_dom d;
        struct ut_sxp *o;
        int rc = xm_dom_read(list->item[i], &d, err);

        if (rc) return rc;
        fputs(i ? ",\n" : "\n", cx->out);
        o = json_row(&d, a->full ? list->item[i] : NULL);
        rc = o ? xm_json_print(o, cx->out) : UT_ENOMEM;
        ut_sxp_free(o);
        if (rc) return ut_err_set(err, rc, "a domain cannot be printed as JSON");
    }
    fputs("\n]\n", cx->out);
    return UT_OK;
}

static int print_long(struct xm_ctx *cx, const struct ut_sxp *list, struct ut_err *err)
{
    for (size_t i = 0; i < list->nr_items; i++) {
        struct ut_buf b = UT_BUF_INIT;
        bool oom;

        ut_sxp_print_pretty(list->item[i], XM_SXP_WIDTH, &b);
        fprintf(cx->out, "%s\n", ut_buf_str(&b));
        oom = b.oom;
        ut_buf_fini(&b);
        if (oom) return ut_err_set(err, UT_ENOMEM, "out of memory");
    }
    return UT_OK;
}

static int print_short(struct xm_ctx *cx, const struct ut_sxp *list, struct ut_err *err)
{
    fprintf(cx->out, "%-40s %5s %5s %5s %10s %9s\n", "Name", "ID", "Mem", "VCPUs", "State",
            "Time(s)");
    for (size_t i = 0; i < list->nr_items; i++) {
        struct xm_dom d;
        int rc = xm_dom_read(list->item[i], &d, err);

        if (rc) return rc;
        print_row(cx->out, &d);
    }
    return UT_OK;
}

static void lower(char *out, size_t size, const char *s)
{
    size_t i;

    for (i = 0; s[i] && i + 1 < size; i++)
        out[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]);
    out[i] = '\0';
}

static int list_run(struct xm_ctx *cx, const void *vargs, char *const *operand, struct ut_err *err)
{
    const struct list_args *a = vargs;
    struct ut_sxp *list = NULL;
    char state[16] = "all";
    int rc;

    if (a->vcpus) {
        fputs("-v is deprecated.  Please use xm vcpu-list instead.\n", cx->err);
        return xm_cmd_vcpu_list.run(cx, NULL, operand, err);
    }
    if (a->label) return ut_err_set(err, UT_EUNSUP, "--label: there are no security labels here");
    if (a->pool && strcmp(a->pool, "Pool-0") != 0)  /* there is one pool; others are empty */
        return print_short(cx, &(struct ut_sxp){ .kind = UT_SXP_LIST }, err);
    if ((a->state || a->pool) && operand[0])
        return ut_err_set(err, UT_EARG, "You may specify either a state or a particular VM, "
                                        "but not both");
    if (a->state) lower(state, sizeof(state), a->state);
    rc = xm_dom_fetch(cx, operand, state, &list, err);
    if (rc) return rc;
    if (a->json) rc = print_json(cx, a, list, err);
    else if (a->full) rc = print_long(cx, list, err);
    else rc = print_short(cx, list, err);
    ut_sxp_free(list);
    return rc;
}

static const struct xm_opt list_opts[] = {
    XM_OPT_FLAG('l', "long", struct list_args, full, "print all there is about each domain"),
    XM_OPT_FLAG(0, "json", struct list_args, json,
                "print an array of objects for programs; with --long also the configuration"),
    XM_OPT_STR(0, "state", struct list_args, state, "STATE",
               "only domains that are running, paused, halted, suspended, crashed or unknown"),
    XM_OPT_STR(0, "pool", struct list_args, pool, "POOL", "only domains of this cpu pool"),
    XM_OPT_FLAG(0, "label", struct list_args, label, "security labels (refused)"),
    XM_OPT_FLAG('v', "vcpus", struct list_args, vcpus, "the same as vcpu-list (deprecated)"),
};
const struct xm_cmd xm_cmd_list = {
    .name = "list", .operands = "[options] [DOMAIN ...]", .max = XM_ANY, .common = true,
    .help = "List all domains or the named ones", .opts = list_opts,
    .nopts = ARRAY_SIZE(list_opts), .args_size = sizeof(struct list_args), .run = list_run,
};

/* ---- vcpu-list ------------------------------------------------------------------------------- */

/* (cpumap (0 1 3)) as "0-1,3". */
static void add_affinity(const struct ut_sxp *vcpu, int64_t nr_cpus, struct ut_buf *out)
{
    const struct ut_sxp *map = ut_sxp_child(vcpu, "cpumap");
    const struct ut_sxp *list = map && map->nr_items > 1 ? map->item[1] : NULL;
    long first = -1, last = -2;

    if (!list || list->kind != UT_SXP_LIST || (int64_t)list->nr_items >= nr_cpus) {
        ut_buf_adds(out, "any cpu");
        return;
    }
    if (!list->nr_items) {
        ut_buf_adds(out, "no cpus");
        return;
    }
    for (size_t i = 0; i <= list->nr_items; i++) {
        const struct ut_sxp *item = i < list->nr_items ? list->item[i] : NULL;
        long cpu = item && item->kind != UT_SXP_LIST ? strtol(item->text, NULL, 10) : -9;

        if (cpu == last + 1) {
            last = cpu;
            continue;
        }
        if (first >= 0) ut_buf_addf(out, "%s%ld", out->len ? "," : "", first);
        if (first >= 0 && last > first) ut_buf_addf(out, "-%ld", last);
        first = last = cpu;
    }
}

static bool is_one(const struct ut_sxp *sx, const char *name)
{
    const char *v = ut_sxp_get(sx, name, "0");

    return !strcmp(v, "1") || !strcmp(v, "True");
}

static void print_vcpu(FILE *out, const char *name, const char *domid, const struct ut_sxp *vcpu,
                       int64_t nr_cpus)
{
    struct ut_buf affinity = UT_BUF_INIT;
    const char *cpu = ut_sxp_get(vcpu, "cpu", "-1");
    char state[4] = "--p";

    if (!is_one(vcpu, "online")) {
        cpu = "-";
    } else if (cpu[0] == '-') {     /* never ran */
        cpu = "";
        state[0] = '\0';
    } else {
        state[0] = is_one(vcpu, "running") ? 'r' : '-';
        state[1] = is_one(vcpu, "blocked") ? 'b' : '-';
        state[2] = '-';
    }
    add_affinity(vcpu, nr_cpus, &affinity);
    fprintf(out, "%-32s %5s %5s %5s %5s  %8.1f %s\n", name, domid,
            ut_sxp_get(vcpu, "number", "?"), cpu, state,
            strtod(ut_sxp_get(vcpu, "cpu_time", "0"), NULL), ut_buf_str(&affinity));
    ut_buf_fini(&affinity);
}

/* Physical cpus of the host, for "any cpu". A failure only costs that word. */
static int64_t count_cpus(struct xm_ctx *cx)
{
    struct ut_sxp *info = NULL;
    int64_t nr = 1;

    if (xm_rpc_sxp(cx, &info, NULL, "xend.node.info", "") != UT_OK) return 1;
    if (ut_sxp_get_int(info, "nr_cpus", &nr) != UT_OK) nr = 1;
    ut_sxp_free(info);
    return nr;
}

static int print_vcpus(struct xm_ctx *cx, const char *dom, int64_t nr_cpus, struct ut_err *err)
{
    struct ut_sxp *sx = NULL;
    int rc = xm_rpc_sxp(cx, &sx, err, "xend.domain.getVCPUInfo", "d", dom);

    if (rc) return rc;
    for (size_t i = 0; i < sx->nr_items; i++)
        if (!strcmp(ut_sxp_head(sx->item[i]), "vcpu"))
            print_vcpu(cx->out, ut_sxp_get(sx, "name", dom), ut_sxp_get(sx, "domid", ""),
                       sx->item[i], nr_cpus);
    ut_sxp_free(sx);
    return UT_OK;
}

static int vcpu_list_run(struct xm_ctx *cx, const void *vargs, char *const *operand,
                         struct ut_err *err)
{
    struct ut_sxp *list = NULL;
    int64_t nr_cpus;
    int rc;

    (void)vargs;
    rc = xm_dom_fetch(cx, operand, "all", &list, err);
    if (rc) return rc;
    nr_cpus = count_cpus(cx);
    fprintf(cx->out, "%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU", "CPU", "State",
            "Time(s)", "CPU Affinity");
    for (size_t i = 0; rc == UT_OK && i < list->nr_items; i++) {
        struct xm_dom d;

        rc = xm_dom_read(list->item[i], &d, err);
        if (rc == UT_OK && (operand[0] || d.domid[0])) rc = print_vcpus(cx, d.name, nr_cpus, err);
    }
    ut_sxp_free(list);
    return rc;
}

const struct xm_cmd xm_cmd_vcpu_list = {
    .name = "vcpu-list", .operands = "[DOMAIN ...]", .max = XM_ANY,
    .help = "List the virtual processors of all domains or of the named ones",
    .run = vcpu_list_run,
};

/* ---- uptime ---------------------------------------------------------------------------------- */

struct uptime_args {
    bool brief;
};

static double host_uptime_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_BOOTTIME, &ts);
    return (double)ts.tv_sec;
}

static void print_uptime(FILE *out, const struct xm_dom *d, bool brief)
{
    double s = !strcmp(d->domid, "0") ? host_uptime_s() : (double)time(NULL) - d->start_time_s;
    long up = d->domid[0] && s > 0 && s < 1e10 ? (long)s : 0;
    long days = up / 86400;
    time_t now = time(NULL);
    struct tm tm;
    char text[64] = "", clock[16];

    if (days) snprintf(text, sizeof(text), "%ld day%s, ", days, days == 1 ? "" : "s");
    if (!brief) {
        fprintf(out, "%-32s %5s %s%2ld:%02ld:%02ld\n", d->name, d->domid, text, up / 3600 % 24,
                up / 60 % 60, up % 60);
        return;
    }
    localtime_r(&now, &tm);
    strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
    fprintf(out, " %s up %s%2ld:%02ld, %s (%s)\n", clock, text, up / 3600 % 24, up / 60 % 60,
            d->name, d->domid);
}

static int uptime_run(struct xm_ctx *cx, const void *vargs, char *const *operand,
                      struct ut_err *err)
{
    const struct uptime_args *a = vargs;
    struct ut_sxp *list = NULL;
    int rc = xm_dom_fetch(cx, operand, "all", &list, err);

    if (rc) return rc;
    if (!a->brief) fprintf(cx->out, "%-33s %4s %s \n", "Name", "ID", "Uptime");
    for (size_t i = 0; rc == UT_OK && i < list->nr_items; i++) {
        struct xm_dom d;

        rc = xm_dom_read(list->item[i], &d, err);
        if (rc == UT_OK && (operand[0] || d.domid[0])) print_uptime(cx->out, &d, a->brief);
    }
    ut_sxp_free(list);
    return rc;
}

static const struct xm_opt uptime_opts[] = {
    XM_OPT_FLAG('s', "short", struct uptime_args, brief, "one short line for each, without header"),
};
const struct xm_cmd xm_cmd_uptime = {
    .name = "uptime", .operands = "[-s] [DOMAIN ...]", .max = XM_ANY, .common = true,
    .help = "Show how long all domains or the named ones have been up", .opts = uptime_opts,
    .nopts = ARRAY_SIZE(uptime_opts), .args_size = sizeof(struct uptime_args), .run = uptime_run,
};

/* ---- domid, domname, domstate ---------------------------------------------------------------- */

/* Fetch one domain and print what `text` makes of it. */
static int print_one(struct xm_ctx *cx, const char *name,
                     const char *(*text)(const struct xm_dom *), struct ut_err *err)
{
    struct ut_sxp *sx = NULL;
    struct xm_dom d;
    int rc = xm_rpc_sxp(cx, &sx, err, "xend.domain", "d", name);

    if (rc == UT_OK) rc = xm_dom_read(sx, &d, err);
    if (rc == UT_OK) fprintf(cx->out, "%s\n", text(&d));
    ut_sxp_free(sx);
    return rc;
}

static const char *domid_text(const struct xm_dom *d)
{
    return d->domid[0] ? d->domid : "None";
}

static const char *domname_text(const struct xm_dom *d)
{
    return d->name;
}

static const char *domstate_text(const struct xm_dom *d)
{
    static const struct {
        char letter;
        const char *word;
    } words[] = {
        { 'd', "shutdown" }, { 'c', "crashed" }, { 's', "shutoff" },
        { 'p', "paused" },   { 'r', "running" }, { 'b', "idle" },
    };

    if (!d->domid[0] || !d->state[0]) return "shutoff";
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (strchr(d->state, words[i].letter)) return words[i].word;
    return "running";               /* runnable, but on no processor just now */
}

static int domid_run(struct xm_ctx *cx, const void *vargs, char *const *operand, struct ut_err *err)
{
    (void)vargs;
    return print_one(cx, operand[0], domid_text, err);
}

static int domname_run(struct xm_ctx *cx, const void *vargs, char *const *operand,
                       struct ut_err *err)
{
    (void)vargs;
    return print_one(cx, operand[0], domname_text, err);
}

/* "paused by admin" is the one thing the state letters do not tell. */
static int domstate_run(struct xm_ctx *cx, const void *vargs, char *const *operand,
                        struct ut_err *err)
{
    struct xr_value *flag = NULL;
    bool by_admin;

    (void)vargs;
    by_admin = xm_rpc(cx, &flag, NULL, "xend.domain.getpauseflag", "d", operand[0]) == UT_OK &&
               flag->type == XR_BOOL && flag->i;
    xr_free(flag);
    if (!by_admin) return print_one(cx, operand[0], domstate_text, err);
    fputs("paused by admin\n", cx->out);
    return UT_OK;
}

const struct xm_cmd xm_cmd_domid = {
    .name = "domid", .operands = "DOMAIN", .min = 1, .max = 1,
    .help = "Convert a domain name to a domain id", .run = domid_run,
};
const struct xm_cmd xm_cmd_domname = {
    .name = "domname", .operands = "DOMAIN", .min = 1, .max = 1,
    .help = "Convert a domain id to a domain name", .run = domname_run,
};
const struct xm_cmd xm_cmd_domstate = {
    .name = "domstate", .operands = "DOMAIN", .min = 1, .max = 1,
    .help = "Show the state of a domain in a word", .run = domstate_run,
};

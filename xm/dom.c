/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domains as xend describes them. */
#include "xm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int64_t get_int(const struct ut_sxp *sx, const char *name, int64_t dflt)
{
    const char *text = ut_sxp_get(sx, name, "");
    char *end;
    double v;
    int64_t i;

    if (ut_sxp_get_int(sx, name, &i) == UT_OK) return i;
    v = strtod(text, &end);         /* some servers send 256.0 */
    return end != text && v > -9e18 && v < 9e18 ? (int64_t)v : dflt;
}

static double get_float(const struct ut_sxp *sx, const char *name)
{
    double v = strtod(ut_sxp_get(sx, name, "0"), NULL);

    return isfinite(v) ? v : 0;
}

int xm_dom_read(const struct ut_sxp *sx, struct xm_dom *d, struct ut_err *err)
{
    memset(d, 0, sizeof(*d));
    if (!sx || sx->kind != UT_SXP_LIST)
        return ut_err_set(err, UT_EPROTO, "xend sent something that is not a domain");
    d->name = ut_sxp_get(sx, "name", "");
    if (!d->name[0]) return ut_err_set(err, UT_EPROTO, "xend sent a domain without a name");
    d->domid = ut_sxp_get(sx, "domid", "");
    d->state = ut_sxp_get(sx, "state", "");
    d->uuid = ut_sxp_get(sx, "uuid", "");
    d->memory_mib = get_int(sx, "memory", 0);
    d->maxmem_mib = get_int(sx, "maxmem", d->memory_mib);
    d->vcpus = get_int(sx, "vcpus", 1);
    d->online_vcpus = get_int(sx, "online_vcpus", d->vcpus);
    d->status = get_int(sx, "status", 6);
    d->cpu_time_s = get_float(sx, "cpu_time");
    d->start_time_s = get_float(sx, "start_time");
    return UT_OK;
}

static int by_name(const void *a, const void *b)
{
    const struct ut_sxp *const *x = a, *const *y = b;

    return strcmp(ut_sxp_get(*x, "name", ""), ut_sxp_get(*y, "name", ""));
}

static int check_all(struct ut_sxp *list, struct ut_err *err)
{
    struct xm_dom dom;

    for (size_t i = 0; i < list->nr_items; i++) {
        int rc = xm_dom_read(list->item[i], &dom, err);

        if (rc) return rc;
    }
    return UT_OK;
}

static int fetch_named(struct xm_ctx *cx, char *const *names, struct ut_sxp *list,
                       struct ut_err *err)
{
    struct ut_sxp *sx;
    int rc = UT_OK;

    for (; rc == UT_OK && *names; names++) {
        rc = xm_rpc_sxp(cx, &sx, err, "xend.domain", "db", *names, 1);
        if (rc == UT_OK && ut_sxp_add(list, sx)) rc = ut_err_set(err, UT_ENOMEM, "out of memory");
    }
    return rc;
}

int xm_dom_fetch(struct xm_ctx *cx, char *const *names, const char *state, struct ut_sxp **list_out,
                 struct ut_err *err)
{
    struct ut_sxp *list = NULL;
    int rc;

    if (names && names[0]) {
        list = ut_sxp_new_list(NULL);
        rc = list ? fetch_named(cx, names, list, err) : ut_err_set(err, UT_ENOMEM, "out of memory");
    } else {
        rc = xm_rpc_sxp(cx, &list, err, "xend.domains_with_state", "bsb", 1, state, 1);
    }
    if (rc == UT_OK) rc = check_all(list, err);
    if (rc) {
        ut_sxp_free(list);
        return rc;
    }
    if (!(names && names[0]) && list->nr_items > 1)
        qsort(list->item, list->nr_items, sizeof(struct ut_sxp *), by_name);
    *list_out = list;
    return UT_OK;
}

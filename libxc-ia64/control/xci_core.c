/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The public functions: check arguments once, then ask the backend. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "backend/xci_backend.h"

static const struct xci__backend *const backends[] = { &xci__backend_vmm, &xci__backend_xen };

#define XEN_DEVICE "/dev/xen/privcmd"

static const struct xci__backend *choose(const char *name)
{
    if (!name) return access(XEN_DEVICE, R_OK | W_OK) ? &xci__backend_vmm : &xci__backend_xen;
    for (size_t i = 0; i < ARRAY_SIZE(backends); i++)
        if (!strcmp(name, backends[i]->name)) return backends[i];
    return NULL;
}

int xci_open(const struct xci_config *cfg, struct xci **xci_out, struct ut_err *err)
{
    struct xci *xc;
    int rc;

    if (!cfg || !xci_out) return ut_err_set(err, UT_EARG, "xci_open without configuration");
    xc = calloc(1, sizeof(*xc));
    if (!xc) return ut_err_set(err, UT_ENOMEM, "library handle");
    xc->log = cfg->log;
    xc->ops = choose(cfg->backend);
    if (!xc->ops) {
        free(xc);
        return ut_err_set(err, UT_EARG, "unknown backend \"%.60s\"; there are vmm and xen",
                          cfg->backend);
    }
    rc = xc->ops->open(xc, cfg, err);
    if (rc < 0) {
        xci_close(xc);
        return rc;
    }
    *xci_out = xc;
    return UT_OK;
}

void xci_close(struct xci *xc)
{
    if (!xc) return;
    xc->ops->close(xc);
    free(xc);
}

/* ---- checks -------------------------------------------------------------------------------- */

static int unsupported(const struct xci *xc, struct ut_err *err)
{
    return ut_err_set(err, UT_EUNSUP, "backend %s cannot do that", xc->ops->name);
}

static int check_domid(xci_domid_t domid, struct ut_err *err)
{
    if (domid >= XCI_DOMID_FIRST && domid <= XCI_DOMID_MAX) return UT_OK;
    return ut_err_set(err, UT_ENODOM, "no domain can have the id %u", domid);
}

static int check_config(const struct xci_domain_config *cfg, struct ut_err *err)
{
    if (!cfg->kernel_path || !*cfg->kernel_path) return ut_err_set(err, UT_EARG, "no kernel given");
    if (cfg->domid != XCI_DOMID_ANY && check_domid(cfg->domid, err) < 0)
        return ut_err_set(err, UT_EARG, "domain id %u is not between %u and %u", cfg->domid,
                          XCI_DOMID_FIRST, XCI_DOMID_MAX);
    if (!cfg->nr_vcpus || cfg->nr_vcpus > XCI_MAX_VCPUS)
        return ut_err_set(err, UT_EARG, "%u vcpus; 1 to %u are possible", cfg->nr_vcpus,
                          XCI_MAX_VCPUS);
    if (!cfg->memory_kib || cfg->memory_kib > UINT64_C(1) << 30)
        return ut_err_set(err, UT_EARG, "%llu KiB of memory; up to 1 TiB is possible",
                          (unsigned long long)cfg->memory_kib);
    if (cfg->max_memory_kib && cfg->max_memory_kib < cfg->memory_kib)
        return ut_err_set(err, UT_EARG, "memory is %llu KiB, its maximum only %llu KiB",
                          (unsigned long long)cfg->memory_kib,
                          (unsigned long long)cfg->max_memory_kib);
    if (cfg->cmdline && strlen(cfg->cmdline) > XCI_CMDLINE_MAX)
        return ut_err_set(err, UT_ELIMIT, "the kernel's command line has %zu bytes; %u are "
                          "possible", strlen(cfg->cmdline), XCI_CMDLINE_MAX);
    return UT_OK;
}

/* ---- one call each ------------------------------------------------------------------------- */

int xci_host_info(struct xci *xc, struct xci_host_info *info_out, struct ut_err *err)
{
    if (!xc->ops->host_info) return unsupported(xc, err);
    memset(info_out, 0, sizeof(*info_out));
    return xc->ops->host_info(xc, info_out, err);
}

int xci_host_dmesg(struct xci *xc, bool clear, char **text_out, struct ut_err *err)
{
    *text_out = NULL;
    return xc->ops->host_dmesg ? xc->ops->host_dmesg(xc, clear, text_out, err)
                               : unsupported(xc, err);
}

int xci_domain_create(struct xci *xc, const struct xci_domain_config *cfg,
                      xci_domid_t *domid_out, struct ut_err *err)
{
    int rc = check_config(cfg, err);

    if (rc < 0) return rc;
    return xc->ops->create ? xc->ops->create(xc, cfg, domid_out, err) : unsupported(xc, err);
}

int xci_domain_pause(struct xci *xc, xci_domid_t domid, struct ut_err *err)
{
    int rc = check_domid(domid, err);

    if (rc < 0) return rc;
    return xc->ops->pause ? xc->ops->pause(xc, domid, err) : unsupported(xc, err);
}

int xci_domain_unpause(struct xci *xc, xci_domid_t domid, struct ut_err *err)
{
    int rc = check_domid(domid, err);

    if (rc < 0) return rc;
    return xc->ops->unpause ? xc->ops->unpause(xc, domid, err) : unsupported(xc, err);
}

int xci_domain_destroy(struct xci *xc, xci_domid_t domid, struct ut_err *err)
{
    int rc = check_domid(domid, err);

    if (rc < 0) return rc;
    return xc->ops->destroy ? xc->ops->destroy(xc, domid, err) : unsupported(xc, err);
}

int xci_domain_request(struct xci *xc, xci_domid_t domid, enum xci_shutdown reason,
                       struct ut_err *err)
{
    int rc = check_domid(domid, err);

    if (rc < 0) return rc;
    return xc->ops->request ? xc->ops->request(xc, domid, reason, err) : unsupported(xc, err);
}

int xci_domain_sysrq(struct xci *xc, xci_domid_t domid, char key, struct ut_err *err)
{
    int rc = check_domid(domid, err);

    if (rc < 0) return rc;
    return xc->ops->sysrq ? xc->ops->sysrq(xc, domid, key, err) : unsupported(xc, err);
}

int xci_domain_store(struct xci *xc, xci_domid_t domid, int fd, struct ut_err *err)
{
    int rc = check_domid(domid, err);

    if (rc < 0) return rc;
    return xc->ops->store ? xc->ops->store(xc, domid, fd, err) : unsupported(xc, err);
}

int xci_domain_info(struct xci *xc, xci_domid_t domid, struct xci_domain_info *info_out,
                    struct ut_err *err)
{
    int rc = check_domid(domid, err);

    if (rc < 0) return rc;
    memset(info_out, 0, sizeof(*info_out));
    return xc->ops->info ? xc->ops->info(xc, domid, info_out, err) : unsupported(xc, err);
}

int xci_domain_list(struct xci *xc, struct xci_domain_info **infos_out, size_t *nr_out,
                    struct ut_err *err)
{
    *infos_out = NULL;
    *nr_out = 0;
    return xc->ops->list ? xc->ops->list(xc, infos_out, nr_out, err) : unsupported(xc, err);
}

int xci_vcpu_info(struct xci *xc, xci_domid_t domid, unsigned vcpu,
                  struct xci_vcpu_info *info_out, struct ut_err *err)
{
    int rc = check_domid(domid, err);

    if (rc < 0) return rc;
    memset(info_out, 0, sizeof(*info_out));
    return xc->ops->vcpu_info ? xc->ops->vcpu_info(xc, domid, vcpu, info_out, err)
                              : unsupported(xc, err);
}

int xci_domain_console(struct xci *xc, xci_domid_t domid, struct xci_console *con_out,
                       struct ut_err *err)
{
    int rc = check_domid(domid, err);

    if (rc < 0) return rc;
    memset(con_out, 0, sizeof(*con_out));
    return xc->ops->console ? xc->ops->console(xc, domid, con_out, err) : unsupported(xc, err);
}

int xci_event_fd(struct xci *xc)
{
    return xc->ops->event_fd ? xc->ops->event_fd(xc) : -1;
}

int xci_event_next(struct xci *xc, struct xci_event *ev_out, struct ut_err *err)
{
    return xc->ops->event_next ? xc->ops->event_next(xc, ev_out, err) : unsupported(xc, err);
}

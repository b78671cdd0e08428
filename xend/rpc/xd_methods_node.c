/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xend.node.*: the host and the daemon. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "rpc/xd_methods.h"
#include "ut_io.h"
#include "xd.h"

#define MAX_LOG_BYTES (8u << 20)

/* What a row of node.info needs: the hypervisor's answer and the kernel's. */
struct facts {
    struct xci_host_info host;
    struct utsname kernel;
};

enum row_type { ROW_TEXT, ROW_UINT, ROW_KHZ, ROW_KIB, ROW_CONST };

#define HOST(f)   offsetof(struct facts, host.f)
#define KERNEL(f) offsetof(struct facts, kernel.f)

/* In the order of xm info. */
static const struct {
    const char *key;
    enum row_type type;
    size_t offset;                  /* in struct facts; ROW_CONST: the value itself */
} rows[] = {
    { "host",               ROW_TEXT,  KERNEL(nodename) },
    { "release",            ROW_TEXT,  KERNEL(release) },
    { "version",            ROW_TEXT,  KERNEL(version) },
    { "machine",            ROW_TEXT,  HOST(machine) },
    { "nr_cpus",            ROW_UINT,  HOST(nr_cpus) },
    { "nr_nodes",           ROW_UINT,  HOST(nr_nodes) },
    { "cores_per_socket",   ROW_UINT,  HOST(cores_per_socket) },
    { "threads_per_core",   ROW_UINT,  HOST(threads_per_core) },
    { "cpu_mhz",            ROW_KHZ,   HOST(cpu_khz) },
    { "hw_caps",            ROW_TEXT,  HOST(hw_caps) },
    { "virt_caps",          ROW_TEXT,  HOST(virt_caps) },
    { "total_memory",       ROW_KIB,   HOST(total_kib) },
    { "free_memory",        ROW_KIB,   HOST(free_kib) },
    { "free_cpus",          ROW_CONST, 0 },
    { "xen_major",          ROW_UINT,  HOST(xen_major) },
    { "xen_minor",          ROW_UINT,  HOST(xen_minor) },
    { "xen_extra",          ROW_TEXT,  HOST(xen_extra) },
    { "xen_caps",           ROW_TEXT,  HOST(caps) },
    { "xen_scheduler",      ROW_TEXT,  HOST(scheduler) },
    { "xen_pagesize",       ROW_UINT,  HOST(pagesize) },
    { "platform_params",    ROW_TEXT,  HOST(platform_params) },
    { "xen_changeset",      ROW_TEXT,  HOST(changeset) },
    { "xen_commandline",    ROW_TEXT,  HOST(commandline) },
    { "cc_compiler",        ROW_TEXT,  HOST(cc_compiler) },
    { "cc_compile_by",      ROW_TEXT,  HOST(cc_compile_by) },
    { "cc_compile_domain",  ROW_TEXT,  HOST(cc_compile_domain) },
    { "cc_compile_date",    ROW_TEXT,  HOST(cc_compile_date) },
    { "xend_config_format", ROW_CONST, 4 },
};

static struct xr_value *row_value(const struct facts *f, size_t i)
{
    const char *p = (const char *)f + rows[i].offset;
    uint32_t u;
    uint64_t kib;

    switch (rows[i].type) {
    case ROW_TEXT:
        return xr_string(p);
    case ROW_CONST:
        return xr_int((int64_t)rows[i].offset);
    case ROW_KIB:
        memcpy(&kib, p, sizeof(kib));
        return xr_int((int64_t)(kib / 1024));
    case ROW_UINT:
    case ROW_KHZ:
        break;
    }
    memcpy(&u, p, sizeof(u));
    return xr_int(rows[i].type == ROW_KHZ ? u / 1000 : u);
}

static int node_info(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                     struct ut_err *err)
{
    struct xr_value *list = xr_array(), *pair;
    struct facts f;
    int rc;

    (void)d;
    memset(&f, 0, sizeof(f));
    rc = xci_host_info(call->xd->xc, &f.host, err);
    uname(&f.kernel);
    for (size_t i = 0; rc == UT_OK && i < ARRAY_SIZE(rows); i++) {
        pair = xr_array();
        xr_add(pair, xr_string(rows[i].key));
        xr_add(pair, row_value(&f, i));
        if (xr_add(list, pair) < 0) rc = ut_err_set(err, UT_ENOMEM, "out of memory");
    }
    if (rc < 0) xr_free(list);
    else *value_out = list;
    return rc;
}

static int dmesg(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                 struct ut_err *err)
{
    char *text = NULL;
    int rc = xci_host_dmesg(call->xd->xc, false, &text, err);

    (void)d;
    if (rc == UT_OK) *value_out = xr_string(text ? text : "");
    free(text);
    return rc;
}

static int dmesg_clear(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                       struct ut_err *err)
{
    char *text = NULL;
    int rc = xci_host_dmesg(call->xd->xc, true, &text, err);

    (void)d, (void)value_out;
    free(text);
    return rc;
}

static int node_log(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                    struct ut_err *err)
{
    struct ut_buf text = UT_BUF_INIT;
    int rc = ut_io_read_file(call->xd->cfg.logfile, MAX_LOG_BYTES, &text, err);

    (void)d;
    if (rc == UT_OK) *value_out = xr_string(ut_buf_str(&text));
    ut_buf_fini(&text);
    return rc;
}

static int version(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                   struct ut_err *err)
{
    struct xr_value *st = xr_struct();

    (void)d;
    xr_set(st, "version", xr_string(XC_VERSION));
    xr_set(st, "config_format", xr_int(4));
    xr_set(st, "run", xr_string(call->xd->paths.run));
    xr_set(st, "log", xr_string(call->xd->cfg.logfile));
    *value_out = st;
    return st ? UT_OK : ut_err_set(err, UT_ENOMEM, "out of memory");
}

const struct xd_method xd_node_methods[] = {
    { "xend.node.info", "|b", "array", 0, 0, NULL, NULL, node_info,
      "Host and hypervisor as [key, value] pairs in the order of xm info." },
    { "xend.node.dmesg.info", "", "string", 0, 0, NULL, NULL, dmesg,
      "The hypervisor's log." },
    { "xend.node.dmesg.clear", "", "nil", XD_M_CHANGES, 0, NULL, NULL, dmesg_clear,
      "Clear the hypervisor's log." },
    { "xend.node.log", "", "string", 0, 0, NULL, NULL, node_log,
      "The daemon's log." },
    { "xend.node.version", "", "struct", 0, 0, NULL, NULL, version,
      "The daemon's version and paths." },
};
const size_t xd_nr_node_methods = ARRAY_SIZE(xd_node_methods);

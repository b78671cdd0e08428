/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of tables, system.*, and the methods that a later release will fill. */
#include "rpc/xd_methods.h"

#include <string.h>

#define NR_FAMILIES 4

const struct xd_method *const xd_methods[NR_FAMILIES + 1] = {
    xd_system_methods, xd_domain_methods, xd_node_methods, xd_later_methods, NULL,
};

size_t xd_nr_methods_in(size_t table)
{
    const size_t nr[NR_FAMILIES] = { xd_nr_system_methods, xd_nr_domain_methods,
                                     xd_nr_node_methods, xd_nr_later_methods };

    return nr[table];
}

/* ---- system.* -------------------------------------------------------------------------------- */

static int list_methods(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                        struct ut_err *err)
{
    struct xr_value *list = xr_array();

    (void)call, (void)d;
    for (size_t t = 0; xd_methods[t]; t++) {
        for (size_t i = 0; i < xd_nr_methods_in(t); i++) {
            if (xr_add(list, xr_string(xd_methods[t][i].name)) == UT_OK) continue;
            xr_free(list);
            return ut_err_set(err, UT_ENOMEM, "out of memory");
        }
    }
    *value_out = list;
    return UT_OK;
}

static int method_help(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                       struct ut_err *err)
{
    const struct xd_method *m = xd_method_find(xd_arg_str(call, 0, ""));

    (void)d;
    *value_out = xr_string(m ? m->help : "");
    return *value_out ? UT_OK : ut_err_set(err, UT_ENOMEM, "out of memory");
}

static const char *signature_type(char kind)
{
    switch (kind) {
    case 'i': return "int";
    case 'b': return "boolean";
    case 'x': return "array";
    default:  return "string";
    }
}

/* One list with all arguments, and one without the optional ones. */
static struct xr_value *signature(const struct xd_method *m, bool with_optional)
{
    struct xr_value *list = xr_array();

    xr_add(list, xr_string(m->result));
    for (const char *k = m->args; *k; k++) {
        if (*k == '|' && !with_optional) break;
        if (*k != '|') xr_add(list, xr_string(signature_type(*k)));
    }
    return list;
}

static int method_signature(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                            struct ut_err *err)
{
    const struct xd_method *m = xd_method_find(xd_arg_str(call, 0, ""));

    (void)d, (void)err;
    if (!m) {
        *value_out = xr_string("signatures not supported");
        return UT_OK;
    }
    *value_out = xr_array();
    if (strchr(m->args, '|')) xr_add(*value_out, signature(m, false));
    xr_add(*value_out, signature(m, true));
    return UT_OK;
}

const struct xd_method xd_system_methods[] = {
    { "system.listMethods", "", "array", 0, 0, NULL, NULL, list_methods,
      "Names of all methods." },
    { "system.methodHelp", "s", "string", 0, 0, NULL, NULL, method_help,
      "What a method does." },
    { "system.methodSignature", "s", "array", 0, 0, NULL, NULL, method_signature,
      "Types of a method's result and arguments." },
};
const size_t xd_nr_system_methods = ARRAY_SIZE(xd_system_methods);

/* ---- not there yet --------------------------------------------------------------------------- */

static int not_yet(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                   struct ut_err *err)
{
    (void)d, (void)value_out;
    return ut_err_set(err, UT_EUNSUP, "%s is not available yet", call->method);
}

static int always_fails(struct xd_call *call, struct xd_dom *d, struct xr_value **value_out,
                        struct ut_err *err)
{
    (void)d, (void)value_out;
    return ut_err_set(err, UT_EUNSUP, "%s is not supported", call->method);
}

#define LATER(name, args, result, help) \
    { "xend." name, args, result, XD_M_CHANGES, 0, NULL, NULL, not_yet, help }

const struct xd_method xd_later_methods[] = {
    LATER("domain.new", "x", "nil", "Register a definition."),
    LATER("domain.start", "d|b", "nil", "Start a managed domain."),
    LATER("domain.delete", "d", "nil", "Forget a managed domain."),
    LATER("domain.suspend", "d", "nil", "Save a managed domain and stop it."),
    LATER("domain.resume", "d|b", "nil", "Restore a suspended managed domain."),
    LATER("domain.restore", "s|b", "array", "Restore a saved domain."),
    LATER("domain.save", "ds|b", "nil", "Save a domain to a file."),
    LATER("domain.migrate", "ds|bivbb", "nil", "Move a domain to another host."),
    LATER("domain.dump", "d|vbbb", "nil", "Dump a domain's memory."),
    LATER("domain.send_sysrq", "dv", "nil", "Send a key to the guest's sysrq handler."),
    LATER("domain.send_trigger", "ds|i", "nil", "Send a hardware trigger."),
    LATER("domain.setVCpuCount", "di", "nil", "Number of online vcpus."),
    LATER("domain.setMemoryTarget", "di", "nil", "Balloon target in MiB."),
    LATER("domain.maxmem_set", "di", "nil", "Memory limit in MiB."),
    LATER("domain.pincpu", "dvs", "int", "Affinity of a vcpu."),
    LATER("domain.sched_credit_get", "d", "struct", "Credit scheduler parameters."),
    LATER("domain.sched_credit_set", "d|vv", "int", "Set credit scheduler parameters."),
    LATER("domain.sched_credit2_get", "d", "struct", "Credit2 scheduler parameters."),
    LATER("domain.sched_credit2_set", "d|v", "int", "Set credit2 scheduler parameters."),
    LATER("domain.cpu_sedf_get", "d", "array", "SEDF scheduler parameters."),
    LATER("domain.cpu_sedf_set", "d|vvvvv", "int", "Set SEDF scheduler parameters."),
    LATER("domain.device_create", "dx", "array", "Attach a device."),
    LATER("domain.device_configure", "dx|v", "boolean", "Change a device."),
    LATER("domain.destroyDevice", "dsv|vb", "nil", "Detach a device."),
    LATER("domain.getBlockDeviceClass", "dv", "string", "Class of a block device."),
    LATER("domain.shadow_mem_get", "d", "int", "Shadow memory in MiB."),
    LATER("domain.shadow_mem_set", "di", "int", "Set shadow memory."),
    LATER("domain.shadow_control", "dv", "int", "Shadow mode control."),
    LATER("domain.ioport_range_enable", "dii", "int", "Permit I/O ports."),
    LATER("domain.ioport_range_disable", "dii", "int", "Forbid I/O ports."),
    LATER("domain.usb_add", "dv", "nil", "Attach a USB device."),
    LATER("domain.usb_del", "dv", "nil", "Detach a USB device."),
    LATER("node.send_debug_keys", "s", "nil", "Send keys to the hypervisor."),
    LATER("node.pciinfo", "", "array", "PCI devices that can be assigned."),
    LATER("cpu_pool.list", "|x", "array", "CPU pools."),
    LATER("cpu_pool.create", "x", "nil", "Make and start a CPU pool."),
    LATER("cpu_pool.new", "x", "nil", "Register a CPU pool."),
    LATER("cpu_pool.start", "s", "nil", "Start a CPU pool."),
    LATER("cpu_pool.destroy", "s", "nil", "Stop a CPU pool."),
    LATER("cpu_pool.delete", "s", "nil", "Forget a CPU pool."),
    LATER("cpu_pool.cpu_add", "sv", "nil", "Add a CPU to a pool."),
    LATER("cpu_pool.cpu_remove", "sv", "nil", "Remove a CPU from a pool."),
    LATER("cpu_pool.migrate", "ds", "nil", "Move a domain to another pool."),
    { "xend.domain.configure", "|vv", "nil", XD_M_CHANGES, 0, NULL, NULL, always_fails,
      "Always fails." },
};
const size_t xd_nr_later_methods = ARRAY_SIZE(xd_later_methods);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every command and alias. */
#include "cmd.h"

static const struct xm_cmd *const commands[] = {
    &xm_cmd_console, &xm_cmd_create,   &xm_cmd_destroy, &xm_cmd_dmesg,    &xm_cmd_domid,
    &xm_cmd_domname, &xm_cmd_domstate, &xm_cmd_help,    &xm_cmd_info,     &xm_cmd_list,
    &xm_cmd_log,     &xm_cmd_pause,    &xm_cmd_reboot,  &xm_cmd_rename,   &xm_cmd_shutdown,
    &xm_cmd_unpause, &xm_cmd_uptime,   &xm_cmd_vcpu_list,
};

static const struct xm_alias aliases[] = {
    { "balloon", "mem-set" },
    { "set-vcpus", "vcpu-set" },
    { "vif-list", "network-list" },
    { "vbd-create", "block-attach" },
    { "vbd-destroy", "block-detach" },
    { "vbd-list", "block-list" },
    { "pool-create", "cpupool-create" },
    { "pool-new", "cpupool-new" },
    { "pool-start", "cpupool-start" },
    { "pool-list", "cpupool-list" },
    { "pool-destroy", "cpupool-destroy" },
    { "pool-delete", "cpupool-delete" },
    { "pool-cpu-add", "cpupool-cpu-add" },
    { "pool-cpu-remove", "cpupool-cpu-remove" },
    { "pool-migrate", "cpupool-migrate" },
};

const struct xm_cmd *xm_cmd_at(size_t index)
{
    return index < ARRAY_SIZE(commands) ? commands[index]
                                        : xm_cmd_absent_at(index - ARRAY_SIZE(commands));
}

const struct xm_alias *xm_alias_at(size_t index)
{
    return index < ARRAY_SIZE(aliases) ? &aliases[index] : NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of commands share: the commands themselves and macros for rows of options.
 */
#ifndef XM_CMD_H
#define XM_CMD_H

#include <stddef.h>
#include "xm.h"

#define XM_SXP_WIDTH 80

#define XM_OPT_FLAG(short_name, long_name, type, field, help) \
    { short_name, long_name, XM_FLAG, offsetof(type, field), NULL, help }
#define XM_OPT_STR(short_name, long_name, type, field, value_name, help) \
    { short_name, long_name, XM_STRING, offsetof(type, field), value_name, help }
#define XM_OPT_U64(short_name, long_name, type, field, value_name, help) \
    { short_name, long_name, XM_U64, offsetof(type, field), value_name, help }

extern const struct xm_cmd xm_cmd_console, xm_cmd_create, xm_cmd_destroy, xm_cmd_dmesg,
    xm_cmd_domid, xm_cmd_domname, xm_cmd_domstate, xm_cmd_help, xm_cmd_info, xm_cmd_list,
    xm_cmd_log, xm_cmd_pause, xm_cmd_reboot, xm_cmd_rename, xm_cmd_shutdown, xm_cmd_unpause,
    xm_cmd_uptime, xm_cmd_vcpu_list;

/** Commands of the historic xm that are refused (cmd_absent.c). NULL behind the last. */
const struct xm_cmd *xm_cmd_absent_at(size_t index);

#endif

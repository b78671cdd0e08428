/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of the historic xm that this one refuses: scripts get a plain sentence. */
#include "cmd.h"

#define NOT_YET    "is not available yet"
#define NO_MEANING "has no meaning for ia64 paravirtualized domains"
#define API_ONLY   "is only supported by Xen-API, which xm does not speak yet"

#define ABSENT(name_, operands_, min_, max_, help_, why)                                  \
    { .name = name_, .operands = operands_, .min = min_, .max = max_, .help = help_,      \
      .absent = why, .run = refuse }

static int refuse(struct xm_ctx *cx, const void *vargs, char *const *operand, struct ut_err *err)
{
    (void)vargs, (void)operand;
    return ut_err_set(err, UT_EUNSUP, "'xm %s' %s.", cx->cmd->name, cx->cmd->absent);
}

/* clang-format off */
static const struct xm_cmd commands[] = {
    ABSENT("reset", "DOMAIN", 1, 1, "Destroy a domain and start it again", NOT_YET),
    ABSENT("new", "CONFIG [options] [VAR=VAL ...]", 1, XM_ANY,
           "Add a domain to the managed ones", NOT_YET),
    ABSENT("start", "[options] DOMAIN", 1, 1, "Start a managed domain", NOT_YET),
    ABSENT("suspend", "DOMAIN", 1, 1, "Suspend a managed domain", NOT_YET),
    ABSENT("resume", "[-p] DOMAIN", 1, 1, "Resume a managed domain", NOT_YET),
    ABSENT("delete", "DOMAIN", 1, 1, "Forget a managed domain", NOT_YET),
    ABSENT("save", "[-c] DOMAIN FILE", 2, 2, "Save a domain into a file", NOT_YET),
    ABSENT("restore", "FILE [-p]", 1, 1, "Restore a domain from a file", NOT_YET),
    ABSENT("migrate", "[options] DOMAIN HOST", 2, 2, "Move a domain to another host", NOT_YET),
    ABSENT("mem-set", "DOMAIN MEM", 2, 2, "Set the memory of a domain", NOT_YET),
    ABSENT("mem-max", "DOMAIN MEM", 2, 2, "Set the memory limit of a domain", NOT_YET),
    ABSENT("vcpu-set", "DOMAIN N", 2, 2, "Set the number of online vcpus", NOT_YET),
    ABSENT("vcpu-pin", "DOMAIN VCPU|all CPUS|all", 3, 3, "Bind vcpus to physical cpus", NOT_YET),
    ABSENT("sched-credit", "[-d DOMAIN [-w W] [-c CAP]]", 0, XM_ANY,
           "Show or set credit scheduling", NOT_YET),
    ABSENT("sched-credit2", "[-d DOMAIN [-w W]]", 0, XM_ANY,
           "Show or set credit2 scheduling", NO_MEANING),
    ABSENT("sched-sedf", "[DOMAIN options]", 0, XM_ANY, "Show or set sedf scheduling", NO_MEANING),
    ABSENT("block-attach", "DOMAIN BACKDEV FRONTDEV MODE [BACKDOM]", 4, 5, "Add a disk", NOT_YET),
    ABSENT("block-configure", "DOMAIN BACKDEV FRONTDEV MODE [BACKDOM]", 4, 5,
           "Change a disk", NOT_YET),
    ABSENT("block-detach", "DOMAIN DEVID [-f]", 2, 3, "Remove a disk", NOT_YET),
    ABSENT("block-list", "DOMAIN [-l]", 1, 2, "List disks", NOT_YET),
    ABSENT("network-attach", "DOMAIN [KEY=VALUE ...]", 1, 11, "Add a network interface", NOT_YET),
    ABSENT("network-detach", "DOMAIN DEVID [-f]", 2, 3, "Remove a network interface", NOT_YET),
    ABSENT("network-list", "DOMAIN [-l]", 1, 2, "List network interfaces", NOT_YET),
    ABSENT("dump-core", "[-L] [-C] [-R] DOMAIN [FILE]", 1, 2,
           "Write the memory of a domain to a file", NOT_YET),
    ABSENT("sysrq", "DOMAIN LETTER", 2, 2, "Send a system request", NOT_YET),
    ABSENT("trigger", "DOMAIN nmi|reset|init|s3resume|power [VCPU]", 2, 3,
           "Send a trigger", NOT_YET),
    ABSENT("debug-keys", "KEYS", 1, 1, "Send debug keys to the hypervisor", NOT_YET),
    ABSENT("shell", "", 0, 0, "Start an interactive shell", NOT_YET),
    ABSENT("serve", "", 0, 0, "Proxy XML-RPC on standard input and output", NOT_YET),
    ABSENT("top", "", 0, 0, "Watch the host and its domains", NOT_YET),
    ABSENT("cpupool-create", "CONFIG [VAR=VAL ...]", 1, XM_ANY, "Create a cpu pool", NOT_YET),
    ABSENT("cpupool-new", "CONFIG [VAR=VAL ...]", 1, XM_ANY, "Add a cpu pool", NOT_YET),
    ABSENT("cpupool-start", "POOL", 1, 1, "Start a cpu pool", NOT_YET),
    ABSENT("cpupool-list", "[-l] [-c] [POOL]", 0, 3, "List cpu pools", NOT_YET),
    ABSENT("cpupool-destroy", "POOL", 1, 1, "Stop a cpu pool", NOT_YET),
    ABSENT("cpupool-delete", "POOL", 1, 1, "Forget a cpu pool", NOT_YET),
    ABSENT("cpupool-cpu-add", "POOL CPU", 2, 2, "Add a cpu to a pool", NOT_YET),
    ABSENT("cpupool-cpu-remove", "POOL CPU", 2, 2, "Take a cpu from a pool", NOT_YET),
    ABSENT("cpupool-migrate", "DOMAIN POOL", 2, 2, "Move a domain to a cpu pool", NOT_YET),
    ABSENT("network2-attach", "DOMAIN [KEY=VALUE ...]", 1, 11,
           "Add a netchannel2 interface", NO_MEANING),
    ABSENT("network2-detach", "DOMAIN DEVID [-f]", 2, 3,
           "Remove a netchannel2 interface", NO_MEANING),
    ABSENT("network2-list", "DOMAIN [-l]", 1, 2, "List netchannel2 interfaces", NO_MEANING),
    ABSENT("vnet-list", "[-l]", 0, 1, "List virtual networks", NO_MEANING),
    ABSENT("vnet-create", "CONFIG", 1, 1, "Create a virtual network", NO_MEANING),
    ABSENT("vnet-delete", "VNETID", 1, 1, "Delete a virtual network", NO_MEANING),
    ABSENT("vtpm-list", "DOMAIN [-l]", 1, 2, "List virtual TPM devices", NO_MEANING),
    ABSENT("vncviewer", "[--autopass] DOMAIN", 1, 1,
           "Show the framebuffer of a domain", NO_MEANING),
    ABSENT("pci-attach", "DOMAIN DEVICE [SLOT]", 2, 3, "Pass a PCI device through", NO_MEANING),
    ABSENT("pci-detach", "DOMAIN DEVICE", 2, 2, "Take a PCI device back", NO_MEANING),
    ABSENT("pci-list", "DOMAIN", 1, 1, "List PCI devices of a domain", NO_MEANING),
    ABSENT("pci-list-assignable-devices", "", 0, 0, "List assignable PCI devices", NO_MEANING),
    ABSENT("scsi-attach", "DOMAIN DEVICE [DEVICE] [BACKDOM]", 2, 4,
           "Pass a SCSI device through", NO_MEANING),
    ABSENT("scsi-detach", "DOMAIN DEVICE", 2, 2, "Take a SCSI device back", NO_MEANING),
    ABSENT("scsi-list", "DOMAIN [-l]", 1, 2, "List SCSI devices of a domain", NO_MEANING),
    ABSENT("usb-add", "DOMAIN DEVICE", 2, 2, "Add a USB device", NO_MEANING),
    ABSENT("usb-del", "DOMAIN DEVICE", 2, 2, "Remove a USB device", NO_MEANING),
    ABSENT("usb-attach", "DOMAIN DEVICE PORT BUS", 4, 4, "Pass a USB device through", NO_MEANING),
    ABSENT("usb-detach", "DOMAIN DEVICE PORT", 3, 3, "Take a USB device back", NO_MEANING),
    ABSENT("usb-list", "DOMAIN", 1, 1, "List USB devices of a domain", NO_MEANING),
    ABSENT("usb-list-assignable-devices", "", 0, 0, "List assignable USB devices", NO_MEANING),
    ABSENT("usb-hc-create", "DOMAIN VERSION PORTS", 3, 3, "Add a USB host controller", NO_MEANING),
    ABSENT("usb-hc-destroy", "DOMAIN DEVICE", 2, 2, "Remove a USB host controller", NO_MEANING),
    ABSENT("tmem-list", "[-l] [-a|DOMAIN]", 0, 3, "Transcendent memory", NO_MEANING),
    ABSENT("tmem-thaw", "[-a|DOMAIN]", 0, 2, "Transcendent memory", NO_MEANING),
    ABSENT("tmem-freeze", "[-a|DOMAIN]", 0, 2, "Transcendent memory", NO_MEANING),
    ABSENT("tmem-flush", "[-a|DOMAIN]", 0, 2, "Transcendent memory", NO_MEANING),
    ABSENT("tmem-destroy", "[-a|DOMAIN]", 0, 2, "Transcendent memory", NO_MEANING),
    ABSENT("tmem-set", "[options] [-a|DOMAIN]", 0, XM_ANY, "Transcendent memory", NO_MEANING),
    ABSENT("tmem-freeable", "", 0, 0, "Transcendent memory", NO_MEANING),
    ABSENT("tmem-shared-auth", "[options]", 0, XM_ANY, "Transcendent memory", NO_MEANING),
    ABSENT("addlabel", "...", 0, XM_ANY, "Security labels", NO_MEANING),
    ABSENT("rmlabel", "...", 0, XM_ANY, "Security labels", NO_MEANING),
    ABSENT("getlabel", "...", 0, XM_ANY, "Security labels", NO_MEANING),
    ABSENT("dry-run", "...", 0, XM_ANY, "Security labels", NO_MEANING),
    ABSENT("resources", "", 0, XM_ANY, "Security labels", NO_MEANING),
    ABSENT("labels", "...", 0, XM_ANY, "Security labels", NO_MEANING),
    ABSENT("dumppolicy", "", 0, XM_ANY, "Security policy", NO_MEANING),
    ABSENT("setpolicy", "...", 0, XM_ANY, "Security policy", NO_MEANING),
    ABSENT("resetpolicy", "", 0, XM_ANY, "Security policy", NO_MEANING),
    ABSENT("getpolicy", "...", 0, XM_ANY, "Security policy", NO_MEANING),
    ABSENT("getenforce", "", 0, XM_ANY, "Security policy", NO_MEANING),
    ABSENT("setenforce", "...", 0, XM_ANY, "Security policy", NO_MEANING),
    ABSENT("event-monitor", "CLASS ...", 0, XM_ANY, "Watch events", API_ONLY),
    ABSENT("network-new", "...", 0, XM_ANY, "Xen-API networks", API_ONLY),
    ABSENT("network-del", "...", 0, XM_ANY, "Xen-API networks", API_ONLY),
    ABSENT("network-show", "...", 0, XM_ANY, "Xen-API networks", API_ONLY),
};
/* clang-format on */

const struct xm_cmd *xm_cmd_absent_at(size_t index)
{
    return index < ARRAY_SIZE(commands) ? &commands[index] : NULL;
}

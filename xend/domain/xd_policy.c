/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/xd_policy.h"

#include <string.h>

static const struct {
    enum xci_shutdown reason;
    const char *word;
} reasons[] = {
    { XCI_SHUTDOWN_POWEROFF, "poweroff" }, { XCI_SHUTDOWN_REBOOT, "reboot" },
    { XCI_SHUTDOWN_SUSPEND, "suspend" },   { XCI_SHUTDOWN_CRASH, "crash" },
    { XCI_SHUTDOWN_HALT, "halt" },
};

/* What each word leads to. */
static const struct {
    enum xd_event ev;
    bool dump;
} outcomes[] = {
    [XD_ACT_DESTROY]          = { XD_EV_END_DESTROY, false },
    [XD_ACT_RESTART]          = { XD_EV_END_RESTART, false },
    [XD_ACT_PRESERVE]         = { XD_EV_END_PRESERVE, false },
    [XD_ACT_RENAME_RESTART]   = { XD_EV_END_RENAME, false },
    [XD_ACT_COREDUMP_DESTROY] = { XD_EV_END_DESTROY, true },
    [XD_ACT_COREDUMP_RESTART] = { XD_EV_END_RESTART, true },
};

const char *xd_reason_name(enum xci_shutdown reason)
{
    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
        if (reasons[i].reason == reason) return reasons[i].word;
    return "unknown";
}

bool xd_reason_parse(const char *word, enum xci_shutdown *reason_out)
{
    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
        if (strcmp(reasons[i].word, word) != 0) continue;
        *reason_out = reasons[i].reason;
        return true;
    }
    return false;
}

static int64_t action_for(const struct xd_domcfg *cfg, enum xci_shutdown reason)
{
    switch (reason) {
    case XCI_SHUTDOWN_POWEROFF: return cfg->on_poweroff;
    case XCI_SHUTDOWN_REBOOT:   return cfg->on_reboot;
    case XCI_SHUTDOWN_CRASH:    return cfg->on_crash;
    /* nobody saves it, so a guest that suspended by itself will never go on */
    case XCI_SHUTDOWN_SUSPEND:
    case XCI_SHUTDOWN_HALT:     break;
    }
    return XD_ACT_DESTROY;
}

struct xd_verdict xd_policy_decide(const struct xd_domcfg *cfg, enum xci_shutdown reason,
                                   bool vanished, bool enable_dump, int64_t lived_s,
                                   int64_t min_interval_s)
{
    int64_t action = action_for(cfg, reason);
    struct xd_verdict v = { .ev = outcomes[action].ev, .dump = outcomes[action].dump };

    if (enable_dump && reason == XCI_SHUTDOWN_CRASH) v.dump = true;
    if (vanished && v.ev == XD_EV_END_PRESERVE) v.ev = XD_EV_END_DESTROY;
    if (vanished && v.ev == XD_EV_END_RENAME) v.ev = XD_EV_END_RESTART;
    if ((v.ev == XD_EV_END_RESTART || v.ev == XD_EV_END_RENAME) && lived_s < min_interval_s) {
        v.ev = XD_EV_END_DESTROY;
        v.too_fast = true;
    }
    return v;
}

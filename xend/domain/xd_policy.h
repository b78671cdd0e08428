/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xd_policy: what happens when a guest has stopped. Pure: no domain, no hypervisor.
 */
#ifndef XEND_DOMAIN_XD_POLICY_H
#define XEND_DOMAIN_XD_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/xd_attr.h"
#include "domain/xd_life.h"
#include "xci.h"

struct xd_verdict {
    enum xd_event ev;               /* one of XD_EV_END_* */
    bool dump;                      /* the policy (or enable-dump) wanted a core dump */
    bool too_fast;                  /* a restart was refused */
};

/**
 * @reason          why the guest stopped
 * @vanished        nothing is left of it: preserving is not possible
 * @lived_s         seconds since it was started
 * @min_interval_s  a restart sooner than this is refused
 */
struct xd_verdict xd_policy_decide(const struct xd_domcfg *cfg, enum xci_shutdown reason,
                                   bool vanished, bool enable_dump, int64_t lived_s,
                                   int64_t min_interval_s);
/** "poweroff", "reboot", "suspend", "crash", "halt". */
const char *xd_reason_name(enum xci_shutdown reason);
bool xd_reason_parse(const char *word, enum xci_shutdown *reason_out);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life cycle's table: every pair of state and event, and the exit policies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "domain/xd_life.h"
#include "domain/xd_policy.h"

/* Next state by event (columns as in XD_EVENT_LIST); "" = not possible. */
static const char *const want[XD_NR_STATES][XD_NR_EVENTS] = {
#define N ""
    /* create pause unpause request destroy reset | built did-pause did-unpause did-request
       destroyed failed | end: destroy restart preserve rename | vanished */
    [XD_NEW]        = { "building", N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N },
    [XD_BUILDING]   = { N, N, N, N, N, N, "paused", N, N, N, N, "gone", N, N, N, N, N },
    [XD_PAUSED]     = { N, "paused", "paused", "paused", "ending", "restarting", N, "paused",
                        "running", "paused", N, "paused", "ending", "restarting", "dead", "dead",
                        N },
    [XD_RUNNING]    = { N, "running", "running", "running", "ending", "restarting", N, "paused",
                        "running", "running", N, "running", "ending", "restarting", "dead", "dead",
                        N },
    [XD_RESTARTING] = { N, N, N, N, N, N, N, N, N, N, "rebuilding", "dead", N, N, N, N, N },
    [XD_REBUILDING] = { N, N, N, N, N, N, "paused", N, N, N, N, "gone", N, N, N, N, N },
    [XD_DEAD]       = { N, "dead", N, N, "ending", N, N, N, N, N, N, N, N, N, N, N, "gone" },
    [XD_ENDING]     = { N, N, N, N, N, N, N, N, N, N, "gone", "dead", N, N, N, N, N },
    [XD_GONE]       = { N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N },
#undef N
};

static void test_every_pair(void **state)
{
    (void)state;
    for (int s = 0; s < XD_NR_STATES; s++) {
        for (int e = 0; e < XD_NR_EVENTS; e++) {
            const struct xd_step *step = xd_life_step((enum xd_state)s, (enum xd_event)e);
            const char *got = step ? xd_state_name(step->to) : "";

            if (strcmp(got, want[s][e]) != 0)
                fail_msg("%s + %s: '%s', expected '%s'", xd_state_name((enum xd_state)s),
                         xd_event_name((enum xd_event)e), got, want[s][e]);
        }
    }
}

#define LONG 1000
static const struct {
    enum xci_shutdown reason;
    enum xd_action poweroff, reboot, crash;
    bool vanished, enable_dump;
    int64_t lived_s;
    enum xd_event ev;
    bool dump, too_fast;
} cases[] = {
#define P XCI_SHUTDOWN_POWEROFF
#define R XCI_SHUTDOWN_REBOOT
#define C XCI_SHUTDOWN_CRASH
#define D XD_ACT_DESTROY
#define S XD_ACT_RESTART
    { P, D, S, S, false, false, LONG, XD_EV_END_DESTROY, false, false },
    { R, D, S, S, false, false, LONG, XD_EV_END_RESTART, false, false },
    { C, D, S, S, false, false, LONG, XD_EV_END_RESTART, false, false },
    { R, D, S, S, false, false, 59, XD_EV_END_DESTROY, false, true },
    { R, D, S, S, false, false, 60, XD_EV_END_RESTART, false, false },
    { P, S, D, D, false, false, LONG, XD_EV_END_RESTART, false, false },
    { P, D, S, S, false, false, 0, XD_EV_END_DESTROY, false, false },
    { C, D, D, XD_ACT_PRESERVE, false, false, 0, XD_EV_END_PRESERVE, false, false },
    { C, D, D, XD_ACT_PRESERVE, true, false, 0, XD_EV_END_DESTROY, false, false },
    { C, D, D, XD_ACT_RENAME_RESTART, false, false, LONG, XD_EV_END_RENAME, false, false },
    { C, D, D, XD_ACT_RENAME_RESTART, false, false, 1, XD_EV_END_DESTROY, false, true },
    { C, D, D, XD_ACT_RENAME_RESTART, true, false, LONG, XD_EV_END_RESTART, false, false },
    { C, D, D, XD_ACT_COREDUMP_DESTROY, false, false, LONG, XD_EV_END_DESTROY, true, false },
    { C, D, D, XD_ACT_COREDUMP_RESTART, false, false, LONG, XD_EV_END_RESTART, true, false },
    { C, D, D, D, false, true, LONG, XD_EV_END_DESTROY, true, false },
    { P, D, D, D, false, true, LONG, XD_EV_END_DESTROY, false, false },
    { XCI_SHUTDOWN_HALT, S, S, S, false, false, LONG, XD_EV_END_DESTROY, false, false },
    { XCI_SHUTDOWN_SUSPEND, S, S, S, false, false, LONG, XD_EV_END_DESTROY, false, false },
#undef P
#undef R
#undef C
#undef D
#undef S
};

static void test_policies(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct xd_domcfg cfg = { .on_poweroff = cases[i].poweroff, .on_reboot = cases[i].reboot,
                                 .on_crash = cases[i].crash };
        struct xd_verdict v = xd_policy_decide(&cfg, cases[i].reason, cases[i].vanished,
                                               cases[i].enable_dump, cases[i].lived_s, 60);

        if (v.ev != cases[i].ev || v.dump != cases[i].dump || v.too_fast != cases[i].too_fast)
            fail_msg("case %zu: %s dump %d too fast %d", i, xd_event_name(v.ev), v.dump,
                     v.too_fast);
    }
}

static void test_reasons(void **state)
{
    static const char *const words[] = { "poweroff", "reboot", "suspend", "crash", "halt" };
    enum xci_shutdown reason;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        assert_true(xd_reason_parse(words[i], &reason));
        assert_int_equal(reason, i);
        assert_string_equal(xd_reason_name(reason), words[i]);
    }
    assert_false(xd_reason_parse("", &reason));
    assert_false(xd_reason_parse("Poweroff", &reason));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair), cmocka_unit_test(test_policies),
        cmocka_unit_test(test_reasons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

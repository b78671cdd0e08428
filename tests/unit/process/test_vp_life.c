/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every state and every event of a domain's life. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vp_domain.h"

#define NONE VP_NR_STATES           /* no row: an error */

static const enum vp_state expected[VP_NR_STATES][VP_NR_EVENTS] = {
    /*               PAUSE       UNPAUSE     GUEST_STOP  DESTROY */
    [VP_PAUSED]  = { VP_PAUSED,  VP_RUNNING, VP_STOPPED, VP_DYING },
    [VP_RUNNING] = { VP_PAUSED,  VP_RUNNING, VP_STOPPED, VP_DYING },
    [VP_STOPPED] = { VP_STOPPED, VP_STOPPED, NONE,       VP_DYING },
    [VP_DYING]   = { NONE,       NONE,       VP_DYING,   VP_DYING },
};

static void test_table(void **state)
{
    (void)state;
    for (int from = 0; from < VP_NR_STATES; from++) {
        for (int ev = 0; ev < VP_NR_EVENTS; ev++) {
            enum vp_state to = NONE;
            bool found = vp_life_next((enum vp_state)from, (enum vp_event)ev, &to);

            if (found != (expected[from][ev] != NONE) || to != expected[from][ev])
                fail_msg("state %d, event %d: to %d, not %d", from, ev, to, expected[from][ev]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_table) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

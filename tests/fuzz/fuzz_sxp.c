/* SPDX-License-Identifier: GPL-2.0-or-later */
/* S-expressions: whatever parses must print to text that parses to the same tree. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ut_sxp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int ok)
{
    if (!ok) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ut_buf one = UT_BUF_INIT, pretty = UT_BUF_INIT, again = UT_BUF_INIT;
    struct ut_sxp *sx, *back;
    size_t used;

    if (ut_sxp_parse((const char *)data, size, &sx, &used, NULL) == UT_OK) {
        must(used <= size);
        ut_sxp_print(sx, &one);
        ut_sxp_print_pretty(sx, 80, &pretty);
        must(ut_sxp_parse(pretty.data, pretty.len, &back, NULL, NULL) == UT_OK);
        ut_sxp_print(back, &again);
        must(strcmp(ut_buf_str(&one), ut_buf_str(&again)) == 0);
        ut_sxp_free(back);
        ut_sxp_free(sx);
    }
    if (ut_sxp_parse_all((const char *)data, size, &sx, NULL) == UT_OK) ut_sxp_free(sx);
    ut_buf_fini(&one);
    ut_buf_fini(&pretty);
    ut_buf_fini(&again);
    return 0;
}

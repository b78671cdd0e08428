/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XML-RPC messages: whatever parses must survive being written and read again. */
#include <stdint.h>
#include <stdlib.h>

#include "xr_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int ok)
{
    if (!ok) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ut_err err = UT_ERR_INIT;
    struct ut_buf out = UT_BUF_INIT;
    struct xr_value *params, *v;
    char *method, *again;

    if (xr_parse_call((const char *)data, size, &method, &params, &err) == UT_OK) {
        must(xr_emit_call(method, params, &out) == UT_OK);
        must(xr_parse_call(out.data, out.len, &again, &v, &err) == UT_OK);
        must(v->nr_items == params->nr_items);
        ut_sxp_free(xr_to_sxp(params));
        xr_free(v);
        xr_free(params);
        free(method);
        free(again);
    } else {
        must(err.text[0] != '\0');
    }
    if (xr_parse_response((const char *)data, size, &v, &err) == UT_OK) xr_free(v);
    ut_buf_fini(&out);
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domain configurations: whatever the text is, the reader ends in bounded time and memory, with an
 * error that has a place in the file, or with values that can be printed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cfg.h"
#include "cfg_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int ok)
{
    if (!ok) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ut_err err = UT_ERR_INIT;
    struct xm_cfg *cfg = xm_cfg_new("fuzz.cfg");
    struct xm_pos pos;
    size_t len;
    int rc;

    must(cfg != NULL);
    rc = xm_cfg_run(cfg, (const char *)data, size, &err);
    pos = xm_cfg_error_pos(cfg, NULL);
    must(rc <= 0 && (rc == 0) == (err.text[0] == '\0'));
    if (rc == UT_EFORMAT) must(pos.line > 0 && pos.col > 0);
    xm_cfg_line(cfg, pos.line, &len);
    must(len <= size && (!pos.line || pos.col <= len + 4));
    for (size_t i = 0; rc == 0 && i < xm_cfg_nr_vars(cfg); i++) {
        const struct xm_cfg_var *v = xm_cfg_var_at(cfg, i);
        struct ut_buf b = UT_BUF_INIT;

        if (v->value && v->value->type == XM_STR)
            must(strlen(v->value->u.str.s) == v->value->u.str.len);
        if (v->value && !xm__add_repr(cfg, v->pos, v->value, &b)) i = xm_cfg_nr_vars(cfg);
        ut_buf_fini(&b);
    }
    xm_cfg_free(cfg);
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xm.h"

int main(int argc, char **argv)
{
    struct xm_ctx cx;
    int status;

    xm_ctx_init(&cx, stdout, stderr);
    status = xm_main(&cx, argc, argv);
    xm_ctx_fini(&cx);
    if (fflush(stdout) || ferror(stdout)) {
        fputs("Error: cannot write the output\n", stderr);
        if (!status) status = XM_EXIT_ERROR;
    }
    return status;
}

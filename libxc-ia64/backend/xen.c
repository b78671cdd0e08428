/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A real Xen host through libxenctrl. Not built in yet: opening it says so. */
#include "backend/xci_backend.h"

static int xen_open(struct xci *xc, const struct xci_config *cfg, struct ut_err *err)
{
    (void)xc;
    (void)cfg;
    return ut_err_set(err, UT_EUNSUP, "this library was built without libxenctrl; "
                      "use the vmm backend");
}

static void xen_close(struct xci *xc)
{
    (void)xc;
}

const struct xci__backend xci__backend_xen = {
    .name = "xen",
    .open = xen_open,
    .close = xen_close,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the library's enumerations. */
#include <string.h>
#include "xci.h"

static const char *const builders[] = {
    [XCI_BUILDER_LINUX] = "linux", [XCI_BUILDER_HPSIM] = "hpsim", [XCI_BUILDER_EFI] = "efi",
};

int xci_builder_parse(const char *name, enum xci_builder *builder_out, struct ut_err *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(builders); i++) {
        if (!name || strcmp(name, builders[i])) continue;
        *builder_out = (enum xci_builder)i;
        return UT_OK;
    }
    return ut_err_set(err, UT_EARG, "unknown builder \"%.60s\"; there are linux, hpsim and efi",
                      name ? name : "");
}

const char *xci_builder_name(enum xci_builder builder)
{
    return (size_t)builder < ARRAY_SIZE(builders) ? builders[builder] : "?";
}

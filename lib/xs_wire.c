/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xs_wire.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include "ut_err.h"

static const struct { int error; const char *name; } errors[] = {
    { EINVAL, "EINVAL" }, { EACCES, "EACCES" },       { EEXIST, "EEXIST" }, { EISDIR, "EISDIR" },
    { ENOENT, "ENOENT" }, { ENOMEM, "ENOMEM" },       { ENOSPC, "ENOSPC" }, { EIO, "EIO" },
    { ENOSYS, "ENOSYS" }, { ENOTEMPTY, "ENOTEMPTY" }, { EROFS, "EROFS" },   { EBUSY, "EBUSY" },
    { EAGAIN, "EAGAIN" }, { EISCONN, "EISCONN" },     { E2BIG, "E2BIG" },
};

const char *xs_error_name(int error)
{
    for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
        if (errors[i].error == error) return errors[i].name;
    return "EINVAL";
}

int xs_error_number(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
        if (!strcmp(errors[i].name, name)) return errors[i].error;
    return EINVAL;
}

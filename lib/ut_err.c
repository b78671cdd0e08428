/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ut_err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int code;
    int fault;
    const char *text;
} codes[] = {
#define UT_ERR_ROW(code, value, fault, text) { code, fault, text },
    UT_ERR_LIST(UT_ERR_ROW)
#undef UT_ERR_ROW
};

/* `tail` behind the first `used` bytes of the text, as much of it as fits. */
static void append(struct ut_err *err, size_t used, const char *tail)
{
    size_t room = sizeof(err->text) - 1 - used, len = strnlen(tail, room);

    memcpy(err->text + used, tail, len);
    err->text[used + len] = '\0';
}

int ut_err_set(struct ut_err *err, int code, const char *fmt, ...)
{
    va_list ap;

    if (!err) return code;
    err->code = code;
    err->sys_errno = 0;
    err->fault = 0;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    return code;
}

int ut_err_sys(struct ut_err *err, int code, const char *fmt, ...)
{
    int saved_errno = errno;
    char reason[128];
    size_t used;
    va_list ap;
    int n;

    if (!err) return code;
    err->code = code;
    err->sys_errno = saved_errno;
    err->fault = 0;
    va_start(ap, fmt);
    n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    used = n < 0 ? 0 : (size_t)n;
    if (used >= sizeof(err->text)) return code;
    /* the GNU variant: it may return a static text instead of filling the buffer */
    append(err, used, ": ");
    append(err, strlen(err->text), strerror_r(saved_errno, reason, sizeof(reason)));
    errno = saved_errno;
    return code;
}

int ut_err_prefix(struct ut_err *err, const char *fmt, ...)
{
    char old[UT_ERR_TEXT_BYTES];
    size_t used;
    va_list ap;
    int n;

    if (!err) return UT_EINTERNAL;
    memcpy(old, err->text, sizeof(old));
    va_start(ap, fmt);
    n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    used = n < 0 ? 0 : (size_t)n;
    if (used < sizeof(err->text)) {
        append(err, used, ": ");
        append(err, strlen(err->text), old);
    }
    return err->code;
}

const char *ut_err_str(int code)
{
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        if (codes[i].code == code) return codes[i].text;
    return "unknown error";
}

int ut_err_fault(int code)
{
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        if (codes[i].code == code) return codes[i].fault;
    return 1;
}

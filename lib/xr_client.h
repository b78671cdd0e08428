/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xr_client: a blocking XML-RPC client over HTTP on a unix socket (or any connected stream).
 * One connection per client, kept alive between calls where the server allows; not thread-safe.
 */
#ifndef LIB_XR_CLIENT_H
#define LIB_XR_CLIENT_H

#include "xr_value.h"

struct xr_client;

/** Connects at once. UT_ECONN when nobody answers (err->sys_errno tells why). */
int xr_client_new(const char *sock_path, struct xr_client **client_out, struct ut_err *err);
void xr_client_free(struct xr_client *c);
/**
 * Call `method`. `params` (XR_ARRAY, may be NULL) is borrowed.
 * @timeout_s  0 = wait for ever
 * Errors: UT_ECONN, UT_ETIMEOUT, UT_EPROTO (not HTTP, not XML-RPC), or what the peer reported:
 * UT_ENODOM for fault 3, UT_EREMOTE for the others, with the fault text alone in err->text.
 */
int xr_call(struct xr_client *c, const char *method, const struct xr_value *params,
            unsigned timeout_s, struct xr_value **value_out, struct ut_err *err);

#endif

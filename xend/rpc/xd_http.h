/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xd_http: XML-RPC over HTTP on a unix socket.
 *
 * POST to any path is a call; answers may come later. A client that has gone meanwhile is noticed
 * when its answer is sent, and harms nobody. Who may change domains: root and the daemon's user.
 */
#ifndef XEND_RPC_XD_HTTP_H
#define XEND_RPC_XD_HTTP_H

#include "ut_err.h"

struct xd;
struct xd_http;

int xd_http_new(struct xd *xd, const char *sock_path, struct xd_http **http_out,
                struct ut_err *err);
/** Close the socket and all connections; the socket's file goes too. */
void xd_http_free(struct xd_http *http);

#endif

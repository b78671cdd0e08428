/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xd_methods: the tables of methods, one per family; rpc/xd_methods.c lists them. */
#ifndef XEND_RPC_XD_METHODS_H
#define XEND_RPC_XD_METHODS_H

#include "rpc/xd_rpc.h"

extern const struct xd_method xd_system_methods[];
extern const size_t xd_nr_system_methods;
extern const struct xd_method xd_domain_methods[];
extern const size_t xd_nr_domain_methods;
extern const struct xd_method xd_node_methods[];
extern const size_t xd_nr_node_methods;
extern const struct xd_method xd_later_methods[];
extern const size_t xd_nr_later_methods;

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xs_wire: XenStore's wire protocol: what server, client and a guest's ring have in common.
 *
 * A message is a header of four words in host byte order and at most XS_PAYLOAD_MAX bytes. A longer
 * one is a protocol violation that costs the connection.
 * Source: Xen public header io/xs_wire.h; guest ABI 7.1.
 */
#ifndef LIB_XS_WIRE_H
#define LIB_XS_WIRE_H

#include <stdint.h>

#define XS_PAYLOAD_MAX   4096u
#define XS_ABS_PATH_MAX  3072u
#define XS_REL_PATH_MAX  2048u
#define XS_RING_BYTES    1024u

struct xs_hdr { uint32_t type, req_id, tx_id, len; };

#define XS_MESSAGE_MAX (sizeof(struct xs_hdr) + XS_PAYLOAD_MAX)

#define XS_TYPE_LIST(X)                                                                     \
    X(DEBUG, 0) X(DIRECTORY, 1) X(READ, 2) X(GET_PERMS, 3) X(WATCH, 4) X(UNWATCH, 5)        \
    X(TRANSACTION_START, 6) X(TRANSACTION_END, 7) X(INTRODUCE, 8) X(RELEASE, 9)             \
    X(GET_DOMAIN_PATH, 10) X(WRITE, 11) X(MKDIR, 12) X(RM, 13) X(SET_PERMS, 14)             \
    X(WATCH_EVENT, 15) X(ERROR, 16) X(IS_DOMAIN_INTRODUCED, 17) X(RESUME, 18)               \
    X(SET_TARGET, 19) X(RESTRICT, 20) X(RESET_WATCHES, 21) X(DIRECTORY_PART, 22)

enum xs_type {
#define XS_TYPE_ENUM(name, value) XS_##name = (value),
    XS_TYPE_LIST(XS_TYPE_ENUM)
#undef XS_TYPE_ENUM
    XS_NR_TYPES
};

/** The ring page that a guest shares with XenStore. */
struct xs_ring {
    char req[XS_RING_BYTES], rsp[XS_RING_BYTES];
    uint32_t req_cons, req_prod, rsp_cons, rsp_prod;
};

/** Name that an errno travels as; "EINVAL" for those that have none. */
const char *xs_error_name(int error);
/** errno of a name; EINVAL if it is unknown. */
int xs_error_number(const char *name);

#endif

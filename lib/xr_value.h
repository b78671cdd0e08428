/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xr_value, xr_codec: XML-RPC values and messages (libxml2 does the XML).
 *
 * Values are trees owned by their root; adding hands a child over (freed on failure). Parsing is
 * for hostile input: no DTD, no entities, no network, depth and size bounded, and every error is
 * UT_EFORMAT or UT_ELIMIT with a text that says where.
 */
#ifndef LIB_XR_VALUE_H
#define LIB_XR_VALUE_H

#include <stdbool.h>
#include <stdint.h>
#include "ut_buf.h"
#include "ut_err.h"
#include "ut_sxp.h"

enum xr_type { XR_NIL, XR_BOOL, XR_INT, XR_DOUBLE, XR_STRING, XR_DATETIME, XR_BASE64, XR_ARRAY,
               XR_STRUCT };

#define XR_MAX_DEPTH 64
#define XR_MAX_BODY_BYTES (16u << 20)

struct xr_value {
    enum xr_type type;
    int64_t i;                      /* XR_INT, XR_BOOL */
    double d;                       /* XR_DOUBLE */
    char *s;                        /* XR_STRING (UTF-8), XR_DATETIME, XR_BASE64 (decoded) */
    size_t s_len;
    struct xr_value **item;         /* XR_ARRAY, XR_STRUCT values */
    char **key;                     /* XR_STRUCT member names */
    size_t nr_items;
    size_t cap;
};

struct xr_value *xr_nil(void);
struct xr_value *xr_bool(bool v);
struct xr_value *xr_int(int64_t v);
struct xr_value *xr_double(double v);
struct xr_value *xr_string(const char *s);
struct xr_value *xr_array(void);
struct xr_value *xr_struct(void);
struct xr_value *xr_dup(const struct xr_value *v);
void xr_free(struct xr_value *v);
int xr_add(struct xr_value *array, struct xr_value *child);
int xr_set(struct xr_value *st, const char *key, struct xr_value *child);
/** Borrowed member of a struct, or NULL. */
const struct xr_value *xr_get(const struct xr_value *st, const char *key);

/** SXPs travel as nested arrays with strings, ints, doubles, booleans and nil inside. */
struct xr_value *xr_from_sxp(const struct ut_sxp *sx);
struct ut_sxp *xr_to_sxp(const struct xr_value *v);

/** methodCall: *params_out is an XR_ARRAY; *method_out is malloc'd. */
int xr_parse_call(const char *xml, size_t len, char **method_out, struct xr_value **params_out,
                  struct ut_err *err);
/** methodResponse: UT_OK with the value, or UT_EREMOTE / UT_ENODOM with err->fault and
 *  err->text. */
int xr_parse_response(const char *xml, size_t len, struct xr_value **value_out,
                      struct ut_err *err);
int xr_emit_call(const char *method, const struct xr_value *params, struct ut_buf *out);
int xr_emit_response(const struct xr_value *value, struct ut_buf *out);
int xr_emit_fault(int fault, const char *text, struct ut_buf *out);

#endif

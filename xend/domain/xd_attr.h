/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xd_attr: a domain's configuration, as one table.
 *
 * xd_attrs lists every attribute with its type, default, limits, variable in a configuration file,
 * place in the S-expression and name in the Xen-API. Reading, checking and printing follow it.
 * Strings in struct xd_domcfg belong to it and are never NULL after xd_domcfg_init.
 */
#ifndef XEND_DOMAIN_XD_ATTR_H
#define XEND_DOMAIN_XD_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ut_err.h"
#include "ut_sxp.h"
#include "xci.h"

#define XD_UUID_BYTES 16
#define XD_UUID_TEXT_BYTES 37

/** What to do when a domain has stopped by itself; the words of on_poweroff and so on. */
enum xd_action { XD_ACT_DESTROY, XD_ACT_RESTART, XD_ACT_PRESERVE, XD_ACT_RENAME_RESTART,
                 XD_ACT_COREDUMP_DESTROY, XD_ACT_COREDUMP_RESTART };

struct xd_domcfg {
    char *name;
    uint8_t uuid[XD_UUID_BYTES];
    bool has_uuid;                  /* given, not generated */
    char *description;
    int64_t memory_mib, maxmem_mib, shadow_mib;
    int64_t vcpus, vcpu_avail, cpu_weight, cpu_cap;
    char *pool_name;
    int64_t on_poweroff, on_reboot, on_crash;       /* enum xd_action */
    int64_t on_xend_start, on_xend_stop;            /* index into their words */
    char *bootloader, *bootloader_args, *features;
    int64_t builder;                /* enum xci_builder: head of the image expression */
    char *kernel, *ramdisk, *args;
    int64_t videoram, superpages, tsc_mode, nomigrate, vhpt;
    struct ut_sxp *devices;         /* the (device ...) children as they came; a headless list */
};

enum xd_attr_type { XD_ATTR_STR, XD_ATTR_INT, XD_ATTR_MIB, XD_ATTR_WORD, XD_ATTR_UUID };

#define XD_ATTR_STRICT 1u           /* a bad value is a fault, not a warning */
#define XD_ATTR_HIDDEN 2u           /* never printed */
#define XD_ATTR_SPARSE 4u           /* printed only when not empty or zero */

struct xd_attr {
    const char *name;
    enum xd_attr_type type;
    size_t offset;                  /* in struct xd_domcfg */
    const char *dflt;               /* as text */
    int64_t min, max;               /* numbers */
    const char *const *words;       /* XD_ATTR_WORD, NULL-terminated */
    const char *var;                /* variable of a configuration file */
    const char *path;               /* S-expression: "memory" or "image/kernel" */
    const char *api;                /* Xen-API field, also read at top level; NULL = none.
                                       XD_ATTR_MIB values are bytes there */
    unsigned flags;
};

extern const struct xd_attr xd_attrs[];
extern const size_t xd_nr_attrs;

typedef void xd_attr_warn_fn(void *arg, const char *text);

/** Defaults everywhere. UT_ENOMEM. */
int xd_domcfg_init(struct xd_domcfg *cfg, struct ut_err *err);
void xd_domcfg_fini(struct xd_domcfg *cfg);
int xd_domcfg_copy(struct xd_domcfg *to, const struct xd_domcfg *from, struct ut_err *err);

/**
 * Read an S-expression (any head) into a fresh configuration and check it. On failure `cfg` is
 * empty; errors carry the texts clients know ("Missing VM Name", "Invalid event handling mode: X").
 * A missing uuid is generated. Unconvertible values of unimportant attributes go to `warn`.
 */
int xd_domcfg_parse(struct xd_domcfg *cfg, const struct ut_sxp *sx, xd_attr_warn_fn *warn,
                    void *arg, struct ut_err *err);

/** Is there something to start? */
int xd_domcfg_check_boot(const struct xd_domcfg *cfg, struct ut_err *err);

/** Append the attributes outside the image as (name value). */
int xd_domcfg_add_plain(const struct xd_domcfg *cfg, struct ut_sxp *out);
/** Append (image (KIND ...)). */
int xd_domcfg_add_image(const struct xd_domcfg *cfg, struct ut_sxp *out);
/** Append the devices. */
int xd_domcfg_add_devices(const struct xd_domcfg *cfg, struct ut_sxp *out);
/** All of it under `head`; NULL = out of memory. */
struct ut_sxp *xd_domcfg_sxp(const struct xd_domcfg *cfg, const char *head);

/** "Missing VM Name", "Invalid VM Name" or UT_OK. */
int xd_name_check(const char *name, struct ut_err *err);
/** Replace a string field. */
int xd_str_set(char **field, const char *value, struct ut_err *err);
/** Word of an enum xd_action. */
const char *xd_action_word(int64_t action);

void xd_uuid_format(const uint8_t uuid[XD_UUID_BYTES], char text_out[XD_UUID_TEXT_BYTES]);
bool xd_uuid_parse(const char *text, uint8_t uuid_out[XD_UUID_BYTES]);
void xd_uuid_random(uint8_t uuid_out[XD_UUID_BYTES]);

#endif

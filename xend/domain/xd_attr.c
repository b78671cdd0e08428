/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table, defaults, and printing. Reading and checking is in xd_attr_parse.c. */
#include "domain/xd_attr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const char *const action_words[] = { "destroy", "restart", "preserve", "rename-restart",
                                            "coredump-destroy", "coredump-restart", NULL };
static const char *const on_start_words[] = { "ignore", "start", NULL };
static const char *const on_stop_words[] = { "ignore", "shutdown", "suspend", NULL };

#define FIELD(f) offsetof(struct xd_domcfg, f)
#define STR(f, name, dflt, var, path, api, flags) \
    { name, XD_ATTR_STR, FIELD(f), dflt, 0, 0, NULL, var, path, api, flags }
#define NUM(f, name, dflt, lo, hi, var, path, api, flags) \
    { name, XD_ATTR_INT, FIELD(f), dflt, lo, hi, NULL, var, path, api, flags }
#define MIB(f, name, dflt, hi, var, path, api, flags) \
    { name, XD_ATTR_MIB, FIELD(f), dflt, 0, hi, NULL, var, path, api, flags }
#define WORD(f, name, dflt, words, var, path, api, flags) \
    { name, XD_ATTR_WORD, FIELD(f), dflt, 0, 0, words, var, path, api, flags }

#define MAX_MIB ((INT64_C(1) << 24) - 1)        /* what domain 0 prints for "no limit" */

/* In the order of xm list --long. */
const struct xd_attr xd_attrs[] = {
    NUM(cpu_weight, "cpu_weight", "256", 1, 65535, "cpu_weight", "cpu_weight", NULL,
        XD_ATTR_STRICT),
    NUM(cpu_cap, "cpu_cap", "0", 0, 6400, "cpu_cap", "cpu_cap", NULL, XD_ATTR_STRICT),
    STR(bootloader, "bootloader", "", "bootloader", "bootloader", "PV_bootloader", 0),
    WORD(on_crash, "crash", "restart", action_words, "on_crash", "on_crash",
         "actions_after_crash", XD_ATTR_STRICT),
    { "uuid", XD_ATTR_UUID, FIELD(uuid), NULL, 0, 0, NULL, "uuid", "uuid", NULL, XD_ATTR_STRICT },
    STR(bootloader_args, "bootloader_args", "", "bootargs", "bootloader_args",
        "PV_bootloader_args", 0),
    NUM(vcpus, "vcpus", "1", 1, XCI_MAX_VCPUS, "vcpus", "vcpus", "VCPUs_max", XD_ATTR_STRICT),
    NUM(vcpu_avail, "vcpu_avail", "0", 0, INT64_MAX, "vcpu_avail", "vcpu_avail", NULL,
        XD_ATTR_HIDDEN),
    STR(description, "description", "", "description", "description", "name_description", 0),
    STR(name, "name", "", "name", "name", "name_label", 0),
    WORD(on_reboot, "reboot", "restart", action_words, "on_reboot", "on_reboot",
         "actions_after_reboot", XD_ATTR_STRICT),
    WORD(on_poweroff, "shutdown", "destroy", action_words, "on_poweroff", "on_poweroff",
         "actions_after_shutdown", XD_ATTR_STRICT),
    STR(pool_name, "pool_name", "Pool-0", "pool", "pool_name", "pool_name", 0),
    MIB(maxmem_mib, "maxmem", "0", MAX_MIB, "maxmem", "maxmem", "memory_static_max",
        XD_ATTR_STRICT),
    /* no default here: clients leave out a zero, and that must not become some memory */
    MIB(memory_mib, "memory", "0", MAX_MIB, "memory", "memory", "memory_dynamic_max",
        XD_ATTR_STRICT),
    MIB(shadow_mib, "shadow_memory", "0", MAX_MIB, "shadow_memory", "shadow_memory", NULL, 0),
    STR(features, "features", "", "features", "features", NULL, 0),
    WORD(on_xend_start, "on_xend_start", "ignore", on_start_words, "on_xend_start",
         "on_xend_start", NULL, 0),
    WORD(on_xend_stop, "on_xend_stop", "ignore", on_stop_words, "on_xend_stop", "on_xend_stop",
         NULL, 0),
    STR(kernel, "kernel", "", "kernel", "image/kernel", "PV_kernel", 0),
    STR(ramdisk, "ramdisk", "", "ramdisk", "image/ramdisk", "PV_ramdisk", XD_ATTR_SPARSE),
    STR(args, "args", "", "extra", "image/args", "PV_args", 0),
    NUM(superpages, "superpages", "0", 0, 1, "superpages", "image/superpages", NULL, 0),
    NUM(videoram, "videoram", "4", 0, 1 << 16, "videoram", "image/videoram", NULL, 0),
    NUM(vhpt, "vhpt", "0", 0, 40, "vhpt", "image/vhpt", NULL, XD_ATTR_SPARSE),
    NUM(nomigrate, "nomigrate", "0", 0, 1, "nomigrate", "image/nomigrate", NULL, 0),
    NUM(tsc_mode, "tsc_mode", "0", 0, 3, "tsc_mode", "image/tsc_mode", NULL, 0),
};
const size_t xd_nr_attrs = ARRAY_SIZE(xd_attrs);

static void *field(const struct xd_domcfg *cfg, const struct xd_attr *a)
{
    return (char *)(uintptr_t)cfg + a->offset;
}

static bool is_number(const struct xd_attr *a)
{
    return a->type == XD_ATTR_INT || a->type == XD_ATTR_MIB || a->type == XD_ATTR_WORD;
}

static int64_t default_number(const struct xd_attr *a)
{
    if (a->type != XD_ATTR_WORD) return strtoll(a->dflt, NULL, 10);
    for (int64_t i = 0; a->words[i]; i++)
        if (strcmp(a->words[i], a->dflt) == 0) return i;
    return 0;
}

int xd_str_set(char **s, const char *value, struct ut_err *err)
{
    char *copy = strdup(value);

    if (!copy) return ut_err_set(err, UT_ENOMEM, "out of memory");
    free(*s);
    *s = copy;
    return UT_OK;
}

int xd_domcfg_init(struct xd_domcfg *cfg, struct ut_err *err)
{
    int rc = UT_OK;

    memset(cfg, 0, sizeof(*cfg));
    cfg->builder = XCI_BUILDER_LINUX;
    cfg->devices = ut_sxp_new_list(NULL);
    if (!cfg->devices) rc = ut_err_set(err, UT_ENOMEM, "out of memory");
    for (size_t i = 0; rc == UT_OK && i < xd_nr_attrs; i++) {
        const struct xd_attr *a = &xd_attrs[i];

        if (a->type == XD_ATTR_STR) rc = xd_str_set(field(cfg, a), a->dflt, err);
        else if (is_number(a)) *(int64_t *)field(cfg, a) = default_number(a);
    }
    if (rc < 0) xd_domcfg_fini(cfg);
    return rc;
}

void xd_domcfg_fini(struct xd_domcfg *cfg)
{
    for (size_t i = 0; i < xd_nr_attrs; i++)
        if (xd_attrs[i].type == XD_ATTR_STR) free(*(char **)field(cfg, &xd_attrs[i]));
    ut_sxp_free(cfg->devices);
    memset(cfg, 0, sizeof(*cfg));
}

int xd_domcfg_copy(struct xd_domcfg *to, const struct xd_domcfg *from, struct ut_err *err)
{
    int rc = UT_OK;

    *to = *from;
    to->devices = ut_sxp_dup(from->devices);
    for (size_t i = 0; i < xd_nr_attrs; i++)
        if (xd_attrs[i].type == XD_ATTR_STR) *(char **)field(to, &xd_attrs[i]) = NULL;
    if (!to->devices) rc = ut_err_set(err, UT_ENOMEM, "out of memory");
    for (size_t i = 0; rc == UT_OK && i < xd_nr_attrs; i++) {
        const struct xd_attr *a = &xd_attrs[i];

        if (a->type == XD_ATTR_STR)
            rc = xd_str_set(field(to, a), *(char *const *)field(from, a), err);
    }
    if (rc < 0) xd_domcfg_fini(to);
    return rc;
}

static int add_attr(const struct xd_domcfg *cfg, const struct xd_attr *a, const char *name,
                    struct ut_sxp *out)
{
    const char *s = a->type == XD_ATTR_STR ? *(char *const *)field(cfg, a) : NULL;
    int64_t v = is_number(a) ? *(const int64_t *)field(cfg, a) : 0;
    char uuid[XD_UUID_TEXT_BYTES];

    if (a->flags & XD_ATTR_HIDDEN) return UT_OK;
    if (a->flags & XD_ATTR_SPARSE && (s ? !*s : !v)) return UT_OK;
    switch (a->type) {
    case XD_ATTR_STR:  return ut_sxp_add_str(out, name, s);
    case XD_ATTR_WORD: return ut_sxp_add_str(out, name, a->words[v]);
    case XD_ATTR_INT:
    case XD_ATTR_MIB:  return ut_sxp_add_int(out, name, v);
    case XD_ATTR_UUID: break;
    }
    xd_uuid_format(cfg->uuid, uuid);
    return ut_sxp_add_str(out, name, uuid);
}

int xd_domcfg_add_plain(const struct xd_domcfg *cfg, struct ut_sxp *out)
{
    int rc = UT_OK;

    for (size_t i = 0; rc == UT_OK && i < xd_nr_attrs; i++)
        if (!strchr(xd_attrs[i].path, '/')) rc = add_attr(cfg, &xd_attrs[i], xd_attrs[i].path, out);
    return rc;
}

int xd_domcfg_add_image(const struct xd_domcfg *cfg, struct ut_sxp *out)
{
    struct ut_sxp *kind = ut_sxp_new_list(xci_builder_name((enum xci_builder)cfg->builder));
    struct ut_sxp *image = ut_sxp_new_list("image");
    int rc = kind && image ? UT_OK : UT_ENOMEM;

    for (size_t i = 0; rc == UT_OK && i < xd_nr_attrs; i++) {
        const char *slash = strchr(xd_attrs[i].path, '/');

        if (slash) rc = add_attr(cfg, &xd_attrs[i], slash + 1, kind);
    }
    if (rc == UT_OK) {
        rc = ut_sxp_add(image, kind);
        kind = NULL;
    }
    if (rc == UT_OK) {
        rc = ut_sxp_add(out, image);
        image = NULL;
    }
    ut_sxp_free(kind);
    ut_sxp_free(image);
    return rc;
}

int xd_domcfg_add_devices(const struct xd_domcfg *cfg, struct ut_sxp *out)
{
    int rc = UT_OK;

    for (size_t i = 0; rc == UT_OK && i < cfg->devices->nr_items; i++)
        rc = ut_sxp_add(out, ut_sxp_dup(cfg->devices->item[i]));
    return rc;
}

struct ut_sxp *xd_domcfg_sxp(const struct xd_domcfg *cfg, const char *head)
{
    struct ut_sxp *sx = ut_sxp_new_list(head);

    if (sx && xd_domcfg_add_plain(cfg, sx) == UT_OK && xd_domcfg_add_image(cfg, sx) == UT_OK &&
        xd_domcfg_add_devices(cfg, sx) == UT_OK)
        return sx;
    ut_sxp_free(sx);
    return NULL;
}

const char *xd_action_word(int64_t action)
{
    return action_words[action];
}

void xd_uuid_format(const uint8_t uuid[XD_UUID_BYTES], char text_out[XD_UUID_TEXT_BYTES])
{
    char *p = text_out;

    for (int i = 0; i < XD_UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *p++ = '-';
        p += sprintf(p, "%02x", uuid[i]);
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool xd_uuid_parse(const char *text, uint8_t uuid_out[XD_UUID_BYTES])
{
    uint8_t uuid[XD_UUID_BYTES];

    for (int i = 0; i < XD_UUID_BYTES; i++) {
        int hi, lo;

        if (i == 4 || i == 6 || i == 8 || i == 10)
            if (*text++ != '-') return false;
        hi = hex_digit(text[0]);
        lo = hi < 0 ? -1 : hex_digit(text[1]);
        if (lo < 0) return false;
        uuid[i] = (uint8_t)(hi << 4 | lo);
        text += 2;
    }
    if (*text) return false;
    memcpy(uuid_out, uuid, sizeof(uuid));
    return true;
}

void xd_uuid_random(uint8_t uuid_out[XD_UUID_BYTES])
{
    size_t got = 0;

    while (got < XD_UUID_BYTES) {
        ssize_t n = getrandom(uuid_out + got, XD_UUID_BYTES - got, 0);

        if (n > 0) got += (size_t)n;
    }
    uuid_out[6] = (uint8_t)((uuid_out[6] & 0x0f) | 0x40);    /* RFC 4122, version 4 */
    uuid_out[8] = (uint8_t)((uuid_out[8] & 0x3f) | 0x80);
}

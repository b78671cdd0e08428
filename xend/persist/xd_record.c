/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "persist/xd_record.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rpc/xd_rpc.h"
#include "ut_io.h"
#include "ut_sxp.h"
#include "xd.h"
#include "xd_work.h"

#define MAX_RECORD_BYTES (1u << 20)
#define PRETTY_WIDTH 78
#define VERSION 1

void xd_boot_id(char id_out[40])
{
    struct ut_buf text = UT_BUF_INIT;

    id_out[0] = '\0';
    if (ut_io_read_file("/proc/sys/kernel/random/boot_id", 4096, &text, NULL) == UT_OK)
        snprintf(id_out, 40, "%.*s", (int)strcspn(ut_buf_str(&text), "\n"), ut_buf_str(&text));
    ut_buf_fini(&text);
}

static int record_path(struct xd *xd, const uint8_t uuid[XD_UUID_BYTES], char *path_out)
{
    char text[XD_UUID_TEXT_BYTES];
    int n;

    xd_uuid_format(uuid, text);
    n = snprintf(path_out, PATH_MAX, "%s/running/%s.sxp", xd->paths.state, text);
    return n > 0 && n < PATH_MAX ? UT_OK : UT_ELIMIT;
}

/* ---- writing, in the background -------------------------------------------------------------- */

struct job {
    struct xd_job job;
    struct xd *xd;
    char path[PATH_MAX];
    char *text;                     /* NULL = remove the file, or do nothing without a path */
    struct xd_call *call;
    struct xr_value *value;
    int rc;
    struct ut_err err;
};

static void run(struct xd_job *base)
{
    struct job *j = (struct job *)base;

    if (!j->path[0]) return;
    if (j->text) j->rc = ut_io_replace_file(j->path, j->text, strlen(j->text), 0600, &j->err);
    else if (unlink(j->path) < 0 && errno != ENOENT)
        j->rc = ut_err_sys(&j->err, UT_ESYS, "cannot remove %s", j->path);
}

static void done(struct xd_job *base)
{
    struct job *j = (struct job *)base;

    if (j->rc < 0)
        xd_error(j->xd, UT_NO_DOMID, "domain record: %s; a new xend will not know this domain's "
                 "configuration", j->err.text);
    if (j->call) xd_call_reply(j->call, UT_OK, j->value, NULL);
    free(j->text);
    free(j);
}

static struct job *job_new(struct xd *xd)
{
    struct job *j = calloc(1, sizeof(*j));

    if (!j) {
        xd_error(xd, UT_NO_DOMID, "domain record: out of memory");
        return NULL;
    }
    j->job.run = run;
    j->job.done = done;
    j->xd = xd;
    return j;
}

/* (config ...) as the parser reads it back. */
static int add_config(const struct xd_dom *d, struct ut_sxp *sx)
{
    struct ut_sxp *config = ut_sxp_new_list("config");
    int rc = ut_sxp_add(config, xd_domcfg_sxp(&d->cfg, "domain"));

    if (rc == UT_OK) return ut_sxp_add(sx, config);
    ut_sxp_free(config);
    return rc;
}

static char *record_text(const struct xd_dom *d)
{
    struct ut_sxp *sx = ut_sxp_new_list("xend_domain");
    struct ut_buf out = UT_BUF_INIT;
    char hv_uuid[XD_UUID_TEXT_BYTES], boot_id[40];
    int rc = sx ? UT_OK : UT_ENOMEM;

    xd_uuid_format(d->hv_uuid, hv_uuid);
    xd_boot_id(boot_id);
    if (rc == UT_OK) rc = ut_sxp_add_int(sx, "version", VERSION);
    if (rc == UT_OK) rc = ut_sxp_add_str(sx, "phase", xd_state_name(d->state));
    if (rc == UT_OK && d->live) rc = ut_sxp_add_int(sx, "domid", d->domid);
    if (rc == UT_OK) rc = ut_sxp_add_str(sx, "hv_uuid", hv_uuid);
    if (rc == UT_OK) rc = ut_sxp_add_str(sx, "boot_id", boot_id);
    if (rc == UT_OK) rc = ut_sxp_add_int(sx, "started", d->started_s);
    if (rc == UT_OK) rc = ut_sxp_add_int(sx, "restart_count", d->restart_count);
    if (rc == UT_OK) rc = ut_sxp_add_int(sx, "admin_paused", d->admin_paused);
    if (rc == UT_OK) rc = ut_sxp_add_int(sx, "unpause_after_build", d->unpause_after_build);
    if (rc == UT_OK) rc = ut_sxp_add_str(sx, "last_error", d->last_error);
    if (rc == UT_OK) rc = ut_sxp_add_str(sx, "console_log", d->console_log);
    if (rc == UT_OK) rc = add_config(d, sx);
    if (rc == UT_OK) {
        ut_sxp_print_pretty(sx, PRETTY_WIDTH, &out);
        ut_buf_addc(&out, '\n');
    }
    ut_sxp_free(sx);
    if (rc == UT_OK) return ut_buf_take(&out);
    ut_buf_fini(&out);
    return NULL;
}

void xd_record_save(struct xd_dom *d)
{
    struct job *j;

    if (d->is_dom0) return;
    j = job_new(d->xd);
    if (!j) return;
    j->text = record_text(d);
    if (!j->text || record_path(d->xd, d->cfg.uuid, j->path) < 0) {
        xd_error(d->xd, xd_dom_logid(d), "domain record: out of memory");
        free(j->text);
        free(j);
        return;
    }
    xd_pool_submit(d->xd->disk, &j->job);
}

void xd_record_remove_uuid(struct xd *xd, const uint8_t uuid[XD_UUID_BYTES])
{
    struct job *j = job_new(xd);

    if (!j) return;
    if (record_path(xd, uuid, j->path) < 0) {
        free(j);
        return;
    }
    xd_pool_submit(xd->disk, &j->job);
}

void xd_record_remove(struct xd_dom *d)
{
    if (!d->is_dom0) xd_record_remove_uuid(d->xd, d->cfg.uuid);
}

void xd_record_barrier(struct xd *xd, struct xd_call *call, struct xr_value *value)
{
    struct job *j = job_new(xd);

    if (!j) {
        xd_call_reply(call, UT_OK, value, NULL);
        return;
    }
    j->call = call;
    j->value = value;
    xd_pool_submit(xd->disk, &j->job);
}

/* ---- reading, at start ----------------------------------------------------------------------- */

static bool parse_phase(const char *word, enum xd_state *phase_out)
{
    for (int s = 0; s < XD_NR_STATES; s++) {
        if (strcmp(xd_state_name((enum xd_state)s), word) != 0) continue;
        *phase_out = (enum xd_state)s;
        return true;
    }
    return false;
}

static int64_t number(const struct ut_sxp *sx, const char *name)
{
    int64_t v = 0;

    return ut_sxp_get_int(sx, name, &v) == UT_OK ? v : 0;
}

static int parse_record(const struct ut_sxp *sx, struct xd_record *r, struct ut_err *err)
{
    const struct ut_sxp *config = ut_sxp_child(sx, "config");
    int64_t domid;

    if (number(sx, "version") != VERSION || !config || config->nr_items < 2 ||
        !parse_phase(ut_sxp_get(sx, "phase", ""), &r->phase) ||
        !xd_uuid_parse(ut_sxp_get(sx, "hv_uuid", ""), r->hv_uuid))
        return ut_err_set(err, UT_EFORMAT, "not a domain record of version %d", VERSION);
    if (ut_sxp_get_int(sx, "domid", &domid) == UT_OK && domid > 0 && domid <= XCI_DOMID_MAX) {
        r->has_domid = true;
        r->domid = (xci_domid_t)domid;
    }
    snprintf(r->boot_id, sizeof(r->boot_id), "%s", ut_sxp_get(sx, "boot_id", ""));
    snprintf(r->last_error, sizeof(r->last_error), "%s", ut_sxp_get(sx, "last_error", ""));
    snprintf(r->console_log, sizeof(r->console_log), "%s", ut_sxp_get(sx, "console_log", ""));
    r->started_s = number(sx, "started");
    r->restart_count = (unsigned)number(sx, "restart_count");
    r->admin_paused = number(sx, "admin_paused") != 0;
    r->unpause_after_build = number(sx, "unpause_after_build") != 0;
    return xd_domcfg_parse(&r->cfg, config->item[1], NULL, NULL, err);
}

static int load(const char *path, struct xd_record **record_out, struct ut_err *err)
{
    struct ut_buf text = UT_BUF_INIT;
    struct ut_sxp *sx = NULL;
    struct xd_record *r = calloc(1, sizeof(*r));
    int rc = r ? UT_OK : ut_err_set(err, UT_ENOMEM, "out of memory");

    if (rc == UT_OK) rc = ut_io_read_file(path, MAX_RECORD_BYTES, &text, err);
    if (rc == UT_OK) rc = ut_sxp_parse(ut_buf_str(&text), text.len, &sx, NULL, err);
    if (rc == UT_OK) rc = parse_record(sx, r, err);
    ut_sxp_free(sx);
    ut_buf_fini(&text);
    if (rc < 0) {
        free(r);
        return rc;
    }
    *record_out = r;
    return UT_OK;
}

void xd_records_load(struct xd *xd, struct xd_record **list_out)
{
    struct ut_err err = UT_ERR_INIT;
    char dir[PATH_MAX], path[PATH_MAX];
    struct dirent *e;
    DIR *d = NULL;

    *list_out = NULL;
    if (ut_path_join(dir, xd->paths.state, "running", NULL) == UT_OK) d = opendir(dir);
    while (d && (e = readdir(d))) {
        size_t len = strlen(e->d_name);
        struct xd_record *r;

        if (ut_path_join(path, dir, e->d_name, NULL) < 0) continue;
        if (strstr(e->d_name, ".sxp.")) unlink(path);   /* a write that was never finished */
        if (len < 4 || strcmp(e->d_name + len - 4, ".sxp") != 0) continue;
        if (load(path, &r, &err) < 0) {
            xd_error(xd, UT_NO_DOMID, "domain record %s is skipped: %s", path, err.text);
            continue;
        }
        r->next = *list_out;
        *list_out = r;
    }
    if (d) closedir(d);
}

void xd_records_free(struct xd_record *list)
{
    while (list) {
        struct xd_record *next = list->next;

        xd_domcfg_fini(&list->cfg);
        free(list);
        list = next;
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vp_main.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "vp_crash.h"
#include "vp_ctl.h"
#include "vp_domain.h"
#include "vp_sandbox.h"
#include "vp_vcpu.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010      /* Linux 5.1, linux/fcntl.h */
#endif

/* Everything between START and READY that can fail. */
static int bring_up(struct vmctl_msg *m, int sock, struct vp_domain **dom_out, struct ut_err *err)
{
    struct vp_domain *d = NULL;
    bool sandbox = !(m->u.start.flags & VMCTL_START_NO_SANDBOX);
    int rc;

    rc = vp_start_check(m, err);
    if (rc < 0) {
        vmctl_close_fds(m);
        return rc;
    }
    rc = vp_domain_new(m, &d, err);
    if (rc < 0) return rc;
    /* nobody the status page is handed to shall be able to write it */
    (void)fcntl(d->fd[VMCTL_FD_STATUS], F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
    rc = vp_crash_handlers(d, err);
    if (rc == UT_OK && sandbox) rc = vp_sandbox_privileges(d->cfg.domid, err);
    if (rc == UT_OK) rc = vp_vcpus_start(d, err);
    if (rc == UT_OK) rc = vp_ctl_new(d, sock, &d->ctl, err);
    if (rc == UT_OK && sandbox) rc = vp_sandbox_syscalls(err);
    if (rc < 0) {
        vp_domain_free(d);
        return rc;
    }
    *dom_out = d;
    return UT_OK;
}

static void fill_status(struct vp_domain *d)
{
    struct vmctl_status *st = d->status;

    st->store_port = d->cfg.store_port;
    st->console_port = d->cfg.console_port;
    atomic_store(&st->nr_pages, d->cfg.nr_pages);
    vp_status_flags(d);
}

int vp_main(int sock)
{
    struct ut_err err = UT_ERR_INIT;
    struct vp_domain *d = NULL;
    struct vmctl_msg m;
    int answer_fd, rc;

    (void)signal(SIGPIPE, SIG_IGN);
    rc = vmctl_recv(sock, VMCTL_FROM_CLIENT, &m, &err);
    if (rc == 0) return 1;          /* whoever started us changed their mind */
    if (rc == 1 && m.hdr.type != VMCTL_START)
        rc = ut_err_set(&err, UT_EPROTO, "%s before START", vmctl_type_name(m.hdr.type));
    answer_fd = fcntl(sock, F_DUPFD_CLOEXEC, 3);    /* the original becomes vp_ctl's */
    if (rc == 1) rc = bring_up(&m, sock, &d, &err);
    if (rc < 0) {
        vmctl_init(&m, VMCTL_FAILED, 0);
        m.u.failed.code = rc;
        memcpy(m.u.failed.text, err.text, sizeof(m.u.failed.text));
        (void)vmctl_send(answer_fd, &m, NULL);
        return 1;
    }
    fill_status(d);
    vmctl_init(&m, VMCTL_READY, 0);
    m.u.ready.store_port = d->cfg.store_port;
    m.u.ready.console_port = d->cfg.console_port;
    rc = vmctl_send(answer_fd, &m, NULL);
    close(answer_fd);
    while (rc == UT_OK && !d->done) rc = dv_loop_step(d->loop, -1, &err);
    if (rc < 0) vp_log(d, UT_LOG_ERROR, "event loop: %s", err.text);
    /* A domain's end frees nothing: the kernel does it at once, and faster. Debuggers do see it
     * all given back, and leak checks run, which the sandbox does not let them. */
    if (d->cfg.flags & VMCTL_START_NO_SANDBOX) {
        vp_domain_free(d);
        exit(rc < 0);
    }
    return rc < 0 ? 1 : 0;
}

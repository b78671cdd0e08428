/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vp_crash.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define DUMP_BYTES 32768u

static void log_lines(struct vp_domain *d, char *text)
{
    char *save = NULL;

    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        vp_log(d, UT_LOG_ERROR, "%s", line);
}

void vp_crash_dump(struct vp_vcpu *v)
{
    struct vp_domain *d = v->dom;
    char *text = malloc(DUMP_BYTES);
    size_t len;

    if (!text) {
        vp_log(d, UT_LOG_ERROR, "no memory for a register dump, ip %#llx",
               (unsigned long long)em_ip(v->cpu));
        return;
    }
    len = em_dump(v->cpu, text, DUMP_BYTES - 1);
    text[len < DUMP_BYTES ? len : DUMP_BYTES - 1] = '\0';
    log_lines(d, text);
    if (d->kind->dump) {
        len = d->kind->dump(v, text, DUMP_BYTES - 1);
        text[len < DUMP_BYTES ? len : DUMP_BYTES - 1] = '\0';
        log_lines(d, text);
    }
    free(text);
}

void vp_crash(struct vp_vcpu *v, const char *fmt, ...)
{
    char why[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    vp_log(v->dom, UT_LOG_ERROR, "vcpu %u crashed: %s", v->index, why);
    vp_crash_dump(v);
    vp_domain_guest_stop(v->dom, VMCTL_CRASH);
}

/* ---- faults of the process itself ---------------------------------------------------------- */

/* Handlers have no context argument: the one place that needs the log without being handed it. */
static struct { int fd; unsigned domid; } fault_log = { -1, 0 };

static void host_fault(int sig, siginfo_t *si, void *uc)
{
    char line[160];
    unsigned long ip = 0;
    int n;

#if defined(__x86_64__)
    ip = (unsigned long)((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP];
#else
    (void)uc;
#endif
    /* snprintf of plain numbers neither allocates nor locks in any C library we build with */
    n = snprintf(line, sizeof(line), "(XEN) d%u: xen-vmm: host fault, signal %d at %p, ip %#lx\n",
                 fault_log.domid, sig, si->si_addr, ip);
    if (n > 0 && fault_log.fd >= 0) (void)!write(fault_log.fd, line, (size_t)n);
    /* SA_RESETHAND: returning repeats the fault, which kills; an abort must be raised again */
    if (si->si_code <= 0) (void)raise(sig);
}

int vp_crash_handlers(struct vp_domain *d, struct ut_err *err)
{
    static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS };
    struct sigaction sa = { .sa_sigaction = host_fault,
                            .sa_flags = (int)(SA_SIGINFO | SA_RESETHAND | SA_ONSTACK) };

    fault_log.fd = d->fd[VMCTL_FD_LOG];
    fault_log.domid = d->cfg.domid;
    sigemptyset(&sa.sa_mask);
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        if (sigaction(signals[i], &sa, NULL) < 0)
            return ut_err_sys(err, UT_ESYS, "fault handlers");
    return UT_OK;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vp_sandbox.h"

#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* A range no distribution hands out; the domain's id makes each domain its own user. */
#define UID_BASE   0x70000000u
#define UID_NOBODY 65534u

/* control connections, viewers, what START brings, and some for the loop */
#define MAX_DESCRIPTORS 192u

static int limit(int what, rlim_t value, struct ut_err *err)
{
    struct rlimit rl;

    if (getrlimit((__rlimit_resource_t)what, &rl) < 0) return ut_err_sys(err, UT_ESYS, "getrlimit");
    if (rl.rlim_max > value) rl.rlim_max = value;       /* an ordinary user cannot raise it */
    rl.rlim_cur = rl.rlim_max;
    return setrlimit((__rlimit_resource_t)what, &rl) < 0 ? ut_err_sys(err, UT_ESYS, "setrlimit")
                                                        : UT_OK;
}

static int become(uid_t uid)
{
    return setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0 ? -1 : 0;
}

int vp_sandbox_privileges(unsigned domid, struct ut_err *err)
{
    int rc;

    rc = limit(RLIMIT_NOFILE, MAX_DESCRIPTORS, err);
    if (rc == UT_OK) rc = limit(RLIMIT_CORE, 0, err);       /* a core would hold guest memory */
    if (rc < 0) return rc;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return ut_err_sys(err, UT_ESYS, "no_new_privs");
    if (geteuid() != 0) return UT_OK;
    if (setgroups(0, NULL) < 0) return ut_err_sys(err, UT_ESYS, "setgroups");
    /* in a user namespace only some ids exist */
    if (become(UID_BASE + domid) < 0 && become(UID_NOBODY) < 0)
        return ut_err_sys(err, UT_ESYS, "cannot stop being root");
    return UT_OK;
}

/* Allowed as they are. */
static const int allowed[] = {
    /* descriptors that are already open: sockets, eventfds, timers, log, pty */
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close),
    SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendto),
    SCMP_SYS(accept4),              /* viewers and control connections */
    SCMP_SYS(getsockopt),           /* their uid */
    SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl),
    SCMP_SYS(poll), SCMP_SYS(ppoll),                        /* last console output */
    SCMP_SYS(timerfd_settime),
    /* vcpu threads: sleep, deadline, account */
    SCMP_SYS(futex), SCMP_SYS(timer_settime), SCMP_SYS(timer_delete),
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(sched_yield),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall),
    SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack),          /* host fault handler, sanitizers */
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
    /* memory: malloc, thread stacks; protection bits are checked below */
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
    SCMP_SYS(madvise),              /* also: pages the guest's balloon gives back */
    SCMP_SYS(getrandom),            /* glibc's malloc seeds itself */
    /* the end */
    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(set_robust_list),
};

/* Executable memory cannot be made, and signals go to this process only. */
static int add_checked(scmp_filter_ctx ctx)
{
    static const int with_prot[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };
    int r = 0;

    for (size_t i = 0; i < sizeof(with_prot) / sizeof(with_prot[0]) && !r; i++)
        r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, with_prot[i], 1,
                             SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (!r)
        r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                             SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    return r;
}

int vp_sandbox_syscalls(struct ut_err *err)
{
    /* an error, not death: what a newer C library tries before it falls back must not end a guest
       */
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int r = 0;

    if (!ctx) return ut_err_set(err, UT_ENOMEM, "system call filter");
    (void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
    (void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && !r; i++)
        r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
    if (!r) r = add_checked(ctx);
    if (!r) r = seccomp_load(ctx);
    seccomp_release(ctx);
    if (!r) return UT_OK;
    errno = -r;
    return ut_err_sys(err, UT_ESYS, "system call filter");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xen-store: the XenStore of this host's domains. Started by xend, or by a program that wants one
 * of its own; not meant to be called by hand.
 *
 *   xen-store DIR LOG   sockets and journal in DIR, messages appended to LOG; ends when neither
 *                       tools nor guests are connected any more, and goes on from the journal later
 *   xen-store           no files at all; ends with the connection on descriptor 3
 *
 * A privileged connection may wait on descriptor 3 in both cases: whoever starts the store has it
 * before the store runs, so nobody polls for its socket.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "ut_path.h"
#include "xs_server.h"

#define FIRST_FD 3

static volatile sig_atomic_t told_to_stop;

static void on_signal(int sig)
{
    (void)sig;
    told_to_stop = 1;
}

/* One store per directory; the lock goes with the process. */
static int lock(const char *dir, struct ut_err *err)
{
    char path[PATH_MAX];
    const struct timespec pause = { .tv_nsec = 10000000 };
    int fd, patience = 200, rc = ut_path_mkdirs(dir, 0755, err);

    if (rc == UT_OK) rc = ut_path_join(path, dir, "xenstored.pid", err);
    if (rc < 0) return rc;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return ut_err_sys(err, UT_ESYS, "%s", path);
    /* one that is about to end may hold it for a moment */
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (!patience--) {
            close(fd);
            return ut_err_set(err, UT_EEXIST, "another store runs in %s", dir);
        }
        nanosleep(&pause, NULL);
    }
    if (ftruncate(fd, 0) < 0 || dprintf(fd, "%d\n", (int)getpid()) < 0)
        return ut_err_sys(err, UT_ESYS, "%s", path);
    return UT_OK;
}

static void prepare(void)
{
    struct sigaction sa = { .sa_handler = on_signal };
    struct rlimit rl;

    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigaction(SIGTERM, &sa, NULL);
    (void)sigaction(SIGINT, &sa, NULL);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {   /* a guest costs one */
        rl.rlim_cur = rl.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &rl);
    }
}

static int serve(const char *dir, const char *log_path, struct ut_err *err)
{
    struct xs_config cfg = { .dir = dir, .end_with_first = !dir };
    struct xs_server *s = NULL;
    struct stat st;
    int rc;

    cfg.first_fd = fstat(FIRST_FD, &st) == 0 && S_ISSOCK(st.st_mode) ? FIRST_FD : -1;
    if (!dir && cfg.first_fd < 0)
        return ut_err_set(err, UT_EARG, "started by xend and xc-run only; see xend(8)");
    prepare();
    rc = dir ? lock(dir, err) : UT_OK;
    if (rc == UT_OK)
        rc = ut_log_open(log_path ? log_path : "-", "xen-store", UT_LOG_INFO, 0, &cfg.log, err);
    /* not to hold open what whoever started it calls stderr: it may be a pipe with a reader */
    if (rc == UT_OK && dir) (void)dup2(ut_log_fd(cfg.log), STDERR_FILENO);
    if (rc == UT_OK) rc = xs_server_new(&cfg, &s, err);
    if (rc == UT_OK && dir)
        ut_log_msg(cfg.log, UT_LOG_INFO, UT_NO_DOMID, "xen-store " XC_VERSION " in %s", dir);
    while (rc == UT_OK && !told_to_stop && !s->quit) rc = xs_server_step(s, -1, err);
    xs_server_free(s);
    ut_log_free(cfg.log);
    return rc;
}

int main(int argc, char **argv)
{
    struct ut_err err = UT_ERR_INIT;

    if (argc == 2 && !strcmp(argv[1], "--version")) {
        puts("xen-store " XC_VERSION);
        return 0;
    }
    if (argc != 1 && argc != 3) {
        fputs("usage: xen-store [DIR LOG]\n", stderr);
        return 2;
    }
    /* so that it is nobody's child: it outlives who started it, and leaves no zombie there */
    switch (fork()) {
    case -1: return 1;
    case 0:  break;
    default: _exit(0);
    }
    if (serve(argc == 3 ? argv[1] : NULL, argc == 3 ? argv[2] : NULL, &err) == UT_OK) return 0;
    fprintf(stderr, "xen-store: %s\n", err.text);
    return 1;
}

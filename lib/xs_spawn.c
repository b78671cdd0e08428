/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "xs_client.h"

#define FIRST_FD 3

extern char **environ;

static int file_actions(posix_spawn_file_actions_t *fa, int sock)
{
    int r = posix_spawn_file_actions_adddup2(fa, sock, FIRST_FD);

    if (!r) r = posix_spawn_file_actions_addopen(fa, 0, "/dev/null", O_RDONLY, 0);
    if (!r) r = posix_spawn_file_actions_addopen(fa, 1, "/dev/null", O_WRONLY, 0);
    if (!r) r = posix_spawn_file_actions_addclosefrom_np(fa, FIRST_FD + 1);
    return r;
}

static int attributes(posix_spawnattr_t *at)
{
    static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGCHLD };
    sigset_t none, dfl;
    int r;

    sigemptyset(&none);
    sigemptyset(&dfl);
    for (size_t i = 0; i < ARRAY_SIZE(ignored); i++) sigaddset(&dfl, ignored[i]);
    r = posix_spawnattr_setsigmask(at, &none);
    if (!r) r = posix_spawnattr_setsigdefault(at, &dfl);
    if (!r)
        r = posix_spawnattr_setflags(at, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                     POSIX_SPAWN_SETSIGDEF);
    return r;
}

/* An errno, as posix_spawn gives it. */
static int spawn(const char *program, const char *dir, const char *log_path, int sock)
{
    char *argv[] = { (char *)"xen-store", (char *)dir, (char *)log_path, NULL };
    posix_spawn_file_actions_t fa;
    posix_spawnattr_t at;
    pid_t pid;
    int r = posix_spawn_file_actions_init(&fa);

    if (r) return r;
    r = posix_spawnattr_init(&at);
    if (!r) {
        r = file_actions(&fa, sock);
        if (!r) r = attributes(&at);
        if (!r) r = posix_spawn(&pid, program, &fa, &at, argv, environ);
        posix_spawnattr_destroy(&at);
    }
    posix_spawn_file_actions_destroy(&fa);
    /* the store forks once more and its first process ends: it is nobody's child */
    if (!r)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    return r;
}

int xs_spawn(const char *program, const char *dir, const char *log_path,
             struct xs_client **client_out, struct ut_err *err)
{
    int r, pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return ut_err_sys(err, UT_ESYS, "XenStore");
    r = spawn(program, dir, log_path, pair[1]);
    close(pair[1]);
    if (r) {
        close(pair[0]);
        errno = r;
        return ut_err_sys(err, UT_ESYS, "cannot start %s", program);
    }
    return xs_attach(pair[0], client_out, err);
}

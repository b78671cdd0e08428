/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xd_control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ut_io.h"
#include "xd.h"

#define START_TIMEOUT_MS 30000
#define STOP_TIMEOUT_S   70         /* longer than the daemon waits for its operations */
#define READY            "ready"    /* on the pipe to the starter, and in the pid file */
#define BUSY             "busy"     /* another start was faster */
#define PID_FILE_BYTES   64

/* ---- the pid file ---------------------------------------------------------------------------- */

static int pid_path(char *path_out, struct ut_err *err)
{
    struct ut_paths paths;
    int rc = ut_paths_init(&paths, err);

    return rc < 0 ? rc : ut_path_join(path_out, paths.run, "xend.pid", err);
}

static struct flock whole_file(short type)
{
    return (struct flock){ .l_type = type, .l_whence = SEEK_SET };
}

/* Pid of the running daemon; 0 = none. UT_EPERM if this user may not even look. */
static int running_pid(pid_t *pid_out, struct ut_err *err)
{
    struct flock lock = whole_file(F_WRLCK);
    char path[PATH_MAX];
    int fd, rc = pid_path(path, err);

    *pid_out = 0;
    if (rc < 0) return rc;
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOENT) return UT_OK;
        return ut_err_sys(err, errno == EACCES ? UT_EPERM : UT_ESYS, "%s", path);
    }
    if (fcntl(fd, F_GETLK, &lock) < 0) rc = ut_err_sys(err, UT_ESYS, "%s", path);
    else if (lock.l_type != F_UNLCK) *pid_out = lock.l_pid;
    close(fd);
    return rc;
}

/* Take the lock for the life of this process and write the pid. The descriptor is the lock. */
static int lock_pid_file(const struct ut_paths *paths, int *fd_out, struct ut_err *err)
{
    struct flock lock = whole_file(F_WRLCK);
    char path[PATH_MAX], text[24];
    int fd, rc = ut_path_join(path, paths->run, "xend.pid", err);

    if (rc == UT_OK) rc = ut_path_mkdirs(paths->run, 0700, err);
    if (rc < 0) return rc;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return ut_err_sys(err, UT_ESYS, "%s", path);
    if (fcntl(fd, F_SETLK, &lock) < 0) {
        rc = errno == EAGAIN || errno == EACCES
             ? ut_err_set(err, UT_EBUSY, "another xend runs already")
             : ut_err_sys(err, UT_ESYS, "%s", path);
        close(fd);
        return rc;
    }
    snprintf(text, sizeof(text), "%d\n", (int)getpid());
    if (ftruncate(fd, 0) < 0) rc = ut_err_sys(err, UT_ESYS, "%s", path);
    if (rc == UT_OK) rc = ut_io_write_all(fd, text, strlen(text), err);
    if (rc < 0) close(fd);
    else *fd_out = fd;
    return rc;
}

/* Wait until the daemon that holds the lock has said that it is ready. */
static int wait_ready(void)
{
    uint64_t deadline_ns = ut_now_ns() + START_TIMEOUT_MS * UINT64_C(1000000);
    struct timespec pause = { .tv_nsec = 5000000 };
    char path[PATH_MAX];
    pid_t pid = 1;

    if (pid_path(path, NULL) < 0) return XD_EXIT_FAILED;
    while (pid && ut_now_ns() < deadline_ns) {
        struct ut_buf text = UT_BUF_INIT;
        bool ready = ut_io_read_file(path, PID_FILE_BYTES, &text, NULL) == UT_OK &&
                     strstr(ut_buf_str(&text), READY);

        ut_buf_fini(&text);
        if (ready) return XD_EXIT_OK;
        nanosleep(&pause, NULL);
        if (running_pid(&pid, NULL) < 0) break;
    }
    fprintf(stderr, "Error: another xend was starting, but did not become ready\n");
    return XD_EXIT_FAILED;
}

static void remove_pid_file(void)
{
    char path[PATH_MAX];

    if (pid_path(path, NULL) == UT_OK) unlink(path);
}

/* ---- the daemon ------------------------------------------------------------------------------ */

static void say_ready(int pid_fd, int *ready_fd)
{
    ut_io_write_all(pid_fd, READY "\n", strlen(READY "\n"), NULL);
    if (*ready_fd < 0) return;
    ut_io_write_all(*ready_fd, READY, strlen(READY), NULL);
    close(*ready_fd);
    *ready_fd = -1;
}

/* From the lock to the end. `ready_fd` (-1 = none) gets READY, BUSY or the reason of a failure. */
static int daemon_main(bool foreground, int ready_fd)
{
    struct ut_err err = UT_ERR_INIT;
    struct ut_paths paths;
    int pid_fd = -1;
    struct xd *xd = calloc(1, sizeof(*xd));
    int rc = xd ? ut_paths_init(&paths, &err) : ut_err_set(&err, UT_ENOMEM, "out of memory");

    if (rc == UT_OK) rc = lock_pid_file(&paths, &pid_fd, &err);
    if (rc == UT_EBUSY && ready_fd >= 0) snprintf(err.text, sizeof(err.text), BUSY);
    if (rc < 0) goto out;
    rc = xd_init(xd, foreground, &err);
    if (rc == UT_OK) rc = xd_serve(xd, &err);
    if (rc == UT_OK) {
        say_ready(pid_fd, &ready_fd);
        xd_run(xd);
    }
    if (xd->abandoned) {            /* a worker hangs: its thread cannot be joined */
        unlink(paths.xmlrpc_sock);
        remove_pid_file();
        _exit(XD_EXIT_FAILED);
    }
    xd_fini(xd);
    remove_pid_file();
out:
    if (rc < 0 && ready_fd >= 0) ut_io_write_all(ready_fd, err.text, strlen(err.text), NULL);
    if (rc < 0 && ready_fd < 0) fprintf(stderr, "Error: %s\n", err.text);
    if (ready_fd >= 0) close(ready_fd);
    free(xd);
    if (rc == UT_OK) return XD_EXIT_OK;
    return err.sys_errno == EACCES || err.sys_errno == EPERM ? XD_EXIT_PRIVILEGE : XD_EXIT_FAILED;
}

int xd_control_foreground(void)
{
    return daemon_main(true, -1);
}

/* stdin from /dev/null, the rest to LOG/xend-debug.log (what libraries say when they die). */
static void detach(void)
{
    struct ut_paths paths;
    char path[PATH_MAX];
    int in = open("/dev/null", O_RDWR | O_CLOEXEC), out = -1;

    setsid();
    umask(027);
    if (ut_paths_init(&paths, NULL) == UT_OK && ut_path_mkdirs(paths.log, 0750, NULL) == UT_OK &&
        ut_path_join(path, paths.log, "xend-debug.log", NULL) == UT_OK)
        out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (in >= 0) dup2(in, STDIN_FILENO);
    dup2(out >= 0 ? out : in, STDOUT_FILENO);
    dup2(out >= 0 ? out : in, STDERR_FILENO);
    if (in > STDERR_FILENO) close(in);
    if (out > STDERR_FILENO) close(out);
    if (chdir("/") < 0) return;     /* only holds a file system busy */
}

/* Read what the child has to say, until it closes the pipe or time is up. */
static void read_report(int fd, char *text_out, size_t size)
{
    uint64_t deadline_ns = ut_now_ns() + START_TIMEOUT_MS * UINT64_C(1000000);
    size_t len = 0;

    while (len + 1 < size) {
        struct pollfd pfd = { .fd = fd, .events = POLLIN };
        uint64_t now_ns = ut_now_ns();
        ssize_t n;

        if (now_ns >= deadline_ns) break;
        if (poll(&pfd, 1, (int)((deadline_ns - now_ns) / 1000000u) + 1) <= 0) continue;
        n = read(fd, text_out + len, size - 1 - len);
        if (n <= 0) break;
        len += (size_t)n;
    }
    text_out[len] = '\0';
}

static int report_failure(const char *text, bool timed_out)
{
    struct ut_paths paths;
    const char *log = ut_paths_init(&paths, NULL) == UT_OK ? paths.log : "the log folder";

    if (timed_out) text = "it did not become ready in time";
    fprintf(stderr, "Error: xend could not be started: %s\n(more in %s/xend.log and "
            "%s/xend-debug.log)\n", *text ? text : "it died", log, log);
    return XD_EXIT_FAILED;
}

static int start_child(void)
{
    char text[UT_ERR_TEXT_BYTES];
    int fds[2];
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC) < 0) return report_failure(strerror(errno), false);
    fflush(NULL);
    pid = fork();
    if (pid < 0) return report_failure(strerror(errno), false);
    if (pid == 0) {
        close(fds[0]);
        detach();
        exit(daemon_main(false, fds[1]));
    }
    close(fds[1]);
    read_report(fds[0], text, sizeof(text));
    close(fds[0]);
    if (strcmp(text, READY) == 0) return XD_EXIT_OK;
    if (strcmp(text, BUSY) == 0) return wait_ready();
    return report_failure(text, !*text && kill(pid, 0) == 0);
}

int xd_control_start(void)
{
    struct ut_err err = UT_ERR_INIT;
    struct ut_paths paths;
    pid_t pid;

    if (running_pid(&pid, &err) < 0) {
        fprintf(stderr, "Error: %s\n", err.text);
        return err.code == UT_EPERM ? XD_EXIT_PRIVILEGE : XD_EXIT_FAILED;
    }
    if (pid) return wait_ready();   /* already running is success */
    if (ut_paths_init(&paths, &err) < 0 || ut_path_mkdirs(paths.run, 0700, &err) < 0) {
        fprintf(stderr, "Error: %s\n", err.text);
        return err.sys_errno == EACCES ? XD_EXIT_PRIVILEGE : XD_EXIT_FAILED;
    }
    return start_child();
}

/* ---- the running one ------------------------------------------------------------------------- */

/* Pid, or 0 with an exit status for the caller. */
static pid_t find_running(int *exit_out)
{
    struct ut_err err = UT_ERR_INIT;
    pid_t pid;

    *exit_out = XD_EXIT_NOT_RUNNING;
    if (running_pid(&pid, &err) == UT_OK) return pid;
    fprintf(stderr, "Error: %s\n", err.text);
    *exit_out = err.code == UT_EPERM ? XD_EXIT_PRIVILEGE : XD_EXIT_FAILED;
    return 0;
}

int xd_control_status(void)
{
    int status;
    pid_t pid = find_running(&status);

    if (!pid && status == XD_EXIT_NOT_RUNNING) printf("xend is not running\n");
    if (!pid) return status;
    printf("xend is running (pid %d)\n", (int)pid);
    return XD_EXIT_OK;
}

static int send_signal(pid_t pid, int signum)
{
    if (kill(pid, signum) == 0 || errno == ESRCH) return XD_EXIT_OK;
    fprintf(stderr, "Error: cannot signal xend (pid %d): %s\n", (int)pid, strerror(errno));
    return errno == EPERM ? XD_EXIT_PRIVILEGE : XD_EXIT_FAILED;
}

int xd_control_stop(void)
{
    uint64_t deadline_ns = ut_now_ns() + STOP_TIMEOUT_S * UINT64_C(1000000000);
    struct timespec pause = { .tv_nsec = 5000000 };
    int status;
    pid_t pid = find_running(&status), old = pid;

    if (!pid) return status == XD_EXIT_NOT_RUNNING ? XD_EXIT_OK : status;
    status = send_signal(pid, SIGTERM);
    if (status != XD_EXIT_OK) return status;
    while (pid == old) {
        if (ut_now_ns() > deadline_ns) {
            fprintf(stderr, "Error: xend (pid %d) does not stop\n", (int)pid);
            return XD_EXIT_FAILED;
        }
        nanosleep(&pause, NULL);
        pid = find_running(&status);
    }
    return pid || status == XD_EXIT_NOT_RUNNING ? XD_EXIT_OK : status;
}

int xd_control_restart(void)
{
    int status = xd_control_stop();

    return status == XD_EXIT_OK ? xd_control_start() : status;
}

int xd_control_reload(void)
{
    int status;
    pid_t pid = find_running(&status);

    if (!pid && status == XD_EXIT_NOT_RUNNING) fprintf(stderr, "Error: xend is not running\n");
    return pid ? send_signal(pid, SIGHUP) : status;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console client: bytes between the terminal (or pipes) and a domain's console socket. */
#include "xm.h"

#include <errno.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#include "ut_io.h"

#define DETACH_KEY     0x1d             /* Ctrl-] */
#define MAX_LINE_BYTES 65536u
#define QUIET_NS       100000000ull     /* the replay is over when nothing came for so long */
#define REPLAY_MAX_NS  2000000000ull

enum { RUNNING = -1, ENDED_BY_SIGNAL = -2 };    /* struct console.status */

struct console {
    struct xm_ctx *cx;
    const struct xm_console_opts *o;
    int sock;
    int sig_fd;
    sigset_t old_mask;
    bool tty;                       /* stdin is a terminal, now raw */
    struct termios old_tio;
    regex_t until;
    bool have_until;
    struct ut_buf line;             /* the line of output that is growing */
    struct ut_buf to_guest;         /* input the socket did not take yet */
    bool in_eof;
    bool replaying;
    uint64_t start_ns, last_ns;     /* begin; last byte in either direction */
    int status;                     /* < 0 = go on */
};

int xm_console_connect(const char *path, int *sock_out, struct ut_err *err)
{
    int rc = ut_io_unix_connect(path, sock_out, err);

    if (rc == UT_OK) return UT_OK;
    return ut_err_set(err, rc, "cannot connect to the console at %.200s: %s", path,
                      err && err->sys_errno ? strerror(err->sys_errno) : "nobody listens");
}

/* ---- terminal and signals: everything undone in leave() -------------------------------------- */

static int enter(struct console *c, struct ut_err *err)
{
    static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
    struct termios raw;
    sigset_t mask;

    sigemptyset(&mask);
    for (size_t i = 0; i < ARRAY_SIZE(sigs); i++)
        sigaddset(&mask, sigs[i]);
    sigprocmask(SIG_BLOCK, &mask, &c->old_mask);
    c->sig_fd = signalfd(-1, &mask, SFD_CLOEXEC);
    if (c->sig_fd < 0) return ut_err_sys(err, UT_ESYS, "signalfd");
    if (!isatty(c->cx->in_fd)) return UT_OK;
    if (tcgetattr(c->cx->in_fd, &c->old_tio) < 0) return ut_err_sys(err, UT_ESYS, "terminal");
    raw = c->old_tio;
    cfmakeraw(&raw);
    if (tcsetattr(c->cx->in_fd, TCSANOW, &raw) < 0) return ut_err_sys(err, UT_ESYS, "terminal");
    c->tty = true;
    if (!c->o->quiet)
        fputs("(console attached; press Ctrl-] to leave)\r\n", c->cx->err);
    return UT_OK;
}

static void leave(struct console *c)
{
    struct signalfd_siginfo si;
    int sig = 0;

    if (c->tty) {
        tcsetattr(c->cx->in_fd, TCSADRAIN, &c->old_tio);
        if (!c->o->quiet) fputc('\n', c->cx->err);
    }
    if (c->status == ENDED_BY_SIGNAL && read(c->sig_fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
        sig = (int)si.ssi_signo;
    if (c->sig_fd >= 0) close(c->sig_fd);
    sigprocmask(SIG_SETMASK, &c->old_mask, NULL);
    if (sig) raise(sig);            /* the terminal is itself again: die as if uncaught */
    if (c->have_until) regfree(&c->until);
    ut_buf_fini(&c->line);
    ut_buf_fini(&c->to_guest);
    close(c->sock);
}

/* ---- output of the guest --------------------------------------------------------------------- */

/* Does the line so far match? A carriage return at its end is not part of it. */
static void match_line(struct console *c)
{
    size_t len = c->line.len;
    char empty[1] = "", saved;
    char *data = len ? c->line.data : empty;

    while (len && data[len - 1] == '\r')
        len--;
    saved = data[len];
    data[len] = '\0';
    if (regexec(&c->until, data, 0, NULL, 0) == 0) c->status = XM_EXIT_OK;
    data[len] = saved;
}

/* Feed output to --until: complete lines one by one, then what there is of the last. */
static void match(struct console *c, const char *p, size_t len)
{
    const char *end = p + len;

    while (p < end && c->status < 0) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        const char *stop = nl ? nl : end;

        for (; p < stop; p++)
            if (*p) ut_buf_addc(&c->line, *p);
        if (c->line.len > MAX_LINE_BYTES)
            ut_buf_consume(&c->line, c->line.len - MAX_LINE_BYTES / 2);
        match_line(c);
        if (!nl) return;
        ut_buf_reset(&c->line);
        p++;
    }
}

static int from_guest(struct console *c, struct ut_err *err)
{
    char data[16384];
    ssize_t n = recv(c->sock, data, sizeof(data), MSG_DONTWAIT);
    int rc;

    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return UT_OK;
    if (n <= 0) {                   /* ECONNRESET is an end as well */
        c->status = c->have_until ? XM_EXIT_ENDED : XM_EXIT_OK;
        return UT_OK;
    }
    c->last_ns = ut_now_ns();
    if (c->replaying) return UT_OK;
    rc = ut_io_write_all(c->cx->out_fd, data, (size_t)n, err);
    if (rc) return rc;
    if (c->have_until) match(c, data, (size_t)n);
    return UT_OK;
}

/* ---- input ----------------------------------------------------------------------------------- */

static void send_input(struct console *c)
{
    ssize_t n = send(c->sock, c->to_guest.data, c->to_guest.len, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n > 0) ut_buf_consume(&c->to_guest, (size_t)n);
    if (n > 0) c->last_ns = ut_now_ns();
    /* a closed socket is seen by from_guest, after what is still in it was read */
    if (n < 0 && errno != EAGAIN && errno != EINTR) ut_buf_reset(&c->to_guest);
}

static int from_user(struct console *c, struct ut_err *err)
{
    char data[4096];
    ssize_t n = read(c->cx->in_fd, data, sizeof(data));
    const char *key;

    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return UT_OK;
    if (n <= 0) {
        c->in_eof = true;
        c->last_ns = ut_now_ns();
        if (c->tty) c->status = XM_EXIT_OK;     /* the terminal is gone */
        return UT_OK;
    }
    key = c->tty ? memchr(data, DETACH_KEY, (size_t)n) : NULL;
    if (key) {
        n = key - data;
        c->status = XM_EXIT_OK;
    }
    ut_buf_add(&c->to_guest, data, (size_t)n);
    if (c->to_guest.oom) return ut_err_set(err, UT_ENOMEM, "out of memory");
    send_input(c);
    return UT_OK;
}

/* ---- the loop -------------------------------------------------------------------------------- */

/* Milliseconds until the first of the time limits, -1 = none; 0 = one is over and status is set. */
static int check_limits(struct console *c)
{
    uint64_t now_ns = ut_now_ns(), next_ns = UINT64_MAX, end_ns;

    if (c->o->timeout_s.set) {
        next_ns = c->start_ns + c->o->timeout_s.v * 1000000000ull;
        if (now_ns >= next_ns) c->status = c->have_until ? XM_EXIT_TIMEOUT : XM_EXIT_OK;
    }
    if (c->o->idle_s.set && c->in_eof && !c->to_guest.len) {
        end_ns = c->last_ns + c->o->idle_s.v * 1000000000ull;
        if (now_ns >= end_ns && c->status < 0)
            c->status = c->have_until ? XM_EXIT_TIMEOUT : XM_EXIT_OK;
        if (end_ns < next_ns) next_ns = end_ns;
    }
    if (c->replaying) {
        end_ns = c->last_ns + QUIET_NS;
        if (now_ns >= end_ns || now_ns >= c->start_ns + REPLAY_MAX_NS) {
            c->replaying = false;
            return 0;
        }
        if (end_ns < next_ns) next_ns = end_ns;
    }
    if (c->status >= 0) return 0;
    if (next_ns == UINT64_MAX) return -1;
    next_ns = (next_ns - now_ns) / 1000000 + 1;
    return next_ns > 3600000 ? 3600000 : (int)next_ns;
}

static int loop(struct console *c, struct ut_err *err)
{
    int rc = UT_OK;

    while (rc == UT_OK && c->status == RUNNING) {
        bool want_input = !c->in_eof && !c->to_guest.len && !c->replaying;
        struct pollfd fds[3] = {
            { .fd = c->sock, .events = POLLIN },
            { .fd = want_input ? c->cx->in_fd : -1, .events = POLLIN },
            { .fd = c->sig_fd, .events = POLLIN },
        };
        int wait_ms = check_limits(c);

        if (c->status >= 0) break;
        if (c->to_guest.len) fds[0].events |= POLLOUT;
        if (poll(fds, 3, wait_ms) < 0) {
            if (errno == EINTR) continue;
            return ut_err_sys(err, UT_ESYS, "poll");
        }
        if (fds[2].revents) c->status = ENDED_BY_SIGNAL;
        if (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) rc = from_guest(c, err);
        if (rc == UT_OK && c->status == RUNNING && (fds[0].revents & POLLOUT)) send_input(c);
        if (rc == UT_OK && c->status == RUNNING && fds[1].revents) rc = from_user(c, err);
    }
    return rc;
}

int xm_console_run(struct xm_ctx *cx, int sock, const struct xm_console_opts *o, struct ut_err *err)
{
    struct console c = { .cx = cx, .o = o, .sock = sock, .sig_fd = -1, .status = RUNNING };
    char text[200];
    int rc;

    if (o->timeout_s.v > 1000000000 || o->idle_s.v > 1000000000) {
        close(sock);
        return ut_err_set(err, UT_EARG, "Invalid argument.");
    }
    if (o->until) {
        rc = regcomp(&c.until, o->until, REG_EXTENDED | REG_NOSUB);
        if (rc) {
            regerror(rc, &c.until, text, sizeof(text));
            close(sock);
            return ut_err_set(err, UT_EARG, "--until '%.100s': %s", o->until, text);
        }
        c.have_until = true;
    }
    fflush(cx->out);                /* from here on its descriptor is written to */
    c.start_ns = c.last_ns = ut_now_ns();
    c.replaying = o->only_new;
    rc = enter(&c, err);
    if (rc == UT_OK) rc = loop(&c, err);
    leave(&c);
    if (rc) return rc;
    return c.status < 0 ? XM_EXIT_ERROR : c.status;     /* an ignored signal ended it */
}

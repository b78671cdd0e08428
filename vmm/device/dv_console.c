/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dv_console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "ut_io.h"

#define RING          DV_CONSOLE_RING_BYTES
#define CHUNK         16384u
/* Output that comes in small pieces is handed on at once when there was a pause before it, and in
   batches of this length while it goes on: a few system calls a millisecond, not one a byte. */
#define BATCH_NS      UINT64_C(1000000)

enum kind { LOG, STDIO, PTY, VIEWER };
#define FIRST_VIEWER  ((unsigned)VIEWER)
#define NR_SINKS      (FIRST_VIEWER + DV_CONSOLE_MAX_VIEWERS)

/* A listener; slot LOG, STDIO and PTY are fixed. Everything but `tail` belongs to the loop. */
struct sink {
    struct dv_console *con;
    enum kind kind;
    int fd;                         /* -1 = free slot */
    struct dv_watch watch;
    uint64_t tail;                  /* next byte of the ring to hand out; under lock */
    bool waits;                     /* for EPOLLOUT */
    bool reads;                     /* still a source of input */
};

struct dv_console {
    struct dv_loop *loop;
    struct dv_console_config cfg;
    struct dv_watch listener, timer;
    struct dv_waker waker;
    struct sink sink[NR_SINKS];
    uint64_t pumped_ns;             /* when output was last handed out */
    _Atomic bool scheduled;         /* a pump will come; no need to poke */
    _Atomic bool urgent;            /* and it must not wait for the batch to fill */
    _Atomic bool input_taken;       /* room again in a queue that was full */

    pthread_mutex_t lock;           /* what follows, and the tails */
    pthread_cond_t room;
    uint64_t head;                  /* bytes ever put */
    bool refused;                   /* a put took less than offered */
    bool interrupted;
    bool input_full;
    size_t in_head, in_tail;        /* free running */
    char in[DV_CONSOLE_INPUT_BYTES];
    char ring[RING];
};

static bool reliable(const struct sink *s)
{
    return s->kind == LOG || s->kind == STDIO;
}

/* Bytes that can be put without loss for reliable listeners. Lock held. */
static size_t ring_room(const struct dv_console *con)
{
    uint64_t behind = 0;

    for (unsigned i = 0; i < FIRST_VIEWER; i++) {
        const struct sink *s = &con->sink[i];

        if (s->fd >= 0 && reliable(s) && con->head - s->tail > behind) behind = con->head - s->tail;
    }
    return behind < RING ? (size_t)(RING - behind) : 0;
}

/* Lock held; len <= RING. */
static void ring_write(struct dv_console *con, const char *text, size_t len)
{
    size_t at = (size_t)(con->head % RING), first = RING - at < len ? RING - at : len;

    memcpy(con->ring + at, text, first);
    memcpy(con->ring, text + first, len - first);
    con->head += len;
}

/* Copy what `s` has not seen, oldest lost if it was too slow. Lock held. Returns bytes. */
static size_t ring_read(struct dv_console *con, struct sink *s, char *text, size_t size)
{
    size_t len, at, first;

    if (con->head - s->tail > RING) s->tail = con->head - RING;
    len = (size_t)(con->head - s->tail);
    if (len > size) len = size;
    at = (size_t)(s->tail % RING);
    first = RING - at < len ? RING - at : len;
    memcpy(text, con->ring + at, first);
    memcpy(text + first, con->ring, len - first);
    return len;
}

static void sink_events(struct sink *s)
{
    bool in = s->reads && !s->con->input_full;

    dv_loop_mod(s->con->loop, &s->watch, (in ? EPOLLIN : 0u) | (s->waits ? EPOLLOUT : 0u));
}

static void sink_drop(struct sink *s)
{
    struct dv_console *con = s->con;
    int fd = s->fd;

    if (fd < 0) return;
    dv_loop_del(con->loop, &s->watch);
    pthread_mutex_lock(&con->lock);
    s->fd = -1;
    pthread_cond_broadcast(&con->room);
    pthread_mutex_unlock(&con->lock);
    close(fd);
    if (s->kind == STDIO && con->cfg.stdio_gone) con->cfg.stdio_gone(con->cfg.ctx);
}

/* Write what the listener has not seen until it is served or blocks. */
static void sink_pump(struct sink *s)
{
    struct dv_console *con = s->con;
    char text[CHUNK];

    while (s->fd >= 0 && !s->waits) {
        size_t len;
        ssize_t n;

        pthread_mutex_lock(&con->lock);
        len = ring_read(con, s, text, sizeof(text));
        pthread_mutex_unlock(&con->lock);
        if (!len) break;
        n = write(s->fd, text, len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN && s->kind != LOG) {
            s->waits = true;
            break;
        }
        if (n < 0 && s->kind != LOG) {
            sink_drop(s);
            return;
        }
        pthread_mutex_lock(&con->lock);
        s->tail += n < 0 ? len : (size_t)n;
        pthread_mutex_unlock(&con->lock);
    }
    if (s->fd >= 0) sink_events(s);
}

static void pump(struct dv_console *con)
{
    bool refused;

    atomic_store(&con->scheduled, false);
    atomic_store(&con->urgent, false);
    for (unsigned i = 0; i < NR_SINKS; i++) sink_pump(&con->sink[i]);
    con->pumped_ns = ut_now_ns();
    pthread_mutex_lock(&con->lock);
    refused = con->refused && ring_room(con) > 0;
    if (refused) con->refused = false;
    pthread_cond_broadcast(&con->room);
    pthread_mutex_unlock(&con->lock);
    if (refused && con->cfg.drained) con->cfg.drained(con->cfg.ctx);
}

/* ---- input ----------------------------------------------------------------------------------- */

/* Read from a listener into the queue. Returns false if the listener is gone. */
static bool sink_read(struct sink *s)
{
    struct dv_console *con = s->con;
    char text[DV_CONSOLE_INPUT_BYTES];
    size_t space;
    ssize_t n;

    pthread_mutex_lock(&con->lock);
    space = sizeof(con->in) - (con->in_head - con->in_tail);
    pthread_mutex_unlock(&con->lock);
    if (!space) return true;
    n = read(s->fd, text, space);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) {
        /* end of input: a viewer may still want to see the output */
        s->reads = false;
        sink_events(s);
        return s->kind != STDIO;
    }
    pthread_mutex_lock(&con->lock);
    for (ssize_t i = 0; i < n; i++) con->in[con->in_head++ % sizeof(con->in)] = text[i];
    con->input_full = con->in_head - con->in_tail == sizeof(con->in);
    pthread_mutex_unlock(&con->lock);
    if (con->cfg.input_ready) con->cfg.input_ready(con->cfg.ctx);
    return true;
}

static void refresh_events(struct dv_console *con)
{
    for (unsigned i = 0; i < NR_SINKS; i++)
        if (con->sink[i].fd >= 0) sink_events(&con->sink[i]);
}

static void sink_ready(void *ctx, uint32_t events)
{
    struct sink *s = ctx;
    struct dv_console *con = s->con;
    bool was_full = con->input_full, alive = true;

    if (events & EPOLLOUT) {
        s->waits = false;
        sink_pump(s);
        if (s->fd < 0) return;
        if (reliable(s)) pump(con);
        if (s->fd < 0) return;
    }
    if ((events & EPOLLIN) && s->reads) alive = sink_read(s);
    else if (events & (EPOLLHUP | EPOLLERR)) alive = false;
    if (!alive) sink_drop(s);
    if (con->input_full != was_full) refresh_events(con);
}

size_t dv_console_get(struct dv_console *con, char *text, size_t size_bytes)
{
    size_t n = 0;
    bool resume = false;

    pthread_mutex_lock(&con->lock);
    while (n < size_bytes && con->in_tail != con->in_head)
        text[n++] = con->in[con->in_tail++ % sizeof(con->in)];
    if (con->input_full && con->in_head - con->in_tail <= sizeof(con->in) / 2) resume = true;
    pthread_mutex_unlock(&con->lock);
    if (resume && !atomic_exchange(&con->input_taken, true)) dv_waker_poke(&con->waker);
    return n;
}

/* ---- output ---------------------------------------------------------------------------------- */

/* After a put: see that the loop hands it out, with as few system calls as possible. */
static void schedule(struct dv_console *con, bool urgent)
{
    if (!atomic_exchange(&con->scheduled, true)) dv_waker_poke(&con->waker);
    if (urgent && !atomic_exchange(&con->urgent, true)) dv_waker_poke(&con->waker);
}

size_t dv_console_put(struct dv_console *con, const char *text, size_t len)
{
    size_t room, taken = len;

    pthread_mutex_lock(&con->lock);
    room = con->interrupted ? RING : ring_room(con);
    if (taken > room) taken = room;
    ring_write(con, text, taken);
    if (taken < len) con->refused = true;
    room = ring_room(con);
    pthread_mutex_unlock(&con->lock);
    schedule(con, taken < len || room < RING / 2);
    return taken;
}

void dv_console_put_wait(struct dv_console *con, const char *text, size_t len)
{
    size_t taken = dv_console_put(con, text, len);

    while (taken < len) {
        pthread_mutex_lock(&con->lock);
        while (!con->interrupted && !ring_room(con)) pthread_cond_wait(&con->room, &con->lock);
        pthread_mutex_unlock(&con->lock);
        taken += dv_console_put(con, text + taken, len - taken);
    }
}

void dv_console_interrupt(struct dv_console *con, bool on)
{
    pthread_mutex_lock(&con->lock);
    con->interrupted = on;
    pthread_cond_broadcast(&con->room);
    pthread_mutex_unlock(&con->lock);
}

void dv_console_flush(struct dv_console *con, int timeout_ms)
{
    struct sink *s = &con->sink[STDIO];
    uint64_t end_ns = ut_now_ns() + (uint64_t)timeout_ms * 1000000u;

    pump(con);
    while (s->fd >= 0 && s->waits && ut_now_ns() < end_ns) {
        struct pollfd p = { .fd = s->fd, .events = POLLOUT };

        if (poll(&p, 1, timeout_ms) <= 0) break;
        s->waits = false;
        sink_pump(s);
    }
}

static void wake(void *ctx)
{
    struct dv_console *con = ctx;
    uint64_t now = ut_now_ns();

    if (atomic_exchange(&con->input_taken, false)) {
        pthread_mutex_lock(&con->lock);
        con->input_full = con->in_head - con->in_tail == sizeof(con->in);
        pthread_mutex_unlock(&con->lock);
        refresh_events(con);
    }
    if (!atomic_load(&con->scheduled)) return;
    if (atomic_load(&con->urgent) || now - con->pumped_ns >= BATCH_NS) {
        pump(con);
    } else {
        struct itimerspec it = { .it_value = { 0, (long)(BATCH_NS - (now - con->pumped_ns)) } };

        timerfd_settime(con->timer.fd, 0, &it, NULL);
    }
}

static void batch_over(void *ctx, uint32_t events)
{
    struct dv_console *con = ctx;
    uint64_t count;

    (void)events;
    (void)!read(con->timer.fd, &count, sizeof(count));
    if (atomic_load(&con->scheduled)) pump(con);
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static int sink_start(struct dv_console *con, unsigned slot, int fd, bool replay,
                      struct ut_err *err)
{
    struct sink *s = &con->sink[slot];
    int rc;

    s->waits = false;
    s->reads = s->kind != LOG;
    s->watch.fd = -1;
    if (s->kind != LOG) {
        rc = dv_loop_add(con->loop, &s->watch, fd, EPOLLIN, sink_ready, s, err);
        if (rc < 0) return rc;
    }
    pthread_mutex_lock(&con->lock);
    s->tail = !replay ? con->head : con->head > RING ? con->head - RING : 0;
    s->fd = fd;
    pthread_mutex_unlock(&con->lock);
    sink_pump(s);
    return UT_OK;
}

static void viewer_ready(void *ctx, uint32_t events)
{
    struct dv_console *con = ctx;
    struct ucred cred = { 0, (uid_t)-1, (gid_t)-1 };
    socklen_t len = sizeof(cred);
    unsigned slot = FIRST_VIEWER;
    int fd = accept4(con->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)events;
    if (fd < 0) return;
    while (slot < NR_SINKS && con->sink[slot].fd >= 0) slot++;
    (void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
    if (slot == NR_SINKS || (cred.uid != con->cfg.owner_uid && cred.uid != 0) ||
        sink_start(con, slot, fd, true, NULL) < 0)
        close(fd);
}

static int start_all(struct dv_console *con, struct ut_err *err)
{
    const int fds[FIRST_VIEWER] = { con->cfg.log_fd, con->cfg.stdio_fd, con->cfg.pty_fd };
    int rc, timer_fd;

    rc = dv_waker_init(&con->waker, con->loop, wake, con, err);
    if (rc < 0) return rc;
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (timer_fd < 0) return ut_err_sys(err, UT_ESYS, "console timer");
    rc = dv_loop_add(con->loop, &con->timer, timer_fd, EPOLLIN, batch_over, con, err);
    if (rc < 0) {
        close(timer_fd);
        return rc;
    }
    for (unsigned i = 0; i < FIRST_VIEWER; i++) {
        if (fds[i] < 0) continue;
        if (i != LOG && fcntl(fds[i], F_SETFL, fcntl(fds[i], F_GETFL) | O_NONBLOCK) < 0)
            return ut_err_sys(err, UT_ESYS, "console descriptor");
        rc = sink_start(con, i, fds[i], false, err);
        if (rc < 0) return rc;
    }
    if (con->cfg.listen_fd < 0) return UT_OK;
    return dv_loop_add(con->loop, &con->listener, con->cfg.listen_fd, EPOLLIN, viewer_ready, con,
                       err);
}

int dv_console_new(struct dv_loop *loop, const struct dv_console_config *cfg,
                   struct dv_console **con_out, struct ut_err *err)
{
    struct dv_console *con = calloc(1, sizeof(*con));
    int rc;

    if (!con) return ut_err_set(err, UT_ENOMEM, "console");
    con->loop = loop;
    con->cfg = *cfg;
    con->listener.fd = con->timer.fd = con->waker.watch.fd = -1;
    for (unsigned i = 0; i < NR_SINKS; i++) {
        con->sink[i].con = con;
        con->sink[i].kind = i < FIRST_VIEWER ? (enum kind)i : VIEWER;
        con->sink[i].fd = con->sink[i].watch.fd = -1;
    }
    pthread_mutex_init(&con->lock, NULL);
    pthread_cond_init(&con->room, NULL);
    rc = start_all(con, err);
    if (rc < 0) {
        con->cfg.stdio_gone = NULL;
        dv_console_free(con);
        return rc;
    }
    *con_out = con;
    return UT_OK;
}

void dv_console_free(struct dv_console *con)
{
    int timer_fd;

    if (!con) return;
    con->cfg.stdio_gone = NULL;
    for (unsigned i = 0; i < NR_SINKS; i++) sink_drop(&con->sink[i]);
    if (con->listener.fd >= 0) {
        dv_loop_del(con->loop, &con->listener);
        close(con->cfg.listen_fd);
    }
    timer_fd = con->timer.fd;
    dv_loop_del(con->loop, &con->timer);
    if (timer_fd >= 0) close(timer_fd);
    dv_waker_fini(&con->waker);
    pthread_cond_destroy(&con->room);
    pthread_mutex_destroy(&con->lock);
    free(con);
}

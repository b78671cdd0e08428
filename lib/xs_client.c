/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xs_client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "ut_io.h"

#define TIMEOUT_S 10

struct xs_client {
    int fd;
    uint32_t next_id;
    struct ut_buf out;              /* queued requests */
    unsigned nr_queued;
};

int xs_attach(int fd, struct xs_client **client_out, struct ut_err *err)
{
    const struct timeval tv = { TIMEOUT_S, 0 };
    struct xs_client *c = calloc(1, sizeof(*c));

    if (!c) {
        close(fd);
        return ut_err_set(err, UT_ENOMEM, "XenStore");
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
    c->fd = fd;
    *client_out = c;
    return UT_OK;
}

int xs_open(const char *socket_path, struct xs_client **client_out, struct ut_err *err)
{
    int fd, rc = ut_io_unix_connect(socket_path, &fd, err);

    return rc < 0 ? rc : xs_attach(fd, client_out, err);
}

void xs_close(struct xs_client *c)
{
    if (!c) return;
    close(c->fd);
    ut_buf_fini(&c->out);
    free(c);
}

int xs_fd(const struct xs_client *c)
{
    return c->fd;
}

/* ---- messages ------------------------------------------------------------------------------- */

static int error_code(int error)
{
    static const struct { int error, code; } codes[] = {
        { ENOENT, UT_ENOENT }, { EACCES, UT_EPERM }, { EEXIST, UT_EEXIST }, { EAGAIN, UT_EBUSY },
        { ENOSPC, UT_ELIMIT }, { E2BIG, UT_ELIMIT }, { ENOMEM, UT_ENOMEM }, { EROFS, UT_EPERM },
    };

    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        if (codes[i].error == error) return codes[i].code;
    return UT_EARG;
}

static int lost(struct ut_err *err)
{
    if (errno == EAGAIN) return ut_err_set(err, UT_ETIMEOUT, "XenStore does not answer");
    return ut_err_sys(err, UT_ECONN, "XenStore");
}

static int read_exactly(struct xs_client *c, void *data, size_t len, struct ut_err *err)
{
    size_t done = 0;

    while (done < len) {
        ssize_t n = recv(c->fd, (char *)data + done, len - done, 0);

        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return lost(err);
        if (n == 0) return ut_err_set(err, UT_ECONN, "XenStore has gone");
        done += (size_t)n;
    }
    return UT_OK;
}

/* The next answer; a refusal is an error with the store's word for it. */
static int receive(struct xs_client *c, struct ut_buf *reply, struct ut_err *err)
{
    char text[XS_PAYLOAD_MAX + 1];
    struct xs_hdr h;
    int rc;

    do {
        rc = read_exactly(c, &h, sizeof(h), err);
        if (rc < 0) return rc;
        if (h.len > XS_PAYLOAD_MAX) return ut_err_set(err, UT_ECONN, "XenStore sent nonsense");
        rc = read_exactly(c, text, h.len, err);
        if (rc < 0) return rc;
    } while (h.type == XS_WATCH_EVENT);
    text[h.len] = '\0';
    if (h.type == XS_ERROR)
        return ut_err_set(err, error_code(xs_error_number(text)), "XenStore: %.32s", text);
    if (reply) {
        ut_buf_reset(reply);
        ut_buf_add(reply, text, h.len);
        if (reply->oom) return ut_err_set(err, UT_ENOMEM, "XenStore");
    }
    return UT_OK;
}

static void put(struct xs_client *c, enum xs_type type, size_t len)
{
    struct xs_hdr h = { (uint32_t)type, ++c->next_id, 0, (uint32_t)len };

    ut_buf_add(&c->out, &h, sizeof(h));
    c->nr_queued++;
}

static int send_all(struct xs_client *c, struct ut_err *err)
{
    size_t done = 0;

    if (c->out.oom) return ut_err_set(err, UT_ENOMEM, "XenStore");
    while (done < c->out.len) {
        ssize_t n = send(c->fd, c->out.data + done, c->out.len - done, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return lost(err);
        done += (size_t)n;
    }
    return UT_OK;
}

int xs_flush(struct xs_client *c, struct ut_err *err)
{
    unsigned nr = c->nr_queued;
    int rc = send_all(c, err), first;

    c->nr_queued = 0;
    ut_buf_fini(&c->out);
    if (rc < 0) return rc;
    for (first = UT_OK; nr; nr--) {
        rc = receive(c, NULL, first == UT_OK ? err : NULL);
        if (first == UT_OK) first = rc;
        if (rc == UT_ECONN || rc == UT_ETIMEOUT) return rc;
    }
    return first;
}

int xs_call(struct xs_client *c, enum xs_type type, const void *payload, size_t len,
            struct ut_buf *reply, struct ut_err *err)
{
    int rc = c->nr_queued ? xs_flush(c, err) : UT_OK;

    if (rc < 0) return rc;
    put(c, type, len);
    ut_buf_add(&c->out, payload, len);
    rc = send_all(c, err);
    c->nr_queued = 0;
    ut_buf_fini(&c->out);
    return rc < 0 ? rc : receive(c, reply, err);
}

int xs_read(struct xs_client *c, const char *path, struct ut_buf *value, struct ut_err *err)
{
    return xs_call(c, XS_READ, path, strlen(path) + 1, value, err);
}

int xs_rm(struct xs_client *c, const char *path, struct ut_err *err)
{
    return xs_call(c, XS_RM, path, strlen(path) + 1, NULL, err);
}

/* ---- queued changes ------------------------------------------------------------------------- */

void xs_queue_write(struct xs_client *c, const char *path, const char *fmt, ...)
{
    struct ut_buf value = UT_BUF_INIT;
    va_list ap;

    va_start(ap, fmt);
    ut_buf_vaddf(&value, fmt, ap);
    va_end(ap);
    put(c, XS_WRITE, strlen(path) + 1 + value.len);
    ut_buf_add(&c->out, path, strlen(path) + 1);
    if (value.len) ut_buf_add(&c->out, value.data, value.len);
    c->out.oom |= value.oom;
    ut_buf_fini(&value);
}

void xs_queue_perms(struct xs_client *c, const char *path, const char *perms)
{
    size_t start;

    put(c, XS_SET_PERMS, strlen(path) + 1 + strlen(perms) + 1);
    ut_buf_add(&c->out, path, strlen(path) + 1);
    start = c->out.len;
    ut_buf_add(&c->out, perms, strlen(perms) + 1);
    for (size_t i = start; i < c->out.len; i++)
        if (c->out.data[i] == ',') c->out.data[i] = '\0';
}

void xs_queue_rm(struct xs_client *c, const char *path)
{
    put(c, XS_RM, strlen(path) + 1);
    ut_buf_add(&c->out, path, strlen(path) + 1);
}

/* ---- a guest's line ------------------------------------------------------------------------- */

int xs_introduce(struct xs_client *c, unsigned domid, uint64_t pfn, unsigned port, int fd,
                 struct ut_err *err)
{
    struct ut_buf text = UT_BUF_INIT;
    int rc = c->nr_queued ? xs_flush(c, err) : UT_OK;

    if (rc < 0) return rc;
    ut_buf_addf(&text, "%u%c%llu%c%u%c", domid, 0, (unsigned long long)pfn, 0, port, 0);
    put(c, XS_INTRODUCE, text.len);
    ut_buf_add(&c->out, text.data, text.len);
    if (c->out.oom || text.oom) rc = ut_err_set(err, UT_ENOMEM, "XenStore");
    else rc = ut_io_send_fds(c->fd, c->out.data, c->out.len, &fd, 1, err);
    c->nr_queued = 0;
    ut_buf_fini(&c->out);
    ut_buf_fini(&text);
    if (rc < 0) return ut_err_set(err, UT_ECONN, "XenStore has gone");
    return receive(c, NULL, err);
}

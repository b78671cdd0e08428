/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dv_blk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_THREADS 16u

struct dv_blk_pool {
    pthread_mutex_t lock;           /* everything below, and nr_busy of each disk */
    pthread_cond_t work, idle;
    struct dv_blk_req *first, **last;
    bool end;
    unsigned nr_threads;
    pthread_t thread[MAX_THREADS];
};

struct dv_blk {
    struct dv_blk_pool *pool;
    int fd;
    bool read_only;
    uint64_t size_bytes;
    char name[32];
    void *log_ctx;
    void (*log)(void *ctx, const char *text);
    unsigned nr_busy;               /* submitted, not done */
};

/* ---- one request --------------------------------------------------------------------------- */

static void tell(const struct dv_blk *blk, const char *what, uint64_t offset, const char *why)
{
    char text[160];

    if (!blk->log) return;
    snprintf(text, sizeof(text), "disk %s: %s at %llu: %s", blk->name, what,
             (unsigned long long)offset, why);
    blk->log(blk->log_ctx, text);
}

static ssize_t transfer(const struct dv_blk *blk, bool write, const struct iovec *iov,
                        unsigned nr_iov, uint64_t offset)
{
    ssize_t n;

    do n = write ? pwritev(blk->fd, iov, (int)nr_iov, (off_t)offset)
                 : preadv(blk->fd, iov, (int)nr_iov, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Everything of iov, also when the host does it in several portions. */
static bool transfer_all(const struct dv_blk *blk, const struct dv_blk_req *req, uint64_t bytes)
{
    const bool write = req->op == DV_BLK_WRITE;
    struct iovec rest[DV_BLK_MAX_IOV];
    unsigned nr = req->nr_iov, first = 0;
    uint64_t at = 0;

    memcpy(rest, req->iov, nr * sizeof(rest[0]));
    while (at < bytes) {
        ssize_t n = transfer(blk, write, rest + first, nr - first, req->offset + at);

        if (n <= 0) {
            /* 0: the file is shorter than it was */
            tell(blk, write ? "write" : "read", req->offset + at,
                 n < 0 ? strerrordesc_np(errno) : "the image has become shorter");
            return false;
        }
        at += (uint64_t)n;
        while (first < nr && (size_t)n >= rest[first].iov_len) n -= (ssize_t)rest[first++].iov_len;
        if (n > 0) {
            rest[first].iov_base = (char *)rest[first].iov_base + n;
            rest[first].iov_len -= (size_t)n;
        }
    }
    return true;
}

static bool flush(const struct dv_blk *blk)
{
    int r;

    do r = fdatasync(blk->fd);
    while (r < 0 && errno == EINTR);
    if (r < 0) tell(blk, "flush", 0, strerrordesc_np(errno));
    return r == 0;
}

/* DV_BLK_OK: the request may be carried out; *bytes_out is what it moves. */
static enum dv_blk_status check(const struct dv_blk *blk, const struct dv_blk_req *req,
                                uint64_t *bytes_out)
{
    uint64_t bytes = 0;

    *bytes_out = 0;
    if ((unsigned)req->op >= DV_BLK_NR_OPS) return DV_BLK_EINVAL;
    if (req->op == DV_BLK_FLUSH) return DV_BLK_OK;
    if (req->nr_iov > DV_BLK_MAX_IOV || (req->nr_iov && !req->iov)) return DV_BLK_EINVAL;
    if (req->op == DV_BLK_WRITE && blk->read_only) return DV_BLK_EROFS;
    if (req->offset > blk->size_bytes) return DV_BLK_ERANGE;
    for (unsigned i = 0; i < req->nr_iov; i++) {
        if (req->iov[i].iov_len > blk->size_bytes - req->offset - bytes) return DV_BLK_ERANGE;
        bytes += req->iov[i].iov_len;
    }
    *bytes_out = bytes;
    return DV_BLK_OK;
}

enum dv_blk_status dv_blk_run(struct dv_blk *blk, struct dv_blk_req *req)
{
    uint64_t bytes;
    bool ok;

    req->done_bytes = 0;
    req->status = check(blk, req, &bytes);
    if (req->status != DV_BLK_OK) return req->status;
    if (req->op == DV_BLK_FLUSH) ok = blk->read_only || flush(blk);
    else ok = transfer_all(blk, req, bytes);
    if (ok) req->done_bytes = bytes;
    else req->status = DV_BLK_EIO;
    return req->status;
}

/* ---- pool ---------------------------------------------------------------------------------- */

static void *worker(void *arg)
{
    struct dv_blk_pool *pool = arg;

    pthread_mutex_lock(&pool->lock);
    for (;;) {
        struct dv_blk_req *req = pool->first;
        struct dv_blk *blk;

        if (!req) {
            if (pool->end) break;
            pthread_cond_wait(&pool->work, &pool->lock);
            continue;
        }
        pool->first = req->next;
        if (!pool->first) pool->last = &pool->first;
        pthread_mutex_unlock(&pool->lock);
        blk = req->blk;
        (void)dv_blk_run(blk, req);
        req->done(req);             /* the request may be gone after that */
        pthread_mutex_lock(&pool->lock);
        if (--blk->nr_busy == 0) pthread_cond_broadcast(&pool->idle);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

int dv_blk_pool_new(unsigned nr_threads, struct dv_blk_pool **pool_out, struct ut_err *err)
{
    struct dv_blk_pool *pool;
    sigset_t all, old;
    int r = 0;

    if (!nr_threads || nr_threads > MAX_THREADS)
        return ut_err_set(err, UT_EARG, "%u threads for disks", nr_threads);
    pool = calloc(1, sizeof(*pool));
    if (!pool) return ut_err_set(err, UT_ENOMEM, "threads for disks");
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->idle, NULL);
    pool->last = &pool->first;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (!r && pool->nr_threads < nr_threads) {
        r = pthread_create(&pool->thread[pool->nr_threads], NULL, worker, pool);
        if (!r) pool->nr_threads++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (r) {
        dv_blk_pool_free(pool);
        errno = r;
        return ut_err_sys(err, UT_ESYS, "threads for disks");
    }
    *pool_out = pool;
    return UT_OK;
}

void dv_blk_pool_free(struct dv_blk_pool *pool)
{
    if (!pool) return;
    pthread_mutex_lock(&pool->lock);
    pool->end = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->nr_threads; i++) pthread_join(pool->thread[i], NULL);
    pthread_cond_destroy(&pool->idle);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void dv_blk_submit(struct dv_blk *blk, struct dv_blk_req *req)
{
    struct dv_blk_pool *pool = blk->pool;
    uint64_t bytes;

    req->done_bytes = 0;
    req->status = check(blk, req, &bytes);
    if (req->status != DV_BLK_OK || !pool) {
        if (req->status == DV_BLK_OK) (void)dv_blk_run(blk, req);
        req->done(req);
        return;
    }
    req->blk = blk;
    req->next = NULL;
    pthread_mutex_lock(&pool->lock);
    blk->nr_busy++;
    *pool->last = req;
    pool->last = &req->next;
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->lock);
}

void dv_blk_drain(struct dv_blk *blk)
{
    if (!blk->pool) return;
    pthread_mutex_lock(&blk->pool->lock);
    while (blk->nr_busy) pthread_cond_wait(&blk->pool->idle, &blk->pool->lock);
    pthread_mutex_unlock(&blk->pool->lock);
}

/* ---- disk ---------------------------------------------------------------------------------- */

static int examine(struct dv_blk *blk, struct ut_err *err)
{
    struct stat st;
    off_t end;
    int flags = fcntl(blk->fd, F_GETFL);

    if (flags < 0 || fstat(blk->fd, &st) < 0) return ut_err_sys(err, UT_ESYS, "disk %s", blk->name);
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return ut_err_set(err, UT_EFORMAT, "disk %s: neither a regular file nor a block device",
                          blk->name);
    if ((flags & O_ACCMODE) == O_WRONLY || (!blk->read_only && (flags & O_ACCMODE) != O_RDWR))
        return ut_err_set(err, UT_EPERM, "disk %s: the descriptor is not open for %s", blk->name,
                          blk->read_only ? "reading" : "writing");
    end = lseek(blk->fd, 0, SEEK_END);
    if (end < 0) return ut_err_sys(err, UT_ESYS, "disk %s: size", blk->name);
    blk->size_bytes = (uint64_t)end / DV_BLK_SECTOR_BYTES * DV_BLK_SECTOR_BYTES;
    if (!blk->size_bytes)
        return ut_err_set(err, UT_EFORMAT, "disk %s: smaller than a sector", blk->name);
    return UT_OK;
}

int dv_blk_new(struct dv_blk_pool *pool, const struct dv_blk_config *cfg, struct dv_blk **blk_out,
               struct ut_err *err)
{
    struct dv_blk *blk = calloc(1, sizeof(*blk));
    int rc;

    if (!blk) {
        close(cfg->fd);
        return ut_err_set(err, UT_ENOMEM, "disk");
    }
    blk->pool = pool;
    blk->fd = cfg->fd;
    blk->read_only = cfg->read_only;
    blk->log_ctx = cfg->ctx;
    blk->log = cfg->log;
    snprintf(blk->name, sizeof(blk->name), "%s", cfg->name ? cfg->name : "?");
    rc = examine(blk, err);
    if (rc < 0) {
        dv_blk_free(blk);
        return rc;
    }
    *blk_out = blk;
    return UT_OK;
}

void dv_blk_free(struct dv_blk *blk)
{
    if (!blk) return;
    dv_blk_drain(blk);
    close(blk->fd);
    free(blk);
}

uint64_t dv_blk_size_bytes(const struct dv_blk *blk)
{
    return blk->size_bytes;
}

bool dv_blk_read_only(const struct dv_blk *blk)
{
    return blk->read_only;
}

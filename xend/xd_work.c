/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xd_work.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
    struct xd_job *head, **tail;
};

struct xd_pool {
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    struct queue todo, finished;
    unsigned nr_busy;
    bool quit;
    int wake_fd;                    /* eventfd: finished is not empty */
    struct event *wake_event;
    unsigned nr_threads;
    pthread_t *threads;
};

static void queue_init(struct queue *q)
{
    q->head = NULL;
    q->tail = &q->head;
}

static void queue_put(struct queue *q, struct xd_job *job)
{
    job->next = NULL;
    *q->tail = job;
    q->tail = &job->next;
}

static struct xd_job *queue_get(struct queue *q)
{
    struct xd_job *job = q->head;

    if (!job) return NULL;
    q->head = job->next;
    if (!q->head) q->tail = &q->head;
    return job;
}

static void wake(struct xd_pool *pool)
{
    uint64_t one = 1;
    ssize_t n = write(pool->wake_fd, &one, sizeof(one));

    (void)n;                        /* a full counter means the loop is awake already */
}

static void *worker(void *arg)
{
    struct xd_pool *pool = arg;
    struct xd_job *job;

    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->todo.head && !pool->quit) pthread_cond_wait(&pool->work, &pool->lock);
        job = queue_get(&pool->todo);
        if (!job) break;
        pool->nr_busy++;
        pthread_mutex_unlock(&pool->lock);
        job->run(job);
        pthread_mutex_lock(&pool->lock);
        pool->nr_busy--;
        queue_put(&pool->finished, job);
        wake(pool);
        if (!pool->nr_busy && !pool->todo.head) pthread_cond_broadcast(&pool->idle);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    xd_pool_poll(arg);
}

unsigned xd_pool_poll(struct xd_pool *pool)
{
    struct xd_job *job;
    uint64_t count;
    unsigned nr = 0;
    ssize_t n = read(pool->wake_fd, &count, sizeof(count));

    (void)n;
    pthread_mutex_lock(&pool->lock);
    while ((job = queue_get(&pool->finished))) {
        pthread_mutex_unlock(&pool->lock);
        job->done(job);
        nr++;
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return nr;
}

/* Workers take no signals: they are the loop's. */
static int start_threads(struct xd_pool *pool, unsigned nr_threads, struct ut_err *err)
{
    sigset_t all, old;
    int r = 0;

    pool->threads = calloc(nr_threads, sizeof(*pool->threads));
    if (!pool->threads) return ut_err_set(err, UT_ENOMEM, "worker threads");
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    while (pool->nr_threads < nr_threads && r == 0) {
        r = pthread_create(&pool->threads[pool->nr_threads], NULL, worker, pool);
        if (r == 0) pool->nr_threads++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return r ? ut_err_set(err, UT_ESYS, "cannot start a worker thread") : UT_OK;
}

int xd_pool_new(struct event_base *base, unsigned nr_threads, struct xd_pool **pool_out,
                struct ut_err *err)
{
    struct xd_pool *pool = calloc(1, sizeof(*pool));
    int rc = UT_OK;

    *pool_out = NULL;
    if (!pool) return ut_err_set(err, UT_ENOMEM, "worker pool");
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->idle, NULL);
    queue_init(&pool->todo);
    queue_init(&pool->finished);
    pool->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pool->wake_fd < 0) rc = ut_err_sys(err, UT_ESYS, "eventfd");
    if (rc == UT_OK && base) {
        pool->wake_event = event_new(base, pool->wake_fd, EV_READ | EV_PERSIST, on_wake, pool);
        if (!pool->wake_event || event_add(pool->wake_event, NULL) < 0)
            rc = ut_err_set(err, UT_ENOMEM, "worker pool");
    }
    if (rc == UT_OK) rc = start_threads(pool, nr_threads, err);
    if (rc < 0) {
        xd_pool_free(pool);
        return rc;
    }
    *pool_out = pool;
    return UT_OK;
}

void xd_pool_drain(struct xd_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->nr_busy || pool->todo.head) pthread_cond_wait(&pool->idle, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

void xd_pool_free(struct xd_pool *pool)
{
    if (!pool) return;
    /* a done() may submit the next step of what it finished */
    do xd_pool_drain(pool);
    while (xd_pool_poll(pool));
    pthread_mutex_lock(&pool->lock);
    pool->quit = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->nr_threads; i++) pthread_join(pool->threads[i], NULL);
    if (pool->wake_event) event_free(pool->wake_event);
    if (pool->wake_fd >= 0) close(pool->wake_fd);
    pthread_cond_destroy(&pool->work);
    pthread_cond_destroy(&pool->idle);
    pthread_mutex_destroy(&pool->lock);
    free(pool->threads);
    free(pool);
}

void xd_pool_submit(struct xd_pool *pool, struct xd_job *job)
{
    pthread_mutex_lock(&pool->lock);
    queue_put(&pool->todo, job);
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->lock);
}

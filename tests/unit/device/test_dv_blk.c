/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dv_blk.h"

#define SIZE 65536u

struct fixture {
    struct dv_blk_pool *pool;
    struct dv_blk *blk;
    int fd;                         /* our view of the image */
    atomic_uint nr_log;
    char log[200];
};

static void take_log(void *ctx, const char *text)
{
    struct fixture *f = ctx;

    strncpy(f->log, text, sizeof(f->log) - 1);
    atomic_fetch_add(&f->nr_log, 1);
}

static void open_blk(struct fixture *f, size_t bytes, bool read_only, unsigned nr_threads)
{
    struct dv_blk_config cfg = { .read_only = read_only, .name = "sda", .ctx = f,
                                 .log = take_log };
    struct ut_err err = UT_ERR_INIT;

    memset(f, 0, sizeof(*f));
    f->fd = memfd_create("disk", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(f->fd >= 0);
    assert_int_equal(ftruncate(f->fd, (off_t)bytes), 0);
    cfg.fd = dup(f->fd);
    if (nr_threads) assert_int_equal(dv_blk_pool_new(nr_threads, &f->pool, &err), UT_OK);
    assert_int_equal(dv_blk_new(f->pool, &cfg, &f->blk, &err), UT_OK);
}

static void close_blk(struct fixture *f)
{
    dv_blk_free(f->blk);
    dv_blk_pool_free(f->pool);
    close(f->fd);
}

static enum dv_blk_status run(struct fixture *f, enum dv_blk_op op, void *data, size_t len,
                              uint64_t offset)
{
    struct iovec iov = { data, len };
    struct dv_blk_req req = { .op = op, .iov = &iov, .nr_iov = 1, .offset = offset };
    enum dv_blk_status status = dv_blk_run(f->blk, &req);

    assert_int_equal(status, req.status);
    assert_int_equal(req.done_bytes, status == DV_BLK_OK && op != DV_BLK_FLUSH ? len : 0);
    return status;
}

static void test_data(void **state)
{
    struct fixture f;
    char out[1024], in[1024], piece[3][500];
    struct iovec iov[] = { { piece[0], 100 }, { piece[1], 0 }, { piece[1], 424 },
                           { piece[2], 500 } };
    struct dv_blk_req req = { .op = DV_BLK_READ, .iov = iov, .nr_iov = 4, .offset = 512 };

    (void)state;
    open_blk(&f, SIZE + 100, false, 0);
    assert_int_equal(dv_blk_size_bytes(f.blk), SIZE);   /* whole sectors */
    for (size_t i = 0; i < sizeof(out); i++) out[i] = (char)(i * 7 + i / 256);
    assert_int_equal(run(&f, DV_BLK_WRITE, out, sizeof(out), 512), DV_BLK_OK);
    assert_int_equal(pread(f.fd, in, sizeof(in), 512), sizeof(in));
    assert_memory_equal(in, out, sizeof(in));
    assert_int_equal(dv_blk_run(f.blk, &req), DV_BLK_OK);
    assert_int_equal(req.done_bytes, 1024);
    assert_memory_equal(piece[0], out, 100);
    assert_memory_equal(piece[1], out + 100, 424);
    assert_memory_equal(piece[2], out + 524, 500);
    assert_int_equal(run(&f, DV_BLK_FLUSH, NULL, 0, 0), DV_BLK_OK);
    close_blk(&f);
}

static const struct {
    const char *what;
    int op;
    uint64_t offset;
    size_t len;
    enum dv_blk_status status;
} cases[] = {
    { "first sector", DV_BLK_READ, 0, 512, DV_BLK_OK },
    { "last sector", DV_BLK_WRITE, SIZE - 512, 512, DV_BLK_OK },
    { "nothing at the end", DV_BLK_READ, SIZE, 0, DV_BLK_OK },
    { "a byte too far", DV_BLK_WRITE, SIZE - 511, 512, DV_BLK_ERANGE },
    { "at the end", DV_BLK_READ, SIZE, 1, DV_BLK_ERANGE },
    { "the rest behind the last sector", DV_BLK_READ, SIZE, 100, DV_BLK_ERANGE },
    { "beyond it", DV_BLK_WRITE, SIZE + 512, 512, DV_BLK_ERANGE },
    { "wraps", DV_BLK_READ, UINT64_MAX - 100, 512, DV_BLK_ERANGE },
    { "negative", DV_BLK_WRITE, UINT64_C(1) << 63, 512, DV_BLK_ERANGE },
    { "no such operation", DV_BLK_NR_OPS, 0, 512, DV_BLK_EINVAL },
    { "no such operation either", -1, 0, 512, DV_BLK_EINVAL },
};

static void test_range(void **state)
{
    struct fixture f;
    char data[512] = "x";

    (void)state;
    open_blk(&f, SIZE + 100, false, 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (run(&f, (enum dv_blk_op)cases[i].op, data, cases[i].len, cases[i].offset) !=
            cases[i].status)
            fail_msg("%s", cases[i].what);
    assert_int_equal(lseek(f.fd, 0, SEEK_END), SIZE + 100);     /* never grows */
    assert_int_equal(f.nr_log, 0);      /* a guest's mistakes are not the log's business */
    close_blk(&f);
}

/* Lengths that only together go beyond the end, or beyond 64 bits; too many pieces. */
static void test_vectors(void **state)
{
    struct fixture f;
    char data[512];
    struct iovec two[] = { { data, 512 }, { data, 512 } };
    struct iovec wrap[] = { { data, SIZE_MAX }, { data, 2 } };
    struct iovec *many = calloc(DV_BLK_MAX_IOV + 1, sizeof(*many));
    struct dv_blk_req req = { .op = DV_BLK_READ, .iov = two, .nr_iov = 2, .offset = SIZE - 1023 };

    (void)state;
    assert_non_null(many);
    open_blk(&f, SIZE, false, 0);
    assert_int_equal(dv_blk_run(f.blk, &req), DV_BLK_ERANGE);
    req.offset--;
    assert_int_equal(dv_blk_run(f.blk, &req), DV_BLK_OK);
    req.iov = wrap;
    assert_int_equal(dv_blk_run(f.blk, &req), DV_BLK_ERANGE);
    for (unsigned i = 0; i <= DV_BLK_MAX_IOV; i++) many[i] = (struct iovec){ data, 16 };
    req = (struct dv_blk_req){ .op = DV_BLK_READ, .iov = many, .nr_iov = DV_BLK_MAX_IOV + 1 };
    assert_int_equal(dv_blk_run(f.blk, &req), DV_BLK_EINVAL);
    req.nr_iov--;
    assert_int_equal(dv_blk_run(f.blk, &req), DV_BLK_OK);
    req = (struct dv_blk_req){ .op = DV_BLK_READ, .nr_iov = 1 };
    assert_int_equal(dv_blk_run(f.blk, &req), DV_BLK_EINVAL);
    close_blk(&f);
    free(many);
}

static void test_read_only(void **state)
{
    struct fixture f;
    char data[512] = "changed";

    (void)state;
    open_blk(&f, SIZE, true, 0);
    assert_true(dv_blk_read_only(f.blk));
    assert_int_equal(run(&f, DV_BLK_WRITE, data, 512, 0), DV_BLK_EROFS);
    assert_int_equal(run(&f, DV_BLK_FLUSH, NULL, 0, 0), DV_BLK_OK);
    assert_int_equal(run(&f, DV_BLK_READ, data, 512, 0), DV_BLK_OK);
    assert_int_equal(data[0], 0);
    close_blk(&f);
}

/* What the host cannot do: an image that was cut under our feet, and one that lost its write
   permission. The disk goes on as far as it can. */
static void test_host_errors(void **state)
{
    struct fixture f;
    char data[512] = "x";

    (void)state;
    open_blk(&f, SIZE, false, 0);
    assert_int_equal(ftruncate(f.fd, 1000), 0);
    assert_int_equal(run(&f, DV_BLK_READ, data, 512, 4096), DV_BLK_EIO);
    assert_non_null(strstr(f.log, "disk sda: read at 4096: the image has become shorter"));
    assert_int_equal(run(&f, DV_BLK_READ, data, 512, 512), DV_BLK_EIO);     /* only half of it */
    assert_int_equal(run(&f, DV_BLK_READ, data, 512, 0), DV_BLK_OK);
    assert_int_equal(fcntl(f.fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
    assert_int_equal(run(&f, DV_BLK_WRITE, data, 512, 0), DV_BLK_EIO);
    assert_non_null(strstr(f.log, "disk sda: write at 0: "));
    assert_int_equal(run(&f, DV_BLK_READ, data, 512, 0), DV_BLK_OK);
    assert_int_equal(f.nr_log, 3);
    close_blk(&f);
}

static void test_memory_gone(void **state)
{
    struct fixture f;
    void *gone = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)state;
    assert_true(gone != MAP_FAILED);
    open_blk(&f, SIZE, false, 0);
    assert_int_equal(run(&f, DV_BLK_READ, gone, 512, 0), DV_BLK_EIO);
    assert_int_equal(run(&f, DV_BLK_WRITE, gone, 512, 0), DV_BLK_EIO);
    close_blk(&f);
    munmap(gone, 4096);
}

static void test_descriptors(void **state)
{
    struct { const char *path; int flags; bool read_only; int rc; } rows[] = {
        { "/dev/null", O_RDWR, false, UT_EFORMAT },
        { "/", O_RDONLY, true, UT_EFORMAT },
        { "/proc/self/exe", O_RDONLY, false, UT_EPERM },
        { "/proc/self/exe", O_RDONLY, true, UT_OK },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct dv_blk_config cfg = { .name = "sdb", .read_only = rows[i].read_only };
        struct ut_err err = UT_ERR_INIT;
        struct dv_blk *blk = NULL;
        int rc;

        cfg.fd = open(rows[i].path, rows[i].flags | O_CLOEXEC);
        assert_true(cfg.fd >= 0);
        rc = dv_blk_new(NULL, &cfg, &blk, &err);
        if (rc != rows[i].rc || (rc < 0 && !strstr(err.text, "disk sdb: ")))
            fail_msg("%s: %d, \"%s\"", rows[i].path, rc, err.text);
        if (rc < 0) assert_int_equal(fcntl(cfg.fd, F_GETFD), -1);   /* taken in any case */
        dv_blk_free(blk);
    }
}

static void test_empty(void **state)
{
    struct dv_blk_config cfg = { .fd = memfd_create("empty", MFD_CLOEXEC), .name = "sdc" };
    struct ut_err err = UT_ERR_INIT;
    struct dv_blk *blk;

    (void)state;
    assert_int_equal(ftruncate(cfg.fd, 511), 0);
    assert_int_equal(dv_blk_new(NULL, &cfg, &blk, &err), UT_EFORMAT);
    assert_string_equal(err.text, "disk sdc: smaller than a sector");
}

/* ---- asynchronous -------------------------------------------------------------------------- */

#define NR_REQS 200u

struct job {
    struct dv_blk_req req;
    struct iovec iov;
    unsigned char data[512];
    atomic_uint nr_done;
    struct fixture *f;
    unsigned index;
};

static void job_read(struct dv_blk_req *req)
{
    struct job *j = req->ctx;

    assert_int_equal(req->status, DV_BLK_OK);
    atomic_fetch_add(&j->nr_done, 1);
}

/* A write that ended is followed by a read of the same place, from within `done`. */
static void job_written(struct dv_blk_req *req)
{
    struct job *j = req->ctx;

    assert_int_equal(req->status, DV_BLK_OK);
    assert_int_equal(req->done_bytes, 512);
    atomic_fetch_add(&j->nr_done, 1);
    memset(j->data, 0, sizeof(j->data));
    req->op = DV_BLK_READ;
    req->done = job_read;
    dv_blk_submit(j->f->blk, req);
}

static void test_many(void **state)
{
    struct job *jobs = calloc(NR_REQS, sizeof(*jobs));
    struct fixture f;

    (void)state;
    assert_non_null(jobs);
    open_blk(&f, NR_REQS * 512, false, 4);
    for (unsigned i = 0; i < NR_REQS; i++) {
        struct job *j = &jobs[i];

        *j = (struct job){ .f = &f, .index = i, .iov = { j->data, 512 } };
        memset(j->data, (int)(i + 1), 512);
        j->req = (struct dv_blk_req){ .op = DV_BLK_WRITE, .iov = &j->iov, .nr_iov = 1,
                                      .offset = i * 512u, .done = job_written, .ctx = j };
        dv_blk_submit(f.blk, &j->req);
    }
    dv_blk_drain(f.blk);
    for (unsigned i = 0; i < NR_REQS; i++) {
        assert_int_equal(jobs[i].nr_done, 2);
        assert_int_equal(jobs[i].data[0], (unsigned char)(i + 1));
        assert_int_equal(jobs[i].data[511], (unsigned char)(i + 1));
    }
    close_blk(&f);
    free(jobs);
}

static void count_done(struct dv_blk_req *req)
{
    atomic_fetch_add((atomic_uint *)req->ctx, 1);
}

/* A refused request is told at once; freeing a disk waits for what is under way. */
static void test_end(void **state)
{
    atomic_uint nr = 0;
    char data[512];
    struct iovec iov = { data, sizeof(data) };
    struct dv_blk_req bad = { .op = DV_BLK_READ, .iov = &iov, .nr_iov = 1, .offset = SIZE,
                              .done = count_done, .ctx = &nr }, good[20];
    struct fixture f;

    (void)state;
    open_blk(&f, SIZE, false, 2);
    dv_blk_submit(f.blk, &bad);
    assert_int_equal(nr, 1);
    assert_int_equal(bad.status, DV_BLK_ERANGE);
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        good[i] = bad;
        good[i].op = i % 2 ? DV_BLK_FLUSH : DV_BLK_READ;
        good[i].offset = 0;
        dv_blk_submit(f.blk, &good[i]);
    }
    close_blk(&f);
    assert_int_equal(nr, 1 + ARRAY_SIZE(good));
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) assert_int_equal(good[i].status, DV_BLK_OK);
}

static void test_pool_limits(void **state)
{
    struct dv_blk_pool *pool;
    struct ut_err err = UT_ERR_INIT;

    (void)state;
    assert_int_equal(dv_blk_pool_new(0, &pool, &err), UT_EARG);
    assert_int_equal(dv_blk_pool_new(17, &pool, &err), UT_EARG);
    dv_blk_pool_free(NULL);
    dv_blk_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data),
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_host_errors),
        cmocka_unit_test(test_memory_gone),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_pool_limits),
    };

    return cmocka_run_group_tests_name("dv_blk", tests, NULL, NULL);
}

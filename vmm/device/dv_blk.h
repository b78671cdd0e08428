/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dv_blk: the block back end behind every face a disk has (simulator calls now; blkif and
 * virtio-blk need nothing else). A raw image: a regular file or a block device.
 *
 * A face checks what its guest asked for only as far as it must to build a request; range and
 * access are checked here. Whatever happens to a request happens to that request alone: it ends
 * with a status, and errors of the host are told to the log hook besides.
 *
 * Ownership: dv_blk_new takes the descriptor, also when it fails. Requests, their vectors and the
 *   memory these point to belong to the caller and must stay until `done` is called. A pool must
 *   outlive its disks.
 * Threads: any thread may call anything but the two _free functions. `done` runs in one of the
 *   pool's threads, or within dv_blk_submit for a request that is refused; it may submit.
 * Order: requests may overtake each other. A flush covers the writes that had ended before it was
 *   submitted; who needs a barrier waits.
 */
#ifndef VMM_DEVICE_DV_BLK_H
#define VMM_DEVICE_DV_BLK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>
#include "ut_err.h"

#define DV_BLK_SECTOR_BYTES 512u
#define DV_BLK_MAX_IOV      256u            /* pieces of one request */

struct dv_blk;
struct dv_blk_pool;

enum dv_blk_op { DV_BLK_READ, DV_BLK_WRITE, DV_BLK_FLUSH, DV_BLK_NR_OPS };

enum dv_blk_status {
    DV_BLK_OK,
    DV_BLK_EIO,                     /* the host could not do it; the log hook was told */
    DV_BLK_ERANGE,                  /* not within the disk */
    DV_BLK_EROFS,                   /* a write to a read-only disk */
    DV_BLK_EINVAL,                  /* no such operation, too many pieces */
};

struct dv_blk_req {
    enum dv_blk_op op;
    unsigned nr_iov;                /* at most DV_BLK_MAX_IOV; ignored for a flush */
    const struct iovec *iov;
    uint64_t offset;                /* bytes; need not be a multiple of the sector */
    void (*done)(struct dv_blk_req *req);
    void *ctx;                      /* the caller's */
    enum dv_blk_status status;      /* set before done */
    uint64_t done_bytes;            /* all of them, or 0 when the status is not DV_BLK_OK */
    struct dv_blk *blk;             /* dv_blk's own from here on */
    struct dv_blk_req *next;
};

struct dv_blk_config {
    int fd;                         /* readable; writable too unless read_only */
    bool read_only;
    const char *name;               /* for messages */
    void *ctx;
    void (*log)(void *ctx, const char *text);   /* any thread; may be NULL */
};

/** Threads that carry out submitted requests; they take no signals. Must be made before system
 *  calls are restricted. @nr_threads 1..16 */
int dv_blk_pool_new(unsigned nr_threads, struct dv_blk_pool **pool_out, struct ut_err *err);
/** Requests already submitted are carried out first. NULL is fine. */
void dv_blk_pool_free(struct dv_blk_pool *pool);

/** UT_EFORMAT: no regular file or block device, or smaller than a sector. UT_EPERM: the descriptor
 *  does not allow what is wanted. @pool may be NULL: then submitted requests run at once. */
int dv_blk_new(struct dv_blk_pool *pool, const struct dv_blk_config *cfg, struct dv_blk **blk_out,
               struct ut_err *err);
/** Waits for what was submitted. NULL is fine. */
void dv_blk_free(struct dv_blk *blk);

/** Whole sectors; a rest behind the last one is not part of the disk. */
uint64_t dv_blk_size_bytes(const struct dv_blk *blk);
bool dv_blk_read_only(const struct dv_blk *blk);

/** Start a request; `done` is called exactly once. */
void dv_blk_submit(struct dv_blk *blk, struct dv_blk_req *req);
/** Carry it out in the calling thread; `done` is not called. Returns the status. */
enum dv_blk_status dv_blk_run(struct dv_blk *blk, struct dv_blk_req *req);
/** Wait until nothing submitted is under way. Not from `done`. */
void dv_blk_drain(struct dv_blk *blk);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backend/vmm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "ut_path.h"

#define NEW_PREFIX ".new-"
#define BACKLOG    64

static int child_path(const struct xci__vmm *vm, const char *name, char *out, struct ut_err *err)
{
    return ut_path_join(out, vm->dom_dir, name, err);
}

static int id_path(const struct xci__vmm *vm, xci_domid_t domid, char *out, struct ut_err *err)
{
    char name[16];

    snprintf(name, sizeof(name), "%u", domid);
    return child_path(vm, name, out, err);
}

/* The lock between processes; close the descriptor to release it. < 0: code. */
static int lock_all(struct xci__vmm *vm, struct ut_err *err)
{
    char path[PATH_MAX];
    int fd, rc = child_path(vm, ".lock", path, err);

    if (rc < 0) return rc;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return ut_err_sys(err, UT_ESYS, "%s", path);
    while (flock(fd, LOCK_EX) < 0) {
        if (errno == EINTR) continue;
        rc = ut_err_sys(err, UT_ESYS, "lock %s", path);
        close(fd);
        return rc;
    }
    return fd;
}

/* Remove a folder and the files in it (there are no folders in there). */
static void remove_tree(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *de;

    if (dir) {
        while ((de = readdir(dir)))
            if (strcmp(de->d_name, ".") && strcmp(de->d_name, ".."))
                (void)unlinkat(dirfd(dir), de->d_name, 0);
        closedir(dir);
    }
    (void)rmdir(path);
}

/* Does a process hold the folder's lock? */
static bool in_use(const char *path)
{
    char pid_path[PATH_MAX];
    bool used;
    int fd;

    if (ut_path_join(pid_path, path, "pid", NULL) < 0) return true;
    fd = open(pid_path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return false;
    used = flock(fd, LOCK_EX | LOCK_NB) < 0;
    close(fd);
    return used;
}

/* What creators that were killed half-way left behind. Lock held. */
static void remove_unfinished(struct xci__vmm *vm)
{
    DIR *dir = opendir(vm->dom_dir);
    struct dirent *de;
    char path[PATH_MAX];

    if (!dir) return;
    while ((de = readdir(dir))) {
        if (strncmp(de->d_name, NEW_PREFIX, sizeof(NEW_PREFIX) - 1)) continue;
        if (child_path(vm, de->d_name, path, NULL) < 0 || in_use(path)) continue;
        remove_tree(path);
    }
    closedir(dir);
}

int xci__vmm_dir_init(struct xci__vmm *vm, struct ut_err *err)
{
    int fd, rc = ut_path_mkdirs(vm->dom_dir, 0700, err);

    if (rc < 0) return rc;
    fd = lock_all(vm, err);
    if (fd < 0) return fd;
    remove_unfinished(vm);
    close(fd);
    return UT_OK;
}

/* ---- allocation ---------------------------------------------------------------------------- */

static bool id_exists(struct xci__vmm *vm, xci_domid_t domid)
{
    char path[PATH_MAX];
    struct stat st;

    return id_path(vm, domid, path, NULL) < 0 || lstat(path, &st) == 0;
}

static xci_domid_t read_next(int fd)
{
    char text[16] = "";
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    unsigned long v = n > 0 ? strtoul(text, NULL, 10) : 0;

    return v >= XCI_DOMID_FIRST && v <= XCI_DOMID_MAX ? (xci_domid_t)v : XCI_DOMID_FIRST;
}

/* Ids go up and come round, so that one is not used again soon. Lock held. */
static int allocate(struct xci__vmm *vm, xci_domid_t wanted, xci_domid_t *domid_out,
                    struct ut_err *err)
{
    char path[PATH_MAX], text[16];
    xci_domid_t id, tries;
    int fd, len, rc;

    if (wanted != XCI_DOMID_ANY) {
        if (id_exists(vm, wanted))
            return ut_err_set(err, UT_EEXIST, "there is a domain with the id %u", wanted);
        *domid_out = wanted;
        return UT_OK;
    }
    rc = child_path(vm, ".next", path, err);
    if (rc < 0) return rc;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return ut_err_sys(err, UT_ESYS, "%s", path);
    id = read_next(fd);
    for (tries = 0; id_exists(vm, id) && tries < XCI_DOMID_MAX; tries++)
        id = id == XCI_DOMID_MAX ? XCI_DOMID_FIRST : id + 1;
    len = snprintf(text, sizeof(text), "%u\n", id == XCI_DOMID_MAX ? XCI_DOMID_FIRST : id + 1);
    rc = UT_OK;
    if (tries == XCI_DOMID_MAX)
        rc = ut_err_set(err, UT_ELIMIT, "no domain id is free");
    else if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) != len)
        rc = ut_err_sys(err, UT_ESYS, "%s", path);
    close(fd);
    *domid_out = id;
    return rc;
}

/* Listen in the folder; the way through its descriptor is short whatever the path is. */
static int listen_at(int dir_fd, const char *name, int type, int *fd_out, struct ut_err *err)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    int fd, rc;

    snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/%s", dir_fd, name);
    fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return ut_err_sys(err, UT_ESYS, "socket");
    if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, BACKLOG) < 0) {
        rc = ut_err_sys(err, UT_ESYS, "listen at %s", name);
        close(fd);
        return rc;
    }
    *fd_out = fd;
    return UT_OK;
}

static int make_sockets(struct xci__vmm_dir *dir, struct ut_err *err)
{
    int rc, dir_fd = open(dir->path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (dir_fd < 0) return ut_err_sys(err, UT_ESYS, "%s", dir->path);
    rc = listen_at(dir_fd, "ctl.sock", SOCK_SEQPACKET, &dir->ctl_fd, err);
    if (rc == UT_OK) rc = listen_at(dir_fd, "console.sock", SOCK_STREAM, &dir->console_fd, err);
    close(dir_fd);
    return rc;
}

/* Folder and lock; under the common lock, so that nobody takes it for an abandoned one in
   between. */
static int make_folder(struct xci__vmm *vm, struct xci__vmm_dir *dir, struct ut_err *err)
{
    char path[PATH_MAX];
    int rc = child_path(vm, NEW_PREFIX "XXXXXX", path, err);

    if (rc < 0) return rc;
    if (!mkdtemp(path)) return ut_err_sys(err, UT_ESYS, "%s", path);
    memcpy(dir->path, path, sizeof(path));
    rc = ut_path_join(path, dir->path, "pid", err);
    if (rc < 0) return rc;
    dir->lock_fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (dir->lock_fd < 0 || flock(dir->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return ut_err_sys(err, UT_ESYS, "%s", path);
    return UT_OK;
}

int xci__vmm_dir_new(struct xci__vmm *vm, xci_domid_t wanted, struct xci__vmm_dir *dir,
                     xci_domid_t *domid_out, struct ut_err *err)
{
    int rc, all = lock_all(vm, err);

    if (all < 0) return all;
    rc = allocate(vm, wanted, domid_out, err);
    if (rc == UT_OK) rc = make_folder(vm, dir, err);
    close(all);
    return rc == UT_OK ? make_sockets(dir, err) : rc;
}

int xci__vmm_dir_publish(struct xci__vmm *vm, struct xci__vmm_dir *dir, xci_domid_t domid,
                         pid_t pid, struct ut_err *err)
{
    char path[PATH_MAX], text[16];
    int len, all, rc = id_path(vm, domid, path, err);

    if (rc < 0) return rc;
    len = snprintf(text, sizeof(text), "%d\n", (int)pid);
    if (pwrite(dir->lock_fd, text, (size_t)len, 0) != len)
        return ut_err_sys(err, UT_ESYS, "%s/pid", dir->path);
    all = lock_all(vm, err);
    if (all < 0) return all;
    if (id_exists(vm, domid))
        rc = ut_err_set(err, UT_EEXIST, "there is a domain with the id %u", domid);
    else if (rename(dir->path, path) < 0)
        rc = ut_err_sys(err, UT_ESYS, "%s", path);
    else
        dir->path[0] = '\0';
    close(all);
    return rc;
}

void xci__vmm_dir_fini(struct xci__vmm *vm, struct xci__vmm_dir *dir)
{
    int *fds[] = { &dir->ctl_fd, &dir->console_fd, &dir->lock_fd };

    (void)vm;
    if (dir->path[0]) remove_tree(dir->path);
    dir->path[0] = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
        if (*fds[i] >= 0) close(*fds[i]);
        *fds[i] = -1;
    }
}

bool xci__vmm_dir_remove(struct xci__vmm *vm, xci_domid_t domid, unsigned wait_ms)
{
    char path[PATH_MAX];
    bool dead;
    int all;

    if (id_path(vm, domid, path, NULL) < 0) return true;
    /* the socket's end is seen a moment before the process has let go of its lock */
    for (unsigned ms = 0; (dead = !in_use(path)) == false && ms < wait_ms; ms++) usleep(1000);
    if (!dead) return false;
    all = lock_all(vm, NULL);
    if (all < 0) return true;
    if (!in_use(path)) remove_tree(path);
    close(all);
    return true;
}

static int by_id(const void *a, const void *b)
{
    xci_domid_t x = *(const xci_domid_t *)a, y = *(const xci_domid_t *)b;

    return x < y ? -1 : x > y;
}

int xci__vmm_dir_scan(struct xci__vmm *vm, xci_domid_t **ids_out, size_t *nr_out,
                      struct ut_err *err)
{
    DIR *dir = opendir(vm->dom_dir);
    struct ut_buf ids = UT_BUF_INIT;
    struct dirent *de;
    xci_domid_t id;
    char *end;

    if (!dir) return ut_err_sys(err, UT_ESYS, "%s", vm->dom_dir);
    while ((de = readdir(dir))) {
        if (de->d_name[0] < '1' || de->d_name[0] > '9') continue;
        id = (xci_domid_t)strtoul(de->d_name, &end, 10);
        if (!*end && id <= XCI_DOMID_MAX) ut_buf_add(&ids, &id, sizeof(id));
    }
    closedir(dir);
    *nr_out = ids.len / sizeof(id);
    *ids_out = (xci_domid_t *)(void *)ut_buf_take(&ids);
    if (*nr_out && !*ids_out) return ut_err_set(err, UT_ENOMEM, "list of domains");
    if (*nr_out) qsort(*ids_out, *nr_out, sizeof(id), by_id);
    return UT_OK;
}

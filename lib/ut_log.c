/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ut_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ut_buf.h"
#include "ut_io.h"

#define NR_OLD_FILES 5
#define COMPONENT_BYTES 32

/* The open file, shared by a logger and its children. */
struct file {
    pthread_mutex_t lock;
    int fd;
    bool own_fd;
    char *path;                     /* NULL unless it rotates */
    size_t rotate_bytes;
};

struct ut_log {
    struct file *file;
    bool own_file;
    enum ut_level level;
    char component[COMPONENT_BYTES];
};

static void file_free(struct file *f)
{
    if (!f) return;
    if (f->own_fd && f->fd >= 0) close(f->fd);
    pthread_mutex_destroy(&f->lock);
    free(f->path);
    free(f);
}

static struct file *file_new(int fd, bool own_fd)
{
    struct file *f = calloc(1, sizeof(*f));

    if (!f) return NULL;
    pthread_mutex_init(&f->lock, NULL);
    f->fd = fd;
    f->own_fd = own_fd;
    return f;
}

static int log_new(struct file *f, bool own_file, const char *component, enum ut_level level,
                   struct ut_log **log_out)
{
    struct ut_log *log = calloc(1, sizeof(*log));

    if (!log) return UT_ENOMEM;
    log->file = f;
    log->own_file = own_file;
    log->level = level;
    snprintf(log->component, sizeof(log->component), "%s", component ? component : "");
    *log_out = log;
    return UT_OK;
}

static int open_append(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

int ut_log_open(const char *path, const char *component, enum ut_level level, size_t rotate_bytes,
                struct ut_log **log_out, struct ut_err *err)
{
    bool to_stderr = strcmp(path, "-") == 0;
    int fd = to_stderr ? STDERR_FILENO : open_append(path);
    struct file *f;

    *log_out = NULL;
    if (fd < 0) return ut_err_sys(err, UT_ESYS, "cannot open the log %s", path);
    f = file_new(fd, !to_stderr);
    if (!f) {
        if (!to_stderr) close(fd);
        return ut_err_set(err, UT_ENOMEM, "logger");
    }
    if (!to_stderr && rotate_bytes) {
        f->path = strdup(path);
        f->rotate_bytes = f->path ? rotate_bytes : 0;
    }
    if (log_new(f, true, component, level, log_out) < 0) {
        file_free(f);
        return ut_err_set(err, UT_ENOMEM, "logger");
    }
    return UT_OK;
}

int ut_log_open_fd(int fd, const char *component, enum ut_level level, struct ut_log **log_out)
{
    struct file *f = file_new(fd, false);

    *log_out = NULL;
    if (!f) return UT_ENOMEM;
    if (log_new(f, true, component, level, log_out) < 0) {
        file_free(f);
        return UT_ENOMEM;
    }
    return UT_OK;
}

int ut_log_child(struct ut_log *parent, const char *component, struct ut_log **log_out)
{
    *log_out = NULL;
    return parent ? log_new(parent->file, false, component, parent->level, log_out) : UT_OK;
}

void ut_log_free(struct ut_log *log)
{
    if (!log) return;
    if (log->own_file) file_free(log->file);
    free(log);
}

void ut_log_set_level(struct ut_log *log, enum ut_level level)
{
    if (log) log->level = level;
}

int ut_log_fd(const struct ut_log *log)
{
    return log ? log->file->fd : -1;
}

/* PATH.4 -> PATH.5, ..., PATH -> PATH.1, then a new PATH. Failing is no reason to lose messages:
 * the old descriptor stays in use then. */
static void rotate(struct file *f)
{
    char from[PATH_MAX], to[PATH_MAX];
    int fd;

    for (int i = NR_OLD_FILES; i >= 1; i--) {
        if (i == 1)
            snprintf(from, sizeof(from), "%s", f->path);
        else
            snprintf(from, sizeof(from), "%s.%d", f->path, i - 1);
        snprintf(to, sizeof(to), "%s.%d", f->path, i);
        rename(from, to);
    }
    fd = open_append(f->path);
    if (fd < 0) return;
    /* keep the descriptor's number: children after a fork and ut_log_fd rely on it */
    dup3(fd, f->fd, O_CLOEXEC);
    close(fd);
}

static void add_escaped(struct ut_buf *b, const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '\n') ut_buf_adds(b, "\\n");
        else if (c == '\t') ut_buf_addc(b, '\t');
        else if (c < 0x20 || c == 0x7f) ut_buf_addf(b, "\\x%02x", c);
        else ut_buf_addc(b, (char)c);
    }
}

static void write_line(struct file *f, const struct ut_buf *line)
{
    struct stat st;

    pthread_mutex_lock(&f->lock);
    if (f->rotate_bytes && fstat(f->fd, &st) == 0 && st.st_size > 0 &&
        (size_t)st.st_size + line->len > f->rotate_bytes)
        rotate(f);
    ut_io_write_all(f->fd, line->data, line->len, NULL);
    pthread_mutex_unlock(&f->lock);
}

void ut_log_vmsg(struct ut_log *log, enum ut_level level, int domid, const char *fmt, va_list ap)
{
    static const char *const names[] = { "DEBUG", "INFO", "WARNING", "ERROR" };
    struct ut_buf text = UT_BUF_INIT, line = UT_BUF_INIT;
    int saved_errno = errno;
    time_t now = time(NULL);
    char stamp[32];
    struct tm tm;

    if (!log || level < log->level) return;
    localtime_r(&now, &tm);
    strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
    ut_buf_addf(&line, "[%s %d] %s (%s", stamp, (int)getpid(), names[level], log->component);
    if (domid >= 0) ut_buf_addf(&line, ":d%d", domid);
    ut_buf_adds(&line, ") ");
    ut_buf_vaddf(&text, fmt, ap);
    add_escaped(&line, ut_buf_str(&text));
    ut_buf_addc(&line, '\n');
    if (!line.oom) write_line(log->file, &line);
    ut_buf_fini(&text);
    ut_buf_fini(&line);
    errno = saved_errno;
}

void ut_log_msg(struct ut_log *log, enum ut_level level, int domid, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    ut_log_vmsg(log, level, domid, fmt, ap);
    va_end(ap);
}

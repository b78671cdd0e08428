/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the embedded hypervisor says about its host. */
#include "backend/vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ut_io.h"

#define DMESG_MAX_BYTES (1u << 20)      /* kept; what is older goes when it is read */

/* Number behind `key` in a "key : number" file of /proc; 0 if there is none. */
static double number_in(const char *path, const char *key)
{
    char line[256];
    double v = 0;
    FILE *f = fopen(path, "re");

    if (!f) return 0;
    while (fgets(line, sizeof(line), f)) {
        char *colon = strchr(line, ':');

        if (!colon || strncmp(line, key, strlen(key))) continue;
        v = strtod(colon + 1, NULL);
        break;
    }
    fclose(f);
    return v > 0 ? v : 0;
}

int xci__vmm_host_info(struct xci *xc, struct xci_host_info *info, struct ut_err *err)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    double cores = number_in("/proc/cpuinfo", "cpu cores");
    double siblings = number_in("/proc/cpuinfo", "siblings");

    (void)xc;
    (void)err;
    info->nr_cpus = cpus > 0 ? (unsigned)cpus : 1;
    info->nr_nodes = 1;
    info->cores_per_socket = cores >= 1 ? (unsigned)cores : info->nr_cpus;
    info->threads_per_core = cores >= 1 && siblings > cores ? (unsigned)(siblings / cores) : 1;
    info->cpu_khz = (uint32_t)(number_in("/proc/cpuinfo", "cpu MHz") * 1000);
    info->total_kib = (uint64_t)number_in("/proc/meminfo", "MemTotal");
    info->free_kib = (uint64_t)number_in("/proc/meminfo", "MemAvailable");
    info->xen_major = 4;
    info->xen_minor = 1;
    info->pagesize = XCI_PAGE_SIZE;
    snprintf(info->xen_extra, sizeof(info->xen_extra), ".6");
    snprintf(info->caps, sizeof(info->caps), "xen-3.0-ia64");
    snprintf(info->scheduler, sizeof(info->scheduler), "credit");
    snprintf(info->platform_params, sizeof(info->platform_params), "virt_start=0xf000000000000000");
    snprintf(info->changeset, sizeof(info->changeset), "xc-ia64 %s", XC_VERSION);
    snprintf(info->cc_compiler, sizeof(info->cc_compiler), "gcc version %s", __VERSION__);
    snprintf(info->machine, sizeof(info->machine), "ia64");
    snprintf(info->hw_caps, sizeof(info->hw_caps),
             "00000000:00000000:00000000:00000000:00000000:00000000:00000000:00000000");
    return UT_OK;
}

/* Last part of the log, from the start of a line. */
static char *tail_of(int fd, off_t size)
{
    size_t len = size > DMESG_MAX_BYTES ? DMESG_MAX_BYTES : (size_t)size;
    char *text = malloc(len + 1), *line;
    ssize_t n;

    if (!text) return NULL;
    n = pread(fd, text, len, size - (off_t)len);
    text[n > 0 ? n : 0] = '\0';
    if ((off_t)len < size && (line = strchr(text, '\n'))) memmove(text, line + 1, strlen(line));
    return text;
}

int xci__vmm_host_dmesg(struct xci *xc, bool clear, char **text_out, struct ut_err *err)
{
    struct xci__vmm *vm = xc->priv;
    int rc = UT_OK, fd = open(vm->dmesg_path, O_RDWR | O_CLOEXEC | O_CREAT, 0600);
    struct stat st;

    if (fd < 0) return ut_err_sys(err, UT_ESYS, "%s", vm->dmesg_path);
    if (fstat(fd, &st) < 0) {
        rc = ut_err_sys(err, UT_ESYS, "%s", vm->dmesg_path);
    } else {
        *text_out = tail_of(fd, st.st_size);
        if (!*text_out) rc = ut_err_set(err, UT_ENOMEM, "hypervisor log");
        else if (clear && ftruncate(fd, 0) < 0) rc = ut_err_sys(err, UT_ESYS, "%s", vm->dmesg_path);
    }
    close(fd);
    if (rc < 0) {
        free(*text_out);
        *text_out = NULL;
    }
    return rc;
}

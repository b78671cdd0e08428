/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/xd_dom0.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ut_buf.h"
#include "ut_io.h"
#include "xd.h"

#define MAX_STAT_BYTES (1u << 20)

/* /proc/stat: "cpu user nice system idle iowait irq softirq ..." in ticks, "btime SECONDS". */
static void read_stat(struct xci_domain_info *info)
{
    struct ut_buf text = UT_BUF_INIT;
    unsigned long long user, nice, sys, idle, wait, irq, soft, boot_s;
    long hz = sysconf(_SC_CLK_TCK);
    const char *btime;

    if (ut_io_read_file("/proc/stat", MAX_STAT_BYTES, &text, NULL) == UT_OK) {
        if (hz > 0 && sscanf(ut_buf_str(&text), "cpu %llu %llu %llu %llu %llu %llu %llu", &user,
                             &nice, &sys, &idle, &wait, &irq, &soft) == 7)
            info->cpu_time_ns = (user + nice + sys + irq + soft) * (1000000000ull /
                                (unsigned long long)hz);
        btime = strstr(ut_buf_str(&text), "\nbtime ");
        if (btime && sscanf(btime, " btime %llu", &boot_s) == 1) info->start_time_s = boot_s;
    }
    ut_buf_fini(&text);
}

void xd_dom0_info(struct xd *xd, struct xci_domain_info *info_out)
{
    struct xci_host_info host;

    memset(info_out, 0, sizeof(*info_out));
    info_out->running = true;
    if (xci_host_info(xd->xc, &host, NULL) == UT_OK) {
        info_out->nr_vcpus = info_out->nr_online = host.nr_cpus;
        info_out->memory_kib = host.total_kib;
    }
    read_stat(info_out);
}

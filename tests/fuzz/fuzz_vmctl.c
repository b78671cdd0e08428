/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control messages and the guest's console ring. First byte: which of the two; second: descriptors
 * attached (their number only). Whatever passes the checks must be within what the table promises.
 */
#include <stdlib.h>
#include <string.h>

#include "dv_xencons.h"
#include "vp_domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int ok)
{
    if (!ok) abort();
}

static void message(const uint8_t *data, size_t size, unsigned nr_fds)
{
    struct vmctl_msg *m = calloc(1, sizeof(*m));
    size_t room = sizeof(m->hdr) + sizeof(m->u);

    must(m != NULL);
    if (size >= sizeof(m->hdr)) {
        memcpy(&m->hdr, data, sizeof(m->hdr));
        memcpy(&m->u, data + sizeof(m->hdr), (size < room ? size : room) - sizeof(m->hdr));
    }
    m->nr_fds = nr_fds;
    for (int side = VMCTL_FROM_CLIENT; side <= VMCTL_FROM_DOMAIN; side++) {
        struct ut_err err = UT_ERR_INIT;
        int rc = vmctl_check(m, size, nr_fds, (enum vmctl_side)side, &err);

        must((rc == UT_OK) == (err.text[0] == '\0'));
        if (rc < 0) continue;
        must(m->hdr.type < VMCTL_NR_TYPES && nr_fds <= VMCTL_MAX_FDS);
        if (m->hdr.type != VMCTL_START || vp_start_check(m, &err) < 0) continue;
        must(m->u.start.nr_vcpus >= 1 && m->u.start.nr_vcpus <= VMCTL_MAX_VCPUS);
        must(m->u.start.console_pfn < m->u.start.nr_pages);
        must(strlen(m->u.start.cmdline) < VMCTL_CMDLINE_MAX);
    }
    free(m);
}

static void nobody(void *ctx)
{
    (void)ctx;
}

/* The last 3 KiB and four words of the page are what the guest wrote. */
static void ring(const uint8_t *data, size_t size)
{
    const struct dv_console_config cfg = { .listen_fd = -1, .log_fd = -1, .pty_fd = -1,
                                           .stdio_fd = -1 };
    uint8_t *page = calloc(1, 16384);
    struct dv_loop *loop;
    struct dv_console *con;
    struct dv_xencons *xc;

    must(page && dv_loop_new(&loop, NULL) == UT_OK);
    must(dv_console_new(loop, &cfg, &con, NULL) == UT_OK);
    must(dv_xencons_new(con, page, nobody, NULL, &xc, NULL) == UT_OK);
    for (size_t at = 0; at + 16 <= size; at += 16) {
        memcpy(page + 0xc00, data + at, 16);
        dv_xencons_sync(xc);
        must(dv_loop_step(loop, 0, NULL) == UT_OK);
    }
    for (size_t i = 0xc10; i < 16384; i++) must(page[i] == 0);
    dv_xencons_free(xc);
    dv_console_free(con);
    dv_loop_free(loop);
    free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    if (data[0] & 1) ring(data + 2, size - 2 > 4096 ? 4096 : size - 2);
    else message(data + 2, size - 2, data[1] % 24);
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmctl.h"

static int nr_open(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(dir);
    while (readdir(dir)) n++;
    closedir(dir);
    return n;
}

static void make_pair(int pair[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
}

static void send_raw(int sock, const void *data, size_t len, unsigned nr_fds)
{
    char space[CMSG_SPACE(32 * sizeof(int))] __attribute__((aligned(8))) = { 0 };
    struct iovec iov = { (void *)(uintptr_t)data, len };
    struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
    int fds[32];

    if (nr_fds) {
        struct cmsghdr *cm;

        mh.msg_control = space;
        mh.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
        cm = CMSG_FIRSTHDR(&mh);
        cm->cmsg_level = SOL_SOCKET;
        cm->cmsg_type = SCM_RIGHTS;
        cm->cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
        for (unsigned i = 0; i < nr_fds; i++) fds[i] = sock;
        memcpy(CMSG_DATA(cm), fds, nr_fds * sizeof(int));
    }
    assert_int_equal(sendmsg(sock, &mh, 0), (ssize_t)len);
}

static void test_round_trip(void **state)
{
    struct ut_err err = UT_ERR_INIT;
    struct vmctl_msg m, got;
    int pair[2], before = nr_open();

    (void)state;
    make_pair(pair);
    vmctl_init(&m, VMCTL_HELLO, 7);
    m.u.hello.domid = 42;
    m.fd[0] = pair[0];
    m.nr_fds = 1;
    assert_int_equal(vmctl_send(pair[0], &m, &err), UT_OK);
    assert_int_equal(vmctl_recv(pair[1], VMCTL_FROM_DOMAIN, &got, &err), 1);
    assert_int_equal(got.hdr.type, VMCTL_HELLO);
    assert_int_equal(got.hdr.id, 7);
    assert_int_equal(got.u.hello.domid, 42);
    assert_int_equal(got.nr_fds, 1);
    assert_true(fcntl(got.fd[0], F_GETFD) & FD_CLOEXEC);
    vmctl_close_fds(&got);
    assert_int_equal(vmctl_recv(pair[1], VMCTL_FROM_DOMAIN, &got, &err), UT_EBUSY);
    close(pair[0]);
    assert_int_equal(vmctl_recv(pair[1], VMCTL_FROM_DOMAIN, &got, &err), 0);
    assert_int_equal(vmctl_send(pair[1], &m, &err), UT_ECONN);
    close(pair[1]);
    assert_int_equal(nr_open(), before);
}

static void test_sender_is_known(void **state)
{
    struct vmctl_msg m, got;
    int pair[2], on = 1;

    (void)state;
    make_pair(pair);
    assert_int_equal(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
    vmctl_init(&m, VMCTL_PAUSE, 1);
    assert_int_equal(vmctl_send(pair[0], &m, NULL), UT_OK);
    assert_int_equal(vmctl_recv(pair[1], VMCTL_FROM_CLIENT, &got, NULL), 1);
    assert_int_equal(got.sender_pid, getpid());
    close(pair[0]);
    close(pair[1]);
}

#define HDR(type, body) { VMCTL_VERSION, type, body, 1 }

static const struct {
    const char *what;
    struct vmctl_hdr hdr;
    size_t len;                     /* bytes sent */
    unsigned nr_fds;
    const char *says;
} hostile[] = {
    { "shorter than a header", HDR(VMCTL_PAUSE, 4), 5, 0, "no header" },
    { "header only", HDR(VMCTL_PAUSE, 4), 12, 0, "12 bytes" },
    { "body too short", HDR(VMCTL_PAUSE, 4), 15, 0, "15 bytes" },
    { "body too long", HDR(VMCTL_PAUSE, 4), 17, 0, "17 bytes" },
    { "length lies", HDR(VMCTL_PAUSE, 400), 16, 0, "PAUSE" },
    { "length is huge", HDR(VMCTL_PAUSE, UINT32_MAX), 16, 0, "PAUSE" },
    { "packet is huge", HDR(VMCTL_PAUSE, 4), 20000, 0, "too long" },
    { "type 0", HDR(0, 4), 16, 0, "unknown message type 0" },
    { "type beyond the table", HDR(VMCTL_NR_TYPES, 4), 16, 0, "unknown" },
    { "type 65535", HDR(65535, 4), 16, 0, "unknown message type 65535" },
    { "another version", { 9, VMCTL_PAUSE, 4, 1 }, 16, 0, "version 9" },
    { "wrong direction", HDR(VMCTL_REPLY, sizeof(struct vmctl_reply)),
      sizeof(struct vmctl_hdr) + sizeof(struct vmctl_reply), 0, "not for this side" },
    { "descriptors on a plain request", HDR(VMCTL_PAUSE, 4), 16, 1, "1 descriptors" },
    { "START without descriptors", HDR(VMCTL_START, sizeof(struct vmctl_start)),
      sizeof(struct vmctl_hdr) + sizeof(struct vmctl_start), 0, "0 descriptors" },
    { "START with too many", HDR(VMCTL_START, sizeof(struct vmctl_start)),
      sizeof(struct vmctl_hdr) + sizeof(struct vmctl_start), 12, "12 descriptors" },
    { "far too many descriptors", HDR(VMCTL_PAUSE, 4), 16, 32, "" },
};

static void test_hostile(void **state)
{
    char *packet = calloc(1, 20000);

    (void)state;
    assert_non_null(packet);
    for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
        struct ut_err err = UT_ERR_INIT;
        struct vmctl_msg got;
        int pair[2], before = nr_open(), rc;

        make_pair(pair);
        memcpy(packet, &hostile[i].hdr, sizeof(hostile[i].hdr));
        send_raw(pair[0], packet, hostile[i].len, hostile[i].nr_fds);
        rc = vmctl_recv(pair[1], VMCTL_FROM_CLIENT, &got, &err);
        if (rc != UT_EPROTO || !strstr(err.text, hostile[i].says))
            fail_msg("%s: %d, \"%s\"", hostile[i].what, rc, err.text);
        for (unsigned f = 0; f < VMCTL_MAX_FDS; f++) assert_int_equal(got.fd[f], -1);
        close(pair[0]);
        close(pair[1]);
        assert_int_equal(nr_open(), before);        /* nothing of it stays open */
    }
    free(packet);
}

/* Every bit pattern of a short packet is either a message of the table or an error. */
static void test_random(void **state)
{
    struct { struct vmctl_hdr hdr; char body[64]; } p;
    unsigned seed = 1, accepted = 0;
    int pair[2];

    (void)state;
    make_pair(pair);
    for (int i = 0; i < 20000; i++) {
        struct vmctl_msg got;
        int rc;

        for (size_t b = 0; b < sizeof(p); b++) ((char *)&p)[b] = (char)rand_r(&seed);
        if (i & 1) p.hdr.version = VMCTL_VERSION;
        if (i & 2) p.hdr.type %= VMCTL_NR_TYPES + 1;
        if (i & 4) p.hdr.body_bytes = 4;
        send_raw(pair[0], &p, i & 8 ? 16 : 1 + (size_t)rand_r(&seed) % sizeof(p), 0);
        rc = vmctl_recv(pair[1], VMCTL_FROM_CLIENT, &got, NULL);
        assert_true(rc == 1 || rc == UT_EPROTO);
        if (rc != 1) continue;
        accepted++;
        assert_true(got.hdr.type >= VMCTL_SUBSCRIBE && got.hdr.type <= VMCTL_SYSRQ);
    }
    assert_true(accepted > 100);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_sender_is_known),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hypercalls: one case per number and, where there are structures, per command. */
#include "hvt.h"

static int setup(void **state) { *state = hvt_new(2); return 0; }
static int teardown(void **state) { hvt_free(*state); return 0; }

/* ---- numbers that only have a result ------------------------------------------------------- */

static const struct { const char *what; uint64_t nr, a0, a1, a2; int64_t want; } plain[] = {
    { "mmu_update is not there", 1, 0, 0, 0, HV_ENOSYS },
    { "number 0", 0, 0, 0, 0, HV_ENOSYS },
    { "number 63", 63, 0, 0, 0, HV_ENOSYS },
    { "update_va_mapping", 14, 0, 0, 0, HV_ENOSYS },
    { "platform_op is privileged", 7, 0, 0, 0, HV_EPERM },
    { "domctl is privileged", 36, 0, 0, 0, HV_EPERM },
    { "version", 17, 0, 0, 0, 0x40001 },
    { "version, RHEL5 style NULL", 17, 0, T_INLINE(0), 0, 0x40001 },
    { "page size", 17, 7, 0, 0, 16384 },
    { "extraversion into NULL", 17, 1, 0, 0, HV_EFAULT },
    { "xen_version unknown", 17, 99, 0, 0, HV_ENOSYS },
    { "memory: maximum_ram_page", 12, 2, 0, 0, T_PAGES - 1 },
    { "memory: machine map", 12, 10, 0, 0, HV_EPERM },
    { "memory: add_to_physmap", 12, 7, 0, 0, HV_ENOSYS },
    { "sched: yield", 29, 0, 0, 0, 0 },
    { "sched: remote_shutdown", 29, 4, 0, 0, HV_EPERM },
    { "sched: unknown", 29, 77, 0, 0, HV_ENOSYS },
    { "sched: shutdown without reason", 29, 2, 0, 0, HV_EFAULT },
    { "vcpu 64", 24, 3, 64, 0, HV_EINVAL },
    { "vcpu 2 of 2", 24, 3, 2, 0, HV_ENOENT },
    { "vcpu 0 is up", 24, 3, 0, 0, 1 },
    { "vcpu 1 is down", 24, 3, 1, 0, 0 },
    { "vcpu 1 cannot go up uninitialised", 24, 1, 1, 0, HV_EINVAL },
    { "vcpu_op unknown", 24, 13, 0, 0, HV_ENOSYS },
    { "evtchn unknown", 32, 11, T_INLINE(T_DATA), 0, HV_ENOSYS },
    { "evtchn bad handle", 32, 4, 0, 0, HV_EFAULT },
    { "gnttab unknown", 20, 8, T_INLINE(T_DATA), 1, HV_ENOSYS },
    { "gnttab setup with two", 20, 2, T_INLINE(T_DATA), 2, HV_EINVAL },
    { "gnttab huge count", 20, 0, T_INLINE(T_DATA), UINT64_MAX, HV_EINVAL },
    { "multicall huge count", 13, T_INLINE(T_DATA), UINT64_MAX, 0, HV_EINVAL },
    { "callback unregister", 30, 1, T_INLINE(T_DATA), 0, HV_EINVAL },
    { "physdev apic_read", 33, 8, 0, 0, HV_EPERM },
    { "physdev unknown", 33, 1, 0, 0, HV_ENOSYS },
    { "phystomach is identity", 48, 1, 0x123, 0, 0x123 },
    { "expose_p2m", 48, 7, 0, 0, HV_ENOSYS },
    { "dom0vp unknown", 48, 2, 0, 0, -1 },
    { "console read", 18, 1, 10, T_INLINE(T_DATA), 0 },
    { "console write from nowhere", 18, 0, 10, 0, HV_EFAULT },
};

static void test_plain(void **state)
{
    struct hvt *t = *state;

    for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
        int64_t rc = hvt_call(t, plain[i].nr, plain[i].a0, plain[i].a1, plain[i].a2);

        if (rc != plain[i].want)
            fail_msg("%s: %lld, not %lld", plain[i].what, (long long)rc, (long long)plain[i].want);
        assert_behind(t);
    }
    assert_int_equal(t->nr_shutdown, 0);
}

static void test_user_break_is_no_hypercall(void **state)
{
    struct hvt *t = *state;

    em_set_psr(t->cpu, em_psr(t->cpu) | EM_PSR_CPL);
    hvt_gr(t, 2, 17);
    assert_int_equal(hvt_break(t, HV_BREAK_HYPERCALL), EM_R_DELIVER);
    assert_int_equal(hvt_break(t, 0x19), EM_R_DELIVER);
    assert_int_equal(hvt_break(t, HV_BREAK_SSC), EM_R_DELIVER);
}

static void test_version_structures(void **state)
{
    struct hvt *t = *state;
    struct { uint32_t index, map; } f = { 0, 0 };
    uint64_t virt_start = 0;
    char caps[1024];

    assert_int_equal(hvt_op(t, 17, 6, &f, sizeof(f)), 0);
    assert_int_equal(f.map, 5);
    f.index = 1;
    assert_int_equal(hvt_op(t, 17, 6, &f, sizeof(f)), HV_EINVAL);
    memset(caps, 0, sizeof(caps));
    assert_int_equal(hvt_op(t, 17, 3, caps, sizeof(caps)), 0);
    assert_string_equal(caps, "xen-3.0-ia64 xen-3.0-ia64be ");
    assert_int_equal(hvt_op(t, 17, 5, &virt_start, sizeof(virt_start)), 0);
    assert_true(virt_start == HV_VIRT_START);
}

/* ---- xencomm ------------------------------------------------------------------------------- */

static void test_xencomm_list(void **state)
{
    struct hvt *t = *state;
    const uint64_t desc = 0x90000;
    struct { uint32_t magic, nr; uint64_t gpa[4]; } d = { 0x58434f4d, 2, { 0xa0000 - 6, 0xc0000 } };
    char want[16] = ".6";

    memcpy(t->mem + desc, &d, sizeof(d));
    memset(t->mem + 0xa0000 - 6, 0x55, 6);
    memset(t->mem + 0xc0000, 0x55, 16);
    assert_int_equal(hvt_call(t, 17, 1, desc, 0), 0);           /* 6 bytes, then 10 elsewhere */
    assert_memory_equal(t->mem + 0xa0000 - 6, want, 6);
    assert_memory_equal(t->mem + 0xc0000, want + 6, 10);
    assert_int_equal(t->mem[0xc0000 + 10], 0x55);
    d.nr = 1;
    memcpy(t->mem + desc, &d, sizeof(d));
    assert_int_equal(hvt_call(t, 17, 1, desc, 0), HV_EFAULT);   /* the list is too short */
    d.gpa[0] = UINT64_MAX;
    memcpy(t->mem + desc, &d, sizeof(d));
    assert_int_equal(hvt_call(t, 17, 1, desc, 0), HV_EFAULT);
    d.magic++;
    d.gpa[0] = 0xa0000;
    memcpy(t->mem + desc, &d, sizeof(d));
    assert_int_equal(hvt_call(t, 17, 1, desc, 0), HV_EFAULT);
    assert_int_equal(hvt_call(t, 17, 1, desc + 4, 0), HV_EFAULT);
    assert_int_equal(hvt_call(t, 17, 1, T_INLINE(T_RAM - 8), 0), HV_EFAULT);
    assert_int_equal(hvt_call(t, 17, 1, T_INLINE(T_RAM - 16), 0), 0);
}

/* ---- event channels ------------------------------------------------------------------------ */

static unsigned nr_sent;
static void backend_sent(void *ctx, unsigned port)
{
    *(unsigned *)ctx = port;
    nr_sent++;
}

static void test_store_and_console_ports(void **state)
{
    struct hvt *t = *state;
    struct ut_err err = UT_ERR_INIT;
    unsigned seen = 0;
    uint32_t port = 2;

    assert_int_equal(hv_store_port(t->hv), 1);
    assert_int_equal(hv_console_port(t->hv), 2);
    nr_sent = 0;
    assert_int_equal(hvt_op(t, 32, 4, &port, sizeof(port)), 0);     /* nobody there: dropped */
    assert_int_equal(hv_port_bind(t->hv, 2, backend_sent, &seen, &err), UT_OK);
    assert_int_equal(hv_port_bind(t->hv, 2, backend_sent, &seen, &err), UT_ENOENT);
    assert_int_equal(hv_port_bind(t->hv, 3, backend_sent, &seen, &err), UT_ENOENT);
    assert_int_equal(hv_port_bind(t->hv, 99999, backend_sent, &seen, &err), UT_ENOENT);
    assert_int_equal(hvt_op(t, 32, 4, &port, sizeof(port)), 0);
    assert_int_equal(seen, 2);
    assert_int_equal(nr_sent, 1);
    hv_port_notify(t->hv, 2);
    assert_true(t->si->evtchn_pending[0] & 4);
    assert_int_equal(t->si->vcpu[0].upcall_pending, 1);
    assert_true(t->si->vcpu[0].pending_sel & 1);
    assert_true(em_cpu_kicked(t->cpu));
    hv_port_unbind(t->hv, 2);
    assert_int_equal(hvt_op(t, 32, 4, &port, sizeof(port)), 0);
    assert_int_equal(nr_sent, 1);
    assert_int_equal(hv_port_bind(t->hv, 2, backend_sent, &seen, &err), UT_OK);
}

static void test_evtchn_virq(void **state)
{
    struct hvt *t = *state;
    struct { uint32_t virq, vcpu, port; } v = { HV_VIRQ_ITC, 1, 0 };

    assert_int_equal(hvt_op(t, 32, 1, &v, sizeof(v)), 0);
    assert_int_equal(v.port, 3);
    assert_int_equal(hvt_op(t, 32, 1, &v, sizeof(v)), HV_EEXIST);
    v.vcpu = 2;
    assert_int_equal(hvt_op(t, 32, 1, &v, sizeof(v)), HV_ENOENT);
    v.virq = 19;
    v.vcpu = 1;
    assert_int_equal(hvt_op(t, 32, 1, &v, sizeof(v)), HV_EINVAL);   /* global: vcpu 0 only */
    v.virq = 24;
    v.vcpu = 0;
    assert_int_equal(hvt_op(t, 32, 1, &v, sizeof(v)), HV_EINVAL);
}

static void test_evtchn_ipi_mask_unmask(void **state)
{
    struct hvt *t = *state;
    struct { uint32_t vcpu, port; } ipi = { 0, 0 };
    uint32_t port;

    assert_int_equal(hvt_op(t, 32, 7, &ipi, sizeof(ipi)), 0);
    port = ipi.port;
    t->si->evtchn_mask[0] |= UINT64_C(1) << port;
    assert_int_equal(hvt_op(t, 32, 4, &port, sizeof(port)), 0);
    assert_true(t->si->evtchn_pending[0] >> port & 1);
    assert_int_equal(t->si->vcpu[0].upcall_pending, 0);             /* masked: no upcall */
    assert_int_equal(hvt_op(t, 32, 9, &port, sizeof(port)), 0);
    assert_int_equal(t->si->vcpu[0].upcall_pending, 1);
    assert_false(t->si->evtchn_mask[0] >> port & 1);
    assert_int_equal(hvt_op(t, 32, 3, &port, sizeof(port)), 0);   /* takes its pending bit */
    assert_false(t->si->evtchn_pending[0] >> port & 1);
    assert_int_equal(hvt_op(t, 32, 3, &port, sizeof(port)), HV_EINVAL);
    assert_int_equal(hvt_op(t, 32, 4, &port, sizeof(port)), HV_EINVAL);
    ipi.vcpu = 2;
    assert_int_equal(hvt_op(t, 32, 7, &ipi, sizeof(ipi)), HV_ENOENT);
}

static void test_evtchn_loopback(void **state)
{
    struct hvt *t = *state;
    struct { uint16_t dom, remote; uint32_t port; } a = { HV_DOMID_SELF, HV_DOMID_SELF, 0 };
    struct { uint16_t dom, pad; uint32_t remote, local; } b = { HV_DOMID_SELF, 0, 0, 0 };
    struct { uint16_t dom, pad; uint32_t port, status, vcpu, u[2]; } st = {
        HV_DOMID_SELF, 0, 0, 0, 0, { 0, 0 } };
    struct { uint32_t port, vcpu; } bv;
    uint32_t port;

    assert_int_equal(hvt_op(t, 32, 6, &a, sizeof(a)), 0);
    b.remote = a.port;
    assert_int_equal(hvt_op(t, 32, 0, &b, sizeof(b)), 0);
    assert_int_not_equal(b.local, a.port);
    assert_true(t->si->evtchn_pending[0] >> b.local & 1);           /* one event for the new end */
    bv.port = a.port;
    bv.vcpu = 1;
    assert_int_equal(hvt_op(t, 32, 8, &bv, sizeof(bv)), 0);
    port = b.local;
    assert_int_equal(hvt_op(t, 32, 4, &port, sizeof(port)), 0);
    assert_true(t->si->evtchn_pending[0] >> a.port & 1);
    assert_int_equal(t->si->vcpu[1].upcall_pending, 1);
    st.port = a.port;
    assert_int_equal(hvt_op(t, 32, 5, &st, sizeof(st)), 0);
    assert_int_equal(st.status, 2);
    assert_int_equal(st.vcpu, 1);
    assert_int_equal(st.u[1], b.local);
    assert_int_equal(hvt_op(t, 32, 3, &port, sizeof(port)), 0);     /* the other end: unbound */
    st.port = a.port;
    assert_int_equal(hvt_op(t, 32, 5, &st, sizeof(st)), 0);
    assert_int_equal(st.status, 1);
    b.dom = 0;
    assert_int_equal(hvt_op(t, 32, 0, &b, sizeof(b)), HV_ESRCH);
    a.dom = 0;
    assert_int_equal(hvt_op(t, 32, 6, &a, sizeof(a)), HV_EPERM);
}

static void test_evtchn_runs_out(void **state)
{
    struct hvt *t = *state;
    struct { uint16_t dom, remote; uint32_t port; } a = { HV_DOMID_SELF, 0, 0 };
    struct { uint16_t dom; } reset = { HV_DOMID_SELF };
    unsigned n = 0;

    while (hvt_op(t, 32, 6, &a, sizeof(a)) == 0) n++;
    assert_int_equal(n, HV_NR_PORTS - 3);
    assert_int_equal(hvt_op(t, 32, 6, &a, sizeof(a)), HV_ENOSPC);
    assert_int_equal(hvt_op(t, 32, 10, &reset, sizeof(reset)), 0);
    assert_int_equal(hvt_op(t, 32, 6, &a, sizeof(a)), 0);
    assert_int_equal(a.port, 1);
}

static void test_trigger(void **state)
{
    struct hvt *t = *state;
    struct { uint32_t virq, vcpu, port; } v = { 19, 0, 0 };
    struct ut_err err = UT_ERR_INIT;

    assert_int_equal(hv_trigger(t->hv, 0, &err), UT_EUNSUP);
    assert_int_equal(hvt_op(t, 32, 1, &v, sizeof(v)), 0);
    assert_int_equal(hv_trigger(t->hv, 1, &err), UT_OK);
    assert_int_equal(*(uint32_t *)(void *)((uint8_t *)t->si + 0x1100), 1);
    assert_true(t->si->evtchn_pending[0] >> v.port & 1);
    assert_int_equal(hvt_op(t, 32, 3, &v.port, 4), 0);
    assert_int_equal(hv_trigger(t->hv, 1, &err), UT_EUNSUP);
}

/* ---- delivery ------------------------------------------------------------------------------ */

static void test_event_on_hypercall_return(void **state)
{
    struct hvt *t = *state;
    struct hv_mapped_regs *mr = hvt_mr(t, 0);
    struct ut_err err = UT_ERR_INIT;
    unsigned seen;

    hv_port_bind(t->hv, 2, backend_sent, &seen, &err);
    hvt_enable_events(t);
    hv_port_notify(t->hv, 2);
    assert_int_equal(hvt_call(t, 17, 0, 0, 0), 0x40001);
    assert_int_equal(em_ip(t->cpu), T_CALLBACK);
    assert_int_equal(mr->iip, T_CODE);
    assert_int_equal(mr->ipsr >> 41 & 3, 1);            /* behind the break */
    assert_true(mr->ipsr & EM_PSR_I);
    assert_int_equal(mr->ipsr & EM_PSR_CPL, 0);         /* the kernel thinks it has level 0 */
    assert_int_equal(mr->ic, 0);
    assert_int_equal(mr->ifs, 0);
    assert_int_equal(mr->banknum, 0);
    assert_int_equal(t->si->vcpu[0].upcall_mask, 1);
    assert_true(mr->precover_ifs == (EM_IFS_V | 6 | 6 << 7));
}

static void test_event_kept_while_masked(void **state)
{
    struct hvt *t = *state;
    struct ut_err err = UT_ERR_INIT;
    unsigned seen;

    hv_port_bind(t->hv, 2, backend_sent, &seen, &err);
    hvt_enable_events(t);
    t->si->vcpu[0].upcall_mask = 1;
    hv_port_notify(t->hv, 2);
    assert_int_equal(hv_em_ops.attention(t->cpu, t->hv), EM_R_RESUME);
    assert_int_not_equal(em_ip(t->cpu), T_CALLBACK);
    assert_int_equal(hvt_break(t, 7), EM_R_RESUME);     /* SSM_I delivers at once */
    assert_int_equal(em_ip(t->cpu), T_CALLBACK);
}

/* ---- scheduling ---------------------------------------------------------------------------- */

static void test_block(void **state)
{
    struct hvt *t = *state;
    struct ut_err err = UT_ERR_INIT;
    unsigned seen;

    hv_port_bind(t->hv, 2, backend_sent, &seen, &err);
    hvt_enable_events(t);
    t->si->vcpu[0].upcall_mask = 1;
    em_rse_restore(t->cpu, 6 | 6 << 7);
    hvt_gr(t, 2, 29);
    hvt_gr(t, 32, 1);
    assert_int_equal(hvt_break(t, HV_BREAK_HYPERCALL), EM_R_HALT);
    assert_behind(t);
    assert_int_equal(t->si->vcpu[0].upcall_mask, 0);
    assert_int_equal(hv_em_ops.attention(t->cpu, t->hv), EM_R_HALT);        /* nothing yet */
    hv_port_notify(t->hv, 2);
    assert_int_equal(hv_em_ops.attention(t->cpu, t->hv), EM_R_RESUME);
    assert_int_equal(em_ip(t->cpu), T_CALLBACK);
    t->si->vcpu[0].upcall_mask = 1;
    assert_int_equal(hvt_break(t, HV_BREAK_HYPERCALL), EM_R_RESUME);        /* pending: no sleep */
}

static void test_poll(void **state)
{
    struct hvt *t = *state;
    struct { uint64_t ports; uint32_t nr, pad; uint64_t timeout; } p = {
        T_INLINE(T_DATA + 64), 1, 0, 0 };
    uint32_t port = 2;
    struct ut_err err = UT_ERR_INIT;
    unsigned seen;

    hv_port_bind(t->hv, 2, backend_sent, &seen, &err);
    t->si->evtchn_mask[0] = UINT64_MAX;
    memcpy(t->mem + T_DATA + 64, &port, sizeof(port));
    memcpy(t->mem + T_DATA, &p, sizeof(p));
    em_rse_restore(t->cpu, 6 | 6 << 7);
    hvt_gr(t, 2, 29);
    hvt_gr(t, 32, 3);
    hvt_gr(t, 33, T_INLINE(T_DATA));
    assert_int_equal(hvt_break(t, HV_BREAK_HYPERCALL), EM_R_HALT);
    assert_int_equal(t->si->vcpu[0].upcall_mask, 0xff);                     /* not touched */
    assert_int_equal(hv_em_ops.attention(t->cpu, t->hv), EM_R_HALT);
    hv_port_notify(t->hv, 2);                                               /* masked, but polled */
    assert_int_equal(hv_em_ops.attention(t->cpu, t->hv), EM_R_RESUME);
    assert_int_equal(em_gr(t->cpu, 8), 0);
    t->si->evtchn_pending[0] = 0;
    p.timeout = 1000000;                                                    /* in 1 ms */
    memcpy(t->mem + T_DATA, &p, sizeof(p));
    t->armed_itc = 0;
    assert_int_equal(hvt_break(t, HV_BREAK_HYPERCALL), EM_R_HALT);
    assert_true(t->armed_itc > 0);
    t->now_ns = 1000000;
    assert_int_equal(hv_em_ops.attention(t->cpu, t->hv), EM_R_RESUME);
    p.nr = 129;
    memcpy(t->mem + T_DATA, &p, sizeof(p));
    hvt_break(t, HV_BREAK_HYPERCALL);
    assert_int_equal((int64_t)em_gr(t->cpu, 8), HV_EINVAL);
}

static void test_shutdown(void **state)
{
    struct hvt *t = *state;
    uint32_t reason = 5;

    assert_int_equal(hvt_op(t, 29, 2, &reason, sizeof(reason)), HV_EINVAL);
    assert_int_equal(t->nr_shutdown, 0);
    reason = HV_SUSPEND;
    memcpy(t->mem + T_DATA, &reason, sizeof(reason));
    em_rse_restore(t->cpu, 6 | 6 << 7);
    hvt_gr(t, 2, 29);
    hvt_gr(t, 32, 2);
    hvt_gr(t, 33, T_INLINE(T_DATA));
    assert_int_equal(hvt_break(t, HV_BREAK_HYPERCALL), EM_R_STOP);
    assert_int_equal(t->shutdown, HV_SUSPEND);
    assert_int_equal(em_gr(t->cpu, 8), 0);
    assert_behind(t);                                                       /* resumes from there */
    assert_int_equal(hv_em_ops.attention(t->cpu, t->hv), EM_R_RESUME);
}

static void test_must_stop(void **state)
{
    struct hvt *t = *state;

    t->must_stop = true;
    assert_int_equal(hv_em_ops.attention(t->cpu, t->hv), EM_R_STOP);
    t->must_stop = false;
    assert_int_equal(hv_em_ops.attention(t->cpu, t->hv), EM_R_RESUME);
}

static void test_halt_light(void **state)
{
    struct hvt *t = *state;
    struct ut_err err = UT_ERR_INIT;
    unsigned seen;

    hv_port_bind(t->hv, 2, backend_sent, &seen, &err);
    hvt_enable_events(t);
    t->si->vcpu[0].upcall_mask = 1;
    t->firmware_reply = EM_R_HALT;
    hvt_gr(t, 2, 0x1000);
    hvt_gr(t, 28, 29);
    assert_int_equal(hvt_break(t, HV_BREAK_HYPERCALL), EM_R_HALT);
    assert_int_equal(em_ip(t->cpu), T_CODE + 16);                   /* advanced once, by firmware */
    assert_int_equal(hv_em_ops.attention(t->cpu, t->hv), EM_R_HALT);
    hv_port_notify(t->hv, 2);
    assert_int_equal(hv_em_ops.attention(t->cpu, t->hv), EM_R_RESUME);
    assert_int_equal(t->si->vcpu[0].upcall_mask, 1);                /* wakes, is not delivered */
    assert_int_equal(em_ip(t->cpu), T_CODE + 16);
    assert_int_equal(hvt_break(t, HV_BREAK_HYPERCALL), EM_R_RESUME);
}

/* ---- timer --------------------------------------------------------------------------------- */

static void test_timer_event(void **state)
{
    struct hvt *t = *state;
    struct { uint32_t virq, vcpu, port; } v = { HV_VIRQ_ITC, 0, 0 };
    uint64_t itm;

    hvt_enable_events(t);
    t->si->vcpu[0].upcall_mask = 1;
    hvt_privileged(t, UINT64_C(0x2160000000) | 72u << 20 | 8u << 13, false, 0x10);      /* itv */
    hvt_gr(t, 8, 0xef);
    hvt_privileged(t, UINT64_C(0x2160000000) | 72u << 20 | 8u << 13, false, 0x10);
    hvt_gr(t, 8, 1);
    assert_int_equal(hvt_break(t, 0xc), EM_R_RESUME);           /* in the past, not bound: lost */
    assert_int_equal(t->si->vcpu[0].upcall_pending, 0);
    assert_int_equal(hvt_op(t, 32, 1, &v, sizeof(v)), 0);
    assert_int_equal(hv_em_ops.attention(t->cpu, t->hv), EM_R_RESUME);
    assert_int_equal(t->si->vcpu[0].upcall_pending, 1);             /* the next look reports it */
    assert_true(t->si->evtchn_pending[0] >> v.port & 1);
    t->si->evtchn_pending[0] = 0;
    t->si->vcpu[0].upcall_pending = 0;
    t->si->vcpu[0].pending_sel = 0;
    hvt_gr(t, 8, 1);
    hvt_break(t, 0xc);                                              /* same itm: only one event */
    assert_int_equal(t->si->vcpu[0].upcall_pending, 0);
    itm = em_ar(t->cpu, EM_AR_ITC) + 3600u * UINT64_C(1000000000);
    hvt_gr(t, 8, itm);
    hvt_break(t, 0xc);
    assert_true(t->armed_itc == itm);
    assert_int_equal(t->si->vcpu[0].upcall_pending, 0);
}

/* ---- memory and grants --------------------------------------------------------------------- */

struct reservation { uint64_t list, nr; uint32_t order, flags; uint16_t domid; uint8_t pad[6]; };

static void test_balloon(void **state)
{
    struct hvt *t = *state;
    struct reservation r = { T_INLINE(T_DATA + 256), 3, 0, 0, HV_DOMID_SELF, { 0 } };
    uint64_t pfn[3] = { 500, 501, T_PAGES };
    uint16_t self = HV_DOMID_SELF;

    memcpy(t->mem + T_DATA + 256, pfn, sizeof(pfn));
    assert_int_equal(hvt_op(t, 12, 1, &r, sizeof(r)), 2);           /* the third does not exist */
    assert_int_equal(hv_nr_pages(t->hv), T_PAGES - 2);
    assert_int_equal(t->nr_released, 2);
    assert_int_equal(hvt_op(t, 12, 3, &self, 2), T_PAGES - 2);
    assert_int_equal(hvt_op(t, 12, 4, &self, 2), T_PAGES);
    assert_int_equal(hvt_op(t, 12, 14, &self, 2), T_PAGES - 1);
    assert_int_equal(hvt_op(t, 12, 1, &r, sizeof(r)), 0);           /* gone already */
    assert_int_equal(hvt_op(t, 12, 6, &r, sizeof(r)), 2);
    assert_int_equal(hv_nr_pages(t->hv), T_PAGES);
    r.order = 1;
    assert_int_equal(hvt_op(t, 12, 1, &r, sizeof(r)), 1);       /* 500 with 501, then 501 again */
    r.order = 63;
    assert_int_equal(hvt_op(t, 12, 1, &r, sizeof(r)), 0);
    r.domid = 3;
    assert_int_equal(hvt_op(t, 12, 1, &r, sizeof(r)), HV_EPERM);
}

static void test_grants(void **state)
{
    struct hvt *t = *state;
    struct hv_grant_entry *e = (void *)(t->mem + T_RAM + 65 * HV_PAGE_SIZE);
    struct { uint16_t dom, p0; uint32_t nr; int16_t status; uint16_t p1[3]; uint64_t list; } s = {
        HV_DOMID_SELF, 0, 2, -99, { 0, 0, 0 }, T_INLINE(T_DATA + 256) };
    struct { uint16_t dom, pad; uint32_t nr, max; int16_t status; uint16_t p; } q = {
        HV_DOMID_SELF, 0, 0, 0, -99, 0 };
    uint64_t frames[2];

    assert_int_equal(hvt_op(t, 20, 2, &s, sizeof(s)), 0);
    assert_int_equal(s.status, 0);
    memcpy(frames, t->mem + T_DATA + 256, sizeof(frames));
    assert_true(frames[0] == HV_GNT_FRAME_PFN && frames[1] == HV_GNT_FRAME_PFN + 1);
    assert_ptr_equal(em_ram(t->m, frames[0] << 14, 8), e);          /* seen at that address */
    assert_int_equal(hvt_op(t, 20, 6, &q, sizeof(q)), 0);
    assert_int_equal(q.nr, 2);
    assert_int_equal(q.max, 32);
    s.nr = 33;
    assert_int_equal(hvt_op(t, 20, 2, &s, sizeof(s)), 0);
    assert_int_equal(s.status, HV_GNT_GENERAL);

    assert_null(hv_grant_map(t->hv, 8, false));                     /* not granted */
    e[8] = (struct hv_grant_entry){ 1, 0, 600 };
    assert_ptr_equal(hv_grant_map(t->hv, 8, true), t->mem + 600 * 16384);
    assert_int_equal(e[8].flags, 1 | HV_GTF_READING | HV_GTF_WRITING);
    assert_non_null(hv_grant_map(t->hv, 8, false));
    hv_grant_unmap(t->hv, 8);
    assert_true(e[8].flags & HV_GTF_READING);                       /* still one user */
    hv_grant_unmap(t->hv, 8);
    assert_int_equal(e[8].flags, 1);
    hv_grant_unmap(t->hv, 8);                                       /* once too often: harmless */
    e[9] = (struct hv_grant_entry){ 1 | HV_GTF_READONLY, 0, 601 };
    assert_null(hv_grant_map(t->hv, 9, true));
    assert_non_null(hv_grant_map(t->hv, 9, false));
    e[10] = (struct hv_grant_entry){ 1, 5, 601 };
    assert_null(hv_grant_map(t->hv, 10, false));                    /* for another domain */
    e[11] = (struct hv_grant_entry){ 1, 0, T_PAGES };
    assert_null(hv_grant_map(t->hv, 11, false));                    /* no such frame */
    assert_int_equal(e[11].flags, 1);
    assert_null(hv_grant_map(t->hv, UINT32_MAX, false));
}

static void test_grant_copy(void **state)
{
    struct hvt *t = *state;
    struct { struct { uint64_t u; uint16_t dom, off, pad[2]; } src, dst;
             uint16_t len, flags; int16_t status; uint16_t pad; } c = {
        { 600, HV_DOMID_SELF, 10, { 0, 0 } }, { 601, HV_DOMID_SELF, 20, { 0, 0 } }, 5, 0, -99, 0 };

    memcpy(t->mem + 600 * 16384 + 10, "hello", 5);
    assert_int_equal(hvt_op(t, 20, 5, &c, sizeof(c)), 0);
    assert_int_equal(c.status, 0);
    assert_memory_equal(t->mem + 601 * 16384 + 20, "hello", 5);
    c.dst.off = 16380;
    assert_int_equal(hvt_op(t, 20, 5, &c, sizeof(c)), 0);
    assert_int_equal(c.status, HV_GNT_BAD_COPY);
    c.dst.off = 0;
    c.dst.u = UINT64_MAX;
    assert_int_equal(hvt_op(t, 20, 5, &c, sizeof(c)), 0);
    assert_int_equal(c.status, HV_GNT_BAD_PAGE);
    c.src.dom = 0;
    assert_int_equal(hvt_op(t, 20, 5, &c, sizeof(c)), 0);
    assert_int_equal(c.status, HV_GNT_BAD_DOMAIN);
}

/* ---- the rest ------------------------------------------------------------------------------ */

static void test_multicall(void **state)
{
    struct hvt *t = *state;
    struct { uint64_t op; int64_t result; uint64_t arg[6]; } mc[3] = {
        { 17, 99, { 0 } }, { 1, 99, { 0 } }, { 13, 99, { 0 } } };

    memcpy(t->mem + T_DATA, mc, sizeof(mc));
    assert_int_equal(hvt_call(t, 13, T_INLINE(T_DATA), 3, 0), 0);
    memcpy(mc, t->mem + T_DATA, sizeof(mc));
    assert_int_equal(mc[0].result, 0x40001);
    assert_int_equal(mc[1].result, HV_ENOSYS);
    assert_int_equal(mc[2].result, HV_EINVAL);
}

static void test_console_io(void **state)
{
    struct hvt *t = *state;

    memcpy(t->mem + T_DATA, "hello", 5);
    assert_int_equal(hvt_call(t, 18, 0, 5, T_INLINE(T_DATA)), 5);
    assert_int_equal(t->console_len, 5);
    assert_memory_equal(t->console, "hello", 5);
}

static void test_runstate_area(void **state)
{
    struct hvt *t = *state;
    uint64_t area = T_INLINE(T_DATA + 512);
    uint32_t run_state = 99;

    memcpy(t->mem + T_DATA, &area, sizeof(area));
    assert_int_equal(hvt_call(t, 24, 5, 0, T_INLINE(T_DATA)), 0);
    memcpy(&run_state, t->mem + T_DATA + 512, sizeof(run_state));
    assert_true(run_state < 4);
}

static void test_set_shared_info_va(void **state)
{
    struct hvt *t = *state;
    const uint64_t base = UINT64_C(0xfffffffffff00000);
    struct em_interruption in;
    em_gpa_t gpa;

    hvt_gr(t, 2, 0x600);
    hvt_gr(t, 28, base);
    assert_int_equal(hvt_break(t, HV_BREAK_HYPERCALL), EM_R_RESUME);
    assert_int_equal(em_gr(t->cpu, 8), 0);
    assert_true(hvt_mr(t, 0)->interrupt_mask_addr == base + 1);
    assert_true(em_translate(t->cpu, EM_DATA, base + 8, EM_WRITE, 1, &gpa, &in));
    assert_true(gpa == HV_SHARED_INFO_GPA + 8);
    assert_true(em_translate(t->cpu, EM_DATA, base + 0x4c18, EM_WRITE, 1, &gpa, &in));
    assert_true(gpa == HV_SHARED_INFO_GPA + 0x4c18);
    assert_false(em_translate(t->cpu, EM_DATA, base + 8, EM_READ, 3, &gpa, &in));
    assert_int_equal(in.vector, EM_VEC_DACCESS_RIGHTS);             /* not for user code */
    hvt_gr(t, 28, HV_VIRT_START);
    assert_int_equal(hvt_break(t, HV_BREAK_HYPERCALL), EM_R_STOP);
    assert_int_equal(t->shutdown, HV_CRASH);
}

static void test_smp_boot(void **state)
{
    struct hvt *t = *state;
    struct em_cpu *ap = em_machine_cpu(t->m, 1);
    struct { uint32_t vcpu, port; } ipi = { 1, 0 };

    assert_true(hv_cpu_online(t->hv, t->cpu));
    assert_false(hv_cpu_online(t->hv, ap));
    hvt_gr(t, 2, 0x400);
    hvt_gr(t, 14, 1);
    hvt_gr(t, 15, 0xf3);
    assert_int_equal(hvt_break(t, HV_BREAK_HYPERCALL), EM_R_RESUME);
    assert_false(hv_cpu_online(t->hv, ap));                         /* no entry set yet */
    assert_int_equal(hvt_op(t, 32, 7, &ipi, sizeof(ipi)), 0);       /* an event before the start */
    assert_int_equal(hvt_op(t, 32, 4, &ipi.port, sizeof(ipi.port)), 0);
    t->has_rendezvous = true;
    hvt_gr(t, 2, 0x400);
    hvt_break(t, HV_BREAK_HYPERCALL);
    assert_true(hv_cpu_online(t->hv, ap));
    assert_true(em_cpu_kicked(ap));
    assert_int_equal(hv_em_ops.attention(ap, t->hv), EM_R_RESUME);
    assert_int_equal(em_ip(ap), 0x5550);
    assert_int_equal(em_gr(ap, 1), 0x7770);
    assert_int_equal(em_br(ap, 0), 0x840);
    assert_int_equal(em_psr(ap) & EM_PSR_CPL, T_CPL1);
    assert_int_equal(em_ar(ap, EM_AR_RSC) >> 2 & 3, 1);
    assert_int_not_equal(t->si->vcpu[1].upcall_mask, 0);
    assert_int_equal(t->si->vcpu[1].upcall_pending, 1);             /* is not forgotten */
    assert_int_equal(hvt_mr(t, 1)->metaphysical_mode, 1);
    assert_int_equal(hvt_call(t, 24, 3, 1, 0), 1);
    em_set_gr(ap, 2, 0x1200, false);                                /* back to SAL: down again */
    assert_int_equal(hvt_break_on(t, ap, HV_BREAK_HYPERCALL), EM_R_HALT);
    assert_false(hv_cpu_online(t->hv, ap));
    assert_int_equal(hv_em_ops.attention(ap, t->hv), EM_R_HALT);
    hvt_gr(t, 2, 0x400);
    hvt_gr(t, 14, 99);
    assert_int_equal(hvt_break(t, HV_BREAK_HYPERCALL), EM_R_RESUME);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_plain), T(test_user_break_is_no_hypercall), T(test_version_structures),
        T(test_xencomm_list), T(test_store_and_console_ports), T(test_evtchn_virq),
        T(test_evtchn_ipi_mask_unmask), T(test_evtchn_loopback), T(test_evtchn_runs_out),
        T(test_trigger), T(test_event_on_hypercall_return), T(test_event_kept_while_masked),
        T(test_block), T(test_poll), T(test_shutdown), T(test_must_stop), T(test_halt_light),
        T(test_timer_event), T(test_balloon), T(test_grants), T(test_grant_copy), T(test_multicall),
        T(test_console_io), T(test_runstate_area), T(test_set_shared_info_va), T(test_smp_boot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hv_int.h"

#include <stdarg.h>
#include <stdio.h>

struct out { char *text; size_t size, len; };

static void add(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct out *o, const char *fmt, ...)
{
    va_list ap;
    int n;

    if (o->len + 1 >= o->size) return;
    va_start(ap, fmt);
    n = vsnprintf(o->text + o->len, o->size - o->len, fmt, ap);
    va_end(ap);
    if (n < 0) return;
    o->len += (size_t)n;
    if (o->len >= o->size) o->len = o->size - 1;
}

#define X(value) ((unsigned long long)(value))

static void dump_virtual(struct out *o, const struct hv_vcpu *v)
{
    static const char *const waits[] = { "no", "block", "halt_light", "poll" };
    unsigned i;

    add(o, "vcpu %u: vpsr %016llx mask %u pending %u sel %016llx ic %u metaphysical %d bank %u\n",
        v->id, X(hv__vpsr(v)), v->info->upcall_mask, v->info->upcall_pending,
        X(v->info->pending_sel), v->mr->ic, v->meta, v->mr->banknum);
    add(o, "  waits %s online %d callback %016llx iva %016llx pta %016llx xsi %016llx\n",
        waits[v->wait], (int)atomic_load(&v->online), X(v->callback_ip), X(v->iva), X(v->pta),
        X(atomic_load(&v->hv->xsi_base)));
    add(o, "  ipsr %016llx iip %016llx ifs %016llx isr %016llx\n", X(v->mr->ipsr), X(v->mr->iip),
        X(v->mr->ifs), X(v->mr->isr));
    add(o, "  ifa %016llx itir %016llx iha %016llx iim %016llx precover_ifs %016llx\n",
        X(v->mr->ifa), X(v->mr->itir), X(v->mr->iha), X(v->mr->iim), X(v->mr->precover_ifs));
    add(o, "  itm %016llx last %016llx itv %llx tpr %llx\n", X(v->itm), X(v->last_itm), X(v->itv),
        X(v->mr->tpr));
    for (i = 0; i < 8; i++) add(o, "  vrr%u %016llx%s", i, X(v->rr[i]), i % 4 == 3 ? "\n" : "");
    if (v->mr->banknum) return;
    for (i = 0; i < 16; i++)
        add(o, "  bank1 r%u %016llx%s", 16 + i, X(v->mr->bank1_regs[i]), i % 4 == 3 ? "\n" : "");
}

static void dump_ports(struct out *o, const struct hv *hv)
{
    static const char *const states[] = { "free", "unbound", "interdomain", "pirq", "virq", "ipi",
                                          "reserved" };
    unsigned i, shown = 0;

    for (i = 1; i < HV_NR_PORTS && shown < 64; i++) {
        const struct hv_port *p = &hv->port[i];

        if (p->state == HV_PORT_FREE) continue;
        shown++;
        add(o, "port %u: %s vcpu %u virq %u%s%s%s\n", i, states[p->state], p->vcpu, p->virq,
            p->fn ? " backend" : "",
            (hv->shared->evtchn_pending[i / 64] >> (i % 64)) & 1 ? " pending" : "",
            (hv->shared->evtchn_mask[i / 64] >> (i % 64)) & 1 ? " masked" : "");
    }
}

/** Without the lock: a crash may be reported from anywhere, and this only reads. */
size_t hv_dump(struct hv *hv, struct em_cpu *cpu, char *text, size_t size_bytes)
{
    struct out o = { text, size_bytes, 0 };

    if (size_bytes == 0) return 0;
    text[0] = '\0';
    dump_virtual(&o, &hv->vcpu[em_cpu_index(cpu)]);
    dump_ports(&o, hv);
    return o.len;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life cycle of a domain as its process sees it: one table. */
#include "vp_ctl.h"
#include "vp_domain.h"
#include "vp_vcpu.h"

/* Output of the guest's last moments waits this long for a slow stdio before the stop is told. */
#define LAST_OUTPUT_MS 1000

static void nothing(struct vp_domain *d)
{
    (void)d;
}

static void start(struct vp_domain *d)
{
    vp_status_flags(d);
    vp_vcpus_release(d);
}

static void pause_now(struct vp_domain *d)
{
    vp_vcpus_park(d);
    vp_status_flags(d);
}

static void guest_stopped(struct vp_domain *d)
{
    vp_vcpus_park(d);
    if (d->console) dv_console_flush(d->console, LAST_OUTPUT_MS);
    vp_status_flags(d);
    vp_ctl_push_shutdown(d->ctl, (enum vmctl_reason)atomic_load(&d->stop_reason));
}

static void end(struct vp_domain *d)
{
    vp_status_flags(d);
    vp_vcpus_park(d);
    if (d->console) dv_console_flush(d->console, 0);
    d->done = true;
}

static const struct step {
    enum vp_state from;
    enum vp_event ev;
    enum vp_state to;
    void (*act)(struct vp_domain *d);       /* runs in the new state */
} steps[] = {
    { VP_PAUSED,  VP_EV_PAUSE,      VP_PAUSED,  nothing },
    { VP_PAUSED,  VP_EV_UNPAUSE,    VP_RUNNING, start },
    { VP_PAUSED,  VP_EV_GUEST_STOP, VP_STOPPED, guest_stopped },   /* while being paused */
    { VP_PAUSED,  VP_EV_DESTROY,    VP_DYING,   end },
    { VP_RUNNING, VP_EV_PAUSE,      VP_PAUSED,  pause_now },
    { VP_RUNNING, VP_EV_UNPAUSE,    VP_RUNNING, nothing },
    { VP_RUNNING, VP_EV_GUEST_STOP, VP_STOPPED, guest_stopped },
    { VP_RUNNING, VP_EV_DESTROY,    VP_DYING,   end },
    { VP_STOPPED, VP_EV_PAUSE,      VP_STOPPED, nothing },
    { VP_STOPPED, VP_EV_UNPAUSE,    VP_STOPPED, nothing },
    { VP_STOPPED, VP_EV_DESTROY,    VP_DYING,   end },
    { VP_DYING,   VP_EV_GUEST_STOP, VP_DYING,   nothing },
    { VP_DYING,   VP_EV_DESTROY,    VP_DYING,   nothing },
};

static const char *const state_names[VP_NR_STATES] = { "paused", "running", "stopped", "dying" };

static const struct step *find(enum vp_state from, enum vp_event ev)
{
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
        if (steps[i].from == from && steps[i].ev == ev) return &steps[i];
    return NULL;
}

bool vp_life_next(enum vp_state from, enum vp_event ev, enum vp_state *to_out)
{
    const struct step *s = find(from, ev);

    if (s) *to_out = s->to;
    return s != NULL;
}

int vp_domain_event(struct vp_domain *d, enum vp_event ev, struct ut_err *err)
{
    const struct step *s = find(d->state, ev);

    if (!s) return ut_err_set(err, UT_ESTATE, "not possible while %s", state_names[d->state]);
    d->state = s->to;
    s->act(d);
    return UT_OK;
}

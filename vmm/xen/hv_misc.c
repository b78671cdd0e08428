/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small hypercalls. Source: docs/guest-abi.md, 3.4, 3.10, 3.12.
 */
#include "hv_int.h"

#include <stdio.h>

/* ---- xen_version --------------------------------------------------------------------------- */

#define VERSION_MAJOR 4
#define VERSION_MINOR 1
#define FEATURES      0x5u          /* writable_page_tables, auto_translated_physmap */

static int64_t put_text(struct hv_vcpu *v, uint64_t handle, const char *text, size_t size_bytes)
{
    char buf[1024];

    memset(buf, 0, sizeof(buf));
    snprintf(buf, size_bytes, "%s", text);
    return hv__copy_to(v->hv, handle, 0, buf, size_bytes);
}

static int64_t ver_version(struct hv_vcpu *v, uint64_t handle)
{
    (void)v;
    (void)handle;
    return (VERSION_MAJOR << 16) + VERSION_MINOR;
}

static int64_t ver_extra(struct hv_vcpu *v, uint64_t handle)
{
    return put_text(v, handle, ".6", 16);
}

static int64_t ver_compile(struct hv_vcpu *v, uint64_t handle)
{
    struct { char compiler[64], by[16], domain[32], date[32]; } info;

    memset(&info, 0, sizeof(info));
    snprintf(info.compiler, sizeof(info.compiler), "%s", __VERSION__);
    snprintf(info.by, sizeof(info.by), "xen-vmm");
    snprintf(info.domain, sizeof(info.domain), "localdomain");
    return hv__copy_to(v->hv, handle, 0, &info, sizeof(info));
}

static int64_t ver_capabilities(struct hv_vcpu *v, uint64_t handle)
{
    return put_text(v, handle, "xen-3.0-ia64 xen-3.0-ia64be ", 1024);
}

static int64_t ver_changeset(struct hv_vcpu *v, uint64_t handle)
{
    return put_text(v, handle, "xen-vmm " XC_VERSION, 64);
}

static int64_t ver_platform(struct hv_vcpu *v, uint64_t handle)
{
    const uint64_t virt_start = HV_VIRT_START;

    return hv__copy_to(v->hv, handle, 0, &virt_start, sizeof(virt_start));
}

static int64_t ver_features(struct hv_vcpu *v, uint64_t handle)
{
    struct { uint32_t index, map; } f;

    if (hv__copy_from(v->hv, &f, handle, 0, sizeof(f))) return HV_EFAULT;
    if (f.index != 0) return HV_EINVAL;
    f.map = FEATURES;
    return hv__copy_to(v->hv, handle, 0, &f, sizeof(f));
}

static int64_t ver_pagesize(struct hv_vcpu *v, uint64_t handle)
{
    (void)v;
    return handle == 0 || handle == UINT64_C(1) << 63 ? (int64_t)HV_PAGE_SIZE : HV_EINVAL;
}

static int64_t ver_handle(struct hv_vcpu *v, uint64_t handle)
{
    const uint8_t none[16] = { 0 };

    return hv__copy_to(v->hv, handle, 0, none, sizeof(none));
}

static int64_t ver_commandline(struct hv_vcpu *v, uint64_t handle)
{
    return put_text(v, handle, "", 1024);
}

static const struct { const char *name; int64_t (*fn)(struct hv_vcpu *v, uint64_t handle); }
versions[] = {
    [0] = { "version", ver_version },
    [1] = { "extraversion", ver_extra },
    [2] = { "compile_info", ver_compile },
    [3] = { "capabilities", ver_capabilities },
    [4] = { "changeset", ver_changeset },
    [5] = { "platform_parameters", ver_platform },
    [6] = { "get_features", ver_features },
    [7] = { "pagesize", ver_pagesize },
    [8] = { "guest_handle", ver_handle },
    [9] = { "commandline", ver_commandline },
};

int64_t hv__do_xen_version(struct hv_vcpu *v, const uint64_t arg[5])
{
    if (arg[0] >= ARRAY_SIZE(versions)) return HV_ENOSYS;
    return versions[arg[0]].fn(v, arg[1]);
}

/* ---- console_io ---------------------------------------------------------------------------- */

int64_t hv__do_console_io(struct hv_vcpu *v, const uint64_t arg[5])
{
    const struct hv_host *host = &v->hv->cfg.host;
    const uint64_t count_max = 65536;
    const uint64_t count = arg[1] < count_max ? arg[1] : count_max;
    char text[256];
    uint64_t done;

    if (arg[0] == 1) return 0;      /* read: there is never anything */
    if (arg[0] != 0) return HV_ENOSYS;
    for (done = 0; done < count;) {
        size_t n = count - done < sizeof(text) ? (size_t)(count - done) : sizeof(text);

        if (hv__copy_from(v->hv, text, arg[2], done, n)) return HV_EFAULT;
        if (host->console_io) host->console_io(host->ctx, text, n);
        done += n;
    }
    return (int64_t)done;
}

/* ---- callback_op --------------------------------------------------------------------------- */

int64_t hv__do_callback_op(struct hv_vcpu *v, const uint64_t arg[5])
{
    struct { uint16_t type, flags; uint32_t pad; uint64_t address; } cb;

    if (arg[0] == 1) return HV_EINVAL;          /* unregister is not possible */
    if (arg[0] != 0) return HV_ENOSYS;
    if (hv__copy_from(v->hv, &cb, arg[1], 0, sizeof(cb))) return HV_EFAULT;
    if (cb.address >= HV_VIRT_START && cb.address < HV_VIRT_END) return HV_EINVAL;
    switch (cb.type) {
    case 0:
        v->callback_ip = cb.address;
        hv__timer(v);
        return 0;
    case 1:
        v->failsafe_ip = cb.address;
        return 0;
    default:
        return HV_ENOSYS;
    }
}

/* ---- physdev_op, ia64_dom0vp_op: nothing of the machine belongs to such a domain ----------- */

static const struct { uint8_t cmd; int16_t result; const char *name; } physdev[] = {
    { 5, HV_EINVAL, "irq_status_query" }, { 8, HV_EPERM, "apic_read" },
    { 9, HV_EPERM, "apic_write" },        { 10, HV_EPERM, "alloc_irq_vector" },
    { 11, HV_EPERM, "free_irq_vector" },  { 12, HV_EINVAL, "eoi" },
};

int64_t hv__do_physdev_op(struct hv_vcpu *v, const uint64_t arg[5])
{
    size_t i;

    (void)v;
    for (i = 0; i < ARRAY_SIZE(physdev); i++)
        if (physdev[i].cmd == arg[0]) return physdev[i].result;
    return HV_ENOSYS;
}

static int64_t vp_same(struct hv_vcpu *v, const uint64_t arg[5])
{
    (void)v;
    return (int64_t)arg[1];         /* frames are pseudo-physical frames */
}

static int64_t vp_enosys(struct hv_vcpu *v, const uint64_t arg[5])
{
    (void)v;
    (void)arg;
    return HV_ENOSYS;
}

static int64_t vp_eperm(struct hv_vcpu *v, const uint64_t arg[5])
{
    (void)v;
    (void)arg;
    return HV_EPERM;
}

static const struct { const char *name; hv_call_fn fn; } vps[] = {
    [1]  = { "phystomach", vp_same },
    [3]  = { "machtophys", vp_same },
    [5]  = { "zap_physmap", vp_enosys },
    [6]  = { "add_physmap", vp_eperm },
    [7]  = { "expose_p2m", vp_enosys },
    [8]  = { "perfmon", vp_enosys },
    [9]  = { "add_physmap_with_gmfn", vp_eperm },
    [10] = { "fpswa_revision", vp_enosys },
    [14] = { "get_memmap", vp_eperm },
};

int64_t hv__do_dom0vp_op(struct hv_vcpu *v, const uint64_t arg[5])
{
    if (arg[0] >= ARRAY_SIZE(vps) || !vps[arg[0]].fn) return -1;
    return vps[arg[0]].fn(v, arg);
}

/* ---- opt_feature --------------------------------------------------------------------------- */

int64_t hv__opt_feature(struct hv_vcpu *v, uint64_t handle)
{
    static const uint8_t region_of_cmd[] = { [1] = 7, [2] = 4, [3] = 5 };
    struct { uint64_t cmd; uint8_t on, pad[7]; uint64_t pgprot, key; } f;
    struct hv *hv = v->hv;

    if (hv__copy_from(hv, &f, handle, 0, sizeof(f))) return HV_EFAULT;
    if (f.cmd < 1 || f.cmd >= ARRAY_SIZE(region_of_cmd)) return HV_ENOSYS;
    pthread_mutex_lock(&hv->lock);
    hv->ident[region_of_cmd[f.cmd]] = (struct hv_ident){ f.on != 0, f.pgprot, f.key };
    pthread_mutex_unlock(&hv->lock);
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vars.h"

#include <string.h>

#define HVM    "it belongs to fully virtualized x86 domains"
#define X86    "it belongs to x86 processors"
#define NO_FB  "there is no framebuffer for these domains"
#define NO_DEV "devices of this kind do not exist for these domains"
#define NO_SEC "there are no security labels"
#define OLD    "it is deprecated"

#define V(name, type, place, key, dflt, help) { name, XM_V_##type, place, key, dflt, help }
#define N(name, type, why)                    { name, XM_V_##type, XM_P_NOWHERE, NULL, "", why }

/* clang-format off */
static const struct xm_var vars[] = {
    V("name", STR, XM_P_TOP_FULL, NULL, "", "name of the domain (default: base name of the file)"),
    V("memory", INT, XM_P_TOP_FULL, NULL, "128", "memory at start, MiB"),
    V("maxmem", INT, XM_P_TOP_FULL, NULL, "", "most memory it may grow to, MiB (default: memory)"),
    V("shadow_memory", INT, XM_P_TOP_FULL, NULL, "0", "shadow memory, MiB"),
    V("restart", STR, XM_P_TOP_FULL, NULL, "", "deprecated: onreboot, always or never; use on_*"),
    V("on_poweroff", STR, XM_P_TOP_FULL, NULL, "",
      "when it powers off: destroy (default), restart, preserve, rename-restart"),
    V("tsc_mode", INT, XM_P_TOP_FULL | XM_P_IMAGE, NULL, "0", "time counter mode, 0 to 3"),
    V("nomigrate", BOOL, XM_P_TOP_FULL | XM_P_IMAGE, NULL, "0", "forbid migration and saving"),
    V("on_reboot", STR, XM_P_TOP_FULL, NULL, "", "when it reboots: as above (default restart)"),
    V("on_crash", STR, XM_P_TOP_FULL, NULL, "",
      "when it crashes: as above (default restart), coredump-destroy, coredump-restart"),
    V("features", STR, XM_P_TOP_FULL, NULL, "", "feature flags for the builder, separated by |"),
    V("on_xend_start", STR, XM_P_TOP_FULL, NULL, "ignore",
      "managed domains, when xend starts: ignore or start"),
    V("on_xend_stop", STR, XM_P_TOP_FULL, NULL, "ignore",
      "managed domains, when xend stops: ignore, shutdown or suspend"),
    V("target", INT, XM_P_TOP_FULL, NULL, "0", "id of the domain that this one may map"),
    N("cpuid", LIST, X86),
    N("cpuid_check", LIST, X86),
    N("machine_address_size", INT, X86),
    N("suppress_spurious_page_faults", INT, X86),
    V("description", STR, XM_P_TOP_FULL, NULL, "", "free text"),
    V("maxvcpus", INT, XM_P_XM, NULL, "", "virtual processors altogether (default: vcpus)"),
    V("vcpu_avail", INT, XM_P_TOP_SET, NULL, "",
      "mask of the virtual processors that are online at start"),
    V("vcpus", INT, XM_P_TOP, NULL, "1", "virtual processors online at start"),
    V("uuid", STR, XM_P_TOP_FULL, NULL, "", "UUID (default: random)"),
    V("cpu", STR, XM_P_TOP_FULL, NULL, "", "old: physical cpu of the first virtual one"),
    V("cpus", STR_OR_LIST, XM_P_TOP_SET, NULL, "",
      "physical cpus: '0-3,5,^1', or a list with one entry for each vcpu"),
    V("cpu_cap", INT, XM_P_TOP_SET, NULL, "", "cap in percent of a physical cpu, 0 = none"),
    V("cpu_weight", INT, XM_P_TOP_SET, NULL, "", "weight for the scheduler (default 256)"),
    V("blkif", BOOL, XM_P_XM, NULL, "0", "this domain serves block devices to others"),
    V("netif", BOOL, XM_P_XM, NULL, "0", "this domain serves network interfaces to others"),
    V("localtime", BOOL, XM_P_TOP_FULL, NULL, "0", "the wall clock is local time"),
    V("oos", BOOL, XM_P_TOP_FULL, NULL, "1", "accepted and passed on"),
    V("pool", STR, XM_P_TOP_FULL, "pool_name", "", "cpu pool (default Pool-0)"),
    V("bootloader", STR, XM_P_TOP_FULL, NULL, "", "program that finds kernel and ramdisk"),
    V("bootargs", STR, XM_P_TOP_FULL, "bootloader_args", "", "its arguments"),
    V("builder", STR, XM_P_XM, NULL, "linux",
      "linux (paravirtualized), hpsim (HP simulator) or efi (unmodified)"),
    V("kernel", STR, XM_P_IMAGE_FULL, NULL, "", "ia64 ELF kernel, plain or gzip"),
    V("ramdisk", STR, XM_P_IMAGE_FULL, NULL, "", "initial ramdisk"),
    V("loader", STR, XM_P_IMAGE_FULL, NULL, "", "firmware"),
    V("ip", STR, XM_P_XM, NULL, "", "makes ip= on the kernel line, with the six below"),
    V("gateway", STR, XM_P_XM, NULL, "", "of ip="),
    V("netmask", STR, XM_P_XM, NULL, "", "of ip="),
    V("hostname", STR, XM_P_XM, NULL, "", "of ip="),
    V("interface", STR, XM_P_XM, NULL, "eth0", "of ip="),
    V("dhcp", STR, XM_P_XM, NULL, "off", "of ip=: off, dhcp or another word that the kernel knows"),
    V("nfs_server", STR, XM_P_XM, NULL, "", "server of an NFS root"),
    V("nfs_root", STR, XM_P_XM, NULL, "", "path of an NFS root"),
    V("root", STR, XM_P_XM, NULL, "", "root= on the kernel line"),
    V("videoram", INT, XM_P_IMAGE_FULL, NULL, "4", "accepted and passed on"),
    V("extra", STR, XM_P_XM, NULL, "", "the rest of the kernel line"),
    V("superpages", BOOL, XM_P_IMAGE_FULL, NULL, "0", "build with large pages"),
    V("vhpt", INT, XM_P_IMAGE_FULL, NULL, "0", "log2 of the size of the VHPT, 0 = default"),
    V("rtc_timeoffset", INT, XM_P_IMAGE_FULL, NULL, "0", "seconds between wall clock and UTC"),
    V("s3_integrity", BOOL, XM_P_XM, NULL, "1", "accepted and passed on"),
    V("disk", LIST, XM_P_DEVICE, NULL, "", "disks: 'UNAME,DEV,MODE[,BACKEND[,PROTOCOL]]'"),
    V("irq", LIST, XM_P_DEVICE, NULL, "", "interrupt numbers passed through"),
    V("ioports", LIST, XM_P_DEVICE, NULL, "",
      "port ranges passed through: 'FROM[-TO]', hexadecimal"),
    V("vif", LIST, XM_P_DEVICE, NULL, "",
      "network interfaces: 'mac=M,bridge=B,...', '' = defaults"),

    N("nics", INT, OLD), N("bootentry", STR, OLD),
    N("vif2", LIST, NO_DEV), N("vtpm", LIST, NO_DEV), N("pci", LIST, NO_DEV),
    N("vscsi", LIST, NO_DEV), N("vusb", LIST, NO_DEV), N("tpmif", BOOL, NO_DEV),
    N("memory_sharing", BOOL, NO_DEV), N("access_control", LIST, NO_SEC), N("vfb", LIST, NO_FB),
    N("acpi", BOOL, HVM), N("apic", BOOL, HVM), N("pae", BOOL, HVM), N("hpet", BOOL, HVM),
    N("hap", BOOL, HVM), N("timer_mode", INT, HVM), N("viridian", BOOL, HVM),
    N("vpt_align", BOOL, HVM), N("boot", STR, HVM), N("device_model", STR, HVM),
    N("fda", STR, HVM), N("fdb", STR, HVM), N("serial", STR, HVM), N("parallel", STR, HVM),
    N("monitor", BOOL, HVM), N("monitor_path", STR, HVM), N("usb", BOOL, HVM),
    N("usbdevice", STR, HVM), N("soundhw", STR, HVM), N("stdvga", BOOL, HVM), N("isa", BOOL, HVM),
    N("nographic", BOOL, NO_FB), N("sdl", BOOL, NO_FB), N("vnc", BOOL, NO_FB),
    N("vncdisplay", INT, NO_FB), N("vnclisten", STR, NO_FB), N("vncunused", BOOL, NO_FB),
    N("vncpasswd", STR, NO_FB), N("vncconsole", BOOL, NO_FB), N("vncviewer", BOOL, NO_FB),
    N("opengl", BOOL, NO_FB), N("display", STR, NO_FB), N("xauthority", STR, NO_FB),
    N("keymap", STR, NO_FB), N("guest_os_type", STR, HVM), N("gfx_passthru", INT, HVM),
    N("pci_msitranslate", BOOL, HVM), N("pci_power_mgmt", BOOL, HVM),
    N("xen_platform_pci", BOOL, HVM),
};
/* clang-format on */

const struct xm_var *xm_var_at(size_t index)
{
    return index < ARRAY_SIZE(vars) ? &vars[index] : NULL;
}

size_t xm_var_count(void)
{
    return ARRAY_SIZE(vars);
}

size_t xm_var_index(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(vars); i++)
        if (!strcmp(vars[i].name, name)) return i;
    return SIZE_MAX;
}

/* Edit distance of two short words, with a row of the matrix at a time. */
static unsigned distance(const char *a, const char *b)
{
    size_t n = strlen(b);
    unsigned row[33];

    if (strlen(a) > 32 || n > 32) return 99;
    for (unsigned j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        unsigned diag = row[0];

        row[0] = (unsigned)i + 1;
        for (size_t j = 0; j < n; j++) {
            unsigned sub = diag + ((a[i] | 32) != (b[j] | 32));
            unsigned best = row[j] < row[j + 1] ? row[j] + 1 : row[j + 1] + 1;

            diag = row[j + 1];
            row[j + 1] = sub < best ? sub : best;
        }
    }
    return row[n];
}

const struct xm_var *xm_var_similar(const char *name)
{
    const struct xm_var *best = NULL;
    unsigned least = strlen(name) > 4 ? 3 : 2;      /* fewer changes than this */

    for (size_t i = 0; i < ARRAY_SIZE(vars); i++) {
        unsigned d = distance(name, vars[i].name);

        if (d >= least || vars[i].place == XM_P_NOWHERE) continue;
        least = d;
        best = &vars[i];
    }
    return best;
}

void xm_var_print_help(FILE *out)
{
    static const char *const types[] = { "string", "number", "yes/no", "list", "string or list" };

    fputs("Variables of a configuration file, and of NAME=VALUE on the command line:\n\n", out);
    for (size_t i = 0; i < ARRAY_SIZE(vars); i++) {
        const struct xm_var *v = &vars[i];

        if (v->place == XM_P_NOWHERE) continue;
        fprintf(out, "  %-15s %-15s%s", v->name, types[v->type], v->help);
        fprintf(out, v->dflt[0] ? " (default %s)\n" : "\n", v->dflt);
    }
    fputs("\nAccepted for old files, without effect:\n\n", out);
    for (size_t i = 0; i < ARRAY_SIZE(vars); i++)
        if (vars[i].place == XM_P_NOWHERE)
            fprintf(out, "  %-31s%s\n", vars[i].name, vars[i].help);
}

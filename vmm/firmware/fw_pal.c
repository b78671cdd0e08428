/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PAL procedures. Sources: SDM vol. 2, chapter 11; docs/guest-abi.md, 2.8, for what Xen answers to
 * a paravirtual domain.
 */
#include "fw_int.h"

#define OK       UINT64_C(0)
#define UNIMPL   (-1)
#define INVALID  ((uint64_t)-2)
#define NO_SUCH_SET ((uint64_t)-8)
#define STACKED_FIRST 256u
#define ONE_TO_ONE ((UINT64_C(1) << 32) | 1)
/* 4K 8K 16K 64K 256K 1M 4M 16M 64M 256M 1G 4G */
#define PAGE_SIZES UINT64_C(0x155557000)

/* one number at a bit position, as the manual's tables have them */
#define AT(value, bit) ((uint64_t)(value) << (bit))

static enum em_reply done(struct fw_frame *f, uint64_t r9, uint64_t r10, uint64_t r11)
{
    f->ret[0] = OK;
    f->ret[1] = r9;
    f->ret[2] = r10;
    f->ret[3] = r11;
    return EM_R_NEXT;
}

static enum em_reply status(struct fw_frame *f, uint64_t r8)
{
    f->ret[0] = r8;
    return EM_R_NEXT;
}

static enum em_reply p_ok(struct fw_frame *f) { return done(f, 0, 0, 0); }
static enum em_reply p_not_needed(struct fw_frame *f) { return status(f, 1); }

/* ---- caches -------------------------------------------------------------------------------- */

/** L1I, L1D, unified L2 and L3 of a Madison; sizes in bytes, others as log2 or counts. */
static const struct cache {
    uint8_t level, type;            /* type: 1 instruction, 2 data or unified */
    uint8_t unified, ways, line_shift, latency, tag_low;
    uint32_t size_bytes;
} caches[] = {
    { 0, 1, 0, 4,  6, 1,  12, 16u << 10 },
    { 0, 2, 0, 4,  6, 1,  12, 16u << 10 },
    { 1, 2, 1, 8,  7, 5,  15, 256u << 10 },
    { 2, 2, 1, 12, 7, 14, 18, 3u << 20 },
};

static enum em_reply p_cache_summary(struct fw_frame *f)
{
    return done(f, 3, ARRAY_SIZE(caches), 0);
}

static enum em_reply p_cache_info(struct fw_frame *f)
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(caches); i++) {
        const struct cache *c = &caches[i];

        if (c->level != f->arg[0] || c->type != f->arg[1]) continue;
        return done(f, AT(c->unified, 0) | AT(1, 1) | AT(c->ways, 8) | AT(c->line_shift, 16)
                       | AT(c->line_shift, 24) | AT(c->latency, 32) | AT(c->latency, 40),
                    AT(c->size_bytes, 0) | AT(14, 32) | AT(c->tag_low, 40) | AT(49, 48), 0);
    }
    return status(f, INVALID);
}

static enum em_reply p_cache_flush_pv(struct fw_frame *f)
{
    if (f->arg[2] == 0) return p_ok(f);
    fw__log_guest(f->fw, "PAL_CACHE_FLUSH with a progress indicator of a call we never interrupt");
    return status(f, INVALID);
}

/* ---- translation --------------------------------------------------------------------------- */

static enum em_reply p_mem_attrib(struct fw_frame *f)
{
    return done(f, AT(1, EM_MA_WB) | AT(1, EM_MA_UC) | AT(1, EM_MA_WC) | AT(1, EM_MA_NATPAGE), 0,
                0);
}

static enum em_reply p_ptce_info(struct fw_frame *f)
{
    return done(f, 0, ONE_TO_ONE, 0);       /* one purge does all */
}

static uint64_t tc_info(uint64_t sets, uint64_t ways, uint64_t entries)
{
    return AT(sets, 0) | AT(ways, 8) | AT(entries, 16) | AT(1, 32) | AT(1, 33);
}

static enum em_reply p_vm_info(struct fw_frame *f)
{
    if (f->arg[0] != 0 || (f->arg[1] != 1 && f->arg[1] != 2)) return status(f, INVALID);
    return done(f, tc_info(128, 4, 512), PAGE_SIZES, 0);
}

static enum em_reply p_vm_info_pv(struct fw_frame *f)
{
    if (f->arg[0] == 0 && f->arg[1] == 2) return done(f, tc_info(128, 1, 128), AT(1, 14), 0);
    if (f->arg[0] == 1 && (f->arg[1] == 1 || f->arg[1] == 2))
        return done(f, AT(1, 0) | AT(1, 8) | AT(1, 16) | AT(1, 32), AT(1, 14), 0);
    return status(f, INVALID);
}

static enum em_reply p_vm_summary(struct fw_frame *f)
{
    return done(f, AT(1, 0) | AT(50, 1) | AT(24, 8) | AT(15, 16) | AT(2, 24) | AT(63, 32)
                   | AT(63, 40) | AT(2, 48) | AT(1, 56),
                AT(60, 0) | AT(24, 8), 0);
}

static enum em_reply p_vm_summary_pv(struct fw_frame *f)
{
    return done(f, AT(1, 0) | AT(44, 1) | AT(16, 8) | AT(15, 16) | AT(0x30, 24) | AT(11, 32)
                   | AT(11, 40) | AT(3, 48) | AT(2, 56),
                AT(50, 0) | AT(18, 8), 0);
}

static enum em_reply p_vm_page_size(struct fw_frame *f)
{
    return done(f, PAGE_SIZES, PAGE_SIZES, 0);
}

static enum em_reply p_vm_tr_read(struct fw_frame *f)
{
    const enum em_side side = f->arg[1] == 0 ? EM_INST : EM_DATA;
    uint64_t buf[4] = { 0, 0, 0, 0 };
    enum em_reply reply;
    struct em_xlat x;
    bool valid;

    if (f->arg[0] > 63 || f->arg[1] > 1) return status(f, INVALID);
    valid = em_tr_get(f->cpu, side, (unsigned)f->arg[0], &x);
    if (valid) {
        buf[0] = x.pte;
        buf[1] = AT(x.ps, 2) | AT(x.key, 8);
        buf[2] = x.va | 1;          /* bit 0: the register is valid */
        buf[3] = AT(x.ps, 2) | AT(x.rid, 8);
    }
    if (!fw__copy_out(f, f->arg[2], buf, sizeof(buf), &reply)) return reply;
    return done(f, 0xf, 0, 0);
}

/* ---- identity ------------------------------------------------------------------------------ */

static enum em_reply p_proc_get_features(struct fw_frame *f)
{
    return f->arg[1] == 0 ? done(f, 0, 0, 0) : status(f, NO_SUCH_SET);
}

static enum em_reply p_debug_info(struct fw_frame *f) { return done(f, 8, 8, 0); }

static enum em_reply p_fixed_addr(struct fw_frame *f)
{
    return done(f, em_cpu_index(f->cpu), 0, 0);
}

static enum em_reply p_version(struct fw_frame *f)
{
    const uint64_t version = AT(0x50, 0) | AT(0x05, 8) | AT(0x10, 32);

    return done(f, version, version, 0);
}

static enum em_reply p_register_info(struct fw_frame *f)
{
    /* bit per register: low word 0..63, high word 64..127 */
    static const struct { uint64_t low, high; } info[4] = {
        { UINT64_C(0x000011117f2f00ff), 0x7 },              /* ARs there are */
        { 0, 0 },                                           /* ARs whose reading has effects */
        { UINT64_C(0x0000000003fb0107), UINT64_C(0x307ff) },  /* CRs there are */
        { 0, 0x2 },                                         /* reading IVR has effects */
    };

    if (f->arg[0] >= ARRAY_SIZE(info)) return status(f, INVALID);
    return done(f, info[f->arg[0]].low, info[f->arg[0]].high, 0);
}

static enum em_reply p_rse_info(struct fw_frame *f) { return done(f, 96, 0, 0); }

static enum em_reply p_brand_info(struct fw_frame *f)
{
    static const char brand[128] = "Embedded Itanium 2 processor";
    enum em_reply reply;

    if (f->arg[0] != 0) return status(f, INVALID);
    if (!fw__copy_out(f, f->arg[1], brand, sizeof(brand), &reply)) return reply;
    return done(f, 0, 0, 0);
}

static enum em_reply p_platform_addr(struct fw_frame *f)
{
    /* the interrupt block (type 0) cannot be moved */
    if (f->arg[0] == 0 && (f->arg[1] & ~EM_BIT(63)) != 0xfee00000) return status(f, INVALID);
    return p_ok(f);
}

/* ---- clocks and counters ------------------------------------------------------------------- */

static enum em_reply p_freq_base(struct fw_frame *f) { return done(f, f->fw->cfg.itc_hz, 0, 0); }

/** Everything runs at the platform's base, which SAL_FREQ_BASE gives as the ITC's frequency. */
static enum em_reply p_freq_ratios(struct fw_frame *f)
{
    return done(f, ONE_TO_ONE, ONE_TO_ONE, ONE_TO_ONE);
}

static enum em_reply p_perf_mon_info(struct fw_frame *f)
{
    uint64_t masks[16];             /* four masks of 256 bits */
    enum em_reply reply;

    memset(masks, 0, sizeof(masks));
    masks[0] = 0xffff;              /* PMCs */
    masks[4] = 0x3ffff;             /* PMDs */
    masks[8] = masks[12] = 0xf0;    /* counters that count cycles, retired instructions */
    if (!fw__copy_out(f, f->arg[0], masks, sizeof(masks), &reply)) return reply;
    return done(f, AT(4, 0) | AT(47, 8) | AT(0x12, 16) | AT(0x08, 24), 0, 0);
}

/* ---- power --------------------------------------------------------------------------------- */

#define HALT_STATE (UINT64_C(1000) | AT(1000, 16) | AT(10, 32) | AT(1, 60) | AT(1, 61))

static enum em_reply p_halt_info(struct fw_frame *f)
{
    const uint64_t states[8] = { HALT_STATE };
    enum em_reply reply;

    if (!fw__copy_out(f, f->arg[0], states, sizeof(states), &reply)) return reply;
    return done(f, 0, 0, 0);
}

static enum em_reply p_halt_info_pv(struct fw_frame *f)
{
    const uint64_t state = HALT_STATE;
    enum em_reply reply;

    if (!fw__copy_out(f, f->arg[0], &state, sizeof(state), &reply)) return reply;
    return done(f, 0, 0, 0);
}

/* ---- table --------------------------------------------------------------------------------- */

static const struct fw_row rows[] = {
    { 1,   "CACHE_FLUSH",         p_ok,             p_cache_flush_pv },
    { 2,   "CACHE_INFO",          p_cache_info,     p_cache_info },
    { 3,   "CACHE_INIT",          p_ok,             NULL },
    { 4,   "CACHE_SUMMARY",       p_cache_summary,  p_cache_summary },
    { 5,   "MEM_ATTRIB",          p_mem_attrib,     p_mem_attrib },
    { 6,   "PTCE_INFO",           p_ptce_info,      p_ptce_info },
    { 7,   "VM_INFO",             p_vm_info,        p_vm_info_pv },
    { 8,   "VM_SUMMARY",          p_vm_summary,     p_vm_summary_pv },
    { 9,   "BUS_GET_FEATURES",    p_ok,             p_ok },
    { 10,  "BUS_SET_FEATURES",    p_ok,             NULL },
    { 11,  "DEBUG_INFO",          p_debug_info,     p_debug_info },
    { 12,  "FIXED_ADDR",          p_fixed_addr,     p_fixed_addr },
    { 13,  "FREQ_BASE",           p_freq_base,      p_freq_base },
    { 14,  "FREQ_RATIOS",         p_freq_ratios,    p_freq_ratios },
    { 15,  "PERF_MON_INFO",       p_perf_mon_info,  p_perf_mon_info },
    { 16,  "PLATFORM_ADDR",       p_platform_addr,  NULL },
    { 17,  "PROC_GET_FEATURES",   p_proc_get_features, p_proc_get_features },
    { 18,  "PROC_SET_FEATURES",   p_ok,             NULL },
    { 19,  "RSE_INFO",            p_rse_info,       p_rse_info },
    { 20,  "VERSION",             p_version,        p_version },
    { 22,  "MC_DRAIN",            p_ok,             p_ok },
    { 24,  "MC_CLEAR_LOG",        p_ok,             NULL },
    { 28,  "HALT",                fw__halt_light,   fw__halt_light },
    { 29,  "HALT_LIGHT",          fw__halt_light,   fw__halt_light },
    { 34,  "VM_PAGE_SIZE",        p_vm_page_size,   p_vm_page_size },
    { 39,  "REGISTER_INFO",       p_register_info,  p_register_info },
    { 41,  "PREFETCH_VISIBILITY", p_not_needed,     p_not_needed },
    { 257, "HALT_INFO",           p_halt_info,      p_halt_info_pv },
    { 261, "VM_TR_READ",          p_vm_tr_read,     p_ok },
    { 274, "BRAND_INFO",          p_brand_info,     p_brand_info },
};

enum em_reply fw__pal(struct fw *fw, struct em_cpu *cpu)
{
    const uint64_t index = em_gr(cpu, 28);
    struct fw_frame f = { .fw = fw, .cpu = cpu };
    unsigned i;

    /* static procedures take r29..r31, stacked ones r33..r35 (r32 repeats the index) */
    for (i = 0; i < 3; i++)
        f.arg[i] = index < STACKED_FIRST ? em_gr(cpu, 29 + i) : fw__arg(cpu, 1 + i);
    return fw__dispatch(&f, rows, ARRAY_SIZE(rows), index, UNIMPL);
}

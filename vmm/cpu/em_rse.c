/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_rse.c: the register stack engine, always lazy, without a clean partition.
 *
 * Stacked registers lie in one host array; st points into it so that the current frame and, below
 * it, the dirty registers are contiguous: a call adds sol to the pointer. There are at most 96 live
 * registers (frame + dirty), as on all parts. Kept are BSPSTORE and the number of dirty registers;
 * BSP follows. A negative number of dirty registers is an incomplete frame (SDM vol. 2, "RSE
 * operation": CFLE): so many of its lowest registers are still in memory below BSPSTORE.
 *
 * Rotating registers are moved physically, so st[] is always in logical order. Before the frame is
 * renamed (call, cover, return...) they are moved back, so that memory sees physical order.
 */
#include <string.h>
#include "em_cpu.h"

#define SLOT(addr) ((unsigned)((addr) >> 3) & 63)

uint64_t em__bs_up(uint64_t addr, unsigned n)
{
    return addr + 8 * (uint64_t)(n + (SLOT(addr) + n) / 63);
}

uint64_t em__bs_down(uint64_t addr, unsigned n)
{
    return n ? addr - 8 * (uint64_t)(n + (62 - SLOT(addr) + n) / 63) : addr;
}

/* SLOT(addr) is 63 only while BSPSTORE is at a collection word: both formulas hold there too. */
uint64_t em__bsp(const struct em_cpu *cpu)
{
    if (cpu->ndirty >= 0) return em__bs_up(cpu->bspstore, (unsigned)cpu->ndirty);
    return em__bs_down(cpu->bspstore, (unsigned)-cpu->ndirty);
}

/* SDM vol. 2: reserved field checks of PFS and IFS */
bool em__frame_ok(uint64_t cfm)
{
    unsigned sof = em__cfm_sof(cfm), sor = em__cfm_sor(cfm);
    unsigned rrb = em__cfm_rrb_gr(cfm);

    return sof <= EM_NR_STACKED && em__cfm_sol(cfm) <= sof && sor <= sof &&
           (rrb == 0 || rrb < sor) && em__cfm_rrb_fr(cfm) < 96 && em__cfm_rrb_pr(cfm) < 48;
}

/* Keep a frame from the outside (PFS and IFS can hold anything while unchecked) inside bounds. */
static uint64_t sane_frame(uint64_t cfm)
{
    return em__frame_ok(cfm) ? cfm & EM_CFM_MASK : 0;
}

/* Forget NaTs of registers [from, from + n) of the frame: they leave the live part. */
static void drop_nats(struct em_cpu *cpu, int from, int n)
{
    uint8_t *nat = em__snat(cpu, 32) + from;

    for (int i = 0; i < n && cpu->nat_count; i++) {
        cpu->nat_count -= nat[i];
        nat[i] = 0;
    }
}

void em__set_nat(struct em_cpu *cpu, unsigned r, bool nat)
{
    if (r < 32) {
        cpu->nat_count += (int)nat - (int)((cpu->gnat >> r) & 1);
        cpu->gnat = (cpu->gnat & ~(UINT32_C(1) << r)) | ((uint32_t)nat << r);
    } else {
        uint8_t *p = em__snat(cpu, r);
        cpu->nat_count += (int)nat - (int)*p;
        *p = nat;
    }
    em__set_lim(cpu);
}

/* ---- rotation ---------------------------------------------------------------------------------*/

static void reverse64(uint64_t *p, unsigned n)
{
    for (unsigned i = 0, j = n - 1; n && i < j; i++, j--) {
        uint64_t t = p[i];
        p[i] = p[j];
        p[j] = t;
    }
}

static void reverse8(uint8_t *p, unsigned n)
{
    for (unsigned i = 0, j = n - 1; n && i < j; i++, j--) {
        uint8_t t = p[i];
        p[i] = p[j];
        p[j] = t;
    }
}

/* new[i] = old[(i + by) % n] */
static void rotate_gr(struct em_cpu *cpu, unsigned n, unsigned by)
{
    uint64_t *p = cpu->st + 32;
    uint8_t *q = em__snat(cpu, 32);

    if (!n || !by) return;
    reverse64(p, by);
    reverse64(p + by, n - by);
    reverse64(p, n);
    if (!cpu->nat_count) return;
    reverse8(q, by);
    reverse8(q + by, n - by);
    reverse8(q, n);
}

static void rotate_fr(struct em_cpu *cpu, unsigned by)
{
    struct em_freg old[96];

    if (!by) return;
    memcpy(old, &cpu->frbuf[cpu->fr_window], sizeof(old));
    cpu->fr_window = sizeof(cpu->frbuf) / sizeof(cpu->frbuf[0]) - 96;
    for (unsigned i = 0; i < 96; i++)
        cpu->frbuf[cpu->fr_window + i] = old[(i + by) % 96];
}

static void rotate_pr(struct em_cpu *cpu, unsigned by)
{
    uint64_t rot = cpu->pr >> 16, mask = EM_BIT(48) - 1;

    if (!by) return;
    rot = ((rot >> by) | (rot << (48 - by))) & mask;
    cpu->pr = (cpu->pr & 0xffff) | (rot << 16);
}

/* Move everything from logical order under `cfm` to physical order, or back. */
static void apply_rrb(struct em_cpu *cpu, uint64_t cfm, bool undo)
{
    unsigned sor = em__cfm_sor(cfm), gr = em__cfm_rrb_gr(cfm);
    unsigned fr = em__cfm_rrb_fr(cfm), pr = em__cfm_rrb_pr(cfm);

    if (!(cfm & EM_CFM_RRB)) return;
    rotate_gr(cpu, sor, undo && gr ? sor - gr : gr);
    rotate_fr(cpu, undo && fr ? 96 - fr : fr);
    rotate_pr(cpu, undo && pr ? 48 - pr : pr);
}

void em__unrotate(struct em_cpu *cpu)
{
    apply_rrb(cpu, cpu->cfm, true);
    cpu->cfm &= ~EM_CFM_RRB;
    cpu->rotating = 0;
}

void em__set_cfm(struct em_cpu *cpu, uint64_t cfm)
{
    if (cpu->rotating) em__unrotate(cpu);
    cpu->cfm = cfm;
    cpu->rotating = (cfm & EM_CFM_RRB) != 0;
    if (cpu->rotating) apply_rrb(cpu, cfm, false);
    em__set_lim(cpu);
}

/* One step of a modulo-scheduled loop (SDM vol. 3, br.ctop): rrb decremented, p63 already set. */
void em__rotate(struct em_cpu *cpu)
{
    unsigned sor = em__cfm_sor(cpu->cfm), gr = em__cfm_rrb_gr(cpu->cfm);
    unsigned fr = em__cfm_rrb_fr(cpu->cfm), pr = em__cfm_rrb_pr(cpu->cfm);

    if (sor) {
        uint64_t *p = cpu->st + 32, last = p[sor - 1];
        memmove(p + 1, p, (sor - 1) * sizeof(*p));
        p[0] = last;
        if (cpu->nat_count) {
            uint8_t *q = em__snat(cpu, 32), nat = q[sor - 1];
            memmove(q + 1, q, sor - 1);
            q[0] = nat;
        }
        gr = gr ? gr - 1 : sor - 1;
    }
    if (cpu->fr_window == 0) {
        cpu->fr_window = sizeof(cpu->frbuf) / sizeof(cpu->frbuf[0]) - 96;
        memmove(&cpu->frbuf[cpu->fr_window], cpu->frbuf, 96 * sizeof(cpu->frbuf[0]));
    }
    cpu->fr_window--;
    cpu->frbuf[cpu->fr_window] = cpu->frbuf[cpu->fr_window + 96];
    fr = fr ? fr - 1 : 95;
    pr = pr ? pr - 1 : 47;
    cpu->pr = (cpu->pr & 0xffff) | ((cpu->pr >> 63) << 16) |
              ((cpu->pr & ~UINT64_C(0xffff)) << 1);
    cpu->cfm = (cpu->cfm & ~EM_CFM_RRB) | (uint64_t)gr << 18 | (uint64_t)fr << 25 |
               (uint64_t)pr << 32;
    cpu->rotating = (cpu->cfm & EM_CFM_RRB) != 0;
}

/* ---- frames -----------------------------------------------------------------------------------*/

/* Put the frame with 96 registers below and above it into the middle of the array. */
void em__slide(struct em_cpu *cpu)
{
    size_t at = (size_t)(cpu->st - cpu->stk), to = EM_STK_WORDS / 2;

    memmove(cpu->stk + to - 96 + 32, cpu->stk + at - 96 + 32, 192 * sizeof(cpu->stk[0]));
    if (cpu->nat_count) {
        uint8_t live[192];
        memcpy(live, cpu->snat + at - 96 + 32, sizeof(live));
        memset(cpu->snat, 0, sizeof(cpu->snat));
        memcpy(cpu->snat + to - 96 + 32, live, sizeof(live));
    }
    cpu->st = cpu->stk + to;
}

/* br.call: the registers above the locals become the new frame. */
void em__call_frame(struct em_cpu *cpu)
{
    unsigned sol, sof;

    cpu->pfs = cpu->cfm | cpu->ec << 52 | (uint64_t)em__cpl(cpu) << 62;
    if (cpu->rotating) em__unrotate(cpu);
    sol = em__cfm_sol(cpu->cfm);
    sof = em__cfm_sof(cpu->cfm);
    cpu->st += sol;
    cpu->ndirty += (int)sol;
    cpu->cfm = sof - sol;
    em__keep_room(cpu);
    em__set_lim(cpu);
}

/*
 * br.ret and rfi: `cfm` becomes the frame, whose first `preserved` registers are the top of the
 * dirty ones. SDM vol. 2, "RSE instructions"; a frame that would overlap dirty registers is forced
 * to size 0 (bad PFS).
 */
void em__return_frame(struct em_cpu *cpu, uint64_t cfm, unsigned preserved)
{
    int sof = (int)em__sof(cpu), fresh;

    if (cpu->rotating) em__unrotate(cpu);
    cfm = sane_frame(cfm);
    if (preserved > em__cfm_sof(cfm)) preserved = em__cfm_sof(cfm);
    fresh = (int)em__cfm_sof(cfm) - (int)preserved;
    if (cpu->ndirty >= 0 && fresh + cpu->ndirty > (int)EM_NR_STACKED) {
        drop_nats(cpu, -(int)preserved, sof + (int)preserved);
        cpu->st -= preserved;
        cpu->ndirty -= (int)preserved;
        if (cpu->ndirty < 0) { cpu->bspstore = em__bsp(cpu); cpu->ndirty = 0; }
        em__keep_room(cpu);
        em__set_cfm(cpu, 0);
        return;
    }
    if (fresh < sof) drop_nats(cpu, fresh, sof - fresh);
    cpu->st -= preserved;
    cpu->ndirty -= (int)preserved;
    em__set_cfm(cpu, cfm);
    /* A handler can return again and again without filling: only this frame can be owed. */
    if (cpu->ndirty < -(int)em__cfm_sof(cfm)) {
        cpu->bspstore = em__bs_down(cpu->bspstore,
                                    (unsigned)(-cpu->ndirty - (int)em__cfm_sof(cfm)));
        cpu->ndirty = -(int)em__cfm_sof(cfm);
    }
    em__keep_room(cpu);
    cpu->cfle = cpu->ndirty < 0;
}

uint64_t em__cover(struct em_cpu *cpu)
{
    uint64_t old = cpu->cfm;
    unsigned sof = em__sof(cpu);

    if (cpu->rotating) em__unrotate(cpu);
    cpu->st += sof;
    cpu->ndirty += (int)sof;
    cpu->cfm = 0;
    em__keep_room(cpu);
    em__set_lim(cpu);
    return old;
}

/* ---- traffic with memory ----------------------------------------------------------------------*/

static struct em_ref rse_ref(const struct em_cpu *cpu, uint64_t addr, unsigned acc)
{
    struct em_ref ref = { .va = addr, .size_bytes = 8, .acc = (uint8_t)acc, .side = EM_RSE };

    ref.cpl = (uint8_t)((cpu->rsc >> 2) & 3);
    ref.isr = EM_ISR_RS | (acc == EM_WRITE ? EM_ISR_W : EM_ISR_R);
    return ref;
}

static bool rse_hit(const struct em_cpu *cpu, uint64_t addr, bool write, uint64_t **host_out)
{
    unsigned mode = (cpu->psr & EM_PSR_RT) ? 1 + ((unsigned)(cpu->rsc >> 2) & 3) : 0;
    const struct em_tlbe *e = &cpu->tlb[mode][(addr >> 12) & (EM_TLB_SLOTS - 1)];

    if ((write ? e->tag_w : e->tag_r) != (addr & (EM_PAGE_MASK | 7))) return false;
    *host_out = (uint64_t *)(addr + e->addend);
    return !cpu->slow;
}

/* psr.da and psr.dd suppress faults of one successful reference only (SDM vol. 2, PSR) */
static void reference_done(struct em_cpu *cpu)
{
    if (cpu->psr & (EM_PSR_DA | EM_PSR_DD)) {
        uint64_t old = cpu->psr;
        cpu->psr &= ~(EM_PSR_DA | EM_PSR_DD);
        em__psr_changed(cpu, old);
    }
}

static enum em_res rse_store(struct em_cpu *cpu, uint64_t addr, uint64_t value)
{
    uint64_t v = cpu->rsc & 16 ? __builtin_bswap64(value) : value, *host;
    struct em_ref ref;
    enum em_res res;

    if (EM_LIKELY(rse_hit(cpu, addr, true, &host))) { *host = v; return EM_OK; }
    ref = rse_ref(cpu, addr, EM_WRITE);
    res = em__write_bytes(cpu, &ref, (const uint8_t *)&v);
    if (res == EM_OK) reference_done(cpu);
    return res;
}

static enum em_res rse_load(struct em_cpu *cpu, uint64_t addr, uint64_t *value_out)
{
    uint64_t v = 0, *host;
    struct em_ref ref;
    enum em_res res;

    if (EM_LIKELY(rse_hit(cpu, addr, false, &host))) {
        v = *host;
    } else {
        ref = rse_ref(cpu, addr, EM_READ);
        res = em__read_bytes(cpu, &ref, (uint8_t *)&v);
        if (res != EM_OK) return res;
        reference_done(cpu);
    }
    *value_out = cpu->rsc & 16 ? __builtin_bswap64(v) : v;
    return EM_OK;
}

/* Store one word at BSPSTORE: the oldest dirty register or the NaT collection. */
static enum em_res spill_word(struct em_cpu *cpu)
{
    unsigned slot = SLOT(cpu->bspstore);
    uint64_t *reg = cpu->st + 32 - cpu->ndirty;
    uint8_t *nat = em__snat(cpu, 32) - cpu->ndirty;
    enum em_res res;

    if (slot == 63) {
        res = rse_store(cpu, cpu->bspstore, cpu->rnat & ~EM_BIT(63));
    } else {
        res = rse_store(cpu, cpu->bspstore, *reg);
        if (res == EM_OK) {
            cpu->rnat = (cpu->rnat & ~EM_BIT(slot)) | ((uint64_t)*nat << slot);
            cpu->nat_count -= *nat;
            *nat = 0;
            cpu->ndirty--;
        }
    }
    if (res == EM_OK) cpu->bspstore += 8;
    return res;
}

/* Load one word below BSPSTORE. */
static enum em_res fill_word(struct em_cpu *cpu)
{
    uint64_t addr = cpu->bspstore - 8, value;
    int index = -cpu->ndirty - 1;               /* in the frame; negative: a dirty register */
    enum em_res res = rse_load(cpu, addr, &value);

    if (res != EM_OK) return res;
    cpu->bspstore = addr;
    if (SLOT(addr) == 63) { cpu->rnat = value & ~EM_BIT(63); return EM_OK; }
    cpu->ndirty++;
    if (index >= (int)EM_NR_STACKED || index < -(int)EM_NR_STACKED) return EM_OK;
    cpu->st[32 + index] = value;
    uint8_t nat = (cpu->rnat >> SLOT(addr)) & 1, *p = em__snat(cpu, 32) + index;
    cpu->nat_count += (int)nat - (int)*p;
    *p = nat;
    return EM_OK;
}

/** Mandatory loads of an incomplete frame; committed word by word, so that a fault restarts. */
enum em_res em__rse_fill(struct em_cpu *cpu)
{
    unsigned sor = em__cfm_sor(cpu->cfm), gr = em__cfm_rrb_gr(cpu->cfm);
    enum em_res res = EM_OK;

    if (gr) rotate_gr(cpu, sor, sor - gr);      /* memory has the physical order */
    while (cpu->ndirty < 0 && res == EM_OK)
        res = fill_word(cpu);
    if (gr) rotate_gr(cpu, sor, gr);
    if (res == EM_OK) cpu->cfle = false;
    em__set_lim(cpu);
    return res;
}

enum em_res em__rse_alloc(struct em_cpu *cpu, unsigned sof, unsigned sol, unsigned sor)
{
    unsigned old = em__sof(cpu);

    while ((int)sof + cpu->ndirty > (int)EM_NR_STACKED) {
        enum em_res res = spill_word(cpu);
        if (res != EM_OK) { em__set_lim(cpu); return res; }
    }
    if (sof < old) drop_nats(cpu, (int)sof, (int)(old - sof));
    cpu->cfm = (cpu->cfm & EM_CFM_RRB) | sof | (uint64_t)sol << 7 | (uint64_t)(sor / 8) << 14;
    em__set_lim(cpu);
    return EM_OK;
}

enum em_res em__rse_flush(struct em_cpu *cpu)
{
    while (cpu->ndirty >= 0 && cpu->bspstore != em__bsp(cpu)) {
        enum em_res res = spill_word(cpu);
        if (res != EM_OK) { em__set_lim(cpu); return res; }
    }
    em__set_lim(cpu);
    return EM_OK;
}

/* Registers in the words [bottom, top). */
static unsigned regs_between(uint64_t bottom, uint64_t top)
{
    return (unsigned)((top - bottom) / 8 - ((top >> 9) - (bottom >> 9)));
}

/** SDM vol. 3, loadrs. Legality was checked but for the number of registers. */
enum em_res em__rse_loadrs(struct em_cpu *cpu)
{
    uint64_t bsp = em__bsp(cpu), bottom = bsp - ((cpu->rsc >> 16) & 0x3ff8);
    int keep = (int)regs_between(bottom, bsp);

    if (keep > (int)EM_NR_STACKED) return em__illegal(cpu);
    if (bottom >= cpu->bspstore || cpu->ndirty < 0) {
        if (cpu->ndirty < 0) { keep = 0; bottom = bsp; }
        if (cpu->ndirty > keep) drop_nats(cpu, -cpu->ndirty, cpu->ndirty - keep);
        cpu->ndirty = keep;
        cpu->bspstore = bottom;
        cpu->cfle = false;
        em__set_lim(cpu);
        return EM_OK;
    }
    while (cpu->bspstore != bottom) {
        enum em_res res = fill_word(cpu);
        if (res != EM_OK) { em__set_lim(cpu); return res; }
    }
    em__set_lim(cpu);
    return EM_OK;
}

void em__set_bspstore(struct em_cpu *cpu, uint64_t value)
{
    cpu->bspstore = value & ~UINT64_C(7);
}

/* ---- for the owner ----------------------------------------------------------------------------*/

uint64_t em_rse_cover(struct em_cpu *cpu)
{
    return em__cover(cpu);
}

void em_rse_restore(struct em_cpu *cpu, uint64_t ifs)
{
    uint64_t cfm = ifs & EM_CFM_MASK;

    em__return_frame(cpu, cfm, em__frame_ok(cfm) ? em__cfm_sof(cfm) : 0);
}

bool em_rse_incomplete(const struct em_cpu *cpu)
{
    return cpu->ndirty < 0;
}

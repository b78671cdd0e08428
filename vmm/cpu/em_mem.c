/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_mem.c: data references that missed the software TLB or need more than a load or store.
 *
 * Alignment (SDM vol. 2, "Unaligned Data Reference"): psr.ac = 1 faults on every misaligned
 * reference. With psr.ac = 0 parts differ; here everything inside one 4 KiB page is done, and what
 * crosses into another faults, as it must on all of them.
 */
#include <string.h>
#include "em_cpu.h"

struct em_ref em__ref(const struct em_cpu *cpu, em_gva_t va, unsigned size_bytes, unsigned acc)
{
    struct em_ref ref = { .va = va, .size_bytes = (uint8_t)size_bytes, .acc = (uint8_t)acc };

    ref.cpl = (uint8_t)em__cpl(cpu);
    ref.isr = (acc & EM_READ ? EM_ISR_R : 0) | (acc & EM_WRITE ? EM_ISR_W : 0);
    return ref;
}

static enum em_flt check_form(const struct em_cpu *cpu, const struct em_ref *ref)
{
    unsigned align = ref->size_bytes == 10 ? 16 : ref->size_bytes;
    bool strict = (cpu->psr & EM_PSR_AC) || (ref->flags & (EM_RF_SEMA | EM_RF_ALIGNED));
    bool uncached = ref->ma == EM_MA_UC || ref->ma == EM_MA_UCE || ref->ma == EM_MA_WC;

    if (ref->side == EM_DATA && (ref->va & (align - 1))) {
        if (strict || (ref->va & 4095) + ref->size_bytes > EM_PAGE_BYTES) return EM_F_UNALIGNED;
    }
    if ((ref->flags & EM_RF_FETCHADD) && ref->ma == EM_MA_UCE) return EM_F_NONE;
    if ((ref->flags & (EM_RF_SEMA | EM_RF_CACHED_ONLY)) && uncached) return EM_F_UNSUPPORTED;
    return EM_F_NONE;
}

static enum em_flt check(struct em_cpu *cpu, struct em_ref *ref)
{
    enum em_flt f = em__translate(cpu, ref);

    return f != EM_F_NONE ? f : check_form(cpu, ref);
}

/* Which software TLB a reference may fill. */
static unsigned mode_of(const struct em_cpu *cpu, const struct em_ref *ref)
{
    if (ref->side == EM_RSE) return (cpu->psr & EM_PSR_RT) ? 1u + ref->cpl : 0;
    return (cpu->psr & EM_PSR_DT) ? 1u + ref->cpl : 0;
}

enum em_res em__check(struct em_cpu *cpu, struct em_ref *ref)
{
    enum em_flt f = check(cpu, ref);

    if (f != EM_F_NONE) return em__ref_fault(cpu, ref, f);
    if (!cpu->slow && ref->acc && !(ref->flags & EM_RF_NOBITS) && ref->ma == EM_MA_WB)
        em__tlb_fill(cpu, mode_of(cpu, ref), ref->va, ref->gpa, ref->acc);
    return EM_OK;
}

/* ---- control speculation (SDM vol. 2, "Deferral of speculative load faults") ------------------*/

static bool deferrable(const struct em_cpu *cpu, enum em_flt f)
{
    static const uint16_t dcr_bit[] = {
        [EM_F_ALT] = 1 << 8, [EM_F_VHPT] = 1 << 8, [EM_F_TLB] = 1 << 8, [EM_F_NESTED] = 1 << 8,
        [EM_F_NOT_PRESENT] = 1 << 9, [EM_F_KEY_MISS] = 1 << 10, [EM_F_KEY_PERM] = 1 << 11,
        [EM_F_RIGHTS] = 1 << 12, [EM_F_ACCESS] = 1 << 13, [EM_F_DEBUG] = 1 << 14,
    };
    bool by_page = (cpu->psr & EM_PSR_IT) && cpu->code_ed;

    if (f == EM_F_UNIMPL || f == EM_F_NATPAGE || f == EM_F_UNSUPPORTED) return true;
    if (!(cpu->psr & EM_PSR_IC)) return true;
    if (f == EM_F_UNALIGNED) return by_page;
    return by_page && (size_t)f < sizeof(dcr_bit) / sizeof(dcr_bit[0]) &&
           (cpu->cr[EM_CR_DCR] & dcr_bit[f]);
}

/* Conditions that do not hide later ones when deferred. */
static bool transparent(enum em_flt f)
{
    return f == EM_F_KEY_MISS || f == EM_F_KEY_PERM || f == EM_F_RIGHTS || f == EM_F_ACCESS ||
           f == EM_F_DEBUG;
}

enum em_res em__spec_check(struct em_cpu *cpu, struct em_ref *ref, bool *defer_out)
{
    enum em_flt f;

    *defer_out = true;
    if (cpu->psr & EM_PSR_ED) return EM_OK;
    ref->isr |= EM_ISR_SP;
    ref->flags |= EM_RF_SPEC;
    *defer_out = false;
    for (;;) {
        f = check(cpu, ref);
        if (f == EM_F_NONE) break;
        if (!deferrable(cpu, f)) return em__ref_fault(cpu, ref, f);
        *defer_out = true;
        if (!transparent(f) || (ref->skip & (1u << f))) return EM_OK;
        ref->skip |= (uint16_t)(1u << f);
    }
    /* only well-behaved memory is read speculatively; untranslated never is */
    if (ref->ma == EM_MA_UC || ref->ma == EM_MA_UCE || !(cpu->psr & EM_PSR_DT))
        *defer_out = !(em__window(cpu, ref->va) && ref->ma == EM_MA_WB) || *defer_out;
    return EM_OK;
}

/* ---- the access itself ------------------------------------------------------------------------*/

static uint64_t load_host(const uint8_t *p, unsigned size_bytes)
{
    uint64_t v = 0;

    if (((uintptr_t)p & (size_bytes - 1)) == 0) {
        switch (size_bytes) {
        case 1: return __atomic_load_n(p, __ATOMIC_RELAXED);
        case 2: return __atomic_load_n((const uint16_t *)(const void *)p, __ATOMIC_RELAXED);
        case 4: return __atomic_load_n((const uint32_t *)(const void *)p, __ATOMIC_RELAXED);
        case 8: return __atomic_load_n((const uint64_t *)(const void *)p, __ATOMIC_RELAXED);
        }
    }
    memcpy(&v, p, size_bytes);
    return v;
}

static void store_host(uint8_t *p, unsigned size_bytes, uint64_t v)
{
    if (((uintptr_t)p & (size_bytes - 1)) == 0) {
        switch (size_bytes) {
        case 1: __atomic_store_n(p, (uint8_t)v, __ATOMIC_RELEASE); return;
        case 2: __atomic_store_n((uint16_t *)(void *)p, (uint16_t)v, __ATOMIC_RELEASE); return;
        case 4: __atomic_store_n((uint32_t *)(void *)p, (uint32_t)v, __ATOMIC_RELEASE); return;
        case 8: __atomic_store_n((uint64_t *)(void *)p, v, __ATOMIC_RELEASE); return;
        }
    }
    memcpy(p, &v, size_bytes);
}

static uint64_t swap(uint64_t v, unsigned size_bytes)
{
    return __builtin_bswap64(v) >> (64 - 8 * size_bytes);
}

static uint64_t read_gpa(struct em_cpu *cpu, em_gpa_t gpa, unsigned size_bytes)
{
    const uint8_t *p = em__host(cpu->m, gpa, size_bytes);
    uint64_t ones = ~UINT64_C(0) >> (64 - 8 * size_bytes);

    if (p) return load_host(p, size_bytes);
    if (!cpu->m->ops.mmio_read) return ones;
    return cpu->m->ops.mmio_read(cpu, cpu->m->cfg.ctx, gpa, size_bytes) & ones;
}

static enum em_res write_gpa(struct em_cpu *cpu, em_gpa_t gpa, unsigned size_bytes, uint64_t v)
{
    uint8_t *p = em__host(cpu->m, gpa, size_bytes);

    if (p) {
        store_host(p, size_bytes, v);
        return em__code_written(cpu, gpa, size_bytes) ? EM_EXIT : EM_OK;
    }
    if (!cpu->m->ops.mmio_write) return EM_OK;
    em__outside(cpu);               /* a device may wait */
    cpu->m->ops.mmio_write(cpu, cpu->m->cfg.ctx, gpa, size_bytes, v);
    em__inside(cpu);
    return EM_EXIT;                 /* translations may have gone meanwhile, an interrupt come */
}

/** The value at a reference that was checked. */
uint64_t em__read_at(struct em_cpu *cpu, const struct em_ref *ref)
{
    uint64_t v = read_gpa(cpu, ref->gpa, ref->size_bytes);

    return cpu->psr & EM_PSR_BE ? swap(v, ref->size_bytes) : v;
}

enum em_res em__read(struct em_cpu *cpu, struct em_ref *ref, uint64_t *value_out)
{
    enum em_res res = em__check(cpu, ref);

    if (res == EM_OK) *value_out = em__read_at(cpu, ref);
    return res;
}

/** EM_EXIT: done, but decoded code was overwritten. */
enum em_res em__write(struct em_cpu *cpu, struct em_ref *ref, uint64_t value)
{
    enum em_res res = em__check(cpu, ref);

    if (res != EM_OK) return res;
    if (cpu->psr & EM_PSR_BE) value = swap(value, ref->size_bytes);
    return write_gpa(cpu, ref->gpa, ref->size_bytes, value);
}

enum em_res em__read_bytes(struct em_cpu *cpu, struct em_ref *ref, uint8_t *bytes)
{
    enum em_res res = em__check(cpu, ref);
    unsigned n = ref->size_bytes;
    uint8_t *host;

    if (res != EM_OK) return res;
    host = n == 16 && !(ref->gpa & 15) ? em__host(cpu->m, ref->gpa, 16) : NULL;
    if (host) {
        em__load16(cpu->m, host, bytes);
        return EM_OK;
    }
    for (unsigned i = 0; i < n; i += 8) {
        unsigned part = n - i < 8 ? n - i : 8;
        uint64_t v = read_gpa(cpu, ref->gpa + i, part);
        memcpy(bytes + i, &v, part);
    }
    return EM_OK;
}

enum em_res em__write_bytes(struct em_cpu *cpu, struct em_ref *ref, const uint8_t *bytes)
{
    enum em_res res = em__check(cpu, ref), last = EM_OK;
    unsigned n = ref->size_bytes;
    uint8_t *host;

    if (res != EM_OK) return res;
    host = n == 16 && !(ref->gpa & 15) ? em__host(cpu->m, ref->gpa, 16) : NULL;
    if (host) {
        em__store16(cpu->m, host, bytes);
        if (em__code_written(cpu, ref->gpa, 16)) last = EM_EXIT;
        return ref->side == EM_RSE ? EM_OK : last;
    }
    for (unsigned i = 0; i < n; i += 8) {
        unsigned part = n - i < 8 ? n - i : 8;
        uint64_t v = 0;
        memcpy(&v, bytes + i, part);
        res = write_gpa(cpu, ref->gpa + i, part, v);
        if (res != EM_OK) last = res;
    }
    return ref->side == EM_RSE ? EM_OK : last;
}

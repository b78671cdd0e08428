/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_mode.c: psr and what hangs on it: translation modes, banks, single stepping, attention. */
#include "em_cpu.h"

/** psr bits with which instructions must be looked at one by one. */
#define PSR_SLOW (EM_PSR_SS | EM_PSR_TB | EM_PSR_LP | EM_PSR_DB | EM_PSR_ID | EM_PSR_DA | \
                  EM_PSR_DD | EM_PSR_IA | EM_PSR_ED | EM_PSR_IS)

void em__attn(struct em_cpu *cpu, uint32_t bits)
{
    atomic_fetch_or(&cpu->attn, bits);
}

/** Derive what depends on psr; `old` is the value before. */
void em__psr_changed(struct em_cpu *cpu, uint64_t old)
{
    uint64_t changed = old ^ cpu->psr;
    unsigned imode = (cpu->psr & EM_PSR_IT) ? 1 + em__cpl(cpu) : 0;

    cpu->slow = (cpu->psr & PSR_SLOW) != 0;
    cpu->dtlb = (cpu->psr & EM_PSR_BE) || cpu->slow ? cpu->tlb[EM_TLB_MODES]
                                                    : cpu->tlb[em__data_mode(cpu)];
    cpu->itlb = cpu->itlbs[imode];
    em__set_lim(cpu);
    if (changed & EM_PSR_PK) em__tlb_flush_virtual(cpu);
    if (cpu->slow || (changed & cpu->psr & (EM_PSR_I | EM_PSR_IC))) em__attn(cpu, EM_ATTN_IRQ);
}

void em__bank(struct em_cpu *cpu, unsigned bank)
{
    uint32_t nat = cpu->gnat;

    if (((cpu->psr & EM_PSR_BN) != 0) == (bank != 0)) return;
    cpu->psr ^= EM_PSR_BN;
    for (unsigned i = 0; i < 16; i++) {
        uint64_t t = cpu->gr[16 + i];
        cpu->gr[16 + i] = cpu->gr_other[i];
        cpu->gr_other[i] = t;
    }
    cpu->gnat = (nat & 0xffff) | cpu->gnat_other;
    cpu->gnat_other = nat & 0xffff0000u;
}

void em__set_psr(struct em_cpu *cpu, uint64_t psr)
{
    uint64_t old = cpu->psr;

    em__bank(cpu, (psr & EM_PSR_BN) != 0);
    cpu->psr = psr & ~EM_PSR_RI;
    em__psr_changed(cpu, old);
}

/* ---- for the owner ----------------------------------------------------------------------------*/

uint64_t em_psr(const struct em_cpu *cpu)
{
    return cpu->psr | (uint64_t)cpu->ri << EM_PSR_RI_SHIFT;
}

void em_set_psr(struct em_cpu *cpu, uint64_t psr)
{
    em__set_psr(cpu, psr);
    cpu->ri = (unsigned)((psr & EM_PSR_RI) >> EM_PSR_RI_SHIFT);
    if (cpu->ri > 2) cpu->ri = 2;
}

void em_set_bank(struct em_cpu *cpu, unsigned bank)
{
    em__bank(cpu, bank);
}

uint64_t em_ip(const struct em_cpu *cpu) { return cpu->ip; }

void em_set_ip(struct em_cpu *cpu, uint64_t ip, unsigned ri)
{
    cpu->ip = ip & ~UINT64_C(15);
    cpu->ri = ri > 2 ? 2 : ri;
    cpu->lastbr = NULL;
    cpu->br_to = cpu->ip;
    cpu->br_from = cpu->cr[EM_CR_IIPA];
}

void em_cpu_kick(struct em_cpu *cpu) { em__attn(cpu, EM_ATTN_KICK); }

bool em_cpu_kicked(const struct em_cpu *cpu)
{
    return atomic_load_explicit(&cpu->attn, memory_order_acquire) & EM_ATTN_KICK;
}

uint64_t em_cpu_instructions(const struct em_cpu *cpu)
{
    return em_cpu_instructions_about(cpu) + (cpu->in_trace ? em__pos(cpu->ip, cpu->ri) : 0);
}

uint64_t em_cpu_instructions_about(const struct em_cpu *cpu)
{
    return atomic_load_explicit(&cpu->icount, memory_order_relaxed);
}

bool em_qp_true(const struct em_cpu *cpu, unsigned qp) { return qp < 64 && em__p(cpu, qp); }

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_intr.c: building interruptions and delivering them (SDM vol. 2, "Interruptions"). */
#include <string.h>
#include "em_cpu.h"
#include "em_trace.h"

/* ---- building cpu->in -------------------------------------------------------------------------*/

enum em_res em__fault(struct em_cpu *cpu, uint32_t vector, uint64_t isr)
{
    memset(&cpu->in, 0, sizeof(cpu->in));
    cpu->in.vector = vector;
    cpu->in.isr = isr;
    return EM_FAULT;
}

enum em_res em__ge(struct em_cpu *cpu, unsigned code)
{
    return em__fault(cpu, EM_VEC_GENERAL, code);
}

enum em_res em__illegal(struct em_cpu *cpu)
{
    return em__ge(cpu, EM_GE_ILLEGAL_OP);
}

enum em_res em__priv(struct em_cpu *cpu)
{
    return em__ge(cpu, EM_GE_PRIVILEGED_OP);
}

enum em_res em__nat_consumption(struct em_cpu *cpu, uint64_t isr)
{
    return em__fault(cpu, EM_VEC_NAT_CONSUMPTION, isr | 0x10);
}

/* vector of a reference's fault for data and instructions; what it writes besides ISR and IFA */
static const struct {
    uint32_t data, inst;
    bool itir, iha;
    uint16_t code;
} flt_rows[] = {
    [EM_F_UNIMPL]      = { EM_VEC_GENERAL, EM_VEC_GENERAL, false, false, EM_GE_RESERVED_FIELD },
    [EM_F_NESTED]      = { EM_VEC_NESTED_DTLB, EM_VEC_NESTED_DTLB, false, false, 0 },
    [EM_F_ALT]         = { EM_VEC_ALT_DTLB, EM_VEC_ALT_ITLB, true, false, 0 },
    [EM_F_VHPT]        = { EM_VEC_VHPT, EM_VEC_VHPT, true, true, 0 },
    [EM_F_TLB]         = { EM_VEC_DTLB, EM_VEC_ITLB, true, true, 0 },
    [EM_F_NOT_PRESENT] = { EM_VEC_PAGE_NOT_PRESENT, EM_VEC_PAGE_NOT_PRESENT, true, false, 0 },
    [EM_F_NATPAGE]     = { EM_VEC_NAT_CONSUMPTION, EM_VEC_NAT_CONSUMPTION, false, false, 0x20 },
    [EM_F_KEY_MISS]    = { EM_VEC_DKEY_MISS, EM_VEC_IKEY_MISS, true, false, 0 },
    [EM_F_KEY_PERM]    = { EM_VEC_KEY_PERMISSION, EM_VEC_KEY_PERMISSION, true, false, 0 },
    [EM_F_RIGHTS]      = { EM_VEC_DACCESS_RIGHTS, EM_VEC_IACCESS_RIGHTS, true, false, 0 },
    [EM_F_DIRTY]       = { EM_VEC_DIRTY, EM_VEC_DIRTY, true, false, 0 },
    [EM_F_ACCESS]      = { EM_VEC_DACCESS, EM_VEC_IACCESS, true, false, 0 },
    [EM_F_DEBUG]       = { EM_VEC_DEBUG, EM_VEC_DEBUG, false, false, 0 },
    [EM_F_UNALIGNED]   = { EM_VEC_UNALIGNED, EM_VEC_UNALIGNED, false, false, 0 },
    [EM_F_UNSUPPORTED] = { EM_VEC_UNSUPPORTED_DATA, EM_VEC_UNSUPPORTED_DATA, false, false, 0 },
};

void em__ref_interruption(struct em_cpu *cpu, const struct em_ref *ref, enum em_flt f,
                          struct em_interruption *in)
{
    uint64_t itir_va = f == EM_F_VHPT ? ref->iha : ref->va;

    memset(in, 0, sizeof(*in));
    in->vector = ref->side == EM_INST ? flt_rows[f].inst : flt_rows[f].data;
    in->isr = ref->isr | flt_rows[f].code;
    if ((ref->isr & EM_ISR_SP) && cpu->code_ed) in->isr |= EM_ISR_ED;
    in->has_ifa = true;
    in->ifa = ref->va;
    in->has_itir = flt_rows[f].itir;
    in->itir = cpu->rr[itir_va >> 61] & UINT64_C(0xfffffffc);
    in->has_iha = flt_rows[f].iha;
    in->iha = ref->iha;
}

enum em_res em__ref_fault(struct em_cpu *cpu, const struct em_ref *ref, enum em_flt f)
{
    em__ref_interruption(cpu, ref, f, &cpu->in);
    return EM_FAULT;
}

enum em_res em__unimplemented(struct em_cpu *cpu, const struct ia_insn *in)
{
    char text[128];
    size_t n;

    n = ia_disasm(in, cpu->ip, text, sizeof(text) - 1);
    text[n < sizeof(text) - 1 ? n : sizeof(text) - 1] = 0;
    if (cpu->m->ops.unimplemented) cpu->m->ops.unimplemented(cpu, cpu->m->cfg.ctx, text);
    cpu->stop = 1 + EM_X_STOP;
    return EM_LEAVE;
}

/* ---- delivery ---------------------------------------------------------------------------------*/

void em__advance(struct em_cpu *cpu, unsigned nr_slots)
{
    cpu->ri += nr_slots;
    if (cpu->ri > 2) {
        cpu->ri = 0;
        cpu->ip += 16;
    }
}

/**
 * Bundle of the last instruction that completed. Not tracked while traces run: an instruction was
 * reached either from the bundle before or by the last taken branch, whose ends are known.
 */
uint64_t em__iipa(const struct em_cpu *cpu)
{
    uint64_t from = cpu->br_from, to = cpu->br_to;

    if (cpu->lastbr && cpu->chunk) {
        from = cpu->chunk_va + cpu->lastbr->pos / 3 * 16;
        to = cpu->chunk_va + cpu->lastbr->to_pos / 3 * 16;
    }
    if (to == (cpu->ip | cpu->ri)) return from;
    return cpu->ri ? cpu->ip : cpu->ip - 16;
}

/* SDM vol. 2, "Interruption Handling": psr bits that survive */
#define PSR_KEPT (EM_PSR_UP | EM_PSR_MFL | EM_PSR_MFH | EM_PSR_PK | EM_PSR_DT | EM_PSR_RT | \
                  EM_PSR_MC | EM_PSR_IT)

static void write_crs(struct em_cpu *cpu, const struct em_interruption *in)
{
    uint64_t isr = in->isr;

    if (in->vector == EM_VEC_NESTED_DTLB) return;
    if (!(cpu->psr & EM_PSR_IC)) isr |= EM_ISR_NI;
    cpu->cr[EM_CR_ISR] = isr;
    if (!(cpu->psr & EM_PSR_IC)) return;
    cpu->cr[EM_CR_IPSR] = cpu->psr | (uint64_t)in->ri << EM_PSR_RI_SHIFT;
    cpu->cr[EM_CR_IIP] = in->ip & ~UINT64_C(15);
    cpu->cr[EM_CR_IFS] = 0;
    if (in->has_ifa) cpu->cr[EM_CR_IFA] = in->ifa;
    if (in->has_itir) cpu->cr[EM_CR_ITIR] = in->itir;
    if (in->has_iha) cpu->cr[EM_CR_IHA] = in->iha;
    if (in->has_iim) cpu->cr[EM_CR_IIM] = in->iim;
}

static void deliver(struct em_cpu *cpu, const struct em_interruption *in, uint64_t iipa)
{
    uint64_t dcr = cpu->cr[EM_CR_DCR], psr = cpu->psr & PSR_KEPT;

    if ((cpu->psr & EM_PSR_IC) && in->vector != EM_VEC_NESTED_DTLB) cpu->cr[EM_CR_IIPA] = iipa;
    write_crs(cpu, in);
    cpu->cfle = false;
    if (dcr & 2) psr |= EM_PSR_BE;
    if (dcr & 1) psr |= EM_PSR_PP;
    em__set_psr(cpu, psr);
    cpu->ip = (cpu->cr[EM_CR_IVA] & ~UINT64_C(0x7fff)) + in->vector;
    cpu->ri = 0;
    cpu->lastbr = NULL;
    cpu->br_to = cpu->ip;
    cpu->br_from = cpu->cr[EM_CR_IIPA];
}

void em_deliver(struct em_cpu *cpu, const struct em_interruption *in)
{
    deliver(cpu, in, em__iipa(cpu));
}

void em__reply(struct em_cpu *cpu, enum em_reply reply, unsigned nr_slots)
{
    switch (reply) {
    case EM_R_NEXT:
        em__advance(cpu, nr_slots);
        break;
    case EM_R_HALT:
        cpu->stop = 1 + EM_X_HALT;
        break;
    case EM_R_STOP:
        cpu->stop = 1 + EM_X_STOP;
        break;
    case EM_R_DELIVER:
    case EM_R_RESUME:
        break;
    }
    em__attn(cpu, EM_ATTN_SELF);
}

static unsigned slots_at(struct em_cpu *cpu)
{
    struct ia_insn in;

    if (!em_current_insn(cpu, &in)) return 1;
    return in.nr_slots;
}

/** For traps the state has advanced already; ISR.ei names the instruction before. */
void em__interrupt(struct em_cpu *cpu)
{
    struct em_interruption in = cpu->in;
    uint64_t iipa = in.is_trap ? in.iim : em__iipa(cpu);
    enum em_reply reply = EM_R_DELIVER;

    if (in.is_trap) in.iim = 0;     /* carried IIPA from the trapping instruction */
    else in.isr |= (uint64_t)cpu->ri << EM_ISR_EI_SHIFT;
    if (cpu->cfle) in.isr |= EM_ISR_IR;
    in.ip = cpu->ip;
    in.ri = cpu->ri;
    if (!(cpu->psr & EM_PSR_IC)) in.isr |= EM_ISR_NI;
    if (cpu->m->ops.interruption) {
        reply = cpu->m->ops.interruption(cpu, cpu->m->cfg.ctx, &in);
        if (reply == EM_R_NEXT) {
            em__reply(cpu, reply, in.is_trap ? 0 : slots_at(cpu));
            return;
        }
    }
    if (reply == EM_R_DELIVER) deliver(cpu, &in, iipa);
    else em__reply(cpu, reply, 0);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_ops.h: the plain functions, named in the rows of em_optab.c. All have type em_op_fn. */
#ifndef VMM_CPU_EM_OPS_H
#define VMM_CPU_EM_OPS_H

#include "em_cpu.h"

#define EM_OP_FUNCTIONS(X)                                                                        \
    X(illegal) X(nop)                                                                             \
    /* em_op_int.c */                                                                             \
    X(alu) X(par_add) X(par_sub) X(par_misc) X(par_shift) X(par_perm) X(cmp) X(cmp_imm) X(tbit)   \
    X(tnat) X(tf)                                                                                 \
    /* em_op_mem.c */                                                                             \
    X(ld) X(st) X(ld16) X(st16) X(fill) X(spill) X(xchg) X(cmpxchg) X(cmp8xchg16) X(fetchadd)     \
    X(lfetch) X(fc) X(fence) X(invala) X(chk_s) X(chk_a) X(probe) X(probe_fault)                  \
    /* em_op_br.c */                                                                              \
    X(br_cond) X(br_call) X(br_ret) X(br_loop) X(br_wloop) X(brk) X(cover) X(clrrrb) X(bsw)       \
    X(epc) X(rfi) X(alloc) X(flushrs) X(loadrs) X(br_ia)                                          \
    /* em_op_reg.c */                                                                             \
    X(mov_from_ar) X(mov_to_ar) X(mov_from_cr) X(mov_to_cr) X(mov_from_br) X(mov_to_br)           \
    X(mov_from_pr) X(mov_to_pr) X(mov_to_pr_rot) X(mov_from_ip) X(mov_from_psr) X(mov_to_psr)     \
    X(mov_from_um) X(mov_to_um) X(ssm) X(rsm) X(sum) X(rum) X(mov_from_ind) X(mov_to_ind)         \
    X(mov_from_rr) X(mov_to_rr) X(srlz) X(mov_msr)                                                \
    /* em_op_tlb.c */                                                                             \
    X(itc) X(itr) X(ptc) X(ptc_e) X(ptr) X(tpa) X(tak) X(thash) X(ttag)                           \
    /* em_op_fp.c */                                                                              \
    X(ldf) X(ldfp) X(stf) X(setf) X(getf) X(fma) X(fminmax) X(fcmp) X(fpcmp) X(fclass) X(frcpa)   \
    X(fcvt) X(fmerge) X(fsel) X(fselect) X(xma) X(fsetc) X(fclrf) X(fchkf) X(chk_s_f)             \
    X(fcvt_xf)

#define EM_OP_DECL(name) enum em_res em__op_##name(struct em_cpu *cpu, const struct ia_insn *in);
EM_OP_FUNCTIONS(EM_OP_DECL)
#undef EM_OP_DECL

/** A privileged operation at a lower privilege: what of Illegal Operation comes first. */
enum em_res em__op_privileged(struct em_cpu *cpu, const struct ia_insn *in);

#endif

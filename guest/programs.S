/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * programs.S: programs for privilege level 3. Copied to a page of region 1, so position
 * independent. Each starts at its label with an empty register frame and ends with SYS_EXIT.
 */
#include "asm.h"

	.macro	syscall number
	mov	r15 = \number
	break	BREAK_SYSCALL
	.endm

	.text
	.align	16
	.global	user_code, user_code_end, user_sum, user_privileged
user_code:

/* Add 1..60 recursively with a system call on each level: more registers than the processor has, so
 * the register stack goes to memory and comes back, through the kernel, frame by frame. */
user_sum:
	alloc	r2 = ar.pfs, 0, 0, 1, 0
	mov	out0 = 60
	br.call.sptk.many b0 = sum
	mov	r14 = r8
	syscall	SYS_EXIT

sum:	alloc	loc0 = ar.pfs, 1, 4, 1, 0
	mov	loc1 = b0
	mov	loc2 = in0
	mov	loc3 = pr
	cmp.eq	p6, p7 = 0, in0
	mov	r8 = 0
(p6)	br.cond.spnt 1f
	syscall	SYS_NOP
	add	out0 = -1, in0
	br.call.sptk.many b0 = sum
	add	r8 = r8, loc2
1:	mov	pr = loc3, -1
	mov	b0 = loc1
	mov	ar.pfs = loc0
	br.ret.sptk.many b0

/* Try what only the kernel may. */
user_privileged:
	rsm	psr.i
	mov	r14 = 0
	syscall	SYS_EXIT
user_code_end:

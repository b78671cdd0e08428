/* SPDX-License-Identifier: GPL-2.0-or-later */
/* asm.S: what C cannot say: calls out of the kernel, mode switches, the way to user level. */
#include "asm.h"

	.text

/* ---- hypercalls and simulator calls ---------------------------------------------------------- */

/* long hypercall(a1, a2, a3, a4, a5, number) */
	.global	hypercall
	.proc	hypercall
hypercall:
	alloc	r8 = ar.pfs, 6, 0, 0, 0
	mov	r2 = in5
	break	BREAK_HYPERCALL
	br.ret.sptk.many b0
	.endp	hypercall

/* long ssc(a0, a1, a2, a3, number): Ski wants the number in r15, Xen in r36 */
	.global	ssc
	.proc	ssc
ssc:
	alloc	r8 = ar.pfs, 5, 0, 0, 0
	mov	r15 = in4
	break	BREAK_SSC
	br.ret.sptk.many b0
	.endp	ssc

/* ---- firmware -------------------------------------------------------------------------------- */

/* struct fw_result pal_call(entry, index, a1, a2, a3): both of PAL's conventions at once, arguments
 * in r28-r31 for static procedures (index < 256), in out0-out3 for stacked ones */
	.global	pal_call
	.proc	pal_call
pal_call:
	alloc	loc1 = ar.pfs, 5, 4, 4, 0
	mov	loc0 = b0
	mov	loc2 = r1
	mov	loc3 = pr
	mov	b6 = in0
	mov	r28 = in1
	mov	r29 = in2
	mov	r30 = in3
	mov	r31 = in4
	mov	out0 = in1
	mov	out1 = in2
	mov	out2 = in3
	mov	out3 = in4
	mov	r14 = 256
	cmp.ltu	p6, p7 = in1, r14
(p6)	movl	r14 = 1f
(p6)	mov	b0 = r14
(p6)	br.cond.sptk.many b6			// static: branched to, comes back through b0
(p7)	br.call.sptk.many b0 = b6
1:	mov	pr = loc3, -1
	mov	r1 = loc2
	mov	b0 = loc0
	mov	ar.pfs = loc1
	br.ret.sptk.many b0
	.endp	pal_call

/* struct fw_result call_virtual(ip, gp, a0, ..., a5): a firmware function in the current mode */
	.global	call_virtual
	.proc	call_virtual
call_virtual:
	alloc	loc1 = ar.pfs, 8, 3, 6, 0
	mov	loc0 = b0
	mov	loc2 = r1
	mov	b6 = in0
	mov	r1 = in1
	mov	out0 = in2
	mov	out1 = in3
	mov	out2 = in4
	mov	out3 = in5
	mov	out4 = in6
	mov	out5 = in7
	br.call.sptk.many b0 = b6
	mov	r1 = loc2
	mov	b0 = loc0
	mov	ar.pfs = loc1
	br.ret.sptk.many b0
	.endp	call_virtual

/*
 * struct fw_result call_physical(ip, gp, a0, a1, a2, a3): the same with translation off, as EFI
 * wants it before SetVirtualAddressMap. Interrupts must be off. Stack and backing store stay the same
 * memory under their physical addresses.
 */
	.macro	switch_mode psr, target		// rfi to \target under \psr; r14, r15 are lost
	rsm	psr.ic | psr.i
	srlz
	movl	r14 = \psr
	movl	r15 = \target
	mov	cr.ipsr = r14
	mov	cr.iip = r15
	mov	cr.ifs = r0
	rfi
	.endm

	.macro	move_backing_store to, rnat	// after flushrs, in lazy mode
	mov	\rnat = ar.rnat
	mov	ar.bspstore = \to
	mov	ar.rnat = \rnat
	.endm

	.global	call_physical
	.proc	call_physical
call_physical:
	alloc	loc1 = ar.pfs, 6, 6, 4, 0
	mov	loc0 = b0
	mov	loc2 = r1
	mov	loc3 = r12
	first	flushrs
	mov	ar.rsc = 0
	mov	loc4 = ar.bspstore
	dep	loc5 = 0, loc4, 61, 3		// region bits off: the physical address
	switch_mode PSR_PHYSICAL, 1f - KERNEL_BASE
1:	move_backing_store loc5, r16
	dep	r12 = 0, loc3, 61, 3
	mov	b6 = in0
	mov	r1 = in1
	mov	out0 = in2
	mov	out1 = in3
	mov	out2 = in4
	mov	out3 = in5
	br.call.sptk.many b0 = b6
	first	flushrs
	mov	ar.rsc = 0
	switch_mode PSR_KERNEL, 2f
2:	move_backing_store loc4, r16
	mov	ar.rsc = 3
	mov	r12 = loc3
	mov	r1 = loc2
	mov	b0 = loc0
	mov	ar.pfs = loc1
	br.ret.sptk.many b0
	.endp	call_physical

/* ---- user level ------------------------------------------------------------------------------ */

/*
 * long user_enter(ip, sp, bsp): run at privilege level 3 until user_leave(value), which makes this
 * function return `value`. What C preserves goes to user_context; interruptions from user level
 * find the kernel's stack and backing store in ar.k7 and ar.k6 (user_init).
 */
	.section .bss, "aw", @nobits
	.align	16
user_context:
	.skip	256
	.text

	.global	user_enter
	.proc	user_enter
user_enter:
	alloc	r16 = ar.pfs, 3, 0, 2, 0
	movl	r2 = user_context
	mov	r17 = b0
	mov	r18 = ar.unat
	mov	r19 = ar.lc
	mov	r20 = pr
	mov	r21 = ar.fpsr
	st8	[r2] = r16, 8
	st8	[r2] = r17, 8
	st8	[r2] = r18, 8
	st8	[r2] = r19, 8
	st8	[r2] = r20, 8
	st8	[r2] = r21, 8
	st8	[r2] = r12, 8
	.irp	r, 4,5,6,7
	st8.spill [r2] = r\r, 8
	.endr
	mov	r16 = ar.unat
	st8	[r2] = r16, 8
	.irp	b, 1,2,3,4,5
	mov	r16 = b\b
	st8	[r2] = r16, 8
	.endr
	first	flushrs // every frame below ours is in memory now
	mov	ar.rsc = 0
	mov	r17 = ar.bspstore
	mov	r18 = ar.rnat
	st8	[r2] = r17, 8
	st8	[r2] = r18, 8
	rsm	psr.ic | psr.i
	srlz
	movl	r16 = PSR_KERNEL | PSR_I | PSR_CPL3
	mov	cr.ipsr = r16
	mov	cr.iip = in0
	movl	r16 = 1 << 63			// valid: an empty frame
	mov	cr.ifs = r16
	mov	r12 = in1
	mov	r17 = in2
	first	alloc r16 = ar.pfs, 0, 0, 0, 0
	first	loadrs // rsc is 0: nothing of the kernel stays in the registers
	mov	ar.bspstore = r17
	mov	ar.rnat = r0
	mov	r16 = 0xf			// eager, privilege level 3
	mov	ar.rsc = r16
	.irp	r, 1,2,3,8,9,10,11,13,14,15
	mov	r\r = 0
	.endr
	rfi
	.endp	user_enter

	.global	user_leave
	.proc	user_leave
user_leave:
	alloc	r16 = ar.pfs, 1, 0, 0, 0
	mov	r8 = in0
	movl	r2 = user_context
	ld8	r16 = [r2], 8
	ld8	r17 = [r2], 8
	ld8	r18 = [r2], 8
	ld8	r19 = [r2], 8
	ld8	r20 = [r2], 8
	ld8	r21 = [r2], 8
	ld8	r12 = [r2], 8
	add	r3 = 4 * 8, r2
	ld8	r22 = [r3]
	mov	ar.unat = r22
	.irp	r, 4,5,6,7
	ld8.fill r\r = [r2], 8
	.endr
	add	r2 = 8, r2
	.irp	b, 1,2,3,4,5
	ld8	r22 = [r2], 8
	mov	b\b = r22
	.endr
	ld8	r22 = [r2], 8			// bspstore and rnat of user_enter
	ld8	r23 = [r2], 8
	first	alloc r24 = ar.pfs, 0, 0, 0, 0
	mov	ar.rsc = 0
	first	loadrs // forget the frames in between
	mov	ar.bspstore = r22
	mov	ar.rnat = r23
	mov	ar.rsc = 3
	movl	r1 = __gp
	mov	ar.pfs = r16
	mov	b0 = r17
	mov	ar.unat = r18
	mov	ar.lc = r19
	mov	pr = r20, -1
	mov	ar.fpsr = r21
	br.ret.sptk.many b0			// the caller's frame comes back from memory
	.endp	user_leave

/* ---- the end --------------------------------------------------------------------------------- */

/* A miss inside an interruption handler, from the vector table: a fresh stack, and out. */
	.section .bss, "aw", @nobits
	.align	16
	.skip	4096
emergency_stack:
	.text
	.global	nested_miss
nested_miss:
	mov	ar.rsc = 0
	movl	r1 = __gp
	movl	r12 = emergency_stack - 16
	first	alloc r2 = ar.pfs, 0, 0, 0, 0
	br.call.sptk.many b0 = nested_miss_panic
	break	0

/* ---- processor control used from C ----------------------------------------------------------- */

	.global	insert_native
	.proc	insert_native
insert_native:					// (data, va, pte, itir)
	alloc	r8 = ar.pfs, 4, 0, 0, 0
	cmp.ne	p6, p7 = in0, r0
	rsm	psr.ic
	srlz
	mov	cr.ifa = in1
	mov	cr.itir = in3
(p6)	br.cond.sptk 1f
	itc.i	in2
	br.sptk	2f
1:	itc.d	in2
2:	ssm	psr.ic
	srlz
	br.ret.sptk.many b0
	.endp	insert_native

/* (slot, va, pte, itir): instruction translation register; Xen emulates these */
	.global	insert_itr
	.proc	insert_itr
insert_itr:
	alloc	r8 = ar.pfs, 4, 0, 0, 0
	rsm	psr.ic
	srlz
	mov	cr.ifa = in1
	mov	cr.itir = in3
	itr.i	itr[in0] = in2
	srlz
	ssm	psr.ic
	srlz
	br.ret.sptk.many b0
	.endp	insert_itr

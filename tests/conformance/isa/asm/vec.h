/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For programs about interruptions: an interruption vector table that records what it is told and
 * goes on behind the instruction (faults) or where the trap says.
 *
 * Taken: bank 0 of r16-r31, ar.k6. break 0x77 brings the program back to privilege level 0.
 */
#include "rt.h"

#define RESUME_BREAK 0x77

	/* use the table; r8 and r9 are changed */
	.macro	VECTORS
	movl	r8=vec_table
	;;
	mov	cr.iva=r8
	;;
	srlz.i
	;;
	.endm

	/* one instruction, alone in its group, behind its number */
	.macro	X number, what
	TC	0xc0de000000000000+\number
	\what
	;;
	.endm

	/* go on at privilege level \level, with the bits \set of psr added; r8, r9 are changed */
	.macro	LEVEL level, set=0
	rsm	1 << 13
	;;
	srlz.d
	mov	r8=psr
	movl	r9=(\level << 32) | (1 << 13) | (1 << 44) | \set
	;;
	or	r8=r8,r9
	;;
	mov	cr.ipsr=r8
	mov	cr.ifs=r0
	movl	r9=1f
	;;
	mov	cr.iip=r9
	;;
	rfi
	;;
1:
	.endm

	.pushsection .text.vec,"ax",@progbits
	.balign	0x8000
vec_table:
	.set	vector,0
	.rept	20				/* 64 bundles each up to 0x4c00 */
	mov	r19=vector
	br.sptk	vec_record
	;;
	.balign	0x400
	.set	vector,vector+0x400
	.endr
	.rept	48				/* 16 bundles each from 0x5000 */
	mov	r19=vector
	br.sptk	vec_record
	;;
	.balign	0x100
	.set	vector,vector+0x100
	.endr

	.proc	vec_record
vec_record:
	mov	r31=pr
	mov	r16=r6
	;;
	movl	r17=0x766563746f720000
	;;
	or	r17=r17,r19
	;;
	st8	[r4]=r17,8
	;;
	TM	cr.isr
	TM	cr.iip
	TM	cr.ipsr
#ifndef WITHOUT_IIPA
	TM	cr.iipa
#endif
	TM	psr
	/* what this vector defines: iim for break and speculation, ifa and itir for translation,
	   protection and alignment, iha for the VHPT */
	movl	r20=0x2c00
	movl	r21=0x5700
	movl	r22=0x2c00
	movl	r23=0x5000
	movl	r24=0x5400
	movl	r25=0x5a00
	;;
	cmp.eq	p6,p0=r20,r19
	cmp.eq	p7,p0=r21,r19
	cmp.ltu	p8,p0=r19,r22
	cmp.leu	p9,p0=r23,r19
	cmp.eq	p10,p0=r25,r19
	cmp.eq	p11,p12=r0,r19
	mov	r27=cr.iim
	mov	r28=cr.ifa
	mov	r29=cr.itir
	mov	r30=cr.iha
	;;
	(p7)	cmp.eq p6,p0=r0,r0
	(p9)	cmp.ltu.unc p9,p0=r19,r24
	;;
	(p9)	cmp.eq p8,p0=r0,r0
	(p10)	cmp.eq p8,p0=r0,r0
	;;
	(p6)	st8 [r4]=r27,8
	;;
	(p8)	st8 [r4]=r28,8
	;;
	(p8)	st8 [r4]=r29,8
	;;
	(p11)	st8 [r4]=r30,8
	;;
	mov	r20=cr.ipsr
	mov	r21=cr.iip
	movl	r22=0x5c00			/* traps from here on but for lower vectors */
	;;
	cmp.ltu	p6,p7=r22,r19			/* FP trap, lower privilege, taken branch, step */
	extr.u	r23=r20,41,2
	;;
	extr.u	r29=r21,61,3
	mov	r27=0
	;;
	cmp.eq	p10,p0=r0,r29
	;;
	(p10)	ld8 r27=[r21]
	;;
	and	r27=0x1e,r27			/* MLX: one instruction in slots 1 and 2 */
	;;
	cmp.eq	p10,p0=4,r27
	;;
	(p10)	cmp.eq.unc p10,p0=1,r23
	;;
	(p10)	mov r23=2
	;;
	(p7)	cmp.eq.unc p8,p9=2,r23
	movl	r24=0x2c00
	mov	r25=cr.iim
	;;
	(p8)	adds r21=16,r21
	(p8)	dep r20=0,r20,41,2
	;;
	(p9)	adds r23=1,r23
	;;
	(p9)	dep r20=r23,r20,41,2
	;;
	extr.u	r29=r21,61,3			/* a page under test: leave it, by b6, at level 0 */
	;;
	(p7)	cmp.ne.unc p11,p0=r0,r29
	;;
	(p11)	mov r21=b6
	(p11)	dep r20=0,r20,41,2
	;;
	(p11)	dep r20=0,r20,32,2
	;;
	cmp.eq	p10,p0=r24,r19
	movl	r26=RESUME_BREAK
	;;
	(p10)	cmp.eq.unc p10,p0=r25,r26
	;;
	(p10)	dep r20=0,r20,32,2		/* back to level 0 */
	mov	cr.iip=r21
	;;
	dep	r20=0,r20,43,1			/* psr.ed */
	;;
	dep	r20=0,r20,40,1			/* psr.ss */
	;;
	dep	r20=0,r20,26,1			/* psr.tb */
	;;
	dep	r20=0,r20,25,1			/* psr.lp */
	;;
	mov	cr.ipsr=r20
	mov	r6=r16
	mov	pr=r31,-1
	;;
	srlz.i
	;;
	rfi
	;;
	.endp	vec_record
	.popsection

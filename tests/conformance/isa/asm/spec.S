/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control and data speculation: deferral by every condition, chk, the ALAT. */
/* the oracle has iipa wrong where code crosses into another page */
#define WITHOUT_IIPA
#include "vec.h"

#define PAGE 0x2000000000040000
#define PS 14

	.macro	MAP bits
	rsm	1 << 13
	movl	r8=PAGE
	mov	r9=PS << 2
	;;
	srlz.d
	ptc.l	r8,r9
	movl	r10=target_page
	movl	r11=\bits
	;;
	srlz.d
	or	r10=r10,r11
	;;
	mov	cr.ifa=r8
	mov	cr.itir=r9
	;;
	itc.d	r10
	;;
	ssm	1 << 13
	;;
	srlz.d
	;;
	.endm

	/* speculative loads of all kinds from r14; what they leave */
	.macro	LOADS number
	mov	r20=7
	;;
	X \number+0, "ld8.s r20=[r14]"
	T r20
	X \number+1, "ld4.s r20=[r14],4"
	T r20
	T r14
	movl	r14=PAGE
	;;
	X \number+2, "ld8.sa r20=[r14]"
	T r20
	CHECK r20
	X \number+3, "ldfd.s f6=[r14],r15"
	TF f6
	T r14
	movl	r14=PAGE
	;;
	X \number+4, "ldfps.sa f6,f7=[r14]"
	TF f6
	TF f7
	.endm

	/* is there an ALAT entry */
	.macro	CHECK reg
	chk.a.nc \reg,77f
	;;
	TC 0xe07e
	br.sptk	78f
	;;
77:	TC 0x0
78:
	.endm

	PROGRAM
	VECTORS
	movl	r15=0x100
	movl	r14=PAGE
	;;
	LOADS	0x100				/* physical mode, region 1: not speculative memory */
	/* identity for the program, and translation on */
	movl	r8=0x1000000 + 0x7e1
	rsm	1 << 13
	;;
	srlz.d
	movl	r9=0x1000000
	mov	r10=24 << 2
	mov	r11=0
	;;
	mov	cr.ifa=r9
	mov	cr.itir=r10
	;;
	itr.d	dtr[r11]=r8
	;;
	itr.i	itr[r11]=r8
	;;
	ssm	(1 << 13) | (1 << 17)
	;;
	srlz.d
	;;
	.irp dcr,0,0x7f00,0x100,0x200,0x400,0x800,0x1000,0x2000,0x4000
	mov	r16=\dcr
	;;
	mov	cr.dcr=r16
	;;
	srlz.d
	;;
	rsm	1 << 13
	movl	r8=PAGE
	mov	r9=PS << 2
	;;
	srlz.d
	ptc.l	r8,r9
	;;
	ssm	1 << 13
	;;
	srlz.d
	;;
	LOADS	0x1000+(\dcr)			/* no translation; psr.it = 0, so no deferral by dcr */
	.irp bits,0x661,0x660,0x641,0x67d,0x671
	MAP	\bits
	LOADS	0x2000+(\dcr)
	.endr
	.endr
	/* psr.ed: deferral without condition */
	MAP	0x661
	LEVEL	0, (1<<43)|(1<<17)
	ld8.s	r20=[r14]
	;;
	T r20
	/* psr.ic = 0: what would fault defers */
	rsm	1 << 13
	;;
	srlz.d
	;;
	movl	r21=0x2000000004040000
	;;
	ld8.s	r20=[r21]
	;;
	T r20
	ssm	1 << 13
	;;
	srlz.d
	;;
	/* chk.s, of registers both ways */
	NAT	r22
	chk.s.m	r22,1f
	;;
	TC 1
1:	chk.s.i	r22,1f
	;;
	TC 2
1:	chk.s.m	r14,1f
	;;
	TC 3
1:	setf.sig f8=r22
	;;
	chk.s	f8,1f
	;;
	TC 4
1:	chk.s	f1,1f
	;;
	TC 5
	/* the ALAT: what removes an entry and what does not */
1:	movl	r14=scratch
	movl	r15=scratch+8
	mov	r16=0x55
	invala
	;;
	CHECK r20
	ld8.a	r20=[r14]
	;;
	CHECK r20
	st8	[r15]=r16
	;;
	CHECK r20
	st1	[r14]=r16
	;;
	CHECK r20
	ld8.a	r20=[r14]
	;;
	invala.e r20
	;;
	CHECK r20
	ld8.a	r20=[r14]
	;;
	mov	r20=5
	;;
	CHECK r20
	ld8.c.nc r20=[r14]
	;;
	T r20
	CHECK r20
	ld8.c.clr r20=[r14]
	;;
	CHECK r20
	ld8.c.nc r20=[r14]
	;;
	T r20
	CHECK r20
	ld8.a	r20=[r14]
	ld8.a	r21=[r15]
	;;
	chk.a.clr r20,1f
	;;
	TC 6
1:	CHECK r20
	CHECK r21
	xchg8	r23=[r15],r16
	;;
	CHECK r21
	ld4.a	r21=[r15]
	;;
	adds	r24=4,r15
	;;
	st4	[r24]=r16
	;;
	CHECK r21
	adds	r24=3,r15
	;;
	st1	[r24]=r16
	;;
	CHECK r21
	ldfd.a	f9=[r14]
	;;
	chk.a.nc f9,1f
	;;
	TC 7
1:	st8	[r14]=r16
	;;
	chk.a.nc f9,1f
	;;
	TC 8
1:	ldfd.c.clr f9=[r14]
	;;
	TF f9
	rsm	1 << 17
	mov	cr.dcr=r0
	;;
	srlz.d
	;;
	FINISH
	.bss
	.balign	0x4000
target_page:
	.skip	0x4000

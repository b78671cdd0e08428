/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instruction translation: faults of a code page, execute rights by level, keys, epc promotion. */
/* the oracle has iipa wrong where code crosses into another page */
#define WITHOUT_IIPA
#include "vec.h"

#define PAGE 0x2000000000040000
#define PS 14

	/* map the stub's page for execution with these bits of the PTE; r8-r11 are changed */
	.macro	MAP bits, key=0
	rsm	1 << 13
	movl	r8=PAGE
	mov	r9=PS << 2
	;;
	srlz.d
	ptc.l	r8,r9
	movl	r10=code_page
	movl	r11=\bits
	;;
	srlz.d
	or	r10=r10,r11
	movl	r9=(PS << 2) | (\key << 8)
	;;
	mov	cr.ifa=r8
	mov	cr.itir=r9
	;;
	itc.i	r10
	;;
	ssm	1 << 13
	;;
	srlz.d
	srlz.i
	;;
	.endm

	/* call the stub at \offset from \level; the break shows the level afterwards */
	.macro	CALL number, level, offset=0, set=0
	TC	0xc0de000000000000+\number
	rsm	1 << 13
	;;
	srlz.d
	mov	r20=0
	mov	r8=psr
	movl	r9=(\level<<32)|(1<<36)|(1<<13)|(1<<44)|\set
	;;
	or	r8=r8,r9
	movl	r9=PAGE+\offset
	;;
	mov	cr.ipsr=r8
	mov	cr.ifs=r0
	mov	cr.iip=r9
	movl	r9=1f
	;;
	mov	b6=r9
	;;
	rfi
	;;
	.balign	16
1:	T r20
	break	RESUME_BREAK
	;;
	.endm

	.macro	LEVELS number, offset=0
	.irp level,0,1,2,3
	CALL	\number+\level, \level, \offset
	.endr
	.endm

	PROGRAM
	VECTORS
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
	itr.i	itr[r11]=r8
	;;
	itr.d	dtr[r11]=r8
	movl	r9=PAGE
	movl	r10=(0x123 << 8) | (PS << 2)
	;;
	mov	rr[r9]=r10
	;;
	srlz.i
	srlz.d
	;;
	ssm	(1 << 13) | (1 << 17)
	;;
	srlz.d
	;;
	LEVELS	0x100				/* nothing there */
	.irp ar,0,1,2,3,4,5,6,7
	.irp pl,0,1,2,3
	MAP	0x061|(\ar<<9)|(\pl<<7)
	LEVELS	0x2000+(\ar<<8)+(\pl<<6)
	LEVELS	0x2000+(\ar<<8)+(\pl<<6)+8, 0x20	/* epc */
	.endr
	.endr
	MAP	0x7e0				/* not present */
	LEVELS	0x200
	MAP	0x7c1				/* not accessed */
	LEVELS	0x300
	MAP	0x7fd				/* NaT page */
	LEVELS	0x400
	MAP	0x00100000000007e1		/* ed */
	LEVELS	0x500
	/* keys */
	movl	r16=(0x77 << 8) | 1
	movl	r17=(0x78 << 8) | 8 | 1		/* xd */
	mov	r19=1
	mov	r22=2
	mov	r23=1
	;;
	mov	pkr[r0]=r16
	;;
	mov	pkr[r19]=r17
	;;
	mov	pkr[r22]=r23
	;;
	ssm	1 << 15
	;;
	srlz.d
	srlz.i
	;;
	MAP	0x7e1, 0x77
	LEVELS	0x600
	MAP	0x7e1, 0x78
	LEVELS	0x700
	MAP	0x7e1, 0x79
	LEVELS	0x800
	MAP	0x061, 0x79			/* key before rights */
	LEVELS	0x900
	rsm	1 << 15
	;;
	srlz.d
	srlz.i
	;;
	/* taken branches and steps into and out of a page */
	MAP	0x7e1
	CALL	0xa00, 0, 0, (1<<26)
	CALL	0xa01, 3, 0, (1<<40)
	CALL	0xa02, 3, 0x20, (1<<40)
	rsm	1 << 17
	;;
	srlz.d
	;;
	rsm	1 << 13
	;;
	srlz.d
	mov	r8=psr				/* and psr.it off again */
	movl	r9=(1<<13)|(1<<44)
	;;
	movl	r10=~(1<<36)
	or	r8=r8,r9
	movl	r9=1f
	;;
	and	r8=r8,r10
	mov	cr.iip=r9
	;;
	mov	cr.ipsr=r8
	;;
	rfi
	;;
1:	FINISH

	.pushsection .text.stub,"ax",@progbits
	.balign	0x4000
code_page:
	movl	r20=0x5afe
	;;
	br.sptk	b6
	;;
	.balign	32
	epc
	mov	r20=0xe9c
	;;
	br.sptk	b6
	;;
	.balign	0x4000
	.popsection

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For programs on several processors. The command line is one digit, how many there are. START
 * starts them through firmware (SAL boot rendezvous, an interrupt to each); then all run what
 * follows, with their number in r2 and how many they are in r3, in physical mode.
 *
 * Only static registers are used; smp_barrier takes r22-r31 and b7. r2 and r3 stay; ar.k1 has the
 * number, too, as firmware changes r2. DONE ends the program with the trace of rt.h, from
 * processor 0, which alone may append to it.
 */
#include "rt.h"

#define BOOT_PARAM	0x3000		/* its first word: address of the command line */
#define SAL_PROC	0x820
#define PAL_PROC	0x800
#define PAL_HALT_LIGHT	29
#define SET_VECTORS	0x01000000
#define BOOT_RENDEZ	2
#define WAKEUP		0xf3
#define INTERRUPT_BLOCK	0x80000000fee00000

	/* store the 8 bytes \reg at \symbol; r30 is changed */
	.macro	PUT symbol, reg
	movl	r30=\symbol
	;;
	st8.rel	[r30]=\reg
	;;
	.endm

	.macro	GET reg, symbol
	movl	r30=\symbol
	;;
	ld8.acq	\reg=[r30]
	;;
	.endm

	/* interrupt processor \id with vector \vector; r30, r31 are changed */
	.macro	IPI id, vector
	movl	r30=INTERRUPT_BLOCK
	shl	r31=\id,12
	;;
	or	r30=r30,r31
	mov	r31=\vector
	;;
	st8.rel	[r30]=r31
	;;
	.endm

	.macro	BARRIER
	br.call.sptk b7=smp_barrier
	;;
	.endm

	.macro	START
	br.sptk	smp_start
	;;
smp_main:
	.endm

	.macro	DONE
	BARRIER
	cmp.ne	p6,p7=0,r2
	;;
0:	(p6)	br.cond.spnt 0b
	;;
	br.sptk	finish
	;;
	.endm

	.pushsection .text.smp,"ax",@progbits
smp_start:
	movl	r8=BOOT_PARAM
	;;
	ld8	r8=[r8]
	;;
	ld1	r3=[r8]
	;;
	adds	r3=-48,r3
	;;
	PUT	smp_count, r3
	alloc	r8=ar.pfs,0,0,8,0
	;;
	mov	r32=0
	movl	r8=SET_VECTORS
	;;
	mov	r32=r8
	mov	r33=BOOT_RENDEZ
	movl	r34=smp_other
	mov	r35=r1
	mov	r36=r0
	mov	r37=r0
	mov	r38=r0
	movl	r8=SAL_PROC
	;;
	mov	b6=r8
	;;
	br.call.sptk b0=b6
	;;
	alloc	r9=ar.pfs,0,0,0,0
	;;
	TM	r8				/* SAL's status */
	movl	r3=smp_count
	mov	r2=1
	;;
	ld8	r3=[r3]
	;;
1:	cmp.lt	p6,p7=r2,r3
	(p7)	br.cond.spnt 2f
	;;
	IPI	r2, WAKEUP
	adds	r2=1,r2
	br.sptk	1b
	;;
2:	mov	r2=0
	br.sptk	smp_all
	;;

smp_other:
	rsm	(1 << 13) | (1 << 14)
	;;
	srlz.d
	mov	ar.rsc=0
	mov	r2=cr.lid
	movl	r3=smp_count
	movl	r4=smp_no_trace
	mov	cr.dcr=r0
	;;
	shr.u	r2=r2,24
	ld8	r3=[r3]
	;;
	ssm	1 << 13
	;;
	srlz.d
	;;
smp_all:
	movl	r30=smp_ivt
	;;
	mov	cr.iva=r30
	mov	cr.tpr=r0
	mov	ar.k1=r2
	;;
	srlz.i
	;;
	BARRIER
	br.sptk	smp_main
	;;

smp_barrier:
	mf
	movl	r26=smp_generation
	movl	r28=smp_arrived
	adds	r31=-1,r3
	;;
	ld8.acq	r27=[r26]
	;;
	fetchadd8.acq r29=[r28],1
	;;
	cmp.eq	p14,p15=r29,r31
	;;
	(p14)	st8	[r28]=r0
	(p14)	adds	r27=1,r27
	;;
	(p14)	st8.rel	[r26]=r27
	(p14)	br.cond.spnt 2f
	;;
1:	ld8.acq	r29=[r26]
	hint	@pause
	;;
	cmp.eq	p14,p15=r29,r27
	(p14)	br.cond.sptk 1b
	;;
2:	mf
	br.ret.sptk b7
	;;

	/* leave with the vector as exit status */
smp_unexpected:
	movl	r30=0x5a5a
	;;
	mov	r15=66
	alloc	r8=ar.pfs,0,8,0,0
	;;
	mov	r32=r19
	mov	r36=66
	;;
	break	0x80001
	;;
0:	br.sptk	0b
	;;

#ifndef ON_DATA_MISS
#define ON_DATA_MISS smp_unexpected
#endif
#ifndef ON_INTERRUPT
#define ON_INTERRUPT smp_unexpected
#endif
	.balign	0x8000
smp_ivt:
	.set	vector,0
	.rept	20
	mov	r19=3
	.if	vector == 0x1000
	br.sptk	ON_DATA_MISS
	.elseif	vector == 0x3000
	br.sptk	ON_INTERRUPT
	.else
	br.sptk	smp_unexpected
	.endif
	;;
	.balign	0x400
	.set	vector,vector+0x400
	.endr
	.rept	48
	mov	r19=4
	br.sptk	smp_unexpected
	;;
	.balign	0x100
	.endr
	.popsection

	.pushsection .bss.smp,"aw",@nobits
	.balign	128
smp_count:
	.skip	128
smp_arrived:
	.skip	128
smp_generation:
	.skip	128
smp_no_trace:
	.skip	0x1000
	.popsection

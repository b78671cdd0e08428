/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts between processors. A token goes round: who gets vector 0x41 passes it on to the next
 * processor, PASSES times in all. First polled from cr.ivr, then by a handler, out of an idle loop of
 * PAL_HALT_LIGHT: a lost wake-up never ends. Last, every processor interrupts all others with
 * two vectors, and all get both from each, in the order of priority.
 */
#define ON_INTERRUPT take
#include "smp.h"
#define PASSES	200
#define TOKEN	0x41
#define HIGH	0x92
#define LOW	0x32

	.macro	NEXT into
	adds	\into=1,r2
	;;
	cmp.eq	p6,p7=\into,r3
	;;
	(p6)	mov	\into=r0
	;;
	.endm

	PROGRAM
	START
	/* polled */
	NEXT	r10
	movl	r11=passes
	mov	r12=PASSES
	cmp.ne	p8,p9=0,r2
	(p8)	br.cond.sptk 1f
	;;
	IPI	r10, TOKEN
1:	ld8.acq	r14=[r11]
	;;
	cmp.le	p6,p7=r12,r14
	(p6)	br.cond.spnt 2f
	mov	r15=cr.ivr
	;;
	cmp.eq	p6,p7=15,r15
	(p6)	br.cond.sptk 1b
	;;
	mov	cr.eoi=r0
	;;
	srlz.d
	fetchadd8.acq r14=[r11],1
	;;
	adds	r14=1,r14
	;;
	cmp.le	p6,p7=r12,r14
	(p6)	br.cond.spnt 2f
	;;
	IPI	r10, TOKEN
	br.sptk	1b
	;;
2:	BARRIER
	/* by the handler; processors that wait are halted */
	mov	r13=2*PASSES
	cmp.ne	p8,p9=0,r2
	(p8)	br.cond.sptk 3f
	;;
	IPI	r10, TOKEN
3:	ssm	1 << 14
	;;
	srlz.d
	;;
	rsm	1 << 14
	;;
	mov	r2=ar.k1			/* firmware changes r2 and r8-r11 */
	movl	r11=passes
	;;
	ld8.acq	r14=[r11]
	;;
	cmp.le	p6,p7=r13,r14
	(p6)	br.cond.spnt 4f
	movl	r16=PAL_PROC
	mov	r28=PAL_HALT_LIGHT
	mov	r29=r0
	mov	r30=r0
	mov	r31=r0
	;;
	mov	b6=r16
	movl	r17=3b
	;;
	mov	b0=r17
	br.sptk	b6			/* an interrupt since the test ends the halt */
	;;
4:	/* one who is still halted must learn of the end */
	mov	r18=r0
	;;
5:	IPI	r18, 0x20
	adds	r18=1,r18
	;;
	cmp.lt	p6,p7=r18,r3
	(p6)	br.cond.sptk 5b
	;;
	BARRIER
	mov	r15=cr.ivr			/* many of 0x20 have become one */
	;;
	mov	cr.eoi=r0
	;;
	srlz.d
	BARRIER
	/* all to all */
	mov	r18=r0
	;;
6:	IPI	r18, LOW
	IPI	r18, HIGH
	adds	r18=1,r18
	;;
	cmp.lt	p6,p7=r18,r3
	(p6)	br.cond.sptk 6b
	;;
	BARRIER
	mov	r20=cr.ivr
	;;
	mov	r21=cr.ivr			/* HIGH is in service: nothing else */
	;;
	mov	cr.eoi=r0
	;;
	srlz.d
	mov	r22=cr.ivr
	;;
	mov	cr.eoi=r0
	;;
	srlz.d
	mov	r23=cr.ivr
	shl	r21=r21,8
	shl	r20=r20,24
	shl	r22=r22,16
	;;
	or	r20=r20,r21
	or	r22=r22,r23
	movl	r24=seen
	shl	r25=r2,3
	;;
	or	r20=r20,r22
	add	r24=r24,r25
	;;
	st8	[r24]=r20
	;;
	BARRIER
	cmp.ne	p6,p7=0,r2
	(p6)	br.cond.spnt 9f
	;;
	ld8	r14=[r11]
	;;
	T	r14
	movl	r24=seen
	mov	r25=r0
	;;
7:	ld8	r26=[r24],8
	;;
	T	r26
	adds	r25=1,r25
	;;
	cmp.lt	p6,p7=r25,r3
	(p6)	br.cond.sptk 7b
	;;
9:	DONE
	.endp	test_main

	/* bank 0 is current: r16-r31 are ours */
take:
	mov	r16=pr
	mov	r17=cr.ivr
	movl	r18=passes
	mov	r19=2*PASSES
	mov	r24=TOKEN
	;;
	mov	cr.eoi=r0
	cmp.ne	p6,p7=r24,r17
	(p6)	br.cond.spnt 1f
	;;
	fetchadd8.acq r20=[r18],1
	mov	r21=ar.k1
	;;
	adds	r20=1,r20
	adds	r21=1,r21
	;;
	cmp.eq	p6,p0=r21,r3
	cmp.le	p8,p0=r19,r20
	;;
	(p6)	mov	r21=r0
	(p8)	br.cond.spnt 1f
	;;
	IPI	r21, TOKEN
1:	srlz.d
	mov	pr=r16,-1
	;;
	rfi
	;;

	.bss
	.balign	128
passes:	.skip	128
seen:	.skip	64*8

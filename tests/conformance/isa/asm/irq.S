/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupt controller: priorities, masking by tpr and by what is in service, the interval timer. */
#include "rt.h"

	/* make \vector pending through the timer and wait for it */
	.macro	TIMER vector, irr
	mov	r8=\vector
	;;
	mov	cr.itv=r8
	;;
	srlz.d
0:	mov	r9=ar.itc
	movl	r11=100000
	;;
	add	r9=r9,r11
	;;
	mov	cr.itm=r9
	;;
	srlz.d
	add	r11=r9,r11
	;;
1:	mov	r10=cr.irr\irr
	mov	r14=ar.itc
	;;
	tbit.nz	p6,p7=r10,\vector%64
	(p6)	br.cond.sptk 2f
	;;
	cmp.ltu	p6,p7=r14,r11
	(p6)	br.cond.sptk 1b
	;;
	br.sptk	0b				/* a match that was past when written never comes */
	;;
2:	mov	cr.itm=r0			/* disarm: it may have been armed twice */
	;;
	srlz.d
	PENDING
	.endm

	.macro	PENDING
	TM	cr.irr0
	TM	cr.irr1
	TM	cr.irr2
	TM	cr.irr3
	.endm

	.macro	TAKE
	TM	cr.ivr
	srlz.d
	;;
	PENDING
	.endm

	.macro	DONE
	mov	cr.eoi=r0
	;;
	srlz.d
	;;
	.endm

	.macro	PRIORITY value
	mov	r8=\value
	;;
	mov	cr.tpr=r8
	;;
	srlz.d
	TM	cr.tpr
	.endm

	PROGRAM
	PRIORITY 0
	TAKE					/* nothing there: 15 */
	DONE
	TIMER	0x40, 1
	TAKE
	TAKE					/* in service: 15 */
	TIMER	0x50, 1				/* higher: nested */
	TAKE
	TIMER	0x30, 0				/* lower: has to wait */
	TAKE
	DONE
	TAKE					/* 0x40 is still in service */
	DONE
	TAKE					/* now 0x30 */
	DONE
	TAKE
	/* two at once: the higher first */
	TIMER	0x71, 1
	TIMER	0xc3, 3
	TIMER	0x72, 1
	TAKE
	DONE
	TAKE
	DONE
	TAKE
	DONE
	/* tpr.mic masks its class of 16 and those below */
	PRIORITY 0x70
	TIMER	0x7f, 1
	TAKE
	TIMER	0x80, 2
	TAKE
	DONE
	TAKE
	PRIORITY 0x60
	TAKE
	DONE
	PRIORITY 0x10000			/* mmi */
	TIMER	0xff, 3
	TAKE
	PRIORITY 0
	TAKE
	DONE
	/* a masked timer is lost */
	movl	r8=0x10044
	;;
	mov	cr.itv=r8
	mov	r9=ar.itc
	;;
	movl	r10=100000
	;;
	add	r9=r9,r10
	;;
	mov	cr.itm=r9
	;;
	srlz.d
	add	r10=r9,r10
	;;
1:	mov	r11=ar.itc
	;;
	cmp.ltu	p6,p7=r11,r10
	(p6)	br.cond.sptk 1b
	;;
	PENDING
	TM	cr.itv
	.irp	reg,pmv,cmcv,lrr0,lrr1
	mov	r8=0x45
	;;
	mov	cr.\reg=r8
	;;
	TM	cr.\reg
	.endr
	TM	cr.eoi
	FINISH

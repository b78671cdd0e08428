/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code that another processor changes: processor 0 writes one of two bundles where all others call,
 * fc.i, sync.i, tells them with a release store; they acquire, srlz.i and call. The other code of that
 * page, which they run all the time, is not touched. Prints how many calls returned the old value.
 */
#include "smp.h"
#define ROUNDS 200

	PROGRAM
	START
	mov	r10=0				/* round */
	mov	r11=0				/* wrong results */
	movl	r12=ROUNDS
	movl	r13=target
	;;
round:
	adds	r10=1,r10
	cmp.ne	p8,p9=0,r2
	(p8)	br.cond.sptk reader
	;;
	tbit.nz	p6,p7=r10,0
	movl	r14=odd
	movl	r15=even
	;;
	(p6)	mov	r15=r14
	;;
	ld8	r16=[r15],8
	;;
	ld8	r17=[r15]
	adds	r18=8,r13
	;;
	st8	[r13]=r16
	st8	[r18]=r17
	;;
	fc.i	r13
	;;
	sync.i
	;;
	srlz.i
	;;
	PUT	epoch, r10
	br.call.sptk b6=call_it
	;;
	br.sptk	all_there
	;;
reader:
0:	GET	r14, epoch
	br.call.sptk b6=busy			/* the same page stays in use */
	;;
	cmp.ne	p6,p7=r14,r10
	(p6)	br.cond.sptk 0b
	;;
	srlz.i
	;;
	br.call.sptk b6=call_it
	;;
all_there:
	adds	r15=1,r10
	;;
	tbit.nz	p6,p7=r10,0			/* odd: 1, even: 2 */
	;;
	(p6)	mov	r15=1
	(p7)	mov	r15=2
	;;
	cmp.ne	p6,p7=r15,r9
	;;
	(p6)	adds	r11=1,r11
	BARRIER
	cmp.ne	p6,p7=r10,r12
	(p6)	br.cond.sptk round
	;;
	movl	r14=wrong
	shl	r15=r2,3
	;;
	add	r14=r14,r15
	;;
	st8	[r14]=r11
	;;
	BARRIER
	cmp.ne	p6,p7=0,r2
	(p6)	br.cond.spnt 9f
	;;
	T	r10
	movl	r14=wrong
	mov	r15=r0
	;;
7:	ld8	r16=[r14],8
	;;
	T	r16
	adds	r15=1,r15
	;;
	cmp.lt	p6,p7=r15,r3
	(p6)	br.cond.sptk 7b
	;;
9:	DONE
	.endp	test_main

	.section .text.page,"ax",@progbits
	.balign	0x1000
call_it:
	mov	r9=r0
	;;
target:
	.skip	16
	br.ret.sptk b6
	;;
	.balign	32
busy:	adds	r19=1,r19
	br.ret.sptk b6
	;;
	.balign	32
odd:	{ .mii
	mov	r9=1
	nop	0
	nop	0 ;;
	}
even:	{ .mii
	mov	r9=2
	nop	0
	nop	0 ;;
	}
	.balign	0x1000

	.bss
	.balign	128
epoch:	.skip	128
wrong:	.skip	64*8

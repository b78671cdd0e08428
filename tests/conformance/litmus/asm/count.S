/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters that all processors increment ROUNDS times each, with every semaphore: fetchadd of 4 and 8
 * bytes, cmpxchg of 1, 2, 4 and 8 bytes in a loop, and plain loads and stores under a lock taken by
 * xchg and by cmpxchg.acq and freed by st.rel. Then a pair of words counted by cmp8xchg16.
 */
#include "smp.h"
#define ROUNDS 5000

	.macro	BY_CMPXCHG bytes, symbol
	movl	r8=\symbol
	;;
0:	ld\bytes r9=[r8]
	;;
	mov	ar.ccv=r9
	adds	r10=1,r9
	;;
	cmpxchg\bytes\().acq r11=[r8],r10,ar.ccv
	;;
	cmp.ne	p6,p7=r9,r11
	(p6)	br.cond.spnt 0b
	;;
	.endm

	.macro	ADD symbol			/* not atomic: needs the lock */
	movl	r8=\symbol
	;;
	ld8	r9=[r8]
	;;
	adds	r9=1,r9
	;;
	st8	[r8]=r9
	;;
	.endm

	PROGRAM
	START
	movl	r12=ROUNDS
	;;
round:
	movl	r8=by_fetchadd4
	movl	r9=by_fetchadd8
	;;
	fetchadd4.acq r10=[r8],1
	fetchadd8.rel r11=[r9],4
	;;
	BY_CMPXCHG 1, by_cmpxchg1
	BY_CMPXCHG 2, by_cmpxchg2
	BY_CMPXCHG 4, by_cmpxchg4
	BY_CMPXCHG 8, by_cmpxchg8
	/* xchg4 lock */
	movl	r14=lock1
	mov	r15=1
	;;
1:	xchg4	r16=[r14],r15
	hint	@pause
	;;
	cmp4.ne	p6,p7=0,r16
	(p6)	br.cond.spnt 1b
	;;
	ADD	under_xchg
	st4.rel	[r14]=r0
	/* cmpxchg8 lock */
	movl	r14=lock2
	mov	ar.ccv=r0
	;;
2:	cmpxchg8.acq r16=[r14],r15,ar.ccv
	hint	@pause
	;;
	cmp.ne	p6,p7=0,r16
	(p6)	br.cond.spnt 2b
	;;
	ADD	under_cmpxchg
	st8.rel	[r14]=r0
	/* both halves of a pair, at once */
	movl	r14=pair
	;;
3:	ld16	r16,ar.csd=[r14]
	;;
	mov	r17=ar.csd
	mov	ar.ccv=r16
	adds	r18=1,r16
	;;
	adds	r17=2,r17
	;;
	mov	ar.csd=r17
	;;
	cmp8xchg16.acq r19=[r14],r18,ar.csd,ar.ccv
	;;
	cmp.ne	p6,p7=r16,r19
	(p6)	br.cond.spnt 3b
	adds	r12=-1,r12
	;;
	cmp.ne	p6,p7=0,r12
	(p6)	br.cond.sptk round
	;;
	BARRIER
	cmp.ne	p6,p7=0,r2
	(p6)	br.cond.spnt 9f
	;;
	.irp symbol,by_fetchadd4,by_fetchadd8,by_cmpxchg1,by_cmpxchg2,by_cmpxchg4,by_cmpxchg8,under_xchg,under_cmpxchg,pair,pair+8
	movl	r8=\symbol
	;;
	ld8	r9=[r8]
	;;
	T	r9
	.endr
9:	DONE
	.endp	test_main

	.bss
	.irp symbol,by_fetchadd4,by_fetchadd8,by_cmpxchg1,by_cmpxchg2,by_cmpxchg4,by_cmpxchg8,under_xchg,under_cmpxchg,lock1,lock2,pair
	.balign	128
\symbol:
	.skip	128
	.endr

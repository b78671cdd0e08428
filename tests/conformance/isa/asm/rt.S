/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Start and end of every program: see rt.h. */
#include "rt.h"

#define SSC_PUTCHAR 31
#define SSC_EXIT 66

	.global	_start
	.proc	_start
_start:
	rsm	(1 << 13) | (1 << 14)		/* psr.ic, psr.i */
	;;
	srlz.d
	bsw.1
	;;
	flushrs
	;;
	mov	ar.rsc=0
	movl	r2=backing_store
	movl	r12=stack_top
	;;
	mov	ar.bspstore=r2
	;;
	mov	ar.rnat=r0
	movl	r1=__gp
	movl	r3=0x9804c0270033f
	;;
	mov	ar.fpsr=r3
	mov	ar.unat=r0
	mov	ar.ccv=r0
	mov	ar.pfs=r0
	mov	ar.lc=r0
	mov	ar.ec=r0
	mov	cr.dcr=r0
	mov	ar.k7=r0
	movl	r3=ivt
	;;
	mov	cr.iva=r3
	;;
	srlz.i
	;;
	ssm	1 << 13
	;;
	srlz.d
	;;
	mov	pr=r0,-1
	alloc	r2=ar.pfs,0,0,0,0
	;;
	movl	r4=trace
	movl	r5=NAT_MARK
	rum	psr.be
	;;
	.irp n,2,3,6,7,8,9,10,11,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	mov	r\n=r0
	;;
	.endr
	br.call.sptk b0=test_main
	;;
	.endp	_start

/* Print the trace, one value a line; or in HASH mode one sum for every block that a call of
   dump_registers ended. */
	.global	finish
	.proc	finish
finish:
	flushrs
	;;
	clrrrb
	;;
	mov	ar.rsc=0
	mov	r20=r4
	movl	r21=trace
	mov	r28=0
	;;
next_value:
	cmp.geu	p6,p7=r21,r20
	(p6)	br.cond.spnt leave
	;;
	ld8	r22=[r21],8
	;;
#ifdef HASH
	movl	r23=0x656e64206f662062		/* the mark of dump_registers */
	;;
	xor	r28=r28,r22
	cmp.eq	p8,p9=r22,r23
	;;
	shl	r24=r28,13
	;;
	xor	r28=r28,r24
	;;
	shr.u	r24=r28,7
	;;
	xor	r28=r28,r24
	;;
	shl	r24=r28,17
	;;
	xor	r28=r28,r24
	(p9)	br.cond.sptk next_value
	;;
	mov	r22=r28
	mov	r28=0
	;;
#endif
	mov	r25=60
	;;
next_digit:
	shr.u	r26=r22,r25
	;;
	and	r26=15,r26
	;;
	cmp.gt	p8,p9=10,r26
	;;
	(p8)	adds r29=48,r26
	(p9)	adds r29=87,r26
	br.call.sptk b6=put_char
	;;
	adds	r25=-4,r25
	;;
	cmp.le	p6,p7=0,r25
	(p6)	br.cond.sptk next_digit
	;;
	mov	r29=10
	br.call.sptk b6=put_char
	;;
	br.sptk	next_value
	;;
leave:
	.irp c,0x65,0x6e,0x64			/* "end" */
	mov	r29=\c
	br.call.sptk b6=put_char
	;;
	.endr
	mov	r29=10
	br.call.sptk b6=put_char
	;;
	alloc	r2=ar.pfs,0,8,0,0
	;;
	mov	r32=0
	mov	r15=SSC_EXIT
	mov	r36=SSC_EXIT
	;;
	break	0x80001
	;;
0:	br.sptk	0b
	;;
	.endp	finish

/* An interruption that the program did not expect: append what it was to the trace and print it. */
	.proc	unexpected
unexpected:
	mov	r20=ar.k7			/* a second one, here: give up */
	mov	r15=SSC_EXIT
	;;
	cmp.ne	p6,p7=r0,r20
	;;
	(p6)	break 0x80001
	mov	r20=1
	;;
	mov	ar.k7=r20
	mov	r20=cr.isr
	mov	r21=cr.iip
	mov	r22=cr.ifa
	mov	r23=cr.iim
	;;
	movl	r24=0x756e657870656374
	;;
	st8	[r4]=r24,8
	;;
	st8	[r4]=r19,8
	;;
	.irp n,20,21,22,23
	st8	[r4]=r\n,8
	;;
	.endr
	movl	r23=0x656e64206f662062
	;;
	st8	[r4]=r23,8
	br.sptk	finish
	;;
	.endp	unexpected

	.proc	put_char			/* r29; returns to b6 */
put_char:
	alloc	r2=ar.pfs,0,8,0,0
	;;
	mov	r32=r29
	mov	r15=SSC_PUTCHAR
	mov	r36=SSC_PUTCHAR
	;;
	break	0x80001
	;;
	br.ret.sptk b6
	;;
	.endp	put_char

/* Append r8-r11, r14-r31 and the predicates to the trace, then the mark of a block. Returns to b7. */
	.global	dump_registers
	.proc	dump_registers
dump_registers:
	mov	r6=pr
	;;
	st8	[r4]=r6,8
	;;
	.irp n,8,9,10,11,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	T	r\n
	.endr
	movl	r6=0x656e64206f662062
	;;
	st8	[r4]=r6,8
	br.ret.sptk b7
	;;
	.endp	dump_registers

	.balign	0x8000
ivt:
	.set	vector,0
	.rept	97
	mov	r19=vector
	br.sptk	unexpected
	;;
	.set	vector,vector+0x100
	.balign	0x100
	.if	vector <= 0x5000 && vector % 0x400
	.balign	0x400
	.set	vector,(vector + 0x3ff) / 0x400 * 0x400
	.endif
	.endr

	.data
	.balign	16
	.global	nat_word
nat_word:
	data8	0, 0
	.bss
	.balign	512
	.global	backing_store
backing_store:
	.skip	0x10000
	.skip	0x10000
stack_top:
	.skip	0x100
	.balign	512
	.global	scratch
scratch:
	.skip	0x10000
	.balign	512
trace:
	.skip	0x400000

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Start of a bare C program: physical mode, HP-simulator calls. Psr as any loader may leave it, so
 * it is made known here; a fault prints vector, ISR and IIP and ends the program.
 */
#define SSC_PUTCHAR 31
#define SSC_EXIT    66
#define PSR_IC_I    ((1 << 13) | (1 << 14))
#define PSR_DFL_DFH ((1 << 18) | (1 << 19))
#define FAULT_STATUS 126

	.text
	.global	_start
	.proc	_start
_start:
	rsm	PSR_IC_I
	;;
	srlz.d
	;;
	rsm	PSR_DFL_DFH
	;;
	srlz.d
	;;
	flushrs
	;;
	mov	ar.rsc=0
	movl	r2=rt_backing_store
	movl	r12=rt_stack_top
	;;
	mov	ar.bspstore=r2
	;;
	mov	ar.rnat=r0
	movl	r1=__gp
	movl	r3=0x9804c0270033f
	;;
	mov	ar.fpsr=r3
	mov	ar.unat=r0
	mov	ar.lc=r0
	mov	ar.ec=r0
	mov	pr=r0,-1
	movl	r3=rt_vectors
	;;
	mov	cr.iva=r3
	mov	ar.rsc=3
	movl	r13=rt_tls
	;;
	srlz.i
	;;
	ssm	1 << 13				/* psr.ic: faults say where they were */
	;;
	srlz.d
	alloc	r2=ar.pfs,0,0,0,0
	;;
	br.call.sptk b0=rt_main
	;;
	.endp	_start

/* long rt_ssc(long arg0, long arg1, long arg2, long arg3, long number) */
	.global	rt_ssc
	.proc	rt_ssc
rt_ssc:
	mov	r15=r36
	;;
	break	0x80001
	br.ret.sptk b0
	;;
	.endp	rt_ssc

/* r16 = vector offset. Prints "fault VVVV ISR IIP" and exits. */
	.proc	rt_fault
rt_fault:
	cover
	;;
	alloc	r2=ar.pfs,0,8,0,0
	mov	r17=cr.isr
	mov	r18=cr.iip
	movl	r19=rt_fault_text
	;;
1:	ld1	r32=[r19],1
	mov	r15=SSC_PUTCHAR
	;;
	cmp.eq	p6,p7=0,r32
	(p6)	br.cond.spnt 2f
	;;
	break	0x80001
	br.cond.sptk 1b
	;;
2:	mov	r20=3				/* values to print */
	;;
3:	mov	r21=60
	;;
4:	shr.u	r22=r16,r21
	;;
	and	r22=15,r22
	;;
	cmp.gt	p8,p9=10,r22
	mov	r15=SSC_PUTCHAR
	;;
	(p8)	adds r32=48,r22
	(p9)	adds r32=87,r22
	;;
	break	0x80001
	adds	r21=-4,r21
	;;
	cmp.le	p6,p7=0,r21
	(p6)	br.cond.sptk 4b
	;;
	mov	r16=r17
	mov	r17=r18
	adds	r20=-1,r20
	mov	r32=32
	mov	r15=SSC_PUTCHAR
	;;
	break	0x80001
	cmp.ne	p6,p7=0,r20
	(p6)	br.cond.sptk 3b
	;;
	mov	r32=10
	mov	r15=SSC_PUTCHAR
	;;
	break	0x80001
	mov	r32=FAULT_STATUS
	mov	r15=SSC_EXIT
	;;
	break	0x80001
5:	br.sptk	5b
	;;
	.endp	rt_fault

/* twenty vectors of 64 bundles, then 48 of 16: each tells its offset */
	.section .text.vectors,"ax"
	.align	32768
rt_vectors:
	.set	offset,0
	.rept	20
	.org	offset
	movl	r16=offset
	;;
	br.sptk	rt_fault
	;;
	.set	offset,offset+0x400
	.endr
	.rept	48
	.org	offset
	movl	r16=offset
	;;
	br.sptk	rt_fault
	;;
	.set	offset,offset+0x100
	.endr

	.section .rodata
rt_fault_text:
	stringz	"\nfault "

	.section .bss
	.align	16
	.skip	1 << 20
rt_stack_top:
	.skip	64				/* the scratch area of the outermost frame */
rt_backing_store:
	.skip	1 << 20
rt_tls:
	.skip	256

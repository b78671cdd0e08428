/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Global purges. A virtual page is mapped to page A or B in turn. Processor 0 writes the new entry,
 * purges everywhere, and in the next instruction takes the old page for something else: it fills it
 * with POISON. All others read the virtual page all the time, never see POISON, and after the
 * release store that follows see the new page only. They write to it too: nothing of theirs may arrive
 * in the old page after the purge. At the end all processors purge at once.
 * Prints the three counts of what must not be, for each processor.
 */
#define ON_DATA_MISS map
#include "smp.h"
#define ROUNDS	200
#define POISON	0x666
#define PTE	0x661			/* present, accessed, dirty, write-back, read and write */
#define PAGE_BITS (14 << 2)

	.macro	PURGE
	ptc.ga	r20,r21
	;;
	.endm

	PROGRAM
	START
	/* region 0: the handler maps it to itself; region 1: what the entry says */
	movl	r8=0x100 | PAGE_BITS
	mov	r9=r0
	movl	r10=0x200 | PAGE_BITS
	movl	r11=1 << 61
	;;
	mov	rr[r9]=r8
	;;
	mov	rr[r11]=r10
	movl	r12=ROUNDS
	movl	r13=entry
	;;
	srlz.d
	mov	r14=r0				/* round */
	mov	r15=r0				/* POISON seen */
	mov	r16=r0				/* old page seen after the purge was told */
	mov	r17=r0				/* old page changed */
	movl	r18=page_a
	movl	r19=page_b
	mov	r20=r11				/* the virtual page */
	mov	r21=PAGE_BITS
	movl	r10=POISON
	;;
	cmp.ne	p8,p9=0,r2
	(p8)	br.cond.sptk 1f
	movl	r9=PTE
	;;
	st8	[r18]=r0
	or	r9=r9,r18
	;;
	st8.rel	[r13]=r9
	;;
1:	BARRIER
	ssm	1 << 17				/* psr.dt */
	;;
	srlz.d
	(p8)	br.cond.sptk reader
	;;
	/* r18 is mapped, with round r14 written in it; r19 comes next */
writer:
	adds	r14=1,r14
	adds	r8=8,r18
	movl	r9=PTE
	;;
	or	r9=r9,r19
	st8	[r19]=r14
	;;
	st8.rel	[r13]=r9
	mf
	;;
	PURGE
	st8	[r18]=r10			/* POISON in the old page, at once */
	ld8.acq	r11=[r8]			/* what readers wrote there last */
	;;
	PUT	told, r14
	mov	r22=20
	;;
2:	ld8.acq	r23=[r8]			/* does not change any more */
	adds	r22=-1,r22
	;;
	cmp.ne	p6,p7=r23,r11
	;;
	(p6)	adds	r17=1,r17
	cmp.ne	p6,p7=0,r22
	(p6)	br.cond.sptk 2b
	mov	r23=r18
	;;
	mov	r18=r19
	mov	r19=r23
	cmp.ne	p6,p7=r14,r12
	(p6)	br.cond.sptk writer
	;;
	br.sptk	last
	;;
reader:
	adds	r22=8,r20
	;;
3:	GET	r14, told
	ld8	r23=[r20]
	adds	r24=1,r24
	;;
	st8	[r22]=r24
	cmp.eq	p6,p7=r10,r23
	cmp.ltu	p10,p11=r23,r14			/* older than what was told */
	;;
	(p6)	adds	r15=1,r15
	(p10)	adds	r16=1,r16
	cmp.ne	p6,p7=r14,r12
	(p6)	br.cond.sptk 3b
	;;
last:	BARRIER
	/* all purge at once */
	mov	r22=50
	;;
4:	ld8	r23=[r20]
	;;
	PURGE
	adds	r22=-1,r22
	;;
	cmp.ne	p6,p7=0,r22
	(p6)	br.cond.sptk 4b
	;;
	BARRIER
	rsm	1 << 17
	;;
	srlz.d
	shl	r15=r15,40
	shl	r16=r16,20
	movl	r24=wrong
	shl	r25=r2,3
	;;
	or	r15=r15,r16
	add	r24=r24,r25
	;;
	or	r15=r15,r17
	;;
	st8	[r24]=r15
	;;
	BARRIER
	cmp.ne	p6,p7=0,r2
	(p6)	br.cond.spnt 9f
	;;
	T	r14
	movl	r24=wrong
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

	/* alternate data TLB; bank 0 is current */
map:
	rsm	1 << 17
	mov	r16=cr.ifa
	mov	r17=pr
	;;
	srlz.d
	movl	r18=entry
	movl	r19=0xfffffc000
	movl	r20=PTE
	shr.u	r21=r16,61
	;;
	and	r19=r19,r16
	cmp.eq	p6,p7=0,r21
	cmp.ne	p8,p0=r0,r0
	;;
	(p6)	or	r22=r19,r20
	(p7)	ld8.acq	r22=[r18]
	mov	r23=PAGE_BITS
	;;
	mov	cr.itir=r23
	;;
	itc.d	r22
	;;
	srlz.d
	;;
	/* changed since it was read: the purge may have come before the insertion */
	(p7)	ld8.acq	r21=[r18]
	;;
	(p7)	cmp.ne p8,p0=r21,r22
	;;
	(p8)	ptc.l	r16,r23
	;;
	srlz.d
	mov	pr=r17,-1
	;;
	rfi
	;;

	.bss
	.balign	0x4000
page_a:	.skip	0x4000
page_b:	.skip	0x4000
entry:	.skip	128
told:	.skip	128
wrong:	.skip	64*8

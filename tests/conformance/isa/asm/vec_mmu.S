/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data translation: every fault that a page can raise, access rights by privilege level, keys,
 * memory attributes, purges. Region 0 is mapped onto itself for the program; region 1 is tested.
 */
#include "vec.h"

#define PAGE 0x2000000000040000
#define PS 14

	/* translation for PAGE: scratch with these bits of the PTE; r8-r11 are changed */
	.macro	MAP bits, key=0
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
	movl	r9=(PS << 2) | (\key << 8)
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

	.macro	RIGHTS number
	X \number+0, "ld8 r20=[r14]"
	X \number+1, "st8 [r14]=r15"
	X \number+2, "probe.r r20=r14,0"
	T r20
	X \number+3, "probe.w r20=r14,3"
	T r20
	X \number+4, "probe.rw.fault r14,2"
	.endm

	.macro	ACCESS number
	mov	r20=r0
	;;
	RIGHTS \number
	X \number+0x05, "xchg8 r20=[r14],r15"
	X \number+0x06, "fetchadd8.acq r20=[r14],8"
	X \number+0x07, "cmpxchg4.acq r20=[r14],r15,ar.ccv"
	X \number+0x08, "ld8.s r20=[r14]"
	T r20
	X \number+0x09, "ld4.a r20=[r14],4"
	T r20
	movl	r14=PAGE
	;;
	X \number+0x0a, "lfetch [r14]"
	X \number+0x0b, "lfetch.fault [r14]"
	X \number+0x0c, "fc r14"
	X \number+0x0d, "probe.r.fault r14,3"
	X \number+0x0e, "probe.w.fault r14,0"
	X \number+0x0f, "ldfe f6=[r14]"
	X \number+0x10, "st8.rel [r14]=r15,8"
	T r14
	movl	r14=PAGE
	;;
	.endm

	PROGRAM
	VECTORS
	movl	r8=trace_pte
	;;
	ld8	r8=[r8]
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
	movl	r9=PAGE
	movl	r10=(0x123 << 8) | (PS << 2)
	;;
	mov	rr[r9]=r10
	movl	r10=(0x55 << 8) | (24 << 2)
	;;
	mov	rr[r0]=r10
	;;
	srlz.d
	;;
	/* the entry above was made with the rid of before */
	movl	r9=0x1000000
	mov	r10=24 << 2
	;;
	mov	cr.ifa=r9
	mov	cr.itir=r10
	;;
	itr.d	dtr[r11]=r8
	;;
	srlz.d
	;;
	ssm	(1 << 13) | (1 << 17)
	;;
	srlz.d
	;;
	movl	r14=PAGE
	movl	r15=0x1122334455667788
	mov	ar.ccv=r0
	;;
	ACCESS	0x1000				/* nothing there */
	MAP	0x661				/* p a d, pl 0, ar 3: all well */
	ACCESS	0x1100
	X 0x1180, "tpa r20=r14"
	T r20
	X 0x1181, "tak r20=r14"
	T r20
	MAP	0x660				/* not present */
	ACCESS	0x1200
	X 0x1280, "tpa r20=r14"
	MAP	0x641				/* not accessed */
	ACCESS	0x1300
	MAP	0x621				/* not dirty */
	ACCESS	0x1400
	MAP	0x601				/* neither */
	ACCESS	0x1500
	MAP	0x67d				/* NaT page */
	ACCESS	0x1600
	MAP	0x021				/* read only */
	ACCESS	0x1700
	MAP	0x0010000000000661		/* ed */
	ACCESS	0x1800
	/* protection keys */
	movl	r16=(0x77 << 8) | 1
	movl	r17=(0x78 << 8) | 2 | 1		/* wd */
	movl	r18=(0x79 << 8) | 4 | 1		/* rd */
	mov	r19=1
	mov	r21=2
	;;
	mov	pkr[r0]=r16
	;;
	mov	pkr[r19]=r17
	;;
	mov	pkr[r21]=r18
	mov	r22=3
	;;
	mov	pkr[r22]=r0
	;;
	/* key 0 for the program itself */
	movl	r16=1
	mov	r22=4
	;;
	mov	pkr[r22]=r16
	;;
	ssm	1 << 15
	;;
	srlz.d
	;;
	MAP	0x661, 0x77
	ACCESS	0x1900
	MAP	0x661, 0x78
	ACCESS	0x1a00
	MAP	0x661, 0x79
	ACCESS	0x1b00
	MAP	0x661, 0x7a			/* no such key */
	ACCESS	0x1c00
	MAP	0x021, 0x7a			/* key before rights */
	RIGHTS	0x1c80
	rsm	1 << 15
	;;
	srlz.d
	;;
	/* access rights: ar x pl x cpl */
	.irp ar,0,1,2,3,4,5,6,7
	.irp pl,0,1,2,3
	MAP	0x061|(\ar<<9)|(\pl<<7)
	.irp level,0,1,2,3
	LEVEL	\level, (1<<17)
	RIGHTS	0x2000+(\ar<<8)+(\pl<<6)+(\level<<3)
	break	RESUME_BREAK
	;;
	.endr
	.endr
	.endr
	/* purges: of the page, of a part, of another region's rid, of a larger range */
	MAP	0x661
	movl	r9=0x2000000000050000
	mov	r10=PS << 2
	;;
	ptc.l	r9,r10
	;;
	srlz.d
	;;
	X 0x4000, "ld8 r20=[r14]"
	mov	r10=12 << 2
	;;
	ptc.l	r14,r10
	;;
	srlz.d
	;;
	X 0x4001, "ld8 r20=[r14]"
	MAP	0x661
	mov	r10=28 << 2
	;;
	ptc.ga	r14,r10
	;;
	srlz.d
	;;
	X 0x4002, "ld8 r20=[r14]"
	MAP	0x661
	movl	r10=(0x124 << 8) | (PS << 2)	/* another rid: the page is gone, and comes back */
	;;
	mov	rr[r14]=r10
	;;
	srlz.d
	;;
	X 0x4003, "ld8 r20=[r14]"
	movl	r10=(0x123 << 8) | (PS << 2)
	;;
	mov	rr[r14]=r10
	;;
	srlz.d
	;;
	X 0x4004, "ld8 r20=[r14]"
	mov	r10=PS << 2
	;;
	X 0x4006, "thash r20=r14"
	T r20
	X 0x4007, "ttag r20=r14"
	T r20
	rsm	1 << 17
	;;
	srlz.d
	;;
	FINISH
	.data
	.balign	8
trace_pte:
	data8	0x1000000 + 0x7e1		/* p a d, pl 3, ar 3 */
	.bss
	.balign	0x4000
target_page:
	.skip	0x4000

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VHPT walker, short format; thash and ttag. */
#define WITHOUT_IIPA
#include "vec.h"

#define PAGE 0x2000000000040000
#define PS 14

	/* short-format entry of address \va := scratch page with \bits; r8-r11 are changed */
	.macro	ENTRY va, bits
	movl	r8=\va
	movl	r10=target_page
	movl	r11=\bits
	;;
	thash	r9=r8
	or	r10=r10,r11
	;;
	T r9
	movl	r11=0x1fffffffffffffff
	;;
	and	r9=r9,r11			/* the table is mapped onto itself in region 0 */
	;;
	st8	[r9]=r10
	;;
	.endm

	.macro	PURGE va
	rsm	1 << 13
	movl	r8=\va
	mov	r9=PS << 2
	;;
	srlz.d
	ptc.l	r8,r9
	;;
	srlz.d
	ssm	1 << 13
	;;
	srlz.d
	;;
	.endm

	.macro	TOUCH number, va
	movl	r14=\va
	;;
	X \number+0, "ld8 r20=[r14]"
	X \number+1, "st8 [r14]=r15"
	X \number+2, "ld8.s r20=[r14]"
	T r20
	X \number+3, "probe.w r20=r14,3"
	T r20
	X \number+4, "tak r20=r14"
	T r20
	X \number+5, "lfetch.fault [r14]"
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
	itr.d	dtr[r11]=r8
	movl	r9=PAGE
	movl	r10=(0x123 << 8) | (PS << 2) | 1	/* ve */
	;;
	mov	rr[r9]=r10
	;;
	/* the walker's table: 32 KB in region 1, mapped by another translation register */
	movl	r9=0x2000000000000000 + vhpt
	mov	r10=15 << 2
	movl	r8=vhpt + 0x7e1
	mov	r11=1
	;;
	mov	cr.ifa=r9
	mov	cr.itir=r10
	;;
	itr.d	dtr[r11]=r8
	;;
	movl	r9=vhpt
	movl	r8=(15 << 2) | 1
	;;
	or	r8=r8,r9
	;;
	mov	cr.pta=r8
	;;
	srlz.d
	;;
	ssm	(1 << 13) | (1 << 17)
	;;
	srlz.d
	;;
	movl	r15=0x1122334455667788
	;;
	TOUCH	0x100, PAGE			/* table entry all zero: not present */
	ENTRY	PAGE, 0x661
	PURGE	PAGE
	TOUCH	0x200, PAGE
	ENTRY	PAGE, 0x641
	PURGE	PAGE
	TOUCH	0x300, PAGE
	ENTRY	PAGE, 0x621
	PURGE	PAGE
	TOUCH	0x400, PAGE
	ENTRY	PAGE, 0x660
	PURGE	PAGE
	TOUCH	0x500, PAGE
	ENTRY	PAGE+0x4000, 0x661
	TOUCH	0x600, PAGE+0x4000
	.irp va,0x2000000000000000,0x2000000000044000,0x2123456789abcdef,0x3fffffffffffc000,0x2000100000000000
	movl	r16=\va
	;;
	thash	r17=r16
	ttag	r18=r16
	;;
	T r17
	T r18
	.endr
	NAT	r16
	thash	r17=r16
	ttag	r18=r16
	;;
	T r17
	T r18
	/* another rid, table not mapped for it: VHPT translation */
	rsm	1 << 13
	;;
	srlz.d
	movl	r9=PAGE
	movl	r10=(0x124 << 8) | (PS << 2) | 1
	;;
	mov	rr[r9]=r10
	;;
	srlz.d
	ssm	1 << 13
	;;
	srlz.d
	;;
	TOUCH	0x700, PAGE
	/* walker off in the region: alternate */
	movl	r9=PAGE
	movl	r10=(0x123 << 8) | (PS << 2)
	;;
	mov	rr[r9]=r10
	;;
	srlz.d
	;;
	PURGE	PAGE
	TOUCH	0x800, PAGE
	rsm	1 << 17
	;;
	srlz.d
	;;
	FINISH
	.bss
	.balign	0x8000
vhpt:
	.skip	0x8000
	.balign	0x4000
target_page:
	.skip	0x4000

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loop branches, register and predicate rotation. */
#include "rt.h"

	PROGRAM
	alloc	r32=ar.pfs,0,24,0,24
	mov	pr.rot=0x10000
	mov	ar.lc=5
	mov	ar.ec=3
	;;
	mov	r8=100
	;;
1:	(p16)	add r32=1,r8		/* a three-stage pipeline */
	(p17)	add r40=r33,r33
	(p18)	add r9=r9,r41
	(p16)	adds r8=7,r8
	;;
	T	r9
	TM	pr
	TM	ar.lc
	TM	ar.ec
	br.ctop.sptk 1b
	;;
	TM	pr
	T	r9
	clrrrb
	;;
	TM	pr
	mov	ar.lc=4
	;;
	mov	r10=0
	;;
2:	adds	r10=3,r10
	;;
	T	r10
	br.cloop.sptk 2b
	;;
	TM	ar.lc
	mov	pr.rot=0x10000		/* while loop: p16 is its own stage */
	mov	ar.ec=2
	mov	r11=0
	;;
3:	(p16)	adds r11=1,r11
	;;
	(p16)	cmp.gt p17,p0=4,r11
	;;
	(p16)	mov r32=r11
	(p18)	add r14=r14,r34
	TM	pr
	TM	ar.ec
	(p17)	br.wtop.sptk 3b
	;;
	TM	pr
	T	r11
	T	r14
	clrrrb.pr
	mov	ar.ec=0
	mov	ar.lc=2
	mov	pr.rot=0x30000
	;;
4:	br.cexit.spnt 5f
	;;
	TM	pr
	TM	ar.lc
	br.sptk	4b
	;;
5:	TM	pr
	TM	ar.lc
	TM	ar.ec
	mov	pr.rot=-0x10000
	;;
	TM	pr
	FINISH

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single step, taken branch and lower-privilege traps, bank switch, cover and rfi, PSR bits. */
#include "vec.h"

#define SS (1<<40)
#define TB (1<<26)
#define LP (1<<25)

	PROGRAM
	VECTORS
	alloc	r8=ar.pfs,0,8,4,0
	;;
	/* single step: the recorder clears psr.ss, so one instruction each */
	LEVEL 0, SS
	X 0x01, "nop.m 0"
	LEVEL 0, SS
	adds	r14=1,r0
	;;
	LEVEL 0, SS
	movl	r14=0x123456789
	;;
	LEVEL 0, SS
	(p0)	br.cond.sptk 2f
	;;
	nop.b	0
	;;
2:	LEVEL 0, SS
	ld8	r15=[r4]
	;;
	/* taken branch */
	LEVEL 0, TB
	br.cond.sptk 3f
	;;
	nop.b	0
	;;
3:	LEVEL 0, TB|SS
	br.cond.sptk 4f
	;;
4:	LEVEL 0, TB
	nop.i	0
	br.call.sptk b6=5f
	;;
5:	TM b6
	LEVEL 0, TB
	mov	r16=b6
	;;
	mov	b5=r16
	cmp.eq	p1,p2=r0,r0
	;;
	(p2)	br.cond.sptk 6f
	(p1)	br.cond.sptk 6f
	;;
6:	NAT r17
	LEVEL 0, TB
	chk.s.m	r17,7f
	;;
	nop.b	0
	;;
7:	mov	ar.lc=1
	LEVEL 0, TB
	br.cloop.sptk 8f
	;;
8:	TM ar.lc
	/* lower privilege: br.ret with pfs.ppl = 3 */
	movl	r18=3 << 62
	movl	r19=9f
	LEVEL 0, LP
	mov	r20=ar.pfs
	;;
	or	r20=r18,r20
	mov	b6=r19
	;;
	mov	ar.pfs=r20
	mov	r21=ar.pfs
	;;
	br.ret.sptk b6
	;;
9:	X 0x40, "break 0x77"
	movl	r18=3 << 62
	movl	r19=10f
	LEVEL 0, LP | TB|SS
	nop.m	0
	;;
	LEVEL 0, LP|TB
	mov	b6=r19
	mov	r20=ar.pfs
	;;
	or	r20=r18,r20
	;;
	mov	ar.pfs=r20
	;;
	br.ret.sptk b6
	;;
10:	X 0x41, "break 0x77"
	/* banks and their NaTs */
	movl	r16=0x1616161616161616
	movl	r31=0x3131313131313131
	;;
	NAT r17
	bsw.0
	;;
	mov	r16=0x10
	mov	r31=0x11
	mov	r17=0x12
	;;
	T r16
	T r31
	T r17
	bsw.1
	;;
	T r16
	T r31
	T r17
	/* cover and rfi with a frame */
	alloc	r8=ar.pfs,0,10,3,8
	;;
	mov	r32=0x3232
	mov	r38=0x3838
	mov	r41=0x4141
	mov	r44=0x4444
	;;
	TM ar.bsp
	rsm	1 << 13
	;;
	srlz.d
	;;
	mov	cr.ifs=r0
	;;
	cover
	;;
	TM cr.ifs
	TM ar.bsp
	mov	r9=psr
	movl	r10=(1 << 13) | (1 << 44)
	;;
	or	r9=r9,r10
	movl	r10=11f
	;;
	mov	cr.ipsr=r9
	mov	cr.iip=r10
	;;
	rfi
	;;
11:	TM ar.bsp
	T r32
	T r38
	T r41
	T r44
	/* rfi with ifs.v = 0 keeps the frame; with another frame takes that */
	LEVEL 0
	T r32
	T r44
	rsm	1 << 13
	;;
	srlz.d
	;;
	cover
	;;
	movl	r10=(1 << 63) | (1 << 7) | 4
	movl	r11=12f
	;;
	mov	cr.ifs=r10
	mov	r9=psr
	movl	r10=(1 << 13) | (1 << 44)
	;;
	or	r9=r9,r10
	mov	cr.iip=r11
	;;
	mov	cr.ipsr=r9
	;;
	rfi
	;;
12:	TM ar.bsp
	T r32
	T r33
	T r34
	T r35
	/* cover with psr.ic = 1 leaves ifs alone */
	cover
	;;
	TM cr.ifs
	TM ar.bsp
	/* user mask and psr.l */
	sum	0x3c
	;;
	mov	r14=psr.um
	;;
	T r14
	rum	0x3e
	;;
	mov	r14=psr.um
	;;
	T r14
	ssm	(1 << 15) | (1 << 19) | (1 << 23)
	;;
	srlz.d
	;;
	TM psr
	rsm	(1 << 15) | (1 << 19) | (1 << 23)
	;;
	srlz.d
	;;
	TM psr
	movl	r15=0x0000000000002000
	;;
	mov	psr.l=r15
	;;
	srlz.d
	;;
	TM psr
	FINISH

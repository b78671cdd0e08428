/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults of registers and privilege: illegal operation, reserved fields, NaT consumption, break. */
#include "vec.h"

	PROGRAM
	VECTORS
	alloc	r8=ar.pfs,0,8,0,0
	NAT	r10
	movl	r11=scratch
	;;
	X 0x01,	"break.m 0x12345"
	X 0x02,	"break.i 0x1fffff"
	X 0x03,	"break.f 0x100001"
	X 0x04,	"break.b 0x54321"
	X 0x05,	"break.x 0x3123456789abcdef"
	/* targets outside the frame, bases of post-increments */
	X 0x10,	"mov r40=1"
	X 0x11,	"ld8 r40=[r11]"
	X 0x12,	"ld8 r20=[r41],8"
	X 0x13,	"mov r127=ar.k0"
	cmp.eq	p1,p2=r0,r0
	;;
	X 0x14,	"(p2) mov r40=1"
	X 0x15,	"alloc r45=ar.pfs,0,8,0,0"
	/* NaT consumption */
	X 0x20,	"ld8 r20=[r10]"
	X 0x21,	"st8 [r10]=r11"
	X 0x22,	"st8 [r11]=r10"
	X 0x23,	"st8.spill [r11]=r10"
	X 0x24,	"ld1.a r20=[r10]"
	X 0x25,	"ld8.s r20=[r10]"
	T r20
	X 0x26,	"ld8 r20=[r11],r10"
	T r11
	movl	r11=scratch
	;;
	X 0x27,	"mov b6=r10"
	X 0x28,	"mov ar.lc=r10"
	X 0x29,	"mov pr=r10,-2"
	X 0x2a,	"mov ar.ccv=r10"
	X 0x2b,	"mov cr.itm=r10"
	X 0x2c,	"mov psr.l=r10"
	X 0x2d,	"mov psr.um=r10"
	X 0x2e,	"mov rr[r10]=r11"
	X 0x2f,	"mov rr[r11]=r10"
	X 0x30,	"mov r20=cpuid[r10]"
	X 0x31,	"xchg8 r20=[r11],r10"
	X 0x32,	"fetchadd8.acq r20=[r10],1"
	X 0x33,	"cmpxchg8.rel r20=[r11],r10,ar.ccv"
	X 0x34,	"fc r10"
	X 0x35,	"lfetch [r10]"
	X 0x36,	"lfetch.fault [r10]"
	X 0x37,	"itc.d r10"
	X 0x38,	"ptc.l r10,r11"
	X 0x39,	"tpa r20=r10"
	X 0x3a,	"probe.r r20=r10,0"
	X 0x3b,	"thash r20=r10"
	X 0x3c,	"setf.sig f6=r10"
	X 0x3d,	"stf8 [r11]=f6"
	X 0x3e,	"stf.spill [r11]=f6"
	X 0x3f,	"getf.sig r20=f6"
	T r20
	/* reserved registers and fields */
	X 0x40,	"mov r20=cr5"
	X 0x41,	"mov cr5=r11"
	X 0x42,	"mov.m r20=ar20"
	X 0x43,	"mov.m ar20=r11"
	X 0x44,	"mov ar.bsp=r11"
	movl	r14=0xffffffffffffffff
	movl	r15=0x8000000000000000
	;;
	X 0x45,	"mov ar.rsc=r14"
	X 0x46,	"mov ar.fpsr=r14"
	X 0x47,	"mov ar.pfs=r14"
	X 0x48,	"mov cr.ivr=r0"
	X 0x49,	"mov cr.irr0=r0"
	X 0x4a,	"mov cr.iip=r0"
	X 0x4b,	"mov cr.ifa=r0"
	X 0x4c,	"itc.d r11"
	X 0x4d,	"mov ar.rsc=3"
	X 0x4e,	"mov r20=ar.bspstore"
	X 0x4f,	"mov ar.rnat=r0"
	X 0x50,	"loadrs"
	X 0x51,	"mov ar.rsc=0"
	X 0x52,	"ssm 0xffffff"
	X 0x53,	"rsm 1"
	X 0x54,	"sum 0x40"
	X 0x55,	"rum 0x1"
	X 0x56,	"mov psr.um=r14"
	movl	r16=0x10000000
	;;
	X 0x57,	"mov psr.l=r16"
	X 0x58,	"mov rr[r0]=r14"
	mov	r17=200
	;;
	X 0x59,	"mov r20=pkr[r17]"
	X 0x5a,	"mov r20=cpuid[r17]"
	X 0x5b,	"mov pkr[r17]=r0"
	X 0x5c,	"mov cr.pta=r14"
	X 0x5d,	"mov r20=ar.itc"
	X 0x5e,	"mov ar.ec=r14"
	TM ar.ec
	mov	cr.tpr=r0
	;;
	X 0x5f,	"mov cr.tpr=r14"
	TM cr.tpr
	X 0x60,	"mov cr.itv=r14"
	X 0x61,	"epc"
	X 0x62,	"mov ar.ec=r0"
	/* disabled floating point */
	ssm	(1 << 18) | (1 << 19)
	;;
	srlz.d
	;;
	X 0x70,	"fadd f6=f7,f8"
	X 0x71,	"fadd f6=f7,f40"
	X 0x72,	"fadd f40=f41,f42"
	X 0x73,	"ldfd f6=[r11]"
	X 0x74,	"stfd [r11]=f40"
	X 0x75,	"getf.sig r20=f2"
	X 0x76,	"setf.sig f33=r11"
	X 0x77,	"fcmp.eq p6,p7=f8,f50"
	X 0x78,	"ldfps f6,f7=[r11]"
	X 0x79,	"fclrf.s1"
	rsm	(1 << 18) | (1 << 19)
	;;
	srlz.d
	;;
	/* alignment, with psr.ac */
	sum	8
	adds	r18=1,r11
	adds	r21=4,r11
	;;
	X 0x80,	"ld2 r20=[r18]"
	X 0x81,	"st8 [r21]=r0"
	X 0x82,	"ld4 r20=[r21]"
	X 0x83,	"ldfe f6=[r21]"
	X 0x84,	"ldf.fill f6=[r21]"
	X 0x85,	"ldfpd f6,f7=[r21]"
	X 0x86,	"xchg4 r20=[r18],r0"
	X 0x87,	"cmpxchg8.acq r20=[r21],r0,ar.ccv"
	X 0x88,	"st2 [r18]=r0,2"
	T r18
	X 0x89,	"ld8.fill r20=[r21]"
	X 0x8a,	"ld2.s r20=[r18]"
	T r20
	rum	8
	;;
	/* everything privileged from level 3 */
	LEVEL 3
	X 0xa0,	"mov r20=cr.dcr"
	X 0xa1,	"mov cr.dcr=r0"
	X 0xa2,	"mov r20=psr"
	X 0xa3,	"mov psr.l=r0"
	X 0xa4,	"ssm 1 << 13"
	X 0xa5,	"rsm 1 << 14"
	X 0xa6,	"itc.i r0"
	X 0xa7,	"itr.d dtr[r0]=r0"
	X 0xa8,	"ptc.e r0"
	X 0xa9,	"ptc.g r0,r0"
	X 0xaa,	"ptr.d r0,r0"
	X 0xab,	"mov r20=rr[r0]"
	X 0xac,	"mov rr[r0]=r0"
	X 0xad,	"mov r20=pkr[r0]"
	X 0xae,	"mov r20=dbr[r0]"
	X 0xaf,	"mov ibr[r0]=r0"
	X 0xb0,	"mov pmc[r0]=r0"
	X 0xb1,	"tpa r20=r0"
	X 0xb2,	"tak r20=r0"
	X 0xb3,	"bsw.0"
	X 0xb4,	"rfi"
	X 0xb5,	"mov ar.k3=r0"
	X 0xb6,	"mov r20=ar.k3"
	X 0xb7,	"mov ar.itc=r0"
	X 0xb8,	"mov r20=cpuid[r0]"
	X 0xb9,	"mov cr.iip=r10"
	X 0xba,	"mov rr[r10]=r10"
	X 0xbb,	"sum 4"
	X 0xbc,	"mov ar.rsc=0"
	TM ar.rsc
	X 0xbd,	"cover"
	X 0xbe,	"(p2) mov psr.l=r0"
	mov	r23=3
	;;
	mov	ar.rsc=r23
	;;
	TM ar.rsc
	X 0xbf,	"break 0x77"
	mov	ar.rsc=0
	;;
	FINISH

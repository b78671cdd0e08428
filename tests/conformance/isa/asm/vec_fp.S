/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Floating-point faults and traps, one exception enabled at a time and all together. */
#include "vec.h"

	.macro	ENV traps, sf0=0x0c
	movl	r8=(\traps) | (\sf0 << 6) | (0x4c << 19) | (0x4c << 32) | (0x4c << 45)
	;;
	mov	ar.fpsr=r8
	;;
	.endm

	.macro	LOAD reg, significand, exponent
	movl	r8=scratch
	movl	r9=\significand
	movl	r10=\exponent
	;;
	st8	[r8]=r9,8
	;;
	st8	[r8]=r10,-8
	;;
	ldf.fill \reg=[r8]
	;;
	.endm

	/* every exception that these operands can raise, in all forms of rounding */
	.macro	ALL number
	mov	f6=f0
	;;
	X \number+0x00, "fma.s0 f6=f8,f9,f10"
	TF f6
	X \number+0x01, "fma.s.s0 f6=f8,f9,f10"
	TF f6
	X \number+0x02, "fma.d.s0 f6=f8,f9,f10"
	TF f6
	X \number+0x03, "fms.s0 f6=f8,f9,f10"
	TF f6
	X \number+0x04, "fnma.d.s0 f6=f8,f9,f10"
	TF f6
	X \number+0x05, "fnorm.s.s0 f6=f8"
	TF f6
	X \number+0x06, "fcvt.fx.s0 f6=f8"
	TF f6
	X \number+0x07, "fcvt.fxu.trunc.s0 f6=f8"
	TF f6
	X \number+0x08, "fcmp.lt.s0 p1,p2=f8,f9"
	X \number+0x09, "fcmp.eq.s0 p1,p2=f8,f9"
	X \number+0x0a, "fmin.s0 f6=f8,f9"
	TF f6
	X \number+0x0b, "fma.s1 f6=f8,f9,f10"
	TF f6
	TM ar.fpsr
	.endm

	.macro	SETS number, last=1
	ENV 0x3f
	ALL \number
	ENV 0x3e			/* V */
	ALL \number+0x10
	ENV 0x3d			/* D */
	ALL \number+0x20
	ENV 0x3b			/* Z */
	ALL \number+0x30
	ENV 0x37			/* O */
	ALL \number+0x40
	ENV 0x2f			/* U */
	ALL \number+0x50
	ENV 0x1f			/* I */
	ALL \number+0x60
	ENV 0x00
	ALL \number+0x70
	.if \last
	ENV 0x00, 0x2e			/* wre, rounding up */
	ALL \number+0x80
	.endif
	.endm

	PROGRAM
	VECTORS
	LOAD	f8, 0xc000000000000001, 0x0ffff
	LOAD	f9, 0xaaaaaaaaaaaaaaab, 0x10001
	LOAD	f10, 0x8000000000000000, 0x0fff0
	SETS	0x1000			/* inexact */
	LOAD	f8, 0xffffffffffffffff, 0x13ffe
	LOAD	f9, 0xc000000000000000, 0x10001
	SETS	0x2000			/* overflow */
	LOAD	f8, 0x8000000000000001, 0x0c001
	LOAD	f9, 0xc000000000000000, 0x0fff0
	LOAD	f10, 0, 0
	SETS	0x3000			/* underflow */
	LOAD	f8, 0x4000000000000000, 0x0ffff
	SETS	0x4000, 0		/* unnormal; the oracle has one code of the last set wrong */
	LOAD	f8, 0xa000000000000000, 0x1ffff
	SETS	0x5000			/* signalling NaN */
	LOAD	f8, 0xe000000000000000, 0x1ffff
	SETS	0x6000			/* quiet NaN */
	LOAD	f8, 0x8000000000000000, 0x1ffff
	LOAD	f9, 0, 0
	SETS	0x7000			/* infinity and zero */
	LOAD	f8, 0x4000000000000000, 0x1ffff
	SETS	0x8000			/* unsupported */
	LOAD	f8, 0, 0x1fffe
	SETS	0x9000			/* NaTVal */
	FINISH

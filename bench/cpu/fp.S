// SPDX-License-Identifier: GPL-2.0-or-later
// Floating-point loop: a polynomial in double precision and its sum, one load, one store, one compare.
	.include "common.inc"
	start
	movl r14 = 0x2000000
	movl r16 = 0x3ff3c0ca428c59fb		// 1.2345678...
	movl r17 = 0x3fe0000000000001		// about 0.5
	;;
	setf.d f6 = r16
	setf.d f7 = r17
	setf.d f8 = r17
	mov f9 = f1
	st8 [r14] = r16
	;;
loop:
	ldfd f10 = [r14]
	;;
	fma.d f11 = f10, f7, f6
	fma.d f12 = f8, f7, f1
	;;
	fma.d f11 = f11, f10, f7
	fmpy.d f8 = f12, f7
	;;
	fadd.d f9 = f9, f11
	fcmp.lt p6, p7 = f8, f1
	;;
(p6)	fsub.d f12 = f12, f8
	;;
	stfd [r14] = f12
	br.cloop.sptk loop
	;;
	finish

// SPDX-License-Identifier: GPL-2.0-or-later
// System calls: break, a handler that steps over it the way kernels do, rfi.
	.include "common.inc"
	.macro vectors
	.balign 32768
ivt:
	.org ivt + 0x2c00			// Break Instruction vector
	mov r16 = cr.iim
	mov r29 = cr.ipsr
	mov r28 = cr.iip
	;;
	extr.u r27 = r29, 41, 2
	mov r31 = pr
	mov r30 = ar.pfs
	;;
	cmp.eq p6, p7 = 2, r27
	;;
(p6)	adds r28 = 16, r28
(p6)	mov r27 = 0
(p7)	adds r27 = 1, r27
	;;
	dep r29 = r27, r29, 41, 2
	mov cr.iip = r28
	adds r8 = 1, r8
	;;
	mov cr.ipsr = r29
	mov pr = r31, -1
	;;
	rfi
	;;
	.org ivt + 0x3000
	.endm

	start
	movl r14 = ivt
	;;
	mov cr.iva = r14
	mov r8 = r0
	;;
	ssm 0x2000				// psr.ic
	;;
	srlz.d
	;;
loop:
	mov r15 = 20
	break.i 0x100000
	;;
	add r9 = r8, r15
	br.cloop.sptk loop
	;;
	finish
	vectors

// SPDX-License-Identifier: GPL-2.0-or-later
// A modulo-scheduled loop: rotating general and predicate registers, br.ctop, three stages.
	.include "common.inc"
	start
	alloc r2 = ar.pfs, 0, 24, 0, 24
	movl r14 = 0x2000000
	movl r15 = 0x2100000
	mov r21 = 0x7ff8
	;;
	mov pr.rot = 1 << 16
	mov ar.ec = 3
	mov r18 = 0
	;;
loop:
(p16)	ld8 r32 = [r14]
(p17)	add r40 = r33, r18
(p18)	st8 [r15] = r41
(p16)	adds r18 = 8, r18
	br.ctop.sptk loop
	;;
	finish

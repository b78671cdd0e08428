// SPDX-License-Identifier: GPL-2.0-or-later
// Integer loop: dependent and independent ALU operations, one compare, one predicated add.
	.include "common.inc"
	start
	mov r14 = 1
	mov r16 = 7
	mov r17 = 3
	mov r18 = 0
	;;
loop:
	add r18 = r18, r14
	;;
	shladd r16 = r17, 2, r18
	;;
	xor r17 = r16, r14
	;;
	cmp.ltu p6, p7 = r17, r16
	extr.u r19 = r17, 5, 20
	adds r14 = 3, r14
	;;
(p6)	add r18 = 1, r18
	;;
	sub r20 = r19, r18
	br.cloop.sptk loop
	;;
	finish

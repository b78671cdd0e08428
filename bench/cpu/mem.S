// SPDX-License-Identifier: GPL-2.0-or-later
// Memory walk: loads and stores with post-increment over 256 KiB, again and again.
	.include "common.inc"
	start
	movl r14 = 0x2000000
	movl r15 = 0x203fff8
	movl r17 = 0x2000000
	mov r18 = 0
	;;
loop:
	ld8 r16 = [r14], 8
	;;
	add r18 = r16, r18
	adds r19 = -8, r14
	;;
	st8 [r19] = r18
	cmp.geu p6, p7 = r14, r15
	;;
(p6)	mov r14 = r17
	ld4 r20 = [r19]
	br.cloop.sptk loop
	;;
	finish

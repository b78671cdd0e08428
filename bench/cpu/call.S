// SPDX-License-Identifier: GPL-2.0-or-later
// Calls: three levels deep, a register frame each, on every round.
	.include "common.inc"
	start
	mov r40 = 5
	;;
loop:
	mov r40 = 5
	br.call.sptk b0 = one
	;;
	br.cloop.sptk loop
	;;
	finish

	.macro level name, next
	.proc \name
\name:
	alloc r34 = ar.pfs, 1, 4, 1, 0
	mov r35 = b0
	adds r37 = 1, r32
	;;
	br.call.sptk b0 = \next
	;;
	add r8 = r8, r32
	mov ar.pfs = r34
	mov b0 = r35
	;;
	br.ret.sptk b0
	.endp \name
	.endm
	level one, two
	level two, three
	.proc three
three:
	alloc r34 = ar.pfs, 1, 2, 0, 0
	;;
	add r8 = r32, r32
	;;
	br.ret.sptk b0
	.endp three

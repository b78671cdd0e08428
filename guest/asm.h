/* SPDX-License-Identifier: GPL-2.0-or-later */
/* asm.h: for every assembly file. The assembler places the stops; we only ask for serialization. */
#ifndef MINI_ASM_H
#define MINI_ASM_H

#include "abi.h"

	.auto

	/* an instruction that must be the first of its group (alloc, loadrs, flushrs) */
	.macro	first insn:vararg
	.explicit
	;;
	\insn
	;;
	.auto
	.endm

	/* serialize instructions and data: an own instruction group */
	.macro	srlz
	.explicit
	;;
	srlz.i
	;;
	.auto
	.endm

#endif

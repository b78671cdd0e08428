/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every program here is written with. A program defines test_main, which appends values to a
 * trace; rt.S prints the trace on the simulator's console and leaves.
 *
 * Taken by the trace: r4 (where it goes on), r5 (stands for a NaT), r6, r7, p14, p15, b7.
 */

	.text

#define NAT_MARK 0x4e61544e61544e61

	/* a general register */
	.macro	T reg
	tnat.nz	p14,p15=\reg
	;;
	(p14)	st8 [r4]=r5,8
	(p15)	st8 [r4]=\reg,8
	;;
	.endm

	/* anything that can be moved to a general register: ar.x, b0, pr, cr.x ... */
	.macro	TM what:vararg
	mov	r6=\what
	;;
	st8	[r4]=r6,8
	;;
	.endm

	/* a constant, to find one's way in the output */
	.macro	TC value
	movl	r6=\value
	;;
	st8	[r4]=r6,8
	;;
	.endm

	/* a floating-point register: its spilled image */
	.macro	TF reg
	adds	r6=15,r4
	;;
	and	r4=-16,r6
	;;
	stf.spill [r4]=\reg,16
	;;
	.endm

	.macro	NAT reg			/* make a NaT; changes ar.unat */
	movl	r6=nat_word
	mov	r7=-1
	;;
	mov	ar.unat=r7
	;;
	ld8.fill \reg=[r6]
	;;
	.endm

	.macro	PROGRAM
	.global	test_main
	.proc	test_main
test_main:
	.endm

	.macro	FINISH
	br.sptk	finish
	;;
	.endp	test_main
	.endm

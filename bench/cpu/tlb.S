// SPDX-License-Identifier: GPL-2.0-or-later
// TLB misses: one load in each of 2048 pages of 16 KiB, the translation inserted by the handler of
// the Alternate Data TLB vector, as kernels do for their identity-mapped regions.
	.include "common.inc"
	.macro vectors
	.balign 32768
ivt:
	.org ivt + 0x1000			// Alternate Data TLB vector
	mov r16 = cr.ifa
	movl r17 = 0x1ffc000
	;;
	mov r31 = pr
	mov r18 = cr.isr
	and r16 = r16, r17
	movl r19 = 0x2000661			// present, accessed, dirty, RWX, WB, pl 0, from 32 MB
	;;
	tbit.nz p6, p7 = r18, 38		// ni
	or r19 = r19, r16
	;;
	itc.d r19
	mov pr = r31, -1
	;;
	rfi
	;;
	.org ivt + 0x1400
	.endm

	start
	movl r14 = ivt
	movl r15 = 1 << 61			// region 1, 16 KiB pages, no VHPT walk
	mov r16 = (7 << 8) | (14 << 2)
	;;
	mov cr.iva = r14
	mov rr[r15] = r16
	mov r17 = r0
	movl r18 = 0x1ffc000
	movl r19 = 0x4000
	;;
	srlz.d
	ssm 0x2000				// psr.ic
	;;
	srlz.d
	mov r20 = r15
	;;
loop:
	ld8 r9 = [r20]
	add r17 = r17, r19
	;;
	and r17 = r17, r18
	add r8 = r8, r9
	;;
	add r20 = r15, r17
	br.cloop.sptk loop
	;;
	finish
	vectors

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * start.S: from the boot loader to C.
 *
 * Entered at the physical address of _start, with r28 = physical address of the boot parameters, in
 * one of two worlds: under Xen at privilege level 1 in metaphysical mode, or with full privilege in
 * physical mode. Every privileged instruction below works in both: Xen emulates it.
 */
#include "asm.h"

	.text
	.global	_start
	.proc	_start
_start:
	rsm	psr.ic | psr.i
	srlz
	mov	r4 = r28			// r4-r7 are in no bank and no frame

	// Xen is there if a privilege level of 0 cannot be had
	mov	ar.rsc = 0
	mov	r5 = ar.rsc
	extr.u	r5 = r5, 2, 2
	cmp.ne	p1, p2 = r5, r0			// p1: Xen, p2: native

	// empty register stack, our own backing store (physical while we are)
	first	loadrs
	movl	r6 = boot_rbs - KERNEL_BASE
	mov	ar.bspstore = r6
	mov	ar.rnat = r0

	// region registers: rid = region + 1, no hardware walker, preferred page sizes
	mov	r8 = 0
	mov	r9 = (1 << 8) | (USER_PS << 2)
	mov	ar.lc = 7
	mov	r10 = 1
	shl	r10 = r10, 61
1:	mov	rr[r8] = r9
	add	r8 = r8, r10
	add	r9 = 0x100, r9
	br.cloop.sptk.few 1b
	mov	r9 = (8 << 8) | (IDENTITY_PS << 2)
	movl	r8 = IDENTITY_BASE
	mov	rr[r8] = r9
	srlz

	// the kernel's translation registers
	movl	r8 = KERNEL_BASE
	mov	r9 = KERNEL_PS << 2
	mov	r10 = PTE_FLAGS | PTE_RWX	// physical 0
	mov	r11 = 0				// slot
	mov	cr.ifa = r8
	mov	cr.itir = r9
	itr.i	itr[r11] = r10
	itr.d	dtr[r11] = r10
	srlz

	// to virtual mode
(p1)	movl	r8 = ivt_xen
(p2)	movl	r8 = ivt_native
	mov	cr.iva = r8
	mov	r8 = 1 << 6			// no hash table; smallest legal size, 2^16
	mov	cr.pta = r8
	mov	cr.dcr = r0
	movl	r8 = PSR_KERNEL
	mov	cr.ipsr = r8
	movl	r8 = 2f
	mov	cr.iip = r8
	mov	cr.ifs = r0
	rfi

2:	movl	r6 = boot_rbs
	mov	ar.bspstore = r6
	mov	ar.rnat = r0
	mov	ar.rsc = 3			// eager; Xen raises the privilege level to 1
	movl	r8 = 0x9804c0270033f		// all traps off, the usual precisions
	mov	ar.fpsr = r8
	movl	r1 = __gp
	movl	r12 = boot_stack + STACK_BYTES - 16

	// tell Xen where we want shared_info and the mapped registers
(p2)	br.cond.sptk 3f
	mov	r28 = XSI_BASE
	mov	r2 = HYPERCALL_SET_SHARED_INFO_VA
	break	BREAK_HYPERCALL

3:	first	alloc r8 = ar.pfs, 0, 0, 2, 0
	mov	out0 = r4
	mov	out1 = r5
	br.call.sptk.many b0 = kernel_main
	break	0				// it does not return
	.endp	_start

	.section .bss, "aw", @nobits
	.align	16384
	.global	boot_stack, boot_rbs
boot_stack:
	.skip	STACK_BYTES
boot_rbs:
	.skip	STACK_BYTES

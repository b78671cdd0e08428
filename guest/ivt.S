/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ivt.S: the interruption vector table and the way into C and back. Assembled twice: for the bare
 * processor and, with PV_XEN, for Xen, where the interruption registers are memory and the
 * privileged instructions are hyperprivops. Nothing below the macros knows the difference.
 */
#include "asm.h"

#ifdef PV_XEN
# define NAME(x) x##_xen
# define GET(reg, xsi, cr) mov reg = xsi; ld8 reg = [reg]
# define PUT(xsi, cr, reg, tmp) mov tmp = xsi; st8 [tmp] = reg
# define GET_IFS(reg) mov reg = XSI_PRECOVER_IFS; ld8 reg = [reg]
# define COVER break HP_COVER
# define RFI break HP_RFI
# define ITC_D(pte, tmp) mov tmp = r8; mov r8 = pte; break HP_ITC_D; mov r8 = tmp
# define COLLECT(on, a, b) mov a = XSI_IC; mov b = on; st4 [a] = b
#else
# define NAME(x) x##_native
# define GET(reg, xsi, cr) mov reg = cr
# define PUT(xsi, cr, reg, tmp) mov cr = reg
# define GET_IFS(reg) mov reg = cr.ifs
# define COVER cover
# define RFI rfi
# define ITC_D(pte, tmp) itc.d pte
# define COLLECT_1 ssm psr.ic; srlz
# define COLLECT_0 rsm psr.ic | psr.i; srlz
# define COLLECT(on, a, b) COLLECT_##on
#endif

#define IPSR XSI_IPSR, cr.ipsr
#define IIP  XSI_IIP, cr.iip
#define IFS  XSI_IFS, cr.ifs
#define ISR  XSI_ISR, cr.isr
#define IFA  XSI_IFA, cr.ifa
#define IIM  XSI_IIM, cr.iim
#define ITIR XSI_ITIR, cr.itir
#define GETR(reg, which) GET(reg, which)
#define PUTR(which, reg, tmp) PUT(which, reg, tmp)

/* r16-r31 of bank 1 become visible; r2 must point at the frame, r3 and r14 are free. */
	.macro	bank1
#ifdef PV_XEN
	mov	r3 = XSI_B1NAT
	ld8	r14 = [r3]
	mov	ar.unat = r14
	mov	r3 = XSI_BANK1
	.irp	r, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ld8.fill r\r = [r3], 8
	.endr
	mov	r3 = XSI_BANKNUM
	mov	r14 = 1
	st4	[r3] = r14
#else
	bsw.1
#endif
	.endm

/* The other way: r16-r31 go to bank 1, then are free. r3, r14 are free too. */
	.macro	bank0
#ifdef PV_XEN
	mov	r3 = XSI_BANK1
	.irp	r, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	st8.spill [r3] = r\r, 8
	.endr
	mov	r14 = ar.unat
	mov	r3 = XSI_B1NAT
	st8	[r3] = r14
	mov	r3 = XSI_BANKNUM
	st4	[r3] = r0
#else
	bsw.0
#endif
	.endm

/* ---- the table ------------------------------------------------------------------------------- */

	.macro	vector offset
	.org	NAME(ivt) + \offset
	mov	r31 = pr
	mov	r19 = \offset
	br.sptk	NAME(interruption)
	.endm

	.section .ivt, "ax"
	.align	32768
	.global	NAME(ivt)
NAME(ivt):
	vector	VEC_VHPT
	vector	VEC_ITLB
	vector	VEC_DTLB
	vector	VEC_ALT_ITLB

	/* Region 7 is physical memory: make the translation up on the spot. */
	.org	NAME(ivt) + VEC_ALT_DTLB
	mov	r31 = pr
	mov	r19 = VEC_ALT_DTLB
	GETR(r16, IFA)
	shr.u	r17 = r16, 61
	cmp.ne	p6, p0 = 7, r17
(p6)	br.sptk	NAME(interruption)
	dep	r16 = 0, r16, 50, 14		// the physical page number,
	dep	r16 = 0, r16, 0, 12		// whatever the granule leaves of it
	mov	r17 = PTE_FLAGS | PTE_RW
	or	r16 = r16, r17
	ITC_D(r16, r17)
	mov	pr = r31, -1
	RFI

	/* A data miss while no state was being collected: nothing to go back to. */
	.org	NAME(ivt) + VEC_NESTED
	br.sptk	nested_miss

	vector	0x1800
	vector	0x1c00
	vector	0x2000
	vector	0x2400
	vector	0x2800
	vector	VEC_BREAK
	vector	VEC_INTERRUPT
	.irp	offset, 0x5000,0x5100,0x5200,0x5300,0x5400,0x5500,0x5600,0x5700
	vector	\offset
	.endr
	.irp	offset, 0x5900,0x5a00,0x5b00,0x5c00,0x5d00,0x5e00,0x5f00,0x6000
	vector	\offset
	.endr
	.org	NAME(ivt) + 0x7ff0
	nop	0

/* ---- into C and back ------------------------------------------------------------------------- */

	.macro	save offset, reg
	add	r18 = \offset, r17
	st8	[r18] = \reg
	.endm
	.macro	load reg, offset
	add	r18 = \offset, r17
	ld8	\reg = [r18]
	.endm

#ifdef PV_XEN
	.global	event_callback_entry
event_callback_entry:				// Xen comes here instead of VEC_INTERRUPT
	mov	r31 = pr
	mov	r19 = VEC_INTERRUPT
	br.sptk	NAME(interruption)
#endif

/*
 * Bank 0, no collection, r31 = predicates, r19 = vector. Only memory under translation registers is
 * touched until the frame is complete, so that nothing here can miss.
 */
NAME(interruption):
	GETR(r29, IPSR)
	GETR(r28, IIP)
	mov	r27 = ar.rsc
	mov	r26 = ar.pfs
	mov	r25 = ar.unat
	mov	ar.rsc = 0			// lazy: the backing store may be changed
	extr.u	r16 = r29, 32, 2
	cmp.ne	p6, p7 = 0, r16			// p6: from user level
	COVER
	GET_IFS(r30)
	mov	r24 = ar.bspstore
	mov	r23 = ar.rnat
	mov	r21 = 0
(p6)	mov	r17 = ar.k7			// kernel stack
(p6)	mov	r22 = ar.k6			// kernel backing store
(p7)	mov	r17 = r12
(p6)	mov	ar.bspstore = r22
(p6)	mov	r21 = ar.bsp
	add	r17 = -FRAME_BYTES, r17
(p6)	sub	r21 = r21, r22			// bytes of the user's registers that are still
(p6)	shl	r21 = r21, 16			// in the processor, as a loadrs field

	save	F_PR, r31
	save	F_IPSR, r29
	save	F_IIP, r28
	save	F_IFS, r30
	save	F_RSC, r27
	save	F_PFS, r26
	save	F_UNAT, r25
	save	F_BSPSTORE, r24
	save	F_RNAT, r23
	save	F_LOADRS, r21
	save	F_VECTOR, r19
	GETR(r20, ISR)
	save	F_ISR, r20
	GETR(r20, IFA)
	save	F_IFA, r20
	GETR(r20, IIM)
	save	F_IIM, r20
	GETR(r20, ITIR)
	save	F_ITIR, r20
	mov	r20 = b0
	save	F_B0, r20
	mov	r20 = b6
	save	F_B6, r20
	mov	r20 = b7
	save	F_B7, r20
	mov	r20 = ar.ccv
	save	F_CCV, r20
	mov	r20 = ar.fpsr
	save	F_FPSR, r20
	add	r18 = F_R0 + 8, r17
	.irp	r, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	st8.spill [r18] = r\r, 8
	.endr
	mov	r20 = ar.unat
	save	F_NAT_LOW, r20

	mov	r2 = r17
	bank1
	add	r3 = F_R0 + 16 * 8, r2
	.irp	r, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	st8.spill [r3] = r\r, 8
	.endr
	mov	r14 = ar.unat
	add	r3 = F_NAT_HIGH, r2
	st8	[r3] = r14
	add	r3 = F_F6, r2
	.irp	f, 6,7,8,9,10,11
	stf.spill [r3] = f\f, 16
	.endr

	movl	r1 = __gp
	add	r12 = -16, r2
	mov	ar.rsc = 3
	COLLECT(1, r3, r14)
	first	alloc r14 = ar.pfs, 0, 1, 1, 0
	mov	loc0 = r2
	mov	out0 = r2
	br.call.sptk.many b0 = trap
	mov	r2 = loc0
	COLLECT(0, r3, r14)

	add	r3 = F_F6, r2
	.irp	f, 6,7,8,9,10,11
	ldf.fill f\f = [r3], 16
	.endr
	add	r3 = F_NAT_HIGH, r2
	ld8	r14 = [r3]
	mov	ar.unat = r14
	add	r3 = F_R0 + 16 * 8, r2
	.irp	r, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ld8.fill r\r = [r3], 8
	.endr
	bank0

	mov	r17 = r2
	load	r20, F_B0
	mov	b0 = r20
	load	r20, F_B6
	mov	b6 = r20
	load	r20, F_B7
	mov	b7 = r20
	load	r20, F_CCV
	mov	ar.ccv = r20
	load	r20, F_FPSR
	mov	ar.fpsr = r20
	load	r20, F_NAT_LOW
	mov	ar.unat = r20
	load	r31, F_PR
	load	r29, F_IPSR
	load	r28, F_IIP
	load	r30, F_IFS
	load	r27, F_RSC
	load	r26, F_PFS
	load	r25, F_UNAT
	load	r24, F_BSPSTORE
	load	r23, F_RNAT
	load	r21, F_LOADRS
	add	r18 = F_R0 + 8, r17
	.irp	r, 1,2,3
	ld8.fill r\r = [r18], 8
	.endr
	add	r18 = 4 * 8, r18		// r4-r7: C has preserved them
	.irp	r, 8,9,10,11,12,13,14,15
	ld8.fill r\r = [r18], 8
	.endr

	first	alloc r16 = ar.pfs, 0, 0, 0, 0
	extr.u	r16 = r29, 32, 2
	cmp.ne	p6, p7 = 0, r16
	mov	ar.rsc = r21			// lazy, with the count for loadrs
(p7)	br.cond.sptk 1f
	first	loadrs // the user's registers are back in the processor,
	mov	ar.bspstore = r24		// and belong to the user's backing store again
	mov	ar.rnat = r23
1:	PUTR(IPSR, r29, r16)
	PUTR(IIP, r28, r16)
	PUTR(IFS, r30, r16)
	mov	ar.rsc = r27
	mov	ar.unat = r25
	mov	ar.pfs = r26
	mov	pr = r31, -1
	RFI

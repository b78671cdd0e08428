/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abi.h: numbers that C and assembly share: the processor's, Xen/ia64's, the simulator's and our
 * own memory layout. Sources: SDM vol. 2; the Xen/ia64 guest ABI (docs/guest-abi.md).
 */
#ifndef MINI_ABI_H
#define MINI_ABI_H

/* ---- our layout --------------------------------------------------------------------------------
 * The kernel is linked at KERNEL_BASE + 1 MiB and loaded at 1 MiB. One translation register pair
 * maps the 4 MiB at physical 0 to KERNEL_BASE, so there pa = va with the region bits cleared.
 * Region 7 is all of physical memory, filled in on demand by the alternate data TLB miss handler.
 * Region 1 is the user task's. */
#define KERNEL_BASE     0xa000000000000000
#define KERNEL_PS       22              /* log2 of the kernel's page */
#define IDENTITY_BASE   0xe000000000000000
#define IDENTITY_PS     24              /* 16 MiB granules */
#define USER_BASE       0x2000000000000000
#define USER_PS         14
#define STACK_BYTES     16384

/* ---- processor ------------------------------------------------------------------------------- */
#define PSR_IC_BIT      13
#define PSR_I_BIT       14
#define PSR_BN          0x0000100000000000
#define PSR_CPL3        0x0000000300000000
#define PSR_TRANSLATE   0x0000001008020000      /* it, rt, dt */
#define PSR_IC          0x2000
#define PSR_I           0x4000
#define PSR_KERNEL      0x0000101008022000      /* bn, it, rt, dt, ic; interrupts off */
#define PSR_PHYSICAL    PSR_BN

#define PTE_FLAGS       0x061           /* present, write-back, accessed, dirty, privilege 0 */
#define PTE_RW          0x400           /* access rights 2 */
#define PTE_RWX         0x600           /* access rights 3 */
#define PTE_RX          0x200           /* access rights 1 */
#define PTE_USER        0x180           /* privilege 3 */

#define VEC_VHPT        0x0000
#define VEC_ITLB        0x0400
#define VEC_DTLB        0x0800
#define VEC_ALT_ITLB    0x0c00
#define VEC_ALT_DTLB    0x1000
#define VEC_NESTED      0x1400
#define VEC_BREAK       0x2c00
#define VEC_INTERRUPT   0x3000
#define VEC_GENERAL     0x5400

#define IRQ_SPURIOUS    15
#define IRQ_KEYBOARD    0x30
#define IRQ_TIMER       0xef

/* ---- Xen ------------------------------------------------------------------------------------- */
#define BREAK_HYPERCALL 0x1000
#define HYPERCALL_SET_SHARED_INFO_VA 0x600

/* Hyperprivops: break immediates below 0x100, arguments in r8, r9, result in r8 */
#define HP_RFI          0x01
#define HP_COVER        0x04
#define HP_ITC_D        0x05
#define HP_ITC_I        0x06
#define HP_SSM_I        0x07
#define HP_SET_ITM      0x0c
#define HP_THASH        0x0d
#define HP_PTC_GA       0x0e
#define HP_ITR_D        0x0f
#define HP_GET_RR       0x10
#define HP_SET_RR       0x11
#define HP_SET_KR       0x12
#define HP_GET_CPUID    0x14
#define HP_GET_PSR      0x19

/* The window where Xen shows shared_info, then the mapped registers of this processor. The base is
 * small enough (as a negative number) for a 22-bit immediate. */
#define XSI_BASE        -0x100000
#define XSI_REGS        (XSI_BASE + 0x4000)
#define XSI_BANK1       (XSI_REGS + 0x400)
#define XSI_B1NAT       (XSI_REGS + 0x500)
#define XSI_IPSR        (XSI_REGS + 0x880)
#define XSI_ISR         (XSI_REGS + 0x888)
#define XSI_IIP         (XSI_REGS + 0x898)
#define XSI_IFA         (XSI_REGS + 0x8a0)
#define XSI_ITIR        (XSI_REGS + 0x8a8)
#define XSI_IFS         (XSI_REGS + 0x8b8)
#define XSI_IIM         (XSI_REGS + 0x8c0)
#define XSI_PRECOVER_IFS (XSI_REGS + 0xc00)
#define XSI_IC          (XSI_REGS + 0xc10)
#define XSI_MASK_ADDR   (XSI_REGS + 0xc18)
#define XSI_BANKNUM     (XSI_REGS + 0xc4c)

/* ---- simulator calls ------------------------------------------------------------------------- */
#define BREAK_SSC       0x80001
#define SSC_GETCHAR     21
#define SSC_PUTCHAR     31
#define SSC_CONNECT_INTERRUPT 58
#define SSC_EXIT        66
#define SSC_SOURCE_KEYBOARD 3

/* ---- system calls: break 0x100000, number in r15, argument in r14, result in r8 -------------- */
#define BREAK_SYSCALL   0x100000
#define SYS_EXIT        0
#define SYS_NOP         1
#define SYS_PUTC        2

/* ---- struct frame of mini.h: what an interruption saves -------------------------------------- */
#define F_PR            0x000
#define F_IPSR          0x008
#define F_IIP           0x010
#define F_IFS           0x018
#define F_ISR           0x020
#define F_IFA           0x028
#define F_IIM           0x030
#define F_ITIR          0x038
#define F_RSC           0x040
#define F_PFS           0x048
#define F_UNAT          0x050
#define F_RNAT          0x058
#define F_BSPSTORE      0x060
#define F_LOADRS        0x068
#define F_B0            0x070
#define F_B6            0x078
#define F_B7            0x080
#define F_CCV           0x088
#define F_FPSR          0x090
#define F_NAT_LOW       0x098           /* NaT bits of r1-r15 */
#define F_NAT_HIGH      0x0a0           /* NaT bits of r16-r31 */
#define F_VECTOR        0x0a8
#define F_R0            0x0b0           /* r0 is not stored: r1 at +8, ... */
#define F_F6            0x1b0           /* f6-f11, 16 bytes each */
#define FRAME_BYTES     0x210

#endif

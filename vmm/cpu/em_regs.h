/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_regs.h: names the Itanium manuals give to registers, fields, vectors. Constants only.
 * Source: SDM vol. 2, "Processor state", "Interruption vector descriptions".
 */
#ifndef VMM_CPU_EM_REGS_H
#define VMM_CPU_EM_REGS_H

#include <stdint.h>

#define EM_BIT(n) (UINT64_C(1) << (n))

/* PSR */
#define EM_PSR_BE   EM_BIT(1)
#define EM_PSR_UP   EM_BIT(2)
#define EM_PSR_AC   EM_BIT(3)
#define EM_PSR_MFL  EM_BIT(4)
#define EM_PSR_MFH  EM_BIT(5)
#define EM_PSR_IC   EM_BIT(13)
#define EM_PSR_I    EM_BIT(14)
#define EM_PSR_PK   EM_BIT(15)
#define EM_PSR_DT   EM_BIT(17)
#define EM_PSR_DFL  EM_BIT(18)
#define EM_PSR_DFH  EM_BIT(19)
#define EM_PSR_SP   EM_BIT(20)
#define EM_PSR_PP   EM_BIT(21)
#define EM_PSR_DI   EM_BIT(22)
#define EM_PSR_SI   EM_BIT(23)
#define EM_PSR_DB   EM_BIT(24)
#define EM_PSR_LP   EM_BIT(25)
#define EM_PSR_TB   EM_BIT(26)
#define EM_PSR_RT   EM_BIT(27)
#define EM_PSR_CPL_SHIFT 32
#define EM_PSR_CPL  (UINT64_C(3) << EM_PSR_CPL_SHIFT)
#define EM_PSR_IS   EM_BIT(34)
#define EM_PSR_MC   EM_BIT(35)
#define EM_PSR_IT   EM_BIT(36)
#define EM_PSR_ID   EM_BIT(37)
#define EM_PSR_DA   EM_BIT(38)
#define EM_PSR_DD   EM_BIT(39)
#define EM_PSR_SS   EM_BIT(40)
#define EM_PSR_RI_SHIFT 41
#define EM_PSR_RI   (UINT64_C(3) << EM_PSR_RI_SHIFT)
#define EM_PSR_ED   EM_BIT(43)
#define EM_PSR_BN   EM_BIT(44)
#define EM_PSR_IA   EM_BIT(45)

/* application registers */
enum em_ar {
    EM_AR_K0 = 0, EM_AR_K1, EM_AR_K2, EM_AR_K3, EM_AR_K4, EM_AR_K5, EM_AR_K6, EM_AR_K7,
    EM_AR_RSC = 16, EM_AR_BSP = 17, EM_AR_BSPSTORE = 18, EM_AR_RNAT = 19, EM_AR_FCR = 21,
    EM_AR_EFLAG = 24, EM_AR_CSD = 25, EM_AR_SSD = 26, EM_AR_CFLG = 27, EM_AR_FSR = 28,
    EM_AR_FIR = 29, EM_AR_FDR = 30, EM_AR_CCV = 32, EM_AR_UNAT = 36, EM_AR_FPSR = 40,
    EM_AR_ITC = 44, EM_AR_RUC = 45, EM_AR_PFS = 64, EM_AR_LC = 65, EM_AR_EC = 66,
};

/* control registers */
enum em_cr {
    EM_CR_DCR = 0, EM_CR_ITM = 1, EM_CR_IVA = 2, EM_CR_PTA = 8, EM_CR_IPSR = 16, EM_CR_ISR = 17,
    EM_CR_IIP = 19, EM_CR_IFA = 20, EM_CR_ITIR = 21, EM_CR_IIPA = 22, EM_CR_IFS = 23,
    EM_CR_IIM = 24, EM_CR_IHA = 25, EM_CR_LID = 64, EM_CR_IVR = 65, EM_CR_TPR = 66,
    EM_CR_EOI = 67, EM_CR_IRR0 = 68, EM_CR_IRR1, EM_CR_IRR2, EM_CR_IRR3, EM_CR_ITV = 72,
    EM_CR_PMV = 73, EM_CR_CMCV = 74, EM_CR_LRR0 = 80, EM_CR_LRR1 = 81,
};

enum em_ind_file { EM_IND_PKR, EM_IND_DBR, EM_IND_IBR, EM_IND_PMC, EM_IND_PMD, EM_IND_CPUID };

/* interruption vectors (offset from IVA) */
enum em_vector {
    EM_VEC_VHPT = 0x0000, EM_VEC_ITLB = 0x0400, EM_VEC_DTLB = 0x0800, EM_VEC_ALT_ITLB = 0x0c00,
    EM_VEC_ALT_DTLB = 0x1000, EM_VEC_NESTED_DTLB = 0x1400, EM_VEC_IKEY_MISS = 0x1800,
    EM_VEC_DKEY_MISS = 0x1c00, EM_VEC_DIRTY = 0x2000, EM_VEC_IACCESS = 0x2400,
    EM_VEC_DACCESS = 0x2800, EM_VEC_BREAK = 0x2c00, EM_VEC_EXTINT = 0x3000,
    EM_VEC_PAGE_NOT_PRESENT = 0x5000, EM_VEC_KEY_PERMISSION = 0x5100,
    EM_VEC_IACCESS_RIGHTS = 0x5200, EM_VEC_DACCESS_RIGHTS = 0x5300, EM_VEC_GENERAL = 0x5400,
    EM_VEC_DISABLED_FP = 0x5500, EM_VEC_NAT_CONSUMPTION = 0x5600, EM_VEC_SPECULATION = 0x5700,
    EM_VEC_DEBUG = 0x5900, EM_VEC_UNALIGNED = 0x5a00, EM_VEC_UNSUPPORTED_DATA = 0x5b00,
    EM_VEC_FP_FAULT = 0x5c00, EM_VEC_FP_TRAP = 0x5d00, EM_VEC_LOWER_PRIV = 0x5e00,
    EM_VEC_TAKEN_BRANCH = 0x5f00, EM_VEC_SINGLE_STEP = 0x6000,
};

/* general exception codes (ISR.code bits 7..4 << 4) */
#define EM_GE_ILLEGAL_OP     0x00u
#define EM_GE_PRIVILEGED_OP  0x10u
#define EM_GE_PRIVILEGED_REG 0x20u
#define EM_GE_RESERVED_FIELD 0x30u
#define EM_GE_DISABLED_ISA   0x40u
#define EM_GE_ILLEGAL_DEP    0x80u

/* ISR */
#define EM_ISR_CODE  UINT64_C(0xffff)
#define EM_ISR_X     EM_BIT(32)
#define EM_ISR_W     EM_BIT(33)
#define EM_ISR_R     EM_BIT(34)
#define EM_ISR_NA    EM_BIT(35)
#define EM_ISR_SP    EM_BIT(36)
#define EM_ISR_RS    EM_BIT(37)
#define EM_ISR_IR    EM_BIT(38)
#define EM_ISR_NI    EM_BIT(39)
#define EM_ISR_SO    EM_BIT(40)
#define EM_ISR_EI_SHIFT 41
#define EM_ISR_ED    EM_BIT(43)

/* PTE */
#define EM_PTE_P     EM_BIT(0)
#define EM_PTE_MA_SHIFT 2
#define EM_PTE_A     EM_BIT(5)
#define EM_PTE_D     EM_BIT(6)
#define EM_PTE_PL_SHIFT 7
#define EM_PTE_AR_SHIFT 9
#define EM_PTE_PPN   UINT64_C(0x0003fffffffff000)
#define EM_PTE_ED    EM_BIT(52)
#define EM_MA_WB     0u
#define EM_MA_UC     4u
#define EM_MA_UCE    5u
#define EM_MA_WC     6u
#define EM_MA_NATPAGE 7u

#define EM_RR_VE     EM_BIT(0)
#define EM_RR_PS(rr)  ((unsigned)(((rr) >> 2) & 0x3f))
#define EM_RR_RID(rr) ((uint32_t)(((rr) >> 8) & 0xffffff))
#define EM_ITIR_PS(itir)  ((unsigned)(((itir) >> 2) & 0x3f))
#define EM_ITIR_KEY(itir) ((uint32_t)(((itir) >> 8) & 0xffffff))
#define EM_IFS_V     EM_BIT(63)
#define EM_CFM_MASK  UINT64_C(0x3fffffffff)

#endif

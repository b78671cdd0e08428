/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmctl_efi: the machine that a domain of builder efi sees. The domain builder describes it in
 * firmware tables (libxc-ia64/build), the hypervisor provides it (vmm/process/vp_efi.c): the two
 * must agree on these numbers and on nothing else.
 *
 * Numbers in libxc-ia64/build/dsdt_efi.asl repeat the ports and interrupts; tests compare them.
 */
#ifndef LIB_VMCTL_EFI_H
#define LIB_VMCTL_EFI_H

#include <stdint.h>

/** RAM lies at 0; what does not fit below LOW goes on at HIGH. Between them: memory-mapped
 *  devices. The hole stays under 1 GB, above which a FLATMEM kernel refuses to start. */
#define VMCTL_EFI_LOW_BYTES      UINT64_C(0xf0000000)
#define VMCTL_EFI_HIGH_GPA       UINT64_C(0x100000000)

/** Memory-mapped devices as one range of the memory map, and what is in it. */
#define VMCTL_EFI_MMIO_GPA       UINT64_C(0xfec00000)
#define VMCTL_EFI_MMIO_BYTES     UINT64_C(0x400000)
#define VMCTL_EFI_IOSAPIC_GPA    UINT64_C(0xfec00000)
#define VMCTL_EFI_INTERRUPT_GPA  UINT64_C(0xfee00000)   /* processor interrupt block: SDM default */

/** I/O port space, sparse: port p is at GPA + ((p >> 2) << 12 | (p & 0xfff)). */
#define VMCTL_EFI_PORTS_GPA      UINT64_C(0xffffc000000)
#define VMCTL_EFI_PORTS_BYTES    (UINT64_C(64) << 20)
#define VMCTL_EFI_UART_PORT      0x3f8u                 /* 8 ports */
#define VMCTL_EFI_PM1_EVENT_PORT 0x600u                 /* status and enable, 2 bytes each */
#define VMCTL_EFI_PM1_CTL_PORT   0x604u                 /* 2 bytes */
#define VMCTL_EFI_PM_TIMER_PORT  0x608u                 /* 4 bytes */

/** Global system interrupts: inputs of the only I/O SAPIC. */
#define VMCTL_EFI_NR_GSI         24u
#define VMCTL_EFI_UART_GSI       4u
#define VMCTL_EFI_SCI_GSI        9u                     /* ACPI events */

#define VMCTL_EFI_SLEEP_TYPE_S5  5u                     /* SLP_TYP that \_S5 names */

#endif

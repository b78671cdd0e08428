// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a domain of builder efi cannot find out by itself: devices and how to turn it off.
 * dsdt_efi.h has the compiled bytes; after a change:
 *     python3 tests/check/dsdt --write
 * Ports and interrupts: lib/vmctl_efi.h.
 */
DefinitionBlock ("", "DSDT", 2, "IA64VM", "IA64EFI ", 1)
{
    Name (\_S5, Package (4) { 5, 5, 0, 0 })

    Scope (\_SB)
    {
        Device (COM1)
        {
            Name (_HID, EisaId ("PNP0501"))     // 16550A
            Name (_UID, 1)
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16, 0x03F8, 0x03F8, 0x01, 0x08)
                Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) { 4 }
            })
        }
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dv_uart: a 16550A serial port, a face of dv_console. Sends at once, receives as fast as the
 * guest reads; there is no baud rate and no modem behind it (CTS, DSR and DCD are on).
 *
 * Input stays in the console until the guest listens (receive interrupt enabled, or it polls):
 * drivers clear the FIFO when they start, and typing ahead of them must not be lost.
 *
 * Ownership: the console is borrowed until dv_uart_free.
 * Threads: any thread may call anything; `irq` runs in the caller's thread with the lock held and
 * must not call back. A write of output may wait until listeners that must not lose any have room.
 * Source: National Semiconductor PC16550D data sheet.
 */
#ifndef VMM_DEVICE_DV_UART_H
#define VMM_DEVICE_DV_UART_H

#include "dv_console.h"

#define DV_UART_REGISTERS 8u

struct dv_uart;

int dv_uart_new(struct dv_console *con, void (*irq)(void *ctx, bool asserted), void *ctx,
                struct dv_uart **uart_out, struct ut_err *err);
void dv_uart_free(struct dv_uart *u);
/** @reg  0..DV_UART_REGISTERS - 1 */
uint8_t dv_uart_read(struct dv_uart *u, unsigned reg);
void dv_uart_write(struct dv_uart *u, unsigned reg, uint8_t value);
/** The console has input. */
void dv_uart_input(struct dv_uart *u);

#endif

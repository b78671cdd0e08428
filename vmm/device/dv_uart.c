/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dv_uart.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define FIFO 16u

enum { RBR_THR, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR };    /* with DLAB: 0 and 1 are the divisor */

enum { IER_RECEIVED = 1, IER_SENT = 2, IER_BITS = 0x0f };
enum { IIR_NONE = 1, IIR_SENT = 2, IIR_RECEIVED = 4, IIR_TIMEOUT = 0xc, IIR_FIFO_ON = 0xc0 };
enum { FCR_ON = 1, FCR_CLEAR_RECEIVED = 2, FCR_KEPT = 0xc9 };
enum { LCR_DLAB = 0x80 };
enum { MCR_DTR = 1, MCR_RTS = 2, MCR_OUT1 = 4, MCR_OUT2 = 8, MCR_LOOP = 0x10, MCR_BITS = 0x1f };
enum { LSR_DATA = 1, LSR_SENDER_EMPTY = 0x60 };
enum { MSR_CTS = 0x10, MSR_DSR = 0x20, MSR_RI = 0x40, MSR_DCD = 0x80 };

struct dv_uart {
    struct dv_console *con;
    void (*irq)(void *ctx, bool asserted);
    void *ctx;
    pthread_mutex_t lock;
    uint8_t ier, fcr, lcr, mcr, scr, divisor[2];
    bool sent;                      /* the "sender is empty" interrupt waits */
    bool asserted;
    unsigned polls;                 /* reads of LSR in a row */
    unsigned nr, first;             /* received: how many, where in fifo */
    char fifo[FIFO];
};

int dv_uart_new(struct dv_console *con, void (*irq)(void *ctx, bool asserted), void *ctx,
                struct dv_uart **uart_out, struct ut_err *err)
{
    struct dv_uart *u = calloc(1, sizeof(*u));

    if (!u) return ut_err_set(err, UT_ENOMEM, "serial port");
    u->con = con;
    u->irq = irq;
    u->ctx = ctx;
    pthread_mutex_init(&u->lock, NULL);
    *uart_out = u;
    return UT_OK;
}

void dv_uart_free(struct dv_uart *u)
{
    if (!u) return;
    pthread_mutex_destroy(&u->lock);
    free(u);
}

/* ---- lock held ------------------------------------------------------------------------------- */

static unsigned room(const struct dv_uart *u)
{
    unsigned size = u->fcr & FCR_ON ? FIFO : 1;

    return u->nr < size ? size - u->nr : 0;
}

static void receive(struct dv_uart *u, char c)
{
    if (room(u)) u->fifo[(u->first + u->nr++) % FIFO] = c;
}

static void refill(struct dv_uart *u)
{
    bool listens = u->ier & IER_RECEIVED || u->polls > 1;
    char text[FIFO];
    size_t n;

    if (!listens || u->mcr & MCR_LOOP || !room(u)) return;
    n = dv_console_get(u->con, text, room(u));
    for (size_t i = 0; i < n; i++) receive(u, text[i]);
}

static uint8_t received_id(const struct dv_uart *u)
{
    static const uint8_t trigger[4] = { 1, 4, 8, 14 };

    if (!(u->fcr & FCR_ON) || u->nr >= trigger[u->fcr >> 6]) return IIR_RECEIVED;
    return IIR_TIMEOUT;             /* no more is coming just now */
}

/* The interrupt to be told of next. */
static uint8_t pending_id(const struct dv_uart *u)
{
    if (u->ier & IER_RECEIVED && u->nr) return received_id(u);
    if (u->ier & IER_SENT && u->sent) return IIR_SENT;
    return IIR_NONE;
}

static void update(struct dv_uart *u)
{
    bool now;

    refill(u);
    now = pending_id(u) != IIR_NONE;
    if (now != u->asserted) u->irq(u->ctx, now);
    u->asserted = now;
}

static uint8_t take(struct dv_uart *u)
{
    char c = 0;

    if (u->nr) {
        c = u->fifo[u->first];
        u->first = (u->first + 1) % FIFO;
        u->nr--;
    }
    return (uint8_t)c;
}

static uint8_t identify(struct dv_uart *u)
{
    uint8_t id = pending_id(u);

    if (id == IIR_SENT) u->sent = false;
    return id | (u->fcr & FCR_ON ? IIR_FIFO_ON : 0);
}

/* In loop mode the outputs are the inputs. */
static uint8_t modem(const struct dv_uart *u)
{
    if (!(u->mcr & MCR_LOOP)) return MSR_CTS | MSR_DSR | MSR_DCD;
    return (uint8_t)((u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0) |
                     (u->mcr & MCR_OUT1 ? MSR_RI : 0) | (u->mcr & MCR_OUT2 ? MSR_DCD : 0));
}

static uint8_t line(struct dv_uart *u)
{
    refill(u);
    return LSR_SENDER_EMPTY | (u->nr ? LSR_DATA : 0);
}

static void set_fifo(struct dv_uart *u, uint8_t value)
{
    if ((value ^ u->fcr) & FCR_ON || value & FCR_CLEAR_RECEIVED) u->nr = 0;
    u->fcr = value & FCR_ON ? value & FCR_KEPT : 0;
}

static void set_enabled(struct dv_uart *u, uint8_t value)
{
    /* the sender is always empty, so that enabling its interrupt raises it */
    if (value & IER_SENT && !(u->ier & IER_SENT)) u->sent = true;
    u->ier = value & IER_BITS;
}

/* ---- registers ------------------------------------------------------------------------------- */

uint8_t dv_uart_read(struct dv_uart *u, unsigned reg)
{
    bool dlab;
    uint8_t v = 0xff;

    pthread_mutex_lock(&u->lock);
    dlab = u->lcr & LCR_DLAB && reg <= IER;
    u->polls = reg == LSR ? u->polls + (u->polls < 2) : 0;
    switch (dlab ? DV_UART_REGISTERS + reg : reg) {
    case RBR_THR: v = take(u); break;
    case IER: v = u->ier; break;
    case IIR_FCR: v = identify(u); break;
    case LCR: v = u->lcr; break;
    case MCR: v = u->mcr; break;
    case LSR: v = line(u); break;
    case MSR: v = modem(u); break;
    case SCR: v = u->scr; break;
    case DV_UART_REGISTERS: v = u->divisor[0]; break;
    case DV_UART_REGISTERS + 1: v = u->divisor[1]; break;
    default: break;
    }
    update(u);
    pthread_mutex_unlock(&u->lock);
    return v;
}

/* Returns true if `value` is to be sent out. */
static bool write_locked(struct dv_uart *u, unsigned reg, uint8_t value)
{
    bool send = false;

    u->polls = 0;
    if (u->lcr & LCR_DLAB && reg <= IER) {
        u->divisor[reg] = value;
        return false;
    }
    switch (reg) {
    case RBR_THR:
        u->sent = true;
        if (u->mcr & MCR_LOOP) receive(u, (char)value);
        else send = true;
        break;
    case IER: set_enabled(u, value); break;
    case IIR_FCR: set_fifo(u, value); break;
    case LCR: u->lcr = value; break;
    case MCR: u->mcr = value & MCR_BITS; break;
    case SCR: u->scr = value; break;
    default: break;
    }
    return send;
}

void dv_uart_write(struct dv_uart *u, unsigned reg, uint8_t value)
{
    char c = (char)value;
    bool send;

    pthread_mutex_lock(&u->lock);
    send = write_locked(u, reg, value);
    if (!send) update(u);
    pthread_mutex_unlock(&u->lock);
    if (!send) return;
    /* without the lock: this may wait for the thread that brings input */
    dv_console_put_wait(u->con, &c, 1);
    pthread_mutex_lock(&u->lock);
    update(u);
    pthread_mutex_unlock(&u->lock);
}

void dv_uart_input(struct dv_uart *u)
{
    pthread_mutex_lock(&u->lock);
    update(u);
    pthread_mutex_unlock(&u->lock);
}

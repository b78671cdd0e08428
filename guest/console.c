/* SPDX-License-Identifier: GPL-2.0-or-later */
/* console.c: printf and the line input's source; the device itself is the world's (pv->putc). */
#include "mini.h"

static bool emergency, mute;

void console_emergency(void)
{
    emergency = true;
    mute = false;
}

void console_mute(bool on)
{
    mute = on;
}

static void put_raw(char c)
{
    if (emergency)
        ssc((uint8_t)c, 0, 0, 0, SSC_PUTCHAR);
    else
        pv->putc(c);
}

static void put(char c)
{
    if (c == '\n') put_raw('\r');
    put_raw(c);
}

void vprintf(const char *fmt, va_list ap)
{
    if (mute) return;
    vformat(put, fmt, ap);
    if (!emergency && pv->flush) pv->flush();
}

void printf(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
}

int console_poll(void)
{
    return pv->getc();
}

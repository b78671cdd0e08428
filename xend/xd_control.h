/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xd_control: the xend command: start, stop, restart, status, reload, --foreground.
 *
 * RUN/xend.pid is locked (fcntl) by the running daemon; who holds the lock is who runs. Prints to
 * stdout and stderr.
 */
#ifndef XEND_XD_CONTROL_H
#define XEND_XD_CONTROL_H

#include <stdbool.h>

/** Exit statuses of init scripts. */
enum { XD_EXIT_OK = 0, XD_EXIT_FAILED = 1, XD_EXIT_USAGE = 2, XD_EXIT_NOT_RUNNING = 3,
       XD_EXIT_PRIVILEGE = 4 };

int xd_control_start(void);
int xd_control_stop(void);
int xd_control_restart(void);
int xd_control_status(void);
int xd_control_reload(void);
/** Run in this process until a signal ends it. */
int xd_control_foreground(void);

#endif

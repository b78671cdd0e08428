/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vp_main: from a start socket to the end of the domain. */
#ifndef VMM_PROCESS_VP_MAIN_H
#define VMM_PROCESS_VP_MAIN_H

/**
 * Receive START over `sock`, make the domain, answer READY or FAILED, serve it until it is
 * destroyed. Takes `sock`. Returns the process's exit status: 0 destroyed as asked, 1 never
 * started.
 */
int vp_main(int sock);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xen-vmm: the embedded hypervisor, one process per domain. Started by libxc-ia64 with the start
 * socket as descriptor 3; not meant to be called by hand.
 */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "vp_main.h"

#define START_FD 3

int main(int argc, char **argv)
{
    struct ucred cred;
    socklen_t len = sizeof(cred);
    int status;

    if (argc > 1 && !strcmp(argv[1], "--version")) {
        puts("xen-vmm " XC_VERSION);
        return 0;
    }
    if (getsockopt(START_FD, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0) {
        fputs("xen-vmm: started by libxc-ia64 only; see xc-run(1) and xend(8)\n", stderr);
        return 1;
    }
    (void)close_range(START_FD + 1, ~0u, 0);
    /* so that the domain is nobody's child: it outlives who started it, and leaves no zombie there
       */
    switch (fork()) {
    case -1: return 1;
    case 0:  break;
    default: _exit(0);
    }
    status = vp_main(START_FD);
    _exit(status);
}

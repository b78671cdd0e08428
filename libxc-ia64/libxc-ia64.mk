# SPDX-License-Identifier: GPL-2.0-or-later
# Everything is compiled with hidden symbols; these files of lib/ have functions that the shared
# library exports too (libxc-ia64.map says which).
CFLAGS_lib/ut_err.c := -fvisibility=default
CFLAGS_lib/ut_log.c := -fvisibility=default

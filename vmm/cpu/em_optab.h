/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_optab.h: values in the rows of em_optab.c. */
#ifndef VMM_CPU_EM_OPTAB_H
#define VMM_CPU_EM_OPTAB_H

/** Floating-point formats in memory. */
enum em_fmt { EM_FMT_SINGLE, EM_FMT_DOUBLE, EM_FMT_EXT, EM_FMT_INT8, EM_FMT_FILL };

#endif

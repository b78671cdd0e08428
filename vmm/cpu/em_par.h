/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * em_par.h: parallel integer arithmetic on 64-bit values (SDM vol. 3, p* mix mux pack unpack).
 * Pure functions. Lanes are numbered from the least significant end.
 */
#ifndef VMM_CPU_EM_PAR_H
#define VMM_CPU_EM_PAR_H

#include <stdint.h>

/** Saturation of padd and psub. UUS: first operand unsigned, second signed, unsigned result. */
enum em_sat { EM_SAT_NONE, EM_SAT_SSS, EM_SAT_UUU, EM_SAT_UUS };

uint64_t em__par_add(uint64_t a, uint64_t b, unsigned bits, enum em_sat sat);
uint64_t em__par_sub(uint64_t a, uint64_t b, unsigned bits, enum em_sat sat);
uint64_t em__par_avg(uint64_t a, uint64_t b, unsigned bits, unsigned raz);
uint64_t em__par_avgsub(uint64_t a, uint64_t b, unsigned bits);
uint64_t em__par_cmp(uint64_t a, uint64_t b, unsigned bits, unsigned greater);
uint64_t em__par_minmax(uint64_t a, uint64_t b, unsigned bits, unsigned max);
uint64_t em__par_mpy(uint64_t a, uint64_t b, unsigned left);
uint64_t em__par_mpyshr(uint64_t a, uint64_t b, unsigned count, unsigned is_unsigned);
uint64_t em__par_sad(uint64_t a, uint64_t b);
uint64_t em__par_shl(uint64_t a, uint64_t count, unsigned bits);
uint64_t em__par_shr(uint64_t a, uint64_t count, unsigned bits, unsigned is_unsigned);
uint64_t em__par_shladd(uint64_t a, uint64_t b, unsigned count);
uint64_t em__par_shradd(uint64_t a, uint64_t b, unsigned count);
uint64_t em__par_mix(uint64_t a, uint64_t b, unsigned bits, unsigned left);
uint64_t em__par_unpack(uint64_t a, uint64_t b, unsigned bits, unsigned high);
uint64_t em__par_pack(uint64_t a, uint64_t b, unsigned bits, unsigned to_unsigned);
uint64_t em__par_mux1(uint64_t a, unsigned type);
uint64_t em__par_mux2(uint64_t a, unsigned order);
/** Index of the first zero lane from the left or right; number of lanes if none. */
uint64_t em__par_czx(uint64_t a, unsigned bits, unsigned left);

#endif

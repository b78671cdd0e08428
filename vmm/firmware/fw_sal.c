/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SAL procedures. Sources: Itanium SAL specification, chapter 9; docs/guest-abi.md, 2.7.
 */
#include "fw_int.h"

#define NOT_IMPLEMENTED (-1)
#define INVALID         ((uint64_t)-2)
#define NO_INFORMATION  ((uint64_t)-5)
#define VECTOR_OS_MCA 0u
#define VECTOR_OS_INIT 1u
#define VECTOR_OS_BOOT_RENDEZ 2u
#define STATE_INFO_BYTES 8192u      /* buffer a guest should have; nothing is ever put in it */

static enum em_reply result(struct fw_frame *f, uint64_t r8, uint64_t r9, uint64_t r10)
{
    f->ret[0] = r8;
    f->ret[1] = r9;
    f->ret[2] = r10;
    return EM_R_NEXT;
}

static enum em_reply s_ok(struct fw_frame *f) { return result(f, 0, 0, 0); }

static enum em_reply s_set_vectors(struct fw_frame *f)
{
    const uint64_t type = f->arg[0], ip = f->arg[1], gp = f->arg[2];
    unsigned i;

    if (type == VECTOR_OS_MCA || type == VECTOR_OS_INIT) return s_ok(f);    /* neither ever comes */
    if (type != VECTOR_OS_BOOT_RENDEZ) return result(f, INVALID, 0, 0);
    for (i = 3; i < 7; i++)
        if (f->arg[i] != 0) return result(f, INVALID, 0, 0);
    pthread_mutex_lock(&f->fw->lock);
    f->fw->rendezvous_ip = ip;
    f->fw->rendezvous_gp = gp;
    f->fw->rendezvous_set = true;
    pthread_mutex_unlock(&f->fw->lock);
    return s_ok(f);
}

static enum em_reply s_get_state_info(struct fw_frame *f)
{
    return result(f, NO_INFORMATION, 0, 0);
}

static enum em_reply s_get_state_info_size(struct fw_frame *f)
{
    return result(f, 0, STATE_INFO_BYTES, 0);
}

/** There is no PCI bus: reads of an absent device give all ones. */
static enum em_reply s_pci_config_read(struct fw_frame *f)
{
    const uint64_t size_bytes = f->arg[1];

    if (size_bytes != 1 && size_bytes != 2 && size_bytes != 4) return result(f, INVALID, 0, 0);
    return result(f, 0, (UINT64_C(1) << (8 * size_bytes)) - 1, 0);
}

static enum em_reply s_freq_base(struct fw_frame *f)
{
    switch (f->arg[0]) {
    case 0:                         /* platform: PAL's ratios are 1 */
    case 1: return result(f, 0, f->fw->cfg.itc_hz, 0);
    case 2: return result(f, 0, 1, 0);      /* real-time clock */
    default: return result(f, INVALID, 0, 0);
    }
}

static const struct fw_row rows[] = {
    { 0x01000000, "SET_VECTORS",           s_set_vectors,         s_set_vectors },
    { 0x01000001, "GET_STATE_INFO",        s_get_state_info,      s_get_state_info },
    { 0x01000002, "GET_STATE_INFO_SIZE",   s_get_state_info_size, s_get_state_info_size },
    { 0x01000003, "CLEAR_STATE_INFO",      s_ok,                  s_ok },
    { 0x01000004, "MC_RENDEZ",             s_ok,                  s_ok },
    { 0x01000005, "MC_SET_PARAMS",         s_ok,                  s_ok },
    { 0x01000006, "REGISTER_PHYSICAL_ADDR", s_ok,                 NULL },
    { 0x01000008, "CACHE_FLUSH",           s_ok,                  s_ok },
    { 0x01000009, "CACHE_INIT",            s_ok,                  s_ok },
    { 0x01000010, "PCI_CONFIG_READ",       s_pci_config_read,     s_ok },
    { 0x01000011, "PCI_CONFIG_WRITE",      s_ok,                  s_ok },
    { 0x01000012, "FREQ_BASE",             s_freq_base,           s_freq_base },
    { 0x01000020, "UPDATE_PAL",            s_ok,                  s_ok },
};

enum em_reply fw__sal(struct fw *fw, struct em_cpu *cpu)
{
    struct fw_frame f = { .fw = fw, .cpu = cpu };
    unsigned i;

    for (i = 0; i < 7; i++) f.arg[i] = fw__arg(cpu, 1 + i);
    return fw__dispatch(&f, rows, ARRAY_SIZE(rows), fw__arg(cpu, 0), NOT_IMPLEMENTED);
}

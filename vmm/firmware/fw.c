/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fw_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define GUEST_MSGS_MAX 50u
#define PAGE_BYTES     4096u

int fw_new(struct em_machine *m, const struct fw_config *cfg, struct fw **fw_out,
           struct ut_err *err)
{
    struct fw *fw = calloc(1, sizeof(*fw));

    if (!fw) return ut_err_set(err, UT_ENOMEM, "firmware state");
    fw->m = m;
    fw->cfg = *cfg;
    fw->cmdline = strdup(cfg->cmdline ? cfg->cmdline : "");
    if (!fw->cmdline) {
        free(fw);
        return ut_err_set(err, UT_ENOMEM, "firmware state");
    }
    fw->cfg.cmdline = fw->cmdline;
    pthread_mutex_init(&fw->lock, NULL);
    *fw_out = fw;
    return UT_OK;
}

void fw_free(struct fw *fw)
{
    if (!fw) return;
    pthread_mutex_destroy(&fw->lock);
    free(fw->cmdline);
    free(fw);
}

bool fw_boot_rendezvous(const struct fw *fw, uint64_t *ip_out, uint64_t *gp_out)
{
    struct fw *locked = (struct fw *)(uintptr_t)fw;
    bool set;

    pthread_mutex_lock(&locked->lock);
    set = fw->rendezvous_set;
    *ip_out = fw->rendezvous_ip;
    *gp_out = fw->rendezvous_gp;
    pthread_mutex_unlock(&locked->lock);
    return set;
}

/* ---- helpers ------------------------------------------------------------------------------- */

uint64_t fw__arg(const struct em_cpu *cpu, unsigned i)
{
    return i < (em_cfm(cpu) & 0x7f) ? em_gr(cpu, 32 + i) : 0;
}

void fw__advance(struct em_cpu *cpu)
{
    unsigned ri = (unsigned)((em_psr(cpu) & EM_PSR_RI) >> EM_PSR_RI_SHIFT) + 1;
    uint64_t ip = em_ip(cpu);

    if (ri > 2) {
        ri = 0;
        ip += 16;
    }
    em_set_ip(cpu, ip, ri);
}

void fw__log_guest(struct fw *fw, const char *fmt, ...)
{
    char text[300];
    va_list ap;

    if (!fw->cfg.host.log) return;
    if (atomic_fetch_add(&fw->nr_guest_msgs, 1) >= GUEST_MSGS_MAX) {
        atomic_store(&fw->nr_guest_msgs, GUEST_MSGS_MAX);
        return;
    }
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    fw->cfg.host.log(fw->cfg.host.ctx, UT_LOG_WARNING, text);
}

/** The fault an access of the firmware on behalf of the guest runs into is the guest's. */
static enum em_reply not_translated(struct fw_frame *f, struct em_interruption *in, uint64_t va,
                                    enum em_access access)
{
    const uint64_t ri = (em_psr(f->cpu) & EM_PSR_RI) >> EM_PSR_RI_SHIFT;

    in->ip = em_ip(f->cpu);
    in->ri = (unsigned)ri;
    in->isr |= ri << EM_ISR_EI_SHIFT;
    if (!f->fw->cfg.paravirtual) {
        em_deliver(f->cpu, in);
        return EM_R_RESUME;
    }
    em_set_cr(f->cpu, EM_CR_IFA, va);
    em_set_cr(f->cpu, EM_CR_ISR, access == EM_WRITE ? EM_ISR_W : EM_ISR_R);
    em_set_cr(f->cpu, EM_CR_IIM, in->vector);
    return EM_R_DELIVER;
}

static bool copy(struct fw_frame *f, uint64_t va, void *buf, size_t len, enum em_access access,
                 enum em_reply *reply_out)
{
    const unsigned cpl = (unsigned)((em_psr(f->cpu) & EM_PSR_CPL) >> EM_PSR_CPL_SHIFT);
    struct em_interruption in;
    uint8_t *p = buf;

    while (len > 0) {
        size_t n = PAGE_BYTES - (va & (PAGE_BYTES - 1));
        em_gpa_t gpa;
        void *host;

        if (n > len) n = len;
        memset(&in, 0, sizeof(in));
        if (!em_translate(f->cpu, EM_DATA, va, access, cpl, &gpa, &in)) {
            *reply_out = not_translated(f, &in, va, access);
            return false;
        }
        /* where no memory is, nothing is stored and zeros are read */
        host = em_ram(f->fw->m, gpa, n);
        if (access == EM_WRITE && host) {
            memcpy(host, p, n);
            em_machine_touched(f->fw->m, gpa, n);
        } else if (access == EM_READ) {
            if (host) memcpy(p, host, n);
            else memset(p, 0, n);
        }
        va += n;
        p += n;
        len -= n;
    }
    return true;
}

bool fw__copy_out(struct fw_frame *f, uint64_t va, const void *src, size_t len,
                  enum em_reply *reply_out)
{
    return copy(f, va, (void *)(uintptr_t)src, len, EM_WRITE, reply_out);
}

bool fw__copy_in(struct fw_frame *f, void *dst, uint64_t va, size_t len, enum em_reply *reply_out)
{
    return copy(f, va, dst, len, EM_READ, reply_out);
}

enum em_reply fw__halt_light(struct fw_frame *f)
{
    unsigned i;

    for (i = 0; i < 4; i++) em_set_gr(f->cpu, 8 + i, 0, false);
    /* a paravirtual guest's interrupts are the hypervisor's business, which looks before it
     * sleeps */
    if (!f->fw->cfg.paravirtual && em_cpu_irq_pending(f->cpu)) return EM_R_NEXT;
    fw__advance(f->cpu);
    return EM_R_HALT;
}

/* ---- dispatch ------------------------------------------------------------------------------ */

enum em_reply fw__dispatch(struct fw_frame *f, const struct fw_row *rows, size_t nr_rows,
                           uint64_t number, int64_t missing)
{
    enum em_reply reply = EM_R_NEXT;
    fw_fn fn = NULL;
    size_t i;

    for (i = 0; i < nr_rows; i++)
        if (rows[i].number == number) fn = f->fw->cfg.paravirtual ? rows[i].fn_pv : rows[i].fn;
    if (fn) reply = fn(f);
    else f->ret[0] = (uint64_t)missing;
    if (reply != EM_R_NEXT) return reply;
    for (i = 0; i < 4; i++) em_set_gr(f->cpu, 8 + (unsigned)i, f->ret[i], false);
    return EM_R_NEXT;
}

/** FPSWA: the processor does IEEE arithmetic completely; nobody has to call this. */
static enum em_reply fpswa(struct em_cpu *cpu)
{
    em_set_gr(cpu, 8, UINT64_MAX, false);
    return EM_R_NEXT;
}

enum em_reply fw_call(struct fw *fw, struct em_cpu *cpu, uint64_t number)
{
    switch (number & ~UINT64_C(0xff)) {
    case 0x0300: return fw__efi(fw, cpu, number & 0xff);
    case 0x0500: return fpswa(cpu);
    case 0x1000: return fw__pal(fw, cpu);
    case 0x1100: return fw__sal(fw, cpu);
    case 0x1200: return EM_R_STOP;  /* SAL return: whoever owns the processors parks this one */
    default: break;
    }
    fw__log_guest(fw, "unknown firmware call %#llx at %#llx", (unsigned long long)number,
                  (unsigned long long)em_ip(cpu));
    em_set_gr(cpu, 8, UINT64_MAX, false);
    return EM_R_NEXT;
}

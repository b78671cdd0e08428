/* SPDX-License-Identifier: GPL-2.0-or-later */
/* em_dump.c: the owner's view of general registers and of everything as text. */
#include <stdarg.h>
#include <stdio.h>
#include "em_cpu.h"

uint64_t em_gr(const struct em_cpu *cpu, unsigned r) { return r < 128 ? em__r(cpu, r) : 0; }
bool em_gr_nat(const struct em_cpu *cpu, unsigned r) { return r < 128 && em__nat(cpu, r); }

void em_set_gr(struct em_cpu *cpu, unsigned r, uint64_t value, bool nat)
{
    if (r == 0 || r > 127) return;
    em__set_r(cpu, r, value, nat && r < 32 + em__sof(cpu));
}

uint64_t em_gr_other_bank(const struct em_cpu *cpu, unsigned r, bool *nat_out)
{
    if (r < 16 || r > 31) return 0;
    if (nat_out) *nat_out = (cpu->gnat_other >> r) & 1;
    return cpu->gr_other[r - 16];
}

void em_set_gr_other_bank(struct em_cpu *cpu, unsigned r, uint64_t value, bool nat)
{
    if (r < 16 || r > 31) return;
    cpu->gr_other[r - 16] = value;
    cpu->nat_count += (int)nat - (int)((cpu->gnat_other >> r) & 1);
    cpu->gnat_other = (cpu->gnat_other & ~(UINT32_C(1) << r)) | (uint32_t)nat << r;
    em__set_lim(cpu);
}

uint64_t em_br(const struct em_cpu *cpu, unsigned b) { return cpu->br[b & 7]; }
void em_set_br(struct em_cpu *cpu, unsigned b, uint64_t value) { cpu->br[b & 7] = value; }
uint64_t em_cfm(const struct em_cpu *cpu) { return cpu->cfm; }

/* ---- dump -------------------------------------------------------------------------------------*/

struct text { char *p; size_t size, used; };

static void put(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *t, const char *fmt, ...)
{
    va_list ap;
    int n;

    if (t->used + 1 >= t->size) return;
    va_start(ap, fmt);
    n = vsnprintf(t->p + t->used, t->size - t->used, fmt, ap);
    va_end(ap);
    if (n < 0) return;
    t->used += (size_t)n;
    if (t->used >= t->size) t->used = t->size - 1;
}

static void put_grs(struct text *t, const struct em_cpu *cpu)
{
    unsigned last = 32 + em__sof(cpu);

    for (unsigned r = 0; r < last; r++)
        put(t, "r%-3u %016llx%s%s", r, (unsigned long long)em_gr(cpu, r),
            em_gr_nat(cpu, r) ? "*" : "", r % 4 == 3 || r + 1 == last ? "\n"
            : em_gr_nat(cpu, r) ? " " : "  ");
}

static void put_named(struct text *t, const struct em_cpu *cpu)
{
    static const struct { const char *name; uint8_t number; } crs[] = {
        { "dcr", 0 }, { "itm", 1 }, { "iva", 2 }, { "pta", 8 }, { "ipsr", 16 }, { "isr", 17 },
        { "iip", 19 }, { "ifa", 20 }, { "itir", 21 }, { "iipa", 22 }, { "ifs", 23 },
        { "iim", 24 }, { "iha", 25 }, { "lid", 64 }, { "tpr", 66 }, { "itv", 72 },
    }, ars[] = {
        { "rsc", 16 }, { "bsp", 17 }, { "bspstore", 18 }, { "rnat", 19 }, { "ccv", 32 },
        { "unat", 36 }, { "fpsr", 40 }, { "pfs", 64 }, { "lc", 65 }, { "ec", 66 },
    };

    for (unsigned i = 0; i < 8; i++)
        put(t, "ar.k%u %016llx%s", i, (unsigned long long)cpu->ar[i], i % 4 == 3 ? "\n" : " ");
    for (unsigned i = 0; i < ARRAY_SIZE(ars); i++)
        put(t, "ar.%-8s %016llx%s", ars[i].name, (unsigned long long)em_ar(cpu, ars[i].number),
            i % 3 == 2 || i + 1 == ARRAY_SIZE(ars) ? "\n" : " ");
    for (unsigned i = 0; i < ARRAY_SIZE(crs); i++)
        put(t, "cr.%-4s %016llx%s", crs[i].name, (unsigned long long)em_cr(cpu, crs[i].number),
            i % 4 == 3 ? "\n" : " ");
    for (unsigned i = 0; i < 8; i++)
        put(t, "rr%u %016llx%s", i, (unsigned long long)cpu->rr[i], i % 4 == 3 ? "\n" : " ");
}

static void put_trs(struct text *t, const struct em_cpu *cpu)
{
    struct em_xlat x;

    for (unsigned side = 0; side < 2; side++)
        for (unsigned i = 0; i < EM_NR_TR; i++)
            if (em_tr_get(cpu, side ? EM_INST : EM_DATA, i, &x))
                put(t, "%ctr%-2u va %016llx pte %016llx rid %06x ps %u key %06x\n",
                    side ? 'i' : 'd', i, (unsigned long long)x.va, (unsigned long long)x.pte,
                    x.rid, x.ps, x.key);
}

size_t em_dump(struct em_cpu *cpu, char *text, size_t size_bytes)
{
    struct text t = { text, size_bytes, 0 };

    if (!size_bytes) return 0;
    text[0] = 0;
    put(&t, "ip   %016llx slot %u psr %016llx cfm %010llx%s\n", (unsigned long long)cpu->ip,
        cpu->ri, (unsigned long long)em_psr(cpu), (unsigned long long)cpu->cfm,
        em_rse_incomplete(cpu) ? " (incomplete)" : "");
    put(&t, "pr   %016llx sof %u sol %u sor %u\n", (unsigned long long)em_pr(cpu), em__sof(cpu),
        em__cfm_sol(cpu->cfm), em__cfm_sor(cpu->cfm));
    put_grs(&t, cpu);
    for (unsigned i = 0; i < 8; i++)
        put(&t, "b%u %016llx%s", i, (unsigned long long)cpu->br[i], i % 4 == 3 ? "\n" : " ");
    put_named(&t, cpu);
    put_trs(&t, cpu);
    return t.used;
}

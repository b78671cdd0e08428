#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Write a program of random loads, stores and semaphores: gen_memory.py SEED BLOCKS >program.S

All sizes and completers of ia64.tab, aligned, in a small area so that they meet; spills and fills with
NaTs; after each block the area and the registers go to the trace.
"""
import pathlib
import random
import re
import sys

CPU = pathlib.Path(__file__).resolve().parents[4] / "vmm/cpu"
sys.dont_write_bytecode = True
sys.path.insert(0, str(CPU))
import ia_gen  # noqa: E402

TARGETS = [8, 9, 10, 11] + list(range(14, 30))
BASE, INC = 30, 31
AREA_BYTES = 256
# no 16-byte forms (an option of the architecture); no ld.s (psr.ic is 0, so they always defer)
WANTED = re.compile(r"(ld|st)[1248](_(a|c_clr|c_nc|acq|c_clr_acq|rel|fill|spill))?(_[ri])?$"
                    r"|(cmpxchg|xchg|fetchadd)")


class Program:
    def __init__(self, seed):
        self.random = random.Random("memory %d" % seed)
        table = ia_gen.Table("ia64.tab", (CPU / "ia64.tab").read_text().splitlines())
        self.rows = [r for r in table.rows if r.unit == "M" and WANTED.match(r.op)]
        self.lines, self.queue = [], []

    def put(self, text):
        self.lines += ["\t" + text, "\t;;"]

    def pick(self):
        if not self.queue:
            self.queue = self.random.sample(self.rows, len(self.rows))
        return self.queue.pop()

    def access(self):
        rnd, row = self.random, self.pick()
        size = int(re.search(r"[a-z]([1248])", row.mnemonic)[1])
        offset = rnd.randrange(0, AREA_BYTES, size)
        store = "store" in row.traits
        # sources: clean ones, NaT is for st8.spill only
        source, target = rnd.choice(TARGETS), rnd.choice(TARGETS)
        self.put("movl r%d=scratch+%d" % (BASE, offset))
        if store and "spill" not in row.op:
            self.clean(source)
        if row.op.endswith("_r"):
            self.put("movl r%d=%d" % (INC, rnd.randrange(-1 << 40, 1 << 40)))
        if row.op.startswith("cmpxchg") and rnd.randrange(2):
            self.put("ld%d r%d=[r%d]" % (size, INC, BASE))
            self.put("mov ar.ccv=r%d" % INC)
        names = {"MR3": "[r%d]" % BASE, "R1": "r%d" % target, "R2": "r%d" % (source if store else INC),
                 "IMM9a": str(rnd.randrange(-256, 256)), "IMM9b": str(rnd.randrange(-256, 256)),
                 "INC3": str(rnd.choice([-16, -8, -4, -1, 1, 4, 8, 16])), "AR_CCV": "ar.ccv"}
        texts = [names[o.name] for o in row.operands]
        targets, sources = texts[:row.nr_targets], texts[row.nr_targets:]
        self.put("%s %s=%s" % (row.mnemonic, ",".join(targets), ",".join(sources)))
        if "postinc" in row.traits:
            self.put("T r%d" % BASE)

    def clean(self, register):
        """Make it a number if it is a NaT."""
        self.put("tnat.nz p6,p0=r%d" % register)
        self.put("(p6) movl r%d=0x%x" % (register, self.random.randrange(1 << 64)))

    def block(self, number, length):
        self.put("movl r%d=0x%x" % (BASE, sum(1 << i for i in range(64) if self.random.randrange(8) == 0)))
        self.put("mov ar.unat=r%d" % BASE)
        self.put("movl r%d=values+%d" % (BASE, number * 256))
        for register in TARGETS:
            self.put("ld8.fill r%d=[r%d],8" % (register, BASE))
        self.put("mov ar.ccv=r0")
        self.put("invala")
        for _ in range(length):
            self.access()
        self.put("TM ar.unat")
        self.put("movl r%d=scratch" % BASE)
        self.put("mov ar.lc=%d" % (AREA_BYTES // 8 - 1))
        self.lines.append("%d:" % (number + 1))
        self.put("ld8 r%d=[r%d],8" % (INC, BASE))
        self.put("T r%d" % INC)
        self.put("br.cloop.sptk %db" % (number + 1))
        self.put("br.call.sptk b7=dump_registers")


def main():
    seed, blocks = int(sys.argv[1]), int(sys.argv[2])
    program = Program(seed)
    for number in range(blocks):
        program.block(number, 40)
    print("/* made by gen_memory.py %d %d */" % (seed, blocks))
    print('#include "rt.h"\n\tPROGRAM')
    print("\n".join(program.lines))
    print("\tFINISH\n\t.data\n\t.balign 512\nvalues:")
    for _ in range(blocks):
        print("\tdata8 " + ",".join("0x%x" % program.random.randrange(1 << 64) for _ in range(32)))


if __name__ == "__main__":
    main()

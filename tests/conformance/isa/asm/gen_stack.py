#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Write a program of random frames for the register stack: gen_stack.py SEED DEPTH STARTS >program.S

A chain of DEPTH calls with frames of random size, outputs handed on, registers full of numbers and
NaTs, rotation, flushrs and cover here and there; on the way back every register is traced. The chain
runs STARTS times, each time from another place in the backing store, so that NaT collections fall
between all registers. In the innermost frame the whole backing store is traced.
"""
import random
import sys


class Program:
    def __init__(self, seed, depth, starts):
        self.random = random.Random("stack %d" % seed)
        self.depth, self.starts, self.lines = depth, starts, []

    def put(self, *texts):
        for text in texts:
            self.lines += ["\t" + text, "\t;;"]

    def fill(self, level, register):
        """A number that tells where it comes from, or a NaT with a number behind it."""
        if self.random.randrange(5) == 0:
            self.put("mov r8=-1", "mov ar.unat=r8", "movl r8=nat_word", "ld8.fill r%d=[r8]" % register)
        else:
            self.put("movl r%d=0x%x" % (register, level << 32 | register << 16 | self.random.randrange(1 << 16)))

    def frame(self, level, inputs):
        rnd = self.random
        limit = rnd.choice([16, 40, 96])
        local = rnd.randrange(max(inputs, 3), max(limit - 8, inputs + 4))
        local = min(max(local, inputs + 3), 88)
        outs = rnd.randrange(0, 9)
        sof = min(local + outs, 96)
        outs = sof - local
        rotating = rnd.randrange(0, sof // 8 + 1) * 8 if rnd.randrange(3) == 0 else 0
        last = level == self.depth - 1
        self.lines += ["\t.proc level%d" % level, "level%d:" % level]
        # keep pfs and b0 in the memory stack: the registers are what is tested
        self.put("alloc r8=ar.pfs,%d,%d,%d,%d" % (inputs, local - inputs, outs, rotating))
        self.put("mov r9=b0", "st8 [r12]=r8,8", "st8 [r12]=r9,8")
        for i in range(inputs):
            self.put("T r%d" % (32 + i))
        kept = [r for r in range(32, 32 + sof) if r >= 32 + inputs or rnd.randrange(2)]
        for register in kept:
            self.fill(level, register)
        if rnd.randrange(4) == 0:
            self.put("flushrs")
        if rotating and rnd.randrange(2):
            self.put("mov ar.lc=%d" % rnd.randrange(1, 4), "mov ar.ec=1")
            self.lines.append("1:")
            self.put("br.ctop.sptk 1b")
        if not last:
            self.put("br.call.sptk b0=level%d" % (level + 1))
        else:
            self.backing_store()
        for register in range(32, 32 + local):
            self.put("T r%d" % register)
        self.put("TM ar.bsp")
        self.put("adds r12=-8,r12", "ld8 r9=[r12],-8", "ld8 r8=[r12]", "mov b0=r9", "mov ar.pfs=r8")
        self.put("br.ret.sptk b0")
        self.lines.append("\t.endp level%d" % level)
        return outs

    def backing_store(self):
        """All that is spilled by now, and the valid bits of ar.rnat. r10: the start, from main."""
        self.put("mov ar.rsc=0", "flushrs", "mov r9=ar.bsp", "TM ar.bspstore", "mov r8=r10")
        self.lines.append("2:")
        self.put("cmp.ltu p6,p7=r8,r9", "(p6) ld8 r11=[r8],8", "(p6) st8 [r4]=r11,8",
                 "(p6) br.cond.sptk 2b", "extr.u r8=r9,3,6", "mov r11=-1", "shl r11=r11,r8",
                 "mov r8=ar.rnat", "andcm r8=r8,r11", "T r8")

    def functions(self):
        inputs = 0
        for level in range(self.depth):
            inputs = self.frame(level, inputs)

    def main(self):
        for start in range(self.starts):
            offset = 8 * (start * 64 // self.starts)
            if offset == 504:
                offset = 496
            self.put("alloc r8=ar.pfs,0,0,0,0", "mov ar.rsc=0", "flushrs", "movl r8=backing_store+%d" % offset)
            self.put("mov ar.bspstore=r8", "mov r10=r8", "mov ar.rnat=r0", "mov ar.rsc=%d" % (3 * (start & 1)))
            self.put("br.call.sptk b0=level0", "movl r6=0x656e64206f662062", "st8 [r4]=r6,8")


def main():
    program = Program(*map(int, sys.argv[1:4]))
    program.main()
    body, program.lines = program.lines, []
    program.functions()
    print("/* made by gen_stack.py %s */" % " ".join(sys.argv[1:4]))
    print('#include "rt.h"\n\tPROGRAM')
    print("\n".join(body))
    print("\tFINISH")
    print("\n".join(program.lines))


if __name__ == "__main__":
    main()

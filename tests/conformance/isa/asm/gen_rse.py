#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Write a program of random register stack operations: gen_rse.py SEED CASES >program.S

Each case: a frame of random size at a random place of the backing store, some NaTs; cover; then what
operating systems do with dirty registers (flushrs, another ar.bspstore, loadrs); and back into the
frame with rfi. Pointers, memory and registers go to the trace.
"""
import random
import sys

END_OF_BLOCK = "0x656e64206f662062"


class Program:
    def __init__(self, seed):
        self.random = random.Random("rse %d" % seed)
        self.lines = []

    def put(self, *texts):
        for text in texts:
            self.lines += ["\t" + text, "\t;;"]

    def pointers(self):
        """bsp, bspstore, and the bits of rnat that count"""
        self.put("TM ar.bsp", "TM ar.bspstore", "mov r8=ar.bspstore", "extr.u r8=r8,3,6", "mov r9=-1",
                 "shl r9=r9,r8", "mov r8=ar.rnat", "andcm r8=r8,r9", "T r8")

    def empty(self, slot):
        """Nothing dirty, backing store from `slot` on."""
        self.put("alloc r8=ar.pfs,0,0,0,0", "mov ar.rsc=0", "flushrs", "loadrs",
                 "movl r10=backing_store+%d" % (8 * slot), "mov ar.bspstore=r10",
                 "movl r9=0x%x" % (self.random.randrange(1 << 63) & (1 << slot) - 1), "mov ar.rnat=r9")

    def memory(self, number):
        self.put("mov r9=ar.bspstore", "mov r8=r10")
        self.lines.append("%d:" % number)
        self.put("cmp.ltu p6,p7=r8,r9", "(p6) ld8 r11=[r8],8", "(p6) st8 [r4]=r11,8",
                 "(p6) br.cond.sptk %db" % number)

    def back(self, number, size):
        self.put("movl r8=0x%x" % (1 << 63 | size << 7 | size), "mov cr.ifs=r8", "mov r8=psr",
                 "movl r9=(1 << 13) | (1 << 44)", "or r8=r8,r9", "movl r9=%df" % number, "mov cr.ipsr=r8",
                 "mov cr.iip=r9", "rfi")
        self.lines.append("%d:" % number)
        for register in range(32, 32 + size):
            self.put("T r%d" % register)

    def case(self, number):
        rnd = self.random
        size, slot = rnd.randrange(1, 97), rnd.randrange(63)
        label = 3 * number + 1
        self.empty(slot)
        self.put("alloc r8=ar.pfs,0,%d,0,0" % size)
        for register in range(32, 32 + size):
            if rnd.randrange(6) == 0:
                self.put("NAT r%d" % register)
            else:
                self.put("movl r%d=0x%x" % (register, number << 16 | register << 8 | rnd.randrange(256)))
        self.put("rsm 1 << 13", "srlz.d", "mov cr.ifs=r0", "cover", "srlz.d", "TM cr.ifs")
        if rnd.randrange(3) == 0:       # a second frame on top, left alone
            more = rnd.randrange(1, 97)
            self.put("alloc r8=ar.pfs,0,%d,0,0" % more)
            for register in rnd.sample(range(32, 32 + more), min(more, 9)):
                self.put("movl r%d=0x%x" % (register, rnd.randrange(1 << 64)))
            self.put("alloc r8=ar.pfs,0,0,0,0")
        self.put("TM ar.bsp")
        action = rnd.randrange(4)
        if action == 1:                 # what is dirty goes elsewhere
            self.put("movl r10=backing_store+%d" % (0x8000 + 8 * rnd.randrange(63)), "mov ar.bspstore=r10",
                     "mov ar.rnat=r0")
            self.pointers()
            self.put("flushrs")
            self.pointers()
            self.memory(label)
        elif action == 2:
            self.put("flushrs")
            self.pointers()
            keep = rnd.randrange(0, size + 1)
            self.put("movl r8=%d" % (keep * 8 << 16), "mov ar.rsc=r8", "loadrs", "mov ar.rsc=0")
            self.pointers()
            self.memory(label + 1)
        elif action == 3:
            self.put("flushrs")
            self.memory(label)
            self.put("mov ar.rsc=0", "loadrs")
            self.pointers()
        self.back(label + 2, size)
        self.put("TM ar.bsp", "movl r6=" + END_OF_BLOCK, "st8 [r4]=r6,8")


def main():
    program = Program(int(sys.argv[1]))
    for number in range(int(sys.argv[2])):
        program.case(number)
    print("/* made by gen_rse.py %s %s */" % (sys.argv[1], sys.argv[2]))
    print('#include "rt.h"\n\tPROGRAM\n%s\n\tFINISH' % "\n".join(program.lines))


if __name__ == "__main__":
    main()

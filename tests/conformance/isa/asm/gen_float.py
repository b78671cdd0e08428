#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Write a program of random floating-point instructions: gen_float.py SEED BLOCKS >program.S

All rows of the F unit in ia64.tab, register moves, and loads and stores of every format, on register
images of every class (infinities, NaNs, NaTVal, denormals, unnormals, unsupported ones), with random
controls in the four status fields and all traps disabled.
"""
import pathlib
import random
import re
import sys

CPU = pathlib.Path(__file__).resolve().parents[4] / "vmm/cpu"
sys.dont_write_bytecode = True
sys.path.insert(0, str(CPU))
import ia_gen  # noqa: E402

WRITTEN = list(range(6, 16))
WILD = list(range(32, 48))
TAME = list(range(48, 56))      # for approximations: far from what needs software assistance
PREDICATES = list(range(1, 14))
GENERAL = list(range(16, 28))
LEFT_OUT = re.compile(r"nop|break|hint|fchkf|fsetc")
MOVES = re.compile(r"(get|set)f_|ldf(s|d|8|e|_fill|ps|pd|p8)$|stf(s|d|8|e|_spill)$")
SIZES = {"ldfe": 16, "ldf.fill": 16, "ldfpd": 16, "ldfp8": 16, "stfe": 16, "stf.spill": 16}
MAX_EXPONENT = 0x1ffff


class Program:
    def __init__(self, seed):
        self.random = random.Random("float %d" % seed)
        table = ia_gen.Table("ia64.tab", (CPU / "ia64.tab").read_text().splitlines())
        self.rows = [r for r in table.rows if (r.unit == "F" and not LEFT_OUT.match(r.op))
                     or (r.unit == "M" and MOVES.match(r.op) and ".d" not in r.mnemonic[-3:-1]
                         and "nt" not in r.mnemonic)]
        self.lines, self.queue = [], []

    def put(self, *texts):
        for text in texts:
            self.lines += ["\t" + text, "\t;;"]

    def significand(self):
        kind = self.random.randrange(6)
        if kind == 0:
            return self.random.choice([0, 1, 1 << 63, (1 << 64) - 1, 3 << 62, 1 << 62, 0x8000008000000000])
        if kind == 1:       # few bits: exact results, ties
            return 1 << 63 | self.random.randrange(16) << self.random.randrange(60)
        if kind == 2:       # a pair of singles
            return self.single() << 32 | self.single()
        return self.random.randrange(1 << 64) | (1 << 63 if kind < 5 else 0)

    def single(self):
        return self.random.choice([0, 0x7f800000, 0x7fc00000, 0x7f800001, 1, 0x80000000, 0x3f800000,
                                   self.random.randrange(1 << 32), self.random.randrange(1 << 32),
                                   0x3f000000 + self.random.randrange(1 << 24)])

    def image(self):
        rnd = self.random
        exponent = rnd.choice([0, MAX_EXPONENT, 0x1fffe, 0x1003e, 0xffff, 0xffff, rnd.randrange(1 << 17),
                               0xffff + rnd.randrange(-70, 70), 0xffff + rnd.randrange(-140, 130),
                               0xffff + rnd.randrange(-1100, 1030), 0xffff + rnd.randrange(-16500, 16400)])
        if exponent == 0x1fffe and rnd.randrange(3):
            return 0, 0x1fffe       # NaTVal
        significand = self.significand()
        if significand == 0 and exponent:   # the oracle compares pseudo-zeros as if they were large
            significand = 1 << 63
        return significand, exponent | rnd.randrange(2) << 17

    def tame(self):
        return (1 << 63 | self.random.randrange(1 << 63),
                0xffff + self.random.randrange(-60, 60) | self.random.randrange(2) << 17)

    def fpsr(self):
        value = 0x3f
        for field in range(4):
            controls = (self.random.randrange(4) & (3 if self.random.randrange(2) else 2)
                        | self.random.choice([0, 2, 3]) << 2 | self.random.randrange(4) << 4)
            value |= (controls | (field > 0) << 6) << (6 + 13 * field)
        return value

    def source(self, row):
        compares = re.match(r"fcmp|fa?(min|max)$", row.op)
        return "f%d" % self.random.choice(([] if compares else WRITTEN) + WILD + TAME + [0, 1])

    def instruction(self):
        if not self.queue:
            self.queue = self.random.sample(self.rows, len(self.rows))
        rnd, row = self.random, self.queue.pop()
        pair = rnd.sample(PREDICATES, 2)
        area = "scratch+%d" % rnd.randrange(0, 128, SIZES.get(row.mnemonic, 8))
        targets = rnd.sample([r for r in WRITTEN if r % 2 == 0], 1)
        targets.append(rnd.choice([r for r in WRITTEN if r % 2 == 1]))
        approximation = "cpa" in row.op or "sqrta" in row.op
        general = "r%d" % rnd.choice(GENERAL)
        texts = []
        for operand in row.operands:
            if operand.name == "MR3":
                self.put("movl r28=" + area)
            name = operand.name
            if name == "F1" or name == "F2" and row.op.startswith("ldfp"):
                text = "f%d" % (targets[name == "F2"])
            elif name in ("F2", "F3", "F4"):
                text = "f%d" % rnd.choice(TAME) if approximation else self.source(row)
            else:
                text = {"P1": "p%d" % pair[0], "P2": "p%d" % pair[1], "MR3": "[r28]", "R1": general,
                        "R2": general, "IMMU9": "0x%x" % rnd.randrange(512)}[name]
            texts.append(text)
        if row.op.startswith("st") and row.op != "stf_spill":
            # NaTVal cannot be stored
            register = texts[1]
            self.put("fclass.m p14,p15=%s,0x100" % register)
            self.lines.append("\t(p15)")
        left, right = texts[:row.nr_targets], texts[row.nr_targets:]
        qp = rnd.choice([0, 0, 0] + PREDICATES)
        if self.lines[-1] == "\t(p15)":
            self.lines.pop()
            qp = 15
        if row.op.startswith("setf"):
            self.put("movl %s=0x%x" % (right[0], rnd.choice([rnd.randrange(1 << 64), self.single()])))
        text = row.mnemonic + " " + ",".join(left) + ("=" if left else "") + ",".join(right)
        self.put("%s%s" % ("(p%d) " % qp if qp else "", text))

    def block(self, number, length):
        self.put("movl r28=values+%d" % (number * 16 * 34), "movl r29=0x%x" % self.fpsr(),
                 "mov ar.fpsr=r29", "movl r29=0x%x" % (self.random.randrange(1 << 14) & ~1), "mov pr=r29,-1")
        for register in WRITTEN + WILD + TAME:
            self.put("ldf.fill f%d=[r28],16" % register)
        for _ in range(length):
            self.instruction()
        for register in WRITTEN:
            self.put("TF f%d" % register)
        for register in GENERAL:
            self.put("T r%d" % register)
        self.put("TM ar.fpsr", "movl r28=scratch")
        for _ in range(16):
            self.put("ld8 r29=[r28],8", "T r29")
        self.put("br.call.sptk b7=dump_registers")


def main():
    program = Program(int(sys.argv[1]))
    blocks = int(sys.argv[2])
    for number in range(blocks):
        program.block(number, 40)
    print("/* made by gen_float.py %s */" % " ".join(sys.argv[1:3]))
    print('#include "rt.h"\n\tPROGRAM')
    print("\n".join(program.lines))
    print("\tFINISH\n\t.data\n\t.balign 512\nvalues:")
    for _ in range(blocks):
        images = [program.image() for _ in WRITTEN + WILD] + [program.tame() for _ in TAME]
        print("\tdata8 " + ",".join("0x%x,0x%x" % i for i in images))


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Write a program of random instructions: gen_random.py FAMILY SEED BLOCKS >program.S

Every block loads all registers with interesting values, some of them NaT, and random predicates, runs
a few dozen random instructions, and appends all registers to the trace. Which instructions a family
has is read from ia64.tab, so a new row is tested without a change here.
"""
import pathlib
import random
import re
import sys

CPU = pathlib.Path(__file__).resolve().parents[4] / "vmm/cpu"
sys.dont_write_bytecode = True
sys.path.insert(0, str(CPU))
import ia_gen  # noqa: E402

REGISTERS = [8, 9, 10, 11] + list(range(14, 32))
PREDICATES = list(range(1, 14))
# what the oracle does not have or saturates wrongly (built by a modern compiler), or not about values
LEFT_OUT = re.compile(r"p(add|sub)[124]_[su]|pack|psh(l|r)add2|nop|break|hint|chk|tf|clz|mpy4|mpyshl4|mov_(to|from)_(ar|br|ip|dahr)|mov_to_pr$")
EDGE = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
        0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff, 0x0101010101010101,
        0x7f807f807f807f80, 0x8000800080008000, 0x00ff00ff00ff00ff, 0x7fff7fff80008000]


class Program:
    def __init__(self, family, seed):
        self.random = random.Random("%s %d" % (family, seed))
        table = ia_gen.Table("ia64.tab", (CPU / "ia64.tab").read_text().splitlines())
        self.rows = [r for r in table.rows if self.wanted(family, r)]
        self.lines, self.queue = [], []

    @staticmethod
    def wanted(family, row):
        if LEFT_OUT.match(row.op):
            return False
        compare = re.match(r"cmp|tbit|tnat", row.op) is not None
        return {"alu": row.unit == "A" and not compare,
                "compare": row.unit in "AI" and compare,
                "shift": row.unit == "I" and not compare}[family]

    def value(self):
        kind = self.random.randrange(4)
        if kind == 0:
            return self.random.choice(EDGE)
        if kind == 1:
            return self.random.randrange(1 << self.random.randrange(1, 65))
        if kind == 2:       # lanes of edges
            return sum(self.random.choice([0, 1, 0x7f, 0x80, 0xff, self.random.randrange(256)]) << i
                       for i in range(0, 64, 8))
        return self.random.randrange(1 << 64)

    def count(self):
        """A register value that is a shift count more often than not."""
        return self.random.randrange(70) if self.random.randrange(2) else self.value()

    def operand(self, operand, row):
        name, rnd = operand.name, self.random
        if name in ("R1", "R2", "R3"):
            return "r%d" % rnd.choice(REGISTERS + ([0] if name != "R1" else []))
        if name == "R3_2":
            return "r%d" % rnd.randrange(4)
        if name in ("P1", "P2"):
            return None
        if operand.how == "TEXT":
            return operand.text
        if name in ("POS6", "LEN6", "CPOS6a", "CPOS6b", "CPOS6c", "LEN4"):
            return None     # depend on each other
        fixed = {"MBTYPE4": ["@rev", "@mix", "@shuf", "@alt", "@brcst"], "CNT2a": [1, 2, 3, 4],
                 "CNT2b": [1, 2, 3], "CNT2c": [0, 7, 15, 16], "IMM1": [0, -1]}
        if name in fixed:
            return str(rnd.choice(fixed[name]))
        bits = sum(w for w, _ in operand.chunks)
        value = rnd.randrange(1 << bits)
        if rnd.randrange(4) == 0:
            value = rnd.choice([0, 1, (1 << bits) - 1, 1 << (bits - 1), (1 << (bits - 1)) - 1])
        if operand.kind == "S" and value >> (bits - 1):
            value -= 1 << bits
        return str(value << operand.shift)

    def instruction(self):
        if not self.queue:      # in a new order each time round
            self.queue = self.random.sample(self.rows, len(self.rows))
        row = self.queue.pop()
        pair = self.random.sample(PREDICATES, 2)
        if self.random.randrange(8) == 0:
            pair[self.random.randrange(2)] = 0
        pos, length = self.random.randrange(64), self.random.randrange(1, 65)
        names = [o.name for o in row.operands]
        if "LEN4" in names:
            length = self.random.randrange(1, 17)
        texts = []
        for operand in row.operands:
            text = self.operand(operand, row)
            if operand.name in ("P1", "P2"):
                text = "p%d" % pair[operand.name == "P2"]
            elif operand.name.startswith("LEN"):
                text = str(length)
            elif text is None:
                text = str(pos)
            texts.append(text)
        text = row.mnemonic
        targets, sources = texts[:row.nr_targets], texts[row.nr_targets:]
        text += " " + (",".join(targets) + "=" if targets else "") + ",".join(sources)
        qp = self.random.choice([0, 0, 0] + PREDICATES)
        self.lines.append("\t%s%s" % ("(p%d) " % qp if qp else "", text))
        self.lines.append("\t;;")

    def block(self, number, length):
        nats = sum(1 << i for i in range(64) if self.random.randrange(6) == 0)
        predicates = self.random.randrange(1 << 14) & ~1
        self.lines += ["\tmovl r2=0x%x" % nats, "\tmovl r3=values+%d" % (number * 256), "\t;;",
                       "\tmov ar.unat=r2", "\tmovl r2=0x%x" % predicates, "\t;;", "\tmov pr=r2,-1", "\t;;"]
        for register in REGISTERS:
            self.lines += ["\tld8.fill r%d=[r3],8" % register, "\t;;"]
        self.lines += ["\tmovl r2=0x%x" % self.value(), "\tmovl r3=0x%x" % self.value(), "\t;;"]
        for _ in range(length):
            self.instruction()
        self.lines += ["\tbr.call.sptk b7=dump_registers", "\t;;"]

    def data(self, blocks):
        yield "\t.data\n\t.balign 512\nvalues:"
        for _ in range(blocks):
            yield "\tdata8 " + ",".join("0x%x" % (self.count() if i % 3 == 0 else self.value())
                                        for i in range(32))


def main():
    family, seed, blocks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    program = Program(family, seed)
    for number in range(blocks):
        program.block(number, 40)
    print("/* made by gen_random.py %s %d %d */" % (family, seed, blocks))
    print('#include "rt.h"\n\tPROGRAM')
    print("\n".join(program.lines))
    print("\tFINISH")
    print("\n".join(program.data(blocks)))


if __name__ == "__main__":
    main()

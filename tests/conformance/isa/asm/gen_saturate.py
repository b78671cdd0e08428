#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Parallel arithmetic with saturation, against the model in this file: gen_saturate.py SEED COUNT

Writes the program; with a third argument "expected", what it must print. The simulator that is the
oracle elsewhere does not saturate correctly.
"""
import random
import sys


def lanes(value, bits, signed):
    out = [value >> i & (1 << bits) - 1 for i in range(0, 64, bits)]
    return [x - (1 << bits) if signed and x >> (bits - 1) else x for x in out]


def join(values, bits):
    return sum((x & (1 << bits) - 1) << (i * bits) for i, x in enumerate(values))


def clamp(x, bits, signed):
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    return min(max(x, low), high)


def add(bits, kind, sign):
    def model(a, b, _):
        first, second = kind[0] == "s", kind[1] == "s"
        pairs = zip(lanes(a, bits, first), lanes(b, bits, second))
        return join([clamp(x + sign * y, bits, kind[2] == "s") for x, y in pairs], bits)
    return model


def pack(bits, signed):
    def model(a, b, _):
        values = lanes(a, bits, True) + lanes(b, bits, True)
        return join([clamp(x, bits // 2, signed) for x in values], bits // 2)
    return model


def shladd(a, b, count):
    out = []
    for x, y in zip(lanes(a, 16, True), lanes(b, 16, True)):
        shifted = x << count    # once this saturates, the addend does not count
        out.append(clamp(shifted, 16, True) if shifted != clamp(shifted, 16, True)
                   else clamp(shifted + y, 16, True))
    return join(out, 16)


def shradd(a, b, count):
    return join([clamp((x >> count) + y, 16, True)
                 for x, y in zip(lanes(a, 16, True), lanes(b, 16, True))], 16)


MODELS = {"pack2.sss": pack(16, True), "pack2.uss": pack(16, False), "pack4.sss": pack(32, True),
          "pshladd2": shladd, "pshradd2": shradd}
# first source, second source, result: u unsigned, s signed
for _suffix, _kind in (("sss", "sss"), ("uuu", "uuu"), ("uus", "usu")):
    for _bytes in (1, 2):
        MODELS["padd%d.%s" % (_bytes, _suffix)] = add(8 * _bytes, _kind, 1)
        MODELS["psub%d.%s" % (_bytes, _suffix)] = add(8 * _bytes, _kind, -1)


def main():
    rnd = random.Random("saturate " + sys.argv[1])
    expected = sys.argv[3:] == ["expected"]
    lines, results = [], []
    for i in range(int(sys.argv[2])):
        name = list(MODELS)[i % len(MODELS)]
        a, b = (join([rnd.choice([0, 1, 0x7f, 0x80, 0xff, rnd.randrange(256)]) for _ in range(8)], 8)
                for _ in range(2))
        count = rnd.randrange(1, 4)
        results.append(MODELS[name](a, b, count))
        source = "r8,%d,r9" % count if name.startswith("psh") else "r8,r9"
        lines.append("\tmovl r8=0x%x\n\tmovl r9=0x%x\n\t;;\n\t%s r10=%s\n\t;;\n\tT r10" % (a, b, name, source))
    if expected:
        print("\n".join("%016x" % r for r in results) + "\nend")
    else:
        print('/* made by gen_saturate.py */\n#include "rt.h"\n\tPROGRAM\n%s\n\tFINISH' % "\n".join(lines))


if __name__ == "__main__":
    main()

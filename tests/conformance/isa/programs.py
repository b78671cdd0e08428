# SPDX-License-Identifier: GPL-2.0-or-later
"""The bare programs of a folder, this one or another of the same make: their list, their sources, and
the hash that ties a built program to its sources."""
import hashlib
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ASM = HERE / "asm"
BUILT = HERE / "programs"
COMMON = ["rt.h", "rt.S", "vec.h", "program.ld"]


class Program:
    def __init__(self, folder, name, mode, words):
        self.name, self.mode, self.words = name, mode, words
        self.asm = folder / "asm"
        self.binary = folder / "programs" / (name + ".gz")
        self.expected = folder / "programs" / (name + ".expected")

    def source(self):
        if not self.words[0].endswith(".py"):
            return (self.asm / self.words[0]).read_bytes()
        return subprocess.run([sys.executable, self.asm / self.words[0], *self.words[1:]], check=True,
                              stdout=subprocess.PIPE).stdout

    def model(self):
        """What it must print by its generator's own model, mode "model"."""
        return subprocess.run([sys.executable, self.asm / self.words[0], *self.words[1:], "expected"], check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def hash(self):
        total = hashlib.sha256(self.mode.encode() + b"\0" + self.source())
        for name in COMMON:
            total.update(b"\0" + (ASM / name).read_bytes())
        for path in sorted(self.asm.glob("*.h")) if self.asm != ASM else []:
            total.update(b"\0" + path.read_bytes())
        return total.hexdigest()


def all_programs(folder=HERE):
    out = []
    for line in (folder / "asm" / "programs.list").read_text().splitlines():
        words = line.split()
        if words and not line.startswith("#"):
            out.append(Program(folder, words[0], words[1], words[2:]))
    return out


def hashes(folder=HERE):
    """name: hash of the sources it was built from"""
    path = folder / "programs" / "HASHES"
    return dict(line.split() for line in path.read_text().splitlines()) if path.exists() else {}

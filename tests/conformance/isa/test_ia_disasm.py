# SPDX-License-Identifier: GPL-2.0-or-later
"""Our disassembler against GNU objdump, which is no relation of ours: no difference at all.

On every encoding of the table with varied operands, on random words (so also on what is reserved),
on every instruction of a Linux kernel and of the toolchain's libraries.
"""
import gzip
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared"
OBJDUMP = shutil.which("ia64-linux-gnu-objdump")
LINE = re.compile(r"\s*([0-9a-f]+):\t((?:[0-9a-f]{2} ){4,6})\s*\t?(?:\[...\])?\s*(.*?)(?:;;)?\s*$")
SYMBOL = re.compile(r"\b(?:0x)?([0-9a-f]+) <[^>]*>")

pytestmark = pytest.mark.skipif(OBJDUMP is None,
                                reason="ia64-linux-gnu-objdump is missing (binutils-ia64-linux-gnu)")


@pytest.fixture(scope="module")
def ia_dis(tmp_path_factory):
    out = tmp_path_factory.mktemp("ia")
    cpu = ROOT / "vmm/cpu"
    subprocess.run([sys.executable, cpu / "ia_gen.py", cpu / "ia64.tab", out / "ia_ops.gen.h",
                    out / "ia_table.gen.inc"], check=True)
    program = out / "ia_dis"
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-std=c11", "-D_GNU_SOURCE", f"-I{cpu}", f"-I{out}",
                    pathlib.Path(__file__).parent / "ia_dis.c", cpu / "ia_decode.c", cpu / "ia_disasm.c",
                    "-o", program], check=True)
    return program


def objdump(*args):
    """Yield (address, bundle, texts) of every bundle that objdump shows."""
    with subprocess.Popen([OBJDUMP, *map(str, args)], stdout=subprocess.PIPE, text=True,
                          errors="replace") as process:
        address, data, texts = 0, None, []
        for line in process.stdout:
            match = LINE.match(line)
            if not match:
                continue
            if int(match[1], 16) % 16 == 0:
                address, data, texts = int(match[1], 16), b"", []
            if data is None:            # a symbol in mid-bundle: shown a second time from there
                continue
            data += bytes.fromhex(match[2])
            if match[3]:            # nothing stands behind the L slot of a reserved pair
                texts.append(SYMBOL.sub(r"0x\1", match[3]))
            if len(data) == 16:
                yield address, data, texts
                data = None
        process.stdout.read()
    assert process.returncode == 0


def compare(ia_dis, tmp_path, bundles):
    """Feed objdump's bundles to our disassembler; return the number of instructions."""
    records, expected, data_of = tmp_path / "records", [], []
    with records.open("wb") as out:
        for address, data, texts in bundles:
            out.write(struct.pack("<Q", address) + data)
            expected.append(texts)
            data_of.append(data)
    with records.open("rb") as source:
        ours = subprocess.run([ia_dis, "list"], stdin=source, stdout=subprocess.PIPE, check=True,
                              text=True).stdout.splitlines()
    assert len(ours) == len(expected)
    wrong = [(data.hex(), line.split("\t"), texts)
             for line, texts, data in zip(ours, expected, data_of) if line.split("\t") != texts]
    text = "\n".join("%s\n  ours    %s\n  objdump %s" % w for w in wrong[:40])
    assert not wrong, "%d of %d bundles differ:\n%s" % (len(wrong), len(expected), text)
    return sum(map(len, expected))


def compare_raw(ia_dis, tmp_path, *args):
    raw = tmp_path / "raw"
    with raw.open("wb") as out:
        subprocess.run([ia_dis, *args], stdout=out, check=True)
    return compare(ia_dis, tmp_path, objdump("-D", "-z", "-b", "binary", "-m", "ia64",
                                             "--adjust-vma=0x40000000", raw))


def test_every_encoding_of_the_table(ia_dis, tmp_path):
    assert compare_raw(ia_dis, tmp_path, "rows", "30") > 3 * 30 * 2000


def test_random_words(ia_dis, tmp_path):
    assert compare_raw(ia_dis, tmp_path, "random", "60000") > 100000


def test_linux_kernel(ia_dis, tmp_path):
    kernel = SHARED / "guests/linux-6.1/vmlinux.gz"
    if not kernel.exists():
        pytest.skip("../shared is not here: the Linux kernel is not compared")
    plain = tmp_path / "vmlinux"
    plain.write_bytes(gzip.decompress(kernel.read_bytes()))
    assert compare(ia_dis, tmp_path, objdump("-d", plain)) > 1000000


@pytest.mark.parametrize("name", ["libc.a", "libgcc.a"])
def test_libraries_of_the_toolchain(ia_dis, tmp_path, name):
    gcc = shutil.which("ia64-linux-gnu-gcc") or pathlib.Path.home() / ".cache/ia64/ia64/bin/ia64-linux-gnu-gcc"
    if not pathlib.Path(gcc).exists():
        pytest.skip("no ia64 cross compiler: %s is not compared" % name)
    path = subprocess.run([gcc, "-print-file-name=" + name], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.strip()
    if not os.path.isabs(path):
        pytest.skip("the cross compiler has no %s" % name)
    assert compare(ia_dis, tmp_path, objdump("-d", path)) > 10000

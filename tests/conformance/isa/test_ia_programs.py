# SPDX-License-Identifier: GPL-2.0-or-later
"""Bare programs on the processor: what they print is what an independent simulator printed.

asm/programs.list says what there is, build.py how the programs and the expected output were made.
"""
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import programs  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("XC_BUILD", ROOT / "build"))
PROGRAMS = programs.all_programs()


def difference(got, want):
    """The first lines that differ, and what stood before them."""
    for number, (a, b) in enumerate(zip(got, want)):
        if a != b:
            before = "".join("    %s\n" % line for line in want[max(0, number - 8):number])
            return "line %d of %d:\n%s  is %s\n  not %s" % (number + 1, len(want), before, a, b)
    return "%d lines, not %d; the last is %s" % (len(got), len(want), got[-1:])


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_output(program):
    done = subprocess.run([BUILD / "xc-run", "--builder", "hpsim", "--memory", "64", "--timeout", "60",
                           program.binary], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120)
    got = done.stdout.decode("ascii", "replace").replace("\r", "").splitlines()
    want = program.expected.read_text().splitlines()
    assert got == want, difference(got, want) + "\n" + done.stderr.decode("utf-8", "replace")
    assert done.returncode == 0


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_built_from_these_sources(program):
    assert programs.hashes().get(program.name) == program.hash(), "run build.py " + program.name


def test_nothing_is_left_over():
    names = {p.name for p in PROGRAMS}
    assert {p.stem for p in programs.BUILT.iterdir() if p.suffix} == names

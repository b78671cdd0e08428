# SPDX-License-Identifier: GPL-2.0-or-later
"""ia_gen.py must refuse tables that are wrong, naming file and line, and leave no output."""
import pathlib
import subprocess
import sys

import pytest

CPU = pathlib.Path(__file__).resolve().parents[3] / "vmm/cpu"

HEAD = """\
set sf 00c00000000 sf .s0:0 .s1:400000000
set h  00000003000 -  -:0 .x:1000
operand R1  r1  7:6  u r
operand R2  r2  7:13 u r
operand R3  r3  7:20 u r
operand X2  r2  7:20 u r
operand IMM imm 7:13 s dec
"""
GOOD = HEAD + "row A add 10000000000 1eff8000000 R1=R2,R3 add -\n"
LINE = HEAD.count("\n") + 1     # of the first row


def generate(tmp_path, text):
    (tmp_path / "t.tab").write_text(text)
    outs = [tmp_path / "ops.h", tmp_path / "table.inc"]
    done = subprocess.run([sys.executable, CPU / "ia_gen.py", tmp_path / "t.tab", *outs],
                          stderr=subprocess.PIPE, text=True)
    return done.returncode, done.stderr, outs


def test_accepts_a_good_table(tmp_path):
    code, errors, outs = generate(tmp_path, GOOD)
    assert (code, errors) == (0, "")
    assert "IA_OP_ADD," in outs[0].read_text() and '"add"' in outs[1].read_text()


def test_accepts_the_real_table(tmp_path):
    code, errors, _ = generate(tmp_path, (CPU / "ia64.tab").read_text())
    assert (code, errors) == (0, "")


@pytest.mark.parametrize("added, message", [
    ("row A sub 10000000000 1e000000000 R1=R2,R3 sub -", "'sub' overlaps 'add'"),
    ("row M sub 10000000000 1e000000000 R1=R2,R3 sub -", "'sub' overlaps 'add'"),
    ("row A sub 12000000000 10000000000 R1=R2,R3 sub -", "match has bits outside the mask"),
    ("row A sub 30000000000 1e000000000 R1=R2,R3 sub -", "more than 41 bits"),
    ("row A sub 1200000000g 1e000000000 R1=R2,R3 sub -", "bad number"),
    ("row Q sub 12000000000 1e000000000 R1=R2,R3 sub -", "unknown unit 'Q'"),
    ("row A sub 12000000000 1e000000000 R1=R9,R3 sub -", "unknown operand 'R9'"),
    ("row A sub 12000000000 1e000000000 R1=R2,IMM sub -", "lies on fixed bits or another operand"),
    ("row A sub 12000000000 1e0000000c0 R1=R2,R3 sub -", "lies on fixed bits or another operand"),
    ("row A sub 12000000000 1e000000000 R1=R2,X2 sub -", "share field r2"),
    ("row A sub 12000000000 1e000000000 R1=R2,R3 sub fast", "unknown trait 'fast'"),
    ("row A sub 12000000000 1e000000000 R1=R2,R3 Sub -", "bad operation name"),
    ("row A sub 12000000000 1e000000000 R1=R2,R3 add priv", "traits of 'add' differ"),
    ("row A sub 12000000000 1e000000000 R1=R2,R3 sub", "row needs"),
    ("row A sub{y} 12000000000 1e000000000 R1=R2 sub -", "unknown set '{y}'"),
    ("row A sub{h} 12000002000 1e000003000 R1=R3 sub -", "set 'h' lies on fixed bits"),
    ("alias A sub 10000000000 1c000000000 R1=R2 -", "not part of the row above"),
    ("alias A sub 10000100000 1eff8100000 R1=IMM -", "is not decoded by the row above"),
    ("alias A sub 10000000000 1effbf00000 R1=R2 if:late", "alias needs"),
    ("operand R1 r1 7:6 u r", "'R1' is defined twice"),
    ("operand R4 r4 7:6 u r", "unknown field 'r4'"),
    ("operand R4 r1 7:35 u r", "outside the slot"),
    ("operand R4 imm 4:6,4:8 u dec", "used twice"),
    ("operand R4 cnt 2:6 map:1,2,3 dec", "does not cover"),
    ("operand R4 cnt 2:6 u*2 dec", "bad value rule"),
    ("operand R4 cnt 2:6 u octal", "unknown way to print"),
    ("set sf 00c00000000 - .s0:0 .s1:400000000", "'sf' is defined twice"),
    ("set s2 00000001000 - -:0 .y:2000", "outside the set's mask"),
    ("set s2 00000003000 - -:0 .y:0", "has the bits of an earlier suffix"),
    ("rwo A sub 12000000000 1e000000000 R1=R2,R3 sub -", "unknown line 'rwo'"),
])
def test_refuses(tmp_path, added, message):
    code, errors, outs = generate(tmp_path, GOOD + added + "\n")
    assert code == 1
    assert message in errors
    assert "t.tab:%d: " % (LINE + 1) in errors
    assert not any(path.exists() for path in outs)


def test_missing_table(tmp_path):
    done = subprocess.run([sys.executable, CPU / "ia_gen.py", tmp_path / "none", tmp_path / "a", tmp_path / "b"],
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "none" in done.stderr

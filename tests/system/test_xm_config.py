# SPDX-License-Identifier: GPL-2.0-or-later
"""Configuration files: tests/system/cfg/pass-*.cfg must give their .ok on `xm create -n`, fail-*.cfg theirs.

The .ok of a passing file is standard output, then "---" and standard error if there is any. The .ok
of a failing one is standard error. A line "# args: ..." in a file adds to the command line.
"""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

CFG = pathlib.Path(__file__).with_name("cfg")
FILES = sorted(CFG.glob("*.cfg"))


def dryrun(build, cwd, name, *args):
    env = {"PATH": os.environ["PATH"], "HOME": str(cwd), "XEND_ROOT": str(cwd / "root"), "XC_TEST": "from-env"}
    if "ASAN_OPTIONS" in os.environ:
        env["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"]
    return subprocess.run([build / "xm", "create", "-n", name, *args], cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)


@pytest.fixture
def place(tmp_path):
    """A directory with files that configurations may name as kernel and ramdisk."""
    (tmp_path / "vmlinuz").write_bytes(b"k")
    (tmp_path / "initrd.img").write_bytes(b"r")
    (tmp_path / "root" / "etc").mkdir(parents=True)
    return tmp_path


def unplaced(text, place):
    """Name the directory @DIR@, and undo the line breaks that a long name of it brought."""
    return re.sub(r"\((\w+)\n +(@DIR@\S*)\n +\)", r"(\1 \2)", text.replace(str(place), "@DIR@"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_golden(build, place, path):
    shutil.copy(path, place)
    args = [line[8:].split() for line in path.read_bytes().decode("latin-1").splitlines() if line.startswith("# args: ")]
    done = dryrun(build, place, path.name, *sum(args, []))
    got = done.stderr if path.name.startswith("fail-") else done.stdout + ("---\n" + done.stderr if done.stderr else "")
    got = unplaced(got, place)
    ok = path.with_suffix(".ok")
    if os.environ.get("XC_GOLDEN") == "write":
        ok.write_text(got)
    assert done.returncode == (1 if path.name.startswith("fail-") else 0), done
    assert got == ok.read_text()
    if path.name.startswith("fail-"):
        assert got.startswith("Error: ") or "\nError: " in got
        assert done.stdout in ("", f'Using config file "{path.name}".\n')


def test_there_are_both_kinds():
    assert len(list(CFG.glob("pass-*.cfg"))) >= 8 and len(list(CFG.glob("fail-*.cfg"))) >= 10


def test_search_path(build, place):
    (place / "dir").mkdir()
    (place / "dir" / "g.cfg").write_text("kernel = 'vmlinuz'\n")
    done = dryrun(build, place, "g.cfg", "--path=nowhere:dir")
    assert done.stdout.startswith('Using config file "dir/g.cfg".\n')
    shutil.copy(place / "dir" / "g.cfg", place / "root" / "etc" / "h.cfg")
    assert f'Using config file "{place}/root/etc/h.cfg".' in dryrun(build, place, "h.cfg").stdout


def test_last_word_is_the_file_and_options_mix(build, place):
    (place / "a.cfg").write_text("kernel = 'vmlinuz'\n")
    (place / "b.cfg").write_text("kernel = 'vmlinuz'\n")
    done = dryrun(build, place, "a.cfg", "memory=5", "b.cfg", "-q")
    assert done.stdout.startswith("(vm\n    (name b.cfg)\n    (memory 5)\n")


def test_kernel_beside_the_file(build, place):
    """A relative path that is not there from here may be there from the file."""
    (place / "sub").mkdir()
    (place / "sub" / "k2").write_bytes(b"")
    (place / "sub" / "g.cfg").write_text("kernel = 'k2'\n")
    assert "(kernel @DIR@/sub/k2)" in unplaced(dryrun(build, place, "sub/g.cfg").stdout, place)


def test_xendomains_finds_the_name(build, place):
    """The init script reads a line that ends in (name X)."""
    (place / "g.cfg").write_text("kernel = 'vmlinuz'\nname = 'web01'\n")
    done = dryrun(build, place, "--quiet", "--defconfig", "g.cfg")
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.endswith("(name web01)")] and lines[0] == "(vm" and lines[-1] == ")"


def test_demo_configuration(build, tmp_path):
    root = CFG.parents[2]
    (tmp_path / "mini-ia64.gz").write_bytes(b"")
    shutil.copy(root / "config" / "demo.cfg", tmp_path)
    done = dryrun(build, tmp_path, "demo.cfg")
    assert done.returncode == 0 and done.stderr == ""
    out = unplaced(done.stdout, tmp_path)
    assert "(name demo)" in out and "(kernel @DIR@/mini-ia64.gz)" in out


@pytest.mark.parametrize("text", ["x = 'a' * 10**9\n", "x = [0] * 10**9\n", "x = 'a'\n" + "x = x + x\n" * 60,
                                  "x = [1]\n" + "x = [x, x]\n" * 60 + "y = str(x)\n", "x = " + "(" * 5000,
                                  "x = 1 if 1 else " * 500 + "1\n", "x = range(10**12)\n", "x = '%999999999d' % 1\n",
                                  "x = '" + "a" * 1100000 + "'\n", "x = 10 ** 10 ** 10\n", "x = 1 << 10**10\n",
                                  "a = 'a' * 1000000\nb = a.replace('a', a)\n", "x = -" + "-" * 5000 + "1\n",
                                  "a = [1]\na.append(a)\nb = repr(a)\n", "\0", "x = '\xff\n"],
                         ids=lambda t: t[:20].encode("unicode_escape").decode())
def test_bombs_end_soon(build, place, text):
    (place / "bomb.cfg").write_text(text, encoding="latin-1")
    done = dryrun(build, place, "bomb.cfg")
    assert done.returncode == 1 and done.stderr.startswith("Error: "), done


def test_long_but_harmless(build, place):
    text = "kernel = 'vmlinuz'\nmemory = 1" + " + 1" * 100000 + "\nvcpus = (" + " * ".join(["1"] * 1000) + ")\n"
    (place / "long.cfg").write_text(text + "name = 'a' \\\n" + "  'b' \\\n" * 1000 + "  'c'\n")
    done = dryrun(build, place, "long.cfg")
    assert done.returncode == 0 and "(memory 100001)" in done.stdout, done.stderr


def test_control_characters_do_not_reach_the_terminal(build, place):
    (place / "esc.cfg").write_bytes(b"x = '\x1b]0;title\x07' + $ + 'caf\xe9'\n")
    done = dryrun(build, place, "esc.cfg")
    assert "\x1b" not in done.stderr and "\x07" not in done.stderr and "esc.cfg:1:20" in done.stderr
    (place / "esc.cfg").write_bytes(b"x = int('\x1b[2J')\n")
    assert "\x1b" not in dryrun(build, place, "esc.cfg").stderr


def test_not_readable_as_configuration(build, place):
    (place / "x.cfg").write_text("<?xml version='1.0'?>\n")
    assert "XML" in dryrun(build, place, "x.cfg").stderr
    (place / "d.cfg").mkdir()
    assert dryrun(build, place, "d.cfg").stderr.startswith("Error: ")
    (place / "e.cfg").write_text("")
    assert "there is no kernel" in dryrun(build, place, "e.cfg").stderr


def test_help_config_lists_variables(build, tmp_path):
    done = subprocess.run([build / "xm", "create", "--help_config"], stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0
    for name in ["kernel", "memory", "vif", "on_crash", "device_model"]:
        assert f"  {name} " in done.stdout

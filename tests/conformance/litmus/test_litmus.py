# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs for several processors: what the memory model forbids does not happen, semaphores count,
interrupts arrive, global purges and changed code are seen."""
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "isa"), str(HERE / "asm")]
sys.dont_write_bytecode = True
import gen_litmus  # noqa: E402
import programs  # noqa: E402

ROOT = HERE.parents[2]
BUILD = pathlib.Path(os.environ.get("XC_BUILD", ROOT / "build"))
PROGRAMS = programs.all_programs(HERE)
TOTAL = gen_litmus.ROUNDS * gen_litmus.INSTANCES


def run(name, nr_cpus, builder="hpsim"):
    """What it prints, as numbers, without SAL's status."""
    done = subprocess.run([BUILD / "xc-run", "--builder", builder, "--memory", "64", "--vcpus", str(nr_cpus),
                           "--extra", str(nr_cpus), "--timeout", "60", HERE / "programs" / (name + ".gz")],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=90)
    lines = done.stdout.decode("ascii", "replace").split()
    assert done.returncode == 0 and lines[-1:] == ["end"], (done.returncode, lines, done.stderr.decode())
    values = [int(line, 16) for line in lines[:-1]]
    assert values[0] == 0
    return values[1:]


@pytest.mark.parametrize("nr_cpus", [2, 4])
@pytest.mark.parametrize("name", gen_litmus.TESTS)
def test_outcomes(name, nr_cpus):
    threads, forbidden = gen_litmus.TESTS[name]
    if len(threads) > nr_cpus:
        pytest.skip("needs %d processors" % len(threads))
    values = run(name, nr_cpus)
    seen = {outcome: count for outcome, count in zip(values[::2], values[1::2])}
    assert sum(seen.values()) == TOTAL
    bad = [(gen_litmus.decode(name, o), n) for o, n in seen.items()
           if forbidden and forbidden(**gen_litmus.decode(name, o))]
    assert not bad


@pytest.mark.parametrize("nr_cpus", [1, 2, 4])
def test_counters(nr_cpus):
    n = 5000 * nr_cpus
    assert run("count", nr_cpus) == [n, 4 * n, n & 0xff, n, n, n, n, n, n, 2 * n]


@pytest.mark.parametrize("nr_cpus", [1, 2, 4])
def test_interrupts_between_processors(nr_cpus):
    assert run("ipi", nr_cpus) == [400] + [0x92320f0f] * nr_cpus


@pytest.mark.parametrize("nr_cpus", [2, 4])
@pytest.mark.parametrize("name", ["code", "ptc"])
def test_no_stale_code_or_translation(name, nr_cpus):
    assert run(name, nr_cpus) == [200] + [0] * nr_cpus


@pytest.mark.parametrize("nr_cpus", [2, 4])
@pytest.mark.parametrize("name", ["iriw", "cmp8xchg16", "count", "ipi", "code", "ptc"])
def test_thread_sanitizer_is_silent(name, nr_cpus, tmp_path):
    build = BUILD / "tsan"
    if not (build / "xen-vmm").exists():
        pytest.skip("no programs with the thread sanitizer: make test builds them")
    env = dict(os.environ, TSAN_OPTIONS=f"log_path={tmp_path}/report")
    subprocess.run([build / "xc-run", "--no-sandbox", "--builder", "hpsim", "--memory", "64", "--vcpus", str(nr_cpus),
                    "--extra", str(nr_cpus), "--timeout", "100", HERE / "programs" / (name + ".gz")], env=env,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True, timeout=120)
    reports = "".join(path.read_text() for path in tmp_path.iterdir())
    assert not reports, reports


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_built_from_these_sources(program):
    assert programs.hashes(HERE).get(program.name) == program.hash(), \
        "run ../isa/build.py --folder . " + program.name


def test_nothing_is_left_over():
    names = {p.name for p in PROGRAMS}
    assert {p.stem for p in (HERE / "programs").iterdir() if p.suffix} == names
    assert set(gen_litmus.TESTS) < names

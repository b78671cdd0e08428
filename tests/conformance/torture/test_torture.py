# SPDX-License-Identifier: GPL-2.0-or-later
"""GCC's C torture tests on the processor, as full-privilege and as paravirtualized programs.

A spread of the tests, for `make test`; TORTURE=all in the environment runs each at -O0, -O2 and -O3,
which takes an hour or two. Skipped without a cross compiler or GCC's sources: see torture.py.
"""
import io
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import torture  # noqa: E402

ALL = os.environ.get("TORTURE") == "all"
RUNNERS = ["hpsim", "linux"]


def arguments(level, runners, match, every):
    on = [word for runner in runners for word in ("--on", runner)]
    return torture.parser().parse_args(["--opt", level, "--match", match,
                                        "--every", "1" if ALL else str(every), *on])


def check(args):
    out = io.StringIO()
    try:
        results = torture.run_all(args, out)
    except torture.Missing as missing:
        pytest.skip("GCC torture tests: %s" % missing)
    bad = torture.unexpected(results, args.on, torture.expected(args.expect))
    built = [r for tests in results.values() for r in tests.values() if "build" not in r]
    print(out.getvalue())
    assert len(built) > len(results[args.opt]) * 3 // 4, "most tests must be buildable"
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("level", ["O0", "O2", "O3"])
def test_execute(level):
    check(arguments(level, RUNNERS, r"^[^/]*$", 150))


@pytest.mark.parametrize("level", ["O0", "O2", "O3"])
def test_ieee(level):
    check(arguments(level, RUNNERS, r"^ieee/", 12))


def test_a_failing_program_is_seen(tmp_path):
    """A runner under which every program faults or says nothing must not pass."""
    liar = tmp_path / "liar"
    liar.write_text("#!/bin/sh\necho '[exit 134]'\n")
    liar.chmod(0o755)
    args = arguments("O2", [str(liar)], "^20000112-1$", 1)
    try:
        results = torture.run_all(args, io.StringIO())
    except torture.Missing as missing:
        pytest.skip("GCC torture tests: %s" % missing)
    assert torture.unexpected(results, args.on, set()) == ["O2 20000112-1 on %s: exit 134" % liar]

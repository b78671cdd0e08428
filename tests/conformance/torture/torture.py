#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""GCC's C torture execute tests as bare ia64 programs, on our processor and on another simulator.

    torture.py [--opt O0,O2,O3] [--on RUNNER]... [--match REGEX] [--every N] [--jobs N] [--json FILE]

RUNNER is one of
    ski             the Ski simulator: bski on PATH or --ski FILE
    hpsim           xc-run --builder hpsim, full privilege
    linux           xc-run --builder linux, paravirtualized
    FILE            any program that takes the test program as its last argument
A test passes if it links and ends with status 0. With more than one runner, the list at the end has
the tests on which they disagree. The sources come from Debian's package gcc-12-source, or from
--sources DIR (a folder that has gcc.c-torture/execute); the compiler from --cross PREFIX, PATH or
~/.cache/ia64. Exit status: 0 all runners agree and nothing but what --expect lists failed, 1 otherwise,
2 something needed is missing.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TARBALLS = "/usr/src/gcc-12"
EXECUTE = "gcc.c-torture/execute"
# as builtins.exp has them: the tests look at which library functions get called
BUILTIN_FLAGS = ["-fno-tree-dse", "-fno-tree-loop-distribute-patterns"]
LEVELS = {"O0": ["-O0"], "O1": ["-O1"], "O2": ["-O2"], "O3": ["-O3"], "Os": ["-Os"],
          "O3u": ["-O3", "-funroll-loops", "-fmodulo-sched"]}

Test = collections.namedtuple("Test", "name files flags")


class Missing(Exception):
    """Something that has to be installed first; the text says what."""


def find_cross(prefix):
    for p in [prefix] if prefix else ["ia64-linux-gnu-", str(pathlib.Path.home() / ".cache/ia64/ia64/bin/ia64-linux-gnu-")]:
        if shutil.which(p + "gcc"):
            return p
    raise Missing("no ia64 cross compiler: ia64-linux-gnu-gcc is neither on PATH nor in ~/.cache/ia64")


def find_sources(folder, cache):
    """The folder with gcc.c-torture, unpacked once into cache if only the package is there."""
    if folder:
        return pathlib.Path(folder)
    unpacked = cache / "testsuite"
    if (unpacked / EXECUTE).is_dir():
        return unpacked
    tarballs = sorted(pathlib.Path(TARBALLS).glob("gcc-12*.tar.xz"))
    if not tarballs:
        raise Missing("no GCC tests: install Debian's gcc-12-source, or give --sources")
    part = cache / "testsuite.part"
    shutil.rmtree(part, ignore_errors=True)
    with tarfile.open(tarballs[0]) as tar:
        for member in tar:
            at = member.name.find("/testsuite/" + EXECUTE)
            if at >= 0 and (member.isfile() or member.isdir()):
                member.name = member.name[at + len("/testsuite/"):]
                tar.extract(member, part)
    part.rename(unpacked)
    return unpacked


def directive_flags(text):
    """Options of dg-options and dg-additional-options, unless for some other target only."""
    flags = []
    for m in re.finditer(r'\{\s*dg-(?:additional-)?options\s+\{?\s*"([^"]*)"\s*\}?\s*(\{[^}]*\}?)?', text):
        if not m[2] or "target" not in m[2] or "ia64" in m[2]:
            flags += m[1].split()
    return flags


def collect(sources, match):
    tests = []
    base = sources / EXECUTE
    for path in sorted(base.glob("*.c")) + sorted((base / "ieee").glob("*.c")):
        tests.append(Test(str(path.relative_to(base))[:-2], [path], directive_flags(path.read_text("latin-1"))))
    for path in sorted((base / "builtins").glob("*.c")):
        if not path.stem.endswith("-lib"):
            files = [path, path.with_name(path.stem + "-lib.c"), base / "builtins/lib/main.c"]
            script = path.with_suffix(".x")     # says nothing but: set additional_flags ...
            more = re.findall(r"additional_flags\s+([^\s\"]+)", script.read_text()) if script.exists() else []
            tests.append(Test("builtins/" + path.stem, files, BUILTIN_FLAGS + more))
    return [t for t in tests if re.search(match, t.name)]


class Builder:
    def __init__(self, cross, folder):
        self.cross, self.folder = cross, folder
        self.objects = [folder / "crt0.o", folder / "rt.o"]
        self.compile(["-c", HERE / "crt0.S", "-o", self.objects[0]])
        self.compile(["-O2", "-fno-builtin", "-c", HERE / "rt.c", "-o", self.objects[1]])

    def compile(self, args):
        return subprocess.run([self.cross + "gcc", "-w", *args], check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120)

    def build(self, test, level):
        """The program, or None and why it could not be made."""
        out = self.folder / ("%s-%s" % (test.name.replace("/", "_"), level))
        flags = ["-static", "-nostdlib", "-nostartfiles", "-Wl,--no-warn-rwx-segments", "-z", "max-page-size=0x1000",
                 "-T", HERE / "program.ld"]
        try:
            self.compile([*LEVELS[level], *test.flags, *flags, self.objects[0], *test.files, self.objects[1],
                          "-lgcc", "-o", out])
        except subprocess.CalledProcessError as failed:
            text = failed.stdout.decode("utf-8", "replace")
            why = re.search(r"undefined reference to `([^']*)'|error: (.*)", text)
            return None, (why[1] or why[2]) if why else text[-200:]
        except subprocess.TimeoutExpired:
            return None, "compiler timed out"
        return out, ""


def command_of(runner, args):
    if runner == "ski":
        ski = args.ski or shutil.which("bski")
        if not ski:
            raise Missing("no bski on PATH: give --ski")
        return [ski, "-forcesystem", "-noconsole", "-nonet"]
    if runner in ("hpsim", "linux"):
        xc_run = pathlib.Path(os.environ.get("XC_BUILD", ROOT / "build")) / "xc-run"
        if not xc_run.exists():
            raise Missing("%s is not built" % xc_run)
        return [xc_run, "--builder", runner, "--memory", "192", "--timeout", str(args.timeout)]
    return [runner]


def run_program(command, program, timeout):
    """"exit N", "fault VECTOR ISR IIP", or what else became of it."""
    try:
        done = subprocess.run([*command, program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout)
    except subprocess.TimeoutExpired:
        return "timeout"
    text = done.stdout.decode("latin-1")
    found = re.findall(r"\[(exit \d+)\]|(fault(?: [0-9a-f]{16})+)", text)
    if found:
        return found[-1][0] or found[-1][1]
    return "no end, status %d: %s" % (done.returncode, text[-100:].strip())


def run_test(builder, test, level, commands, timeout):
    program, why = builder.build(test, level)
    if not program:
        return {"build": why}
    results = {name: run_program(command, program, timeout) for name, command in commands.items()}
    program.unlink()
    return results


def run_all(args, out=sys.stdout):
    """{level: {test: {runner: result}}}"""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "xc-torture"
    cache.mkdir(parents=True, exist_ok=True)
    commands = {runner: command_of(runner, args) for runner in args.on}
    cross = find_cross(args.cross)
    tests = collect(find_sources(args.sources, cache), args.match)[::args.every]
    results = {}
    with tempfile.TemporaryDirectory(prefix="torture-") as folder, \
            concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        builder = Builder(cross, pathlib.Path(folder))
        for level in args.opt.split(","):
            jobs = {t.name: pool.submit(run_test, builder, t, level, commands, args.timeout) for t in tests}
            results[level] = {name: job.result() for name, job in jobs.items()}
            summary(level, results[level], args.on, out)
    return results


def summary(level, results, runners, out):
    linked = {name: r for name, r in results.items() if "build" not in r}
    print("%s: %d tests, %d cannot be built" % (level, len(results), len(results) - len(linked)), file=out)
    for runner in runners:
        good = sum(r[runner] == "exit 0" for r in linked.values())
        print("  %-8s %d of %d pass" % (runner, good, len(linked)), file=out)
    for name, r in linked.items():
        if any(r[x] != "exit 0" for x in runners):
            print("    %-40s %s" % (name, ", ".join("%s: %s" % (x, r[x]) for x in runners)), file=out)
    out.flush()


def parser():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--opt", default="O2", help="comma-separated: " + " ".join(LEVELS))
    p.add_argument("--on", action="append", default=[], metavar="RUNNER")
    p.add_argument("--match", default="", metavar="REGEX")
    p.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth test")
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--timeout", type=int, default=60, metavar="SECONDS")
    p.add_argument("--json", metavar="FILE")
    p.add_argument("--expect", default=HERE / "expected-failures", metavar="FILE")
    p.add_argument("--ski")
    p.add_argument("--cross")
    p.add_argument("--sources")
    return p


def expected(path):
    """{(level or "*", test)}: tests an independent simulator fails as well, with the reason beside."""
    lines = [line.split("#")[0].split() for line in open(path)]
    return {tuple(words[:2]) for words in lines if words}


def unexpected(results, runners, known):
    bad = []
    for level, tests in results.items():
        for name, r in tests.items():
            if "build" not in r and (level, name) not in known and ("*", name) not in known:
                bad += ["%s %s on %s: %s" % (level, name, x, r[x]) for x in runners if r[x] != "exit 0"]
    return bad


def main():
    args = parser().parse_args()
    args.on = args.on or ["hpsim"]
    try:
        results = run_all(args)
    except Missing as missing:
        print("torture:", missing, file=sys.stderr)
        return 2
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(results, indent=1))
    bad = unexpected(results, args.on, expected(args.expect))
    for line in bad:
        print("unexpected:", line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

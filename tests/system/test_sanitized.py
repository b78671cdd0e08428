# SPDX-License-Identifier: GPL-2.0-or-later
"""One full life of a domain that no sanitizer and no memcheck has anything to say about.

Programs with address and undefined-behaviour sanitizers come from BUILD/san (`make test` builds
them). A report ends the program with status 99 and is written below the test's own directory, or
by a sandboxed xen-vmm, which can open no file, to its standard error: xend's log.
"""
import pathlib
import re
import shutil
import subprocess
import time

import pytest
from conftest import GUEST, Daemon

REPORT = re.compile(r"ERROR: \w+Sanitizer|runtime error:|Can't open file|==\d+==")
# the restart of a reboot shall not wait for the interval that stops crash loops
CONFIG = "(restart-min-interval 0)\n"


def life(daemon):
    """All that a user does with a domain: boot, dialogue, pause, reboot, death of the daemon, end."""
    (daemon.root / "etc").mkdir()
    (daemon.root / "etc/xend-config.sxp").write_text(CONFIG)
    daemon.start()
    daemon.create("web", memory=32, vcpus=2)
    daemon.create("bare", builder="hpsim", on_crash="preserve")
    daemon.wait_console("web", "mini-ia64 ready", timeout=60)
    daemon.wait_console("web", "forty-two", text="mem\nevent\nuptime\necho forty-two\n", timeout=60)
    daemon.wait_console("bare", "mini-ia64 ready", timeout=60)
    daemon.ok("pause", "web")
    assert daemon.state("web") == "--p---"
    daemon.ok("unpause", "web")
    daemon.ok("reboot", "-w", "web", timeout=90)
    daemon.wait_console("web", "mini-ia64 ready", timeout=60)
    for args in (("list", "--long"), ("list", "--json"), ("info",), ("dmesg",), ("log",), ("uptime",),
                 ("vcpu-list", "web"), ("rename", "bare", "hp")):
        daemon.ok(*args)
    bad = daemon.xm("create", daemon.config("bad", kernel="/dev/null"))
    assert bad.returncode == 1 and "Error: " in bad.stderr
    daemon.kill9()
    daemon.start()
    assert sorted(daemon.names()) == ["Domain-0", "hp", "web"]
    daemon.wait_console("web", "still here", text="echo still here\n", timeout=60)
    daemon.xm("console", "-q", "--until", "never", "--timeout", "3", "hp", text="crash null\n")
    assert daemon.state("hp") == "----c-"
    daemon.ok("destroy", "hp")
    daemon.ok("shutdown", "-w", "web", timeout=90)
    assert daemon.names() == ["Domain-0"]
    pid = daemon.pid()
    assert daemon.stop().returncode == 0
    for _ in range(400):                         # leaks are looked for after the last lock is given up
        if not pathlib.Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"xend {pid} does not end")


def reports(folder):
    return "\n".join(f"{p.name}:\n{p.read_text()}" for p in sorted(folder.iterdir()) if p.stat().st_size)


class Sanitized(Daemon):
    """Programs that exit with 99 after a report; such a status fails any command."""

    def __init__(self, build, root):
        super().__init__(build, root)
        self.reports = self.root / "reports"
        self.reports.mkdir()
        options = f"log_path={self.reports}/san:exitcode=99"
        self.env |= {"ASAN_OPTIONS": f"{options}:detect_leaks=1:abort_on_error=0",
                     "UBSAN_OPTIONS": f"{options}:print_stacktrace=1", "LSAN_OPTIONS": "report_objects=1"}

    def run(self, *cmd, **kw):
        done = super().run(*cmd, **kw)
        assert done.returncode != 99, f"{cmd}: {done.stderr}\n{reports(self.reports)}"
        return done


class Memcheck(Sanitized):
    """xm and xend under valgrind; xen-vmm, their grandchild, is not: its sandbox would forbid it."""
    trace = "no"

    def run(self, *cmd, **kw):
        return super().run("valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
                           "--errors-for-leak-kinds=definite,possible", f"--trace-children={self.trace}",
                           f"--log-file={self.reports}/vg.%p", *cmd, **kw)


class MemcheckAll(Memcheck):
    trace = "yes"


@pytest.fixture(scope="session")
def san(build):
    path = build / "san"
    if not (path / "xen-vmm").exists():
        pytest.skip(f"{path}/xen-vmm is missing: `make test` builds it")
    return path


@pytest.fixture(scope="session")
def valgrind():
    if not shutil.which("valgrind"):
        pytest.skip("valgrind is not installed")


def silent(daemon):
    assert reports(daemon.reports) == ""
    found = [line for line in daemon.log().splitlines() if REPORT.search(line)]
    assert not found, "\n".join(found)


def finish(daemon):
    """After a failed life: nothing may stay behind, the fixture `root` looks."""
    daemon.env |= {"ASAN_OPTIONS": "detect_leaks=0"}
    for name in ("web", "bare", "hp"):
        subprocess.run([daemon.build / "xm", "destroy", name], env=daemon.env, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
    subprocess.run([daemon.build / "xend", "stop"], env=daemon.env, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=False)


def test_sanitizers_are_in(san):
    """The tests below would pass without them, too."""
    for program in ("xm", "xend", "xen-vmm", "xc-run"):
        needed = subprocess.run(["readelf", "-d", san / program], stdout=subprocess.PIPE, text=True, check=True).stdout
        assert "libasan" in needed and "libubsan" in needed, program


@pytest.mark.parametrize("kind", [Sanitized, Memcheck])
def test_life(kind, build, request, root):
    if kind is Sanitized:
        build = request.getfixturevalue("san")
    else:
        request.getfixturevalue("valgrind")
    daemon = kind(build, root)
    try:
        life(daemon)
        silent(daemon)
    finally:
        finish(daemon)


@pytest.mark.parametrize("builder", ["linux", "hpsim"])
@pytest.mark.parametrize("kind", [Sanitized, MemcheckAll])
def test_xc_run(kind, build, request, root, builder):
    """Without its sandbox xen-vmm gives all memory back at its end, and can be asked about leaks."""
    if kind is Sanitized:
        build = request.getfixturevalue("san")
    else:
        request.getfixturevalue("valgrind")
    runner = kind(build, root)
    log = pathlib.Path(root) / "err.log"
    done = runner.run(build / "xc-run", "--no-sandbox", "--builder", builder, "--memory", "32", "--vcpus", "2",
                      "--timeout", "100", "--extra", "mini.run=mem;user;event;alloc;halt", "--log", log, GUEST,
                      timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mini-ia64: power off" in done.stdout
    assert not REPORT.search(done.stderr), done.stderr
    silent(runner)

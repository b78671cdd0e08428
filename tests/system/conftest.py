# SPDX-License-Identifier: GPL-2.0-or-later
"""What every system test stands on: the built programs, and a private daemon of its own.

A test gets a fresh XEND_ROOT, so any number run side by side; whatever a test leaves running or
lying about fails it.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
GUEST = ROOT / "guest" / "mini-ia64.gz"


@pytest.fixture(scope="session")
def build():
    path = pathlib.Path(os.environ.get("XC_BUILD", ROOT / "build"))
    if not (path / "xm").exists():
        pytest.fail(f"{path}/xm is missing: run make first")
    return path


@pytest.fixture(scope="session")
def guest():
    assert GUEST.exists(), f"{GUEST} is missing"
    return GUEST


@pytest.fixture(scope="session")
def shared():
    """The folder with real guests and the cross toolchain; not everybody has it."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not here: tests with real Linux guests are not run")
    return SHARED


def processes_with(text):
    """Pids of processes whose command line or environment names `text`."""
    found = []
    for proc in pathlib.Path("/proc").iterdir():
        if proc.name.isdigit() and int(proc.name) != os.getpid():
            try:
                blob = (proc / "cmdline").read_bytes() + (proc / "environ").read_bytes()
            except OSError:
                continue
            if text.encode() in blob:
                found.append(int(proc.name))
    return found


class Daemon:
    """A private xend with its own XEND_ROOT, and xm to talk to it."""

    def __init__(self, build_dir, root):
        self.build, self.root = build_dir, pathlib.Path(root)
        self.env = dict(os.environ, XEND_ROOT=str(root))
        self.env.pop("XM_SERVER", None)

    def run(self, *cmd, timeout=60, check=False, stdin=subprocess.DEVNULL, cwd=None, text=None, env=None):
        done = subprocess.run([str(c) for c in cmd], env=dict(self.env, **(env or {})), timeout=timeout, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd or ROOT,
                              **({"input": text} if text is not None else {"stdin": stdin}))
        if check and done.returncode:
            raise AssertionError(f"{cmd}: exit {done.returncode}\n{done.stdout}{done.stderr}\n{self.log()}")
        return done

    def xm(self, *args, **kw):
        return self.run(self.build / "xm", *args, **kw)

    def ok(self, *args, **kw):
        """xm that must succeed; its stdout."""
        return self.xm(*args, check=True, **kw).stdout

    def start(self):
        self.run(self.build / "xend", "start", check=True)
        return self

    def stop(self):
        return self.run(self.build / "xend", "stop")

    def pid(self):
        return int((self.root / "run" / "xend.pid").read_text().split()[0])

    def kill9(self):
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        for _ in range(500):
            if not pathlib.Path(f"/proc/{pid}").exists():
                return
            time.sleep(0.01)
        raise AssertionError(f"xend {pid} survives SIGKILL")

    def log(self):
        path = self.root / "log" / "xend.log"
        return path.read_text() if path.exists() else "(no xend.log)"

    def config(self, stem, text="", **variables):
        """Write a domain configuration for the project's own guest."""
        settings = {"kernel": str(GUEST), "memory": 32, "name": stem, **variables}
        path = self.root / f"{stem}.cfg"
        path.write_text("".join(f"{k} = {v!r}\n" for k, v in settings.items()) + text)
        return path

    def create(self, name, *args, **variables):
        self.ok("create", "-q", self.config(name, **variables), *args)
        return name

    def wait_console(self, dom, regex, timeout=20, text=None):
        args = ["console", "-q", "--until", regex, "--timeout", str(timeout), dom]
        done = self.xm(*args, text=text, timeout=timeout + 20) if text is not None else self.xm(*args, timeout=timeout + 20)
        assert done.returncode == 0, f"{regex!r} not seen on {dom} (exit {done.returncode}):\n{done.stdout}{done.stderr}"
        return done.stdout

    def names(self):
        return [line.split()[0] for line in self.ok("list").splitlines()[1:]]

    def state(self, name):
        for line in self.ok("list").splitlines()[1:]:
            fields = line.split()
            if fields[0] == name:
                return fields[4] if len(fields) == 6 else ""
        return None

    def wait_gone(self, name, timeout=20):
        end = time.monotonic() + timeout
        while name in self.names():
            assert time.monotonic() < end, f"{name} is still there:\n{self.ok('list')}"
            time.sleep(0.05)


@pytest.fixture
def root():
    """A short private directory (socket paths have a limit); afterwards nothing of it may run."""
    path = tempfile.mkdtemp(prefix="xend-", dir="/tmp")
    yield path
    for _ in range(100):
        left = processes_with(path)
        if not left:
            break
        time.sleep(0.05)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(path, ignore_errors=True)
    assert not left, f"processes left behind: {left}"


@pytest.fixture
def xend(build, root):
    daemon = Daemon(build, root).start()
    yield daemon
    for name in daemon.names():
        if name != "Domain-0":
            daemon.xm("destroy", name)
    daemon.stop()

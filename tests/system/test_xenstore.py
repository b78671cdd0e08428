# SPDX-License-Identifier: GPL-2.0-or-later
"""XenStore as others see it: the distribution's tools, a client that speaks the bare protocol, and
guests."""
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

import pytest

READ, WATCH, TX_START, TX_END, RELEASE, WRITE, RM, EVENT, ERROR = 2, 4, 6, 7, 9, 11, 13, 15, 16
INTRODUCED = 17


def wait_for(what, timeout=10):
    end = time.monotonic() + timeout
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)


class Store:
    """Debian's xenstore-* commands against one daemon's store."""

    def __init__(self, daemon):
        self.dir = daemon.root / "run" / "xenstored"
        self.env = dict(os.environ, XENSTORED_RUNDIR=str(self.dir), XENSTORED_PATH=str(self.dir / "socket"))
        if not shutil.which("xenstore-ls"):
            pytest.fail("xenstore-utils is missing: make deps")

    def run(self, command, *args):
        return subprocess.run([f"xenstore-{command}", *args], env=self.env, text=True, timeout=20,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)

    def ok(self, command, *args):
        done = self.run(command, *args)
        assert done.returncode == 0, f"{command} {args}: {done.stdout}{done.stderr}"
        return done.stdout

    def read(self, path):
        return self.ok("read", path).rstrip("\n")

    def pid(self):
        return int((self.dir / "xenstored.pid").read_text())


class Raw:
    """A client without a library."""

    def __init__(self, store, name="socket"):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(10)
        self.sock.connect(str(store.dir / name))
        self.events, self.last = [], 0

    def exactly(self, n):
        data = b""
        while len(data) < n:
            part = self.sock.recv(n - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def message(self):
        kind, ident, tx, length = struct.unpack("=IIII", self.exactly(16))
        return kind, ident, tx, self.exactly(length)

    def send(self, kind, payload, tx=0):
        self.last += 1
        self.sock.sendall(struct.pack("=IIII", kind, self.last, tx, len(payload)) + payload)

    def call(self, kind, payload, tx=0):
        self.send(kind, payload, tx)
        while True:
            got, ident, got_tx, data = self.message()
            if got == EVENT:
                self.events.append(data)
                continue
            assert (ident, got_tx) == (self.last, tx)
            return data if got == kind else data.rstrip(b"\0").decode()


@pytest.fixture
def store(xend):
    return Store(xend)


# ---- the distribution's tools ----------------------------------------------------------------------

def test_tools(store):
    store.ok("write", "/test/a", "one", "/test/b", "two words")
    assert store.read("/test/a") == "one"
    assert store.ok("read", "-p", "/test/a") == "/test/a: one\n"
    assert store.ok("list", "/test") == "a\nb\n"
    assert store.ok("ls", "/test") == 'a = "one"\nb = "two words"\n'
    store.ok("chmod", "/test/a", "n0", "r5")
    assert re.search(r'^/test/a = "one" +\(n0,r5\)$', store.ok("ls", "-f", "-p", "/test"), re.M)
    assert store.run("exists", "/test/a").returncode == 0
    store.ok("rm", "-t", "/test/a")
    assert store.run("exists", "/test/a").returncode == 1
    missing = store.run("read", "/test/a")
    assert (missing.returncode, missing.stderr) == (1, "xenstore-read: couldn't read path /test/a\n")
    assert store.read("/local/domain/0/name") == "Domain-0"
    assert store.run("exists", "/tool/xenstored").returncode == 0


def test_long_directory(store):
    for i in range(0, 500, 100):
        store.ok("write", *sum(([f"/many/entry-number-{n}", "x"] for n in range(i, i + 100)), []))
    assert len(store.ok("list", "/many").split()) == 500


def test_watch_tool(store):
    watcher = subprocess.Popen(["xenstore-watch", "-n", "3", "/w"], env=store.env, text=True, stdout=subprocess.PIPE)
    try:
        assert watcher.stdout.readline() == "/w\n"
        store.ok("write", "/w/x", "1")
        assert watcher.stdout.readline() == "/w/x\n"
        store.ok("rm", "/w")
        assert watcher.stdout.readline() == "/w\n"
        assert watcher.wait(10) == 0
    finally:
        watcher.kill()


# ---- the bare protocol -----------------------------------------------------------------------------

def test_transactions(store):
    one, two = Raw(store), Raw(store)
    assert one.call(WRITE, b"/t/x\0first") == b"OK\0"
    tx = int(one.call(TX_START, b"\0").rstrip(b"\0"))
    assert one.call(READ, b"/t/x\0", tx) == b"first"
    assert one.call(WRITE, b"/t/y\0second", tx) == b"OK\0"
    assert two.call(READ, b"/t/y\0") == "ENOENT"
    assert two.call(READ, b"/t/x\0", tx) == "ENOENT", "transactions are a connection's own"
    assert two.call(WRITE, b"/t/x\0meanwhile") == b"OK\0"
    assert one.call(TX_END, b"T\0", tx) == "EAGAIN"
    assert two.call(READ, b"/t/y\0") == "ENOENT"


def test_bad_messages_cost_only_the_sender(store):
    good = Raw(store)
    for data in (struct.pack("=IIII", READ, 1, 0, 4097), b"\xff" * 64,
                 struct.pack("=IIII", 0xffffffff, 1, 0, 0xffffffff)):
        bad = Raw(store)
        bad.sock.sendall(data)
        with pytest.raises((EOFError, ConnectionResetError)):
            bad.message()
    half = Raw(store)
    half.sock.sendall(struct.pack("=IIII", READ, 1, 0, 100) + b"/a")
    assert good.call(READ, b"/local/domain/0/name\0") == b"Domain-0"
    assert good.call(99, b"") == "ENOSYS"


def test_a_client_that_does_not_read(store):
    """Its answers pile up to a limit; then its requests wait, and nobody else does."""
    good, deaf = Raw(store), Raw(store)
    good.call(WRITE, b"/big\0" + b"x" * 4000)
    deaf.sock.setblocking(False)
    request = struct.pack("=IIII", READ, 1, 0, 5) + b"/big\0"
    with pytest.raises(BlockingIOError):
        for _ in range(200000):
            assert deaf.sock.send(request) > 0
    rss = int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{store.pid()}/status").read())[1])
    assert rss < 64 << 10, f"{rss} KiB"
    assert good.call(READ, b"/local/domain/0/name\0") == b"Domain-0"


def test_read_only_socket(store):
    ro = Raw(store, "socket_ro")
    assert ro.call(READ, b"/local/domain/0/name\0") == b"Domain-0"
    assert ro.call(WRITE, b"/a\0x") == "EROFS"


# ---- domains ---------------------------------------------------------------------------------------

def test_tree_of_a_domain(xend, store):
    watcher = Raw(store)
    watcher.call(WATCH, b"@introduceDomain\0in\0")
    watcher.call(WATCH, b"@releaseDomain\0out\0")
    xend.create("leaf", memory=48)
    home = "/local/domain/1"
    vm = store.read(f"{home}/vm")
    assert re.fullmatch(r"/vm/[0-9a-f-]{36}", vm)
    expected = {"name": "leaf", "domid": "1", "memory/target": str(48 << 10), "cpu/0/availability": "online",
                "console/type": "xenconsoled", "console/port": "2", "store/port": "1"}
    assert {key: store.read(f"{home}/{key}") for key in expected} == expected
    assert store.read(f"{vm}/name") == "leaf" and store.read(f"{vm}/uuid") == vm[4:]
    listing = store.ok("ls", "-f", "-p", "/local/domain")
    assert re.search(rf"^{home} = .*\(n0,r1\)$", listing, re.M)
    assert re.search(rf"^{home}/control = .*\(n1\)$", listing, re.M)
    assert watcher.call(INTRODUCED, b"1\0") == b"T\0"
    xend.wait_console("leaf", "xenstore: name leaf, memory target 49152 KiB, watching control/shutdown")
    xend.ok("rename", "leaf", "twig")
    wait_for(lambda: store.read(f"{home}/name") == "twig")
    xend.ok("destroy", "twig")
    wait_for(lambda: store.run("exists", home).returncode)
    assert store.run("exists", vm).returncode == 1
    assert watcher.call(INTRODUCED, b"1\0") == b"F\0"
    assert b"@introduceDomain\0in\0" in watcher.events[1:] and b"@releaseDomain\0out\0" in watcher.events[1:]


@pytest.mark.parametrize("word,stays", [("shutdown", False), ("reboot", True)])
def test_guest_acknowledges(xend, store, word, stays):
    xend.root.joinpath("etc").mkdir(exist_ok=True)
    xend.root.joinpath("etc/xend-config.sxp").write_text("(restart-min-interval 0)\n")
    os.kill(xend.pid(), signal.SIGHUP)
    wait_for(lambda: "configuration read again" in xend.log())
    xend.create("obeys")
    xend.wait_console("obeys", "watching control/shutdown")
    watcher = Raw(store)
    watcher.call(WATCH, b"/local/domain/1/control/shutdown\0t\0")
    xend.ok(word, "-w", "obeys")
    assert ("obeys" in xend.names()) == stays
    watcher.call(READ, b"/\0")
    changes = [e for e in watcher.events if e.startswith(b"/local/domain/1/control/shutdown\0")]
    assert len(changes) >= 3, f"registered, asked, acknowledged: {watcher.events}"
    assert store.run("exists", "/local/domain/1").returncode == 1


def test_store_is_killed(xend, store):
    """It comes back with what it knew, and guests never notice."""
    xend.create("survivor")
    xend.wait_console("survivor", "watching control/shutdown")
    store.ok("write", "/kept", "yes")
    pid = store.pid()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: store.run("exists", "/kept").returncode == 0 and store.pid() != pid)
    wait_for(lambda: Raw(store).call(INTRODUCED, b"1\0") == b"T\0")
    assert store.read("/local/domain/1/name") == "survivor"
    store.ok("write", "/local/domain/1/control/shutdown", "poweroff")
    xend.wait_gone("survivor")


def test_store_outlives_xend(xend, store):
    xend.create("orphan")
    xend.wait_console("orphan", "mini-ia64 ready")
    pid = store.pid()
    xend.kill9()
    assert store.read("/local/domain/1/name") == "orphan"
    xend.start()
    assert store.pid() == pid
    xend.ok("shutdown", "-w", "orphan")


def test_store_ends_with_the_last_client(build, root):
    from conftest import Daemon
    xend = Daemon(build, root).start()
    store = Store(xend)
    store.ok("write", "/kept", "yes")
    pid = store.pid()
    xend.stop()
    wait_for(lambda: not os.path.exists(f"/proc/{pid}/exe"))    # gone, or a zombie that init has not seen yet
    xend.start()
    assert store.read("/kept") == "yes"
    xend.stop()

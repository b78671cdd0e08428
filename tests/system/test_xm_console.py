# SPDX-License-Identifier: GPL-2.0-or-later
"""The console client against a canned console: --until, limits, ends, terminal mode."""
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time

import pytest
from fake_xend import FakeConsole, FakeXend, domain


@pytest.fixture
def fake(tmp_path):
    server = FakeXend(tmp_path / "s")
    server.domains = [domain("web01", 7)]
    yield server
    server.close()


@pytest.fixture
def console(fake, tmp_path):
    """Start a console with `replay` and a script; domains find it."""
    made = []

    def start(replay=b"", script=None):
        con = FakeConsole(tmp_path / f"c{len(made)}", replay, script)
        made.append(con)
        fake.answers["xend.domain.console"] = {"socket": con.path, "pty": "/dev/pts/0", "log": "/x", "domid": 7,
                                               "name": "web01"}
        return con
    yield start
    for con in made:
        con.close()


@pytest.fixture
def xm(build, fake):
    def run(*args, text=None, **kw):
        source = {"input": text} if text is not None else {"stdin": subprocess.DEVNULL}
        return subprocess.run([build / "xm", "console", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=dict(os.environ, XM_SERVER="httpu://" + fake.path), timeout=30, **source, **kw)
    return run


def later(*chunks, pause=0.05, hold=True):
    """A script that sends chunks, then holds the line until the client leaves (or hangs up)."""
    def script(con, conn):
        for chunk in chunks:
            time.sleep(pause)
            conn.sendall(chunk)
        if hold:
            while data := conn.recv(4096):
                con.received += data
    return script


@pytest.mark.parametrize("chunks,regex", [
    ([b"boot\r\nready\r\n"], "^ready$"),
    ([b"boot\r\nrea", b"dy\r", b"\n"], "^ready$"),
    ([b"a\r\nmini", b"> "], "^mini> $"),
    ([b"x" * 200000 + b"needle"], "needle"),
    ([b"\r\n", b"a\0b"], "^ab$"),
    ([b"a\n\nb"], "^$"),
    ([b"10%\r20%\r", b"100%\r\n"], "100%"),
    ([b"cost: 5 (five)\n"], r"cost: [0-9]+ \(five\)"),
])
def test_until(xm, console, chunks, regex):
    console(b"", later(*chunks))
    done = xm("--until", regex, "--timeout", "20", "web01")
    assert done.returncode == 0, done
    assert done.stdout == b"".join(chunks)[:len(done.stdout)] and done.stderr == b""


def test_until_counts_the_replay(xm, console):
    console(b"mini-ia64 ready\r\nmini> ")
    assert xm("--until", "ready", "--timeout", "20", "web01").returncode == 0


def test_new_forgets_the_replay(xm, console):
    console(b"ready\r\n", later(b"more\r\n", pause=0.6))
    done = xm("--new", "--until", "ready|more", "--timeout", "20", "web01")
    assert (done.returncode, done.stdout) == (0, b"more\r\n")


def test_dialogue(xm, console):
    def script(con, conn):
        while data := conn.recv(4096):
            con.received += data
            if con.received.endswith(b"\n"):
                conn.sendall(b"echo of " + con.received + b"mini> ")
    con = console(b"mini> ", script)
    done = xm("--new", "--until", "^mini> $", "--timeout", "20", "web01", text=b"uptime\n")
    assert (done.returncode, done.stdout, con.received) == (0, b"echo of uptime\nmini> ", b"uptime\n")


def test_timeout(xm, console):
    console(b"nothing of interest\n")
    start = time.monotonic()
    assert xm("--until", "never", "--timeout", "1", "web01").returncode == 4
    assert 0.9 < time.monotonic() - start < 5


def test_timeout_without_until_is_fine(xm, console):
    console(b"hello\n")
    done = xm("--timeout", "1", "web01")
    assert (done.returncode, done.stdout) == (0, b"hello\n")


@pytest.mark.parametrize("args,status", [([], 0), (["--until", "never"], 5), (["--until", "bye"], 0)])
def test_domain_ends(xm, console, args, status):
    console(b"bye\n", later(hold=False))
    done = xm(*args, "--timeout", "20", "web01")
    assert (done.returncode, done.stdout) == (status, b"bye\n")


def test_idle(xm, console):
    con = console(b"> ", later())
    done = xm("--idle", "1", "web01", text=b"x\n")
    assert (done.returncode, done.stdout) == (0, b"> ")
    con.close()
    assert con.received == b"x\n"


def test_much_input_and_output_at_once(xm, console):
    """Echo half a megabyte: neither direction may block the other."""
    def script(con, conn):
        while len(con.received) < 500000:
            data = conn.recv(4096)
            con.received += data
            conn.sendall(data)
        conn.sendall(b"DONE\n")
    text = b"0123456789abcde\n" * 31250
    console(b"", script)
    done = xm("--until", "^DONE$", "--timeout", "25", "web01", text=text)
    assert done.returncode == 0 and done.stdout == text + b"DONE\n"


def test_bad_regex_and_numbers(xm, console):
    console()
    done = xm("--until", "(", "web01")
    assert done.returncode == 1 and done.stderr.startswith(b"Error: --until '(': ")
    done = xm("-n", "1", "web01")
    assert done.returncode == 1 and b"has no console 1" in done.stderr


def test_not_started(xm, fake):
    fake.answers["xend.domain.console"] = {"socket": "", "pty": "", "log": "", "domid": -1, "name": "web01"}
    done = xm("web01")
    assert (done.returncode, done.stderr) == (1, b"Error: Domain 'web01' is not started\n")
    assert xm("-q", "web01").stderr == b""


def test_socket_gone(xm, fake):
    fake.answers["xend.domain.console"] = {"socket": "/nonexistent/console"}
    done = xm("web01")
    assert done.returncode == 1 and b"cannot connect to the console at /nonexistent/console" in done.stderr


def test_stdin_closed(build, fake, console):
    console(b"hi\n", later(b"there\n"))
    done = subprocess.run(["sh", "-c", f"exec {build}/xm console --until there --timeout 20 web01 <&-"],
                          env=dict(os.environ, XM_SERVER="httpu://" + fake.path), stdout=subprocess.PIPE, timeout=30)
    assert (done.returncode, done.stdout) == (0, b"hi\nthere\n")


# ---- with a terminal ----------------------------------------------------------------------------------


class Terminal:
    """xm with a pseudo terminal as standard input, output and error."""

    def __init__(self, build, fake, *args):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.output = b""
        self.proc = subprocess.Popen([build / "xm", *args], stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                     env=dict(os.environ, XM_SERVER="httpu://" + fake.path), start_new_session=True)

    def expect(self, text, timeout=10):
        end = time.monotonic() + timeout
        while text not in self.output:
            ready, _, _ = select.select([self.master], [], [], 0.1)
            if ready:
                self.output += os.read(self.master, 4096)
            assert time.monotonic() < end, (text, self.output)

    def raw(self):
        return not termios.tcgetattr(self.slave)[3] & termios.ICANON

    def type(self, data):
        os.write(self.master, data)

    def end(self):
        status = self.proc.wait(timeout=10)
        restored = termios.tcgetattr(self.slave) == self.before
        os.close(self.master)
        os.close(self.slave)
        return status, restored


def test_terminal_is_raw_and_restored(build, fake, console):
    con = console(b"login: ")
    term = Terminal(build, fake, "console", "web01")
    term.expect(b"Ctrl-]")
    term.expect(b"login: ")
    assert term.raw()
    term.type(b"ro\x03ot\r")                    # Ctrl-C goes to the guest
    time.sleep(0.2)
    term.type(b"tail\x1dnot sent")
    assert term.end() == (0, True)
    con.close()
    assert con.received == b"ro\x03ot\rtail"


def test_quiet_terminal_has_no_hint(build, fake, console):
    console(b"login: ")
    term = Terminal(build, fake, "console", "-q", "web01")
    term.expect(b"login: ")
    assert b"Ctrl-]" not in term.output
    term.type(b"\x1d")
    assert term.end() == (0, True)


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_terminal_is_restored_by_signals(build, fake, console, sig):
    console(b"login: ")
    term = Terminal(build, fake, "console", "web01")
    term.expect(b"login: ")
    term.proc.send_signal(sig)
    assert term.end() == (-sig, True)


def test_terminal_is_restored_when_the_domain_ends(build, fake, console):
    console(b"Power down.\r\n", later(hold=False))
    term = Terminal(build, fake, "console", "web01")
    term.expect(b"Power down.")
    assert term.end() == (0, True)


def test_create_attaches_before_unpausing(build, fake, console, tmp_path):
    """Whatever the guest says first is seen: the socket is connected when unpause is called."""
    order = []

    def script(con, conn):
        order.append("connected")
        while "unpaused" not in order:
            time.sleep(0.01)
        conn.sendall(b"first words\r\n")

    def unpause(dom):
        for _ in range(200):
            if order:
                break
            time.sleep(0.01)
        order.append("unpaused")
    console(b"", script)
    fake.answers["xend.domain.unpause"] = unpause
    (tmp_path / "k").write_bytes(b"")
    (tmp_path / "g.cfg").write_text(f"kernel = '{tmp_path}/k'\n")
    done = subprocess.run([build / "xm", "create", "-c", tmp_path / "g.cfg"], stdin=subprocess.DEVNULL, timeout=30,
                          env=dict(os.environ, XM_SERVER="httpu://" + fake.path), stdout=subprocess.PIPE)
    assert order == ["connected", "unpaused"]
    assert done.returncode == 0
    assert re.search(rb"Started domain g.cfg \(id=42\)\nfirst words\r\n$", done.stdout)

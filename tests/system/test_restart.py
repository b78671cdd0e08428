# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon may die at any time: no guest notices, and the next one knows everything again."""
import os
import re
import signal
import time


def long_sxp(daemon, name):
    text = daemon.ok("list", "--long", name)
    return re.sub(r"\((cpu_time|state|status)[^)]*\)", "", text)


def test_kill_9_harms_no_guest(xend):
    for name in ("one", "two"):
        xend.create(name, memory=48, on_crash="preserve", extra=f"tag={name}")
        xend.wait_console(name, "mini-ia64 ready")
    before = {name: long_sxp(xend, name) for name in ("one", "two")}
    xend.kill9()
    down = xend.xm("list")
    assert down.returncode == 1 and down.stderr.startswith("Error: ")
    xend.start()
    assert {name: long_sxp(xend, name) for name in ("one", "two")} == before
    assert [xend.ok("domid", n).strip() for n in ("one", "two")] == ["1", "2"]
    xend.wait_console("two", "still here", text="echo still here\n")
    xend.create("three")
    assert xend.ok("domid", "three").strip() == "3"


def test_what_ended_while_the_daemon_was_down(xend):
    xend.create("gone", on_poweroff="destroy")
    xend.create("kept", on_crash="preserve")
    xend.create("killed")
    for name in ("gone", "kept", "killed"):
        xend.wait_console(name, "mini-ia64 ready")
    ids = {n: xend.ok("domid", n).strip() for n in ("gone", "kept", "killed")}
    # type while nobody manages: the consoles are the domains' own
    sockets = {n: xend.root / f"run/dom/{i}/console.sock" for n, i in ids.items()}
    pid = int((xend.root / f"run/dom/{ids['killed']}/pid").read_text().split()[0])
    xend.kill9()
    import socket
    for name, command in (("gone", b"halt\n"), ("kept", b"crash\n")):
        con = socket.socket(socket.AF_UNIX)
        con.connect(str(sockets[name]))
        con.sendall(command)
        time.sleep(0.5)
        con.close()
    os.kill(pid, signal.SIGKILL)
    xend.start()
    xend.wait_gone("gone")
    xend.wait_gone("killed")
    assert xend.state("kept") == "----c-"


def test_start_stop_status(xend):
    assert xend.run(xend.build / "xend", "status").returncode == 0
    assert xend.run(xend.build / "xend", "start").returncode == 0     # already running is fine
    xend.create("web")
    assert xend.stop().returncode == 0
    assert xend.run(xend.build / "xend", "status").returncode == 3
    xend.start()
    assert "web" in xend.names()


def test_restart_command(xend):
    xend.create("web")
    old = xend.pid()
    assert xend.run(xend.build / "xend", "restart").returncode == 0
    assert xend.pid() != old and "web" in xend.names()


def test_killed_domain_process_is_a_crash(xend):
    xend.create("web", on_crash="destroy")
    xend.create("other")
    xend.wait_console("other", "mini-ia64 ready")
    os.kill(int((xend.root / "run/dom/1/pid").read_text().split()[0]), signal.SIGKILL)
    xend.wait_gone("web")
    xend.wait_console("other", "fine", text="echo fine\n")

# SPDX-License-Identifier: GPL-2.0-or-later
"""The life of a domain as a user drives it with xm; the guest is the project's own ia64 kernel."""
import json
import pathlib
import re
import socket
import time


def test_create_boot_talk_shutdown(xend):
    out = xend.ok("create", xend.config("web"))
    assert re.fullmatch(r'Using config file ".*web\.cfg"\.\nStarted domain web \(id=1\)\n', out)
    boot = xend.wait_console("web", "mini-ia64 ready")
    assert "xen-3.0-ia64" in boot                   # it found out that it runs on Xen
    answer = xend.wait_console("web", "forty-two", text="echo forty-two\n")
    assert "forty-two" in answer
    out = xend.ok("shutdown", "-w", "web")
    assert out == "Domain web terminated\nAll domains terminated\n"
    assert xend.names() == ["Domain-0"]


def test_list_columns(xend):
    xend.create("web", vcpus=1, memory=64)
    xend.wait_console("web", "mini-ia64 ready")
    lines = xend.ok("list", "web").splitlines()
    assert lines[0] == "Name                                        ID   Mem VCPUs      State   Time(s)"
    assert re.fullmatch(r"web {38}    1    64     1 {5}[r-][b-]----  {3,8}\d+\.\d", lines[1]), lines[1]


def test_list_json_and_long_tell_the_same(xend):
    xend.create("web", memory=64)
    data = {d["name"]: d for d in json.loads(xend.ok("list", "--json"))}
    assert data["web"]["domid"] == 1 and data["Domain-0"]["domid"] == 0
    text = xend.ok("list", "--long", "web")
    assert text.startswith("(domain\n    (domid 1)\n")
    for line in ("(name web)", "(memory 64)", "(on_crash restart)", "(status 2)"):
        assert re.search(rf"^ +{re.escape(line)}$", text, re.M), f"{line} not in\n{text}"


def test_pause_stops_the_guest(xend):
    xend.create("web")
    xend.wait_console("web", "mini-ia64 ready")
    xend.ok("pause", "web")
    assert xend.state("web") == "--p---"
    assert xend.ok("domstate", "web").strip() in ("paused", "paused by admin")
    done = xend.xm("console", "-q", "--new", "--until", "alive", "--timeout", "1", "web", text="echo alive\n")
    assert done.returncode == 4                     # a paused guest answers nothing
    xend.ok("pause", "web")                         # pausing twice is no error
    xend.ok("unpause", "web")
    xend.wait_console("web", "alive")               # what was typed meanwhile arrives now


def test_create_paused_runs_nothing(xend):
    xend.create("web", "-p")
    assert xend.state("web") == "--p---"
    assert float(xend.ok("list", "web").splitlines()[1].split()[5]) == 0.0
    xend.ok("unpause", "web")
    xend.wait_console("web", "mini-ia64 ready")


def test_idle_guest_uses_no_cpu(xend):
    xend.create("web")
    xend.wait_console("web", "mini-ia64 ready")
    time.sleep(0.3)
    data = json.loads(xend.ok("list", "--json", "web"))
    info = [d for d in data if d["name"] == "web"][0]
    assert info["state"] == "-b----"
    before = float(info["cpu_time"])
    time.sleep(1.0)
    after = float([d for d in json.loads(xend.ok("list", "--json", "web")) if d["name"] == "web"][0]["cpu_time"])
    assert after == before


def test_reboot_gives_a_new_id_and_keeps_the_rest(xend):
    xend.root.joinpath("etc").mkdir(exist_ok=True)
    xend.root.joinpath("etc/xend-config.sxp").write_text("(restart-min-interval 0)\n")
    xend.stop()
    xend.start()
    xend.create("web")
    xend.wait_console("web", "mini-ia64 ready")
    uuid = re.search(r"\(uuid (\S+)\)", xend.ok("list", "--long", "web"))[1]
    assert "Domain web rebooted" in xend.ok("reboot", "-w", "web")
    assert xend.ok("domid", "web").strip() == "2"
    assert re.search(r"\(uuid (\S+)\)", xend.ok("list", "--long", "web"))[1] == uuid
    xend.wait_console("web", "mini-ia64 ready")


def test_policies_when_the_guest_ends_by_itself(xend):
    cases = [
        ("halt", {"on_poweroff": "destroy"}, None),
        ("halt", {"on_poweroff": "preserve"}, "---s--"),
        ("crash", {"on_crash": "preserve"}, "----c-"),
        ("crash", {"on_crash": "destroy"}, None),
        ("reboot", {"on_reboot": "destroy"}, None),
    ]
    for nr, (command, policy, state) in enumerate(cases):
        xend.create(f"d{nr}", **policy)
        xend.wait_console(f"d{nr}", "mini-ia64 ready")
        xend.xm("console", "-q", "--until", "never", "--timeout", "5", f"d{nr}", text=command + "\n")
    for nr, (command, policy, state) in enumerate(cases):
        if state is None:
            xend.wait_gone(f"d{nr}")
        else:
            assert xend.state(f"d{nr}").replace("p", "-") == state, (command, policy)
            xend.ok("destroy", f"d{nr}")
    assert xend.names() == ["Domain-0"]


def test_too_fast_restart_is_refused_and_said(xend):
    xend.create("web", on_reboot="restart")
    xend.wait_console("web", "mini-ia64 ready")
    xend.xm("console", "-q", "--until", "never", "--timeout", "5", "web", text="reboot\n")
    xend.wait_gone("web")
    assert "restarting too fast" in xend.log()


def test_names_and_ids(xend):
    xend.create("web")
    assert xend.ok("domid", "web") == "1\n"
    assert xend.ok("domname", "1") == "web\n"
    xend.ok("rename", "web", "shop-2.example")
    assert xend.ok("domname", "1") == "shop-2.example\n"
    again = xend.xm("create", "-q", xend.config("x", name="shop-2.example"))
    assert again.returncode == 1
    assert "already exists" in again.stderr and again.stderr.startswith("Error: ")
    gone = xend.xm("domid", "web")
    assert (gone.returncode, gone.stderr) == (3, "Error: Domain 'web' does not exist.\n")
    xend.ok("destroy", "1")


def test_domain_zero_is_protected(xend):
    for command in ("pause", "destroy", "shutdown"):
        done = xend.xm(command, "0")
        assert done.returncode == 1 and done.stderr.startswith("Error: "), command


def test_console_log_and_pty(xend):
    xend.create("web")
    xend.wait_console("web", "mini-ia64 ready")
    log = pathlib.Path(xend.root, "log/console/guest-web.log").read_text()
    assert "mini-ia64 ready" in log


def test_two_viewers_and_a_stuck_one(xend):
    xend.create("web")
    xend.wait_console("web", "mini-ia64 ready")
    stuck = socket.socket(socket.AF_UNIX)
    stuck.connect(str(xend.root / "run/dom/1/console.sock"))      # never reads
    try:
        xend.wait_console("web", "mini> ", text="help\n")
        for _ in range(3):
            xend.wait_console("web", "again", text="echo again\n")
    finally:
        stuck.close()


def test_info_dmesg_log_uptime(xend):
    xend.create("web")
    info = dict(re.match(r"(\S+) *: (.*)", line).groups() for line in xend.ok("info").splitlines() if ":" in line)
    assert info["machine"] == "ia64" and info["xen_pagesize"] == "16384" and info["xend_config_format"] == "4"
    assert "xen-3.0-ia64" in info["xen_caps"].split()
    for key in ("cores_per_socket", "threads_per_core", "cpu_mhz", "total_memory", "free_memory", "xen_major"):
        assert info[key].isdigit(), key
    assert all(line.startswith("(XEN)") for line in xend.ok("dmesg").splitlines())
    assert "web" in xend.ok("log")
    assert re.search(r"^web +1 +0:00:\d\d$", xend.ok("uptime"), re.M)

# SPDX-License-Identifier: GPL-2.0-or-later
"""xm against a canned daemon: output, exit statuses and error lines of every command."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import xmlrpc.client

import pytest
from fake_xend import FakeXend, domain

GOLDEN_LIST = """\
Name                                        ID   Mem VCPUs      State   Time(s)
Domain-0                                     0   256     2     r-----     12.5
a-name-that-is-longer-than-forty-characters-is-not-cut     9   256     1     --p---      0.0
halted1                                          256     2                12.5
web01                                        7   256     2     -b----     12.5
"""


class Xm:
    def __init__(self, build, fake, tmp):
        self.build, self.fake, self.tmp = build, fake, tmp

    def __call__(self, *args, env=None, **kw):
        env = {**os.environ, "XM_SERVER": "httpu://" + self.fake.path, **(env or {})}
        return subprocess.run([str(self.build / "xm"), *map(str, args)], env=env, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30, cwd=self.tmp, **kw)


@pytest.fixture
def fake(tmp_path):
    server = FakeXend(tmp_path / "s")
    server.domains = [domain("web01", 7), domain("Domain-0", 0, state="r-----"),
                      domain("halted1"),
                      domain("a-name-that-is-longer-than-forty-characters-is-not-cut", 9, vcpus=1, state="--p---",
                             cpu_time=0)]
    yield server
    server.close()


@pytest.fixture
def xm(build, fake, tmp_path):
    return Xm(build, fake, tmp_path)


def failed(done, text, status=1):
    """Non-zero exit, a line starting with Error: on stderr; usage may be on stdout."""
    assert done.returncode == status, done
    assert re.search(r"^Error: ", done.stderr, re.M), done
    assert text in done.stderr, done
    return done


def silent(done):
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done


# ---- list and its relatives ----------------------------------------------------------------------


def test_list_golden(xm):
    done = xm("list")
    assert (done.returncode, done.stdout, done.stderr) == (0, GOLDEN_LIST, "")


def test_list_fields_for_parsers(xm):
    for line in xm("list").stdout.splitlines()[1:]:
        assert len(line.split()) == (4 if line.startswith("halted1") else 6)


def test_list_named_keeps_argument_order(xm, fake):
    lines = xm("list", "web01", "0").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["Name", "web01", "Domain-0"]
    assert fake.calls[0] == ("xend.domain", ["web01", True])


@pytest.mark.parametrize("args", [["6666"], ["web01", "6666"], ["-l", "6666"], ["--json", "6666"]])
def test_list_unknown_prints_only_the_error(xm, args):
    done = failed(xm("list", *args), "Error: Domain '6666' does not exist.\n", 3)
    assert done.stdout == ""


def test_list_long_layout(xm):
    out = xm("list", "-l", "web01").stdout
    lines = out.splitlines()
    assert lines[0] == "(domain" and lines[-1] == ")"
    for line in ["    (domid 7)", "    (name web01)", "    (state -b----)", "    (status 2)"]:
        assert line in lines
    assert lines.index("    (domid 7)") < lines.index("    (name web01)")


def test_list_state_is_passed_on(xm, fake):
    assert xm("list", "--state=Running").returncode == 0
    assert fake.calls[-1] == ("xend.domains_with_state", [True, "running", True])
    failed(xm("list", "--state=running", "web01"), "but not both")


def test_list_json(xm):
    rows = json.loads(xm("list", "--json").stdout)
    assert [r["name"] for r in rows][:1] == ["Domain-0"]
    web, halted = rows[-1], rows[-2]
    assert (web["domid"], web["memory"], web["state"], web["cpu_time"]) == (7, 256, "-b----", 12.5)
    assert halted["domid"] is None and halted["state"] == ""
    full = json.loads(xm("list", "--json", "-l", "web01").stdout)
    assert full[0]["config"]["name"] == "web01" and full[0]["config"]["domid"] == 7


def test_list_pool_and_label(xm):
    assert xm("list", "--pool=nope").stdout == GOLDEN_LIST.splitlines(True)[0]
    failed(xm("list", "--label"), "label")


def test_vcpu_list(xm):
    done = xm("vcpu-list", "web01")
    assert done.stdout == """\
Name                                ID  VCPU   CPU State   Time(s) CPU Affinity
web01                                7     0     3   -b-       8.2 any cpu
web01                                7     1     -   --p       1.5 0-1,3
web01                                7     2                   0.0 no cpus
"""
    listed = xm("list", "-v", "web01")
    assert listed.stdout == done.stdout and "deprecated" in listed.stderr


def test_uptime(xm, fake):
    fake.domains = [domain("web01", 7, start_time=time.time() - 3 * 86400 - 2 * 3600 - 4 * 60 - 8), domain("off")]
    lines = xm("uptime").stdout.splitlines()
    assert lines[0] == "Name                                ID Uptime "
    assert re.fullmatch(r"web01 {28}    7 3 days,  2:04:(07|08|09|10)", lines[1])
    assert xm("uptime", "off").stdout.splitlines()[1].endswith(" 0:00:00")
    assert re.fullmatch(r" \d\d:\d\d:\d\d up 3 days,  2:04, web01 \(7\)\n", xm("uptime", "-s").stdout)
    fake.domains = [domain("web01", 7, start_time=time.time() - 86400 - 5)]
    assert "1 day,  0:00:0" in xm("uptime").stdout


@pytest.mark.parametrize("cmd,arg,out", [("domid", "web01", "7"), ("domid", "halted1", "None"),
                                         ("domname", "7", "web01"), ("domstate", "web01", "idle"),
                                         ("domstate", "halted1", "shutoff"), ("domstate", "Domain-0", "running")])
def test_one_word(xm, cmd, arg, out):
    done = xm(cmd, arg)
    assert (done.returncode, done.stdout) == (0, out + "\n")


@pytest.mark.parametrize("state,word", [("r-----", "running"), ("------", "running"), ("-b----", "idle"),
                                        ("--p---", "paused"), ("---s--", "shutoff"), ("----c-", "crashed"),
                                        ("-----d", "shutdown"), ("---s-d", "shutdown")])
def test_domstate(xm, fake, state, word):
    fake.domains = [domain("x", 1, state=state)]
    assert xm("domstate", "x").stdout == word + "\n"


def test_domstate_paused_by_admin(xm, fake):
    fake.answers["xend.domain.getpauseflag"] = True
    assert xm("domstate", "web01").stdout == "paused by admin\n"


# ---- life cycle ---------------------------------------------------------------------------------


@pytest.mark.parametrize("args,call", [
    (["pause", "web01"], ("xend.domain.pause", ["web01", True])),
    (["unpause", "7"], ("xend.domain.unpause", ["7"])),
    (["destroy", "web01"], ("xend.domain.destroy", ["web01"])),
    (["rename", "web01", "web02"], ("xend.domain.setName", ["web01", "web02"])),
    (["shutdown", "web01"], ("xend.domain.shutdown", ["web01", "poweroff"])),
    (["shutdown", "-H", "web01"], ("xend.domain.shutdown", ["web01", "halt"])),
    (["shutdown", "web01", "--reboot"], ("xend.domain.shutdown", ["web01", "reboot"])),
    (["reboot", "web01"], ("xend.domain.shutdown", ["web01", "reboot"])),
])
def test_changes_are_silent(xm, fake, args, call):
    silent(xm(*args))
    assert fake.calls == [call]


def test_shutdown_wait(xm):
    done = xm("shutdown", "web01", "--wait")
    assert (done.returncode, done.stdout) == (0, "Domain web01 terminated\nAll domains terminated\n")


def test_shutdown_all_takes_paused_ones_too(xm, fake):
    done = xm("shutdown", "-a", "--halt", "--wait")
    assert done.returncode == 0 and done.stdout.endswith("All domains terminated\n")
    stopped = sorted(p[0] for m, p in fake.calls if m == "xend.domain.shutdown")
    assert stopped == ["a-name-that-is-longer-than-forty-characters-is-not-cut", "web01"]


def test_shutdown_wait_preserved_counts_as_terminated(xm, fake):
    fake.answers["xend.domain.shutdown"] = lambda dom, why: fake.domains.__setitem__(0, domain("web01", 7, state="---s--"))
    assert xm("shutdown", "-w", "web01").stdout.startswith("Domain web01 terminated\n")


def test_shutdown_wait_times_out(xm, fake):
    fake.answers["xend.domain.shutdown"] = None
    failed(xm("shutdown", "-w", "--timeout=1", "web01"), "still there after 1 seconds", 4)


def test_reboot_wait(xm, fake):
    counts = iter([5, 5, 5, 6, 6, 6])

    def count(dom):
        n = next(counts, 7)
        if n == 7:                      # the counter moves first, the new number comes later
            fake.domains[0] = domain("web01", 8)
        return min(n, 6)
    fake.answers["xend.domain.getRestartCount"] = count
    fake.answers["xend.domain.shutdown"] = None
    done = xm("reboot", "-w", "web01")
    assert next(counts, None) is None
    assert (done.returncode, done.stdout) == (0, "Domain web01 rebooted\nAll domains rebooted\n")


def test_shutdown_contradictions(xm):
    failed(xm("shutdown", "-H", "-R", "web01"), "Can't specify halt and reboot")
    failed(xm("shutdown", "-a", "web01"), "exclude each other")
    failed(xm("shutdown"), "'xm shutdown' requires 1 arguments.")


# ---- host ---------------------------------------------------------------------------------------


def test_info(xm, fake):
    done = xm("info")
    assert done.stdout.splitlines()[:2] == ["host                   : h", "machine                : ia64"]
    assert "virt_caps              : (none)" in done.stdout
    assert json.loads(xm("info", "--json").stdout)["nr_cpus"] == 4
    xm("info", "-n")
    assert fake.calls[-1] == ("xend.node.info", [True])


def test_info_config(xm, tmp_path):
    conf = tmp_path / "x.sxp"
    conf.write_text("# c\n(xend-unix-server yes)\n(dom0-min-mem 196)\n")
    done = xm("info", "-c", env={"XEND_CONFIG": str(conf)})
    assert done.stdout.splitlines()[0] == "xend-unix-server" + " " * 22 + ": yes"
    failed(xm("info", "-c", env={"XEND_CONFIG": str(tmp_path / "none")}), "none")


def test_dmesg_and_log_are_unescaped(xm, fake):
    assert xm("dmesg").stdout == "(XEN) one\n(XEN) two \\ café \\x41\n"
    assert xm("log").stdout == fake.do_node_log()
    xm("dmesg", "-c")
    assert fake.methods()[-2:] == ["xend.node.dmesg.info", "xend.node.dmesg.clear"]


# ---- create -------------------------------------------------------------------------------------


@pytest.fixture
def cfg(tmp_path):
    (tmp_path / "k").write_bytes(b"x")
    path = tmp_path / "guest.cfg"
    path.write_text("kernel = 'k'\nmemory = 64\n")
    return path


def test_create_calls_in_order(xm, fake, cfg):
    done = xm("create", "guest.cfg", "name=web03")
    assert done.stdout == 'Using config file "guest.cfg".\nStarted domain web03 (id=42)\n' and done.stderr == ""
    assert fake.methods() == ["xend.domain.create", "xend.domain.waitForDevices", "xend.domain.unpause"]
    sxp = fake.calls[0][1][0]
    assert sxp[0] == "vm" and ["name", "web03"] in sxp and ["memory", 64] in sxp


def test_create_quiet_paused(xm, fake, cfg):
    silent(xm("create", "-q", "-p", "--defconfig", cfg))
    assert "xend.domain.unpause" not in fake.methods()
    assert ["name", "guest.cfg"] in fake.calls[0][1][0]


def test_create_failure_destroys(xm, fake, cfg):
    fake.answers["xend.domain.unpause"] = xmlrpc.client.Fault(2, "no room")
    done = failed(xm("create", cfg), "Error: no room\n")
    assert fake.methods()[-1] == "xend.domain.destroy" and "Usage" not in done.stdout


def test_create_duplicate(xm, fake, cfg):
    fake.answers["xend.domain.create"] = xmlrpc.client.Fault(2, "Domain 'web01' already exists with ID '7'")
    done = failed(xm("create", cfg), "Error: Domain 'web01' already exists with ID '7'\n")
    assert fake.methods() == ["xend.domain.create"] and "Usage" not in done.stdout


def test_create_sxp_file(xm, fake, tmp_path):
    (tmp_path / "g.sxp").write_text("(vm (name s) (memory 32) (image (linux (kernel /k))))")
    silent(xm("create", "-q", "-F", "g.sxp"))
    assert fake.calls[0][1][0][1] == ["name", "s"]
    (tmp_path / "g.sxp").write_text("(vm (name s")
    failed(xm("create", "-F", "g.sxp"), "g.sxp")


def test_create_without_file(xm):
    done = failed(xm("create", "nosuch"), "Error: Unable to open config file: nosuch")
    assert "Usage: xm create" in done.stdout
    failed(xm("create"), "Unable to open config file: xmdefconfig")


# ---- words and mistakes ---------------------------------------------------------------------------


def test_help(build, tmp_path):
    def run(*args):
        return subprocess.run([build / "xm", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=dict(os.environ, XEND_ROOT=str(tmp_path)))
    short = run()
    assert short.returncode == 1 and short.stdout.startswith("Usage: xm <subcommand> [args]\n")
    assert "Common 'xm' commands:" in short.stdout
    for args in [["help"], ["help", "--long"], ["help", "nonsense"], ["--help"], ["-h"], ["help", "create"]]:
        full = run(*args)
        assert full.returncode == 0 and "xm full list of subcommands:" in full.stdout, args
    for args in [["list", "--help"], ["list", "x", "-h"], ["create", "--help"]]:
        one = run(*args)
        assert one.returncode == 0 and one.stdout.startswith(f"Usage: xm {args[0]} "), args


@pytest.mark.parametrize("word", ["nosuch", "re", "l", "dom", ""])
def test_unknown_subcommand(xm, word):
    done = failed(xm(word), f"Error: Subcommand {word} not found!\n")
    assert "Common 'xm' commands:" in done.stdout


@pytest.mark.parametrize("word", ["li", "lis", "list"])
def test_prefix(xm, word):
    assert xm(word).stdout == GOLDEN_LIST


ALIASES = {"balloon": "mem-set", "set-vcpus": "vcpu-set", "vif-list": "network-list", "vbd-create": "block-attach",
           "vbd-destroy": "block-detach", "vbd-list": "block-list", "pool-create": "cpupool-create",
           "pool-new": "cpupool-new", "pool-start": "cpupool-start", "pool-list": "cpupool-list",
           "pool-destroy": "cpupool-destroy", "pool-delete": "cpupool-delete", "pool-cpu-add": "cpupool-cpu-add",
           "pool-cpu-remove": "cpupool-cpu-remove", "pool-migrate": "cpupool-migrate"}


@pytest.mark.parametrize("old", ALIASES)
def test_alias(xm, old):
    done = xm(old, "--help")
    assert f"{old} is deprecated.  Please use xm {ALIASES[old]} instead." in done.stderr
    assert done.stdout.startswith(f"Usage: xm {ALIASES[old]}")


@pytest.mark.parametrize("args,text", [
    (["pause"], "'xm pause' requires 1 arguments."),
    (["pause", "a", "b"], "'xm pause' requires 1 arguments."),
    (["rename", "a"], "'xm rename' requires 2 arguments."),
    (["shutdown", "a", "b"], "'xm shutdown' requires between 0 and 1 arguments."),
    (["console"], "'xm console' requires 1 arguments."),
    (["log", "x"], "'xm log' requires 0 arguments."),
    (["save", "a"], "'xm save' requires 2 arguments."),
    (["list", "-x"], "option -x not recognized"),
    (["dmesg", "-x"], "option -x not recognized"),
    (["console", "-x"], "option -x not recognized"),
    (["list", "--foo"], "option --foo not recognized"),
    (["list", "--state"], "option --state requires argument"),
    (["list", "--long=3"], "option --long must not have an argument"),
    (["console", "-n"], "option -n requires argument"),
    (["console", "-n", "x", "web01"], "Invalid argument."),
    (["console", "--timeout=-1", "web01"], "Invalid argument."),
    (["create", "--vnc", "x"], "option --vnc not a unique prefix"),
])
def test_syntax_errors_have_usage(xm, args, text):
    done = failed(xm(*args), "Error: " + text)
    assert f"Usage: xm {args[0]}" in done.stdout


@pytest.mark.parametrize("args", [["pause", "x"], ["unpause", "x"], ["destroy", "6666"], ["domid", "NONAME"],
                                  ["domname", "1492"], ["domstate", "x"], ["rename", "x", "y"], ["shutdown", "x"],
                                  ["shutdown", "-w", "x"], ["reboot", "NONAME"], ["uptime", "x"], ["vcpu-list", "x"]])
def test_no_such_domain(xm, args):
    name = [a for a in args[1:] if not a.startswith("-")][0]
    done = failed(xm(*args), f"Error: Domain '{name}' does not exist.\n", 3)
    assert done.stdout == ""


def test_no_such_domain_console(xm, fake):
    fake.answers["xend.domain.console"] = lambda dom: fake.find(dom)
    failed(xm("console", "5000"), "Error: Domain '5000' does not exist.\n", 3)


def test_fault_text_alone(xm, fake):
    fake.answers["xend.domain.pause"] = xmlrpc.client.Fault(2, "Cannot pause privileged domain Domain-0")
    done = failed(xm("pause", "0"), "Error: Cannot pause privileged domain Domain-0\n")
    assert done.stdout == ""


@pytest.mark.parametrize("cmd,why", [("save a b", "not available yet"), ("migrate --live a b", "not available yet"),
                                     ("tmem-list", "no meaning"), ("pci-list a", "no meaning"),
                                     ("network-show x", "only supported by Xen-API")])
def test_absent_commands_say_so(xm, fake, cmd, why):
    failed(xm(*cmd.split()), why)
    assert fake.calls == []


def test_numeric_operands_never_confuse(xm, build):
    full = subprocess.run([build / "xm", "help"], stdout=subprocess.PIPE, text=True).stdout
    commands = [line.split()[0] for line in full.splitlines() if re.match(r" [a-z]", line)]
    assert len(commands) > 90
    for cmd in commands:
        for n in (0, 1, 2, 5, 10):
            done = xm(cmd, *map(str, range(100, 100 + n)))
            assert done.returncode in (0, 1, 3), (cmd, n, done)
            if done.returncode:
                assert "Error: " in done.stderr, (cmd, n, done)


# ---- a daemon that is not there, or talks nonsense ------------------------------------------------------


def test_unreachable(build, tmp_path):
    env = dict(os.environ, XEND_ROOT=str(tmp_path))
    env.pop("XM_SERVER", None)
    done = subprocess.run([build / "xm", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    first, second = done.stderr.splitlines()
    if os.geteuid() == 0:
        assert first == "Error: Unable to connect to xend: No such file or directory. Is xend running?"
    else:
        assert first == "Error: Most commands need root access. Please try again as root."
    assert "xend start" in second and str(tmp_path) in second
    assert (done.returncode, done.stdout) == (1, "")


def test_ordinary_user_is_told_both(build):
    if os.geteuid() != 0:
        pytest.skip("covered by test_unreachable")
    with tempfile.TemporaryDirectory(prefix="xm-", dir="/tmp") as tmp:
        os.chmod(tmp, 0o755)
        shutil.copy(build / "xm", tmp)
        done = subprocess.run([f"{tmp}/xm", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={"XEND_ROOT": "/nonexistent"}, user=65534, group=65534, cwd="/")
    assert done.stderr.startswith("Error: Most commands need root access. Please try again as root.\n")
    assert "xend start" in done.stderr and done.returncode == 1


def test_other_servers_are_refused(xm):
    failed(xm("list", env={"XM_SERVER": "https://host/"}), "XM_SERVER")


@pytest.mark.parametrize("reply", [b"nonsense\r\n\r\n", b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
                                   b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<xml>"])
def test_http_nonsense(xm, fake, reply):
    fake.reply = reply
    done = failed(xm("list"), "Error: ")
    assert done.stderr.startswith("Xend has probably crashed!")


WRONG = [None, 7, "text", [], ["domain"], [["domain"]], {"a": 1}, [1, 2], [[]], ["domain", ["name"]], [None],
         [["domain", ["name", ["x"]], ["domid", "y"], ["state", 7], ["vcpus", "many"], ["cpu_time", "nan"]]],
         ["vcpu", ["vcpu"]], ["domain", ["name", "n"], ["vcpu", ["cpumap", 7]]]]


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_unexpected_shapes_never_crash(xm, fake, cfg, value):
    for method in ["domains_with_state", "domain", "domain.getVCPUInfo", "node.info", "node.log", "node.dmesg.info",
                   "domain.create", "domain.console", "domain.getRestartCount", "domain.getpauseflag"]:
        fake.answers["xend." + method] = value
    for cmd in ["list", "list -l", "list --json", "list --json -l", "list web01", "vcpu-list", "vcpu-list web01",
                "uptime", "domid web01", "domstate web01", "info", "info --json", "log", "dmesg", "shutdown -a",
                "create -q guest.cfg", "create -q -c guest.cfg", "console web01", "reboot -w -t 0 web01"]:
        done = xm(*cmd.split())
        assert done.returncode in (0, 1, 3, 4), (cmd, done)
        assert done.returncode == 0 or "Error: " in done.stderr, (cmd, done)

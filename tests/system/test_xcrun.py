# SPDX-License-Identifier: GPL-2.0-or-later
"""xc-run: one kernel on the library alone. Every exit status, and nothing left behind by any of them."""
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

# bundles: nop.m nop.i br.self; and break 0 with no interruption table
SPIN = bytes.fromhex("11000000010000000002000000000040")
BREAK = bytes(16)
# movl r2=0x4008000 (zeros: each handler is a break);; mov cr.iva=r2;; srlz.i;; break.m 5;;
IVA_THEN_BREAK = bytes.fromhex("050000000100040000000040000000640b0008042c040000006200000000040001280000000000000002000000000400")


def elf(code, machine=50, entry=0x4000000):
    """The smallest kernel there is: one segment with `code` at its start."""
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    head = ident + b"".join(v.to_bytes(n, "little") for v, n in (
        (2, 2), (machine, 2), (1, 4), (entry, 8), (64, 8), (0, 8), (0x10, 4), (64, 2), (56, 2), (1, 2),
        (0, 2), (0, 2), (0, 2)))
    size = 16384
    segment = b"".join(v.to_bytes(n, "little") for v, n in (
        (1, 4), (5, 4), (16384, 8), (0x4000000, 8), (0x4000000, 8), (size, 8), (size, 8), (16384, 8)))
    return (head + segment).ljust(16384, b"\0") + code.ljust(size, b"\0")


class Runner:
    def __init__(self, build, tmp):
        self.program, self.tmp = build / "xc-run", tmp
        self.env = dict(os.environ, TMPDIR=str(tmp))

    def popen(self, *args, **kw):
        return subprocess.Popen([str(self.program), *map(str, args)], env=self.env, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw)

    def __call__(self, *args, text="", timeout=60):
        p = self.popen(*args)
        out, err = p.communicate(text.encode(), timeout=timeout)
        return p.returncode, out.decode("latin-1"), err.decode("latin-1")

    def hypervisors(self):
        """Processes that hold files of our private directory, or were started with it."""
        found = []
        for proc in pathlib.Path("/proc").iterdir():
            if not proc.name.isdigit():
                continue
            try:
                if (proc / "comm").read_text() == "xen-vmm\n" and \
                        f"TMPDIR={self.tmp}".encode() in (proc / "environ").read_bytes().split(b"\0"):
                    found.append(int(proc.name))
            except OSError:
                continue
        return found


@pytest.fixture
def run(build, tmp_path):
    runner = Runner(build, tmp_path)
    yield runner
    end = time.monotonic() + 5
    while runner.hypervisors() and time.monotonic() < end:
        time.sleep(0.02)
    assert not runner.hypervisors(), "a hypervisor process outlives its xc-run"
    assert not list(tmp_path.glob("xc-run.*")), "the run directory is left behind"


def wait_for(what, timeout=20):
    end = time.monotonic() + timeout
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def until(p, text):
    """Read stdout up to `text`."""
    seen = b""
    while text not in seen:
        piece = os.read(p.stdout.fileno(), 4096)
        assert piece, f"{text!r} not in {seen!r}"
        seen += piece
    return seen


@pytest.fixture(params=["linux", "hpsim"])
def builder(request):
    return request.param


def test_power_off(run, guest, builder):
    status, out, err = run(guest, "--builder", builder, "--memory", 64, "--timeout", 30, text="halt\n")
    assert status == 0, err
    assert "mini-ia64 ready" in out and "power off" in out


def test_reboot(run, guest, builder):
    status, out, err = run(guest, "--builder", builder, "--memory", 64, "--timeout", 30, text="reboot\n")
    assert status == 2, out + err


def test_crash(run, guest, builder):
    status, out, err = run(guest, "--builder", builder, "--memory", 64, "--timeout", 30, text="crash null\n")
    assert status == 3, out + err


def test_crash_prints_registers(run, tmp_path):
    (tmp_path / "k").write_bytes(elf(b"\x11" + BREAK[1:]))
    status, out, err = run(tmp_path / "k", "--builder", "hpsim", "--memory", 128, "--timeout", 30)
    assert status == 3
    assert re.search(r"vcpu 0 crashed: interruption 0x\w+ at ip 0x4000000", err)
    for register in ("psr", "cfm", "r28", "b7", "ar.fpsr", "cr.iva", "rr7"):
        assert register in err


def test_handler_that_interrupts_itself(run, tmp_path):
    (tmp_path / "k").write_bytes(elf(IVA_THEN_BREAK))
    status, out, err = run(tmp_path / "k", "--builder", "hpsim", "--memory", 128, "--timeout", 30)
    assert status == 3 and "interrupts itself for ever" in err, err


def test_until(run, guest):
    status, out, err = run(guest, "--memory", 64, "--timeout", 30, "--until", "^mini-ia64 (re|xx)ady")
    assert status == 0 and "ready" in out


def test_until_prompt_then_status_of_guest(run, guest):
    status, out, err = run(guest, "--memory", 64, "--timeout", 30, "--until", "never seen", text="reboot\n")
    assert status == 2


def test_timeout(run, tmp_path):
    (tmp_path / "k").write_bytes(elf(SPIN))
    started = time.monotonic()
    status, out, err = run(tmp_path / "k", "--builder", "hpsim", "--memory", 128, "--timeout", 1)
    assert status == 124 and "no end after 1 s" in err
    assert time.monotonic() - started < 10


def test_stats(run, tmp_path):
    (tmp_path / "k").write_bytes(elf(SPIN))
    status, out, err = run(tmp_path / "k", "--builder", "hpsim", "--memory", 128, "--timeout", 1, "--stats")
    m = re.search(r"^(\d+) instructions, ([\d.]+) seconds, (\d+) instructions/s$", err, re.M)
    assert m, err
    count, seconds, rate = float(m[1]), float(m[2]), float(m[3])
    assert count > 1e6 and 0.9 < seconds < 10 and abs(count / seconds / rate - 1) < 0.01


def test_log_is_a_copy(run, guest, tmp_path):
    log = tmp_path / "console.txt"
    for _ in range(2):
        status, out, err = run(guest, "--memory", 64, "--timeout", 30, "--log", log, text="halt\n")
        assert status == 0
    assert log.read_bytes().decode("latin-1").count("mini-ia64 ready") == 2
    assert log.read_bytes().decode("latin-1").endswith(out[-40:])


def test_much_output_is_complete(run, guest):
    lines = "".join(f"echo line number {i}\n" for i in range(400)) + "halt\n"
    status, out, err = run(guest, "--memory", 64, "--timeout", 60, text=lines)
    assert status == 0
    got = [int(n) for n in re.findall(r"^line number (\d+)\r?$", out, re.M)]
    assert got == list(range(400))


@pytest.mark.parametrize("args, says", [
    ([], "usage"),
    (["a", "b"], "usage"),
    (["--bogus", "k"], "bogus"),
    (["--memory", "0", "k"], "--memory 0"),
    (["--memory", "12x", "k"], "12x"),
    (["--vcpus", "65", "k"], "1 to 64"),
    (["--timeout", "-1", "k"], "-1"),
    (["--builder", "vax", "k"], "linux, hpsim and efi"),
    (["--until", "a(", "k"], "a("),
    (["--trace", "bogus", "k"], "bogus"),
    (["/nonexistent"], "/nonexistent"),
    (["/dev/null"], "kernel"),
    (["/"], "/"),
])
def test_wrong_usage(run, args, says):
    status, out, err = run(*args)
    assert status == 1 and says in err, err
    assert not out


def test_help(run):
    status, out, err = run("--help")
    assert status == 0 and "--until REGEX" in out and not err


@pytest.mark.parametrize("image, says", [
    (b"", "kernel"),
    (b"not a kernel at all" * 100, "kernel"),
    (b"\x7fELF", "kernel"),
    (elf(SPIN)[:100], "kernel"),
    (elf(SPIN, machine=62), "kernel"),
    (elf(SPIN, entry=1 << 50), "kernel"),
    (b"\x1f\x8b\x08\0" + b"junk" * 50, "kernel"),
], ids=["empty", "text", "magic only", "truncated", "x86", "entry outside", "bad gzip"])
def test_bad_kernel(run, tmp_path, image, says):
    (tmp_path / "k").write_bytes(image)
    status, out, err = run(tmp_path / "k", "--memory", 128, "--timeout", 5)
    assert status == 1 and says in err and err.count("\n") == 1, err


def test_too_little_memory(run, guest):
    status, out, err = run(guest, "--memory", 1)
    assert status == 1 and "needs memory up to" in err, err


def test_ramdisk_that_does_not_fit(run, guest, tmp_path):
    with open(tmp_path / "rd", "wb") as f:
        f.truncate(200 << 20)
    status, out, err = run(guest, "--memory", 128, "--ramdisk", tmp_path / "rd")
    assert status == 1 and "ramdisk" in err, err


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_clean_up(run, guest, sig):
    p = run.popen(guest, "--memory", 64)
    until(p, b"ready")
    p.send_signal(sig)
    p.communicate(timeout=20)
    assert p.returncode == 128 + sig


def test_kill_ends_the_domain_too(run, guest, tmp_path):
    p = run.popen(guest, "--memory", 64)
    until(p, b"ready")
    assert run.hypervisors()
    p.kill()
    p.communicate(timeout=20)
    wait_for(lambda: not run.hypervisors())
    for left in tmp_path.glob("xc-run.*"):      # nobody was there to remove it
        subprocess.run(["rm", "-rf", left], check=True)


def test_death_of_the_hypervisor_is_a_crash(run, guest):
    p = run.popen(guest, "--memory", 64)
    until(p, b"ready")
    for pid in run.hypervisors():
        os.kill(pid, signal.SIGKILL)
    out, err = p.communicate(timeout=20)
    assert p.returncode == 3 and b"unexpectedly" in err


def test_sandbox(run, guest):
    p = run.popen(guest, "--memory", 64)
    until(p, b"ready")
    pid, = run.hypervisors()
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                  if ":\t" in line)
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    assert int(status["CapEff"], 16) == 0
    if os.geteuid() == 0:
        assert set(status["Uid"].split()).isdisjoint({"0"}) and not status["Groups"].strip()
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():        # every thread of it
        assert "Seccomp:\t2" in (task / "status").read_text()
    p.communicate(b"halt\n", timeout=20)
    assert p.returncode == 0


def cpu_and_switches(pid):
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        total += int(re.search(r"^voluntary_ctxt_switches:\t(\d+)", (task / "status").read_text(), re.M)[1])
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12]), total


def test_idle_guest_sleeps(run, guest, builder):
    p = run.popen(guest, "--builder", builder, "--memory", 64)
    until(p, b"mini> ")
    pid, = run.hypervisors()
    time.sleep(0.5)
    ticks, switches = cpu_and_switches(pid)
    time.sleep(1)
    ticks_later, switches_later = cpu_and_switches(pid)
    assert ticks_later - ticks <= 1 and switches_later - switches <= 5
    p.communicate(b"halt\n", timeout=20)
    assert p.returncode == 0


def test_trace(run, tmp_path):
    (tmp_path / "k").write_bytes(elf(bytes.fromhex("01000000010000000002000000000400") + BREAK))
    status, out, err = run(tmp_path / "k", "--builder", "hpsim", "--memory", 128, "--trace", "insn,irq,hypercall")
    lines = [line for line in err.splitlines() if line.startswith("0 ")]
    assert lines[0] == "0 insn 0000000004000000.0 nop.m 0x0"
    assert lines[1].startswith("0 insn 0000000004000000.1 nop.i")
    assert any(re.match(r"0 break 0 ip 0000000004000010 ", line) for line in lines)
    assert any(re.match(r"0 irq 2c00 ip 0000000004000010.0 ", line) for line in lines)
    assert status == 3


def test_trace_of_a_boot(run, guest, builder):
    status, out, err = run(guest, "--builder", builder, "--memory", 64, "--timeout", 60, "--until", "ready",
                           "--trace", "insn")
    assert status == 0 and err.count(" insn ") > 10000

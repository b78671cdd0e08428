# SPDX-License-Identifier: GPL-2.0-or-later
"""Our kernel on xc-run: the same binary in both worlds, what it finds there, and how it ends."""

import gzip
import re
import shutil
import struct
import subprocess

import pytest

WORLDS = ["linux", "hpsim"]
POWEROFF, REBOOT, CRASH = 0, 2, 3


@pytest.fixture
def boot(build, guest):
    """Run the kernel; returns (exit status, console text, stderr)."""
    def run(script=None, *, builder="linux", typed=None, memory=64, vcpus=1, options=()):
        extra = [] if script is None else ["--extra", f'mini.run="{script}"']
        done = subprocess.run([build / "xc-run", guest, "--builder", builder, "--memory",
                               str(memory), "--vcpus", str(vcpus), "--timeout", "30", *extra,
                               *options], input=typed or "", capture_output=True, text=True,
                              errors="replace", timeout=60)
        return done.returncode, done.stdout.replace("\r", ""), done.stderr
    return run


@pytest.mark.parametrize("builder", WORLDS)
def test_everything_is_found_and_ok(boot, builder):
    status, text, err = boot("user", builder=builder)
    assert status == POWEROFF, text + err
    assert ("paravirtualized on Xen 4.1" in text) == (builder == "linux")
    assert "(xen-3.0-ia64)" in text or builder == "hpsim"
    assert 'command line: mini.run="user"' in text
    assert re.search(r"^efi: [56] descriptors, 64 MiB conventional: ok$", text, re.M), text
    assert re.search(r"^sal: 2 entries, PAL at 0x800, SAL at 0x820: ok$", text, re.M), text
    assert "efi: set virtual address map: ok" in text
    assert "pal: 96 stacked registers" in text
    assert re.search(r"^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC$", text, re.M), text
    assert text.count("privileged instruction refused: ok") == 2
    assert "FAILED" not in text
    assert text.index("mini-ia64 ready\n") < text.index("mini-ia64: power off")


@pytest.mark.parametrize("vcpus", [1, 4, 64])
def test_processors_are_counted(boot, vcpus):
    status, text, _ = boot("cpu", vcpus=vcpus)
    assert status == POWEROFF
    assert f"acpi: {vcpus} processor{'s' if vcpus > 1 else ''}: ok" in text


@pytest.mark.parametrize("memory", [8, 33, 1024])
def test_memory_is_what_was_asked_for(boot, memory):
    status, text, _ = boot("mem", memory=memory)
    kib = int(re.search(r"memory: (\d+) KiB conventional", text)[1])
    assert status == POWEROFF
    # the firmware's pages and the four of the tool stack are not conventional
    assert memory * 1024 - 100 < kib < memory * 1024


@pytest.mark.parametrize("builder", WORLDS)
def test_dialogue(boot, builder):
    typed = "exho\b\b\bcho one  two\rnonsense\r\ralloc 4\rsum\rfree\rmem\rhalt\r"
    status, text, err = boot(builder=builder, typed=typed)
    assert status == POWEROFF, text + err
    assert "\none two\n" in text
    assert "nonsense: no such command" in text
    assert "allocated 4 MiB, 4 in all" in text
    assert re.search(r"sum of 4 MiB: [0-9a-f]{16}, 0 words wrong: ok", text)
    assert " 0 KiB allocated" in text


@pytest.mark.parametrize("builder", WORLDS)
def test_sleep_is_idle(boot, builder):
    status, text, err = boot("sleep 2", builder=builder, options=["--stats"])
    slept = int(re.search(r"slept (\d+) ms", text)[1])
    instructions = int(re.search(r"(\d+) instructions", err)[1])
    assert status == POWEROFF
    assert 2000 <= slept < 4000
    assert instructions < 5_000_000         # busy, it would be hundreds of millions


@pytest.mark.parametrize("how, said", [
    ("null", "unexpected alternate instruction TLB miss (vector 0xc00)"),
    ("panic", "panic: asked for"),
    ("illegal", "unexpected general exception (vector 0x5400)"),
    ("nested", "panic: data TLB miss inside an interruption handler"),
])
@pytest.mark.parametrize("builder", WORLDS)
def test_crash(boot, builder, how, said):
    status, text, err = boot(f"crash {how}", builder=builder)
    assert said in text, text + err
    assert status == CRASH


@pytest.mark.parametrize("builder", WORLDS)
def test_reboot(boot, builder):
    status, text, _ = boot("reboot", builder=builder)
    assert status == REBOOT and "mini-ia64: reboot" in text


@pytest.mark.parametrize("builder", WORLDS)
def test_registers_survive_interruptions(boot, builder):
    """Deep recursion at user level and division in the kernel under a storm of timer interrupts."""
    status, text, err = boot("storm 700", builder=builder)
    assert status == POWEROFF, text + err
    assert int(re.search(r"storm: (\d+) interrupts in \d+ runs, 0 wrong: ok", text)[1]) > 50


def test_events_and_hostile_guest(boot):
    status, text, err = boot("event;ring;hcfuzz 20000;ring;event;user;echo alive")
    assert status == POWEROFF, text + err
    assert text.count("10 sent, 10 received: ok") == 2
    assert "20000 calls" in text and "\nalive\n" in text
    assert "FAILED" not in text


def test_firmware_smashed(boot):
    """Overwriting the firmware page hurts only the guest that does it."""
    status, text, err = boot("fwsmash;sleep 1")
    assert status == CRASH, text + err
    assert "unexpected general exception" in text


def test_quiet(boot, build, guest):
    done = subprocess.run([build / "xc-run", guest, "--extra", "mini.quiet mini.exit", "--timeout",
                           "30"], input="", capture_output=True, text=True, timeout=60)
    assert done.returncode == POWEROFF
    assert done.stdout.split() == ["mini-ia64", "ready", "mini-ia64:", "power", "off"]


def test_on_an_independent_simulator(guest, tmp_path):
    """Ski, without a boot loader: no firmware, no boot parameters, and loaded at p_vaddr."""
    ski = shutil.which("bski")
    if not ski:
        pytest.skip("Ski (bski) is not on PATH: the guest is not compared with it")
    elf = bytearray(gzip.decompress(guest.read_bytes()))
    elf[64 + 16:64 + 24] = elf[64 + 24:64 + 32]
    assert struct.unpack_from("<Q", elf, 64 + 16)[0] == 0x100000
    kernel = tmp_path / "mini"
    kernel.write_bytes(elf)
    with subprocess.Popen([ski, "-forcesystem", "-noconsole", "-nonet", kernel],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        seen = b""
        while b"mini> " not in seen and (got := run.stdout.read1()):
            seen += got
        run.kill()
    assert b"firmware: none" in seen
    assert b"privileged instruction refused: ok" in seen and b"mini-ia64 ready" in seen

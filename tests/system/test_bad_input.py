# SPDX-License-Identifier: GPL-2.0-or-later
"""Bad input: one clear error, or the end of that one domain; everything else goes on."""
import gzip
import os
import re
import socket
import struct
import time

import pytest


def image(guest):
    return bytearray(gzip.decompress(guest.read_bytes()))


def phdr(elf, nr=0):
    offset, size = struct.unpack_from("<Q", elf, 32)[0], struct.unpack_from("<H", elf, 54)[0]
    return offset + nr * size


def bad_kernels(guest):
    good = image(guest)

    def patched(at, fmt, value):
        elf = bytearray(good)
        struct.pack_into(fmt, elf, at, value)
        return bytes(elf)

    ph = phdr(good)
    vaddr = struct.unpack_from("<Q", good, ph + 24)[0]
    two = bytearray(good)                                  # a second segment on top of the first
    two += good[ph:ph + 56] * 2
    struct.pack_into("<Q", two, 32, len(good))
    struct.pack_into("<H", two, 56, 2)
    return {
        "empty": b"",
        "text": b"#!/bin/sh\necho not a kernel\n",
        "short header": bytes(good[:40]),
        "truncated segment": bytes(good[:len(good) // 2]),
        "x86": patched(18, "<H", 62),
        "32 bit": patched(4, "<B", 1),
        "not executable": patched(16, "<H", 1),
        "program headers outside": patched(32, "<Q", 1 << 62),
        "no segments": patched(56, "<H", 0),
        "many segments": patched(56, "<H", 0xffff),
        "file size over memory size": patched(ph + 40, "<Q", 0),
        "huge memory size": patched(ph + 40, "<Q", 1 << 60),
        "wrapping address": patched(ph + 24, "<Q", (1 << 64) - 4096),
        "address above memory": patched(ph + 24, "<Q", vaddr + (1 << 40)),
        "over the firmware": patched(ph + 24, "<Q", 0),
        "entry outside": patched(24, "<Q", 1 << 50),
        "overlapping": bytes(two),
        "broken gzip": guest.read_bytes()[:3000],
        "gzip of rubbish": gzip.compress(b"rubbish" * 1000),
        "gzip with bad crc": guest.read_bytes()[:-8] + b"\0" * 8,
    }


def test_kernels(xend, guest):
    xend.create("bystander")
    for what, data in bad_kernels(guest).items():
        path = xend.root / "bad-kernel"
        path.write_bytes(data)
        done = xend.xm("create", "-q", xend.config("bad", kernel=str(path)))
        assert done.returncode == 1, f"{what}: {done.stdout}"
        errors = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
        assert len(errors) == 1 and len(errors[0]) > 30, f"{what}: {done.stderr!r}"
    assert xend.names() == ["Domain-0", "bystander"]
    xend.wait_console("bystander", "mini-ia64 ready")


@pytest.mark.parametrize("variables,words", [
    ({"kernel": "/no/such/kernel"}, "/no/such/kernel"),
    ({"ramdisk": "/no/such/ramdisk"}, "/no/such/ramdisk"),
    ({"kernel": "/"}, "/"),
    ({"memory": 0}, "memory"),
    ({"memory": 1}, "memory"),
    ({"memory": 1 << 40}, "memory"),
    ({"memory": -5}, "memory"),
    ({"vcpus": 0}, "vcpus"),
    ({"vcpus": 1000}, "vcpus"),
    ({"builder": "hvm"}, "hvm"),
    ({"name": "a b"}, "[Nn]ame"),
    ({"on_crash": "explode"}, "event handling mode|explode"),
])
def test_configuration_values(xend, variables, words):
    done = xend.xm("create", "-q", xend.config("bad", **variables))
    assert done.returncode == 1, done.stdout
    assert re.search(rf"^Error: .*({words})", done.stderr, re.M), done.stderr
    assert xend.names() == ["Domain-0"]


def test_ramdisk_larger_than_memory(xend):
    big = xend.root / "ramdisk"
    with open(big, "wb") as f:
        f.truncate(200 << 20)
    done = xend.xm("create", "-q", xend.config("bad", ramdisk=str(big), memory=64))
    assert done.returncode == 1 and re.search(r"^Error: .*ramdisk", done.stderr, re.M), done.stderr


@pytest.mark.parametrize("variable", ["kernel", "ramdisk"])
@pytest.mark.parametrize("what", ["fifo", "/dev/zero", "empty"])
def test_files_that_are_none(xend, variable, what):
    """A fifo without writer would keep a domain being built for ever, and xend from stopping."""
    path = what if what.startswith("/") else xend.root / what
    if what == "fifo":
        os.mkfifo(path)
    elif what == "empty":
        path.write_bytes(b"")
    done = xend.xm("create", "-q", xend.config("bad", **{variable: str(path)}), timeout=20)
    assert done.returncode == 1 and re.search(rf"^Error: .*{variable}", done.stderr, re.M), done.stderr
    assert xend.names() == ["Domain-0"]


def test_config_errors_name_the_place(xend):
    path = xend.root / "broken.cfg"
    path.write_text('memory = 64\nname = "x\n')
    done = xend.xm("create", path)
    assert done.returncode == 1 and "broken.cfg" in done.stderr and "2" in done.stderr
    path.write_text("def f():\n    return 1\nmemory = f()\n")
    done = xend.xm("create", path)
    assert done.returncode == 1 and re.search(r"broken\.cfg:1:1", done.stderr) and "def" in done.stderr


def test_unknown_variable_is_named(xend):
    done = xend.xm("create", xend.config("web", text="memmory = 128\n"))
    assert done.returncode == 0 and "memmory" in done.stderr


def talk(daemon, data, close_early=False):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(str(daemon.root / "run/xmlrpc.sock"))
    try:
        s.sendall(data)
        if close_early:
            return b""
        s.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := s.recv(65536):
            answer += chunk
        return answer
    except (BrokenPipeError, ConnectionResetError):
        return b""
    finally:
        s.close()


def post(body, length=None):
    return (b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n"
            b"Connection: close\r\n\r\n" % (len(body) if length is None else length)) + body


CALL = b"<?xml version='1.0'?><methodCall><methodName>%s</methodName><params>%s</params></methodCall>"


def test_rpc_bodies(xend):
    bomb = (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
            + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
            + b"]><methodCall><methodName>&j;</methodName></methodCall>")
    deep = CALL % (b"xend.domain", b"<param><value>" + b"<array><data><value>" * 5000)
    entity = (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
              b"<methodCall><methodName>&f;</methodName></methodCall>")
    bodies = [b"", b"\0" * 1000, b"hello", b"<", b"<methodCall/>", b"<a>" * 100000, bomb, deep, entity,
              CALL % (b"xend.domain", b""), CALL % (b"xend.domain.create", b"<param><value><int>x</int></value></param>"),
              CALL % (b"xend.domain.create", b"<param><value><array><data/></array></value></param>"),
              CALL % (b"xend.domains", b"<param><value>x</value></param>" * 300),
              CALL % (b"no.such.method", b""), b"A" * (2 << 20)]
    for body in bodies:
        answer = talk(xend, post(body))
        assert b"root:" not in answer
        assert not answer or answer.startswith(b"HTTP/1."), answer[:100]
    for data in (b"GET / HTTP/1.1\r\n\r\n", b"\r\n\r\n", b"POST", b"\xff" * 5000, post(b"x", length=10 ** 12),
                 post(b"x", length=-1), b"POST /RPC2 HTTP/1.1\r\n" + b"X: y\r\n" * 20000 + b"\r\n"):
        talk(xend, data)
    assert xend.names() == ["Domain-0"]


def test_clients_that_hang_up(xend):
    whole = post(CALL % (b"xend.domains", b""))
    for cut in range(0, len(whole), 23):
        talk(xend, whole[:cut], close_early=True)
    for _ in range(20):
        talk(xend, whole, close_early=True)
    assert xend.names() == ["Domain-0"]


def test_huge_bodies(xend):
    """100 MiB, announced or not, are refused without being kept: the daemon stays small."""
    chunk = b"10000\r\n" + b"A" * 0x10000 + b"\r\n"
    head = b"POST /RPC2 HTTP/1.1\r\nHost: x\r\n"
    for data in ((head + b"Transfer-Encoding: chunked\r\n\r\n", chunk), (post(b"", length=100 << 20), b"B" * 0x10000)):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(20)
        s.connect(str(xend.root / "run/xmlrpc.sock"))
        try:
            s.sendall(data[0])
            for _ in range(1600):
                s.sendall(data[1])
        except (BrokenPipeError, ConnectionResetError):
            pass                                     # what it does with a body it will not read
        finally:
            s.close()
    status = open(f"/proc/{xend.pid()}/status", encoding="ascii").read()
    assert int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) < 64 << 10
    assert xend.names() == ["Domain-0"]


def test_slow_clients_keep_nobody_waiting(xend):
    """A hundred clients that never finish their request; others are served meanwhile."""
    xend.create("bystander")
    slow = []
    try:
        for nr in range(100):
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(5)
            s.connect(str(xend.root / "run/xmlrpc.sock"))
            s.sendall(post(b"x" * 100, length=1000)[:20 + nr])
            slow.append(s)
        start = time.monotonic()
        for _ in range(5):
            assert xend.names() == ["Domain-0", "bystander"]
            for s in slow:
                s.sendall(b"X")
        assert time.monotonic() - start < 10
        xend.wait_console("bystander", "mini-ia64 ready")
    finally:
        for s in slow:
            s.close()


@pytest.mark.parametrize("command", ["crash null", "crash illegal", "crash nested", "fwsmash"])
def test_guest_that_breaks_itself(xend, command):
    xend.create("bystander")
    xend.create("mad", on_crash="preserve")
    xend.wait_console("mad", "mini-ia64 ready")
    xend.xm("console", "-q", "--until", "never", "--timeout", "3", "mad", text=command + "\n")
    if command != "fwsmash":                         # with its firmware gone it may also live on
        assert xend.state("mad") == "----c-"
        assert re.search(r"d\d+\) ip +[0-9a-f]{16} .*psr", xend.log()), "no registers in the log"
    xend.wait_console("bystander", "unharmed", text="echo unharmed\n")


def test_hypercalls_with_random_arguments(xend):
    xend.create("bystander")
    xend.create("mad", on_crash="preserve", on_reboot="preserve", on_poweroff="preserve")
    xend.wait_console("mad", "mini-ia64 ready")
    xend.xm("console", "-q", "--new", "--until", "mini> $", "--timeout", "20", "mad", text="hcfuzz 2000\n")
    xend.wait_console("bystander", "unharmed", text="echo unharmed\n")
    assert xend.state("mad") is not None             # its process is still there, whatever it became

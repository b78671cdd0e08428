# SPDX-License-Identifier: GPL-2.0-or-later
"""The ACPI tables of a domain, read by Intel's disassembler: no warning, and what it understands
is what we meant."""

import os
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*sorted((ROOT / "libxc-ia64/build").glob("*.c")), ROOT / "lib/ut_err.c",
           ROOT / "tests/system/helpers/dump_firmware.c"]

pytestmark = pytest.mark.skipif(not shutil.which("iasl"),
                                reason="iasl (Debian package acpica-tools) is missing")


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    """Path of the helper that writes a domain's firmware page."""
    program = tmp_path_factory.mktemp("dump") / "dump_firmware"
    subprocess.run([*os.environ.get("CC", "cc").split(), "-std=c11", "-D_GNU_SOURCE", "-O1",
                    *(f"-I{ROOT / d}" for d in ("libxc-ia64", "libxc-ia64/include", "lib")),
                    *map(str, SOURCES), "-lz", "-o", str(program)], check=True)
    return program


def kernel_file(path):
    """The smallest kernel: one bundle at 1 MiB."""
    path.write_bytes(
        struct.pack("<4s5B7xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 0, 2, 50, 1, 0x100000, 64, 0,
                    0, 64, 56, 1, 64, 0, 0)
        + struct.pack("<IIQQQQQQ", 1, 7, 120, 0x100000, 0x100000, 16, 16, 0x4000) + bytes(16))
    return path


def tables(page):
    """{signature: bytes} of everything reachable from the RSDP at 0x1000."""
    def table(gpa):
        return page[gpa:gpa + struct.unpack_from("<I", page, gpa + 4)[0]]

    xsdt = table(struct.unpack_from("<Q", page, 0x1000 + 24)[0])
    found = [xsdt] + [table(gpa) for (gpa,) in struct.iter_unpack("<Q", xsdt[36:])]
    fadt = next(t for t in found if t[:4] == b"FACP")
    found += [table(gpa) for gpa in struct.unpack_from("<QQ", fadt, 132)]
    return {t[:4].decode(): t for t in found}


def disassembled(dump, tmp_path, nr_vcpus, builder="linux"):
    """{signature: text} from iasl -d, which must have nothing to complain about."""
    page = subprocess.run([dump, kernel_file(tmp_path / "kernel"), str(nr_vcpus), builder],
                          check=True, capture_output=True).stdout
    text = {}
    for name, data in tables(page).items():
        file = tmp_path / f"{name}.dat"
        file.write_bytes(data)
        run = subprocess.run(["iasl", "-d", file.name], cwd=tmp_path, capture_output=True, text=True)
        said = run.stdout + run.stderr
        assert run.returncode == 0, said
        assert not re.search(r"warning|error|invalid|incorrect", said, re.I), said
        text[name] = (tmp_path / f"{name}.dsl").read_text()
        assert not re.search(r"invalid|incorrect|should be", text[name], re.I), text[name]
    return text


def test_iasl_understands_every_table(dump, tmp_path):
    text = disassembled(dump, tmp_path, 2)
    assert sorted(text) == ["APIC", "DSDT", "FACP", "FACS", "XSDT"]
    for name in ("APIC", "DSDT", "FACP", "XSDT"):
        assert re.search(r'Oem ID\W+"XEN', text[name], re.I), name
    assert re.findall(r"Processor \((CPU\d), 0x(\d\d)", text["DSDT"]) == [
        ("CPU0", "00"), ("CPU1", "01"), ("CPU2", "02")]


@pytest.mark.parametrize("builder", ["linux", "efi"])
@pytest.mark.parametrize("nr_vcpus", [1, 7, 64])
def test_madt_lists_the_vcpus(dump, tmp_path, nr_vcpus, builder):
    madt = disassembled(dump, tmp_path, nr_vcpus, builder)["APIC"]
    assert [int(n, 16) for n in re.findall(r"Local Sapic ID : (\w+)", madt)] == list(range(nr_vcpus))
    assert madt.count("Processor Enabled : 1") == nr_vcpus


def machine():
    """The constants of lib/vmctl_efi.h."""
    text = (ROOT / "lib/vmctl_efi.h").read_text()
    found = re.findall(r"#define VMCTL_EFI_(\w+)\s+(?:UINT64_C\()?(0x[0-9a-f]+|\d+)u?", text)
    return {name: int(value, 0) for name, value in found}


def field(text, name):
    """A number from iasl's listing of a data table; the first one of that name."""
    return int(re.search(rf"^(?:\[.*\])?\s+{re.escape(name)} : ([0-9A-Fa-f]+)", text, re.M)[1], 16)


def test_the_tables_of_an_efi_machine_say_what_the_machine_is(dump, tmp_path):
    m = machine()
    text = disassembled(dump, tmp_path, 4, "efi")
    assert sorted(text) == ["APIC", "DSDT", "FACP", "FACS", "XSDT"]
    # XEN would make a kernel take it for a paravirtual domain
    assert not re.search(r'Oem ID\W+"XEN', "".join(text.values()), re.I)
    fadt = text["FACP"]
    assert field(fadt, "SCI Interrupt") == m["SCI_GSI"]
    assert field(fadt, "SMI Command Port") == 0
    for name, port in (("PM1A Event Block", "PM1_EVENT_PORT"), ("PM1A Control Block", "PM1_CTL_PORT"),
                       ("PM Timer Block", "PM_TIMER_PORT")):
        assert field(fadt, f"{name} Address") == m[port]
        block = fadt[fadt.index(f"{name} : [Generic Address Structure]"):]
        assert field(block, "Space ID") == 1 and field(block, "Address") == m[port], name
    madt = text["APIC"]
    assert field(madt, "Local Apic Address") == m["INTERRUPT_GPA"]
    assert field(madt, "PC-AT Compatibility") == 0
    assert field(madt, "Interrupt Base") == 0 and field(madt, "Address") == m["IOSAPIC_GPA"]


def test_the_dsdt_names_uart_and_power_off(dump, tmp_path):
    m = machine()
    dsdt = disassembled(dump, tmp_path, 1, "efi")["DSDT"]
    s5 = re.search(r"Name \(\\?_S5, Package \(0x04\)[^{]*\{\s*(\w+),", dsdt)
    assert int(s5[1], 16) == m["SLEEP_TYPE_S5"]
    uart = dsdt[dsdt.index('EisaId ("PNP0501")'):]
    assert int(re.search(r"IO \(Decode16,\s*(\w+),", uart)[1], 16) == m["UART_PORT"]
    assert int(re.search(r"Interrupt \([^{]*\{\s*(\w+),", uart)[1], 16) == m["UART_GSI"]


def test_the_compiled_dsdt_is_the_source(root_of_tree=ROOT):
    run = subprocess.run(["python3", root_of_tree / "tests/check/dsdt"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr

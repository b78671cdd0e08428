# SPDX-License-Identifier: GPL-2.0-or-later
"""The committed guest kernel is the one that the sources beside it make."""

import gzip
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

GUEST = Path(__file__).resolve().parents[2] / "guest"
COMPILER = "12.2.0"                     # Debian 12's gcc-12-source
INPUT_SUFFIXES = {".c", ".h", ".S", ".lds"}


def recorded():
    """{file name: sha256} as written when the kernel was built."""
    lines = (GUEST / "mini-ia64.src-sha256").read_text().splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def test_kernel_was_built_from_these_sources():
    now = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in GUEST.iterdir()
           if p.suffix in INPUT_SUFFIXES or p.name == "Makefile"}
    assert recorded() == now, "guest/ was changed without `make guest`"


def test_kernel_is_small_and_stripped():
    elf = gzip.decompress((GUEST / "mini-ia64.gz").read_bytes())
    assert elf[:4] == b"\x7fELF" and elf[18] == 50
    assert len(elf) < 256 << 10
    assert b".symtab" not in elf


def test_build_is_reproducible(tmp_path):
    """With the compiler it was made with at hand, the same bytes come out."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ia64"
    find = subprocess.run([GUEST / "build-toolchain.sh", "--find", cache], capture_output=True,
                          text=True)
    if find.returncode:
        pytest.skip("no ia64 cross compiler here: the guest kernel is not rebuilt")
    cross = find.stdout.strip()
    version = subprocess.run([f"{cross}gcc", "-dumpfullversion"], capture_output=True, text=True)
    if version.stdout.strip() != COMPILER:
        pytest.skip(f"another compiler than GCC {COMPILER}: the guest kernel is not rebuilt")
    shutil.copytree(GUEST, tmp_path / "guest")
    subprocess.run(["make", "-C", tmp_path / "guest", f"OBJDIR={tmp_path}/obj", "-B",
                    f"CROSS={cross}"], check=True, capture_output=True)
    built = (tmp_path / "guest/mini-ia64.gz").read_bytes()
    assert gzip.decompress(built) == gzip.decompress((GUEST / "mini-ia64.gz").read_bytes())

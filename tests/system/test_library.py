# SPDX-License-Identifier: GPL-2.0-or-later
"""libxc-ia64.so as a foreign program sees it: the public header, the .pc file, the exported symbols."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def client(build, tmp_path_factory):
    """lib_client, compiled against nothing but the installed header and the shared library."""
    tmp = tmp_path_factory.mktemp("client")
    include = tmp / "include"
    include.mkdir()
    for header in ("libxc-ia64/include/xci.h", "lib/ut_err.h"):
        shutil.copy(ROOT / header, include)
    subprocess.run([os.environ.get("CC", "cc"), "-std=gnu11", "-Wall", "-Werror", f"-I{include}",
                    ROOT / "tests/system/lib_client.c", "-o", tmp / "client", f"-L{build}", "-lxc-ia64",
                    f"-Wl,-rpath,{build.resolve()}"], check=True)
    return tmp / "client"


def left_in(run_dir):
    return sorted(p.name for p in (pathlib.Path(run_dir) / "dom").iterdir() if not p.name.startswith((".lock", ".next")))


@pytest.mark.parametrize("domains", [4, 20])
def test_client(client, build, guest, root, domains):
    done = subprocess.run([client, root, build / "xen-vmm", guest, str(domains)], env=dict(os.environ, XEND_ROOT=root),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    assert done.stdout.split("\n") == [f"created {domains}", "introduced", f"listed {domains}", "talked", "paused",
                                       "stopped", f"found again {domains - 3}", "left 0", ""]
    assert left_in(root) == []


def test_header_compiles_alone_and_as_cxx(build, tmp_path):
    (tmp_path / "x.c").write_text("#include <xci.h>\nint main(void) { return (int)sizeof(struct xci_event) == 0; }\n")
    for compiler, std in (("cc", "c11"), ("c++", "c++17")):
        if not shutil.which(compiler):
            continue
        subprocess.run([compiler, "-x", "c" if compiler == "cc" else "c++", f"-std={std}", "-Wall", "-Wextra", "-Werror",
                        f"-I{ROOT}/libxc-ia64/include", f"-I{ROOT}/lib", "-c", tmp_path / "x.c", "-o", tmp_path / "x.o"],
                       check=True)


def test_exports_are_the_public_interface(build):
    out = subprocess.run(["nm", "-D", "--defined-only", build / "libxc-ia64.so"], stdout=subprocess.PIPE, text=True,
                         check=True).stdout
    exported = {line.split()[2].split("@")[0] for line in out.splitlines() if line.split()[1] == "T"}
    declared = set(re.findall(r"\b(xci_\w+)\(", (ROOT / "libxc-ia64/include/xci.h").read_text()))
    assert {name for name in exported if name.startswith("xci")} == declared
    assert all(name.startswith(("xci_", "ut_err_", "ut_log_")) and "__" not in name for name in exported)


def test_pc_file(build):
    text = (build / "xc-ia64.pc").read_text()
    assert "@" not in re.sub(r"\$\{\w+\}", "", text) and "-lxc-ia64" in text

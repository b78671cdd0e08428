# SPDX-License-Identifier: GPL-2.0-or-later
"""`make install`, life from there, a client of the installed library, and `make uninstall`."""
import os
import pathlib
import subprocess

import pytest
from conftest import ROOT, Daemon

CLIENT = """
#include <stdio.h>
#include <xci.h>
int main(void)
{
    puts(xci_builder_name(XCI_BUILDER_HPSIM));
    return 0;
}
"""


def make(build, target, dest, prefix):
    done = subprocess.run(["make", "--no-print-directory", target, f"O={build}", f"DESTDIR={dest}", f"PREFIX={prefix}"],
                          cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def installed(build, tmp_path):
    """(DESTDIR, what lies at PREFIX below it), with the PREFIX of this build: nothing is rebuilt."""
    prefix = (build / "prefix").read_text().split()[0]
    make(build, "install", tmp_path, prefix)
    yield tmp_path, pathlib.Path(f"{tmp_path}{prefix}")
    make(build, "uninstall", tmp_path, prefix)
    left = [p for p in tmp_path.rglob("*") if not p.is_dir() or p.name in ("xen-ia64", "xc-ia64")]
    assert left == []


class Installed(Daemon):
    """The daemon and xm of an installation, nothing of the build tree."""

    def __init__(self, place, root):
        super().__init__(place / "sbin", root)
        self.env.pop("XEN_IA64_LIBEXEC", None)


def test_runs_from_there(installed, root):
    _, place = installed
    daemon = Installed(place, root).start()
    try:
        # from a directory that has no guest/ folder: the kernel is found beside demo.cfg
        daemon.ok("create", "-q", place / "share/xen-ia64/demo.cfg", cwd="/")
        daemon.wait_console("demo", "mini-ia64 ready")
        daemon.ok("shutdown", "-w", "demo")
    finally:
        daemon.xm("destroy", "demo")
        daemon.stop()


def test_xc_run_from_there(installed):
    _, place = installed
    env = {k: v for k, v in os.environ.items() if k != "XEN_IA64_LIBEXEC"}
    done = subprocess.run([place / "bin/xc-run", "--memory", "32", "--extra", "mini.exit", "--timeout", "30",
                           place / "share/xen-ia64/mini-ia64.gz"], stdin=subprocess.DEVNULL, cwd="/", env=env,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "mini-ia64 ready" in done.stdout


def test_client_of_the_library(installed, tmp_path_factory):
    """Only what pkg-config says: headers, library and nothing else."""
    dest, place = installed
    work = tmp_path_factory.mktemp("client")
    env = dict(os.environ, PKG_CONFIG_LIBDIR=str(place / "lib/pkgconfig"), PKG_CONFIG_SYSROOT_DIR=str(dest))
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "xc-ia64"], env=env, stdout=subprocess.PIPE, text=True,
                           check=True).stdout.split()
    (work / "client.c").write_text(CLIENT)
    subprocess.run(["cc", "-Wall", "-Werror", "client.c", "-o", "client", *flags], cwd=work, check=True)
    done = subprocess.run([work / "client"], env=dict(os.environ, LD_LIBRARY_PATH=str(place / "lib")),
                          stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "hpsim\n"


def test_pages_and_completion(installed):
    _, place = installed
    pages = {p.name for p in (ROOT / "man").iterdir()}
    assert {p.name for p in (place / "share/man").rglob("*.[1-8]")} == pages
    script = (f". {place}/share/bash-completion/completions/xm; COMP_WORDS=({place}/sbin/xm unpa); COMP_CWORD=1; _xm;"
              " echo ${COMPREPLY[@]}")
    done = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "unpause\n"

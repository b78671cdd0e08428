# SPDX-License-Identifier: GPL-2.0-or-later
"""An ordinary user's life: no privilege, files below XEND_ROOT or in the XDG directories.

Root runs these as nobody, from copies of the programs that nobody can reach; anybody else as is.
"""
import os
import pathlib
import shutil

import pytest
from conftest import GUEST, Daemon

NOBODY = 65534
PROGRAMS = ("xm", "xend", "xen-vmm", "xen-store", "xc-run")


class User(Daemon):
    """A daemon whose every command runs without privilege; `env` says where its files go."""

    def __init__(self, build, root, env):
        super().__init__(build, root)
        for name in ("XEND_ROOT", "XEN_IA64_LIBEXEC", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            self.env.pop(name, None)
        self.env |= env

    def run(self, *cmd, **kw):
        become = ()
        if os.geteuid() == 0:
            become = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")
        return super().run(*become, *cmd, **{"cwd": self.root, **kw})


@pytest.fixture
def place(build, root):
    """A directory of the user's own with HOME, the programs and a kernel in it."""
    path = pathlib.Path(root)
    path.chmod(0o755)
    for name in PROGRAMS:
        if (build / name).exists():
            shutil.copy(build / name, path)
    shutil.copy(GUEST, path)
    (path / "g.cfg").write_text("kernel = 'mini-ia64.gz'\nmemory = 32\nname = 'web'\n")
    for name in ("home", "rt"):
        (path / name).mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(path / name, NOBODY, NOBODY)
    return path


def environments(place):
    home = str(place / "home")
    return {
        "XEND_ROOT": ({"XEND_ROOT": f"{home}/x", "HOME": home}, "home/x/run", "home/x/log"),
        "XDG": ({"HOME": home, "XDG_RUNTIME_DIR": str(place / "rt")}, "rt/xend", "home/.local/state/xend/log"),
        "XDG_STATE_HOME": ({"HOME": "/nonexistent", "XDG_RUNTIME_DIR": str(place / "rt"), "XDG_STATE_HOME": f"{home}/s",
                            "XDG_CONFIG_HOME": f"{home}/c"}, "rt/xend", "home/s/xend/log"),
        "HOME alone": ({"HOME": home}, None, "home/.local/state/xend/log"),
    }


@pytest.mark.parametrize("kind", ["XEND_ROOT", "XDG", "XDG_STATE_HOME", "HOME alone"])
def test_life(place, kind):
    env, run, log = environments(place)[kind]
    user = User(place, place, env).start()
    try:
        assert run is None or (place / run / "xmlrpc.sock").is_socket()
        user.ok("create", "-q", "g.cfg")
        user.wait_console("web", "mini-ia64 ready")
        user.wait_console("web", "unprivileged", text="echo unprivileged\n")
        user.ok("pause", "web")
        assert user.state("web") == "--p---"
        user.ok("unpause", "web")
        status = user.run(place / "xend", "restart")
        assert status.returncode == 0, status.stderr
        user.ok("shutdown", "-w", "web")
        assert user.names() == ["Domain-0"]
        assert "mini-ia64 ready" in (place / log / "console/guest-web.log").read_text()
        assert (place / log / "xend.log").exists()
    finally:
        user.xm("destroy", "web")
        user.stop()


def test_others_cannot_connect(place):
    """The socket's folder is the user's alone."""
    env, run, _ = environments(place)["XDG"]
    user = User(place, place, env).start()
    try:
        assert (place / run).stat().st_mode & 0o077 == 0
    finally:
        user.stop()


def test_xc_run(place):
    user = User(place, place, {"HOME": "/nonexistent", "TMPDIR": str(place / "home")})
    done = user.run(place / "xc-run", "--memory", "32", "--extra", "mini.exit", "--timeout", "30", "mini-ia64.gz")
    assert done.returncode == 0, done.stderr
    assert "mini-ia64: power off" in done.stdout
    assert list((place / "home").iterdir()) == []


def test_no_home_is_an_error_that_says_so(place):
    user = User(place, place, {})
    user.env.pop("HOME", None)
    done = user.xm("list")
    assert done.returncode == 1 and "HOME" in done.stderr, done.stderr

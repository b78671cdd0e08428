# SPDX-License-Identifier: GPL-2.0-or-later
"""Manual pages and completion say what the tables of xm say."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def out(*cmd):
    return subprocess.run([str(c) for c in cmd], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


@pytest.fixture(scope="module")
def commands(build):
    """Names of the commands that work, from the complete help."""
    text = out(build / "xm", "help")
    text = text[text.index("xm full list"):text.index("Known by name")]
    return re.findall(r"^ ([a-z][a-z-]*)", text, re.M)


@pytest.fixture(scope="module")
def man():
    return (ROOT / "man" / "xm.1").read_text()


def sections(man):
    """Command -> the lines of its entry in the manual page."""
    found = re.split(r"^\.It Nm Cm (\S+)", man, flags=re.M)
    return dict(zip(found[1::2], found[2::2]))


def test_manual_lists_the_commands(commands, man):
    assert sorted(sections(man)) == sorted(commands)


def test_manual_has_every_option(build, commands, man):
    documented = sections(man)
    for cmd in commands:
        for line in out(build / "xm", cmd, "--help").splitlines():
            m = re.match(r"  (-.*?)(  |$)", line)
            if not m or "refused" in line or "deprecated" in line or cmd in ("reboot", "help"):
                continue
            short = re.search(r"(?<!-)-(\w)\b", m[1])
            long = re.search(r"--(\w+)", m[1])
            flags = documented[cmd].replace("\\", "")
            assert (short and re.search(rf"Fl \w*{short[1]}", flags)) or (long and f"Fl -{long[1]}" in flags), (cmd, m[1])


def test_manual_has_every_variable(build):
    text = (ROOT / "man" / "xmdomain.cfg.5").read_text()
    documented = set()
    for line in re.findall(r"^\.It Va (.*)", text, re.M):
        documented |= set(line.replace(",", " ").split())
    help_text = out(build / "xm", "create", "--help_config").split("Accepted for old files")[0]
    assert documented == set(re.findall(r"^  (\w+) ", help_text, re.M))


@pytest.mark.parametrize("page", ["xm.1", "xmdomain.cfg.5"])
def test_manual_pages_are_clean(page):
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    findings = [line for line in out("mandoc", "-T", "lint", "-W", "warning", ROOT / "man" / page).splitlines()]
    assert findings == []


def test_completion(build, commands):
    script = f"PATH={build}:$PATH; source {ROOT}/config/completion/xm; " \
             "COMP_WORDS=(xm ''); COMP_CWORD=1; _xm; printf '%s\\n' \"${COMPREPLY[@]}\"; echo --; " \
             "COMP_WORDS=(xm console --t); COMP_CWORD=2; _xm; printf '%s\\n' \"${COMPREPLY[@]}\""
    done = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, text=True,
                          env=dict(os.environ, XEND_ROOT="/nonexistent"))
    words, options = done.stdout.split("--\n", 1)
    assert words.split() == commands
    assert options.split() == ["--timeout="]

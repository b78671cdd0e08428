# SPDX-License-Identifier: GPL-2.0-or-later
"""Twenty domains at once, from a script that does not wait for one before it starts the next."""
import concurrent.futures


def test_twenty_at_once(xend):
    names = [f"dom{n:02}" for n in range(20)]

    def live(name):
        xend.create(name)
        xend.wait_console(name, "mini-ia64 ready", timeout=60)
        xend.wait_console(name, f"hello {name}", timeout=60, text=f"echo hello {name}\n")
        xend.ok("pause", name)
        assert xend.state(name) == "--p---"

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        list(pool.map(live, names))
    assert xend.names() == ["Domain-0"] + names
    ids = {xend.ok("domid", n).strip() for n in names}
    assert len(ids) == 20
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda n: xend.ok("destroy", n), names))
    assert xend.names() == ["Domain-0"]


def test_one_name_fifty_times(xend):
    for _ in range(50):
        xend.create("again")
        xend.ok("destroy", "again")
    assert xend.names() == ["Domain-0"]
    assert not list((xend.root / "run/dom").glob("[0-9]*"))

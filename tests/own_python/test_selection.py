"""The files of a Python that travel: what apps use, Tk where it is wanted, or all but what is installed there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pexlite.own_python.elf import read_elf
from pexlite.own_python.prefix import Prefix
from pexlite.own_python.selection import Wanted, selected

LIBRARY = "lib/python3.11"
ALWAYS = ["bin/python3.11", f"{LIBRARY}/os.py", f"{LIBRARY}/json/decoder.py", f"{LIBRARY}/lib-dynload/_ssl.x.so"]
TK = [
    "lib/tcl8.6/init.tcl",
    f"{LIBRARY}/lib-dynload/_tkinter.x.so",
    f"{LIBRARY}/tkinter/__init__.py",
    f"{LIBRARY}/turtle.py",
]
PIP = [f"{LIBRARY}/site-packages/pip-24.0.dist-info/METADATA", f"{LIBRARY}/site-packages/pip/__main__.py"]
FULL = [
    "include/python3.11/Python.h",
    "lib/libpython3.11.a",
    "share/man/man1/python3.1",
    f"{LIBRARY}/ensurepip/_bundled/pip.whl",
    f"{LIBRARY}/idlelib/idle.py",
    f"{LIBRARY}/lib-dynload/_gdbm.x.so",
    f"{LIBRARY}/lib-dynload/_testcapi.x.so",
    f"{LIBRARY}/pydoc_data/topics.py",
    f"{LIBRARY}/test/test_os.py",
    f"{LIBRARY}/unittest/test/__init__.py",
]
NEVER = [
    "bin/pip3",
    f"{LIBRARY}/__pycache__/os.pyc",
    f"{LIBRARY}/site-packages/numpy/__init__.py",
    f"{LIBRARY}/site-packages/pip/__pycache__/x.pyc",
]


@pytest.fixture
def made(tmp_path: Path) -> Prefix:
    for place in (*ALWAYS, *TK, *PIP, *FULL, *NEVER):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    elf = read_elf(Path("/proc/self/exe").resolve())
    assert elf is not None
    return Prefix(tmp_path, "bin/python3.11", LIBRARY, elf)


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (Wanted(), ALWAYS),
        (Wanted(tkinter=True), [*ALWAYS, *TK]),
        (Wanted(everything=True), [*ALWAYS, *TK, *PIP, *FULL]),
    ],
)
def test_what_travels(wanted: Wanted, places: list[str], made: Prefix) -> None:
    assert list(selected(made, wanted)) == sorted(places)


def test_of_a_directory_that_others_share_only_python_goes_in(made: Prefix) -> None:
    (made.root / "bin/env").touch()
    found = selected(made, Wanted(everything=True))
    assert [place for place in found if not re.match(r"bin/python3\.11$|lib/python3\.11/", place)] == []

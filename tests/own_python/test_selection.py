"""The files of a Python that travel: what apps use, Tk where it is wanted, or all but what is installed there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pexlite
from pexlite.own_python.elf import read_elf
from pexlite.own_python.prefix import Prefix
from pexlite.own_python.selection import Wanted, selected

LIBRARY = "lib/python3.11"
ALWAYS = [
    "bin/python3.11",
    f"{LIBRARY}/os.py",
    f"{LIBRARY}/sqlite3/__init__.py",
    f"{LIBRARY}/json/decoder.py",
    f"{LIBRARY}/lib-dynload/_ssl.x.so",
]
TK = [
    "lib/tcl8.6/init.tcl",
    f"{LIBRARY}/lib-dynload/_tkinter.x.so",
    f"{LIBRARY}/tkinter/__init__.py",
    f"{LIBRARY}/turtle.py",
]
SQLITE = [f"{LIBRARY}/lib-dynload/_sqlite3.x.so"]
TERMINAL = [f"{LIBRARY}/lib-dynload/{name}.x.so" for name in ("readline", "_curses", "_curses_panel")]
LIB2TO3 = [f"{LIBRARY}/lib2to3/Grammar.txt"]
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
    f"{LIBRARY}/asyncio/windows_events.py",
    f"{LIBRARY}/distutils/msvc9compiler.py",
    f"{LIBRARY}/msilib/schema.py",
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
    for place in (*ALWAYS, *TK, *SQLITE, *TERMINAL, *LIB2TO3, *PIP, *FULL, *NEVER):
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
        (Wanted(sqlite3=True), [*ALWAYS, *SQLITE]),
        (Wanted(terminal=True), [*ALWAYS, *TERMINAL]),
        (Wanted(lib2to3=True), [*ALWAYS, *LIB2TO3]),
        (Wanted(everything=True), [*ALWAYS, *TK, *SQLITE, *TERMINAL, *LIB2TO3, *PIP, *FULL]),
    ],
)
def test_what_travels(wanted: Wanted, places: list[str], made: Prefix) -> None:
    assert list(selected(made, wanted)) == sorted(places)


def test_of_a_directory_that_others_share_only_python_goes_in(made: Prefix) -> None:
    (made.root / "bin/env").touch()
    found = selected(made, Wanted(everything=True))
    assert [place for place in found if not re.match(r"bin/python3\.11$|lib/python3\.11/", place)] == []


LEFT_OUT = (
    *("test", "tests", "idlelib", "turtledemo", "tkinter", "turtle", "pydoc_data.topics", "ensurepip._bundled"),
    *("lib2to3", "msilib", "nis", "_gdbm", "_sqlite3", "readline", "_curses", "_curses_panel", "_tkinter"),
)
# Of other systems, for Python's own tests, or of the machine: nobody imports them.
NOBODYS = re.compile(
    r"(?:.+\.)?(?:tests?|idle_test)(?:\..*)?|__p?hello__.*|_test\w*|_ctypes_test\w*|_xxtestfuzz|xxlimited\w*|xxsubtype"
    r"|asyncio\.windows_\w+|multiprocessing\.popen_spawn_win32|distutils\.(?:_?msvc\w*|command\.bdist_msi)"
    r"|sitecustomize|usercustomize|config-.*"
)


def test_of_this_python_nothing_is_left_out_but_what_the_docs_say(prefix: Prefix) -> None:
    library = prefix.root / prefix.standard_library
    there = {path.relative_to(library) for path in library.rglob("*") if path.suffix in (".py", ".so")}
    kept = {Path(place).relative_to(prefix.standard_library) for place in selected(prefix, Wanted())
            if place.startswith(prefix.standard_library)}  # fmt: skip
    lost = set()
    for path in there - kept:
        parts = [part for part in path.parts if part not in ("lib-dynload", "__init__.py")]
        if parts[0] in ("site-packages", "dist-packages"):
            continue
        parts[-1] = parts[-1].partition(".")[0]
        name = ".".join(parts)
        if not NOBODYS.fullmatch(name):
            lost.add(name)
    assert {name for name in lost if not any(f"{name}.".startswith(f"{out}.") for out in LEFT_OUT)} == set()
    page = (Path(pexlite.__file__).parent / "docs" / "options.md").read_text(encoding="utf-8")
    told = page.partition("Left out, unless")[2].partition("What it takes")[0]
    words = {"tests": "tests", "_sqlite3": "sqlite3", "_curses": "curses", "_curses_panel": "curses"}
    words |= {
        "test": "tests",
        "idlelib": "IDLE",
        "turtledemo": "Tk",
        "pydoc_data.topics": "help",
        "_tkinter": "Tk",
    }
    assert [name for name in LEFT_OUT if words.get(name, name).partition(".")[0] not in told] == []

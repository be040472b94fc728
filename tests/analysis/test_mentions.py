"""Modules of the standard library that wheels name are found, however they are imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from pexlite.analysis.mentions import mentioned
from pexlite.model import Wheel
from pexlite.store.store import Store
from tests.factories import make_wheel

MODULES = ("sqlite3", "dbm", "readline", "curses")
CODE = [
    ("import sqlite3", {"sqlite3"}),
    ("import os, sqlite3 as db", {"sqlite3"}),
    ("def main():\n    from sqlite3.dbapi2 import connect", {"sqlite3"}),
    ("try:\n    import readline\nexcept ImportError:\n    pass", {"readline"}),
    ("from curses import panel; import dbm.ndbm", {"curses", "dbm"}),
    ("importlib.import_module('dbm.dumb')", {"dbm"}),
    ('__import__("curses")', {"curses"}),
    ("line = file.readline()", set()),
    ("from app import file  # not readline", set()),
    ("import sqlite3_of_another_kind, aiosqlite3, db_m", set()),
    ("name = 'curses-like'", set()),
]


def wheel_of(directory: Path, name: str, content: str | bytes) -> Wheel:
    """A wheel with one file."""
    path = make_wheel(directory, "app", files={name: content})
    return Store(directory / "store").add(path, path.name, local=True)


@pytest.mark.parametrize(("code", "found"), CODE)
def test_it_is_found_where_code_names_it(code: str, found: set[str], tmp_path: Path) -> None:
    assert mentioned([wheel_of(tmp_path, "app/code.py", code + "\n")], MODULES) == found


def test_compiled_code_has_it_as_a_name_of_its_own(tmp_path: Path) -> None:
    compiled = b"\x7fELF\0sqlite3\0aiodbm\0curses.panel\0readline_x\0"
    wheel = wheel_of(tmp_path, "app/code.cpython-311-x86_64-linux-gnu.so", compiled)
    assert mentioned([wheel], MODULES) == {"sqlite3", "curses"}


@pytest.mark.parametrize(("name", "found"), [("big.abi3.so", {"sqlite3"}), ("libbig.so.2", set())])
def test_of_large_files_only_modules_are_read_whole(name: str, found: set[str], tmp_path: Path) -> None:
    content = bytes((1 << 20) - 3) + b"sqlite3\0" + bytes(8 << 20)
    assert mentioned([wheel_of(tmp_path, f"app/{name}", content)], MODULES) == found


def test_texts_that_are_no_code_do_not_count(tmp_path: Path) -> None:
    wheel = wheel_of(tmp_path, "app/words.txt", "import sqlite3\n")
    assert mentioned([wheel], MODULES) == set()

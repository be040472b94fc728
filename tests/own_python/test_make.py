"""A Python that goes into a file works where it is unpacked, with nothing of the machine that it comes from."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from pexlite.model import no_report
from pexlite.own_python import make
from pexlite.own_python.elf import read_elf
from pexlite.own_python.find import PackedPython, packed_python
from pexlite.own_python.libraries import is_of_the_c_library
from pexlite.own_python.source import PythonSource
from pexlite.store.store import Store
from tests.own_python.conftest import PARTS


def run(python: Path, code: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LD_"))}
    done = subprocess.run(
        [python, "-B", "-I", "-c", code], capture_output=True, text=True, env=kept, cwd="/", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_it_says_what_it_is(packed: PackedPython, source: PythonSource) -> None:
    own = packed.python
    assert own.version == sys.version.split()[0]
    assert own.tag == source.target.python and own.platform == source.target.platform
    assert own.source == "cpython.tar.gz" and own.source_sha256 == source.sha256
    assert own.program == f"bin/python3.{sys.version_info[1]}"
    assert own.size == own.path.stat().st_size and own.path.stem.partition(".")[0] == own.sha256


def test_it_works_where_it_is_unpacked(unpacked: Path, packed: PackedPython) -> None:
    code = "import ssl, sqlite3, ctypes, zlib, hashlib, bz2, lzma, sys; print(sys.version, sys.prefix, sep='|')"
    assert run(unpacked / packed.python.program, code) == f"{sys.version}|{unpacked}"


def test_sysconfig_names_the_place_where_it_lies(unpacked: Path, packed: PackedPython) -> None:
    code = "import sysconfig; print(sysconfig.get_config_var('prefix'), sysconfig.get_config_var('LIBDEST'))"
    prefix, library = run(unpacked / packed.python.program, code).rsplit(" ", 1)[0], str(unpacked)
    assert prefix.startswith(library)


def test_a_virtual_environment_of_it_works(unpacked: Path, packed: PackedPython, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    subprocess.run(
        [unpacked / packed.python.program, "-B", "-I", "-m", "venv", "--without-pip", environment], check=True
    )
    found = run(environment / "bin" / "python", "import ssl, sys; print(sys.prefix, sys.base_prefix, sep='|')")
    assert found == f"{environment}|{unpacked}"


def test_only_the_c_library_is_left_to_the_host(unpacked: Path) -> None:
    have = {path.name for path in (unpacked / "lib").glob("*.so*")}
    binaries = [path for path in unpacked.rglob("*") if not path.is_symlink() and path.is_file()]
    elves = {
        path: elf
        for path in binaries
        if (".so" in path.name or path.parent.name == "bin") and (elf := read_elf(path))
    }
    assert len(elves) > 20
    for path, elf in elves.items():
        assert [name for name in elf.needed if name not in have and not is_of_the_c_library(name)] == [], path
        assert all(entry.startswith("$ORIGIN") for entry in elf.search), path


def test_the_glibc_that_it_needs_is_the_newest_that_a_symbol_names(packed: PackedPython, unpacked: Path) -> None:
    libc = packed.python.libc
    if libc is None or libc[0] != "glibc":
        pytest.skip("this Python is of another C library")
    named = {
        tuple(map(int, found))
        for path in (
            *(unpacked / "lib").glob("*.so*"),
            unpacked / packed.python.program,
            *unpacked.rglob("lib-dynload/*"),
        )
        for found in re.findall(rb"GLIBC_(\d+)\.(\d+)", path.read_bytes())
    }
    assert libc[1] == max(named)


def test_no_path_of_this_machine_is_in_its_text_or_bytecode(unpacked: Path, source: PythonSource) -> None:
    places = [os.path.realpath(sys.base_prefix), str(source.prefix.root), str(Path.home())]
    foreign = [place.encode() for place in places if place not in ("/", "/usr", "/usr/local")]
    files = [path for path in unpacked.rglob("*") if path.is_file() and not path.is_symlink()]
    assert [path for path in files if any(place in path.read_bytes() for place in foreign)] == []


def test_bytecode_is_there_for_what_a_start_imports_and_names_no_place(
    unpacked: Path, packed: PackedPython
) -> None:
    names = "[m.__cached__ for m in sys.modules.values() if getattr(m, '__cached__', None)]"
    code = f"import sys, ssl, json, argparse; print({names})"
    cached = eval(run(unpacked / packed.python.program, code))
    assert len(cached) > 20
    assert [path for path in cached if not Path(path).exists()] == []
    for path in cached:
        assert Path(path).read_bytes()[4:8] == b"\1\0\0\0", "not compared with the time of a source"


def test_what_no_app_needs_is_left_out(unpacked: Path, packed: PackedPython) -> None:
    library = unpacked / f"lib/python3.{sys.version_info[1]}"
    for name in ("test", "idlelib", "tkinter", "turtledemo", "site-packages", "ensurepip/_bundled", "turtle.py"):
        assert not (library / name).exists(), name
    assert not (unpacked / "include").exists()
    assert not [path for path in unpacked.rglob("*") if path.suffix in (".a", ".exe")]
    assert packed.python.unpacked == sum(
        path.stat().st_size for path in unpacked.rglob("*") if path.is_file() and not path.is_symlink()
    )


def test_members_are_of_nobody_sorted_and_of_1980(packed: PackedPython) -> None:
    with tarfile.open(packed.python.path) as archive:
        members = archive.getmembers()
    assert {(member.uid, member.gid, member.uname, member.gname, member.mtime) for member in members} == {
        (0, 0, "", "", 315532800)
    }
    names = [member.name for member in members]
    assert names == sorted(names)
    assert all(member.isdir() or member.isfile() or member.issym() for member in members)
    assert {member.mode for member in members if not member.issym()} == {0o755, 0o644}


def test_the_same_python_gives_the_same_bytes_from_another_place_and_umask(
    packed: PackedPython, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pexlite.own_python.source import source_of

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    before = os.umask(0o077)
    try:
        store = Store(tmp_path / "another store")
        again = packed_python(source_of(str(archive), store), PARTS, store, no_report)
    finally:
        os.umask(before)
    assert again.python.sha256 == packed.python.sha256


def test_the_second_time_it_is_only_looked_up(
    packed: PackedPython, source: PythonSource, shared_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pexlite.own_python.find as finding

    monkeypatch.setattr(finding, "make_archive", lambda *_: pytest.fail("it is made again"))
    assert packed_python(source, PARTS, shared_store, no_report) == packed


def test_a_link_to_a_file_that_goes_in_beside_it_stays_a_link(tmp_path: Path) -> None:
    there = tmp_path / "prefix"
    there.mkdir()
    (there / "libpython3.11.so.1.0").write_bytes(b"library")
    (there / "libpython3.11.so").symlink_to("libpython3.11.so.1.0")
    (there / "libother.so").symlink_to("libelsewhere.so.1")
    (there / "libelsewhere.so.1").write_bytes(b"other")
    names = ("libpython3.11.so.1.0", "libpython3.11.so", "libother.so")
    copied = {f"lib/{name}": there / name for name in names}
    make._copy(copied, tmp_path / "copy")
    place = tmp_path / "copy" / "lib"
    assert (place / "libpython3.11.so").readlink() == Path("libpython3.11.so.1.0")
    assert not (place / "libother.so").is_symlink(), "what it leads to is not there"
    assert (place / "libother.so").read_bytes() == b"other"

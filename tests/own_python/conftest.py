"""Files that bring a Python, and a Python of this machine packed: once, since that takes seconds."""

from __future__ import annotations

import io
import os
import sys
import tarfile
from pathlib import Path

import pytest

from pexlite.model import no_report
from pexlite.own_python.find import PackedPython, packed_python
from pexlite.own_python.prefix import Prefix, prefixes_at
from pexlite.own_python.selection import Wanted, selected
from pexlite.own_python.source import PythonSource, source_of
from pexlite.store.store import Store
from tests.own_python import files
from tests.own_python.files import LIBRARY, SHELLS, TELLING, TOOLS, Launched, launched

PARTS = Wanted(sqlite3=True, terminal=True)
"""The parts that the packed Python has, so that it has libraries of all kinds."""
_AARCH64 = b"\xb7\0"  # e_machine of ELF, little-endian


@pytest.fixture(scope="session")
def prefix() -> Prefix:
    """The prefix of the Python that runs the tests."""
    found = prefixes_at(Path(sys.base_prefix))
    named = [one for one in found if one.name == f"{sys.version_info[0]}.{sys.version_info[1]}"]
    if not named:
        pytest.skip(f"{sys.base_prefix} has no program of Python with its library beside it")
    return named[0]


@pytest.fixture(scope="session")
def archive(prefix: Prefix, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That Python as an archive like those that are to be had: below `python/`, with its libpython."""
    path = tmp_path_factory.mktemp("archive") / "cpython.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as made:
        for place, file in selected(prefix, PARTS).items():
            made.add(os.path.realpath(file), f"python/{place}")
        for name in prefix.elf.needed:
            if (prefix.root / "lib" / name).is_file():
                made.add(os.path.realpath(prefix.root / "lib" / name), f"python/lib/{name}")
    return path


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def source(archive: Path, shared_store: Store) -> PythonSource:
    return source_of(str(archive), shared_store)


@pytest.fixture(scope="session")
def packed(source: PythonSource, shared_store: Store) -> PackedPython:
    return packed_python(source, PARTS, shared_store, no_report)


@pytest.fixture(scope="session")
def foreign(packed: PackedPython, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same Python as an archive, its programs and libraries saying that they are for another machine."""
    path = tmp_path_factory.mktemp("foreign") / "cpython-of-another-machine.tar.gz"
    with tarfile.open(packed.python.path) as own, tarfile.open(path, "w:gz", compresslevel=1) as made:
        for member in own:
            file = own.extractfile(member) if member.isfile() else None
            content = file.read() if file else b""
            if content[:4] == b"\x7fELF":
                content = content[:18] + _AARCH64 + content[20:]
            made.addfile(member, io.BytesIO(content) if file else None)
    return path


@pytest.fixture(scope="session")
def unpacked(packed: PackedPython, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, unpacked as on a host."""
    place = tmp_path_factory.mktemp("host") / "with a blank"
    with tarfile.open(packed.python.path) as archive:
        archive.extraction_filter = lambda member, _: member  # older Pythons know no argument for it
        archive.extractall(place)
    return place


@pytest.fixture
def app(tmp_path: Path) -> Launched:
    """A file whose Python tells how it was started."""
    return launched(tmp_path, files.packed(tmp_path, {"bin/python3.11": TELLING, **LIBRARY}))


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    """Each shell in turn."""
    return str(request.param)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A directory with the tools that a launcher may use, as all there is on PATH."""
    place = tmp_path / "tools"
    place.mkdir()
    for name in (*TOOLS, "dash", "sh"):
        (place / name).symlink_to(Path("/usr/bin", name).resolve())
    return place

"""A wheel as its index serves it is made again of the one that `--no-compress` wrote, or it is told why not."""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from pexlite.model import StoredWheel
from pexlite.parallel import Stop
from pexlite.ship.room import reassemble
from pexlite.ship.served import AnotherZlibError, NotRemadeError, recipe, served
from pexlite.store.uncompressed import rewrite
from pexlite.wheels.read import digest
from tests.factories import make_wheel

TEXT = "".join(f"def f{number}(): return {number * number % 7919}\n" for number in range(9000))


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def anew(source: Path, target: Path, **how: Any) -> Path:
    """The wheel with its members in another form."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", **how) as new:
        for entry in old.infolist():
            other = zipfile.ZipInfo(entry.filename, (2024, 5, 6, 7, 8, 10))
            other.external_attr, other.create_system = entry.external_attr, entry.create_system
            other.compress_type = new.compression
            new.writestr(other, old.read(entry), compresslevel=new.compresslevel)
    return target


def described(path: Path) -> Path:
    """The wheel with data descriptors behind its members, and bits that tell of the level."""
    made = io.BytesIO()

    class Unseekable(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, content: Any) -> int:
            return made.write(content)

    with zipfile.ZipFile(path) as old, zipfile.ZipFile(Unseekable(), "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    path.write_bytes(made.getvalue())
    return path


def with_directories(path: Path) -> Path:
    with zipfile.ZipFile(path, "a") as opened:
        opened.mkdir("pkg/empty")
    return path


FORMS = {
    "deflated": lambda path: path,
    "stored": lambda path: anew(path, path.with_name("stored"), compression=zipfile.ZIP_STORED),
    "level 9": lambda path: anew(path, path.with_name("nine"), compression=zipfile.ZIP_DEFLATED, compresslevel=9),
    "a level that is not looked for": lambda path: anew(
        path, path.with_name("one"), compression=zipfile.ZIP_DEFLATED, compresslevel=1
    ),
    "descriptors": described,
    "directories": with_directories,
}


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    files: dict[str, str | bytes] = {
        "pkg/__init__.py": "",
        "pkg/größe.txt": "x",
        "pkg/code.py": TEXT,
        "pkg/large.bin": noise(100_000) + bytes(2_500_000),
    }
    return make_wheel(tmp_path, "pkg", files=files)


def in_file(wheel: Path, tmp_path: Path, found: bytes | None = None) -> tuple[Path, StoredWheel]:
    """A file with the wheel, rewritten, and its recipe."""
    written = tmp_path / "written.whl"
    rewrite(wheel, written, Stop())
    made = recipe(wheel, written, Stop().check) if found is None else found
    assert made is not None
    before = b"#!/usr/bin/env python3\n"
    file = tmp_path / "x.pex"
    file.write_bytes(before + written.read_bytes() + made)
    size = written.stat().st_size
    return file, StoredWheel(
        filename=wheel.name,
        sha256=digest(written).sha256,
        offset=len(before),
        size=size,
        repacked_from=digest(wheel).sha256,
        recipe=(len(before) + size, len(made)),
    )


def made_again(file: Path, stored: StoredWheel) -> bytes:
    with file.open("rb") as opened:
        return b"".join(served(opened, stored))


@pytest.mark.parametrize("form", FORMS)
def test_every_byte_comes_back(form: str, wheel: Path, tmp_path: Path) -> None:
    original = FORMS[form](wheel)
    file, stored = in_file(original, tmp_path)
    assert made_again(file, stored) == original.read_bytes()
    if form != "a level that is not looked for":
        assert stored.recipe[1] < 2000


def test_a_wheel_of_which_much_would_be_kept_has_no_recipe(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "pkg", files={"big.bin": noise(3_000_000)})
    other = anew(wheel, tmp_path / "one", compression=zipfile.ZIP_DEFLATED, compresslevel=1)
    written = tmp_path / "written"
    for path, has_one in ((wheel, True), (other, False)):
        with zipfile.ZipFile(path) as opened:
            assert opened.testzip() is None
        rewrite(path, written, Stop())
        assert (recipe(path, written, Stop().check) is not None) is has_one


def other_zlib(level: int) -> int:
    return {6: 5, 9: 8}[level]


def test_another_zlib_is_told(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, stored = in_file(wheel, tmp_path)
    real = zlib.compressobj
    monkeypatch.setattr(reassemble().zlib, "compressobj", lambda level, *more: real(other_zlib(level), *more))
    monkeypatch.setattr(zlib, "ZLIB_RUNTIME_VERSION", "1.3.1.zlib-ng")
    with pytest.raises(AnotherZlibError, match=r"zlib 1\.3\.1\.zlib-ng of this Python deflates otherwise"):
        made_again(file, stored)


def bomb() -> bytes:
    """A recipe of a few kilobytes that makes 100 MB."""
    import lzma

    copies = b"".join(b"\3\0\0" + b"\x80\x80\x04" for _ in range(1600)) + b"\0"
    return b"pexlite recipe 1 0 0\n" + lzma.compress(copies)


def long_content() -> bytes:
    import lzma

    return b"pexlite recipe 1 0 0\n" + lzma.compress(b"\1\x80\x80\x80\x80\1" + bytes(30_000_000))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no recipe"),
        (b"pexlite recipe 2 0 0\n", "no recipe"),
        (b"pexlite recipe 1 " + b"0" * 200 + b"\n", "no recipe"),
        (b"pexlite recipe 1 0 0\nxz", "of this Python"),
        (bomb(), "more than a wheel can be"),
        (long_content(), "larger than any|more than"),
    ],
    ids=["none", "another form", "a long line", "cut", "copies without end", "much in little"],
)
def test_what_is_no_recipe_is_refused(content: bytes, told: str, wheel: Path, tmp_path: Path) -> None:
    file, stored = in_file(wheel, tmp_path, content)
    with pytest.raises(NotRemadeError, match=told):
        made_again(file, stored)


def test_a_recipe_for_another_wheel_is_refused(wheel: Path, tmp_path: Path) -> None:
    file, stored = in_file(wheel, tmp_path)
    content = bytearray(file.read_bytes())
    place = content.index(b"def f7(")
    content[place + 4 : place + 6] = b"g8"
    file.write_bytes(content)
    with pytest.raises(NotRemadeError, match=r"(its recipe|deflates otherwise)"):
        made_again(file, stored)

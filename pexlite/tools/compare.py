"""Two built files compared: what differs, and in own code line by line."""

from __future__ import annotations

import difflib
import filecmp
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pexlite.archive.members import UNREADABLE, open_zip, read_part
from pexlite.contents.difference import Difference, difference
from pexlite.contents.read import read_contents
from pexlite.contents.values import FileContents, HeldFile, HeldWheel, Maker, Scope
from pexlite.contents.wheel_members import members_by_wheel
from pexlite.files.paths import is_file

_LARGEST, _MOST_LINES = 1 << 20, 5000
"""Bytes and lines of a text that is compared line by line: that takes the square of its length, at worst."""


@dataclass(frozen=True)
class TextChange:
    """A file of own code that has changed."""

    path: str
    lines: tuple[str, ...]
    """The lines of a unified difference, without their ends."""
    problem: str = ""
    """Why it is not compared line by line; "" where it is."""


def compare(old: Path, new: Path) -> Difference:
    """The difference of the files at these paths, which pexlite, pex or shiv made. Raises NotABundle."""
    first = read_contents(old, Scope(graph=False))
    if is_file(new) and first.size == new.stat().st_size and filecmp.cmp(old, new, shallow=False):
        return difference(first, replace(first, path=new), same_bytes=True)
    known = {wheel.sha256: wheel for wheel in first.wheels if wheel.sha256 and first.maker is Maker.PEXLITE}
    return difference(first, read_contents(new, Scope(graph=False, known=known)))


def text_changes(found: Difference) -> tuple[TextChange, ...]:
    """The changed files of own code, line by line: those of local wheels, and what pex puts beside wheels."""
    sides = (_own_code(found.old), _own_code(found.new))
    changes = []
    for path in sorted({*sides[0], *sides[1]}):
        before, after = (side.get(path) for side in sides)
        if before and after and (before.file.size, before.file.crc32) == (after.file.size, after.file.crc32):
            continue
        changes.append(_change(path, before, after))
    return tuple(changes)


@dataclass(frozen=True)
class _OwnFile:
    file: HeldFile
    read: Callable[[], bytes]


def _own_code(contents: FileContents) -> Mapping[str, _OwnFile]:
    """The files of own code by path. A project's version may be in the path of its metadata, which is left out."""
    if contents.maker is not Maker.PEXLITE:
        return {one.path: _OwnFile(one, _reader(contents.path, one.path)) for one in contents.own_code}
    return {
        one.path: _OwnFile(one, _wheel_reader(contents.path, wheel, one.path))
        for wheel in contents.wheels
        if wheel.local
        for one in wheel.files
        if ".dist-info/" not in one.path
    }


def _reader(path: Path, name: str) -> Callable[[], bytes]:
    def read() -> bytes:
        with path.open("rb") as file, open_zip(file) as opened:
            return read_part(opened, name, _LARGEST)

    return read


def _wheel_reader(path: Path, wheel: HeldWheel, name: str) -> Callable[[], bytes]:
    def read() -> bytes:
        with members_by_wheel(path) as members, members(wheel) as held:
            return held.read(name, _LARGEST)

    return read


def _change(path: str, before: _OwnFile | None, after: _OwnFile | None) -> TextChange:
    try:
        old, new = ([] if one is None else _lines(one.read()) for one in (before, after))
    except UnicodeDecodeError:
        return TextChange(path, (), "it is no text")
    except UNREADABLE as failure:
        return TextChange(path, (), str(failure))
    if max(len(old), len(new)) > _MOST_LINES:
        return TextChange(path, (), f"it has more than {_MOST_LINES:,} lines")
    return TextChange(path, tuple(_unified(path, (before, after), old, new)))


def _unified(
    path: str, sides: tuple[_OwnFile | None, _OwnFile | None], old: Sequence[str], new: Sequence[str]
) -> Iterator[str]:
    names = (f"old/{path}" if sides[0] else "/dev/null", f"new/{path}" if sides[1] else "/dev/null")
    return difflib.unified_diff(old, new, *names, lineterm="")


def _lines(content: bytes) -> list[str]:
    if b"\0" in content:
        raise UnicodeDecodeError("utf-8", content, 0, 1, "it is no text")
    return content.decode("utf-8").splitlines()

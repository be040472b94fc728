"""A plain directory of a file's packages, as `pip install --target` makes it, or a zip of one.

It is put together from the tree and the wheels in the file, so that no Python of the target is needed.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import shutil
import stat
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from pexlite.archive.members import UNREADABLE, open_zip, pieces, read_part
from pexlite.archive.runtime_files import ROOM_DIRECTORY
from pexlite.archive.stored_wheels import open_wheel, sha256
from pexlite.bundle.runs_on import runs_on
from pexlite.errors import UsageError, VerificationFailed, WriteError
from pexlite.model import Entry, Kind, Manifest, StoredWheel, read_tree
from pexlite.model.pythons import serves
from pexlite.model.tree import SITE_PACKAGES
from pexlite.outputs import OF_PACKAGES, Output
from pexlite.outputs import Kind as OutputKind
from pexlite.tools.runtime_tools import checked_manifest

_FIRST_LINE = b"#!/usr/bin/env python3\n"
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can name, so that one file always makes the same zip
_HEADERS = "include/site/pythonX.Y/"
_TEMPLATE = ROOM_DIRECTORY / "written" / "console_script.py"
_PYTHON = re.compile(r"(?:python|cp)?3\.?(\d+)(t?)")


@dataclass(frozen=True)
class Flat:
    """A directory or zip of packages that was written."""

    unpacked: int
    """Bytes of all files in it."""
    packed: int | None
    """Bytes of the zip; None for a directory."""
    idle: tuple[str, ...]
    """Names of `.pth` files in it, which Python reads in site-packages alone."""


@dataclass(frozen=True)
class _File:
    place: str
    content: bytes
    mode: int


def make_flat(
    path: Path,
    place: Path,
    *,
    scope: Literal["all", "deps", "srcs"] = "all",
    python: str | None = None,
    force: bool = False,
) -> Flat:
    """Write the packages of the file at `path` into the new directory `place`, or as a zip where it is named so.

    `python` ("3.12") says which, where the file has other wheels for each. Raises NotABundle, VerificationFailed,
    UsageError, WriteError.
    """
    manifest = checked_manifest(path)
    number = _variant(path, manifest, python)
    with path.open("rb") as file:
        try:
            with open_zip(file) as opened:
                text = read_part(opened, f".trees/{number}").decode("utf-8")
            packages = _Packages(file, manifest, number, text)
            files = packages.files(scope)
            if place.suffix == ".zip":
                return _zipped(files, Output(place.absolute(), OutputKind.PACKAGES, force, option=""), path)
            return _laid_out(files, place.absolute())
        except UNREADABLE as failure:
            if isinstance(failure, OSError):
                raise WriteError(f"cannot write {place}", causes=[failure.strerror or str(failure)]) from failure
            raise VerificationFailed(f"{path} is damaged: {failure}", hint="copy the file here again") from failure


def _variant(path: Path, manifest: Manifest, python: str | None) -> int:
    """The number of the one variant that `python` can mean."""
    tag = None
    if python is not None:
        said = _PYTHON.fullmatch(python)
        if said is None:
            raise UsageError(f"--python {python!r} is no version", hint="with --flat it is one: --python 3.12")
        tag = f"cp3{said[1]}{said[2]}"
    variants = manifest.variants
    fitting = [number for number, one in enumerate(variants) if tag is None or serves(one.pythons, tag)]
    if len({variants[number].wheels for number in fitting}) == 1:
        return fitting[0]
    causes = [f"it has wheels for {runs_on([variants[number]])}" for number in fitting or range(len(variants))]
    if not fitting:
        raise UsageError(f"{path} does not run on {python}", causes=causes, hint="name one of these")
    hint = "build a file for one platform: pexlite … --platform PLATFORM"
    if len({variants[number].pythons for number in fitting}) == len(fitting):
        newest = variants[fitting[0]].pythons[-1]
        hint = f"name one: --python 3.{newest.removeprefix('cp3').rstrip('+')}"
    raise UsageError(f"{path} has other wheels for each Python or platform", causes=causes, hint=hint)


class _Packages:
    """The packages of one variant in the open `file`; `text` is its tree."""

    def __init__(self, file: BinaryIO, manifest: Manifest, number: int, text: str) -> None:
        self._file = file
        self._wheels = [manifest.wheels[position] for position in manifest.variants[number].wheels]
        entries = read_tree(text, [wheel.filename.partition("-")[0] for wheel in self._wheels]).entries
        # Site-packages and the prefix become one directory: of two files for one place the later stays.
        self._entries = {_flat(entry.place): entry for entry in entries}

    def files(self, scope: str) -> Iterator[_File]:
        """The files of the wheels in `scope`, wheel by wheel, by place."""
        for number, wheel in enumerate(self._wheels):
            if scope in ("all", "srcs" if wheel.local else "deps"):
                if sha256(self._file, wheel) != wheel.sha256:
                    raise VerificationFailed(
                        f"{wheel.filename} has not the sha256 {wheel.sha256}", hint="copy the file here again"
                    )
                yield from self._of_wheel(number, wheel)

    def _of_wheel(self, number: int, wheel: StoredWheel) -> Iterator[_File]:
        own = sorted((place, entry) for place, entry in self._entries.items() if entry.wheel == number)
        rows = []
        record = next((place for place, _ in own if place.endswith(".dist-info/RECORD")), "")
        with zipfile.ZipFile(open_wheel(self._file, wheel)) as members:
            names = _unpacked(members.namelist())
            for place, entry in own:
                if place != record:
                    file = _made(place, entry, members, names)
                    rows.append(_row(file))
                    yield file
        if record:
            installer = _File(record.replace("/RECORD", "/INSTALLER"), b"pexlite\n", 0o644)
            yield installer
            yield _File(record, "".join([*rows, _row(installer), f"{record},,\n"]).encode("utf-8"), 0o644)


def _flat(place: str) -> str:
    """A place in a venv as a place in the flat directory."""
    if place.startswith(_HEADERS):
        return f"include/python/{place[len(_HEADERS) :]}"
    return place.removeprefix(SITE_PACKAGES)


def _unpacked(names: Sequence[str]) -> dict[str, str]:
    """The members of a wheel, by their paths in the unpacked wheel; those of .data win."""
    found = {f"lib/{name}": name for name in names}
    for name in names:
        top, _, rest = name.partition("/")
        if top.endswith(".data") and f"{top.removesuffix('.data')}.dist-info/RECORD" in names:
            scheme, _, inside = rest.partition("/")
            found[f"{'lib' if scheme in ('purelib', 'platlib') else scheme}/{inside}"] = name
    return found


def _made(place: str, entry: Entry, members: zipfile.ZipFile, names: dict[str, str]) -> _File:
    """The file of an entry, with scripts that start the first python3 on PATH."""
    if entry.kind is Kind.CONSOLE_SCRIPT:
        module, _, function = entry.path.partition(":")
        program = _TEMPLATE.read_text(encoding="utf-8").replace("entry_point_module", module)
        program = program.replace("entry_point_head", function.partition(".")[0])
        return _File(place, _FIRST_LINE + program.replace("entry_point_function", function).encode("utf-8"), 0o755)
    member = members.getinfo(names[entry.path])
    content = b"".join(pieces(members, member))
    if entry.kind is Kind.SCRIPT:
        if content.startswith(b"#!python"):
            content = _FIRST_LINE + content.partition(b"\n")[2]
        return _File(place, content, 0o755)
    return _File(place, content, 0o755 if member.external_attr >> 16 & 0o111 else 0o644)


def _row(file: _File) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(file.content).digest()).decode("ascii").rstrip("=")
    quoted = f'"{file.place}"' if "," in file.place else file.place
    return f"{quoted},sha256={digest},{len(file.content)}\n"


def _laid_out(files: Iterator[_File], place: Path) -> Flat:
    """The files, written into a new directory that is there as a whole or not at all."""
    if place.is_symlink() or (place.exists() and not (place.is_dir() and not any(place.iterdir()))):
        raise UsageError(f"{place} is there already", hint="name a new directory, or remove this one")
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_name(f".{place.name[:40]}.{secrets.token_hex(8)}")
    temporary.mkdir()
    size, idle = 0, []
    try:
        for file in files:
            path = temporary / file.place
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as target:
                target.write(file.content)
            path.chmod(file.mode)
            size += len(file.content)
            idle += _idle(file)
        temporary.rename(place)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return Flat(size, None, tuple(idle))


def _zipped(files: Iterator[_File], output: Output, source: Path) -> Flat:
    """The files in a zip, the same bytes each time."""
    output.check([source])
    size, idle = 0, []
    with output.replaced() as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.comment = OF_PACKAGES
            for file in files:
                entry = zipfile.ZipInfo(file.place, _TIME)
                entry.create_system = 3  # Unix, whatever this is: else the modes count for nothing
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (stat.S_IFREG | file.mode) << 16
                archive.writestr(entry, file.content)
                size += len(file.content)
                idle += _idle(file)
        packed = target.tell()
    return Flat(size, packed, tuple(idle))


def _idle(file: _File) -> list[str]:
    return [file.place] if file.place.endswith((".pth", ".start")) and "/" not in file.place else []

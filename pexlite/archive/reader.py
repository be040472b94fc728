"""The manifest of a built file, read back: every value has the right type and lies within the file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from pexlite.archive.frames import MOST, is_outsized
from pexlite.archive.members import UNREADABLE, open_zip, read_part
from pexlite.errors import NotABundle
from pexlite.files.names import fault_of_name
from pexlite.files.paths import is_directory, is_file, is_there
from pexlite.model import (
    Command,
    EntryPoint,
    Extent,
    Libc,
    Manifest,
    StartKind,
    StoredPython,
    StoredWheel,
    Variant,
    ZipDirectory,
)
from pexlite.model.file import Frame
from pexlite.model.manifest import FORMAT, PexInfo

_Value = TypeVar("_Value")
_PYTHON = re.compile(r"(?:cp|pp)3\d{1,2}t?(?:\+|_\w+)?", re.ASCII)
_PLATFORM = re.compile(r"[a-z][A-Za-z0-9_]{0,63}", re.ASCII)
_LISTED = re.compile(r"\d{1,6} (?:lib|scripts|data|headers)/[^\x00]{1,4000}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BUILD_ID = re.compile(r"[0-9a-f]{16}")
_PYTHON_VERSION = re.compile(r"3\.\d{1,2}\.\d{1,3}(?:(?:a|b|rc)\d{1,3})?\+?", re.ASCII)
_LOADER = re.compile(r"(?:/[A-Za-z0-9_+-][A-Za-z0-9_.+-]{0,63}){0,8}", re.ASCII)
_PROGRAM = re.compile(r"bin/python3[A-Za-z0-9_.]{0,20}", re.ASCII)
_SOURCE = re.compile(r"[^\x00-\x1f\x7f\x85\u2028\u2029]{1,200}")
_MOST_UNPACKED = 8 << 30  # bytes of a Python
_MOST_TAGS = 1000  # of one wheel: its name has three sets of tags, and all combinations count


def read_manifest(path: Path) -> Manifest:
    """The manifest of the file at `path`. Raises NotABundle when there is none, or the file is damaged."""
    facts, first = _read_pex_info(path)
    if not isinstance(facts, dict) or not isinstance(facts.get("pexlite"), dict):
        raise NotABundle(
            f"{path} was not made by pexlite", hint="pex's own files are read by `pex-tools FILE info`"
        )
    _check_format(path, facts["pexlite"].get("format"))
    try:
        manifest = _manifest(facts, path.stat().st_size)
        _check_beginning(manifest, first)
        return manifest
    except (KeyError, TypeError, ValueError, IndexError) as failure:
        missing = f"there is no {failure}" if isinstance(failure, KeyError) else str(failure)
        raise NotABundle(
            f"{path} has a PEX-INFO that this pexlite cannot read",
            causes=[missing],
            hint="it is damaged: copy it here again",
        ) from failure


def _check_format(path: Path, number: Any) -> None:
    """Raise NotABundle where an earlier or later pexlite wrote the file in another format."""
    if number == FORMAT or not isinstance(number, int):
        return
    raise NotABundle(
        f"{path} is in format {number}, where format {FORMAT} is read here",
        causes=[f"it comes from {'an earlier' if number < FORMAT else 'a later'} pexlite; it starts all the same"],
        hint="build it again" if number < FORMAT else "upgrade this pexlite",
    )


def _check_beginning(manifest: Manifest, first: int) -> None:
    """Raise ValueError unless the zip, whose first member is at `first`, begins after the header or the wheels.

    Past 4 GiB Pythons and wheels lie before it. If two files were joined, other readers of zips would read the
    other one.
    """
    header, parts = manifest.header[0], _parts(manifest.wheels, manifest.own_pythons)
    if first not in (header, max((offset + size for offset, size, _ in parts), default=header)):
        raise ValueError("something stands before it")


def _read_pex_info(path: Path) -> tuple[Any, int]:
    """The content of PEX-INFO, and the position of the zip's first member."""
    if not is_there(path):
        raise NotABundle(f"there is no {path}", hint="check the path")
    if not is_file(path):
        what = "a directory" if is_directory(path) else "no regular file"
        raise NotABundle(f"{path} is {what}", hint="name a file that pexlite made, such as app.pex")
    try:
        with path.open("rb") as file, open_zip(file) as opened:
            if "PEX-INFO" not in opened.NameToInfo:
                raise NotABundle(f"{path} is a zip without PEX-INFO, so pexlite did not make it")
            text = read_part(opened, "PEX-INFO").decode("utf-8")
            first = min(member.header_offset for member in opened.infolist())
        return json.loads(text, parse_constant=_no_number), first
    except OSError as failure:
        raise NotABundle(
            f"{path} cannot be read", causes=[(failure.strerror or str(failure)).lower()], hint="check it: ls -l"
        ) from failure
    except (*UNREADABLE, RecursionError) as failure:
        raise NotABundle(
            f"{path} is no file that pexlite made, or it is damaged",
            causes=[str(failure) or type(failure).__name__],
            hint="name a file that pexlite made, such as app.pex; if this is one, copy it here again",
        ) from failure


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


# -- the values ----------------------------------------------------------------------------------


def _manifest(facts: dict[str, Any], size: int) -> Manifest:
    own = facts["pexlite"]
    wheels = _each(own, "wheels", lambda entry: _wheel(entry, size))
    own_pythons = (
        _each(own, "interpreters", lambda entry: _own_python(entry, size)) if "interpreters" in own else ()
    )
    _check_apart(wheels, own_pythons)
    variants = _each(own, "variants", lambda entry: _variant(entry, len(wheels)))
    _check_what_a_start_needs(own, len(variants))
    start = _table(own, "start")
    return Manifest(
        build_id=_matching(_BUILD_ID, own, "build_id"),
        entry_point=EntryPoint(
            StartKind(_text(start, "kind")),
            module=_text(start, "module"),
            attribute=_text(start, "attribute"),
            script=_text(start, "script"),
            commands=_each(start, "commands", _command) if "commands" in start else (),
        ),
        variants=variants,
        wheels=wheels,
        own_pythons=own_pythons,
        requirements=_texts(facts, "requirements"),
        runs_on=_text(own, "runs_on"),
        header=_header(own, size),
        pth=_each(own, "pth", _file_name),
        build_properties=_table(facts, "build_properties"),
        facts=cast("PexInfo", facts),  # every value that anybody reads has been looked at
    )


def _check_what_a_start_needs(own: dict[str, Any], variants: int) -> None:
    """Raise ValueError or TypeError for fields that may be missing, where they are not what they should be."""
    for name in {"imports", "lazy_imports"} & own.keys():
        _texts(own, name)
    for name in {"start_lists", "start_libraries"} & own.keys():
        lists = _list(own, name)
        if len(lists) != variants:
            raise ValueError(f"{name} are for {len(lists)} variants, and there are {variants}")
        for number, _ in enumerate(lists):
            for line in _texts(dict(enumerate(lists)), number):
                if not _LISTED.fullmatch(line):
                    raise ValueError(f"{_shortened(line)} cannot be one of its {name}")
    if "compiled" in own:
        Extent(_text(own, "compiled"))


def _command(entry: Any) -> Command:
    module, attribute, summary = (_text(entry, name) for name in ("module", "attribute", "summary"))
    return Command(_file_name(entry["name"]), module, attribute, summary)


def _wheel(entry: Any, size: int) -> StoredWheel:
    offset, length = _number(entry, "offset", size), _number(entry, "size", size)
    if offset + length > size:
        raise ValueError(f"a wheel of {length} bytes at {offset} is not within the file")
    frames = _frames(entry, length) if "zstd" in entry else ()
    directory = _directory(entry, sum(content for _, content in frames) or length)
    scripts = _table(entry, "scripts")
    return StoredWheel(
        filename=_wheel_name(_text(entry, "name")),
        sha256=_matching(_SHA256, entry, "sha256"),
        offset=offset,
        size=length,
        directory=directory,
        entry_points={_file_name(name): _text(scripts, name) for name in scripts},
        repacked_from=_matching(_SHA256, entry, "repacked_from") if "repacked_from" in entry else "",
        frames=frames,
        recipe=_place(entry["recipe"], size) if "repacked_from" in entry else (0, 0),
        local=entry.get("local", False) is True,
        bytecode_size=sum(_pack_size(pack, size) for pack in _table(entry, "bytecode").values())
        if "bytecode" in entry
        else 0,
    )


def _frames(entry: Any, length: int) -> tuple[Frame, ...]:
    """The frames in which a wheel lies in `length` bytes of the file."""
    pairs = (_numbers(pair, 2, 2 * MOST) for pair in _list(entry, "zstd"))
    frames = tuple((held, content) for held, content in pairs)
    are_sound = all(held and 0 < content <= MOST for held, content in frames)
    if not are_sound or sum(held for held, _ in frames) != length:
        raise ValueError("the frames of a wheel are not where it is")
    if is_outsized(length, frames):
        raise ValueError("a wheel of it unpacks to far more than any that a build packs")
    return frames


def _own_python(entry: Any, size: int) -> StoredPython:
    offset, length = _number(entry, "offset", size), _number(entry, "size", size)
    if offset + length > size:
        raise ValueError(f"a Python of {length} bytes at {offset} is not within the file")
    libc = entry["libc"]
    needed = _libc(libc) if libc is not None else None
    return StoredPython(
        offset=offset,
        sha256=_matching(_SHA256, entry, "sha256"),
        crc32=_number(entry, "crc32", 0xFFFFFFFF),
        size=length,
        unpacked=_number(entry, "unpacked", _MOST_UNPACKED),
        version=_matching(_PYTHON_VERSION, entry, "version"),
        tag=_matching(_PYTHON, entry, "tag"),
        platform=_matching(_PLATFORM, entry, "platform"),
        libc=(needed.name, needed.version) if needed else None,
        loader=_matching(_LOADER, entry, "loader"),
        program=_matching(_PROGRAM, entry, "program"),
        source=_matching(_SOURCE, entry, "source"),
        source_sha256=_matching(_SHA256, entry, "source_sha256") if entry["source_sha256"] else "",
        form="xz" if entry.get("form") == "xz" else "gz",
        licence=_matching(_SOURCE, entry, "licence"),
    )


def _wheel_name(name: str) -> str:
    """`name`, if a wheel in a directory may have it."""
    tags = 1
    for part in name.split("-")[-3:]:
        tags *= part.count(".") + 1
    if fault_of_name(name) or name.startswith(".") or tags > _MOST_TAGS:
        raise ValueError(f"{name!r} is no name of a wheel")
    try:
        parse_wheel_filename(name)
    except InvalidWheelFilename as problem:
        raise ValueError(f"{name!r} is no name of a wheel") from problem
    return name


def _check_apart(wheels: Sequence[StoredWheel], own_pythons: Sequence[StoredPython]) -> None:
    """Raise ValueError where two wheels or Pythons share a name or a place in the file."""
    if len({wheel.filename for wheel in wheels}) != len(wheels):
        raise ValueError("two wheels have one name")
    for (offset, size, name), (second, _, other) in pairwise(sorted(_parts(wheels, own_pythons))):
        if offset + size > second:
            raise ValueError(f"{name} and {other} have one place in the file")


def _parts(wheels: Sequence[StoredWheel], own_pythons: Sequence[StoredPython]) -> list[tuple[int, int, str]]:
    """Offset, size and name of each."""
    found = [(wheel.offset, wheel.size, wheel.filename) for wheel in wheels]
    return [*found, *((own.offset, own.size, f"CPython {own.version}") for own in own_pythons)]


def _place(value: Any, size: int) -> tuple[int, int]:
    """Offset and size of bytes within the file."""
    offset, length = _numbers(value, 2, size)
    if offset + length > size:
        raise ValueError(f"{length} bytes at {offset} are not within the file")
    return offset, length


def _pack_size(pack: Any, size: int) -> int:
    offset, length = _number(pack, "offset", size), _number(pack, "size", size)
    if offset + length > size:
        raise ValueError("bytecode is not within the file")
    _directory(pack, length)
    return length


def _directory(entry: Any, size: int) -> ZipDirectory:
    """The place of the directory in a zip of `size` bytes."""
    directory = ZipDirectory(*_numbers(entry["directory"], 4, max(size, 0xFFFFFFFF)))
    if directory.offset + directory.size > size:
        raise ValueError("the directory of a wheel is not within it")
    return directory


def _variant(entry: Any, wheels: int) -> Variant:
    libc, macos = entry["libc"], entry["macos"]
    numbers = tuple(_numbers(entry["wheels"], None, wheels - 1))
    if len(set(numbers)) != len(numbers):
        raise ValueError("a variant has a wheel twice")
    return Variant(
        pythons=tuple(_matching(_PYTHON, {"": python}, "") for python in _list(entry, "pythons")),
        platform=_matching(_PLATFORM, entry, "platform"),
        libc=_libc(libc) if libc is not None else None,
        macos=_version(macos) if macos is not None else None,
        wheels=numbers,
    )


def _libc(value: Any) -> Libc:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"{_shortened(value)} is no C library")
    return Libc(_matching(_PLATFORM, {"": value[0]}, ""), _version(value[1]))


def _version(value: Any) -> tuple[int, int]:
    major, minor = _numbers(value, 2, 100_000)
    return major, minor


def _header(own: dict[str, Any], size: int) -> tuple[int, int]:
    length, crc = _numbers(own["header"], 2, 0xFFFFFFFF)
    if length > min(size, 1 << 20):
        raise ValueError("the first lines are not within the file")
    return length, crc


def _file_name(name: Any) -> str:
    fault = fault_of_name(name) if isinstance(name, str) else "is no file name"
    if fault:
        raise ValueError(f"{_shortened(name)} {fault}")
    return str(name)


# -- values of the right type --------------------------------------------------------------------


def _text(table: Any, name: str) -> str:
    return _of_kind(table[name], str, name)


def _texts(table: Any, name: Any) -> tuple[str, ...]:
    return tuple(_of_kind(value, str, name) for value in _list(table, name))


def _list(table: Any, name: Any) -> list[Any]:
    return _of_kind(table[name], list, name)


def _table(table: Any, name: str) -> dict[str, Any]:
    return _of_kind(table[name], dict, name)


def _each(table: Any, name: str, read: Callable[[Any], _Value]) -> tuple[_Value, ...]:
    return tuple(read(entry) for entry in _list(table, name))


def _number(table: Any, name: str, most: int) -> int:
    (number,) = _numbers([table[name]], 1, most)
    return number


def _numbers(values: Any, count: int | None, most: int) -> list[int]:
    """`values`, if they are `count` numbers from 0 to `most`."""
    right = isinstance(values, list) and count in (None, len(values))
    if not right or not all(type(value) is int and 0 <= value <= most for value in values):
        raise ValueError(f"{_shortened(values)} is not as it should be: numbers from 0 to {most}")
    return list(values)


def _matching(pattern: re.Pattern[str], table: Any, name: str) -> str:
    text = _text(table, name)
    if not pattern.fullmatch(text):
        raise ValueError(f"{_shortened(text)} cannot be its {name}" if name else f"{_shortened(text)} is unknown")
    return text


def _of_kind(value: Any, kind: type[_Value], name: str) -> _Value:
    if not isinstance(value, kind):
        raise TypeError(f"{name} is {_shortened(value)}")
    return value


def _shortened(value: Any) -> str:
    """`value` in a few characters, whatever it is."""
    if isinstance(value, (dict, list)):
        return f"a {type(value).__name__} of {len(value)}"
    text = repr(value[:60] if isinstance(value, str) else value)
    return text if len(text) < 80 else f"{text[:70]}…"

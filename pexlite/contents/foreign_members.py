"""The members of each wheel in a file that pex or shiv made.

pex     .deps/<wheel's name>/ unpacked, or .deps/<wheel's name> as it is
shiv    site-packages/ with all that pip has installed there, told apart by RECORD
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from pexlite.archive.members import UNREADABLE, open_zip, read_part
from pexlite.contents.metadata import plain
from pexlite.contents.values import HeldWheel, Maker
from pexlite.contents.wheel_members import WheelMembers

DEPS, SITE = ".deps/", "site-packages/"
"""Where pex and shiv have what others wrote."""
_LARGEST_INFO = 16 << 20


def table_in(opened: zipfile.ZipFile, name: str) -> dict[str, Any]:
    """The JSON object that the member `name` holds. Raises ValueError where it holds none, and UNREADABLE."""
    table = json.loads(read_part(opened, name, _LARGEST_INFO).decode("utf-8"))
    if not isinstance(table, dict):
        raise ValueError(f"{name} is no table")
    return table


@contextlib.contextmanager
def foreign_members_by_wheel(
    path: Path, maker: Maker
) -> Iterator[Callable[[HeldWheel], AbstractContextManager[WheelMembers]]]:
    """Opens the members of a wheel in the file at `path`, which `maker` made, while the context lasts."""
    with path.open("rb") as file, open_zip(file) as opened:
        shiv = {plain(name): found for name, found in members_of_shiv(opened)} if maker is Maker.SHIV else {}
        facts = table_in(opened, "PEX-INFO") if maker is Maker.PEX else {}
        pex = {plain(name): (name, found) for name, found in members_of_pex(opened, facts)}

        @contextlib.contextmanager
        def members(wheel: HeldWheel) -> Iterator[WheelMembers]:
            if maker is Maker.SHIV:
                yield shiv[wheel.filename]
                return
            name, found = pex[wheel.filename]
            whole = whole_wheel(name, found)
            if whole is None:
                yield WheelMembers.below(opened, f"{DEPS}{name}/", found)
            else:
                with opened.open(whole) as part, open_zip(part) as archive:  # type: ignore[arg-type]
                    yield WheelMembers.all_of(archive)

        yield members


def members_of_pex(
    opened: zipfile.ZipFile, facts: Mapping[str, Any]
) -> Iterator[tuple[str, Sequence[zipfile.ZipInfo]]]:
    """The name of each wheel that PEX-INFO or the zip names, with its members."""
    grouped: dict[str, list[zipfile.ZipInfo]] = {}
    for one in opened.infolist():
        if one.filename.startswith(DEPS) and not one.is_dir():
            grouped.setdefault(one.filename[len(DEPS) :].partition("/")[0], []).append(one)
    named = facts.get("distributions")
    for name in dict.fromkeys([*(named if isinstance(named, dict) else ()), *grouped]):
        yield name, grouped.get(name, [])


def whole_wheel(name: str, members: Sequence[zipfile.ZipInfo]) -> zipfile.ZipInfo | None:
    """The member that is the wheel `name` as it is; None where the wheel is unpacked."""
    return members[0] if len(members) == 1 and members[0].filename == f"{DEPS}{name}" else None


def members_of_shiv(opened: zipfile.ZipFile) -> Iterator[tuple[str, WheelMembers]]:
    """The name of each wheel, as far as its WHEEL says it, with its members."""
    members = {
        one.filename[len(SITE) :]: one
        for one in opened.infolist()
        if one.filename.startswith(SITE) and not one.is_dir()
    }
    for info in sorted({path.partition("/")[0] for path in members if ".dist-info/" in path}):
        stem = info.removesuffix(".dist-info")
        if stem == info or stem.count("-") != 1:
            continue
        listed = _listed(opened, members.get(f"{info}/RECORD"))
        own = {path: one for path, one in members.items() if path in listed or path.startswith(f"{info}/")}
        tags = _tags_said(opened, members.get(f"{info}/WHEEL"))
        yield f"{stem}-{tags}.whl", WheelMembers(opened, own)


def _listed(opened: zipfile.ZipFile, record: zipfile.ZipInfo | None) -> set[str]:
    if record is None:
        return set()
    try:
        text = read_part(opened, record.filename, _LARGEST_INFO).decode("utf-8", "replace")
        return {row[0] for row in csv.reader(io.StringIO(text)) if row}
    except (*UNREADABLE, csv.Error):
        return set()


def _tags_said(opened: zipfile.ZipFile, wheel: zipfile.ZipInfo | None) -> str:
    """The tags in WHEEL as a file name has them; those of a pure wheel where it says none."""
    lines: list[str] = []
    if wheel is not None:
        with contextlib.suppress(*UNREADABLE):
            lines = read_part(opened, wheel.filename, 1 << 16).decode("utf-8", "replace").splitlines()
    found = [line.partition(":")[2].strip().split("-") for line in lines if line.startswith("Tag:")]
    parts = [parts for parts in found if len(parts) == 3] or [["py3", "none", "any"]]
    return "-".join(".".join(dict.fromkeys(column)) for column in zip(*parts, strict=True))

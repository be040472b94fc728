"""A wheel's facts in the store, as JSON that loads fast, so that a warm build opens no wheel."""

from __future__ import annotations

import json
from dataclasses import astuple
from pathlib import Path
from typing import Any

from packaging.utils import parse_wheel_filename

from pexlite.model import Wheel, ZipDirectory
from pexlite.wheels.metadata import parse_requirement, parse_requires_python

# Increase it whenever a field or its meaning changes: facts of another format are made anew from the wheel.
FORMAT = 8


class StaleFactsError(ValueError):
    """Facts that are damaged, of another format, or of another wheel."""


def to_facts(wheel: Wheel) -> bytes:
    """`wheel` as JSON, without its path, and without `local`, which is no property of the bytes."""
    facts = {
        "format": FORMAT,
        "filename": wheel.filename,
        "sha256": wheel.sha256,
        "size": wheel.size,
        "crc32": wheel.crc32,
        "requires_dist": [str(requirement) for requirement in wheel.requires_dist],
        "requires_python": None if wheel.requires_python is None else str(wheel.requires_python),
        "provides_extra": wheel.provides_extra,
        "unlike_record": wheel.unlike_record,
        "record_dialects": wheel.record_dialects,
        "entry_points": wheel.entry_points,
        "unpacked_size": wheel.unpacked_size,
        "directory": astuple(wheel.directory),
        # All names in one string: a list of 5,000 strings takes ten times as long to load.
        "files": "\n".join(wheel.files),
        "sizes": " ".join(map(str, wheel.sizes)),
    }
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def from_facts(content: bytes, directory: Path, *, local: bool = False) -> Wheel:
    """The wheel that `to_facts` wrote, whose file is in `directory`. Raises StaleFactsError."""
    try:
        facts: dict[str, Any] = json.loads(content)
        if facts["format"] != FORMAT:
            raise StaleFactsError(f"format {facts['format']}")
        name, version, build, tags = parse_wheel_filename(facts["filename"])
        return Wheel(
            name=name,
            version=version,
            filename=facts["filename"],
            build=build,
            tags=tags,
            path=directory / facts["filename"],
            sha256=facts["sha256"],
            size=int(facts["size"]),
            crc32=int(facts["crc32"]),
            requires_dist=tuple(map(parse_requirement, facts["requires_dist"])),
            requires_python=parse_requires_python(facts["requires_python"]),
            entry_points={group: dict(names) for group, names in facts["entry_points"].items()},
            files=tuple(facts["files"].split("\n")),
            sizes=tuple(map(int, facts["sizes"].split())),
            unpacked_size=int(facts["unpacked_size"]),
            directory=ZipDirectory(*map(int, facts["directory"])),
            provides_extra=tuple(facts["provides_extra"]),
            unlike_record=tuple(facts["unlike_record"]),
            record_dialects=tuple(facts["record_dialects"]),
            local=local,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise StaleFactsError(f"facts in {directory.name} cannot be read: {problem}") from problem

"""The bills of materials that wheels bring in .dist-info/sboms/ (PEP 770), as components of their wheel.

Of a bill in CycloneDX's JSON the components are taken, with what names and identifies them, and who needs whom.
Another kind is named only, as is one that cannot be read.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pexlite.archive.members import UNREADABLE
from pexlite.contents.metadata import plain
from pexlite.contents.values import HeldWheel
from pexlite.contents.wheel_members import WheelMembers

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from cyclonedx.model.component import Component
    from cyclonedx.model.dependency import Dependency

_MOST, _DEEPEST = 2000, 10  # components of one bill, and levels of them
# What a component says of itself; texts that could be anything, as a licence's whole text, stay where they are.
_TEXTS = ("name", "version", "group", "publisher", "description", "copyright")
_CPE = re.compile(r"cpe:2\.3:[aho](?::[A-Za-z0-9._*-]+){10}")
_TYPES = frozenset({"application", "file", "firmware", "framework", "library", "operating-system", "platform"})


@dataclass(frozen=True)
class Brought:
    """A bill that a wheel brings."""

    path: str
    problem: str = ""
    """Why nothing of it was taken; "" where something was."""
    components: tuple[Component, ...] = ()
    dependencies: tuple[Dependency, ...] = ()

    @property
    def words(self) -> str:
        """Its path in the wheel, and why it was not taken."""
        return f"{self.path}: {self.problem}" if self.problem else self.path


def brought_bills(
    wheels: Sequence[HeldWheel], opened: Callable[[HeldWheel], AbstractContextManager[WheelMembers]]
) -> dict[str, tuple[Brought, ...]]:
    """The bills that each of `wheels` brings, by the wheel's file name; `opened` opens the members of one."""
    found: dict[str, tuple[Brought, ...]] = {}
    for wheel in wheels:
        if wheel.bills:
            with opened(wheel) as members:
                found[wheel.filename] = tuple(_brought(members, path, wheel) for path in wheel.bills)
    return found


def _brought(members: WheelMembers, path: str, wheel: HeldWheel) -> Brought:
    shown = plain(path)
    try:
        table = json.loads(members.read(path).decode("utf-8-sig"))
        if not isinstance(table, dict) or table.get("bomFormat") != "CycloneDX":
            return Brought(shown, "it is no bill in CycloneDX's JSON")
        return _taken(table, shown, wheel)
    except (*UNREADABLE, TypeError, AttributeError, RecursionError) as failure:
        return Brought(shown, plain(str(failure) or type(failure).__name__, 100))


def _taken(table: Mapping[str, Any], path: str, wheel: HeldWheel) -> Brought:
    from cyclonedx.exception import CycloneDxException
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.bom_ref import BomRef
    from cyclonedx.model.dependency import Dependency

    made: Any = Bom  # its decorator adds from_json
    names = _Names(f"{wheel.filename}#{path}#", wheel.filename)
    entries = list(names.components(table.get("components"), 0))
    root = table.get("metadata", {}).get("component", {}).get("bom-ref")
    try:
        bom = made.from_json({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": entries})
    except (CycloneDxException, ValueError, TypeError, KeyError, AttributeError) as failure:
        return Brought(path, plain(str(failure) or type(failure).__name__, 100))
    edges = []
    for one in _tables(table.get("dependencies"))[:_MOST]:
        ref = wheel.filename if one.get("ref") == root else names.known.get(str(one.get("ref")), "")
        needed = one.get("dependsOn")
        targets = [names.known.get(str(name), "") for name in needed] if isinstance(needed, list) else []
        if ref and ref != wheel.filename:
            edges.append(Dependency(BomRef(ref), [Dependency(BomRef(name)) for name in targets if name]))
    return Brought(path, "", tuple(bom.components), tuple(edges))


class _Names:
    """The components of one bill under names that no other bill has."""

    def __init__(self, prefix: str, wheel: str) -> None:
        self._prefix, self._wheel = prefix, wheel
        self._count = 0
        self.known: dict[str, str] = {}

    def components(self, entries: Any, depth: int) -> Iterator[dict[str, Any]]:
        """Each of `entries`, with what is taken of it."""
        for entry in _tables(entries):
            if self._count >= _MOST or depth >= _DEEPEST:
                return
            self._count += 1
            kind = entry.get("type")
            taken: dict[str, Any] = {name: plain(str(entry[name])) for name in _TEXTS if entry.get(name)}
            if not taken.get("name"):
                continue
            taken["type"] = kind if kind in _TYPES else "library"
            taken["bom-ref"] = f"{self._prefix}{self._count}"
            if entry.get("bom-ref"):
                self.known[str(entry["bom-ref"])] = taken["bom-ref"]
            taken |= _identifiers(entry)
            taken["hashes"] = list(_hashes(entry.get("hashes")))
            taken["licenses"] = list(_licences(entry.get("licenses")))
            taken["components"] = list(self.components(entry.get("components"), depth + 1))
            yield {name: value for name, value in taken.items() if value}


def _identifiers(entry: Mapping[str, Any]) -> dict[str, str]:
    """The purl and the CPE of a component, those that are any."""
    from packageurl import PackageURL

    found = {}
    with contextlib.suppress(ValueError):
        found["purl"] = PackageURL.from_string(plain(str(entry.get("purl", "")))).to_string()
    if _CPE.fullmatch(str(entry.get("cpe", ""))):
        found["cpe"] = str(entry["cpe"])
    return found


def _hashes(entries: Any) -> Iterator[dict[str, str]]:
    for entry in _tables(entries)[:10]:
        text = str(entry.get("content", "")).lower()
        if entry.get("alg") == "SHA-256" and len(text) == 64 and not set(text) - set("0123456789abcdef"):
            yield {"alg": "SHA-256", "content": text}


def _licences(entries: Any) -> Iterator[dict[str, Any]]:
    tables = _tables(entries)[:50]
    expressions = [one["expression"] for one in tables if isinstance(one.get("expression"), str)]
    if expressions:
        # Only one of them may stand there, and alone.
        yield {"expression": plain(expressions[0])}
        return
    for one in tables:
        licence = one.get("license")
        name = (licence.get("id") or licence.get("name")) if isinstance(licence, dict) else None
        if isinstance(name, str) and plain(name):
            yield {"license": {"name": plain(name)}}


def _tables(entries: Any) -> list[dict[str, Any]]:
    return [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []

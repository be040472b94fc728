"""Wheels with the index of their large members' pieces, which is found once and kept in the store."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pexlite.model import Progress, Report, Wheel
from pexlite.parallel import Stop, each
from pexlite.store.store import Store
from pexlite.wheels.pieces import has_large_members, large_members, pieces_of
from pexlite.wheels.zip_shape import Entry


def with_pieces(wheels: Sequence[Wheel], store: Store, report: Report) -> tuple[Wheel, ...]:
    """`wheels`, each with the index of the pieces of its large members."""
    known = {wheel.sha256: store.pieces(wheel.sha256) for wheel in wheels if has_large_members(wheel)}
    missing = {wheel.sha256: wheel.path for wheel in wheels if known.get(wheel.sha256, b"") is None}
    if missing:
        report(Progress("build", "looking for places to divide large files at"))
        for sha256, pieces in zip(missing, _found(tuple(missing.values())), strict=True):
            known[sha256] = pieces
            store.keep_pieces(sha256, pieces)
    return tuple(replace(wheel, pieces=known.get(wheel.sha256) or b"") for wheel in wheels)


def _found(paths: Sequence[Path]) -> list[bytes]:
    """The index of each wheel; all large members are read at once, in several threads."""
    stop = Stop()
    members: list[tuple[Path, Entry]] = []
    for path in paths:
        with path.open("rb") as file:
            members += [(path, entry) for entry in large_members(file)]
    parts = each([functools.partial(_pieces, path, entry, stop) for path, entry in members], stop)
    return [b"".join(part for (its, _), part in zip(members, parts, strict=True) if its == path) for path in paths]


def _pieces(path: Path, entry: Entry, stop: Stop) -> bytes:
    with path.open("rb") as file:
        return pieces_of(file, entry, stop.check)

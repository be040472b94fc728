"""An uncompressed wheel -> the same wheel in frames of zstandard, kept in the store (`--zstd`).

Packing takes seconds for each ten megabytes, so it is done once for each wheel and version of zstandard.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pexlite.archive import frames
from pexlite.files import digests
from pexlite.files.digests import has_sha256
from pexlite.files.places import make_directory
from pexlite.model import Wheel
from pexlite.model.file import Frame
from pexlite.store.store import Store


def packed_wheel(wheel: Wheel, store: Store, check: Callable[[], object]) -> Wheel:
    """The uncompressed `wheel` with its frames, and the digests of these.

    Calls `check` now and then, which may raise. Raises UsageError without a zstandard.
    """
    key = hashlib.sha256(f"{frames.version()} {wheel.sha256}".encode()).hexdigest()
    record = store.root / "packed" / f"{key}.json"
    try:
        return _with_frames(wheel, json.loads(store.read_sealed(record)), store)
    except (OSError, ValueError, KeyError, TypeError):
        pass  # never packed, or one of the two is damaged: packing again is always right

    def packed() -> Iterable[tuple[bytes, int]]:
        for content in frames.contents(wheel.path):
            check()
            yield frames.packed(content), len(content)

    facts = _kept(packed(), store)
    store.write_sealed(record, json.dumps(facts).encode())
    return _with_frames(wheel, facts, store)


def with_held_frames(wheel: Wheel, held: Iterable[bytes], of: tuple[Frame, ...], store: Store) -> Wheel:
    """The uncompressed `wheel` with the frames `of` a file, whose bytes are `held` one after the other."""
    facts = _kept(((piece, 0) for piece in held), store)
    return _with_frames(wheel, {**facts, "frames": of}, store)


def _kept(pieces: Iterable[tuple[bytes, int]], store: Store) -> dict[str, Any]:
    """The facts of a file in the store with these pieces, each with the number of bytes that it unpacks to."""
    with store.incoming() as incoming:
        frames = []
        for piece, size in pieces:
            incoming.write(piece)
            frames.append((len(piece), size))
        found = incoming.digest()
        place = _place(store, found.sha256)
        with store.writing():
            make_directory(place.parent)
            incoming.path.replace(place)
            digests.remember(place, found.sha256)
    return {"sha256": found.sha256, "size": found.size, "crc32": found.crc32, "frames": frames}


def _with_frames(wheel: Wheel, facts: dict[str, Any], store: Store) -> Wheel:
    """Raises ValueError where the file in the store is another one, KeyError and TypeError for other facts."""
    sha256 = str(facts["sha256"])
    place = _place(store, sha256)
    if not has_sha256(place, sha256):
        raise ValueError(f"{place} has changed")
    return replace(
        wheel,
        sha256=sha256,
        size=int(facts["size"]),
        crc32=int(facts["crc32"]),
        frames=tuple((int(held), int(content)) for held, content in facts["frames"]),
        packed=place,
    )


def _place(store: Store, sha256: str) -> Path:
    return store.root / "packed" / f"{sha256}.zst"

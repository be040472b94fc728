"""A plan as bytes: a compressed script, and spans of the new file; as a stream for a host, or as a file."""

from __future__ import annotations

import hashlib
import importlib
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from pexlite.ship.new_file import NewFile
from pexlite.ship.operations import Operation, Raw
from pexlite.ship.plan import Plan
from pexlite.ship.state import Arrived

_PIECE = 1 << 18
CODECS = ("xz", "bz2", "zlib")


@dataclass(frozen=True)
class Delta:
    """A plan, ready to be sent."""

    plan: Plan
    codec: str
    script: bytes
    """Compressed."""

    @cached_property
    def script_sha256(self) -> str:
        """The sha256 of the script."""
        return hashlib.sha256(self.script).hexdigest()

    @property
    def size(self) -> int:
        """The bytes of script and raw section."""
        return len(self.script) + self.plan.raw_size


@dataclass(frozen=True)
class Rest:
    """The part of a delta that a host still lacks."""

    delta: Delta
    script_kept: int
    """Bytes of the script that are there."""
    start: int
    """Where the host goes on in the new file."""
    spans: tuple[tuple[int, int], ...]
    """Offset and size of the new file's bytes that are sent as they are."""

    @property
    def raw_size(self) -> int:
        """The bytes in all spans."""
        return sum(size for _, size in self.spans)

    @property
    def size(self) -> int:
        """The bytes to be sent."""
        return len(self.delta.script) - self.script_kept + self.raw_size

    def pieces(self, file: NewFile) -> Iterator[bytes]:
        """The bytes to be sent, in pieces."""
        for place in range(self.script_kept, len(self.delta.script), _PIECE):
            yield self.delta.script[place : place + _PIECE]
        for offset, size in self.spans:
            for place in range(offset, offset + size, _PIECE):
                yield file.read(place, min(_PIECE, offset + size - place))


def delta_of(plan: Plan, codecs: Collection[str] = CODECS) -> Delta:
    """The delta of a plan, its script compressed by the best of `codecs` that this Python has too."""
    found = next(codec for codec in CODECS if codec in (*codecs, "zlib") and _is_here(codec))
    return Delta(plan, found, _compressed(plan.script, found))


def _is_here(codec: str) -> bool:
    """Whether this Python has the codec: one that was built without a library's headers lacks its module."""
    try:
        importlib.import_module({"xz": "lzma"}.get(codec, codec))
    except ImportError:
        return False
    return True


def _compressed(content: bytes, codec: str) -> bytes:
    if codec == "xz":
        import lzma

        return lzma.compress(content, preset=6 | (lzma.PRESET_EXTREME if len(content) < 1 << 22 else 0))
    if codec == "bz2":
        import bz2

        return bz2.compress(content)
    return zlib.compress(content, 9)


def rest_of(delta: Delta, file: NewFile, part: Arrived, script: Arrived) -> Rest:
    """The part of `delta` that is lacking where so much of the new file, and of the script, has arrived."""
    start = 0
    if 0 < part.size <= file.size and file.sha256_of(0, part.size) == part.sha256:
        start = _where_to_go_on(delta.plan.operations, part.size)
    kept = script.size if hashlib.sha256(delta.script[: script.size]).hexdigest() == script.sha256 else 0
    return Rest(delta, min(kept, len(delta.script)), start, tuple(_spans(delta.plan.operations, start)))


def _where_to_go_on(operations: Sequence[Operation], size: int) -> int:
    """The last place up to `size` where an operation begins, or one goes on that can be cut."""
    position = 0
    for operation in operations:
        if position + operation.size > size:
            return size if isinstance(operation, Raw) else position
        position += operation.size
    return position


def _spans(operations: Sequence[Operation], start: int) -> Iterator[tuple[int, int]]:
    position = 0
    for operation in operations:
        if isinstance(operation, Raw) and position + operation.size > start:
            passed = max(0, start - position)
            yield operation.offset + passed, operation.size - passed
        position += operation.size

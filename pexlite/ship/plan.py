"""The plan by which a host that has old files gets a new one: what is copied there, what is sent and how.

`plan` serves push, delta, --dry-run and --json alike. Its operations are those of runtime/tools/reassemble.py, in
the order of the new file; whoever carries a plan out needs nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pexlite.model import StoredWheel
from pexlite.ship.changed_members import Changes
from pexlite.ship.new_file import Member, NewFile, project_of
from pexlite.ship.operations import Copy, New, Operation, Raw, SourceName, joined, script_of
from pexlite.ship.state import OldFile


@dataclass(frozen=True)
class Plan:
    """The operations that make a new file out of sources."""

    operations: tuple[Operation, ...]
    sources: tuple[SourceName, ...]
    whole: tuple[str, ...]
    """The names of wheels that are there, and copied."""
    changed: tuple[str, ...]
    """Wheels of which the host has another version."""
    new: tuple[str, ...]
    """Wheels of which the host has none."""

    @property
    def script(self) -> bytes:
        """The operations as bytes."""
        return script_of(self.operations)

    @property
    def raw_size(self) -> int:
        """The bytes that are sent as they are."""
        return sum(operation.size for operation in self.operations if isinstance(operation, Raw))


def plan(file: NewFile, old: OldFile, changes: Changes, distrusted: Collection[str] = ()) -> Plan:
    """The plan for a host with `old` files; wheels that are `distrusted`, by their sha256, are sent whole."""
    planned = _Planned(file, old, changes, distrusted)
    operations = joined(planned.operations())
    return Plan(operations, tuple(planned.sources), *map(tuple, (planned.whole, planned.changed, planned.new)))


class _Planned:
    """A plan that is being made: its sources are numbered as they come up."""

    def __init__(self, file: NewFile, old: OldFile, changes: Changes, distrusted: Collection[str]) -> None:
        self._file, self._old, self._changes, self._distrusted = file, old, changes, distrusted
        self.sources: list[SourceName] = [*range(old.count)]
        self.whole: list[str] = []
        self.changed: list[str] = []
        self.new: list[str] = []

    def operations(self) -> Iterator[Operation]:
        """The operations for all bytes of the file, in order."""
        position = 0
        for wheel in sorted(self._file.manifest.wheels, key=lambda wheel: wheel.offset):
            yield from self._own(position, wheel.offset)
            yield from self._wheel(wheel)
            position = wheel.offset + wheel.size
        yield from self._own(position, self._file.size)

    def _own(self, start: int, end: int) -> Iterator[Operation]:
        """The operations for the bytes from `start` to `end`, which belong to no wheel."""
        members = [member for member in self._file.own_members if start <= member.offset < end]
        old = [] if self._distrusted else self._old.own
        yield from self._around(start, end, {member: self._changes.of_own(member, old) for member in members})

    def _wheel(self, wheel: StoredWheel) -> Iterator[Operation]:
        old = self._old.changed.get(project_of(wheel.filename))
        if wheel.sha256 in self._distrusted:
            self.new.append(wheel.filename)
            yield Raw(wheel.offset, wheel.size)
        elif wheel.sha256 in self._old.wheels:
            self.whole.append(wheel.filename)
            source, offset = self._old.wheels[wheel.sha256]
            yield Copy(source, offset, wheel.size)
        elif wheel.frames:
            # No member of it is a copy of what is there, and packed bytes are not made smaller.
            (self.new if old is None else self.changed).append(wheel.filename)
            yield Raw(wheel.offset, wheel.size)
        elif wheel.sha256 in self._old.cached:
            self.whole.append(wheel.filename)
            yield from self._members(
                wheel, lambda members: self._changes.of_cached(members, self._cached(wheel, members))
            )
        elif old is not None:
            self.changed.append(wheel.filename)
            yield from self._members(wheel, lambda members: self._changes.of_wheel(members, old))
        else:
            self.new.append(wheel.filename)
            yield Raw(wheel.offset, wheel.size)

    def _members(
        self, wheel: StoredWheel, operations: Callable[[Sequence[Member]], Mapping[Member, Operation]]
    ) -> Iterator[Operation]:
        found = operations(self._file.members_of(wheel))
        yield from self._around(wheel.offset, wheel.offset + wheel.size, found)

    def _around(self, start: int, end: int, members: Mapping[Member, Operation]) -> Iterator[Operation]:
        """The operations for `members`, and for the bytes between them."""
        for member, operation in members.items():
            yield self._bytes(start, member.offset)
            yield operation
            start = member.offset + member.held
        yield self._bytes(start, end)

    def _bytes(self, start: int, end: int) -> Operation:
        """Bytes of no known member: small ones in the script, large ones as they are."""
        if end - start > 1 << 22:
            return Raw(start, end - start)
        return New(self._file.read(start, end - start))

    def _cached(self, wheel: StoredWheel, members: Sequence[Member]) -> dict[str, int]:
        """The number of the source for each member that the cache keeps as it is in the wheel."""
        # What lies in .data goes elsewhere, and the RECORD of such a wheel is written anew.
        data = any(".data/" in member.name for member in members)
        kept = [
            member.name
            for member in members
            if ".data/" not in member.name and not (data and member.name.endswith(".dist-info/RECORD"))
        ]
        first = len(self.sources)
        self.sources += [(wheel.sha256[:32], "lib", *name.split("/")) for name in kept]
        return {name: first + number for number, name in enumerate(kept)}

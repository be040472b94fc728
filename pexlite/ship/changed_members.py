"""A changed member of a zip: sent as it is, as its content, or as a difference from what is there.

A minute of computing is worth it where the link saves one: `Link` says how fast that is.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pexlite.ship.deflate import level_of
from pexlite.ship.differences import difference
from pexlite.ship.gzip_files import content_of, gzip_file
from pexlite.ship.new_file import Member, NewFile
from pexlite.ship.old_contents import OldContents
from pexlite.ship.operations import Copy, Deflate, Gzip, Inflate, New, Operation, Patch, Raw
from pexlite.ship.renamed import renamed
from pexlite.ship.state import OldMember, OldWheel

_COMPRESSING = 3_000_000  # bytes a second, of xz here
_SAVED = 0.1  # of a content's size, where it is compressed together with others instead of alone
_SORTING = 1_500_000  # bytes a second, of bsdiff, to begin with
_REBLOCKING = 600_000  # bytes a second of gzip files, here or there


@dataclass(frozen=True)
class Changes:
    """The way in which changed members of one file are sent to one host."""

    file: NewFile
    levels: frozenset[int]
    """The levels at which zlib there deflates as zlib here does."""
    old_content: OldContents
    link: float

    def of_wheel(self, members: Sequence[Member], old: OldWheel) -> dict[Member, Operation]:
        """The operation for each member that has a counterpart in the old wheel, or is worth compressing."""
        by_content = {(member.crc, member.size): member for member in old.members}
        by_name = {_name_alike(member.name): member for member in old.members}
        by_words = self._renamed(members, old, by_name)
        found: dict[Member, Operation] = {}
        for member in members:
            same = by_content.get((member.crc, member.size))
            if same is not None and (same.held, same.stored) == (member.held, member.stored):
                found[member] = Copy(old.source, same.offset, member.held)
            else:
                counterpart = same or by_name.get(_name_alike(member.name)) or by_words.get(member)
                found[member] = self._changed(member, old, counterpart, is_same=same is not None)
        return found

    def of_cached(self, members: Sequence[Member], source_of: dict[str, int]) -> dict[Member, Operation]:
        """The operation for each member whose content is a file in the cache there, `source_of` its name."""
        found: dict[Member, Operation] = {}
        for member in members:
            if member.name in source_of:
                content = Copy(source_of[member.name], 0, member.size)
                level = None if member.stored else self._level(member)
                if member.stored:
                    found[member] = content
                elif level is not None:
                    found[member] = Deflate(level, member.held, content)
        return found

    def of_own(self, member: Member, old: Sequence[tuple[int, OldMember]]) -> Operation:
        """The operation for a member that is no wheel."""
        for source, same in old:
            if (same.crc, same.size, same.held, same.stored) == (
                member.crc,
                member.size,
                member.held,
                member.stored,
            ):
                return Copy(source, same.offset, member.held)
        return self._sent(member)

    def _renamed(
        self, members: Sequence[Member], old: OldWheel, by_name: Mapping[str, OldMember]
    ) -> Mapping[Member, OldMember]:
        """The counterparts of members whose names no old one has."""
        contents = {(member.crc, member.size) for member in old.members}
        names = {_name_alike(member.name) for member in members}
        new = [member for member in members if _name_alike(member.name) not in by_name]
        return renamed(
            [member for member in new if (member.crc, member.size) not in contents],
            [member for name, member in by_name.items() if name not in names],
            self._content,
            lambda member: self.old_content(old, member),
            self.link,
        )

    def _changed(
        self, member: Member, old: OldWheel, counterpart: OldMember | None, *, is_same: bool
    ) -> Operation:
        level = None if member.stored else self._level(member)
        if counterpart is None or (level is None and not member.stored):
            return self._sent(member, level)
        if is_same:
            place = (old.source, counterpart.offset, counterpart.held)
            content = Copy(*place) if counterpart.stored else Inflate(*place, counterpart.size)
            return content if level is None else Deflate(level, member.held, content)
        patch = self._patch(member, old, counterpart)
        if patch is None:
            return self._sent(member, level)
        return patch if level is None else Deflate(level, member.held, patch)

    def _patch(self, member: Member, old: OldWheel, counterpart: OldMember) -> Patch | Gzip | None:
        """The member as a difference from its old content, if that is here, and the smaller one."""
        seconds = member.held / self.link
        if (member.size + counterpart.size) / 2 / _SORTING > 4 * seconds:
            return None
        before = self.old_content(old, counterpart)
        if before is None:
            return None
        content = self._content(member)
        held = 0 if counterpart.stored else counterpart.held
        place = (old.source, counterpart.offset, held, counterpart.size)
        found: Patch | Gzip | None = self._inside(before, content, place, seconds)
        if found is None:
            made = difference(before, content, seconds)
            found = Patch(*place, member.size, made) if made else None
        return found if found and len(zlib.compress(found.script(), 1)) < member.held else None

    def _inside(
        self, before: bytes, content: bytes, place: tuple[int, int, int, int], seconds: float
    ) -> Gzip | None:
        """The difference of what is in two gzip files; None where that is the same, or one of them is none."""
        old = content_of(before)
        new = content_of(content) if old else None
        if not old or not new or old == new:
            return None
        made = gzip_file(content, new, self.levels, reblocking=self.link < _REBLOCKING)
        found = made and difference(old, new, seconds)
        if not made or not found:
            return None
        return Gzip(made.head, made.level, made.blocks, len(content), Patch(*place, len(new), found, len(old)))

    def _sent(self, member: Member, level: int | None = None) -> Operation:
        """The member sent: its content in the script where that saves more than it takes, else its bytes."""
        if not self._is_worth_compressing(member):
            return Raw(member.offset, member.held)
        if member.stored:
            return New(self.file.read(member.offset, member.held))
        level = level if level is not None else self._level(member)
        if level is None:
            return Raw(member.offset, member.held)
        return Deflate(level, member.held, New(self._content(member)))

    def _is_worth_compressing(self, member: Member) -> bool:
        if member.size < 1 << 14:
            return True
        if member.stored:
            sample = self.file.read(member.offset, min(member.held, 1 << 16))
            smaller = len(zlib.compress(sample, 1)) < len(sample) * (1 - _SAVED)
        else:
            smaller = member.held < member.size * (1 - _SAVED)
        return smaller and _SAVED / self.link > 1 / _COMPRESSING

    def _level(self, member: Member) -> int | None:
        return level_of(self.file.read(member.offset, member.held), self._content(member), self.levels)

    def _content(self, member: Member) -> bytes:
        held = self.file.read(member.offset, member.held)
        return held if member.stored else zlib.decompress(held, -15)


def _name_alike(name: str) -> str:
    """The name without a version or a digest, which would keep a file from being known again.

    numpy-2.1.0.dist-info/METADATA
    numpy.libs/libquadmath-96973f99-934c22de.so.0.0.0
    """
    name = re.sub(r"^([^/]+?)-[^/]+\.(dist-info|data)/", r"\1.\2/", name)
    return re.sub(r"[-_.][0-9a-f]{8,64}(?=[-_.]|$)", "", name)

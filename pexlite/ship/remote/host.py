"""A host's side of a push that has something to send: the new file is put together and put in its place.

This module travels. A plan that does not fit is answered with what is wrong, and another may follow. Where several
paths here are to have the file, it is put together at one of them, and copied from there to the others.
"""

import errno
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pexlite.runtime.file import zip as archive
    from pexlite.runtime.tools import reassemble
    from pexlite.ship.remote import arrived, copies, destination, machine, old_files, place

_PIECE = 1 << 20
_MOST_FILES = 40  # beside PATH that are looked at
_BETWEEN = 0.2  # seconds between two words on what has arrived


class Host:
    """The paths that a file is pushed to, and what lies around them."""

    def __init__(
        self,
        question: "dict[str, Any]",
        each: "list[dict[str, Any]]",
        stdin: "Any",
        say: "Callable[[dict[str, Any]], None]",
    ) -> None:
        self.question = question
        self.stdin = _Counted(stdin, lambda count: say({"arrived": count}))
        self.files = []  # type: list[int]
        self._say = say
        # By their numbers in the question, those that are not there and not refused.
        self._open = {}  # type: dict[int, destination.Destination]
        # Of those that lead to the file of an earlier one, the number of that.
        self._same = {}  # type: dict[int, int]
        seen = {}  # type: dict[bytes, int]
        for number, path in enumerate(question["paths"]):
            if not each[number]:
                at = place.Place(path)
                earlier = seen.setdefault(at.path, number)
                if earlier != number:
                    self._same[number] = earlier
                else:
                    self._open[number] = destination.Destination(at, question)
        self._first = -1
        """The one at which the file is put together."""

    # -- the answer -----------------------------------------------------------------------------

    def answer(self) -> "dict[str, Any]":
        """The state of this machine; what has arrived is held from now on."""
        said = {"each": {}}  # type: dict[str, Any]
        for number in sorted(self._open):
            said["each"][str(number)] = place.attempt(self._room, self._open[number])
            if "refused" in said["each"][str(number)]:
                self._open.pop(number).close()
        for number, earlier in self._same.items():
            known = said["each"][str(earlier)]
            # It takes no room of its own.
            said["each"][str(number)] = known if "refused" in known else dict(known, device=-number, free=1 << 62)
        if not self._open:
            return said
        # Of what has arrived, the most is gone on with.
        self._first = max(sorted(self._open), key=lambda number: self._open[number].part_size())
        at = self._open[self._first].place
        said["first"] = self._first
        said["zlib"] = reassemble.fingerprint()
        said["codecs"] = [codec for codec in reassemble.CODECS if machine.has(codec)]
        said["part"] = arrived.beginning(at.part)
        said["script"] = arrived.beginning(at.script)
        said["files"] = self._old_files(at)
        said["cached"] = self._cached(said["files"])
        return said

    def _room(self, one: "destination.Destination") -> "dict[str, Any]":
        one.place.check_writable()
        if self.question["keep"]:
            one.place.check_previous()
        if self.question["do"] == "push":
            one.hold()
        return one.room()

    def _old_files(self, at: "place.Place") -> "list[dict[str, Any]]":
        """The files made by pexlite at PATH and beside it, with those of their wheels that may serve."""
        wanted = set([sha256 for _, sha256 in self.question["wheels"]])
        projects = set([project for project, _ in self.question["wheels"]])
        found = []  # type: list[dict[str, Any]]
        for path in self._candidates(at):
            if found and not wanted and not projects:
                break  # nothing is left to be looked for
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            except OSError:
                continue
            try:
                said = old_files.OldFile(descriptor).said(wanted, projects)
            except (archive.Damaged, ValueError, KeyError, TypeError, IndexError, OSError, RecursionError):
                said = {}  # not ours, or damaged: no source
            if path == at.path and said or said.get("wheels") or said.get("changed"):
                found.append(said)
                self.files.append(descriptor)
            else:
                os.close(descriptor)
        return found

    def _candidates(self, at: "place.Place") -> "list[bytes]":
        """PATH and the others that are named, then the files beside it, newest first."""
        paths = [at.path] + [place.Place(path).path for path in self.question["paths"]]
        found = list(dict.fromkeys(paths))
        beside = []
        for entry in os.scandir(at.directory):
            try:
                if entry.is_file() and entry.path not in (at.path, at.part, at.script):
                    beside.append((entry.stat().st_mtime, entry.path))
            except OSError:
                pass
        newest = [path for _, path in sorted(beside, reverse=True) if path not in paths]
        return found + newest[:_MOST_FILES]

    def _cached(self, files: "list[dict[str, Any]]") -> "list[str]":
        """The wheels that lie unpacked in the cache, of those that are in no file."""
        in_files = set([wheel[0] for said in files for wheel in said["wheels"]])
        root = self._cache()
        return [
            sha256
            for _, sha256 in self.question["wheels"]
            if sha256 not in in_files and os.path.isdir(os.path.join(root, sha256[:32]))
        ]

    def _cache(self) -> str:
        root = os.environ.get("PEX_ROOT") or self.question["pex_root"] or "~/.pex"
        return os.path.join(os.path.abspath(os.path.expanduser(root)), self.question["layout"], "wheels")

    # -- plans ----------------------------------------------------------------------------------

    def follow(self, plan: "dict[str, Any]") -> None:
        """Put the new file together as planned, check it, put it in its places, and say how that went.

        Raises Refused and OSError where it cannot be put together.
        """
        self.stdin.count = 0
        first = self._open[self._first]
        outcome = self._made(plan, first)
        if "misfit" in outcome:
            self._say(outcome)
            return
        with open(first.place.part, "rb", buffering=0) as made:
            if not os.path.samestat(os.fstat(made.fileno()), os.fstat(first.descriptor)):
                raise place.Refused("part of another", part=os.fsdecode(first.place.part))
            first.put()
            ended = {self._first: self._settled(self._first)}
            self._say(ended[self._first])
            for number in sorted(self._open):
                if number != self._first and number not in plan["but"]:
                    ended[number] = dict(place.attempt(self._copied, made.fileno(), number), at=number)
                    self._say(ended[number])
        for number in sorted(self._same):
            self._say(dict(ended.get(self._same[number], {"refused": "full"}), at=number))
        self._say({"end": True})

    def _copied(self, made: int, number: int) -> "dict[str, Any]":
        """Copy what was made to another path."""
        one = self._open[number]
        try:
            copies.copy(made, one.descriptor, self.question["size"])
            one.put()
        except OSError:
            one.remove()
            raise
        return self._settled(number)

    def _settled(self, number: int) -> "dict[str, Any]":
        """Of a file that is in its place, after it was unpacked where that is asked for."""
        said = {"done": True, "at": number}  # type: dict[str, Any]
        if self.question["warm"]:
            said["warm"] = place.warmed(self._open[number].place.path)
        return said

    def _made(self, plan: "dict[str, Any]", first: "destination.Destination") -> "dict[str, Any]":
        """Write the new file to the part of `first`; what is wrong with it, if it is not the one that is meant."""
        script = self._received_script(plan, first)
        start = plan["start"]
        raw = _Raw(self.stdin, plan["raw"])
        os.ftruncate(first.descriptor, start)
        os.lseek(first.descriptor, start, os.SEEK_SET)
        digests = arrived.Digests(self.question["places"])
        digests.read(first.descriptor, start)
        try:
            with open(script, "rb") as file:
                read = reassemble.Script(file.read, plan["codec"])
                for piece in reassemble.pieces(read, raw.read, self._sources(plan["sources"]), start):
                    digests.update(piece)
                    arrived.write(first.descriptor, piece)
        except reassemble.Misfit as misfit:
            raw.drain()
            return {"misfit": str(misfit), "wheels": []}
        except OSError as problem:
            if problem.errno in (errno.ENOSPC, errno.EDQUOT):
                first.remove()
            raise
        if raw.left:
            raise place.Refused("cut")
        if digests.wrong or digests.whole() != self.question["sha256"]:
            return {"misfit": "another sha256", "wheels": digests.wrong}
        return {}

    def _received_script(self, plan: "dict[str, Any]", first: "destination.Destination") -> bytes:
        """The path of the plan's script, with the bytes that were missing."""
        try:
            descriptor = arrived.own(first.place.script, create=True)
        except arrived.NotOurs:
            raise place.Refused("part of another", part=os.fsdecode(first.place.script))
        try:
            os.ftruncate(descriptor, plan["script_kept"])
            os.lseek(descriptor, 0, os.SEEK_END)
            left = plan["script_size"] - plan["script_kept"]
            while left:
                piece = self.stdin.read1(min(left, _PIECE))
                if not piece:
                    raise place.Refused("cut")
                arrived.write(descriptor, piece)
                left -= len(piece)
        finally:
            os.close(descriptor)
        return first.place.script

    def _sources(self, wanted: "list[Any]") -> "list[Any]":
        sources = []
        for source in wanted:
            if isinstance(source, int):
                sources.append(reassemble.source_of(self.files[source]))
            else:
                sources.append(_Unpacked(os.path.join(self._cache(), *source)).read)
        return sources

    def close(self) -> None:
        """Let go of all that is held."""
        for one in self._open.values():
            one.close()


class _Unpacked:
    """A file in the cache as a source."""

    def __init__(self, path: str) -> None:
        self.path = path

    def read(self, offset: int, size: int) -> bytes:
        """So many bytes at `offset`."""
        try:
            with open(self.path, "rb") as file:
                file.seek(offset)
                content = file.read(size + 1)
        except OSError:
            raise reassemble.Misfit("a file in the cache is missing")
        if len(content) != size:
            raise reassemble.Misfit("a file in the cache has changed")
        return content


class _Counted:
    """stdin, of which it is told now and then how many bytes have arrived."""

    def __init__(self, stdin: "Any", tell: "Callable[[int], None]") -> None:
        self._stdin, self._tell = stdin, tell
        self._told = time.time()
        self.count = 0

    def read1(self, size: int) -> bytes:
        """Up to `size` bytes."""
        piece = self._stdin.read1(size)  # type: bytes
        self.count += len(piece)
        if abs(time.time() - self._told) > _BETWEEN:
            self._told = time.time()
            self._tell(self.count)
        return piece


class _Raw:
    """The bytes on stdin that belong to a plan."""

    def __init__(self, stdin: "Any", size: int) -> None:
        self._stdin = stdin
        self.left = size

    def read(self, size: int) -> bytes:
        """Up to `size` bytes. Raises Refused where the connection has ended."""
        if not self.left:
            return b""
        piece = self._stdin.read1(min(size, self.left))
        if not piece:
            raise place.Refused("cut")
        self.left -= len(piece)
        return bytes(piece)

    def drain(self) -> None:
        """Pass over the rest."""
        while self.left:
            self.read(_PIECE)

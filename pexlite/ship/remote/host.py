"""A host's side of a push that has something to send: the new file is put together and put in its place.

This module travels. A plan that does not fit is answered with what is wrong, and another may follow.
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
    from pexlite.ship.remote import arrived, machine, old_files, place

_PIECE = 1 << 20
_MOST_FILES = 40  # beside PATH that are looked at
_BETWEEN = 0.2  # seconds between two words on what has arrived


class Host:
    """The place that a file is pushed to, and what lies around it."""

    def __init__(
        self, question: "dict[str, Any]", at: "place.Place", stdin: "Any", tell: "Callable[[int], None]"
    ) -> None:
        self.question = question
        self.place = at
        self.stdin = _Counted(stdin, tell)
        self.descriptor = -1
        self.files = []  # type: list[int]

    # -- the answer -----------------------------------------------------------------------------

    def answer(self, said: "dict[str, Any]") -> "dict[str, Any]":
        """The state of this machine, which `said` begins; what has arrived is held from now on."""
        self.place.check_writable()
        if self.question["do"] == "push":
            self._lock()
        said["same"] = False
        said["zlib"] = reassemble.fingerprint()
        said["codecs"] = [codec for codec in reassemble.CODECS if machine.has(codec)]
        filesystem = os.statvfs(self.place.directory)
        said["free"] = filesystem.f_bavail * filesystem.f_frsize
        said["part"] = arrived.beginning(self.place.part)
        said["script"] = arrived.beginning(self.place.script)
        said["files"] = self._old_files()
        said["cached"] = self._cached(said["files"])
        return said

    def _lock(self) -> None:
        """Open what has arrived, and hold it. Raises Refused where another push has it."""
        import fcntl

        while True:
            descriptor = self.place.opened_part()
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as problem:
                if problem.errno in (errno.EWOULDBLOCK, errno.EACCES):
                    os.close(descriptor)  # it is the other's, and stays
                    raise place.Refused("busy")
                # Without locks, pushes at once may undo each other's work, which their digests tell.
            try:
                if os.path.samestat(os.fstat(descriptor), os.stat(self.place.part)):
                    self.descriptor = descriptor
                    return
            except OSError:
                pass  # it became the file itself
            os.close(descriptor)

    def _old_files(self) -> "list[dict[str, Any]]":
        """The files made by pexlite at PATH and beside it, with those of their wheels that may serve."""
        wanted = set([sha256 for _, sha256 in self.question["wheels"]])
        projects = set([project for project, _ in self.question["wheels"]])
        found = []
        for path in self._candidates():
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            except OSError:
                continue
            try:
                said = old_files.OldFile(descriptor).said(wanted, projects)
            except (archive.Damaged, ValueError, KeyError, TypeError, IndexError, OSError, RecursionError):
                said = {}  # not ours, or damaged: no source
            if path == self.place.path and said or said.get("wheels") or said.get("changed"):
                found.append(said)
                self.files.append(descriptor)
            else:
                os.close(descriptor)
        return found

    def _candidates(self) -> "list[bytes]":
        """PATH, and the files beside it, newest first."""
        beside = []
        for entry in os.scandir(self.place.directory):
            try:
                if entry.is_file() and entry.path not in (self.place.path, self.place.part, self.place.script):
                    beside.append((entry.stat().st_mtime, entry.path))
            except OSError:
                pass
        newest = [path for _, path in sorted(beside, reverse=True)[:_MOST_FILES]]
        return [self.place.path] + newest

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

    def follow(self, plan: "dict[str, Any]") -> "dict[str, Any]":
        """Put the new file together as planned, check it, and put it in its place; say how that went."""
        self.stdin.count = 0
        script = self._received_script(plan)
        start = plan["start"]
        raw = _Raw(self.stdin, plan["raw"])
        os.ftruncate(self.descriptor, start)
        os.lseek(self.descriptor, start, os.SEEK_SET)
        digests = arrived.Digests(self.question["places"])
        digests.read(self.descriptor, start)
        try:
            with open(script, "rb") as file:
                read = reassemble.Script(file.read, plan["codec"])
                for piece in reassemble.pieces(read, raw.read, self._sources(plan["sources"]), start):
                    digests.update(piece)
                    arrived.write(self.descriptor, piece)
        except reassemble.Misfit as misfit:
            raw.drain()
            return {"misfit": str(misfit), "wheels": []}
        except OSError as problem:
            if problem.errno in (errno.ENOSPC, errno.EDQUOT):
                self._remove_part()
            raise
        if raw.left:
            raise place.Refused("cut")
        if digests.wrong or digests.whole() != self.question["sha256"]:
            return {"misfit": "another sha256", "wheels": digests.wrong}
        return self._put_in_place()

    def _received_script(self, plan: "dict[str, Any]") -> bytes:
        """The path of the plan's script, with the bytes that were missing."""
        try:
            descriptor = arrived.own(self.place.script, create=True)
        except arrived.NotOurs:
            raise place.Refused("part of another", part=os.fsdecode(self.place.script))
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
        return self.place.script

    def _sources(self, wanted: "list[Any]") -> "list[Any]":
        sources = []
        for source in wanted:
            if isinstance(source, int):
                sources.append(reassemble.source_of(self.files[source]))
            else:
                sources.append(_Unpacked(os.path.join(self._cache(), *source)).read)
        return sources

    def _put_in_place(self) -> "dict[str, Any]":
        arrived.remember(self.descriptor, self.question["sha256"])
        os.fchmod(self.descriptor, self.question["mode"])
        os.fsync(self.descriptor)
        if self.question["keep"] and os.path.lexists(self.place.path):
            self._keep()
        # Once the part has its other name, another push may begin, with a script of its own.
        arrived.unlink(self.place.script)
        os.rename(self.place.part, self.place.path)
        arrived.sync(self.place.directory)
        # No kernel runs a file that is open for writing.
        os.close(self.descriptor)
        self.descriptor = -1
        return {"done": True}

    def _keep(self) -> None:
        """Give the old file its other name as well."""
        beside = self.place.part + b".previous"
        arrived.unlink(beside)
        _keep_as(self.place.path, beside)
        os.rename(beside, self.place.previous)

    def close(self) -> None:
        """Remove what the next push would not use."""
        if self.descriptor >= 0:
            try:
                if not os.fstat(self.descriptor).st_size and not arrived.beginning(self.place.script)[0]:
                    if os.path.samestat(os.fstat(self.descriptor), os.stat(self.place.part)):
                        self._remove_part()
            except OSError:
                pass
            os.close(self.descriptor)

    def _remove_part(self) -> None:
        arrived.unlink(self.place.part)
        arrived.unlink(self.place.script)


def _keep_as(path: bytes, other: bytes) -> None:
    """Give a file another name as well, or copy it: links to files of other accounts are often forbidden."""
    try:
        os.link(path, other)
        return
    except OSError:
        pass
    import shutil

    try:
        shutil.copy2(path, other)
    except OSError:
        arrived.unlink(other)
        raise


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


def rolled_back(at: "place.Place") -> "dict[str, Any]":
    """Swap the file at the place with the one that was kept."""
    at.check_writable()
    if not os.path.isfile(at.previous):
        raise place.Refused("no previous")
    beside = at.part + b".previous"
    arrived.unlink(beside)
    if os.path.lexists(at.path):
        _keep_as(at.path, beside)
    os.rename(at.previous, at.path)
    if os.path.lexists(beside):
        os.rename(beside, at.previous)
    arrived.sync(at.directory)
    return {"rolled_back": True}

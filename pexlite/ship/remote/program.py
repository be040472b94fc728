"""A host's side of `pexlite push`: says what is there, puts the new file together, puts it in its place.

This file travels: the host's Python runs its text. stdin is lines of JSON, deflated, in base64: the question, then
plans, each followed by its bytes. The answers are such lines on stdout, after a line with the question's mark:
a shell's own files may have printed something. A plan that does not fit is answered with what is wrong, and
another may follow. PATH is only ever a name in calls of the system.
"""

import base64
import errno
import hashlib
import json
import os
import stat
import subprocess
import sys
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pexlite.runtime.file import zip as archive
    from pexlite.runtime.tools import reassemble
    from pexlite.ship.remote import arrived, machine, old_files

_PIECE = 1 << 20
_MOST_FILES = 40  # beside PATH that are looked at


class Refused(Exception):
    """A push that cannot go on: a word for the reason, and figures."""

    def __init__(self, reason: str, **more: "Any") -> None:
        super().__init__(reason)
        self.said = dict(more, refused=reason)


def main() -> None:
    """Answer the question, then follow plans until stdin ends."""
    question = _heard()
    if not question:
        return
    sys.stdout.buffer.write(("\n%s\n" % question["mark"]).encode())
    try:
        host = Host(question)
        try:
            _say(host.answer())
            while True:
                plan = _heard()
                if not plan:
                    break
                _say(host.follow(plan))
        finally:
            host.close()
    except Refused as refused:
        _say(refused.said)
    except reassemble.Misfit as misfit:
        _say({"refused": "misfit", "why": str(misfit)})
    except OSError as problem:
        reason = "full" if problem.errno in (errno.ENOSPC, errno.EDQUOT) else "system"
        _say({"refused": reason, "why": problem.strerror or str(problem), "number": problem.errno})


class Host:
    """The place that a file is pushed to, and what lies around it."""

    def __init__(self, question: "dict[str, Any]") -> None:
        self.question = question
        path = base64.b64decode(question["path"])
        if path[:2] == b"~/":
            path = os.path.expanduser(b"~") + path[1:]
        # What a link leads to is replaced, as by scp.
        self.path = os.path.realpath(path)
        self.directory, self.name = os.path.split(self.path)
        self.part = os.path.join(self.directory, b"." + self.name + b".pexlite-part")
        self.script = os.path.join(self.directory, b"." + self.name + b".pexlite-script")
        self.previous = self.path + b".previous"
        self.descriptor = -1
        self.files = []  # type: list[int]

    # -- the answer -----------------------------------------------------------------------------

    def answer(self) -> "dict[str, Any]":
        """The state of this machine."""
        self._check_place()
        if self.question["do"] == "roll back":
            return self._rolled_back()
        said = machine.described()
        there = arrived.sha256_if_of_size(self.path, self.question["size"])
        if there == self.question["sha256"]:
            return self._settled(dict(said, same=True))
        self._check_writable()
        if self.question["do"] == "push":
            self._lock()
        said["same"] = False
        said["zlib"] = reassemble.fingerprint()
        said["codecs"] = [codec for codec in reassemble.CODECS if machine.has(codec)]
        filesystem = os.statvfs(self.directory)
        said["free"] = filesystem.f_bavail * filesystem.f_frsize
        said["part"] = arrived.beginning(self.part)
        said["script"] = arrived.beginning(self.script)
        said["files"] = self._old_files()
        said["cached"] = self._cached(said["files"])
        return said

    def _check_place(self) -> None:
        if not os.path.isdir(self.directory):
            raise Refused("no directory", directory=os.fsdecode(self.directory))
        try:
            mode = os.stat(self.path).st_mode
        except OSError:
            return
        if stat.S_ISDIR(mode):
            raise Refused("directory")
        if not stat.S_ISREG(mode):
            raise Refused("no file")

    def _check_writable(self) -> None:
        if not os.access(self.directory, os.W_OK | os.X_OK):
            raise Refused("not writable", directory=os.fsdecode(self.directory))

    def _lock(self) -> None:
        """Open what has arrived, and hold it. Raises Refused where another push has it."""
        import fcntl

        while True:
            self.descriptor = os.open(self.part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as problem:
                if problem.errno in (errno.EWOULDBLOCK, errno.EACCES):
                    raise Refused("busy")
                # Without locks, pushes at once may undo each other's work, which their digests tell.
            try:
                if os.path.samestat(os.fstat(self.descriptor), os.stat(self.part)):
                    return
            except OSError:
                pass  # it became the file itself
            os.close(self.descriptor)

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
            if path == self.path and said or said.get("wheels") or said.get("changed"):
                found.append(said)
                self.files.append(descriptor)
            else:
                os.close(descriptor)
        return found

    def _candidates(self) -> "list[bytes]":
        """PATH, and the files beside it, newest first."""
        beside = []
        for entry in os.scandir(self.directory):
            try:
                if entry.is_file() and entry.path not in (self.path, self.part, self.script):
                    beside.append((entry.stat().st_mtime, entry.path))
            except OSError:
                pass
        newest = [path for _, path in sorted(beside, reverse=True)[:_MOST_FILES]]
        return [self.path] + newest

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
        script = self._received_script(plan)
        start = plan["start"]
        raw = _Raw(plan["raw"])
        os.ftruncate(self.descriptor, start)
        os.lseek(self.descriptor, start, os.SEEK_SET)
        digest = arrived.digest_of(self.descriptor, start)
        try:
            with open(script, "rb") as file:
                read = reassemble.Script(file.read, plan["codec"])
                for piece in reassemble.pieces(read, raw.read, self._sources(plan["sources"]), start):
                    digest.update(piece)
                    arrived.write(self.descriptor, piece)
        except reassemble.Misfit as misfit:
            raw.drain()
            return {"misfit": str(misfit), "wheels": []}
        except OSError as problem:
            if problem.errno in (errno.ENOSPC, errno.EDQUOT):
                self._remove_part()
            raise
        if raw.left:
            raise Refused("cut")
        if digest.hexdigest() != self.question["sha256"]:
            return {"misfit": "another sha256", "wheels": self._wrong_wheels()}
        return self._put_in_place()

    def _received_script(self, plan: "dict[str, Any]") -> bytes:
        """The path of the plan's script, with the bytes that were missing."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.script, flags, 0o600)
        try:
            os.ftruncate(descriptor, plan["script_kept"])
            os.lseek(descriptor, 0, os.SEEK_END)
            left = plan["script_size"] - plan["script_kept"]
            while left:
                piece = _STDIN.read1(min(left, _PIECE))
                if not piece:
                    raise Refused("cut")
                arrived.write(descriptor, piece)
                left -= len(piece)
        finally:
            os.close(descriptor)
        return self.script

    def _sources(self, wanted: "list[Any]") -> "list[Any]":
        sources = []
        for source in wanted:
            if isinstance(source, int):
                sources.append(reassemble.source_of(self.files[source]))
            else:
                sources.append(_Unpacked(os.path.join(self._cache(), *source)).read)
        return sources

    def _wrong_wheels(self) -> "list[str]":
        """The wheels whose bytes are not what they should be."""
        wrong = []
        for sha256, offset, size in self.question["places"]:
            digest = hashlib.sha256()
            for place in range(offset, offset + size, _PIECE):
                digest.update(os.pread(self.descriptor, min(_PIECE, offset + size - place), place))
            if digest.hexdigest() != sha256:
                wrong.append(sha256)
        return wrong

    def _put_in_place(self) -> "dict[str, Any]":
        os.fchmod(self.descriptor, self.question["mode"])
        os.fsync(self.descriptor)
        if self.question["keep"] and os.path.lexists(self.path):
            self._keep()
        os.rename(self.part, self.path)
        arrived.sync(self.directory)
        arrived.unlink(self.script)
        # No kernel runs a file that is open for writing.
        os.close(self.descriptor)
        self.descriptor = -1
        return self._settled({"done": True})

    def _keep(self) -> None:
        """Give the old file its other name as well."""
        beside = self.part + b".previous"
        arrived.unlink(beside)
        os.link(self.path, beside)
        os.rename(beside, self.previous)

    def _settled(self, said: "dict[str, Any]") -> "dict[str, Any]":
        """`said`, after the file at PATH was unpacked where that is asked for."""
        if self.question["warm"] and self.question["do"] == "push":
            environment = dict(os.environ, PEX_TOOLS="1")
            try:
                done = subprocess.Popen(
                    [self.path, b"warm"],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                )
                words = done.communicate()[0].decode("utf-8", "replace").strip()
                said["warm"] = {"code": done.returncode, "words": words[-2000:]}
            except OSError as problem:
                said["warm"] = {"code": 126, "words": problem.strerror or str(problem)}
        return said

    def _rolled_back(self) -> "dict[str, Any]":
        """Swap the file at PATH with the one that was kept."""
        self._check_writable()
        if not os.path.isfile(self.previous):
            raise Refused("no previous")
        beside = self.part + b".previous"
        arrived.unlink(beside)
        if os.path.lexists(self.path):
            os.link(self.path, beside)
        os.rename(self.previous, self.path)
        if os.path.lexists(beside):
            os.rename(beside, self.previous)
        arrived.sync(self.directory)
        return {"rolled_back": True}

    def close(self) -> None:
        """Remove what the next push would not use."""
        if self.descriptor >= 0:
            try:
                if not os.fstat(self.descriptor).st_size and not arrived.beginning(self.script)[0]:
                    if os.path.samestat(os.fstat(self.descriptor), os.stat(self.part)):
                        self._remove_part()
            except OSError:
                pass
            os.close(self.descriptor)

    def _remove_part(self) -> None:
        arrived.unlink(self.part)
        arrived.unlink(self.script)


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


class _Raw:
    """The bytes on stdin that belong to a plan."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int) -> bytes:
        """Up to `size` bytes. Raises Refused where the connection has ended."""
        if not self.left:
            return b""
        piece = _STDIN.read1(min(size, self.left))
        if not piece:
            raise Refused("cut")
        self.left -= len(piece)
        return bytes(piece)

    def drain(self) -> None:
        """Pass over the rest."""
        while self.left:
            self.read(_PIECE)


_STDIN = sys.stdin.buffer  # type: Any


def _heard() -> "dict[str, Any]":
    """The next line of stdin; empty at its end, or where it is cut off."""
    line = _STDIN.readline()
    if not line.endswith(b"\n"):
        return {}
    said = json.loads(zlib.decompress(base64.b64decode(line.split()[0])).decode("utf-8"))  # type: dict[str, Any]
    return said


def _say(said: "dict[str, Any]") -> None:
    line = base64.b64encode(zlib.compress(json.dumps(said, separators=(",", ":")).encode("utf-8"), 6))
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def _run() -> None:
    """Exit with 0, or with 70 after a failure that nobody foresaw: other codes have the next Python tried."""
    try:
        os.dup2(3, 2)  # the shell hid what a Python says that cannot run this
        main()
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(70)


if __name__ == "__main__":
    _run()

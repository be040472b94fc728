"""A path that is to have the file, and what arrives for it beside it: this module travels."""

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pexlite.ship.remote import arrived, noted, place


class Destination:
    """A place, and the part beside it that becomes the file, which this push alone may write to."""

    def __init__(self, at: "place.Place", question: "dict[str, Any]") -> None:
        self.place = at
        self.descriptor = -1
        self._question = question

    def hold(self) -> None:
        """Open what has arrived, and hold it. Raises Refused where another push has it."""
        import fcntl

        while True:
            descriptor = self._opened()
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

    def _opened(self) -> int:
        """A descriptor of what has arrived, under a name of its own where another account has begun a push."""
        try:
            return arrived.own(self.place.part, create=True)
        except arrived.NotOurs:
            self.place.name_parts(b"-%d" % os.geteuid())
        try:
            return arrived.own(self.place.part, create=True)
        except arrived.NotOurs:
            raise place.Refused("part of another", part=os.fsdecode(self.place.part))

    def room(self) -> "dict[str, Any]":
        """The file system that the file goes to, the room on it, and the size of what is replaced."""
        filesystem = os.statvfs(self.place.directory)
        try:
            old = os.stat(self.place.path).st_size
        except OSError:
            old = 0
        device = os.stat(self.place.directory).st_dev
        return {"device": device, "free": filesystem.f_bavail * filesystem.f_frsize, "old": old}

    def part_size(self) -> int:
        """The bytes that an earlier push has left."""
        try:
            return os.stat(self.place.part).st_size
        except OSError:
            return 0

    def put(self) -> None:
        """Have the part last, and give it the name of the file."""
        noted.remember(self.descriptor, self._question["sha256"])
        os.fchmod(self.descriptor, self._question["mode"])
        os.fsync(self.descriptor)
        if self._question["keep"] and os.path.lexists(self.place.path):
            self._keep()
        # Once the part has its other name, another push may begin, with a script of its own.
        arrived.unlink(self.place.script)
        os.rename(self.place.part, self.place.path)
        arrived.sync(self.place.directory)
        # No kernel runs a file that is open for writing.
        os.close(self.descriptor)
        self.descriptor = -1

    def close(self) -> None:
        """Remove what the next push would not use."""
        if self.descriptor >= 0:
            try:
                if not os.fstat(self.descriptor).st_size and not arrived.beginning(self.place.script)[0]:
                    if os.path.samestat(os.fstat(self.descriptor), os.stat(self.place.part)):
                        self.remove()
            except OSError:
                pass
            os.close(self.descriptor)
            self.descriptor = -1

    def remove(self) -> None:
        """Remove what has arrived."""
        arrived.unlink(self.place.part)
        arrived.unlink(self.place.script)

    def _keep(self) -> None:
        """Give the old file its other name as well."""
        beside = self.place.part + b".previous"
        arrived.unlink(beside)
        keep_as(self.place.path, beside)
        try:
            os.rename(beside, self.place.previous)
        except OSError:
            arrived.unlink(beside)
            raise


def keep_as(path: bytes, other: bytes) -> None:
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


def rolled_back(at: "place.Place") -> "dict[str, Any]":
    """Swap the file at the place with the one that was kept."""
    at.check()
    at.check_writable()
    if not os.path.isfile(at.previous):
        raise place.Refused("no previous")
    at.check_previous()
    beside = at.part + b".previous"
    arrived.unlink(beside)
    if os.path.lexists(at.path):
        keep_as(at.path, beside)
    os.rename(at.previous, at.path)
    if os.path.lexists(beside):
        os.rename(beside, at.previous)
    arrived.sync(at.directory)
    return {"rolled_back": True}

"""A POSIX file system in memory: inodes, links of both kinds, open files, locks, and what a power cut leaves.

Paths are absolute or seen from a directory. Errors are those of Linux. What is not modelled: groups, ACLs, sticky
directories, devices and pipes. It has more than 400 lines because one walk of paths, one table of inodes and one
model of what survives a power cut lie under every call.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from typing import NoReturn, TypeVar

_MOST_LINKS = 40  # that a path may lead through (path_resolution(7))
_LONGEST_NAME = 255
_SHORT_NAME = 64  # characters, of which none takes more than four bytes
_LONGEST_PATH = 4096
_READ, _WRITE, _SEARCH = 4, 2, 1

Path = str | bytes
_T = TypeVar("_T")


class Node:
    """An inode. `links` counts its names; one without a name lives as long as somebody has it open."""

    __slots__ = ("ctime", "device", "links", "locks", "mode", "mtime", "number", "owner")
    kind = 0

    def __init__(self, number: int, device: int, mode: int, owner: int, now: float) -> None:
        self.number = number
        self.device = device
        self.mode = mode
        self.owner = owner
        self.links = 1
        self.mtime = self.ctime = now
        self.locks: dict[OpenFile, bool] = {}  # and whether it is held alone


class File(Node):
    """A regular file. `written` is when, in calls, its content last changed without having been synced."""

    __slots__ = ("content", "written")
    kind = stat.S_IFREG

    def __init__(self, number: int, device: int, mode: int, owner: int, now: float) -> None:
        super().__init__(number, device, mode, owner, now)
        self.content = bytearray()
        self.written: int | None = None


class Link(Node):
    """A symbolic link."""

    __slots__ = ("followed", "target")
    kind = stat.S_IFLNK

    def __init__(self, number: int, device: int, owner: int, now: float, target: str) -> None:
        super().__init__(number, device, 0o777, owner, now)
        self.target = target
        self.followed = False


class Directory(Node):
    """A directory; removed, it has no links."""

    __slots__ = ("entries", "parent")
    kind = stat.S_IFDIR

    def __init__(
        self, number: int, device: int, mode: int, owner: int, now: float, parent: Directory | None
    ) -> None:
        super().__init__(number, device, mode, owner, now)
        self.parent = parent or self
        self.entries: dict[str, Node] = {}


class OpenFile:
    """An open file description (open(2)): what descriptors refer to, and what holds a lock of flock(2)."""

    __slots__ = ("flags", "node", "path", "position", "users")

    def __init__(self, node: Node, flags: int, path: str) -> None:
        self.node = node
        self.flags = flags
        self.path = path
        self.position = 0
        self.users = 1

    def close(self) -> None:
        """One descriptor less; with the last one its lock goes."""
        self.users -= 1
        if not self.users:
            self.node.locks.pop(self, None)


class Disk:
    """The tree.

    `now` is the time that changes are dated with, `calls` the count that writes are dated with, and `numbers` how
    many inodes there have been.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.calls = 0
        self.numbers = 1
        self._devices = 1
        self.root = Directory(1, 1, 0o755, 0, 0.0, None)
        # Where paths of directories lead, by user; emptied whenever one may lead elsewhere.
        self._known: dict[tuple[str, int], Directory] = {}

    # -- what there is -------------------------------------------------------------------------------

    def find(
        self,
        path: Path,
        user: int = 0,
        start: Directory | None = None,
        follow: bool = True,
        making: bool = False,
    ) -> tuple[Directory, str, Node | None]:
        """The directory that `path` ends in, its last name there, and what bears that name, if anything does.

        A link at the end is followed with `follow`. "." and ".." at the end have themselves as names. A file is
        to be made there with `making`: then no link may lead to a name with a slash behind it.
        """
        text = path if path.__class__ is str else os.fsdecode(path)
        place, _, name = text.rpartition("/")
        if place and place[0] == "/" and name and name not in (".", "..") and len(name) < _SHORT_NAME:
            known = self._known.get((place, user))
            if known is None or not known.links:
                known = self._know(place, user)
            if known is not None:
                node = known.entries.get(name)
                if not follow or node.__class__ is not Link:
                    return known, name, node
        return self._walk(path, text, user, start, follow, making)

    def _know(self, place: str, user: int) -> Directory | None:
        """The directory at `place`, whose names may be looked up; None where it is none."""
        above, _, name = place.rpartition("/")
        found: Node | None = self.root if place == "" else None
        parent = self._known.get((above, user)) if found is None else None
        if found is None and name and name not in (".", ".."):
            if parent is None or not parent.links:
                parent = self._know(above, user)
            found = parent.entries.get(name) if parent else None
        if found.__class__ is Link or name in (".", ".."):
            try:
                found = self._walk(place, place, user, None, True)[2]
            except OSError:
                return None
        if not isinstance(found, Directory) or not self.allows(found, _SEARCH, user):
            return None
        self._known[place, user] = found
        return found

    def _walk(
        self, path: Path, text: str, user: int, start: Directory | None, follow: bool, making: bool = False
    ) -> tuple[Directory, str, Node | None]:
        if not text:
            fail(errno.ENOENT, path)
        if len(text) >= _LONGEST_PATH:
            fail(errno.ENAMETOOLONG, path)
        here: Node = self.root if text[0] == "/" or start is None else start
        waiting = [part for part in reversed(text.split("/")) if part]
        slash = text[-1] == "/"
        hops = 0
        above, name = self.root, "."
        while waiting:
            part = waiting.pop()
            if not isinstance(here, Directory):
                fail(errno.ENOTDIR, path)
            if not here.mode & _SEARCH and user:
                self._demand(here, _SEARCH, user, path)
            above, name = here, part
            if part == ".":
                continue
            if part == "..":
                here = here.parent
                continue
            if making and slash and not waiting:
                fail(errno.EISDIR, path)
            found = here.entries.get(part)
            if found is None:
                if len(os.fsencode(part)) > _LONGEST_NAME:
                    fail(errno.ENAMETOOLONG, path)
                if waiting:
                    fail(errno.ENOENT, path)
                return above, name, None
            if isinstance(found, Link) and (waiting or follow or slash):
                found.followed = True
                hops += 1
                if hops > _MOST_LINKS:
                    fail(errno.ELOOP, path)
                if found.target[0] == "/":
                    here = self.root
                slash = slash or (not waiting and found.target[-1] == "/")
                waiting.extend([piece for piece in reversed(found.target.split("/")) if piece])
                if not waiting:
                    above, name = self.root, "."
                continue
            here = found
        if slash and not isinstance(here, Directory):
            fail(errno.ENOTDIR, path)
        return above, name, here

    def _named(self, path: Path, user: int, start: Directory | None) -> tuple[Directory, str, Node | None]:
        """As `find`, for calls that are about a name: no link is followed, not even with a slash behind it."""
        text = os.fsdecode(path)
        return self.find(text.rstrip("/") or text[:1], user, start, follow=False)

    def node(self, path: Path, user: int = 0, start: Directory | None = None, follow: bool = True) -> Node:
        """The inode at `path`."""
        found = self.find(path, user, start, follow)[2]
        if found is None:
            fail(errno.ENOENT, path)
        return found

    def stat(
        self, path: Path, user: int = 0, start: Directory | None = None, follow: bool = True
    ) -> os.stat_result:
        """The facts of what is at `path`."""
        return facts(self.node(path, user, start, follow))

    def readlink(self, path: Path, user: int = 0, start: Directory | None = None) -> str:
        """Where the link at `path` leads."""
        found = self.node(path, user, start, follow=False)
        if not isinstance(found, Link):
            fail(errno.EINVAL, path)
        return found.target

    def directory(self, path: Path, user: int = 0, start: Directory | None = None) -> Directory:
        """The directory at `path`, which may be listed."""
        found = self.node(path, user, start)
        if not isinstance(found, Directory):
            fail(errno.ENOTDIR, path)
        self._demand(found, _READ, user, path)
        return found

    def allows(self, node: Node, wanted: int, user: int) -> bool:
        """Whether `user` has all of the rights `wanted`, as in access(2): 4 to read, 2 to write, 1 to search."""
        if not user:
            return not wanted & _SEARCH or isinstance(node, Directory) or bool(node.mode & 0o111)
        granted = node.mode >> 6 if node.owner == user else node.mode
        return granted & wanted == wanted

    def _demand(self, node: Node, wanted: int, user: int, path: Path) -> None:
        if user and not self.allows(node, wanted, user):
            fail(errno.EACCES, path)

    # -- what changes it -----------------------------------------------------------------------------

    def open(
        self, path: Path, flags: int, mode: int = 0o666, user: int = 0, start: Directory | None = None
    ) -> OpenFile:
        """The file, opened as open(2) does."""
        alone = flags & (os.O_CREAT | os.O_EXCL) == os.O_CREAT | os.O_EXCL
        follow = not (flags & os.O_NOFOLLOW or alone)
        if flags & os.O_CREAT and _has_slash(path):
            self._named(path, user, start)
            fail(errno.EISDIR, path)
        above, name, found = self.find(path, user, start, follow, bool(flags & os.O_CREAT))
        writing = flags & os.O_ACCMODE != os.O_RDONLY
        if found is None:
            if not flags & os.O_CREAT:
                fail(errno.ENOENT, path)
            found = self._add(above, name, self._new(File, above, mode, user), user, path)
        else:
            if alone:
                fail(errno.EEXIST, path)
            if isinstance(found, Link):
                fail(errno.ENOTDIR if flags & os.O_DIRECTORY else errno.ELOOP, path)
            if flags & os.O_DIRECTORY and not isinstance(found, Directory):
                fail(errno.ENOTDIR, path)
            if isinstance(found, Directory) and (writing or flags & os.O_CREAT):
                fail(errno.EISDIR, path)
            wanted = {os.O_RDONLY: _READ, os.O_WRONLY: _WRITE, os.O_RDWR: _READ | _WRITE}
            self._demand(found, wanted[flags & os.O_ACCMODE], user, path)
            if flags & os.O_TRUNC and writing and isinstance(found, File):
                self.cut(found, 0)
        return OpenFile(found, flags, os.fsdecode(path))

    def mkdir(self, path: Path, mode: int = 0o777, user: int = 0, start: Directory | None = None) -> None:
        """Make a directory."""
        above, name, found = self._named(path, user, start)
        if found is not None:
            fail(errno.EEXIST, path)
        self._add(above, name, self._new(Directory, above, mode, user), user, path)
        above.links += 1

    def symlink(self, target: Path, path: Path, user: int = 0, start: Directory | None = None) -> None:
        """Make a symbolic link at `path` to `target`."""
        above, name, found = self._named(path, user, start)
        if not target:
            fail(errno.ENOENT, path)
        if found is not None:
            fail(errno.EEXIST, path)
        if _has_slash(path):
            fail(errno.ENOENT, path)
        link = Link(self._number(), above.device, user, self.now, os.fsdecode(target))
        self._add(above, name, link, user, path)

    def link(
        self,
        source: Path,
        path: Path,
        user: int = 0,
        source_start: Directory | None = None,
        start: Directory | None = None,
    ) -> None:
        """Give what is at `source`, no link followed, another name."""
        found = self.node(source, user, source_start, follow=False)
        above, name, there = self._named(path, user, start)
        if there is not None:
            fail(errno.EEXIST, path)
        if _has_slash(path):
            fail(errno.ENOENT, path)
        if found.device != above.device:
            fail(errno.EXDEV, path)
        if isinstance(found, Directory):
            fail(errno.EPERM, source)
        self._add(above, name, found, user, path)
        found.links += 1
        found.ctime = self.now

    def unlink(self, path: Path, user: int = 0, start: Directory | None = None) -> None:
        """Take a name from what is no directory."""
        above, name, found = self._named(path, user, start)
        if found is None:
            fail(errno.ENOENT, path)
        self._demand(above, _WRITE, user, path)
        if isinstance(found, Directory):
            fail(errno.EISDIR, path)
        if _has_slash(path):
            fail(errno.ENOTDIR, path)
        del above.entries[name]
        self._forget(found)
        self._changed(above)
        self._lose_name(found)

    def rmdir(self, path: Path, user: int = 0, start: Directory | None = None) -> None:
        """Remove an empty directory."""
        above, name, found = self._named(path, user, start)
        if name == ".":
            fail(errno.EINVAL if found is not self.root else errno.EBUSY, path)
        if name == "..":
            fail(errno.ENOTEMPTY, path)
        if found is None:
            fail(errno.ENOENT, path)
        self._demand(above, _WRITE, user, path)
        if not isinstance(found, Directory):
            fail(errno.ENOTDIR, path)
        if found.device != above.device:
            fail(errno.EBUSY, path)
        if found.entries:
            fail(errno.ENOTEMPTY, path)
        del above.entries[name]
        self._lose_directory(above, found)

    def rename(
        self,
        source: Path,
        path: Path,
        user: int = 0,
        source_start: Directory | None = None,
        start: Directory | None = None,
    ) -> None:
        """Move what is at `source`, in place of what is at `path` where rename(2) allows that."""
        old_above, old_name, moved = self._named(source, user, source_start)
        above, name, there = self._named(path, user, start)
        if old_above.device != above.device:
            fail(errno.EXDEV, path)
        if {old_name, name} & {".", ".."}:
            fail(errno.EBUSY, path)
        if moved is None:
            fail(errno.ENOENT, source)
        if isinstance(moved, Directory) and moved in _upwards(above):
            fail(errno.EINVAL, path)
        if isinstance(there, Directory) and there in _upwards(old_above):
            fail(errno.ENOTEMPTY, path)
        if not isinstance(moved, Directory) and (_has_slash(path) or _has_slash(source)):
            fail(errno.ENOTDIR, path)
        if moved is there:
            return
        self._demand(old_above, _WRITE, user, source)
        self._demand(above, _WRITE, user, path)
        if above.links == 0:
            fail(errno.ENOENT, path)
        if there is not None:
            self._check_replacing(moved, there, path)
        if isinstance(moved, Directory) and moved.device != old_above.device:
            fail(errno.EBUSY, source)
        if isinstance(moved, Directory) and above is not old_above:
            self._demand(moved, _WRITE, user, source)
        self._move(old_above, old_name, moved, above, name, there)

    def _check_replacing(self, moved: Node, there: Node, path: Path) -> None:
        if isinstance(moved, Directory) and not isinstance(there, Directory):
            fail(errno.ENOTDIR, path)
        if isinstance(there, Directory):
            if not isinstance(moved, Directory):
                fail(errno.EISDIR, path)
            if there.entries:
                fail(errno.ENOTEMPTY, path)

    def _move(
        self, old_above: Directory, old_name: str, moved: Node, above: Directory, name: str, there: Node | None
    ) -> None:
        del old_above.entries[old_name]
        self._forget(moved)
        if there is not None:
            self._forget(there)
        if isinstance(there, Directory):
            self._lose_directory(above, there)
        elif there is not None:
            self._lose_name(there)
        above.entries[name] = moved
        if isinstance(moved, Directory):
            moved.parent = above
            old_above.links -= 1
            above.links += 1
        moved.ctime = self.now
        self._changed(old_above)
        self._changed(above)

    def write(self, file: File, position: int, content: bytes | bytearray | memoryview) -> int:
        """How many bytes of `content` are in the file now, from `position` on."""
        data = file.content
        if len(data) < position:
            data.extend(bytes(position - len(data)))
        data[position : position + len(content)] = content
        self._written(file)
        return len(content)

    def cut(self, file: File, size: int) -> None:
        """Have the file be of this size."""
        if size < len(file.content):
            del file.content[size:]
        else:
            file.content.extend(bytes(size - len(file.content)))
        self._written(file)

    def set_times(self, node: Node, seconds: float | None) -> None:
        """Date the content, with now unless told otherwise."""
        node.mtime = self.now if seconds is None else seconds
        node.ctime = self.now

    def _forget(self, node: Node) -> None:
        """Forget the paths known of what bears another name from now on, or none; a removed directory tells."""
        if isinstance(node, Directory) or (isinstance(node, Link) and node.followed):
            self._known.clear()

    def set_mode(self, node: Node, mode: int) -> None:
        """Change the rights."""
        self._known.clear()
        node.mode = mode & 0o7777
        node.ctime = self.now

    def _written(self, file: File) -> None:
        file.written = self.calls
        file.mtime = file.ctime = self.now

    def _new(self, kind: type[_T], above: Directory, mode: int, user: int) -> _T:
        if kind is Directory:
            made: Node = Directory(self._number(), above.device, mode & 0o1777, user, self.now, above)
            made.links = 2
        else:
            made = File(self._number(), above.device, mode & 0o7777, user, self.now)
        assert isinstance(made, kind)
        return made

    def _add(self, above: Directory, name: str, made: Node, user: int, path: Path) -> Node:
        self._demand(above, _WRITE, user, path)
        if not above.links:
            fail(errno.ENOENT, path)
        above.entries[name] = made
        self._changed(above)
        return made

    def _changed(self, above: Directory) -> None:
        above.mtime = above.ctime = self.now

    def _lose_name(self, node: Node) -> None:
        node.links -= 1
        node.ctime = self.now

    def _lose_directory(self, above: Directory, node: Directory) -> None:
        node.links = 0
        above.links -= 1
        self._changed(above)

    def _number(self) -> int:
        self.numbers += 1
        return self.numbers

    # -- as a whole ----------------------------------------------------------------------------------

    def put(self, path: str, content: bytes | None = None, mode: int = 0o755, owner: int = 0) -> Node:
        """Put a file of this content, or a directory, at `path`, with all directories above it."""
        here = self.root
        *parts, last = [part for part in path.split("/") if part]
        for part in parts:
            below = here.entries.get(part)
            if not isinstance(below, Directory):
                below = self._new(Directory, here, 0o755, owner)
                here.entries[part] = below
                here.links += 1
            here = below
        made: Node
        if content is None:
            made = self._new(Directory, here, mode, owner)
            here.links += 1
        else:
            made = file = self._new(File, here, mode, owner)
            file.content.extend(content)
        here.entries[last] = made
        return made

    def mount(self, path: str) -> None:
        """Have another device at the empty directory `path`."""
        place = self.node(path)
        assert isinstance(place, Directory)
        assert not place.entries
        self._devices += 1
        place.device = self._devices

    def tree(self, place: Directory | None = None, path: str = "") -> Iterator[tuple[str, Node]]:
        """Path and node of everything below `place`, links not followed."""
        for name, node in (place or self.root).entries.items():
            yield f"{path}/{name}", node
            if isinstance(node, Directory):
                yield from self.tree(node, f"{path}/{name}")

    def copy(self) -> Disk:
        """Another disk with all of this, hard links among them; what is open here is not open there."""
        other = Disk()
        other.now, other.calls = self.now, self.calls
        other.numbers, other._devices = self.numbers, self._devices
        other.root = _copied(self.root, None, {})
        return other

    def after_power_cut(self, since: int, is_lost: Callable[[], bool]) -> None:
        """Empty the files written since the call `since`, and not synced, for which `is_lost` says so."""
        for node in {id(node): node for _, node in self.tree()}.values():
            if isinstance(node, File):
                if node.written is not None and node.written >= since and is_lost():
                    node.content.clear()
                node.written = None


def _copied(place: Directory, parent: Directory | None, known: dict[int, Node]) -> Directory:
    made = Directory(place.number, place.device, place.mode, place.owner, place.mtime, parent)
    made.ctime, made.links = place.ctime, place.links
    entries = made.entries
    for name, node in place.entries.items():
        copy: Node
        if isinstance(node, Directory):
            copy = _copied(node, made, known)
        elif node.links > 1 and node.number in known:
            copy = known[node.number]
        else:
            if isinstance(node, File):
                copy = file = File(node.number, node.device, node.mode, node.owner, node.mtime)
                file.content, file.written = bytearray(node.content), node.written
            else:
                assert isinstance(node, Link)
                copy = Link(node.number, node.device, node.owner, node.mtime, node.target)
            copy.ctime, copy.links = node.ctime, node.links
            known[node.number] = copy
        entries[name] = copy
    return made


def _upwards(place: Directory) -> Iterator[Directory]:
    while True:
        yield place
        if place.parent is place:
            return
        place = place.parent


def _has_slash(path: Path) -> bool:
    return os.fsdecode(path).endswith("/")


def facts(node: Node) -> os.stat_result:
    """Its facts, as stat(2) has them."""
    size = 4096
    if isinstance(node, File):
        size = len(node.content)
    elif isinstance(node, Link):
        size = len(os.fsencode(node.target))
    times = (node.mtime, node.mtime, node.ctime)
    first = (node.kind | node.mode, node.number, node.device, node.links, node.owner, node.owner, size)
    whole = tuple([int(seconds) for seconds in times])
    exact = tuple([int(seconds * 1e9) for seconds in times])
    return os.stat_result((*first, *whole, *times, *exact))


def fail(number: int, path: object = None) -> NoReturn:
    """Raise the OSError of this number."""
    raise OSError(number, os.strerror(number), path)

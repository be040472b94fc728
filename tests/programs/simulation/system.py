"""The standard library's doors to the system, as a simulated process sees them.

Every call of them is a point where the scheduler may step in. What is pure in a module is taken from the real one.
It has more than 400 lines because the calls of `os` are one list, and each stands in it once.
"""

from __future__ import annotations

import _thread
import builtins
import errno
import fcntl
import io
import os
import posixpath
import stat
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any, NoReturn

from tests.programs.simulation.disk import Directory, File, Link, Node, OpenFile, Path, facts, fail
from tests.programs.simulation.process import Exited, Process
from tests.programs.simulation.scheduler import Killed

BASE = "/usr"
LIBRARY = f"{BASE}/lib/python{sys.version_info[0]}.{sys.version_info[1]}"
PYTHON = f"{BASE}/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
_PURE_OS = (
    *("fsencode", "fsdecode", "fspath", "strerror", "sep", "altsep", "pathsep", "linesep", "curdir", "pardir"),
    *("defpath", "devnull", "extsep", "error", "PathLike", "stat_result", "name"),
    *(name for name in dir(os) if name[:2] in ("O_", "F_", "R_", "W_", "X_", "ST", "SE") and name.isupper()),
)
_PURE_PATH = (
    *("join", "basename", "dirname", "split", "splitext", "splitdrive", "normcase", "normpath", "isabs"),
    *(
        "commonprefix",
        "commonpath",
        "sep",
        "altsep",
        "pathsep",
        "curdir",
        "pardir",
        "defpath",
        "devnull",
        "extsep",
    ),
)
_LOOKS = ("exists", "lexists", "isdir", "isfile", "islink")
_PLAIN_CALLS = (
    *("open", "close", "read", "write", "pread", "pwrite", "lseek", "ftruncate", "truncate", "fstat", "fsync"),
    *("fdatasync", "dup", "stat", "lstat", "access", "mkdir", "makedirs", "rmdir", "unlink", "remove", "rename"),
    *("replace", "link", "symlink", "readlink", "listdir", "scandir", "walk", "utime", "chmod", "fchmod"),
    *("statvfs", "copy_file_range", "getpid", "getppid", "geteuid", "getuid", "getegid", "getgid", "umask"),
    *("uname", "getcwd", "getcwdb", "fork", "execv", "_exit", "kill", "cpu_count", "isatty", "fdopen", "confstr"),
    *("sched_getaffinity", "set_inheritable", "sync"),
)


class Entry:
    """As os.DirEntry, for a name that a listing has found."""

    __slots__ = ("_node", "_system", "name", "path")

    def __init__(self, system: System, name: Path, path: Path, node: Node) -> None:
        self._system = system
        self._node = node
        self.name = name
        self.path = path

    def is_symlink(self) -> bool:
        return isinstance(self._node, Link)

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        if isinstance(self._node, Link):
            return follow_symlinks and self._system.isdir(self.path)
        return isinstance(self._node, Directory)

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        if isinstance(self._node, Link):
            return follow_symlinks and self._system.isfile(self.path)
        return isinstance(self._node, File)

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        return self._system.stat(self.path, follow_symlinks=follow_symlinks)

    def inode(self) -> int:
        return self._node.number


class Listing:
    """As the iterator that os.scandir returns."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> Iterator[Entry]:
        return self._entries

    def __next__(self) -> Entry:
        return next(self._entries)

    def __enter__(self) -> Listing:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries = iter(())


class RawFile(io.RawIOBase):
    """The raw file that `open` wraps: a descriptor of a simulated process."""

    def __init__(self, system: System, descriptor: int, mode: str, name: object, closes: bool = True) -> None:
        self._system = system
        self._descriptor = descriptor
        self._closes = closes
        self.mode = mode
        self.name = name

    def fileno(self) -> int:
        return self._descriptor

    def readable(self) -> bool:
        return "r" in self.mode or "+" in self.mode

    def writable(self) -> bool:
        return self.mode.strip("rbt") != ""

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._system.lseek(self._descriptor, offset, whence)

    def tell(self) -> int:
        return self._system.position(self._descriptor)

    def readinto(self, buffer: Any) -> int:
        content = self._system.read(self._descriptor, len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def readall(self) -> bytes:
        return self._system.read(self._descriptor, 1 << 30)

    def write(self, content: Any) -> int:
        return self._system.write(self._descriptor, content)

    def truncate(self, size: int | None = None) -> int:
        size = self.tell() if size is None else size
        self._system.ftruncate(self._descriptor, size)
        return size

    def close(self) -> None:
        # One that is collected later, in whatever thread, does no call.
        if not self.closed:
            super().close()
            if self._closes and _thread.get_ident() == self._system.process.thread:
                self._system.close(self._descriptor)


class System:
    """The calls of one process. Named as in `os`, `os.path`, `fcntl`, `time` and `builtins`."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.disk = process.disk
        self._point = process.scheduler.point
        self._changed = process.scheduler.changed

    # -- descriptors ---------------------------------------------------------------------------------

    def open(self, path: Path, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        creates = flags & os.O_CREAT
        self._point(self.process, "create" if creates else "open")
        numbers = self.disk.numbers
        opened = self.disk.open(path, flags, mode & ~self.process.umask, self.process.user, self._start(dir_fd))
        opened.path = self._whole(path, dir_fd)
        if self.disk.numbers != numbers or flags & os.O_TRUNC:
            self._changed(self.process, "create", opened.path)
        return self._descriptor(opened)

    def _whole(self, path: Path, dir_fd: int | None = None) -> str:
        """The path from the root on, as this process has come to it."""
        text = os.fsdecode(path)
        return text if dir_fd is None or text[:1] == "/" else f"{self._file(dir_fd).path}/{text}"

    def _descriptor(self, opened: OpenFile) -> int:
        files = self.process.files
        number = 3
        while number in files:
            number += 1
        files[number] = opened
        return number

    def _file(self, descriptor: int) -> OpenFile:
        found = self.process.files.get(descriptor)
        if found is None:
            if self.process.dead:
                raise Killed
            fail(errno.EBADF)
        return found

    def _regular(self, descriptor: int, wanted: int) -> tuple[OpenFile, File]:
        opened = self._file(descriptor)
        access = opened.flags & os.O_ACCMODE
        if access not in (wanted, os.O_RDWR):
            fail(errno.EBADF)
        if not isinstance(opened.node, File):
            fail(errno.EISDIR)
        return opened, opened.node

    def _start(self, descriptor: int | None) -> Directory | None:
        if descriptor is None:
            return self.process.directory
        node = self._file(descriptor).node
        if not isinstance(node, Directory):
            fail(errno.ENOTDIR)
        return node

    def _place(self, path: Path | int, follow: bool = True, dir_fd: int | None = None) -> Node:
        if isinstance(path, int):
            return self._file(path).node
        return self.disk.node(path, self.process.user, self._start(dir_fd), follow)

    def close(self, descriptor: int) -> None:
        self._point(self.process, "close")
        self._file(descriptor).close()
        self.process.files.pop(descriptor, None)

    def dup(self, descriptor: int) -> int:
        self._point(self.process, "dup")
        opened = self._file(descriptor)
        opened.users += 1
        return self._descriptor(opened)

    def position(self, descriptor: int) -> int:
        return self._file(descriptor).position

    def lseek(self, descriptor: int, offset: int, whence: int) -> int:
        self._point(self.process, "lseek")
        opened = self._file(descriptor)
        if not isinstance(opened.node, File):
            fail(errno.ESPIPE)
        before = (0, opened.position, len(opened.node.content))[whence]
        if before + offset < 0:
            fail(errno.EINVAL)
        opened.position = before + offset
        return opened.position

    def read(self, descriptor: int, size: int) -> bytes:
        self._point(self.process, "read")
        opened, file = self._regular(descriptor, os.O_RDONLY)
        content = bytes(file.content[opened.position : opened.position + size])
        opened.position += len(content)
        return content

    def pread(self, descriptor: int, size: int, offset: int) -> bytes:
        self._point(self.process, "pread")
        _, file = self._regular(descriptor, os.O_RDONLY)
        return bytes(file.content[offset : offset + size])

    def write(self, descriptor: int, content: Any) -> int:
        if descriptor in (1, 2):
            self.process.output.append(bytes(content).decode("utf-8", "replace"))
            return len(content)
        self._point(self.process, "write")
        opened, file = self._regular(descriptor, os.O_WRONLY)
        if opened.flags & os.O_APPEND:
            opened.position = len(file.content)
        written = self.disk.write(file, opened.position, content)
        self._changed(self.process, "write", opened.path)
        opened.position += written
        return written

    def pwrite(self, descriptor: int, content: Any, offset: int) -> int:
        self._point(self.process, "write")
        opened, file = self._regular(descriptor, os.O_WRONLY)
        written = self.disk.write(file, offset, content)
        self._changed(self.process, "write", opened.path)
        return written

    def ftruncate(self, descriptor: int, size: int) -> None:
        self._point(self.process, "truncate")
        opened = self._file(descriptor)
        if opened.flags & os.O_ACCMODE == os.O_RDONLY or not isinstance(opened.node, File):
            fail(errno.EINVAL)
        self.disk.cut(opened.node, size)
        self._changed(self.process, "truncate", opened.path)

    def truncate(self, path: Path | int, size: int) -> None:
        if isinstance(path, int):
            return self.ftruncate(path, size)
        self._point(self.process, "truncate")
        node = self._place(path)
        if not isinstance(node, File):
            fail(errno.EISDIR, path)
        self.disk.cut(node, size)
        self._changed(self.process, "truncate", self._whole(path))
        return None

    def fsync(self, descriptor: int) -> None:
        self._point(self.process, "fsync")
        node = self._file(descriptor).node
        if isinstance(node, File):
            node.written = None
        self.process.scheduler.synced()

    fdatasync = fsync

    def sync(self) -> None:
        self._point(self.process, "sync")
        for _, node in self.disk.tree():
            if isinstance(node, File):
                node.written = None
        self.process.scheduler.synced()

    def copy_file_range(
        self, source: int, target: int, count: int, offset_src: int | None = None, offset_dst: int | None = None
    ) -> int:
        self._point(self.process, "copy_file_range")
        opened, file = self._regular(source, os.O_RDONLY)
        into, other = self._regular(target, os.O_WRONLY)
        begin = opened.position if offset_src is None else offset_src
        content = file.content[begin : begin + count]
        written = self.disk.write(other, into.position if offset_dst is None else offset_dst, content)
        if offset_src is None:
            opened.position += written
        if offset_dst is None:
            into.position += written
        self._changed(self.process, "write", into.path)
        return written

    def set_inheritable(self, descriptor: int, inheritable: bool) -> None:
        self._file(descriptor)

    def isatty(self, descriptor: int) -> bool:
        return False

    def fdopen(self, descriptor: int, *arguments: Any, **more: Any) -> Any:
        return self.builtin_open(descriptor, *arguments, **more)

    def flock(self, descriptor: Any, operation: int) -> None:
        self._point(self.process, "flock")
        if not isinstance(descriptor, int):
            descriptor = descriptor.fileno()
        opened = self._file(descriptor)
        if not self.process.scheduler.locks:
            fail(errno.ENOLCK)
        locks = opened.node.locks
        if operation & fcntl.LOCK_UN:
            locks.pop(opened, None)
            return
        alone = bool(operation & fcntl.LOCK_EX)

        def is_free() -> bool:
            return not any(other is not opened and (alone or held) for other, held in locks.items())

        if not is_free():
            # To change the kind of a lock is to give it up first (flock(2)).
            locks.pop(opened, None)
            if operation & fcntl.LOCK_NB:
                fail(errno.EAGAIN)
            self.process.waits_for = is_free
            while not is_free():
                self.process.scheduler.wait(self.process)
            self.process.waits_for = None
        locks[opened] = alone

    # -- paths ---------------------------------------------------------------------------------------

    def stat(self, path: Path | int, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result:
        self._point(self.process, "stat")
        return facts(self._place(path, follow_symlinks, dir_fd))

    def lstat(self, path: Path, *, dir_fd: int | None = None) -> os.stat_result:
        self._point(self.process, "lstat")
        found = facts(self._place(path, False, dir_fd))
        self.process.looks[self._whole(path, dir_fd)] = found
        return found

    def fstat(self, descriptor: int) -> os.stat_result:
        self._point(self.process, "fstat")
        return facts(self._file(descriptor).node)

    def access(
        self,
        path: Path,
        mode: int,
        *,
        dir_fd: int | None = None,
        effective_ids: bool = False,
        follow_symlinks: bool = True,
    ) -> bool:
        self._point(self.process, "access")
        try:
            node = self._place(path, follow_symlinks, dir_fd)
        except OSError:
            return False
        return not mode or self.disk.allows(node, mode, self.process.user)

    def mkdir(self, path: Path, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        self._point(self.process, "mkdir")
        self.disk.mkdir(path, mode & ~self.process.umask, self.process.user, self._start(dir_fd))
        self._changed(self.process, "mkdir", self._whole(path, dir_fd))

    def makedirs(self, path: Path, mode: int = 0o777, exist_ok: bool = False) -> None:
        parent = posixpath.dirname(path)
        if parent and not self.exists(parent):
            self.makedirs(parent, exist_ok=True)
        try:
            self.mkdir(path, mode)
        except OSError:
            if not exist_ok or not self.isdir(path):
                raise

    def rmdir(self, path: Path, *, dir_fd: int | None = None) -> None:
        self._point(self.process, "rmdir")
        self.disk.rmdir(path, self.process.user, self._start(dir_fd))
        self._changed(self.process, "rmdir", self._whole(path, dir_fd))

    def unlink(self, path: Path, *, dir_fd: int | None = None) -> None:
        self._point(self.process, "unlink")
        self.disk.unlink(path, self.process.user, self._start(dir_fd))
        self._changed(self.process, "unlink", self._whole(path, dir_fd))

    remove = unlink

    def rename(
        self, source: Path, path: Path, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None
    ) -> None:
        self._point(self.process, "rename")
        user = self.process.user
        self.disk.rename(source, path, user, self._start(src_dir_fd), self._start(dst_dir_fd))
        whole = (self._whole(source, src_dir_fd), self._whole(path, dst_dir_fd))
        self._changed(self.process, "rename", *whole)

    replace = rename

    def link(
        self,
        source: Path,
        path: Path,
        *,
        src_dir_fd: int | None = None,
        dst_dir_fd: int | None = None,
        follow_symlinks: bool = True,
    ) -> None:
        self._point(self.process, "link")
        user = self.process.user
        self.disk.link(source, path, user, self._start(src_dir_fd), self._start(dst_dir_fd))
        self._changed(self.process, "link", self._whole(path, dst_dir_fd))

    def symlink(
        self, target: Path, path: Path, target_is_directory: bool = False, *, dir_fd: int | None = None
    ) -> None:
        self._point(self.process, "symlink")
        self.disk.symlink(target, path, self.process.user, self._start(dir_fd))
        self._changed(self.process, "link", self._whole(path, dir_fd))

    def readlink(self, path: Path, *, dir_fd: int | None = None) -> Path:
        self._point(self.process, "readlink")
        target = self.disk.readlink(path, self.process.user, self._start(dir_fd))
        return os.fsencode(target) if isinstance(path, bytes) else target

    def _listed(self, path: Path | int) -> Directory:
        if isinstance(path, int):
            start = self._start(path)
            assert start is not None
            return start
        return self.disk.directory(path, self.process.user, self.process.directory)

    def listdir(self, path: Path | int = ".") -> list[Any]:
        self._point(self.process, "listdir")
        names = list(self._listed(path).entries)
        return [os.fsencode(name) for name in names] if isinstance(path, bytes) else names

    def scandir(self, path: Path | int = ".") -> Listing:
        self._point(self.process, "scandir")
        entries = []
        for text, node in self._listed(path).entries.items():
            name: Path = os.fsencode(text) if isinstance(path, bytes) else text
            whole: Any = name if isinstance(path, int) else posixpath.join(path, name)  # type: ignore[arg-type]
            entries.append(Entry(self, name, whole, node))
        return Listing(entries)

    def walk(
        self,
        top: Path,
        topdown: bool = True,
        onerror: Callable[[OSError], object] | None = None,
        followlinks: bool = False,
    ) -> Iterator[tuple[Any, list[Any], list[Any]]]:
        directories: list[Path] = []
        names: list[Path] = []
        try:
            for entry in self.scandir(top):
                (directories if entry.is_dir() else names).append(entry.name)
        except OSError as failure:
            if onerror is not None:
                onerror(failure)
            return
        if topdown:
            yield top, directories, names
        for name in directories:
            path: Any = posixpath.join(top, name)  # type: ignore[arg-type]
            if followlinks or not self.islink(path):
                yield from self.walk(path, topdown, onerror, followlinks)
        if not topdown:
            yield top, directories, names

    def utime(
        self,
        path: Path | int,
        times: tuple[float, float] | None = None,
        *,
        ns: tuple[int, int] | None = None,
        dir_fd: int | None = None,
        follow_symlinks: bool = True,
    ) -> None:
        self._point(self.process, "utime")
        node = self._place(path, follow_symlinks, dir_fd)
        user = self.process.user
        if user and node.owner != user and (times or ns or not self.disk.allows(node, 2, user)):
            fail(errno.EPERM, path)
        if ns is not None:
            times = (ns[0] / 1e9, ns[1] / 1e9)
        self.disk.set_times(node, None if times is None else times[1])
        if not isinstance(path, int):
            self._changed(self.process, "utime", self._whole(path, dir_fd))

    def chmod(
        self, path: Path | int, mode: int, *, dir_fd: int | None = None, follow_symlinks: bool = True
    ) -> None:
        self._point(self.process, "chmod")
        node = self._place(path, follow_symlinks, dir_fd)
        if self.process.user not in (0, node.owner):
            fail(errno.EPERM, path)
        self.disk.set_mode(node, mode)

    def fchmod(self, descriptor: int, mode: int) -> None:
        self.chmod(descriptor, mode)

    def statvfs(self, path: Path | int) -> Any:
        self._point(self.process, "statvfs")
        self._place(path)
        return SimpleNamespace(f_bsize=4096, f_frsize=4096, f_bavail=0, f_files=9, f_favail=9, f_flag=0)

    # -- os.path -------------------------------------------------------------------------------------

    def exists(self, path: Path | int) -> bool:
        return self._mode(path, True) is not None

    def lexists(self, path: Path) -> bool:
        return self._mode(path, False) is not None

    def isdir(self, path: Path | int) -> bool:
        return stat.S_ISDIR(self._mode(path, True) or 0)

    def isfile(self, path: Path | int) -> bool:
        return stat.S_ISREG(self._mode(path, True) or 0)

    def islink(self, path: Path) -> bool:
        return stat.S_ISLNK(self._mode(path, False) or 0)

    def ismount(self, path: Path) -> bool:
        return self.stat(path).st_dev != self.stat(posixpath.join(path, _like(path, ".."))).st_dev

    def _mode(self, path: Path | int, follow: bool) -> int | None:
        try:
            self._point(self.process, "stat" if follow else "lstat")
            node = self._place(path, follow)
        except (OSError, ValueError):
            return None
        return node.kind | node.mode

    def getsize(self, path: Path | int) -> int:
        return self.stat(path).st_size

    def getmtime(self, path: Path | int) -> float:
        return self.stat(path).st_mtime

    def samefile(self, one: Path, other: Path) -> bool:
        first, second = self.stat(one), self.stat(other)
        return (first.st_ino, first.st_dev) == (second.st_ino, second.st_dev)

    def abspath(self, path: Any) -> Any:
        return posixpath.normpath(posixpath.join(_like(path, "/"), path))

    def relpath(self, path: Any, start: Any = None) -> Any:
        return posixpath.relpath(self.abspath(path), self.abspath(_like(path, "/") if start is None else start))

    def expanduser(self, path: Any) -> Any:
        text = os.fsdecode(path)
        home = self.process.environ.get("HOME")
        if home and (text == "~" or text.startswith("~/")):
            return _like(path, home.rstrip("/") + text[1:])
        return path

    def realpath(self, path: Any, *, strict: bool = False) -> Any:
        self._point(self.process, "lstat")
        text, done = os.fsdecode(self.abspath(path)), "/"
        waiting = [part for part in reversed(text.split("/")) if part]
        for _ in range(1000):
            if not waiting:
                break
            part = waiting.pop()
            here = posixpath.normpath(posixpath.join(done, part))
            try:
                target = self.disk.readlink(here, self.process.user)
            except OSError:
                done = here
                continue
            waiting.extend([piece for piece in reversed(target.split("/")) if piece])
            done = "/" if target[0] == "/" else done
        return _like(path, done)

    # -- the process ---------------------------------------------------------------------------------

    def getpid(self) -> int:
        return self.process.pid

    def getppid(self) -> int:
        return 1

    def geteuid(self) -> int:
        return self.process.user

    getuid = getegid = getgid = geteuid

    def umask(self, mask: int) -> int:
        before, self.process.umask = self.process.umask, mask & 0o777
        return before

    def uname(self) -> os.uname_result:
        return os.uname_result(("Linux", "machine", "6.1.0", "#1 SMP", "x86_64"))

    def confstr(self, name: str) -> str:
        return "glibc 2.36"

    def getcwd(self) -> str:
        return "/"

    def getcwdb(self) -> bytes:
        return b"/"

    def cpu_count(self) -> int:
        return 1

    def sched_getaffinity(self, process: int) -> set[int]:
        return {0}

    def fork(self) -> NoReturn:
        raise AssertionError("nothing here is large enough for a pool of processes")

    def execv(self, path: Path, words: list[str]) -> NoReturn:
        self._point(self.process, "execv")
        self._place(path)
        raise Exited(0, f"execv {words}")

    def _exit(self, code: int) -> NoReturn:
        raise Exited(code, "_exit")

    def kill(self, process: int, signal: int) -> NoReturn:
        raise Exited(-signal, f"signal {signal}")

    # -- fcntl, time, builtins, shutil, tempfile -------------------------------------------------------

    def time(self) -> float:
        if self.process.dead:
            raise Killed
        self.disk.now += 1e-6
        return self.disk.now

    def time_ns(self) -> int:
        return int(self.time() * 1e9)

    def sleep(self, seconds: float) -> None:
        self._point(self.process, "sleep")
        self.process.scheduler.sleep(self.process, seconds)

    def builtin_open(
        self,
        file: Path | int,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Callable[[Path, int], int] | None = None,
    ) -> Any:
        plain = mode.replace("b", "").replace("t", "")
        descriptor = file if isinstance(file, int) else self._opened(file, plain, opener)
        if isinstance(self._file(descriptor).node, Directory):
            self.close(descriptor)
            fail(errno.EISDIR, file)
        raw = RawFile(self, descriptor, mode, file, closefd)
        if "a" in plain:
            raw.seek(0, 2)
        if buffering == 0:
            return raw
        binary: Any
        if "+" in plain:
            binary = io.BufferedRandom(raw)
        else:
            binary = io.BufferedReader(raw) if plain == "r" else io.BufferedWriter(raw)
        return binary if "b" in mode else io.TextIOWrapper(binary, encoding or "utf-8", errors, newline)

    def _opened(self, file: Path, plain: str, opener: Callable[[Path, int], int] | None) -> int:
        making = {"r": 0, "w": os.O_CREAT | os.O_TRUNC, "a": os.O_CREAT | os.O_APPEND, "x": os.O_CREAT | os.O_EXCL}
        access = os.O_RDWR if "+" in plain else os.O_RDONLY if plain == "r" else os.O_WRONLY
        flags = access | making[plain[0]] | os.O_CLOEXEC
        return opener(file, flags) if opener else self.open(file, flags, 0o666)

    def rmtree(
        self,
        path: Path,
        ignore_errors: bool = False,
        onerror: Callable[..., object] | None = None,
        *,
        onexc: Callable[..., object] | None = None,
        dir_fd: int | None = None,
    ) -> None:
        """As shutil.rmtree: what goes meanwhile does not stop it where errors are ignored."""
        try:
            if self.islink(path):
                raise OSError("Cannot call rmtree on a symbolic link")
            entries = list(self.scandir(path))
        except OSError:
            if not ignore_errors:
                raise
            return
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    self.rmtree(entry.path, ignore_errors)
                else:
                    self.unlink(entry.path)
            except OSError:
                if not ignore_errors:
                    raise
        try:
            self.rmdir(path)
        except OSError:
            if not ignore_errors:
                raise

    def mkdtemp(self, suffix: str = "", prefix: str = "tmp", dir: str = "/tmp") -> str:  # noqa: A002
        path = f"{dir}/{prefix}{self.process.pid}{int(self.time() * 1e6)}{suffix}"
        self.mkdir(path, 0o700)
        return path


def _like(path: Path, text: str) -> Any:
    return os.fsencode(text) if isinstance(path, bytes) else text


# -- modules -------------------------------------------------------------------------------------------


def modules_for(process: Process) -> dict[str, ModuleType]:
    """The modules through which the process reaches the system, by name."""
    system = System(process)
    if process.scheduler.trace is not None:
        for name in (*_PLAIN_CALLS, *_LOOKS, "flock", "sleep"):
            setattr(system, name, _traced(process, name, getattr(system, name)))
    path = _module("posixpath", {name: getattr(posixpath, name) for name in _PURE_PATH})
    for name in (*_LOOKS, "ismount", "getsize", "getmtime", "samefile"):
        setattr(path, name, getattr(system, name))
    for name in ("abspath", "relpath", "expanduser", "realpath"):
        setattr(path, name, getattr(system, name))
    calls: dict[str, Any] = {name: getattr(system, name) for name in _PLAIN_CALLS}
    pure = {name: getattr(os, name) for name in _PURE_OS if hasattr(os, name)}
    posix = _module("os", {**pure, **calls, "path": path, "environ": process.environ})
    posix.__file__ = LIBRARY + "/os.py"
    every = {calls["open"], calls["stat"], calls["unlink"], calls["rmdir"], calls["rename"], calls["mkdir"]}
    posix.supports_dir_fd = every | {calls["link"], calls["symlink"], calls["readlink"]}  # type: ignore[attr-defined]
    posix.supports_fd = {calls["scandir"], calls["listdir"], calls["stat"], calls["utime"]}  # type: ignore[attr-defined]
    posix.supports_follow_symlinks = {calls["stat"], calls["link"], calls["utime"]}  # type: ignore[attr-defined]
    locks = {name: getattr(fcntl, name) for name in dir(fcntl) if name.isupper()}
    clock = {"time": system.time, "time_ns": system.time_ns, "sleep": system.sleep}
    clock |= {"monotonic": system.time, "perf_counter": system.time}
    signals = {"SIGINT": 2, "SIGTERM": 15, "SIG_DFL": 0, "SIG_IGN": 1, "signal": lambda number, action: None}
    return {
        "os": posix,
        "posixpath": path,
        "os.path": path,
        "fcntl": _module("fcntl", {**locks, "flock": system.flock}),
        "time": _module("time", clock),
        "shutil": _module("shutil", {"rmtree": system.rmtree}),
        "tempfile": _module("tempfile", {"mkdtemp": system.mkdtemp}),
        "_signal": _module("_signal", signals),
        "signal": _module("signal", signals),
        "sys": _system_module(process),
        "builtins": _module("builtins", {**vars(builtins), "open": system.builtin_open}),
    }


def _module(name: str, members: dict[str, Any]) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(members)
    return made


class _Words(io.TextIOBase):
    """A process's stderr or stdout, which nobody sees on a terminal."""

    encoding = "utf-8"

    def __init__(self, output: list[str]) -> None:
        self._output = output

    def write(self, text: str) -> int:
        self._output.append(text)
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


def _system_module(process: Process) -> ModuleType:
    kept: tuple[str, ...] = (
        "version_info",
        "version",
        "implementation",
        "maxsize",
        "byteorder",
        "flags",
        "platform",
        "exit",
    )
    kept += ("exc_info", "intern", "getfilesystemencoding", "hexversion", "getsizeof", "_getframe", "warnoptions")
    members = {name: getattr(sys, name) for name in kept}
    members |= {
        "abiflags": "",
        "argv": process.argv,
        "base_prefix": BASE,
        "base_exec_prefix": BASE,
        "prefix": BASE,
        "exec_prefix": BASE,
        "executable": PYTHON,
        "_base_executable": PYTHON,
        "orig_argv": [PYTHON, *process.argv],
        "path": ["/app/app.pex", LIBRARY.replace(".", "") + ".zip", LIBRARY, LIBRARY + "/lib-dynload"],
        "meta_path": [],
        "path_hooks": [],
        "_xoptions": {},
        "modules": process.modules,
        "excepthook": lambda *failure: None,
        "stdout": _Words(process.output),
        "stderr": _Words(process.output),
    }
    return _module("sys", members)


def _traced(process: Process, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """The call, which leaves a line in the trace."""

    def traced(*arguments: Any, **more: Any) -> Any:
        shown = ", ".join([*map(_shown, arguments), *(f"{key}={_shown(value)}" for key, value in more.items())])
        trace = process.scheduler.trace
        assert trace is not None
        place = len(trace)
        trace.append(f"{process.name:>8} {name}({shown})")
        try:
            result = call(*arguments, **more)
        except OSError as failure:
            trace[place] += f" = {errno.errorcode.get(failure.errno or 0, failure)}"
            raise
        if result is not None:
            trace[place] += f" = {_shown(result)}"
        return result

    return traced


def _shown(value: object) -> str:
    if isinstance(value, os.stat_result):
        return f"<{stat.filemode(value.st_mode)} {value.st_size} bytes, inode {value.st_ino}>"
    if isinstance(value, memoryview):
        value = bytes(value)
    plain = isinstance(value, str | bytes | int | float | tuple | list | set | None)
    text = repr(value) if plain else f"<{type(value).__name__}>"
    return text if len(text) < 160 else text[:70] + "…" + text[-70:]

"""The simulated disk does what the real one does: any calls, the same results and errors."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.programs.simulation.disk import Disk, File
from tests.programs.simulation.process import Process
from tests.programs.simulation.scheduler import Faults, Scheduler
from tests.programs.simulation.system import System, modules_for

_NAMES = ("a", "b", "a/a", "a/b", "b/a", "a/b/a", ".", "a/..", "a/../b", "a/", "b/.")
_TARGETS = ("a", "b", "../a", "a/b", "nowhere", ".", "a/")
_FLAGS = (
    *(os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_CREAT, os.O_RDONLY | os.O_DIRECTORY),
    *(os.O_WRONLY | os.O_CREAT | os.O_EXCL, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, os.O_RDONLY | os.O_NOFOLLOW),
    *(os.O_RDWR | os.O_TRUNC, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY, os.O_WRONLY | os.O_APPEND),
    os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW,
)
_paths, _files = st.sampled_from(_NAMES), st.integers(0, 2)
_modes = st.sampled_from((0o755, 0o700, 0o644, 0o777))
Call = tuple[Any, ...]
calls: st.SearchStrategy[Call] = st.one_of(
    st.tuples(st.just("mkdir"), _paths, _modes),
    st.tuples(st.just("rmdir"), _paths),
    st.tuples(st.just("unlink"), _paths),
    st.tuples(st.just("rename"), _paths, _paths),
    st.tuples(st.just("link"), _paths, _paths),
    st.tuples(st.just("symlink"), st.sampled_from(_TARGETS), _paths),
    st.tuples(st.just("open"), _paths, st.sampled_from(_FLAGS), _modes),
    st.tuples(st.just("chmod"), _paths, _modes),
    st.tuples(st.just("truncate"), _paths, st.integers(0, 5)),
    st.tuples(st.just("write"), _files, st.binary(max_size=4)),
    st.tuples(st.just("read"), _files, st.integers(0, 5)),
    st.tuples(st.just("lseek"), _files, st.integers(-2, 6), st.integers(0, 2)),
    st.tuples(st.just("pread"), _files, st.integers(0, 5), st.integers(0, 5)),
    st.tuples(st.just("close"), _files),
    st.tuples(st.just("in"), _files, st.sampled_from(("mkdir", "rmdir", "unlink", "readlink")), _paths),
)


class Player:
    """Does calls on a system, the real or the simulated one, and tells what came of each."""

    def __init__(self, system: Any, place: str) -> None:
        self.system = system
        self.place = place
        self.files: list[int] = []

    def done(self, call: Call) -> object:
        """The result of the call, or the name of its error."""
        try:
            return self._do(*call)
        except OSError as failure:
            return errno.errorcode[failure.errno or 0]

    def _do(self, name: str, *arguments: Any) -> object:
        system = self.system
        if name == "in":
            number, call, path = arguments
            return getattr(system, call)(path, dir_fd=self._file(number))
        if name in ("read", "pread", "write", "lseek", "close"):
            return self._with_file(name, *arguments)
        if name == "open":
            self.files.append(system.open(self._path(arguments[0]), *arguments[1:]))
            return "opened"
        if name in ("rename", "link"):
            return getattr(system, name)(*map(self._path, arguments))
        if name == "symlink":
            return system.symlink(arguments[0], self._path(arguments[1]))
        return getattr(system, name)(self._path(arguments[0]), *arguments[1:])

    def _with_file(self, name: str, number: int, *arguments: Any) -> object:
        descriptor = self._file(number)
        if name == "close":
            self.files.remove(descriptor)
        if name == "lseek" and stat.S_ISDIR(self.system.fstat(descriptor).st_mode):
            return None  # each file system has places of its own in a directory
        return getattr(self.system, name)(descriptor, *arguments)

    def _path(self, path: str) -> str:
        return f"{self.place}/{path}"

    def _file(self, number: int) -> int:
        if number >= len(self.files):
            raise OSError(errno.EBADF, "never opened")
        return self.files[number]

    def tree(self) -> list[object]:
        """All that can be seen of what there is: names, kinds, rights, links, sizes, targets, contents."""
        found: list[object] = [self._seen(self.system.fstat(file)) for file in self.files]
        for directory, directories, names in self.system.walk(self.place):
            directories.sort()
            for name in sorted(directories + names):
                path = f"{directory}/{name}"
                found.append((path, self._facts(path)))
                found.append(self.done(("access", path.removeprefix(self.place), os.R_OK | os.X_OK)))
        return found

    def _facts(self, path: str) -> object:
        """Kind, rights, links and size of `path`; or the error of a directory that may not be searched."""
        try:
            facts = self.system.lstat(path)
            target = self.system.readlink(path) if stat.S_ISLNK(facts.st_mode) else ""
        except OSError as failure:
            return errno.errorcode[failure.errno or 0]
        return (target, *self._seen(facts))

    def _seen(self, facts: os.stat_result) -> tuple[int, ...]:
        size = 0 if stat.S_ISDIR(facts.st_mode) else facts.st_size
        # Not every file system counts the directories in a directory.
        links = bool(facts.st_nlink) if stat.S_ISDIR(facts.st_mode) else facts.st_nlink
        return facts.st_mode, links, size

    def close(self) -> None:
        for file in self.files:
            self.system.close(file)


def simulated(user: int = 0, name: str = "one", disk: Disk | None = None) -> System:
    scheduler = Scheduler("", disk or Disk(), Faults(kinds=(), chance=0.0), 1)
    return System(Process(name, 100, scheduler, lambda process: None, {}, user))


@contextmanager
def both() -> Iterator[tuple[Player, Player]]:
    before = os.umask(0o022)
    with tempfile.TemporaryDirectory() as top:
        place = f"{top}/x/y/z"
        Path(place).mkdir(parents=True)
        system = simulated(os.geteuid())
        system.disk.put(place, owner=os.geteuid())
        here, there = Player(os, place), Player(system, place)
        try:
            yield here, there
        finally:
            here.close()
            os.umask(before)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(calls, max_size=25))
@example([("mkdir", "a", 0o755), ("symlink", "a", "b"), ("rename", "b", "a")])
@example([("mkdir", "a", 0o755), ("open", "a", os.O_RDONLY, 0), ("rmdir", "a"), ("in", 0, "mkdir", "b")])
@example([("symlink", "b", "a"), ("symlink", "a", "b"), ("open", "a", os.O_RDONLY, 0)])
@example([("symlink", "a/", "a"), ("open", "a", os.O_WRONLY | os.O_CREAT, 0o755)])
@example([("mkdir", "a", 0o755), ("chmod", ".", 0o644)])
def test_any_calls_do_what_they_do_on_the_real_disk(sequence: list[Call]) -> None:
    with both() as (here, there):
        for number, call in enumerate(sequence):
            assert there.done(call) == here.done(call), sequence[: number + 1]
            assert there.tree() == here.tree(), sequence[: number + 1]


def test_another_device_is_reached_by_no_rename_and_no_link() -> None:
    system = simulated()
    system.disk.put("/here/file", b"x")
    system.disk.put("/there")
    system.disk.mount("/there")
    for call in (system.rename, system.link):
        with pytest.raises(OSError, match="cross-device") as failure:
            call("/here/file", "/there/file")
        assert failure.value.errno == errno.EXDEV


@pytest.mark.parametrize(
    ("call", "errors"),
    [
        (lambda system: system.open("/theirs/closed", os.O_RDONLY), errno.EACCES),
        (lambda system: system.open("/theirs/open", os.O_WRONLY), errno.EACCES),
        (lambda system: system.mkdir("/theirs/new"), errno.EACCES),
        (lambda system: system.unlink("/theirs/open"), errno.EACCES),
        (lambda system: system.chmod("/theirs/open", 0o777), errno.EPERM),
        (lambda system: system.open("/shut/file", os.O_RDONLY), errno.EACCES),
    ],
)
def test_what_is_another_users_is_kept_from_this_one(call: Callable[[System], object], errors: int) -> None:
    system = simulated(user=1000)
    system.disk.put("/theirs/closed", b"", 0o600, owner=7)
    system.disk.put("/theirs/open", b"", 0o644, owner=7)
    system.disk.put("/shut", mode=0o700, owner=7)
    system.disk.put("/shut/file", b"", 0o644, owner=7)
    with pytest.raises(OSError, match="ermi") as failure:
        call(system)
    assert failure.value.errno == errors


def test_a_lock_goes_with_the_last_descriptor_of_its_open_file() -> None:
    disk = Disk()
    disk.put("/lock", b"")
    one, two = simulated(name="one", disk=disk), simulated(name="two", disk=disk)
    handle, other = one.open("/lock", os.O_RDONLY), two.open("/lock", os.O_RDONLY)
    copy = one.dup(handle)
    locks = modules_for(one.process)["fcntl"]
    one.flock(handle, locks.LOCK_EX)
    one.close(handle)
    with pytest.raises(BlockingIOError):
        two.flock(other, locks.LOCK_SH | locks.LOCK_NB)
    one.close(copy)
    two.flock(other, locks.LOCK_SH | locks.LOCK_NB)


def test_two_locks_of_one_process_exclude_each_other_and_shared_ones_do_not() -> None:
    system = simulated()
    system.disk.put("/lock", b"")
    handles = [system.open("/lock", os.O_RDONLY) for _ in range(3)]
    locks = modules_for(system.process)["fcntl"]
    for handle in handles[:2]:
        system.flock(handle, locks.LOCK_SH | locks.LOCK_NB)
    with pytest.raises(BlockingIOError):
        system.flock(handles[2], locks.LOCK_EX | locks.LOCK_NB)


def test_a_power_cut_empties_what_was_written_last_and_was_not_synced() -> None:
    system = simulated()
    for number, name in enumerate(("early", "late", "synced"), 1):
        system.disk.calls = number * 10
        handle = system.open(f"/{name}", os.O_WRONLY | os.O_CREAT)
        system.process.scheduler.calls = number * 10
        system.write(handle, b"content")
        if name == "synced":
            system.fsync(handle)
    system.disk.after_power_cut(15, lambda: True)
    left = {path: bytes(node.content) for path, node in system.disk.tree() if isinstance(node, File)}
    assert left == {"/early": b"content", "/late": b"", "/synced": b"content"}


def test_a_copy_of_a_disk_has_its_hard_links_and_is_another_disk() -> None:
    disk = Disk()
    disk.put("/a", b"x")
    disk.link("/a", "/b")
    other = disk.copy()
    assert other.node("/a") is other.node("/b") is not disk.node("/a")
    other.unlink("/a")
    assert disk.stat("/a").st_nlink == 2
    assert other.stat("/b").st_nlink == 1

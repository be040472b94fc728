"""Members of a zip written to disk, by several processes."""

import errno
import os
import zlib

from .. import system
from ..file import zip as archive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .split import Piece

    Job = tuple[archive.Member, bytes]  # a member and the path that it is written to
    AnyJob = tuple["archive.Member | Piece", bytes]

_BIG = 32 << 20  # a member above this many bytes is inflated piece by piece, so that memory stays flat
# Large members are jobs of their own, small ones share one; together no more than `pool` takes.
_LARGE, _MOST_LARGE = 1 << 20, 400
_PORTION, _MOST_BATCHES = 16, 999
# Fewer batches, with less in them than one large member has, are written sooner than another process begins.
_FEWEST = 4
_COPIED = 1 << 16  # bytes of a member that are worth asking the kernel to copy it


def members(
    descriptor: int,
    jobs: "list[Job]",
    watch: "Callable[[int], object]",
    meanwhile: "Callable[[], object] | None" = None,
    index: "Callable[[], bytes] | None" = None,
) -> None:
    """Write every (member, path) of `jobs` to disk, in several processes.

    The directories must exist. One of the processes also does `meanwhile`. Calls `watch(bytes)` now and then with
    what has begun since the last call. Raises the first error after all processes have stopped. `index` gives that
    of large members' pieces, of which several processes then write one file; no file may exist before.
    """
    if not index or not any([member.size > _BIG and not member.stored for member, _ in jobs]):
        return _write_shared(descriptor, jobs, watch, meanwhile)
    from . import split

    pieces = split.shared_out(jobs, index)
    _write_shared(descriptor, pieces, watch, meanwhile)
    split.finish(pieces)


def _write_shared(
    descriptor: int,
    jobs: "Sequence[AnyJob]",
    watch: "Callable[[int], object]",
    meanwhile: "Callable[[], object] | None",
) -> None:
    batches, sizes = _batches(jobs)
    if len(batches) < 2 or len(batches) < _FEWEST and sum(sizes) < _LARGE:
        _write_members(descriptor, jobs)
        if meanwhile:
            meanwhile()
        return
    from . import pool

    if meanwhile:  # first, as an empty portion
        batches.insert(0, [])
        sizes.insert(0, 0)
    begun = [0]

    def told(number: int) -> None:
        watch(sum(sizes[begun[0] : number]))
        begun[0] = number

    def done(batch: "list[AnyJob]") -> None:
        if batch:
            _write_members(descriptor, batch)
        elif meanwhile:
            meanwhile()

    pool.run(batches, done, told)


def _batches(jobs: "Sequence[AnyJob]") -> "tuple[list[list[AnyJob]], list[int]]":
    """`jobs` in batches worth sharing, and the bytes of each batch.

    The largest members come first, each alone, so that no process is left with a large one at the end. Files of
    one directory stay together, and those of one frame, which each process would have to unpack.
    """
    large = [job for job in jobs if job[0].size > _LARGE]
    large.sort(key=lambda job: job[0].compressed, reverse=True)
    small = [job for job in jobs if job[0].size <= _LARGE]
    batches = [[job] for job in large[:_MOST_LARGE]]
    rest = large[_MOST_LARGE:] + small
    count = max(_PORTION, -(-len(rest) // (_MOST_BATCHES - len(batches))))
    place = 0
    while place < len(rest):
        end = _whole_frames(rest, place + count)
        batches.append(rest[place:end])
        place = end
    return batches, [sum([member.size for member, _ in batch]) for batch in batches]


def portions(items: "list[Any]", weight: "Callable[[Any], int]", worth: int) -> "list[list[Any]]":
    """`items` in portions, in their order, that weigh what is `worth` another process, or a bit more.

    They are no more than `pool` takes.
    """
    worth = max(worth, -(-sum(map(weight, items)) // _MOST_BATCHES))
    found: list[list[Any]] = []
    room = 0
    for item in items:
        if room <= 0:
            found.append([])
            room = worth
        found[-1].append(item)
        room -= weight(item)
    return found


def _whole_frames(jobs: "Sequence[AnyJob]", end: int) -> int:
    """`end`, or the first number behind it at which another frame begins."""
    while end < len(jobs) and _frame(jobs[end]) == _frame(jobs[end - 1]) is not None:
        end += 1
    return end


def _frame(job: "AnyJob") -> "tuple[object, int] | None":
    member = job[0]
    if not isinstance(member, archive.Member) or not member.frames:
        return None
    return member.frames, member.frames.number_at(member.offset)


def _write_members(descriptor: int, jobs: "Sequence[AnyJob]") -> None:
    for member, path in jobs:
        if isinstance(member, archive.Member):
            member_to(descriptor, member, path)
        else:
            member.write(descriptor, path)


def is_copied(member: "archive.Member") -> bool:
    """Whether the kernel is asked to copy the member."""
    return member.stored and not member.frames and member.compressed >= _COPIED


def member_to(descriptor: int, member: "archive.Member", path: bytes) -> str:
    """Write one member to `path`, checking it on the way; return how, for one that `is_copied`.

    Raises Damaged, OSError.
    """
    executable = member.mode & 0o111
    handle = system.open_file(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o755 if executable else 0o644)
    try:
        if is_copied(member):
            return _copy(descriptor, member, handle)
        if member.size > _BIG or member.compressed > _BIG:
            _write_pieces(descriptor, member, handle)
        else:
            _write(handle, archive.read_member(descriptor, member))
        return ""
    finally:
        os.close(handle)


def _copy(descriptor: int, member: "archive.Member", handle: int) -> str:
    """Have the kernel copy the member, else read and write it; return how."""
    from . import clone

    start = member.offset + archive.data_start(archive.read(descriptor, member.offset, 30))
    try:
        how = clone.copied(descriptor, start, member.compressed, handle)
    except OSError as failure:
        # From the beginning, over what may have been copied.
        _write_pieces(descriptor, member, handle)
        return "read and written (%s)" % failure.strerror
    size, crc = 0, 0
    for content in archive.pieces(descriptor, member):
        crc = zlib.crc32(content, crc)
        size += len(content)
    archive.check(crc, size, member)
    return how


def _write(handle: int, content: "bytes | memoryview") -> None:
    written = os.write(handle, content)
    while written < len(content):
        content = memoryview(content)[written:]
        written = os.write(handle, content)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _write_pieces(descriptor: int, member: "archive.Member", handle: int) -> None:
    size, crc = 0, 0
    try:
        for content in archive.pieces(descriptor, member):
            crc = zlib.crc32(content, crc)
            size += len(content)
            if size > member.size:
                break
            _write(handle, content)
    except zlib.error:
        raise archive.Damaged("%s has changed" % member.name)
    archive.check(crc, size, member)

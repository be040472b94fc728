"""Work done by as many processes as help: this one, and forks of it that live as long as the work.

Not by threads: to write small files is more Python's own work than zlib's, and in that threads take turns.
"""

import os
import struct
from _thread import _count as threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

MOST_JOBS = 1000  # their numbers fit into any pipe at once
_MOST_PROCESSES = 8
_NUMBER = struct.Struct("=H")
_NO_MORE = _NUMBER.pack(MOST_JOBS)


def run(jobs: "Sequence[Any]", work: "Callable[[Any], object]", watch: "Callable[[int], object]") -> None:
    """Do `work(job)` for each of `jobs`, MOST_JOBS at most, in one process or another.

    `watch(number)` is called from time to time with how many have been begun. What another process fails at, or
    dies over, is done once more here. Raises this one's first failure after every process has ended.
    """
    numbers, all_numbers = os.pipe()
    os.write(all_numbers, b"".join([_NUMBER.pack(number) for number in range(len(jobs))]))
    os.close(all_numbers)
    helpers: list[_Helper] = []
    failed: list[BaseException] = []

    def begun(number: int) -> None:
        watch(number + 1)

    try:
        # The fork of a process with threads may find a lock of theirs held for ever.
        for _ in range(0 if threads() else min(_processors(), len(jobs)) - 1):
            helpers.append(_Helper())
            if not helpers[-1].begin(jobs, work, numbers):
                break
        _work(jobs, work, numbers, begun)
    except BaseException as failure:
        failed.append(failure)
    # Ctrl-C at whatever point: what the others write meanwhile is waited for, so that it can be removed.
    while helpers:
        try:
            while failed and os.read(numbers, _NUMBER.size * MOST_JOBS):
                pass  # no process finds any more work
            left = helpers[-1].end()
            helpers.pop()
            for number in left if not failed else ():
                work(jobs[number])
        except BaseException as failure:
            failed.append(failure)
    os.close(numbers)
    if failed:
        raise failed[0]


def _processors() -> int:
    try:
        return min(_MOST_PROCESSES, len(os.sched_getaffinity(0)))
    except AttributeError:
        return min(_MOST_PROCESSES, os.cpu_count() or 1)


def _work(
    jobs: "Sequence[Any]", work: "Callable[[Any], object]", numbers: int, begun: "Callable[[int], object]"
) -> None:
    """Do each job that no other process has taken: a read takes one number out of the pipe that all share."""
    while True:
        taken = os.read(numbers, _NUMBER.size)
        if not taken:
            return
        (number,) = _NUMBER.unpack(taken)
        begun(number)
        work(jobs[number])


class _Helper:
    """Another process at the same work, which says in a pipe what it begins, and that it is done."""

    def __init__(self) -> None:
        self.process = 0
        self.pipe: list[int] = []
        self.said = b""

    def begin(self, jobs: "Sequence[Any]", work: "Callable[[Any], object]", numbers: int) -> bool:
        """Whether it has begun: not where this system allows no more processes."""
        parent = os.getpid()
        self.pipe.extend(os.pipe())

        def begun(number: int) -> None:
            if os.getppid() != parent:
                os._exit(0)  # nobody waits for this any more
            os.write(self.pipe[1], _NUMBER.pack(number))

        try:
            self.process = os.fork()
            if not self.process:
                _work(jobs, work, numbers, begun)
                os.write(self.pipe[1], _NO_MORE)
        except OSError:
            return False
        finally:
            if os.getpid() != parent:
                os._exit(0)  # whatever happened: this one does nothing that the first process is about to do
        return True

    def end(self) -> "tuple[int, ...]":
        """The job, in a list of one or none, that it had begun and not done when it ended."""
        while len(self.pipe) > 1:
            os.close(self.pipe.pop())
        while self.pipe:
            more = os.read(self.pipe[0], 65536)
            self.said += more
            if not more:
                os.close(self.pipe.pop())
        try:
            if self.process:
                os.waitpid(self.process, 0)
        except ChildProcessError:
            pass  # SIGCHLD is ignored here: the system has seen to it
        last = self.said[-_NUMBER.size :]
        return _NUMBER.unpack(last) if last and last != _NO_MORE else ()

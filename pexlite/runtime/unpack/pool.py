"""Work divided among this process and forks of it, which end when it is done.

Not threads: writing small files is mostly Python's own work, for which threads take turns (the GIL).
"""

import os
import struct
from _thread import _count as threads

from ..cache import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

MOST_JOBS = 1000  # two bytes each: their numbers fit into any pipe's buffer
_MOST_PROCESSES = 16
_QUOTA = "/sys/fs/cgroup/cpu.max"
_NUMBER = struct.Struct("=H")
_NO_MORE = _NUMBER.pack(MOST_JOBS)
_PROCESSOR = 36  # of the fields after the name in /proc/<pid>/stat: where the process runs (proc(5))


def run(jobs: "Sequence[Any]", work: "Callable[[Any], object]", watch: "Callable[[int], object]") -> None:
    """Do `work(job)` for each of `jobs`, at most MOST_JOBS, in one of the processes.

    Calls `watch(number)` now and then with how many jobs have begun. This process repeats a job at which another
    one failed or died, and raises its own first failure once all other processes have ended.
    """
    if not hasattr(os, "fork"):
        from .threads import run as run_in_threads

        return run_in_threads(jobs, work, watch)
    numbers, all_numbers = os.pipe()
    os.write(all_numbers, b"".join([_NUMBER.pack(number) for number in range(len(jobs))]))
    os.close(all_numbers)
    helpers: list[_Helper] = []
    failed: list[BaseException] = []

    def begun(number: int) -> None:
        watch(number + 1)

    try:
        # A fork copies only this thread: a lock that another thread holds would stay locked for ever.
        for _ in range(0 if threads() else min(processors(), len(jobs)) - 1):
            helpers.append(_Helper())
            if not helpers[-1].begin(jobs, work, numbers):
                break
        _work(jobs, work, numbers, begun)
    except BaseException as failure:
        failed.append(failure)
    # After Ctrl-C at any point, wait for the other processes, so that what they write can be removed.
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


def processors() -> int:
    """How many processes share the work: as many as processors, of which a container may have a part."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:
        count = os.cpu_count() or 1
    # Of a control group: "150000 100000" are one and a half, "max 100000" all of them.
    words = (files.read(_QUOTA) or b"").split()
    if len(words) == 2 and words[0].isdigit() and int(words[1]):
        count = min(count, -(-int(words[0]) // int(words[1])))
    return max(1, min(_MOST_PROCESSES, count))


def fork() -> int:
    """As os.fork; the child begins on another processor, where there is one.

    Linux may leave it in this one's queue for 4 ms, so that parent and child take turns while another processor
    has nothing to do: a tenth of a small first start.
    """
    places = _places()
    process = os.fork()
    for processors in places:
        try:
            os.sched_setaffinity(process, processors)  # the child does it too, which may be the first to run
        except OSError:
            break  # it has ended
    return process


def _places() -> "list[set[int]]":
    """The processors but the one that runs this process, and all that it may use; [] where that cannot be told."""
    try:
        allowed = os.sched_getaffinity(0)
        fields = (files.read("/proc/self/stat") or b"").rpartition(b")")[2].split()
        others = allowed - {int(fields[_PROCESSOR])}
        return [others, allowed] if others else []
    except (AttributeError, IndexError, OSError, ValueError):
        return []


def _work(
    jobs: "Sequence[Any]", work: "Callable[[Any], object]", numbers: int, begun: "Callable[[int], object]"
) -> None:
    """Do the jobs that no other process takes. A read takes one job's number from the pipe that all share."""
    while True:
        taken = os.read(numbers, _NUMBER.size)
        if not taken:
            return
        (number,) = _NUMBER.unpack(taken)
        begun(number)
        work(jobs[number])


class _Helper:
    """Another process at the same work. It reports in a pipe which job it begins, and when it is done."""

    def __init__(self) -> None:
        self.process = 0
        self.pipe: list[int] = []
        self.said = b""

    def begin(self, jobs: "Sequence[Any]", work: "Callable[[Any], object]", numbers: int) -> bool:
        """Whether the process has been started; False where the system allows no more processes."""
        parent = os.getpid()
        self.pipe.extend(os.pipe())

        def begun(number: int) -> None:
            if os.getppid() != parent:
                os._exit(0)  # the first process is gone
            os.write(self.pipe[1], _NUMBER.pack(number))

        try:
            self.process = fork()
            if not self.process:
                _work(jobs, work, numbers, begun)
                os.write(self.pipe[1], _NO_MORE)
        except OSError:
            return False
        finally:
            if os.getpid() != parent:
                os._exit(0)  # never return into the first process's code
        return True

    def end(self) -> "tuple[int, ...]":
        """The job that the process began and did not finish, as a tuple of one or none, once it has ended."""
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
            pass  # SIGCHLD is ignored in this process: the kernel has reaped the child
        last = self.said[-_NUMBER.size :]
        return _NUMBER.unpack(last) if last and last != _NO_MORE else ()

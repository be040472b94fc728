"""Work shared by processes: all of it is done once or more, whatever becomes of the others."""

from __future__ import annotations

import _thread
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pexlite.runtime.cache import files
from pexlite.runtime.unpack import pool
from tests import processes
from tests.checkout import REPOSITORY

PROCESSORS = pool.processors


@pytest.fixture(autouse=True)
def processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that there are three processors, and no threads of the test run."""
    monkeypatch.setattr(pool, "processors", lambda: 3)
    monkeypatch.setattr(pool, "threads", lambda: 0)


def written(directory: Path) -> dict[str, set[int]]:
    """The processes that did each job."""
    return {
        path.name: {int(line) for line in path.read_text().splitlines()} for path in sorted(directory.iterdir())
    }


def note(path: Path) -> None:
    with path.open("a") as file:
        file.write(f"{os.getpid()}\n")


@pytest.mark.parametrize(
    ("quota", "several"),
    [
        (None, [1, 3, 16]),
        (b"max 100000\n", [1, 3, 16]),
        (b"100000 100000\n", [1, 1, 1]),
        (b"50000 100000\n", [1, 1, 1]),
        (b"150000 100000\n", [1, 2, 2]),
        (b"800000 100000\n", [1, 3, 8]),
        (b"0 0\n", [1, 3, 16]),
        (b"", [1, 3, 16]),
    ],
)
def test_a_container_has_as_many_processes_as_it_may_use(
    quota: bytes | None, several: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "read", lambda path: quota if path == "/sys/fs/cgroup/cpu.max" else None)
    found = []
    for count in (1, 3, 64):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, count=count: set(range(count)))
        found.append(PROCESSORS())
    assert found == several


@pytest.fixture
def none_left() -> Iterator[None]:
    """Check that no process begun meanwhile is left, not even as a zombie."""
    before = processes.children(os.getpid())
    yield
    assert processes.children(os.getpid()) <= before


@pytest.mark.usefixtures("none_left")
def test_every_job_is_done_by_one_of_several_processes(tmp_path: Path) -> None:
    def work(number: int) -> None:
        note(tmp_path / f"{number:03}")
        time.sleep(0.002)

    begun: list[int] = []
    pool.run(range(100), work, begun.append)
    found = written(tmp_path)
    assert len(found) == 100 and all(len(pids) == 1 for pids in found.values())
    assert len(set().union(*found.values())) == 3
    assert begun == sorted(begun) and begun[0] >= 1 and begun[-1] <= 100


@pytest.mark.parametrize("count", [0, 1, 2, pool.MOST_JOBS])
def test_any_number_of_jobs_up_to_the_most(count: int, tmp_path: Path) -> None:
    pool.run(range(count), lambda number: note(tmp_path / f"{number:04}"), lambda number: None)
    assert len(written(tmp_path)) == count


def test_what_another_process_dies_over_is_done_here(tmp_path: Path) -> None:
    parent = os.getpid()

    def work(number: int) -> None:
        note(tmp_path / f"{number:03}")
        time.sleep(0.005)
        if os.getpid() != parent and number % 7 == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    pool.run(range(40), work, lambda number: None)
    found = written(tmp_path)
    assert len(found) == 40
    died = [pids for pids in found.values() if len(pids) > 1]
    assert died and all(parent in pids for pids in died)


@pytest.mark.usefixtures("none_left")
def test_a_failure_is_raised_as_it_is_wherever_it_happened(tmp_path: Path) -> None:
    class OwnError(Exception):
        pass

    failing = OwnError("the tenth")

    def work(number: int) -> None:
        time.sleep(0.002)
        if number == 10:
            raise failing
        note(tmp_path / f"{number:03}")

    with pytest.raises(OwnError) as raised:
        pool.run(range(30), work, lambda number: None)
    assert raised.value is failing


@pytest.mark.usefixtures("none_left")
def test_an_interrupt_is_raised_when_all_have_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parent, read = os.getpid(), os.read
    taken_back = tmp_path / "taken back"

    def reading(descriptor: int, size: int) -> bytes:
        found = read(descriptor, size)
        if os.getpid() == parent and size == 2 * pool.MOST_JOBS:
            taken_back.touch()  # all jobs that nobody has begun
        return found

    def work(number: int) -> None:
        if os.getpid() == parent:
            raise KeyboardInterrupt
        # However slow this process is to take the rest back, nobody begins two jobs.
        end = time.monotonic() + 60
        while not taken_back.exists():
            if time.monotonic() > end:
                os._exit(1)
            time.sleep(0.01)
        note(tmp_path / f"{number:03}")

    monkeypatch.setattr(os, "read", reading)
    with pytest.raises(KeyboardInterrupt):
        pool.run(range(50), work, lambda number: None)
    taken_back.unlink()
    assert len(written(tmp_path)) <= 2  # what they had begun


def test_a_process_with_threads_works_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "threads", _thread._count)
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    try:
        pool.run(range(20), lambda number: note(tmp_path / f"{number:03}"), lambda number: None)
    finally:
        end.set()
        thread.join()
    assert set().union(*written(tmp_path).values()) == {os.getpid()}


def test_where_no_more_processes_are_allowed_one_does_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refuse)
    pool.run(range(20), lambda number: note(tmp_path / f"{number:03}"), lambda number: None)
    assert set().union(*written(tmp_path).values()) == {os.getpid()}


def test_sigchld_may_be_ignored(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        pool.run(range(20), lambda number: note(tmp_path / f"{number:03}"), lambda number: None)
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert len(written(tmp_path)) == 20


ORPHANS = """\
import os, sys, time
sys.path.insert(0, sys.argv[1])
from pexlite.runtime.unpack import pool
pool.processors = lambda: 3
def work(number):
    time.sleep(0.05)
    open(os.path.join(sys.argv[2], str(number)), "w").close()
pool.run(range(400), work, lambda number: None)
"""


def test_helpers_end_with_the_process_that_began_them(tmp_path: Path) -> None:
    began = subprocess.Popen([sys.executable, "-c", ORPHANS, REPOSITORY, tmp_path])
    while len(list(tmp_path.iterdir())) < 3:
        assert began.poll() is None
        time.sleep(0.01)
    began.kill()
    began.wait()
    time.sleep(0.3)
    count = len(list(tmp_path.iterdir()))
    time.sleep(0.5)
    assert len(list(tmp_path.iterdir())) == count < 100


def processor() -> int:
    """Where this process runs now (proc(5))."""
    return int(Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()[36])


@pytest.mark.skipif(PROCESSORS() < 2, reason="there is one processor")
def test_a_child_begins_on_another_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    places = pool._places()
    monkeypatch.setattr(pool, "_places", lambda: places)
    allowed = os.sched_getaffinity(0)
    assert places[0] < allowed == places[1]
    moved: list[tuple[int, set[int]]] = []

    def move(process: int, processors: set[int]) -> None:
        moving(process, processors)
        moved.append((process, processors))  # where it goes from there is the system's to decide

    moving = os.sched_setaffinity
    monkeypatch.setattr(os, "sched_setaffinity", move)
    for _ in range(5):
        moved.clear()
        process = pool.fork()
        expected = [(process, places[0]), (process, allowed)]  # by both, whichever runs first
        if not process:
            time.sleep(0.05)  # until this process is through as well
            os._exit(0 if moved == expected and os.sched_getaffinity(0) == allowed else 1)
        assert os.waitpid(process, 0)[1] == 0
        assert moved == expected
    assert os.sched_getaffinity(0) == allowed


@pytest.mark.parametrize("stat", [None, b"", b"1 (python) R 1", b"1 (python) R" + b" x" * 50])
def test_where_the_processor_cannot_be_told_a_child_begins_anywhere(
    stat: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "read", lambda path: stat)
    assert pool._places() == []
    process = pool.fork()
    if not process:
        os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 3


def test_on_one_processor_a_child_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {processor()})
    assert pool._places() == []
    monkeypatch.delattr(os, "sched_getaffinity")
    assert pool._places() == []

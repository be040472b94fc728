"""Jobs run in several threads that Ctrl-C need not wait for."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from pexlite.errors import PexliteError

Result = TypeVar("Result")
_TICK = 0.1  # seconds between two looks at the progress
_FAREWELL = 1.0  # seconds that threads get to clean up after Ctrl-C


class StoppedError(Exception):
    """The run is over: clean up and return."""


class Stop:
    """A flag that ends a run; every job checks it between two steps."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Make every `check` raise from now on."""
        self._event.set()

    def check(self) -> None:
        """Raise StoppedError once the run is over."""
        if self._event.is_set():
            raise StoppedError

    def wait(self, seconds: float) -> None:
        """Wait for `seconds`; raise StoppedError as soon as the run is over."""
        if self._event.wait(seconds):
            raise StoppedError


def each(jobs: Sequence[Callable[[], Result]], stop: Stop | None = None) -> list[Result]:
    """The results of all jobs, in order; as many jobs run at once as there are processors.

    Raises the first job's PexliteError when all have ended.
    """
    found: list[Result] = []
    for result in run_all(jobs, workers=os.cpu_count() or 1, stop=stop or Stop()):
        if isinstance(result, PexliteError):
            raise result
        found.append(result)
    return found


def run_all(
    jobs: Sequence[Callable[[], Result]],
    *,
    workers: int,
    stop: Stop,
    watch: Callable[[], None] = lambda: None,
    interrupt: Callable[[], None] = lambda: None,
) -> list[Result | PexliteError]:
    """For each job, in order, its result or the PexliteError that it raised.

    Any other error stops the rest and is raised here. `watch` is called in this thread while the jobs run;
    `interrupt` is called once if they have to end early, to wake jobs that wait for something.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    finished: queue.SimpleQueue[tuple[int, Result | PexliteError | BaseException]] = queue.SimpleQueue()
    for number in range(len(jobs)):
        waiting.put(number)

    def work() -> None:
        while True:
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                stop.check()
                finished.put((number, jobs[number]()))
            except BaseException as problem:  # noqa: BLE001 - handed to the thread that waits
                finished.put((number, problem))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(workers, len(jobs)))]
    results: dict[int, Result | PexliteError] = {}
    try:
        for thread in threads:
            thread.start()
        while len(results) < len(jobs):
            try:
                number, result = finished.get(timeout=_TICK)
            except queue.Empty:
                watch()
                continue
            if isinstance(result, BaseException) and not isinstance(result, PexliteError):
                raise result
            results[number] = result
            watch()
    except BaseException:
        stop.set()
        interrupt()
        patience = time.monotonic() + _FAREWELL
        for thread in threads:
            if thread.is_alive():
                thread.join(max(0.0, patience - time.monotonic()))
        raise
    return [results[number] for number in range(len(jobs))]

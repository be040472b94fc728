"""The simulation itself: the same seed is the same schedule, the dead do nothing, and faults are found."""

from __future__ import annotations

import functools
import os
import subprocess
import sys

import pytest

from tests.programs.simulation.broken import BREAKS
from tests.programs.simulation.cases import CASES
from tests.programs.simulation.disk import Disk
from tests.programs.simulation.door import Door
from tests.programs.simulation.process import Process
from tests.programs.simulation.room import Room
from tests.programs.simulation.scheduler import Event, Faults, Scheduler
from tests.programs.simulation.system import System
from tests.programs.simulation.trial import Trials


@functools.cache
def trials() -> Trials:
    return Trials(Door(Room()))


@pytest.mark.parametrize("seed", range(len(CASES)))
def test_the_same_seed_is_the_same_schedule(seed: int) -> None:
    one, two = trials().play(seed, traced=True), trials().play(seed, traced=True)
    assert one == two
    assert one.calls > 100


# Needs a failure at one call of a few, and takes some thousand schedules: for long runs.
RARE = {"a directory that cannot be listed counts as empty"}


@pytest.mark.parametrize("fault", [fault for fault in BREAKS if fault not in RARE])
def test_a_fault_in_the_room_is_found(fault: str) -> None:
    words = ["--broken", fault, "--case", BREAKS[fault].case, "--schedules", "2000", "--seconds", "60"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.programs.simulation", *words],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "VIOLATION" in done.stdout, done.stdout + done.stderr


def test_a_process_that_is_killed_does_nothing_more_and_loses_its_locks() -> None:
    disk = Disk()
    disk.put("/lock", b"")

    def work(process: Process) -> None:
        system = System(process)
        try:
            system.flock(system.open("/lock", os.O_RDWR), 2)
            system.mkdir("/done")
            system.mkdir("/never")
        finally:
            system.mkdir("/cleaned")

    scheduler = Scheduler("", disk, Faults(kinds=(), chance=0.0), 1)
    scheduler._events.append(Event(4, 0, "kill"))
    scheduler.next_event = 4
    process = Process("one", 100, scheduler, work, {}, 0)
    scheduler.run([process])
    assert process.code is None
    assert set(disk.root.entries) == {"lock", "done"}
    assert not disk.node("/lock").locks


def test_processes_that_wait_for_each_other_are_told() -> None:
    disk = Disk()
    for name in ("a", "b"):
        disk.put(f"/{name}", b"")

    def work(first: str, second: str, process: Process) -> None:
        system = System(process)
        system.flock(system.open(first, os.O_RDWR), 2)
        system.sleep(1.0)
        system.flock(system.open(second, os.O_RDWR), 2)

    scheduler = Scheduler("", disk, Faults(kinds=(), chance=0.0), 1)
    pairs = (("/a", "/b"), ("/b", "/a"))
    processes = [
        Process(str(number), number, scheduler, functools.partial(work, *pair), {}, 0)
        for number, pair in enumerate(pairs)
    ]
    scheduler.run(processes)
    assert scheduler.stuck
    assert [process.code for process in processes] == [None, None]

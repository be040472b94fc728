"""Who goes on at each call, and what goes wrong when: all of it drawn from one seed.

Processes are threads that pass one baton, so that one of them runs at a time and the same seed gives the same
trace. Two ways to choose who goes on: a switch now and then to any other, or priorities with a few points at which
the running one falls to the last place (Burckhardt et al., "A Randomized Scheduler with Probabilistic Guarantees
of Finding Bugs", 2010). The second finds what needs few switches at the right places.
"""

from __future__ import annotations

import _thread
import errno
import heapq
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.programs.simulation.disk import Disk, fail

if TYPE_CHECKING:
    from tests.programs.simulation.process import Process
    from tests.programs.simulation.rules import Rules

MOST_CALLS = 40_000  # of a schedule; one that needs more does not end
_TICK = 5e-5  # seconds that a call takes
_FIRST_LOOKS = 20  # calls, within which a start has found out how things are
_READING, _MAKING = (errno.EIO, errno.ESTALE), (errno.ENOSPC, errno.EIO)
_FULL = errno.ENOSPC
FAILURES = {
    **dict.fromkeys(("open", "read", "pread", "readlink", "listdir", "scandir", "stat", "lstat"), _READING),
    **dict.fromkeys(("create", "write", "mkdir", "symlink", "rename", "truncate"), _MAKING),
    **dict.fromkeys(("unlink", "rmdir", "utime", "fsync", "chmod"), (errno.EIO,)),
    "link": (errno.ENOSPC, errno.EMLINK, errno.EPERM),
    "copy_file_range": (errno.ENOSYS, errno.EXDEV),
}
ACTS = frozenset(("rename", "utime", "flock", "unlink"))  # by which a process does what it has decided before
_FIRST_ACTS = 6
_ADDING = frozenset(("link", "mkdir", "utime"))  # changes that take nothing from anybody
TAKES_ROOM = ("create", "write", "mkdir", "symlink", "link", "copy_file_range")
_JUMPS = (6.0, 400.0, 90_000.0)  # seconds for which everybody stands still
_STOPS = (0.5, 15.0, 15.0, 400.0)  # seconds for which one process does, as by SIGSTOP


class Killed(BaseException):
    """The process is no more. Whatever it still runs on its way out can do nothing."""


@dataclass(frozen=True)
class Faults:
    """The faults of a schedule: the kinds and how likely it has any of them at all."""

    kinds: tuple[str, ...] = ("kill", "fail", "full", "jump", "stop")
    chance: float = 0.4
    power: float = 0.0
    locks: bool = True
    strict: bool = True
    """Whether a disk loses what was written last and only that, as READY's being last relies on."""


@dataclass(order=True)
class Event:
    """Something at a call: `kind` is one of the methods of Scheduler that begin with `_do_`."""

    at: int
    number: int
    kind: str = field(compare=False)


class Scheduler:
    """One schedule of `processes`, of some `length` in calls."""

    def __init__(self, seed: str, disk: Disk, faults: Faults, length: int) -> None:
        self.random = random.Random(seed)
        self.disk = disk
        self.locks = faults.locks
        self.faults = faults
        self.happened: list[str] = []
        self.cut = False
        self.stuck = False
        self.full = False
        self.last_change = ""
        self.trace: list[str] | None = None
        self.rules: Rules | None = None
        self._events: list[Event] = []
        self._kept: tuple[int, Disk] | None = None
        self._living: list[Process] = []
        self._over = _thread.allocate_lock()
        self._gap = self.random.choice((4, 12, 30, 80, 200)) if self.random.random() < 0.3 else 0
        self._lowest = 0.0
        self._length = length
        self._plan(length)
        self.calls = 0
        self.next_event = self._events[0].at if self._events else MOST_CALLS

    def _plan(self, length: int) -> None:
        draw = self.random
        if self._gap:
            self._add("switch", self._distance())
        if draw.random() < self.faults.chance:
            for _ in range(draw.choice((1, 1, 2))):
                self._add(draw.choice(self.faults.kinds), self._anywhere(length))
        if draw.random() < self.faults.power:
            at = self._anywhere(length)
            self._add("remember", max(1, at - int(draw.expovariate(1 / 60))))
            self._add("power", at)

    def _sink_somewhere(self, process: Process, length: int) -> None:
        """Have the process fall to the last place at a call of its own: what is decided is decided early."""
        part = self.random.random()
        at = self.random.choice((part * _FIRST_LOOKS, length**part, length * part))
        process.sinks.append(max(1, int(at)))
        process.sinks.sort(reverse=True)

    def _anywhere(self, length: int) -> int:
        """A call, the first ones more often."""
        return 1 + int(self.random.random() * (length if self.random.random() < 0.7 else length**0.7))

    def _distance(self) -> int:
        return 1 + int(math.log(1 - self.random.random()) * -self._gap)

    def _add(self, kind: str, at: int) -> None:
        heapq.heappush(self._events, Event(at, len(self._events) + at * 97, kind))

    # -- the baton -----------------------------------------------------------------------------------

    def run(self, processes: Sequence[Process]) -> None:
        """Let all of them run to their end."""
        self._living = list(processes)
        for process in processes:
            process.priority = self.random.random()
        if not self._gap:
            for process in processes:
                for _ in range(self.random.choice((0, 1, 1, 2))):
                    self._sink_somewhere(process, self._length // len(processes))
                if self.random.random() < 0.3:
                    process.sinks_before_act = self.random.randint(1, _FIRST_ACTS)
        for process in processes:
            process.begin()
        self._over.acquire()
        self._choose(None).baton.release()
        self._over.acquire()
        self._over.release()

    def point(self, process: Process, call: str) -> None:
        """Do what is to happen at this call; raises Killed, or the OSError that it fails with."""
        if process.dead:
            raise Killed
        self.calls += 1
        self.disk.calls = self.calls
        self.disk.now += _TICK
        process.calls += 1
        if process.sinks and process.calls >= process.sinks[-1]:
            process.sinks.pop()
            self._sink(process)
        if call in ACTS:
            process.sinks_before_act -= 1
            if process.sinks_before_act == 0:
                self._sink(process)
        if self.calls >= self.next_event:
            self._meet(process, call)
        if self.full and call in TAKES_ROOM and not process.trusted:
            process.failed_on_purpose = True
            process.failures.add(_FULL)
            fail(_FULL)

    def changed(self, process: Process, what: str, *paths: str) -> None:
        """Hold the change against the rules; let apps that run look whether all they need is still there."""
        if self.rules:
            rule = self.rules.broken_by(process, what, paths)
            if rule:
                process.violations.append(f"{process.name} breaks rule {rule}: {what}{paths}")
        if what in _ADDING or all("/." in path.replace("/.pex/", "/") for path in paths):
            return  # temporary names
        self.last_change = f"{process.name}'s {what}{paths}"
        for other in self._living:
            if other.look and not other.dead:
                other.look()

    def sleep(self, process: Process, seconds: float) -> None:
        """Let others go on, until `seconds` have passed."""
        process.wakes = self.disk.now + seconds
        self._switch(process, self._choose(process, resting=process))
        self.disk.now = max(self.disk.now, process.wakes)

    def wait(self, process: Process) -> None:
        """Let others go on, until what the process waits for is there."""
        chosen = self._choose(process, resting=process)
        if chosen is process and not (process.waits_for and process.waits_for()):
            self._end_all("everybody waits for a lock")
        self._switch(process, chosen)

    def ended(self, process: Process) -> None:
        """Hand the baton on, for good."""
        self._living.remove(process)
        if self._living:
            self._choose(None).baton.release()
        else:
            self._over.release()

    def others(self, process: Process) -> list[Process]:
        """Those that live beside it."""
        return [other for other in self._living if other is not process and not other.dead]

    def _switch(self, process: Process, chosen: Process) -> None:
        if chosen is not process:
            if self.trace is not None:
                self.trace.append(f"        -> {chosen.name}")
            chosen.baton.release()
            process.baton.acquire()
        if process.dead:
            raise Killed

    def _choose(self, process: Process | None, resting: Process | None = None) -> Process:
        dead = [other for other in self._living if other.dead]
        if dead:
            return dead[0]  # to its end, where it does nothing any more
        ready = [other for other in self._living if not other.waits_for or other.waits_for()]
        if not ready:
            self._end_all("everybody waits for a lock")
            return self._living[0]
        awake = [other for other in ready if other.wakes <= self.disk.now and other is not resting]
        if self._gap:
            if awake and self.random.random() < 0.9:
                ready = awake
            chosen = ready[int(self.random.random() * len(ready))]
        elif awake:
            chosen = max(awake, key=lambda other: other.priority)
        else:
            chosen = min(ready, key=lambda other: other.wakes)
        self.disk.now = max(self.disk.now, chosen.wakes)
        return chosen

    def _end_all(self, why: str) -> None:
        self.stuck = True
        self.happened.append(why)
        for process in self._living:
            process.die()

    # -- events --------------------------------------------------------------------------------------

    def _meet(self, process: Process, call: str) -> None:
        if self.calls >= MOST_CALLS:
            self._end_all(f"no end after {MOST_CALLS} calls")
            raise Killed
        while self._events and self._events[0].at <= self.calls:
            event = heapq.heappop(self._events)
            if not self._may_meet(event.kind, process, call):
                self._add(event.kind, self.calls + 1)
                break
            self.next_event = self._events[0].at if self._events else MOST_CALLS
            getattr(self, f"_do_{event.kind}")(process, call)
        self.next_event = self._events[0].at if self._events else MOST_CALLS

    def _may_meet(self, kind: str, process: Process, call: str) -> bool:
        if kind == "unlisted":
            return call == "listdir" and not process.trusted
        return kind != "fail" or (call in FAILURES and not process.trusted)

    def _note(self, process: Process, what: str) -> None:
        self.happened.append(f"call {self.calls}: {process.name} {what}")
        if self.trace is not None:
            self.trace.append(f"     !! {process.name} {what}")

    def _do_switch(self, process: Process, call: str) -> None:
        self._add("switch", self.calls + self._distance())
        self.next_event = self._events[0].at
        others = [other for other in self._living if other is not process]
        if others:
            self._switch(process, self._choose(process))

    def _sink(self, process: Process) -> None:
        self._lowest -= 1
        process.priority = self._lowest
        self._switch(process, self._choose(process))

    def _do_kill(self, process: Process, call: str) -> None:
        self._note(process, f"killed at {call}")
        process.die()
        raise Killed

    def _do_fail(self, process: Process, call: str) -> None:
        number = self.random.choice(FAILURES[call])
        process.failed_on_purpose = True
        process.failures.add(number)
        self._note(process, f"{call} fails with {errno.errorcode[number]}")
        fail(number)

    _do_unlisted = _do_fail

    def _do_full(self, process: Process, call: str) -> None:
        self._note(process, "finds the disk full from here on")
        self.full = True

    def _do_jump(self, process: Process, call: str) -> None:
        seconds = self.random.choice(_JUMPS)
        self._note(process, f"stands still with all others for {seconds:.0f} seconds")
        self.disk.now += seconds

    def _do_stop(self, process: Process, call: str) -> None:
        seconds = self.random.choice(_STOPS)
        self._note(process, f"is stopped for {seconds:g} seconds")
        self.sleep(process, seconds)

    def _do_remember(self, process: Process, call: str) -> None:
        """Have what is on the disk now survive the power cut to come; what is done later does not."""
        self._kept = (self.calls, self.disk.copy())

    def synced(self) -> None:
        """Have all that was done so far survive the power cut to come: a journal is written in its order."""
        if self._kept:
            self._kept = (self.calls, self.disk.copy())

    def _do_power(self, process: Process, call: str) -> None:
        assert self._kept
        at, kept = self._kept
        since = max(0, at - int(self.random.expovariate(1 / 100)))
        self._note(process, f"meets the power cut: changes until call {at} are kept, content until call {since}")
        chance = 1.0 if self.faults.strict else 0.5
        kept.after_power_cut(since, lambda: self.random.random() < chance)
        kept.now = self.disk.now + 60
        self.disk.__dict__.update(kept.__dict__)
        self.cut = True
        for living in self._living:
            living.die()
        raise Killed

"""Pushes to several hosts at once: planned once for all hosts in one state."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from pexlite.errors import PexliteError
from pexlite.parallel import Stop, run_all
from pexlite.ship.changed_members import DEFAULT_LINK, Changes
from pexlite.ship.delta import Delta, delta_of
from pexlite.ship.destination import Destination
from pexlite.ship.new_file import NewFile
from pexlite.ship.old_contents import OldContents
from pexlite.ship.plan import plan
from pexlite.ship.push import Pushed, PushOptions, push
from pexlite.ship.state import HostState
from pexlite.ship.travelling import reassemble

CODECS = ("xz", "bz2", "zlib")


@dataclass
class Planner:
    """Deltas for hosts, each made once."""

    old_content: OldContents
    link: float = DEFAULT_LINK
    _made: dict[Hashable, Future[Delta]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(self, file: NewFile, state: HostState, distrusted: Sequence[str] = ()) -> Delta:
        """The delta by which a host in this state gets the file."""
        levels = frozenset(
            level
            for level, here, there in zip(
                reassemble().LEVELS, reassemble().fingerprint(), state.zlib, strict=False
            )
            if here == there
        )
        codec = next((codec for codec in CODECS if codec in state.codecs), "zlib")
        old = state.old
        key = (
            tuple(old.wheels.items()),
            tuple(old.changed.items()),
            old.own,
            old.cached,
            levels,
            codec,
            tuple(distrusted),
        )
        with self._lock:
            future = self._made.get(key)
            is_mine = future is None
            if future is None:
                future = self._made[key] = Future()
        if is_mine:
            try:
                file.check_wheels()
                changes = Changes(file, levels, self.old_content, self.link)
                future.set_result(delta_of(plan(file, old, changes, distrusted), codec))
            except BaseException as problem:
                future.set_exception(problem)
                raise
        return future.result()


@dataclass(frozen=True)
class Failed:
    """A push that did not succeed."""

    destination: Destination
    error: PexliteError


def push_all(
    file: NewFile,
    destinations: Sequence[Destination],
    options: PushOptions,
    planner: Planner,
    told: Callable[[Destination, int, int], None],
    *,
    ended: Callable[[Pushed | Failed], None] = lambda _: None,
    jobs: int = 8,
) -> list[Pushed | Failed]:
    """Push the file to all destinations, in parallel; return how each push ended, in order."""
    if len(destinations) > 1:
        file.sha256  # noqa: B018 - kept: else each thread would find it out

    def one(destination: Destination) -> Pushed | Failed:
        try:
            result: Pushed | Failed = push(
                file, destination, options, planner, lambda sent, all_: told(destination, sent, all_)
            )
        except PexliteError as error:
            result = Failed(destination, error)
        ended(result)
        return result

    work = [lambda destination=destination: one(destination) for destination in destinations]
    results = run_all(work, workers=jobs, stop=Stop())
    return [result for result in results if not isinstance(result, PexliteError)]

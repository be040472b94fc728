"""Pushes to several hosts at once: planned once for all hosts in one state."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pexlite.errors import PexliteError
from pexlite.parallel import Stop, run_all
from pexlite.ship.connection import Connect, connection
from pexlite.ship.destination import Destination
from pexlite.ship.new_file import NewFile
from pexlite.ship.push import push_together
from pexlite.ship.shipment import DEFAULT_LINK, Failed, Pushed, PushOptions, Shipment

if TYPE_CHECKING:
    from pexlite.ship.delta import Delta
    from pexlite.ship.old_contents import OldContents
    from pexlite.ship.state import HostState


@dataclass
class _Made:
    """A delta, once it is made; who makes it holds the lock."""

    delta: Delta | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Planner:
    """Deltas for hosts, each made once."""

    old_content: OldContents
    link: float = DEFAULT_LINK
    _made: dict[Hashable, _Made] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(self, file: NewFile, state: HostState, distrusted: Sequence[str] = ()) -> Delta:
        """The delta by which a host in this state gets the file."""
        # Imported here: hosts that have the file need no plan, and are asked in less time than this takes.
        from pexlite.ship.changed_members import Changes
        from pexlite.ship.deflate import shared_levels
        from pexlite.ship.delta import delta_of
        from pexlite.ship.plan import plan

        levels = shared_levels(state.zlib)
        old = state.old
        wheels = (tuple(old.wheels.items()), tuple(old.changed.items()), old.own, old.cached)
        with self._lock:
            made = self._made.setdefault((*wheels, levels, state.codecs, tuple(distrusted)), _Made())
        with made.lock:
            if made.delta is None:
                file.check_wheels()
                changes = Changes(file, levels, self.old_content, self.link)
                made.delta = delta_of(plan(file, old, changes, distrusted), state.codecs)
            return made.delta


def push_all(
    file: NewFile,
    hosts: Sequence[Sequence[Destination]],
    options: PushOptions,
    planner: Planner,
    told: Callable[[Destination, int, int], None],
    *,
    ended: Callable[[Pushed | Failed], None] = lambda _: None,
    connect: Connect = connection,
) -> list[Pushed | Failed]:
    """Push the file to all `hosts`, each with its places, in parallel; return how each ended, host by host."""
    if len(hosts) > 1:
        file.sha256  # noqa: B018 - kept: else each thread would find it out

    def together(places: Sequence[Destination]) -> list[Pushed | Failed]:
        first, *others = places

        def watch(sent: int, planned: int) -> None:
            told(first, sent, planned)

        return push_together(Shipment(file, first, options, planner, watch, connect, tuple(others)), ended)

    work = [lambda places=places: together(places) for places in hosts]
    found: list[Pushed | Failed] = []
    for places, results in zip(hosts, run_all(work, workers=options.jobs, stop=Stop()), strict=True):
        # An error is of the file itself, and comes up before any place has the file.
        found += [Failed(to, results) for to in places] if isinstance(results, PexliteError) else results
    return found

"""A bar of the bytes that were sent, on a terminal; nothing elsewhere."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pexlite.ship.destination import Destination


@contextlib.contextmanager
def shown_sent(*, quiet: bool) -> Iterator[Callable[[Destination, int, int], None]]:
    """A function that is told the bytes sent to a host, and those to be sent.

    The bar appears with the first bytes: before them, ssh may ask on the terminal.
    """
    if quiet or sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda _to, _sent, _all: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    bars = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    lock = threading.Lock()
    counts: dict[Destination, tuple[int, int]] = {}
    task = bars.add_task("sending", total=None)

    def watch(to: Destination, sent: int, planned: int) -> None:
        with lock:
            counts[to] = (sent, planned)
            bars.start()
        done, total = (sum(count[place] for count in counts.values()) for place in (0, 1))
        bars.update(task, completed=done, total=total)

    try:
        yield watch
    finally:
        bars.stop()

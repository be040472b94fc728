"""A file on its way to a host, and how that ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pexlite.ship.connection import Connect, Connection, connection

if TYPE_CHECKING:
    from pexlite.errors import PexliteError
    from pexlite.ship.delta import Delta
    from pexlite.ship.destination import Destination
    from pexlite.ship.new_file import NewFile
    from pexlite.ship.state import HostState

DEFAULT_LINK = 250_000
"""Bytes a second: a slow uplink, since a fast one has no need of differences."""


@dataclass(frozen=True)
class PushOptions:
    """How a file is put on a host."""

    keep: bool = False
    """Leave the old file as PATH.previous."""
    warm: bool = False
    """Unpack the new file there."""
    dry_run: bool = False
    link: float = DEFAULT_LINK
    """How fast the link is, in bytes a second."""
    jobs: int = 8
    """How many hosts are pushed to at once: sshd refuses more that come at once."""


Planner = Callable[["NewFile", "HostState", Sequence[str]], "Delta"]
Watch = Callable[[int, int], None]
"""Called with the bytes sent so far and those to be sent."""


@dataclass(frozen=True)
class Shipment:
    """A file, where it goes and how."""

    file: NewFile
    destination: Destination
    options: PushOptions
    planner: Planner
    watch: Watch
    connect: Connect = connection
    others: tuple[Destination, ...] = ()
    """Further places on the same host: the file is made once there, and copied."""

    @property
    def places(self) -> Sequence[Destination]:
        """All places on the host."""
        return self.destination, *self.others


@dataclass(frozen=True)
class Pushed:
    """How a push ended."""

    destination: Destination
    state: str
    """"pushed", "there already", "would push" or "rolled back"."""
    size: int = 0
    """Bytes of the file."""
    delta: Delta | None = None
    planned: int = 0
    """Bytes that were to be sent of the file."""
    sent: int = 0
    """Bytes that were given to ssh, all told."""
    received: int = 0
    resumed: int = 0
    """Bytes that an earlier push had left there."""
    warm: Mapping[str, Any] | None = None
    copied: str | None = None
    """The path on that host from which it was copied, where it was made for several."""


@dataclass(frozen=True)
class Failed:
    """A push that did not succeed."""

    destination: Destination
    error: PexliteError


Settle = Callable[[int, "Pushed | Failed"], None]
"""Called with the number of a place, and how the push to it ended."""


def there_already(
    shipment: Shipment, opened: Connection, number: int = 0, warm: Mapping[str, Any] | None = None
) -> Pushed:
    """The end of a push that had nothing to send."""
    sent, received = opened.passed()
    return Pushed(
        destination=shipment.places[number],
        state="there already",
        size=shipment.file.size,
        sent=sent,
        received=received,
        warm=warm,
    )

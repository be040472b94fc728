"""One push: ask the host, plan, send, and hear that the file is in its place. Read `push` from top to bottom."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, TypeVar

from pexlite.archive.runtime_files import LAYOUT
from pexlite.errors import HostError
from pexlite.ship.by_shell import order, shell_state
from pexlite.ship.command import octal
from pexlite.ship.connection import Connection, connection
from pexlite.ship.delta import Delta, Rest, rest_of
from pexlite.ship.destination import Destination
from pexlite.ship.fits import check_fits
from pexlite.ship.new_file import NewFile, project_of
from pexlite.ship.operations import Raw
from pexlite.ship.plan import Plan
from pexlite.ship.refusals import refusal
from pexlite.ship.state import Arrived, HostState, machine_of, state_of

Read = TypeVar("Read")
_ATTEMPTS = 3
_NOT_WARM = {"code": 69, "words": "that takes a Python there"}


@dataclass(frozen=True)
class PushOptions:
    """How a file is put on a host."""

    keep: bool = False
    """Leave the old file as PATH.previous."""
    warm: bool = False
    """Unpack the new file there."""
    dry_run: bool = False


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


Planner = Callable[[NewFile, HostState, Sequence[str]], Delta]
Watch = Callable[[int, int], None]
"""Called with the bytes sent so far and those to be sent."""


def push(file: NewFile, destination: Destination, options: PushOptions, planner: Planner, watch: Watch) -> Pushed:
    """Put `file` on the host, unless it is there; return how. Raises HostError, and others for the file itself."""
    with connection(destination) as opened:
        opened.say(_question(file, destination, options, opened.mark), _for_shell(destination, opened.mark))
        said = _heard(opened)
        if "sh" in said:
            return _by_shell(opened, said["sh"], file, options, watch)
        machine = _read(opened, machine_of, said)
        check_fits(file.manifest, machine, destination)
        if said.get("same"):
            return _pushed(opened, file, "there already", warm=said.get("warm"))
        state = _read(opened, state_of, said)
        distrusted: Sequence[str] = ()
        for _ in range(_ATTEMPTS):
            delta = planner(file, state, distrusted)
            rest = rest_of(delta, file, state.part, state.script)
            _check_room(file, state, rest, destination)
            if options.dry_run:
                return _pushed(opened, file, "would push", rest)
            said = _carried_out(opened, rest, file, watch)
            if said.get("done"):
                return _pushed(opened, file, "pushed", rest, said.get("warm"))
            state = _without_arrived(state)
            distrusted = said.get("wheels") or [wheel.sha256 for wheel in file.manifest.wheels]
        raise HostError(
            f"{destination} does not come out as the file that was sent",
            causes=[str(said.get("misfit"))],
            hint=f"copy it: scp {file.path} {destination}",
        )


def roll_back(destination: Destination) -> Pushed:
    """Swap the file at the destination with the one that was kept there. Raises HostError."""
    with connection(destination) as opened:
        question = {"mark": opened.mark, "path": _path(destination), "do": "roll back", "size": -1, "sha256": ""}
        opened.say(question, _for_shell(destination, opened.mark))
        if "sh" in _heard(opened):
            raise HostError(
                f"{destination.host} has no Python from 3.6 on, which a rollback takes",
                hint=f"by hand: ssh {destination.host} mv PATH.previous PATH",
            )
        return Pushed(destination, "rolled back", sent=opened.sent, received=opened.received)


def _question(file: NewFile, destination: Destination, options: PushOptions, mark: str) -> dict[str, Any]:
    wheels = file.manifest.wheels
    return {
        "do": "look" if options.dry_run else "push",
        "mark": mark,
        "path": _path(destination),
        "size": file.size,
        "sha256": file.sha256,
        "mode": file.mode,
        "keep": options.keep,
        "warm": options.warm,
        "wheels": [[project_of(wheel.filename), wheel.sha256] for wheel in wheels],
        "places": [[wheel.sha256, wheel.offset, wheel.size] for wheel in wheels],
        "pex_root": file.manifest.facts.get("pex_root"),
        "layout": LAYOUT,
    }


def _path(destination: Destination) -> str:
    return base64.b64encode(os.fsencode(destination.path)).decode()


def _heard(opened: Connection) -> dict[str, Any]:
    said = opened.hear()
    if "refused" in said:
        raise refusal(said, opened.destination)
    return said


def _read(opened: Connection, reader: Callable[[Any], Read], said: object) -> Read:
    try:
        return reader(said)
    except (KeyError, TypeError, ValueError, IndexError) as problem:
        raise HostError(
            f"{opened.destination.host} gave an answer that makes no sense", causes=[str(problem)]
        ) from problem


def _carried_out(opened: Connection, rest: Rest, file: NewFile, watch: Watch) -> dict[str, Any]:
    """The host's word after it was sent what it lacks."""
    plan = rest.delta.plan
    opened.say(
        {
            "codec": rest.delta.codec,
            "sources": list(plan.sources),
            "script_kept": rest.script_kept,
            "script_size": len(rest.delta.script),
            "start": rest.start,
            "raw": rest.raw_size,
        }
    )
    _send(opened, rest, file, watch)
    return _heard(opened)


def _send(opened: Connection, rest: Rest, file: NewFile, watch: Watch) -> None:
    sent = 0
    for piece in rest.pieces(file):
        opened.send([piece])
        sent += len(piece)
        watch(sent, rest.size)


def _check_room(file: NewFile, state: HostState, rest: Rest, destination: Destination) -> None:
    """Raise HostError where the new file has no room beside the old one."""
    needed = file.size - state.part.size + len(rest.delta.script) - state.script.size + (1 << 16)
    if needed > state.free:
        raise HostError(
            f"{destination.host} has no room for {file.path.name} at {destination.path}",
            causes=[
                f"it needs {_megabytes(needed)} more, and {_megabytes(state.free)} are free:"
                f" {_megabytes(needed - state.free)} are missing"
            ],
            hint=f"look what takes it: ssh {destination.host} df -h",
        )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _without_arrived(state: HostState) -> HostState:
    """`state` after an attempt whose outcome was wrong: nothing that arrived is trusted."""
    return replace(state, part=Arrived(0, ""), script=Arrived(0, ""))


def _pushed(
    opened: Connection, file: NewFile, state: str, rest: Rest | None = None, warm: Mapping[str, Any] | None = None
) -> Pushed:
    return Pushed(
        destination=opened.destination,
        state=state,
        size=file.size,
        delta=rest.delta if rest else None,
        planned=rest.size if rest else 0,
        sent=opened.sent,
        received=opened.received,
        resumed=rest.start + rest.script_kept if rest else 0,
        warm=warm,
    )


def _for_shell(destination: Destination, mark: str) -> str:
    return f" {mark} {octal(os.fsencode(destination.path))}"


def _by_shell(opened: Connection, line: bytes, file: NewFile, options: PushOptions, watch: Watch) -> Pushed:
    """Push the whole file to a host without a Python."""
    state = _read(opened, shell_state, line)
    to = opened.destination
    if state.refused:
        raise refusal({"refused": state.refused, "directory": str(PurePosixPath(to.path).parent)}, to)
    check_fits(file.manifest, state.machine, to)
    if (state.old.size, state.old.sha256) == (file.size, file.sha256):
        return _pushed(opened, file, "there already")
    has_beginning = 0 < state.part.size < file.size and file.sha256_of(0, state.part.size) == state.part.sha256
    part = state.part if has_beginning else Arrived(0, "")
    whole = Plan((Raw(0, file.size),), (), (), (), tuple(wheel.filename for wheel in file.manifest.wheels))
    rest = Rest(Delta(whole, "", b""), 0, part.size, ((part.size, file.size - part.size),))
    _check_room(file, HostState(state.machine, part=part, free=state.free), rest, to)
    if options.dry_run:
        return _pushed(opened, file, "would push", rest)
    file.check_wheels()
    opened.send([order(part, file.sha256, file.mode, keep=options.keep)])
    _send(opened, rest, file, watch)
    opened.close_stdin()
    said = opened.line().strip().decode("ascii", "replace")
    if said != "done":
        raise refusal({"refused": said}, to) if said else opened.ended()
    return _pushed(opened, file, "pushed", rest, _NOT_WARM if options.warm else None)

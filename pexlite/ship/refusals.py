"""A host's reasons not to take a file, as errors with what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pexlite.errors import HostError
from pexlite.ship.destination import Destination, typed

_LONGEST = 1000  # letters of a host's words that are shown
_AGAIN = "push again: it goes on from what has arrived"


def refusal(said: Mapping[str, Any], destination: Destination) -> HostError:
    """The error for a host's refusal."""
    host, path = destination.host, destination.path
    why, directory = (str(said.get(name, ""))[:_LONGEST] for name in ("why", "directory"))
    match said.get("refused"):
        case "no directory":
            return HostError(
                f"{host} has no directory {directory}", hint=f"make it: {typed(host, 'mkdir', '-p', directory)}"
            )
        case "directory":
            return HostError(f"{path} is a directory on {host}", hint=f"name the file: {host}:{path}/app.pex")
        case "no file":
            return HostError(f"{path} on {host} is no regular file", hint="name another path")
        case "not writable":
            return HostError(
                f"you may not write into {directory} on {host}",
                hint="push to a path of your own, or as another user: USER@HOST:PATH",
            )
        case "of another":
            return HostError(
                f"{path} on {host} is another account's, and its directory lets nobody replace that",
                hint="push to a path of your own, or as its owner: USER@HOST:PATH",
            )
        case "previous is a directory":
            return HostError(
                f"{path}.previous on {host} is a directory, and no file can be kept there",
                hint="move it away, or push without --keep",
            )
        case "previous of another":
            return HostError(
                f"{path}.previous on {host} is another account's, and its directory lets nobody replace that",
                hint="push without --keep, or as its owner: USER@HOST:PATH",
            )
        case "part of another":
            part = str(said.get("part", f"what arrives beside {path}"))[:_LONGEST]
            return HostError(
                f"{part} on {host} is another account's",
                causes=["the new file would be written there first"],
                hint="push to a directory of your own, or have it removed",
            )
        case "busy":
            return HostError(f"another push to {destination} is at work", hint="wait for it, then push again")
        case "no previous":
            return HostError(
                f"{host} keeps no {path}.previous", hint="keep one: pexlite push app.pex HOST:PATH --keep"
            )
        case "full":
            return HostError(
                f"the file system of {path} on {host} is full",
                causes=[why],
                hint=f"look: {typed(host, 'df', '-h')}",
            )
        case "cut":
            return HostError(f"the connection to {host} broke", hint=_AGAIN)
        case "system":
            return HostError(
                f"{host} cannot write {path}", causes=[why.lower()], hint=f"look: {typed(host, 'ls', '-ld', path)}"
            )
        case reason:
            return HostError(
                f"{host} does not take the file: {str(reason)[:_LONGEST]}", causes=[why] if why else []
            )

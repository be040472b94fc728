"""ssh begun before the command line is read in full: it takes longer to connect than all else that a push does.

Only a plain `pexlite push FILE HOST:PATH` is begun this way: whatever else is typed is read first.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Sequence

from pexlite.ship.command import COMMAND
from pexlite.ship.ssh import Ssh, start
from pexlite.ship.travelling import program

_FLAGS = frozenset(("-q", "--quiet", "--json", "--keep", "--warm", "--dry-run", "-v", "--verbose"))
_OF_HOSTS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_begun: dict[str, Ssh] = {}


def begin(arguments: Sequence[str]) -> None:
    """Start ssh for `pexlite ARGUMENTS`, if they are a push of one file to one host, and send the program."""
    host = _host_in(arguments)
    ssh = _ssh() if host else None
    if not host or not ssh:
        return
    try:
        found = start([ssh, "-T", "--", host, COMMAND])
    except OSError:
        return  # whoever makes use of it is told
    _begun[host] = found
    atexit.register(_end)
    try:
        found.stdin.write(program())
        found.stdin.flush()
    except OSError:
        return  # it has ended, which who makes use of it is told


def take(host: str) -> Ssh | None:
    """The ssh to a host that was begun, with the program sent; None where none was."""
    return _begun.pop(host, None)


def _end() -> None:
    """End an ssh of which nobody made use."""
    for found in _begun.values():
        found.terminate()
        found.wait()


def _host_in(arguments: Sequence[str]) -> str | None:
    """The only host that is named; None where more than a file, places on one host and flags is typed."""
    if os.name != "posix" or arguments[:1] != ["push"]:
        return None
    words = [word for word in arguments[1:] if word not in _FLAGS]
    hosts = {word.partition(":")[0] for word in words[1:]}
    if len(words) < 2 or len(hosts) != 1 or any(word.startswith("-") or not word for word in words):
        return None
    [host] = hosts
    user, at, name = host.rpartition("@")
    plain = all(
        part and _OF_HOSTS.issuperset(part) and part[0] not in ".-" for part in ([user, name] if at else [name])
    )
    paths = [word.partition(":")[2] for word in words[1:]]
    # ssh://… is a place as well, and a path alone is none.
    if not plain or not all(paths) or any(path.startswith("//") for path in paths):
        return None
    return host if os.path.isfile(words[0]) else None


def _ssh() -> str | None:
    """Ssh on PATH, never of the current directory."""
    for directory in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(directory, "ssh")
        if os.path.isabs(directory) and os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None

"""Where a file is pushed to: `[USER@]HOST:PATH`, or a PATH for every host of a list."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pexlite.errors import UsageError
from pexlite.files.paths import is_file

# Never an option of ssh's, and no word that ssh's configuration would put into a shell.
_HOST = re.compile(r"(?:\w[\w.+-]*@)?(?:\w[\w.%-]*|\[[0-9A-Fa-f:.]+(?:%\w+)?\])")
_URL = re.compile(r"ssh://(?P<host>[^/]*?)(?::(?P<port>\d{1,5}))?/(?P<path>.*)", re.DOTALL)
_HINT = "as scp does: pexlite push app.pex user@server:bin/app.pex"


@dataclass(frozen=True)
class Destination:
    """A path on a host, as ssh names the host."""

    host: str
    path: str
    """Absolute, or relative to the home there; bytes that are no UTF-8 as `os.fsdecode` has them."""
    port: int | None = None

    def __str__(self) -> str:
        if self.port:
            return f"ssh://{self.host}:{self.port}/{self.path}"
        return f"{self.host}:{self.path}"

    @property
    def words(self) -> Sequence[str]:
        """The host for ssh's command line."""
        port = ["-p", str(self.port)] if self.port else []
        return [*port, "--", self.host.replace("[", "").replace("]", "")]


def typed(host: str, *words: str) -> str:
    """The command that runs `words` on a host, as it is typed: a name is only a name to both shells."""
    there = shlex.join(words)
    return shlex.join(["ssh", host, there] if "'" in there else ["ssh", host, *words])


def destinations(given: Sequence[str], hosts: Path | None) -> tuple[Destination, ...]:
    """The destinations that are named, each once.

    With a file of `hosts`, a PATH without a host is meant for each of them, `{host}` in it replaced by the host's
    name. Raises UsageError.
    """
    found: list[Destination] = []
    names = list(_names(hosts)) if hosts else []
    for text in given:
        destination = _destination(text)
        if destination:
            found.append(destination)
        elif names:
            found += [_at(name, text.removeprefix(":")) for name in names]
        else:
            raise UsageError(f"{text!r} names no host", hint=f"write where it goes {_HINT}")
    if names and not any(_destination(text) is None for text in given):
        raise UsageError(
            f"no path for the hosts in {hosts}",
            hint=f"name one without a host: pexlite push app.pex --hosts {hosts} 'bin/{{host}}.pex'",
        )
    return tuple(dict.fromkeys(found))


def destinations_on(hosts: Sequence[str], given: Sequence[str], file_name: str) -> tuple[Destination, ...]:
    """The destinations of a file that was built for `hosts`, as ssh names them, each once.

    A PATH without a host is meant for each of them; "" is the home there, where the file keeps its name. Raises
    UsageError.
    """
    found: list[Destination] = []
    for text in given:
        destination = _destination(text)
        if destination is None and not hosts:
            what = repr(text) if text else "--push alone"
            raise UsageError(
                f"{what} names no host, and the file is built for none",
                hint="name it: pexlite . --for user@server --push bin/app.pex",
            )
        found += [destination] if destination else [_at(host, text or file_name) for host in hosts]
    return tuple(dict.fromkeys(found))


def _destination(text: str) -> Destination | None:
    """The destination, if `text` names a host. Raises UsageError for one that cannot be a host or a path."""
    url = _URL.fullmatch(text)
    if url:
        return _checked(url["host"], url["path"], int(url["port"]) if url["port"] else None)
    if text.startswith("ssh://"):
        raise UsageError(f"{text!r} names no path on a host", hint=f"write where it goes {_HINT}")
    match = re.match(r"((?:[^:/@\[]*@)?(?:\[[^\]/]*\]|[^:/]*)):", text)
    if not match or not match[1]:
        return None
    return _checked(match[1], text[match.end() :], None)


def _at(name: str, path: str) -> Destination:
    """The path on a host of that name, or that URL, with the name in the place of {host}."""
    url = _URL.fullmatch(f"{name.rstrip('/')}/")
    host = url["host"] if url else name
    port = int(url["port"]) if url and url["port"] else None
    return _checked(host, path.replace("{host}", host.rpartition("@")[2]), port)


def _checked(host: str, path: str, port: int | None) -> Destination:
    if not _HOST.fullmatch(host):
        raise UsageError(f"{host!r} is no host", hint=f"write where it goes {_HINT}")
    if "\0" in path or path in ("", ".", "..", "~") or path.endswith(("/", "/.", "/..")):
        what = f"{path!r} is a directory" if path else "no path is named"
        raise UsageError(
            f"{what} on {host}, where a file is to go",
            hint=f"name the file as well: {host}:{path.rstrip('/.')}/app.pex"
            if path.strip("/.")
            else f"name it: {host}:bin/app.pex",
        )
    return Destination(host, path, port)


def _names(hosts: Path) -> Iterator[str]:
    """The names in a file of hosts: one a line, with comments after #."""
    if not is_file(hosts):
        raise UsageError(f"there is no file {hosts}", hint="write the hosts into it, one a line")
    found = False
    for line in hosts.read_text(encoding="utf-8", errors="replace").splitlines():
        name = line.partition("#")[0].strip()
        if not name:
            continue
        if not _HOST.fullmatch(name):
            raise UsageError(f"{hosts} names {name!r}, which is no host", hint="one name a line, as ssh takes it")
        found = True
        yield name
    if not found:
        raise UsageError(f"{hosts} names no host", hint="write the hosts into it, one a line")

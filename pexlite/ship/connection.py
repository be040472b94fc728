"""A connection to a host: one ssh, the program that it starts there, and lines of JSON both ways.

ssh is OpenSSH's, with the user's own configuration, and asks on the terminal itself whatever it has to ask. The
command on the host is one fixed text, whoever's login shell reads it; all else goes through stdin.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import IO, Any

from pexlite.errors import HostError
from pexlite.files.programs import find_program
from pexlite.ship.command import COMMAND
from pexlite.ship.destination import Destination
from pexlite.ship.refusals import refusal
from pexlite.ship.travelling import program

_MARKER_WITHIN = 1 << 20  # bytes of what a shell's own files may print


@dataclass
class Connection:
    """A running ssh, and the bytes that have gone through it."""

    destination: Destination
    process: subprocess.Popen[bytes]
    errors: IO[bytes]
    mark: str
    sent: int = 0
    received: int = 0
    _is_marked: bool = field(default=False, repr=False)

    def say(self, said: Mapping[str, Any], more: str = "") -> None:
        """Send a line, with `more` behind it for a shell."""
        line = base64.b64encode(zlib.compress(json.dumps(said, separators=(",", ":")).encode(), 9))
        self.send([line + more.encode() + b"\n"])

    def send(self, pieces: Iterable[bytes]) -> None:
        """Send bytes. A connection that has ended is told by the next `hear`."""
        assert self.process.stdin is not None
        try:
            for piece in pieces:
                self.process.stdin.write(piece)
                self.sent += len(piece)
            self.process.stdin.flush()
        except (BrokenPipeError, ConnectionError):
            return

    def hear(self) -> dict[str, Any]:
        """The host's next line. Raises HostError where none comes."""
        line = self.line()
        if line.startswith(b"sh "):
            return {"sh": line}
        try:
            said = json.loads(zlib.decompress(base64.b64decode(line)))
        except (ValueError, zlib.error):
            said = None
        if not isinstance(said, dict):
            raise self.ended()
        return said

    def line(self) -> bytes:
        """The host's next line; empty where the connection has ended."""
        if not self._is_marked:
            self._find_mark()
        return self._line()

    def close_stdin(self) -> None:
        """Say that no more bytes come."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()

    def ended(self) -> HostError:
        """The error that the connection has ended, with what ssh said of it."""
        self.close_stdin()
        code = self.process.wait()
        host = self.destination.host
        said = self.said()
        if code == 255 or (not self._is_marked and code != 0 and said):
            return HostError(
                f"{host} cannot be reached" if not self._is_marked else f"the connection to {host} broke",
                causes=said[-4:],
                hint=f"try by hand: ssh {host} true"
                if not self._is_marked
                else "push again: it goes on from what has arrived",
            )
        if not self._is_marked:
            return HostError(
                f"{host} did not answer as a shell with a Python does",
                causes=said[-4:] or [f"ssh ended with {code}"],
                hint=f"try by hand: ssh {host} python3 --version",
            )
        return HostError(
            f"the connection to {host} broke",
            causes=said[-4:] or [f"ssh ended with {code}"],
            hint="push again: it goes on from what has arrived",
        )

    def said(self) -> list[str]:
        """The lines that ssh, and the program there, wrote on stderr."""
        self.errors.seek(0)
        lines = self.errors.read()[-8000:].decode("utf-8", "replace").splitlines()
        return [line.strip() for line in lines if line.strip()]

    def _find_mark(self) -> None:
        passed = 0
        while passed < _MARKER_WITHIN:
            line = self._line()
            if line.strip() == self.mark.encode():
                self._is_marked = True
                return
            if not line:
                raise self.ended()
            passed += len(line)
        raise HostError(f"{self.destination.host} prints without end before a command runs")

    def _line(self) -> bytes:
        assert self.process.stdout is not None
        line = self.process.stdout.readline(1 << 26)
        self.received += len(line)
        return line


Connect = Callable[[Destination], AbstractContextManager[Connection]]


def heard(opened: Connection) -> dict[str, Any]:
    """The host's next line, if it refuses nothing. Raises HostError."""
    said = opened.hear()
    if "refused" in said:
        raise refusal(said, opened.destination)
    return said


@contextlib.contextmanager
def connection(destination: Destination) -> Iterator[Connection]:
    """A connection whose program waits for a question; it is ended on the way out. Raises HostError."""
    opened = _begun(destination)
    try:
        yield opened
    finally:
        _end(opened)


@contextlib.contextmanager
def begun_ahead(destinations: Iterable[Destination]) -> Iterator[Connect]:
    """A function like `connection` that has begun those to `destinations`: ssh waits, and work here need not.

    Those of which nobody made use are ended on the way out. Where none can be begun, who makes use of it is told.
    """
    begun: dict[Destination, Connection] = {}
    try:
        with contextlib.suppress(HostError):
            for destination in destinations:
                begun[destination] = _begun(destination)

        @contextlib.contextmanager
        def connect(destination: Destination) -> Iterator[Connection]:
            opened = begun.pop(destination, None) or _begun(destination)
            try:
                yield opened
            finally:
                _end(opened)

        yield connect
    finally:
        for opened in begun.values():
            opened.process.terminate()
            _end(opened)


def _begun(destination: Destination) -> Connection:
    ssh = find_program("ssh")
    if ssh is None:
        raise HostError("ssh cannot be run: it is not on PATH", hint="install OpenSSH's client")
    command = [str(ssh), "-T", *destination.words, COMMAND]
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed where the connection ends
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
    except OSError as problem:
        errors.close()
        raise HostError(f"ssh cannot be run: {problem.strerror or problem}") from problem
    opened = Connection(destination, process, errors, f"pexlite:{os.urandom(8).hex()}")
    opened.send([program()])
    return opened


def _end(opened: Connection) -> None:
    """Close the connection, and end an ssh that does not end by that."""
    process = opened.process
    assert process.stdin is not None and process.stdout is not None
    with contextlib.suppress(OSError):
        process.stdin.close()
    # Popen.wait(2) would look now and then, and be late by some hundredths of a second.
    impatience = threading.Timer(2, process.terminate)
    impatience.daemon = True
    impatience.start()
    try:
        process.wait()
    finally:
        impatience.cancel()
        process.stdout.close()
        opened.errors.close()

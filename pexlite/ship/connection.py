"""A connection to a host: one ssh, the program that it starts there, and lines of JSON both ways.

ssh is OpenSSH's, with the user's own configuration, and asks on the terminal itself whatever it has to ask. The
command on the host is one fixed text, whoever's login shell reads it; all else goes through stdin.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import threading
import zlib
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from pexlite.errors import HostError
from pexlite.files.programs import find_program
from pexlite.ship import ahead
from pexlite.ship.command import COMMAND
from pexlite.ship.destination import Destination
from pexlite.ship.refusals import refusal
from pexlite.ship.ssh import Ssh, start
from pexlite.ship.travelling import program

_MARKER_WITHIN = 1 << 20  # bytes of what a shell's own files may print
_LONGEST_LINE = 1 << 24
_MOST_SAID = 1 << 25  # bytes of a line once it is inflated


@dataclass
class Connection:
    """A running ssh, and the bytes that have gone through it."""

    destination: Destination
    process: Ssh
    mark: str
    sent: int = 0
    received: int = 0
    _told: tuple[int, int] = (0, 0)
    _is_marked: bool = field(default=False, repr=False)

    def say(self, said: Mapping[str, Any], more: str = "") -> None:
        """Send a line, with `more` behind it for a shell."""
        # There it is read as an expression of Python's: two letters of one character above U+FFFF would stay two.
        text = json.dumps(said, separators=(",", ":"), ensure_ascii=False)
        line = b2a_base64(zlib.compress(text.encode("utf-8", "surrogatepass")), newline=False)
        self.send([line + more.encode() + b"\n"])

    def send(self, pieces: Iterable[bytes]) -> None:
        """Send bytes. A connection that has ended is told by the next `hear`."""
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
        if len(line) >= _LONGEST_LINE:
            raise self._senseless("a line without an end")
        if not line.endswith(b"\n"):
            raise self.ended()
        try:
            # A little that is sent may inflate to what no memory holds.
            inflater = zlib.decompressobj()
            said = json.loads(inflater.decompress(a2b_base64(line), _MOST_SAID))
        except (ValueError, zlib.error, RecursionError):
            raise self._senseless(repr(line[:60])) from None
        if not isinstance(said, dict) or not inflater.eof:
            raise self._senseless(repr(line[:60]))
        return said

    def passed(self) -> tuple[int, int]:
        """The bytes that were sent, and received, since this was asked last."""
        before, self._told = self._told, (self.sent, self.received)
        return self.sent - before[0], self.received - before[1]

    def has_answered(self, seconds: float) -> bool:
        """Whether something has come, or comes within so many seconds."""
        if os.name != "posix":
            return False  # only sockets can be waited for
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def line(self) -> bytes:
        """The host's next line; empty where the connection has ended."""
        if not self._is_marked:
            self._find_mark()
        return self._line()

    def close_stdin(self) -> None:
        """Say that no more bytes come."""
        with contextlib.suppress(OSError):
            self.process.stdin.close()

    def ended(self) -> HostError:
        """The error that the connection has ended, with what ssh said of it."""
        self.close_stdin()
        code = self.wait()
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

    def wait(self) -> int:
        """The code of ssh, which is ended where it does not end by itself."""
        # Popen.wait(2) would look now and then, and be late by some hundredths of a second.
        impatience = threading.Timer(2, self.process.terminate)
        impatience.daemon = True
        impatience.start()
        try:
            return self.process.wait()
        finally:
            impatience.cancel()

    def _senseless(self, what: str) -> HostError:
        self.process.terminate()
        return HostError(f"{self.destination.host} gave an answer that makes no sense", causes=[what])

    def said(self) -> list[str]:
        """The lines that ssh, and the program there, wrote on stderr."""
        self.process.join_errors(1)
        lines = self.process.errors.decode("utf-8", "replace").splitlines()
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
        line = self.process.stdout.readline(_LONGEST_LINE)
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
    found = ahead.take(str(destination.host)) if destination.port is None else None
    sent = len(program()) if found else 0
    if found is None:
        ssh = find_program("ssh")
        if ssh is None:
            raise HostError("ssh cannot be run: it is not on PATH", hint="install OpenSSH's client")
        try:
            found = start([str(ssh), "-T", *destination.words, COMMAND])
        except OSError as problem:
            raise HostError(f"ssh cannot be run: {problem.strerror or problem}") from problem
    found.watch_errors()
    opened = Connection(destination, found, f"pexlite:{os.urandom(8).hex()}", sent)
    if not sent:
        opened.send([program()])
    return opened


def _end(opened: Connection) -> None:
    """Close the connection, and end an ssh that does not end by that."""
    opened.close_stdin()
    opened.wait()
    opened.process.stdout.close()

"""Download a lock's files into the store, many at once, each checked against its digests as it comes."""

from __future__ import annotations

import contextlib
import functools
import shutil
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    SSLError,
)

from pexlite.addresses import mask
from pexlite.errors import FetchError, HashMismatch, PexliteError
from pexlite.model import IndexSettings, Progress, Report, Wheel
from pexlite.network.credentials import without_credentials
from pexlite.network.http import Answer, Connections
from pexlite.parallel import Stop, run_all
from pexlite.pylock.artifact import Remote
from pexlite.resolve.build_wheel import download
from pexlite.store.store import Incoming, Store

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

Result = TypeVar("Result")
_WORKERS = 16
_CHUNK = 1 << 17
_TRY_AGAIN = frozenset({408, 425, 429})
_LONGEST_PAUSE = 30.0  # seconds, whatever the server asks for


class _InterruptedError(Exception):
    """An attempt failed in a way that the next may not; the message says how."""

    def __init__(self, message: str, pause: float | None = None, *, unreachable: bool = False) -> None:
        super().__init__(message)
        self.pause = pause
        self.unreachable = unreachable


class Downloads:
    """The downloads of one run: their connections and their progress."""

    def __init__(self, store: Store, settings: IndexSettings, report: Report) -> None:
        self._store = store
        self._settings = settings
        self._report = report
        self._stop = Stop()
        self._connections = Connections(settings)
        self._lock = threading.Lock()
        self._open: set[BaseHTTPResponse] = set()
        self._unreachable: dict[str, str] = {}
        self._received = 0

    def wheels(self, remotes: Sequence[Remote]) -> list[Wheel | PexliteError]:
        """For each of `remotes` its wheel, now in the store, or the error that prevented it."""
        return self._all(remotes, lambda remote, incoming: self._store.admit(incoming, remote.filename))

    def files(self, remotes: Sequence[Remote], directory: Path) -> list[Path | PexliteError]:
        """For each of `remotes` its file, in a new directory under `directory`, or the error that prevented it."""

        def keep(remote: Remote, incoming: Incoming) -> Path:
            place = Path(tempfile.mkdtemp(dir=directory)) / remote.filename
            shutil.copyfile(incoming.path, place)
            return place

        return self._all(remotes, keep)

    def _all(
        self, remotes: Sequence[Remote], finish: Callable[[Remote, Incoming], Result]
    ) -> list[Result | PexliteError]:
        if not remotes:
            return []
        sizes = [remote.size for remote in remotes]
        total = None if None in sizes else sum(size for size in sizes if size)
        words = f"{len(remotes)} file{'s' if len(remotes) > 1 else ''}"
        self._received = 0
        # The largest first, so that none of them is left for the end.
        order = sorted(range(len(remotes)), key=lambda number: -(sizes[number] or 0))
        results = run_all(
            [functools.partial(self._one, remotes[number], finish) for number in order],
            workers=_WORKERS,
            stop=self._stop,
            watch=lambda: self._report(Progress("fetch", words, self._received, total)),
            interrupt=self._hang_up,
        )
        ordered = dict(zip(order, results, strict=True))
        return [ordered[number] for number in range(len(remotes))]

    def _one(self, remote: Remote, finish: Callable[[Remote, Incoming], Result]) -> Result:
        """Download `remote`, trying as often as the settings allow; return what `finish` makes of it.

        Raises FetchError.
        """
        failures = 0
        while True:
            self._stop.check()
            self._check_reachable(remote)
            try:
                with self._store.incoming(remote.hashes) as incoming:
                    self._receive(remote, incoming)
                    check(remote, incoming)
                    return finish(remote, incoming)
            except _InterruptedError as problem:
                self._count(-incoming.size)
                failures += 1
                if failures > self._settings.retries:
                    self._give_up(remote, problem)
                pause = problem.pause if problem.pause is not None else 0.2 * 2**failures
                self._stop.wait(min(pause, _LONGEST_PAUSE))

    def _receive(self, remote: Remote, incoming: Incoming) -> None:
        if remote.path is not None:
            self._copy(remote, remote.path, incoming)
            return
        with self._answer(remote) as answer:
            status = answer.response.status
            if status in (401, 403) and self._settings.keyring_provider not in (None, "disabled"):
                self._through_keyring(remote, incoming)
            elif status != 200:
                raise _refused(remote, answer)
            else:
                self._stream(remote, answer.response, incoming)

    @contextlib.contextmanager
    def _answer(self, remote: Remote) -> Iterator[Answer]:
        """The server's answer; if the connection breaks within the context, that becomes an _InterruptedError."""
        try:
            answer = self._connections.get(remote.url)
            with self._lock:
                self._open.add(answer.response)
            try:
                yield answer
            finally:
                with self._lock:
                    self._open.discard(answer.response)
                # A response read to its end has given its connection back by now; another one's is of no use.
                answer.response.close()
        except (HTTPError, ssl.SSLError, ConnectionError, TimeoutError) as problem:
            self._stop.check()
            raise _broken(remote, problem) from problem

    def _stream(self, remote: Remote, response: BaseHTTPResponse, incoming: Incoming) -> None:
        for chunk in response.stream(_CHUNK, decode_content=False):
            self._stop.check()
            incoming.write(chunk)
            self._count(len(chunk))
            if remote.size is not None and incoming.size > remote.size:
                break
        whole = remote.size if remote.size is not None else _declared(response)
        if whole is not None and incoming.size < whole:
            raise _InterruptedError(f"the connection ended after {incoming.size} of {whole} bytes")

    def _copy(self, remote: Remote, path: Path, incoming: Incoming) -> None:
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    self._stop.check()
                    incoming.write(chunk)
                    self._count(len(chunk))
        except FileNotFoundError as problem:
            raise FetchError(
                f"{remote.filename} is not there any more", causes=[f"the lock says it lies at {path}"]
            ) from problem
        except (PermissionError, IsADirectoryError) as problem:
            raise FetchError(f"{path} cannot be read: {problem.strerror}") from problem

    def _through_keyring(self, remote: Remote, incoming: Incoming) -> None:
        """Let pip, which asks the keyring, download `remote`."""
        with tempfile.TemporaryDirectory(prefix="pexlite-keyring-") as scratch:
            wanted = f"{remote.project} @ {without_credentials(remote.url)}"
            found = download(wanted, Path(scratch), self._settings)
            self._copy(remote, found, incoming)

    def _check_reachable(self, remote: Remote) -> None:
        """Raise FetchError if another file has already waited in vain for the same server."""
        reason = self._unreachable.get(_server(remote))
        if reason is not None and remote.path is None:
            raise FetchError(f"{remote.filename} was not fetched: {reason}", hint=_UNREACHABLE_HINT)

    def _give_up(self, remote: Remote, problem: _InterruptedError) -> None:
        if problem.unreachable:
            self._unreachable[_server(remote)] = str(problem)
        tries = self._settings.retries + 1
        raise FetchError(
            f"{remote.filename} was not fetched: {problem}",
            causes=[f"tried {tries} times from {without_credentials(remote.url)}"],
            hint=_UNREACHABLE_HINT if problem.unreachable else "try again later; files that did arrive are kept",
        ) from problem

    def _count(self, size: int) -> None:
        with self._lock:
            self._received += size

    def _hang_up(self) -> None:
        """Wake up the threads that wait for a server."""
        with self._lock:
            waiting = list(self._open)
        for response in waiting:
            # urllib3 has this from 2.3 on; before, they wake up when the connection times out.
            shutdown = getattr(response, "shutdown", None)
            if shutdown is not None:
                with contextlib.suppress(OSError, ValueError, AttributeError):
                    shutdown()


_UNREACHABLE_HINT = "check the network, the proxy (PIP_PROXY) and the index settings (pip config list)"


def check(remote: Remote, incoming: Incoming) -> None:
    """Raise HashMismatch, or FetchError for the size, unless `incoming` has the bytes that the lock names."""
    for algorithm, expected in sorted(remote.hashes.items()):
        got = incoming.hexdigest(algorithm)
        if got != expected:
            raise HashMismatch(
                f"{remote.filename} is not the file that the lock names",
                causes=[f"expected {algorithm} {expected}", f"got      {algorithm} {got}"],
                hint="lock again if it was published anew; if not, somebody has changed it on the way",
            )
    if remote.size is not None and incoming.size != remote.size:
        raise FetchError(
            f"{remote.filename} has another size than the lock says",
            causes=[f"expected {remote.size} bytes", f"got {incoming.size} bytes"],
            hint="lock again",
        )


def _broken(remote: Remote, problem: Exception) -> Exception:
    """The error for a failed connection: _InterruptedError if another try is worthwhile, else FetchError."""
    reason = problem.reason if isinstance(problem, MaxRetryError) and problem.reason else problem
    host = _server(remote)
    if isinstance(reason, (SSLError, ssl.SSLError)) and "CERTIFICATE_VERIFY_FAILED" in str(reason):
        return FetchError(
            f"{remote.filename} was not fetched: the certificate of {host} is not trusted",
            causes=[mask(str(reason))],
            hint="PIP_CERT=FILE names the authorities to trust; --trusted-host HOST does without",
        )
    if isinstance(reason, LocationParseError):
        return FetchError(f"{remote.filename} was not fetched: {mask(remote.url)} is no web address")
    if isinstance(reason, ProxyError):
        return _InterruptedError(f"the proxy does not answer for {host}", unreachable=True)
    if isinstance(reason, NameResolutionError):
        return _InterruptedError(f"no address is known for {host}", unreachable=True)
    if isinstance(reason, (NewConnectionError, ConnectTimeoutError)):
        return _InterruptedError(f"{host} does not answer", unreachable=True)
    return _InterruptedError(f"the connection to {host} broke ({type(reason).__name__})")


def _refused(remote: Remote, answer: Answer) -> Exception:
    """The error for a status other than 200: _InterruptedError if another try is worthwhile, else FetchError."""
    status, where = answer.response.status, answer.url
    if status in _TRY_AGAIN or status >= 500:
        wish = answer.response.headers.get("Retry-After", "")
        return _InterruptedError(f"the server answered {status}", float(wish) if wish.isdecimal() else None)
    if status in (401, 403):
        said = "refuses the credentials it was given" if answer.authorized else "wants credentials and got none"
        return FetchError(
            f"{remote.filename} was not fetched: {_server(remote)} {said}",
            causes=[f"status {status} for {where}"],
            hint="put them into the index URL (https://user:password@host/…), into netrc, "
            "or into a keyring (PIP_KEYRING_PROVIDER=subprocess)",
        )
    hint = "lock again: it may have been removed" if status in (404, 410) else None
    return FetchError(
        f"{remote.filename} was not fetched: the server answered {status}", causes=[f"for {where}"], hint=hint
    )


def _declared(response: BaseHTTPResponse) -> int | None:
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _server(remote: Remote) -> str:
    return without_credentials(remote.url).partition("://")[2].partition("/")[0]

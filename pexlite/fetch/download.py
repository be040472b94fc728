"""Downloads of a lock's files into the store, many at once, each checked against its digests as it arrives."""

from __future__ import annotations

import functools
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from pexlite.errors import FetchError, HashMismatch, PexliteError
from pexlite.model import IndexSettings, Progress, Report, Wheel
from pexlite.network.credentials import shown_server, without_credentials
from pexlite.network.failures import (
    UNREACHABLE_HINT,
    AccessRefusedError,
    AttemptError,
    ExhaustedError,
    GoneError,
    NoContentError,
    UnreachableError,
    attempts,
)
from pexlite.network.http import Answer, Connections, Limit
from pexlite.parallel import Stop, run_all
from pexlite.pylock.artifact import Remote
from pexlite.sources.build_wheel import download
from pexlite.store.store import Incoming, Store

Result = TypeVar("Result")
_WORKERS = 16
_CHUNK = 1 << 17
_LARGEST = Limit(1 << 34)  # bytes of a file whose size the lock does not give
# Hints for a file that somebody has named.
_HINTS = {
    GoneError: "{again}; it may have been removed",
    ExhaustedError: "try again later; files that did arrive are kept",
}


class Downloads:
    """The downloads of one run, with their connections and progress."""

    def __init__(self, store: Store, settings: IndexSettings, report: Report) -> None:
        self._store = store
        self._settings = settings
        self._report = report
        self._stop = Stop()
        self._connections = Connections(settings)
        self._lock = threading.Lock()
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
        # The largest first, so that no thread ends alone with a large one.
        order = sorted(range(len(remotes)), key=lambda number: -(sizes[number] or 0))
        results = run_all(
            [functools.partial(self._one, remotes[number], finish) for number in order],
            workers=_WORKERS,
            stop=self._stop,
            watch=lambda: self._report(Progress("fetch", words, self._received, total)),
            interrupt=self._connections.hang_up,
        )
        ordered = dict(zip(order, results, strict=True))
        return [ordered[number] for number in range(len(remotes))]

    def _one(self, remote: Remote, finish: Callable[[Remote, Incoming], Result]) -> Result:
        """Download `remote`, with as many attempts as the settings allow; return the result of `finish`.

        Raises FetchError.
        """
        address = without_credentials(remote.url)
        try:
            return attempts(
                lambda: self._attempt(remote, finish), address, self._settings.retries, self._stop.wait
            )
        except NoContentError as problem:
            if isinstance(problem, UnreachableError):
                self._unreachable[shown_server(remote.url)] = str(problem)
            hint = _HINTS.get(type(problem))
            raise problem.of(remote.filename, hint and hint.format(again=remote.teller.again)) from problem

    def _attempt(self, remote: Remote, finish: Callable[[Remote, Incoming], Result]) -> Result:
        self._stop.check()
        self._check_reachable(remote)
        with self._store.incoming(remote.hashes) as incoming:
            try:
                self._receive(remote, incoming)
            except AttemptError:
                # When this side hangs up, a broken connection is no failure of the server.
                self._stop.check()
                self._count(-incoming.size)
                raise
            check(remote, incoming)
            return finish(remote, incoming)

    def _receive(self, remote: Remote, incoming: Incoming) -> None:
        if remote.path is not None:
            self._copy(remote, remote.path, incoming)
            return
        try:
            with self._connections.open(remote.url) as answer:
                answer.check()
                self._stream(remote, answer, incoming)
        except AccessRefusedError:
            if self._settings.keyring_provider in (None, "disabled"):
                raise
            self._through_keyring(remote, incoming)

    def _stream(self, remote: Remote, answer: Answer, incoming: Incoming) -> None:
        for piece in answer.pieces(_LARGEST, remote.size):
            self._stop.check()
            incoming.write(piece)
            self._count(len(piece))
            if remote.size is not None and incoming.size > remote.size:
                break  # `check` will report the size

    def _copy(self, remote: Remote, path: Path, incoming: Incoming) -> None:
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    self._stop.check()
                    incoming.write(chunk)
                    self._count(len(chunk))
        except FileNotFoundError as problem:
            raise FetchError(
                f"{remote.filename} is not there any more", causes=[f"{remote.teller.name} says it lies at {path}"]
            ) from problem
        except (PermissionError, IsADirectoryError) as problem:
            raise FetchError(f"{path} cannot be read: {problem.strerror}") from problem

    def _through_keyring(self, remote: Remote, incoming: Incoming) -> None:
        """Let pip, which can use the keyring, download `remote`."""
        with tempfile.TemporaryDirectory(prefix="pexlite-keyring-") as scratch:
            wanted = f"{remote.project} @ {without_credentials(remote.url)}"
            found = download(wanted, Path(scratch), self._settings)
            self._copy(remote, found, incoming)

    def _check_reachable(self, remote: Remote) -> None:
        """Raise FetchError if another file has already waited in vain for the same server."""
        reason = self._unreachable.get(shown_server(remote.url))
        if reason is not None and remote.path is None:
            raise FetchError(f"{remote.filename} was not fetched: {reason}", hint=UNREACHABLE_HINT)

    def _count(self, size: int) -> None:
        with self._lock:
            self._received += size


def check(remote: Remote, incoming: Incoming) -> None:
    """Raise HashMismatch, for a digest or the size, unless `incoming` has the bytes that are named."""
    teller = remote.teller
    hint = f"{teller.again} if it was published anew; if not, somebody has changed it on the way"
    for algorithm, expected in sorted(remote.hashes.items()):
        got = incoming.hexdigest(algorithm)
        if got != expected:
            raise HashMismatch(
                f"{remote.filename} is not the file that {teller.name} names",
                causes=[f"expected {algorithm} {expected}", f"got      {algorithm} {got}"],
                hint=hint,
            )
    if remote.size is not None and incoming.size != remote.size:
        raise HashMismatch(
            f"{remote.filename} has another size than {teller.name} says",
            causes=[f"expected {remote.size} bytes", f"got {incoming.size} bytes"],
            hint=hint,
        )

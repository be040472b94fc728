"""An ssh that is running: its pipes, the last words on its stderr, and its end.

Where the system has `posix_spawn`, nothing is imported to start it: a push begins with it, and all else that
pexlite imports then takes no time of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import BinaryIO

_LAST_WORDS = 1 << 13  # bytes of stderr that are kept: a host may write without end


class Ssh:
    """A running ssh."""

    def __init__(self, pipes: Sequence[int], wait: Callable[[], int], terminate: Callable[[], None]) -> None:
        self.stdin: BinaryIO = os.fdopen(pipes[0], "wb")
        self.stdout: BinaryIO = os.fdopen(pipes[1], "rb")
        self.errors = b""
        """The end of what it wrote on stderr, once it has ended."""
        self._stderr = pipes[2]
        self._wait, self._terminate = wait, terminate
        self._code: int | None = None
        self._reader: object = None

    def watch_errors(self) -> None:
        """Begin to read what it writes on stderr, so that it never waits for a reader."""
        import threading

        if self._reader is None:
            self._reader = threading.Thread(target=self._read_errors, daemon=True)
            self._reader.start()

    def wait(self) -> int:
        """Wait for its end; return its exit code, or the number of a signal below zero."""
        if self._code is None:
            self._code = self._wait()
        return self._code

    def join_errors(self, seconds: float) -> None:
        """Wait until all that was written on stderr is read; a process that ssh left behind may hold it."""
        self._reader.join(seconds)  # type: ignore[attr-defined]

    def terminate(self) -> None:
        """Have it end."""
        if self._code is None:
            self._terminate()

    def _read_errors(self) -> None:
        try:
            while True:
                piece = os.read(self._stderr, 1 << 16)
                if not piece:
                    break
                self.errors = (self.errors + piece)[-_LAST_WORDS:]
        finally:
            os.close(self._stderr)


def start(command: Sequence[str]) -> Ssh:
    """Start `command`, whose first word is the path of ssh. Raises OSError."""
    return _spawned(command) if hasattr(os, "posix_spawn") else _popened(command)


def _spawned(command: Sequence[str]) -> Ssh:
    import _signal  # type: ignore[import-not-found]  # `signal` takes as long as to start the process

    ends = [os.pipe() for _ in range(3)]
    theirs = (ends[0][0], ends[1][1], ends[2][1])
    ours = (ends[0][1], ends[1][0], ends[2][0])
    try:
        actions = [(os.POSIX_SPAWN_DUP2, end, number) for number, end in enumerate(theirs)]
        # Python ignores these two signals, and what is ignored stays so in another program.
        usual = [getattr(_signal, name) for name in ("SIGPIPE", "SIGXFSZ") if hasattr(_signal, name)]
        number = os.posix_spawn(command[0], list(command), os.environ, file_actions=actions, setsigdef=usual)
    except OSError:
        for end in ours:
            os.close(end)
        raise
    finally:
        for end in theirs:
            os.close(end)

    def terminate() -> None:
        try:
            os.kill(number, _signal.SIGTERM)
        except ProcessLookupError:
            return  # it has ended

    return Ssh(ours, lambda: os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]), terminate)


def _popened(command: Sequence[str]) -> Ssh:
    import subprocess

    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin and process.stdout and process.stderr
    pipes = [os.dup(pipe.fileno()) for pipe in (process.stdin, process.stdout, process.stderr)]
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe.close()
    return Ssh(pipes, process.wait, process.terminate)

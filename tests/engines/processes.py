"""Processes of a cluster: their output is kept in files, and none of them outlives its test."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 300
"""Seconds, on a busy machine."""


@dataclass
class Processes:
    """The processes that one test has started."""

    started: list[tuple[subprocess.Popen[bytes], Path]] = field(default_factory=list)

    def start(self, words: Sequence[object], log: Path, cwd: Path, environment: Mapping[str, str]) -> Path:
        """Start a process in a session of its own, and return the file with all that it says."""
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(word) for word in words],
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append((process, log))
        return log

    def said(self, log: Path, pattern: str) -> str:
        """The text in `log` that matches, as soon as it is there; all processes have to run until then."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = re.search(pattern, log.read_text(errors="replace"))
            if found:
                return found.group(0)
            for process, output in self.started:
                assert process.poll() is None, f"a process has ended:\n{output.read_text(errors='replace')}"
            time.sleep(0.2)
        raise AssertionError(f"{pattern!r} was never said:\n{log.read_text(errors='replace')}")

    def stop(self) -> None:
        """Stop them, the last one first, and kill the sessions of what stays."""
        for process, _ in reversed(self.started):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        end = time.monotonic() + 15
        for process, _ in reversed(self.started):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0, end - time.monotonic()))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def processes() -> Iterator[Processes]:
    """Processes that end with the block."""
    found = Processes()
    try:
        yield found
    finally:
        found.stop()

"""One Python of one machine: files are put into its user's home and started there."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.programs.machines.files import Files
from tests.programs.machines.inside import HOME, Done, Inside
from tests.programs.machines.machine import Machine, Python

APP_CODE = 7
"""The exit code with which the application ends where all is well."""


class NotAsExpectedError(Exception):
    """A row's start did something else than it should."""


class NotHereError(Exception):
    """A row cannot be tried on this Python, and why."""


@dataclass(frozen=True)
class Visit:
    """The place of one journey: `inside` has a home of its own."""

    machine: Machine
    python: Python
    inside: Inside
    files: Files

    @property
    def home(self) -> Path:
        """The user's home as this machine sees it."""
        assert self.inside.home is not None
        return self.inside.home

    def put(self, file: Path, name: str = "") -> str:
        """Copy a built file into the home and return its path inside."""
        name = name or file.name
        shutil.copy2(file, self.home / name)
        subprocess.run(["chown", "--reference", self.home, self.home / name], check=True)
        return f"{HOME}/{name}"

    def root(self, name: str) -> Path:
        """The cache `name` as this machine sees it."""
        return self.home / name

    def start(self, words: Sequence[str], root: str, seconds: float = 300, **variables: str) -> Done:
        """Run the words with the cache `root` below the home."""
        return self.inside.run(words, {"PEX_ROOT": f"{HOME}/{root}", **variables}, directory=HOME, seconds=seconds)

    def app(self, file: str, *arguments: str, root: str, **variables: str) -> object:
        """The application's answer, started by the machine's Python. Raises NotAsExpectedError."""
        return told(self.start([self.python.program, file, *arguments], root, 300, **variables))

    def with_bits(self, bits: str) -> Visit:
        return replace(self, inside=replace(self.inside, bits=bits))


def told(done: Done, complaint: str = "") -> object:
    """The JSON that the application printed. Nothing but `complaint` may stand on stderr."""
    if done.code != APP_CODE:
        raise NotAsExpectedError(f"exit code {done.code}: {last_words(done)}")
    if complaint not in done.complained or (not complaint and done.complained):
        raise NotAsExpectedError(f"it said: {last_words(done)}")
    try:
        return json.loads(done.printed)
    except ValueError:
        raise NotAsExpectedError(f"it printed {done.printed[:200]!r}") from None


def expect(found: object, wanted: object, what: str) -> None:
    """Raise NotAsExpectedError unless both are the same."""
    if found != wanted:
        raise NotAsExpectedError(f"{what}: {found!r} instead of {wanted!r}")


def last_words(done: Done) -> str:
    lines = (done.complained.strip() or done.printed.strip() or "not a word").splitlines()
    return " | ".join(lines[-3:])[-400:]

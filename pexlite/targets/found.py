"""Every Python of this machine, asked for its facts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pexlite.errors import TargetError
from pexlite.model import Target
from pexlite.parallel import each
from pexlite.targets.asking import ask_program, target_of
from pexlite.targets.places import PLACES
from pexlite.targets.wanted import word_for

_SECONDS_TO_ANSWER = 10
_RUNNING = "runs pexlite"


@dataclass(frozen=True)
class FoundPython:
    """A Python of this machine."""

    python: str
    """The word for `--python`: "3.12.4", "3.13.0t", "pypy3.11"."""
    path: Path
    place: str
    """Where it was found: "PATH", "pyenv", "uv", …"""
    version: str
    implementation: str
    """As Python calls it: "CPython"."""
    tag: str
    """As in wheel tags: "cp312"."""


def pythons_here() -> tuple[FoundPython, ...]:
    """The Pythons here on which files of pexlite run, newest first; what does not answer is none of them.

    A version manager's shims, links and names of one Python count once, a virtual environment by itself.
    """
    candidates = [(_RUNNING, Path(sys.executable))]
    candidates += [(place.name, path) for place in PLACES for path in place.programs()]
    once = {_identity(path): (place, path) for place, path in reversed(candidates)}
    jobs: list[Callable[[], _Answered | None]] = [partial(_ask, *found) for found in reversed(once.values())]
    answered = [answer for answer in each(jobs) if answer is not None]
    # A shim runs another program, which most often is found as well: that one is more to the point.
    answered.sort(key=lambda answer: answer.is_shim)
    unique = {answer.identity: answer for answer in reversed(answered)}
    return tuple(_found(answer) for answer in sorted(unique.values(), key=_newest_first))


def in_words(found: Sequence[FoundPython]) -> list[str]:
    """The words for `found`, each once: ["3.13.0", "3.12.1", "pypy3.10"]."""
    return list(dict.fromkeys(each.python for each in found))


@dataclass(frozen=True)
class _Answered:
    place: str
    path: Path
    executable: Path
    """The Python itself: `path` may be a shim, which runs it."""
    version: tuple[int, ...]
    target: Target

    @property
    def is_shim(self) -> bool:
        return self.path.resolve() != self.executable.resolve()

    @property
    def identity(self) -> tuple[Path, Path | None]:
        return _identity(self.executable)


def _identity(program: Path) -> tuple[Path, Path | None]:
    """The program at the end of all links, and the virtual environment that `program` is of, if it is of one."""
    environment = program.parent.parent
    return program.resolve(), environment.resolve() if (environment / "pyvenv.cfg").exists() else None


def _ask(place: str, path: Path) -> _Answered | None:
    try:
        answer = ask_program(path, _SECONDS_TO_ANSWER)
        target = target_of(answer, path)
    except TargetError:
        return None
    return _Answered(place, path, Path(answer["executable"] or path), answer["version"], target)


def _newest_first(answer: _Answered) -> tuple[str, list[int], bool, str]:
    """The order to show Pythons in: CPython before PyPy, newer before older."""
    python = answer.target.python
    return python[:2], [-number for number in answer.version], python.endswith("t"), str(answer.path)


def _found(answer: _Answered) -> FoundPython:
    environment = answer.target.environment
    return FoundPython(
        python=word_for(answer.target),
        path=answer.path,
        place=answer.place,
        version=environment["python_full_version"],
        implementation=environment["platform_python_implementation"],
        tag=answer.target.python,
    )

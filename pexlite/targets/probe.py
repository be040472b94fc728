"""A Python's facts as a file: `pexlite probe` writes it, for this or another machine; `--target` reads it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pexlite.errors import HostError, TargetError, UsageError
from pexlite.files.programs import find_program
from pexlite.model import Target
from pexlite.targets.answer import checked_answer
from pexlite.targets.asking import answer_in, ask_program, put_question, target_of
from pexlite.targets.complete_platform import complete_platform, is_complete_platform
from pexlite.targets.interpreters import is_like_a_python, named_target, running_target

_FORMAT = 1
_SECONDS_TO_ANSWER = 60
# someone@host.example, ssh://someone@host.example:2222, an alias of ssh's configuration; and no option of ssh's
_HOST = re.compile(r"(?:ssh://)?(?:\w[\w.+-]*@)?[\w\[:][\w.:\[\]%-]*")


def probe_python(place: str, python: str | None = None) -> str:
    """The facts of the Python at `place`, as JSON for `read_target`.

    `place` is an interpreter as in `--python`, "" for the running one, or a host as ssh takes it, on which
    `python` (python3 by default) is asked. Raises TargetError for a Python that files do not run on, HostError
    where no answer comes, UsageError where `python` is given without a host.
    """
    if _is_host(place):
        answer = _ask_host(place, python or "python3")
    elif python is not None:
        raise UsageError(
            f"--python {python} is the Python to ask on a host, and no host is named",
            hint=f"to ask one here: pexlite probe {python}",
        )
    else:
        target = _named(place) if place else running_target()
        assert target.interpreter
        answer = ask_program(target.interpreter)
    target_of(answer, None)
    return json.dumps({"pexlite_target": _FORMAT, **answer}, indent=2) + "\n"


def host_target(host: str) -> Target:
    """The Target of python3 on a host, as ssh names it. Raises HostError where no answer comes, TargetError."""
    return target_of(_ask_host(host, "python3"), None)


def read_target(file: Path) -> Target:
    """The Target in a `file` written by `pexlite probe`, or by pex as a complete platform; it has no interpreter.

    Raises TargetError.
    """
    try:
        said = _object_in(file.read_text(encoding="utf-8"))
        if is_complete_platform(said):
            return complete_platform(said)
        if said.get("pexlite_target") != _FORMAT:
            raise ValueError("it was not written by pexlite probe, or by a newer one")
        return target_of(checked_answer(said), None)
    except OSError as problem:
        raise TargetError(
            f"the target {file} cannot be read: {(problem.strerror or str(problem)).lower()}",
            hint=f"write it on the machine it is for: pexlite probe -o {file.name}",
        ) from problem
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as problem:
        raise TargetError(
            f"{file} describes no target: {problem}",
            hint=f"write it on the machine it is for: pexlite probe -o {file.name}",
        ) from problem


def _object_in(text: str) -> Mapping[str, Any]:
    """The one JSON object in `text`. Raises ValueError."""
    try:
        said = json.loads(text)
    except json.JSONDecodeError as problem:
        writes = "pex3 interpreter inspect --markers --tags writes one"
        raise ValueError(f"it is not one JSON object ({problem}); {writes}") from problem
    if not isinstance(said, dict):
        raise ValueError("it is no JSON object; of several targets each has a file of its own")
    return said


def _is_host(place: str) -> bool:
    """Whether `place` is a host: by its form, or because it looks like no Python, as an ssh alias."""
    if place.startswith("ssh://"):
        return True
    if not place or os.sep in place or (os.altsep and os.altsep in place):
        return False
    return "@" in place or not is_like_a_python(place)


def _named(place: str) -> Target:
    """The Target of the interpreter at `place`. Raises TargetError in the words of `pexlite probe`."""
    try:
        return named_target(place, running_target())
    except TargetError as problem:
        raise TargetError(
            problem.message,
            causes=problem.causes,
            hint="name one that is here: pexlite probe /usr/bin/python3; or a host: pexlite probe USER@HOST",
        ) from problem


def _ask_host(host: str, python: str) -> Mapping[str, Any]:
    """The answer of `python` on `host`. Raises HostError where none comes."""
    if not _HOST.fullmatch(host) or not re.fullmatch(r"[\w./~+-]+", python) or python.startswith("-"):
        raise TargetError(
            f"{host!r} with {python!r} is no host to ask",
            hint="write it as ssh does: pexlite probe user@host.example",
        )
    ssh = find_program("ssh")
    if ssh is None:
        raise HostError("ssh cannot be run: it is not on PATH", hint="install OpenSSH's client")
    # BatchMode: else ssh would wait for ever for a password, its prompt hidden by the progress display.
    command = [str(ssh), "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15", host, f"{python} -I -S -"]
    try:
        done = put_question(command, _SECONDS_TO_ANSWER)
    except subprocess.TimeoutExpired as problem:
        raise HostError(f"{host} did not answer within {_SECONDS_TO_ANSWER} seconds") from problem
    except OSError as problem:
        raise HostError(
            f"ssh cannot be run: {problem.strerror or problem}", hint="install OpenSSH's client"
        ) from problem
    try:
        return answer_in(done)
    except ValueError as problem:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        hint = f"try by hand: ssh {host} {python} --version; another Python there: --python python3.11"
        if Path(host).exists():
            hint += f"; for the Python that lies here: pexlite probe ./{host}"
        raise HostError(
            f"{host} does not say what it can run", causes=said[-3:] or [str(problem)], hint=hint
        ) from problem

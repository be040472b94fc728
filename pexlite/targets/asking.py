"""Run `ask.py` on an interpreter, and make a Target of its answer."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pexlite.errors import TargetError
from pexlite.model import Libc, Target
from pexlite.targets import ask
from pexlite.targets.answer import checked_answer
from pexlite.targets.facts import Platform, Python, make_target

_SECONDS_TO_ANSWER = 30


def ask_program(program: Path, seconds: float = _SECONDS_TO_ANSWER) -> Mapping[str, Any]:
    """The answer of the interpreter `program` to `ask.py`. Raises TargetError where it gives none in `seconds`."""
    try:
        done = put_question([str(program), "-I", "-S", "-"], seconds)
    except subprocess.TimeoutExpired as problem:
        raise TargetError(f"{program} did not answer within {seconds:g} seconds") from problem
    except OSError as problem:
        raise TargetError(
            f"{program} cannot be run: {problem.strerror or problem}",
            hint="name a file that is a Python for this machine",
        ) from problem
    try:
        return answer_in(done)
    except ValueError as problem:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise TargetError(
            f"{program} is no Python 3 that works: {said[0][:200] if said else problem}",
            hint="name another: --python /path/to/bin/python3.12",
        ) from problem


def put_question(command: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
    """Run `ask.py` by `command`, a Python that reads its program from stdin; return the finished process.

    Raises OSError where it cannot be started, TimeoutExpired where it takes longer than `seconds`.
    """
    return subprocess.run(
        command,
        input=Path(ask.__file__).read_text(encoding="utf-8"),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
        timeout=seconds,
        check=False,
    )


def answer_in(done: subprocess.CompletedProcess[str]) -> Mapping[str, Any]:
    """The answer in an interpreter's output. Raises ValueError where there is none.

    Only the last line counts: a host may print a greeting before it.
    """
    if done.returncode:
        raise ValueError(f"it ended with code {done.returncode}")
    try:
        return checked_answer(json.loads(done.stdout.strip().rpartition("\n")[2]))
    except (KeyError, TypeError) as problem:
        raise ValueError(f"it answers {done.stdout[:80]!r}") from problem


def target_of(answer: Mapping[str, Any], interpreter: Path | None) -> Target:
    """The Target that an `answer` of `ask.py` describes; `interpreter` is its path if it is on this machine.

    Raises TargetError for a Python or platform on which files of pexlite do not run.
    """
    major, minor = answer["version"][:2]
    environment = answer["environment"]
    implementation = environment["implementation_name"]
    prefix = {"cpython": "cp", "pypy": "pp"}.get(implementation)
    if prefix is None or (major, minor) < (3, 6):
        raise TargetError(
            f"{answer['executable']} is {environment['platform_python_implementation']} {major}.{minor}",
            causes=["files of pexlite run on CPython and PyPy from 3.6 on"],
            hint="name another: --python 3.12",
        )
    python = Python(prefix, (major, minor), _abi(answer, prefix, major, minor))
    return make_target(python, _platform(answer), environment, interpreter)


def _abi(answer: Mapping[str, Any], prefix: str, major: int, minor: int) -> str:
    """The ABI tag: "cp311", "cp36m", "cp313t", "pypy39_pp73".

    SOABI is "cpython-36m-x86_64-linux-gnu" or "pypy39-pp73".
    """
    parts = str(answer["soabi"]).split("-")
    if prefix == "pp":
        return "_".join(parts[:2])
    if parts[0] == "cpython" and len(parts) > 1:
        return f"cp{parts[1]}"
    return f"cp{major}{minor}{'t' if answer['free_threaded'] else ''}{'m' if minor < 8 else ''}"


def _platform(answer: Mapping[str, Any]) -> Platform:
    """The Platform for sysconfig's "linux-x86_64", "macosx-11.0-universal2" or "win-amd64"."""
    system, _, rest = str(answer["platform"]).partition("-")
    machine = rest.rpartition("-")[2].replace("-", "_")
    if system == "linux":
        if answer["pointer_bits"] == 32:
            machine = {"x86_64": "i686", "aarch64": "armv7l", "armv8l": "armv7l"}.get(machine, machine)
        told = answer["libc"]
        # Only the leading numbers, of "2.36-custom" for instance: tags know major and minor versions alone.
        numbers = re.match(r"(\d{1,3})\.(\d{1,3})(?!\d)", told[1], re.ASCII) if told else None
        libc = Libc(told[0], (int(numbers[1]), int(numbers[2]))) if numbers else None
        return Platform("linux", machine, libc)
    if system == "macosx":
        # The machine itself: the interpreter may be built for universal2.
        version = [int(part) for part in str(answer["macos"]).split(".")[:2]]
        machine = answer["environment"]["platform_machine"]
        return Platform("macosx", machine, macos=(version[0], version[1] if len(version) > 1 else 0))
    if str(answer["platform"]).startswith("win"):
        return Platform("win", machine or "32")
    raise TargetError(
        f"{answer['executable']} runs on {answer['platform']}, for which pexlite knows no wheels",
        hint="build on and for Linux or macOS",
    )

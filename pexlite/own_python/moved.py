"""A copied Python, moved to another place and run there: it works, leans on nothing outside, and is compiled."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pexlite.errors import TargetError
from pexlite.own_python import compile_library, trial
from pexlite.own_python.libraries import is_of_the_c_library
from pexlite.own_python.prefix import Prefix

_SECONDS = 120
_UV = "take one that can be: --python-from "


@dataclass(frozen=True)
class Moved:
    """The facts that a moved Python has shown."""

    root: Path
    """Where it lies."""
    imported: tuple[str, ...]
    """The modules that a start or many apps import, relative to `root`."""
    failed: Mapping[str, str]
    """Modules that it lacks, with what it says."""


def try_moved(prefix: Prefix, root: Path, word: str, version: str) -> Moved:
    """Move the copy `root` of CPython `version`, and run it there. Raises TargetError where it is not whole."""
    # With a blank, as a home may have one.
    there = root.parent / "moved there"
    root.rename(there)
    answer = _answer(there / prefix.program, word)
    real = str(there)
    if answer["version"] != version:
        raise _cannot_be_moved(word, f"it takes itself for {answer['version']} then", prefix)
    for name in ("prefix", "base_prefix"):
        if answer[name] != real:
            raise _cannot_be_moved(word, f"it takes {answer[name]} for its place wherever it lies", prefix)
    outside = [path for path in answer["mapped"] if not path.startswith(f"{real}/")]
    leaning = [path for path in outside if not is_of_the_c_library(path.rpartition("/")[2])]
    if leaning:
        raise _cannot_be_moved(word, f"it still loads {', '.join(leaning)}", prefix)
    if not all(value.startswith(real) for value in answer["variables"]):
        raise _cannot_be_moved(word, f"sysconfig says {' and '.join(answer['variables'])}", prefix)
    if "zlib" in answer["failed"]:
        raise TargetError(
            f"--python-from {word}: this Python has no zlib, without which no file of pexlite starts",
            causes=[answer["failed"]["zlib"]],
            hint="take one that has it: --python-from " + prefix.of_uv,
        )
    _make_environment(there / prefix.program, there.parent / "an environment", word)
    imported = (path.removeprefix(f"{real}/") for path in answer["imported"] if path.startswith(f"{real}/"))
    return Moved(there, tuple(imported), answer["failed"])


def compile_imported(prefix: Prefix, moved: Moved) -> None:
    """Put the bytecode of what a start imports beside its modules. Raises TargetError."""
    if int(re.sub(r"\D.*", "", prefix.name.partition(".")[2])) < 7:
        return  # no bytecode then that holds without the time of its source
    names = "".join(f"{name}\n" for name in moved.imported)
    command = [moved.root / prefix.program, "-I", "-S", "-B", compile_library.__file__, str(moved.root)]
    done = _run(command, moved.root.parent, names)
    if done.returncode:
        raise TargetError("its standard library cannot be compiled", causes=done.stderr.strip().splitlines()[-3:])


def _answer(program: Path, word: str) -> dict[str, Any]:
    done = _run([program, "-I", "-B", trial.__file__], program.parents[1].parent)
    try:
        said: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise TargetError(
            f"--python-from {word}: moved elsewhere it does not start",
            causes=done.stderr.strip().splitlines()[-3:] or [f"it ends with {done.returncode}"],
            hint="take one that can be moved: --python-from uv",
        ) from None
    return said


def _make_environment(program: Path, place: Path, word: str) -> None:
    """Make a virtual environment of it, and run that."""
    for command in (
        [program, "-I", "-B", "-m", "venv", "--without-pip", str(place)],
        [place / "bin" / "python", "-I", "-B", "-c", "import zlib, encodings, json"],
    ):
        done = _run(command, place.parent)
        if done.returncode:
            raise TargetError(
                f"--python-from {word}: no virtual environment of it works once it is moved",
                causes=done.stderr.strip().splitlines()[-2:],
                hint="take one that can be moved: --python-from uv",
            )


def _run(command: list[Any], directory: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LD_", "SSL_"))}
    try:
        return subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            cwd=directory,
            env={**kept, "PYTHONHASHSEED": "0"},
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise TargetError(f"{command[0]} cannot be run", causes=[str(problem)]) from problem


def _cannot_be_moved(word: str, why: str, prefix: Prefix) -> TargetError:
    return TargetError(f"--python-from {word}: this Python cannot be moved", causes=[why], hint=_UV + prefix.of_uv)

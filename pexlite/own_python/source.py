"""The Python that `--python-from` names: a CPython's prefix on this machine, and the target that it is."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pexlite.errors import TargetError
from pexlite.files.paths import expanded, is_directory, is_file, is_there
from pexlite.model import Target
from pexlite.own_python.prefix import Prefix, prefixes_at
from pexlite.targets.asking import ask_program, target_of

_HINT = "name one that is here: pexlite probe --list, or an archive of one, or uv:3.12"
_WHERE = "import json, sys; print(json.dumps([sys.base_prefix, list(sys.version_info[:2])]))"
_SECONDS_TO_ANSWER = 30


@dataclass(frozen=True)
class PythonSource:
    """A Python that is to go into a file, as it lies here."""

    prefix: Prefix
    name: str
    """The words for where it is from, with no path of this machine."""
    version: str
    """The full version."""
    target: Target
    word: str
    """The word that named it."""
    sha256: str = ""
    """The sha256 of the archive that it came in; "" for a directory."""


def source_of(word: str) -> PythonSource:
    """The Python that `--python-from word` names. Raises TargetError for one that no file could carry."""
    path = expanded(Path(word))
    if not is_there(path):
        raise TargetError(f"--python-from {word}: there is no such file or directory", hint=_HINT)
    program = _program_at(path) if is_directory(path) else path
    if not is_file(program):
        raise TargetError(f"--python-from {word}: there is no bin/python3 in it", hint=_HINT)
    program = Path(os.path.abspath(program))  # noqa: PTH100 - a virtual environment's python is a link
    answer = ask_program(program)
    target = target_of(answer, program)
    if not target.python.startswith("cp"):
        raise TargetError(
            f"--python-from {word}: {target.environment['platform_python_implementation']} cannot be carried, "
            "only CPython",
            hint="name a CPython, or leave the option out: the file will look for a PyPy where it starts",
        )
    prefix = _prefix_of(program, word)
    return PythonSource(prefix, prefix.root.name, str(target.environment["python_full_version"]), target, word)


def _program_at(directory: Path) -> Path:
    for name in ("python3", "python"):
        if is_file(directory / "bin" / name):
            return directory / "bin" / name
    found = prefixes_at(directory)
    return directory / (found[-1].program if found else "bin/python3")


def _prefix_of(program: Path, word: str) -> Prefix:
    """The prefix of the Python behind `program`, which may be in a virtual environment."""
    done = subprocess.run(
        [program, "-I", "-S", "-c", _WHERE],
        capture_output=True,
        text=True,
        timeout=_SECONDS_TO_ANSWER,
        check=False,
    )
    root, (major, minor) = json.loads(done.stdout)
    named = [found for found in prefixes_at(Path(root)) if found.name.rstrip("t") == f"{major}.{minor}"]
    if not named:
        raise TargetError(
            f"--python-from {word}: {root} has no bin/python{major}.{minor} with its standard library beside it",
            hint=_HINT,
        )
    return named[0]

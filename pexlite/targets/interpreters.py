"""The Pythons of this machine: found on PATH by name, and asked for their facts."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from pexlite.errors import TargetError
from pexlite.files.paths import expanded, is_directory, is_file, is_there
from pexlite.files.programs import programs, search_path
from pexlite.model import Target
from pexlite.targets import ask
from pexlite.targets.asking import ask_program, target_of
from pexlite.targets.platforms import NEWEST

_BARE_VERSION = re.compile(r"(?P<name>\d+(?:\.\d+)?)(?:\.\d+)?(?P<threads>t?)")
_PROGRAM = re.compile(r"(?:python|pypy)(?:\d+(?:\.\d+)?t?)?")
# Also misspellings (py312, cp312, 3.x, pyhton3), which are no likely names of hosts.
_LIKE_A_PYTHON = re.compile(r"p[yh]\w*(?:[.-]\w+)*|cp\d+t?|\d+(?:\.[\dx]+){0,2}t?", re.IGNORECASE)


def running_target() -> Target:
    """The Target of the Python that runs pexlite, found out within this process."""
    return target_of(ask.answer(), Path(sys.executable))


def is_like_a_python(spelling: str) -> bool:
    """Whether the word `spelling` names a Python, or is a misspelling of one."""
    return _LIKE_A_PYTHON.fullmatch(spelling) is not None


def named_target(spelling: str, here: Target) -> Target:
    """The Target of `--python spelling`: a path, "3.12" or "python3.12". `here` is the running Python's.

    Raises TargetError where there is no such Python or it does not answer.
    """
    if os.sep in spelling or (os.altsep and os.altsep in spelling):
        return _target_at(_program_of(expanded(Path(spelling))), spelling)
    bare = _BARE_VERSION.fullmatch(spelling)
    if not bare and not _PROGRAM.fullmatch(spelling):
        raise TargetError(
            f"{spelling!r} is no Python that could be looked for",
            hint=f"write --python {_nearest(spelling)}, or the path of one: --python {_some_path(spelling)}",
        )
    program = f"python{bare['name']}{bare['threads']}" if bare else spelling
    broken: list[str] = []
    for candidate in programs(program):
        try:
            target = _target_at(candidate, spelling)
        except TargetError as problem:
            # A version manager's shim on PATH may stand for a version that is not installed: look further.
            broken += [problem.message, *problem.causes]
            continue
        if not bare or _is_version(target, spelling):
            return target
        broken.append(f"{candidate} is {target.environment['python_full_version']}")
    if bare and _is_version(here, spelling):
        return here
    raise _not_found(spelling, program, broken, here)


# -- looking -------------------------------------------------------------------------------------


def _program_of(path: Path) -> Path:
    """The interpreter at `path`, which may also be a virtual environment's directory."""
    for inside in ("bin/python", "Scripts/python.exe"):
        if is_directory(path) and is_file(path / inside):
            return path / inside
    return path


def _is_version(target: Target, wanted: str) -> bool:
    threads = wanted.endswith("t")
    full = target.environment["python_full_version"]
    return (full + ".").startswith(wanted.removesuffix("t") + ".") and target.python.endswith("t") == threads


def _nearest(spelling: str) -> str:
    digits = re.search(r"(\d)\D?(\d+)", spelling)
    return f"{digits[1]}.{digits[2]}" if digits else f"{sys.version_info[0]}.{sys.version_info[1]}"


def _some_path(spelling: str) -> str:
    """The path that `spelling` may mean: files of the current directory need "./" before their names."""
    return f"./{spelling}" if is_there(Path(spelling)) else "/path/to/bin/python"


def _not_found(spelling: str, program: str, broken: list[str], here: Target) -> TargetError:
    digits = re.search(r"(\d+)\.(\d+)", program)
    hint = f"name its path: --python /path/to/bin/{program}"
    if digits and program.startswith("python") and 6 <= int(digits[2]) <= NEWEST["cp"] and digits[1] == "3":
        version = f"{digits[1]}{digits[2]}"
        abi = f"cp{version}{'t' if program.endswith('t') else ''}"
        hint += f"; or build for it without having it: --platform {here.platform}-cp-{version}-{abi}"
    hint += "; or ask the machine that has it: pexlite probe USER@HOST -o target.json"
    looked = f"no {program} in the {len(search_path())} directories of PATH that runs"
    return TargetError(f"there is no Python {spelling} on this machine", causes=[*broken, looked], hint=hint)


def _target_at(program: Path, spelling: str) -> Target:
    if not is_file(program):
        raise TargetError(
            f"there is no interpreter {spelling}",
            hint="name a file that is a Python: --python /usr/bin/python3, or a version: --python 3.12",
        )
    # Absolute, but links unresolved: a virtual environment's python is a link.
    program = Path(os.path.abspath(program))  # noqa: PTH100 - Path.absolute keeps `..`
    return target_of(ask_program(program), program)

"""The Python of this machine that `--python` names, asked for its facts."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from pathlib import Path

from pexlite.errors import TargetError
from pexlite.files.paths import expanded, is_directory, is_file, is_there
from pexlite.files.programs import programs, search_path
from pexlite.listed import listed
from pexlite.model import Target
from pexlite.model.pythons import NEWEST
from pexlite.targets import ask
from pexlite.targets.asking import ask_program, target_of
from pexlite.targets.found import in_words, pythons_here
from pexlite.targets.places import PATH, PLACES
from pexlite.targets.wanted import WantedPython, wanted_python

# Also misspellings (py312, cp312, 3.x, pyhton3), which are no likely names of hosts.
_LIKE_A_PYTHON = re.compile(r"p[yh]\w*(?:[.-]\w+)*|[cp]p\d+t?|\d+(?:\.[\dx]+){0,2}t?", re.IGNORECASE)


def running_target() -> Target:
    """The Target of the Python that runs pexlite, found out within this process."""
    return target_of(ask.answer(), Path(sys.executable))


def is_like_a_python(spelling: str) -> bool:
    """Whether the word `spelling` names a Python, or is a misspelling of one."""
    return _LIKE_A_PYTHON.fullmatch(spelling) is not None


def named_target(spelling: str, here: Target) -> Target:
    """The Target of `--python spelling`: a path, or a word as "3.12"; `here` is that of the running Python.

    Raises TargetError where there is no such Python or it does not answer.
    """
    if os.sep in spelling or (os.altsep and os.altsep in spelling):
        return _target_at(_program_of(expanded(Path(spelling))), spelling)
    wanted = wanted_python(spelling)
    if wanted is None:
        raise TargetError(
            f"{spelling!r} is no Python that could be looked for",
            hint=f"write --python {_nearest(spelling)}, or the path of one: --python {_some_path(spelling)}; "
            "those that are here: pexlite probe --list",
        )
    refused: list[str] = []
    target = _find(wanted, here, refused)
    if target is None:
        raise _not_found(spelling, wanted, refused, here)
    return target


def python_here(tag: str) -> Target | None:
    """The Target of a Python here with the `tag` "cp312", "cp313t" or "pp311"; None where there is none."""
    wanted = wanted_python(tag)
    return _find(wanted, running_target(), []) if wanted else None


# -- looking -------------------------------------------------------------------------------------


def _find(wanted: WantedPython, here: Target, refused: list[str]) -> Target | None:
    """The Python that is `wanted`: on PATH, else the running one (`here`), else any. `refused`: see `_on_path`."""
    target = _on_path(wanted, refused)
    if target is None and wanted.fits(here):
        return here
    return target or _elsewhere(wanted)


def _program_of(path: Path) -> Path:
    """The interpreter at `path`, which may also be a virtual environment's directory."""
    for inside in ("bin/python", "Scripts/python.exe"):
        if is_directory(path) and is_file(path / inside):
            return path / inside
    return path


def _on_path(wanted: WantedPython, refused: list[str]) -> Target | None:
    """The first Python on PATH that is `wanted`; `refused` gets what those say that should have been it."""
    for name in wanted.programs:
        for program in programs(name):
            meant = name == wanted.program
            if not meant and not wanted.may_be(program):
                continue
            try:
                target = _target_at(program, name)
            except TargetError as problem:
                # A version manager's shim on PATH may stand for a version that is not installed: look further.
                refused += [problem.message, *problem.causes] if meant else []
                continue
            if wanted.fits(target) or (wanted.named and meant):
                return target
            if meant:
                refused.append(f"{program} is {target.environment['python_full_version']}")
    return None


def _elsewhere(wanted: WantedPython) -> Target | None:
    """The first Python that is `wanted` in the places beside PATH."""
    for place in PLACES:
        for program in place.programs() if place.name != PATH else ():
            if wanted.may_be(program):
                with contextlib.suppress(TargetError):
                    target = _target_at(program, str(program))
                    if wanted.fits(target):
                        return target
    return None


def _nearest(spelling: str) -> str:
    digits = re.search(r"(\d)\D?(\d+)", spelling)
    return f"{digits[1]}.{digits[2]}" if digits else f"{sys.version_info[0]}.{sys.version_info[1]}"


def _some_path(spelling: str) -> str:
    """The path that `spelling` may mean: files of the current directory need "./" before their names."""
    return f"./{spelling}" if is_there(Path(spelling)) else "/path/to/bin/python"


def _not_found(spelling: str, wanted: WantedPython, refused: list[str], here: Target) -> TargetError:
    if wanted.version.startswith("2"):
        return TargetError(
            f"files are built for Python 3.6 and newer, not for {spelling}",
            hint=f"name another: --python {sys.version_info[0]}.{sys.version_info[1]}",
        )
    hint = f"name its path: --python /path/to/bin/{wanted.program}"
    digits = re.fullmatch(r"3\.(\d+)(?:\..*)?", wanted.version)
    if digits and wanted.kind != "pp" and 6 <= int(digits[1]) <= NEWEST["cp"]:
        abi = f"cp3{digits[1]}{'t' if wanted.free_threaded else ''}"
        hint += f"; or build for it without having it: --platform {here.platform}-cp-3{digits[1]}-{abi}"
    hint += "; or ask the machine that has it: pexlite probe USER@HOST -o target.json"
    there = listed(in_words(pythons_here()), most=8)
    places = ", ".join(place.name for place in PLACES if place.name != PATH)
    looked = f"no {wanted.program} in the {len(search_path())} directories of PATH that runs"
    causes = [
        *refused,
        f"{looked}, nor in {places}",
        f"here are {there}; where they lie: pexlite probe --list",
    ]
    return TargetError(f"there is no Python {spelling} on this machine", causes=causes, hint=hint)


def _target_at(program: Path, spelling: str) -> Target:
    if not is_file(program):
        raise TargetError(
            f"there is no interpreter {spelling}",
            hint="name a file that is a Python: --python /usr/bin/python3, or a version: --python 3.12",
        )
    # Absolute, but links unresolved: a virtual environment's python is a link.
    program = Path(os.path.abspath(program))  # noqa: PTH100 - Path.absolute keeps `..`
    return target_of(ask_program(program), program)

"""A virtual environment as input: its Python is a target, its site-packages hold the distributions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pexlite.errors import TargetError, UsageError
from pexlite.files.paths import expanded, is_directory, is_file, is_there
from pexlite.model import Target
from pexlite.targets.asking import ask_program, target_of

_PEX_WORDS = ("prepend", "append", "false")  # the values of pex's --venv, which is another option


@dataclass(frozen=True)
class Environment:
    """A virtual environment, and the target that its Python is."""

    shown: str
    """The path as it was given."""
    path: Path
    """The absolute path of its directory."""
    target: Target
    libraries: tuple[Path, ...]
    """Its site-packages: one directory, or two where compiled modules have their own (`lib64`)."""
    sees_system: bool = False
    """Whether programs in it also import the packages of the Python that it was made from."""


def read_environments(given: Sequence[Path], directory: Path) -> tuple[Environment, ...]:
    """The environments at the paths `given`, relative to `directory`, each once.

    Raises UsageError where one is no virtual environment or two are for one Python, TargetError where its Python
    does not run.
    """
    found: dict[Path, Environment] = {}
    for path in given:
        there = _directory(Path(os.path.normpath(directory / expanded(path))))
        if there not in found:
            found[there] = _environment(there, str(path), directory)
    _check_targets(list(found.values()))
    return tuple(found.values())


def _directory(path: Path) -> Path:
    """The environment's directory, of which `path` may be the interpreter."""
    inside = is_file(path) and path.parent.name == "bin" and is_file(path.parent.parent / "pyvenv.cfg")
    return path.parent.parent if inside else path


def _environment(path: Path, shown: str, directory: Path) -> Environment:
    _check_directory(path, shown, directory)
    program = path / "bin" / "python"
    if not is_file(program):
        unreachable = program.is_symlink() and _may_not_be_reached(program.readlink())
        if unreachable:
            raise UsageError(
                f"the Python of {shown} may not be reached from this account",
                causes=[f"bin/python leads to {program.readlink()}"],
                hint="build from the account that made it, or make one for this account: python3 -m venv",
            )
        where = f"bin/python leads to {program.readlink()}" if program.is_symlink() else "there is no bin/python"
        raise UsageError(f"the Python of {shown} is gone: {where}", hint=_again(shown))
    try:
        target = target_of(ask_program(program), program)
    except TargetError as problem:
        raise TargetError(
            f"the Python of {shown} does not run", causes=[problem.message, *problem.causes], hint=_again(shown)
        ) from problem
    libraries = tuple({os.path.realpath(place): place for place in _libraries(path, target)}.values())
    if not libraries:
        others = sorted(place.name for place in path.glob("lib/*/") if (place / "site-packages").is_dir())
        raise UsageError(
            f"{shown} has no site-packages of its Python, which is {target.python}",
            causes=[f"lib has {', '.join(others)}: its Python was replaced by another"] if others else (),
            hint=_again(shown),
        )
    return Environment(shown, path, target, libraries, _sees_system(path))


def _may_not_be_reached(path: Path) -> bool:
    try:
        path.stat()
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def _check_directory(path: Path, shown: str, directory: Path) -> None:
    """Raise UsageError unless `path` is the directory of a virtual environment."""
    if is_file(path / "pyvenv.cfg"):
        return
    make = "make one: python -m venv .venv, or uv sync"
    if not is_there(path):
        message, hint = f"there is no virtual environment {shown}", f"paths are relative to {directory}; or {make}"
    elif is_directory(path / "conda-meta"):
        message = f"{shown} is a conda environment, and what conda installs are no wheels"
        hint = "name a virtual environment into which pip or uv has installed: python -m venv .venv"
    elif is_there(path / "bin" / "python3"):
        message, hint = f"{shown} is a Python installation, and no virtual environment", make
    else:
        message, hint = f"{shown} is no virtual environment: it has no pyvenv.cfg", make
    inside = [name for name in (".venv", "venv", "env") if is_file(path / name / "pyvenv.cfg")]
    if inside:
        hint = f"did you mean --venv {Path(shown) / inside[0]}?"
    elif shown in _PEX_WORDS:
        hint = "pex's --venv is left out: every file starts as in a virtual environment; here it names one"
    raise UsageError(message, hint=hint)


def _again(shown: str) -> str:
    return f"make it again, and test it: python3 -m venv --clear {shown}, or uv sync"


def _libraries(path: Path, target: Target) -> Iterator[Path]:
    implementation = "pypy" if target.python.startswith("pp") else "python"
    threads = "t" if target.python.endswith("t") else ""
    for library in ("lib", "lib64"):
        place = path / library / f"{implementation}3.{target.minor}{threads}" / "site-packages"
        if is_directory(place):
            yield place


def _sees_system(path: Path) -> bool:
    """Whether pyvenv.cfg has this line:

    include-system-site-packages = true
    """
    text = (path / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
    settings = [line.partition("=") for line in text.lower().splitlines()]
    return any(
        (name.strip(), value.strip()) == ("include-system-site-packages", "true") for name, _, value in settings
    )


def _check_targets(environments: Sequence[Environment]) -> None:
    known: dict[tuple[object, ...], Environment] = {}
    for one in environments:
        target = one.target
        other = known.setdefault((target.python, target.platform, target.libc), one)
        if other is not one:
            raise UsageError(
                f"{other.shown} and {one.shown} are both for {target.name}, which gets one set of wheels",
                hint="install all of it into one of them, and name that",
            )

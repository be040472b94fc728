"""The Pythons of this machine: found by name on PATH, and asked what they are."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pexlite.errors import TargetError
from pexlite.model import Libc, Target
from pexlite.targets import ask
from pexlite.targets.facts import Platform, Python, make_target

_SECONDS_TO_ANSWER = 30
_BARE_VERSION = re.compile(r"(?P<name>\d+(?:\.\d+)?)(?:\.\d+)?(?P<threads>t?)")
_PROGRAM = re.compile(r"(?:python|pypy)(?:\d+(?:\.\d+)?t?)?")


def running_target() -> Target:
    """The Target that is the Python running pexlite; asked without starting another."""
    return _target(ask.answer(), Path(sys.executable))


def named_target(spelling: str, here: Target) -> Target:
    """The Target of `--python spelling`: a path, `3.12` or `python3.12`. `here` is the running one."""
    if os.sep in spelling or (os.altsep and os.altsep in spelling) or Path(spelling).is_file():
        return _target_at(_program_of(Path(spelling).expanduser()), spelling)
    bare = _BARE_VERSION.fullmatch(spelling)
    if not bare and not _PROGRAM.fullmatch(spelling):
        raise TargetError(
            f"{spelling!r} is no Python that could be looked for",
            hint=f"write --python {_nearest(spelling)}, or the path of one: --python /path/to/bin/python",
        )
    program = f"python{bare['name']}{bare['threads']}" if bare else spelling
    broken: list[str] = []
    directories = [entry for entry in os.environ.get("PATH", "").split(os.pathsep) if entry]
    for candidate in _candidates(program, directories):
        try:
            target = _target_at(candidate, spelling)
        except TargetError as problem:
            # A shim on PATH may stand for a version that is not installed; another directory may have it.
            broken += [problem.message, *problem.causes]
            continue
        if not bare or _is_version(target, spelling):
            return target
        broken.append(f"{candidate} is {target.environment['python_full_version']}")
    if bare and _is_version(here, spelling):
        return here
    raise _not_found(spelling, program, len(directories), broken, here)


# -- looking -------------------------------------------------------------------------------------


def _candidates(program: str, directories: list[str]) -> Iterator[Path]:
    suffix = ".exe" if os.name == "nt" else ""
    for directory in dict.fromkeys(directories):
        candidate = Path(directory, program + suffix)
        if candidate.is_file() and os.access(candidate, os.X_OK):
            yield candidate


def _program_of(path: Path) -> Path:
    """The interpreter that `path` stands for, which may be the directory of a virtual environment."""
    for inside in ("bin/python", "Scripts/python.exe"):
        if path.is_dir() and (path / inside).is_file():
            return path / inside
    return path


def _is_version(target: Target, wanted: str) -> bool:
    threads = wanted.endswith("t")
    full = target.environment["python_full_version"]
    return (full + ".").startswith(wanted.removesuffix("t") + ".") and target.python.endswith("t") == threads


def _nearest(spelling: str) -> str:
    digits = re.search(r"(\d)\D?(\d+)", spelling)
    return f"{digits[1]}.{digits[2]}" if digits else f"{sys.version_info[0]}.{sys.version_info[1]}"


def _not_found(spelling: str, program: str, directories: int, broken: list[str], here: Target) -> TargetError:
    digits = re.search(r"(\d+)\.(\d+)", program)
    hint = f"name its path: --python /path/to/bin/{program}"
    if digits and program.startswith("python"):
        version = f"{digits[1]}{digits[2]}"
        abi = f"cp{version}{'t' if program.endswith('t') else ''}"
        hint += f"; or build for it without having it: --platform {here.platform}-cp-{version}-{abi}"
    looked = f"no {program} in the {directories} directories of PATH that runs"
    return TargetError(f"there is no Python {spelling} on this machine", causes=[*broken, looked], hint=hint)


# -- asking --------------------------------------------------------------------------------------


def _target_at(program: Path, spelling: str) -> Target:
    if not program.is_file():
        raise TargetError(
            f"there is no interpreter {spelling}",
            hint="name a file that is a Python: --python /usr/bin/python3, or a version: --python 3.12",
        )
    # Made absolute, but links are not followed: a virtual environment's python is a link.
    program = Path(os.path.abspath(program))  # noqa: PTH100 - Path.absolute keeps `..`
    return _target(_asked(program), program)


def _asked(program: Path) -> Mapping[str, Any]:
    """What `program` answers to `ask.py`. Raises TargetError where it does not."""
    question = Path(ask.__file__).read_text(encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        done = subprocess.run(
            [str(program), "-I", "-S", "-"],
            input=question,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
            timeout=_SECONDS_TO_ANSWER,
            check=False,
        )
    except subprocess.TimeoutExpired as problem:
        raise TargetError(f"{program} did not answer within {_SECONDS_TO_ANSWER} seconds") from problem
    except OSError as problem:
        raise TargetError(
            f"{program} cannot be run: {problem.strerror or problem}",
            hint="name a file that is a Python for this machine",
        ) from problem
    try:
        if done.returncode:
            raise ValueError(f"it ended with code {done.returncode}")
        answer = json.loads(done.stdout)
        return {**answer, "version": tuple(answer["version"])}
    except (ValueError, KeyError, TypeError) as problem:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise TargetError(
            f"{program} is no Python 3 that works: {said[0][:200] if said else problem}",
            hint="name another: --python /path/to/bin/python3.12",
        ) from problem


def _target(answer: Mapping[str, Any], interpreter: Path) -> Target:
    """The Target that an `answer` of `ask.py` describes."""
    major, minor = answer["version"][:2]
    environment = answer["environment"]
    implementation = environment["implementation_name"]
    prefix = {"cpython": "cp", "pypy": "pp"}.get(implementation)
    if prefix is None or (major, minor) < (3, 6):
        raise TargetError(
            f"{interpreter} is {environment['platform_python_implementation']} {major}.{minor}",
            causes=["files of pexlite run on CPython and PyPy from 3.6 on"],
            hint="name another: --python 3.12",
        )
    python = Python(prefix, (major, minor), _abi(answer, prefix, major, minor))
    return make_target(python, _platform(answer), environment, interpreter)


def _abi(answer: Mapping[str, Any], prefix: str, major: int, minor: int) -> str:
    """The ABI tag: `cp311`, `cp36m`, `cp313t`, `pypy39_pp73`.

    SOABI is `cpython-36m-x86_64-linux-gnu` or `pypy39-pp73`.
    """
    parts = str(answer["soabi"]).split("-")
    if prefix == "pp":
        return "_".join(parts[:2])
    if parts[0] == "cpython" and len(parts) > 1:
        return f"cp{parts[1]}"
    return f"cp{major}{minor}{'t' if answer['free_threaded'] else ''}{'m' if minor < 8 else ''}"


def _platform(answer: Mapping[str, Any]) -> Platform:
    """The Platform behind sysconfig's `linux-x86_64`, `macosx-11.0-universal2` or `win-amd64`."""
    system, _, rest = str(answer["platform"]).partition("-")
    machine = rest.rpartition("-")[2].replace("-", "_")
    if system == "linux":
        if answer["pointer_bits"] == 32:
            machine = {"x86_64": "i686", "aarch64": "armv7l", "armv8l": "armv7l"}.get(machine, machine)
        told = answer["libc"]
        numbers = re.findall(r"\d+", told[1])[:2] if told else []
        libc = Libc(told[0], (int(numbers[0]), int(numbers[1]))) if len(numbers) == 2 else None
        return Platform("linux", machine, libc)
    if system == "macosx":
        # The machine that runs, not what the interpreter was built for, which may be universal2.
        version = [int(part) for part in str(answer["macos"]).split(".")[:2]]
        machine = answer["environment"]["platform_machine"]
        return Platform("macosx", machine, macos=(version[0], version[1] if len(version) > 1 else 0))
    if str(answer["platform"]).startswith("win"):
        return Platform("win", machine or "32")
    raise TargetError(
        f"{answer['executable']} runs on {answer['platform']}, for which pexlite knows no wheels",
        hint="build on and for Linux, macOS or Windows",
    )

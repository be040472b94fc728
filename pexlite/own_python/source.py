"""The Python that `--python-from` names: a CPython's prefix on this machine, and the target that it is."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pexlite.errors import TargetError
from pexlite.files.paths import expanded, is_directory, is_file, is_there
from pexlite.model import Libc, Target
from pexlite.own_python.elf import is_elf
from pexlite.own_python.prefix import Prefix, prefixes_at, version_in
from pexlite.own_python.unpack import unpacked
from pexlite.own_python.uv import python_of_uv
from pexlite.store.store import Store
from pexlite.targets.asking import ask_program, target_of
from pexlite.targets.facts import Platform, Python, make_target, marker_variables
from pexlite.targets.interpreters import is_like_a_python
from pexlite.targets.platforms import ASSUMED_GLIBC

_HINT = (
    "name the directory of a CPython (those that are here: pexlite probe --list), an archive of one, or uv:3.12"
)
_MINOR_VERSION = re.compile(r"3\.\d+(?:\.\d+)?t?")
_WHERE = "import json, sys; print(json.dumps([sys.base_prefix, list(sys.version_info[:2])]))"
_SECONDS_TO_ANSWER = 30
_SAME_MACHINE = {"arm64": "aarch64", "amd64": "x86_64", "i386": "i686", "i586": "i686", "armv8l": "armv7l"}


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
    runs_here: bool
    """Whether this machine can run it."""
    sha256: str = ""
    """The sha256 of the archive that it came in; "" for a directory."""


def source_of(word: str, store: Store) -> PythonSource:
    """The Python that `--python-from word` names. Raises TargetError for one that no file could carry."""
    if not word:
        raise TargetError("--python-from '' names nothing", hint=_HINT)
    # A directory of that name is ./uv.
    if word.partition(":")[0] == "uv":
        program = python_of_uv(word)
        return _of_program(program, word, lambda prefix: f"uv {Path(os.path.realpath(prefix.root)).name}")
    path = Path(os.path.abspath(expanded(Path(word))))  # noqa: PTH100 - a virtual environment's python is a link
    if not is_there(path):
        hint = f"of uv: --python-from {_of_uv(word)}; else {_HINT}" if is_like_a_python(word) else _HINT
        raise TargetError(f"--python-from {word}: there is no such file or directory", hint=hint)
    if is_directory(path):
        return _of_directory(path, word)
    if not is_file(path):
        raise TargetError(f"--python-from {word} is neither a file nor a directory", hint=_HINT)
    if is_elf(path) or _is_script(path):
        return _of_program(path, word, _name_of)
    root, sha256 = unpacked(path, word, store)
    return _of_directory(root, word, path.name, sha256)


def _of_uv(word: str) -> str:
    """The word for uv's Python of the version in "python3.12"; for its newest, if there is none in it."""
    version = _MINOR_VERSION.search(word)
    return f"uv:{version[0]}" if version else "uv"


def _of_directory(root: Path, word: str, name: str = "", sha256: str = "") -> PythonSource:
    """The Python in the directory `root`, which may be a virtual environment, or of another machine."""
    found = prefixes_at(root)
    if not found and is_file(root / "bin" / "python") and is_file(root / "pyvenv.cfg"):
        return _of_program(root / "bin" / "python", word, _name_of)
    if not found:
        raise _none_in(root, word)
    named = Path(os.path.realpath(root / "bin" / "python3")).name
    prefix = next((one for one in found if one.program == f"bin/{named}"), found[-1])
    source = _of_prefix(prefix, word, name or _name_of(prefix), sha256)
    if source is None:
        return _of_program(root / prefix.program, word, lambda prefix: name or _name_of(prefix), sha256)
    return source


def _of_prefix(prefix: Prefix, word: str, name: str, sha256: str) -> PythonSource | None:
    """The Python at `prefix` as far as its files tell, if this machine cannot run it; else None."""
    machine = platform.machine().lower()
    loader = prefix.elf.loader
    if prefix.elf.machine == _SAME_MACHINE.get(machine, machine) and (not loader or is_file(Path(loader))):
        return None
    version = version_in(prefix)
    if not prefix.elf.machine or version is None:
        raise TargetError(
            f"--python-from {word}: it does not say which machine or version it is for",
            hint="take another archive of it, with its headers (include/) in it",
        )
    numbers = version.split(".")
    minor, free = int(numbers[1]), prefix.name.endswith("t")
    python = Python("cp", (3, minor), f"cp3{minor}{'t' if free else 'm' if minor < 8 else ''}")
    libc = Libc("musl", (1, 2)) if prefix.is_musl else Libc("glibc", ASSUMED_GLIBC)
    place = Platform("linux", prefix.elf.machine, libc)
    target = make_target(python, place, marker_variables(python, place, version))
    return PythonSource(prefix, name, version, target, word, False, sha256)


def _of_program(program: Path, word: str, name: object, sha256: str = "") -> PythonSource:
    """The Python behind `program`, which may be in a virtual environment, asked for its facts."""
    assert callable(name)
    answer = ask_program(program)
    target = target_of(answer, program)
    if not target.python.startswith("cp"):
        raise TargetError(
            f"--python-from {word}: {target.environment['platform_python_implementation']} cannot be carried, "
            "only CPython",
            hint="name a CPython, or leave the option out: the file looks for a PyPy where it starts",
        )
    prefix = _prefix_of(program, word)
    version = str(target.environment["python_full_version"])
    return PythonSource(prefix, name(prefix), version, target, word, True, sha256)


def _prefix_of(program: Path, word: str) -> Prefix:
    """The prefix of the Python that `program` is."""
    done = subprocess.run(
        [program, "-I", "-S", "-c", _WHERE],
        capture_output=True,
        text=True,
        timeout=_SECONDS_TO_ANSWER,
        check=False,
    )
    root, (major, minor) = json.loads(done.stdout.strip().rpartition("\n")[2])
    free = os.path.realpath(program).endswith("t")
    named = [found for found in prefixes_at(Path(root)) if found.name.rstrip("t") == f"{major}.{minor}"]
    if not named:
        raise TargetError(
            f"--python-from {word}: {root} has no bin/python{major}.{minor} with its standard library beside it",
            hint=_HINT,
        )
    return next((found for found in named if found.name.endswith("t") == free), named[0])


def _none_in(root: Path, word: str) -> TargetError:
    if any((root / "bin").glob("pypy*")):
        return TargetError(
            f"--python-from {word}: PyPy cannot be carried, only CPython",
            hint="name a CPython, or leave the option out: the file looks for a PyPy where it starts",
        )
    if any((root / "bin").glob("python2*")):
        return TargetError(f"--python-from {word} is a Python 2, on which no file runs", hint=_HINT)
    return TargetError(
        f"--python-from {word}: it has no bin/python3.X for Linux with its standard library beside it", hint=_HINT
    )


def _is_script(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def _name_of(prefix: Prefix) -> str:
    name = prefix.root.name or "the root directory"
    return name if "python" in name.lower() else f"directory {name}"

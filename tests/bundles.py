"""Built files for tests of the runtime and the archive: real wheels, real bytes, no resolver."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pexlite.archive.layout import draft
from pexlite.archive.runtime_files import room_sources
from pexlite.archive.writer import write
from pexlite.bundle.runs_on import runs_on
from pexlite.bundle.tree import trees_of
from pexlite.compile import compile_room
from pexlite.compile.room import read_bytecode, with_modules
from pexlite.model import Bundle, EntryPoint, LaunchOptions, OwnPython, Room, StartKind, Variant, Wheel
from pexlite.version import __version__
from pexlite.wheels.pieces import has_large_members, pieces_of_members
from pexlite.wheels.read import read_wheel
from tests.interpreters import Interpreter, supported
from tests.processes import end_with_descendants, what_they_wait_for

EVERY_PYTHON = ("cp36+", "cp313t+", "pp38+")
_SWITCHES_OFF = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONHOME", "VIRTUAL_ENV")


def function(module: str, attribute: str) -> EntryPoint:
    return EntryPoint(StartKind.FUNCTION, module, attribute)


def bundle_file(
    output: Path,
    wheels: Sequence[Path],
    entry_point: EntryPoint,
    *,
    pythons: Sequence[str] = EVERY_PYTHON,
    launch: LaunchOptions | None = None,
    local: Sequence[Path] = (),
    variants: tuple[Variant, ...] = (),
    own_pythons: tuple[OwnPython, ...] = (),
    requirements: tuple[str, ...] = ("x",),
    version: str = __version__,
    start_lists: tuple[tuple[str, ...], ...] = (),
    start_libraries: tuple[tuple[str, ...], ...] = (),
    imports: tuple[str, ...] = (),
) -> Path:
    """A file of `wheels`, for all of `pythons`; the `local` wheels hold the builder's own code.

    The newest Python compiles its runtime.
    """
    found = tuple(_with_pieces(read_wheel(path, local=path in local)) for path in wheels)
    variants = variants or (Variant(tuple(pythons), "any", None, None, tuple(range(len(found)))),)
    trees = trees_of(found, variants)
    pth = {
        path for tree in trees for path in tree.importable if path.endswith((".pth", ".start")) and "/" not in path
    }
    bundle = Bundle(
        wheels=found,
        variants=variants,
        trees=trees,
        entry_point=entry_point,
        launch=launch or LaunchOptions(),
        requirements=requirements,
        startup_files=tuple(sorted(pth)),
        runs_on=runs_on(variants),
        own_pythons=own_pythons,
        start_lists=start_lists,
        start_libraries=start_libraries,
        imports=imports,
    )
    write(draft(bundle, version, room(supported()[0])), output)
    return output


def _with_pieces(wheel: Wheel) -> Wheel:
    if not has_large_members(wheel):
        return wheel
    with wheel.path.open("rb") as file:
        return replace(wheel, pieces=b"".join(pieces_of_members(file)))


@functools.cache
def room(python: Interpreter, most: float = 0) -> Room:
    """The runtime as a file carries it, its start compiled by `python`, and modules that take `most` bytes."""
    files = room_sources()
    with tempfile.TemporaryDirectory() as place:
        sources, output = Path(place, "sources"), Path(place, "output")
        sources.write_text(json.dumps({name: text for name, text in files if name.endswith(".py")}))
        program = Path(compile_room.__file__)
        command: list[str | Path] = [python.path, "-S", program, sources, output]
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": "0"}, check=True)
        return Room(files, with_modules(read_bytecode(output.read_bytes()), most))


def environment(root: Path, **variables: str) -> dict[str, str]:
    """A clean environment with its own cache; variables that change how Python starts are left out."""
    kept = {name: value for name, value in os.environ.items() if name not in _SWITCHES_OFF and name[:4] != "PEX_"}
    return {**kept, "PEX_ROOT": str(root), **variables}


def run(
    command: Sequence[str | Path],
    env: Mapping[str, str],
    *,
    cwd: Path | None = None,
    stdin: str = "",
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run the command and return how it ended; with `check`, its exit code has to be 0."""
    words = [str(word) for word in command]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, env=dict(env), cwd=cwd, stdin=pipe, stdout=pipe, stderr=pipe, text=True, errors="backslashreplace"
    ) as process:
        try:
            stdout, stderr = process.communicate(stdin, timeout=120)
        except subprocess.TimeoutExpired as expired:
            found = what_they_wait_for(process.pid)
            end_with_descendants(process.pid)
            stdout, stderr = process.communicate()
            raise AssertionError(f"{expired}\n{stdout}\n{stderr}\n{found}") from None
    done = subprocess.CompletedProcess(words, process.returncode, stdout, stderr)
    if check:
        assert done.returncode == 0, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done

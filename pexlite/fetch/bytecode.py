"""Wheels and the runtime's modules -> their bytecode for the Pythons on this machine, kept in the store.

Every file has the warm start's bytecode; `--compile` adds all the rest.

bytecode/<sha256 of the wheel, 32 hex>-<key>.zip    made by compile_wheel.py on one Python
bytecode/boot-<key>.zip                             made by compile_boot.py on one Python
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.markers import default_environment

from pexlite.errors import FetchError, WriteError
from pexlite.fetch.parallel import each
from pexlite.fetch.store import Store
from pexlite.model import BootBytecode, Bytecode, Progress, Report, Target, WarmStart, Wheel

_PROGRAM = Path(__file__).with_name("compile_wheel.py")
_BOOT_PROGRAM = Path(__file__).with_name("compile_boot.py")


def bytecode(
    wheels: Sequence[Wheel], targets: Sequence[Target], store: Store, report: Report
) -> tuple[Bytecode, ...]:
    """The bytecode of each wheel with modules, for each CPython among `targets` that is on this machine."""
    wanted = [
        (wheel, target)
        for target in _compiling(targets)
        for wheel in wheels
        if any(name.endswith(".py") for name in wheel.files)
    ]
    jobs = [functools.partial(_of, wheel, target, store) for wheel, target in wanted]
    if jobs:
        report(Progress("build", f"compiling {len(jobs)} wheels"))
    return tuple(each(jobs))


def boot_bytecode(modules: Mapping[str, str], targets: Sequence[Target], store: Store) -> tuple[BootBytecode, ...]:
    """The bytecode of the runtime's `modules` (name to source), for each CPython target on this machine."""
    found = []
    for target in _compiling(targets):
        with zipfile.ZipFile(_boot(modules, target, store)) as parts:
            first, digest, rest = map(parts.read, ("first", "digest", "rest"))
            found.append(BootBytecode(parts.read("cache_tag").decode(), first, digest, rest))
    return tuple({boot.cache_tag: boot for boot in found}.values())


def warm_start(modules: Mapping[str, str], targets: Sequence[Target], store: Store) -> WarmStart | None:
    """The bytecode of the warm start in `modules`, for the first target whose bytecode can be made here.

    A target without an interpreter uses the running Python where it is the same version. None where no target will
    do, or the bytecode cannot be made or kept: a file starts without it too, only later.
    """
    here = f"cp{sys.version_info[0]}{sys.version_info[1]}" if sys.implementation.name == "cpython" else None
    for target in targets:
        if target.interpreter is None and target.python == here:
            target = replace(target, interpreter=Path(sys.executable), environment=default_environment())
        # Python 3.6 knows no bytecode that goes by itself (PEP 552).
        if target.python != "cp36" and _compiling([target]):
            failures = contextlib.suppress(FetchError, WriteError)
            with failures, zipfile.ZipFile(_boot(modules, target, store)) as parts:
                return WarmStart(parts.read("magic"), parts.read("warm"))
    return None


def _compiling(targets: Sequence[Target]) -> list[Target]:
    return [target for target in targets if target.interpreter is not None and target.python.startswith("cp")]


def _of(wheel: Wheel, target: Target, store: Store) -> Bytecode:
    path = store.root / "bytecode" / f"{wheel.sha256[:32]}-{_key(target, _PROGRAM)}.zip"
    if not path.exists():
        _compile(_PROGRAM, wheel.path, target, store, path)
    content = path.read_bytes()
    # The end of a zip without a comment: the directory's size and where it begins (APPNOTE.TXT 4.3.16).
    directory = int.from_bytes(content[-6:-2], "little")
    return Bytecode(target.python, wheel.sha256, content, zlib.crc32(content[directory:]))


def _boot(modules: Mapping[str, str], target: Target, store: Store) -> Path:
    """The zip in the store with the target's bytecode of `modules`."""
    sources = json.dumps(modules, sort_keys=True)
    path = store.root / "bytecode" / f"boot-{_key(target, _BOOT_PROGRAM, sources)}.zip"
    if not path.exists():
        with store.incoming() as incoming:
            incoming.write(sources.encode())
            _compile(_BOOT_PROGRAM, incoming.path, target, store, path)
    return path


def _key(target: Target, program: Path, *more: str) -> str:
    """A digest of all that the bytes depend on besides a wheel: the exact Python, the program, and `more`."""
    parts = (target.python, target.environment["python_full_version"], program.read_text(encoding="utf-8"), *more)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _compile(program: Path, source: Path, target: Target, store: Store, path: Path) -> None:
    """Run `program` on the target's Python, with the file `source`, and store its output at `path`.

    Raises FetchError where it fails.
    """
    with store.incoming() as incoming:
        # With a seed of its own every process would order what is in a set in its own way.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        text = program.read_text(encoding="utf-8")
        command = [str(target.interpreter), "-S", "-c", text, str(source), str(incoming.path)]
        # Where it runs, modules could be taken for those of the standard library.
        empty = incoming.path.parent
        done = subprocess.run(
            command, env={**kept, "PYTHONHASHSEED": "0"}, cwd=empty, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise FetchError(
                f"{source.name} cannot be compiled for {target.name}",
                causes=done.stderr.strip().splitlines()[-3:],
                hint="build without --compile",
            )
        with store.writing():
            path.parent.mkdir(exist_ok=True)
            incoming.path.replace(path)

"""Wheels -> their bytecode for the Pythons on this machine, kept in the store (`--compile`).

bytecode/<sha256 of the wheel, 32 hex>-<key>.zip    made by compile_wheel.py on one Python
"""

from __future__ import annotations

import functools
import hashlib
import io
import os
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

from pexlite.errors import FetchError
from pexlite.model import Bytecode, Progress, Report, Target, Wheel, no_report
from pexlite.parallel import each
from pexlite.store.store import Store
from pexlite.wheels.zip_shape import read_directory

_PROGRAM = Path(__file__).with_name("compile_wheel.py")


def bytecode(
    wheels: Sequence[Wheel], targets: Sequence[Target], store: Store, report: Report
) -> tuple[Bytecode, ...]:
    """The bytecode of each wheel that has modules, for the Pythons of the `targets` that it fits.

    Each target has the interpreter that compiles for it.
    """
    # Targets that differ in their platform have the same bytecode.
    wanted = {
        (target.python, wheel.sha256): functools.partial(bytecode_of, wheel, target, store, report=report)
        for target in reversed(targets)
        for wheel in wheels
        if not wheel.tags.isdisjoint(target.tags) and any(name.endswith(".py") for name in wheel.files)
    }
    return tuple(pack for pack in each([wanted[key] for key in sorted(wanted)]) if pack.directory.count)


def bytecode_of(
    wheel: Wheel, target: Target, store: Store, some: Collection[str] | None = None, report: Report = no_report
) -> Bytecode:
    """The bytecode of `wheel` by the target's interpreter; it is compiled unless the store has it.

    Of all its modules, or of `some`, which are paths in site-packages without line ends.
    """
    listed = None if some is None else "".join(f"{path}\n" for path in sorted(some))
    name = f"{wheel.sha256[:32]}-{key_of(target, _PROGRAM, *([] if listed is None else [listed]))}.zip"
    content = store.bytecode(name)
    if content is None:
        report(Progress("compile", wheel.filename))
        content = compile_with(_PROGRAM, wheel.path, target, store, name, listed)
    return Bytecode(target.python, wheel.sha256, content, read_directory(io.BytesIO(content)))


def key_of(target: Target, program: Path, *more: str) -> str:
    """A digest of all that determines the bytes beside the wheel: the exact Python, the program, and `more`."""
    parts = (target.python, target.environment["python_full_version"], program.read_text(encoding="utf-8"), *more)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def compile_with(
    program: Path, source: Path, target: Target, store: Store, name: str, given: str | None = None
) -> bytes:
    """The output of `program`, run by the target's Python on the file `source`, with what is `given` on its stdin.

    Another argument tells the program that there is something. The output is also kept in the store as `name`.
    Raises FetchError where it fails.
    """
    with store.incoming() as incoming:
        # A fixed hash seed: else each process would marshal sets in an order of its own.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        text = program.read_text(encoding="utf-8")
        command = [str(target.interpreter), "-S", "-c", text, str(source), str(incoming.path)]
        command += [] if given is None else ["some"]
        # `-c` puts the current directory first on sys.path: it must hold no modules.
        empty = incoming.path.parent
        done = subprocess.run(
            command,
            env={**kept, "PYTHONHASHSEED": "0"},
            cwd=empty,
            input=(given or "").encode(),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise FetchError(
                f"{source.name} cannot be compiled for {target.name}",
                causes=done.stderr.decode(errors="replace").strip().splitlines()[-3:],
                hint="build with --no-compile",
            )
        content = incoming.path.read_bytes()
    store.keep_bytecode(name, content)
    return content

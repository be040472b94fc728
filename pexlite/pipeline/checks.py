"""The checks that a build makes between its stages, each an error as soon as it can be told."""

from __future__ import annotations

from collections.abc import Sequence

from pexlite.bundle.collisions import Collision
from pexlite.bundle.records import unlike_records
from pexlite.bundle.sizes import outsized_wheels
from pexlite.bundle.without_effect import ineffective_requirements
from pexlite.compile.compilers import uncompiled
from pexlite.errors import CollisionError, InvalidWheel, UsageError
from pexlite.model import (
    BuildRequest,
    Bundle,
    LaunchOptions,
    Specification,
    Target,
)
from pexlite.pipeline.prepare import Prepared


def check_something_is_asked(request: BuildRequest, specification: Specification) -> None:
    """Raise UsageError where nothing would go in."""
    content = (specification.roots, specification.local, specification.lock, request.venvs)
    if not any((*content, request.entry_point, request.commands)):
        raise UsageError(
            "nothing to bundle",
            hint="name a requirement or a project: pexlite requests click -c my_cli:main -o my_cli.pex",
        )


def check_own_python(request: BuildRequest) -> None:
    """Raise UsageError for options about a Python in the file that carries none, or that cannot be followed."""
    given = {
        "--python-full": request.python_full,
        "--prefer-host": request.launch.prefer_host,
        f"--launcher {request.launch.launcher}": request.launch.launcher,
    }
    idle = [option for option, value in given.items() if value]
    if idle and not request.python_from:
        raise UsageError(
            f"{idle[0]} is about a Python that the file carries, and it carries none",
            hint="name one: --python-from /path/to/python, or --python-from uv:3.12",
        )
    if request.launch.launcher == "elf" and request.launch.sh_boot:
        raise UsageError(
            "--sh-boot begins the file with a script in sh, and --launcher elf with a program",
            hint="leave one of them out: both start an app that is unpacked without its zip",
        )
    if (
        request.python_from
        and not request.launch.prefer_host
        and request.launch.shebang != LaunchOptions().shebang
    ):
        raise UsageError(
            "--python-shebang names a Python of the host, and with --python-from the file starts on its own",
            hint="leave one of them out, or add --prefer-host",
        )


def check_something_applies(prepared: Prepared) -> None:
    """Raise UsageError where every requirement has a marker that is true on no target."""
    request, roots = prepared.request, prepared.written
    idle = ineffective_requirements(roots, prepared.targets)
    if (
        roots
        and len(idle) == len(roots)
        and not (prepared.specification.lock or request.entry_point or request.commands)
    ):
        raise UsageError(
            "nothing goes in", causes=idle, hint="mend the markers, or name another target: --python, --platform"
        )


def check_sizes(request: BuildRequest, bundle: Bundle) -> None:
    """Raise InvalidWheel for wheels that unpack to far more than they are, unless that is allowed."""
    outsized = outsized_wheels(bundle.wheels)
    if outsized and not request.allow_large:
        raise InvalidWheel(
            outsized[0] if len(outsized) == 1 else f"{len(outsized)} wheels unpack to far more than they are",
            causes=outsized if len(outsized) > 1 else (),
            hint="if they are what they should be: --allow-large",
        )


def check_collisions(request: BuildRequest, found: Sequence[Collision]) -> None:
    """Raise CollisionError for the collisions `found`, if the request is strict."""
    if found and request.strict:
        raise CollisionError(
            "wheels bring different files under one name",
            causes=list(map(str, found)),
            hint="leave one of the projects out (--exclude), or build without --strict",
        )


def check_records(request: BuildRequest, bundle: Bundle) -> None:
    """Raise InvalidWheel for wheels that differ from their RECORD, where that is to be more than a note."""
    found = unlike_records(bundle.wheels)
    if found and request.strict:
        raise InvalidWheel(
            "wheels differ from their RECORD",
            causes=found,
            hint="take other versions of them, or build without --strict",
        )


def check_compiles(prepared: Prepared, compiled: Sequence[Target]) -> None:
    """Raise UsageError where bytecode is wanted, and there is no target that it can be `compiled` for."""
    if prepared.request.bytecode and not compiled:
        raise UsageError(
            "--compile finds no Python to compile with",
            causes=uncompiled(prepared.targets, compiled),
            hint="leave --compile out, or have such a Python here, as one of: pexlite probe --list",
        )

"""pexlite as functions: `build`, `lock`, `inspect`, `verify` and `activate`. They never print and never exit."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pexlite.model import (
    BuildRequest,
    BuildResult,
    IndexSettings,
    LaunchOptions,
    LockResult,
    Manifest,
    Report,
    no_report,
)

if TYPE_CHECKING:
    from pexlite.tools.verify import Verified

_Value = TypeVar("_Value")


def build(
    *,
    requirements: Sequence[str] = (),
    requirement_files: Sequence[str | PathLike[str]] = (),
    constraint_files: Sequence[str | PathLike[str]] = (),
    source_directories: Sequence[str | PathLike[str]] = (),
    included: Sequence[str] = (),
    executable: str | PathLike[str] | None = None,
    lock: str | PathLike[str] | None = None,
    locked: bool = False,
    ignore_locks: bool = False,
    excluded: Sequence[str] = (),
    overrides: Sequence[str] = (),
    groups: Sequence[str] = (),
    extras: Sequence[str] = (),
    entry_point: str | None = None,
    script: str | None = None,
    pythons: Sequence[str] = (),
    platforms: Sequence[str] = (),
    target_files: Sequence[str | PathLike[str]] = (),
    index: IndexSettings | None = None,
    resolver: str = "auto",
    launch: LaunchOptions | None = None,
    output: str | PathLike[str] | None = None,
    bytecode: bool = False,
    compress: bool = True,
    allow_large: bool = False,
    strict: bool = False,
    dry_run: bool = False,
    force: bool = False,
    directory: str | PathLike[str] = ".",
    on_progress: Report | None = None,
) -> BuildResult:
    """Build the file that was asked for and write it; the result says where it is and what is in it.

        result = pexlite.build(requirements=["requests"], entry_point="my_cli:main", output="my_cli.pex")
        result.path, result.sha256, result.wheels

    Each word stands for an option of the command, which `pexlite --help` explains in a sentence. What goes in:

        requirements        names, URLs, paths of projects, packages, wheels and scripts: REQUIREMENT|PATH
        requirement_files   -r, --requirement: requirements.txt, pylock.toml or pyproject.toml
        constraint_files    --constraint
        lock, locked        --lock: the pylock.toml to take everything from; --locked: whether it has to fit
        ignore_locks        --no-lock
        excluded            --exclude: what stays out, with what only it needs
        overrides           --override: what replaces every other requirement on its project
        groups, extras      --group, --extra: of the local project
        source_directories  -D, --sources-directory
        included            --include
        executable          --exe, --executable: a Python file that is the application
        index               where distributions come from: see `IndexSettings`
        resolver            --resolver: "auto", "uv" or "pip"

    Where it runs, and how it starts:

        pythons             --python: paths, "python3.12" or "3.12"
        platforms           --platform, such as "linux_x86_64-cp-311-cp311"
        target_files        --target: what `pexlite probe` wrote
        script              -c, --script, --console-script: a console script's name
        entry_point         -e, -m, --entry-point: "module:function" or "module"
        launch              all else about the start: see `LaunchOptions`

    The file:

        output              -o, --output, --output-file; None is ./NAME.pex, after what it starts, else the project
        bytecode            --compile
        compress            False is --no-compress
        allow_large         --allow-large
        strict              --strict
        dry_run             --dry-run
        force               --force: the output takes the place of any file there
        directory           where relative paths begin, and local modules are looked for
        on_progress         a function that is called with each Progress, perhaps from several threads

    Raises subclasses of `pexlite.PexliteError`.
    """
    request = BuildRequest(
        directory=Path(directory).absolute(),
        requirements=_many("requirements", requirements),
        requirement_files=_texts("requirement_files", requirement_files),
        constraint_files=_texts("constraint_files", constraint_files),
        source_directories=tuple(map(Path, _texts("source_directories", source_directories))),
        included=_many("included", included),
        executable=Path(executable) if executable is not None else None,
        lock=Path(lock) if lock is not None else None,
        locked=locked,
        ignore_locks=ignore_locks,
        excluded=_many("excluded", excluded),
        overrides=_many("overrides", overrides),
        groups=_many("groups", groups),
        extras=_many("extras", extras),
        script=script,
        entry_point=entry_point,
        pythons=_many("pythons", pythons),
        platforms=_many("platforms", platforms),
        target_files=tuple(map(Path, _texts("target_files", target_files))),
        index=index or IndexSettings(),
        resolver=resolver,
        launch=launch or LaunchOptions(),
        output=Path(output) if output is not None else None,
        bytecode=bytecode,
        compress=compress,
        allow_large=allow_large,
        strict=strict,
        dry_run=dry_run,
        force=force,
    )
    from pexlite.pipeline.build import build as build_file

    return build_file(request, on_progress or no_report)


def lock(
    *,
    requirements: Sequence[str] = (),
    requirement_files: Sequence[str | PathLike[str]] = (),
    constraint_files: Sequence[str | PathLike[str]] = (),
    executable: str | PathLike[str] | None = None,
    excluded: Sequence[str] = (),
    overrides: Sequence[str] = (),
    groups: Sequence[str] = (),
    extras: Sequence[str] = (),
    pythons: Sequence[str] = (),
    platforms: Sequence[str] = (),
    target_files: Sequence[str | PathLike[str]] = (),
    index: IndexSettings | None = None,
    resolver: str = "auto",
    output: str | PathLike[str] | None = None,
    force: bool = False,
    directory: str | PathLike[str] = ".",
    on_progress: Report | None = None,
) -> LockResult:
    """The lock (PEP 751) of what was asked for, as its `text`; also written to `output` where that is given.

    The parameters are those of `build`. With uv the lock holds on every platform unless a target is named; with
    pip it holds for this platform or the named ones. Raises subclasses of `pexlite.PexliteError`.

        pexlite.lock(requirements=["requests"], output="pylock.toml").text
    """
    from pexlite.pipeline.lock import lock as lock_requirements

    request = BuildRequest(
        directory=Path(directory).absolute(),
        requirements=_many("requirements", requirements),
        requirement_files=_texts("requirement_files", requirement_files),
        constraint_files=_texts("constraint_files", constraint_files),
        executable=Path(executable) if executable is not None else None,
        excluded=_many("excluded", excluded),
        overrides=_many("overrides", overrides),
        groups=_many("groups", groups),
        extras=_many("extras", extras),
        pythons=_many("pythons", pythons),
        platforms=_many("platforms", platforms),
        target_files=tuple(map(Path, _texts("target_files", target_files))),
        index=index or IndexSettings(),
        resolver=resolver,
        output=Path(output) if output is not None else None,
        force=force,
    )
    return lock_requirements(request, on_progress or no_report)


def inspect(path: str | PathLike[str]) -> Manifest:
    """The manifest of the file at `path`. Raises NotABundle where pexlite did not make the file."""
    # Imported here: a build of what was decided before takes no zipfile.
    from pexlite.archive.reader import read_manifest

    return read_manifest(Path(path))


def verify(path: str | PathLike[str], *, lock: str | PathLike[str] | None = None) -> Verified:
    """Check the file at `path`: every wheel against its sha256, every file in a wheel against RECORD.

    With `lock`, every wheel has to be one that this pylock.toml names. The result counts what was checked. Raises
    VerificationFailed with a line for everything that is wrong, NotABundle where pexlite did not make the file.
    """
    from pexlite.tools.verify import verify_file

    return verify_file(Path(path), Path(lock) if lock is not None else None)


def activate(path: str | PathLike[str]) -> Path:
    """Make everything in the file at `path` importable in this process; return the site-packages that holds it.

    The file is unpacked into the cache by its first start, so what is in it runs: activate only what you would
    run. Modules that are imported already stay as they are. Raises TargetError where the file does not run on
    this Python.
    """
    from pexlite.tools.activate import activate as activate_file

    return activate_file(Path(path))


def _texts(name: str, values: Sequence[str | PathLike[str]]) -> tuple[str, ...]:
    if isinstance(values, PathLike):
        raise TypeError(f"{name} takes several: write {name}=[{str(values)!r}]")
    return tuple(str(value) for value in _many(name, values))


def _many(name: str, values: Sequence[_Value]) -> tuple[_Value, ...]:
    """`values` as a tuple. Raises TypeError for a lone string, which would be taken letter by letter."""
    if isinstance(values, str):
        raise TypeError(f"{name} takes several: write {name}=[{values!r}]")
    return tuple(values)

"""pexlite as functions: `build`, `lock`, `inspect`, `verify` and `activate`. They never print and never exit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from inspect import Parameter, signature
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from pexlite.model import (
    BuildOptions,
    BuildRequest,
    BuildResult,
    LockOptions,
    LockResult,
    LockTerms,
    Manifest,
    Report,
    no_report,
)

if TYPE_CHECKING:
    from pexlite.tools.verify import Verified

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _shows(options: type) -> Callable[[_Function], _Function]:
    """A decorator for a function that takes `options` by name: its signature and help show each of them."""

    def shows(function: _Function) -> _Function:
        types = {name: given.__forward_arg__ for name, given in options.__annotations__.items()}
        known = (*fields(BuildRequest), *fields(LockTerms))
        defaults = {one.name: None if one.default is MISSING else one.default for one in known}
        shown = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=types[name])
            for name, default in (defaults | {"directory": "."}).items()
            if name in types
        ]
        own = signature(function)
        others = [one for one in own.parameters.values() if one.kind is Parameter.KEYWORD_ONLY]
        vars(function)["__signature__"] = own.replace(parameters=[*shown, *others])
        return function

    return shows


@_shows(BuildOptions)
def build(*, on_progress: Report | None = None, **options: Unpack[BuildOptions]) -> BuildResult:
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
        venvs               --venv: virtual environments; what is installed there goes in, for their Pythons
        executable          --exe, --executable: a Python file that is the application
        index               where distributions come from: see `IndexSettings`
        resolver            --resolver: "auto", "uv" or "pip"

    Where it runs, and how it starts:

        pythons             --python: paths, "python3.12" or "3.12"
        platforms           --platform, such as "linux_x86_64-cp-311-cp311"
        target_files        --target: what `pexlite probe` wrote
        hosts               --for: hosts as ssh names them
        python_from         --python-from: directories, archives, "uv" or "uv:3.12": Pythons that the file carries
        python_full         --python-full
        script              -c, --script, --console-script: a console script's name
        scripts             several -c: names of console scripts, or "name=module:function"
        entry_point         -e, -m, --entry-point: "module:function" or "module"
        launch              all else about the start: see `LaunchOptions`
        trace_start         --trace-start: arguments, each a text as a shell splits it
        eager               --eager: projects all of whose files a first start unpacks first

    The file:

        output              -o, --output, --output-file; None is ./NAME.pex, after what it starts, else the project
        build_properties    --build-property: pairs of a name and a text, which may be JSON
        build_property_tables    --build-properties: JSON objects, and paths of files with one
        record_git_state    --record-git-state
        sbom                --sbom: the file carries a bill of materials; needs pexlite[sbom]
        bytecode            True is --compile, False --no-compile; None puts in what the start imports first
        compress            False is --no-compress
        zstd                --zstd: wheels packed for CPython 3.14 and newer; needs pexlite[zstd] on an older one
        allow_large         --allow-large
        strict              --strict
        dry_run             --dry-run
        force               --force: the output takes the place of any file there
        directory           where relative paths begin, and local modules are looked for
        on_progress         a function that is called with each Progress, perhaps from several threads

    Raises subclasses of `pexlite.PexliteError`.
    """
    from pexlite.pipeline.build import build as build_file

    return build_file(_request(build, options), on_progress or no_report)


@_shows(LockOptions)
def lock(*, on_progress: Report | None = None, **options: Unpack[LockOptions]) -> LockResult:
    """The lock (PEP 751) of what was asked for, as its `text`; also written to `output` where that is given.

    The parameters are those of `build`, and three more; the first two are about a lock that `output` is already:

        upgrade             --upgrade: whether all is resolved anew
        upgraded            --upgrade-package: names of projects, perhaps with a version
        format              --format: "pylock" or "requirements"; None goes by the name of `output`

    With uv the lock holds on every platform unless a target is named; with
    pip it holds for this platform or the named ones. Raises subclasses of `pexlite.PexliteError`.

        pexlite.lock(requirements=["requests"], output="pylock.toml").text
    """
    # Imported here: building has no use for them.
    from pexlite.model.given import as_fields
    from pexlite.pipeline.lock import lock as lock_requirements

    own = {one.name for one in fields(LockTerms)}
    terms = LockTerms(**as_fields(LockTerms, {name: value for name, value in options.items() if name in own}))
    shared = {name: value for name, value in options.items() if name not in own}
    return lock_requirements(_request(lock, shared), on_progress or no_report, terms)


def inspect(path: str | PathLike[str]) -> Manifest:
    """The manifest of the file at `path`. Raises NotABundle where pexlite did not make the file."""
    # Imported here: a build of what was decided before takes no zipfile.
    from pexlite.archive.reader import read_manifest

    return read_manifest(Path(path))


def verify(
    path: str | PathLike[str], *, lock: str | PathLike[str] | None = None, strict: bool = False
) -> Verified:
    """Check the file at `path`: every wheel against its sha256, every file in a wheel against RECORD.

    With `lock`, every wheel has to be one that this pylock.toml names. The result counts what was checked. Raises
    VerificationFailed with a line for everything that is wrong, NotABundle where pexlite did not make the file.
    """
    from pexlite.tools.verify import verify_file

    return verify_file(Path(path), Path(lock) if lock is not None else None, strict=strict)


def activate(path: str | PathLike[str]) -> Path:
    """Make everything in the file at `path` importable in this process; return the site-packages that holds it.

    The file is unpacked into the cache by its first start, so what is in it runs: activate only what you would
    run. Modules that are imported already stay as they are. Raises TargetError where the file does not run on
    this Python.
    """
    from pexlite.tools.activate import activate as activate_file

    return activate_file(Path(path))


def _request(function: Callable[..., object], options: Mapping[str, Any]) -> BuildRequest:
    for name in options:
        if name not in signature(function).parameters:
            raise TypeError(f"{function.__name__}() got an unexpected keyword argument {name!r}")
    return BuildRequest.of(**options)

"""A request read in full: its requirements, files, groups and scripts, made into a `Specification`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.pylock import Pylock, is_valid_pylock_path
from packaging.utils import canonicalize_name

from pexlite.errors import UsageError
from pexlite.files.paths import expanded, is_directory, is_file, is_there
from pexlite.model import (
    BuildRequest,
    IndexSettings,
    LocalKind,
    LocalSource,
    LockParts,
    Problem,
    Root,
    Specification,
)
from pexlite.network.urls import local_path
from pexlite.pylock.extras_and_groups import has_group, missing_extras, wanted_parts
from pexlite.requirements.amendments import read_amendments
from pexlite.requirements.arguments import Input, interpret, origins
from pexlite.requirements.bare_names import entry_points
from pexlite.requirements.beside_venvs import beside_venvs
from pexlite.requirements.build_properties import read_build_properties
from pexlite.requirements.conflicting_options import contradictions
from pexlite.requirements.inline_metadata import read_script
from pexlite.requirements.parsed import Parsed, combined, merged_index, problem
from pexlite.requirements.pyproject import dependencies, group, read_project, unknown_extras
from pexlite.requirements.requirements_txt import constraints_in, read_file, read_lock

_COMMAND_LINE = "the command line"


def read_request(request: BuildRequest) -> Specification:
    """The Specification for `request`, read from every file it names.

    Raises one UsageError for everything that is wrong: missing files, unparsable requirements, unknown options,
    extras and groups.
    """
    typed = combined(interpret(_typed(request, text)) for text in _without_locks(request))
    typed = replace(typed, local=_with_extras(request, typed.local))
    script = _script(request, typed)
    files = combined(
        read_file(_absolute(request, name), request.directory, index=request.index)
        for name in request.requirement_files
    )
    locks = combined(_lock(request, name) for name in _locks(request))
    scripts = combined(_scripts(typed, script))
    locked = [lock for _, lock in (*files.locks, *locks.locks)]
    amendments = read_amendments(request.excluded, request.overrides)
    whole = combined(
        [
            Parsed(index=request.index, problems=tuple(_index_problems(request.index))),
            typed,
            scripts,
            files,
            locks,
            combined(_constraints(request)),
            combined(_groups(request, typed.local, locked)),
            combined(_extra_problems(request, typed.local, locked)),
            combined(_trees(request)),
            combined(contradictions(request, has_lock=bool(locked))),
            Parsed(problems=amendments.problems),
        ]
    )
    whole = combined([whole, *beside_venvs(request, whole)])
    properties = read_build_properties(request)
    raise_problems(whole.problems if len(whole.locks) < 2 else (*whole.problems, _two_locks(whole)))
    return Specification(
        roots=_unique(whole.roots),
        local=_each_once(_with_script(_with_included(request, whole.local), script)),
        index=merged_index(request.index, whole.index),
        constraint_files=tuple(dict.fromkeys(whole.constraints)),
        lock=whole.locks[0][1] if whole.locks else None,
        lock_file=whole.locks[0][0] if whole.locks else None,
        lock_parts=wanted_parts(locked[0], request.extras, _group_names(request)) if locked else LockParts(),
        takes_part_of_lock=_names_requirements(typed, files, scripts),
        amendments=amendments.value,
        requires_python=whole.requires_python,
        script=script,
        build_properties=properties.values,
        notices=tuple(dict.fromkeys((*whole.notices, *_passed_over(whole)))),
        files=tuple(dict.fromkeys((*whole.files, *properties.files))),
    )


# -- the command line ----------------------------------------------------------------------------


def _typed(request: BuildRequest, text: str) -> Input:
    return Input(
        text,
        _COMMAND_LINE,
        request.directory,
        # A word beside a virtual environment is what is installed there.
        bare_words=not request.venvs,
        entry_points=entry_points(request.entry_point, request.commands),
        output=request.output,
    )


def _is_lock(text: str) -> bool:
    return is_valid_pylock_path(Path(text))


def _without_locks(request: BuildRequest) -> list[str]:
    return [text for text in request.requirements if not _is_lock(text)]


def _locks(request: BuildRequest) -> list[str]:
    return [*([str(request.lock)] if request.lock else []), *filter(_is_lock, request.requirements)]


def _lock(request: BuildRequest, name: str) -> Parsed:
    return read_lock(Path(_absolute(request, name)))


def _names_requirements(*inputs: Parsed) -> bool:
    """Whether `inputs` have requirements or projects; loose code does not say what it needs."""
    kinds = (LocalKind.PROJECT, LocalKind.SDIST, LocalKind.WHEEL)
    return any(entry.roots or any(source.kind in kinds for source in entry.local) for entry in inputs)


def _two_locks(whole: Parsed) -> Problem:
    names = " and ".join(path.name for path, _ in whole.locks)
    return Problem(f"there is more than one lock: {names}", "keep one of them")


def _absolute(request: BuildRequest, name: str) -> str:
    """A path or URL of the command line, valid in any directory."""
    path = local_path(name)
    return name if path is None else os.path.normpath(request.directory / expanded(path))


def _constraints(request: BuildRequest) -> Iterator[Parsed]:
    for name in request.constraint_files:
        location = _absolute(request, name)
        path = local_path(location)
        if path is not None and not is_file(path):
            yield problem(f"there is no constraints file {name}", f"paths are relative to {request.directory}")
        else:
            yield constraints_in(location)


def _trees(request: BuildRequest) -> Iterator[Parsed]:
    for directory in request.source_directories:
        path = Path(os.path.normpath(request.directory / expanded(directory)))
        if is_directory(path):
            yield Parsed(local=(LocalSource(LocalKind.TREE, path, f"-D {directory}"),))
        else:
            what = "is no directory" if is_there(path) else "is not there"
            yield problem(
                f"the source directory {directory} {what}", "name the directory your modules lie in: -D src"
            )


def _index_problems(index: IndexSettings) -> Iterator[Problem]:
    """Problems with `--index` and `--from`."""
    names = [name for name, _ in index.named_indexes]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(f"there are two indexes called {name}", "give each a name of its own: --index NAME=URL")
    for name, url in index.named_indexes:
        # uv and pip split values at white space.
        if "://" not in url or url.split() != [url]:
            yield Problem(f"--index {name}={url} names no URL", f"write it as in --index {name}=https://…/simple")
    for name, project in index.pins:
        if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", project, re.ASCII):
            yield Problem(f"--from {name}={project} names no project", f"write its name alone: --from {name}=NAME")
        if name not in names:
            yield Problem(f"--from {name}={project} names no index", f"say where it is: --index {name}=URL")
    for name, project in index.pins:
        others = {canonicalize_name(other) for known, other in index.pins if known != name}
        if canonicalize_name(project) in others:
            yield Problem(f"{project} is to come from two indexes", "keep one --from of it")
    if index.no_index and names:
        yield Problem("--index names an index, and --no-index asks none", "leave out one of them")


# -- scripts -------------------------------------------------------------------------------------


def _script(request: BuildRequest, typed: Parsed) -> LocalSource | None:
    """The source that is the application itself: `--exe`, or the one `.py` file among the requirements."""
    if request.executable is not None:
        path = Path(os.path.normpath(request.directory / expanded(request.executable)))
        return LocalSource(LocalKind.MODULE, path, f"--exe {request.executable}")
    modules = [source for source in typed.local if source.kind is LocalKind.MODULE]
    return modules[0] if len(modules) == 1 else None


def _scripts(typed: Parsed, script: LocalSource | None) -> Iterator[Parsed]:
    modules = [source for source in typed.local if source.kind is LocalKind.MODULE]
    if script is not None and script not in modules:
        if not is_file(script.path):
            yield problem(f"there is no script {script.path}", "name a Python file: --exe app.py")
            return
        modules.append(script)
    for module in modules:
        yield read_script(module.path)
    if script is None and len(modules) > 1:
        first = modules[0].path.stem
        yield Parsed(notices=(f"{origins(modules)} go in as modules; choose the one that runs: -e {first}",))


def _with_script(local: tuple[LocalSource, ...], script: LocalSource | None) -> tuple[LocalSource, ...]:
    return local if script is None or script in local else (*local, script)


# -- extras and groups ---------------------------------------------------------------------------


def _projects(local: Sequence[LocalSource]) -> list[LocalSource]:
    return [source for source in local if source.kind is LocalKind.PROJECT]


def _with_extras(request: BuildRequest, local: tuple[LocalSource, ...]) -> tuple[LocalSource, ...]:
    return tuple(
        replace(source, extras=source.extras | set(request.extras)) if source.kind is LocalKind.PROJECT else source
        for source in local
    )


def _with_included(request: BuildRequest, local: tuple[LocalSource, ...]) -> tuple[LocalSource, ...]:
    return tuple(
        replace(source, included=request.included)
        if source.kind in (LocalKind.PACKAGE, LocalKind.TREE)
        else source
        for source in local
    )


def _pyprojects(request: BuildRequest) -> list[str]:
    """The `-r pyproject.toml` files."""
    return [name for name in request.requirement_files if Path(name).name == "pyproject.toml"]


def _extra_problems(
    request: BuildRequest, local: Sequence[LocalSource], locks: Sequence[Pylock]
) -> Iterator[Parsed]:
    for source in _projects(local):
        file = source.path / "pyproject.toml"
        table = read_project(file) if source.extras and is_file(file) else {}
        if isinstance(table, Problem):
            yield Parsed(problems=(table,))
        else:
            yield Parsed(problems=unknown_extras(table, sorted(source.extras), file))
    for name in _pyprojects(request) if request.extras else ():
        whole = dependencies(Path(_absolute(request, name)), request.extras)
        yield Parsed(roots=whole.roots, problems=whole.problems)
    if _projects(local) or _pyprojects(request):
        return
    if locks:
        yield Parsed(problems=missing_extras(locks[0], request.extras))
    elif request.extras:
        yield problem(
            f"--extra {request.extras[0]} belongs to a local project, and none is named",
            f"name the project, or write the extra behind a requirement: requests[{request.extras[0]}]",
        )


def _group_names(request: BuildRequest) -> list[str]:
    return [asked.rpartition(":")[2] for asked in request.groups]


def _groups(request: BuildRequest, local: Sequence[LocalSource], locks: Sequence[Pylock]) -> Iterator[Parsed]:
    """The dependency groups of the file named before a colon, of the local project, or of pyproject.toml here.

    A group that a lock has is taken from the lock; its requirements are read only to check the lock.
    """
    for asked in request.groups:
        named, colon, name = asked.rpartition(":")
        files = [Path(_absolute(request, named))] if colon else _group_files(request, local)
        if any(has_group(lock, name) for lock in locks) and not (request.locked and files):
            continue
        if not files:
            yield problem(
                f"--group {asked} belongs to a pyproject.toml, and none is here",
                f"name it: --group path/to/pyproject.toml:{asked}",
            )
        yield from (replace(group(file, name), files=(file,)) for file in files[:1])


def _group_files(request: BuildRequest, local: Sequence[LocalSource]) -> list[Path]:
    named = [Path(_absolute(request, name)) for name in _pyprojects(request)]
    beside = [source.path / "pyproject.toml" for source in _projects(local)]
    return [file for file in (*beside, *named, request.directory / "pyproject.toml") if is_file(file)]


# -- the end -------------------------------------------------------------------------------------


def _passed_over(whole: Parsed) -> Iterator[str]:
    """Notices about code that has a requirement's name, and does not go in by its path."""
    here = {source.path for source in whole.local}
    yield from (notice for path, notice in whole.passed_over if path not in here)


def _unique(roots: Sequence[Root]) -> tuple[Root, ...]:
    """Each requirement once, with the first place where it is written as its origin."""
    return tuple({(str(root.requirement), root.hashes): root for root in reversed(roots)}.values())[::-1]


def _each_once(local: Sequence[LocalSource]) -> tuple[LocalSource, ...]:
    """Each source once; one that is named twice has the extras of both."""
    found: dict[tuple[object, ...], LocalSource] = {}
    for source in local:
        key = (source.kind, source.path, source.marker)
        first = found.setdefault(key, source)
        if not source.extras <= first.extras:
            found[key] = replace(first, extras=first.extras | source.extras)
    return tuple(found.values())


def raise_problems(problems: Sequence[Problem]) -> None:
    """Raise one UsageError for all of `problems`, if there are any."""
    unique = list(dict.fromkeys(problems))
    if not unique:
        return
    if len(unique) == 1:
        raise UsageError(unique[0].message, hint=unique[0].hint)
    raise UsageError(
        f"{len(unique)} things in the request are wrong",
        causes=[entry.message + (f" ({entry.hint})" if entry.hint else "") for entry in unique],
        hint="mend them and build again",
    )

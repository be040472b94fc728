"""Local code as wheels: projects are built; packages, modules and trees are written as they are."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import keyword
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.markers import Marker

from pexlite.errors import FetchError, PexliteError, ProjectBuildError
from pexlite.files.paths import is_directory, is_file, is_there
from pexlite.listed import listed
from pexlite.model import LocalKind, LocalSource, Progress, Target, Wheel
from pexlite.outputs import is_same_file
from pexlite.sources.project_copy import is_copied
from pexlite.sources.projects import Builder
from pexlite.sources.source_tree import Sources, files_of
from pexlite.sources.workshop import Workshop
from pexlite.wheels.write import Member, write_own_wheel

# The variables of a marker that tell targets apart.
_TOLD = ("python_version", "implementation_name", "sys_platform", "platform_machine")
_NATIVE = re.compile(r"\.(?:so(?:\.\d+)*|pyd|dylib|dll)$")


@dataclass(frozen=True)
class LocalWheel:
    """A local source, and the wheel made from it."""

    source: LocalSource
    wheel: Wheel
    notices: tuple[str, ...] = ()
    """Sentences about files left out of the wheel, or included perhaps by mistake."""
    included: frozenset[str] = frozenset()
    """The patterns of `source.included` that matched."""


def local_wheels(sources: Sequence[LocalSource], workshop: Workshop) -> tuple[LocalWheel, ...]:
    """Each of `sources` as a wheel in the store, in order. Projects are built for the first target.

    A project whose compiled wheel does not fit other targets gets another wheel for each of those. Raises the
    error of the source that fails, or one ProjectBuildError where several do.
    """
    builders = [Builder(workshop, target) for target in workshop.targets]
    made: list[LocalWheel] = []
    failures: list[PexliteError] = []
    names = _names(sources)
    for number, source in enumerate(sources):
        workshop.report(Progress("local", source.path.name, number, len(sources)))
        try:
            made += _for_all(source, names[source.kind, source.path], builders)
        except PexliteError as failure:
            failures.append(failure)
    if len(failures) > 1:
        causes = [line for failure in failures for line in (failure.message, *(f"  {c}" for c in failure.causes))]
        raise ProjectBuildError(f"{len(failures)} of {len(sources)} local sources failed", causes=causes)
    if failures:
        raise failures[0]
    return tuple(made)


def loose_module(name: str, directory: Path, included: tuple[str, ...] = ()) -> LocalSource | None:
    """The top-level module `name` in `directory` or its `src`; None where neither has it."""
    for place in (directory.absolute(), directory.absolute() / "src"):
        if is_file(place / f"{name}.py"):
            return LocalSource(LocalKind.MODULE, place / f"{name}.py", "the entry point")
        package = place / name
        # A directory of modules without __init__.py is a namespace package (PEP 420).
        if is_directory(package) and (any(package.glob("*.py")) or any(package.glob("*/**/*.py"))):
            return LocalSource(LocalKind.PACKAGE, package, "the entry point", included=included)
    return None


def goes_in(source: LocalSource, file: Path) -> bool:
    """Whether the existing `file` is `source` or one of its files, links followed."""
    if source.kind is LocalKind.PROJECT:
        return is_copied(source.path, file)
    if source.kind not in (LocalKind.PACKAGE, LocalKind.TREE):
        return is_same_file(source.path, file)
    return any(is_same_file(path, file) for _, path in _sources(source).files)


def module_of(wheel: Wheel) -> str:
    """The name of the single module in `wheel`, which was made from a script or a loose module."""
    return wheel.files[0].removesuffix(".py")


def marker_off(targets: Sequence[Target]) -> str:
    """A marker that is true everywhere but on `targets`."""
    terms = [
        " or ".join(f"{name} != '{target.environment.get(name, '')}'" for name in _TOLD) for target in targets
    ]
    return " and ".join(f"({term})" for term in terms)


def _names(sources: Sequence[LocalSource]) -> dict[tuple[LocalKind, Path], str]:
    """A unique project name for each source that is written as it is: the second `src` gets a number."""
    names: dict[tuple[LocalKind, Path], str] = {}
    for source in _trees_first(sources):
        if (source.kind, source.path) in names:
            continue
        stem = re.sub(r"[^A-Za-z0-9]+", "-", _stem(source.path)).strip("-").lower() or "code"
        # A prefix of its own: a script black.py that requires black is another project than black.
        # A tree's directory may have another name in another checkout, which must not change the file.
        plain = "local-tree" if source.kind is LocalKind.TREE else f"local-{stem}"
        numbered = itertools.chain([plain], (f"{plain}-{number}" for number in itertools.count(2)))
        names[source.kind, source.path] = next(name for name in numbered if name not in names.values())
    return names


def _trees_first(sources: Sequence[LocalSource]) -> list[LocalSource]:
    """`sources`, first the trees, in an order of their own unless one has a name that another has too.

    Of such names the last tree's counts, so their order has a meaning; else another order is the same request.
    """
    trees = [source for source in sources if source.kind is LocalKind.TREE]
    tops = {tree.path: _top_names(tree.path) for tree in trees}
    if sum(map(len, tops.values())) == len({name for names in tops.values() for name in names}):
        trees.sort(key=lambda tree: tops[tree.path])
    return trees + [source for source in sources if source.kind is not LocalKind.TREE]


def _top_names(directory: Path) -> list[str]:
    with contextlib.suppress(OSError):  # told when it is packed
        return sorted(path.name for path in directory.iterdir())
    return []


def _for_all(source: LocalSource, name: str, builders: Sequence[Builder]) -> list[LocalWheel]:
    """`source` as one wheel that fits all targets, else as several, with markers for their targets."""
    if source.kind in (LocalKind.PACKAGE, LocalKind.TREE):
        return [_written_tree(source, name, builders[0])]
    told = _build_sources(source, builders[0].workshop)
    wheels = [_wheel(source, name, builders[0])]
    fitting: list[list[Target]] = [[]]
    for builder in builders:
        target = builder.target
        built = source.kind in (LocalKind.PROJECT, LocalKind.SDIST)
        fits = [not built or not wheel.tags.isdisjoint(target.tags) for wheel in wheels]
        if not any(fits):
            wheels.append(_wheel(source, name, builder))
            fitting.append([])
            fits.append(True)
        fitting[fits.index(True)].append(target)
    if len(wheels) == 1:
        return [LocalWheel(source, wheels[0], (*told, *_hidden(source, wheels[0])))]
    return [
        LocalWheel(replace(source, marker=_marker(source, targets)), wheel, (*told, *_hidden(source, wheel)))
        for wheel, targets in zip(wheels, fitting, strict=True)
    ]


def _build_sources(source: LocalSource, workshop: Workshop) -> tuple[str, ...]:
    if source.kind is not LocalKind.PROJECT or not is_file(source.path / "pyproject.toml"):
        return ()
    # Imported here: many builds have no project.
    from pexlite.sources.build_sources import check_build_sources

    return check_build_sources(source.path, workshop)


def _marker(source: LocalSource, targets: Sequence[Target]) -> Marker:
    """A marker that is true on `targets`, combined with the marker of `source`."""
    terms = [
        " and ".join(f"{name} == '{target.environment.get(name, '')}'" for name in _TOLD) for target in targets
    ]
    here = " or ".join(terms)
    return Marker(f"({source.marker}) and ({here})" if source.marker else here)


def _compared(operator: str, target: Target) -> list[str]:
    """Each variable that tells targets apart, compared with its value on `target`."""
    return [f"{name} {operator} '{target.environment.get(name, '')}'" for name in _TOLD]


def _hidden(source: LocalSource, wheel: Wheel) -> tuple[str, ...]:
    """Notices about hidden or linked files that a project's build backend put into its wheel."""
    if source.kind is not LocalKind.PROJECT:
        return ()
    root = Path(os.path.realpath(source.path))
    hidden = [name for name in wheel.files if re.search(r"(?:^|/)\.", name)]
    outside = [name for name in wheel.files if _lies_outside(name, root)]
    kinds = (("hidden files", hidden), ("files that links lead to out of it", outside))
    return tuple(
        f"the build backend of {wheel.name} put in {kind}: {listed(names)}" for kind, names in kinds if names
    )


def _lies_outside(name: str, root: Path) -> bool:
    """Whether the wheel's file `name` is a file of the project at `root`, reached by a link out of it."""
    places = [place for place in (root / name, root / "src" / name) if os.path.lexists(place)]
    return any(not Path(os.path.realpath(place)).is_relative_to(root) for place in places)


def _wheel(source: LocalSource, name: str, builder: Builder) -> Wheel:
    _check_there(source)
    if source.kind is LocalKind.PROJECT:
        return builder.build_project(source.path)
    if source.kind is LocalKind.SDIST:
        return replace(builder.build_sdist(source.path, local=True), local=True)
    if source.kind is LocalKind.WHEEL:
        return builder.workshop.store.add(source.path, source.path.name)
    with _reading(source.path):
        return _written(
            source, name, [Member(_module_name(source.path) + ".py", source.path.read_bytes())], builder
        )


def _check_there(source: LocalSource) -> None:
    if not is_there(source.path):
        raise FetchError(f"{source.path} is not there any more", causes=[f"it was named by {source.origin}"])


def _written_tree(source: LocalSource, name: str, builder: Builder) -> LocalWheel:
    """The wheel of a package directory or source tree, with notices about files left out."""
    _check_there(source)
    path = source.path
    with _reading(path):
        prefix = f"{path.name}/" if source.kind is LocalKind.PACKAGE else ""
        found = _sources(source)
        members = [
            Member(prefix + inside, file.read_bytes(), bool(file.stat().st_mode & 0o100))
            for inside, file in found.files
        ]
    wheel = _written(source, name, members, builder)
    return LocalWheel(source, wheel, found.words(path.name), found.matched)


def _sources(source: LocalSource) -> Sources:
    return files_of(source.path, whole_tree=source.kind is LocalKind.TREE, included=source.included)


def _written(source: LocalSource, name: str, members: Sequence[Member], builder: Builder) -> Wheel:
    """The wheel of `members`, the unchanged files of `source`: no code is run or built."""
    if not members:
        raise ProjectBuildError(
            f"there is nothing to bundle in {source.path.name}/", causes=[f"it was named by {source.origin}"]
        )
    # A letter first, since a number in a version loses its leading zeros.
    version = f"0+d{_content_digest(members)}"
    tag = _tag(members, builder.target)
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    pure = "true" if tag == "py3-none-any" else "false"
    wheel = f"Wheel-Version: 1.0\nGenerator: pexlite\nRoot-Is-Purelib: {pure}\nTag: {tag}\n"
    texts = [Member(f"{info}/METADATA", metadata.encode()), Member(f"{info}/WHEEL", wheel.encode())]
    with tempfile.TemporaryDirectory(prefix="pexlite-local-") as scratch:
        path = write_own_wheel(Path(scratch) / f"{stem}-{tag}.whl", [*members, *texts], info)
        return builder.workshop.store.add(path, path.name, local=True)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """A context in which a failure to read is a ProjectBuildError that names the path."""
    try:
        yield
    except OSError as problem:
        raise ProjectBuildError(
            f"{path.name} cannot be read: {problem.strerror or problem}",
            causes=[f"at {problem.filename}"] if problem.filename else [],
        ) from problem


def _stem(path: Path) -> str:
    return path.name.removesuffix(".py")


def _module_name(path: Path) -> str:
    """A name under which `path` can be imported and run with -m: `my-tool.v2.py` is my_tool_v2."""
    name = re.sub(r"\W", "_", _stem(path)) or "script"
    if not name[0].isidentifier():
        name = "_" + name
    # The standard library comes first on sys.path, and `__main__` is the running program.
    if name in sys.stdlib_module_names or name in ("__main__", "test") or keyword.iskeyword(name):
        name += "_"
    return name


def _content_digest(members: Sequence[Member]) -> str:
    found = hashlib.sha256()
    for member in sorted(members, key=lambda member: member.name):
        found.update(f"{member.name}\0{member.executable}\0{len(member.content)}\0".encode())
        found.update(member.content)
    return found.hexdigest()[:8]


def _tag(members: Sequence[Member], target: Target) -> str:
    """`py3-none-any`, or the target's best tag where `members` include compiled files."""
    if any(_NATIVE.search(member.name) for member in members):
        return str(target.tags[0])
    return "py3-none-any"

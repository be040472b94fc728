"""The first steps of building and locking: read the request, find its targets, make wheels of local code."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from pexlite.errors import TargetError, UsageError
from pexlite.files.paths import expanded, is_file, is_there
from pexlite.indexes.settings import effective_settings, unheeded_settings
from pexlite.model import (
    BuildRequest,
    IndexSettings,
    LocalKind,
    Progress,
    Report,
    Root,
    Specification,
    Target,
    Wheel,
)
from pexlite.network.urls import local_path
from pexlite.outputs import Kind, Output, is_of_kind, is_same_file
from pexlite.requirements.amendments import amended_roots
from pexlite.resolve.resolvers import find_resolver
from pexlite.sources.environment import Environment, read_environments
from pexlite.sources.local import LocalWheel, goes_in, local_wheels
from pexlite.sources.workshop import Workshop
from pexlite.store.store import Store, open_store
from pexlite.targets.find import Described, find_targets

if TYPE_CHECKING:
    from pexlite.own_python.source import PythonSource


@dataclass(frozen=True)
class Prepared:
    """A request that is ready to be resolved: targets found, local code made into wheels."""

    request: BuildRequest
    specification: Specification
    workshop: Workshop
    local: tuple[LocalWheel, ...]
    roots: tuple[Root, ...]
    """All requirements, also those on the local wheels, after `--exclude` and `--override`."""
    notices: tuple[str, ...] = ()
    """Sentences about settings that are not heeded."""
    environments: tuple[Environment, ...] = ()
    """The virtual environments that the wheels come from, one for each target."""
    pythons: tuple[PythonSource, ...] = ()
    """The Pythons that the file carries, one for each target; () where it carries none."""

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets that the file or lock is for."""
        return self.workshop.targets

    @property
    def written(self) -> tuple[Root, ...]:
        """The requirements as people wrote them, those that local code stands for included."""
        return (*self.specification.roots, *map(root_of, self.local))


def check_output(output: Output, specification: Specification) -> None:
    """Raise UsageError where `output` is a file that was read for the request, or goes in with local code.

    A lock may lie in the project that it is of, and an application in the one that it was built from.
    """
    if not is_file(output.path):
        return
    output.check(specification.files)
    ours = is_of_kind(output.path, output.kind)
    for source in specification.local:
        if ours and (output.kind is Kind.LOCK or source.kind is LocalKind.PROJECT):
            continue
        if goes_in(source, output.path):
            raise UsageError(
                f"{output.path} is a source of this, and cannot be its output as well",
                causes=[f"it comes with {source.path.name}, named by {source.origin}"],
                hint="name another file with -o",
            )
    real = Path(os.path.realpath(output.path))
    links = effective_settings(specification.index).find_links
    found = [link for link in links if (place := local_path(link)) and is_same_file(place, real.parent)]
    if found and real.name.endswith((".whl", ".tar.gz", ".zip")):
        raise UsageError(
            f"{output.path} may be a source of this, and cannot be its output as well",
            causes=[f"it is a distribution in {found[0]}, where distributions are looked for"],
            hint="name another file with -o",
        )


def prepare(request: BuildRequest, specification: Specification, report: Report) -> Prepared:
    """`request`, read as `specification`, with its targets found and its local code built into wheels.

    Raises TargetError where a script's Requires-Python does not let a target in.
    """
    files = [request.directory / file for file in request.target_files]
    environments = read_environments(request.venvs, request.directory)
    store = open_store()
    pythons = _own_pythons(request, store, report)
    wanted = tuple(one.target for one in environments) or find_targets(
        request.pythons,
        request.platforms,
        report,
        Described(files, request.hosts),
        otherwise=[python.target for python in pythons],
    )
    if pythons:
        from pexlite.own_python.match import one_for_each

        pythons = one_for_each(wanted, pythons)
    _check_requires_python(specification, wanted)
    settings = effective_settings(specification.index)
    _check_hashes(specification, settings)
    if environments and settings.require_hashes:
        raise UsageError(
            f"hashes are required, and of what is installed in {environments[0].shown} there are none",
            hint="leave --require-hashes or PIP_REQUIRE_HASHES out, or build without --venv",
        )
    workshop = Workshop(
        store=store,
        settings=settings,
        resolver=find_resolver(request.resolver),
        targets=wanted,
        report=report,
    )
    # Before any code of a project that somebody may not have meant is run.
    for notice in specification.notices:
        report(Progress("note", notice))
    local = local_wheels(specification.local, workshop)
    roots = amended_roots((*specification.roots, *map(root_of, local)), specification.amendments)
    unheeded = unheeded_settings(workshop.resolver.name, hears_pip=workshop.resolver.hears_pip)
    return Prepared(request, specification, workshop, local, roots, unheeded, environments, pythons)


def _own_pythons(request: BuildRequest, store: Store, report: Report) -> tuple[PythonSource, ...]:
    """The Pythons that the file is to carry."""
    if not request.python_from:
        return ()
    # Imported here: few builds have one.
    from pexlite.own_python.find import python_sources

    words = [str(request.directory / word) if _is_here(word, request) else word for word in request.python_from]
    return python_sources(words, store, report)


def _is_here(word: str, request: BuildRequest) -> bool:
    """Whether `word` is a path relative to the request's directory."""
    return bool(word) and word.partition(":")[0] != "uv" and is_there(request.directory / expanded(word))


def root_of(entry: LocalWheel) -> Root:
    """The requirement on a local wheel: its name and extras, at the wheel's `file:` URL."""
    source, wheel = entry.source, entry.wheel
    extras = f"[{','.join(sorted(source.extras))}]" if source.extras else ""
    marker = f" ; {source.marker}" if source.marker else ""
    requirement = Requirement(f"{wheel.name}{extras} @ {wheel.path.as_uri()}{marker}")
    return Root(requirement, source.origin, sha256=wheel.sha256)


def each_once(wheels: Sequence[Wheel]) -> tuple[Wheel, ...]:
    """Each wheel once, by its digest; the first one stays."""
    return tuple({wheel.sha256: wheel for wheel in reversed(wheels)}.values())[::-1]


def accepts(specification: Specification, target: Target) -> bool:
    """Whether `target` satisfies the Requires-Python of the script to build, if there is one."""
    return target.takes(specification.requires_python)


def _check_hashes(specification: Specification, settings: IndexSettings) -> None:
    """Raise UsageError for wheels and sdists without a hash, where hashes are required. Directories have none."""
    files = [source for source in specification.local if source.kind in (LocalKind.WHEEL, LocalKind.SDIST)]
    unhashed = [f"{source.path.name} of {source.origin} has none" for source in files if not source.hashed]
    if settings.require_hashes and unhashed:
        raise UsageError(
            "hashes are required (--require-hashes or PIP_REQUIRE_HASHES), and some files have none",
            causes=unhashed,
            hint="name them in a requirements file: ./NAME.whl --hash=sha256:…",
        )


def _check_requires_python(specification: Specification, wanted: Sequence[Target]) -> None:
    unfit = [target.name for target in wanted if not accepts(specification, target)]
    if unfit:
        raise TargetError(
            f"the script asks for Python {specification.requires_python}, and {', '.join(unfit)} is another",
            hint="build for one that fits: --python 3.X",
        )

"""The wheels of a build from virtual environments: those that the requirements select, made again from RECORD."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from packaging.pylock import Package, Pylock
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from pexlite.bundle.closure import Lack, follow
from pexlite.errors import ResolutionError
from pexlite.listed import listed
from pexlite.model import LocalKind, LocalSource, LockParts, Progress, Root, Target, Wheel
from pexlite.parallel import each
from pexlite.pipeline.choose_lock import ChosenLock
from pexlite.pipeline.prepare import Prepared, each_once
from pexlite.sources.installed import Contents, Installed, contents_of
from pexlite.sources.local import LocalWheel, local_wheels, marker_off
from pexlite.sources.repack import repack

_SEEDS = ("pip", "setuptools", "wheel")
"""The projects that tools put into a new environment unasked."""


@dataclass(frozen=True)
class _Chosen:
    """A virtual environment, and what a build takes from it."""

    contents: Contents
    needed: tuple[Installed, ...]
    lacks: tuple[str, ...]
    """Sentences on what is asked for and cannot be had from it."""

    @property
    def target(self) -> Target:
        return self.contents.environment.target


def choose_installed(prepared: Prepared) -> ChosenLock:
    """The wheels that the request takes from its virtual environments, each target's from its own.

    Requirements and projects select; where there are none, everything that is installed goes in. Only the projects
    of editable installations are built. Raises ResolutionError where an environment lacks something, InvalidWheel
    where a file in it was changed.
    """
    whole = not _selects(prepared)
    contents = [contents_of(environment) for environment in prepared.environments]
    roots = tuple(_roots_of_all(contents, prepared)) if whole else ()
    chosen = [_choose(one, prepared, roots, whole=whole) for one in contents]
    _check_nothing_lacks(chosen)
    built = _editable(chosen, prepared)
    by_target = _alike_once({one.target: _wheels(one, built, prepared) for one in chosen})
    return ChosenLock(
        lock=_as_lock(chosen),
        parts=LockParts(),
        amendments=prepared.specification.amendments,
        wheels=each_once([wheel for wheels in by_target.values() for wheel in wheels]),
        roots=roots,
        local=tuple(entry for entries in built.values() for entry in entries),
        notices=(
            *_unheeded(prepared),
            *dict.fromkeys(line for one in chosen for line in _notices(one, whole=whole)),
        ),
        by_target=by_target,
    )


def _selects(prepared: Prepared) -> bool:
    """Whether the request names something that says what it needs, and so what is to be taken."""
    telling = (LocalKind.PROJECT, LocalKind.SDIST, LocalKind.WHEEL)
    return bool(prepared.specification.roots) or any(entry.source.kind in telling for entry in prepared.local)


def _roots_of_all(contents: Sequence[Contents], prepared: Prepared) -> Iterator[Root]:
    """A root for every distribution, but on the targets whose environments lack it.

    On Pythons of which there is no environment, all of them count.
    """
    own = {entry.wheel.name for entry in prepared.local}
    names = sorted({name for one in contents for name in one.installed} - own)
    for name in names:
        having = [one.environment.shown for one in contents if name in one.installed]
        lacking = [one.environment.target for one in contents if name not in one.installed]
        marker = f" ; {marker_off(lacking)}" if lacking else ""
        yield Root(Requirement(name + marker), having[0])


def _choose(contents: Contents, prepared: Prepared, roots: Sequence[Root], *, whole: bool) -> _Chosen:
    amendments, own = prepared.specification.amendments, [entry.wheel for entry in prepared.local]
    out = {wheel.name for wheel in own}
    here = {name: one for name, one in contents.installed.items() if name not in out}
    needed, lacks = follow(
        (*prepared.roots, *roots),
        (*(one.as_wheel() for one in here.values()), *own),
        contents.environment.target,
        amendments,
    )
    lines = [_sentence(lack, contents) for lack in lacks]
    if whole:
        stays_out = {*out, *amendments.never_wanted()}
        lines += [sentence for name, sentence in contents.unfit.items() if name not in stays_out]
    found = tuple(here[wheel.name] for wheel in needed if wheel.name in here)
    return _Chosen(contents, found, tuple(f"{contents.environment.shown}: {line}" for line in lines))


def _sentence(lack: Lack, contents: Contents) -> str:
    unfit = {str(name): sentence for name, sentence in contents.unfit.items()}
    return unfit.get(lack.project, str(lack))


def _check_nothing_lacks(chosen: Sequence[_Chosen]) -> None:
    lines = list(dict.fromkeys(line for one in chosen for line in one.lacks))
    if not lines:
        return
    names = " and ".join(dict.fromkeys(one.contents.environment.shown for one in chosen if one.lacks))
    hint = "install it there, and test it: uv sync, or pip install; what is not needed: --exclude NAME"
    if any(one.contents.environment.sees_system for one in chosen if one.lacks):
        hint += "; only what is in the environment itself is taken, nothing of the system's Python"
    raise ResolutionError(f"{names} cannot give all that is needed", causes=lines, hint=hint)


def _editable(chosen: Sequence[_Chosen], prepared: Prepared) -> Mapping[Path, tuple[LocalWheel, ...]]:
    """The wheels built from the project of each editable installation, for the targets that have it."""
    targets: dict[Path, list[Target]] = {}
    for one in chosen:
        for installed in one.needed:
            if installed.project is not None:
                targets.setdefault(installed.project, []).append(one.target)
    built = {}
    for path, having in targets.items():
        source = LocalSource(LocalKind.PROJECT, path, "an editable installation")
        built[path] = local_wheels([source], replace(prepared.workshop, targets=tuple(having)))
    return built


def _wheels(one: _Chosen, built: Mapping[Path, tuple[LocalWheel, ...]], prepared: Prepared) -> tuple[Wheel, ...]:
    report, store = prepared.workshop.report, prepared.workshop.store

    def made(number: int, installed: Installed) -> Wheel:
        report(Progress("local", installed.filename, number, len(one.needed)))
        return repack(installed, store)

    plain = [installed for installed in one.needed if installed.project is None]
    projects = [installed.project for installed in one.needed if installed.project is not None]
    own = [entry.wheel for project in projects for entry in built[project]]
    return (*each([partial(made, number, installed) for number, installed in enumerate(plain)]), *own)


def _alike_once(by_target: Mapping[Target, Sequence[Wheel]]) -> Mapping[Target, tuple[Wheel, ...]]:
    """`by_target` with one value for all wheels of the same bytes, and all that is to be told of any of them."""
    found: dict[str, Wheel] = {}
    for wheel in (wheel for wheels in by_target.values() for wheel in wheels):
        first = found.get(wheel.sha256, wheel)
        unlike = dict.fromkeys((*first.unlike_record, *wheel.unlike_record))
        found[wheel.sha256] = replace(first, unlike_record=tuple(unlike))
    return {target: tuple(found[wheel.sha256] for wheel in wheels) for target, wheels in by_target.items()}


def _as_lock(chosen: Sequence[_Chosen]) -> Pylock:
    """The names and versions that were chosen, as a lock has them."""
    named: dict[tuple[NormalizedName, Version], Package] = {}
    for one in chosen:
        for installed in one.contents.installed.values():
            key = (installed.name, installed.version)
            named.setdefault(key, Package(name=installed.name, version=installed.version))
    unfit = [Package(name=name) for one in chosen for name in one.contents.unfit]
    return Pylock(lock_version=Version("1.0"), created_by="pexlite", packages=[*named.values(), *unfit])


def _unheeded(prepared: Prepared) -> tuple[str, ...]:
    """A notice about a setting of pip that decides nothing about what is installed already."""
    if prepared.workshop.settings.uploaded_prior_to is None:
        return ()
    return ("pip's setting uploaded-prior-to counts for the building of projects only: the rest is installed",)


def _notices(one: _Chosen, *, whole: bool) -> Iterator[str]:
    environment = one.contents.environment
    if not one.needed:
        yield f"nothing of {environment.shown} goes in"
    if environment.sees_system:
        yield f"{environment.shown} also sees the packages of the system's Python, which stay out"
    for installed in one.needed:
        if installed.project is not None:
            yield f"{installed.shown} is an editable installation, so its project is built: {installed.project}"
    seeds = sorted(set(_SEEDS) & {str(installed.name) for installed in one.needed} - _asked(one.needed))
    if whole and seeds:
        yield f"from {environment.shown} goes in too: {listed(seeds)}; --exclude {seeds[0]} leaves it out"
    tops = {file.partition("/")[0] for installed in one.needed for file in installed.record.sizes}
    unlisted = [name for name in one.contents.unlisted() if whole or name.partition("/")[0] in tops]
    if unlisted:
        yield f"left out, since no distribution in {environment.shown} lists it: {listed(unlisted)}"


def _asked(needed: Sequence[Installed]) -> set[str]:
    """The names of the projects that `needed` require in any case, not for some extra only."""
    needs = (need for installed in needed for need in installed.requirements)
    return {canonicalize_name(need.name) for need in needs if "extra" not in str(need.marker)}

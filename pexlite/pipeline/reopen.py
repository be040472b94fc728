"""A built file -> the values that it was written from: wheels in the store, targets, requirements."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from packaging.markers import Environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

from pexlite.archive.members import UNREADABLE, open_zip, read_part
from pexlite.archive.reader import read_manifest
from pexlite.archive.sealed_launch import sealed_launch
from pexlite.archive.stored_wheels import chunks, open_wheel
from pexlite.bundle.closure import follow
from pexlite.errors import ClosureIncomplete, FetchError, NotABundle
from pexlite.model import Amendments, LaunchOptions, Manifest, OwnPython, Root, StoredWheel, Target, Variant, Wheel
from pexlite.pipeline.carried_pythons import carried_pythons
from pexlite.ship.served import recipe_in
from pexlite.store.packed import with_held_frames
from pexlite.store.store import Store
from pexlite.targets.interpreters import running_target
from pexlite.targets.served import in_other_patches, served_targets

ORIGIN = "the file"
"""Where the requirements of a file were written, in words."""

# Variables of markers that only a lock has (PEP 751).
_OF_A_LOCK = re.compile(r"\b(?:extras|dependency_groups)\b")


@dataclass(frozen=True)
class Served:
    """A target that a file serves, with the wheels that it gets there."""

    target: Target
    variant: Variant
    wheels: tuple[Wheel, ...]
    own: OwnPython | None = None
    """The Python in the file, if no other starts it there."""


@dataclass(frozen=True)
class Reopened:
    """A built file as the values that it was written from."""

    path: Path
    manifest: Manifest
    launch: LaunchOptions
    wheels: tuple[Wheel, ...]
    """In the order of the manifest, all in the store."""
    roots: tuple[Root, ...]
    amendments: Amendments
    served: tuple[Served, ...]
    """Every existing Python that it serves, by variant and age."""
    own_pythons: tuple[OwnPython, ...]
    """The Pythons that it carries, all in the store."""
    start_magic: bytes | None
    """The magic number of the Python that compiled its start; None where none did."""

    @property
    def names(self) -> frozenset[NormalizedName]:
        """The projects in it."""
        return frozenset(wheel.name for wheel in self.wheels)

    @property
    def compiled_for(self) -> tuple[str, ...]:
        """The Pythons whose bytecode of the wheels is in it."""
        entries = self.manifest.facts["pexlite"]["wheels"]
        return tuple(dict.fromkeys(python for entry in entries for python in entry.get("bytecode", {})))

    @property
    def is_uncompressed(self) -> bool:
        """Whether its wheels were rewritten by --no-compress."""
        return any(wheel.repacked_from and not wheel.frames for wheel in self.wheels)

    @property
    def is_packed(self) -> bool:
        """Whether its wheels were packed by --zstd."""
        return any(wheel.frames for wheel in self.wheels)


def reopen(path: Path, store: Store) -> Reopened:
    """The values that the file at `path` was written from, with its wheels in `store`.

    Raises NotABundle where it is none or damaged, ClosureIncomplete where its own requirements do not lead to its
    wheels.
    """
    manifest = read_manifest(path)
    launch = sealed_launch(path, manifest)
    owned = carried_pythons(path, manifest, store)
    wheels = _stored(path, manifest, store)
    amendments = Amendments(
        tuple(_requirement(path, text) for text in manifest.facts["excluded"]),
        tuple(_requirement(path, text) for text in manifest.facts["overridden"]),
    )
    roots = tuple(Root(_requirement(path, text), ORIGIN) for text in manifest.requirements)
    roots = _leading_to_all(roots, wheels)
    graph = _Graph(roots, amendments, running_target())
    served: list[Served] = []
    for variant in manifest.variants:
        its = tuple(wheels[place] for place in variant.wheels)
        tags = [tag for wheel in its for tag in wheel.tags]
        for target in served_targets(variant, tags, graph.here):
            own = None if launch.prefer_host else _own_of(target, owned)
            target = replace(target, environment=_in_release(target, own.version)) if own else target
            served.append(Served(_as_built(path, target, graph, its), variant, its, own))
    return Reopened(path, manifest, launch, wheels, roots, amendments, tuple(served), owned, _start_magic(path))


def _stored(path: Path, manifest: Manifest, store: Store) -> tuple[Wheel, ...]:
    """The wheels of the file in `store`, in their order. Raises NotABundle where one has changed."""
    wheels = []
    with path.open("rb") as file:
        for held in manifest.wheels:
            wheel = None if held.frames else store.find(held.sha256, held.filename)
            if wheel is None:
                try:
                    wheel = _added(file, held, store)
                except (FetchError, zipfile.BadZipFile) as failure:
                    raise NotABundle(
                        f"{held.filename} in {path} has changed since it was built",
                        causes=getattr(failure, "causes", ()) or [str(failure)],
                        hint="copy the file here again",
                    ) from failure
            kept = recipe_in(file, held)
            wheels.append(replace(wheel, local=held.local, repacked_from=held.repacked_from, recipe=kept))
    return tuple(wheels)


def _added(file: BinaryIO, held: StoredWheel, store: Store) -> Wheel:
    """A wheel of the open file, put into the store. Raises FetchError or BadZipFile where it has changed."""
    # local=True: it has been looked at when the file was built.
    wheel = store.add(open_wheel(file, held), held.filename, None if held.frames else held.sha256, local=True)
    if held.frames:
        wheel = with_held_frames(wheel, chunks(file, held), held.frames, store)
        if wheel.sha256 != held.sha256:
            raise FetchError(
                f"{held.filename} has another digest", causes=[f"expected {held.sha256}", f"got {wheel.sha256}"]
            )
    return wheel


def _own_of(target: Target, owned: Sequence[OwnPython]) -> OwnPython | None:
    libc = target.libc and target.libc.name
    fitting = (own for own in owned if (own.platform, own.tag) == (target.platform, target.python))
    return next((own for own in fitting if own.libc is None or own.libc[0] == libc), None)


def _in_release(target: Target, version: str) -> Environment:
    """The marker variables of `target` in a release of its Python (PEP 508)."""
    environment = target.environment.copy()
    environment["python_full_version"] = environment["implementation_version"] = version
    return environment


def _requirement(path: Path, text: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as failure:
        raise NotABundle(
            f"{path} has a requirement that cannot be read", causes=[repr(text)], hint="build it again"
        ) from failure


def _leading_to_all(roots: tuple[Root, ...], wheels: Sequence[Wheel]) -> tuple[Root, ...]:
    """`roots`, where a package of a lock that an extra or group of it brought is asked for by its name alone.

    Which extras and groups of the lock were wanted, a file does not say.
    """
    there = {wheel.name for wheel in wheels}
    brought = [
        name
        for root in roots
        if _OF_A_LOCK.search(str(root.requirement.marker))
        and (name := canonicalize_name(root.requirement.name)) in there
    ]
    return (*roots, *(Root(Requirement(name), ORIGIN) for name in dict.fromkeys(brought)))


@dataclass(frozen=True)
class _Graph:
    """The requirements that lead to the wheels of a file, and the running Python."""

    roots: Sequence[Root]
    amendments: Amendments
    here: Target


def _as_built(
    path: Path,
    target: Target,
    graph: _Graph,
    wheels: Sequence[Wheel],
) -> Target:
    """`target` in the patch release in which the requirements lead to just these `wheels`.

    Raises ClosureIncomplete where they do in none.
    """
    lacks: Sequence[object] = ()
    for candidate in in_other_patches(target, graph.here):
        needed, lacks = follow(graph.roots, wheels, candidate, graph.amendments)
        if not lacks and {wheel.sha256 for wheel in needed} == {wheel.sha256 for wheel in wheels}:
            return candidate
    raise ClosureIncomplete(
        f"what {path} was built from cannot be told from it",
        causes=[
            f"on {target.name} its requirements do not lead to the wheels that it has there",
            *map(str, lacks),
        ],
        hint="build it again",
    )


def _start_magic(path: Path) -> bytes | None:
    """The first bytes of `__main__.pyc` in the file; None where there is none."""
    try:
        with path.open("rb") as file, open_zip(file) as opened:
            return read_part(opened, "__main__.pyc")[:4]
    except UNREADABLE:
        return None

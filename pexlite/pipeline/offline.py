"""A build without a network: the store's wheels stand in the place of any index."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

from pexlite.errors import ResolutionError
from pexlite.model import BuildRequest, Wheel
from pexlite.store.store import Store


@contextlib.contextmanager
def offline(request: BuildRequest, store: Store, again: str) -> Iterator[BuildRequest]:
    """`request`, which asks no index: what it needs is in the store, or where --find-links and --wheels say.

    A ResolutionError that is raised within comes out with `again` as what to type once there is a network.
    """
    with tempfile.TemporaryDirectory(prefix="pexlite-offline-") as name:
        for wheel in _reachable(request.requirements, store):
            _link(wheel.path, Path(name, wheel.filename))
        index = replace(request.index, no_index=True, find_links=(*request.index.find_links, name))
        try:
            yield replace(request, index=index)
        except ResolutionError as failure:
            raise ResolutionError(
                "what this needs is not here, and --offline asks no index",
                causes=[failure.message.replace("in --find-links", "in the store of builds"), *failure.causes],
                hint=f"once with a network: {again}",
            ) from failure


def _reachable(requirements: Iterable[str], store: Store) -> Iterator[Wheel]:
    """The wheels in the store of the projects that are asked for, and of those that these need.

    All of them where a requirement is no name, but a path. Each is hashed: a resolver believes what it finds.
    """
    known = _known(store)
    waiting = [name for text in requirements for name in _names(text, known)]
    seen = set(waiting)
    while waiting:
        for listed in known.get(waiting.pop(), ()):
            wheel = store.find(listed.sha256, listed.filename)
            if wheel is None:
                continue
            yield wheel
            # Markers and extras are the resolver's: this finds what it may come to.
            needed = {canonicalize_name(one.name) for one in wheel.requires_dist} - seen
            seen |= needed
            waiting += needed


def _names(text: str, known: dict[NormalizedName, list[Wheel]]) -> Iterable[NormalizedName]:
    try:
        return [canonicalize_name(Requirement(text).name)]
    except InvalidRequirement:
        return list(known)


def _known(store: Store) -> dict[NormalizedName, list[Wheel]]:
    """The wheels in the store by the names of their projects, as they were when they came in."""
    found: dict[NormalizedName, list[Wheel]] = {}
    for path in sorted((store.root / "wheels").glob("*/*/*.whl")):
        wheel = store.facts(path.parent.name, path.name)
        if wheel is not None:
            found.setdefault(wheel.name, []).append(wheel)
    return found


def _link(path: Path, link: Path) -> None:
    """Have a wheel in a directory of its own, by a link where the system lets anybody make one."""
    if link.exists():
        return  # another build of the same name: either will do
    try:
        link.symlink_to(path)
    except OSError:
        shutil.copyfile(path, link)

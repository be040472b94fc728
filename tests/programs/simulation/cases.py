"""Which processes meet on which cache. A case is drawn anew for every seed."""

from __future__ import annotations

import posixpath
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.programs.simulation.actors import ANYBODY, Stage, Work, files_under, prune, repair, start, swallow
from tests.programs.simulation.apps import apps
from tests.programs.simulation.disk import Directory, Disk
from tests.programs.simulation.scheduler import Faults

_DAY = 86400
Setup = Callable[[random.Random, Disk, Stage], list[tuple[str, Work]]]


@dataclass(frozen=True)
class Case:
    """`base` is the cache that it begins on: "new", "warm" (the first version is there) or "both"."""

    name: str
    base: tuple[str, ...]
    setup: Setup
    faults: Faults = field(default_factory=Faults)


def _starts(stage: Stage, first: int, second: int = 0) -> list[tuple[str, Work]]:
    one, two = apps()
    found = [(f"start{number}", start(stage, one)) for number in range(1, first + 1)]
    return found + [(f"other{number}", start(stage, two)) for number in range(1, second + 1)]


def _cold(draw: random.Random, disk: Disk, stage: Stage) -> list[tuple[str, Work]]:
    return _starts(stage, draw.choice((2, 2, 3, 3, 4)))


def _versions(draw: random.Random, disk: Disk, stage: Stage) -> list[tuple[str, Work]]:
    return _starts(stage, draw.randint(1, 2), draw.randint(1, 2))


def _pruned(draw: random.Random, disk: Disk, stage: Stage) -> list[tuple[str, Work]]:
    age, days = draw.choice(((0.5, 0.0), (3.0, 0.0), (3.0, 1.0), (200.0, 1.0), (200.0, 90.0), (0.5, 90.0)))
    for path, node in files_under(disk, stage.door.cache + "/apps"):
        if path.count("/") == 2 and path.endswith("/READY"):
            node.mtime -= age * _DAY
    works = _starts(stage, draw.randint(1, 2), draw.randint(0, 1))
    return [*works, ("prune", prune(stage, apps()[0], days))]


def _halted(draw: random.Random, disk: Disk, stage: Stage) -> list[tuple[str, Work]]:
    """A pruner or a start that is stopped while others go on, or does not get to see what there is."""
    return [*_pruned(draw, disk, stage), *_starts(stage, 0, 1)]


def _damaged(draw: random.Random, disk: Disk, stage: Stage) -> list[tuple[str, Work]]:
    damage(draw, disk, stage)
    return _starts(stage, draw.randint(2, 3))


def _mended(draw: random.Random, disk: Disk, stage: Stage) -> list[tuple[str, Work]]:
    if draw.random() < 0.8:
        damage(draw, disk, stage)
    return [*_starts(stage, draw.randint(1, 2)), ("repair", repair(stage, apps()[0]))]


def _swallowed(draw: random.Random, disk: Disk, stage: Stage) -> list[tuple[str, Work]]:
    damage(draw, disk, stage)
    works = [(f"fails{number}", swallow(stage, apps()[0])) for number in range(draw.choice((1, 2, 2)))]
    return works + _starts(stage, draw.randint(0, 1))


def _any(draw: random.Random, disk: Disk, stage: Stage) -> list[tuple[str, Work]]:
    works = _starts(stage, draw.randint(1, 2), draw.randint(0, 1))
    if draw.random() < 0.3:
        works.append(("repair", repair(stage, apps()[0])))
    if draw.random() < 0.3:
        works.append(("prune", prune(stage, apps()[0], draw.choice((0.0, 90.0)))))
    return works


def _foreign(draw: random.Random, disk: Disk, stage: Stage) -> list[tuple[str, Work]]:
    """The cache is root's, which all may use and only root may write; or a stranger's, or open to strangers."""
    stage.owner = draw.choice((0, 0, 7, ANYBODY))
    cache, root = stage.door.cache, posixpath.dirname(stage.door.cache)
    top = disk.node(root)
    assert isinstance(top, Directory)
    nodes = {root: top, **dict(disk.tree(top, root))}
    if stage.owner == ANYBODY:
        app = next(path for path in nodes if f"/apps/{apps()[0].build_id}-" in path)
        nodes[draw.choice((root, cache, cache + "/apps", app))].mode |= 0o022
    else:
        for node in nodes.values():
            node.owner = stage.owner
    for path, node in files_under(disk, cache + "/apps"):
        if path.endswith("/READY"):
            node.mtime -= draw.choice((0.0, 3.0)) * _DAY
        elif path.endswith(stage.door.launcher) and draw.random() < 0.3:
            disk.unlink(f"{cache}/apps{path}")
    works = _starts(stage, draw.randint(1, 3))
    return [*works, ("root", start(stage, apps()[0]))] if stage.owner == 0 and draw.random() < 0.5 else works


def damage(draw: random.Random, disk: Disk, stage: Stage) -> None:
    """Do what people, full disks and cleaning scripts do to a cache: cut a file, empty it, or remove it."""
    door = stage.door
    own = [path for path, _ in files_under(disk, f"{door.cache}/apps")]
    wheels = [path for path, _ in files_under(disk, f"{door.cache}/wheels")]
    marks = [path for path in own if path.endswith(("/READY", door.launcher))]
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        places = draw.choice((marks, own, wheels))
        folder = "wheels" if places is wheels else "apps"
        path = f"{door.cache}/{folder}{draw.choice(places)}"
        node = dict(files_under(disk, path.rpartition("/")[0])).get("/" + path.rpartition("/")[2])
        if node is None:
            continue
        if draw.random() < 0.5:
            disk.unlink(path)
        else:
            half = 0 if path.endswith(door.unmeasured) else len(node.content) // 2
            del node.content[draw.choice((0, half)) :]


CASES = (
    Case("cold", ("new",), _cold),
    Case("versions", ("new", "warm"), _versions),
    Case("pruned", ("warm", "both"), _pruned),
    Case("halted", ("warm", "both"), _halted, Faults(kinds=("stop", "unlisted"), chance=1.0)),
    Case("damaged", ("warm",), _damaged),
    Case("mended", ("warm", "both"), _mended),
    Case("swallowed", ("warm", "both"), _swallowed),
    Case("foreign", ("warm", "both"), _foreign),
    Case("power", ("new", "new", "warm", "both"), _any, Faults(chance=0.0, power=1.0)),
    # Of a disk that keeps what was written later and loses what was written before.
    Case("torn", ("new", "new", "warm", "both"), _any, Faults(chance=0.0, power=1.0, strict=False)),
    Case("lockless", ("new",), _cold, Faults(locks=False)),
)

"""Which processes meet on which cache. A case is drawn anew for every seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.simulation.actors import Stage, Work, files_under, prune, repair, start
from tests.simulation.apps import apps
from tests.simulation.disk import Disk
from tests.simulation.scheduler import Faults

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
    age = draw.choice((0.0, 0.5, 3.0, 200.0))
    for path, node in files_under(disk, stage.door.cache + "/apps"):
        if path.count("/") == 2 and path.endswith("/READY"):
            node.mtime -= age * _DAY
    works = _starts(stage, draw.randint(1, 2), draw.randint(0, 1))
    works += [(f"prune{number}", prune(stage, apps()[0], draw.choice((0.0, 1.0, 90.0)))) for number in (1,)]
    return works


def _damaged(draw: random.Random, disk: Disk, stage: Stage) -> list[tuple[str, Work]]:
    damage(draw, disk, stage)
    return _starts(stage, draw.randint(2, 3))


def _mended(draw: random.Random, disk: Disk, stage: Stage) -> list[tuple[str, Work]]:
    if draw.random() < 0.8:
        damage(draw, disk, stage)
    return [*_starts(stage, draw.randint(1, 2)), ("repair", repair(stage, apps()[0]))]


def _any(draw: random.Random, disk: Disk, stage: Stage) -> list[tuple[str, Work]]:
    works = _starts(stage, draw.randint(1, 2), draw.randint(0, 1))
    if draw.random() < 0.3:
        works.append(("repair", repair(stage, apps()[0])))
    if draw.random() < 0.3:
        works.append(("prune", prune(stage, apps()[0], draw.choice((0.0, 90.0)))))
    return works


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
            del node.content[draw.choice((0, len(node.content) // 2)) :]


CASES = (
    Case("cold", ("new",), _cold),
    Case("versions", ("new", "warm"), _versions),
    Case("pruned", ("warm", "both"), _pruned),
    Case("damaged", ("warm",), _damaged),
    Case("mended", ("warm", "both"), _mended),
    Case("power", ("new", "new", "warm", "both"), _any, Faults(chance=0.0, power=1.0)),
    # Of a disk that keeps what was written later and loses what was written before.
    Case("torn", ("new", "new", "warm", "both"), _any, Faults(chance=0.0, power=1.0, strict=False)),
    Case("lockless", ("new",), _cold, Faults(locks=False)),
)

"""First starts of files with uncompressed wheels, on file systems that share blocks and on those that do not.

XFS and btrfs are made in files and mounted, where that is allowed. Each ratio is the median of the rounds' own.
"""

from __future__ import annotations

import contextlib
import shutil
import statistics
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tests.programs.bench.results import Row, row
from tests.programs.bench.setting import Setting
from tests.programs.bench.starts import LISTED_FAST, PEX, SHIV, ready, whole_at, with_start_list
from tests.programs.bench.targets import Target
from tests.programs.bench.timing import Contender, Figure, emptied, failed, figure, paired
from tests.programs.bench.tools import Tool
from tests.programs.bench.workloads import Workload

CONCERN = "instant"
HERE = "here"
_OURS = "pexlite-fast"
_SIZE = 24 << 30  # bytes of a mounted file system, of which the file takes what is written to it
_REACH = {"ext4": 0.35, "xfs": 0.10, "btrfs": 0.10}


def rows(setting: Setting, workload: Workload, tools: Sequence[Tool], rounds: int) -> Iterator[Row]:
    """First starts up to the first line on each file system, and their ratios to the best of pex and shiv."""
    if not workload.first:
        return
    contenders, unable = ready(setting, workload, tools, workload.first, "first", CONCERN, empty=True)
    if any(one.tool == _OURS for one in contenders):
        try:
            contenders.append(with_start_list(setting, workload, LISTED_FAST))
        except RuntimeError as failure:
            unable[LISTED_FAST] = failed(str(failure))
    for kind in (HERE, "xfs", "btrfs"):
        try:
            with _place(setting, kind) as (place, name):
                tree = place / "tree"
                shutil.copytree(setting.tree(workload), tree, symlinks=True)
                moved = [_moved(one, place) for one in contenders]
                figures = paired([*moved, _copy(setting, tree, place)], rounds)
        except RuntimeError as failure:
            yield row(CONCERN, workload.name, kind, {_OURS: failed(str(failure))})
            continue
        yield row(CONCERN, workload.name, name, {**figures, **unable})
        ratios = by_rounds(figures, (*PEX, *SHIV))
        is_judged = name in _REACH and workload.name == "data"
        targets = [Target(tool, _REACH[name]) for tool in (_OURS, LISTED_FAST) if is_judged]
        yield row(CONCERN, workload.name, f"{name}, of the best of pex and shiv", ratios, targets, "ratio")


def by_rounds(figures: Mapping[str, Figure], against: Sequence[str]) -> dict[str, Figure]:
    """Each figure as the ratios of its rounds to those of the best of `against`, with the quartiles as a note.

    Rounds in which either was not run are left out.
    """
    others = {name: figures[name] for name in against if name in figures and figures[name].runs}
    if not others:
        return {}
    best = min(others.values(), key=lambda one: one.median)
    found = {}
    for name, one in figures.items():
        ratios = [mine / theirs for mine, theirs in zip(one.values, best.values, strict=False)]
        if len(ratios) > 1:
            first, _, third = statistics.quantiles(ratios, method="inclusive")
            found[name] = figure(ratios, note=f"quartiles {first:.3f} and {third:.3f}")
    return found


@contextlib.contextmanager
def _place(setting: Setting, kind: str) -> Iterator[tuple[Path, str]]:
    """A directory on a file system of this kind, and the kind's name. Raises RuntimeError where there is none."""
    place = setting.directory / "instant" / kind
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    if kind == HERE:
        asked = ["stat", "-f", "-c", "%T", str(place)]
        name = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
        yield place, {"ext2/ext3": "ext4"}.get(name, name)
        shutil.rmtree(place)
        return
    picture = place.with_suffix(".img")
    with picture.open("wb") as file:
        file.truncate(_SIZE)
    try:
        _must([f"mkfs.{kind}", "-q", str(picture)])
        _must(["mount", "-o", "loop", str(picture), str(place)])
        try:
            yield place, kind
        finally:
            _must(["umount", "-l", str(place)])
    finally:
        picture.unlink()


def _must(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as failure:
        raise RuntimeError(f"{command[0]}: {failure.strerror}") from failure
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr.strip().splitlines()[-1:]}")


def _moved(one: Contender, place: Path) -> Contender:
    """The contender with its file, its home and its caches at `place`."""
    file = place / f"{one.tool}.pex"
    shutil.copy2(one.command[0], file)
    before, state = one.environment["HOME"], place / "state" / one.tool
    environment = {name: value.replace(before, str(state)) for name, value in one.environment.items()}
    settle = whole_at(state) if one.settle else None
    words = (str(file), *one.command[1:])
    return replace(one, command=words, environment=environment, prepare=emptied(state), settle=settle)


def _copy(setting: Setting, tree: Path, place: Path) -> Contender:
    """The same files copied by `cp -r`, which since coreutils 9 clones them where it can."""
    state = place / "state" / "copy"
    environment = setting.environment(state)
    return Contender("cp -r", ("cp", "-r", str(tree), str(state / "copy")), environment, "", emptied(state))

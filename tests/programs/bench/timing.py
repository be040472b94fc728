"""Commands run and measured in pairs, A B A B, so that a slow minute of the machine slows every tool alike."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_LEAST_FREE = 20_000_000_000  # bytes
# For so many seconds at most ext4 remembers what was deleted. Else a new file takes as long as two or three links.
_REMEMBERED, _SLOW = 420, 4
# A contender that takes long is run as often as fits in here, and as often as this at least.
_LONGEST = 90.0  # seconds
_FEWEST = 3
_CLOCK = Path(__file__).with_name("clock.py")


class WrongOutputError(Exception):
    """A timed command did not do its work."""


@dataclass(frozen=True)
class Run:
    """One run of a command: seconds on the wall, seconds of CPU (with children), bytes of peak memory."""

    wall: float
    cpu: float
    memory: int
    stdout: str = ""


@dataclass(frozen=True)
class Contender:
    """A tool to time: `command` in `environment`, with `prepare` before each run, untimed."""

    tool: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    contains: str = ""
    """Text that must be in its output; a run without it counts for nothing."""
    prepare: Callable[[], None] | None = None
    directory: Path | None = None
    settle: Callable[[], None] | None = None
    """Waits, untimed, for what the command leaves to be done behind it."""


@dataclass(frozen=True)
class Figure:
    """A tool's median of `runs` runs, with the least and the most, in the unit of its row."""

    median: float
    least: float
    most: float
    runs: int
    cpu: float | None = None
    """Median CPU seconds, where the unit is time."""
    note: str = ""
    values: tuple[float, ...] = field(default=(), compare=False)
    """The value of each round, in order."""
    cpu_values: tuple[float, ...] = field(default=(), compare=False)


def run(contender: Contender) -> Run:
    """Run the contender once and check its output. Raises WrongOutputError."""
    with tempfile.TemporaryDirectory() as place:
        out, err = Path(place) / "out", Path(place) / "err"
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(_CLOCK), str(out), str(err), *contender.command],
            env=dict(contender.environment),
            cwd=contender.directory,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise WrongOutputError(f"could not be started: {done.stderr.strip().splitlines()[-1]}")
        cost = json.loads(done.stdout)
        printed, complained = out.read_text(errors="replace"), err.read_text(errors="replace")
    if contender.settle:
        contender.settle()
    if cost["code"] or contender.contains not in printed:
        last = (complained or printed).strip().splitlines()[-3:]
        raise WrongOutputError(f"exit code {cost['code']}: {' / '.join(last)}"[:300])
    return Run(cost["wall"], cost["cpu"], cost["memory"], printed)


def paired(contenders: Sequence[Contender], rounds: int) -> dict[str, Figure]:
    """Each contender's figure after `rounds` rounds in which each runs once; the order turns from round to round.

    One that takes longer than a minute and a half in all is run three times. A contender that does not do its work
    is left out after that, with the reason as its note.
    """
    runs: dict[str, list[Run]] = {contender.tool: [] for contender in contenders}
    if not contenders:
        return {}
    broken: dict[str, str] = {}
    for turn in range(rounds):
        shift = turn % len(contenders)
        for contender in (*contenders[shift:], *contenders[:shift]):
            done = runs[contender.tool]
            long = len(done) >= _FEWEST and sum(one.wall for one in done) > _LONGEST
            if contender.tool in broken or long:
                continue
            if contender.prepare:
                contender.prepare()
            try:
                done.append(run(contender))
            except WrongOutputError as failure:
                broken[contender.tool] = str(failure)
    return {
        tool: failed(broken[tool])
        if tool in broken
        else figure([one.wall for one in done], [one.cpu for one in done])
        for tool, done in runs.items()
    }


def working(contenders: Sequence[Contender]) -> tuple[list[Contender], dict[str, Figure]]:
    """The contenders that do their work, after one run each that leaves all warm, and why the others do not."""
    able, broken = [], {}
    for contender in contenders:
        try:
            run(contender)
            able.append(contender)
        except WrongOutputError as failure:
            broken[contender.tool] = failed(str(failure))
    return able, broken


def figure(values: Sequence[float], cpu: Sequence[float] = (), note: str = "") -> Figure:
    """The figure that summarises these values."""
    return Figure(
        statistics.median(values),
        min(values),
        max(values),
        len(values),
        statistics.median(cpu) if cpu else None,
        note,
        tuple(values),
        tuple(cpu),
    )


def failed(reason: str) -> Figure:
    """A figure without values, for a tool that failed, with the reason."""
    return Figure(float("nan"), float("nan"), float("nan"), 0, None, reason)


def emptied(directory: Path) -> Callable[[], None]:
    """A function to call before a cold run: it makes an empty home at `directory`, and syncs the disk.

    What was there is moved away, and deleted by `clear`, since making a file is slow after that (`rest`).
    """

    def empty() -> None:
        if directory.exists():
            move_away([directory], directory.parent)
            if shutil.disk_usage(directory.parent).free < _LEAST_FREE:
                clear(directory.parent)
                rest(directory.parent)
        (directory / "tmp").mkdir(parents=True)
        os.sync()

    return empty


def move_away(paths: Sequence[Path], directory: Path) -> None:
    """Move all `paths` where `clear` will delete them below `directory`, on the same disk."""
    directory.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="used-", dir=directory))
    for number, path in enumerate(paths):
        path.rename(place / f"{number}-{path.name}")


def rest(directory: Path, pause: float = 10, longest: float = _REMEMBERED) -> bool:
    """Whether files are made in `directory` as fast as they should be; waits for that, `longest` seconds at most.

    For some minutes after a deletion ext4 searches the deleted inodes whenever it makes a file, which takes up to
    thirty times as long then: a cold start takes twice.
    """
    end = time.monotonic() + longest
    while _making(directory) > _SLOW:
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def _making(directory: Path, count: int = 200) -> float:
    """How much longer than a hard link a new file takes there."""
    directory.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="used-", dir=directory))
    (place / "first").touch()
    begin = time.perf_counter()
    for number in range(count):
        (place / f"new{number}").touch()
    between = time.perf_counter()
    for number in range(count):
        (place / f"link{number}").hardlink_to(place / "first")
    return (between - begin) / (time.perf_counter() - between)


def clear(directory: Path) -> None:
    """Delete what was moved away anywhere below `directory`."""
    for path, names, _ in os.walk(directory):
        for name in [name for name in names if name.startswith("used-")]:
            names.remove(name)
            shutil.rmtree(Path(path) / name, ignore_errors=True)

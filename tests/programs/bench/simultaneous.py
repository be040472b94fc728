"""Many first starts at once on an empty cache: when the last has printed, and how many are lost."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.programs.bench.results import Row, row
from tests.programs.bench.setting import Setting
from tests.programs.bench.starts import ready
from tests.programs.bench.targets import Target
from tests.programs.bench.timing import Contender, figure
from tests.programs.bench.tools import Tool
from tests.programs.bench.workloads import Workload

COUNT = 64
_COMPARED = ("pexlite", "pex", "pex-venv", "shiv")
_LONGEST = 300.0  # seconds; what takes longer hangs


@dataclass(frozen=True)
class Volley:
    """Starts of one file at once: seconds until the last has ended, CPU seconds of all, and how many are lost."""

    wall: float
    cpu: float
    lost: int
    complaint: str = ""
    """The last words of one that is lost."""


@dataclass(frozen=True)
class Turn:
    """One tool's volleys on one cache: the first on an empty one, the second on what that one left."""

    first: Volley
    warm: Volley
    unpack: Volley
    """One first start on an empty cache without anyone beside, less one warm start."""


def rows(
    setting: Setting, workload: Workload, tools: Sequence[Tool], rounds: int, count: int = COUNT
) -> Iterator[Row]:
    """Rows of `count` starts at once: the time, and how many of all rounds were lost."""
    compared = [tool for tool in tools if tool.name in _COMPARED]
    contenders, unable = ready(
        setting, workload, compared, workload.arguments, workload.contains, "simultaneous", empty=True
    )
    turns: dict[str, list[Turn]] = {one.tool: [] for one in contenders}
    for turn in range(rounds):
        for one in (*contenders[turn:], *contenders[:turn]):
            turns[one.tool].append(_turn(one, count))
    times, lost = {}, {}
    for tool, done in turns.items():
        first, warm = [one.first for one in done], [one.warm for one in done]
        least = [Volley(one.warm.wall + one.unpack.wall, one.warm.cpu + one.unpack.cpu, 0) for one in done]
        for name, volleys in ((tool, first), (f"{tool} warm", warm), (f"{tool} warm + unpack", least)):
            times[name] = figure([one.wall for one in volleys], [one.cpu for one in volleys])
        for name, volleys in ((tool, first), (f"{tool} warm", warm)):
            complaint = next((one.complaint for one in volleys if one.complaint), "")
            lost[name] = figure([float(sum(one.lost for one in volleys))], note=complaint)
    way = f"{count} at once"
    target = Target("pexlite", 1.5, ("pexlite warm + unpack",), floors=("pexlite warm",))
    yield row("first starts", workload.name, way, {**times, **unable}, [target])
    yield row("first starts", workload.name, f"{way}, lost", {**lost, **unable}, [Target("pexlite", 0)], "lost")


def _turn(contender: Contender, count: int) -> Turn:
    assert contender.prepare is not None
    contender.prepare()
    alone, again = at_once(contender, 1), at_once(contender, 1)
    contender.prepare()
    first, warm = at_once(contender, count), at_once(contender, count)
    return Turn(first, warm, Volley(alone.wall - again.wall, alone.cpu - again.cpu, alone.lost + again.lost))


def at_once(contender: Contender, count: int) -> Volley:
    """`count` starts, each a process of its own, begun as fast as the machine can; lost are those not right."""
    before, began = _cpu_of_children(), time.perf_counter()
    processes = [
        subprocess.Popen(
            contender.command,
            env=dict(contender.environment),
            cwd=contender.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        for _ in range(count)
    ]
    complaints = [_complaint(process, contender.contains) for process in processes]
    wall, cpu = time.perf_counter() - began, _cpu_of_children() - before
    told = [complaint for complaint in complaints if complaint is not None]
    return Volley(wall, cpu, len(told), told[0] if told else "")


def _complaint(process: subprocess.Popen[str], contains: str) -> str | None:
    """The last words of a start that did not do its work, or None; waits for its end."""
    try:
        out, err = process.communicate(timeout=_LONGEST)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return f"no end after {_LONGEST:.0f} s"
    if process.returncode == 0 and contains in out:
        return None
    return f"exit code {process.returncode}: {' / '.join((err or out).strip().splitlines()[-3:])}"[:300]


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime

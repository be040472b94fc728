"""The cost of more wheels and more files in an application, with wheels made by code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.programs.bench.results import Row, row
from tests.programs.bench.setting import Setting
from tests.programs.bench.starts import in_a_venv, ready
from tests.programs.bench.targets import Target
from tests.programs.bench.timing import Contender, Figure, paired, working
from tests.programs.bench.tools import Tool
from tests.programs.bench.workloads import Workload, of_files, of_wheels

WHEELS = (7, 30, 100, 300)
FILES = (100, 1_000, 10_000, 60_000)
_COMPARED = ("pexlite", "pex", "pex-venv", "shiv")


def wheels(setting: Setting, tools: Sequence[Tool], rounds: int, counts: Sequence[int] = WHEELS) -> Iterator[Row]:
    """Rows of warm starts of applications with more and more wheels."""
    yield _warm(setting, [(count, of_wheels(count)) for count in counts], tools, rounds, "wheels")


def files(setting: Setting, tools: Sequence[Tool], rounds: int, counts: Sequence[int] = FILES) -> Iterator[Row]:
    """Rows of warm and first starts of applications with more and more files."""
    sizes = [(count, of_files(count)) for count in counts]
    yield _warm(setting, sizes, tools, rounds, "files")
    contenders, unable = _all(setting, sizes, tools, "cold", empty=True)
    yield row("growth", "files", "cold", {**paired(contenders, max(3, rounds // 5)), **unable})


def _warm(
    setting: Setting,
    sizes: Sequence[tuple[int, Workload]],
    tools: Sequence[Tool],
    rounds: int,
    name: str,
) -> Row:
    contenders, unable = _all(setting, sizes, tools, "warm")
    for count, workload in (sizes[0], sizes[-1]):
        venv = in_a_venv(setting, workload, workload.arguments, workload.contains)
        contenders.append(replace(venv, tool=f"venv {count}"))
    contenders, broken = working(contenders)
    unable |= broken
    least, most = sizes[0][0], sizes[-1][0]
    own = Target(
        f"pexlite {most}",
        0.003,
        (f"pexlite {least}",),
        difference=True,
        floors=(f"venv {most}",),
        floor_over=f"venv {least}",
    )
    return row("growth", name, "warm", {**paired(contenders, rounds), **unable}, [own])


def _all(
    setting: Setting,
    sizes: Sequence[tuple[int, Workload]],
    tools: Sequence[Tool],
    purpose: str,
    *,
    empty: bool = False,
) -> tuple[list[Contender], dict[str, Figure]]:
    contenders = []
    unable: dict[str, Figure] = {}
    compared = [tool for tool in tools if tool.name in _COMPARED]
    for count, workload in sizes:
        found, failures = ready(
            setting, workload, compared, workload.arguments, workload.contains, purpose, empty=empty
        )
        contenders += [
            Contender(f"{one.tool} {count}", one.command, one.environment, one.contains, one.prepare)
            for one in found
        ]
        unable |= {f"{tool} {count}": why for tool, why in failures.items()}
    return contenders, unable

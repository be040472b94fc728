"""Files that bring their own Python, beside PyInstaller's and a venv of the same Python.

`pex --scie eager` belongs here too, and is left out: it fetches its parts when it builds, from a place that many
machines cannot reach.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tests.programs.bench.results import Row, row
from tests.programs.bench.setting import Setting, text
from tests.programs.bench.starts import in_a_venv, ready
from tests.programs.bench.targets import Target
from tests.programs.bench.timing import Contender, Figure, emptied, figure, paired, working
from tests.programs.bench.tools import TOOLS, Environment, Tool, pyinstaller
from tests.programs.bench.workloads import Workload

_CONCERN = "own Python"
_LARGEST = 8_000_000  # bytes of hello
_PYINSTALLER = "pyinstaller"
_ALLOWED = "0.6 × pyinstaller + 0.4 s"


def _carrying(launcher: str) -> Callable[[Setting, Workload, Path, Environment], None]:
    def make(setting: Setting, workload: Workload, output: Path, environment: Environment) -> None:
        command: list[str | Path] = [setting.program("pexlite", "pexlite"), workload.own, "-c", workload.script]
        house: list[str | Path] = ["--no-index", "--find-links", setting.wheelhouse(workload)]
        own: list[str | Path] = ["--python-from", setting.python, "--launcher", launcher]
        path = f"{setting.program('pexlite', 'bin').parent}:{environment['PATH']}"
        text([*command, *house, *own, "-o", output, "-q"], {**environment, "PATH": path})

    return make


def _in_a_directory(setting: Setting, workload: Workload, output: Path, environment: Environment) -> None:
    """Build with PyInstaller's --onedir, and have `output` lead to the program in the directory."""
    directory = output.with_suffix(".onedir")
    shutil.rmtree(directory, ignore_errors=True)
    pyinstaller("--onedir")(setting, workload, directory / output.name, environment)
    output.symlink_to(directory / output.name / output.name)


def tools() -> list[Tool]:
    """The ways to build a file, or a directory, that needs no Python."""
    return [
        Tool("pexlite elf", "--python-from python3 --launcher elf", _carrying("elf"), by_python=False),
        Tool("pexlite sh", "--python-from python3", _carrying("sh"), by_python=False),
        TOOLS[_PYINSTALLER],
        Tool("pyinstaller onedir", "--onedir", _in_a_directory, by_python=False),
    ]


def rows(setting: Setting, workload: Workload, rounds: int, few: int) -> Iterator[Row]:
    """Rows of sizes, first starts and warm starts."""
    contenders, unable = ready(setting, workload, tools(), workload.arguments, workload.contains, "carried")
    yield row(_CONCERN, workload.name, "size", {**_sizes(contenders), **unable}, _size_targets(workload), unit="B")
    # Before anything else runs: PyInstaller's file deletes at its end what it unpacked, and ext4 makes
    # files slowly for a minute then, as `emptied` says.
    first = paired([_emptied(one) for one in contenders if one.tool != _PYINSTALLER], few)
    able, broken = working(contenders)
    floor = in_a_venv(setting, workload, workload.arguments, workload.contains)
    warm = paired([floor, *able], rounds)
    near = [Target(name, 1.03, ("venv",)) for name in ("pexlite elf", "pexlite sh")]
    yield row(_CONCERN, workload.name, "warm", {**warm, **unable, **broken}, near)
    # Each start of PyInstaller's file is a first one.
    figures = {**first, **{name: warm[name] for name in (_PYINSTALLER,) if name in warm}}
    figures = {**figures, **unable, **broken, **_allowed(figures)}
    targets = [Target(name, 1.0, (_ALLOWED,)) for name in ("pexlite elf", "pexlite sh")]
    yield row(_CONCERN, workload.name, "first start", figures, targets)


def _size_targets(workload: Workload) -> list[Target]:
    return [Target("pexlite elf", _LARGEST)] if workload.name == "hello" else []


def _sizes(contenders: list[Contender]) -> dict[str, Figure]:
    return {one.tool: figure([_size(Path(one.command[0]))]) for one in contenders}


def _size(program: Path) -> int:
    if not program.is_symlink():
        return program.stat().st_size
    files = program.resolve().parent.rglob("*")
    return sum(path.stat().st_size for path in files if path.is_file() and not path.is_symlink())


def _emptied(one: Contender) -> Contender:
    return replace(one, prepare=emptied(Path(one.environment["HOME"])))


def _allowed(figures: Mapping[str, Figure]) -> dict[str, Figure]:
    other = figures.get(_PYINSTALLER)
    return {_ALLOWED: figure([0.6 * other.median + 0.4])} if other and other.runs else {}

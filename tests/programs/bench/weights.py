"""Rows of weights: bytes of the file and its runtime, what a first start leaves on the disk, and memory."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.factories import large_wheel
from tests.programs.bench.results import Row, row
from tests.programs.bench.setting import Setting
from tests.programs.bench.starts import ready
from tests.programs.bench.targets import Target
from tests.programs.bench.timing import Contender, Figure, WrongOutputError, emptied, failed, figure, run
from tests.programs.bench.tools import Tool
from tests.programs.bench.workloads import Workload

_OURS = ("__pexlite__", "__pex__", "__main__", "PEX-INFO")
# The most that the runtime may take: its sources, and the bytecode of a first start, up to a quarter of the file.
_SOURCES, _BYTECODE = 117 * 1024, 100_000
_FEW_WHEELS = 20
# What is not the application's in a file of each tool.
_RUNTIME = {
    "pexlite": _OURS,
    "pexlite-sh": _OURS,
    "pex": (".bootstrap/", "__pex__/", "__main__.py", "PEX-INFO"),
    "shiv": ("_bootstrap/", "__main__.py", "environment.json"),
}


def size(setting: Setting, workload: Workload, tools: Sequence[Tool]) -> Iterator[Row]:
    """Rows of bytes: of the file, and of the runtime in it."""
    contenders, unable = ready(setting, workload, tools, (), "", "size")
    files = {one.tool: Path(one.command[0]) for one in contenders}
    sizes = {tool: figure([path.stat().st_size]) for tool, path in files.items()}
    wheels = sum(wheel.stat().st_size for wheel in setting.wheels(workload))
    yield row("size", workload.name, "file", {"its wheels": figure([wheels]), **sizes, **unable}, unit="B")
    parts = {tool: figure([_runtime(files[tool], begins)]) for tool, begins in _RUNTIME.items() if tool in files}
    limit = _SOURCES + min(_BYTECODE, (_SOURCES + wheels) // 4)
    # PEX-INFO says more of many wheels.
    targets = [Target("pexlite", limit)] if len(setting.wheels(workload)) < _FEW_WHEELS else []
    yield row("size", workload.name, "the runtime in it", parts, targets, unit="B")


def _runtime(path: Path, begins: tuple[str, ...]) -> int:
    with zipfile.ZipFile(path) as archive:
        own = [entry for entry in archive.infolist() if entry.filename.startswith(begins)]
    # A directory entry stands for each member twice: before its bytes, and in the directory.
    return sum(entry.compress_size + 76 + 2 * len(entry.filename) for entry in own)


def written(setting: Setting, workload: Workload, tools: Sequence[Tool]) -> Iterator[Row]:
    """Rows of files and bytes that a first start adds to the wheels' content; Python itself keeps no bytecode."""
    contenders, unable = ready(setting, workload, tools, workload.arguments, workload.contains, "written")
    members, content = _content(setting.wheels(workload))
    files: dict[str, Figure] = dict(unable)
    sizes: dict[str, Figure] = dict(unable)
    for one in contenders:
        state = Path(one.environment["HOME"])
        emptied(state)()
        try:
            run(
                Contender(one.tool, one.command, {**one.environment, "PYTHONDONTWRITEBYTECODE": "1"}, one.contains)
            )
        except WrongOutputError as failure:
            files[one.tool] = sizes[one.tool] = failed(str(failure))
            continue
        found = [path for path in state.rglob("*") if path.is_file() and not path.is_symlink()]
        unique = {(path.stat().st_dev, path.stat().st_ino): path.stat().st_size for path in found}
        files[one.tool] = figure([max(0, len(unique) - members)])
        sizes[one.tool] = figure([max(0, sum(unique.values()) - content)])
    way = "first start, beyond the wheels' content"
    yield row("files written", workload.name, way, files, [Target("pexlite", 60)], unit="files")
    yield row("bytes written", workload.name, way, sizes, [Target("pexlite", 100_000)], unit="B")


def _content(wheels: Sequence[Path]) -> tuple[int, int]:
    members = [
        entry
        for wheel in wheels
        for entry in zipfile.ZipFile(wheel).infolist()
        if not entry.filename.endswith("/")
    ]
    return len(members), sum(entry.file_size for entry in members)


def memory(setting: Setting, workload: Workload, tools: Sequence[Tool], rounds: int) -> Iterator[Row]:
    """Rows of the peak memory of a warm start."""
    contenders, unable = ready(setting, workload, tools, workload.arguments, workload.contains, "warm")
    program = setting.floor(workload) / "bin" / workload.script
    floor = setting.environment(setting.state("warm", workload.name, "venv"))
    contenders.insert(0, Contender("venv", (str(program), *workload.arguments), floor, workload.contains))
    figures: dict[str, Figure] = dict(unable)
    for one in contenders:
        try:
            run(one)
            figures[one.tool] = figure([run(one).memory for _ in range(rounds)])
        except WrongOutputError as failure:
            figures[one.tool] = failed(str(failure))
    target = Target("pexlite", 1_500_000, ("venv",), difference=True)
    yield row("memory", workload.name, "warm start, peak", figures, [target], unit="B")


def memory_of_a_large_build(setting: Setting, programs: Sequence[str]) -> Iterator[Row]:
    """Rows of the peak memory of building 2 GB from four wheels made by code."""
    house = setting.directory / "wheelhouse" / "2-gb"
    if not house.exists():
        house.mkdir(parents=True)
        for place in range(4):
            large_wheel(house, f"large_{place}", {"data.bin": 512 << 20})
    wheels = [str(wheel) for wheel in sorted(house.glob("*.whl"))]
    ready_made = [word for wheel in wheels for word in ("--pre-resolved-dist", wheel)]
    commands = {
        "pexlite": ("pexlite", *wheels, "-q"),
        "pex-fast": (
            "pex",
            *(f"large-{place}" for place in range(4)),
            *ready_made,
            "--no-pre-install-wheels",
            "--no-compress",
            *("--check", "none"),
        ),
        "shiv-fast": ("shiv", "--uncompressed", "--no-index", "--no-deps", *wheels),
    }
    figures: dict[str, Figure] = {}
    for tool, (name, *words) in commands.items():
        if name not in programs:
            continue
        state = setting.state("large", tool)
        output = state / "large.pex"
        command = (str(setting.program(name, name)), *words, "-o", str(output))
        try:
            figures[tool] = figure([run(Contender(tool, command, setting.environment(state))).memory])
        except WrongOutputError as failure:
            figures[tool] = failed(str(failure))
        shutil.rmtree(state, ignore_errors=True)
    yield row("memory", "2 GB", "build, peak", figures, [Target("pexlite", 150_000_000)], unit="B")

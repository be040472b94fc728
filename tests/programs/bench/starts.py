"""Rows of starts: warm, cold, and the first start of a second version."""

from __future__ import annotations

import os
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.programs.bench import instructions
from tests.programs.bench.results import Row, row
from tests.programs.bench.setting import Setting, text
from tests.programs.bench.targets import Target
from tests.programs.bench.timing import (
    Contender,
    Figure,
    WrongOutputError,
    emptied,
    failed,
    figure,
    move_away,
    paired,
    run,
    working,
)
from tests.programs.bench.tools import Tool, traced
from tests.programs.bench.workloads import Workload

PEX = ("pex", "pex-venv", "pex-fast", "pex-venv-fast", "pex-rc")
SHIV = ("shiv", "shiv-fast")
_DELETING = (*PEX, "pyinstaller")
DIRECT, BY_PYTHON = "./app", "python app"
LISTED = "pexlite with a start list"
LISTED_FAST = "pexlite-fast with a start list"
INSTRUCTIONS = f"{DIRECT}, instructions"
_SMALL = ("tiny", "hello")
_COUNTS = 3
# A program of another kind; and pex, which looks anew at the Python in each start that is counted, not in others.
_NOT_COUNTED = (*PEX, "pyinstaller")
_NEAR_THE_FLOOR = 1.03
# Of the best of these tools.
_REACH_LISTED = {"data": (0.25, (*PEX, *SHIV)), "many": (0.20, (*PEX, *SHIV)), "big": (0.30, PEX)}
_LONGEST_REST = 120  # seconds for the process that unpacks what is not on a start list


def warm(setting: Setting, workload: Workload, tools: Sequence[Tool], rounds: int) -> Iterator[Row]:
    """Rows of warm starts: by the file's own header, by `python FILE`, and with PYTHONPATH set."""
    contenders, unable = ready(setting, workload, tools, workload.arguments, workload.contains, "warm")
    contenders, broken = working(contenders)
    unable |= broken
    floor = in_a_venv(setting, workload, workload.arguments, workload.contains)
    run(floor)
    least_zip = _least_zip(setting, workload, floor)
    least = [least_zip]
    if any(tool.name == "pexlite-sh" for tool in tools):
        least.append(_least_sh_header(setting, workload, floor))
    yield row(
        "warm",
        workload.name,
        DIRECT,
        {**paired([floor, *contenders, *least], rounds), **unable},
        _warm_targets(workload, DIRECT),
    )
    yield from _in_instructions(workload, [floor, *contenders, *least])
    by_python = {tool.name for tool in tools if tool.by_python}
    python = str(setting.python)
    again = [_with(one, (python, *one.command)) for one in contenders if one.tool in by_python]
    if again:
        again.append(_with(least_zip, (python, *least_zip.command)))
        yield row(
            "warm",
            workload.name,
            BY_PYTHON,
            {**paired([floor, *again], rounds), **unable},
            _warm_targets(workload, BY_PYTHON),
        )
    yield _with_python_path(setting, workload, contenders, rounds)


def _in_instructions(workload: Workload, contenders: Sequence[Contender]) -> Iterator[Row]:
    """The row of warm starts of a small application in instructions, where something here counts them.

    A machine so unsteady that seconds decide nothing within a tenth changes them by a thousandth, and so does the
    seed of Python's hashes. What the kernel does is not in them.
    """
    count = instructions.counter() if workload.name in _SMALL else None
    if count is None:
        return
    figures = {}
    for one in contenders:
        if one.tool in _NOT_COUNTED:
            continue
        try:
            figures[one.tool] = figure([count(one) for _ in range(_COUNTS)])
        except WrongOutputError as failure:
            figures[one.tool] = failed(str(failure))
    yield row("warm", workload.name, INSTRUCTIONS, figures, _warm_targets(workload, DIRECT), "instructions")


def _warm_targets(workload: Workload, way: str) -> list[Target]:
    if workload.name != "tiny":
        return [Target("pexlite", _NEAR_THE_FLOOR, ("venv",), floors=("least zip",))]
    targets = [Target("pexlite", 1.10, ("venv",), floors=("least zip",))]
    by_sh = Target("pexlite-sh", 1.00, ("venv",), floors=("sh exec",))
    return [*targets, by_sh] if way == DIRECT else targets


def _with_python_path(setting: Setting, workload: Workload, contenders: Sequence[Contender], rounds: int) -> Row:
    """The row of warm starts with PYTHONPATH as Spark sets it: two archives, of which the app uses nothing."""
    place = setting.directory / "pythonpath"
    place.mkdir(exist_ok=True)
    archives = [place / name for name in ("first.zip", "second.zip")]
    for archive in archives:
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr(f"unused_{archive.stem}.py", "")
    path = ":".join(map(str, archives))
    chosen = [one for one in contenders if one.tool in ("pexlite", "pex", "pex-venv", "shiv", "zipapp")]
    given = [
        Contender(f"{one.tool} +PYTHONPATH", one.command, {**one.environment, "PYTHONPATH": path}, one.contains)
        for one in chosen
    ]
    figures = paired([*chosen, *given], rounds)
    # Python itself looks into those archives before any code of the file runs.
    target = Target(
        "pexlite +PYTHONPATH", _NEAR_THE_FLOOR, ("pexlite",), floors=("zipapp +PYTHONPATH",), floor_over="zipapp"
    )
    return row("warm", workload.name, "with PYTHONPATH, as Spark sets it", figures, [target])


def cold(setting: Setting, workload: Workload, tools: Sequence[Tool], rounds: int) -> Iterator[Row]:
    """Rows of first starts: up to the first line of user code where the application can stop there."""
    arguments = workload.first or workload.arguments
    contains = "first" if workload.first else workload.contains
    contenders, unable = ready(setting, workload, tools, arguments, contains, "cold", empty=True)
    way = "to the first line" if workload.first else "whole"
    others: list[Contender] = []
    if workload.first:
        others, missing = _beside_large_ones(setting, workload, tools)
        unable |= missing
    targets = [
        Target("pexlite", 0.45, (*PEX, *SHIV), floors=("inflate", "cp -r")),
        Target("pexlite-fast", 0.45, (*PEX, *SHIV), floors=("cp -r",)),
    ]
    if workload.name in _REACH_LISTED:
        targets.append(Target(LISTED, *_REACH_LISTED[workload.name]))
    if not workload.first:
        warm_ones, _ = ready(setting, workload, tools, arguments, contains, "warm")
        ours = [one for one in warm_ones if one.tool == "pexlite"]
        for one in ours:
            run(one)
            others.append(Contender("pexlite warm", one.command, one.environment, one.contains))
        others.append(_without_bytecode(setting, workload, arguments, contains))
        targets = [
            Target("pexlite", 0.25, ("pexlite warm",), difference=True, floors=(others[-1].tool,)),
            Target("pexlite", 0.55, SHIV, floors=(others[-1].tool,)),
            Target("pexlite-compile", 0.55, SHIV),
        ]
        targets = targets if workload.name == "hello" else []
    # What deletes as it starts makes those slow that start after it (`rest`).
    deleting = [one for one in contenders if one.tool in _DELETING]
    figures = paired([one for one in (*contenders, *others) if one not in deleting], rounds)
    yield row("cold", workload.name, way, {**figures, **paired(deleting, rounds), **unable}, targets)


def second(setting: Setting, workload: Workload, tools: Sequence[Tool], rounds: int) -> Iterator[Row]:
    """The first start of version 2, which shares all wheels but its own with version 1, which has run."""
    if not workload.application:
        return
    contenders: list[Contender] = []
    unable: dict[str, Figure] = {}
    for tool in tools:
        if not tool.serves(workload) or tool.name not in ("pexlite", "pex", "pex-venv", "shiv"):
            continue
        state = setting.state("second", workload.name, tool.name)
        environment = setting.environment(state)
        try:
            earlier = tool.application(setting, workload)
            later = tool.application(setting, workload.later())
        except RuntimeError as failure:
            unable[tool.name] = failed(str(failure))
            continue
        before = Contender(tool.name, (str(earlier), *workload.first), environment, "first")

        def prepare(state: Path = state, before: Contender = before) -> None:
            emptied(state)()
            run(before)

        contenders.append(Contender(tool.name, (str(later), *workload.first), environment, "first", prepare))
        if tool.name == "pexlite":
            warm_state = setting.environment(setting.state("warm", workload.name, tool.name))
            steady = Contender("pexlite warm", (str(earlier), *workload.first), warm_state, "first")
            run(steady)
            contenders.append(steady)
    target = Target("pexlite", 0.060, ("pexlite warm",), difference=True)
    yield row("second version", workload.name, DIRECT, {**paired(contenders, rounds), **unable}, [target])


def ready(
    setting: Setting,
    workload: Workload,
    tools: Sequence[Tool],
    arguments: Sequence[str],
    contains: str,
    purpose: str,
    *,
    empty: bool = False,
) -> tuple[list[Contender], dict[str, Figure]]:
    """Contenders for the tools that could build the application, and failed figures for those that could not."""
    contenders = []
    unable = {}
    for tool in tools:
        if not tool.serves(workload):
            continue
        try:
            application = tool.application(setting, workload)
        except RuntimeError as failure:
            unable[tool.name] = failed(str(failure))
            continue
        state = setting.state(purpose, workload.name, tool.name)
        environment = setting.environment(state)
        prepare = emptied(state) if empty else None
        contenders.append(Contender(tool.name, (str(application), *arguments), environment, contains, prepare))
    return contenders, unable


def in_a_venv(setting: Setting, workload: Workload, arguments: Sequence[str], contains: str) -> Contender:
    """The script of a plain venv with the workload's wheels."""
    program = setting.floor(workload) / "bin" / workload.script
    environment = setting.environment(setting.state("warm", workload.name, "venv"))
    return Contender("venv", (str(program), *arguments), environment, contains)


def _least_zip(setting: Setting, workload: Workload, floor: Contender) -> Contender:
    """A zip that only shows Python the venv's packages and calls the entry point, compiled.

    The least cost of any zip, whatever is in it: Python reads its directory and imports what runs it.
    """
    path = setting.directory / "apps" / workload.name / "least-zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    libraries = next((setting.floor(workload) / "lib").glob("python*/site-packages"))
    module, _, function = workload.reference.partition(":")
    lines = f"import sys\nsys.path.append({str(libraries)!r})\nfrom {module} import {function} as start\nstart()\n"
    compiled = path.with_suffix(".pyc")
    invalidation = "py_compile.PycInvalidationMode.UNCHECKED_HASH"
    program = f"import py_compile, sys; py_compile.compile(*sys.argv[1:], invalidation_mode={invalidation})"
    source = path.with_suffix(".py")
    source.write_text(lines)
    text([setting.python, "-c", program, source, compiled])
    with path.open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w") as archive:
            archive.write(compiled, "__main__.pyc")
    path.chmod(0o755)
    return Contender("least zip", (str(path), *floor.command[1:]), floor.environment, floor.contains)


def _least_sh_header(setting: Setting, workload: Workload, floor: Contender) -> Contender:
    """The venv's own script, started by an sh header that does nothing else."""
    script = setting.directory / "apps" / workload.name / "sh-exec"
    script.parent.mkdir(parents=True, exist_ok=True)
    python = setting.floor(workload) / "bin" / "python"
    script.write_text(f'#!/bin/sh\nexec {python} {floor.command[0]} "$@"\n')
    script.chmod(0o755)
    return Contender("sh exec", (str(script), *floor.command[1:]), floor.environment, floor.contains)


def _without_bytecode(setting: Setting, workload: Workload, arguments: Sequence[str], contains: str) -> Contender:
    """The plain venv without bytecode, as after any first start that brings none."""
    floor = in_a_venv(setting, workload, arguments, contains)
    libraries = next((setting.floor(workload) / "lib").glob("python*/site-packages"))
    place = setting.state("cold", workload.name)

    def prepare() -> None:
        move_away(list(libraries.rglob("__pycache__")), place)
        os.sync()

    return Contender("venv without bytecode", floor.command, floor.environment, contains, prepare)


def _copy(setting: Setting, workload: Workload) -> Contender:
    """A contender that writes the same files, with nothing to inflate or check."""
    state = setting.state("cold", workload.name, "copy")
    command = ("cp", "-r", str(setting.tree(workload)), str(state / "copy"))
    return Contender("cp -r", command, setting.environment(state), "", emptied(state))


def _beside_large_ones(
    setting: Setting, workload: Workload, tools: Sequence[Tool]
) -> tuple[list[Contender], dict[str, Figure]]:
    """The contenders that others' large first starts are held against, and a file with a start list.

    And failed figures for those that there cannot be.
    """
    found = [_copy(setting, workload), _inflate(setting, workload)]
    missing: dict[str, Figure] = {}
    makers = {"unsquashfs": _of_squashfs}
    if any(tool.name == "pexlite" for tool in tools):
        makers[LISTED] = with_start_list
    for name, make in makers.items():
        try:
            found.append(make(setting, workload))
        except RuntimeError as failure:
            missing[name] = failed(str(failure))
    return found, missing


def _of_squashfs(setting: Setting, workload: Workload) -> Contender:
    """A contender that unpacks the same files from a squashfs, with a thread for each processor.

    Raises RuntimeError where there is no squashfs-tools.
    """
    picture = setting.directory / "apps" / workload.name / "tree.squashfs"
    if shutil.which("mksquashfs") is None or shutil.which("unsquashfs") is None:
        raise RuntimeError("there is no unsquashfs: apt-get install squashfs-tools")
    if not picture.exists():
        picture.parent.mkdir(parents=True, exist_ok=True)
        text(["mksquashfs", setting.tree(workload), picture, "-quiet", "-no-progress"])
    state = setting.state("cold", workload.name, "unsquashfs")
    command = ("unsquashfs", "-quiet", "-no-progress", "-dest", str(state / "copy"), str(picture))
    return Contender("unsquashfs", command, setting.environment(state), "", emptied(state))


def with_start_list(setting: Setting, workload: Workload, name: str = LISTED) -> Contender:
    """A file, LISTED or LISTED_FAST, that begins after the files that a whole run reads.

    Its CPU seconds are those of the application: another process unpacks the rest, which everybody else waits for.
    Raises RuntimeError where it cannot be built.
    """
    flags = ("--no-compress",) if name == LISTED_FAST else ()
    tool = Tool(f"{name.partition(' ')[0]}-list", "--trace-start", traced(*flags))
    state = setting.state("cold", workload.name, tool.name)
    words = (str(tool.application(setting, workload)), *workload.first)
    return Contender(name, words, setting.environment(state), "first", emptied(state), settle=whole_at(state))


def whole_at(state: Path) -> Callable[[], None]:
    """A function that waits until the app in the cache below `state` is whole."""

    def settle() -> None:
        end = time.monotonic() + _LONGEST_REST
        while not all((app / "READY").exists() for app in (state / "pex").glob("lite-2/apps/*-*")):
            if time.monotonic() > end:
                raise WrongOutputError("nobody has unpacked the rest")
            time.sleep(0.02)

    return settle


def _inflate(setting: Setting, workload: Workload) -> Contender:
    """A contender that only inflates and writes nothing; a file with uncompressed modules is spared that."""
    program = str(Path(__file__).with_name("inflate.py"))
    command = (str(setting.python), "-I", program, *map(str, setting.wheels(workload)))
    return Contender(
        "inflate", command, setting.environment(setting.state("cold", workload.name, "inflate")), "bytes"
    )


def _with(one: Contender, command: tuple[str, ...]) -> Contender:
    return Contender(one.tool, command, one.environment, one.contains, one.prepare, one.directory)

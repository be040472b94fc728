"""Builds: from a lock, from requirement names with everything cached, and with empty caches from the network."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from tests.programs.bench.results import Row, row
from tests.programs.bench.setting import Setting, text
from tests.programs.bench.targets import Target
from tests.programs.bench.timing import Contender, Figure, WrongOutputError, emptied, failed, paired, run
from tests.programs.bench.workloads import Workload

# The flags that pex documents for fast builds: wheels go in as they are, and nothing is deflated again.
_FAST = ("--no-pre-install-wheels", "--no-compress")


@dataclass(frozen=True)
class Builder:
    """One way of building the workload's requirements into a file that is an interpreter."""

    name: str
    words: tuple[str, ...]
    about: str = ""


def from_lock(setting: Setting, workload: Workload, programs: Sequence[str], rounds: int) -> Iterator[Row]:
    """Rows of builds with everything cached and resolved; `cat` of the same wheels shows what the disk allows."""
    lock = str(setting.lock(workload))
    wheels = [str(wheel) for wheel in setting.wheels(workload) if not wheel.name.startswith("bench_app")]
    libraries = str(next((setting.floor(workload) / "lib").glob("python*/site-packages")))
    ready = [word for wheel in wheels for word in ("--pre-resolved-dist", wheel)]
    builders = [
        Builder("pexlite", ("--lock", lock, "-q")),
        Builder("pex", ("--pylock", lock)),
        Builder("pex-pylock-fast", ("--pylock", lock, *_FAST)),
        Builder("pex-fast", (*workload.requirements, *ready, *_FAST)),
        Builder("shiv", ("--no-deps", "--no-index", *wheels)),
        Builder("shiv-fast", ("--site-packages", libraries, "--uncompressed")),
    ]
    concatenate = ("sh", "-c", 'cat "$@" >"$0"', str(setting.directory / "builds" / "cat"), *wheels)
    disk = Contender("cat", concatenate, setting.environment(setting.state("builds", "cat")))
    targets = [
        Target("pexlite", 0.10, ("pex-fast", "pex-pylock-fast"), floors=("cat",)),
        Target("pexlite", 4, ("cat",)),
    ]
    figures = _cached(setting, workload, _installed(builders, programs), rounds, [disk])
    yield row("build", workload.name, "from a lock, cached", figures, targets)


def from_names(setting: Setting, workload: Workload, programs: Sequence[str], rounds: int) -> Iterator[Row]:
    """Rows of builds with everything cached but the requirements still to resolve at the index."""
    figures = _cached(setting, workload, _by_name(setting, workload, programs), rounds)
    yield row(
        "build", workload.name, "from names, cached", figures, [Target("pexlite", 0.35, ("pex", "pex-fast"))]
    )


def from_network(setting: Setting, workload: Workload, programs: Sequence[str], rounds: int) -> Iterator[Row]:
    """Rows of builds with empty caches: resolved, downloaded and built."""
    contenders = []
    for builder in _by_name(setting, workload, programs):
        state = setting.state("network", workload.name, builder.name)
        contenders.append(_contender(setting, workload, builder, state, emptied(state)))
    figures = _checked(setting, workload, contenders, paired(contenders, rounds))
    targets = [Target("pexlite", 0.35, ("pex", "pex-fast")), Target("pexlite", 0.35, ("shiv", "shiv-fast"))]
    yield row("build", workload.name, "from the network", figures, targets)


def _by_name(setting: Setting, workload: Workload, programs: Sequence[str]) -> list[Builder]:
    wanted = workload.requirements
    # A new pip is faster than the one that pex takes by default.
    newest = ("--pip-version", _newest_pip(setting)) if "pex" in programs else ()
    builders = [
        Builder("pexlite", (*wanted, "-q")),
        Builder("pexlite-pip", (*wanted, "-q", "--resolver", "pip")),
        Builder("pex", wanted),
        Builder("pex-fast", (*wanted, *newest, *_FAST)),
        Builder("shiv", wanted),
        Builder("shiv-fast", ("--uncompressed", *wanted)),
    ]
    return _installed(builders, programs)


def _newest_pip(setting: Setting) -> str:
    """The newest pip on the index that pex can use; pex's own `latest-compatible` does not look it up."""
    known = re.findall(r"\d+(?:\.\d+)+(?=[,}])", text([setting.program("pex", "pex"), "--help"]))
    python = setting.program("pexlite", "python")
    try:
        answer = text([python, "-m", "pip", "index", "versions", "pip"])
    except RuntimeError:
        return "latest-compatible"
    there = set(re.findall(r"\d+(?:\.\d+)+", answer))
    return max(filter(there.__contains__, known), key=Version, default="latest-compatible")


def _installed(builders: Sequence[Builder], programs: Sequence[str]) -> list[Builder]:
    return [builder for builder in builders if builder.name.partition("-")[0] in programs]


def _cached(
    setting: Setting,
    workload: Workload,
    builders: Sequence[Builder],
    rounds: int,
    others: Sequence[Contender] = (),
) -> dict[str, Figure]:
    contenders = []
    unable: dict[str, Figure] = {}
    for builder in builders:
        contender = _contender(setting, workload, builder, setting.state("builds", builder.name))
        try:
            run(contender)
            contenders.append(contender)
        except WrongOutputError as failure:
            unable[builder.name] = failed(str(failure))
    return {**_checked(setting, workload, contenders, paired([*contenders, *others], rounds)), **unable}


def _contender(
    setting: Setting, workload: Workload, builder: Builder, state: Path, prepare: object = None
) -> Contender:
    program = builder.name.partition("-")[0]
    output = _output(setting, workload, builder.name)
    command = (str(setting.program(program, program)), *builder.words, "-o", str(output))

    def clear() -> None:
        output.unlink(missing_ok=True)
        if callable(prepare):
            prepare()

    return Contender(builder.name, command, setting.environment(state), prepare=clear)


def _output(setting: Setting, workload: Workload, name: str) -> Path:
    output = setting.directory / "builds" / workload.name / f"{name}.pex"
    output.parent.mkdir(parents=True, exist_ok=True)
    return output


def _checked(
    setting: Setting, workload: Workload, contenders: Sequence[Contender], figures: Mapping[str, Figure]
) -> dict[str, Figure]:
    """`figures` without those of tools whose file does not run."""
    found = dict(figures)
    code = f"import {', '.join(workload.imports)}; print('whole')"
    for contender in contenders:
        state = setting.state("check", contender.tool)
        shutil.rmtree(state, ignore_errors=True)
        environment = setting.environment(state, PEX_INTERPRETER="1", SHIV_INTERPRETER="1")
        output = _output(setting, workload, contender.tool)
        try:
            run(Contender(contender.tool, (str(output), "-c", code), environment, "whole"))
        except WrongOutputError as failure:
            found[contender.tool] = failed(f"what it built does not run: {failure}")
    return found

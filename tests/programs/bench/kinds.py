"""Kinds of warm start: with something sealed in, a script, an interpreter, a Spark worker, beside the plain file.

Every kind does the same work in the same app. What is to be reached is told in instructions.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.programs.bench import instructions
from tests.programs.bench.results import Row, row
from tests.programs.bench.setting import Setting, text
from tests.programs.bench.starts import in_a_venv
from tests.programs.bench.targets import Target
from tests.programs.bench.timing import Contender, Figure, WrongOutputError, failed, figure, paired, working
from tests.programs.bench.workloads import KINDS

_CONCERN = "kinds of warm start"
_CODE = "import bench_app; bench_app.main()"
_SCRIPT = ("-c", KINDS.script)


@dataclass(frozen=True)
class Kind:
    """A file that is built with the words `build` and started with `arguments`."""

    name: str
    build: tuple[str, ...] = _SCRIPT
    arguments: tuple[str, ...] = KINDS.arguments
    variables: Mapping[str, str] = field(default_factory=dict)
    contains: str = KINDS.contains
    by_shell: bool = False
    """Whether a shell starts it; else Python does, since `env`, which looks for one, is no part of it."""

    @property
    def tool(self) -> str:
        return f"pexlite {self.name}"


PLAIN = Kind("plain")
# As Spark starts a worker, by the variables that it sets. What lies on PYTHONPATH is not pyspark itself.
_SPARK = {"PYTHONUNBUFFERED": "YES", "PYTHON_WORKER_FACTORY_SECRET": "any"}
OTHERS = (
    Kind("--inject-args", (*_SCRIPT, "--inject-args", "word"), ()),
    Kind("--inject-env", (*_SCRIPT, "--inject-env", "BENCH=set"), contains="made 42 ['word'] set"),
    Kind("--bin-path", (*_SCRIPT, "--bin-path", "prepend")),
    Kind("script", ("-c", "bench-script")),
    Kind("interpreter", (), ("-c", _CODE, "word")),
    Kind("PEX_MODULE", variables={"PEX_MODULE": KINDS.reference}),
    Kind("--sh-boot --inject-args", (*_SCRIPT, "--sh-boot", "--inject-args", "word"), (), by_shell=True),
    Kind("as Spark worker", arguments=("-m", "pyspark.daemon", "word"), variables=_SPARK),
)


def rows(setting: Setting, rounds: int) -> Iterator[Row]:
    """Seconds and, where something here counts them, instructions of every kind beside a plain file and a venv."""
    contenders, unable = [in_a_venv(setting, KINDS, KINDS.arguments, KINDS.contains)], {}
    for kind in (PLAIN, *OTHERS):
        try:
            contenders.append(_contender(setting, kind))
        except RuntimeError as failure:
            unable[kind.tool] = failed(str(failure))
    able, broken = working(contenders)
    unable |= broken
    yield row(_CONCERN, KINDS.name, "time", {**paired(able, rounds), **unable})
    count = instructions.counter()
    if count:
        targets = [Target(kind.tool, 1.10, (PLAIN.tool,)) for kind in OTHERS]
        figures = {one.tool: _instructions(count, one) for one in able}
        yield row(_CONCERN, KINDS.name, "instructions", {**figures, **unable}, targets, "instructions")


def _instructions(count: instructions.Counter, contender: Contender) -> Figure:
    try:
        return figure([count(contender)])
    except WrongOutputError as failure:
        return failed(str(failure))


def _contender(setting: Setting, kind: Kind) -> Contender:
    file = _file(setting, kind)
    variables = dict(kind.variables)
    if kind.variables is _SPARK:
        variables["PYTHONPATH"] = str(_spark(setting))
    environment = setting.environment(setting.state("warm", KINDS.name, "pexlite"), **variables)
    started_by: tuple[str, ...] = () if kind.by_shell else (str(setting.python),)
    if kind.variables is _SPARK:
        started_by = (*_java(setting), *started_by)
    return Contender(kind.tool, (*started_by, str(file), *kind.arguments), environment, kind.contains)


def _java(setting: Setting) -> tuple[str, ...]:
    """A process called java that starts what follows: whose child a worker of Spark's is."""
    java = setting.directory / "java"
    if not java.exists():
        shutil.copy("/bin/sh", java)
    return (str(java), "-c", '"$@"; exit $?', "java")


def _file(setting: Setting, kind: Kind) -> Path:
    output = setting.directory / "apps" / KINDS.name / f"{kind.name.replace(' ', '')}.pex"
    output.parent.mkdir(parents=True, exist_ok=True)
    command: list[str | Path] = [setting.program("pexlite", "pexlite"), KINDS.own, "--python", setting.python]
    command += ["--no-index", "--find-links", setting.wheelhouse(KINDS), *kind.build, "-q", "-o", output]
    text(command, setting.environment(setting.state("build", "pexlite")))
    return output


def _spark(setting: Setting) -> Path:
    """A directory with a `pyspark.daemon` that does the app's work."""
    place = setting.directory / "spark-of-kinds"
    (place / "pyspark").mkdir(parents=True, exist_ok=True)
    (place / "pyspark" / "__init__.py").touch()
    (place / "pyspark" / "daemon.py").write_text(_CODE + "\n")
    return place

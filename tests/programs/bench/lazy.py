"""Warm starts of real commands with lazy imports, beside a venv of the same Python: CPython 3.15 or newer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.interpreters import interpreters
from tests.programs.bench.results import Row, row
from tests.programs.bench.setting import Setting, make_venv, text
from tests.programs.bench.targets import Target
from tests.programs.bench.timing import Contender, failed, paired, working

_CONCERN = "lazy imports"
_LAZILY = "pexlite --lazy-imports"


@dataclass(frozen=True)
class Command:
    """A project of the index and the command in it that prints `contains` when it is called with --version."""

    project: str
    script: str
    contains: str


COMMANDS = (Command("httpie", "http", "."), Command("awscli", "aws", "aws-cli/"), Command("rich-cli", "rich", "."))


def rows(setting: Setting, rounds: int) -> Iterator[Row]:
    """A row for each command; one that says why where nothing here has lazy imports."""
    python = next((one.path for one in interpreters() if one.tag[:2] == "cp" and one.version >= (3, 15)), None)
    if python is None:
        nothing = failed("there is no CPython 3.15 on this machine")
        yield row(_CONCERN, "commands", "not measured", {_LAZILY: nothing})
        return
    for command in COMMANDS:
        able, broken = working(_contenders(replace(setting, python=python), command))
        figures = {**paired(able, rounds), **broken}
        yield row(_CONCERN, command.project, "warm", figures, [Target(_LAZILY, 0.75, ("venv",))])


def _contenders(setting: Setting, command: Command) -> list[Contender]:
    place = setting.directory / "venvs" / f"lazy-{command.project}"
    if not (place / "DONE").exists():
        make_venv(setting.python, place, [command.project])
        (place / "DONE").touch()
    environment = setting.environment(setting.state("lazy", command.project))
    found = [Contender("venv", (str(place / "bin" / command.script), "--version"), environment, command.contains)]
    lazily = ("--lazy-imports", "--trace-start", "--version")
    for tool, options in (("pexlite", ()), (_LAZILY, lazily)):
        file = _built(setting, command, tool, options)
        words = (str(setting.python), str(file), "--version")
        found.append(Contender(tool, words, environment, command.contains))
    return found


def _built(setting: Setting, command: Command, tool: str, options: tuple[str, ...]) -> Path:
    output = setting.directory / "apps" / command.project / f"{tool.replace(' ', '')}.pex"
    output.parent.mkdir(parents=True, exist_ok=True)
    built: list[str | Path] = [setting.program("pexlite", "pexlite"), command.project, "-c", command.script]
    built += ["--python", setting.python, *options, "-q", "-o", output]
    text(built, setting.environment(setting.state("build", "pexlite")))
    return output

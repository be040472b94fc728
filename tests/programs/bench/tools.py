"""Each tool's ways to build a file: its defaults, and the flags that its documentation recommends for speed.

The wheels are the same for all, from the same wheelhouse on the same disk, for the same Python.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.programs.bench.setting import Setting, text
from tests.programs.bench.workloads import Workload

Environment = Mapping[str, str]


@dataclass(frozen=True)
class Tool:
    """One way of building: `make(setting, workload, output)` writes a file that starts the application."""

    name: str
    about: str
    make: Callable[[Setting, Workload, Path, Environment], None]
    workloads: tuple[str, ...] = ()
    """The only workloads that it can bundle; () for all."""
    by_python: bool = True
    """Whether `python FILE` starts it too."""

    def application(self, setting: Setting, workload: Workload) -> Path:
        """The file that starts `workload`, built once. Raises RuntimeError where the tool fails."""
        output = setting.directory / "apps" / workload.name / f"{self.name}-{workload.version}.pex"
        made_by = setting.directory / "tools" / ("pexlite" if self.name == "zipapp" else self.program) / "DONE"
        if not output.exists() or output.stat().st_mtime < made_by.stat().st_mtime:
            output.parent.mkdir(parents=True, exist_ok=True)
            output.unlink(missing_ok=True)
            try:
                self.make(setting, workload, output, setting.environment(setting.state("build", self.name)))
            except RuntimeError:
                output.unlink(missing_ok=True)
                raise
        return output

    @property
    def program(self) -> str:
        """The name of the venv that it needs."""
        return self.name.partition("-")[0].partition(" ")[0]

    def serves(self, workload: Workload) -> bool:
        return not self.workloads or workload.name in self.workloads


def _run(setting: Setting, tool: str, environment: Environment, *command: str | Path) -> None:
    text([setting.program(tool, str(command[0])), *command[1:]], environment)


def _house(setting: Setting, workload: Workload) -> tuple[str | Path, ...]:
    return ("--no-index", "--find-links", setting.wheelhouse(workload))


def _pexlite(*flags: str) -> Callable[[Setting, Workload, Path, Environment], None]:
    def make(setting: Setting, workload: Workload, output: Path, environment: Environment) -> None:
        house = _house(setting, workload)
        words = ("pexlite", workload.own, *house, "-c", workload.script, "-o", output, "-q", *flags)
        _run(setting, "pexlite", environment, *words)

    return make


def traced(*flags: str) -> Callable[[Setting, Workload, Path, Environment], None]:
    """Building by pexlite with a start list of what the application reads when it does all its work."""

    def make(setting: Setting, workload: Workload, output: Path, environment: Environment) -> None:
        run = shlex.join(workload.arguments)
        _pexlite("--trace-start", run, *flags)(setting, workload, output, environment)

    return make


def _pex(*flags: str, resolved: bool = False) -> Callable[[Setting, Workload, Path, Environment], None]:
    def make(setting: Setting, workload: Workload, output: Path, environment: Environment) -> None:
        wheels: list[str | Path] = [workload.own, *_house(setting, workload)]
        if resolved:
            wheels = [word for wheel in setting.wheels(workload) for word in ("--pre-resolved-dist", wheel)]
            wheels.append(workload.own)
        # To the last digit: another 3.11 may be on PATH too, which pex would take as well.
        version = text([setting.python, "-V"]).split()[1]
        words = [flag.format(version=version) for flag in flags]
        _run(setting, "pex", environment, "pex", *wheels, "-c", workload.script, "-o", output, *words)

    return make


def _shiv(*flags: str) -> Callable[[Setting, Workload, Path, Environment], None]:
    def make(setting: Setting, workload: Workload, output: Path, environment: Environment) -> None:
        wanted = (workload.own, *_house(setting, workload))
        _run(setting, "shiv", environment, "shiv", "-c", workload.script, "-o", output, *flags, *wanted)

    return make


def _zipapp(setting: Setting, workload: Workload, output: Path, environment: Environment) -> None:
    tree = output.with_suffix(".tree")
    shutil.rmtree(tree, ignore_errors=True)
    pip: list[str | Path] = [
        setting.program("pexlite", "python"),
        "-m",
        "pip",
        "install",
        "-q",
        "--target",
        tree,
        workload.own,
    ]
    text([*pip, *_house(setting, workload)], environment)
    command: list[str | Path] = [
        setting.python,
        "-m",
        "zipapp",
        tree,
        "-c",
        "-m",
        workload.reference,
        "-o",
        output,
    ]
    text([*command, "-p", "/usr/bin/env python3"], environment)


def pyinstaller(form: str) -> Callable[[Setting, Workload, Path, Environment], None]:
    """Building by PyInstaller: one file, or a directory of the output's name."""

    def make(setting: Setting, workload: Workload, output: Path, environment: Environment) -> None:
        place = output.with_suffix(".work")
        place.mkdir(parents=True, exist_ok=True)
        module, _, function = workload.reference.partition(":")
        (place / "start.py").write_text(f"from {module} import {function} as start\nstart()\n")
        libraries = next((setting.floor(workload) / "lib").glob("python*/site-packages"))
        command = ["pyinstaller", form, "--log-level", "ERROR", "--name", output.name]
        places: list[str | Path] = ["--distpath", output.parent, "--workpath", place, "--specpath", place]
        _run(setting, "pyinstaller", environment, *command, *places, "--paths", libraries, place / "start.py")

    return make


# From pex's documentation: --venv and --sh-boot for the fastest starts (with a constraint, so that the place in
# the cache does not depend on the machine that built), --no-pre-install-wheels and --no-compress for the fastest
# builds, --max-install-jobs for a faster first start of such files, --pre-resolved-dist to leave resolving out.
TOOLS = {
    tool.name: tool
    for tool in (
        Tool("pexlite", "as it is", _pexlite()),
        Tool("pexlite-sh", "--sh-boot", _pexlite("--sh-boot")),
        Tool("pexlite-compile", "--compile", _pexlite("--compile")),
        Tool("pexlite-fast", "--no-compress", _pexlite("--no-compress")),
        Tool("pex", "as it is", _pex()),
        Tool(
            "pex-venv",
            "--venv --sh-boot --interpreter-constraint",
            _pex("--venv", "--sh-boot", "--interpreter-constraint", "CPython=={version}"),
        ),
        Tool(
            "pex-fast",
            "--pre-resolved-dist --no-pre-install-wheels --no-compress --max-install-jobs 0",
            _pex("--no-pre-install-wheels", "--no-compress", "--max-install-jobs", "0", resolved=True),
        ),
        Tool(
            "pex-venv-fast",
            "--venv --sh-boot --interpreter-constraint and pex-fast's flags",
            _pex(
                *("--venv", "--sh-boot", "--interpreter-constraint", "CPython=={version}"),
                *("--no-pre-install-wheels", "--no-compress", "--max-install-jobs", "0"),
                resolved=True,
            ),
        ),
        Tool("pex-rc", "--rc, a native runtime, which pex downloads when it builds", _pex("--rc")),
        Tool("shiv", "as it is", _shiv()),
        Tool("shiv-fast", "--uncompressed", _shiv("--uncompressed")),
        Tool("zipapp", "pip install --target, python -m zipapp -c", _zipapp, ("tiny", "hello", "made")),
        Tool("pyinstaller", "--onefile", pyinstaller("--onefile"), ("tiny", "hello", "made"), by_python=False),
    )
}

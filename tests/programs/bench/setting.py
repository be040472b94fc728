"""The place to measure in: the base Python, a venv per tool, a wheelhouse per workload, clean environments."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.checkout import REPOSITORY
from tests.factories import make_wheel
from tests.programs.bench.workloads import Workload

PEERS = {
    "pex": ("pex",),
    "shiv": ("shiv",),
    "pyinstaller": ("pyinstaller",),
    "venv-pack": ("venv-pack", "setuptools"),
}
# Switches of Python and of the tools; with bytecode off everything but a venv looks three times slower than it is.
_SWITCHES = ("PYTHON", "PEX", "SHIV", "VIRTUAL_ENV", "PEXLITE", "UV_CACHE_DIR", "XDG_", "COVERAGE")
_ASK = """
import json, os, platform, site, sys
print(json.dumps({
    "version": platform.python_version(),
    "hooks": sorted(name for place in site.getsitepackages() if os.path.isdir(place)
                    for name in os.listdir(place) if name.endswith(".pth")),
    "modules": len(sys.modules),
}))
"""


@dataclass(frozen=True)
class Python:
    """The Python that everything runs on."""

    path: Path
    version: str
    hooks: tuple[str, ...]
    """The host's .pth files: a start through this Python reads them, a start through a venv does not."""


@dataclass(frozen=True)
class Setting:
    """A directory to measure in. Everything in it that is expensive to make is made once and used again."""

    directory: Path
    python: Path
    """The `python3` on PATH: free of what the host puts into every start."""

    def environment(self, state: Path, **more: str) -> dict[str, str]:
        """An environment whose home, caches and temporary files are all in `state`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_SWITCHES)}
        for place in (state, state / "tmp"):
            place.mkdir(parents=True, exist_ok=True)
        return {
            **kept,
            "PATH": os.pathsep.join([str(self.python.parent), "/usr/bin", "/bin"]),
            "HOME": str(state),
            "TMPDIR": str(state / "tmp"),
            "PEX_ROOT": str(state / "pex"),
            "SHIV_ROOT": str(state / "shiv"),
            "PEXLITE_CACHE_DIR": str(state / "pexlite"),
            "PIP_CACHE_DIR": str(state / "pip"),
            "UV_CACHE_DIR": str(state / "uv"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            **more,
        }

    def state(self, *names: str) -> Path:
        """A directory for the state of one tool and one purpose."""
        return self.directory.joinpath("state", *names)

    def program(self, tool: str, name: str) -> Path:
        """A program in the venv that holds `tool`."""
        return self.directory / "tools" / tool / "bin" / name

    def install(self, tool: str) -> None:
        """Make the venv of `tool`, unless it is there; pexlite's is always made anew, from this checkout."""
        place = self.directory / "tools" / tool
        if tool == "pexlite":
            shutil.rmtree(place, ignore_errors=True)
        elif (place / "DONE").exists():
            return
        wanted = (f"{REPOSITORY}[push,python,uv]",) if tool == "pexlite" else PEERS[tool]
        make_venv(self.python, place, wanted)
        (place / "DONE").touch()

    def versions(self, tools: Sequence[str]) -> dict[str, str]:
        """The installed versions, by tool."""
        ask = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"
        return {tool: text([self.program(tool, "python"), "-c", ask, tool]).strip() for tool in tools}

    def wheelhouse(self, workload: Workload) -> Path:
        """A directory with every wheel of `workload`, the application's own among them."""
        house = self.directory / "wheelhouse" / workload.name
        if (house / "DONE").exists():
            return house
        shutil.rmtree(house, ignore_errors=True)
        house.mkdir(parents=True)
        pip: list[str | Path] = [self.program("pexlite", "python"), "-m", "pip"]
        if workload.make:
            workload.make(house)
        else:
            text([*pip, "download", "-q", "--only-binary", ":all:", "-d", house, *workload.requirements])
        if workload.example:
            text([*pip, "wheel", "-q", "--no-deps", "-w", house, REPOSITORY / workload.example])
        if workload.application:
            for version in ("1.0", "2.0"):
                make_application(house, workload, version)
        (house / "DONE").touch()
        return house

    def wheels(self, workload: Workload) -> list[Path]:
        """The wheels of this version of the application."""
        other = "bench_app-1" if workload.version == "2.0" else "bench_app-2"
        return sorted(
            wheel for wheel in self.wheelhouse(workload).glob("*.whl") if not wheel.name.startswith(other)
        )

    def tree(self, workload: Workload) -> Path:
        """The workload's wheels, unpacked into one directory."""
        place = self.directory / "trees" / workload.name
        if not place.exists():
            for wheel in self.wheels(workload):
                with zipfile.ZipFile(wheel) as archive:
                    archive.extractall(place)
        return place

    def floor(self, workload: Workload) -> Path:
        """A plain venv with the workload's wheels, which every start is compared with."""
        place = self.directory / "venvs" / workload.name
        if not (place / "DONE").exists():
            shutil.rmtree(place, ignore_errors=True)
            make_venv(self.python, place, [*map(str, self.wheels(workload))], "--no-deps", "--no-index")
            (place / "DONE").touch()
        return place

    def lock(self, workload: Workload) -> Path:
        """A pylock.toml of the workload's requirements, for this Python."""
        path = self.directory / "locks" / workload.name / "pylock.toml"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            command: list[str | Path] = [
                self.program("pexlite", "pexlite"),
                "lock",
                *workload.requirements,
                "-q",
                "-o",
                path,
            ]
            text([*command, "--python", self.python], self.environment(self.state("lock")))
        return path


def make_application(house: Path, workload: Workload, version: str) -> Path:
    """The wheel of the application that a workload describes in code."""
    return make_wheel(
        house,
        "bench-app",
        version,
        files={"bench_app.py": workload.application},
        requires=workload.requirements,
        entry_points={"console_scripts": {"bench-app": "bench_app:main"}},
    )


def make_venv(python: Path, place: Path, wanted: Sequence[str], *options: str) -> None:
    """A venv of `python` at `place` with `wanted` installed, bytecode and all."""
    uv: list[str | Path] = [sys.executable, "-m", "uv"]
    text([*uv, "venv", "-q", "--clear", "--python", python, place])
    if not wanted:
        return
    command: list[str | Path] = [
        *uv,
        "pip",
        "install",
        "-q",
        # Not what was installed from this checkout before.
        "--refresh-package",
        "pexlite",
        "--compile-bytecode",
        "--index-strategy",
        "unsafe-best-match",
    ]
    text([*command, "--python", place / "bin" / "python", *options, *wanted])


def clean_python(directory: Path, python: Path, hooks: Sequence[str]) -> Path:
    """`python`, or the Python of an empty venv of it where the host reads .pth files at every start.

    Such files would cost some milliseconds in every tool that starts through the host's Python, but not in the
    plain venv that all are compared with.
    """
    if not hooks:
        return python
    place = directory / "clean"
    if not (place / "bin" / "python").exists():
        make_venv(python, place, ())
    return place / "bin" / "python"


def base_python() -> Path:
    """The Python behind the venv that this runs in."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    found = Path(sys.base_prefix) / "bin" / version
    return found if found.exists() else Path(os.path.realpath(sys.executable))


def ask(python: Path) -> Python:
    """A description of `python`: its version, and what its host adds to every start of it."""
    answer = json.loads(text([python, "-c", _ASK]))
    return Python(python, answer["version"], tuple(answer["hooks"]))


def text(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> str:
    """The stdout of `command`. Raises RuntimeError with its complaint where it fails."""
    cleaned = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(word) for word in command],
        env=dict(cleaned if environment is None else environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()[-800:]}")
    return done.stdout

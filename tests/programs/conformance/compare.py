"""Build one row by a tool, run it in both forms, cold and warm, and compare it with a plain venv."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bundles import environment
from tests.factories import make_wheel
from tests.programs.conformance.application import RUN_IT, Application

RESOLVERS = ("uv", "pip")
TOOLS = ("pexlite", "pex", "pex-venv", "shiv")
FORMS = ("entry point", "interpreter")
_SECONDS = 300
# How each tool is told to be a Python interpreter.
_INTERPRETER = {"pexlite": "PEX_INTERPRETER", "pex": "PEX_INTERPRETER", "shiv": "SHIV_INTERPRETER"}
# pex's own advice for what does not run as it is; a file of shiv's has its wheels and no dependencies looked for.
_FLAGS = {"pex-venv": ("--venv", "prepend"), "shiv": ("--no-deps",)}


def program_of(tool: str) -> str:
    """The program that runs `tool`: "pex" with some flags is "pex-venv"."""
    return tool.partition("-")[0]


class NotAsExpectedError(Exception):
    """A tool could not build a row, or what it built does something else than the venv."""


@dataclass(frozen=True)
class Done:
    """The end of a command: its exit code, and its output with paths and times made alike."""

    code: int
    printed: str
    complained: str
    missing: tuple[str, ...] = ()
    """Files that it should have made."""


@dataclass(frozen=True)
class Programs:
    """The paths of the tools."""

    python: Path
    pexlite: Path
    pex: Path | None = None
    shiv: Path | None = None

    def of(self, tool: str) -> Path:
        found = {"pexlite": self.pexlite, "pex": self.pex, "shiv": self.shiv}[program_of(tool)]
        assert found is not None, f"{tool} is not set up"
        return found


@dataclass(frozen=True)
class Bench:
    """A row's place: the wheel of its own code, the versions that a resolver chose, the venv of just these."""

    application: Application
    directory: Path
    programs: Programs

    @property
    def work(self) -> Path:
        return self.directory / "work"

    def own_wheel(self) -> list[str]:
        """The wheel of a library's few lines of code; [] for a program."""
        if not self.application.own_files:
            return []
        house = self.directory / "own"
        house.mkdir(exist_ok=True)
        scripts = {"console_scripts": {RUN_IT: "conformance_start:main"}}
        return [str(make_wheel(house, "conformance-it", files=self.application.own_files, entry_points=scripts))]

    def by_pexlite(self, resolver: str) -> tuple[Path, list[str]]:
        """pexlite's file, and its content as exact requirements, without the row's own wheel."""
        output = self.directory / f"pexlite-{resolver}" / self.application.start
        output.parent.mkdir()
        words = [*self.application.requirements, *self.own_wheel(), "-c", self.application.start]
        told = _call(
            [self.programs.pexlite, "build", *words, "-o", output, "--resolver", resolver, "--json", "-q"]
        )
        wheels = [(wheel["name"], wheel["version"]) for wheel in json.loads(told)["wheels"]]
        return output, [f"{name}=={version}" for name, version in wheels if name != "conformance-it"]

    def by_peer(self, tool: str, pins: Sequence[str]) -> Path:
        """The file that another tool builds of the same versions."""
        output = self.directory / tool / self.application.start
        output.parent.mkdir()
        wanted: list[str | Path] = ["-c", self.application.start, "-o", output, *pins, *self.own_wheel()]
        _call([self.programs.of(tool), *wanted, *_FLAGS.get(tool, ())])
        return output

    def venv(self, pins: Sequence[str]) -> Path:
        """The programs' directory of a plain venv with exactly these versions."""
        place = self.directory / "venv"
        uv: list[str | Path] = [sys.executable, "-m", "uv"]
        _call([*uv, "venv", "-q", "--clear", "--python", self.programs.python, place])
        install = [*uv, "pip", "install", "-q", "--no-deps", "--index-strategy", "unsafe-best-match"]
        _call([*install, "--python", place / "bin" / "python", *pins, *self.own_wheel()])
        return place / "bin"

    def run(self, command: Sequence[Path], form: str, root: Path, **variables: str) -> Done:
        """Run the row's task by `command` in a fresh directory, in one of its forms, and return how it ended."""
        files, arguments = dict(self.application.files), self.application.arguments
        if form == "interpreter":
            files, arguments = self.application.as_interpreter()
        elif self.application.code:
            files, arguments = {name: text for name, text in files.items() if name != "it.py"}, arguments[1:]
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        for name, content in files.items():
            (self.work / name).parent.mkdir(parents=True, exist_ok=True)
            (self.work / name).write_text(content)
        home = self.directory / "home"
        home.mkdir(exist_ok=True)
        own = {"HOME": str(home), "SHIV_ROOT": str(root), "COLUMNS": "100", **self.application.variables}
        words = [argument.format(work=self.work) for argument in arguments]
        return self._ended([*map(str, command), *words], environment(root, **own, **variables))

    def _ended(self, command: Sequence[str], variables: Mapping[str, str]) -> Done:
        try:
            done = subprocess.run(
                command,
                env=dict(variables),
                cwd=self.work,
                input=self.application.stdin,
                capture_output=True,
                text=True,
                check=False,
                timeout=_SECONDS,
            )
        except (subprocess.TimeoutExpired, OSError) as failure:
            return Done(-1, "", str(failure))
        missing = tuple(name for name in self.application.makes if not (self.work / name).exists())
        return Done(done.returncode, self._alike(done.stdout), done.stderr[-2000:], missing)

    def _alike(self, text: str) -> str:
        """The output without anything that differs from place to place or from run to run."""
        places = r"/(venv|root-[\w-]+(/lite-2/apps/[^/\s'\"]+)?)"
        text = re.sub(re.escape(str(self.directory)) + places, "<app>", text)
        for pattern in self.application.blank:
            text = re.sub(pattern, "<…>", text)
        return text


def compare(bench: Bench, tool: str, resolver: str, passed: set[str] | None = None) -> None:
    """Check that the row built by `tool` does all that it does in a venv; raise NotAsExpectedError otherwise.

    `passed` are the sha256 of files that passed before; the same bytes are not run again.
    """
    passed = set() if passed is None else passed
    output, pins = bench.by_pexlite(resolver)
    if tool != "pexlite":
        output = bench.by_peer(tool, pins)
    digest = hashlib.sha256(output.read_bytes()).hexdigest()
    if digest in passed:
        return
    programs = bench.venv(pins)
    application = bench.application
    for form in FORMS:
        own_program = programs / (application.start if form == "entry point" else "python")
        expected = bench.run([own_program], form, bench.directory / "root-venv")
        if expected.missing or application.contains not in expected.printed:
            raise NotAsExpectedError(f"the venv itself does not do it: {_last(expected)}")
        switch = {_INTERPRETER[program_of(tool)]: "1"} if form == "interpreter" else {}
        root = bench.directory / f"root-{form.replace(' ', '-')}"
        for start in ("cold", "warm"):
            found = bench.run([bench.programs.python, output], form, root, **switch)
            difference = _difference(application, expected, found)
            if difference:
                raise NotAsExpectedError(f"{form}, {start}: {difference}")
    passed.add(digest)


def _difference(application: Application, expected: Done, found: Done) -> str:
    if found.code != expected.code:
        return f"exit code {found.code} instead of {expected.code}: {_last(found)}"
    if found.missing:
        return f"{found.missing[0]} was not made: {_last(found)}"
    if application.contains:
        return "" if application.contains in found.printed else f"{application.contains!r} is not in the output"
    if found.printed == expected.printed:
        return ""
    pairs = zip(found.printed.splitlines(), expected.printed.splitlines(), strict=False)
    ours, theirs = next(
        ((ours, theirs) for ours, theirs in pairs if ours != theirs), (found.printed[-80:], expected.printed[-80:])
    )
    complained = f"; {_last(found)}" if found.complained else ""
    return f"printed {ours[:120]!r} instead of {theirs[:120]!r}{complained}"


def _last(done: Done) -> str:
    lines = (done.complained or done.printed).strip().splitlines()
    return f"exit code {done.code}, {lines[-1][:200] if lines else 'nothing printed'}"


def _call(command: Sequence[str | Path]) -> str:
    """The stdout of the command. Raises NotAsExpectedError with its complaint where it fails."""
    words = [str(word) for word in command]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PEX_"))}
    try:
        done = subprocess.run(words, env=kept, capture_output=True, text=True, check=False, timeout=2 * _SECONDS)
    except subprocess.TimeoutExpired as failure:
        raise NotAsExpectedError(f"{Path(words[0]).name} took longer than {failure.timeout:.0f} s") from failure
    if done.returncode:
        complaint = " ".join((done.stderr or done.stdout).split())[-300:]
        raise NotAsExpectedError(f"{Path(words[0]).name} failed: {complaint}")
    return done.stdout

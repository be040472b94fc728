"""The files that are taken to a machine, built here by this checkout from the package index."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.checkout import REPOSITORY
from tests.factories import make_wheel
from tests.programs.machines.application import MODULE, application_wheel
from tests.programs.machines.machine import Machine, Python

PURE = "pure.pex"
_OLD = "manylinux_2_17_x86_64-cp-39-cp39"
FORMS = {"plain": (), "sh-boot": ("--sh-boot",), "no-compress": ("--no-compress",), "zstd": ("--zstd",)}
_NO_SUCH_WHEEL = 3


class NotBuiltError(Exception):
    """A file could not be built, with the last words of the build."""


@dataclass(frozen=True)
class Files:
    """Builds into `directory`, each file once."""

    directory: Path

    def pure(self) -> Path:
        """The file for every machine: click and requests, pure wheels only, of versions that old Pythons take."""
        return self._built(PURE, ["click", "requests", "--prefer-pure", "--platform", _OLD])

    def with_sh(self) -> Path:
        """The same with an sh header."""
        words = ["click", "requests", "--prefer-pure", "--platform", _OLD, "--sh-boot"]
        return self._built("pure-with-sh.pex", words)

    def of(self, machine: Machine, python: Python, form: str, *more: str) -> Path:
        """The application for one Python, with wheels of its platform: markupsafe and charset-normalizer.

        `more` are further requirements, numpy for one. Raises NotBuiltError where one has no such wheel.
        """
        name = "-".join([machine.name, python.tag, form, *more]) + ".pex"
        wanted = ["click", "requests", *_native(python), *more, "--platform", machine.target(python)]
        return self._built(name, [*wanted, *FORMS[form]])

    def of_both(self, machines: Sequence[tuple[Machine, Python]]) -> Path:
        """One file with an sh header for several machines."""
        targets = [word for machine, python in machines for word in ("--platform", machine.target(python))]
        name = "-".join(machine.name for machine, _ in machines) + ".pex"
        return self._built(name, ["click", "requests", "markupsafe", *targets, "--sh-boot"])

    def foreign(self, tag: str, platform: str) -> Path:
        """A file that is for another machine or Python: all that it has is a wheel with this `tag`."""
        house = self.directory / "foreign"
        house.mkdir(exist_ok=True)
        wheel = make_wheel(house, "foreign", files={"foreign.py": "def main(): print('it ran')\n"}, tag=tag)
        words = [str(wheel), "-e", "foreign:main", "--no-index", "--platform", platform]
        return self._build(f"for-{tag}.pex", words)

    def _built(self, name: str, words: Sequence[str]) -> Path:
        wheel = application_wheel(self.directory)
        return self._build(name, [str(wheel), "-c", MODULE, *words])

    def _build(self, name: str, words: Sequence[str]) -> Path:
        output = self.directory / name
        if not output.exists():
            command = [sys.executable, "-m", "pexlite", "build", *words, "-o", str(output), "-q"]
            done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
            if done.returncode:
                raise NotBuiltError(done.stderr.strip().splitlines()[0])
        return output


def _native(python: Python) -> tuple[str, ...]:
    """A project with compiled modules; no wheel of it is for a PyPy."""
    return ("markupsafe",) if python.tag.startswith("cp") else ()

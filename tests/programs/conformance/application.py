"""The rows of the table: applications and libraries to bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

RUN_IT = "run-it"
"""The console script that stands for a library's few lines of code."""

# The module runs as `__main__`, as it does when Python is given the file.
_START_CODE = """\
import runpy


def main():
    runpy.run_module("conformance_it", run_name="__main__", alter_sys=True)
"""
# What a console script does, done by an interpreter.
_START_SCRIPT = """\
import sys
from importlib.metadata import entry_points

if __name__ == "__main__":
    sys.argv[0] = {script!r}
    found = {{entry.value: entry for entry in entry_points(group="console_scripts", name={script!r})}}
    sys.exit(next(iter(found.values())).load()())
"""


@dataclass(frozen=True)
class Application:
    """One row: the file is built from `requirements` to start `script`, or as an interpreter where that is "".

    It is then run with `arguments` in a directory that holds `files`, and must print and return what the same
    command does in a plain venv. `{work}` in an argument is that directory.
    """

    name: str
    requirements: tuple[str, ...]
    arguments: tuple[str, ...]
    script: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    stdin: str = ""
    contains: str = ""
    """Text that must be in the output; where it is given the output need not be the venv's to the letter."""
    makes: tuple[str, ...] = ()
    """Files that must be there afterwards."""
    blank: tuple[str, ...] = ()
    """Regular expressions for what differs from run to run: times, ports, process ids."""
    module: str = ""
    """For a script that is no entry point but a program: what `python -m` starts instead."""
    excused: Mapping[str, str] = field(default_factory=dict)
    """Tools that cannot pass, and why."""
    variables: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        """The source of a library's few lines; "" for a program."""
        return "" if self.script else self.files["it.py"]

    @property
    def start(self) -> str:
        """The console script of the file's entry point."""
        return self.script or RUN_IT

    @property
    def own_files(self) -> Mapping[str, str]:
        """The files of the wheel that makes a library's code an application; {} for a program."""
        return {"conformance_it.py": self.code, "conformance_start.py": _START_CODE} if self.code else {}

    def as_interpreter(self) -> tuple[dict[str, str], tuple[str, ...]]:
        """The files and arguments with which an interpreter does what the entry point does."""
        if not self.script:
            return dict(self.files), self.arguments
        if self.module:
            return dict(self.files), ("-m", self.module, *self.arguments)
        start = {"start_it.py": _START_SCRIPT.format(script=self.script)}
        return {**self.files, **start}, ("{work}/start_it.py", *self.arguments)

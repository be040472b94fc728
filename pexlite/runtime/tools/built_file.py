"""The built file that a tool works on, and a tool's output."""

import contextlib
import json
import os
import sys

from .. import install
from ..cache import app
from ..failed import shown
from ..file import whole
from ..unpack import environment, variant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..app.switches import Switches
    from ..importing import Room

USAGE, WRITING, VERIFICATION = 2, 5, 6


class ToolError(Exception):
    """An error message, and the exit code that goes with it."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


class BuiltFile:
    """A built file that a tool works on. `place` is the path of its app's directory.

    A `room` is passed by a pexlite that looks at the file without starting it: its modules are used, not the
    file's.
    """

    def __init__(
        self,
        facts: "dict[str, Any]",
        file: str,
        place: str,
        switches: "Switches | None",
        room: "Room | None" = None,
    ) -> None:
        self.facts = facts
        self.file = file
        self.name = os.path.basename(file)
        self.place = place
        self.root = app.App(place).root
        self.switches = switches
        self.room = room

    @contextlib.contextmanager
    def opened(self) -> "Iterator[tuple[whole.Whole, int]]":
        """The open file and the number of this Python's variant.

        May not return: where no variant fits, execs another Python.
        """
        with whole.opened(self.file, self.room) as opened:
            yield opened, variant.choose(opened.manifest, self.file, self.switches)

    def install(self) -> str:
        """The app's directory, unpacked."""
        launch: Any = install.launcher_of(self.facts, self.file, self.switches)
        return str(launch.PLACE)


def say(line: str) -> None:
    """Print a line, with escapes for control characters and for what stdout's encoding lacks."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(shown(line).encode(encoding, "backslashreplace").decode(encoding))


def say_json(value: "dict[str, Any]") -> None:
    """Print `value` as JSON, formatted like PEX-INFO."""
    print(json.dumps(value, indent=1, sort_keys=True))


def in_words(size: float) -> str:
    """A size with its unit: 999 is "999 B", 1234567 is "1.2 MB"."""
    unit = "B"
    for larger in ("kB", "MB", "GB"):
        if size < 1000:
            break
        size, unit = size / 1000.0, larger
    return "%.1f %s" % (size, unit) if unit != "B" else "%d B" % size


def compile_all(directories: "list[str]") -> None:
    """Compile the modules in `directories`; some packages carry files that cannot be compiled.

    Raises ToolError where anything else fails, as for a full disk.
    """
    import subprocess

    # Not by bin/python: a wheel may have replaced it, and it would run the bundle's .pth files.
    python = environment.base_python()
    command = [python, "-I", "-S", "-m", "compileall", "-qq", "-j", "0"] + directories
    said = subprocess.Popen(command, stderr=subprocess.PIPE).communicate()[1].decode("utf-8", "replace")
    if "Traceback (most recent call last):" in said:
        raise ToolError("%s: %s" % (directories[0], said.splitlines()[-1]), WRITING)

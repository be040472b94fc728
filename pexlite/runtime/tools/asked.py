"""One start with PEX_TOOLS: the file and where its app belongs; how tools say what they have to."""

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
    """A sentence for people, and the exit code that goes with it."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


class Specification:
    """One built file and the start that it was given: `place` is where its app's directory belongs.

    With a `room` it was not started, but is looked at by the pexlite that has this room.
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
        """The open file and the number of this Python's variant; without one another Python starts over."""
        with whole.opened(self.file, self.room) as opened:
            yield opened, variant.choose(opened.manifest, self.file, self.switches)

    def install(self) -> str:
        """The app's directory, unpacked by now."""
        launch: Any = install.launcher_of(self.facts, self.file, self.switches)
        return str(launch.PLACE)


def say(line: str) -> None:
    """Print a line, whatever is in it and whatever characters the terminal has."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(shown(line).encode(encoding, "backslashreplace").decode(encoding))


def say_json(value: "dict[str, Any]") -> None:
    """Print `value` for programs, as PEX-INFO is written."""
    print(json.dumps(value, indent=1, sort_keys=True))


def in_words(size: float) -> str:
    """999 -> "999 B", 1234567 -> "1.2 MB"."""
    unit = "B"
    for larger in ("kB", "MB", "GB"):
        if size < 1000:
            break
        size, unit = size / 1000.0, larger
    return "%.1f %s" % (size, unit) if unit != "B" else "%d B" % size


def compile_all(directories: "list[str]") -> None:
    """Compile what can be compiled in `directories` (some packages carry what cannot).

    Raises ToolError where something else goes wrong, such as a disk that is full.
    """
    import subprocess

    # Not by the Python in bin/, which a wheel may have brought, and whose .pth files would run.
    python = environment.base_python()
    command = [python, "-I", "-S", "-m", "compileall", "-qq", "-j", "0"] + directories
    said = subprocess.Popen(command, stderr=subprocess.PIPE).communicate()[1].decode("utf-8", "replace")
    if "Traceback (most recent call last):" in said:
        raise ToolError("%s: %s" % (directories[0], said.splitlines()[-1]), WRITING)

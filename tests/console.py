"""Run the ```console blocks of a Markdown file, and compare what they print with what they show.

    ```console
    $ echo one; echo two; echo three
    one
    ...
    three
    ```

A line that begins with `$ ` is a command; the lines up to the next one are what it prints, on stdout and stderr
together. `...` alone on a line stands for any number of lines, within a line for any text. A command that shows
nothing may print anything. All blocks of a file run in one shell, and every command has to end well.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```console\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
_END = "\x1e"


@dataclass(frozen=True)
class Command:
    """A command of a console block, and the lines that it should print."""

    line: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Ending:
    """The output of a command, and its exit code."""

    command: Command
    printed: str
    code: int

    @property
    def is_as_shown(self) -> bool:
        if self.code != 0:
            return False
        return not self.command.shown or matches(self.command.shown, self.printed)

    def __str__(self) -> str:
        shown = "\n".join(self.command.shown)
        return f"$ {self.command.line}\nended with {self.code} and printed\n{self.printed}\ninstead of\n{shown}"


def commands(markdown: str) -> tuple[Command, ...]:
    """The commands of every console block of `markdown`."""
    found: list[Command] = []
    for block in _BLOCK.findall(markdown):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, *shown = part.rstrip("\n").split("\n")
            while line.endswith("\\"):
                line = f"{line[:-1]}{shown.pop(0).strip()}"
            found.append(Command(line, tuple(shown)))
    return tuple(found)


def matches(shown: Sequence[str], printed: str) -> bool:
    """Whether `printed` is what the lines of `shown` say."""
    pattern = ""
    for line in shown:
        if line.strip() == "...":
            pattern += r"(?:.*\n)*"
        else:
            pattern += r".*".join(map(re.escape, line.rstrip().split("..."))) + r"[ ]*\n"
    return re.fullmatch(pattern, printed if printed.endswith("\n") else f"{printed}\n") is not None


def run(
    found: Sequence[Command], directory: Path, environment: Mapping[str, str], limit: float = 900
) -> list[Ending]:
    """Run `commands` in one shell in `directory`, and return how each ended.

    Raises AssertionError, with what it had printed, for the one that the shell is at after `limit` seconds.
    """
    script = "".join(f"{command.line}\nprintf '\\036%s\\036' \"$?\"\n" for command in found)
    with tempfile.TemporaryFile() as output:
        shell = subprocess.Popen(
            ["bash", "-c", script],
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        late = False
        try:
            shell.wait(limit)
        except BaseException as failure:
            os.killpg(shell.pid, signal.SIGKILL)  # the command too, not the shell alone
            shell.wait()
            late = isinstance(failure, subprocess.TimeoutExpired)
            if not late:
                raise
        output.seek(0)
        parts = output.read().decode("utf-8").split(_END)
    done = len(parts) // 2
    if done < len(found):
        what = f"not done after {limit:.0f} s" if late else "the end of the shell"
        raise AssertionError(f"$ {found[done].line}\nwas {what}, and had printed\n{parts[-1]}")
    return [Ending(command, parts[2 * place], int(parts[2 * place + 1])) for place, command in enumerate(found)]


def assert_as_shown(markdown: Path, directory: Path, environment: Mapping[str, str]) -> None:
    """Run every command of `markdown` in `directory`; each has to end well and print what is shown."""
    found = commands(markdown.read_text(encoding="utf-8"))
    assert found, f"{markdown} shows no commands"
    wrong = [str(ending) for ending in run(found, directory, environment) if not ending.is_as_shown]
    assert not wrong, "\n\n".join(wrong)

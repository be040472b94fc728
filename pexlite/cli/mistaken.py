"""Requirements that look like a command: misspelt commands of pexlite, and commands of other tools.

`pexlite inof app.pex` would otherwise look for a project called inof on the index, and run what a stranger put
there.
"""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pexlite.addresses import mask
from pexlite.errors import UsageError
from pexlite.files.paths import is_file

if TYPE_CHECKING:
    from pexlite.requirements.bare_names import Here

_IMPLIED = "pexlite.cli: the command is implied"
# Commands of pip, uv, pipx, poetry and conda, by the nearest command of pexlite. Mostly verbs: a word that names a
# thing, such as wheel or tool, may be a project to bundle.
_ELSEWHERE: Mapping[str, str] = {
    "build": "add create download init install zipapp",
    "cache clear": "clean",
    "cache prune": "prune",
    "extract": "unpack unzip",
    "info": "inspect list ls show",
    "report": "graph",
    "lock": "export freeze outdated resolve sync update upgrade",
    "venv": "activate",
    "verify": "check",
    "--version": "version",
    # A built file runs when it is called by its path.
    "./": "exec execute",
    # Commands without a counterpart in pexlite.
    "": "completion debug hash image publish remove search self shell sign uninstall upload uvx",
}
_NEAREST = {word: command for command, words in _ELSEWHERE.items() for word in words.split()}


def imply_build(context: click.Context) -> None:
    """Note that no word named a command, so that `build` checks its requirements for misspelt ones."""
    context.meta[_IMPLIED] = True


def build_is_implied() -> bool:
    """Whether `build` runs without having been named."""
    return _IMPLIED in click.get_current_context().meta


def refuse_commands(given: Mapping[str, Any], commands: Collection[str], directory: Path) -> None:
    """Raise UsageError for the first requirement that is or resembles a command, here or in other tools.

    A directory of that name here is no command if the entry point lies in it.
    """
    requirements = given["requirements"]
    for place, text in enumerate(requirements):
        word = text.lower()
        meant = word if word in commands else _NEAREST.get(word, _resembled(word, commands))
        if meant is None:
            continue
        from pexlite.requirements.bare_names import entry_points, something_here  # brings `packaging` along

        here = something_here(text, directory)
        if here is None or not here.is_started_by(entry_points(given["entry_point"], given["scripts"])):
            raise _refused(requirements, place, meant, here, directory)


def _resembled(word: str, commands: Collection[str]) -> str | None:
    """The command one typing slip away from `word`; None without any. Two slips would match click and black."""
    near = (command for command in commands if abs(len(command) - len(word)) < 2 and word.isalpha())
    return next((command for command in near if _is_slip_of(command, word)), None)


def _is_slip_of(command: str, word: str) -> bool:
    """Whether `word` is `command` with one letter missing, added or changed, or two neighbours swapped.

    The first letter must not be added or changed, which people rarely do: else mock would be taken for lock.
    """
    alike = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(command, word, strict=False))
    same = sum(1 for _ in alike)
    here, there = command[same:], word[same:]
    if here[1:] == there or (here[:2] == there[1::-1] and here[2:] == there[2:]):
        return len(here) > 0
    return same > 0 and (here[1:] == there[1:] or here == there[1:])


def _refused(
    requirements: Sequence[str], place: int, meant: str, here: Here | None, directory: Path
) -> UsageError:
    """The error that the requirement at `place` may be the command `meant`, with a spelling for each reading."""
    text, others = requirements[place], (*requirements[:place], *requirements[place + 1 :])
    # With a version the word means the index's project, even if something here has that name.
    project = [f"{word}>=0" if here and word == text else word for word in requirements]
    local = [f"For what is here: {_shown(here.local, *others)}."] if here else []
    named = f"For the project of that name: {_shown('build', *project)}"
    return UsageError(
        f"{text} is a command of pexlite, and it comes first"
        if text == meant
        else f"pexlite has no command {text}",
        hint=" ".join([_suggested(meant, others, directory), *local, named]),
    )


def _suggested(meant: str, others: Sequence[str], directory: Path) -> str:
    if meant == "./" and others and is_file(directory / others[0]) and not others[0].endswith(".py"):
        program = others[0] if "/" in others[0] else f"./{others[0]}"
        return f"did you mean `{mask(shlex.join([program, *others[1:]]))}`?"
    command = "build" if meant == "./" else meant
    if not command or (command == "build" and not others):
        return f"{_shown('help')} lists the commands."
    return f"did you mean {_shown(*command.split(), *others)}?"


def _shown(*words: str) -> str:
    """A command to type, without passwords in URLs."""
    return f"`{mask(shlex.join(['pexlite', *words]))}`"

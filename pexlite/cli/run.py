"""`pexlite run`: build into the cache and run at once."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from pexlite.cli import options
from pexlite.cli.build import request_of
from pexlite.cli.help import GroupedCommand
from pexlite.cli.say import flush
from pexlite.cli.words_first import arguments_behind
from pexlite.errors import UsageError
from pexlite.files.paths import is_file

if TYPE_CHECKING:
    from pexlite.pipeline.run import Runnable

_EXAMPLES = (
    ("pexlite run httpie -c http -- GET example.org", "the command http of httpie"),
    ("pexlite run cowsay -t hello", "the command that is called as its project"),
    ("pexlite run --with rich 'black>=26' --version", "with another project beside it"),
)
_SHOWN = ("no_progress", "quiet", "verbose")


def run(requirement: str, words: Sequence[str], **given: Any) -> NoReturn:
    """Run a command of REQUIREMENT, out of a file that is built for it and kept.

    REQUIREMENT is what a build takes: a name, extras, a version, a URL, a directory. The command is the project's
    only one, or the one that is called as it. What was resolved counts for a day: until then nothing is asked.
    Options of pexlite stand before REQUIREMENT, or anywhere before --; all else is the command's.
    """
    from pexlite.cli import outcome
    from pexlite.cli.progress import Notes, shown_progress
    from pexlite.pipeline.run import runnable

    options.one_manner(given)
    _refuse_built_files(requirement, words)
    script, words = _with_script(given.pop("script"), words)
    request = request_of({**given, "requirements": (requirement, *given["more"])}, Path.cwd())
    notes = Notes(quiet=given["quiet"])
    with shown_progress(notes, progress=not given["no_progress"], every_step=given["verbose"]) as report:
        found = runnable(request, script, report, offline=given["offline"])
    outcome.show_notices((), notes.told)
    _become(found, words)


def _refuse_built_files(requirement: str, words: Sequence[str]) -> None:
    """Raise UsageError for a file here that is none to build from: it runs when it is called by its path."""
    if is_file(Path(requirement)) and not requirement.endswith((".py", ".whl", ".tar.gz", ".zip", ".toml")):
        program = requirement if os.sep in requirement else f"./{requirement}"
        raise UsageError(
            f"{requirement} is a file, and run takes what a file is built of",
            hint=f"did you mean `{shlex.join([program, *words])}`?",
        )


def _with_script(script: str | None, words: Sequence[str]) -> tuple[str | None, tuple[str, ...]]:
    """The command's name and its arguments: `-c NAME` may stand behind the requirement too."""
    behind = arguments_behind(click.get_current_context())
    if script is None and len(words) > 1 and words[0] in ("-c", "--script"):
        script, words = words[1], words[2:]
    if behind is not None and words:
        raise click.UsageError(
            f"{words[0]} stands before --, and is no option of run or stands behind the requirement",
            click.get_current_context(),
        )
    return script, tuple(words if behind is None else behind)


def _become(found: Runnable, words: Sequence[str]) -> NoReturn:
    """Exec what was found, so that its signals and its exit code are those of this process."""
    for name, value in (("PEX_SCRIPT", found.script), ("PEX_MODULE", found.module)):
        if value:
            os.environ[name] = value
    flush()
    os.execv(sys.executable, [sys.executable, str(found.file), *words])  # noqa: S606 - no shell is wanted


RUN = GroupedCommand(
    "run",
    callback=run,
    help=run.__doc__,
    short_help="a command of a project, built into the cache and run at once",
    examples=_EXAMPLES,
    sections={
        "What runs": (
            click.Argument(["requirement"], metavar="REQUIREMENT"),
            click.Argument(["words"], nargs=-1, type=click.UNPROCESSED, metavar="[-c NAME] [--] [ARGUMENT]..."),
            options.option(
                "-c",
                "--script",
                metavar="NAME",
                help="The command, or module:function (default: the only one, or the one called as the project).",
            ),
            options.option(
                "--with",
                "more",
                many=True,
                metavar="REQ",
                help="This goes in as well (default: nothing; repeatable).",
            ),
            options.flag(
                "--offline",
                help="Take what was built at any age, or build of what the store has (default: for a day).",
            ),
        ),
        "Indexes": options.INDEXES,
        "Output": tuple(parameter for parameter in options.OUTPUT if parameter.name in _SHOWN),
    },
)
RUN.allow_interspersed_args = False

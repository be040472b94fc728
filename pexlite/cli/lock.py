"""`pexlite lock`: options into a request, a lock into a file or onto stdout."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from pexlite.cli import lock_options, options
from pexlite.cli.build import request_of
from pexlite.cli.help import GroupedCommand
from pexlite.cli.project_defaults import with_project_defaults
from pexlite.cli.say import write

_EXAMPLES = (
    (
        "pexlite lock requests click -o pylock.toml",
        "requests, click and all they need, for every platform (by uv)",
    ),
    ("pexlite lock . --python 3.11 --python 3.12", "the project here, for these two only"),
    ("pexlite lock . --upgrade-package click", "click anew, and all else as the lock here has it"),
    ("pexlite . --lock pylock.toml -o app.pex", "a file of exactly what was locked"),
)


def lock(**given: Any) -> None:
    """Write down in a pylock.toml (PEP 751) exactly which distributions REQUIREMENTs or a project at PATH need.

    With uv the lock holds on every platform, unless --python or --platform say for whom it is; with pip it is
    for this Python and platform, or for those. Versions of a lock that is there already stay where they fit.
    """
    from pexlite.cli import outcome
    from pexlite.cli.progress import Notes, shown_progress
    from pexlite.model import LockTerms
    from pexlite.pipeline.lock import lock as lock_requirements

    options.one_manner(given)
    directory = Path.cwd()
    request = request_of(with_project_defaults(given), directory)
    terms = LockTerms(**{one.name: given[one.name] for one in fields(LockTerms)})
    onto_stdout = str(request.output) == "-"
    notes = Notes(quiet=given["quiet"])
    with shown_progress(notes, progress=not given["no_progress"], every_step=given["verbose"]) as report:
        result = lock_requirements(replace(request, output=None) if onto_stdout else request, report, terms)
    if onto_stdout:
        write(result.text, end="")
    if not given["quiet"]:
        outcome.show_lock(result, directory, notes.told)


LOCK = GroupedCommand(
    "lock",
    callback=lock,
    help=lock.__doc__,
    short_help="which distributions an application needs, as a pylock.toml",
    examples=_EXAMPLES,
    sections={
        "What goes in": lock_options.WHAT_IS_LOCKED,
        "What changes": lock_options.WHAT_CHANGES,
        "Where it runs": options.WHERE_IT_RUNS,
        "Indexes": options.INDEXES,
        "Output": lock_options.LOCK_OUTPUT,
    },
)

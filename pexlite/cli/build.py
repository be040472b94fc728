"""`pexlite build`: options into a BuildRequest, a BuildResult into words."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pexlite.cli import options
from pexlite.cli.help import GroupedCommand
from pexlite.cli.mistaken import build_is_implied, refuse_commands
from pexlite.cli.own_python_options import ITS_OWN_PYTHON
from pexlite.cli.project_defaults import with_project_defaults
from pexlite.cli.push_built import PUSH_TO, check_places, push_built
from pexlite.cli.start_list_options import TRIED_AT_BUILD
from pexlite.cli.words_first import arguments_behind

if TYPE_CHECKING:
    # The model brings `packaging` along, which `pexlite --help` has no use for.
    from pexlite.model import BuildRequest, BuildResult

_Value = TypeVar("_Value")
_EXAMPLES = (
    (
        "pexlite requests click -c my_cli:main -o my_cli.pex",
        "requests, click and ./my_cli.py; the file calls main() of my_cli",
    ),
    ("pexlite . -o app.pex", "the project here and all it needs; the file is its console script"),
    (
        "pexlite my_package/ -r requirements.txt -e my_package.cli:main -o app.pex",
        "a package directory and what a requirements file lists",
    ),
    ("pexlite job.py -o job.pex", "a script, with the dependencies that its PEP 723 header names"),
    (
        "pexlite requests -o app.pex --platform linux_x86_64-cp-311-cp311",
        "for another machine: CPython 3.11 on Linux; without -c or -e the file is a Python interpreter",
    ),
    ("pexlite . --for user@server --push", "for a server, asked over ssh what it can run, and put there"),
    ("pexlite info app.pex", "what is in a file, and where it runs"),
)


def build(**given: Any) -> None:
    """Write one file that holds a Python application and everything it needs.

    REQUIREMENT is anything pip takes: a name, extras, a version, a URL, a wheel. PATH is a project, a package
    directory or a script. The file needs only a Python where it runs: no pip, no network.
    """
    from pexlite.cli import outcome
    from pexlite.cli.progress import Notes, shown_progress
    from pexlite.pipeline.build import build as build_file

    options.one_manner(given)
    directory = Path.cwd()
    if build_is_implied():
        from pexlite.cli.commands import COMMANDS

        refuse_commands(given, COMMANDS, directory)
    given = with_project_defaults(given)
    request = request_of(given, directory)
    if given["pushed"]:
        check_places(given)
    arguments = arguments_behind(click.get_current_context())
    if arguments is not None:
        from pexlite.cli.run_built import run_built

        run_built(request, given, arguments)
    notes = Notes(quiet=given["quiet"])
    with shown_progress(notes, progress=not given["no_progress"], every_step=given["verbose"]) as report:
        result = build_file(request, report)
    if not given["quiet"]:
        outcome.show(result, directory, notes.told)
    if given["pushed"]:
        _push(result, given)
    elif given["as_json"]:
        outcome.show_json(result)


def _push(result: BuildResult, given: dict[str, Any]) -> None:
    from pexlite.cli.outcome import show_json
    from pexlite.cli.push import fail_if_any_did, in_json

    pushes = push_built(result, given)
    if given["as_json"]:
        show_json(result, pushes=[in_json(push) for push in pushes])
    fail_if_any_did(pushes, as_json=given["as_json"])


def request_of(given: dict[str, Any], directory: Path) -> BuildRequest:
    """The request that the options `given`, of a build or a lock, make in `directory`: each sets its field."""
    from pexlite.model import BuildRequest, IndexSettings, LaunchOptions

    links = (*map(str, given["wheels"]), *given["find_links"])
    scripts = given.get("scripts", ())
    if len(scripts) > 1:
        from pexlite.bundle.entry_points import check_one_start  # few files are several commands

        check_one_start(scripts, given["entry_point"])
    one = scripts[0] if len(scripts) == 1 else None
    values = {
        **given,
        "script": one,
        "scripts": () if one else scripts,
        "find_links": links,
        "directory": directory,
    }
    parts = {"index": _fields(IndexSettings, values), "launch": _fields(LaunchOptions, values)}
    return _fields(BuildRequest, {**values, **parts})


def _fields(kind: type[_Value], values: dict[str, Any]) -> _Value:
    """A `kind` of those of `values` that are fields of it."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in values.items() if name in names})


BUILD = GroupedCommand(
    "build",
    callback=build,
    help=build.__doc__,
    short_help="one file of an application and all it needs (what pexlite does without a command)",
    examples=_EXAMPLES,
    sections={
        "What goes in": options.WHAT_GOES_IN,
        "Where it runs": options.WHERE_IT_RUNS,
        "Its own Python": ITS_OWN_PYTHON,
        "How it starts": (*options.HOW_IT_STARTS, *TRIED_AT_BUILD),
        "Indexes": options.INDEXES,
        "Output": (*options.OUTPUT, PUSH_TO),
    },
)

"""`pexlite build`: options into a BuildRequest, a BuildResult into words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pexlite.cli import options
from pexlite.cli.help import GroupedCommand
from pexlite.cli.mistaken import build_is_implied, refuse_commands
from pexlite.cli.project_defaults import with_project_defaults

if TYPE_CHECKING:
    # The model brings `packaging` along, which `pexlite --help` has no use for.
    from pexlite.model import BuildRequest, IndexSettings, LaunchOptions

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
    request = request_of(with_project_defaults(given), directory)
    notes = Notes(quiet=given["quiet"])
    with shown_progress(notes, progress=not given["no_progress"], every_step=given["verbose"]) as report:
        result = build_file(request, report)
    if not given["quiet"]:
        outcome.show(result, directory, notes.told)
    if given["as_json"]:
        outcome.show_json(result)


def request_of(given: dict[str, Any], directory: Path) -> BuildRequest:
    """The request that the options `given` make in `directory`."""
    return replace(
        asked_of(given, directory),
        source_directories=given["source_directories"],
        included=given["included"],
        lock=given["lock"],
        locked=given["locked"],
        ignore_locks=given["ignore_locks"],
        script=_script(given),
        entry_point=given["entry_point"],
        launch=_launch_options(given),
        bytecode=given["bytecode"],
        compress=not given["no_compress"],
        allow_large=given["allow_large"],
        strict=given["strict"],
        dry_run=given["dry_run"],
    )


def asked_of(given: dict[str, Any], directory: Path) -> BuildRequest:
    """The part of a request that building and locking share: what goes in, for whom, and where it comes from."""
    from pexlite.model import BuildRequest

    return BuildRequest(
        directory=directory,
        requirements=given["requirements"],
        requirement_files=given["requirement_files"],
        constraint_files=given["constraint_files"],
        executable=given["executable"],
        groups=given["groups"],
        extras=given["extras"],
        excluded=given["excluded"],
        overrides=given["overrides"],
        pythons=given["pythons"],
        platforms=given["platforms"],
        target_files=given["target_files"],
        index=index_settings(given),
        resolver=given["resolver"],
        output=given["output"],
        force=given["force"],
    )


def _script(given: dict[str, Any]) -> str | None:
    """The script that is to start. Raises UsageError where several are given, and names them."""
    scripts = given["scripts"]
    if len(scripts) > 1:
        from pexlite.bundle.entry_points import check_one_start

        check_one_start(scripts, given["entry_point"])
    return scripts[0] if scripts else None


def index_settings(given: dict[str, Any]) -> IndexSettings:
    """The index settings among the options `given`."""
    from pexlite.model import IndexSettings

    return IndexSettings(
        index_url=given["index_url"],
        extra_index_urls=given["extra_index_urls"],
        named_indexes=given["named_indexes"],
        pins=given["pins"],
        index_strategy=given["index_strategy"],
        find_links=(*map(str, given["wheels"]), *given["find_links"]),
        no_index=given["no_index"],
        prereleases=given["prereleases"],
        prefer_pure=given["prefer_pure"],
        uploaded_prior_to=given["uploaded_prior_to"],
        trusted_hosts=given["trusted_hosts"],
    )


def _launch_options(given: dict[str, Any]) -> LaunchOptions:
    from pexlite.model import InheritPath, LaunchOptions

    return LaunchOptions(
        shebang=given["python_shebang"],
        sh_boot=given["sh_boot"],
        inherit_path=InheritPath(given["inherit_path"]),
        bin_path=given["bin_path"],
        inject_args=given["inject_args"],
        inject_env=given["inject_env"],
        inject_python_args=given["inject_python_args"],
        pex_root=given["runtime_pex_root"],
    )


BUILD = GroupedCommand(
    "build",
    callback=build,
    help=build.__doc__,
    short_help="one file of an application and all it needs (what pexlite does without a command)",
    examples=_EXAMPLES,
    sections={
        "What goes in": options.WHAT_GOES_IN,
        "Where it runs": options.WHERE_IT_RUNS,
        "How it starts": options.HOW_IT_STARTS,
        "Indexes": options.INDEXES,
        "Output": options.OUTPUT,
    },
)

"""`[tool.pexlite]` of the local project: defaults for options, by their long names.

    [tool.pexlite]
    script = "my-cli"
    python = ["3.11", "3.12"]
    sh-boot = true
    requirement = "requirements.txt"

Paths are relative to that pyproject.toml. An option on the command line wins over the table.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from pexlite.cli import options
from pexlite.cli.option_values import PathOrUrl
from pexlite.cli.own_python_options import ITS_OWN_PYTHON
from pexlite.cli.start_list_options import TRIED_AT_BUILD
from pexlite.cli.words import count_in_words
from pexlite.files.paths import expanded, is_file

# Options of one run, not of the file.
_OF_ONE_RUN = {"requirements", "as_json", "no_progress", "quiet", "verbose", "dry_run", "force"}
_OF_A_BUILD = [
    *options.WHAT_GOES_IN,
    *options.WHERE_IT_RUNS,
    *ITS_OWN_PYTHON,
    *options.HOW_IT_STARTS,
    *TRIED_AT_BUILD,
    *options.INDEXES,
    *options.OUTPUT,
]


def with_project_defaults(given: dict[str, Any]) -> dict[str, Any]:
    """The options `given`, with untyped ones set from `[tool.pexlite]` of the local project.

    Raises UsageError where several projects have such a table, or an entry of it is wrong.
    """
    context = click.get_current_context()
    tables = [(project, table) for project in _projects(given) if (table := _table(project))]
    if not tables:
        return given
    if len(tables) > 1:
        from pexlite.errors import UsageError

        raise UsageError(
            f"{count_in_words(len(tables), 'project')} have a [tool.pexlite], and a file has one way to be built",
            causes=[str(project / "pyproject.toml") for project, _ in tables],
            hint="keep the table in one of them",
        )
    [(project, table)] = tables
    defaults = _defaults(context, project, table)
    typed = {
        name for name in given if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
    }
    # The table's `output` names the built file, never the lock.
    known = {parameter.name for parameter in context.command.params if parameter in _OF_A_BUILD}
    taken = {name: value for name, value in defaults.items() if name in known - typed}
    if "output" in taken:
        _check_output(project, taken["output"])
    return given | taken


def _check_output(project: Path, output: Path) -> None:
    """Raise UsageError for an output outside the project, or in a hidden directory of it.

    A project may be a stranger's: its table must not choose which file of this machine is replaced.
    """
    home = Path(os.path.realpath(expanded(project)))
    place = Path(os.path.realpath(output.parent), output.name)
    inside = place.relative_to(home).parts if place.is_relative_to(home) else ()
    if not inside or any(part.startswith(".") for part in inside):
        why = "names a hidden place" if inside else "lies outside the project"
        raise _wrong(project, f"output is {str(output)!r}, which {why}", f"if it is meant, name it: -o {output}")


def _projects(given: dict[str, Any]) -> list[Path]:
    """The directories among the requirements that have a pyproject.toml: `.`, `path/to/project[extra]`."""
    found = []
    for text in given["requirements"]:
        written = text.partition(";")[0].partition("[")[0].strip()
        place = Path(written or "nothing")
        if is_file(expanded(place) / "pyproject.toml") and (
            written.startswith((".", "~")) or os.sep in written or _is_meant(text, given)
        ):
            found.append(place)
    return list(dict.fromkeys(found))


def _is_meant(word: str, given: dict[str, Any]) -> bool:
    """Whether the bare `word` means the directory here, judged by the typed options alone, not by its table."""
    from pexlite.requirements.bare_names import entry_points, something_here  # brings `packaging` along

    here = something_here(word, Path.cwd())
    return here is not None and here.is_started_by(
        entry_points(given.get("entry_point"), given.get("scripts", ()))
    )


def _table(project: Path) -> dict[str, Any]:
    import tomllib

    try:
        text = (expanded(project) / "pyproject.toml").read_text(encoding="utf-8-sig")
        table = tomllib.loads(text).get("tool", {}).get("pexlite", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}  # building the project will report the fault better
    if not isinstance(table, dict):
        raise _wrong(project, f"tool.pexlite is {table!r}, and no table", "write [tool.pexlite]")
    return table


def _defaults(context: click.Context, project: Path, table: dict[str, Any]) -> dict[str, Any]:
    known = {
        name.removeprefix("--"): parameter
        for parameter in _OF_A_BUILD
        if parameter.name not in _OF_ONE_RUN
        for name in parameter.opts
        if name.startswith("--")
    }
    unknown = [key for key in table if key not in known]
    if unknown:
        import difflib  # takes 10 ms, and only a misspelling needs it

        near = difflib.get_close_matches(unknown[0].replace("_", "-"), known, n=1)
        hint = f"did you mean {near[0]}?" if near else "its keys are the long names of the options of a build"
        raise _wrong(project, f"there is no key {unknown[0]}", hint)
    found = {}
    for key, value in table.items():
        parameter = known[key]
        assert parameter.name
        found[parameter.name] = _converted(context, project, key, parameter, value)
    return found


def _converted(context: click.Context, project: Path, key: str, parameter: click.Parameter, value: object) -> Any:
    assert isinstance(parameter, click.Option)
    if parameter.is_flag:
        if not isinstance(value, bool):
            raise _wrong(project, f"{key} is {value!r}, and it is true or false", f"write {key} = true")
        return parameter.process_value(context, value)
    if parameter.name == "inject_env" and isinstance(value, dict):
        value = [f"{name}={text}" for name, text in value.items()]
    given = value if isinstance(value, list) and parameter.multiple else [value]
    values = [entry for entry in given if isinstance(entry, str)]
    if values != given:
        shape = "a text or a list of texts" if parameter.multiple else "a text"
        raise _wrong(project, f"{key} is {value!r}, and it is {shape}", f'write {key} = "…"')
    if isinstance(parameter.type, (click.Path, PathOrUrl)):
        values = [_beside(project, entry) if _is_path(parameter.type, entry) else entry for entry in values]
    try:
        return parameter.process_value(context, tuple(values) if parameter.multiple else values[0])
    except click.UsageError as failure:
        message = failure.message[:1].lower() + failure.message[1:].removesuffix(".")
        raise _wrong(project, f"{key}: {message}", None) from failure


def _is_path(of: click.ParamType[Any], value: str) -> bool:
    return not isinstance(of, PathOrUrl) or of.is_path(value)


def _beside(project: Path, value: str) -> str:
    """A path of the table, relative to the current directory; an absolute one stays."""
    return os.path.normpath(expanded(project) / expanded(Path(value)))


def _wrong(project: Path, message: str, hint: str | None) -> Exception:
    from pexlite.errors import UsageError

    return UsageError(f"[tool.pexlite] in {project / 'pyproject.toml'}: {message}", hint=hint)

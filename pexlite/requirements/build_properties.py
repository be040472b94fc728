"""`--build-property` and `--build-properties`: facts about a build that the file is to say of itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pexlite.errors import UsageError
from pexlite.files.names import is_one_line
from pexlite.files.paths import expanded
from pexlite.model import BuildRequest

_OURS = ("pexlite_version", "git_state")
"""The properties that are written without being asked for."""


@dataclass(frozen=True)
class BuildProperties:
    """The properties that a request gives, and the files that they were read from."""

    values: Mapping[str, Any]
    files: tuple[Path, ...] = ()


def read_build_properties(request: BuildRequest) -> BuildProperties:
    """The properties of `request`: those of JSON and of files, then each that is given by itself.

        --build-properties '{"ticket": 12}' --build-properties facts.json --build-property owner=me

    The last one of a name counts. Raises UsageError.
    """
    values: dict[str, Any] = {}
    files = []
    for given in request.build_property_tables:
        if given.lstrip().startswith("{"):
            values |= _table(given, "--build-properties")
        else:
            path = request.directory / expanded(given)
            values |= _table(_text(path, given), given)
            files.append(path)
    values |= {name: _value(text) for name, text in request.build_properties}
    for problem in _problems(values):
        raise UsageError(problem, hint="give it another name: --build-property NAME=VALUE")
    return BuildProperties(values, tuple(files))


def _text(path: Path, given: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else "it is not UTF-8"
        raise UsageError(
            f"{given} cannot be read: {(reason or str(failure)).lower()}",
            hint="name a file with a JSON object, or write one: --build-properties '{\"ticket\": 12}'",
        ) from failure


def _table(text: str, shown: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as failure:
        raise UsageError(f"{shown} is no JSON: {failure}", hint='write an object: {"name": "value"}') from failure
    if not isinstance(found, dict):
        raise UsageError(f"{shown} is JSON, but no object", hint='write {"name": "value"}')
    return found


def _value(text: str) -> Any:
    """The JSON value that `text` is, or else `text` itself."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text


def _no_constant(name: str) -> NoReturn:
    """Raise ValueError for NaN and Infinity, which are Python's and no JSON."""
    raise ValueError(f"{name} is no value")


def _problems(values: Mapping[str, Any]) -> Iterator[str]:
    for name in values:
        if name in _OURS:
            yield f"{name} is one of the properties that are written anyway"
        elif not name or not is_one_line(name):
            yield f"{name!r} is no name of a property"

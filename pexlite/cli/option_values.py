"""Words that are typed for an option, read into the value of the field that it sets."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pexlite.model import InheritPath


class PathOrUrl(click.types.StringParamType):
    """The path of a file or directory, or a URL; either is kept as it is written."""

    def is_path(self, value: str) -> bool:
        """Whether `value` is a path, and neither a URL nor JSON."""
        return "://" not in value and not value.lstrip().startswith("{")


class PythonPlace(PathOrUrl):
    """The path of a directory or archive, or uv with a version: `uv`, `uv:3.12`."""

    def is_path(self, value: str) -> bool:
        return value.partition(":")[0] != "uv"


class OutputPath(click.Path):
    """The path of a file to write; one that ends in a slash names none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and (not value or value.endswith("/")):
            self.fail(f"{value!r} names no file", param, ctx)
        return super().convert(value, param, ctx)


def split_words(context: click.Context, parameter: click.Parameter, given: Sequence[str]) -> tuple[str, ...]:
    """The words of every argument, split as a shell would: `--inject-args '-v --level 2'`."""
    try:
        return tuple(word for argument in given for word in shlex.split(argument))
    except ValueError as failure:
        message = f"{' '.join(given)!r} cannot be split into words: {str(failure).lower()}"
        raise click.BadParameter(message, context, parameter) from failure


def each_splits(context: click.Context, parameter: click.Parameter, given: Sequence[str]) -> tuple[str, ...]:
    """`given`, each of which splits into words as in a shell and is no option of ours that lacks its value."""
    for argument in given:
        split_arguments(context, parameter, [argument])
    return tuple(given)


def split_arguments(context: click.Context, parameter: click.Parameter, given: Sequence[str]) -> tuple[str, ...]:
    """The words of `split_words`, where none of `given` is an option of ours that lacks its own value."""
    for argument in given:
        if argument in _taking_a_value(context):
            meant = f"{parameter.opts[0]} ' {argument}'"
            message = f"{argument!r} is an option of pexlite; if it is meant for the file: {meant}"
            raise click.BadParameter(message, context, parameter)
    return split_words(context, parameter, given)


def no_option(context: click.Context, parameter: click.Parameter, given: str | None) -> str | None:
    """`given`, which is no option of the command."""
    if given in {name for option in context.command.params for name in option.opts}:
        message = f"{given!r} is an option of pexlite; if it is a directory: {parameter.opts[0]} ./{given}"
        raise click.BadParameter(message, context, parameter)
    return given


def no_options(context: click.Context, parameter: click.Parameter, given: Sequence[Path]) -> Sequence[Path]:
    """`given`, none of which is an option of the command."""
    for path in given:
        no_option(context, parameter, str(path))
    return given


def _taking_a_value(context: click.Context) -> set[str]:
    options = (option for option in context.command.params if isinstance(option, click.Option))
    return {name for option in options if not option.is_flag for name in option.opts}


def split_variables(
    context: click.Context, parameter: click.Parameter, given: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """Environment variables written as `NAME=VALUE`."""
    for argument in given:
        if argument.find("=") < 1:
            raise click.BadParameter(f"{argument!r} is not NAME=VALUE", context, parameter)
    return tuple((name, value) for name, _, value in (argument.partition("=") for argument in given))


def split_index(
    context: click.Context, parameter: click.Parameter, given: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """Pairs written as `NAME=URL` or `NAME=PROJECT`, where NAME is an index's."""
    for argument in given:
        if re.match(r"[A-Za-z0-9][\w.-]*=[^=]", argument) is None:
            # What is before an @ may be a password.
            shown = argument.rpartition("@")[2]
            raise click.BadParameter(f"{shown!r} is not {parameter.make_metavar(context)}", context, parameter)
    return tuple((name, value) for name, _, value in (argument.partition("=") for argument in given))


def inherit_path(_context: click.Context, _parameter: click.Parameter, given: str) -> InheritPath:
    """The member of that value."""
    # Imported here: help has no use for the model.
    from pexlite.model import InheritPath

    return InheritPath(given)


def or_nothing(_context: click.Context, _parameter: click.Parameter, given: str | None) -> str:
    """`given`, or "" where nothing is typed."""
    return given or ""


def negated(_context: click.Context, _parameter: click.Parameter, given: bool) -> bool:
    """Whether `--no-…` is absent: the field says what is done."""
    return not given


def rate(_context: click.Context, _parameter: click.Parameter, given: str) -> float:
    """Bytes a second from `2Mbit`, `10MB` or `500kB`. Raises BadParameter."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kMG])(bit|B)(?:/s)?", given)
    if not found or not float(found[1]):
        raise click.BadParameter(f"{given!r} is no rate: write it as 2Mbit, 500kB or 1Gbit")
    return float(found[1]) * {"k": 1e3, "M": 1e6, "G": 1e9}[found[2]] / (8 if found[3] == "bit" else 1)


LINK = click.Option(
    ["--link"],
    callback=rate,
    default="2Mbit",
    metavar="RATE",
    help="How fast the link is: a faster one is worth less computing (default: 2Mbit).",
)
SBOM = click.Option(
    ["--sbom"],
    is_flag=True,
    help="Put a bill of materials into the file (CycloneDX), for PEX_TOOLS=1 FILE sbom (default: none).",
)

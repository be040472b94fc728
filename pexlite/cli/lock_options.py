"""The options of `lock` that a build does not have, and those that both have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from pexlite.cli.help import FORCE
from pexlite.cli.option_values import OutputPath
from pexlite.cli.options import OUTPUT, WHAT_GOES_IN, flag, option

# Options that only building a file has a use for. Not read from LockOptions: help imports no model.
_NOT_OF_A_LOCK = {"lock", "locked", "ignore_locks", "source_directories", "included", "venvs"}
WHAT_IS_LOCKED: Sequence[click.Parameter] = tuple(
    parameter for parameter in WHAT_GOES_IN if parameter.name not in _NOT_OF_A_LOCK
)

WHAT_CHANGES: Sequence[click.Parameter] = (
    flag(
        "--upgrade",
        help="Resolve all anew (default: the versions of a lock that is there already stay where they fit).",
    ),
    option(
        "--upgrade-package",
        "upgraded",
        many=True,
        metavar="NAME",
        help="Resolve this project anew, or take it in the version of NAME==VERSION (default: none; repeatable).",
    ),
)

LOCK_OUTPUT: Sequence[click.Parameter] = (
    option(
        "--format",
        type=click.Choice(["pylock", "requirements"]),
        help="Write a pylock.toml, or a requirements.txt with hashes for pip (default: requirements where FILE is "
        "called *.txt, else pylock).",
    ),
    option(
        "-o",
        "--output",
        "--output-file",
        type=OutputPath(path_type=Path),
        default="pylock.toml",
        metavar="FILE",
        help="The lock to write; - is stdout (default: pylock.toml).",
    ),
    FORCE,
    *(parameter for parameter in OUTPUT if parameter.name in ("no_progress", "quiet", "verbose")),
)

"""The options of `build` about the starts that are tried at build."""

from __future__ import annotations

from collections.abc import Sequence

import click

from pexlite.cli.option_values import each_splits
from pexlite.cli.options import option

TRIED_AT_BUILD: Sequence[click.Parameter] = (
    option(
        "--trace-start",
        "trace_start",
        many=True,
        callback=each_splits,
        metavar="WORDS",
        help="Run the finished file once at build with these arguments, such as '--version' or '' for none: first "
        "starts begin with the files that it reads, and unpack the rest meanwhile (default: not; repeatable).",
    ),
    option(
        "--eager",
        many=True,
        metavar="PROJECT",
        help="All files of this project are among those that a first start begins with (default: those that "
        "--trace-start has seen; repeatable).",
    ),
    option(
        "--lazy-imports",
        type=click.Choice(["all", "off"]),
        default="off",
        is_flag=False,
        flag_value="all",
        help="Whether modules wait until they are needed, on CPython 3.15 and newer (PEP 810); those that cannot "
        "are found with --trace-start (default: off; alone it is all).",
    ),
    option(
        "--not-lazy",
        "not_lazy",
        many=True,
        metavar="MODULE",
        help="A module whose own imports are made at once with --lazy-imports (default: those that a trial finds; "
        "repeatable).",
    ),
)

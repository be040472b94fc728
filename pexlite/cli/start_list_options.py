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
        help="Run the finished file once at build with these arguments, such as '--version' or '' for none "
        "(default: it is not run; repeatable).",
    ),
)

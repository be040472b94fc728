"""The options of `build` about a Python that the file carries."""

from __future__ import annotations

from collections.abc import Sequence

import click

from pexlite.cli.option_values import PythonPlace, or_nothing
from pexlite.cli.options import flag, option

ITS_OWN_PYTHON: Sequence[click.Parameter] = (
    option(
        "--python-from",
        "python_from",
        many=True,
        type=PythonPlace(),
        metavar="PATH|ARCHIVE|uv[:VERSION]",
        help="The file carries this CPython, so that it needs none where it runs: a directory, an archive, or one "
        "that uv has or gets (default: none; repeatable, one for each platform).",
    ),
    flag(
        "--python-full",
        help="Such a Python goes in whole, with tests, headers, pip and tkinter (default: what apps use).",
    ),
    flag(
        "--prefer-host",
        help="A file with its own Python starts on one of the host that fits, and on its own where there is none "
        "(default: always on its own).",
    ),
    option(
        "--launcher",
        type=click.Choice(["sh", "elf"]),
        callback=or_nothing,
        help="What starts a file with its own Python: a script in sh, or a program that needs no shell and no tar "
        "(default: sh).",
    ),
)

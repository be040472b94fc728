"""`pexlite delta`: the difference of two built files as a file."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import click

from pexlite.cli.help import FORCE, VERBOSE, GroupedCommand
from pexlite.cli.option_values import LINK
from pexlite.cli.say import say, write
from pexlite.cli.signers_options import check_signed, signed_options
from pexlite.cli.words import share_in_words, size_in_words

_EXAMPLES = (
    ("pexlite delta old.pex new.pex -o to-new.delta", "for whoever has old.pex"),
    ("PEX_TOOLS=1 ./old.pex apply to-new.delta", "there, without pexlite: old.pex becomes new.pex"),
)


def delta(old: Path, new: Path, output: Path, force: bool, link: float, as_json: bool, **who: Any) -> None:
    """Write the difference of OLD and NEW, two built files, as a file.

    `PEX_TOOLS=1 ./OLD apply DELTA` makes NEW of it where neither pexlite nor a network is.
    """
    from pexlite.outputs import Kind, Output
    from pexlite.ship.delta_file import write_delta
    from pexlite.ship.new_file import new_file

    check_signed(new, **who)
    written = Output(output.absolute(), Kind.DELTA, force)
    written.check([old, new])
    with contextlib.ExitStack() as opened:
        files = [opened.enter_context(new_file(path)) for path in (old, new)]
        file = opened.enter_context(written.replaced())
        result = write_delta(files[0], files[1], file, link)
    if as_json:
        plan = result.delta.plan
        wheels = {"there": list(plan.whole), "changed": list(plan.changed), "new": list(plan.new)}
        said = {"path": str(output), "size": result.size, "new_size": result.new_size, "wheels": wheels}
        write(json.dumps(said, indent=2))
        return
    say(f"wrote {output}  {size_in_words(result.size)} ({share_in_words(result.size, result.new_size)})", err=True)


DELTA = GroupedCommand(
    "delta",
    callback=delta,
    help=delta.__doc__,
    short_help="the difference of two files, as a file",
    examples=_EXAMPLES,
    sections={
        "Output": (
            click.Argument(["old"], type=click.Path(path_type=Path), metavar="OLD"),
            click.Argument(["new"], type=click.Path(path_type=Path), metavar="NEW"),
            click.Option(
                ["-o", "--output"],
                type=click.Path(path_type=Path),
                metavar="FILE",
                required=True,
                help="The file to write; it must be named.",
            ),
            LINK,
            *signed_options(),
            click.Option(["--json", "as_json"], is_flag=True, help="As JSON on stdout (default: in words)."),
            FORCE,
            VERBOSE,
        ),
    },
)

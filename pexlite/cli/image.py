"""`pexlite image`: a built file as an image for containers, made without a daemon."""

from __future__ import annotations

from pathlib import Path

import click

from pexlite.cli.help import FORCE, VERBOSE, GroupedCommand
from pexlite.cli.say import say
from pexlite.cli.words import count_in_words, size_in_words

_EXAMPLES = (
    (
        "skopeo copy docker://python:3.12-slim oci-archive:base.tar",
        "once: the image below, from a registry; or docker-daemon:python:3.12-slim",
    ),
    ("pexlite image app.pex --base base.tar -o app.tar", "the application on top of it"),
    ("skopeo copy oci-archive:app.tar docker://registry.example/app:2", "what has not changed is not sent again"),
)


def image(
    file: Path, base: Path, output: Path | None, place: str, python: str | None, compiled: bool, force: bool
) -> None:
    """Write an OCI image of FILE: a venv of it, in layers on top of BASE, without Docker or any daemon.

    A layer has a large wheel or a group of small ones; your own code is in the last one. So another version of
    FILE shares all layers in which nothing has changed. One FILE and BASE give the same bytes each time.
    """
    from pexlite.outputs import Kind, Output
    from pexlite.tools.image import write_image_of

    path = output or Path(f"{file.stem}.tar")
    written = Output(path.absolute(), Kind.IMAGE, force)
    written.check([file, base])
    with written.replaced() as opened:
        made = write_image_of(file, base, opened, place=place, python=python, with_bytecode=compiled)
    size = size_in_words(path.stat().st_size)
    say(
        f"wrote {path}  {size}  {count_in_words(made.layers, 'layer')} on the base, for its {made.python}",
        err=True,
    )


IMAGE = GroupedCommand(
    "image",
    callback=image,
    help=image.__doc__,
    short_help="a file as an image for containers",
    examples=_EXAMPLES,
    sections={
        "What goes in": (
            click.Argument(["file"], type=click.Path(path_type=Path), metavar="FILE"),
            click.Option(
                ["--base"],
                type=click.Path(path_type=Path),
                required=True,
                metavar="TAR",
                help="The image below, which has a Python: a tar of an OCI layout, as skopeo and buildah "
                "write it.",
            ),
            click.Option(["--compile", "compiled"], is_flag=True, help="With bytecode (default: without)."),
        ),
        "Where it runs": (
            click.Option(
                ["--python"],
                metavar="PATH",
                help="The Python in BASE (default: the first on its PATH that FILE runs on). One of the same "
                "version has to be on this machine.",
            ),
            click.Option(
                ["--place"],
                default="/app",
                metavar="DIR",
                help="The directory in the image that becomes the venv (default: /app).",
            ),
        ),
        "Output": (
            click.Option(
                ["-o", "--output"],
                type=click.Path(path_type=Path),
                metavar="TAR",
                help="The file to write (default: FILE's name with .tar, here).",
            ),
            FORCE,
            VERBOSE,
        ),
    },
)

"""`pexlite sign`: sign a built file by a key of OpenSSH."""

from __future__ import annotations

from pathlib import Path

import click

from pexlite.cli.help import FORCE, VERBOSE, GroupedCommand
from pexlite.cli.say import say


def sign(file: Path, key: Path, embed: bool, force: bool) -> None:
    """Sign FILE by ssh-keygen: every byte of it, into FILE.sig or into FILE itself."""
    from pexlite.tools.sign import sign_file

    written = sign_file(file, key, embed=embed, force=force)
    say(f"signed {file}" if written == file else f"wrote {written}", err=True)


SIGN = GroupedCommand(
    "sign",
    callback=sign,
    help=sign.__doc__,
    short_help="sign a file by a key of OpenSSH",
    sections={
        "Output": (
            click.Argument(["file"], type=click.Path(path_type=Path), metavar="FILE"),
            click.Option(
                ["--key"],
                type=click.Path(path_type=Path),
                metavar="KEY",
                required=True,
                help="Sign by this private key, or the public key of one in an agent (default: there is none).",
            ),
            click.Option(
                ["--embed"],
                is_flag=True,
                help="Put the signature into FILE, where it changes nothing that is signed (default: FILE.sig).",
            ),
            FORCE,
            VERBOSE,
        )
    },
)

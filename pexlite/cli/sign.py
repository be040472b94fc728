"""`pexlite sign`: sign a built file by a key of OpenSSH, or by the servers of Sigstore."""

from __future__ import annotations

from pathlib import Path

import click

from pexlite.cli.help import FORCE, VERBOSE, GroupedCommand
from pexlite.cli.say import say


def sign(file: Path, key: Path | None, sigstore: bool, embed: bool, force: bool) -> None:
    """Sign FILE: every byte of it, by ssh-keygen into FILE.sig or FILE itself, or by Sigstore beside it."""
    from pexlite.tools.sign import sign_by_sigstore, sign_file

    if sigstore and (key is not None or embed):
        raise click.UsageError("--sigstore has keys of its own, and its bundle is a file beside FILE")
    if sigstore:
        written = sign_by_sigstore(file, force=force)
    elif key is not None:
        written = sign_file(file, key, embed=embed, force=force)
    else:
        raise click.UsageError("say who signs: --key KEY, or --sigstore")
    say(f"signed {file}" if written == file else f"wrote {written}", err=True)


SIGN = GroupedCommand(
    "sign",
    callback=sign,
    help=sign.__doc__,
    short_help="sign a file by a key of OpenSSH, or by Sigstore",
    sections={
        "Output": (
            click.Argument(["file"], type=click.Path(path_type=Path), metavar="FILE"),
            click.Option(
                ["--key"],
                type=click.Path(path_type=Path),
                metavar="KEY",
                help="Sign by this private key, or the public key of one in an agent (default: there is none).",
            ),
            click.Option(
                ["--embed"],
                is_flag=True,
                help="Put the signature into FILE, where it changes nothing that is signed (default: FILE.sig).",
            ),
            click.Option(
                ["--sigstore"],
                is_flag=True,
                help="Have Sigstore's servers sign, into FILE.sigstore.json (default: a key does).",
            ),
            FORCE,
            VERBOSE,
        )
    },
)

"""`pexlite verify`: check that a built file is unchanged, and that it agrees with a lock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pexlite.cli.help import VERBOSE, GroupedCommand
from pexlite.cli.say import say, write
from pexlite.cli.signers_options import allowed_signers, certified_options, certified_signer, signers_options
from pexlite.cli.words import count_in_words

if TYPE_CHECKING:
    from pexlite.tools.verify import Verified


def verify(
    file: Path,
    lock: Path | None,
    strict: bool,
    as_json: bool,
    cert_identity: str | None,
    cert_oidc_issuer: str | None,
    bundle: Path | None,
    trusted_root: Path | None,
    **who: Path | str | None,
) -> None:
    """Check FILE: wheels against their sha256 and a lock, and every other byte against what a build writes."""
    from pexlite.tools.verify import verify_file

    certified = certified_signer(cert_identity, cert_oidc_issuer, bundle, trusted_root)
    found = verify_file(file, lock, strict=strict, signers=allowed_signers(**who), certified=certified)
    if as_json:
        write(json.dumps(in_json(found), indent=2))
    else:
        say(*in_words(found, lock))


def in_words(found: Verified, lock: Path | None) -> list[str]:
    """A line that says all is right, and one for each wheel that the lock cannot vouch for."""
    wheels, files = count_in_words(found.wheels, "wheel"), count_in_words(found.files, "file")
    lines = [f"{found.path} is whole: {wheels}, {files}" + (f", as in {lock}" if lock else "")]
    lines += [f"  signed by {found.signer}"] if found.signer else []
    lines += [f"  signed by {found.certified}, says Sigstore"] if found.certified else []
    lines += [f"  by name and version alone, since it was built from source: {name}" for name in found.by_name]
    lines += [
        f"  your own code, which the lock does not name: {name}, sha256 {found.own_digests[name]}"
        for name in found.own
    ]
    lines += [f"  not looked at: {words}" for words in found.unchecked]
    return lines


def in_json(found: Verified) -> dict[str, Any]:
    """The result of the check for programs."""
    return {
        "path": str(found.path),
        "build_id": found.build_id,
        "wheels": found.wheels,
        "files": found.files,
        "by_name": list(found.by_name),
        "own": list(found.own),
        "own_digests": dict(found.own_digests),
        "unchecked": list(found.unchecked),
        "signer": found.signer,
        "certified": found.certified,
    }


VERIFY = GroupedCommand(
    "verify",
    callback=verify,
    help=verify.__doc__,
    short_help="whether a file is what was built, and what a lock says",
    sections={
        "Output": (
            click.Argument(["file"], type=click.Path(path_type=Path), metavar="FILE"),
            click.Option(
                ["--lock"],
                type=click.Path(path_type=Path),
                metavar="PYLOCK",
                help="Let in only wheels that this pylock.toml names (default: none is asked).",
            ),
            click.Option(
                ["--strict"],
                is_flag=True,
                help="An error for what cannot be looked at here (default: it is said).",
            ),
            *signers_options(),
            *certified_options(),
            click.Option(["--json", "as_json"], is_flag=True, help="As JSON on stdout (default: in words)."),
            VERBOSE,
        )
    },
)

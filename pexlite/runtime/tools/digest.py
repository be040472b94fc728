"""`digest`: a digest of the file's bytes, to compare with one that was written down."""

import hashlib

from .built_file import BuiltFile, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

_PIECE = 1 << 20


def add_to(commands: "Any") -> None:
    """Add the command to those of the file."""
    digest = commands.add_parser("digest", help="the sha256 of this file, or another digest of it")
    # SHAKE's digests have any length.
    known = sorted(name for name in hashlib.algorithms_guaranteed if name[:5] != "shake")
    digest.add_argument(
        "-a", "--algorithm", choices=known, default="sha256", metavar="NAME", help=", ".join(known)
    )
    digest.set_defaults(do=_digest)


def _digest(built_file: BuiltFile, options: "argparse.Namespace") -> None:
    found = hashlib.new(options.algorithm)
    with open(built_file.file, "rb") as file:
        piece = file.read(_PIECE)
        while piece:
            found.update(piece)
            piece = file.read(_PIECE)
    say(found.hexdigest())

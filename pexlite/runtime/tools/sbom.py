"""`sbom`: the bill of materials that the file carries of itself."""

import sys

from ..file import whole
from .built_file import VERIFICATION, BuiltFile, ToolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

_BILL = ".sbom/bom.cdx.json"


def add_to(commands: "Any") -> None:
    """Add the command to those of the file."""
    sbom = commands.add_parser("sbom", help="its bill of materials (CycloneDX), where --sbom has put one in")
    sbom.set_defaults(do=_sbom)


def _sbom(built_file: BuiltFile, options: "argparse.Namespace") -> None:
    with whole.opened(built_file.file) as opened:
        if not opened.has(_BILL):
            raise ToolError(
                "%s carries no bill of materials: build it with --sbom, or ask pexlite sbom" % built_file.name,
                VERIFICATION,
            )
        content = opened.part(_BILL)
    # As it is, whatever the encoding of stdout.
    sys.stdout.flush()
    sys.stdout.buffer.write(content)

"""`info`: a description of the file."""

import os

from ..file import whole
from .built_file import BuiltFile, in_words, say, say_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any


def add_to(commands: "Any") -> None:
    """Add the command to those of the file."""
    info = commands.add_parser("info", help="what this file is")
    info.add_argument("--json", action="store_true", help="PEX-INFO as it is")
    info.set_defaults(do=_info)


def _info(built_file: BuiltFile, options: "argparse.Namespace") -> None:
    with whole.opened(built_file.file) as opened:
        manifest = opened.manifest
    if options.json:
        return say_json(manifest)
    own = manifest["pexlite"]
    say(built_file.file)
    say("  starts     %s" % _start_of(manifest))
    say("  runs on    %s" % own["runs_on"])
    if "lazy_imports" in own:
        eager = ", ".join(own["lazy_imports"])
        say("  imports    lazily from CPython 3.15 on" + (", but in " + eager if eager else ""))
    say("  asked for  %s" % (", ".join(manifest["requirements"]) or "nothing by name"))
    say("  size       %s" % in_words(os.path.getsize(built_file.file)))
    say("  build id   %s" % own["build_id"])
    for interpreter in own.get("interpreters", ()):
        described = (
            interpreter["version"],
            interpreter["platform"],
            in_words(interpreter["size"]),
            interpreter["source"],
        )
        say("  brings     CPython %s for %s  %s  from %s  %s" % (described + (interpreter["licence"],)))
        say("             sha256 %s" % interpreter["sha256"])
    say("  %d wheels" % len(own["wheels"]))
    for wheel in own["wheels"]:
        say("    %s  %s" % (wheel["name"], in_words(wheel["size"])))


def _start_of(manifest: "dict[str, Any]") -> str:
    commands = manifest["pexlite"]["start"].get("commands", ())
    names = ", ".join([command["name"] for command in commands])
    return names or manifest["entry_point"] or "a Python interpreter"

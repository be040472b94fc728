"""`graph`: who requires whom in the file, in Graphviz's language."""

import re
from email.parser import BytesHeaderParser

from ..file import zip as archive
from ..unpack import variant
from .built_file import BuiltFile, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

# click >=8.0 ; sys_platform == 'win32'
# urllib3[secure] (<3)
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(\[[^\]]*\])?\s*(.*)", re.DOTALL)


def add_to(commands: "Any") -> None:
    """Add the command to those of the file."""
    graph = commands.add_parser("graph", help="who requires whom, for Graphviz: … graph | dot -Tsvg")
    graph.set_defaults(do=_graph)


def _graph(built_file: BuiltFile, options: "argparse.Namespace") -> None:
    with built_file.opened() as (opened, number):
        wheels = variant.wheels_of(opened.manifest, number)
        found = [_metadata(opened.descriptor, wheel) for wheel in wheels]
    present = {_normal(metadata["Name"]) for metadata in found}
    say("digraph %s {" % _quoted(built_file.name))
    say('  graph [fontsize="14", labelloc="t", label=%s];' % _quoted("who requires whom in " + built_file.name))
    absent = set()
    for metadata in found:
        name = _normal(metadata["Name"])
        say("  %s [label=%s];" % (_quoted(name), _quoted("%s %s" % (name, metadata["Version"]))))
        for text in metadata.get_all("Requires-Dist") or []:
            match = _REQUIREMENT.match(text)
            if match:
                required, _, rest = match.groups()
                absent.update({_normal(required)} - present)
                label = ' [fontsize="10", label=%s]' % _quoted(rest.strip()) if rest.strip() else ""
                say("  %s -> %s%s;" % (_quoted(name), _quoted(_normal(required)), label))
    for name in sorted(absent):
        say('  %s [color="lightgrey", style="filled", tooltip="not in this file"];' % _quoted(name))
    say("}")


def _metadata(descriptor: int, wheel: "dict[str, Any]") -> "Any":
    """The headers of the wheel's METADATA. Raises Damaged where it has none."""
    for member in archive.read_members(descriptor, wheel, wheel["name"]):
        if re.match(r"[^/]+\.dist-info/METADATA$", member.name):
            return BytesHeaderParser().parsebytes(bytes(archive.read_member(descriptor, member)))
    raise archive.Damaged("%s has no METADATA" % wheel["name"])


def _normal(name: str) -> str:
    """The project's name as indexes compare it (PEP 503)."""
    return re.sub("[-_.]+", "-", str(name)).lower()


def _quoted(text: str) -> str:
    return '"%s"' % " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')

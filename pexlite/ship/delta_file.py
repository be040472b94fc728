"""The difference of two built files as a file: for sticks, web servers, and machines without a network.

`PEX_TOOLS=1 ./old.pex apply DELTA` puts the new file together, without pexlite. After two lines, the name of the
form and JSON, come the script and the bytes that are sent as they are:

    pexlite delta 3
    {"codec": "xz", "new": "<sha256>", "old": "<sha256>", "script": 4711}
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import BinaryIO

from pexlite.outputs import DELTA_MAGIC
from pexlite.ship.changed_members import Changes
from pexlite.ship.deflate import LEVELS
from pexlite.ship.delta import Delta, Rest, delta_of, rest_of
from pexlite.ship.new_file import NewFile, project_of
from pexlite.ship.old_contents import ContentsHere
from pexlite.ship.plan import plan
from pexlite.ship.shipment import DEFAULT_LINK
from pexlite.ship.state import Arrived, OldFile, OldMember, OldWheel


@dataclass(frozen=True)
class DeltaResult:
    """A delta that was written."""

    size: int
    new_size: int
    delta: Delta


def write_delta(old: NewFile, new: NewFile, output: BinaryIO, link: float = DEFAULT_LINK) -> DeltaResult:
    """Write the delta from `old` to `new`. Raises VerificationFailed where either is damaged."""
    old.check_wheels()
    new.check_wheels()
    # Whatever zlib the other machine has: most deflate alike, and `apply` says where one does not.
    changes = Changes(new, frozenset(LEVELS), ContentsHere((old.path,)), link)
    delta = delta_of(plan(new, described(old), changes))
    header = {"codec": delta.codec, "new": new.sha256, "old": old.sha256, "script": len(delta.script)}
    content = DELTA_MAGIC + json.dumps(header, sort_keys=True).encode() + b"\n"
    output.write(content)
    size = len(content)
    nothing = Arrived(0, "")
    rest: Rest = rest_of(delta, new, nothing, nothing)
    for piece in rest.pieces(new):
        output.write(piece)
        size += len(piece)
    return DeltaResult(size, new.size, delta)


def described(file: NewFile) -> OldFile:
    """A file as the only source of a plan."""
    wheels = {wheel.sha256: (0, wheel.offset) for wheel in file.manifest.wheels}
    changed = {
        project_of(wheel.filename): OldWheel(
            wheel.sha256, 0, wheel.offset, tuple(OldMember(**vars(member)) for member in file.members_of(wheel))
        )
        for wheel in file.manifest.wheels
        if not wheel.frames  # of which nothing but the whole can be copied
    }
    own = tuple((0, OldMember(**vars(member))) for member in file.own_members)
    return OldFile(wheels, changed, own, count=1)

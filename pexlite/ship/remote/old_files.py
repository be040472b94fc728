"""Files on a host that pexlite made, read without a copy of it there: this module travels."""

import json
import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pexlite.runtime.file import zip as archive

_LARGEST_DIRECTORY = 1 << 24  # bytes


class OldFile:
    """An open file that pexlite made. Raises Damaged, ValueError, KeyError and others where it did not."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        size = os.fstat(descriptor).st_size
        tail = archive.read(descriptor, max(0, size - 22), 22)
        if tail[:4] != b"PK\x05\x06":
            raise archive.Damaged("it is cut off")
        count = int.from_bytes(tail[10:12], "little")
        directory_size, directory = int.from_bytes(tail[12:16], "little"), int.from_bytes(tail[16:20], "little")
        start = size - 22 - directory_size - directory
        if start < 0 or directory_size > _LARGEST_DIRECTORY:
            raise archive.Damaged("its directory has changed")
        place = {"offset": start, "size": size - start, "directory": [directory, directory_size, count, None]}
        members = archive.read_members(descriptor, place, "the file")
        self.own = [member for member in members if not member.name.startswith(".deps/")]
        [info] = [member for member in self.own if member.name == "PEX-INFO"]
        manifest = json.loads(bytes(archive.read_member(descriptor, info)).decode("utf-8"))
        self.wheels = manifest["pexlite"]["wheels"]  # type: list[dict[str, Any]]
        for wheel in self.wheels:
            if wheel["offset"] + wheel["size"] > size:
                raise archive.Damaged("a wheel is not within it")

    def said(self, wanted: "set[str]", projects: "set[str]") -> "dict[str, Any]":
        """Its wheels of those `wanted`, others of those `projects`, and the rest; what it has is struck off."""
        same = [wheel for wheel in self.wheels if wheel["sha256"] in wanted]
        wanted.difference_update([wheel["sha256"] for wheel in same])
        projects.difference_update([_project(wheel) for wheel in same])
        # Of a wheel that lies here in frames of zstandard nothing but the whole can be copied.
        changed = [wheel for wheel in self.wheels if _project(wheel) in projects and "zstd" not in wheel]
        said = {}  # type: dict[str, Any]
        said["wheels"] = [[wheel["sha256"], wheel["offset"], wheel["size"]] for wheel in same]
        said["changed"] = [self._described(wheel) for wheel in changed]
        said["own"] = [_listed(self.descriptor, member) for member in self.own]
        projects.difference_update([_project(wheel) for wheel in changed])
        return said

    def _described(self, wheel: "dict[str, Any]") -> "dict[str, Any]":
        """A wheel with its members."""
        members = archive.read_members(self.descriptor, wheel, wheel["name"])
        listed = [_listed(self.descriptor, member) for member in members]
        return {
            "project": _project(wheel),
            "sha256": wheel["sha256"],
            "offset": wheel["offset"],
            "members": listed,
        }


def _listed(descriptor: int, member: "archive.Member") -> "list[Any]":
    """The member for a listing: name, where its bytes are and how many, size, CRC-32, whether it is stored."""
    start = member.offset + archive.data_start(archive.read(descriptor, member.offset, 30))
    return [member.name, start, member.compressed, member.size, member.crc, int(member.stored)]


def _project(wheel: "dict[str, Any]") -> str:
    return re.sub(r"[-_.]+", "-", wheel["name"].split("-")[0]).lower()

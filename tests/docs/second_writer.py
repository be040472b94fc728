"""A writer of built files, written from docs/file.md alone: the smallest file that page allows.

It imports nothing of pexlite. Its files start a function, serve one Python, and have no bytecode.
"""

from __future__ import annotations

import configparser
import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_HEADER = b"""\
#!/usr/bin/env python3
"damaged, or read from a pipe: copy the file here again, and start it by its name
"""
_EXTRA = struct.pack("<HH", 0x7870, 22) + b"PK\5\6" + b"\xff" * 18
_DATE = (0, 0x21)  # 1980-01-01 00:00
_UNIX = 3 << 8
_MODE = 0o100644 << 16


@dataclass
class Zip:
    """A zip that grows behind a header."""

    content: bytes = _HEADER
    directory: list[bytes] = field(default_factory=list)

    def add(self, name: str, content: bytes, *, deflated: bool) -> tuple[int, int, int]:
        """Append a member; return offset, size and CRC-32 of its bytes as they are stored."""
        held = content
        if deflated:
            packing = zlib.compressobj(9, zlib.DEFLATED, -15)
            held = packing.compress(content) + packing.flush()
        method = 8 if deflated else 0
        shared = (20, 0, method, *_DATE, zlib.crc32(content), len(held), len(content), len(name.encode()))
        offset = len(self.content)
        local = struct.pack("<4s5H3I2H", b"PK\3\4", *shared, len(_EXTRA)) + name.encode() + _EXTRA
        self.content += local + held
        central = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20 | _UNIX, *shared, 0, 0, 0, 0, _MODE, offset)
        self.directory.append(central + name.encode())
        return offset + len(local), len(held), zlib.crc32(held)

    def closed(self) -> bytes:
        directory = b"".join(self.directory)
        count = len(self.directory)
        sizes = (count, count, len(directory), len(self.content), 0)
        return self.content + directory + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, *sizes)


def write(
    output: Path, wheels: Sequence[Path], start: tuple[str, str], python: str, boot: Mapping[str, str]
) -> None:
    """Write the file `output` of `wheels`, which calls the function `start` on the Python with that tag.

    `boot` has the modules of the runtime, by their paths.
    """
    growing = Zip()
    entries = [wheel_entry(path, growing) for path in sorted(wheels)]
    tree = "".join(lines_of_tree(number, path) for number, path in enumerate(sorted(wheels))).encode()
    identity = hashlib.sha256(growing.content + tree + repr((start, python)).encode()).hexdigest()[:16]
    growing.add(".trees/0", tree, deflated=True)
    info = pex_info(entries, start, python, identity)
    growing.add("PEX-INFO", json.dumps(info, sort_keys=True).encode(), deflated=True)
    text = "".join(f"\f{name}\n{source}" for name, source in boot.items())
    room = growing.add("__pexlite__.txt", text.encode(), deflated=True)
    facts = {
        **{name: info[name] for name in ("pex_root", "inherit_path")},
        **dict.fromkeys(("inject_args", "inject_env", "inject_python_args", "pth", "compiled"), ()),
        "build_id": identity,
        "start": start,
        "script": "",
        "bin_path": "off",
        "sh_boot": False,
        "own": (),
        "prefer_host": False,
        "spark": "",
        "plain": True,
        "pythons": (python,),
        "runs_on": python,
        "room": room,
    }
    lines = boot["start.py"].splitlines(keepends=True)
    main = "".join(f"FACTS = {facts!a}\n" if line.startswith("FACTS = ") else line for line in lines)
    growing.add("__main__.py", main.encode(), deflated=False)
    output.write_bytes(growing.closed())
    output.chmod(0o755)


def pex_info(
    wheels: Sequence[dict[str, Any]], start: tuple[str, str], python: str, identity: str
) -> dict[str, Any]:
    """PEX-INFO with all its keys."""
    module, attribute = start
    variant = {
        "pythons": [python],
        "platform": "any",
        "libc": None,
        "macos": None,
        "wheels": list(range(len(wheels))),
    }
    own = {
        "format": 3,
        "build_id": identity,
        "header": [len(_HEADER), zlib.crc32(_HEADER)],
        "runs_on": python,
        "bin_path": "off",
        "sh_boot": False,
        "pth": [],
        "variants": [variant],
        "wheels": wheels,
        "start": {"kind": "function", "module": module, "attribute": attribute, "script": ""},
    }
    return {
        "build_properties": {"pexlite_version": "a second writer"},
        "code_hash": identity,
        "pexlite": own,
        **{name: [] for name in ("requirements", "excluded", "overridden", "inject_args", "inject_env")},
        "inject_python_args": [],
        "pex_root": None,
        "inherit_path": "false",
        "script": None,
        "entry_point": ":".join(start),
        "distributions": {one["name"]: one["sha256"] for one in wheels},
    }


def wheel_entry(path: Path, growing: Zip) -> dict[str, Any]:
    """The entry of the wheel, which is a member of the file from now on."""
    content = path.read_bytes()
    offset, size, _ = growing.add(f".deps/{path.name}", content, deflated=False)
    count, length, begin = struct.unpack_from("<HII", content, len(content) - 12)
    with zipfile.ZipFile(path) as members:
        unpacked = sum(member.file_size for member in members.infolist())
        names = [name for name in members.namelist() if name.endswith(".dist-info/entry_points.txt")]
        points = configparser.ConfigParser(delimiters=("=",))
        points.read_string("".join(members.read(name).decode() for name in names))
    return {
        "name": path.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "offset": offset,
        "size": size,
        "unpacked": unpacked,
        "directory": [begin, length, count, zlib.crc32(content[begin : begin + length])],
        "scripts": dict(points["console_scripts"]) if "console_scripts" in points else {},
    }


def lines_of_tree(number: int, path: Path) -> str:
    """The lines of a wheel without .data in a tree."""
    lines = []
    with zipfile.ZipFile(path) as members:
        for member in members.infolist():
            folder, _, name = member.filename.rpartition("/")
            lines += [f"/{number} lib/{folder}".rstrip("/"), f"{member.file_size} {name}"]
    return "".join(f"{line}\n" for line in lines)

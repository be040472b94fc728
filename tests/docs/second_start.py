"""A first start written from docs/file.md and docs/cache.md alone: it reads a file and makes the app's directory.

It imports nothing of pexlite. It has no locks and no damage to mend, and is run on the Python that runs the tests.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import marshal
import os
import struct
import sys
import zipfile
import zlib
from _imp import source_hash
from dataclasses import dataclass
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from typing import Any

_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Unpacked applications made by pexlite.\n"
_PARTS = (
    "launch",
    "sharing",
    "namesake",
    "failing",
    "interpreters",
)
_OURS = (
    "_pexlite.pth",
    "_pexlite_site.py",
    "_pexlite_path.py",
    "_pexlite_mark.py",
    "_pexlite_spark.py",
    "_pexlite_namesake.py",
)
_LIBRARY = f"python{sys.version_info[0]}.{sys.version_info[1]}"
_EDITED = (".pem", ".crt", ".cfg", ".conf", ".ini", ".toml", ".yaml", ".yml", ".db", ".sqlite", ".sqlite3")
_BASE = Path(sys.base_prefix, "bin", _LIBRARY)


@dataclass(frozen=True)
class BuiltFile:
    """The file as its own PEX-INFO and `__main__` tell it."""

    content: bytes
    info: dict[str, Any]
    facts: dict[str, Any]
    texts: dict[str, str]
    """The modules of the boot, by path."""
    trees: tuple[str, ...]

    @property
    def own(self) -> dict[str, Any]:
        table: dict[str, Any] = self.info["pexlite"]
        return table

    def variant(self) -> int:
        """The position of the first variant for this Python; its platform is this one or any."""
        return next(number for number, one in enumerate(self.own["variants"]) if any(map(is_ours, one["pythons"])))


def is_ours(tag: str) -> bool:
    """Whether the tag stands for this CPython: "cp311", or "cp36+" for that one and every newer."""
    major, minor = sys.version_info[:2]
    number = tag.removeprefix(f"cp{major}").removesuffix("+")
    return (
        tag[:2] == "cp" and number.isdigit() and (int(number) == minor or (tag[-1] == "+" and int(number) < minor))
    )


def read(path: Path) -> BuiltFile:
    """The file at `path`, its own parts checked."""
    content = path.read_bytes()
    with zipfile.ZipFile(path) as members:
        info = json.loads(members.read("PEX-INFO"))
        own = info["pexlite"]
        source = members.read("__main__.py").decode("ascii")
        trees = tuple(members.read(f".trees/{number}").decode() for number in range(len(own["variants"])))
    size, crc = own["header"]
    assert own["format"] == 3 and zlib.crc32(content[:size]) == crc
    [line] = [line for line in source.splitlines() if line.startswith("FACTS = ")]
    facts = ast.literal_eval(line.removeprefix("FACTS = "))
    offset, size, crc = facts["room"]
    room = content[offset : offset + size]
    assert zlib.crc32(room) == crc
    texts = dict(part.split("\n", 1) for part in zlib.decompress(room, -15).decode().split("\f")[1:])
    return BuiltFile(content, info, facts, texts, trees)


def start(path: Path, root: Path) -> Path:
    """The app's directory of the file at `path`, made in `root`."""
    file = read(path)
    layout = root / "lite-2"
    for name in ("apps", "wheels", "locks"):
        (layout / name).mkdir(parents=True, mode=0o700 if name == "locks" else 0o755)
    for place in (root, layout):
        (place / "CACHEDIR.TAG").write_text(_TAG)
    app = layout / "apps" / f"{file.own['build_id']}-{python_key()}"
    variant = file.own["variants"][file.variant()]
    wheels = [file.own["wheels"][number] for number in variant["wheels"]]
    for wheel in wheels:
        unpack(file.content, wheel, layout / "wheels" / wheel["sha256"][:32])
    lay_out(file, wheels, app)
    site_packages = app / "lib" / _LIBRARY / "site-packages"
    for name in _OURS:
        (site_packages / name).write_text(file.texts[f"written/{name}"])
    name = path.name
    version = "{}.{}.{}".format(*sys.version_info)
    lines = [
        f"home = {_BASE.parent}",
        "include-system-site-packages = false",
        f"version = {version}",
        f"prompt = {name}",
    ]
    (app / "pyvenv.cfg").write_text("\n".join(lines) + "\n")
    for program in ("python", "python3", _LIBRARY):
        (app / "bin" / program).symlink_to(_BASE)
    (app / "_pexlite_launch").write_bytes(launcher(file, site_packages))
    names = sorted(entry.name for entry in site_packages.iterdir() if entry.name != "__pycache__")
    digests = " ".join(wheel["sha256"][:32] for wheel in wheels)
    ready = [f"pexlite {file.own['build_id']}", f"wheels {digests}", f"file {name}", "cache ", "", *names]
    (app / "READY").write_text("\n".join(ready) + "\n")
    return app


def python_key() -> str:
    names = (
        sys.implementation,
        sys.abiflags,
        os.uname().machine,
        sys.maxsize,
        sys.base_prefix,
        sys.base_exec_prefix,
    )
    digits = source_hash(0, ascii(names).encode()).hex()[:10]
    return f"cp{sys.version_info[0]}{sys.version_info[1]}-{digits}"


def unpack(content: bytes, wheel: dict[str, Any], place: Path) -> None:
    """Unpack a wheel, checked by its sha256 and by the CRC of its directory."""
    held = content[wheel["offset"] : wheel["offset"] + wheel["size"]]
    offset, size, count, crc = wheel["directory"]
    assert hashlib.sha256(held).hexdigest() == wheel["sha256"]
    assert zlib.crc32(held[offset : offset + size]) == crc
    assert struct.unpack_from("<HII", held, len(held) - 12) == (count, size, offset)
    with zipfile.ZipFile(io.BytesIO(held)) as members:
        for member in members.infolist():
            top, _, rest = member.filename.partition("/")
            scheme, _, inside = rest.partition("/")
            inside = f"{scheme}/{inside}" if top.endswith(".data") else f"lib/{member.filename}"
            target = place / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(members.read(member))


def lay_out(file: BuiltFile, wheels: list[dict[str, Any]], app: Path) -> None:
    """Link each file to where the tree has it, and write the console scripts."""
    places = {"lib": f"lib/{_LIBRARY}/site-packages", "scripts": "bin", "data": ""}
    (app / "bin").mkdir(parents=True)
    source = target = app
    for line in file.trees[file.variant()].splitlines():
        first, _, rest = line.partition(" ")
        if first[0] == "/":
            scheme, _, below = rest.partition("/")
            digest = wheels[int(first[1:])]["sha256"][:32]
            source, target = app.parent.parent / "wheels" / digest / rest, app / places[scheme] / below
            target.mkdir(parents=True, exist_ok=True)
            is_script = False
        elif first[0] == "!":
            is_script, number = True, int(first[1:])
        elif is_script:
            put_script(file.texts["written/console_script.py"], first, app / "bin" / rest)
            add_to_record(app, wheels[number]["name"], rest)
        elif rest.endswith(_EDITED) or "data/etc/" in f"{source}/":
            (target / rest).write_bytes((source / rest).read_bytes())
        else:
            (target / rest).hardlink_to(source / rest)


def add_to_record(app: Path, wheel: str, script: str) -> None:
    """Give the app a RECORD of its own, which names the console script."""
    name = "-".join(wheel.split("-")[:2])
    record = app / "lib" / _LIBRARY / "site-packages" / f"{name}.dist-info" / "RECORD"
    content = record.read_text()
    record.unlink()
    record.write_text(f"{content}../../../bin/{script},,\n")


def put_script(template: str, reference: str, path: Path) -> None:
    module, _, function = reference.partition(":")
    parts = {"module": module, "function": function, "head": function.partition(".")[0]}
    for part, value in parts.items():
        template = template.replace(f"entry_point_{part}", value)
    python = str(path.parent / "python")
    first = f"#!{python}\n"
    if len(python) >= 125 or " " in python:
        first = f"#!/bin/sh\n'''exec' '{python}' \"$0\" \"$@\"\n' '''\n"
    path.write_text(first + template)
    path.chmod(0o755)


def launcher(file: BuiltFile, site_packages: Path) -> bytes:
    held: dict[str, Any] = {
        name: code(file, f"app/{name}.py" if name in _PARTS else f"{name}.py") for name in (*_PARTS, "start")
    }
    held["facts"] = file.facts
    held["run"] = file.texts["written/_pexlite_run.py"].encode()
    held["inside"] = {
        "python": "/bin/python",
        "scripts": "/bin",
        "packages": f"/lib/python3.{sys.version_info[1]}/site-packages",
    }
    held["site_time"] = site_packages.stat().st_mtime_ns
    return MAGIC_NUMBER + marshal.dumps(held)


def code(file: BuiltFile, path: str) -> bytes:
    return marshal.dumps(compile(file.texts[path], f"<pexlite>/{path}", "exec", dont_inherit=True, optimize=2))

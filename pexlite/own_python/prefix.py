"""A directory that CPython is installed in: its parts, found without running anything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pexlite.own_python.elf import Elf, read_elf

_PROGRAM = re.compile(r"python(3\.\d{1,2}t?)", re.ASCII)
_OLDEST_OF_UV = 8  # the minor version
_LIBRARY_DIRECTORIES = ("lib", "lib64")
_VERSION = re.compile(r'^#define\s+PY_VERSION\s+"([0-9][\w.+]*)"', re.MULTILINE)


@dataclass(frozen=True)
class Prefix:
    """A CPython's prefix: a directory with `bin/python3.X` and its standard library."""

    root: Path
    program: str
    """Its program, relative to `root`: "bin/python3.11"."""
    standard_library: str
    """Its standard library, relative to `root`: "lib/python3.11"."""
    elf: Elf
    """The facts of the program."""

    @property
    def name(self) -> str:
        """Its version as in the names of its parts: "3.11", "3.13t"."""
        return self.program.removeprefix("bin/python")

    @property
    def of_uv(self) -> str:
        """The word of `--python-from` for a Python of this version that uv has; for its newest, if it has none."""
        return f"uv:{self.name}" if int(self.name.rstrip("t").partition(".")[2]) >= _OLDEST_OF_UV else "uv"

    @property
    def tag(self) -> str:
        """As in `Target.python`."""
        return f"cp{self.name.replace('.', '')}"

    @property
    def is_musl(self) -> bool:
        """Whether its C library is musl."""
        return "ld-musl" in self.elf.loader or any(
            (self.root / self.standard_library).glob("_sysconfigdata*-musl*.py")
        )


def prefixes_at(root: Path) -> list[Prefix]:
    """Every CPython in the directory `root`, oldest version first. Raises OSError."""
    found = []
    programs = sorted((root / "bin").glob("python3.*")) if (root / "bin").is_dir() else []
    for program in programs:
        name = _PROGRAM.fullmatch(program.name)
        elf = read_elf(program) if name and program.is_file() else None
        if name is None or elf is None:
            continue
        for directory in _LIBRARY_DIRECTORIES:
            library = f"{directory}/python{name[1]}"
            if (root / library / "os.py").is_file():
                found.append(Prefix(root, f"bin/{program.name}", library, elf))
                break
    return sorted(found, key=lambda prefix: int(re.sub(r"\D", "", prefix.name.partition(".")[2])))


def has_module(prefix: Prefix, root: Path, name: str) -> bool:
    """Whether a copy of `prefix` at `root` has the extension module `name`, as a file or linked in."""
    if any((root / prefix.standard_library / "lib-dynload").glob(f"{name}.*so")):
        return True
    for path in (root / prefix.program, *(root / "lib").glob("libpython*")):
        if path.is_file() and f"PyInit_{name}".encode() in path.read_bytes():
            return True
    return False


def version_in(prefix: Prefix) -> str | None:
    """The full version of a Python that cannot be asked: of its header, or of the text in its program."""
    header = prefix.root / "include" / f"python{prefix.name}" / "patchlevel.h"
    if header.is_file():
        found = _VERSION.search(header.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[1]
    short = prefix.name.rstrip("t").encode()
    # Linkers have one text end in another, so anything may stand before it.
    pattern = re.compile(rb"(?<![\d.])(" + re.escape(short) + rb"\.\d{1,3}(?:(?:a|b|rc)\d{1,3})?\+?)\0")
    for path in (*sorted((prefix.root / "lib").glob("libpython*.so*")), prefix.root / prefix.program):
        text = pattern.search(path.read_bytes()) if path.is_file() else None
        if text:
            return text[1].decode("ascii")
    return None

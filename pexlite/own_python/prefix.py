"""A directory that CPython is installed in: its parts, found without running anything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pexlite.own_python.elf import Elf, read_elf

_PROGRAM = re.compile(r"python(3\.\d{1,2}t?)", re.ASCII)
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
    def tag(self) -> str:
        """As in `Target.python`."""
        return f"cp{self.name.replace('.', '')}"

    @property
    def is_musl(self) -> bool:
        """Whether its C library is musl."""
        return "ld-musl" in self.elf.loader or any("musl" in name for name in self.elf.needed)


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

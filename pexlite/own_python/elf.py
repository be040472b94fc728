"""ELF files: the machine they are for, the libraries that they need, and the oldest C library that will do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

_Facts = TypeVar("_Facts")
_MAGIC = b"\x7fELF"
_GLIBC = re.compile(r"GLIBC_(\d+)\.(\d+)(?:\.\d+)?")
# The machine as in tags, by pyelftools' name and the bits of an address.
_MACHINES = {
    ("EM_X86_64", 64): "x86_64",
    ("EM_AARCH64", 64): "aarch64",
    ("EM_386", 32): "i686",
    ("EM_ARM", 32): "armv7l",
    ("EM_PPC64", 64): "ppc64le",
    ("EM_S390", 64): "s390x",
    ("EM_RISCV", 64): "riscv64",
    ("EM_LOONGARCH", 64): "loongarch64",
}


@dataclass(frozen=True)
class Elf:
    """The facts of a program or shared library."""

    machine: str
    """As in tags: "x86_64"; "" for one that no tag names."""
    loader: str
    """The absolute path of its loader; "" for a library, and for a static program."""
    needed: tuple[str, ...]
    """The names of the libraries that it needs: "libssl.so.3"."""
    search: tuple[str, ...]
    """The directories of its RUNPATH or RPATH, as written: "$ORIGIN/../lib"."""
    glibc: tuple[int, int] | None
    """The newest version of glibc that one of its symbols asks for; None where none does."""


def is_elf(path: Path) -> bool:
    """Whether the file begins as an ELF file does. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def read_elf(path: Path) -> Elf | None:
    """The facts of the ELF file at `path`; None for any other file, and for a damaged one. Raises OSError."""
    return _read(path, _facts)


def needed_libraries(path: Path) -> tuple[str, ...]:
    """The names of the libraries that the ELF file at `path` needs; () for any other file. Raises OSError.

    Quicker than all of its facts.
    """
    dynamic = _read(path, _dynamic)
    return dynamic[0] if dynamic else ()


def _read(path: Path, facts: Callable[[Any], _Facts]) -> _Facts | None:
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return None
        try:
            return facts(ELFFile(file))
        except (ELFError, ValueError, KeyError, AttributeError, UnicodeDecodeError):
            return None


def _dynamic(elf: Any) -> tuple[tuple[str, ...], list[str]]:
    """The libraries that it needs, and where it has them looked for."""
    needed, search = [], []
    for segment in elf.iter_segments("PT_DYNAMIC"):
        for tag in segment.iter_tags():
            if tag.entry.d_tag == "DT_NEEDED":
                needed.append(str(tag.needed))
            elif tag.entry.d_tag in ("DT_RUNPATH", "DT_RPATH"):
                search += str(tag.runpath if tag.entry.d_tag == "DT_RUNPATH" else tag.rpath).split(":")
    return tuple(needed), search


def _facts(elf: Any) -> Elf:
    loader = ""
    for segment in elf.iter_segments("PT_INTERP"):
        loader = str(segment.get_interp_name())
    needed, search = _dynamic(elf)
    machine = _MACHINES.get((elf.header.e_machine, elf.elfclass), "")
    return Elf(machine, loader, needed, tuple(filter(None, search)), _glibc(elf))


def _glibc(elf: Any) -> tuple[int, int] | None:
    versions = []
    section = elf.get_section_by_name(".gnu.version_r")
    for _, symbols in section.iter_versions() if section else ():
        found = (_GLIBC.fullmatch(symbol.name) for symbol in symbols)
        versions += [(int(version[1]), int(version[2])) for version in found if version]
    return max(versions, default=None)
